/* The reconciliation's rows, from the events of a batch (schemas/db/051_reconciliation.sql). */
#include "payment/payment.h"
#include "payment/statement.h"

static void write_lines(struct pg_tx *tx, const struct statement *s)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_texts(&args, s->ref, s->n);
    pg_arg_ints(&args, s->seq, s->n);
    pg_arg_texts(&args, s->key, s->n);
    pg_arg_ints(&args, s->settled, s->n);
    pg_arg_ints(&args, s->amount, s->n);
    pg_arg_texts(&args, s->currency, s->n);
    pg_arg_texts(&args, s->payee, s->n);
    pg_arg_int(&args, s->began_ms);
    pg_arg_texts(&args, s->bank, s->n);
    pg_tx_add(tx,
              "INSERT INTO statement_line (bank, bank_ref, seq, key, settled, amount_minor, currency, payee, read_ms) "
              "SELECT b, r, q, k, s = 1, a, c, p, $8 FROM unnest($9::text[], $1::text[], $2::int8[], $3::text[], "
              "$4::int8[], $5::int8[], $6::text[], $7::text[]) AS u(b, r, q, k, s, a, c, p) ON CONFLICT DO NOTHING",
              &args);
}

static void write_reconciled(struct pg_tx *tx, const struct change *c, const struct made *m)
{
    const struct ev_payment_reconciled *e = m->data;
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_int(&args, c->part);
    pg_arg_int(&args, m->seq);
    pg_arg_text(&args, e->day);
    pg_arg_int(&args, e->read_ms);
    pg_arg_int(&args, e->lines);
    pg_arg_int(&args, e->matched);
    pg_arg_int(&args, e->missing);
    pg_arg_int(&args, e->unknown);
    pg_arg_int(&args, e->differing);
    pg_arg_bool(&args, e->whole);
    pg_tx_add(tx, "INSERT INTO reconciliation VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", &args);
}

static void arg_optional(struct pg_args *args, bool has, int64_t value) { pg_arg_ints(args, &value, has ? 1 : 0); }

/* An absent number is an empty array here, whose first element is null. */
static void write_found(struct pg_tx *tx, const struct change *c, const struct made *m)
{
    const struct ev_payment_discrepancy_found *e = m->data;
    const struct statement_item *item = e->item;
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_text(&args, discrepancy_name(item->kind));
    pg_arg_text(&args, item->key);
    pg_arg_int(&args, c->in->now_ms);
    arg_optional(&args, item->has_case_id, item->case_id);
    arg_optional(&args, item->has_payout_no, item->payout_no);
    pg_arg_int(&args, item->ours_minor);
    pg_arg_int(&args, item->theirs_minor);
    pg_arg_text(&args, item->currency);
    pg_arg_text(&args, item->bank_ref);
    pg_arg_text(&args, item->detail);
    pg_arg_text(&args, e->owner_id);
    pg_tx_add(tx,
              "INSERT INTO discrepancy (kind, key, found_ms, case_id, payout_no, ours_minor, theirs_minor, currency, "
              "bank_ref, detail, owner_id) VALUES ($1, $2, $3, ($4::int8[])[1], ($5::int8[])[1], $6, $7, $8, $9, $10, "
              "$11)",
              &args);
}

/* How a work item ended: `closer` NULL: the two sides agree by now. */
struct ending {
    enum discrepancy kind;
    const char *key, *closer, *note;
};

static void write_ending(struct pg_tx *tx, const struct change *c, const struct ending *end)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_text(&args, discrepancy_name(end->kind));
    pg_arg_text(&args, end->key);
    pg_arg_int(&args, c->in->now_ms);
    pg_arg_text(&args, end->closer);
    pg_arg_text(&args, end->note);
    pg_tx_add(tx,
              "UPDATE discrepancy SET state = CASE WHEN $4::text IS NULL THEN 'ended' ELSE 'closed' END, "
              "ended_ms = $3, closer_id = $4, note = $5 WHERE kind = $1 AND key = $2 AND state = 'open'",
              &args);
}

static void write_event(struct pg_tx *tx, const struct change *c, const struct made *m)
{
    if (m->type == EV_PAYMENT_RECONCILED) {
        write_reconciled(tx, c, m);
    } else if (m->type == EV_PAYMENT_DISCREPANCY_FOUND) {
        write_found(tx, c, m);
    } else if (m->type == EV_PAYMENT_DISCREPANCY_ENDED) {
        const struct ev_payment_discrepancy_ended *e = m->data;
        write_ending(tx, c, &(struct ending){.kind = e->kind, .key = e->key});
    } else if (m->type == EV_PAYMENT_DISCREPANCY_CLOSED) {
        const struct ev_payment_discrepancy_closed *e = m->data;
        write_ending(tx, c, &(struct ending){.kind = e->kind, .key = e->key, .closer = e->closer_id, .note = e->note});
    }
}

void reconcile_save(struct pg_tx *tx, const struct change *changes, int n)
{
    for (int i = 0; i < n; i++) {
        const struct change *c = &changes[i];
        if (c->verdict != VERDICT_DONE) continue;
        if (c->in->type == EV_PAYMENT_STATEMENT_COMPARED && c->local != NULL) write_lines(tx, c->local->tag);
        for (int k = 0; k < c->n_made; k++) {
            if (c->made[k].data != NULL) write_event(tx, c, &c->made[k]);
        }
    }
}
