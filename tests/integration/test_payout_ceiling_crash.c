/* Where a day has a ceiling (spending.c), three commits come before the bank is asked: the case asks the day's account,
 * the account counts it and answers, the case takes the answer and orders. Each process dies before and after each of
 * them, on a payout of its own: afterwards each is paid once and the account has counted each once, so that all of them
 * fill the ceiling to the fen (PA-1, PA-3). What follows the order is in test_payout_crash.c.
 *
 * The exchange is the test's, and stands in the service's own tables, written in the transaction of the batch as the
 * runtime does: what is sent there, how far each home has read, and the states, which are read back after a death. */
#include "crash_kit.h"
#include "day_ceiling.h"
#include "runtime/record.h"

enum asking {
    BEFORE_ASKED,   /* decided, the transaction not begun */
    AFTER_ASKED,    /* committed, not read at the account's home */
    BEFORE_COUNTED, /* read there and decided, the transaction not begun */
    AFTER_COUNTED,  /* committed, the answer not read by the case */
    BEFORE_ORDERED, /* read and decided, the transaction not begun */
    AFTER_ORDERED,  /* committed, the bank not asked */
    ASKINGS
};

enum { PAYOUTS = ASKINGS * VICTIMS };

static const char ACCOUNT[] = "spending:CNY";
static const struct pol_amount CEILING = {"CNY", (int64_t)PAYOUTS *AMOUNT};

/* ---- the exchange ---- */

struct message {
    int64_t from, to, seq, case_id;
    enum event_type type;
    const void *data;
};

static const struct message *reading; /* what the batch being composed has read; NULL: nothing of the exchange */

static void keep_state(struct pg_tx *tx, const struct change *c)
{
    struct pg_args args = PG_ARGS(tx->arena);
    struct buf json = BUF_INIT;
    cr_assert(codec_encode(spec.core->state, c->after, &json));
    pg_arg_int(&args, c->in->case_id);
    pg_arg_int(&args, *(const int *)c->after);
    pg_arg_text(&args, arena_strdup(tx->arena, json.bytes));
    pg_tx_add(tx,
              "INSERT INTO case_state AS s (case_id, rev, status, body) VALUES ($1, 1, $2, $3::json) ON CONFLICT "
              "(case_id) DO UPDATE SET rev = s.rev + 1, status = excluded.status, body = excluded.body",
              &args);
    buf_deinit(&json);
}

/* Numbered in its stream from partition to partition; a number whose transaction is lost is given again. */
static void send_home(struct pg_tx *tx, const struct change *c, const struct made *m)
{
    struct pg_args args = PG_ARGS(tx->arena);
    struct buf json = BUF_INIT, bytes = BUF_INIT;
    int64_t home = event_home(m->type, m->data, HOOKS_PARTS);
    cr_assert(codec_encode(event_desc(m->type), m->data, &json));
    struct record r = {
        .key = arena_printf(tx->arena, "%lld", (long long)home), .value = json.bytes, .value_len = json.len};
    r.key_len = strlen(r.key);
    record_set_header(&r, "case_id", r.key);
    record_set_header(&r, "ce_type", event_ce_type(m->type));
    record_encode(&r, &bytes);
    pg_arg_int(&args, c->part);
    pg_arg_int(&args, case_id_partition(home));
    pg_arg_bytes(&args, arena_strndup(tx->arena, bytes.bytes, bytes.len), bytes.len);
    pg_tx_add(tx,
              "INSERT INTO outbox (partition, topic, dst, first_seq, last_seq, made_ms, bytes) SELECT $1, 'exchange', "
              "$2, n, n, 0, $3 FROM (SELECT coalesce(max(last_seq), 0) + 1 AS n FROM outbox WHERE partition = $1 AND "
              "topic = 'exchange' AND dst = $2) AS next",
              &args);
    buf_deinit(&json);
    buf_deinit(&bytes);
}

static void keep_position(struct pg_tx *tx, const struct message *m)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_int(&args, m->to);
    pg_arg_int(&args, m->from);
    pg_arg_int(&args, m->seq);
    pg_tx_add(tx,
              "INSERT INTO edge_base (partition, topic, service, source, last_seq) VALUES ($1, 'exchange', 'payment', "
              "$2, $3) ON CONFLICT (partition, topic, service, source) DO UPDATE SET last_seq = excluded.last_seq",
              &args);
}

static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    for (int i = 0; i < n; i++) {
        keep_state(tx, &changes[i]);
        for (int j = 0; j < changes[i].n_made; j++) {
            if (event_has_home(changes[i].made[j].type)) send_home(tx, &changes[i], &changes[i].made[j]);
        }
    }
    if (reading != NULL) keep_position(tx, reading);
    return payment_store.save(h, tx, changes, n, e);
}

/* The first message of all there ever were that its home has not taken; NULL: none. */
static const struct message *next_message(void)
{
    struct err e = ERR_INIT;
    struct pg_rows *rows = NULL;
    struct record r;
    size_t n, at = 0;
    cr_assert(pg_query(k->host.pg,
                       "SELECT o.partition, o.dst, o.first_seq, o.bytes FROM outbox o LEFT JOIN edge_base e ON "
                       "e.partition = o.dst AND e.source = o.partition AND e.topic = o.topic WHERE o.topic = "
                       "'exchange' AND o.first_seq > coalesce(e.last_seq, 0) ORDER BY 1, 2, 3 LIMIT 1",
                       NULL, &rows, &e),
              "%s", e.message);
    if (pg_rows_count(rows) == 0) {
        pg_rows_free(rows);
        return NULL;
    }
    struct message *m = ARENA_NEW(&k->arena, struct message);
    *m = (struct message){.from = pg_int(rows, 0, 0), .to = pg_int(rows, 0, 1), .seq = pg_int(rows, 0, 2)};
    const char *bytes = pg_bytea(rows, 0, 3, &n);
    cr_assert(record_decode(bytes, n, &at, &r) && record_header_int(&r, "case_id", &m->case_id));
    cr_assert(event_parse_type(record_header(&r, "ce_type"), &m->type));
    void *data = arena_alloc(&k->arena, event_desc(m->type)->size);
    cr_assert(codec_decode(event_desc(m->type), r.value, r.value_len, &k->arena, data, &e), "%s", e.message);
    m->data = data;
    pg_rows_free(rows);
    return m;
}

/* Decides the next message, which is one of that type, and leaves the batch uncommitted. */
static void read_message(enum event_type type)
{
    reading = next_message();
    cr_assert_not_null(reading, "nobody has sent %s", event_name(type));
    cr_assert_eq(reading->type, type, "%s", event_name(reading->type));
    hooks_decide(k,
                 &(struct input){.type = type,
                                 .data = reading->data,
                                 .id = "e",
                                 .source = "/t",
                                 .case_id = reading->case_id,
                                 .now_ms = k->now_ms,
                                 .at_ms = k->now_ms},
                 NULL);
}

/* ---- a death ---- */

static void read_state(int64_t case_id)
{
    struct err e = ERR_INIT;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&k->arena);
    const void **state = hooks_state(k, case_id);
    *state = NULL;
    pg_arg_int(&args, case_id);
    cr_assert(pg_query(k->host.pg, "SELECT body::text FROM case_state WHERE case_id = $1", &args, &rows, &e), "%s",
              e.message);
    if (pg_rows_count(rows) > 0) {
        void *st = arena_alloc(&k->arena, spec.core->state->size);
        const char *body = pg_text(rows, 0, 0);
        cr_assert(codec_decode(spec.core->state, body, strlen(body), &k->arena, st, &e), "%s", e.message);
        *state = st;
    }
    pg_rows_free(rows);
}

static int64_t account_id(void) { return id_account(ACCOUNT, HOOKS_PARTS); }

/* The batch is lost; who comes after knows what was committed. */
static void dies(enum victim who, int64_t case_id)
{
    die(who);
    k->n = 0;
    reading = NULL;
    recover(who);
    read_state(case_id);
    read_state(account_id());
}

/* ---- a payout ---- */

static int64_t case_of(int n) { return case_id_make(n % HOOKS_PARTS, n); }

static int64_t payouts_of(int64_t case_id)
{
    return hooks_ask(k,
                     arena_printf(&k->arena, "SELECT count(*) FROM payout WHERE case_id = %lld", (long long)case_id));
}

static int64_t counted(void)
{
    read_state(account_id());
    const struct payment_state *st = *hooks_state(k, account_id());
    return st == NULL ? 0 : st->spending->spent_minor;
}

static void ask(int n) { feed_slip(n, "after_sales", PLAN); }

static void count_asked(int n)
{
    (void)n;
    read_message(EV_PAYMENT_SPENDING_ASKED);
}

static void take_answer(int n)
{
    cr_assert_eq(payouts_of(case_of(n)), 0, "payout %d: ordered before it was answered", n);
    cr_assert_eq(counted(), (int64_t)n * AMOUNT, "payout %d: not counted once", n);
    read_message(EV_PAYMENT_SPENDING_ANSWERED);
}

/* Composes and commits the three batches, with the death before or after one; a batch that is lost is composed
 * again. */
static void order_with_death(int n, enum asking when, enum victim who)
{
    static void (*const compose[])(int n) = {ask, count_asked, take_answer};
    for (int i = 0; i < ASKINGS / 2; i++) {
        compose[i](n);
        if (when == (enum asking)(2 * i)) {
            dies(who, case_of(n));
            compose[i](n);
        }
        if (when == AFTER_ORDERED && i == ASKINGS / 2 - 1)
            commit_untold();
        else
            hooks_must_commit(k);
        reading = NULL;
        if (when != (enum asking)(2 * i + 1)) continue;
        dies(who, case_of(n));
        ask(n); /* a slip that comes once more is not asked for once more */
        hooks_must_commit(k);
    }
}

/* The ceiling is reached to the fen: one more is held, and nothing leaves. */
static void expect_ceiling_reached(void)
{
    int n = PAYOUTS + 1;
    ask(n);
    hooks_must_commit(k);
    read_message(EV_PAYMENT_SPENDING_ASKED);
    hooks_must_commit(k);
    read_message(EV_PAYMENT_SPENDING_ANSWERED);
    hooks_must_commit(k);
    reading = NULL;
    const struct payment_state *st = *hooks_state(k, case_of(n));
    cr_assert_eq(st->status, PAYMENT_STATUS_DAY_HELD);
    cr_assert_eq(payouts_of(case_of(n)), 0);
    cr_assert_eq(counted(), CEILING.minor);
}

static const struct policy *shipped;

static void begin(void)
{
    static struct day_ceiling with;
    static const struct store kept = {.save = save};
    static struct service_spec with_exchange;
    liable = "company"; /* head office pays */
    set_up();
    with_exchange = spec;
    with_exchange.store = &kept;
    k->spec = &with_exchange;
    shipped = k->host.policy;
    k->host.policy = day_ceiling(&with, shipped, &CEILING, 1);
}

static void end(void)
{
    k->host.policy = shipped;
    tear_down();
}

TestSuite(payout_ceiling_crash, .init = begin, .fini = end, .timeout = 300);

Test(payout_ceiling_crash, PA_1_PA_3_each_process_dies_at_each_moment_of_asking_for_the_day)
{
    int n = 0;
    hooks_adapter(k);
    hooks_assign(k, ++epoch);
    for (int when = 0; when < ASKINGS; when++) {
        for (int who = 0; who < VICTIMS; who++) {
            order_with_death(++n, (enum asking)when, (enum victim)who);
            expect_paid_once(n);
            cr_assert_eq(counted(), (int64_t)n * AMOUNT, "payout %d: not counted once", n);
            cr_assert_null(next_message(), "payout %d: asked or answered twice", n);
        }
    }
    expect_ceiling_reached();
    expect_books(n);
    fprintf(stderr, "%d payouts under a day's ceiling, each with a death of its own: 0 double, 0 lost\n", n);
}
