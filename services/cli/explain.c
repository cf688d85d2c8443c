#include "cli/explain.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "calendar/tell.h"
#include "cli/calendars.h"
#include "cli/console.h"
#include "cli/deadline_line.h"

struct options {
    const char *case_ref, *limit, *lang, *dir;
    json_t *question; /* members of a line of deadline compute; NULL: none was given */
};

/* ---- for people ---- */

static void print_lines(json_t *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line) printf("%s\n", json_string_value(line));
}

static void print_explanation(json_t *told)
{
    size_t i;
    json_t *day;
    print_lines(json_object_get(told, "intro"));
    json_array_foreach(json_object_get(told, "days"), i, day)
        printf("  %s\n", json_string_value(json_object_get(day, "text")));
    if (json_is_true(json_object_get(told, "truncated"))) printf("  …\n");
    print_lines(json_object_get(told, "conclusion"));
}

static void print_deadline(json_t *deadline)
{
    char code[80], title[200], state[40], why[200];
    json_t *told = json_object_get(deadline, "explanation");
    bool zh = calendar_language(json_string_value(json_object_get(told, "lang")))[0] == 'z';
    printf("%s  %s  %s\n", cli_text(deadline, "code", code, sizeof code),
           cli_text(deadline, "title", title, sizeof title), cli_text(deadline, "state", state, sizeof state));
    if (told != NULL) print_explanation(told);
    if (json_is_false(json_object_get(deadline, "as_counted")))
        printf("%s\n",
               zh ? "注意：规则或日历此后有变，以上按现行规则推算；本期限仍按原规则"
                  : "note: policy or calendar changed since; this is by today's, the deadline stands as counted then");
    if (*cli_text(deadline, "unexplained", why, sizeof why) != '\0') printf("%s\n", why);
}

static void show_deadline(json_t *body) { print_deadline(body); }

static void show_deadlines(json_t *body)
{
    size_t i;
    json_t *deadline;
    json_array_foreach(json_object_get(body, "items"), i, deadline)
    {
        if (i > 0) printf("\n");
        print_deadline(deadline);
    }
}

/* ---- a deadline of a case ---- */

static int explain_case(struct cli *cli, const struct options *o)
{
    struct buf path = BUF_INIT;
    buf_printf(&path, "/v1/cases/%s/deadlines", o->case_ref);
    if (o->limit != NULL) {
        buf_putc(&path, '/');
        console_escape(&path, o->limit); /* "promise#visit" */
    }
    console_query(&path, "lang", o->lang);
    int rc = console_show(cli, path.bytes, o->limit == NULL ? show_deadlines : show_deadline);
    buf_deinit(&path);
    return rc;
}

/* ---- a question without a case ---- */

static int tell(struct cli *cli, const struct deadline_ask *ask, const char *lang)
{
    struct buf out = BUF_INIT;
    struct deadline_fault fault;
    enum calendar_err err = calendar_tell(
        &(struct tell){.calendar = ask->calendar, .limit = &ask->limit, .run = &ask->run, .lang = lang}, &out);
    bool well = err == CALENDAR_OK || err == CALENDAR_PAUSED;
    json_t *told = well ? json_loadb(out.bytes, out.len, 0, NULL) : NULL;
    buf_deinit(&out);
    if (!well) {
        deadline_fault_of(ask, err, &fault);
        return cli_usage(cli, "%s %s", fault.field == NULL ? "" : fault.field, fault.reason);
    }
    if (cli->json) {
        cli_print_json(told);
    } else {
        print_explanation(told);
        json_decref(told);
    }
    return CLI_OK;
}

static int explain_question(struct cli *cli, const struct options *o)
{
    struct err e = ERR_INIT;
    struct calendar_set calendars;
    struct deadline_ask ask;
    struct deadline_fault fault;
    if (!calendars_load(cli, o->dir, &calendars, &e)) return cli_fail(cli, &e);
    struct deadline_book book = {.calendars = &calendars, .usual = "cn"};
    int rc = deadline_ask_read(&book, o->question, &ask, &fault)
                 ? tell(cli, &ask, o->lang)
                 : cli_usage(cli, "%s %s", strcmp(fault.field, "t") == 0 ? "from" : fault.field, fault.reason);
    calendar_set_unload(&calendars);
    return rc;
}

/* ---- the command ---- */

static void add_pause(json_t *question, const char *arg, struct argp_state *state)
{
    json_t *pauses = json_object_get(question, "pauses");
    const char *slash = strchr(arg, '/');
    if (slash == NULL) {
        argp_error(state, "--pause needs FROM/TO");
        return;
    }
    if (pauses == NULL) {
        pauses = json_array();
        json_object_set_new(question, "pauses", pauses);
    }
    json_t *until = slash[1] == '\0' ? json_null() : json_string(slash + 1);
    json_array_append_new(pauses, json_pack("[o, o]", json_stringn(arg, (size_t)(slash - arg)), until));
}

/* An instant may be given in milliseconds too. */
static json_t *number_or_text(const char *arg)
{
    int64_t n;
    return number_parse(arg, &n) ? json_integer(n) : json_string(arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    if (strchr("funcdrp", key) != NULL && key != 0 && o->question == NULL) o->question = json_object();
    switch (key) {
    case 'f': json_object_set_new(o->question, "t", number_or_text(arg)); return 0;
    case 'u': json_object_set_new(o->question, "unit", json_string(arg)); return 0;
    case 'n':
        json_object_set_new(o->question, "n", json_integer(cli_number(state, "--n", arg, 0, INT64_MAX)));
        return 0;
    case 'c': json_object_set_new(o->question, "calendar", json_string(arg)); return 0;
    case 'd': json_object_set_new(o->question, "deemed_next_open", json_true()); return 0;
    case 'r': json_object_set_new(o->question, "roll", json_string(arg)); return 0;
    case 'p': add_pause(o->question, arg, state); return 0;
    case 'D': o->dir = arg; return 0;
    case 'l': o->lang = calendar_language(arg); return 0;
    case ARGP_KEY_ARG:
        if (o->case_ref == NULL)
            o->case_ref = arg;
        else if (o->limit == NULL)
            o->limit = arg;
        else
            argp_error(state, "a case and one limit at most");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The terminal's language, as the C library would choose it. */
static const char *usual_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *v = getenv(names[i]);
        if (v != NULL && *v != '\0') return calendar_language(v);
    }
    return "en";
}

int explain_command(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"from", 'f', "T", 0, "the start: 2026-02-13T16:00 on the calendar's clock, or with an offset", 0},
        {"unit", 'u', "UNIT", 0, "hours, working_days, calendar_days, working_hours, …", 0},
        {"n", 'n', "N", 0, "how many", 0},
        {"pause", 'p', "FROM/TO", 0, "may be given again; FROM/ lasts still", 0},
        {"calendar", 'c', "ID", 0, "default cn", 0},
        {"deemed-next-open", 'd', 0, 0, "a start outside office hours counts from the next opening", 0},
        {"roll", 'r', "none|next_open", 0, "where a due outside office hours goes (hours)", 0},
        {"calendar-dir", 'D', "DIR", 0, "folder of the calendars", 0},
        {"lang", 'l', "zh|en", 0, "default: the terminal's", 0},
        {0}};
    static const struct argp parser = {options,
                                       parse,
                                       "CASE [LIMIT]\n--from T --unit UNIT --n N",
                                       "Say day by day what a deadline counted, what it skipped, and why.\v"
                                       "With a case the console is asked; without one only calendars are needed.",
                                       0,
                                       0,
                                       0};
    struct options o = {.lang = usual_language()};
    int rc = CLI_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0)
        rc = CLI_USAGE;
    else if ((o.case_ref == NULL) == (o.question == NULL))
        rc = cli_usage(cli, "needs either a CASE or --from, --unit and --n");
    else
        rc = o.question != NULL ? explain_question(cli, &o) : explain_case(cli, &o);
    json_decref(o.question);
    return rc;
}
