/* Duties that recur (SL-1): each period is counted from the last fulfilment, or from the end of the period before where
 * that was missed, and is a version of its own with its warning and its miss. A case knows the last period that was
 * missed until its duty is done, so that a fulfilment in time which is read late still annuls it (SL-3). */
#include "sla/limits.h"
#include "sla/run.h"

/* As the miss left it: what an end or an annulment tells of. */
static struct limit as_missed(const struct limit *l)
{
    struct limit missed = *l;
    missed.ver = l->missed->ver;
    missed.due_ms = l->missed->due_ms;
    return missed;
}

/* The period before this one: annulled, or done too late. */
static void settle_missed(struct run *r, struct limit *l)
{
    struct limit missed = as_missed(l);
    if (r->at_ms > missed.due_ms) {
        run_tell_ended(r, &missed, r->at_ms);
    } else {
        run_annul(r, &missed);
        l->misses = missed.misses;
    }
    l->missed = NULL;
}

/* Every period that had passed by then was missed, whichever of their timers have been read. */
static void miss_what_passed(struct run *r, struct limit *l)
{
    while (l->state == LIMIT_STATE_ARMED && r->at_ms > l->due_ms && r->s->out->reason == NULL) {
        run_breach(r, l, false);
        recur_after_miss(r, l);
    }
}

/* A fulfilment from before the period that is owed says nothing new. Of a duty that has ended only a miss that was none
 * is still of interest. */
void recur_fulfil(struct run *r, struct limit *l)
{
    const struct policy_limit *def = r->defs[l - r->limits];
    if (r->at_ms < (l->missed != NULL ? l->missed->start_ms : l->start_ms)) return;
    if (!limits_is_open(l)) {
        if (l->missed != NULL && r->at_ms <= l->missed->due_ms)
            settle_missed(r, l);
        else
            run_remember(r, def);
        return;
    }
    miss_what_passed(r, l);
    if (!limits_is_open(l)) return;
    if (l->missed != NULL) {
        settle_missed(r, l);
        run_cancel(r, l, "restarted");
    } else {
        run_answer(r, l, r->at_ms);
    }
    run_again(r, def, l, &(struct run_period){.start_ms = r->at_ms});
}

void recur_take_back(struct run *r, struct limit *l)
{
    const struct missed_period *missed = l->missed;
    if (!limits_is_open(l)) return;
    settle_missed(r, l);
    run_cancel(r, l, "restarted");
    run_again(r, r->defs[l - r->limits], l, &(struct run_period){missed->start_ms, missed->n_pauses, missed->pauses});
}

/* The due is the last instant of the period; the next one counts from the same date. */
void recur_after_miss(struct run *r, struct limit *l)
{
    const struct policy_limit *def = policy_limit(r->s->policy, l->code);
    if (def == NULL || !limits_recurs(def)) return;
    struct missed_period *missed = ARENA_NEW(r->s->out->arena, struct missed_period);
    *missed = (struct missed_period){
        .ver = l->ver, .start_ms = l->start_ms, .due_ms = l->due_ms, .n_pauses = l->n_pauses, .pauses = l->pauses};
    r->defs[l - r->limits] = def;
    l->missed = missed;
    run_again(r, def, l, &(struct run_period){.start_ms = l->due_ms - 1});
}
