#include "runtime/health.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "runtime/topics.h"

enum { SILENT_US = 30 * 1000000 };

struct health {
    struct MHD_Daemon *daemon;
    const char *service;
    const struct metrics *metrics;
    pthread_mutex_t lock; /* of what follows */
    bool ready;
    struct proto_health last;
    int64_t at_us;
};

static enum MHD_Result answer(struct MHD_Connection *to, unsigned status, const char *type, const struct buf *body)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(body->len, body->bytes, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(to, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    struct health *h = user;
    struct buf body = BUF_INIT;
    unsigned status = 404;
    const char *type = "application/json";
    if (strcmp(method, "GET") != 0) {
        status = 405;
        buf_puts(&body, "{}\n");
    } else if (strcmp(url, "/healthz") == 0 || strcmp(url, "/readyz") == 0) {
        bool well = url[1] == 'h' ? health_alive(h) : health_ready(h);
        status = well ? 200 : 503;
        health_write(h, &body);
    } else if (strcmp(url, "/metrics") == 0) {
        status = 200;
        type = "text/plain; version=0.0.4";
        metrics_write(h->metrics, &body);
    } else {
        buf_puts(&body, "{\"paths\":[\"/healthz\",\"/readyz\",\"/metrics\"]}\n");
    }
    enum MHD_Result result = answer(connection, status, type, &body);
    buf_deinit(&body);
    return result;
}

struct health *health_open(const char *host, int port, const char *service, const struct metrics *m, struct err *e)
{
    struct health *h = calloc(1, sizeof *h);
    if (h == NULL) abort();
    h->service = service;
    h->metrics = m;
    h->at_us = clock_monotonic_us();
    pthread_mutex_init(&h->lock, NULL);
    if (port == 0) return h;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1) {
        err_set(e, ERR_CONFIG, "health", "http.host: '%s' is no IPv4 address", host);
    } else {
        h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR,
                                     &at, MHD_OPTION_CONNECTION_LIMIT, 64u, MHD_OPTION_CONNECTION_TIMEOUT, 10u,
                                     MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
        if (h->daemon == NULL)
            err_set(e, ERR_HTTP, "health", "cannot listen on %s:%d; is the port in use?", host, port);
    }
    if (h->daemon != NULL) return h;
    health_close(h);
    return NULL;
}

void health_close(struct health *h)
{
    if (h == NULL) return;
    if (h->daemon != NULL) MHD_stop_daemon(h->daemon);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void health_set(struct health *h, bool ready, const struct proto_health *p)
{
    pthread_mutex_lock(&h->lock);
    h->ready = ready;
    h->last = *p;
    h->at_us = clock_monotonic_us();
    pthread_mutex_unlock(&h->lock);
}

bool health_alive(struct health *h)
{
    pthread_mutex_lock(&h->lock);
    bool alive = clock_monotonic_us() - h->at_us < SILENT_US;
    pthread_mutex_unlock(&h->lock);
    return alive;
}

bool health_ready(struct health *h)
{
    pthread_mutex_lock(&h->lock);
    bool ready = h->ready && clock_monotonic_us() - h->at_us < SILENT_US;
    pthread_mutex_unlock(&h->lock);
    return ready;
}

void health_write(struct health *h, struct buf *out)
{
    bool ready = health_ready(h), alive = health_alive(h);
    pthread_mutex_lock(&h->lock);
    const struct proto_health *p = &h->last;
    buf_printf(out,
               "{\"service\":\"%s\",\"alive\":%s,\"ready\":%s,\"partitions_given\":%d,\"partitions_running\":%d,"
               "\"wants\":%d,\"oldest_want_ms\":%" PRId64 ",\"parked_cases\":%" PRId64 ",\"unsent\":%" PRId64,
               h->service, alive ? "true" : "false", ready ? "true" : "false", p->given, p->running, p->wants,
               p->oldest_want_ms, p->parked_cases, p->unsent);
    if (p->stopped >= 0)
        buf_printf(out,
                   ",\"alarm\":\"log ahead of database: restored backup?\",\"partition\":%d,\"log_seq\":%" PRId64
                   ",\"database_seq\":%" PRId64,
                   p->stopped, p->stopped_last_seq, p->stopped_out_seq);
    buf_puts(out, "}\n");
    pthread_mutex_unlock(&h->lock);
}
