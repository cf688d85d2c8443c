/* Life of a comparison: due, asked for, or a file was put aside → the statements are read (statement_reader.h) →
 * compared in the database, the new lines as arguments → one local input, whose batch writes lines, work items and
 * events together. */
#include "payment/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "payment/files/statements.h"
#include "payment/payment.h"
#include "policy/policy.h"
#include "runtime/metrics.h"

/* News of one comparison, which every event of it carries as its input; the rest follows at once. */
enum { MOST_FOUND = 10, MOST_ENDED = 10, HOUR_MS = 3600000, RETRY_US = 2000000, LOOK_US = 500000 };

struct statement_desk {
    struct statement_reader *reader;
    int part, hour;
    int64_t account;
    bool mine, asked, reading;
    struct folder *folder;  /* of a bank by files; NULL: none */
    int bad, metric_bad;    /* its files that were put aside, as last looked at or compared; -1: not yet */
    int64_t look_us;        /* looked at again then (monotonic) */
    int64_t patience_ms;    /* after which a payout by files is missing whatever its statements cover */
    bool told_unread;       /* that the statement cannot be read */
    int64_t retry_us;       /* not before this (monotonic) */
    int64_t compared_ms;    /* when the last reading that was compared began; 0: never */
    struct statement *read; /* compared, not yet committed */
    struct ev_payment_statement_compared news;
    char day[TIMEFMT_SIZE], id[48];
    bool more; /* there is more news, or more statement, than this comparison holds */
};

static void on_wake(void *user) { host_wake(user); }

struct statement_desk *statement_desk_new(struct host *h, struct err *e)
{
    struct statement_desk *d = calloc(1, sizeof *d);
    if (d == NULL) abort();
    d->account = id_account(PAYMENT_STATEMENT, h->partitions);
    d->part = case_id_partition(d->account);
    d->hour = (int)config_int(h->config, "bank.statement.hour");
    d->patience_ms = config_int(h->config, "bank.files.patience.days") * 24 * HOUR_MS;
    d->bad = -1;
    d->metric_bad = metrics_own(h->metrics, "payment_bank_files_bad", "Files of the bank that were put aside", "gauge");
    const char *folder = config_text(h->config, "bank.files.dir");
    if (folder[0] != '\0') d->folder = folder_open(folder, e);
    d->reader = statement_reader_new(
        &(struct statement_reader_settings){.url = config_text(h->config, "bank.url"),
                                            .token = config_text(h->config, "bank.token"),
                                            .folder = folder,
                                            .timeout_ms = (int)config_int(h->config, "bank.timeout.ms"),
                                            .wake = on_wake,
                                            .user = h},
        e);
    if (d->reader != NULL) return d;
    statement_desk_free(d);
    return NULL;
}

static void forget(struct statement_desk *d)
{
    statement_free(d->read);
    d->read = NULL;
}

void statement_desk_free(struct statement_desk *d)
{
    if (d == NULL) return;
    statement_reader_free(d->reader);
    folder_close(d->folder);
    forget(d);
    free(d);
}

bool statement_desk_assigned(struct statement_desk *d, struct host *h, int part, struct err *e)
{
    struct pg_rows *rows = NULL;
    if (part != d->part) return true;
    forget(d);
    d->reading = d->asked = false;
    if (!pg_query(h->pg, "SELECT coalesce(max(read_ms), 0) FROM reconciliation WHERE whole", NULL, &rows, e))
        return false;
    d->compared_ms = pg_int(rows, 0, 0);
    d->mine = true;
    pg_rows_free(rows);
    return true;
}

void statement_desk_revoked(struct statement_desk *d, int part)
{
    if (part != d->part) return;
    d->mine = false;
    forget(d);
}

/* ---- when ---- */

static bool is_due(const struct statement_desk *d, const struct host *h, int64_t now_ms)
{
    const struct calendar *c = h->policy != NULL ? h->policy->calendar : NULL;
    if (c == NULL || clock_monotonic_us() < d->retry_us) return false;
    if (d->asked) return true;
    int64_t due_ms = calendar_local_ms(c, calendar_date_of(c, now_ms), d->hour * HOUR_MS);
    return now_ms >= due_ms && d->compared_ms < due_ms;
}

static bool begin(struct statement_desk *d, struct host *h, int64_t now_ms, struct err *e)
{
    struct pg_rows *rows = NULL;
    if (!pg_query(h->pg,
                  "SELECT coalesce((SELECT max(seq) FROM statement_line WHERE bank = 'api'), 0), "
                  "coalesce((SELECT max(seq) FROM statement_line WHERE bank = 'files'), 0)",
                  NULL, &rows, e))
        return false;
    struct statement_place after = {.api = pg_int(rows, 0, 0), .files = pg_int(rows, 0, 1)};
    statement_reader_begin(d->reader, after, now_ms);
    pg_rows_free(rows);
    d->reading = true;
    d->asked = false;
    return true;
}

/* ---- what is news ---- */

static struct statement_item item_of(const struct pg_rows *rows, int i, struct arena *a)
{
    struct statement_item item = {.key = arena_strdup(a, pg_text(rows, i, 2)),
                                  .ours_minor = pg_int(rows, i, 5),
                                  .theirs_minor = pg_int(rows, i, 6),
                                  .currency = arena_strdup(a, pg_text(rows, i, 7)),
                                  .detail = arena_strdup(a, pg_text(rows, i, 9))};
    discrepancy_parse(pg_text(rows, i, 1), &item.kind);
    item.has_case_id = !pg_is_null(rows, i, 3);
    if (item.has_case_id) item.case_id = pg_int(rows, i, 3);
    item.has_payout_no = !pg_is_null(rows, i, 4);
    if (item.has_payout_no) item.payout_no = pg_int(rows, i, 4);
    if (!pg_is_null(rows, i, 8)) item.bank_ref = arena_strdup(a, pg_text(rows, i, 8));
    return item;
}

static void take_news(struct statement_desk *d, const struct pg_rows *rows)
{
    struct ev_payment_statement_compared *to = &d->news;
    struct arena *a = &d->read->memory;
    int n = pg_rows_count(rows);
    struct statement_item *found = ARENA_ARRAY(a, struct statement_item, n);
    struct open_item *ended = ARENA_ARRAY(a, struct open_item, n);
    for (int i = 0; i < n && !pg_is_null(rows, i, 0); i++) {
        struct statement_item item = item_of(rows, i, a);
        if (strcmp(pg_text(rows, i, 0), "found") == 0)
            found[to->n_found++] = item;
        else
            ended[to->n_ended++] = (struct open_item){.kind = item.kind, .key = item.key};
    }
    to->found = found;
    to->ended = ended;
    to->matched = pg_int(rows, 0, 10);
    to->missing = d->read->whole ? pg_int(rows, 0, 11) : 0;
    to->unknown = pg_int(rows, 0, 12);
    to->differing = pg_int(rows, 0, 13);
    d->more = !d->read->whole || to->n_found == MOST_FOUND || to->n_ended == MOST_ENDED;
}

static void name_day(struct statement_desk *d, const struct host *h)
{
    timefmt_date_text(calendar_date_of(h->policy->calendar, d->read->began_ms), d->day);
    snprintf(d->id, sizeof d->id, "statement.%lld", (long long)d->read->began_ms);
}

/* Until when what a bank by files has settled must stand in its statements. */
static int64_t files_until_ms(const struct statement_desk *d, const struct statement *s)
{
    int64_t patient_ms = s->began_ms - d->patience_ms;
    return s->files_ms > patient_ms ? s->files_ms : patient_ms;
}

static bool compare(struct statement_desk *d, struct host *h, struct err *e)
{
    const struct statement *s = d->read;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&d->read->memory);
    pg_arg_int(&args, s->began_ms);
    pg_arg_int(&args, files_until_ms(d, s));
    pg_arg_texts(&args, s->bank, s->n);
    pg_arg_texts(&args, s->ref, s->n);
    pg_arg_texts(&args, s->key, s->n);
    pg_arg_ints(&args, s->settled, s->n);
    pg_arg_ints(&args, s->amount, s->n);
    pg_arg_texts(&args, s->currency, s->n);
    pg_arg_texts(&args, s->payee, s->n);
    pg_arg_texts(&args, s->bad_name, s->n_bad);
    pg_arg_texts(&args, s->bad_why, s->n_bad);
    pg_arg_int(&args, s->whole ? MOST_FOUND : 0);
    pg_arg_int(&args, MOST_ENDED);
    if (!pg_query(h->pg,
                  "SELECT news, kind, key, case_id, payout_no, ours_minor, theirs_minor, currency, bank_ref, detail, "
                  "matched, missing, unknown, differing FROM "
                  "compare_statement($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                  &args, &rows, e))
        return false;
    name_day(d, h);
    d->news =
        (struct ev_payment_statement_compared){.day = d->day, .read_ms = s->began_ms, .lines = s->n, .whole = s->whole};
    take_news(d, rows);
    pg_rows_free(rows);
    return true;
}

static void take_statement(struct statement_desk *d, struct host *h, struct err *e)
{
    struct statement *s = statement_reader_take(d->reader);
    if (s == NULL) return;
    d->reading = false;
    if (s->why != NULL && !d->told_unread) log_warn("the bank's statement cannot be read: %s", s->why);
    d->told_unread = s->why != NULL;
    if (d->told_unread) {
        d->asked = true;
        d->retry_us = clock_monotonic_us() + RETRY_US;
    }
    if (s->why != NULL || !d->mine) {
        statement_free(s);
        return;
    }
    d->read = s;
    d->bad = s->n_bad;
    if (!compare(d, h, e)) forget(d);
}

/* A file put aside is a work item at once, and none any more when it is gone (PA-3). */
static void watch_bad(struct statement_desk *d, struct host *h, struct err *e)
{
    int bad = 0;
    if (d->folder == NULL || clock_monotonic_us() < d->look_us) return;
    d->look_us = clock_monotonic_us() + LOOK_US;
    if (!statements_count_bad(d->folder, &bad, e)) return;
    metrics_own_set(h->metrics, d->metric_bad, bad);
    if (bad != d->bad && (d->bad >= 0 || bad > 0)) d->asked = true;
    d->bad = bad;
}

void statement_desk_tick(struct statement_desk *d, struct host *h, int64_t now_ms)
{
    struct err e = ERR_INIT;
    if (d->read != NULL) return;
    if (d->mine) watch_bad(d, h, &e);
    take_statement(d, h, &e);
    if (d->mine && !d->reading && d->read == NULL && is_due(d, h, now_ms)) begin(d, h, now_ms, &e);
    if (err_is_set(&e)) log_warn("the statement waits: %s", e.message);
}

/* ---- the input ---- */

bool statement_desk_input(struct statement_desk *d, int part, int64_t now_ms, struct local_input *out)
{
    if (!d->mine || part != d->part || d->read == NULL) return false;
    *out = (struct local_input){.part = part,
                                .case_id = d->account,
                                .type = EV_PAYMENT_STATEMENT_COMPARED,
                                .data = &d->news,
                                .id = d->id,
                                .at_ms = now_ms,
                                .tag = d->read};
    return true;
}

void statement_desk_committed(struct statement_desk *d, const struct change *c)
{
    for (int k = 0; c->verdict == VERDICT_DONE && k < c->n_made; k++) {
        if (c->made[k].type == EV_PAYMENT_RECONCILIATION_ASKED) d->asked = true;
    }
    if (c->local == NULL || c->local->tag != d->read || d->read == NULL) return;
    if (d->read->whole) d->compared_ms = d->read->began_ms;
    d->asked |= d->more;
    forget(d);
}
