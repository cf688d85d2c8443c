/* Tables and values for people, JSON for programs. */
#include <argp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/money.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/cli.h"

enum { TABLE_MAX_COLUMNS = 16, TABLE_CELL = 400 };

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s: ", cli->program);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nTry 'redressctl --help'.\n");
    return CLI_USAGE;
}

int64_t cli_number(const struct argp_state *state, const char *option, const char *text, int64_t min, int64_t max)
{
    int64_t value = 0;
    if (number_parse(text, &value) && value >= min && value <= max) return value;
    if (max == INT64_MAX)
        argp_error(state, "%s: '%s' is not a whole number of at least %" PRId64, option, text, min);
    else
        argp_error(state, "%s: '%s' is not a whole number from %" PRId64 " to %" PRId64, option, text, min, max);
    return value;
}

struct word {
    const char *name, *text;
};

static error_t parse_word(int key, char *arg, struct argp_state *state)
{
    struct word *w = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*w->name == '\0' || w->text != NULL) argp_error(state, "'%s': too many words", arg);
        w->text = arg;
        return 0;
    case ARGP_KEY_END:
        if (*w->name != '\0' && w->text == NULL) argp_error(state, "needs %s", w->name);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const char *cli_word(int argc, char **argv, const char *name, const char *doc)
{
    const struct argp parser = {NULL, parse_word, name, doc, NULL, NULL, NULL};
    struct word w = {.name = name};
    argp_parse(&parser, argc, argv, 0, NULL, &w);
    return w.text;
}

int cli_fail(const struct cli *cli, const struct err *e)
{
    fprintf(stderr, "%s: %s: %s\n", cli->program, err_code_name(e->code), e->message);
    switch (e->code) {
    case ERR_HTTP:
    case ERR_KAFKA:
    case ERR_REDIS:
    case ERR_DB: return CLI_UNREACHABLE;
    case ERR_CONFIG: return CLI_USAGE;
    case ERR_NONE:
    case ERR_IO:
    case ERR_DB_DATA:
    case ERR_FENCED:
    case ERR_UNKNOWN:
    case ERR_DATA:
    case ERR_INTERNAL: return CLI_FAILED;
    }
    return CLI_FAILED;
}

void cli_print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(value);
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), t = strlen(tail);
    return n >= t && strcmp(s + n - t, tail) == 0;
}

static json_t *member_at(json_t *object, const char *key, json_t **holder)
{
    char name[64];
    const char *dot;
    while ((dot = strchr(key, '.')) != NULL && (size_t)(dot - key) < sizeof name) {
        snprintf(name, sizeof name, "%.*s", (int)(dot - key), key);
        object = json_object_get(object, name);
        key = dot + 1;
    }
    *holder = object;
    return json_object_get(object, key);
}

static void local_time(int64_t ms, char *buf, size_t size)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    strftime(buf, size, "%Y-%m-%d %H:%M:%S%z", &tm);
}

/* Bytes of the character at s that a terminal would obey instead of showing: controls (C0, DEL, C1) and the marks
 * that turn the direction of what follows; 0: an ordinary one. */
static size_t unsafe_bytes(const unsigned char *s)
{
    if (s[0] < 0x20 || s[0] == 0x7f) return 1;
    if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f) return 2;
    if (s[0] != 0xe2) return 0;
    bool embeds = s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae, isolates = s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
    return embeds || isolates ? 3 : 0;
}

/* What people outside wrote is shown in one line and cannot steer the terminal; a character cut in half by the
 * buffer's end is left out. */
static void make_safe(char *text)
{
    char *out = text;
    for (const char *p = text; *p != '\0';) {
        size_t unsafe = unsafe_bytes((const unsigned char *)p), n = unsafe > 0 ? unsafe : utf8_next(p);
        if (n == 0) {
            p++;
        } else if (unsafe > 0) {
            *out++ = *p == '\n' || *p == '\t' || *p == '\r' ? ' ' : '?';
            p += n;
        } else {
            memmove(out, p, n);
            out += n;
            p += n;
        }
    }
    *out = '\0';
}

const char *cli_text(json_t *object, const char *key, char *buf, size_t size)
{
    json_t *holder, *value = member_at(object, key, &holder);
    buf[0] = '\0';
    if (json_is_integer(value) && ends_with(key, "_ms") && json_integer_value(value) > 86400000) {
        local_time(json_integer_value(value), buf, size);
    } else if (json_is_integer(value) && ends_with(key, "_minor")) {
        const char *currency = json_string_value(json_object_get(holder, "currency"));
        struct money m = {.minor = json_integer_value(value)};
        snprintf(m.currency, sizeof m.currency, "%s", currency == NULL ? "" : currency);
        money_format(m, buf, size);
    } else if (json_is_string(value)) {
        snprintf(buf, size, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(buf, size, "%s", json_is_true(value) ? "yes" : "no");
    } else if (value != NULL && !json_is_null(value)) {
        size_t n = json_dumpb(value, buf, size - 1, JSON_COMPACT | JSON_ENCODE_ANY); /* writes no NUL */
        buf[n < size ? n : size - 1] = '\0';
    }
    make_safe(buf);
    return buf;
}

/* East Asian characters are two cells wide; near enough for aligning a table. */
static int cells(const char *s)
{
    int width = 0;
    for (size_t n; *s != '\0'; s += n == 0 ? 1 : n) {
        n = utf8_next(s);
        width += n >= 3 ? 2 : 1;
    }
    return width;
}

static void print_cell(const char *text, int width, bool last)
{
    printf("%s", text);
    if (!last) printf("%*s", width - cells(text) + 2, "");
}

void cli_print_table(json_t *rows, const struct cli_column *columns, int n)
{
    int width[TABLE_MAX_COLUMNS];
    char cell[TABLE_CELL];
    size_t i;
    json_t *row;
    for (int c = 0; c < n; c++) {
        width[c] = cells(columns[c].title);
        json_array_foreach(rows, i, row)
        {
            int w = cells(cli_text(row, columns[c].key, cell, sizeof cell));
            if (w > width[c]) width[c] = w;
        }
    }
    for (int c = 0; c < n; c++) print_cell(columns[c].title, width[c], c == n - 1);
    putchar('\n');
    json_array_foreach(rows, i, row)
    {
        for (int c = 0; c < n; c++) print_cell(cli_text(row, columns[c].key, cell, sizeof cell), width[c], c == n - 1);
        putchar('\n');
    }
}
