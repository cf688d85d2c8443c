/* Evidence: the visit, its package, the file, the investigation. Rules EV-1 to EV-6, DI-5, AP-13, ES-3, ES-4.
 *
 * A case's unit has to visit (a limit runs), hands in records until every item the policy asks for
 * in that category is there, and concludes with cause and liability; a finding handed in with a
 * complete package concludes on the spot. A takeover before that begins a new round. Once concluded,
 * only a demand for the file, or another unit sent to see, opens it again (file.c). State: struct evidence_state
 * (event/events.h). */
#ifndef REDRESS_EVIDENCE_EVIDENCE_H
#define REDRESS_EVIDENCE_EVIDENCE_H

#include "event/core.h"

extern const struct core evidence_core;

#endif
