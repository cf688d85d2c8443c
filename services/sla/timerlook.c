/* A second's look at the index: is it there, and what it should be? One partition a call, so that what falls due
 * meanwhile waits for one answer of Redis and not for all. */
#include "base/log.h"
#include "sla/timers.h"

void timers_look_begin(struct timers *t, bool compare)
{
    t->look = (struct look){.left = t->n_parts + 1, .compare = compare};
    t->looks++;
}

/* The index is asked once a second at least, so that a loss is found out: of a partition that did not ask it since the
 * last look; of one in turn, for leases that ended; and of all that follow when one was found away. */
static void ask(struct timers *t, int part, bool in_turn, int64_t now_ms)
{
    struct part *p = &t->parts[part];
    if (!p->mine) return;
    timers_acknowledge(t, part);
    if (p->index == INDEX_OFF) timers_assign_index(t, part);
    if (p->index == INDEX_WHOLE && (in_turn || !p->asked || t->look.away))
        timers_index_said(t, part, ts_reclaim(t->ts, part, now_ms, NULL));
    t->look.away = t->look.away || p->index == INDEX_OFF;
    p->asked = false;
}

void timers_look(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    struct look *l = &t->look;
    if (l->left == 0) return;
    int done = t->n_parts + 1 - l->left--;
    if (done < t->n_parts) {
        ask(t, (int)((done + t->looks) % t->n_parts), done == 0, now_ms);
        return;
    }
    struct err e = ERR_INIT;
    arena_reset(&t->arena);
    if (l->compare && !timers_compare(h, now_ms, &e)) log_err(LOG_WARN, "comparing timers with their index", &e);
    timers_watch(h, now_ms);
}
