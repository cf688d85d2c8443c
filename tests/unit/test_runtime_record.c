/* Records keep their bytes through the outbox; damaged rows are refused, not believed. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/record.h"

static struct record sample(void)
{
    struct record r = {
        .timestamp_ms = INT64_C(1764000000123), .key = "17", .key_len = 2, .value = "{\"a\":\"\xc3\xa9\"}"};
    r.value_len = strlen(r.value);
    record_set_header(&r, "ce_id", "intake.3.1041");
    record_set_header(&r, "seq", "1041");
    return r;
}

static void same(const struct record *a, const struct record *b)
{
    cr_assert_eq(a->timestamp_ms, b->timestamp_ms);
    cr_assert_eq(a->key_len, b->key_len);
    cr_assert_arr_eq(a->key, b->key, a->key_len);
    cr_assert_eq(a->value_len, b->value_len);
    cr_assert_arr_eq(a->value, b->value, a->value_len);
    cr_assert_eq(a->n_headers, b->n_headers);
    for (int i = 0; i < a->n_headers; i++) {
        cr_assert_str_eq(a->headers[i].name, b->headers[i].name);
        cr_assert_str_eq(a->headers[i].value, b->headers[i].value);
    }
}

Test(record, bytes_survive_the_outbox)
{
    struct buf raw = BUF_INIT, row = BUF_INIT;
    struct record first = sample(), second = sample(), third = {.key = "", .value = "", .timestamp_ms = -1};
    second.value = "with\0inside";
    second.value_len = 11;
    record_encode(&first, &raw);
    record_encode(&second, &raw);
    record_encode(&third, &raw);
    chunk_pack(&raw, &row);

    struct arena arena;
    arena_init(&arena);
    struct err e = ERR_INIT;
    const char *back;
    size_t len, at = 0;
    struct record got;
    cr_assert(chunk_unpack(row.bytes, row.len, &arena, &back, &len, &e));
    cr_assert(record_decode(back, len, &at, &got));
    same(&first, &got);
    cr_assert(record_decode(back, len, &at, &got));
    same(&second, &got);
    cr_assert(record_decode(back, len, &at, &got));
    same(&third, &got);
    cr_assert_eq(at, len);
    cr_assert_not(record_decode(back, len, &at, &got));
    buf_deinit(&raw);
    buf_deinit(&row);
    arena_deinit(&arena);
}

Test(record, headers_are_found_replaced_and_read_as_numbers)
{
    struct record r = sample();
    int64_t seq = 0;
    cr_assert(record_header_int(&r, "seq", &seq));
    cr_assert_eq(seq, 1041);
    cr_assert(record_set_header(&r, "seq", "7"));
    cr_assert_eq(r.n_headers, 2);
    cr_assert_str_eq(record_header(&r, "seq"), "7");
    cr_assert_null(record_header(&r, "Seq"));
    cr_assert_not(record_header_int(&r, "ce_id", &seq));
    record_set_header(&r, "seq", "99999999999999999999");
    cr_assert_not(record_header_int(&r, "seq", &seq));
    while (r.n_headers < RECORD_MAX_HEADERS) {
        r.headers[r.n_headers] = (struct header){"x", "", 0};
        r.n_headers++;
    }
    cr_assert_not(record_set_header(&r, "one_more", "no"));
}

Test(record, every_damaged_byte_is_harmless)
{
    struct buf raw = BUF_INIT, row = BUF_INIT;
    struct record r = sample();
    record_encode(&r, &raw);
    chunk_pack(&raw, &row);
    for (size_t i = 0; i < row.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct arena arena;
            arena_init(&arena);
            struct err e = ERR_INIT;
            const char *back;
            size_t len, at = 0;
            struct record got;
            row.bytes[i] = (char)(row.bytes[i] ^ 1 << bit);
            if (chunk_unpack(row.bytes, row.len, &arena, &back, &len, &e))
                while (record_decode(back, len, &at, &got)) cr_assert_leq(at, len);
            else
                cr_assert_eq(e.code, ERR_DATA);
            row.bytes[i] = (char)(row.bytes[i] ^ 1 << bit);
            arena_deinit(&arena);
        }
    }
    for (size_t n = 0; n < raw.len; n++) {
        size_t at = 0;
        struct record got;
        cr_assert_not(record_decode(raw.bytes, n, &at, &got));
        cr_assert_eq(at, 0);
    }
    buf_deinit(&raw);
    buf_deinit(&row);
}
