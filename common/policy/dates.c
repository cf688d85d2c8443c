/* Walks a path through an event's descriptors, with data (dates_of) or without (dates_path_leads). */
#include "policy/dates.h"

#include <string.h>

enum { NAME_MAX_BYTES = 64 };

/* The first step of a path: its field, whether "[]" follows, and the rest. */
struct hop {
    const struct field_desc *field;
    bool each;
    const char *rest; /* NULL: the path ends here */
};

static bool hop_of(const struct type_desc *d, const char *path, struct hop *out)
{
    char name[NAME_MAX_BYTES];
    size_t n = strcspn(path, ".[");
    if (n == 0 || n >= sizeof name) return false;
    memcpy(name, path, n);
    name[n] = '\0';
    out->field = desc_field(d, name);
    out->each = strncmp(path + n, "[]", 2) == 0;
    const char *end = path + n + (out->each ? 2 : 0);
    if (*end != '\0' && *end != '.') return false;
    out->rest = *end == '.' ? end + 1 : NULL;
    return out->field && out->field->array == out->each;
}

bool dates_path_leads(enum event_type event, const char *path)
{
    const struct type_desc *d = event_desc(event);
    int lists = 0;
    for (struct hop h; hop_of(d, path, &h); path = h.rest, d = h.field->type) {
        lists += h.each;
        bool is_date = h.field->kind == FIELD_INT || h.field->kind == FIELD_TIME;
        if (!h.rest) return is_date && !h.each && lists <= 1;
        if (h.field->kind != FIELD_OBJECT) return false;
    }
    return false;
}

struct walk {
    struct promised_date *out;
    const char *name;
    int n, nth;
};

static void take(struct walk *w, const struct field_desc *f, const char *data)
{
    if (f->has_aux && !*(const bool *)(data + f->aux)) return;
    if (w->n == DATES_MAX) return;
    w->out[w->n++] =
        (struct promised_date){.at_ms = *(const int64_t *)(data + f->offset), .name = w->name, .nth = w->nth};
}

/* At most one list lies on the way, so the depth is that of the path. */
static void walk(struct walk *w, const struct type_desc *d, const char *data, const char *path)
{
    struct hop h;
    if (!data || !hop_of(d, path, &h)) return;
    if (!h.rest) {
        take(w, h.field, data);
    } else if (!h.each) {
        walk(w, h.field->type, *(const char *const *)(data + h.field->offset), h.rest);
    } else {
        const char *items = *(const char *const *)(data + h.field->offset);
        int n = *(const int *)(data + h.field->aux);
        for (int i = 0; i < n; i++) {
            w->nth = i + 1;
            walk(w, h.field->type, items + (size_t)i * desc_element_size(h.field), h.rest);
        }
    }
}

const char *dates_name(enum event_type event, const void *data, const char *field)
{
    const struct field_desc *f = data && field ? desc_field(event_desc(event), field) : NULL;
    if (!f || f->kind != FIELD_STRING || f->array) return NULL;
    return *(const char *const *)((const char *)data + f->offset);
}

int dates_of(const struct policy_limit *l, enum event_type event, const void *data, struct promised_date *out)
{
    struct walk w = {.out = out, .name = dates_name(event, data, l->def->key)};
    if (l->def->date) walk(&w, event_desc(event), data, l->def->date);
    return w.n;
}
