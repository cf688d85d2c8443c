/* The approval machine: its table, and the facts of other services. See approval.h.
 *
 * What comes from other topics may be late or early: a takeover may be read before the finding (its
 * assignment is kept, the higher version wins); `intake.closed` may be read after the customer's
 * answer has already undone its cause, and then ends nothing. */
#include "approval/approval.h"

#include <string.h>

#include "approval/steps.h"
#include "event/newest.h"
#include "policy/rights.h"

enum {
    NONE = APPROVAL_STATUS_NONE,
    REVIEW = APPROVAL_STATUS_UNDER_REVIEW,
    PLANNING = APPROVAL_STATUS_PLANNING,
    AWAITING = APPROVAL_STATUS_AWAITING_APPROVAL,
    OFFERED = APPROVAL_STATUS_OFFERED,
    APPROVED = APPROVAL_STATUS_APPROVED,
    EXECUTED = APPROVAL_STATUS_EXECUTED,
    REJECTED = APPROVAL_STATUS_REJECTED,
    LAPSED = APPROVAL_STATUS_LAPSED,
    ENDED = APPROVAL_STATUS_ENDED,
};

static enum verdict note_assignment(struct step *s, const struct assignment *now)
{
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    next->assignment = assignment_newest(state->assignment, now);
    if (next->assignment == state->assignment) return VERDICT_IGNORED;
    struct ev_approval_assignment_noted *e = decision_emit(s->out, EV_APPROVAL_ASSIGNMENT_NOTED);
    e->assignment = now;
    return VERDICT_DONE;
}

static bool has_it_already(const struct approval_state *state, const struct assignment *now)
{
    return state->assignment != NULL && strcmp(state->assignment->org_id, now->org_id) == 0;
}

/* AP-6: from now on the level that took over approves; a plan waiting for approval goes to it, or to its review. Its
 * assignment may be known already, by the finding; that planning waits for its review is not. A reopening that gives
 * the case back to the same unit moves nothing: what is owed anew is said with intake.reopened, which may be read first
 * or last. */
static enum verdict on_reassigned(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_dispatch_reassigned *in = s->in->data;
    struct approval_state *next = s->next;
    bool signed_here = TO(state->status) & (TO(APPROVED) | TO(EXECUTED) | TO(ENDED));
    bool review = in->review && in->takeover_no > state->review_no && !signed_here;
    if (!review && has_it_already(state, in->assignment)) return note_assignment(s, in->assignment);
    next->assignment = assignment_newest(state->assignment, in->assignment);
    if (next->assignment == state->assignment && !review) return VERDICT_IGNORED;
    if (review) next->review_no = in->takeover_no;
    struct ev_approval_authority_moved *e = decision_emit(s->out, EV_APPROVAL_AUTHORITY_MOVED);
    e->assignment = in->assignment;
    bool plans = state->status == APPROVAL_STATUS_PLANNING || state->status == APPROVAL_STATUS_UNDER_REVIEW;
    bool waits = state->status == APPROVAL_STATUS_AWAITING_APPROVAL;
    if ((plans || waits) && review) approval_await_review(s);
    if (plans || (waits && review)) {
        approval_plan_or_wait(s);
    } else if (waits) {
        approval_request(s);
    }
    return VERDICT_DONE;
}

/* DI-3: the same unit, another handler. */
static enum verdict on_handler_changed(struct step *s)
{
    return note_assignment(s, ((const struct ev_dispatch_handler_changed *)s->in->data)->assignment);
}

/* What the customer's answer here brought back: its limits ended with the case, so the plan is owed anew. */
static enum verdict on_reopened_planning(struct step *s)
{
    const struct ev_intake_reopened *in = s->in->data;
    if (strcmp(in->reason, "appealed") != 0 && strcmp(in->reason, "answer_in_time") != 0) return VERDICT_IGNORED;
    approval_start_planning(s);
    return VERDICT_DONE;
}

static enum verdict on_reclassified(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_intake_reclassified *in = s->in->data;
    struct approval_state *next = s->next;
    next->brief = brief_newest(state->brief, in->brief);
    if (next->brief == state->brief) return VERDICT_IGNORED;
    struct ev_approval_brief_corrected *e = decision_emit(s->out, EV_APPROVAL_BRIEF_CORRECTED);
    e->brief = in->brief;
    return VERDICT_DONE;
}

static enum verdict on_execute(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_command_execute *in = s->in->data;
    struct approval_state *next = s->next;
    if (!rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    if (!state->must_execute) return step_refuse(s, "AP-1", "nothing_to_execute", NULL);
    const char *missing = approval_step_missing(s);
    if (missing != NULL) return step_refuse(s, "PA-10", "record_not_whole", missing);
    if (approval_claim_missing(s)) return step_refuse(s, "PA-11", "claim_not_recorded", NULL);
    next->status = APPROVAL_STATUS_EXECUTED;
    struct ev_approval_plan_executed *e = decision_emit(s->out, EV_APPROVAL_PLAN_EXECUTED);
    *e = (struct ev_approval_plan_executed){
        .by = in->actor->id, .note = in->note, .n_record = state->n_execution, .record = state->execution};
    return VERDICT_DONE;
}

/* A closing whose cause the customer, or a judgment, has undone meanwhile: intake will reopen by itself. */
static bool is_overtaken(const struct approval_state *state, const struct ev_intake_closed *in)
{
    if (state->judged && in->outcome == OUTCOME_REJECTED) return true;
    if (in->outcome == OUTCOME_LAPSED) return true;
    return in->outcome == OUTCOME_REJECTED && in->reason != NULL && strcmp(in->reason, "appeal_period_over") == 0 &&
           state->status != APPROVAL_STATUS_REJECTED;
}

static enum verdict on_closed(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_intake_closed *in = s->in->data;
    struct approval_state *next = s->next;
    if (is_overtaken(state, in)) return VERDICT_IGNORED;
    next->status = APPROVAL_STATUS_ENDED;
    next->lapse_due_ms = state->status == APPROVAL_STATUS_REJECTED && in->has_due_ms ? in->due_ms : 0;
    struct ev_approval_ended *e = decision_emit(s->out, EV_APPROVAL_ENDED);
    e->reason = outcome_name(in->outcome);
    return VERDICT_DONE;
}

/* Where a plan that stands may end: offered, signed at once by consent beforehand, or told as a rejection. */
#define STANDS (TO(OFFERED) | TO(APPROVED) | TO(REJECTED) | TO(REVIEW))
/* Where planning may lead: to people, to a review, or at once to what the rule decides. */
#define PLANNED (TO(PLANNING) | TO(AWAITING) | STANDS)

/* A claim against a third party goes on beside the case, and after it. */
#define CLAIMED(at)                                                                                                    \
    {                                                                                                                  \
        at, EV_COMMAND_RECORD_THIRD_PARTY_CLAIM, approval_on_third_party_claim, TO(at), "PA-11"                        \
    }

static const struct transition table[] = {
    CLAIMED(PLANNING),
    CLAIMED(AWAITING),
    CLAIMED(OFFERED),
    CLAIMED(APPROVED),
    CLAIMED(EXECUTED),
    CLAIMED(REJECTED),
    CLAIMED(ENDED),

    {NONE, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {NONE, EV_EVIDENCE_INVESTIGATION_CONCLUDED, approval_on_concluded, PLANNED, "AP-13"},
    {NONE, EV_COMMAND_PROPOSE, approval_on_early_propose, TO(NONE), "AP-13"},
    {NONE, EV_DISPATCH_REASSIGNED, on_reassigned, TO(NONE), "AP-6"},
    {NONE, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(NONE), "DI-3"},
    {NONE, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, TO(NONE), "ES-5: before the finding was read"},
    {NONE, EV_ESCALATION_CONTEST_DECIDED, approval_on_contest_decided, TO(NONE), "EV-7: before the finding was read"},
    {NONE, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(NONE), "IN-4"},
    {NONE, EV_INTAKE_CLOSED, on_closed, TO(NONE) | TO(ENDED), "closed"},

    {PLANNING, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {PLANNING, EV_COMMAND_PROPOSE, approval_on_propose, TO(AWAITING) | STANDS, "AP-1"},
    {PLANNING, EV_INTAKE_REOPENED, on_reopened_planning, TO(PLANNING), "AP-9"},
    {PLANNING, EV_DISPATCH_REASSIGNED, on_reassigned, PLANNED, "AP-6, ES-5"},
    {PLANNING, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, PLANNED, "ES-5"},
    {PLANNING, EV_ESCALATION_CONTEST_DECIDED, approval_on_contest_decided, PLANNED, "EV-7"},
    {PLANNING, EV_ESCALATION_FILE_ACCEPTED, approval_on_file_accepted, PLANNED, "ES-3"},
    {PLANNING, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(PLANNING), "DI-3"},
    {PLANNING, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(PLANNING), "IN-4"},
    {PLANNING, EV_INTAKE_CLOSED, on_closed, TO(PLANNING) | TO(ENDED), "closed"},

    {REVIEW, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {REVIEW, EV_COMMAND_PROPOSE, approval_on_propose_under_review, TO(REVIEW), "ES-5"},
    {REVIEW, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, PLANNED, "ES-5"},
    {REVIEW, EV_ESCALATION_CONTEST_DECIDED, approval_on_contest_decided, TO(REVIEW), "EV-7"},
    {REVIEW, EV_ESCALATION_FILE_ACCEPTED, approval_on_file_accepted, PLANNED, "ES-3"},
    {REVIEW, EV_DISPATCH_REASSIGNED, on_reassigned, PLANNED, "ES-3"},
    {REVIEW, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(REVIEW), "DI-3"},
    {REVIEW, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(REVIEW), "IN-4"},
    {REVIEW, EV_INTAKE_CLOSED, on_closed, TO(REVIEW) | TO(ENDED), "closed"},

    {AWAITING, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {AWAITING, EV_COMMAND_APPROVE, approval_on_approve, STANDS | TO(AWAITING), "AP-4, AP-5"},
    {AWAITING, EV_ESCALATION_CONTEST_DECIDED, approval_on_contest_decided, PLANNED, "EV-7"},
    {AWAITING, EV_COMMAND_DENY, approval_on_deny, PLANNED,
     "AP-4, ES-5: what a review has decided is planned by its row"},
    {AWAITING, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, TO(AWAITING), "ES-5: kept while a plan waits"},
    {AWAITING, EV_DISPATCH_REASSIGNED, on_reassigned, PLANNED, "AP-6, ES-5: a plan nobody signed goes to the review"},
    {AWAITING, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(AWAITING), "DI-3"},
    {AWAITING, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(AWAITING), "IN-4"},
    {AWAITING, EV_INTAKE_CLOSED, on_closed, TO(AWAITING) | TO(ENDED), "closed"},

    {OFFERED, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {OFFERED, EV_COMMAND_ACCEPT, approval_on_accept, TO(APPROVED), "AP-8"},
    {OFFERED, EV_ESCALATION_CONTEST_DECIDED, approval_on_contest_decided, PLANNED, "EV-7"},
    {OFFERED, EV_COMMAND_OBJECT, approval_on_object, PLANNED, "AP-8, ES-5"},
    {OFFERED, EV_SLA_BREACHED, approval_on_breached, TO(OFFERED) | TO(LAPSED), "AP-8"},
    {OFFERED, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, TO(OFFERED),
     "ES-5: kept for what follows an objection"},
    {OFFERED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(OFFERED), "AP-6"},
    {OFFERED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(OFFERED), "DI-3"},
    {OFFERED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(OFFERED), "IN-4"},
    {OFFERED, EV_INTAKE_CLOSED, on_closed, TO(OFFERED) | TO(ENDED), "closed"},

    {APPROVED, EV_COMMAND_EXECUTE, on_execute, TO(EXECUTED), "AP-1, PA-10"},
    {APPROVED, EV_COMMAND_RECORD_EXECUTION, approval_on_record_execution, TO(APPROVED), "PA-10"},
    {APPROVED, EV_INTAKE_REOPENED, approval_on_reopened, TO(APPROVED) | TO(PLANNING), "RV-1"},
    {APPROVED, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed_after, TO(APPROVED), "ES-4"},
    {APPROVED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(APPROVED), "AP-6"},
    {APPROVED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(APPROVED), "DI-3"},
    {APPROVED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(APPROVED), "IN-4"},
    {APPROVED, EV_INTAKE_CLOSED, on_closed, TO(APPROVED) | TO(ENDED), "closed"},

    {EXECUTED, EV_INTAKE_REOPENED, approval_on_reopened, TO(EXECUTED) | TO(PLANNING), "RV-1"},
    {EXECUTED, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed_after, TO(EXECUTED), "ES-4"},
    {EXECUTED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(EXECUTED), "AP-6"},
    {EXECUTED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(EXECUTED), "DI-3"},
    {EXECUTED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(EXECUTED), "IN-4"},
    {EXECUTED, EV_INTAKE_CLOSED, on_closed, TO(EXECUTED) | TO(ENDED), "closed"},

    {REJECTED, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {REJECTED, EV_ESCALATION_CONTEST_DECIDED, approval_on_contest_decided, PLANNED, "EV-7"},
    {REJECTED, EV_COMMAND_OBJECT, approval_on_appeal, PLANNED, "AP-9, ES-5"},
    {REJECTED, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, TO(REJECTED),
     "ES-5: kept for what follows an objection"},
    {REJECTED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(REJECTED), "AP-6"},
    {REJECTED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(REJECTED), "DI-3"},
    {REJECTED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(REJECTED), "IN-4"},
    {REJECTED, EV_INTAKE_CLOSED, on_closed, TO(REJECTED) | TO(ENDED), "closed"},

    {LAPSED, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {LAPSED, EV_COMMAND_ACCEPT, approval_on_late_accept, TO(APPROVED), "SL-3"},
    {LAPSED, EV_COMMAND_OBJECT, approval_on_late_object, PLANNED, "SL-3, ES-5"},
    {LAPSED, EV_INTAKE_REOPENED, approval_on_reopened, TO(LAPSED) | PLANNED, "AP-8, ES-5"},
    {LAPSED, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed, TO(LAPSED),
     "ES-5: kept for what follows an objection"},
    {LAPSED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(LAPSED), "AP-6"},
    {LAPSED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(LAPSED), "DI-3"},

    {ENDED, EV_ESCALATION_JUDGMENT_RECORDED, approval_on_judgment, TO(APPROVED), "ES-8"},
    {ENDED, EV_COMMAND_OBJECT, approval_on_late_appeal, TO(PLANNING), "SL-3"},
    {ENDED, EV_INTAKE_REOPENED, approval_on_reopened, TO(ENDED) | TO(PLANNING), "RV-1"},
    {ENDED, EV_ESCALATION_LIABILITY_ROUTED, approval_on_routed_after, TO(ENDED), "ES-4"},
    {ENDED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(ENDED), "AP-6"},
    {ENDED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(ENDED), "DI-3"},
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard guards[] = {
    {EV_COMMAND_RECORD_EXECUTION,
     TO(NONE) | TO(REVIEW) | TO(PLANNING) | TO(AWAITING) | TO(OFFERED) | TO(EXECUTED) | TO(REJECTED) | TO(LAPSED) |
         TO(ENDED),
     "PA-10"},
    {EV_COMMAND_RECORD_THIRD_PARTY_CLAIM, TO(NONE) | TO(REVIEW) | TO(LAPSED), "PA-11"},
    {EV_COMMAND_APPROVE, TO(NONE), "AP-13"},
    {EV_COMMAND_DENY, TO(NONE), "AP-13"},
    {EV_COMMAND_ACCEPT, TO(NONE), "AP-13"},
    {EV_COMMAND_OBJECT, TO(NONE), "AP-13"},
    {EV_COMMAND_EXECUTE, TO(NONE), "AP-13"},
    {EV_COMMAND_APPROVE, TO(PLANNING), "AP-1"},
    {EV_COMMAND_DENY, TO(PLANNING), "AP-1"},
    {EV_COMMAND_ACCEPT, TO(PLANNING), "AP-1"},
    {EV_COMMAND_OBJECT, TO(PLANNING), "AP-1"},
    {EV_COMMAND_EXECUTE, TO(PLANNING), "AP-1"},
    {EV_COMMAND_APPROVE, TO(REVIEW), "ES-5"},
    {EV_COMMAND_DENY, TO(REVIEW), "ES-5"},
    {EV_COMMAND_ACCEPT, TO(REVIEW), "ES-5"},
    {EV_COMMAND_OBJECT, TO(REVIEW), "ES-5"},
    {EV_COMMAND_EXECUTE, TO(REVIEW), "ES-5"},
    {EV_COMMAND_PROPOSE, TO(AWAITING), "AP-4"},
    {EV_COMMAND_ACCEPT, TO(AWAITING), "AP-4"},
    {EV_COMMAND_OBJECT, TO(AWAITING), "AP-4"},
    {EV_COMMAND_EXECUTE, TO(AWAITING), "AP-4"},
    {EV_COMMAND_APPROVE, TO(OFFERED) | TO(APPROVED) | TO(EXECUTED) | TO(REJECTED) | TO(LAPSED), "AP-4"},
    {EV_COMMAND_DENY, TO(OFFERED) | TO(APPROVED) | TO(EXECUTED) | TO(REJECTED) | TO(LAPSED), "AP-4"},
    {EV_COMMAND_PROPOSE, TO(OFFERED) | TO(APPROVED) | TO(EXECUTED) | TO(LAPSED), "AP-8"},
    {EV_COMMAND_EXECUTE, TO(OFFERED) | TO(LAPSED), "AP-8"},
    {EV_COMMAND_ACCEPT, TO(APPROVED) | TO(EXECUTED), "AP-8"},
    {EV_COMMAND_OBJECT, TO(APPROVED) | TO(EXECUTED), "AP-8"},
    {EV_COMMAND_EXECUTE, TO(EXECUTED), "AP-1"},
    {EV_COMMAND_ACCEPT, TO(REJECTED), "AP-7"},
    {EV_COMMAND_EXECUTE, TO(REJECTED), "AP-7"},
    {EV_COMMAND_PROPOSE, TO(REJECTED), "AP-9"},
    {EV_COMMAND_PROPOSE, TO(ENDED), "RV-3"},
    {EV_COMMAND_APPROVE, TO(ENDED), "RV-3"},
    {EV_COMMAND_DENY, TO(ENDED), "RV-3"},
    {EV_COMMAND_ACCEPT, TO(ENDED), "RV-3"},
    {EV_COMMAND_EXECUTE, TO(ENDED), "RV-3"},
};

const struct core approval_core = {
    .service = "approval",
    .state = &approval_state_desc,
    .status_names = approval_status_names,
    .n_statuses = APPROVAL_STATUS_COUNT,
    .table = table,
    .n_transitions = sizeof table / sizeof table[0],
    .guards = guards,
    .n_guards = sizeof guards / sizeof guards[0],
    .refused = EV_APPROVAL_COMMAND_REFUSED,
};
