/* The words of notices to customers: the pack's templates, filled with what a notice says (PA-3, IN-7, AP-7, RV-2,
 * CF-5).
 *
 * A template is text with names in braces, "已支付 {amount}". What stands in brackets is left out when one of its names
 * says nothing: "[，凭证号 {voucher}]". Which names a kind of notice can say is told here; the loader refuses others.
 * Pure. */
#ifndef REDRESS_POLICY_WORDING_H
#define REDRESS_POLICY_WORDING_H

#include "base/arena.h"
#include "policy/policy.h"

/* Why that text can be no template of that kind, and about which name; NULL: it can. `name` holds at least
 * WORDING_NAME_SIZE bytes. */
enum { WORDING_NAME_SIZE = 32 };
const char *wording_fault(enum notice_kind kind, const char *template, char *name);

/* NULL = the policy tells customers nothing of that kind. */
const struct pol_notice_text *wording_of(const struct policy *p, enum notice_kind kind);

struct wording {
    const struct policy *policy;
    const struct calendar *calendar; /* whose wall clock the times are told by */
    struct arena *arena;
};
/* Writes title and body in the notice's language, from everything else it says. */
void wording_write(const struct wording *w, const struct pol_notice_text *text, struct ev_intake_customer_notified *n);

#endif
