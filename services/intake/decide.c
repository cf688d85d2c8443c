/* The intake machine: its table, and what missed limits mean to a case. See intake.h. */
#include "intake/intake.h"

#include <string.h>

#include "intake/steps.h"

static bool is_limit(const char *code, const char *named) { return named != NULL && strcmp(code, named) == 0; }

/* What the miss of a limit means is said by the rules it ran under (SL-6). */
static const struct pol_pack *rules(const struct step *s)
{
    return policy_then(s->policy, ((const struct ev_sla_breached *)s->in->data)->revision)->pack;
}

/* IN-6: the case goes on with what there is. */
static bool goes_on_without(struct step *s)
{
    const struct ev_sla_breached *in = s->in->data;
    bool lapses = intake_waits_for_material(s->state) && is_limit(in->code, rules(s)->intake->material_limit);
    if (lapses) intake_finish_materials(s, MATERIALS_LAPSED);
    return lapses;
}

/* AP-9: the appeal period passed before its rejection was read here (another topic). More misses than
 * rejections read can mean nothing else; a miss of a rejection already appealed against is stale. */
static enum verdict on_breached_open(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_sla_breached *in = s->in->data;
    if (!is_limit(in->code, rules(s)->negotiation->appeal_limit)) return VERDICT_IGNORED;
    if (in->round <= state->rejections) return VERDICT_IGNORED;
    intake_close(s, &(struct ending){OUTCOME_REJECTED, "appeal_period_over", in->due_ms});
    return VERDICT_DONE;
}

static enum verdict on_breached_waiting(struct step *s)
{
    return goes_on_without(s) ? VERDICT_DONE : on_breached_open(s);
}

static enum verdict on_breached_answered(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_sla_breached *in = s->in->data;
    if (goes_on_without(s)) return VERDICT_DONE;
    if (!is_limit(in->code, rules(s)->negotiation->appeal_limit)) return VERDICT_IGNORED;
    if (state->outcome != OUTCOME_REJECTED || in->due_ms < state->asked_ms) return VERDICT_IGNORED;
    intake_close(s, &(struct ending){OUTCOME_REJECTED, "appeal_period_over", in->due_ms});
    return VERDICT_DONE;
}

/* RV-1: no answer to the satisfaction call; the case closes without one. */
static enum verdict on_breached_asking(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_sla_breached *in = s->in->data;
    struct intake_state *next = s->next;
    if (!is_limit(in->code, rules(s)->intake->satisfaction_limit)) return VERDICT_IGNORED;
    if (in->due_ms < state->asked_ms) return VERDICT_IGNORED;
    next->answer_due_ms = in->due_ms;
    intake_close(s, &(struct ending){OUTCOME_SETTLED, "no_answer_to_the_call", in->due_ms});
    return VERDICT_DONE;
}

enum {
    NONE = INTAKE_STATUS_NONE,
    WAITING = INTAKE_STATUS_AWAITING_MATERIAL,
    OPEN = INTAKE_STATUS_OPEN,
    ANSWERED = INTAKE_STATUS_ANSWERED,
    ASKING = INTAKE_STATUS_AWAITING_SATISFACTION,
    CLOSED = INTAKE_STATUS_CLOSED,
    WITHDRAWN = INTAKE_STATUS_WITHDRAWN,
};

#define DONE_OR_ASKING (TO(ANSWERED) | TO(ASKING) | TO(CLOSED))

/* IN-11: while the case lives. */
#define ISSUES(at)                                                                                                     \
    {at, EV_COMMAND_RAISE_ISSUE, intake_on_raise_issue, TO(at), "IN-11"},                                              \
        {at, EV_COMMAND_SIGN_ISSUE, intake_on_sign_issue, TO(at), "IN-11"},                                            \
        {at, EV_COMMAND_ANSWER_ISSUE, intake_on_answer_issue, TO(at), "IN-11, SL-7"},                                  \
        {at, EV_COMMAND_SETTLE_ISSUE, intake_on_settle_issue, TO(at), "IN-11"},

/* PA-3, AP-8, CF-5: the customer is told, and whether it reached him (CF-2), however the case stands. */
#define TOLD(at)                                                                                                       \
    {at, EV_APPROVAL_OFFERED, intake_on_offered, TO(at), "AP-8, CF-5"},                                                \
        {at, EV_APPROVAL_CUSTOMER_REMINDED, intake_on_reminded, TO(at), "AP-8, CF-5"},                                 \
        {at, EV_PAYMENT_DEDUCTED, intake_on_deducted, TO(at), "PA-2, PA-3"},                                           \
        {at, EV_PAYMENT_CASH_DUE, intake_on_cash_due, TO(at), "PA-2, PA-3"},                                           \
        {at, EV_PAYMENT_ADVANCE_PAID, intake_on_advance_paid, TO(at), "PA-3, PA-5"},                                   \
        {at, EV_COMMAND_REPORT_NOTICE, intake_on_report_notice, TO(at), "CF-2"},

/* PA-9: also after the end, for a visit before it. */
#define TRAVEL(at) {at, EV_COMMAND_ALLOW_TRAVEL, intake_on_allow_travel, TO(at), "PA-9: the signed reply form"},

static const struct transition table[] = {
    {NONE, EV_INBOUND_COMPLAINT, intake_on_complaint, TO(WAITING) | TO(OPEN), "IN-1"},
    {NONE, EV_INBOUND_SUPPLEMENT, intake_on_stray_supplement, TO(WAITING) | TO(OPEN), "IN-13"},

    {WAITING, EV_INBOUND_COMPLAINT, intake_on_contact_message, TO(WAITING) | TO(OPEN), "CH-4"},
    {WAITING, EV_INBOUND_SUPPLEMENT, intake_on_supplement_message, TO(WAITING) | TO(OPEN), "IN-6"},
    {WAITING, EV_COMMAND_SUPPLEMENT, intake_on_supplement, TO(WAITING) | TO(OPEN), "IN-6"},
    {WAITING, EV_COMMAND_REQUEST_MATERIAL, intake_on_request_material, TO(WAITING), "IN-6"},
    {WAITING, EV_SLA_BREACHED, on_breached_waiting, TO(WAITING) | TO(OPEN) | TO(CLOSED), "IN-6, AP-9"},
    {WAITING, EV_DISPATCH_ASSIGNED, intake_on_dispatched, TO(WAITING), "IN-7"},
    {WAITING, EV_DISPATCH_REASSIGNED, intake_on_dispatched, TO(WAITING), "IN-7"},
    {WAITING, EV_DISPATCH_HANDLER_CHANGED, intake_on_dispatched, TO(WAITING), "IN-7"},
    {WAITING, EV_COMMAND_CONTACT, intake_on_contact, TO(WAITING), "IN-8"},
    {WAITING, EV_COMMAND_PROMISE, intake_on_promise, TO(WAITING), "SL-7"},
    {WAITING, EV_COMMAND_KEEP_PROMISE, intake_on_keep_promise, TO(WAITING), "SL-7"},
    {WAITING, EV_COMMAND_CLASSIFY, intake_on_classify, TO(WAITING), "IN-4"},
    {WAITING, EV_COMMAND_REVIEW, intake_on_review, TO(WAITING) | TO(OPEN) | TO(CLOSED), "IN-10"},
    {WAITING, EV_APPROVAL_SLIP_APPROVED, intake_on_slip_approved, DONE_OR_ASKING, "RV-2"},
    {WAITING, EV_APPROVAL_REJECTED, intake_on_rejected, TO(ANSWERED), "RV-2"},
    {WAITING, EV_APPROVAL_LAPSED, intake_on_lapsed, TO(CLOSED) | TO(OPEN), "AP-8, ES-8"},
    {WAITING, EV_APPROVAL_CUSTOMER_OBJECTED, intake_on_objected_in_dispute, TO(WAITING), "SL-3, ES-8"},
    {WAITING, EV_PAYMENT_SETTLED, intake_on_paid, TO(WAITING), "paid before the slip was read"},
    {WAITING, EV_ESCALATION_DISPUTE_OPENED, intake_on_dispute_opened, TO(WAITING), "ES-8"},
    {WAITING, EV_ESCALATION_DISPUTE_ENDED, intake_on_dispute_ended, TO(WAITING) | TO(CLOSED), "ES-8"},
    {WAITING, EV_COMMAND_WITHDRAW, intake_on_withdraw, TO(WITHDRAWN), "RV-1"},

    {OPEN, EV_INBOUND_COMPLAINT, intake_on_contact_message, TO(OPEN), "CH-4"},
    {OPEN, EV_INBOUND_SUPPLEMENT, intake_on_supplement_message, TO(OPEN), "CH-4"},
    {OPEN, EV_DISPATCH_ASSIGNED, intake_on_dispatched, TO(OPEN), "IN-7"},
    {OPEN, EV_DISPATCH_REASSIGNED, intake_on_dispatched, TO(OPEN), "IN-7"},
    {OPEN, EV_DISPATCH_HANDLER_CHANGED, intake_on_dispatched, TO(OPEN), "IN-7"},
    {OPEN, EV_COMMAND_CONTACT, intake_on_contact, TO(OPEN), "IN-8"},
    {OPEN, EV_COMMAND_PROMISE, intake_on_promise, TO(OPEN), "SL-7"},
    {OPEN, EV_COMMAND_KEEP_PROMISE, intake_on_keep_promise, TO(OPEN), "SL-7"},
    {OPEN, EV_COMMAND_CLASSIFY, intake_on_classify, TO(OPEN), "IN-4"},
    {OPEN, EV_COMMAND_REQUEST_MATERIAL, intake_on_request_material, TO(WAITING), "IN-6"},
    {OPEN, EV_COMMAND_REVIEW, intake_on_review, TO(OPEN) | TO(CLOSED), "IN-10"},
    {OPEN, EV_SLA_BREACHED, on_breached_open, TO(OPEN) | TO(CLOSED), "AP-9"},
    {OPEN, EV_APPROVAL_SLIP_APPROVED, intake_on_slip_approved, DONE_OR_ASKING, "RV-2"},
    {OPEN, EV_APPROVAL_REJECTED, intake_on_rejected, TO(ANSWERED), "RV-2"},
    {OPEN, EV_APPROVAL_LAPSED, intake_on_lapsed, TO(CLOSED) | TO(OPEN), "AP-8, ES-8"},
    {OPEN, EV_APPROVAL_CUSTOMER_OBJECTED, intake_on_objected_in_dispute, TO(OPEN), "SL-3, ES-8"},
    {OPEN, EV_PAYMENT_SETTLED, intake_on_paid, TO(OPEN), "paid before the slip was read"},
    {OPEN, EV_ESCALATION_DISPUTE_OPENED, intake_on_dispute_opened, TO(OPEN), "ES-8"},
    {OPEN, EV_ESCALATION_DISPUTE_ENDED, intake_on_dispute_ended, TO(OPEN) | TO(CLOSED), "ES-8"},
    {OPEN, EV_COMMAND_WITHDRAW, intake_on_withdraw, TO(WITHDRAWN), "RV-1"},

    {ANSWERED, EV_INBOUND_COMPLAINT, intake_on_contact_message, TO(ANSWERED), "CH-4"},
    {ANSWERED, EV_INBOUND_SUPPLEMENT, intake_on_supplement_message, TO(ANSWERED), "CH-4"},
    {ANSWERED, EV_DISPATCH_ASSIGNED, intake_on_dispatched, TO(ANSWERED), "IN-7"},
    {ANSWERED, EV_DISPATCH_REASSIGNED, intake_on_dispatched, TO(ANSWERED), "IN-7"},
    {ANSWERED, EV_DISPATCH_HANDLER_CHANGED, intake_on_dispatched, TO(ANSWERED), "IN-7"},
    {ANSWERED, EV_COMMAND_CONTACT, intake_on_contact, TO(ANSWERED), "CF-2"},
    {ANSWERED, EV_COMMAND_PROMISE, intake_on_promise, TO(ANSWERED), "SL-7"},
    {ANSWERED, EV_COMMAND_KEEP_PROMISE, intake_on_keep_promise, TO(ANSWERED), "SL-7"},
    {ANSWERED, EV_COMMAND_REQUEST_MATERIAL, intake_on_request_material, TO(ANSWERED), "IN-6: for the payment"},
    {ANSWERED, EV_COMMAND_SUPPLEMENT, intake_on_supplement, TO(ANSWERED), "IN-6"},
    {ANSWERED, EV_COMMAND_CLASSIFY, intake_on_classify, TO(ANSWERED), "IN-4"},
    {ANSWERED, EV_PAYMENT_SETTLED, intake_on_paid, DONE_OR_ASKING, "CF-5"},
    {ANSWERED, EV_APPROVAL_SLIP_APPROVED, intake_on_slip_approved, DONE_OR_ASKING, "ES-8: after a rejection"},
    {ANSWERED, EV_APPROVAL_PLAN_EXECUTED, intake_on_executed, DONE_OR_ASKING, "CF-5"},
    {ANSWERED, EV_APPROVAL_CUSTOMER_OBJECTED, intake_on_objected, TO(ANSWERED) | TO(OPEN), "AP-9"},
    {ANSWERED, EV_SLA_BREACHED, on_breached_answered, TO(ANSWERED) | TO(OPEN) | TO(CLOSED), "AP-9, ES-8"},
    {ANSWERED, EV_ESCALATION_DISPUTE_OPENED, intake_on_dispute_opened, TO(ANSWERED), "ES-8"},
    {ANSWERED, EV_ESCALATION_DISPUTE_ENDED, intake_on_dispute_ended, TO(ANSWERED) | TO(CLOSED), "ES-8"},
    {ANSWERED, EV_COMMAND_WITHDRAW, intake_on_withdraw, TO(WITHDRAWN), "RV-1"},

    {ASKING, EV_INBOUND_COMPLAINT, intake_on_contact_message, TO(ASKING), "CH-4"},
    {ASKING, EV_INBOUND_SUPPLEMENT, intake_on_supplement_message, TO(ASKING), "CH-4"},
    {ASKING, EV_DISPATCH_ASSIGNED, intake_on_dispatched, TO(ASKING), "IN-7"},
    {ASKING, EV_DISPATCH_REASSIGNED, intake_on_dispatched, TO(ASKING), "IN-7"},
    {ASKING, EV_DISPATCH_HANDLER_CHANGED, intake_on_dispatched, TO(ASKING), "IN-7"},
    {ASKING, EV_COMMAND_CONTACT, intake_on_contact, TO(ASKING), "SL-4, CF-2"},
    {ASKING, EV_COMMAND_PROMISE, intake_on_promise, TO(ASKING), "SL-7"},
    {ASKING, EV_COMMAND_KEEP_PROMISE, intake_on_keep_promise, TO(ASKING), "SL-7"},
    {ASKING, EV_PAYMENT_SETTLED, intake_on_paid_again, TO(ASKING), "PA-3: of another slip"},
    {ASKING, EV_COMMAND_SATISFACTION, intake_on_satisfaction, TO(OPEN) | TO(CLOSED), "RV-1"},
    {ASKING, EV_SLA_BREACHED, on_breached_asking, TO(ASKING) | TO(CLOSED), "RV-1"},
    {ASKING, EV_ESCALATION_DISPUTE_OPENED, intake_on_dispute_opened, TO(ASKING), "ES-8"},
    {ASKING, EV_ESCALATION_DISPUTE_ENDED, intake_on_dispute_ended, TO(ASKING) | TO(CLOSED), "ES-8"},
    {ASKING, EV_COMMAND_WITHDRAW, intake_on_withdraw, TO(WITHDRAWN), "RV-1"},

    {CLOSED, EV_INBOUND_COMPLAINT, intake_on_contact_message, TO(CLOSED) | TO(OPEN), "AP-8"},
    {CLOSED, EV_INBOUND_SUPPLEMENT, intake_on_supplement_message, TO(CLOSED), "CH-4"},
    {CLOSED, EV_COMMAND_SATISFACTION, intake_on_late_satisfaction, TO(CLOSED) | TO(OPEN), "SL-3"},
    {CLOSED, EV_APPROVAL_SLIP_APPROVED, intake_on_slip_approved, DONE_OR_ASKING, "SL-3"},
    {CLOSED, EV_APPROVAL_REJECTED, intake_on_rejected, TO(CLOSED), "RV-2"},
    {CLOSED, EV_APPROVAL_CUSTOMER_OBJECTED, intake_on_objected, TO(CLOSED) | TO(OPEN), "SL-3"},
    {CLOSED, EV_APPROVAL_PLAN_EXECUTED, intake_on_executed, TO(CLOSED), "carried out after the end"},
    {CLOSED, EV_PAYMENT_SETTLED, intake_on_paid, TO(CLOSED), "paid after the end"},
    {CLOSED, EV_ESCALATION_DISPUTE_OPENED, intake_on_dispute_opened, TO(CLOSED) | TO(OPEN), "ES-8"},

    {WITHDRAWN, EV_INBOUND_COMPLAINT, intake_on_contact_message, TO(WITHDRAWN), "CH-4"},
    {WITHDRAWN, EV_INBOUND_SUPPLEMENT, intake_on_supplement_message, TO(WITHDRAWN), "CH-4"},
    {WITHDRAWN, EV_APPROVAL_SLIP_APPROVED, intake_on_slip_approved, TO(WITHDRAWN), "RV-2"},
    {WITHDRAWN, EV_APPROVAL_PLAN_EXECUTED, intake_on_executed, TO(WITHDRAWN), "carried out after the end"},
    {WITHDRAWN, EV_PAYMENT_SETTLED, intake_on_paid, TO(WITHDRAWN), "paid after the end"},
    /* clang-format off */
    ISSUES(WAITING) ISSUES(OPEN) ISSUES(ANSWERED) ISSUES(ASKING)
    TOLD(WAITING) TOLD(OPEN) TOLD(ANSWERED) TOLD(ASKING) TOLD(CLOSED) TOLD(WITHDRAWN)
    TRAVEL(WAITING) TRAVEL(OPEN) TRAVEL(ANSWERED) TRAVEL(ASKING) TRAVEL(CLOSED) TRAVEL(WITHDRAWN)
    /* clang-format on */
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard guards[] = {
    {EV_COMMAND_CONTACT, TO(NONE), "IN-1"},
    {EV_COMMAND_REPORT_NOTICE, TO(NONE), "IN-1"},
    {EV_COMMAND_CLASSIFY, TO(NONE), "IN-1"},
    {EV_COMMAND_REVIEW, TO(NONE), "IN-1"},
    {EV_COMMAND_SUPPLEMENT, TO(NONE), "IN-1"},
    {EV_COMMAND_SATISFACTION, TO(NONE), "IN-1"},
    {EV_COMMAND_WITHDRAW, TO(NONE), "IN-1"},
    {EV_COMMAND_PROMISE, TO(NONE), "IN-1"},
    {EV_COMMAND_KEEP_PROMISE, TO(NONE), "IN-1"},
    {EV_COMMAND_PROMISE, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_RAISE_ISSUE, TO(NONE), "IN-1"},
    {EV_COMMAND_RAISE_ISSUE, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_SIGN_ISSUE, TO(NONE), "IN-1"},
    {EV_COMMAND_SIGN_ISSUE, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_ANSWER_ISSUE, TO(NONE), "IN-1"},
    {EV_COMMAND_ANSWER_ISSUE, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_SETTLE_ISSUE, TO(NONE), "IN-1"},
    {EV_COMMAND_SETTLE_ISSUE, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_KEEP_PROMISE, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_ALLOW_TRAVEL, TO(NONE), "PA-9"},
    {EV_COMMAND_SUPPLEMENT, TO(OPEN) | TO(ASKING), "IN-6"},
    {EV_COMMAND_REQUEST_MATERIAL, TO(NONE), "IN-1"},
    {EV_COMMAND_REQUEST_MATERIAL, TO(ASKING), "RV-1"},
    {EV_COMMAND_REQUEST_MATERIAL, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_REVIEW, TO(ANSWERED) | TO(ASKING), "IN-10"},
    {EV_COMMAND_CLASSIFY, TO(ASKING), "RV-1"},
    {EV_COMMAND_SATISFACTION, TO(WAITING) | TO(OPEN) | TO(ANSWERED) | TO(WITHDRAWN), "RV-1"},
    {EV_COMMAND_SUPPLEMENT, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_REVIEW, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_CLASSIFY, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_CONTACT, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
    {EV_COMMAND_WITHDRAW, TO(CLOSED) | TO(WITHDRAWN), "RV-3"},
};

const struct core intake_core = {
    .service = "intake",
    .state = &intake_state_desc,
    .status_names = intake_status_names,
    .n_statuses = INTAKE_STATUS_COUNT,
    .table = table,
    .n_transitions = sizeof table / sizeof table[0],
    .guards = guards,
    .n_guards = sizeof guards / sizeof guards[0],
    .refused = EV_INTAKE_COMMAND_REFUSED,
};
