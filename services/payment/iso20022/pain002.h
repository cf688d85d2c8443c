/* pain.002.001.10, CustomerPaymentStatusReport: what the bank says of our pain.001 (PA-3). No I/O.
 *
 * A status may stand at the transaction, at its payment information or at the group; what stands nearer counts. Final
 * are ACSC and ACCC (settled) and RJCT (refused, with the reason's code); every other status is on the way. */
#ifndef REDRESS_PAYMENT_ISO20022_PAIN002_H
#define REDRESS_PAYMENT_ISO20022_PAIN002_H

#include "payment/iso20022/xml.h"

#define PAIN002 "pain.002.001.10"

enum payment_progress { PROGRESS_PENDING, PROGRESS_SETTLED, PROGRESS_REFUSED };

struct told_status {
    const char *key; /* OrgnlEndToEndId; of a whole group: OrgnlMsgId, which is the same */
    enum payment_progress progress;
    const char *code;    /* "ACSC" */
    const char *reason;  /* refused: "AC04", or the bank's own; NULL: not told */
    const char *ref;     /* AcctSvcrRef; NULL: not told */
    const char *payee;   /* the creditor's account in OrgnlTxRef; NULL: not told */
    struct money amount; /* the amount in OrgnlTxRef; currency "": not told */
    const xmlNode *at;   /* for an error found later */
};

struct status_report {
    int n;
    struct told_status *statuses;
};

/* false: r->why. All in r->memory and r->doc. */
bool pain002_read(struct iso_reader *r, struct status_report *out);

#endif
