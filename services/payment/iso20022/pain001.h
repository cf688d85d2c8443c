/* pain.001.001.09, CustomerCreditTransferInitiation: one payout a message (PA-3). No I/O.
 *
 * MsgId, PmtInfId, InstrId and EndToEndId are all the payout's key, so a payout has one message whoever writes it how
 * often, and everything that comes back names it. Names, order and types of the elements are the published ones. */
#ifndef REDRESS_PAYMENT_ISO20022_PAIN001_H
#define REDRESS_PAYMENT_ISO20022_PAIN001_H

#include "base/buf.h"
#include "payment/iso20022/xml.h"

#define PAIN001 "pain.001.001.09"

struct credit_transfer {
    const char *key;
    const char *payer, *payee;           /* accounts: an IBAN, or any other number of at most 34 characters */
    const char *payer_name, *payee_name; /* NULL: not told */
    const char *payer_bic;               /* the bank's; NULL: not told */
    const char *day;                     /* requested execution, "2026-03-02" */
    int64_t created_ms;
    struct money amount;
};

/* NULL, or why no message can say this (a reason code); then it never has been and never will be written. */
const char *pain001_refusal(const struct credit_transfer *t);
/* Appends the message of a transfer that pain001_refusal takes. */
void pain001_write(const struct credit_transfer *t, struct buf *out);
/* Reads a message of one transfer, ours; texts in r->memory. false: r->why. */
bool pain001_read(struct iso_reader *r, struct credit_transfer *out);

#endif
