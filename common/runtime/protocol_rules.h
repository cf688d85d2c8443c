/* Rules of the protocol that need no session: what an outcome means, how a batch is halved, when bytes may be
 * dropped, what a timer's row says, what a bank's answer allows. Pure functions of values. */
#ifndef REDRESS_RUNTIME_PROTOCOL_RULES_H
#define REDRESS_RUNTIME_PROTOCOL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised by the fence statement when its row does not match. Not of class 22 or 23, which mean bad data. */
#define PROTO_SQLSTATE_FENCED "RF001"

enum {
    PROTO_TICK_MS = 1000,
    PROTO_LOOK_MS = 2000,           /* idle check */
    PROTO_END_AFTER_LACK_MS = 1000, /* what was committed before is in the log by then, or on its way */
    PROTO_END_AFTER_ASK_MS = 5000,  /* as long as an answer may take to get there */
    PROTO_WANT_ALARM_MS = 30000,
    PROTO_IN_FLIGHT_MS = 10000,     /* a want waits at most so long for a record on its way */
    PROTO_LANDED_MS = 2000,         /* and so long for it to be read once it has landed */
    PROTO_JUMP_MS = 60000,          /* forward jump that pauses firing, and for how long */
    PROTO_KEEP_OUTBOX_MS = 86400000 /* rows younger than a day stay */
};

/* ---- transaction outcome ---- */

enum proto_outcome {
    PROTO_COMMITTED,
    PROTO_FENCED,  /* nothing written for any partition of it */
    PROTO_DATA,    /* SQLSTATE 22, 23: halve, at one event park */
    PROTO_INFRA,   /* certainly rolled back: back off, compose again; never park */
    PROTO_UNKNOWN, /* may have committed, or may yet: through assignment again */
};
struct proto_txn_result {
    bool commit_ok;       /* COMMIT answered with the tag COMMIT (a tag ROLLBACK is not ok) */
    bool connection_lost; /* before COMMIT's answer was read */
    bool commit_sent;     /* COMMIT could have been read by the server (pipelined: true from the first flush) */
    bool at_commit;       /* the error answers COMMIT itself, not an earlier statement */
    bool severe;          /* severity FATAL or PANIC */
    const char *sqlstate; /* of the first error; NULL when none came */
};
enum proto_outcome proto_classify(const struct proto_txn_result *r);

/* ---- halving ---- */

/* Which part of a batch of `end` inputs to try: inputs lo..hi-1, in order; park=true: write input lo (alone) to
 * `parked` instead of handling it. redrive_rows >= 0: input lo is a redrive (alone); handle at most so many rows
 * of its case in this transaction, and while rows are left do not receive the command itself yet (no position, no
 * `seen`, no answer); 0: handle none, receive it and answer that the next row fails. -1: no limit. */
struct proto_split {
    size_t lo, hi, end;
    bool park;
    int64_t redrive_rows;
};
struct proto_split proto_split_whole(size_t inputs);
static inline bool proto_split_done(const struct proto_split *s) { return s->lo == s->end; }
/* The attempt failed with PROTO_DATA. is_redrive: input lo is a redrive command; rows: of its case, as tried.
 * false when there is nothing smaller to try (parking itself was refused): an alarm, treat as PROTO_INFRA. */
bool proto_split_failed(struct proto_split *s, bool is_redrive, int64_t rows);
/* The attempt committed. rows_left: of the case of a limited redrive; it goes on until a row fails. */
void proto_split_committed(struct proto_split *s, int64_t rows_left);

/* ---- home ---- */

enum proto_home { PROTO_JUDGE, PROTO_FORWARD };
/* An inbound event read in partition `part` whose identity's home is `home`: elsewhere it is forwarded unjudged
 * on the exchange, and `seen` is asked only at home. */
enum proto_home proto_home(int part, int home);

/* ---- outbox retention ---- */

struct proto_retained {   /* one stream in the rows to be dropped */
    int64_t last;         /* its highest number in them */
    int consumers;        /* edge rows registered for it */
    int consumers_needed; /* proto_output_spec.consumers */
    int64_t min_last_seq; /* smallest last_seq among those edges */
};
bool proto_may_drop(const struct proto_retained *streams, int n, int64_t newest_ms, int64_t now_ms);

/* ---- timers ---- */

enum proto_timer_index { PROTO_INDEX_DELETE, PROTO_INDEX_PUT_BACK };
/* After the fired-UPDATE matched no row: what to do with the index entry. PUT_BACK: at the row's own due (and
 * its own version). exists=false: no row. */
enum proto_timer_index proto_timer_missed(bool exists, bool armed);
/* An answer accepted at the edge at accepted_ms annuls a miss that has fired for due_ms. */
bool proto_annuls(bool fired, int64_t due_ms, int64_t accepted_ms);

/* ---- calls to the outside ---- */

enum proto_bank_answer {
    PROTO_BANK_SETTLED,   /* done, under this key */
    PROTO_BANK_REFUSED,   /* definite refusal of this key */
    PROTO_BANK_CANCELLED, /* confirmed: this key will never be paid */
    PROTO_BANK_PENDING,
    PROTO_BANK_NOT_FOUND, /* a query found nothing: no proof of "never", a call may still be on its way */
    PROTO_BANK_SILENT,    /* timeout, connection lost, 5xx */
};
enum proto_bank_verdict { PROTO_PAY_SETTLED, PROTO_PAY_FAILED, PROTO_PAY_REPEAT, PROTO_PAY_WAIT };
/* REPEAT: call again with the same key. FAILED alone allows a new payout number. */
enum proto_bank_verdict proto_bank(enum proto_bank_answer answer);

#endif
