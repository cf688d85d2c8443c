/* How it goes: the board's counts, the services' health, and the console's own health and metrics. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "console/form.h"
#include "console/gateway.h"
#include "console/probe.h"
#include "runtime/metrics.h"

enum { FRESH_US = 1500000, UNSWEPT_MOST_MS = 5000 };

/* An answer several clients share for a moment, so that ten open pages cost what one does. */
struct shared {
    pthread_mutex_t lock;
    struct buf body;
    int64_t made_us;
};
static struct shared board = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct shared status = {.lock = PTHREAD_MUTEX_INITIALIZER};

typedef bool (*make_fn)(struct request *rq, struct buf *out, struct err *e);

static void reply_shared(struct request *rq, struct shared *s, make_fn make, const char *what)
{
    struct err e = ERR_INIT;
    pthread_mutex_lock(&s->lock);
    int64_t now_us = clock_monotonic_us();
    bool well = s->made_us != 0 && now_us - s->made_us < FRESH_US;
    if (!well) {
        struct buf made = BUF_INIT;
        well = make(rq, &made, &e);
        if (well) {
            buf_deinit(&s->body);
            s->body = made;
            s->made_us = now_us;
        } else {
            buf_deinit(&made);
        }
    }
    if (well) buf_append(&rq->reply.body, s->body.bytes, s->body.len);
    pthread_mutex_unlock(&s->lock);
    if (well)
        reply_json(rq, 200);
    else
        reply_unavailable(rq, what, &e);
}

static void put_clock(struct buf *b, const struct clock *clock)
{
    buf_printf(b, "{\"driven\":%s,\"scale\":%g,\"now_ms\":%lld}", clock->driven ? "true" : "false", clock->scale,
               (long long)clock_now_ms(clock));
}

/* ---- board ---- */

static bool make_board(struct request *rq, struct buf *out, struct err *e)
{
    static const char sql[] = "SELECT console.board($1, $2)";
    const struct console *c = rq->console;
    struct pg_args args = PG_ARGS(&rq->arena);
    struct buf counts = BUF_INIT;
    pg_arg_int(&args, clock_real_ms());
    pg_arg_int(&args, clock_now_ms(&c->clock));
    bool well = db_value(c->db, sql, &args, &counts, NULL, e);
    if (well) {
        buf_puts(out, "{\"clock\":");
        put_clock(out, &c->clock);
        buf_printf(out, ",\"now_ms\":%lld,", (long long)clock_now_ms(&c->clock));
        buf_append(out, counts.bytes + 1, counts.len - 1); /* both are objects: members of one */
    }
    buf_deinit(&counts);
    return well;
}

void api_board(struct request *rq) { reply_shared(rq, &board, make_board, "the board cannot be read"); }

/* ---- status ---- */

struct service_facts {
    int64_t partitions, lag, parked;
};

static const struct pg_rows *row_of(const struct pg_rows *rows, const char *service, int *row)
{
    for (*row = 0; *row < pg_rows_count(rows); ++*row)
        if (strcmp(pg_text(rows, *row, 0), service) == 0) return rows;
    return NULL;
}

static void put_number(struct buf *b, const char *member, const struct probe_answer *p, const char *metric)
{
    double value;
    if (p->metrics != NULL && probe_metric(p->metrics, metric, &value))
        buf_printf(b, ",\"%s\":%lld", member, (long long)value);
}

/* A service says its state as JSON (runtime/health.h); a person reads a sentence. */
static void put_detail(struct buf *b, const char *said)
{
    struct arena a;
    struct form form;
    struct err e = ERR_INIT;
    struct buf body = {.bytes = (char *)(uintptr_t)said, .len = strlen(said)};
    int64_t given, running, wants;
    arena_init(&a);
    if (said[0] == '{' && form_read(&form, &body, &a, &e)) {
        form_int(&form, "partitions_given", 0, &given);
        form_int(&form, "partitions_running", 0, &running);
        form_int(&form, "wants", 0, &wants);
        form_close(&form);
        buf_json_string(b, arena_printf(&a, "%lld of %lld partitions run, %lld streams lack an event",
                                        (long long)running, (long long)given, (long long)wants));
    } else {
        buf_json_string(b, said);
    }
    arena_deinit(&a);
}

static void put_service(struct buf *b, const struct probe_answer *p, const struct pg_rows *rows)
{
    int row;
    buf_printf(b, "{\"name\":\"%s\",\"port\":%d,\"up\":%s,\"ready\":%s", p->name, p->port, p->up ? "true" : "false",
               p->ready ? "true" : "false");
    if (row_of(rows, p->name, &row) != NULL)
        buf_printf(b, ",\"parked\":%lld,\"behind\":%lld", (long long)pg_int(rows, row, 3),
                   (long long)pg_int(rows, row, 2));
    put_number(b, "partitions", p, "redress_partitions");
    put_number(b, "lag", p, "redress_lag_records");
    put_number(b, "unsent", p, "redress_outbox_unsent");
    put_number(b, "events", p, "redress_events_in_total");
    double sum, n;
    if (p->metrics != NULL && probe_metric(p->metrics, "redress_commit_seconds_sum", &sum) &&
        probe_metric(p->metrics, "redress_commit_seconds_count", &n) && n > 0)
        buf_printf(b, ",\"commit_ms\":%.2f", sum / n * 1000);
    if (p->detail != NULL) {
        buf_puts(b, ",\"detail\":");
        put_detail(b, p->detail);
    }
    buf_putc(b, '}');
}

static int64_t number_of(const struct probe_answer *p, const char *metric)
{
    double value;
    return p->metrics != NULL && probe_metric(p->metrics, metric, &value) ? (int64_t)value : 0;
}

/* The firing of timers as sla's own metrics say now; what it told by events stands under `alarms`. A service whose
 * loop hangs tells no events: hence the age of the last sweep, by its metrics' thread. */
static void put_firing(struct buf *b, const struct probe_answer answers[PROBE_SERVICES])
{
    const struct probe_answer *sla = NULL;
    for (int i = 0; i < PROBE_SERVICES; i++)
        if (strcmp(answers[i].name, "sla") == 0) sla = &answers[i];
    int64_t swept_at = number_of(sla, "redress_sla_swept_at_ms");
    if (swept_at == 0) {
        buf_puts(b, ",\"firing\":{\"well\":false}");
        return;
    }
    int64_t late_ms = number_of(sla, "redress_sla_overdue_ms"), swept_ms = clock_real_ms() - swept_at;
    int64_t alarms = number_of(sla, "redress_sla_alarm_overdue") + number_of(sla, "redress_sla_alarm_index_away") +
                     number_of(sla, "redress_sla_alarm_index_differs") + number_of(sla, "redress_sla_alarm_not_swept");
    buf_printf(b, ",\"firing\":{\"well\":%s,\"late_ms\":%lld,\"swept_ms\":%lld,\"indexed\":%lld}",
               alarms == 0 && swept_ms <= UNSWEPT_MOST_MS ? "true" : "false", (long long)late_ms, (long long)swept_ms,
               (long long)number_of(sla, "redress_sla_indexed_partitions"));
}

/* $1 = now. Running limits of the read model; the sla service's own timers are the truth behind them. */
static const char sql_counts[] =
    "SELECT json_build_object('timers', json_build_object('armed', count(*) FILTER (WHERE state ="
    " 'armed'), 'overdue', count(*) FILTER (WHERE state = 'armed' AND due_ms < $1),'oldest_overdue_ms',"
    " coalesce($1 - min(due_ms) FILTER (WHERE state = 'armed' AND due_ms < $1), 0)),'cases', (SELECT"
    " count(*) FROM console.case_view),'alarms', (SELECT coalesce(json_agg(json_strip_nulls(row_to_json(a)) ORDER BY"
    " a.kind), '[]') FROM (SELECT kind, count(*) AS partitions, min(since_ms) AS since_ms, max(late_ms) AS late_ms"
    " FROM console.alarm WHERE ended_ms IS NULL GROUP BY kind) a),'last_event_ms', (SELECT at_ms FROM console.timeline "
    "ORDER BY n"
    " DESC LIMIT 1)) FROM console.case_limit WHERE ended_ms IS NULL";

static bool make_status(struct request *rq, struct buf *out, struct err *e)
{
    static const char sql[] = "SELECT service, partitions, lag, parked FROM console.service_row";
    const struct console *c = rq->console;
    struct probe_answer answers[PROBE_SERVICES];
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct buf counts = BUF_INIT;
    int64_t parked = 0;
    bool ready = true;
    pg_arg_int(&args, clock_now_ms(&c->clock));
    if (!db_query(c->db, sql, NULL, &rows, e) || !db_value(c->db, sql_counts, &args, &counts, NULL, e)) {
        pg_rows_free(rows);
        buf_deinit(&counts);
        return false;
    }
    probe_services(c->config, &rq->arena, answers);
    for (int i = 0; i < pg_rows_count(rows); i++) parked += pg_int(rows, i, 3);
    buf_puts(out, "{\"services\":[");
    for (int i = 0; i < PROBE_SERVICES; i++) {
        put_service(out, &answers[i], rows);
        buf_putc(out, ',');
        ready = ready && answers[i].ready;
    }
    struct buf own = BUF_INIT;
    metrics_write(c->host->metrics, &own);
    struct probe_answer self = {.name = "console",
                                .port = (int)config_int(c->config, "console.http.port"),
                                .up = true,
                                .ready = metrics_get(c->host->metrics, METRIC_READY) == 1,
                                .metrics = own.bytes};
    put_service(out, &self, rows);
    buf_deinit(&own);
    buf_printf(out, "],\"ready\":%s,\"clock\":", ready ? "true" : "false");
    put_clock(out, &c->clock);
    put_firing(out, answers);
    buf_printf(out, ",\"parked\":%lld,\"gateway\":{\"unsent\":%lld},", (long long)parked,
               (long long)gateway_waiting(c->gateway));
    buf_append(out, counts.bytes + 1, counts.len - 1);
    pg_rows_free(rows);
    buf_deinit(&counts);
    return true;
}

void api_status(struct request *rq) { reply_shared(rq, &status, make_status, "the status cannot be read"); }
