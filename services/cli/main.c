/* redressctl [--config FILE] [--json] COMMAND …: finds the command's row and runs it. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "runtime/settings.h"

static const struct cli_command *const modules[] = {
    cli_case_commands,  cli_decide_commands,   cli_operation_commands, cli_import_commands,   cli_drill_commands,
    cli_audit_commands, cli_deadline_commands, cli_ledger_commands,    cli_calendar_commands, cli_policy_commands,
    cli_org_commands,   cli_dlq_commands,      cli_notice_commands};
enum { N_MODULES = sizeof modules / sizeof modules[0] };

static void help(void)
{
    printf("Usage: redressctl [--config FILE] [--json] COMMAND [WORDS…]\n\n");
    for (int m = 0; m < N_MODULES; m++)
        for (const struct cli_command *c = modules[m]; c->words != NULL; c++) printf("  %-16s %s\n", c->words, c->help);
    printf(
        "\nEvery command takes --help. Exit codes: 0 done, 1 failed, 2 wrong words, 3 refused by a rule, 4 not found,\n"
        "5 not reachable, 6 the audit found an offender, 7 kept but not answered yet.\n");
}

/* How many of the words from argv[at] on the command's name takes; 0 = another command. */
static int words_matched(const struct cli_command *c, int argc, char **argv, int at)
{
    int n = 0;
    const char *p = c->words;
    while (*p != '\0') {
        size_t length = strcspn(p, " ");
        if (at + n >= argc || strlen(argv[at + n]) != length || strncmp(argv[at + n], p, length) != 0) return 0;
        n++;
        p += length + (p[length] == ' ');
    }
    return n;
}

static const struct cli_command *find(int argc, char **argv, int at, int *n)
{
    for (int m = 0; m < N_MODULES; m++)
        for (const struct cli_command *c = modules[m]; c->words != NULL; c++)
            if ((*n = words_matched(c, argc, argv, at)) > 0) return c;
    return NULL;
}

static int run(struct cli *cli, const struct cli_command *c, int argc, char **argv)
{
    struct err e = ERR_INIT;
    int n;
    const struct config_key *keys = settings_shared(&n);
    static char program[64];
    snprintf(program, sizeof program, "redressctl %s", c->words);
    cli->program = argv[0] = program;
    if (!config_load(&cli->config, keys, n, cli->config_path, &e)) return cli_fail(cli, &e);
    int rc = c->run(cli, argc, argv);
    config_deinit(&cli->config);
    return rc;
}

/* --json may stand anywhere. */
static int take_json(struct cli *cli, int argc, char **argv)
{
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (i > 0 && strcmp(argv[i], "--json") == 0)
            cli->json = true;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return kept;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = CLI_USAGE;
    struct cli cli = {.config_path = settings_default_file(), .program = "redressctl"};
    argc = take_json(&cli, argc, argv);
    int at = 1;
    if (at + 1 < argc && strcmp(argv[at], "--config") == 0) {
        cli.config_path = argv[at + 1];
        at += 2;
    }
    if (at >= argc || strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "help") == 0) {
        help();
        return at >= argc ? CLI_USAGE : CLI_OK;
    }
    int n;
    const struct cli_command *c = find(argc, argv, at, &n);
    if (c == NULL) return cli_usage(&cli, "no command '%s'", argv[at]);
    at += n - 1;
    return run(&cli, c, argc - at, argv + at);
}
