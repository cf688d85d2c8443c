/* Every failure ends in fail(): the context is gone, the reason is kept, and a pause begins that
 * doubles up to a second and ends with the next good answer. */
#include "sla/timerlink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 1000 };

void timerlink_close(struct timerlink *l)
{
    if (l->redis != NULL) redisFree(l->redis);
    l->redis = NULL;
}

static bool fail(struct timerlink *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct timerlink *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(l->error, sizeof l->error, fmt, ap);
    va_end(ap);
    timerlink_close(l);
    l->pause_ms = l->pause_ms == 0 ? PAUSE_FIRST_MS : l->pause_ms * 2;
    if (l->pause_ms > PAUSE_MAX_MS) l->pause_ms = PAUSE_MAX_MS;
    l->retry_at_us = clock_monotonic_us() + (int64_t)l->pause_ms * 1000;
    return false;
}

static bool fail_redis(struct timerlink *l)
{
    char why[128];
    snprintf(why, sizeof why, "%s", l->redis->errstr);
    return fail(l, "Redis at %s:%d: %s", l->host, l->port, why);
}

static redisReply *receive(struct timerlink *l)
{
    void *reply = NULL;
    if (redisGetReply(l->redis, &reply) == REDIS_OK) return reply;
    fail_redis(l);
    return NULL;
}

bool timerlink_load(struct timerlink *l)
{
    redisReply *r = NULL;
    if (redisAppendCommand(l->redis, "SCRIPT LOAD %s", l->script) != REDIS_OK) return fail_redis(l);
    r = receive(l);
    if (r == NULL) return false;
    bool well = r->type == REDIS_REPLY_STRING && r->len == sizeof l->sha - 1;
    if (well)
        memcpy(l->sha, r->str, sizeof l->sha);
    else
        fail(l, "Redis at %s:%d: SCRIPT LOAD: %s", l->host, l->port,
             r->type == REDIS_REPLY_ERROR ? r->str : "no digest");
    freeReplyObject(r);
    return well;
}

/* AUTH and SELECT in one round trip. */
static bool greet(struct timerlink *l)
{
    int expected = 0;
    if (l->password[0] != '\0') expected += redisAppendCommand(l->redis, "AUTH %s", l->password) == REDIS_OK;
    expected += redisAppendCommand(l->redis, "SELECT %d", l->db) == REDIS_OK;
    while (expected-- > 0) {
        redisReply *r = receive(l);
        if (r == NULL) return false;
        char why[128] = "";
        if (r->type == REDIS_REPLY_ERROR) snprintf(why, sizeof why, "%s", r->str);
        freeReplyObject(r);
        if (why[0] != '\0') return fail(l, "Redis at %s:%d: %s", l->host, l->port, why);
    }
    return true;
}

bool timerlink_up(struct timerlink *l)
{
    if (l->redis != NULL) return true;
    if (clock_monotonic_us() < l->retry_at_us) return false;
    int connect_ms = l->timeout_ms / 4 + 1;
    struct timeval limit = {.tv_sec = l->timeout_ms / 1000, .tv_usec = l->timeout_ms % 1000 * 1000};
    struct timeval connect = {.tv_sec = connect_ms / 1000, .tv_usec = connect_ms % 1000 * 1000};
    l->redis = redisConnectWithTimeout(l->host, l->port, connect);
    if (l->redis == NULL) return fail(l, "Redis: out of memory");
    if (l->redis->err != 0 || redisSetTimeout(l->redis, limit) != REDIS_OK) return fail_redis(l);
    return greet(l) && timerlink_load(l);
}

bool timerlink_send(struct timerlink *l, int argc, const char **argv, size_t *lens)
{
    argv[0] = "EVALSHA";
    lens[0] = strlen(argv[0]);
    argv[1] = l->sha;
    lens[1] = strlen(l->sha);
    return redisAppendCommandArgv(l->redis, argc, argv, lens) == REDIS_OK || fail_redis(l);
}

bool timerlink_flush(struct timerlink *l)
{
    int done = 0;
    while (done == 0)
        if (redisBufferWrite(l->redis, &done) != REDIS_OK) return fail_redis(l);
    return true;
}

redisReply *timerlink_receive(struct timerlink *l, bool *forgotten)
{
    redisReply *r = receive(l);
    if (r == NULL) return NULL;
    if (r->type == REDIS_REPLY_ERROR) {
        if (strncmp(r->str, "NOSCRIPT", 8) == 0) {
            *forgotten = true;
            return r;
        }
        fail(l, "Redis at %s:%d: %s", l->host, l->port, r->str);
        freeReplyObject(r);
        return NULL;
    }
    l->pause_ms = 0;
    return r;
}
