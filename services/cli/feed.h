/* Reads whole topics of the installation as any outside consumer may: no group, nothing committed. */
#ifndef REDRESS_CLI_FEED_H
#define REDRESS_CLI_FEED_H

#include <stdbool.h>

#include "base/config.h"
#include "base/err.h"
#include "runtime/record.h"

struct feed;

/* topics: enum topic_no. From the start of the logs, or only what comes after now. */
struct feed *feed_open(const struct config *config, const int *topics, int n, bool from_start, struct err *e);
void feed_close(struct feed *f);
/* The next record, waiting at most timeout_ms; false = none came. Valid until the next call. */
bool feed_next(struct feed *f, int timeout_ms, struct record *out, int *topic, struct err *e);

#endif
