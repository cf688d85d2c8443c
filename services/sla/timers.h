/* The timers of this process (adapter.c) and their index in Redis (timerindex.c). */
#ifndef REDRESS_SLA_TIMERS_H
#define REDRESS_SLA_TIMERS_H

#include "sla/moves.h"
#include "sla/sla_shell.h"
#include "sla/timerlist.h"
#include "sla/timerstore.h"
#include "sla/timerwatch.h"

enum { GRACE_MS = 1000, AHEAD_MS = 1500, LEASE_MS = 10000 }; /* real time; times the clock's scale */
enum { SWEEP_MOST = 512 };                                   /* rows of a partition a sweep reads at most */
enum { TIMERS_DIFFER = 2 }; /* comparisons running that find index and rows apart: they are */

enum index_state {
    INDEX_OFF,     /* Redis does not answer, or lost something: the sweep alone */
    INDEX_FILLING, /* assigned, being filled from the rows */
    INDEX_WHOLE,
    INDEX_REFUSED, /* Redis knows a later owner; the fence will tell */
};

struct part {
    bool mine;
    int64_t epoch;
    enum index_state index;
    int64_t fill_due, fill_id; /* filled up to here */
    int64_t rows;              /* armed rows the index should hold by now */
    int64_t swept_to;          /* all rows due until here are in the list (or `more`) */
    bool more;                 /* the last sweep did not get all */
    int64_t swept_us;          /* monotonic: the last sweep that succeeded */
    int64_t unswept_ms;        /* since then, at the last tick, before its own */
    int64_t oldest;            /* due of the oldest armed row, as of that sweep, if within its reach; or INT64_MAX */
    bool asked;                /* the index, since the last look */
    int64_t ahead_to;          /* timers due later than this were never claimed */
    int64_t fired[TS_CHUNK];   /* committed, their leases not yet given up */
    int n_fired;
    int64_t fired_us;    /* monotonic: the first of them */
    int64_t look_from;   /* where the next window of the comparison begins */
    int looks, differed; /* comparisons that found them alike; those running that found them apart */
    struct timerlist list;
    struct watch watch;
};

/* A second's look at the index (timerlook.c). */
struct look {
    int left;     /* pieces still to do: a partition each, and the comparison with the judging */
    bool compare; /* the rows could be read */
    bool away;    /* a partition's index does not answer */
};

/* A claim ahead while timers fire: asked of Redis in one turn, its rows read by the next commit (timerclaim.c). */
struct claim {
    enum { CLAIM_NONE, CLAIM_ASKED, CLAIM_GIVEN } state;
    int part;
    int64_t epoch; /* of the partition, when it was asked */
    int64_t ids[TS_CHUNK];
    int n;
};

struct figures { /* metric handles */
    int fired, late, late_most, whole, overdue, swept, swept_at, alarms[TIMER_ALARMS];
};

struct timers {
    struct ts *ts;
    struct part *parts;
    struct moves *moves; /* what a changed policy means to the rows */
    int n_parts;
    double scale;
    int look_part;       /* whose index is compared next */
    int ahead_part;      /* who was prepared last */
    int64_t prepared_us; /* monotonic: the last preparing ended */
    int64_t looks;
    struct look look;
    struct claim claim;
    int fired_last;             /* by the last commit */
    int standing[TIMER_ALARMS]; /* partitions with that alarm, as last logged */
    int64_t late_most;
    struct arena arena; /* of one call */
    struct figures figures;
};

static inline int64_t timers_scaled(const struct timers *t, int64_t real_ms)
{
    return (int64_t)((double)real_ms * t->scale);
}

static inline bool timers_indexed(const struct part *p) { return p->index == INDEX_WHOLE || p->index == INDEX_FILLING; }

/* A row (id, partition, due, case_id, code, ver, warning) into its partition's list. */
void timers_offer(struct timers *t, const struct pg_rows *rows, int row);
/* Rows due until a partition's reach into its list: what is overdue while the index is whole, else a little ahead. */
bool timers_sweep(struct host *h, const int64_t *parts, int n, int64_t now_ms, struct err *e);
/* What the index holds that is due until then: its rows into the list. False: they could not be read. */
bool timers_claim(struct host *h, int part, int64_t until_ms, int64_t now_ms, struct err *e);
/* The same without waiting: asks the index; then, when a transaction is composed, adds the reading of what it gave; and
 * takes the rows when that has committed. timers_end_claim waits for what is still on its way. */
void timers_ask(struct timers *t, int part, int64_t until_ms, int64_t now_ms);
void timers_read_claimed(struct host *h, struct pg_tx *tx, struct pg_rows **rows);
void timers_take_claimed(struct host *h, const struct pg_rows *rows);
bool timers_end_claim(struct host *h, struct err *e);
/* A timer of the list has fired, committed; the index is told some time later, or now. */
void timers_fired(struct timers *t, int part, int64_t id);
void timers_acknowledge(struct timers *t, int part);
/* One piece of what makes firing punctual: claims ahead, acknowledgements, filling. True: there is more. */
bool timers_prepare(struct host *h, int64_t now_ms);

/* Takes the partition's index under its epoch, empty; filling follows piece by piece. */
void timers_assign_index(struct timers *t, int part);
/* True when the call took effect; otherwise the index of the partition is no longer whole. */
bool timers_index_said(struct timers *t, int part, enum ts_result r);
/* All of them, or the index is given up and taken anew: it never lacks a timer, or keeps one, unnoticed. */
bool timers_put(struct timers *t, int part, const struct ts_timer *timers, int n);
bool timers_delete(struct timers *t, int part, const int64_t *ids, int n);
/* One piece of the rows into the index; whole when there are no more. False: the rows could not be read. */
bool timers_fill(struct host *h, int part, struct err *e);
/* An armed row came (+1) or went (-1): what the index should hold. */
void timers_count(struct part *p, int64_t due, int64_t id, int change);
/* Compares a window of one partition's index with its rows, another partition each time. Apart in two looks
 * running: the index is rebuilt. False: the rows could not be read. */
bool timers_compare(struct host *h, int64_t now_ms, struct err *e);
/* The watch's look at every partition. */
void timers_watch(struct host *h, int64_t now_ms);

/* A second's look at the rows and the index of all partitions begins, after what is left of the one before;
 * timers_look does its next piece, if one is left. */
void timers_look_begin(struct host *h, int64_t now_ms);
void timers_look(struct host *h, int64_t now_ms);

#endif
