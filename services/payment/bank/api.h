/* The sandbox bank's HTTP API, and its faults.
 *
 *   POST /payments            {key, amount_minor, currency, payee, method?}   idempotent by key
 *   GET  /payments/{key}      one payment, 404 when the key was never accepted
 *   GET  /payments?after=SEQ&limit=N   the statement, in the order of booking
 *   GET  /book?after=SEQ&limit=N       all it has booked by whichever way, whatever its statements leave out
 *   GET|PUT /faults           {slow_ms, slow_percent, drop_percent, lose_percent, refuse_percent,
 *                              wrong_amount_percent, late_ms, late_percent, duplicate_percent, omit_percent, down}
 *   POST /statement           a bank by files (files.h) tells again all it has booked
 *   GET  /healthz /readyz /metrics     without the token
 *
 * A payment is answered {"seq","key","status":"settled"|"refused","amount_minor","currency","payee","bank_ref",
 * "at_ms","reason"?,"payer"?,"way":"api"|"files"}; both statuses are final. Under the fault `late` it is 202 and
 * "pending" until it settles; the statement ends before the first payment that is pending. The same key with other
 * contents is answered 409 with the payment as booked. Everything but the last line wants "Authorization: Bearer
 * TOKEN". */
#ifndef REDRESS_PAYMENT_BANK_API_H
#define REDRESS_PAYMENT_BANK_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "payment/bank/teller.h"

struct bank_settings {
    const char *host;
    int port;
    const char *token;
};

struct bank_api;   /* opaque */
struct bank_files; /* files.h */

/* Listens at once. ERR_HTTP. What it is given must outlive it; files NULL: no bank by files. */
struct bank_api *bank_api_start(const struct bank_settings *settings, struct teller *teller, struct bank_files *files,
                                struct err *e);
/* One turn: waits at most wait_ms for requests, handles them and the files, flushes the book once, lets the answers go.
 * false: the book cannot be written; the process must end. */
bool bank_api_turn(struct bank_api *api, int wait_ms, struct err *e);
void bank_api_stop(struct bank_api *api);

#endif
