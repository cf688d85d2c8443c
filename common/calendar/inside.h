/* What the parts of this folder share: the layout of a calendar and the search in it. Not for users.
 *
 * Invariants: days[i].start_ms ascends, and every office segment of date i lies in
 * [days[i].start_ms, days[i+1].start_ms], so working time before an instant is a prefix sum plus a
 * look at one date. days[n_days] is a sentinel: the end of the range. */
#ifndef REDRESS_CALENDAR_INSIDE_H
#define REDRESS_CALENDAR_INSIDE_H

#include "calendar/build.h"
#include "calendar/calendar.h"
#include "calendar/zone.h"

enum { DAY_MS = 86400000, SEARCH_DAYS = 400 };

/* Office time relative to its date's start_ms, already resolved through the zone. */
struct office {
    int32_t open_ms, close_ms;
};

struct day {
    int64_t start_ms;
    int64_t work_before_ms;  /* of all dates of the range before this one */
    int32_t workdays_before; /* likewise */
    int32_t office;          /* first of n_office in calendar.office */
    uint8_t n_office;
    uint8_t kind; /* enum calendar_day_kind */
    bool working;
    bool provisional;
};

/* More than SEARCH_DAYS dates without work: [from, until) as indices; until may be n_days. */
struct gap {
    int32_t from, until;
};

struct calendar {
    char id[CALENDAR_ID_SIZE];
    char zone_name[CALENDAR_ZONE_SIZE];
    int32_t version;
    int32_t first_day;
    int32_t n_days;
    int32_t n_gaps;
    int32_t n_office;
    int32_t close_min; /* ordinary close: for dates without hours of their own */
    struct zone zone;
    struct day *days;
    struct office *office;
    struct gap *gaps;
};

/* Index of the date whose span holds the instant; false outside the range. */
bool inside_index(const struct calendar *c, int64_t at_ms, int32_t *index);
static inline bool inside_has_day(const struct calendar *c, int64_t day)
{
    return day >= c->first_day && day < (int64_t)c->first_day + c->n_days;
}
/* Working ms from the start of the range to the instant. */
enum calendar_err inside_work_before(const struct calendar *c, int64_t at_ms, int64_t *work_ms);
/* The first instant at which `work_ms` have been worked since the start of the range; `from` is the
 * date the search starts at (rule 16). */
enum calendar_err inside_at_work(const struct calendar *c, int32_t from, int64_t work_ms, int64_t *at_ms);
/* The nth (>= 1) working date after index `from`; from may be -1. */
enum calendar_err inside_nth_workday(const struct calendar *c, int32_t from, int64_t nth, int32_t *index);
/* Close of a date, also of one that does not work (then at the ordinary hour). */
int64_t inside_close_ms(const struct calendar *c, int32_t index);
/* Open at the instant, or at a close: where a due may stand. */
bool inside_office_time(const struct calendar *c, int32_t index, int64_t at_ms);

/* A run of a limit made ready to compute (due.c). */
struct ask {
    const struct calendar *c;
    const struct calendar_limit *limit;
    int64_t start_ms; /* effective */
    int32_t start_day;
};
enum calendar_err inside_ask(const struct calendar *c, const struct calendar_limit *limit,
                             const struct calendar_run *run, struct ask *q);
bool inside_amount_ok(const struct calendar_span *s);
/* How much of the limit's own time a pause takes. */
enum calendar_err inside_passed(const struct ask *q, const struct calendar_pause *p, int64_t *ms);

/* How a due came about (due.c), for warnings and explanations. */
struct trace {
    struct calendar_due due;
    int64_t base_ms;  /* without pauses and without rolling */
    int64_t moved_ms; /* with pauses, without rolling */
    int64_t shift_ms; /* what pauses added, in the limit's own unit */
    int64_t held_ms;  /* CALENDAR_PAUSED: since when */
};
enum calendar_err inside_trace(const struct calendar *c, const struct calendar_limit *limit,
                               const struct calendar_run *run, struct trace *t);

/* The next stretch of the union of the pauses that ends after *at_ms; cut to begin there at the
 * earliest. Moves *at_ms to its end. */
bool inside_next_pause(const struct calendar_run *run, int64_t *at_ms, struct calendar_pause *out);
/* Whether pauses move the unit by working time, by the wall clock, or not at all. */
enum pause_kind { PAUSE_WORKING, PAUSE_WALL, PAUSE_NONE };
enum pause_kind inside_pause_kind(enum calendar_unit u);

#endif
