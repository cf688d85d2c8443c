#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timefmt.h"

static int64_t clock_real_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_real_ms(void) { return clock_real_us() / 1000; }

int64_t clock_monotonic_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

bool clock_parse(const char *text, struct clock *out)
{
    *out = CLOCK_SYSTEM;
    if (strcmp(text, "system") == 0) return true;
    const char *at = strchr(text, '@');
    if (at == NULL || at - text >= 40) return false;
    char start[40] = {0};
    memcpy(start, text, (size_t)(at - text));
    char *end;
    double scale = strtod(at + 1, &end);
    if (end == at + 1 || !isfinite(scale) || scale <= 0 || !timefmt_parse(start, &out->start_ms)) return false;
    out->anchor_ms = clock_real_ms();
    if (*end == '#') out->anchor_ms = strtoll(end + 1, &end, 10);
    out->scale = scale;
    out->driven = true;
    return *end == '\0';
}

int64_t clock_now_ms(const struct clock *c)
{
    if (!c->driven) return clock_real_ms();
    return c->start_ms + (int64_t)((double)(clock_real_ms() - c->anchor_ms) * c->scale);
}

int64_t clock_real_until_us(const struct clock *c, int64_t at_ms)
{
    double real_ms = (double)at_ms;
    if (c->driven) real_ms = (double)c->anchor_ms + ceil((double)(at_ms - c->start_ms) / c->scale);
    double left = real_ms * 1000 - (double)clock_real_us();
    return left > 0 ? (int64_t)left : 0;
}
