/* What an import remembers on disk, so that a killed one goes on where it was: how many rows have
 * been handed over and answered, the counts so far, and how long the refusal report was then. Only what was answered
 * or refused may be counted in it: rows = accepted + duplicates + refused at every save.
 *
 * The file is replaced whole (write, fsync, rename) after every answered batch; the report is cut back to the
 * remembered length at resumption. A row sent twice nevertheless (killed between the answer and the write) is
 * counted once by the receiver, since its event id depends on its content alone. */
#ifndef REDRESS_CLI_IMPORT_STATE_H
#define REDRESS_CLI_IMPORT_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct import_counts {
    int64_t rows;       /* read and dealt with */
    int64_t accepted;   /* kept by the installation for the first time */
    int64_t duplicates; /* kept before: same channel, same content */
    int64_t refused;    /* with a line each in the report */
};

struct import_state {
    char path[512];   /* of the progress file */
    char report[512]; /* of the refusal report (CSV: row, column, reason) */
    FILE *report_file;
    int lock; /* held from open to close */
    struct import_counts counts;
    int64_t report_length;
};

struct import_place {
    const char *directory;
    const char *key;    /* names what is imported and how: (channel, mode, file content, mapping content) */
    const char *report; /* NULL: beside the progress */
    bool again;         /* from the first row, whatever is remembered */
};

/* Opens or resumes; refused while another process is at the same import. Without the report it had, an import begins
 * again: no refused row goes unlisted. */
bool import_state_open(struct import_state *s, const struct import_place *place, struct err *e);
/* Writes a row into the report; it counts with the next import_state_save. */
bool import_state_refuse(struct import_state *s, int64_t row, const char *column, const char *reason, struct err *e);
/* Makes the counts durable. */
bool import_state_save(struct import_state *s, struct err *e);
void import_state_close(struct import_state *s);

#endif
