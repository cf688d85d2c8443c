/* Bytes to structs and back, by descriptor (event/desc.h). Shell side: links a JSON library, cores do not.
 *
 * Bytes come from outside and are not trusted: well-formed UTF-8 JSON, no name twice, no NUL, bounded in
 * size, depth, string length and items. Integers are int64 written as integers (1.5 and 1e3 are refused).
 * Unknown fields are tolerated and dropped (a newer writer may add some); null is not an absent field. */
#ifndef REDRESS_EVENT_CODEC_H
#define REDRESS_EVENT_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/desc.h"

enum {
    CODEC_MAX_BYTES = 1024 * 1024,
    CODEC_MAX_DEPTH = 32,
    CODEC_MAX_STRING = 64 * 1024, /* bytes */
    CODEC_MAX_ITEMS = 10000,      /* of one array */
};

/* Fills out (d->size bytes) from n bytes of JSON; strings and arrays are copied into the arena.
 * ERR_DATA: message is path and reason, "$.plan.amount_minor: expected integer, got string". */
bool codec_decode(const struct type_desc *d, const char *json, size_t n, struct arena *a, void *out, struct err *e);
/* The same check without a result. */
bool codec_validate(const struct type_desc *d, const char *json, size_t n, struct err *e);

/* Appends v as compact JSON, fields in the schema's order, absent optionals left out: equal values give
 * equal bytes. Whatever it accepts codec_decode accepts. false (and out as before): a required field is absent or
 * a value is out of its bounds; codec_explain says which. */
bool codec_encode(const struct type_desc *d, const void *v, struct buf *out);
/* Why codec_encode refuses v: sets ERR_INTERNAL with the path and returns false; true = it does not. */
bool codec_explain(const struct type_desc *d, const void *v, struct err *e);

#endif
