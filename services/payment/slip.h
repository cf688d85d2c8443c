/* An approved slip as finance reads it: who pays whom what, and what may be set off. Rules PA-1, PA-2. Pure. */
#ifndef REDRESS_PAYMENT_SLIP_H
#define REDRESS_PAYMENT_SLIP_H

#include "event/core.h"

/* In the arena. NULL with *why (a reason code) when it cannot be paid as it stands. */
const struct pay_slip *slip_read(const struct policy *p, const struct ev_approval_slip_approved *from, struct arena *a,
                                 const char **why);

/* PA-2: by the customer's choice, the first that is given: to an account that was approved with the money (AP-6), not
 * to one that became known since. Without an account to pay to, the bank pays at its counter against the case number;
 * cash of the unit's own only when it was asked for. */
enum { PAYEE_CHOICES = 2 };
struct payee_choice {
    const char *payees[PAYEE_CHOICES];
    enum pay_method methods[PAYEE_CHOICES];
};
void slip_pay_to(struct pay_slip *slip, const struct payee_choice *from);

/* Who pays the slip, and the account that is to bear in the end what he pays first (PA-6, PA-7); NULL: he bears it. */
struct slip_parties {
    const struct pol_unit *payer;
    const char *recover_from;
};
struct slip_parties slip_parties(const struct policy *p, const struct ev_approval_slip_approved *from, struct arena *a);

/* Two legs that balance: debit one account, credit the other. */
struct movement {
    const char *debit, *credit;
    int64_t amount_minor;
    const char *currency;
};
const struct entry *slip_entries(const struct movement *m, struct arena *a, int *n);

const char *account_expense(const struct pay_slip *slip, struct arena *a);
const char *account_clearing(const struct pay_slip *slip, struct arena *a);
const char *account_bank(const struct pay_slip *slip, struct arena *a);
const char *account_cash(const struct pay_slip *slip, struct arena *a);
/* What the bank paid beyond its order and owes back. */
const char *account_bank_claim(const struct pay_slip *slip, struct arena *a);

/* Paid first for an account that has not been charged yet. */
const char *account_advanced(const char *account, struct arena *a);

#endif
