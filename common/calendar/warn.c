/* Warning points (rule 11): a share of the limit's own time, or an amount before its due. */
#include "calendar/calendar.h"
#include "calendar/inside.h"

/* percent: that much of the limit's own time has been used, pauses not counted. */
static enum calendar_err warn_used(const struct ask *q, const struct calendar_run *run, const struct trace *t,
                                   int percent, int64_t *warn_ms)
{
    bool working = inside_pause_kind(q->limit->span.unit) == PAUSE_WORKING;
    int64_t whole = t->due.due_ms - q->start_ms, shift = 0, at = q->start_ms, ms;
    enum calendar_err err = CALENDAR_OK;
    if (working) err = calendar_between(q->c, q->start_ms, t->due.due_ms, &whole);
    if (err != CALENDAR_OK) return err;
    int64_t used = (whole - t->shift_ms) * percent / 100;
    if (used <= 0) return CALENDAR_NO_WARNING;
    for (;;) {
        *warn_ms = q->start_ms + used + shift;
        if (working) err = calendar_add_working(q->c, q->start_ms, used + shift, warn_ms);
        struct calendar_pause p;
        bool paused = inside_pause_kind(q->limit->span.unit) != PAUSE_NONE && inside_next_pause(run, &at, &p);
        if (err != CALENDAR_OK || !paused || p.from_ms >= *warn_ms) return err;
        err = inside_passed(q, &p, &ms);
        if (err != CALENDAR_OK) return err;
        shift += ms;
    }
}

/* N working dates before the due's: at its hour of the day, or at the close when the due is at one. */
static enum calendar_err warn_workdays(const struct ask *q, int64_t due_ms, int64_t n, int64_t *warn_ms)
{
    const struct calendar *c = q->c;
    int32_t i;
    if (!inside_index(c, due_ms - 1, &i)) return CALENDAR_OUT_OF_RANGE; /* 24:00 belongs to the date it ends */
    bool at_close = due_ms >= inside_close_ms(c, i);
    int64_t into = due_ms - c->days[i].start_ms;
    while (n > 0 && i > 0) n -= c->days[--i].working;
    if (n > 0) return CALENDAR_NO_WARNING;
    int64_t close = inside_close_ms(c, i), at = c->days[i].start_ms + into;
    *warn_ms = at_close || at > close ? close : at;
    return CALENDAR_OK;
}

static enum calendar_err warn_before(const struct ask *q, int64_t due_ms, const struct calendar_span *before,
                                     int64_t *warn_ms)
{
    int64_t work;
    enum calendar_err err = CALENDAR_OK;
    switch (before->unit) {
    case CALENDAR_ELAPSED_MS: *warn_ms = due_ms - before->amount; return CALENDAR_OK;
    case CALENDAR_WORKING_MS:
        err = inside_work_before(q->c, due_ms, &work);
        if (err != CALENDAR_OK) return err;
        if (work <= before->amount) return CALENDAR_NO_WARNING;
        /* The latest instant that leaves so much: an opening rather than the close before it. */
        err = inside_at_work(q->c, 0, work - before->amount, warn_ms);
        return err == CALENDAR_OK ? calendar_next_open(q->c, *warn_ms, warn_ms) : err;
    case CALENDAR_WORKING_DAYS: return warn_workdays(q, due_ms, before->amount, warn_ms);
    case CALENDAR_CALENDAR_DAYS: {
        /* The same hour of an earlier date, stepped by date (rule 15); 24:00 belongs to the date it ends. */
        int64_t ms = due_ms - 1, s = ms / 1000 - (ms % 1000 < 0);
        int64_t local_s = s + zone_offset_s(&q->c->zone, s) - before->amount * (DAY_MS / 1000);
        *warn_ms = zone_to_utc_s(&q->c->zone, local_s, ZONE_LATER) * 1000 + (ms - s * 1000) + 1;
        return CALENDAR_OK;
    }
    case CALENDAR_FIXED_DATE:
    case CALENDAR_EVERY_DAYS:
    case CALENDAR_EVERY_WEEKS: return CALENDAR_BAD_AMOUNT;
    }
    return CALENDAR_BAD_AMOUNT;
}

enum calendar_err calendar_warn(const struct calendar *c, const struct calendar_limit *limit,
                                const struct calendar_run *run, const struct calendar_warn *warn, int64_t *warn_ms)
{
    struct ask q;
    struct trace t;
    if (warn->percent < 0 || warn->percent > 99 || (warn->percent == 0 && !inside_amount_ok(&warn->before)))
        return CALENDAR_BAD_AMOUNT;
    enum calendar_err err = inside_ask(c, limit, run, &q);
    if (err == CALENDAR_OK) err = inside_trace(c, limit, run, &t);
    if (err != CALENDAR_OK) return err;
    if (warn->percent > 0)
        err = warn_used(&q, run, &t, warn->percent, warn_ms);
    else
        err = warn_before(&q, t.due.due_ms, &warn->before, warn_ms);
    if (err != CALENDAR_OK) return err;
    if (*warn_ms > t.due.due_ms) *warn_ms = t.due.due_ms;
    return *warn_ms > run->start_ms ? CALENDAR_OK : CALENDAR_NO_WARNING;
}
