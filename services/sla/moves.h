/* What a change of the policy means to running deadlines, as inputs (SL-6).
 *
 * When a revision that moves deadlines is in force, each case with an armed timer not yet looked at under it gets one
 * sla.policy_changed, always behind the timers that are due, and of all partitions together so few a turn that what
 * falls due meanwhile waits some ms: as many as such turns take (moves.c). A timer's row says under which revision it
 * was looked at (column revision, written with the case's transaction), so a restart or another owner goes on where the
 * last commit was. */
#ifndef REDRESS_SLA_MOVES_H
#define REDRESS_SLA_MOVES_H

#include "runtime/service.h"

struct moves;

struct moves_batch {
    struct local_input *inputs; /* the caller's */
    int max, n;
    int64_t now_ms;
};

struct moves *moves_new(int parts);
void moves_free(struct moves *m);
/* The partition came or went: what is known of it is void. */
void moves_reset(struct moves *m, int part);
/* Whether cases of the partition may still have to be looked at. Cheap. */
bool moves_pending(const struct moves *m, int part, const struct policy *p);
/* Adds at most max; asked again, those that have not committed come again. False: the rows cannot be read. */
bool moves_inputs(struct host *h, struct moves *m, int part, struct moves_batch *out, struct err *e);
/* One of them has committed. */
void moves_taken(struct moves *m, const struct local_input *in);

#endif
