/* The adapter's second desk: the bank's statement, once a day and when asked for (private to payment's shell). Its
 * partition is the home of the account "bank:statement"; only the owner of that partition reads and compares. */
#ifndef REDRESS_PAYMENT_STATEMENT_H
#define REDRESS_PAYMENT_STATEMENT_H

#include "payment/statement_reader.h"
#include "runtime/service.h"

struct statement_desk; /* opaque */

struct statement_desk *statement_desk_new(struct host *h, struct err *e);
void statement_desk_free(struct statement_desk *d);
bool statement_desk_assigned(struct statement_desk *d, struct host *h, int part, struct err *e);
void statement_desk_revoked(struct statement_desk *d, int part);
/* Begins what is due, compares what was read. */
void statement_desk_tick(struct statement_desk *d, struct host *h, int64_t now_ms);
/* The comparison that waits to be decided; its tag is the struct statement. false: none. */
bool statement_desk_input(struct statement_desk *d, int part, int64_t now_ms, struct local_input *out);
void statement_desk_committed(struct statement_desk *d, const struct change *c);

/* reconcile_store.c: lines, comparisons and work items of a batch into their tables. */
void reconcile_save(struct pg_tx *tx, const struct change *changes, int n);

#endif
