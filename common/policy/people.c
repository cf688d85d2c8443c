/* Who acts at a unit: its people, and for one who is away the deputy the organisation names (ES-6, RO-1). See
 * policy.h. */
#include <stdio.h>
#include <string.h>

#include "base/timefmt.h"
#include "calendar/calendar.h"
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

/* Dates as text compare as dates do. */
bool policy_is_away(struct policy_moment m, const struct pol_person *person)
{
    char today[40];
    int year, month, day;
    if (!person->absent_from) return false;
    if (m.at_ms == POLICY_LONG_RUN) return !person->absent_until;
    timefmt_date(calendar_date_of(m.policy->calendar, m.at_ms), &year, &month, &day);
    snprintf(today, sizeof today, "%04d-%02d-%02d", year, month, day);
    if (strcmp(today, person->absent_from) < 0) return false;
    return !person->absent_until || strcmp(today, person->absent_until) <= 0;
}

const struct pol_person *policy_acting(struct policy_moment m, const struct pol_unit *unit,
                                       const struct pol_person *person)
{
    if (!person || !policy_is_away(m, person)) return person;
    const struct pol_person *deputy = policy_person_in(unit, person->deputy);
    return deputy && !policy_is_away(m, deputy) ? deputy : NULL;
}

const struct pol_person *policy_instead_of(struct policy_moment m, const struct pol_unit *unit,
                                           const struct pol_person *person, enum role role)
{
    for (int i = 0; !policy_has_role(person, role) && i < unit->n_people; i++) {
        const struct pol_person *away = &unit->people[i];
        if (policy_has_role(away, role) && policy_acting(m, unit, away) == person) return away;
    }
    return NULL;
}

bool policy_acts_as(struct policy_moment m, const struct pol_unit *unit, const struct pol_person *person,
                    enum role role)
{
    return policy_has_role(person, role) || policy_instead_of(m, unit, person, role) != NULL;
}

bool policy_is_staffed(struct policy_moment m, const struct pol_unit *unit)
{
    for (int i = 0; !unit->suspended && i < unit->n_people; i++) {
        if (policy_acting(m, unit, &unit->people[i])) return true;
    }
    return false;
}

struct choice {
    struct policy_moment moment;
    const struct pol_unit *unit;
    enum role role;
    bool deputies; /* those who are there go before deputies */
};

static bool is_choice(const struct choice *c, const struct pol_person *person)
{
    if (!policy_has_role(person, c->role)) return false;
    return c->deputies ? policy_acting(c->moment, c->unit, person) != NULL : !policy_is_away(c->moment, person);
}

const struct pol_person *policy_person_with(struct policy_moment m, const struct pol_unit *unit, enum role role,
                                            uint64_t salt)
{
    struct choice c = {m, unit, role, false};
    for (int pass = 0; pass < 2; pass++, c.deputies = true) {
        uint64_t n = 0;
        for (int i = 0; i < unit->n_people; i++) n += is_choice(&c, &unit->people[i]);
        if (n == 0) continue;
        uint64_t nth = salt % n;
        const struct pol_person *person = unit->people;
        while (!is_choice(&c, person) || nth-- > 0) person++;
        return policy_acting(m, unit, person);
    }
    return NULL;
}
