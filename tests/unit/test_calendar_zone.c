/* SL-1, rule 15: any IANA zone; gaps, overlaps, and dates that are not 24 h long. The C library's
 * own reading of the same tzdata is the oracle for offsets. */
#include <stdlib.h>
#include <time.h>

#include "calendar/zone.h"
#include "calendar_kit.h"

static const char *const zones[] = {"Asia/Shanghai",  "Europe/Berlin",      "America/New_York",  "Australia/Lord_Howe",
                                    "Asia/Kathmandu", "America/St_Johns",   "Africa/Casablanca", "Pacific/Apia",
                                    "Europe/Dublin",  "America/Santiago",   "Asia/Tehran",       "Antarctica/Troll",
                                    "Etc/GMT+12",     "Pacific/Kiritimati", "America/Nuuk",      "UTC"};
enum { ZONES = sizeof zones / sizeof zones[0] };

static struct zone load(const char *name)
{
    struct zone z;
    struct err e = ERR_INIT;
    cr_assert(zone_load(name, 2099, &z, &e), "%s", e.message);
    return z;
}

Test(calendar_zone, SL_1_offsets_agree_with_the_c_library)
{
    uint64_t seed = 7;
    for (int i = 0; i < ZONES; i++) {
        struct zone z = load(zones[i]);
        setenv("TZ", zones[i], 1);
        tzset();
        for (int n = 0; n < 20000; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            time_t t = (time_t)(seed >> 33) % 4102444800; /* until 2100 */
            struct tm tm;
            localtime_r(&t, &tm);
            cr_assert_eq(zone_offset_s(&z, t), tm.tm_gmtoff, "%s at %ld: %d, libc %ld", zones[i], (long)t,
                         zone_offset_s(&z, t), tm.tm_gmtoff);
        }
        zone_unload(&z);
    }
}

/* Around every change of offset, minute by minute: local → UTC is the first or last instant that shows it. */
Test(calendar_zone, SL_1_local_times_resolve_around_every_change)
{
    for (int i = 0; i < ZONES; i++) {
        struct zone z = load(zones[i]);
        for (int k = 1; k < z.n; k++) {
            for (int64_t t = z.at_s[k] - 3 * 3600; t < z.at_s[k] + 3 * 3600; t += 60) {
                int64_t local = t + zone_offset_s(&z, t);
                int64_t early = zone_to_utc_s(&z, local, ZONE_EARLIER), late = zone_to_utc_s(&z, local, ZONE_LATER);
                cr_assert(early <= t && t <= late, "%s change %d", zones[i], k);
                cr_assert_eq(early + zone_offset_s(&z, early), local);
                cr_assert_eq(late + zone_offset_s(&z, late), local);
            }
            int32_t before = z.offset_s[k - 1], after = z.offset_s[k];
            if (after <= before) continue;
            int64_t in_gap = z.at_s[k] + before + (after - before) / 2;
            cr_assert_eq(zone_to_utc_s(&z, in_gap, ZONE_EARLIER), z.at_s[k], "%s change %d", zones[i], k);
            cr_assert_eq(zone_to_utc_s(&z, in_gap, ZONE_LATER), z.at_s[k]);
        }
        zone_unload(&z);
    }
}

/* A calendar open all week at the given minutes. */
static const struct calendar *all_week(const char *zone, struct zone *z, int open_min, int close_min, void *mem,
                                       size_t size)
{
    *z = load(zone);
    struct calendar_def def = {
        .id = "test", .version = 1, .zone_name = zone, .zone = *z, .first_year = 2010, .last_year = 2030};
    for (int i = 0; i < 7; i++) def.week[i] = (struct calendar_hours){1, {{(int16_t)open_min, (int16_t)close_min}}};
    cr_assert_leq(calendar_bytes(&def), size);
    const char *why;
    const struct calendar *c = calendar_build(&def, mem, &why);
    cr_assert_not_null(c, "%s", why);
    return c;
}

static int64_t mem[200000];

static void expect_day(const struct calendar *c, int y, int m, int d, const char *open, const char *close, int minutes)
{
    struct calendar_day day;
    char text[TIMEFMT_SIZE];
    cr_assert_eq(calendar_day_at(c, (int32_t)timefmt_days(y, m, d), &day), CALENDAR_OK);
    cr_assert_str_eq(timefmt_utc(day.open_ms, text), open);
    cr_assert_str_eq(timefmt_utc(day.close_ms, text), close);
    cr_assert_eq(day.work_ms, (int64_t)minutes * 60000);
}

Test(calendar_zone, SL_1_gap_and_overlap_in_berlin)
{
    struct zone z;
    const struct calendar *c = all_week("Europe/Berlin", &z, 150, 240, mem, sizeof mem); /* 02:30-04:00 */
    /* 2026-03-29 02:00 → 03:00: 02:30 is not there, the first valid instant is 03:00 = 01:00Z. */
    expect_day(c, 2026, 3, 29, "2026-03-29T01:00:00.000Z", "2026-03-29T02:00:00.000Z", 60);
    /* 2026-10-25 03:00 → 02:00: 02:30 is there twice; the earlier opens. */
    expect_day(c, 2026, 10, 25, "2026-10-25T00:30:00.000Z", "2026-10-25T03:00:00.000Z", 150);
    zone_unload(&z);
    c = all_week("Europe/Berlin", &z, 60, 150, mem, sizeof mem); /* 01:00-02:30 */
    expect_day(c, 2026, 3, 29, "2026-03-29T00:00:00.000Z", "2026-03-29T01:00:00.000Z", 60);
    expect_day(c, 2026, 10, 25, "2026-10-24T23:00:00.000Z", "2026-10-25T01:30:00.000Z", 150); /* the later closes */
    zone_unload(&z);
}

Test(calendar_zone, SL_1_a_day_is_stepped_by_date_in_new_york)
{
    struct zone z;
    const struct calendar *c = all_week("America/New_York", &z, 0, 1440, mem, sizeof mem);
    expect_day(c, 2026, 3, 8, "2026-03-08T05:00:00.000Z", "2026-03-09T04:00:00.000Z", 23 * 60);
    expect_day(c, 2026, 11, 1, "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z", 25 * 60);
    struct calendar_limit two = {.span = {CALENDAR_CALENDAR_DAYS, 2}}, day = {.span = {CALENDAR_ELAPSED_MS, 86400000}};
    struct calendar_run run = {.start_ms = kit_at(c, "2026-03-07 12:00")};
    struct calendar_due due;
    cr_assert_eq(calendar_due(c, &two, &run, &due), CALENDAR_OK);
    KIT_EQ(c, due.due_ms, "2026-03-09 24:00");
    cr_assert_eq(calendar_due(c, &day, &run, &due), CALENDAR_OK);
    KIT_EQ(c, due.due_ms, "2026-03-08 13:00"); /* 24 h later the clock shows an hour more */
    zone_unload(&z);
}

Test(calendar_zone, SL_1_samoa_skipped_a_date)
{
    struct zone z;
    const struct calendar *c = all_week("Pacific/Apia", &z, 540, 1020, mem, sizeof mem);
    struct calendar_day day;
    cr_assert_eq(calendar_day_at(c, (int32_t)timefmt_days(2011, 12, 30), &day), CALENDAR_OK);
    cr_assert_eq(day.kind, CALENDAR_DAY_MISSING);
    cr_assert_not(day.working);
    struct calendar_limit one = {.span = {CALENDAR_WORKING_DAYS, 1}};
    struct calendar_run run = {.start_ms = kit_at(c, "2011-12-29 12:00")};
    struct calendar_due due;
    cr_assert_eq(calendar_due(c, &one, &run, &due), CALENDAR_OK);
    KIT_EQ(c, due.due_ms, "2011-12-31 17:00");
    zone_unload(&z);
}

Test(calendar_zone, SL_1_an_overlap_at_midnight_counts_once)
{
    struct zone z; /* 2010-11-07 00:01 → 11-06 23:01 */
    const struct calendar *c = all_week("America/St_Johns", &z, 0, 1440, mem, sizeof mem);
    int64_t from = kit_at(c, "2010-11-05 12:00"), until = kit_at(c, "2010-11-08 12:00"), ms;
    cr_assert_eq(calendar_between(c, from, until, &ms), CALENDAR_OK);
    cr_assert_eq(ms, until - from, "open all the time: working time is elapsed time");
    zone_unload(&z);
}

Test(calendar_zone, SL_1_wrong_zone_ids_are_refused)
{
    static const char *const wrong[] = {"", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "zone.tab"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct zone z;
        struct err e = ERR_INIT;
        cr_assert_not(zone_load(wrong[i], 2099, &z, &e), "%s", wrong[i]);
        cr_assert_eq(e.code, ERR_CONFIG);
    }
}
