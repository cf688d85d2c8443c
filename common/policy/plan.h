/* What a resolution plan must be before anyone decides on it. Rules AP-1, AP-2, AP-7. Pure.
 *
 * Asked twice: where a plan comes along with a finding (evidence), and where it is proposed
 * (approval), so that whoever handed it in is told at once. */
#ifndef REDRESS_POLICY_PLAN_H
#define REDRESS_POLICY_PLAN_H

#include <stdbool.h>

#include "event/events.h"

struct policy; /* policy/policy.h */

enum { PLAN_MEASURES_MAX = 16 };

/* Why something is refused: rule, reason code, and a word for a person (may be NULL). */
struct refusal {
    const char *rule;
    const char *reason;
    const char *detail;
};

/* False with *why filled when the plan breaks a rule:
 *   AP-1  no_measures, too_many_measures, rejection_with_measures, money_without_measure, measure_without_money,
 *         value_without_goods
 *   AP-2  exchange_without_value, amount_overflow, negative_amount, unknown_currency, other_currency,
 *         not_loss_plus_goodwill, force_majeure_is_no_ground (to reject), help_missing (beside an apology)
 *   AP-7  rejection_without_reasons, rejection_with_money
 *   PA-11 charge_without_liability, work_not_charged, terms_missing, nothing_is_owed, help_missing
 * The finding is what the plan rests on: verified loss + declared goodwill must be the amount, in the loss's currency;
 * where it clears us, the goodwill alone. How much goodwill there may be: policy/goodwill.h.
 */
bool plan_check(const struct plan *plan, const struct finding *finding, struct refusal *why);
/* PA-8: where the company itself is at fault, the plan's money and goods, with `granted_minor` of the loss's currency
 * by earlier plans, make good the whole of the verified loss; else false with *why filled (less_than_the_loss). */
bool plan_makes_good(const struct plan *plan, const struct finding *finding, int64_t granted_minor,
                     struct refusal *why);
bool plan_is_rejection(const struct plan *plan);
/* A measure other than money must be carried out: rework, repair, replace, return, exchange, support, service. */
bool plan_must_execute(const struct plan *plan);
/* AP-2: what the goods given are worth; with the money, what the whole plan is. Of a plan plan_check has passed. */
int64_t plan_goods(const struct plan *plan);
int64_t plan_worth(const struct plan *plan);
/* PA-11: what the customer pays for the work. */
int64_t plan_charge(const struct plan *plan);
bool plan_knows_currency(const char *code);
/* EV-6, EV-7: it is shown, or an inspection reports, that the fault is the customer's, a third party's or nobody's. */
bool finding_clears_us(const struct finding *finding);
/* False with *why filled when a finding's loss is negative or in no known currency (AP-2), or its supplier is none of
 * the organisation's, so that nobody could be asked for the recourse (PA-7: unknown_supplier). */
bool finding_check(const struct policy *p, const struct finding *finding, struct refusal *why);

#endif
