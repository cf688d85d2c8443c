/* Parked inputs: what a service could not handle, and what waits behind it in the same case. Read from the services'
 * own tables; handled again only by their owner, on a command. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "console/form.h"
#include "event/cloudevents.h"
#include "event/codec.h"
#include "runtime/record.h"

#define COLUMNS                                                                                                        \
    "SELECT x.service, x.partition, x.case_id, x.n, x.topic, x.cause, x.detail, x.at_ms, x.record,"                    \
    " (SELECT count(*) FROM console.parked_row b WHERE x.case_id <> 0 AND b.service = x.service"                       \
    " AND b.case_id = x.case_id AND b.n > x.n), f.case_no"                                                             \
    " FROM console.parked_row x LEFT JOIN console.case_facts f USING (case_id)"

static const char sql_list[] =
    COLUMNS " WHERE $1::text IS NULL OR x.service = $1"
            " ORDER BY x.at_ms DESC, x.service, x.partition, x.case_id, x.n OFFSET $2 LIMIT $3";
static const char sql_one[] = COLUMNS " WHERE x.service = $1 AND x.partition = $2 AND x.case_id = $3 AND x.n = $4";

static void text_member(struct buf *b, const char *name, const char *value)
{
    if (value == NULL || *value == '\0') return;
    buf_printf(b, ",\"%s\":", name);
    buf_json_string(b, value);
}

static void int_member(struct buf *b, const char *name, int64_t value)
{
    buf_printf(b, ",\"%s\":%lld", name, (long long)value);
}

/* "redress.sla.breached.v1" → "sla.breached"; anything else as it is. */
static const char *short_type(struct arena *a, const char *ce_type)
{
    enum event_type type;
    if (ce_type == NULL) return NULL;
    return event_parse_type(ce_type, &type) ? event_name(type) : arena_strdup(a, ce_type);
}

static bool stored_record(const struct pg_rows *rows, int row, struct record *out)
{
    size_t n, at = 0;
    const char *bytes = pg_bytea(rows, row, 8, &n);
    return record_decode(bytes, n, &at, out);
}

/* What the event says of itself: by its headers, or in structured mode in its body, if that can still be read. */
static void put_event(struct buf *b, struct arena *a, const struct record *r)
{
    const char *type = record_header(r, "ce_type"), *id = record_header(r, "ce_id");
    struct ce event;
    struct err e = ERR_INIT;
    if (id == NULL && record_read_ce(r, a, &event, &e)) {
        type = event.type;
        id = event.id;
    }
    text_member(b, "type", short_type(a, type));
    text_member(b, "event_id", id);
}

/* The members of Parked, without the closing brace. */
static void put_parked(struct buf *b, struct arena *a, const struct pg_rows *rows, int row, const struct record *r)
{
    const char *cause = pg_text(rows, row, 5), *detail = pg_text(rows, row, 6);
    buf_printf(b, "{\"id\":\"%s.%lld.%lld.%lld\"", pg_text(rows, row, 0), (long long)pg_int(rows, row, 1),
               (long long)pg_int(rows, row, 2), (long long)pg_int(rows, row, 3));
    text_member(b, "service", pg_text(rows, row, 0));
    int_member(b, "partition", pg_int(rows, row, 1));
    if (pg_int(rows, row, 2) != 0) int_member(b, "case_id", pg_int(rows, row, 2));
    text_member(b, "case_no", pg_text(rows, row, 10));
    int_member(b, "n", pg_int(rows, row, 3));
    text_member(b, "topic", pg_text(rows, row, 4));
    text_member(b, "cause", *detail == '\0' ? cause : arena_printf(a, "%s: %s", cause, detail));
    int_member(b, "at_ms", pg_int(rows, row, 7));
    int_member(b, "behind", pg_int(rows, row, 9));
    put_event(b, a, r);
}

void api_dlq_list(struct request *rq)
{
    struct cursor cursor;
    int64_t limit;
    if (!api_cursor(rq, &cursor) || !request_int(rq, &(struct int_param){"limit", 1, 500, 50}, &limit)) return;
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_text(&args, request_query(rq, "service"));
    pg_arg_int(&args, cursor.a < 0 ? 0 : cursor.a);
    pg_arg_int(&args, limit + 1);
    if (!db_query(rq->console->db, sql_list, &args, &rows, &e)) {
        reply_unavailable(rq, "parked inputs cannot be read", &e);
        return;
    }
    struct buf *b = &rq->reply.body;
    buf_puts(b, "{\"items\":[");
    for (int i = 0; i < pg_rows_count(rows) && i < limit; i++) {
        struct record r = {0};
        stored_record(rows, i, &r);
        if (i > 0) buf_putc(b, ',');
        put_parked(b, &rq->arena, rows, i, &r);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    if (pg_rows_count(rows) > limit) buf_printf(b, ",\"next\":\"%lld.0\"", (long long)(cursor.a + limit));
    buf_putc(b, '}');
    pg_rows_free(rows);
    reply_json(rq, 200);
}

/* ---- one ---- */

struct parked_id {
    char service[16];
    int64_t partition, case_id, n;
};

static bool read_id(struct request *rq, struct parked_id *id)
{
    long long part, case_id, n;
    int used = 0;
    if (sscanf(rq->segments[0], "%15[a-z].%lld.%lld.%lld%n", id->service, &part, &case_id, &n, &used) == 4 &&
        rq->segments[0][used] == '\0') {
        id->partition = part;
        id->case_id = case_id;
        id->n = n;
        return true;
    }
    reply_problem(rq, &(struct problem){.status = 404, .title = "No such parked input"});
    return false;
}

static struct pg_rows *find(struct request *rq, const struct parked_id *id)
{
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_text(&args, id->service);
    pg_arg_int(&args, id->partition);
    pg_arg_int(&args, id->case_id);
    pg_arg_int(&args, id->n);
    if (!db_query(rq->console->db, sql_one, &args, &rows, &e)) {
        reply_unavailable(rq, "a parked input cannot be read", &e);
        return NULL;
    }
    if (pg_rows_count(rows) == 1) return rows;
    reply_problem(rq, &(struct problem){
                          .status = 404, .title = "No such parked input", .detail = "it may have been handled since"});
    pg_rows_free(rows);
    return NULL;
}

static void put_value(struct buf *b, struct arena *a, const struct record *r)
{
    struct buf body = {.bytes = (char *)(uintptr_t)r->value, .len = r->value_len};
    struct form form;
    struct err e = ERR_INIT;
    buf_puts(b, ",\"value\":");
    if (r->value_len > 0 && form_read(&form, &body, a, &e)) {
        form_close(&form);
        buf_append(b, r->value, r->value_len);
    } else {
        buf_json_string(b, arena_strndup(a, r->value, r->value_len));
    }
}

void api_dlq_show(struct request *rq)
{
    struct parked_id id;
    if (!read_id(rq, &id)) return;
    struct pg_rows *rows = find(rq, &id);
    if (rows == NULL) return;
    struct record r = {0};
    struct buf *b = &rq->reply.body;
    stored_record(rows, 0, &r);
    put_parked(b, &rq->arena, rows, 0, &r);
    buf_puts(b, ",\"headers\":{");
    for (int i = 0; i < r.n_headers; i++) {
        if (i > 0) buf_putc(b, ',');
        buf_json_string(b, r.headers[i].name);
        buf_putc(b, ':');
        buf_json_string(b, r.headers[i].value);
    }
    buf_putc(b, '}');
    put_value(b, &rq->arena, &r);
    buf_putc(b, '}');
    pg_rows_free(rows);
    reply_json(rq, 200);
}

/* ---- again, or aside ---- */

/* The command's data from what the body says; NULL: the reply says what is wrong. */
static const char *redrive_data(struct request *rq, const struct parked_id *id, const struct form *form, bool discard)
{
    const struct type_desc *desc = event_desc(EV_COMMAND_REDRIVE);
    const char *actor = form_json(form, "actor"), *reason = form_text(form, "reason");
    struct err e = ERR_INIT;
    if (discard && (actor == NULL || reason == NULL || *reason == '\0')) {
        reply_problem(rq, &(struct problem){.status = 422,
                                            .title = "The body is wrong",
                                            .pointer = actor == NULL ? "$.actor" : "$.reason",
                                            .detail = "who sets an input aside, and why, must be said"});
        return NULL;
    }
    struct buf b = BUF_INIT;
    buf_printf(&b, "{\"actor\":%s,\"service\":\"%s\"",
               actor == NULL ? "{\"id\":\"console\",\"role\":\"administrator\"}" : actor, id->service);
    if (id->case_id == 0 || discard) int_member(&b, "n", id->n);
    if (discard) text_member(&b, "discard", reason);
    buf_putc(&b, '}');
    const char *json = arena_strndup(&rq->arena, b.bytes, b.len);
    buf_deinit(&b);
    if (codec_validate(desc, json, strlen(json), &e)) return json;
    api_codec_problem(rq, 422, "The body is wrong", &e);
    return NULL;
}

static void send_redrive(struct request *rq, bool discard)
{
    struct parked_id id;
    struct form form;
    struct err e = ERR_INIT;
    if (!read_id(rq, &id)) return;
    struct pg_rows *rows = find(rq, &id);
    if (rows == NULL) return;
    pg_rows_free(rows);
    if (!form_read(&form, &rq->body, &rq->arena, &e)) {
        api_codec_problem(rq, 422, "The body is wrong", &e);
        return;
    }
    struct api_command c = {.name = "redrive",
                            .case_id = id.case_id,
                            .part = (int)id.partition,
                            .data = redrive_data(rq, &id, &form, discard),
                            .wait_ms = 10000};
    form_close(&form);
    if (c.data != NULL) api_command_send(rq, &c);
}

void api_dlq_redrive(struct request *rq) { send_redrive(rq, false); }

void api_dlq_discard(struct request *rq) { send_redrive(rq, true); }
