/* The sandbox bank by files: takes orders out of a folder's outbox, puts status reports and statements into its inbox
 * (payment/files/folder.h). Stands beside the HTTP side, with the same book, teller and faults: slow and late hold the
 * report back (late with a word that it is on the way), drop loses it, lose leaves the order lying. An order leaves the
 * outbox when its report is there, so a bank that dies reads the file again, and books it once; another file with the
 * same order is booked once more (teller.h). */
#ifndef REDRESS_PAYMENT_BANK_FILES_H
#define REDRESS_PAYMENT_BANK_FILES_H

#include "payment/bank/teller.h"

struct bank_files_settings {
    const char *folder; /* shared with who pays */
    const char *own;    /* the bank's own: read/ keeps the orders, work/stated how far statements are */
    int statement_ms;   /* between statements while there is something to state; 0 = only when asked */
};

struct bank_files; /* opaque */

/* The settings and the teller must outlive it. ERR_IO. */
struct bank_files *bank_files_new(const struct bank_files_settings *settings, struct teller *teller, struct err *e);
void bank_files_free(struct bank_files *f);
/* Books what lies in the outbox; its caller makes the book durable. */
void bank_files_take(struct bank_files *f);
/* Reports what is durable, and states what is due. What fails is tried again. */
void bank_files_tell(struct bank_files *f);
/* States all that was booked by files after `after`, also what was stated before. */
bool bank_files_state(struct bank_files *f, int64_t after, struct err *e);

#endif
