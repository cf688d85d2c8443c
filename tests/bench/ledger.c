/* Postings per second: receipts of outlets as finance records them, from the command in Kafka to the movement, the
 * account's state and the event that tells of it, through the running payment service.
 *
 * Three rounds: all to one outlet, spread over many, and half of them to one among the many. A hot account must
 * not serialise the system: the first round shows what it costs itself, the third what it costs the others. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
#include "bench.h"
#include "cli/feed.h"
#include "event/codec.h"
#include "runtime/settings.h"
#include "runtime/topics.h"

enum { ROUNDS = 3, OUTLETS_MAX = 1000 };

struct round {
    const char *name; /* in the JSON */
    const char *words;
    int outlets;
    bool half_to_the_first;
    double rate, p50_ms, p99_ms; /* of the postings that are not to the hot one, where there is one */
};

struct bench {
    struct bench_load load;
    struct config config;
    struct clock clock;
    struct feed *feed;
    struct kafka_producer *producer;
    struct arena arena;
    int64_t *sent_us; /* by number; 0 once it is answered */
    double *latency_ms;
    int sent, answered, first; /* counted over all rounds; number of the round's first */
    char run[24];              /* makes this run's messages its own */
};

static bool is_hot(const struct round *r, int n) { return r->half_to_the_first && n % 2 == 0; }

static void send_one(struct bench *b, const struct round *r)
{
    static const struct actor finance = {.id = "HO-F1", .role = ROLE_FINANCE, .org_id = "HO"};
    char id[64], account[32], case_id[24];
    int n = b->sent++;
    snprintf(id, sizeof id, "%s-%d", b->run, n);
    snprintf(account, sizeof account, "outlet:B-%03d", is_hot(r, n) ? 0 : n % r->outlets);
    int64_t home = id_account(account, (int)config_int(&b->config, "partitions"));
    snprintf(case_id, sizeof case_id, "%" PRId64, home);
    const struct ev_command_record_receipt c = {.actor = &finance,
                                                .account = account,
                                                .purpose = RECEIPT_PURPOSE_DEPOSIT,
                                                .amount_minor = 1 + n % 100000,
                                                .currency = "CNY",
                                                .reference = id};
    struct buf json = BUF_INIT;
    if (!codec_encode(event_desc(EV_COMMAND_RECORD_RECEIPT), &c, &json)) abort();
    b->sent_us[n] = clock_monotonic_us();
    bench_send(b->producer, &b->clock,
               &(struct bench_message){TOPIC_COMMAND, case_id_partition(home), EV_COMMAND_RECORD_RECEIPT, id, case_id,
                                       json.bytes});
    buf_deinit(&json);
}

/* A topic may hold a record twice: only the first counts. */
static void take(struct bench *b, const struct record *r)
{
    struct bench_head head;
    struct err e = ERR_INIT;
    struct ev_payment_receipt_recorded made;
    size_t len = strlen(b->run);
    if (!bench_read_head(r, &head) || head.type != EV_PAYMENT_RECEIPT_RECORDED) return;
    if (!codec_decode(event_desc(head.type), r->value, r->value_len, &b->arena, &made, &e)) return;
    if (strncmp(made.reference, b->run, len) != 0) return;
    int n = atoi(made.reference + len + 1);
    if (b->sent_us[n] == 0) return;
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
    int n = 0;
    if (!post(b, r, b->load.warm_up, &seconds, e) || !post(b, r, b->load.counted, &seconds, e)) return false;
    r->rate = b->load.counted / seconds;
    double *counted = b->latency_ms + b->first;
    for (int i = 0; i < b->load.counted; i++)
        if (!is_hot(r, b->first + i)) counted[n++] = counted[i];
    r->p50_ms = bench_percentile(counted, n, 50);
    r->p99_ms = bench_percentile(counted, n, 99);
    return true;
}

static bool open_all(struct bench *b, struct err *e)
{
    static const int topics[] = {SERVICE_PAYMENT};
    int n;
    const struct config_key *keys = settings_shared(&n);
    size_t all = (size_t)ROUNDS * ((size_t)b->load.warm_up + (size_t)b->load.counted);
    if (!config_load(&b->config, keys, n, settings_default_file(), e) || !settings_clock(&b->config, &b->clock, e))
        return false;
    snprintf(b->run, sizeof b->run, "l%" PRId64, clock_real_ms());
    arena_init(&b->arena);
    b->sent_us = calloc(all, sizeof *b->sent_us);
    b->latency_ms = calloc(all, sizeof *b->latency_ms);
    if (b->sent_us == NULL || b->latency_ms == NULL) abort();
    b->feed = feed_open(&b->config, topics, 1, false, e);
    b->producer = b->feed == NULL ? NULL : bench_producer(&b->config, e);
    return b->producer != NULL;
}

/* The round over many outlets is the benchmark's own figure. */
static void print(const struct bench *b, const struct round *rounds, double floor)
{
    const struct round *many = &rounds[1];
    if (b->load.json) {
        printf("{\"benchmark\":\"ledger\",\"warm_up\":%d,\"postings\":%d,\"rate\":%.1f,\"floor\":%.1f,\"ratio\":%.4f,"
               "\"p50_ms\":%.1f,\"p99_ms\":%.1f",
               b->load.warm_up, b->load.counted, many->rate, floor, many->rate / floor, many->p50_ms, many->p99_ms);
        for (int i = 0; i < ROUNDS; i++)
            printf(",\"%s\":{\"outlets\":%d,\"rate\":%.1f,\"ratio\":%.4f,\"p50_ms\":%.1f,\"p99_ms\":%.1f}",
                   rounds[i].name, rounds[i].outlets, rounds[i].rate, rounds[i].rate / floor, rounds[i].p50_ms,
                   rounds[i].p99_ms);
        printf("}\n");
        return;
    }
    printf("postings of two legs, %d a round after %d to warm up, window %d\n", b->load.counted, b->load.warm_up,
           b->load.window);
    printf("floor   %8.0f postings/s (the same rows into PostgreSQL, one connection, no logic, no check)\n\n", floor);
    printf("%-34s %10s %8s %8s %8s\n", "", "postings/s", "ratio", "p50 ms", "p99 ms");
    for (int i = 0; i < ROUNDS; i++)
        printf("%-34s %10.0f %8.3f %8.1f %8.1f\n", rounds[i].words, rounds[i].rate, rounds[i].rate / floor,
               rounds[i].p50_ms, rounds[i].p99_ms);
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
    static const struct argp parser = {options, bench_parse, "", "Postings per second through a running stack.",
                                       0,       0,           0};
    struct bench b = {.load = {.warm_up = 5000, .counted = 20000, .window = 2000, .timeout_s = 120}};
    struct round rounds[ROUNDS] = {
        {.name = "one_outlet", .words = "all to one outlet", .outlets = 1},
        {.name = "many_outlets", .words = "over 1,000 outlets", .outlets = OUTLETS_MAX},
        {.name = "beside_a_hot_one",
         .words = "half to one of them: the others'",
         .outlets = OUTLETS_MAX,
         .half_to_the_first = true},
    };
    struct err e = ERR_INIT;
    double floor;
    if (argp_parse(&parser, argc, argv, 0, NULL, &b.load) != 0) return 2;
    bool well = open_all(&b, &e);
    for (int i = 0; well && i < ROUNDS; i++) well = measure(&b, &rounds[i], &e);
    if (!well || !bench_posting_floor(&b.config, b.load.counted, &floor, &e)) {
        fprintf(stderr, "ledger: %s\n", e.message);
        return 1;
    }
    print(&b, rounds, floor);
    return 0;
}
