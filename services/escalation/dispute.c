/* The dispute ladder: negotiation, mediation, arbitration or court (ES-8). See steps.h.
 *
 * Anybody with the case, head office or the customer brings it before a forum, at any step; the negotiation goes on
 * beside it. It ends with a judgment (an award, an agreement before the mediator), which approval turns into a slip, or
 * without one. Whoever has the case performs a judgment in its time, else head office does, with a sanction. What the
 * customer has signed is not brought before anybody, unless it fails: the agreements signed and those that failed are
 * counted, since the two facts may be read in either order. */
#include "escalation/steps.h"
#include "policy/plan.h"
#include "policy/rights.h"

static bool is_of_head_office(const struct step *s, const struct actor *who)
{
    return rights_at_unit(s, who, policy_head_office(s->policy)->id);
}

static bool is_party(const struct step *s, const struct actor *who)
{
    const struct escalation_state *next = s->next;
    return who->role == ROLE_CUSTOMER || rights_at_unit(s, who, next->org_id) || is_of_head_office(s, who);
}

static bool is_legal_support(const struct step *s, const struct actor *who)
{
    bool role = who->role == ROLE_LEGAL || who->role == ROLE_HO_SERVICE_MANAGER || who->role == ROLE_GENERAL_MANAGER;
    return role && is_of_head_office(s, who);
}

static struct dispute *change(struct step *s)
{
    struct escalation_state *next = s->next;
    struct dispute *d = ARENA_NEW(s->out->arena, struct dispute);
    *d = *next->dispute;
    next->dispute = d;
    return d;
}

/* ---- opening ---- */

static bool is_settled(const struct escalation_state *st)
{
    return st->agreements > st->failed || st->ended_as == OUTCOME_SETTLED || st->ended_as == OUTCOME_WITHDRAWN;
}

static bool check_opening(const struct step *s, const struct ev_command_dispute *in, struct refusal *why)
{
    const struct escalation_state *st = s->state;
    const struct dispute *d = st->dispute;
    if (!is_party(s, in->actor)) {
        *why = (struct refusal){"DI-2", "not_your_case", st->org_id};
    } else if (is_settled(st)) {
        *why = (struct refusal){"ES-8", "settlement_signed", NULL};
    } else if (d != NULL && d->judged) {
        *why = (struct refusal){"ES-8", "already_judged", NULL};
    } else if (d != NULL && (d->step != DISPUTE_STEP_MEDIATION || in->step == DISPUTE_STEP_MEDIATION)) {
        *why = (struct refusal){"ES-8", "not_a_higher_step", dispute_step_name(d->step)};
    } else if (in->has_filed_ms && in->filed_ms > s->in->at_ms) {
        *why = (struct refusal){"ES-8", "filed_in_the_future", NULL};
    } else {
        return true;
    }
    return false;
}

enum verdict escalation_on_dispute(struct step *s)
{
    const struct ev_command_dispute *in = s->in->data;
    const struct escalation_state *st = s->state;
    struct escalation_state *next = s->next;
    struct refusal why;
    if (!check_opening(s, in, &why)) return step_refuse(s, why.rule, why.reason, why.detail);
    struct addressee support = escalation_find_person(s, policy_head_office(s->policy), ROLE_LEGAL);
    struct dispute *d = ARENA_NEW(s->out->arena, struct dispute);
    if (st->dispute == NULL) next->disputes++;
    *d = (struct dispute){.no = next->disputes,
                          .step = in->step,
                          .forum = in->forum,
                          .reference = in->reference,
                          .support_id = support.person_id};
    next->dispute = d;
    if (st->status == ESCALATION_STATUS_ENDED) next->status = ESCALATION_STATUS_WATCHING;
    struct ev_escalation_dispute_opened *out = decision_emit(s->out, EV_ESCALATION_DISPUTE_OPENED);
    *out = (struct ev_escalation_dispute_opened){.dispute_no = d->no,
                                                 .step = in->step,
                                                 .from_step =
                                                     st->dispute != NULL ? st->dispute->step : DISPUTE_STEP_ABSENT,
                                                 .forum = in->forum,
                                                 .reference = in->reference,
                                                 .has_filed_ms = in->has_filed_ms,
                                                 .filed_ms = in->filed_ms,
                                                 .by = in->actor->id,
                                                 .support_org = support.unit->id,
                                                 .support_id = support.person_id,
                                                 .n_documents = in->n_documents,
                                                 .documents = in->documents,
                                                 .note = in->note};
    return VERDICT_DONE;
}

/* ---- the proceedings ---- */

/* What is noted after a hearing is what came of it; a date fixed anew replaces the one that stood. */
static void keep_hearing(struct step *s, const struct ev_command_note_dispute *in)
{
    struct dispute *d = change(s);
    if (d->has_hearing_ms && d->hearing_ms <= s->in->at_ms) {
        struct ev_escalation_hearing_reported *out = decision_emit(s->out, EV_ESCALATION_HEARING_REPORTED);
        *out = (struct ev_escalation_hearing_reported){
            .dispute_no = d->no, .step = d->step, .hearing_ms = d->hearing_ms, .by = in->actor->id, .note = in->note};
        d->has_hearing_ms = false;
        d->hearing_ms = 0;
    }
    if (!in->has_hearing_ms) return;
    d->has_hearing_ms = true;
    d->hearing_ms = in->hearing_ms;
}

enum verdict escalation_on_dispute_note(struct step *s)
{
    const struct ev_command_note_dispute *in = s->in->data;
    const struct escalation_state *next = s->next;
    if (!is_party(s, in->actor)) return step_refuse(s, "DI-2", "not_your_case", next->org_id);
    if (!escalation_is_in_dispute(next)) return step_refuse(s, "ES-8", "not_in_dispute", NULL);
    if (in->has_hearing_ms && in->hearing_ms <= s->in->at_ms) {
        return step_refuse(s, "ES-8", "hearing_in_the_past", NULL);
    }
    keep_hearing(s, in);
    struct ev_escalation_dispute_noted *out = decision_emit(s->out, EV_ESCALATION_DISPUTE_NOTED);
    *out = (struct ev_escalation_dispute_noted){.dispute_no = next->dispute->no,
                                                .step = next->dispute->step,
                                                .by = in->actor->id,
                                                .note = in->note,
                                                .has_hearing_ms = in->has_hearing_ms,
                                                .hearing_ms = in->hearing_ms,
                                                .n_documents = in->n_documents,
                                                .documents = in->documents};
    return VERDICT_DONE;
}

void escalation_end_dispute(struct step *s, enum dispute_end end)
{
    struct escalation_state *next = s->next;
    struct ev_escalation_dispute_ended *out = decision_emit(s->out, EV_ESCALATION_DISPUTE_ENDED);
    *out =
        (struct ev_escalation_dispute_ended){.dispute_no = next->dispute->no, .step = next->dispute->step, .end = end};
    next->dispute = NULL;
}

/* The customer may take it back; that it failed is for head office's legal support to say. */
enum verdict escalation_on_dispute_end(struct step *s)
{
    const struct ev_command_end_dispute *in = s->in->data;
    const struct escalation_state *st = s->state;
    bool taken_back = in->end == DISPUTE_END_WITHDRAWN && in->actor->role == ROLE_CUSTOMER;
    bool over = in->end == DISPUTE_END_WITHDRAWN || in->end == DISPUTE_END_DISMISSED;
    if (!taken_back && !is_legal_support(s, in->actor)) return step_refuse(s, "ES-8", "not_legal_support", NULL);
    if (!escalation_is_in_dispute(st)) return step_refuse(s, "ES-8", "not_in_dispute", NULL);
    if (!over) return step_refuse(s, "ES-8", "not_for_people_to_say", dispute_end_name(in->end));
    struct ev_escalation_dispute_ended *out = decision_emit(s->out, EV_ESCALATION_DISPUTE_ENDED);
    *out = (struct ev_escalation_dispute_ended){.dispute_no = st->dispute->no,
                                                .step = st->dispute->step,
                                                .end = in->end,
                                                .by = in->actor->id,
                                                .note = in->note,
                                                .n_documents = in->n_documents,
                                                .documents = in->documents};
    ((struct escalation_state *)s->next)->dispute = NULL;
    return VERDICT_DONE;
}

/* ---- the judgment ---- */

static const struct plan *judged_plan(struct step *s, const struct ev_command_record_judgment *in)
{
    const struct escalation_state *next = s->next;
    struct measure *m = ARENA_ARRAY(s->out->arena, struct measure, 2);
    struct plan *p = ARENA_NEW(s->out->arena, struct plan);
    *p = (struct plan){.measures = m,
                       .amount_minor = in->has_amount_minor ? in->amount_minor : 0,
                       .currency = in->currency != NULL ? in->currency : s->policy->pack->currency,
                       .reasons = in->words};
    enum measure_kind due[] = {p->amount_minor > 0 ? MEASURE_KIND_COMPENSATION : MEASURE_KIND_ABSENT, in->work};
    for (int i = 0; i < 2; i++) {
        if (due[i] == MEASURE_KIND_ABSENT) continue;
        m[p->n_measures++] = (struct measure){.kind = due[i], .executor = next->assignment->handler_id};
    }
    return p;
}

static bool check_judgment(const struct step *s, const struct ev_command_record_judgment *in, struct refusal *why)
{
    const struct escalation_state *st = s->state;
    if (!is_legal_support(s, in->actor)) {
        *why = (struct refusal){"ES-8", "not_legal_support", NULL};
    } else if (!escalation_is_in_dispute(st)) {
        *why = (struct refusal){"ES-8", "not_in_dispute", NULL};
    } else if (st->brief == NULL || st->assignment == NULL) {
        *why = (struct refusal){"ES-8", "not_assigned_yet", NULL};
    } else if (in->perform_by_ms < s->in->at_ms) {
        *why = (struct refusal){"ES-8", "time_to_perform_is_over", NULL};
    } else {
        return true;
    }
    return false;
}

enum verdict escalation_on_judgment(struct step *s)
{
    const struct ev_command_record_judgment *in = s->in->data;
    struct escalation_state *next = s->next;
    struct refusal why;
    if (!check_judgment(s, in, &why)) return step_refuse(s, why.rule, why.reason, why.detail);
    struct finding *f = ARENA_NEW(s->out->arena, struct finding);
    *f = (struct finding){
        .cause = CAUSE_UNKNOWN, .liability = in->liability, .justified = true, .comment = in->words, .shown = true};
    const struct plan *plan = judged_plan(s, in);
    if (!plan_check(plan, f, &why) || plan_is_rejection(plan)) {
        return step_refuse(s, "ES-8", "nothing_to_perform", plan_is_rejection(plan) ? "rejection" : why.reason);
    }
    change(s)->judged = true;
    escalation_overtake_contest(s);
    if (escalation_is_reviewing(next)) next->status = ESCALATION_STATUS_WATCHING;
    struct ev_escalation_judgment_recorded *out = decision_emit(s->out, EV_ESCALATION_JUDGMENT_RECORDED);
    *out = (struct ev_escalation_judgment_recorded){.dispute_no = next->dispute->no,
                                                    .step = next->dispute->step,
                                                    .brief = next->brief,
                                                    .assignment = next->assignment,
                                                    .finding = f,
                                                    .plan = plan,
                                                    .perform_by_ms = in->perform_by_ms,
                                                    .words = in->words,
                                                    .by = in->actor->id,
                                                    .n_documents = in->n_documents,
                                                    .documents = in->documents};
    return VERDICT_DONE;
}

bool escalation_judgment_missed(struct step *s, const struct ev_sla_breached *ev)
{
    struct escalation_state *next = s->next;
    const struct pol_dispute_rules *rules = policy_then(s->policy, ev->revision)->pack->dispute;
    if (rules == NULL || !same_text(ev->code, rules->limit)) return false;
    if (next->dispute == NULL || !next->dispute->judged || escalation_is_at_top(s)) return true;
    struct holder had = escalation_holder_at(next, ev->due_ms);
    const char *sanction_no = escalation_record_sanction(
        s, &(struct charge){OFFENCE_JUDGMENT_MISSED, had.org_id, rules->n_sanctions, rules->sanctions});
    change(s)->sanction_no = sanction_no;
    escalation_take_over(s, &(struct climb){.cause = "judgment_missed", .code = ev->code, .to_top = true});
    return true;
}

void escalation_judgment_annulled(struct step *s, const struct ev_sla_annulled *ev)
{
    const struct escalation_state *next = s->next;
    const struct pol_dispute_rules *rules = s->policy->pack->dispute;
    const struct dispute *d = next->dispute;
    if (rules == NULL || !same_text(ev->code, rules->limit) || d == NULL || d->sanction_no == NULL) return;
    escalation_withdraw_sanction(s, d->sanction_no, escalation_holder_at(next, ev->due_ms).org_id);
    change(s)->sanction_no = NULL;
}

/* ---- agreements ---- */

static void tell_agreements(struct step *s)
{
    struct escalation_state *next = s->next;
    if (next->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    struct ev_escalation_agreement_noted *out = decision_emit(s->out, EV_ESCALATION_AGREEMENT_NOTED);
    *out = (struct ev_escalation_agreement_noted){.agreements = next->agreements, .failed = next->failed};
}

/* Signed beside the proceedings: they are over. So is a review: nobody else is sent to see what is settled, and nobody
 * is sanctioned for a file that decides nothing any more. */
enum verdict escalation_on_agreement(struct step *s)
{
    const struct ev_approval_slip_approved *in = s->in->data;
    struct escalation_state *next = s->next;
    if (in->judgment) return VERDICT_IGNORED;
    next->agreements++;
    if (escalation_is_reviewing(next)) next->status = ESCALATION_STATUS_WATCHING;
    tell_agreements(s);
    escalation_overtake_contest(s);
    if (escalation_is_in_dispute(next)) escalation_end_dispute(s, DISPUTE_END_AGREED_OUTSIDE);
    return VERDICT_DONE;
}

enum verdict escalation_on_failed_agreement(struct step *s)
{
    const struct ev_intake_reopened *in = s->in->data;
    struct escalation_state *next = s->next;
    if (!same_text(in->reason, "not_satisfied")) return VERDICT_IGNORED;
    next->failed++;
    tell_agreements(s);
    return VERDICT_DONE;
}
