/* Parses JSON that is not trusted: size, depth, names twice, NUL, UTF-8. Private to the codec. */
#ifndef REDRESS_EVENT_JSON_GUARD_H
#define REDRESS_EVENT_JSON_GUARD_H

#include <jansson.h>

#include "base/err.h"

/* NULL with ERR_DATA ("$: ..."); else an object or array for json_guard_done. One tree at a time in a thread; nothing
 * of it may be kept (json_incref), for its memory is used again by the next. */
json_t *json_guard_parse(const char *json, size_t n, struct err *e);
void json_guard_done(json_t *root);

#endif
