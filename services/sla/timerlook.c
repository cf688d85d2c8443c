/* A second's look: the sweep of the rows, which is what guarantees firing, and whether the index is there, and what it
 * should be. One partition a call, so that what falls due meanwhile waits for its answers and not for those of all. */
#include "base/log.h"
#include "sla/timers.h"

/* The partition whose turn it is after `done` others. */
static int in_turn(const struct timers *t, int done) { return (int)((done + t->looks) % t->n_parts); }

static void sweep(struct host *h, const int64_t *parts, int n, int64_t now_ms)
{
    struct timers *t = h->adapter;
    struct err e = ERR_INIT;
    if (n == 0 || timers_sweep(h, parts, n, now_ms, &e)) return;
    log_err(LOG_WARN, "the sweep of timers", &e);
    t->look.compare = false;
}

/* What the last second's look did not come to is swept at once. */
static void catch_up(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    int64_t *parts = ARENA_ARRAY(&t->arena, int64_t, t->n_parts);
    int n = 0;
    for (int done = t->n_parts + 1 - t->look.left; done < t->n_parts; done++)
        if (t->parts[in_turn(t, done)].mine) parts[n++] = in_turn(t, done);
    sweep(h, parts, n, now_ms);
    if (t->look.left > 0) timers_watch(h, now_ms);
}

void timers_look_begin(struct host *h, int64_t now_ms)
{
    struct timers *t = h->adapter;
    catch_up(h, now_ms);
    t->look = (struct look){.left = t->n_parts + 1, .compare = true};
    t->looks++;
}

/* The index is asked once a second at least, so that a loss is found out: of a partition that did not ask it since the
 * last look; of one in turn, for leases that ended; and of all that follow when one was found away. */
static void ask(struct timers *t, int part, bool first, int64_t now_ms)
{
    struct part *p = &t->parts[part];
    if (!p->mine) return;
    timers_acknowledge(t, part);
    if (p->index == INDEX_OFF) timers_assign_index(t, part);
    if (p->index == INDEX_WHOLE && (first || !p->asked || t->look.away))
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
    arena_reset(&t->arena);
    if (done < t->n_parts) {
        int64_t part = in_turn(t, done);
        if (t->parts[part].mine) sweep(h, &part, 1, now_ms);
        ask(t, (int)part, done == 0, now_ms);
        return;
    }
    struct err e = ERR_INIT;
    if (l->compare && !timers_compare(h, now_ms, &e)) log_err(LOG_WARN, "comparing timers with their index", &e);
    timers_watch(h, now_ms);
}
