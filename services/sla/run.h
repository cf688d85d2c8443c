/* What can happen to the limits of one case within one step (sla.h). Pure; used by decide.c only. */
#ifndef REDRESS_SLA_RUN_H
#define REDRESS_SLA_RUN_H

#include "policy/policy.h"
#include "sla/sla.h"

/* One input being applied. The limits are a writable copy with room for one more a definition. */
struct run {
    struct step *s;
    struct sla_state *next;
    struct limit *limits; /* == next->limits */
    int64_t at_ms;        /* when the input was accepted */
    enum event_type event;
    bool noted; /* the state changed without a limit to tell of */
};

struct run run_begin(struct step *s);
/* DONE, with sla.noted when the state changed and no limit told of it; BROKEN when a calendar could not count. */
enum verdict run_end(struct run *r);

/* NULL when the case never had that limit. */
struct limit *run_find(struct run *r, const char *code);
void run_start(struct run *r, const struct policy_limit *def, int64_t start_ms);
void run_stop(struct run *r, const struct policy_limit *def);
void run_cancel(struct run *r, struct limit *l, const char *reason);
void run_pause(struct run *r, const struct policy_limit *def);
void run_resume(struct run *r, const struct policy_limit *def);
void run_warn(struct run *r, struct limit *l);
void run_miss(struct run *r, struct limit *l);
/* A start read while the case was closed, belonging to a reopening: it runs after all. */
void run_revive(struct run *r, struct limit *l);

#endif
