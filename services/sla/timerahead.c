/* Taking timers a little before their due, and telling the index of what fired a little after: between both a firing
 * needs nothing but its own transaction. What is claimed ahead waits in the partition's list until it is due; its
 * lease outlasts the wait, so a crash leaves it to the sweep and the next owner. */
#include "base/clock.h"
#include "base/log.h"
#include "runtime/metrics.h"
#include "sla/timers.h"

enum { SOON_MS = 3, URGENT_MS = 100, NEAR_MS = 500, LIST_ENOUGH = 1024, SHARE_MOST_US = 5000, ACK_EVERY_US = 200000 };

void timers_offer(struct timers *t, const struct pg_rows *rows, int row)
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

/* ---- the sweep ---- */

static int64_t reach(const struct timers *t, const struct part *p, int64_t now_ms)
{
    return p->index == INDEX_WHOLE ? now_ms - timers_scaled(t, GRACE_MS) : now_ms + timers_scaled(t, AHEAD_MS);
}

static void take_sweep(struct host *h, const struct pg_rows *rows, const int64_t *parts, const int64_t *untils, int n)
{
    struct timers *t = h->adapter;
    int count = pg_rows_count(rows), row = 0;
    for (int i = 0; i < n; i++) {
        struct part *p = &t->parts[parts[i]];
        int first = row, before = p->list.n;
        p->swept_us = clock_monotonic_us();
        p->oldest = row < count && pg_int(rows, row, 1) == parts[i] ? pg_int(rows, row, 2) : INT64_MAX;
        for (; row < count && pg_int(rows, row, 1) == parts[i]; row++) timers_offer(t, rows, row);
        if (p->index == INDEX_WHOLE) metrics_own_add(h->metrics, t->figures.swept, p->list.n - before);
        p->more = row - first == SWEEP_MOST;
        p->swept_to = untils[i];
    }
}

bool timers_sweep(struct host *h, const int64_t *parts, int n, int64_t now_ms, struct err *e)
{
    struct timers *t = h->adapter;
    struct pg_rows *rows = NULL;
    int64_t *untils = ARENA_ARRAY(&t->arena, int64_t, n + 1);
    for (int i = 0; i < n; i++) untils[i] = reach(t, &t->parts[parts[i]], now_ms);
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_ints(&args, parts, n);
    pg_arg_ints(&args, untils, n);
    if (!pg_query(h->pg,
                  "SELECT t.id, t.partition, t.due, t.case_id, t.code, t.ver, t.warning "
                  "FROM unnest($1::int8[], $2::int8[]) WITH ORDINALITY AS u(part, until, i), LATERAL (SELECT * FROM "
                  "timer WHERE partition = u.part AND due <= u.until ORDER BY due, id LIMIT 512) t "
                  "ORDER BY u.i, t.due, t.id",
                  &args, &rows, e)) {
        return false;
    }
    take_sweep(h, rows, parts, untils, n);
    pg_rows_free(rows);
    return true;
}

/* ---- claims ahead ---- */

/* A window at a time: when the next one is near, all that is due until a while after it. */
static bool wants_ahead(const struct timers *t, int part, int64_t now_ms)
{
    const struct part *p = &t->parts[part];
    return p->mine && timers_indexed(p) && t->claim.state == CLAIM_NONE && p->list.n < LIST_ENOUGH &&
           ts_head(t->ts, part) <= now_ms + timers_scaled(t, NEAR_MS);
}

/* A commit is near. */
static bool fires_soon(const struct timers *t, int64_t now_ms)
{
    for (int i = 0; i < t->n_parts; i++)
        if (timerlist_first(&t->parts[i].list) <= now_ms + timers_scaled(t, SOON_MS)) return true;
    return false;
}

/* A claim of the partition can be read by a later commit: one is near, and what it gives is not due before. */
static bool can_wait(const struct timers *t, int part, int64_t now_ms)
{
    return fires_soon(t, now_ms) && ts_head(t->ts, part) > now_ms + timers_scaled(t, URGENT_MS);
}

/* ---- acknowledgements ---- */

void timers_fired(struct timers *t, int part, int64_t id)
{
    struct part *p = &t->parts[part];
    if (!timers_indexed(p)) return;
    if (p->n_fired == TS_CHUNK) timers_acknowledge(t, part);
    if (p->n_fired == 0) p->fired_us = clock_monotonic_us();
    p->fired[p->n_fired++] = id;
}

void timers_acknowledge(struct timers *t, int part)
{
    struct part *p = &t->parts[part];
    int n = p->n_fired;
    p->n_fired = 0;
    if (n > 0 && timers_indexed(p)) timers_index_said(t, part, ts_ack(t->ts, part, p->fired, n));
}

/* ---- a piece of all this ---- */

/* One call to Redis and what it brings, so that what falls due meanwhile waits a millisecond, not ten. */
static bool prepare_one(struct host *h, int part, int64_t now_ms, struct err *e)
{
    struct timers *t = h->adapter;
    struct part *p = &t->parts[part];
    int64_t until_ms = now_ms + timers_scaled(t, AHEAD_MS);
    bool ahead = wants_ahead(t, part, now_ms);
    if (ahead && !can_wait(t, part, now_ms)) return timers_claim(h, part, until_ms, now_ms, e);
    if (ahead)
        timers_ask(t, part, until_ms, now_ms);
    else if (p->n_fired > 0)
        timers_acknowledge(t, part);
    else
        return timers_fill(h, part, e);
    return true;
}

static bool wants_something(const struct timers *t, int part, int64_t now_ms)
{
    const struct part *p = &t->parts[part];
    if (!p->mine) return false;
    return wants_ahead(t, part, now_ms) || p->index == INDEX_FILLING ||
           (p->n_fired > 0 && clock_monotonic_us() - p->fired_us > ACK_EVERY_US);
}

/* The next partition with something to do, in turn; -1: none. */
static int next_wanting(struct timers *t, int64_t now_ms)
{
    for (int i = 0; i < t->n_parts; i++) {
        t->ahead_part = (t->ahead_part + 1) % t->n_parts;
        if (wants_something(t, t->ahead_part, now_ms)) return t->ahead_part;
    }
    return -1;
}

/* At least one piece, and more while they take less than a quarter of the time that firing takes; one of the look. */
bool timers_prepare(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    struct err e = ERR_INIT;
    int64_t begun = clock_monotonic_us(), share = (begun - t->prepared_us) / 4;
    int64_t until = begun + (share < SHARE_MOST_US ? share : SHARE_MOST_US);
    bool more = false;
    if (!fires_soon(t, now_ms) && !timers_end_claim(h, &e)) log_err(LOG_WARN, "reading claimed timers; they wait", &e);
    do {
        int part = next_wanting(t, now_ms);
        more = part >= 0;
        arena_reset(&t->arena);
        if (more && !prepare_one(h, part, now_ms, &e)) {
            log_err(LOG_WARN, "preparing timers; the sweep tells of them", &e);
            more = false;
        }
    } while (more && clock_monotonic_us() < until);
    timers_look(h, now_ms);
    t->prepared_us = clock_monotonic_us();
    return more || t->look.left > 0;
}
