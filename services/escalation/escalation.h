/* Escalation: supervision of a case, reminder slips, and who takes it over. Rules ES-1, ES-2, ES-6, ES-9, DI-2.
 *
 * A missed limit issues a slip to whom the policy names (ES-1). Misses are counted on the level that has the
 * case; at the ladder's number the next level takes over (ES-2), passing over levels with nobody (ES-6), up to
 * head office, above which there is only the general manager's slip (ES-9). Authority moves when the takeover is
 * decided, the assignment follows when dispatch has named people: until then misses of the old unit are told
 * but move nothing. A withdrawn miss withdraws its slip; a takeover already made stays. Assignments carry a
 * version, so they may be read in any order with everything else. */
#ifndef REDRESS_ESCALATION_ESCALATION_H
#define REDRESS_ESCALATION_ESCALATION_H

#include "event/core.h"

extern const struct core escalation_core;

#endif
