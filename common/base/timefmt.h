/* Instants as text: RFC 3339 in and out. An instant is int64 milliseconds since the Unix epoch. */
#ifndef REDRESS_BASE_TIMEFMT_H
#define REDRESS_BASE_TIMEFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMEFMT_SIZE = 32 };

/* Strict RFC 3339 with a zone ("Z" or "+08:00"); seconds fraction of any length. */
bool timefmt_parse(const char *text, int64_t *ms);
/* "2026-03-02T01:00:00.000Z" into buf (TIMEFMT_SIZE bytes). Returns buf. */
const char *timefmt_utc(int64_t ms, char *buf);
/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t timefmt_days(int year, int month, int day);
void timefmt_date(int64_t days, int *year, int *month, int *day);
/* "2026-03-02" into buf (TIMEFMT_SIZE bytes). Returns buf. */
const char *timefmt_date_text(int64_t days, char *buf);
/* A date there is, written like 2026-01-31. */
bool timefmt_is_date(const char *text);

#endif
