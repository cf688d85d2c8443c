/* Who may change the policy (SL-8): somebody of head office proposes, another person there approves, in the role that
 * the policy in force names (approved_by). Pure. */
#ifndef REDRESS_POLICY_CHANGE_H
#define REDRESS_POLICY_CHANGE_H

#include "policy/policy.h"

/* NULL = they may, at that moment of the policy in force; else why not, for a person. An actor without a unit is meant
 * to be head office's. */
const char *change_proposer_fault(struct policy_moment in_force, const struct actor *who);
const char *change_approver_fault(struct policy_moment in_force, const struct actor *proposer, const struct actor *who);

#endif
