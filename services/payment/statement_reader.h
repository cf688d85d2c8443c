/* Reads the bank's statement, page by page, on a thread of its own (PA-3). What the bank says is not judged here. */
#ifndef REDRESS_PAYMENT_STATEMENT_READER_H
#define REDRESS_PAYMENT_STATEMENT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Lines after the one asked for, in the statement's order, as columns. */
struct statement {
    int n;
    int64_t *seq, *amount, *settled; /* settled: 0 = refused */
    const char **key, **currency, **payee, **ref;
    bool whole;       /* read to its end; else it goes on after the last line */
    int64_t began_ms; /* as the one who asked said */
    const char *why;  /* not NULL: it could not be read, n is 0 */
    struct arena memory;
};

struct statement_reader_settings {
    const char *url, *token; /* as of bank_client_settings; must outlive it */
    int timeout_ms;          /* of one page */
    void (*wake)(void *user);
    void *user;
};

struct statement_reader; /* opaque */

struct statement_reader *statement_reader_new(const struct statement_reader_settings *settings, struct err *e);
/* Waits for the thread, at most for one page. */
void statement_reader_free(struct statement_reader *r);
/* Begins to read after line `after`; nothing while a reading is under way or not taken yet. */
void statement_reader_begin(struct statement_reader *r, int64_t after, int64_t began_ms);
/* What was read; NULL: nothing yet. The caller's until statement_free. */
struct statement *statement_reader_take(struct statement_reader *r);
void statement_free(struct statement *s);

#endif
