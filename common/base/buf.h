/* A growing byte buffer, NUL-terminated after every call. Out of memory aborts (see arena.h). */
#ifndef REDRESS_BASE_BUF_H
#define REDRESS_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    char *bytes;
    size_t len;
    size_t cap;
};

#define BUF_INIT ((struct buf){0})

void buf_deinit(struct buf *b);
static inline void buf_reset(struct buf *b) { b->len = 0; }
void buf_reserve(struct buf *b, size_t more);
void buf_append(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* s as a JSON string with quotes; invalid UTF-8 becomes U+FFFD. */
void buf_json_string(struct buf *b, const char *s);

#endif
