/* Inside of protocol*.c. Rows are found by index, never searched: every input has one edge slot per stream it
 * may carry, every output one slot per destination. Each row is held twice: `now` as committed, `next` as the
 * open batch would leave it; outside a batch both are equal. */
#ifndef REDRESS_RUNTIME_PROTOCOL_PRIVATE_H
#define REDRESS_RUNTIME_PROTOCOL_PRIVATE_H

#include "runtime/protocol.h"
#include "runtime/protocol_mutation.h"

enum { PROTO_IDS = 64 };

/* A growing list of slot numbers. */
struct list {
    int *at;
    int n, cap;
};

struct input {
    struct proto_input_row now, next;
    bool dirty;   /* in part.dirty_inputs */
    bool unsaved; /* differs from the table although no batch made it so (a seek, a new cluster) */
    bool mark_due;
    int64_t high_watermark; /* of the last fetch answer; -1 = none yet */
    int64_t noted_end;      /* part.noted_ms's: to be read before timers of that moment fire */
    int64_t fetched_ms;     /* mono, of that answer */
    int64_t asked_ms;       /* mono, of the last asking */
    int64_t looked_ms;      /* mono, of the last idle look */
};

struct edge {
    struct proto_edge_row now, next;
    bool dirty, unsaved;
    bool ask;              /* lacks what stood before the log end it has read to */
    int64_t lacked_at;     /* last_seq at the last look if it lacked, else -1 */
    int64_t lack_ms;       /* mono, of the first look that found it lacking there */
    int64_t lack_end;      /* the log end noted a while after; -1 = not yet */
    int64_t want_since_ms; /* mono */
};

struct chunk {
    int64_t first, last;
    void *handle;
};

/* An asking that this session has seen. */
struct asking {
    uint16_t consumer;
    bool answered;
    int64_t want, want_n;
    int64_t first_ms;     /* mono, when it was seen first */
    int64_t in_flight_ms; /* mono, when its record was last seen on its way; -1 = never */
};

struct out {
    struct proto_out_row now, next;
    bool exists; /* has a row, or the open batch makes it one */
    bool dirty;
    int64_t cursor; /* next seq to hand to the producer */
    bool listed;    /* in part.sending */
    struct chunk *chunks;
    int n_chunks, cap_chunks;
    int n_pending; /* the last so many chunks belong to the open batch */
    struct asking *askings;
    int n_askings, cap_askings;
};

struct parked {
    int64_t case_id;
    int64_t rows, last_n;
    int64_t rows_next, last_n_next;
};

struct part {
    enum proto_state state;
    int64_t retry_ms; /* mono, when WAITING */
    int failures;     /* assignments failed in a row */
    bool joined;      /* in an open batch */
    bool setup;       /* unsaved rows exist: to be committed before reading */
    bool resume_due;  /* sending waits for resume points */
    int64_t session;  /* unique in this process */
    int64_t epoch, txn, clock_now, clock_next;
    int64_t
        noted_ms; /* installation's clock: when the ends of all inputs were noted that are not yet reached; 0 = none */
    int64_t fire_ms; /* installation's clock: everything that stood in the logs then has been read */
    char cluster[PROTO_CLUSTER_SIZE];
    bool cluster_unsaved;
    int64_t stopped_last_seq, stopped_out_seq;
    struct input *inputs;
    struct edge *edges;
    struct out *outs;
    struct list dirty_inputs, dirty_edges, dirty_outs;
    struct list sending;   /* slots of outs with something to send; the first is next */
    struct parked *parked; /* ascending by case_id */
    int n_parked, cap_parked;
    bool parked_dirty;
    struct proto_input_row *write_inputs; /* what proto_writes hands out */
    struct proto_edge_row *write_edges;
    struct proto_out_row *write_outs;
    int cap_write_inputs, cap_write_edges, cap_write_outs;
};

struct protocol {
    const struct proto_spec *spec;
    struct part *parts;
    int n_edges, n_outs;            /* slots per partition */
    int input_of[PROTO_IDS];        /* topic → input, -1 */
    int output_of[PROTO_IDS];       /* topic → output, -1 */
    int *edge_base;                 /* input → first edge slot */
    int *out_base;                  /* output → first out slot */
    signed char (*rank)[PROTO_IDS]; /* input, service → place among its writers, -1 */
    int64_t *last_offset;           /* per output and destination: offset of the last delivery; -1 */
    int64_t *in_flight;             /* the same: records handed to the producer and not reported */
    int64_t sessions;               /* numbers given */
    void **released;
    int n_released, cap_released;
    bool clock_seen, clock_held;
    int64_t clock_shown_ms, clock_mono_ms; /* the last observation, as used */
    int64_t clock_held_until_ms;           /* mono */
    int64_t clock_jump_ms;
};

/* Grows an array to hold at least n; aborts when memory is out. */
void proto_grow(void *array, int *cap, int n, size_t size);
void proto_list_push(struct list *l, int slot);
struct part *proto_part(const struct protocol *p, int part);                         /* any state */
struct part *proto_running(const struct protocol *p, int part);                      /* RUNNING or abort */
struct part *proto_joined(const struct protocol *p, int part);                       /* RUNNING and joined or abort */
struct input *proto_input(const struct protocol *p, struct part *t, uint16_t topic); /* known or abort */
/* NULL when it is not a stream this partition consumes. */
struct edge *proto_edge(const struct protocol *p, int part, struct proto_stream s);
/* NULL when it is not a stream this partition writes. */
struct out *proto_out(const struct protocol *p, int part, uint16_t topic, int dst);
void proto_dirty_input(struct part *t, struct input *in);
void proto_dirty_edge(struct part *t, struct edge *e);
void proto_dirty_out(struct part *t, struct out *o);
void proto_list_sending(struct part *t, struct out *o);
void proto_release_handle(struct protocol *p, void *handle);
/* Forgets the session: chunks released, pending gone, tables freed. */
void proto_drop(struct protocol *p, struct part *t, enum proto_state state, int64_t retry_ms);
void proto_drop_pending(struct protocol *p, struct part *t);
/* Resume points from hints. false: the log is ahead of out_seq. */
bool proto_set_cursors(struct protocol *p, int part, const struct proto_hints *hints);

#define PROTO_INPUTS(p) ((p)->spec->n_inputs)

#endif
