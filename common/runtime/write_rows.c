/* The protocol's rows of a transaction. What every batch changes for a partition is one row, `fence`: the numbers of
 * the own topic and how far the other services' own topics are taken go there. Rows of edges are written only when
 * made or when a want comes or goes; positions of numbered topics (a hint: what was taken is skipped) once a second. */
#include <string.h>

#include "runtime/loop.h"

enum { POSITION_EVERY_MS = 1000 };

/* Rows being collected for one unnest statement. */
struct rows {
    int n;
    int64_t *part, *a, *b, *c, *d;
    const char **topic, **service;
};

static struct rows open_rows(struct arena *arena, int cap)
{
    return (struct rows){.part = ARENA_ARRAY(arena, int64_t, cap),
                         .a = ARENA_ARRAY(arena, int64_t, cap),
                         .b = ARENA_ARRAY(arena, int64_t, cap),
                         .c = ARENA_ARRAY(arena, int64_t, cap),
                         .d = ARENA_ARRAY(arena, int64_t, cap),
                         .topic = ARENA_ARRAY(arena, const char *, cap),
                         .service = ARENA_ARRAY(arena, const char *, cap)};
}

/* The fence statement's columns, and what does not fit into it. */
struct collected {
    struct loop *l;
    struct arena *arena;
    int n;
    int64_t *parts, *epochs, *txns, *clocks, *seqs, *floors, *took;
    const char **clusters;
    struct rows inputs, streams, edges;
};

static const char *name_of(struct collected *c, int topic)
{
    char name[TOPIC_NAME_SIZE];
    return arena_strdup(c->arena, topic_name(topic, c->l->service, name));
}

static void add_inputs(struct collected *c, int part, const struct proto_writes *w)
{
    struct loop *l = c->l;
    int64_t mono = loop_mono_ms();
    bool due = w->cluster != NULL || mono - l->positions_ms[part] >= POSITION_EVERY_MS;
    if (due) l->positions_ms[part] = mono;
    for (int i = 0; i < w->n_inputs; i++) {
        const struct proto_input_row *in = &w->inputs[i];
        if (!due && loop_is_sequenced(l, in->topic)) continue;
        struct rows *to = &c->inputs;
        to->part[to->n] = part;
        to->topic[to->n] = name_of(c, in->topic);
        to->a[to->n] = in->next_offset;
        to->b[to->n++] = in->mark;
    }
}

static void add_streams(struct collected *c, int at, const struct proto_writes *w)
{
    for (int i = 0; i < w->n_streams; i++) {
        const struct proto_out_row *out = &w->streams[i];
        if (out->stream.topic == TOPIC_OWN + c->l->service) {
            c->seqs[at] = out->out_seq;
            c->floors[at] = out->floor;
            continue;
        }
        struct rows *to = &c->streams;
        to->part[to->n] = out->stream.src;
        to->topic[to->n] = name_of(c, out->stream.topic);
        to->a[to->n] = out->stream.dst;
        to->b[to->n] = out->out_seq;
        to->c[to->n++] = out->floor;
    }
}

static void add_edge(struct collected *c, int part, const struct proto_edge_row *e)
{
    struct rows *to = &c->edges;
    to->part[to->n] = part;
    to->topic[to->n] = name_of(c, e->stream.topic);
    to->service[to->n] = service_text(e->stream.service);
    to->a[to->n] = e->stream.src;
    to->b[to->n] = e->last_seq;
    to->c[to->n] = e->want;
    to->d[to->n++] = e->want_n;
}

static void add_edges(struct collected *c, int at, int part, const struct proto_writes *w)
{
    struct loop *l = c->l;
    for (int i = 0; i < w->n_edges; i++) {
        const struct proto_edge_row *e = &w->edges[i];
        if (e->stream.topic >= SERVICE_COUNT) {
            add_edge(c, part, e);
            continue;
        }
        int slot = e->stream.topic;
        c->took[at * SERVICE_COUNT + slot] = e->last_seq;
        enum edge_row known = l->edge_rows[part][slot];
        if (known == EDGE_ROW_PLAIN && e->want == 0) continue;
        add_edge(c, part, e);
        l->edge_rows_next[part][slot] = e->want == 0 ? EDGE_ROW_PLAIN : EDGE_ROW_WANTS;
    }
}

static struct collected open_collected(struct loop *l, struct arena *arena, const struct proto_batch *b)
{
    struct collected c = {.l = l, .arena = arena, .n = b->n};
    int64_t **columns[] = {&c.parts, &c.epochs, &c.txns, &c.clocks, &c.seqs, &c.floors};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) *columns[i] = ARENA_ARRAY(arena, int64_t, b->n);
    c.took = ARENA_ARRAY(arena, int64_t, b->n * SERVICE_COUNT);
    c.clusters = ARENA_ARRAY(arena, const char *, b->n);
    int inputs = 0, streams = 0, edges = 0;
    for (int i = 0; i < b->n; i++) {
        struct proto_writes w;
        proto_writes(l->proto, b->parts[i], &w);
        inputs += w.n_inputs;
        streams += w.n_streams;
        edges += w.n_edges;
    }
    c.inputs = open_rows(arena, inputs);
    c.streams = open_rows(arena, streams);
    c.edges = open_rows(arena, edges);
    return c;
}

static struct collected collect_rows(struct loop *l, struct arena *arena, const struct proto_batch *b)
{
    struct collected c = open_collected(l, arena, b);
    for (int i = 0; i < b->n; i++) {
        int part = b->parts[i];
        struct proto_writes w;
        proto_writes(l->proto, part, &w);
        c.parts[i] = part;
        c.epochs[i] = w.epoch;
        c.txns[i] = w.txn;
        c.clocks[i] = w.clock_ms;
        c.clusters[i] = arena_strdup(arena, w.cluster);
        memcpy(l->edge_rows_next[part], l->edge_rows[part], sizeof l->edge_rows[part]);
        add_inputs(&c, part, &w);
        add_streams(&c, i, &w);
        add_edges(&c, i, part, &w);
    }
    return c;
}

static void write_fence(const struct collected *c, struct pg_tx *tx)
{
    struct pg_args args = PG_ARGS(c->arena);
    pg_arg_ints(&args, c->parts, c->n);
    pg_arg_ints(&args, c->epochs, c->n);
    pg_arg_ints(&args, c->txns, c->n);
    pg_arg_ints(&args, c->clocks, c->n);
    pg_arg_texts(&args, c->clusters, c->n);
    pg_arg_ints(&args, c->seqs, c->n);
    pg_arg_ints(&args, c->floors, c->n);
    pg_arg_ints(&args, c->took, c->n * SERVICE_COUNT);
    pg_tx_add(tx, "SELECT fence($1, $2, $3, $4, $5, $6, $7, $8)", &args);
}

static const char INPUTS[] =
    "INSERT INTO input (partition, topic, next_offset, mark) "
    "SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[]) "
    "ON CONFLICT (partition, topic) DO UPDATE SET next_offset = excluded.next_offset, mark = excluded.mark";

static const char STREAMS[] =
    "INSERT INTO stream_base (partition, topic, dst, out_seq, floor) "
    "SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[], $5::int8[]) "
    "ON CONFLICT (partition, topic, dst) DO UPDATE SET out_seq = excluded.out_seq, floor = excluded.floor";

/* `text` takes partition, topic and the first so many numbers of the rows. */
static void write_rows(const struct rows *r, int n_numbers, const char *text, struct pg_tx *tx)
{
    struct pg_args args = PG_ARGS(tx->arena);
    int64_t *const numbers[] = {r->a, r->b, r->c, r->d};
    if (r->n == 0) return;
    pg_arg_ints(&args, r->part, r->n);
    pg_arg_texts(&args, r->topic, r->n);
    for (int i = 0; i < n_numbers; i++) pg_arg_ints(&args, numbers[i], r->n);
    pg_tx_add(tx, text, &args);
}

static void write_edges(const struct rows *r, struct pg_tx *tx)
{
    struct pg_args args = PG_ARGS(tx->arena);
    if (r->n == 0) return;
    int64_t *slots = ARENA_ARRAY(tx->arena, int64_t, r->n);
    for (int i = 0; i < r->n; i++) {
        int topic = topic_parse(r->topic[i]);
        slots[i] = topic < SERVICE_COUNT ? topic + 1 : 0;
    }
    pg_arg_ints(&args, r->part, r->n);
    pg_arg_texts(&args, r->topic, r->n);
    pg_arg_texts(&args, r->service, r->n);
    pg_arg_ints(&args, r->a, r->n);
    pg_arg_ints(&args, r->b, r->n);
    pg_arg_ints(&args, r->c, r->n);
    pg_arg_ints(&args, r->d, r->n);
    pg_arg_ints(&args, slots, r->n);
    pg_tx_add(tx,
              "INSERT INTO edge_base (partition, topic, service, source, last_seq, want, want_n, slot) "
              "SELECT p, t, s, src, l, nullif(w, 0), wn, slot FROM unnest($1::int8[], $2::text[], $3::text[], "
              "$4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[]) AS e(p, t, s, src, l, w, wn, slot) "
              "ON CONFLICT (partition, topic, service, source) "
              "DO UPDATE SET last_seq = excluded.last_seq, want = excluded.want, want_n = excluded.want_n",
              &args);
}

void write_fenced(struct loop *l, const struct proto_batch *b, struct pg_tx *tx)
{
    struct collected c = collect_rows(l, tx->arena, b);
    write_fence(&c, tx);
    write_rows(&c.streams, 3, STREAMS, tx);
    write_rows(&c.inputs, 2, INPUTS, tx);
    write_edges(&c.edges, tx);
}

void write_committed(struct loop *l, const struct proto_batch *b)
{
    for (int i = 0; i < b->n; i++)
        memcpy(l->edge_rows[b->parts[i]], l->edge_rows_next[b->parts[i]], sizeof l->edge_rows[0]);
}
