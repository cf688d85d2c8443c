/* A request to the sandbox bank's HTTP side, and what answers it (private to the bank; api.h says the addresses). */
#ifndef REDRESS_PAYMENT_BANK_REQUEST_H
#define REDRESS_PAYMENT_BANK_REQUEST_H

#include <microhttpd.h>

#include "base/buf.h"
#include "payment/bank/api.h"

struct request {
    struct request *next; /* in the waiting list */
    struct MHD_Connection *connection;
    struct buf body, answer;
    unsigned int status;
    int64_t hold_us;   /* not answered before this (monotonic) */
    int64_t needs;     /* nor before this seq is durable */
    bool judged, drop; /* drop: closed without an answer */
};

struct call {
    struct teller *teller;
    struct bank_files *files; /* NULL: no bank by files */
    struct request *r;
    const char *path;
    int64_t syncs; /* of the book, so far */
};

/* Answers with an error. */
void request_problem(struct request *r, unsigned int status, const char *title);

/* payments.c */
void payments_post(struct call *c);
void payments_get(struct call *c);
void payments_statement(struct call *c);
void payments_book(struct call *c);
/* keeper.c */
void keeper_get_faults(struct call *c);
void keeper_put_faults(struct call *c);
void keeper_post_statement(struct call *c);
void keeper_get_metrics(struct call *c);
void keeper_get_health(struct call *c);

#endif
