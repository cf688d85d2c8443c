/* Whether a policy can be right. Private to policy_load. */
#ifndef REDRESS_POLICY_CHECK_H
#define REDRESS_POLICY_CHECK_H

#include "base/err.h"
#include "policy/policy.h"

/* One file under check. Where faults are collected, each entry of a list is looked at, whatever came before. */
struct check {
    const struct policy *policy;
    const char *file;
    struct err *err;                              /* the first fault */
    void (*found)(void *user, const char *fault); /* NULL, or told of each */
    void *user;
};

/* What a limit may name: facts the other services state about a case's progress, which are those sla's table has rows
 * for (unit.sla compares). */
bool policy_moves_limits(enum event_type t);
/* Sets the error, tells of the fault and returns false; fmt begins with the JSON path. */
bool policy_refuse(const struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The organisation is checked against the pack: head office must be able to do what the pack asks of it. */
bool policy_check_pack(const struct check *c);
/* Bands of amounts, standards of goodwill, templates of plans. */
bool policy_check_plans(const struct check *c);
/* The rules head office decides by: refusals, the demand for the file, the liability table. */
bool policy_check_liability(const struct check *c);
/* Advance compensation, corrective investigations, records of goods and repairs. */
bool policy_check_remedies(const struct check *c);
/* What customers are told, and in which words. */
bool policy_check_notices(const struct check *c);
/* Amounts of known currencies, one each, none negative. */
bool policy_check_amounts(const struct check *c, const char *path, const struct pol_amount *list, int n);
bool policy_check_organisation(const struct check *c);
/* Departments of head office, suppliers. */
bool policy_check_departments(const struct check *c);
/* What the pack says of a department at that place is one of the organisation's. */
bool policy_check_department(const struct check *c, const char *path, const char *id);
/* Every cause has its department, the last takes what is left. */
bool policy_check_cause_departments(const struct check *c, const char *path, const struct pol_cause_department *list,
                                    int n);

#endif
