/* What a JSON object is in C: tables the generator writes from the schemas (event/events.c).
 *
 * One walker per need goes over them: decode and encode (event/codec.h), compare (here). Pure: no
 * allocation, no JSON. */
#ifndef REDRESS_EVENT_DESC_H
#define REDRESS_EVENT_DESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values of an enumeration by number; names[0] is NULL when 0 means absent. */
struct enum_desc {
    const char *name;
    const char *const *names;
    int n;
};

/* "" for absent or out of range. */
const char *enum_name(const struct enum_desc *e, int value);
/* false for a NULL or unknown name. */
bool enum_parse(const struct enum_desc *e, const char *name, int *value);

enum field_kind { FIELD_STRING, FIELD_INT, FIELD_BOOL, FIELD_TIME, FIELD_ENUM, FIELD_OBJECT };

struct field_desc {
    const char *name; /* in JSON */
    enum field_kind kind;
    bool required;
    bool array;      /* member n_<name> (int) at aux, pointer to contiguous elements at offset */
    bool has_aux;    /* member has_<name> (bool) at aux */
    uint16_t offset; /* of the member */
    uint16_t aux;
    const struct enum_desc *values; /* FIELD_ENUM */
    const struct type_desc *type;   /* FIELD_OBJECT */
};

struct type_desc {
    const char *name; /* "intake.registered", "brief" */
    uint16_t size;    /* of the struct */
    const struct field_desc *fields;
    int n_fields;
};

/* True when both objects say the same, following pointers; a has_x that is false hides its value. */
bool desc_equal(const struct type_desc *d, const void *a, const void *b);
/* NULL when there is no field of that name. */
const struct field_desc *desc_field(const struct type_desc *d, const char *name);
/* Bytes of one element of a field: of the array's element, or of the member itself. */
size_t desc_element_size(const struct field_desc *f);

#endif
