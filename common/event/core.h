/* What a pure core is: values in, values out.
 *
 *   decide(state, input, policy) -> verdict + next state + output events + reason
 *
 * A core has no malloc (the decision's arena is its only memory), no clock (the input carries now),
 * no randomness, no logging, no I/O. It links base, calendar, the event structs and policy, nothing
 * else; a test reads the symbol tables. The passage of time is an event (`sla.timer_fired`).
 *
 * Invariants that runtime, simulator and auditor build on:
 *  - a state changes only together with at least one output event (core_step enforces it), so the
 *    outputs' causation ids list, in order, every input that ever changed the state, and feeding
 *    those inputs again gives the state in the database;
 *  - a command (type COMMAND_*) always ends in an output: an effect, or `<service>.command_refused`;
 *  - events of different topics may be read in any relative order: facts commute or carry a version. */
#ifndef REDRESS_EVENT_CORE_H
#define REDRESS_EVENT_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/events.h"

struct policy; /* policy/policy.h */

enum verdict {
    VERDICT_IGNORED, /* concerns this service but changes nothing */
    VERDICT_DONE,    /* next state and outputs are valid */
    VERDICT_REFUSED, /* a command refused: rule and reason say why; state as before */
    VERDICT_BROKEN,  /* cannot be handled (broken invariant): the shell parks it with the reason */
};

/* One thing that happened. */
struct input {
    enum event_type type;
    const void *data;   /* the generated struct of that type */
    const char *id;     /* CloudEvents id */
    const char *source; /* CloudEvents source; for inbound messages the channel's registered source */
    int64_t case_id;
    int64_t now_ms; /* the loop's clock; never goes back */
    int64_t at_ms;  /* the event's own time: when it was accepted at the edge, or decided */
};

struct output {
    enum event_type type;
    const void *data;
};

enum { DECISION_MAX_OUTPUTS = 64 };

struct decision {
    struct arena *arena;
    struct output outputs[DECISION_MAX_OUTPUTS];
    int n_outputs;
    bool overflow;      /* more outputs than fit were emitted: core_step makes it VERDICT_BROKEN */
    const char *rule;   /* refused: the rule that refuses, e.g. "AP-6" */
    const char *reason; /* refused or broken: reason code, snake_case */
    const char *detail; /* optional, for a person */
};

struct step {
    const struct policy *policy;
    const void *state; /* current; all zero for a case this service does not know */
    void *next;        /* starts as a shallow copy of state */
    const struct input *in;
    struct decision *out;
};

typedef enum verdict (*step_fn)(struct step *s);

/* One row per handled (status, event) pair; no wildcards. A command without a row is refused with
 * reason "not_in_this_state" ("no_such_case" in status 0) by a core that has a row for it elsewhere,
 * by the rule its guard names; any other input without a row is ignored. */
struct transition {
    int from;
    enum event_type event;
    step_fn fn;
    uint64_t allowed_to; /* bit per status the function may end in */
    const char *why;     /* rule or reason, for the diagram */
};

#define TO(status) (UINT64_C(1) << (status))

/* The rule that refuses a command in the statuses without a row for it. A core has exactly one guard for each pair of
 * a status and one of its commands that has no row. */
struct guard {
    enum event_type command;
    uint64_t in; /* bit per status */
    const char *rule;
};

struct core {
    const char *service;             /* "approval" */
    const struct type_desc *state;   /* generated; its first member is `int status`-sized enum, 0 = none */
    const char *const *status_names; /* by status */
    int n_statuses;
    const struct transition *table;
    int n_transitions;
    const struct guard *guards;
    int n_guards;
    enum event_type refused; /* EV_<SERVICE>_COMMAND_REFUSED */
};

/* Adds an output of `type`; returns its zeroed struct (of the size the type has) to be filled. */
void *decision_emit(struct decision *d, enum event_type type);
/* For `return step_refuse(...)`. The rule must be one of the rulebook. */
enum verdict step_refuse(struct step *s, const char *rule, const char *reason, const char *detail);
enum verdict step_broken(struct step *s, const char *reason);

/* Runs one input through a core's table: finds the row, calls it, checks that the next status is
 * allowed and that a changed state came with an output; turns a refusal into the core's
 * command_refused event. Unless DONE, `next` is as `state`, and there are no outputs but the refusal's.
 * A broken promise of the core is VERDICT_BROKEN with a reason: status_not_allowed, change_without_event,
 * command_without_answer, too_many_outputs, refused_what_is_no_command, refused_without_rule. `next` must be
 * core->state->size bytes. Strings and arrays inside `next` and the outputs live in the arena or in `state`/`in`. */
enum verdict core_step(const struct core *core, const struct policy *policy, const void *state, const struct input *in,
                       void *next, struct decision *out);
/* True when the core has any row for this event type. */
bool core_handles(const struct core *core, enum event_type type);
/* Writes the table as a Mermaid state diagram (target redress_diagram, shell side). */
struct buf;
void core_diagram(const struct core *core, struct buf *out);

#endif
