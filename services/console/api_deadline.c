/* The deadlines of a case, each with its explanation (SL-5): what sla told of the run (start, pauses, due) is counted
 * again day by day with the policy and the calendar of this process. Where today's differ from those the run was
 * counted with, the answer says so instead of passing one off as the other. */
#include <string.h>

#include "calendar/tell.h"
#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "event/codec.h"
#include "sla/limits.h"

/* $1 case, $2 code or null. One row a limit: what the read model shows of it; the run as sla last told it; since when
 * that run is paused. */
static const char sql_deadlines[] =
    "SELECT (jsonb_strip_nulls(to_jsonb(l)) - 'case_id')::text, s.told::text, p.at_ms FROM console.case_limit l LEFT "
    "JOIN"
    " LATERAL (SELECT t.data->'limit' AS told FROM console.timeline t WHERE t.case_id = l.case_id AND t.type IN"
    " ('sla.armed', 'sla.resumed', 'sla.rescheduled') AND t.data->'limit'->>'code' = l.code ORDER BY t.n DESC LIMIT 1) "
    "s ON"
    " true LEFT JOIN LATERAL (SELECT (t.data->>'at_ms')::int8 AS at_ms FROM console.timeline t WHERE t.case_id = "
    "l.case_id"
    " AND t.type = 'sla.paused' AND t.data->>'code' = l.code AND t.data->>'ver' = s.told->>'ver' ORDER BY t.n DESC "
    "LIMIT 1)"
    " p ON true WHERE l.case_id = $1 AND ($2::text IS NULL OR l.code = $2) ORDER BY l.start_ms, l.code";

static const char sql_case_there[] = "SELECT 'true' FROM console.case_view WHERE case_id = $1";

struct deadline {
    const char *shown; /* JSON object of the read model */
    struct limit told;
    bool paused;
    int64_t paused_ms;
};

static struct calendar_run run_of(const struct deadline *d, struct arena *a)
{
    int n = d->told.n_pauses;
    struct calendar_pause *pauses = ARENA_ARRAY(a, struct calendar_pause, n + 1);
    for (int i = 0; i < n; i++)
        pauses[i] = (struct calendar_pause){d->told.pauses[i].from_ms, d->told.pauses[i].until_ms};
    if (d->paused) pauses[n++] = (struct calendar_pause){d->paused_ms, CALENDAR_FOREVER};
    return (struct calendar_run){.start_ms = d->told.start_ms, .pauses = pauses, .n_pauses = n};
}

/* Counted with other rules than today's: another version of the calendar, or another due. */
static bool as_counted(const struct deadline *d, const struct calendar *c, const struct calendar_limit *spec,
                       const struct calendar_run *run)
{
    struct calendar_due due;
    struct calendar_run ended = {.start_ms = run->start_ms, .pauses = run->pauses, .n_pauses = d->told.n_pauses};
    if (d->told.calendar != NULL && strcmp(d->told.calendar, calendar_id(c)) != 0) return false;
    return calendar_due(c, spec, &ended, &due) == CALENDAR_OK && due.due_ms == d->told.due_ms;
}

/* The rules the run was counted by, where this process still has them (SL-6). */
static const struct policy *rules_of(const struct policy *policy, const struct limit *told)
{
    return policy == NULL ? NULL : policy_then(policy, told->revision);
}

/* The one it was counted by, if these rules still count by it. */
static const struct calendar *calendar_of(const struct policy *policy, const struct limit *told)
{
    if (policy == NULL) return NULL;
    const struct calendar *named = told->calendar != NULL ? policy_calendar_named(policy, told->calendar) : NULL;
    return named != NULL ? named : policy->calendar;
}

static void put_explanation(struct request *rq, const struct deadline *d, const char *lang)
{
    const struct policy *policy = rules_of(rq->console->host->policy, &d->told);
    const struct policy_limit *def = policy == NULL ? NULL : policy_limit(policy, d->told.code);
    const struct calendar *calendar = calendar_of(policy, &d->told);
    struct buf *out = &rq->reply.body;
    if (def == NULL || calendar == NULL) {
        buf_puts(out, ",\"unexplained\":\"the policy in force has no such limit\"");
        return;
    }
    struct calendar_limit spec = limits_spec(def->def, d->told.code);
    if (spec.span.unit == CALENDAR_FIXED_DATE) spec.span.amount = calendar_date_of(calendar, d->told.promised_ms);
    struct calendar_run run = run_of(d, &rq->arena);
    struct tell tell = {.calendar = calendar, .limit = &spec, .run = &run, .lang = lang};
    size_t before = out->len;
    buf_puts(out, ",\"title\":");
    buf_json_string(out, def->def->title == NULL ? d->told.code : def->def->title);
    if (d->told.has_calendar_version)
        buf_printf(out, ",\"calendar_version\":%lld", (long long)d->told.calendar_version);
    buf_printf(out, ",\"policy_version\":%lld,\"as_counted\":%s,\"explanation\":", (long long)policy->pack->version,
               as_counted(d, calendar, &spec, &run) ? "true" : "false");
    enum calendar_err err = calendar_tell(&tell, out);
    if (err == CALENDAR_OK || err == CALENDAR_PAUSED) return;
    out->len = before;
    buf_printf(out, ",\"unexplained\":\"%s\"", calendar_err_name(err));
}

/* The read model's object, opened at its end for what is known beyond it. */
static bool put_deadline(struct request *rq, const struct pg_rows *rows, int row, const char *lang, struct err *e)
{
    struct deadline d = {.shown = pg_text(rows, row, 0)};
    const char *told = pg_text(rows, row, 1);
    if (told != NULL && !codec_decode(&limit_desc, told, strlen(told), &rq->arena, &d.told, e)) return false;
    d.paused = !pg_is_null(rows, row, 2) || d.told.has_paused_ms;
    d.paused_ms = d.told.has_paused_ms ? d.told.paused_ms : pg_int(rows, row, 2);
    buf_append(&rq->reply.body, d.shown, strlen(d.shown) - 1);
    if (told != NULL) put_explanation(rq, &d, lang);
    buf_putc(&rq->reply.body, '}');
    return true;
}

static bool put_deadlines(struct request *rq, const struct pg_rows *rows, bool as_list, struct err *e)
{
    const char *lang = request_query(rq, "lang");
    if (lang == NULL) lang = request_header(rq, "Accept-Language");
    lang = calendar_language(lang);
    if (as_list) buf_puts(&rq->reply.body, "{\"items\":[");
    for (int i = 0; i < pg_rows_count(rows); i++) {
        if (i > 0) buf_putc(&rq->reply.body, ',');
        if (!put_deadline(rq, rows, i, lang, e)) return false;
    }
    if (as_list) buf_puts(&rq->reply.body, "]}");
    reply_header(rq, "Content-Language", lang);
    reply_header(rq, "Vary", "Accept-Language");
    return true;
}

static void deadlines(struct request *rq, int64_t case_id, const char *code)
{
    struct err e = ERR_INIT;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&rq->arena);
    pg_arg_int(&args, case_id);
    pg_arg_text(&args, code);
    bool well = db_query(rq->console->db, sql_deadlines, &args, &rows, &e);
    if (well && code != NULL && pg_rows_count(rows) == 0)
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such deadline", .detail = code});
    else if (well && put_deadlines(rq, rows, code == NULL, &e))
        reply_json(rq, 200);
    else
        reply_unavailable(rq, "the deadlines", &e);
    if (rows != NULL) pg_rows_free(rows);
}

void api_case_deadlines(struct request *rq)
{
    int64_t case_id;
    bool found = false;
    struct err e = ERR_INIT;
    struct buf there = BUF_INIT;
    struct pg_args args = PG_ARGS(&rq->arena);
    if (!api_case_id(rq, rq->segments[0], &case_id)) return;
    pg_arg_int(&args, case_id);
    bool well = db_value(rq->console->db, sql_case_there, &args, &there, &found, &e);
    buf_deinit(&there);
    if (!well)
        reply_unavailable(rq, "the deadlines", &e);
    else if (!found)
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such thing", .detail = "the case"});
    else
        deadlines(rq, case_id, NULL);
}

void api_case_deadline(struct request *rq)
{
    int64_t case_id;
    if (api_case_id(rq, rq->segments[0], &case_id)) deadlines(rq, case_id, rq->segments[1]);
}
