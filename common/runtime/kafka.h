/* Kafka for the shell: a consumer whose positions are ours, a producer whose bytes are fixed, and the few
 * questions the protocol asks the broker. librdkafka's types do not leave these files.
 *
 * The consumer joins the group "redress-<service>" (range, eager, static member) only to learn which partitions
 * it is given; what it reads and from where is set by kafka_consumer_read. Nothing is ever committed to Kafka.
 * Not thread-safe; callbacks run inside kafka_consumer_poll and kafka_producer_poll on the caller's thread. */
#ifndef REDRESS_RUNTIME_KAFKA_H
#define REDRESS_RUNTIME_KAFKA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/err.h"
#include "runtime/record.h"

struct kafka_place {
    int topic; /* enum topic_no */
    int part;
    int64_t offset;
};

/* ---- consumer ---- */

struct kafka_consumer;
struct kafka_producer;

struct kafka_consumer_spec {
    const struct config *config;
    int service;
    const int *topics;
    int n_topics;
    int wake_fd;    /* an eventfd: written when there is something to poll */
    int generation; /* of this process's consumers: each a member of its own to the group */
    /* The group gives / takes partitions of the first topic (all topics share one layout). */
    void (*given)(void *user, const int *parts, int n);
    void (*revoked)(void *user, const int *parts, int n);
    void *user;
};

enum kafka_got {
    KAFKA_NOTHING,
    KAFKA_MESSAGE,
    KAFKA_END,          /* place.offset is the log's end */
    KAFKA_OUT_OF_RANGE, /* place: the input whose position the broker refuses */
    KAFKA_FAILED,       /* err says what; only err.fatal ends the consumer */
};

struct kafka_message {
    void *handle;
    struct kafka_place place;
};

struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_spec *spec, struct err *e);
/* Leaves the group and closes. */
void kafka_consumer_free(struct kafka_consumer *c);
/* Does not wait. */
enum kafka_got kafka_consumer_poll(struct kafka_consumer *c, struct kafka_message *out, struct err *e);
/* Reads exactly these from now on; everything fetched before is dropped. */
bool kafka_consumer_read(struct kafka_consumer *c, const struct kafka_place *places, int n, struct err *e);
/* Moves one of them. */
bool kafka_consumer_seek(struct kafka_consumer *c, struct kafka_place place, struct err *e);
/* Stops and restarts fetching of all, while polling goes on. */
void kafka_consumer_pause(struct kafka_consumer *c, bool paused);
/* The record of a message; valid until kafka_message_free. */
void kafka_message_record(const struct kafka_message *m, struct record *out);
void kafka_message_free(struct kafka_message *m);
/* Whether every topic exists with its partitions. A consumer that joins before would be given nothing, and as a
 * static member would keep being given nothing. */
bool kafka_topics_ready(struct kafka_producer *p, const int *topics, int n, int partitions, struct err *e);
/* The cluster's id; "" while unknown. */
const char *kafka_consumer_cluster(struct kafka_consumer *c);
/* Log end of each place (into .offset), one request; -1 where the broker did not say. May wait behind a fetch. */
bool kafka_consumer_ends(struct kafka_consumer *c, struct kafka_place *places, int n, int timeout_ms, struct err *e);
/* Start and end of one log. */
bool kafka_consumer_range(struct kafka_consumer *c, int topic, int part, int64_t *start, int64_t *end, struct err *e);

/* ---- producer ---- */

typedef void (*kafka_delivered_fn)(void *user, int topic, int part, bool ok, int64_t offset);

struct kafka_producer_spec {
    const struct config *config;
    int service;
    int wake_fd;
    kafka_delivered_fn delivered;
    void *user;
};

enum kafka_produce { KAFKA_PRODUCED, KAFKA_QUEUE_FULL, KAFKA_PRODUCER_DEAD };

struct kafka_producer *kafka_producer_new(const struct kafka_producer_spec *spec, struct err *e);
/* Drops what is queued; never waits for deliveries. */
void kafka_producer_free(struct kafka_producer *p);
/* The bytes are copied. */
enum kafka_produce kafka_producer_send(struct kafka_producer *p, int topic, int part, const struct record *r);
/* Serves delivery reports. */
void kafka_producer_poll(struct kafka_producer *p);
/* Waits until everything queued is delivered, at most timeout_ms; how much is left. */
int kafka_producer_flush(struct kafka_producer *p, int timeout_ms);
bool kafka_producer_is_dead(struct kafka_producer *p);

/* ---- log ends, asked for beside the loop ---- */

enum { KAFKA_ENDS_MOST = 64 * 16 };

struct kafka_ends;
/* wake_fd: an eventfd, written when an answer is there. */
struct kafka_ends *kafka_ends_new(const struct config *config, int service, int wake_fd, struct err *e);
void kafka_ends_free(struct kafka_ends *k);
/* Asks for the ends of these, at most KAFKA_ENDS_MOST; false: the last answer has not come, or was not taken. */
bool kafka_ends_ask(struct kafka_ends *k, const struct kafka_place *places, int n);
/* The answer to the last question, once: its places with their ends (-1 where the broker did not say). FAILED: the
 * broker did not answer, err says why. */
enum kafka_ends_said { KAFKA_ENDS_NOTHING, KAFKA_ENDS_TOLD, KAFKA_ENDS_FAILED };
enum kafka_ends_said kafka_ends_take(struct kafka_ends *k, struct kafka_place *places, struct err *e);

/* ---- reading at places, for assignment and for tools ---- */

/* Looks at single records: for each place calls `found` with the record at that offset, if there is one. */
typedef void (*kafka_found_fn)(void *user, int index, const struct kafka_place *place, const struct record *r);
bool kafka_look(const struct config *config, int service, const struct kafka_place *places, int n, kafka_found_fn found,
                void *user, struct err *e);
/* Reads one partition of a named topic from its start to the end it had when the scan began; `each` returning
 * false stops it. */
typedef bool (*kafka_each_fn)(void *user, int64_t offset, const struct record *r);
bool kafka_scan_partition(const struct config *config, const char *topic, int part, kafka_each_fn each, void *user,
                          struct err *e);

/* ---- topics ---- */

/* Creates every topic of the installation that is missing (inbound and command with flush.messages=1). */
bool kafka_topics_create(const struct config *config, struct err *e);
/* Creates the dead-letter topics of what a service reads. */
bool kafka_dlq_create(const struct config *config, int service, const int *topics, int n, struct err *e);

#endif
