/* TZif (RFC 8536): the 64-bit block gives the past, the footer (a POSIX TZ string) the future. */
#include "calendar/tzif.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"

enum { HEADER = 44, DAY_S = 86400, OFFSET_MAX_S = 26 * 3600 };

/* ---- A table that grows ---- */

struct table {
    int n, cap;
    int64_t *at_s;
    int32_t *offset_s;
};

static void table_add(struct table *t, int64_t at_s, int32_t offset_s)
{
    if (t->n > 0 && t->offset_s[t->n - 1] == offset_s) return;
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->at_s = realloc(t->at_s, sizeof *t->at_s * (size_t)t->cap);
        t->offset_s = realloc(t->offset_s, sizeof *t->offset_s * (size_t)t->cap);
        if (t->at_s == NULL || t->offset_s == NULL) abort();
    }
    t->at_s[t->n] = at_s;
    t->offset_s[t->n] = offset_s;
    t->n++;
}

/* ---- The footer: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

struct rule {
    char form; /* 'M', 'J', or '0' for a day of the year from 0 */
    int month, week, day;
    int32_t time_s;
};

struct posix_tz {
    int32_t std_s, dst_s; /* local minus UTC */
    bool has_dst;
    struct rule begin, end;
};

static bool read_int(const char **s, int max, int *out)
{
    if (!isdigit((unsigned char)**s)) return false;
    long v = 0;
    while (isdigit((unsigned char)**s) && v <= max) v = v * 10 + (*(*s)++ - '0');
    *out = (int)v;
    return v <= max;
}

static bool read_name(const char **s)
{
    const char *begin = *s;
    if (**s == '<') {
        const char *end = strchr(*s, '>');
        if (end == NULL) return false;
        *s = end + 1;
        return true;
    }
    while (isalpha((unsigned char)**s)) (*s)++;
    return *s - begin >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **s, int32_t *out)
{
    int sign = 1, h, m = 0, sec = 0;
    if (**s == '-' || **s == '+') sign = *(*s)++ == '-' ? -1 : 1;
    if (!read_int(s, 167, &h)) return false;
    if (**s == ':' && (++*s, !read_int(s, 59, &m))) return false;
    if (**s == ':' && (++*s, !read_int(s, 59, &sec))) return false;
    *out = sign * (h * 3600 + m * 60 + sec);
    return true;
}

static bool read_rule(const char **s, struct rule *r)
{
    *r = (struct rule){.form = '0', .time_s = 2 * 3600};
    if (*(*s)++ != ',') return false;
    if (**s == 'M') {
        r->form = *(*s)++;
        if (!read_int(s, 12, &r->month) || r->month < 1 || *(*s)++ != '.') return false;
        if (!read_int(s, 5, &r->week) || r->week < 1 || *(*s)++ != '.') return false;
        if (!read_int(s, 6, &r->day)) return false;
    } else {
        if (**s == 'J') r->form = *(*s)++;
        if (!read_int(s, 365, &r->day)) return false;
    }
    if (**s == '/' && (++*s, !read_time(s, &r->time_s))) return false;
    return true;
}

static bool read_posix(const char *s, struct posix_tz *tz)
{
    *tz = (struct posix_tz){0};
    int32_t west;
    if (!read_name(&s) || !read_time(&s, &west)) return false;
    tz->std_s = -west;
    if (*s == '\0') return true;
    tz->has_dst = true;
    if (!read_name(&s)) return false;
    tz->dst_s = tz->std_s + 3600;
    if (*s != ',') {
        if (!read_time(&s, &west)) return false;
        tz->dst_s = -west;
    }
    return read_rule(&s, &tz->begin) && read_rule(&s, &tz->end) && *s == '\0';
}

/* Local seconds at which the rule strikes in a year. */
static int64_t rule_local_s(const struct rule *r, int year)
{
    int64_t day = timefmt_days(year, 1, 1) + r->day;
    if (r->form == 'J') {
        bool leap = timefmt_days(year, 3, 1) - timefmt_days(year, 2, 1) == 29;
        day += (leap && r->day >= 60) - 1; /* J never counts 29 February */
    }
    if (r->form == 'M') {
        int64_t first = timefmt_days(year, r->month, 1);
        int64_t next = r->month == 12 ? timefmt_days(year + 1, 1, 1) : timefmt_days(year, r->month + 1, 1);
        int weekday = (int)(((first + 4) % 7 + 7) % 7); /* Sunday is 0 */
        day = first + (r->day - weekday + 7) % 7 + 7 * (r->week - 1);
        while (day >= next) day -= 7;
    }
    return day * DAY_S + r->time_s;
}

static void extend(struct table *t, const struct posix_tz *tz, int last_year)
{
    int64_t last_at = t->n > 1 ? t->at_s[t->n - 1] : timefmt_days(1900, 1, 1) * DAY_S;
    int year, month, day;
    timefmt_date(last_at / DAY_S - (last_at % DAY_S < 0), &year, &month, &day);
    if (!tz->has_dst) {
        table_add(t, last_at + 1, tz->std_s);
        return;
    }
    for (year--; year <= last_year + 1; year++) {
        int64_t on = rule_local_s(&tz->begin, year) - tz->std_s, off = rule_local_s(&tz->end, year) - tz->dst_s;
        bool north = on < off;
        int64_t at[2] = {north ? on : off, north ? off : on};
        int32_t offset[2] = {north ? tz->dst_s : tz->std_s, north ? tz->std_s : tz->dst_s};
        for (int k = 0; k < 2; k++)
            if (at[k] > last_at) table_add(t, at[k], offset[k]);
    }
}

/* ---- The file ---- */

struct block {
    const unsigned char *times, *kinds, *types;
    uint32_t n_times, n_types;
    size_t size; /* with its header */
};

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p) { return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4)); }

static bool read_block(const unsigned char *p, size_t n, size_t width, struct block *b)
{
    if (n < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2') return false;
    uint32_t count[6]; /* isut, isstd, leap, time, type, char */
    for (int i = 0; i < 6; i++) {
        count[i] = be32(p + 20 + 4 * i);
        if (count[i] > 100000) return false;
    }
    b->n_times = count[3];
    b->n_types = count[4];
    b->times = p + HEADER;
    b->kinds = b->times + width * count[3];
    b->types = b->kinds + count[3];
    b->size = HEADER + count[3] * (width + 1) + count[4] * 6 + count[5] + count[2] * (width + 4) + count[1] + count[0];
    return b->n_types > 0 && b->size <= n;
}

static bool offset_of(const struct block *b, uint32_t type, int32_t *out)
{
    if (type >= b->n_types) return false;
    *out = (int32_t)be32(b->types + 6 * (size_t)type);
    return *out >= -OFFSET_MAX_S && *out <= OFFSET_MAX_S;
}

static bool read_past(const struct block *b, struct table *t)
{
    int32_t offset;
    if (!offset_of(b, 0, &offset)) return false;
    table_add(t, INT64_MIN, offset);
    for (uint32_t i = 0; i < b->n_times; i++) {
        int64_t at = be64(b->times + 8 * (size_t)i);
        if (!offset_of(b, b->kinds[i], &offset)) return false;
        if (t->n > 1 && at <= t->at_s[t->n - 1]) return false;
        if (at > INT64_MIN / 4) table_add(t, at, offset); /* "big bang" markers say nothing */
    }
    return true;
}

bool tzif_read(const unsigned char *bytes, size_t n, int last_year, struct zone *out, const char **why)
{
    struct block old, b;
    struct table t = {0};
    char footer[128] = "";
    *why = "not a TZif file of version 2 or later";
    if (!read_block(bytes, n, 4, &old) || !read_block(bytes + old.size, n - old.size, 8, &b)) return false;
    const unsigned char *foot = bytes + old.size + b.size, *end = bytes + n;
    size_t len = (size_t)(end - foot);
    if (len >= 2 && len < sizeof footer && foot[0] == '\n' && end[-1] == '\n') memcpy(footer, foot + 1, len - 2);
    struct posix_tz tz;
    bool well = read_past(&b, &t);
    if (!well) *why = "damaged table of transitions";
    if (well && footer[0] != '\0') {
        well = read_posix(footer, &tz);
        *why = "the rule for the future cannot be read";
    }
    if (!well) {
        free(t.at_s);
        free(t.offset_s);
        return false;
    }
    if (footer[0] != '\0') extend(&t, &tz, last_year);
    *out = (struct zone){.n = t.n, .at_s = t.at_s, .offset_s = t.offset_s};
    return true;
}
