/* A way to a bank: how an order reaches it, and how what the bank says of it comes back (PA-3).
 *
 * bank_client.c keeps what every way has in common: orders are asked until something final is known of their key, with
 * a back-off, by partition. A way must be safe to ask again with the same order at any time, also by another process:
 * it never brings a key to the bank as a second payment. All calls but wake are made on the client's thread. */
#ifndef REDRESS_PAYMENT_BANK_WAY_H
#define REDRESS_PAYMENT_BANK_WAY_H

#include "payment/bank_client.h"

enum bank_reply {
    BANK_REPLY_FINAL,   /* order.answer is filled (bank_answer.h) */
    BANK_REPLY_PENDING, /* the bank has the order, its end is not known yet */
    BANK_REPLY_NONE,    /* nobody answered, or nothing that can be understood; `why` says what */
};

/* One asking of an order. */
struct bank_call {
    struct bank_order order;
    enum bank_reply reply;
    char why[160];
};

struct bank_way {
    void *(*open)(const struct bank_client_settings *settings, struct err *e);
    /* Forgets what is under way; it may still reach the bank. */
    void (*close)(void *way);
    /* Begins to ask; at most settings.in_flight at once. */
    void (*ask)(void *way, struct bank_call *call);
    /* Goes on with what is under way. true: something came in that orders not answered yet may have waited for. */
    bool (*turn)(void *way);
    /* The next call whose reply has come; NULL: none. */
    struct bank_call *(*take)(void *way);
    /* Until something may have happened, or ms are over. */
    void (*wait)(void *way, int ms);
    /* Ends a wait; from any thread. */
    void (*wake)(void *way);
};

/* Requests to the bank's HTTP API (services/payment/bank/api.h). */
extern const struct bank_way bank_by_api;
/* ISO 20022 files in a folder (bank_folder.h). */
extern const struct bank_way bank_by_files;

#endif
