/* How the timers' index lies in Redis, for who keeps it (timerstore.c) and who reads it (timerview.c): per partition
 * a sorted set of dues, one of leases' ends, and the hash that says whose it is; a member is a timer's id. */
#ifndef REDRESS_SLA_TIMERKEYS_H
#define REDRESS_SLA_TIMERKEYS_H

#include <stdint.h>
#include <stdio.h>

enum { TIMERKEY_SIZE = 24, TIMERID_SIZE = 8 };

struct timerkeys {
    char due[TIMERKEY_SIZE], lease[TIMERKEY_SIZE], ep[TIMERKEY_SIZE];
};

static inline void timerkeys_fill(struct timerkeys *k, int partition)
{
    snprintf(k->due, sizeof k->due, "{t%02d}:due", partition);
    snprintf(k->lease, sizeof k->lease, "{t%02d}:lease", partition);
    snprintf(k->ep, sizeof k->ep, "{t%02d}:ep", partition);
}

/* Big endian, so that equal dues come in the order of ids. */
static inline void timerid_write(unsigned char *to, int64_t id)
{
    for (int i = 0; i < TIMERID_SIZE; i++) to[i] = (unsigned char)((uint64_t)id >> (8 * (TIMERID_SIZE - 1 - i)));
}

static inline int64_t timerid_read(const char *bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < TIMERID_SIZE; i++) v = v << 8 | (unsigned char)bytes[i];
    return (int64_t)v;
}

#endif
