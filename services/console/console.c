/* The console's adapter: the gateway's inputs for the loop, and the life of the HTTP side, which begins when the loop
 * has its settings and ends before the loop goes. */
#include "console/console.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "console/answers.h"
#include "console/api.h"
#include "console/channels.h"
#include "console/db.h"
#include "console/gateway.h"
#include "console/http.h"
#include "console/hub.h"
#include "console/site.h"

enum { DB_CONNECTIONS = 8 };

const struct config_key console_keys[] = {
    {"web.dir", CONFIG_TEXT, "/var/lib/redress/share/web", 0, 0, false, "folder of the page's files"},
    {"inbound.behind.max", CONFIG_INT, "20000", 1, 1000000000, false,
     "inputs a service may be behind before batches of messages have to wait"},
};
const int console_n_keys = sizeof(console_keys) / sizeof(console_keys[0]);

static void console_free(struct console *c)
{
    gateway_free(c->gateway);
    channels_free(c->channels);
    site_free(c->site);
    db_free(c->db);
    free(c);
}

/* What can fail for a reason a person must mend, before any thread is started. */
static bool prepare(struct console *c, struct err *e)
{
    if (!auth_init(&c->auth, config_text(c->config, "console.token")))
        return err_set(e, ERR_INTERNAL, "console", "libsodium does not start");
    if (!c->auth.set) return err_set(e, ERR_CONFIG, "console", "console.token is not set: nobody could sign in");
    c->site = site_load(config_text(c->config, "web.dir"), e);
    return c->site != NULL;
}

static bool open_console(struct host *h, struct err *e)
{
    struct console *c = calloc(1, sizeof(*c));
    if (c == NULL) abort();
    c->config = h->config;
    c->clock = *h->clock;
    c->partitions = h->partitions;
    c->host = h;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (!prepare(c, e)) {
        console_free(c);
        return false;
    }
    c->db = db_new(c->config, DB_CONNECTIONS);
    c->channels = channels_new(c->db);
    c->gateway = gateway_new(h);
    c->answers = answers_new(c);
    c->hub = hub_new(c);
    h->adapter = c;
    atomic_store(&c->turned_us, clock_monotonic_us());
    api_health_register(c);
    c->http = http_start(&(struct http_settings){.host = config_text(c->config, "http.host"),
                                                 .port = (int)config_int(c->config, "console.http.port"),
                                                 .routes = api_routes,
                                                 .fallback = site_serve,
                                                 .auth = &c->auth,
                                                 .console = c},
                         e);
    if (c->http != NULL) return true;
    answers_stop(c->answers);
    hub_stop(c->hub);
    answers_free(c->answers);
    hub_free(c->hub);
    console_free(c);
    h->adapter = NULL;
    return false;
}

/* Everything suspended is answered before libmicrohttpd is stopped: it would wait for it for ever. */
static void close_console(struct host *h)
{
    struct console *c = h->adapter;
    if (c == NULL) return;
    http_quiesce(c->http);
    gateway_stop(c->gateway);
    answers_stop(c->answers);
    hub_stop(c->hub);
    http_stop(c->http);
    answers_free(c->answers);
    hub_free(c->hub);
    console_free(c);
    h->adapter = NULL;
}

/* What is assigned needs nothing here: the queues hold only what waits. */
static bool assigned(struct host *h, int part, int64_t epoch, struct err *e)
{
    (void)h;
    (void)part;
    (void)epoch;
    (void)e;
    return true;
}

static struct console *of(const struct host *h) { return h->adapter; }

/* The consumer gives its partitions back after close. */
static void revoked(struct host *h, int part)
{
    if (of(h) != NULL) gateway_revoked(of(h)->gateway, part);
}

static int64_t next(struct host *h, int part) { return gateway_next(of(h)->gateway, part); }

static int poll(struct host *h, int part, int64_t now_ms, struct local_input *out, int max)
{
    return gateway_poll(of(h)->gateway, part, now_ms, out, max);
}

/* An old number stays when the database is away: then nothing can be taken anyway. */
static void read_behind(struct host *h)
{
    struct pg_args none = PG_ARGS(h->arena);
    struct pg_rows *rows;
    struct err e = ERR_INIT;
    if (!pg_query(h->pg, "SELECT coalesce(max(lag), 0)::int8 FROM console.service_row", &none, &rows, &e)) return;
    atomic_store(&of(h)->behind, pg_int(rows, 0, 0));
    pg_rows_free(rows);
}

static void tick(struct host *h, int64_t now_ms)
{
    (void)now_ms;
    atomic_store(&of(h)->turned_us, clock_monotonic_us());
    read_behind(h);
}

static void committed(struct host *h, const struct change *changes, int n)
{
    gateway_committed(of(h)->gateway, changes, n);
}

const struct adapter console_adapter = {.open = open_console,
                                        .close = close_console,
                                        .assigned = assigned,
                                        .revoked = revoked,
                                        .next = next,
                                        .poll = poll,
                                        .tick = tick,
                                        .committed = committed};
