/* The evidence machine. See evidence.h.
 *
 * What comes from other topics may be late: `intake.closed` may be read before the assignment (then
 * no visit is ordered any more), a corrected brief before the case is known here (it is kept), a
 * takeover before a record that the former unit handed in in time (it still counts, SL-3). */
#include "evidence/evidence.h"

#include <string.h>

#include "event/newest.h"
#include "evidence/package.h"
#include "policy/plan.h"
#include "policy/rights.h"

static void order_visit(struct step *s)
{
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_VISIT_ORDERED;
    next->round++;
    package_store(next, 0, package_required(s->policy, next->brief->category), s->out->arena);
    struct ev_evidence_visit_ordered *e = decision_emit(s->out, EV_EVIDENCE_VISIT_ORDERED);
    *e = (struct ev_evidence_visit_ordered){.org_id = next->assignment->org_id,
                                            .visitor_id = next->assignment->visitor_id,
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
    order_visit(s);
    return VERDICT_DONE;
}

/* ES-2: another unit has to see for itself. The same unit (after a reopening) need not. */
static enum verdict on_reassigned(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_dispatch_reassigned *in = s->in->data;
    struct evidence_state *next = s->next;
    if (in->assignment->version <= state->assignment->version) return VERDICT_IGNORED;
    if (strcmp(in->assignment->org_id, state->assignment->org_id) == 0) return VERDICT_IGNORED;
    next->former_org_id = state->assignment->org_id;
    next->since_ms = s->in->at_ms;
    next->assignment = in->assignment;
    order_visit(s);
    return VERDICT_DONE;
}

/* DI-2: the unit that has the case; or the one that had it, for what it handed in while it had it. */
static bool is_theirs(const struct step *s, const struct actor *who)
{
    const struct evidence_state *state = s->state;
    if (rights_at_unit(s->policy, who, state->assignment->org_id)) return true;
    return s->in->at_ms <= state->since_ms && rights_at_unit(s->policy, who, state->former_org_id);
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

static bool check_submission(const struct step *s, const struct ev_command_submit_evidence *in, struct refusal *why)
{
    const struct evidence_state *state = s->state;
    if (!is_theirs(s, in->actor)) {
        *why = (struct refusal){"DI-2", "not_your_case", state->assignment->org_id};
    } else if (!may_visit(s->policy, in, state->assignment)) {
        *why = (struct refusal){"DI-5", "not_a_visitor", in->visitor_id};
    } else if (in->visited_ms > s->in->at_ms) {
        *why = (struct refusal){"EV-2", "visited_in_the_future", NULL};
    } else if (!package_photos_named(in->record)) {
        *why = (struct refusal){"EV-2", "photo_without_hash", NULL};
    } else if (in->plan != NULL && in->finding == NULL) {
        *why = (struct refusal){"AP-13", "plan_without_finding", NULL};
    } else {
        return (in->finding == NULL || finding_check(in->finding, why)) &&
               (in->plan == NULL || plan_check(in->plan, in->finding, why));
    }
    return false;
}

struct conclusion {
    const struct actor *by;
    const struct finding *finding;
    const struct plan *plan;
    bool on_the_spot;
};

static void conclude(struct step *s, const struct conclusion *c)
{
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_CONCLUDED;
    next->finding = finding_ours_unless_shown(c->finding, next->assignment, s->out->arena);
    struct ev_evidence_investigation_concluded *e = decision_emit(s->out, EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    *e = (struct ev_evidence_investigation_concluded){.brief = next->brief,
                                                      .assignment = next->assignment,
                                                      .finding = next->finding,
                                                      .investigator_id = c->by->id,
                                                      .on_the_spot = c->on_the_spot,
                                                      .plan = c->plan,
                                                      .payee = next->payee};
}

static void start_investigation(struct step *s)
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

static void emit_complete(struct step *s)
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
    if (!was_complete) emit_complete(s);
    if (in->finding != NULL) {
        conclude(s, &(struct conclusion){in->actor, in->finding, in->plan, true});
    } else if (!was_complete) {
        start_investigation(s);
    }
    return VERDICT_DONE;
}

static enum verdict on_conclude(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_conclude *in = s->in->data;
    struct refusal why;
    if (!is_theirs(s, in->actor)) return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    if (!finding_check(in->finding, &why) || (in->plan != NULL && !plan_check(in->plan, in->finding, &why))) {
        return step_refuse(s, why.rule, why.reason, why.detail);
    }
    conclude(s, &(struct conclusion){in->actor, in->finding, in->plan, false});
    return VERDICT_DONE;
}

static enum verdict refuse_early_conclusion(struct step *s)
{
    return step_refuse(s, "EV-3", "package_not_complete", NULL);
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
        emit_complete(s);
        start_investigation(s);
    }
    return VERDICT_DONE;
}

static enum verdict on_closed(struct step *s)
{
    const struct ev_intake_closed *in = s->in->data;
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_STOOD_DOWN;
    struct ev_evidence_stood_down *e = decision_emit(s->out, EV_EVIDENCE_STOOD_DOWN);
    e->reason = outcome_name(in->outcome);
    return VERDICT_DONE;
}

enum {
    NONE = EVIDENCE_STATUS_NONE,
    ORDERED = EVIDENCE_STATUS_VISIT_ORDERED,
    INCOMPLETE = EVIDENCE_STATUS_INCOMPLETE,
    INVESTIGATING = EVIDENCE_STATUS_INVESTIGATING,
    CONCLUDED = EVIDENCE_STATUS_CONCLUDED,
    STOOD_DOWN = EVIDENCE_STATUS_STOOD_DOWN,
};

static const struct transition table[] = {
    {NONE, EV_DISPATCH_ASSIGNED, on_assigned, TO(ORDERED), "EV-1"},
    {NONE, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(NONE), "IN-4"},
    {NONE, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed before the assignment was read"},
    {ORDERED, EV_COMMAND_SUBMIT_EVIDENCE, on_submit, TO(INCOMPLETE) | TO(INVESTIGATING) | TO(CONCLUDED), "EV-3"},
    {ORDERED, EV_COMMAND_CONCLUDE, refuse_early_conclusion, TO(ORDERED), "EV-3"},
    {ORDERED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(ORDERED), "ES-2"},
    {ORDERED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(ORDERED), "IN-4"},
    {ORDERED, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
    {INCOMPLETE, EV_COMMAND_SUBMIT_EVIDENCE, on_submit, TO(INCOMPLETE) | TO(INVESTIGATING) | TO(CONCLUDED), "EV-3"},
    {INCOMPLETE, EV_COMMAND_CONCLUDE, refuse_early_conclusion, TO(INCOMPLETE), "EV-3"},
    {INCOMPLETE, EV_DISPATCH_REASSIGNED, on_reassigned, TO(ORDERED), "ES-2"},
    {INCOMPLETE, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(INCOMPLETE) | TO(INVESTIGATING), "IN-4"},
    {INCOMPLETE, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
    {INVESTIGATING, EV_COMMAND_SUBMIT_EVIDENCE, on_submit, TO(INVESTIGATING) | TO(CONCLUDED), "EV-2"},
    {INVESTIGATING, EV_COMMAND_CONCLUDE, on_conclude, TO(CONCLUDED), "EV-4"},
    {INVESTIGATING, EV_DISPATCH_REASSIGNED, on_reassigned, TO(ORDERED), "ES-2"},
    {INVESTIGATING, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(INVESTIGATING), "IN-4"},
    {INVESTIGATING, EV_INTAKE_CLOSED, on_closed, TO(STOOD_DOWN), "closed"},
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard guards[] = {
    {EV_COMMAND_SUBMIT_EVIDENCE, TO(NONE), "EV-1"},       {EV_COMMAND_CONCLUDE, TO(NONE), "EV-1"},
    {EV_COMMAND_SUBMIT_EVIDENCE, TO(CONCLUDED), "EV-5"},  {EV_COMMAND_CONCLUDE, TO(CONCLUDED), "EV-5"},
    {EV_COMMAND_SUBMIT_EVIDENCE, TO(STOOD_DOWN), "RV-3"}, {EV_COMMAND_CONCLUDE, TO(STOOD_DOWN), "RV-3"},
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
