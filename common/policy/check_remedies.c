/* What the policy says of advance compensation, of the company's own faults and of carrying plans out (PA-5, PA-8,
 * PA-10): nothing that nobody could do, or that could not end. */
#include <stdio.h>

#include "policy/check.h"

static bool check_advance(const struct check *c, const struct pol_advance_rules *r)
{
    if (r->n_review_roles == 0) return policy_refuse(c, "$.advance.review_roles: nobody would hold the right");
    for (int i = 0; i < r->n_grounds; i++) {
        for (int j = 0; j < i; j++) {
            if (r->grounds[j].category != r->grounds[i].category) continue;
            return policy_refuse(c, "$.advance.grounds[%d].category: %s is listed twice", i,
                                 category_name(r->grounds[i].category));
        }
    }
    return policy_check_amounts(c, "$.advance.unclaimed_ceiling", r->unclaimed_ceiling, r->n_unclaimed_ceiling);
}

/* AP-6: whoever of them reports an outcome himself, another can confirm it. */
static bool check_confirmers(const struct check *c, const struct pol_correction_rules *r)
{
    const struct pol_unit *top = policy_head_office(c->policy);
    int able = 0;
    for (int i = 0; top != NULL && i < top->n_people; i++) {
        bool holds = false;
        for (int k = 0; k < r->n_confirm_roles; k++) holds |= policy_has_role(&top->people[i], r->confirm_roles[k]);
        able += holds;
    }
    return top == NULL || top->n_people == 0 || able >= 2 ||
           policy_refuse(c, "$.correction.confirm_roles: fewer than two people of head office hold one");
}

static bool check_correction(const struct check *c, const struct pol_correction_rules *r)
{
    const struct policy_limit *limit = policy_limit(c->policy, r->limit);
    if (limit == NULL) return policy_refuse(c, "$.correction.limit: there is no limit \"%s\"", r->limit);
    if (limit->def->on_miss != ON_MISS_SLIP) return policy_refuse(c, "$.correction.limit: its miss must issue a slip");
    if (!check_confirmers(c, r)) return false;
    return policy_check_cause_departments(c, "$.correction.departments", r->departments, r->n_departments);
}

/* EV-7: whoever is asked exists, and their silence is noticed. */
static bool check_contest(const struct check *c, const struct pol_contest_rules *r)
{
    const struct policy_limit *limit = policy_limit(c->policy, r->limit);
    const struct pol_unit *top = policy_head_office(c->policy);
    if (limit == NULL) return policy_refuse(c, "$.contest.limit: there is no limit \"%s\"", r->limit);
    if (limit->def->on_miss != ON_MISS_SLIP) return policy_refuse(c, "$.contest.limit: its miss must issue a slip");
    for (int i = 0; top != NULL && i < r->n_then; i++) {
        if (policy_person_with((struct policy_moment){c->policy, POLICY_LONG_RUN}, top, r->then[i], 0)) continue;
        return policy_refuse(c, "$.contest.then[%d]: nobody at head office is %s", i, role_name(r->then[i]));
    }
    return policy_check_cause_departments(c, "$.contest.departments", r->departments, r->n_departments);
}

/* RV-5: whoever approves exists, and what is copied has a department. */
static bool check_accountability(const struct check *c, const struct pol_accountability *r)
{
    const struct pol_unit *top = policy_head_office(c->policy);
    const struct policy_moment in_the_long_run = {c->policy, POLICY_LONG_RUN};
    if (policy_limit(c->policy, r->appeal_limit) == NULL)
        return policy_refuse(c, "$.accountability.appeal_limit: there is no limit \"%s\"", r->appeal_limit);
    if (top != NULL && policy_person_with(in_the_long_run, top, r->approver, 0) == NULL)
        return policy_refuse(c, "$.accountability.approver: nobody at head office is %s", role_name(r->approver));
    for (int i = 0; i < r->n_copies; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.accountability.copies[%d]", i);
        if (!policy_check_department(c, path, r->copies[i])) return false;
    }
    return r->publisher == NULL || policy_check_department(c, "$.accountability.publisher", r->publisher);
}

static bool check_record(const struct check *c, const struct pol_pack *p, int index)
{
    const struct pol_execution_record *r = &p->execution[index];
    for (int j = 0; j < index; j++) {
        if (p->execution[j].measure != r->measure) continue;
        return policy_refuse(c, "$.execution[%d].measure: %s is listed twice", index, measure_kind_name(r->measure));
    }
    for (int i = 0; i < r->n_steps; i++) {
        if (i == 0 && r->steps[i].step == EXECUTION_STEP_INSPECTED)
            return policy_refuse(c, "$.execution[%d].steps[0]: there is nothing to inspect yet", index);
        for (int j = 0; j < i; j++) {
            if (r->steps[j].step != r->steps[i].step) continue;
            return policy_refuse(c, "$.execution[%d].steps[%d]: %s is listed twice", index, i,
                                 execution_step_name(r->steps[i].step));
        }
    }
    return r->n_steps > 0 || policy_refuse(c, "$.execution[%d].steps: a record of nothing", index);
}

bool policy_check_remedies(const struct check *c)
{
    const struct pol_pack *p = c->policy->pack;
    bool well = p->advance == NULL || check_advance(c, p->advance);
    well &= p->correction == NULL || check_correction(c, p->correction);
    well &= p->accountability == NULL || check_accountability(c, p->accountability);
    well &= p->contest == NULL || check_contest(c, p->contest);
    for (int i = 0; i < p->n_execution; i++) well &= check_record(c, p, i);
    return well;
}
