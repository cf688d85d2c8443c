#include "cli/notice.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "calendar/days_file.h"
#include "cli/csvfile.h"

enum { SPAN_MAX = 62 }; /* dates of one row or event: longer is a mistake, not a holiday */

bool notice_fail(const struct notice *n, int64_t place, struct err *e, const char *fmt, ...)
{
    char why[250];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return err_set(e, ERR_DATA, "notice", "%s: %s %" PRId64 ": %s", n->file, n->places, place, why);
}

void notice_free(struct notice *n) { free(n->days); }

enum notice_word notice_word(const char *word)
{
    static const char *const work[] = {"work", "workday", "working day", "make-up", "makeup",
                                       "补班", "上班",    "调休上班",    "班"};
    static const char *const holiday[] = {"holiday", "public holiday", "day off", "放假", "休息", "休", "假期", "假"};
    for (size_t i = 0; i < sizeof work / sizeof work[0]; i++)
        if (strcasecmp(word, work[i]) == 0) return NOTICE_SAYS_WORK;
    for (size_t i = 0; i < sizeof holiday / sizeof holiday[0]; i++)
        if (strcasecmp(word, holiday[i]) == 0) return NOTICE_SAYS_HOLIDAY;
    return NOTICE_SAYS_NOTHING;
}

/* ---- the days ---- */

static bool same_hours(const struct calendar_hours *a, const struct calendar_hours *b)
{
    return a->n == b->n && memcmp(a->seg, b->seg, sizeof a->seg[0] * (size_t)a->n) == 0;
}

/* Two events of one working date are its morning and its afternoon. */
static bool add_hours(struct notice *n, struct notice_day *d, const struct calendar_entry *more, int64_t place,
                      struct err *e)
{
    struct calendar_hours *h = &d->entry.hours;
    if (same_hours(h, &more->hours)) return true;
    if (h->n == 0 || more->hours.n == 0) return notice_fail(n, place, e, "the date has hours once and none once");
    for (int i = 0; i < more->hours.n; i++) {
        struct calendar_segment s = more->hours.seg[i];
        int at = h->n;
        if (at == CALENDAR_SEGMENTS_MAX)
            return notice_fail(n, place, e, "more than %d times a date", CALENDAR_SEGMENTS_MAX);
        for (; at > 0 && h->seg[at - 1].open_min > s.open_min; at--) h->seg[at] = h->seg[at - 1];
        h->seg[at] = s;
        h->n++;
    }
    for (int i = 1; i < h->n; i++)
        if (h->seg[i].open_min < h->seg[i - 1].close_min) return notice_fail(n, place, e, "hours of the date overlap");
    return true;
}

bool notice_add(struct notice *n, const struct calendar_entry *entry, int64_t place, struct err *e)
{
    for (int i = 0; i < n->n; i++) {
        struct notice_day *d = &n->days[i];
        if (d->entry.day != entry->day) continue;
        if (d->entry.working == entry->working) return !entry->working || add_hours(n, d, entry, place, e);
        int y, m, mday;
        timefmt_date(entry->day, &y, &m, &mday);
        return notice_fail(n, place, e, "%04d-%02d-%02d is a %s here and a %s at %s %" PRId64, y, m, mday,
                           entry->working ? "working day" : "holiday", entry->working ? "holiday" : "working day",
                           n->places, d->place);
    }
    if (n->n == n->cap) {
        n->cap = n->cap == 0 ? 64 : 2 * n->cap;
        n->days = realloc(n->days, sizeof *n->days * (size_t)n->cap);
        if (n->days == NULL) abort();
    }
    n->days[n->n++] = (struct notice_day){.entry = *entry, .place = place};
    return true;
}

static int by_day(const void *a, const void *b)
{
    const struct notice_day *x = a, *y = b;
    return (x->entry.day > y->entry.day) - (x->entry.day < y->entry.day);
}

void notice_finish(struct notice *n)
{
    if (n->n > 0) qsort(n->days, (size_t)n->n, sizeof *n->days, by_day);
}

/* ---- CSV ---- */

enum column { COLUMN_DATE, COLUMN_UNTIL, COLUMN_TYPE, COLUMN_HOURS, COLUMNS };
static const char *const column_names[COLUMNS] = {"date", "until", "type", "hours"};

struct table {
    struct notice *notice;
    int at[COLUMNS]; /* -1: not there */
};

static bool read_header(struct table *t, const struct csv_row *row, struct err *e)
{
    for (int c = 0; c < COLUMNS; c++) {
        t->at[c] = -1;
        for (int i = 0; i < row->n; i++)
            if (strcasecmp(row->fields[i], column_names[c]) == 0) t->at[c] = i;
    }
    if (t->at[COLUMN_DATE] >= 0 && t->at[COLUMN_TYPE] >= 0) return true;
    return err_set(e, ERR_DATA, "notice", "%s: row 0: the header must name the columns date and type", t->notice->file);
}

static const char *field(const struct table *t, const struct csv_row *row, enum column c)
{
    int i = t->at[c];
    return i >= 0 && i < row->n ? row->fields[i] : "";
}

static bool read_date(const struct notice *n, const struct csv_row *row, const char *text, int32_t *day, struct err *e)
{
    if (strlen(text) == strlen("2026-02-14") && days_date_parse(text, day)) return true;
    return notice_fail(n, row->number, e, "\"%.40s\" is no date like 2026-02-14", text);
}

static bool read_hours(const struct notice *n, const struct csv_row *row, const char *text, struct calendar_hours *h,
                       struct err *e)
{
    for (; *text != '\0'; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        if (h->n == CALENDAR_SEGMENTS_MAX || !days_segment_parse(text, length, &h->seg[h->n]))
            return notice_fail(n, row->number, e, "hours must look like 09:00-12:00 13:30-18:00");
        h->n++;
        text += length;
    }
    return true;
}

static bool on_row(void *user, const struct csv_row *row, struct err *e)
{
    struct table *t = user;
    struct notice *n = t->notice;
    struct calendar_entry entry = {0};
    int32_t first, last;
    if (row->number == 0) return read_header(t, row, e);
    const char *until = field(t, row, COLUMN_UNTIL), *type = field(t, row, COLUMN_TYPE);
    enum notice_word word = notice_word(type);
    if (!read_date(n, row, field(t, row, COLUMN_DATE), &first, e)) return false;
    last = first;
    if (*until != '\0' && !read_date(n, row, until, &last, e)) return false;
    if (last < first || last - first >= SPAN_MAX)
        return notice_fail(n, row->number, e, "until must lie 0 to %d days after date", SPAN_MAX - 1);
    if (word == NOTICE_SAYS_NOTHING)
        return notice_fail(n, row->number, e, "the type must be work or holiday, not \"%.40s\"", type);
    entry.working = word == NOTICE_SAYS_WORK;
    if (!read_hours(n, row, field(t, row, COLUMN_HOURS), &entry.hours, e)) return false;
    if (!entry.working && entry.hours.n > 0) return notice_fail(n, row->number, e, "a holiday has no hours");
    for (entry.day = first; entry.day <= last; entry.day++)
        if (!notice_add(n, &entry, row->number, e)) return false;
    return true;
}

bool notice_read_csv(const char *file, struct notice *out, struct err *e)
{
    struct err why = ERR_INIT;
    struct table t = {.notice = out};
    *out = (struct notice){.file = file, .places = "row"};
    if (!csvfile_read(file, ',', on_row, &t, &why)) {
        bool placed = strncmp(why.message, file, strlen(file)) == 0;
        return err_set(e, why.code, "notice", "%s%s%s", placed ? "" : file, placed ? "" : ": ", why.message);
    }
    notice_finish(out);
    return true;
}
