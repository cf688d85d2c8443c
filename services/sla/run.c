#include "sla/run.h"

#include <string.h>

#include "sla/limits.h"

const struct policy *run_rules(const struct run *r, const struct limit *l)
{
    return policy_of(r->s->policy, l->has_revision ? l->revision : 0);
}

const char *run_region(const struct run *r) { return r->next->scope != NULL ? r->next->scope->region : NULL; }

/* What one event mostly begins; more makes room. Room for all limits of the policy would be 10 KB a step. */
enum { ROOM_AHEAD = 4 };

struct run run_begin(struct step *s)
{
    struct sla_state *next = s->next;
    struct run r = {.s = s, .next = next, .at_ms = s->in->at_ms, .event = s->in->type};
    r.room = next->n_limits + ROOM_AHEAD;
    r.limits = ARENA_ARRAY(s->out->arena, struct limit, r.room);
    r.defs = ARENA_ARRAY(s->out->arena, const struct policy_limit *, r.room);
    for (int i = 0; i < next->n_limits; i++) {
        r.limits[i] = next->limits[i];
        r.defs[i] = policy_limit(run_rules(&r, &r.limits[i]), r.limits[i].code);
    }
    next->limits = r.limits;
    return r;
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

bool run_count(struct run *r, const struct policy *rules, const struct policy_limit *def, struct limit *l)
{
    enum calendar_err err = limits_count(rules, run_region(r), def, l, r->s->out->arena);
    if (err == CALENDAR_OK) return true;
    step_broken(r->s, calendar_err_name(err));
    return false;
}

/* ---- what is told ---- */

const struct limit *run_snapshot(struct run *r, const struct limit *l)
{
    struct limit *copy = ARENA_NEW(r->s->out->arena, struct limit);
    *copy = *l;
    copy->n_missed = 0;
    return copy;
}

static void tell_armed(struct run *r, const struct limit *l, bool restarted)
{
    struct ev_sla_armed *out = decision_emit(r->s->out, EV_SLA_ARMED);
    *out = (struct ev_sla_armed){.limit = run_snapshot(r, l), .restarted = restarted};
}

void run_breach(struct run *r, struct limit *l, bool history)
{
    int64_t now = r->s->in->now_ms, rules = run_rules(r, l)->revision;
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
                                    .history = history,
                                    .has_revision = rules > 1,
                                    .revision = rules > 1 ? rules : 0};
}

void run_tell_ended(struct run *r, const struct limit *l, int64_t at_ms)
{
    struct ev_sla_ended *out = decision_emit(r->s->out, EV_SLA_ENDED);
    *out = (struct ev_sla_ended){
        .code = l->code, .ver = l->ver, .due_ms = l->due_ms, .at_ms = at_ms, .late_ms = at_ms - l->due_ms};
}

/* What reminds again of a limit goes with what it reminds of. */
static void cancel_repeats(struct run *r, const char *code, const char *reason)
{
    for (int i = 0; i < r->next->n_limits; i++) {
        struct limit *l = &r->limits[i];
        bool of_it = policy_repeat(l->code, NULL) > 0 && policy_same_limit(l->code, code);
        if (of_it && limits_is_open(l)) run_cancel(r, l, reason);
    }
}

/* What a round counts goes back by one. */
void run_annul(struct run *r, struct limit *l)
{
    l->misses--;
    r->next->misses--;
    struct ev_sla_annulled *out = decision_emit(r->s->out, EV_SLA_ANNULLED);
    *out = (struct ev_sla_annulled){.code = l->code, .ver = l->ver, .due_ms = l->due_ms, .at_ms = r->at_ms};
    cancel_repeats(r, l->code, "annulled");
}

static void end_missed(struct run *r, struct limit *l, int64_t at_ms)
{
    limits_end(l, LIMIT_STATE_MISSED, at_ms);
    run_tell_ended(r, l, at_ms);
}

void run_answer(struct run *r, struct limit *l, int64_t at_ms)
{
    if (l->state == LIMIT_STATE_ARMED && at_ms > l->due_ms) {
        run_breach(r, l, r->next->scope != NULL && r->next->scope->history);
        end_missed(r, l, at_ms);
        return;
    }
    limits_end(l, LIMIT_STATE_MET, at_ms);
    struct ev_sla_met *out = decision_emit(r->s->out, EV_SLA_MET);
    *out = (struct ev_sla_met){.code = l->code, .ver = l->ver, .due_ms = l->due_ms, .at_ms = at_ms};
}

/* ---- start ---- */

static void make_room(struct run *r)
{
    struct arena *a = r->s->out->arena;
    struct limit *limits = ARENA_ARRAY(a, struct limit, 2 * r->room + 1);
    const struct policy_limit **defs = ARENA_ARRAY(a, const struct policy_limit *, 2 * r->room + 1);
    for (int i = 0; i < r->next->n_limits; i++) {
        limits[i] = r->limits[i];
        defs[i] = r->defs[i];
    }
    r->room = 2 * r->room + 1;
    r->limits = limits;
    r->next->limits = limits;
    r->defs = defs;
}

/* The case's limit of that code, new if it has none; its rules are today's from now on. */
static struct limit *entry_for(struct run *r, const char *code, const struct policy_limit *def)
{
    struct limit *l = run_find(r, code);
    if (l == NULL) {
        if (r->next->n_limits == r->room) make_room(r);
        l = &r->limits[r->next->n_limits++];
        *l = (struct limit){.code = code};
    }
    r->defs[l - r->limits] = def;
    return l;
}

static void run_anew(struct run *r, const struct policy_limit *def, struct limit *l, bool restarted)
{
    bool history = r->next->scope != NULL && r->next->scope->history;
    /* Nobody was reminded of a duty before the case came here. */
    if (history && limits_recurs(def) && l->start_ms < r->s->in->now_ms) l->start_ms = r->s->in->now_ms;
    if (!run_count(r, r->s->policy, def, l)) return;
    const struct open_pause *held = pause_held_by(r, def);
    if (held != NULL && held->at_ms < l->due_ms) {
        l->state = LIMIT_STATE_PAUSED;
        l->has_paused_ms = true;
        l->paused_ms = held->at_ms > l->start_ms ? held->at_ms : l->start_ms;
    }
    int64_t early = limits_recurs(def) ? 0 : run_take_early(r, l->code, l->start_ms);
    bool past = l->state == LIMIT_STATE_ARMED && history && l->due_ms <= r->s->in->now_ms;
    if (l->due_ms <= r->s->in->now_ms) l->has_warn_ms = false;
    tell_armed(r, l, restarted);
    if (early != 0)
        run_answer(r, l, early);
    else if (past)
        run_breach(r, l, true);
}

/* A run begins; what a former one of the limit leaves is how often it was missed. */
static void renew(struct run *r, struct limit *l, int64_t start_ms)
{
    *l = (struct limit){.code = l->code,
                        .ver = l->ver + 1,
                        .state = LIMIT_STATE_ARMED,
                        .start_ms = start_ms,
                        .start_id = r->s->in->id,
                        .has_misses = l->has_misses,
                        .misses = l->misses,
                        .has_promised_ms = l->has_promised_ms,
                        .promised_ms = l->promised_ms};
}

void run_again(struct run *r, const struct policy_limit *def, struct limit *l, const struct run_period *period)
{
    const struct limit before = *l;
    renew(r, l, period->start_ms);
    l->n_missed = before.n_missed;
    l->missed = before.missed;
    if (r->event == EV_SLA_TIMER_FIRED)
        l->start_id = before.start_id; /* a timer is no event that anybody could look up */
    l->n_pauses = period->n_pauses;
    l->pauses = period->pauses;
    run_anew(r, def, l, false);
}

/* ES-1: reminded again while the answer is missing. The first slip is a miss of the limit itself, each further one a
 * miss of its next repeat, which begins when the one before has fired. */
static void repeat(struct run *r, const struct limit *missed)
{
    size_t n;
    int nth = policy_repeat(missed->code, &n) + 1;
    const struct policy_limit *def = policy_limit(r->s->policy, missed->code);
    if (def == NULL || def->def->repeat == NULL || nth > def->def->repeat->times) return;
    const char *code = arena_printf(r->s->out->arena, "%.*s#again%d", (int)n, missed->code, nth);
    struct limit *l = entry_for(r, code, def);
    renew(r, l, r->s->in->now_ms);
    l->start_id = missed->start_id; /* as in run_again */
    run_anew(r, def, l, false);
}

void run_start(struct run *r, const struct policy_limit *def, const struct run_begin *begin)
{
    struct limit *old = run_find(r, begin->code);
    bool stands = old != NULL && (limits_is_open(old) || (old->state == LIMIT_STATE_MISSED && !old->has_ended_ms));
    /* A correction starts what never ran; it does not repeat what did. */
    if (old != NULL && r->event == EV_INTAKE_RECLASSIFIED) return;
    if (old != NULL && limits_is_open(old) && !def->def->restart) return;
    if (old != NULL && limits_is_open(old)) run_cancel(r, old, "restarted");
    cancel_repeats(r, begin->code, "restarted");
    struct limit *l = entry_for(r, begin->code, def);
    l->has_promised_ms = begin->dated;
    l->promised_ms = begin->dated ? begin->promised_ms : 0;
    struct early_recurrence early =
        limits_recurs(def) ? run_take_early_of(r, begin->code, begin->start_ms) : (struct early_recurrence){0};
    renew(r, l, early.done_ms > begin->start_ms ? early.done_ms : begin->start_ms);
    if (r->next->status != SLA_STATUS_ENDED || def->def->outlives) {
        run_anew(r, def, l, stands);
        if (early.cancelled && limits_is_open(l)) run_cancel(r, l, "cancelled_before");
    } else if (run_count(r, r->s->policy, def, l)) {
        run_close(r, l);
    }
}

void run_revive(struct run *r, struct limit *l)
{
    const struct policy_limit *def = policy_limit(r->s->policy, l->code);
    if (def == NULL) return;
    renew(r, l, l->start_ms);
    run_anew(r, def, l, false);
}

/* ---- stop and cancel ---- */

void run_stop(struct run *r, struct limit *l)
{
    if (limits_recurs(r->defs[l - r->limits])) {
        recur_fulfil(r, l);
    } else if (limits_is_open(l) && policy_repeat(l->code, NULL) > 0) {
        run_cancel(r, l, "answered");
    } else if (limits_is_open(l)) {
        run_answer(r, l, r->at_ms);
    } else if (l->state == LIMIT_STATE_MISSED && r->at_ms <= l->due_ms) {
        run_annul(r, l);
        limits_end(l, LIMIT_STATE_ANNULLED, r->at_ms);
    } else if (l->state == LIMIT_STATE_MISSED && !l->has_ended_ms) {
        end_missed(r, l, r->at_ms);
    } else if (policy_repeat(l->code, NULL) == 0) {
        run_remember(r, r->defs[l - r->limits]);
    }
}

void run_cancel(struct run *r, struct limit *l, const char *reason)
{
    limits_end(l, LIMIT_STATE_CANCELLED, r->at_ms);
    struct ev_sla_cancelled *out = decision_emit(r->s->out, EV_SLA_CANCELLED);
    *out = (struct ev_sla_cancelled){.code = l->code, .ver = l->ver, .reason = reason};
}

void run_close(struct run *r, struct limit *l)
{
    run_cancel(r, l, "case_closed");
    l->waits = l->start_ms >= r->next->closed_ms;
}

/* ---- the passage of time ---- */

void run_warn(struct run *r, struct limit *l)
{
    l->has_warned_ms = true;
    l->warned_ms = r->s->in->now_ms;
    struct ev_sla_warned *out = decision_emit(r->s->out, EV_SLA_WARNED);
    *out = (struct ev_sla_warned){.code = l->code,
                                  .ver = l->ver,
                                  .due_ms = l->due_ms,
                                  .warn_ms = l->warn_ms,
                                  .fired_ms = l->warned_ms,
                                  .late_ms = l->warned_ms > l->warn_ms ? l->warned_ms - l->warn_ms : 0};
}

void run_miss(struct run *r, struct limit *l)
{
    const struct policy_limit *def = r->defs[l - r->limits];
    run_breach(r, l, false);
    if (def != NULL && limits_recurs(def))
        recur_after_miss(r, l);
    else
        repeat(r, l);
}

/* ---- a change of the policy ---- */

/* What a year's publication settles is told also where it moves nothing: the date is certain now. */
static bool same_times(const struct run *r, const struct limit *a, const struct limit *b)
{
    if (a->due_ms != b->due_ms || a->provisional != b->provisional) return false;
    if (a->has_warned_ms || a->due_ms <= r->s->in->now_ms) return true; /* no warning is to come */
    return a->has_warn_ms == b->has_warn_ms && (!a->has_warn_ms || a->warn_ms == b->warn_ms);
}

void run_reschedule(struct run *r, struct limit *l)
{
    const struct policy_limit *def = r->defs[l - r->limits];
    const struct limit old = *l;
    if (def == NULL) {
        run_cancel(r, l, "not_in_policy");
        return;
    }
    if (!run_count(r, run_rules(r, l), def, l)) return;
    if (same_times(r, &old, l)) {
        *l = old;
        return;
    }
    if (l->has_warned_ms || l->due_ms <= r->s->in->now_ms) l->has_warn_ms = false;
    l->ver++;
    struct ev_sla_rescheduled *out = decision_emit(r->s->out, EV_SLA_RESCHEDULED);
    *out = (struct ev_sla_rescheduled){
        .limit = run_snapshot(r, l), .old_due_ms = old.due_ms, .old_revision = old.has_revision ? old.revision : 1};
}

/* One that stands still is counted when it goes on; it has stood still since its pause, not since then. */
void run_begin_earlier(struct run *r, struct limit *l, int64_t start_ms)
{
    l->start_ms = start_ms;
    if (l->state == LIMIT_STATE_ARMED) run_reschedule(r, l);
}
