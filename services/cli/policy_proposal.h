/* What was proposed as the next revision of the policy, and what was decided about it (SL-8).
 *
 * DIR/proposed/N below the setting policy.dir: a copy of pack, organisation and calendars as they were proposed,
 * proposal.json, and verdict.json once somebody has decided. What is approved is the copy, whatever becomes of the
 * draft. */
#ifndef REDRESS_CLI_POLICY_PROPOSAL_H
#define REDRESS_CLI_POLICY_PROPOSAL_H

#include <limits.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/policy.h"

struct proposal {
    const struct pol_proposal *head;   /* NULL: there is no such proposal */
    const struct pol_verdict *verdict; /* NULL: nobody has decided */
    char pack[PATH_MAX], calendar[PATH_MAX + 16];
};

/* False: it is there and cannot be read. */
bool proposal_read(const char *root, int64_t number, struct arena *a, struct proposal *out, struct err *e);
/* Copies the folders; head->proposal is set to the next free number. */
bool proposal_make(const char *root, const char *pack, const char *calendar, struct pol_proposal *head, struct err *e);
/* Once: false with *taken when somebody else has decided meanwhile. */
bool proposal_decide(const struct proposal *p, const struct pol_verdict *verdict, bool *taken, struct err *e);
/* How a revision came. */
bool proposal_applied(const char *root, int64_t revision, struct arena *a, const struct pol_applied **out,
                      struct err *e);

#endif
