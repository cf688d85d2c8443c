#include "base/timefmt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

int64_t timefmt_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void timefmt_date(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool digits(const char **p, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (!isdigit((unsigned char)**p)) return false;
        *out = *out * 10 + (**p - '0');
    }
    return true;
}

static bool expect(const char **p, char c) { return *(*p)++ == c; }

static bool parse_zone(const char *p, int *minutes)
{
    *minutes = 0;
    if (*p == 'Z' || *p == 'z') return p[1] == '\0';
    int sign = *p == '-' ? -1 : 1, h, m;
    if (*p != '+' && *p != '-') return false;
    p++;
    if (!digits(&p, 2, &h) || !expect(&p, ':') || !digits(&p, 2, &m) || h > 23 || m > 59) return false;
    *minutes = sign * (h * 60 + m);
    return *p == '\0';
}

static bool parse_fraction(const char **p, int *ms)
{
    *ms = 0;
    if (**p != '.') return true;
    int unit = 100;
    for ((*p)++; isdigit((unsigned char)**p); (*p)++, unit /= 10) *ms += (**p - '0') * unit;
    return isdigit((unsigned char)(*p)[-1]);
}

bool timefmt_parse(const char *p, int64_t *ms)
{
    int year, month, day, hour, minute, second, milli, zone;
    if (!digits(&p, 4, &year) || !expect(&p, '-') || !digits(&p, 2, &month) || !expect(&p, '-') || !digits(&p, 2, &day))
        return false;
    if (*p != 'T' && *p != 't' && *p != ' ') return false;
    p++;
    if (!digits(&p, 2, &hour) || !expect(&p, ':') || !digits(&p, 2, &minute) || !expect(&p, ':') ||
        !digits(&p, 2, &second) || !parse_fraction(&p, &milli) || !parse_zone(p, &zone))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month)) return false;
    if (hour > 23 || minute > 59 || second > 60) return false;
    int64_t minutes = timefmt_days(year, month, day) * 1440 + hour * 60 + minute - zone;
    *ms = (minutes * 60 + second) * 1000 + milli;
    return true;
}

const char *timefmt_utc(int64_t ms, char *buf)
{
    int64_t days = ms / 86400000, rest = ms % 86400000;
    if (rest < 0) {
        rest += 86400000;
        days--;
    }
    int year, month, day, t = (int)rest;
    timefmt_date(days, &year, &month, &day);
    snprintf(buf, TIMEFMT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month, day, t / 3600000,
             t / 60000 % 60, t / 1000 % 60, t % 1000);
    return buf;
}

const char *timefmt_date_text(int64_t days, char *buf)
{
    int year, month, day;
    timefmt_date(days, &year, &month, &day);
    snprintf(buf, TIMEFMT_SIZE, "%04d-%02d-%02d", year % 10000, month, day);
    return buf;
}

bool timefmt_is_date(const char *text)
{
    char instant[TIMEFMT_SIZE];
    int64_t ms;
    if (strlen(text) != sizeof "2026-01-31" - 1) return false;
    snprintf(instant, sizeof instant, "%sT00:00:00Z", text);
    return timefmt_parse(instant, &ms);
}
