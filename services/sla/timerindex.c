/* The index of the timers in Redis: assigned with the partition, filled from the rows in the order of their due,
 * compared with them window by window, given up at the first sign that something is missing, and then taken anew. */
#include <stdlib.h>

#include "base/log.h"
#include "runtime/metrics.h"
#include "sla/timers.h"

enum { FILL_MOST = 1024, WINDOW = 256 };

void timers_assign_index(struct timers *t, int part)
{
    struct part *p = &t->parts[part];
    p->fill_due = INT64_MIN;
    p->fill_id = INT64_MIN;
    p->rows = 0;
    p->n_fired = 0;
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
    p->asked = true;
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
                  "SELECT id, due FROM timer WHERE partition = $1 AND (due, id) > ($2, $3) "
                  "ORDER BY due, id LIMIT 1024",
                  &args, &rows, e)) {
        return false;
    }
    int n = pg_rows_count(rows);
    struct ts_timer *timers = ARENA_ARRAY(&t->arena, struct ts_timer, n + 1);
    for (int i = 0; i < n; i++) timers[i] = (struct ts_timer){.id = pg_int(rows, i, 0), .due_ms = pg_int(rows, i, 1)};
    pg_rows_free(rows);
    if (timers_put(t, part, timers, n)) {
        if (n > 0) p->fill_due = timers[n - 1].due_ms, p->fill_id = timers[n - 1].id;
        p->rows += n;
        if (n < FILL_MOST) p->index = INDEX_WHOLE;
    }
    return true;
}

void timers_count(struct part *p, int64_t due, int64_t id, int change)
{
    bool filled = due < p->fill_due || (due == p->fill_due && id <= p->fill_id);
    if (p->index == INDEX_WHOLE || (p->index == INDEX_FILLING && filled)) p->rows += change;
}

/* ---- comparing ---- */

static bool same(const struct part *p, const struct ts_window *w, const struct pg_rows *rows)
{
    if (w->pending + w->leased != p->rows || w->n != pg_rows_count(rows)) return false;
    for (int i = 0; i < w->n; i++)
        if (w->timers[i].id != pg_int(rows, i, 0) || w->timers[i].due_ms != pg_int(rows, i, 1)) return false;
    return true;
}

/* Only what is not due nor claimed ahead: nothing on its way touches that. The head every other time, else window after
 * window through the whole partition; a window that differed is looked at again. */
static bool compare(struct host *h, int part, int64_t now_ms, struct err *e)
{
    struct timers *t = h->adapter;
    struct part *p = &t->parts[part];
    struct ts_timer timers[WINDOW];
    bool head = p->looks % 2 == 0;
    int64_t from = p->ahead_to > now_ms ? p->ahead_to : now_ms;
    struct ts_window w = {
        .after_ms = !head && p->look_from > from ? p->look_from : from, .max = WINDOW, .timers = timers};
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_int(&args, part);
    pg_arg_int(&args, w.after_ms);
    timers_acknowledge(t, part); /* what has fired since is no row any more, and must be no lease */
    if (!timers_index_said(t, part, ts_look(t->ts, part, &w))) return true;
    if (!pg_query(h->pg,
                  "SELECT id, due FROM timer WHERE partition = $1 AND due > $2 "
                  "ORDER BY due, id LIMIT 256",
                  &args, &rows, e)) {
        return false;
    }
    p->differed = same(p, &w, rows) ? 0 : p->differed + 1;
    pg_rows_free(rows);
    if (p->differed == 0 && !head) p->look_from = w.n == WINDOW ? timers[w.n - 1].due_ms : 0;
    if (p->differed == 0) p->looks++;
    if (p->differed >= TIMERS_DIFFER) {
        log_warn("partition %d: the timer index holds %lld, %lld are armed; it is rebuilt from the rows", part,
                 (long long)(w.pending + w.leased), (long long)p->rows);
        timers_assign_index(t, part);
    }
    return true;
}

/* The next partition with a whole index; one that differed is looked at again first. */
static int to_compare(struct timers *t)
{
    for (int i = 0; i < t->n_parts; i++)
        if (t->parts[i].mine && t->parts[i].index == INDEX_WHOLE && t->parts[i].differed > 0) return i;
    for (int i = 1; i <= t->n_parts; i++) {
        int part = (t->look_part + i) % t->n_parts;
        if (!t->parts[part].mine || t->parts[part].index != INDEX_WHOLE) continue;
        t->look_part = part;
        return part;
    }
    return -1;
}

bool timers_compare(struct host *h, int64_t now_ms, struct err *e)
{
    int part = to_compare(h->adapter);
    return part < 0 || compare(h, part, now_ms, e);
}
