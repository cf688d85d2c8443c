/* A question about a deadline as one line of JSON, and its answer (redressctl deadline compute; docs/CALENDARS.md).
 *
 * {"t": "2026-02-13T16:00:00+08:00", "unit": "working_days", "n": 2, "pauses": [[from, to]], "calendar": "cn",
 *  "deemed_next_open": true, "roll": "next_open", "binds_customer": true, anything else}
 *
 * The answer is the line as it came with "due" (and "provisional") at its end, or with "error" there, which names field
 * and reason; what is no JSON object is answered with "error" alone. One line, one answer, in the same order. */
#ifndef REDRESS_CLI_DEADLINE_LINE_H
#define REDRESS_CLI_DEADLINE_LINE_H

#include <jansson.h>

#include "base/buf.h"
#include "calendar/calendar.h"

enum { DEADLINE_LINE_MAX = 1 << 20, DEADLINE_PAUSES_MAX = 256 };

struct deadline_book {
    const struct calendar_set *calendars;
    const char *usual; /* the calendar of a question that names none */
};

/* A question understood. The pauses of run are this struct's, so it must not move. */
struct deadline_ask {
    const struct calendar *calendar;
    struct calendar_limit limit;
    struct calendar_run run;
    struct calendar_pause pauses[DEADLINE_PAUSES_MAX];
    bool as_number; /* the question's t was a number of milliseconds: so is the answer's due */
};

struct deadline_fault {
    const char *field; /* NULL: the line as a whole */
    char reason[200];
};

bool deadline_ask_read(const struct deadline_book *book, json_t *line, struct deadline_ask *ask,
                       struct deadline_fault *fault);
/* What the calendar says against the question; the fault of a calendar_err. */
void deadline_fault_of(const struct deadline_ask *ask, enum calendar_err err, struct deadline_fault *fault);
/* Appends the answer to n bytes of text (without its newline), and a newline. False: it is an error. */
bool deadline_answer(const struct deadline_book *book, const char *text, size_t n, int64_t number, struct buf *out);

#endif
