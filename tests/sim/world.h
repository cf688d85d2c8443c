/* The modelled world of tests/sim: a broker, a database, a timer index, a bank, clients, and the processes of three
 * services that run the real protocol over them. Everything follows from one seed; time is a number.
 *
 *   A (like intake)   reads inbound, command, C's topic, the exchange (from A: events forwarded home)
 *   B (like sla)      reads A's topic, command, the exchange (from C: facts); owns the timers
 *   C (like payment)  reads A's and B's topics, command; calls the bank; writes facts to the exchange
 *
 * An inbound event x makes A register it once, B arm its timer, C pay it once. A client may answer x: in time or
 * not. Truth is kept beside the model (canon, effects, accepted …) and compared at every commit and at the end. */
#ifndef REDRESS_SIM_WORLD_H
#define REDRESS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/protocol.h"
#include "runtime/protocol_mutation.h"

enum {
    P = 3,     /* partitions */
    PROCS = 6, /* two of each service */
    EVENTS = 14,
    CASES = 6,
    COMMANDS = 192,
    STREAMS = 3 * P + 2 * P * P + 3 * P + P,
    SEQS = 160,
    LOG_MAX = 3000,
    PARKED_MAX = 80,
    ITEMS_MAX = 40,
    EFFECTS_MAX = 160,
    WRITES_MAX = 24,
    QUEUE_MAX = 1200,
    ORPHANS_MAX = 12,
    INDEX_MAX = 64,
    CALLS_MAX = 64,
    FETCH_WAIT_MS = 500,
    TIMER_MS = 9000,
};
enum service { SVC_A, SVC_B, SVC_C, SERVICES };
enum topic { T_INBOUND, T_COMMAND, T_A, T_B, T_C, T_EXCHANGE, T_DLQ, TOPICS };
enum type {
    EV_INBOUND, /* what a client wrote */
    EV_FORWARD, /* the same, on its way home */
    EV_REGISTERED,
    EV_ARMED,
    EV_MET,
    EV_MISSED,
    EV_ANNULLED,
    EV_LATE,
    EV_WAITING,
    EV_INSTRUCTED,
    EV_PAY_FAILED,
    EV_SETTLED,
    EV_FACT,
    EV_DEAD,  /* the DLQ's record */
    EV_NUDGE, /* C to B, with seq on the command topic, where clients write without */
    EV_NOTE,  /* written by the owner through its second connection */
    EV_ANSWER,
    EV_REDRIVE,
    EV_FIRE, /* local inputs */
    EV_BANK,
    EV_TYPES
};

struct rec {
    struct proto_stream stream;
    int64_t seq; /* 0 in inbound and command */
    enum type type;
    int x;      /* which inbound event it is about */
    int id;     /* command id; -1 */
    int target; /* service of a redrive */
    int64_t case_id;
    int64_t at_ms;       /* time in the bytes */
    int64_t value;       /* due, accepted, payout number */
    int64_t appended_ms; /* when the broker took it (truth, not bytes) */
    uint32_t bytes;      /* checksum of what stands in the outbox */
};

/* ---- database: one copy of everything, so that a backup is an assignment ---- */

enum timer_state { TIMER_NONE, TIMER_ARMED, TIMER_MET, TIMER_FIRING, TIMER_FIRED, TIMER_ANNULLED };
enum pay_state { PAY_NONE, PAY_INTENT, PAY_SETTLED };
struct parked_rec {
    int64_t n;
    struct rec rec;
};
struct state { /* of one service and partition */
    uint32_t seen_x, registered;
    uint64_t seen_cmd[COMMANDS / 64];
    struct {
        enum timer_state state;
        int64_t due, answered_ms; /* -1 none */
        bool missed;              /* a miss was announced */
    } timer[EVENTS];
    struct {
        enum pay_state state;
        int no;
    } pay[EVENTS];
    int n_parked;
    struct parked_rec parked[PARKED_MAX];
};
struct stream_row {
    bool exists;
    int64_t out_seq, floor;
};
struct edge_rows {
    bool exists;
    int64_t last_seq, want, want_n;
};
struct part_db {
    int64_t epoch, txn, clock_ms;
    char cluster[24];
    struct proto_input_row inputs[TOPICS];
    struct state st;
    int64_t session; /* truth: the assignment that owns it now */
};
struct db {
    struct part_db part[SERVICES][P];
    struct stream_row stream[STREAMS];
    struct edge_rows edge[SERVICES][STREAMS];
};

/* ---- transactions ---- */

struct effect {
    struct rec rec; /* the input that was handled */
    bool judged;    /* recognised as a copy, or of a type nobody handles: nothing done */
    bool redriven;
    int64_t composed_ms;
};
struct txn_part {
    int part;
    int64_t session, epoch, txn, clock_ms;
    bool cluster_set;
    char cluster[24];
    int n_inputs, n_streams, n_edges;
    struct proto_input_row inputs[TOPICS];
    struct proto_out_row streams[WRITES_MAX];
    struct proto_edge_row edges[WRITES_MAX];
    struct state st;
    uint32_t timers; /* bit x: its timer changes */
};
struct txn {
    int proc;
    enum service service;
    int n;
    struct txn_part parts[P];
    int n_out, n_effects;
    struct rec out[EFFECTS_MAX];
    struct effect effects[EFFECTS_MAX];
    bool bad_data;
    bool unfenced; /* MUTATION_REDRIVE_UNFENCED */
};

/* ---- processes ---- */

struct queued {
    uint16_t topic, dst;
    struct rec rec;
};
struct producer {
    int n;
    struct queued queue[QUEUE_MAX];
};
enum item_kind { ITEM_RECORD, ITEM_LOCAL, ITEM_ASK, ITEM_SETUP, ITEM_DROP };
struct item {
    enum item_kind kind;
    int part;
    uint16_t topic;
    int64_t offset;
    int64_t session; /* proto_session when it was fetched */
    struct rec rec;
    int verdict; /* EV_BANK */
};
enum phase { PHASE_IDLE, PHASE_GATHERED, PHASE_COMPOSED };
enum assigning { ASSIGN_NONE, ASSIGN_HINTED };
struct proc {
    bool alive;
    int64_t paused_until;
    enum service service;
    struct protocol *p;
    bool view[P]; /* what it believes the group gives it */
    int64_t session[P];
    int64_t clock_offset;
    struct producer producer;
    bool replace; /* the producer must be replaced */
    /* assignment under way */
    enum assigning assigning;
    int assign_part;
    int64_t own_last_seq;
    struct part_db early; /* MUTATION_READ_BEFORE_BUMP */
    struct stream_row early_stream[STREAMS];
    struct edge_rows early_edge[STREAMS];
    /* batch under way */
    enum phase phase;
    struct proto_batch batch;
    struct proto_split split;
    int n_items;
    struct item items[ITEMS_MAX];
    struct txn txn;
    struct state overlay[P]; /* states as the batch leaves them */
    int64_t redrive_rows, redrive_left;
    int64_t handed[STREAMS], acked[STREAMS]; /* highest seq given to / acknowledged by the broker */
    int n_claimed;
    int claimed[INDEX_MAX]; /* timers taken from the index, to be fired */
    int n_answers;
    struct {
        int x, no, verdict;
    } answers[CALLS_MAX]; /* of the bank, to be written */
    int64_t ticked_ms;
    struct proto_time time;
};

/* ---- outside ---- */

struct log {
    int64_t start, end;
    struct rec *recs; /* LOG_MAX, by offset */
};
struct broker {
    char cluster[24];
    int rebuilt;
    struct log log[TOPICS][P];
};
struct index {     /* Redis: timers of one partition */
    int64_t epoch; /* of the owner; others are refused */
    int n;
    struct {
        int x;
        int64_t due;
    } at[INDEX_MAX];
};
enum key_state { KEY_NONE, KEY_PAID, KEY_REFUSED };
struct bank {
    enum key_state key[EVENTS][6];
    int paid[EVENTS];
    int n_calls; /* on their way */
    struct {
        int x, no;
    } calls[CALLS_MAX];
};
struct client {
    bool sent, answer_sent, answer_due;
    int64_t answer_at; /* when it will be accepted at the edge */
    int64_t accepted_ms;
    int answer_id;
};

/* How often (per 1000 steps) each fault happens in this history. */
struct faults {
    int kill, pause, rebalance, lost_tail, log_head, fatal, lost_link, infra, redis, clock, rebuild, leap, side, copies,
        drop_late, redrive, retain;
};

struct world {
    uint64_t rng;
    uint64_t seed;
    int64_t now; /* true time, ms */
    int64_t steps;
    bool tracing, quiet;
    bool restored; /* the database is a backup older than the log */
    struct faults faults;
    struct db db;
    struct rec (*outbox)[SEQS + 1]; /* per stream, by seq: rows above floor exist; the rest is truth */
    struct broker broker;
    struct proc proc[PROCS];
    struct index index[P];
    struct bank bank;
    int owner[SERVICES][P]; /* the group's coordinator: process, -1 */
    int n_orphan_txns;
    struct txn orphan_txn[ORPHANS_MAX];
    struct producer orphans; /* requests of dead producers */
    int64_t sessions;
    /* truth */
    uint32_t poison[SERVICES][EV_TYPES];  /* bit x: cannot be decided */
    uint32_t bad_sql[SERVICES][EV_TYPES]; /* bit x: decided, but refused by the database */
    bool refused_first[EVENTS];           /* the bank refuses payout 1 */
    struct client client[EVENTS];
    int n_commands;
    struct rec command[COMMANDS];
    int command_done[COMMANDS];
    int registered[EVENTS], missed[EVENTS], settled[EVENTS];
    uint8_t handled[SERVICES][STREAMS][SEQS + 1];
    int64_t handled_case[SERVICES][STREAMS][CASES + 1]; /* last seq handled of a case */
    int64_t answer_appended[EVENTS];
    char violation[256];
};

extern const struct proto_spec sim_specs[SERVICES];

/* Randomness: splitmix64. */
uint64_t sim_random(struct world *w);
int sim_below(struct world *w, int n);
bool sim_chance(struct world *w, int per_mille);

void sim_trace(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The first violation ends the history. */
void sim_violation(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline bool sim_failed(const struct world *w) { return w->violation[0] != '\0'; }

int sim_case(int x); /* 1.. */
int sim_home(int x); /* partition of x's case */
int64_t sim_case_id(int x);
int sim_stream(struct proto_stream s); /* index, -1 */
struct proto_stream sim_stream_at(int index);
const char *sim_type_name(enum type t);

/* broker.c */
void broker_append(struct world *w, enum topic topic, int part, struct rec rec);
void broker_land(struct world *w, int i); /* one queued request of the process */
void broker_land_orphan(struct world *w);
void broker_lose_tail(struct world *w, enum topic topic, int part, int records);
void broker_rebuild(struct world *w);
void producer_orphan(struct world *w, struct proc *p); /* its requests may still land, nobody listens */
int64_t broker_last_seq(const struct world *w, enum topic topic, int part);

/* database.c */
enum run { RUN_OK, RUN_FENCED, RUN_BAD_DATA };
enum run db_run(struct world *w, const struct txn *t);
/* A transaction of the owner's second connection: fenced on its own, unknown to the session's memory. */
void db_side(struct world *w, enum service by, int part);
bool stream_consumed_by(struct proto_stream s, enum service by);

/* process.c */
void proc_start(struct world *w, int i);
void proc_kill(struct world *w, int i);
void proc_turn(struct world *w, int i, int what);
void proc_view(struct world *w, int i); /* hears of the group's decision */
enum {
    TURN_ASSIGN,
    TURN_BATCH,
    TURN_COMMIT,
    TURN_SEND,
    TURN_LAND,
    TURN_TICK,
    TURN_LOOK,
    TURN_TIMERS,
    TURN_BANK,
    TURNS
};
void assign_turn(struct world *w, int i);
void send_turn(struct world *w, int i);
void tick_turn(struct world *w, int i);
void producer_replace(struct world *w, int i);

/* batch.c */
void batch_gather(struct world *w, int i);
void batch_compose(struct world *w, int i);
void batch_step(struct world *w, int i); /* composes what was gathered, or ends what was composed */

/* logic.c: the three services */
struct fold { /* one input being handled */
    struct world *w;
    struct proc *p;
    int part;
    bool redriving;
};
enum handled { HANDLED, POISON };
enum handled logic_handle(struct fold *f, const struct rec *r, int verdict);
void logic_take(struct fold *f, const struct item *it); /* lane, seen, home; then handle or park */
void logic_redrive(struct fold *f, const struct rec *cmd, int64_t limit, bool finish);
void logic_emit(struct fold *f, enum topic topic, int dst, enum type type, int x, int64_t value);
void logic_effect(struct fold *f, const struct rec *r, bool judged);

/* outside.c */
void client_turn(struct world *w);
void client_resend(struct world *w);
void client_redrive(struct world *w, enum service s, int x);
void timers_claim(struct world *w, int i);
void timers_rebuild(struct world *w, int part);
void timers_after_commit(struct world *w, int i, const struct txn *t);
void bank_turn(struct world *w, int i);
void bank_land(struct world *w);

/* history.c */
void world_init(struct world *w); /* once; the big tables live as long as it */
void world_reset(struct world *w, uint64_t seed);
void world_close(struct world *w);
void history_run(struct world *w, uint64_t seed);
/* backup.c: a database restored from a backup, the log newer; every partition it concerns must stop. */
void backup_run(struct world *w, uint64_t seed);
/* history.c, for backup.c */
void history_calm(struct world *w, int steps); /* processes run, nothing fails */
/* contract.c: what only a direct call shows. Fills why and returns false on the first that fails. */
bool contract_check(char *why, int size);

#endif
