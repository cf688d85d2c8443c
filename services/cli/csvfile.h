/* Streams the rows of a CSV file (RFC 4180, plain or gzip), header first.
 *
 * Fields may hold delimiters, quotes and newlines. A UTF-8 byte order mark is dropped. Rows are
 * numbered from 1 (the header is row 0); a row's number counts records, not lines. */
#ifndef REDRESS_CLI_CSVFILE_H
#define REDRESS_CLI_CSVFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct csv_row {
    int64_t number;
    int n;
    const char *const *fields; /* NUL-terminated; valid during the call only */
    int64_t bytes_read;        /* of the file as it lies on disk, for a progress bar */
};

/* Return false to stop reading (not an error). */
typedef bool (*csv_row_fn)(void *user, const struct csv_row *row, struct err *e);

/* Size on disk in bytes; -1 when it cannot be read. */
int64_t csvfile_size(const char *path);
/* Calls `on_row` for the header (row 0) and each row. No header, an unterminated quote, a gzip stream damaged or cut
 * off are ERR_DATA with file and row; the whole rows before have been given out by then. */
bool csvfile_read(const char *path, char delimiter, csv_row_fn on_row, void *user, struct err *e);

#endif
