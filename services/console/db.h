/* The HTTP side's connections to PostgreSQL: a small pool, plain SQL with text parameters, answers as text.
 *
 * The read queries build their JSON in the database, so most answers are one value that is passed on as it is.
 * A connection found dead is opened again and the statement repeated once; every statement used here may be
 * repeated (reads, and inserts that name their own key). Thread-safe. */
#ifndef REDRESS_CONSOLE_DB_H
#define REDRESS_CONSOLE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct db;

struct db_settings {
    const char *host, *name, *user, *password;
    int port;
    int connections; /* at most so many at once; opened when first needed */
};

/* The settings' strings must outlive the pool. */
struct db *db_new(const struct db_settings *settings);
void db_free(struct db *db);

/* A statement and its parameters ($1 …), NULL = SQL null. */
struct query {
    const char *sql;
    int n;
    const char *params[24];
};
void query_text(struct query *q, const char *value);
/* storage: at least 24 bytes, must live until the query has run. */
void query_int(struct query *q, int64_t value, char *storage);

/* Appends the first column of the first row; *found says whether there was a row with a value. ERR_DB, or ERR_DB_DATA
 * for SQLSTATE classes 22 and 23. found may be NULL. */
bool db_value(struct db *db, const struct query *q, struct buf *out, bool *found, struct err *e);
/* Calls fn for each row with its values (NULL = null); fn must not use the pool. */
typedef void (*db_row_fn)(void *context, const char *const *values);
bool db_rows(struct db *db, const struct query *q, db_row_fn fn, void *context, struct err *e);
/* Rows affected, or -1 with e set. */
int64_t db_run(struct db *db, const struct query *q, struct err *e);

#endif
