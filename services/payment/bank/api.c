/* HTTP side of the sandbox bank: one thread, epoll, group commit.
 *
 * A request is judged once (judge), then suspended until what it may tell is durable and its fault's delay is
 * over; bank_api_turn flushes the book once for all of them. A dropped request is closed without an answer. */
#include "payment/bank/api.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "payment/bank/files.h"
#include "payment/bank/request.h"

enum { BODY_MAX = 65536 };

struct bank_api {
    const struct bank_settings *settings;
    struct teller *teller;
    struct bank_files *files;
    struct MHD_Daemon *daemon;
    struct request *waiting;
    int64_t syncs;
};

void request_problem(struct request *r, unsigned int status, const char *title)
{
    r->status = status;
    buf_reset(&r->answer);
    buf_printf(&r->answer, "{\"status\":%u,\"title\":", status);
    buf_json_string(&r->answer, title);
    buf_putc(&r->answer, '}');
}

/* ---- routing ---- */

struct route {
    const char *method, *path;
    bool prefix, open; /* open: without the token */
    bool falls;        /* answers 503 under the fault `down` */
    void (*fn)(struct call *c);
};

static const struct route ROUTES[] = {
    {"GET", "/healthz", false, true, false, keeper_get_health},
    {"GET", "/readyz", false, true, false, keeper_get_health},
    {"GET", "/metrics", false, true, false, keeper_get_metrics},
    {"POST", "/payments", false, false, true, payments_post},
    {"GET", "/payments", false, false, false, payments_statement},
    {"GET", "/book", false, false, false, payments_book},
    {"GET", "/payments/", true, false, true, payments_get},
    {"GET", "/faults", false, false, false, keeper_get_faults},
    {"PUT", "/faults", false, false, false, keeper_put_faults},
    {"POST", "/statement", false, false, false, keeper_post_statement},
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
static bool token_is_right(const struct request *r, const char *token)
{
    const char *given = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Authorization");
    if (given == NULL || strncmp(given, "Bearer ", 7) != 0 || strlen(given + 7) != strlen(token)) return false;
    unsigned char differ = 0;
    for (size_t i = 0; token[i] != '\0'; i++) differ |= (unsigned char)(token[i] ^ given[7 + i]);
    return differ == 0;
}

static void judge(const struct bank_api *api, struct request *r, const char *method, const char *path)
{
    const struct route *route = route_of(method, path);
    struct call call = {.teller = api->teller, .files = api->files, .r = r, .path = path, .syncs = api->syncs};
    r->judged = true;
    if (route == NULL)
        request_problem(r, MHD_HTTP_NOT_FOUND, "no such address");
    else if (!route->open && !token_is_right(r, api->settings->token))
        request_problem(r, MHD_HTTP_UNAUTHORIZED, "a bearer token is needed");
    else if (route->falls && api->teller->faults.down)
        request_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the bank is down");
    else if (r->body.len > BODY_MAX)
        request_problem(r, MHD_HTTP_CONTENT_TOO_LARGE, "at most 64 KiB");
    else
        route->fn(&call);
}

static bool must_wait(const struct bank_api *api, const struct request *r)
{
    return r->needs > book_durable(api->teller->book) || r->hold_us > clock_monotonic_us();
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
    if (!r->judged) judge(api, r, method, path);
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

struct bank_api *bank_api_start(const struct bank_settings *settings, struct teller *teller, struct bank_files *files,
                                struct err *e)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings->port)};
    if (inet_pton(AF_INET, settings->host, &to.sin_addr) != 1) {
        err_set(e, ERR_CONFIG, "bank_api_start", "http.host '%s' is not an IPv4 address", settings->host);
        return NULL;
    }
    struct bank_api *api = calloc(1, sizeof(*api));
    if (api == NULL) abort();
    api->settings = settings;
    api->teller = teller;
    api->files = files;
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
    if (api->files != NULL) bank_files_take(api->files);
    if (book_last(api->teller->book) > book_durable(api->teller->book)) {
        if (!book_sync(api->teller->book, e)) return false;
        api->syncs++;
    }
    if (api->files != NULL) bank_files_tell(api->files);
    let_go(api);
    return true;
}

void bank_api_stop(struct bank_api *api)
{
    if (api == NULL) return;
    for (struct request *r = api->waiting; r != NULL; r = r->next) {
        r->drop = true;
        r->needs = r->hold_us = 0; /* or it would be suspended again */
        MHD_resume_connection(r->connection);
    }
    MHD_run(api->daemon);
    MHD_stop_daemon(api->daemon);
    free(api);
}
