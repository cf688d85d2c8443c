/* Notices to customers (PA-3, CF-2, CF-5): a channel fetches those of its own cases with its own key and says what
 * became of each; an operator sees all. What they say is a command, answered by intake. */
#include <sodium.h>
#include <string.h>

#include "base/timefmt.h"
#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "console/form.h"
#include "event/codec.h"

/* ---- list ---- */

/* $1 = after, $2 = rows; the page's last number is where the next one begins. */
#define PAGE(source)                                                                                                   \
    "SELECT json_build_object('items', coalesce(json_agg(p.notice ORDER BY p.n), '[]'), 'next', coalesce(max(p.n),"    \
    " $1)) FROM (SELECT n, notice FROM console.notice_row WHERE n > $1 AND " source " ORDER BY n LIMIT $2) p"

/* One statement for each way of looking, so that each has its index. $3 = channel or case, $4 = only undelivered. */
static const char sql_all[] = PAGE("true");
static const char sql_open[] = PAGE("open");
static const char sql_channel[] = PAGE("channel = $3 AND (open OR NOT $4)");
static const char sql_case[] = PAGE("case_id = $3 AND (open OR NOT $4)");

void api_notice_list(struct request *rq)
{
    struct pg_args args = PG_ARGS(&rq->arena);
    const char *channel, *of = request_query(rq, "case"), *sql;
    int64_t after, limit, case_id;
    bool open;
    if (!api_channel_of(rq, &channel) || !request_int(rq, &(struct int_param){"after", 0, INT64_MAX, 0}, &after) ||
        !request_int(rq, &(struct int_param){"limit", 1, 500, 100}, &limit) || !request_bool(rq, "open", &open) ||
        (of != NULL && !api_case_id(rq, of, &case_id)))
        return;
    if (channel != NULL && of != NULL) {
        reply_bad_parameter(rq, "case", "a channel reads all its notices, in order");
        return;
    }
    pg_arg_int(&args, after);
    pg_arg_int(&args, limit);
    if (channel != NULL) {
        pg_arg_text(&args, channel);
        sql = sql_channel;
    } else if (of != NULL) {
        pg_arg_int(&args, case_id);
        sql = sql_case;
    } else {
        sql = open ? sql_open : sql_all;
    }
    if (sql == sql_channel || sql == sql_case) pg_arg_bool(&args, open);
    api_json(rq, "the notices", sql, &args);
}

/* ---- what became of one ---- */

struct report {
    struct ev_command_report_notice command;
    int64_t case_id;
};

/* The notice of that id, if the one who asks may see it; false: the reply says that there is none. */
static bool find(struct request *rq, const char *channel, struct report *r)
{
    static const char sql[] = "SELECT case_id, notice_no, channel FROM console.notice WHERE id = $1";
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_text(&args, rq->segments[0]);
    if (!db_query(rq->console->db, sql, &args, &rows, &e)) {
        reply_unavailable(rq, "a notice cannot be looked up", &e);
        return false;
    }
    bool found = pg_rows_count(rows) > 0 && (channel == NULL || strcmp(pg_text(rows, 0, 2), channel) == 0);
    if (found) {
        r->case_id = pg_int(rows, 0, 0);
        r->command.notice_no = pg_int(rows, 0, 1);
    } else {
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such notice", .detail = rq->segments[0]});
    }
    pg_rows_free(rows);
    return found;
}

static bool wrong(struct request *rq, const char *pointer, const char *detail)
{
    reply_problem(rq, &(struct problem){.status = 422,
                                        .type = "invalid",
                                        .title = "The body does not say what became of it",
                                        .detail = detail,
                                        .pointer = pointer});
    return false;
}

/* The channel itself, or the person the body names. */
static bool read_actor(struct request *rq, const struct form *form, const char *channel, struct report *r)
{
    struct actor *who = ARENA_NEW(&rq->arena, struct actor);
    const char *json = form_json(form, "actor");
    struct err e = ERR_INIT;
    r->command.actor = who;
    if (channel != NULL) {
        *who = (struct actor){.id = channel, .role = ROLE_CHANNEL};
        return json == NULL || wrong(rq, "$.actor", "a channel speaks for itself");
    }
    if (json == NULL) return wrong(rq, "$.actor", "is required");
    return codec_decode(&actor_desc, json, strlen(json), &rq->arena, who, &e) || wrong(rq, "$.actor", e.message);
}

static bool read_report(struct request *rq, const struct form *form, struct report *r)
{
    const char *result = form_text(form, "result"), *at = form_text(form, "at");
    r->command.how = form_text(form, "how");
    r->command.reason = form_text(form, "reason");
    r->command.has_at_ms = at != NULL;
    if (result == NULL || !notice_result_parse(result, &r->command.result))
        return wrong(rq, "$.result", "delivered or failed");
    if (r->command.how == NULL || r->command.how[0] == '\0') return wrong(rq, "$.how", "is required");
    if (at != NULL && !timefmt_parse(at, &r->command.at_ms))
        return wrong(rq, "$.at", "expected an instant like 2026-03-02T09:12:00+08:00");
    return true;
}

static const char *command_data(struct request *rq, const struct report *r)
{
    struct buf json = BUF_INIT;
    codec_encode(event_desc(EV_COMMAND_REPORT_NOTICE), &r->command, &json);
    const char *data = arena_strndup(&rq->arena, json.bytes, json.len);
    buf_deinit(&json);
    return data;
}

/* The same words about the same notice are one report, however often they are sent. */
static const char *report_key(struct request *rq, const char *data)
{
    unsigned char hash[16];
    char *hex = arena_alloc(&rq->arena, 2 * sizeof hash + 1);
    crypto_generichash(hash, sizeof hash, (const unsigned char *)data, strlen(data), NULL, 0);
    sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash);
    return arena_printf(&rq->arena, "notice/%s/%s", rq->segments[0], hex);
}

void api_notice_report(struct request *rq)
{
    const char *channel;
    struct report r = {0};
    struct form form;
    struct err e = ERR_INIT;
    if (!api_channel_of(rq, &channel) || !find(rq, channel, &r)) return;
    if (!form_read(&form, &rq->body, &rq->arena, &e)) {
        wrong(rq, "$", e.message);
        return;
    }
    bool well = read_report(rq, &form, &r) && read_actor(rq, &form, channel, &r);
    form_close(&form);
    if (!well) return;
    const char *data = command_data(rq, &r);
    api_command_send(rq, &(struct api_command){.name = "report_notice",
                                               .case_id = r.case_id,
                                               .data = data,
                                               .key = report_key(rq, data),
                                               .wait_ms = 10000});
}
