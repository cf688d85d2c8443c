/* Check 3's comparison: our payouts beside the bank's own book, in both directions (PA-3). Whatever is in one and not
 * in the other, is there twice, or says something else, is told. Who reads what, and when, is the caller's: see
 * audit_payouts_end. No I/O. */
#ifndef REDRESS_CLI_AUDIT_PAYOUTS_H
#define REDRESS_CLI_AUDIT_PAYOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* A payout as we hold it. */
struct audit_payout {
    const char *key; /* what the bank knows it by; in a file its end-to-end id */
    const char *currency, *payee, *payer;
    const char *state; /* as in payment.payout; resolved: amount_minor is what people found out has left */
    const char *way;   /* "api", "files" */
    int64_t amount_minor;
    bool gone; /* not answered, its order has left in a file, and somebody has taken the file away */
};

/* A line of the bank's book. */
struct audit_booked {
    const char *key, *status; /* "settled", "refused", "pending" */
    const char *currency, *payee;
    const char *payer, *way; /* NULL: not told */
    int64_t amount_minor;
};

struct audit_offences {
    void (*tell)(void *user, const char *text);
    void *user;
};

struct audit_payouts; /* opaque; lives in the arena but for its index */

struct audit_payouts *audit_payouts_new(struct arena *arena, struct audit_offences offences);
void audit_payouts_free(struct audit_payouts *a);
/* All of ours, as they stood before the book was read. */
void audit_payouts_ours(struct audit_payouts *a, const struct audit_payout *payout);
/* The book, line by line. */
void audit_payouts_booked(struct audit_payouts *a, const struct audit_booked *line);
/* Whether the book has keys that were not ours before; then ours are read once more, for payouts made meanwhile. */
bool audit_payouts_has_unknown(const struct audit_payouts *a);
void audit_payouts_known_by_now(struct audit_payouts *a, const char *key);
/* What only the whole book can show. Only what was settled, or gone, before the book was read can be missed in it. */
void audit_payouts_end(struct audit_payouts *a);

#endif
