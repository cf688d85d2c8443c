/* Who watches a case and who gets a slip (CH-5, DI-2, ES-1, ES-6). See steps.h. */
#include <string.h>

#include "escalation/steps.h"
#include "policy/rights.h"

static const struct pol_unit *supervisor_of(const struct policy *p, const struct assignment *a)
{
    const struct pol_unit *unit = a == NULL ? NULL : policy_unit(p, a->org_id);
    const struct pol_unit *above = unit == NULL ? NULL : policy_parent(p, unit);
    return above != NULL ? above : policy_head_office(p);
}

void escalation_tell_supervised(struct step *s)
{
    const struct escalation_state *next = s->next;
    const struct pol_unit *by = supervisor_of(s->policy, next->assignment);
    struct ev_escalation_supervised *out = decision_emit(s->out, EV_ESCALATION_SUPERVISED);
    *out = (struct ev_escalation_supervised){.org_id = by->id, .level = by->level, .assignment = next->assignment};
}

static struct addressee at(const struct step *s, const struct pol_unit *unit, const struct pol_person *person,
                           enum role role)
{
    const struct pol_person *away = policy_instead_of(moment_of(s), unit, person, role);
    return (struct addressee){unit, person->id, away != NULL ? away->id : NULL};
}

struct addressee escalation_find_person(const struct step *s, const struct pol_unit *unit, enum role role)
{
    const enum role leads[] = {role, ROLE_HO_SERVICE_MANAGER, ROLE_GENERAL_MANAGER, ROLE_HO_SERVICE};
    const struct pol_unit *top = policy_head_office(s->policy);
    uint64_t salt = (uint64_t)s->in->case_id;
    for (; unit != NULL && unit != top; unit = policy_parent(s->policy, unit)) {
        const struct pol_person *p =
            policy_is_staffed(moment_of(s), unit) ? policy_person_with(moment_of(s), unit, role, salt) : NULL;
        if (p != NULL) return at(s, unit, p, role);
    }
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const struct pol_person *p = policy_person_with(moment_of(s), top, leads[i], salt);
        if (p != NULL) return at(s, top, p, leads[i]);
    }
    return (struct addressee){top, top->n_people > 0 ? top->people[0].id : top->id, NULL};
}

struct addressee escalation_department_head(const struct step *s, const char *department)
{
    const struct pol_unit *top = policy_head_office(s->policy);
    const struct pol_department *d = policy_department(s->policy, department);
    const struct pol_person *head = policy_department_head(moment_of(s), department);
    if (head == NULL) return escalation_find_person(s, top, ROLE_HO_SERVICE_MANAGER);
    return (struct addressee){top, head->id, same_text(head->id, d->head) ? NULL : d->head};
}

/* The one named when the case was assigned, or who acts for them since they are away. */
static struct addressee named(const struct step *s, const struct pol_unit *unit, const char *person_id, enum role role)
{
    const struct pol_person *person = policy_person_in(unit, person_id),
                            *acting = policy_acting(moment_of(s), unit, person);
    if (person == acting) return (struct addressee){unit, person_id, NULL};
    if (acting == NULL) return escalation_find_person(s, unit, role);
    return (struct addressee){unit, acting->id, person_id};
}

struct addressee escalation_responsible(const struct step *s, enum role role, int64_t due_ms)
{
    struct holder had = escalation_holder_at(s->next, due_ms);
    const struct assignment *a = had.people;
    const struct pol_unit *unit = policy_unit(s->policy, had.org_id);
    if (unit == NULL) return escalation_find_person(s, policy_head_office(s->policy), role);
    bool approves = role == policy_approver(s->policy, ORG_LEVEL_OUTLET);
    if (approves) role = policy_approver(s->policy, unit->level);
    if (a == NULL) return escalation_find_person(s, unit, role);
    if (approves) return named(s, unit, a->manager_id, role);
    if (role == ROLE_HANDLER) return named(s, unit, a->handler_id, role);
    if (role == ROLE_EVIDENCE_VISITOR) return named(s, unit, a->visitor_id, role);
    return escalation_find_person(s, unit, role);
}

/* IN-11: "issue#design-2" is the department of design's: the number follows the last dash. */
bool escalation_department_owes(const struct step *s, const char *code, enum role role, struct addressee *to)
{
    const char *name = strchr(code, '#'), *dash = name != NULL ? strrchr(name, '-') : NULL;
    if (dash == NULL || (role != ROLE_DEPARTMENT_HEAD && role != ROLE_DEPARTMENT_CONTACT)) return false;
    const char *id = arena_printf(s->out->arena, "%.*s", (int)(dash - name - 1), name + 1);
    const struct pol_department *d = policy_department(s->policy, id);
    if (d == NULL) return false;
    *to = escalation_department_head(s, id);
    if (role == ROLE_DEPARTMENT_HEAD) return true;
    const struct pol_person *contact = policy_department_contact(moment_of(s), id);
    if (contact == NULL) return true;
    const char *instead_of = same_text(contact->id, d->contact) ? NULL : d->contact;
    *to = (struct addressee){policy_head_office(s->policy), contact->id, instead_of};
    return true;
}
