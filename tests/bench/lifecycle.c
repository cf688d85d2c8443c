/* Whole cases per second: register → acknowledge → assign → 24 h limit armed → evidence command → limit met →
 * approval limit armed → approve command → limit met → paid → closed.
 *
 * The benchmark plays the channel and the people (cli/actors.h, nobody waits) through Kafka; at most --window cases are
 * on their way at a time. The policy is the shipped one without a satisfaction call; the customer has consented. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/timefmt.h"
#include "bench.h"
#include "cli/actors.h"
#include "cli/feed.h"
#include "event/codec.h"
#include "event/identity.h"
#include "policy/policy_load.h"
#include "runtime/kafka.h"
#include "runtime/settings.h"
#include "runtime/topics.h"

struct flight {
    int64_t case_id;
    int64_t sent_us;
    bool closed; /* a topic may hold a record twice: only the first counts */
    struct acquaintance who;
    UT_hash_handle hh;
};

struct bench {
    struct bench_load load;
    int goal; /* cases to send so far: first those that warm the stack up, then the counted ones too */
    struct config config;
    struct clock clock;
    const struct policy *policy;
    struct feed *feed;
    struct kafka_producer *producer;
    struct arena arena;
    struct flight *flights;
    int64_t *sent_us; /* by number of the case */
    double *latency_ms;
    int sent, closed;
    char run[24]; /* makes this run's messages its own */
};

static void start_case(struct bench *b)
{
    char id[64], phone[24];
    int n = b->sent++;
    snprintf(id, sizeof id, "%s-%d", b->run, n);
    snprintf(phone, sizeof phone, "139%s%05d", b->run + strlen(b->run) - 3, n);
    const struct customer customer = {.name = "Bench", .phone = phone};
    const struct ev_inbound_complaint c = {.external_ref = id,
                                           .kind = KIND_CLAIM,
                                           .category = CATEGORY_WORKMANSHIP,
                                           .phase = PHASE_AFTER_SALES,
                                           .customer = &customer,
                                           .region = "AIR-JFK",
                                           .description =
                                               "tiles came loose in the bathroom, the third row from the door",
                                           .has_claimed_minor = true,
                                           .claimed_minor = 90000,
                                           .currency = "CNY",
                                           .consent = true};
    struct buf json = BUF_INIT;
    const struct origin from = {"/channels/bench", id};
    if (!codec_encode(event_desc(EV_INBOUND_COMPLAINT), &c, &json)) abort();
    int part = id_home(identity_of(&c, &from, &b->arena), (int)config_int(&b->config, "partitions"));
    b->sent_us[n] = clock_monotonic_us();
    bench_send(b->producer, &b->clock,
               &(struct bench_message){TOPIC_INBOUND, part, EV_INBOUND_COMPLAINT, id, NULL, json.bytes});
    buf_deinit(&json);
}

static struct flight *flight_of(struct bench *b, int64_t case_id, bool add)
{
    struct flight *f;
    HASH_FIND(hh, b->flights, &case_id, sizeof case_id, f);
    if (f != NULL || !add) return f;
    f = calloc(1, sizeof *f);
    if (f == NULL) abort();
    f->case_id = case_id;
    HASH_ADD(hh, b->flights, case_id, sizeof f->case_id, f);
    return f;
}

static void answer(struct bench *b, struct flight *f, const struct scene *s)
{
    struct action actions[ACTORS_MAX];
    int n = actors_react(s, &f->who, &b->arena, actions);
    for (int i = 0; i < n; i++) {
        char id[80], case_id[24];
        struct buf json = BUF_INIT;
        snprintf(id, sizeof id, "%s.%d", s->event_id, i);
        snprintf(case_id, sizeof case_id, "%" PRId64, f->case_id);
        if (!codec_encode(event_desc(actions[i].type), actions[i].data, &json)) abort();
        bench_send(b->producer, &b->clock,
                   &(struct bench_message){TOPIC_COMMAND, case_id_partition(f->case_id), actions[i].type, id, case_id,
                                           json.bytes});
        buf_deinit(&json);
    }
}

static void on_registered(struct bench *b, int64_t case_id, const struct ev_intake_registered *e)
{
    size_t n = strlen(b->run);
    if (e->external_ref == NULL || strncmp(e->external_ref, b->run, n) != 0) return;
    flight_of(b, case_id, true)->sent_us = b->sent_us[atoi(e->external_ref + n + 1)];
}

static void on_closed(struct bench *b, struct flight *f)
{
    if (f->closed || f->sent_us == 0) return;
    f->closed = true;
    b->latency_ms[b->closed++] = (double)(clock_monotonic_us() - f->sent_us) / 1000;
}

static void take(struct bench *b, const struct record *r)
{
    struct scene s = {.policy = b->policy, .temper = &temper_prompt, .seed = 1};
    struct err e = ERR_INIT;
    struct bench_head head;
    if (!bench_read_head(r, &head)) return;
    s.type = head.type, s.case_id = head.case_id, s.at_ms = head.at_ms;
    if (s.type != EV_INTAKE_REGISTERED && s.type != EV_INTAKE_CLOSED && s.type != EV_EVIDENCE_VISIT_ORDERED &&
        s.type != EV_APPROVAL_REQUESTED)
        return;
    void *data = arena_alloc(&b->arena, event_desc(s.type)->size);
    if (!codec_decode(event_desc(s.type), r->value, r->value_len, &b->arena, data, &e)) return;
    s.data = data;
    s.event_id = head.id;
    if (s.type == EV_INTAKE_REGISTERED) on_registered(b, s.case_id, data);
    /* A visit may be ordered before this reader has seen the registration: topics are read in any order. */
    struct flight *f = flight_of(b, s.case_id, true);
    if (s.type == EV_INTAKE_CLOSED)
        on_closed(b, f);
    else
        answer(b, f, &s);
}

static bool run(struct bench *b, double *seconds, struct err *e)
{
    int64_t begin = clock_monotonic_us(), give_up = begin + (int64_t)b->load.timeout_s * 1000000;
    while (b->closed < b->goal) {
        struct record r;
        int topic, taken = 0;
        while (b->sent < b->goal && b->sent - b->closed < b->load.window) start_case(b);
        while (taken < 1000 && feed_next(b->feed, taken == 0 ? 2 : 0, &r, &topic, e)) {
            take(b, &r);
            taken++;
        }
        if (err_is_set(e)) return false;
        kafka_producer_poll(b->producer);
        arena_reset(&b->arena);
        if (clock_monotonic_us() > give_up)
            return err_set(e, ERR_INTERNAL, "bench", "after %d s only %d of %d cases were closed", b->load.timeout_s,
                           b->closed, b->goal);
    }
    *seconds = (double)(clock_monotonic_us() - begin) / 1e6;
    return true;
}

static bool open_all(struct bench *b, struct err *e)
{
    static const int topics[] = {SERVICE_INTAKE, SERVICE_EVIDENCE, SERVICE_APPROVAL};
    int n;
    const struct config_key *keys = settings_shared(&n);
    if (!config_load(&b->config, keys, n, settings_default_file(), e) || !settings_clock(&b->config, &b->clock, e))
        return false;
    if (!policy_load(config_text(&b->config, "policy.dir"), config_text(&b->config, "calendar.dir"), &b->policy, e))
        return false;
    snprintf(b->run, sizeof b->run, "b%" PRId64, clock_real_ms());
    size_t all = (size_t)b->load.warm_up + (size_t)b->load.counted;
    b->sent_us = calloc(all, sizeof *b->sent_us);
    b->latency_ms = calloc(all, sizeof *b->latency_ms);
    b->feed = feed_open(&b->config, topics, 3, false, e);
    b->producer = b->feed == NULL ? NULL : bench_producer(&b->config, e);
    return b->producer != NULL;
}

struct figures {
    /* rate: until the last case was closed; rate_read: until every program had also read all that was said of them */
    double rate, rate_read, floor, p50_ms, p99_ms, seconds;
    int64_t events, states, bytes;
    struct bench_cpu cpu[BENCH_MAX_PROCESSES];
    int n_cpu;
};

static void subtract(struct figures *f, const struct bench_stack *before, const struct bench_stack *after, int cases)
{
    f->events = (after->events - before->events) / cases;
    f->states = (after->revisions - before->revisions) / cases;
    f->bytes = (after->database_bytes - before->database_bytes + after->kafka_bytes - before->kafka_bytes) / cases;
    for (int i = 0; i < after->n_cpu; i++) {
        struct bench_cpu c = after->cpu[i];
        for (int k = 0; k < before->n_cpu; k++)
            if (strcmp(before->cpu[k].name, c.name) == 0) c.seconds -= before->cpu[k].seconds;
        if (c.seconds >= 0.05) f->cpu[f->n_cpu++] = c;
    }
}

static void print(const struct bench *b, const struct figures *f)
{
    if (b->load.json) {
        printf("{\"benchmark\":\"lifecycle\",\"warm_up\":%d,\"cases\":%d,\"rate\":%.1f,\"rate_read\":%.1f,"
               "\"floor\":%.1f,\"ratio\":%.4f,\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"events_per_case\":%" PRId64
               ",\"states_per_case\":%" PRId64 ",\"bytes_per_case\":%" PRId64 ",\"cpu_ms_per_case\":{",
               b->load.warm_up, b->load.counted, f->rate, f->rate_read, f->floor, f->rate / f->floor, f->p50_ms,
               f->p99_ms, f->events, f->states, f->bytes);
        for (int i = 0; i < f->n_cpu; i++)
            printf("%s\"%s\":%.3f", i == 0 ? "" : ",", f->cpu[i].name, 1000 * f->cpu[i].seconds / b->load.counted);
        printf("}}\n");
        return;
    }
    printf("whole cases          %d in %.1f s, window %d, after %d to warm up\n", b->load.counted, f->seconds,
           b->load.window, b->load.warm_up);
    printf("rate                 %.0f cases/s until the last one was closed, %.0f until all that was said of them was "
           "read\n",
           f->rate, f->rate_read);
    printf("floor                %.0f cases/s (the same events and rows, no logic)\n", f->floor);
    printf("ratio                %.3f\n", f->rate / f->floor);
    printf("latency of a case    p50 %.0f ms, p99 %.0f ms\n", f->p50_ms, f->p99_ms);
    printf("a case is            %" PRId64 " events, %" PRId64 " state changes, %" PRId64 " bytes on disk\n", f->events,
           f->states, f->bytes);
    printf("CPU per case\n");
    for (int i = 0; i < f->n_cpu; i++)
        printf("  %-18s %7.3f ms\n", f->cpu[i].name, 1000 * f->cpu[i].seconds / b->load.counted);
}

/* From a stack at rest to a stack at rest, so that no work is left to a time that nobody measures. */
static bool measure(struct bench *b, struct figures *f, struct err *e)
{
    struct bench_stack before, after;
    double closed_s;
    b->goal = b->load.warm_up;
    if (!run(b, &closed_s, e) || !bench_stack_settle(&b->config, b->load.timeout_s, e) ||
        !bench_stack_read(&b->config, &before, e))
        return false;
    int64_t begin = clock_monotonic_us();
    b->goal += b->load.counted;
    if (!run(b, &closed_s, e) || !bench_stack_settle(&b->config, b->load.timeout_s, e)) return false;
    f->seconds = (double)(clock_monotonic_us() - begin) / 1e6;
    if (!bench_stack_read(&b->config, &after, e)) return false;
    subtract(f, &before, &after, b->load.counted);
    f->rate = b->load.counted / closed_s;
    f->rate_read = b->load.counted / f->seconds;
    f->p50_ms = bench_percentile(b->latency_ms + b->load.warm_up, b->load.counted, 50);
    f->p99_ms = bench_percentile(b->latency_ms + b->load.warm_up, b->load.counted, 99);
    struct bench_floor floor = {.cases = b->load.counted < 4000 ? 4000 : b->load.counted,
                                .events_per_case = f->events,
                                .states_per_case = f->states,
                                .event_bytes = 700,
                                .state_bytes = 500};
    return bench_floor_run(&b->config, &floor, &f->floor, e);
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"warm-up", 'u', "N", 0, "cases before those that count: a young JVM compiles (default 8000)", 0},
        {"cases", 'n', "N", 0, "whole cases (default 20000)", 0},
        {"window", 'w', "N", 0, "cases on their way at a time (default 2000)", 0},
        {"timeout", 't', "S", 0, "give up after so many seconds (default 300)", 0},
        {"json", 'j', 0, 0, "one JSON object", 0},
        {0}};
    static const struct argp parser = {options, bench_parse, "", "Whole cases per second through a running stack.",
                                       0,       0,           0};
    struct bench b = {.load = {.warm_up = 8000, .counted = 20000, .window = 2000, .timeout_s = 300}};
    struct figures f = {0};
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &b.load) != 0) return 2;
    if (!open_all(&b, &e) || !measure(&b, &f, &e)) {
        fprintf(stderr, "lifecycle: %s\n", e.message);
        return 1;
    }
    print(&b, &f);
    return 0;
}
