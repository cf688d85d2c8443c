/* Waiting requests and one thread that answers them (answers.h).
 *
 * Invariant: a waiting is in the list from answers_wait until the thread has taken it out; it is answered exactly once,
 * when its answer was committed to the read model or its deadline passed. A wait is registered on the
 * loop's thread when its command is committed, so its answer cannot have been read before. */
#include "console/answers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "console/console.h"
#include "console/db.h"

struct answers {
    struct console *console;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct waiting *list;
    bool stopping;
};

/* ---- the reply ---- */

static const char sql_outcome[] =
    "SELECT count(*), coalesce(json_agg(e.entry ORDER BY e.n), '[]'), max(split_part(e.type, '.', 1))"
    " FILTER (WHERE e.type LIKE '%.command_refused'), max(e.entry->'data'->>'rule') FILTER (WHERE e.type"
    " LIKE '%.command_refused'), max(e.entry->'data'->>'reason') FILTER (WHERE e.type LIKE"
    " '%.command_refused'), max(e.entry->'data'->>'detail') FILTER (WHERE e.type LIKE"
    " '%.command_refused') FROM console.entry_row e WHERE e.cause = $1 AND e.cause LIKE 'cmd.%'";

static void member(struct buf *b, const char *name, const char *value)
{
    if (value == NULL) return;
    buf_printf(b, ",\"%s\":", name);
    buf_json_string(b, value);
}

void answers_reply_pending(struct request *rq, const char *id, int64_t case_id)
{
    const char *location = arena_printf(&rq->arena, "/v1/commands/%s", id);
    buf_reset(&rq->reply.body);
    buf_printf(&rq->reply.body, "{\"command_id\":\"%s\",\"case_id\":%lld,\"location\":\"%s\"}", id, (long long)case_id,
               location);
    reply_json(rq, 202);
    reply_header(rq, "Location", location);
}

static void reply_refused(struct request *rq, const char *id, const struct pg_rows *rows)
{
    struct buf *b = &rq->reply.body;
    buf_reset(b);
    buf_puts(b, "{\"status\":409,\"type\":\"/problems/refused\",\"title\":\"The command is refused\"");
    member(b, "command_id", id);
    member(b, "service", pg_text(rows, 0, 2));
    member(b, "rule", pg_text(rows, 0, 3));
    member(b, "reason", pg_text(rows, 0, 4));
    member(b, "detail", pg_text(rows, 0, 5));
    buf_putc(b, '}');
    rq->reply.status = 409;
    rq->reply.content_type = "application/problem+json";
}

void answers_reply(struct request *rq, const char *id, int64_t case_id)
{
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_text(&args, id);
    if (!db_query(rq->console->db, sql_outcome, &args, &rows, &e)) {
        reply_unavailable(rq, "the answer to a command cannot be read", &e);
        return;
    }
    if (pg_int(rows, 0, 0) == 0) {
        answers_reply_pending(rq, id, case_id);
    } else if (pg_text(rows, 0, 2) != NULL) {
        reply_refused(rq, id, rows);
    } else {
        buf_reset(&rq->reply.body);
        buf_printf(&rq->reply.body, "{\"command_id\":\"%s\",\"case_id\":%lld,\"events\":%s}", id, (long long)case_id,
                   pg_text(rows, 0, 1));
        reply_json(rq, 200);
    }
    pg_rows_free(rows);
}

static void reply_now(struct waiting *w)
{
    answers_reply(w->rq, w->id, w->case_id);
    request_resume(w->rq);
}

/* ---- the thread ---- */

/* Takes out what is ready, past its deadline, or (stopping) everything. */
static struct waiting *take_due(struct answers *a, int64_t now_us)
{
    struct waiting *due = NULL, **at = &a->list;
    while (*at != NULL) {
        struct waiting *w = *at;
        if (w->ready || a->stopping || w->deadline_us <= now_us) {
            *at = w->next;
            w->next = due;
            due = w;
        } else {
            at = &w->next;
        }
    }
    return due;
}

static struct timespec wake_at(const struct answers *a)
{
    int64_t us = INT64_MAX;
    for (const struct waiting *w = a->list; w != NULL; w = w->next)
        if (w->deadline_us < us) us = w->deadline_us;
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

static void *run(void *context)
{
    struct answers *a = context;
    pthread_mutex_lock(&a->lock);
    while (!a->stopping || a->list != NULL) {
        struct waiting *due = take_due(a, clock_monotonic_us());
        if (due == NULL) {
            struct timespec until = wake_at(a);
            if (a->list == NULL)
                pthread_cond_wait(&a->changed, &a->lock);
            else
                pthread_cond_timedwait(&a->changed, &a->lock, &until);
            continue;
        }
        pthread_mutex_unlock(&a->lock);
        while (due != NULL) {
            struct waiting *next = due->next; /* due lives in its request, which may end with the reply */
            reply_now(due);
            due = next;
        }
        pthread_mutex_lock(&a->lock);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

struct answers *answers_new(struct console *c)
{
    struct answers *a = calloc(1, sizeof(*a));
    pthread_condattr_t monotonic;
    if (a == NULL) abort();
    a->console = c;
    pthread_mutex_init(&a->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&a->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&a->thread, NULL, run, a) != 0) abort();
    return a;
}

void answers_stop(struct answers *a)
{
    pthread_mutex_lock(&a->lock);
    a->stopping = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
}

void answers_free(struct answers *a)
{
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

void answers_wait(struct answers *a, struct waiting *w)
{
    bool stopping;
    pthread_mutex_lock(&a->lock);
    stopping = a->stopping;
    if (!stopping) {
        w->next = a->list;
        a->list = w;
        pthread_cond_signal(&a->changed);
    }
    pthread_mutex_unlock(&a->lock);
    if (stopping) reply_now(w);
}

void answers_committed(struct answers *a, const struct change *changes, int n)
{
    bool any = false;
    pthread_mutex_lock(&a->lock);
    for (int i = 0; i < n && a->list != NULL; i++) {
        const char *cause = changes[i].record == NULL ? NULL : record_header(changes[i].record, "causation_id");
        if (cause == NULL || strncmp(cause, ANSWERS_PREFIX, strlen(ANSWERS_PREFIX)) != 0) continue;
        for (struct waiting *w = a->list; w != NULL; w = w->next)
            if (strcmp(w->id, cause) == 0) w->ready = any = true;
    }
    if (any) pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
}
