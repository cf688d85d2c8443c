/* The sources registered as channels, in memory (CH-2). Read again when an unknown one appears, at most once a second.
 */
#ifndef REDRESS_INTAKE_CHANNELS_H
#define REDRESS_INTAKE_CHANNELS_H

#include <stdbool.h>

#include "base/err.h"
#include "runtime/pg.h"

struct channels;
struct channels *channels_new(void);
void channels_free(struct channels *c);
/* *known says whether the source is registered; false only when the database could not be asked. */
bool channels_know(struct channels *c, struct pg *pg, const char *source, bool *known, struct err *e);

#endif
