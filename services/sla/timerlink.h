/* One connection to Redis that calls one script, inside the timer store.
 *
 * hiredis 0.14 must not go on after an error (a reused context returns the previous command's reply),
 * so any error frees it; the next use connects, authenticates, selects and loads the script again. */
#ifndef REDRESS_SLA_TIMERLINK_H
#define REDRESS_SLA_TIMERLINK_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timerlink {
    char host[128], password[128];
    int port, db, timeout_ms;
    const char *script;
    char sha[41];
    redisContext *redis; /* NULL: not connected */
    int64_t retry_at_us; /* monotonic; before it nothing is tried */
    int pause_ms;
    char error[200];
};

void timerlink_close(struct timerlink *l);
/* Connected and ready to send? Connects when the pause after the last failure is over. */
bool timerlink_up(struct timerlink *l);
/* Queues EVALSHA with these arguments (the caller's from index 2 on: number of keys, keys, ...; 0 and 1
 * are filled in here). */
bool timerlink_send(struct timerlink *l, int argc, const char **argv, size_t *lens);
/* Puts what is queued on its way without waiting for an answer. */
bool timerlink_flush(struct timerlink *l);
/* The next answer. NULL: the link is down. An error answer also takes it down, except that of a
 * forgotten script, which sets *forgotten: when all answers are in, load it and send again. */
redisReply *timerlink_receive(struct timerlink *l, bool *forgotten);
bool timerlink_load(struct timerlink *l);

#endif
