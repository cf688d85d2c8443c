#include "cli/audit_payouts.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

/* A key, with what either side has of it. */
struct entry {
    struct audit_payout ours; /* key NULL: not ours, as far as is known */
    const char *key;
    int lines, settled; /* of the book */
    bool refused;
    UT_hash_handle hh;
};

struct audit_payouts {
    struct arena *arena;
    struct audit_offences offences;
    struct entry *entries;
    int unknown;
};

struct audit_payouts *audit_payouts_new(struct arena *arena, struct audit_offences offences)
{
    struct audit_payouts *a = ARENA_NEW(arena, struct audit_payouts);
    *a = (struct audit_payouts){.arena = arena, .offences = offences};
    return a;
}

void audit_payouts_free(struct audit_payouts *a) { HASH_CLEAR(hh, a->entries); }

static struct entry *entry(struct audit_payouts *a, const char *key)
{
    struct entry *x;
    HASH_FIND_STR(a->entries, key, x);
    if (x != NULL) return x;
    x = ARENA_NEW(a->arena, struct entry);
    *x = (struct entry){.key = arena_strdup(a->arena, key)};
    HASH_ADD_KEYPTR(hh, a->entries, x->key, strlen(x->key), x);
    return x;
}

#define OFFEND(a, ...) ((a)->offences.tell((a)->offences.user, arena_printf((a)->arena, __VA_ARGS__)))

void audit_payouts_ours(struct audit_payouts *a, const struct audit_payout *payout)
{
    struct entry *x = entry(a, payout->key);
    struct arena *arena = a->arena;
    x->ours = *payout;
    x->ours.key = x->key;
    x->ours.currency = arena_strdup(arena, payout->currency);
    x->ours.payee = arena_strdup(arena, payout->payee);
    x->ours.payer = arena_strdup(arena, payout->payer);
    x->ours.state = arena_strdup(arena, payout->state);
    x->ours.way = arena_strdup(arena, payout->way);
}

static bool is(const struct audit_payout *p, const char *state) { return strcmp(p->state, state) == 0; }

/* What has left by the bank's book, against what was to leave. People who resolve a payout find out how much has left;
 * that it went elsewhere, or in another currency, they knew. */
static void compare_paid(struct audit_payouts *a, const struct audit_payout *p, const struct audit_booked *b)
{
    bool resolved = is(p, "resolved"), other_currency = strcmp(b->currency, p->currency) != 0;
    if (resolved ? !other_currency && b->amount_minor != p->amount_minor
                 : other_currency || b->amount_minor != p->amount_minor)
        OFFEND(a, "payout %s: instructed %" PRId64 " %s, the bank booked %" PRId64 " %s", p->key, p->amount_minor,
               p->currency, b->amount_minor, b->currency);
    if (!resolved && strcmp(b->payee, p->payee) != 0)
        OFFEND(a, "payout %s: instructed to %s, the bank paid %s", p->key, p->payee, b->payee);
    if (!resolved && b->payer != NULL && strcmp(b->payer, p->payer) != 0)
        OFFEND(a, "payout %s: instructed from %s, the bank took it from %s", p->key, p->payer, b->payer);
    if (is(p, "failed")) OFFEND(a, "payout %s: the bank paid it, we hold it failed", p->key);
}

void audit_payouts_booked(struct audit_payouts *a, const struct audit_booked *line)
{
    struct entry *x = entry(a, line->key);
    const struct audit_payout *p = &x->ours;
    bool settled = strcmp(line->status, "settled") == 0;
    x->lines++;
    x->settled += settled;
    x->refused |= strcmp(line->status, "refused") == 0;
    if (p->key == NULL) {
        a->unknown++;
        return;
    }
    if (line->way != NULL && strcmp(line->way, p->way) != 0)
        OFFEND(a, "payout %s: it goes by %s, the bank has it by %s", p->key, p->way, line->way);
    /* A contradiction that is known, and waits for a person. */
    if (settled && !is(p, "halted")) compare_paid(a, p, line);
}

bool audit_payouts_has_unknown(const struct audit_payouts *a) { return a->unknown > 0; }

void audit_payouts_known_by_now(struct audit_payouts *a, const char *key)
{
    struct entry *x = entry(a, key);
    if (x->ours.key == NULL) x->ours = (struct audit_payout){.key = x->key, .state = "instructed"};
}

void audit_payouts_end(struct audit_payouts *a)
{
    for (const struct entry *x = a->entries; x != NULL; x = x->hh.next) {
        const struct audit_payout *p = &x->ours;
        bool paid_by_us = p->key != NULL && (is(p, "settled") || is(p, "resolved"));
        if (p->key == NULL) OFFEND(a, "the bank booked %s, which was never instructed", x->key);
        if (x->settled > 1) OFFEND(a, "payout %s: the bank paid it %d times", x->key, x->settled);
        if (x->settled == 0 && x->refused && paid_by_us)
            OFFEND(a, "payout %s: the bank refused it, we hold it settled", x->key);
        if (x->settled == 0 && !x->refused && paid_by_us)
            OFFEND(a, "payout %s: we hold it settled, the bank's book has it not", x->key);
        if (x->lines == 0 && p->gone)
            OFFEND(a, "payout %s: lost, its order was taken and the bank's book has it not", x->key);
    }
}
