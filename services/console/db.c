/* Pool of connections for the HTTP threads (db.h).
 *
 * Invariant: a slot is either taken by one thread or free; its connection belongs to whoever has the slot.
 * A statement runs at most twice, the second time only after the connection was lost. */
#include "console/db.h"

#include <pthread.h>
#include <stdlib.h>

enum { DB_SLOTS = 16 };

struct db {
    const struct config *config;
    int slots;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct pg *pgs[DB_SLOTS];
    bool taken[DB_SLOTS];
};

struct db *db_new(const struct config *config, int connections)
{
    struct db *db = calloc(1, sizeof(*db));
    if (db == NULL) abort();
    db->config = config;
    db->slots = connections < DB_SLOTS ? connections : DB_SLOTS;
    pthread_mutex_init(&db->lock, NULL);
    pthread_cond_init(&db->freed, NULL);
    for (int i = 0; i < db->slots; i++) db->pgs[i] = pg_new(config, "console");
    return db;
}

void db_free(struct db *db)
{
    if (db == NULL) return;
    for (int i = 0; i < db->slots; i++) pg_free(db->pgs[i]);
    pthread_cond_destroy(&db->freed);
    pthread_mutex_destroy(&db->lock);
    free(db);
}

static int take(struct db *db)
{
    int slot = -1;
    pthread_mutex_lock(&db->lock);
    while (slot < 0) {
        for (int i = 0; i < db->slots && slot < 0; i++)
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

bool db_query(struct db *db, const char *sql, const struct pg_args *args, struct pg_rows **rows, struct err *e)
{
    int slot = take(db);
    struct pg *pg = db->pgs[slot];
    struct err first = ERR_INIT;
    bool well = pg_connect(pg, &first) && pg_query(pg, sql, args, rows, &first);
    if (!well && !pg_is_up(pg))
        well = pg_connect(pg, e) && pg_query(pg, sql, args, rows, e);
    else if (!well && !err_is_set(e))
        *e = first;
    give(db, slot);
    return well;
}

bool db_value(struct db *db, const char *sql, const struct pg_args *args, struct buf *out, bool *found, struct err *e)
{
    struct pg_rows *rows = NULL;
    if (!db_query(db, sql, args, &rows, e)) return false;
    bool has = pg_rows_count(rows) > 0 && !pg_is_null(rows, 0, 0);
    if (has) buf_puts(out, pg_text(rows, 0, 0));
    if (found != NULL) *found = has;
    pg_rows_free(rows);
    return true;
}
