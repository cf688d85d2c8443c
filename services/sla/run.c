#include "sla/run.h"

#include <string.h>

#include "sla/limits.h"

/* Clocks of hosts differ: an early answer this much before its question is still an answer to it. */
enum { SKEW_MS = 60 * 1000 };

struct run run_begin(struct step *s)
{
    struct sla_state *next = s->next;
    struct limit *limits = ARENA_ARRAY(s->out->arena, struct limit, next->n_limits + s->policy->n_limits);
    for (int i = 0; i < next->n_limits; i++) limits[i] = next->limits[i];
    next->limits = limits;
    return (struct run){.s = s, .next = next, .limits = limits, .at_ms = s->in->at_ms, .event = s->in->type};
}

enum verdict run_end(struct run *r)
{
    if (r->s->out->reason != NULL) return VERDICT_BROKEN;
    if (r->noted && r->s->out->n_outputs == 0) {
        struct ev_sla_noted *out = decision_emit(r->s->out, EV_SLA_NOTED);
        *out = (struct ev_sla_noted){.event = event_name(r->event), .at_ms = r->at_ms};
    }
    if (r->s->out->n_outputs == 0) return VERDICT_IGNORED;
    if (r->next->status == SLA_STATUS_NONE) r->next->status = SLA_STATUS_RUNNING;
    return VERDICT_DONE;
}

struct limit *run_find(struct run *r, const char *code)
{
    for (int i = 0; i < r->next->n_limits; i++) {
        if (strcmp(r->limits[i].code, code) == 0) return &r->limits[i];
    }
    return NULL;
}

static bool count(struct run *r, const struct policy_limit *def, struct limit *l)
{
    enum calendar_err err = limits_count(r->s->policy, def, l);
    if (err == CALENDAR_OK) return true;
    step_broken(r->s, calendar_err_name(err));
    return false;
}

/* ---- what is told ---- */

static const struct limit *snapshot(struct run *r, const struct limit *l)
{
    struct limit *copy = ARENA_NEW(r->s->out->arena, struct limit);
    *copy = *l;
    return copy;
}

static void tell_armed(struct run *r, const struct limit *l, bool restarted)
{
    struct ev_sla_armed *out = decision_emit(r->s->out, EV_SLA_ARMED);
    *out = (struct ev_sla_armed){.limit = snapshot(r, l), .restarted = restarted};
}

static void breach(struct run *r, struct limit *l, bool history)
{
    int64_t now = r->s->in->now_ms;
    l->has_misses = true;
    l->misses++;
    r->next->misses++;
    l->state = LIMIT_STATE_MISSED;
    l->has_fired_ms = true;
    l->fired_ms = now;
    struct ev_sla_breached *out = decision_emit(r->s->out, EV_SLA_BREACHED);
    *out = (struct ev_sla_breached){.code = l->code,
                                    .ver = l->ver,
                                    .round = l->misses,
                                    .due_ms = l->due_ms,
                                    .fired_ms = now,
                                    .late_ms = now > l->due_ms ? now - l->due_ms : 0,
                                    .history = history};
}

static void tell_ended(struct run *r, struct limit *l, int64_t at_ms)
{
    limits_end(l, LIMIT_STATE_MISSED, at_ms);
    struct ev_sla_ended *out = decision_emit(r->s->out, EV_SLA_ENDED);
    *out = (struct ev_sla_ended){
        .code = l->code, .ver = l->ver, .due_ms = l->due_ms, .at_ms = at_ms, .late_ms = at_ms - l->due_ms};
}

/* SL-3: the miss is withdrawn; what a round counts goes back by one. */
static void annul(struct run *r, struct limit *l)
{
    l->misses--;
    r->next->misses--;
    struct ev_sla_annulled *out = decision_emit(r->s->out, EV_SLA_ANNULLED);
    *out = (struct ev_sla_annulled){.code = l->code, .ver = l->ver, .due_ms = l->due_ms, .at_ms = r->at_ms};
}

/* An answer to an open limit: in time, or late and then a miss first. */
static void answer(struct run *r, struct limit *l, int64_t at_ms)
{
    if (l->state == LIMIT_STATE_ARMED && at_ms > l->due_ms) {
        breach(r, l, r->next->scope != NULL && r->next->scope->history);
        tell_ended(r, l, at_ms);
        return;
    }
    limits_end(l, LIMIT_STATE_MET, at_ms);
    struct ev_sla_met *out = decision_emit(r->s->out, EV_SLA_MET);
    *out = (struct ev_sla_met){.code = l->code, .ver = l->ver, .due_ms = l->due_ms, .at_ms = at_ms};
}

/* ---- start ---- */

static struct limit *entry_for(struct run *r, const char *code)
{
    struct limit *l = run_find(r, code);
    if (l == NULL) {
        l = &r->limits[r->next->n_limits++];
        *l = (struct limit){.code = code};
    }
    return l;
}

/* Takes the early answers of a limit out of the state; the earliest that can belong to this start, or 0. */
static int64_t take_early(struct run *r, const char *code, int64_t start_ms)
{
    struct sla_state *n = r->next;
    struct early_stop *rest = ARENA_ARRAY(r->s->out->arena, struct early_stop, n->n_early_stops + 1);
    int kept = 0;
    int64_t at = 0;
    for (int i = 0; i < n->n_early_stops; i++) {
        const struct early_stop *e = &n->early_stops[i];
        if (strcmp(e->code, code) != 0)
            rest[kept++] = *e;
        else if (e->at_ms >= start_ms - SKEW_MS && (at == 0 || e->at_ms < at))
            at = e->at_ms;
    }
    n->early_stops = rest;
    n->n_early_stops = kept;
    return at;
}

static const struct open_pause *held_by(const struct run *r, const struct policy_limit *def)
{
    for (int i = 0; i < r->next->n_open_pauses; i++) {
        enum event_type event = EV_NONE;
        const struct open_pause *p = &r->next->open_pauses[i];
        if (event_parse_name(p->event, &event) && limits_has(def, POLICY_PAUSE, event)) return p;
    }
    return NULL;
}

static void run_anew(struct run *r, const struct policy_limit *def, struct limit *l, bool restarted)
{
    bool history = r->next->scope != NULL && r->next->scope->history;
    if (!count(r, def, l)) return;
    if (held_by(r, def) != NULL) {
        l->state = LIMIT_STATE_PAUSED;
        l->has_paused_ms = true;
        l->paused_ms = l->start_ms;
    }
    int64_t early = take_early(r, l->code, l->start_ms);
    bool past = l->state == LIMIT_STATE_ARMED && history && l->due_ms <= r->s->in->now_ms;
    if (l->due_ms <= r->s->in->now_ms) l->has_warn_ms = false;
    tell_armed(r, l, restarted);
    if (early != 0)
        answer(r, l, early);
    else if (past)
        breach(r, l, true);
}

void run_start(struct run *r, const struct policy_limit *def, int64_t start_ms)
{
    const struct limit *old = run_find(r, def->def->code);
    bool stands = old != NULL && (limits_is_open(old) || (old->state == LIMIT_STATE_MISSED && !old->has_ended_ms));
    /* A correction starts what never ran; it does not repeat what did. */
    if (old != NULL && r->event == EV_INTAKE_RECLASSIFIED) return;
    if (old != NULL && limits_is_open(old) && !def->def->restart) return;
    if (old != NULL && limits_is_open(old)) run_cancel(r, run_find(r, def->def->code), "restarted");
    struct limit *l = entry_for(r, def->def->code);
    *l = (struct limit){.code = def->def->code,
                        .ver = l->ver + 1,
                        .state = LIMIT_STATE_ARMED,
                        .start_ms = start_ms,
                        .start_id = r->s->in->id,
                        .has_misses = l->has_misses,
                        .misses = l->misses};
    if (r->next->status != SLA_STATUS_ENDED) {
        run_anew(r, def, l, stands);
    } else if (count(r, def, l)) {
        run_cancel(r, l, "case_closed");
    }
}

void run_revive(struct run *r, struct limit *l)
{
    const struct policy_limit *def = policy_limit(r->s->policy, l->code);
    if (def == NULL) return;
    *l = (struct limit){.code = l->code,
                        .ver = l->ver + 1,
                        .state = LIMIT_STATE_ARMED,
                        .start_ms = l->start_ms,
                        .start_id = r->s->in->id,
                        .has_misses = l->has_misses,
                        .misses = l->misses};
    run_anew(r, def, l, false);
}

/* ---- stop and cancel ---- */

static void remember_early(struct run *r, const struct policy_limit *def)
{
    struct sla_state *n = r->next;
    struct early_stop *all = ARENA_ARRAY(r->s->out->arena, struct early_stop, n->n_early_stops + 1);
    for (int i = 0; i < n->n_early_stops; i++) all[i] = n->early_stops[i];
    all[n->n_early_stops++] = (struct early_stop){.code = def->def->code, .at_ms = r->at_ms, .event_id = r->s->in->id};
    n->early_stops = all;
    r->noted = true;
}

void run_stop(struct run *r, const struct policy_limit *def)
{
    struct limit *l = run_find(r, def->def->code);
    if (l != NULL && limits_is_open(l)) {
        answer(r, l, r->at_ms);
    } else if (l != NULL && l->state == LIMIT_STATE_MISSED && r->at_ms <= l->due_ms) {
        annul(r, l);
        limits_end(l, LIMIT_STATE_ANNULLED, r->at_ms);
    } else if (l != NULL && l->state == LIMIT_STATE_MISSED && !l->has_ended_ms) {
        tell_ended(r, l, r->at_ms);
    } else if (limits_may_be_early(def, r->event) && r->next->status != SLA_STATUS_ENDED) {
        remember_early(r, def);
    }
}

void run_cancel(struct run *r, struct limit *l, const char *reason)
{
    limits_end(l, LIMIT_STATE_CANCELLED, r->at_ms);
    struct ev_sla_cancelled *out = decision_emit(r->s->out, EV_SLA_CANCELLED);
    *out = (struct ev_sla_cancelled){.code = l->code, .ver = l->ver, .reason = reason};
}

/* ---- pause and resume ---- */

/* A pause accepted before the due also undoes a miss that was fired before the pause was read (SL-3). */
void run_pause(struct run *r, const struct policy_limit *def)
{
    struct limit *l = run_find(r, def->def->code);
    if (l == NULL || r->at_ms >= l->due_ms) return;
    bool fired = l->state == LIMIT_STATE_MISSED && !l->has_ended_ms;
    if (l->state != LIMIT_STATE_ARMED && !fired) return;
    if (fired) annul(r, l);
    l->state = LIMIT_STATE_PAUSED;
    l->has_paused_ms = true;
    l->paused_ms = r->at_ms > l->start_ms ? r->at_ms : l->start_ms;
    l->has_fired_ms = false;
    struct ev_sla_paused *out = decision_emit(r->s->out, EV_SLA_PAUSED);
    *out = (struct ev_sla_paused){.code = l->code, .ver = l->ver, .at_ms = l->paused_ms};
}

void run_resume(struct run *r, const struct policy_limit *def)
{
    struct limit *l = run_find(r, def->def->code);
    if (l == NULL || l->state != LIMIT_STATE_PAUSED || held_by(r, def) != NULL) return;
    struct pause *pauses = ARENA_ARRAY(r->s->out->arena, struct pause, l->n_pauses + 1);
    for (int i = 0; i < l->n_pauses; i++) pauses[i] = l->pauses[i];
    pauses[l->n_pauses++] =
        (struct pause){.from_ms = l->paused_ms, .until_ms = r->at_ms > l->paused_ms ? r->at_ms : l->paused_ms};
    l->pauses = pauses;
    l->has_paused_ms = false;
    l->ver++;
    l->state = LIMIT_STATE_ARMED;
    if (!count(r, def, l)) return;
    if (l->has_warned_ms || l->due_ms <= r->s->in->now_ms) l->has_warn_ms = false;
    struct ev_sla_resumed *out = decision_emit(r->s->out, EV_SLA_RESUMED);
    out->limit = snapshot(r, l);
}

/* ---- the passage of time ---- */

void run_warn(struct run *r, struct limit *l)
{
    l->has_warned_ms = true;
    l->warned_ms = r->s->in->now_ms;
    struct ev_sla_warned *out = decision_emit(r->s->out, EV_SLA_WARNED);
    *out = (struct ev_sla_warned){
        .code = l->code, .ver = l->ver, .due_ms = l->due_ms, .warn_ms = l->warn_ms, .fired_ms = l->warned_ms};
}

void run_miss(struct run *r, struct limit *l) { breach(r, l, false); }
