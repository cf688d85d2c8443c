/* What can happen to the limits of one case within one step (sla.h). Pure; used by decide.c only. */
#ifndef REDRESS_SLA_RUN_H
#define REDRESS_SLA_RUN_H

#include "policy/policy.h"
#include "sla/sla.h"

/* One input being applied. The limits are a writable copy. */
struct run {
    struct step *s;
    struct sla_state *next;
    struct limit *limits;             /* == next->limits */
    const struct policy_limit **defs; /* of each: by the revision of the policy it runs under; NULL = not in it */
    int room;                         /* how many limits fit */
    int64_t at_ms;                    /* when what the input tells of took place; mostly when it was accepted */
    enum event_type event;
    bool noted; /* the state changed without a limit to tell of */
};

struct run run_begin(struct step *s);
/* DONE, with sla.noted when the state changed and no limit told of it; BROKEN when a calendar could not count. */
enum verdict run_end(struct run *r);

/* Of the case; NULL = not known (yet). */
const char *run_region(const struct run *r);
/* By whose rules a limit runs (SL-6). */
const struct policy *run_rules(const struct run *r, const struct limit *l);
/* Its due and warning, counted anew; false: the step is broken. */
bool run_count(struct run *r, const struct policy *rules, const struct policy_limit *def, struct limit *l);
/* As it is now, for an event. */
const struct limit *run_snapshot(struct run *r, const struct limit *l);

/* A limit that an event starts. */
struct run_begin {
    const char *code; /* the definition's, with the date's name where there may be several */
    int64_t start_ms;
    bool dated; /* its due is a date promised (SL-7) */
    int64_t promised_ms;
};

/* NULL when the case never had that limit. */
struct limit *run_find(struct run *r, const char *code);
/* By today's policy. */
void run_start(struct run *r, const struct policy_limit *def, const struct run_begin *begin);
void run_stop(struct run *r, struct limit *l);
/* An answer without a limit: kept when the question may be read later (not for promised dates, see below). */
void run_remember(struct run *r, const struct policy_limit *def);
/* The end of a duty that recurs, likewise: it may be read before its beginning. */
void run_remember_end(struct run *r, const struct policy_limit *def);
/* Takes the early answers of a limit out of the state; the earliest that can belong to this start, or 0. */
int64_t run_take_early(struct run *r, const char *code, int64_t start_ms);
/* The same for a duty that recurs. */
struct early_recurrence {
    int64_t done_ms; /* the last time, or 0 */
    bool cancelled;
};
struct early_recurrence run_take_early_of(struct run *r, const char *code, int64_t start_ms);
/* For a promised date: whether an answer to it has been read that came since, as far as other limits tell: one
 * that only its answers start. Few promises are made, so the answers to none are not remembered one by one. */
bool run_answered_since(const struct run *r, const struct policy_limit *def, int64_t start_ms);
void run_cancel(struct run *r, struct limit *l, const char *reason);
/* An answer to an open limit: in time, or late and then a miss first. */
void run_answer(struct run *r, struct limit *l, int64_t at_ms);
void run_breach(struct run *r, struct limit *l, bool history);
/* Tells that a miss was answered at last, or that it was none (SL-3): one less is counted. */
void run_tell_ended(struct run *r, const struct limit *l, int64_t at_ms);
void run_annul(struct run *r, struct limit *l);
struct run_period {
    int64_t start_ms;
    int n_pauses; /* that have ended */
    const struct pause *pauses;
};
/* The next period of a limit: a version of its own. What was missed before stays known. */
void run_again(struct run *r, const struct policy_limit *def, struct limit *l, const struct run_period *period);
/* By the end of the case. One that began no earlier than the end waits for the reopening it belongs to. */
void run_close(struct run *r, struct limit *l);
/* Counts a running limit anew by the rules and the calendar it runs under now (SL-6); told only when its due or
 * warning moves, or is no more provisional. */
void run_reschedule(struct run *r, struct limit *l);
/* An open limit turns out to have begun earlier. */
void run_begin_earlier(struct run *r, struct limit *l, int64_t start_ms);
void run_warn(struct run *r, struct limit *l);
/* Also begins its next period where the duty recurs (SL-1), its next repeat where the policy reminds again (ES-1). */
void run_miss(struct run *r, struct limit *l);
/* A limit that was cancelled runs after all, from its own start: one that belongs to a reopening read later, or that
 * applies again. */
void run_revive(struct run *r, struct limit *l);

/* ---- what stands still (pause.c) ---- */

/* What has held such a limit the longest; NULL = nothing. */
const struct open_pause *pause_held_by(const struct run *r, const struct policy_limit *def);
/* The event of the step begins to hold limits, or ends what did. */
void pause_open(struct run *r);
void pause_close(struct run *r);
void run_pause(struct run *r, struct limit *l);
void run_resume(struct run *r, struct limit *l);

/* ---- duties that recur (SL-1, recur.c) ---- */

/* A stop event of such a limit: the duty is done, its next period begins. */
void recur_fulfil(struct run *r, struct limit *l);
/* Its period has been missed: the next one begins where it ended. */
void recur_after_miss(struct run *r, struct limit *l);
/* The case stands still since the time of the event: periods that were missed since are owed again. */
void recur_take_back(struct run *r, struct limit *l);

#endif
