/* The shell around the payment core: its tables and its bank. Rules PA-3, PA-4. */
#ifndef REDRESS_PAYMENT_PAYMENT_SHELL_H
#define REDRESS_PAYMENT_PAYMENT_SHELL_H

#include "runtime/service.h"

/* payout rows and ledger, from the events of a batch, in its transaction. */
extern const struct store payment_store;
/* Payouts instructed go to the bank after their commit (and again after an assignment); its answers come in as
 * payment.bank_answer; the bank's statement, compared, as payment.statement_compared. */
extern const struct adapter payment_adapter;

enum { PAYMENT_KEYS = 8 };
extern const struct config_key payment_keys[PAYMENT_KEYS];

#endif
