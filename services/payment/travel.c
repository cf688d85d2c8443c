/* The travel allowance (PA-9, steps.h). What intake has allowed for a case is passed on, whatever the case's own
 * payouts stand at, to an account with a home of its own, "visit:CASE_NO@DATE", and paid there as any slip is. */
#include <string.h>

#include "base/id.h"
#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"

enum verdict payment_on_travel_allowed(struct step *s)
{
    const struct ev_intake_travel_allowed *ev = s->in->data;
    struct ev_payment_travel_due *out = decision_emit(s->out, EV_PAYMENT_TRAVEL_DUE);
    *out = (struct ev_payment_travel_due){
        .visit = arena_printf(s->out->arena, "visit:%s@%s", ev->case_no, ev->visited_on),
        .case_no = ev->case_no,
        .visited_on = ev->visited_on,
        .department = ev->department,
        .amount_minor = ev->amount_minor,
        .currency = ev->currency,
        .payee = ev->payee,
        .pay_method = ev->pay_method,
        .org_id = ev->org_id,
    };
    return VERDICT_DONE;
}

static bool is_payable(enum pay_method how) { return how != PAY_METHOD_ABSENT && how != PAY_METHOD_DEDUCTION; }

static const struct pay_slip *slip_of(const struct step *s, const struct pol_unit *unit)
{
    const struct ev_payment_travel_due *ev = s->in->data;
    struct arena *a = s->out->arena;
    struct pay_slip *slip = ARENA_NEW(a, struct pay_slip);
    *slip = (struct pay_slip){
        .slip_no = arena_printf(a, "%s-T%s", ev->case_no, ev->visited_on),
        .case_no = ev->case_no,
        .amount_minor = ev->amount_minor,
        .currency = ev->currency,
        .payee = ev->payee,
        .pay_method = is_payable(ev->pay_method) ? ev->pay_method : PAY_METHOD_TRANSFER,
        .payer_org = unit->id,
        .payer_account = unit->bank_account,
        .approved_org = unit->id,
        .expense = arena_printf(a, "travel:%s", ev->department),
        .fee_account = "",
    };
    return slip;
}

enum verdict payment_on_travel_due(struct step *s)
{
    const struct ev_payment_travel_due *ev = s->in->data;
    const struct pol_unit *unit = policy_unit(s->policy, ev->org_id);
    if (case_id_serial(s->in->case_id) != id_account_serial(ev->visit)) return step_broken(s, "another_account");
    if (unit == NULL) return step_broken(s, "unknown_unit");
    payment_begin(s, slip_of(s, unit), false);
    return VERDICT_DONE;
}
