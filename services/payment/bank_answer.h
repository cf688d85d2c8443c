/* The bank's language: an order as its request, its answer as ours (PA-3). No I/O. */
#ifndef REDRESS_PAYMENT_BANK_ANSWER_H
#define REDRESS_PAYMENT_BANK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "payment/bank_client.h"

enum { BANK_ANSWER_MAX = 65536 };

/* Appends the request's body. */
void bank_order_write(const struct bank_order *order, struct buf *out);
/* Fills order->answer (its strings owned by it) when the answer is final: settled with exactly what was
 * ordered, refused, or a contradiction (another key, amount, currency or payee). false: not final, *why says
 * what came; the order must be sent again. */
bool bank_answer_read(struct bank_order *order, int status, const char *body, size_t n, char *why, size_t why_size);
void bank_answer_deinit(struct ev_payment_bank_answer *answer);

#endif
