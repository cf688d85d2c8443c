/* Static files (site.h). Paths are compared with the names found at start, so a path can never leave the folder. */
#include "console/site.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/id.h"
#include "console/console.h"

/* The API's description, word for word as in the schemas. */
__asm__(".section .rodata\n"
        "openapi_begin: .incbin \"" REDRESS_OPENAPI "\"\n"
        "openapi_end: .byte 0\n"
        ".previous\n");
extern const char openapi_begin[], openapi_end[];

enum { SITE_FILES = 64, SITE_FILE_MAX = 4 << 20 };

struct file {
    char path[300]; /* "/app.js" */
    const char *type;
    char etag[24];
    struct buf bytes;
};

struct site {
    struct file files[SITE_FILES];
    int n;
};

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
        {".json", "application/json"},         {".yaml", "application/yaml"},
        {".txt", "text/plain; charset=utf-8"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(dot, types[i][0]) == 0) return types[i][1];
    return NULL;
}

static bool read_file(const char *path, struct buf *out)
{
    char chunk[16384];
    AUTO_FCLOSE FILE *f = fopen(path, "rb");
    if (f == NULL) return false;
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;) {
        if (out->len + n > SITE_FILE_MAX) return false;
        buf_append(out, chunk, n);
    }
    return ferror(f) == 0;
}

static void name_file(struct file *f, const char *path, const char *type)
{
    snprintf(f->path, sizeof(f->path), "%s", path);
    snprintf(f->etag, sizeof(f->etag), "\"%016llx\"", (unsigned long long)id_hash(f->bytes.bytes, f->bytes.len));
    f->type = type;
}

static void add(struct site *s, const char *path, const char *from)
{
    const char *type = type_of(path);
    if (type == NULL || s->n >= SITE_FILES - 1) return; /* the last place is openapi.yaml's */
    struct file *f = &s->files[s->n];
    if (!read_file(from, &f->bytes)) {
        buf_deinit(&f->bytes);
        return;
    }
    name_file(f, path, type);
    s->n++;
}

static const struct file *find(const struct site *s, const char *path)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->files[i].path, path) == 0) return &s->files[i];
    return NULL;
}

struct site *site_load(const char *folder, struct err *e)
{
    struct site *s = calloc(1, sizeof(*s));
    if (s == NULL) abort();
    DIR *d = opendir(folder);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        char path[300], from[1024];
        struct stat st;
        snprintf(path, sizeof(path), "/%s", entry->d_name);
        snprintf(from, sizeof(from), "%s/%s", folder, entry->d_name);
        if (stat(from, &st) == 0 && S_ISREG(st.st_mode)) add(s, path, from);
    }
    if (d != NULL) closedir(d);
    buf_append(&(s->files[s->n].bytes), openapi_begin, (size_t)(openapi_end - openapi_begin));
    name_file(&s->files[s->n++], "/openapi.yaml", "application/yaml");
    if (find(s, "/index.html") != NULL) return s;
    err_set(e, ERR_CONFIG, "console/site", "web.dir: no index.html in %s", folder);
    site_free(s);
    return NULL;
}

void site_free(struct site *s)
{
    if (s == NULL) return;
    for (int i = 0; i < s->n; i++) buf_deinit(&s->files[i].bytes);
    free(s);
}

void site_serve(struct request *rq)
{
    const struct file *f = find(rq->console->site, strcmp(rq->path, "/") == 0 ? "/index.html" : rq->path);
    if (f == NULL) {
        reply_problem(rq, &(struct problem){.status = 404, .title = "No such path"});
        return;
    }
    const char *known = request_header(rq, "If-None-Match");
    reply_header(rq, "ETag", f->etag);
    reply_header(rq, "Cache-Control", "no-cache");
    rq->reply.content_type = f->type;
    rq->reply.status = known != NULL && strcmp(known, f->etag) == 0 ? 304 : 200;
    if (rq->reply.status == 200) buf_append(&rq->reply.body, f->bytes.bytes, f->bytes.len);
}
