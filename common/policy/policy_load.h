/* The policy from its files (shell side; cores link policy.h only).
 *
 * DIR/pack.json and DIR/organisation.json (schemas/policy). Loaded once at start; a pack that cannot be
 * right is refused with file, JSON path and reason (SL-8): unknown events, codes, currencies, units that
 * hang in the air, a limit nobody can stop. */
#ifndef REDRESS_POLICY_POLICY_LOAD_H
#define REDRESS_POLICY_POLICY_LOAD_H

#include "base/err.h"
#include "policy/policy.h"

/* The pack's calendar is read from calendar_dir; NULL leaves policy.calendar NULL (for tools that count no
 * time). ERR_DATA or ERR_IO. Free with policy_unload. */
bool policy_load(const char *dir, const char *calendar_dir, const struct policy **out, struct err *e);
/* The same from texts in memory, without a calendar: for tests and for checking a draft. */
bool policy_parse(const char *pack_json, const char *organisation_json, const struct policy **out, struct err *e);
void policy_unload(const struct policy *p);

#endif
