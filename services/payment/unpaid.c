/* What an outlet leaves unpaid (PA-6, steps.h): when the limit of the payment, or the date of a judgment (ES-8), is
 * missed, head office pays in its place and the outlet's account bears it. A voucher nobody has signed is withdrawn, a
 * payout the bank refused is over; where another account waits for the outlet's approver, head office's decides on it
 * instead. What the bank may still be paying is never paid beside it (PA-3), and what a ceiling holds (PA-1) waits for
 * its person: the miss is noted, and head office pays should the outlet's payout come to nothing or need a voucher. */
#include <string.h>

#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"

/* A limit that ended before this slip's turn came was an earlier slip's. */
static bool is_of_this_slip(const struct step *s, const struct ev_sla_breached *ev)
{
    const struct payment_state *st = s->state;
    const struct pol_pack *pack = s->policy->pack;
    const char *unpaid = pack->payment->unpaid_limit, *judgment = pack->dispute != NULL ? pack->dispute->limit : NULL;
    bool meant =
        (unpaid != NULL && strcmp(ev->code, unpaid) == 0) || (judgment != NULL && strcmp(ev->code, judgment) == 0);
    return meant && !ev->history && ev->due_ms > st->begun_at_ms;
}

/* Head office has no cash desk where the customer is: the bank pays, to an account or at its counter. */
static enum pay_method method_of(const struct pay_slip *slip)
{
    if (slip->pay_method != PAY_METHOD_CASH) return slip->pay_method;
    return strcmp(slip->payee, slip->case_no) == 0 ? PAY_METHOD_COUNTER : PAY_METHOD_TRANSFER;
}

/* From now on the payout is head office's, and so is the word on another account (AP-6). */
static void step_in(struct step *s)
{
    struct payment_state *next = s->next;
    struct arena *a = s->out->arena;
    const struct pol_unit *payer = policy_head_office(s->policy);
    const char *outlet = next->slip->payer_org;
    struct pay_slip *slip = ARENA_NEW(a, struct pay_slip);
    *slip = *next->slip;
    slip->overdue = false;
    slip->unordered = true;
    slip->payer_org = slip->approved_org = payer->id;
    slip->payer_account = payer->bank_account;
    slip->pay_method = method_of(slip);
    slip->recover_from = arena_printf(a, "outlet:%s", outlet);
    slip->has_recover_minor = true;
    slip->recover_minor = next->payout_minor;
    next->slip = slip;
    next->signer_id = NULL;
    struct ev_payment_stepped_in *out = decision_emit(s->out, EV_PAYMENT_STEPPED_IN);
    *out = (struct ev_payment_stepped_in){.slip_no = slip->slip_no,
                                          .unpaid_org = outlet,
                                          .payer_org = payer->id,
                                          .account = slip->recover_from,
                                          .amount_minor = next->payout_minor,
                                          .currency = slip->currency};
}

static bool is_left_unpaid(const struct step *s)
{
    const struct payment_state *st = s->state;
    const struct pol_unit *outlet = policy_unit(s->policy, st->slip->payer_org);
    return outlet != NULL && outlet->level == ORG_LEVEL_OUTLET && is_of_this_slip(s, s->in->data);
}

enum verdict payment_on_limit_missed(struct step *s)
{
    const struct payment_state *st = s->state;
    if (!is_left_unpaid(s)) return VERDICT_IGNORED;
    if (st->status == PAYMENT_STATUS_CASH_DUE) payment_fail(s, "left_unpaid");
    step_in(s);
    if (st->status == PAYMENT_STATUS_CORRECTING)
        payment_ask_payee(s, "left_unpaid");
    else
        payment_order(s);
    return VERDICT_DONE;
}

enum verdict payment_on_miss_under_way(struct step *s)
{
    const struct payment_state *st = s->state;
    struct payment_state *next = s->next;
    if (st->slip->overdue || !is_left_unpaid(s)) return VERDICT_IGNORED;
    struct pay_slip *slip = ARENA_NEW(s->out->arena, struct pay_slip);
    *slip = *st->slip;
    slip->overdue = true;
    next->slip = slip;
    struct ev_payment_miss_noted *out = decision_emit(s->out, EV_PAYMENT_MISS_NOTED);
    *out = (struct ev_payment_miss_noted){
        .slip_no = slip->slip_no, .payout_no = st->payout_no, .unpaid_org = slip->payer_org};
    return VERDICT_DONE;
}

void payment_relieve_cash_desk(struct step *s)
{
    const struct payment_state *next = s->next;
    if (next->slip->overdue && next->slip->pay_method == PAY_METHOD_CASH) step_in(s);
}

void payment_come_to_nothing(struct step *s, const char *reason)
{
    const struct payment_state *next = s->next;
    payment_fail(s, reason);
    if (!next->slip->overdue) return;
    step_in(s);
    payment_order(s);
}
