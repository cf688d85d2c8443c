/* The sandbox bank's own book: every payment it was ever asked for, durable, in order (PA-3).
 *
 * An append-only journal, one record a line: CRC-32 in hex, a space, the record as JSON. It is read whole at the
 * start; a torn last line (a crash while writing) is cut off, a bad line before the last is refused. What
 * book_add takes is in memory at once and durable after the next book_sync, so one flush serves many payments:
 * nobody may be told of a payment whose seq is above book_durable. Not thread-safe. */
#ifndef REDRESS_PAYMENT_BANK_BOOK_H
#define REDRESS_PAYMENT_BANK_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct payment_record {
    int64_t seq; /* 1, 2, 3 … without gap */
    const char *key;
    const char *payee;
    const char *payer;  /* the account it left; NULL: not told */
    const char *reason; /* refused: why; else NULL */
    int64_t amount_minor;
    int64_t asked_minor; /* what the caller asked for; differs only under the wrong-amount fault */
    int64_t at_ms;       /* the bank's own (real) time */
    char currency[4];
    bool refused;
    const char *file; /* what tells the file it came in from all others; NULL: it came by the API */
};

struct book; /* opaque */

/* Opens or creates `path`. ERR_IO, ERR_DATA (a damaged journal names the line). */
struct book *book_open(const char *path, struct err *e);
void book_close(struct book *b);
/* What was booked of a key that came in this file, or by the API (NULL); NULL: nothing. Valid until book_close. */
const struct payment_record *book_find(const struct book *b, const char *key, const char *file);
/* seq 1 … book_last; NULL beyond. */
const struct payment_record *book_at(const struct book *b, int64_t seq);
int64_t book_last(const struct book *b);
int64_t book_durable(const struct book *b);
/* Strings are copied; seq is given by the book. Key and file together must be unknown. */
const struct payment_record *book_add(struct book *b, const struct payment_record *r);
/* Writes and flushes what was added. After ERR_IO the book must not be used again. */
bool book_sync(struct book *b, struct err *e);

#endif
