/* Reading and checking a mapping file. Applying it to a row is in mapping_apply.c.
 *
 * The file is JSON; jansson's values stay in here, the mapping holds copies in its arena. */
#include "cli/mapping.h"

#include <string.h>

#include <jansson.h>

#include "base/money.h"
#include "calendar/load.h"
#include "cli/mapping_check.h"

enum { MAPPING_LAST_YEAR = 2100 };

struct load {
    struct mapping *m;
    const char *path; /* of the file */
    struct err *e;
};

static bool complain(struct load *l, const char *at, const char *reason)
{
    return err_set(l->e, ERR_CONFIG, "mapping", "%s: %s: %s", l->path, at, reason);
}

static const char *keep(struct load *l, const char *text) { return arena_strdup(&l->m->arena, text); }

/* The member `key`; *out is NULL when there is none. */
static bool load_text(struct load *l, json_t *object, const char *at, const char *key, const char **out)
{
    json_t *value = json_object_get(object, key);
    *out = keep(l, json_string_value(value));
    if (value == NULL || json_is_string(value)) return true;
    return complain(l, arena_printf(&l->m->arena, "%s.%s", at, key), "expected a string");
}

/* keys ends with NULL. */
static bool known_keys(struct load *l, json_t *object, const char *at, const char *const *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const char *const *k = keys;
        while (*k != NULL && strcmp(*k, key) != 0) k++;
        if (*k == NULL) return complain(l, at, arena_printf(&l->m->arena, "unknown key '%s'", key));
    }
    return true;
}

static bool text_list(struct load *l, json_t *list, const char *at, const char *const **out, int *n)
{
    if (list == NULL) return true;
    if (!json_is_array(list)) return complain(l, at, "expected an array of strings");
    const char **texts = ARENA_ARRAY(&l->m->arena, const char *, json_array_size(list) + 1);
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item)) return complain(l, at, "expected an array of strings");
        texts[i] = keep(l, json_string_value(item));
    }
    *out = texts;
    *n = (int)json_array_size(list);
    return true;
}

static bool short_list(struct load *l, json_t *list, const char *at, const char **out, int max, int *n)
{
    const char *const *texts = NULL;
    if (!text_list(l, list, at, &texts, n)) return false;
    if (*n > max) return complain(l, at, "too many entries");
    for (int i = 0; i < *n; i++) out[i] = texts[i];
    return true;
}

static bool load_type(struct load *l, json_t *spec, const char *at, struct mapping_field *f)
{
    static const struct {
        const char *name;
        enum mapping_type type;
    } types[] = {{"text", MAPPING_TEXT},
                 {"date", MAPPING_DATE},
                 {"amount", MAPPING_AMOUNT},
                 {"integer", MAPPING_INTEGER},
                 {"bool", MAPPING_BOOL}};
    const char *name;
    if (!load_text(l, spec, at, "type", &name)) return false;
    if (name == NULL) return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) {
            f->type = types[i].type;
            return true;
        }
    return complain(l, at, "type is none of text, date, amount, integer, bool");
}

/* The columns of a template are what stands in braces. */
static bool template_columns(struct load *l, const char *at, struct mapping_field *f)
{
    for (const char *open = strchr(f->text, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        if (close == NULL) return complain(l, at, "a '{' without its '}'");
        if (f->n_columns == MAPPING_MAX_COLUMNS) return complain(l, at, "too many columns in the template");
        f->columns[f->n_columns++] = arena_strndup(&l->m->arena, open + 1, (size_t)(close - open - 1));
    }
    return true;
}

static bool load_source(struct load *l, json_t *spec, const char *at, struct mapping_field *f)
{
    const char *column, *constant, *template, *with;
    json_t *join = json_object_get(spec, "join");
    if (!load_text(l, spec, at, "column", &column) || !load_text(l, spec, at, "const", &constant) ||
        !load_text(l, spec, at, "template", &template) || !load_text(l, spec, at, "with", &with))
        return false;
    if ((column != NULL) + (constant != NULL) + (template != NULL) + (join != NULL) != 1)
        return complain(l, at, "needs exactly one of column, const, template, join");
    if (join != NULL) {
        f->source = MAPPING_JOIN;
        f->text = with == NULL ? ", " : with;
        return short_list(l, join, at, f->columns, MAPPING_MAX_COLUMNS, &f->n_columns);
    }
    f->source = column != NULL ? MAPPING_COLUMN : constant != NULL ? MAPPING_CONST : MAPPING_TEMPLATE;
    f->text = constant != NULL ? constant : template;
    if (column != NULL) f->columns[f->n_columns++] = column;
    return template == NULL || template_columns(l, at, f);
}

static bool load_words(struct load *l, json_t *spec, const char *at, struct mapping_field *f)
{
    if (!load_text(l, spec, at, "otherwise", &f->otherwise)) return false;
    json_t *map = json_object_get(spec, "map");
    if (map == NULL) return true;
    if (!json_is_object(map)) return complain(l, at, "map is not an object of strings");
    struct mapping_word *words = ARENA_ARRAY(&l->m->arena, struct mapping_word, json_object_size(map) + 1);
    const char *from;
    json_t *to;
    json_object_foreach(map, from, to)
    {
        if (!json_is_string(to)) return complain(l, at, "map is not an object of strings");
        words[f->n_words++] = (struct mapping_word){keep(l, from), keep(l, json_string_value(to))};
    }
    f->words = words;
    return true;
}

static bool load_amount(struct load *l, json_t *spec, const char *at, struct mapping_field *f)
{
    const char *decimal;
    json_t *round = json_object_get(spec, "round");
    if (!load_text(l, spec, at, "currency", &f->currency) || !load_text(l, spec, at, "decimal", &decimal)) return false;
    if (decimal != NULL && strcmp(decimal, ".") != 0 && strcmp(decimal, ",") != 0)
        return complain(l, at, "decimal is none of '.' and ','");
    if (round != NULL && !json_is_boolean(round)) return complain(l, at, "round is neither true nor false");
    f->notation =
        (struct money_notation){.decimal = (decimal == NULL ? "." : decimal)[0], .round = json_is_true(round)};
    if (f->type == MAPPING_AMOUNT)
        return (f->currency != NULL && money_exponent(f->currency) >= 0) ||
               complain(l, at, "an amount needs an ISO 4217 currency");
    return (f->currency == NULL && decimal == NULL && round == NULL) ||
           complain(l, at, "currency, decimal and round belong to type amount");
}

static bool load_field(struct load *l, const char *target, json_t *spec, struct mapping_field *f)
{
    static const char *const keys[] = {"column",   "const",   "template", "join",      "with", "type", "format",
                                       "currency", "decimal", "round",    "otherwise", "map",  NULL};
    const char *at = arena_printf(&l->m->arena, "$.fields.%s", target);
    if (!json_is_object(spec)) return complain(l, at, "expected an object");
    f->target = keep(l, target);
    if (!known_keys(l, spec, at, keys) || !load_type(l, spec, at, f) || !load_source(l, spec, at, f) ||
        !load_words(l, spec, at, f) || !load_amount(l, spec, at, f))
        return false;
    if (!short_list(l, json_object_get(spec, "format"), at, f->formats, MAPPING_MAX_FORMATS, &f->n_formats))
        return false;
    return f->type != MAPPING_DATE || f->n_formats > 0 || complain(l, at, "a date needs its format list");
}

static bool load_fields(struct load *l, json_t *root)
{
    json_t *fields = json_object_get(root, "fields");
    if (!json_is_object(fields)) return complain(l, "$.fields", "expected an object");
    struct mapping_field *out = ARENA_ARRAY(&l->m->arena, struct mapping_field, json_object_size(fields) + 1);
    const char *target;
    json_t *spec;
    json_object_foreach(fields, target, spec)
    {
        if (!load_field(l, target, spec, &out[l->m->n_fields])) return false;
        l->m->n_fields++;
    }
    l->m->fields = out;
    return true;
}

static bool load_root(struct load *l, json_t *root)
{
    static const char *const keys[] = {"channel", "zone", "delimiter", "null_words", "fields", "facts", NULL};
    struct mapping *m = l->m;
    const char *zone, *delimiter;
    if (!json_is_object(root)) return complain(l, "$", "expected an object");
    if (!known_keys(l, root, "$", keys) || !load_text(l, root, "$", "channel", &m->channel) ||
        !load_text(l, root, "$", "zone", &zone) || !load_text(l, root, "$", "delimiter", &delimiter))
        return false;
    if (zone == NULL) return complain(l, "$.zone", "missing: the IANA zone of the file's dates");
    if (delimiter != NULL && (strlen(delimiter) != 1 || strchr("\"\r\n", *delimiter) != NULL))
        return complain(l, "$.delimiter", "expected one character, no quote and no newline");
    m->delimiter = (char)(delimiter == NULL ? ',' : *delimiter);
    if (!zone_load(zone, MAPPING_LAST_YEAR, &m->zone, l->e)) return false;
    return text_list(l, json_object_get(root, "null_words"), "$.null_words", &m->null_words, &m->n_null_words) &&
           text_list(l, json_object_get(root, "facts"), "$.facts", &m->facts, &m->n_facts) && load_fields(l, root);
}

bool mapping_load(const char *path, struct mapping *m, struct err *e)
{
    *m = (struct mapping){0};
    arena_init(&m->arena);
    struct load l = {.m = m, .path = path, .e = e};
    json_error_t where;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL && where.line < 0) return err_set(e, ERR_CONFIG, "mapping", "%s", where.text);
    if (root == NULL) return err_set(e, ERR_CONFIG, "mapping", "%s line %d: %s", path, where.line, where.text);
    const char *at, *reason;
    bool well = load_root(&l, root) && (mapping_check(m, &at, &reason) || complain(&l, at, reason));
    json_decref(root);
    return well;
}

void mapping_deinit(struct mapping *m)
{
    if (m->zone.n > 0) zone_unload(&m->zone);
    arena_deinit(&m->arena);
}
