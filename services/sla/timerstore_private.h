/* The timer store's memory, and its calls: arguments in, one script, its answer out (timerstore_call.c).
 *
 * Invariant: slot.n is the number of writes Redis has acknowledged since the assignment, and at most
 * slot.doubt more were sent and never answered. Redis holding a number outside [n, n + doubt] means
 * that it is not the store these writes went to. */
#ifndef REDRESS_SLA_TIMERSTORE_PRIVATE_H
#define REDRESS_SLA_TIMERSTORE_PRIVATE_H

#include <stdbool.h>

#include "sla/timerkeys.h"
#include "sla/timerlink.h"
#include "sla/timerstore.h"

enum { NUMBER = 24, ID = TIMERID_SIZE, FIXED_ARGS = 11, ARGS = FIXED_ARGS + 2 * TS_CHUNK };

struct slot {
    struct timerkeys keys;
    bool mine;
    int64_t epoch;
    char gen[NUMBER]; /* random per assignment: an old snapshot never matches */
    int64_t n;
    int doubt;
    int64_t head_ms;
};

/* A claim that was sent. */
struct asked {
    struct slot *slot; /* NULL: none */
    bool answered;
    enum ts_result result;
    redisReply *reply; /* of an answer TS_OK */
};

struct ts {
    struct timerlink link;
    struct asked asked;
    struct slot *slots;
    int partitions;
    /* Arguments of the call being composed. */
    int argc;
    const char *argv[ARGS];
    size_t lens[ARGS];
    int n_numbers;
    char numbers[ARGS][NUMBER];
    unsigned char ids[TS_CHUNK][ID];
};

/* Composes a call; `ahead`: writes of this wave that come before it. A claim on its way is settled first. */
void ts_begin(struct ts *ts, const struct slot *s, const char *op, int ahead);
void ts_add_number(struct ts *ts, int64_t v);
void ts_add_id(struct ts *ts, int k, int64_t id); /* k: its place among the ids of this call */
bool ts_send_call(struct ts *ts);
/* What an answer says of the index; takes over its number and its head. */
enum ts_result ts_accept(struct slot *s, const redisReply *r);
int64_t ts_reply_int(const redisReply *r, size_t i);
/* The answer of a claim on its way comes before that of anything sent after it. May take the link down. */
void ts_settle(struct ts *ts);
/* Sends what was composed and waits. *reply is the caller's to free, only with TS_OK. */
enum ts_result ts_call(struct ts *ts, struct slot *s, redisReply **reply);

#endif
