#include "cli/import_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csv.h>

#include "base/cleanup.h"

static bool failed(struct err *e, const char *what, const char *path)
{
    return err_set(e, ERR_IO, "import", "cannot %s %s: %s", what, path, strerror(errno));
}

static bool report_has(const char *report, int64_t length)
{
    struct stat st;
    return length == 0 || (stat(report, &st) == 0 && st.st_size >= length);
}

static void load(struct import_state *s)
{
    AUTO_FCLOSE FILE *f = fopen(s->path, "r");
    struct import_counts *c = &s->counts;
    if (f == NULL) return;
    int n = fscanf(f, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &c->rows, &c->accepted,
                   &c->duplicates, &c->refused, &s->report_length);
    if (n == 5 && report_has(s->report, s->report_length)) return;
    s->counts = (struct import_counts){0};
    s->report_length = 0;
}

static bool open_report(struct import_state *s, struct err *e)
{
    s->report_file = fopen(s->report, s->report_length > 0 ? "r+" : "w");
    if (s->report_file == NULL) return failed(e, "write the refusal report", s->report);
    if (s->report_length == 0) {
        fputs("row,column,reason\n", s->report_file);
        return true;
    }
    if (ftruncate(fileno(s->report_file), s->report_length) != 0 || fseeko(s->report_file, 0, SEEK_END) != 0)
        return failed(e, "continue the refusal report", s->report);
    return true;
}

/* Two at once would overwrite each other's progress and report. The kernel lets go when the process ends, however. */
static bool lock(struct import_state *s, const struct import_place *place, struct err *e)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.lock", place->directory, place->key);
    s->lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (s->lock < 0) return failed(e, "make", path);
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0) return true;
    close(s->lock);
    s->lock = -1;
    return err_set(e, ERR_IO, "import", "another process is importing this file into this channel (%s)", path);
}

bool import_state_open(struct import_state *s, const struct import_place *place, struct err *e)
{
    *s = (struct import_state){.lock = -1};
    if (mkdir(place->directory, 0700) != 0 && errno != EEXIST) return failed(e, "make", place->directory);
    if (!lock(s, place, e)) return false;
    snprintf(s->path, sizeof s->path, "%s/%s.progress", place->directory, place->key);
    if (place->report != NULL)
        snprintf(s->report, sizeof s->report, "%s", place->report);
    else
        snprintf(s->report, sizeof s->report, "%s/%s.refused.csv", place->directory, place->key);
    if (!place->again) load(s);
    return open_report(s, e);
}

bool import_state_refuse(struct import_state *s, int64_t row, const char *column, const char *reason, struct err *e)
{
    s->counts.refused++;
    fprintf(s->report_file, "%" PRId64 ",", row);
    csv_fwrite(s->report_file, column, strlen(column));
    fputc(',', s->report_file);
    csv_fwrite(s->report_file, reason, strlen(reason));
    return fputc('\n', s->report_file) != EOF || failed(e, "write", s->report);
}

bool import_state_save(struct import_state *s, struct err *e)
{
    char next[520];
    if (fflush(s->report_file) != 0) return failed(e, "write", s->report);
    s->report_length = ftello(s->report_file);
    snprintf(next, sizeof next, "%s.new", s->path);
    FILE *f = fopen(next, "w");
    if (f == NULL) return failed(e, "write", next);
    const struct import_counts *c = &s->counts;
    fprintf(f, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", c->rows, c->accepted, c->duplicates,
            c->refused, s->report_length);
    bool well = fflush(f) == 0 && fsync(fileno(f)) == 0;
    well = fclose(f) == 0 && well;
    if (!well || rename(next, s->path) != 0) return failed(e, "write", s->path);
    return true;
}

void import_state_close(struct import_state *s)
{
    if (s->report_file != NULL) fclose(s->report_file);
    s->report_file = NULL;
    if (s->path[0] != '\0' && s->lock >= 0) close(s->lock); /* else it was never opened */
    s->lock = -1;
}
