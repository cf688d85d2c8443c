/* The watch on the watch (SL-3): whether the firing of a partition's timers is as it should be, once a second.
 *
 * An alarm is told by an event when it begins and when it is over (sla.alarm_raised, sla.alarm_ended). What stands is a
 * row of sla.alarm, written in the transaction of the event; so a partition's next owner knows what was told and ends
 * it. Ages are real milliseconds, whatever clock the installation has. */
#ifndef REDRESS_SLA_TIMERWATCH_H
#define REDRESS_SLA_TIMERWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "event/events.h"
#include "runtime/service.h"

enum { TIMER_ALARMS = TIMER_ALARM_NOT_SWEPT + 1, OVERDUE_MOST_MS = 1000, UNSWEPT_MOST_MS = 5000 };

/* What was seen of a partition. */
struct watch_facts {
    int64_t overdue_ms; /* of the oldest armed timer; 0: nothing is due */
    int64_t unswept_ms; /* since the rows were last looked at */
    bool index_away;    /* Redis does not answer */
    bool index_differs; /* two looks running found Redis and the rows apart */
};

struct alarm {
    bool is, standing; /* as of the last look; as told */
    bool telling;      /* what its record on the way says */
    enum timer_alarm kind;
    int64_t since_ms, worst_ms;
    struct post post; /* the record, valid until the next look that finds nothing to tell */
    struct buf json, key;
    char id[80], source[40], time[32];
};

struct watch {
    struct alarm alarms[TIMER_ALARMS]; /* by enum timer_alarm */
};

/* Pure. */
bool watch_is(const struct watch_facts *f, enum timer_alarm kind);
/* Compares with what stands; now_ms is the installation's clock. */
void watch_look(struct watch *w, const struct watch_facts *f, int64_t now_ms);
/* A row of sla.alarm: told by an earlier owner, or by this one in an earlier life. */
void watch_restore(struct watch *w, enum timer_alarm kind, int64_t since_ms);
/* What there is to tell, as records for the partition's stream; their tag is the alarm. At most max. */
int watch_posts(struct watch *w, int part, int64_t now_ms, struct local_input *out, int max);
/* Adds the alarm's row, or takes it away, to the transaction that tells it. */
void watch_write(struct pg_tx *tx, int part, const struct alarm *a);
/* Its transaction has committed. */
void watch_told(struct alarm *a);
void watch_deinit(struct watch *w);

#endif
