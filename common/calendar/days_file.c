/* Reading the days file. A date given twice with different types is refused, not guessed. */
#include "calendar/days_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timefmt.h"

static int two_digits(const char *s)
{
    return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) ? (s[0] - '0') * 10 + s[1] - '0' : -1;
}

static bool parse_minute(const char *s, int16_t *out)
{
    int h = two_digits(s), m = s[2] == ':' ? two_digits(s + 3) : -1;
    if (h < 0 || h > 24 || m < 0 || m > 59 || (h == 24 && m > 0)) return false;
    *out = (int16_t)(h * 60 + m);
    return true;
}

bool days_segment_parse(const char *text, size_t len, struct calendar_segment *s)
{
    if (len != strlen("09:00-12:00") || text[5] != '-') return false;
    return parse_minute(text, &s->open_min) && parse_minute(text + 6, &s->close_min) && s->open_min < s->close_min;
}

bool days_date_parse(const char *text, int32_t *day)
{
    if (strlen(text) < 10 || text[4] != '-' || text[7] != '-') return false;
    int century = two_digits(text), rest = two_digits(text + 2), month = two_digits(text + 5),
        mday = two_digits(text + 8);
    if (century < 0 || rest < 0 || month < 1 || month > 12 || mday < 1 || mday > 31) return false;
    int year = century * 100 + rest, y, m, d;
    int64_t days = timefmt_days(year, month, mday);
    timefmt_date(days, &y, &m, &d);
    *day = (int32_t)days;
    return y == year && m == month && d == mday;
}

/* "09:00-12:00 13:30-18:00" */
static bool parse_hours(const char *text, struct calendar_hours *h)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (h->n == CALENDAR_SEGMENTS_MAX || !days_segment_parse(text, len, &h->seg[h->n])) return false;
        h->n++;
        text += len + (text[len] == ' ');
    }
    return h->n > 0;
}

static const char *parse_line(const char *line, struct calendar_entry *entry)
{
    *entry = (struct calendar_entry){0};
    if (!days_date_parse(line, &entry->day) || line[10] != ',') return "expected a date like 2026-02-14 and a comma";
    const char *type = line + 11;
    size_t len = strcspn(type, ",");
    if (len == 4 && memcmp(type, "work", 4) == 0)
        entry->working = true;
    else if (len != 7 || memcmp(type, "holiday", 7) != 0)
        return "the type must be \"work\" or \"holiday\"";
    if (type[len] == '\0') return NULL;
    if (!entry->working) return "a holiday has no hours";
    return parse_hours(type + len + 1, &entry->hours) ? NULL : "hours must look like 09:00-12:00 13:30-18:00";
}

static int by_day(const void *a, const void *b)
{
    const struct calendar_entry *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

static bool read_lines(FILE *f, const char *path, struct calendar_entry **entries, int *n, struct err *e)
{
    char line[256];
    int cap = 0;
    for (int number = 1; fgets(line, sizeof line, f) != NULL; number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (number == 1 || line[0] == '\0') {
            if (number == 1 && strcmp(line, "date,type") != 0 && strcmp(line, "date,type,hours") != 0)
                return err_set(e, ERR_CONFIG, "calendar",
                               "%s:1: the first line must be \"date,type\" or "
                               "\"date,type,hours\"",
                               path);
            continue;
        }
        if (*n == cap) {
            cap = cap ? cap * 2 : 256;
            *entries = realloc(*entries, sizeof **entries * (size_t)cap);
            if (*entries == NULL) abort();
        }
        const char *why = parse_line(line, &(*entries)[*n]);
        if (why != NULL) return err_set(e, ERR_CONFIG, "calendar", "%s:%d: %s", path, number, why);
        ++*n;
    }
    if (ferror(f)) return err_set(e, ERR_IO, "calendar", "%s: %s", path, strerror(errno));
    return true;
}

bool days_file_read(const char *path, struct calendar_entry **out, int *n, struct err *e)
{
    AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (f == NULL) return err_set(e, ERR_CONFIG, "calendar", "%s: %s", path, strerror(errno));
    *out = NULL;
    *n = 0;
    bool well = read_lines(f, path, out, n, e);
    if (well && *n > 0) {
        qsort(*out, (size_t)*n, sizeof **out, by_day);
        for (int i = 1; i < *n && well; i++) {
            int year, month, day;
            timefmt_date((*out)[i].day, &year, &month, &day);
            if ((*out)[i].day == (*out)[i - 1].day)
                well = err_set(e, ERR_CONFIG, "calendar", "%s: %04d-%02d-%02d is there twice", path, year, month, day);
        }
    }
    if (well) return true;
    free(*out);
    *out = NULL;
    return false;
}
