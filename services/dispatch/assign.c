/* See assign.h. The same case always gets the same people: the choice is by its id. */
#include "dispatch/assign.h"

#include <string.h>

#include "policy/rights.h"

/* DI-5: who may visit, the most experienced with the job first. */
static const enum role VISITORS[] = {ROLE_SITE_SUPERVISOR, ROLE_FOREMAN, ROLE_AUTHORISED_PERSON, ROLE_EVIDENCE_VISITOR};

static const struct pol_person *find_visitor(struct policy_moment m, const struct pol_unit *unit, uint64_t salt)
{
    for (size_t i = 0; i < sizeof VISITORS / sizeof VISITORS[0]; i++) {
        const struct pol_person *person = policy_person_with(m, unit, VISITORS[i], salt);
        if (person != NULL) return person;
    }
    return NULL;
}

static const struct pol_person *first_person(const struct pol_unit *unit)
{
    return unit->n_people > 0 ? &unit->people[0] : NULL;
}

static const struct pol_person *or_else(const struct pol_person *person, const struct pol_person *other)
{
    return person != NULL ? person : other;
}

/* A unit can take a case when someone handles it and someone else may approve (AP-6). */
static bool can_take(struct policy_moment m, const struct pol_unit *unit)
{
    return !unit->suspended && policy_person_with(m, unit, ROLE_HANDLER, 0) != NULL &&
           policy_person_with(m, unit, policy_approver(m.policy, unit->level), 0) != NULL;
}

static bool holds_contract(const struct pol_unit *unit, const char *contract_no)
{
    if (contract_no == NULL) return false;
    for (int i = 0; i < unit->n_contracts; i++) {
        if (strncmp(unit->contracts[i], contract_no, strlen(unit->contracts[i])) == 0) return true;
    }
    return false;
}

static struct route find(const struct policy *p, const struct ev_intake_registered *r)
{
    const struct pol_unit *own = policy_unit(p, r->outlet_id);
    if (own != NULL && !own->suspended) return (struct route){.unit = own, .reason = "direct"};
    const struct pol_unit *unit = policy_unit_for(p, r->brief->contract_no, r->brief->region);
    if (unit == NULL) return (struct route){.unassignable = "no_outlet_for_region"};
    return (struct route){.unit = unit, .reason = holds_contract(unit, r->brief->contract_no) ? "contract" : "region"};
}

struct route assign_route(struct policy_moment m, const struct ev_intake_registered *r)
{
    const struct policy *p = m.policy;
    struct route route = find(p, r);
    const struct pol_unit *unit = route.unit;
    while (unit != NULL && !can_take(m, unit)) unit = policy_parent(p, unit);
    if (unit != NULL && unit == route.unit) return route;
    if (unit != NULL && unit->level != ORG_LEVEL_HEAD_OFFICE) return (struct route){.unit = unit, .reason = "fallback"};
    return (struct route){.unit = policy_head_office(p),
                          .reason = "fallback",
                          .unassignable = route.unassignable != NULL ? route.unassignable : "nobody_at_outlet"};
}

const struct assignment *assign_people(struct step *s, const struct pol_unit *unit, int64_t version)
{
    const struct policy *p = s->policy;
    struct policy_moment m = moment_of(s);
    uint64_t salt = (uint64_t)s->in->case_id;
    const struct pol_person *anyone = first_person(unit);
    if (anyone == NULL) return NULL;
    const struct pol_person *manager =
        or_else(policy_person_with(m, unit, policy_approver(p, unit->level), salt), anyone);
    const struct pol_person *handler = or_else(policy_person_with(m, unit, ROLE_HANDLER, salt), anyone);
    const struct pol_person *visitor = or_else(find_visitor(m, unit, salt), handler);
    const struct pol_unit *above = policy_parent(p, unit);
    struct assignment *out = ARENA_NEW(s->out->arena, struct assignment);
    *out = (struct assignment){
        .version = version,
        .org_id = unit->id,
        .org_name = unit->name,
        .level = unit->level,
        .regional_id = above != NULL && above->level == ORG_LEVEL_REGIONAL ? above->id : NULL,
        .handler_id = handler->id,
        .handler_name = handler->name,
        .manager_id = manager->id,
        .visitor_id = visitor->id,
    };
    return out;
}
