/* The floor of the timers: what Redis alone does with the same commands and no logic. One timer is one ZADD into a
 * partition's sorted set and, when it is due, its part of a ZRANGEBYSCORE and a ZREM, by hundreds, a few on their way
 * at a time. Prints timers a second. Uses database 15 of the Redis named by the settings, and empties it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "runtime/settings.h"

enum { PARTS = 16, CHUNK = 256, AHEAD = 8, ID = 8, ARGS = 2 + 2 * CHUNK };

struct floor {
    redisContext *redis;
    const char *argv[ARGS];
    size_t lens[ARGS];
    int argc;
    char numbers[CHUNK][24];
    unsigned char ids[CHUNK][ID];
    int waiting;
};

static void add(struct floor *f, const void *bytes, size_t n)
{
    f->argv[f->argc] = bytes;
    f->lens[f->argc++] = n;
}

static void receive(struct floor *f)
{
    redisReply *r = NULL;
    if (redisGetReply(f->redis, (void **)&r) != REDIS_OK || r->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "timers_floor: %s\n", r == NULL ? f->redis->errstr : r->str);
        exit(1);
    }
    freeReplyObject(r);
    f->waiting--;
}

static void send_command(struct floor *f)
{
    redisAppendCommandArgv(f->redis, f->argc, f->argv, f->lens);
    if (++f->waiting >= AHEAD) receive(f);
}

static void begin(struct floor *f, const char *command, const char *key)
{
    f->argc = 0;
    add(f, command, strlen(command));
    add(f, key, strlen(key));
}

static void add_ids(struct floor *f, int64_t first, bool with_due)
{
    for (int k = 0; k < CHUNK; k++) {
        int64_t id = first + k;
        for (int i = 0; i < ID; i++) f->ids[k][i] = (unsigned char)((uint64_t)id >> (8 * (ID - 1 - i)));
        snprintf(f->numbers[k], sizeof f->numbers[k], "%lld", 1764000000000LL + (long long)id);
        if (with_due) add(f, f->numbers[k], strlen(f->numbers[k]));
        add(f, f->ids[k], ID);
    }
}

static void run(struct floor *f, int64_t n, bool fire)
{
    char key[16];
    for (int64_t id = 0; id < n; id += CHUNK) {
        snprintf(key, sizeof key, "f%d", (int)(id / CHUNK % PARTS));
        if (fire) {
            begin(f, "ZRANGEBYSCORE", key);
            const char *rest[] = {"-inf", "1864000000000", "LIMIT", "0", "256"};
            for (int i = 0; i < 5; i++) add(f, rest[i], strlen(rest[i]));
            send_command(f);
        }
        begin(f, fire ? "ZREM" : "ZADD", key);
        add_ids(f, id, !fire);
        send_command(f);
    }
    while (f->waiting > 0) receive(f);
}

static void say(redisContext *c, const char *command, const char *arg)
{
    redisReply *r = redisCommand(c, "%s %s", command, arg);
    if (r != NULL) freeReplyObject(r);
}

int main(int argc, char **argv)
{
    static struct floor f;
    struct config config;
    struct err e = ERR_INIT;
    int n_keys;
    const struct config_key *keys = settings_shared(&n_keys);
    int64_t n = argc > 1 ? atoll(argv[1]) : 300000;
    if (!config_load(&config, keys, n_keys, settings_default_file(), &e)) return 2;
    f.redis = redisConnect(config_text(&config, "redis.host"), (int)config_int(&config, "redis.port"));
    if (f.redis == NULL || f.redis->err != 0) return 1;
    say(f.redis, "AUTH", config_text(&config, "redis.password"));
    say(f.redis, "SELECT", "15");
    int64_t begun = clock_monotonic_us();
    run(&f, n, false);
    int64_t armed = clock_monotonic_us();
    run(&f, n, true);
    int64_t fired = clock_monotonic_us();
    printf("%.0f %.0f %.0f\n", (double)n * 1e6 / (double)(fired - begun), (double)n * 1e6 / (double)(armed - begun),
           (double)n * 1e6 / (double)(fired - armed));
    say(f.redis, "FLUSHDB", "ASYNC");
    redisFree(f.redis);
    config_deinit(&config);
    return 0;
}
