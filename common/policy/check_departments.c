/* Departments and suppliers of an organisation: none twice, and nobody who does not work at head office (AP-5, PA-7).
 * See check.h. */
#include <stdio.h>
#include <string.h>

#include "policy/check.h"

static bool check_person(const struct check *c, int index, const char *field, const char *person_id)
{
    const struct pol_unit *top = policy_head_office(c->policy);
    if (top != NULL && policy_person_in(top, person_id) != NULL) return true;
    return policy_refuse(c, "$.departments[%d].%s: nobody at head office is \"%s\"", index, field, person_id);
}

static bool check_one(const struct check *c, int index)
{
    const struct pol_department *d = &c->policy->org->departments[index];
    if (*d->id == '\0') return policy_refuse(c, "$.departments[%d].id: is empty", index);
    if (policy_department(c->policy, d->id) != d)
        return policy_refuse(c, "$.departments[%d].id: \"%s\" is used twice", index, d->id);
    bool well = check_person(c, index, "head", d->head);
    return check_person(c, index, "contact", d->contact) && well;
}

static bool check_supplier(const struct check *c, int index)
{
    const struct pol_supplier *s = &c->policy->org->suppliers[index];
    if (*s->id == '\0') return policy_refuse(c, "$.suppliers[%d].id: is empty", index);
    if (policy_supplier(c->policy, s->id) == s) return true;
    return policy_refuse(c, "$.suppliers[%d].id: \"%s\" is used twice", index, s->id);
}

bool policy_check_departments(const struct check *c)
{
    bool well = true;
    for (int i = 0; i < c->policy->org->n_departments; i++) well &= check_one(c, i);
    for (int i = 0; i < c->policy->org->n_suppliers; i++) well &= check_supplier(c, i);
    return well;
}

bool policy_check_department(const struct check *c, const char *path, const char *id)
{
    return policy_department(c->policy, id) != NULL ||
           policy_refuse(c, "%s: the organisation has no department \"%s\"", path, id);
}

bool policy_check_cause_departments(const struct check *c, const char *path, const struct pol_cause_department *list,
                                    int n)
{
    bool well = true;
    for (int i = 0; i < n; i++) {
        char place[80];
        snprintf(place, sizeof place, "%s[%d].department", path, i);
        well &= policy_check_department(c, place, list[i].department);
        bool last = i == n - 1;
        if ((list[i].n_causes == 0) == last) continue;
        well = policy_refuse(c, "%s[%d].causes: %s", path, i,
                             last ? "the last takes every cause" : "those after it would have none");
    }
    return n > 0 ? well : policy_refuse(c, "%s: nobody would answer for it", path);
}
