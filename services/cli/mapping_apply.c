/* Applying a mapping to one row: a pure function of (mapping, row). */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/money.h"
#include "base/number.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "cli/mapping.h"

enum { MAPPING_VALUE = 65536 };

struct apply {
    const struct mapping *m;
    const struct mapping_row *row;
    enum mapping_time time;
    struct mapping_result *out;
    struct buf customer; /* members of the nested object "customer" */
    struct buf facts;    /* members of the array "facts" */
    struct buf value;    /* the field being made */
};

static bool refuse(struct apply *a, const char *column, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool refuse(struct apply *a, const char *column, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(a->out->reason, sizeof a->out->reason, fmt, ap);
    va_end(ap);
    a->out->column = column;
    return false;
}

/* Leading and trailing white space never means anything in an export. */
static const char *trimmed(const char *text, size_t *n)
{
    while (isspace((unsigned char)*text)) text++;
    *n = strlen(text);
    while (*n > 0 && isspace((unsigned char)text[*n - 1])) (*n)--;
    return text;
}

static bool is_null(const struct mapping *m, const char *text, size_t n)
{
    if (n == 0) return true;
    for (int i = 0; i < m->n_null_words; i++)
        if (strlen(m->null_words[i]) == n && strncmp(m->null_words[i], text, n) == 0) return true;
    return false;
}

/* The column's value trimmed, or NULL when the row says nothing there. */
static const char *cell(const struct apply *a, const char *column, size_t *n)
{
    for (int i = 0; i < a->row->n; i++)
        if (strcmp(a->row->names[i], column) == 0) {
            const char *text = trimmed(a->row->values[i], n);
            return is_null(a->m, text, *n) ? NULL : text;
        }
    return NULL;
}

/* false = some column of the template is empty, so the field is absent. */
static bool fill_template(struct apply *a, const struct mapping_field *f)
{
    const char *p = f->text;
    for (int i = 0; i < f->n_columns; i++) {
        const char *open = strchr(p, '{');
        size_t n;
        const char *text = cell(a, f->columns[i], &n);
        if (text == NULL) return false;
        buf_append(&a->value, p, (size_t)(open - p));
        buf_append(&a->value, text, n);
        p = strchr(open, '}') + 1;
    }
    buf_puts(&a->value, p);
    return true;
}

static bool fill_join(struct apply *a, const struct mapping_field *f)
{
    for (int i = 0; i < f->n_columns; i++) {
        size_t n;
        const char *text = cell(a, f->columns[i], &n);
        if (text == NULL) continue;
        if (a->value.len > 0) buf_puts(&a->value, f->text);
        buf_append(&a->value, text, n);
    }
    return a->value.len > 0;
}

/* Raw text of the field into a->value; false = absent. */
static bool fill(struct apply *a, const struct mapping_field *f)
{
    buf_reset(&a->value);
    buf_puts(&a->value, "");
    size_t n;
    const char *text;
    switch (f->source) {
    case MAPPING_CONST: buf_puts(&a->value, f->text); return true;
    case MAPPING_TEMPLATE: return fill_template(a, f);
    case MAPPING_JOIN: return fill_join(a, f);
    case MAPPING_COLUMN:
        text = cell(a, f->columns[0], &n);
        if (text == NULL) return false;
        buf_append(&a->value, text, n);
        return true;
    }
    return false;
}

static void translate(struct apply *a, const struct mapping_field *f)
{
    const char *to = f->otherwise;
    for (int i = 0; i < f->n_words; i++)
        if (strcmp(f->words[i].from, a->value.bytes) == 0) to = f->words[i].to;
    if (to == NULL) return;
    buf_reset(&a->value);
    buf_puts(&a->value, to);
}

/* The column a refusal of the field names; "" when none leads to it. */
static const char *column_of(const struct mapping_field *f) { return f->n_columns > 0 ? f->columns[0] : ""; }

static bool no_date(struct apply *a, const struct mapping_field *f)
{
    return refuse(a, column_of(f), "'%.60s' is no date of the formats this channel uses", a->value.bytes);
}

static bool parse_date(const struct apply *a, const struct mapping_field *f, int64_t *ms)
{
    for (int i = 0; i < f->n_formats; i++) {
        struct tm tm = {.tm_mday = 1};
        const char *end = strptime(a->value.bytes, f->formats[i], &tm);
        if (end == NULL || *end != '\0') continue;
        int64_t days = timefmt_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        int year, month, day;
        timefmt_date(days, &year, &month, &day);
        if (day != tm.tm_mday) return false; /* 31 April */
        int64_t local = days * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
        *ms = zone_to_utc_s(&a->m->zone, local, ZONE_EARLIER) * 1000;
        return true;
    }
    return false;
}

static bool to_amount(struct apply *a, const struct mapping_field *f, int64_t *minor)
{
    struct money money;
    const char *why;
    if (!money_parse(a->value.bytes, f->currency, &f->notation, &money, &why))
        return refuse(a, column_of(f), "'%.60s': %s", a->value.bytes, why);
    if (money.minor < 0) return refuse(a, column_of(f), "'%.60s': an amount below zero", a->value.bytes);
    *minor = money.minor;
    return true;
}

/* Yes and no as people and programs write them; -1: neither. */
static int truth_of(const char *text)
{
    static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"0", "1"}, {"n", "y"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int k = 0; k < 2; k++)
            if (strcasecmp(words[i][k], text) == 0) return k;
    return -1;
}

static bool to_json(struct apply *a, const struct mapping_field *f, struct buf *json)
{
    int64_t number = 0;
    int truth;
    char time[TIMEFMT_SIZE];
    switch (f->type) {
    case MAPPING_TEXT: buf_json_string(json, a->value.bytes); return true;
    case MAPPING_DATE:
        if (!parse_date(a, f, &number)) return no_date(a, f);
        buf_json_string(json, timefmt_utc(number, time));
        return true;
    case MAPPING_AMOUNT:
        if (!to_amount(a, f, &number)) return false;
        buf_int(json, number);
        return true;
    case MAPPING_INTEGER:
        if (!number_parse(a->value.bytes, &number))
            return refuse(a, column_of(f), "'%.60s' is not a whole number", a->value.bytes);
        buf_int(json, number);
        return true;
    case MAPPING_BOOL:
        truth = truth_of(a->value.bytes);
        if (truth < 0) return refuse(a, column_of(f), "'%.60s' is neither yes nor no", a->value.bytes);
        buf_puts(json, truth ? "true" : "false");
        return true;
    }
    return false;
}

static void member(struct buf *json, const char *name)
{
    if (json->len > 0) buf_putc(json, ',');
    buf_json_string(json, name);
    buf_putc(json, ':');
}

static void fact(struct apply *a, const char *name, const char *value)
{
    if (a->facts.len > 0) buf_putc(&a->facts, ',');
    buf_puts(&a->facts, "{\"name\":");
    buf_json_string(&a->facts, name);
    buf_puts(&a->facts, ",\"value\":");
    buf_json_string(&a->facts, value);
    buf_putc(&a->facts, '}');
}

/* The row's own date: a field only for history, a fact otherwise (the matter arrives now). */
static bool received(struct apply *a, const struct mapping_field *f)
{
    int64_t ms;
    if (!parse_date(a, f, &ms)) return no_date(a, f);
    a->out->has_received = true;
    a->out->received_ms = ms;
    char time[TIMEFMT_SIZE];
    timefmt_utc(ms, time);
    if (a->time == MAPPING_HISTORY) {
        member(&a->out->json, f->target);
        buf_json_string(&a->out->json, time);
    } else {
        fact(a, f->target, time);
    }
    return true;
}

/* What is in a->value, whether for a field or a fact. */
static bool check_text(struct apply *a, const char *column)
{
    if (utf8_count(a->value.bytes) < 0) return refuse(a, column, "not UTF-8 text");
    return a->value.len <= MAPPING_VALUE || refuse(a, column, "longer than %d bytes", MAPPING_VALUE);
}

/* An amount was read in the currency the mapping says: a row in another one is not guessed at. */
static bool check_currency(struct apply *a, const struct mapping_field *currency)
{
    for (int i = 0; i < a->m->n_fields; i++) {
        const struct mapping_field *f = &a->m->fields[i];
        if (f->type == MAPPING_AMOUNT && strcmp(f->currency, a->value.bytes) != 0)
            return refuse(a, column_of(currency), "'%.60s', where the mapping reads amounts in %s", a->value.bytes,
                          f->currency);
    }
    return true;
}

static bool apply_field(struct apply *a, const struct mapping_field *f)
{
    if (!fill(a, f)) return true;
    if (!check_text(a, column_of(f))) return false;
    translate(a, f);
    if (strcmp(f->target, "currency") == 0 && !check_currency(a, f)) return false;
    if (strcmp(f->target, "received_at") == 0) return received(a, f);
    bool nested = strncmp(f->target, "customer.", 9) == 0;
    struct buf *into = nested ? &a->customer : &a->out->json;
    member(into, nested ? f->target + 9 : f->target);
    return to_json(a, f, into);
}

static bool apply_all(struct apply *a)
{
    for (int i = 0; i < a->m->n_fields; i++)
        if (!apply_field(a, &a->m->fields[i])) return false;
    for (int i = 0; i < a->m->n_facts; i++) {
        size_t n;
        const char *text = cell(a, a->m->facts[i], &n);
        if (text == NULL) continue;
        buf_reset(&a->value);
        buf_append(&a->value, text, n);
        if (!check_text(a, a->m->facts[i])) return false;
        fact(a, a->m->facts[i], a->value.bytes);
    }
    return true;
}

bool mapping_apply(const struct mapping *m, const struct mapping_row *row, enum mapping_time time,
                   struct mapping_result *out)
{
    struct apply a = {.m = m, .row = row, .time = time, .out = out};
    buf_reset(&out->json);
    out->has_received = false;
    out->column = "";
    out->reason[0] = '\0';
    bool well = apply_all(&a);
    if (well && time == MAPPING_HISTORY) {
        if (out->has_received) {
            member(&out->json, "history");
            buf_puts(&out->json, "true");
        } else {
            well = refuse(&a, "", "history needs a date of receipt, and the row has none");
        }
    }
    if (well) {
        struct buf body = BUF_INIT;
        buf_putc(&body, '{');
        buf_append(&body, out->json.bytes == NULL ? "" : out->json.bytes, out->json.len);
        const char *comma = out->json.len > 0 ? "," : "";
        if (a.customer.len > 0) {
            buf_printf(&body, "%s\"customer\":{%s}", comma, a.customer.bytes);
            comma = ",";
        }
        if (a.facts.len > 0) buf_printf(&body, "%s\"facts\":[%s]", comma, a.facts.bytes);
        buf_putc(&body, '}');
        buf_deinit(&out->json);
        out->json = body;
    }
    buf_deinit(&a.customer);
    buf_deinit(&a.facts);
    buf_deinit(&a.value);
    return well;
}

static bool in_header(const struct mapping_row *header, const char *column)
{
    for (int i = 0; i < header->n; i++)
        if (strcmp(header->names[i], column) == 0) return true;
    return false;
}

static bool check_names(const struct mapping_row *header, struct err *e)
{
    for (int i = 0; i < header->n; i++) {
        if (utf8_count(header->names[i]) < 0)
            return err_set(e, ERR_DATA, "mapping", "line 1: the name of column %d is not UTF-8 text", i + 1);
        for (int k = 0; k < i; k++)
            if (*header->names[i] != '\0' && strcmp(header->names[i], header->names[k]) == 0)
                return err_set(e, ERR_DATA, "mapping", "line 1: columns %d and %d are both named '%s'", k + 1, i + 1,
                               header->names[i]);
    }
    return true;
}

bool mapping_check_header(const struct mapping *m, const struct mapping_row *header, struct err *e)
{
    struct buf missing = BUF_INIT;
    if (!check_names(header, e)) return false;
    for (int i = 0; i < m->n_fields; i++)
        for (int k = 0; k < m->fields[i].n_columns; k++)
            if (!in_header(header, m->fields[i].columns[k])) buf_printf(&missing, " '%s'", m->fields[i].columns[k]);
    for (int i = 0; i < m->n_facts; i++)
        if (!in_header(header, m->facts[i])) buf_printf(&missing, " '%s'", m->facts[i]);
    bool well = missing.len == 0;
    if (!well) err_set(e, ERR_DATA, "mapping", "the file has no column%s that the mapping names", missing.bytes);
    buf_deinit(&missing);
    return well;
}

const char *mapping_column_of(const struct mapping *m, const char *json_path)
{
    if (strncmp(json_path, "$.", 2) != 0) return "";
    const char *path = json_path + 2;
    size_t n = strcspn(path, ":");
    for (int i = 0; i < m->n_fields; i++)
        if (strlen(m->fields[i].target) == n && strncmp(m->fields[i].target, path, n) == 0)
            return m->fields[i].n_columns > 0 ? m->fields[i].columns[0] : "";
    return "";
}
