/* The read model's statements, in three files: columns (store_rows.c), cases (store_cases.c), what hangs on them
 * (store_rows.c). Each appends to the batch's transaction and takes whole columns (unnest). */
#ifndef REDRESS_CONSOLE_STORE_ROWS_H
#define REDRESS_CONSOLE_STORE_ROWS_H

#include "console/fold.h"
#include "runtime/pg.h"

/* Columns of a list of rows, picked by the member's offset; the arena is the batch's. */
struct columns {
    struct pg_args args;
    const struct fold_list *list;
    size_t size;
};

struct columns columns_of(struct pg_tx *tx, const struct fold_list *list, size_t size);
/* Adds the member at this offset of every row as the next parameter. */
void columns_ints(struct columns *c, size_t at);
void columns_bools(struct columns *c, size_t at); /* true as 1 */
void columns_texts(struct columns *c, size_t at);

/* In SQL, console.known(x) is null for FOLD_NONE. */

/* Timeline, case_view, case_facts, case_assignment. */
void store_cases(struct pg_tx *tx, const struct fold *f);
/* Limits, slips, payouts, counters. */
void store_rows(struct pg_tx *tx, const struct fold *f);

#endif
