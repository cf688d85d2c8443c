/* A notice of holidays and make-up days as somebody publishes it, read from CSV or iCalendar (docs/CALENDARS.md).
 *
 * Days ascend, each once. Every refusal names file, row or line, and reason. */
#ifndef REDRESS_CLI_NOTICE_H
#define REDRESS_CLI_NOTICE_H

#include "base/err.h"
#include "calendar/build.h"

struct notice_day {
    struct calendar_entry entry;
    int64_t place; /* CSV: row, iCalendar: line of its BEGIN:VEVENT */
};

/* What an event stands for when neither category nor summary says it. */
enum notice_other { NOTICE_REFUSE, NOTICE_HOLIDAY, NOTICE_SKIP };

struct notice {
    const char *file;
    const char *places; /* "row" or "line" */
    struct notice_day *days;
    int n, cap;
};

/* "date[,until],type[,hours][,…]", columns in any order; types work, holiday and their Chinese words. */
bool notice_read_csv(const char *file, struct notice *out, struct err *e);
/* RFC 5545. Recurrences are written out from the year before `year` to the one after it. */
bool notice_read_ics(const char *file, int year, enum notice_other other, struct notice *out, struct err *e);
void notice_free(struct notice *n);

/* For the readers: adds a date; the same again may only say the same, or more hours. */
bool notice_add(struct notice *n, const struct calendar_entry *entry, int64_t place, struct err *e);
/* Sorts the days. */
void notice_finish(struct notice *n);
bool notice_fail(const struct notice *n, int64_t place, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* What a word of a category, or of a CSV's type, says. */
enum notice_word { NOTICE_SAYS_NOTHING, NOTICE_SAYS_WORK, NOTICE_SAYS_HOLIDAY };
enum notice_word notice_word(const char *word);

#endif
