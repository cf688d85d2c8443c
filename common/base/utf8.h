/* UTF-8 well-formedness (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
#ifndef REDRESS_BASE_UTF8_H
#define REDRESS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length 1..4 of the well-formed character at s (NUL-terminated); 0 when it is not one. */
size_t utf8_next(const char *text);
/* Number of characters of s, or -1 at the first malformed byte. */
long utf8_count(const char *s);
/* Number of bytes that hold at most `chars` whole characters of s. */
size_t utf8_prefix(const char *s, size_t chars);

#endif
