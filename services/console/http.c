/* The HTTP server's mechanics (http.h): routing, access, bodies, suspension, answers. No knowledge of cases.
 *
 * Every answer carries the headers that keep a browser strict. A request is checked (host, access, origin) before its
 * body is read. */
#include "console/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

enum { HTTP_THREADS = 4, HTTP_CONNECTIONS = 512, HTTP_IDLE_S = 60 };

struct http {
    struct MHD_Daemon *daemon;
    struct http_settings settings;
    atomic_llong answered[6];
};

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

bool http_match(const char *pattern, const char *path, struct arena *a, const char **segments)
{
    int n = 0;
    while (*pattern != '\0') {
        if (pattern[0] == '{' && pattern[1] == '}') {
            size_t len = strcspn(path, "/");
            if (len == 0 || n == HTTP_SEGMENTS) return false;
            segments[n++] = arena_strndup(a, path, len);
            path += len;
            pattern += 2;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

const char *request_header(const struct request *rq, const char *name)
{
    return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *rq, const char *name)
{
    const char *value = MHD_lookup_connection_value(rq->connection, MHD_GET_ARGUMENT_KIND, name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

void reply_bad_parameter(struct request *rq, const char *name, const char *why)
{
    reply_problem(rq, &(struct problem){.status = 400,
                                        .type = "parameter",
                                        .title = "A parameter is wrong",
                                        .detail = why,
                                        .pointer = arena_printf(&rq->arena, "?%s", name)});
}

bool request_int(struct request *rq, const struct int_param *p, int64_t *out)
{
    const char *text = request_query(rq, p->name);
    char *end;
    *out = p->fallback;
    if (text == NULL) return true;
    long long v = strtoll(text, &end, 10);
    if (*end != '\0' || v < p->min || v > p->max) {
        reply_bad_parameter(
            rq, p->name,
            arena_printf(&rq->arena, "expected an integer from %lld to %lld", (long long)p->min, (long long)p->max));
        return false;
    }
    *out = v;
    return true;
}

bool request_bool(struct request *rq, const char *name, bool *out)
{
    const char *text = request_query(rq, name);
    *out = text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
    if (text == NULL || *out || strcmp(text, "false") == 0 || strcmp(text, "0") == 0) return true;
    reply_bad_parameter(rq, name, "expected true or false");
    return false;
}

void request_suspend(struct request *rq) { MHD_suspend_connection(rq->connection); }
void request_resume(struct request *rq) { MHD_resume_connection(rq->connection); }

/* ---- replies ---- */

void reply_json(struct request *rq, int status)
{
    rq->reply.status = status;
    rq->reply.content_type = "application/json";
}

void reply_header(struct request *rq, const char *name, const char *value)
{
    struct reply *rp = &rq->reply;
    if (rp->n_headers == HTTP_HEADERS) abort();
    rp->headers[rp->n_headers].name = name;
    rp->headers[rp->n_headers++].value = value;
}

static void member(struct buf *b, const char *name, const char *value)
{
    if (value == NULL) return;
    buf_printf(b, ",\"%s\":", name);
    buf_json_string(b, value);
}

void reply_problem(struct request *rq, const struct problem *p)
{
    struct buf *b = &rq->reply.body;
    buf_reset(b);
    buf_printf(b, "{\"status\":%d,\"type\":\"%s%s\"", p->status, p->type == NULL ? "about:blank" : "/problems/",
               p->type == NULL ? "" : p->type);
    member(b, "title", p->title);
    member(b, "detail", p->detail);
    member(b, "pointer", p->pointer);
    buf_putc(b, '}');
    rq->reply.status = p->status;
    rq->reply.content_type = "application/problem+json";
}

void reply_unavailable(struct request *rq, const char *what, const struct err *e)
{
    log_err(LOG_WARN, what, e);
    reply_problem(rq, &(struct problem){.status = 503,
                                        .title = "Not able to answer now",
                                        .detail = "The database did not answer; try again. The log says more."});
    reply_header(rq, "Retry-After", "2");
}

/* ---- access ---- */

static bool by_cookie(const struct http *h, const struct request *rq)
{
    const char *cookie = MHD_lookup_connection_value(rq->connection, MHD_COOKIE_KIND, "redress_session");
    return auth_session(h->settings.auth, time(NULL), cookie);
}

/* Answers 401 or 403 itself. */
static bool access_granted(const struct http *h, struct request *rq)
{
    enum access needed = rq->route == NULL ? ACCESS_PUBLIC : rq->route->access;
    const char *host = request_header(rq, "Host");
    if (!auth_host_is_loopback(host)) {
        reply_problem(rq, &(struct problem){.status = 403, .title = "Only this machine's own names are served"});
        return false;
    }
    if (needed == ACCESS_PUBLIC) return true;
    const char *bearer = auth_bearer(request_header(rq, "Authorization"));
    if (bearer != NULL && auth_token(h->settings.auth, bearer)) return true;
    if (bearer == NULL && by_cookie(h, rq)) {
        if (strcmp(rq->method, "GET") == 0 || auth_same_origin(request_header(rq, "Origin"), host)) return true;
        reply_problem(rq, &(struct problem){.status = 403, .title = "Not from this page"});
        return false;
    }
    if (needed == ACCESS_CHANNEL && bearer != NULL) {
        rq->channel_key = arena_strdup(&rq->arena, bearer);
        return true;
    }
    reply_problem(rq, &(struct problem){.status = 401, .title = "A token is needed, and this is not it"});
    reply_header(rq, "WWW-Authenticate", "Bearer realm=\"redress\"");
    return false;
}

/* ---- one request ---- */

/* The route; or a reply 404 or 405. */
static void find_route(const struct http *h, struct request *rq)
{
    const char *allowed = NULL;
    for (const struct route *r = h->settings.routes; r->method != NULL; r++) {
        if (!http_match(r->pattern, rq->path, &rq->arena, rq->segments)) continue;
        if (strcmp(r->method, rq->method) == 0) {
            rq->route = r;
            return;
        }
        allowed = allowed == NULL ? r->method : arena_printf(&rq->arena, "%s, %s", allowed, r->method);
    }
    if (allowed != NULL) {
        reply_problem(rq, &(struct problem){.status = 405, .title = "Not with this method"});
        reply_header(rq, "Allow", allowed);
    } else if (strncmp(rq->path, "/v1/", 4) == 0 || strcmp(rq->method, "GET") != 0) {
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such path"});
    }
}

static struct request *request_new(const struct http *h, struct MHD_Connection *c, const char *method, const char *path)
{
    struct request *rq = calloc(1, sizeof(*rq));
    if (rq == NULL) abort();
    arena_init(&rq->arena);
    rq->connection = c;
    rq->console = h->settings.console;
    /* HEAD is answered as GET; libmicrohttpd leaves the body out */
    rq->method = strcmp(method, "HEAD") == 0 ? "GET" : arena_strdup(&rq->arena, method);
    rq->path = arena_strdup(&rq->arena, path);
    find_route(h, rq);
    return rq;
}

static void request_free(struct request *rq)
{
    buf_deinit(&rq->body);
    buf_deinit(&rq->reply.body);
    arena_deinit(&rq->arena);
    free(rq);
}

static struct MHD_Response *response_of(struct request *rq)
{
    struct reply *rp = &rq->reply;
    struct MHD_Response *response = rp->stream;
    if (response == NULL)
        response = MHD_create_response_from_buffer(rp->body.len, rp->body.bytes, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) abort();
    if (rp->content_type != NULL) MHD_add_response_header(response, "Content-Type", rp->content_type);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    bool cached = false;
    for (int i = 0; i < rp->n_headers; i++) {
        MHD_add_response_header(response, rp->headers[i].name, rp->headers[i].value);
        cached = cached || strcmp(rp->headers[i].name, "Cache-Control") == 0;
    }
    if (!cached) MHD_add_response_header(response, "Cache-Control", "no-store");
    return response;
}

static enum MHD_Result answer(struct http *h, struct request *rq)
{
    struct MHD_Response *response = response_of(rq);
    enum MHD_Result result = MHD_queue_response(rq->connection, (unsigned)rq->reply.status, response);
    MHD_destroy_response(response);
    int class = rq->reply.status / 100;
    if (class >= 0 && class < 6) atomic_fetch_add(&h->answered[class], 1);
    return result;
}

/* false when the body is larger than allowed (and the reply says so at the end of it). */
static void append_body(struct request *rq, const char *bytes, size_t n)
{
    size_t cap = rq->route != NULL && rq->route->access == ACCESS_CHANNEL ? HTTP_BODY_MAX : HTTP_BODY_SMALL;
    if (rq->reply.status != 0) return;
    if (rq->body.len + n > cap) {
        reply_problem(rq, &(struct problem){.status = 413, .title = "The body is too large"});
        return;
    }
    buf_append(&rq->body, bytes, n);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **slot)
{
    struct http *h = context;
    struct request *rq = *slot;
    (void)version;
    if (rq == NULL) {
        rq = *slot = request_new(h, c, method, path);
        if (rq->reply.status == 0 && !access_granted(h, rq)) return answer(h, rq);
        return rq->reply.status != 0 ? answer(h, rq) : MHD_YES;
    }
    if (*upload_size > 0) {
        append_body(rq, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (rq->reply.status == 0 && !rq->handled) {
        rq->handled = true;
        (rq->route != NULL ? rq->route->fn : h->settings.fallback)(rq);
        /* suspended: another thread may own it already, so it must not be looked at here */
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED);
        if (info != NULL && info->suspended == MHD_YES) return MHD_YES;
    }
    return rq->reply.status == 0 ? MHD_YES : answer(h, rq);
}

static void on_completed(void *context, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)c;
    (void)why;
    if (*slot != NULL) request_free(*slot);
    *slot = NULL;
}

struct http *http_start(const struct http_settings *settings, struct err *e)
{
    struct http *h = calloc(1, sizeof(*h));
    if (h == NULL) abort();
    h->settings = *settings;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings->port)};
    if (inet_pton(AF_INET, settings->host, &address.sin_addr) != 1) {
        err_set(e, ERR_CONFIG, "console/http", "http.host '%s' is no IPv4 address", settings->host);
        free(h);
        return NULL;
    }
    h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC,
                                 (uint16_t)settings->port, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR, &address,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_THREAD_POOL_SIZE,
                                 (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_END);
    if (h->daemon == NULL) {
        err_set(e, ERR_IO, "console/http", "cannot listen on %s:%d: the port is taken, or not allowed", settings->host,
                settings->port);
        free(h);
        return NULL;
    }
    return h;
}

void http_quiesce(struct http *h) { MHD_quiesce_daemon(h->daemon); }

void http_stop(struct http *h)
{
    MHD_stop_daemon(h->daemon);
    free(h);
}

int64_t http_answered(const struct http *h, int class) { return atomic_load(&h->answered[class]); }
