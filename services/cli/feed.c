#include "cli/feed.h"

#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "runtime/topics.h"

enum { FEED_TIMEOUT_MS = 10000 };

struct feed {
    rd_kafka_t *kafka;
    rd_kafka_message_t *message; /* handed out last */
};

static bool set(rd_kafka_conf_t *conf, const char *key, const char *value, struct err *e)
{
    char why[256];
    if (rd_kafka_conf_set(conf, key, value, why, sizeof why) == RD_KAFKA_CONF_OK) return true;
    return err_set(e, ERR_CONFIG, "feed", "%s: %s", key, why);
}

/* "The end" is asked for here and now: left to the first fetch, what comes in between would be missed. */
static int64_t start_of(struct feed *f, const char *topic, int part, bool from_start)
{
    int64_t low, high;
    if (from_start) return RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t rc = rd_kafka_query_watermark_offsets(f->kafka, topic, part, &low, &high, FEED_TIMEOUT_MS);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR ? high : -1;
}

static bool assign(struct feed *f, const struct config *config, const int *topics, int n, bool from_start)
{
    int parts = (int)config_int(config, "partitions");
    char name[TOPIC_NAME_SIZE];
    bool well = true;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n * parts);
    for (int t = 0; t < n && well; t++)
        for (int p = 0; p < parts && well; p++) {
            topic_name(topics[t], SERVICE_CONSOLE, name);
            int64_t from = start_of(f, name, p, from_start);
            well = from != -1;
            rd_kafka_topic_partition_list_add(list, name, p)->offset = from;
        }
    well = well && rd_kafka_assign(f->kafka, list) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    return well;
}

struct feed *feed_open(const struct config *config, const int *topics, int n, bool from_start, struct err *e)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!set(conf, "bootstrap.servers", config_text(config, "kafka.brokers"), e) ||
        !set(conf, "group.id", "redressctl", e) || !set(conf, "enable.auto.commit", "false", e) ||
        !set(conf, "auto.offset.reset", "earliest", e) || !set(conf, "fetch.wait.max.ms", "20", e) ||
        !set(conf, "log_level", "3", e)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    struct feed *f = calloc(1, sizeof *f);
    if (f == NULL) abort();
    f->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (f->kafka == NULL) {
        rd_kafka_conf_destroy(conf);
        free(f);
        err_set(e, ERR_KAFKA, "feed", "%s", why);
        return NULL;
    }
    rd_kafka_poll_set_consumer(f->kafka);
    if (!assign(f, config, topics, n, from_start)) {
        feed_close(f);
        err_set(e, ERR_KAFKA, "feed", "the topics cannot be read");
        return NULL;
    }
    return f;
}

void feed_close(struct feed *f)
{
    if (f->message != NULL) rd_kafka_message_destroy(f->message);
    rd_kafka_consumer_close(f->kafka);
    rd_kafka_destroy(f->kafka);
    free(f);
}

static void fill(const rd_kafka_message_t *m, struct record *out)
{
    rd_kafka_headers_t *headers;
    *out = (struct record){.key = m->key,
                           .key_len = m->key_len,
                           .value = m->payload,
                           .value_len = m->len,
                           .timestamp_ms = rd_kafka_message_timestamp(m, NULL)};
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const void *value;
    size_t len;
    const char *name;
    while (out->n_headers < RECORD_MAX_HEADERS &&
           rd_kafka_header_get_all(headers, (size_t)out->n_headers, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR)
        out->headers[out->n_headers++] = (struct header){name, value, len};
}

bool feed_next(struct feed *f, int timeout_ms, struct record *out, int *topic, struct err *e)
{
    if (f->message != NULL) rd_kafka_message_destroy(f->message);
    f->message = rd_kafka_consumer_poll(f->kafka, timeout_ms);
    if (f->message == NULL) return false;
    if (f->message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bool passing = f->message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
                       f->message->err == RD_KAFKA_RESP_ERR__TRANSPORT ||
                       f->message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        if (!passing) err_set(e, ERR_KAFKA, "feed", "%s", rd_kafka_message_errstr(f->message));
        return false;
    }
    *topic = topic_parse(rd_kafka_topic_name(f->message->rkt));
    fill(f->message, out);
    return true;
}
