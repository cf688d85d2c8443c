/* The sandbox bank's judgement of an order, whichever way it came: what is refused, what is booked, what the faults
 * make of it (PA-3). An order by the API is booked once under its key, as its interface promises. What comes in files
 * is booked once for each file: this bank, like many, looks for no doubles there, so that one we sent would be seen. */
#ifndef REDRESS_PAYMENT_BANK_TELLER_H
#define REDRESS_PAYMENT_BANK_TELLER_H

#include "payment/bank/book.h"
#include "payment/bank/faults.h"

struct teller {
    struct book *book;
    const char *refused_payee; /* accounts with this prefix are refused ("account_closed"); "" = none */
    struct bank_faults faults;
    int64_t attempts, settled, refused, conflicts; /* figures */
};

/* The order's payment, booked now or, by the API under its key, of a file for that file, before; NULL: the fault `lose`
 * has swallowed it. *conflict: the key is known by another order. Strings are copied; the book is durable after
 * book_sync. */
const struct payment_record *teller_pay(struct teller *t, struct payment_record *order, bool *conflict);
/* Accepted, not settled yet (the fault `late`). */
bool teller_is_pending(const struct teller *t, const struct payment_record *p);
/* How often a settled line stands in the statement. */
int teller_times_told(const struct teller *t, const char *key);
/* Whether the answer to this attempt is lost (the fault `drop`). */
bool teller_drops(const struct teller *t, const char *key);
/* How many ms an answer about this key is held back (the fault `slow`). */
int teller_holds_ms(const struct teller *t, const char *key);
/* "BK0000000001" */
void teller_ref(const struct payment_record *p, char ref[16]);

#endif
