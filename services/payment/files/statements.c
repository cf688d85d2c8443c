#include "payment/files/statements.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "payment/iso20022/camt053.h"

enum { LINES_OF_A_FILE = 1000000 };

static int64_t number_of(const char *name)
{
    char digits[10];
    int64_t number = 0;
    snprintf(digits, sizeof digits, "%.9s", name);
    return number_parse(digits, &number) ? number : 0;
}

static void add_lines(const struct bank_statement *from, int64_t number, int64_t after, struct statement *s)
{
    for (int i = 0; i < from->n; i++) {
        const struct booked_line *l = &from->lines[i];
        int64_t seq = number * LINES_OF_A_FILE + i + 1;
        if (seq <= after) continue;
        if (s->n == STATEMENT_MOST) {
            s->whole = false;
            return;
        }
        statement_add(s, &(struct statement_line){.seq = seq,
                                                  .amount_minor = l->amount.minor,
                                                  .settled = true,
                                                  .bank = "files",
                                                  .key = l->key,
                                                  .currency = arena_strdup(&s->memory, l->amount.currency),
                                                  .payee = l->payee,
                                                  .ref = l->ref});
    }
}

static bool read_one(struct folder *f, const char *name, int64_t after, struct statement *s, struct err *e)
{
    struct buf bytes = BUF_INIT;
    struct iso_reader r;
    struct bank_statement read;
    if (!folder_read(f, "statements", name, &bytes, e)) return !err_is_set(e);
    iso_reader_init(&r, bytes.bytes, bytes.len, &s->memory);
    if (!camt053_read(&r, &read)) {
        err_set(e, ERR_DATA, "statements", "statements/%s was changed since it was taken in: %s", name, r.why);
    } else {
        if (read.until_ms > s->files_ms) s->files_ms = read.until_ms;
        add_lines(&read, number_of(name), after, s);
    }
    iso_reader_deinit(&r);
    buf_deinit(&bytes);
    return !err_is_set(e);
}

/* The last one is read again, for the end of what it covers, though its lines are known. */
static bool read_statements(struct folder *f, int64_t after, struct statement *s, struct err *e)
{
    struct folder_names names;
    if (!folder_list(f, "statements", "", &names, e)) return false;
    for (int i = 0; i < names.n && !err_is_set(e) && s->n < STATEMENT_MOST; i++) {
        if (i == names.n - 1 || number_of(names.name[i]) >= after / LINES_OF_A_FILE)
            read_one(f, names.name[i], after, s, e);
    }
    folder_names_free(&names);
    return !err_is_set(e);
}

/* Files put aside have a NAME.why beside them. */
static bool is_reason(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".why") == 0;
}

static bool read_bad(struct folder *f, struct statement *s, struct err *e)
{
    struct folder_names names;
    struct buf why = BUF_INIT;
    if (!folder_list(f, "bad", "", &names, e)) return false;
    s->bad_name = ARENA_ARRAY(&s->memory, const char *, names.n + 1);
    s->bad_why = ARENA_ARRAY(&s->memory, const char *, names.n + 1);
    for (int i = 0; i < names.n && !err_is_set(e); i++) {
        char file[FILE_NAME_SIZE];
        if (is_reason(names.name[i])) continue;
        snprintf(file, sizeof file, "%.290s.why", names.name[i]);
        bool told = folder_read(f, "bad", file, &why, e);
        s->bad_name[s->n_bad] = arena_strdup(&s->memory, names.name[i]);
        s->bad_why[s->n_bad++] = told ? arena_strndup(&s->memory, why.bytes, why.len) : "the reason is not kept";
    }
    folder_names_free(&names);
    buf_deinit(&why);
    return !err_is_set(e);
}

bool statements_read(struct folder *f, int64_t after, struct statement *s, struct err *e)
{
    return read_statements(f, after, s, e) && read_bad(f, s, e);
}

bool statements_count_bad(struct folder *f, int *n, struct err *e)
{
    struct folder_names names;
    if (!folder_list(f, "bad", "", &names, e)) return false;
    *n = 0;
    for (int i = 0; i < names.n; i++) *n += !is_reason(names.name[i]);
    folder_names_free(&names);
    return true;
}
