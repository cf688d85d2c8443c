/* HTTP side of the sandbox bank: one thread, epoll, group commit.
 *
 * A request is judged once (judge), then suspended until what it may tell is durable and its fault's delay is
 * over; bank_api_turn flushes the book once for all of them. A dropped request is closed without an answer. */
#include "payment/bank/api.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/number.h"
#include "payment/bank/faults.h"

enum { BODY_MAX = 65536, STATEMENT_MAX = 5000, LOST_HOLD_MS = 3000 };

struct request {
    struct request *next; /* in the waiting list */
    struct MHD_Connection *connection;
    struct buf body, answer;
    unsigned int status;
    int64_t hold_us;   /* not answered before this (monotonic) */
    int64_t needs;     /* nor before this seq is durable */
    bool judged, drop; /* drop: closed without an answer */
};

struct bank_api {
    const struct bank_settings *settings;
    struct book *book;
    struct MHD_Daemon *daemon;
    struct request *waiting;
    struct bank_faults faults;
    int64_t attempts, settled, refused, conflicts, syncs;
};

struct call {
    struct bank_api *api;
    struct request *r;
    const char *method, *path;
};

/* ---- answers ---- */

static void problem(struct request *r, unsigned int status, const char *title)
{
    r->status = status;
    buf_reset(&r->answer);
    buf_printf(&r->answer, "{\"status\":%u,\"title\":", status);
    buf_json_string(&r->answer, title);
    buf_putc(&r->answer, '}');
}

static bool is_pending(const struct bank_api *api, const struct payment_record *p)
{
    return !p->refused && faults_hit(p->key, 6, api->faults.late_percent) &&
           clock_real_ms() < p->at_ms + api->faults.late_ms;
}

static void put_payment(struct buf *out, const struct payment_record *p, bool pending)
{
    buf_printf(out, "{\"seq\":%lld,\"key\":", (long long)p->seq);
    buf_json_string(out, p->key);
    buf_printf(out, ",\"status\":\"%s\",\"amount_minor\":%lld,\"currency\":\"%s\",\"payee\":",
               pending      ? "pending"
               : p->refused ? "refused"
                            : "settled",
               (long long)p->amount_minor, p->currency);
    buf_json_string(out, p->payee);
    buf_printf(out, ",\"bank_ref\":\"BK%010lld\",\"at_ms\":%lld", (long long)p->seq, (long long)p->at_ms);
    if (p->refused) {
        buf_puts(out, ",\"reason\":");
        buf_json_string(out, p->reason);
    }
    buf_putc(out, '}');
}

static void answer_payment(const struct bank_api *api, struct request *r, unsigned int status,
                           const struct payment_record *p)
{
    bool pending = is_pending(api, p);
    r->status = pending && status == MHD_HTTP_OK ? MHD_HTTP_ACCEPTED : status;
    r->needs = p->seq;
    put_payment(&r->answer, p, pending);
}

static const char *refusal(const struct bank_api *api, const char *key, const char *payee)
{
    const char *prefix = api->settings->refused_payee;
    if (prefix[0] != '\0' && strncmp(payee, prefix, strlen(prefix)) == 0) return "account_closed";
    return faults_hit(key, 3, api->faults.refuse_percent) ? "refused_by_fault" : NULL;
}

/* ---- payments ---- */

static const struct payment_record *book_new(struct bank_api *api, struct payment_record *p)
{
    p->reason = refusal(api, p->key, p->payee);
    p->refused = p->reason != NULL;
    p->asked_minor = p->amount_minor;
    if (!p->refused && faults_hit(p->key, 4, api->faults.wrong_amount_percent)) p->amount_minor++;
    p->at_ms = clock_real_ms();
    *(p->refused ? &api->refused : &api->settled) += 1;
    return book_add(api->book, p);
}

static void pay(struct bank_api *api, struct request *r, struct payment_record *p)
{
    if (faults_hit(p->key, 1000 + api->attempts, api->faults.lose_percent)) {
        r->drop = true;
        r->hold_us = clock_monotonic_us() + (int64_t)LOST_HOLD_MS * 1000;
        return;
    }
    const struct payment_record *booked = book_find(api->book, p->key);
    if (booked == NULL) {
        booked = book_new(api, p);
    } else if (booked->asked_minor != p->amount_minor || strcmp(booked->currency, p->currency) != 0 ||
               strcmp(booked->payee, p->payee) != 0) {
        api->conflicts++;
        answer_payment(api, r, MHD_HTTP_CONFLICT, booked);
        return;
    }
    answer_payment(api, r, MHD_HTTP_OK, booked);
    if (faults_hit(p->key, 2000 + api->attempts, api->faults.drop_percent)) {
        r->drop = true;
        r->hold_us = clock_monotonic_us() + (int64_t)LOST_HOLD_MS * 1000;
    } else if (faults_hit(p->key, 5, api->faults.slow_percent)) {
        r->hold_us = clock_monotonic_us() + (int64_t)api->faults.slow_ms * 1000;
    }
}

static void post_payment(struct call *c)
{
    json_error_t why;
    json_t *root =
        json_loadb(c->r->body.len == 0 ? "" : c->r->body.bytes, c->r->body.len, JSON_REJECT_DUPLICATES, &why);
    const char *key = NULL, *payee = NULL, *currency = NULL;
    json_int_t amount = 0;
    c->api->attempts++;
    if (root == NULL || json_unpack_ex(root, &why, 0, "{s:s,s:I,s:s,s:s}", "key", &key, "amount_minor", &amount,
                                       "currency", &currency, "payee", &payee) != 0) {
        problem(c->r, MHD_HTTP_BAD_REQUEST, why.text);
    } else if (key[0] == '\0' || strlen(key) > 128 || payee[0] == '\0' || amount <= 0 || strlen(currency) != 3) {
        problem(c->r, MHD_HTTP_BAD_REQUEST, "key (1-128 bytes), payee, a positive amount and a currency are needed");
    } else {
        struct payment_record p = {.key = key, .payee = payee, .amount_minor = amount};
        memcpy(p.currency, currency, sizeof(p.currency));
        pay(c->api, c->r, &p);
    }
    json_decref(root);
}

static int64_t query_int(const struct call *c, const char *name, int64_t fallback)
{
    const char *text = MHD_lookup_connection_value(c->r->connection, MHD_GET_ARGUMENT_KIND, name);
    int64_t v;
    return text != NULL && number_parse(text, &v) && v >= 0 ? v : fallback;
}

/* How often a settled line stands in the statement. */
static int times_told(const struct bank_api *api, const char *key)
{
    if (faults_hit(key, 7, api->faults.omit_percent)) return 0;
    return faults_hit(key, 8, api->faults.duplicate_percent) ? 2 : 1;
}

static void get_statement(struct call *c)
{
    int64_t seq = query_int(c, "after", 0), left = query_int(c, "limit", 1000);
    struct buf *out = &c->r->answer;
    const char *comma = "";
    const struct payment_record *p;
    if (left > STATEMENT_MAX) left = STATEMENT_MAX;
    c->r->status = MHD_HTTP_OK;
    buf_puts(out, "{\"payments\":[");
    for (; left > 0 && (p = book_at(c->api->book, seq + 1)) != NULL && !is_pending(c->api, p); left--) {
        for (int times = times_told(c->api, p->key); times > 0; times--) {
            buf_puts(out, comma);
            put_payment(out, p, false);
            comma = ",";
        }
        seq = p->seq;
    }
    c->r->needs = seq <= book_last(c->api->book) ? seq : 0;
    buf_printf(out, "],\"next\":%lld,\"last\":%lld}", (long long)seq, (long long)book_last(c->api->book));
}

static void get_payment(struct call *c)
{
    const struct payment_record *p = book_find(c->api->book, c->path + strlen("/payments/"));
    if (p != NULL)
        answer_payment(c->api, c->r, MHD_HTTP_OK, p);
    else
        problem(c->r, MHD_HTTP_NOT_FOUND, "no payment was accepted under this key");
}

/* ---- the bank's keeper ---- */

static void get_faults(struct call *c)
{
    c->r->status = MHD_HTTP_OK;
    faults_write(&c->api->faults, &c->r->answer);
}

static void put_faults(struct call *c)
{
    char why[200];
    if (faults_read(c->r->body.bytes, c->r->body.len, &c->api->faults, why, sizeof(why)))
        get_faults(c);
    else
        problem(c->r, MHD_HTTP_BAD_REQUEST, why);
}

static void get_metrics(struct call *c)
{
    const struct bank_api *a = c->api;
    c->r->status = MHD_HTTP_OK;
    buf_printf(&c->r->answer,
               "# TYPE redress_bank_requests_total counter\nredress_bank_requests_total %lld\n"
               "# TYPE redress_bank_payments_total counter\n"
               "redress_bank_payments_total{status=\"settled\"} %lld\n"
               "redress_bank_payments_total{status=\"refused\"} %lld\n"
               "# TYPE redress_bank_conflicts_total counter\nredress_bank_conflicts_total %lld\n"
               "# TYPE redress_bank_flushes_total counter\nredress_bank_flushes_total %lld\n"
               "# TYPE redress_bank_booked gauge\nredress_bank_booked %lld\n",
               (long long)a->attempts, (long long)a->settled, (long long)a->refused, (long long)a->conflicts,
               (long long)a->syncs, (long long)book_last(a->book));
}

static void get_health(struct call *c)
{
    c->r->status = MHD_HTTP_OK;
    buf_puts(&c->r->answer, "{\"status\":\"ok\"}");
}

/* ---- routing ---- */

struct route {
    const char *method, *path;
    bool prefix, open; /* open: without the token */
    bool falls;        /* answers 503 under the fault `down` */
    void (*fn)(struct call *c);
};

static const struct route ROUTES[] = {
    {"GET", "/healthz", false, true, false, get_health},      {"GET", "/readyz", false, true, false, get_health},
    {"GET", "/metrics", false, true, false, get_metrics},     {"POST", "/payments", false, false, true, post_payment},
    {"GET", "/payments", false, false, false, get_statement}, {"GET", "/payments/", true, false, true, get_payment},
    {"GET", "/faults", false, false, false, get_faults},      {"PUT", "/faults", false, false, false, put_faults},
};

static const struct route *route_of(const char *method, const char *path)
{
    for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++) {
        const struct route *r = &ROUTES[i];
        bool same = r->prefix ? strncmp(path, r->path, strlen(r->path)) == 0 : strcmp(path, r->path) == 0;
        if (same && strcmp(method, r->method) == 0) return r;
    }
    return NULL;
}

/* In time that does not depend on how much of it is right. */
static bool token_is_right(const struct call *c)
{
    const char *given = MHD_lookup_connection_value(c->r->connection, MHD_HEADER_KIND, "Authorization");
    const char *token = c->api->settings->token;
    if (given == NULL || strncmp(given, "Bearer ", 7) != 0 || strlen(given + 7) != strlen(token)) return false;
    unsigned char differ = 0;
    for (size_t i = 0; token[i] != '\0'; i++) differ |= (unsigned char)(token[i] ^ given[7 + i]);
    return differ == 0;
}

static void judge(struct call *c)
{
    const struct route *route = route_of(c->method, c->path);
    c->r->judged = true;
    if (route == NULL)
        problem(c->r, MHD_HTTP_NOT_FOUND, "no such address");
    else if (!route->open && !token_is_right(c))
        problem(c->r, MHD_HTTP_UNAUTHORIZED, "a bearer token is needed");
    else if (route->falls && c->api->faults.down)
        problem(c->r, MHD_HTTP_SERVICE_UNAVAILABLE, "the bank is down");
    else if (c->r->body.len > BODY_MAX)
        problem(c->r, MHD_HTTP_CONTENT_TOO_LARGE, "at most 64 KiB");
    else
        route->fn(c);
}

static bool must_wait(const struct bank_api *api, const struct request *r)
{
    return r->needs > book_durable(api->book) || r->hold_us > clock_monotonic_us();
}

static enum MHD_Result respond(struct request *r)
{
    if (r->drop) return MHD_NO;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->answer.len, r->answer.bytes, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", r->answer.bytes[0] == '{' ? "application/json" : "text/plain");
    enum MHD_Result queued = MHD_queue_response(r->connection, r->status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *bytes, size_t *n, void **slot)
{
    (void)version;
    struct bank_api *api = cls;
    struct request *r = *slot;
    if (r == NULL) {
        r = calloc(1, sizeof(*r));
        if (r == NULL) return MHD_NO;
        r->connection = connection;
        *slot = r;
        return MHD_YES;
    }
    if (*n > 0) {
        if (r->body.len <= BODY_MAX) buf_append(&r->body, bytes, *n);
        *n = 0;
        return MHD_YES;
    }
    if (!r->judged) judge(&(struct call){.api = api, .r = r, .method = method, .path = path});
    if (!must_wait(api, r)) return respond(r);
    r->next = api->waiting;
    api->waiting = r;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode why)
{
    (void)cls, (void)connection, (void)why;
    struct request *r = *slot;
    if (r == NULL) return;
    buf_deinit(&r->body);
    buf_deinit(&r->answer);
    free(r);
    *slot = NULL;
}

/* ---- the loop's side ---- */

struct bank_api *bank_api_start(const struct bank_settings *settings, struct book *book, struct err *e)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings->port)};
    if (inet_pton(AF_INET, settings->host, &to.sin_addr) != 1) {
        err_set(e, ERR_CONFIG, "bank_api_start", "http.host '%s' is not an IPv4 address", settings->host);
        return NULL;
    }
    struct bank_api *api = calloc(1, sizeof(*api));
    if (api == NULL) abort();
    api->settings = settings;
    api->book = book;
    api->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)settings->port, NULL, NULL,
                                   on_request, api, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&to,
                                   MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT, 512u,
                                   MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (api->daemon == NULL) {
        err_set(e, ERR_HTTP, "bank_api_start", "cannot listen on %s:%d: %s", settings->host, settings->port,
                strerror(errno));
        free(api);
        return NULL;
    }
    return api;
}

static void let_go(struct bank_api *api)
{
    struct request **at = &api->waiting;
    while (*at != NULL) {
        struct request *r = *at;
        if (must_wait(api, r)) {
            at = &r->next;
        } else {
            *at = r->next;
            MHD_resume_connection(r->connection);
        }
    }
}

/* Milliseconds until the loop must look again. */
static int wait_of(const struct bank_api *api, int wait_ms)
{
    MHD_UNSIGNED_LONG_LONG due = 0;
    if (MHD_get_timeout(api->daemon, &due) == MHD_YES && due < (unsigned int)wait_ms) wait_ms = (int)due;
    int64_t now = clock_monotonic_us();
    for (const struct request *r = api->waiting; r != NULL; r = r->next) {
        int64_t left = r->hold_us <= now ? 0 : (r->hold_us - now) / 1000 + 1;
        if (left < wait_ms) wait_ms = (int)left;
    }
    return wait_ms;
}

bool bank_api_turn(struct bank_api *api, int wait_ms, struct err *e)
{
    /* Polled, not waited on: its events are edge-triggered and the daemon's to take. */
    struct pollfd ready = {.fd = MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
                           .events = POLLIN};
    poll(&ready, 1, wait_of(api, wait_ms));
    MHD_run(api->daemon);
    if (book_last(api->book) > book_durable(api->book)) {
        if (!book_sync(api->book, e)) return false;
        api->syncs++;
    }
    let_go(api);
    return true;
}

void bank_api_stop(struct bank_api *api)
{
    if (api == NULL) return;
    for (struct request *r = api->waiting; r != NULL; r = r->next) {
        r->drop = true;
        MHD_resume_connection(r->connection);
    }
    MHD_run(api->daemon);
    MHD_stop_daemon(api->daemon);
    free(api);
}
