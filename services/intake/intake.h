/* Intake: registration to closing. Rules IN-1 to IN-8, IN-10, CH-2, CH-4, CH-5, RV-1, RV-2.
 *
 * The first message of a matter registers a case; every further one is a contact of it (the shell
 * finds the case, matter.h). A case is open until the customer has been told the result, answered
 * until all of it is paid and carried out, then waits for the customer's satisfaction, and closes.
 * Missing material only pauses clocks: the case goes on beside it.
 * State: struct intake_state (event/events.h). */
#ifndef REDRESS_INTAKE_INTAKE_H
#define REDRESS_INTAKE_INTAKE_H

#include "event/core.h"

extern const struct core intake_core;

#endif
