/* Working time: when a limit is due, why, and what moves it. Rules SL-1, SL-2, SL-5, SL-6.
 *
 * Pure: a calendar is an immutable value; every function here is arithmetic on it (no allocation,
 * no files, no clock), O(log days), the same on every machine. Instants are int64 milliseconds since
 * the Unix epoch; dates are days since 1970-01-01. Loading from files is calendar/load.h.
 *
 * The rules ("rule n" in the code), with office hours 09:00-12:00, 13:30-18:00:
 *   1 explicit day entries win over the week         2 N working days: start date not counted, due at the Nth's close
 *   3,4 `deemed_next_open`: a start outside office time counts from the next opening
 *   6 elapsed: wall clock; roll NEXT_OPEN optional    7 calendar days: date + N at close, then the next working close
 *   8 working hours: half-open office segments, running out at a close gives that close; 9 zero → next open instant
 *  10 pauses move a limit by what passed of its own unit; order and overlap do not matter
 *  11 warnings subtract in the limit's own unit      13 unpublished years count by weekday: provisional
 *  15 any IANA zone                                  16 no working day within 400 days is an error
 *  17 fixed dates end at that date's close; "by the 10th" rolls to the working day before; recurrences
 *
 * `binds_customer`: limits in days end at 24:00 of their date instead of the office's close. */
#ifndef REDRESS_CALENDAR_CALENDAR_H
#define REDRESS_CALENDAR_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct calendar; /* immutable; made by calendar_build (calendar/build.h) or calendar_load */

enum calendar_err {
    CALENDAR_OK,
    CALENDAR_NO_WORKING_DAY, /* rule 16: none within 400 days */
    CALENDAR_OUT_OF_RANGE,   /* before the calendar's first or after its last year */
    CALENDAR_BAD_AMOUNT,     /* negative, or too large to count */
    CALENDAR_PAUSED,         /* a pause without an end holds the limit: no due while it lasts */
    CALENDAR_NO_WARNING,     /* the warning would not be after the start: skip it (rule 11) */
};

enum calendar_unit {
    CALENDAR_ELAPSED_MS,    /* wall clock */
    CALENDAR_WORKING_MS,    /* office segments */
    CALENDAR_WORKING_DAYS,  /* dates; 0 = by the next close after the start */
    CALENDAR_CALENDAR_DAYS, /* dates, rolled to a working one */
    CALENDAR_FIXED_DATE,    /* amount = the date itself; pauses do not move it */
    CALENDAR_EVERY_DAYS,    /* recurrence: amount dates after the start (the last fulfilment), not rolled */
    CALENDAR_EVERY_WEEKS,   /* recurrence: end of the amount-th calendar week (Mon-Sun) after the start's */
};

struct calendar_span {
    enum calendar_unit unit;
    int64_t amount; /* ms, dates, or a date, by unit; never negative except a fixed date before 1970 */
};

enum calendar_roll {
    CALENDAR_ROLL_NONE,
    CALENDAR_ROLL_NEXT_OPEN,      /* ELAPSED_MS: due outside office time → next opening */
    CALENDAR_ROLL_WORKDAY_BEFORE, /* FIXED_DATE: due on a non-working date → the working date before */
};

/* What a deadline stores of its limit; together with start, pauses and calendar it gives the due. */
struct calendar_limit {
    struct calendar_span span;
    enum calendar_roll roll;
    bool deemed_next_open;
    bool binds_customer; /* no effect on ELAPSED_MS and WORKING_MS */
};

#define CALENDAR_FOREVER INT64_MAX

struct calendar_pause {
    int64_t from_ms;
    int64_t until_ms; /* CALENDAR_FOREVER: still paused */
};

/* One run of a limit. Pauses in any order, overlapping or not; what lies before the start, or begins
 * at or after the due, does not count (a miss that has fired stays fired). A pause that begins when
 * the amount has run out and the limit only waits for its due (rolling, 24:00) holds that wait: no
 * due ever lies inside a pause. Calendar days are moved from their own date, before it rolls. */
struct calendar_run {
    int64_t start_ms;
    const struct calendar_pause *pauses; /* may be NULL when n_pauses is 0 */
    int n_pauses;
};

struct calendar_due {
    int64_t due_ms;
    int64_t start_ms;  /* as counted (rules 3, 4) */
    int32_t first_day; /* the window: dates whose type the answer may depend on (SL-6); */
    int32_t last_day;  /* first_day > last_day when it depends on none */
    bool provisional;  /* the window touches a year not yet published */
};

enum calendar_err calendar_due(const struct calendar *c, const struct calendar_limit *limit,
                               const struct calendar_run *run, struct calendar_due *out);

/* Where the warning lies (SL-2, SL-3). */
struct calendar_warn {
    int percent;                 /* 1..99: of the limit's own unit between start and due; 0: use before */
    struct calendar_span before; /* ELAPSED_MS, WORKING_MS, WORKING_DAYS or CALENDAR_DAYS before the due */
};

/* CALENDAR_NO_WARNING when the point is not after the start. Never later than the due. Pauses that
 * moved the due are given in run: what was paused does not count as used. */
enum calendar_err calendar_warn(const struct calendar *c, const struct calendar_limit *limit,
                                const struct calendar_run *run, const struct calendar_warn *warn, int64_t *warn_ms);

/* Working milliseconds in [from, until); 0 when until <= from. */
enum calendar_err calendar_between(const struct calendar *c, int64_t from_ms, int64_t until_ms, int64_t *work_ms);
/* The instant itself when the office is open then, else the next opening. */
enum calendar_err calendar_next_open(const struct calendar *c, int64_t at_ms, int64_t *open_ms);
/* Working milliseconds after an instant (rules 8, 9), without a limit around it. */
enum calendar_err calendar_add_working(const struct calendar *c, int64_t from_ms, int64_t work_ms, int64_t *at_ms);

enum calendar_day_kind {
    CALENDAR_DAY_WORK,    /* an ordinary working day of the week */
    CALENDAR_DAY_MAKEUP,  /* working by an explicit entry (调休) */
    CALENDAR_DAY_WEEKEND, /* not working by the week */
    CALENDAR_DAY_HOLIDAY, /* not working by an explicit entry */
    CALENDAR_DAY_MISSING, /* the zone skipped this date */
};

struct calendar_day {
    int32_t day;
    enum calendar_day_kind kind;
    bool working;
    bool provisional;
    int64_t work_ms;           /* office time of the date */
    int64_t open_ms, close_ms; /* first opening, last close; both 0 when not working */
};

enum calendar_err calendar_day_at(const struct calendar *c, int32_t day, struct calendar_day *out);
/* Local date of an instant, in the calendar's zone. */
int32_t calendar_date_of(const struct calendar *c, int64_t at_ms);
/* Instant of a local wall-clock time ("at 10:00 of that date"); in an overlap the earlier. */
int64_t calendar_local_ms(const struct calendar *c, int32_t day, int32_t ms_of_day);
/* 24:00 of a date. */
int64_t calendar_day_end_ms(const struct calendar *c, int32_t day);
/* Seconds the calendar's wall clock is ahead of UTC at an instant. */
int32_t calendar_offset_s(const struct calendar *c, int64_t at_ms);

const char *calendar_id(const struct calendar *c);
int32_t calendar_version(const struct calendar *c);
const char *calendar_zone_name(const struct calendar *c);
bool calendar_year_published(const struct calendar *c, int year);

/* SL-6: the first date in [first, last] that two versions of a calendar treat differently (type,
 * hours or being published); false when there is none. */
bool calendar_first_change(const struct calendar *a, const struct calendar *b, int32_t first, int32_t last,
                           int32_t *day);

/* ---- Explaining (SL-5): one row a date, from the start's to the due's ---- */

enum calendar_why {
    CALENDAR_WHY_START_DATE,  /* the start's date is not counted (rule 2) */
    CALENDAR_WHY_COUNTED,     /* an ordinary working day */
    CALENDAR_WHY_MAKEUP,      /* counted: a make-up working day */
    CALENDAR_WHY_WEEKEND,     /* skipped */
    CALENDAR_WHY_HOLIDAY,     /* skipped */
    CALENDAR_WHY_MISSING,     /* skipped: the zone has no such date */
    CALENDAR_WHY_CLOSED,      /* a working date without office time between start and due */
    CALENDAR_WHY_BEFORE_OPEN, /* skipped: the start was deemed to be the next opening */
    CALENDAR_WHY_ELAPSED,     /* counted by the wall clock */
    CALENDAR_WHY_DATE,        /* counted as a calendar date, working or not */
    CALENDAR_WHY_PAUSED,      /* all that could count was paused */
    CALENDAR_WHY_ROLLED,      /* only waited for: the due rolled over this date */
    CALENDAR_WHY_MOVED,       /* runs because pauses moved the due this far */
    CALENDAR_WHY_FIXED,       /* the date itself */
};

struct calendar_step {
    int32_t day;
    enum calendar_day_kind kind;
    enum calendar_why why;
    bool provisional;
    int32_t nth;        /* units in days: how many dates are counted so far */
    int64_t counted_ms; /* units in time: how much of this date counted */
    int64_t paused_ms;  /* working (or wall-clock, by unit) time of this date that was paused */
};

struct calendar_steps {
    struct calendar_step *rows; /* the caller's */
    int max;                    /* how many fit */
    int n;                      /* out: how many there are; may exceed max, the rest is then cut off */
};

/* Also explains a run that is still paused (up to the pause's start) and then returns CALENDAR_PAUSED. */
enum calendar_err calendar_explain(const struct calendar *c, const struct calendar_limit *limit,
                                   const struct calendar_run *run, struct calendar_steps *steps);

/* ---- Names ---- */

/* "hours" "minutes" "working_hours" "working_minutes" "working_days" "calendar_days" "every_days"
 * "every_weeks" with its number; false for an unknown unit, a negative or overflowing number. */
bool calendar_span_parse(const char *unit, int64_t n, struct calendar_span *out);
const char *calendar_unit_name(enum calendar_unit u);
const char *calendar_day_kind_name(enum calendar_day_kind k);
/* A stable code ("start_date"), and a phrase for people; lang "zh" or "en" (anything else: en). */
const char *calendar_why_name(enum calendar_why w);
const char *calendar_why_text(enum calendar_why w, const char *lang);
/* A stable code ("no_working_day"). */
const char *calendar_err_name(enum calendar_err e);

/* ---- Several calendars ---- */

struct calendar_set {
    const struct calendar *const *items;
    int n;
};

/* NULL when there is none of that id. */
const struct calendar *calendar_find(const struct calendar_set *set, const char *id);

#endif
