#include "runtime/kafka_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void on_log(const rd_kafka_t *rk, int level, const char *fac, const char *text)
{
    (void)rk;
    bool connection = strcmp(fac, "FAIL") == 0 || strcmp(fac, "ERROR") == 0; /* the loop says that once itself */
    log_line(level <= 3 && !connection ? LOG_WARN : LOG_DEBUG, "kafka %s: %s", fac, text);
}

/* Broker errors are transient to us: the client reconnects by itself. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *user)
{
    (void)rk;
    (void)user;
    log_debug("kafka %s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)code), reason);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        log_error("kafka setting %s=%s: %s", name, value, why);
        abort(); /* our own table is wrong for this library */
    }
}

rd_kafka_conf_t *kafka_conf(const struct config *config, const struct kafka_setting *settings, int n)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", config_text(config, "kafka.brokers"));
    set(conf, "client.id", "redress");
    set(conf, "socket.nagle.disable", "true");
    set(conf, "socket.keepalive.enable", "true");
    set(conf, "reconnect.backoff.ms", "50");
    set(conf, "reconnect.backoff.max.ms", "1000");
    set(conf, "topic.metadata.refresh.interval.ms", "30000");
    set(conf, "topic.metadata.refresh.fast.interval.ms", "100");
    set(conf, "log.connection.close", "false");
    for (int i = 0; i < n; i++) set(conf, settings[i].name, settings[i].value);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    return conf;
}

rd_kafka_t *kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e)
{
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (rk != NULL) return rk;
    rd_kafka_conf_destroy(conf);
    err_set(e, ERR_KAFKA, "kafka_client", "%s", why);
    return NULL;
}

bool kafka_failed(struct err *e, const char *where, rd_kafka_resp_err_t code, const char *what)
{
    return err_set_retry(e, ERR_KAFKA, where, "%s: %s", what, rd_kafka_err2str(code));
}

void kafka_record(const rd_kafka_message_t *m, struct record *out)
{
    static const char empty[1] = "";
    out->timestamp_ms = rd_kafka_message_timestamp(m, NULL);
    out->key = m->key == NULL ? empty : m->key;
    out->key_len = m->key_len;
    out->value = m->payload == NULL ? empty : m->payload;
    out->value_len = m->len;
    out->n_headers = 0;
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const void *value;
    struct header *h = out->headers;
    while (out->n_headers < RECORD_MAX_HEADERS &&
           rd_kafka_header_get_all(headers, (size_t)out->n_headers, &h->name, &value, &h->len) ==
               RD_KAFKA_RESP_ERR_NO_ERROR) {
        h->value = value == NULL ? empty : value;
        out->n_headers++;
        h++;
    }
}

rd_kafka_topic_partition_list_t *kafka_list(const struct kafka_place *places, int n, int service)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    char name[TOPIC_NAME_SIZE];
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, topic_name(places[i].topic, service, name), places[i].part)->offset =
            places[i].offset;
    return list;
}
