/* Parses JSON that is not trusted: size, depth, names twice, NUL, UTF-8. Private to the codec. */
#ifndef REDRESS_EVENT_JSON_GUARD_H
#define REDRESS_EVENT_JSON_GUARD_H

#include <jansson.h>

#include "base/err.h"

/* NULL with ERR_DATA ("$: ..."); else an object or array to json_decref. */
json_t *json_guard_parse(const char *json, size_t n, struct err *e);

#endif
