/* Partitions given, assigned, taken. All partitions due are assigned together: what the broker says first (a
 * hint, and it must be read before the epoch bump), then one transaction each, then the rows made new. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/log.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"

void assign_given(void *loop, const int *parts, int n)
{
    struct loop *l = loop;
    for (int i = 0; i < n; i++)
        if (parts[i] < l->host.partitions) proto_given(l->proto, parts[i]);
    log_info("the group gives %d partitions", n);
    l->reading_stale = true;
}

void assign_let_go(struct loop *l, int part)
{
    const struct adapter *adapter = l->spec->adapter;
    if (adapter != NULL && adapter->revoked != NULL) adapter->revoked(&l->host, part);
    l->reading_stale = true;
}

void assign_revoked(void *loop, const int *parts, int n)
{
    struct loop *l = loop;
    for (int i = 0; i < n; i++) {
        if (parts[i] >= l->host.partitions) continue;
        proto_revoked(l->proto, parts[i]);
        assign_let_go(l, parts[i]);
    }
    log_info("the group takes %d partitions", n);
    send_release(l);
}

bool assign_join(struct loop *l, struct err *e)
{
    struct kafka_consumer_spec spec = {.config = &l->config,
                                       .service = l->service,
                                       .topics = l->topics,
                                       .n_topics = l->n_topics,
                                       .wake_fd = l->wake_fd,
                                       .generation = l->generation,
                                       .given = assign_given,
                                       .revoked = assign_revoked,
                                       .user = l};
    int dlq[LOOP_MAX_TOPICS + 1];
    memcpy(dlq, l->topics, (size_t)l->n_topics * sizeof dlq[0]);
    dlq[l->n_topics] = l->service; /* of local inputs */
    if (l->spec->core != NULL && !kafka_dlq_create(&l->config, l->service, dlq, l->n_topics + 1, e)) return false;
    if (!kafka_topics_ready(l->producer, l->topics, l->n_topics, l->host.partitions, e)) return false;
    l->consumer = kafka_consumer_new(&spec, e);
    l->cluster[0] = '\0';
    return l->consumer != NULL;
}

void assign_rejoin(struct loop *l)
{
    struct err e = ERR_INIT;
    if (l->consumer != NULL) {
        log_warn("the broker belongs to another cluster now; joining it");
        int all[LOOP_PARTS];
        for (int part = 0; part < l->host.partitions; part++) all[part] = part;
        collect_drop(l);
        assign_revoked(l, all, l->host.partitions);
        kafka_consumer_free(l->consumer);
        l->consumer = NULL;
        l->generation++;
    }
    if (l->producer == NULL || !assign_join(l, &e)) {
        loop_failed(l, "joining the cluster", &e);
        return;
    }
    loop_well(l);
}

/* ---- the last record of my own topic, for each partition ---- */

struct last_seqs {
    int64_t seq[LOOP_PARTS];
};

static void on_last(void *user, int index, const struct kafka_place *place, const struct record *r)
{
    struct last_seqs *last = user;
    (void)index;
    int64_t seq;
    if (record_header_int(r, "seq", &seq)) last->seq[place->part] = seq;
}

static bool read_last(struct loop *l, const int *parts, int n, struct last_seqs *last, struct err *e)
{
    *last = (struct last_seqs){0};
    if (l->spec->core == NULL) return true; /* it has no topic of its own */
    struct kafka_place places[LOOP_PARTS];
    for (int i = 0; i < n; i++) places[i] = (struct kafka_place){TOPIC_OWN + l->service, parts[i], 0};
    if (!kafka_consumer_ends(l->consumer, places, n, 5000, e)) return false;
    int asked = 0;
    for (int i = 0; i < n; i++) {
        if (places[i].offset < 0)
            return err_set_retry(e, ERR_KAFKA, "assign", "the broker does not tell the end of %s/%d",
                                 topic_short(places[i].topic), places[i].part);
        if (places[i].offset == 0) continue;
        places[asked] = places[i];
        places[asked++].offset--;
    }
    return kafka_look(&l->config, l->service, places, asked, on_last, last, e);
}

/* ---- rows ---- */

enum { ROWS_FENCE, ROWS_INPUT, ROWS_STREAM, ROWS_EDGE, ROWS_PARKED, ROWS_CONSUMERS, ROWS_WRITERS, ROWS_KINDS };

static const char *const row_sql[ROWS_KINDS] = {
    [ROWS_FENCE] = "INSERT INTO fence AS f (partition, epoch, txn, clock) VALUES ($1, 1, 0, 0) "
                   "ON CONFLICT (partition) DO UPDATE SET epoch = f.epoch + 1 RETURNING epoch, txn, clock, cluster",
    [ROWS_INPUT] = "SELECT topic, next_offset, mark FROM input WHERE partition = $1",
    [ROWS_STREAM] = "SELECT topic, dst, out_seq, floor FROM stream WHERE partition = $1",
    [ROWS_EDGE] = "SELECT topic, service, source, last_seq, want, want_n FROM edge WHERE partition = $1",
    [ROWS_PARKED] = "SELECT case_id, count(*), max(n) FROM parked WHERE partition = $1 GROUP BY case_id",
    [ROWS_CONSUMERS] = "SELECT topic, partition, count(*), min(last_seq) FROM runtime.edges "
                       "WHERE service = $2 AND source = $1 GROUP BY topic, partition",
    [ROWS_WRITERS] = "SELECT service, partition, topic, out_seq, floor FROM runtime.streams WHERE dst = $1",
};

static void add_reads(struct loop *l, struct pg_tx *tx, int part, int from, struct pg_rows **rows)
{
    for (int k = from; k < ROWS_KINDS; k++) {
        struct pg_args args = PG_ARGS(tx->arena);
        pg_arg_int(&args, part);
        if (k == ROWS_CONSUMERS) pg_arg_text(&args, l->spec->name);
        pg_tx_read(tx, row_sql[k], &args, &rows[k]);
    }
}

static void free_reads(struct pg_rows **rows)
{
    for (int k = 0; k < ROWS_KINDS; k++) pg_rows_free(rows[k]);
}

static struct proto_stream my_stream(struct loop *l, int part, const char *topic, int64_t dst)
{
    return (struct proto_stream){(uint16_t)l->service, (uint16_t)part, (uint16_t)topic_parse(topic), (uint16_t)dst};
}

static void fill_inputs(struct arena *a, const struct pg_rows *r, struct proto_rows *to)
{
    struct proto_input_row *rows = ARENA_ARRAY(a, struct proto_input_row, pg_rows_count(r) + 1);
    for (int i = 0; i < pg_rows_count(r); i++)
        rows[i] = (struct proto_input_row){(uint16_t)topic_parse(pg_text(r, i, 0)), pg_int(r, i, 1),
                                           (uint32_t)pg_int(r, i, 2)};
    to->inputs = rows;
    to->n_inputs = pg_rows_count(r);
}

static void fill_streams(struct loop *l, int part, const struct pg_rows *r, struct proto_rows *to)
{
    struct proto_out_row *rows = ARENA_ARRAY(&l->attempt_arena, struct proto_out_row, pg_rows_count(r) + 1);
    for (int i = 0; i < pg_rows_count(r); i++)
        rows[i] = (struct proto_out_row){my_stream(l, part, pg_text(r, i, 0), pg_int(r, i, 1)), pg_int(r, i, 2),
                                         pg_int(r, i, 3)};
    to->streams = rows;
    to->n_streams = pg_rows_count(r);
}

static void fill_edges(struct loop *l, int part, const struct pg_rows *r, struct proto_rows *to)
{
    memset(l->edge_rows[part], 0, sizeof l->edge_rows[part]); /* EDGE_ROW_NONE */
    struct proto_edge_row *rows = ARENA_ARRAY(&l->attempt_arena, struct proto_edge_row, pg_rows_count(r) + 1);
    for (int i = 0; i < pg_rows_count(r); i++) {
        struct proto_stream s = {(uint16_t)service_parse(pg_text(r, i, 1)), (uint16_t)pg_int(r, i, 2),
                                 (uint16_t)topic_parse(pg_text(r, i, 0)), (uint16_t)part};
        rows[i] = (struct proto_edge_row){s, pg_int(r, i, 3), pg_int(r, i, 4), pg_int(r, i, 5)};
        if (s.topic < SERVICE_COUNT) l->edge_rows[part][s.topic] = rows[i].want == 0 ? EDGE_ROW_PLAIN : EDGE_ROW_WANTS;
    }
    to->edges = rows;
    to->n_edges = pg_rows_count(r);
}

static void fill_parked(struct arena *a, const struct pg_rows *r, struct proto_rows *to)
{
    struct proto_parked_row *rows = ARENA_ARRAY(a, struct proto_parked_row, pg_rows_count(r) + 1);
    for (int i = 0; i < pg_rows_count(r); i++)
        rows[i] = (struct proto_parked_row){pg_int(r, i, 0), pg_int(r, i, 1), pg_int(r, i, 2)};
    to->parked = rows;
    to->n_parked = pg_rows_count(r);
}

static void fill_hints(struct loop *l, int part, struct pg_rows **rows, struct proto_hints *h)
{
    struct arena *a = &l->attempt_arena;
    int n = pg_rows_count(rows[ROWS_CONSUMERS]);
    struct proto_consumer_row *consumers = ARENA_ARRAY(a, struct proto_consumer_row, n + 1);
    for (int i = 0; i < n; i++) {
        const struct pg_rows *r = rows[ROWS_CONSUMERS];
        consumers[i] = (struct proto_consumer_row){my_stream(l, part, pg_text(r, i, 0), pg_int(r, i, 1)),
                                                   (int)pg_int(r, i, 2), pg_int(r, i, 3)};
    }
    h->consumers = consumers;
    h->n_consumers = n;
    n = pg_rows_count(rows[ROWS_WRITERS]);
    struct proto_writer_row *writers = ARENA_ARRAY(a, struct proto_writer_row, n + 1);
    h->n_writers = 0;
    for (int i = 0; i < n; i++) {
        const struct pg_rows *r = rows[ROWS_WRITERS];
        int topic = topic_parse(pg_text(r, i, 2));
        if (topic < 0 || topic >= TOPIC_DLQ) continue;
        struct proto_stream s = {(uint16_t)service_parse(pg_text(r, i, 0)), (uint16_t)pg_int(r, i, 1), (uint16_t)topic,
                                 (uint16_t)part};
        writers[h->n_writers++] = (struct proto_writer_row){s, pg_int(r, i, 3), pg_int(r, i, 4)};
    }
    h->writers = writers;
}

static void loaded(struct loop *l, int part, struct pg_rows **rows, int64_t own_last)
{
    struct proto_rows to = {.epoch = pg_int(rows[ROWS_FENCE], 0, 0),
                            .txn = pg_int(rows[ROWS_FENCE], 0, 1),
                            .clock_ms = pg_int(rows[ROWS_FENCE], 0, 2),
                            .cluster = pg_text(rows[ROWS_FENCE], 0, 3)};
    struct proto_hints hints = {.cluster = kafka_consumer_cluster(l->consumer), .own_last_seq = own_last};
    fill_inputs(&l->attempt_arena, rows[ROWS_INPUT], &to);
    fill_streams(l, part, rows[ROWS_STREAM], &to);
    fill_edges(l, part, rows[ROWS_EDGE], &to);
    fill_parked(&l->attempt_arena, rows[ROWS_PARKED], &to);
    fill_hints(l, part, rows, &hints);
    l->epoch[part] = to.epoch;
    if (proto_assign_loaded(l->proto, part, &to, &hints, loop_mono_ms()) == PROTO_STOPPED)
        log_error("ALARM partition %d: the log is ahead of the database (last record %lld); restored backup? stopped, "
                  "a person must decide",
                  part, (long long)own_last);
}

static bool load(struct loop *l, int part, int64_t own_last, struct err *e)
{
    arena_reset(&l->attempt_arena);
    struct pg_tx tx = PG_TX(&l->attempt_arena);
    struct pg_rows *rows[ROWS_KINDS];
    add_reads(l, &tx, part, 0, rows);
    if (pg_tx_run(l->pg, &tx, e) != PROTO_COMMITTED) return false;
    loaded(l, part, rows, own_last);
    free_reads(rows);
    return true;
}

/* ---- marks: the record before the position of a topic without numbers ---- */

struct marks {
    bool found[LOOP_PARTS * 2];
    uint32_t crc[LOOP_PARTS * 2];
};

static void on_mark(void *user, int index, const struct kafka_place *place, const struct record *r)
{
    (void)place;
    struct marks *m = user;
    m->found[index] = true;
    m->crc[index] = crc_of(r->value, r->value_len);
}

/* Each round checks at most one input of each partition. */
static int marks_due(struct loop *l, const int *parts, int n, struct kafka_place *places)
{
    int due = 0;
    for (int i = 0; i < n; i++) {
        uint16_t topic;
        int64_t offset;
        if (proto_state(l->proto, parts[i]) != PROTO_RUNNING) continue;
        if (proto_mark_due(l->proto, parts[i], &topic, &offset))
            places[due++] = (struct kafka_place){topic, parts[i], offset};
    }
    return due;
}

static bool check_marks(struct loop *l, const int *parts, int n, struct err *e)
{
    struct kafka_place places[LOOP_PARTS];
    int due;
    while ((due = marks_due(l, parts, n, places)) > 0) {
        struct marks m = {0};
        if (!kafka_look(&l->config, l->service, places, due, on_mark, &m, e)) return false;
        for (int i = 0; i < due; i++)
            if (!proto_mark_seen(l->proto, places[i].part, (uint16_t)places[i].topic, m.found[i], m.crc[i]))
                log_error("ALARM topic %s partition %d: the log was rewritten before offset %lld; reading it from its "
                          "start",
                          topic_short(places[i].topic), places[i].part, (long long)places[i].offset + 1);
    }
    return true;
}

/* ---- all together ---- */

static int begin_due(struct loop *l, int *parts)
{
    int n = 0, part;
    while (n < LOOP_PARTS && (part = proto_next_assignment(l->proto, loop_mono_ms())) >= 0) {
        proto_assign_begin(l->proto, part);
        parts[n++] = part;
    }
    return n;
}

/* Whatever was reached is given up; what the group gives me is assigned again after a pause. */
static void fail_all(struct loop *l, const int *parts, int n)
{
    for (int i = 0; i < n; i++) {
        proto_assign_failed(l->proto, parts[i], loop_mono_ms());
        if (proto_state(l->proto, parts[i]) != PROTO_RUNNING) continue;
        proto_revoked(l->proto, parts[i]);
        proto_given(l->proto, parts[i]);
        assign_let_go(l, parts[i]);
    }
    send_release(l);
}

static bool tell_adapter(struct loop *l, const int *parts, int n, struct err *e)
{
    const struct adapter *adapter = l->spec->adapter;
    if (adapter == NULL || adapter->assigned == NULL) return true;
    for (int i = 0; i < n; i++)
        if (proto_state(l->proto, parts[i]) == PROTO_RUNNING &&
            !adapter->assigned(&l->host, parts[i], l->epoch[parts[i]], e))
            return false;
    return true;
}

static bool setup(struct loop *l, const int *parts, int n)
{
    int due[LOOP_PARTS], n_due = 0;
    for (int i = 0; i < n; i++)
        if (proto_state(l->proto, parts[i]) == PROTO_RUNNING && proto_setup_due(l->proto, parts[i]))
            due[n_due++] = parts[i];
    return n_due == 0 || batch_small(l, due, n_due, NULL);
}

static bool assign_these(struct loop *l, const int *parts, int n, struct err *e)
{
    struct last_seqs last;
    if (!read_last(l, parts, n, &last, e)) return false;
    for (int i = 0; i < n; i++)
        if (!load(l, parts[i], last.seq[parts[i]], e)) return false;
    if (!check_marks(l, parts, n, e) || !tell_adapter(l, parts, n, e)) return false;
    return setup(l, parts, n) || err_set_retry(e, ERR_DB, "assign", "the new rows could not be written");
}

/* What the consumer reads: every running partition from where the protocol says. */
static void set_reading(struct loop *l)
{
    struct kafka_place places[LOOP_PARTS * LOOP_MAX_TOPICS];
    struct err e = ERR_INIT;
    int n = 0;
    for (int part = 0; part < l->host.partitions; part++) {
        if (proto_state(l->proto, part) != PROTO_RUNNING) continue;
        for (int i = 0; i < l->n_topics; i++)
            places[n++] =
                (struct kafka_place){l->topics[i], part, proto_position(l->proto, part, (uint16_t)l->topics[i])};
    }
    if (!kafka_consumer_read(l->consumer, places, n, &e)) {
        loop_failed(l, "setting what is read", &e);
        return;
    }
    l->reading_stale = false;
    log_info("reading %d partitions", l->n_topics == 0 ? 0 : n / l->n_topics);
}

void assign_due(struct loop *l)
{
    int parts[LOOP_PARTS];
    int n = begin_due(l, parts);
    struct err e = ERR_INIT;
    if (n > 0) {
        l->reading_stale = true;
        if (!assign_these(l, parts, n, &e)) {
            loop_failed(l, "assignment", &e);
            fail_all(l, parts, n);
            return;
        }
        loop_well(l);
        metrics_add(l->host.metrics, METRIC_ASSIGNMENTS, n);
    }
    if (l->reading_stale) set_reading(l);
}

void assign_resume(struct loop *l)
{
    int parts[LOOP_PARTS], n = 0;
    struct err e = ERR_INIT;
    struct last_seqs last;
    for (int part = 0; part < l->host.partitions; part++)
        if (proto_state(l->proto, part) == PROTO_RUNNING && proto_resume_due(l->proto, part)) parts[n++] = part;
    if (n == 0) return;
    if (!read_last(l, parts, n, &last, &e)) {
        loop_failed(l, "resume points", &e);
        return;
    }
    for (int i = 0; i < n; i++) {
        arena_reset(&l->attempt_arena);
        struct pg_tx tx = PG_TX(&l->attempt_arena);
        struct pg_rows *rows[ROWS_KINDS] = {0};
        add_reads(l, &tx, parts[i], ROWS_CONSUMERS, rows);
        if (!pg_read(l->pg, &tx, &e)) {
            loop_failed(l, "resume points", &e);
            return;
        }
        struct proto_hints hints = {.own_last_seq = last.seq[parts[i]]};
        fill_hints(l, parts[i], rows, &hints);
        proto_resume(l->proto, parts[i], &hints, loop_mono_ms());
        free_reads(rows);
    }
}
