/* The console's own health and metrics, for the supervisor and for Prometheus. No case data, so no token. */
#include "base/clock.h"
#include "console/api.h"
#include "console/console.h"
#include "console/db.h"
#include "console/gateway.h"
#include "console/hub.h"
#include "runtime/metrics.h"

enum { SILENT_US = 30000000 };

void api_health_register(struct console *c)
{
    struct metrics *m = c->host->metrics;
    c->metric_requests = metrics_own(m, "http_requests_total", "HTTP requests answered", "counter");
    c->metric_failed = metrics_own(m, "http_failed_total", "HTTP requests answered with 5xx", "counter");
    c->metric_streams = metrics_own(m, "live_streams", "Clients of the live stream", "gauge");
    c->metric_notices =
        metrics_own(m, "notices_undelivered", "Notices not known to have reached the customer", "gauge");
    c->metric_notice_age = metrics_own(m, "notice_oldest_seconds",
                                       "Age of the oldest undelivered notice, on the installation's clock", "gauge");
    c->metric_waiting = metrics_own(m, "gateway_waiting", "Messages and commands not yet committed", "gauge");
}

/* While the database is away the last values stand. */
static void read_notices(struct request *rq)
{
    static const char sql[] =
        "SELECT (SELECT coalesce(sum(CASE type WHEN 'intake.customer_notified' THEN n ELSE -n END), 0)::int8 FROM"
        " console.total WHERE type IN ('intake.customer_notified', 'intake.notice_delivered')), (SELECT"
        " coalesce(greatest($1 - min(made_ms), 0) / 1000, 0) FROM console.notice WHERE open)";
    const struct console *c = rq->console;
    struct pg_args args = PG_ARGS(&rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_int(&args, clock_now_ms(&c->clock));
    if (!db_query(c->db, sql, &args, &rows, &e)) return;
    metrics_own_set(c->host->metrics, c->metric_notices, pg_int(rows, 0, 0));
    metrics_own_set(c->host->metrics, c->metric_notice_age, pg_int(rows, 0, 1));
    pg_rows_free(rows);
}

void api_metrics(struct request *rq)
{
    const struct console *c = rq->console;
    struct metrics *m = c->host->metrics;
    int64_t answered = 0;
    for (int class = 2; class <= 5; class ++) answered += http_answered(c->http, class);
    metrics_own_set(m, c->metric_requests, answered);
    metrics_own_set(m, c->metric_failed, http_answered(c->http, 5));
    metrics_own_set(m, c->metric_streams, hub_clients(c->hub));
    read_notices(rq);
    metrics_own_set(m, c->metric_waiting, gateway_waiting(c->gateway));
    metrics_write(m, &rq->reply.body);
    rq->reply.status = 200;
    rq->reply.content_type = "text/plain; version=0.0.4";
}

static bool loop_turns(const struct console *c)
{
    return clock_monotonic_us() - atomic_load(&c->turned_us) < SILENT_US;
}

static void reply_health(struct request *rq, bool well, const char *why)
{
    buf_printf(&rq->reply.body, "{\"ok\":%s%s%s%s}", well ? "true" : "false", why == NULL ? "" : ",\"detail\":\"",
               why == NULL ? "" : why, why == NULL ? "" : "\"");
    reply_json(rq, well ? 200 : 503);
}

void api_healthz(struct request *rq)
{
    bool well = loop_turns(rq->console);
    reply_health(rq, well, well ? NULL : "the loop has not turned for 30 s");
}

void api_readyz(struct request *rq)
{
    const struct console *c = rq->console;
    struct buf ignored = BUF_INIT;
    struct err e = ERR_INIT;
    const char *why = NULL;
    if (!loop_turns(c))
        why = "the loop has not turned for 30 s";
    else if (metrics_get(c->host->metrics, METRIC_READY) != 1)
        why = "partitions are not all assigned, or events are lacking";
    else if (!db_value(c->db, "SELECT 'yes'", NULL, &ignored, NULL, &e))
        why = "the database does not answer";
    buf_deinit(&ignored);
    reply_health(rq, why == NULL, why);
}
