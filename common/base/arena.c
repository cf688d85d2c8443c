#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    alignas(ARENA_ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *a) { *a = (struct arena){0}; }

static void free_chain(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *older = b->older;
        free(b);
        b = older;
    }
}

void arena_reset(struct arena *a)
{
    if (a->head != NULL) {
        free_chain(a->head->older);
        a->head->older = NULL;
        if (a->head->size > 4 * ARENA_BLOCK) { /* one huge batch must not pin memory for ever */
            free(a->head);
            a->head = NULL;
        }
    }
    a->used = 0;
    a->total = 0;
}

void arena_deinit(struct arena *a)
{
    free_chain(a->head);
    arena_init(a);
}

static void arena_grow(struct arena *a, size_t need)
{
    size_t size = a->head != NULL && a->head->size < 1024 * 1024 ? 2 * a->head->size : ARENA_BLOCK;
    if (size < need) size = need;
    struct arena_block *b = malloc(sizeof *b + size);
    if (b == NULL) abort();
    b->older = a->head;
    b->size = size;
    a->head = b;
    a->used = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (need == 0) need = ARENA_ALIGN;
    if (a->head == NULL || a->head->size - a->used < need) arena_grow(a, need);
    void *p = a->head->bytes + a->used;
    a->used += need;
    a->total += need;
    return memset(p, 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    memcpy(p, s, n);
    return p;
}

char *arena_strdup(struct arena *a, const char *s) { return s == NULL ? NULL : arena_strndup(a, s, strlen(s)); }

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) n = 0;
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}
