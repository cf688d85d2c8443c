/* Tables and partition life. See protocol.h for the contract, protocol_private.h for the layout. */
#include "runtime/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/protocol_private.h"

enum { LET_GO_RETRY_MS = 2000, FENCE_UNREAD_RETRY_MS = 2000 };

#ifdef PROTO_MUTATIONS
enum proto_mutation proto_mutation = MUTATION_NONE;
#endif

static void *alloc(size_t n, size_t size)
{
    void *at = calloc(n == 0 ? 1 : n, size);
    if (at == NULL) abort();
    return at;
}

void proto_grow(void *array, int *cap, int n, size_t size)
{
    if (n <= *cap) return;
    int to = *cap < 8 ? 8 : *cap;
    while (to < n) to *= 2;
    void *at;
    memcpy(&at, array, sizeof at);
    at = realloc(at, (size_t)to * size);
    if (at == NULL) abort();
    memcpy(array, &at, sizeof at);
    *cap = to;
}

void proto_list_push(struct list *l, int slot)
{
    proto_grow(&l->at, &l->cap, l->n + 1, sizeof *l->at);
    l->at[l->n++] = slot;
}

/* ---- tables ---- */

static void lay_out(struct protocol *p)
{
    const struct proto_spec *spec = p->spec;
    memset(p->input_of, -1, sizeof p->input_of);
    memset(p->output_of, -1, sizeof p->output_of);
    memset(p->rank, -1, (size_t)spec->n_inputs * sizeof *p->rank);
    for (int i = 0; i < spec->n_inputs; i++) {
        const struct proto_input_spec *in = &spec->inputs[i];
        int writers = 0;
        for (int s = 0; s < PROTO_IDS; s++)
            if ((in->writers >> s & 1) != 0) p->rank[i][s] = (signed char)writers++;
        p->input_of[in->topic] = i;
        p->edge_base[i] = p->n_edges;
        p->n_edges += writers * (in->exchange ? spec->partitions : 1);
    }
    for (int i = 0; i < spec->n_outputs; i++) {
        p->output_of[spec->outputs[i].topic] = i;
        p->out_base[i] = p->n_outs;
        p->n_outs += spec->outputs[i].own ? 1 : spec->partitions;
    }
}

struct protocol *proto_new(const struct proto_spec *spec)
{
    struct protocol *p = alloc(1, sizeof *p);
    p->spec = spec;
    p->parts = alloc((size_t)spec->partitions, sizeof *p->parts);
    p->edge_base = alloc((size_t)spec->n_inputs, sizeof *p->edge_base);
    p->out_base = alloc((size_t)spec->n_outputs, sizeof *p->out_base);
    p->rank = alloc((size_t)spec->n_inputs, sizeof *p->rank);
    lay_out(p);
    size_t offsets = (size_t)spec->n_outputs * (size_t)spec->partitions;
    p->last_offset = alloc(offsets, sizeof *p->last_offset);
    for (size_t i = 0; i < offsets; i++) p->last_offset[i] = -1;
    p->in_flight = alloc(offsets, sizeof *p->in_flight);
    return p;
}

void proto_free(struct protocol *p)
{
    for (int i = 0; i < p->spec->partitions; i++) proto_drop(p, &p->parts[i], PROTO_ABSENT, 0);
    free(p->parts);
    free(p->edge_base);
    free(p->out_base);
    free(p->rank);
    free(p->last_offset);
    free(p->in_flight);
    free(p->released);
    free(p);
}

struct part *proto_part(const struct protocol *p, int part)
{
    if (part < 0 || part >= p->spec->partitions) abort();
    return &p->parts[part];
}

struct part *proto_running(const struct protocol *p, int part)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING) abort();
    return t;
}

struct part *proto_joined(const struct protocol *p, int part)
{
    struct part *t = proto_running(p, part);
    if (!t->joined) abort();
    return t;
}

struct input *proto_input(const struct protocol *p, struct part *t, uint16_t topic)
{
    if (topic >= PROTO_IDS || p->input_of[topic] < 0) abort();
    return &t->inputs[p->input_of[topic]];
}

struct edge *proto_edge(const struct protocol *p, int part, struct proto_stream s)
{
    if (s.topic >= PROTO_IDS || s.service >= PROTO_IDS || s.dst != part || s.src >= p->spec->partitions) return NULL;
    int i = p->input_of[s.topic];
    if (i < 0 || p->rank[i][s.service] < 0) return NULL;
    struct edge *edges = p->parts[part].edges + p->edge_base[i];
    if (MUTATED(EDGE_PER_TOPIC)) return edges;
    if (p->spec->inputs[i].exchange) return &edges[p->rank[i][s.service] * p->spec->partitions + s.src];
    return s.src == part ? &edges[p->rank[i][s.service]] : NULL;
}

struct out *proto_out(const struct protocol *p, int part, uint16_t topic, int dst)
{
    if (topic >= PROTO_IDS || p->output_of[topic] < 0 || dst < 0 || dst >= p->spec->partitions) return NULL;
    int i = p->output_of[topic];
    if (p->spec->outputs[i].own) return dst == part ? &p->parts[part].outs[p->out_base[i]] : NULL;
    return &p->parts[part].outs[p->out_base[i] + dst];
}

/* ---- session memory ---- */

void proto_release_handle(struct protocol *p, void *handle)
{
    if (handle == NULL) return;
    proto_grow(&p->released, &p->cap_released, p->n_released + 1, sizeof *p->released);
    p->released[p->n_released++] = handle;
}

void *proto_release(struct protocol *p) { return p->n_released == 0 ? NULL : p->released[--p->n_released]; }

static void drop_outs(struct protocol *p, struct part *t)
{
    for (int i = 0; t->outs != NULL && i < p->n_outs; i++) {
        struct out *o = &t->outs[i];
        for (int k = 0; k < o->n_chunks; k++) proto_release_handle(p, o->chunks[k].handle);
        free(o->chunks);
        free(o->askings);
    }
    free(t->outs);
}

void proto_drop(struct protocol *p, struct part *t, enum proto_state state, int64_t retry_ms)
{
    drop_outs(p, t);
    free(t->inputs);
    free(t->edges);
    free(t->dirty_inputs.at);
    free(t->dirty_edges.at);
    free(t->dirty_outs.at);
    free(t->sending.at);
    free(t->parked);
    free(t->write_inputs);
    free(t->write_edges);
    free(t->write_outs);
    *t = (struct part){.state = state, .retry_ms = retry_ms, .failures = t->failures};
}

/* ---- partition life ---- */

void proto_given(struct protocol *p, int part)
{
    struct part *t = proto_part(p, part);
    if (t->state == PROTO_ABSENT) *t = (struct part){.state = PROTO_WAITING, .retry_ms = INT64_MIN};
}

void proto_revoked(struct protocol *p, int part)
{
    struct part *t = proto_part(p, part);
    t->failures = 0;
    proto_drop(p, t, PROTO_ABSENT, 0);
}

enum proto_state proto_state(const struct protocol *p, int part) { return proto_part(p, part)->state; }

int64_t proto_session(const struct protocol *p, int part)
{
    const struct part *t = proto_part(p, part);
    return t->state == PROTO_RUNNING ? t->session : 0;
}

int proto_next_assignment(const struct protocol *p, int64_t mono_ms)
{
    for (int i = 0; i < p->spec->partitions; i++)
        if (p->parts[i].state == PROTO_WAITING && p->parts[i].retry_ms <= mono_ms) return i;
    return -1;
}

static enum proto_keep let_go(struct protocol *p, struct part *t, int64_t mono_ms)
{
    proto_drop(p, t, PROTO_WAITING, mono_ms + LET_GO_RETRY_MS);
    return PROTO_LET_GO;
}

enum proto_keep proto_fence_read(struct protocol *p, int part, int64_t epoch, int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_WAITING || t->epoch == 0) return PROTO_KEEP; /* revoked or assigned again meanwhile */
    if (t->epoch != epoch) return let_go(p, t, mono_ms);
    t->retry_ms = mono_ms;
    return PROTO_KEEP;
}

enum proto_keep proto_tick_fence(struct protocol *p, int part, int64_t epoch, int64_t txn, int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_RUNNING) return PROTO_KEEP;
    if (t->epoch != epoch) return let_go(p, t, mono_ms);
    if (t->txn != txn && !t->joined) proto_drop(p, t, PROTO_WAITING, mono_ms);
    return PROTO_KEEP;
}

void proto_tick_cluster(struct protocol *p, const char *cluster, int64_t mono_ms)
{
    if (cluster == NULL || cluster[0] == '\0' || MUTATED(CLUSTER_UNNOTICED)) return;
    for (int i = 0; i < p->spec->partitions; i++) {
        struct part *t = &p->parts[i];
        if (t->state == PROTO_RUNNING && strcmp(t->cluster, cluster) != 0) proto_drop(p, t, PROTO_WAITING, mono_ms);
    }
}

/* ---- the batch's end ---- */

static void end_values(struct part *t, bool committed)
{
    for (int i = 0; i < t->dirty_inputs.n; i++) {
        struct input *in = &t->inputs[t->dirty_inputs.at[i]];
        if (committed)
            in->now = in->next, in->unsaved = false;
        else
            in->next = in->now;
        in->dirty = false;
    }
    for (int i = 0; i < t->dirty_outs.n; i++) {
        struct out *o = &t->outs[t->dirty_outs.at[i]];
        if (committed)
            o->now = o->next;
        else
            o->next = o->now;
        o->dirty = false;
    }
    t->dirty_inputs.n = t->dirty_outs.n = 0;
    if (committed)
        t->clock_now = t->clock_next;
    else
        t->clock_next = t->clock_now;
}

static void end_edges(struct part *t, bool committed, int64_t mono_ms)
{
    for (int i = 0; i < t->dirty_edges.n; i++) {
        struct edge *e = &t->edges[t->dirty_edges.at[i]];
        if (committed && e->next.want != 0 && e->next.want != e->now.want) e->want_since_ms = mono_ms;
        if (committed)
            e->now = e->next, e->unsaved = false;
        else
            e->next = e->now;
        e->dirty = false;
    }
    t->dirty_edges.n = 0;
}

static void end_parked(struct part *t, bool committed)
{
    if (!t->parked_dirty) return;
    int kept = 0;
    for (int i = 0; i < t->n_parked; i++) {
        struct parked k = t->parked[i];
        if (committed)
            k.rows = k.rows_next, k.last_n = k.last_n_next;
        else
            k.rows_next = k.rows, k.last_n_next = k.last_n;
        if (k.rows > 0) t->parked[kept++] = k;
    }
    t->n_parked = kept;
    t->parked_dirty = false;
}

/* Chunks of the batch become sendable, or go back. Beyond the limit the newest go: they are read again later. */
static void end_chunks(struct protocol *p, struct part *t, bool committed)
{
    for (int i = 0; i < t->dirty_outs.n; i++) {
        struct out *o = &t->outs[t->dirty_outs.at[i]];
        int keep = committed ? o->n_chunks : o->n_chunks - o->n_pending;
        if (keep > p->spec->chunks_kept) keep = p->spec->chunks_kept;
        while (o->n_chunks > keep) proto_release_handle(p, o->chunks[--o->n_chunks].handle);
        o->n_pending = 0;
        if (committed) {
            /* proto_list_sending looks at committed numbers, which end_values sets next. */
            o->now = o->next;
            /* What was dropped everybody has; a resend that had not come so far goes on behind it. */
            if (o->cursor <= o->now.floor) o->cursor = o->now.floor + 1;
            proto_list_sending(t, o);
        }
    }
}

static void end_part(struct protocol *p, struct part *t, bool committed, int64_t mono_ms)
{
    end_chunks(p, t, committed);
    end_values(t, committed);
    end_edges(t, committed, mono_ms);
    end_parked(t, committed);
    t->joined = false;
}

void proto_drop_pending(struct protocol *p, struct part *t) { end_part(p, t, MUTATED(KEEP_ABORTED_MEMORY), 0); }

static void finish_committed(struct protocol *p, struct part *t, int64_t mono_ms)
{
    end_part(p, t, true, mono_ms);
    t->txn++;
    t->setup = false;
    t->cluster_unsaved = false;
}

/* Waiting to learn from the fence row who owns it; should the shell not get that far, it is assigned anyway. */
static void finish_fenced(struct protocol *p, struct part *t, int64_t mono_ms)
{
    int64_t epoch = t->epoch;
    proto_drop(p, t, PROTO_WAITING, mono_ms + FENCE_UNREAD_RETRY_MS);
    t->epoch = epoch;
}

static void finish(struct protocol *p, struct part *t, enum proto_outcome outcome, int64_t mono_ms)
{
    switch (outcome) {
    case PROTO_COMMITTED: finish_committed(p, t, mono_ms); return;
    case PROTO_DATA:
    case PROTO_INFRA: proto_drop_pending(p, t); return;
    case PROTO_FENCED:
        if (MUTATED(UNKNOWN_IS_UNDONE)) t->txn++; /* "the number is off, the rest must be right" */
        if (MUTATED(KEEP_ABORTED_MEMORY) || MUTATED(UNKNOWN_IS_UNDONE))
            proto_drop_pending(p, t);
        else
            finish_fenced(p, t, mono_ms);
        return;
    case PROTO_UNKNOWN: proto_drop(p, t, PROTO_WAITING, mono_ms); return;
    }
}

void proto_batch_end(struct protocol *p, struct proto_batch *b, enum proto_outcome outcome, int64_t mono_ms)
{
    for (int i = 0; i < b->n; i++) {
        struct part *t = &p->parts[b->parts[i]];
        /* Not joined: revoked or dropped while the transaction ran; its rows are read again when it comes back. */
        if (t->state == PROTO_RUNNING && t->joined) finish(p, t, outcome, mono_ms);
    }
    b->n = 0;
}
