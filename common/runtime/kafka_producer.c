/* The idempotent producer. Its death (a fatal error) is normal: the loop makes another one and computes the
 * resume points again. */
#include "runtime/kafka_private.h"

#include <stdio.h>
#include <stdlib.h>

struct kafka_producer {
    rd_kafka_t *rk;
    struct kafka_producer_spec spec;
    rd_kafka_topic_t *topics[TOPIC_DLQ + TOPIC_COUNT];
};

static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *user)
{
    (void)rk;
    const struct kafka_producer *p = user;
    bool ok = m->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    int topic = (int)(intptr_t)rd_kafka_topic_opaque(m->rkt) - 1;
    if (topic >= 0) p->spec.delivered(p->spec.user, topic, m->partition, ok, ok ? m->offset : -1);
}

struct kafka_producer *kafka_producer_new(const struct kafka_producer_spec *spec, struct err *e)
{
    struct kafka_producer *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->spec = *spec;
    char linger[16];
    snprintf(linger, sizeof linger, "%d", (int)config_int(spec->config, "kafka.linger.ms"));
    const struct kafka_setting settings[] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"},
        {"linger.ms", linger},
        {"compression.codec", "lz4"},
        {"queue.buffering.max.messages", "100000"},
        {"queue.buffering.max.kbytes", "131072"},
        {"batch.num.messages", "10000"},
    };
    rd_kafka_conf_t *conf = kafka_conf(spec->config, settings, (int)(sizeof settings / sizeof settings[0]));
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    p->rk = kafka_client(RD_KAFKA_PRODUCER, conf, e);
    if (p->rk != NULL) {
        rd_kafka_queue_t *queue = rd_kafka_queue_get_main(p->rk);
        uint64_t one = 1;
        rd_kafka_queue_io_event_enable(queue, spec->wake_fd, &one, sizeof one);
        rd_kafka_queue_destroy(queue);
        return p;
    }
    free(p);
    return NULL;
}

void kafka_producer_free(struct kafka_producer *p)
{
    if (p == NULL) return;
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(p->rk);
    rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
    rd_kafka_queue_destroy(queue);
    rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (size_t i = 0; i < sizeof p->topics / sizeof p->topics[0]; i++)
        if (p->topics[i] != NULL) rd_kafka_topic_destroy(p->topics[i]);
    rd_kafka_destroy(p->rk);
    free(p);
}

static rd_kafka_topic_t *topic_handle(struct kafka_producer *p, int topic)
{
    if (p->topics[topic] != NULL) return p->topics[topic];
    char name[TOPIC_NAME_SIZE];
    rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
    rd_kafka_topic_conf_set_opaque(conf, (void *)(intptr_t)(topic + 1));
    p->topics[topic] = rd_kafka_topic_new(p->rk, topic_name(topic, p->spec.service, name), conf);
    if (p->topics[topic] == NULL) abort(); /* only bad arguments */
    return p->topics[topic];
}

enum kafka_produce kafka_producer_send(struct kafka_producer *p, int topic, int part, const struct record *r)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)r->n_headers);
    for (int i = 0; i < r->n_headers; i++)
        rd_kafka_header_add(headers, r->headers[i].name, -1, r->headers[i].value, (ssize_t)r->headers[i].len);
    rd_kafka_resp_err_t code =
        rd_kafka_producev(p->rk, RD_KAFKA_V_RKT(topic_handle(p, topic)), RD_KAFKA_V_PARTITION(part),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)r->key, r->key_len),
                          RD_KAFKA_V_VALUE((void *)r->value, r->value_len), RD_KAFKA_V_TIMESTAMP(r->timestamp_ms),
                          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return KAFKA_PRODUCED;
    rd_kafka_headers_destroy(headers);
    return code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? KAFKA_QUEUE_FULL : KAFKA_PRODUCER_DEAD;
}

bool kafka_topics_ready(struct kafka_producer *p, const int *topics, int n, int partitions, struct err *e)
{
    for (int i = 0; i < n; i++) {
        const struct rd_kafka_metadata *found;
        rd_kafka_resp_err_t code = rd_kafka_metadata(p->rk, 0, topic_handle(p, topics[i]), &found, 2000);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_failed(e, "kafka_topics", code, topic_short(topics[i]));
        int count = found->topic_cnt == 1 ? found->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(found);
        if (count != partitions)
            return err_set_retry(e, ERR_KAFKA, "kafka_topics", "topic %s has %d partitions, not %d: redressctl topics",
                                 topic_short(topics[i]), count, partitions);
    }
    return true;
}

void kafka_producer_poll(struct kafka_producer *p) { rd_kafka_poll(p->rk, 0); }

int kafka_producer_flush(struct kafka_producer *p, int timeout_ms)
{
    rd_kafka_flush(p->rk, timeout_ms);
    return rd_kafka_outq_len(p->rk);
}

bool kafka_producer_is_dead(struct kafka_producer *p)
{
    char why[256];
    return rd_kafka_fatal_error(p->rk, why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR;
}
