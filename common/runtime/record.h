/* A Kafka record as a value, and the outbox's rows: whole batches of records, lz4-compressed.
 *
 * Bytes are fixed here once: key, value, every header and the Kafka timestamp. What is sent later, from
 * memory or from the outbox, is exactly this; a sequence number means the same bytes for ever. */
#ifndef REDRESS_RUNTIME_RECORD_H
#define REDRESS_RUNTIME_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { RECORD_MAX_HEADERS = 24 };

struct header {
    const char *name;
    const char *value; /* NUL-terminated as well */
    size_t len;
};

struct record {
    int64_t timestamp_ms; /* Kafka CreateTime: real time, never the driven clock */
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
    struct header headers[RECORD_MAX_HEADERS];
    int n_headers;
};

/* The value of a header, or NULL. */
const char *record_header(const struct record *r, const char *name);
/* A header whose value is a decimal number; false when it is missing or is not one. */
bool record_header_int(const struct record *r, const char *name, int64_t *out);
/* Sets or replaces; the strings are kept by reference. More than RECORD_MAX_HEADERS are left out (false). */
bool record_set_header(struct record *r, const char *name, const char *value);

/* The CloudEvent it carries, in either mode (event/cloudevents.h). ERR_DATA: it is none. */
struct ce;
bool record_read_ce(const struct record *r, struct arena *a, struct ce *out, struct err *e);

/* Appends one record's bytes. */
void record_encode(const struct record *r, struct buf *out);
/* Decodes the record at *at and moves *at behind it; pointers go into `bytes`. */
bool record_decode(const char *bytes, size_t n, size_t *at, struct record *out);

/* The outbox row's bytes of the encoded records in `raw`, appended to out. */
void chunk_pack(const struct buf *raw, struct buf *out);
/* And back into arena memory: the encoded records. ERR_DATA when the bytes are not a chunk. */
bool chunk_unpack(const char *bytes, size_t n, struct arena *a, const char **raw, size_t *raw_len, struct err *e);

#endif
