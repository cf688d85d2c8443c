/* A mapping against the schema of inbound.complaint (event/events.h): whatever cannot succeed for any row is said
 * before the first one. */
#include "cli/mapping_check.h"

#include <string.h>

#include "base/money.h"
#include "event/events.h"

struct check {
    struct mapping *m;
    const struct mapping_field *f; /* the one looked at */
    const char **at, **reason;
};

/* `key` below the field: "const", "map.Broken"; NULL: the field itself. */
static bool complain(struct check *c, const char *key, const char *reason)
{
    struct arena *a = &c->m->arena;
    *c->at = key == NULL ? arena_printf(a, "$.fields.%s", c->f->target)
                         : arena_printf(a, "$.fields.%s.%s", c->f->target, key);
    *c->reason = reason;
    return false;
}

static const struct field_desc *find(const char *target)
{
    const struct type_desc *d = event_desc(EV_INBOUND_COMPLAINT);
    if (strncmp(target, "customer.", 9) == 0) {
        d = desc_field(d, "customer")->type;
        target += 9;
    }
    return desc_field(d, target);
}

/* An array or object has no column of its own; `history` is what --time says. */
static bool check_target(struct check *c, const struct field_desc *d)
{
    if (d == NULL) return complain(c, NULL, "inbound.complaint has no such field");
    if (strcmp(c->f->target, "facts") == 0) return complain(c, NULL, "facts stand beside fields, not in them");
    if (strcmp(c->f->target, "history") == 0) return complain(c, NULL, "is set by --time history");
    return (!d->array && d->kind != FIELD_OBJECT) || complain(c, NULL, "is not a field a column can fill");
}

static bool check_type(struct check *c, const struct field_desc *d)
{
    enum mapping_type t = c->f->type;
    switch (d->kind) {
    case FIELD_INT:
        return t == MAPPING_INTEGER || t == MAPPING_AMOUNT || complain(c, "type", "must be amount or integer");
    case FIELD_BOOL: return t == MAPPING_BOOL || complain(c, "type", "must be bool");
    case FIELD_TIME:
        if (strcmp(d->name, "received_at") == 0) return t == MAPPING_DATE || complain(c, "type", "must be date");
        return t == MAPPING_DATE || t == MAPPING_TEXT || complain(c, "type", "must be date");
    case FIELD_STRING: return t == MAPPING_TEXT || t == MAPPING_DATE || complain(c, "type", "must be text or date");
    case FIELD_ENUM: return t == MAPPING_TEXT || complain(c, "type", "must be text");
    case FIELD_OBJECT: return false;
    }
    return false;
}

static const char *words_of(struct check *c, const struct enum_desc *values)
{
    const char *list = "";
    for (int i = 0; i < values->n; i++)
        if (values->names[i] != NULL)
            list = arena_printf(&c->m->arena, "%s%s%s", list, *list == '\0' ? "" : ", ", values->names[i]);
    return list;
}

/* A text the mapping itself puts into the field. */
static bool check_word(struct check *c, const struct field_desc *d, const char *key, const char *word)
{
    int value;
    if (word == NULL) return true;
    if (d->kind == FIELD_ENUM && !enum_parse(d->values, word, &value))
        return complain(c, key, arena_printf(&c->m->arena, "'%s' is none of %s", word, words_of(c, d->values)));
    if (strcmp(c->f->target, "currency") == 0 && money_exponent(word) < 0)
        return complain(c, key, arena_printf(&c->m->arena, "'%s' is no currency of ISO 4217", word));
    return true;
}

static bool check_words(struct check *c, const struct field_desc *d)
{
    const struct mapping_field *f = c->f;
    if (f->source == MAPPING_CONST && f->n_words == 0 && f->otherwise == NULL && !check_word(c, d, "const", f->text))
        return false;
    if (!check_word(c, d, "otherwise", f->otherwise)) return false;
    for (int i = 0; i < f->n_words; i++)
        if (!check_word(c, d, arena_printf(&c->m->arena, "map.%s", f->words[i].from), f->words[i].to)) return false;
    return true;
}

/* Only what is read alike everywhere and names no zone of its own (the mapping's zone holds for all dates); a
 * format without year and month would date every row alike. */
static bool check_format(struct check *c, const char *format)
{
    static const char usable[] = "YymbBhdeHIMSpTRDFaAnt%", year[] = "YyDF", month[] = "mbBhDF";
    bool has_year = false, has_month = false;
    for (const char *p = strchr(format, '%'); p != NULL; p = strchr(p + 1, '%')) {
        p++;
        if (*p == '\0' || strchr(usable, *p) == NULL)
            return complain(
                c, "format",
                arena_printf(&c->m->arena, "'%s': '%.2s' is not read here; these are: %s", format, p - 1, usable));
        has_year = has_year || strchr(year, *p) != NULL;
        has_month = has_month || strchr(month, *p) != NULL;
    }
    return (has_year && has_month) ||
           complain(c, "format", arena_printf(&c->m->arena, "'%s' names no year and month", format));
}

static bool check_field(struct check *c)
{
    const struct field_desc *d = find(c->f->target);
    if (!check_target(c, d) || !check_type(c, d) || !check_words(c, d)) return false;
    for (int i = 0; i < c->f->n_formats; i++)
        if (!check_format(c, c->f->formats[i])) return false;
    return true;
}

/* Every amount is counted in the currency the row says. */
static bool check_currency(struct check *c, const struct mapping_field *currency)
{
    if (currency->source != MAPPING_CONST) return true;
    for (int i = 0; i < c->m->n_fields; i++) {
        c->f = &c->m->fields[i];
        if (c->f->type == MAPPING_AMOUNT && strcmp(c->f->currency, currency->text) != 0)
            return complain(c, "currency", "is not what the field currency says");
    }
    return true;
}

bool mapping_check(struct mapping *m, const char **at, const char **reason)
{
    struct check c = {.m = m, .at = at, .reason = reason};
    bool described = false;
    for (int i = 0; i < m->n_fields; i++) {
        c.f = &m->fields[i];
        if (!check_field(&c)) return false;
        if (strcmp(c.f->target, "currency") == 0 && !check_currency(&c, &m->fields[i])) return false;
        described = described || strcmp(m->fields[i].target, "description") == 0;
    }
    *at = "$.fields";
    *reason = "description is missing: every complaint needs one";
    return described;
}
