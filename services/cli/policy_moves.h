/* Which running deadlines a new revision of the policy would move (SL-6): the sla core itself is asked, case by case.
 */
#ifndef REDRESS_CLI_POLICY_MOVES_H
#define REDRESS_CLI_POLICY_MOVES_H

#include <jansson.h>

#include "base/err.h"
#include "policy/policy.h"
#include "runtime/pg.h"

struct policy_moves {
    json_t *items;     /* {case_id, code, old_due_ms, new_due_ms, delta_ms}; new_due_ms null = cancelled. Ours */
    int64_t deadlines; /* that were looked at */
};

/* `next` is the revision not yet applied. False: the database cannot be read, or a state not decoded. */
bool policy_moves_read(struct pg *pg, const struct policy *next, int64_t now_ms, struct policy_moves *out,
                       struct err *e);
void policy_moves_print(const struct policy_moves *m);
/* Armed timers that have not been looked at under the revision; -1 with err set when that cannot be read. */
int64_t policy_moves_left(struct pg *pg, int64_t revision, struct err *e);

#endif
