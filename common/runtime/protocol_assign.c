/* Assignment: rows read under a new epoch become the session's memory; hints become positions and cursors. */
#include <stdlib.h>
#include <string.h>

#include "runtime/protocol.h"
#include "runtime/protocol_private.h"

enum { RETRY_FIRST_MS = 100, RETRY_LAST_MS = 5000 };

void proto_assign_begin(struct protocol *p, int part)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_WAITING) abort();
    proto_drop(p, t, PROTO_LOADING, 0); /* values read before the bump are void */
}

void proto_assign_failed(struct protocol *p, int part, int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_LOADING) return; /* revoked meanwhile */
    int64_t wait = RETRY_FIRST_MS;
    for (int i = 0; i < t->failures && wait < RETRY_LAST_MS; i++) wait *= 2;
    t->failures++;
    proto_drop(p, t, PROTO_WAITING, mono_ms + (wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS));
}

static void *zeroed(int n, size_t size)
{
    void *at = calloc(n > 0 ? (size_t)n : 1, size);
    if (at == NULL) abort();
    return at;
}

static void load_inputs(struct protocol *p, struct part *t, const struct proto_rows *rows, bool new_cluster,
                        int64_t mono_ms)
{
    t->inputs = zeroed(p->spec->n_inputs, sizeof *t->inputs);
    for (int i = 0; i < p->spec->n_inputs; i++) {
        struct input *in = &t->inputs[i];
        *in = (struct input){.high_watermark = -1, .asked_ms = mono_ms - PROTO_END_AFTER_ASK_MS, .looked_ms = mono_ms};
        in->now.topic = p->spec->inputs[i].topic;
        for (int k = 0; k < rows->n_inputs; k++)
            if (rows->inputs[k].topic == in->now.topic) in->now = rows->inputs[k];
        if (new_cluster) {
            in->now.next_offset = 0;
            in->now.mark = 0;
            in->unsaved = true;
        }
        in->mark_due = !p->spec->inputs[i].sequenced && in->now.next_offset > 0 && in->now.mark != 0;
        in->next = in->now;
    }
}

/* Every stream I consume gets its slot's name; a missing row is made, at the floor the writer still serves. */
static void name_edges(struct protocol *p, struct part *t, int part)
{
    for (int i = 0; i < p->spec->n_inputs; i++) {
        const struct proto_input_spec *in = &p->spec->inputs[i];
        int sources = in->exchange ? p->spec->partitions : 1;
        for (int s = 0; s < PROTO_IDS; s++) {
            if (p->rank[i][s] < 0) continue;
            for (int k = 0; k < sources; k++) {
                struct edge *e = &t->edges[p->edge_base[i] + p->rank[i][s] * sources + k];
                int src = in->exchange ? k : part;
                e->now.stream = (struct proto_stream){(uint16_t)s, (uint16_t)src, in->topic, (uint16_t)part};
                e->unsaved = true;
                e->lacked_at = -1;
            }
        }
    }
}

static void load_edges(struct protocol *p, int part, const struct proto_rows *rows, const struct proto_hints *hints,
                       int64_t mono_ms)
{
    struct part *t = &p->parts[part];
    t->edges = zeroed(p->n_edges, sizeof *t->edges);
    name_edges(p, t, part);
    for (int i = 0; i < hints->n_writers; i++) {
        struct edge *e = proto_edge(p, part, hints->writers[i].stream);
        if (e != NULL) e->now.last_seq = hints->writers[i].floor;
    }
    for (int i = 0; i < rows->n_edges; i++) {
        struct edge *e = proto_edge(p, part, rows->edges[i].stream);
        if (e == NULL) continue;
        e->now = rows->edges[i];
        e->unsaved = false;
    }
    for (int i = 0; i < p->n_edges; i++) {
        t->edges[i].next = t->edges[i].now;
        t->edges[i].want_since_ms = mono_ms;
        t->setup = t->setup || t->edges[i].unsaved;
    }
}

static void load_outs(struct protocol *p, int part, const struct proto_rows *rows)
{
    struct part *t = &p->parts[part];
    t->outs = zeroed(p->n_outs, sizeof *t->outs);
    for (int i = 0; i < p->spec->n_outputs; i++) {
        const struct proto_output_spec *spec = &p->spec->outputs[i];
        for (int k = 0; k < (spec->own ? 1 : p->spec->partitions); k++) {
            struct out *o = &t->outs[p->out_base[i] + k];
            uint16_t dst = (uint16_t)(spec->own ? part : k);
            o->now.stream = (struct proto_stream){p->spec->service, (uint16_t)part, spec->topic, dst};
            o->next = o->now;
            o->cursor = 1;
        }
    }
    for (int i = 0; i < rows->n_streams; i++) {
        struct out *o = proto_out(p, part, rows->streams[i].stream.topic, rows->streams[i].stream.dst);
        if (o == NULL) continue;
        o->now = o->next = rows->streams[i];
        o->exists = true;
    }
}

static int by_case(const void *a, const void *b)
{
    const struct parked *x = a, *y = b;
    return (x->case_id > y->case_id) - (x->case_id < y->case_id);
}

static void load_parked(struct part *t, const struct proto_rows *rows)
{
    proto_grow(&t->parked, &t->cap_parked, rows->n_parked, sizeof *t->parked);
    for (int i = 0; i < rows->n_parked; i++) {
        const struct proto_parked_row *r = &rows->parked[i];
        t->parked[i] = (struct parked){r->case_id, r->rows, r->last_n, r->rows, r->last_n};
    }
    t->n_parked = rows->n_parked;
    if (t->n_parked > 1) qsort(t->parked, (size_t)t->n_parked, sizeof *t->parked, by_case);
}

/* The cluster the positions are meant for. A hint without an id (broker not reached) changes nothing. */
static bool load_cluster(struct part *t, const char *stored, const char *broker)
{
    bool known = broker != NULL && broker[0] != '\0';
    bool differs = known && strcmp(stored, broker) != 0;
    const char *use = differs ? broker : stored;
    size_t n = strnlen(use, sizeof t->cluster - 1);
    memcpy(t->cluster, use, n);
    t->cluster[n] = '\0';
    t->cluster_unsaved = differs;
    if (MUTATED(CLUSTER_UNNOTICED)) return false;
    return differs;
}

enum proto_state proto_assign_loaded(struct protocol *p, int part, const struct proto_rows *rows,
                                     const struct proto_hints *hints, int64_t mono_ms)
{
    struct part *t = proto_part(p, part);
    if (t->state != PROTO_LOADING) return t->state; /* revoked meanwhile */
    t->session = ++p->sessions;
    t->epoch = rows->epoch;
    t->txn = rows->txn;
    t->clock_now = t->clock_next = rows->clock_ms;
    bool new_cluster = load_cluster(t, rows->cluster, hints->cluster);
    t->setup = t->cluster_unsaved;
    load_inputs(p, t, rows, new_cluster, mono_ms);
    load_edges(p, part, rows, hints, mono_ms);
    load_outs(p, part, rows);
    load_parked(t, rows);
    t->failures = 0;
    t->state = proto_set_cursors(p, part, hints) ? PROTO_RUNNING : PROTO_STOPPED;
    return t->state;
}

/* ---- positions ---- */

bool proto_mark_due(const struct protocol *p, int part, uint16_t *topic, int64_t *offset)
{
    const struct part *t = proto_running(p, part);
    for (int i = 0; i < p->spec->n_inputs; i++)
        if (t->inputs[i].mark_due) {
            *topic = t->inputs[i].now.topic;
            *offset = t->inputs[i].now.next_offset - 1;
            return true;
        }
    return false;
}

/* A position that changed without a record: takes effect at once, written with the next batch. */
static void move_position(struct part *t, struct input *in, int64_t offset)
{
    in->now.next_offset = in->next.next_offset = offset;
    in->now.mark = in->next.mark = 0;
    in->unsaved = true;
    if (t->joined) proto_dirty_input(t, in);
}

bool proto_mark_seen(struct protocol *p, int part, uint16_t topic, bool found, uint32_t crc)
{
    struct part *t = proto_running(p, part);
    struct input *in = proto_input(p, t, topic);
    in->mark_due = false;
    if (found && crc == in->now.mark) return true;
    move_position(t, in, 0);
    t->setup = true;
    return false;
}

bool proto_setup_due(const struct protocol *p, int part) { return proto_running(p, part)->setup; }

int64_t proto_position(const struct protocol *p, int part, uint16_t topic)
{
    return proto_input(p, proto_running(p, part), topic)->now.next_offset;
}

int64_t proto_out_of_range(struct protocol *p, int part, uint16_t topic, int64_t log_start, int64_t log_end)
{
    struct part *t = proto_running(p, part);
    struct input *in = proto_input(p, t, topic);
    int64_t at = in->next.next_offset;
    /* A log without seq never loses what was read: beyond its end means it is another log, so all of it is new. */
    int64_t past_end = p->spec->inputs[in - t->inputs].sequenced ? log_end : log_start;
    int64_t to = at > log_end ? past_end : at < log_start ? log_start : at;
    if (to != at) move_position(t, in, to);
    return to;
}
