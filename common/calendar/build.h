/* Makes a calendar from its definition, in memory of the caller. Pure, like calendar.h.
 *
 * The calendar is one block without pointers to the definition: the definition may be freed, the
 * block must stay (and must not move). It holds, per date of its range, the type, the hours and the
 * working time and working days before it; that is what makes every question O(log days). */
#ifndef REDRESS_CALENDAR_BUILD_H
#define REDRESS_CALENDAR_BUILD_H

#include "calendar/calendar.h"
#include "calendar/zone.h"

enum { CALENDAR_SEGMENTS_MAX = 6, CALENDAR_ID_SIZE = 32, CALENDAR_ZONE_SIZE = 40 };

struct calendar_segment {
    int16_t open_min, close_min; /* minutes of the local day, 0 <= open < close <= 1440 */
};

struct calendar_hours {
    int n; /* 0 = closed; segments ascending, not overlapping */
    struct calendar_segment seg[CALENDAR_SEGMENTS_MAX];
};

struct calendar_entry {
    int32_t day;
    bool working;                /* make-up working day, else holiday */
    struct calendar_hours hours; /* of a working entry; n = 0: the make-up hours of the calendar */
};

struct calendar_def {
    const char *id;
    int32_t version;
    const char *zone_name;
    struct zone zone;
    struct calendar_hours week[7]; /* Monday first */
    struct calendar_hours makeup;  /* n = 0: the hours of the first working weekday */
    const struct calendar_entry *entries;
    int n_entries; /* ascending by day, each once */
    const int16_t *published;
    int n_published; /* years */
    int first_year, last_year;
};

/* Bytes calendar_build needs for this definition (an upper bound). */
size_t calendar_bytes(const struct calendar_def *def);
/* mem: calendar_bytes bytes, aligned for int64_t. NULL when the definition is refused; *why then
 * says which part (a constant string). */
const struct calendar *calendar_build(const struct calendar_def *def, void *mem, const char **why);

#endif
