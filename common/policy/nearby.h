/* Another local outlet that can go and see (ES-4). Pure. */
#ifndef REDRESS_POLICY_NEARBY_H
#define REDRESS_POLICY_NEARBY_H

#include "policy/policy.h"

struct nearby {
    int64_t at_ms;              /* when somebody has to go */
    const char *region;         /* of the case; NULL = unknown: then near is what is near the outlet */
    const struct pol_unit *of;  /* the outlet somebody is sought instead of; may be NULL */
    const char *const *without; /* units that may not go: they refused */
    int n_without;
};

/* Writes the outlets that are equally near, in the organisation's order, into out[org->n_units]; returns how many.
 * An outlet qualifies when it is not suspended and has an evidence visitor (DI-5). Near is the longest common beginning
 * of its territories and the region (of the outlet's own territories when the region is unknown); one that shares
 * nothing is not local. */
int nearby_outlets(const struct policy *p, const struct nearby *wanted, const struct pol_unit **out);

#endif
