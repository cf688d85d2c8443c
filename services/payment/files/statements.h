/* The statements of a bank by files as lines to be compared (PA-3): those its inbox has taken in (inbox.h), and the
 * names of what was put aside. A line's place is its file's number and its own: they never change. */
#ifndef REDRESS_PAYMENT_FILES_STATEMENTS_H
#define REDRESS_PAYMENT_FILES_STATEMENTS_H

#include "payment/files/folder.h"
#include "payment/statement_reader.h"

/* Appends the lines after place `after`, the names of files put aside, and the end of what is covered. Where not all of
 * it finds room, *whole becomes false. */
bool statements_read(struct folder *f, int64_t after, struct statement *s, struct err *e);
/* How many files stand aside. */
bool statements_count_bad(struct folder *f, int *n, struct err *e);

#endif
