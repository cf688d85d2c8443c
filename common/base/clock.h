/* One clock per installation, handed to the loop (ES-1, SL-3: every limit is read from it).
 *
 * "system" is the machine's clock; "START@SCALE" is a driven one for drills and tests: at the
 * anchor (the moment the installation was made, real time) it showed START, and it runs SCALE times
 * as fast. All processes of an installation read the same anchor, so they agree. A driven clock's
 * text is "2026-03-02T09:00:00+08:00@3600#1764000000000" (the part after # is the anchor in real
 * milliseconds; deploy/up adds it once). */
#ifndef REDRESS_BASE_CLOCK_H
#define REDRESS_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    int64_t start_ms;  /* what it shows at the anchor */
    int64_t anchor_ms; /* real time of the anchor */
    double scale;      /* 1 for the system's clock */
    bool driven;
};

#define CLOCK_SYSTEM ((struct clock){.scale = 1.0})

/* false when the text is neither "system" nor START@SCALE[#ANCHOR]; a missing anchor is now. */
bool clock_parse(const char *text, struct clock *out);
/* Milliseconds since the Unix epoch as this clock shows them. */
int64_t clock_now_ms(const struct clock *c);
/* Real microseconds from now until this clock shows at_ms (0 when it has passed). */
int64_t clock_real_until_us(const struct clock *c, int64_t at_ms);
int64_t clock_real_ms(void);
/* CLOCK_MONOTONIC in microseconds, for measuring durations. */
int64_t clock_monotonic_us(void);

#endif
