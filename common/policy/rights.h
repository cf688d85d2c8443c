/* Who may do what to a case (RO-1). Pure.
 *
 * A command names its actor; whether that person works at that unit in that role is the
 * organisation's data, not the command's claim. */
#ifndef REDRESS_POLICY_RIGHTS_H
#define REDRESS_POLICY_RIGHTS_H

#include <string.h>

#include "event/core.h"
#include "policy/policy.h"

/* Who is there when the input took place: a command is judged by when it was accepted, however late it is read. */
static inline struct policy_moment moment_of(const struct step *s)
{
    return (struct policy_moment){s->policy, s->in->at_ms};
}

/* The actor is a person of the unit they name, in the role they act in, or the deputy of one who is away. False for a
 * customer, who is no part of the organisation. */
static inline bool rights_holds_role(const struct step *s, const struct actor *who)
{
    const struct pol_unit *unit = policy_unit(s->policy, who->org_id);
    const struct pol_person *person = unit != NULL ? policy_person_in(unit, who->id) : NULL;
    return person != NULL && policy_acts_as(moment_of(s), unit, person, who->role);
}

/* The same at one unit: whoever has the case (DI-2: a unit that lost it has lost its rights on it). */
static inline bool rights_at_unit(const struct step *s, const struct actor *who, const char *org_id)
{
    return who->org_id != NULL && org_id != NULL && strcmp(who->org_id, org_id) == 0 && rights_holds_role(s, who);
}

/* Somebody of head office's customer service. */
static inline bool rights_head_office_service(const struct step *s, const struct actor *who)
{
    return (who->role == ROLE_HO_SERVICE || who->role == ROLE_HO_SERVICE_MANAGER) && rights_holds_role(s, who);
}

#endif
