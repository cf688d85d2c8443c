/* The escalation machine: its table, and the plain watch (escalation.h). */
#include "escalation/escalation.h"
#include "escalation/steps.h"
#include "policy/rights.h"

/* ---- inputs ---- */

/* Higher version wins. A takeover under way is not undone by an assignment decided before it. */
static enum verdict observe(struct step *s, const struct assignment *a)
{
    const struct escalation_state *st = s->state;
    struct escalation_state *next = s->next;
    if (st->assignment != NULL && a->version <= st->assignment->version) return VERDICT_IGNORED;
    escalation_note_assignment(s, a);
    if (!escalation_is_moving(st) || policy_leads(s->policy, a->org_id, st->org_id)) {
        next->org_id = a->org_id;
        next->level = a->level;
    }
    if (st->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    escalation_tell_supervised(s);
    return VERDICT_DONE;
}

/* The first assignment also says whose file it will be (ES-3), however late it is read. Whoever has asked the outlet in
 * vain already is head office's from the beginning (CH-6). */
static enum verdict on_assigned(struct step *s)
{
    const struct ev_dispatch_assigned *ev = s->in->data;
    const struct escalation_state *st = s->state;
    struct escalation_state *next = s->next;
    next->brief = ev->brief;
    if (ev->assignment->level != ORG_LEVEL_HEAD_OFFICE) next->first_org = ev->assignment->org_id;
    if (observe(s, ev->assignment) == VERDICT_DONE) {
        if (ev->brief->asked_outlet && next->n_takeovers == 0 && next->status == ESCALATION_STATUS_WATCHING) {
            escalation_take_over(s, &(struct climb){.cause = "asked_in_vain", .settles = true, .to_top = true});
        }
        return VERDICT_DONE;
    }
    if (st->brief != NULL) return VERDICT_IGNORED;
    escalation_tell_supervised(s);
    return VERDICT_DONE;
}

static enum verdict on_reassigned(struct step *s)
{
    return observe(s, ((const struct ev_dispatch_reassigned *)s->in->data)->assignment);
}

static enum verdict on_handler_changed(struct step *s)
{
    return observe(s, ((const struct ev_dispatch_handler_changed *)s->in->data)->assignment);
}

/* Limits recorded from history are facts, nobody is reminded of them any more. What a miss leads to is said by the
 * rules the limit ran under, also where today's have no such limit (SL-6); the people are today's. NULL: to nothing. */
static const struct policy_limit *slip_limit(const struct step *s, const struct ev_sla_breached *ev)
{
    const struct policy_limit *def = policy_limit(policy_then(s->policy, ev->revision), ev->code);
    return ev->history || def == NULL || def->def->on_miss != ON_MISS_SLIP ? NULL : def;
}

static void remind(struct step *s, const struct ev_sla_breached *ev, const struct policy_limit *def)
{
    struct matter m = {ev->code, ev->ver, ev->due_ms, ev->late_ms, !def->def->outlives};
    struct addressee to = escalation_responsible(s, def->def->responsible, ev->due_ms);
    escalation_correction_led_by(s, ev->code, &to);
    escalation_liaison_owed_by(s, ev->code, &to);
    escalation_department_owes(s, ev->code, def->def->responsible, &to);
    escalation_issue_slip(s, &m, to);
}

static enum verdict on_breached(struct step *s)
{
    const struct ev_sla_breached *ev = s->in->data;
    struct escalation_state *next = s->next;
    const struct policy *rules = policy_then(s->policy, ev->revision);
    const struct policy_limit *def = slip_limit(s, ev);
    if (escalation_sanction_unappealed(s, ev)) return VERDICT_DONE;
    if (def == NULL) return VERDICT_IGNORED;
    if (next->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    if (escalation_review_missed(s, ev) || escalation_contest_missed(s, ev)) return VERDICT_DONE;
    remind(s, ev, def);
    if (next->org_id == NULL || escalation_judgment_missed(s, ev)) return VERDICT_DONE;
    const struct pol_rung *rung = policy_rung(rules, ev->code, next->level);
    if (rung != NULL && escalation_misses_on_level(next, ev->code) >= rung->misses) {
        bool settles = policy_demands_file(rules, ev->code);
        escalation_take_over(s, &(struct climb){.cause = "limit_missed", .code = ev->code, .settles = settles});
        if (settles) escalation_decide_known(s);
    }
    return VERDICT_DONE;
}

/* What closed the case was itself too late, and the miss is read after the end: recorded, and asked about (ES-7). */
static enum verdict on_breached_after(struct step *s)
{
    const struct ev_sla_breached *ev = s->in->data;
    const struct policy_limit *def = slip_limit(s, ev);
    if (escalation_sanction_unappealed(s, ev)) return VERDICT_DONE;
    if (def == NULL) return VERDICT_IGNORED;
    remind(s, ev, def);
    escalation_issue_liaisons(s);
    return VERDICT_DONE;
}

static enum verdict on_annulled(struct step *s)
{
    const struct ev_sla_annulled *ev = s->in->data;
    const struct escalation_state *st = s->state;
    int i = escalation_find_slip(st, ev->code, ev->ver);
    if (i < 0) return VERDICT_IGNORED;
    struct ev_escalation_slip_withdrawn *out = decision_emit(s->out, EV_ESCALATION_SLIP_WITHDRAWN);
    *out =
        (struct ev_escalation_slip_withdrawn){.slip_no = st->open_slips[i].slip_no, .code = ev->code, .ver = ev->ver};
    escalation_drop_slip(s, i);
    if (st->open_slips[i].liaison_no != NULL) escalation_withdraw_liaison(s, st->open_slips[i].liaison_no);
    escalation_review_annulled(s, ev->code);
    escalation_judgment_annulled(s, ev);
    return VERDICT_DONE;
}

/* What ended by silence while the case is in dispute comes back (intake does the same). */
static enum verdict on_closed(struct step *s)
{
    const struct ev_intake_closed *ev = s->in->data;
    struct escalation_state *next = s->next;
    bool comes_back = ev->outcome == OUTCOME_REJECTED || ev->outcome == OUTCOME_LAPSED;
    if (next->dispute != NULL && comes_back) return VERDICT_IGNORED;
    if (escalation_is_in_dispute(next)) escalation_end_dispute(s, DISPUTE_END_CASE_CLOSED);
    escalation_overtake_contest(s);
    next->status = ESCALATION_STATUS_ENDED;
    next->ended_as = ev->outcome;
    escalation_issue_liaisons(s);
    struct ev_escalation_ended *out = decision_emit(s->out, EV_ESCALATION_ENDED);
    out->reason = outcome_name(ev->outcome);
    return VERDICT_DONE;
}

static enum verdict on_reopened(struct step *s)
{
    struct escalation_state *next = s->next;
    next->status = ESCALATION_STATUS_WATCHING;
    next->ended_as = OUTCOME_ABSENT;
    escalation_on_failed_agreement(s);
    escalation_tell_supervised(s);
    return VERDICT_DONE;
}

/* ---- table ---- */

#define NONE ESCALATION_STATUS_NONE
#define WATCHING ESCALATION_STATUS_WATCHING
#define AWAITING_FILE ESCALATION_STATUS_AWAITING_FILE
#define AWAITING_VISIT ESCALATION_STATUS_AWAITING_VISIT
#define DECIDING ESCALATION_STATUS_DECIDING
#define ENDED ESCALATION_STATUS_ENDED

/* What is watched whatever else is waited for. */
#define WATCHED(at)                                                                                                    \
    {at, EV_DISPATCH_ASSIGNED, on_assigned, TO(at) | TO(AWAITING_FILE), "DI-2, CH-6"},                                 \
        {at, EV_DISPATCH_REASSIGNED, on_reassigned, TO(at), "ES-2: the takeover has people"},                          \
        {at, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(at), "ES-1: who gets the slips"},                     \
        {at, EV_SLA_BREACHED, on_breached, TO(at) | TO(AWAITING_FILE) | TO(AWAITING_VISIT) | TO(DECIDING),             \
         "ES-1, ES-2, ES-4"},                                                                                          \
        {at, EV_SLA_ANNULLED, on_annulled, TO(at), "SL-3"},                                                            \
        {at, EV_APPROVAL_DEADLOCKED, escalation_on_deadlocked, TO(at), "AP-8, ES-9"},                                  \
        {at, EV_APPROVAL_REFUSED, escalation_on_refused, TO(at) | TO(WATCHING) | TO(AWAITING_FILE), "ES-3"},           \
        {at, EV_COMMAND_HAND_UP, escalation_on_hand_up, TO(at) | TO(AWAITING_FILE) | TO(DECIDING), "ES-9"},            \
        {at, EV_COMMAND_RECORD_JUDGMENT, escalation_on_judgment, TO(at) | TO(WATCHING), "ES-8"},                       \
        {at, EV_COMMAND_CONTEST_LIABILITY, escalation_on_contest, TO(at), "EV-7"},                                     \
        {at, EV_COMMAND_DECIDE_CONTEST, escalation_on_decide_contest, TO(at), "EV-7"},                                 \
        {at, EV_INTAKE_REOPENED, escalation_on_failed_agreement, TO(at), "ES-8"},                                      \
        {at, EV_INTAKE_CLOSED, on_closed, TO(at) | TO(ENDED), "RV-1, ES-7"},

/* What may be brought before a forum, and a slip answered, also after the end. */
#define DISPUTED(at)                                                                                                   \
    {at, EV_COMMAND_DISPUTE, escalation_on_dispute, TO(at) | TO(WATCHING), "ES-8"},                                    \
        {at, EV_COMMAND_NOTE_DISPUTE, escalation_on_dispute_note, TO(at), "ES-8"},                                     \
        {at, EV_COMMAND_END_DISPUTE, escalation_on_dispute_end, TO(at), "ES-8"},                                       \
        {at, EV_COMMAND_ANSWER_LIAISON, escalation_on_liaison_answer, TO(at), "ES-7"},                                 \
        {at, EV_COMMAND_CLOSE_CORRECTION, escalation_on_close_correction, TO(at), "PA-8"},                             \
        {at, EV_COMMAND_CONFIRM_CORRECTION, escalation_on_confirm_correction, TO(at), "PA-8, AP-6"},                   \
        {at, EV_COMMAND_DECIDE_SANCTION, escalation_on_decide_sanction, TO(at), "RV-5"},                               \
        {at, EV_COMMAND_APPEAL_SANCTION, escalation_on_appeal_sanction, TO(at), "RV-5"},                               \
        {at, EV_APPROVAL_SLIP_APPROVED, escalation_on_slip, TO(at) | TO(WATCHING), "ES-8, PA-8"},

static const struct transition TABLE[] = {
    {NONE, EV_DISPATCH_ASSIGNED, on_assigned, TO(WATCHING) | TO(AWAITING_FILE), "CH-5, CH-6, DI-2"},
    {NONE, EV_APPROVAL_SLIP_APPROVED, escalation_on_slip, TO(WATCHING), "ES-8: before the first assignment was read"},
    {NONE, EV_INTAKE_REOPENED, escalation_on_failed_agreement, TO(NONE) | TO(WATCHING), "ES-8: the same"},
    {NONE, EV_DISPATCH_REASSIGNED, on_reassigned, TO(WATCHING), "DI-2: before the first assignment was read"},
    {NONE, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(WATCHING), "before the first assignment was read"},
    {NONE, EV_SLA_BREACHED, on_breached, TO(WATCHING), "ES-1, ES-6: nobody known yet, head office"},
    {NONE, EV_APPROVAL_DEADLOCKED, escalation_on_deadlocked, TO(WATCHING), "AP-8, ES-9"},
    {NONE, EV_APPROVAL_REFUSED, escalation_on_refused, TO(AWAITING_FILE), "ES-3: before the first assignment was read"},
    {NONE, EV_INTAKE_CLOSED, on_closed, TO(ENDED), "closed before anybody was assigned"},
    /* clang-format off */
    WATCHED(WATCHING) WATCHED(AWAITING_FILE) WATCHED(AWAITING_VISIT) WATCHED(DECIDING)
    DISPUTED(WATCHING) DISPUTED(AWAITING_FILE) DISPUTED(AWAITING_VISIT) DISPUTED(DECIDING) DISPUTED(ENDED)
    /* clang-format on */
    {AWAITING_FILE, EV_EVIDENCE_FILE_RECEIVED, escalation_on_file_received,
     TO(WATCHING) | TO(AWAITING_VISIT) | TO(DECIDING), "ES-3, ES-4"},
    {AWAITING_VISIT, EV_EVIDENCE_FILE_RECEIVED, escalation_on_file_received, TO(DECIDING), "SL-3: in time, read late"},
    {AWAITING_VISIT, EV_EVIDENCE_INVESTIGATION_CONCLUDED, escalation_on_concluded, TO(WATCHING), "ES-5"},
    {DECIDING, EV_EVIDENCE_INVESTIGATION_CONCLUDED, escalation_on_concluded, TO(WATCHING), "ES-5"},
    {ENDED, EV_DISPATCH_ASSIGNED, on_assigned, TO(ENDED), "for a reopening"},
    {ENDED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(ENDED), "for a reopening"},
    {ENDED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(ENDED), "for a reopening"},
    {ENDED, EV_APPROVAL_DEADLOCKED, escalation_on_deadlocked, TO(ENDED), "for a reopening"},
    {ENDED, EV_SLA_BREACHED, on_breached_after, TO(ENDED), "ES-1, ES-7"},
    {ENDED, EV_SLA_ANNULLED, on_annulled, TO(ENDED), "SL-3"},
    {ENDED, EV_INTAKE_REOPENED, on_reopened, TO(WATCHING), "RV-1"},
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard guards[] = {
    {EV_COMMAND_CLOSE_CORRECTION, TO(NONE), "PA-8"},
    {EV_COMMAND_CONFIRM_CORRECTION, TO(NONE), "PA-8"},
    {EV_COMMAND_DECIDE_SANCTION, TO(NONE), "RV-5"},
    {EV_COMMAND_APPEAL_SANCTION, TO(NONE), "RV-5"},
    {EV_COMMAND_DISPUTE, TO(NONE), "ES-8"},
    {EV_COMMAND_NOTE_DISPUTE, TO(NONE), "ES-8"},
    {EV_COMMAND_END_DISPUTE, TO(NONE), "ES-8"},
    {EV_COMMAND_RECORD_JUDGMENT, TO(NONE) | TO(ENDED), "ES-8"},
    {EV_COMMAND_CONTEST_LIABILITY, TO(NONE) | TO(ENDED), "EV-7"},
    {EV_COMMAND_DECIDE_CONTEST, TO(NONE) | TO(ENDED), "EV-7"},
    {EV_COMMAND_ANSWER_LIAISON, TO(NONE), "ES-7"},
    {EV_COMMAND_HAND_UP, TO(NONE) | TO(ENDED), "ES-9"},
};

const struct core escalation_core = {
    .service = "escalation",
    .state = &escalation_state_desc,
    .status_names = escalation_status_names,
    .n_statuses = ESCALATION_STATUS_COUNT,
    .table = TABLE,
    .n_transitions = sizeof(TABLE) / sizeof(TABLE[0]),
    .guards = guards,
    .n_guards = sizeof(guards) / sizeof(guards[0]),
    .refused = EV_ESCALATION_COMMAND_REFUSED,
};
