/* One read-only script over the timer store's keys, through the same kind of link (timerlink.h). */
#include "sla/timerview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sla/timerkeys.h"
#include "sla/timerlink.h"

enum { NUMBER = 24, FIXED_ARGS = 7, ARGS = FIXED_ARGS + TV_PLACES, TIMEOUT_MS = 5000 };

/* KEYS as the timer store's. Each operation reads at one moment. */
static const char script[] = "local op = ARGV[1]\n"
                             "if op == 'epoch' then return {redis.call('HGET', KEYS[3], 'e') or ''} end\n"
                             "if op == 'page' then\n"
                             "  return redis.call('ZRANGE', KEYS[tonumber(ARGV[2])], ARGV[3], ARGV[4], 'WITHSCORES')\n"
                             "end\n"
                             "local at = {}\n"
                             "for i = 2, #ARGV do\n"
                             "  at[#at + 1] = redis.call('ZSCORE', KEYS[1], ARGV[i]) or ''\n"
                             "  at[#at + 1] = redis.call('ZSCORE', KEYS[2], ARGV[i]) or ''\n"
                             "end\n"
                             "return at\n";

struct tv {
    struct timerlink link;
    struct timerkeys keys;
    int argc;
    const char *argv[ARGS];
    size_t lens[ARGS];
    unsigned char ids[TV_PLACES][TIMERID_SIZE];
};

static bool away(struct tv *tv, struct err *e) { return err_set_retry(e, ERR_REDIS, "tv", "%s", tv->link.error); }

struct tv *tv_open(const struct ts_config *config, struct err *e)
{
    struct tv *tv = calloc(1, sizeof *tv);
    if (tv == NULL) abort(); /* out of memory (base/arena.h) */
    struct timerlink *l = &tv->link;
    snprintf(l->host, sizeof l->host, "%s", config->host);
    snprintf(l->password, sizeof l->password, "%s", config->password != NULL ? config->password : "");
    l->port = config->port;
    l->db = config->db;
    l->timeout_ms = TIMEOUT_MS;
    l->script = script;
    if (timerlink_up(l)) return tv;
    away(tv, e);
    tv_close(tv);
    return NULL;
}

void tv_close(struct tv *tv)
{
    if (tv == NULL) return;
    timerlink_close(&tv->link);
    free(tv);
}

static void add(struct tv *tv, const void *bytes, size_t n)
{
    tv->argv[tv->argc] = bytes;
    tv->lens[tv->argc++] = n;
}

static void add_text(struct tv *tv, const char *text) { add(tv, text, strlen(text)); }

static void begin(struct tv *tv, int partition, const char *op)
{
    timerkeys_fill(&tv->keys, partition);
    tv->argc = 2; /* the link fills in command and digest */
    add_text(tv, "3");
    add_text(tv, tv->keys.due);
    add_text(tv, tv->keys.lease);
    add_text(tv, tv->keys.ep);
    add_text(tv, op);
}

/* The answer, a list; the caller frees it. A Redis that was restarted meanwhile has forgotten the script. */
static redisReply *call(struct tv *tv, struct err *e)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        bool forgotten = false;
        if (!timerlink_up(&tv->link) || !timerlink_send(&tv->link, tv->argc, tv->argv, tv->lens)) break;
        redisReply *r = timerlink_receive(&tv->link, &forgotten);
        if (r == NULL) break;
        if (!forgotten && r->type == REDIS_REPLY_ARRAY) return r;
        freeReplyObject(r);
        if (!forgotten || !timerlink_load(&tv->link)) break;
    }
    away(tv, e);
    return NULL;
}

static const redisReply *item(const redisReply *r, size_t i)
{
    return i < r->elements && r->element[i]->type == REDIS_REPLY_STRING ? r->element[i] : NULL;
}

static int64_t instant(const redisReply *r)
{
    return r != NULL && r->len > 0 ? (int64_t)strtod(r->str, NULL) : TS_NONE;
}

bool tv_epoch(struct tv *tv, int partition, int64_t *epoch, struct err *e)
{
    begin(tv, partition, "epoch");
    redisReply *r = call(tv, e);
    if (r == NULL) return false;
    const redisReply *text = item(r, 0);
    *epoch = text != NULL && text->len > 0 ? strtoll(text->str, NULL, 10) : -1;
    freeReplyObject(r);
    return true;
}

bool tv_page(struct tv *tv, int partition, enum tv_set set, int64_t from, struct tv_entry *out, int *n, struct err *e)
{
    char first[NUMBER], last[NUMBER];
    snprintf(first, sizeof first, "%lld", (long long)from);
    snprintf(last, sizeof last, "%lld", (long long)from + TV_PAGE - 1);
    begin(tv, partition, "page");
    add_text(tv, set == TV_DUE ? "1" : "2");
    add_text(tv, first);
    add_text(tv, last);
    redisReply *r = call(tv, e);
    if (r == NULL) return false;
    *n = 0;
    for (size_t i = 0; i + 1 < r->elements && *n < TV_PAGE; i += 2) {
        const redisReply *id = item(r, i);
        bool readable = id != NULL && id->len == TIMERID_SIZE;
        out[(*n)++] = (struct tv_entry){readable ? timerid_read(id->str) : -1, instant(item(r, i + 1))};
    }
    freeReplyObject(r);
    return true;
}

bool tv_places(struct tv *tv, int partition, const int64_t *ids, int n, struct tv_place *out, struct err *e)
{
    begin(tv, partition, "places");
    for (int i = 0; i < n; i++) {
        timerid_write(tv->ids[i], ids[i]);
        add(tv, tv->ids[i], TIMERID_SIZE);
    }
    redisReply *r = call(tv, e);
    if (r == NULL) return false;
    for (int i = 0; i < n; i++)
        out[i] = (struct tv_place){instant(item(r, 2 * (size_t)i)), instant(item(r, 2 * (size_t)i + 1))};
    freeReplyObject(r);
    return true;
}
