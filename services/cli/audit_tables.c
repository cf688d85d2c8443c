/* Checks 4 (its timers) and 6: what the tables say. */
#include <inttypes.h>
#include <time.h>

#include "cli/audit.h"

enum { AUDIT_SECOND_LOOK_S = 4 };

/* ---- 4: timers ---- */

/* What is armed in the cases' states and the rows that are to fire it: neither without the other, and due alike. */
static const char unlike_sql[] =
    "WITH armed AS (SELECT s.case_id, l ->> 'code' AS code, (l ->> 'ver')::int8 AS ver, w.warning, w.due "
    "FROM sla.case_state s CROSS JOIN json_array_elements(s.body -> 'limits') l CROSS JOIN LATERAL (VALUES "
    "(false, (l ->> 'due_ms')::int8), (true, CASE WHEN l ->> 'warned_ms' IS NULL THEN (l ->> 'warn_ms')::int8 END)) "
    "AS w(warning, due) WHERE l ->> 'state' = 'armed' AND w.due IS NOT NULL) "
    "SELECT format('limit %s/%s/%s%s %s', case_id, code, ver, CASE WHEN warning THEN ' (warning)' ELSE '' END, "
    "CASE WHEN t.id IS NULL THEN 'is armed and has no timer' WHEN a.due IS NULL THEN 'has a timer and is not armed' "
    "ELSE 'has a timer due at another moment' END) FROM armed a FULL JOIN sla.timer t USING (case_id, code, ver, "
    "warning) "
    "WHERE a.due IS DISTINCT FROM t.due AND NOT EXISTS (SELECT FROM sla.parked p WHERE p.case_id = "
    "coalesce(a.case_id, t.case_id)) ORDER BY 1";

bool audit_timers(struct audit *a, struct err *e)
{
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&a->arena);
    double scale = a->clock.driven ? a->clock.scale : 1.0;
    pg_arg_int(&args, clock_now_ms(&a->clock) - (int64_t)(AUDIT_GRACE_REAL_MS * scale));
    if (!pg_query(a->pg,
                  "SELECT format('timer %s/%s/%s%s is due since %s and has not fired', case_id, code, ver, CASE WHEN "
                  "warning THEN "
                  "' (warning)' ELSE '' END, to_timestamp(due / 1000)) FROM sla.timer t WHERE due < $1 AND "
                  "NOT EXISTS (SELECT FROM sla.parked p WHERE p.case_id = t.case_id)",
                  &args, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) audit_offend(a, 4, "%s", pg_text(rows, i, 0));
    pg_rows_free(rows);
    return audit_rows(a, 4, unlike_sql, e);
}

/* ---- 6: open cases ---- */

/* An owner, and a limit that runs, waits, or is missed and still unanswered (a slip is out); or parked inputs. */
static const char open_sql[] = "SELECT i.case_id, CASE WHEN d.body #>> '{assignment,org_id}' IS NULL THEN 'has no "
                               "owner' ELSE 'has neither a running limit "
                               "nor a reason' END FROM intake.case_state i LEFT JOIN dispatch.case_state d USING "
                               "(case_id) LEFT JOIN sla.case_state s USING "
                               "(case_id) LEFT JOIN payment.case_state p USING (case_id) WHERE i.body ->> 'status' NOT "
                               "IN ('closed', 'withdrawn') AND "
                               "(d.body #>> '{assignment,org_id}' IS NULL OR NOT EXISTS (SELECT FROM "
                               "json_array_elements(s.body -> 'limits') l WHERE l ->> "
                               "'state' IN ('armed', 'paused') OR (l ->> 'state' = 'missed' AND l ->> 'ended_ms' IS "
                               "NULL))) AND coalesce(p.body ->> "
                               "'status', '') NOT IN ('failed', 'halted', 'held', 'correcting', 'cash_due', 'asking', "
                               "'day_held') AND NOT EXISTS (SELECT FROM "
                               "runtime.parked_cases k WHERE k.case_id = i.case_id) "
                               "ORDER BY 1";

/* A case between two services is open to doubt for a moment: only what two looks find is an offence. */
bool audit_open_cases(struct audit *a, struct err *e)
{
    struct pg_rows *first, *second, *count;
    if (!pg_query(a->pg,
                  "SELECT count(*) FROM intake.case_state WHERE body ->> 'status' NOT IN ('closed', 'withdrawn')", NULL,
                  &count, e))
        return false;
    a->checks[5].examined = pg_int(count, 0, 0);
    pg_rows_free(count);
    if (!pg_query(a->pg, open_sql, NULL, &first, e)) return false;
    if (pg_rows_count(first) > 0) {
        struct timespec pause = {.tv_sec = AUDIT_SECOND_LOOK_S};
        nanosleep(&pause, NULL);
    }
    bool well = pg_query(a->pg, open_sql, NULL, &second, e);
    int k = 0;
    for (int i = 0; well && i < pg_rows_count(first); i++) {
        while (k < pg_rows_count(second) && pg_int(second, k, 0) < pg_int(first, i, 0)) k++;
        if (k < pg_rows_count(second) && pg_int(second, k, 0) == pg_int(first, i, 0))
            audit_offend(a, 6, "case %" PRId64 " %s", pg_int(first, i, 0), pg_text(first, i, 1));
    }
    if (well) pg_rows_free(second);
    pg_rows_free(first);
    return well;
}
