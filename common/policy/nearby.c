/* See nearby.h. */
#include "policy/nearby.h"

#include <string.h>

static size_t common_beginning(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] != '\0' && a[n] == b[n] && a[n] != '*') n++;
    return n;
}

static size_t nearness_to(const struct pol_unit *unit, const char *place)
{
    size_t best = 0;
    for (int i = 0; i < unit->n_territories; i++) {
        size_t n = common_beginning(unit->territories[i], place);
        if (n > best) best = n;
    }
    return best;
}

static size_t nearness(const struct pol_unit *unit, const struct nearby *wanted)
{
    if (wanted->region != NULL) return nearness_to(unit, wanted->region);
    size_t best = 0;
    for (int i = 0; wanted->of != NULL && i < wanted->of->n_territories; i++) {
        size_t n = nearness_to(unit, wanted->of->territories[i]);
        if (n > best) best = n;
    }
    return best;
}

static bool qualifies(const struct policy *p, const struct pol_unit *unit, const struct nearby *wanted)
{
    if (unit == wanted->of || unit->level != ORG_LEVEL_OUTLET || unit->suspended) return false;
    for (int i = 0; i < wanted->n_without; i++) {
        if (strcmp(wanted->without[i], unit->id) == 0) return false;
    }
    return policy_person_with((struct policy_moment){p, wanted->at_ms}, unit, ROLE_EVIDENCE_VISITOR, 0) != NULL;
}

int nearby_outlets(const struct policy *p, const struct nearby *wanted, const struct pol_unit **out)
{
    size_t best = 1;
    int n = 0;
    for (int i = 0; i < p->org->n_units; i++) {
        const struct pol_unit *unit = &p->org->units[i];
        size_t near = qualifies(p, unit, wanted) ? nearness(unit, wanted) : 0;
        if (near < best) continue;
        if (near > best) n = 0;
        best = near;
        out[n++] = unit;
    }
    return n;
}
