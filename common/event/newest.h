/* Facts of different writers commute because they carry a version: the higher one wins. Pure. */
#ifndef REDRESS_EVENT_NEWEST_H
#define REDRESS_EVENT_NEWEST_H

#include "event/events.h"

static inline int64_t brief_version(const struct brief *b)
{
    if (b == NULL) return 0;
    return b->has_version ? b->version : 1;
}

/* Either may be NULL; the first when they are of one version. */
static inline const struct brief *brief_newest(const struct brief *a, const struct brief *b)
{
    return brief_version(b) > brief_version(a) ? b : a;
}

static inline const struct assignment *assignment_newest(const struct assignment *a, const struct assignment *b)
{
    if (a == NULL || b == NULL) return a != NULL ? a : b;
    return b->version > a->version ? b : a;
}

#endif
