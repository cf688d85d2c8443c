/* What the benchmarks share: percentiles, the processes of the stack under test, and the figures' two forms.
 *
 * Every benchmark prints a table for people and, with --json, one JSON object with at least rate, floor, ratio,
 * p50_ms and p99_ms. The floor is measured in the same run: the same bytes and rows with no logic. */
#ifndef REDRESS_BENCH_H
#define REDRESS_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/err.h"

enum { BENCH_MAX_PROCESSES = 32 };

struct bench_cpu {
    char name[32];
    double seconds; /* user and system, of all processes of that name below the stack's supervisor */
};

struct bench_stack {
    struct bench_cpu cpu[BENCH_MAX_PROCESSES];
    int n_cpu;
    int64_t database_bytes, kafka_bytes;
    int64_t events, revisions; /* written by all services so far */
};

/* Reads the stack's figures; call before and after, and subtract. */
bool bench_stack_read(const struct config *config, struct bench_stack *out, struct err *e);

/* Waits, at most timeout_s, until every service and the console has handled all that was published to it. */
bool bench_stack_settle(const struct config *config, int timeout_s, struct err *e);

struct bench_floor {
    int cases;
    int64_t events_per_case, states_per_case;
    int event_bytes, state_bytes;
};
/* Cases per second of the same bytes through Kafka (produced and consumed once) and the same rows through
 * PostgreSQL, both at once, nothing else. */
bool bench_floor_run(const struct config *config, const struct bench_floor *f, double *rate, struct err *e);

/* Sorts the values; the value below which `percent` of them lie. */
double bench_percentile(double *values, int n, double percent);

#endif
