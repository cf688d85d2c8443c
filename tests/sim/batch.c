/* The batch of a modelled process: gather inputs, fold them, run the transaction, take its outcome. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct chunk { /* as in process.c */
    int n;
    struct rec recs[];
};

/* ---- gathering ---- */

static struct item *add(struct world *w, struct proc *p, enum item_kind kind, int part)
{
    (void)w;
    struct item *it = &p->items[p->n_items++];
    *it = (struct item){.kind = kind, .part = part, .session = proto_session(p->p, part), .rec.id = -1};
    return it;
}

static void gather_topic(struct world *w, struct proc *p, int part, enum topic topic)
{
    const struct log *l = &w->broker.log[topic][part];
    int64_t at = proto_position(p->p, part, (uint16_t)topic);
    if (at > l->end || at < l->start) at = proto_out_of_range(p->p, part, (uint16_t)topic, l->start, l->end);
    proto_fetched(p->p, part, (uint16_t)topic, l->end, w->now);
    for (int limit = 1 + sim_below(w, 6); limit > 0 && at < l->end && p->n_items < ITEMS_MAX - 8; limit--, at++) {
        struct item *it = add(w, p, ITEM_RECORD, part);
        it->topic = (uint16_t)topic;
        it->offset = at;
        it->rec = l->recs[at];
    }
}

/* Rows of one stream that retention would like to drop. */
static void gather_drop(struct world *w, struct proc *p, int part)
{
    int k = sim_below(w, STREAMS);
    struct proto_stream s = sim_stream_at(k);
    const struct stream_row *row = &w->db.stream[k];
    if (s.service != p->service || s.src != part || row->out_seq <= row->floor) return;
    int64_t last = row->floor + 1 + sim_below(w, (int)(row->out_seq - row->floor));
    if (MUTATED(DROP_WHEN_SENT) && last > p->handed[k]) return;
    const struct proto_spec *spec = &sim_specs[p->service];
    struct proto_retained r = {.last = last, .min_last_seq = INT64_MAX};
    for (int i = 0; i < spec->n_outputs; i++)
        if (spec->outputs[i].topic == s.topic) r.consumers_needed = spec->outputs[i].consumers;
    for (int by = 0; by < SERVICES; by++) {
        if (!w->db.edge[by][k].exists) continue;
        r.consumers++;
        if (w->db.edge[by][k].last_seq < r.min_last_seq) r.min_last_seq = w->db.edge[by][k].last_seq;
    }
    if (!proto_may_drop(&r, 1, w->outbox[k][last].at_ms, p->time.now_ms)) return;
    struct item *it = add(w, p, ITEM_DROP, part);
    it->rec.stream = s;
    it->offset = last;
}

static void gather_local(struct world *w, struct proc *p, int part)
{
    int kept = 0;
    for (int i = 0; i < p->n_claimed; i++) {
        int x = p->claimed[i];
        if (sim_home(x) != part || p->n_items >= ITEMS_MAX - 4) {
            p->claimed[kept++] = x;
            continue;
        }
        struct item *it = add(w, p, ITEM_LOCAL, part);
        it->rec = (struct rec){.type = EV_FIRE, .x = x, .id = -1, .case_id = sim_case_id(x)};
    }
    p->n_claimed = kept;
    kept = 0;
    for (int i = 0; i < p->n_answers; i++) {
        int x = p->answers[i].x;
        if (sim_home(x) != part || p->n_items >= ITEMS_MAX - 4) {
            p->answers[kept++] = p->answers[i];
            continue;
        }
        struct item *it = add(w, p, ITEM_LOCAL, part);
        it->rec = (struct rec){.type = EV_BANK, .x = x, .id = -1, .value = p->answers[i].no, .case_id = sim_case_id(x)};
        it->verdict = p->answers[i].verdict;
    }
    p->n_answers = kept;
}

static void gather_part(struct world *w, struct proc *p, int part)
{
    const struct proto_spec *spec = &sim_specs[p->service];
    if (proto_state(p->p, part) != PROTO_RUNNING) return;
    if (proto_setup_due(p->p, part)) {
        add(w, p, ITEM_SETUP, part);
        return;
    }
    for (int t = 0; t < spec->n_inputs; t++) gather_topic(w, p, part, (enum topic)spec->inputs[t].topic);
    proto_ends_noted(p->p, part, p->time.now_ms);
    gather_local(w, p, part);
    if (sim_chance(w, w->faults.retain)) gather_drop(w, p, part);
}

void batch_gather(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    p->n_items = 0;
    for (int k = 0; k < P; k++)
        if (w->quiet || sim_chance(w, 700)) gather_part(w, p, k);
    if (p->n_items == 0) return;
    p->split = proto_split_whole((size_t)p->n_items);
    p->phase = PHASE_GATHERED;
}

/* ---- composing ---- */

static bool join(struct world *w, struct proc *p, int part)
{
    bool joined = false;
    for (int i = 0; i < p->batch.n; i++) joined = joined || p->batch.parts[i] == part;
    if (joined) return true;
    if (!proto_batch_join(p->p, &p->batch, part)) return false;
    p->overlay[part] = w->db.part[p->service][part].st;
    return true;
}

static void fold_item(struct world *w, struct proc *p, const struct item *it)
{
    /* Fetched or claimed under another assignment: void. */
    if (it->session != proto_session(p->p, it->part) || !join(w, p, it->part)) return;
    struct fold f = {.w = w, .p = p, .part = it->part};
    switch (it->kind) {
    case ITEM_RECORD:
    case ITEM_LOCAL: logic_take(&f, it); return;
    case ITEM_ASK: proto_ask(p->p, it->part, it->topic, w->now); return;
    case ITEM_DROP: proto_drop_through(p->p, it->part, it->rec.stream.topic, it->rec.stream.dst, it->offset); return;
    case ITEM_SETUP: return;
    }
}

static uint32_t timers_changed(const struct state *from, const struct state *to)
{
    uint32_t bits = 0;
    for (int x = 0; x < EVENTS; x++)
        if (from->timer[x].state != to->timer[x].state) bits |= 1u << x;
    return bits;
}

static bool same_stream(struct proto_stream a, struct proto_stream b) { return sim_stream(a) == sim_stream(b); }

/* One upsert cannot touch a row twice. */
static void check_upserts(struct world *w, const struct txn_part *k)
{
    for (int i = 0; i < k->n_edges; i++)
        for (int n = 0; n < i; n++)
            if (same_stream(k->edges[i].stream, k->edges[n].stream)) sim_violation(w, "edge row written twice");
    for (int i = 0; i < k->n_streams; i++)
        for (int n = 0; n < i; n++)
            if (same_stream(k->streams[i].stream, k->streams[n].stream)) sim_violation(w, "stream row written twice");
    for (int i = 0; i < k->n_inputs; i++)
        for (int n = 0; n < i; n++)
            if (k->inputs[i].topic == k->inputs[n].topic) sim_violation(w, "input row written twice");
}

static void copy_writes(struct world *w, struct proc *p, struct txn_part *k)
{
    struct proto_writes v;
    proto_writes(p->p, k->part, &v);
    if (v.n_streams > WRITES_MAX || v.n_edges > WRITES_MAX || v.n_inputs > TOPICS) abort();
    k->session = p->session[k->part];
    k->epoch = v.epoch;
    k->txn = v.txn;
    k->clock_ms = v.clock_ms;
    k->cluster_set = v.cluster != NULL;
    if (k->cluster_set) memcpy(k->cluster, v.cluster, sizeof k->cluster);
    k->n_inputs = v.n_inputs;
    k->n_streams = v.n_streams;
    k->n_edges = v.n_edges;
    for (int i = 0; i < v.n_inputs; i++) k->inputs[i] = v.inputs[i];
    for (int i = 0; i < v.n_streams; i++) k->streams[i] = v.streams[i];
    for (int i = 0; i < v.n_edges; i++) k->edges[i] = v.edges[i];
    check_upserts(w, k);
    k->st = p->overlay[k->part];
    k->timers = timers_changed(&w->db.part[p->service][k->part].st, &k->st);
}

/* One chunk per stream written, for sending from memory. */
static void make_chunks(struct world *w, struct proc *p)
{
    for (int i = 0; i < p->txn.n_out; i++) {
        const struct rec *first = &p->txn.out[i];
        int n = 0;
        for (int k = 0; k < p->txn.n_out; k++) n += same_stream(p->txn.out[k].stream, first->stream);
        bool seen = false;
        for (int k = 0; k < i; k++) seen = seen || same_stream(p->txn.out[k].stream, first->stream);
        if (seen) continue;
        struct chunk *c = malloc(sizeof *c + (size_t)n * sizeof c->recs[0]);
        if (c == NULL) abort();
        c->n = 0;
        for (int k = i; k < p->txn.n_out; k++)
            if (same_stream(p->txn.out[k].stream, first->stream)) c->recs[c->n++] = p->txn.out[k];
        proto_chunk(p->p, first->stream.src, first->stream.topic, first->stream.dst, first->seq, first->seq + n - 1, c);
    }
    if (!MUTATED(PRODUCE_BEFORE_COMMIT)) return;
    for (int i = 0; i < p->txn.n_out && p->producer.n < QUEUE_MAX && sim_chance(w, 500); i++)
        p->producer.queue[p->producer.n++] =
            (struct queued){p->txn.out[i].stream.topic, p->txn.out[i].stream.dst, p->txn.out[i]};
}

void batch_compose(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    p->batch = PROTO_BATCH_INIT;
    p->txn.n = p->txn.n_out = p->txn.n_effects = 0;
    p->txn.bad_data = p->txn.unfenced = false;
    p->txn.proc = i;
    p->txn.service = p->service;
    p->redrive_left = p->redrive_rows = 0;
    for (size_t k = p->split.lo; k < p->split.hi; k++) fold_item(w, p, &p->items[k]);
    for (int k = 0; k < p->batch.n; k++) {
        p->txn.parts[k].part = p->batch.parts[k];
        copy_writes(w, p, &p->txn.parts[k]);
    }
    p->txn.n = p->batch.n;
    make_chunks(w, p);
    p->phase = PHASE_COMPOSED;
    sim_trace(w, "P%d: composed inputs %zu..%zu of %zu, %d partitions, %d outputs%s", i, p->split.lo, p->split.hi,
              p->split.end, p->txn.n, p->txn.n_out, p->split.park ? ", parking" : "");
}

/* ---- the outcome ---- */

static void keep_orphan(struct world *w, const struct txn *t)
{
    if (w->n_orphan_txns < ORPHANS_MAX) w->orphan_txn[w->n_orphan_txns++] = *t;
}

/* What the client library sees of the transaction, with the faults of this history. */
static struct proto_txn_result run(struct world *w, struct proc *p)
{
    if (sim_chance(w, w->faults.infra)) return (struct proto_txn_result){.commit_sent = true, .sqlstate = "40P01"};
    if (sim_chance(w, w->faults.lost_link)) {
        int how = sim_below(w, 3);
        if (how == 1) db_run(w, &p->txn);      /* done, only the answer is lost */
        if (how == 2) keep_orphan(w, &p->txn); /* the backend may run it later */
        return (struct proto_txn_result){.connection_lost = true, .commit_sent = true};
    }
    switch (db_run(w, &p->txn)) {
    case RUN_OK: return (struct proto_txn_result){.commit_ok = true};
    case RUN_FENCED: return (struct proto_txn_result){.commit_sent = true, .sqlstate = PROTO_SQLSTATE_FENCED};
    case RUN_BAD_DATA: break;
    }
    return (struct proto_txn_result){.commit_sent = true, .sqlstate = "22003"};
}

static void after_fence(struct world *w, int i, const struct proto_batch *b)
{
    struct proc *p = &w->proc[i];
    for (int k = 0; k < b->n; k++) {
        int part = b->parts[k];
        enum proto_keep keep = proto_fence_read(p->p, part, w->db.part[p->service][part].epoch, w->now);
        sim_trace(w, "P%d: fenced, partition %d %s", i, part, keep == PROTO_LET_GO ? "let go" : "read again");
    }
}

static void halve(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    const struct item *it = &p->items[p->split.lo];
    bool redrive = p->split.hi - p->split.lo == 1 && it->rec.type == EV_REDRIVE && it->rec.target == (int)p->service;
    if (!proto_split_failed(&p->split, redrive, p->redrive_rows)) {
        sim_violation(w, "P%d: parking itself was refused", i);
        return;
    }
    batch_compose(w, i);
}

static void commit(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    static const char *const names[] = {"committed", "fenced", "bad data", "infrastructure", "unknown"};
    struct proto_batch was = p->batch;
    struct proto_txn_result r = run(w, p);
    enum proto_outcome outcome = proto_classify(&r);
    sim_trace(w, "P%d: %s", i, names[outcome]);
    p->phase = PHASE_IDLE;
    proto_batch_end(p->p, &p->batch, outcome, w->now);
    switch (outcome) {
    case PROTO_COMMITTED:
        timers_after_commit(w, i, &p->txn);
        proto_split_committed(&p->split, p->redrive_left);
        if (!proto_split_done(&p->split)) batch_compose(w, i);
        break;
    case PROTO_FENCED: after_fence(w, i, &was); break;
    case PROTO_DATA: halve(w, i); break;
    case PROTO_INFRA:
    case PROTO_UNKNOWN: break;
    }
    for (void *h = proto_release(p->p); h != NULL; h = proto_release(p->p)) free(h);
}

void batch_step(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    if (p->phase == PHASE_GATHERED)
        batch_compose(w, i);
    else if (p->phase == PHASE_COMPOSED)
        commit(w, i);
}
