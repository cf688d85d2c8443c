/* Statements of the read model: limits, slips, payouts, notices, counters; and the columns they are made of
 * (store_rows.h). */
#include "console/store_rows.h"

#include <string.h>

#include "base/clock.h"

void columns_ints(struct columns *c, size_t at)
{
    int64_t *v = ARENA_ARRAY(c->args.arena, int64_t, c->list->n);
    for (int i = 0; i < c->list->n; i++)
        memcpy(&v[i], (const char *)c->list->rows + c->size * (size_t)i + at, sizeof(v[i]));
    pg_arg_ints(&c->args, v, c->list->n);
}

void columns_bools(struct columns *c, size_t at)
{
    int64_t *v = ARENA_ARRAY(c->args.arena, int64_t, c->list->n);
    for (int i = 0; i < c->list->n; i++)
        v[i] = *((const bool *)((const char *)c->list->rows + c->size * (size_t)i + at));
    pg_arg_ints(&c->args, v, c->list->n);
}

void columns_texts(struct columns *c, size_t at)
{
    const char **v = ARENA_ARRAY(c->args.arena, const char *, c->list->n);
    for (int i = 0; i < c->list->n; i++)
        memcpy(&v[i], (const char *)c->list->rows + c->size * (size_t)i + at, sizeof(v[i]));
    pg_arg_texts(&c->args, v, c->list->n);
}

struct columns columns_of(struct pg_tx *tx, const struct fold_list *list, size_t size)
{
    return (struct columns){.args = PG_ARGS(tx->arena), .list = list, .size = size};
}

/* ---- limits, slips, payouts ---- */

static void write_limits(struct pg_tx *tx, const struct fold *f)
{
    /* armed: a new run, nothing of the one before stays but how often the limit was missed */
    static const char sql_armed[] =
        "INSERT INTO console.case_limit AS v (case_id, code, ver, state, start_ms, due_ms, warn_ms,"
        " warned_ms, fired_ms, ended_ms, late_ms, misses, ours) SELECT case_id, code, ver, state, start,"
        " due, console.known(warn), console.known(warned), console.known(fired), console.known(ended),"
        " console.known(late), misses, ours <> 0 FROM unnest($1::int8[], $2::text[], $3::int8[],"
        " $4::text[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[],"
        " $11::int8[], $12::int8[], $13::int8[], $14::int8[]) AS x (case_id, code, ver, state, start, due,"
        " warn, warned, fired, ended, late, armed, misses, ours) WHERE armed <> 0 ON CONFLICT (case_id,"
        " code) DO UPDATE SET ver = excluded.ver, state = excluded.state, start_ms = excluded.start_ms,"
        " due_ms = excluded.due_ms, warn_ms = excluded.warn_ms, warned_ms = excluded.warned_ms, fired_ms"
        " = excluded.fired_ms, ended_ms = excluded.ended_ms, late_ms = excluded.late_ms, misses ="
        " v.misses + excluded.misses, ours = excluded.ours";
    static const char sql_changed[] =
        "UPDATE console.case_limit AS v SET ver = coalesce(console.known(x.ver), v.ver), state ="
        " coalesce(x.state, v.state), due_ms = coalesce(console.known(due), v.due_ms), warn_ms ="
        " coalesce(console.known(warn), v.warn_ms), warned_ms = coalesce(console.known(warned),"
        " v.warned_ms), fired_ms = coalesce(console.known(fired), v.fired_ms), ended_ms ="
        " coalesce(console.known(ended), v.ended_ms), late_ms = coalesce(console.known(late), v.late_ms),"
        " misses = v.misses + x.misses FROM unnest($1::int8[], $2::text[], $3::int8[], $4::text[],"
        " $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[], $11::int8[],"
        " $12::int8[], $13::int8[], $14::int8[]) AS x (case_id, code, ver, state, start, due, warn,"
        " warned, fired, ended, late, armed, misses, ours) WHERE armed = 0 AND v.case_id = x.case_id AND"
        " v.code = x.code";
    struct columns c = columns_of(tx, &f->limits, sizeof(struct fold_limit));
    columns_ints(&c, offsetof(struct fold_limit, case_id));
    columns_texts(&c, offsetof(struct fold_limit, code));
    columns_ints(&c, offsetof(struct fold_limit, ver));
    columns_texts(&c, offsetof(struct fold_limit, state));
    columns_ints(&c, offsetof(struct fold_limit, start_ms));
    columns_ints(&c, offsetof(struct fold_limit, due_ms));
    columns_ints(&c, offsetof(struct fold_limit, warn_ms));
    columns_ints(&c, offsetof(struct fold_limit, warned_ms));
    columns_ints(&c, offsetof(struct fold_limit, fired_ms));
    columns_ints(&c, offsetof(struct fold_limit, ended_ms));
    columns_ints(&c, offsetof(struct fold_limit, late_ms));
    columns_bools(&c, offsetof(struct fold_limit, armed));
    columns_ints(&c, offsetof(struct fold_limit, misses));
    columns_bools(&c, offsetof(struct fold_limit, ours));
    pg_tx_add(tx, sql_armed, &c.args);
    pg_tx_add(tx, sql_changed, &c.args);
}

static void write_slips(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.slip AS v (case_id, slip_no, code, to_org, to_person, ver, issued_ms,"
        " due_ms, late_ms, withdrawn_ms) SELECT a, b, c, d, e, f, console.known(g), console.known(h),"
        " console.known(i), console.known(j) FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[],"
        " $5::text[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[]) AS x (a, b, c, d, e, f,"
        " g, h, i, j) ON CONFLICT (slip_no) DO UPDATE SET withdrawn_ms = coalesce(excluded.withdrawn_ms,"
        " v.withdrawn_ms)";
    struct columns c = columns_of(tx, &f->slips, sizeof(struct fold_slip));
    columns_ints(&c, offsetof(struct fold_slip, case_id));
    columns_texts(&c, offsetof(struct fold_slip, slip_no));
    columns_texts(&c, offsetof(struct fold_slip, code));
    columns_texts(&c, offsetof(struct fold_slip, to_org));
    columns_texts(&c, offsetof(struct fold_slip, to_person));
    columns_ints(&c, offsetof(struct fold_slip, ver));
    columns_ints(&c, offsetof(struct fold_slip, issued_ms));
    columns_ints(&c, offsetof(struct fold_slip, due_ms));
    columns_ints(&c, offsetof(struct fold_slip, late_ms));
    columns_ints(&c, offsetof(struct fold_slip, withdrawn_ms));
    pg_tx_add(tx, sql, &c.args);
}

static void write_payouts(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.payout AS v (case_id, payout_no, state, amount_minor, currency, payee, key,"
        " voucher_no, bank_ref, instructed_ms, ended_ms, reason) SELECT a, b, c, d, e, f, g, h, i, j,"
        " console.known(k), l FROM unnest($1::int8[], $2::int8[], $3::text[], $4::int8[], $5::text[],"
        " $6::text[], $7::text[], $8::text[], $9::text[], $10::int8[], $11::int8[], $12::text[]) AS x (a,"
        " b, c, d, e, f, g, h, i, j, k, l) WHERE console.known(j) IS NOT NULL ON CONFLICT (case_id,"
        " payout_no) DO UPDATE SET state = excluded.state, amount_minor = v.amount_minor +"
        " excluded.amount_minor, ended_ms = excluded.ended_ms";
    static const char sql_more[] =
        "UPDATE console.payout AS v SET state = coalesce(c, v.state), voucher_no = coalesce(h,"
        " v.voucher_no), bank_ref = coalesce(i, v.bank_ref), ended_ms = coalesce(console.known(k),"
        " v.ended_ms), reason = coalesce(l, v.reason) FROM unnest($1::int8[], $2::int8[], $3::text[],"
        " $4::int8[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int8[],"
        " $11::int8[], $12::text[]) AS x (a, b, c, d, e, f, g, h, i, j, k, l) WHERE console.known(j) IS"
        " NULL AND v.case_id = a AND v.payout_no = b";
    struct columns c = columns_of(tx, &f->payouts, sizeof(struct fold_payout));
    columns_ints(&c, offsetof(struct fold_payout, case_id));
    columns_ints(&c, offsetof(struct fold_payout, payout_no));
    columns_texts(&c, offsetof(struct fold_payout, state));
    columns_ints(&c, offsetof(struct fold_payout, amount_minor));
    columns_texts(&c, offsetof(struct fold_payout, currency));
    columns_texts(&c, offsetof(struct fold_payout, payee));
    columns_texts(&c, offsetof(struct fold_payout, key));
    columns_texts(&c, offsetof(struct fold_payout, voucher_no));
    columns_texts(&c, offsetof(struct fold_payout, bank_ref));
    columns_ints(&c, offsetof(struct fold_payout, instructed_ms));
    columns_ints(&c, offsetof(struct fold_payout, ended_ms));
    columns_texts(&c, offsetof(struct fold_payout, reason));
    pg_tx_add(tx, sql, &c.args);
    pg_tx_add(tx, sql_more, &c.args);
}

/* ---- notices ---- */

/* A notice's place in the order of all is where its making was read. */
static void write_notices(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.notice AS v (case_id, notice_no, made_ms, answered_ms, id, kind, channel, data, result,"
        " how, answered_by, reason) SELECT a, b, console.known(c), console.known(d), e, f, g, h, i, j, k, l FROM"
        " unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[], $8::text[],"
        " $9::text[], $10::text[], $11::text[], $12::text[]) AS x (a, b, c, d, e, f, g, h, i, j, k, l)"
        " ON CONFLICT (case_id, notice_no) DO UPDATE SET n = CASE WHEN excluded.id IS NULL THEN v.n ELSE excluded.n"
        " END, made_ms = coalesce(excluded.made_ms, v.made_ms), id = coalesce(excluded.id, v.id), kind ="
        " coalesce(excluded.kind, v.kind), channel = coalesce(excluded.channel, v.channel), data ="
        " coalesce(excluded.data, v.data), answered_ms = coalesce(excluded.answered_ms, v.answered_ms), result ="
        " coalesce(excluded.result, v.result), how = coalesce(excluded.how, v.how), answered_by ="
        " coalesce(excluded.answered_by, v.answered_by), reason = CASE WHEN excluded.result IS NULL THEN v.reason ELSE"
        " excluded.reason END";
    static const size_t texts[] = {offsetof(struct fold_notice, id),          offsetof(struct fold_notice, kind),
                                   offsetof(struct fold_notice, channel),     offsetof(struct fold_notice, data),
                                   offsetof(struct fold_notice, result),      offsetof(struct fold_notice, how),
                                   offsetof(struct fold_notice, answered_by), offsetof(struct fold_notice, reason)};
    struct columns c = columns_of(tx, &f->notices, sizeof(struct fold_notice));
    columns_ints(&c, offsetof(struct fold_notice, case_id));
    columns_ints(&c, offsetof(struct fold_notice, notice_no));
    columns_ints(&c, offsetof(struct fold_notice, made_ms));
    columns_ints(&c, offsetof(struct fold_notice, answered_ms));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) columns_texts(&c, texts[i]);
    pg_tx_add(tx, sql, &c.args);
}

/* ---- alarms ---- */

/* A row each, in order: one that began and ended in the same batch is told of twice. */
static void write_alarms(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.alarm AS v (partition, kind, since_ms, ended_ms, late_ms) VALUES ($1, $2, $3,"
        " console.known($4), console.known($5)) ON CONFLICT (partition, kind) DO UPDATE SET since_ms = "
        "excluded.since_ms,"
        " ended_ms = excluded.ended_ms, late_ms = excluded.late_ms";
    const struct fold_alarm *rows = f->alarms.rows;
    for (int i = 0; i < f->alarms.n; i++) {
        struct pg_args args = PG_ARGS(tx->arena);
        pg_arg_int(&args, rows[i].partition);
        pg_arg_text(&args, rows[i].kind);
        pg_arg_int(&args, rows[i].since_ms);
        pg_arg_int(&args, rows[i].ended_ms);
        pg_arg_int(&args, rows[i].late_ms);
        pg_tx_add(tx, sql, &args);
    }
}

/* ---- counters ---- */

static void write_counts(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] = "INSERT INTO console.total AS v (type, n) SELECT * FROM unnest($1::text[], $2::int8[]) ON"
                              " CONFLICT (type) DO UPDATE SET n = v.n + excluded.n";
    static const char sql_minute[] =
        "INSERT INTO console.tally AS v (minute_ms, type, n) SELECT $3::int8, a, b FROM"
        " unnest($1::text[], $2::int8[]) AS x (a, b) ON CONFLICT (minute_ms, type) DO UPDATE SET n = v.n"
        " + excluded.n";
    const char **types = ARENA_ARRAY(tx->arena, const char *, EV_COUNT + 1);
    int64_t *counts = ARENA_ARRAY(tx->arena, int64_t, EV_COUNT + 1);
    struct pg_args args = PG_ARGS(tx->arena);
    int n = 0;
    for (int t = 1; t < EV_COUNT; t++) {
        if (f->counts[t] == 0) continue;
        types[n] = event_name((enum event_type)t);
        counts[n++] = f->counts[t];
    }
    if (f->missed > 0) {
        types[n] = "limit.missed";
        counts[n++] = f->missed;
    }
    pg_arg_texts(&args, types, n);
    pg_arg_ints(&args, counts, n);
    pg_tx_add(tx, sql, &args);
    pg_arg_int(&args, clock_real_ms() / 60000 * 60000);
    pg_tx_add(tx, sql_minute, &args);
}

static void write_paid(struct pg_tx *tx, const struct fold *f)
{
    static const char sql[] =
        "INSERT INTO console.paid_total AS v (currency, n, amount_minor) SELECT * FROM unnest($1::text[],"
        " $2::int8[], $3::int8[]) ON CONFLICT (currency) DO UPDATE SET n = v.n + excluded.n,"
        " amount_minor = v.amount_minor + excluded.amount_minor";
    struct columns c = columns_of(tx, &f->paid, sizeof(struct fold_paid));
    columns_texts(&c, offsetof(struct fold_paid, currency));
    columns_ints(&c, offsetof(struct fold_paid, n));
    columns_ints(&c, offsetof(struct fold_paid, amount_minor));
    pg_tx_add(tx, sql, &c.args);
}

void store_rows(struct pg_tx *tx, const struct fold *f)
{
    if (f->limits.n > 0) write_limits(tx, f);
    if (f->slips.n > 0) write_slips(tx, f);
    if (f->payouts.n > 0) write_payouts(tx, f);
    if (f->notices.n > 0) write_notices(tx, f);
    if (f->paid.n > 0) write_paid(tx, f);
    if (f->alarms.n > 0) write_alarms(tx, f);
    if (f->entries.n > 0) write_counts(tx, f);
}
