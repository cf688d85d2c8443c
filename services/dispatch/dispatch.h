/* Dispatch: who has a case. Rules CH-5, DI-1, DI-2, DI-3, DI-4, DI-5, ES-2.
 *
 * Every registered case gets a unit with a named handler, manager and visitor, or goes to head
 * office with a visible `dispatch.unassignable`. The assignment's version counts every change; who
 * reads two assignments keeps the higher version. State: struct dispatch_state (event/events.h). */
#ifndef REDRESS_DISPATCH_DISPATCH_H
#define REDRESS_DISPATCH_DISPATCH_H

#include "event/core.h"

extern const struct core dispatch_core;

#endif
