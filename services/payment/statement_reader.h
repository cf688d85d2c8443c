/* Reads the banks' statements on a thread of its own (PA-3): of the API page by page, of a bank by files what its inbox
 * has taken in (files/statements.h). What a bank says is not judged here. */
#ifndef REDRESS_PAYMENT_STATEMENT_READER_H
#define REDRESS_PAYMENT_STATEMENT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Lines after the ones asked for, in each statement's order, as columns. */
struct statement {
    int n;
    int64_t *seq, *amount, *settled;                      /* settled: 0 = refused */
    const char **bank, **key, **currency, **payee, **ref; /* payee NULL: not told */
    int n_bad;
    const char **bad_name, **bad_why; /* files of the bank that were put aside */
    int64_t files_ms;                 /* the end of what the statements by files cover; 0: there are none */
    bool whole;                       /* read to its end; else it goes on after the last lines */
    int64_t began_ms;                 /* as the one who asked said */
    const char *why;                  /* not NULL: it could not be read, n is 0 */
    struct arena memory;
};

enum { STATEMENT_MOST = 100000 }; /* lines, and files put aside */

/* Appends a line; its texts are the statement's, or live as long. */
struct statement_line {
    int64_t seq, amount_minor;
    bool settled;
    const char *bank, *key, *currency, *payee, *ref;
};
void statement_add(struct statement *s, const struct statement_line *line);

struct statement_reader_settings {
    const char *url, *token; /* as of bank_client_settings; must outlive it */
    const char *folder;      /* of a bank by files; "" = there is none */
    int timeout_ms;          /* of one page */
    void (*wake)(void *user);
    void *user;
};

/* The last line read of each bank. */
struct statement_place {
    int64_t api, files;
};

struct statement_reader; /* opaque */

struct statement_reader *statement_reader_new(const struct statement_reader_settings *settings, struct err *e);
/* Waits for the thread, at most for one page. */
void statement_reader_free(struct statement_reader *r);
/* Begins to read after these lines; nothing while a reading is under way or not taken yet. */
void statement_reader_begin(struct statement_reader *r, struct statement_place after, int64_t began_ms);
/* What was read; NULL: nothing yet. The caller's until statement_free. */
struct statement *statement_reader_take(struct statement_reader *r);
void statement_free(struct statement *s);

#endif
