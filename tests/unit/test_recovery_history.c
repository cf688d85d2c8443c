/* Random histories of many cases, of the accounts that are liable, and of a daily ceiling (PA-1, PA-4, PA-5, PA-6):
 * every movement and every currency at zero, no deposit below zero, no day above its ceiling but by a person's word. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/id.h"
#include "day_ceiling.h"
#include "recovery_kit.h"

TestSuite(recovery_history, .init = set_up, .fini = tear_down, .timeout = 120);

enum { CASES = 8, ACCOUNTS = 4, CURRENCIES = 3, HOMES = ACCOUNTS + CURRENCIES, WAITING_MAX = 512, PASSED_MAX = 512 };

/* Without decimals and a daily ceiling, with two, with three. */
static const char *const currencies[CURRENCIES] = {"JPY", "CNY", "KWD"};
static const struct pol_amount ceilings[] = {{"CNY", 9000}, {"KWD", 4000}};

struct book {                                              /* the ledger in one currency, debit positive */
    int64_t total, advanced, deposits, receivables, first; /* first: expense:advance (PA-5) */
};

struct place { /* a case, or an account at its home */
    int64_t id;
    const void *state;
    const char *key; /* of an account */
};

struct message { /* on the exchange */
    enum event_type type;
    const void *data;
};

struct day { /* what was let pass on the latest date, as the answers tell it */
    const char *date;
    int64_t spent;
};

struct tally {
    int recharged, demanded, reversed, replayed, stepped_in, set_off, passed, stopped, released;
};

struct history {
    unsigned int seed;
    int date; /* of March */
    struct place cases[CASES], accounts[HOMES];
    struct message waiting[WAITING_MAX];
    int n_waiting;
    struct book books[CURRENCIES];
    struct day days[CURRENCIES];
    const struct ev_payment_spending_answered *passed[PASSED_MAX];
    int n_passed;
    struct tally count;
};

static int draw(struct history *h, int n) { return (int)(rand_r(&h->seed) % (unsigned int)n); }

static int index_of(const char *in)
{
    int i = 0;
    while (i < CURRENCIES - 1 && strcmp(currencies[i], in) != 0) i++;
    cr_assert_str_eq(currencies[i], in);
    return i;
}

static struct book *book_of(struct history *h, const char *in) { return &h->books[index_of(in)]; }

static void post(struct history *h, const struct entry *entries, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        struct book *b = book_of(h, entries[i].currency);
        int64_t amount = entries[i].amount_minor;
        cr_assert_str_eq(entries[i].currency, entries[0].currency);
        sum += amount;
        b->total += amount;
        if (strncmp(entries[i].account, "advanced:", 9) == 0) b->advanced += amount;
        if (strncmp(entries[i].account, "deposit:", 8) == 0) b->deposits += amount;
        if (strncmp(entries[i].account, "receivable:", 11) == 0) b->receivables += amount;
        if (strcmp(entries[i].account, "expense:advance:HO") == 0) b->first += amount;
    }
    cr_assert_eq(sum, 0, "a movement does not balance");
}

/* Posts what every output of a type with entries says, found by its description. */
static void post_output(struct history *h, const struct output *o)
{
    const struct field_desc *f = desc_field(event_desc(o->type), "entries");
    if (f == NULL) return;
    const char *data = o->data;
    post(h, *(const struct entry *const *)(data + f->offset), *(const int *)(data + f->aux));
}

/* ---- the daily ceiling ---- */

static const struct pol_amount *ceiling_in(const char *in)
{
    return policy_amount(ceilings, sizeof ceilings / sizeof ceilings[0], in);
}

static bool has_passed(const struct history *h, int64_t asker, const char *slip_no)
{
    for (int i = 0; i < h->n_passed; i++) {
        if (h->passed[i]->asker_id == asker && strcmp(h->passed[i]->slip_no, slip_no) == 0) return true;
    }
    return false;
}

/* Added up here a second time: what passes fits, what is stopped does not, and no slip passes twice. */
static void judge(struct history *h, const struct ev_payment_spending_asked *ask,
                  const struct ev_payment_spending_answered *e)
{
    struct day *d = &h->days[index_of(e->currency)];
    int64_t ceiling = ceiling_in(e->currency)->minor;
    if (d->date == NULL || strcmp(d->date, e->day) != 0) *d = (struct day){.date = e->day};
    bool fits = d->spent + ask->amount_minor <= ceiling;
    cr_assert_eq(e->granted, fits || ask->released, "seed %u: %s", h->seed, e->slip_no);
    cr_assert_not(has_passed(h, e->asker_id, e->slip_no), "seed %u: %s passes twice", h->seed, e->slip_no);
    h->count.stopped += !e->granted;
    if (!e->granted) return;
    d->spent += ask->amount_minor;
    cr_assert_eq(e->spent_minor, d->spent, "seed %u", h->seed);
    h->passed[h->n_passed++] = e;
    h->count.passed += !ask->released;
    h->count.released += ask->released;
}

/* Head office orders nothing that was not let pass before. */
static void check_order(const struct history *h, int64_t case_id, const struct ev_payment_instructed *e)
{
    if (strcmp(e->payer_account, "HO-6222-0001") != 0 || ceiling_in(e->currency) == NULL) return;
    cr_assert(has_passed(h, case_id, e->slip_no), "seed %u: %s was not asked for", h->seed, e->slip_no);
}

/* ---- inputs ---- */

static void take(struct history *h, const struct place *at, const struct output *o)
{
    post_output(h, o);
    h->count.recharged += o->type == EV_PAYMENT_RECHARGED;
    h->count.demanded += o->type == EV_PAYMENT_TOP_UP_DEMANDED;
    h->count.stepped_in += o->type == EV_PAYMENT_STEPPED_IN;
    h->count.set_off += o->type == EV_PAYMENT_ADVANCE_SET_OFF;
    h->count.reversed += o->type == EV_PAYMENT_RECEIPT_REVERSED;
    if (o->type == EV_PAYMENT_INSTRUCTED) check_order(h, at->id, o->data);
    if (event_has_home(o->type)) h->waiting[h->n_waiting++] = (struct message){o->type, o->data};
}

static void feed(struct history *h, struct place *at, const char *type, const char *data)
{
    k.case_id = at->id;
    k.state = at->state;
    kit_feed(&k, type, arena_printf(&k.arena, "2026-03-%02d 10:00", h->date), data);
    cr_assert_neq(k.verdict, VERDICT_BROKEN, "seed %u: %s", h->seed, kit_said(&k));
    at->state = k.state;
    for (int i = 0; k.verdict == VERDICT_DONE && i < k.out.n_outputs; i++) take(h, at, &k.out.outputs[i]);
}

static struct place *place_of(struct history *h, int64_t id)
{
    struct place *found = NULL;
    for (int i = 0; i < CASES; i++) {
        if (h->cases[i].id == id) found = &h->cases[i];
    }
    for (int i = 0; i < HOMES; i++) {
        if (h->accounts[i].id == id) found = &h->accounts[i];
    }
    cr_assert_not_null(found, "seed %u: sent to %lld", h->seed, (long long)id);
    return found;
}

static void deliver(struct history *h)
{
    if (h->n_waiting == 0) return;
    int n = draw(h, h->n_waiting); /* streams of different sources overtake each other */
    struct message m = h->waiting[n];
    struct buf json = BUF_INIT;
    h->waiting[n] = h->waiting[--h->n_waiting];
    cr_assert(codec_encode(event_desc(m.type), m.data, &json));
    feed(h, place_of(h, event_home(m.type, m.data, PARTITIONS)), event_name(m.type),
         arena_strndup(&k.arena, json.bytes, json.len));
    buf_deinit(&json);
    if (m.type == EV_PAYMENT_SPENDING_ASKED) judge(h, m.data, kit_output(&k, EV_PAYMENT_SPENDING_ANSWERED, 0));
}

static void bank_speaks(struct history *h, struct place *c)
{
    static const char *const outcomes[] = {"settled", "settled", "refused", "contradiction"};
    const struct payment_state *st = c->state;
    if (st == NULL || st->key == NULL) return;
    int64_t number = st->payout_no - (draw(h, 6) == 0);
    feed(h, c, "payment.bank_answer",
         arena_printf(&k.arena,
                      "{'key':'%s','payout_no':%lld,'outcome':'%s','amount_minor':%lld,'currency':'%s','bank_ref':'B',"
                      "'reason':'closed'}",
                      st->key, (long long)number, outcomes[draw(h, 4)],
                      (long long)st->payout_minor + (draw(h, 15) == 0), st->slip->currency));
}

static const struct pay_account *account_of(const struct place *p)
{
    static const struct pay_account none;
    const struct payment_state *st = p->state;
    return st != NULL && st->account != NULL ? st->account : &none;
}

static void people_act(struct history *h, struct place *c)
{
    const struct {
        const char *type, *data;
    } deeds[] = {
        {"command.retry_payout", FINANCE ",'payee':'acc-1'}"},
        {"command.resolve_payout", FINANCE ",'found':'paid','amount_minor':3,'bank_ref':'b'}"},
        {"command.resolve_payout", FINANCE ",'found':'not_paid','bank_ref':'b'}"},
        {"command.resolve_payout", FINANCE ",'found':'paid','bank_ref':'b'}"},
        {"command.confirm_resolution", MANAGER ",'agree':true}"},
        {"sla.breached", missed("payment", "2026-04-05 18:00", "false")},
        {"command.release_payout", MANAGER ",'reason':'looked into'}"},
    };
    enum { RELEASE = sizeof deeds / sizeof deeds[0] - 1 };
    const struct payment_state *st = c->state;
    bool held = st != NULL && (st->status == PAYMENT_STATUS_HELD || st->status == PAYMENT_STATUS_DAY_HELD);
    int n = held ? RELEASE : draw(h, RELEASE);
    feed(h, c, deeds[n].type, deeds[n].data);
}

static void grant_advance(struct history *h, struct place *c)
{
    feed(
        h, c, "evidence.advance_granted",
        arena_printf(&k.arena,
                     "{'application_no':'A%d','brief':{'case_no':'R','kind':'claim','category':'environmental','phase':"
                     "'after_sales','severity':'normal','channel':'web','customer':{'account':'acc-1'},'consent':false,"
                     "'direct':false,'received_ms':1,'history':false},'amount_minor':%d,'currency':'%s','payee':'acc-1'"
                     ",'reviewer_id':"
                     "'HO-M1'}",
                     k.n, 1 + draw(h, 6000), currency));
}

static void step(struct history *h, int n)
{
    static const char *const orgs[] = {"HO", "HO", "O-E1"};
    static const char *const liabilities[] = {"outlet", "outlet", "supplier", "company", "none"};
    struct place *c = &h->cases[draw(h, CASES)], *a = &h->accounts[draw(h, ACCOUNTS)];
    if (h->date < 31 && draw(h, 80) == 0) h->date++;
    currency = currencies[draw(h, 8) == 0 ? draw(h, CURRENCIES) : (c - h->cases) % CURRENCIES];
    switch (draw(h, 10)) {
    case 0:
    case 1: {
        const char *no = arena_printf(&k.arena, "S%d", n - (draw(h, 8) == 0));
        const char *approved = draw(h, 5) == 0 ? cash_slip(no, 1 + draw(h, 5000))
                                               : slip(no, orgs[draw(h, 3)], liabilities[draw(h, 5)], 1 + draw(h, 5000));
        feed(h, c, "approval.slip_approved", approved);
        if (draw(h, 4) == 0) { /* read twice */
            feed(h, c, "approval.slip_approved", approved);
            cr_assert_eq(k.verdict, VERDICT_IGNORED);
            h->count.replayed++;
        }
        break;
    }
    case 2:
    case 3: bank_speaks(h, c); break;
    case 4: people_act(h, c); break;
    case 5:
        feed(h, a, "command.record_receipt", receipt(a->key, draw(h, 2) ? "deposit" : "receivable", 1 + draw(h, 9000)));
        break;
    case 6:
        feed(h, a, "command.reverse_receipt", reversal(MANAGER, a->key, 1 + draw(h, 1 + (int)account_of(a)->receipts)));
        break;
    case 7: grant_advance(h, c); break;
    default: deliver(h); break;
    }
}

/* What stands at head office's expense of an advance: what is under way or has left, less what was taken off. */
static int64_t first_paid(const struct payment_state *st)
{
    bool is_advance = st->slip->advance_no != NULL;
    if (!is_advance || st->status == PAYMENT_STATUS_SETTLED) return st->advance->left_minor;
    if (st->status == PAYMENT_STATUS_HELD || st->status == PAYMENT_STATUS_ASKING) return 0;
    if (st->status == PAYMENT_STATUS_DAY_HELD) return 0;
    /* Of what the bank had already paid in part nothing comes back. */
    bool refused = st->status == PAYMENT_STATUS_FAILED || st->status == PAYMENT_STATUS_CORRECTING;
    return refused ? st->slip->amount_minor - st->payout_minor : st->slip->amount_minor;
}

static void check(struct history *h, unsigned int seed)
{
    struct book states[CURRENCIES] = {0};
    int64_t on_the_way[CURRENCIES] = {0};
    for (int i = 0; i < CASES; i++) {
        const struct payment_state *st = h->cases[i].state;
        if (st == NULL || st->advance == NULL) continue;
        cr_assert_geq(st->advance->left_minor, 0, "seed %u: more taken off than was advanced", seed);
        states[book_of(h, st->advance->currency) - h->books].first += first_paid(st);
    }
    for (int i = 0; i < h->n_waiting; i++) {
        const struct ev_payment_recovery_due *d = h->waiting[i].data;
        if (h->waiting[i].type == EV_PAYMENT_RECOVERY_DUE) on_the_way[index_of(d->currency)] += d->amount_minor;
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        const struct pay_account *account = account_of(&h->accounts[i]);
        for (int n = 0; n < account->n_balances; n++) {
            const struct account_balance *b = &account->balances[n];
            struct book *sum = &states[book_of(h, b->currency) - h->books];
            cr_assert_geq(b->deposit_minor, 0, "seed %u: a deposit below zero", seed);
            cr_assert_geq(b->owed_minor, 0, "seed %u", seed);
            sum->deposits += b->deposit_minor;
            sum->receivables += b->owed_minor;
        }
    }
    for (int i = 0; i < CURRENCIES; i++) {
        cr_assert_eq(h->books[i].total, 0);
        cr_assert_eq(h->books[i].advanced, on_the_way[i], "seed %u: advanced is what is on the way", seed);
        cr_assert_eq(h->books[i].deposits, -states[i].deposits, "seed %u", seed);
        cr_assert_eq(h->books[i].first, states[i].first, "seed %u: an advance taken off twice, or not at all", seed);
        cr_assert_geq(h->books[i].receivables, states[i].receivables, "seed %u: and what the bank owes", seed);
    }
}

static void tell(struct tally *sum, const struct tally *one)
{
    const int *from = (const int *)one;
    int *to = (int *)sum;
    for (size_t i = 0; i < sizeof *sum / sizeof(int); i++) to[i] += from[i];
}

static void begin(struct history *h, unsigned int seed)
{
    static const char *const keys[HOMES] = {"outlet:O-CN1", "outlet:O-E1",  "supplier:Tiles", "supplier:Paint",
                                            "spending:JPY", "spending:CNY", "spending:KWD"};
    *h = (struct history){.seed = seed, .date = 2};
    for (int i = 0; i < CASES; i++) h->cases[i].id = case_id_make(i, 1);
    for (int i = 0; i < HOMES; i++) {
        h->accounts[i] = (struct place){.id = id_account(keys[i], PARTITIONS), .key = keys[i]};
    }
}

/* Everything that was sent has come home: nothing is on the way, and no question is open. */
static void check_end(struct history *h, unsigned int seed)
{
    while (h->n_waiting > 0) deliver(h);
    check(h, seed);
    for (int i = 0; i < CURRENCIES; i++) cr_assert_eq(h->books[i].advanced, 0);
    for (int i = 0; i < CASES; i++) {
        const struct payment_state *st = h->cases[i].state;
        cr_assert(st == NULL || st->status != PAYMENT_STATUS_ASKING, "seed %u: not answered", seed);
    }
}

/* Each currency at zero, no deposit below zero, nothing advanced is taken off twice (PA-5), no day above its ceiling.
 */
Test(recovery_history, PA_1_PA_4_PA_6_any_history_keeps_the_books_the_deposits_and_the_ceilings)
{
    static struct history h;
    struct tally sum = {0};
    struct day_ceiling with;
    const struct policy *shipped = k.policy;
    k.policy = day_ceiling(&with, shipped, ceilings, sizeof ceilings / sizeof ceilings[0]);
    for (unsigned int seed = 1; seed <= 150; seed++) {
        kit_renew(&k);
        begin(&h, seed);
        for (int i = 1; i <= 500; i++) step(&h, i);
        check(&h, seed);
        check_end(&h, seed);
        tell(&sum, &h.count);
    }
    k.policy = shipped;
    cr_assert_gt(sum.recharged, 500);
    cr_assert_gt(sum.demanded, 100);
    cr_assert_gt(sum.reversed, 100);
    cr_assert_gt(sum.replayed, 100);
    cr_assert_gt(sum.stepped_in, 100);
    cr_assert_gt(sum.set_off, 50);
    cr_assert_gt(sum.passed, 500);
    cr_assert_gt(sum.stopped, 100);
    cr_assert_gt(sum.released, 100);
}
