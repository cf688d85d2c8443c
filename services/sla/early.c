/* Topics may be read in any order: answers read before their question (sla.h). */
#include <string.h>

#include "sla/limits.h"
#include "sla/run.h"

/* Clocks of hosts differ: an early answer this much before its question is still an answer to it. */
enum { SKEW_MS = 60 * 1000 };

static void remember(struct run *r, const struct policy_limit *def, bool cancels)
{
    if (def->def->date != NULL || !limits_may_be_early(def, r->event) || r->next->status == SLA_STATUS_ENDED) return;
    struct sla_state *n = r->next;
    struct early_stop *all = ARENA_ARRAY(r->s->out->arena, struct early_stop, n->n_early_stops + 1);
    for (int i = 0; i < n->n_early_stops; i++) all[i] = n->early_stops[i];
    all[n->n_early_stops++] =
        (struct early_stop){.code = def->def->code, .at_ms = r->at_ms, .event_id = r->s->in->id, .cancels = cancels};
    n->early_stops = all;
    r->noted = true;
}

void run_remember(struct run *r, const struct policy_limit *def) { remember(r, def, false); }

void run_remember_end(struct run *r, const struct policy_limit *def) { remember(r, def, true); }

struct found {
    int64_t first, last; /* answers that can belong to the start; 0 = none */
    bool cancelled;
};

static struct found take(struct run *r, const char *code, int64_t start_ms)
{
    struct sla_state *n = r->next;
    struct early_stop *rest = ARENA_ARRAY(r->s->out->arena, struct early_stop, n->n_early_stops + 1);
    struct found f = {0};
    int kept = 0;
    for (int i = 0; i < n->n_early_stops; i++) {
        const struct early_stop *e = &n->early_stops[i];
        bool its = strcmp(e->code, code) == 0, since = e->at_ms >= start_ms - SKEW_MS;
        if (!its) rest[kept++] = *e;
        if (!its || !since) continue;
        f.cancelled |= e->cancels;
        if (!e->cancels && (f.first == 0 || e->at_ms < f.first)) f.first = e->at_ms;
        if (!e->cancels && e->at_ms > f.last) f.last = e->at_ms;
    }
    n->early_stops = rest;
    n->n_early_stops = kept;
    return f;
}

int64_t run_take_early(struct run *r, const char *code, int64_t start_ms) { return take(r, code, start_ms).first; }

struct early_recurrence run_take_early_of(struct run *r, const char *code, int64_t start_ms)
{
    struct found f = take(r, code, start_ms);
    return (struct early_recurrence){.done_ms = f.last, .cancelled = f.cancelled};
}

bool run_answered_since(const struct run *r, const struct policy_limit *def, int64_t start_ms)
{
    const struct policy_events *stops = &def->edges[POLICY_STOP];
    for (int i = 0; i < r->next->n_limits; i++) {
        const struct policy_events *starts = r->defs[i] != NULL ? &r->defs[i]->edges[POLICY_START] : NULL;
        bool answers =
            starts != NULL && r->limits[i].start_ms >= start_ms && policy_repeat(r->limits[i].code, NULL) == 0;
        for (int k = 0; answers && k < starts->n; k++) {
            bool stop = false;
            for (int m = 0; m < stops->n; m++) stop |= stops->types[m] == starts->types[k];
            answers = stop;
        }
        if (answers) return true;
    }
    return false;
}
