#include "cli/csvfile.h"

#include <csv.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"

enum { CSV_CHUNK = 64 * 1024, CSV_MAX_FIELDS = 512 };

struct reader {
    struct csv_parser parser;
    struct arena arena; /* fields of the row being read */
    const char *path;
    const char *fields[CSV_MAX_FIELDS];
    struct csv_row row;
    csv_row_fn on_row;
    void *user;
    struct err *e;
    bool stop;
};

int64_t csvfile_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* A NUL inside a field cannot be carried by a C string; it is kept visible as U+FFFD so that the
 * row is judged with what it really held. */
static const char *field_text(struct reader *r, const char *bytes, size_t n)
{
    if (memchr(bytes, '\0', n) == NULL) return arena_strndup(&r->arena, bytes, n);
    char *text = arena_alloc(&r->arena, 3 * n + 1), *out = text;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != '\0')
            *out++ = bytes[i];
        else
            out = stpcpy(out, "\xef\xbf\xbd");
    }
    return text;
}

static void on_field(void *bytes, size_t n, void *user)
{
    struct reader *r = user;
    if (r->stop) return;
    if (r->row.n == CSV_MAX_FIELDS) {
        r->stop = true;
        err_set(r->e, ERR_DATA, "csv", "%s: row %" PRId64 ": more than %d columns", r->path, r->row.number,
                CSV_MAX_FIELDS);
        return;
    }
    const char *text = bytes == NULL ? "" : bytes;
    if (r->row.number == 0 && r->row.n == 0 && n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        n -= 3;
    }
    r->fields[r->row.n++] = field_text(r, text, n);
}

static void on_end_of_row(int terminator, void *user)
{
    (void)terminator;
    struct reader *r = user;
    if (r->stop) return;
    r->row.fields = r->fields;
    if (!r->on_row(r->user, &r->row, r->e)) r->stop = true;
    r->row.number++;
    r->row.n = 0;
    arena_reset(&r->arena);
}

/* What stands at the end of the reading (n is the last gzread's answer): a stream cut off gives all its bytes and
 * then says so here alone. */
static bool unpacked(struct reader *r, gzFile file, int n)
{
    int code;
    const char *why = gzerror(file, &code);
    if (n >= 0 && code == Z_OK) return true;
    if (code == Z_BUF_ERROR) why = "it ends in the middle; is it a whole copy?";
    return err_set(r->e, ERR_DATA, "csv", "%s: row %" PRId64 ": the file cannot be unpacked: %s", r->path,
                   r->row.number, why);
}

static bool read_all(struct reader *r, gzFile file)
{
    static char chunk[CSV_CHUNK];
    int n = 0;
    while (!r->stop && (n = gzread(file, chunk, sizeof chunk)) > 0) {
        r->row.bytes_read = gzoffset(file);
        if (csv_parse(&r->parser, chunk, (size_t)n, on_field, on_end_of_row, r) != (size_t)n && !r->stop)
            return err_set(r->e, ERR_DATA, "csv", "%s: row %" PRId64 ": %s", r->path, r->row.number,
                           csv_strerror(csv_error(&r->parser)));
    }
    if (!r->stop && !unpacked(r, file, n)) return false;
    /* Stray quotes inside a field are read as they are; only one left open at the end hides rows. */
    csv_set_opts(&r->parser, CSV_APPEND_NULL | CSV_STRICT | CSV_STRICT_FINI);
    if (!r->stop && csv_fini(&r->parser, on_field, on_end_of_row, r) != 0)
        return err_set(r->e, ERR_DATA, "csv", "%s: row %" PRId64 ": a quote is never closed", r->path, r->row.number);
    if (!r->stop && r->row.number == 0) return err_set(r->e, ERR_DATA, "csv", "%s: no header line", r->path);
    return !err_is_set(r->e);
}

bool csvfile_read(const char *path, char delimiter, csv_row_fn on_row, void *user, struct err *e)
{
    struct reader r = {.path = path, .on_row = on_row, .user = user, .e = e};
    gzFile file = gzopen(path, "rb");
    if (file == NULL) return err_set(e, ERR_IO, "csv", "cannot open %s", path);
    if (csv_init(&r.parser, CSV_APPEND_NULL) != 0) {
        gzclose(file);
        return err_set(e, ERR_INTERNAL, "csv", "the parser cannot be set up");
    }
    csv_set_delim(&r.parser, (unsigned char)delimiter);
    arena_init(&r.arena);
    bool well = read_all(&r, file);
    arena_deinit(&r.arena);
    csv_free(&r.parser);
    gzclose(file);
    return well;
}
