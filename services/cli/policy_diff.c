/* What two packs say differently, in words and as JSON (SL-8).
 *
 * Both files are compared as trees. The entries of a list belong together by what names them (a limit by its code,
 * a unit by its id, ...), so an entry that only moved is no change. */
#include "cli/policy_diff.h"

#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 512 };

/* What names an entry of a list; the first that it has. A rung is a code on a level. */
static void name_of(json_t *entry, char *to, size_t size)
{
    static const char *const keys[] = {"code", "id", "currency", "kind", "category", "territory"};
    const char *level = json_string_value(json_object_get(entry, "level"));
    const char *name = json_is_string(entry) ? json_string_value(entry) : NULL;
    bool is_unit = json_object_get(entry, "id") != NULL;
    for (size_t i = 0; name == NULL && i < sizeof keys / sizeof *keys; i++)
        name = json_string_value(json_object_get(entry, keys[i]));
    if (level != NULL && !is_unit)
        snprintf(to, size, "%s at %s", name != NULL ? name : "?", level);
    else
        snprintf(to, size, "%s", name != NULL ? name : "others");
}

static json_t *named(json_t *list, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        char own[PATH_BYTES];
        name_of(entry, own, sizeof own);
        if (strcmp(own, name) == 0) return entry;
    }
    return NULL;
}

static void add(json_t *changes, const char *path, json_t *before, json_t *after)
{
    json_array_append_new(changes, json_pack("{s:s, s:O?, s:O?}", "path", path, "old", before, "new", after));
}

static void compare(json_t *changes, const char *path, json_t *before, json_t *after);

static void compare_members(json_t *changes, const char *path, json_t *before, json_t *after)
{
    const char *key;
    json_t *value;
    char at[PATH_BYTES];
    json_object_foreach(before, key, value)
    {
        snprintf(at, sizeof at, "%s.%s", path, key);
        compare(changes, at, value, json_object_get(after, key));
    }
    json_object_foreach(after, key, value)
    {
        snprintf(at, sizeof at, "%s.%s", path, key);
        if (json_object_get(before, key) == NULL) add(changes, at, NULL, value);
    }
}

static void compare_entries(json_t *changes, const char *path, json_t *before, json_t *after)
{
    size_t i;
    json_t *entry;
    char name[PATH_BYTES], at[2 * PATH_BYTES];
    json_array_foreach(before, i, entry)
    {
        name_of(entry, name, sizeof name);
        snprintf(at, sizeof at, "%s[%s]", path, name);
        compare(changes, at, entry, named(after, name));
    }
    json_array_foreach(after, i, entry)
    {
        name_of(entry, name, sizeof name);
        snprintf(at, sizeof at, "%s[%s]", path, name);
        if (named(before, name) == NULL) add(changes, at, NULL, entry);
    }
}

static void compare(json_t *changes, const char *path, json_t *before, json_t *after)
{
    if (json_equal(before, after)) return;
    if (json_is_object(before) && json_is_object(after))
        compare_members(changes, path, before, after);
    else if (json_is_array(before) && json_is_array(after))
        compare_entries(changes, path, before, after);
    else
        add(changes, path, before, after);
}

static bool read_file(const char *dir, const char *name, json_t **out, struct err *e)
{
    char path[PATH_BYTES];
    json_error_t why;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    *out = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    return *out != NULL || err_set(e, ERR_DATA, "policy", "%s: line %d: %s", path, why.line, why.text);
}

bool policy_diff(const char *before, const char *after, json_t **out, struct err *e)
{
    static const struct {
        const char *file, *path;
    } parts[] = {{"pack.json", "$"}, {"organisation.json", "organisation"}};
    json_t *changes = json_array();
    bool well = true;
    for (int i = 0; i < 2 && well; i++) {
        json_t *old = NULL, *new = NULL;
        well = read_file(before, parts[i].file, &old, e) && read_file(after, parts[i].file, &new, e);
        if (well) compare(changes, parts[i].path, old, new);
        json_decref(old);
        json_decref(new);
    }
    *out = changes;
    return well;
}

/* ---- words ---- */

static void print_value(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *length = json_object_get(value, "length");
    if (length != NULL && json_object_get(length, "n") != NULL)
        printf("%" JSON_INTEGER_FORMAT " %s", json_integer_value(json_object_get(length, "n")),
               json_string_value(json_object_get(length, "unit")));
    else
        printf("%s", text);
    free(text);
}

void policy_diff_print(json_t *changes)
{
    size_t i;
    json_t *c;
    json_array_foreach(changes, i, c)
    {
        json_t *before = json_object_get(c, "old"), *after = json_object_get(c, "new");
        const char *path = json_string_value(json_object_get(c, "path"));
        if (strncmp(path, "$.", 2) == 0) path += 2;
        printf("%-8s %s: ", json_is_null(before) ? "added" : json_is_null(after) ? "removed" : "changed", path);
        if (!json_is_null(before)) print_value(before);
        if (!json_is_null(before) && !json_is_null(after)) printf(" -> ");
        if (!json_is_null(after)) print_value(after);
        printf("\n");
    }
    if (json_array_size(changes) == 0) printf("no difference\n");
}
