/* PostgreSQL for the shell: one connection, prepared statements, array parameters, pipelined transactions.
 *
 * Statements are prepared once a connection, keyed by the address of their text: SQL must have static
 * lifetime. Results are binary. The password never stands in a connection string: it goes through libpq's
 * parameter arrays. Only the loop thread uses a connection (open another one for another thread).
 * The search_path is the service's schema, so stores name their own tables without a prefix.
 *
 * An answer that does not come within db.answer.seconds counts as a lost connection: a stopped server never hangs us.
 *
 * Errors: ERR_DB (retryable), ERR_DB_DATA (SQLSTATE 22, 23), ERR_FENCED (RF001), ERR_UNKNOWN (only pg_tx_run). */
#ifndef REDRESS_RUNTIME_PG_H
#define REDRESS_RUNTIME_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/err.h"
#include "runtime/protocol_rules.h"

struct pg;
struct pg_rows;

struct pg *pg_new(const struct config *config, const char *schema);
/* Before pg_connect: every statement keeps its first plan (right for the loop's few statements on keys). */
void pg_plan_once(struct pg *pg);
/* For what reads millions of rows with a person waiting: an hour instead of db.answer.seconds. */
void pg_wait_long(struct pg *pg);
void pg_free(struct pg *pg);
/* Connects when there is no live connection. */
bool pg_connect(struct pg *pg, struct err *e);
bool pg_is_up(const struct pg *pg);
/* Drops the connection; the next pg_connect makes a new one. */
void pg_drop(struct pg *pg);

/* ---- parameters: built in an arena, in order $1, $2 … ---- */

enum { PG_MAX_ARGS = 24 };
struct pg_args {
    struct arena *arena;
    int n;
    uint32_t types[PG_MAX_ARGS];
    const char *values[PG_MAX_ARGS];
    int lengths[PG_MAX_ARGS];
};
#define PG_ARGS(a) ((struct pg_args){.arena = (a)})
void pg_arg_int(struct pg_args *a, int64_t v);                 /* int8 */
void pg_arg_text(struct pg_args *a, const char *v);            /* text; NULL = null */
void pg_arg_bytes(struct pg_args *a, const void *v, size_t n); /* bytea */
void pg_arg_bool(struct pg_args *a, bool v);
void pg_arg_ints(struct pg_args *a, const int64_t *v, int n);      /* int8[] */
void pg_arg_texts(struct pg_args *a, const char *const *v, int n); /* text[]; NULL elements are null */
struct pg_bytes {
    const void *bytes; /* NULL = null */
    size_t len;
};
void pg_arg_bytes_array(struct pg_args *a, const struct pg_bytes *v, int n); /* bytea[] */

/* ---- one statement ---- */

/* Runs sql (args NULL = none) outside a pipeline. rows may be NULL; else free with pg_rows_free. */
bool pg_query(struct pg *pg, const char *sql, const struct pg_args *args, struct pg_rows **rows, struct err *e);
int pg_rows_count(const struct pg_rows *r);
/* int2, int4, int8 as int64; null gives 0. */
int64_t pg_int(const struct pg_rows *r, int row, int column);
/* text; NULL when null. Valid until pg_rows_free. jsonb must be cast to text in the SQL. */
const char *pg_text(const struct pg_rows *r, int row, int column);
const char *pg_bytea(const struct pg_rows *r, int row, int column, size_t *n);
bool pg_boolean(const struct pg_rows *r, int row, int column);
bool pg_is_null(const struct pg_rows *r, int row, int column);
void pg_rows_free(struct pg_rows *r);

/* ---- a transaction, sent as one pipeline ---- */

struct pg_statement {
    const char *sql;
    struct pg_args args;
    struct pg_rows **rows; /* NULL: the rows are not wanted */
};
struct pg_tx {
    struct arena *arena;
    struct pg_statement *statements;
    int n, cap;
};
#define PG_TX(a) ((struct pg_tx){.arena = (a)})
/* Appends a statement; args (and what they point to) must live until pg_tx_run returns. */
void pg_tx_add(struct pg_tx *tx, const char *sql, const struct pg_args *args);
/* The same, keeping the result in *rows (NULL until run; freed by the caller). */
void pg_tx_read(struct pg_tx *tx, const char *sql, const struct pg_args *args, struct pg_rows **rows);
/* BEGIN, the statements in order, COMMIT, in one round trip. The outcome is proto_classify's; the error is set
 * for every outcome but PROTO_COMMITTED. After PROTO_UNKNOWN the connection is dropped. */
enum proto_outcome pg_tx_run(struct pg *pg, struct pg_tx *tx, struct err *e);
/* Plain reads, one round trip, no transaction around them. */
bool pg_read(struct pg *pg, struct pg_tx *tx, struct err *e);

#endif
