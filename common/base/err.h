/* An infrastructure failure as a value.
 *
 * Two channels: a business refusal is a verdict with a reason code (event/core.h); what is here is
 * only for things that broke (network, disk, database). The first error wins: a function given an
 * err that is already set leaves it alone. Only the service loop decides retry, park or exit, and
 * it logs once, there. Functions that can fail return bool (true = well) and take `struct err *` last. */
#ifndef REDRESS_BASE_ERR_H
#define REDRESS_BASE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE = 0,
    ERR_CONFIG,  /* a setting is wrong; a person must change it */
    ERR_IO,      /* file, socket, disk */
    ERR_DB,      /* PostgreSQL */
    ERR_DB_DATA, /* PostgreSQL refused the values (SQLSTATE 22, 23): the batch, not the link */
    ERR_FENCED,  /* the fence raised: another owner, or memory is stale */
    ERR_UNKNOWN, /* the outcome of a commit is not known */
    ERR_KAFKA,
    ERR_REDIS,
    ERR_HTTP,
    ERR_DATA,     /* bytes that cannot be understood; message names the JSON path */
    ERR_INTERNAL, /* a broken invariant of our own */
};

struct err {
    enum err_code code;
    bool retryable;    /* the same call may succeed later */
    bool fatal;        /* the process cannot go on */
    char where[48];    /* module and function */
    char message[400]; /* for a person: what, and what to do */
};

#define ERR_INIT ((struct err){.code = ERR_NONE})

/* Sets *e unless it is set already; returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *e, enum err_code code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, marked retryable. */
bool err_set_retry(struct err *e, enum err_code code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void err_clear(struct err *e);
static inline bool err_is_set(const struct err *e) { return e->code != ERR_NONE; }
const char *err_code_name(enum err_code code);

#endif
