/* Inside of the service loop, shared by its files; no service includes this.
 *
 *   service.c   start, the turn of the loop, stop        item.c     one input: what its headers say
 *   assign.c    partitions given, taken, assigned        batch.c    one batch: attempts, halves, outcomes
 *   collect.c   Kafka and the adapter → items            gather.c   an attempt: receive, resolve, load
 *   send.c      outbox → Kafka                           fold.c     an attempt: decide, park, redrive
 *   watch.c     ticks: epochs, wants, idle, retention    emit.c     records made by a decision
 *                                                        write.c, write_rows.c   an attempt: its statements
 *
 * Two arenas: `items` holds what was collected until the batch is over, `attempt` one attempt at it. */
#ifndef REDRESS_RUNTIME_LOOP_H
#define REDRESS_RUNTIME_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/cache.h"
#include "runtime/kafka.h"
#include "runtime/protocol.h"
#include "runtime/service.h"

enum { LOOP_MAX_TOPICS = 16, LOOP_PARTS = 64 };

/* ---- one input of a batch ---- */

enum item_todo {
    ITEM_NOTHING, /* skipped, a gap, foreign, seen, of a partition that is gone */
    ITEM_DECIDE,  /* to the core (or, without a core, to the store) */
    ITEM_FORWARD, /* inbound at the wrong partition: on to its home, unjudged */
    ITEM_REFUSE,  /* cannot be judged: parked alone, `cause` says why */
    ITEM_POST,    /* an adapter's record to be sent as it is */
    ITEM_REDRIVE, /* a redrive command for this service; its rows stand before it in the work */
};

struct item {
    struct kafka_message message;    /* handle NULL: local, or a parked row driven again */
    const struct record *record;     /* NULL: local */
    const struct local_input *local; /* NULL: from Kafka */
    int part, topic;                 /* topic -1: local */
    int64_t offset;
    enum event_type type; /* EV_NONE: not known here */
    bool external;        /* inbound or command: (source, id) is its key */
    int64_t session;      /* proto_session when it was read */
    struct proto_stream stream;
    bool has_stream;
    int64_t seq;
    int64_t case_id; /* 0: none in the headers */
    const char *id, *source, *correlation, *traceparent;
    int64_t policy; /* revision it was decided by; 0: not said */
    int64_t at_ms;
    const char *json;
    size_t json_len;
    const char *unreadable; /* why the headers or the body cannot be understood; NULL: they can (so far) */
    bool decoded;
    const void *data;
    /* of the current attempt */
    enum item_todo todo;
    int64_t to_case; /* the case it is decided in */
    int home;        /* ITEM_FORWARD */
    const char *cause;
    struct item *redrive; /* the command that drives this parked row again; NULL: none */
    int64_t parked_n;     /* of such a row */
    const char *parked_cause;
    bool again;      /* a redrive of which this attempt takes only a few rows */
    bool row_failed; /* of a redrive: a row failed, the rest stays */
    int64_t rows_done;
};

struct loop;
struct health;

/* Fills an item from a Kafka record (kept by reference). */
void item_read(struct loop *l, struct item *it, const struct record *r);
void item_read_local(struct item *it, const struct local_input *local);
/* Decodes the body once; false: it->unreadable says why. */
bool item_decode(struct loop *l, struct item *it);
/* Whether this service does anything with the item's type. */
bool item_handled(const struct loop *l, const struct item *it);

/* ---- one attempt ---- */

struct slot { /* a case in this attempt */
    int64_t case_id;
    int part;
    const void *state; /* core->state */
    int64_t rev;
    bool cached, changed;
    const char *damaged; /* why the stored state cannot be read: the case's inputs are parked; NULL: it can */
};

/* A committed piece of a stream in memory: the chunk handle of the protocol. */
struct chunk {
    char *raw; /* encoded records */
    size_t len;
    int64_t first;
    int n;
    uint32_t at[]; /* start of each record in raw */
};

struct outgoing { /* records of one stream being made */
    int part, topic, dst;
    int64_t first;
    int n, cap;
    uint32_t *at;
    struct buf raw;
};

struct seen_key {
    int part;
    const char *source, *id; /* NULL: empty place of the set */
    bool fresh;              /* to be written */
};

struct parked_row {
    int part;
    int64_t case_id, n;
    const struct item *it; /* of a row done: the command that drove it */
    const char *cause, *detail;
};

struct attempt {
    struct proto_batch batch;
    size_t lo, hi;
    bool park; /* park item lo instead of deciding it */
    int64_t redrive_limit;
    struct item **work; /* in the order of deciding: the items, and the parked rows driven again */
    int n_work, cap_work;
    struct slot *slots; /* open addressing by case id */
    int n_slots, cap_slots;
    struct seen_key *seen; /* open addressing */
    int n_seen, cap_seen;
    struct parked_row *parked;
    int n_parked, cap_parked;
    struct parked_row *unparked; /* rows done (n, case) */
    int n_unparked, cap_unparked;
    struct change *changes;
    int n_changes, cap_changes;
    struct outgoing *out;
    int n_out, cap_out;
    int64_t redrive_left;    /* rows left after a redrive that stands alone */
    int64_t redrive_tried;   /* rows of it in this attempt */
    const char *park_detail; /* what the database said of the item to park */
};

/* ---- the loop ---- */

/* What edge_base holds for an edge on another service's own topic. */
enum edge_row { EDGE_ROW_NONE, EDGE_ROW_PLAIN, EDGE_ROW_WANTS };

/* The question for log ends that is on its way, or was the last. */
struct ends {
    int n;
    int64_t asked_ms;                   /* monotonic */
    int64_t clock_ms;                   /* the installation's clock then */
    int64_t positions[KAFKA_ENDS_MOST]; /* read up to there then */
    int64_t session[LOOP_PARTS];        /* proto_session then */
};

struct loop {
    const struct service_spec *spec;
    int service;
    struct config config;
    struct config_key *keys;
    struct clock clock;
    struct host host;
    struct pg *pg;
    struct cache *cache; /* NULL: none */
    struct protocol *proto;
    struct proto_spec pspec;
    struct proto_input_spec inputs[LOOP_MAX_TOPICS];
    struct proto_output_spec outputs[LOOP_MAX_TOPICS * 2];
    int topics[LOOP_MAX_TOPICS]; /* read */
    int n_topics;
    bool handles[EV_COUNT];
    enum event_type redriven; /* EV_<SERVICE>_REDRIVEN, or EV_NONE */
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
    bool replace_producer;
    bool reading_stale; /* the set of partitions read, or a position, is not what the protocol says */
    bool paused;
    bool hooks_open;
    bool broker_gone;                 /* it does not answer; said once */
    int generation;                   /* of the consumer */
    char cluster[PROTO_CLUSTER_SIZE]; /* that the consumer joined */
    bool fatal;                       /* the process must end: the supervisor starts another */
    int wake_fd;
    enum edge_row edge_rows[LOOP_PARTS][SERVICE_COUNT], edge_rows_next[LOOP_PARTS][SERVICE_COUNT];
    int64_t positions_ms[LOOP_PARTS];     /* monotonic: when they were last written */
    int64_t epoch[LOOP_PARTS];            /* of each partition running */
    char source[LOOP_PARTS][40];          /* "/redress/<service>/<partition>" */
    int64_t backoff_until_ms, backoff_ms; /* monotonic */
    bool failing;                         /* an infrastructure failure has been logged and is not over */
    int64_t now_ms;                       /* the installation's clock this turn */
    bool held;                            /* it jumped: timers wait */
    int64_t tick_ms, retain_ms;           /* monotonic: last time of each */
    int job;                              /* of this second, the next (watch.c) */
    struct kafka_ends *ends_client;
    struct ends ends;
    struct arena items_arena, attempt_arena;
    struct item *items;
    struct record *records; /* of the items, same index */
    struct local_input *locals;
    size_t n_items, cap_items;
    int n_locals;
    struct decision *decision;
    uint32_t ask[LOOP_PARTS];  /* inputs (bit per index) that lack records, while asking */
    struct pg_rows *droppable; /* while dropping */
    int retain_next;
    bool want_alarm;
    bool policy_alarm;     /* the next revision of the policy cannot be loaded; said once */
    int64_t policy_told;   /* the highest revision an input was decided by */
    int64_t policy_looked; /* and that has been looked for */
    struct health *health;
    int64_t turn_items; /* inputs of the last batch */
    int64_t batch_done_us;
    struct buf json, packed; /* scratch */
};

extern volatile sig_atomic_t loop_stopping;

int64_t loop_mono_ms(void);
/* Whether a topic this service reads carries numbers. */
bool loop_is_sequenced(const struct loop *l, int topic);
/* Logs the first of a row of infrastructure failures, backs off; loop_well ends the row. */
void loop_failed(struct loop *l, const char *what, const struct err *e);
void loop_well(struct loop *l);

/* assign.c */
void assign_given(void *loop, const int *parts, int n);
void assign_revoked(void *loop, const int *parts, int n);
/* Assigns what is due; sets what the consumer reads. */
void assign_due(struct loop *l);
/* Resume hints of running partitions for a new producer. */
void assign_resume(struct loop *l);
void assign_let_go(struct loop *l, int part);
/* Makes the consumer when the topics are there. */
bool assign_join(struct loop *l, struct err *e);
/* The broker has become another cluster: joins it as a new member. */
void assign_rejoin(struct loop *l);

/* collect.c: inputs into l->items; false: nothing came. */
bool collect(struct loop *l);
/* Serves the consumer without taking inputs (while backing off). */
void collect_nothing(struct loop *l);
void collect_drop(struct loop *l);
/* Real microseconds until the adapter has something, at most `most`. */
int64_t collect_wait_us(struct loop *l, int64_t most);

/* batch.c */
void batch_run(struct loop *l);
/* Commits a batch of nothing but what the protocol has pending for these partitions. `pend` (may be NULL) is
 * called for each after it joined and may add statements of its own. */
bool batch_small(struct loop *l, const int *parts, int n, void (*pend)(struct loop *l, struct pg_tx *tx, int part));

/* gather.c, fold.c, emit.c, write.c: the steps of an attempt */
bool gather(struct loop *l, struct attempt *a, struct err *e);
void fold(struct loop *l, struct attempt *a);
struct slot *slot_find(struct attempt *a, struct arena *arena, int64_t case_id, int part);

struct emission {
    const struct item *cause;
    int64_t case_id;
    enum event_type type;
    const void *data; /* its struct; NULL: json is given */
    const char *json;
    int64_t now_ms;
};
/* A new event of the service; numbered now. */
void emit_event(struct loop *l, struct attempt *a, const struct emission *m, struct made *made);
/* A record as it is, on topic/dst, with the headers seq and stream added; on the service's own topic seq and ce_id. */
void emit_record(struct loop *l, struct attempt *a, int part, int topic, int dst, struct record *r);
void emit_dead_letter(struct loop *l, struct attempt *a, const struct item *it, const char *cause, const char *detail);
/* The record as it came; of a local input one made for it. */
struct record emit_original(struct loop *l, const struct item *it);
/* All statements of the attempt. False with ERR_INTERNAL: a state that cannot be encoded (counts as bad data). */
bool write_attempt(struct loop *l, struct attempt *a, struct pg_tx *tx, struct err *e);
/* Only the fence and what the protocol has pending. */
void write_fenced(struct loop *l, const struct proto_batch *b, struct pg_tx *tx);
/* The transaction of these partitions has committed. */
void write_committed(struct loop *l, const struct proto_batch *b);

/* send.c */
void send_pending(struct loop *l);
void send_delivered(void *loop, int topic, int part, bool ok, int64_t offset);
void send_release(struct loop *l);
bool send_open(struct loop *l, struct err *e);

/* watch.c */
/* The next of a second's jobs, if there is one. True: another follows in the next turn. */
bool watch(struct loop *l);
/* Asks the broker for the ends of all inputs, at most every `every_ms`; the answer is taken when it is there. */
void watch_ask_ends(struct loop *l, int64_t every_ms);
void watch_take_ends(struct loop *l);
/* Puts a newer revision of the policy into force when there is one. */
void watch_policy(struct loop *l);

#endif
