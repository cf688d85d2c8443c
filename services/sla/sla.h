/* SLA: every limit of a case, from its start event to its answer or its miss. Rules SL-1..SL-4.
 *
 * Generic over the policy's limits (SL-2): an event may start, stop, pause, resume or cancel any of them; the
 * passage of time is the local event sla.timer_fired, which names (code, version, warning) and due, so a timer
 * of an older version changes nothing. A limit's versions count its starts and resumptions; only the latest
 * stands in the state. Topics may be read in any order:
 *  - an answer read before its question is remembered, and used when the question comes;
 *  - limits started before the case's registration was read are dropped if they do not apply to the case;
 *  - an answer accepted by the due but read after the firing annuls the miss (SL-3); a late one that is read
 *    before the firing makes the miss at once; either way a miss is recorded exactly once a version;
 *  - a start no earlier than the case's end waits, cancelled, for the reopening it belongs to, unless something else
 *    cancels it meanwhile. */
#ifndef REDRESS_SLA_SLA_H
#define REDRESS_SLA_SLA_H

#include "event/core.h"

extern const struct core sla_core;

#endif
