/* Notices to the customer (PA-3, IN-7, AP-7, RV-2, CF-5), and whether they reached him (CF-2). See steps.h.
 *
 * A notice is made with the fact it tells of, in the same step: as often as the fact is read, which is once, and in
 * whatever order facts of different services are. What was told by a step of another service that changes nothing here
 * is on record as intake.informed, so every notice has an event of intake's own topic beside it. */
#include <string.h>

#include "intake/steps.h"
#include "policy/wording.h"

static struct recipient *recipient_of(const struct step *s)
{
    const struct intake_state *next = s->next;
    const struct customer *who = next->brief->customer;
    struct recipient *r = ARENA_NEW(s->out->arena, struct recipient);
    *r = (struct recipient){.name = who->name,
                            .phone = who->phone,
                            .email = who->email,
                            .account = who->account,
                            .channel = next->brief->channel,
                            .external_ref = next->external_ref};
    return r;
}

bool intake_tell(struct step *s, const struct ev_intake_customer_notified *what)
{
    struct intake_state *next = s->next;
    const struct pol_notice_text *text = wording_of(s->policy, what->kind);
    const struct brief *brief = next->brief;
    if (text == NULL) return false;
    struct ev_intake_customer_notified *n = decision_emit(s->out, EV_INTAKE_CUSTOMER_NOTIFIED);
    *n = *what;
    n->notice_no = ++next->notices;
    n->case_no = brief->case_no;
    n->of = s->in->id;
    n->recipient = recipient_of(s);
    n->language =
        brief->customer->language != LANGUAGE_ABSENT ? brief->customer->language : s->policy->pack->notices->language;
    struct wording w = {s->policy, policy_calendar(s->policy, brief->region), s->out->arena};
    wording_write(&w, text, n);
    return true;
}

/* Of a step that changes nothing else here. */
static enum verdict inform(struct step *s, const struct ev_intake_customer_notified *what)
{
    const struct intake_state *next = s->next;
    if (!intake_tell(s, what)) return VERDICT_IGNORED;
    struct ev_intake_informed *e = decision_emit(s->out, EV_INTAKE_INFORMED);
    *e = (struct ev_intake_informed){.notice_no = next->notices, .kind = what->kind};
    return VERDICT_DONE;
}

void intake_put_measures(struct ev_intake_customer_notified *n, const struct plan *plan, struct arena *a)
{
    enum measure_kind *kinds = ARENA_ARRAY(a, enum measure_kind, plan->n_measures);
    for (int i = 0; i < plan->n_measures; i++) kinds[i] = plan->measures[i].kind;
    n->measures = kinds;
    n->n_measures = plan->n_measures;
}

/* ---- plans ---- */

enum verdict intake_on_offered(struct step *s)
{
    const struct plan *plan = ((const struct ev_approval_offered *)s->in->data)->plan;
    struct ev_intake_customer_notified n = {.kind = NOTICE_KIND_OFFERED,
                                            .has_amount_minor = true,
                                            .amount_minor = plan->amount_minor,
                                            .currency = plan->currency,
                                            .terms = plan->terms};
    intake_put_measures(&n, plan, s->out->arena);
    return inform(s, &n);
}

enum verdict intake_on_reminded(struct step *s)
{
    return inform(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_REMINDED});
}

/* ---- money ---- */

enum verdict intake_on_deducted(struct step *s)
{
    const struct ev_payment_deducted *in = s->in->data;
    return inform(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_DEDUCTED,
                                                           .has_amount_minor = true,
                                                           .amount_minor = in->amount_minor,
                                                           .has_rest_minor = in->has_rest_minor,
                                                           .rest_minor = in->rest_minor,
                                                           .currency = in->currency,
                                                           .slip_no = in->slip_no});
}

enum verdict intake_on_cash_due(struct step *s)
{
    const struct ev_payment_cash_due *in = s->in->data;
    const struct pol_unit *desk = policy_unit_ever(s->policy, in->payer_org);
    return inform(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_CASH_DUE,
                                                           .has_amount_minor = true,
                                                           .amount_minor = in->amount_minor,
                                                           .currency = in->currency,
                                                           .slip_no = in->slip_no,
                                                           .voucher_no = in->voucher_no,
                                                           .org_name = desk != NULL ? desk->name : in->payer_org});
}

enum verdict intake_on_advance_paid(struct step *s)
{
    const struct ev_payment_advance_paid *in = s->in->data;
    return inform(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_ADVANCE_PAID,
                                                           .has_amount_minor = true,
                                                           .amount_minor = in->amount_minor,
                                                           .has_paid_minor = true,
                                                           .paid_minor = in->paid_minor,
                                                           .currency = in->currency,
                                                           .voucher_no = in->voucher_no});
}

/* All of a slip has reached him: in all, with this payout, and before it (set off, or in an earlier part). */
static struct ev_intake_customer_notified paid_notice(const struct step *s)
{
    const struct intake_state *next = s->next;
    const struct ev_payment_settled *in = s->in->data;
    int64_t paid_minor = in->has_paid_minor ? in->paid_minor : 0;
    return (struct ev_intake_customer_notified){.kind = NOTICE_KIND_PAID,
                                                .has_amount_minor = true,
                                                .amount_minor = in->amount_minor,
                                                .has_paid_minor = in->has_paid_minor,
                                                .paid_minor = paid_minor,
                                                .has_before_minor = true,
                                                .before_minor = in->amount_minor - paid_minor,
                                                .currency = in->currency,
                                                .voucher_no = in->voucher_no,
                                                .measures = next->measures,
                                                .n_measures = next->n_measures};
}

void intake_tell_paid(struct step *s)
{
    struct ev_intake_customer_notified n = paid_notice(s);
    intake_tell(s, &n);
}

enum verdict intake_on_paid_again(struct step *s)
{
    struct ev_intake_customer_notified n = paid_notice(s);
    return inform(s, &n);
}

/* ---- whether it arrived (CF-2) ---- */

static bool is_delivered(const struct intake_state *state, int64_t notice_no)
{
    for (int i = 0; i < state->n_delivered; i++) {
        if (state->delivered[i] == notice_no) return true;
    }
    return false;
}

static void note_delivered(struct step *s, int64_t notice_no)
{
    struct intake_state *next = s->next;
    int64_t *all = ARENA_ARRAY(s->out->arena, int64_t, next->n_delivered + 1);
    for (int i = 0; i < next->n_delivered; i++) all[i] = next->delivered[i];
    all[next->n_delivered++] = notice_no;
    next->delivered = all;
}

/* The channel the case came through, or who may speak with the customer. */
static bool may_report(const struct step *s, const struct actor *who)
{
    const struct intake_state *state = s->state;
    if (who->role == ROLE_CHANNEL) return strcmp(who->id, state->brief->channel) == 0;
    return intake_is_handler(s, who);
}

static const char *objection(const struct step *s, const struct ev_command_report_notice *in, int64_t at_ms)
{
    const struct intake_state *state = s->state;
    if (!may_report(s, in->actor)) return in->actor->role == ROLE_CHANNEL ? "another_channel" : "not_the_named_handler";
    if (in->notice_no < 1 || in->notice_no > state->notices) return "no_such_notice";
    if (is_delivered(state, in->notice_no)) return "already_delivered";
    return at_ms > s->in->at_ms ? "contact_in_the_future" : NULL;
}

enum verdict intake_on_report_notice(struct step *s)
{
    const struct ev_command_report_notice *in = s->in->data;
    int64_t at_ms = in->has_at_ms ? in->at_ms : s->in->at_ms;
    const char *why = objection(s, in, at_ms);
    if (why != NULL) return step_refuse(s, "CF-2", why, NULL);
    if (in->result == NOTICE_RESULT_DELIVERED) {
        note_delivered(s, in->notice_no);
        struct ev_intake_notice_delivered *e = decision_emit(s->out, EV_INTAKE_NOTICE_DELIVERED);
        *e = (struct ev_intake_notice_delivered){
            .notice_no = in->notice_no, .how = in->how, .at_ms = at_ms, .by = in->actor->id};
    } else {
        struct ev_intake_notice_failed *e = decision_emit(s->out, EV_INTAKE_NOTICE_FAILED);
        *e = (struct ev_intake_notice_failed){
            .notice_no = in->notice_no, .how = in->how, .at_ms = at_ms, .by = in->actor->id, .reason = in->reason};
    }
    return VERDICT_DONE;
}
