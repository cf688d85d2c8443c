/* Watching: how far inputs are read, what is lacking at their end, whether timers may fire, the clock, health. */
#include <stdlib.h>

#include "runtime/protocol.h"
#include "runtime/protocol_private.h"

/* The log end that decides whether what an edge lacked was lost or only on its way. */
static void note_ends(struct protocol *p, struct part *t, const struct input *in)
{
    for (int i = 0; i < p->n_edges; i++) {
        struct edge *e = &t->edges[i];
        if (e->lacked_at < 0 || e->lack_end >= 0 || e->now.stream.topic != in->now.topic) continue;
        if (in->fetched_ms < e->lack_ms + PROTO_END_AFTER_LACK_MS) continue;
        if (in->fetched_ms < in->asked_ms + PROTO_END_AFTER_ASK_MS) continue;
        e->lack_end = in->high_watermark;
    }
}

void proto_fetched(struct protocol *p, int part, uint16_t topic, int64_t high_watermark, int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING) return;
    struct input *in = proto_input(p, t, topic);
    in->high_watermark = high_watermark;
    in->fetched_ms = mono_ms;
    note_ends(p, t, in);
}

/* ---- idle check ---- */

bool proto_idle_due(const struct protocol *p, int part, uint16_t topic, int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING || t->setup || MUTATED(NO_IDLE_CHECK)) return false;
    const struct input *in = proto_input(p, t, topic);
    return p->spec->inputs[in - t->inputs].writers != 0 && mono_ms - in->looked_ms >= PROTO_LOOK_MS;
}

/* Asks for what lacks only when everything was read up to an end noted after the lack, and nothing came meanwhile: a
 * reader with a long way to go, or a writer that is only slow, must not cause resending. With the broker away no end
 * is noted, hence nothing asked. */
static bool look(const struct input *in, struct edge *e, int64_t out_seq, int64_t mono_ms)
{
    bool lacks = e->now.last_seq < out_seq, still = lacks && e->lacked_at == e->now.last_seq;
    int64_t end = e->lack_end < in->high_watermark ? e->lack_end : in->high_watermark; /* a log can lose its tail */
    e->ask = still && e->lack_end >= 0 && in->now.next_offset >= end;
    if (still) return e->ask;
    e->lacked_at = lacks ? e->now.last_seq : -1;
    e->lack_ms = mono_ms;
    e->lack_end = -1;
    return false;
}

int proto_idle_look(struct protocol *p, int part, uint16_t topic, const struct proto_writer_row *rows, int n,
                    int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING) return 0;
    struct input *in = proto_input(p, t, topic);
    in->looked_ms = mono_ms;
    int asks = 0;
    for (int i = 0; i < n; i++) {
        struct edge *e = rows[i].stream.topic == topic ? proto_edge(p, part, rows[i].stream) : NULL;
        if (e != NULL && look(in, e, rows[i].out_seq, mono_ms)) asks++;
    }
    return asks;
}

void proto_ask(struct protocol *p, int part, uint16_t topic, int64_t mono_ms)
{
    struct part *t = proto_joined(p, part);
    struct input *in = proto_input(p, t, topic);
    in->asked_ms = mono_ms;
    for (int i = 0; i < p->n_edges; i++) {
        struct edge *e = &t->edges[i];
        if (!e->ask || e->now.stream.topic != topic) continue;
        e->ask = false;
        bool served = e->next.last_seq != e->lacked_at;
        e->lacked_at = -1;
        if (served) continue;
        e->next.want = e->next.last_seq + 1;
        e->next.want_n++;
        proto_dirty_edge(t, e);
    }
}

/* ---- timers ---- */

/* A log that lost its tail meanwhile ends before; a position beyond what is known of it may have to be mended first. */
static bool noted_ends_reached(const struct protocol *p, const struct part *t)
{
    for (int i = 0; i < p->spec->n_inputs; i++) {
        const struct input *in = &t->inputs[i];
        int64_t end = in->noted_end < in->high_watermark ? in->noted_end : in->high_watermark;
        if (in->mark_due || in->next.next_offset < end || in->next.next_offset > in->high_watermark) return false;
    }
    return true;
}

/* Ends that were noted and are reached let timers up to that moment fire, and make room for the next. */
static void settle_noted_ends(const struct protocol *p, struct part *t)
{
    if (t->noted_ms == 0 || !noted_ends_reached(p, t)) return;
    if (t->noted_ms > t->fire_ms) t->fire_ms = t->noted_ms;
    t->noted_ms = 0;
}

void proto_ends_noted(struct protocol *p, int part, int64_t clock_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING || t->setup) return;
    settle_noted_ends(p, t);
    if (t->noted_ms != 0) return; /* first things first: else they would never be reached */
    for (int i = 0; i < p->spec->n_inputs; i++)
        if (t->inputs[i].high_watermark < 0) return;
    for (int i = 0; i < p->spec->n_inputs; i++) t->inputs[i].noted_end = t->inputs[i].high_watermark;
    t->noted_ms = clock_ms;
}

int64_t proto_fire_until(struct protocol *p, int part)
{
    struct part *t = proto_part(p, part);
    if (MUTATED(FIRE_BEFORE_CAUGHT_UP)) return INT64_MAX;
    if (t->state != PROTO_RUNNING || t->setup) return INT64_MIN;
    settle_noted_ends(p, t);
    if (t->fire_ms == 0) return INT64_MIN;
    return t->fire_ms + (int64_t)(2 * (double)p->spec->fetch_wait_ms * p->spec->clock_scale);
}

bool proto_behind(const struct protocol *p, int part)
{
    const struct part *t = proto_part(p, part);
    for (int i = 0; i < p->spec->n_inputs && t->state == PROTO_RUNNING; i++)
        if (t->inputs[i].next.next_offset < t->inputs[i].high_watermark) return true;
    return false;
}

/* What the clock would show now had it not jumped. */
static int64_t expected(const struct protocol *p, int64_t mono_ms)
{
    return p->clock_shown_ms + (int64_t)((double)(mono_ms - p->clock_mono_ms) * p->spec->clock_scale);
}

struct proto_time proto_clock_observe(struct protocol *p, int64_t shown_ms, int64_t mono_ms)
{
    int64_t smooth = p->clock_seen ? expected(p, mono_ms) : shown_ms;
    bool jumped = (double)(shown_ms - smooth) / p->spec->clock_scale > PROTO_JUMP_MS;
    if (jumped && !p->clock_held) p->clock_held_until_ms = mono_ms + PROTO_JUMP_MS;
    p->clock_held = jumped && mono_ms < p->clock_held_until_ms;
    p->clock_jump_ms = p->clock_held ? shown_ms - smooth : 0;
    p->clock_seen = true;
    p->clock_shown_ms = p->clock_held ? smooth : shown_ms;
    p->clock_mono_ms = mono_ms;
    return (struct proto_time){.now_ms = p->clock_shown_ms, .held = p->clock_held, .jump_ms = p->clock_jump_ms};
}

/* ---- health ---- */

static void add_part(const struct protocol *p, const struct part *t, int64_t mono_ms, struct proto_health *h)
{
    for (int i = 0; i < p->n_edges; i++) {
        const struct edge *e = &t->edges[i];
        if (e->now.want == 0) continue;
        int64_t age = mono_ms - e->want_since_ms;
        if (h->wants++ == 0 || age > h->oldest_want_ms) {
            h->oldest_want_ms = age;
            h->oldest_want = e->now.stream;
        }
    }
    for (int i = 0; i < t->n_parked; i++) h->parked_cases += t->parked[i].rows > 0;
}

void proto_health(const struct protocol *p, int64_t mono_ms, struct proto_health *h)
{
    *h = (struct proto_health){.stopped = -1, .unsent = proto_unsent(p)};
    for (int i = 0; i < p->spec->partitions; i++) {
        const struct part *t = &p->parts[i];
        if (t->state != PROTO_ABSENT) h->given++;
        if (t->state == PROTO_STOPPED) {
            h->stopped = i;
            h->stopped_last_seq = t->stopped_last_seq;
            h->stopped_out_seq = t->stopped_out_seq;
        }
        if (t->state != PROTO_RUNNING) continue;
        h->running++;
        add_part(p, t, mono_ms, h);
    }
    h->ready = h->running == h->given && h->oldest_want_ms <= PROTO_WANT_ALARM_MS && !p->clock_held;
}
