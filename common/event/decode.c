/* JSON to structs: one walker over descriptors. The JSON tree never leaves this file. */
#include <stdio.h>
#include <string.h>

#include "base/timefmt.h"
#include "event/codec.h"
#include "event/codec_path.h"
#include "event/json_guard.h"

struct decoder {
    struct arena *arena;
    struct err *err;
};

static bool refuse(struct decoder *d, const struct codec_path *at, const char *why)
{
    char path[200];
    codec_path_write(at, path, sizeof path);
    return err_set(d->err, ERR_DATA, "codec_decode", "%s: %s", path, why);
}

static const char *type_name(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER: return "integer";
    case JSON_REAL: return "a number with a fraction or exponent";
    case JSON_TRUE:
    case JSON_FALSE: return "boolean";
    case JSON_NULL: return "null";
    }
    return "nothing";
}

static bool refuse_type(struct decoder *d, const struct codec_path *at, const char *expected, const json_t *got)
{
    char why[120];
    snprintf(why, sizeof why, "expected %s, got %s", expected, type_name(got));
    return refuse(d, at, why);
}

static bool decode_object(struct decoder *d, const struct codec_path *at, const struct type_desc *type, const json_t *v,
                          char *out);

static bool decode_string(struct decoder *d, const struct codec_path *at, const json_t *v, const char **out)
{
    if (!json_is_string(v)) return refuse_type(d, at, "string", v);
    size_t n = json_string_length(v);
    if (n > CODEC_MAX_STRING) return refuse(d, at, "string is longer than 64 KiB");
    *out = arena_strndup(d->arena, json_string_value(v), n);
    return true;
}

static bool decode_time(struct decoder *d, const struct codec_path *at, const json_t *v, int64_t *out)
{
    if (!json_is_string(v)) return refuse_type(d, at, "date-time string", v);
    if (!timefmt_parse(json_string_value(v), out)) return refuse(d, at, "not an RFC 3339 date-time with a zone");
    return true;
}

static bool decode_enum(struct decoder *d, const struct codec_path *at, const struct field_desc *f, const json_t *v,
                        int *out)
{
    if (!json_is_string(v)) return refuse_type(d, at, f->values->name, v);
    if (enum_parse(f->values, json_string_value(v), out)) return true;
    char why[160];
    snprintf(why, sizeof why, "\"%.60s\" is not a %s", json_string_value(v), f->values->name);
    return refuse(d, at, why);
}

/* One value into `out`: a member, or an element of an array. */
static bool decode_value(struct decoder *d, const struct codec_path *at, const struct field_desc *f, const json_t *v,
                         char *out)
{
    switch (f->kind) {
    case FIELD_STRING: return decode_string(d, at, v, (const char **)out);
    case FIELD_TIME: return decode_time(d, at, v, (int64_t *)out);
    case FIELD_ENUM: return decode_enum(d, at, f, v, (int *)out);
    case FIELD_INT:
        if (!json_is_integer(v)) return refuse_type(d, at, "integer", v);
        *(int64_t *)out = json_integer_value(v);
        return true;
    case FIELD_BOOL:
        if (!json_is_boolean(v)) return refuse_type(d, at, "boolean", v);
        *(bool *)out = json_is_true(v);
        return true;
    case FIELD_OBJECT:
        if (f->array) return decode_object(d, at, f->type, v, out);
        *(char **)out = arena_alloc(d->arena, f->type->size);
        return decode_object(d, at, f->type, v, *(char **)out);
    }
    return refuse(d, at, "unknown kind of field");
}

static bool decode_array(struct decoder *d, const struct codec_path *at, const struct field_desc *f, const json_t *v,
                         char *out)
{
    if (!json_is_array(v)) return refuse_type(d, at, "array", v);
    size_t n = json_array_size(v), size = desc_element_size(f);
    if (n > CODEC_MAX_ITEMS) return refuse(d, at, "array has more than 10000 items");
    char *items = n ? arena_alloc(d->arena, n * size) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct codec_path item = {.up = at, .index = (int)i};
        if (!decode_value(d, &item, f, json_array_get(v, i), items + i * size)) return false;
    }
    *(int *)(out + f->aux) = (int)n;
    *(const char **)(out + f->offset) = items;
    return true;
}

static bool decode_object(struct decoder *d, const struct codec_path *at, const struct type_desc *type, const json_t *v,
                          char *out)
{
    if (!json_is_object(v)) return refuse_type(d, at, "object", v);
    for (int i = 0; i < type->n_fields; i++) {
        const struct field_desc *f = &type->fields[i];
        const struct codec_path member = {.up = at, .name = f->name};
        const json_t *value = json_object_get(v, f->name);
        if (!value) {
            if (f->required) return refuse(d, &member, "is required");
            continue;
        }
        if (f->has_aux) *(bool *)(out + f->aux) = true;
        bool well =
            f->array ? decode_array(d, &member, f, value, out) : decode_value(d, &member, f, value, out + f->offset);
        if (!well) return false;
    }
    return true;
}

bool codec_decode(const struct type_desc *type, const char *json, size_t n, struct arena *a, void *out, struct err *e)
{
    struct decoder d = {.arena = a, .err = e};
    json_t *root = json_guard_parse(json, n, e);
    if (!root) return false;
    memset(out, 0, type->size);
    bool well = decode_object(&d, NULL, type, root, out);
    json_guard_done(root);
    return well;
}

bool codec_validate(const struct type_desc *type, const char *json, size_t n, struct err *e)
{
    struct arena a;
    arena_init(&a);
    bool well = codec_decode(type, json, n, &a, arena_alloc(&a, type->size), e);
    arena_deinit(&a);
    return well;
}
