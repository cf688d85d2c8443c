/* Committed records → Kafka, one cursor per stream (the protocol's). From memory while the chunk is kept, else
 * from the outbox. Nothing is decided here but when the producer must be replaced. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"

void send_delivered(void *loop, int topic, int part, bool ok, int64_t offset)
{
    struct loop *l = loop;
    if (proto_delivered(l->proto, (uint16_t)topic, part, ok, offset) == PROTO_REPLACE_PRODUCER)
        l->replace_producer = true;
}

void send_release(struct loop *l)
{
    for (struct chunk *c; (c = proto_release(l->proto)) != NULL;) {
        free(c->raw);
        free(c);
    }
}

bool send_open(struct loop *l, struct err *e)
{
    struct kafka_producer_spec spec = {
        .config = &l->config, .service = l->service, .wake_fd = l->wake_fd, .delivered = send_delivered, .user = l};
    l->producer = kafka_producer_new(&spec, e);
    return l->producer != NULL;
}

static void replace(struct loop *l)
{
    struct err e = ERR_INIT;
    log_warn("the producer is replaced; sending goes on from the consumers' positions");
    kafka_producer_free(l->producer);
    l->producer = NULL;
    l->replace_producer = false;
    metrics_add(l->host.metrics, METRIC_PRODUCERS, 1);
    proto_producer_replaced(l->proto);
    if (!send_open(l, &e)) loop_failed(l, "making a producer", &e);
}

/* The producer took the record, or the reason to stop for now. */
static enum kafka_produce send_one(struct loop *l, const struct proto_stream *s, const char *raw, size_t len, size_t at)
{
    struct record r;
    if (!record_decode(raw, len, &at, &r)) abort(); /* our own bytes */
    return kafka_producer_send(l->producer, s->topic, s->dst, &r);
}

static bool stopped(struct loop *l, enum kafka_produce result)
{
    if (result == KAFKA_PRODUCER_DEAD) l->replace_producer = true;
    return result != KAFKA_PRODUCED;
}

/* False: the producer takes no more now. */
static bool send_chunk(struct loop *l, const struct proto_send *s)
{
    const struct chunk *c = s->chunk;
    int64_t seq = s->first;
    enum kafka_produce result = KAFKA_PRODUCED;
    while (seq <= s->last && result == KAFKA_PRODUCED) {
        result = send_one(l, &s->stream, c->raw, c->len, c->at[seq - c->first]);
        if (result == KAFKA_PRODUCED) seq++;
    }
    proto_sent(l->proto, s, seq - 1);
    metrics_add(l->host.metrics, METRIC_SENT, seq - s->first);
    return !stopped(l, result);
}

/* Sends one outbox row's records from *next on. */
static enum kafka_produce send_row(struct loop *l, const struct proto_send *s, const struct pg_rows *rows, int i,
                                   int64_t *next)
{
    size_t n, len, at = 0;
    const char *bytes = pg_bytea(rows, i, 1, &n), *raw;
    struct err e = ERR_INIT;
    struct record r;
    if (!chunk_unpack(bytes, n, &l->attempt_arena, &raw, &len, &e)) {
        log_err(LOG_ERROR, "ALARM an outbox row is damaged", &e);
        return KAFKA_QUEUE_FULL;
    }
    for (int64_t seq = pg_int(rows, i, 0); at < len && seq <= s->last; seq++) {
        if (!record_decode(raw, len, &at, &r)) abort();
        if (seq < *next) continue;
        enum kafka_produce result = kafka_producer_send(l->producer, s->stream.topic, s->stream.dst, &r);
        if (result != KAFKA_PRODUCED) return result;
        *next = seq + 1;
    }
    return KAFKA_PRODUCED;
}

static bool send_outbox(struct loop *l, const struct proto_send *s)
{
    struct err e = ERR_INIT;
    char name[TOPIC_NAME_SIZE];
    arena_reset(&l->attempt_arena);
    struct pg_args args = PG_ARGS(&l->attempt_arena);
    pg_arg_int(&args, s->stream.src);
    pg_arg_text(&args, topic_name(s->stream.topic, l->service, name));
    pg_arg_int(&args, s->stream.dst);
    pg_arg_int(&args, s->first);
    struct pg_rows *rows;
    if (!pg_query(l->pg,
                  "SELECT first_seq, bytes FROM outbox WHERE partition = $1 AND topic = $2 AND dst = $3 "
                  "AND first_seq >= coalesce((SELECT max(first_seq) FROM outbox WHERE partition = $1 AND topic = $2 "
                  "AND dst = $3 AND first_seq <= $4), 0) ORDER BY first_seq LIMIT 20",
                  &args, &rows, &e)) {
        loop_failed(l, "reading the outbox", &e);
        return false;
    }
    int64_t next = s->first;
    enum kafka_produce result = KAFKA_PRODUCED;
    for (int i = 0; i < pg_rows_count(rows) && result == KAFKA_PRODUCED; i++) result = send_row(l, s, rows, i, &next);
    if (pg_rows_count(rows) == 0)
        log_error("ALARM outbox of %s/%d lacks number %lld", topic_short(s->stream.topic), s->stream.src,
                  (long long)s->first);
    pg_rows_free(rows);
    proto_sent(l->proto, s, next - 1);
    metrics_add(l->host.metrics, METRIC_RESENT, next - s->first);
    return !stopped(l, result) && next > s->first;
}

void send_pending(struct loop *l)
{
    if (l->producer == NULL) {
        struct err e = ERR_INIT;
        if (!send_open(l, &e)) return;
    }
    kafka_producer_poll(l->producer);
    if (l->replace_producer || kafka_producer_is_dead(l->producer)) replace(l);
    if (l->producer == NULL) return;
    assign_resume(l);
    struct proto_send s;
    for (int part = 0; part < l->host.partitions; part++) {
        if (proto_state(l->proto, part) != PROTO_RUNNING) continue;
        while (proto_send_next(l->proto, part, &s))
            if (!(s.chunk != NULL ? send_chunk(l, &s) : send_outbox(l, &s))) return;
    }
    send_release(l);
}
