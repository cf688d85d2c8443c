#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/timefmt.h"

static const char *service_name = "redress";
static enum log_level lowest = LOG_INFO;
static _Thread_local struct log_context current;

void log_init(const char *service, enum log_level at_least)
{
    service_name = service;
    lowest = at_least;
}

void log_context(const struct log_context *context) { current = context == NULL ? (struct log_context){0} : *context; }

static void open_line(struct buf *b, enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char time[TIMEFMT_SIZE];
    buf_printf(b, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\"", timefmt_utc(clock_real_ms(), time),
               names[level], service_name);
}

static void field(struct buf *b, const char *name, const char *value)
{
    if (value == NULL) return;
    buf_printf(b, ",\"%s\":", name);
    buf_json_string(b, value);
}

static void close_line(struct buf *b)
{
    if (current.case_id != 0) buf_printf(b, ",\"case_id\":%" PRId64, current.case_id);
    field(b, "event_id", current.event_id);
    field(b, "correlation_id", current.correlation_id);
    buf_puts(b, "}\n");
    ssize_t written = write(STDERR_FILENO, b->bytes, b->len);
    (void)written; /* a log that cannot be written has nowhere to be reported */
    buf_deinit(b);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (level < lowest) return;
    char message[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    struct buf b = BUF_INIT;
    open_line(&b, level);
    field(&b, "msg", message);
    close_line(&b);
}

void log_err(enum log_level level, const char *what, const struct err *e)
{
    if (level < lowest) return;
    struct buf b = BUF_INIT;
    open_line(&b, level);
    field(&b, "msg", what);
    field(&b, "error", err_code_name(e->code));
    field(&b, "where", e->where);
    field(&b, "cause", e->message);
    close_line(&b);
}
