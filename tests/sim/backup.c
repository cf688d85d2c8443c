/* A backup of the database is put back while the broker kept its log: numbers would be given twice. */
#include "world.h"

static int64_t own_out_seq(const struct world *w, int s, int part)
{
    return w->db.stream[s * P + part].out_seq; /* own streams come first */
}

static void check(struct world *w, int i, int part)
{
    const struct proc *p = &w->proc[i];
    enum proto_state is = proto_state(p->p, part);
    int64_t last = broker_last_seq(w, (enum topic)(T_A + p->service), part), out_seq = own_out_seq(w, p->service, part);
    struct proto_health h;
    proto_health(p->p, w->now, &h);
    if (is != (last > out_seq ? PROTO_STOPPED : PROTO_RUNNING))
        sim_violation(w, "restored: service %d partition %d is %d, log at %ld, database at %ld", p->service, part, is,
                      (long)last, (long)out_seq);
    if (is == PROTO_STOPPED && (h.ready || h.stopped < 0)) sim_violation(w, "restored: P%d does not say so", i);
}

void backup_run(struct world *w, uint64_t seed)
{
    static struct db backup;
    world_reset(w, seed);
    history_calm(w, 200);
    backup = w->db;
    history_calm(w, sim_below(w, 300));
    for (int i = 0; i < PROCS; i++) proc_kill(w, i);
    w->n_orphan_txns = w->orphans.n = 0;
    w->db = backup;
    w->restored = true;
    for (int i = 0; i < PROCS; i++) {
        proc_start(w, i);
        proc_view(w, i);
        for (int k = 0; k < 2 * P; k++) proc_turn(w, i, TURN_ASSIGN);
    }
    for (int i = 0; i < PROCS && !sim_failed(w); i++)
        for (int k = 0; k < P; k++)
            if (w->proc[i].view[k]) check(w, i, k);
}
