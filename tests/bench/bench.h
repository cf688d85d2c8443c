/* What the benchmarks share: percentiles, the processes of the stack under test, and the figures' two forms.
 *
 * Every benchmark prints a table for people and, with --json, one JSON object with at least rate, floor, ratio,
 * p50_ms and p99_ms. The floor is measured in the same run: the same bytes and rows with no logic. */
#ifndef REDRESS_BENCH_H
#define REDRESS_BENCH_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "event/events.h"
#include "runtime/kafka.h"
#include "runtime/record.h"

/* How much is sent, and how the figures are told; the options of a benchmark through Kafka. */
struct bench_load {
    int warm_up; /* sent before those that count */
    int counted;
    int window; /* on their way at a time */
    int timeout_s;
    bool json;
};
/* argp's parser for them, by the keys u, n, w, t, j; its input is the struct bench_load with the defaults. */
error_t bench_parse(int key, char *arg, struct argp_state *state);

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

/* What the benchmarks send: a message of a channel, or a command of a person (topic: enum topic_no). */
struct bench_message {
    int topic, part;
    enum event_type type;
    const char *id;
    const char *case_id; /* NULL: it has none yet */
    const char *json;
};
struct kafka_producer *bench_producer(const struct config *config, struct err *e);
/* Waits while the producer's queue is full. */
void bench_send(struct kafka_producer *producer, const struct clock *clock, const struct bench_message *m);

/* What a record's headers say; false for what is no event of ours. */
struct bench_head {
    enum event_type type;
    char id[64];
    int64_t case_id, at_ms;
};
bool bench_read_head(const struct record *r, struct bench_head *out);

/* Movements with two legs a second through one connection of the stack's PostgreSQL: the ledger's rows and indexes
 * in batches, no logic, no constraint. */
bool bench_posting_floor(const struct config *config, int postings, double *rate, struct err *e);

/* Sorts the values; the value below which `percent` of them lie. */
double bench_percentile(double *values, int n, double percent);

#endif
