/* One history: a stretch of chaos drawn from the seed, then quiet; whatever happened must be repaired by nobody. */
#include <stdio.h>
#include <string.h>

#include "world.h"

enum { CHAOS_STEPS = 700, QUIET_ROUNDS = 700, QUIET_ROUND_MS = 150, HOUR_MS = 3600000 };

/* ---- chaos ---- */

/* Each history has its own mixture: some faults often, some never. */
static int rate(struct world *w, int most) { return sim_chance(w, 450) ? 0 : sim_below(w, most + 1); }

static void draw_faults(struct world *w)
{
    w->faults = (struct faults){
        .kill = rate(w, 25),
        .pause = rate(w, 30),
        .rebalance = rate(w, 40),
        .lost_tail = rate(w, 30),
        .log_head = rate(w, 10),
        .fatal = rate(w, 20),
        .lost_link = rate(w, 120),
        .infra = rate(w, 80),
        .redis = rate(w, 15),
        .clock = rate(w, 25),
        .rebuild = rate(w, 4),
        .leap = rate(w, 6),
        .side = rate(w, 15),
        .copies = rate(w, 400),
        .drop_late = rate(w, 600),
        .redrive = rate(w, 30),
        .retain = rate(w, 900),
    };
    int poisons = sim_below(w, 5);
    for (int i = 0; i < poisons; i++) {
        uint32_t *row = sim_chance(w, 600) ? w->poison[sim_below(w, SERVICES)] : w->bad_sql[sim_below(w, SERVICES)];
        row[sim_below(w, EV_TYPES)] |= 1u << sim_below(w, EVENTS);
        row[EV_REGISTERED] |= sim_chance(w, 300) ? 1u << sim_below(w, EVENTS) : 0;
    }
    for (int x = 0; x < EVENTS; x++) w->refused_first[x] = sim_chance(w, 200);
}

static void rebalance(struct world *w)
{
    int s = sim_below(w, SERVICES), part = sim_below(w, P), to = s * 2 + sim_below(w, 2);
    if (!w->proc[to].alive) return;
    w->owner[s][part] = to;
    sim_trace(w, "FAULT service %d partition %d now belongs to P%d", s, part, to);
    if (sim_chance(w, 600)) proc_view(w, to); /* the new one hears first: two owners for a while */
}

static void give_away(struct world *w, int dead)
{
    int other = dead ^ 1;
    for (int k = 0; k < P; k++)
        if (w->owner[dead / 2][k] == dead) w->owner[dead / 2][k] = w->proc[other].alive ? other : -1;
}

static void revive(struct world *w, int i)
{
    proc_start(w, i);
    for (int k = 0; k < P; k++)
        if (w->owner[i / 2][k] < 0 || sim_chance(w, 300)) w->owner[i / 2][k] = i;
}

static void pause(struct world *w, int i)
{
    w->proc[i].paused_until = w->now + 500 + sim_below(w, 8000);
    sim_trace(w, "FAULT P%d paused", i);
    if (sim_chance(w, 700)) give_away(w, i);
}

static void lose_tail(struct world *w)
{
    enum topic t = (enum topic)(T_A + sim_below(w, TOPICS - T_A));
    if (MUTATED(INBOUND_NO_FLUSH) && sim_chance(w, 300)) t = sim_chance(w, 500) ? T_INBOUND : T_COMMAND;
    broker_lose_tail(w, t, sim_below(w, P), 1 + sim_below(w, 4));
}

static void lose_head(struct world *w)
{
    struct log *l = &w->broker.log[T_A + sim_below(w, TOPICS - T_A)][sim_below(w, P)];
    l->start += sim_below(w, (int)(l->end - l->start) + 1);
}

static void wipe_index(struct world *w)
{
    struct index *ix = &w->index[sim_below(w, P)];
    sim_trace(w, "FAULT index lost %s", sim_chance(w, 500) ? "all" : "its tail");
    ix->n = sim_chance(w, 500) ? 0 : sim_below(w, ix->n + 1);
}

/* Back by some seconds, forward by a minute and more for a moment, or right again. A process that starts under a
 * wrong clock has nothing to compare it with; so none does here. */
static void bend_clock(struct world *w, int i)
{
    static const int64_t offsets[] = {0, -4000, -15000, 2500, 90000};
    int64_t to = offsets[sim_below(w, 5)];
    if (to == 90000 && w->proc[i].clock_offset != 0) to = 0;
    w->proc[i].clock_offset = to;
    sim_trace(w, "FAULT clock of P%d is off by %ld ms", i, (long)to);
}

/* A jump is pulled back before it would be believed. */
static void straighten_clocks(struct world *w)
{
    for (int i = 0; i < PROCS; i++)
        if (w->proc[i].alive && w->proc[i].clock_offset == 90000 && sim_chance(w, 20)) w->proc[i].clock_offset = 0;
}

/* A weekend with one service down. */
static void leap(struct world *w)
{
    int s = sim_below(w, SERVICES);
    for (int i = s * 2; i < s * 2 + 2; i++)
        if (w->proc[i].alive) {
            proc_kill(w, i);
            give_away(w, i);
        }
    for (int i = 0; i < PROCS; i++)
        if (w->proc[i].alive && w->proc[i].clock_offset == 90000) w->proc[i].clock_offset = 0;
    w->now += (20 + sim_below(w, 45)) * (int64_t)HOUR_MS;
    sim_trace(w, "FAULT service %d was down over a weekend", s);
    if (sim_chance(w, 300)) broker_rebuild(w);
}

static int any_alive(struct world *w)
{
    int i = sim_below(w, PROCS);
    return w->proc[i].alive ? i : -1;
}

static void process_faults(struct world *w)
{
    int i = any_alive(w);
    if (i < 0) return;
    if (sim_chance(w, w->faults.kill)) {
        proc_kill(w, i);
        if (sim_chance(w, 700)) give_away(w, i);
        return;
    }
    if (sim_chance(w, w->faults.pause)) pause(w, i);
    if (sim_chance(w, w->faults.fatal)) w->proc[i].replace = true;
    if (sim_chance(w, w->faults.clock)) bend_clock(w, i);
}

static void world_faults(struct world *w)
{
    if (sim_chance(w, w->faults.rebalance)) rebalance(w);
    if (sim_chance(w, w->faults.lost_tail)) lose_tail(w);
    if (sim_chance(w, w->faults.log_head)) lose_head(w);
    if (sim_chance(w, w->faults.redis)) wipe_index(w);
    if (sim_chance(w, w->faults.rebuild)) broker_rebuild(w);
    if (sim_chance(w, w->faults.leap)) leap(w);
    if (sim_chance(w, w->faults.side)) db_side(w, (enum service)sim_below(w, SERVICES), sim_below(w, P));
    if (sim_chance(w, w->faults.redrive) && w->n_commands < COMMANDS / 3)
        client_redrive(w, (enum service)sim_below(w, SERVICES), -1);
    straighten_clocks(w);
}

/* Transactions and requests of the dead, calls still on their way. */
static void late_arrivals(struct world *w)
{
    if (w->n_orphan_txns > 0 && sim_chance(w, 200)) {
        int k = sim_below(w, w->n_orphan_txns);
        static struct txn t;
        t = w->orphan_txn[k];
        w->orphan_txn[k] = w->orphan_txn[--w->n_orphan_txns];
        if (sim_chance(w, 700)) {
            enum run r = db_run(w, &t);
            sim_trace(w, "late transaction of P%d: %s", t.proc, r == RUN_OK ? "committed" : "refused");
        }
    }
    if (sim_chance(w, 150)) broker_land_orphan(w);
    if (sim_chance(w, 100)) bank_land(w);
}

static void chaos_turn(struct world *w)
{
    static const int weights[TURNS] = {
        [TURN_ASSIGN] = 3, [TURN_BATCH] = 6, [TURN_COMMIT] = 7, [TURN_SEND] = 4, [TURN_LAND] = 8,
        [TURN_TICK] = 2,   [TURN_LOOK] = 2,  [TURN_TIMERS] = 2, [TURN_BANK] = 1};
    int i = any_alive(w);
    if (i < 0 || w->proc[i].paused_until > w->now) return;
    int pick = sim_below(w, 35), what = 0;
    while (pick >= weights[what]) pick -= weights[what++];
    proc_turn(w, i, what);
    if (sim_chance(w, 60)) proc_view(w, i);
}

static void chaos(struct world *w)
{
    for (int n = 0; n < CHAOS_STEPS && !sim_failed(w); n++) {
        w->steps++;
        w->now += sim_below(w, 90);
        client_turn(w);
        process_faults(w);
        world_faults(w);
        late_arrivals(w);
        for (int k = 0; k < 4 && !sim_failed(w); k++) chaos_turn(w);
        int dead = sim_below(w, PROCS);
        if (!w->proc[dead].alive && sim_chance(w, 30)) revive(w, dead);
    }
}

void history_calm(struct world *w, int steps)
{
    for (int i = 0; i < PROCS; i++)
        if (!w->proc[i].alive) revive(w, i);
    for (int n = 0; n < steps && !sim_failed(w); n++) {
        w->now += sim_below(w, 90);
        client_turn(w);
        for (int k = 0; k < 4 && !sim_failed(w); k++) chaos_turn(w);
    }
}

/* ---- what must hold in the end ---- */

/* Empty when all is done; else the first thing that lacks. */
static bool streams_done(struct world *w, char *lack, size_t size)
{
    for (int s = 0; s < STREAMS; s++)
        for (int by = 0; by < SERVICES; by++) {
            if (!stream_consumed_by(sim_stream_at(s), (enum service)by)) continue;
            for (int64_t q = 1; q <= w->db.stream[s].out_seq; q++)
                if (w->handled[by][s][q] == 0) {
                    snprintf(lack, size, "service %d never handled stream %d seq %ld (last_seq %ld)", by, s, (long)q,
                             (long)w->db.edge[by][s].last_seq);
                    return false;
                }
            if (w->db.edge[by][s].want != 0) {
                snprintf(lack, size, "service %d still wants stream %d seq %ld", by, s, (long)w->db.edge[by][s].want);
                return false;
            }
        }
    return true;
}

static bool event_done(struct world *w, int x, char *lack, size_t size)
{
    const struct client *c = &w->client[x];
    enum timer_state t = w->db.part[SVC_B][sim_home(x)].st.timer[x].state;
    if (w->registered[x] == 0) return snprintf(lack, size, "x%d was accepted and never registered", x), false;
    if (c->answer_at >= 0 && (!c->answer_sent || w->command_done[c->answer_id] == 0))
        return snprintf(lack, size, "the answer to x%d was never handled", x), false;
    if (t == TIMER_NONE || t == TIMER_ARMED || t == TIMER_FIRING)
        return snprintf(lack, size, "timer of x%d never came to an end (state %d)", x, t), false;
    if (w->settled[x] == 0) return snprintf(lack, size, "x%d never settled", x), false;
    return true;
}

static bool healthy(struct world *w, char *lack, size_t size)
{
    for (int i = 0; i < PROCS; i++) {
        struct proto_health h;
        proto_health(w->proc[i].p, w->now, &h);
        if (h.ready && h.wants == 0 && h.parked_cases == 0 && h.stopped < 0) continue;
        snprintf(lack, size, "P%d is not ready: %d of %d running, %d wants, %ld parked", i, h.running, h.given, h.wants,
                 (long)h.parked_cases);
        return false;
    }
    return true;
}

static bool all_done(struct world *w, char *lack, size_t size)
{
    for (int s = 0; s < SERVICES; s++)
        for (int k = 0; k < P; k++)
            if (w->db.part[s][k].st.n_parked > 0)
                return snprintf(lack, size, "service %d partition %d still has parked rows", s, k), false;
    for (int x = 0; x < EVENTS; x++)
        if (!event_done(w, x, lack, size)) return false;
    return streams_done(w, lack, size) && healthy(w, lack, size);
}

static void judge_event(struct world *w, int x)
{
    const struct client *c = &w->client[x];
    const struct part_db *d = &w->db.part[SVC_B][sim_home(x)];
    enum timer_state t = d->st.timer[x].state;
    bool in_time = c->answer_at >= 0 && c->accepted_ms <= d->st.timer[x].due;
    if (in_time && t == TIMER_FIRED) sim_violation(w, "x%d answered in time, yet its miss stands", x);
    if (!in_time && t != TIMER_FIRED) sim_violation(w, "x%d not answered in time, yet no miss (state %d)", x, t);
    if ((t == TIMER_MET) != (w->missed[x] == 0)) sim_violation(w, "x%d: state %d, missed %d times", x, t, w->missed[x]);
    if (w->bank.paid[x] != 1) sim_violation(w, "x%d paid %d times", x, w->bank.paid[x]);
}

/* ---- quiet ---- */

static void settle(struct world *w)
{
    w->quiet = true;
    struct faults none = {.drop_late = 300};
    w->faults = none;
    memset(w->poison, 0, sizeof w->poison);
    memset(w->bad_sql, 0, sizeof w->bad_sql);
    for (int i = 0; i < PROCS; i++) {
        if (!w->proc[i].alive) revive(w, i);
        w->proc[i].paused_until = 0;
        w->proc[i].clock_offset = 0;
    }
    for (int s = 0; s < SERVICES; s++)
        for (int k = 0; k < P; k++)
            if (w->owner[s][k] < 0) w->owner[s][k] = s * 2;
    sim_trace(w, "---- quiet ----");
}

static void quiet_round(struct world *w, int round)
{
    static const int turns[] = {TURN_ASSIGN, TURN_ASSIGN, TURN_BATCH, TURN_COMMIT, TURN_COMMIT, TURN_SEND, TURN_TICK};
    w->steps++;
    w->now += QUIET_ROUND_MS;
    client_turn(w);
    for (int k = 0; k < 10; k++) late_arrivals(w);
    if (round % 15 == 0)
        for (int s = 0; s < SERVICES; s++) client_redrive(w, (enum service)s, -1);
    for (int i = 0; i < PROCS && !sim_failed(w); i++) {
        proc_view(w, i);
        for (size_t k = 0; k < sizeof turns / sizeof *turns && !sim_failed(w); k++) proc_turn(w, i, turns[k]);
        for (int k = 0; k < 30 && w->proc[i].producer.n > 0 && !sim_failed(w); k++) proc_turn(w, i, TURN_LAND);
        if (round % 4 == 0) proc_turn(w, i, TURN_TIMERS);
        if (round % 4 == 1) proc_turn(w, i, TURN_BANK);
        proc_turn(w, i, TURN_LOOK);
        proc_turn(w, i, TURN_COMMIT);
    }
}

void history_run(struct world *w, uint64_t seed)
{
    world_reset(w, seed);
    draw_faults(w);
    for (int i = 0; i < PROCS; i++)
        if (i % 2 == 0 || sim_chance(w, 700)) revive(w, i);
    chaos(w);
    if (sim_failed(w)) return;
    settle(w);
    char lack[200] = "";
    for (int n = 0; n < QUIET_ROUNDS && !sim_failed(w); n++) {
        quiet_round(w, n);
        if (n % 8 == 7 && all_done(w, lack, sizeof lack)) {
            for (int x = 0; x < EVENTS; x++) judge_event(w, x);
            return;
        }
    }
    sim_violation(w, "no convergence: %s", lack);
}
