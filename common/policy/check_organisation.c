/* Whether an organisation can be right: one head office, every unit below it, nothing held twice (DI-1, ES-6). */
#include <string.h>

#include "base/timefmt.h"
#include "policy/check.h"

/* Regionals may stand below regionals, in any number; outlets only below them. */
static bool may_lead(const struct pol_unit *parent, const struct pol_unit *u)
{
    return parent->level > u->level || (u->level == ORG_LEVEL_REGIONAL && parent->level == u->level && parent != u);
}

static bool is_in_circle(const struct policy *p, const struct pol_unit *u)
{
    const struct pol_unit *at = policy_parent(p, u);
    for (int i = 0; at != NULL && i < p->org->n_units; i++) {
        if (at == u) return true;
        at = policy_parent(p, at);
    }
    return at != NULL;
}

static bool check_parent(const struct check *c, int index, const struct pol_unit *u)
{
    if (u->level == ORG_LEVEL_HEAD_OFFICE) {
        return !u->parent || policy_refuse(c, "$.units[%d].parent: nobody is above head office", index);
    }
    if (!u->parent) return policy_refuse(c, "$.units[%d].parent: \"%s\" hangs in the air", index, u->id);
    const struct pol_unit *parent = policy_unit(c->policy, u->parent);
    if (!parent) return policy_refuse(c, "$.units[%d].parent: there is no unit \"%s\"", index, u->parent);
    if (may_lead(parent, u) && !is_in_circle(c->policy, u)) return true;
    return policy_refuse(c, "$.units[%d].parent: \"%s\" is not on a level above", index, u->parent);
}

static bool check_deputy(const struct check *c, int index, int i, const struct pol_unit *u)
{
    const struct pol_person *person = &u->people[i], *deputy = policy_person_in(u, person->deputy);
    if (person->deputy == NULL || (deputy != NULL && deputy != person)) return true;
    return policy_refuse(c, "$.units[%d].people[%d].deputy: \"%s\" is nobody else of the unit", index, i,
                         person->deputy);
}

/* ES-6: an absence has a first date, and a last that is not before it. */
static bool check_absence(const struct check *c, int index, int i, const struct pol_person *person)
{
    const char *from = person->absent_from, *until = person->absent_until;
    if (from != NULL && !timefmt_is_date(from))
        return policy_refuse(c, "$.units[%d].people[%d].absent_from: not a date like 2026-01-31", index, i);
    if (until == NULL) return true;
    if (!timefmt_is_date(until))
        return policy_refuse(c, "$.units[%d].people[%d].absent_until: not a date like 2026-01-31", index, i);
    if (from != NULL && strcmp(from, until) <= 0) return true;
    return policy_refuse(c, "$.units[%d].people[%d].absent_until: %s", index, i,
                         from == NULL ? "since when?" : "is before absent_from");
}

static bool check_people(const struct check *c, int index, const struct pol_unit *u)
{
    for (int i = 0; i < u->n_people; i++) {
        const struct pol_person *person = &u->people[i];
        if (!*person->id) return policy_refuse(c, "$.units[%d].people[%d].id: is empty", index, i);
        if (policy_has_role(person, ROLE_CUSTOMER) || policy_has_role(person, ROLE_CHANNEL) ||
            policy_has_role(person, ROLE_SYSTEM)) {
            return policy_refuse(c, "$.units[%d].people[%d].roles: no role of a person who works here", index, i);
        }
        if (policy_person_in(u, person->id) != person) {
            return policy_refuse(c, "$.units[%d].people[%d].id: \"%s\" is used twice", index, i, person->id);
        }
        if (!check_deputy(c, index, i, u) || !check_absence(c, index, i, person)) return false;
        for (int j = 0; j < index; j++) {
            if (!policy_person_in(&c->policy->org->units[j], person->id)) continue;
            return policy_refuse(c, "$.units[%d].people[%d].id: \"%s\" works at unit %d already", index, i, person->id,
                                 j);
        }
    }
    return true;
}

static bool is_territory(const char *t)
{
    const char *star = strchr(t, '*');
    return *t && (!star || star[1] == '\0');
}

static bool in_list(const char *const *items, int n, const char *what)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(items[i], what) == 0) return true;
    }
    return false;
}

/* Two holders of the same thing would make the owner of a case depend on the order of the file. */
static bool check_holdings(const struct check *c, int index, const struct pol_unit *u)
{
    const struct pol_unit *units = c->policy->org->units;
    for (int i = 0; i < u->n_territories; i++) {
        const char *t = u->territories[i];
        if (!is_territory(t))
            return policy_refuse(c, "$.units[%d].territories[%d]: a code, or a beginning and *", index, i);
        bool taken = in_list(u->territories, i, t);
        for (int j = 0; j < index; j++) taken |= in_list(units[j].territories, units[j].n_territories, t);
        if (taken) return policy_refuse(c, "$.units[%d].territories[%d]: \"%s\" is served twice", index, i, t);
    }
    for (int i = 0; i < u->n_contracts; i++) {
        const char *k = u->contracts[i];
        if (!*k) return policy_refuse(c, "$.units[%d].contracts[%d]: is empty", index, i);
        bool taken = in_list(u->contracts, i, k);
        for (int j = 0; j < index; j++) taken |= in_list(units[j].contracts, units[j].n_contracts, k);
        if (taken) return policy_refuse(c, "$.units[%d].contracts[%d]: \"%s\" is held twice", index, i, k);
    }
    return true;
}

/* Whatever nobody else can take ends here (DI-4, ES-6). */
static bool check_head_office(const struct check *c, int index, const struct pol_unit *u)
{
    if (policy_head_office(c->policy) != u)
        return policy_refuse(c, "$.units[%d].level: there is one head office", index);
    if (!policy_is_staffed((struct policy_moment){c->policy, POLICY_LONG_RUN}, u))
        return policy_refuse(c, "$.units[%d].people: nobody works at head office", index);
    const enum role needed[] = {ROLE_HANDLER, c->policy->pack->approver_head_office, c->policy->pack->approved_by};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (policy_person_with((struct policy_moment){c->policy, POLICY_LONG_RUN}, u, needed[i], 0)) continue;
        return policy_refuse(c, "$.units[%d].people: head office has no %s", index, role_name(needed[i]));
    }
    return true;
}

static bool check_unit(const struct check *c, int index, const struct pol_unit *u)
{
    if (!*u->id) return policy_refuse(c, "$.units[%d].id: is empty", index);
    if (policy_unit(c->policy, u->id) != u)
        return policy_refuse(c, "$.units[%d].id: \"%s\" is used twice", index, u->id);
    if (!*u->bank_account) return policy_refuse(c, "$.units[%d].bank_account: is empty", index);
    if (u->level == ORG_LEVEL_HEAD_OFFICE && !check_head_office(c, index, u)) return false;
    return check_parent(c, index, u) && check_people(c, index, u) && check_holdings(c, index, u);
}

bool policy_check_organisation(const struct check *c)
{
    bool well = true;
    if (!policy_head_office(c->policy)) well = policy_refuse(c, "$.units: there is no head office");
    for (int i = 0; i < c->policy->org->n_units; i++) well &= check_unit(c, i, &c->policy->org->units[i]);
    return well;
}
