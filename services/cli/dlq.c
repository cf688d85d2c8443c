/* redressctl dlq: parked inputs, handled again or set aside. Both are commands to the service that parked them. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"

static void show_parked(json_t *body)
{
    static const struct cli_column columns[] = {
        {"id", "PARKED"}, {"service", "SERVICE"}, {"case_no", "CASE"},         {"type", "TYPE"},
        {"cause", "WHY"}, {"at_ms", "SINCE"},     {"behind", "WAITING BEHIND"}};
    cli_print_table(json_object_get(body, "items"), columns, (int)(sizeof columns / sizeof *columns));
    const char *next = json_string_value(json_object_get(body, "next"));
    if (next != NULL) printf("more: --cursor %s\n", next);
}

struct options {
    const char *id, *service, *limit, *cursor, *reason, *actor;
    bool all;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 's': o->service = arg; return 0;
    case 'n':
        cli_number(state, "--limit", arg, 1, 500);
        o->limit = arg;
        return 0;
    case 'C': o->cursor = arg; return 0;
    case 'A': o->all = true; return 0;
    case 'r': o->reason = arg; return 0;
    case 'a': o->actor = arg; return 0;
    case ARGP_KEY_ARG:
        if (o->id != NULL) return ARGP_ERR_UNKNOWN;
        o->id = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void list_path(struct buf *path, const struct options *o)
{
    buf_puts(path, "/v1/dlq");
    console_query(path, "service", o->service);
    console_query(path, "limit", o->limit);
    console_query(path, "cursor", o->cursor);
}

static int list(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{"service", 's', "NAME", 0, "those of one service", 0},
                                                 {"limit", 'n', "N", 0, "rows on a page (default 50)", 0},
                                                 {"cursor", 'C', "CURSOR", 0, "the page after", 0},
                                                 {0}};
    static const struct argp parser = {options, parse, "", "Parked inputs, and what waits behind them.", 0, 0, 0};
    struct options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.id != NULL) return cli_usage(cli, "takes no word; dlq show %s shows one", o.id);
    struct buf path = BUF_INIT;
    list_path(&path, &o);
    int rc = console_show(cli, path.bytes, show_parked);
    buf_deinit(&path);
    return rc;
}

static void show_json(json_t *body) { cli_print_json(json_incref(body)); }

static int show(struct cli *cli, int argc, char **argv)
{
    const char *id = cli_word(argc, argv, "ID", "One parked input with its bytes; dlq list shows the ids.");
    struct buf path = BUF_INIT;
    buf_puts(&path, "/v1/dlq/");
    console_escape(&path, id);
    int rc = console_show(cli, path.bytes, show_json);
    buf_deinit(&path);
    return rc;
}

/* POST /v1/dlq/ID/WHAT. Frees the body. */
static bool post(struct cli *cli, const char *id, const char *what, json_t *body, struct console_answer *a)
{
    struct buf path = BUF_INIT;
    struct err e = ERR_INIT;
    char *text = json_dumps(body, JSON_COMPACT);
    buf_puts(&path, "/v1/dlq/");
    console_escape(&path, id);
    buf_printf(&path, "/%s", what);
    struct console_request request = {.method = "POST", .path = path.bytes, .body = text};
    bool answered = console_call(cli, &request, a, &e);
    if (!answered) cli_fail(cli, &e);
    buf_deinit(&path);
    free(text);
    json_decref(body);
    return answered;
}

static int print_answer(struct cli *cli, struct console_answer *a)
{
    if (a->status >= 400) return console_problem(cli, a);
    cli_print_json(json_incref(a->body));
    return a->status == 202 ? CLI_PENDING : CLI_OK;
}

static json_t *as_redressctl(void)
{
    return json_pack("{s:{s:s, s:s}}", "actor", "id", "redressctl", "role", "administrator");
}

/* ---- many ---- */

/* Of a page: the first input of every case, and every input without a case, by what is driven together. */
static void keep_firsts(json_t *items, json_t *firsts)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        char of_case[64];
        const char *key = json_string_value(json_object_get(item, "id"));
        snprintf(of_case, sizeof of_case, "%s.%lld", json_string_value(json_object_get(item, "service")),
                 json_integer_value(json_object_get(item, "case_id")));
        if (json_object_get(item, "case_id") != NULL) key = of_case;
        json_t *known = json_object_get(firsts, key);
        if (known != NULL &&
            json_integer_value(json_object_get(known, "n")) < json_integer_value(json_object_get(item, "n")))
            continue;
        json_object_set(firsts, key, item);
    }
}

/* All pages, before anything is handled: what is handled leaves the list, and pages would shift. */
static int find_firsts(struct cli *cli, const struct options *o, json_t *firsts)
{
    struct options page = {.service = o->service, .limit = "500"};
    char cursor[64];
    int rc = CLI_OK;
    do {
        struct buf path = BUF_INIT;
        struct console_answer a;
        struct err e = ERR_INIT;
        list_path(&path, &page);
        if (!console_call(cli, &(struct console_request){.method = "GET", .path = path.bytes}, &a, &e))
            rc = cli_fail(cli, &e);
        else if (a.status != 200)
            rc = console_problem(cli, &a);
        else
            keep_firsts(json_object_get(a.body, "items"), firsts);
        const char *next = rc == CLI_OK ? json_string_value(json_object_get(a.body, "next")) : NULL;
        if (next != NULL) snprintf(cursor, sizeof cursor, "%s", next);
        page.cursor = next == NULL ? NULL : cursor;
        console_answer_deinit(&a);
        buf_deinit(&path);
    } while (page.cursor != NULL);
    return rc;
}

/* {id, handled, left} or {id, problem}. */
static json_t *driven(const char *id, const struct console_answer *a)
{
    json_t *line = json_pack("{s:s}", "id", id), *event;
    size_t i;
    if (a->status >= 400) json_object_set(line, "problem", json_object_get(a->body, "title"));
    if (a->status == 202) json_object_set_new(line, "problem", json_string("kept, not answered yet"));
    json_array_foreach(json_object_get(a->body, "events"), i, event)
    {
        json_t *data = json_object_get(event, "data");
        json_object_set(line, "handled", json_object_get(data, "handled"));
        json_object_set(line, "left", json_object_get(data, "left"));
    }
    return line;
}

static int redrive_all(struct cli *cli, const struct options *o)
{
    static const struct cli_column columns[] = {
        {"id", "PARKED"}, {"handled", "HANDLED"}, {"left", "LEFT"}, {"problem", "PROBLEM"}};
    json_t *firsts = json_object(), *lines = json_array(), *first;
    const char *key;
    int rc = find_firsts(cli, o, firsts);
    json_object_foreach(firsts, key, first)
    {
        struct console_answer a;
        const char *id = json_string_value(json_object_get(first, "id"));
        if (!post(cli, id, "redrive", as_redressctl(), &a)) {
            rc = CLI_UNREACHABLE;
            break;
        }
        json_t *line = driven(id, &a);
        if (json_integer_value(json_object_get(line, "left")) > 0 || json_object_get(line, "problem") != NULL)
            rc = CLI_FAILED;
        json_array_append_new(lines, line);
        console_answer_deinit(&a);
    }
    json_decref(firsts);
    if (cli->json) {
        cli_print_json(json_pack("{s:o}", "items", lines));
    } else {
        cli_print_table(lines, columns, (int)(sizeof columns / sizeof *columns));
        json_decref(lines);
    }
    return rc;
}

static int redrive(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"all", 'A', 0, 0, "everything that is parked, instead of one", 0},
        {"service", 's', "NAME", 0, "with --all: what one service has parked", 0},
        {0}};
    static const struct argp parser = {options,
                                       parse,
                                       "ID",
                                       "Have a case's parked inputs handled again, in order; dlq list shows the ids.\v"
                                       "With --all the exit code is 1 when something is still parked afterwards.",
                                       0,
                                       0,
                                       0};
    struct options o = {0};
    struct console_answer a;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.all == (o.id != NULL)) return cli_usage(cli, "needs either an ID or --all");
    if (o.all) return redrive_all(cli, &o);
    if (!post(cli, o.id, "redrive", as_redressctl(), &a)) return CLI_UNREACHABLE;
    int rc = print_answer(cli, &a);
    console_answer_deinit(&a);
    return rc;
}

static int discard(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"reason", 'r', "TEXT", 0, "required: why it will never be handled", 0},
        {"as", 'a', "ROLE:ID[@UNIT]", 0, "required: who decides that", 0},
        {0}};
    static const struct argp parser = {options,
                                       parse,
                                       "ID",
                                       "Set one parked input aside for good. Its bytes are kept in the service's table "
                                       "`discarded`; what waits behind it stays parked until it is driven again.",
                                       0,
                                       0,
                                       0};
    struct options o = {0};
    struct console_answer a;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.id == NULL || o.reason == NULL || o.actor == NULL) return cli_usage(cli, "needs an ID, --reason and --as");
    json_t *actor = console_actor(o.actor);
    if (actor == NULL) return cli_usage(cli, "--as '%s' is not ROLE:ID[@UNIT]", o.actor);
    if (!post(cli, o.id, "discard", json_pack("{s:o, s:s}", "actor", actor, "reason", o.reason), &a))
        return CLI_UNREACHABLE;
    int rc = print_answer(cli, &a);
    console_answer_deinit(&a);
    return rc;
}

const struct cli_command cli_dlq_commands[] = {{"dlq list", list, "parked inputs"},
                                               {"dlq show", show, "one parked input with its bytes"},
                                               {"dlq redrive", redrive, "have parked inputs handled again"},
                                               {"dlq discard", discard, "set a parked input aside for good"},
                                               {0}};
