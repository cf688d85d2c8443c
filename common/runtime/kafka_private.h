/* Shared by the kafka_*.c files: client configuration and record access. */
#ifndef REDRESS_RUNTIME_KAFKA_PRIVATE_H
#define REDRESS_RUNTIME_KAFKA_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "runtime/kafka.h"
#include "runtime/topics.h"

struct kafka_setting {
    const char *name, *value;
};

/* A configuration with what every client shares, and `settings`. */
rd_kafka_conf_t *kafka_conf(const struct config *config, const struct kafka_setting *settings, int n);
/* Makes a client; the configuration is consumed. */
rd_kafka_t *kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e);
bool kafka_failed(struct err *e, const char *where, rd_kafka_resp_err_t code, const char *what);
void kafka_record(const rd_kafka_message_t *m, struct record *out);
/* Log end of each place (into .offset), one request; -1 where the broker did not say. */
bool kafka_log_ends(rd_kafka_t *rk, int service, struct kafka_place *places, int n, int timeout_ms, struct err *e);
rd_kafka_topic_partition_list_t *kafka_list(const struct kafka_place *places, int n, int service);

#endif
