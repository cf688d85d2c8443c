/* Timers as inputs (sla_shell.h). Per partition a short list of rows that are due or will be within the sweep's
 * reach, in order of their due; it is fed by Redis (claims) while the index is whole, by the sweep otherwise, and
 * an entry leaves it only when the batch that took it, or a cancellation, has committed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runtime/metrics.h"
#include "sla/timers.h"

enum { CLAIM_MOST = 256, SWEEP_MOST = 512, FILL_BUDGET_US = 100000 };

/* ---- the rows ---- */

static void offer(struct timers *t, const struct pg_rows *rows, int row)
{
    int part = (int)pg_int(rows, row, 1);
    struct timer_row r = {.id = pg_int(rows, row, 0),
                          .due = pg_int(rows, row, 2),
                          .case_id = pg_int(rows, row, 3),
                          .code = pg_text(rows, row, 4),
                          .ver = pg_int(rows, row, 5),
                          .warning = pg_boolean(rows, row, 6)};
    timerlist_add(&t->parts[part].list, &r);
}

/* Rows due until a partition's reach. */
static bool sweep(struct host *h, int part, int64_t until, struct err *e)
{
    struct timers *t = h->adapter;
    struct part *p = &t->parts[part];
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_int(&args, part);
    pg_arg_int(&args, until);
    if (!pg_query(h->pg,
                  "SELECT id, partition, due, case_id, code, ver, warning FROM timer WHERE partition = $1 AND "
                  "state = 'armed' AND due <= $2 ORDER BY due, id LIMIT 512",
                  &args, &rows, e)) {
        return false;
    }
    int before = p->list.n;
    p->swept_us = clock_monotonic_us();
    p->oldest = pg_rows_count(rows) > 0 ? pg_int(rows, 0, 2) : INT64_MAX;
    for (int i = 0; i < pg_rows_count(rows); i++) offer(t, rows, i);
    if (p->index == INDEX_WHOLE) metrics_own_add(h->metrics, t->figures.swept, p->list.n - before);
    p->more = pg_rows_count(rows) == SWEEP_MOST;
    p->swept_to = until;
    pg_rows_free(rows);
    return true;
}

static int64_t reach(const struct timers *t, const struct part *p, int64_t now_ms)
{
    return p->index == INDEX_WHOLE ? now_ms - timers_scaled(t, GRACE_MS) : now_ms + timers_scaled(t, AHEAD_MS);
}

/* What the index holds that is due: its rows into the list. An id without an armed row is forgotten. */
static bool claim(struct host *h, int part, int64_t now_ms, struct err *e)
{
    struct timers *t = h->adapter;
    int64_t ids[CLAIM_MOST];
    int n = 0;
    struct ts_claim ask = {.now_ms = now_ms,
                           .lease_ms = timers_scaled(t, LEASE_MS),
                           .fresh_ms = timers_scaled(t, GRACE_MS),
                           .max = CLAIM_MOST};
    if (!timers_index_said(t, part, ts_claim(t->ts, part, &ask, ids, &n)) || n == 0) return true;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_ints(&args, ids, n);
    if (!pg_query(h->pg,
                  "SELECT id, partition, due, case_id, code, ver, warning FROM timer WHERE id = ANY($1) AND "
                  "state = 'armed'",
                  &args, &rows, e)) {
        return false;
    }
    for (int i = 0; i < pg_rows_count(rows); i++) offer(t, rows, i);
    if (pg_rows_count(rows) < n) {
        int gone = 0;
        for (int i = 0; i < n; i++) {
            bool found = false;
            for (int k = 0; k < pg_rows_count(rows) && !found; k++) found = pg_int(rows, k, 0) == ids[i];
            if (!found) ids[gone++] = ids[i];
        }
        timers_index_said(t, part, ts_ack(t->ts, part, ids, gone));
    }
    pg_rows_free(rows);
    return true;
}

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
        if (timers_indexed(p)) well = claim(h, part, now_ms, &e);
        if (well && p->more) well = sweep(h, part, reach(t, p, now_ms), &e);
    }
    int n = timerlist_inputs(&p->list, part, now_ms, out, max);
    struct moves_batch rest = {.inputs = out + n, .max = max - n, .now_ms = now_ms};
    well = well && moves_inputs(h, t->moves, part, &rest, &e);
    if (!well) log_err(LOG_WARN, "reading timers; they wait for the next look", &e);
    return n + rest.n;
}

/* Every second: the sweep, which is what guarantees firing; then what the index still lacks. */
static void tick(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    struct err e = ERR_INIT;
    int64_t begun = clock_monotonic_us(), until = begun + FILL_BUDGET_US;
    bool well = true;
    arena_reset(&t->arena);
    int64_t *unswept_ms = ARENA_ARRAY(&t->arena, int64_t, t->n_parts);
    for (int i = 0; i < t->n_parts; i++) unswept_ms[i] = (begun - t->parts[i].swept_us) / 1000;
    for (int i = 0; i < t->n_parts && well; i++) {
        struct part *p = &t->parts[i];
        if (!p->mine) continue;
        well = sweep(h, i, reach(t, p, now_ms), &e);
        if (p->index == INDEX_OFF) timers_assign_index(t, i);
        if (p->index == INDEX_WHOLE) timers_index_said(t, i, ts_reclaim(t->ts, i, now_ms, NULL));
    }
    well = well && timers_compare(h, now_ms, &e);
    timers_watch(h, unswept_ms, now_ms);
    for (int i = 0; i < t->n_parts; i++) {
        while (well && t->parts[i].mine && t->parts[i].index == INDEX_FILLING && clock_monotonic_us() < until) {
            arena_reset(&t->arena);
            well = timers_fill(h, i, &e);
        }
    }
    if (!well) log_err(LOG_WARN, "the sweep of timers", &e);
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
            if (pg_int(rows, i, 2) <= p->swept_to) offer(t, rows, i);
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
    for (int part = 0; part < t->n_parts; part++) {
        int64_t ids[TS_CHUNK];
        int k = 0;
        for (int i = 0; i < n && k < TS_CHUNK; i++) {
            const struct change *c = &changes[i];
            if (c->local == NULL || c->part != part || !t->parts[part].mine) continue;
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
            ids[k] = timerlist_taken(&t->parts[part].list, c->local->tag);
            timers_count(&t->parts[part], due_ms, ids[k++], -1);
        }
        if (k > 0 && timers_indexed(&t->parts[part])) timers_index_said(t, part, ts_ack(t->ts, part, ids, k));
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
                                    .tick = tick,
                                    .committed = committed};
