/* base: money (AP-2, PA-4: minor units, refused overflow), instants, text, identifiers, the clock (SL-1). */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/crc.h"
#include "base/id.h"
#include "base/money.h"
#include "base/timefmt.h"
#include "base/utf8.h"

Test(base, PA_4_money_is_parsed_exactly)
{
    static const struct {
        const char *text, *currency;
        int64_t minor;
    } rows[] = {{"1995", "CNY", 199500},
                {"1,995.00", "USD", 199500},
                {"$319.73", "USD", 31973},
                {"¥ 12.5", "CNY", 1250},
                {"0", "CNY", 0},
                {"0.010", "CNY", 1},
                {"-3.20", "EUR", -320},
                {"500", "JPY", 500},
                {"1.234", "KWD", 1234},
                {"92233720368547758.07", "CNY", INT64_MAX},
                {"12.50 cny", "CNY", 1250},
                {"USD 1'234", "USD", 123400},
                {"-$5", "USD", -500},
                {"1 234 567.8\u00a0€", "EUR", 123456780}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct money m;
        const char *why;
        cr_assert(money_parse(rows[i].text, rows[i].currency, NULL, &m, &why), "%s: %s", rows[i].text, why);
        cr_assert_eq(m.minor, rows[i].minor, "%s", rows[i].text);
        cr_assert_str_eq(m.currency, rows[i].currency);
    }
}

Test(base, PA_4_what_is_no_amount_is_refused_with_its_reason)
{
    static const struct {
        const char *text, *currency, *why;
    } rows[] = {{"", "CNY", "not an amount"},
                {"abc", "CNY", "not an amount"},
                {"1.2.3", "CNY", "not an amount"},
                {"1,2", "CNY", "not an amount"},
                {",100", "CNY", "not an amount"},
                {"12 34", "CNY", "not an amount"},
                {"1,234 567", "CNY", "not an amount"},
                {"1234,567", "CNY", "not an amount"},
                {"12.345abc", "CNY", "not an amount"},
                {"12.50 USD", "CNY", "not an amount"},
                {"€ 12.50", "CNY", "not an amount"},
                {"CNY 12.50 CNY", "CNY", "not an amount"},
                {"67.240,39", "EUR", "not an amount"},
                {"1.005", "CNY", "more decimals than the currency has"},
                {"1.5", "JPY", "more decimals than the currency has"},
                {"92233720368547758.08", "CNY", "amount too large"},
                {"99999999999999999999", "CNY", "amount too large"},
                {"1", "XXX", "unknown currency"},
                {"1", "NYA", "unknown currency"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct money m = {.minor = 77};
        const char *why = NULL;
        cr_assert_not(money_parse(rows[i].text, rows[i].currency, NULL, &m, &why), "%s", rows[i].text);
        cr_assert_str_eq(why, rows[i].why, "%s: %s", rows[i].text, why);
        cr_assert_eq(m.minor, 77);
    }
}

Test(base, PA_4_a_decimal_comma_and_rounding_are_asked_for)
{
    static const struct money_notation comma = {.decimal = ','}, rounded = {.decimal = ',', .round = true};
    static const struct {
        const char *text;
        bool round;
        int64_t minor; /* -1: not an amount */
    } rows[] = {{"67.240,39 EUR", false, 6724039},
                {"1.000.000,00 EUR", true, 100000000},
                {"€ 1 234,5", false, 123450},
                {"1’234’567", false, 123456700},
                {"67.240", false, 6724000},
                {"0,005", true, 1},
                {"999,995", true, 100000},
                {"12,3449", true, 1234},
                {"67.24", true, -1},
                {"12.345.67", true, -1},
                {"12,3456 USD", true, -1},
                {"12,345abc", true, -1},
                {"12,345.678", true, -1},
                {"12,345,678", true, -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct money m = {.minor = -1};
        const char *why = NULL;
        bool well = money_parse(rows[i].text, "EUR", rows[i].round ? &rounded : &comma, &m, &why);
        cr_assert_eq(m.minor, rows[i].minor, "%s: %ld", rows[i].text, (long)m.minor);
        if (!well) cr_assert_str_eq(why, "not an amount", "%s: %s", rows[i].text, why);
    }
}

Test(base, PA_4_sums_refuse_overflow_and_mixed_currencies)
{
    struct money a = {INT64_MAX, "CNY"}, one = {1, "CNY"}, other = {1, "USD"}, out = {5, "CNY"};
    cr_assert_not(money_add(a, one, &out));
    cr_assert_not(money_add(one, other, &out));
    cr_assert_not(money_sub((struct money){INT64_MIN, "CNY"}, one, &out));
    cr_assert_eq(out.minor, 5);
    cr_assert(money_sub(a, one, &out));
    cr_assert_eq(out.minor, INT64_MAX - 1);
}

Test(base, money_prints_with_its_decimals)
{
    char text[32];
    cr_assert_str_eq(money_format((struct money){-5, "CNY"}, text, sizeof text), "-0.05 CNY");
    cr_assert_str_eq(money_format((struct money){1234, "KWD"}, text, sizeof text), "1.234 KWD");
    cr_assert_str_eq(money_format((struct money){500, "JPY"}, text, sizeof text), "500 JPY");
    cr_assert_str_eq(money_format((struct money){INT64_MIN, "CNY"}, text, sizeof text), "-92233720368547758.08 CNY");
}

Test(base, SL_1_instants_round_trip)
{
    int64_t ms;
    char text[TIMEFMT_SIZE];
    cr_assert(timefmt_parse("2026-03-02T09:00:00+08:00", &ms));
    cr_assert_str_eq(timefmt_utc(ms, text), "2026-03-02T01:00:00.000Z");
    cr_assert(timefmt_parse("1969-12-31T23:59:59.5Z", &ms));
    cr_assert_eq(ms, -500);
    cr_assert_str_eq(timefmt_utc(-500, text), "1969-12-31T23:59:59.500Z");
    for (int64_t day = -800000; day < 800000; day += 37) {
        int year, month, d;
        timefmt_date(day, &year, &month, &d);
        cr_assert_eq(timefmt_days(year, month, d), day);
    }
}

Test(base, SL_1_what_is_no_instant_is_refused)
{
    static const char *const bad[] = {"",
                                      "2026-03-02",
                                      "2026-03-02T09:00:00",
                                      "2026-02-29T09:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-03-02T24:00:00Z",
                                      "2026-03-02T09:00:00.Z",
                                      "2026-03-02T09:00:00+8:00",
                                      "2026-03-02T09:00:00Zx"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        cr_assert_not(timefmt_parse(bad[i], &ms), "%s", bad[i]);
    }
}

Test(base, text_is_escaped_and_malformed_bytes_shown)
{
    struct buf b = BUF_INIT;
    buf_json_string(&b, "a\"b\\c\n\x01 张 \xff \xed\xa0\x80");
    cr_assert_str_eq(b.bytes, "\"a\\\"b\\\\c\\n\\u0001 张 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    cr_assert_eq(utf8_count("张三a"), 3);
    cr_assert_eq(utf8_count("\xc0\x80"), -1);
    cr_assert_eq(utf8_prefix("张三a", 2), 6);
    buf_reset(&b);
    buf_int(&b, INT64_MIN);
    cr_assert_str_eq(b.bytes, "-9223372036854775808");
    buf_deinit(&b);
}

Test(base, a_case_id_carries_its_partition)
{
    int64_t id = case_id_make(15, 41);
    cr_assert_eq(case_id_partition(id), 15);
    cr_assert_eq(case_id_serial(id), 41);
    cr_assert_lt(case_id_make(8191, 1), INT64_C(1) << 53);
}

Test(base, a_checksum_is_the_known_one) { cr_assert_eq(crc_of("123456789", 9), 0xcbf43926U); }

Test(base, homes_are_spread_evenly)
{
    int hits[16] = {0};
    for (int i = 0; i < 16000; i++) {
        char key[32];
        snprintf(key, sizeof key, "tel:1380013%05d", i);
        hits[id_home(key, 16)]++;
    }
    for (int i = 0; i < 16; i++) cr_assert(hits[i] > 800 && hits[i] < 1200, "partition %d has %d of 1000", i, hits[i]);
}

Test(base, a_driven_clock_runs_at_its_scale_from_its_anchor)
{
    struct clock c;
    char text[96];
    snprintf(text, sizeof text, "2026-03-02T09:00:00+08:00@3600#%lld", (long long)clock_real_ms() - 2000);
    cr_assert(clock_parse(text, &c));
    cr_assert(c.driven);
    int64_t shown = clock_now_ms(&c) - c.start_ms;
    cr_assert(shown >= 7200 * 1000 && shown < 7200 * 1000 + 3600 * 1000, "%lld", (long long)shown);
    cr_assert_eq(clock_real_until_us(&c, c.start_ms), 0);
    cr_assert_not(clock_parse("tomorrow", &c));
    cr_assert_not(clock_parse("2026-03-02T09:00:00+08:00@0", &c));
}

Test(base, arena_memory_is_zeroed_aligned_and_reusable)
{
    struct arena a;
    arena_init(&a);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300000; size += 7919) {
            unsigned char *p = arena_alloc(&a, size);
            cr_assert_eq((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < size; i++) cr_assert_eq(p[i], 0);
            memset(p, 0xaa, size);
        }
        arena_reset(&a);
    }
    arena_deinit(&a);
}

static const struct config_key keys[] = {
    {.key = "db.port", .type = CONFIG_INT, .fallback = "5432", .min = 1, .max = 65535, .help = "port"},
    {.key = "db.password", .type = CONFIG_TEXT, .fallback = "", .secret = true, .help = "password"},
};

Test(base, a_setting_out_of_range_names_key_and_bounds)
{
    struct config c;
    struct err e = ERR_INIT;
    setenv("REDRESS_DB_PORT", "70000", 1);
    cr_assert_not(config_load(&c, keys, 2, NULL, &e));
    cr_assert_str_eq(e.message, "db.port: 70000 is outside 1..65535");
    config_deinit(&c);
    unsetenv("REDRESS_DB_PORT");
}

Test(base, secrets_are_never_printed)
{
    struct config c;
    struct err e = ERR_INIT;
    setenv("REDRESS_DB_PASSWORD", "hunter2", 1);
    cr_assert(config_load(&c, keys, 2, NULL, &e), "%s", e.message);
    cr_assert_str_eq(config_text(&c, "db.password"), "hunter2");
    FILE *f = tmpfile();
    config_print(&c, f);
    rewind(f);
    char text[256] = {0};
    cr_assert_gt(fread(text, 1, sizeof text - 1, f), 0);
    fclose(f);
    cr_assert_null(strstr(text, "hunter2"));
    cr_assert_not_null(strstr(text, "db.password = (set)"));
    config_deinit(&c);
    unsetenv("REDRESS_DB_PASSWORD");
}
