/* The dispatch machine: assigned once, reassigned as escalation says, released with the case.
 *
 * Registered, closed and reopened come in order, from one topic; takeovers from another. One read after
 * the release still moves the assignment, so that a reopening finds the same unit in either order. */
#include "dispatch/dispatch.h"

#include <string.h>

#include "dispatch/assign.h"
#include "policy/rights.h"

static enum verdict on_registered(struct step *s)
{
    const struct ev_intake_registered *in = s->in->data;
    struct dispatch_state *next = s->next;
    struct route route = assign_route(moment_of(s), in);
    const struct assignment *people = route.unit != NULL ? assign_people(s, route.unit, 1) : NULL;
    if (people == NULL) return step_broken(s, "head_office_has_nobody");
    if (route.unassignable != NULL) {
        struct ev_dispatch_unassignable *u = decision_emit(s->out, EV_DISPATCH_UNASSIGNABLE);
        *u = (struct ev_dispatch_unassignable){.reason = route.unassignable, .region = in->brief->region};
    }
    next->status = DISPATCH_STATUS_ASSIGNED;
    next->brief = in->brief;
    next->assignment = people;
    struct ev_dispatch_assigned *e = decision_emit(s->out, EV_DISPATCH_ASSIGNED);
    *e = (struct ev_dispatch_assigned){
        .brief = in->brief, .assignment = people, .reason = route.reason, .payee = in->payee};
    return VERDICT_DONE;
}

/* Who had the case before those above took it over, a regional's own outlet too: it answers for it in the end (PA-6).
 */
static const char *outlet_before(const struct policy *p, const struct assignment *was, const struct pol_unit *unit)
{
    if (was->outlet_id != NULL) return was->outlet_id;
    return policy_leads(p, unit->id, was->org_id) ? was->org_id : NULL;
}

/* Gives the case to `unit` (the same one after a reopening) and says so. */
static struct ev_dispatch_reassigned *reassign(struct step *s, const struct pol_unit *unit, const char *reason)
{
    const struct dispatch_state *state = s->state;
    struct dispatch_state *next = s->next;
    const struct assignment *people = unit != NULL ? assign_people(s, unit, state->assignment->version + 1) : NULL;
    if (people == NULL) return NULL;
    struct assignment *a = ARENA_NEW(s->out->arena, struct assignment);
    *a = *people;
    a->outlet_id = outlet_before(s->policy, state->assignment, unit);
    next->assignment = a;
    struct ev_dispatch_reassigned *e = decision_emit(s->out, EV_DISPATCH_REASSIGNED);
    *e = (struct ev_dispatch_reassigned){.assignment = a, .from_org = state->assignment->org_id, .reason = reason};
    return e;
}

static enum verdict nobody_there(struct step *s) { return step_broken(s, "nobody_at_the_unit_taking_over"); }

static enum verdict on_taken_over(struct step *s)
{
    const struct dispatch_state *state = s->state;
    const struct ev_escalation_taken_over *in = s->in->data;
    if (strcmp(in->to_org, state->assignment->org_id) == 0) return VERDICT_IGNORED;
    struct ev_dispatch_reassigned *e = reassign(s, policy_unit(s->policy, in->to_org), in->cause);
    if (e == NULL) return nobody_there(s);
    e->has_takeover_no = in->has_takeover_no;
    e->takeover_no = in->takeover_no;
    e->review = in->review;
    e->await_file = in->await_file;
    e->file_of = in->file_of;
    return VERDICT_DONE;
}

/* The unit that had the case has it again; it may have been closed down meanwhile. */
static enum verdict on_reopened(struct step *s)
{
    const struct dispatch_state *state = s->state;
    const struct pol_unit *unit = policy_unit(s->policy, state->assignment->org_id);
    struct dispatch_state *next = s->next;
    if (unit == NULL || unit->suspended) unit = policy_head_office(s->policy);
    next->status = DISPATCH_STATUS_ASSIGNED;
    return reassign(s, unit, "reopened") != NULL ? VERDICT_DONE : nobody_there(s);
}

static enum verdict on_closed(struct step *s)
{
    const struct dispatch_state *state = s->state;
    struct dispatch_state *next = s->next;
    next->status = DISPATCH_STATUS_RELEASED;
    struct ev_dispatch_released *e = decision_emit(s->out, EV_DISPATCH_RELEASED);
    e->org_id = state->assignment->org_id;
    return VERDICT_DONE;
}

/* DI-1: who leads the unit names its people, and so do those who lead the levels above it. */
static bool may_assign(const struct step *s, const struct actor *actor, const struct assignment *at)
{
    const struct policy *p = s->policy;
    const struct pol_unit *own = policy_unit(p, actor->org_id);
    if (!rights_holds_role(s, actor)) return false;
    if (actor->role != policy_approver(p, own->level) && actor->role != ROLE_GENERAL_MANAGER) return false;
    for (const struct pol_unit *u = policy_unit(p, at->org_id); u != NULL; u = policy_parent(p, u)) {
        if (u == own) return true;
    }
    return false;
}

static enum verdict on_assign_handler(struct step *s)
{
    const struct dispatch_state *state = s->state;
    const struct ev_command_assign_handler *in = s->in->data;
    struct dispatch_state *next = s->next;
    if (!may_assign(s, in->actor, state->assignment)) {
        return step_refuse(s, "DI-1", "not_yours_to_assign", state->assignment->org_id);
    }
    const struct pol_unit *unit = policy_unit(s->policy, state->assignment->org_id);
    const struct pol_person *person = unit != NULL ? policy_person_in(unit, in->handler_id) : NULL;
    if (person == NULL) return step_refuse(s, "DI-3", "not_of_this_unit", in->handler_id);
    struct assignment *a = ARENA_NEW(s->out->arena, struct assignment);
    *a = *state->assignment;
    a->version++;
    a->handler_id = person->id;
    a->handler_name = person->name;
    next->assignment = a;
    struct ev_dispatch_handler_changed *e = decision_emit(s->out, EV_DISPATCH_HANDLER_CHANGED);
    *e = (struct ev_dispatch_handler_changed){.assignment = a, .reason = in->reason};
    return VERDICT_DONE;
}

enum {
    NONE = DISPATCH_STATUS_NONE,
    ASSIGNED = DISPATCH_STATUS_ASSIGNED,
    RELEASED = DISPATCH_STATUS_RELEASED,
};

static const struct transition table[] = {
    {NONE, EV_INTAKE_REGISTERED, on_registered, TO(ASSIGNED), "DI-1"},
    {ASSIGNED, EV_ESCALATION_TAKEN_OVER, on_taken_over, TO(ASSIGNED), "ES-2"},
    {ASSIGNED, EV_COMMAND_ASSIGN_HANDLER, on_assign_handler, TO(ASSIGNED), "DI-3"},
    {ASSIGNED, EV_INTAKE_CLOSED, on_closed, TO(RELEASED), "RV-1"},
    {RELEASED, EV_ESCALATION_TAKEN_OVER, on_taken_over, TO(RELEASED), "ES-2: for a reopening"},
    {RELEASED, EV_INTAKE_REOPENED, on_reopened, TO(ASSIGNED), "RV-1"},
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard guards[] = {
    {EV_COMMAND_ASSIGN_HANDLER, TO(NONE), "DI-1"},
    {EV_COMMAND_ASSIGN_HANDLER, TO(RELEASED), "RV-3"},
};

const struct core dispatch_core = {
    .service = "dispatch",
    .state = &dispatch_state_desc,
    .status_names = dispatch_status_names,
    .n_statuses = DISPATCH_STATUS_COUNT,
    .table = table,
    .n_transitions = sizeof table / sizeof table[0],
    .guards = guards,
    .n_guards = sizeof guards / sizeof guards[0],
    .refused = EV_DISPATCH_COMMAND_REFUSED,
};
