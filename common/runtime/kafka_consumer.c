/* The group only says which partitions are ours. On "assign" the library is told to read nothing yet; what is
 * read and from where comes later, from the database, by kafka_consumer_read. */
#include "runtime/kafka_private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TOPICS = 16, MAX_PARTS = 64, CLOSE_SECONDS = 2 };

struct known_topic {
    const rd_kafka_topic_t *handle;
    int topic;
};

struct kafka_consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct kafka_consumer_spec spec;
    int first_topic;
    struct known_topic known[MAX_TOPICS]; /* topic numbers by the library's handle */
    int n_known;
    char cluster[64];
    atomic_bool closing; /* a thread of its own closes it: nobody is told anything any more */
};

static int collect(const struct kafka_consumer *c, const rd_kafka_topic_partition_list_t *list, int *parts)
{
    int n = 0;
    for (int i = 0; i < list->cnt && n < MAX_PARTS; i++)
        if (topic_parse(list->elems[i].topic) == c->first_topic) parts[n++] = list->elems[i].partition;
    return n;
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *user)
{
    struct kafka_consumer *c = user;
    int parts[MAX_PARTS];
    int n = collect(c, list, parts);
    if (c->closing) {
        rd_kafka_assign(rk, NULL);
    } else if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
        rd_kafka_assign(rk, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
        c->spec.given(c->spec.user, parts, n);
    } else {
        c->spec.revoked(c->spec.user, parts, n);
        rd_kafka_assign(rk, NULL);
    }
}

static rd_kafka_t *open_client(struct kafka_consumer *c, struct err *e)
{
    char group[64], instance[96], wait[16];
    const struct config *config = c->spec.config;
    snprintf(group, sizeof group, "redress-%s", service_text(c->spec.service));
    snprintf(instance, sizeof instance, "%s-%s-%d", group, config_text(config, "instance"), c->spec.generation);
    snprintf(wait, sizeof wait, "%d", (int)config_int(config, "kafka.fetch.wait.ms"));
    const struct kafka_setting settings[] = {
        {"group.id", group},
        {"group.instance.id", instance},
        {"partition.assignment.strategy", "range"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"session.timeout.ms", "10000"},
        {"heartbeat.interval.ms", "2000"},
        {"topic.metadata.refresh.interval.ms", "5000"},
        {"max.poll.interval.ms", "3600000"},
        {"fetch.wait.max.ms", wait},
        {"fetch.min.bytes", "262144"}, /* every answer costs the broker a look at all partitions */
        {"fetch.error.backoff.ms", "50"},
        /* A full queue makes librdkafka 2.0 look away for a whole second: more than a service handles in one. */
        {"queued.min.messages", "50000"},
        {"queued.max.messages.kbytes", "65536"},
    };
    rd_kafka_conf_t *conf = kafka_conf(config, settings, (int)(sizeof settings / sizeof settings[0]));
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    return kafka_client(RD_KAFKA_CONSUMER, conf, e);
}

static bool subscribe(struct kafka_consumer *c, struct err *e)
{
    struct kafka_place places[MAX_TOPICS];
    for (int i = 0; i < c->spec.n_topics; i++)
        places[i] = (struct kafka_place){.topic = c->spec.topics[i], .part = RD_KAFKA_PARTITION_UA};
    rd_kafka_topic_partition_list_t *list = kafka_list(places, c->spec.n_topics, c->spec.service);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || kafka_failed(e, "kafka_consumer", code, "subscribe");
}

struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_spec *spec, struct err *e)
{
    if (spec->n_topics > MAX_TOPICS) abort();
    struct kafka_consumer *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->spec = *spec;
    c->first_topic = spec->topics[0];
    c->rk = open_client(c, e);
    if (c->rk == NULL) {
        free(c);
        return NULL;
    }
    rd_kafka_poll_set_consumer(c->rk);
    c->queue = rd_kafka_queue_get_consumer(c->rk);
    uint64_t one = 1;
    rd_kafka_queue_io_event_enable(c->queue, spec->wake_fd, &one, sizeof one);
    if (subscribe(c, e)) return c;
    kafka_consumer_free(c);
    return NULL;
}

static void *close_client(void *of)
{
    struct kafka_consumer *c = of;
    rd_kafka_consumer_close(c->rk);
    rd_kafka_destroy(c->rk);
    free(c);
    return NULL;
}

/* With the broker gone or changed, closing can take for ever: after a while it is left to its thread. */
void kafka_consumer_free(struct kafka_consumer *c)
{
    if (c == NULL) return;
    c->closing = true;
    rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(c->queue);
    pthread_t closer;
    if (pthread_create(&closer, NULL, close_client, c) != 0) return;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_SECONDS;
    if (pthread_timedjoin_np(closer, NULL, &until) != 0) pthread_detach(closer);
}

static int topic_of(struct kafka_consumer *c, const rd_kafka_topic_t *handle)
{
    for (int i = 0; i < c->n_known; i++)
        if (c->known[i].handle == handle) return c->known[i].topic;
    int topic = topic_parse(rd_kafka_topic_name(handle));
    if (c->n_known < MAX_TOPICS) c->known[c->n_known++] = (struct known_topic){handle, topic};
    return topic;
}

static enum kafka_got got_error(struct kafka_consumer *c, rd_kafka_message_t *m, struct kafka_message *out,
                                struct err *e)
{
    enum kafka_got got = KAFKA_FAILED;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) got = KAFKA_END;
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        got = KAFKA_OUT_OF_RANGE;
    if (got != KAFKA_FAILED && m->rkt != NULL)
        out->place = (struct kafka_place){topic_of(c, m->rkt), m->partition, m->offset};
    if (got == KAFKA_FAILED) {
        kafka_failed(e, "kafka_consumer", m->err, rd_kafka_message_errstr(m));
        char why[256];
        e->fatal = rd_kafka_fatal_error(c->rk, why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_message_destroy(m);
    return got;
}

enum kafka_got kafka_consumer_poll(struct kafka_consumer *c, struct kafka_message *out, struct err *e)
{
    rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, 0);
    if (m == NULL) return KAFKA_NOTHING;
    *out = (struct kafka_message){0};
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) return got_error(c, m, out, e);
    out->handle = m;
    out->place = (struct kafka_place){topic_of(c, m->rkt), m->partition, m->offset};
    return KAFKA_MESSAGE;
}

bool kafka_consumer_read(struct kafka_consumer *c, const struct kafka_place *places, int n, struct err *e)
{
    rd_kafka_topic_partition_list_t *list = kafka_list(places, n, c->spec.service);
    /* The library keeps a pause over a rebalance: what was taken away paused would come back never to be fetched. */
    rd_kafka_resume_partitions(c->rk, list);
    rd_kafka_resp_err_t code = rd_kafka_assign(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || kafka_failed(e, "kafka_consumer", code, "assign");
}

bool kafka_consumer_seek(struct kafka_consumer *c, struct kafka_place place, struct err *e)
{
    rd_kafka_topic_partition_list_t *list = kafka_list(&place, 1, c->spec.service);
    rd_kafka_error_t *error = rd_kafka_seek_partitions(c->rk, list, 5000);
    bool well = error == NULL && list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!well)
        kafka_failed(e, "kafka_consumer", error == NULL ? list->elems[0].err : rd_kafka_error_code(error), "seek");
    rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
    return well;
}

void kafka_consumer_pause(struct kafka_consumer *c, bool paused)
{
    rd_kafka_topic_partition_list_t *list;
    if (rd_kafka_assignment(c->rk, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (paused)
        rd_kafka_pause_partitions(c->rk, list);
    else
        rd_kafka_resume_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_message_record(const struct kafka_message *m, struct record *out) { kafka_record(m->handle, out); }

void kafka_message_free(struct kafka_message *m)
{
    if (m->handle != NULL) rd_kafka_message_destroy(m->handle);
    m->handle = NULL;
}

const char *kafka_consumer_cluster(struct kafka_consumer *c)
{
    char *id = rd_kafka_clusterid(c->rk, 0);
    if (id != NULL) snprintf(c->cluster, sizeof c->cluster, "%s", id);
    if (id != NULL) rd_kafka_mem_free(c->rk, id);
    return c->cluster;
}

bool kafka_consumer_ends(struct kafka_consumer *c, struct kafka_place *places, int n, int timeout_ms, struct err *e)
{
    return kafka_log_ends(c->rk, c->spec.service, places, n, timeout_ms, e);
}

bool kafka_consumer_range(struct kafka_consumer *c, int topic, int part, int64_t *start, int64_t *end, struct err *e)
{
    char name[TOPIC_NAME_SIZE];
    rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(c->rk, topic_name(topic, c->spec.service, name), part, start, end, 5000);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || kafka_failed(e, "kafka_consumer", code, name);
}
