/* What a package holds and lacks (EV-2, EV-3), and whose fault it counts as (EV-6). Private to
 * evidence. Pure. */
#ifndef REDRESS_EVIDENCE_PACKAGE_H
#define REDRESS_EVIDENCE_PACKAGE_H

#include "event/core.h"
#include "policy/plan.h"
#include "policy/policy.h"

/* A set of evidence items: bit per enum evidence_item. */
typedef uint32_t item_set;

item_set package_items(const struct visit_record *record);
item_set package_required(const struct policy *p, enum category category);
item_set package_held(const struct evidence_state *state);
/* Writes the items a round holds so far, and what `required` lacks of them, into the state. */
void package_store(struct evidence_state *state, item_set held, item_set required, struct arena *a);

/* EV-2: photos are named by their SHA-256 in 64 hex digits. EV-8: so is the content of what else is in the file, where
 * it has any, and what the customer brought is marked verified or doubtful by a person of `unit`. false with *why
 * filled. */
bool package_check(const struct visit_record *record, const struct pol_unit *unit, struct refusal *why);

/* EV-6: what cannot be shown not to be our fault counts as ours: of the outlet that has the case,
 * or of the company when no outlet has it. */
const struct finding *finding_ours_unless_shown(const struct finding *found, const struct assignment *at,
                                                struct arena *a);

#endif
