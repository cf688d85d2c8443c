/* Who may do what to a case (RO-1). Pure.
 *
 * A command names its actor; whether that person works at that unit in that role is the
 * organisation's data, not the command's claim. */
#ifndef REDRESS_POLICY_RIGHTS_H
#define REDRESS_POLICY_RIGHTS_H

#include <string.h>

#include "policy/policy.h"

/* The actor is a person of the unit they name, in the role they act in, or the deputy of an absent one. False for a
 * customer, who is no part of the organisation. */
static inline bool rights_holds_role(const struct policy *p, const struct actor *who)
{
    const struct pol_unit *unit = policy_unit(p, who->org_id);
    const struct pol_person *person = unit != NULL ? policy_person_in(unit, who->id) : NULL;
    return person != NULL && policy_acts_as(unit, person, who->role);
}

/* The same at one unit: whoever has the case (DI-2: a unit that lost it has lost its rights on it). */
static inline bool rights_at_unit(const struct policy *p, const struct actor *who, const char *org_id)
{
    return who->org_id != NULL && org_id != NULL && strcmp(who->org_id, org_id) == 0 && rights_holds_role(p, who);
}

/* Somebody of head office's customer service. */
static inline bool rights_head_office_service(const struct policy *p, const struct actor *who)
{
    return (who->role == ROLE_HO_SERVICE || who->role == ROLE_HO_SERVICE_MANAGER) && rights_holds_role(p, who);
}

#endif
