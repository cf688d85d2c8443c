/* SL-5: a deadline's explanation in words and JSON, in two languages. */
#include <jansson.h>

#include "base/buf.h"
#include "calendar/tell.h"
#include "calendar_kit.h"

enum { H = 3600000, MAX_LINES = 4000 };

static const struct calendar *cn;

static void open_cn(void) { cn = kit_load("cn"); }
static void close_cn(void) { calendar_unload(cn); }
TestSuite(calendar_tell, .init = open_cn, .fini = close_cn);

static json_t *tell(const struct calendar_limit *l, const struct calendar_run *run, const char *lang)
{
    struct buf out = BUF_INIT;
    json_error_t je;
    enum calendar_err err = calendar_tell(&(struct tell){.calendar = cn, .limit = l, .run = run, .lang = lang}, &out);
    cr_assert(err == CALENDAR_OK || err == CALENDAR_PAUSED, "%s", calendar_err_name(err));
    json_t *told = json_loadb(out.bytes, out.len, JSON_REJECT_DUPLICATES, &je);
    cr_assert_not_null(told, "%s in %s", je.text, out.bytes);
    buf_deinit(&out);
    return told;
}

static void add_lines(json_t *list, const char *member, char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *line = json_string_value(member == NULL ? item : json_object_get(item, member));
        cr_assert_lt(strlen(text) + strlen(line), MAX_LINES - 2);
        strcat(strcat(text, line), "\n");
    }
}

static void expect(const struct calendar_limit *l, const struct calendar_run *run, const char *lang, const char *words)
{
    char text[MAX_LINES] = "";
    json_t *told = tell(l, run, lang);
    add_lines(json_object_get(told, "intro"), NULL, text);
    add_lines(json_object_get(told, "days"), "text", text);
    add_lines(json_object_get(told, "conclusion"), NULL, text);
    cr_assert_str_eq(text, words);
    json_decref(told);
}

Test(calendar_tell, SL_5_working_days_over_a_makeup_day_and_a_holiday)
{
    struct calendar_limit l = {.span = {CALENDAR_WORKING_DAYS, 2}};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-04-30 16:00")};
    expect(&l, &run, "en",
           "2 working days from Thu 2026-04-30 16:00; calendar cn version 1 (Asia/Shanghai)\n"
           "Thu 2026-04-30: the start's date is not counted\n"
           "Fri 2026-05-01: public holiday, skipped\n"
           "Sat 2026-05-02: public holiday, skipped\n"
           "Sun 2026-05-03: public holiday, skipped\n"
           "Mon 2026-05-04: public holiday, skipped\n"
           "Tue 2026-05-05: public holiday, skipped\n"
           "Wed 2026-05-06: working day, counted (day 1)\n"
           "Thu 2026-05-07: working day, counted (day 2)\n"
           "due: Thu 2026-05-07 18:00\n");
    run.start_ms = kit_at(cn, "2026-05-08 16:00");
    expect(&l, &run, "zh",
           "自 2026-05-08 周五 16:00 起 2 个工作日；日历 cn 第 1 版（Asia/Shanghai）\n"
           "2026-05-08 周五：起算日，不计入\n"
           "2026-05-09 周六：调休上班日，计入（第 1 天）\n"
           "2026-05-10 周日：周末，跳过\n"
           "2026-05-11 周一：工作日，计入（第 2 天）\n"
           "到期：2026-05-11 周一 18:00\n");
}

Test(calendar_tell, SL_5_pauses_are_told_and_the_times_add_up)
{
    struct calendar_pause p = {kit_at(cn, "2026-03-02 11:00"), kit_at(cn, "2026-03-04 14:00")};
    struct calendar_limit l = {.span = {CALENDAR_WORKING_MS, 9 * H}};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 09:00"), .pauses = &p, .n_pauses = 1};
    expect(&l, &run, "en",
           "9:00 h of working time from Mon 2026-03-02 09:00; calendar cn version 1 (Asia/Shanghai)\n"
           "paused from Mon 2026-03-02 11:00 to Wed 2026-03-04 14:00\n"
           "Mon 2026-03-02: working day, counted; counts 2:00 h; paused 5:30 h\n"
           "Tue 2026-03-03: paused, not counted; paused 7:30 h\n"
           "Wed 2026-03-04: working day, counted; counts 4:00 h; paused 3:30 h\n"
           "Thu 2026-03-05: working day, counted; counts 3:00 h\n"
           "due: Thu 2026-03-05 12:00\n");
}

Test(calendar_tell, SL_5_a_pause_that_lasts_has_no_due)
{
    struct calendar_pause p = {kit_at(cn, "2026-03-03 00:00"), CALENDAR_FOREVER};
    struct calendar_limit l = {.span = {CALENDAR_ELAPSED_MS, 24 * H}};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 22:30"), .pauses = &p, .n_pauses = 1};
    expect(&l, &run, "zh",
           "自 2026-03-02 周一 22:30 起 24:00 小时（自然时间）；日历 cn 第 1 版（Asia/Shanghai）\n"
           "自 2026-03-03 周二 00:00 起暂停，尚未恢复\n"
           "2026-03-02 周一：按自然时间计入，计 1:30 小时\n"
           "暂停期间没有到期时间\n");
    json_t *told = tell(&l, &run, "en");
    cr_assert(json_is_null(json_object_get(told, "due")) && json_is_true(json_object_get(told, "paused")));
    cr_assert_str_eq(json_string_value(json_array_get(json_array_get(json_object_get(told, "pauses"), 0), 0)),
                     "2026-03-03T00:00:00+08:00");
    cr_assert(json_is_null(json_array_get(json_array_get(json_object_get(told, "pauses"), 0), 1)));
    json_decref(told);
}

Test(calendar_tell, SL_5_deemed_provisional_and_bound_to_24_00)
{
    struct calendar_limit l = {.span = {CALENDAR_WORKING_DAYS, 1}, .deemed_next_open = true, .binds_customer = true};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-12-30 18:00")};
    expect(&l, &run, "en",
           "1 working day from Wed 2026-12-30 18:00; calendar cn version 1 (Asia/Shanghai)\n"
           "the start is outside office hours: counted from Thu 2026-12-31 09:00\n"
           "Wed 2026-12-30: outside office time: counted from the next opening\n"
           "Thu 2026-12-31: the start's date is not counted\n"
           "Fri 2027-01-01: working day, counted (day 1); provisional\n"
           "due: Fri 2027-01-01 24:00\n"
           "provisional: it reaches into a year whose holidays are not published; counted by the week\n");
}

/* What programs read: the rows add up, and the two languages differ in words only. */
Test(calendar_tell, SL_5_programs_read_the_same_in_both_languages)
{
    static const struct calendar_limit limits[] = {
        {.span = {CALENDAR_WORKING_DAYS, 5}},
        {.span = {CALENDAR_CALENDAR_DAYS, 7}},
        {.span = {CALENDAR_ELAPSED_MS, 90 * 60000}, .roll = CALENDAR_ROLL_NEXT_OPEN},
        {.span = {CALENDAR_WORKING_MS, 40 * H}, .deemed_next_open = true},
        {.span = {CALENDAR_FIXED_DATE, 20520}, .roll = CALENDAR_ROLL_WORKDAY_BEFORE},
        {.span = {CALENDAR_EVERY_WEEKS, 2}},
    };
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-02-14 17:59") + 30250};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct calendar_due due;
        cr_assert_eq(calendar_due(cn, &limits[i], &run, &due), CALENDAR_OK);
        json_t *en = tell(&limits[i], &run, "en"), *zh = tell(&limits[i], &run, "zh"), *day;
        cr_assert_eq(json_integer_value(json_object_get(en, "due_ms")), due.due_ms);
        int64_t counted_ms = 0;
        size_t k;
        json_array_foreach(json_object_get(en, "days"), k, day) counted_ms +=
            json_integer_value(json_object_get(day, "counted_ms"));
        bool by_time = limits[i].span.unit == CALENDAR_ELAPSED_MS || limits[i].span.unit == CALENDAR_WORKING_MS;
        if (by_time) cr_assert_eq(counted_ms, limits[i].span.amount);
        json_t *both[] = {en, zh};
        for (int b = 0; b < 2; b++) {
            json_object_del(both[b], "intro");
            json_object_del(both[b], "conclusion");
            json_object_del(both[b], "lang");
            json_array_foreach(json_object_get(both[b], "days"), k, day) json_object_del(day, "text");
        }
        cr_assert(json_equal(en, zh));
        json_decref(en);
        json_decref(zh);
    }
}

Test(calendar_tell, SL_5_a_long_one_is_cut_and_says_so)
{
    struct calendar_limit l = {.span = {CALENDAR_CALENDAR_DAYS, 2000}};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 10:00")};
    json_t *told = tell(&l, &run, "en");
    cr_assert_eq(json_array_size(json_object_get(told, "days")), TELL_DAYS_MAX);
    cr_assert(json_is_true(json_object_get(told, "truncated")));
    cr_assert(json_is_true(json_object_get(told, "provisional")));
    json_decref(told);
    struct buf out = BUF_INIT;
    l.span.amount = 1000000;
    cr_assert_eq(calendar_tell(&(struct tell){cn, &l, &run, "en"}, &out), CALENDAR_BAD_AMOUNT);
    cr_assert_eq(out.len, 0);
}

Test(calendar_tell, the_language_asked_for)
{
    static const struct {
        const char *accepted, *lang;
    } cases[] = {{NULL, "en"},
                 {"", "en"},
                 {"zh", "zh"},
                 {"zh-CN,zh;q=0.9,en;q=0.8", "zh"},
                 {"en, zh", "en"},
                 {"fr", "en"},
                 {"*", "en"},
                 {"fr, zh;q=0.1", "zh"},
                 {"en;q=0.3,zh ;q=0.2", "en"},
                 {"en;q=0.3, zh-TW; q=0.4", "zh"},
                 {"zh_CN.UTF-8", "zh"},
                 {"zh;q=0,en", "en"},
                 {";;,,q=", "en"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_str_eq(calendar_language(cases[i].accepted), cases[i].lang, "%s", cases[i].accepted);
}
