/* A person's decision: checked by the codec, kept in the outbox, answered by the event it causes.
 *
 * The life of such a request: handler (HTTP thread) → suspended → gateway's queue → committed (loop thread) → answers'
 * list → answered (its thread) → resumed. Everything lives in the request's arena. */
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "base/id.h"
#include "base/timefmt.h"
#include "console/answers.h"
#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "console/gateway.h"
#include "event/codec.h"

enum { COMMAND_ID_SIZE = 48, KEY_MAX = 128 };

struct sent {
    struct request *rq;
    struct message message;
    struct waiting waiting;
    int64_t wait_ms;
};

/* ---- identity of a request ---- */

static bool key_usable(struct request *rq, const char *key)
{
    size_t n = strlen(key);
    bool usable = n > 0 && n <= KEY_MAX;
    for (const char *p = key; *p != '\0'; p++) usable = usable && *p > ' ' && *p < 127;
    if (!usable)
        reply_problem(rq, &(struct problem){.status = 400,
                                            .type = "parameter",
                                            .title = "A header is wrong",
                                            .detail = "Idempotency-Key: 1 to 128 printable ASCII characters"});
    return usable;
}

/* "cmd." and 32 hex digits: of the key, so that a repeated request is the same command; else of chance. */
static const char *command_id(struct request *rq, const char *key)
{
    unsigned char raw[16];
    char *id = arena_alloc(&rq->arena, COMMAND_ID_SIZE);
    if (key != NULL)
        crypto_generichash(raw, sizeof(raw), (const unsigned char *)key, strlen(key), NULL, 0);
    else
        randombytes_buf(raw, sizeof(raw));
    memcpy(id, ANSWERS_PREFIX, strlen(ANSWERS_PREFIX));
    sodium_bin2hex(id + strlen(ANSWERS_PREFIX), COMMAND_ID_SIZE - strlen(ANSWERS_PREFIX), raw, sizeof(raw));
    return id;
}

static int64_t fingerprint(struct request *rq, const struct api_command *c)
{
    const char *text = arena_printf(&rq->arena, "%s\n%lld\n%s", c->name, (long long)c->case_id, c->data);
    return (int64_t)id_hash(text, strlen(text));
}

/* The same key was used before: answered here. false also when the database failed (then answered too). */
static bool first_use(struct request *rq, const char *id, const struct api_command *c)
{
    static const char sql[] = "SELECT fingerprint FROM console.request WHERE id = $1";
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_text(&args, id);
    if (!db_query(rq->console->db, sql, &args, &rows, &e)) {
        reply_unavailable(rq, "a command cannot be looked up", &e);
        return false;
    }
    bool known = pg_rows_count(rows) > 0;
    bool same = known && pg_int(rows, 0, 0) == fingerprint(rq, c);
    pg_rows_free(rows);
    if (same)
        answers_reply(rq, id, c->case_id);
    else if (known)
        reply_problem(rq, &(struct problem){.status = 422,
                                            .type = "idempotency-key",
                                            .title = "This Idempotency-Key was used for another request"});
    return !known;
}

/* ---- sending ---- */

static void kept(struct message *m, bool was_kept)
{
    struct sent *s = m->context;
    struct request *rq = s->rq;
    if (was_kept && s->wait_ms > 0) {
        s->waiting = (struct waiting){
            .rq = rq, .id = m->id, .case_id = m->case_id, .deadline_us = clock_monotonic_us() + s->wait_ms * 1000};
        answers_wait(rq->console->answers, &s->waiting);
        return;
    }
    if (was_kept)
        answers_reply_pending(rq, m->id, m->case_id);
    else
        reply_problem(rq, &(struct problem){.status = 503, .title = "The command could not be kept; send it again"});
    request_resume(rq);
}

static void fill_record(struct request *rq, struct record *r, const char *id, const struct api_command *c)
{
    char *time = arena_alloc(&rq->arena, TIMEFMT_SIZE);
    const char *case_text = arena_printf(&rq->arena, "%lld", (long long)c->case_id);
    r->timestamp_ms = clock_real_ms();
    r->key = case_text;
    r->key_len = strlen(case_text);
    r->value = c->data;
    r->value_len = strlen(c->data);
    record_set_header(r, "ce_specversion", "1.0");
    record_set_header(r, "ce_id", id);
    record_set_header(r, "ce_source", "/redress/console");
    record_set_header(r, "ce_type", arena_printf(&rq->arena, "redress.command.%s.v1", c->name));
    record_set_header(r, "ce_time", timefmt_utc(clock_now_ms(&rq->console->clock), time));
    record_set_header(r, "content-type", "application/json");
    record_set_header(r, "case_id", case_text);
    record_set_header(r, "correlation_id", id);
}

void api_command_send(struct request *rq, const struct api_command *c)
{
    const char *key = c->key != NULL ? c->key : request_header(rq, "Idempotency-Key");
    if (key != NULL && !key_usable(rq, key)) return;
    const char *id = command_id(rq, key);
    if (key != NULL && !first_use(rq, id, c)) return;
    struct sent *s = ARENA_NEW(&rq->arena, struct sent);
    int part = c->case_id == 0 ? c->part : case_id_partition(c->case_id);
    s->rq = rq;
    s->wait_ms = c->wait_ms;
    s->message = (struct message){.post = {.topic = TOPIC_COMMAND, .dst = part},
                                  .part = part,
                                  .case_id = c->case_id,
                                  .id = id,
                                  .command = arena_strdup(&rq->arena, c->name),
                                  .fingerprint = fingerprint(rq, c),
                                  .kept = kept,
                                  .context = s};
    fill_record(rq, &s->message.post.record, id, c);
    request_suspend(rq);
    gateway_submit(rq->console->gateway, &s->message);
}

/* ---- handlers ---- */

static bool case_exists(struct request *rq, int64_t case_id)
{
    static const char sql[] = "SELECT 'yes' FROM console.case_view WHERE case_id = $1";
    struct pg_args args = PG_ARGS(&rq->arena);
    struct buf ignored = BUF_INIT;
    struct err e = ERR_INIT;
    bool found = false;
    pg_arg_int(&args, case_id);
    bool somewhere = case_id_partition(case_id) < rq->console->partitions;
    /* An account begins with the first command sent to it; its core refuses what is none. */
    if (somewhere && id_is_account(case_id)) return true;
    bool well = somewhere && db_value(rq->console->db, sql, &args, &ignored, &found, &e);
    buf_deinit(&ignored);
    if (!well && err_is_set(&e))
        reply_unavailable(rq, "a case cannot be looked up", &e);
    else if (!found)
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such case"});
    return found;
}

/* "$.plan.amount_minor: expected integer" → pointer and reason. */
void api_codec_problem(struct request *rq, int status, const char *title, const struct err *e)
{
    const char *colon = strstr(e->message, ": ");
    bool located = e->message[0] == '$' && colon != NULL;
    reply_problem(rq,
                  &(struct problem){
                      .status = status,
                      .type = "invalid",
                      .title = title,
                      .detail = located ? colon + 2 : e->message,
                      .pointer = located ? arena_strndup(&rq->arena, e->message, (size_t)(colon - e->message)) : NULL});
}

/* The canonical JSON of the body; NULL: the reply says what is wrong. */
static const char *canonical(struct request *rq, enum event_type type)
{
    const struct type_desc *desc = event_desc(type);
    void *data = arena_alloc(&rq->arena, desc->size);
    struct err e = ERR_INIT;
    struct buf json = BUF_INIT;
    const char *copy = NULL;
    if (!codec_decode(desc, rq->body.len == 0 ? "" : rq->body.bytes, rq->body.len, &rq->arena, data, &e)) {
        api_codec_problem(rq, 422, "The body is not such a command", &e);
    } else if (!codec_encode(desc, data, &json)) {
        codec_explain(desc, data, &e);
        api_codec_problem(rq, 422, "The body is not such a command", &e);
    } else {
        copy = arena_strndup(&rq->arena, json.bytes, json.len);
    }
    buf_deinit(&json);
    return copy;
}

void api_command(struct request *rq)
{
    struct api_command c = {.name = rq->segments[1]};
    enum event_type type;
    const char *ce_type = arena_printf(&rq->arena, "redress.command.%s.v1", c.name);
    if (!event_parse_type(ce_type, &type) || !event_is_command(type)) {
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such command", .detail = c.name});
        return;
    }
    if (!api_case_id(rq, rq->segments[0], &c.case_id) ||
        !request_int(rq, &(struct int_param){"wait_ms", 0, 10000, 10000}, &c.wait_ms))
        return;
    c.data = canonical(rq, type);
    if (c.data != NULL && case_exists(rq, c.case_id)) api_command_send(rq, &c);
}

void api_command_show(struct request *rq)
{
    static const char sql[] = "SELECT case_id FROM console.request WHERE id = $1";
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_text(&args, rq->segments[0]);
    if (!db_query(rq->console->db, sql, &args, &rows, &e)) {
        reply_unavailable(rq, "a command cannot be looked up", &e);
        return;
    }
    if (pg_rows_count(rows) > 0)
        answers_reply(rq, rq->segments[0], pg_int(rows, 0, 0));
    else
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such command was sent"});
    pg_rows_free(rows);
}
