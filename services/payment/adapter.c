/* The bank behind the loop (payment_shell.h): after the commit of an instruction its order goes to the client's
 * thread; what the thread brings back waits here, per partition, until the batch that decides it has committed.
 * At an assignment everything of the partition is forgotten and the open payouts are read from the table: the
 * same keys go out again, which the bank knows. The bank's statement has a desk of its own (statement.h). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "payment/bank_client.h"
#include "payment/payment_shell.h"
#include "payment/statement.h"
#include "runtime/metrics.h"

const struct config_key payment_keys[PAYMENT_KEYS] = {
    {"bank.inflight", CONFIG_INT, "32", 1, 256, false, "payouts asked of the bank at once"},
    {"bank.timeout.ms", CONFIG_INT, "5000", 50, 60000, false, "ms a bank's answer may take before it is asked again"},
    {"bank.retry.ms", CONFIG_INT, "100", 1, 10000, false, "ms before the first repetition; doubled up to 100 times it"},
    {"bank.statement.hour", CONFIG_INT, "6", 0, 23, false,
     "hour of the day from which the bank's statement is compared"},
};

struct waiting { /* answered orders of a partition, oldest first */
    struct bank_order *first, **end;
};

struct bank {
    struct bank_client *client;
    struct statement_desk *desk;
    struct waiting *parts;
    int n_parts;
    bool told_down;
    int open, answered, retried, down; /* metrics */
};

static void on_wake(void *user) { host_wake(user); }

/* A driven clock is a drill: no real bank may take part in it. */
static bool check_drill(const struct host *h, const char *url, struct err *e)
{
    static const char *const local[] = {"http://127.0.0.1:", "http://localhost:", "http://[::1]:"};
    if (!h->clock->driven) return true;
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        if (strncmp(url, local[i], strlen(local[i])) == 0) return true;
    }
    return err_set(e, ERR_CONFIG, "payment",
                   "the clock is driven (a drill): bank.url must be the sandbox bank of this "
                   "machine");
}

static bool open_bank(struct host *h, struct err *e)
{
    struct bank_client_settings s = {.url = config_text(h->config, "bank.url"),
                                     .token = config_text(h->config, "bank.token"),
                                     .in_flight = (int)config_int(h->config, "bank.inflight"),
                                     .timeout_ms = (int)config_int(h->config, "bank.timeout.ms"),
                                     .retry_ms = (int)config_int(h->config, "bank.retry.ms"),
                                     .wake = on_wake,
                                     .user = h};
    struct bank *b = calloc(1, sizeof(*b));
    if (b == NULL) abort();
    b->n_parts = h->partitions;
    b->parts = calloc((size_t)b->n_parts, sizeof(*b->parts));
    if (b->parts == NULL) abort();
    for (int i = 0; i < b->n_parts; i++) b->parts[i].end = &b->parts[i].first;
    h->adapter = b;
    b->open = metrics_own(h->metrics, "payment_open", "Payouts not yet answered by the bank", "gauge");
    b->answered = metrics_own(h->metrics, "payment_answered_total", "Final answers of the bank", "counter");
    b->retried = metrics_own(h->metrics, "payment_retried_total", "Bank calls to be repeated", "counter");
    b->down = metrics_own(h->metrics, "payment_bank_down", "1 while the bank does not answer", "gauge");
    if (!check_drill(h, s.url, e)) return false;
    b->client = bank_client_new(&s, e);
    b->desk = b->client != NULL ? statement_desk_new(h, e) : NULL;
    return b->desk != NULL;
}

static void forget(struct bank *b, int part)
{
    for (struct bank_order *o = b->parts[part].first, *next; o != NULL; o = next) {
        next = o->next;
        bank_order_free(o);
    }
    b->parts[part] = (struct waiting){.first = NULL, .end = &b->parts[part].first};
}

static void close_bank(struct host *h)
{
    struct bank *b = h->adapter;
    if (b == NULL) return;
    bank_client_free(b->client);
    statement_desk_free(b->desk);
    for (int i = 0; i < b->n_parts; i++) forget(b, i);
    free(b->parts);
    free(b);
    h->adapter = NULL;
}

/* ---- partitions ---- */

static bool assigned(struct host *h, int part, int64_t epoch, struct err *e)
{
    (void)epoch;
    struct bank *b = h->adapter;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(h->arena);
    pg_arg_int(&args, part);
    bank_client_drop(b->client, part);
    forget(b, part);
    if (!pg_query(h->pg,
                  "SELECT case_id, payout_no, amount_minor, key, payee, currency, pay_method FROM payout "
                  "WHERE partition = $1 AND state = 'instructed' ORDER BY instructed_ms",
                  &args, &rows, e)) {
        return false;
    }
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct bank_order o = {.part = part,
                               .case_id = pg_int(rows, i, 0),
                               .payout_no = pg_int(rows, i, 1),
                               .amount_minor = pg_int(rows, i, 2),
                               .key = pg_text(rows, i, 3),
                               .payee = pg_text(rows, i, 4),
                               .currency = pg_text(rows, i, 5),
                               .method = pg_text(rows, i, 6)};
        bank_client_ask(b->client, &o);
    }
    if (pg_rows_count(rows) > 0) log_info("partition %d: %d open payouts asked again", part, pg_rows_count(rows));
    pg_rows_free(rows);
    return statement_desk_assigned(b->desk, h, part, e);
}

static void revoked(struct host *h, int part)
{
    struct bank *b = h->adapter;
    bank_client_drop(b->client, part);
    forget(b, part);
    statement_desk_revoked(b->desk, part);
}

/* ---- answers ---- */

static void take_answers(struct bank *b)
{
    for (struct bank_order *o = bank_client_take(b->client), *next; o != NULL; o = next) {
        struct waiting *w = &b->parts[o->part];
        next = o->next;
        o->next = NULL;
        *w->end = o;
        w->end = &o->next;
    }
}

static int64_t next_input(struct host *h, int part)
{
    struct bank *b = h->adapter;
    struct local_input compared;
    take_answers(b);
    return b->parts[part].first != NULL || statement_desk_input(b->desk, part, 0, &compared) ? 0 : ADAPTER_NEVER;
}

static int poll_answers(struct host *h, int part, int64_t now_ms, struct local_input *out, int max)
{
    struct bank *b = h->adapter;
    int n = max > 0 && statement_desk_input(b->desk, part, now_ms, &out[0]) ? 1 : 0;
    for (struct bank_order *o = b->parts[part].first; o != NULL && n < max; o = o->next) {
        out[n++] = (struct local_input){.part = part,
                                        .case_id = o->case_id,
                                        .type = EV_PAYMENT_BANK_ANSWER,
                                        .data = &o->answer,
                                        .id = o->key,
                                        .at_ms = now_ms,
                                        .tag = o};
    }
    return n;
}

/* Whatever was decided of it, the answer is in the database now. */
static void drop_answer(struct bank *b, int part, struct bank_order *done)
{
    struct waiting *w = &b->parts[part];
    for (struct bank_order **at = &w->first; *at != NULL; at = &(*at)->next) {
        if (*at != done) continue;
        *at = done->next;
        if (done->next == NULL) w->end = at;
        bank_order_free(done);
        return;
    }
}

static void ask(struct bank *b, const struct change *c, const struct ev_payment_instructed *e)
{
    struct bank_order o = {.part = c->part,
                           .case_id = c->in->case_id,
                           .payout_no = e->payout_no,
                           .amount_minor = e->amount_minor,
                           .key = e->key,
                           .payee = e->payee,
                           .currency = e->currency,
                           .method = pay_method_name(e->pay_method)};
    bank_client_ask(b->client, &o);
}

static void committed(struct host *h, const struct change *changes, int n)
{
    struct bank *b = h->adapter;
    for (int i = 0; i < n; i++) {
        const struct change *c = &changes[i];
        for (int k = 0; c->verdict == VERDICT_DONE && k < c->n_made; k++) {
            if (c->made[k].type == EV_PAYMENT_INSTRUCTED) ask(b, c, c->made[k].data);
        }
        if (c->local != NULL && c->local->type == EV_PAYMENT_BANK_ANSWER) drop_answer(b, c->part, c->local->tag);
        statement_desk_committed(b->desk, c);
    }
}

static void tick(struct host *h, int64_t now_ms)
{
    struct bank *b = h->adapter;
    struct bank_client_figures f;
    bank_client_figures(b->client, &f);
    metrics_own_set(h->metrics, b->open, f.open);
    metrics_own_set(h->metrics, b->answered, f.answered);
    metrics_own_set(h->metrics, b->retried, f.retried);
    metrics_own_set(h->metrics, b->down, f.down_since_ms != 0);
    bool down = f.down_since_ms != 0;
    if (down && !b->told_down) log_warn("ALARM the bank does not answer, payouts wait: %s", f.why);
    if (!down && b->told_down) log_info("the bank answers again");
    b->told_down = down;
    statement_desk_tick(b->desk, h, now_ms);
}

const struct adapter payment_adapter = {.open = open_bank,
                                        .close = close_bank,
                                        .assigned = assigned,
                                        .revoked = revoked,
                                        .next = next_input,
                                        .poll = poll_answers,
                                        .tick = tick,
                                        .committed = committed};
