#include "cli/org_csv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "cli/csvfile.h"

enum kind { TEXT, LIST, FLAG };

struct column {
    const char *name; /* in the table */
    const char *key;  /* in the JSON */
    enum kind kind;
    bool of_person;
};

/* A list of the organisation as a table; its first column says which one a file is. */
struct table {
    const char *key; /* of the list in the JSON */
    int n;
    const struct column *columns;
};

static const struct column unit_columns[] = {
    {"unit", "id", TEXT, false},
    {"name", "name", TEXT, false},
    {"level", "level", TEXT, false},
    {"parent", "parent", TEXT, false},
    {"bank_account", "bank_account", TEXT, false},
    {"suspended", "suspended", FLAG, false},
    {"territories", "territories", LIST, false},
    {"contracts", "contracts", LIST, false},
    {"person", "id", TEXT, true},
    {"person_name", "name", TEXT, true},
    {"roles", "roles", LIST, true},
    {"absent_from", "absent_from", TEXT, true},
    {"absent_until", "absent_until", TEXT, true},
    {"deputy", "deputy", TEXT, true},
};
static const struct column department_columns[] = {
    {"department", "id", TEXT, false},
    {"name", "name", TEXT, false},
    {"head", "head", TEXT, false},
    {"contact", "contact", TEXT, false},
};
static const struct column supplier_columns[] = {
    {"supplier", "id", TEXT, false},       {"name", "name", TEXT, false},
    {"contact", "contact", TEXT, false},   {"bank_account", "bank_account", TEXT, false},
    {"supplies", "supplies", LIST, false},
};

#define TABLE(key, columns)                                                                                            \
    {                                                                                                                  \
        key, sizeof(columns) / sizeof(columns)[0], columns                                                             \
    }

static const struct table tables[] = {TABLE("units", unit_columns), TABLE("departments", department_columns),
                                      TABLE("suppliers", supplier_columns)};
enum { N_TABLES = sizeof tables / sizeof tables[0], MAX_COLUMNS = sizeof unit_columns / sizeof unit_columns[0] };

static bool has_people(const struct table *t) { return t->columns == unit_columns; }

/* ---- reading ---- */

struct reader {
    const char *path;
    const struct table *table;
    json_t *list;
    int at[MAX_COLUMNS]; /* column of the file; -1 = it has none */
};

static bool fail(const struct reader *r, int64_t row, struct err *e, const char *why, const char *what)
{
    return err_set(e, ERR_DATA, "org", "%s: row %" PRId64 ": %s \"%s\"", r->path, row, why, what);
}

/* NULL: of none. */
static const struct table *table_of(const struct csv_row *row)
{
    for (int t = 0; t < N_TABLES; t++) {
        for (int i = 0; i < row->n; i++) {
            if (strcmp(tables[t].columns[0].name, row->fields[i]) == 0) return &tables[t];
        }
    }
    return NULL;
}

static bool read_header(struct reader *r, const struct csv_row *row, struct err *e)
{
    r->table = table_of(row);
    if (r->table == NULL) return fail(r, 0, e, "lacks the column", "unit\", \"department\" or \"supplier");
    for (int c = 0; c < r->table->n; c++) r->at[c] = -1;
    for (int i = 0; i < row->n; i++) {
        int c = 0;
        while (c < r->table->n && strcmp(r->table->columns[c].name, row->fields[i]) != 0) c++;
        if (c == r->table->n) return fail(r, 0, e, "there is no column", row->fields[i]);
        if (r->at[c] >= 0) return fail(r, 0, e, "twice the column", row->fields[i]);
        r->at[c] = i;
    }
    return true;
}

static const char *field(const struct reader *r, const struct csv_row *row, int c)
{
    return r->at[c] >= 0 && r->at[c] < row->n ? row->fields[r->at[c]] : "";
}

static json_t *words(const char *text)
{
    json_t *list = json_array();
    for (const char *p = text + strspn(text, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        json_array_append_new(list, json_stringn(p, n));
        p += n;
    }
    return list;
}

/* NULL: neither yes nor no. */
static json_t *value_of(enum kind kind, const char *text)
{
    if (kind == LIST) return words(text);
    if (kind == TEXT) return json_string(text);
    bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    bool no = strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
    return yes || no ? json_boolean(yes) : NULL;
}

static json_t *find_unit(const struct reader *r, const char *id)
{
    size_t i;
    json_t *unit;
    json_array_foreach(r->list, i, unit)
    {
        if (strcmp(json_string_value(json_object_get(unit, "id")), id) == 0) return unit;
    }
    unit = json_pack("{s:s}", "id", id);
    json_array_append_new(r->list, unit);
    return unit;
}

/* What is said twice must be the same. */
static bool set(const struct reader *r, const struct csv_row *row, int c, json_t *into, struct err *e)
{
    const char *text = field(r, row, c);
    const struct column *column = &r->table->columns[c];
    if (*text == '\0') return true;
    json_t *value = value_of(column->kind, text), *old = json_object_get(into, column->key);
    if (value == NULL) return fail(r, row->number, e, "neither yes nor no:", text);
    bool same = old == NULL || json_equal(old, value);
    json_object_set_new(into, column->key, value);
    return same || fail(r, row->number, e, "the unit was said to be another before:", text);
}

static bool set_all(const struct reader *r, const struct csv_row *row, bool of_person, json_t *into, struct err *e)
{
    bool well = true;
    for (int c = 0; c < r->table->n && well; c++) {
        if (r->table->columns[c].of_person == of_person) well = set(r, row, c, into, e);
    }
    return well;
}

static bool read_person(const struct reader *r, const struct csv_row *row, json_t *unit, struct err *e)
{
    json_t *people = json_object_get(unit, "people"), *person = json_object();
    if (people == NULL) {
        people = json_array();
        json_object_set_new(unit, "people", people);
    }
    bool well = set_all(r, row, true, person, e);
    if (json_object_size(person) == 0) {
        json_decref(person);
        return well;
    }
    json_array_append_new(people, person);
    return well;
}

static bool on_row(void *user, const struct csv_row *row, struct err *e)
{
    struct reader *r = user;
    if (row->number == 0) return read_header(r, row, e);
    const char *id = field(r, row, 0);
    if (*id == '\0') return fail(r, row->number, e, "names no", r->table->columns[0].name);
    if (has_people(r->table)) {
        json_t *unit = find_unit(r, id);
        return set_all(r, row, false, unit, e) && read_person(r, row, unit, e);
    }
    json_t *one = json_object();
    json_array_append_new(r->list, one);
    return set_all(r, row, false, one, e);
}

json_t *org_csv_read(const char *path, const char **key, struct err *e)
{
    struct reader r = {.path = path, .list = json_array()};
    if (csvfile_read(path, ',', on_row, &r, e) && !err_is_set(e) && r.table != NULL) {
        *key = r.table->key;
        return r.list;
    }
    if (!err_is_set(e)) err_set(e, ERR_DATA, "org", "%s: is empty", path);
    json_decref(r.list);
    return NULL;
}

/* ---- writing ---- */

static void put_field(FILE *out, int c, const char *text)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    if (c > 0) putc(',', out);
    if (!quote) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"') putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_list(FILE *out, int c, json_t *list)
{
    size_t i;
    json_t *item;
    if (c > 0) putc(',', out);
    json_array_foreach(list, i, item) fprintf(out, "%s%s", i > 0 ? " " : "", json_string_value(item));
}

struct line {
    const struct table *table;
    json_t *of, *person; /* NULL: none */
    bool first;          /* of its unit: says what the unit itself is */
};

static void put_row(FILE *out, const struct line *l)
{
    for (int c = 0; c < l->table->n; c++) {
        const struct column *column = &l->table->columns[c];
        json_t *of = column->of_person ? l->person : l->of;
        json_t *value = l->first || c == 0 || column->of_person ? json_object_get(of, column->key) : NULL;
        if (column->kind == LIST)
            put_list(out, c, value);
        else if (column->kind == FLAG)
            put_field(out, c, json_is_true(value) ? "yes" : "");
        else
            put_field(out, c, value != NULL ? json_string_value(value) : "");
    }
    putc('\n', out);
}

bool org_csv_write(json_t *organisation, const char *key, FILE *out)
{
    size_t i, k;
    json_t *of, *person;
    const struct table *t = tables;
    while (t < tables + N_TABLES && strcmp(t->key, key) != 0) t++;
    if (t == tables + N_TABLES) return false;
    for (int c = 0; c < t->n; c++) put_field(out, c, t->columns[c].name);
    putc('\n', out);
    json_array_foreach(json_object_get(organisation, key), i, of)
    {
        json_t *people = has_people(t) ? json_object_get(of, "people") : NULL;
        if (json_array_size(people) == 0) put_row(out, &(struct line){t, of, NULL, true});
        json_array_foreach(people, k, person) put_row(out, &(struct line){t, of, person, k == 0});
    }
    return true;
}
