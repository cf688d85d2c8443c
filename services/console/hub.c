/* Server-sent events (hub.h).
 *
 * Invariants: a client's `cursor` is the n of the last entry it was given or passed over; its buffer holds only what
 * comes before that. A client is freed by libmicrohttpd's callback, after it has left the list. A suspended connection
 * is resumed only by the hub's thread or by hub_stop, under the lock. */
#include "console/hub.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "console/console.h"
#include "console/db.h"

enum { PAGE = 500, BUFFER_HIGH = 256 * 1024, HEARTBEAT_US = 15000000, TURN_MS = 100, SECOND_US = 1000000 };

struct client {
    struct hub *hub;
    struct MHD_Connection *connection;
    char *types;
    int64_t case_id, cursor;
    int rate, tokens;
    int64_t skipped, second_us, written_us;
    struct buf out;
    size_t read; /* of out */
    bool suspended, gone;
    struct client *next;
};

struct hub {
    struct console *console;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct client *clients;
    bool grown, stopping;
    atomic_llong n_clients;
};

bool hub_type_matches(const char *types, const char *type)
{
    size_t service = strcspn(type, "."), whole = strlen(type);
    while (*types != '\0') {
        size_t n = strcspn(types, ",");
        if ((n == service || n == whole) && strncmp(types, type, n) == 0) return true;
        types += n + (types[n] == ',');
    }
    return false;
}

/* ---- a client's buffer, under the lock ---- */

static void wake(struct client *c)
{
    if (c->suspended && (c->gone || c->out.len > c->read)) {
        c->suspended = false;
        MHD_resume_connection(c->connection);
    }
}

static void tell_skipped(struct client *c)
{
    if (c->skipped > 0) buf_printf(&c->out, "event: skipped\ndata: {\"n\":%lld}\n\n", (long long)c->skipped);
    c->skipped = 0;
}

static void new_second(struct client *c, int64_t now_us)
{
    if (c->rate == 0 || now_us - c->second_us < SECOND_US) return;
    tell_skipped(c);
    c->second_us = now_us;
    c->tokens = c->rate;
}

static void give(struct client *c, int64_t n, const char *type, int64_t case_id, const char *entry)
{
    c->cursor = n;
    if (c->case_id != 0 && c->case_id != case_id) return;
    if (c->types != NULL && !hub_type_matches(c->types, type)) return;
    if (c->rate > 0 && c->tokens == 0) {
        c->skipped++;
        return;
    }
    c->tokens--;
    buf_printf(&c->out, "id: %lld\ndata: ", (long long)n);
    buf_puts(&c->out, entry);
    buf_puts(&c->out, "\n\n");
}

static void heartbeat(struct client *c, int64_t now_us)
{
    if (c->out.len > c->read) {
        c->written_us = now_us;
    } else if (now_us - c->written_us > HEARTBEAT_US) {
        buf_puts(&c->out, ": alive\n\n");
        c->written_us = now_us;
    }
}

/* ---- the thread ---- */

static bool newest(struct hub *h, struct arena *a, int64_t *n, struct err *e)
{
    static const char sql[] = "SELECT coalesce(max(n), 0) FROM console.timeline";
    struct pg_rows *rows = NULL;
    struct pg_args none = PG_ARGS(a);
    if (!db_query(h->console->db, sql, &none, &rows, e)) return false;
    *n = pg_int(rows, 0, 0);
    pg_rows_free(rows);
    return true;
}

static struct pg_rows *read_page(struct hub *h, struct arena *a, int64_t after)
{
    static const char sql[] = "SELECT n, type, case_id, entry FROM console.entry_row WHERE n > $1 ORDER BY n LIMIT 500";
    struct pg_args args = PG_ARGS(a);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    pg_arg_int(&args, after);
    if (!db_query(h->console->db, sql, &args, &rows, &e)) log_err(LOG_WARN, "the live stream cannot read", &e);
    return rows;
}

/* The smallest cursor of a client that has room; -1: none. */
static int64_t lowest_cursor(const struct hub *h)
{
    int64_t lowest = -1;
    for (const struct client *c = h->clients; c != NULL; c = c->next)
        if (!c->gone && c->out.len - c->read < BUFFER_HIGH && (lowest < 0 || c->cursor < lowest)) lowest = c->cursor;
    return lowest;
}

/* Rows after `from` to every client that stands within them and has room. */
static void hand_out(struct hub *h, const struct pg_rows *rows, int64_t from)
{
    for (struct client *c = h->clients; c != NULL; c = c->next) {
        if (c->gone || c->cursor < from || c->out.len - c->read >= BUFFER_HIGH) continue;
        for (int i = 0; i < pg_rows_count(rows); i++)
            if (pg_int(rows, i, 0) > c->cursor)
                give(c, pg_int(rows, i, 0), pg_text(rows, i, 1), pg_int(rows, i, 2), pg_text(rows, i, 3));
    }
}

/* A client that takes a sample of everything need not be read all of a flood it would be given little of. */
static void jump_ahead(struct hub *h, int64_t newest_n)
{
    for (struct client *c = h->clients; c != NULL; c = c->next) {
        if (c->rate == 0 || c->types != NULL || c->case_id != 0 || newest_n - c->cursor <= 2 * PAGE) continue;
        c->skipped += newest_n - PAGE - c->cursor;
        c->cursor = newest_n - PAGE;
    }
}

/* One page for those furthest behind; returns whether there may be more. */
static bool turn(struct hub *h, struct arena *a)
{
    int64_t newest_n = 0;
    struct err e = ERR_INIT;
    bool known = newest(h, a, &newest_n, &e);
    pthread_mutex_lock(&h->lock);
    if (known) jump_ahead(h, newest_n);
    int64_t from = lowest_cursor(h);
    pthread_mutex_unlock(&h->lock);
    struct pg_rows *rows = from < 0 ? NULL : read_page(h, a, from);
    int64_t now_us = clock_monotonic_us();
    pthread_mutex_lock(&h->lock);
    for (struct client *c = h->clients; c != NULL; c = c->next) new_second(c, now_us);
    int n = rows == NULL ? 0 : pg_rows_count(rows);
    if (n > 0) hand_out(h, rows, from);
    for (struct client *c = h->clients; c != NULL; c = c->next) {
        heartbeat(c, now_us);
        wake(c);
    }
    pthread_mutex_unlock(&h->lock);
    pg_rows_free(rows);
    return n == PAGE;
}

static void *run(void *context)
{
    struct hub *h = context;
    struct arena a;
    arena_init(&a);
    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        if (h->clients == NULL) {
            pthread_cond_wait(&h->changed, &h->lock);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 1; /* heartbeats and seconds pass also when nothing grows */
        while (!h->grown && !h->stopping)
            if (pthread_cond_timedwait(&h->changed, &h->lock, &until) != 0) break;
        h->grown = false;
        pthread_mutex_unlock(&h->lock);
        while (turn(h, &a)) arena_reset(&a);
        arena_reset(&a);
        nanosleep(&(struct timespec){.tv_nsec = TURN_MS * 1000000L}, NULL); /* several commits share one page */
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    arena_deinit(&a);
    return NULL;
}

struct hub *hub_new(struct console *c)
{
    struct hub *h = calloc(1, sizeof(*h));
    pthread_condattr_t monotonic;
    if (h == NULL) abort();
    h->console = c;
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&h->thread, NULL, run, h) != 0) abort();
    return h;
}

void hub_stop(struct hub *h)
{
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    for (struct client *c = h->clients; c != NULL; c = c->next) {
        c->gone = true;
        wake(c);
    }
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
}

void hub_free(struct hub *h)
{
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void hub_wake(struct hub *h)
{
    pthread_mutex_lock(&h->lock);
    h->grown = true;
    if (h->clients != NULL) pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

int64_t hub_clients(const struct hub *h) { return atomic_load(&h->n_clients); }

/* ---- libmicrohttpd's side ---- */

static ssize_t on_read(void *context, uint64_t position, char *to, size_t max)
{
    struct client *c = context;
    struct hub *h = c->hub;
    (void)position;
    ssize_t n = 0;
    pthread_mutex_lock(&h->lock);
    size_t left = c->out.len - c->read;
    if (left > 0) {
        size_t part = left < max ? left : max;
        memcpy(to, c->out.bytes + c->read, part);
        c->read += part;
        if (c->read == c->out.len) {
            buf_reset(&c->out);
            c->read = 0;
        }
        n = (ssize_t)part;
    } else if (c->gone || h->stopping) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        c->suspended = true;
        MHD_suspend_connection(c->connection);
    }
    pthread_mutex_unlock(&h->lock);
    return n;
}

static void client_free(struct client *c)
{
    buf_deinit(&c->out);
    free(c->types);
    free(c);
}

static void on_free(void *context)
{
    struct client *c = context;
    struct hub *h = c->hub;
    pthread_mutex_lock(&h->lock);
    struct client **at = &h->clients;
    while (*at != NULL && *at != c) at = &(*at)->next;
    if (*at == c) *at = c->next;
    pthread_mutex_unlock(&h->lock);
    atomic_fetch_sub(&h->n_clients, 1);
    client_free(c);
}

/* One case's past is found by its index, not by reading everybody's: given at once, up to the newest entry there is. */
static bool give_past(struct client *c, struct arena *a, int64_t until, struct err *e)
{
    static const char sql[] = "SELECT n, type, case_id, entry FROM console.entry_row"
                              " WHERE case_id = $1 AND n > $2 AND n <= $3 ORDER BY n";
    struct pg_args args = PG_ARGS(a);
    struct pg_rows *rows = NULL;
    pg_arg_int(&args, c->case_id);
    pg_arg_int(&args, c->cursor);
    pg_arg_int(&args, until);
    if (!db_query(c->hub->console->db, sql, &args, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++)
        give(c, pg_int(rows, i, 0), pg_text(rows, i, 1), pg_int(rows, i, 2), pg_text(rows, i, 3));
    pg_rows_free(rows);
    c->cursor = until;
    return true;
}

bool hub_subscribe(struct hub *h, struct request *rq, const struct hub_subscription *s, struct err *e)
{
    int64_t now;
    if (!newest(h, &rq->arena, &now, e)) return false;
    struct client *c = calloc(1, sizeof(*c));
    if (c == NULL) abort();
    *c = (struct client){.hub = h,
                         .connection = rq->connection,
                         .case_id = s->case_id,
                         .cursor = s->after < 0 ? now : s->after,
                         .rate = s->rate,
                         .tokens = s->rate,
                         .types = s->types == NULL ? NULL : strdup(s->types)};
    c->second_us = c->written_us = clock_monotonic_us();
    buf_puts(&c->out, "retry: 2000\n\n");
    if (c->case_id != 0 && c->cursor < now && !give_past(c, &rq->arena, now, e)) {
        client_free(c);
        return false;
    }
    rq->reply.stream = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, on_read, c, on_free);
    if (rq->reply.stream == NULL) abort();
    rq->reply.status = 200;
    rq->reply.content_type = "text/event-stream";
    atomic_fetch_add(&h->n_clients, 1);
    pthread_mutex_lock(&h->lock);
    c->next = h->clients;
    h->clients = c;
    h->grown = true;
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
    return true;
}
