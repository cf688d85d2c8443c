#include "base/utf8.h"

static bool tail(unsigned char c) { return (c & 0xc0) == 0x80; }

size_t utf8_next(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf) return tail(s[1]) ? 2 : 0;
    if ((s[0] & 0xf0) == 0xe0) {
        if (!tail(s[1]) || !tail(s[2])) return 0;
        bool overlong = s[0] == 0xe0 && s[1] < 0xa0;
        bool surrogate = s[0] == 0xed && s[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        if (!tail(s[1]) || !tail(s[2]) || !tail(s[3])) return 0;
        bool overlong = s[0] == 0xf0 && s[1] < 0x90;
        bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

long utf8_count(const char *s)
{
    long count = 0;
    while (*s != '\0') {
        size_t n = utf8_next(s);
        if (n == 0) return -1;
        s += n;
        count++;
    }
    return count;
}

size_t utf8_prefix(const char *s, size_t chars)
{
    size_t bytes = 0;
    while (s[bytes] != '\0' && chars-- > 0) {
        size_t n = utf8_next(s + bytes);
        if (n == 0) break;
        bytes += n;
    }
    return bytes;
}
