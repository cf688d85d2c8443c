/* Duties that recur (SL-1): each period is counted from the last fulfilment, or from the end of the period before where
 * that was missed, and is a version of its own with its warning and its miss. A case knows every period missed since
 * its duty was done last: each is answered for when it is done at last, and a fulfilment that is read late still annuls
 * those that had not passed by then (SL-3). */
#include "sla/limits.h"
#include "sla/run.h"

/* How many of the missed periods had passed by the time of the event. */
static int passed(const struct run *r, const struct limit *l)
{
    int n = 0;
    while (n < l->n_missed && r->at_ms > l->missed[n].due_ms) n++;
    return n;
}

/* As the miss left it: what an end or an annulment tells of. */
static struct limit as_missed(const struct limit *l, int i)
{
    struct limit missed = *l;
    missed.ver = l->missed[i].ver;
    missed.due_ms = l->missed[i].due_ms;
    return missed;
}

/* From the i-th on they were none. */
static void annul_from(struct run *r, struct limit *l, int i)
{
    for (int k = i; k < l->n_missed; k++) {
        struct limit missed = as_missed(l, k);
        run_annul(r, &missed);
        l->misses = missed.misses;
    }
    l->n_missed = i;
}

/* The duty is done: too late for those that had passed. */
static void settle_missed(struct run *r, struct limit *l)
{
    int late = passed(r, l);
    for (int i = 0; i < late; i++) {
        struct limit missed = as_missed(l, i);
        run_tell_ended(r, &missed, r->at_ms);
    }
    annul_from(r, l, late);
    l->n_missed = 0;
}

/* Every period that had passed by then was missed, whichever of their timers have been read. */
static void miss_what_passed(struct run *r, struct limit *l)
{
    while (l->state == LIMIT_STATE_ARMED && r->at_ms > l->due_ms && r->s->out->reason == NULL) {
        run_breach(r, l, false);
        recur_after_miss(r, l);
    }
}

/* Of a duty that has ended only a miss that was none is still of interest; one that is not in the policy any more is
 * answered for. */
static void fulfil_after(struct run *r, struct limit *l)
{
    bool standing = l->state == LIMIT_STATE_MISSED && !l->has_ended_ms;
    if (!standing && passed(r, l) == l->n_missed) {
        run_remember(r, r->defs[l - r->limits]);
        return;
    }
    settle_missed(r, l);
    if (standing) limits_end(l, LIMIT_STATE_MISSED, r->at_ms);
}

/* A fulfilment from before the first period that is owed says nothing new. */
void recur_fulfil(struct run *r, struct limit *l)
{
    if (r->at_ms < (l->n_missed > 0 ? l->missed[0].start_ms : l->start_ms)) return;
    if (limits_is_open(l)) miss_what_passed(r, l);
    if (!limits_is_open(l)) {
        fulfil_after(r, l);
        return;
    }
    if (l->n_missed > 0) {
        settle_missed(r, l);
        run_cancel(r, l, "restarted");
    } else {
        run_answer(r, l, r->at_ms);
    }
    run_again(r, r->defs[l - r->limits], l, &(struct run_period){.start_ms = r->at_ms});
}

void recur_take_back(struct run *r, struct limit *l)
{
    int i = 0;
    while (i < l->n_missed && r->at_ms >= l->missed[i].due_ms) i++;
    if (i == l->n_missed || !limits_is_open(l)) return;
    const struct missed_period *first = &l->missed[i];
    annul_from(r, l, i);
    run_cancel(r, l, "restarted");
    run_again(r, r->defs[l - r->limits], l, &(struct run_period){first->start_ms, first->n_pauses, first->pauses});
}

/* The due is the last instant of the period; the next one counts from the same date. */
void recur_after_miss(struct run *r, struct limit *l)
{
    const struct policy_limit *def = policy_limit(r->s->policy, l->code);
    struct missed_period *all = ARENA_ARRAY(r->s->out->arena, struct missed_period, l->n_missed + 1);
    for (int i = 0; i < l->n_missed; i++) all[i] = l->missed[i];
    all[l->n_missed++] = (struct missed_period){
        .ver = l->ver, .start_ms = l->start_ms, .due_ms = l->due_ms, .n_pauses = l->n_pauses, .pauses = l->pauses};
    l->missed = all;
    if (def == NULL || !limits_recurs(def)) return;
    r->defs[l - r->limits] = def;
    run_again(r, def, l, &(struct run_period){.start_ms = l->due_ms - 1});
}
