/* Advance compensation (PA-5, PA-7, steps.h). Head office's reviewed application stands in a slip's place and is paid
 * as a slip is, by head office, before it is known who is liable. It is booked as an expense of head office of its own;
 * each later slip of the case is less by what is left of it, and who bears the slip then bears that part, too. What no
 * slip takes off stays head office's. */
#include <string.h>

#include "base/money.h"
#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"

static const char ADVANCE[] = "advance";

/* ---- paid first ---- */

static const struct pay_slip *slip_of(const struct step *s)
{
    const struct ev_evidence_advance_granted *in = s->in->data;
    const struct pol_unit *top = policy_head_office(s->policy);
    struct pay_slip *slip = ARENA_NEW(s->out->arena, struct pay_slip);
    *slip = (struct pay_slip){.slip_no = in->application_no,
                              .advance_no = in->application_no,
                              .case_no = in->brief->case_no,
                              .payee_name = in->brief->customer->name,
                              .amount_minor = in->amount_minor,
                              .currency = in->currency,
                              .payer_org = top->id,
                              .payer_account = top->bank_account,
                              .approved_org = top->id,
                              .expense = ADVANCE,
                              .fee_account = ""};
    slip_pay_to(slip,
                &(struct payee_choice){.payees = {in->payee}, .methods = {in->pay_method, in->brief->pay_method}});
    return slip;
}

enum verdict payment_on_advance(struct step *s)
{
    const struct ev_evidence_advance_granted *in = s->in->data;
    struct payment_state *next = s->next;
    if (next->booked_slip_no != NULL) return payment_on_late_advance(s);
    if (in->amount_minor <= 0 || money_exponent(in->currency) < 0) return step_broken(s, "advance_without_amount");
    struct pay_advance *advance = ARENA_NEW(s->out->arena, struct pay_advance);
    *advance = (struct pay_advance){.application_no = in->application_no, .currency = in->currency};
    next->advance = advance;
    payment_begin(s, slip_of(s), false);
    return VERDICT_DONE;
}

/* The slip says what is due; an advance beside it would be paid twice. */
enum verdict payment_on_late_advance(struct step *s)
{
    const struct ev_evidence_advance_granted *in = s->in->data;
    struct ev_payment_advance_refused *out = decision_emit(s->out, EV_PAYMENT_ADVANCE_REFUSED);
    *out = (struct ev_payment_advance_refused){.application_no = in->application_no, .reason = "decided_already"};
    return VERDICT_DONE;
}

/* Its change is a copy: states of the past stay as they were. */
static struct pay_advance *open_advance(struct step *s)
{
    struct payment_state *next = s->next;
    struct pay_advance *a = ARENA_NEW(s->out->arena, struct pay_advance);
    *a = *next->advance;
    next->advance = a;
    return a;
}

void payment_advance_paid(struct step *s, const struct payment_proof *proof)
{
    const struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    struct pay_advance *a = open_advance(s);
    a->paid_minor = a->left_minor = slip->amount_minor;
    struct ev_payment_advance_paid *out = decision_emit(s->out, EV_PAYMENT_ADVANCE_PAID);
    *out = (struct ev_payment_advance_paid){.application_no = a->application_no,
                                            .amount_minor = slip->amount_minor,
                                            .currency = slip->currency,
                                            .voucher_no = payment_voucher(s),
                                            .payout_no = next->payout_no,
                                            .paid_minor = next->payout_minor,
                                            .bank_ref = proof->bank_ref,
                                            .entries = proof->entries,
                                            .n_entries = proof->n_entries};
}

/* ---- taken off ---- */

int64_t payment_advance_left(const struct payment_state *next, const struct pay_slip *slip)
{
    const struct pay_advance *a = next->advance;
    if (a == NULL || slip->advance_no != NULL || strcmp(a->currency, slip->currency) != 0) return 0;
    return a->left_minor < slip->amount_minor ? a->left_minor : slip->amount_minor;
}

/* Head office pays the slip: what was advanced becomes a part of the slip's own expense, and with the whole of it goes
 * to whoever bears the slip. Another pays it: that unit's account bears what was advanced for it. */
void payment_set_off(struct step *s, int64_t amount)
{
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    struct arena *a = s->out->arena;
    const char *own = arena_printf(a, "expense:%s:%s", ADVANCE, policy_head_office(s->policy)->id);
    bool own_slip = strcmp(slip->payer_org, policy_head_office(s->policy)->id) == 0;
    struct pay_advance *advance = open_advance(s);
    advance->left_minor -= amount;
    struct ev_payment_advance_set_off *out = decision_emit(s->out, EV_PAYMENT_ADVANCE_SET_OFF);
    *out = (struct ev_payment_advance_set_off){.application_no = advance->application_no,
                                               .slip_no = slip->slip_no,
                                               .amount_minor = amount,
                                               .left_minor = advance->left_minor,
                                               .currency = slip->currency};
    if (own_slip) {
        struct movement m = {account_expense(slip, a), own, amount, slip->currency};
        out->entries = slip_entries(&m, a, &out->n_entries);
        return;
    }
    struct recovery r = {.slip_no = arena_printf(a, "%s-A", slip->slip_no),
                         .case_no = slip->case_no,
                         .from = arena_printf(a, "outlet:%s", slip->payer_org),
                         .booked_at = own,
                         .amount_minor = amount,
                         .currency = slip->currency};
    payment_recover(s, &r);
}
