/* What a bank's words mean for the order they are about (PA-3), whichever way they came; and the words of its API: an
 * order as its request, its answer as ours. No I/O. */
#ifndef REDRESS_PAYMENT_BANK_ANSWER_H
#define REDRESS_PAYMENT_BANK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "payment/bank_client.h"

enum { BANK_ANSWER_MAX = 65536 };

/* Appends the request's body. */
void bank_order_write(const struct bank_order *order, struct buf *out);
/* What the bank has said of an order. */
struct bank_words {
    const char *key, *status; /* "settled", "refused", or anything that is not final */
    const char *currency;     /* NULL: it did not tell the amount, which then is as ordered */
    const char *payee;        /* NULL: not told */
    const char *ref, *reason; /* NULL: none */
    int64_t amount_minor;
    bool key_reused; /* the bank knows the key by another order */
};

/* Fills order->answer (its strings owned by it) when the words are final: settled with exactly what was ordered,
 * refused, or a contradiction (another key, amount, currency or payee). false: they are not. */
bool bank_answer_judge(struct bank_order *order, const struct bank_words *words);
/* The same of an answer of the API. false: not final, *why says what came; the order must be sent again. */
bool bank_answer_read(struct bank_order *order, int status, const char *body, size_t n, char *why, size_t why_size);
void bank_answer_deinit(struct ev_payment_bank_answer *answer);

#endif
