/* The modelled database: a transaction runs whole or not at all, at one moment, perhaps long after its sender has
 * gone. Here every commit is compared with the truth. */
#include <string.h>

#include "world.h"

bool stream_consumed_by(struct proto_stream s, enum service by)
{
    const struct proto_spec *spec = &sim_specs[by];
    for (int i = 0; i < spec->n_inputs; i++)
        if (spec->inputs[i].topic == s.topic && (spec->inputs[i].writers >> s.service & 1) != 0) return true;
    return false;
}

static bool fences_hold(struct world *w, const struct txn *t)
{
    if (t->unfenced) return true;
    for (int i = 0; i < t->n; i++) {
        const struct txn_part *k = &t->parts[i];
        const struct part_db *d = &w->db.part[t->service][k->part];
        bool same_txn = d->txn == k->txn || MUTATED(FENCE_EPOCH_ONLY);
        if (d->epoch != k->epoch || !same_txn) return false;
        if (MUTATED(FENCE_ONE_OF_SEVERAL)) return true;
    }
    return true;
}

/* ---- truth about outputs ---- */

static void check_output(struct world *w, const struct rec *r)
{
    if (r->type == EV_REGISTERED && ++w->registered[r->x] > 1) sim_violation(w, "x%d registered twice", r->x);
    if (r->type == EV_SETTLED && ++w->settled[r->x] > 1) sim_violation(w, "x%d settled twice", r->x);
    if (r->type != EV_MISSED) return;
    if (++w->missed[r->x] > 1) sim_violation(w, "timer of x%d fired twice", r->x);
    if (r->at_ms < r->value) sim_violation(w, "timer of x%d fired %ld ms early", r->x, (long)(r->value - r->at_ms));
}

static void write_outputs(struct world *w, const struct txn *t)
{
    for (int i = 0; i < t->n_out; i++) {
        const struct rec *r = &t->out[i];
        int s = sim_stream(r->stream);
        struct stream_row *row = &w->db.stream[s];
        if (r->seq <= row->out_seq) {
            sim_violation(w, "number given twice: stream %d seq %ld", s, (long)r->seq);
            return;
        }
        if (r->seq > row->out_seq + 1) {
            sim_violation(w, "hole in the outbox: stream %d seq %ld after %ld", s, (long)r->seq, (long)row->out_seq);
            return;
        }
        if (r->seq > SEQS) {
            sim_violation(w, "sim too small: stream %d", s);
            return;
        }
        row->exists = true;
        row->out_seq = r->seq;
        w->outbox[s][r->seq] = *r;
        check_output(w, r);
    }
}

/* ---- truth about inputs ---- */

static void check_fire(struct world *w, const struct effect *e)
{
    int x = e->rec.x;
    const struct client *c = &w->client[x];
    int64_t appended = w->answer_appended[x];
    if (appended < 0 || c->accepted_ms > e->rec.value) return;
    /* Until the tick sees that the broker is another one, a position may look like its end; annulling repairs that. */
    if (strcmp(w->db.part[SVC_B][sim_home(x)].cluster, w->broker.cluster) != 0) return;
    int64_t late = e->rec.at_ms - e->rec.value;
    if (appended < e->composed_ms - late - 2 * FETCH_WAIT_MS)
        sim_violation(w, "timer of x%d fired although its answer lay in the log for %ld ms", x,
                      (long)(e->composed_ms - appended));
}

static void check_effect(struct world *w, enum service by, const struct effect *e)
{
    const struct rec *r = &e->rec;
    if (r->type == EV_FIRE && !e->redriven) check_fire(w, e);
    if (r->id >= 0 && !e->judged && ++w->command_done[r->id] > 1)
        sim_violation(w, "command %d (%s) handled twice", r->id, sim_type_name(r->type));
    if (r->seq == 0) return;
    int s = sim_stream(r->stream);
    if (++w->handled[by][s][r->seq] > 1)
        sim_violation(w, "service %d handled stream %d seq %ld twice", by, s, (long)r->seq);
    if (e->judged) return;
    int64_t *last = &w->handled_case[by][s][sim_case(r->x)];
    if (r->seq < *last)
        sim_violation(w, "service %d: seq %ld of stream %d passed its parked case (after %ld)", by, (long)r->seq, s,
                      (long)*last);
    *last = r->seq;
}

/* ---- rows ---- */

static void write_streams(struct world *w, const struct txn_part *k)
{
    for (int i = 0; i < k->n_streams; i++) {
        int s = sim_stream(k->streams[i].stream);
        struct stream_row *row = &w->db.stream[s];
        if (k->streams[i].out_seq != row->out_seq)
            sim_violation(w, "out_seq %ld written where %ld stands: stream %d", (long)k->streams[i].out_seq,
                          (long)row->out_seq, s);
        if (k->streams[i].floor < row->floor) sim_violation(w, "floor of stream %d went down", s);
        row->floor = k->streams[i].floor;
        row->exists = true;
    }
}

static void write_positions(struct world *w, enum service by, const struct txn_part *k)
{
    struct part_db *d = &w->db.part[by][k->part];
    for (int i = 0; i < k->n_inputs; i++) d->inputs[k->inputs[i].topic] = k->inputs[i];
    for (int i = 0; i < k->n_edges; i++) {
        struct edge_rows *row = &w->db.edge[by][sim_stream(k->edges[i].stream)];
        if (k->edges[i].last_seq < row->last_seq) sim_violation(w, "last_seq of service %d went down", by);
        *row = (struct edge_rows){true, k->edges[i].last_seq, k->edges[i].want, k->edges[i].want_n};
    }
}

static void write_state(struct part_db *d, const struct txn_part *k) { d->st = k->st; }

static void write_part(struct world *w, const struct txn *t, const struct txn_part *k)
{
    struct part_db *d = &w->db.part[t->service][k->part];
    if (d->session != k->session)
        sim_violation(w, "service %d partition %d written by an owner of before", t->service, k->part);
    if (k->clock_ms < d->clock_ms) sim_violation(w, "clock of service %d partition %d went back", t->service, k->part);
    d->txn++;
    d->clock_ms = k->clock_ms;
    if (k->cluster_set) memcpy(d->cluster, k->cluster, sizeof d->cluster);
    write_streams(w, k);
    write_positions(w, t->service, k);
    write_state(d, k);
}

/* With these mutations a second transaction follows the first; a crash comes between now and then. */
static void split_commit(struct world *w, struct txn_part *k, const struct part_db *d)
{
    if (!sim_chance(w, 200)) return;
    if (MUTATED(POSITION_OUTSIDE)) k->n_inputs = k->n_edges = 0;
    if (MUTATED(PARKED_OUTSIDE) && k->st.n_parked > d->st.n_parked) k->st.n_parked = d->st.n_parked;
}

enum run db_run(struct world *w, const struct txn *t)
{
    if (!fences_hold(w, t)) return RUN_FENCED;
    if (t->bad_data) return RUN_BAD_DATA;
    write_outputs(w, t);
    for (int i = 0; i < t->n && !sim_failed(w); i++) {
        struct txn_part k = t->parts[i];
        if (MUTATED(POSITION_OUTSIDE) || MUTATED(PARKED_OUTSIDE)) split_commit(w, &k, &w->db.part[t->service][k.part]);
        write_part(w, t, &k);
    }
    for (int i = 0; i < t->n_effects && !sim_failed(w); i++) check_effect(w, t->service, &t->effects[i]);
    return RUN_OK;
}

void db_side(struct world *w, enum service by, int part)
{
    struct part_db *d = &w->db.part[by][part];
    struct proto_stream stream = {(uint16_t)by, (uint16_t)part, (uint16_t)(T_A + by), (uint16_t)part};
    struct stream_row *row = &w->db.stream[sim_stream(stream)];
    if (d->epoch == 0 || row->out_seq + 40 > SEQS) return;
    struct rec r = {.stream = stream, .seq = row->out_seq + 1, .type = EV_NOTE, .x = 0, .id = -1};
    r.at_ms = d->clock_ms;
    r.bytes = (uint32_t)sim_random(w);
    d->txn++;
    row->exists = true;
    row->out_seq = r.seq;
    w->outbox[sim_stream(stream)][r.seq] = r;
    sim_trace(w, "FAULT second connection wrote a note: service %d partition %d seq %ld", by, part, (long)r.seq);
}
