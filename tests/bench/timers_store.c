/* The timers' index alone, beside what Redis alone does with the same commands and no logic (tests/bench/run timers).
 * The floor: a timer is one ZADD into a partition's sorted set and its part of a ZREM, by hundreds, eight commands on
 * their way. Then the same timers through the store (services/sla/timerstore.h): armed, cancelled, armed again, claimed
 * and acknowledged. Prints one JSON object, timers a second. Empties and uses database 15 of the configured Redis. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "runtime/settings.h"
#include "sla/timerstore.h"

enum { PARTS = 16, CHUNK = TS_CHUNK, AHEAD = 8, ID = 8, ARGS = 2 + 2 * CHUNK, DATABASE = 15 };
static const int64_t FIRST_DUE = 1764000000000;

struct raw {
    redisContext *redis;
    const char *argv[ARGS];
    size_t lens[ARGS];
    int argc, waiting;
    char numbers[CHUNK][24];
    unsigned char ids[CHUNK][ID];
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "timers_store: %s: %s\n", what, why);
    exit(1);
}

static double rate(int64_t n, int64_t since_us) { return (double)n * 1e6 / (double)(clock_monotonic_us() - since_us); }

/* ---- the floor ---- */

static void add(struct raw *f, const void *bytes, size_t n)
{
    f->argv[f->argc] = bytes;
    f->lens[f->argc++] = n;
}

static void receive(struct raw *f)
{
    redisReply *r = NULL;
    if (redisGetReply(f->redis, (void **)&r) != REDIS_OK || r->type == REDIS_REPLY_ERROR)
        fail("Redis", r == NULL ? f->redis->errstr : r->str);
    freeReplyObject(r);
    f->waiting--;
}

static void send_ids(struct raw *f, const char *command, int64_t first, bool with_due)
{
    char key[16];
    snprintf(key, sizeof key, "f%d", (int)(first / CHUNK % PARTS));
    f->argc = 0;
    add(f, command, strlen(command));
    add(f, key, strlen(key));
    for (int k = 0; k < CHUNK; k++) {
        for (int i = 0; i < ID; i++) f->ids[k][i] = (unsigned char)((uint64_t)(first + k) >> (8 * (ID - 1 - i)));
        snprintf(f->numbers[k], sizeof f->numbers[k], "%lld", (long long)(FIRST_DUE + first + k));
        if (with_due) add(f, f->numbers[k], strlen(f->numbers[k]));
        add(f, f->ids[k], ID);
    }
    redisAppendCommandArgv(f->redis, f->argc, f->argv, f->lens);
    if (++f->waiting >= AHEAD) receive(f);
}

static double raw_rate(struct raw *f, const char *command, int64_t n, bool with_due)
{
    int64_t begun = clock_monotonic_us();
    for (int64_t id = 0; id < n; id += CHUNK) send_ids(f, command, id, with_due);
    while (f->waiting > 0) receive(f);
    return rate(n, begun);
}

static void say(redisContext *c, const char *command, const char *arg)
{
    redisReply *r = redisCommand(c, "%s %s", command, arg);
    if (r == NULL || r->type == REDIS_REPLY_ERROR) fail(command, r == NULL ? c->errstr : r->str);
    freeReplyObject(r);
}

/* ---- the store ---- */

static void must(enum ts_result r, const struct ts *ts)
{
    if (r != TS_OK) fail(ts_result_name(r), ts_error(ts));
}

static double arm(struct ts *ts, int64_t n)
{
    struct ts_timer timers[CHUNK];
    int64_t begun = clock_monotonic_us();
    for (int64_t id = 0; id < n; id += CHUNK) {
        for (int k = 0; k < CHUNK; k++) timers[k] = (struct ts_timer){id + k, FIRST_DUE + id + k};
        must(ts_put(ts, (int)(id / CHUNK % PARTS), timers, CHUNK, NULL), ts);
    }
    return rate(n, begun);
}

static double cancel(struct ts *ts, int64_t n)
{
    int64_t ids[CHUNK], begun = clock_monotonic_us();
    for (int64_t id = 0; id < n; id += CHUNK) {
        for (int k = 0; k < CHUNK; k++) ids[k] = id + k;
        must(ts_del(ts, (int)(id / CHUNK % PARTS), ids, CHUNK, NULL), ts);
    }
    return rate(n, begun);
}

static double take(struct ts *ts, int64_t n)
{
    int64_t ids[CHUNK], begun = clock_monotonic_us(), taken = 0;
    struct ts_claim ask = {.now_ms = FIRST_DUE + n, .lease_ms = 10000, .fresh_ms = n, .max = CHUNK};
    for (int part = 0, got = 0, empty = 0; empty < PARTS; part = (part + 1) % PARTS) {
        must(ts_claim(ts, part, &ask, ids, &got), ts);
        if (got > 0) must(ts_ack(ts, part, ids, got), ts);
        taken += got;
        empty = got > 0 ? 0 : empty + 1;
    }
    if (taken != n) fail("the store", "it did not give back what was armed");
    return rate(n, begun);
}

int main(int argc, char **argv)
{
    static struct raw f;
    struct config config;
    struct err e = ERR_INIT;
    int n_keys;
    const struct config_key *keys = settings_shared(&n_keys);
    int64_t n = (argc > 1 ? atoll(argv[1]) : 300000) / CHUNK * CHUNK;
    if (!config_load(&config, keys, n_keys, settings_default_file(), &e)) fail("settings", e.message);
    struct ts_config store = {.host = config_text(&config, "redis.host"),
                              .port = (int)config_int(&config, "redis.port"),
                              .password = config_text(&config, "redis.password"),
                              .db = DATABASE,
                              .partitions = PARTS,
                              .timeout_ms = 2000};
    f.redis = redisConnect(store.host, store.port);
    if (f.redis == NULL || f.redis->err != 0) fail("Redis", f.redis == NULL ? "out of memory" : f.redis->errstr);
    say(f.redis, "AUTH", store.password);
    say(f.redis, "SELECT", "15");
    say(f.redis, "FLUSHDB", "SYNC");
    double raw_arm = raw_rate(&f, "ZADD", n, true), raw_cancel = raw_rate(&f, "ZREM", n, false);
    struct ts *ts = ts_open(&store);
    for (int part = 0; part < PARTS; part++) must(ts_assign(ts, part, 1), ts);
    double armed = arm(ts, n), cancelled = cancel(ts, n);
    arm(ts, n);
    double taken = take(ts, n);
    printf("{\"redis_arm\": %.0f, \"redis_cancel\": %.0f, \"arm\": %.0f, \"cancel\": %.0f, \"take\": %.0f}\n", raw_arm,
           raw_cancel, armed, cancelled, taken);
    say(f.redis, "FLUSHDB", "ASYNC");
    ts_close(ts);
    redisFree(f.redis);
    config_deinit(&config);
    return 0;
}
