/* What the calendar tests share: the shipped Chinese calendar, and local times as text. */
#ifndef TESTS_UNIT_CALENDAR_KIT_H
#define TESTS_UNIT_CALENDAR_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "calendar/load.h"

enum { KIT_TEXT = 40 };

static inline const struct calendar *kit_load(const char *id)
{
    const struct calendar *c = NULL;
    struct err e = ERR_INIT;
    cr_assert(calendar_load(REDRESS_SOURCE_DIR "/schemas/calendar", id, &c, &e), "%s", e.message);
    return c;
}

/* "2026-02-13 16:00" on the calendar's wall clock; 24:00 is the end of the date. */
static inline int64_t kit_at(const struct calendar *c, const char *text)
{
    int y, mo, d, h, mi;
    cr_assert_eq(sscanf(text, "%d-%d-%d %d:%d", &y, &mo, &d, &h, &mi), 5, "%s", text);
    if (h == 24) return calendar_day_end_ms(c, (int32_t)timefmt_days(y, mo, d));
    return calendar_local_ms(c, (int32_t)timefmt_days(y, mo, d), (h * 60 + mi) * 60000);
}

/* The instant on the calendar's wall clock. An instant that ends its date prints as 24:00 of it when
 * the expectation does. */
static inline const char *kit_text(const struct calendar *c, int64_t ms, const char *like, char *out)
{
    int32_t day = calendar_date_of(c, ms);
    int y, mo, d;
    if (strstr(like, "24:00") != NULL && ms == calendar_day_end_ms(c, day - 1)) {
        timefmt_date(day - 1, &y, &mo, &d);
        snprintf(out, KIT_TEXT, "%04d-%02d-%02d 24:00", y, mo, d);
        return out;
    }
    int minute = 0;
    while (minute < 1439 && calendar_local_ms(c, day, (minute + 1) * 60000) <= ms) minute++;
    timefmt_date(day, &y, &mo, &d);
    snprintf(out, KIT_TEXT, "%04d-%02d-%02d %02d:%02d", y, mo, d, minute / 60, minute % 60);
    return out;
}

#define KIT_EQ(c, ms, expected)                                                                                        \
    do {                                                                                                               \
        char kit_got[KIT_TEXT];                                                                                        \
        cr_assert_str_eq(kit_text(c, ms, expected, kit_got), expected, "due %s, expected %s", kit_got, expected);      \
    } while (0)

#endif
