/* A time zone as a table of offset changes. Pure: no files, no allocation, no ambient clock.
 *
 * Segment k holds from at_s[k] (inclusive) to at_s[k+1] (exclusive); at_s[0] is INT64_MIN, so that
 * every instant has an offset. The table is made by zone_load (calendar/load.h) from the system's
 * tzdata and reaches as far as the calendar's last year. Working-time rule 15. */
#ifndef REDRESS_CALENDAR_ZONE_H
#define REDRESS_CALENDAR_ZONE_H

#include <stdint.h>

struct zone {
    int n;                   /* segments, at least 1 */
    const int64_t *at_s;     /* UTC seconds since the epoch, ascending */
    const int32_t *offset_s; /* local time minus UTC, seconds */
};

/* A local time in a gap is its first valid instant either way; in an overlap it has two. */
enum zone_side { ZONE_EARLIER, ZONE_LATER };

/* Seconds to add to UTC at that instant. */
int32_t zone_offset_s(const struct zone *z, int64_t utc_s);
/* Local seconds since 1970-01-01T00:00 (wall clock) to UTC seconds. */
int64_t zone_to_utc_s(const struct zone *z, int64_t local_s, enum zone_side side);
/* Days since 1970-01-01 of the local date at an instant in milliseconds. */
int64_t zone_local_day(const struct zone *z, int64_t utc_ms);

#endif
