/* Dates given to the customer (SL-7): a new one under the same name replaces the one before, both are on record; the
 * limits they become are sla's. See steps.h. */
#include <string.h>

#include "calendar/calendar.h"
#include "intake/steps.h"

enum { PROMISES_MOST = 16, NAME_BYTES = 32 };

/* The time fixed for the whole case is kept by its result, whoever says so. */
static const char handling[] = "handling";

static bool is_name(const char *s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t n = strlen(s);
    return n > 0 && n <= NAME_BYTES && strspn(s, allowed) == n;
}

static const struct promise *find(const struct intake_state *state, const char *name)
{
    for (int i = 0; i < state->n_promises; i++) {
        if (strcmp(state->promises[i].promise, name) == 0) return &state->promises[i];
    }
    return NULL;
}

/* The promises without that one, and with the other when it is given. */
static void replace(struct step *s, const char *name, const struct promise *with)
{
    const struct intake_state *state = s->state;
    struct intake_state *next = s->next;
    struct promise *all = ARENA_ARRAY(s->out->arena, struct promise, state->n_promises + 1);
    next->n_promises = 0;
    for (int i = 0; i < state->n_promises; i++) {
        if (strcmp(state->promises[i].promise, name) != 0) all[next->n_promises++] = state->promises[i];
    }
    if (with != NULL) all[next->n_promises++] = *with;
    next->promises = all;
}

/* PR-3: a milestone leads to a promise of the case, and lies no later. */
static const char *impossible_milestone(const struct intake_state *state, const struct calendar *c,
                                        const struct ev_command_promise *in)
{
    if (in->of == NULL) return NULL;
    const struct promise *goal = find(state, in->of);
    if (goal == NULL || goal->of != NULL || strcmp(in->of, in->promise) == 0) return "no_such_promise";
    return calendar_date_of(c, in->due_ms) > calendar_date_of(c, goal->due_ms) ? "after_the_promise" : NULL;
}

const char *intake_date_fault(const struct step *s, int64_t due_ms)
{
    const struct intake_state *state = s->state;
    const struct calendar *c = policy_calendar(s->policy, state->brief->region);
    struct calendar_day day;
    if (calendar_day_at(c, calendar_date_of(c, due_ms), &day) != CALENDAR_OK) return "date_out_of_range";
    return calendar_date_of(c, due_ms) < calendar_date_of(c, s->in->at_ms) ? "date_in_the_past" : NULL;
}

/* NULL, or why no limit could come of it. */
static const char *impossible(const struct step *s, const struct ev_command_promise *in)
{
    const struct intake_state *state = s->state;
    const struct calendar *c = policy_calendar(s->policy, state->brief->region);
    const struct promise *old = find(state, in->promise);
    const char *fault = intake_date_fault(s, in->due_ms);
    if (!is_name(in->promise)) return "not_a_name";
    if (fault != NULL) return fault;
    if (old == NULL && state->n_promises == PROMISES_MOST) return "too_many_promises";
    if (old != NULL && (old->of == NULL) != (in->of == NULL)) return "name_is_taken";
    if (strcmp(in->promise, handling) == 0 && in->of != NULL) return "name_is_taken";
    return impossible_milestone(state, c, in);
}

static void tell_date(struct step *s, const struct ev_command_promise *in)
{
    intake_tell(s, &(struct ev_intake_customer_notified){
                       .kind = NOTICE_KIND_PROMISED, .has_due_ms = true, .due_ms = in->due_ms, .comment = in->text});
}

static void tell_promised(struct step *s, const struct ev_command_promise *in, const struct promise *old)
{
    bool replaces = old != NULL;
    int64_t replaced_ms = replaces ? old->due_ms : 0;
    if (in->of != NULL) {
        struct ev_intake_milestone_set *e = decision_emit(s->out, EV_INTAKE_MILESTONE_SET);
        *e = (struct ev_intake_milestone_set){.milestone = in->promise,
                                              .of = in->of,
                                              .due_ms = in->due_ms,
                                              .has_replaces_ms = replaces,
                                              .replaces_ms = replaced_ms,
                                              .by = in->actor->id,
                                              .text = in->text};
    } else if (strcmp(in->promise, handling) == 0) {
        struct ev_intake_handling_time_fixed *e = decision_emit(s->out, EV_INTAKE_HANDLING_TIME_FIXED);
        *e = (struct ev_intake_handling_time_fixed){.due_ms = in->due_ms,
                                                    .has_replaces_ms = replaces,
                                                    .replaces_ms = replaced_ms,
                                                    .by = in->actor->id,
                                                    .text = in->text};
    } else {
        struct ev_intake_promised *e = decision_emit(s->out, EV_INTAKE_PROMISED);
        *e = (struct ev_intake_promised){.promise = in->promise,
                                         .due_ms = in->due_ms,
                                         .has_replaces_ms = replaces,
                                         .replaces_ms = replaced_ms,
                                         .by = in->actor->id,
                                         .text = in->text};
    }
}

enum verdict intake_on_promise(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_promise *in = s->in->data;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "SL-7", "not_the_named_handler", state->handler_id);
    const char *why = impossible(s, in);
    if (why != NULL) return step_refuse(s, in->of != NULL ? "PR-3" : "SL-7", why, NULL);
    tell_promised(s, in, find(state, in->promise));
    if (in->of == NULL) tell_date(s, in);
    replace(s, in->promise, &(struct promise){.promise = in->promise, .due_ms = in->due_ms, .of = in->of});
    return VERDICT_DONE;
}

static void tell_reached(struct step *s, const struct promise *milestone)
{
    const struct ev_command_keep_promise *in = s->in->data;
    struct ev_intake_milestone_reached *e = decision_emit(s->out, EV_INTAKE_MILESTONE_REACHED);
    *e = (struct ev_intake_milestone_reached){.milestone = milestone->promise,
                                              .of = milestone->of,
                                              .due_ms = milestone->due_ms,
                                              .by = in->actor->id,
                                              .note = in->note};
}

/* Whoever keeps a promise has come past its milestones. */
static void keep(struct step *s, const struct promise *kept)
{
    const struct intake_state *state = s->state;
    const struct ev_command_keep_promise *in = s->in->data;
    struct intake_state *next = s->next;
    struct promise *rest = ARENA_ARRAY(s->out->arena, struct promise, state->n_promises);
    next->n_promises = 0;
    for (int i = 0; i < state->n_promises; i++) {
        const struct promise *p = &state->promises[i];
        bool on_its_way = p->of != NULL && strcmp(p->of, kept->promise) == 0;
        if (on_its_way) tell_reached(s, p);
        if (!on_its_way && p != kept) rest[next->n_promises++] = *p;
    }
    next->promises = rest;
    struct ev_intake_promise_kept *e = decision_emit(s->out, EV_INTAKE_PROMISE_KEPT);
    *e = (struct ev_intake_promise_kept){
        .promise = kept->promise, .due_ms = kept->due_ms, .by = in->actor->id, .note = in->note};
}

enum verdict intake_on_keep_promise(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_keep_promise *in = s->in->data;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "SL-7", "not_the_named_handler", state->handler_id);
    const struct promise *kept = find(state, in->promise);
    if (kept == NULL) return step_refuse(s, "SL-7", "no_such_promise", in->promise);
    if (strcmp(in->promise, handling) == 0) return step_refuse(s, "SL-7", "kept_by_the_result", NULL);
    if (kept->of == NULL) {
        keep(s, kept);
    } else {
        tell_reached(s, kept);
        replace(s, in->promise, NULL);
    }
    return VERDICT_DONE;
}
