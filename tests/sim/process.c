/* A process of a service: assignment, sending, tick. What the real shell does, in steps that can be interrupted. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* A chunk in memory: the records of one stream of one batch. */
struct chunk {
    int n;
    struct rec recs[];
};

static void free_released(struct proc *p)
{
    for (void *h = proto_release(p->p); h != NULL; h = proto_release(p->p)) free(h);
}

void proc_start(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    memset(p, 0, sizeof *p);
    p->alive = true;
    p->service = (enum service)(i / 2);
    p->p = proto_new(&sim_specs[p->service]);
    p->ticked_ms = w->now;
    p->time = proto_clock_observe(p->p, w->now, w->now);
    sim_trace(w, "P%d started (service %d)", i, p->service);
}

void proc_kill(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    producer_orphan(w, p);
    for (int k = 0; k < P; k++) proto_revoked(p->p, k);
    if (p->phase == PHASE_COMPOSED && w->n_orphan_txns < ORPHANS_MAX && sim_chance(w, 500))
        w->orphan_txn[w->n_orphan_txns++] = p->txn; /* its backend has read COMMIT already */
    free_released(p);
    proto_free(p->p);
    p->p = NULL;
    p->alive = false;
    sim_trace(w, "FAULT P%d killed", i);
}

void proc_view(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    for (int k = 0; k < P; k++) {
        bool mine = w->owner[p->service][k] == i;
        if (mine == p->view[k]) continue;
        p->view[k] = mine;
        sim_trace(w, "P%d: partition %d %s", i, k, mine ? "given" : "revoked");
        if (mine)
            proto_given(p->p, k);
        else
            proto_revoked(p->p, k);
    }
}

/* ---- hints ---- */

struct hint_rows {
    struct proto_consumer_row consumers[STREAMS];
    struct proto_writer_row writers[STREAMS];
    struct proto_hints hints;
};

static void hint_consumers(struct world *w, enum service s, int part, struct hint_rows *h)
{
    for (int k = 0; k < STREAMS; k++) {
        struct proto_stream stream = sim_stream_at(k);
        if (stream.service != s || stream.src != part) continue;
        struct proto_consumer_row row = {.stream = stream, .min_last_seq = INT64_MAX};
        for (int by = 0; by < SERVICES; by++) {
            const struct edge_rows *e = &w->db.edge[by][k];
            if (!e->exists) continue;
            row.consumers++;
            if (e->last_seq < row.min_last_seq) row.min_last_seq = e->last_seq;
        }
        if (row.consumers > 0) h->consumers[h->hints.n_consumers++] = row;
    }
}

static int writer_rows(struct world *w, enum service by, int part, struct proto_writer_row *rows)
{
    int n = 0;
    for (int k = 0; k < STREAMS; k++) {
        struct proto_stream stream = sim_stream_at(k);
        const struct stream_row *row = &w->db.stream[k];
        if (row->exists && stream.dst == part && stream_consumed_by(stream, by))
            rows[n++] = (struct proto_writer_row){stream, row->out_seq, row->floor};
    }
    return n;
}

static void fill_hints(struct world *w, enum service s, int part, int64_t own_last_seq, struct hint_rows *h)
{
    h->hints = (struct proto_hints){.cluster = w->broker.cluster, .own_last_seq = own_last_seq};
    hint_consumers(w, s, part, h);
    h->hints.n_writers = writer_rows(w, s, part, h->writers);
    h->hints.consumers = h->consumers;
    h->hints.writers = h->writers;
}

/* ---- assignment ---- */

struct loaded {
    struct proto_out_row streams[STREAMS];
    struct proto_edge_row edges[STREAMS];
    struct proto_parked_row parked[PARKED_MAX];
    struct proto_rows rows;
};

static void load_parked(const struct state *st, struct loaded *l)
{
    for (int i = 0; i < st->n_parked; i++) {
        int64_t id = st->parked[i].rec.case_id;
        int k = 0;
        while (k < l->rows.n_parked && l->parked[k].case_id != id) k++;
        if (k == l->rows.n_parked) l->parked[l->rows.n_parked++] = (struct proto_parked_row){.case_id = id};
        l->parked[k].rows++;
        if (st->parked[i].n > l->parked[k].last_n) l->parked[k].last_n = st->parked[i].n;
    }
}

static void load_rows(const struct part_db *d, const struct stream_row *streams, const struct edge_rows *edges,
                      enum service s, int part, struct loaded *l)
{
    l->rows = (struct proto_rows){.epoch = d->epoch, .txn = d->txn, .clock_ms = d->clock_ms, .cluster = d->cluster};
    for (int k = 0; k < STREAMS; k++) {
        struct proto_stream stream = sim_stream_at(k);
        if (streams[k].exists && stream.service == s && stream.src == part)
            l->streams[l->rows.n_streams++] = (struct proto_out_row){stream, streams[k].out_seq, streams[k].floor};
        if (edges[k].exists && stream.dst == part)
            l->edges[l->rows.n_edges++] =
                (struct proto_edge_row){stream, edges[k].last_seq, edges[k].want, edges[k].want_n};
    }
    load_parked(&d->st, l);
    l->rows.inputs = d->inputs;
    l->rows.n_inputs = TOPICS;
    l->rows.streams = l->streams;
    l->rows.edges = l->edges;
    l->rows.parked = l->parked;
}

static void check_marks(struct world *w, int i, int part)
{
    uint16_t topic;
    int64_t offset;
    while (proto_mark_due(w->proc[i].p, part, &topic, &offset)) {
        const struct log *l = &w->broker.log[topic][part];
        bool found = offset >= l->start && offset < l->end;
        if (!proto_mark_seen(w->proc[i].p, part, topic, found, found ? l->recs[offset].bytes : 0))
            sim_trace(w, "P%d: topic %d/%d was rewritten, reading from its start", i, topic, part);
    }
}

static void bump(struct world *w, struct proc *p)
{
    struct part_db *d = &w->db.part[p->service][p->assign_part];
    if (!MUTATED(NO_EPOCH_BUMP) || d->epoch == 0) d->epoch++;
    d->session = ++w->sessions;
    p->session[p->assign_part] = d->session;
    if (p->service == SVC_B) w->index[p->assign_part].epoch = d->epoch;
}

static void assign_finish(struct world *w, int i)
{
    static struct hint_rows hints;
    static struct loaded loaded;
    struct proc *p = &w->proc[i];
    int part = p->assign_part;
    p->assigning = ASSIGN_NONE;
    int lost = sim_chance(w, w->faults.lost_link) ? 1 + sim_below(w, 2) : 0; /* 2: the bump happened all the same */
    if (lost != 1) bump(w, p);
    if (lost != 0) {
        proto_assign_failed(p->p, part, w->now);
        return;
    }
    const struct part_db *d = &w->db.part[p->service][part];
    fill_hints(w, p->service, part, p->own_last_seq, &hints);
    if (MUTATED(READ_BEFORE_BUMP)) {
        p->early.epoch = d->epoch;
        p->early.txn = d->txn;
        load_rows(&p->early, p->early_stream, p->early_edge, p->service, part, &loaded);
    } else {
        load_rows(d, w->db.stream, w->db.edge[p->service], p->service, part, &loaded);
    }
    enum proto_state st = proto_assign_loaded(p->p, part, &loaded.rows, &hints.hints, w->now);
    sim_trace(w, "P%d: partition %d assigned, epoch %ld txn %ld, state %d", i, part, (long)d->epoch, (long)d->txn, st);
    if (st == PROTO_STOPPED && !w->restored)
        sim_violation(w, "log ahead of database: service %d partition %d", p->service, part);
    if (st == PROTO_RUNNING) check_marks(w, i, part);
    if (p->service == SVC_B) timers_rebuild(w, part);
}

void assign_turn(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    if (p->assigning == ASSIGN_HINTED) {
        assign_finish(w, i);
        return;
    }
    int part = proto_next_assignment(p->p, w->now);
    if (part < 0) return;
    p->assign_part = part;
    p->own_last_seq = broker_last_seq(w, (enum topic)(T_A + p->service), part);
    p->early = w->db.part[p->service][part];
    memcpy(p->early_stream, w->db.stream, sizeof p->early_stream);
    memcpy(p->early_edge, w->db.edge[p->service], sizeof p->early_edge);
    proto_assign_begin(p->p, part);
    p->assigning = ASSIGN_HINTED;
}

/* ---- sending ---- */

static uint32_t bytes_of(const struct rec *r, int64_t ms) { return r->bytes ^ (uint32_t)(ms * 2654435761u); }

/* From memory when the chunk is still there, else from the outbox. */
static bool record_to_send(struct world *w, const struct proto_send *s, int64_t seq, struct rec *out)
{
    int k = sim_stream(s->stream);
    if (s->chunk != NULL) {
        const struct chunk *c = s->chunk;
        if (seq < c->recs[0].seq || seq >= c->recs[0].seq + c->n) {
            sim_violation(w, "offered seq %ld is not in its chunk", (long)seq);
            return false;
        }
        *out = c->recs[seq - c->recs[0].seq];
    } else {
        if (seq <= w->db.stream[k].floor || seq > w->db.stream[k].out_seq) return false; /* no such row (a zombie) */
        *out = w->outbox[k][seq];
    }
    if (MUTATED(BYTES_AT_SENDING)) out->bytes = bytes_of(out, w->now);
    return true;
}

static void send_some(struct world *w, struct proc *p, const struct proto_send *s)
{
    int64_t last = s->first - 1;
    int limit = 1 + sim_below(w, 8);
    struct rec r;
    while (last < s->last && limit-- > 0 && p->producer.n < QUEUE_MAX && record_to_send(w, s, last + 1, &r)) {
        p->producer.queue[p->producer.n++] = (struct queued){s->stream.topic, s->stream.dst, r};
        last++;
    }
    int k = sim_stream(s->stream);
    if (last > p->handed[k]) p->handed[k] = last;
    proto_sent(p->p, s, last);
}

void send_turn(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    struct proto_send s;
    for (int k = 0; k < P; k++)
        for (int n = 0; n < 4 && proto_send_next(p->p, k, &s); n++) send_some(w, p, &s);
    free_released(p);
}

/* ---- producer ---- */

/* MUTATION_RESUME_FROM_ACKS: what was acknowledged is believed to be there. */
static void believe_acks(const struct proc *p, struct hint_rows *h, int part)
{
    struct proto_stream own = {(uint16_t)p->service, (uint16_t)part, (uint16_t)(T_A + p->service), (uint16_t)part};
    h->hints.own_last_seq = p->acked[sim_stream(own)];
    for (int k = 0; k < h->hints.n_consumers; k++)
        h->consumers[k].min_last_seq = p->acked[sim_stream(h->consumers[k].stream)];
}

void producer_replace(struct world *w, int i)
{
    static struct hint_rows hints;
    struct proc *p = &w->proc[i];
    sim_trace(w, "P%d: new producer, %d requests abandoned", i, p->producer.n);
    producer_orphan(w, p);
    p->replace = false;
    proto_producer_replaced(p->p);
    for (int k = 0; k < P; k++) {
        if (!proto_resume_due(p->p, k)) continue;
        fill_hints(w, p->service, k, broker_last_seq(w, (enum topic)(T_A + p->service), k), &hints);
        if (MUTATED(RESUME_FROM_ACKS)) believe_acks(p, &hints, k);
        proto_resume(p->p, k, &hints.hints, w->now);
    }
}

/* ---- tick ---- */

static void tick_want(struct world *w, int i, enum service by, int stream)
{
    struct proc *p = &w->proc[i];
    const struct edge_rows *e = &w->db.edge[by][stream];
    struct proto_stream s = sim_stream_at(stream);
    if (!e->exists || e->want == 0 || s.service != p->service || proto_state(p->p, s.src) != PROTO_RUNNING) return;
    struct proto_want_row row = {.stream = s, .consumer = (uint16_t)by, .want = e->want, .want_n = e->want_n};
    switch (proto_tick_want(p->p, &row, w->now)) {
    case PROTO_WANT_OLD:
    case PROTO_WANT_LATER: return;
    case PROTO_WANT_MOVED:
        sim_trace(w, "P%d: service %d asks for stream %d from %ld (asking %ld)", i, by, stream, (long)e->want,
                  (long)e->want_n);
        return;
    case PROTO_WANT_BELOW_FLOOR:
        sim_violation(w, "stream %d: service %d lacks seq %ld, dropped from the outbox", stream, by, (long)e->want);
        return;
    }
}

void tick_turn(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    if (p->replace) producer_replace(w, i);
    if (w->now - p->ticked_ms < PROTO_TICK_MS) return;
    p->ticked_ms = w->now;
    proto_tick_cluster(p->p, w->broker.cluster, w->now);
    for (int k = 0; k < P; k++) {
        const struct part_db *d = &w->db.part[p->service][k];
        if (proto_tick_fence(p->p, k, d->epoch, d->txn, w->now) == PROTO_LET_GO)
            sim_trace(w, "P%d: lets go of partition %d", i, k);
    }
    for (int by = 0; by < SERVICES; by++)
        for (int s = 0; s < STREAMS; s++) tick_want(w, i, (enum service)by, s);
    free_released(p);
}

/* ---- idle check ---- */

static void look(struct world *w, int i, int part, uint16_t topic)
{
    struct proto_writer_row rows[STREAMS];
    struct proc *p = &w->proc[i];
    int n = writer_rows(w, p->service, part, rows);
    if (proto_idle_look(p->p, part, topic, rows, n, w->now) == 0 || p->phase != PHASE_IDLE) return;
    p->items[0] = (struct item){
        .kind = ITEM_ASK, .part = part, .topic = topic, .session = proto_session(p->p, part), .rec.id = -1};
    p->n_items = 1;
    p->split = proto_split_whole(1);
    p->phase = PHASE_GATHERED;
}

static void look_turn(struct world *w, int i)
{
    const struct proto_spec *spec = &sim_specs[w->proc[i].service];
    for (int k = 0; k < P; k++)
        for (int t = 0; t < spec->n_inputs; t++)
            if (proto_idle_due(w->proc[i].p, k, spec->inputs[t].topic, w->now)) look(w, i, k, spec->inputs[t].topic);
}

void proc_turn(struct world *w, int i, int what)
{
    struct proc *p = &w->proc[i];
    p->time = proto_clock_observe(p->p, w->now + p->clock_offset, w->now);
    switch (what) {
    case TURN_ASSIGN: assign_turn(w, i); return;
    case TURN_BATCH:
        if (p->phase == PHASE_IDLE) batch_gather(w, i);
        return;
    case TURN_COMMIT: batch_step(w, i); return;
    case TURN_SEND: send_turn(w, i); return;
    case TURN_LAND: broker_land(w, i); return;
    case TURN_TICK: tick_turn(w, i); return;
    case TURN_LOOK: look_turn(w, i); return;
    case TURN_TIMERS: timers_claim(w, i); return;
    case TURN_BANK: bank_turn(w, i); return;
    default: return;
    }
}
