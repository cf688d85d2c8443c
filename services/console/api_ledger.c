/* The ledger as it stands and stood (PA-4); all of it is made in the database (schemas/db/050_payment.sql). */
#include <string.h>

#include "base/clock.h"
#include "calendar/days_file.h"
#include "console/api.h"
#include "console/console.h"
#include "policy/policy.h"

/* The parameters at_ms, or date: the last millisecond of a local date, by the calendar of the policy in force. */
static bool read_at(struct request *rq, int64_t *at_ms)
{
    struct int_param at = {"at_ms", 0, INT64_MAX, clock_now_ms(&rq->console->clock)};
    const char *date = request_query(rq, "date");
    const struct policy *policy = rq->console->host->policy;
    int32_t day;
    if (date == NULL) return request_int(rq, &at, at_ms);
    if (request_query(rq, "at_ms") != NULL || strlen(date) != strlen("2026-03-31") || !days_date_parse(date, &day)) {
        reply_bad_parameter(rq, "date", "expected a date like 2026-03-31, and no at_ms beside it");
        return false;
    }
    *at_ms = calendar_day_end_ms(policy->calendar, day) - 1;
    return true;
}

void api_ledger_balance(struct request *rq)
{
    static const char sql[] = "SELECT payment.trial_balance($1)";
    struct pg_args args = PG_ARGS(&rq->arena);
    int64_t at_ms;
    if (!read_at(rq, &at_ms)) return;
    pg_arg_int(&args, at_ms);
    api_json(rq, "the trial balance", sql, &args);
}

void api_ledger_page(struct request *rq)
{
    static const char sql[] = "SELECT payment.ledger_page($1, nullif($2, 0), $3, $4, $5)";
    const char *of = request_query(rq, "case");
    struct pg_args args = PG_ARGS(&rq->arena);
    struct cursor cursor;
    int64_t limit, case_id = 0;
    if (!api_cursor(rq, &cursor) || !request_int(rq, &(struct int_param){"limit", 1, 1000, 100}, &limit)) return;
    if (of != NULL && !api_case_id(rq, of, &case_id)) return;
    pg_arg_text(&args, request_query(rq, "account"));
    pg_arg_int(&args, case_id);
    pg_arg_int(&args, cursor.given ? cursor.a : INT64_MAX);
    pg_arg_int(&args, cursor.given ? cursor.b : INT64_MAX);
    pg_arg_int(&args, limit);
    api_json(rq, "the ledger", sql, &args);
}

void api_ledger_verify(struct request *rq)
{
    struct pg_args args = PG_ARGS(&rq->arena);
    api_json(rq, "the ledger's check", "SELECT payment.ledger_verify()", &args);
}

void api_ledger_reconciliation(struct request *rq)
{
    static const char sql[] = "SELECT payment.reconciliation_report($1, $2)";
    struct pg_args args = PG_ARGS(&rq->arena);
    int64_t limit;
    bool all;
    if (!request_bool(rq, "all", &all) || !request_int(rq, &(struct int_param){"limit", 1, 1000, 100}, &limit)) return;
    pg_arg_bool(&args, all);
    pg_arg_int(&args, limit);
    api_json(rq, "the reconciliation", sql, &args);
}
