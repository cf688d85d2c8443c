/* CloudEvents from channels, in both content modes; CH-2: a message that is not well-formed is refused by name. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/cloudevents.h"

static struct arena arena;
static struct ce ce;
static struct err err;

static void setup(void)
{
    arena_init(&arena);
    err = ERR_INIT;
}

static void teardown(void) { arena_deinit(&arena); }

TestSuite(cloudevents, .init = setup, .fini = teardown);

#define H(name, value)                                                                                                 \
    {                                                                                                                  \
        name, value, sizeof(value) - 1                                                                                 \
    }
#define STRUCTURED H("content-type", "application/cloudevents+json; charset=UTF-8")
#define BASE "\"specversion\":\"1.0\",\"id\":\"a1\",\"source\":\"/crm\",\"type\":\"redress.inbound.complaint.v1\""

static bool read_structured(const char *json)
{
    static const struct ce_header headers[] = {STRUCTURED};
    const struct ce_message m = {.headers = headers, .n_headers = 1, .value = json, .n_value = strlen(json)};
    return ce_read(&m, &arena, &ce, &err);
}

static void expect_refused(const char *json, const char *message)
{
    err = ERR_INIT;
    cr_expect_not(read_structured(json), "accepted: %s", json);
    cr_expect_eq(err.code, ERR_DATA);
    cr_expect(strstr(err.message, message), "\"%s\" does not say \"%s\"", err.message, message);
}

/* CH-2 */
Test(cloudevents, CH_2_structured_mode)
{
    cr_assert(
        read_structured("{" BASE ",\"time\":\"2026-03-02T09:00:00+08:00\",\"subject\":\"HT-1\",\"ext\":7,"
                        "\"datacontenttype\":\"application/json\",\"data\":{\"description\":\"漏水\",\"n\":[1, 2]}}"),
        "%s", err.message);
    cr_expect_str_eq(ce.id, "a1");
    cr_expect_str_eq(ce.source, "/crm");
    cr_expect_str_eq(ce.type, "redress.inbound.complaint.v1");
    cr_expect_str_eq(ce.subject, "HT-1");
    cr_expect(ce.has_time);
    cr_expect_eq(ce.time_ms, INT64_C(1772413200000));
    cr_expect_eq(ce.n_data, strlen("{\"description\":\"漏水\",\"n\":[1,2]}"));
    cr_expect_arr_eq(ce.data, "{\"description\":\"漏水\",\"n\":[1,2]}", ce.n_data);
}

Test(cloudevents, optional_attributes_may_be_absent)
{
    cr_assert(read_structured("{" BASE ",\"subject\":null}"), "%s", err.message);
    cr_expect_not(ce.has_time);
    cr_expect_null(ce.subject);
    cr_expect_null(ce.data);
    cr_expect_eq(ce.n_data, 0);
}

Test(cloudevents, refusals_name_the_attribute)
{
    expect_refused("{\"specversion\":\"1.0\",\"source\":\"/c\",\"type\":\"t\"}", "id: is required");
    expect_refused("{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/c\",\"type\":\"t\"}", "id: is empty");
    expect_refused("{\"specversion\":\"1.0\",\"id\":5,\"source\":\"/c\",\"type\":\"t\"}", "id: expected a string");
    expect_refused("{\"specversion\":\"1.0\",\"id\":\"a\\nb\",\"source\":\"/c\",\"type\":\"t\"}",
                   "id: holds a control");
    expect_refused("{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\"}", "source: is required");
    expect_refused("{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/c\"}", "type: is required");
    expect_refused("{\"specversion\":\"0.3\",\"id\":\"a\",\"source\":\"/c\",\"type\":\"t\"}", "specversion: expected");
    expect_refused("{\"id\":\"a\",\"source\":\"/c\",\"type\":\"t\"}", "specversion: is required");
    expect_refused("{" BASE ",\"time\":\"yesterday\"}", "time: not an RFC 3339");
    expect_refused("{" BASE ",\"datacontenttype\":\"text/xml\",\"data\":\"<x/>\"}", "datacontenttype: expected");
    expect_refused("{" BASE ",\"data_base64\":\"AA==\"}", "data_base64: expected JSON data");
    expect_refused("{" BASE ",\"id\":\"b\"}", "duplicate");
    expect_refused("{" BASE, "$: not JSON");
    expect_refused("[]", "specversion: is required");
    char json[1200];
    snprintf(json, sizeof json, "{\"specversion\":\"1.0\",\"id\":\"%0600d\",\"source\":\"/c\",\"type\":\"t\"}", 1);
    expect_refused(json, "id: is longer than 512 bytes");
}

static bool read_binary(const struct ce_header *headers, int n, const char *value)
{
    const struct ce_message m = {
        .headers = headers, .n_headers = n, .value = value, .n_value = value ? strlen(value) : 0};
    err = ERR_INIT;
    return ce_read(&m, &arena, &ce, &err);
}

Test(cloudevents, binary_mode)
{
    const struct ce_header headers[] = {
        H("ce_specversion", "1.0"),
        H("ce_id", "a1"),
        H("ce_source", "/crm"),
        H("ce_type", "t"),
        H("ce_time", "2026-03-02T01:00:00Z"),
        H("traceparent", "00-\n"),
        H("ce_seq", "\001"),
        H("Content-Type", "application/json"),
    };
    const char *value = "{\"description\":\"x\"}";
    cr_assert(read_binary(headers, 8, value), "%s", err.message);
    cr_expect_str_eq(ce.id, "a1");
    cr_expect_eq(ce.time_ms, INT64_C(1772413200000));
    cr_expect_eq(ce.data, value, "the message's own bytes");
    cr_expect_eq(ce.n_data, strlen(value));
}

Test(cloudevents, binary_mode_refuses)
{
    const struct ce_header twice[] = {H("ce_id", "a"), H("ce_id", "b")};
    cr_expect_not(read_binary(twice, 2, NULL));
    cr_expect(strstr(err.message, "id: is given twice"), "%s", err.message);
    const struct ce_header nul[] = {H("ce_id", "a\0b")};
    cr_expect_not(read_binary(nul, 1, NULL));
    cr_expect(strstr(err.message, "id: holds a control"), "%s", err.message);
    const struct ce_header bytes[] = {H("ce_source", "\xc3\x28")};
    cr_expect_not(read_binary(bytes, 1, NULL));
    cr_expect(strstr(err.message, "source: is not UTF-8"), "%s", err.message);
    const struct ce_header null_value[] = {{"ce_type", NULL, 0}};
    cr_expect_not(read_binary(null_value, 1, NULL));
    cr_expect(strstr(err.message, "type: is empty"), "%s", err.message);
    cr_expect_not(read_binary(NULL, 0, "{}"));
    cr_expect(strstr(err.message, "specversion: is required"), "%s", err.message);
}
