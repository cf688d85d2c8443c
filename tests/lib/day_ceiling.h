/* A policy with daily ceilings (PA-1), which the shipped pack has none of: a copy of another one that shares all the
 * rest with it and is good for as long as both are. */
#ifndef REDRESS_TESTS_DAY_CEILING_H
#define REDRESS_TESTS_DAY_CEILING_H

#include "policy/policy.h"

struct day_ceiling {
    struct policy policy;
    struct pol_pack pack;
    struct pol_payment_rules rules;
};

static inline const struct policy *day_ceiling(struct day_ceiling *d, const struct policy *from,
                                               const struct pol_amount *ceilings, int n)
{
    d->rules = *from->pack->payment;
    d->rules.day_ceiling = ceilings;
    d->rules.n_day_ceiling = n;
    d->pack = *from->pack;
    d->pack.payment = &d->rules;
    d->policy = *from;
    d->policy.pack = &d->pack;
    return &d->policy;
}

#endif
