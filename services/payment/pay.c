/* From an approved slip to the money's leaving: ceilings, set-off, instruction, settlement (steps.h). */
#include <string.h>

#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"

static struct arena *arena_of(const struct step *s) { return s->out->arena; }

const char *payment_voucher(const struct step *s)
{
    const struct payment_state *next = s->next;
    return arena_printf(arena_of(s), "%s-P%lld", next->slip->slip_no, (long long)next->payout_no);
}

/* ---- the ceiling of a case (PA-1) ---- */

/* What the slip takes out of the ceiling: an advance has taken its part before (PA-5). */
static int64_t weight(const struct payment_state *next, const struct pay_slip *slip)
{
    return slip->amount_minor - payment_advance_left(next, slip);
}

/* Why the slip must wait for a person; NULL when it may pass. Fills the figures it was judged by. */
static const char *stopped_by(const struct step *s, const struct pay_slip *slip, struct ev_payment_held *out)
{
    const struct payment_state *next = s->next;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct pol_amount *ceiling = policy_amount(rules->case_ceiling, rules->n_case_ceiling, slip->currency);
    int64_t total;
    if (ceiling == NULL) return "currency_without_ceiling";
    out->has_ceiling_minor = true;
    out->ceiling_minor = ceiling->minor;
    if (next->begun_currency != NULL && strcmp(next->begun_currency, slip->currency) != 0) return "mixed_currencies";
    if (__builtin_add_overflow(next->begun_minor, weight(next, slip), &total)) return "amount_overflow";
    out->has_total_minor = true;
    out->total_minor = total;
    return total > ceiling->minor ? "case_ceiling" : NULL;
}

/* True when the slip is held. */
static bool hold(struct step *s, const struct pay_slip *slip)
{
    struct payment_state *next = s->next;
    struct ev_payment_held held = {0};
    const char *why = stopped_by(s, slip, &held);
    if (why == NULL) return false;
    next->status = PAYMENT_STATUS_HELD;
    held.slip_no = slip->slip_no;
    held.reason = why;
    held.amount_minor = slip->amount_minor;
    held.currency = slip->currency;
    *(struct ev_payment_held *)decision_emit(s->out, EV_PAYMENT_HELD) = held;
    return true;
}

/* What was begun in another currency stays out of the sum: every further slip of the case asks anyway. */
static void count(struct payment_state *next, const struct pay_slip *slip)
{
    int64_t total;
    if (next->begun_currency == NULL) next->begun_currency = slip->currency;
    if (strcmp(next->begun_currency, slip->currency) != 0) return;
    next->begun_minor = __builtin_add_overflow(next->begun_minor, weight(next, slip), &total) ? INT64_MAX : total;
}

/* ---- the money ---- */

/* PA-3: two signatures under the voucher pay it (people.c). */
static void to_the_cash_desk(struct step *s, const struct entry *entries, int n)
{
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    next->status = PAYMENT_STATUS_CASH_DUE;
    next->signer_id = NULL;
    struct ev_payment_cash_due *out = decision_emit(s->out, EV_PAYMENT_CASH_DUE);
    *out = (struct ev_payment_cash_due){.payout_no = next->payout_no,
                                        .key = next->key,
                                        .voucher_no = payment_voucher(s),
                                        .amount_minor = next->payout_minor,
                                        .currency = slip->currency,
                                        .payee = slip->payee,
                                        .payer_org = slip->payer_org,
                                        .payer_account = slip->payer_account,
                                        .slip_no = slip->slip_no,
                                        .entries = entries,
                                        .n_entries = n};
}

/* The bank is called after the commit. */
static void to_the_bank(struct step *s, const struct entry *entries, int n)
{
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    next->status = PAYMENT_STATUS_INSTRUCTED;
    struct ev_payment_instructed *out = decision_emit(s->out, EV_PAYMENT_INSTRUCTED);
    *out = (struct ev_payment_instructed){.payout_no = next->payout_no,
                                          .key = next->key,
                                          .amount_minor = next->payout_minor,
                                          .currency = slip->currency,
                                          .payee = slip->payee,
                                          .payee_name = slip->payee_name,
                                          .pay_method = slip->pay_method,
                                          .payer_account = slip->payer_account,
                                          .slip_no = slip->slip_no,
                                          .entries = entries,
                                          .n_entries = n};
}

void payment_instruct(struct step *s)
{
    struct arena *a = arena_of(s);
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    next->payout_no++;
    next->key = arena_printf(a, "redress-%lld-%lld", (long long)s->in->case_id, (long long)next->payout_no);
    struct movement m = {account_expense(slip, a), account_clearing(slip, a), next->payout_minor, slip->currency};
    int n;
    const struct entry *entries = slip_entries(&m, a, &n);
    if (slip->pay_method == PAY_METHOD_CASH)
        to_the_cash_desk(s, entries, n);
    else
        to_the_bank(s, entries, n);
}

static void note_ordered(struct step *s)
{
    struct payment_state *next = s->next;
    struct pay_slip *slip = ARENA_NEW(arena_of(s), struct pay_slip);
    *slip = *next->slip;
    slip->unordered = false;
    next->slip = slip;
}

/* Only the first order of a slip asks: another number, or the rest of it, is of what was counted already. */
void payment_order(struct step *s)
{
    const struct payment_state *next = s->next;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    payment_relieve_cash_desk(s);
    if (next->slip->unordered) note_ordered(s);
    bool own = strcmp(next->slip->payer_org, policy_head_office(s->policy)->id) == 0;
    if (own && policy_amount(rules->day_ceiling, rules->n_day_ceiling, next->slip->currency) != NULL)
        payment_ask_spending(s, false);
    else
        payment_instruct(s);
}

void payment_order_again(struct step *s)
{
    const struct payment_state *next = s->next;
    if (next->slip->unordered)
        payment_order(s);
    else
        payment_instruct(s);
}

/* PA-2: sets off what is still owed against `due` of the slip; returns how much. */
static int64_t deduct(struct step *s, int64_t due)
{
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    int64_t left = slip->fee_minor - next->fee_used_minor;
    int64_t amount = left < due ? left : due;
    if (amount <= 0) return 0;
    next->fee_used_minor += amount;
    struct ev_payment_deducted *out = decision_emit(s->out, EV_PAYMENT_DEDUCTED);
    *out = (struct ev_payment_deducted){.amount_minor = amount,
                                        .currency = slip->currency,
                                        .slip_no = slip->slip_no,
                                        .has_rest_minor = due > amount,
                                        .rest_minor = due - amount};
    struct movement m = {account_expense(slip, arena_of(s)), slip->fee_account, amount, slip->currency};
    out->entries = slip_entries(&m, arena_of(s), &out->n_entries);
    return amount;
}

/* Slips that waited, until one needs the bank or a person. */
static void go_on(struct step *s)
{
    struct payment_state *next = s->next;
    if (next->n_queue == 0) return;
    const struct pay_slip *slip = next->queue;
    next->n_queue--;
    next->queue++;
    payment_begin(s, slip, false);
}

void payment_recover(struct step *s, const struct recovery *r)
{
    struct ev_payment_recovery_due *out = decision_emit(s->out, EV_PAYMENT_RECOVERY_DUE);
    *out = (struct ev_payment_recovery_due){.account = r->from,
                                            .amount_minor = r->amount_minor,
                                            .currency = r->currency,
                                            .slip_no = r->slip_no,
                                            .case_no = r->case_no};
    struct movement m = {account_advanced(r->from, arena_of(s)), r->booked_at, r->amount_minor, r->currency};
    out->entries = slip_entries(&m, arena_of(s), &out->n_entries);
}

static void recover_slip(struct step *s)
{
    const struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    struct recovery r = {.slip_no = slip->slip_no,
                         .case_no = slip->case_no,
                         .from = slip->recover_from,
                         .booked_at = account_expense(slip, arena_of(s)),
                         .amount_minor = slip->has_recover_minor ? slip->recover_minor : slip->amount_minor,
                         .currency = slip->currency};
    payment_recover(s, &r);
}

static void tell_settled(struct step *s, const struct payment_proof *proof)
{
    const struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    struct ev_payment_settled *out = decision_emit(s->out, EV_PAYMENT_SETTLED);
    *out = (struct ev_payment_settled){.amount_minor = slip->amount_minor, .currency = slip->currency};
    if (proof == NULL) {
        out->voucher_no = arena_printf(arena_of(s), "%s-D", slip->slip_no);
        return;
    }
    out->has_payout_no = true;
    out->payout_no = next->payout_no;
    out->voucher_no = payment_voucher(s);
    out->has_paid_minor = true;
    out->paid_minor = next->payout_minor;
    out->bank_ref = proof->bank_ref;
    out->entries = proof->entries;
    out->n_entries = proof->n_entries;
}

void payment_settle(struct step *s, const struct payment_proof *proof)
{
    struct payment_state *next = s->next;
    next->status = PAYMENT_STATUS_SETTLED;
    if (next->slip->advance_no != NULL)
        payment_advance_paid(s, proof);
    else
        tell_settled(s, proof);
    if (next->slip->recover_from != NULL) recover_slip(s);
    go_on(s);
}

void payment_fail(struct step *s, const char *reason)
{
    struct arena *a = arena_of(s);
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    next->status = PAYMENT_STATUS_FAILED;
    struct ev_payment_failed *out = decision_emit(s->out, EV_PAYMENT_FAILED);
    *out = (struct ev_payment_failed){.payout_no = next->payout_no, .key = next->key, .reason = reason};
    struct movement m = {account_clearing(slip, a), account_expense(slip, a), next->payout_minor, slip->currency};
    out->entries = slip_entries(&m, a, &out->n_entries);
}

void payment_begin(struct step *s, const struct pay_slip *slip, bool released)
{
    struct payment_state *next = s->next;
    next->slip = slip;
    next->has_begun_at_ms = true;
    next->begun_at_ms = s->in->at_ms;
    if (!released && hold(s, slip)) return;
    count(next, slip);
    int64_t advanced = payment_advance_left(next, slip);
    if (advanced > 0) payment_set_off(s, advanced);
    next->payout_minor = slip->amount_minor - advanced;
    next->payout_minor -= deduct(s, next->payout_minor);
    if (next->payout_minor == 0)
        payment_settle(s, NULL);
    else
        payment_order(s);
}
