/* redressctl policy check | diff (SL-8), and the table of all its commands. */
#include <argp.h>

#include "cli/cli.h"
#include "cli/policy_change.h"
#include "cli/policy_diff.h"
#include "policy/policy_load.h"

struct options {
    const char *words[2];
    int n_words, max_words;
    const char *calendar;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'c': o->calendar = arg; return 0;
    case ARGP_KEY_ARG:
        if (o->n_words == o->max_words) return ARGP_ERR_UNKNOWN;
        o->words[o->n_words++] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- check ---- */

struct findings {
    json_t *list;
};

static void found(void *user, const char *fault)
{
    struct findings *f = user;
    json_array_append_new(f->list, json_string(fault));
}

static int tell_findings(const struct cli *cli, const struct findings *f)
{
    size_t i;
    json_t *fault;
    bool clean = json_array_size(f->list) == 0;
    if (cli->json) {
        cli_print_json(json_pack("{s:b, s:O}", "valid", clean, "findings", f->list));
    } else {
        json_array_foreach(f->list, i, fault) printf("%s\n", json_string_value(fault));
        printf(clean ? "the pack can be right\n" : "%zu findings\n", json_array_size(f->list));
    }
    return clean ? CLI_OK : CLI_REFUSED;
}

static const char *calendars(const struct cli *cli, const struct options *o)
{
    if (o->calendar != NULL) return o->calendar;
    const char *dir = config_text(&cli->config, "calendar.dir");
    return *dir != '\0' ? dir : NULL;
}

static int check(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"calendar", 'c', "DIR", 0, "folder of the calendars it counts with (default: the installation's)", 0}, {0}};
    static const struct argp parser = {
        options, parse, "PACKDIR", "Name every fault of a policy pack: file, JSON path, reason.", 0, 0, 0};
    struct options o = {.max_words = 1};
    struct findings f = {json_array()};
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    int rc = CLI_USAGE;
    if (o.n_words == 1) {
        policy_faults(o.words[0], calendars(cli, &o), found, &f);
        rc = tell_findings(cli, &f);
    } else {
        cli_usage(cli, "needs the folder of the pack");
    }
    json_decref(f.list);
    return rc;
}

/* ---- diff ---- */

static int diff(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{0}};
    static const struct argp parser = {options, parse, "OLDDIR NEWDIR", "Say what differs between two packs.", 0, 0, 0};
    struct options o = {.max_words = 2};
    struct err e = ERR_INIT;
    json_t *changes = NULL;
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0) return CLI_USAGE;
    if (o.n_words != 2) return cli_usage(cli, "needs the folders of two packs");
    int rc = CLI_OK;
    if (!policy_diff(o.words[0], o.words[1], &changes, &e))
        rc = cli_fail(cli, &e);
    else if (cli->json)
        cli_print_json(json_incref(changes));
    else
        policy_diff_print(changes);
    json_decref(changes);
    return rc;
}

const struct cli_command cli_policy_commands[] = {
    {"policy check", check, "name every fault of a policy pack"},
    {"policy diff", diff, "say what differs between two packs"},
    {"policy propose", policy_propose, "propose a change of the policy"},
    {"policy approve", policy_approve, "approve what another person proposed"},
    {"policy deny", policy_deny, "deny it"},
    {"policy apply", policy_apply, "put an approved change into force; --dry-run says which deadlines move"},
    {"policy history", policy_history, "how each revision of the policy came, and what is proposed"},
    {0}};
