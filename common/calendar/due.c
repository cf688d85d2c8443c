/* Dues.
 *
 * In two steps: where the limit's amount runs out, moved by `shift` (how much of the limit's own time
 * was paused); then, from there, rolling and binding to the due. Pauses are walked as the union of
 * their stretches in ascending order, and one that begins at or after the due it would move does not
 * count; so neither order nor overlap matters, and a miss that has fired stays fired (rules 10, 12). */
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "calendar/inside.h"

enum { YEARS_MAX = 500 };
static const int64_t AMOUNT_MS_MAX = (int64_t)YEARS_MAX * 366 * DAY_MS;
static const int64_t AMOUNT_DAYS_MAX = (int64_t)YEARS_MAX * 366;
static const int64_t INSTANT_MAX = (int64_t)1 << 53; /* ± 285,000 years: sums below cannot overflow */

enum pause_kind inside_pause_kind(enum calendar_unit u)
{
    switch (u) {
    case CALENDAR_WORKING_MS:
    case CALENDAR_WORKING_DAYS: return PAUSE_WORKING;
    case CALENDAR_ELAPSED_MS:
    case CALENDAR_CALENDAR_DAYS:
    case CALENDAR_EVERY_DAYS:
    case CALENDAR_EVERY_WEEKS: return PAUSE_WALL;
    case CALENDAR_FIXED_DATE: return PAUSE_NONE;
    }
    return PAUSE_NONE;
}

bool inside_next_pause(const struct calendar_run *run, int64_t *at_ms, struct calendar_pause *out)
{
    int64_t from = INT64_MAX, until = INT64_MIN;
    for (int i = 0; i < run->n_pauses; i++) {
        const struct calendar_pause *p = &run->pauses[i];
        if (p->until_ms <= *at_ms || p->until_ms <= p->from_ms) continue;
        int64_t begins = p->from_ms > *at_ms ? p->from_ms : *at_ms;
        if (begins < from || (begins == from && p->until_ms > until)) {
            from = begins;
            until = p->until_ms;
        }
    }
    if (until == INT64_MIN) return false;
    for (bool grew = true; grew;) {
        grew = false;
        for (int i = 0; i < run->n_pauses; i++) {
            const struct calendar_pause *p = &run->pauses[i];
            if (p->from_ms > until || p->until_ms <= until) continue;
            until = p->until_ms;
            grew = true;
        }
    }
    *out = (struct calendar_pause){.from_ms = from, .until_ms = until};
    *at_ms = until;
    return true;
}

/* ---- Where the amount runs out, pauses given as shift ---- */

static enum calendar_err close_of(const struct calendar *c, int64_t day, int64_t *at_ms)
{
    if (!inside_has_day(c, day)) return CALENDAR_OUT_OF_RANGE;
    *at_ms = inside_close_ms(c, (int32_t)(day - c->first_day));
    return CALENDAR_OK;
}

/* Rules 8, 9. Zero moved by a pause is still an opening. */
static enum calendar_err end_working_ms(const struct ask *q, int64_t shift_ms, struct trace *t)
{
    enum calendar_err err = calendar_add_working(q->c, q->start_ms, q->limit->span.amount, &t->base_ms);
    t->moved_ms = t->base_ms;
    if (err != CALENDAR_OK || shift_ms == 0) return err;
    err = calendar_add_working(q->c, t->base_ms, shift_ms, &t->moved_ms);
    if (err != CALENDAR_OK || q->limit->span.amount > 0) return err;
    return calendar_next_open(q->c, t->moved_ms, &t->moved_ms);
}

/* Rule 2. Zero working days: the start's own date while its close is still to come. */
static enum calendar_err end_working_days(const struct ask *q, int64_t shift_ms, struct trace *t)
{
    const struct calendar *c = q->c;
    if (!inside_has_day(c, q->start_day)) return CALENDAR_OUT_OF_RANGE;
    int32_t from = q->start_day - c->first_day, i = from;
    int64_t nth = q->limit->span.amount;
    enum calendar_err err = CALENDAR_OK;
    if (nth == 0 && (!c->days[i].working || inside_close_ms(c, i) <= q->start_ms)) nth = 1;
    if (nth > 0) err = inside_nth_workday(c, from, nth, &i);
    if (err != CALENDAR_OK) return err;
    t->base_ms = t->moved_ms = inside_close_ms(c, i);
    return shift_ms == 0 ? CALENDAR_OK : calendar_add_working(c, t->base_ms, shift_ms, &t->moved_ms);
}

/* Rule 7 and the recurrences of rule 17: the close of a date, moved by the wall clock. */
static enum calendar_err end_dates(const struct ask *q, int64_t day, int64_t shift_ms, struct trace *t)
{
    enum calendar_err err = close_of(q->c, day, &t->base_ms);
    if (err == CALENDAR_OK && t->base_ms <= q->start_ms) err = close_of(q->c, ++day, &t->base_ms);
    t->moved_ms = t->base_ms + shift_ms;
    t->due.first_day = (int32_t)day;
    return err;
}

static int64_t sunday_of(int64_t day) { return day + 6 - ((day + 3) % 7 + 7) % 7; }

static enum calendar_err run_out(const struct ask *q, int64_t shift_ms, struct trace *t)
{
    int64_t amount = q->limit->span.amount;
    t->due.first_day = q->start_day;
    t->shift_ms = shift_ms;
    switch (q->limit->span.unit) {
    case CALENDAR_ELAPSED_MS:
        t->base_ms = q->start_ms + amount;
        t->moved_ms = t->base_ms + shift_ms;
        return CALENDAR_OK;
    case CALENDAR_WORKING_MS: return end_working_ms(q, shift_ms, t);
    case CALENDAR_WORKING_DAYS: return end_working_days(q, shift_ms, t);
    case CALENDAR_CALENDAR_DAYS:
    case CALENDAR_EVERY_DAYS: return end_dates(q, q->start_day + amount, shift_ms, t);
    case CALENDAR_EVERY_WEEKS: return end_dates(q, sunday_of(q->start_day + 7 * amount), shift_ms, t);
    case CALENDAR_FIXED_DATE: return CALENDAR_BAD_AMOUNT; /* has no amount to run out */
    }
    return CALENDAR_BAD_AMOUNT;
}

/* ---- From there to the due: rolling and binding ---- */

/* The close of the first working date whose close is not before the instant. */
static enum calendar_err working_close(const struct calendar *c, int64_t at_ms, int64_t *close_ms)
{
    int32_t i;
    enum calendar_err err = CALENDAR_OK;
    if (!inside_index(c, at_ms - 1, &i)) return CALENDAR_OUT_OF_RANGE; /* 24:00 belongs to the date it ends */
    if (!c->days[i].working || inside_close_ms(c, i) < at_ms) err = inside_nth_workday(c, i, 1, &i);
    if (err == CALENDAR_OK) *close_ms = inside_close_ms(c, i);
    return err;
}

static bool works_until(const struct calendar *c, int32_t index, int64_t at_ms)
{
    bool midnight = at_ms == c->days[index].start_ms;
    return c->days[midnight && index > 0 ? index - 1 : index].working;
}

static enum calendar_err settle_recurrence(const struct ask *q, int64_t at_ms, int64_t *due_ms)
{
    bool weekly = q->limit->span.unit == CALENDAR_EVERY_WEEKS;
    int64_t day = calendar_date_of(q->c, at_ms - 1);
    if (weekly) day = sunday_of(day);
    enum calendar_err err = close_of(q->c, day, due_ms);
    if (err == CALENDAR_OK && *due_ms < at_ms) err = close_of(q->c, day + (weekly ? 7 : 1), due_ms);
    return err;
}

/* Where a limit whose amount ran out at an instant is due. `waiting`: it ran out before, and a pause
 * of the wait for the due ends now. */
static enum calendar_err settle(const struct ask *q, int64_t at_ms, bool waiting, int64_t *due_ms)
{
    int32_t i;
    enum calendar_err err = CALENDAR_OK;
    *due_ms = at_ms;
    switch (q->limit->span.unit) {
    case CALENDAR_ELAPSED_MS:
        if (q->limit->roll != CALENDAR_ROLL_NEXT_OPEN) return CALENDAR_OK;
        if (!inside_index(q->c, at_ms, &i)) return CALENDAR_OUT_OF_RANGE;
        return inside_office_time(q->c, i, at_ms) ? CALENDAR_OK : calendar_next_open(q->c, at_ms, due_ms);
    case CALENDAR_WORKING_MS:
    case CALENDAR_FIXED_DATE: return CALENDAR_OK;
    case CALENDAR_WORKING_DAYS:
        if (waiting) err = working_close(q->c, at_ms, due_ms);
        break;
    case CALENDAR_CALENDAR_DAYS:
        if (!inside_index(q->c, at_ms, &i)) return CALENDAR_OUT_OF_RANGE;
        /* 24:00 of a date that does not work is no office time, even where the next opens at 0:00. */
        if (waiting || !inside_office_time(q->c, i, at_ms) || !works_until(q->c, i, at_ms))
            err = working_close(q->c, at_ms, due_ms);
        break;
    case CALENDAR_EVERY_DAYS:
    case CALENDAR_EVERY_WEEKS: err = settle_recurrence(q, at_ms, due_ms); break;
    }
    if (err == CALENDAR_OK && q->limit->binds_customer)
        *due_ms = calendar_day_end_ms(q->c, calendar_date_of(q->c, *due_ms - 1));
    return err;
}

/* Rule 17: a date is due at its close, whatever was paused. */
static enum calendar_err due_fixed(const struct ask *q, struct trace *t)
{
    const struct calendar *c = q->c;
    if (!inside_has_day(c, q->limit->span.amount)) return CALENDAR_OUT_OF_RANGE;
    int32_t i = (int32_t)(q->limit->span.amount - c->first_day);
    t->base_ms = t->moved_ms = inside_close_ms(c, i);
    t->due.last_day = c->first_day + i;
    if (q->limit->roll == CALENDAR_ROLL_WORKDAY_BEFORE) {
        int32_t stop = i - SEARCH_DAYS;
        while (i >= 0 && i >= stop && !c->days[i].working) i--;
        if (i < 0) return CALENDAR_OUT_OF_RANGE;
        if (i < stop) return CALENDAR_NO_WORKING_DAY;
    }
    t->due.first_day = c->first_day + i;
    t->due.due_ms = inside_close_ms(c, i);
    if (q->limit->binds_customer) t->due.due_ms = calendar_day_end_ms(c, t->due.first_day);
    return CALENDAR_OK;
}

/* ---- Pauses around it ---- */

enum calendar_err inside_passed(const struct ask *q, const struct calendar_pause *p, int64_t *ms)
{
    switch (inside_pause_kind(q->limit->span.unit)) {
    case PAUSE_WORKING: return calendar_between(q->c, p->from_ms, p->until_ms, ms);
    case PAUSE_WALL: *ms = p->until_ms - p->from_ms; return CALENDAR_OK;
    case PAUSE_NONE: *ms = 0; return CALENDAR_OK;
    }
    return CALENDAR_BAD_AMOUNT;
}

bool inside_amount_ok(const struct calendar_span *s)
{
    switch (s->unit) {
    case CALENDAR_ELAPSED_MS:
    case CALENDAR_WORKING_MS: return s->amount >= 0 && s->amount <= AMOUNT_MS_MAX;
    case CALENDAR_WORKING_DAYS:
    case CALENDAR_CALENDAR_DAYS: return s->amount >= 0 && s->amount <= AMOUNT_DAYS_MAX;
    case CALENDAR_EVERY_DAYS:
    case CALENDAR_EVERY_WEEKS: return s->amount >= 1 && s->amount <= AMOUNT_DAYS_MAX;
    case CALENDAR_FIXED_DATE: return s->amount >= -AMOUNT_DAYS_MAX && s->amount <= AMOUNT_DAYS_MAX;
    }
    return false;
}

static void mark_provisional(const struct calendar *c, struct calendar_due *d)
{
    int first, last, month, day;
    d->provisional = false;
    if (d->first_day > d->last_day) return;
    timefmt_date(d->first_day, &first, &month, &day);
    timefmt_date(d->last_day, &last, &month, &day);
    for (int year = first; year <= last; year++) d->provisional = d->provisional || !calendar_year_published(c, year);
}

enum calendar_err inside_ask(const struct calendar *c, const struct calendar_limit *limit,
                             const struct calendar_run *run, struct ask *q)
{
    if (!inside_amount_ok(&limit->span)) return CALENDAR_BAD_AMOUNT;
    if (run->start_ms < -INSTANT_MAX || run->start_ms > INSTANT_MAX) return CALENDAR_OUT_OF_RANGE;
    *q = (struct ask){.c = c, .limit = limit, .start_ms = run->start_ms};
    if (limit->deemed_next_open && limit->span.unit != CALENDAR_FIXED_DATE) {
        enum calendar_err err = calendar_next_open(c, run->start_ms, &q->start_ms);
        if (err != CALENDAR_OK) return err;
    }
    q->start_day = calendar_date_of(c, q->start_ms);
    return CALENDAR_OK;
}

/* The window of rule 12: the dates the answer was read from. */
static void set_window(const struct ask *q, const struct calendar_run *run, struct trace *t)
{
    struct calendar_due *d = &t->due;
    enum calendar_unit unit = q->limit->span.unit;
    bool by_clock = unit == CALENDAR_ELAPSED_MS && q->limit->roll != CALENDAR_ROLL_NEXT_OPEN;
    if (unit == CALENDAR_FIXED_DATE) return;
    if (unit == CALENDAR_ELAPSED_MS) d->first_day = by_clock ? INT32_MAX : calendar_date_of(q->c, t->moved_ms);
    /* A due at a close belongs to the date it closes, also at 24:00; one at an opening to its own. */
    bool opening = unit == CALENDAR_ELAPSED_MS || (unit == CALENDAR_WORKING_MS && q->limit->span.amount == 0);
    d->last_day = by_clock ? INT32_MIN : calendar_date_of(q->c, d->due_ms - !opening);
    if (q->start_ms == run->start_ms) return;
    /* The deemed opening depends on the dates it passed over. */
    d->first_day = calendar_date_of(q->c, run->start_ms);
    if (by_clock) d->last_day = q->start_day;
}

/* Pauses that begin before the amount has run out move it; later ones that begin before the due only
 * hold the wait for it, so that no due ever lies in a pause. */
static enum calendar_err trace_pauses(const struct ask *q, const struct calendar_run *run, struct trace *t)
{
    int64_t at = q->start_ms, shift = 0, ms;
    enum calendar_err err = run_out(q, 0, t);
    struct calendar_pause p;
    bool more = inside_next_pause(run, &at, &p);
    for (; err == CALENDAR_OK && more && p.from_ms < t->moved_ms; more = inside_next_pause(run, &at, &p)) {
        t->held_ms = p.from_ms;
        if (p.until_ms > INSTANT_MAX) return CALENDAR_PAUSED;
        err = inside_passed(q, &p, &ms);
        if (err != CALENDAR_OK) return err;
        shift += ms;
        if (ms > 0) err = run_out(q, shift, t);
    }
    if (err == CALENDAR_OK) err = settle(q, t->moved_ms, false, &t->due.due_ms);
    for (; err == CALENDAR_OK && more && p.from_ms < t->due.due_ms; more = inside_next_pause(run, &at, &p)) {
        t->held_ms = p.from_ms;
        if (p.until_ms > INSTANT_MAX) return CALENDAR_PAUSED;
        err = settle(q, p.until_ms, true, &t->due.due_ms);
    }
    return err;
}

enum calendar_err inside_trace(const struct calendar *c, const struct calendar_limit *limit,
                               const struct calendar_run *run, struct trace *t)
{
    struct ask q;
    *t = (struct trace){0};
    enum calendar_err err = inside_ask(c, limit, run, &q);
    if (err != CALENDAR_OK) return err;
    t->due.start_ms = q.start_ms;
    err = limit->span.unit == CALENDAR_FIXED_DATE ? due_fixed(&q, t) : trace_pauses(&q, run, t);
    if (err != CALENDAR_OK) return err;
    set_window(&q, run, t);
    mark_provisional(c, &t->due);
    return CALENDAR_OK;
}

enum calendar_err calendar_due(const struct calendar *c, const struct calendar_limit *limit,
                               const struct calendar_run *run, struct calendar_due *out)
{
    struct trace t;
    enum calendar_err err = inside_trace(c, limit, run, &t);
    *out = t.due;
    return err;
}
