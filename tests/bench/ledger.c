/* What the running payment service books a second.
 *
 * Postings: receipts of outlets as finance records them, from the command in Kafka to the movement, the account's state
 * and the event that tells of it. Three rounds: all to one outlet, spread over many, and half of them to one among the
 * many. A hot account must not serialise the system: the first round shows what it costs itself, the third what it
 * costs the others.
 *
 * Payouts of head office, from the command that allows one (the travel allowance of a visit, each an account of its
 * own; of cases registered first) until the sandbox bank has settled it. Two rounds: in a currency without a day's
 * ceiling, and in one with, where each asks one account of the day before it leaves (decision 0020). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/timefmt.h"
#include "bench.h"
#include "cli/feed.h"
#include "event/codec.h"
#include "event/identity.h"
#include "runtime/settings.h"
#include "runtime/topics.h"

enum {
    PAYOUTS = 3,
    ROUNDS = 5,
    /* PAYOUTS: the first round of them */ OUTLETS_MAX = 1000,
    PAYOUT_SHARE = 4,
    CASES = 128
};

struct round {
    const char *name; /* in the JSON */
    const char *words;
    int outlets; /* 0: payouts */
    const char *currency;
    bool half_to_the_first;
    double rate, p50_ms, p99_ms; /* of the postings that are not to the hot one, where there is one */
};

struct visited { /* a case whose customer comes in person, every day */
    int64_t case_id;
    const char *case_no;
};

struct expected { /* a payout that is to be settled */
    int64_t case_id;
    int n;
    UT_hash_handle hh;
};

struct bench {
    struct bench_load load;
    struct config config;
    struct clock clock;
    struct feed *feed;
    struct kafka_producer *producer;
    struct arena arena, kept;
    struct visited cases[CASES];
    int n_cases;
    struct expected *expected;
    int64_t *sent_us; /* by number; 0 once it is answered */
    double *latency_ms;
    int sent, answered, first; /* counted over all rounds; number of the round's first */
    char run[24];              /* makes this run's messages its own */
};

static bool is_hot(const struct round *r, int n) { return r->half_to_the_first && n % 2 == 0; }

static const struct actor finance = {.id = "HO-F1", .role = ROLE_FINANCE, .org_id = "HO"};

/* The n-th command, to the home of an account. */
static void send_command(struct bench *b, int n, int64_t home, enum event_type type, const void *command)
{
    char id[64], case_id[24];
    struct buf json = BUF_INIT;
    snprintf(id, sizeof id, "%s-%d", b->run, n);
    snprintf(case_id, sizeof case_id, "%" PRId64, home);
    if (!codec_encode(event_desc(type), command, &json)) abort();
    b->sent_us[n] = clock_monotonic_us();
    bench_send(b->producer, &b->clock,
               &(struct bench_message){TOPIC_COMMAND, case_id_partition(home), type, id, case_id, json.bytes});
    buf_deinit(&json);
}

static void send_receipt(struct bench *b, const struct round *r, int n)
{
    char reference[64], account[32];
    snprintf(reference, sizeof reference, "%s-%d", b->run, n);
    snprintf(account, sizeof account, "outlet:B-%03d", is_hot(r, n) ? 0 : n % r->outlets);
    send_command(b, n, id_account(account, (int)config_int(&b->config, "partitions")), EV_COMMAND_RECORD_RECEIPT,
                 &(struct ev_command_record_receipt){.actor = &finance,
                                                     .account = account,
                                                     .purpose = RECEIPT_PURPOSE_DEPOSIT,
                                                     .amount_minor = 1 + n % 100000,
                                                     .currency = r->currency,
                                                     .reference = reference});
}

/* ---- cases whose customers come in person ---- */

static void send_complaint(struct bench *b, int n)
{
    char id[64];
    snprintf(id, sizeof id, "%s-case-%d", b->run, n);
    const struct customer customer = {.account = id};
    const struct ev_inbound_complaint c = {.external_ref = id,
                                           .kind = KIND_COMPLAINT,
                                           .category = CATEGORY_WORKMANSHIP,
                                           .customer = &customer,
                                           .region = "AIR-JFK",
                                           .description = "the tiles come loose"};
    const struct origin from = {"/channels/bench", id};
    struct buf json = BUF_INIT;
    if (!codec_encode(event_desc(EV_INBOUND_COMPLAINT), &c, &json)) abort();
    int part = id_home(identity_of(&c, &from, &b->arena), (int)config_int(&b->config, "partitions"));
    bench_send(b->producer, &b->clock,
               &(struct bench_message){TOPIC_INBOUND, part, EV_INBOUND_COMPLAINT, id, NULL, json.bytes});
    buf_deinit(&json);
}

/* Keeps the case if the record says that one of this run's is registered. */
static void keep_case(struct bench *b, const struct record *r)
{
    struct bench_head head;
    struct err e = ERR_INIT;
    struct ev_intake_registered made;
    if (!bench_read_head(r, &head) || head.type != EV_INTAKE_REGISTERED) return;
    if (!codec_decode(event_desc(head.type), r->value, r->value_len, &b->arena, &made, &e)) return;
    if (made.external_ref == NULL || strncmp(made.external_ref, b->run, strlen(b->run)) != 0) return;
    for (int i = 0; i < b->n_cases; i++)
        if (b->cases[i].case_id == head.case_id) return; /* a topic may hold a record twice */
    b->cases[b->n_cases++] = (struct visited){head.case_id, arena_strdup(&b->kept, made.brief->case_no)};
}

static bool register_cases(struct bench *b, struct err *e)
{
    int64_t give_up = clock_monotonic_us() + (int64_t)b->load.timeout_s * 1000000;
    for (int n = 0; n < CASES; n++) send_complaint(b, n);
    while (b->n_cases < CASES) {
        struct record record;
        int topic;
        kafka_producer_poll(b->producer);
        if (feed_next(b->feed, 2, &record, &topic, e)) keep_case(b, &record);
        if (err_is_set(e)) return false;
        if (clock_monotonic_us() > give_up)
            return err_set(e, ERR_INTERNAL, "bench", "only %d of %d cases were registered", b->n_cases, CASES);
    }
    return true;
}

/* Each number is a visit of its own: one of the cases, on a date that has been. */
static void send_allowance(struct bench *b, const struct round *r, int n)
{
    static const char *const departments[] = {"design"};
    const struct visited *c = &b->cases[n % CASES];
    char date[TIMEFMT_SIZE];
    timefmt_date_text(timefmt_days(2026, 2, 28) - n / CASES, date);
    struct expected *x = ARENA_NEW(&b->kept, struct expected);
    *x = (struct expected){.case_id = id_account(arena_printf(&b->arena, "visit:%s@%s", c->case_no, date),
                                                 (int)config_int(&b->config, "partitions")),
                           .n = n};
    HASH_ADD(hh, b->expected, case_id, sizeof x->case_id, x);
    send_command(b, n, c->case_id, EV_COMMAND_ALLOW_TRAVEL,
                 &(struct ev_command_allow_travel){.actor = &finance,
                                                   .visited_on = date,
                                                   .form_no = "F1",
                                                   .signer_id = "HO-S1",
                                                   .departments = departments,
                                                   .n_departments = 1,
                                                   .currency = r->currency,
                                                   .payee = "6222-0001"});
}

static void send_one(struct bench *b, const struct round *r)
{
    int n = b->sent++;
    if (r->outlets > 0)
        send_receipt(b, r, n);
    else
        send_allowance(b, r, n);
}

/* The number of the command that led to this event, or -1. */
static int number_of(struct bench *b, const struct record *r)
{
    struct bench_head head;
    struct err e = ERR_INIT;
    struct ev_payment_receipt_recorded made;
    struct expected *x = NULL;
    size_t len = strlen(b->run);
    if (!bench_read_head(r, &head)) return -1;
    if (head.type == EV_PAYMENT_SETTLED) HASH_FIND(hh, b->expected, &head.case_id, sizeof head.case_id, x);
    if (x != NULL) return x->n;
    if (head.type != EV_PAYMENT_RECEIPT_RECORDED) return -1;
    if (!codec_decode(event_desc(head.type), r->value, r->value_len, &b->arena, &made, &e)) return -1;
    return strncmp(made.reference, b->run, len) == 0 ? atoi(made.reference + len + 1) : -1;
}

/* A topic may hold a record twice: only the first counts. */
static void take(struct bench *b, const struct record *r)
{
    int n = number_of(b, r);
    if (n < 0 || b->sent_us[n] == 0) return;
    b->latency_ms[n] = (double)(clock_monotonic_us() - b->sent_us[n]) / 1000;
    b->sent_us[n] = 0;
    b->answered++;
}

static bool post(struct bench *b, const struct round *r, int postings, double *seconds, struct err *e)
{
    int64_t begin = clock_monotonic_us(), give_up = begin + (int64_t)b->load.timeout_s * 1000000;
    int goal = b->sent + postings;
    b->first = b->sent;
    while (b->answered < goal) {
        struct record record;
        int topic, taken = 0;
        while (b->sent < goal && b->sent - b->answered < b->load.window) send_one(b, r);
        while (taken < 1000 && feed_next(b->feed, taken == 0 ? 2 : 0, &record, &topic, e)) {
            take(b, &record);
            taken++;
        }
        if (err_is_set(e)) return false;
        kafka_producer_poll(b->producer);
        arena_reset(&b->arena);
        if (clock_monotonic_us() > give_up)
            return err_set(e, ERR_INTERNAL, "bench", "after %d s only %d of %d postings were made", b->load.timeout_s,
                           b->answered - b->first, postings);
    }
    *seconds = (double)(clock_monotonic_us() - begin) / 1e6;
    return true;
}

static bool measure(struct bench *b, struct round *r, struct err *e)
{
    double seconds;
    int n = 0, share = r->outlets > 0 ? 1 : PAYOUT_SHARE, all = (b->load.counted + share - 1) / share;
    if (!post(b, r, b->load.warm_up / share, &seconds, e) || !post(b, r, all, &seconds, e)) return false;
    r->rate = all / seconds;
    double *counted = b->latency_ms + b->first;
    for (int i = 0; i < all; i++)
        if (!is_hot(r, b->first + i)) counted[n++] = counted[i];
    r->p50_ms = bench_percentile(counted, n, 50);
    r->p99_ms = bench_percentile(counted, n, 99);
    return true;
}

static bool open_all(struct bench *b, struct err *e)
{
    static const int topics[] = {SERVICE_INTAKE, SERVICE_PAYMENT};
    int n;
    const struct config_key *keys = settings_shared(&n);
    size_t all = (size_t)ROUNDS * ((size_t)b->load.warm_up + (size_t)b->load.counted);
    if (!config_load(&b->config, keys, n, settings_default_file(), e) || !settings_clock(&b->config, &b->clock, e))
        return false;
    snprintf(b->run, sizeof b->run, "l%" PRId64, clock_real_ms());
    arena_init(&b->arena);
    arena_init(&b->kept);
    b->sent_us = calloc(all, sizeof *b->sent_us);
    b->latency_ms = calloc(all, sizeof *b->latency_ms);
    if (b->sent_us == NULL || b->latency_ms == NULL) abort();
    b->feed = feed_open(&b->config, topics, 2, false, e);
    b->producer = b->feed == NULL ? NULL : bench_producer(&b->config, e);
    return b->producer != NULL;
}

static void print_json(const struct bench *b, const struct round *rounds, double floor)
{
    const struct round *many = &rounds[1];
    printf("{\"benchmark\":\"ledger\",\"warm_up\":%d,\"postings\":%d,\"rate\":%.1f,\"floor\":%.1f,\"ratio\":%.4f,"
           "\"p50_ms\":%.1f,\"p99_ms\":%.1f",
           b->load.warm_up, b->load.counted, many->rate, floor, many->rate / floor, many->p50_ms, many->p99_ms);
    for (const struct round *r = rounds; r < rounds + ROUNDS; r++)
        printf(",\"%s\":{\"outlets\":%d,\"rate\":%.1f,\"ratio\":%.4f,\"p50_ms\":%.1f,\"p99_ms\":%.1f}", r->name,
               r->outlets, r->rate, r->rate / (r->outlets > 0 ? floor : rounds[PAYOUTS].rate), r->p50_ms, r->p99_ms);
    printf("}\n");
}

static void print_rounds(const struct round *rounds, int n, double beside)
{
    for (const struct round *r = rounds; r < rounds + n; r++)
        printf("%-34s %10.0f %8.3f %8.1f %8.1f\n", r->words, r->rate, r->rate / beside, r->p50_ms, r->p99_ms);
}

/* The round over many outlets is the benchmark's own figure. */
static void print(const struct bench *b, const struct round *rounds, double floor)
{
    if (b->load.json) {
        print_json(b, rounds, floor);
        return;
    }
    printf("postings of two legs, %d a round after %d to warm up, window %d\n", b->load.counted, b->load.warm_up,
           b->load.window);
    printf("floor   %8.0f postings/s (the same rows into PostgreSQL, one connection, no logic, no check)\n\n", floor);
    printf("%-34s %10s %8s %8s %8s\n", "", "postings/s", "ratio", "p50 ms", "p99 ms");
    print_rounds(rounds, PAYOUTS, floor);
    printf(
        "\npayouts of head office until the bank has settled them, a %dth as many; ratio to those without a ceiling\n",
        PAYOUT_SHARE);
    printf("%-34s %10s %8s %8s %8s\n", "", "payouts/s", "ratio", "p50 ms", "p99 ms");
    print_rounds(rounds + PAYOUTS, ROUNDS - PAYOUTS, rounds[PAYOUTS].rate);
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"warm-up", 'u', "N", 0, "postings before those of a round that count (default 5000)", 0},
        {"postings", 'n', "N", 0, "postings of a round (default 20000)", 0},
        {"window", 'w', "N", 0, "postings on their way at a time (default 2000)", 0},
        {"timeout", 't', "S", 0, "give up after so many seconds of a round (default 120)", 0},
        {"json", 'j', 0, 0, "one JSON object", 0},
        {0}};
    static const struct argp parser = {
        options, bench_parse, "", "Postings and payouts per second through a running stack.", 0, 0, 0};
    struct bench b = {.load = {.warm_up = 5000, .counted = 20000, .window = 2000, .timeout_s = 120}};
    struct round rounds[ROUNDS] = {
        {.name = "one_outlet", .words = "all to one outlet", .outlets = 1, .currency = "CNY"},
        {.name = "many_outlets", .words = "over 1,000 outlets", .outlets = OUTLETS_MAX, .currency = "CNY"},
        {.name = "beside_a_hot_one",
         .words = "half to one of them: the others'",
         .outlets = OUTLETS_MAX,
         .currency = "CNY",
         .half_to_the_first = true},
        {.name = "payouts_without_ceiling", .words = "without a day's ceiling", .currency = "CNY"},
        {.name = "payouts_with_ceiling", .words = "with one, asked of one account", .currency = "USD"},
    };
    struct err e = ERR_INIT;
    double floor;
    if (argp_parse(&parser, argc, argv, 0, NULL, &b.load) != 0) return 2;
    bool well = open_all(&b, &e) && register_cases(&b, &e);
    for (int i = 0; well && i < ROUNDS; i++) well = measure(&b, &rounds[i], &e);
    if (!well || !bench_posting_floor(&b.config, b.load.counted, &floor, &e)) {
        fprintf(stderr, "ledger: %s\n", e.message);
        return 1;
    }
    print(&b, rounds, floor);
    return 0;
}
