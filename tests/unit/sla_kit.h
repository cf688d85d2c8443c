/* For tests that feed the SLA core (tests/unit/test_{sla,limit_life,recurrence}.c). */
#ifndef REDRESS_TESTS_SLA_KIT_H
#define REDRESS_TESTS_SLA_KIT_H

#include "feed_kit.h"
#include "sla/sla.h"

/* The case's limit of that code; there must be one. */
static inline const struct limit *kit_limit(const struct kit *k, const char *code)
{
    const struct sla_state *s = k->state;
    for (int i = 0; i < s->n_limits; i++) {
        if (strcmp(s->limits[i].code, code) == 0) return &s->limits[i];
    }
    cr_assert_fail("no limit %s", code);
    return NULL;
}

#endif
