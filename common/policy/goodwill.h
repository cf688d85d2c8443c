/* How much goodwill a plan holds, and how much the policy's standards let it hold (AP-2). Pure.
 *
 * Goodwill is what a customer gets in money and goods beyond what is owed: the verified loss; where none was verified,
 * what was claimed; for the company's own fault the higher of the two (PA-8); nothing where it is shown that the fault
 * is not ours. What earlier plans of the case granted counts, so that slices are one amount. Where neither a loss nor a
 * claim is known, goodwill is what the plan calls so: the rest is the loss as its approver takes it (AP-4). */
#ifndef REDRESS_POLICY_GOODWILL_H
#define REDRESS_POLICY_GOODWILL_H

#include "base/arena.h"
#include "policy/plan.h"

/* What a plan rests on. */
struct goodwill_basis {
    const struct brief *brief;
    const struct finding *finding; /* NULL: none yet */
    int64_t granted_minor;         /* by earlier plans of the case */
    const char *granted_currency;  /* NULL: nothing was granted; of several currencies none counts */
};

/* Of the standard that fits the case: the higher of its amount and its share of the verified loss, minor units. */
int64_t goodwill_allowed(const struct policy *p, const struct goodwill_basis *on, const char *currency);
/* False with *why filled (AP-2 goodwill_above_standard) when the plan, one plan_check has passed, takes the case above
 * its standard. A plan that gives nothing passes. */
bool goodwill_check(const struct policy *p, const struct goodwill_basis *on, const struct plan *plan, struct arena *a,
                    struct refusal *why);

#endif
