/* Payment: nothing without the approved slip or what stands in its place, each payout exactly once, every movement
 * balanced. Rules PA-1 to PA-9, PA-11.
 *
 * One slip at a time: what of its amount the customer still owes as renovation fee is set off (PA-2), the rest
 * is instructed to the bank under a key made of the case and a payout number that is never used again, or is a
 * cash voucher that two people sign. Only the bank's own refusal of that key allows another number; another account
 * than the approved one is approved again first. An answer that contradicts the instruction halts the case's payouts
 * until two people agree on what it was. A slip above the case's ceiling waits for a release, and so does
 * what head office would pay above a day's (spending.c). Later slips wait in line behind what is not settled. What head
 * office paid first is charged to the outlet or supplier that is liable, at the home of its account, which is a state
 * of this core too (PA-6, PA-7; account.c). What an outlet leaves unpaid past its limit head office pays, and charges
 * to it (unpaid.c). Head office's reviewed application is paid first and taken off later slips (PA-5; advance.c). The
 * travel allowance of a visit is paid like a slip, at the home of the visit (PA-9; travel.c). Goods given and work
 * charged to the customer are booked with the slip (bookings.c). The bank's statement is compared with all payouts
 * every day; each disagreement is a work item (reconcile.c).
 *
 * Accounts (PA-4), debit positive: expense:compensation:UNIT (or refund, discount), clearing:payout:UNIT,
 * bank:ACCOUNT, cash:UNIT, receivable:contract:NUMBER, receivable:bank:ACCOUNT.
 *   instructed  expense +  clearing -        settled  clearing +  bank (or cash) -
 *   failed      clearing +  expense -        deducted expense +  receivable -
 *   resolved    clearing +  bank -, and what the bank paid too much: receivable:bank +, too little: expense -
 *   set_off     expense +  expense:advance:UNIT -     goods  expense:goods:UNIT +  goods:UNIT -
 *   recovery_due advanced:KEY + expense -    recharged deposit:UNIT + receivable:KEY +  advanced:KEY -
 *   receipt     bank +  deposit or receivable -   reversed    deposit + receivable +  bank -  */
#ifndef REDRESS_PAYMENT_PAYMENT_H
#define REDRESS_PAYMENT_PAYMENT_H

#include "event/core.h"

extern const struct core payment_core;

/* The account at whose home the reconciliation stands. */
#define PAYMENT_STATEMENT "bank:statement"

#endif
