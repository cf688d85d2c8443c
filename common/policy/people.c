/* Who acts at a unit: its people, and for one who is absent the deputy the organisation names (ES-6, RO-1). See
 * policy.h. */
#include <string.h>

#include "policy/policy.h"

bool policy_has_role(const struct pol_person *person, enum role role)
{
    return policy_role_among(role, person->roles, person->n_roles);
}

const struct pol_person *policy_person_in(const struct pol_unit *unit, const char *person_id)
{
    for (int i = 0; person_id && i < unit->n_people; i++) {
        if (strcmp(unit->people[i].id, person_id) == 0) return &unit->people[i];
    }
    return NULL;
}

const struct pol_person *policy_acting(const struct pol_unit *unit, const struct pol_person *person)
{
    if (!person || !person->absent) return person;
    const struct pol_person *deputy = policy_person_in(unit, person->deputy);
    return deputy && !deputy->absent ? deputy : NULL;
}

const struct pol_person *policy_instead_of(const struct pol_unit *unit, const struct pol_person *person, enum role role)
{
    for (int i = 0; !policy_has_role(person, role) && i < unit->n_people; i++) {
        const struct pol_person *away = &unit->people[i];
        if (away->absent && policy_has_role(away, role) && policy_acting(unit, away) == person) return away;
    }
    return NULL;
}

bool policy_acts_as(const struct pol_unit *unit, const struct pol_person *person, enum role role)
{
    return policy_has_role(person, role) || policy_instead_of(unit, person, role) != NULL;
}

bool policy_is_staffed(const struct pol_unit *unit)
{
    for (int i = 0; !unit->suspended && i < unit->n_people; i++) {
        if (policy_acting(unit, &unit->people[i])) return true;
    }
    return false;
}

/* Those who are there go before deputies. */
static bool is_choice(const struct pol_unit *unit, const struct pol_person *person, enum role role, bool deputies)
{
    if (!policy_has_role(person, role)) return false;
    return deputies ? policy_acting(unit, person) != NULL : !person->absent;
}

const struct pol_person *policy_person_with(const struct pol_unit *unit, enum role role, uint64_t salt)
{
    for (int deputies = 0; deputies < 2; deputies++) {
        uint64_t n = 0;
        for (int i = 0; i < unit->n_people; i++) n += is_choice(unit, &unit->people[i], role, deputies);
        if (n == 0) continue;
        uint64_t nth = salt % n;
        const struct pol_person *person = unit->people;
        while (!is_choice(unit, person, role, deputies) || nth-- > 0) person++;
        return policy_acting(unit, person);
    }
    return NULL;
}
