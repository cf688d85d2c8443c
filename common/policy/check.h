/* Whether a policy can be right. Private to policy_load. */
#ifndef REDRESS_POLICY_CHECK_H
#define REDRESS_POLICY_CHECK_H

#include "base/err.h"
#include "policy/policy.h"

/* Each names the file, the JSON path and the reason of the first fault. The organisation is checked
 * against the pack: head office must be able to do what the pack asks of it. */
bool policy_check_pack(const struct policy *p, const char *file, struct err *e);
bool policy_check_organisation(const struct policy *p, const char *file, struct err *e);

/* One file under check. */
struct check {
    const struct policy *policy;
    const char *file;
    struct err *err;
};

/* Sets the error and returns false; fmt begins with the JSON path. */
bool policy_refuse(const struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
