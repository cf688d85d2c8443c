/* Day types of the Chinese calendar, rule 1 and 14 (SL-1): the shipped facts always, and all 7,305
 * days of an independent oracle where real data lies beside the project. */
#include <stdlib.h>
#include <zlib.h>

#include "calendar_kit.h"

Test(calendar_days, SL_1_every_shipped_day_wins_over_the_week)
{
    const struct calendar *cn = kit_load("cn");
    FILE *f = fopen(REDRESS_SOURCE_DIR "/schemas/calendar/cn.csv", "r");
    cr_assert_not_null(f);
    char line[64], type[16];
    int n = 0, y, m, d;
    while (fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%d-%d-%d,%15s", &y, &m, &d, type) != 4) continue;
        struct calendar_day day;
        cr_assert_eq(calendar_day_at(cn, (int32_t)timefmt_days(y, m, d), &day), CALENDAR_OK);
        cr_assert_eq(day.working, strcmp(type, "work") == 0, "%s", line);
        cr_assert_eq(day.kind, day.working ? CALENDAR_DAY_MAKEUP : CALENDAR_DAY_HOLIDAY, "%s", line);
        cr_assert_eq(day.work_ms, day.working ? 27000000 : 0, "%s", line);
        n++;
    }
    fclose(f);
    cr_assert_gt(n, 600);
    calendar_unload(cn);
}

/* Every published year has 11 or more statutory days off, and the counts are known facts. */
Test(calendar_days, SL_1_working_days_of_known_years)
{
    static const struct {
        int year, working;
    } known[] = {{2019, 250}, {2020, 249}, {2021, 250}, {2022, 249}, {2023, 249}, {2024, 251}, {2025, 248}};
    const struct calendar *cn = kit_load("cn");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        int working = 0;
        for (int64_t d = timefmt_days(known[i].year, 1, 1); d < timefmt_days(known[i].year + 1, 1, 1); d++) {
            struct calendar_day day;
            calendar_day_at(cn, (int32_t)d, &day);
            working += day.working;
        }
        cr_assert_eq(working, known[i].working, "%d has %d", known[i].year, working);
    }
    calendar_unload(cn);
}

static gzFile open_oracle(void)
{
    char path[400];
    const char *dir = getenv("REDRESS_DATA");
    snprintf(path, sizeof path, "%s/cn-workdays-2007-2026.csv.gz", dir ? dir : REDRESS_SOURCE_DIR "/../shared/data");
    return gzopen(path, "rb");
}

Test(calendar_days, SL_1_the_oracle_agrees_on_all_7305_days)
{
    gzFile f = open_oracle();
    if (f == NULL) cr_skip_test("no oracle here (REDRESS_DATA): only the shipped facts are tested");
    const struct calendar *cn = kit_load("cn");
    char line[256];
    int n = 0, y, m, d;
    while (gzgets(f, line, sizeof line) != NULL) {
        if (sscanf(line, "%d-%d-%d", &y, &m, &d) != 3) continue;
        const char *last = strrchr(line, ',');
        struct calendar_day day;
        cr_assert_eq(calendar_day_at(cn, (int32_t)timefmt_days(y, m, d), &day), CALENDAR_OK);
        cr_assert_eq(day.working, last[1] == '1', "%s", line);
        cr_assert_not(day.provisional);
        n++;
    }
    gzclose(f);
    cr_assert_eq(n, 7305);
    calendar_unload(cn);
}
