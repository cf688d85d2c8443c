/* The floor: the bytes and rows of whole cases with no logic. One thread sends events to a scratch topic and reads
 * them back once; another updates states and inserts outbox rows in batches, one flush a batch. Both at once, on the
 * stack's own Kafka and PostgreSQL. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "bench.h"
#include "runtime/pg.h"

enum { FLOOR_PARTS = 16, FLOOR_BATCH = 500 };
static const char topic_name[] = "redress.bench.floor.v1";

struct floor_run {
    const struct config *config;
    const struct bench_floor *f;
    struct err kafka_err, pg_err;
};

static rd_kafka_t *client(const struct config *config, rd_kafka_type_t type, struct err *e)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", config_text(config, "kafka.brokers"), why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "3", why, sizeof why);
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof why);
        rd_kafka_conf_set(conf, "compression.type", "lz4", why, sizeof why);
        rd_kafka_conf_set(conf, "queue.buffering.max.messages", "2000000", why, sizeof why);
    } else {
        rd_kafka_conf_set(conf, "group.id", "bench-floor", why, sizeof why);
    }
    rd_kafka_t *k = rd_kafka_new(type, conf, why, sizeof why);
    if (k == NULL) err_set(e, ERR_KAFKA, "floor", "%s", why);
    return k;
}

static void make_topic(rd_kafka_t *k)
{
    char why[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(topic_name, FLOOR_PARTS, 1, why, sizeof why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(k);
    rd_kafka_CreateTopics(k, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    if (event != NULL) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

static void read_back(rd_kafka_t *consumer, int64_t *left)
{
    rd_kafka_message_t *m;
    while (*left > 0 && (m = rd_kafka_consumer_poll(consumer, 0)) != NULL) {
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) (*left)--;
        rd_kafka_message_destroy(m);
    }
}

static void assign_end(rd_kafka_t *consumer)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(FLOOR_PARTS);
    for (int p = 0; p < FLOOR_PARTS; p++) {
        int64_t low, high = 0;
        rd_kafka_query_watermark_offsets(consumer, topic_name, p, &low, &high, 10000);
        rd_kafka_topic_partition_list_add(list, topic_name, p)->offset = high;
    }
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static void *kafka_thread(void *user)
{
    struct floor_run *run = user;
    rd_kafka_t *producer = client(run->config, RD_KAFKA_PRODUCER, &run->kafka_err);
    rd_kafka_t *consumer = client(run->config, RD_KAFKA_CONSUMER, &run->kafka_err);
    if (producer == NULL || consumer == NULL) return NULL;
    make_topic(producer);
    assign_end(consumer);
    int64_t total = run->f->cases * run->f->events_per_case, left = total;
    char *value = malloc((size_t)run->f->event_bytes);
    if (value == NULL) abort();
    for (int i = 0; i < run->f->event_bytes; i++) value[i] = (char)('a' + i * 31 % 26);
    for (int64_t i = 0; i < total; i++) {
        while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic_name), RD_KAFKA_V_PARTITION((int)(i % FLOOR_PARTS)),
                                 RD_KAFKA_V_VALUE(value, (size_t)run->f->event_bytes),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                 RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer, 10);
        if (i % 256 == 0) {
            rd_kafka_poll(producer, 0);
            read_back(consumer, &left);
        }
    }
    rd_kafka_flush(producer, 60000);
    int64_t give_up = clock_real_ms() + 60000;
    while (left > 0 && clock_real_ms() < give_up) read_back(consumer, &left);
    if (left > 0) err_set(&run->kafka_err, ERR_KAFKA, "floor", "%lld events did not come back", (long long)left);
    free(value);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
    return NULL;
}

static bool batch(struct pg *pg, struct arena *a, const struct bench_floor *f, int64_t first, struct err *e)
{
    int64_t ids[FLOOR_BATCH];
    const char *bodies[FLOOR_BATCH];
    char *body = arena_alloc(a, (size_t)f->state_bytes + 16);
    snprintf(body, (size_t)f->state_bytes + 16, "{\"a\":\"%0*d\"}", f->state_bytes - 8, 7);
    for (int i = 0; i < FLOOR_BATCH; i++) {
        ids[i] = (first + i) / f->states_per_case;
        bodies[i] = body;
    }
    size_t chunk = (size_t)f->event_bytes * FLOOR_BATCH / 4; /* lz4 of such events */
    struct pg_tx tx = PG_TX(a);
    struct pg_args states = PG_ARGS(a), outbox = PG_ARGS(a);
    pg_arg_ints(&states, ids, FLOOR_BATCH);
    pg_arg_texts(&states, bodies, FLOOR_BATCH);
    pg_tx_add(&tx,
              "INSERT INTO bench.state AS s (case_id, rev, body) SELECT DISTINCT ON (c) c, 1, b::json FROM "
              "unnest($1::int8[], "
              "$2::text[]) AS t(c, b) ON CONFLICT (case_id) DO UPDATE SET rev = s.rev + 1, body = excluded.body",
              &states);
    pg_arg_bytes(&outbox, arena_alloc(a, chunk), chunk);
    pg_tx_add(&tx, "INSERT INTO bench.outbox (bytes) VALUES ($1)", &outbox);
    return pg_tx_run(pg, &tx, e) == PROTO_COMMITTED;
}

static void *pg_thread(void *user)
{
    struct floor_run *run = user;
    struct pg *pg = pg_new(run->config, "console");
    struct arena a;
    arena_init(&a);
    int64_t total = run->f->cases * run->f->states_per_case;
    bool well = pg_connect(pg, &run->pg_err);
    for (int64_t done = 0; well && done < total; done += FLOOR_BATCH) {
        well = batch(pg, &a, run->f, done, &run->pg_err);
        arena_reset(&a);
    }
    arena_deinit(&a);
    pg_free(pg);
    return NULL;
}

bool bench_floor_run(const struct config *config, const struct bench_floor *f, double *rate, struct err *e)
{
    struct floor_run run = {.config = config, .f = f};
    pthread_t kafka, pg;
    int64_t start = clock_monotonic_us();
    if (pthread_create(&kafka, NULL, kafka_thread, &run) != 0 || pthread_create(&pg, NULL, pg_thread, &run) != 0)
        abort();
    pthread_join(kafka, NULL);
    pthread_join(pg, NULL);
    *rate = f->cases / ((double)(clock_monotonic_us() - start) / 1e6);
    const struct err *broken = err_is_set(&run.kafka_err) ? &run.kafka_err : &run.pg_err;
    return !err_is_set(broken) || err_set(e, broken->code, "floor", "%s", broken->message);
}
