/* Runs a pure core: finds the row, calls it, checks what it promised (event/core.h). */
#include "event/core.h"

#include <string.h>

void *decision_emit(struct decision *d, enum event_type type)
{
    void *data = arena_alloc(d->arena, event_desc(type)->size);
    if (d->n_outputs == DECISION_MAX_OUTPUTS) {
        d->overflow = true;
        return data;
    }
    d->outputs[d->n_outputs++] = (struct output){.type = type, .data = data};
    return data;
}

enum verdict step_refuse(struct step *s, const char *rule, const char *reason, const char *detail)
{
    s->out->rule = rule;
    s->out->reason = reason;
    s->out->detail = detail;
    return VERDICT_REFUSED;
}

enum verdict step_broken(struct step *s, const char *reason)
{
    s->out->reason = reason;
    return VERDICT_BROKEN;
}

bool core_handles(const struct core *core, enum event_type type)
{
    for (int i = 0; i < core->n_transitions; i++) {
        if (core->table[i].event == type) return true;
    }
    return false;
}

static const struct transition *find_row(const struct core *core, int status, enum event_type type)
{
    for (int i = 0; i < core->n_transitions; i++) {
        if (core->table[i].from == status && core->table[i].event == type) return &core->table[i];
    }
    return NULL;
}

static int status_of(const void *state) { return *(const int *)state; }

/* Whatever the function began is dropped: state as before, no outputs. */
static void undo(const struct core *core, struct step *s)
{
    memcpy(s->next, s->state, core->state->size);
    s->out->n_outputs = 0;
}

static enum verdict broken(const struct core *core, struct step *s, const char *reason)
{
    undo(core, s);
    return step_broken(s, reason);
}

static void set_string(const struct type_desc *d, void *data, const char *field, const char *value)
{
    const struct field_desc *f = desc_field(d, field);
    *(const char **)((char *)data + f->offset) = value;
}

/* The services' command_refused events have the same five fields but a type each: filled by name. */
static enum verdict refused(const struct core *core, struct step *s)
{
    if (!event_is_command(s->in->type)) {
        s->out->detail = s->out->reason;
        return broken(core, s, "refused_what_is_no_command");
    }
    if (s->out->rule == NULL) {
        s->out->detail = s->out->reason;
        return broken(core, s, "refused_without_rule");
    }
    undo(core, s);
    const struct type_desc *d = event_desc(core->refused);
    void *data = decision_emit(s->out, core->refused);
    set_string(d, data, "command_id", s->in->id);
    set_string(d, data, "command", event_name(s->in->type));
    set_string(d, data, "rule", s->out->rule);
    set_string(d, data, "reason", s->out->reason);
    set_string(d, data, "detail", s->out->detail);
    return VERDICT_REFUSED;
}

static const char *guard_rule(const struct core *core, int status, enum event_type command)
{
    for (int i = 0; i < core->n_guards; i++) {
        if (core->guards[i].command == command && (core->guards[i].in & TO(status))) return core->guards[i].rule;
    }
    return NULL;
}

static enum verdict no_row(const struct core *core, struct step *s)
{
    if (!event_is_command(s->in->type) || !core_handles(core, s->in->type)) return VERDICT_IGNORED;
    int status = status_of(s->state);
    step_refuse(s, guard_rule(core, status, s->in->type), status == 0 ? "no_such_case" : "not_in_this_state", NULL);
    return refused(core, s);
}

static enum verdict done(const struct core *core, struct step *s, const struct transition *row)
{
    int status = status_of(s->next);
    if (s->out->overflow) return broken(core, s, "too_many_outputs");
    if (status < 0 || status >= core->n_statuses || !(row->allowed_to & TO(status))) {
        return broken(core, s, "status_not_allowed");
    }
    if (s->out->n_outputs > 0) return VERDICT_DONE;
    if (event_is_command(s->in->type)) return broken(core, s, "command_without_answer");
    if (!desc_equal(core->state, s->state, s->next)) return broken(core, s, "change_without_event");
    return VERDICT_IGNORED;
}

enum verdict core_step(const struct core *core, const struct policy *policy, const void *state, const struct input *in,
                       void *next, struct decision *out)
{
    struct step s = {.policy = policy, .state = state, .next = next, .in = in, .out = out};
    out->overflow = false;
    out->rule = out->reason = out->detail = NULL;
    undo(core, &s);
    int status = status_of(state);
    if (status < 0 || status >= core->n_statuses) return broken(core, &s, "unknown_status");
    const struct transition *row = find_row(core, status, in->type);
    if (!row) return no_row(core, &s);
    switch (row->fn(&s)) {
    case VERDICT_DONE: return done(core, &s, row);
    case VERDICT_REFUSED: return refused(core, &s);
    case VERDICT_BROKEN: return broken(core, &s, out->reason ? out->reason : "broken");
    case VERDICT_IGNORED:
        if (event_is_command(in->type)) return broken(core, &s, "command_without_answer");
        undo(core, &s);
        return VERDICT_IGNORED;
    }
    return broken(core, &s, "unknown_verdict");
}
