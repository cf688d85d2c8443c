/* Payouts and the ledger, written from what the core emitted (schemas/db/050_payment.sql). A movement's id is its
 * event's: partition and seq. */
#include <string.h>

#include "base/id.h"
#include "payment/bank_route.h"
#include "payment/payment.h"
#include "payment/payment_shell.h"
#include "payment/statement.h"

/* Rows of one batch as columns. */
struct payouts {
    int n;
    int64_t *part, *case_id, *payout_no, *amount, *at_ms;
    const char **key, **slip, **currency, **payee, **payee_name, **method, **account, **state;
    const char **bank; /* NULL: none (cash) */
};

struct answers {
    int n;
    int64_t *case_id, *payout_no, *at_ms;
    int64_t *paid; /* what really left; -1: as instructed */
    const char **from, **state, **ref, **reason;
};

struct ledger {
    int n_txn, n_entry;
    int64_t *part, *seq, *case_id, *payout_no, *at_ms; /* payout_no 0: none */
    const char **event, **slip;
    int64_t *e_part, *e_seq, *e_n, *e_amount;
    const char **e_account, **e_currency;
};

struct rows {
    const char *files_for; /* the setting (bank_route.h) */
    struct payouts payouts;
    struct answers answers;
    struct ledger ledger;
};

#define INTS(n) ARENA_ARRAY(a, int64_t, n)
#define TEXTS(n) ARENA_ARRAY(a, const char *, n)

static struct rows rows_for(struct arena *a, int made, int entries)
{
    return (struct rows){
        .payouts = {.part = INTS(made),
                    .case_id = INTS(made),
                    .payout_no = INTS(made),
                    .amount = INTS(made),
                    .at_ms = INTS(made),
                    .key = TEXTS(made),
                    .slip = TEXTS(made),
                    .currency = TEXTS(made),
                    .payee = TEXTS(made),
                    .payee_name = TEXTS(made),
                    .method = TEXTS(made),
                    .account = TEXTS(made),
                    .state = TEXTS(made),
                    .bank = TEXTS(made)},
        .answers = {.case_id = INTS(made),
                    .payout_no = INTS(made),
                    .at_ms = INTS(made),
                    .paid = INTS(made),
                    .from = TEXTS(made),
                    .state = TEXTS(made),
                    .ref = TEXTS(made),
                    .reason = TEXTS(made)},
        .ledger = {.part = INTS(made),
                   .seq = INTS(made),
                   .case_id = INTS(made),
                   .payout_no = INTS(made),
                   .at_ms = INTS(made),
                   .event = TEXTS(made),
                   .slip = TEXTS(made),
                   .e_part = INTS(entries),
                   .e_seq = INTS(entries),
                   .e_n = INTS(entries),
                   .e_amount = INTS(entries),
                   .e_account = TEXTS(entries),
                   .e_currency = TEXTS(entries)},
    };
}

/* A movement: which event, of which slip and payout, with which legs. */
struct posting {
    const struct change *change;
    const struct made *made;
    const char *event, *slip_no;
    int64_t payout_no;
    const struct entry *entries;
    int n_entries;
};

static void post(struct ledger *l, const struct posting *p)
{
    if (p->n_entries == 0) return;
    int i = l->n_txn++;
    l->part[i] = p->change->part;
    l->seq[i] = p->made->seq;
    l->case_id[i] = p->change->in->case_id;
    l->payout_no[i] = p->payout_no;
    l->at_ms[i] = p->change->in->now_ms;
    l->event[i] = p->event;
    l->slip[i] = p->slip_no;
    for (int k = 0; k < p->n_entries; k++) {
        int j = l->n_entry++;
        l->e_part[j] = p->change->part;
        l->e_seq[j] = p->made->seq;
        l->e_n[j] = k + 1;
        l->e_account[j] = p->entries[k].account;
        l->e_currency[j] = p->entries[k].currency;
        l->e_amount[j] = p->entries[k].amount_minor;
    }
}

static void add_payout(struct payouts *to, const struct change *c, const struct ev_payment_instructed *e,
                       const char *state)
{
    int i = to->n++;
    to->part[i] = c->part;
    to->case_id[i] = c->in->case_id;
    to->payout_no[i] = e->payout_no;
    to->amount[i] = e->amount_minor;
    to->at_ms[i] = c->in->now_ms;
    to->key[i] = e->key;
    to->slip[i] = e->slip_no;
    to->currency[i] = e->currency;
    to->payee[i] = e->payee;
    to->payee_name[i] = e->payee_name;
    to->method[i] = pay_method_name(e->pay_method);
    to->account[i] = e->payer_account;
    to->state[i] = state;
}

/* How a payout ended: from which state, to which, with what proof. */
struct verdict_row {
    int64_t payout_no;
    const char *from, *state, *ref, *reason;
    int64_t paid;
};

static void answer(struct answers *to, const struct change *c, const struct verdict_row *v)
{
    int i = to->n++;
    to->case_id[i] = c->in->case_id;
    to->payout_no[i] = v->payout_no;
    to->at_ms[i] = c->in->now_ms;
    to->paid[i] = v->paid;
    to->from[i] = v->from;
    to->state[i] = v->state;
    to->ref[i] = v->ref;
    to->reason[i] = v->reason;
}

/* The state a payout was answered in: the slip it paid, and the name of its row's state. */
static const struct payment_state *before(const struct change *c) { return c->before; }

static const char *row_state(const struct change *c)
{
    switch (before(c)->status) {
    case PAYMENT_STATUS_HALTED: return "halted";
    case PAYMENT_STATUS_CASH_DUE: return "cash_due";
    case PAYMENT_STATUS_NONE:
    case PAYMENT_STATUS_INSTRUCTED:
    case PAYMENT_STATUS_SETTLED:
    case PAYMENT_STATUS_FAILED:
    case PAYMENT_STATUS_HELD:
    case PAYMENT_STATUS_ACCOUNT:
    case PAYMENT_STATUS_STATEMENT:
    case PAYMENT_STATUS_ASKING:
    case PAYMENT_STATUS_DAY_HELD:
    case PAYMENT_STATUS_SPENDING:
    case PAYMENT_STATUS_CORRECTING: break;
    }
    return "instructed";
}

/* ---- what each event writes ---- */

static void on_instructed(struct rows *r, struct posting *p)
{
    const struct ev_payment_instructed *e = p->made->data;
    add_payout(&r->payouts, p->change, e, "instructed");
    r->payouts.bank[r->payouts.n - 1] =
        bank_kind_name(bank_route(r->files_for, e->pay_method, e->currency, e->payer_account));
    p->event = "instructed", p->slip_no = e->slip_no, p->payout_no = e->payout_no;
    p->entries = e->entries, p->n_entries = e->n_entries;
}

/* A voucher is a payout too: the same row, which no bank is asked for. */
static void on_cash_due(struct rows *r, struct posting *p)
{
    const struct ev_payment_cash_due *e = p->made->data;
    const struct ev_payment_instructed as = {.payout_no = e->payout_no,
                                             .key = e->key,
                                             .amount_minor = e->amount_minor,
                                             .currency = e->currency,
                                             .payee = e->payee,
                                             .pay_method = PAY_METHOD_CASH,
                                             .payer_account = e->payer_account,
                                             .slip_no = e->slip_no};
    add_payout(&r->payouts, p->change, &as, "cash_due");
    p->event = "instructed", p->slip_no = e->slip_no, p->payout_no = e->payout_no;
    p->entries = e->entries, p->n_entries = e->n_entries;
}

/* Without entries it was posted before: set off, or resolved by people. */
static void on_settled(struct rows *r, struct posting *p)
{
    const struct ev_payment_settled *e = p->made->data;
    if (e->n_entries == 0) return;
    answer(&r->answers, p->change,
           &(struct verdict_row){e->payout_no, row_state(p->change), "settled", e->bank_ref, NULL, -1});
    p->event = "settled", p->slip_no = before(p->change)->slip->slip_no, p->payout_no = e->payout_no;
    p->entries = e->entries, p->n_entries = e->n_entries;
}

/* An advance is settled as a slip is (PA-5). */
static void on_advance_paid(struct rows *r, struct posting *p)
{
    const struct ev_payment_advance_paid *e = p->made->data;
    if (e->n_entries == 0) return;
    answer(&r->answers, p->change,
           &(struct verdict_row){e->payout_no, row_state(p->change), "settled", e->bank_ref, NULL, -1});
    p->event = "settled", p->slip_no = e->application_no, p->payout_no = e->payout_no;
    p->entries = e->entries, p->n_entries = e->n_entries;
}

static void on_failed(struct rows *r, struct posting *p)
{
    const struct ev_payment_failed *e = p->made->data;
    answer(&r->answers, p->change,
           &(struct verdict_row){e->payout_no, row_state(p->change), "failed", NULL, e->reason, -1});
    p->event = "failed", p->slip_no = before(p->change)->slip->slip_no, p->payout_no = e->payout_no;
    p->entries = e->entries, p->n_entries = e->n_entries;
}

static void on_halted(struct rows *r, struct posting *p)
{
    const struct ev_payment_halted *e = p->made->data;
    answer(&r->answers, p->change,
           &(struct verdict_row){e->payout_no, row_state(p->change), "halted", NULL, e->reason, -1});
}

/* Found not paid: the `failed` that follows writes the row. */
static void on_resolved(struct rows *r, struct posting *p)
{
    const struct ev_payment_resolved *e = p->made->data;
    if (e->found != PAYOUT_FOUND_PAID) return;
    answer(&r->answers, p->change,
           &(struct verdict_row){e->payout_no, "halted", "resolved", e->bank_ref, NULL, e->amount_minor});
    p->event = "resolved", p->slip_no = before(p->change)->slip->slip_no, p->payout_no = e->payout_no;
    p->entries = e->entries, p->n_entries = e->n_entries;
}

/* A movement that is no payout's: what it is called in the ledger, and which member says what it is for. An account's
 * are at its home, where its id stands for a case's. */
static bool is_plain(struct posting *p)
{
    static const struct {
        enum event_type type;
        const char *event, *slip;
    } plain[] = {
        {EV_PAYMENT_DEDUCTED, "deducted", "slip_no"},
        {EV_PAYMENT_ADVANCE_SET_OFF, "set_off", "slip_no"},
        {EV_PAYMENT_GOODS_BOOKED, "goods", "slip_no"},
        {EV_PAYMENT_RECOVERY_DUE, "recovery_due", "slip_no"},
        {EV_PAYMENT_RECHARGED, "recharged", "slip_no"},
        {EV_PAYMENT_RECEIPT_RECORDED, "receipt", "receipt_no"},
        {EV_PAYMENT_RECEIPT_REVERSED, "reversed", "receipt_no"},
    };
    const char *data = p->made->data;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (plain[i].type != p->made->type) continue;
        const struct field_desc *slip = desc_field(event_desc(plain[i].type), plain[i].slip);
        const struct field_desc *entries = desc_field(event_desc(plain[i].type), "entries");
        p->event = plain[i].event;
        p->slip_no = *(const char *const *)(data + slip->offset);
        p->entries = *(const struct entry *const *)(data + entries->offset);
        p->n_entries = *(const int *)(data + entries->aux);
        return true;
    }
    return false;
}

static void take(struct rows *r, const struct change *c, const struct made *m)
{
    static void (*const writes[EV_COUNT])(struct rows * r, struct posting * p) = {
        [EV_PAYMENT_INSTRUCTED] = on_instructed, [EV_PAYMENT_CASH_DUE] = on_cash_due,
        [EV_PAYMENT_SETTLED] = on_settled,       [EV_PAYMENT_ADVANCE_PAID] = on_advance_paid,
        [EV_PAYMENT_FAILED] = on_failed,         [EV_PAYMENT_HALTED] = on_halted,
        [EV_PAYMENT_RESOLVED] = on_resolved,
    };
    struct posting p = {.change = c, .made = m};
    if (writes[m->type] != NULL)
        writes[m->type](r, &p);
    else if (!is_plain(&p))
        return;
    post(&r->ledger, &p);
}

/* ---- statements ---- */

static void write_payouts(struct pg_tx *tx, const struct payouts *p)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, p->case_id, p->n);
    pg_arg_ints(&args, p->payout_no, p->n);
    pg_arg_ints(&args, p->part, p->n);
    pg_arg_texts(&args, p->key, p->n);
    pg_arg_texts(&args, p->slip, p->n);
    pg_arg_ints(&args, p->amount, p->n);
    pg_arg_texts(&args, p->currency, p->n);
    pg_arg_texts(&args, p->payee, p->n);
    pg_arg_texts(&args, p->method, p->n);
    pg_arg_texts(&args, p->account, p->n);
    pg_arg_ints(&args, p->at_ms, p->n);
    pg_arg_texts(&args, p->state, p->n);
    pg_arg_texts(&args, p->payee_name, p->n);
    pg_arg_texts(&args, p->bank, p->n);
    pg_tx_add(tx,
              "INSERT INTO payout (case_id, payout_no, partition, key, slip_no, amount_minor, currency, payee, "
              "pay_method, payer_account, instructed_ms, state, payee_name, bank) SELECT u.* FROM unnest($1::int8[], "
              "$2::int8[], $3::int8[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[], $9::text[], "
              "$10::text[], $11::int8[], $12::text[], $13::text[], $14::text[]) AS u",
              &args);
}

static void write_answers(struct pg_tx *tx, const struct answers *w)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, w->case_id, w->n);
    pg_arg_ints(&args, w->payout_no, w->n);
    pg_arg_texts(&args, w->from, w->n);
    pg_arg_texts(&args, w->state, w->n);
    pg_arg_texts(&args, w->ref, w->n);
    pg_arg_texts(&args, w->reason, w->n);
    pg_arg_ints(&args, w->paid, w->n);
    pg_arg_ints(&args, w->at_ms, w->n);
    pg_tx_add(tx,
              "SELECT payment.answer($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], "
              "$7::int8[], $8::int8[])",
              &args);
}

static void write_ledger(struct pg_tx *tx, const struct ledger *l)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, l->part, l->n_txn);
    pg_arg_ints(&args, l->seq, l->n_txn);
    pg_arg_ints(&args, l->case_id, l->n_txn);
    pg_arg_texts(&args, l->event, l->n_txn);
    pg_arg_texts(&args, l->slip, l->n_txn);
    pg_arg_ints(&args, l->payout_no, l->n_txn);
    pg_arg_ints(&args, l->at_ms, l->n_txn);
    pg_tx_add(tx,
              "INSERT INTO ledger_txn (partition, seq, case_id, event, slip_no, payout_no, at_ms) "
              "SELECT p, s, c, e, slip, nullif(no, 0), t FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], "
              "$5::text[], $6::int8[], $7::int8[]) AS u(p, s, c, e, slip, no, t)",
              &args);
    args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, l->e_part, l->n_entry);
    pg_arg_ints(&args, l->e_seq, l->n_entry);
    pg_arg_ints(&args, l->e_n, l->n_entry);
    pg_arg_texts(&args, l->e_account, l->n_entry);
    pg_arg_texts(&args, l->e_currency, l->n_entry);
    pg_arg_ints(&args, l->e_amount, l->n_entry);
    pg_tx_add(tx,
              "INSERT INTO ledger_entry (partition, seq, n, account, currency, amount_minor) SELECT * FROM "
              "unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::text[], $6::int8[])",
              &args);
}

enum { LEGS = 3 }; /* at most, of each movement the core makes */

static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    (void)e;
    int made = 0;
    for (int i = 0; i < n; i++) made += changes[i].verdict == VERDICT_DONE ? changes[i].n_made : 0;
    if (made == 0) return true;
    struct rows r = rows_for(tx->arena, made, made * LEGS);
    r.files_for = config_text(h->config, "bank.files.for");
    for (int i = 0; i < n; i++) {
        if (changes[i].verdict != VERDICT_DONE) continue;
        for (int k = 0; k < changes[i].n_made; k++) {
            if (changes[i].made[k].data != NULL) take(&r, &changes[i], &changes[i].made[k]);
        }
    }
    if (r.payouts.n > 0) write_payouts(tx, &r.payouts);
    if (r.answers.n > 0) write_answers(tx, &r.answers);
    if (r.ledger.n_txn > 0) write_ledger(tx, &r.ledger);
    reconcile_save(tx, changes, n);
    return true;
}

const struct store payment_store = {.save = save};
