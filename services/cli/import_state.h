/* What an import remembers on disk, so that a killed one goes on where it was: how many rows have
 * been handed over and answered, the counts so far, and how long the refusal report was then.
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
    struct import_counts counts;
    int64_t report_length;
};

/* Opens or resumes. `key` names the pair (channel, file content). */
bool import_state_open(struct import_state *s, const char *directory, const char *key, const char *report,
                       struct err *e);
bool import_state_refuse(struct import_state *s, int64_t row, const char *column, const char *reason, struct err *e);
/* Makes the counts durable. */
bool import_state_save(struct import_state *s, struct err *e);
void import_state_close(struct import_state *s);

#endif
