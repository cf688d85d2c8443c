#include "console/form.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *parse(const struct buf *body, struct err *e)
{
    json_error_t why;
    json_t *root =
        json_loadb(body->len == 0 ? "{}" : body->bytes, body->len == 0 ? 2 : body->len, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL) err_set(e, ERR_DATA, "console/form", "line %d: %s", why.line, why.text);
    return root;
}

static const char *dump(const json_t *value, struct arena *a)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) abort();
    const char *copy = arena_strdup(a, text);
    free(text);
    return copy;
}

bool form_read(struct form *f, const struct buf *body, struct arena *a, struct err *e)
{
    *f = (struct form){.root = parse(body, e), .arena = a};
    if (f->root == NULL) return false;
    if (json_is_object(f->root)) return true;
    form_close(f);
    return err_set(e, ERR_DATA, "console/form", "expected a JSON object");
}

void form_close(struct form *f)
{
    json_decref(f->root);
    f->root = NULL;
}

const char *form_text(const struct form *f, const char *name)
{
    const char *text = json_string_value(json_object_get(f->root, name));
    return text == NULL ? NULL : arena_strdup(f->arena, text);
}

bool form_int(const struct form *f, const char *name, int64_t fallback, int64_t *out)
{
    const json_t *value = json_object_get(f->root, name);
    *out = value == NULL ? fallback : json_integer_value(value);
    return value == NULL || json_is_integer(value);
}

const char *form_json(const struct form *f, const char *name)
{
    const json_t *value = json_object_get(f->root, name);
    return value == NULL ? NULL : dump(value, f->arena);
}

bool form_split(const struct buf *body, int max, struct arena *a, const char ***items, int *n, struct err *e)
{
    json_t *root = parse(body, e);
    bool well = json_is_array(root) && json_array_size(root) <= (size_t)max;
    if (root != NULL && !well) err_set(e, ERR_DATA, "console/form", "expected a JSON array of at most %d items", max);
    *n = well ? (int)json_array_size(root) : 0;
    *items = ARENA_ARRAY(a, const char *, *n + 1);
    for (int i = 0; i < *n; i++) (*items)[i] = dump(json_array_get(root, (size_t)i), a);
    json_decref(root);
    return well;
}
