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

enum { UNIT = 0, PERSON = 8, N_COLUMNS = 13 };

static const struct column columns[N_COLUMNS] = {
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
    {"absent", "absent", FLAG, true},
    {"deputy", "deputy", TEXT, true},
};

/* ---- reading ---- */

struct reader {
    const char *path;
    json_t *units;
    int at[N_COLUMNS]; /* column of the table; -1 = it has none */
};

static bool fail(const struct reader *r, int64_t row, struct err *e, const char *why, const char *what)
{
    return err_set(e, ERR_DATA, "org", "%s: row %" PRId64 ": %s \"%s\"", r->path, row, why, what);
}

static bool read_header(struct reader *r, const struct csv_row *row, struct err *e)
{
    for (int c = 0; c < N_COLUMNS; c++) r->at[c] = -1;
    for (int i = 0; i < row->n; i++) {
        int c = 0;
        while (c < N_COLUMNS && strcmp(columns[c].name, row->fields[i]) != 0) c++;
        if (c == N_COLUMNS) return fail(r, 0, e, "there is no column", row->fields[i]);
        if (r->at[c] >= 0) return fail(r, 0, e, "twice the column", row->fields[i]);
        r->at[c] = i;
    }
    return r->at[UNIT] >= 0 || fail(r, 0, e, "lacks the column", columns[UNIT].name);
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
    json_array_foreach(r->units, i, unit)
    {
        if (strcmp(json_string_value(json_object_get(unit, "id")), id) == 0) return unit;
    }
    unit = json_pack("{s:s}", "id", id);
    json_array_append_new(r->units, unit);
    return unit;
}

/* What is said twice must be the same. */
static bool set(const struct reader *r, const struct csv_row *row, int c, json_t *into, struct err *e)
{
    const char *text = field(r, row, c);
    if (*text == '\0') return true;
    json_t *value = value_of(columns[c].kind, text), *old = json_object_get(into, columns[c].key);
    if (value == NULL) return fail(r, row->number, e, "neither yes nor no:", text);
    bool same = old == NULL || json_equal(old, value);
    json_object_set_new(into, columns[c].key, value);
    return same || fail(r, row->number, e, "the unit was said to be another before:", text);
}

static bool read_person(const struct reader *r, const struct csv_row *row, json_t *unit, struct err *e)
{
    json_t *people = json_object_get(unit, "people"), *person = json_object();
    if (people == NULL) {
        people = json_array();
        json_object_set_new(unit, "people", people);
    }
    bool well = true;
    for (int c = PERSON; c < N_COLUMNS && well; c++) well = set(r, row, c, person, e);
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
    const char *id = field(r, row, UNIT);
    if (*id == '\0') return fail(r, row->number, e, "names no", "unit");
    json_t *unit = find_unit(r, id);
    for (int c = UNIT + 1; c < PERSON; c++) {
        if (!set(r, row, c, unit, e)) return false;
    }
    return read_person(r, row, unit, e);
}

json_t *org_csv_read(const char *path, struct err *e)
{
    struct reader r = {.path = path, .units = json_array()};
    if (csvfile_read(path, ',', on_row, &r, e) && !err_is_set(e)) return json_pack("{s:o}", "units", r.units);
    json_decref(r.units);
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

static void put_row(FILE *out, json_t *unit, json_t *person, bool first)
{
    for (int c = 0; c < N_COLUMNS; c++) {
        json_t *of = columns[c].of_person ? person : unit;
        json_t *value = first || c == UNIT || columns[c].of_person ? json_object_get(of, columns[c].key) : NULL;
        if (columns[c].kind == LIST)
            put_list(out, c, value);
        else if (columns[c].kind == FLAG)
            put_field(out, c, json_is_true(value) ? "yes" : "");
        else
            put_field(out, c, value != NULL ? json_string_value(value) : "");
    }
    putc('\n', out);
}

void org_csv_write(json_t *organisation, FILE *out)
{
    size_t i, k;
    json_t *unit, *person;
    for (int c = 0; c < N_COLUMNS; c++) put_field(out, c, columns[c].name);
    putc('\n', out);
    json_array_foreach(json_object_get(organisation, "units"), i, unit)
    {
        json_t *people = json_object_get(unit, "people");
        if (json_array_size(people) == 0) put_row(out, unit, NULL, true);
        json_array_foreach(people, k, person) put_row(out, unit, person, k == 0);
    }
}
