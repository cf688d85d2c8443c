/* What an approved slip books beside its money (AP-1, AP-2, PA-7, PA-11, steps.h), once, when it is read.
 *
 * Goods given, replaced or exchanged, leave the stock of whoever pays the slip, at what they are worth, and go to
 * whoever bears it in the end. Work the customer himself is liable for is charged to an account of his with a home of
 * its own, "customer:CASE_NO", where what he pays is recorded as any receipt. */
#include <string.h>

#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/plan.h"
#include "policy/policy.h"

static void book_goods(struct step *s, int64_t worth, const struct slip_parties *who)
{
    const struct ev_approval_slip_approved *ev = s->in->data;
    struct arena *a = s->out->arena;
    const char *currency = ev->plan->currency, *expense = arena_printf(a, "expense:goods:%s", who->payer->id);
    struct movement m = {expense, arena_printf(a, "goods:%s", who->payer->id), worth, currency};
    struct ev_payment_goods_booked *out = decision_emit(s->out, EV_PAYMENT_GOODS_BOOKED);
    *out = (struct ev_payment_goods_booked){
        .slip_no = ev->slip_no, .org_id = who->payer->id, .amount_minor = worth, .currency = currency};
    out->entries = slip_entries(&m, a, &out->n_entries);
    if (who->recover_from == NULL) return;
    struct recovery r = {.slip_no = arena_printf(a, "%s-G", ev->slip_no),
                         .case_no = ev->brief->case_no,
                         .from = who->recover_from,
                         .booked_at = expense,
                         .amount_minor = worth,
                         .currency = currency};
    payment_recover(s, &r);
}

static void charge_customer(struct step *s, int64_t amount, const struct slip_parties *who)
{
    const struct ev_approval_slip_approved *ev = s->in->data;
    struct arena *a = s->out->arena;
    struct recovery r = {.slip_no = arena_printf(a, "%s-C", ev->slip_no),
                         .case_no = ev->brief->case_no,
                         .from = arena_printf(a, "customer:%s", ev->brief->case_no),
                         .booked_at = arena_printf(a, "income:repair:%s", who->payer->id),
                         .amount_minor = amount,
                         .currency = ev->plan->currency};
    payment_recover(s, &r);
}

bool payment_book_beside(struct step *s)
{
    const struct ev_approval_slip_approved *ev = s->in->data;
    struct payment_state *next = s->next;
    int64_t goods = plan_goods(ev->plan), charge = plan_charge(ev->plan);
    bool known = next->booked_slip_no != NULL && strcmp(next->booked_slip_no, ev->slip_no) == 0;
    if (known || (goods == 0 && charge == 0)) return false;
    next->booked_slip_no = ev->slip_no;
    struct slip_parties who = slip_parties(s->policy, ev, s->out->arena);
    if (goods > 0) book_goods(s, goods, &who);
    if (charge > 0) charge_customer(s, charge, &who);
    return true;
}
