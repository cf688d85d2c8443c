/* redressctl audit: proves on a live or stopped installation that what must be true is true, and names the
 * offender otherwise. What it reads is a snapshot: of every partition the database is read in one
 * repeatable-read transaction, and the topics up to the numbers that transaction saw.
 *
 * The seven checks (numbers as the report prints them):
 *  1 every accepted inbound event is exactly one contact of exactly one case        (CH-4)
 *  2 per service and partition: topic = outbox, gapless, each effect once
 *  3 every instructed payout settled at most once and equal to the bank's own book, by whichever way it went, and
 *    nothing else is in that book; the ledger balances, no deposit is below zero              (PA-3, PA-4)
 *  4 every limit's miss fired once, none early, none forgotten, none standing where the answer was in time; what is
 *    armed in a case's state has its timer, and no timer stands without (SL-3)
 *  5 feeding a case's inputs to the cores again gives the state in the database
 *  6 every open case has an owner and a next deadline, or a stated reason           (DI-4, ES-6)
 *  7 the time index in Redis holds exactly the armed timers, each with its due       (SL-3) */
#ifndef REDRESS_CLI_AUDIT_H
#define REDRESS_CLI_AUDIT_H

#include <uthash.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "event/core.h"
#include "policy/policy.h"
#include "runtime/pg.h"
#include "runtime/record.h"
#include "runtime/topics.h"

enum { AUDIT_CHECKS = 7, AUDIT_INDEX = 7, AUDIT_SHOWN = 20, AUDIT_CORES = 7, AUDIT_GRACE_REAL_MS = 5000 };
/* The streams of a partition: each core's own topic by its number, and intake's notices to customers. */
enum { AUDIT_NOTICES = AUDIT_CORES, AUDIT_STREAMS, AUDIT_STREAM_TEXT = 48 };

struct audit_check {
    const char *title;
    int64_t examined; /* things looked at */
    int64_t waiting;  /* not judged yet: still on the way when the snapshot was taken */
    int64_t offences;
    json_t *shown; /* the first AUDIT_SHOWN, as text */
    json_t *notes; /* what could not be looked at, and why that is no offence */
};

/* One record of a log, with what the checks ask of it. Lives in the partition's arena. */
struct logged {
    const char *id; /* ce_id */
    enum event_type type;
    int64_t seq, case_id;
    int64_t time_ms;                    /* ce_time */
    int64_t policy;                     /* revision of the policy it was decided by (header policy) */
    const char *source, *cause, *local; /* headers; NULL when absent */
    const char *cause_source;           /* of a cause from outside: ids are unique within their source alone */
    const char *json;
    size_t json_len;
    uint32_t crc;           /* of the complete record */
    struct logged *same_id; /* another record of that id (other source) */
    UT_hash_handle hh;
};

struct audit_log {
    struct logged *items; /* by seq: items[seq-1], id NULL = absent */
    int64_t n;
};

struct audit_state {
    int64_t case_id;
    int status;
    const char *body;
};

struct audit_states {
    struct audit_state *rows; /* by case_id */
    int n;
};

/* A partition as the snapshot saw it. */
struct audit_part {
    int part;
    struct arena arena;
    int64_t out_seq[AUDIT_STREAMS], floor[AUDIT_STREAMS];
    struct audit_log own[AUDIT_STREAMS];
    struct audit_states states[AUDIT_CORES];
    struct logged *by_id; /* own topics, commands, and what the exchange brought to accounts of this partition */
};

struct audit {
    struct cli *cli;
    struct pg *pg;
    struct clock clock;
    const struct policy *policy;
    int partitions;
    struct arena arena;        /* for the whole audit */
    struct logged *inbound;    /* by id, all partitions */
    int64_t inbound_read[256]; /* intake's next_offset per partition when the snapshot was taken */
    struct audit_check checks[AUDIT_CHECKS];
};

extern const struct core *const audit_cores[AUDIT_CORES]; /* by enum service_no */

/* "intake.3", "intake.3.notice": what the ids of a stream's events begin with; AUDIT_STREAM_TEXT bytes. */
const char *audit_stream_text(int stream, int part, char *buf);

void audit_offend(struct audit *a, int check, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void audit_note(struct audit *a, int check, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Each row of the query's first column is an offender; static text. */
bool audit_rows(struct audit *a, int check, const char *sql, struct err *e);

/* audit_load.c */
bool audit_load_inbound(struct audit *a, struct err *e);
bool audit_load_part(struct audit *a, struct audit_part *p, int part, struct err *e);
void audit_free_part(struct audit_part *p);

/* The checks. False only when something could not be read. */
bool audit_inbound(struct audit *a, struct err *e);
void audit_streams(struct audit *a, const struct audit_part *p);
bool audit_money(struct audit *a, struct err *e);
void audit_limits(struct audit *a, const struct audit_part *p);
bool audit_timers(struct audit *a, struct err *e);
void audit_replay(struct audit *a, const struct audit_part *p);
bool audit_open_cases(struct audit *a, struct err *e);
bool audit_index(struct audit *a, struct err *e);

#endif
