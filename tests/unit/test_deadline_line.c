/* redressctl deadline compute, a line at a time: every worked example of the working-time rules as a question, and what
 * is no question. Every answer must be one line of valid JSON with either a due or an error. */
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "calendar_kit.h"
#include "cli/deadline_line.h"

static const struct calendar *items[4];
static struct calendar_set set = {.items = items};
static const struct deadline_book book = {.calendars = &set, .usual = "cn"};
static struct buf out;

static void take(const char *dir, const char *id)
{
    struct err e = ERR_INIT;
    cr_assert(calendar_load(dir, id, &items[set.n++], &e), "%s", e.message);
}

static void open_book(void)
{
    take(REDRESS_SOURCE_DIR "/schemas/calendar", "cn");
    take(REDRESS_SOURCE_DIR "/tests/unit/calendar", "cn-before");
    take(REDRESS_SOURCE_DIR "/tests/unit/calendar", "ny");
    take(REDRESS_SOURCE_DIR "/tests/unit/calendar", "idle");
}

static void close_book(void)
{
    for (int i = 0; i < set.n; i++) calendar_unload(items[i]);
    buf_deinit(&out);
}
TestSuite(deadline_line, .init = open_book, .fini = close_book);

static bool answer_n(const char *line, size_t n)
{
    buf_reset(&out);
    bool well = deadline_answer(&book, line, n, 7, &out);
    cr_assert_gt(out.len, 0);
    cr_assert_eq(strchr(out.bytes, '\n'), out.bytes + out.len - 1, "one line: %s", out.bytes);
    return well;
}

static bool answer(const char *line) { return answer_n(line, strlen(line)); }

/* The line with its end cut open, then what the answer adds. */
static void expect(const char *line, const char *added)
{
    char want[2000];
    answer(line);
    snprintf(want, sizeof want, "%.*s,%s}\n", (int)strlen(line) - 1, line, added);
    cr_assert_str_eq(out.bytes, want);
}

static void due(const char *line, const char *at)
{
    char added[100];
    snprintf(added, sizeof added, "\"due\":\"%s:00+08:00\"", at);
    expect(line, added);
}

#define Q(t, unit, n) "{\"t\":\"2026-" t ":00+08:00\",\"unit\":\"" unit "\",\"n\":" n "}"
#define Q_WITH(t, unit, n, more) "{\"t\":\"2026-" t ":00+08:00\",\"unit\":\"" unit "\",\"n\":" n "," more "}"
#define DEEMED "\"deemed_next_open\":true"

Test(deadline_line, SL_1_worked_examples_of_working_days)
{
    due(Q("02-13T16:00", "working_days", "1"), "2026-02-14T18:00");
    due(Q("02-13T16:00", "working_days", "2"), "2026-02-24T18:00");
    due(Q("02-16T10:00", "working_days", "2"), "2026-02-25T18:00");
    due(Q_WITH("02-16T10:00", "working_days", "2", DEEMED), "2026-02-26T18:00");
    due(Q("03-02T23:30", "working_days", "2"), "2026-03-04T18:00");
    due(Q_WITH("03-02T23:30", "working_days", "2", DEEMED), "2026-03-05T18:00");
    due(Q("02-28T10:00", "working_days", "2"), "2026-03-03T18:00");
    due("{\"t\":\"2025-12-31T10:00\",\"unit\":\"working_days\",\"n\":1}", "2026-01-04T18:00"); /* over two notices */
}

Test(deadline_line, SL_1_worked_examples_of_hours_and_dates)
{
    due(Q("02-16T10:00", "hours", "24"), "2026-02-17T10:00");
    due(Q_WITH("02-16T10:00", "hours", "24", "\"roll\":\"next_open\""), "2026-02-24T09:00");
    due(Q_WITH("02-16T10:00", "hours", "24", "\"roll\":\"none\""), "2026-02-17T10:00");
    due(Q("02-13T16:00", "calendar_days", "3"), "2026-02-24T18:00");
    due(Q("09-30T17:00", "working_hours", "4"), "2026-10-08T12:00");
    due(Q("03-02T12:00", "working_hours", "0"), "2026-03-02T13:30");
    due(Q("03-02T10:00", "working_hours", "0"), "2026-03-02T10:00");
    due(Q("02-16T10:00", "working_hours", "0"), "2026-02-24T09:00");
}

#define PAUSE(from, to) "[\"2026-" from ":00+08:00\",\"2026-" to ":00+08:00\"]"

Test(deadline_line, SL_2_worked_examples_of_pauses)
{
    due(Q_WITH("03-02T09:00", "working_hours", "9", "\"pauses\":[]"), "2026-03-03T10:30");
    due(Q_WITH("03-02T09:00", "working_hours", "9", "\"pauses\":[" PAUSE("03-02T11:00", "03-04T14:00") "]"),
        "2026-03-05T12:00");
    due(Q_WITH("03-02T10:00", "working_days", "2", "\"pauses\":null"), "2026-03-04T18:00");
    due(Q_WITH("03-02T10:00", "working_days", "2", "\"pauses\":[" PAUSE("03-03T11:00", "03-05T10:00") "]"),
        "2026-03-06T17:00");
    /* in two halves that overlap, the later first */
    due(Q_WITH("03-02T10:00", "working_days", "2",
               "\"pauses\":[" PAUSE("03-04T08:00", "03-05T10:00") "," PAUSE("03-03T11:00", "03-04T20:00") "]"),
        "2026-03-06T17:00");
    expect(Q_WITH("03-02T10:00", "hours", "2", "\"pauses\":[[\"2026-03-02T11:00\",null]]"),
           "\"due\":null,\"paused\":true");
}

Test(deadline_line, SL_6_a_calendar_by_its_name)
{
    due("{\"t\":\"2020-01-23T15:00\",\"unit\":\"working_days\",\"n\":2,\"calendar\":\"cn-before\"}",
        "2020-02-01T18:00");
    due("{\"t\":\"2020-01-23T15:00\",\"unit\":\"working_days\",\"n\":2,\"calendar\":\"cn\"}", "2020-02-04T18:00");
    expect("{\"t\":\"2026-12-30T10:00\",\"unit\":\"working_days\",\"n\":3}",
           "\"due\":\"2027-01-04T18:00:00+08:00\",\"provisional\":true");
}

#define NY(t, unit, n) "{\"calendar\":\"ny\",\"t\":\"" t "\",\"unit\":\"" unit "\",\"n\":" n "}"

Test(deadline_line, SL_1_a_zone_with_summer_time)
{
    expect(NY("2026-03-07T10:00", "hours", "24"), "\"due\":\"2026-03-08T11:00:00-04:00\"");
    expect(NY("2026-03-08T02:30", "hours", "0"), "\"due\":\"2026-03-08T03:00:00-04:00\"");
    expect(NY("2026-11-01T01:30", "hours", "0"), "\"due\":\"2026-11-01T01:30:00-04:00\"");
    expect(NY("2026-11-01T01:30-05:00", "hours", "0"), "\"due\":\"2026-11-01T01:30:00-05:00\"");
    expect(NY("2026-03-08T00:00", "working_hours", "3"), "\"due\":\"2026-03-08T05:00:00-04:00\""); /* 4 h, 1 missing */
    expect(NY("2026-03-07T10:00:00.250Z", "hours", "1"), "\"due\":\"2026-03-07T06:00:00.250-05:00\"");
}

Test(deadline_line, the_line_comes_back_as_it_was)
{
    expect("{ \"id\" : 1e2,\"big\":123456789012345678901234567890, \"t\":0,\"unit\":\"hours\",\"n\":1}",
           "\"error\":{\"line\":7,"
           "\"field\":\"t\",\"reason\":\"lies outside the years of calendar cn\"}");
    expect("{\"t\":1770969600000,\"x\":\"\\u0000\\ud83d\\ude00\",\"unit\":\"calendar_days\",\"n\":3}",
           "\"due\":1771927200000");
    expect("{\"unit\":\"hours\",\"n\":1.0,\"t\":1770969600000}", "\"due\":1770973200000");
    cr_assert(answer("{\"due\":1,\"t\":1770969600000,\"error\":{},\"unit\":\"hours\",\"n\":1}"));
    cr_assert_str_eq(out.bytes, "{\"t\":1770969600000,\"unit\":\"hours\",\"n\":1,\"due\":1770973200000}\n");
    cr_assert(answer("  {\"t\":1770969600000,\"unit\":\"hours\",\"n\":1} \r"));
    cr_assert_str_eq(out.bytes, "  {\"t\":1770969600000,\"unit\":\"hours\",\"n\":1,\"due\":1770973200000}\n");
}

static void fault(const char *line, const char *field, const char *reason)
{
    char want[200];
    cr_assert_not(answer(line), "%s", line);
    if (field == NULL)
        snprintf(want, sizeof want, "\"error\":{\"line\":7,\"reason\":\"%s", reason);
    else
        snprintf(want, sizeof want, "\"error\":{\"line\":7,\"field\":\"%s\",\"reason\":\"%s", field, reason);
    cr_assert_not_null(strstr(out.bytes, want), "%s\nin %s", want, out.bytes);
    json_t *back = json_loads(out.bytes, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    cr_assert(json_is_object(back) && json_object_get(back, "due") == NULL, "%s", out.bytes);
    json_decref(back);
}

#define OK_T "\"t\":\"2026-03-02T10:00\""

Test(deadline_line, what_is_wrong_is_named)
{
    fault("{}", "t", "is missing");
    fault("{\"t\":null,\"unit\":\"hours\",\"n\":1}", "t", "must be an instant");
    fault("{\"t\":\"2026-02-30T10:00\",\"unit\":\"hours\",\"n\":1}", "t", "must be an instant");
    fault("{\"t\":\"2026-02-13\",\"unit\":\"hours\",\"n\":1}", "t", "must be an instant");
    fault("{\"t\":\"2026-02-13T10:00\\u0000\",\"unit\":\"hours\",\"n\":1}", "t", "must be an instant");
    fault("{\"t\":1.5,\"unit\":\"hours\",\"n\":1}", "t", "must be an instant");
    fault("{\"t\":9223372036854775807,\"unit\":\"hours\",\"n\":1}", "t", "must be an instant");
    fault("{\"t\":\"1789-07-14T10:00:00Z\",\"unit\":\"hours\",\"n\":1}", "t", "lies outside");
    fault("{" OK_T ",\"n\":1}", "unit", "is missing");
    fault("{" OK_T ",\"unit\":\"fortnights\",\"n\":1}", "unit", "must be hours");
    fault("{" OK_T ",\"unit\":1,\"n\":1}", "unit", "must be hours");
    fault("{" OK_T ",\"unit\":\"hours\"}", "n", "is missing");
    fault("{" OK_T ",\"unit\":\"hours\",\"n\":\"2\"}", "n", "must be a whole number");
    fault("{" OK_T ",\"unit\":\"hours\",\"n\":2.5}", "n", "must be a whole number");
    fault("{" OK_T ",\"unit\":\"hours\",\"n\":-1}", "n", "must not be negative");
    fault("{" OK_T ",\"unit\":\"hours\",\"n\":9223372036854775807}", "n", "is too large");
    fault("{" OK_T ",\"unit\":\"hours\",\"n\":99999999999999999999}", "n", "must be a whole number");
    fault("{" OK_T ",\"unit\":\"working_days\",\"n\":4000000000}", "n", "is too large");
    fault("{" OK_T ",\"unit\":\"working_days\",\"n\":40000}", "n", "leads outside the years of calendar cn");
    fault("{" OK_T ",\"unit\":\"working_days\",\"n\":1,\"calendar\":\"mars\"}", "calendar", "there is no calendar");
    fault("{" OK_T ",\"unit\":\"working_days\",\"n\":1,\"calendar\":7}", "calendar", "must be the id");
    fault("{" OK_T ",\"unit\":\"working_days\",\"n\":1,\"calendar\":\"idle\"}", "calendar",
          "idle has no working day within 400 days");
}

#define REST "\"unit\":\"hours\",\"n\":1"

Test(deadline_line, what_is_wrong_with_an_option_is_named)
{
    fault("{" OK_T "," REST ",\"pauses\":3}", "pauses", "must be a list");
    fault("{" OK_T "," REST ",\"pauses\":[[1770969600000]]}", "pauses", "item 0 must be [from, to]");
    fault("{" OK_T "," REST ",\"pauses\":[[null,1770969600000]]}", "pauses", "item 0: from");
    fault("{" OK_T "," REST ",\"pauses\":[[1,2],[3,\"x\"]]}", "pauses", "item 1: to");
    fault("{" OK_T "," REST ",\"pauses\":[[2,1]]}", "pauses", "item 0 ends before it begins");
    fault("{" OK_T "," REST ",\"deemed_next_open\":1}", "deemed_next_open", "must be true or false");
    fault("{" OK_T "," REST ",\"binds_customer\":\"yes\"}", "binds_customer", "must be true or false");
    fault("{" OK_T "," REST ",\"roll\":true}", "roll", "must be");
    fault("{" OK_T "," REST ",\"roll\":\"back\"}", "roll", "must be");
    fault("[1]", NULL, "must be a JSON object");
    fault("null", NULL, "must be a JSON object");
    fault("{\"t\":1,\"t\":2}", NULL, "column 10: duplicate object key");
    fault("{\"t\":", NULL, "column");
    fault("{} {}", NULL, "column");
    fault("{\"a\":\"\xff\"}", NULL, "column");
    fault("{\"a\":1e999}", NULL, "column");
}

Test(deadline_line, a_line_beyond_the_bound)
{
    size_t n = DEADLINE_LINE_MAX + 1;
    char *line = malloc(n + 1);
    memset(line, ' ', n);
    memcpy(line, "{\"t\":1770969600000,\"unit\":\"hours\",\"n\":1}", 40);
    line[n] = '\0';
    cr_assert_not(answer_n(line, n));
    cr_assert_not_null(strstr(out.bytes, "is longer than"));
    cr_assert(answer_n(line, n - 1));
    free(line);
}

/* Whatever is asked, the answer is JSON, and a due or an error, never both. */
static void whatever(const char *line, size_t n)
{
    bool well = answer_n(line, n);
    json_t *back = json_loadb(out.bytes, out.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    cr_assert(json_is_object(back), "%.*s\n%s", (int)n, line, out.bytes);
    cr_assert_eq(json_object_get(back, "error") == NULL, well);
    cr_assert_eq(json_object_get(back, "due") != NULL, well);
    json_decref(back);
}

Test(deadline_line, lines_broken_at_random)
{
    static const char line[] =
        Q_WITH("03-02T10:00", "working_days", "2",
               "\"pauses\":[" PAUSE("03-03T11:00", "03-05T10:00") "],\"calendar\":\"cn\"," DEEMED);
    uint64_t seed = 20260302;
    for (int i = 0; i < 20000; i++) {
        char broken[sizeof line];
        memcpy(broken, line, sizeof line);
        for (int k = 0; k <= i % 3; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t at = (size_t)(seed >> 33) % (sizeof line - 1);
            broken[at] = (char)(i % 2 ? (int)(seed >> 24) & 0xff : "0123456789-:\",[]{}+.eTZ"[(seed >> 24) % 23]);
            if (broken[at] == '\n') broken[at] = ' ';
        }
        whatever(broken, sizeof line - 1);
    }
}

Test(deadline_line, naughty_strings_everywhere)
{
    char path[400];
    const char *dir = getenv("REDRESS_DATA");
    snprintf(path, sizeof path, "%s/naughty-strings.json", dir ? dir : REDRESS_SOURCE_DIR "/../shared/data");
    json_t *list = json_load_file(path, JSON_ALLOW_NUL, NULL), *item;
    if (list == NULL) cr_skip_test("no naughty strings here (REDRESS_DATA)");
    size_t i;
    json_array_foreach(list, i, item)
    {
        static const char *const fields[] = {"t",   "unit", "n", "pauses", "calendar", "roll", "deemed_next_open",
                                             "note"};
        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
            json_t *line = json_pack("{s:s, s:s, s:i}", "t", "2026-03-02T10:00", "unit", "hours", "n", 1);
            json_object_set(line, fields[f], item);
            char *text = json_dumps(line, JSON_COMPACT);
            whatever(text, strlen(text));
            whatever(json_string_value(item), strcspn(json_string_value(item), "\n"));
            free(text);
            json_decref(line);
        }
    }
    json_decref(list);
}
