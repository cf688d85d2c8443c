/* Finding a unit and its people (private to dispatch). Pure. */
#ifndef REDRESS_DISPATCH_ASSIGN_H
#define REDRESS_DISPATCH_ASSIGN_H

#include "event/core.h"
#include "policy/policy.h"

/* Where a case goes, and why: "direct", "contract", "region", "fallback". */
struct route {
    const struct pol_unit *unit;
    const char *reason;
    const char *unassignable; /* why no outlet was found (DI-4); NULL when one was */
};

/* CH-5, DI-1: the receiving outlet; else by contract, then region; else head office (DI-4). A unit
 * without a handler or a manager is skipped for the one above it (ES-6). */
struct route assign_route(struct policy_moment m, const struct ev_intake_registered *r);

/* The people of a unit for a case: handler, manager, visitor (DI-3, DI-5); NULL when it has nobody. */
const struct assignment *assign_people(struct step *s, const struct pol_unit *unit, int64_t version);

#endif
