/* A wrong calendar is refused at load, with file, place and reason. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar_kit.h"

static char dir[] = "/tmp/redress-calendar-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

#define WEEK "\"week\":{\"mon\":[\"09:00-12:00\"],\"tue\":[],\"wed\":[],\"thu\":[],\"fri\":[],\"sat\":[],\"sun\":[]}"
#define HEAD "{\"id\":\"x\",\"version\":1,\"zone\":\"Europe/Berlin\","

static void cleanup(void)
{
    static const char *const names[] = {"x.json", "x.csv", "y.json"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}
static void prepare(void) { cr_assert_not_null(mkdtemp(dir)); }
TestSuite(calendar_load, .init = prepare, .fini = cleanup);

Test(calendar_load, SL_1_refusals_name_file_and_reason)
{
    static const struct {
        const char *json, *csv, *says;
    } cases[] = {
        {"{", "", "x.json:1"},
        {"[]", "", "must be an object"},
        {HEAD WEEK "}", "", "/years"},
        {HEAD WEEK ",\"years\":[2020,2019]}", "", "/years"},
        {HEAD WEEK ",\"years\":[2020,2030],\"colour\":1}", "", "unknown key \"colour\""},
        {HEAD "\"years\":[2020,2030]}", "", "/week: is missing"},
        {HEAD "\"years\":[2020,2030],\"week\":{\"mon\":[]}}", "", "/week: must have mon"},
        {HEAD WEEK ",\"years\":[2020,2030],\"makeup\":[\"9-12\"]}", "", "/makeup: segment 0"},
        {HEAD WEEK ",\"years\":[2020,2030],\"makeup\":[\"09:00-12:00\",\"11:00-13:00\"]}", "", "makeup: segments must"},
        {HEAD WEEK ",\"years\":[2020,2030],\"published\":[1066]}", "", "/published: item 0"},
        {HEAD WEEK ",\"years\":[2020,2030],\"days\":\"../x.csv\"}", "", "/days"},
        {HEAD WEEK ",\"years\":[2020,2030],\"days\":\"x.csv\"}", "day,type\n", "x.csv:1"},
        {HEAD WEEK ",\"years\":[2020,2030],\"days\":\"x.csv\"}", "date,type\n2026-02-30,work\n", "x.csv:2"},
        {HEAD WEEK ",\"years\":[2020,2030],\"days\":\"x.csv\"}", "date,type\n2026-02-20,off\n", "x.csv:2: the type"},
        {HEAD WEEK ",\"years\":[2020,2030],\"days\":\"x.csv\"}", "date,type\n2026-02-20,work,9-5\n", "x.csv:2: hours"},
        {HEAD WEEK ",\"years\":[2020,2030],\"days\":\"x.csv\"}", "date,type\n2026-02-20,work\n2026-02-20,holiday\n",
         "2026-02-20 is there twice"},
        {"{\"id\":\"y\"}", "", "/id: must be \"x\""},
        {"{\"id\":\"x\",\"version\":0}", "", "/version"},
        {"{\"id\":\"x\",\"version\":1,\"zone\":\"No/Where\"," WEEK ",\"years\":[2020,2030]}", "", "No/Where"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct calendar *c = NULL;
        struct err e = ERR_INIT;
        put("x.json", cases[i].json);
        put("x.csv", cases[i].csv);
        cr_assert_not(calendar_load(dir, "x", &c, &e), "case %zu was accepted", i);
        cr_assert_eq(e.code, ERR_CONFIG);
        cr_assert_not_null(strstr(e.message, cases[i].says), "case %zu: \"%s\" lacks \"%s\"", i, e.message,
                           cases[i].says);
    }
}

Test(calendar_load, SL_1_several_calendars_with_days_of_their_own_hours)
{
    put("x.json", HEAD WEEK ",\"years\":[2020,2030],\"days\":\"x.csv\"}");
    put("x.csv", "date,type,hours\n2026-12-24,work,10:00-11:00 14:00-15:30\n2026-03-07,work\n");
    put("y.json", "{\"id\":\"y\",\"version\":3,\"zone\":\"UTC\"," WEEK ",\"years\":[2020,2030]}");
    struct calendar_set set;
    struct err e = ERR_INIT;
    cr_assert(calendar_set_load(dir, &set, &e), "%s", e.message);
    cr_assert_eq(set.n, 2);
    cr_assert_eq(calendar_version(calendar_find(&set, "y")), 3);
    cr_assert_null(calendar_find(&set, "z"));
    const struct calendar *x = calendar_find(&set, "x");
    cr_assert_str_eq(calendar_zone_name(x), "Europe/Berlin");
    struct calendar_day day;
    calendar_day_at(x, (int32_t)timefmt_days(2026, 12, 24), &day);
    cr_assert_eq(day.kind, CALENDAR_DAY_MAKEUP); /* a Thursday, and this week works on Mondays only */
    cr_assert_eq(day.work_ms, 150 * 60000);
    calendar_day_at(x, (int32_t)timefmt_days(2026, 3, 7), &day);
    cr_assert_eq(day.work_ms, 180 * 60000); /* the hours of the first working weekday */
    calendar_set_unload(&set);
}

/* SL-1: rule 16 */
Test(calendar_load, SL_1_no_working_day_within_400_days)
{
    put("x.json", HEAD "\"week\":{\"mon\":[],\"tue\":[],\"wed\":[],\"thu\":[],\"fri\":[],\"sat\":[],\"sun\":[]},"
                       "\"years\":[2020,2030],\"days\":\"x.csv\"}");
    put("x.csv",
        "date,type,hours\n2024-01-01,work,09:00-10:00\n2025-02-04,work,09:00-10:00\n2026-03-12,work,09:00-10:00\n");
    const struct calendar *c = NULL;
    struct err e = ERR_INIT;
    cr_assert(calendar_load(dir, "x", &c, &e), "%s", e.message);
    static const struct {
        const char *start;
        int64_t n;
        enum calendar_err days, hours;
    } cases[] = {{"2024-01-01 10:00", 1, CALENDAR_OK, CALENDAR_OK}, /* 2025-02-04 is 400 days later */
                 {"2025-02-04 10:00", 1, CALENDAR_NO_WORKING_DAY, CALENDAR_NO_WORKING_DAY}, /* 401 */
                 {"2025-02-05 10:00", 1, CALENDAR_OK, CALENDAR_OK},
                 {"2024-01-01 10:00", 2, CALENDAR_NO_WORKING_DAY, CALENDAR_NO_WORKING_DAY},
                 {"2026-03-12 10:00", 1, CALENDAR_NO_WORKING_DAY, CALENDAR_NO_WORKING_DAY},
                 {"2022-01-01 10:00", 1, CALENDAR_NO_WORKING_DAY, CALENDAR_NO_WORKING_DAY}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_run run = {.start_ms = kit_at(c, cases[i].start)};
        struct calendar_limit days = {.span = {CALENDAR_WORKING_DAYS, cases[i].n}};
        struct calendar_limit hours = {.span = {CALENDAR_WORKING_MS, cases[i].n * 3600000}};
        struct calendar_due due;
        cr_assert_eq(calendar_due(c, &days, &run, &due), cases[i].days, "case %zu", i);
        cr_assert_eq(calendar_due(c, &hours, &run, &due), cases[i].hours, "case %zu", i);
    }
    calendar_unload(c);
}
