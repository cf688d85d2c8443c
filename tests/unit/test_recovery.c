/* What head office paid first and gets back: PA-6, PA-7; the accounts at their homes, and as a property over random
 * histories of many cases and accounts: every movement and every currency at zero, no deposit below zero. */
#include <stdlib.h>

#include "base/id.h"
#include "feed_kit.h"
#include "payment/payment.h"

enum { PARTITIONS = 16, CASES = 8, ACCOUNTS = 4, WAITING_MAX = 512, CURRENCIES = 3 };

/* Without decimals, with two, with three. */
static const char *const currencies[CURRENCIES] = {"JPY", "CNY", "KWD"};
static const char *currency = "CNY"; /* of what the test feeds next */

static struct kit k;
static void set_up(void) { k = kit_open(&payment_core); }
static void tear_down(void) { kit_close(&k); }
TestSuite(recovery, .init = set_up, .fini = tear_down, .timeout = 120);

#define WHEN "2026-03-02 10:00"
#define FINANCE "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'}"

static const struct payment_state *state(void) { return k.state; }

static const char *slip(const char *no, const char *org, const char *liability, long amount)
{
    return arena_printf(
        &k.arena,
        "{'slip_no':'%s','brief':{'case_no':'RF-%s','kind':'claim','category':'workmanship','phase':'after_sales',"
        "'severity':'normal','channel':'web','customer':{'account':'acc-1'},'region':'AIR-JFK','currency':'CNY',"
        "'consent':false,'direct':false,'received_ms':1,'history':false},'assignment':{'version':1,'org_id':'%s',"
        "'org_name':'x','level':'head_office','handler_id':'h','handler_name':'h','manager_id':'m','visitor_id':'v',"
        "'outlet_id':'O-CN1'},'plan':{'measures':[],'amount_minor':%ld,'currency':'%s'},'liability':'%s','finding':{"
        "'cause':'material','liability':'%s','justified':true,'supplier_id':'Tiles'},'payee':'acc-1','must_pay':true,'"
        "must_execute':"
        "false}",
        no, no, org, amount, currency, liability, liability);
}

static const char *paid(void)
{
    return arena_printf(&k.arena,
                        "{'key':'%s','payout_no':%lld,'outcome':'settled','amount_minor':%lld,'currency':'%s',"
                        "'bank_ref':'B'}",
                        state()->key, (long long)state()->payout_no, (long long)state()->payout_minor, currency);
}

static const char *due(const char *account, long amount)
{
    return arena_printf(&k.arena,
                        "{'account':'%s','amount_minor':%ld,'currency':'%s','slip_no':'S%d','case_no':'R','entries':[]"
                        "}",
                        account, amount, currency, k.n);
}

static const char *receipt(const char *account, const char *purpose, long amount)
{
    return arena_printf(&k.arena,
                        FINANCE ",'account':'%s','purpose':'%s','amount_minor':%ld,'currency':'%s','reference':'b7'}",
                        account, purpose, amount, currency);
}

static void expect(const char *type, const char *data, const char *said)
{
    kit_feed(&k, type, WHEN, data);
    cr_assert_str_eq(kit_said(&k), said);
}

/* PA-6, PA-7, PA-8: who pays, and whose account is charged when it is paid. */
static void expect_route(const char *org, const char *liability, const char *payer, const char *account)
{
    k.state = NULL;
    expect("approval.slip_approved", slip("S1", org, liability, 500), "payment.instructed");
    cr_assert_str_eq(state()->slip->payer_org, payer);
    expect("payment.bank_answer", paid(), account == NULL ? "payment.settled" : "payment.settled payment.recovery_due");
    if (account == NULL) return;
    const struct ev_payment_recovery_due *d = kit_output(&k, EV_PAYMENT_RECOVERY_DUE, 0);
    cr_assert_str_eq(d->account, account);
    cr_assert_eq(d->amount_minor, 500);
    cr_assert_eq(d->entries[0].amount_minor + d->entries[1].amount_minor, 0);
}

Test(recovery, PA_6_PA_7_PA_8_the_liability_decides_who_pays_and_who_bears_it)
{
    expect_route("HO", "outlet", "HO", "outlet:O-CN1");
    expect_route("O-E1", "outlet", "O-E1", NULL);
    expect_route("O-E1", "supplier", "HO", "supplier:Tiles");
    expect_route("O-E1", "company", "HO", NULL);
    expect_route("HO", "none", "HO", NULL);
}

/* PA-6: the deposit first, then a receivable; both filled up and paid off in parts. */
Test(recovery, PA_6_deposit_then_receivable_then_parts)
{
    k.case_id = id_account("outlet:O-E1", PARTITIONS);
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 300), "payment.receipt_recorded");
    expect("payment.recovery_due", due("outlet:O-E1", 200), "payment.recharged payment.top_up_demanded");
    cr_assert_eq(state()->account->balances[0].deposit_minor, 100);
    cr_assert_eq(
        ((const struct ev_payment_top_up_demanded *)kit_output(&k, EV_PAYMENT_TOP_UP_DEMANDED, 0))->missing_minor,
        4999900);
    expect("payment.recovery_due", due("outlet:O-E1", 250), "payment.recharged payment.top_up_demanded");
    const struct ev_payment_recharged *r = kit_output(&k, EV_PAYMENT_RECHARGED, 0);
    cr_assert_eq(r->deposit_minor, 100);
    cr_assert_eq(r->receivable_minor, 150);
    cr_assert_eq(r->n_entries, 3);
    expect("command.record_receipt", receipt("outlet:O-E1", "receivable", 151), "refused PA-6 more_than_owed");
    expect("command.record_receipt", receipt("outlet:O-E1", "receivable", 100), "payment.receipt_recorded");
    expect("command.record_receipt", receipt("outlet:O-E1", "receivable", 50), "payment.receipt_recorded");
    cr_assert_eq(state()->account->balances[0].owed_minor, 0);
    cr_assert_eq(state()->account->receipts, 3);
}

Test(recovery, PA_6_what_is_no_receipt_is_refused)
{
    k.case_id = id_account("outlet:O-E1", PARTITIONS);
    expect("command.record_receipt", receipt("outlet:O-E2", "deposit", 5), "refused PA-6 not_this_account");
    expect("command.record_receipt", receipt("outlet:nobody", "deposit", 5), "refused PA-6 not_this_account");
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 0), "refused PA-6 amount_not_positive");
    expect("command.record_receipt",
           "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},'account':'outlet:O-E1','purpose':"
           "'deposit','amount_minor':5,'currency':'CNY','reference':'x'}",
           "refused RO-1 not_finance");
    expect("payment.recovery_due", due("outlet:O-E2", 5), "broken another_account");
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", INT64_MAX), "payment.receipt_recorded");
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 1), "refused PA-6 amount_overflow");
    k.state = NULL;
    k.case_id = id_account("supplier:Tiles", PARTITIONS);
    expect("command.record_receipt", receipt("supplier:Tiles", "deposit", 5),
           "refused PA-6 only_outlets_have_deposits");
}

/* ---- what an outlet leaves unpaid ---- */

static const char *missed(const char *code, const char *due, const char *history)
{
    return arena_printf(&k.arena,
                        "{'code':'%s','ver':1,'round':1,'due_ms':%lld,'fired_ms':%lld,'late_ms':0,'history':%s}", code,
                        (long long)kit_ms(due), (long long)kit_ms(due), history);
}

static const char *cash_slip(const char *no, long amount)
{
    char *json = arena_strdup(&k.arena, slip(no, "O-E1", "outlet", amount));
    char *plan = strstr(json, "'measures':[],");
    return arena_printf(&k.arena, "%.*s'pay_method':'cash',%s", (int)(plan - json), json, plan);
}

/* PA-6: past the limit of the payment, and only where nothing may be under way, head office pays in the outlet's place:
 * the voucher is withdrawn, a further payout made, and the outlet's account bears just what it left unpaid. */
Test(recovery, PA_6_what_an_outlet_leaves_unpaid_head_office_pays_first)
{
    expect("approval.slip_approved", cash_slip("S1", 500), "payment.cash_due");
    expect("sla.breached", missed("approval", "2026-03-05 18:00", "false"), "ignored");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "true"), "ignored");
    expect("sla.breached", missed("payment", "2026-03-01 18:00", "false"), "ignored");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"),
           "payment.failed payment.stepped_in payment.instructed");
    const struct ev_payment_instructed *i = kit_output(&k, EV_PAYMENT_INSTRUCTED, 0);
    cr_assert_str_eq(i->payer_account, "HO-6222-0001");
    cr_assert_eq(i->pay_method, PAY_METHOD_TRANSFER);
    cr_assert_str_eq(i->payee, "acc-1");
    cr_assert_eq(i->payout_no, 2);
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"), "ignored");
    expect("payment.bank_answer", paid(), "payment.settled payment.recovery_due");
    const struct ev_payment_recovery_due *d = kit_output(&k, EV_PAYMENT_RECOVERY_DUE, 0);
    cr_assert_str_eq(d->account, "outlet:O-E1");
    cr_assert_eq(d->amount_minor, 500);
}

Test(recovery, PA_6_what_the_bank_may_be_paying_is_not_paid_beside_it)
{
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", 500), "payment.instructed");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"), "ignored");
    expect("payment.bank_answer",
           arena_printf(&k.arena,
                        "{'key':'%s','payout_no':1,'outcome':'refused','amount_minor':500,'currency':'CNY','reason':"
                        "'no_cover'}",
                        state()->key),
           "payment.failed");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"), "payment.stepped_in payment.instructed");
    k.state = NULL;
    expect("approval.slip_approved", slip("S2", "HO", "outlet", 500), "payment.instructed");
    expect("payment.bank_answer",
           arena_printf(&k.arena,
                        "{'key':'%s','payout_no':1,'outcome':'refused','amount_minor':500,'currency':'CNY','reason':"
                        "'no_cover'}",
                        state()->key),
           "payment.failed");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"), "ignored");
}

/* PA-7: a supplier has no deposit: all of it is owed. */
Test(recovery, PA_7_recourse_against_the_supplier)
{
    k.case_id = id_account("supplier:Tiles", PARTITIONS);
    expect("payment.recovery_due", due("supplier:Tiles", 200), "payment.recharged");
    cr_assert_eq(state()->account->balances[0].owed_minor, 200);
    expect("command.record_receipt", receipt("supplier:Tiles", "receivable", 200), "payment.receipt_recorded");
}

/* ---- corrections (PA-4) ---- */

#define MANAGER "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'}"

static const char *reversal(const char *who, const char *account, int receipt)
{
    return arena_printf(&k.arena, "%s,'account':'%s','receipt_no':'%s-R%d','reason':'another outlet'}", who, account,
                        account, receipt);
}

/* A receipt that was none is taken back by the turned legs, by another than its recorder, once; what the deposit has
 * borne of it meanwhile is owed. */
Test(recovery, PA_4_a_correction_is_a_reversing_movement)
{
    const char *of = "outlet:O-E1";
    k.case_id = id_account(of, PARTITIONS);
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "refused PA-4 no_such_case");
    expect("command.record_receipt", receipt(of, "deposit", 300), "payment.receipt_recorded");
    expect("payment.recovery_due", due(of, 200), "payment.recharged payment.top_up_demanded");
    expect("command.reverse_receipt", reversal(FINANCE, of, 1), "refused RO-1 not_entitled_to_reverse");
    expect("command.reverse_receipt", reversal(MANAGER, of, 2), "refused PA-4 no_such_receipt");
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "payment.receipt_reversed");
    const struct ev_payment_receipt_reversed *r = kit_output(&k, EV_PAYMENT_RECEIPT_REVERSED, 0);
    cr_assert_eq(r->n_entries, 3);
    cr_assert_eq(r->entries[0].amount_minor, 100);
    cr_assert_eq(r->entries[1].amount_minor, 200);
    cr_assert_eq(r->entries[2].amount_minor, -300);
    cr_assert_eq(state()->account->balances[0].deposit_minor, 0);
    cr_assert_eq(state()->account->balances[0].owed_minor, 200);
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "refused PA-4 no_such_receipt");
    expect("command.record_receipt", receipt(of, "receivable", 150), "payment.receipt_recorded");
    expect("command.reverse_receipt", reversal(MANAGER, of, 2), "payment.receipt_reversed");
    cr_assert_eq(state()->account->balances[0].owed_minor, 200);
}

/* The last 32 receipts of an account can be reversed, so its state stays small. */
Test(recovery, PA_4_only_the_last_receipts_can_be_reversed)
{
    const char *of = "outlet:O-E1";
    k.case_id = id_account(of, PARTITIONS);
    for (int i = 0; i < 33; i++)
        expect("command.record_receipt", receipt(of, "deposit", 1), "payment.receipt_recorded");
    cr_assert_eq(state()->account->n_recent, 32);
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "refused PA-4 no_such_receipt");
    expect("command.reverse_receipt", reversal(MANAGER, of, 2), "payment.receipt_reversed");
}

/* ---- the property ---- */

struct book {                                              /* the ledger in one currency, debit positive */
    int64_t total, advanced, deposits, receivables, first; /* first: expense:advance (PA-5) */
};

struct place { /* a case, or an account at its home */
    int64_t id;
    const void *state;
    const char *key; /* of an account */
};

struct history {
    unsigned int seed;
    struct place cases[CASES], accounts[ACCOUNTS];
    const struct ev_payment_recovery_due *waiting[WAITING_MAX]; /* on the exchange */
    int n_waiting;
    struct book books[CURRENCIES];
    int recharged, demanded, reversed, replayed, stepped_in, set_off;
};

static int draw(struct history *h, int n) { return (int)(rand_r(&h->seed) % (unsigned int)n); }

static struct book *book_of(struct history *h, const char *in)
{
    int i = 0;
    while (i < CURRENCIES - 1 && strcmp(currencies[i], in) != 0) i++;
    cr_assert_str_eq(currencies[i], in);
    return &h->books[i];
}

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

static void feed(struct history *h, struct place *at, const char *type, const char *data)
{
    k.case_id = at->id;
    k.state = at->state;
    kit_feed(&k, type, WHEN, data);
    cr_assert_neq(k.verdict, VERDICT_BROKEN, "seed %u: %s", h->seed, kit_said(&k));
    at->state = k.state;
    for (int i = 0; k.verdict == VERDICT_DONE && i < k.out.n_outputs; i++) {
        const struct output *o = &k.out.outputs[i];
        post_output(h, o);
        h->recharged += o->type == EV_PAYMENT_RECHARGED;
        h->demanded += o->type == EV_PAYMENT_TOP_UP_DEMANDED;
        h->stepped_in += o->type == EV_PAYMENT_STEPPED_IN;
        h->set_off += o->type == EV_PAYMENT_ADVANCE_SET_OFF;
        h->reversed += o->type == EV_PAYMENT_RECEIPT_REVERSED;
        if (o->type == EV_PAYMENT_RECOVERY_DUE) h->waiting[h->n_waiting++] = o->data;
    }
}

static void deliver(struct history *h)
{
    if (h->n_waiting == 0) return;
    int n = draw(h, h->n_waiting); /* streams of different sources overtake each other */
    const struct ev_payment_recovery_due *d = h->waiting[n];
    h->waiting[n] = h->waiting[--h->n_waiting];
    for (int i = 0; i < ACCOUNTS; i++) {
        if (strcmp(h->accounts[i].key, d->account) != 0) continue;
        feed(h, &h->accounts[i], "payment.recovery_due",
             arena_printf(&k.arena,
                          "{'account':'%s','amount_minor':%lld,'currency':'%s','slip_no':'%s','case_no':'R','entries'"
                          ":[]}",
                          d->account, (long long)d->amount_minor, d->currency, d->slip_no));
        return;
    }
    cr_assert_fail("charged to %s", d->account);
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
        {"sla.breached", missed("payment", "2026-03-05 18:00", "false")},
        {"command.release_payout", MANAGER ",'reason':'looked into'}"},
    };
    enum { RELEASE = sizeof deeds / sizeof deeds[0] - 1 };
    const struct payment_state *st = c->state;
    bool held = st != NULL && st->status == PAYMENT_STATUS_HELD;
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
            h->replayed++;
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
    if (st->status == PAYMENT_STATUS_HELD) return 0;
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
        on_the_way[book_of(h, h->waiting[i]->currency) - h->books] += h->waiting[i]->amount_minor;
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

/* Each currency at zero, no deposit below zero, and nothing advanced is taken off twice (PA-5). */
Test(recovery, PA_4_PA_6_any_history_keeps_the_books_and_the_deposits)
{
    static const char *const keys[ACCOUNTS] = {"outlet:O-CN1", "outlet:O-E1", "supplier:Tiles", "supplier:Paint"};
    int recharged = 0, demanded = 0, reversed = 0, replayed = 0, stepped_in = 0, set_off = 0;
    for (unsigned int seed = 1; seed <= 150; seed++) {
        struct history h = {.seed = seed};
        tear_down();
        set_up();
        for (int i = 0; i < CASES; i++) h.cases[i].id = case_id_make(i, 1);
        for (int i = 0; i < ACCOUNTS; i++) {
            h.accounts[i] = (struct place){.id = id_account(keys[i], PARTITIONS), .key = keys[i]};
        }
        for (int i = 1; i <= 500; i++) step(&h, i);
        check(&h, seed);
        while (h.n_waiting > 0) deliver(&h);
        check(&h, seed);
        for (int i = 0; i < CURRENCIES; i++) cr_assert_eq(h.books[i].advanced, 0);
        recharged += h.recharged;
        demanded += h.demanded;
        reversed += h.reversed;
        replayed += h.replayed;
        stepped_in += h.stepped_in;
        set_off += h.set_off;
    }
    cr_assert_gt(recharged, 500);
    cr_assert_gt(demanded, 100);
    cr_assert_gt(reversed, 100);
    cr_assert_gt(replayed, 100);
    cr_assert_gt(stepped_in, 100);
    cr_assert_gt(set_off, 50);
}
