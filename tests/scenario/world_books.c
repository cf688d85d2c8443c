/* The ledger as the payment service's events post it (PA-4): every movement balances in one currency, so each currency
 * stands at zero; no deposit is ever below zero (PA-6). An account of ours sums up what 64 bits would not hold. */
#include <string.h>

#include "event/desc.h"
#include "world.h"

enum { LINES_MAX = 256 };

struct line {
    const char *account, *currency;
    __int128 minor; /* debit positive */
};

struct books {
    struct world *w;
    struct line lines[LINES_MAX];
    int n;
    const char *wrong;
};

static void set_wrong(struct books *b, const char *what, const struct happening *f, const char *detail)
{
    if (b->wrong == NULL)
        b->wrong =
            arena_printf(&b->w->arena, "%s: %s of %lld: %s", what, event_name(f->type), (long long)f->case_id, detail);
}

static __int128 *line_of(struct books *b, const char *account, const char *currency)
{
    for (int i = 0; i < b->n; i++) {
        if (strcmp(b->lines[i].account, account) == 0 && strcmp(b->lines[i].currency, currency) == 0)
            return &b->lines[i].minor;
    }
    if (b->n == LINES_MAX) return NULL;
    b->lines[b->n] = (struct line){account, currency, 0};
    return &b->lines[b->n++].minor;
}

static void post(struct books *b, const struct happening *f, const struct entry *entries, int n)
{
    __int128 sum = 0;
    for (int i = 0; i < n; i++) {
        const struct entry *e = &entries[i];
        __int128 *minor = line_of(b, e->account, e->currency);
        if (strcmp(e->currency, entries[0].currency) != 0) set_wrong(b, "two currencies", f, e->currency);
        if (e->amount_minor == 0) set_wrong(b, "a leg of nothing", f, e->account);
        if (minor == NULL) {
            set_wrong(b, "too many accounts", f, e->account);
            return;
        }
        sum += e->amount_minor;
        *minor += e->amount_minor;
        if (strncmp(e->account, "deposit:", 8) == 0 && *minor > 0) set_wrong(b, "a deposit below zero", f, e->account);
    }
    if (sum != 0) set_wrong(b, "does not balance", f, "");
}

const char *world_books_check(struct world *w)
{
    struct books b = {.w = w};
    for (int i = 0; i < w->n_topic[PAYMENT] && b.wrong == NULL; i++) {
        const struct happening *f = &w->facts[w->topics[PAYMENT][i]];
        const struct field_desc *entries = desc_field(event_desc(f->type), "entries");
        if (entries == NULL) continue;
        const char *data = f->data;
        post(&b, f, *(const struct entry *const *)(data + entries->offset), *(const int *)(data + entries->aux));
    }
    return b.wrong;
}
