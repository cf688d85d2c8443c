#include "sla/limits.h"

#include <string.h>

enum { HOUR_MS = 3600 * 1000 };

struct calendar_limit limits_spec(const struct pol_limit_def *def, const char *code)
{
    const struct pol_length *length =
        policy_repeat(code, NULL) > 0 && def->repeat != NULL ? def->repeat->length : def->length;
    struct calendar_limit spec = {.deemed_next_open = def->deemed_next_open, .binds_customer = def->binds_customer};
    switch (length->unit) {
    case LIMIT_UNIT_ABSENT:
    case LIMIT_UNIT_HOURS: spec.span = (struct calendar_span){CALENDAR_ELAPSED_MS, length->n * HOUR_MS}; break;
    case LIMIT_UNIT_WORKING_HOURS: spec.span = (struct calendar_span){CALENDAR_WORKING_MS, length->n * HOUR_MS}; break;
    case LIMIT_UNIT_WORKING_DAYS: spec.span = (struct calendar_span){CALENDAR_WORKING_DAYS, length->n}; break;
    case LIMIT_UNIT_CALENDAR_DAYS: spec.span = (struct calendar_span){CALENDAR_CALENDAR_DAYS, length->n}; break;
    case LIMIT_UNIT_PROMISED_DATE: spec.span = (struct calendar_span){CALENDAR_FIXED_DATE, 0}; break;
    case LIMIT_UNIT_EVERY_DAYS: spec.span = (struct calendar_span){CALENDAR_EVERY_DAYS, length->n}; break;
    case LIMIT_UNIT_EVERY_WEEKS: spec.span = (struct calendar_span){CALENDAR_EVERY_WEEKS, length->n}; break;
    }
    if (def->roll_next_open && spec.span.unit == CALENDAR_ELAPSED_MS) spec.roll = CALENDAR_ROLL_NEXT_OPEN;
    return spec;
}

static struct calendar_run run_of(const struct limit *l, struct arena *a)
{
    struct calendar_pause *pauses = ARENA_ARRAY(a, struct calendar_pause, l->n_pauses);
    for (int i = 0; i < l->n_pauses; i++) {
        pauses[i] = (struct calendar_pause){.from_ms = l->pauses[i].from_ms, .until_ms = l->pauses[i].until_ms};
    }
    return (struct calendar_run){.start_ms = l->start_ms, .pauses = pauses, .n_pauses = l->n_pauses};
}

enum calendar_err limits_count(const struct policy *p, const char *region, const struct policy_limit *def,
                               struct limit *l, struct arena *a)
{
    const struct calendar *c = policy_calendar(p, region);
    struct calendar_limit spec = limits_spec(def->def, l->code);
    if (spec.span.unit == CALENDAR_FIXED_DATE) spec.span.amount = calendar_date_of(c, l->promised_ms);
    struct calendar_run run = run_of(l, a);
    struct calendar_due due;
    enum calendar_err err = calendar_due(c, &spec, &run, &due);
    if (err != CALENDAR_OK) return err;
    l->due_ms = due.due_ms;
    l->provisional = due.provisional;
    l->calendar = calendar_id(c);
    l->has_revision = p->revision > 1;
    l->revision = l->has_revision ? p->revision : 0;
    l->has_calendar_version = true;
    l->calendar_version = calendar_version(c);
    l->has_warn_ms = false;
    bool warns = def->def->has_warn_percent && def->def->warn_percent > 0 && policy_repeat(l->code, NULL) == 0;
    if (!warns) return CALENDAR_OK;
    struct calendar_warn warn = {.percent = (int)def->def->warn_percent};
    err = calendar_warn(c, &spec, &run, &warn, &l->warn_ms);
    l->has_warn_ms = err == CALENDAR_OK && l->warn_ms < l->due_ms;
    return err == CALENDAR_NO_WARNING ? CALENDAR_OK : err;
}

void limits_end(struct limit *l, enum limit_state state, int64_t at_ms)
{
    *l = (struct limit){.code = l->code,
                        .ver = l->ver,
                        .state = state,
                        .start_ms = l->start_ms,
                        .due_ms = l->due_ms,
                        .has_ended_ms = true,
                        .ended_ms = at_ms,
                        .has_fired_ms = l->has_fired_ms,
                        .fired_ms = l->fired_ms,
                        .has_misses = l->has_misses,
                        .misses = l->misses,
                        .has_revision = l->has_revision,
                        .revision = l->revision,
                        .has_promised_ms = l->has_promised_ms,
                        .promised_ms = l->promised_ms,
                        .n_missed = l->n_missed,
                        .missed = l->missed};
}

bool limits_has(const struct policy_limit *def, enum policy_edge edge, enum event_type event)
{
    const struct policy_events *events = &def->edges[edge];
    for (int i = 0; i < events->n; i++) {
        if (events->types[i] == event) return true;
    }
    return false;
}

bool limits_recurs(const struct policy_limit *def)
{
    enum limit_unit unit = def->def->length->unit;
    return unit == LIMIT_UNIT_EVERY_DAYS || unit == LIMIT_UNIT_EVERY_WEEKS;
}

bool limits_may_be_early(const struct policy_limit *def, enum event_type stop)
{
    const struct policy_events *starts = &def->edges[POLICY_START];
    for (int i = 0; i < starts->n; i++) {
        if (strcmp(event_producer(starts->types[i]), event_producer(stop)) != 0) return true;
    }
    return false;
}
