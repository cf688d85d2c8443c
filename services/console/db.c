/* Pool of PostgreSQL connections for the HTTP side (db.h).
 *
 * Invariant: a slot is either taken by one thread or free; its PGconn belongs to whoever has the slot.
 * A statement runs at most twice, the second time only after the connection was lost and opened anew. */
#include "console/db.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DB_SLOTS = 16, DB_COLUMNS = 32 };

struct db {
    struct db_settings settings;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    PGconn *conns[DB_SLOTS]; /* NULL until first used */
    bool taken[DB_SLOTS];
};

struct db *db_new(const struct db_settings *settings)
{
    struct db *db = calloc(1, sizeof(*db));
    if (db == NULL) abort();
    db->settings = *settings;
    if (db->settings.connections > DB_SLOTS) db->settings.connections = DB_SLOTS;
    pthread_mutex_init(&db->lock, NULL);
    pthread_cond_init(&db->freed, NULL);
    return db;
}

void db_free(struct db *db)
{
    if (db == NULL) return;
    for (int i = 0; i < DB_SLOTS; i++) PQfinish(db->conns[i]);
    pthread_cond_destroy(&db->freed);
    pthread_mutex_destroy(&db->lock);
    free(db);
}

void query_text(struct query *q, const char *value)
{
    if (q->n == (int)(sizeof(q->params) / sizeof(q->params[0]))) abort();
    q->params[q->n++] = value;
}

void query_int(struct query *q, int64_t value, char *storage)
{
    snprintf(storage, 24, "%lld", (long long)value);
    query_text(q, storage);
}

static int take(struct db *db)
{
    int slot = -1;
    pthread_mutex_lock(&db->lock);
    while (slot < 0) {
        for (int i = 0; i < db->settings.connections && slot < 0; i++)
            if (!db->taken[i]) slot = i;
        if (slot < 0) pthread_cond_wait(&db->freed, &db->lock);
    }
    db->taken[slot] = true;
    pthread_mutex_unlock(&db->lock);
    return slot;
}

static void give(struct db *db, int slot)
{
    pthread_mutex_lock(&db->lock);
    db->taken[slot] = false;
    pthread_cond_signal(&db->freed);
    pthread_mutex_unlock(&db->lock);
}

/* Parameters, not a connection string: the password never shows in a process list. */
static PGconn *connect_new(const struct db_settings *s)
{
    char port[16];
    snprintf(port, sizeof(port), "%d", s->port);
    const char *const keys[] = {"host",    "port", "dbname", "user", "password", "application_name", "connect_timeout",
                                "options", NULL};
    const char *const values[] = {s->host,     port,
                                  s->name,     s->user,
                                  s->password, "redress-console-http",
                                  "5",         "-c statement_timeout=8000 -c timezone=UTC",
                                  NULL};
    return PQconnectdbParams(keys, values, 0);
}

static void notice_ignored(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static PGconn *ready_connection(struct db *db, int slot, bool anew)
{
    if (anew) {
        PQfinish(db->conns[slot]);
        db->conns[slot] = NULL;
    }
    if (db->conns[slot] == NULL) {
        db->conns[slot] = connect_new(&db->settings);
        PQsetNoticeReceiver(db->conns[slot], notice_ignored, NULL);
    }
    return db->conns[slot];
}

static PGresult *run_once(PGconn *conn, const struct query *q)
{
    if (PQstatus(conn) != CONNECTION_OK) return NULL;
    return PQexecParams(conn, q->sql, q->n, NULL, q->params, NULL, NULL, 0);
}

static bool result_well(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static void report(PGconn *conn, const PGresult *r, struct err *e)
{
    const char *state = r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_SQLSTATE);
    bool data = state != NULL && (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0);
    const char *text = r == NULL ? PQerrorMessage(conn) : PQresultErrorMessage(r);
    if (data)
        err_set(e, ERR_DB_DATA, "console/db", "%s: %.300s", state, text);
    else
        err_set_retry(e, ERR_DB, "console/db", "%s: %.300s", state == NULL ? "connection" : state, text);
}

/* The result, well; or NULL with e set. The slot stays taken. */
static PGresult *execute(struct db *db, int slot, const struct query *q, struct err *e)
{
    PGconn *conn = NULL;
    PGresult *r = NULL;
    for (int attempt = 0; attempt < 2; attempt++) {
        PQclear(r);
        conn = ready_connection(db, slot, attempt == 1);
        r = run_once(conn, q);
        if (r != NULL && result_well(r)) return r;
        if (PQstatus(conn) == CONNECTION_OK) break;
    }
    report(conn, r, e);
    PQclear(r);
    return NULL;
}

bool db_value(struct db *db, const struct query *q, struct buf *out, bool *found, struct err *e)
{
    int slot = take(db);
    PGresult *r = execute(db, slot, q, e);
    bool has = r != NULL && PQntuples(r) > 0 && !PQgetisnull(r, 0, 0);
    if (has) buf_append(out, PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0));
    if (found != NULL) *found = has;
    bool well = r != NULL;
    PQclear(r);
    give(db, slot);
    return well;
}

bool db_rows(struct db *db, const struct query *q, db_row_fn fn, void *context, struct err *e)
{
    int slot = take(db);
    PGresult *r = execute(db, slot, q, e);
    bool well = r != NULL;
    int columns = well ? PQnfields(r) : 0;
    if (columns > DB_COLUMNS) abort();
    for (int row = 0; well && row < PQntuples(r); row++) {
        const char *values[DB_COLUMNS];
        for (int c = 0; c < columns; c++) values[c] = PQgetisnull(r, row, c) ? NULL : PQgetvalue(r, row, c);
        fn(context, values);
    }
    PQclear(r);
    give(db, slot);
    return well;
}

int64_t db_run(struct db *db, const struct query *q, struct err *e)
{
    int slot = take(db);
    PGresult *r = execute(db, slot, q, e);
    int64_t affected = r == NULL ? -1 : atoll(PQcmdTuples(r));
    PQclear(r);
    give(db, slot);
    return affected;
}
