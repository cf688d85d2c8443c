/* Lives of a partition: assignment, sending, a batch, fences; and the runner of all stories. */
#include "contract.h"

#include <stdio.h>
#include <string.h>

const struct proto_stream contract_own = {SVC_A, 0, T_A, 0};
const struct proto_stream contract_from_c = {SVC_C, 0, T_C, 0};

enum proto_state contract_load(struct protocol *p, int64_t out_seq, int64_t floor, int64_t last_in_log,
                               int64_t consumed)
{
    struct proto_out_row stream = {contract_own, out_seq, floor};
    struct proto_input_row in = {.topic = T_INBOUND, .next_offset = 7, .mark = 99};
    struct proto_consumer_row consumer = {contract_own, 2, consumed};
    struct proto_writer_row writer = {contract_from_c, 20, 4};
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

void contract_commit_setup(struct protocol *p)
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

/* So many records are acknowledged, without an offset. */
static void land(struct protocol *p, int n)
{
    while (n-- > 0) proto_delivered(p, T_A, 0, true, -1);
}

static const char *nacks_are_forgotten(struct protocol *p)
{
    struct proto_want_row want = {.stream = contract_own, .consumer = SVC_B, .want = 5, .want_n = 1};
    struct proto_hints hints = {.own_last_seq = 8};
    contract_load(p, 10, 0, 10, 4);
    EXPECT(send_all(p) == 0);
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_MOVED);
    EXPECT(send_all(p) == 5);
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_OLD);
    land(p, 6);
    want.want_n = 2;
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_MOVED && proto_unsent(p) == 6);
    proto_producer_replaced(p);
    EXPECT(send_all(p) == 0); /* suspended */
    EXPECT(proto_resume_due(p, 0));
    proto_resume(p, 0, &hints, 0);
    EXPECT(send_all(p) == 9);
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_MOVED); /* a new producer answers again */
    EXPECT(send_all(p) == 5);
    return NULL;
}

/* What is on its way is not sent again for the asking, until it has landed and was not read, or for too long. */
static const char *a_want_in_flight_waits(struct protocol *p)
{
    struct proto_want_row want = {.stream = contract_own, .consumer = SVC_B, .want = 7, .want_n = 1};
    contract_load(p, 10, 0, 4, 4);
    EXPECT(send_all(p) == 5);
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_LATER && proto_unsent(p) == 0);
    land(p, 3);
    EXPECT(proto_tick_want(p, &want, PROTO_LANDED_MS - 1) == PROTO_WANT_LATER);
    EXPECT(proto_tick_want(p, &want, PROTO_LANDED_MS) == PROTO_WANT_MOVED && proto_unsent(p) == 4);
    EXPECT(send_all(p) == 7);
    want = (struct proto_want_row){.stream = contract_own, .consumer = SVC_B, .want = 9, .want_n = 1};
    for (int64_t ms = 0; ms < PROTO_IN_FLIGHT_MS; ms += PROTO_TICK_MS)
        EXPECT(proto_tick_want(p, &want, ms) == PROTO_WANT_LATER);
    EXPECT(proto_tick_want(p, &want, PROTO_IN_FLIGHT_MS) == PROTO_WANT_MOVED && proto_unsent(p) == 2);
    return NULL;
}

static const char *resume_points(struct protocol *p)
{
    contract_load(p, 10, 0, 0, 4); /* empty log: after what everybody has */
    EXPECT(send_all(p) == 5);
    proto_revoked(p, 0);
    contract_load(p, 10, 6, 0, 4); /* never below the floor */
    EXPECT(send_all(p) == 7);
    struct proto_want_row want = {.stream = contract_own, .consumer = SVC_B, .want = 5, .want_n = 1};
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_BELOW_FLOOR);
    want.want = 6;
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_BELOW_FLOOR);
    struct proto_consumer_row rows[] = {
        {{SVC_A, 0, T_EXCHANGE, 0}, 1, 2}, {{SVC_A, 1, T_A, 1}, 1, 3}, {contract_own, 1, 8}};
    struct proto_hints hints = {.consumers = rows, .n_consumers = 3};
    proto_producer_replaced(p);
    proto_resume(p, 0, &hints, 0);
    EXPECT(send_all(p) == 9); /* other streams' consumers do not count */
    return NULL;
}

static const char *restored_backup_stops(struct protocol *p)
{
    struct proto_health h;
    EXPECT(contract_load(p, 10, 0, 11, 4) == PROTO_STOPPED);
    proto_health(p, 0, &h);
    EXPECT(!h.ready && h.stopped == 0 && h.stopped_last_seq == 11 && h.stopped_out_seq == 10);
    EXPECT(send_all(p) == 0);
    EXPECT(proto_next_assignment(p, INT64_MAX) < 0); /* only a person starts it again */
    proto_revoked(p, 0);
    EXPECT(contract_load(p, 10, 0, 10, 4) == PROTO_RUNNING);
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
    contract_load(p, 0, 0, 0, 0);
    EXPECT(proto_mark_due(p, 0, &topic, &offset) && topic == T_INBOUND && offset == 6);
    EXPECT(!proto_mark_seen(p, 0, T_INBOUND, true, 98));
    EXPECT(proto_position(p, 0, T_INBOUND) == 0 && proto_setup_due(p, 0) && !proto_mark_due(p, 0, &topic, &offset));
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_writes w;
    EXPECT(proto_batch_join(p, &b, 0));
    proto_writes(p, 0, &w);
    EXPECT(w.n_inputs == 1 && w.inputs[0].topic == T_INBOUND && w.inputs[0].next_offset == 0 && w.inputs[0].mark == 0);
    proto_batch_end(p, &b, PROTO_UNKNOWN, 0);
    proto_revoked(p, 0);
    contract_load(p, 0, 0, 0, 0);
    EXPECT(proto_mark_seen(p, 0, T_INBOUND, true, 99) && proto_position(p, 0, T_INBOUND) == 7);
    proto_revoked(p, 0);
    contract_load(p, 0, 0, 0, 0);
    EXPECT(!proto_mark_seen(p, 0, T_INBOUND, false, 0) && proto_position(p, 0, T_INBOUND) == 0);
    EXPECT(proto_out_of_range(p, 0, T_C, 3, 9) == 3 && proto_position(p, 0, T_C) == 3);
    EXPECT(proto_out_of_range(p, 0, T_C, 0, 1) == 1 && proto_position(p, 0, T_C) == 1);
    EXPECT(proto_out_of_range(p, 0, T_INBOUND, 5, 9) == 5 && proto_out_of_range(p, 0, T_INBOUND, 2, 4) == 2);
    return NULL;
}

static const char *new_edges_start_at_the_floor(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_writes w;
    contract_load(p, 0, 0, 0, 0);
    EXPECT(proto_setup_due(p, 0));
    EXPECT(proto_batch_join(p, &b, 0));
    proto_writes(p, 0, &w);
    EXPECT(w.n_edges == 1 + P && w.edges[0].stream.topic == T_C && w.edges[0].last_seq == 4);
    EXPECT(w.epoch == 3 && w.txn == 5);
    proto_batch_end(p, &b, PROTO_INFRA, 0);
    EXPECT(proto_setup_due(p, 0)); /* not committed: still due */
    contract_commit_setup(p);
    EXPECT(!proto_setup_due(p, 0));
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_receive(p, 0, contract_from_c, 4, 0) == PROTO_SKIP);
    EXPECT(proto_receive(p, 0, contract_from_c, 5, 1) == PROTO_TAKE);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    return NULL;
}

/* ---- memory, order of sending ---- */

static const char *commits_never_overtake_a_resend(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_send s;
    static int chunk;
    contract_load(p, 10, 0, 10, 4);
    contract_commit_setup(p);
    struct proto_want_row want = {.stream = contract_own, .consumer = SVC_B, .want = 9, .want_n = 1};
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_number(p, 0, T_A, 0) == 11);
    proto_chunk(p, 0, T_A, 0, 11, 11, &chunk);
    EXPECT(!proto_send_next(p, 0, &s)); /* not committed */
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    EXPECT(proto_unsent(p) == 1 && proto_send_next(p, 0, &s) && s.first == 11 && s.last == 11 && s.chunk == &chunk);
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_MOVED);
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
    contract_load(p, 10, 0, 10, 4);
    contract_commit_setup(p);
    EXPECT(proto_batch_join(p, &b, 0));
    EXPECT(proto_number(p, 0, T_A, 0) == 11 && proto_park(p, 0, 42) == 1);
    proto_chunk(p, 0, T_A, 0, 11, 11, &chunk);
    EXPECT(proto_receive(p, 0, contract_from_c, 9, 3) == PROTO_GAP);
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
    EXPECT(!proto_batch_join(p, &b, 0) && proto_fire_until(p, 0) == INT64_MIN);
    EXPECT(proto_state(p, 0) == PROTO_WAITING && proto_next_assignment(p, 70) == 0);
    return NULL;
}

/* What a batch changes is what is written, each row once, and only until it is committed. */
static const char *changes_are_written_once(struct protocol *p)
{
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_writes w;
    contract_load(p, 10, 2, 10, 4);
    contract_commit_setup(p);
    EXPECT(proto_batch_join(p, &b, 0) && !proto_writes_any(p, 0));
    EXPECT(proto_receive(p, 0, contract_from_c, 5, 0) == PROTO_TAKE);
    EXPECT(proto_receive(p, 0, contract_from_c, 8, 1) == PROTO_GAP);
    EXPECT(proto_receive(p, 0, contract_from_c, 9, 2) == PROTO_GAP);
    proto_drop_through(p, 0, T_A, 0, 6);
    proto_drop_through(p, 0, T_A, 0, 5);
    proto_writes(p, 0, &w);
    EXPECT(proto_writes_any(p, 0) && w.cluster == NULL && w.txn == 6 && w.n_inputs == 1 &&
           w.inputs[0].next_offset == 3);
    EXPECT(w.n_edges == 1 && w.edges[0].last_seq == 5 && w.edges[0].want == 6 && w.edges[0].want_n == 0);
    EXPECT(w.n_streams == 1 && w.streams[0].floor == 6 && w.streams[0].out_seq == 10);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    struct proto_send s;
    EXPECT(!proto_send_next(p, 0, &s));
    struct proto_want_row want = {.stream = contract_own, .consumer = SVC_B, .want = 7, .want_n = 1};
    EXPECT(proto_tick_want(p, &want, 0) == PROTO_WANT_MOVED);
    EXPECT(proto_batch_join(p, &b, 0) && !proto_writes_any(p, 0));
    proto_drop_through(p, 0, T_A, 0, 8);
    EXPECT(proto_receive(p, 0, contract_from_c, 6, 3) == PROTO_TAKE);
    proto_writes(p, 0, &w);
    EXPECT(w.n_edges == 1 && w.edges[0].last_seq == 6 && w.edges[0].want == 0 && w.n_streams == 1);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    EXPECT(proto_send_next(p, 0, &s) && s.first == 9); /* what was dropped is not sent again */
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
    contract_load(p, 10, 0, 10, 4);
    EXPECT(proto_batch_join(p, &b, 0));
    proto_batch_end(p, &b, PROTO_FENCED, 100);
    EXPECT(proto_fence_read(p, 0, 4, 100) == PROTO_LET_GO);
    EXPECT(proto_next_assignment(p, 100) < 0 && proto_next_assignment(p, 100 + 10000) == 0);
    proto_revoked(p, 0);
    contract_load(p, 10, 0, 10, 4);
    EXPECT(proto_batch_join(p, &b, 0));
    proto_batch_end(p, &b, PROTO_FENCED, 100);
    EXPECT(proto_next_assignment(p, 100 + 10000) == 0); /* even if nobody reads the fence row */
    EXPECT(proto_fence_read(p, 0, 3, 100) == PROTO_KEEP && proto_next_assignment(p, 100) == 0);
    proto_assign_begin(p, 0);
    proto_assign_failed(p, 0, 100);
    EXPECT(proto_next_assignment(p, 100) < 0 && proto_next_assignment(p, 100 + 10000) == 0);
    proto_revoked(p, 0);
    contract_load(p, 10, 0, 10, 4);
    EXPECT(proto_tick_fence(p, 0, 3, 5, 0) == PROTO_KEEP && proto_state(p, 0) == PROTO_RUNNING);
    EXPECT(proto_tick_fence(p, 0, 3, 6, 0) == PROTO_KEEP && proto_state(p, 0) == PROTO_WAITING);
    return NULL;
}

static const char *another_cluster_starts_over(struct protocol *p)
{
    contract_load(p, 10, 0, 10, 4);
    proto_tick_cluster(p, "", 0); /* not known now */
    EXPECT(proto_state(p, 0) == PROTO_RUNNING && proto_position(p, 0, T_INBOUND) == 7);
    proto_tick_cluster(p, "y", 0);
    EXPECT(proto_state(p, 0) == PROTO_WAITING);
    struct proto_input_row in = {.topic = T_INBOUND, .next_offset = 7, .mark = 99};
    struct proto_rows rows = {.epoch = 4, .txn = 5, .cluster = "x", .inputs = &in, .n_inputs = 1};
    struct proto_hints hints = {.cluster = "y"};
    struct proto_batch b = PROTO_BATCH_INIT;
    struct proto_writes w;
    proto_assign_begin(p, 0);
    EXPECT(proto_assign_loaded(p, 0, &rows, &hints, 0) == PROTO_RUNNING && proto_position(p, 0, T_INBOUND) == 0);
    EXPECT(proto_setup_due(p, 0) && proto_batch_join(p, &b, 0));
    proto_writes(p, 0, &w);
    EXPECT(w.cluster != NULL && strcmp(w.cluster, "y") == 0 && w.n_inputs == 4);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
    EXPECT(!proto_setup_due(p, 0) && proto_batch_join(p, &b, 0));
    proto_writes(p, 0, &w);
    EXPECT(w.cluster == NULL && w.n_inputs == 0);
    proto_batch_end(p, &b, PROTO_COMMITTED, 0);
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

const struct contract_story contract_lives[] = {
    {"after a new producer nacks are answered again", nacks_are_forgotten},
    {"a want in flight waits", a_want_in_flight_waits},
    {"resume points", resume_points},
    {"a restored backup stops the partition", restored_backup_stops},
    {"a rewritten log is read again", a_rewritten_log_is_read_again},
    {"new edges start at the floor", new_edges_start_at_the_floor},
    {"commits never overtake a resend", commits_never_overtake_a_resend},
    {"an aborted batch leaves nothing", an_aborted_batch_leaves_nothing},
    {"changes are written once", changes_are_written_once},
    {"a lost tail wants a new producer", a_lost_tail_wants_a_new_producer},
    {"a lost partition is not left idle", a_lost_partition_is_not_left_idle},
    {"another cluster starts over", another_cluster_starts_over},
    {"a batch is ordered", a_batch_is_ordered},
    {NULL, NULL},
};

static bool tell(const struct contract_story *story, char *why, int size)
{
    for (; story->name != NULL; story++) {
        struct protocol *p = proto_new(&sim_specs[SVC_A]);
        const char *broken = story->tell(p);
        proto_free(p);
        if (broken == NULL) continue;
        snprintf(why, (size_t)size, "%s: %s", story->name, broken);
        return false;
    }
    return true;
}

bool contract_check(char *why, int size)
{
    return tell(contract_lives, why, size) && tell(contract_watching, why, size) && tell(contract_rules, why, size);
}
