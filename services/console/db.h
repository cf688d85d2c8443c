/* The HTTP side's connections to PostgreSQL: a small pool of runtime/pg.h connections, shared by its threads.
 *
 * The read queries build their JSON in the database, so most answers are one value that is passed on as it is.
 * A connection found dead is opened again and the statement repeated once; every statement used here may be
 * repeated (reads, and inserts that name their own key). Thread-safe. */
#ifndef REDRESS_CONSOLE_DB_H
#define REDRESS_CONSOLE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "runtime/pg.h"

struct db;

/* config must outlive the pool; connections are opened when first needed. */
struct db *db_new(const struct config *config, int connections);
void db_free(struct db *db);

/* The rows, to be freed with pg_rows_free; false with e set (pg.h). */
bool db_query(struct db *db, const char *sql, const struct pg_args *args, struct pg_rows **rows, struct err *e);
/* Appends the first column of the first row, as text or json; *found (may be NULL) says whether there was a value. */
bool db_value(struct db *db, const char *sql, const struct pg_args *args, struct buf *out, bool *found, struct err *e);

#endif
