/* Messages from the outside to Kafka: kept in the console's fenced outbox before anyone is told so (CH-2).
 *
 * HTTP threads submit; the loop takes, commits, and calls `kept` on its own thread. A message that was submitted is
 * told exactly once: kept, or not kept (the partition went away, the console stops). */
#ifndef REDRESS_CONSOLE_GATEWAY_H
#define REDRESS_CONSOLE_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/service.h"

/* Memory of the submitter, left alone by it until `kept`. */
struct message {
    struct post post;
    int part;            /* whose fence covers it; = post.dst for commands and inbound alike */
    int64_t case_id;     /* 0 = none yet */
    const char *id;      /* CloudEvents id */
    const char *command; /* command name without "command."; NULL for inbound */
    int64_t fingerprint; /* of the request (Idempotency-Key) */
    const char *channel; /* inbound: name of the channel, for its counters */
    void (*kept)(struct message *m, bool kept);
    void *context;
    struct message *next; /* gateway's */
};

struct gateway;
struct gateway *gateway_new(struct host *h);
void gateway_free(struct gateway *g);
/* Thread-safe. May call kept(m, false) at once when stopping. */
void gateway_submit(struct gateway *g, struct message *m);
/* From now on nothing is kept; what waits is told so. */
void gateway_stop(struct gateway *g);
/* Messages submitted and not yet committed. */
int64_t gateway_waiting(const struct gateway *g);

/* The loop's side. */
int64_t gateway_next(struct gateway *g, int part);
int gateway_poll(struct gateway *g, int part, int64_t now_ms, struct local_input *out, int max);
void gateway_committed(struct gateway *g, const struct change *changes, int n);
void gateway_revoked(struct gateway *g, int part);

#endif
