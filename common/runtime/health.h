/* Health and metrics over HTTP: /healthz (the loop turns), /readyz (every partition given is assigned and
 * nothing is lacking or failing), /metrics (Prometheus text). A thread of its own; it only reads. */
#ifndef REDRESS_RUNTIME_HEALTH_H
#define REDRESS_RUNTIME_HEALTH_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "runtime/metrics.h"
#include "runtime/protocol.h"

struct health;

/* port 0: no server, but health_write still works (the console serves its own). */
struct health *health_open(const char *host, int port, const char *service, const struct metrics *m, struct err *e);
void health_close(struct health *h);
/* From the loop, about once a second; its absence for 30 s makes /healthz fail. */
void health_set(struct health *h, bool ready, const struct proto_health *p);
bool health_alive(struct health *h);
bool health_ready(struct health *h);
/* The state as one JSON object. */
void health_write(struct health *h, struct buf *out);

#endif
