/* Structured logs: one JSON object a line on standard error.
 *
 * {"time":…,"level":"info","service":"intake","msg":"…","case_id":…,…}. The context set with
 * log_context (case_id, event_id, correlation_id) is added to every line until it is cleared.
 * Secrets never reach this module: they are not in messages (see config.h). */
#ifndef REDRESS_BASE_LOG_H
#define REDRESS_BASE_LOG_H

#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_context {
    int64_t case_id; /* 0 = none */
    const char *event_id;
    const char *correlation_id;
};

void log_init(const char *service, enum log_level at_least);
void log_context(const struct log_context *context); /* NULL clears; the strings must outlive it */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What failed, with the error's code, where and message. */
void log_err(enum log_level level, const char *what, const struct err *e);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#endif
