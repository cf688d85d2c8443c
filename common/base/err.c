#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void err_fill(struct err *e, enum err_code code, const char *where, const char *fmt, va_list ap)
{
    e->code = code;
    snprintf(e->where, sizeof e->where, "%s", where);
    vsnprintf(e->message, sizeof e->message, fmt, ap);
}

bool err_set(struct err *e, enum err_code code, const char *where, const char *fmt, ...)
{
    if (err_is_set(e)) return false;
    va_list ap;
    va_start(ap, fmt);
    err_fill(e, code, where, fmt, ap);
    va_end(ap);
    return false;
}

bool err_set_retry(struct err *e, enum err_code code, const char *where, const char *fmt, ...)
{
    if (err_is_set(e)) return false;
    va_list ap;
    va_start(ap, fmt);
    err_fill(e, code, where, fmt, ap);
    va_end(ap);
    e->retryable = true;
    return false;
}

void err_clear(struct err *e) { memset(e, 0, sizeof *e); }

const char *err_code_name(enum err_code code)
{
    switch (code) {
    case ERR_NONE: return "none";
    case ERR_CONFIG: return "config";
    case ERR_IO: return "io";
    case ERR_DB: return "db";
    case ERR_DB_DATA: return "db_data";
    case ERR_FENCED: return "fenced";
    case ERR_UNKNOWN: return "unknown_outcome";
    case ERR_KAFKA: return "kafka";
    case ERR_REDIS: return "redis";
    case ERR_HTTP: return "http";
    case ERR_DATA: return "data";
    case ERR_INTERNAL: return "internal";
    }
    return "?";
}
