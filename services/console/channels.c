/* Channels and their rates (channels.h). Invariant: an entry keeps its bucket across reloads; entries are never
 * removed. */
#include "console/channels.h"

#include <math.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "console/auth.h"

enum { RELOAD_US = 5000000 };

struct channel {
    char name[CHANNEL_NAME_SIZE];
    char source[CHANNEL_SOURCE_SIZE];
    unsigned char key_hash[AUTH_HASH_SIZE];
    int rate_per_min;
    struct bucket bucket;
};

struct channels {
    struct db *db;
    pthread_mutex_t lock;
    struct channel *list;
    int n;
    int64_t loaded_us; /* 0 = must be read */
};

struct channels *channels_new(struct db *db)
{
    struct channels *c = calloc(1, sizeof(*c));
    if (c == NULL) abort();
    c->db = db;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void channels_free(struct channels *c)
{
    if (c == NULL) return;
    pthread_mutex_destroy(&c->lock);
    free(c->list);
    free(c);
}

void channels_changed(struct channels *c)
{
    pthread_mutex_lock(&c->lock);
    c->loaded_us = 0;
    pthread_mutex_unlock(&c->lock);
}

int64_t bucket_take(struct bucket *b, int rate_per_min, int n, int64_t now_us)
{
    double per_us = rate_per_min / 60e6;
    /* a batch may be larger than a minute's worth: it then waits for a full bucket and leaves a debt */
    double needed = fmin(n, rate_per_min);
    if (b->at_us == 0)
        b->tokens = rate_per_min;
    else
        b->tokens = fmin(rate_per_min, b->tokens + (double)(now_us - b->at_us) * per_us);
    b->at_us = now_us;
    if (b->tokens >= needed) {
        b->tokens -= n;
        return 0;
    }
    return (int64_t)ceil((needed - b->tokens) / per_us / 1e6);
}

/* ---- loading, under the lock ---- */

static struct channel *entry(struct channels *c, const char *name)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->list[i].name, name) == 0) return &c->list[i];
    c->list = realloc(c->list, (size_t)(c->n + 1) * sizeof(*c->list));
    if (c->list == NULL) abort();
    c->list[c->n] = (struct channel){0};
    return &c->list[c->n++];
}

static bool load(struct channels *c, struct err *e)
{
    static const char sql[] = "SELECT name, source, key_hash, rate_per_min FROM console.channel";
    struct pg_rows *rows = NULL;
    if (!db_query(c->db, sql, NULL, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        size_t n;
        struct channel *x = entry(c, pg_text(rows, i, 0));
        snprintf(x->name, sizeof(x->name), "%s", pg_text(rows, i, 0));
        snprintf(x->source, sizeof(x->source), "%s", pg_text(rows, i, 1));
        const char *hash = pg_bytea(rows, i, 2, &n);
        if (n == sizeof(x->key_hash)) memcpy(x->key_hash, hash, n);
        x->rate_per_min = (int)pg_int(rows, i, 3);
    }
    pg_rows_free(rows);
    c->loaded_us = clock_monotonic_us();
    return true;
}

static struct channel *with_source(struct channels *c, const char *source)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->list[i].source, source) == 0) return &c->list[i];
    return NULL;
}

static struct channel *with_hash(struct channels *c, const unsigned char *hash)
{
    struct channel *found = NULL; /* every entry is compared, so that the time says nothing */
    for (int i = 0; i < c->n; i++)
        if (sodium_memcmp(c->list[i].key_hash, hash, AUTH_HASH_SIZE) == 0) found = &c->list[i];
    return found;
}

static bool fresh(struct channels *c, struct err *e)
{
    return (c->loaded_us != 0 && clock_monotonic_us() - c->loaded_us < RELOAD_US) || load(c, e);
}

/* ---- questions ---- */

bool channels_by_source(struct channels *c, const char *source, char *name, struct err *e)
{
    pthread_mutex_lock(&c->lock);
    struct channel *x = fresh(c, e) ? with_source(c, source) : NULL;
    if (x != NULL) memcpy(name, x->name, sizeof(x->name));
    pthread_mutex_unlock(&c->lock);
    return x != NULL;
}

bool channels_by_key(struct channels *c, const char *key, char *source, struct err *e)
{
    unsigned char hash[AUTH_HASH_SIZE];
    auth_key_hash(key, hash);
    pthread_mutex_lock(&c->lock);
    struct channel *x = fresh(c, e) ? with_hash(c, hash) : NULL;
    if (x != NULL) memcpy(source, x->source, sizeof(x->source));
    pthread_mutex_unlock(&c->lock);
    return x != NULL;
}

int64_t channels_take(struct channels *c, const char *name, int n, int64_t now_us)
{
    int64_t wait = 0;
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->list[i].name, name) == 0)
            wait = bucket_take(&c->list[i].bucket, c->list[i].rate_per_min, n, now_us);
    pthread_mutex_unlock(&c->lock);
    return wait;
}
