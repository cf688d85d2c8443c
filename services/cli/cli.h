/* redressctl: what its commands share.
 *
 * One binary, one sub-command table (cli_commands). Every command prints for people, or with --json
 * exactly one JSON value on standard output; messages go to standard error. Exit codes are part of
 * the contract (docs/OPERATIONS.md). */
#ifndef REDRESS_CLI_CLI_H
#define REDRESS_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/config.h"
#include "base/err.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,      /* something broke; the message says what to do */
    CLI_USAGE = 2,       /* the command's words are off */
    CLI_REFUSED = 3,     /* a rule refuses it; rule and reason are printed */
    CLI_NOT_FOUND = 4,   /* no such case, channel, parked input */
    CLI_UNREACHABLE = 5, /* console, Kafka or database do not answer */
    CLI_OFFENCE = 6,     /* audit: an offender was found and named */
    CLI_PENDING = 7,     /* kept or in force, and not answered or carried through yet */
};

struct cli {
    const char *config_path;
    struct config config;
    bool json;
    const char *program; /* "redressctl case list", for usage messages */
};

struct cli_command {
    const char *words; /* "case list" */
    int (*run)(struct cli *cli, int argc, char **argv);
    const char *help;
};

/* Every command module offers its rows; main.c joins them. */
extern const struct cli_command cli_case_commands[], cli_decide_commands[], cli_operation_commands[],
    cli_import_commands[], cli_drill_commands[], cli_audit_commands[], cli_deadline_commands[], cli_ledger_commands[],
    cli_calendar_commands[], cli_policy_commands[], cli_org_commands[], cli_dlq_commands[], cli_notice_commands[];

/* For `return cli_usage(...)`: prints the message and CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct argp_state;
/* The value of a numeric option, min to max; ends the program with CLI_USAGE and names the option ("--limit") when
 * the text is anything else. For argp's parser functions. */
int64_t cli_number(const struct argp_state *state, const char *option, const char *text, int64_t min, int64_t max);
/* Reads the words of a command without options: exactly one, called `name` in its usage, or none for "" (NULL is
 * returned then). Answers --help with `doc`; ends the program with CLI_USAGE for anything else. */
const char *cli_word(int argc, char **argv, const char *name, const char *doc);
/* Prints what failed, for `return cli_fail(...)`; the code follows the error's kind. */
int cli_fail(const struct cli *cli, const struct err *e);
/* Prints a JSON value on standard output, indented, and frees it. */
void cli_print_json(json_t *value);

/* A column of a table for people. A key may be a path ("limit.code"); keys ending in _ms print as
 * local times, an amount's key is followed by the currency of the same object. */
struct cli_column {
    const char *key;
    const char *title;
};
void cli_print_table(json_t *rows, const struct cli_column *columns, int n);
/* Text of a member for people into buf. */
const char *cli_text(json_t *object, const char *key, char *buf, size_t size);

#endif
