#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void buf_deinit(struct buf *b)
{
    free(b->bytes);
    *b = BUF_INIT;
}

void buf_reserve(struct buf *b, size_t more)
{
    size_t need = b->len + more + 1;
    if (need <= b->cap) return;
    size_t cap = b->cap == 0 ? 256 : b->cap;
    while (cap < need) cap *= 2;
    char *p = realloc(b->bytes, cap);
    if (p == NULL) abort();
    b->bytes = p;
    b->cap = cap;
}

void buf_append(struct buf *b, const void *bytes, size_t n)
{
    buf_reserve(b, n);
    if (n > 0) memcpy(b->bytes + b->len, bytes, n);
    b->len += n;
    b->bytes[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s) { buf_append(b, s, strlen(s)); }

void buf_putc(struct buf *b, char c) { buf_append(b, &c, 1); }

void buf_int(struct buf *b, int64_t v)
{
    char digits[24];
    char *p = digits + sizeof digits;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u != 0);
    if (v < 0) *--p = '-';
    buf_append(b, p, (size_t)(digits + sizeof digits - p));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        buf_reserve(b, (size_t)n);
        vsnprintf(b->bytes + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

static void json_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"': buf_puts(b, "\\\""); return;
    case '\\': buf_puts(b, "\\\\"); return;
    case '\n': buf_puts(b, "\\n"); return;
    case '\r': buf_puts(b, "\\r"); return;
    case '\t': buf_puts(b, "\\t"); return;
    default: buf_printf(b, "\\u%04x", c); return;
    }
}

void buf_json_string(struct buf *b, const char *s)
{
    buf_putc(b, '"');
    const char *run = s;
    while (*s != '\0') {
        size_t n = utf8_next(s);
        unsigned char c = (unsigned char)*s;
        bool plain = n > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
        if (plain) {
            s += n;
            continue;
        }
        buf_append(b, run, (size_t)(s - run));
        if (n == 0)
            buf_puts(b, "\xef\xbf\xbd");
        else
            json_escape(b, c);
        run = ++s;
    }
    buf_append(b, run, (size_t)(s - run));
    buf_putc(b, '"');
}
