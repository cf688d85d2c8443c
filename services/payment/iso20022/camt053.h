/* camt.053.001.08, BankToCustomerStatement: what the bank has booked (PA-3). No I/O.
 *
 * Booked debits are payments. A booked credit that names a payment is that payment come back; any other credit is money
 * that came in, which is none of this statement's business here. */
#ifndef REDRESS_PAYMENT_ISO20022_CAMT053_H
#define REDRESS_PAYMENT_ISO20022_CAMT053_H

#include "payment/iso20022/xml.h"

#define CAMT053 "camt.053.001.08"

struct booked_line {
    const char *key;     /* EndToEndId; the bank's reference where it is not provided */
    const char *ref;     /* the same however often the bank tells the line */
    const char *payee;   /* the creditor's account; NULL: not told */
    struct money amount; /* below zero: it came back */
    bool named;          /* the key is an EndToEndId */
};

struct bank_statement {
    int n;
    struct booked_line *lines;
    int64_t until_ms; /* the end of what it covers */
};

/* false: r->why. All in r->memory. */
bool camt053_read(struct iso_reader *r, struct bank_statement *out);

#endif
