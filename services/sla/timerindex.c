/* The index of the timers in Redis: assigned with the partition, filled from the rows in the order of their due,
 * given up at the first sign that something is missing, and then taken anew. */
#include <stdlib.h>

#include "base/log.h"
#include "runtime/metrics.h"
#include "sla/timers.h"

enum { FILL_MOST = 4096 };

void timers_assign_index(struct timers *t, int part)
{
    struct part *p = &t->parts[part];
    p->fill_due = INT64_MIN;
    p->fill_id = INT64_MIN;
    switch (ts_assign(t->ts, part, p->epoch)) {
    case TS_OK: p->index = INDEX_FILLING; return;
    case TS_REFUSED: p->index = INDEX_REFUSED; return;
    case TS_STALE:
    case TS_UNREACHABLE: p->index = INDEX_OFF; return;
    }
}

bool timers_index_said(struct timers *t, int part, enum ts_result r)
{
    struct part *p = &t->parts[part];
    switch (r) {
    case TS_OK: return true;
    case TS_REFUSED: p->index = INDEX_REFUSED; break;
    case TS_STALE:
        log_warn("partition %d: the timer index lost something and is rebuilt from the rows", part);
        timers_assign_index(t, part);
        break;
    case TS_UNREACHABLE: p->index = INDEX_OFF; break;
    }
    p->more = true; /* what it would have told now is for the sweep */
    return false;
}

bool timers_put(struct timers *t, int part, const struct ts_timer *timers, int n)
{
    for (int from = 0, done = 0; from < n; from += done) {
        enum ts_result r = ts_put(t->ts, part, timers + from, n - from, &done);
        if (!timers_index_said(t, part, r)) return false;
        if (done == 0) return timers_index_said(t, part, TS_UNREACHABLE);
    }
    return true;
}

bool timers_delete(struct timers *t, int part, const int64_t *ids, int n)
{
    for (int from = 0, done = 0; from < n; from += done) {
        enum ts_result r = ts_del(t->ts, part, ids + from, n - from, &done);
        if (!timers_index_said(t, part, r)) return false;
        if (done == 0) return timers_index_said(t, part, TS_UNREACHABLE);
    }
    return true;
}

bool timers_fill(struct host *h, int part, struct err *e)
{
    struct timers *t = h->adapter;
    struct part *p = &t->parts[part];
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_int(&args, part);
    pg_arg_int(&args, p->fill_due);
    pg_arg_int(&args, p->fill_id);
    if (!pg_query(h->pg,
                  "SELECT id, due FROM timer WHERE partition = $1 AND state = 'armed' AND (due, id) > ($2, $3) "
                  "ORDER BY due, id LIMIT 4096",
                  &args, &rows, e)) {
        return false;
    }
    int n = pg_rows_count(rows);
    struct ts_timer *timers = ARENA_ARRAY(&t->arena, struct ts_timer, n + 1);
    for (int i = 0; i < n; i++) timers[i] = (struct ts_timer){.id = pg_int(rows, i, 0), .due_ms = pg_int(rows, i, 1)};
    pg_rows_free(rows);
    if (timers_put(t, part, timers, n)) {
        if (n > 0) p->fill_due = timers[n - 1].due_ms, p->fill_id = timers[n - 1].id;
        if (n < FILL_MOST) p->index = INDEX_WHOLE;
    }
    return true;
}

static void tell_index(struct host *h)
{
    struct timers *t = h->adapter;
    int mine = 0, whole = 0, off = 0;
    for (int i = 0; i < t->n_parts; i++) {
        mine += t->parts[i].mine;
        whole += t->parts[i].mine && t->parts[i].index == INDEX_WHOLE;
        off += t->parts[i].mine && t->parts[i].index == INDEX_OFF;
    }
    metrics_own_set(h->metrics, t->figures.whole, whole);
    if (off > 0 && !t->told_off)
        log_warn("ALARM the timer index (Redis) is away: %s; timers fire from the database", ts_error(t->ts));
    if (off == 0 && t->told_off && whole == mine) log_info("the timer index is whole again");
    if (off > 0 || whole == mine) t->told_off = off > 0;
}

static void tell_overdue(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    int64_t oldest = INT64_MAX;
    for (int i = 0; i < t->n_parts; i++) {
        int64_t due = timerlist_first(&t->parts[i].list);
        if (due < oldest) oldest = due;
    }
    metrics_own_set(h->metrics, t->figures.overdue, oldest < now_ms ? now_ms - oldest : 0);
}

void timers_tell(struct host *h, int64_t now_ms)
{
    tell_index(h);
    tell_overdue(h, now_ms);
}
