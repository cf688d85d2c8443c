/* redressctl case list | show: the case and its history, who, when, why. */
#include <argp.h>
#include <string.h>

#include "cli/console.h"

static void show_list(json_t *body)
{
    static const struct cli_column columns[] = {
        {"case_no", "CASE"},          {"stage", "STAGE"},     {"kind", "KIND"},
        {"category", "CATEGORY"},     {"org_id", "UNIT"},     {"handler_name", "HANDLER"},
        {"claimed_minor", "CLAIMED"}, {"paid_minor", "PAID"}, {"next_code", "NEXT LIMIT"},
        {"next_due_ms", "DUE"},       {"missed", "MISSED"}};
    cli_print_table(json_object_get(body, "items"), columns, (int)(sizeof columns / sizeof *columns));
    const char *next = json_string_value(json_object_get(body, "next"));
    if (next != NULL) printf("more: --cursor %s\n", next);
}

struct list_options {
    const char *status, *outlet, *channel, *q, *limit, *cursor;
    bool overdue;
};

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
    struct list_options *o = state->input;
    switch (key) {
    case 's': o->status = arg; return 0;
    case 'o': o->outlet = arg; return 0;
    case 'c': o->channel = arg; return 0;
    case 'q': o->q = arg; return 0;
    case 'n':
        cli_number(state, "--limit", arg, 1, 500);
        o->limit = arg;
        return 0;
    case 'C': o->cursor = arg; return 0;
    case 'd': o->overdue = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int case_list(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"status", 's', "STAGE", 0, "open, closed, or a stage (registered, visit, …)", 0},
        {"outlet", 'o', "UNIT", 0, "unit that has the case", 0},
        {"channel", 'c', "NAME", 0, "channel it came through", 0},
        {"query", 'q', "TEXT", 0, "part of number, customer, phone, contract, reference", 0},
        {"overdue", 'd', 0, 0, "a limit is past due or missed and unanswered", 0},
        {"limit", 'n', "N", 0, "rows on a page (default 50)", 0},
        {"cursor", 'C', "CURSOR", 0, "the page after", 0},
        {0}};
    static const struct argp parser = {options, parse_list, "", "List cases, newest first.", 0, 0, 0};
    struct list_options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    struct buf path = BUF_INIT;
    buf_puts(&path, "/v1/cases");
    console_query(&path, "status", o.status);
    console_query(&path, "outlet", o.outlet);
    console_query(&path, "channel", o.channel);
    console_query(&path, "q", o.q);
    console_query(&path, "limit", o.limit);
    console_query(&path, "cursor", o.cursor);
    console_query(&path, "overdue", o.overdue ? "true" : NULL);
    int rc = console_show(cli, path.bytes, show_list);
    buf_deinit(&path);
    return rc;
}

static void show_facts(json_t *body)
{
    static const char *const keys[] = {
        "case_no",      "case_id",     "stage",        "outcome",      "kind",        "category",      "phase",
        "severity",     "channel",     "external_ref", "customer",     "phone",       "contract_no",   "region",
        "org_name",     "org_id",      "level",        "handler_name", "handler_id",  "claimed_minor", "planned_minor",
        "paid_minor",   "received_ms", "opened_ms",    "closed_ms",    "description", "remedy_sought", "approver_role",
        "approver_org", "finding",     "plan",         "missing",      "parked"};
    char text[400];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (*cli_text(body, keys[i], text, sizeof text) != '\0') printf("%-15s %s\n", keys[i], text);
    static const struct cli_column limits[] = {{"code", "LIMIT"},   {"ver", "VER"},        {"state", "STATE"},
                                               {"due_ms", "DUE"},   {"fired_ms", "FIRED"}, {"ended_ms", "ENDED"},
                                               {"misses", "MISSES"}};
    static const struct cli_column notices[] = {{"notice_no", "NOTICE"}, {"title", "THE CUSTOMER WAS TOLD"},
                                                {"made_ms", "MADE"},     {"result", "RESULT"},
                                                {"how", "HOW"},          {"answered_by", "BY"}};
    printf("\n");
    cli_print_table(json_object_get(body, "limits"), limits, (int)(sizeof limits / sizeof *limits));
    printf("\n");
    cli_print_table(json_object_get(body, "notices"), notices, (int)(sizeof notices / sizeof *notices));
}

/* ES-5: what was decided without a person, on what facts, by which row of which policy. */
static void show_decisions(json_t *items)
{
    size_t i;
    json_t *item;
    char row[120], words[400], policy[120], version[40], facts[400];
    json_array_foreach(items, i, item)
    {
        const char *type = json_string_value(json_object_get(item, "type"));
        json_t *data = json_object_get(item, "data");
        if (type == NULL || strcmp(type, "escalation.liability_routed") != 0) continue;
        cli_text(data, "row", row, sizeof row);
        cli_text(data, "words", words, sizeof words);
        cli_text(data, "policy_id", policy, sizeof policy);
        cli_text(data, "policy_version", version, sizeof version);
        cli_text(data, "facts", facts, sizeof facts);
        printf("\nDecided by rule \"%s\" of %s version %s: %s\n  on %s\n", row, policy, version, words, facts);
    }
}

static void show_timeline(json_t *body)
{
    static const struct cli_column columns[] = {{"at_ms", "WHEN"},    {"type", "WHAT"},        {"actor", "WHO"},
                                                {"actor_role", "AS"}, {"cause", "BECAUSE OF"}, {"id", "EVENT"}};
    printf("\n");
    cli_print_table(json_object_get(body, "items"), columns, (int)(sizeof columns / sizeof *columns));
}

static bool fetch(struct cli *cli, const char *path, json_t **body, int *rc)
{
    struct err e = ERR_INIT;
    struct console_answer a;
    if (!console_call(cli, &(struct console_request){.method = "GET", .path = path}, &a, &e)) {
        *rc = cli_fail(cli, &e);
        return false;
    }
    bool well = a.status < 400;
    if (well)
        *body = json_incref(a.body);
    else
        *rc = console_problem(cli, &a);
    console_answer_deinit(&a);
    return well;
}

/* The case and its whole timeline, one page of it after the other. */
static int case_show(struct cli *cli, int argc, char **argv)
{
    const char *reference = cli_word(argc, argv, "CASE", "One case by its number or id: facts, limits, timeline.");
    struct buf path = BUF_INIT;
    json_t *detail = NULL, *page = NULL, *timeline = json_array();
    int rc = CLI_OK;
    buf_printf(&path, "/v1/cases/%s", reference);
    bool more = fetch(cli, path.bytes, &detail, &rc);
    char *cursor = NULL;
    while (more) {
        buf_reset(&path);
        buf_printf(&path, "/v1/cases/%s/timeline?limit=1000", reference);
        console_query(&path, "cursor", cursor);
        if (!fetch(cli, path.bytes, &page, &rc)) break;
        json_array_extend(timeline, json_object_get(page, "items"));
        const char *next = json_string_value(json_object_get(page, "next"));
        free(cursor);
        cursor = next == NULL ? NULL : strdup(next);
        more = cursor != NULL;
        json_decref(page);
    }
    free(cursor);
    if (rc == CLI_OK && cli->json) {
        json_object_set(detail, "timeline", timeline);
        cli_print_json(json_incref(detail));
    } else if (rc == CLI_OK) {
        json_t *wrapped = json_pack("{s:O}", "items", timeline);
        show_facts(detail);
        show_decisions(timeline);
        show_timeline(wrapped);
        json_decref(wrapped);
    }
    json_decref(detail);
    json_decref(timeline);
    buf_deinit(&path);
    return rc;
}

const struct cli_command cli_case_commands[] = {{"case list", case_list, "cases, with filters"},
                                                {"case show", case_show, "one case: facts, limits, timeline"},
                                                {0}};
