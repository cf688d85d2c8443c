/* The sources registered as channels, in memory (CH-2). Who meets one it does not know reads them again before it
 * judges: a channel delivers from the moment it was added. */
#ifndef REDRESS_INTAKE_CHANNELS_H
#define REDRESS_INTAKE_CHANNELS_H

#include <stdbool.h>

#include "base/err.h"
#include "runtime/pg.h"

struct channels;
struct channels *channels_new(void);
void channels_free(struct channels *c);
bool channels_read(struct channels *c, struct pg *pg, struct err *e);
/* Whether the source was registered when they were last read. */
bool channels_know(const struct channels *c, const char *source);

#endif
