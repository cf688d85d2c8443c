/* redressctl deadline compute: what-if questions about deadlines, a line of JSON each. Needs calendars, no
 * installation.
 *
 * What one read brings is answered before the next, so the command serves a pipe that waits for its answers as well as
 * a file of millions. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/calendars.h"
#include "cli/deadline_line.h"
#include "cli/explain.h"

enum { READ_BYTES = 1 << 18 };

struct compute {
    struct deadline_book book;
    struct buf in, out;
    int64_t lines;
    bool faulty;   /* at least one answer was an error */
    bool overlong; /* inside a line that is too long and has been answered */
    struct err *e;
};

static bool write_all(struct compute *c)
{
    for (size_t at = 0; at < c->out.len;) {
        ssize_t n = write(STDOUT_FILENO, c->out.bytes + at, c->out.len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(c->e, ERR_IO, "compute", "standard output: %s", strerror(errno));
        at += (size_t)n;
    }
    buf_reset(&c->out);
    return true;
}

static bool is_blank(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
    return i == n;
}

static void answer_line(struct compute *c, const char *text, size_t n)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    c->lines++;
    if (c->overlong) {
        c->overlong = false;
        return;
    }
    if (c->lines == 1 && n >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        n -= 3;
    }
    if (!is_blank(text, n)) c->faulty |= !deadline_answer(&c->book, text, n, c->lines, &c->out);
}

/* Answers the whole lines of c->in and keeps what is left of the last. */
static void answer_lines(struct compute *c, size_t looked_at)
{
    char *at = c->in.bytes, *end = at + c->in.len, *look = at + looked_at, *newline;
    while ((newline = memchr(look, '\n', (size_t)(end - look))) != NULL) {
        answer_line(c, at, (size_t)(newline - at));
        at = look = newline + 1;
    }
    c->in.len = (size_t)(end - at);
    memmove(c->in.bytes, at, c->in.len);
    if (c->in.len <= DEADLINE_LINE_MAX) return;
    if (!c->overlong) c->faulty |= !deadline_answer(&c->book, c->in.bytes, c->in.len, c->lines + 1, &c->out);
    c->overlong = true;
    buf_reset(&c->in);
}

static bool compute_all(struct compute *c, int fd)
{
    for (;;) {
        size_t before = c->in.len;
        buf_reserve(&c->in, READ_BYTES);
        ssize_t n = read(fd, c->in.bytes + c->in.len, READ_BYTES);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(c->e, ERR_IO, "compute", "input: %s", strerror(errno));
        if (n == 0) break;
        c->in.len += (size_t)n;
        answer_lines(c, before);
        if (!write_all(c)) return false;
    }
    if (c->in.len > 0) answer_line(c, c->in.bytes, c->in.len);
    return write_all(c);
}

/* ---- the command ---- */

struct compute_options {
    const char *dir, *calendar, *file;
};

static error_t parse_compute(int key, char *arg, struct argp_state *state)
{
    struct compute_options *o = state->input;
    switch (key) {
    case 'D': o->dir = arg; return 0;
    case 'c': o->calendar = arg; return 0;
    case ARGP_KEY_ARG:
        if (o->file != NULL) argp_error(state, "one FILE at most");
        o->file = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int compute_file(struct cli *cli, const struct compute_options *o, const struct calendar_set *calendars)
{
    struct err e = ERR_INIT;
    struct compute c = {.book = {.calendars = calendars, .usual = o->calendar}, .e = &e};
    bool standard = o->file == NULL || strcmp(o->file, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(o->file, O_RDONLY | O_CLOEXEC);
    bool well = fd >= 0 ? compute_all(&c, fd) : err_set(&e, ERR_IO, "compute", "%s: %s", o->file, strerror(errno));
    if (!standard && fd >= 0) close(fd);
    buf_deinit(&c.in);
    buf_deinit(&c.out);
    if (!well) return cli_fail(cli, &e);
    return c.faulty ? CLI_REFUSED : CLI_OK;
}

static int compute(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"calendar-dir", 'D', "DIR", 0, "folder of the calendars", 0},
        {"calendar", 'c', "ID", 0, "calendar of lines that name none (default cn)", 0},
        {0}};
    static const struct argp parser = {
        options,
        parse_compute,
        "[FILE]",
        "Answer each line of FILE (default: standard input) with the same line and its due.\n"
        "  {\"t\": \"2026-02-13T16:00:00+08:00\", \"unit\": \"working_days\", \"n\": 2}\n"
        "Also: pauses [[from,to]], calendar, deemed_next_open, roll, binds_customer. A line that cannot be answered "
        "comes back with error instead; the exit code is then 3.\v",
        0,
        0,
        0};
    struct compute_options o = {.calendar = "cn"};
    struct calendar_set calendars;
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (!calendars_load(cli, o.dir, &calendars, &e)) return cli_fail(cli, &e);
    int rc = CLI_OK;
    if (calendar_find(&calendars, o.calendar) == NULL)
        rc = cli_usage(cli, "there is no calendar %s", o.calendar);
    else
        rc = compute_file(cli, &o, &calendars);
    calendar_set_unload(&calendars);
    return rc;
}

const struct cli_command cli_deadline_commands[] = {
    {"deadline compute", compute, "when a limit is due: JSON lines in, the same with due out"},
    {"deadline explain", explain_command, "why a deadline falls when it does, day by day"},
    {0}};
