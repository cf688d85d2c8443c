/* The bank behind the loop (payment_shell.h): after the commit of an instruction its order goes to the thread of a
 * client, one for each way to the bank (bank_route.h); what the threads bring back waits here, per partition, until the
 * batch that decides it has committed. At an assignment everything of the partition is forgotten and the open payouts
 * are read from the table: the same keys are asked again, which the bank knows. The bank's statement has a desk of its
 * own (statement.h). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "payment/bank_client.h"
#include "payment/bank_folder.h"
#include "payment/bank_route.h"
#include "payment/bank_way.h"
#include "payment/payment_shell.h"
#include "payment/statement.h"
#include "policy/policy.h"
#include "runtime/metrics.h"

const struct config_key payment_keys[PAYMENT_KEYS] = {
    {"bank.inflight", CONFIG_INT, "32", 1, 256, false, "payouts asked of the bank at once"},
    {"bank.timeout.ms", CONFIG_INT, "5000", 50, 60000, false, "ms a bank's answer may take before it is asked again"},
    {"bank.retry.ms", CONFIG_INT, "100", 1, 10000, false, "ms before the first repetition; doubled up to 100 times it"},
    {"bank.statement.hour", CONFIG_INT, "6", 0, 23, false,
     "hour of the day from which the bank's statement is compared"},
    {"bank.files.for", CONFIG_TEXT, "", 0, 0, false,
     "transfers that go by files: blank-separated CURRENCY, CURRENCY@ACCOUNT or *@ACCOUNT"},
    {"bank.files.name", CONFIG_TEXT, "", 0, 0, false, "who pays, as the bank by files knows us"},
    {"bank.files.bic", CONFIG_TEXT, "", 0, 0, false, "BIC of the bank by files"},
    {"bank.files.patience.days", CONFIG_INT, "10", 1, 35, false,
     "days after which a payout without a line counts as missing, though no statement has covered its day"},
};

struct waiting { /* answered orders of a partition, oldest first */
    struct bank_order *first, **end;
};

struct bank {
    struct bank_client *client[BANKS]; /* of BANK_FILES NULL: there is no such bank */
    struct bank_folder folder;
    struct statement_desk *desk;
    struct waiting *parts;
    int n_parts;
    bool told_down[BANKS];
    int open, answered, retried, down; /* metrics */
};

static void on_wake(void *user) { host_wake(user); }

/* A driven clock is a drill: no real bank may take part in it. */
static bool check_drill(const struct host *h, const char *url, const char *folder, struct err *e)
{
    static const char *const local[] = {"http://127.0.0.1:", "http://localhost:", "http://[::1]:"};
    const char *own = config_text(h->config, "state.dir");
    bool inside = folder[0] == '\0' || (strncmp(folder, own, strlen(own)) == 0 && strstr(folder, "..") == NULL);
    if (!h->clock->driven) return true;
    for (size_t i = 0; inside && i < sizeof(local) / sizeof(local[0]); i++) {
        if (strncmp(url, local[i], strlen(local[i])) == 0) return true;
    }
    return err_set(e, ERR_CONFIG, "payment",
                   "the clock is driven (a drill): bank.url must be the sandbox bank of this machine, bank.files.dir a "
                   "folder in the state folder");
}

static bool check_route(const struct host *h, struct err *e)
{
    const char *files_for = config_text(h->config, "bank.files.for"), *wrong = bank_route_check(files_for);
    if (wrong != NULL)
        return err_set(e, ERR_CONFIG, "payment", "bank.files.for: '%s' does not begin with a currency or *@", wrong);
    if (files_for[0] == '\0' || config_text(h->config, "bank.files.dir")[0] != '\0') return true;
    return err_set(e, ERR_CONFIG, "payment", "bank.files.for names payouts that go by files: bank.files.dir is needed");
}

static void add_metrics(struct host *h, struct bank *b)
{
    b->open = metrics_own(h->metrics, "payment_open", "Payouts not yet answered by the bank", "gauge");
    b->answered = metrics_own(h->metrics, "payment_answered_total", "Final answers of the bank", "counter");
    b->retried = metrics_own(h->metrics, "payment_retried_total", "Bank calls to be repeated", "counter");
    b->down = metrics_own(h->metrics, "payment_bank_down", "1 while a bank does not answer", "gauge");
}

static bool open_clients(struct host *h, struct bank *b, struct err *e)
{
    struct bank_client_settings s = {.url = config_text(h->config, "bank.url"),
                                     .token = config_text(h->config, "bank.token"),
                                     .folder = &b->folder,
                                     .in_flight = (int)config_int(h->config, "bank.inflight"),
                                     .timeout_ms = (int)config_int(h->config, "bank.timeout.ms"),
                                     .retry_ms = (int)config_int(h->config, "bank.retry.ms"),
                                     .wake = on_wake,
                                     .user = h};
    b->folder = (struct bank_folder){.path = config_text(h->config, "bank.files.dir"),
                                     .name = config_text(h->config, "bank.files.name"),
                                     .bic = config_text(h->config, "bank.files.bic")};
    if (!check_drill(h, s.url, b->folder.path, e) || !check_route(h, e)) return false;
    for (int i = 0; i < BANKS; i++) {
        if (i == BANK_FILES && b->folder.path[0] == '\0') continue;
        s.way = i == BANK_FILES ? &bank_by_files : &bank_by_api;
        b->client[i] = bank_client_new(&s, e);
        if (b->client[i] == NULL) return false;
    }
    return true;
}

static bool open_bank(struct host *h, struct err *e)
{
    struct bank *b = calloc(1, sizeof(*b));
    if (b == NULL) abort();
    b->n_parts = h->partitions;
    b->parts = calloc((size_t)b->n_parts, sizeof(*b->parts));
    if (b->parts == NULL) abort();
    for (int i = 0; i < b->n_parts; i++) b->parts[i].end = &b->parts[i].first;
    h->adapter = b;
    add_metrics(h, b);
    if (!open_clients(h, b, e)) return false;
    b->desk = statement_desk_new(h, e);
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
    for (int i = 0; i < BANKS; i++) bank_client_free(b->client[i]);
    statement_desk_free(b->desk);
    for (int i = 0; i < b->n_parts; i++) forget(b, i);
    free(b->parts);
    free(b);
    h->adapter = NULL;
}

/* ---- partitions ---- */

/* The date there when the order was made. */
static const char *day_of(const struct host *h, int64_t ms, char text[TIMEFMT_SIZE])
{
    return timefmt_date_text(h->policy != NULL ? calendar_date_of(h->policy->calendar, ms) : ms / 86400000, text);
}

static void ask(const struct host *h, enum bank_kind kind, struct bank_order *o)
{
    const struct bank *b = h->adapter;
    char day[TIMEFMT_SIZE];
    o->day = day_of(h, o->ordered_ms, day);
    if (b->client[kind] != NULL)
        bank_client_ask(b->client[kind], o);
    else
        log_warn("ALARM payout %s went to a bank by files, and bank.files.dir names none: it waits", o->key);
}

static void drop_orders(const struct bank *b, int part)
{
    for (int i = 0; i < BANKS; i++) {
        if (b->client[i] != NULL) bank_client_drop(b->client[i], part);
    }
}

static bool assigned(struct host *h, int part, int64_t epoch, struct err *e)
{
    (void)epoch;
    struct bank *b = h->adapter;
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(h->arena);
    pg_arg_int(&args, part);
    drop_orders(b, part);
    forget(b, part);
    if (!pg_query(h->pg,
                  "SELECT case_id, payout_no, amount_minor, key, payee, currency, pay_method, payer_account, "
                  "instructed_ms, payee_name, bank FROM payout WHERE partition = $1 AND state = 'instructed' "
                  "ORDER BY instructed_ms",
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
                               .method = pg_text(rows, i, 6),
                               .payer = pg_text(rows, i, 7),
                               .ordered_ms = pg_int(rows, i, 8),
                               .payee_name = pg_is_null(rows, i, 9) ? NULL : pg_text(rows, i, 9)};
        ask(h, strcmp(pg_text(rows, i, 10), "files") == 0 ? BANK_FILES : BANK_API, &o);
    }
    if (pg_rows_count(rows) > 0) log_info("partition %d: %d open payouts asked again", part, pg_rows_count(rows));
    pg_rows_free(rows);
    return statement_desk_assigned(b->desk, h, part, e);
}

static void revoked(struct host *h, int part)
{
    struct bank *b = h->adapter;
    drop_orders(b, part);
    forget(b, part);
    statement_desk_revoked(b->desk, part);
}

/* ---- answers ---- */

static void take_answers_of(struct bank *b, struct bank_client *client)
{
    for (struct bank_order *o = bank_client_take(client), *next; o != NULL; o = next) {
        struct waiting *w = &b->parts[o->part];
        next = o->next;
        o->next = NULL;
        *w->end = o;
        w->end = &o->next;
    }
}

static void take_answers(struct bank *b)
{
    for (int i = 0; i < BANKS; i++) {
        if (b->client[i] != NULL) take_answers_of(b, b->client[i]);
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

static void ask_instructed(const struct host *h, const struct change *c, const struct ev_payment_instructed *e)
{
    struct bank_order o = {.part = c->part,
                           .case_id = c->in->case_id,
                           .payout_no = e->payout_no,
                           .amount_minor = e->amount_minor,
                           .key = e->key,
                           .payee = e->payee,
                           .currency = e->currency,
                           .method = pay_method_name(e->pay_method),
                           .payer = e->payer_account,
                           .ordered_ms = c->in->now_ms,
                           .payee_name = e->payee_name};
    ask(h, bank_route(config_text(h->config, "bank.files.for"), e->pay_method, e->currency, e->payer_account), &o);
}

static void committed(struct host *h, const struct change *changes, int n)
{
    struct bank *b = h->adapter;
    for (int i = 0; i < n; i++) {
        const struct change *c = &changes[i];
        for (int k = 0; c->verdict == VERDICT_DONE && k < c->n_made; k++) {
            if (c->made[k].type == EV_PAYMENT_INSTRUCTED) ask_instructed(h, c, c->made[k].data);
        }
        if (c->local != NULL && c->local->type == EV_PAYMENT_BANK_ANSWER) drop_answer(b, c->part, c->local->tag);
        statement_desk_committed(b->desk, c);
    }
}

/* Tells once when a bank is away and when it is back; whether it is away. */
static bool watch(struct bank *b, int kind, const struct bank_client_figures *f)
{
    bool down = f->down_since_ms != 0;
    const char *which = kind == BANK_FILES ? "the bank by files" : "the bank";
    if (down && !b->told_down[kind]) log_warn("ALARM %s does not answer, payouts wait: %s", which, f->why);
    if (!down && b->told_down[kind]) log_info("%s answers again", which);
    b->told_down[kind] = down;
    return down;
}

static void tick(struct host *h, int64_t now_ms)
{
    struct bank *b = h->adapter;
    struct bank_client_figures sum = {0}, f;
    bool down = false;
    for (int i = 0; i < BANKS; i++) {
        if (b->client[i] == NULL) continue;
        bank_client_figures(b->client[i], &f);
        sum.open += f.open;
        sum.answered += f.answered;
        sum.retried += f.retried;
        down |= watch(b, i, &f);
    }
    metrics_own_set(h->metrics, b->open, sum.open);
    metrics_own_set(h->metrics, b->answered, sum.answered);
    metrics_own_set(h->metrics, b->retried, sum.retried);
    metrics_own_set(h->metrics, b->down, down);
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
