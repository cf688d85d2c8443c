/* Working time by its worked examples: the office is open 09:00-12:00 and 13:30-18:00 in Shanghai,
 * the days are the State Council's. Every case reads "start, limit → due". */
#include "calendar_kit.h"

enum { H = 3600000 };

static const struct calendar *cn;

static void open_cn(void) { cn = kit_load("cn"); }
static void close_cn(void) { calendar_unload(cn); }
TestSuite(calendar, .init = open_cn, .fini = close_cn);

static struct calendar_limit days(int64_t n) { return (struct calendar_limit){.span = {CALENDAR_WORKING_DAYS, n}}; }
static struct calendar_limit dates(int64_t n) { return (struct calendar_limit){.span = {CALENDAR_CALENDAR_DAYS, n}}; }
static struct calendar_limit hours(int64_t n) { return (struct calendar_limit){.span = {CALENDAR_ELAPSED_MS, n * H}}; }
static struct calendar_limit work(int64_t n) { return (struct calendar_limit){.span = {CALENDAR_WORKING_MS, n * H}}; }
static struct calendar_limit date(int y, int m, int d)
{
    return (struct calendar_limit){.span = {CALENDAR_FIXED_DATE, timefmt_days(y, m, d)}};
}
static struct calendar_limit deemed(struct calendar_limit l) { return l.deemed_next_open = true, l; }
static struct calendar_limit bound(struct calendar_limit l) { return l.binds_customer = true, l; }
static struct calendar_limit roll(struct calendar_limit l, enum calendar_roll r) { return l.roll = r, l; }

static struct calendar_due due_paused(const char *start, struct calendar_limit l, const struct calendar_pause *p, int n)
{
    struct calendar_due due;
    struct calendar_run run = {.start_ms = kit_at(cn, start), .pauses = p, .n_pauses = n};
    enum calendar_err err = calendar_due(cn, &l, &run, &due);
    cr_assert_eq(err, CALENDAR_OK, "%s: %s", start, calendar_err_name(err));
    return due;
}

static struct calendar_due due_of(const char *start, struct calendar_limit l) { return due_paused(start, l, NULL, 0); }

static enum calendar_err err_of(const char *start, struct calendar_limit l)
{
    struct calendar_due due;
    struct calendar_run run = {.start_ms = kit_at(cn, start)};
    return calendar_due(cn, &l, &run, &due);
}

#define DUE(start, limit, expected) KIT_EQ(cn, due_of(start, limit).due_ms, expected)

/* SL-1, SL-4: rule 2 */
Test(calendar, SL_1_working_days_end_at_the_close_of_the_nth)
{
    DUE("2026-02-13 16:00", days(1), "2026-02-14 18:00");
    DUE("2026-02-13 16:00", days(2), "2026-02-24 18:00");
    DUE("2026-03-02 09:00", days(3), "2026-03-05 18:00");
    DUE("2026-03-05 09:00", days(10), "2026-03-19 18:00");
}

/* SL-1: rules 3, 4, 5 */
Test(calendar, SL_1_a_start_on_a_holiday_at_night_or_on_a_makeup_day)
{
    DUE("2026-02-16 10:00", days(2), "2026-02-25 18:00");
    DUE("2026-02-16 10:00", deemed(days(2)), "2026-02-26 18:00");
    DUE("2026-03-02 23:30", days(2), "2026-03-04 18:00");
    DUE("2026-03-02 23:30", deemed(days(2)), "2026-03-05 18:00");
    DUE("2026-02-28 10:00", days(2), "2026-03-03 18:00");
    DUE("2026-03-02 18:00", deemed(days(1)), "2026-03-04 18:00"); /* at the close: half-open */
    DUE("2026-03-02 12:30", deemed(days(1)), "2026-03-03 18:00"); /* the midday break is the same date */
    DUE("2026-03-02 06:00", deemed(days(1)), "2026-03-03 18:00");
}

Test(calendar, SL_1_zero_working_days_end_at_the_next_close)
{
    DUE("2026-03-02 10:00", days(0), "2026-03-02 18:00");
    DUE("2026-03-02 18:00", days(0), "2026-03-03 18:00");
    DUE("2026-02-16 10:00", days(0), "2026-02-24 18:00");
}

/* SL-1: rule 6 */
Test(calendar, SL_1_elapsed_hours_run_by_the_wall_clock)
{
    DUE("2026-02-16 10:00", hours(24), "2026-02-17 10:00");
    DUE("2026-02-16 10:00", roll(hours(24), CALENDAR_ROLL_NEXT_OPEN), "2026-02-24 09:00");
    DUE("2026-03-02 10:00", roll(hours(2), CALENDAR_ROLL_NEXT_OPEN), "2026-03-02 12:00");
    DUE("2026-03-02 10:00", roll(hours(8), CALENDAR_ROLL_NEXT_OPEN), "2026-03-02 18:00"); /* at a close it stays */
    DUE("2026-02-16 10:00", deemed(hours(24)), "2026-02-25 09:00");
}

/* SL-1: rule 7 */
Test(calendar, SL_1_calendar_days_roll_to_the_next_working_close)
{
    DUE("2026-02-13 16:00", dates(3), "2026-02-24 18:00");
    DUE("2026-03-02 16:00", dates(3), "2026-03-05 18:00");
    DUE("2026-03-05 16:00", dates(3), "2026-03-09 18:00");
    DUE("2026-02-13 16:00", dates(1), "2026-02-14 18:00"); /* a make-up Saturday works */
    DUE("2026-03-02 20:00", dates(0), "2026-03-03 18:00");
}

/* SL-1: rules 8, 9 */
Test(calendar, SL_1_working_hours_sum_half_open_segments)
{
    DUE("2026-09-30 17:00", work(4), "2026-10-08 12:00");
    DUE("2026-03-02 12:30", work(1), "2026-03-02 14:30");
    DUE("2026-03-02 09:00", work(3), "2026-03-02 12:00");
    DUE("2026-03-02 12:00", work(0), "2026-03-02 13:30");
    DUE("2026-03-02 10:00", work(0), "2026-03-02 10:00");
    DUE("2026-03-02 18:00", work(0), "2026-03-03 09:00");
    DUE("2026-02-15 10:00", work(0), "2026-02-24 09:00");
}

/* IN-6, SL-2: rule 10 */
Test(calendar, SL_2_a_pause_moves_a_limit_by_its_own_time)
{
    struct calendar_pause p = {kit_at(cn, "2026-03-02 11:00"), kit_at(cn, "2026-03-04 14:00")};
    int64_t ms;
    cr_assert_eq(calendar_between(cn, p.from_ms, p.until_ms, &ms), CALENDAR_OK);
    cr_assert_eq(ms, 33 * H / 2);
    KIT_EQ(cn, due_of("2026-03-02 09:00", work(9)).due_ms, "2026-03-03 10:30");
    KIT_EQ(cn, due_paused("2026-03-02 09:00", work(9), &p, 1).due_ms, "2026-03-05 12:00");

    p = (struct calendar_pause){kit_at(cn, "2026-03-03 11:00"), kit_at(cn, "2026-03-05 10:00")};
    cr_assert_eq(calendar_between(cn, p.from_ms, p.until_ms, &ms), CALENDAR_OK);
    cr_assert_eq(ms, 14 * H);
    KIT_EQ(cn, due_paused("2026-03-02 10:00", days(2), &p, 1).due_ms, "2026-03-06 17:00");
    KIT_EQ(cn, due_paused("2026-03-02 10:00", bound(days(2)), &p, 1).due_ms, "2026-03-06 24:00");
    KIT_EQ(cn, due_paused("2026-03-02 10:00", hours(48), &p, 1).due_ms, "2026-03-06 09:00");
}

/* SL-2: rule 10, calendar days: by the wall clock before rolling, then rule 7 */
Test(calendar, SL_2_a_pause_moves_calendar_days_and_then_rolls)
{
    struct calendar_pause day = {kit_at(cn, "2026-02-14 10:00"), kit_at(cn, "2026-02-15 10:00")};
    KIT_EQ(cn, due_paused("2026-02-13 16:00", dates(3), &day, 1).due_ms, "2026-02-24 18:00");
    KIT_EQ(cn, due_paused("2026-02-13 16:00", dates(11), &day, 1).due_ms, "2026-02-25 18:00");
    struct calendar_pause part = {kit_at(cn, "2026-03-03 10:00"), kit_at(cn, "2026-03-04 06:00")};
    KIT_EQ(cn, due_paused("2026-03-02 16:00", dates(3), &part, 1).due_ms, "2026-03-06 14:00");
    struct calendar_pause night = {kit_at(cn, "2026-03-03 10:00"), kit_at(cn, "2026-03-03 13:00")};
    KIT_EQ(cn, due_paused("2026-03-02 16:00", dates(3), &night, 1).due_ms, "2026-03-06 18:00");
}

/* SL-2: rule 10: order does not matter, overlaps count once, fixed dates stand, zero changes nothing */
Test(calendar, SL_2_pauses_commute_and_overlaps_count_once)
{
    struct calendar_pause p[4] = {{kit_at(cn, "2026-03-02 11:00"), kit_at(cn, "2026-03-03 10:00")},
                                  {kit_at(cn, "2026-03-03 09:00"), kit_at(cn, "2026-03-04 14:00")},
                                  {kit_at(cn, "2026-03-02 15:00"), kit_at(cn, "2026-03-02 16:00")},
                                  {kit_at(cn, "2026-03-02 10:00"), kit_at(cn, "2026-03-02 10:00")}};
    struct calendar_pause turned[4] = {p[3], p[2], p[1], p[0]};
    KIT_EQ(cn, due_paused("2026-03-02 09:00", work(9), p, 4).due_ms, "2026-03-05 12:00");
    KIT_EQ(cn, due_paused("2026-03-02 09:00", work(9), turned, 4).due_ms, "2026-03-05 12:00");
    KIT_EQ(cn, due_paused("2026-03-02 09:00", date(2026, 3, 3), p, 4).due_ms, "2026-03-03 18:00");
    struct calendar_pause outside[2] = {{kit_at(cn, "2026-02-02 11:00"), kit_at(cn, "2026-03-02 08:00")},
                                        {kit_at(cn, "2026-03-03 10:30"), kit_at(cn, "2026-03-04 14:00")}};
    KIT_EQ(cn, due_paused("2026-03-02 09:00", work(9), outside, 2).due_ms, "2026-03-03 10:30"); /* fired at 10:30 */
}

Test(calendar, SL_2_a_pause_without_an_end_leaves_no_due)
{
    struct calendar_pause p[2] = {{kit_at(cn, "2026-03-02 11:00"), kit_at(cn, "2026-03-02 11:30")},
                                  {kit_at(cn, "2026-03-03 09:30"), CALENDAR_FOREVER}};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 09:00"), .pauses = p, .n_pauses = 2};
    struct calendar_limit nine = work(9), one = work(1);
    struct calendar_due due;
    cr_assert_eq(calendar_due(cn, &nine, &run, &due), CALENDAR_PAUSED);
    cr_assert_eq(calendar_due(cn, &one, &run, &due), CALENDAR_OK); /* was due before */
    KIT_EQ(cn, due.due_ms, "2026-03-02 10:00");
}

static enum calendar_err warn_of(const char *start, struct calendar_limit l, struct calendar_warn w, int64_t *ms)
{
    struct calendar_run run = {.start_ms = kit_at(cn, start)};
    return calendar_warn(cn, &l, &run, &w, ms);
}

#define BEFORE(unit, n) ((struct calendar_warn){.before = {unit, n}})
#define WARN(start, limit, warn, expected)                                                                             \
    do {                                                                                                               \
        int64_t ms;                                                                                                    \
        cr_assert_eq(warn_of(start, limit, warn, &ms), CALENDAR_OK);                                                   \
        KIT_EQ(cn, ms, expected);                                                                                      \
    } while (0)

/* SL-2, SL-3: rule 11 */
Test(calendar, SL_3_a_warning_subtracts_in_the_same_unit)
{
    DUE("2026-03-02 17:00", work(3) /* 1 h Monday, 2 h Tuesday */, "2026-03-03 11:00");
    struct calendar_limit l = {.span = {CALENDAR_WORKING_MS, 3 * H / 2}};
    DUE("2026-03-02 17:00", l, "2026-03-03 09:30");
    WARN("2026-03-02 17:00", l, BEFORE(CALENDAR_WORKING_MS, H), "2026-03-02 17:30");
    WARN("2026-03-02 10:00", hours(24), BEFORE(CALENDAR_ELAPSED_MS, 4 * H), "2026-03-03 06:00");
    WARN("2026-03-02 10:00", days(3), BEFORE(CALENDAR_WORKING_DAYS, 1), "2026-03-04 18:00");
    WARN("2026-02-13 10:00", days(2), BEFORE(CALENDAR_WORKING_DAYS, 1), "2026-02-14 18:00");
    WARN("2026-02-13 10:00", dates(11), BEFORE(CALENDAR_CALENDAR_DAYS, 2), "2026-02-22 18:00");
    WARN("2026-03-02 09:00", bound(days(3)), BEFORE(CALENDAR_CALENDAR_DAYS, 1), "2026-03-04 24:00");
    WARN("2026-03-02 10:00", work(10), BEFORE(CALENDAR_WORKING_MS, 5 * H / 2), "2026-03-03 10:00");
    WARN("2026-03-02 10:00", work(10), BEFORE(CALENDAR_WORKING_MS, 7 * H / 2),
         "2026-03-03 09:00"); /* not 18:00 before */
}

/* SL-2: 80 % of the limit's own unit */
Test(calendar, SL_2_eighty_percent_is_of_working_time)
{
    /* 3 working days from Monday 09:00: 30 working hours until Thursday 18:00; 24 h of them are used on Thursday 10:30.
     */
    WARN("2026-03-02 09:00", days(3), (struct calendar_warn){.percent = 80}, "2026-03-05 10:30");
    WARN("2026-03-02 10:00", hours(24), (struct calendar_warn){.percent = 50}, "2026-03-02 22:00");
    /* The holiday is in it, and does not count: 2 days from 02-13 16:00 are 2 + 7.5 + 7.5 h. */
    WARN("2026-02-13 16:00", days(2), (struct calendar_warn){.percent = 50}, "2026-02-14 17:00");
}

Test(calendar, SL_2_a_warning_not_after_the_start_is_skipped)
{
    int64_t ms;
    cr_assert_eq(warn_of("2026-03-02 09:00", work(1), BEFORE(CALENDAR_WORKING_MS, H), &ms), CALENDAR_NO_WARNING);
    cr_assert_eq(warn_of("2026-03-02 09:00", work(1), BEFORE(CALENDAR_WORKING_DAYS, 1), &ms), CALENDAR_NO_WARNING);
    cr_assert_eq(warn_of("2026-03-02 09:00", hours(4), BEFORE(CALENDAR_ELAPSED_MS, 5 * H), &ms), CALENDAR_NO_WARNING);
    cr_assert_eq(warn_of("2026-03-02 09:00", hours(4), BEFORE(CALENDAR_FIXED_DATE, 1), &ms), CALENDAR_BAD_AMOUNT);
}

Test(calendar, SL_2_paused_time_is_not_used_time)
{
    struct calendar_pause p = {kit_at(cn, "2026-03-02 11:00"), kit_at(cn, "2026-03-04 14:00")};
    struct calendar_run run = {.start_ms = kit_at(cn, "2026-03-02 09:00"), .pauses = &p, .n_pauses = 1};
    struct calendar_limit l = work(10);
    struct calendar_warn early = {.percent = 10}, late = {.percent = 50};
    int64_t ms;
    cr_assert_eq(calendar_warn(cn, &l, &run, &early, &ms), CALENDAR_OK);
    KIT_EQ(cn, ms, "2026-03-02 10:00"); /* before the pause: it stays where it was */
    cr_assert_eq(calendar_warn(cn, &l, &run, &late, &ms), CALENDAR_OK);
    KIT_EQ(cn, ms, "2026-03-04 17:00"); /* 2 h used, pause, 3 h more */
}

/* SL-6: rule 12. 2020-01-27 the Spring Festival was extended to 02-02. */
Test(calendar, SL_6_a_changed_calendar_moves_what_touches_it)
{
    const struct calendar *was = NULL;
    struct err e = ERR_INIT;
    cr_assert(calendar_load(REDRESS_SOURCE_DIR "/tests/unit/calendar", "cn-before", &was, &e), "%s", e.message);
    struct calendar_limit two = days(2), one = hours(24);
    struct calendar_run run = {.start_ms = kit_at(cn, "2020-01-23 15:00")};
    struct calendar_due before, after, elapsed;
    cr_assert_eq(calendar_due(was, &two, &run, &before), CALENDAR_OK);
    cr_assert_eq(calendar_due(cn, &two, &run, &after), CALENDAR_OK);
    KIT_EQ(cn, before.due_ms, "2020-02-01 18:00");
    KIT_EQ(cn, after.due_ms, "2020-02-04 18:00");
    int32_t day;
    cr_assert(calendar_first_change(was, cn, before.first_day, before.last_day, &day));
    cr_assert_eq(day, timefmt_days(2020, 1, 31));
    cr_assert_not(calendar_first_change(was, cn, before.first_day, day - 1, &day));
    cr_assert_eq(calendar_due(was, &one, &run, &elapsed), CALENDAR_OK);
    cr_assert_gt(elapsed.first_day, elapsed.last_day, "elapsed time depends on no date");
    calendar_unload(was);
}

/* SL-6: rule 13 */
Test(calendar, SL_6_an_unpublished_year_is_provisional)
{
    cr_assert_not(due_of("2026-12-28 10:00", days(2)).provisional);
    cr_assert(due_of("2026-12-30 10:00", days(2)).provisional);
    cr_assert_not(due_of("2026-12-30 10:00", hours(96)).provisional);
    cr_assert(due_of("2026-12-31 10:00", roll(hours(24), CALENDAR_ROLL_NEXT_OPEN)).provisional);
    DUE("2027-03-01 10:00", days(2), "2027-03-03 18:00"); /* by weekday */
    cr_assert(calendar_year_published(cn, 2026));
    cr_assert_not(calendar_year_published(cn, 2027));
}

/* SL-1: rule 14: 2007's holiday notice is for 2007, its weekends for both sides of New Year */
Test(calendar, SL_1_a_limit_crosses_the_year)
{
    DUE("2019-12-31 10:00", days(1), "2020-01-02 18:00");
    DUE("2025-12-31 10:00", days(1), "2026-01-04 18:00"); /* 01-01..03 holiday, Sunday 01-04 works */
}

/* SL-1: rules 16 */
Test(calendar, SL_1_nonsense_is_an_error_and_not_a_loop)
{
    cr_assert_eq(err_of("2026-03-02 10:00", days(-1)), CALENDAR_BAD_AMOUNT);
    cr_assert_eq(err_of("2026-03-02 10:00", days(INT64_MAX)), CALENDAR_BAD_AMOUNT);
    cr_assert_eq(err_of("2026-03-02 10:00", work(INT64_MAX / H)), CALENDAR_BAD_AMOUNT);
    cr_assert_eq(err_of("2026-03-02 10:00", days(100000)), CALENDAR_OUT_OF_RANGE);
    cr_assert_eq(err_of("1985-03-02 10:00", days(1)), CALENDAR_OUT_OF_RANGE);
    cr_assert_eq(err_of("2026-03-02 10:00", dates(100000)), CALENDAR_OUT_OF_RANGE);
    cr_assert_eq(err_of("1985-03-02 10:00", hours(1)), CALENDAR_OK);
}

/* SL-7, RV-4, PR-4: rule 17 */
Test(calendar, SL_7_fixed_dates_and_recurrences)
{
    DUE("2026-03-02 10:00", date(2026, 3, 10), "2026-03-10 18:00");
    DUE("2026-03-02 10:00", bound(date(2026, 3, 10)), "2026-03-10 24:00");
    DUE("2026-04-02 10:00", roll(date(2026, 5, 10), CALENDAR_ROLL_WORKDAY_BEFORE), "2026-05-09 18:00"); /* make-up */
    DUE("2026-09-02 10:00", roll(date(2026, 10, 10), CALENDAR_ROLL_WORKDAY_BEFORE), "2026-10-10 18:00");
    DUE("2026-09-02 10:00", roll(date(2026, 1, 10), CALENDAR_ROLL_WORKDAY_BEFORE), "2026-01-09 18:00");
    struct calendar_limit visit = {.span = {CALENDAR_EVERY_DAYS, 2}}, call = {.span = {CALENDAR_EVERY_WEEKS, 1}};
    DUE("2026-02-13 10:00", visit, "2026-02-15 18:00"); /* dates count, working or not */
    DUE("2026-03-04 10:00", bound(call), "2026-03-15 24:00");
    struct calendar_pause week = {kit_at(cn, "2026-03-05 10:00"), kit_at(cn, "2026-03-12 10:00")};
    KIT_EQ(cn, due_paused("2026-03-04 10:00", bound(call), &week, 1).due_ms, "2026-03-22 24:00");
    KIT_EQ(cn, due_paused("2026-03-04 10:00", visit, &week, 1).due_ms, "2026-03-13 18:00");
}

Test(calendar, SL_1_limits_that_bind_the_customer_end_at_midnight)
{
    DUE("2026-02-13 16:00", bound(days(2)), "2026-02-24 24:00");
    DUE("2026-02-13 16:00", bound(dates(3)), "2026-02-24 24:00");
    DUE("2026-03-02 10:00", bound(hours(24)), "2026-03-03 10:00");
    struct calendar_pause evening = {kit_at(cn, "2026-02-24 20:00"), kit_at(cn, "2026-02-25 10:00")};
    KIT_EQ(cn, due_paused("2026-02-13 16:00", bound(days(2)), &evening, 1).due_ms, "2026-02-25 24:00");
}

Test(calendar, SL_2_units_have_names)
{
    struct calendar_span s;
    cr_assert(calendar_span_parse("hours", 24, &s));
    cr_assert_eq(s.unit, CALENDAR_ELAPSED_MS);
    cr_assert_eq(s.amount, 24 * H);
    cr_assert(calendar_span_parse("working_days", 3, &s));
    cr_assert_eq(s.amount, 3);
    cr_assert_not(calendar_span_parse("fortnights", 1, &s));
    cr_assert_not(calendar_span_parse("hours", -1, &s));
    cr_assert_not(calendar_span_parse("hours", INT64_MAX / 1000, &s));
}
