/* Checks 3, 4 (its timers) and 6: what the tables say, and the bank's own book beside them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "cli/audit.h"

enum { AUDIT_PAGE = 1000, AUDIT_SECOND_LOOK_S = 4 };

/* ---- 3: money ---- */

struct payout {
    char key[96];
    int64_t amount_minor;
    char currency[4], state[16];
    int booked; /* settled in the bank's book */
    UT_hash_handle hh;
};

/* Payouts that went by files are compared with the bank's files alone (redressctl ledger reconciliation).
 * On a live installation payouts are made while the statement is read: what the bank has must be in our table
 * afterwards, what we held settled before must be in the statement. */
struct money_check {
    struct payout *payouts; /* as before the statement */
    json_t *unknown;        /* keys in the statement that were not among them */
};

static bool load_payouts(struct audit *a, struct payout **all, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(a->pg,
                  "SELECT key, coalesce(paid_minor, amount_minor), currency, CASE state WHEN 'resolved' THEN 'settled' "
                  "ELSE state END FROM payment.payout WHERE bank = 'api'",
                  NULL, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct payout *p = ARENA_NEW(&a->arena, struct payout);
        snprintf(p->key, sizeof p->key, "%s", pg_text(rows, i, 0));
        p->amount_minor = pg_int(rows, i, 1);
        snprintf(p->currency, sizeof p->currency, "%s", pg_text(rows, i, 2));
        snprintf(p->state, sizeof p->state, "%s", pg_text(rows, i, 3));
        HASH_ADD_STR(*all, key, p);
        a->checks[2].examined++;
    }
    pg_rows_free(rows);
    return true;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
    buf_append(user, bytes, size * n);
    return size * n;
}

static bool statement_page(struct audit *a, int64_t after, json_t **page, struct err *e)
{
    char url[256], token[160];
    struct buf body = BUF_INIT;
    CURL *curl = curl_easy_init();
    snprintf(url, sizeof url, "%s/payments?after=%" PRId64 "&limit=%d", config_text(&a->cli->config, "bank.url"), after,
             AUDIT_PAGE);
    snprintf(token, sizeof token, "Authorization: Bearer %s", config_text(&a->cli->config, "bank.token"));
    struct curl_slist *headers = curl_slist_append(NULL, token);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    CURLcode rc = curl_easy_perform(curl);
    *page = rc == CURLE_OK && body.len > 0 ? json_loads(body.bytes, 0, NULL) : NULL;
    bool well = json_is_array(json_object_get(*page, "payments"));
    if (!well) {
        json_decref(*page);
        err_set(e, ERR_HTTP, "audit", "the bank's statement cannot be read from %s (%s)", url, curl_easy_strerror(rc));
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    buf_deinit(&body);
    return well;
}

static void compare_booked(struct audit *a, struct money_check *m, json_t *booked)
{
    const char *key = json_string_value(json_object_get(booked, "key"));
    const char *status = json_string_value(json_object_get(booked, "status"));
    const char *currency = json_string_value(json_object_get(booked, "currency"));
    json_int_t amount = json_integer_value(json_object_get(booked, "amount_minor"));
    struct payout *p = NULL;
    if (key != NULL) HASH_FIND_STR(m->payouts, key, p);
    if (p == NULL) {
        json_array_append_new(m->unknown, json_string(key == NULL ? "?" : key));
        return;
    }
    bool settled = status != NULL && strcmp(status, "settled") == 0;
    if (settled && ++p->booked > 1) audit_offend(a, 3, "payout %s: the bank paid it twice", key);
    if (strcmp(p->state, "halted") == 0) return; /* a contradiction that is known and waits for a person */
    if (settled && (amount != p->amount_minor || currency == NULL || strcmp(currency, p->currency) != 0))
        audit_offend(a, 3, "payout %s: instructed %" PRId64 " %s, the bank booked %" JSON_INTEGER_FORMAT " %s", key,
                     p->amount_minor, p->currency, amount, currency == NULL ? "?" : currency);
    if (settled && strcmp(p->state, "failed") == 0)
        audit_offend(a, 3, "payout %s: the bank paid it, we hold it failed", key);
    if (!settled && strcmp(p->state, "settled") == 0)
        audit_offend(a, 3, "payout %s: the bank refused it, we hold it settled", key);
}

static bool compare_statement(struct audit *a, struct money_check *m, struct err *e)
{
    int64_t after = 0;
    for (;;) {
        json_t *page, *booked;
        size_t i;
        if (!statement_page(a, after, &page, e)) return false;
        json_t *list = json_object_get(page, "payments");
        size_t n = json_array_size(list);
        json_array_foreach(list, i, booked)
        {
            compare_booked(a, m, booked);
            after = json_integer_value(json_object_get(booked, "seq"));
        }
        json_decref(page);
        if (n < AUDIT_PAGE) return true;
    }
}

static bool check_rows(struct audit *a, int check, const char *sql, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(a->pg, sql, NULL, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) audit_offend(a, check, "%s", pg_text(rows, i, 0));
    pg_rows_free(rows);
    return true;
}

static bool check_ledger(struct audit *a, struct err *e)
{
    return check_rows(a, 3,
                      "SELECT format('ledger: %s does not balance, %s too much', currency, sum(amount_minor)) FROM "
                      "payment.ledger_entry GROUP BY currency HAVING sum(amount_minor) <> 0",
                      e) &&
           check_rows(a, 3,
                      "SELECT format('ledger transaction payment.%s.%s does not balance in %s', partition, seq, "
                      "currency) FROM "
                      "payment.ledger_entry GROUP BY partition, seq, currency HAVING sum(amount_minor) <> 0",
                      e) &&
           check_rows(
               a, 3,
               "SELECT format('payout %s of case %s is %s without its entry in the ledger', p.key, p.case_id, p.state) "
               "FROM payment.payout p WHERE NOT EXISTS (SELECT FROM payment.ledger_txn t WHERE t.case_id = p.case_id "
               "AND t.payout_no = p.payout_no AND t.event = CASE WHEN p.state IN ('halted', 'cash_due') THEN "
               "'instructed' ELSE p.state END)",
               e) &&
           check_rows(a, 3,
                      "SELECT format('case %s: slip %s was paid %s times', case_id, slip_no, count(*)) FROM "
                      "payment.payout WHERE "
                      "state = 'settled' GROUP BY case_id, slip_no HAVING count(*) > 1",
                      e);
}

static bool judge_unknown(struct audit *a, json_t *unknown, struct err *e)
{
    struct payout *now = NULL, *p;
    size_t i;
    json_t *key;
    if (json_array_size(unknown) == 0) return true;
    int64_t examined = a->checks[2].examined;
    bool well = load_payouts(a, &now, e);
    a->checks[2].examined = examined;
    json_array_foreach(unknown, i, key)
    {
        HASH_FIND_STR(now, json_string_value(key), p);
        if (well && p == NULL)
            audit_offend(a, 3, "the bank booked %s, which was never instructed", json_string_value(key));
    }
    HASH_CLEAR(hh, now);
    return well;
}

bool audit_money(struct audit *a, struct err *e)
{
    struct money_check m = {.unknown = json_array()};
    struct payout *p, *next;
    bool well = load_payouts(a, &m.payouts, e) && compare_statement(a, &m, e) && judge_unknown(a, m.unknown, e) &&
                check_ledger(a, e);
    HASH_ITER(hh, m.payouts, p, next)
    {
        if (well && p->booked == 0 && strcmp(p->state, "settled") == 0)
            audit_offend(a, 3, "payout %s: we hold it settled, the bank's book has it not", p->key);
    }
    HASH_CLEAR(hh, m.payouts);
    json_decref(m.unknown);
    return well;
}

/* ---- 4: timers ---- */

bool audit_timers(struct audit *a, struct err *e)
{
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&a->arena);
    double scale = a->clock.driven ? a->clock.scale : 1.0;
    pg_arg_int(&args, clock_now_ms(&a->clock) - (int64_t)(AUDIT_GRACE_REAL_MS * scale));
    if (!pg_query(a->pg,
                  "SELECT format('timer %s/%s/%s%s is due since %s and has not fired', case_id, code, ver, CASE WHEN "
                  "warning THEN "
                  "' (warning)' ELSE '' END, to_timestamp(due / 1000)) FROM sla.timer t WHERE state = 'armed' AND due "
                  "< $1 AND "
                  "NOT EXISTS (SELECT FROM sla.parked p WHERE p.case_id = t.case_id)",
                  &args, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) audit_offend(a, 4, "%s", pg_text(rows, i, 0));
    pg_rows_free(rows);
    return check_rows(
        a, 4,
        "SELECT format('timer %s/%s/%s fired %s ms early', case_id, code, ver, due - fired) FROM sla.timer WHERE "
        "state = 'fired' AND fired < due",
        e);
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
