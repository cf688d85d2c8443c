/* The time index of pending timers in Redis (SL-3). PostgreSQL is the truth; this only makes firing
 * punctual, and may be lost, wiped or unreachable at any moment.
 *
 * Per partition: a sorted set of due times, a sorted set of leases, and a marker {owner epoch,
 * generation, number of writes} that every call compares. So a zombie owner is refused, and a store
 * that was wiped, restored from an old snapshot, or lost the end of its log is found out at the first
 * call. Instants are ms of the installation's clock; the store never reads one for timers.
 *
 * Synchronous (but for ts_ask) and bounded: a call waits timeout_ms for an answer, then says unreachable; after
 * a failure further calls say so at once until a pause (0.1 s, doubling to 1 s) is over. Large puts
 * stop within the same bound and say how far they came. Not for use from two threads. */
#ifndef REDRESS_SLA_TIMERSTORE_H
#define REDRESS_SLA_TIMERSTORE_H

#include <stdint.h>

enum { TS_CHUNK = 512 }; /* ids per script call; claims and acks hold at most so many */

#define TS_NONE INT64_MAX

enum ts_result {
    TS_OK,
    TS_REFUSED,     /* a later owner has the partition: let go of it */
    TS_STALE,       /* the index lost something, or was never assigned: ts_assign, then put all again */
    TS_UNREACHABLE, /* not now; whether the call took effect is unknown, and repeating it is harmless */
};

struct ts_config {
    const char *host;
    int port;
    const char *password; /* "" or NULL = none */
    int db;
    int partitions;
    int timeout_ms; /* for one answer; a connect gets a quarter of it; 0 = 80 */
};

struct ts_timer {
    int64_t id; /* any value; one pending entry per id */
    int64_t due_ms;
};

struct ts_claim {
    int64_t now_ms;   /* nothing due later is claimed */
    int64_t lease_ms; /* not acknowledged for so long: ts_reclaim gives it back */
    int64_t fresh_ms; /* due within this time before now = the punctual lane, older = backlog */
    int max;          /* at most TS_CHUNK */
};

struct ts_stat {
    int64_t pending, leased;
    int64_t head_ms; /* TS_NONE when nothing is pending */
};

struct ts_window {
    int64_t after_ms; /* pending timers due later than this */
    int max;          /* at most TS_CHUNK; `timers` has room for them */
    struct ts_timer *timers;
    int n;
    int64_t pending, leased; /* of the whole partition */
};

struct ts;

/* Opens nothing yet: the first call connects. Ignores SIGPIPE for the process, which hiredis needs. */
struct ts *ts_open(const struct ts_config *config);
void ts_close(struct ts *ts);

/* Takes the partition under an epoch and empties its index and leases; fill it with ts_put, the
 * earliest due first, while firing goes on. */
enum ts_result ts_assign(struct ts *ts, int partition, int64_t epoch);
/* Forgets the partition here; Redis is not asked. */
void ts_release(struct ts *ts, int partition);

/* Arms or moves timers. *done (may be NULL): how many are known to be in; with TS_OK less than n
 * means the time was up, go on with the rest. */
enum ts_result ts_put(struct ts *ts, int partition, const struct ts_timer *timers, int n, int *done);
enum ts_result ts_del(struct ts *ts, int partition, const int64_t *ids, int n, int *done);
/* Moves up to ask->max due timers to the leases; ids has room for them, *n says how many. */
enum ts_result ts_claim(struct ts *ts, int partition, const struct ts_claim *ask, int64_t *ids, int *n);
/* The same in two steps, one claim at a time: sent now, and its answer taken when it is wanted (waiting for it, if need
 * be). Calls in between are in order. An answer is taken before the next is asked for. */
enum ts_result ts_ask(struct ts *ts, int partition, const struct ts_claim *ask);
enum ts_result ts_answer(struct ts *ts, int64_t *ids, int *n);
/* Fired, committed: forget the leases. */
enum ts_result ts_ack(struct ts *ts, int partition, const int64_t *ids, int n);
/* Gives back up to TS_CHUNK timers whose lease ended; *n (may be NULL) says how many. */
enum ts_result ts_reclaim(struct ts *ts, int partition, int64_t now_ms, int *n);
enum ts_result ts_stat(struct ts *ts, int partition, struct ts_stat *out);

/* A window of what the index holds, the earliest due first. */
enum ts_result ts_look(struct ts *ts, int partition, struct ts_window *w);

/* The earliest due of the partition as of its last call (TS_NONE: nothing), without asking Redis. */
int64_t ts_head(const struct ts *ts, int partition);
/* The earliest of all assigned partitions: when to wake up next. */
int64_t ts_next(const struct ts *ts);

/* Why the last call was TS_UNREACHABLE, for a person. */
const char *ts_error(const struct ts *ts);
const char *ts_result_name(enum ts_result r);

#endif
