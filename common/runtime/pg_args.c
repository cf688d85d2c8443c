/* Parameters in PostgreSQL's binary format: numbers in network order, arrays with their header. */
#include "runtime/pg.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };
enum { OID_BYTEA_ARRAY = 1001, OID_TEXT_ARRAY = 1009, OID_INT8_ARRAY = 1016 };

static void put(struct pg_args *a, uint32_t type, const char *value, size_t n)
{
    if (a->n == PG_MAX_ARGS) abort(); /* a statement of ours with too many parameters */
    a->types[a->n] = type;
    a->values[a->n] = value;
    a->lengths[a->n] = (int)n;
    a->n++;
}

void pg_arg_int(struct pg_args *a, int64_t v)
{
    uint64_t *be = ARENA_NEW(a->arena, uint64_t);
    *be = htobe64((uint64_t)v);
    put(a, OID_INT8, (const char *)be, sizeof *be);
}

void pg_arg_text(struct pg_args *a, const char *v) { put(a, OID_TEXT, v, v == NULL ? 0 : strlen(v)); }

void pg_arg_bytes(struct pg_args *a, const void *v, size_t n)
{
    static const char empty[1];
    put(a, OID_BYTEA, v == NULL && n == 0 ? empty : v, n);
}

void pg_arg_bool(struct pg_args *a, bool v)
{
    static const char yes[] = {1}, no[] = {0};
    put(a, OID_BOOL, v ? yes : no, 1);
}

struct array {
    char *bytes;
    size_t at;
};

static void put_i32(struct array *x, int32_t v)
{
    uint32_t be = htobe32((uint32_t)v);
    memcpy(x->bytes + x->at, &be, sizeof be);
    x->at += sizeof be;
}

/* Header of a one-dimensional array of n elements, with room for `room` bytes of elements. */
static struct array open_array(struct pg_args *a, uint32_t element, int n, size_t room)
{
    struct array x = {.bytes = arena_alloc(a->arena, 20 + room)};
    put_i32(&x, n > 0 ? 1 : 0);
    put_i32(&x, 1); /* may hold nulls */
    put_i32(&x, (int32_t)element);
    if (n == 0) return x;
    put_i32(&x, n);
    put_i32(&x, 1);
    return x;
}

void pg_arg_ints(struct pg_args *a, const int64_t *v, int n)
{
    struct array x = open_array(a, OID_INT8, n, (size_t)n * 12);
    for (int i = 0; i < n; i++) {
        uint64_t be = htobe64((uint64_t)v[i]);
        put_i32(&x, 8);
        memcpy(x.bytes + x.at, &be, sizeof be);
        x.at += sizeof be;
    }
    put(a, OID_INT8_ARRAY, x.bytes, x.at);
}

static void put_element(struct array *x, const void *bytes, size_t n)
{
    put_i32(x, bytes == NULL ? -1 : (int32_t)n);
    if (bytes == NULL || n == 0) return;
    memcpy(x->bytes + x->at, bytes, n);
    x->at += n;
}

void pg_arg_bytes_array(struct pg_args *a, const struct pg_bytes *v, int n)
{
    size_t room = (size_t)n * 4;
    for (int i = 0; i < n; i++) room += v[i].len;
    struct array x = open_array(a, OID_BYTEA, n, room);
    for (int i = 0; i < n; i++) put_element(&x, v[i].bytes, v[i].len);
    put(a, OID_BYTEA_ARRAY, x.bytes, x.at);
}

void pg_arg_texts(struct pg_args *a, const char *const *v, int n)
{
    size_t room = (size_t)n * 4;
    for (int i = 0; i < n; i++) room += v[i] == NULL ? 0 : strlen(v[i]);
    struct array x = open_array(a, OID_TEXT, n, room);
    for (int i = 0; i < n; i++) put_element(&x, v[i], v[i] == NULL ? 0 : strlen(v[i]));
    put(a, OID_TEXT_ARRAY, x.bytes, x.at);
}
