/* CH-2: a channel's file becomes events by its mapping alone; every row is accepted or refused with a true reason. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/csvfile.h"
#include "cli/mapping.h"
#include "event/codec.h"
#include "event/events.h"

static const char mapping_text[] =
    "{\"channel\":\"shop\",\"zone\":\"Asia/Shanghai\",\"null_words\":[\"-\"],\"fields\":{"
    "\"external_ref\":{\"column\":\"Ticket\"},\"kind\":{\"const\":\"claim\"},"
    "\"received_at\":{\"column\":\"Opened\",\"type\":\"date\",\"format\":[\"%Y-%m-%d %H:%M:%S\",\"%d-%b-%y\"]},"
    "\"category\":{\"column\":\"Type\",\"map\":{\"Broken\":\"product_quality\"},\"otherwise\":\"other\"},"
    "\"region\":{\"template\":\"SHOP-{City}\"},\"customer.name\":{\"column\":\"Name\"},"
    "\"description\":{\"join\":[\"Type\",\"Comment\"],\"with\":\"; \"},"
    "\"claimed_minor\":{\"column\":\"Amount\",\"type\":\"amount\",\"currency\":\"CNY\",\"round\":true},"
    "\"currency\":{\"const\":\"CNY\"}},\"facts\":[\"Agent\"]}";

enum { TICKET, OPENED, TYPE, CITY, NAME, COMMENT, AMOUNT, AGENT, COLUMNS };
static const char *const names[COLUMNS] = {"Ticket", "Opened", "Type", "City", "Name", "Comment", "Amount", "Agent"};

static char *write_file(const char *text)
{
    char *path = strdup("/tmp/redress-mapping-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return path;
}

static bool load(const char *text, struct mapping *m, struct err *e)
{
    char *path = write_file(text);
    bool well = mapping_load(path, m, e);
    unlink(path);
    free(path);
    return well;
}

struct applied {
    struct mapping m;
    struct mapping_result r;
    const char *values[COLUMNS];
};

static void setup(struct applied *a)
{
    static const char *const values[COLUMNS] = {"T-1",  "2026-03-02 09:12:00", "Broken", "CS",
                                                "张三", "tile, loose",         "12.50",  "Li"};
    struct err e = ERR_INIT;
    *a = (struct applied){0};
    memcpy(a->values, values, sizeof values);
    cr_assert(load(mapping_text, &a->m, &e), "%s", e.message);
}

static bool apply(struct applied *a, enum mapping_time time)
{
    struct mapping_row row = {names, a->values, COLUMNS};
    return mapping_apply(&a->m, &row, time, &a->r);
}

static void teardown(struct applied *a)
{
    buf_deinit(&a->r.json);
    mapping_deinit(&a->m);
}

Test(mapping, CH_2_a_row_becomes_a_valid_event)
{
    struct applied a;
    struct err e = ERR_INIT;
    setup(&a);
    cr_assert(apply(&a, MAPPING_NOW), "%s: %s", a.r.column, a.r.reason);
    cr_assert(codec_validate(event_desc(EV_INBOUND_COMPLAINT), a.r.json.bytes, a.r.json.len, &e), "%s", e.message);
    cr_assert_str_eq(
        a.r.json.bytes,
        "{\"external_ref\":\"T-1\",\"kind\":\"claim\",\"category\":\"product_quality\",\"region\":\"SHOP-CS\","
        "\"description\":\"Broken; tile, loose\",\"claimed_minor\":1250,\"currency\":\"CNY\","
        "\"customer\":{\"name\":\"张三\"},\"facts\":[{\"name\":\"received_at\",\"value\":\"2026-03-02T01:12:00.000Z\"},"
        "{\"name\":\"Agent\",\"value\":\"Li\"}]}");
    teardown(&a);
}

Test(mapping, CH_2_history_keeps_the_rows_own_date_as_the_date_of_receipt)
{
    struct applied a;
    setup(&a);
    a.values[OPENED] = "2-Mar-26";
    cr_assert(apply(&a, MAPPING_HISTORY), "%s", a.r.reason);
    cr_assert_not_null(strstr(a.r.json.bytes, "\"received_at\":\"2026-03-01T16:00:00.000Z\""));
    cr_assert_not_null(strstr(a.r.json.bytes, "\"history\":true"));
    a.values[OPENED] = "-";
    cr_assert_not(apply(&a, MAPPING_HISTORY));
    teardown(&a);
}

Test(mapping, CH_2_a_refused_row_names_column_and_reason)
{
    static const struct {
        int column;
        const char *value, *reason;
    } rows[] = {{OPENED, "yesterday", "'yesterday' is no date of the formats this channel uses"},
                {OPENED, "2026-02-30 10:00:00", "'2026-02-30 10:00:00' is no date of the formats this channel uses"},
                {AMOUNT, "twelve", "'twelve': not an amount"},
                {AMOUNT, "-5", "'-5': an amount below zero"},
                {AMOUNT, "99999999999999999999", "'99999999999999999999': amount too large"},
                {COMMENT, "bad \xff bytes", "not UTF-8 text"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct applied a;
        setup(&a);
        a.values[rows[i].column] = rows[i].value;
        cr_assert_not(apply(&a, MAPPING_NOW), "%s", rows[i].value);
        cr_assert_str_eq(a.r.reason, rows[i].reason);
        if (rows[i].column != COMMENT) cr_assert_str_eq(a.r.column, names[rows[i].column]);
        teardown(&a);
    }
}

Test(mapping, CH_2_null_words_and_spreadsheet_decimals)
{
    static const struct {
        const char *text, *json;
    } rows[] = {{"64.989999999999995", "\"claimed_minor\":6499"},
                {"9.995", "\"claimed_minor\":1000"},
                {"99.999", "\"claimed_minor\":10000"},
                {"1,999.999", "\"claimed_minor\":200000"},
                {"-", NULL},
                {"  ", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct applied a;
        setup(&a);
        a.values[AMOUNT] = rows[i].text;
        cr_assert(apply(&a, MAPPING_NOW), "%s: %s", rows[i].text, a.r.reason);
        const char *at = strstr(a.r.json.bytes, rows[i].json == NULL ? "claimed_minor" : rows[i].json);
        cr_assert_eq(at == NULL, rows[i].json == NULL, "%s: %s", rows[i].text, a.r.json.bytes);
        teardown(&a);
    }
}

/* A mapping of one field beside the description; ' stands for ". */
static bool load_with_field(const char *field, struct mapping *m, struct err *e)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "{'zone':'Europe/Berlin','fields':{'description':{'column':'Comment'},%s}}", field);
    for (char *c = text.bytes; *c != '\0'; c++)
        if (*c == '\'') *c = '"';
    bool well = load(text.bytes, m, e);
    buf_deinit(&text);
    return well;
}

Test(mapping, CH_2_a_wrong_mapping_is_refused_before_the_first_row)
{
    static const struct {
        const char *text, *part;
    } rows[] = {{"{}", "$.zone"},
                {"[]", "$: expected an object"},
                {"{\"channel\":\"a\",\"zone\":\"Mars/Base\",\"fields\":{}}", "Mars/Base"},
                {"{\"zone\":\"UTC\",\"nul_words\":[],\"fields\":{}}", "$: unknown key 'nul_words'"},
                {"{\"zone\":\"UTC\",\"delimiter\":5,\"fields\":{}}", "$.delimiter: expected a string"},
                {"{\"zone\":\"UTC\",\"fields\":{\"kind\":{\"const\":\"claim\"}}}", "$.fields: description is missing"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mapping m;
        struct err e = ERR_INIT;
        cr_assert_not(load(rows[i].text, &m, &e), "%s", rows[i].text);
        cr_assert_not_null(strstr(e.message, rows[i].part), "%s", e.message);
        mapping_deinit(&m);
    }
}

Test(mapping, CH_2_a_field_that_no_row_could_fill_is_refused_with_its_path)
{
    static const struct {
        const char *field, *part;
    } rows[] = {{"'kind':{'colum':'x'}", "$.fields.kind: unknown key 'colum'"},
                {"'kind':{'column':'x','const':'y'}", "exactly one"},
                {"'kind':{'const':5}", "$.fields.kind.const: expected a string"},
                {"'occurred_at':{'column':'x','type':'date'}", "format"},
                {"'claimed_minor':{'column':'x','type':'amount'}", "ISO 4217"},
                {"'claimed_minor':{'column':'x','type':'amount','currency':'CNY','decimal':';'}", "decimal"},
                {"'claimed_minor':{'column':'x','type':'amount','currency':'CNY','round':'yes'}", "round"},
                {"'quantity':{'column':'x','type':'integer','decimal':','}", "belong to type amount"},
                {"'site':{'template':'{a'}", "'}'"},
                {"'customer.fax':{'column':'x'}", "$.fields.customer.fax: inbound.complaint has no such field"},
                {"'customer':{'column':'x'}", "$.fields.customer: is not a field a column can fill"},
                {"'history':{'column':'x','type':'bool'}", "$.fields.history: is set by --time history"},
                {"'kind':{'const':'clame'}", "$.fields.kind.const: 'clame' is none of complaint, claim"},
                {"'kind':{'column':'x','otherwise':'praise'}", "$.fields.kind.otherwise: 'praise'"},
                {"'kind':{'column':'x','map':{'R':'complaint','F':'clame'}}", "$.fields.kind.map.F: 'clame'"},
                {"'claimed_minor':{'column':'x'}", "$.fields.claimed_minor.type: must be amount or integer"},
                {"'consent':{'column':'x'}", "$.fields.consent.type: must be bool"},
                {"'received_at':{'column':'x'}", "$.fields.received_at.type: must be date"},
                {"'received_at':{'column':'x','type':'date','format':['%Q']}", "$.fields.received_at.format: '%Q'"},
                {"'received_at':{'column':'x','type':'date','format':['%Y-%m-%d %z']}", "'%z' is not read"},
                {"'received_at':{'column':'x','type':'date','format':['%H:%M']}", "no year and month"},
                {"'currency':{'const':'EURO'}", "'EURO' is no currency"},
                {"'currency':{'const':'EUR'},'claimed_minor':{'column':'x','type':'amount','currency':'CNY'}",
                 "$.fields.claimed_minor.currency"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mapping m;
        struct err e = ERR_INIT;
        cr_assert_not(load_with_field(rows[i].field, &m, &e), "%s", rows[i].field);
        cr_assert_not_null(strstr(e.message, rows[i].part), "%s", e.message);
        mapping_deinit(&m);
    }
}

Test(mapping, a_mapping_file_that_is_not_there_is_named)
{
    struct mapping m;
    struct err e = ERR_INIT;
    cr_assert_not(mapping_load("/nowhere/x.json", &m, &e));
    cr_assert_not_null(strstr(e.message, "/nowhere/x.json: No such file"), "%s", e.message);
    cr_assert_null(strstr(e.message, "line"), "%s", e.message);
    mapping_deinit(&m);
}

/* One row through a mapping of one field beside the description: its JSON, or why it is refused. */
static const char *one_cell(const char *field, const char *value, char out[400])
{
    const char *const header[] = {"Comment", "x"}, *const values[] = {"late", value};
    struct mapping m;
    struct mapping_result r = {0};
    struct err e = ERR_INIT;
    cr_assert(load_with_field(field, &m, &e), "%s", e.message);
    bool well = mapping_apply(&m, &(struct mapping_row){header, values, 2}, MAPPING_NOW, &r);
    snprintf(out, 400, "%s", well ? r.json.bytes : r.reason);
    buf_deinit(&r.json);
    mapping_deinit(&m);
    return out;
}

Test(mapping, CH_2_an_amount_is_read_whole_in_its_notation_or_refused)
{
    static const char comma[] =
        "'claimed_minor':{'column':'x','type':'amount','currency':'EUR','decimal':',','round':true}",
                      point[] = "'claimed_minor':{'column':'x','type':'amount','currency':'EUR','round':true}";
    static const struct {
        const char *field, *text, *part;
    } rows[] = {{comma, "67.240,39 EUR", "\"claimed_minor\":6724039"},
                {comma, "1.000.000,00 EUR", "\"claimed_minor\":100000000"},
                {comma, "12,3456 USD", "not an amount"},
                {comma, "12.34", "not an amount"},
                {point, "67.240,39 EUR", "not an amount"},
                {point, "1.000.000,00 EUR", "not an amount"},
                {point, "12.345abc", "not an amount"},
                {point, "12.3456 USD", "not an amount"},
                {point, "12.345.678", "not an amount"},
                {point, "€12.345", "\"claimed_minor\":1235"}};
    char out[400];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_not_null(strstr(one_cell(rows[i].field, rows[i].text, out), rows[i].part), "%s: %s", rows[i].text,
                           out);
}

Test(mapping, CH_2_yes_and_no_and_a_row_in_another_currency)
{
    static const char consent[] = "'consent':{'column':'x','type':'bool'}",
                      currency[] =
                          "'currency':{'column':'x'},'claimed_minor':{'const':'5','type':'amount','currency':'EUR'}";
    static const struct {
        const char *field, *text, *part;
    } rows[] = {{consent, "YES", "\"consent\":true"},     {consent, "True", "\"consent\":true"},
                {consent, "1", "\"consent\":true"},       {consent, "n", "\"consent\":false"},
                {consent, "maybe", "neither yes nor no"}, {currency, "EUR", "\"currency\":\"EUR\""},
                {currency, "JPY", "reads amounts in EUR"}};
    char out[400];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_not_null(strstr(one_cell(rows[i].field, rows[i].text, out), rows[i].part), "%s: %s", rows[i].text,
                           out);
}

/* As in the calendars: a time that clocks skip is the first one there is, one they show twice the earlier. */
Test(mapping, CH_2_a_time_the_clocks_skip_or_show_twice)
{
    static const char date[] = "'occurred_at':{'column':'x','type':'date','format':['%Y-%m-%d %H:%M']}";
    char out[400];
    cr_assert_not_null(strstr(one_cell(date, "2026-03-29 02:30", out), "2026-03-29T01:00:00.000Z"), "%s", out);
    cr_assert_not_null(strstr(one_cell(date, "2026-10-25 02:30", out), "2026-10-25T00:30:00.000Z"), "%s", out);
}

Test(mapping, CH_2_a_header_that_cannot_be_told_apart_is_refused)
{
    static const struct {
        const char *name, *part;
    } rows[] = {{"Gr\xfc\xdf"
                 "e",
                 "line 1: the name of column 3 is not UTF-8 text"},
                {"Ticket", "columns 1 and 3 are both named 'Ticket'"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct applied a;
        struct err e = ERR_INIT;
        const char *header[COLUMNS];
        memcpy(header, names, sizeof header);
        header[TYPE] = rows[i].name;
        setup(&a);
        cr_assert_not(mapping_check_header(&a.m, &(struct mapping_row){.names = header, .n = COLUMNS}, &e));
        cr_assert_not_null(strstr(e.message, rows[i].part), "%s", e.message);
        teardown(&a);
    }
}

Test(mapping, a_column_the_file_lacks_is_named)
{
    struct applied a;
    struct err e = ERR_INIT;
    setup(&a);
    cr_assert_not(mapping_check_header(&a.m, &(struct mapping_row){.names = names, .n = COLUMNS - 1}, &e));
    cr_assert_not_null(strstr(e.message, "'Agent'"), "%s", e.message);
    cr_assert_str_eq(mapping_column_of(&a.m, "$.claimed_minor: too large"), "Amount");
    cr_assert_str_eq(mapping_column_of(&a.m, "$.kind: unknown"), "");
    teardown(&a);
}

struct seen {
    int rows, fields;
    char last[64];
};

static bool on_row(void *user, const struct csv_row *row, struct err *e)
{
    (void)e;
    struct seen *s = user;
    s->rows++;
    s->fields = row->n;
    snprintf(s->last, sizeof s->last, "%s", row->fields[row->n - 1]);
    return true;
}

Test(csv, quotes_newlines_and_gzip_are_read)
{
    char *path = write_file("\xef\xbb\xbfid,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,张三\n");
    struct seen s = {0};
    struct err e = ERR_INIT;
    cr_assert(csvfile_read(path, ',', on_row, &s, &e), "%s", e.message);
    cr_assert_eq(s.rows, 3);
    cr_assert_str_eq(s.last, "张三");
    gzFile gz = gzopen(path, "wb");
    gzputs(gz, "a,b\n1,\"x\ny\"\n");
    gzclose(gz);
    s = (struct seen){0};
    cr_assert(csvfile_read(path, ',', on_row, &s, &e), "%s", e.message);
    cr_assert_eq(s.rows, 2);
    cr_assert_str_eq(s.last, "x\ny");
    unlink(path);
    free(path);
}

Test(csv, a_quote_never_closed_is_an_error_with_its_row)
{
    char *path = write_file("id,text\n1,\"never closed\n");
    struct seen s = {0};
    struct err e = ERR_INIT;
    cr_assert_not(csvfile_read(path, ',', on_row, &s, &e));
    cr_assert_not_null(strstr(e.message, "row 1"), "%s", e.message);
    unlink(path);
    free(path);
}

Test(csv, a_file_without_a_header_is_refused)
{
    char *path = write_file("");
    struct seen s = {0};
    struct err e = ERR_INIT;
    cr_assert_not(csvfile_read(path, ',', on_row, &s, &e));
    cr_assert_not_null(strstr(e.message, "no header line"), "%s", e.message);
    unlink(path);
    free(path);
}

Test(csv, CH_2_a_gzip_file_cut_off_is_an_error_after_its_whole_rows)
{
    char *path = write_file("");
    struct seen s = {0};
    struct err e = ERR_INIT;
    gzFile gz = gzopen(path, "wb0");
    gzputs(gz, "id,text\n1,one\n2,two\n3,three\n");
    gzclose(gz);
    cr_assert_eq(truncate(path, csvfile_size(path) - 12), 0);
    cr_assert_not(csvfile_read(path, ',', on_row, &s, &e));
    cr_assert_not_null(strstr(e.message, path), "%s", e.message);
    cr_assert_not_null(strstr(e.message, "ends in the middle"), "%s", e.message);
    cr_assert_eq(s.rows, 3, "%d", s.rows);
    unlink(path);
    free(path);
}
