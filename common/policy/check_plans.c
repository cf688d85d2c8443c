/* Bands, standards of goodwill and templates of a pack (AP-2, AP-5, AP-11). See check.h. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "policy/check.h"

static bool is_amount(int64_t minor, const char *currency)
{
    return minor >= 0 && currency != NULL && money_exponent(currency) >= 0;
}

static bool check_from(const struct check *c, const struct pol_pack *p, int index)
{
    const struct pol_band *band = &p->bands[index], *below = index > 0 ? &p->bands[index - 1] : NULL;
    for (int i = 0; i < band->n_from; i++) {
        const struct pol_amount *from = &band->from[i];
        if (!is_amount(from->minor, from->currency)) {
            return policy_refuse(c, "$.bands[%d].from[%d]: an ISO 4217 code and an amount", index, i);
        }
        if (policy_amount(band->from, band->n_from, from->currency) != from) {
            return policy_refuse(c, "$.bands[%d].from[%d]: %s is listed twice", index, i, from->currency);
        }
        const struct pol_amount *lower =
            below != NULL ? policy_amount(below->from, below->n_from, from->currency) : NULL;
        if (lower != NULL && lower->minor >= from->minor) {
            return policy_refuse(c, "$.bands[%d].from[%d]: not above the band before it", index, i);
        }
    }
    return true;
}

/* ES-6: somebody at head office can sign at all. */
static bool check_signers(const struct check *c, const struct pol_band *band, int index)
{
    const struct pol_unit *top = policy_head_office(c->policy);
    if (band->n_departments + band->n_signers == 0) return policy_refuse(c, "$.bands[%d]: nobody signs", index);
    for (int i = 0; i < band->n_departments; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.bands[%d].departments[%d]", index, i);
        if (!policy_check_department(c, path, band->departments[i])) return false;
    }
    for (int i = 0; top != NULL && top->n_people > 0 && i < band->n_signers; i++) {
        if (policy_person_with((struct policy_moment){c->policy, POLICY_LONG_RUN}, top, band->signers[i], 0) != NULL)
            continue;
        return policy_refuse(c, "$.bands[%d].signers[%d]: nobody at head office is %s", index, i,
                             role_name(band->signers[i]));
    }
    return true;
}

static bool check_band(const struct check *c, const struct pol_pack *p, int index)
{
    const struct pol_band *band = &p->bands[index];
    for (int i = 0; i < index; i++) {
        if (strcmp(p->bands[i].id, band->id) != 0) continue;
        return policy_refuse(c, "$.bands[%d].id: \"%s\" is used twice", index, band->id);
    }
    return check_from(c, p, index) && check_signers(c, band, index);
}

static bool check_template(const struct check *c, const struct pol_pack *p, int index)
{
    const struct pol_template *t = &p->templates[index];
    for (int i = 0; i < index; i++) {
        if (strcmp(p->templates[i].id, t->id) != 0) continue;
        return policy_refuse(c, "$.templates[%d].id: \"%s\" is used twice", index, t->id);
    }
    if (t->n_measures == 0) return policy_refuse(c, "$.templates[%d].measures: none", index);
    if (t->has_amount_minor && !is_amount(t->amount_minor, t->currency)) {
        return policy_refuse(c, "$.templates[%d]: an amount needs its currency", index);
    }
    return true;
}

static bool fits_every_case(const struct pol_goodwill_standard *g)
{
    return g->n_categories + g->n_severities + g->n_causes == 0;
}

/* AP-2: each case has one standard, and each standard some case. */
static bool check_goodwill(const struct check *c, const struct pol_pack *p, int index)
{
    const struct pol_goodwill_standard *g = &p->goodwill[index];
    bool last = index == p->n_goodwill - 1;
    if (last && !fits_every_case(g)) return policy_refuse(c, "$.goodwill[%d]: the last must fit every case", index);
    if (!last && fits_every_case(g)) return policy_refuse(c, "$.goodwill[%d]: leaves no case to the next", index);
    if (g->percent < 0 || g->percent > 100)
        return policy_refuse(c, "$.goodwill[%d].percent: not between 0 and 100", index);
    for (int i = 0; i < g->n_amount; i++) {
        const struct pol_amount *amount = &g->amount[i];
        if (!is_amount(amount->minor, amount->currency))
            return policy_refuse(c, "$.goodwill[%d].amount[%d]: an ISO 4217 code and an amount", index, i);
        if (policy_amount(g->amount, g->n_amount, amount->currency) != amount)
            return policy_refuse(c, "$.goodwill[%d].amount[%d]: %s is listed twice", index, i, amount->currency);
    }
    return true;
}

bool policy_check_plans(const struct check *c)
{
    const struct pol_pack *p = c->policy->pack;
    bool well = true;
    for (int i = 0; i < p->n_bands; i++) well &= check_band(c, p, i);
    well &= p->n_goodwill > 0 || policy_refuse(c, "$.goodwill: no standard");
    for (int i = 0; i < p->n_goodwill; i++) well &= check_goodwill(c, p, i);
    for (int i = 0; i < p->n_templates; i++) well &= check_template(c, p, i);
    return well;
}
