/* Counters, gauges and histograms of one process, as Prometheus text.
 *
 * Written by the loop thread, read by the HTTP thread: plain relaxed atomics, no locks. A service's own metrics
 * are registered once at start with metrics_own. Durations are observed in microseconds and shown in seconds. */
#ifndef REDRESS_RUNTIME_METRICS_H
#define REDRESS_RUNTIME_METRICS_H

#include <stdint.h>

#include "base/buf.h"

enum metric {
    METRIC_EVENTS_IN,
    METRIC_EVENTS_OUT,
    METRIC_SENT,
    METRIC_RESENT,
    METRIC_FENCED,
    METRIC_PARKINGS,
    METRIC_ASSIGNMENTS,
    METRIC_PRODUCERS,
    METRIC_WANTS_ANSWERED,
    METRIC_ASKED,
    METRIC_FAILURES,
    METRIC_UNSENT,
    METRIC_WANTS,
    METRIC_OLDEST_WANT_MS,
    METRIC_PARKED_CASES,
    METRIC_PARTITIONS,
    METRIC_READY,
    METRIC_COUNT
};

enum histogram { METRIC_BATCH, METRIC_LOAD_US, METRIC_DECIDE_US, METRIC_COMMIT_US, HISTOGRAM_COUNT };

struct metrics;
struct metrics *metrics_new(const char *service);
void metrics_free(struct metrics *m);
void metrics_add(struct metrics *m, enum metric which, int64_t n);
void metrics_set(struct metrics *m, enum metric which, int64_t value);
int64_t metrics_get(const struct metrics *m, enum metric which);
void metrics_observe(struct metrics *m, enum histogram which, int64_t value);
/* Records not yet read of a topic (all my partitions). */
void metrics_lag(struct metrics *m, const char *topic, int64_t records);
/* A metric of the service's own: its handle for metrics_own_set / _add. `name` and `help` must be static. */
int metrics_own(struct metrics *m, const char *name, const char *help, const char *kind);
void metrics_own_set(struct metrics *m, int handle, int64_t value);
void metrics_own_add(struct metrics *m, int handle, int64_t n);
void metrics_write(const struct metrics *m, struct buf *out);

#endif
