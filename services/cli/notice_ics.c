/* Notices as iCalendar. libical parses and writes recurrences out; ours is what a holiday calendar means by it: which
 * event is a holiday and which a make-up day, and where in the file it stands. */
#include <errno.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "base/utf8.h"
#include "cli/notice.h"

enum { FILE_MAX = 8 << 20, EVENT_DAYS_MAX = 62, DAY_S = 86400 };

struct reader {
    struct notice *notice;
    enum notice_other other;
    int64_t line; /* of the event */
    struct calendar_entry entry;
    int32_t dates; /* the event covers */
    struct err *e;
};

static bool fail(struct reader *r, const char *why) { return notice_fail(r->notice, r->line, r->e, "%s", why); }

/* ---- what an event means ---- */

static bool contains_any(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, words[i]) != NULL) return true;
    return false;
}

/* "春节（班）" works, "春节（休）" and "春节假期" do not; work is looked for first, since 调休上班 holds both. */
static enum notice_word word_of_summary(const char *summary)
{
    static const char *const work[] = {"班", "make-up", "makeup", "working day", "workday"};
    static const char *const holiday[] = {"休", "假", "holiday", "day off"};
    if (contains_any(summary, work, sizeof work / sizeof work[0])) return NOTICE_SAYS_WORK;
    return contains_any(summary, holiday, sizeof holiday / sizeof holiday[0]) ? NOTICE_SAYS_HOLIDAY
                                                                              : NOTICE_SAYS_NOTHING;
}

/* Every CATEGORIES property may list several. */
static enum notice_word word_of_categories(icalcomponent *event)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_CATEGORIES_PROPERTY);
    for (; p != NULL; p = icalcomponent_get_next_property(event, ICAL_CATEGORIES_PROPERTY)) {
        char list[400], *rest = list;
        snprintf(list, sizeof list, "%s", icalproperty_get_categories(p));
        for (char *word; (word = strsep(&rest, ",")) != NULL;) {
            word += strspn(word, " ");
            if (notice_word(word) != NOTICE_SAYS_NOTHING) return notice_word(word);
        }
    }
    return NOTICE_SAYS_NOTHING;
}

/* False with e unset: the event is passed over. */
static bool read_meaning(struct reader *r, icalcomponent *event)
{
    const char *summary = icalcomponent_get_summary(event);
    enum notice_word word = word_of_categories(event);
    if (word == NOTICE_SAYS_NOTHING && summary != NULL) word = word_of_summary(summary);
    r->entry.working = word == NOTICE_SAYS_WORK;
    if (word != NOTICE_SAYS_NOTHING || r->other == NOTICE_HOLIDAY) return true;
    if (r->other == NOTICE_SKIP) return false;
    return notice_fail(r->notice, r->line, r->e,
                       "neither CATEGORIES nor SUMMARY (\"%.60s\") says whether it is work or a holiday; see --other",
                       summary == NULL ? "" : summary);
}

/* ---- when it is ---- */

/* libical takes any digits. */
static bool exists(struct icaltimetype t)
{
    int y, m, d;
    timefmt_date(timefmt_days(t.year, t.month, t.day), &y, &m, &d);
    return y == t.year && m == t.month && d == t.day;
}

static int32_t day_of(struct icaltimetype t) { return (int32_t)timefmt_days(t.year, t.month, t.day); }

/* A date, or dates; or with times the hours of a make-up day. */
static bool read_time(struct reader *r, icalcomponent *event)
{
    struct icaltimetype from = icalcomponent_get_dtstart(event), until = icalcomponent_get_dtend(event);
    if (icaltime_is_null_time(from) || !exists(from)) return fail(r, "DTSTART is missing or no date there is");
    if (!icaltime_is_null_time(until) && !exists(until)) return fail(r, "DTEND is no date there is");
    if (from.is_date) {
        r->dates = icaltime_is_null_time(until) ? 1 : day_of(until) - day_of(from);
        if (!icaltime_is_null_time(until) && !until.is_date) return fail(r, "DTSTART is a date, DTEND is not");
        return (r->dates >= 1 && r->dates <= EVENT_DAYS_MAX) ||
               fail(r, "it must cover 1 to 62 dates; DTEND is not included");
    }
    if (!r->entry.working) return fail(r, "a holiday must be whole dates (VALUE=DATE)");
    if (icaltime_is_utc(from)) return fail(r, "hours must be local times, without Z");
    int open = from.hour * 60 + from.minute, close = until.hour * 60 + until.minute;
    bool midnight = close == 0 && day_of(until) == day_of(from) + 1;
    if (midnight) close = 24 * 60;
    if (icaltime_is_null_time(until) || (!midnight && day_of(until) != day_of(from)) || close <= open)
        return fail(r, "hours must begin and end on the same date");
    r->entry.hours = (struct calendar_hours){.n = 1, .seg = {{(int16_t)open, (int16_t)close}}};
    r->dates = 1;
    return true;
}

static void on_occurrence(icalcomponent *event, struct icaltime_span *span, void *data)
{
    (void)event;
    struct reader *r = data;
    int32_t first = (int32_t)(span->start / DAY_S - (span->start % DAY_S < 0));
    for (r->entry.day = first; r->entry.day < first + r->dates; r->entry.day++)
        if (!notice_add(r->notice, &r->entry, r->line, r->e)) return;
}

static bool read_event(struct reader *r, icalcomponent *event, int year)
{
    icalproperty *broken = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY);
    if (broken != NULL) return fail(r, icalproperty_get_xlicerror(broken));
    r->entry = (struct calendar_entry){0};
    if (!read_meaning(r, event)) return !err_is_set(r->e);
    if (!read_time(r, event)) return false;
    struct icaltimetype from = icaltime_null_date(), until = icaltime_null_date();
    from.year = year - 1;
    until.year = year + 2;
    from.month = from.day = until.month = until.day = 1;
    icalcomponent_foreach_recurrence(event, from, until, on_occurrence, r);
    return !err_is_set(r->e);
}

/* ---- the file ---- */

static char *read_file(const char *file, struct err *e)
{
    FILE *f = fopen(file, "re");
    if (f == NULL) {
        err_set(e, ERR_IO, "notice", "%s: %s", file, strerror(errno));
        return NULL;
    }
    char *text = malloc(FILE_MAX + 1);
    if (text == NULL) abort();
    size_t n = fread(text, 1, FILE_MAX + 1, f);
    fclose(f);
    bool well = n <= FILE_MAX && memchr(text, '\0', n) == NULL;
    text[well ? n : 0] = '\0';
    if (well && utf8_count(text) >= 0) return text;
    err_set(e, ERR_DATA, "notice", "%s: must be UTF-8 text of at most %d bytes", file, FILE_MAX);
    free(text);
    return NULL;
}

/* Line of the next BEGIN:VEVENT; *at moves behind it, *line counts. libical keeps the order but not the lines. */
static int64_t next_event_line(const char **at, int64_t *line)
{
    static const char begin[] = "BEGIN:VEVENT";
    while (**at != '\0') {
        bool found = strncasecmp(*at, begin, sizeof begin - 1) == 0;
        *at += strcspn(*at, "\n");
        *at += **at == '\n';
        ++*line;
        if (found) return *line;
    }
    return *line;
}

static bool read_events(struct reader *r, icalcomponent *calendar, const char *text, int year)
{
    int64_t line = 0;
    const char *at = text;
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    for (; event != NULL; event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        r->line = next_event_line(&at, &line);
        if (!read_event(r, event, year)) return false;
    }
    return true;
}

bool notice_read_ics(const char *file, int year, enum notice_other other, struct notice *out, struct err *e)
{
    *out = (struct notice){.file = file, .places = "line"};
    struct reader r = {.notice = out, .other = other, .e = e, .line = 1};
    char *text = read_file(file, e);
    if (text == NULL) return false;
    icalcomponent *calendar = icalparser_parse_string(text);
    bool well = calendar != NULL && icalcomponent_isa(calendar) == ICAL_VCALENDAR_COMPONENT;
    well = well ? read_events(&r, calendar, text, year) : fail(&r, "is no iCalendar (BEGIN:VCALENDAR … END:VCALENDAR)");
    if (calendar != NULL) icalcomponent_free(calendar);
    icalmemory_free_ring();
    free(text);
    notice_finish(out);
    return well;
}
