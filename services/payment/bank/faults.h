/* What can be made to go wrong at the sandbox bank, and for whom. */
#ifndef REDRESS_PAYMENT_BANK_FAULTS_H
#define REDRESS_PAYMENT_BANK_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Which share of the requests goes wrong, in percent; chosen by the key (and for the lost ones by the attempt),
 * so a run can be repeated and every key comes through in the end. */
struct bank_faults {
    int slow_percent, slow_ms;
    int drop_percent;          /* booked, but the answer never comes */
    int lose_percent;          /* neither booked nor answered */
    int refuse_percent;        /* refused for good */
    int wrong_amount_percent;  /* books one minor unit more than was asked */
    int late_percent, late_ms; /* accepted and answered 202; settled so much later */
    int duplicate_percent;     /* its line stands twice in the statement */
    int omit_percent;          /* its line does not stand in the statement */
    bool down;                 /* 503 to every payment request */
};

/* True for `percent` of the keys; `salt` makes the faults independent of each other. */
bool faults_hit(const char *key, int64_t salt, int percent);
/* The body of PUT /faults is the whole new state: what is not named becomes 0. False: *why says what is wrong. */
bool faults_read(const char *json, size_t n, struct bank_faults *out, char *why, size_t why_size);
void faults_write(const struct bank_faults *f, struct buf *out);

#endif
