/* A CloudEvent 1.0 as it comes from Kafka, in either content mode (CH-2). Shell side.
 *
 * Structured: content-type application/cloudevents+json, the whole event is the record's value.
 * Binary: attributes are headers ce_id, ce_source, ce_type, ce_specversion, ce_time, ce_subject as text,
 * content-type is the data's, the record's value is the data. Extension attributes are tolerated. */
#ifndef REDRESS_EVENT_CLOUDEVENTS_H
#define REDRESS_EVENT_CLOUDEVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { CE_MAX_ATTRIBUTE = 512 }; /* bytes of one attribute's value */

struct ce_header {
    const char *name;
    const void *value; /* not NUL-terminated */
    size_t n;
};

struct ce_message {
    const struct ce_header *headers;
    int n_headers;
    const char *value;
    size_t n_value;
};

struct ce {
    const char *id;
    const char *source;
    const char *type;
    const char *subject; /* NULL = absent */
    bool has_time;
    int64_t time_ms;
    const char *data; /* JSON; NULL = none. Binary mode: the message's own bytes, not a copy */
    size_t n_data;
};

/* ERR_DATA: message names the attribute, "source: is required". The rest of *out lives in the arena. */
bool ce_read(const struct ce_message *m, struct arena *a, struct ce *out, struct err *e);

#endif
