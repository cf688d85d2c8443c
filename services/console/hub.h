/* The live stream (server-sent events): entries of the timeline as they are committed, each client at its own place.
 *
 * One thread reads the timeline after the newest n it has seen and hands the rows to the clients; a client that resumes
 * further back, or is slow, gets its own pages until it has caught up. Nothing is lost but what `rate` leaves out, and
 * that is counted and told. */
#ifndef REDRESS_CONSOLE_HUB_H
#define REDRESS_CONSOLE_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "console/http.h"

struct hub;
struct hub *hub_new(struct console *c);
/* Ends every stream. */
void hub_stop(struct hub *h);
void hub_free(struct hub *h);
/* The read model has grown. Any thread. */
void hub_wake(struct hub *h);
int64_t hub_clients(const struct hub *h);

struct hub_subscription {
    const char *types; /* comma-separated types or services; NULL = all */
    int64_t case_id;   /* 0 = all */
    int64_t after;     /* -1 = from now */
    int rate;          /* entries a second; 0 = all */
};
/* Makes the endless response of the request. */
bool hub_subscribe(struct hub *h, struct request *rq, const struct hub_subscription *s, struct err *e);

/* True when a type ("sla.breached") is one of the comma-separated types or services. Pure. */
bool hub_type_matches(const char *types, const char *type);

#endif
