/* Timers as inputs (sla_shell.h). Per partition a short list of rows that are due or will be within the sweep's
 * reach, in order of their due; it is fed by Redis (claims, timerahead.c) while the index is whole, by the sweep
 * otherwise, and an entry leaves it only when the batch that took it, or a cancellation, has committed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runtime/metrics.h"
#include "sla/timers.h"

/* ---- hooks ---- */

static void forget(struct part *p)
{
    timerlist_clear(&p->list);
    watch_deinit(&p->watch);
    *p = (struct part){.mine = false};
}

static bool open_timers(struct host *h, struct err *e)
{
    (void)e;
    struct timers *t = calloc(1, sizeof(*t));
    if (t == NULL) abort();
    t->n_parts = h->partitions;
    t->parts = calloc((size_t)t->n_parts, sizeof(*t->parts));
    if (t->parts == NULL) abort();
    t->moves = moves_new(t->n_parts);
    t->scale = h->clock->driven && h->clock->scale > 1 ? h->clock->scale : 1;
    arena_init(&t->arena);
    struct ts_config config = {.host = config_text(h->config, "redis.host"),
                               .port = (int)config_int(h->config, "redis.port"),
                               .password = config_text(h->config, "redis.password"),
                               .partitions = h->partitions};
    t->ts = ts_open(&config);
    t->figures = (struct figures){
        .fired = metrics_own(h->metrics, "sla_fired_total", "Timers fired", "counter"),
        .late = metrics_own(h->metrics, "sla_late_ms_total", "Sum of their lateness, ms of the installation's clock",
                            "counter"),
        .late_most = metrics_own(h->metrics, "sla_late_ms_most", "Largest lateness since the start", "gauge"),
        .whole = metrics_own(h->metrics, "sla_indexed_partitions", "Partitions whose time index is whole", "gauge"),
        .overdue =
            metrics_own(h->metrics, "sla_overdue_ms", "Age of the oldest timer due and not fired, real ms", "gauge"),
        .swept = metrics_own(h->metrics, "sla_swept_total", "Due timers the index did not tell of", "counter"),
        .swept_at =
            metrics_own(h->metrics, "sla_swept_at_ms", "When all partitions were last swept, Unix time", "gauge")};
    static const char *const names[TIMER_ALARMS] = {[TIMER_ALARM_OVERDUE] = "sla_alarm_overdue",
                                                    [TIMER_ALARM_INDEX_AWAY] = "sla_alarm_index_away",
                                                    [TIMER_ALARM_INDEX_DIFFERS] = "sla_alarm_index_differs",
                                                    [TIMER_ALARM_NOT_SWEPT] = "sla_alarm_not_swept"};
    for (int kind = TIMER_ALARM_OVERDUE; kind < TIMER_ALARMS; kind++)
        t->figures.alarms[kind] = metrics_own(h->metrics, names[kind], "Partitions with that alarm", "gauge");
    h->adapter = t;
    return true;
}

static void close_timers(struct host *h)
{
    struct timers *t = h->adapter;
    if (t == NULL) return;
    for (int i = 0; i < t->n_parts; i++) forget(&t->parts[i]);
    ts_close(t->ts);
    moves_free(t->moves);
    arena_deinit(&t->arena);
    free(t->parts);
    free(t);
    h->adapter = NULL;
}

static void revoked(struct host *h, int part)
{
    struct timers *t = h->adapter;
    if (t->parts[part].mine) ts_release(t->ts, part);
    forget(&t->parts[part]);
    moves_reset(t->moves, part);
}

static bool restore_alarms(struct host *h, int part, struct err *e)
{
    struct timers *t = h->adapter;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_int(&args, part);
    if (!pg_query(h->pg, "SELECT kind, since FROM alarm WHERE partition = $1", &args, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        enum timer_alarm kind;
        if (timer_alarm_parse(pg_text(rows, i, 0), &kind))
            watch_restore(&t->parts[part].watch, kind, pg_int(rows, i, 1));
    }
    pg_rows_free(rows);
    return true;
}

static bool assigned(struct host *h, int part, int64_t epoch, struct err *e)
{
    struct timers *t = h->adapter;
    revoked(h, part);
    t->parts[part] = (struct part){
        .mine = true, .epoch = epoch, .more = true, .swept_us = clock_monotonic_us(), .oldest = INT64_MAX};
    timers_assign_index(t, part);
    arena_reset(&t->arena);
    return restore_alarms(h, part, e);
}

static int64_t next_timer(struct host *h, int part)
{
    struct timers *t = h->adapter;
    const struct part *p = &t->parts[part];
    if (!p->mine) return ADAPTER_NEVER;
    if (p->more || moves_pending(t->moves, part, h->policy)) return 0;
    int64_t due = timerlist_first(&p->list);
    int64_t head = timers_indexed(p) ? ts_head(t->ts, part) : TS_NONE;
    if (head < due) due = head;
    return due == INT64_MAX ? ADAPTER_NEVER : due;
}

static int poll_timers(struct host *h, int part, int64_t now_ms, struct local_input *out, int max)
{
    struct timers *t = h->adapter;
    struct part *p = &t->parts[part];
    struct err e = ERR_INIT;
    arena_reset(&t->arena);
    bool well = true;
    if (timerlist_due(&p->list, now_ms) < max) {
        if (timers_indexed(p) && ts_head(t->ts, part) <= now_ms) well = timers_claim(h, part, now_ms, now_ms, &e);
        if (well && p->more) well = timers_sweep(h, &(int64_t){part}, 1, now_ms, &e);
    }
    int n = timerlist_inputs(&p->list, part, now_ms, out, max);
    struct moves_batch rest = {.inputs = out + n, .max = max - n, .now_ms = now_ms};
    well = well && moves_inputs(h, t->moves, part, &rest, &e);
    if (!well) log_err(LOG_WARN, "reading timers; they wait for the next look", &e);
    return n + rest.n;
}

/* Every second: how long ago each partition was swept, for the alarms, and then the next look, piece by piece. */
static void tick(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    int64_t begun = clock_monotonic_us();
    arena_reset(&t->arena);
    for (int i = 0; i < t->n_parts; i++) t->parts[i].unswept_ms = (begun - t->parts[i].swept_us) / 1000;
    timers_look_begin(h, now_ms);
}

static int posts(struct host *h, int part, int64_t now_ms, struct local_input *out, int max)
{
    struct timers *t = h->adapter;
    return t->parts[part].mine ? watch_posts(&t->parts[part].watch, part, now_ms, out, max) : 0;
}

/* ---- after a commit ---- */

static void after_arming(struct timers *t, const struct pg_rows *rows)
{
    int n = pg_rows_count(rows);
    struct ts_timer *timers = ARENA_ARRAY(&t->arena, struct ts_timer, n);
    for (int part = 0; part < t->n_parts; part++) {
        struct part *p = &t->parts[part];
        int k = 0;
        for (int i = 0; i < n; i++) {
            if (pg_int(rows, i, 1) != part || !p->mine) continue;
            timers[k++] = (struct ts_timer){.id = pg_int(rows, i, 0), .due_ms = pg_int(rows, i, 2)};
            timers_count(p, pg_int(rows, i, 2), pg_int(rows, i, 0), 1);
            if (pg_int(rows, i, 2) <= p->swept_to) timers_offer(t, rows, i);
        }
        if (k > 0 && timers_indexed(p)) timers_put(t, part, timers, k);
    }
}

static void after_cancelling(struct timers *t, const struct pg_rows *rows)
{
    int n = pg_rows_count(rows);
    int64_t *ids = ARENA_ARRAY(&t->arena, int64_t, n);
    for (int part = 0; part < t->n_parts; part++) {
        struct part *p = &t->parts[part];
        int k = 0;
        for (int i = 0; i < n; i++) {
            if (pg_int(rows, i, 1) != part || !p->mine) continue;
            timerlist_remove(&p->list, pg_int(rows, i, 2), pg_int(rows, i, 0));
            timers_count(p, pg_int(rows, i, 2), pg_int(rows, i, 0), -1);
            ids[k++] = pg_int(rows, i, 0);
        }
        if (k > 0 && timers_indexed(p)) timers_delete(t, part, ids, k);
    }
}

static void after_firing(struct host *h, const struct change *changes, int n)
{
    struct timers *t = h->adapter;
    t->fired_last = 0;
    for (int i = 0; i < n; i++) {
        const struct change *c = &changes[i];
        if (c->local == NULL || !t->parts[c->part].mine) continue;
        if (c->local->post != NULL) {
            watch_told(c->local->tag);
            continue;
        }
        if (c->local->type == EV_SLA_POLICY_CHANGED) {
            moves_taken(t->moves, c->local);
            continue;
        }
        const struct ev_sla_timer_fired *fired = c->local->data;
        int64_t due_ms = fired->due_ms, late = c->in->now_ms - due_ms;
        metrics_own_add(h->metrics, t->figures.fired, 1);
        metrics_own_add(h->metrics, t->figures.late, late);
        if (late > t->late_most) t->late_most = late;
        int64_t id = timerlist_taken(&t->parts[c->part].list, c->local->tag);
        timers_count(&t->parts[c->part], due_ms, id, -1);
        timers_fired(t, c->part, id);
        t->fired_last++;
    }
    metrics_own_set(h->metrics, t->figures.late_most, t->late_most);
}

static void committed(struct host *h, const struct change *changes, int n)
{
    struct timers *t = h->adapter;
    struct sla_rows *rows = sla_store_rows(h);
    arena_reset(&t->arena);
    if (rows->armed != NULL) after_arming(t, rows->armed);
    after_firing(h, changes, n);
    if (rows->cancelled != NULL) after_cancelling(t, rows->cancelled);
    if (rows->claimed != NULL) timers_take_claimed(h, rows->claimed);
    sla_rows_clear(rows);
}

const struct adapter sla_adapter = {.needs_caught_up = true,
                                    .open = open_timers,
                                    .close = close_timers,
                                    .assigned = assigned,
                                    .revoked = revoked,
                                    .next = next_timer,
                                    .poll = poll_timers,
                                    .posts = posts,
                                    .prepare = timers_prepare,
                                    .tick = tick,
                                    .committed = committed};
