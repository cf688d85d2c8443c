/* The stack under test seen from outside: CPU from /proc, bytes from the file system and PostgreSQL. */
#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "runtime/pg.h"

enum { MAX_PIDS = 4096 };

struct process {
    int pid, parent;
    char name[32];
    double seconds;
    bool supervisor; /* the root of this stack */
};

static bool read_process(int pid, const char *state_dir, struct process *p)
{
    char path[64], line[1024], cwd[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) return false;
    bool well = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    char *open = strchr(line, '('), *close = strrchr(line, ')');
    unsigned long user, system;
    if (!well || open == NULL || close == NULL) return false;
    if (sscanf(close + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &p->parent, &user, &system) != 3)
        return false;
    p->pid = pid;
    snprintf(p->name, sizeof p->name, "%.*s", (int)(close - open - 1), open + 1);
    p->seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%d/cwd", pid);
    ssize_t n = readlink(path, cwd, sizeof cwd - 1);
    p->supervisor = n > 0 && strncmp(cwd, state_dir, strlen(state_dir)) == 0 && strcmp(p->name, "s6-svscan") == 0;
    return true;
}

static int list_processes(const char *state_dir, struct process *out)
{
    DIR *d = opendir("/proc");
    int n = 0;
    for (struct dirent *entry; d != NULL && n < MAX_PIDS && (entry = readdir(d)) != NULL;)
        if (isdigit((unsigned char)*entry->d_name) && read_process(atoi(entry->d_name), state_dir, &out[n])) n++;
    if (d != NULL) closedir(d);
    return n;
}

static bool below_supervisor(const struct process *all, int n, const struct process *p)
{
    for (int depth = 0; p != NULL && depth < 16; depth++) {
        if (p->supervisor) return true;
        const struct process *parent = NULL;
        for (int i = 0; i < n; i++)
            if (all[i].pid == p->parent) parent = &all[i];
        p = parent;
    }
    return false;
}

static void add_cpu(struct bench_stack *s, const struct process *p)
{
    for (int i = 0; i < s->n_cpu; i++)
        if (strcmp(s->cpu[i].name, p->name) == 0) {
            s->cpu[i].seconds += p->seconds;
            return;
        }
    if (s->n_cpu == BENCH_MAX_PROCESSES) return;
    s->cpu[s->n_cpu] = (struct bench_cpu){.seconds = p->seconds};
    snprintf(s->cpu[s->n_cpu++].name, sizeof s->cpu[0].name, "%s", p->name);
}

static int64_t tree_bytes;

static int on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path, (void)ftw;
    if (type == FTW_F) tree_bytes += st->st_blocks * 512;
    return 0;
}

static bool read_database(const struct config *config, struct bench_stack *out, struct err *e)
{
    struct pg *pg = pg_new(config, "console");
    struct pg_rows *rows = NULL;
    bool well =
        pg_connect(pg, e) &&
        pg_query(pg,
                 "SELECT pg_database_size('redress'), (SELECT sum(out_seq)::int8 FROM runtime.streams), "
                 "(SELECT sum(n)::int8 FROM (SELECT sum(rev) n FROM intake.case_state UNION ALL SELECT sum(rev) FROM "
                 "dispatch.case_state UNION ALL SELECT sum(rev) FROM evidence.case_state UNION ALL SELECT sum(rev) "
                 "FROM approval.case_state UNION ALL SELECT sum(rev) FROM payment.case_state UNION ALL SELECT sum(rev) "
                 "FROM escalation.case_state UNION ALL SELECT sum(rev) FROM sla.case_state) x)",
                 NULL, &rows, e);
    if (well) {
        out->database_bytes = pg_int(rows, 0, 0);
        out->events = pg_int(rows, 0, 1);
        out->revisions = pg_int(rows, 0, 2);
        pg_rows_free(rows);
    }
    pg_free(pg);
    return well;
}

bool bench_stack_settle(const struct config *config, int timeout_s, struct err *e)
{
    struct pg *pg = pg_new(config, "console");
    int64_t give_up = clock_monotonic_us() + (int64_t)timeout_s * 1000000, behind = 1;
    bool well = pg_connect(pg, e);
    while (well && behind > 0) {
        struct pg_rows *rows = NULL;
        well = pg_query(pg, "SELECT coalesce(sum(lag), 0)::int8 FROM console.service_row", NULL, &rows, e);
        if (!well) break;
        behind = pg_int(rows, 0, 0);
        pg_rows_free(rows);
        if (behind > 0 && clock_monotonic_us() > give_up)
            well =
                err_set(e, ERR_INTERNAL, "bench", "after %d s %" PRId64 " events are still unread", timeout_s, behind);
        if (behind > 0) usleep(50000);
    }
    pg_free(pg);
    return well;
}

bool bench_stack_read(const struct config *config, struct bench_stack *out, struct err *e)
{
    static struct process all[MAX_PIDS];
    char path[512];
    *out = (struct bench_stack){0};
    int n = list_processes(config_text(config, "state.dir"), all);
    for (int i = 0; i < n; i++)
        if (below_supervisor(all, n, &all[i])) add_cpu(out, &all[i]);
    snprintf(path, sizeof path, "%s/kafka/data", config_text(config, "state.dir"));
    tree_bytes = 0;
    nftw(path, on_file, 16, FTW_PHYS);
    out->kafka_bytes = tree_bytes;
    return read_database(config, out, e);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_percentile(double *values, int n, double percent)
{
    if (n == 0) return 0;
    qsort(values, (size_t)n, sizeof *values, ascending);
    int i = (int)(percent / 100 * n);
    return values[i < n ? i : n - 1];
}
