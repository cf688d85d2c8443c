/* The parts of the payment machine (private to payment; the table is in decide.c). Pure.
 *
 * Functions that take a step read what the case is from s->next, change it and emit, so that one input may run
 * several of them one after the other. */
#ifndef REDRESS_PAYMENT_STEPS_H
#define REDRESS_PAYMENT_STEPS_H

#include "event/core.h"
#include "payment/slip.h"

/* ---- pay.c: from a slip to the money's leaving ---- */

/* The payer's first payout of the slip, or, where head office pays and a day has a ceiling, the question whether it may
 * (spending.c). */
void payment_order(struct step *s);
/* After a refusal: a further payout, or the first of head office's that has stepped in (unpaid.c). */
void payment_order_again(struct step *s);
/* The slip's payout under a new number: an order to the bank, or a voucher for the cash desk. */
void payment_instruct(struct step *s);
/* The number of the voucher of the payout under way. */
const char *payment_voucher(const struct step *s);
/* What really left with the payout under way, and the word for it. */
struct payment_proof {
    const char *bank_ref; /* NULL: no bank in it */
    const struct entry *entries;
    int n_entries;
};
/* PA-6, PA-7: paid first; who is liable bears it, at the home of his account. */
struct recovery {
    const char *slip_no;   /* what it is for: once a case */
    const char *from;      /* the account that bears it */
    const char *booked_at; /* the ledger account it stands at until then */
    int64_t amount_minor;
    const char *case_no, *currency;
};
void payment_recover(struct step *s, const struct recovery *r);
/* The slip's whole amount has reached the customer; slips that waited follow. NULL: all of it was set off. */
void payment_settle(struct step *s, const struct payment_proof *proof);
/* The payout under way has not been made and never will be: the ledger goes back. */
void payment_fail(struct step *s, const char *reason);
/* A slip's turn; `released`: a person let it pass the ceiling. */
void payment_begin(struct step *s, const struct pay_slip *slip, bool released);

/* ---- advance.c: head office pays before it is known who is liable (PA-5) ---- */

/* The advance's payout is made, with this proof. */
void payment_advance_paid(struct step *s, const struct payment_proof *proof);
/* How much of the slip has been paid in advance; 0 for an advance itself. */
int64_t payment_advance_left(const struct payment_state *next, const struct pay_slip *slip);
/* Takes that much off the slip whose turn it is. */
void payment_set_off(struct step *s, int64_t amount);
enum verdict payment_on_advance(struct step *s);
enum verdict payment_on_late_advance(struct step *s);

/* ---- bookings.c: goods given, and work charged to the customer ---- */

/* Books what the slip just read moves beside its money; false when there is nothing new to book. */
bool payment_book_beside(struct step *s);

/* ---- spending.c: what head office lets leave on a day, added up at the home of its account ---- */

/* Asks there for the payout that is about to be ordered; `released`: it passes the ceiling by a person's word. */
void payment_ask_spending(struct step *s, bool released);
enum verdict payment_on_spending_asked(struct step *s);
enum verdict payment_on_spending_answered(struct step *s);

/* ---- unpaid.c: head office pays in an outlet's place ---- */

/* payment_fail; and where the payout's limit was missed before, head office pays now. */
void payment_come_to_nothing(struct step *s, const char *reason);
/* What is overdue already does not begin to wait for signatures: head office pays it. */
void payment_relieve_cash_desk(struct step *s);
enum verdict payment_on_limit_missed(struct step *s);
enum verdict payment_on_miss_under_way(struct step *s);

/* ---- account.c: an outlet's or a supplier's account with head office, at its home ---- */

enum verdict payment_on_recovery_due(struct step *s);
enum verdict payment_on_receipt(struct step *s);
enum verdict payment_on_reverse_receipt(struct step *s);

/* ---- reconcile.c: the bank's statement beside our payouts, at the account PAYMENT_STATEMENT ---- */

enum verdict payment_on_compared(struct step *s);
enum verdict payment_on_reconcile(struct step *s);
enum verdict payment_on_close_discrepancy(struct step *s);

/* ---- travel.c: the allowance for a visit, at the account of the visit ---- */

enum verdict payment_on_travel_allowed(struct step *s);
enum verdict payment_on_travel_due(struct step *s);

/* ---- people.c: the decisions of people ---- */

/* Whether this person holds the role they act in, and it is one of these. */
bool payment_may(const struct step *s, const struct actor *who, const enum role *roles, int n);
/* AP-6: says whose word on the proposed account is waited for. */
void payment_ask_payee(struct step *s, const char *reason);
enum verdict payment_on_release(struct step *s);
enum verdict payment_on_retry(struct step *s);
enum verdict payment_on_decide_payee(struct step *s);
enum verdict payment_on_resolve(struct step *s);
enum verdict payment_on_confirm(struct step *s);
enum verdict payment_on_sign_cash(struct step *s);

#endif
