/* Deaths in the middle of a payout: of the payment service (whose loop the test is), of the bank, of the database; and
 * what must be true afterwards (PA-3, PA-4). */
#ifndef TESTS_INTEGRATION_CRASH_KIT_H
#define TESTS_INTEGRATION_CRASH_KIT_H

#include "cli/audit_payouts.h"
#include "money_kit.h"

enum victim { PAYMENT_DIES, BANK_DIES, DATABASE_DIES, VICTIMS };

/* The moments of a payout's life at which it dies: one before and one after each commit, of ours and of the bank's.
 * What lies between the steps of a file's way is in test_bank_files.c. */
enum moment {
    BEFORE_INTENT,  /* decided, the transaction not begun */
    AFTER_INTENT,   /* committed, the bank not asked */
    ON_ITS_WAY,     /* the order has left, the bank has not booked it */
    HELD_BACK,      /* the bank has booked it and says nothing yet; an order by file still lies there */
    BOOKED,         /* the bank has booked it, what it answered is lost */
    ANSWERED,       /* the answer is here, nothing decided */
    BEFORE_SETTLED, /* decided, the transaction not begun */
    AFTER_SETTLED,  /* committed, the adapter not told */
    MOMENTS
};

/* What differs between the ways to the bank. */
struct crash_way {
    const char *stops_booking; /* the bank's fault by which it books nothing */
    int leaving_us;            /* what an order needs to get there */
    bool a_statement_makes_up; /* for a report that is lost */
};

enum { AMOUNT = 1000 };

static int64_t epoch;
static const char PLAN[] = "{'measures':[],'amount_minor':1000,'currency':'CNY','payee':'acc-1'}";

static inline bool reconnected(void)
{
    struct err e = ERR_INIT;
    struct pg_rows *rows = NULL;
    for (int i = 0; i < 300; i++) {
        err_clear(&e);
        if (pg_query(k->host.pg, "SELECT 1", NULL, &rows, &e)) {
            pg_rows_free(rows);
            return true;
        }
        err_clear(&e);
        pg_connect(k->host.pg, &e);
        usleep(50000);
    }
    return false;
}

static inline void die(enum victim who)
{
    switch (who) {
    case PAYMENT_DIES:
        spec.adapter->close(&k->host); /* all it had in memory is gone; its requests may still reach the bank */
        metrics_free(k->host.metrics);
        k->host.metrics = metrics_new(spec.name);
        break;
    case BANK_DIES:
        bank_kill();
        bank_start();
        break;
    case DATABASE_DIES: /* one backend killed: PostgreSQL ends them all and recovers from its log */
        cr_assert_eq(kill((pid_t)hooks_ask(k, "SELECT pg_backend_pid()"), SIGKILL), 0);
        break;
    case VICTIMS: break;
    }
}

/* What follows any death: the partitions are assigned again, everything read from the database. */
static inline void recover(enum victim who)
{
    cr_assert(reconnected(), "the database does not come back");
    if (who == PAYMENT_DIES) hooks_adapter(k);
    hooks_assign(k, ++epoch);
}

/* The batch is lost; the state is again what was committed. */
static inline void lose_batch(int64_t case_id, const void *committed)
{
    k->n = 0;
    *hooks_state(k, case_id) = committed;
}

/* Commits, and nobody tells the adapter. */
static inline void commit_untold(void)
{
    void *adapter = k->host.adapter;
    k->host.adapter = NULL;
    hooks_must_commit(k);
    k->host.adapter = adapter;
}

static inline void until_answered(int part)
{
    for (int i = 0; i < 2000 && spec.adapter->next(&k->host, part) == ADAPTER_NEVER; i++) usleep(5000);
    cr_assert_neq(spec.adapter->next(&k->host, part), ADAPTER_NEVER, "no answer of the bank");
}

/* Decides the answer that waits, and leaves the batch uncommitted. */
static inline void decide_answer(int part)
{
    struct local_input *in = ARENA_NEW(&k->arena, struct local_input);
    cr_assert_eq(spec.adapter->poll(&k->host, part, k->now_ms, in, 1), 1);
    hooks_decide(k,
                 &(struct input){.type = in->type,
                                 .data = in->data,
                                 .id = in->id,
                                 .source = "local",
                                 .case_id = in->case_id,
                                 .now_ms = k->now_ms,
                                 .at_ms = in->at_ms},
                 in);
}

static inline void crash(enum victim who, int64_t case_id, const void *committed)
{
    die(who);
    lose_batch(case_id, committed);
    recover(who);
}

/* Holds the bank up where it is to be at that moment; NULL: it is not. */
static inline const char *hold_up(enum moment when, const struct crash_way *way)
{
    switch (when) {
    case ON_ITS_WAY: return way->stops_booking;
    case HELD_BACK: return "{\"slow_percent\":100,\"slow_ms\":60000}";
    case BOOKED: return "{\"drop_percent\":100}";
    case BEFORE_INTENT:
    case AFTER_INTENT:
    case ANSWERED:
    case BEFORE_SETTLED:
    case AFTER_SETTLED:
    case MOMENTS: break;
    }
    return NULL;
}

/* Until the bank's book has a line for each payout so far. */
static inline void until_booked(int n)
{
    char cmd[300];
    snprintf(
        cmd, sizeof cmd,
        "curl -sf --noproxy '*' -H 'Authorization: Bearer secret-of-the-test' '%s/book?after=%d' | grep -q '\"key\"'",
        url, n - 1);
    for (int i = 0; i < 200 && system(cmd) != 0; i++) usleep(20000);
    cr_assert_eq(system(cmd), 0, "payout %d: the bank has not booked it", n);
}

/* From the slip until the order has left; the state then committed. */
static inline const void *order(int n, enum moment when, enum victim who, const struct crash_way *way)
{
    int64_t case_id = case_id_make(n % HOOKS_PARTS, n);
    const char *held_up = hold_up(when, way);
    feed_slip(n, "after_sales", PLAN);
    if (when == BEFORE_INTENT) {
        crash(who, case_id, NULL);
        feed_slip(n, "after_sales", PLAN); /* its position was not committed: read again */
    }
    if (held_up != NULL) faults(held_up);
    if (when == AFTER_INTENT)
        commit_untold();
    else
        hooks_must_commit(k);
    const void *intended = *hooks_state(k, case_id);
    if (when == ON_ITS_WAY) usleep((useconds_t)way->leaving_us);
    if (when == HELD_BACK || when == BOOKED) until_booked(n);
    if (held_up != NULL || when == AFTER_INTENT) crash(who, case_id, intended);
    if (held_up != NULL) faults("{}");
    if (when == BOOKED && way->a_statement_makes_up) keeper("-X POST", "/statement");
    return intended;
}

/* A payout from slip to settlement, and the death in it. */
static inline void play(int n, enum moment when, enum victim who, const struct crash_way *way)
{
    int64_t case_id = case_id_make(n % HOOKS_PARTS, n);
    int part = case_id_partition(case_id);
    const void *intended = order(n, when, who, way);
    until_answered(part);
    if (when == ANSWERED) crash(who, case_id, intended);
    if (when == BEFORE_SETTLED || when == AFTER_SETTLED) decide_answer(part);
    if (when == BEFORE_SETTLED) crash(who, case_id, intended);
    if (when == AFTER_SETTLED) {
        commit_untold();
        crash(who, case_id, *hooks_state(k, case_id));
    }
}

static inline void expect_paid_once(int n)
{
    int64_t case_id = case_id_make(n % HOOKS_PARTS, n);
    const struct payment_state *st = *hooks_state(k, case_id);
    for (int i = 0; i < 600 && st->status != PAYMENT_STATUS_SETTLED; i++, st = *hooks_state(k, case_id)) {
        hooks_locals(k, 1);
        usleep(5000);
    }
    cr_assert_eq(st->status, PAYMENT_STATUS_SETTLED, "payout %d", n);
    cr_assert_eq(
        hooks_ask(k, arena_printf(&k->arena, "SELECT count(*) FROM payout WHERE case_id = %lld", (long long)case_id)),
        1, "payout %d", n);
    cr_assert_eq(hooks_ask(k, arena_printf(&k->arena, "SELECT count(*) FROM ledger_txn WHERE case_id = %lld",
                                           (long long)case_id)),
                 2, "payout %d: instructed and settled", n);
}

/* ---- the two books, as the audit compares them ---- */

static inline void tell(void *user, const char *text)
{
    *(int *)user += 1;
    fprintf(stderr, "%s\n", text);
}

static inline void add_ours(struct audit_payouts *a)
{
    struct err e = ERR_INIT;
    struct pg_rows *rows = NULL;
    cr_assert(pg_query(k->host.pg, "SELECT key, amount_minor, currency, payee, payer_account, state, bank FROM payout",
                       NULL, &rows, &e),
              "%s", e.message);
    for (int i = 0; i < pg_rows_count(rows); i++)
        audit_payouts_ours(a, &(struct audit_payout){.key = pg_text(rows, i, 0),
                                                     .amount_minor = pg_int(rows, i, 1),
                                                     .currency = pg_text(rows, i, 2),
                                                     .payee = pg_text(rows, i, 3),
                                                     .payer = pg_text(rows, i, 4),
                                                     .state = pg_text(rows, i, 5),
                                                     .way = pg_text(rows, i, 6)});
    pg_rows_free(rows);
}

static inline void add_theirs(struct audit_payouts *a, const struct book *b)
{
    for (int64_t seq = 1; seq <= book_last(b); seq++) {
        const struct payment_record *p = book_at(b, seq);
        audit_payouts_booked(a, &(struct audit_booked){.key = p->key,
                                                       .status = p->refused ? "refused" : "settled",
                                                       .currency = p->currency,
                                                       .payee = p->payee,
                                                       .payer = p->payer,
                                                       .way = p->file != NULL ? "files" : "api",
                                                       .amount_minor = p->amount_minor});
    }
}

static inline void expect_books(int payouts)
{
    int offences = 0;
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'settled'"), payouts);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM ledger_offences()"), 0);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account LIKE 'clearing:%'"), 0);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account LIKE 'bank:%'"),
                 -(int64_t)payouts * AMOUNT);
    struct audit_payouts *a = audit_payouts_new(&k->arena, (struct audit_offences){.tell = tell, .user = &offences});
    struct book *b = bank_book();
    add_ours(a);
    add_theirs(a, b);
    audit_payouts_end(a);
    cr_assert_eq(book_last(b), payouts);
    book_close(b);
    audit_payouts_free(a);
    cr_assert_eq(offences, 0, "the two books differ");
}

/* Each process dies at each moment, on a payout of its own, not drawn. */
static inline void play_all(const struct crash_way *way)
{
    int n = 0;
    hooks_adapter(k);
    hooks_assign(k, ++epoch);
    for (int when = 0; when < MOMENTS; when++) {
        for (int who = 0; who < VICTIMS; who++) {
            play(++n, (enum moment)when, (enum victim)who, way);
            expect_paid_once(n);
        }
    }
    expect_books(n);
    fprintf(stderr, "%d payouts, each with a death of its own: 0 double, 0 lost\n", n);
}

#endif
