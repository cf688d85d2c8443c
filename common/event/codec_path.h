/* Where a walker is in a JSON value: frames on its stack, written out only for an error. Private to the codec. */
#ifndef REDRESS_EVENT_CODEC_PATH_H
#define REDRESS_EVENT_CODEC_PATH_H

#include <stddef.h>

struct codec_path {
    const struct codec_path *up; /* NULL at the top */
    const char *name;            /* of a member; NULL for an element */
    int index;                   /* of an element */
};

/* "$.plan.measures[2].kind" into text; cut when it does not fit. */
void codec_path_write(const struct codec_path *p, char *text, size_t size);

#endif
