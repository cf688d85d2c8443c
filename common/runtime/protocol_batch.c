/* Composing a batch: what its inputs do to positions, edges, numbers and parked cases, all pending. */
#include <stdlib.h>
#include <string.h>

#include "runtime/protocol.h"
#include "runtime/protocol_private.h"

void proto_dirty_input(struct part *t, struct input *in)
{
    if (in->dirty) return;
    in->dirty = true;
    proto_list_push(&t->dirty_inputs, (int)(in - t->inputs));
}

void proto_dirty_edge(struct part *t, struct edge *e)
{
    if (e->dirty) return;
    e->dirty = true;
    proto_list_push(&t->dirty_edges, (int)(e - t->edges));
}

void proto_dirty_out(struct part *t, struct out *o)
{
    if (o->dirty) return;
    o->dirty = true;
    proto_list_push(&t->dirty_outs, (int)(o - t->outs));
}

static void join_unsaved(struct protocol *p, struct part *t)
{
    for (int i = 0; i < p->spec->n_inputs; i++)
        if (t->inputs[i].unsaved) proto_dirty_input(t, &t->inputs[i]);
    for (int i = 0; t->setup && i < p->n_edges; i++)
        if (t->edges[i].unsaved) proto_dirty_edge(t, &t->edges[i]);
}

bool proto_batch_join(struct protocol *p, struct proto_batch *b, int part)
{
    int at = 0;
    while (at < b->n && b->parts[at] < part) at++;
    struct part *t = proto_part(p, part);
    if (at < b->n && b->parts[at] == part) return t->state == PROTO_RUNNING && t->joined;
    if (t->state != PROTO_RUNNING || t->joined || b->n == PROTO_BATCH_PARTS) return false;
    memmove(&b->parts[at + 1], &b->parts[at], (size_t)(b->n - at) * sizeof b->parts[0]);
    b->parts[at] = part;
    b->n++;
    t->joined = true;
    join_unsaved(p, t);
    return true;
}

/* ---- receiving ---- */

static void advance(struct part *t, struct input *in, int64_t offset, uint32_t mark)
{
    in->next.next_offset = offset + 1;
    in->next.mark = mark;
    proto_dirty_input(t, in);
}

enum proto_receive proto_receive(struct protocol *p, int part, struct proto_stream stream, int64_t seq, int64_t offset)
{
    struct part *t = proto_joined(p, part);
    struct input *in = proto_input(p, t, stream.topic);
    struct edge *e = proto_edge(p, part, stream);
    bool sequenced = p->spec->inputs[in - t->inputs].sequenced;
    int64_t next = e == NULL ? 0 : e->next.last_seq + 1;
    bool gap = e != NULL && seq > next && !MUTATED(GAP_ACCEPTED);
    if (sequenced && !(gap && MUTATED(GAP_STOPS))) advance(t, in, offset, 0);
    if (e == NULL) return PROTO_FOREIGN;
    if (seq < next && !MUTATED(NO_SKIP)) return PROTO_SKIP;
    if (gap) {
        if (e->next.want == 0) {
            e->next.want = next;
            proto_dirty_edge(t, e);
        }
        return PROTO_GAP;
    }
    e->next.last_seq = seq;
    if (e->next.want != 0 && e->next.want <= seq) e->next.want = 0;
    proto_dirty_edge(t, e);
    return PROTO_TAKE;
}

void proto_receive_plain(struct protocol *p, int part, uint16_t topic, int64_t offset, uint32_t crc)
{
    struct part *t = proto_joined(p, part);
    advance(t, proto_input(p, t, topic), offset, crc);
}

void proto_receive_nothing(struct protocol *p, int part, uint16_t topic, int64_t offset)
{
    struct part *t = proto_joined(p, part);
    struct input *in = proto_input(p, t, topic);
    advance(t, in, offset, 0); /* no checksum: nothing is compared at the next assignment */
}

/* ---- outputs ---- */

static struct out *must_out(struct protocol *p, int part, uint16_t topic, int dst)
{
    struct out *o = proto_out(p, part, topic, dst);
    if (o == NULL) abort();
    return o;
}

int64_t proto_number(struct protocol *p, int part, uint16_t topic, int dst)
{
    struct part *t = proto_joined(p, part);
    struct out *o = must_out(p, part, topic, dst);
    proto_dirty_out(t, o);
    o->exists = true;
    return ++o->next.out_seq;
}

void proto_chunk(struct protocol *p, int part, uint16_t topic, int dst, int64_t first, int64_t last, void *handle)
{
    struct part *t = proto_joined(p, part);
    struct out *o = must_out(p, part, topic, dst);
    if (first <= o->now.out_seq || last > o->next.out_seq || last < first) abort();
    proto_grow(&o->chunks, &o->cap_chunks, o->n_chunks + 1, sizeof *o->chunks);
    o->chunks[o->n_chunks++] = (struct chunk){first, last, handle};
    o->n_pending++;
    proto_dirty_out(t, o);
}

void proto_drop_through(struct protocol *p, int part, uint16_t topic, int dst, int64_t last)
{
    struct part *t = proto_joined(p, part);
    struct out *o = must_out(p, part, topic, dst);
    /* Above out_seq: rows newer than this memory, so a zombie; its fence will raise. */
    if (last <= o->next.floor || last > o->now.out_seq) return;
    o->next.floor = last;
    proto_dirty_out(t, o);
}

int64_t proto_now(struct protocol *p, int part, int64_t now_ms)
{
    struct part *t = proto_joined(p, part);
    if (now_ms > t->clock_next || MUTATED(CLOCK_BACK)) t->clock_next = now_ms;
    return t->clock_next;
}

/* ---- parked cases ---- */

/* First entry not below case_id. */
static int parked_place(const struct part *t, int64_t case_id)
{
    int lo = 0, hi = t->n_parked;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (t->parked[mid].case_id < case_id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct parked *parked_find(const struct part *t, int64_t case_id)
{
    int at = parked_place(t, case_id);
    return at < t->n_parked && t->parked[at].case_id == case_id ? &t->parked[at] : NULL;
}

int64_t proto_parked_rows(const struct protocol *p, int part, int64_t case_id)
{
    const struct parked *k = parked_find(proto_running(p, part), case_id);
    return k == NULL ? 0 : k->rows_next;
}

enum proto_lane proto_lane(const struct protocol *p, int part, int64_t case_id, enum proto_kind kind)
{
    if (case_id == 0 || kind == PROTO_REDRIVE || proto_parked_rows(p, part, case_id) == 0) return PROTO_FREE;
    if (MUTATED(PASSES_PARKED)) return PROTO_FREE;
    return kind == PROTO_COMMAND ? PROTO_PARK_REPLY : PROTO_PARK;
}

int64_t proto_park(struct protocol *p, int part, int64_t case_id)
{
    struct part *t = proto_joined(p, part);
    int at = parked_place(t, case_id);
    if (at == t->n_parked || t->parked[at].case_id != case_id) {
        proto_grow(&t->parked, &t->cap_parked, t->n_parked + 1, sizeof *t->parked);
        memmove(&t->parked[at + 1], &t->parked[at], (size_t)(t->n_parked - at) * sizeof *t->parked);
        t->parked[at] = (struct parked){.case_id = case_id};
        t->n_parked++;
    }
    t->parked_dirty = true;
    t->parked[at].rows_next++;
    return ++t->parked[at].last_n_next;
}

void proto_unpark(struct protocol *p, int part, int64_t case_id)
{
    struct part *t = proto_joined(p, part);
    struct parked *k = parked_find(t, case_id);
    if (k == NULL || k->rows_next == 0) return; /* rows newer than this memory: a zombie, its fence will raise */
    k->rows_next--;
    t->parked_dirty = true;
}

/* ---- what to write ---- */

bool proto_writes_any(const struct protocol *p, int part)
{
    const struct part *t = proto_joined(p, part);
    return t->cluster_unsaved || t->parked_dirty || t->dirty_inputs.n + t->dirty_edges.n + t->dirty_outs.n > 0;
}

void proto_writes(struct protocol *p, int part, struct proto_writes *w)
{
    struct part *t = proto_joined(p, part);
    proto_grow(&t->write_inputs, &t->cap_write_inputs, t->dirty_inputs.n, sizeof *t->write_inputs);
    proto_grow(&t->write_edges, &t->cap_write_edges, t->dirty_edges.n, sizeof *t->write_edges);
    proto_grow(&t->write_outs, &t->cap_write_outs, t->dirty_outs.n, sizeof *t->write_outs);
    for (int i = 0; i < t->dirty_inputs.n; i++) t->write_inputs[i] = t->inputs[t->dirty_inputs.at[i]].next;
    for (int i = 0; i < t->dirty_edges.n; i++) t->write_edges[i] = t->edges[t->dirty_edges.at[i]].next;
    for (int i = 0; i < t->dirty_outs.n; i++) t->write_outs[i] = t->outs[t->dirty_outs.at[i]].next;
    *w = (struct proto_writes){
        .epoch = t->epoch,
        .txn = t->txn,
        .clock_ms = t->clock_next,
        .cluster = t->cluster_unsaved ? t->cluster : NULL,
        .inputs = t->write_inputs,
        .n_inputs = t->dirty_inputs.n,
        .streams = t->write_outs,
        .n_streams = t->dirty_outs.n,
        .edges = t->write_edges,
        .n_edges = t->dirty_edges.n,
    };
}
