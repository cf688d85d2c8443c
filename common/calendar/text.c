#include "calendar/text.h"

#include <stdio.h>
#include <string.h>

#include "base/timefmt.h"

enum { SECOND_MS = 1000, DAY_S = 86400, MINUTE_LENGTH = 16 /* of "2026-02-13T16:00" */ };

static char *put_digits(char *p, int value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10) p[i] = (char)('0' + value % 10);
    return p + width;
}

static char *put_char(char *p, char c)
{
    *p = c;
    return p + 1;
}

static char *put_offset(char *p, int32_t offset_s)
{
    if (offset_s == 0) return put_char(p, 'Z');
    int minutes = offset_s < 0 ? -offset_s / 60 : offset_s / 60;
    p = put_digits(put_char(p, offset_s < 0 ? '-' : '+'), minutes / 60, 2);
    return put_digits(put_char(p, ':'), minutes % 60, 2);
}

size_t calendar_text(const struct calendar *c, int64_t at_ms, char *out)
{
    int32_t offset_s = calendar_offset_s(c, at_ms);
    if (offset_s % 60 != 0) offset_s = 0;
    int64_t ms = at_ms + (int64_t)offset_s * SECOND_MS, day_ms = (int64_t)DAY_S * SECOND_MS;
    int64_t days = ms / day_ms - (ms % day_ms < 0);
    int rest = (int)(ms - days * day_ms), year, month, day;
    timefmt_date(days, &year, &month, &day);
    char *p = put_char(put_digits(out, year, 4), '-');
    p = put_char(put_digits(p, month, 2), '-');
    p = put_char(put_digits(p, day, 2), 'T');
    p = put_char(put_digits(p, rest / 3600000, 2), ':');
    p = put_char(put_digits(p, rest / 60000 % 60, 2), ':');
    p = put_digits(p, rest / SECOND_MS % 60, 2);
    if (rest % SECOND_MS != 0) p = put_digits(put_char(p, '.'), rest % SECOND_MS, 3);
    p = put_offset(p, offset_s);
    *p = '\0';
    return (size_t)(p - out);
}

static int64_t from_wall_clock(const struct calendar *c, int64_t wall_ms)
{
    int64_t day_ms = (int64_t)DAY_S * SECOND_MS;
    int64_t day = wall_ms / day_ms - (wall_ms % day_ms < 0);
    return calendar_local_ms(c, (int32_t)day, (int32_t)(wall_ms - day * day_ms));
}

bool calendar_text_parse(const struct calendar *c, const char *text, int64_t *at_ms)
{
    size_t n = strnlen(text, CALENDAR_TEXT_SIZE);
    if (n < MINUTE_LENGTH || n == CALENDAR_TEXT_SIZE) return false;
    const char *rest = text + MINUTE_LENGTH; /* seconds, fraction, zone */
    bool zoned = rest[strcspn(rest, "Zz+-")] != '\0';
    char full[CALENDAR_TEXT_SIZE + sizeof ":00Z"];
    snprintf(full, sizeof full, "%.*s%s%s%s", MINUTE_LENGTH, text, *rest == ':' ? "" : ":00", rest, zoned ? "" : "Z");
    if (!timefmt_parse(full, at_ms)) return false;
    if (!zoned) *at_ms = from_wall_clock(c, *at_ms);
    return true;
}
