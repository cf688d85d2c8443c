/* The policy from its files (shell side; cores link policy.h only).
 *
 * DIR/pack.json and DIR/organisation.json (schemas/policy). Loaded once at start; a pack that cannot be
 * right is refused with file, JSON path and reason (SL-8): unknown events, codes, currencies, units that
 * hang in the air, a limit nobody can stop.
 *
 * An installation keeps every policy it ever had (SL-6): DIR holds folders 1, 2, …, each a revision with its
 * pack.json, organisation.json, applied.json and a folder calendar. A revision is whole when it appears (it is
 * renamed into place), and never changes afterwards; all but the first say who proposed and who approved them (SL-8).
 */
#ifndef REDRESS_POLICY_POLICY_LOAD_H
#define REDRESS_POLICY_POLICY_LOAD_H

#include "base/err.h"
#include "policy/policy.h"

/* A pack by itself, as revision 1: its calendar is read from calendar_dir; NULL leaves policy.calendar NULL (for
 * tools that count no time). Where dir holds revisions, all of them; calendar_dir is not used then. ERR_DATA or
 * ERR_IO. Free with policy_unload. */
bool policy_load(const char *dir, const char *calendar_dir, const struct policy **out, struct err *e);
/* Puts the revisions that came since *p on top of it; *p stays when there are none, and keeps being valid in any
 * case. False: the next one cannot be loaded. A pack by itself has no later revisions. */
bool policy_load_later(const char *dir, const struct policy **p, struct err *e);
/* A pack as it would be the revision after `earlier` (which stays the caller's, and must outlive it). */
bool policy_load_next(const char *dir, const char *calendar_dir, const struct policy *earlier, bool moves,
                      const struct policy **out, struct err *e);
/* The same from texts in memory, without a calendar: for tests and for checking a draft. */
bool policy_parse(const char *pack_json, const char *organisation_json, const struct policy **out, struct err *e);
/* With all its earlier revisions. */
void policy_unload(const struct policy *p);
/* Only this revision. */
void policy_drop(const struct policy *p);

/* Every fault of a pack, not only the first: of each entry of its lists the first one. `found` gets "FILE: $.path:
 * reason" or "FILE: reason". Returns how many. */
int policy_faults(const char *dir, const char *calendar_dir, void (*found)(void *user, const char *fault), void *user);

#endif
