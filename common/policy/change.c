#include "policy/change.h"

#include <string.h>

static const char *holder_fault(struct policy_moment in_force, const struct actor *who)
{
    const struct pol_unit *office = policy_head_office(in_force.policy);
    const struct pol_person *person = policy_person_in(office, who->id);
    if (who->org_id != NULL && strcmp(who->org_id, office->id) != 0) return "the policy is head office's to change";
    if (person == NULL) return "nobody of that id works at head office";
    return policy_acts_as(in_force, office, person, who->role) ? NULL
                                                               : "that person does not hold that role at head office";
}

const char *change_proposer_fault(struct policy_moment in_force, const struct actor *who)
{
    return holder_fault(in_force, who);
}

const char *change_approver_fault(struct policy_moment in_force, const struct actor *proposer, const struct actor *who)
{
    if (who->role != in_force.policy->pack->approved_by)
        return "that is not the role the policy in force wants a change approved by (approved_by)";
    if (strcmp(proposer->id, who->id) == 0) return "nobody approves what they proposed themselves";
    return holder_fault(in_force, who);
}
