/* Claims: ids from the index, and their rows and cases' states from the database. While timers fire nothing waits for
 * that: the index is asked in one turn, and the transaction of the next firing reads the rows, after all it writes, so
 * that they are never older than what it decided. */
#include "base/log.h"
#include "sla/timers.h"

enum { CLAIM_MOST = 256, CLAIM_AHEAD_MOST = 64, CLAIM_AHEAD_LEAST = 16 };

/* ---- rows ---- */

static bool has_row(const struct pg_rows *rows, int64_t id)
{
    for (int k = 0; k < pg_rows_count(rows); k++)
        if (pg_int(rows, k, 0) == id) return true;
    return false;
}

/* An id without an armed row is forgotten. */
static void forget_others(struct timers *t, int part, int64_t *ids, int n, const struct pg_rows *rows)
{
    int gone = 0;
    if (pg_rows_count(rows) == n) return;
    for (int i = 0; i < n; i++)
        if (!has_row(rows, ids[i])) ids[gone++] = ids[i];
    timers_index_said(t, part, ts_ack(t->ts, part, ids, gone));
}

static const char CLAIMED[] =
    "SELECT t.id, t.partition, t.due, t.case_id, t.code, t.ver, t.warning, s.rev, s.body::text "
    "FROM timer t LEFT JOIN case_state s ON s.case_id = t.case_id WHERE t.id = ANY($1)";

/* The rows of CLAIMED for n ids of a partition. */
static void take_rows(struct host *h, int part, int64_t *ids, int n, const struct pg_rows *rows)
{
    struct timers *t = h->adapter;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        timers_offer(t, rows, i);
        if (!pg_is_null(rows, i, 7)) host_adopt(h, pg_int(rows, i, 3), pg_int(rows, i, 7), pg_text(rows, i, 8));
    }
    forget_others(t, part, ids, n, rows);
}

static bool read_rows(struct host *h, int part, int64_t *ids, int n, struct err *e)
{
    struct timers *t = h->adapter;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&t->arena);
    pg_arg_ints(&args, ids, n);
    if (!pg_query(h->pg, CLAIMED, &args, &rows, e)) return false;
    take_rows(h, part, ids, n, rows);
    pg_rows_free(rows);
    return true;
}

/* ---- claims ---- */

static struct ts_claim claim_until(const struct timers *t, int64_t until_ms, int64_t now_ms)
{
    return (struct ts_claim){.now_ms = until_ms,
                             .lease_ms = now_ms - until_ms + timers_scaled(t, LEASE_MS),
                             .fresh_ms = until_ms - now_ms + timers_scaled(t, GRACE_MS),
                             .max = until_ms > now_ms ? CLAIM_AHEAD_MOST : CLAIM_MOST};
}

bool timers_claim(struct host *h, int part, int64_t until_ms, int64_t now_ms, struct err *e)
{
    struct timers *t = h->adapter;
    struct part *p = &t->parts[part];
    int64_t ids[CLAIM_MOST];
    int n = 0;
    struct ts_claim ask = claim_until(t, until_ms, now_ms);
    if (!timers_index_said(t, part, ts_claim(t->ts, part, &ask, ids, &n))) return true;
    if (until_ms > p->ahead_to) p->ahead_to = until_ms;
    return n == 0 || read_rows(h, part, ids, n, e);
}

/* One claim a commit: twice what a commit fires stays ahead of it. */
void timers_ask(struct timers *t, int part, int64_t until_ms, int64_t now_ms)
{
    struct part *p = &t->parts[part];
    struct ts_claim ask = claim_until(t, until_ms, now_ms);
    ask.max = 2 * t->fired_last < CLAIM_AHEAD_LEAST ? CLAIM_AHEAD_LEAST : 2 * t->fired_last;
    if (ask.max > CLAIM_MOST) ask.max = CLAIM_MOST;
    if (!timers_index_said(t, part, ts_ask(t->ts, part, &ask))) return;
    if (until_ms > p->ahead_to) p->ahead_to = until_ms;
    t->claim.state = CLAIM_ASKED;
    t->claim.part = part;
    t->claim.epoch = p->epoch;
    t->claim.n = 0;
}

static bool still_mine(const struct timers *t)
{
    const struct part *p = &t->parts[t->claim.part];
    return p->mine && p->epoch == t->claim.epoch;
}

/* What was asked for is there; false: nothing is to be read. The leases of a partition that is gone end by themselves.
 */
static bool given(struct timers *t)
{
    struct claim *c = &t->claim;
    if (c->state == CLAIM_ASKED) {
        enum ts_result r = ts_answer(t->ts, c->ids, &c->n);
        c->state = CLAIM_GIVEN;
        if (still_mine(t) && !timers_index_said(t, c->part, r)) c->n = 0;
    }
    if (c->state == CLAIM_GIVEN && (c->n == 0 || !still_mine(t))) c->state = CLAIM_NONE;
    return c->state == CLAIM_GIVEN;
}

void timers_read_claimed(struct host *h, struct pg_tx *tx, struct pg_rows **rows)
{
    struct timers *t = h->adapter;
    if (!given(t)) return;
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, t->claim.ids, t->claim.n);
    pg_tx_read(tx, CLAIMED, &args, rows);
}

void timers_take_claimed(struct host *h, const struct pg_rows *rows)
{
    struct timers *t = h->adapter;
    struct claim *c = &t->claim;
    if (!given(t)) return;
    c->state = CLAIM_NONE;
    take_rows(h, c->part, c->ids, c->n, rows);
}

bool timers_end_claim(struct host *h, struct err *e)
{
    struct timers *t = h->adapter;
    if (!given(t)) return true;
    if (!read_rows(h, t->claim.part, t->claim.ids, t->claim.n, e)) return false;
    t->claim.state = CLAIM_NONE;
    return true;
}
