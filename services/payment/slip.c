#include "payment/slip.h"

#include <string.h>

#include "base/money.h"
#include "policy/policy.h"

/* After a regional's takeover the outlet still pays (house default); who pays for what head office took over, and
 * for what its suppliers or itself are liable for (PA-7, PA-8), is head office. A unit the organisation does not know
 * any more: head office (ES-6). */
static const struct pol_unit *payer_of(const struct policy *p, const struct ev_approval_slip_approved *from)
{
    if (from->liability == LIABILITY_SUPPLIER || from->liability == LIABILITY_COMPANY) return policy_head_office(p);
    const struct pol_unit *unit = policy_unit(p, from->assignment->org_id);
    if (unit == NULL) return policy_head_office(p);
    if (unit->level != ORG_LEVEL_REGIONAL) return unit;
    const struct pol_unit *outlet = policy_unit_for(p, from->brief->contract_no, from->brief->region);
    bool of_it = outlet != NULL && outlet->level == ORG_LEVEL_OUTLET && policy_leads(p, unit->id, outlet->id);
    return of_it ? outlet : unit;
}

/* Whose case it was before head office had it; NULL when no outlet can be found. */
static const char *outlet_of(const struct policy *p, const struct ev_approval_slip_approved *from)
{
    if (from->assignment->outlet_id != NULL) return from->assignment->outlet_id;
    const struct pol_unit *unit = policy_unit_for(p, from->brief->contract_no, from->brief->region);
    return unit != NULL && unit->level == ORG_LEVEL_OUTLET ? unit->id : NULL;
}

static const char *recover_from(const struct policy *p, const struct ev_approval_slip_approved *from,
                                const struct pol_unit *payer, struct arena *a)
{
    if (payer != policy_head_office(p)) return NULL;
    if (from->liability == LIABILITY_OUTLET) {
        const char *outlet = outlet_of(p, from);
        return outlet != NULL ? arena_printf(a, "outlet:%s", outlet) : NULL;
    }
    if (from->liability != LIABILITY_SUPPLIER) return NULL;
    bool named = from->finding != NULL && from->finding->supplier_id != NULL;
    return arena_printf(a, "supplier:%s", named ? from->finding->supplier_id : "unnamed");
}

struct slip_parties slip_parties(const struct policy *p, const struct ev_approval_slip_approved *from, struct arena *a)
{
    const struct pol_unit *payer = payer_of(p, from);
    return (struct slip_parties){payer, recover_from(p, from, payer, a)};
}

/* PA-2: only during construction, only where the outlet pays itself, only in the fee's own currency. */
static int64_t fee_of(const struct ev_approval_slip_approved *from, const struct pol_unit *payer)
{
    const struct brief *b = from->brief;
    bool may = b->phase == PHASE_CONSTRUCTION && b->has_fee_due_minor && b->fee_due_minor > 0 &&
               payer->level == ORG_LEVEL_OUTLET && b->currency != NULL &&
               strcmp(b->currency, from->plan->currency) == 0;
    return may ? b->fee_due_minor : 0;
}

void slip_pay_to(struct pay_slip *slip, const struct payee_choice *from)
{
    for (int i = 0; i < PAYEE_CHOICES && slip->payee == NULL; i++) {
        if (from->payees[i] != NULL && from->payees[i][0] != '\0') slip->payee = from->payees[i];
    }
    for (int i = 0; i < PAYEE_CHOICES && slip->pay_method == PAY_METHOD_ABSENT; i++) {
        if (from->methods[i] != PAY_METHOD_DEDUCTION) slip->pay_method = from->methods[i];
    }
    if (slip->pay_method == PAY_METHOD_ABSENT) slip->pay_method = PAY_METHOD_TRANSFER;
    if (slip->payee != NULL) return;
    slip->payee = slip->case_no;
    if (slip->pay_method != PAY_METHOD_CASH) slip->pay_method = PAY_METHOD_COUNTER;
}

/* AP-2: money given back or taken off is no compensation in the books. NULL: compensation, also where a plan mixes
 * them, since it has one amount. */
static const char *expense_of(const struct plan *plan)
{
    const char *of = NULL;
    for (int i = 0; i < plan->n_measures; i++) {
        enum measure_kind kind = plan->measures[i].kind;
        if (kind == MEASURE_KIND_COMPENSATION) return NULL;
        if (kind != MEASURE_KIND_REFUND && kind != MEASURE_KIND_DISCOUNT) continue;
        if (of != NULL && strcmp(of, measure_kind_name(kind)) != 0) return NULL;
        of = measure_kind_name(kind);
    }
    return of;
}

const struct pay_slip *slip_read(const struct policy *p, const struct ev_approval_slip_approved *from, struct arena *a,
                                 const char **why)
{
    const struct brief *b = from->brief;
    if (from->plan->amount_minor <= 0 || money_exponent(from->plan->currency) < 0) {
        *why = from->plan->amount_minor <= 0 ? "slip_without_amount" : "slip_in_unknown_currency";
        return NULL;
    }
    struct slip_parties who = slip_parties(p, from, a);
    struct pay_slip *slip = ARENA_NEW(a, struct pay_slip);
    *slip = (struct pay_slip){
        .slip_no = from->slip_no,
        .case_no = b->case_no,
        .amount_minor = from->plan->amount_minor,
        .currency = from->plan->currency,
        .payee_name = b->customer->name,
        .payer_org = who.payer->id,
        .payer_account = who.payer->bank_account,
        .approved_org = from->assignment->org_id,
        .recover_from = who.recover_from,
        .expense = expense_of(from->plan),
        .fee_minor = fee_of(from, who.payer),
        .fee_account = arena_printf(a, "receivable:contract:%s", b->contract_no != NULL ? b->contract_no : b->case_no),
    };
    slip_pay_to(slip, &(struct payee_choice){.payees = {from->plan->payee, from->payee},
                                             .methods = {from->plan->pay_method, b->pay_method}});
    return slip;
}

const struct entry *slip_entries(const struct movement *m, struct arena *a, int *n)
{
    struct entry *legs = ARENA_ARRAY(a, struct entry, 2);
    legs[0] = (struct entry){.account = m->debit, .amount_minor = m->amount_minor, .currency = m->currency};
    legs[1] = (struct entry){.account = m->credit, .amount_minor = -m->amount_minor, .currency = m->currency};
    *n = 2;
    return legs;
}

const char *account_expense(const struct pay_slip *slip, struct arena *a)
{
    return arena_printf(a, "expense:%s:%s", slip->expense != NULL ? slip->expense : "compensation", slip->payer_org);
}

const char *account_clearing(const struct pay_slip *slip, struct arena *a)
{
    return arena_printf(a, "clearing:payout:%s", slip->payer_org);
}

const char *account_bank(const struct pay_slip *slip, struct arena *a)
{
    return arena_printf(a, "bank:%s", slip->payer_account);
}

const char *account_cash(const struct pay_slip *slip, struct arena *a)
{
    return arena_printf(a, "cash:%s", slip->payer_org);
}

const char *account_bank_claim(const struct pay_slip *slip, struct arena *a)
{
    return arena_printf(a, "receivable:bank:%s", slip->payer_account);
}

const char *account_advanced(const char *account, struct arena *a) { return arena_printf(a, "advanced:%s", account); }
