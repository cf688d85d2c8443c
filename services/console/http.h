/* HTTP/1.1 on loopback: libmicrohttpd with epoll and a few threads; requests as values, handlers as table rows.
 *
 * A handler fills the reply and returns, or suspends the request and hands it to another thread, which fills the
 * reply and resumes it; between the two only that thread touches it. Memory of a request (arena, body, reply) lives
 * until it is answered. */
#ifndef REDRESS_CONSOLE_HTTP_H
#define REDRESS_CONSOLE_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "console/auth.h"

struct console;
struct MHD_Connection;
struct MHD_Response;

enum { HTTP_SEGMENTS = 3, HTTP_HEADERS = 6, HTTP_BODY_MAX = 8 << 20, HTTP_BODY_SMALL = 1 << 20 };

struct reply {
    int status; /* 0 = not answered yet */
    const char *content_type;
    struct buf body;
    struct {
        const char *name, *value; /* static or in the request's arena */
    } headers[HTTP_HEADERS];
    int n_headers;
    struct MHD_Response *stream; /* instead of body: an endless answer */
};

enum access {
    ACCESS_PUBLIC,   /* the page's files, health */
    ACCESS_OPERATOR, /* the console's token, or a session made with it */
    ACCESS_CHANNEL,  /* the same, or a channel's own key */
};

struct request {
    struct MHD_Connection *connection;
    struct console *console;
    struct arena arena;
    const struct route *route;
    const char *method;
    const char *path;                    /* decoded, without query */
    const char *segments[HTTP_SEGMENTS]; /* what stood for each {} of the route's pattern */
    struct buf body;
    const char *channel_key; /* ACCESS_CHANNEL called without the operator's right: the bearer to look up */
    struct reply reply;
    bool handled;
};

typedef void (*handler_fn)(struct request *rq);

struct route {
    const char *method;
    const char *pattern; /* "/v1/cases/{}/timeline" */
    enum access access;
    handler_fn fn;
};

struct http;
struct http_settings {
    const char *host;
    int port;
    const struct route *routes; /* ends with a NULL method */
    handler_fn fallback;        /* GET of any other path (the page's files) */
    const struct auth *auth;
    struct console *console;
};
struct http *http_start(const struct http_settings *settings, struct err *e);
/* No new connections; then wake and answer everything suspended; then http_stop, which waits for the threads. */
void http_quiesce(struct http *h);
void http_stop(struct http *h);
/* Requests answered, by class of status (index 2..5). */
int64_t http_answered(const struct http *h, int class);

/* NULL when absent. */
const char *request_header(const struct request *rq, const char *name);
const char *request_query(const struct request *rq, const char *name);
/* An integer parameter; absent gives fallback. false: not one, or out of bounds; the reply says so. */
struct int_param {
    const char *name;
    int64_t min, max, fallback;
};
bool request_int(struct request *rq, const struct int_param *p, int64_t *out);
/* "true", "1" → true; absent, "false", "0" → false; else false with a reply. */
bool request_bool(struct request *rq, const char *name, bool *out);
void request_suspend(struct request *rq);
void request_resume(struct request *rq);

/* JSON in reply.body, written by the caller. */
void reply_json(struct request *rq, int status);
void reply_header(struct request *rq, const char *name, const char *value);
/* RFC 9457. type: NULL = about:blank, else the name below /problems/; detail and pointer may be NULL. Replaces a body
 * begun. */
struct problem {
    int status;
    const char *type, *title, *detail, *pointer;
};
void reply_problem(struct request *rq, const struct problem *p);
/* 400 for a parameter of the query, and why it is wrong. */
void reply_bad_parameter(struct request *rq, const char *name, const char *why);
/* The database, or what is behind it, failed: 503, logged; says nothing of its insides. */
void reply_unavailable(struct request *rq, const char *what, const struct err *e);

/* True when path matches the pattern; segments point into arena memory. */
bool http_match(const char *pattern, const char *path, struct arena *a, const char **segments);

#endif
