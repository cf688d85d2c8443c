/* Writes the folders of a policy (policy_folder.h). */
#include "cli/policy_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "event/codec.h"

static bool failed(struct err *e, const char *path)
{
    return err_set(e, ERR_IO, "policy", "%s: %s", path, strerror(errno));
}

static bool read_whole(const char *path, struct buf *out, struct err *e)
{
    char piece[8192];
    size_t n;
    AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (f == NULL) return failed(e, path);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) buf_append(out, piece, n);
    return !ferror(f) || failed(e, path);
}

/* On the disk before the folder gets its name. */
static bool write_whole(const char *path, const char *bytes, size_t n, struct err *e)
{
    FILE *f = fopen(path, "we");
    if (f == NULL) return failed(e, path);
    bool well = fwrite(bytes, 1, n, f) == n && fflush(f) == 0 && fchmod(fileno(f), 0644) == 0 && fsync(fileno(f)) == 0;
    well = fclose(f) == 0 && well;
    return well || failed(e, path);
}

static bool copy_file(const char *from, const char *to, const char *name, struct err *e)
{
    char source[PATH_MAX], target[PATH_MAX];
    struct buf bytes = BUF_INIT;
    if ((size_t)snprintf(source, sizeof source, "%s/%s", from, name) >= sizeof source ||
        (size_t)snprintf(target, sizeof target, "%s/%s", to, name) >= sizeof target) {
        return err_set(e, ERR_CONFIG, "policy", "%s: its path is too long", name);
    }
    bool well = read_whole(source, &bytes, e) && write_whole(target, bytes.bytes, bytes.len, e);
    buf_deinit(&bytes);
    return well;
}

static bool is_calendar_file(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name && (strcmp(dot, ".json") == 0 || strcmp(dot, ".csv") == 0);
}

static bool make_folder(const char *path, struct err *e)
{
    return (mkdir(path, 0755) == 0 && chmod(path, 0755) == 0) || failed(e, path);
}

static bool copy_calendars(const char *from, const char *folder, struct err *e)
{
    char to[PATH_MAX + 16];
    snprintf(to, sizeof to, "%s/calendar", folder);
    if (!make_folder(to, e)) return false;
    DIR *d = opendir(from);
    if (d == NULL) return failed(e, from);
    bool well = true;
    for (struct dirent *f; well && (f = readdir(d)) != NULL;)
        if (is_calendar_file(f->d_name)) well = copy_file(from, to, f->d_name, e);
    closedir(d);
    return well;
}

static bool write_value(const char *path, const struct type_desc *type, const void *value, struct err *e)
{
    struct buf text = BUF_INIT;
    bool well =
        codec_encode(type, value, &text) || err_set(e, ERR_INTERNAL, "policy", "%s: a required field is missing", path);
    well = well && write_whole(path, text.bytes, text.len, e);
    buf_deinit(&text);
    return well;
}

bool policy_folder_make(const struct policy_folder *f, bool *taken, struct err *e)
{
    char draft[PATH_MAX], place[PATH_MAX], note[PATH_MAX + 64];
    snprintf(draft, sizeof draft, "%s/draft.XXXXXX", f->root);
    snprintf(place, sizeof place, "%s/%s", f->root, f->name);
    *taken = false;
    if (mkdtemp(draft) == NULL || chmod(draft, 0755) != 0) return failed(e, f->root);
    snprintf(note, sizeof note, "%s/%s", draft, f->note_name);
    bool well = copy_file(f->pack, draft, "pack.json", e) && copy_file(f->pack, draft, "organisation.json", e) &&
                copy_calendars(f->calendar, draft, e) && write_value(note, f->note_type, f->note, e);
    if (!well) return false;
    if (rename(draft, place) == 0) return true;
    *taken = errno == EEXIST || errno == ENOTEMPTY;
    return err_set(e, ERR_IO, "policy", "%s: %s%s", place, strerror(errno),
                   *taken ? " (somebody else was first; try again)" : "");
}

/* A second name for a file that is whole: of two who decide at the same moment one is the first. */
bool policy_folder_add(const char *folder, const char *name, const struct type_desc *type, const void *value,
                       bool *taken, struct err *e)
{
    char draft[PATH_MAX], place[PATH_MAX];
    snprintf(draft, sizeof draft, "%s/.%s.%ld", folder, name, (long)getpid());
    snprintf(place, sizeof place, "%s/%s", folder, name);
    *taken = false;
    if (!write_value(draft, type, value, e)) return false;
    bool well = link(draft, place) == 0;
    *taken = !well && errno == EEXIST;
    if (!well) failed(e, place);
    unlink(draft);
    return well;
}

bool policy_folder_same(const char *dir, const char *other, const char *name)
{
    char a[PATH_MAX], b[PATH_MAX];
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct err e = ERR_INIT;
    snprintf(a, sizeof a, "%s/%s", dir, name);
    snprintf(b, sizeof b, "%s/%s", other, name);
    bool same = read_whole(a, &one, &e) && read_whole(b, &two, &e) && one.len == two.len &&
                (one.len == 0 || memcmp(one.bytes, two.bytes, one.len) == 0);
    buf_deinit(&one);
    buf_deinit(&two);
    return same;
}
