/* redressctl calendar import | check | show | diff: working calendars as files (docs/CALENDARS.md). Needs no
 * installation. */
#include <argp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "cli/calendar_files.h"
#include "cli/calendars.h"

struct options {
    const char *dir, *out_dir, *words[2];
    int n_words, year;
    enum notice_other other;
    bool dry, replace, all;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'D': o->dir = arg; return 0;
    case 'o': o->out_dir = arg; return 0;
    case 'n': o->dry = true; return 0;
    case 'r': o->replace = true; return 0;
    case 'a': o->all = true; return 0;
    case 'y': o->year = (int)cli_number(state, "--year", arg, 1900, 2400); return 0;
    case 'O':
        if (strcmp(arg, "holiday") != 0 && strcmp(arg, "skip") != 0) argp_error(state, "--other is holiday or skip");
        o->other = strcmp(arg, "skip") == 0 ? NOTICE_SKIP : NOTICE_HOLIDAY;
        return 0;
    case ARGP_KEY_ARG:
        if (o->n_words == 2) argp_error(state, "too many words");
        o->words[o->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

#define DIR_OPTION                                                                                                     \
    {                                                                                                                  \
        "calendar-dir", 'D', "DIR", 0, "folder of the calendars", 0                                                    \
    }

/* ---- a date, and what differs between two calendars on it ---- */

static const char *weekday(int32_t day)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    return names[((day + 3) % 7 + 7) % 7];
}

static json_t *day_json(const struct calendar_day *d)
{
    char date[TIMEFMT_SIZE];
    timefmt_date_text(d->day, date);
    json_t *row = json_pack("{s:s, s:s, s:s, s:b, s:I}", "date", date, "weekday", weekday(d->day), "kind",
                            calendar_day_kind_name(d->kind), "working", d->working, "work_minutes",
                            (json_int_t)(d->work_ms / 60000));
    if (d->provisional) json_object_set_new(row, "provisional", json_true());
    return row;
}

static json_t *side_json(const struct calendar *c, int32_t day)
{
    struct calendar_day d;
    if (calendar_day_at(c, day, &d) != CALENDAR_OK) return json_null();
    json_t *row = day_json(&d);
    json_object_del(row, "date");
    json_object_del(row, "weekday");
    return row;
}

static const char *side_text(json_t *side, char *out, size_t size)
{
    if (json_is_null(side)) return "outside its years";
    int minutes = (int)json_integer_value(json_object_get(side, "work_minutes"));
    snprintf(out, size, "%s, %d:%02d h%s", json_string_value(json_object_get(side, "kind")), minutes / 60, minutes % 60,
             json_is_true(json_object_get(side, "provisional")) ? ", provisional" : "");
    return out;
}

/* The range both calendars can speak of; no calendar reaches beyond. */
static json_t *changes_between(const struct calendar *a, const struct calendar *b)
{
    json_t *rows = json_array();
    int32_t last = (int32_t)timefmt_days(2401, 1, 1);
    char date[TIMEFMT_SIZE];
    for (int32_t day = (int32_t)timefmt_days(1899, 12, 31); calendar_first_change(a, b, day, last, &day); day++) {
        timefmt_date_text(day, date);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:o}", "date", date, "weekday", weekday(day), "before",
                                              side_json(a, day), "after", side_json(b, day)));
    }
    return rows;
}

/* Dates that merely stopped (or began) to be provisional are counted, not listed: a published year has 365 of them. */
static bool only_published(json_t *row)
{
    json_t *before = json_object_get(row, "before"), *after = json_object_get(row, "after");
    return json_object_get(before, "provisional") != json_object_get(after, "provisional") &&
           json_equal(json_object_get(before, "kind"), json_object_get(after, "kind")) &&
           json_equal(json_object_get(before, "work_minutes"), json_object_get(after, "work_minutes"));
}

static void print_changes(json_t *rows)
{
    size_t i;
    json_t *row;
    int published = 0;
    char before[80], after[80];
    json_array_foreach(rows, i, row)
    {
        if (only_published(row)) {
            published++;
            continue;
        }
        printf("%s %s  %s -> %s\n", json_string_value(json_object_get(row, "date")),
               json_string_value(json_object_get(row, "weekday")),
               side_text(json_object_get(row, "before"), before, sizeof before),
               side_text(json_object_get(row, "after"), after, sizeof after));
    }
    if (published > 0) printf("%d more dates differ only in being provisional\n", published);
    if (json_array_size(rows) == 0) printf("no difference\n");
}

static int give_changes(const struct cli *cli, const struct calendar *a, const struct calendar *b)
{
    json_t *rows = changes_between(a, b);
    if (cli->json) {
        cli_print_json(json_pack("{s:s, s:i, s:i, s:o}", "calendar", calendar_id(b), "before_version",
                                 calendar_version(a), "after_version", calendar_version(b), "items", rows));
        return CLI_OK;
    }
    printf("%s: version %d -> %d\n", calendar_id(b), (int)calendar_version(a), (int)calendar_version(b));
    print_changes(rows);
    json_decref(rows);
    return CLI_OK;
}

/* ---- diff ---- */

/* PATH.json: its folder and its id. */
static bool load_file(const char *path, const struct calendar **out, struct err *e)
{
    char dir[PATH_MAX], id[NAME_MAX];
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    size_t n = strlen(name);
    if (n <= 5 || n >= sizeof id || strcmp(name + n - 5, ".json") != 0)
        return err_set(e, ERR_CONFIG, "calendar", "%s: is no calendar's file (ID.json)", path);
    snprintf(dir, sizeof dir, "%.*s", slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
    snprintf(id, sizeof id, "%.*s", (int)(n - 5), name);
    return calendar_load(dir, id, out, e);
}

static int diff(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{0}};
    static const struct argp parser = {
        options, parse, "OLD.json NEW.json", "List the dates two versions of a calendar treat differently.", 0, 0, 0};
    struct options o = {0};
    struct err e = ERR_INIT;
    const struct calendar *a = NULL, *b = NULL;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 2) return cli_usage(cli, "needs two calendars, OLD.json NEW.json");
    bool well = load_file(o.words[0], &a, &e) && load_file(o.words[1], &b, &e);
    int rc = well ? give_changes(cli, a, b) : cli_fail(cli, &e);
    calendar_unload(a);
    calendar_unload(b);
    return rc;
}

/* ---- show ---- */

static json_t *year_json(const struct calendar *c, int year, bool all)
{
    json_t *rows = json_array();
    int working = 0, holidays = 0, makeups = 0;
    struct calendar_day d;
    for (int64_t day = timefmt_days(year, 1, 1); day < timefmt_days(year + 1, 1, 1); day++) {
        if (calendar_day_at(c, (int32_t)day, &d) != CALENDAR_OK) continue;
        working += d.working;
        holidays += d.kind == CALENDAR_DAY_HOLIDAY;
        makeups += d.kind == CALENDAR_DAY_MAKEUP;
        bool told = all || (d.kind != CALENDAR_DAY_WORK && d.kind != CALENDAR_DAY_WEEKEND);
        if (told) json_array_append_new(rows, day_json(&d));
    }
    return json_pack("{s:s, s:i, s:s, s:i, s:b, s:i, s:i, s:i, s:o}", "calendar", calendar_id(c), "version",
                     calendar_version(c), "zone", calendar_zone_name(c), "year", year, "published",
                     calendar_year_published(c, year), "working_days", working, "holidays", holidays, "makeup_days",
                     makeups, "days", rows);
}

static void print_year(json_t *told)
{
    static const struct cli_column columns[] = {
        {"date", "DATE"}, {"weekday", "DAY"}, {"kind", "KIND"}, {"work_minutes", "MINUTES"}};
    char text[5][60];
    printf("%s version %s (%s), %s: ", cli_text(told, "calendar", text[0], 60), cli_text(told, "version", text[1], 60),
           cli_text(told, "zone", text[2], 60), cli_text(told, "year", text[3], 60));
    printf("%s working days, ", cli_text(told, "working_days", text[4], 60));
    printf("%s dates off by name, ", cli_text(told, "holidays", text[4], 60));
    printf("%s make-up days%s\n", cli_text(told, "makeup_days", text[4], 60),
           json_is_true(json_object_get(told, "published")) ? "" : "; NOT PUBLISHED, provisional");
    cli_print_table(json_object_get(told, "days"), columns, 4);
}

static int show(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {DIR_OPTION,
                                                 {"year", 'y', "YEAR", 0, "which year", 0},
                                                 {"all", 'a', 0, 0, "every date, not only the named ones", 0},
                                                 {0}};
    static const struct argp parser = {options, parse, "ID", "Show a year of a calendar.", 0, 0, 0};
    struct options o = {0};
    struct calendar_set set;
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 1 || o.year == 0) return cli_usage(cli, "needs the calendar's ID and --year");
    if (!calendars_load(cli, o.dir, &set, &e)) return cli_fail(cli, &e);
    const struct calendar *c = calendar_find(&set, o.words[0]);
    json_t *told = c == NULL ? NULL : year_json(c, o.year, o.all);
    int rc = CLI_OK;
    if (c == NULL) {
        fprintf(stderr, "%s: there is no calendar %s\n", cli->program, o.words[0]);
        rc = CLI_NOT_FOUND;
    } else if (cli->json) {
        cli_print_json(told);
    } else {
        print_year(told);
        json_decref(told);
    }
    calendar_set_unload(&set);
    return rc;
}

/* ---- check ---- */

static json_t *check_one(const struct calendar *c)
{
    json_t *published = json_array();
    for (int year = 1900; year <= 2400; year++)
        if (calendar_year_published(c, year)) json_array_append_new(published, json_integer(year));
    return json_pack("{s:s, s:i, s:s, s:o}", "id", calendar_id(c), "version", calendar_version(c), "zone",
                     calendar_zone_name(c), "published", published);
}

static int check(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {DIR_OPTION, {0}};
    static const struct argp parser = {
        options, parse, "", "Load every calendar of the folder; what is wrong is named with file, line and reason.",
        0,       0,     0};
    struct options o = {0};
    struct calendar_set set;
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 0) return cli_usage(cli, "takes no words");
    if (!calendars_load(cli, o.dir, &set, &e)) return cli_fail(cli, &e);
    json_t *rows = json_array();
    for (int i = 0; i < set.n; i++) json_array_append_new(rows, check_one(set.items[i]));
    size_t i;
    json_t *row;
    if (!cli->json) json_array_foreach(rows, i, row)
        {
            json_t *years = json_object_get(row, "published");
            size_t n = json_array_size(years);
            printf("%s version %d (%s): well; %zu years published", json_string_value(json_object_get(row, "id")),
                   (int)json_integer_value(json_object_get(row, "version")),
                   json_string_value(json_object_get(row, "zone")), n);
            printf(n > 0 ? ", the last is %d\n" : "\n", (int)json_integer_value(json_array_get(years, n - (n > 0))));
        }
    if (cli->json)
        cli_print_json(json_pack("{s:o}", "items", rows));
    else
        json_decref(rows);
    calendar_set_unload(&set);
    return CLI_OK;
}

/* ---- import ---- */

static bool is_ics(const char *file)
{
    size_t n = strlen(file);
    return n > 4 && strcasecmp(file + n - 4, ".ics") == 0;
}

static int merge(const struct cli *cli, const struct options *o, const char *dir, const struct notice *notice)
{
    struct err e = ERR_INIT;
    const struct calendar *before = NULL, *after = NULL;
    struct calendar_change change = {.dir = dir,
                                     .id = o->words[1],
                                     .out_dir = o->out_dir == NULL ? dir : o->out_dir,
                                     .year = o->year,
                                     .notice = notice,
                                     .replace = o->replace};
    bool well = calendar_load(dir, o->words[1], &before, &e) && calendar_files_merge(&change, o->dry, &after, &e);
    int rc = well ? give_changes(cli, before, after) : cli_fail(cli, &e);
    calendar_unload(before);
    calendar_unload(after);
    return rc;
}

static int import(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        DIR_OPTION,
        {"year", 'y', "YEAR", 0, "the year the notice is for", 0},
        {"out", 'o', "DIR", 0, "write the new version there instead of in place", 0},
        {"dry-run", 'n', 0, 0, "say what would change, write nothing", 0},
        {"replace", 'r', 0, 0, "dates of other years may be changed too", 0},
        {"other", 'O', "holiday|skip", 0, "iCalendar events that do not say what they are (default: refuse)", 0},
        {0}};
    static const struct argp parser = {
        options,
        parse,
        "FILE ID",
        "Publish a year: take its holidays and make-up days from FILE (.ics, else CSV) into "
        "calendar ID, under a new version.",
        0,
        0,
        0};
    struct options o = {0};
    struct notice notice = {0};
    struct err e = ERR_INIT;
    char dir[PATH_MAX];
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 2 || o.year == 0) return cli_usage(cli, "needs FILE, the calendar's ID and --year");
    if (!calendars_folder(cli, o.dir, dir, &e)) return cli_fail(cli, &e);
    bool well = is_ics(o.words[0]) ? notice_read_ics(o.words[0], o.year, o.other, &notice, &e)
                                   : notice_read_csv(o.words[0], &notice, &e);
    int rc = well ? merge(cli, &o, dir, &notice) : cli_fail(cli, &e);
    notice_free(&notice);
    return rc;
}

const struct cli_command cli_calendar_commands[] = {
    {"calendar import", import, "publish a year: holidays and make-up days from iCalendar or CSV"},
    {"calendar check", check, "whether the calendars are right, and which years are published"},
    {"calendar show", show, "a year of a calendar"},
    {"calendar diff", diff, "what two versions of a calendar treat differently"},
    {0}};
