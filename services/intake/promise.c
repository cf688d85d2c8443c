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

/* NULL, or why no limit could come of it. */
static const char *impossible(const struct step *s, const struct ev_command_promise *in)
{
    const struct intake_state *state = s->state;
    const struct calendar *c = policy_calendar(s->policy, state->brief->region);
    struct calendar_day day;
    if (!is_name(in->promise)) return "not_a_name";
    if (calendar_day_at(c, calendar_date_of(c, in->due_ms), &day) != CALENDAR_OK) return "date_out_of_range";
    if (calendar_date_of(c, in->due_ms) < calendar_date_of(c, s->in->at_ms)) return "date_in_the_past";
    if (find(state, in->promise) == NULL && state->n_promises == PROMISES_MOST) return "too_many_promises";
    return NULL;
}

enum verdict intake_on_promise(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_promise *in = s->in->data;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "SL-7", "not_the_named_handler", state->handler_id);
    const char *why = impossible(s, in);
    if (why != NULL) return step_refuse(s, "SL-7", why, NULL);
    const struct promise *old = find(state, in->promise);
    if (strcmp(in->promise, handling) == 0) {
        struct ev_intake_handling_time_fixed *e = decision_emit(s->out, EV_INTAKE_HANDLING_TIME_FIXED);
        *e = (struct ev_intake_handling_time_fixed){.due_ms = in->due_ms,
                                                    .has_replaces_ms = old != NULL,
                                                    .replaces_ms = old != NULL ? old->due_ms : 0,
                                                    .by = in->actor->id,
                                                    .text = in->text};
    } else {
        struct ev_intake_promised *e = decision_emit(s->out, EV_INTAKE_PROMISED);
        *e = (struct ev_intake_promised){.promise = in->promise,
                                         .due_ms = in->due_ms,
                                         .has_replaces_ms = old != NULL,
                                         .replaces_ms = old != NULL ? old->due_ms : 0,
                                         .by = in->actor->id,
                                         .text = in->text};
    }
    replace(s, in->promise, &(struct promise){.promise = in->promise, .due_ms = in->due_ms});
    return VERDICT_DONE;
}

enum verdict intake_on_keep_promise(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_keep_promise *in = s->in->data;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "SL-7", "not_the_named_handler", state->handler_id);
    const struct promise *kept = find(state, in->promise);
    if (kept == NULL) return step_refuse(s, "SL-7", "no_such_promise", in->promise);
    if (strcmp(in->promise, handling) == 0) return step_refuse(s, "SL-7", "kept_by_the_result", NULL);
    struct ev_intake_promise_kept *e = decision_emit(s->out, EV_INTAKE_PROMISE_KEPT);
    *e = (struct ev_intake_promise_kept){
        .promise = kept->promise, .due_ms = kept->due_ms, .by = in->actor->id, .note = in->note};
    replace(s, in->promise, NULL);
    return VERDICT_DONE;
}
