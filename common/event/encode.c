/* Structs to JSON: one walker over descriptors, writing straight into the buffer. */
#include <string.h>

#include "base/timefmt.h"
#include "event/codec.h"
#include "event/codec_path.h"

/* What timefmt_utc can write with four digits of the year. */
#define TIME_MIN_MS INT64_C(-62167219200000)
#define TIME_MAX_MS INT64_C(253402300799999)

struct encoder {
    struct buf *out;
    struct err *err;
};

static bool refuse(struct encoder *c, const struct codec_path *at, const char *why)
{
    char path[200];
    codec_path_write(at, path, sizeof path);
    return err_set(c->err, ERR_INTERNAL, "codec_encode", "%s: %s", path, why);
}

static bool encode_object(struct encoder *c, const struct codec_path *at, const struct type_desc *type, const char *v);

static bool encode_string(struct encoder *c, const struct codec_path *at, const char *s)
{
    if (!s) return refuse(c, at, "string is NULL");
    if (strlen(s) > CODEC_MAX_STRING) return refuse(c, at, "string is longer than 64 KiB");
    buf_json_string(c->out, s);
    return true;
}

static bool encode_time(struct encoder *c, const struct codec_path *at, int64_t ms)
{
    char text[TIMEFMT_SIZE];
    if (ms < TIME_MIN_MS || ms > TIME_MAX_MS) return refuse(c, at, "time is outside the years 0000 to 9999");
    buf_json_string(c->out, timefmt_utc(ms, text));
    return true;
}

static bool encode_enum(struct encoder *c, const struct codec_path *at, const struct field_desc *f, int v)
{
    const char *name = enum_name(f->values, v);
    if (!*name) return refuse(c, at, v == 0 ? "enum is absent" : "enum is out of range");
    buf_putc(c->out, '"');
    buf_puts(c->out, name);
    buf_putc(c->out, '"');
    return true;
}

/* v points to the member, or to the element of an array. */
static bool encode_value(struct encoder *c, const struct codec_path *at, const struct field_desc *f, const char *v)
{
    switch (f->kind) {
    case FIELD_STRING: return encode_string(c, at, *(const char *const *)v);
    case FIELD_INT: buf_int(c->out, *(const int64_t *)v); return true;
    case FIELD_BOOL: buf_puts(c->out, *(const bool *)v ? "true" : "false"); return true;
    case FIELD_TIME: return encode_time(c, at, *(const int64_t *)v);
    case FIELD_ENUM: return encode_enum(c, at, f, *(const int *)v);
    case FIELD_OBJECT: {
        const char *object = f->array ? v : *(const char *const *)v;
        return object ? encode_object(c, at, f->type, object) : refuse(c, at, "object is NULL");
    }
    }
    return refuse(c, at, "unknown kind of field");
}

static bool encode_array(struct encoder *c, const struct codec_path *at, const struct field_desc *f, const char *v)
{
    int n = *(const int *)(v + f->aux);
    const char *items = *(const char *const *)(v + f->offset);
    size_t size = desc_element_size(f);
    if (n < 0 || n > CODEC_MAX_ITEMS || (n > 0 && !items)) return refuse(c, at, "array's count does not fit");
    buf_putc(c->out, '[');
    for (int i = 0; i < n; i++) {
        const struct codec_path item = {.up = at, .index = i};
        if (i > 0) buf_putc(c->out, ',');
        if (!encode_value(c, &item, f, items + (size_t)i * size)) return false;
    }
    buf_putc(c->out, ']');
    return true;
}

/* Optional fields only; a required one is written whatever it holds, or refused. */
static bool is_absent(const struct field_desc *f, const char *v)
{
    if (f->array) return *(const int *)(v + f->aux) == 0;
    if (f->has_aux) return !*(const bool *)(v + f->aux);
    switch (f->kind) {
    case FIELD_STRING:
    case FIELD_OBJECT: return *(const void *const *)(v + f->offset) == NULL;
    case FIELD_BOOL: return !*(const bool *)(v + f->offset);
    case FIELD_ENUM: return *(const int *)(v + f->offset) == 0;
    case FIELD_INT:
    case FIELD_TIME: return false;
    }
    return false;
}

static bool encode_object(struct encoder *c, const struct codec_path *at, const struct type_desc *type, const char *v)
{
    bool first = true;
    buf_putc(c->out, '{');
    for (int i = 0; i < type->n_fields; i++) {
        const struct field_desc *f = &type->fields[i];
        const struct codec_path member = {.up = at, .name = f->name};
        if (!f->required && is_absent(f, v)) continue;
        buf_puts(c->out, first ? "\"" : ",\"");
        buf_puts(c->out, f->name);
        buf_puts(c->out, "\":");
        first = false;
        if (!(f->array ? encode_array(c, &member, f, v) : encode_value(c, &member, f, v + f->offset))) return false;
    }
    buf_putc(c->out, '}');
    return true;
}

static bool encode(const struct type_desc *type, const void *v, struct buf *out, struct err *e)
{
    struct encoder c = {.out = out, .err = e};
    size_t before = out->len;
    if (!encode_object(&c, NULL, type, v)) return false;
    return out->len - before <= CODEC_MAX_BYTES || refuse(&c, NULL, "is larger than 1 MiB");
}

bool codec_encode(const struct type_desc *type, const void *v, struct buf *out)
{
    struct err e = ERR_INIT;
    size_t before = out->len;
    if (encode(type, v, out, &e)) return true;
    out->len = before;
    if (out->bytes) out->bytes[before] = '\0';
    return false;
}

bool codec_explain(const struct type_desc *type, const void *v, struct err *e)
{
    struct buf scratch = BUF_INIT;
    bool well = encode(type, v, &scratch, e);
    buf_deinit(&scratch);
    return well;
}
