/* The console: the read model's projector on the runtime's loop, and beside it the HTTP side on threads of its own.
 *
 * Two worlds, two touching points: the gateway (HTTP threads put messages in, the loop takes them, commits them in its
 * fenced outbox, and tells), and the wake-ups after a commit (answers, stream). Everything the HTTP side shows it
 * reads from PostgreSQL through its own pool. */
#ifndef REDRESS_CONSOLE_CONSOLE_H
#define REDRESS_CONSOLE_CONSOLE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/config.h"
#include "console/auth.h"
#include "runtime/service.h"

struct answers;
struct channels;
struct db;
struct gateway;
struct http;
struct hub;
struct site;

struct console {
    const struct config *config;
    struct clock clock;
    int partitions;
    struct host *host; /* other threads: host_wake, metrics and the constant policy only */
    struct auth auth;
    struct db *db;
    struct gateway *gateway;
    struct answers *answers;
    struct hub *hub;

    struct site *site;
    struct channels *channels;
    struct http *http;
    atomic_llong turned_us; /* monotonic: the loop's last tick */
    atomic_llong behind;    /* inputs the slowest service (or this one) has still to handle, at the last tick */
    int metric_requests, metric_failed, metric_streams, metric_waiting, metric_notices, metric_notice_age;
};

/* Settings beside the shared ones. */
extern const struct config_key console_keys[];
extern const int console_n_keys;
/* The read model (project.c), and the gateway with the HTTP side (console.c). */
extern const struct store console_store;
extern const struct adapter console_adapter;

#endif
