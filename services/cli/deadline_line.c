#include "cli/deadline_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar/text.h"

static bool refuse(struct deadline_fault *fault, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(struct deadline_fault *fault, const char *field, const char *fmt, ...)
{
    va_list ap;
    fault->field = field;
    va_start(ap, fmt);
    vsnprintf(fault->reason, sizeof fault->reason, fmt, ap);
    va_end(ap);
    return false;
}

/* ---- Reading the members. An optional one that is null is absent ---- */

/* A whole number, also one that came as 3.0. */
static bool whole(const json_t *v, int64_t *out)
{
    static const double exact = 9007199254740992.0; /* 2^53: above it a double skips whole numbers */
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return true;
    }
    double d = json_is_real(v) ? json_real_value(v) : 0.5;
    if (floor(d) != d || fabs(d) > exact) return false;
    *out = (int64_t)d;
    return true;
}

static const int64_t FAR_MS = (int64_t)1 << 50; /* ± 35,000 years: the date of what is nearer fits 32 bits */

static bool read_instant(const struct calendar *c, const json_t *v, int64_t *ms)
{
    if (json_is_number(v)) return whole(v, ms) && *ms<FAR_MS && * ms> - FAR_MS;
    return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v) &&
           calendar_text_parse(c, json_string_value(v), ms);
}

static bool read_calendar(const struct deadline_book *book, const json_t *v, struct deadline_ask *ask,
                          struct deadline_fault *fault)
{
    const char *id = v == NULL || json_is_null(v) ? book->usual : json_string_value(v);
    if (id == NULL) return refuse(fault, "calendar", "must be the id of a calendar");
    ask->calendar = calendar_find(book->calendars, id);
    return ask->calendar != NULL || refuse(fault, "calendar", "there is no calendar \"%.60s\"", id);
}

static bool read_t(const json_t *v, struct deadline_ask *ask, struct deadline_fault *fault)
{
    struct calendar_day day;
    if (v == NULL) return refuse(fault, "t", "is missing");
    if (!read_instant(ask->calendar, v, &ask->run.start_ms))
        return refuse(fault, "t",
                      "must be an instant like 2026-02-13T16:00:00+08:00, a local time like 2026-02-13T16:00, "
                      "or whole milliseconds since 1970");
    ask->as_number = json_is_number(v);
    if (calendar_day_at(ask->calendar, calendar_date_of(ask->calendar, ask->run.start_ms), &day) == CALENDAR_OK)
        return true;
    return refuse(fault, "t", "lies outside the years of calendar %s", calendar_id(ask->calendar));
}

static bool read_span(const json_t *unit, const json_t *n, struct deadline_ask *ask, struct deadline_fault *fault)
{
    int64_t amount;
    const char *name = json_string_value(unit);
    if (unit == NULL) return refuse(fault, "unit", "is missing");
    if (name == NULL || !calendar_span_parse(name, 0, &ask->limit.span))
        return refuse(fault, "unit",
                      "must be hours, working_days, calendar_days, working_hours, minutes, working_minutes, "
                      "every_days or every_weeks");
    if (n == NULL) return refuse(fault, "n", "is missing");
    if (!whole(n, &amount)) return refuse(fault, "n", "must be a whole number");
    if (amount < 0) return refuse(fault, "n", "must not be negative");
    return calendar_span_parse(name, amount, &ask->limit.span) || refuse(fault, "n", "is too large");
}

static bool read_pause(const json_t *v, size_t i, struct deadline_ask *ask, struct deadline_fault *fault)
{
    struct calendar_pause *p = &ask->pauses[i];
    const json_t *until = json_array_get(v, 1);
    if (json_array_size(v) != 2) return refuse(fault, "pauses", "item %zu must be [from, to]", i);
    if (!read_instant(ask->calendar, json_array_get(v, 0), &p->from_ms))
        return refuse(fault, "pauses", "item %zu: from must be an instant", i);
    if (json_is_null(until))
        p->until_ms = CALENDAR_FOREVER;
    else if (!read_instant(ask->calendar, until, &p->until_ms))
        return refuse(fault, "pauses", "item %zu: to must be an instant, or null while it lasts", i);
    return p->until_ms >= p->from_ms || refuse(fault, "pauses", "item %zu ends before it begins", i);
}

static bool read_pauses(const json_t *list, struct deadline_ask *ask, struct deadline_fault *fault)
{
    ask->run.pauses = ask->pauses;
    if (list == NULL || json_is_null(list)) return true;
    if (!json_is_array(list)) return refuse(fault, "pauses", "must be a list of [from, to]");
    size_t n = json_array_size(list);
    if (n > DEADLINE_PAUSES_MAX) return refuse(fault, "pauses", "must be at most %d", DEADLINE_PAUSES_MAX);
    for (size_t i = 0; i < n; i++)
        if (!read_pause(json_array_get(list, i), i, ask, fault)) return false;
    ask->run.n_pauses = (int)n;
    return true;
}

static bool read_flag(const json_t *v, const char *field, bool *out, struct deadline_fault *fault)
{
    if (v != NULL && !json_is_boolean(v) && !json_is_null(v)) return refuse(fault, field, "must be true or false");
    *out = json_is_true(v);
    return true;
}

static bool read_roll(const json_t *v, struct deadline_ask *ask, struct deadline_fault *fault)
{
    const char *name = json_string_value(v);
    if (v == NULL || json_is_null(v) || (name != NULL && strcmp(name, "none") == 0)) return true;
    if (name == NULL || strcmp(name, "next_open") != 0)
        return refuse(fault, "roll", "must be \"none\" or \"next_open\"");
    if (ask->limit.span.unit == CALENDAR_ELAPSED_MS) ask->limit.roll = CALENDAR_ROLL_NEXT_OPEN;
    return true;
}

bool deadline_ask_read(const struct deadline_book *book, json_t *line, struct deadline_ask *ask,
                       struct deadline_fault *fault)
{
    ask->limit = (struct calendar_limit){0};
    ask->run = (struct calendar_run){0};
    return read_calendar(book, json_object_get(line, "calendar"), ask, fault) &&
           read_t(json_object_get(line, "t"), ask, fault) &&
           read_span(json_object_get(line, "unit"), json_object_get(line, "n"), ask, fault) &&
           read_pauses(json_object_get(line, "pauses"), ask, fault) &&
           read_flag(json_object_get(line, "deemed_next_open"), "deemed_next_open", &ask->limit.deemed_next_open,
                     fault) &&
           read_flag(json_object_get(line, "binds_customer"), "binds_customer", &ask->limit.binds_customer, fault) &&
           read_roll(json_object_get(line, "roll"), ask, fault);
}

void deadline_fault_of(const struct deadline_ask *ask, enum calendar_err err, struct deadline_fault *fault)
{
    const char *id = calendar_id(ask->calendar);
    switch (err) {
    case CALENDAR_NO_WORKING_DAY: refuse(fault, "calendar", "%s has no working day within 400 days", id); return;
    case CALENDAR_OUT_OF_RANGE: refuse(fault, "n", "leads outside the years of calendar %s", id); return;
    case CALENDAR_BAD_AMOUNT: refuse(fault, "n", "is too large"); return;
    case CALENDAR_OK:
    case CALENDAR_PAUSED:
    case CALENDAR_NO_WARNING: refuse(fault, NULL, "%s", calendar_err_name(err)); return;
    }
}

/* ---- Writing ---- */

static void put_fault(struct buf *out, const struct deadline_fault *fault, int64_t number)
{
    buf_puts(out, "\"error\":{\"line\":");
    buf_int(out, number);
    if (fault->field != NULL) {
        buf_puts(out, ",\"field\":");
        buf_json_string(out, fault->field);
    }
    buf_puts(out, ",\"reason\":");
    buf_json_string(out, fault->reason);
    buf_putc(out, '}');
}

static void put_due(struct buf *out, const struct deadline_ask *ask, const struct calendar_due *due)
{
    char text[CALENDAR_TEXT_SIZE];
    buf_puts(out, "\"due\":");
    if (ask->as_number) {
        buf_int(out, due->due_ms);
    } else {
        buf_putc(out, '"');
        buf_append(out, text, calendar_text(ask->calendar, due->due_ms, text));
        buf_putc(out, '"');
    }
    if (due->provisional) buf_puts(out, ",\"provisional\":true");
}

/* The line up to where a member can be added. Its members stay byte for byte as they came, unless it brings one of the
 * answer's own: that one gives way. */
static void put_line(struct buf *out, json_t *line, const char *text, size_t n)
{
    static const char *const own[] = {"due", "error", "provisional", "paused"};
    bool changed = false;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) changed |= json_object_del(line, own[i]) == 0;
    char *anew = changed ? json_dumps(line, JSON_COMPACT) : NULL;
    if (anew != NULL) {
        text = anew;
        n = strlen(anew);
    }
    while (n > 0 && text[n - 1] != '}') n--;
    buf_append(out, text, n - 1);
    if (json_object_size(line) > 0) buf_putc(out, ',');
    free(anew);
}

static bool answer_object(const struct deadline_book *book, json_t *line, int64_t number, struct buf *out)
{
    struct deadline_ask ask;
    struct deadline_fault fault;
    struct calendar_due due;
    enum calendar_err err = CALENDAR_OK;
    bool understood = deadline_ask_read(book, line, &ask, &fault);
    if (understood) err = calendar_due(ask.calendar, &ask.limit, &ask.run, &due);
    bool well = understood && (err == CALENDAR_OK || err == CALENDAR_PAUSED);
    if (understood && !well) deadline_fault_of(&ask, err, &fault);
    if (!well)
        put_fault(out, &fault, number);
    else if (err == CALENDAR_PAUSED)
        buf_puts(out, "\"due\":null,\"paused\":true");
    else
        put_due(out, &ask, &due);
    return well;
}

/* Whole numbers too large for 64 bits are nobody's business but their own: read as reals, they stay as they came. */
static json_t *read_line(const char *text, size_t n, struct deadline_fault *fault)
{
    enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL };
    json_error_t je;
    json_t *line = json_loadb(text, n, FLAGS, &je);
    if (line == NULL && json_error_code(&je) == json_error_numeric_overflow)
        line = json_loadb(text, n, FLAGS | JSON_DECODE_INT_AS_REAL, &je);
    if (line == NULL) refuse(fault, NULL, "column %d: %.150s", je.position, je.text);
    if (line == NULL || json_is_object(line)) return line;
    refuse(fault, NULL, "must be a JSON object");
    json_decref(line);
    return NULL;
}

bool deadline_answer(const struct deadline_book *book, const char *text, size_t n, int64_t number, struct buf *out)
{
    struct deadline_fault fault = {0};
    bool well = false;
    json_t *line = n > DEADLINE_LINE_MAX ? NULL : read_line(text, n, &fault);
    if (n > DEADLINE_LINE_MAX) refuse(&fault, NULL, "is longer than %d bytes", DEADLINE_LINE_MAX);
    if (line != NULL) {
        put_line(out, line, text, n);
        well = answer_object(book, line, number, out);
        json_decref(line);
    } else {
        buf_putc(out, '{');
        put_fault(out, &fault, number);
    }
    buf_puts(out, "}\n");
    return well;
}
