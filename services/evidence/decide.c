/* The evidence machine. See evidence.h.
 *
 * What comes from other topics may be late: `intake.closed` may be read before the assignment (then
 * no visit is ordered any more), a corrected brief before the case is known here (it is kept), a
 * takeover before a record that the former unit handed in in time (it still counts, SL-3). */
#include "evidence/evidence.h"

#include <string.h>

#include "event/newest.h"
#include "evidence/package.h"
#include "evidence/steps.h"
#include "policy/goodwill.h"
#include "policy/plan.h"
#include "policy/rights.h"

void evidence_order_visit(struct step *s)
{
    struct evidence_state *next = s->next;
    bool another = next->visit_org != NULL;
    next->status = EVIDENCE_STATUS_VISIT_ORDERED;
    next->round++;
    package_store(next, 0, package_required(s->policy, next->brief->category), s->out->arena);
    struct ev_evidence_visit_ordered *e = decision_emit(s->out, EV_EVIDENCE_VISIT_ORDERED);
    *e = (struct ev_evidence_visit_ordered){.org_id = another ? next->visit_org : next->assignment->org_id,
                                            .visitor_id = another ? next->visit_person : next->assignment->visitor_id,
                                            .assignment_version = next->assignment->version,
                                            .round = next->round};
}

static enum verdict on_assigned(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_dispatch_assigned *in = s->in->data;
    struct evidence_state *next = s->next;
    next->brief = brief_newest(in->brief, state->brief);
    next->assignment = in->assignment;
    next->payee = in->payee;
    next->since_ms = s->in->at_ms;
    evidence_order_visit(s);
    return VERDICT_DONE;
}

/* DI-2: the unit that has the case; or the one that had it, for what it handed in while it had it. */
static bool is_theirs(const struct step *s, const struct actor *who)
{
    const struct evidence_state *state = s->state;
    return rights_at_unit(s, who, state->assignment->org_id) || evidence_is_former_in_time(s, who);
}

/* ES-4: and the one sent to see instead, which has no other right on the case. */
static bool may_submit(const struct step *s, const struct actor *who)
{
    const struct evidence_state *state = s->state;
    return is_theirs(s, who) || rights_at_unit(s, who, state->visit_org);
}

/* DI-5: the visitor named, or someone of the unit who was on the job or is experienced. */
static bool may_visit(const struct policy *p, const struct ev_command_submit_evidence *in, const struct assignment *at)
{
    if (strcmp(in->visitor_id, at->visitor_id) == 0) return true;
    const struct pol_unit *unit = policy_unit(p, in->actor->org_id);
    const struct pol_person *person = unit != NULL ? policy_person_in(unit, in->visitor_id) : NULL;
    return person != NULL &&
           (policy_has_role(person, ROLE_EVIDENCE_VISITOR) || policy_has_role(person, ROLE_SITE_SUPERVISOR) ||
            policy_has_role(person, ROLE_FOREMAN) || policy_has_role(person, ROLE_AUTHORISED_PERSON));
}

/* A plan rests on the finding as it will stand (EV-6). */
static bool check_finding(const struct step *s, const struct finding *f, const struct plan *plan, struct refusal *why)
{
    const struct evidence_state *state = s->state;
    if (f == NULL) return true;
    if (!finding_check(s->policy, f, why)) return false;
    if (plan == NULL) return true;
    f = finding_ours_unless_shown(f, state->assignment, s->out->arena);
    struct goodwill_basis basis = {.brief = state->brief, .finding = f};
    return plan_check(plan, f, why) && plan_makes_good(plan, f, 0, why) &&
           goodwill_check(s->policy, &basis, plan, s->out->arena, why);
}

static bool check_submission(const struct step *s, const struct ev_command_submit_evidence *in, struct refusal *why)
{
    const struct evidence_state *state = s->state;
    if (!may_submit(s, in->actor)) {
        *why = (struct refusal){"DI-2", "not_your_case", state->assignment->org_id};
    } else if (!may_visit(s->policy, in, state->assignment)) {
        *why = (struct refusal){"DI-5", "not_a_visitor", in->visitor_id};
    } else if (in->visited_ms > s->in->at_ms) {
        *why = (struct refusal){"EV-2", "visited_in_the_future", NULL};
    } else if (in->plan != NULL && in->finding == NULL) {
        *why = (struct refusal){"AP-13", "plan_without_finding", NULL};
    } else {
        return package_check(in->record, policy_unit(s->policy, in->actor->org_id), why) &&
               check_finding(s, in->finding, in->plan, why);
    }
    return false;
}

static int64_t later_of(int64_t a, int64_t b) { return a > b ? a : b; }

void evidence_conclude(struct step *s, const struct conclusion *c)
{
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_CONCLUDED;
    evidence_overtake_inspection(s);
    next->finding = finding_ours_unless_shown(evidence_with_report(s, c->finding), next->assignment, s->out->arena);
    bool advanced = next->advance != NULL && next->advance->has_granted_minor;
    struct ev_evidence_investigation_concluded *e = decision_emit(s->out, EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    *e = (struct ev_evidence_investigation_concluded){.brief = next->brief,
                                                      .assignment = next->assignment,
                                                      .finding = next->finding,
                                                      .investigator_id = c->by->id,
                                                      .on_the_spot = c->on_the_spot,
                                                      .plan = c->plan,
                                                      .payee = next->payee,
                                                      .has_advanced_minor = advanced,
                                                      .advanced_minor = advanced ? next->advance->granted_minor : 0,
                                                      .advanced_currency = advanced ? next->advance->currency : NULL,
                                                      .has_takeover_no = next->file_no > 0 || next->visit_no > 0,
                                                      .takeover_no = later_of(next->file_no, next->visit_no)};
}

void evidence_start_investigation(struct step *s)
{
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_INVESTIGATING;
    struct ev_evidence_investigation_started *e = decision_emit(s->out, EV_EVIDENCE_INVESTIGATION_STARTED);
    e->org_id = next->assignment->org_id;
}

static void emit_incomplete(struct step *s)
{
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_INCOMPLETE;
    struct ev_evidence_package_incomplete *e = decision_emit(s->out, EV_EVIDENCE_PACKAGE_INCOMPLETE);
    *e = (struct ev_evidence_package_incomplete){
        .round = next->round, .n_missing = next->n_missing, .missing = next->missing};
}

void evidence_emit_complete(struct step *s)
{
    const struct evidence_state *next = s->next;
    struct ev_evidence_package_complete *e = decision_emit(s->out, EV_EVIDENCE_PACKAGE_COMPLETE);
    e->round = next->round;
}

/* Records of one round add up (EV-3). A finding is taken only with a complete package (AP-13). */
static enum verdict on_submit(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_submit_evidence *in = s->in->data;
    struct evidence_state *next = s->next;
    struct refusal why;
    if (!check_submission(s, in, &why)) return step_refuse(s, why.rule, why.reason, why.detail);
    next->submissions++;
    next->submitter_id = in->actor->id;
    package_store(next, package_held(state) | package_items(in->record),
                  package_required(s->policy, state->brief->category), s->out->arena);
    struct ev_evidence_package_submitted *e = decision_emit(s->out, EV_EVIDENCE_PACKAGE_SUBMITTED);
    *e = (struct ev_evidence_package_submitted){
        .visitor_id = in->visitor_id, .visited_ms = in->visited_ms, .record = in->record, .round = state->round};
    bool was_complete = state->status == EVIDENCE_STATUS_INVESTIGATING;
    if (next->n_missing > 0 && !was_complete) {
        emit_incomplete(s);
        return VERDICT_DONE;
    }
    if (!was_complete) evidence_emit_complete(s);
    if (in->finding != NULL) {
        evidence_conclude(s, &(struct conclusion){in->actor, in->finding, in->plan, true});
    } else if (!was_complete) {
        evidence_start_investigation(s);
    }
    return VERDICT_DONE;
}

static enum verdict on_conclude(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_conclude *in = s->in->data;
    struct refusal why;
    if (!is_theirs(s, in->actor)) return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    if (!check_finding(s, in->finding, in->plan, &why)) return step_refuse(s, why.rule, why.reason, why.detail);
    evidence_conclude(s, &(struct conclusion){in->actor, in->finding, in->plan, false});
    return VERDICT_DONE;
}

static enum verdict refuse_early_conclusion(struct step *s)
{
    return step_refuse(s, "EV-3", "package_not_complete", NULL);
}

/* SL-3: the former unit's record, accepted while it had the case and read after the takeover: it is the file. */
static enum verdict on_late_submit(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_submit_evidence *in = s->in->data;
    if (!evidence_is_former_in_time(s, in->actor) || !evidence_is_whole(s, in->record)) {
        return step_refuse(s, "ES-3", "the_file_is_demanded", state->file_of);
    }
    return evidence_take_file(s, &(struct handed_over){in->actor, in->record, in->finding});
}

static bool take_brief(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_intake_reclassified *in = s->in->data;
    struct evidence_state *next = s->next;
    next->brief = brief_newest(state->brief, in->brief);
    if (next->brief == state->brief) return false;
    struct ev_evidence_brief_corrected *e = decision_emit(s->out, EV_EVIDENCE_BRIEF_CORRECTED);
    e->brief = next->brief;
    return true;
}

/* IN-4: another category asks for other items; what is already there may now be enough. */
static enum verdict on_reclassified(struct step *s)
{
    const struct evidence_state *state = s->state;
    struct evidence_state *next = s->next;
    if (!take_brief(s)) return VERDICT_IGNORED;
    if (state->status == EVIDENCE_STATUS_NONE) return VERDICT_DONE;
    package_store(next, package_held(state), package_required(s->policy, next->brief->category), s->out->arena);
    if (state->status == EVIDENCE_STATUS_INCOMPLETE && next->n_missing == 0) {
        evidence_emit_complete(s);
        evidence_start_investigation(s);
    }
    return VERDICT_DONE;
}

/* Nothing is to be seen any more; what was seen stands in the events. Kept, it would depend on what was read before. */
static enum verdict stand_down(struct step *s, const char *reason)
{
    evidence_overtake_inspection(s);
    *(struct evidence_state *)s->next = (struct evidence_state){.status = EVIDENCE_STATUS_STOOD_DOWN};
    struct ev_evidence_stood_down *e = decision_emit(s->out, EV_EVIDENCE_STOOD_DOWN);
    e->reason = reason;
    return VERDICT_DONE;
}

static enum verdict on_closed(struct step *s)
{
    const struct ev_intake_closed *in = s->in->data;
    return stand_down(s, outcome_name(in->outcome));
}

/* ES-8: what a judgment has decided needs no visit and no finding any more. */
static enum verdict on_judged(struct step *s) { return stand_down(s, "judged"); }

enum {
    NONE = EVIDENCE_STATUS_NONE,
    AWAITING = EVIDENCE_STATUS_AWAITING_FILE,
    ORDERED = EVIDENCE_STATUS_VISIT_ORDERED,
    INCOMPLETE = EVIDENCE_STATUS_INCOMPLETE,
    INVESTIGATING = EVIDENCE_STATUS_INVESTIGATING,
    CONCLUDED = EVIDENCE_STATUS_CONCLUDED,
    STOOD_DOWN = EVIDENCE_STATUS_STOOD_DOWN,
};

/* The case moves, or another is sent to see (file.c). */
#define MOVES(at)                                                                                                      \
    {at, EV_DISPATCH_REASSIGNED, evidence_on_reassigned, TO(at) | TO(ORDERED) | TO(AWAITING), "ES-2, ES-3"},           \
        {at, EV_DISPATCH_HANDLER_CHANGED, evidence_on_handler_changed, TO(at), "DI-3"},                                \
        {at, EV_ESCALATION_VISIT_ASSIGNED, evidence_on_visit_assigned, TO(at) | TO(ORDERED), "ES-4"},

/* EV-7: whoever is to inspect may be asked from the visit on; whoever has the case by then ends it. */
#define INSPECTION(at)                                                                                                 \
    {at, EV_COMMAND_ORDER_INSPECTION, evidence_on_order_inspection, TO(at), "EV-7"},                                   \
        {at, EV_COMMAND_END_INSPECTION, evidence_on_end_inspection, TO(at), "EV-7"},

#define FILE_LATE(at)                                                                                                  \
    {at, EV_COMMAND_HAND_OVER_FILE, evidence_on_late_file, TO(at) | TO(INVESTIGATING) | TO(CONCLUDED), "SL-3, ES-4"},

/* While it is not known who is liable. */
#define ADVANCE(at)                                                                                                    \
    {at, EV_COMMAND_APPLY_ADVANCE, evidence_on_apply_advance, TO(at), "PA-5"},                                         \
        {at, EV_COMMAND_FILE_ADVANCE, evidence_on_file_advance, TO(at), "PA-5"},                                       \
        {at, EV_COMMAND_REVIEW_ADVANCE, evidence_on_review_advance, TO(at), "PA-5"},

static const struct transition table[] = {
    {NONE, EV_DISPATCH_ASSIGNED, on_assigned, TO(ORDERED), "EV-1"},
    {NONE, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(NONE), "IN-4"},
    {NONE, EV_ESCALATION_VISIT_ASSIGNED, evidence_on_early_visit, TO(NONE), "ES-4: before the assignment was read"},
    {NONE, EV_ESCALATION_JUDGMENT_RECORDED, on_judged, TO(STOOD_DOWN), "ES-8"},
    {NONE, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed before the assignment was read"},
    {ORDERED, EV_COMMAND_SUBMIT_EVIDENCE, on_submit, TO(INCOMPLETE) | TO(INVESTIGATING) | TO(CONCLUDED), "EV-3"},
    {ORDERED, EV_COMMAND_CONCLUDE, refuse_early_conclusion, TO(ORDERED), "EV-3"},
    {ORDERED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(ORDERED), "IN-4"},
    {ORDERED, EV_ESCALATION_JUDGMENT_RECORDED, on_judged, TO(STOOD_DOWN), "ES-8"},
    {ORDERED, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
    {INCOMPLETE, EV_COMMAND_SUBMIT_EVIDENCE, on_submit, TO(INCOMPLETE) | TO(INVESTIGATING) | TO(CONCLUDED), "EV-3"},
    {INCOMPLETE, EV_COMMAND_CONCLUDE, refuse_early_conclusion, TO(INCOMPLETE), "EV-3"},
    {INCOMPLETE, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(INCOMPLETE) | TO(INVESTIGATING), "IN-4"},
    {INCOMPLETE, EV_ESCALATION_JUDGMENT_RECORDED, on_judged, TO(STOOD_DOWN), "ES-8"},
    {INCOMPLETE, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
    {INVESTIGATING, EV_COMMAND_SUBMIT_EVIDENCE, on_submit, TO(INVESTIGATING) | TO(CONCLUDED), "EV-2"},
    {INVESTIGATING, EV_COMMAND_CONCLUDE, on_conclude, TO(CONCLUDED), "EV-4"},
    {INVESTIGATING, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(INVESTIGATING), "IN-4"},
    {INVESTIGATING, EV_ESCALATION_JUDGMENT_RECORDED, on_judged, TO(STOOD_DOWN), "ES-8"},
    {INVESTIGATING, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
    {AWAITING, EV_COMMAND_HAND_OVER_FILE, evidence_on_file, TO(AWAITING) | TO(INVESTIGATING) | TO(CONCLUDED), "ES-3"},
    {AWAITING, EV_COMMAND_SUBMIT_EVIDENCE, on_late_submit, TO(AWAITING) | TO(INVESTIGATING) | TO(CONCLUDED), "SL-3"},
    {AWAITING, EV_COMMAND_CONCLUDE, refuse_early_conclusion, TO(AWAITING), "EV-3"},
    {AWAITING, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(AWAITING), "IN-4"},
    {AWAITING, EV_ESCALATION_JUDGMENT_RECORDED, on_judged, TO(STOOD_DOWN), "ES-8"},
    {AWAITING, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
    /* clang-format off */
    MOVES(ORDERED) MOVES(INCOMPLETE) MOVES(INVESTIGATING) MOVES(AWAITING) MOVES(CONCLUDED)
    INSPECTION(ORDERED) INSPECTION(INCOMPLETE) INSPECTION(INVESTIGATING) INSPECTION(AWAITING)
    ADVANCE(ORDERED) ADVANCE(INCOMPLETE) ADVANCE(INVESTIGATING) ADVANCE(AWAITING)
    FILE_LATE(ORDERED) FILE_LATE(INCOMPLETE) FILE_LATE(INVESTIGATING) FILE_LATE(CONCLUDED)
    /* clang-format on */
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard guards[] = {
    {EV_COMMAND_HAND_OVER_FILE, TO(NONE), "ES-3"},        {EV_COMMAND_HAND_OVER_FILE, TO(STOOD_DOWN), "RV-3"},
    {EV_COMMAND_SUBMIT_EVIDENCE, TO(NONE), "EV-1"},       {EV_COMMAND_CONCLUDE, TO(NONE), "EV-1"},
    {EV_COMMAND_SUBMIT_EVIDENCE, TO(CONCLUDED), "EV-5"},  {EV_COMMAND_CONCLUDE, TO(CONCLUDED), "EV-5"},
    {EV_COMMAND_SUBMIT_EVIDENCE, TO(STOOD_DOWN), "RV-3"}, {EV_COMMAND_CONCLUDE, TO(STOOD_DOWN), "RV-3"},
    {EV_COMMAND_APPLY_ADVANCE, TO(NONE), "EV-1"},         {EV_COMMAND_APPLY_ADVANCE, TO(STOOD_DOWN), "RV-3"},
    {EV_COMMAND_FILE_ADVANCE, TO(NONE), "EV-1"},          {EV_COMMAND_FILE_ADVANCE, TO(STOOD_DOWN), "RV-3"},
    {EV_COMMAND_REVIEW_ADVANCE, TO(NONE), "EV-1"},        {EV_COMMAND_REVIEW_ADVANCE, TO(STOOD_DOWN), "RV-3"},
    {EV_COMMAND_APPLY_ADVANCE, TO(CONCLUDED), "PA-5"},    {EV_COMMAND_FILE_ADVANCE, TO(CONCLUDED), "PA-5"},
    {EV_COMMAND_REVIEW_ADVANCE, TO(CONCLUDED), "PA-5"},   {EV_COMMAND_ORDER_INSPECTION, TO(NONE), "EV-1"},
    {EV_COMMAND_END_INSPECTION, TO(NONE), "EV-1"},        {EV_COMMAND_ORDER_INSPECTION, TO(CONCLUDED), "EV-7"},
    {EV_COMMAND_END_INSPECTION, TO(CONCLUDED), "EV-7"},   {EV_COMMAND_ORDER_INSPECTION, TO(STOOD_DOWN), "RV-3"},
    {EV_COMMAND_END_INSPECTION, TO(STOOD_DOWN), "RV-3"},
};

const struct core evidence_core = {
    .service = "evidence",
    .state = &evidence_state_desc,
    .status_names = evidence_status_names,
    .n_statuses = EVIDENCE_STATUS_COUNT,
    .table = table,
    .n_transitions = sizeof table / sizeof table[0],
    .guards = guards,
    .n_guards = sizeof guards / sizeof guards[0],
    .refused = EV_EVIDENCE_COMMAND_REFUSED,
};
