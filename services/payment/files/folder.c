#include "payment/files/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 600 };

static const char *const PLACES[] = {"outbox", "inbox", "sent", "work", "answers", "read", "statements", "bad"};
enum { N_PLACES = sizeof PLACES / sizeof PLACES[0] };

struct folder {
    char *path;
    int dir, lock;
};

static void *must(void *p)
{
    if (p == NULL) abort(); /* out of memory (base/arena.h) */
    return p;
}

static bool broke(const struct folder *f, const char *what, struct err *e)
{
    return err_set_retry(e, ERR_IO, "folder", "%s/%s: %s", f->path, what, strerror(errno));
}

struct folder *folder_open(const char *path, struct err *e)
{
    struct folder *f = must(calloc(1, sizeof *f));
    f->path = must(strdup(path));
    f->dir = f->lock = -1;
    if (mkdir(path, 0770) != 0 && errno != EEXIST) goto fail;
    f->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir < 0) goto fail;
    for (int i = 0; i < N_PLACES; i++) {
        if (mkdirat(f->dir, PLACES[i], 0770) != 0 && errno != EEXIST) goto fail;
    }
    f->lock = openat(f->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    if (f->lock < 0 || fsync(f->dir) != 0) goto fail;
    return f;
fail:
    broke(f, "", e);
    folder_close(f);
    return NULL;
}

void folder_close(struct folder *f)
{
    if (f == NULL) return;
    if (f->lock >= 0) close(f->lock);
    if (f->dir >= 0) close(f->dir);
    free(f->path);
    free(f);
}

bool folder_lock(struct folder *f, struct err *e)
{
    while (flock(f->lock, LOCK_EX) != 0) {
        if (errno != EINTR) return broke(f, "lock", e);
    }
    return true;
}

void folder_unlock(struct folder *f) { flock(f->lock, LOCK_UN); }

/* ---- single files ---- */

static const char *path_of(char *buf, const char *place, const char *name)
{
    snprintf(buf, PATH_SIZE, "%s/%s", place, name);
    return buf;
}

static bool read_all(int fd, struct buf *out)
{
    for (;;) {
        buf_reserve(out, 65536);
        ssize_t n = read(fd, out->bytes + out->len, 65536);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        out->len += (size_t)n;
    }
}

bool folder_read(struct folder *f, const char *place, const char *name, struct buf *out, struct err *e)
{
    char path[PATH_SIZE];
    int fd = openat(f->dir, path_of(path, place, name), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return false;
    buf_reset(out);
    bool well = fd >= 0 && read_all(fd, out);
    if (!well) broke(f, path, e);
    if (fd >= 0) close(fd);
    return well;
}

static bool write_all(int fd, const struct buf *bytes)
{
    for (size_t done = 0; done < bytes->len;) {
        ssize_t n = write(fd, bytes->bytes + done, bytes->len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        done += (size_t)n;
    }
    return true;
}

/* The names in PLACE are durable. */
static bool flush_names(const struct folder *f, const char *place, struct err *e)
{
    int fd = openat(f->dir, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool well = fd >= 0 && fsync(fd) == 0;
    if (!well) broke(f, place, e);
    if (fd >= 0) close(fd);
    return well;
}

bool folder_write(struct folder *f, const char *place, const char *name, const struct buf *bytes, struct err *e)
{
    char path[PATH_SIZE], fresh[PATH_SIZE + 24];
    snprintf(fresh, sizeof fresh, "%s/.%s.%d", place, name, (int)getpid());
    int fd = openat(f->dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
    bool well = fd >= 0 && write_all(fd, bytes) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0) well = false;
    if (!well || renameat(f->dir, fresh, f->dir, path_of(path, place, name)) != 0) return broke(f, fresh, e);
    return flush_names(f, place, e);
}

static bool exists(const struct folder *f, const char *place, const char *name)
{
    char path[PATH_SIZE];
    return faccessat(f->dir, path_of(path, place, name), F_OK, 0) == 0;
}

void folder_free_name(struct folder *f, const char *place, const char *name, char *as)
{
    snprintf(as, FILE_NAME_SIZE, "%.250s", name);
    for (int n = 2; exists(f, place, as); n++) snprintf(as, FILE_NAME_SIZE, "%.250s.%d", name, n);
}

bool folder_move(struct folder *f, const struct folder_move *m, struct err *e)
{
    char source[PATH_SIZE], target[PATH_SIZE];
    if (renameat2(f->dir, path_of(source, m->from, m->name), f->dir, path_of(target, m->to, m->as), RENAME_NOREPLACE) !=
        0)
        return broke(f, source, e);
    return flush_names(f, m->to, e) && flush_names(f, m->from, e);
}

bool folder_remove(struct folder *f, const char *place, const char *name, struct err *e)
{
    char path[PATH_SIZE];
    if (unlinkat(f->dir, path_of(path, place, name), 0) != 0) return broke(f, path, e);
    return flush_names(f, place, e);
}

/* ---- an order ---- */

static bool leave(struct folder *f, const char *name, struct err *e)
{
    char source[PATH_SIZE], target[PATH_SIZE];
    if (renameat2(f->dir, path_of(source, "work", name), f->dir, path_of(target, "outbox", name), RENAME_NOREPLACE) !=
        0)
        return broke(f, target, e);
    return flush_names(f, "outbox", e) && flush_names(f, "work", e);
}

static bool send_locked(struct folder *f, const char *name, const struct buf *order, struct buf *before, struct err *e)
{
    if (folder_read(f, "sent", name, before, e)) return !exists(f, "work", name) || leave(f, name, e);
    if (err_is_set(e)) return false;
    buf_append(before, order->bytes, order->len);
    return folder_write(f, "work", name, order, e) && folder_write(f, "sent", name, order, e) && leave(f, name, e);
}

bool folder_send(struct folder *f, const char *name, const struct buf *order, struct buf *before, struct err *e)
{
    if (!folder_lock(f, e)) return false;
    buf_reset(before);
    bool well = send_locked(f, name, order, before, e);
    folder_unlock(f);
    return well;
}

/* ---- lists ---- */

static bool ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n >= m && strcmp(name + n - m, ending) == 0;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

bool folder_list(struct folder *f, const char *place, const char *ending, struct folder_names *out, struct err *e)
{
    int fd = openat(f->dir, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    *out = (struct folder_names){0};
    if (dir == NULL) {
        if (fd >= 0) close(fd);
        return broke(f, place, e);
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.' || !ends_with(entry->d_name, ending)) continue;
        if ((out->n & (out->n + 1)) == 0)
            out->name = must(realloc(out->name, sizeof *out->name * (size_t)(out->n + 1) * 2));
        out->name[out->n++] = must(strdup(entry->d_name));
    }
    closedir(dir);
    if (out->n > 1) qsort(out->name, (size_t)out->n, sizeof *out->name, by_name);
    return true;
}

void folder_names_free(struct folder_names *names)
{
    for (int i = 0; i < names->n; i++) free(names->name[i]);
    free(names->name);
    *names = (struct folder_names){0};
}

int folder_age_s(struct folder *f, const char *place, const char *name)
{
    char path[PATH_SIZE];
    struct stat st;
    if (fstatat(f->dir, path_of(path, place, name), &st, 0) != 0) return 0;
    return (int)(time(NULL) - st.st_mtime);
}

bool folder_id(struct folder *f, const char *place, const char *name, char id[FILE_ID_SIZE])
{
    char path[PATH_SIZE];
    struct stat st;
    if (fstatat(f->dir, path_of(path, place, name), &st, 0) != 0) return false;
    snprintf(id, FILE_ID_SIZE, "%llu-%lld.%09ld", (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec,
             st.st_mtim.tv_nsec);
    return true;
}
