#include "runtime/cache.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct entry {
    int64_t case_id, session, rev;
    size_t size;
    struct entry *newer, *older;
    UT_hash_handle hh;
    _Alignas(16) char state[]; /* the struct, then what it points to */
};

struct cache {
    const struct type_desc *desc;
    size_t bytes, most;
    struct entry *by_case;
    struct entry *newest, *oldest;
};

/* ---- deep copies: measured first (to == NULL), then made in one block ---- */

struct copier {
    char *to;
    size_t at;
};

static size_t aligned(size_t n) { return (n + 7) & ~(size_t)7; }

/* Room for n bytes, with a copy of `from` in it; NULL while measuring. */
static void *put(struct copier *c, const void *from, size_t n)
{
    char *room = c->to == NULL ? NULL : c->to + c->at;
    c->at += aligned(n);
    if (room != NULL && n > 0) memcpy(room, from, n);
    return room;
}

static void copy_inside(struct copier *c, const struct type_desc *d, const char *from, char *to);

static const void *copy_object(struct copier *c, const struct type_desc *d, const void *from)
{
    char *to = put(c, from, d->size);
    copy_inside(c, d, from, to);
    return to;
}

static void copy_array(struct copier *c, const struct field_desc *f, const char *from, char *to)
{
    int n = *(const int *)(from + f->aux);
    const char *items = *(const char *const *)(from + f->offset);
    size_t size = desc_element_size(f);
    if (items == NULL || n == 0) return;
    char *made = put(c, items, (size_t)n * size);
    for (int i = 0; i < n; i++) {
        const char *item = items + (size_t)i * size;
        char *at = made == NULL ? NULL : made + (size_t)i * size;
        if (f->kind == FIELD_OBJECT) {
            copy_inside(c, f->type, item, at);
        } else if (f->kind == FIELD_STRING) {
            const char *text = *(const char *const *)item;
            const char *kept = text == NULL ? NULL : put(c, text, strlen(text) + 1);
            if (at != NULL) *(const char **)at = kept;
        }
    }
    if (to != NULL) *(const char **)(to + f->offset) = made;
}

/* `to` holds the plain bytes of `from` already; what they point to is copied. */
static void copy_inside(struct copier *c, const struct type_desc *d, const char *from, char *to)
{
    for (int i = 0; i < d->n_fields; i++) {
        const struct field_desc *f = &d->fields[i];
        if (f->array) {
            copy_array(c, f, from, to);
            continue;
        }
        if (f->kind != FIELD_STRING && f->kind != FIELD_OBJECT) continue;
        const void *value = *(const void *const *)(from + f->offset);
        if (value == NULL) continue;
        const void *kept = f->kind == FIELD_STRING ? put(c, value, strlen(value) + 1) : copy_object(c, f->type, value);
        if (to != NULL) *(const void **)(to + f->offset) = kept;
    }
}

/* ---- entries ---- */

struct cache *cache_new(const struct type_desc *state, size_t bytes)
{
    struct cache *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->desc = state;
    c->most = bytes;
    return c;
}

static void detach(struct cache *c, struct entry *e)
{
    if (e->newer != NULL)
        e->newer->older = e->older;
    else
        c->newest = e->older;
    if (e->older != NULL)
        e->older->newer = e->newer;
    else
        c->oldest = e->newer;
}

static void attach(struct cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    if (c->newest != NULL)
        c->newest->newer = e;
    else
        c->oldest = e;
    c->newest = e;
}

static void drop(struct cache *c, struct entry *e)
{
    detach(c, e);
    HASH_DEL(c->by_case, e);
    c->bytes -= e->size;
    free(e);
}

void cache_free(struct cache *c)
{
    if (c == NULL) return;
    while (c->oldest != NULL) drop(c, c->oldest);
    free(c);
}

const void *cache_get(struct cache *c, int64_t case_id, int64_t session, int64_t *rev)
{
    struct entry *e;
    HASH_FIND(hh, c->by_case, &case_id, sizeof case_id, e);
    if (e == NULL || e->session != session) return NULL;
    detach(c, e);
    attach(c, e);
    *rev = e->rev;
    return e->state;
}

void cache_put(struct cache *c, int64_t case_id, int64_t session, int64_t rev, const void *state)
{
    struct copier measure = {0};
    copy_object(&measure, c->desc, state);
    struct entry *old, *e = malloc(sizeof *e + measure.at);
    if (e == NULL) abort();
    *e = (struct entry){.case_id = case_id, .session = session, .rev = rev, .size = sizeof *e + measure.at};
    struct copier copy = {.to = e->state};
    copy_object(&copy, c->desc, state); /* before the old entry goes: `state` may point into it */
    HASH_FIND(hh, c->by_case, &case_id, sizeof case_id, old);
    if (old != NULL) drop(c, old);
    HASH_ADD(hh, c->by_case, case_id, sizeof e->case_id, e);
    attach(c, e);
    c->bytes += e->size;
}

void cache_trim(struct cache *c)
{
    while (c->bytes > c->most && c->oldest != NULL) drop(c, c->oldest);
}
