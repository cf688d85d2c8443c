/* redressctl notice: what customers were told, what of it has not reached them, and telling them by hand. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"

struct options {
    const char *id, *of, *limit, *after, *how, *at, *reason, *actor;
    bool open, failed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'c': o->of = arg; return 0;
    case 'n':
        cli_number(state, "--limit", arg, 1, 500);
        o->limit = arg;
        return 0;
    case 'A': o->after = arg; return 0;
    case 'o': o->open = true; return 0;
    case 'h': o->how = arg; return 0;
    case 't': o->at = arg; return 0;
    case 'r': o->reason = arg; return 0;
    case 'a': o->actor = arg; return 0;
    case 'f': o->failed = true; return 0;
    case ARGP_KEY_ARG:
        if (o->id != NULL) return ARGP_ERR_UNKNOWN;
        o->id = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void show_notices(json_t *body)
{
    static const struct cli_column columns[] = {{"id", "NOTICE"},
                                                {"notice.case_no", "CASE"},
                                                {"notice.kind", "KIND"},
                                                {"notice.recipient.name", "TO"},
                                                {"notice.recipient.phone", "PHONE"},
                                                {"made_ms", "MADE"},
                                                {"result", "RESULT"},
                                                {"how", "HOW"},
                                                {"notice.body", "TEXT"}};
    json_t *items = json_object_get(body, "items");
    cli_print_table(items, columns, (int)(sizeof columns / sizeof *columns));
    if (json_array_size(items) > 0)
        printf("after these: --after %lld\n", (long long)json_integer_value(json_object_get(body, "next")));
}

static int list(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{"case", 'c', "CASE", 0, "those of one case", 0},
                                                 {"open", 'o', 0, 0, "those not known to have arrived", 0},
                                                 {"limit", 'n', "N", 0, "rows on a page (default 100)", 0},
                                                 {"after", 'A', "N", 0, "the page after", 0},
                                                 {0}};
    static const struct argp parser = {options, parse, "", "Notices to customers, in the order they were made.",
                                       0,       0,     0};
    struct options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.id != NULL) return cli_usage(cli, "takes no word");
    struct buf path = BUF_INIT;
    buf_puts(&path, "/v1/notices");
    console_query(&path, "case", o.of);
    console_query(&path, "open", o.open ? "true" : NULL);
    console_query(&path, "limit", o.limit);
    console_query(&path, "after", o.after);
    int rc = console_show(cli, path.bytes, show_notices);
    buf_deinit(&path);
    return rc;
}

static int send_report(struct cli *cli, const struct options *o, json_t *actor)
{
    json_t *body = json_pack("{s:s, s:s, s:s*, s:s*, s:o}", "result", o->failed ? "failed" : "delivered", "how", o->how,
                             "at", o->at, "reason", o->reason, "actor", actor);
    char *text = json_dumps(body, JSON_COMPACT);
    struct buf path = BUF_INIT;
    struct console_answer a;
    struct err e = ERR_INIT;
    buf_puts(&path, "/v1/notices/");
    console_escape(&path, o->id);
    struct console_request request = {.method = "POST", .path = path.bytes, .body = text};
    int rc;
    if (!console_call(cli, &request, &a, &e)) {
        rc = cli_fail(cli, &e);
    } else if (a.status >= 400) {
        rc = console_problem(cli, &a);
    } else {
        cli_print_json(json_incref(a.body));
        rc = a.status == 202 ? CLI_PENDING : CLI_OK;
    }
    console_answer_deinit(&a);
    buf_deinit(&path);
    free(text);
    json_decref(body);
    return rc;
}

static int deliver(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"how", 'h', "HOW", 0, "sms, phone, letter …", 0},
        {"as", 'a', "ROLE:ID@UNIT", 0, "who told the customer: the named handler, or head office's service", 0},
        {"at", 't', "INSTANT", 0, "when, RFC 3339 (default: now)", 0},
        {"failed", 'f', 0, 0, "the customer was not reached", 0},
        {"reason", 'r', "TEXT", 0, "failed: why", 0},
        {0}};
    static const struct argp parser = {options, parse, "NOTICE", "A customer was told by a person (CF-2).", 0, 0, 0};
    struct options o = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.id == NULL) return cli_usage(cli, "needs a NOTICE; notice list shows them");
    if (o.how == NULL || o.actor == NULL) return cli_usage(cli, "needs --how and --as");
    json_t *actor = console_actor(o.actor);
    if (actor == NULL) return cli_usage(cli, "--as wants ROLE:ID@UNIT");
    return send_report(cli, &o, actor);
}

const struct cli_command cli_notice_commands[] = {{"notice list", list, "what customers were told"},
                                                  {"notice deliver", deliver, "a customer was told by a person"},
                                                  {0}};
