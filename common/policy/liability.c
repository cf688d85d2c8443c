/* See liability.h. */
#include "policy/liability.h"

struct liability_facts liability_facts_of(const struct brief *brief, const struct finding *finding)
{
    return (struct liability_facts){
        .category = brief->category,
        .cause = finding->cause,
        .found = finding->liability,
        .shown = finding->shown,
        .report = finding->report,
        .material_source =
            finding->material_source != MATERIAL_SOURCE_ABSENT ? finding->material_source : MATERIAL_SOURCE_UNKNOWN,
    };
}

static enum pol_report_says report_says(enum liability report)
{
    switch (report) {
    case LIABILITY_OUTLET: return POL_REPORT_SAYS_OUTLET;
    case LIABILITY_SUPPLIER: return POL_REPORT_SAYS_SUPPLIER;
    case LIABILITY_COMPANY: return POL_REPORT_SAYS_COMPANY;
    case LIABILITY_CUSTOMER: return POL_REPORT_SAYS_CUSTOMER;
    case LIABILITY_THIRD_PARTY: return POL_REPORT_SAYS_THIRD_PARTY;
    case LIABILITY_NONE: return POL_REPORT_SAYS_NONE;
    case LIABILITY_ABSENT: break;
    }
    return POL_REPORT_SAYS_NO_REPORT;
}

/* Whether a condition's list allows a value; no list allows everything. Enums are ints (core.h). */
#define ALLOWS(row, field, value)                                                                                      \
    ({                                                                                                                 \
        bool fits_ = (row)->n_##field == 0;                                                                            \
        for (int i_ = 0; i_ < (row)->n_##field; i_++) fits_ |= (row)->field[i_] == (value);                            \
        fits_;                                                                                                         \
    })

bool liability_row_fits(const struct pol_liability_row *row, const struct liability_facts *f)
{
    return ALLOWS(row, report, report_says(f->report)) && ALLOWS(row, causes, f->cause) &&
           ALLOWS(row, categories, f->category) && ALLOWS(row, found, f->found) &&
           ALLOWS(row, shown, f->shown ? POL_YES_NO_YES : POL_YES_NO_NO) &&
           ALLOWS(row, material_source, f->material_source);
}

const struct pol_liability_row *liability_decide(const struct policy *p, const struct liability_facts *facts)
{
    const struct pol_liability_table *table = p->pack->liability;
    for (int i = 0; table != NULL && i < table->n_rows; i++) {
        if (liability_row_fits(&table->rows[i], facts)) return &table->rows[i];
    }
    return NULL;
}

bool liability_rule_may_decide(const struct policy *p, int64_t minor, const char *currency)
{
    const struct pol_liability_table *table = p->pack->liability;
    const struct pol_amount *below =
        table != NULL ? policy_amount(table->rule_below, table->n_rule_below, currency) : NULL;
    return below != NULL && minor < below->minor;
}
