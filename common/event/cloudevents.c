/* Reads CloudEvents in structured and binary mode into one struct. */
#include "event/cloudevents.h"

#include <string.h>
#include <strings.h>

#include "base/timefmt.h"
#include "base/utf8.h"
#include "event/json_guard.h"

enum attribute { SPECVERSION, ID, SOURCE, TYPE, TIME, SUBJECT, DATA_TYPE, ATTRIBUTES };

static const char *const attribute_names[ATTRIBUTES] = {
    [SPECVERSION] = "specversion",
    [ID] = "id",
    [SOURCE] = "source",
    [TYPE] = "type",
    [TIME] = "time",
    [SUBJECT] = "subject",
    [DATA_TYPE] = "datacontenttype",
};

static bool refuse(struct err *e, enum attribute at, const char *why)
{
    return err_set(e, ERR_DATA, "ce_read", "%s: %s", attribute_names[at], why);
}

/* Values are text without control characters (CloudEvents type system: String). */
static bool take(const char *value, size_t n, struct arena *a, const char **out, struct err *e, enum attribute at)
{
    if (n == 0) return refuse(e, at, "is empty");
    if (n > CE_MAX_ATTRIBUTE) return refuse(e, at, "is longer than 512 bytes");
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f) return refuse(e, at, "holds a control character");
    }
    *out = arena_strndup(a, value, n);
    return utf8_count(*out) >= 0 || refuse(e, at, "is not UTF-8");
}

/* "application/json; charset=utf-8" is `media`. */
static bool is_media(const char *text, size_t n, const char *media)
{
    size_t length = strlen(media);
    if (n < length || strncasecmp(text, media, length) != 0) return false;
    return n == length || text[length] == ';' || text[length] == ' ';
}

/* What both modes share: the attributes as text, NULL = absent. */
static bool check(const char *const *text, struct ce *out, struct err *e)
{
    for (enum attribute at = SPECVERSION; at <= TYPE; at++) {
        if (!text[at]) return refuse(e, at, "is required");
    }
    if (strcmp(text[SPECVERSION], "1.0") != 0) return refuse(e, SPECVERSION, "expected \"1.0\"");
    if (text[DATA_TYPE] && !is_media(text[DATA_TYPE], strlen(text[DATA_TYPE]), "application/json")) {
        return refuse(e, DATA_TYPE, "expected application/json");
    }
    out->id = text[ID];
    out->source = text[SOURCE];
    out->type = text[TYPE];
    out->subject = text[SUBJECT];
    if (!text[TIME]) return true;
    out->has_time = timefmt_parse(text[TIME], &out->time_ms);
    return out->has_time || refuse(e, TIME, "not an RFC 3339 date-time with a zone");
}

static bool read_object(const json_t *root, struct arena *a, struct ce *out, struct err *e)
{
    const char *text[ATTRIBUTES] = {NULL};
    for (enum attribute at = SPECVERSION; at < ATTRIBUTES; at++) {
        const json_t *v = json_object_get(root, attribute_names[at]);
        if (!v || json_is_null(v)) continue; /* the JSON format reads null as absent */
        if (!json_is_string(v)) return refuse(e, at, "expected a string");
        if (!take(json_string_value(v), json_string_length(v), a, &text[at], e, at)) return false;
    }
    if (!check(text, out, e)) return false;
    if (json_object_get(root, "data_base64")) return err_set(e, ERR_DATA, "ce_read", "data_base64: expected JSON data");
    const json_t *data = json_object_get(root, "data");
    if (!data || json_is_null(data)) return true;
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    out->n_data = json_dumpb(data, NULL, 0, flags);
    char *bytes = arena_alloc(a, out->n_data + 1);
    json_dumpb(data, bytes, out->n_data, flags);
    out->data = bytes;
    return true;
}

static bool read_structured(const struct ce_message *m, struct arena *a, struct ce *out, struct err *e)
{
    json_t *root = json_guard_parse(m->value, m->n_value, e);
    if (!root) return false;
    bool well = read_object(root, a, out, e);
    json_guard_done(root);
    return well;
}

/* The attribute a header carries; ATTRIBUTES = another header. */
static enum attribute header_attribute(const char *name)
{
    if (strcasecmp(name, "content-type") == 0) return DATA_TYPE;
    if (strncmp(name, "ce_", 3) != 0) return ATTRIBUTES;
    for (enum attribute at = SPECVERSION; at < DATA_TYPE; at++) {
        if (strcmp(name + 3, attribute_names[at]) == 0) return at;
    }
    return ATTRIBUTES;
}

static bool read_binary(const struct ce_message *m, struct arena *a, struct ce *out, struct err *e)
{
    const char *text[ATTRIBUTES] = {NULL};
    for (int i = 0; i < m->n_headers; i++) {
        const struct ce_header *h = &m->headers[i];
        enum attribute at = header_attribute(h->name);
        if (at == ATTRIBUTES) continue;
        if (text[at]) return refuse(e, at, "is given twice");
        if (!take(h->value, h->value ? h->n : 0, a, &text[at], e, at)) return false;
    }
    if (m->n_value > 0) {
        out->data = m->value;
        out->n_data = m->n_value;
    }
    return check(text, out, e);
}

bool ce_read(const struct ce_message *m, struct arena *a, struct ce *out, struct err *e)
{
    *out = (struct ce){0};
    for (int i = 0; i < m->n_headers; i++) {
        const struct ce_header *h = &m->headers[i];
        if (strcasecmp(h->name, "content-type") != 0 || !h->value) continue;
        if (is_media(h->value, h->n, "application/cloudevents+json")) return read_structured(m, a, out, e);
    }
    return read_binary(m, a, out, e);
}
