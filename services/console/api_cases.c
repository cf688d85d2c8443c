/* Reading cases: list, one case, its timeline. The JSON is made in the database; here are parameters and statements. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "event/identity.h"

bool api_cursor(struct request *rq, struct cursor *out)
{
    const char *text = request_query(rq, "cursor");
    char *dot, *end;
    *out = (struct cursor){.given = text != NULL};
    if (text == NULL) return true;
    out->a = strtoll(text, &dot, 10);
    if (dot != text && *dot == '.') {
        out->b = strtoll(dot + 1, &end, 10);
        if (end != dot + 1 && *end == '\0') return true;
    }
    reply_bad_parameter(rq, "cursor", "not a cursor of this API");
    return false;
}

bool api_case_id(struct request *rq, const char *reference, int64_t *case_id)
{
    char *end;
    if (strchr(reference, ':') != NULL) { /* "outlet:O-E1": an account at its home takes commands as a case does */
        *case_id = id_account(reference, rq->console->partitions);
        return true;
    }
    errno = 0;
    long long id = strtoll(reference, &end, 10);
    *case_id = id;
    if (end != reference && *end == '\0' && errno == 0 && id > 0) return true;
    if (case_no_parse(reference, case_id)) return true;
    reply_problem(
        rq, &(struct problem){.status = 404, .title = "No such case", .detail = "neither a case id nor a case number"});
    return false;
}

void api_json(struct request *rq, const char *what, const char *sql, const struct pg_args *args)
{
    struct err e = ERR_INIT;
    bool found = false;
    if (!db_value(rq->console->db, sql, args, &rq->reply.body, &found, &e)) {
        reply_unavailable(rq, what, &e);
    } else if (!found) {
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such thing", .detail = what});
    } else {
        reply_json(rq, 200);
    }
}

/* ---- list ---- */

/* Which cases are meant. A phone number is found however its digits are set apart. */
#define WANTED                                                                                                         \
    " ($2::text IS NULL OR a.org_id = $2) AND ($3::text IS NULL OR f.channel IN ($3, (SELECT source FROM"              \
    " console.channel WHERE name = $3))) AND ($4::text IS NULL OR strpos(lower(concat_ws(' ', f.case_no, f.customer,"  \
    " f.phone, f.contract_no, f.external_ref)), lower($4)) > 0 OR ($4 ~ '[0-9]{2}' AND $4 !~ '[^-0-9 ()+./]' AND"      \
    " strpos(regexp_replace(f.phone, '[^0-9]', '', 'g'), regexp_replace($4, '[^0-9]', '', 'g')) > 0)) "

/* $1 stage, $2 unit, $3 channel, $4 search, $5 cursor's opened_ms, $6 cursor's case_id, $7 rows.
 * Rows without a registration (its topic is behind) sort last, at 0. */
static const char sql_newest[] =
    "WITH page AS MATERIALIZED ( SELECT v.case_id, v.opened_ms AS at, row_number() OVER"
    " (ORDER BY v.opened_ms DESC, v.case_id DESC) AS rn FROM console.case_view v LEFT JOIN"
    " console.case_facts f USING (case_id) LEFT JOIN console.case_assignment a USING (case_id) WHERE"
    " ($1::text IS NULL OR v.stage = $1 OR ($1 = 'open' AND v.stage <> 'closed')) AND ($1::text IS NULL OR $1 ="
    " 'closed' OR v.closed_ms IS NULL) AND" WANTED "AND (v.opened_ms, v.case_id)"
    " < ($5, $6) ORDER BY v.opened_ms DESC, v.case_id DESC LIMIT $7::bigint + 1) SELECT"
    " json_strip_nulls(json_build_object('items', coalesce((SELECT json_agg(row_to_json(r) ORDER BY p.rn)"
    " FROM page p JOIN console.case_row r USING (case_id) WHERE p.rn <= $7), '[]'),'next', (SELECT at ||"
    " '.' || case_id FROM page WHERE rn = $7 AND (SELECT count(*) FROM page) > $7)))";

/* The same for overdue cases, the longest overdue first; $8 = now. */
static const char sql_overdue[] =
    "WITH page AS MATERIALIZED (SELECT l.case_id, l.at, row_number() OVER (ORDER BY l.at, l.case_id) AS"
    " rn FROM console.late_cases($8) l JOIN console.case_view v USING (case_id) LEFT JOIN"
    " console.case_facts f USING (case_id) LEFT JOIN console.case_assignment a USING (case_id) WHERE"
    " ($1::text IS NULL OR v.stage = $1 OR $1 = 'open') AND" WANTED
    "AND (l.at, l.case_id) > ($5, $6) ORDER BY l.at, l.case_id LIMIT"
    " $7::bigint + 1) SELECT json_strip_nulls(json_build_object('items', coalesce((SELECT"
    " json_agg(row_to_json(r) ORDER BY p.rn) FROM page p JOIN console.case_row r USING (case_id) WHERE"
    " p.rn <= $7), '[]'), 'next', (SELECT at || '.' || case_id FROM page WHERE rn = $7 AND (SELECT"
    " count(*) FROM page) > $7)))";

static bool known_stage(struct request *rq, const char *stage)
{
    static const char *const stages[] = {"open",     "registered", "visit",   "investigation", "review",
                                         "approval", "customer",   "payment", "satisfaction",  "closed"};
    for (size_t i = 0; stage != NULL && i < sizeof(stages) / sizeof(stages[0]); i++)
        if (strcmp(stage, stages[i]) == 0) return true;
    if (stage == NULL) return true;
    reply_bad_parameter(rq, "status", "not a stage");
    return false;
}

void api_case_list(struct request *rq)
{
    struct cursor cursor;
    int64_t limit;
    bool overdue;
    const char *stage = request_query(rq, "status");
    if (!api_cursor(rq, &cursor) || !request_bool(rq, "overdue", &overdue) || !known_stage(rq, stage) ||
        !request_int(rq, &(struct int_param){"limit", 1, 500, 50}, &limit))
        return;
    struct pg_args args = PG_ARGS(&rq->arena);
    pg_arg_text(&args, stage);
    pg_arg_text(&args, request_query(rq, "outlet"));
    pg_arg_text(&args, request_query(rq, "channel"));
    pg_arg_text(&args, request_query(rq, "q"));
    pg_arg_int(&args, cursor.given ? cursor.a : overdue ? INT64_MIN : INT64_MAX);
    pg_arg_int(&args, cursor.given ? cursor.b : overdue ? INT64_MIN : INT64_MAX);
    pg_arg_int(&args, limit);
    if (overdue) pg_arg_int(&args, clock_now_ms(&rq->console->clock));
    api_json(rq, "the list of cases", overdue ? sql_overdue : sql_newest, &args);
}

/* ---- one case ---- */

static const char sql_case[] = "SELECT console.case_detail($1)";

void api_case_show(struct request *rq)
{
    int64_t case_id;
    if (!api_case_id(rq, rq->segments[0], &case_id)) return;
    struct pg_args args = PG_ARGS(&rq->arena);
    pg_arg_int(&args, case_id);
    api_json(rq, "the case", sql_case, &args);
}

/* $1 case, $2 and $3 the place after which (time, n), $4 rows; no value when the case has no entry at all. */
static const char sql_timeline[] =
    "WITH page AS MATERIALIZED (SELECT t.n, t.at_ms, row_number() OVER (ORDER BY t.at_ms, t.n) AS rn"
    " FROM console.timeline t WHERE t.case_id = $1 AND (t.at_ms, t.n) > ($2, $3) ORDER BY t.at_ms, t.n"
    " LIMIT $4::bigint + 1) SELECT json_strip_nulls(json_build_object('items', coalesce((SELECT"
    " json_agg(e.entry ORDER BY p.rn) FROM page p JOIN console.entry_row e USING (n) WHERE p.rn <= $4),"
    " '[]'), 'next', (SELECT at_ms || '.' || n FROM page WHERE rn = $4 AND (SELECT count(*) FROM page) >"
    " $4))) WHERE EXISTS (SELECT 1 FROM console.timeline WHERE case_id = $1)";

void api_case_timeline(struct request *rq)
{
    struct cursor cursor;
    int64_t case_id, limit;
    if (!api_case_id(rq, rq->segments[0], &case_id) || !api_cursor(rq, &cursor) ||
        !request_int(rq, &(struct int_param){"limit", 1, 1000, 200}, &limit))
        return;
    struct pg_args args = PG_ARGS(&rq->arena);
    pg_arg_int(&args, case_id);
    pg_arg_int(&args, cursor.given ? cursor.a : INT64_MIN);
    pg_arg_int(&args, cursor.b);
    pg_arg_int(&args, limit);
    api_json(rq, "the case", sql_timeline, &args);
}
