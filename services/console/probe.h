/* How the services are: asks each for its readiness and metrics on its own port, all at once, bounded in time. */
#ifndef REDRESS_CONSOLE_PROBE_H
#define REDRESS_CONSOLE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"

enum { PROBE_SERVICES = 7 };

struct probe_answer {
    const char *name;
    int port;
    bool up, ready;
    const char *detail;  /* what /readyz said when not ready, or why it is not up; NULL when well */
    const char *metrics; /* Prometheus text; NULL when not up */
};
/* Answers live in the arena. Thread-safe; takes at most about a second. */
void probe_services(const struct config *config, struct arena *a, struct probe_answer out[PROBE_SERVICES]);

/* The sum of a metric's samples over all its labels; false when there is none. Pure. */
bool probe_metric(const char *text, const char *name, double *sum);

#endif
