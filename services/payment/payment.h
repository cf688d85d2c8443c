/* Payment: nothing without the approved slip, each payout exactly once, every movement balanced. Rules PA-1..PA-4.
 *
 * One slip at a time: what of its amount the customer still owes as renovation fee is set off (PA-2), the rest
 * is instructed to the bank under a key made of the case and a payout number that is never used again. Only the
 * bank's own refusal of that key allows another number (command.retry_payout). An answer that contradicts the
 * instruction halts the case's payouts for a person. Later slips wait in line behind what is not settled.
 *
 * Accounts (PA-4), debit positive: expense:compensation:UNIT, clearing:payout:UNIT, bank:ACCOUNT,
 * receivable:contract:NUMBER.
 *   instructed  expense +  clearing -        settled  clearing +  bank -
 *   failed      clearing +  expense -        deducted expense +  receivable -  */
#ifndef REDRESS_PAYMENT_PAYMENT_H
#define REDRESS_PAYMENT_PAYMENT_H

#include "event/core.h"

extern const struct core payment_core;

#endif
