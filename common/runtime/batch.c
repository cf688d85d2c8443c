/* One batch: attempts at it, whole or in halves, until every input is committed or its partition is gone.
 *
 * After a fence or an unknown outcome everything collected is dropped: positions come from the database at the
 * next assignment. After an infrastructure failure the batch stays and is composed again after a pause. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "policy/policy.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"

static void attempt_free(struct attempt *a)
{
    for (int i = 0; i < a->n_out; i++) {
        free(a->out[i].at);
        buf_deinit(&a->out[i].raw);
    }
}

/* Bad data found before the database saw it counts like the database's refusal: halve, at one input park. */
static enum proto_outcome composing_failed(const struct err *e)
{
    return e->code == ERR_INTERNAL || e->code == ERR_DATA || e->code == ERR_DB_DATA ? PROTO_DATA : PROTO_INFRA;
}

static enum proto_outcome run(struct loop *l, struct attempt *a, struct err *e)
{
    struct pg_tx tx = PG_TX(&l->attempt_arena);
    int64_t begun = clock_monotonic_us();
    if (!gather(l, a, e)) return composing_failed(e);
    int64_t gathered = clock_monotonic_us();
    fold(l, a);
    if (!write_attempt(l, a, &tx, e)) return composing_failed(e);
    int64_t folded = clock_monotonic_us();
    enum proto_outcome outcome = pg_tx_run(l->pg, &tx, e);
    metrics_observe(l->host.metrics, METRIC_LOAD_US, gathered - begun);
    metrics_observe(l->host.metrics, METRIC_DECIDE_US, folded - gathered);
    metrics_observe(l->host.metrics, METRIC_COMMIT_US, clock_monotonic_us() - folded);
    return outcome;
}

/* After PROTO_FENCED: who owns each partition now. */
static void read_fences(struct loop *l, const int *parts, int n)
{
    struct err e = ERR_INIT;
    struct pg_args args = PG_ARGS(&l->attempt_arena);
    int64_t ids[PROTO_BATCH_PARTS];
    for (int i = 0; i < n; i++) ids[i] = parts[i];
    pg_arg_ints(&args, ids, n);
    struct pg_rows *rows;
    if (!pg_query(l->pg, "SELECT partition, epoch FROM fence WHERE partition = ANY($1)", &args, &rows, &e)) {
        loop_failed(l, "reading the fences", &e); /* the partitions are waiting: assignment finds out */
        return;
    }
    for (int i = 0; i < pg_rows_count(rows); i++) {
        int part = (int)pg_int(rows, i, 0);
        if (proto_fence_read(l->proto, part, pg_int(rows, i, 1), loop_mono_ms()) == PROTO_LET_GO)
            assign_let_go(l, part);
    }
    pg_rows_free(rows);
}

/* The very last of a batch: states of before and after may share memory with what the cache held. */
static void keep_states(struct loop *l, const struct attempt *a)
{
    if (l->cache == NULL) return;
    for (int i = 0; i < a->cap_slots; i++) {
        const struct slot *s = &a->slots[i];
        if (s->case_id == 0 || s->state == NULL || (s->cached && !s->changed)) continue;
        cache_put(l->cache, s->case_id, proto_session(l->proto, s->part), s->rev + s->changed, s->state);
    }
    cache_trim(l->cache);
}

static void end_attempt(struct loop *l, struct attempt *a, enum proto_outcome outcome, const struct err *e)
{
    struct proto_batch batch = a->batch;
    proto_batch_end(l->proto, &a->batch, outcome, loop_mono_ms());
    send_release(l);
    if (outcome == PROTO_FENCED) {
        metrics_add(l->host.metrics, METRIC_FENCED, 1);
        log_warn("fenced: another owner has a partition of this batch, or memory was stale");
        read_fences(l, batch.parts, batch.n);
    }
    if (outcome == PROTO_UNKNOWN)
        loop_failed(l, "the outcome of a commit is unknown; partitions are assigned again", e);
    if (outcome != PROTO_COMMITTED) return;
    loop_well(l);
    write_committed(l, &batch);
    int64_t made = 0;
    for (int i = 0; i < a->n_out; i++) made += a->out[i].n;
    metrics_add(l->host.metrics, METRIC_EVENTS_OUT, made);
    metrics_add(l->host.metrics, METRIC_EVENTS_IN, a->n_work);
    metrics_add(l->host.metrics, METRIC_PARKINGS, a->n_parked);
    for (int i = 0; i < a->n_parked; i++)
        if (strcmp(a->parked[i].cause, "behind") != 0)
            log_error("parked case %lld, partition %d: %s %s", (long long)a->parked[i].case_id, a->parked[i].part,
                      a->parked[i].cause, a->parked[i].detail == NULL ? "" : a->parked[i].detail);
    const struct store *store = l->spec->store;
    if (store != NULL && store->committed != NULL) store->committed(&l->host, a->changes, a->n_changes);
    const struct adapter *adapter = l->spec->adapter;
    if (adapter != NULL && adapter->committed != NULL) adapter->committed(&l->host, a->changes, a->n_changes);
    keep_states(l, a);
}

static bool is_lone_redrive(const struct loop *l, const struct proto_split *s)
{
    return s->hi - s->lo == 1 && l->items[s->lo].type == EV_COMMAND_REDRIVE && l->items[s->lo].local == NULL;
}

/* The pause after an infrastructure failure: polling goes on, nothing is taken. */
static void pause_batch(struct loop *l)
{
    while (loop_mono_ms() < l->backoff_until_ms && !loop_stopping) collect_nothing(l);
}

/* False: the batch is over (dropped). */
static bool step(struct loop *l, struct proto_split *s, char *detail, size_t detail_size)
{
    struct err e = ERR_INIT;
    arena_reset(&l->attempt_arena);
    struct attempt a = {.lo = s->lo, .hi = s->hi, .park = s->park, .redrive_limit = s->redrive_rows};
    a.park_detail = detail;
    enum proto_outcome outcome = run(l, &a, &e);
    end_attempt(l, &a, outcome, &e);
    attempt_free(&a);
    switch (outcome) {
    case PROTO_COMMITTED: proto_split_committed(s, a.redrive_left); return true;
    case PROTO_DATA:
        snprintf(detail, detail_size, "%s", e.message);
        if (proto_split_failed(s, is_lone_redrive(l, s), a.redrive_tried)) return true;
        loop_failed(l, "a parked row was refused by the database", &e);
        pause_batch(l);
        return !loop_stopping;
    case PROTO_INFRA:
        loop_failed(l, "a batch could not be committed; it is tried again", &e);
        pause_batch(l);
        return !loop_stopping;
    case PROTO_FENCED:
    case PROTO_UNKNOWN: return false;
    }
    return false;
}

/* No decision is made by older rules than what it follows from (SL-6): a service that has not looked yet would not
 * know a limit that has just been missed. */
static void keep_up_with_policy(struct loop *l)
{
    if (l->policy_told <= l->policy_looked) return;
    l->policy_looked = l->policy_told;
    const struct policy *p = l->host.policy;
    if (p != NULL && p->revision < l->policy_told) watch_policy(l);
}

void batch_run(struct loop *l)
{
    char detail[400] = "";
    keep_up_with_policy(l);
    struct proto_split s = proto_split_whole(l->n_items);
    metrics_observe(l->host.metrics, METRIC_BATCH, (int64_t)l->n_items);
    while (!proto_split_done(&s))
        if (!step(l, &s, detail, sizeof detail)) {
            l->reading_stale = true;
            break;
        }
    l->turn_items = (int64_t)l->n_items;
    l->batch_done_us = clock_monotonic_us();
    collect_drop(l);
}

bool batch_small(struct loop *l, const int *parts, int n, void (*pend)(struct loop *l, struct pg_tx *tx, int part))
{
    struct err e = ERR_INIT;
    struct attempt a = {0};
    arena_reset(&l->attempt_arena);
    struct pg_tx extra = PG_TX(&l->attempt_arena), tx = PG_TX(&l->attempt_arena);
    for (int i = 0; i < n; i++) {
        if (!proto_batch_join(l->proto, &a.batch, parts[i])) continue;
        proto_now(l->proto, parts[i], l->now_ms);
        if (pend != NULL) pend(l, &extra, parts[i]);
    }
    if (a.batch.n == 0) return true;
    write_fenced(l, &a.batch, &tx);
    for (int i = 0; i < extra.n; i++) pg_tx_add(&tx, extra.statements[i].sql, &extra.statements[i].args);
    enum proto_outcome outcome = pg_tx_run(l->pg, &tx, &e);
    end_attempt(l, &a, outcome, &e);
    if (outcome == PROTO_DATA || outcome == PROTO_INFRA) loop_failed(l, "a housekeeping transaction failed", &e);
    return outcome == PROTO_COMMITTED;
}
