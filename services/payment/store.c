/* Payouts and the ledger, written from what the core emitted (schemas/db/050_payment.sql). A movement's id is its
 * event's: partition and seq. */
#include <string.h>

#include "base/id.h"
#include "payment/payment.h"
#include "payment/payment_shell.h"

/* Rows of one batch as columns. */
struct payouts {
    int n;
    int64_t *part, *case_id, *payout_no, *amount, *at_ms;
    const char **key, **slip, **currency, **payee, **method, **account;
};

struct answers {
    int n;
    int64_t *case_id, *payout_no, *at_ms;
    const char **state, **ref, **reason;
};

struct ledger {
    int n_txn, n_entry;
    int64_t *part, *seq, *case_id, *payout_no, *at_ms; /* payout_no 0: none */
    const char **event, **slip;
    int64_t *e_part, *e_seq, *e_n, *e_amount;
    const char **e_account, **e_currency;
};

struct rows {
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
                    .method = TEXTS(made),
                    .account = TEXTS(made)},
        .answers = {.case_id = INTS(made),
                    .payout_no = INTS(made),
                    .at_ms = INTS(made),
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

static void instruct(struct payouts *to, const struct change *c, const struct ev_payment_instructed *e)
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
    to->method[i] = pay_method_name(e->pay_method);
    to->account[i] = e->payer_account;
}

struct verdict_row {
    int64_t payout_no;
    const char *state, *ref, *reason;
};

static void answer(struct answers *to, const struct change *c, const struct verdict_row *v)
{
    int i = to->n++;
    to->case_id[i] = c->in->case_id;
    to->payout_no[i] = v->payout_no;
    to->at_ms[i] = c->in->now_ms;
    to->state[i] = v->state;
    to->ref[i] = v->ref;
    to->reason[i] = v->reason;
}

/* The slip of an answered payout stands in the state the answer found. */
static const char *slip_before(const struct change *c)
{
    return ((const struct payment_state *)c->before)->slip->slip_no;
}

static void take(struct rows *r, const struct change *c, const struct made *m)
{
    struct posting p = {.change = c, .made = m};
    if (m->type == EV_PAYMENT_INSTRUCTED) {
        const struct ev_payment_instructed *e = m->data;
        instruct(&r->payouts, c, e);
        p.event = "instructed", p.slip_no = e->slip_no, p.payout_no = e->payout_no;
        p.entries = e->entries, p.n_entries = e->n_entries;
    } else if (m->type == EV_PAYMENT_DEDUCTED) {
        const struct ev_payment_deducted *e = m->data;
        p.event = "deducted", p.slip_no = e->slip_no;
        p.entries = e->entries, p.n_entries = e->n_entries;
    } else if (m->type == EV_PAYMENT_SETTLED) {
        const struct ev_payment_settled *e = m->data;
        if (!e->has_payout_no) return; /* set off: posted as deducted */
        answer(&r->answers, c, &(struct verdict_row){e->payout_no, "settled", e->bank_ref, NULL});
        p.event = "settled", p.slip_no = slip_before(c), p.payout_no = e->payout_no;
        p.entries = e->entries, p.n_entries = e->n_entries;
    } else if (m->type == EV_PAYMENT_FAILED) {
        const struct ev_payment_failed *e = m->data;
        answer(&r->answers, c, &(struct verdict_row){e->payout_no, "failed", NULL, e->reason});
        p.event = "failed", p.slip_no = slip_before(c), p.payout_no = e->payout_no;
        p.entries = e->entries, p.n_entries = e->n_entries;
    } else if (m->type == EV_PAYMENT_HALTED) {
        const struct ev_payment_halted *e = m->data;
        answer(&r->answers, c, &(struct verdict_row){e->payout_no, "halted", NULL, e->reason});
    }
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
    pg_tx_add(tx,
              "INSERT INTO payout (case_id, payout_no, partition, key, slip_no, amount_minor, currency, payee, "
              "pay_method, payer_account, instructed_ms, state) SELECT u.*, 'instructed' FROM unnest($1::int8[], "
              "$2::int8[], $3::int8[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[], $9::text[], "
              "$10::text[], $11::int8[]) AS u",
              &args);
}

static void write_answers(struct pg_tx *tx, const struct answers *w)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, w->case_id, w->n);
    pg_arg_ints(&args, w->payout_no, w->n);
    pg_arg_texts(&args, w->state, w->n);
    pg_arg_texts(&args, w->ref, w->n);
    pg_arg_texts(&args, w->reason, w->n);
    pg_arg_ints(&args, w->at_ms, w->n);
    pg_tx_add(tx, "SELECT payment.answer($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::int8[])",
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

enum { LEGS = 2 }; /* of each movement the core makes */

static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    (void)h, (void)e;
    int made = 0;
    for (int i = 0; i < n; i++) made += changes[i].verdict == VERDICT_DONE ? changes[i].n_made : 0;
    if (made == 0) return true;
    struct rows r = rows_for(tx->arena, made, made * LEGS);
    for (int i = 0; i < n; i++) {
        if (changes[i].verdict != VERDICT_DONE) continue;
        for (int k = 0; k < changes[i].n_made; k++) {
            if (changes[i].made[k].data != NULL) take(&r, &changes[i], &changes[i].made[k]);
        }
    }
    if (r.payouts.n > 0) write_payouts(tx, &r.payouts);
    if (r.answers.n > 0) write_answers(tx, &r.answers);
    if (r.ledger.n_txn > 0) write_ledger(tx, &r.ledger);
    return true;
}

const struct store payment_store = {.save = save};
