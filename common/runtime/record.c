#include "runtime/record.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "event/cloudevents.h"

/* A chunk is: version byte, length of the encoded records (u32), lz4 block. Numbers are little-endian. */
enum { CHUNK_VERSION = 1, CHUNK_HEAD = 5, CHUNK_MAX = 256 * 1024 * 1024 };

const char *record_header(const struct record *r, const char *name)
{
    for (int i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0) return r->headers[i].value;
    return NULL;
}

bool record_header_int(const struct record *r, const char *name, int64_t *out)
{
    const char *text = record_header(r, name);
    return text != NULL && number_parse(text, out);
}

bool record_set_header(struct record *r, const char *name, const char *value)
{
    struct header h = {.name = name, .value = value, .len = strlen(value)};
    for (int i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) != 0) continue;
        r->headers[i] = h;
        return true;
    }
    if (r->n_headers == RECORD_MAX_HEADERS) return false;
    r->headers[r->n_headers++] = h;
    return true;
}

static void put_u32(struct buf *b, uint32_t v)
{
    unsigned char bytes[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16),
                              (unsigned char)(v >> 24)};
    buf_append(b, bytes, sizeof bytes);
}

/* Length, bytes, and a NUL so that decoded strings can be used in place. */
static void put_bytes(struct buf *b, const char *bytes, size_t n)
{
    put_u32(b, (uint32_t)n);
    buf_append(b, bytes, n);
    buf_putc(b, '\0');
}

bool record_read_ce(const struct record *r, struct arena *a, struct ce *out, struct err *e)
{
    struct ce_header headers[RECORD_MAX_HEADERS];
    for (int i = 0; i < r->n_headers; i++)
        headers[i] = (struct ce_header){r->headers[i].name, r->headers[i].value, r->headers[i].len};
    struct ce_message m = {headers, r->n_headers, r->value, r->value_len};
    return ce_read(&m, a, out, e);
}

void record_encode(const struct record *r, struct buf *out)
{
    put_u32(out, (uint32_t)(uint64_t)r->timestamp_ms);
    put_u32(out, (uint32_t)((uint64_t)r->timestamp_ms >> 32));
    put_bytes(out, r->key, r->key_len);
    put_bytes(out, r->value, r->value_len);
    put_u32(out, (uint32_t)r->n_headers);
    for (int i = 0; i < r->n_headers; i++) {
        put_bytes(out, r->headers[i].name, strlen(r->headers[i].name));
        put_bytes(out, r->headers[i].value, r->headers[i].len);
    }
}

struct cursor {
    const char *bytes;
    size_t n, at;
};

static bool take_u32(struct cursor *c, uint32_t *out)
{
    if (c->n - c->at < 4) return false;
    const unsigned char *p = (const unsigned char *)c->bytes + c->at;
    *out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    c->at += 4;
    return true;
}

static bool take_bytes(struct cursor *c, const char **bytes, size_t *len)
{
    uint32_t n;
    if (!take_u32(c, &n) || c->n - c->at < (size_t)n + 1 || c->bytes[c->at + n] != '\0') return false;
    *bytes = c->bytes + c->at;
    *len = n;
    c->at += (size_t)n + 1;
    return true;
}

bool record_decode(const char *bytes, size_t n, size_t *at, struct record *out)
{
    struct cursor c = {bytes, n, *at};
    uint32_t low, high, headers;
    size_t unused;
    if (!take_u32(&c, &low) || !take_u32(&c, &high) || !take_bytes(&c, &out->key, &out->key_len) ||
        !take_bytes(&c, &out->value, &out->value_len) || !take_u32(&c, &headers) || headers > RECORD_MAX_HEADERS)
        return false;
    out->timestamp_ms = (int64_t)((uint64_t)high << 32 | low);
    out->n_headers = (int)headers;
    for (uint32_t i = 0; i < headers; i++)
        if (!take_bytes(&c, &out->headers[i].name, &unused) ||
            !take_bytes(&c, &out->headers[i].value, &out->headers[i].len))
            return false;
    *at = c.at;
    return true;
}

void chunk_pack(const struct buf *raw, struct buf *out)
{
    buf_putc(out, CHUNK_VERSION);
    put_u32(out, (uint32_t)raw->len);
    int room = LZ4_compressBound((int)raw->len);
    buf_reserve(out, (size_t)room);
    int n = LZ4_compress_default(raw->bytes, out->bytes + out->len, (int)raw->len, room);
    if (n <= 0) abort(); /* the room is the bound: cannot fail */
    out->len += (size_t)n;
}

bool chunk_unpack(const char *bytes, size_t n, struct arena *a, const char **raw, size_t *raw_len, struct err *e)
{
    struct cursor c = {bytes, n, 1};
    uint32_t len;
    if (n < CHUNK_HEAD || bytes[0] != CHUNK_VERSION || !take_u32(&c, &len) || len > CHUNK_MAX)
        return err_set(e, ERR_DATA, "chunk_unpack", "not an outbox chunk of a version known here");
    char *to = arena_alloc(a, len);
    if (LZ4_decompress_safe(bytes + CHUNK_HEAD, to, (int)(n - CHUNK_HEAD), (int)len) != (int)len)
        return err_set(e, ERR_DATA, "chunk_unpack", "the chunk's lz4 block is damaged");
    *raw = to;
    *raw_len = len;
    return true;
}
