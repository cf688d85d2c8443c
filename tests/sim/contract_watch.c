/* Asking for what lacks, being caught up, the clock. */
#include "contract.h"

/* ---- asking ---- */

static bool lacks(struct protocol *p, int64_t ms)
{
    struct proto_writer_row row = {contract_from_c, 20, 4};
    return proto_idle_due(p, 0, T_C, ms) && proto_idle_look(p, 0, T_C, &row, 1, ms) == 1;
}

static int64_t asked(struct protocol *p, int64_t ms)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_writes w;
    proto_batch_join(p, &b, 0);
    proto_ask(p, 0, T_C, ms);
    proto_writes(p, 0, &w);
    int64_t n = w.n_edges == 1 && w.edges[0].want == 5 ? w.edges[0].want_n : -1;
    proto_batch_end(p, &b, PROTO_COMMITTED, ms);
    return n;
}

static const char *asking_at_the_end_and_under_load(struct protocol *p)
{
    struct proto_health h;
    contract_load(p, 0, 0, 0, 0);
    contract_commit_setup(p);
    proto_fetched(p, 0, T_C, 0, 2000);
    EXPECT(!lacks(p, 2000)); /* the first look */
    EXPECT(!lacks(p, 3000)); /* too soon */
    proto_fetched(p, 0, T_C, 0, 4000);
    EXPECT(lacks(p, 4000) && asked(p, 4000) == 1);
    proto_health(p, 4000 + 30000, &h);
    EXPECT(h.ready && h.wants == 1 && h.oldest_want.topic == T_C);
    proto_health(p, 4000 + 30001, &h);
    EXPECT(!h.ready);
    proto_fetched(p, 0, T_C, 8, 6500); /* behind: no end, no asking */
    EXPECT(!lacks(p, 6500) && !lacks(p, 8500));
    proto_fetched(p, 0, T_C, 9, 9000); /* 5 s after the asking: this end counts, whatever comes after it */
    struct proto_batch b = PROTO_BATCH_INIT;
    proto_batch_join(p, &b, 0);
    for (int64_t at = 0; at < 9; at++) EXPECT(proto_receive(p, 0, contract_from_c, 10 + at, at) == PROTO_GAP);
    proto_batch_end(p, &b, PROTO_COMMITTED, 9500);
    proto_fetched(p, 0, T_C, 50, 10000);
    EXPECT(!lacks(p, 10000));
    proto_fetched(p, 0, T_C, 70, 12000);
    EXPECT(lacks(p, 12000) && asked(p, 12000) == 2);
    proto_batch_join(p, &b, 0);
    for (int64_t at = 9; at < 70; at++) EXPECT(proto_receive(p, 0, contract_from_c, 10 + at, at) == PROTO_GAP);
    proto_batch_end(p, &b, PROTO_COMMITTED, 13000);
    EXPECT(!lacks(p, 14000) && !lacks(p, 30000)); /* the answer is stale: the broker is away */
    proto_health(p, 34001, &h);
    EXPECT(!h.ready && h.oldest_want_ms == 34001 - 4000); /* gaps and askings since then are the same want */
    return NULL;
}

static const char *timers_wait_for_what_stood_in_the_logs(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    contract_load(p, 0, 0, 0, 0);
    proto_ends_noted(p, 0, 500);
    EXPECT(proto_fire_until(p, 0) == INT64_MIN); /* nothing told yet, and not set up */
    contract_commit_setup(p);
    proto_fetched(p, 0, T_INBOUND, 7, 1000);
    proto_fetched(p, 0, T_COMMAND, 0, 1000);
    proto_fetched(p, 0, T_C, 3, 1000);
    proto_ends_noted(p, 0, 600);
    EXPECT(proto_fire_until(p, 0) == INT64_MIN); /* one input's end is not known */
    proto_fetched(p, 0, T_EXCHANGE, 0, 1000);
    proto_ends_noted(p, 0, 700);
    EXPECT(proto_fire_until(p, 0) == INT64_MIN && proto_behind(p, 0)); /* three records of C are unread */
    proto_fetched(p, 0, T_C, 50, 2000);
    proto_ends_noted(p, 0, 1700); /* not before the ends of 700 are reached */
    proto_batch_join(p, &b, 0);
    for (int64_t at = 0; at < 3; at++) proto_receive(p, 0, contract_from_c, 5 + at, at);
    EXPECT(proto_fire_until(p, 0) == 700 + 2 * FETCH_WAIT_MS && proto_behind(p, 0)); /* pending positions count */
    proto_batch_end(p, &b, PROTO_COMMITTED, 2100);
    proto_fetched(p, 0, T_C, 60, 3000);
    proto_ends_noted(p, 0, 2700);
    EXPECT(proto_fire_until(p, 0) == 700 + 2 * FETCH_WAIT_MS);
    proto_fetched(p, 0, T_C, 3, 4000); /* the log lost its tail */
    EXPECT(proto_fire_until(p, 0) == 2700 + 2 * FETCH_WAIT_MS && !proto_behind(p, 0));
    return NULL;
}

/* ---- clock ---- */

static const char *the_clock_neither_returns_nor_leaps(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_time t = proto_clock_observe(p, 500000, 0);
    EXPECT(t.now_ms == 500000 && !t.held);
    t = proto_clock_observe(p, 501000 + 60000, 1000);
    EXPECT(!t.held && t.now_ms == 561000);
    t = proto_clock_observe(p, 562000 + 60001, 2000);
    EXPECT(t.held && t.now_ms == 562000 && t.jump_ms == 60001);
    t = proto_clock_observe(p, 572000 + 60001, 12000);
    EXPECT(t.held && t.now_ms == 572000);
    t = proto_clock_observe(p, 573000, 13000); /* set right */
    EXPECT(!t.held && t.now_ms == 573000);
    t = proto_clock_observe(p, 574000 + 90000, 14000);
    EXPECT(t.held);
    t = proto_clock_observe(p, 634000 + 90000, 14000 + 60000);
    EXPECT(!t.held && t.now_ms == 724000); /* a minute later it is believed */
    contract_load(p, 0, 0, 0, 0);
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_now(p, 0, 900) == 1000 && proto_now(p, 0, 2000) == 2000 && proto_now(p, 0, 1500) == 2000);
    proto_batch_end(p, &b, PROTO_INFRA, 0);
    return NULL;
}

const struct contract_story contract_watching[] = {
    {"asking at the end and under load", asking_at_the_end_and_under_load},
    {"timers wait for what stood in the logs", timers_wait_for_what_stood_in_the_logs},
    {"the clock neither returns nor leaps", the_clock_neither_returns_nor_leaps},
    {NULL, NULL},
};
