/* Exactly once in effect: the session state of one service in one process, as a value machine.
 *
 * A stream is TCP with the database as memory. This module decides; the shell (service.c) does: it
 * runs the transactions, reads and writes Kafka, and tells what happened. No I/O, no clock, no
 * broker or database types in here; not thread-safe (one loop thread calls it).
 *
 * The order of calls, per partition:
 *
 *   proto_given ── proto_next_assignment ── [read hints] proto_assign_begin ── [one transaction: epoch+1, then
 *   read all rows] ── proto_assign_loaded ── [proto_mark_due: read that record] proto_mark_seen ── one batch with
 *   nothing but what proto_writes names (edges must exist before the first record is read) ── seek to
 *   proto_position ── batches, sends, ticks … until proto_revoked or a PROTO_LET_GO.
 *
 *   batch: proto_batch_join ── (proto_receive | proto_receive_plain | local input) … proto_lane, proto_park,
 *   proto_number, proto_chunk … ── proto_writes per joined partition, ascending ── [transaction] ──
 *   proto_classify (protocol_rules.h) ── proto_batch_end ── proto_send_next …
 *
 * Invariants: what a batch changes is kept apart (pending) until proto_batch_end says COMMITTED; any other
 * outcome drops it for every partition of the batch. Only committed sequence numbers are ever offered for
 * sending, in order, from one cursor per stream. Times: *_ms named mono are CLOCK_MONOTONIC milliseconds,
 * the others milliseconds of the installation's clock. Out of memory aborts (base/arena.h). A call on a
 * partition that is not in the needed state is a programming error and aborts, unless said otherwise. */
#ifndef REDRESS_RUNTIME_PROTOCOL_H
#define REDRESS_RUNTIME_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/protocol_rules.h"

enum { PROTO_CLUSTER_SIZE = 64, PROTO_BATCH_PARTS = 128 };

/* A stream: everything that service `service` writes from partition `src` to partition `dst` of `topic`.
 * Services and topics are numbers of the shell's own tables (below 64), the same in every process. */
struct proto_stream {
    uint16_t service, src, topic, dst;
};

/* ---- what the service reads and writes (constant) ---- */

struct proto_input_spec {
    uint16_t topic;
    bool sequenced;   /* false: inbound, command: next_offset is the truth and mark guards it */
    bool exchange;    /* records of any source partition; false: only src == dst */
    uint64_t writers; /* bit s set: I consume the streams of service s on this topic. May be set for an unsequenced
                         topic too: the console's gateway writes inbound and command with seq, among channels
                         that do not */
};

struct proto_output_spec {
    uint16_t topic;
    bool own;      /* my own topic: dst == src, no other writer; its last record is a resume hint */
    int consumers; /* services that must have an edge row before anything may be dropped from the outbox */
};

struct proto_spec {
    uint16_t service;
    int partitions;
    const struct proto_input_spec *inputs;
    int n_inputs;
    const struct proto_output_spec *outputs;
    int n_outputs;
    int64_t fetch_wait_ms; /* the consumer's fetch.wait.max.ms */
    int chunks_kept;       /* committed chunks held in memory per stream; beyond: sent from the outbox */
    double clock_scale;    /* of the installation's clock; 1 for the system's */
};

struct protocol; /* opaque; one per (process, service) */

/* The spec and what it points to must outlive the protocol. */
struct protocol *proto_new(const struct proto_spec *spec);
/* Chunks still held must be taken with proto_release first, else they leak. */
void proto_free(struct protocol *p);

/* ---- partition life ---- */

enum proto_state {
    PROTO_ABSENT,  /* the group does not give it to me */
    PROTO_WAITING, /* given; to be assigned (again) when its back-off is over */
    PROTO_LOADING, /* between proto_assign_begin and _loaded/_failed */
    PROTO_RUNNING,
    PROTO_STOPPED, /* the log is ahead of the database (restored backup): a person must decide */
};

/* The group gives the partition / takes it. Revoking drops all of its memory at once. A partition of an
 * open batch may be revoked: the batch then ends without it (its commit is harmless, it was fenced or mine). */
void proto_given(struct protocol *p, int part);
void proto_revoked(struct protocol *p, int part);
enum proto_state proto_state(const struct protocol *p, int part);
/* The number of the assignment the memory belongs to (0: none). Tag with it whatever is fetched or claimed for the
 * partition and compare before composing: what was read under another assignment is void. */
int64_t proto_session(const struct protocol *p, int part);
/* The next partition whose assignment is due now, or -1. Also after unknown outcomes, fences, a changed
 * cluster: no partition the group gives me is ever left idle. */
int proto_next_assignment(const struct protocol *p, int64_t mono_ms);

/* Rows as they stand in the tables, read in the transaction of the epoch bump, after the bump. */
struct proto_input_row {
    uint16_t topic;
    int64_t next_offset; /* where to read next */
    uint32_t mark;       /* crc32 of the record at next_offset-1; 0 = none yet; unsequenced topics only */
};
struct proto_out_row { /* table stream */
    struct proto_stream stream;
    int64_t out_seq; /* last number given */
    int64_t floor;   /* rows <= floor have been dropped from the outbox */
};
struct proto_edge_row {
    struct proto_stream stream; /* dst == my partition */
    int64_t last_seq;           /* last taken */
    int64_t want;               /* the seq lacking; 0 = null */
    int64_t want_n;             /* which asking */
};
struct proto_parked_row { /* one per case with rows in `parked` (GROUP BY case_id) */
    int64_t case_id;      /* 0: rows without a known case; they block nothing */
    int64_t rows;
    int64_t last_n; /* highest n of the case ever used among the rows left */
};
struct proto_rows {
    int64_t epoch; /* after the bump */
    int64_t txn;
    int64_t clock_ms;
    const char *cluster; /* "" = never set */
    const struct proto_input_row *inputs;
    int n_inputs;
    const struct proto_out_row *streams;
    int n_streams;
    const struct proto_edge_row *edges;
    int n_edges;
    const struct proto_parked_row *parked;
    int n_parked;
};

/* What helps to avoid needless resending; nothing is right or wrong because of it. */
struct proto_consumer_row { /* an edge row of any consumer on a stream of mine (every consumer's, grouped) */
    struct proto_stream stream;
    int consumers;        /* edge rows registered for the stream */
    int64_t min_last_seq; /* smallest last_seq among them */
};
struct proto_writer_row { /* table stream of a service I consume */
    struct proto_stream stream;
    int64_t out_seq, floor;
};
struct proto_hints {
    const char *cluster;  /* rd_kafka_clusterid */
    int64_t own_last_seq; /* seq of the last record in my partition of my own topic; 0 = empty or unknown.
                             Must be read BEFORE the epoch bump: then it can never exceed out_seq, except
                             when the database is older than the log */
    const struct proto_consumer_row *consumers;
    int n_consumers;
    const struct proto_writer_row *writers; /* used for edges that have no row yet: they start at the floor */
    int n_writers;
};

void proto_assign_begin(struct protocol *p, int part);
/* RUNNING, or STOPPED: alarm "log ahead of database: restored backup?" naming partition, last record and
 * out_seq (proto_health tells them). A changed cluster id sets every position to 0. */
enum proto_state proto_assign_loaded(struct protocol *p, int part, const struct proto_rows *rows,
                                     const struct proto_hints *hints, int64_t mono_ms);
/* The transaction failed in whatever way: back-off, then again. */
void proto_assign_failed(struct protocol *p, int part, int64_t mono_ms);

/* Unsequenced inputs: the record to look at before reading. false when there is none to check (any more). */
bool proto_mark_due(const struct protocol *p, int part, uint16_t *topic, int64_t *offset);
/* found=false: no record at that offset. Returns true when it is the expected one; false: alarm "inbound log
 * was rewritten", and the position is now 0 (read from the log's start; `seen` skips what was judged). */
bool proto_mark_seen(struct protocol *p, int part, uint16_t topic, bool found, uint32_t crc);
/* True while rows made at assignment (new edges, a new cluster id, moved positions) are not yet committed:
 * run a batch with just this partition joined, before reading. */
bool proto_setup_due(const struct protocol *p, int part);

/* Where to seek now; committed position of a topic. */
int64_t proto_position(const struct protocol *p, int part, uint16_t topic);
/* The broker says "offset out of range": where to read now: the start if below it; above the end, the end of a
 * sequenced log (nacks repair), the start of an unsequenced one (`seen` skips; alarm). */
int64_t proto_out_of_range(struct protocol *p, int part, uint16_t topic, int64_t log_start, int64_t log_end);

/* ---- a batch ---- */

/* One transaction. Plain value, reusable after proto_batch_end. */
struct proto_batch {
    int n;
    int parts[PROTO_BATCH_PARTS]; /* ascending: the order of the fence statements */
};
#define PROTO_BATCH_INIT ((struct proto_batch){.n = 0})

/* Adds a partition (again: no effect). false when it is not RUNNING, in another batch, or the batch is full;
 * then leave its inputs for later. Everything below that says "pending" needs the partition joined. */
bool proto_batch_join(struct protocol *p, struct proto_batch *b, int part);

enum proto_receive {
    PROTO_TAKE,    /* the next of its stream: handle it in this batch */
    PROTO_SKIP,    /* had it already */
    PROTO_GAP,     /* beyond the next: dropped, its want is pending; go on reading */
    PROTO_FOREIGN, /* not a stream I consume */
};
/* One record read from a sequenced input, headers only. Its offset always advances the (pending) position.
 * On an unsequenced input: for a record that names a consumed stream, after proto_receive_plain. */
enum proto_receive proto_receive(struct protocol *p, int part, struct proto_stream stream, int64_t seq, int64_t offset);
/* Every record of an unsequenced input, readable or not; crc = crc_of its value. Then (proto_receive if it
 * names a stream,) home and `seen` judge it. */
void proto_receive_plain(struct protocol *p, int part, uint16_t topic, int64_t offset, uint32_t crc);
/* An offset of a sequenced input whose headers cannot be read: passed over (its writer's next record shows the
 * gap and it is asked for again). */
void proto_receive_nothing(struct protocol *p, int part, uint16_t topic, int64_t offset);

/* Next number of a stream of mine (pending). A stream without a row is made. */
int64_t proto_number(struct protocol *p, int part, uint16_t topic, int dst);
/* The finished outbox row of the numbers first..last, to be sent from memory after the commit. The handle
 * comes back through proto_release when sent, aborted or not worth keeping. Call in order of first. */
void proto_chunk(struct protocol *p, int part, uint16_t topic, int dst, int64_t first, int64_t last, void *handle);

enum proto_kind { PROTO_EVENT, PROTO_COMMAND, PROTO_REDRIVE }; /* timers and facts are PROTO_EVENT */
enum proto_lane {
    PROTO_FREE,       /* handle it */
    PROTO_PARK,       /* its case is parked: proto_park, cause "behind" */
    PROTO_PARK_REPLY, /* a person's command: answer "waiting: case parked", then park it */
};
/* Where an input of the case goes, pending parkings of this batch included. case_id 0 is always free. */
enum proto_lane proto_lane(const struct protocol *p, int part, int64_t case_id, enum proto_kind kind);
/* Parks an input of the case (pending): the n of its row in `parked`. From now on the case is parked. */
int64_t proto_park(struct protocol *p, int part, int64_t case_id);
/* Rows of the case not yet redriven (pending view); a redrive handles them in order of n. */
int64_t proto_parked_rows(const struct protocol *p, int part, int64_t case_id);
/* One row of the case was redriven and is deleted in this batch (pending). At 0 left the case is free. */
void proto_unpark(struct protocol *p, int part, int64_t case_id);

/* The time to use for this partition in this batch: max(now_ms, fence.clock), pending as the new fence.clock. */
int64_t proto_now(struct protocol *p, int part, int64_t now_ms);
/* Outbox rows of the stream up to and including last are deleted in this batch: new floor (pending).
 * Only after proto_may_drop (protocol_rules.h) said so for every stream of the dropped rows. */
void proto_drop_through(struct protocol *p, int part, uint16_t topic, int dst, int64_t last);

/* What the transaction writes for one partition. Arrays live until the next call on the partition. */
struct proto_writes {
    int64_t epoch, txn; /* UPDATE fence SET txn=txn+1, clock=clock_ms[, cluster] WHERE epoch AND txn; no row: raise */
    int64_t clock_ms;
    const char *cluster;                  /* NULL: unchanged */
    const struct proto_input_row *inputs; /* upserts, full rows */
    int n_inputs;
    const struct proto_out_row *streams;
    int n_streams;
    const struct proto_edge_row *edges;
    int n_edges;
};
void proto_writes(struct protocol *p, int part, struct proto_writes *w); /* then only proto_batch_end */
/* True when committing would change anything besides fence.txn/clock. */
bool proto_writes_any(const struct protocol *p, int part);

/* Ends the batch with the classified outcome and empties b.
 * COMMITTED: pending values become current. DATA, INFRA: pending dropped, same values as before the batch
 * (certainly rolled back); compose again (struct proto_split) from states read again.
 * FENCED: pending dropped, every partition of it WAITING; call proto_fence_read for each at once.
 * UNKNOWN: pending dropped, every partition of it goes through assignment again. */
void proto_batch_end(struct protocol *p, struct proto_batch *b, enum proto_outcome outcome, int64_t mono_ms);

enum proto_keep { PROTO_KEEP, PROTO_LET_GO };
/* The fence row as read after PROTO_FENCED. LET_GO: another owner; the memory is dropped; stop reading it and
 * answer the group's next rebalance. If the group still gives it to me it is assigned again after a back-off.
 * KEEP: mine; it is assigned again at once. */
enum proto_keep proto_fence_read(struct protocol *p, int part, int64_t epoch, int64_t mono_ms);

/* ---- sending ---- */

struct proto_send {
    struct proto_stream stream;
    int64_t first, last; /* send these, in order; never more than is committed */
    void *chunk;         /* the handle that holds them (its own first may be lower); NULL: read the outbox from
                            `first` (rows with last number >= first, in order of first_seq) */
};
/* The next thing to send for the partition, round robin over its streams. false: nothing, or sending is
 * suspended until proto_resume. */
bool proto_send_next(struct protocol *p, int part, struct proto_send *out);
/* Records up to and including `through` were handed to the producer (less than offered is fine: queue full).
 * Ignored when the cursor was moved back below the sent range in between. */
void proto_sent(struct protocol *p, const struct proto_send *sent, int64_t through);
/* Committed but not yet handed to the producer, all streams of all partitions (metric, back-pressure). */
int64_t proto_unsent(const struct protocol *p);
/* The next chunk handle the shell may free; NULL when there is none. */
void *proto_release(struct protocol *p);

enum proto_delivery { PROTO_DELIVERED, PROTO_REPLACE_PRODUCER };
/* A delivery report; offset < 0 = unknown. A failed delivery, or an offset not above the previous one in that
 * topic-partition (the broker lost a tail), wants a new producer. */
enum proto_delivery proto_delivered(struct protocol *p, uint16_t topic, int dst, bool ok, int64_t offset);
/* The old producer has been destroyed (fatal, or REPLACE_PRODUCER): sending is suspended everywhere, and which
 * nacks were answered is forgotten. Then, with the new one, proto_resume per running partition. */
void proto_producer_replaced(struct protocol *p);
bool proto_resume_due(const struct protocol *p, int part);
/* Resume points again, from fresh hints (cluster and writers are not used). A last record above out_seq means
 * I am a zombie here: the partition goes through assignment again. */
void proto_resume(struct protocol *p, int part, const struct proto_hints *hints, int64_t mono_ms);

/* ---- tick (1 s) ---- */

/* The fence row as it stands. Another epoch: LET_GO. My epoch but another txn, with no batch open: something wrote
 * past this memory, so the partition is assigned again (KEEP). */
enum proto_keep proto_tick_fence(struct protocol *p, int part, int64_t epoch, int64_t txn, int64_t mono_ms);
struct proto_want_row { /* an edge row, want not null, on a stream of mine */
    struct proto_stream stream;
    uint16_t consumer; /* the service that asks */
    int64_t want, want_n;
};
enum proto_want {
    PROTO_WANT_OLD,         /* answered already in this session, or not a running partition */
    PROTO_WANT_LATER,       /* the record is on its way with this producer, or has just landed: not yet */
    PROTO_WANT_MOVED,       /* the cursor went back */
    PROTO_WANT_BELOW_FLOOR, /* alarm naming stream, consumer and seq; running goes on */
};
/* A want of my own topic for a record that is handed to the producer and not acknowledged waits for it, at most
 * PROTO_IN_FLIGHT_MS: a broker that is slow to take would otherwise be sent the same again and again. */
enum proto_want proto_tick_want(struct protocol *p, const struct proto_want_row *w, int64_t mono_ms);
/* The broker's cluster id now; a change sends every partition through assignment. */
void proto_tick_cluster(struct protocol *p, const char *cluster, int64_t mono_ms);

/* ---- reading to the end, idle check, health ---- */

/* A fetch answer (or an EOF, with the log end as high_watermark) arrived for the input. */
void proto_fetched(struct protocol *p, int part, uint16_t topic, int64_t high_watermark, int64_t mono_ms);
/* True when this input should be compared with its writers now (2 s since the last look). */
bool proto_idle_due(const struct protocol *p, int part, uint16_t topic, int64_t mono_ms);
/* The writers' out_seq. Returns how many edges lack what was written before a log end they have read to: if > 0, join a
 * batch, proto_ask. */
int proto_idle_look(struct protocol *p, int part, uint16_t topic, const struct proto_writer_row *rows, int n,
                    int64_t mono_ms);
/* Sets want and raises want_n of the edges that lack (pending). Those served meanwhile are left out. */
void proto_ask(struct protocol *p, int part, uint16_t topic, int64_t mono_ms);

/* proto_fetched has just told the ends of all the partition's inputs, asked for when the installation's clock showed
 * clock_ms. */
void proto_ends_noted(struct protocol *p, int part, int64_t clock_ms);
/* Timers due up to here (installation's clock) may fire: every input was read to an end noted then, or two fetch waits
 * before, so an answer that stood in a log when the timer fell due has been taken. Under steady load it follows the
 * clock at the distance of the lag; it never stands still while reading goes on. Pending positions count. */
int64_t proto_fire_until(struct protocol *p, int part);
/* Some input is not even read up to the last end known: to ask the broker for newer ends would tell nothing. */
bool proto_behind(const struct protocol *p, int part);

struct proto_time {
    int64_t now_ms; /* use this one; while held it runs on without the jump */
    bool held;      /* firing is paused: alarm "clock jumped forward" */
    int64_t jump_ms;
};
/* Once per turn of the loop: the installation's clock against the monotonic one. A forward jump of more than
 * 60 s (real) is held for 60 s, then believed, so that nobody has to reset anything. */
struct proto_time proto_clock_observe(struct protocol *p, int64_t shown_ms, int64_t mono_ms);

struct proto_health {
    bool ready; /* no want older than 30 s, nothing stopped, every given partition running */
    int given, running;
    int stopped; /* a partition that is PROTO_STOPPED, or -1 */
    int64_t stopped_last_seq, stopped_out_seq;
    int wants;                       /* edges asking now */
    int64_t oldest_want_ms;          /* age */
    struct proto_stream oldest_want; /* valid when wants > 0 */
    int64_t parked_cases, unsent;
};
void proto_health(const struct protocol *p, int64_t mono_ms, struct proto_health *h);

#endif
