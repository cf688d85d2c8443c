#include "payment/bank/teller.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Faults are independent of each other by these salts; those of an attempt have its number added. */
enum { SALT_REFUSE = 3, SALT_WRONG, SALT_SLOW, SALT_LATE, SALT_OMIT, SALT_TWICE, SALT_LOSE = 1000, SALT_DROP = 2000 };

bool teller_is_pending(const struct teller *t, const struct payment_record *p)
{
    return !p->refused && faults_hit(p->key, SALT_LATE, t->faults.late_percent) &&
           clock_real_ms() < p->at_ms + t->faults.late_ms;
}

int teller_times_told(const struct teller *t, const char *key)
{
    if (faults_hit(key, SALT_OMIT, t->faults.omit_percent)) return 0;
    return faults_hit(key, SALT_TWICE, t->faults.duplicate_percent) ? 2 : 1;
}

bool teller_drops(const struct teller *t, const char *key)
{
    return faults_hit(key, SALT_DROP + t->attempts, t->faults.drop_percent);
}

int teller_holds_ms(const struct teller *t, const char *key)
{
    return faults_hit(key, SALT_SLOW, t->faults.slow_percent) ? t->faults.slow_ms : 0;
}

void teller_ref(const struct payment_record *p, char ref[16]) { snprintf(ref, 16, "BK%010lld", (long long)p->seq); }

static const char *refusal(const struct teller *t, const char *key, const char *payee)
{
    const char *prefix = t->refused_payee;
    if (prefix[0] != '\0' && strncmp(payee, prefix, strlen(prefix)) == 0) return "account_closed";
    return faults_hit(key, SALT_REFUSE, t->faults.refuse_percent) ? "refused_by_fault" : NULL;
}

static const struct payment_record *book_new(struct teller *t, struct payment_record *p)
{
    p->reason = refusal(t, p->key, p->payee);
    p->refused = p->reason != NULL;
    p->asked_minor = p->amount_minor;
    if (!p->refused && faults_hit(p->key, SALT_WRONG, t->faults.wrong_amount_percent)) p->amount_minor++;
    p->at_ms = clock_real_ms();
    *(p->refused ? &t->refused : &t->settled) += 1;
    return book_add(t->book, p);
}

const struct payment_record *teller_pay(struct teller *t, struct payment_record *order, bool *conflict)
{
    t->attempts++;
    *conflict = false;
    if (faults_hit(order->key, SALT_LOSE + t->attempts, t->faults.lose_percent)) return NULL;
    const struct payment_record *booked = book_find(t->book, order->key, order->file);
    if (booked == NULL) return book_new(t, order);
    *conflict = booked->asked_minor != order->amount_minor || strcmp(booked->currency, order->currency) != 0 ||
                strcmp(booked->payee, order->payee) != 0;
    t->conflicts += *conflict;
    return booked;
}
