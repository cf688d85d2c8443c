#include "cli/calendar_files.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/timefmt.h"
#include "calendar/days_file.h"
#include "calendar/load.h"

enum { YEARS_MAX = 400 }; /* as calendar_load has it */

struct merge {
    const struct calendar_change *change;
    json_t *root;
    struct calendar_entry *entries; /* owned */
    int n;
    const char *days_name;
    struct err *e;
};

static int year_of(int32_t day)
{
    int y, m, d;
    timefmt_date(day, &y, &m, &d);
    return y;
}

/* ---- the days ---- */

static bool same_entry(const struct calendar_entry *a, const struct calendar_entry *b)
{
    return a->working == b->working && a->hours.n == b->hours.n &&
           memcmp(a->hours.seg, b->hours.seg, sizeof a->hours.seg[0] * (size_t)a->hours.n) == 0;
}

static const struct notice_day *in_notice(const struct notice *notice, int32_t day)
{
    for (int i = 0; i < notice->n; i++)
        if (notice->days[i].entry.day == day) return &notice->days[i];
    return NULL;
}

/* What another year's notice said of a date stands unless it is asked to give way. */
static bool check_other_year(const struct merge *m, const struct calendar_entry *old, const struct notice_day *new)
{
    if (m->change->replace || same_entry(old, &new->entry)) return true;
    int y, mo, d;
    timefmt_date(old->day, &y, &mo, &d);
    return notice_fail(m->change->notice, new->place, m->e,
                       "%04d-%02d-%02d stands in %s as %s already; --replace changes it", y, mo, d, m->days_name,
                       old->working ? "a working day" : "a holiday");
}

static int by_day(const void *a, const void *b)
{
    const struct calendar_entry *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

static bool merge_days(struct merge *m)
{
    const struct notice *notice = m->change->notice;
    int kept = 0, given = 0;
    for (int i = 0; i < notice->n; i++) given += year_of(notice->days[i].entry.day) == m->change->year;
    if (given == 0)
        return err_set(m->e, ERR_DATA, "calendar", "%s: no date of %d is in it", notice->file, m->change->year);
    for (int i = 0; i < m->n; i++) {
        struct calendar_entry *old = &m->entries[i];
        const struct notice_day *new = in_notice(notice, old->day);
        bool own = year_of(old->day) == m->change->year;
        if (new != NULL && !own && !check_other_year(m, old, new)) return false;
        if (new == NULL && !own) m->entries[kept++] = *old;
    }
    m->entries = realloc(m->entries, sizeof *m->entries * (size_t)(kept + notice->n));
    if (m->entries == NULL) abort();
    for (int i = 0; i < notice->n; i++) m->entries[kept++] = notice->days[i].entry;
    m->n = kept;
    qsort(m->entries, (size_t)m->n, sizeof *m->entries, by_day);
    return true;
}

static void days_text(const struct merge *m, struct buf *out)
{
    bool hours = false;
    for (int i = 0; i < m->n; i++) hours |= m->entries[i].hours.n > 0;
    buf_puts(out, hours ? "date,type,hours\n" : "date,type\n");
    for (int i = 0; i < m->n; i++) {
        const struct calendar_entry *d = &m->entries[i];
        int y, mo, day;
        timefmt_date(d->day, &y, &mo, &day);
        buf_printf(out, "%04d-%02d-%02d,%s", y, mo, day, d->working ? "work" : "holiday");
        for (int k = 0; k < d->hours.n; k++) {
            const struct calendar_segment *s = &d->hours.seg[k];
            buf_printf(out, "%c%02d:%02d-%02d:%02d", k == 0 ? ',' : ' ', s->open_min / 60, s->open_min % 60,
                       s->close_min / 60, s->close_min % 60);
        }
        buf_putc(out, '\n');
    }
}

/* ---- the JSON ---- */

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void publish(struct merge *m)
{
    json_t *old = json_object_get(m->root, "published"), *item, *years = json_array();
    size_t i;
    int n = 0, all[YEARS_MAX + 1];
    json_array_foreach(old, i, item)
    {
        int year = (int)json_integer_value(item);
        if (year != m->change->year && n < YEARS_MAX) all[n++] = year;
    }
    all[n++] = m->change->year;
    qsort(all, (size_t)n, sizeof all[0], by_number);
    for (int k = 0; k < n; k++) json_array_append_new(years, json_integer(all[k]));
    json_object_set_new(m->root, "published", years);
    json_object_set_new(m->root, "version", json_integer(json_integer_value(json_object_get(m->root, "version")) + 1));
    json_object_set_new(m->root, "days", json_string(m->days_name));
}

/* As the shipped calendars are laid out: a line a member, a line a weekday. */
static void json_text(json_t *root, struct buf *out)
{
    const char *key, *day;
    json_t *value, *hours;
    bool first = true, first_day = true;
    buf_putc(out, '{');
    json_object_foreach(root, key, value)
    {
        buf_printf(out, "%s\n  \"%s\": ", first ? "" : ",", key);
        first = false;
        if (strcmp(key, "week") == 0) {
            buf_putc(out, '{');
            json_object_foreach(value, day, hours)
            {
                char *text = json_dumps(hours, 0);
                buf_printf(out, "%s\n    \"%s\": %s", first_day ? "" : ",", day, text);
                first_day = false;
                free(text);
            }
            buf_puts(out, "\n  }");
        } else {
            char *text = json_dumps(value, JSON_ENCODE_ANY);
            buf_puts(out, text);
            free(text);
        }
    }
    buf_puts(out, "\n}\n");
}

/* ---- the files ---- */

static bool write_file(const char *dir, const char *name, const struct buf *text, struct err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    if (f == NULL) return err_set(e, ERR_IO, "calendar", "%s: %s", path, strerror(errno));
    bool well = fwrite(text->bytes, 1, text->len, f) == text->len && fflush(f) == 0 && fsync(fileno(f)) == 0;
    well = fclose(f) == 0 && well;
    return well || err_set(e, ERR_IO, "calendar", "%s: %s", path, strerror(errno));
}

static bool move_file(const char *from, const char *to, const char *name, struct err *e)
{
    char a[PATH_MAX], b[PATH_MAX];
    snprintf(a, sizeof a, "%s/%s", from, name);
    snprintf(b, sizeof b, "%s/%s", to, name);
    return rename(a, b) == 0 || err_set(e, ERR_IO, "calendar", "%s: %s", b, strerror(errno));
}

static void remove_folder(const char *dir, const char *const *names)
{
    char path[PATH_MAX];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

/* Written beside their place, loaded, then moved: days first, so that whoever reads in between sees the new days under
 * the old version, never a version without its days. */
static bool write_both(struct merge *m, bool dry, const struct calendar **after)
{
    char folder[PATH_MAX - 300], json_name[NAME_MAX];
    struct buf json = BUF_INIT, days = BUF_INIT;
    const struct calendar_change *change = m->change;
    const char *const names[2] = {m->days_name, json_name};
    snprintf(json_name, sizeof json_name, "%s.json", change->id);
    snprintf(folder, sizeof folder, "%s/.calendar-XXXXXX", dry ? "/tmp" : change->out_dir);
    if (mkdtemp(folder) == NULL) return err_set(m->e, ERR_IO, "calendar", "%s: %s", folder, strerror(errno));
    json_text(m->root, &json);
    days_text(m, &days);
    bool well = write_file(folder, names[0], &days, m->e) && write_file(folder, names[1], &json, m->e) &&
                calendar_load(folder, change->id, after, m->e);
    if (well && !dry) {
        well = move_file(folder, change->out_dir, names[0], m->e) && move_file(folder, change->out_dir, names[1], m->e);
        if (!well) calendar_unload(*after);
    }
    remove_folder(folder, names);
    buf_deinit(&json);
    buf_deinit(&days);
    return well;
}

static bool read_both(struct merge *m, char *days_name, size_t size)
{
    char path[PATH_MAX];
    json_error_t je;
    snprintf(path, sizeof path, "%s/%s.json", m->change->dir, m->change->id);
    m->root = json_load_file(path, JSON_REJECT_DUPLICATES, &je);
    if (m->root == NULL) return err_set(m->e, ERR_CONFIG, "calendar", "%s:%d: %s", path, je.line, je.text);
    const char *name = json_string_value(json_object_get(m->root, "days"));
    m->days_name = days_name;
    if (name == NULL) {
        snprintf(days_name, size, "%s.csv", m->change->id);
        return true;
    }
    snprintf(days_name, size, "%s", name);
    snprintf(path, sizeof path, "%s/%s", m->change->dir, name);
    return days_file_read(path, &m->entries, &m->n, m->e);
}

bool calendar_files_merge(const struct calendar_change *change, bool dry, const struct calendar **after, struct err *e)
{
    struct merge m = {.change = change, .e = e};
    char days_name[NAME_MAX - 8];
    bool well = read_both(&m, days_name, sizeof days_name) && merge_days(&m);
    if (well) publish(&m);
    well = well && write_both(&m, dry, after);
    json_decref(m.root);
    free(m.entries);
    return well;
}
