/* SL-5: what each date from the start to the due did for the limit.
 *
 * The rows are derived from the same trace as the due, and they add up: counted_ms over the rows is
 * the amount of a limit in time, the last nth is the amount of a limit in days. */
#include "calendar/calendar.h"
#include "calendar/inside.h"

struct teller {
    const struct calendar *c;
    const struct calendar_limit *limit;
    const struct calendar_run *run;
    const struct trace *t;
    int64_t until_ms; /* the due, or the beginning of the pause that still holds it */
    int32_t start_day, base_day, moved_day;
    int32_t nth;
};

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* Time of the limit's own kind in [from, until): working or wall clock. */
static int64_t own_time(const struct teller *w, int64_t from_ms, int64_t until_ms)
{
    int64_t ms = 0;
    if (until_ms <= from_ms) return 0;
    if (inside_pause_kind(w->limit->span.unit) != PAUSE_WORKING) return until_ms - from_ms;
    return calendar_between(w->c, from_ms, until_ms, &ms) == CALENDAR_OK ? ms : 0;
}

static int64_t paused_time(const struct teller *w, int64_t from_ms, int64_t until_ms)
{
    int64_t at = w->t->due.start_ms, sum = 0;
    struct calendar_pause p;
    if (inside_pause_kind(w->limit->span.unit) == PAUSE_NONE) return 0;
    while (inside_next_pause(w->run, &at, &p) && p.from_ms < until_ms)
        sum += own_time(w, later(p.from_ms, from_ms), earlier(p.until_ms, until_ms));
    return sum;
}

static enum calendar_why why_skipped(const struct day *d)
{
    switch ((enum calendar_day_kind)d->kind) {
    case CALENDAR_DAY_WORK:
    case CALENDAR_DAY_MAKEUP: return CALENDAR_WHY_CLOSED;
    case CALENDAR_DAY_WEEKEND: return CALENDAR_WHY_WEEKEND;
    case CALENDAR_DAY_HOLIDAY: return CALENDAR_WHY_HOLIDAY;
    case CALENDAR_DAY_MISSING: return CALENDAR_WHY_MISSING;
    }
    return CALENDAR_WHY_CLOSED;
}

static enum calendar_why why_worked(const struct day *d)
{
    return d->kind == CALENDAR_DAY_MAKEUP ? CALENDAR_WHY_MAKEUP : CALENDAR_WHY_COUNTED;
}

static enum calendar_why why_working_days(struct teller *w, const struct day *d, int32_t date)
{
    if (!d->working) return why_skipped(d);
    if (w->limit->span.amount == 0 && date == w->base_day) return why_worked(d);
    if (date == w->start_day) return CALENDAR_WHY_START_DATE;
    if (date > w->base_day) return CALENDAR_WHY_MOVED;
    w->nth++;
    return why_worked(d);
}

static enum calendar_why why_dates(struct teller *w, int32_t date)
{
    if (date <= w->start_day && w->limit->span.amount > 0) return CALENDAR_WHY_START_DATE;
    if (date > w->moved_day) return CALENDAR_WHY_ROLLED;
    if (date > w->base_day) return CALENDAR_WHY_MOVED;
    w->nth++;
    return CALENDAR_WHY_DATE;
}

static enum calendar_why why_time(const struct teller *w, const struct day *d, int32_t date,
                                  const struct calendar_step *row)
{
    bool working = w->limit->span.unit == CALENDAR_WORKING_MS;
    if (row->counted_ms > 0) return working ? why_worked(d) : CALENDAR_WHY_ELAPSED;
    if (row->paused_ms > 0) return CALENDAR_WHY_PAUSED;
    if (!working && date > w->moved_day) return CALENDAR_WHY_ROLLED;
    return why_skipped(d);
}

static struct calendar_step tell(struct teller *w, int32_t i)
{
    const struct day *d = &w->c->days[i];
    int32_t date = w->c->first_day + i;
    int64_t from = later(d->start_ms, w->t->due.start_ms), until = earlier(d[1].start_ms, w->until_ms);
    struct calendar_step row = {.day = date, .kind = (enum calendar_day_kind)d->kind, .provisional = d->provisional};
    row.paused_ms = paused_time(w, from, until);
    if (date < w->start_day && w->limit->span.unit != CALENDAR_FIXED_DATE) {
        row.why = d->working ? CALENDAR_WHY_BEFORE_OPEN : why_skipped(d);
        return row;
    }
    switch (w->limit->span.unit) {
    case CALENDAR_ELAPSED_MS:
        until = earlier(until, w->t->moved_ms); /* beyond it the due only rolls */
        row.paused_ms = paused_time(w, from, until);
        row.counted_ms = own_time(w, from, until) - row.paused_ms;
        row.why = why_time(w, d, date, &row);
        break;
    case CALENDAR_WORKING_MS:
        row.counted_ms = own_time(w, from, until) - row.paused_ms;
        row.why = why_time(w, d, date, &row);
        break;
    case CALENDAR_WORKING_DAYS: row.why = why_working_days(w, d, date); break;
    case CALENDAR_CALENDAR_DAYS:
    case CALENDAR_EVERY_DAYS:
    case CALENDAR_EVERY_WEEKS: row.why = why_dates(w, date); break;
    case CALENDAR_FIXED_DATE: row.why = date == w->t->due.first_day ? CALENDAR_WHY_FIXED : CALENDAR_WHY_ROLLED; break;
    }
    row.nth = w->nth;
    return row;
}

enum calendar_err calendar_explain(const struct calendar *c, const struct calendar_limit *limit,
                                   const struct calendar_run *run, struct calendar_steps *steps)
{
    struct trace t;
    steps->n = 0;
    enum calendar_err err = inside_trace(c, limit, run, &t);
    if (err != CALENDAR_OK && err != CALENDAR_PAUSED) return err;
    struct teller w = {.c = c, .limit = limit, .run = run, .t = &t};
    w.until_ms = err == CALENDAR_PAUSED ? t.held_ms : t.due.due_ms;
    if (err == CALENDAR_PAUSED) t.moved_ms = t.held_ms;
    w.start_day = calendar_date_of(c, t.due.start_ms);
    w.base_day = calendar_date_of(c, t.base_ms - 1);
    w.moved_day = calendar_date_of(c, t.moved_ms - (t.moved_ms > t.due.start_ms));
    int32_t first = calendar_date_of(c, run->start_ms), last = calendar_date_of(c, w.until_ms - 1);
    if (limit->span.unit == CALENDAR_FIXED_DATE) {
        first = t.due.first_day;
        last = t.due.last_day;
    }
    if (last < first) last = first;
    if (!inside_has_day(c, first) || !inside_has_day(c, last)) return CALENDAR_OUT_OF_RANGE;
    for (int32_t date = first; date <= last; date++, steps->n++) {
        struct calendar_step row = tell(&w, date - c->first_day);
        if (steps->n < steps->max) steps->rows[steps->n] = row;
    }
    return err;
}
