/* The API's own small JSON bodies (not events: those go through event/codec.h), and the splitting of CloudEvents
 * batches. Keeps the JSON library's types in here. */
#ifndef REDRESS_CONSOLE_FORM_H
#define REDRESS_CONSOLE_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct json_t;

struct form {
    struct json_t *root;
    struct arena *arena;
};

/* An empty body is an empty object. ERR_DATA when it is no JSON object. Texts live in the arena. */
bool form_read(struct form *f, const struct buf *body, struct arena *a, struct err *e);
void form_close(struct form *f);
/* NULL when absent or no string. */
const char *form_text(const struct form *f, const char *name);
/* Absent gives fallback; false when it is no integer. */
bool form_int(const struct form *f, const char *name, int64_t fallback, int64_t *out);
/* The member as compact JSON in the arena; NULL when absent. */
const char *form_json(const struct form *f, const char *name);

/* The elements of a JSON array as compact JSON texts; at most max. ERR_DATA otherwise. */
bool form_split(const struct buf *body, int max, struct arena *a, const char ***items, int *n, struct err *e);

#endif
