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

Test(mapping, a_wrong_mapping_is_refused_before_the_first_row)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"{}", "$.channel"},
        {"{\"channel\":\"a\",\"zone\":\"Mars/Base\",\"fields\":{}}", "Mars/Base"},
        {"{\"channel\":\"a\",\"zone\":\"UTC\",\"fields\":{\"kind\":{\"colum\":\"x\"}}}", "unknown key 'colum'"},
        {"{\"channel\":\"a\",\"zone\":\"UTC\",\"fields\":{\"kind\":{\"column\":\"x\",\"const\":\"y\"}}}",
         "exactly one"},
        {"{\"channel\":\"a\",\"zone\":\"UTC\",\"fields\":{\"x\":{\"column\":\"x\",\"type\":\"date\"}}}", "format"},
        {"{\"channel\":\"a\",\"zone\":\"UTC\",\"fields\":{\"x\":{\"column\":\"x\",\"type\":\"amount\"}}}", "ISO 4217"},
        {"{\"channel\":\"a\",\"zone\":\"UTC\",\"fields\":{\"x\":{\"template\":\"{a\"}}}", "'}'"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mapping m;
        struct err e = ERR_INIT;
        cr_assert_not(load(rows[i].text, &m, &e), "%s", rows[i].text);
        cr_assert_not_null(strstr(e.message, rows[i].part), "%s", e.message);
        mapping_deinit(&m);
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
