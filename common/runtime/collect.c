/* Kafka and the adapter become items. A batch takes what is there; under load it waits a few milliseconds for
 * more, so that one flush carries many inputs. */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"

enum { LOCAL_AT_ONCE = 256, POSTS_AT_ONCE = 8, BUSY_ITEMS = 8, UNSENT_MOST = 100000 };
enum { NOT_TAKEN_US = 5000 }; /* due but not to be taken (not caught up, held): looked at again so soon */

static void on_end(struct loop *l, const struct kafka_place *at)
{
    if (at->topic < 0 || proto_state(l->proto, at->part) != PROTO_RUNNING) return;
    proto_fetched(l->proto, at->part, (uint16_t)at->topic, at->offset, loop_mono_ms());
}

/* The position is not in the log (a lost tail, retention): to its end if above, to its start if below. */
static void on_out_of_range(struct loop *l, const struct kafka_place *at)
{
    struct err e = ERR_INIT;
    int64_t start, end;
    if (at->topic < 0 || proto_state(l->proto, at->part) != PROTO_RUNNING) return;
    if (!kafka_consumer_range(l->consumer, at->topic, at->part, &start, &end, &e)) {
        loop_failed(l, "asking for a log's range", &e);
        l->reading_stale = true;
        return;
    }
    int64_t to = proto_out_of_range(l->proto, at->part, (uint16_t)at->topic, start, end);
    log_warn("position out of range: topic %s partition %d, log %lld..%lld, reading on at %lld", topic_short(at->topic),
             at->part, (long long)start, (long long)end, (long long)to);
    struct kafka_place place = {at->topic, at->part, to};
    if (!kafka_consumer_seek(l->consumer, place, &e)) l->reading_stale = true;
}

static void grow(struct loop *l)
{
    if (l->n_items < l->cap_items) return;
    size_t cap = l->cap_items == 0 ? 1024 : 2 * l->cap_items;
    l->items = realloc(l->items, cap * sizeof *l->items);
    if (l->items == NULL) abort();
    l->cap_items = cap;
}

static void add_message(struct loop *l, struct kafka_message *m)
{
    if (m->place.topic < 0 || proto_state(l->proto, m->place.part) != PROTO_RUNNING || l->reading_stale) {
        kafka_message_free(m);
        return;
    }
    grow(l);
    struct item *it = &l->items[l->n_items++];
    *it = (struct item){.message = *m, .part = m->place.part, .topic = m->place.topic, .offset = m->place.offset};
    struct record *r = ARENA_NEW(&l->items_arena, struct record);
    kafka_message_record(m, r);
    it->session = proto_session(l->proto, it->part);
    item_read(l, it, r);
}

/* One thing from the consumer; false: nothing there. */
static bool take(struct loop *l)
{
    struct err e = ERR_INIT;
    struct kafka_message m;
    switch (kafka_consumer_poll(l->consumer, &m, &e)) {
    case KAFKA_NOTHING: return false;
    case KAFKA_MESSAGE: add_message(l, &m); return true;
    case KAFKA_END: on_end(l, &m.place); return true;
    case KAFKA_OUT_OF_RANGE: on_out_of_range(l, &m.place); return true;
    case KAFKA_FAILED:
        if (e.fatal) {
            log_err(LOG_ERROR,
                    "the consumer died; is another process of this service running with the same 'instance'?", &e);
            l->fatal = true;
        } else {
            log_err(LOG_DEBUG, "consumer", &e);
        }
        return true;
    }
    return false;
}

static bool wait_for_more(struct loop *l, int64_t until_us)
{
    int64_t left = until_us - clock_monotonic_us();
    if (left <= 0) return false;
    struct pollfd fd = {.fd = l->wake_fd, .events = POLLIN};
    struct timespec ts = {.tv_nsec = left * 1000};
    if (ppoll(&fd, 1, &ts, NULL) <= 0) return false;
    uint64_t n;
    ssize_t got = read(l->wake_fd, &n, sizeof n);
    (void)got;
    return true;
}

static void take_messages(struct loop *l)
{
    size_t most = (size_t)config_int(&l->config, "batch.messages");
    bool busy = l->turn_items >= BUSY_ITEMS;
    int64_t until = clock_monotonic_us() + (busy ? config_int(&l->config, "batch.wait.ms") * 1000 : 0);
    while (l->n_items < most)
        if (!take(l) && (l->n_items == 0 || !wait_for_more(l, until))) return;
}

/* ---- the adapter ---- */

/* Log ends are asked for before an input of the adapter is due, so that it need not wait for them. */
static int64_t ends_ahead(const struct loop *l)
{
    return (int64_t)((double)(2 * l->pspec.fetch_wait_ms) * l->pspec.clock_scale);
}

/* Up to which moment the adapter's inputs may be taken now; INT64_MIN: none. */
static int64_t may_poll_until(struct loop *l, int part)
{
    int64_t due = l->spec->adapter->next(&l->host, part);
    bool caught_up = l->spec->adapter->needs_caught_up;
    if (due == ADAPTER_NEVER) return INT64_MIN;
    if (caught_up && due <= l->now_ms + ends_ahead(l) && !proto_behind(l->proto, part))
        watch_ask_ends(l, l->pspec.fetch_wait_ms);
    if (due > l->now_ms) return INT64_MIN;
    if (!caught_up) return l->now_ms;
    int64_t until = proto_fire_until(l->proto, part);
    if (l->held || until < due) return INT64_MIN;
    return until < l->now_ms ? until : l->now_ms;
}

static void add_locals(struct loop *l, const struct local_input *in, int n)
{
    for (int i = 0; i < n; i++) {
        grow(l);
        item_read_local(&l->items[l->n_items], &in[i]);
        l->items[l->n_items++].session = proto_session(l->proto, in[i].part);
    }
}

static void take_posts(struct loop *l, int part)
{
    struct local_input out[POSTS_AT_ONCE];
    int n = l->spec->adapter->posts(&l->host, part, l->now_ms, out, POSTS_AT_ONCE);
    if (n == 0) return;
    struct local_input *kept = ARENA_ARRAY(&l->items_arena, struct local_input, n);
    memcpy(kept, out, (size_t)n * sizeof *kept);
    add_locals(l, kept, n);
}

static void take_locals(struct loop *l)
{
    const struct adapter *adapter = l->spec->adapter;
    if (adapter == NULL || adapter->next == NULL || adapter->poll == NULL) return;
    for (int part = 0; part < l->host.partitions; part++) {
        if (proto_state(l->proto, part) != PROTO_RUNNING) continue;
        if (adapter->posts != NULL) take_posts(l, part);
        int64_t until = may_poll_until(l, part);
        if (until == INT64_MIN) continue;
        struct local_input *out = ARENA_ARRAY(&l->items_arena, struct local_input, LOCAL_AT_ONCE);
        add_locals(l, out, adapter->poll(&l->host, part, until, out, LOCAL_AT_ONCE));
    }
}

bool collect(struct loop *l)
{
    if (!l->reading_stale && proto_unsent(l->proto) < UNSENT_MOST) take_messages(l);
    take_locals(l);
    return l->n_items > 0;
}

void collect_nothing(struct loop *l)
{
    if (!l->paused) {
        kafka_consumer_pause(l->consumer, true);
        l->paused = true;
    }
    size_t before = l->n_items;
    while (take(l)) continue;
    /* Anything that still came is not part of this batch; it is read again from the committed position. */
    if (l->n_items > before) l->reading_stale = true;
    while (l->n_items > before) kafka_message_free(&l->items[--l->n_items].message);
    send_pending(l);
    wait_for_more(l, clock_monotonic_us() + 20000);
}

void collect_drop(struct loop *l)
{
    for (size_t i = 0; i < l->n_items; i++) kafka_message_free(&l->items[i].message);
    l->n_items = 0;
    arena_reset(&l->items_arena);
    if (l->paused) {
        kafka_consumer_pause(l->consumer, false);
        l->paused = false;
    }
}

int64_t collect_wait_us(struct loop *l, int64_t most)
{
    const struct adapter *adapter = l->spec->adapter;
    if (adapter == NULL || adapter->next == NULL) return most;
    for (int part = 0; part < l->host.partitions && most > 0; part++) {
        if (proto_state(l->proto, part) != PROTO_RUNNING) continue;
        int64_t due = adapter->next(&l->host, part);
        if (due == ADAPTER_NEVER) continue;
        int64_t wait = clock_real_until_us(&l->clock, due);
        if (wait == 0 && (due <= l->now_ms || l->held)) wait = NOT_TAKEN_US;
        if (wait < most) most = wait;
    }
    return most;
}
