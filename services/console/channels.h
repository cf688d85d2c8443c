/* The registered channels in memory: who may deliver, under which source, how fast (CH-2). Thread-safe.
 *
 * Read again from the database every few seconds and when a source or key is not known. */
#ifndef REDRESS_CONSOLE_CHANNELS_H
#define REDRESS_CONSOLE_CHANNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "console/db.h"

enum { CHANNEL_NAME_SIZE = 41, CHANNEL_SOURCE_SIZE = 201 };

struct channels;
struct channels *channels_new(struct db *db);
void channels_free(struct channels *c);

/* The name of the channel with this source; false: none (e not set), or the database failed (e set). */
bool channels_by_source(struct channels *c, const char *source, char *name, struct err *e);
/* The source of the channel this key belongs to. */
bool channels_by_key(struct channels *c, const char *key, char *source, struct err *e);
/* Takes n messages off the channel's rate; 0, or the seconds to wait until they are allowed. Now in monotonic us. */
int64_t channels_take(struct channels *c, const char *name, int n, int64_t now_us);
/* Something was registered: read again at the next question. */
void channels_changed(struct channels *c);

/* Token bucket holding a minute's worth; pure. rate_per_min > 0. */
struct bucket {
    double tokens;
    int64_t at_us;
};
int64_t bucket_take(struct bucket *b, int rate_per_min, int n, int64_t now_us);

#endif
