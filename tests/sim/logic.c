/* What the three services do with an input: lanes, home, `seen`, the small business of each, redrive. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "world.h"

static struct state *state(struct fold *f) { return &f->p->overlay[f->part]; }
static int64_t now(struct fold *f) { return proto_now(f->p->p, f->part, f->p->time.now_ms); }

static void emit_case(struct fold *f, enum topic topic, int dst, enum type type, const struct rec *about, int64_t value)
{
    struct txn *t = &f->p->txn;
    if (t->n_out == EFFECTS_MAX) abort();
    struct rec *r = &t->out[t->n_out++];
    *r = (struct rec){.type = type, .x = about->x, .id = -1, .case_id = about->case_id, .value = value};
    r->at_ms = now(f);
    r->seq = proto_number(f->p->p, f->part, (uint16_t)topic, dst);
    r->stream = (struct proto_stream){(uint16_t)f->p->service, (uint16_t)f->part, (uint16_t)topic, (uint16_t)dst};
    r->bytes = (uint32_t)sim_random(f->w); /* time, trace id: another composition makes other bytes */
}

void logic_emit(struct fold *f, enum topic topic, int dst, enum type type, int x, int64_t value)
{
    struct rec about = {.x = x, .case_id = sim_case_id(x)};
    emit_case(f, topic, dst, type, &about, value);
}

void logic_effect(struct fold *f, const struct rec *r, bool judged)
{
    struct txn *t = &f->p->txn;
    if (t->n_effects == EFFECTS_MAX) abort();
    t->effects[t->n_effects++] =
        (struct effect){.rec = *r, .judged = judged, .redriven = f->redriving, .composed_ms = f->w->now};
}

static void own(struct fold *f, enum type type, int x, int64_t value)
{
    logic_emit(f, (enum topic)(T_A + f->p->service), f->part, type, x, value);
}

/* ---- `seen` ---- */

static bool seen_cmd(const struct state *st, int id) { return (st->seen_cmd[id / 64] >> (id % 64) & 1) != 0; }
static void see_cmd(struct state *st, int id) { st->seen_cmd[id / 64] |= (uint64_t)1 << (id % 64); }
static bool seen_x(const struct state *st, int x) { return (st->seen_x >> x & 1) != 0 && !MUTATED(NO_SEEN_AT_HOME); }

/* ---- the business ---- */

static void register_event(struct fold *f, const struct rec *r)
{
    state(f)->registered |= 1u << r->x;
    own(f, EV_REGISTERED, r->x, 0);
}

static void arm(struct fold *f, const struct rec *r)
{
    struct state *st = state(f);
    int64_t due = now(f) + TIMER_MS;
    st->timer[r->x].due = due;
    bool in_time = st->timer[r->x].answered_ms >= 0 && st->timer[r->x].answered_ms <= due;
    st->timer[r->x].state = in_time ? TIMER_MET : TIMER_ARMED;
    own(f, in_time ? EV_MET : EV_ARMED, r->x, due);
}

static void answer(struct fold *f, const struct rec *r)
{
    struct state *st = state(f);
    int64_t due = st->timer[r->x].due;
    st->timer[r->x].answered_ms = r->value;
    switch (st->timer[r->x].state) {
    case TIMER_NONE:
    case TIMER_MET:
    case TIMER_ANNULLED: return;
    case TIMER_ARMED:
    case TIMER_FIRING: /* the firing is parked behind this answer */
        if (r->value > due) return;
        st->timer[r->x].state = TIMER_MET;
        own(f, EV_MET, r->x, due);
        return;
    case TIMER_FIRED:
        if (proto_annuls(true, due, r->value)) st->timer[r->x].state = TIMER_ANNULLED;
        own(f, st->timer[r->x].state == TIMER_ANNULLED ? EV_ANNULLED : EV_LATE, r->x, due);
        return;
    }
}

static void fire(struct fold *f, const struct rec *r)
{
    struct state *st = state(f);
    if (st->timer[r->x].state != TIMER_FIRING) return; /* answered while the firing was parked */
    st->timer[r->x].state = TIMER_FIRED;
    st->timer[r->x].missed = true;
    own(f, EV_MISSED, r->x, st->timer[r->x].due);
}

static void instruct(struct fold *f, const struct rec *r)
{
    struct state *st = state(f);
    st->pay[r->x].state = PAY_INTENT;
    st->pay[r->x].no = 1;
    own(f, EV_INSTRUCTED, r->x, 1);
    logic_emit(f, T_EXCHANGE, (r->x * 5 + 1) % P, EV_FACT, r->x, 1);
}

static void bank_said(struct fold *f, const struct rec *r, int verdict)
{
    struct state *st = state(f);
    if (verdict == PROTO_PAY_SETTLED) {
        st->pay[r->x].state = PAY_SETTLED;
        own(f, EV_SETTLED, r->x, r->value);
        logic_emit(f, T_COMMAND, f->part, EV_NUDGE, r->x, r->value);
        return;
    }
    st->pay[r->x].no++;
    own(f, EV_PAY_FAILED, r->x, r->value);
}

enum handled logic_handle(struct fold *f, const struct rec *r, int verdict)
{
    struct world *w = f->w;
    enum service s = f->p->service;
    if ((w->poison[s][r->type] >> r->x & 1) != 0) return POISON;
    if ((w->bad_sql[s][r->type] >> r->x & 1) != 0) f->p->txn.bad_data = true;
    logic_effect(f, r, false);
    if (s == SVC_A && (r->type == EV_INBOUND || r->type == EV_FORWARD)) register_event(f, r);
    if (s == SVC_B && r->type == EV_REGISTERED) arm(f, r);
    if (s == SVC_B && r->type == EV_ANSWER) answer(f, r);
    if (s == SVC_B && r->type == EV_FIRE) fire(f, r);
    if (s == SVC_C && r->type == EV_REGISTERED) instruct(f, r);
    if (s == SVC_C && r->type == EV_BANK) bank_said(f, r, verdict);
    return HANDLED;
}

/* ---- lanes ---- */

static void park(struct fold *f, const struct rec *r, int verdict, bool first)
{
    struct state *st = state(f);
    if (st->n_parked == PARKED_MAX) abort();
    struct parked_rec *row = &st->parked[st->n_parked++];
    row->n = proto_park(f->p->p, f->part, r->case_id);
    row->rec = *r;
    row->rec.target = verdict;
    if (first) emit_case(f, T_DLQ, f->part, EV_DEAD, r, row->n);
}

/* Handles or parks an input whose position and copies are settled. */
static void route(struct fold *f, const struct rec *r, int verdict)
{
    bool command = r->type == EV_ANSWER;
    enum proto_lane lane = proto_lane(f->p->p, f->part, r->case_id, command ? PROTO_COMMAND : PROTO_EVENT);
    if (lane == PROTO_PARK_REPLY) own(f, EV_WAITING, r->x, 0);
    if (lane != PROTO_FREE) {
        park(f, r, verdict, false);
        return;
    }
    if (f->p->split.park || logic_handle(f, r, verdict) == POISON) park(f, r, verdict, true);
}

/* An inbound event at home, however it came. */
static void judge(struct fold *f, const struct rec *r)
{
    struct state *st = state(f);
    if (seen_x(st, r->x)) {
        logic_effect(f, r, true);
        return;
    }
    st->seen_x |= 1u << r->x;
    route(f, r, 0);
}

static void take_inbound(struct fold *f, const struct item *it)
{
    proto_receive_plain(f->p->p, f->part, it->topic, it->offset, it->rec.bytes);
    int home = sim_home(it->rec.x);
    if (proto_home(f->part, home) == PROTO_FORWARD)
        logic_emit(f, T_EXCHANGE, home, EV_FORWARD, it->rec.x, 0);
    else
        judge(f, &it->rec);
}

static void take_stream(struct fold *f, const struct item *it)
{
    const struct rec *r = &it->rec;
    if (proto_receive(f->p->p, f->part, r->stream, r->seq, it->offset) != PROTO_TAKE) return;
    if (r->type == EV_NOTE || r->type == EV_WAITING || r->type == EV_ARMED)
        logic_effect(f, r, true); /* a type nobody handles */
    else if (r->type == EV_FORWARD)
        judge(f, r);
    else
        route(f, r, 0);
}

static void take_command(struct fold *f, const struct item *it)
{
    const struct rec *r = &it->rec;
    struct state *st = state(f);
    if (r->seq > 0) {
        proto_receive_plain(f->p->p, f->part, it->topic, it->offset, r->bytes);
        take_stream(f, it);
        return;
    }
    bool mine = r->target == (int)f->p->service;
    if (mine && !seen_cmd(st, r->id) && r->type == EV_REDRIVE) {
        int64_t rows = proto_parked_rows(f->p->p, f->part, r->case_id);
        int64_t limit = f->p->split.redrive_rows;
        bool finish = limit <= 0 || limit >= rows;
        f->p->redrive_rows = limit < 0 || limit > rows ? rows : limit;
        logic_redrive(f, r, limit, finish);
        if (!finish) return;
        see_cmd(st, r->id);
    }
    proto_receive_plain(f->p->p, f->part, it->topic, it->offset, r->bytes);
    if (!mine || seen_cmd(st, r->id)) return;
    see_cmd(st, r->id);
    route(f, r, 0);
}

/* ---- local inputs ---- */

static void take_fire(struct fold *f, const struct item *it)
{
    struct state *st = state(f);
    int x = it->rec.x;
    if (f->p->time.held) return;
    bool armed = st->timer[x].state == TIMER_ARMED;
    if (!armed && !(MUTATED(TIMER_NO_STATE_GUARD) && st->timer[x].state != TIMER_NONE)) return;
    int64_t until = proto_fire_until(f->p->p, f->part);
    if (until > now(f)) until = now(f);
    if (st->timer[x].due > until && !MUTATED(TIMER_NO_DUE_GUARD)) return;
    struct rec r = it->rec;
    r.at_ms = now(f);
    r.value = st->timer[x].due;
    st->timer[x].state = TIMER_FIRING; /* should it park: it will not be claimed again */
    route(f, &r, 0);
}

static void take_bank(struct fold *f, const struct item *it)
{
    struct state *st = state(f);
    int x = it->rec.x;
    if (st->pay[x].state != PAY_INTENT || st->pay[x].no != it->rec.value) return;
    for (int i = 0; i < st->n_parked; i++) /* the same answer is parked already */
        if (st->parked[i].rec.type == EV_BANK && st->parked[i].rec.x == x) return;
    route(f, &it->rec, it->verdict);
}

void logic_take(struct fold *f, const struct item *it)
{
    if (it->kind == ITEM_LOCAL) {
        if (it->rec.type == EV_FIRE)
            take_fire(f, it);
        else
            take_bank(f, it);
        return;
    }
    if (it->topic == T_INBOUND)
        take_inbound(f, it);
    else if (it->topic == T_COMMAND)
        take_command(f, it);
    else
        take_stream(f, it);
}

/* ---- redrive ---- */

/* Rows of the case in order; stops at the first that fails again. */
void logic_redrive(struct fold *f, const struct rec *cmd, int64_t limit, bool finish)
{
    struct state *st = state(f);
    int64_t done = 0;
    int kept = 0;
    bool stop = false;
    f->redriving = true;
    for (int i = 0; i < st->n_parked; i++) {
        struct parked_rec row = st->parked[i];
        bool other = row.rec.case_id != cmd->case_id;
        if (!other && limit >= 0 && done >= limit) stop = true;
        if (!other && !stop) stop = logic_handle(f, &row.rec, row.rec.target) == POISON;
        if (other || stop) {
            st->parked[kept++] = row;
            continue;
        }
        proto_unpark(f->p->p, f->part, cmd->case_id);
        done++;
    }
    st->n_parked = kept;
    f->redriving = false;
    f->p->redrive_left = proto_parked_rows(f->p->p, f->part, cmd->case_id);
    f->p->txn.unfenced = MUTATED(REDRIVE_UNFENCED);
    if (finish) logic_effect(f, cmd, false);
}
