/* A bump allocator: everything a batch makes, freed at once.
 *
 * Memory from an arena is valid until arena_reset or arena_deinit. Alignment is 16 bytes and the
 * memory is zeroed. Allocation never fails to the caller: out of memory aborts the process, which
 * the supervisor restarts (kill -9 at any moment is harmless by design). */
#ifndef REDRESS_BASE_ARENA_H
#define REDRESS_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head; /* newest block; blocks are linked to older ones */
    size_t used;              /* bytes used of the newest block */
    size_t total;             /* bytes handed out since the last reset */
};

void arena_init(struct arena *a);
/* Frees all but one block and makes the arena empty. */
void arena_reset(struct arena *a);
void arena_deinit(struct arena *a);
void *arena_alloc(struct arena *a, size_t size);
/* NUL-terminated copy of n bytes of s. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* NULL stays NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

#endif
