/* Head office's departments and its suppliers (AP-5, EV-7, PA-7, PA-8). See policy.h. */
#include <string.h>

#include "policy/policy.h"

const struct pol_department *policy_department(const struct policy *p, const char *id)
{
    for (int i = 0; id && i < p->org->n_departments; i++) {
        if (strcmp(p->org->departments[i].id, id) == 0) return &p->org->departments[i];
    }
    return NULL;
}

const struct pol_supplier *policy_supplier(const struct policy *p, const char *id)
{
    for (int i = 0; id && i < p->org->n_suppliers; i++) {
        if (strcmp(p->org->suppliers[i].id, id) == 0) return &p->org->suppliers[i];
    }
    return NULL;
}

static const struct pol_person *acting(struct policy_moment m, const char *person_id)
{
    const struct pol_unit *top = policy_head_office(m.policy);
    return policy_acting(m, top, policy_person_in(top, person_id));
}

const struct pol_person *policy_department_head(struct policy_moment m, const char *id)
{
    const struct pol_department *d = policy_department(m.policy, id);
    return d ? acting(m, d->head) : NULL;
}

const struct pol_person *policy_department_contact(struct policy_moment m, const char *id)
{
    const struct pol_department *d = policy_department(m.policy, id);
    const struct pol_person *contact = d ? acting(m, d->contact) : NULL;
    return contact ? contact : policy_department_head(m, id);
}

const char *policy_department_for(const struct pol_cause_department *list, int n, enum cause cause)
{
    for (int i = 0; i < n; i++) {
        bool has = list[i].n_causes == 0;
        for (int k = 0; k < list[i].n_causes; k++) has |= list[i].causes[k] == cause;
        if (has) return list[i].department;
    }
    return NULL;
}
