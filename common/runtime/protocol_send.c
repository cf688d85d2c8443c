/* Sending: one cursor per stream, moved forward by what was handed to the producer, back by a resume point or a
 * nack, and by nothing else. */
#include <stdlib.h>
#include <string.h>

#include "runtime/protocol.h"
#include "runtime/protocol_private.h"

void proto_list_sending(struct part *t, struct out *o)
{
    if (o->listed || o->cursor > o->now.out_seq) return;
    o->listed = true;
    proto_list_push(&t->sending, (int)(o - t->outs));
}

/* ---- resume points ---- */

static const struct proto_consumer_row *consumers_of(const struct proto_hints *h, struct proto_stream s)
{
    for (int i = 0; i < h->n_consumers; i++) {
        struct proto_stream k = h->consumers[i].stream;
        if (k.service == s.service && k.src == s.src && k.topic == s.topic && k.dst == s.dst) return &h->consumers[i];
    }
    return NULL;
}

static int64_t resume_point(const struct out *o, bool own, const struct proto_hints *h)
{
    int64_t at = o->now.floor + 1;
    const struct proto_consumer_row *c = consumers_of(h, o->now.stream);
    if (own && h->own_last_seq > 0)
        at = h->own_last_seq + 1;
    else if (c != NULL && c->consumers > 0)
        at = c->min_last_seq + 1;
    if (at > o->now.out_seq + 1) at = o->now.out_seq + 1;
    return at > o->now.floor ? at : o->now.floor + 1;
}

bool proto_set_cursors(struct protocol *p, int part, const struct proto_hints *hints)
{
    struct part *t = &p->parts[part];
    for (int i = 0; i < p->spec->n_outputs; i++) {
        bool own = p->spec->outputs[i].own;
        for (int k = 0; k < (own ? 1 : p->spec->partitions); k++) {
            struct out *o = &t->outs[p->out_base[i] + k];
            if (own && hints->own_last_seq > o->now.out_seq) {
                t->stopped_last_seq = hints->own_last_seq;
                t->stopped_out_seq = o->now.out_seq;
                return false;
            }
            if (!o->exists) continue;
            o->cursor = resume_point(o, own, hints);
            proto_list_sending(t, o);
        }
    }
    return true;
}

void proto_producer_replaced(struct protocol *p)
{
    size_t offsets = (size_t)p->spec->n_outputs * (size_t)p->spec->partitions;
    for (size_t i = 0; i < offsets; i++) {
        p->last_offset[i] = -1;
        p->in_flight[i] = 0;
    }
    for (int i = 0; i < p->spec->partitions; i++) {
        struct part *t = &p->parts[i];
        if (t->state != PROTO_RUNNING) continue;
        t->resume_due = true;
        for (int k = 0; k < p->n_outs && !MUTATED(RESUME_FROM_ACKS); k++) t->outs[k].n_askings = 0;
    }
}

bool proto_resume_due(const struct protocol *p, int part)
{
    const struct part *t = proto_part(p, part);
    return t->state == PROTO_RUNNING && t->resume_due;
}

void proto_resume(struct protocol *p, int part, const struct proto_hints *hints, int64_t mono_ms)
{
    struct part *t = proto_running(p, part);
    t->resume_due = false;
    if (!proto_set_cursors(p, part, hints)) proto_drop(p, t, PROTO_WAITING, mono_ms);
}

/* ---- handing out ---- */

/* Chunks wholly behind the cursor are of no more use. */
static void release_sent(struct protocol *p, struct out *o)
{
    int gone = 0;
    while (gone < o->n_chunks - o->n_pending && o->chunks[gone].last < o->cursor)
        proto_release_handle(p, o->chunks[gone++].handle);
    if (gone == 0) return;
    o->n_chunks -= gone;
    memmove(o->chunks, o->chunks + gone, (size_t)o->n_chunks * sizeof *o->chunks);
}

static void offer(const struct out *o, struct proto_send *out)
{
    *out = (struct proto_send){.stream = o->now.stream, .first = o->cursor, .last = o->now.out_seq};
    if (o->n_chunks - o->n_pending <= 0) return;
    const struct chunk *c = &o->chunks[0];
    if (c->first <= o->cursor) {
        out->chunk = c->handle;
        out->last = c->last;
    } else if (c->first - 1 < out->last) {
        out->last = c->first - 1;
    }
}

bool proto_send_next(struct protocol *p, int part, struct proto_send *out)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING || t->resume_due) return false;
    struct list *l = &t->sending;
    while (l->n > 0) {
        int slot = l->at[0];
        struct out *o = &t->outs[slot];
        release_sent(p, o);
        memmove(l->at, l->at + 1, (size_t)(l->n - 1) * sizeof *l->at);
        if (o->cursor > o->now.out_seq) {
            o->listed = false;
            l->n--;
            continue;
        }
        l->at[l->n - 1] = slot; /* the next call offers the next stream */
        offer(o, out);
        return true;
    }
    return false;
}

/* Place of a topic of mine and its partition in last_offset and in_flight. */
static size_t destination(const struct protocol *p, uint16_t topic, int dst)
{
    return (size_t)p->output_of[topic] * (size_t)p->spec->partitions + (size_t)dst;
}

void proto_sent(struct protocol *p, const struct proto_send *sent, int64_t through)
{
    struct part *t = proto_part(p, sent->stream.src);
    if (t->state != PROTO_RUNNING) return;
    struct out *o = proto_out(p, sent->stream.src, sent->stream.topic, sent->stream.dst);
    if (o == NULL || o->cursor != sent->first || through < sent->first) return;
    o->cursor = through < sent->last ? through + 1 : sent->last + 1;
    p->in_flight[destination(p, sent->stream.topic, sent->stream.dst)] += o->cursor - sent->first;
    release_sent(p, o);
}

int64_t proto_unsent(const struct protocol *p)
{
    int64_t sum = 0;
    for (int i = 0; i < p->spec->partitions; i++) {
        const struct part *t = &p->parts[i];
        for (int k = 0; k < t->sending.n; k++) {
            const struct out *o = &t->outs[t->sending.at[k]];
            sum += o->now.out_seq + 1 - o->cursor;
        }
    }
    return sum;
}

/* ---- what comes back ---- */

enum proto_delivery proto_delivered(struct protocol *p, uint16_t topic, int dst, bool ok, int64_t offset)
{
    if (!ok) return PROTO_REPLACE_PRODUCER;
    if (topic >= PROTO_IDS || p->output_of[topic] < 0) return PROTO_DELIVERED;
    if (p->in_flight[destination(p, topic, dst)] > 0) p->in_flight[destination(p, topic, dst)]--;
    if (offset < 0) return PROTO_DELIVERED;
    int64_t *last = &p->last_offset[destination(p, topic, dst)];
    bool lost_tail = offset <= *last;
    *last = offset;
    return lost_tail ? PROTO_REPLACE_PRODUCER : PROTO_DELIVERED;
}

/* What this session knows of exactly this asking; a consumer has one at a time. */
static struct asking *asking_of(struct out *o, const struct proto_want_row *w, int64_t mono_ms)
{
    struct asking fresh = {
        .consumer = w->consumer, .want = w->want, .want_n = w->want_n, .first_ms = mono_ms, .in_flight_ms = -1};
    for (int i = 0; i < o->n_askings; i++) {
        struct asking *a = &o->askings[i];
        if (a->consumer != w->consumer) continue;
        if (a->want != w->want || a->want_n != w->want_n) *a = fresh;
        return a;
    }
    proto_grow(&o->askings, &o->cap_askings, o->n_askings + 1, sizeof *o->askings);
    o->askings[o->n_askings] = fresh;
    return &o->askings[o->n_askings++];
}

/* In my own topic the records not reported are the last ones handed out, unless the cursor went back meanwhile: then
 * this is a guess, which costs time (bounded) and nothing else. Other topics carry streams of several partitions. */
static bool in_flight(const struct protocol *p, const struct out *o, int64_t seq)
{
    const struct proto_stream *s = &o->now.stream;
    if (!p->spec->outputs[p->output_of[s->topic]].own || seq >= o->cursor) return false;
    return seq >= o->cursor - p->in_flight[destination(p, s->topic, s->dst)];
}

static bool may_wait(const struct protocol *p, const struct out *o, struct asking *a, int64_t mono_ms)
{
    if (in_flight(p, o, a->want)) a->in_flight_ms = mono_ms;
    if (a->in_flight_ms < 0 || mono_ms - a->first_ms >= PROTO_IN_FLIGHT_MS) return false;
    return mono_ms - a->in_flight_ms < PROTO_LANDED_MS;
}

enum proto_want proto_tick_want(struct protocol *p, const struct proto_want_row *w, int64_t mono_ms)
{
    if (w->stream.service != p->spec->service || w->stream.src >= p->spec->partitions) return PROTO_WANT_OLD;
    struct part *t = &p->parts[w->stream.src];
    if (t->state != PROTO_RUNNING || t->resume_due) return PROTO_WANT_OLD;
    struct out *o = proto_out(p, w->stream.src, w->stream.topic, w->stream.dst);
    if (o == NULL || !o->exists) return PROTO_WANT_OLD;
    if (w->want <= o->now.floor) return PROTO_WANT_BELOW_FLOOR;
    struct asking *a = asking_of(o, w, mono_ms);
    if (MUTATED(WANT_UNANSWERED) || a->answered) return PROTO_WANT_OLD;
    if (may_wait(p, o, a, mono_ms)) return PROTO_WANT_LATER;
    a->answered = true;
    if (w->want < o->cursor) o->cursor = w->want;
    proto_list_sending(t, o);
    return PROTO_WANT_MOVED;
}
