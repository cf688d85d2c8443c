/* Escalation: supervision of a case, reminder slips, who takes it over, and what head office settles by rule. Rules
 * CH-6, DI-2, ES-1 to ES-9, EV-6, EV-7, RV-5.
 *
 * A missed limit issues a slip to whom the policy names (ES-1). Misses are counted on the level that has the
 * case; at the ladder's number the next level takes over (ES-2), passing over levels with nobody (ES-6), up to
 * head office, above which there is only the general manager's slip (ES-9). Authority moves when the takeover is
 * decided, the assignment follows when dispatch has named people. A miss is of the level that had the case when the
 * limit ran out: what ran out before the last takeover, or in its instant, is told to the former people, and moves
 * nothing. A withdrawn miss withdraws its slip; a takeover already made stays. Assignments carry a
 * version, so they may be read in any order with everything else.
 *
 * A refusal climbs at once, and the file of the outlet that had the case is demanded; so it is when a silence the
 * policy names reaches head office. Missing or incomplete: a sanction, and another local outlet goes to see. With the
 * finding, the policy's table decides whose fault it is, and approval plans by its row.
 *
 * What the table decided may be contested until the customer has signed; a department's head decides, or an
 * inspection's report (contest.c). A matter may be brought before a mediator, an arbitrator or a court at any step,
 * also after a rejection has closed the case (dispute.c). A closed case that ran late asks the units that were reminded
 * for the cause (liaison.c). */
#ifndef REDRESS_ESCALATION_ESCALATION_H
#define REDRESS_ESCALATION_ESCALATION_H

#include "event/core.h"

extern const struct core escalation_core;

#endif
