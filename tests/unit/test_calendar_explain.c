/* SL-5: a deadline explains itself date by date, and the rows add up to the limit. */
#include "calendar_kit.h"

enum { H = 3600000, MAX = 64 };

static struct calendar_step rows[MAX];

static int explain(const struct calendar *c, struct calendar_limit l, const struct calendar_run *run)
{
    struct calendar_steps steps = {.rows = rows, .max = MAX};
    enum calendar_err err = calendar_explain(c, &l, run, &steps);
    cr_assert(err == CALENDAR_OK || err == CALENDAR_PAUSED, "%s", calendar_err_name(err));
    cr_assert_leq(steps.n, MAX);
    return steps.n;
}

static void expect(int n, const char *whys)
{
    char got[1024] = "";
    for (int i = 0; i < n; i++) {
        strcat(got, i > 0 ? " " : "");
        strcat(got, calendar_why_name(rows[i].why));
    }
    cr_assert_str_eq(got, whys);
}

Test(calendar_explain, SL_5_two_working_days_over_the_spring_festival)
{
    const struct calendar *cn = kit_load("cn");
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-02-13 16:00")};
    int n = explain(cn, (struct calendar_limit){.span = {CALENDAR_WORKING_DAYS, 2}}, &run);
    expect(n, "start_date makeup holiday holiday holiday holiday holiday holiday holiday holiday holiday counted");
    cr_assert_eq(rows[1].nth, 1);
    cr_assert_eq(rows[n - 1].nth, 2);
    cr_assert_eq(rows[n - 1].day, timefmt_days(2026, 2, 24));
    calendar_unload(cn);
}

Test(calendar_explain, SL_5_working_hours_add_up_with_pauses)
{
    const struct calendar *cn = kit_load("cn");
    struct calendar_pause p = {kit_at(cn, "2026-03-02 11:00"), kit_at(cn, "2026-03-04 14:00")};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 09:00"), .pauses = &p, .n_pauses = 1};
    int n = explain(cn, (struct calendar_limit){.span = {CALENDAR_WORKING_MS, 9 * H}}, &run);
    expect(n, "counted paused counted counted");
    int64_t counted = 0, paused = 0;
    for (int i = 0; i < n; i++) {
        counted += rows[i].counted_ms;
        paused += rows[i].paused_ms;
    }
    cr_assert_eq(counted, 9 * H);
    cr_assert_eq(paused, 33 * H / 2);
    calendar_unload(cn);
}

Test(calendar_explain, SL_5_every_unit_says_its_reason)
{
    const struct calendar *cn = kit_load("cn");
    struct calendar_pause p = {kit_at(cn, "2026-03-03 11:00"), kit_at(cn, "2026-03-05 10:00")};
    struct calendar_run friday = {.start_ms = kit_at(cn, "2026-03-06 16:00")};
    struct calendar_run sunday = {.start_ms = kit_at(cn, "2026-03-08 16:00")};
    struct calendar_run paused = {.start_ms = kit_at(cn, "2026-03-02 10:00"), .pauses = &p, .n_pauses = 1};
    struct calendar_limit l = {.span = {CALENDAR_CALENDAR_DAYS, 1}};
    expect(explain(cn, l, &friday), "start_date date rolled rolled");
    l = (struct calendar_limit){.span = {CALENDAR_WORKING_DAYS, 2}};
    expect(explain(cn, l, &paused), "start_date counted counted moved moved");
    cr_assert_eq(rows[1].paused_ms, 11 * H / 2);
    l.deemed_next_open = true;
    expect(explain(cn, l, &sunday), "weekend start_date counted counted");
    l = (struct calendar_limit){.span = {CALENDAR_ELAPSED_MS, 24 * H}, .roll = CALENDAR_ROLL_NEXT_OPEN};
    expect(explain(cn, l, &friday), "elapsed elapsed rolled rolled");
    cr_assert_eq(rows[0].counted_ms + rows[1].counted_ms + rows[2].counted_ms, 24 * H);
    l = (struct calendar_limit){.span = {CALENDAR_WORKING_MS, H}};
    expect(explain(cn, l, &sunday), "weekend counted");
    l = (struct calendar_limit){.span = {CALENDAR_FIXED_DATE, timefmt_days(2026, 1, 10)},
                                .roll = CALENDAR_ROLL_WORKDAY_BEFORE};
    expect(explain(cn, l, &sunday), "fixed rolled");
    l = (struct calendar_limit){.span = {CALENDAR_EVERY_DAYS, 2}};
    expect(explain(cn, l, &friday), "start_date date date");
    calendar_unload(cn);
}

Test(calendar_explain, SL_5_a_held_run_explains_up_to_its_pause_and_rows_may_be_cut)
{
    const struct calendar *cn = kit_load("cn");
    struct calendar_pause p = {kit_at(cn, "2026-03-04 11:00"), CALENDAR_FOREVER};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 10:00"), .pauses = &p, .n_pauses = 1};
    struct calendar_limit l = {.span = {CALENDAR_WORKING_DAYS, 3}};
    struct calendar_steps steps = {.rows = rows, .max = 2};
    cr_assert_eq(calendar_explain(cn, &l, &run, &steps), CALENDAR_PAUSED);
    cr_assert_eq(steps.n, 3);
    expect(2, "start_date counted");
    calendar_unload(cn);
}

Test(calendar_explain, SL_5_every_reason_has_words_in_both_languages)
{
    for (int w = CALENDAR_WHY_START_DATE; w <= CALENDAR_WHY_FIXED; w++) {
        const char *zh = calendar_why_text((enum calendar_why)w, "zh"),
                   *en = calendar_why_text((enum calendar_why)w, "en");
        cr_assert(zh != NULL && zh[0] != '\0' && en != NULL && en[0] != '\0' && strcmp(zh, en) != 0);
    }
}
