/* Reads the timers' index in Redis as it stands, owning and changing nothing: what the audit compares with the rows
 * of sla.timer (SL-3). Errors: ERR_REDIS, Redis does not answer or refuses. */
#ifndef REDRESS_SLA_TIMERVIEW_H
#define REDRESS_SLA_TIMERVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sla/timerstore.h"

enum { TV_PAGE = 4096, TV_PLACES = 512 };

struct tv;

enum tv_set {
    TV_DUE,   /* waiting for their due */
    TV_LEASE, /* claimed by the owner, who is about to fire them */
};

struct tv_entry {
    int64_t id;
    int64_t at_ms; /* its due, or its lease's end */
};

/* Where a timer stands; TS_NONE: not in that set. */
struct tv_place {
    int64_t due_ms, lease_ms;
};

/* Connects; NULL when Redis does not answer. Partitions and timeout of the configuration are not used. */
struct tv *tv_open(const struct ts_config *config, struct err *e);
void tv_close(struct tv *tv);

/* Under which epoch the partition's index was taken; -1: there is none. */
bool tv_epoch(struct tv *tv, int partition, int64_t *epoch, struct err *e);
/* Entries of ranks from `from` on, at most TV_PAGE; *n < TV_PAGE: the end. What moves between two pages may be missed
 * or come twice. */
bool tv_page(struct tv *tv, int partition, enum tv_set set, int64_t from, struct tv_entry *out, int *n, struct err *e);
/* One timer after the other; at most TV_PLACES. */
bool tv_places(struct tv *tv, int partition, const int64_t *ids, int n, struct tv_place *out, struct err *e);

#endif
