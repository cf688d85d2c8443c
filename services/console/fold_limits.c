/* What the events of limits and timers mean for the read model (SL-2, SL-3, SL-6). */
#include "console/fold_rows.h"
#include "policy/policy.h"

static struct fold_limit *limit_of(struct fold *f, const struct fold_input *in, const char *code)
{
    bool fresh;
    struct fold_key k = {.number = in->case_id,
                         .text = code,
                         .size = sizeof(struct fold_limit),
                         .text_at = offsetof(struct fold_limit, code)};
    struct fold_limit *l = fold_list_row(f, &f->limits, &k, &fresh);
    if (fresh)
        *l = (struct fold_limit){.case_id = in->case_id,
                                 .code = code,
                                 .ver = FOLD_NONE,
                                 .start_ms = FOLD_NONE,
                                 .due_ms = FOLD_NONE,
                                 .warn_ms = FOLD_NONE,
                                 .warned_ms = FOLD_NONE,
                                 .fired_ms = FOLD_NONE,
                                 .ended_ms = FOLD_NONE,
                                 .late_ms = FOLD_NONE};
    return l;
}

/* By the rules of the revision it runs under (SL-6). */
static bool is_ours(const struct fold *f, const char *code, int64_t revision)
{
    const struct policy_limit *l = f->policy == NULL ? NULL : policy_limit(policy_then(f->policy, revision), code);
    return l == NULL || l->def->on_miss != ON_MISS_NONE;
}

void fold_on_armed(struct fold *f, const struct fold_input *in)
{
    const struct limit *x = ((const struct ev_sla_armed *)in->data)->limit;
    struct fold_limit *l = limit_of(f, in, x->code);
    l->armed = true;
    l->ours = is_ours(f, x->code, x->revision);
    l->ver = x->ver;
    l->state = limit_state_name(x->state);
    l->start_ms = x->start_ms;
    l->due_ms = x->due_ms;
    l->warn_ms = x->has_warn_ms ? x->warn_ms : FOLD_NONE;
    l->warned_ms = l->fired_ms = l->ended_ms = l->late_ms = FOLD_NONE;
}

static void end_limit(struct fold *f, const struct fold_input *in, const char *code, const char *state, int64_t at_ms)
{
    struct fold_limit *l = limit_of(f, in, code);
    l->state = state;
    l->ended_ms = at_ms;
}

void fold_on_met(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_met *e = in->data;
    end_limit(f, in, e->code, "met", e->at_ms);
}

void fold_on_ended(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_ended *e = in->data;
    end_limit(f, in, e->code, "missed", e->at_ms);
    limit_of(f, in, e->code)->late_ms = e->late_ms;
}

void fold_on_annulled(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_annulled *e = in->data;
    end_limit(f, in, e->code, "annulled", e->at_ms);
}

void fold_on_cancelled(struct fold *f, const struct fold_input *in)
{
    end_limit(f, in, ((const struct ev_sla_cancelled *)in->data)->code, "cancelled", in->at_ms);
}

void fold_on_paused(struct fold *f, const struct fold_input *in)
{
    limit_of(f, in, ((const struct ev_sla_paused *)in->data)->code)->state = "paused";
}

/* The run goes on under a new version. */
static void go_on(struct fold *f, const struct fold_input *in, const struct limit *x)
{
    if (x == NULL) return; /* nothing is running */
    struct fold_limit *l = limit_of(f, in, x->code);
    l->state = "armed";
    l->ver = x->ver;
    l->due_ms = x->due_ms;
    l->warn_ms = x->has_warn_ms ? x->warn_ms : FOLD_NONE;
}

void fold_on_resumed(struct fold *f, const struct fold_input *in)
{
    go_on(f, in, ((const struct ev_sla_resumed *)in->data)->limit);
}

void fold_on_rescheduled(struct fold *f, const struct fold_input *in)
{
    go_on(f, in, ((const struct ev_sla_rescheduled *)in->data)->limit);
}

void fold_on_warned(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_warned *e = in->data;
    limit_of(f, in, e->code)->warned_ms = e->fired_ms;
}

void fold_on_breached(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_breached *e = in->data;
    struct fold_limit *l = limit_of(f, in, e->code);
    l->state = "missed";
    l->ver = e->ver;
    l->due_ms = e->due_ms;
    l->fired_ms = e->fired_ms;
    l->late_ms = e->late_ms;
    l->misses++;
    if (!is_ours(f, e->code, e->revision)) return;
    fold_view_of(f, in)->missed++;
    f->missed++;
}

/* ---- alarms ---- */

static void add_alarm(struct fold *f, const struct fold_alarm *a)
{
    *(struct fold_alarm *)fold_list_add(f, &f->alarms, sizeof(*a)) = *a;
}

void fold_on_alarm_raised(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_alarm_raised *e = in->data;
    add_alarm(f, &(struct fold_alarm){.partition = e->partition,
                                      .kind = timer_alarm_name(e->kind),
                                      .since_ms = e->since_ms,
                                      .ended_ms = FOLD_NONE,
                                      .late_ms = e->has_late_ms ? e->late_ms : FOLD_NONE});
}

void fold_on_alarm_ended(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_alarm_ended *e = in->data;
    add_alarm(f, &(struct fold_alarm){.partition = e->partition,
                                      .kind = timer_alarm_name(e->kind),
                                      .since_ms = e->since_ms,
                                      .ended_ms = e->ended_ms,
                                      .late_ms = e->has_late_ms ? e->late_ms : FOLD_NONE});
}
