/* What is looked at by the clock: epochs and wants (1 s), log ends, writers' numbers when idle (2 s), rows that
 * nobody needs any more (1 min), health. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "policy/policy_load.h"
#include "runtime/health.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"

enum { ENDS_MS = 1000 };

static int running_parts(struct loop *l, int64_t *parts)
{
    int n = 0;
    for (int part = 0; part < l->host.partitions; part++)
        if (proto_state(l->proto, part) == PROTO_RUNNING) parts[n++] = part;
    return n;
}

/* ---- tick ---- */

static void read_epochs(struct loop *l, const struct pg_rows *rows)
{
    for (int i = 0; i < pg_rows_count(rows); i++) {
        int part = (int)pg_int(rows, i, 0);
        if (proto_state(l->proto, part) != PROTO_RUNNING) continue;
        if (proto_tick_fence(l->proto, part, pg_int(rows, i, 1), pg_int(rows, i, 2), loop_mono_ms()) == PROTO_LET_GO) {
            log_warn("partition %d has another owner; let go", part);
            assign_let_go(l, part);
        }
    }
}

static void read_wants(struct loop *l, const struct pg_rows *rows)
{
    for (int i = 0; i < pg_rows_count(rows); i++) {
        int topic = topic_parse(pg_text(rows, i, 1));
        struct proto_want_row w = {.stream = {(uint16_t)l->service, (uint16_t)pg_int(rows, i, 3), (uint16_t)topic,
                                              (uint16_t)pg_int(rows, i, 2)},
                                   .consumer = (uint16_t)service_parse(pg_text(rows, i, 0)),
                                   .want = pg_int(rows, i, 4),
                                   .want_n = pg_int(rows, i, 5)};
        switch (proto_tick_want(l->proto, &w, loop_mono_ms())) {
        case PROTO_WANT_OLD:
        case PROTO_WANT_LATER: break;
        case PROTO_WANT_MOVED:
            metrics_add(l->host.metrics, METRIC_WANTS_ANSWERED, 1);
            log_info("%s lacks %s/%d number %lld; sending again from there", pg_text(rows, i, 0), topic_short(topic),
                     w.stream.dst, (long long)w.want);
            break;
        case PROTO_WANT_BELOW_FLOOR:
            log_error("ALARM %s lacks %s/%d number %lld, which was dropped from the outbox", pg_text(rows, i, 0),
                      topic_short(topic), w.stream.dst, (long long)w.want);
            break;
        }
    }
}

static void tick(struct loop *l)
{
    int64_t parts[LOOP_PARTS];
    int n = running_parts(l, parts);
    const char *cluster = kafka_consumer_cluster(l->consumer);
    if (l->cluster[0] == '\0') snprintf(l->cluster, sizeof l->cluster, "%s", cluster);
    if (strcmp(l->cluster, cluster) != 0) {
        assign_rejoin(l);
        return;
    }
    proto_tick_cluster(l->proto, cluster, loop_mono_ms());
    if (n == 0) return;
    arena_reset(&l->attempt_arena);
    struct pg_tx tx = PG_TX(&l->attempt_arena);
    struct pg_rows *epochs, *wants;
    struct pg_args fence = PG_ARGS(&l->attempt_arena), edges = PG_ARGS(&l->attempt_arena);
    pg_arg_ints(&fence, parts, n);
    pg_arg_ints(&edges, parts, n);
    pg_arg_text(&edges, l->spec->name);
    pg_tx_read(&tx, "SELECT partition, epoch, txn FROM fence WHERE partition = ANY($1)", &fence, &epochs);
    pg_tx_read(&tx,
               "SELECT consumer, topic, partition, source, want, want_n FROM runtime.edges "
               "WHERE want IS NOT NULL AND service = $2 AND source = ANY($1)",
               &edges, &wants);
    struct err e = ERR_INIT;
    if (!pg_read(l->pg, &tx, &e)) {
        loop_failed(l, "the tick", &e);
        return;
    }
    read_epochs(l, epochs);
    read_wants(l, wants);
    pg_rows_free(epochs);
    pg_rows_free(wants);
}

/* ---- log ends ---- */

void watch_ask_ends(struct loop *l, int64_t every_ms)
{
    struct ends *q = &l->ends;
    int64_t mono = loop_mono_ms();
    if (mono - q->asked_ms < every_ms) return;
    struct kafka_place places[KAFKA_ENDS_MOST];
    int n = 0;
    for (int part = 0; part < l->host.partitions; part++) {
        if (proto_state(l->proto, part) != PROTO_RUNNING) continue;
        for (int i = 0; i < l->n_topics; i++)
            places[n++] =
                (struct kafka_place){l->topics[i], part, proto_position(l->proto, part, (uint16_t)l->topics[i])};
    }
    if (n == 0 || !kafka_ends_ask(l->ends_client, places, n)) return;
    q->n = n;
    q->asked_ms = mono;
    q->clock_ms = l->now_ms;
    for (int i = 0; i < n; i++) q->positions[i] = places[i].offset;
    for (int part = 0; part < l->host.partitions; part++) q->session[part] = proto_session(l->proto, part);
}

/* What was told is the end as of the question, or later. What was read since then was in the log too; an end below what
 * had been read before the question is a log that lost its tail. */
static int64_t end_now(struct loop *l, const struct kafka_place *told, int64_t asked_at)
{
    int64_t position = proto_position(l->proto, told->part, (uint16_t)told->topic);
    return told->offset >= asked_at && position > told->offset ? position : told->offset;
}

static void take_ends(struct loop *l, const struct kafka_place *places)
{
    const struct ends *q = &l->ends;
    int64_t lag[TOPIC_COUNT] = {0};
    bool told[LOOP_PARTS] = {0}; /* the ends of all its topics; the question has whole partitions */
    for (int i = 0; i < q->n; i++) told[places[i].part] = true;
    for (int part = 0; part < l->host.partitions; part++)
        told[part] = told[part] && proto_state(l->proto, part) == PROTO_RUNNING &&
                     proto_session(l->proto, part) == q->session[part];
    for (int i = 0; i < q->n; i++) {
        if (places[i].offset < 0) told[places[i].part] = false;
        if (!told[places[i].part]) continue;
        uint16_t topic = (uint16_t)places[i].topic;
        int64_t end = end_now(l, &places[i], q->positions[i]);
        proto_fetched(l->proto, places[i].part, topic, end, q->asked_ms);
        int64_t behind = end - proto_position(l->proto, places[i].part, topic);
        if (behind > 0) lag[topic] += behind;
    }
    for (int part = 0; part < l->host.partitions; part++)
        if (told[part]) proto_ends_noted(l->proto, part, q->clock_ms);
    for (int i = 0; i < l->n_topics; i++) metrics_lag(l->host.metrics, topic_short(l->topics[i]), lag[l->topics[i]]);
}

void watch_take_ends(struct loop *l)
{
    struct kafka_place places[KAFKA_ENDS_MOST];
    struct err e = ERR_INIT;
    enum kafka_ends_said said = kafka_ends_take(l->ends_client, places, &e);
    if (said == KAFKA_ENDS_NOTHING) return;
    bool well = said == KAFKA_ENDS_TOLD;
    if (!well && !l->broker_gone) log_err(LOG_ERROR, "the broker does not answer", &e);
    if (well && l->broker_gone) log_info("the broker answers again");
    l->broker_gone = !well;
    if (well) take_ends(l, places);
}

/* ---- idle check ---- */

static struct pg_rows *read_writers(struct loop *l, const int64_t *parts, int n)
{
    struct err e = ERR_INIT;
    struct pg_args args = PG_ARGS(&l->attempt_arena);
    struct pg_rows *rows = NULL;
    pg_arg_ints(&args, parts, n);
    if (!pg_query(l->pg,
                  "SELECT service, partition, topic, dst, out_seq, floor FROM runtime.streams WHERE dst = ANY($1)",
                  &args, &rows, &e))
        loop_failed(l, "the idle check", &e);
    return rows;
}

static int writers_of(struct loop *l, const struct pg_rows *rows, int part, int topic, struct proto_writer_row *to)
{
    char name[TOPIC_NAME_SIZE];
    topic_name(topic, l->service, name);
    int n = 0;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        if (pg_int(rows, i, 3) != part || strcmp(pg_text(rows, i, 2), name) != 0) continue;
        struct proto_stream s = {(uint16_t)service_parse(pg_text(rows, i, 0)), (uint16_t)pg_int(rows, i, 1),
                                 (uint16_t)topic, (uint16_t)part};
        to[n++] = (struct proto_writer_row){s, pg_int(rows, i, 4), pg_int(rows, i, 5)};
    }
    return n;
}

/* Asks for everything the part lacks; runs inside a small batch. */
static void ask_all(struct loop *l, struct pg_tx *tx, int part)
{
    (void)tx;
    for (int i = 0; i < l->pspec.n_inputs; i++)
        if (l->ask[part] & (1u << i)) proto_ask(l->proto, part, l->inputs[i].topic, loop_mono_ms());
}

static bool any_idle_due(struct loop *l, const int64_t *parts, int n)
{
    for (int k = 0; k < n; k++)
        for (int i = 0; i < l->pspec.n_inputs; i++)
            if (proto_idle_due(l->proto, (int)parts[k], l->inputs[i].topic, loop_mono_ms())) return true;
    return false;
}

static void idle_check(struct loop *l)
{
    int64_t parts[LOOP_PARTS];
    int n = running_parts(l, parts), asking[LOOP_PARTS], n_asking = 0;
    if (n == 0 || !any_idle_due(l, parts, n)) return;
    arena_reset(&l->attempt_arena);
    struct pg_rows *rows = read_writers(l, parts, n);
    if (rows == NULL) return;
    struct proto_writer_row *writers = ARENA_ARRAY(&l->attempt_arena, struct proto_writer_row, pg_rows_count(rows) + 1);
    for (int k = 0; k < n; k++) {
        int part = (int)parts[k];
        l->ask[part] = 0;
        for (int i = 0; i < l->pspec.n_inputs; i++) {
            uint16_t topic = l->inputs[i].topic;
            if (!proto_idle_due(l->proto, part, topic, loop_mono_ms())) continue;
            int m = writers_of(l, rows, part, topic, writers);
            if (proto_idle_look(l->proto, part, topic, writers, m, loop_mono_ms()) > 0) l->ask[part] |= 1u << i;
        }
        if (l->ask[part] != 0) asking[n_asking++] = part;
    }
    pg_rows_free(rows);
    if (n_asking == 0) return;
    log_info("%d partitions lack records that were written; asking for them", n_asking);
    metrics_add(l->host.metrics, METRIC_ASKED, n_asking);
    if (!batch_small(l, asking, n_asking, ask_all)) l->reading_stale = true;
}

/* ---- retention ---- */

/* Outbox rows that every registered consumer has and that are older than a day; `seen` older than the log. */
static const char droppable_sql[] =
    "SELECT o.topic, o.dst, max(o.last_seq), max(o.made_ms), "
    "(SELECT count(*) FROM runtime.edges e WHERE e.service = $2 AND e.source = $1 AND e.topic = o.topic "
    "AND e.partition = o.dst), "
    "(SELECT min(last_seq) FROM runtime.edges e WHERE e.service = $2 AND e.source = $1 AND e.topic = o.topic "
    "AND e.partition = o.dst), "
    "(SELECT count(*) FROM runtime.subscription s WHERE s.topic = o.topic), "
    "(SELECT count(DISTINCT service) FROM runtime.subscription) "
    "FROM outbox o WHERE o.partition = $1 AND o.made_ms < $3 AND o.last_seq <= coalesce((SELECT min(last_seq) "
    "FROM runtime.edges e WHERE e.service = $2 AND e.source = $1 AND e.topic = o.topic AND e.partition = o.dst), "
    "o.last_seq) GROUP BY o.topic, o.dst";

static bool may_drop(const struct pg_rows *r, int i)
{
    if (pg_int(r, i, 7) < SERVICE_COUNT) return false; /* a service has never started: it may need everything */
    struct proto_retained one = {.last = pg_int(r, i, 2),
                                 .consumers = (int)pg_int(r, i, 4),
                                 .consumers_needed = (int)pg_int(r, i, 6),
                                 .min_last_seq = pg_int(r, i, 5)};
    return proto_may_drop(&one, 1, pg_int(r, i, 3), clock_real_ms());
}

static void drop_rows(struct loop *l, struct pg_tx *tx, int part)
{
    for (int i = 0; i < pg_rows_count(l->droppable); i++) {
        if (!may_drop(l->droppable, i)) continue;
        const char *topic = pg_text(l->droppable, i, 0);
        int64_t dst = pg_int(l->droppable, i, 1), last = pg_int(l->droppable, i, 2);
        proto_drop_through(l->proto, part, (uint16_t)topic_parse(topic), (int)dst, last);
        struct pg_args args = PG_ARGS(tx->arena);
        pg_arg_int(&args, part);
        pg_arg_text(&args, arena_strdup(tx->arena, topic));
        pg_arg_int(&args, dst);
        pg_arg_int(&args, last);
        pg_tx_add(tx, "DELETE FROM outbox WHERE partition = $1 AND topic = $2 AND dst = $3 AND last_seq <= $4", &args);
    }
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_int(&args, part);
    pg_arg_int(&args, clock_real_ms() - INT64_C(45) * 86400000);
    pg_tx_add(tx, "DELETE FROM seen WHERE partition = $1 AND at_ms < $2", &args);
}

/* One partition a call, round robin, so that housekeeping never holds the loop up. */
static void retain(struct loop *l)
{
    int64_t parts[LOOP_PARTS];
    int n = running_parts(l, parts);
    if (n == 0) return;
    int part = (int)parts[l->retain_next++ % n];
    struct arena arena;
    arena_init(&arena);
    struct pg_args args = PG_ARGS(&arena);
    struct err e = ERR_INIT;
    pg_arg_int(&args, part);
    pg_arg_text(&args, l->spec->name);
    pg_arg_int(&args, clock_real_ms() - PROTO_KEEP_OUTBOX_MS);
    if (!pg_query(l->pg, droppable_sql, &args, &l->droppable, &e)) {
        loop_failed(l, "looking for outbox rows to drop", &e);
    } else {
        if (!batch_small(l, &part, 1, drop_rows)) l->reading_stale = true;
        pg_rows_free(l->droppable);
        l->droppable = NULL;
    }
    arena_deinit(&arena);
}

/* ---- a changed policy ---- */

/* Between two batches: what is decided from now on is decided by the new revision, and says so (SL-6). */
void watch_policy(struct loop *l)
{
    struct err e = ERR_INIT;
    const struct policy *before = l->host.policy, *p = before;
    if (p == NULL) return;
    bool well = policy_load_later(config_text(&l->config, "policy.dir"), &p, &e);
    if (!well && !l->policy_alarm)
        log_err(LOG_ERROR, "ALARM the policy's next revision cannot be loaded; the one before stays in force", &e);
    l->policy_alarm = !well;
    if (p == before) return;
    l->host.policy = p;
    log_info("decides by revision %lld of the policy from now on", (long long)p->revision);
}

/* ---- all of it ---- */

static void look_at_health(struct loop *l)
{
    struct proto_health h;
    proto_health(l->proto, loop_mono_ms(), &h);
    bool ready = h.ready && h.running > 0 && !l->failing && !l->broker_gone && pg_is_up(l->pg);
    health_set(l->health, ready, &h);
    metrics_set(l->host.metrics, METRIC_UNSENT, h.unsent);
    metrics_set(l->host.metrics, METRIC_WANTS, h.wants);
    metrics_set(l->host.metrics, METRIC_OLDEST_WANT_MS, h.oldest_want_ms);
    metrics_set(l->host.metrics, METRIC_PARKED_CASES, h.parked_cases);
    metrics_set(l->host.metrics, METRIC_PARTITIONS, h.running);
    metrics_set(l->host.metrics, METRIC_READY, ready);
    bool old = h.wants > 0 && h.oldest_want_ms > PROTO_WANT_ALARM_MS;
    if (old && !l->want_alarm)
        log_error("ALARM %s/%d lacks records of %s/%d for more than 30 s", topic_short(h.oldest_want.topic),
                  h.oldest_want.dst, service_text(h.oldest_want.service), h.oldest_want.src);
    l->want_alarm = old;
}

static void ask_ends(struct loop *l) { watch_ask_ends(l, ENDS_MS); }

static void retain_when_due(struct loop *l)
{
    int64_t mono = loop_mono_ms();
    if (mono - l->retain_ms < config_int(&l->config, "retain.every.ms")) return;
    l->retain_ms = mono;
    retain(l);
}

static void tick_adapter(struct loop *l)
{
    const struct adapter *adapter = l->spec->adapter;
    if (adapter != NULL && adapter->tick != NULL) adapter->tick(&l->host, l->now_ms);
}

/* One of them a turn: what falls due meanwhile waits for one, not for all. While nothing can be committed nothing
 * waits. */
static void (*const jobs[])(struct loop *l) = {tick,         watch_policy,  ask_ends, idle_check, retain_when_due,
                                               tick_adapter, look_at_health};

bool watch(struct loop *l)
{
    if (l->job == 0) {
        int64_t mono = loop_mono_ms();
        if (mono - l->tick_ms < PROTO_TICK_MS) return false;
        l->tick_ms = mono;
    }
    do {
        jobs[l->job](l);
        l->job = (l->job + 1) % (int)(sizeof jobs / sizeof jobs[0]);
        if (l->consumer == NULL) l->job = 0; /* it joins another cluster */
    } while (l->job != 0 && l->failing);
    return l->job != 0;
}
