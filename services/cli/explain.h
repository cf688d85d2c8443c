/* redressctl deadline explain: a case's deadlines through the console, or a question without a case. */
#ifndef REDRESS_CLI_EXPLAIN_H
#define REDRESS_CLI_EXPLAIN_H

#include "cli/cli.h"

int explain_command(struct cli *cli, int argc, char **argv);

#endif
