/* Requests and answers of the sandbox bank (services/payment/bank/api.h). */
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

/* The bank's words, borrowed from the parsed JSON. */
struct words {
    const char *key, *status, *currency, *payee, *ref, *reason;
    json_int_t amount_minor;
};

/* NULL when the answer is about exactly this order. */
static const char *differs(const struct bank_order *order, const struct words *w, int status)
{
    if (strcmp(w->key, order->key) != 0) return "key_differs";
    if (w->amount_minor != order->amount_minor) return "amount_differs";
    if (strcmp(w->currency, order->currency) != 0) return "currency_differs";
    if (strcmp(w->payee, order->payee) != 0) return "payee_differs";
    return status == 409 ? "key_reused" : NULL;
}

static char *copy(const char *s)
{
    char *own = s == NULL ? NULL : strdup(s);
    if (s != NULL && own == NULL) abort(); /* out of memory (base/arena.h) */
    return own;
}

static bool judge(struct bank_order *order, const struct words *w, int status)
{
    bool settled = strcmp(w->status, "settled") == 0;
    if (!settled && strcmp(w->status, "refused") != 0) return false;
    const char *contradiction = differs(order, w, status);
    order->answer = (struct ev_payment_bank_answer){
        .key = copy(order->key),
        .payout_no = order->payout_no,
        .outcome = contradiction != NULL ? BANK_OUTCOME_CONTRADICTION
                   : settled             ? BANK_OUTCOME_SETTLED
                                         : BANK_OUTCOME_REFUSED,
        .amount_minor = w->amount_minor,
        .currency = copy(w->currency),
        .bank_ref = copy(w->ref),
        .reason = copy(contradiction != NULL ? contradiction : w->reason),
    };
    return true;
}

bool bank_answer_read(struct bank_order *order, int status, const char *body, size_t n, char *why, size_t why_size)
{
    struct words w = {0};
    snprintf(why, why_size, "the bank answered with status %d", status);
    if (status != 200 && status != 409) return false;
    json_t *root = json_loadb(body == NULL ? "" : body, n, JSON_REJECT_DUPLICATES, NULL);
    bool final = root != NULL &&
                 json_unpack(root, "{s:s,s:s,s:I,s:s,s:s,s?s,s?s}", "key", &w.key, "status", &w.status, "amount_minor",
                             &w.amount_minor, "currency", &w.currency, "payee", &w.payee, "bank_ref", &w.ref, "reason",
                             &w.reason) == 0 &&
                 judge(order, &w, status);
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
