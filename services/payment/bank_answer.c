#include "payment/bank_answer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bank_order_write(const struct bank_order *order, struct buf *out)
{
    buf_puts(out, "{\"key\":");
    buf_json_string(out, order->key);
    buf_printf(out, ",\"amount_minor\":%lld,\"currency\":", (long long)order->amount_minor);
    buf_json_string(out, order->currency);
    buf_puts(out, ",\"payee\":");
    buf_json_string(out, order->payee);
    buf_puts(out, ",\"method\":");
    buf_json_string(out, order->method);
    buf_putc(out, '}');
}

/* NULL when the words are about exactly this order. */
static const char *differs(const struct bank_order *order, const struct bank_words *w)
{
    if (strcmp(w->key, order->key) != 0) return "key_differs";
    if (w->currency != NULL && w->amount_minor != order->amount_minor) return "amount_differs";
    if (w->currency != NULL && strcmp(w->currency, order->currency) != 0) return "currency_differs";
    if (w->payee != NULL && strcmp(w->payee, order->payee) != 0) return "payee_differs";
    return w->key_reused ? "key_reused" : NULL;
}

static char *copy(const char *s)
{
    char *own = s == NULL ? NULL : strdup(s);
    if (s != NULL && own == NULL) abort(); /* out of memory (base/arena.h) */
    return own;
}

bool bank_answer_judge(struct bank_order *order, const struct bank_words *w)
{
    bool settled = strcmp(w->status, "settled") == 0;
    if (!settled && strcmp(w->status, "refused") != 0) return false;
    const char *contradiction = differs(order, w);
    order->answer = (struct ev_payment_bank_answer){
        .key = copy(order->key),
        .payout_no = order->payout_no,
        .outcome = contradiction != NULL ? BANK_OUTCOME_CONTRADICTION
                   : settled             ? BANK_OUTCOME_SETTLED
                                         : BANK_OUTCOME_REFUSED,
        .amount_minor = w->currency != NULL ? w->amount_minor : order->amount_minor,
        .currency = copy(w->currency != NULL ? w->currency : order->currency),
        .bank_ref = copy(w->ref),
        .reason = copy(contradiction != NULL ? contradiction : w->reason),
    };
    return true;
}

bool bank_answer_read(struct bank_order *order, int status, const char *body, size_t n, char *why, size_t why_size)
{
    struct bank_words w = {.key_reused = status == 409};
    json_int_t amount = 0;
    snprintf(why, why_size, "the bank answered with status %d", status);
    if (status != 200 && status != 409) return false;
    json_t *root = json_loadb(body == NULL ? "" : body, n, JSON_REJECT_DUPLICATES, NULL);
    bool final = root != NULL && json_unpack(root, "{s:s,s:s,s:I,s:s,s:s,s?s,s?s}", "key", &w.key, "status", &w.status,
                                             "amount_minor", &amount, "currency", &w.currency, "payee", &w.payee,
                                             "bank_ref", &w.ref, "reason", &w.reason) == 0;
    w.amount_minor = amount;
    final = final && bank_answer_judge(order, &w);
    if (!final) snprintf(why, why_size, "the bank's answer (status %d) cannot be read", status);
    json_decref(root);
    return final;
}

void bank_answer_deinit(struct ev_payment_bank_answer *answer)
{
    free((void *)answer->key);
    free((void *)answer->currency);
    free((void *)answer->bank_ref);
    free((void *)answer->reason);
    *answer = (struct ev_payment_bank_answer){0};
}
