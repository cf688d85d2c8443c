/* One call of the script: composing it, sending it, and what its answer says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sla/timerstore_private.h"

/* ---- Composing ---- */

static void add_arg(struct ts *ts, const void *bytes, size_t n)
{
    ts->argv[ts->argc] = bytes;
    ts->lens[ts->argc++] = n;
}

static void add_text(struct ts *ts, const char *text) { add_arg(ts, text, strlen(text)); }

void ts_add_number(struct ts *ts, int64_t v)
{
    char *to = ts->numbers[ts->n_numbers++];
    int n = snprintf(to, NUMBER, "%lld", (long long)v);
    add_arg(ts, to, (size_t)n);
}

void ts_add_id(struct ts *ts, int k, int64_t id)
{
    timerid_write(ts->ids[k], id);
    add_arg(ts, ts->ids[k], ID);
}

void ts_begin(struct ts *ts, const struct slot *s, const char *op, int ahead)
{
    ts_settle(ts);
    ts->argc = 2; /* the link fills in command and digest */
    ts->n_numbers = 0;
    add_text(ts, "3");
    add_text(ts, s->keys.due);
    add_text(ts, s->keys.lease);
    add_text(ts, s->keys.ep);
    add_text(ts, op);
    ts_add_number(ts, s->epoch);
    add_text(ts, s->gen);
    ts_add_number(ts, s->n + ahead);
    ts_add_number(ts, s->doubt);
}

bool ts_send_call(struct ts *ts) { return timerlink_send(&ts->link, ts->argc, ts->argv, ts->lens); }

/* ---- Answers ---- */

int64_t ts_reply_int(const redisReply *r, size_t i)
{
    return i < r->elements && r->element[i]->type == REDIS_REPLY_INTEGER ? r->element[i]->integer : -1;
}

enum ts_result ts_accept(struct slot *s, const redisReply *r)
{
    if (r->type != REDIS_REPLY_ARRAY) return TS_STALE;
    switch (ts_reply_int(r, 0)) {
    case 0: break;
    case 1: return TS_REFUSED;
    default: return TS_STALE;
    }
    s->n = ts_reply_int(r, 1);
    s->doubt = 0;
    const redisReply *head = r->elements > 2 ? r->element[2] : NULL;
    s->head_ms =
        head != NULL && head->type == REDIS_REPLY_STRING && head->len > 0 ? (int64_t)strtod(head->str, NULL) : TS_NONE;
    return TS_OK;
}

/* The answer of a claim on its way comes before that of anything sent after it. A script that was forgotten: nothing
 * was claimed. */
void ts_settle(struct ts *ts)
{
    struct asked *a = &ts->asked;
    if (a->slot == NULL || a->answered) return;
    a->answered = true;
    a->result = TS_UNREACHABLE;
    bool forgotten = false;
    redisReply *r = ts->link.redis != NULL ? timerlink_receive(&ts->link, &forgotten) : NULL;
    if (r == NULL) {
        a->slot->doubt++;
        return;
    }
    if (forgotten)
        a->result = timerlink_load(&ts->link) ? TS_OK : TS_UNREACHABLE;
    else
        a->result = ts_accept(a->slot, r);
    if (!forgotten && a->result == TS_OK)
        a->reply = r;
    else
        freeReplyObject(r);
}

enum ts_result ts_call(struct ts *ts, struct slot *s, redisReply **reply)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        bool forgotten = false;
        if (!timerlink_up(&ts->link) || !ts_send_call(ts)) return TS_UNREACHABLE;
        redisReply *r = timerlink_receive(&ts->link, &forgotten);
        if (r == NULL) {
            s->doubt++;
            return TS_UNREACHABLE;
        }
        if (!forgotten) {
            enum ts_result result = ts_accept(s, r);
            if (result == TS_OK)
                *reply = r;
            else
                freeReplyObject(r);
            return result;
        }
        freeReplyObject(r);
        if (!timerlink_load(&ts->link)) return TS_UNREACHABLE;
    }
    return TS_UNREACHABLE;
}
