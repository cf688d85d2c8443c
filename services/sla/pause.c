/* What makes limits stand still and go on (SL-2). An event that pauses is open until one that resumes from it, so that
 * overlapping pauses count once, and a limit that begins meanwhile stands still from its beginning. */
#include <string.h>

#include "sla/limits.h"
#include "sla/run.h"

const struct open_pause *pause_held_by(const struct run *r, const struct policy_limit *def)
{
    const struct open_pause *first = NULL;
    for (int i = 0; i < r->next->n_open_pauses; i++) {
        enum event_type event = EV_NONE;
        const struct open_pause *p = &r->next->open_pauses[i];
        bool holds = event_parse_name(p->event, &event) && limits_has(def, POLICY_PAUSE, event);
        if (holds && (first == NULL || p->at_ms < first->at_ms)) first = p;
    }
    return first;
}

/* What pauses and what resumes stand in pairs, by their place in the policy. */
static bool is_pair(const struct policy_limit *def, enum event_type pausing, enum event_type resuming)
{
    const struct policy_events *pauses = &def->edges[POLICY_PAUSE], *resumes = &def->edges[POLICY_RESUME];
    for (int i = 0; i < pauses->n && i < resumes->n; i++) {
        if (pauses->types[i] == pausing && resumes->types[i] == resuming) return true;
    }
    return false;
}

void pause_close(struct run *r)
{
    struct sla_state *n = r->next;
    struct open_pause *rest = ARENA_ARRAY(r->s->out->arena, struct open_pause, n->n_open_pauses + 1);
    int kept = 0;
    for (int i = 0; i < n->n_open_pauses; i++) {
        enum event_type pausing = EV_NONE;
        bool ends = false;
        event_parse_name(n->open_pauses[i].event, &pausing);
        for (int k = 0; k < r->s->policy->n_limits; k++) ends |= is_pair(&r->s->policy->limits[k], pausing, r->event);
        for (int k = 0; k < n->n_limits; k++) ends |= r->defs[k] != NULL && is_pair(r->defs[k], pausing, r->event);
        if (!ends) rest[kept++] = n->open_pauses[i];
    }
    r->noted |= kept < n->n_open_pauses;
    n->open_pauses = rest;
    n->n_open_pauses = kept;
}

void pause_open(struct run *r)
{
    struct sla_state *n = r->next;
    const char *name = event_name(r->event);
    for (int i = 0; i < n->n_open_pauses; i++) {
        if (strcmp(n->open_pauses[i].event, name) == 0) return;
    }
    struct open_pause *all = ARENA_ARRAY(r->s->out->arena, struct open_pause, n->n_open_pauses + 1);
    for (int i = 0; i < n->n_open_pauses; i++) all[i] = n->open_pauses[i];
    all[n->n_open_pauses++] = (struct open_pause){.event = name, .at_ms = r->at_ms};
    n->open_pauses = all;
    r->noted = true;
}

/* A pause accepted before the due also undoes a miss that was fired before the pause was read (SL-3). */
void run_pause(struct run *r, struct limit *l)
{
    recur_take_back(r, l);
    if (r->at_ms >= l->due_ms) return;
    bool fired = l->state == LIMIT_STATE_MISSED && !l->has_ended_ms;
    if (l->state != LIMIT_STATE_ARMED && !fired) return;
    if (fired) run_annul(r, l);
    l->state = LIMIT_STATE_PAUSED;
    l->has_paused_ms = true;
    l->paused_ms = r->at_ms > l->start_ms ? r->at_ms : l->start_ms;
    l->has_fired_ms = false;
    struct ev_sla_paused *out = decision_emit(r->s->out, EV_SLA_PAUSED);
    *out = (struct ev_sla_paused){.code = l->code, .ver = l->ver, .at_ms = l->paused_ms};
}

void run_resume(struct run *r, struct limit *l)
{
    const struct policy_limit *def = r->defs[l - r->limits];
    if (l->state != LIMIT_STATE_PAUSED || pause_held_by(r, def) != NULL) return;
    struct pause *pauses = ARENA_ARRAY(r->s->out->arena, struct pause, l->n_pauses + 1);
    for (int i = 0; i < l->n_pauses; i++) pauses[i] = l->pauses[i];
    pauses[l->n_pauses++] =
        (struct pause){.from_ms = l->paused_ms, .until_ms = r->at_ms > l->paused_ms ? r->at_ms : l->paused_ms};
    l->pauses = pauses;
    l->has_paused_ms = false;
    l->ver++;
    l->state = LIMIT_STATE_ARMED;
    if (!run_count(r, run_rules(r, l), def, l)) return;
    if (l->has_warned_ms || l->due_ms <= r->s->in->now_ms) l->has_warn_ms = false;
    struct ev_sla_resumed *out = decision_emit(r->s->out, EV_SLA_RESUMED);
    out->limit = run_snapshot(r, l);
}
