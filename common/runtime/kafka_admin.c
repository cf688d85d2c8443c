/* Topics. Creating one that exists is no error, so both functions may be called at any time. */
#include "runtime/kafka_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADMIN_TIMEOUT_MS = 10000, ADMIN_MAX = 64 };

struct topics {
    rd_kafka_NewTopic_t *list[ADMIN_MAX];
    size_t n;
};

static void add(struct topics *t, const char *name, int partitions, bool flush)
{
    char why[128];
    rd_kafka_NewTopic_t *one = rd_kafka_NewTopic_new(name, partitions, -1, why, sizeof why);
    if (one == NULL || t->n == ADMIN_MAX) abort();                   /* only bad arguments */
    rd_kafka_NewTopic_set_config(one, "retention.ms", "2592000000"); /* 30 days */
    rd_kafka_NewTopic_set_config(one, "message.timestamp.type", "CreateTime");
    rd_kafka_NewTopic_set_config(one, "min.insync.replicas", "1");
    if (flush) rd_kafka_NewTopic_set_config(one, "flush.messages", "1");
    t->list[t->n++] = one;
}

static bool read_results(rd_kafka_event_t *event, struct err *e)
{
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    if (result == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_failed(e, "kafka_topics", rd_kafka_event_error(event), rd_kafka_event_error_string(event));
    size_t n;
    const rd_kafka_topic_result_t **each = rd_kafka_CreateTopics_result_topics(result, &n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(each[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return kafka_failed(e, "kafka_topics", code, rd_kafka_topic_result_name(each[i]));
    }
    return true;
}

static bool create(const struct config *config, struct topics *t, struct err *e)
{
    rd_kafka_t *rk = kafka_client(RD_KAFKA_PRODUCER, kafka_conf(config, NULL, 0), e);
    if (rk != NULL) {
        rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
        rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        char why[128];
        rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_TIMEOUT_MS, why, sizeof why);
        rd_kafka_CreateTopics(rk, t->list, t->n, options, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS + 1000);
        if (event == NULL)
            err_set_retry(e, ERR_KAFKA, "kafka_topics", "the broker did not answer");
        else
            read_results(event, e);
        if (event != NULL) rd_kafka_event_destroy(event);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_queue_destroy(queue);
        rd_kafka_destroy(rk);
    }
    rd_kafka_NewTopic_destroy_array(t->list, t->n);
    return !err_is_set(e);
}

bool kafka_topics_create(const struct config *config, struct err *e)
{
    struct topics t = {0};
    char name[TOPIC_NAME_SIZE];
    int partitions = (int)config_int(config, "partitions");
    for (int topic = 0; topic < TOPIC_COUNT; topic++)
        if (topic != TOPIC_OWN + SERVICE_CONSOLE)
            add(&t, topic_name(topic, 0, name), partitions, topic == TOPIC_INBOUND || topic == TOPIC_COMMAND);
    return create(config, &t, e);
}

bool kafka_dlq_create(const struct config *config, int service, const int *topics, int n, struct err *e)
{
    struct topics t = {0};
    char name[TOPIC_NAME_SIZE];
    for (int i = 0; i < n; i++) add(&t, topic_name(TOPIC_DLQ + topics[i], service, name), 1, false);
    return create(config, &t, e);
}
