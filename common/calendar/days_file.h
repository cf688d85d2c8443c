/* The days of a calendar: "date,type[,hours]" lines. Inside redress_calendar_load. */
#ifndef REDRESS_CALENDAR_DAYS_FILE_H
#define REDRESS_CALENDAR_DAYS_FILE_H

#include "base/err.h"
#include "calendar/build.h"

/* Entries ascend; *out is malloc'd. Errors name file and line. */
bool days_file_read(const char *path, struct calendar_entry **out, int *n, struct err *e);
/* "09:00-12:00" into s; false unless 00:00 <= open < close <= 24:00. */
bool days_segment_parse(const char *text, size_t len, struct calendar_segment *s);
/* "2026-02-14" as days since 1970-01-01; only dates that exist. */
bool days_date_parse(const char *text, int32_t *day);

#endif
