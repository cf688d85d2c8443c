/* What the sandbox bank writes of its payments: pain.002.001.10 and camt.053.001.08. No I/O. */
#ifndef REDRESS_PAYMENT_BANK_MESSAGES_H
#define REDRESS_PAYMENT_BANK_MESSAGES_H

#include "base/buf.h"
#include "payment/bank/teller.h"

/* The status of a payment: RJCT, ACSP while it is pending, ACSC. `id` is the report's. */
void message_report(const struct payment_record *p, bool pending, const char *id, struct buf *out);

/* A statement of the payments by files between two places of the book, with the faults of the teller. Returns how many
 * lines it has. */
struct message_span {
    int64_t after, until;
};
int message_statement(const struct teller *t, struct message_span span, int64_t now_ms, struct buf *out);

#endif
