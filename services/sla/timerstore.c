/* The timer store's functions, each one or a few calls of the script (timerstore_private.h). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "sla/timerstore_lua.h"
#include "sla/timerstore_private.h"

enum { WAVE = 8, TIMEOUT_MS = 80 };

/* ---- Life ---- */

struct ts *ts_open(const struct ts_config *config)
{
    struct ts *ts = calloc(1, sizeof *ts);
    if (ts == NULL) abort();
    signal(SIGPIPE, SIG_IGN);
    ts->partitions = config->partitions;
    ts->slots = calloc((size_t)config->partitions, sizeof *ts->slots);
    if (ts->slots == NULL) abort();
    for (int p = 0; p < ts->partitions; p++) {
        timerkeys_fill(&ts->slots[p].keys, p);
        ts->slots[p].head_ms = TS_NONE;
    }
    struct timerlink *l = &ts->link;
    snprintf(l->host, sizeof l->host, "%s", config->host);
    snprintf(l->password, sizeof l->password, "%s", config->password != NULL ? config->password : "");
    l->port = config->port;
    l->db = config->db;
    l->timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_MS;
    l->script = timerstore_lua;
    return ts;
}

void ts_close(struct ts *ts)
{
    if (ts == NULL) return;
    if (ts->asked.reply != NULL) freeReplyObject(ts->asked.reply);
    timerlink_close(&ts->link);
    free(ts->slots);
    free(ts);
}

/* ---- Partitions ---- */

static struct slot *slot_of(const struct ts *ts, int partition)
{
    return partition >= 0 && partition < ts->partitions ? &ts->slots[partition] : NULL;
}

static struct slot *my_slot(const struct ts *ts, int partition)
{
    struct slot *s = slot_of(ts, partition);
    return s != NULL && s->mine ? s : NULL;
}

/* ---- Many ids: waves of chunks ---- */

struct batch {
    const char *op;
    const struct ts_timer *timers; /* put */
    const int64_t *ids;            /* del, ack */
    int n;
    int done;
};

static bool send_chunk(struct ts *ts, struct slot *s, const struct batch *b, int from, int ahead)
{
    ts_begin(ts, s, b->op, ahead);
    for (int k = 0; k < TS_CHUNK && from + k < b->n; k++) {
        if (b->timers != NULL) ts_add_number(ts, b->timers[from + k].due_ms);
        ts_add_id(ts, k, b->timers != NULL ? b->timers[from + k].id : b->ids[from + k]);
    }
    return ts_send_call(ts);
}

static int chunk_size(const struct batch *b, int from) { return b->n - from < TS_CHUNK ? b->n - from : TS_CHUNK; }

/* One wave: up to WAVE chunks on their way at once. What is in doubt before the wave is so for each of them. */
static enum ts_result send_wave(struct ts *ts, struct slot *s, struct batch *b, bool *forgotten)
{
    int sent = 0;
    enum ts_result result = TS_OK;
    ts_settle(ts); /* which may take the link down */
    if (!timerlink_up(&ts->link)) return TS_UNREACHABLE;
    for (int from = b->done; sent < WAVE && from < b->n; from += TS_CHUNK, sent++)
        if (!send_chunk(ts, s, b, from, sent)) return TS_UNREACHABLE;
    for (int k = 0; k < sent; k++) {
        redisReply *r = timerlink_receive(&ts->link, forgotten);
        if (r == NULL) {
            s->doubt += sent - k;
            return TS_UNREACHABLE;
        }
        if (result == TS_OK && !*forgotten) {
            result = ts_accept(s, r);
            if (result == TS_OK) b->done += chunk_size(b, b->done);
        }
        freeReplyObject(r);
    }
    return result;
}

static enum ts_result write_batch(struct ts *ts, int partition, struct batch *b)
{
    struct slot *s = my_slot(ts, partition);
    int64_t until_us = clock_monotonic_us() + (int64_t)ts->link.timeout_ms * 500; /* room for the last wave */
    enum ts_result result = s != NULL ? TS_OK : TS_STALE;
    while (result == TS_OK && b->done < b->n && clock_monotonic_us() < until_us) {
        bool forgotten = false;
        result = send_wave(ts, s, b, &forgotten);
        if (result == TS_OK && forgotten && !timerlink_load(&ts->link)) result = TS_UNREACHABLE;
    }
    return result;
}

enum ts_result ts_put(struct ts *ts, int partition, const struct ts_timer *timers, int n, int *done)
{
    struct batch b = {.op = "put", .timers = timers, .n = n};
    enum ts_result result = write_batch(ts, partition, &b);
    if (done != NULL) *done = b.done;
    return result;
}

enum ts_result ts_del(struct ts *ts, int partition, const int64_t *ids, int n, int *done)
{
    struct batch b = {.op = "del", .ids = ids, .n = n};
    enum ts_result result = write_batch(ts, partition, &b);
    if (done != NULL) *done = b.done;
    return result;
}

enum ts_result ts_ack(struct ts *ts, int partition, const int64_t *ids, int n)
{
    struct batch b = {.op = "ack", .ids = ids, .n = n};
    return write_batch(ts, partition, &b);
}

/* ---- One call each ---- */

static bool new_generation(char *gen)
{
    uint64_t r;
    if (getrandom(&r, sizeof r, 0) != sizeof r) return false;
    snprintf(gen, NUMBER, "%llu", (unsigned long long)r);
    return true;
}

enum ts_result ts_assign(struct ts *ts, int partition, int64_t epoch)
{
    struct slot *s = slot_of(ts, partition);
    redisReply *r = NULL;
    if (s == NULL) return TS_REFUSED;
    ts_settle(ts);
    s->mine = false;
    s->epoch = epoch;
    s->n = 0;
    s->doubt = 0;
    s->head_ms = TS_NONE;
    if (!new_generation(s->gen)) {
        snprintf(ts->link.error, sizeof ts->link.error, "getrandom: %s", strerror(errno));
        return TS_UNREACHABLE;
    }
    ts_begin(ts, s, "assign", 0);
    enum ts_result result = ts_call(ts, s, &r);
    if (result != TS_OK) return result;
    freeReplyObject(r);
    s->mine = true;
    return TS_OK;
}

void ts_release(struct ts *ts, int partition)
{
    struct slot *s = slot_of(ts, partition);
    if (s == NULL) return;
    s->mine = false;
    s->head_ms = TS_NONE;
}

static void compose_claim(struct ts *ts, const struct slot *s, const struct ts_claim *ask)
{
    ts_begin(ts, s, "claim", 0);
    ts_add_number(ts, ask->now_ms);
    ts_add_number(ts, ask->now_ms + ask->lease_ms);
    ts_add_number(ts, ask->fresh_ms);
    ts_add_number(ts, ask->max < TS_CHUNK ? ask->max : TS_CHUNK);
}

static void read_claim(redisReply *r, int64_t *ids, int *n)
{
    const redisReply *rest = r->elements > 3 ? r->element[3] : NULL;
    if (rest != NULL && rest->type == REDIS_REPLY_STRING)
        for (size_t at = 0; at + ID <= rest->len; at += ID) ids[(*n)++] = timerid_read(rest->str + at);
    freeReplyObject(r);
}

enum ts_result ts_claim(struct ts *ts, int partition, const struct ts_claim *ask, int64_t *ids, int *n)
{
    struct slot *s = my_slot(ts, partition);
    redisReply *r = NULL;
    *n = 0;
    if (s == NULL) return TS_STALE;
    compose_claim(ts, s, ask);
    enum ts_result result = ts_call(ts, s, &r);
    if (result == TS_OK) read_claim(r, ids, n);
    return result;
}

enum ts_result ts_ask(struct ts *ts, int partition, const struct ts_claim *ask)
{
    struct slot *s = my_slot(ts, partition);
    if (s == NULL || ts->asked.slot != NULL) return TS_STALE;
    compose_claim(ts, s, ask);
    if (!timerlink_up(&ts->link) || !ts_send_call(ts) || !timerlink_flush(&ts->link)) return TS_UNREACHABLE;
    ts->asked = (struct asked){.slot = s};
    return TS_OK;
}

enum ts_result ts_answer(struct ts *ts, int64_t *ids, int *n)
{
    *n = 0;
    if (ts->asked.slot == NULL) return TS_STALE;
    ts_settle(ts);
    struct asked a = ts->asked;
    ts->asked = (struct asked){0};
    if (a.reply != NULL) read_claim(a.reply, ids, n);
    return a.result;
}

enum ts_result ts_reclaim(struct ts *ts, int partition, int64_t now_ms, int *n)
{
    struct slot *s = my_slot(ts, partition);
    redisReply *r = NULL;
    if (n != NULL) *n = 0;
    if (s == NULL) return TS_STALE;
    ts_begin(ts, s, "reclaim", 0);
    ts_add_number(ts, now_ms);
    ts_add_number(ts, TS_CHUNK);
    enum ts_result result = ts_call(ts, s, &r);
    if (result != TS_OK) return result;
    if (n != NULL) *n = (int)ts_reply_int(r, 3);
    freeReplyObject(r);
    return TS_OK;
}

enum ts_result ts_stat(struct ts *ts, int partition, struct ts_stat *out)
{
    struct slot *s = my_slot(ts, partition);
    redisReply *r = NULL;
    *out = (struct ts_stat){.head_ms = TS_NONE};
    if (s == NULL) return TS_STALE;
    ts_begin(ts, s, "stat", 0);
    enum ts_result result = ts_call(ts, s, &r);
    if (result != TS_OK) return result;
    if (r->elements > 3 && r->element[3]->type == REDIS_REPLY_ARRAY) {
        out->pending = ts_reply_int(r->element[3], 0);
        out->leased = ts_reply_int(r->element[3], 1);
    }
    out->head_ms = s->head_ms;
    freeReplyObject(r);
    return TS_OK;
}

static void read_window(const redisReply *rows, struct ts_window *w)
{
    for (size_t i = 0; i + 1 < rows->elements && w->n < w->max; i += 2) {
        const redisReply *id = rows->element[i], *due = rows->element[i + 1];
        if (id->len != ID || due->type != REDIS_REPLY_STRING) continue;
        w->timers[w->n++] = (struct ts_timer){.id = timerid_read(id->str), .due_ms = (int64_t)strtod(due->str, NULL)};
    }
}

enum ts_result ts_look(struct ts *ts, int partition, struct ts_window *w)
{
    struct slot *s = my_slot(ts, partition);
    redisReply *r = NULL;
    w->n = 0;
    w->pending = w->leased = 0;
    if (s == NULL) return TS_STALE;
    ts_begin(ts, s, "look", 0);
    ts_add_number(ts, w->after_ms);
    ts_add_number(ts, w->max < TS_CHUNK ? w->max : TS_CHUNK);
    enum ts_result result = ts_call(ts, s, &r);
    if (result != TS_OK) return result;
    const redisReply *rest = r->elements > 3 ? r->element[3] : NULL;
    if (rest != NULL && rest->type == REDIS_REPLY_ARRAY && rest->elements == 3) {
        w->pending = ts_reply_int(rest, 0);
        w->leased = ts_reply_int(rest, 1);
        read_window(rest->element[2], w);
    }
    freeReplyObject(r);
    return TS_OK;
}

/* ---- Without Redis ---- */

int64_t ts_head(const struct ts *ts, int partition)
{
    const struct slot *s = my_slot(ts, partition);
    return s != NULL ? s->head_ms : TS_NONE;
}

int64_t ts_next(const struct ts *ts)
{
    int64_t next = TS_NONE;
    for (int p = 0; p < ts->partitions; p++)
        if (ts->slots[p].mine && ts->slots[p].head_ms < next) next = ts->slots[p].head_ms;
    return next;
}

const char *ts_error(const struct ts *ts) { return ts->link.error; }

const char *ts_result_name(enum ts_result r)
{
    switch (r) {
    case TS_OK: return "ok";
    case TS_REFUSED: return "refused";
    case TS_STALE: return "stale";
    case TS_UNREACHABLE: return "unreachable";
    }
    return "unknown";
}
