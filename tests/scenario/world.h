/* An installation in memory: the seven cores, their topics, a driven clock, timers, a bank.
 *
 * Every event stands on one topic in one order; each service reads each topic in that order, but which
 * topic it reads next is free: the world takes turns, or draws (seeded), so that facts of different
 * services meet in every relative order. Nothing is delivered twice (the runtime sees to that).
 * Time passes only by world_run_to; a timer fires when its service has read all there is to read.
 *
 * A broken verdict, an output the encoder refuses, and a state that does not survive its own encoding
 * are reported through `broken`. One world is one thread. */
#ifndef REDRESS_SCENARIO_WORLD_H
#define REDRESS_SCENARIO_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/core.h"
#include "policy/policy.h"

enum world_service { INTAKE, DISPATCH, EVIDENCE, APPROVAL, PAYMENT, ESCALATION, SLA, WORLD_SERVICES };
/* Topics: one a service by its number, the two from outside, and the one that leads to the homes of accounts. */
enum { WORLD_INBOUND = WORLD_SERVICES, WORLD_COMMAND, WORLD_EXCHANGE, WORLD_TOPICS, WORLD_LOCAL = WORLD_TOPICS };

struct happening {
    enum event_type type;
    const void *data;
    const char *id;
    const char *source;
    int64_t case_id;             /* 0: inbound, not yet resolved */
    int64_t at_ms;               /* the event's own time */
    int64_t now_ms;              /* the clock when it was made */
    int topic;                   /* or WORLD_LOCAL */
    int cause;                   /* fact that led to it; -1 = from outside */
    const struct policy *policy; /* by which it was decided */
};

struct world_case {
    int64_t case_id;
    const char *matter;
    bool is_account; /* no case but an account at its home */
    void *state[WORLD_SERVICES];
    int64_t approved_minor; /* sum of the slips */
};

struct world_options {
    uint64_t seed;
    bool lag;         /* services other than sla may be behind when a timer fires (drawn) */
    bool shuffle;     /* draw what is read next */
    bool check_codec; /* encode and decode every output and state */
    bool stamp_now;   /* what a command leads to carries the time of deciding, not of its acceptance */
    int64_t start_ms; /* 0: Monday 2026-03-02 09:00 in Shanghai */
};

struct bank_call {
    int64_t due_ms;
    int64_t case_id;
    const struct ev_payment_bank_answer *answer;
};

struct world {
    struct arena arena;
    struct world_options options;
    const struct policy *policy;
    int64_t now_ms;
    uint64_t rng;
    struct happening *facts;
    int n_facts, cap_facts;
    int *topics[WORLD_TOPICS]; /* indices of facts */
    int n_topic[WORLD_TOPICS], cap_topic[WORLD_TOPICS];
    int cursor[WORLD_SERVICES][WORLD_TOPICS];
    struct world_case *cases;
    int n_cases, cap_cases;
    struct bank_call *bank;
    int n_bank, cap_bank;
    enum bank_outcome bank_next; /* outcome of the next payouts, until changed */
    int64_t bank_delay_ms;
    const char *broken; /* NULL, or what went wrong first */
};

/* The cores by number; NULL = not built into this program. */
extern const struct core *const world_cores[WORLD_SERVICES];

void world_init(struct world *w, const struct policy *p, const struct world_options *options);
void world_deinit(struct world *w);

/* Something arrives from outside now. Data must live as long as the world (world.arena). */
int world_send(struct world *w, enum event_type type, const void *data, const char *source);
/* The same about a case: a command. */
int world_command(struct world *w, enum event_type type, const void *data, int64_t case_id);
/* A command accepted at the edge at an earlier time than it is read. */
int world_command_at(struct world *w, enum event_type type, const void *data, int64_t case_id, int64_t at_ms);

/* One service reads one event; false when nobody has anything to read. */
bool world_step(struct world *w);
/* Until nobody has anything to read. */
void world_drain(struct world *w);
/* Lets time pass to at_ms: timers and bank answers come when they are due. */
void world_run_to(struct world *w, int64_t at_ms);
/* Another revision of the policy is in force; where it moves deadlines, each case is looked at (SL-6). */
void world_change_policy(struct world *w, const struct policy *p);
/* The next instant at which a timer or the bank does something; INT64_MAX = none. */
int64_t world_next_ms(const struct world *w);

struct world_case *world_case(struct world *w, int64_t case_id);
/* The id of an account at its home: a command goes to it as to a case. */
int64_t world_account(struct world *w, const char *key);
/* The state of a case in a service; all zero when the service does not know it. */
const void *world_state(struct world *w, int64_t case_id, enum world_service s);
const char *world_status(struct world *w, int64_t case_id, enum world_service s);

/* Feeds, in order and to empty states, the inputs that the outputs of each service name as their cause,
 * and compares states and outputs. NULL = the same; else what differs. */
const char *world_replay_check(struct world *w);
/* What must hold whenever nobody has anything to read (see world_check.c). NULL = it does. */
const char *world_check(struct world *w);
/* The ledger: each currency at zero, no deposit below zero (world_books.c); a part of world_check. */
const char *world_books_check(struct world *w);

/* A seeded draw of 0..n-1. */
int world_draw(struct world *w, int n);

#endif
