/* Asks the bank for payouts, many at once, on a thread of its own (PA-3, protocol "Calls to the outside").
 *
 * Every order goes out with its own key until the bank has said something final about that key: settled,
 * refused, or something that contradicts the order. Whatever else happens (no connection, time-out, 5xx, a
 * refused token, an answer that cannot be read, "pending") the same order is asked again with the same key after a
 * back-off; an empty query or silence is never taken for "not paid". While the bank does not answer at all,
 * one order at a time tries the door. All calls below come from one other thread (the loop's). */
#ifndef REDRESS_PAYMENT_BANK_CLIENT_H
#define REDRESS_PAYMENT_BANK_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "event/events.h"

struct bank_way; /* bank_way.h */

struct bank_client_settings {
    const struct bank_way *way;
    const char *url; /* by the API: "http://127.0.0.1:19005", no path */
    const char *token;
    const struct bank_folder *folder; /* by files (bank_folder.h) */
    int in_flight;                    /* orders asked at once */
    int timeout_ms;                   /* of one request */
    int retry_ms;                     /* first back-off; doubled up to 100 times that */
    /* Called on the client's thread when there are answers to take. */
    void (*wake)(void *user);
    void *user;
};

/* One payout: what was instructed, and when it is answered, the answer. */
struct bank_order {
    int part;
    int64_t case_id, payout_no, amount_minor;
    const char *key, *payee, *currency, *method;
    const char *payer;      /* the account it leaves */
    const char *payee_name; /* NULL: not told */
    const char *day;        /* to be paid on, "2026-03-02" */
    int64_t ordered_ms;     /* when the intent was committed (the installation's clock) */
    struct ev_payment_bank_answer answer;
    struct bank_order *next; /* free for the one who holds the order */
    struct bank_job *job;    /* the client's */
};

struct bank_client_figures {
    int64_t answered, retried;
    int open;              /* orders not yet answered */
    int64_t down_since_ms; /* real time; 0: the bank answers */
    char why[160];         /* the last thing that went wrong; "" = nothing yet */
};

struct bank_client; /* opaque */

/* The settings' strings must outlive it. */
struct bank_client *bank_client_new(const struct bank_client_settings *settings, struct err *e);
/* Waits for the thread; open orders are dropped. */
void bank_client_free(struct bank_client *c);
/* Copies the order. */
void bank_client_ask(struct bank_client *c, const struct bank_order *order);
/* Drops the open orders of a partition. Requests under way may still reach the bank: harmless, same key. */
void bank_client_drop(struct bank_client *c, int part);
/* All answered orders, linked by next, oldest first; free each with bank_order_free. NULL: none. */
struct bank_order *bank_client_take(struct bank_client *c);
void bank_order_free(struct bank_order *order);
void bank_client_figures(struct bank_client *c, struct bank_client_figures *out);

#endif
