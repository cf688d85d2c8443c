/* Bands of amounts and templates of plans (AP-5, AP-11). See policy.h. */
#include <string.h>

#include "policy/policy.h"

static bool reaches(const struct pol_band *band, int64_t minor, const char *currency)
{
    const struct pol_amount *from = policy_amount(band->from, band->n_from, currency);
    return from != NULL && minor >= from->minor;
}

const struct pol_band *policy_band(const struct policy *p, int64_t minor, const char *currency)
{
    for (int i = p->pack->n_bands; currency != NULL && i-- > 0;) {
        if (reaches(&p->pack->bands[i], minor, currency)) return &p->pack->bands[i];
    }
    return NULL;
}

const struct pol_template *policy_template(const struct policy *p, const char *id)
{
    for (int i = 0; id != NULL && i < p->pack->n_templates; i++) {
        if (strcmp(p->pack->templates[i].id, id) == 0) return &p->pack->templates[i];
    }
    return NULL;
}

bool policy_template_fits(const struct pol_template *t, enum category category)
{
    bool fits = t->n_categories == 0;
    for (int i = 0; i < t->n_categories; i++) fits |= t->categories[i] == category;
    return fits;
}
