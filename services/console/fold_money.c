/* What the events of payouts mean for the read model (PA-2, PA-3). */
#include <string.h>

#include "console/fold_rows.h"

static struct fold_payout *payout_of(struct fold *f, const struct fold_input *in, int64_t payout_no)
{
    struct fold_payout *rows = f->payouts.rows;
    for (int i = 0; i < f->payouts.n; i++)
        if (rows[i].case_id == in->case_id && rows[i].payout_no == payout_no) return &rows[i];
    struct fold_payout *p = fold_list_add(f, &f->payouts, sizeof(*p));
    *p = (struct fold_payout){.case_id = in->case_id,
                              .payout_no = payout_no,
                              .amount_minor = FOLD_NONE,
                              .instructed_ms = FOLD_NONE,
                              .ended_ms = FOLD_NONE};
    return p;
}

static void add_paid(struct fold *f, const struct fold_input *in, const char *currency, int64_t amount_minor)
{
    struct fold_paid *rows = f->paid.rows, *p = NULL;
    for (int i = 0; i < f->paid.n && p == NULL; i++)
        if (strcmp(rows[i].currency, currency) == 0) p = &rows[i];
    if (p == NULL) {
        p = fold_list_add(f, &f->paid, sizeof(*p));
        *p = (struct fold_paid){.currency = currency};
    }
    p->n++;
    p->amount_minor += amount_minor;
    fold_view_of(f, in)->paid_minor += amount_minor;
}

void fold_on_instructed(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_instructed *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "instructed";
    p->amount_minor = e->amount_minor;
    p->currency = e->currency;
    p->payee = e->payee;
    p->key = e->key;
    p->instructed_ms = in->at_ms;
}

void fold_on_cash_due(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_cash_due *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "cash_due";
    p->amount_minor = e->amount_minor;
    p->currency = e->currency;
    p->payee = e->payee;
    p->key = e->key;
    p->instructed_ms = in->at_ms;
}

void fold_on_deducted(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_deducted *e = in->data;
    struct fold_payout *p = payout_of(f, in, 0);
    p->state = "deducted";
    p->amount_minor = e->amount_minor;
    p->currency = e->currency;
    p->instructed_ms = p->ended_ms = in->at_ms;
    add_paid(f, in, e->currency, e->amount_minor);
}

void fold_on_settled(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_settled *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->has_payout_no ? e->payout_no : 0);
    p->voucher_no = e->voucher_no;
    p->bank_ref = e->bank_ref;
    p->ended_ms = in->at_ms;
    if (!e->has_payout_no) return; /* by deduction alone: counted when deducted */
    p->state = "settled";
    add_paid(f, in, e->currency, e->has_paid_minor ? e->paid_minor : e->amount_minor);
}

/* Paid first, before any slip (PA-5). */
void fold_on_advance_paid(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_advance_paid *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->voucher_no = e->voucher_no;
    p->bank_ref = e->bank_ref;
    p->ended_ms = in->at_ms;
    p->state = "settled";
    add_paid(f, in, e->currency, e->paid_minor);
}

void fold_on_failed(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_failed *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "failed";
    p->reason = e->reason;
    p->ended_ms = in->at_ms;
}

void fold_on_halted(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_halted *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "halted";
    p->reason = e->reason;
}

/* Paid too little: the rest follows as a payout of its own, and is what is settled then. */
void fold_on_resolved(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_resolved *e = in->data;
    if (e->found != PAYOUT_FOUND_PAID) return;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "resolved";
    p->bank_ref = e->bank_ref;
    p->ended_ms = in->at_ms;
}
