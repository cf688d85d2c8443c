/* A deadline tells how it came about (SL-5): the calendar's explanation as JSON, with sentences for people. Rule
 * numbers are calendar.h's. Touches nothing but memory; not for cores (it allocates). */
#ifndef REDRESS_CALENDAR_TELL_H
#define REDRESS_CALENDAR_TELL_H

#include "base/buf.h"
#include "calendar/calendar.h"

enum { TELL_DAYS_MAX = 1000 };

struct tell {
    const struct calendar *calendar;
    const struct calendar_limit *limit;
    const struct calendar_run *run;
    const char *lang; /* "zh" or "en" (anything else: en) */
};

/* Appends one object (openapi.yaml: DeadlineExplanation): spec, start, pauses, due, a row per date, and the same in
 * words. A run that is still paused has "due":null. Beyond TELL_DAYS_MAX dates the rows are cut and "truncated" is
 * true. An error other than CALENDAR_PAUSED appends nothing and is returned. */
enum calendar_err calendar_tell(const struct tell *t, struct buf *out);

/* "zh" when a list like Accept-Language's ("zh-CN,en;q=0.7") or one language prefers it to English, else "en". NULL:
 * en. */
const char *calendar_language(const char *accepted);

#endif
