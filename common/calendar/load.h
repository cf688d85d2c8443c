/* Calendars from files (shell side; cores link calendar.h only).
 *
 * DIR/ID.json:
 *   {"id": "cn", "version": 1, "zone": "Asia/Shanghai", "years": [2000, 2099],
 *    "week": {"mon": ["09:00-12:00", "13:30-18:00"], …, "sun": []},
 *    "makeup": ["09:00-12:00", "13:30-18:00"],          optional, see build.h
 *    "days": "cn.csv", "published": [2007, …, 2026]}    both optional
 * The days file: a header line "date,type[,hours]", then e.g. "2026-02-14,work" or
 * "2026-02-17,holiday" or "2026-12-24,work,09:00-12:00". Every refusal names file, line or path. */
#ifndef REDRESS_CALENDAR_LOAD_H
#define REDRESS_CALENDAR_LOAD_H

#include "base/err.h"
#include "calendar/build.h"
#include "calendar/calendar.h"

/* One calendar; free with calendar_unload. */
bool calendar_load(const char *dir, const char *id, const struct calendar **out, struct err *e);
void calendar_unload(const struct calendar *c);

/* Every *.json of dir, by id ascending. */
bool calendar_set_load(const char *dir, struct calendar_set *out, struct err *e);
void calendar_set_unload(struct calendar_set *set);

/* An IANA zone from the system's tzdata (TZDIR, else /usr/share/zoneinfo), with its rules for the
 * future written out up to the end of last_year. Free with zone_unload. */
bool zone_load(const char *name, int last_year, struct zone *out, struct err *e);
void zone_unload(struct zone *z);

#endif
