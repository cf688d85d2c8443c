/* States of recent cases in memory, so that a case busy now is neither read nor parsed again.
 *
 * Holds only what was committed, by the session (proto_session) that committed it: after any re-assignment an
 * entry of the partition is stale and never returned. Bounded by bytes when trimmed; the least recently used go. */
#ifndef REDRESS_RUNTIME_CACHE_H
#define REDRESS_RUNTIME_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "event/desc.h"

struct cache;

struct cache *cache_new(const struct type_desc *state, size_t bytes);
void cache_free(struct cache *c);
/* The state and its revision, or NULL. Valid until it is put again or the cache is trimmed. */
const void *cache_get(struct cache *c, int64_t case_id, int64_t session, int64_t *rev);
/* Keeps a deep copy. */
void cache_put(struct cache *c, int64_t case_id, int64_t session, int64_t rev, const void *state);
/* Forgets the oldest beyond the bound: when nothing got from the cache is in use any more. */
void cache_trim(struct cache *c);

#endif
