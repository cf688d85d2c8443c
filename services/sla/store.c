/* Timer rows from what the core emitted (schemas/db/070_sla.sql): what starts a run arms, what ends it removes, and a
 * timer that fired goes in the transaction of what it caused. */
#include <stdlib.h>
#include <string.h>

#include "sla/sla.h"
#include "sla/sla_shell.h"
#include "sla/timers.h"

struct sla_rows *sla_store_rows(struct host *h) { return h->store; }

void sla_rows_clear(struct sla_rows *rows)
{
    if (rows->armed != NULL) pg_rows_free(rows->armed);
    if (rows->cancelled != NULL) pg_rows_free(rows->cancelled);
    if (rows->claimed != NULL) pg_rows_free(rows->claimed);
    *rows = (struct sla_rows){0};
}

static bool open_store(struct host *h, struct err *e)
{
    (void)e;
    h->store = calloc(1, sizeof(struct sla_rows));
    if (h->store == NULL) abort();
    return true;
}

static void close_store(struct host *h)
{
    if (h->store != NULL) sla_rows_clear(h->store);
    free(h->store);
    h->store = NULL;
}

/* Limits' timers of one kind of statement, as columns. warning: 0, 1; -1 = both of the version. */
struct timer_columns {
    int n;
    int64_t *case_id, *ver, *warning, *due, *part, *revision;
    const char **code;
};

/* Timers that were taken as inputs: rows by their id. */
struct taken {
    int n;
    int64_t *id, *now;
};

static struct timer_columns columns_for(struct arena *a, int n)
{
    return (struct timer_columns){.case_id = ARENA_ARRAY(a, int64_t, n),
                                  .ver = ARENA_ARRAY(a, int64_t, n),
                                  .warning = ARENA_ARRAY(a, int64_t, n),
                                  .due = ARENA_ARRAY(a, int64_t, n),
                                  .part = ARENA_ARRAY(a, int64_t, n),
                                  .revision = ARENA_ARRAY(a, int64_t, n),
                                  .code = ARENA_ARRAY(a, const char *, n)};
}

static struct taken taken_for(struct arena *a, int n)
{
    return (struct taken){.id = ARENA_ARRAY(a, int64_t, n), .now = ARENA_ARRAY(a, int64_t, n)};
}

struct timer_name {
    const char *code;
    int64_t ver, warning;
};

static void add(struct timer_columns *t, const struct change *c, const struct timer_name *name, int64_t due)
{
    int i = t->n++;
    t->case_id[i] = c->in->case_id;
    t->part[i] = c->part;
    t->code[i] = name->code;
    t->ver[i] = name->ver;
    t->warning[i] = name->warning;
    t->due[i] = due;
}

struct work {
    struct pg_tx *tx;
    struct timer_columns arm, moved, cancel;
    struct taken fire, dropped;
};

static void arm(struct work *p, const struct change *c, const struct limit *l)
{
    if (l->state != LIMIT_STATE_ARMED) return;
    for (int warning = 0; warning <= (l->has_warn_ms ? 1 : 0); warning++) {
        add(&p->arm, c, &(struct timer_name){l->code, l->ver, warning}, warning ? l->warn_ms : l->due_ms);
        p->arm.revision[p->arm.n - 1] = l->has_revision ? l->revision : 1;
    }
}

static void cancel(struct work *p, const struct change *c, const char *code, int64_t ver)
{
    add(&p->cancel, c, &(struct timer_name){code, ver, -1}, 0);
}

/* Whether a timer of the limit may still be armed beside the one whose firing is the miss: that of a warning to come.
 */
static bool warning_stands(const struct change *c, const char *code)
{
    const struct sla_state *before = c->before;
    for (int i = 0; i < before->n_limits; i++) {
        const struct limit *l = &before->limits[i];
        if (strcmp(l->code, code) == 0) return l->has_warn_ms && !l->has_warned_ms;
    }
    return true;
}

static void take_output(struct work *p, const struct change *c, const struct made *m)
{
    if (m->type == EV_SLA_ARMED) {
        arm(p, c, ((const struct ev_sla_armed *)m->data)->limit);
    } else if (m->type == EV_SLA_RESUMED) {
        arm(p, c, ((const struct ev_sla_resumed *)m->data)->limit);
    } else if (m->type == EV_SLA_RESCHEDULED) {
        const struct limit *l = ((const struct ev_sla_rescheduled *)m->data)->limit;
        cancel(p, c, l->code, l->ver - 1);
        arm(p, c, l);
    } else if (m->type == EV_SLA_MET) {
        cancel(p, c, ((const struct ev_sla_met *)m->data)->code, ((const struct ev_sla_met *)m->data)->ver);
    } else if (m->type == EV_SLA_CANCELLED) {
        cancel(p, c, ((const struct ev_sla_cancelled *)m->data)->code, ((const struct ev_sla_cancelled *)m->data)->ver);
    } else if (m->type == EV_SLA_PAUSED) {
        cancel(p, c, ((const struct ev_sla_paused *)m->data)->code, ((const struct ev_sla_paused *)m->data)->ver);
    } else if (m->type == EV_SLA_BREACHED) {
        const struct ev_sla_breached *miss = m->data;
        if (c->local == NULL || warning_stands(c, miss->code)) cancel(p, c, miss->code, miss->ver);
    }
}

/* The case has been looked at under a revision of the policy, whether something moved or not (moves.h). */
static void take_move(struct work *p, const struct change *c)
{
    if (c->parked) return;
    add(&p->moved, c, &(struct timer_name){.code = ""}, 0);
    p->moved.revision[p->moved.n - 1] = ((const struct ev_sla_policy_changed *)c->local->data)->revision;
}

/* An alarm keeps its row. A timer that was taken as an input: what it caused stands with its firing; one whose case is
 * parked stands in `parked` from now on; one the core had no use for (answered in the same batch) goes. Driven again
 * from `parked` it has fired already. */
static void take_local(struct work *p, const struct change *c)
{
    if (c->local == NULL) return;
    if (c->local->post != NULL) {
        watch_write(p->tx, c->part, c->local->tag);
        return;
    }
    if (c->local->type == EV_SLA_POLICY_CHANGED) {
        take_move(p, c);
        return;
    }
    struct taken *to = c->verdict == VERDICT_DONE ? &p->fire : &p->dropped;
    to->id[to->n] = timerlist_id(c->local->tag);
    to->now[to->n++] = c->in->now_ms;
}

/* ---- statements ---- */

static struct pg_args named(struct arena *a, const struct timer_columns *t)
{
    struct pg_args args = PG_ARGS(a);
    pg_arg_ints(&args, t->case_id, t->n);
    pg_arg_texts(&args, t->code, t->n);
    pg_arg_ints(&args, t->ver, t->n);
    pg_arg_ints(&args, t->warning, t->n);
    return args;
}

static void write_arm(struct pg_tx *tx, const struct timer_columns *t, struct pg_rows **rows)
{
    struct pg_args args = named(tx->arena, t);
    pg_arg_ints(&args, t->due, t->n);
    pg_arg_ints(&args, t->part, t->n);
    pg_arg_ints(&args, t->revision, t->n);
    pg_tx_read(
        tx,
        "INSERT INTO timer (case_id, code, ver, warning, due, partition, revision) "
        "SELECT c, code, v, w <> 0, d, p, r FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[], $5::int8[], "
        "$6::int8[], $7::int8[]) AS u(c, code, v, w, d, p, r) RETURNING id, partition, due, case_id, code, ver, "
        "warning",
        &args, rows);
}

static void write_taken(struct pg_tx *tx, const struct taken *t, const char *sql)
{
    struct pg_args args = PG_ARGS(tx->arena);
    if (t->n == 0) return;
    pg_arg_ints(&args, t->id, t->n);
    pg_arg_ints(&args, t->now, t->n);
    pg_tx_add(tx, sql, &args);
}

static const char FIRE[] = "SELECT sla.fire($1::int8[], $2::int8[])";
static const char DROP[] = "DELETE FROM timer AS t USING unnest($1::int8[], $2::int8[]) AS u(id, now) "
                           "WHERE t.id = u.id AND t.due <= u.now";

static void write_moved(struct pg_tx *tx, const struct timer_columns *t)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, t->case_id, t->n);
    pg_arg_ints(&args, t->revision, t->n);
    pg_tx_add(tx,
              "UPDATE timer AS t SET revision = u.r FROM unnest($1::int8[], $2::int8[]) AS u(c, r) "
              "WHERE t.case_id = u.c AND t.revision < u.r",
              &args);
}

static void write_cancel(struct pg_tx *tx, const struct timer_columns *t, struct pg_rows **rows)
{
    struct pg_args args = named(tx->arena, t);
    pg_tx_read(tx,
               "DELETE FROM timer AS t USING unnest($1::int8[], $2::text[], $3::int8[], $4::int8[]) "
               "AS u(c, code, v, w) WHERE t.case_id = u.c AND t.code = u.code AND t.ver = u.v "
               "RETURNING t.id, t.partition, t.due",
               &args, rows);
}

static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    (void)e;
    struct sla_rows *rows = h->store;
    int outputs = 0;
    sla_rows_clear(rows);
    for (int i = 0; i < n; i++) outputs += changes[i].n_made;
    struct work p = {.tx = tx,
                     .arm = columns_for(tx->arena, 2 * outputs + 1),
                     .fire = taken_for(tx->arena, n + 1),
                     .dropped = taken_for(tx->arena, n + 1),
                     .moved = columns_for(tx->arena, n + 1),
                     .cancel = columns_for(tx->arena, outputs + 1)};
    for (int i = 0; i < n; i++) {
        take_local(&p, &changes[i]);
        for (int k = 0; changes[i].verdict == VERDICT_DONE && k < changes[i].n_made; k++) {
            if (changes[i].made[k].data != NULL) take_output(&p, &changes[i], &changes[i].made[k]);
        }
    }
    /* In this order: a timer armed in this batch may be cancelled in it; a fired one is no more to be cancelled. */
    if (p.arm.n > 0) write_arm(tx, &p.arm, &rows->armed);
    write_taken(tx, &p.fire, FIRE);
    write_taken(tx, &p.dropped, DROP);
    if (p.moved.n > 0) write_moved(tx, &p.moved);
    if (p.cancel.n > 0) write_cancel(tx, &p.cancel, &rows->cancelled);
    timers_read_claimed(h, tx, &rows->claimed); /* last: as they stand after all of this */
    return true;
}

const struct store sla_store = {.open = open_store, .close = close_store, .save = save};
