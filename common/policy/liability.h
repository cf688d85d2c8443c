/* Whose fault it is, by the policy's table (ES-5, EV-6, EV-7). Pure.
 *
 * A pack is only loaded when every combination of facts fits exactly one row (policy_load), so the order of the
 * rows says nothing. */
#ifndef REDRESS_POLICY_LIABILITY_H
#define REDRESS_POLICY_LIABILITY_H

#include "policy/policy.h"

/* What the table looks at. A finding's missing answers count against us: nothing shown (EV-6), material of unknown
 * source, no report. */
struct liability_facts liability_facts_of(const struct brief *brief, const struct finding *finding);
bool liability_row_fits(const struct pol_liability_row *row, const struct liability_facts *facts);
/* NULL only when the pack has no table. */
const struct pol_liability_row *liability_decide(const struct policy *p, const struct liability_facts *facts);
/* Below the amount of its currency the row's plan needs no person's approval. */
bool liability_rule_may_decide(const struct policy *p, int64_t minor, const char *currency);

#endif
