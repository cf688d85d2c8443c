/* Instants as text on a calendar's wall clock. Pure. Working-time rule 15. */
#ifndef REDRESS_CALENDAR_TEXT_H
#define REDRESS_CALENDAR_TEXT_H

#include "calendar/calendar.h"

enum { CALENDAR_TEXT_SIZE = 40 };

/* "2026-02-24T18:00:00+08:00" (".250" after the seconds when they are not whole) into out, CALENDAR_TEXT_SIZE bytes;
 * an instant whose offset is no whole minute in UTC, "Z". Years 0000 to 9999. Returns the length. */
size_t calendar_text(const struct calendar *c, int64_t at_ms, char *out);
/* RFC 3339, its seconds and its zone optional; without a zone it is the calendar's wall clock: in a gap the first valid
 * instant, in an overlap the earlier. */
bool calendar_text_parse(const struct calendar *c, const char *text, int64_t *at_ms);

#endif
