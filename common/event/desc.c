/* Enum names and structural comparison over descriptors. */
#include "event/desc.h"

#include <string.h>

const char *enum_name(const struct enum_desc *e, int value)
{
    if (value < 0 || value >= e->n || !e->names[value]) return "";
    return e->names[value];
}

bool enum_parse(const struct enum_desc *e, const char *name, int *value)
{
    if (!name) return false;
    for (int i = 0; i < e->n; i++) {
        if (e->names[i] && strcmp(e->names[i], name) == 0) {
            *value = i;
            return true;
        }
    }
    return false;
}

const struct field_desc *desc_field(const struct type_desc *d, const char *name)
{
    for (int i = 0; i < d->n_fields; i++) {
        if (strcmp(d->fields[i].name, name) == 0) return &d->fields[i];
    }
    return NULL;
}

size_t desc_element_size(const struct field_desc *f)
{
    switch (f->kind) {
    case FIELD_STRING: return sizeof(const char *);
    case FIELD_INT:
    case FIELD_TIME: return sizeof(int64_t);
    case FIELD_BOOL: return sizeof(bool);
    case FIELD_ENUM: return sizeof(int);
    case FIELD_OBJECT: return f->array ? f->type->size : sizeof(const void *);
    }
    return 0;
}

/* a and b point to one element: of an array of objects to the object, else to the member. */
static bool equal_element(const struct field_desc *f, const char *a, const char *b)
{
    if (f->kind == FIELD_STRING) {
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;
        return x == y || (x && y && strcmp(x, y) == 0);
    }
    if (f->kind == FIELD_OBJECT) {
        const void *x = a, *y = b;
        if (!f->array) {
            x = *(const void *const *)a;
            y = *(const void *const *)b;
        }
        return x == y || (x && y && desc_equal(f->type, x, y));
    }
    return memcmp(a, b, desc_element_size(f)) == 0;
}

static bool equal_array(const struct field_desc *f, const char *a, const char *b)
{
    int n = *(const int *)(a + f->aux);
    if (n != *(const int *)(b + f->aux)) return false;
    const char *x = *(const char *const *)(a + f->offset), *y = *(const char *const *)(b + f->offset);
    if (x == y) return true;
    size_t size = desc_element_size(f);
    for (int i = 0; i < n; i++) {
        if (!equal_element(f, x + (size_t)i * size, y + (size_t)i * size)) return false;
    }
    return true;
}

bool desc_equal(const struct type_desc *d, const void *a, const void *b)
{
    const char *x = a, *y = b;
    for (int i = 0; i < d->n_fields; i++) {
        const struct field_desc *f = &d->fields[i];
        if (f->array) {
            if (!equal_array(f, x, y)) return false;
            continue;
        }
        if (f->has_aux) {
            bool has = *(const bool *)(x + f->aux);
            if (has != *(const bool *)(y + f->aux)) return false;
            if (!has) continue;
        }
        if (!equal_element(f, x + f->offset, y + f->offset)) return false;
    }
    return true;
}
