/* Calendars from JSON and CSV files, zones from the system's tzdata. Everything is refused here, with
 * file and path, so that the arithmetic never meets a wrong calendar. */
#include "calendar/load.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "calendar/days_file.h"
#include "calendar/tzif.h"

enum { PATH_SIZE = 512, PUBLISHED_MAX = 400, TZIF_MAX = 1 << 20 };

/* ---- Zones ---- */

static bool zone_name_ok(const char *name)
{
    if (name[0] == '\0' || name[0] == '/' || strlen(name) >= CALENDAR_ZONE_SIZE || strstr(name, "..")) return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") == strlen(name);
}

bool zone_load(const char *name, int last_year, struct zone *out, struct err *e)
{
    const char *dir = getenv("TZDIR"), *why;
    char path[PATH_SIZE];
    if (!zone_name_ok(name)) return err_set(e, ERR_CONFIG, "zone_load", "\"%s\" is no IANA zone id", name);
    snprintf(path, sizeof path, "%s/%s", dir != NULL ? dir : "/usr/share/zoneinfo", name);
    AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (f == NULL)
        return err_set(e, ERR_CONFIG, "zone_load", "zone %s: %s: %s (is the package tzdata installed?)", name, path,
                       strerror(errno));
    AUTO_FREE unsigned char *bytes = malloc(TZIF_MAX);
    if (bytes == NULL) abort();
    size_t n = fread(bytes, 1, TZIF_MAX, f);
    if (!tzif_read(bytes, n, last_year, out, &why))
        return err_set(e, ERR_CONFIG, "zone_load", "zone %s: %s: %s", name, path, why);
    return true;
}

void zone_unload(struct zone *z)
{
    free((void *)(uintptr_t)z->at_s);
    free((void *)(uintptr_t)z->offset_s);
    *z = (struct zone){0};
}

/* ---- The JSON of a calendar ---- */

struct reader {
    const char *dir;
    char file[PATH_SIZE];
    struct calendar_def def;
    struct calendar_entry *entries; /* owned */
    int16_t published[PUBLISHED_MAX];
    struct err *e;
};

static bool refuse(struct reader *r, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool refuse(struct reader *r, const char *path, const char *fmt, ...)
{
    char why[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return err_set(r->e, ERR_CONFIG, "calendar_load", "%s: %s: %s", r->file, path, why);
}

static bool read_hours(struct reader *r, const json_t *list, const char *path, struct calendar_hours *h)
{
    size_t i;
    json_t *item;
    if (!json_is_array(list)) return refuse(r, path, "must be a list like [\"09:00-12:00\"]");
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        if (h->n == CALENDAR_SEGMENTS_MAX) return refuse(r, path, "at most %d segments", CALENDAR_SEGMENTS_MAX);
        if (text == NULL || !days_segment_parse(text, strlen(text), &h->seg[h->n]))
            return refuse(r, path, "segment %zu must look like \"09:00-12:00\"", i);
        h->n++;
    }
    return true;
}

static bool read_week(struct reader *r, const json_t *week)
{
    static const char *const names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    if (!json_is_object(week)) return refuse(r, "/week", "is missing or no object");
    if (json_object_size(week) != 7) return refuse(r, "/week", "must have mon, tue, wed, thu, fri, sat and sun");
    for (int i = 0; i < 7; i++) {
        char path[16];
        snprintf(path, sizeof path, "/week/%s", names[i]);
        if (!read_hours(r, json_object_get(week, names[i]), path, &r->def.week[i])) return false;
    }
    return true;
}

static bool read_years(struct reader *r, const json_t *years, const json_t *published)
{
    if (json_array_size(years) != 2 || !json_is_integer(json_array_get(years, 0)) ||
        !json_is_integer(json_array_get(years, 1)))
        return refuse(r, "/years", "must be two years, first and last");
    json_int_t first = json_integer_value(json_array_get(years, 0)),
               last = json_integer_value(json_array_get(years, 1));
    if (first < 1900 || last > 2400 || first > last) return refuse(r, "/years", "must lie between 1900 and 2400");
    r->def.first_year = (int)first;
    r->def.last_year = (int)last;
    size_t i;
    json_t *item;
    if (published != NULL && !json_is_array(published)) return refuse(r, "/published", "must be a list of years");
    json_array_foreach(published, i, item)
    {
        json_int_t year = json_integer_value(item);
        if (!json_is_integer(item) || year < first || year > last || i >= PUBLISHED_MAX)
            return refuse(r, "/published", "item %zu is no year between %d and %d", i, (int)first, (int)last);
        r->published[r->def.n_published++] = (int16_t)year;
    }
    r->def.published = r->published;
    return true;
}

static bool read_days(struct reader *r, const json_t *days)
{
    char path[PATH_SIZE];
    if (days == NULL) return true;
    const char *name = json_string_value(days);
    if (name == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
        return refuse(r, "/days", "must be the name of a file beside this one");
    if (snprintf(path, sizeof path, "%s/%s", r->dir, name) >= (int)sizeof path)
        return refuse(r, "/days", "path is too long");
    if (!days_file_read(path, &r->entries, &r->def.n_entries, r->e)) return false;
    r->def.entries = r->entries;
    return true;
}

static bool known_keys(struct reader *r, json_t *root)
{
    static const char *const known[] = {"id", "version", "zone", "years", "week", "makeup", "days", "published"};
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        size_t k = 0;
        while (k < sizeof known / sizeof known[0] && strcmp(known[k], key) != 0) k++;
        if (k == sizeof known / sizeof known[0]) return refuse(r, "/", "unknown key \"%s\"", key);
    }
    return true;
}

static bool read_def(struct reader *r, json_t *root, const char *id)
{
    if (!json_is_object(root)) return refuse(r, "/", "must be an object");
    if (!known_keys(r, root)) return false;
    r->def.id = json_string_value(json_object_get(root, "id"));
    if (r->def.id == NULL || strcmp(r->def.id, id) != 0)
        return refuse(r, "/id", "must be \"%s\", as the file's name", id);
    const json_t *version = json_object_get(root, "version");
    json_int_t v = json_integer_value(version);
    if (!json_is_integer(version) || v < 1 || v > INT32_MAX) return refuse(r, "/version", "must be an integer from 1");
    r->def.version = (int32_t)v;
    r->def.zone_name = json_string_value(json_object_get(root, "zone"));
    if (r->def.zone_name == NULL) return refuse(r, "/zone", "must be an IANA zone id");
    const json_t *makeup = json_object_get(root, "makeup");
    if (makeup != NULL && !read_hours(r, makeup, "/makeup", &r->def.makeup)) return false;
    return read_week(r, json_object_get(root, "week")) &&
           read_years(r, json_object_get(root, "years"), json_object_get(root, "published")) &&
           read_days(r, json_object_get(root, "days")) &&
           zone_load(r->def.zone_name, r->def.last_year, &r->def.zone, r->e);
}

static bool build(struct reader *r, const struct calendar **out)
{
    const char *why;
    void *mem = malloc(calendar_bytes(&r->def));
    if (mem == NULL) abort();
    *out = calendar_build(&r->def, mem, &why);
    if (*out != NULL) return true;
    free(mem);
    return refuse(r, "/", "%s", why);
}

bool calendar_load(const char *dir, const char *id, const struct calendar **out, struct err *e)
{
    struct reader r = {.dir = dir, .e = e};
    json_error_t je;
    if (strchr(id, '/') != NULL || snprintf(r.file, sizeof r.file, "%s/%s.json", dir, id) >= (int)sizeof r.file)
        return err_set(e, ERR_CONFIG, "calendar_load", "\"%s\" is no calendar id", id);
    json_t *root = json_load_file(r.file, JSON_REJECT_DUPLICATES, &je);
    if (root == NULL)
        return err_set(e, ERR_CONFIG, "calendar_load", "%s:%d:%d: %s", r.file, je.line, je.column, je.text);
    bool well = read_def(&r, root, id) && build(&r, out);
    zone_unload(&r.def.zone);
    free(r.entries);
    json_decref(root);
    return well;
}

void calendar_unload(const struct calendar *c) { free((void *)(uintptr_t)c); }

/* ---- A folder of them ---- */

static int json_files(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

bool calendar_set_load(const char *dir, struct calendar_set *out, struct err *e)
{
    struct dirent **names;
    *out = (struct calendar_set){0};
    int n = scandir(dir, &names, json_files, alphasort);
    if (n < 0) return err_set(e, ERR_CONFIG, "calendar_set_load", "%s: %s", dir, strerror(errno));
    const struct calendar **items = calloc((size_t)n + 1, sizeof(const struct calendar *));
    if (items == NULL) abort();
    out->items = items;
    bool well = n > 0 || err_set(e, ERR_CONFIG, "calendar_set_load", "%s: no calendar (*.json) in it", dir);
    for (int i = 0; i < n; i++) {
        names[i]->d_name[strlen(names[i]->d_name) - 5] = '\0';
        if (well && (well = calendar_load(dir, names[i]->d_name, &items[out->n], e))) out->n++;
        free(names[i]);
    }
    free(names);
    if (!well) calendar_set_unload(out);
    return well;
}

void calendar_set_unload(struct calendar_set *set)
{
    for (int i = 0; i < set->n; i++) calendar_unload(set->items[i]);
    free((void *)(uintptr_t)set->items);
    *set = (struct calendar_set){0};
}
