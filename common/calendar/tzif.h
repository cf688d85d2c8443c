/* The bytes of a TZif file (RFC 8536) as a zone. Inside redress_calendar_load. */
#ifndef REDRESS_CALENDAR_TZIF_H
#define REDRESS_CALENDAR_TZIF_H

#include <stdbool.h>
#include <stddef.h>

#include "calendar/zone.h"

/* Version 2 or later; the footer's rule is written out up to the end of last_year. false: *why. The
 * arrays of *out are malloc'd. */
bool tzif_read(const unsigned char *bytes, size_t n, int last_year, struct zone *out, const char **why);

#endif
