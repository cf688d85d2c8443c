/* A change of the installation's policy on its way (SL-6, SL-8): what is in force, what would come, what it moves. */
#ifndef REDRESS_CLI_POLICY_CHANGE_H
#define REDRESS_CLI_POLICY_CHANGE_H

#include <limits.h>

#include "cli/cli.h"
#include "cli/policy_moves.h"
#include "policy/policy.h"
#include "runtime/pg.h"

struct proposal; /* policy_proposal.h */

struct policy_change {
    struct cli *cli;
    const char *root;            /* the setting policy.dir */
    const char *pack, *calendar; /* folders of what would come; calendar NULL: the days in force */
    bool moves;                  /* what runs is counted anew */
    char in_force[PATH_MAX], calendar_in_force[PATH_MAX + 16];
    const struct policy *now, *next;
    struct policy_moves found;
    struct pg *pg;
    int64_t now_ms; /* of the installation's clock */
    struct arena arena;
};

/* What is in force, and the clock. Close it whatever is returned. */
bool change_open(struct cli *cli, struct policy_change *c, struct err *e);
/* What would come, from c->pack and c->calendar; `moving` ABSENT: as the pack says. */
bool change_load(struct policy_change *c, enum open_deadlines moving, struct err *e);
/* Which running deadlines it would move. */
bool change_find_moves(struct policy_change *c, struct err *e);
void change_close(struct policy_change *c);

/* NULL = it may be the next revision; else why not, for a person. *nothing_new: it is what is in force. */
const char *change_objection(struct policy_change *c, bool *nothing_new);
/* NULL = its effective date has come. */
const char *change_too_early(struct policy_change *c);
/* Why a proposal that was made against an earlier revision cannot come any more. */
extern const char change_overtaken[];
/* The number of a proposal; 0: the word is none. */
int64_t change_number(const char *word);
/* The proposal of that number: CLI_OK, or how the command ends, which has been told. */
int change_find_proposal(struct policy_change *c, int64_t number, struct proposal *out, struct err *e);
/* Prints why on standard error: CLI_REFUSED. */
int change_refuse(const struct cli *cli, const char *why);
/* Prints what moves. `more` is taken: what a command adds for programs. */
void change_tell(const struct policy_change *c, json_t *more);

/* The commands (policy.c's table). */
int policy_propose(struct cli *cli, int argc, char **argv);
int policy_approve(struct cli *cli, int argc, char **argv);
int policy_deny(struct cli *cli, int argc, char **argv);
int policy_apply(struct cli *cli, int argc, char **argv);
int policy_history(struct cli *cli, int argc, char **argv);

#endif
