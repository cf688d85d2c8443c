#include "runtime/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 14, OWN = 32, TOPICS = 16 };

struct series {
    _Atomic int64_t buckets[BUCKETS + 1];
    _Atomic int64_t sum, count;
};

struct own {
    const char *name, *help, *kind;
    _Atomic int64_t value;
};

struct lag {
    const char *topic;
    _Atomic int64_t records;
};

struct metrics {
    const char *service;
    _Atomic int64_t values[METRIC_COUNT];
    struct series series[HISTOGRAM_COUNT];
    struct own own[OWN];
    _Atomic int n_own;
    struct lag lag[TOPICS];
    _Atomic int n_lag;
};

struct shape {
    const char *name, *kind, *help;
};

static const struct shape shapes[METRIC_COUNT] = {
    [METRIC_EVENTS_IN] = {"events_in_total", "counter", "Inputs decided or parked"},
    [METRIC_EVENTS_OUT] = {"events_out_total", "counter", "Records committed to the outbox"},
    [METRIC_SENT] = {"sent_total", "counter", "Records handed to the producer from memory"},
    [METRIC_RESENT] = {"resent_total", "counter", "Records handed to the producer from the outbox"},
    [METRIC_FENCED] = {"fenced_total", "counter", "Transactions refused by a fence"},
    [METRIC_PARKINGS] = {"parkings_total", "counter", "Inputs parked"},
    [METRIC_ASSIGNMENTS] = {"assignments_total", "counter", "Partitions assigned"},
    [METRIC_PRODUCERS] = {"producers_replaced_total", "counter", "Producers replaced"},
    [METRIC_WANTS_ANSWERED] = {"wants_answered_total", "counter", "Send cursors moved back by a consumer's want"},
    [METRIC_ASKED] = {"asked_total", "counter", "Times this service asked for lacking records"},
    [METRIC_FAILURES] = {"failures_total", "counter", "Infrastructure failures"},
    [METRIC_UNSENT] = {"outbox_unsent", "gauge", "Records committed but not yet handed to the producer"},
    [METRIC_WANTS] = {"wants", "gauge", "Streams with a record lacking"},
    [METRIC_OLDEST_WANT_MS] = {"oldest_want_milliseconds", "gauge", "Age of the oldest want"},
    [METRIC_PARKED_CASES] = {"parked_cases", "gauge", "Cases with parked inputs"},
    [METRIC_PARTITIONS] = {"partitions", "gauge", "Partitions running here"},
    [METRIC_READY] = {"ready", "gauge", "1 when ready"},
};

static const struct shape series_shapes[HISTOGRAM_COUNT] = {
    [METRIC_BATCH] = {"batch_inputs", "inputs", "Inputs of a batch"},
    [METRIC_LOAD_US] = {"load_seconds", "seconds", "Reading states of a batch"},
    [METRIC_DECIDE_US] = {"decide_seconds", "seconds", "Deciding and encoding a batch"},
    [METRIC_COMMIT_US] = {"commit_seconds", "seconds", "The transaction of a batch"},
};

/* Upper bounds: inputs for batches, microseconds for durations. */
static const int64_t bounds[2][BUCKETS] = {
    {1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000, 2000, 5000},
    {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000},
};

static const int64_t *bounds_of(enum histogram which) { return bounds[which == METRIC_BATCH ? 0 : 1]; }

struct metrics *metrics_new(const char *service)
{
    struct metrics *m = calloc(1, sizeof *m);
    if (m == NULL) abort();
    m->service = service;
    return m;
}

void metrics_free(struct metrics *m) { free(m); }

static void relaxed_add(_Atomic int64_t *v, int64_t n) { atomic_fetch_add_explicit(v, n, memory_order_relaxed); }
static void relaxed_set(_Atomic int64_t *v, int64_t n) { atomic_store_explicit(v, n, memory_order_relaxed); }
static int64_t relaxed(const _Atomic int64_t *v) { return atomic_load_explicit(v, memory_order_relaxed); }

void metrics_add(struct metrics *m, enum metric which, int64_t n) { relaxed_add(&m->values[which], n); }
void metrics_set(struct metrics *m, enum metric which, int64_t value) { relaxed_set(&m->values[which], value); }
int64_t metrics_get(const struct metrics *m, enum metric which) { return relaxed(&m->values[which]); }

void metrics_observe(struct metrics *m, enum histogram which, int64_t value)
{
    const int64_t *upper = bounds_of(which);
    int i = 0;
    while (i < BUCKETS && value > upper[i]) i++;
    relaxed_add(&m->series[which].buckets[i], 1);
    relaxed_add(&m->series[which].sum, value);
    relaxed_add(&m->series[which].count, 1);
}

void metrics_lag(struct metrics *m, const char *topic, int64_t records)
{
    int n = atomic_load(&m->n_lag), i = 0;
    while (i < n && strcmp(m->lag[i].topic, topic) != 0) i++;
    if (i == TOPICS) return;
    if (i == n) {
        m->lag[i].topic = topic;
        atomic_store(&m->n_lag, n + 1);
    }
    relaxed_set(&m->lag[i].records, records);
}

int metrics_own(struct metrics *m, const char *name, const char *help, const char *kind)
{
    int i = atomic_load(&m->n_own);
    if (i == OWN) abort(); /* a service with too many metrics */
    m->own[i].name = name;
    m->own[i].help = help;
    m->own[i].kind = kind;
    atomic_store(&m->n_own, i + 1);
    return i;
}

void metrics_own_set(struct metrics *m, int handle, int64_t value) { relaxed_set(&m->own[handle].value, value); }
void metrics_own_add(struct metrics *m, int handle, int64_t n) { relaxed_add(&m->own[handle].value, n); }

static void write_head(struct buf *out, const char *name, const char *help, const char *kind)
{
    buf_printf(out, "# HELP redress_%s %s\n# TYPE redress_%s %s\n", name, help, name, kind);
}

static void write_series(const struct metrics *m, enum histogram which, struct buf *out)
{
    const struct shape *s = &series_shapes[which];
    double unit = which == METRIC_BATCH ? 1.0 : 1e-6;
    int64_t total = 0;
    write_head(out, s->name, s->help, "histogram");
    for (int i = 0; i <= BUCKETS; i++) {
        total += relaxed(&m->series[which].buckets[i]);
        if (i < BUCKETS)
            buf_printf(out, "redress_%s_bucket{service=\"%s\",le=\"%g\"} %" PRId64 "\n", s->name, m->service,
                       (double)bounds_of(which)[i] * unit, total);
        else
            buf_printf(out, "redress_%s_bucket{service=\"%s\",le=\"+Inf\"} %" PRId64 "\n", s->name, m->service, total);
    }
    buf_printf(out, "redress_%s_sum{service=\"%s\"} %g\n", s->name, m->service,
               (double)relaxed(&m->series[which].sum) * unit);
    buf_printf(out, "redress_%s_count{service=\"%s\"} %" PRId64 "\n", s->name, m->service,
               relaxed(&m->series[which].count));
}

void metrics_write(const struct metrics *m, struct buf *out)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        write_head(out, shapes[i].name, shapes[i].help, shapes[i].kind);
        buf_printf(out, "redress_%s{service=\"%s\"} %" PRId64 "\n", shapes[i].name, m->service, relaxed(&m->values[i]));
    }
    for (int i = 0; i < HISTOGRAM_COUNT; i++) write_series(m, (enum histogram)i, out);
    int n = atomic_load(&m->n_lag);
    if (n > 0) write_head(out, "lag_records", "Records of a topic not yet read", "gauge");
    for (int i = 0; i < n; i++)
        buf_printf(out, "redress_lag_records{service=\"%s\",topic=\"%s\"} %" PRId64 "\n", m->service, m->lag[i].topic,
                   relaxed(&m->lag[i].records));
    n = atomic_load(&m->n_own);
    for (int i = 0; i < n; i++) {
        write_head(out, m->own[i].name, m->own[i].help, m->own[i].kind);
        buf_printf(out, "redress_%s{service=\"%s\"} %" PRId64 "\n", m->own[i].name, m->service,
                   relaxed(&m->own[i].value));
    }
}
