/* One limit's time: due and warning from its definition, its start and its pauses. Rules SL-1, SL-2. Pure. */
#ifndef REDRESS_SLA_LIMITS_H
#define REDRESS_SLA_LIMITS_H

#include "base/arena.h"
#include "calendar/calendar.h"
#include "event/events.h"
#include "policy/policy.h"

/* Sets due, warning, calendar, revision and provisional from the definition, start_ms (or promised_ms) and all pauses,
 * by the calendar of the case's region (NULL: not known). Takes memory of `a`. */
enum calendar_err limits_count(const struct policy *p, const char *region, const struct policy_limit *def,
                               struct limit *l, struct arena *a);
/* The definition as a calendar needs it, of the limit itself or of the repeat that `code` names; the amount of a
 * promised date is the limit's own. */
struct calendar_limit limits_spec(const struct pol_limit_def *def, const char *code);
/* Ends a run: what only a running limit needs is dropped, the facts stay. */
void limits_end(struct limit *l, enum limit_state state, int64_t at_ms);

/* True for a limit that has neither been answered, missed nor cancelled. */
static inline bool limits_is_open(const struct limit *l)
{
    return l->state == LIMIT_STATE_ARMED || l->state == LIMIT_STATE_PAUSED;
}

/* Whether `event` is among the definition's events of that edge. */
bool limits_has(const struct policy_limit *def, enum policy_edge edge, enum event_type event);
/* A duty that comes again and again (SL-1). */
bool limits_recurs(const struct policy_limit *def);
/* An answer can be read before its question only when another service writes the question. */
bool limits_may_be_early(const struct policy_limit *def, enum event_type stop);

#endif
