/* What only a direct call shows: slow-but-right bugs, alarms, steady load, the tables of protocol_rules.h. Each check
 * tells a short story on one partition; the first sentence that does not hold is returned. */
#include <stdio.h>
#include <string.h>

#include "world.h"

#define EXPECT(cond)                                                                                                   \
    do {                                                                                                               \
        if (!(cond)) return #cond;                                                                                     \
    } while (0)

/* ---- one partition of service A, its own stream at out_seq ---- */

static const struct proto_stream own = {SVC_A, 0, T_A, 0};
static const struct proto_stream from_c = {SVC_C, 0, T_C, 0};

static enum proto_state load(struct protocol *p, int64_t out_seq, int64_t floor, int64_t last_in_log, int64_t consumed)
{
    struct proto_out_row stream = {own, out_seq, floor};
    struct proto_input_row in = {.topic = T_INBOUND, .next_offset = 7, .mark = 99};
    struct proto_consumer_row consumer = {own, 2, consumed};
    struct proto_writer_row writer = {from_c, 20, 4};
    struct proto_rows rows = {.epoch = 3,
                              .txn = 5,
                              .clock_ms = 1000,
                              .cluster = "x",
                              .streams = &stream,
                              .n_streams = 1,
                              .inputs = &in,
                              .n_inputs = 1};
    struct proto_hints hints = {.cluster = "x",
                                .own_last_seq = last_in_log,
                                .consumers = &consumer,
                                .n_consumers = 1,
                                .writers = &writer,
                                .n_writers = 1};
    proto_given(p, 0);
    proto_assign_begin(p, 0);
    return proto_assign_loaded(p, 0, &rows, &hints, 0);
}

static void commit_setup(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    proto_mark_seen(p, 0, T_INBOUND, true, 99);
    proto_batch_join(p, &b, 0);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
}

/* Everything on offer is handed to the producer; returns the first seq of it, 0 if nothing was. */
static int64_t send_all(struct protocol *p)
{
    struct proto_send s;
    int64_t first = 0;
    while (proto_send_next(p, 0, &s)) {
        if (first == 0) first = s.first;
        proto_sent(p, &s, s.last);
    }
    while (proto_release(p) != NULL) {
    }
    return first;
}

static const char *nacks_are_forgotten(struct protocol *p)
{
    struct proto_want_row want = {.stream = own, .consumer = SVC_B, .want = 5, .want_n = 1};
    struct proto_hints hints = {.own_last_seq = 8};
    load(p, 10, 0, 10, 4);
    EXPECT(send_all(p) == 0);
    EXPECT(proto_tick_want(p, &want) == PROTO_WANT_MOVED);
    EXPECT(send_all(p) == 5);
    EXPECT(proto_tick_want(p, &want) == PROTO_WANT_OLD);
    proto_producer_replaced(p);
    EXPECT(send_all(p) == 0); /* suspended */
    EXPECT(proto_resume_due(p, 0));
    proto_resume(p, 0, &hints, 0);
    EXPECT(send_all(p) == 9);
    EXPECT(proto_tick_want(p, &want) == PROTO_WANT_MOVED); /* a new producer answers again */
    EXPECT(send_all(p) == 5);
    return NULL;
}

static const char *resume_points(struct protocol *p)
{
    load(p, 10, 0, 0, 4); /* empty log: after what everybody has */
    EXPECT(send_all(p) == 5);
    proto_revoked(p, 0);
    load(p, 10, 6, 0, 4); /* never below the floor */
    EXPECT(send_all(p) == 7);
    struct proto_want_row want = {.stream = own, .consumer = SVC_B, .want = 5, .want_n = 1};
    EXPECT(proto_tick_want(p, &want) == PROTO_WANT_BELOW_FLOOR);
    struct proto_consumer_row rows[] = {{{SVC_A, 0, T_EXCHANGE, 0}, 1, 2}, {{SVC_A, 1, T_A, 1}, 1, 3}, {own, 1, 8}};
    struct proto_hints hints = {.consumers = rows, .n_consumers = 3};
    proto_producer_replaced(p);
    proto_resume(p, 0, &hints, 0);
    EXPECT(send_all(p) == 9); /* other streams' consumers do not count */
    return NULL;
}

static const char *restored_backup_stops(struct protocol *p)
{
    struct proto_health h;
    EXPECT(load(p, 10, 0, 11, 4) == PROTO_STOPPED);
    proto_health(p, 0, &h);
    EXPECT(!h.ready && h.stopped == 0 && h.stopped_last_seq == 11 && h.stopped_out_seq == 10);
    EXPECT(send_all(p) == 0);
    EXPECT(proto_next_assignment(p, INT64_MAX) < 0); /* only a person starts it again */
    proto_revoked(p, 0);
    EXPECT(load(p, 10, 0, 10, 4) == PROTO_RUNNING);
    struct proto_hints ahead = {.own_last_seq = 12};
    proto_producer_replaced(p);
    proto_resume(p, 0, &ahead, 50); /* while running it means another owner: look again */
    EXPECT(proto_state(p, 0) == PROTO_WAITING && proto_next_assignment(p, 50) == 0);
    return NULL;
}

static const char *a_rewritten_log_is_read_again(struct protocol *p)
{
    uint16_t topic;
    int64_t offset;
    load(p, 0, 0, 0, 0);
    EXPECT(proto_mark_due(p, 0, &topic, &offset) && topic == T_INBOUND && offset == 6);
    EXPECT(!proto_mark_seen(p, 0, T_INBOUND, true, 98));
    EXPECT(proto_position(p, 0, T_INBOUND) == 0 && proto_setup_due(p, 0) && !proto_mark_due(p, 0, &topic, &offset));
    return NULL;
}

static const char *new_edges_start_at_the_floor(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_writes w;
    load(p, 0, 0, 0, 0);
    EXPECT(proto_setup_due(p, 0));
    EXPECT(proto_batch_join(p, &b, 0));
    proto_writes(p, 0, &w);
    EXPECT(w.n_edges == 1 + P && w.edges[0].stream.topic == T_C && w.edges[0].last_seq == 4);
    EXPECT(w.epoch == 3 && w.txn == 5);
    proto_batch_end(p, &b, PROTO_INFRA, 0);
    EXPECT(proto_setup_due(p, 0)); /* not committed: still due */
    commit_setup(p);
    EXPECT(!proto_setup_due(p, 0));
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_receive(p, 0, from_c, 4, 0) == PROTO_SKIP);
    EXPECT(proto_receive(p, 0, from_c, 5, 1) == PROTO_TAKE);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    return NULL;
}

/* ---- memory, order of sending ---- */

static const char *commits_never_overtake_a_resend(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_send s;
    static int chunk;
    load(p, 10, 0, 10, 4);
    commit_setup(p);
    struct proto_want_row want = {.stream = own, .consumer = SVC_B, .want = 9, .want_n = 1};
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_number(p, 0, T_A, 0) == 11);
    proto_chunk(p, 0, T_A, 0, 11, 11, &chunk);
    EXPECT(!proto_send_next(p, 0, &s)); /* not committed */
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    EXPECT(proto_unsent(p) == 1 && proto_send_next(p, 0, &s) && s.first == 11 && s.last == 11 && s.chunk == &chunk);
    EXPECT(proto_tick_want(p, &want) == PROTO_WANT_MOVED);
    proto_sent(p, &s, 11); /* offered before the cursor went back: does not move it on */
    EXPECT(proto_send_next(p, 0, &s) && s.first == 9 && s.last == 10 && s.chunk == NULL);
    proto_sent(p, &s, 9); /* the producer's queue was full */
    EXPECT(proto_send_next(p, 0, &s) && s.first == 10 && s.last == 10 && s.chunk == NULL);
    proto_sent(p, &s, 10);
    EXPECT(proto_send_next(p, 0, &s) && s.first == 11 && s.last == 11 && s.chunk == &chunk);
    proto_sent(p, &s, 11);
    EXPECT(!proto_send_next(p, 0, &s) && proto_release(p) == &chunk && proto_unsent(p) == 0);
    return NULL;
}

static const char *an_aborted_batch_leaves_nothing(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    static int chunk;
    load(p, 10, 0, 10, 4);
    commit_setup(p);
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_number(p, 0, T_A, 0) == 11 && proto_park(p, 0, 42) == 1);
    proto_chunk(p, 0, T_A, 0, 11, 11, &chunk);
    EXPECT(proto_receive(p, 0, from_c, 9, 3) == PROTO_GAP);
    EXPECT(proto_lane(p, 0, 42, PROTO_COMMAND) == PROTO_PARK_REPLY &&
           proto_lane(p, 0, 42, PROTO_REDRIVE) == PROTO_FREE);
    proto_batch_end(p, &b, PROTO_DATA, 0);
    EXPECT(proto_release(p) == &chunk && proto_position(p, 0, T_C) == 0);
    EXPECT(proto_lane(p, 0, 42, PROTO_EVENT) == PROTO_FREE);
    EXPECT(proto_batch_join(p, &b, 0) && proto_number(p, 0, T_A, 0) == 11);
    EXPECT(proto_now(p, 0, 9000) == 9000);
    proto_batch_end(p, &b, PROTO_INFRA, 0);
    EXPECT(proto_batch_join(p, &b, 0) && proto_batch_join(p, &b, 0) && b.n == 1);
    EXPECT(proto_now(p, 0, 500) == 1000);
    proto_batch_end(p, &b, PROTO_UNKNOWN, 70);
    EXPECT(!proto_batch_join(p, &b, 0) && !proto_caught_up(p, 0, 70));
    EXPECT(proto_state(p, 0) == PROTO_WAITING && proto_next_assignment(p, 70) == 0);
    return NULL;
}

static const char *a_lost_tail_wants_a_new_producer(struct protocol *p)
{
    EXPECT(proto_delivered(p, T_A, 0, true, 5) == PROTO_DELIVERED);
    EXPECT(proto_delivered(p, T_A, 1, true, 5) == PROTO_DELIVERED);
    EXPECT(proto_delivered(p, T_A, 0, true, -1) == PROTO_DELIVERED);
    EXPECT(proto_delivered(p, T_A, 0, true, 5) == PROTO_REPLACE_PRODUCER);
    EXPECT(proto_delivered(p, T_A, 1, false, -1) == PROTO_REPLACE_PRODUCER);
    proto_producer_replaced(p);
    EXPECT(proto_delivered(p, T_A, 0, true, 2) == PROTO_DELIVERED);
    return NULL;
}

/* ---- fences ---- */

static const char *a_lost_partition_is_not_left_idle(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    load(p, 10, 0, 10, 4);
    EXPECT(proto_batch_join(p, &b, 0));
    proto_batch_end(p, &b, PROTO_FENCED, 100);
    EXPECT(proto_fence_read(p, 0, 4, 100) == PROTO_LET_GO);
    EXPECT(proto_next_assignment(p, 100) < 0 && proto_next_assignment(p, 100 + 10000) == 0);
    proto_revoked(p, 0);
    load(p, 10, 0, 10, 4);
    EXPECT(proto_batch_join(p, &b, 0));
    proto_batch_end(p, &b, PROTO_FENCED, 100);
    EXPECT(proto_next_assignment(p, 100 + 10000) == 0); /* even if nobody reads the fence row */
    EXPECT(proto_fence_read(p, 0, 3, 100) == PROTO_KEEP && proto_next_assignment(p, 100) == 0);
    proto_assign_begin(p, 0);
    proto_assign_failed(p, 0, 100);
    EXPECT(proto_next_assignment(p, 100) < 0 && proto_next_assignment(p, 100 + 10000) == 0);
    proto_revoked(p, 0);
    load(p, 10, 0, 10, 4);
    EXPECT(proto_tick_fence(p, 0, 3, 5, 0) == PROTO_KEEP && proto_state(p, 0) == PROTO_RUNNING);
    EXPECT(proto_tick_fence(p, 0, 3, 6, 0) == PROTO_KEEP && proto_state(p, 0) == PROTO_WAITING);
    return NULL;
}

static const char *another_cluster_starts_over(struct protocol *p)
{
    load(p, 10, 0, 10, 4);
    proto_tick_cluster(p, "", 0); /* not known now */
    EXPECT(proto_state(p, 0) == PROTO_RUNNING && proto_position(p, 0, T_INBOUND) == 7);
    proto_tick_cluster(p, "y", 0);
    EXPECT(proto_state(p, 0) == PROTO_WAITING);
    return NULL;
}

/* ---- asking ---- */

static bool lacks(struct protocol *p, int64_t ms)
{
    struct proto_writer_row row = {from_c, 20, 4};
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
    load(p, 0, 0, 0, 0);
    commit_setup(p);
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
    for (int64_t at = 0; at < 9; at++) EXPECT(proto_receive(p, 0, from_c, 10 + at, at) == PROTO_GAP);
    proto_batch_end(p, &b, PROTO_COMMITTED, 9500);
    proto_fetched(p, 0, T_C, 50, 10000);
    EXPECT(!lacks(p, 10000));
    proto_fetched(p, 0, T_C, 70, 12000);
    EXPECT(lacks(p, 12000) && asked(p, 12000) == 2);
    proto_batch_join(p, &b, 0);
    for (int64_t at = 9; at < 70; at++) EXPECT(proto_receive(p, 0, from_c, 10 + at, at) == PROTO_GAP);
    proto_batch_end(p, &b, PROTO_COMMITTED, 13000);
    EXPECT(!lacks(p, 14000) && !lacks(p, 30000)); /* the answer is stale: the broker is away */
    proto_health(p, 34001, &h);
    EXPECT(!h.ready && h.oldest_want_ms == 34001 - 4000); /* gaps and askings since then are the same want */
    return NULL;
}

/* Partitions of a batch are fenced in ascending order, whatever order they came in. */
static const char *a_batch_is_ordered(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    static const int order[] = {2, 0, 1, 0, 2};
    for (int part = 0; part < P; part++) {
        struct proto_rows rows = {.epoch = 1, .cluster = ""};
        struct proto_hints hints = {.cluster = ""};
        proto_given(p, part);
        proto_assign_begin(p, part);
        EXPECT(proto_assign_loaded(p, part, &rows, &hints, 0) == PROTO_RUNNING);
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) EXPECT(proto_batch_join(p, &b, order[i]));
    EXPECT(b.n == 3 && b.parts[0] == 0 && b.parts[1] == 1 && b.parts[2] == 2);
    EXPECT(proto_session(p, 0) == 1 && proto_session(p, 1) == 2);
    proto_revoked(p, 1); /* while its transaction runs */
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    EXPECT(b.n == 0 && proto_state(p, 1) == PROTO_ABSENT && proto_session(p, 1) == 0);
    EXPECT(proto_batch_join(p, &b, 2) && proto_batch_join(p, &b, 0));
    proto_batch_end(p, &b, PROTO_INFRA, 0);
    return NULL;
}

static const char *caught_up_means_every_input(struct protocol *p)
{
    load(p, 0, 0, 0, 0);
    EXPECT(!proto_caught_up(p, 0, 0));
    commit_setup(p);
    proto_fetched(p, 0, T_INBOUND, 7, 1000);
    proto_fetched(p, 0, T_COMMAND, 0, 1000);
    proto_fetched(p, 0, T_C, 0, 1000);
    EXPECT(!proto_caught_up(p, 0, 1000));
    proto_fetched(p, 0, T_EXCHANGE, 0, 1000);
    EXPECT(proto_caught_up(p, 0, 1000) && proto_caught_up(p, 0, 1000 + 2 * FETCH_WAIT_MS));
    EXPECT(!proto_caught_up(p, 0, 1001 + 2 * FETCH_WAIT_MS));
    proto_fetched(p, 0, T_EXCHANGE, 1, 1000);
    EXPECT(!proto_caught_up(p, 0, 1000));
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
    load(p, 0, 0, 0, 0);
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_now(p, 0, 900) == 1000 && proto_now(p, 0, 2000) == 2000 && proto_now(p, 0, 1500) == 2000);
    proto_batch_end(p, &b, PROTO_INFRA, 0);
    return NULL;
}

/* ---- rules without a session ---- */

static const char *outcomes(struct protocol *p)
{
    (void)p;
    static const struct {
        struct proto_txn_result r;
        enum proto_outcome is;
    } rows[] = {
        {{.commit_ok = true, .commit_sent = true}, PROTO_COMMITTED},
        {{.connection_lost = true, .commit_sent = true}, PROTO_UNKNOWN},
        {{.connection_lost = true}, PROTO_UNKNOWN}, /* rolled back, but to be assigned again all the same */
        {{.sqlstate = "RF001", .commit_sent = true}, PROTO_FENCED},
        {{.sqlstate = "22003", .commit_sent = true}, PROTO_DATA},
        {{.sqlstate = "23505", .commit_sent = true}, PROTO_DATA},
        {{.sqlstate = "23505", .commit_sent = true, .at_commit = true}, PROTO_DATA},
        {{.sqlstate = "40P01", .commit_sent = true}, PROTO_INFRA},
        {{.sqlstate = "40001", .commit_sent = true, .at_commit = true}, PROTO_INFRA},
        {{.sqlstate = "53100", .commit_sent = true}, PROTO_INFRA},
        {{.sqlstate = "57P01", .commit_sent = true, .severe = true}, PROTO_INFRA},
        {{.sqlstate = "57P01", .commit_sent = true, .severe = true, .at_commit = true}, PROTO_UNKNOWN},
        {{.sqlstate = "40003", .commit_sent = true}, PROTO_UNKNOWN},
        {{.sqlstate = "08007", .commit_sent = true}, PROTO_UNKNOWN},
        {{.commit_sent = true}, PROTO_INFRA}, /* COMMIT answered ROLLBACK */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) EXPECT(proto_classify(&rows[i].r) == rows[i].is);
    return NULL;
}

/* Any set of bad inputs: each is parked alone, all others are handled once, in order. */
static const char *halving(struct protocol *p)
{
    (void)p;
    for (unsigned bad = 0; bad < 256; bad++) {
        struct proto_split s = proto_split_whole(8);
        size_t next = 0;
        for (int tries = 0; !proto_split_done(&s); tries++) {
            EXPECT(tries < 80 && s.lo == next && s.hi > s.lo);
            bool fails = false;
            for (size_t i = s.lo; i < s.hi && !s.park; i++) fails = fails || (bad >> i & 1) != 0;
            if (fails) {
                EXPECT(proto_split_failed(&s, false, 0));
                continue;
            }
            EXPECT(!s.park || (s.hi == s.lo + 1 && (bad >> s.lo & 1) != 0));
            next = s.hi;
            proto_split_committed(&s, 0);
        }
        EXPECT(next == 8);
    }
    struct proto_split s = {.hi = 1, .end = 1, .park = true};
    EXPECT(!proto_split_failed(&s, false, 0));
    return NULL;
}

/* A redrive of six rows whose fourth the database refuses: three are done, then it answers. */
static const char *halving_a_redrive(struct protocol *p)
{
    (void)p;
    struct proto_split s = proto_split_whole(1);
    int64_t left = 6;
    for (int tries = 0; !proto_split_done(&s); tries++) {
        EXPECT(tries < 20);
        int64_t rows = s.redrive_rows < 0 || s.redrive_rows > left ? left : s.redrive_rows;
        if (left - rows < 3) {
            EXPECT(proto_split_failed(&s, true, rows));
            continue;
        }
        left -= rows;
        proto_split_committed(&s, left);
    }
    EXPECT(left == 3);
    return NULL;
}

static const char *retention(struct protocol *p)
{
    (void)p;
    int64_t day = PROTO_KEEP_OUTBOX_MS;
    struct proto_retained all[2] = {{.last = 9, .consumers = 2, .consumers_needed = 2, .min_last_seq = 9},
                                    {.last = 4, .consumers = 1, .consumers_needed = 1, .min_last_seq = 4}};
    EXPECT(proto_may_drop(all, 2, 0, day));
    EXPECT(!proto_may_drop(all, 2, 1, day));
    all[1].min_last_seq = 3;
    EXPECT(!proto_may_drop(all, 2, 0, 100 * day));
    all[1].min_last_seq = 4;
    all[0].consumers = 1; /* a consumer that has not registered yet */
    EXPECT(!proto_may_drop(all, 2, 0, 100 * day));
    struct proto_retained dlq = {.last = 3};
    EXPECT(proto_may_drop(&dlq, 1, 0, day) && !proto_may_drop(&dlq, 1, 0, day - 1));
    return NULL;
}

static const char *small_rules(struct protocol *p)
{
    (void)p;
    EXPECT(proto_timer_missed(true, true) == PROTO_INDEX_PUT_BACK);
    EXPECT(proto_timer_missed(true, false) == PROTO_INDEX_DELETE &&
           proto_timer_missed(false, false) == PROTO_INDEX_DELETE);
    EXPECT(proto_annuls(true, 10, 10) && !proto_annuls(true, 10, 11) && !proto_annuls(false, 10, 1));
    EXPECT(proto_bank(PROTO_BANK_REFUSED) == PROTO_PAY_FAILED && proto_bank(PROTO_BANK_CANCELLED) == PROTO_PAY_FAILED);
    EXPECT(proto_bank(PROTO_BANK_NOT_FOUND) == PROTO_PAY_REPEAT && proto_bank(PROTO_BANK_SILENT) == PROTO_PAY_REPEAT);
    EXPECT(proto_bank(PROTO_BANK_PENDING) == PROTO_PAY_WAIT && proto_bank(PROTO_BANK_SETTLED) == PROTO_PAY_SETTLED);
    EXPECT(proto_home(1, 1) == PROTO_JUDGE && proto_home(1, 2) == PROTO_FORWARD);
    return NULL;
}

bool contract_check(char *why, int size)
{
    static const struct {
        const char *name;
        const char *(*tell)(struct protocol *p);
    } stories[] = {
        {"after a new producer nacks are answered again", nacks_are_forgotten},
        {"resume points", resume_points},
        {"a restored backup stops the partition", restored_backup_stops},
        {"a rewritten log is read again", a_rewritten_log_is_read_again},
        {"new edges start at the floor", new_edges_start_at_the_floor},
        {"commits never overtake a resend", commits_never_overtake_a_resend},
        {"an aborted batch leaves nothing", an_aborted_batch_leaves_nothing},
        {"a lost tail wants a new producer", a_lost_tail_wants_a_new_producer},
        {"a lost partition is not left idle", a_lost_partition_is_not_left_idle},
        {"another cluster starts over", another_cluster_starts_over},
        {"asking at the end and under load", asking_at_the_end_and_under_load},
        {"a batch is ordered", a_batch_is_ordered},
        {"caught up means every input", caught_up_means_every_input},
        {"the clock neither returns nor leaps", the_clock_neither_returns_nor_leaps},
        {"outcomes", outcomes},
        {"halving", halving},
        {"halving a redrive", halving_a_redrive},
        {"retention", retention},
        {"small rules", small_rules},
    };
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct protocol *p = proto_new(&sim_specs[SVC_A]);
        const char *broken = stories[i].tell(p);
        proto_free(p);
        if (broken == NULL) continue;
        snprintf(why, (size_t)size, "%s: %s", stories[i].name, broken);
        return false;
    }
    return true;
}
