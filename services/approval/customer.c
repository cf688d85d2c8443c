/* The customer's side of a plan: offer, signature, objection, silence, appeal (AP-8, AP-9). See steps.h. */
#include <string.h>

#include "approval/steps.h"
#include "policy/plan.h"

static const char MIXED[] = "mixed"; /* approval_state.granted_currency: more than one */

static void count_granted(struct approval_state *next)
{
    int64_t worth = plan_worth(next->plan);
    if (worth == 0) return;
    if (next->granted_currency == NULL) {
        next->granted_currency = next->plan->currency;
    } else if (strcmp(next->granted_currency, next->plan->currency) != 0) {
        next->granted_currency = MIXED;
    }
    next->granted_minor += worth; /* approval_on_propose refused what would overflow */
}

void approval_fix_payee(struct approval_state *next)
{
    const char *known[] = {next->plan->payee, next->payee, next->brief->customer->account};
    next->approved_payee = NULL;
    for (int i = 0; i < 3 && next->approved_payee == NULL; i++) {
        if (known[i] != NULL && known[i][0] != '\0') next->approved_payee = known[i];
    }
}

void approval_issue_slip(struct step *s)
{
    struct approval_state *next = s->next;
    const char *slip_no = arena_printf(s->out->arena, "%s-S%lld", next->brief->case_no, (long long)next->round);
    next->status = APPROVAL_STATUS_APPROVED;
    next->must_execute = plan_must_execute(next->plan);
    next->n_execution = 0;
    next->offer = NULL;
    next->routed_settle = SETTLE_ABSENT;
    if (next->review_no > next->routed_no) next->routed_no = next->review_no; /* ES-4: signed, no longer reviewed */
    count_granted(next);
    struct ev_approval_slip_approved *e = decision_emit(s->out, EV_APPROVAL_SLIP_APPROVED);
    *e = (struct ev_approval_slip_approved){.slip_no = slip_no,
                                            .brief = next->brief,
                                            .assignment = next->assignment,
                                            .plan = next->plan,
                                            .liability = next->finding->liability,
                                            .finding = next->finding,
                                            .payee = next->approved_payee,
                                            .must_pay = next->plan->amount_minor > 0,
                                            .must_execute = next->must_execute,
                                            .judgment = next->judged};
}

static void accept(struct step *s, bool beforehand, const char *comment)
{
    const struct approval_state *next = s->next;
    struct ev_approval_customer_accepted *e = decision_emit(s->out, EV_APPROVAL_CUSTOMER_ACCEPTED);
    *e = (struct ev_approval_customer_accepted){.round = next->round, .beforehand = beforehand, .comment = comment};
    approval_issue_slip(s);
}

/* Consent given beforehand covers the first offer only, and one within the claimed amount. */
static bool has_consented(const struct policy *p, const struct approval_state *next)
{
    const struct brief *brief = next->brief;
    if (!brief->consent || !p->pack->consent_honoured) return false;
    if (next->plan->amount_minor == 0) return brief->kind != KIND_CLAIM || brief->has_claimed_minor;
    return brief->has_claimed_minor && brief->currency != NULL && strcmp(brief->currency, next->plan->currency) == 0 &&
           next->plan->amount_minor <= brief->claimed_minor;
}

void approval_offer(struct step *s)
{
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    next->status = APPROVAL_STATUS_OFFERED;
    next->offered_ms = s->in->at_ms;
    next->offer = next->plan;
    approval_fix_payee(next);
    struct ev_approval_offered *e = decision_emit(s->out, EV_APPROVAL_OFFERED);
    *e = (struct ev_approval_offered){.plan = next->plan, .round = next->round};
    if (state->offered_ms == 0 && has_consented(s->policy, next)) accept(s, true, NULL);
}

void approval_negotiate_again(struct step *s, const struct objection *objection)
{
    struct approval_state *next = s->next;
    int64_t rounds = s->policy->pack->negotiation->rounds;
    next->status = APPROVAL_STATUS_PLANNING;
    next->plan = NULL;
    if (objection->counts) next->objections++;
    struct ev_approval_customer_objected *e = decision_emit(s->out, EV_APPROVAL_CUSTOMER_OBJECTED);
    *e = (struct ev_approval_customer_objected){.round = next->round,
                                                .reason = objection->reason,
                                                .has_counter_minor = objection->has_counter,
                                                .counter_minor = objection->counter_minor,
                                                .currency = objection->currency};
    bool deadlock = objection->counts && rounds > 0 && next->objections % rounds == 0;
    if (!deadlock && !objection->appeal) return;
    struct ev_approval_deadlocked *d = decision_emit(s->out, EV_APPROVAL_DEADLOCKED);
    *d = (struct ev_approval_deadlocked){.round = next->round,
                                         .org_id = next->assignment->org_id,
                                         .level = next->assignment->level,
                                         .appeal = objection->appeal,
                                         .finding = next->finding,
                                         .brief = next->brief};
}

/* ES-5: what head office has decided meanwhile, or is about to, is planned on by its row. */
static void negotiate(struct step *s, const struct objection *objection)
{
    approval_negotiate_again(s, objection);
    if (approval_is_reviewed(s->next)) approval_plan_or_wait(s);
}

static enum verdict refuse_other_than_customer(struct step *s)
{
    return step_refuse(s, "AP-8", "only_the_customer", NULL);
}

enum verdict approval_on_accept(struct step *s)
{
    const struct ev_command_accept *in = s->in->data;
    if (in->actor->role != ROLE_CUSTOMER) return refuse_other_than_customer(s);
    accept(s, false, in->comment);
    return VERDICT_DONE;
}

static struct objection objection_of(const struct ev_command_object *in, bool appeal)
{
    return (struct objection){.reason = in->reason,
                              .has_counter = in->has_counter_minor,
                              .counter_minor = in->counter_minor,
                              .currency = in->currency,
                              .counts = !appeal,
                              .appeal = appeal};
}

enum verdict approval_on_object(struct step *s)
{
    const struct ev_command_object *in = s->in->data;
    if (in->actor->role != ROLE_CUSTOMER) return refuse_other_than_customer(s);
    struct objection objection = objection_of(in, false);
    negotiate(s, &objection);
    return VERDICT_DONE;
}

/* SL-3: what was answered in time counts, though the miss was read first. */
static bool was_in_time(const struct step *s)
{
    const struct approval_state *state = s->state;
    return s->in->at_ms <= state->lapse_due_ms;
}

enum verdict approval_on_late_accept(struct step *s)
{
    return was_in_time(s) ? approval_on_accept(s) : step_refuse(s, "AP-8", "offer_lapsed", NULL);
}

enum verdict approval_on_late_object(struct step *s)
{
    return was_in_time(s) ? approval_on_object(s) : step_refuse(s, "AP-8", "offer_lapsed", NULL);
}

/* AP-9: one level up. Above head office are mediation and the courts (ES-8). */
enum verdict approval_on_appeal(struct step *s)
{
    const struct ev_command_object *in = s->in->data;
    const struct approval_state *state = s->state;
    if (in->actor->role != ROLE_CUSTOMER) return refuse_other_than_customer(s);
    if (state->assignment->level == ORG_LEVEL_HEAD_OFFICE) return step_refuse(s, "AP-9", "no_level_above", NULL);
    struct objection objection = objection_of(in, true);
    negotiate(s, &objection);
    return VERDICT_DONE;
}

/* SL-3: an appeal accepted in time, read after its period's miss closed the case. */
enum verdict approval_on_late_appeal(struct step *s)
{
    const struct approval_state *state = s->state;
    if (state->lapse_due_ms == 0) return step_refuse(s, "RV-3", "not_in_this_state", NULL);
    return was_in_time(s) ? approval_on_appeal(s) : step_refuse(s, "AP-9", "appeal_period_over", NULL);
}

static enum verdict remind(struct step *s, const struct policy *rules, const char *code)
{
    struct ev_approval_customer_reminded *e = decision_emit(s->out, EV_APPROVAL_CUSTOMER_REMINDED);
    e->day = policy_limit(rules, code)->def->length->n;
    return VERDICT_DONE;
}

/* A miss of an earlier offer's limit, read late, says nothing about this one. What it means is said by the rules the
 * limit ran under (SL-6). */
enum verdict approval_on_breached(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_sla_breached *in = s->in->data;
    const struct policy *rules = policy_then(s->policy, in->revision);
    struct approval_state *next = s->next;
    if (in->due_ms < state->offered_ms) return VERDICT_IGNORED;
    if (policy_is_reminder(rules, in->code)) return remind(s, rules, in->code);
    if (strcmp(in->code, rules->pack->negotiation->lapse_limit) != 0) return VERDICT_IGNORED;
    next->status = APPROVAL_STATUS_LAPSED;
    next->lapse_due_ms = in->due_ms;
    struct ev_approval_lapsed *e = decision_emit(s->out, EV_APPROVAL_LAPSED);
    e->round = state->round;
    return VERDICT_DONE;
}

/* RV-1: an unsatisfied customer, or one who comes back after a lapse, negotiates again. What intake
 * reopens because approval itself went on (an appeal, an answer in time) is known here already. */
enum verdict approval_on_reopened(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_intake_reopened *in = s->in->data;
    bool unsatisfied = strcmp(in->reason, "not_satisfied") == 0;
    bool returned = strcmp(in->reason, "customer_returned") == 0;
    if (state->finding == NULL) return VERDICT_IGNORED;
    if (state->status == APPROVAL_STATUS_LAPSED ? !returned : !unsatisfied) return VERDICT_IGNORED;
    negotiate(s, &(struct objection){.reason = in->reason});
    return VERDICT_DONE;
}
