/* See goodwill.h. */
#include "policy/goodwill.h"

#include <string.h>

#include "policy/policy.h"

enum { PERCENT = 100 };

/* ---- the standard ---- */

static bool fits(const struct pol_goodwill_standard *g, const struct brief *brief, const struct finding *finding)
{
    bool category = g->n_categories == 0, severity = g->n_severities == 0, cause = g->n_causes == 0;
    for (int i = 0; i < g->n_categories; i++) category |= g->categories[i] == brief->category;
    for (int i = 0; i < g->n_severities; i++) severity |= g->severities[i] == brief->severity;
    for (int i = 0; finding != NULL && i < g->n_causes; i++) cause |= g->causes[i] == finding->cause;
    return category && severity && cause;
}

static int64_t verified_loss(const struct finding *f, const char *currency)
{
    bool known = f != NULL && f->has_loss_minor && f->currency != NULL && strcmp(f->currency, currency) == 0;
    return known ? f->loss_minor : 0;
}

/* Without the product, which could overflow. */
static int64_t share_of(int64_t minor, int64_t percent)
{
    return minor / PERCENT * percent + minor % PERCENT * percent / PERCENT;
}

int64_t goodwill_allowed(const struct policy *p, const struct goodwill_basis *on, const char *currency)
{
    for (int i = 0; i < p->pack->n_goodwill; i++) {
        const struct pol_goodwill_standard *g = &p->pack->goodwill[i];
        if (!fits(g, on->brief, on->finding)) continue;
        const struct pol_amount *amount = policy_amount(g->amount, g->n_amount, currency);
        int64_t flat = amount != NULL ? amount->minor : 0;
        int64_t share = share_of(verified_loss(on->finding, currency), g->percent);
        return share > flat ? share : flat;
    }
    return 0;
}

/* ---- the goodwill of a plan ---- */

/* Money, and goods as far as the customer does not pay for them himself (PA-11). */
static int64_t given_by(const struct plan *plan)
{
    int64_t sum = plan->amount_minor;
    for (int i = 0; i < plan->n_measures; i++) {
        const struct measure *m = &plan->measures[i];
        if (m->value_minor > m->charge_minor) sum += m->value_minor - m->charge_minor;
    }
    return sum;
}

static int64_t given_in_all(const struct goodwill_basis *on, const struct plan *plan)
{
    int64_t sum = given_by(plan);
    bool adds = on->granted_currency != NULL && strcmp(on->granted_currency, plan->currency) == 0;
    if (adds && __builtin_add_overflow(sum, on->granted_minor, &sum)) return INT64_MAX;
    return sum;
}

static int64_t higher_of(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t goodwill_of(const struct goodwill_basis *on, const struct plan *plan)
{
    const struct brief *b = on->brief;
    const struct finding *f = on->finding;
    int64_t given = given_in_all(on, plan);
    if (f != NULL && finding_clears_us(f)) return given;
    bool claims_it = b->has_claimed_minor && b->currency != NULL && strcmp(b->currency, plan->currency) == 0;
    int64_t claimed = claims_it ? b->claimed_minor : 0;
    if (f != NULL && f->has_loss_minor) {
        int64_t loss = verified_loss(f, plan->currency);
        return given - (f->liability == LIABILITY_COMPANY ? higher_of(loss, claimed) : loss);
    }
    if (!b->has_claimed_minor) return plan->goodwill_minor;
    return higher_of(given - claimed, plan->goodwill_minor);
}

bool goodwill_check(const struct policy *p, const struct goodwill_basis *on, const struct plan *plan, struct arena *a,
                    struct refusal *why)
{
    if (given_by(plan) == 0) return true;
    int64_t goodwill = goodwill_of(on, plan), allowed = goodwill_allowed(p, on, plan->currency);
    if (goodwill <= allowed) return true;
    *why = (struct refusal){.rule = "AP-2", .reason = "goodwill_above_standard"};
    why->detail = arena_printf(a, "plan.amount_minor: goodwill of %lld, the standard allows %lld %s",
                               (long long)goodwill, (long long)allowed, plan->currency);
    return false;
}
