/* Outside the services: clients and people, the timer index, the bank. */
#include <string.h>

#include "world.h"

/* ---- clients ---- */

static void append_inbound(struct world *w, int x, int part)
{
    struct rec r = {.type = EV_INBOUND, .x = x, .id = -1, .case_id = sim_case_id(x), .at_ms = w->now};
    r.bytes = 0x10000u + (uint32_t)x;
    broker_append(w, T_INBOUND, part, r);
}

static void append_command(struct world *w, int id)
{
    struct rec *r = &w->command[id];
    if (r->type == EV_ANSWER && w->answer_appended[r->x] < 0) w->answer_appended[r->x] = w->now;
    broker_append(w, T_COMMAND, r->stream.dst, *r);
}

static int new_command(struct world *w, enum type type, int x, int part, enum service target)
{
    if (w->n_commands == COMMANDS) return -1;
    int id = w->n_commands++;
    w->command[id] = (struct rec){.type = type, .x = x, .id = id, .target = (int)target, .case_id = sim_case_id(x)};
    w->command[id].stream.dst = (uint16_t)part;
    w->command[id].bytes = 0x20000u + (uint32_t)id;
    return id;
}

static void send_event(struct world *w, int x)
{
    struct client *c = &w->client[x];
    c->sent = true;
    c->answer_at = sim_chance(w, 750) ? w->now + sim_below(w, 2 * TIMER_MS) : -1;
    append_inbound(w, x, sim_chance(w, 500) ? sim_home(x) : sim_below(w, P));
    while (sim_chance(w, w->faults.copies)) append_inbound(w, x, sim_below(w, P)); /* retried, to wherever */
}

static void send_answer(struct world *w, int x)
{
    struct client *c = &w->client[x];
    if (!c->answer_due) { /* accepted at the edge now; on its way from here */
        c->accepted_ms = w->now;
        c->answer_due = true;
        c->answer_id = new_command(w, EV_ANSWER, x, sim_home(x), SVC_B);
        w->command[c->answer_id].value = w->now;
        sim_trace(w, "answer to x%d accepted", x);
        if (sim_chance(w, 500)) return;
    }
    c->answer_sent = true;
    append_command(w, c->answer_id);
    while (sim_chance(w, w->faults.copies)) append_command(w, c->answer_id);
}

void client_turn(struct world *w)
{
    for (int x = 0; x < EVENTS; x++) {
        struct client *c = &w->client[x];
        if (!c->sent && (w->quiet || sim_chance(w, 60))) send_event(w, x);
        if (c->sent && !c->answer_sent && c->answer_at >= 0 && w->now >= c->answer_at) send_answer(w, x);
    }
}

/* What the old log held is gone; from here on it can be known again. */
static void answer_again(struct world *w, int id)
{
    if (w->command[id].type == EV_ANSWER) w->answer_appended[w->command[id].x] = w->now;
    append_command(w, id);
}

void client_resend(struct world *w)
{
    for (int x = 0; x < EVENTS; x++)
        if (w->client[x].sent && w->registered[x] == 0) append_inbound(w, x, sim_home(x));
    for (int i = 0; i < w->n_commands; i++)
        if (w->command_done[i] == 0 && (w->command[i].type != EV_ANSWER || w->client[w->command[i].x].answer_sent))
            answer_again(w, i);
}

void client_redrive(struct world *w, enum service s, int x)
{
    for (int part = 0; part < P; part++) {
        const struct state *st = &w->db.part[s][part].st;
        int64_t last = 0;
        for (int i = 0; i < st->n_parked; i++) {
            const struct rec *r = &st->parked[i].rec;
            if (r->case_id == last || (x >= 0 && r->x != x)) continue;
            last = r->case_id;
            bool waiting = false;
            for (int k = 0; k < w->n_commands; k++)
                waiting = waiting || (w->command_done[k] == 0 && w->command[k].type == EV_REDRIVE &&
                                      w->command[k].target == (int)s && w->command[k].stream.dst == part &&
                                      w->command[k].case_id == r->case_id);
            int id = waiting ? -1 : new_command(w, EV_REDRIVE, r->x, part, s);
            if (id < 0) continue;
            sim_trace(w, "redrive %d of case %d at service %d partition %d", id, sim_case(r->x), s, part);
            append_command(w, id);
            while (sim_chance(w, w->faults.copies)) append_command(w, id);
        }
    }
}

/* ---- timer index ---- */

static void claim(struct proc *p, int x)
{
    for (int i = 0; i < p->n_claimed; i++)
        if (p->claimed[i] == x) return;
    if (p->n_claimed < INDEX_MAX) p->claimed[p->n_claimed++] = x;
}

static void index_delete(struct index *ix, int x)
{
    for (int i = 0; i < ix->n; i++)
        if (ix->at[i].x == x) ix->at[i--] = ix->at[--ix->n];
}

static void index_put(struct index *ix, int x, int64_t due)
{
    index_delete(ix, x);
    if (ix->n < INDEX_MAX) {
        ix->at[ix->n].x = x;
        ix->at[ix->n++].due = due;
    }
}

/* From the index (punctual) and, once in a while, from the rows (sure). */
void timers_claim(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    if (p->service != SVC_B || p->time.held) return;
    for (int part = 0; part < P; part++) {
        if (proto_state(p->p, part) != PROTO_RUNNING) continue;
        const struct index *ix = &w->index[part];
        for (int k = 0; k < ix->n && sim_chance(w, 800); k++)
            if (ix->at[k].due <= p->time.now_ms) claim(p, ix->at[k].x);
        const struct state *st = &w->db.part[SVC_B][part].st;
        for (int x = 0; x < EVENTS && sim_chance(w, 950) && !MUTATED(NO_SWEEP); x++)
            if (st->timer[x].state == TIMER_ARMED && st->timer[x].due <= p->time.now_ms) claim(p, x);
    }
}

/* At assignment, from the rows. */
void timers_rebuild(struct world *w, int part)
{
    const struct state *st = &w->db.part[SVC_B][part].st;
    w->index[part].n = 0;
    for (int x = 0; x < EVENTS; x++)
        if (st->timer[x].state == TIMER_ARMED) index_put(&w->index[part], x, st->timer[x].due);
}

/* Redis is written after the commit, if the process lives so long; a zombie's epoch is refused. */
void timers_after_commit(struct world *w, int i, const struct txn *t)
{
    if (w->proc[i].service != SVC_B) return;
    for (int k = 0; k < t->n; k++) {
        const struct txn_part *part = &t->parts[k];
        struct index *ix = &w->index[part->part];
        if (ix->epoch != part->epoch || (!w->quiet && sim_chance(w, 150))) continue;
        for (int x = 0; x < EVENTS; x++) {
            if ((part->timers >> x & 1) == 0) continue;
            bool armed = part->st.timer[x].state == TIMER_ARMED;
            if (!armed && proto_timer_missed(true, armed) == PROTO_INDEX_DELETE)
                index_delete(ix, x);
            else
                index_put(ix, x, part->st.timer[x].due);
        }
    }
}

/* ---- bank ---- */

static void bank_execute(struct world *w, int x, int no)
{
    enum key_state *key = &w->bank.key[x][no];
    if (*key != KEY_NONE) return; /* the key has its answer for ever */
    if (no == 1 && w->refused_first[x]) {
        *key = KEY_REFUSED;
        return;
    }
    *key = KEY_PAID;
    sim_trace(w, "bank pays x%d under number %d", x, no);
    if (++w->bank.paid[x] > 1) sim_violation(w, "x%d paid twice", x);
}

void bank_land(struct world *w)
{
    if (w->bank.n_calls == 0) return;
    int k = sim_below(w, w->bank.n_calls);
    int x = w->bank.calls[k].x, no = w->bank.calls[k].no;
    w->bank.calls[k] = w->bank.calls[--w->bank.n_calls];
    bank_execute(w, x, no);
}

static enum proto_bank_answer key_answer(const struct world *w, int x, int no)
{
    switch (w->bank.key[x][no]) {
    case KEY_PAID: return PROTO_BANK_SETTLED;
    case KEY_REFUSED: return PROTO_BANK_REFUSED;
    case KEY_NONE: break;
    }
    return PROTO_BANK_NOT_FOUND;
}

/* A call (may linger on the way), or a query after silence. */
static enum proto_bank_answer bank_ask(struct world *w, int x, int no)
{
    int how = sim_below(w, w->quiet ? 2 : 4);
    if (how >= 2 && w->bank.n_calls < CALLS_MAX) {
        w->bank.calls[w->bank.n_calls].x = x;
        w->bank.calls[w->bank.n_calls++].no = no;
        return PROTO_BANK_SILENT;
    }
    if (how == 1) return key_answer(w, x, no);
    bank_execute(w, x, no);
    return sim_chance(w, 300) ? PROTO_BANK_SILENT : key_answer(w, x, no);
}

void bank_turn(struct world *w, int i)
{
    struct proc *p = &w->proc[i];
    if (p->service != SVC_C) return;
    for (int x = 0; x < EVENTS; x++) {
        int part = sim_home(x);
        const struct state *st = &w->db.part[SVC_C][part].st;
        if (proto_state(p->p, part) != PROTO_RUNNING || st->pay[x].state != PAY_INTENT || !sim_chance(w, 500)) continue;
        int no = st->pay[x].no;
        if (no > 5 || p->n_answers == CALLS_MAX) continue;
        enum proto_bank_verdict v = proto_bank(bank_ask(w, x, no));
        if (v != PROTO_PAY_SETTLED && v != PROTO_PAY_FAILED) continue;
        p->answers[p->n_answers].x = x;
        p->answers[p->n_answers].no = no;
        p->answers[p->n_answers++].verdict = (int)v;
    }
}
