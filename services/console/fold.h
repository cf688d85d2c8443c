/* What a batch of events changes in the read model, folded in memory: one row per case, limit, slip, payout. Pure.
 *
 * Facts of one service arrive in order; facts of different services in any order, so every column belongs to one
 * service (or carries a version). FOLD_NONE in a number means "not told". */
#ifndef REDRESS_CONSOLE_FOLD_H
#define REDRESS_CONSOLE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/events.h"

struct policy; /* policy/policy.h */

#define FOLD_NONE INT64_MIN

enum fold_service {
    FOLD_INTAKE,
    FOLD_DISPATCH,
    FOLD_EVIDENCE,
    FOLD_APPROVAL,
    FOLD_PAYMENT,
    FOLD_ESCALATION,
    FOLD_SERVICES
};

struct fold_entry { /* timeline */
    int64_t case_id, at_ms;
    const char *type, *id, *cause, *actor, *actor_role, *data;
};
struct fold_view {
    int64_t case_id, updated_ms, planned_minor, paid_minor /* added */, opened_ms, closed_ms, missed, slips, takeovers;
    const char *status[FOLD_SERVICES];
    const char *outcome;
    bool reopened; /* closed_ms and outcome are void */
};
struct fold_facts {
    int64_t case_id;
    const struct brief *brief;
    const char *external_ref;
};
struct fold_assignment {
    int64_t case_id;
    const struct assignment *assignment;
};
struct fold_limit {
    int64_t case_id, ver, start_ms, due_ms, warn_ms, warned_ms, fired_ms, ended_ms, late_ms, misses /* added */;
    const char *code, *state;
    bool ours;  /* its miss is answered for by a slip; not the customer's own (policy: on_miss) */
    bool armed; /* a new run: what was known of the one before is void */
};
struct fold_slip {
    int64_t case_id, ver, issued_ms, due_ms, late_ms, withdrawn_ms;
    const char *slip_no, *code, *to_org, *to_person;
};
struct fold_payout {
    int64_t case_id, payout_no, amount_minor, instructed_ms, ended_ms;
    const char *state, *currency, *payee, *key, *voucher_no, *bank_ref, *reason;
};
struct fold_notice { /* its making and its fate; what was not read is FOLD_NONE or NULL */
    int64_t case_id, notice_no, made_ms, answered_ms;
    const char *no; /* notice_no again, as the row's key */
    const char *id, *kind, *channel, *data, *result, *how, *answered_by, *reason;
};
struct fold_alarm { /* of the timers; belongs to no case */
    int64_t partition, since_ms, ended_ms, late_ms;
    const char *kind;
};
struct fold_paid {
    const char *currency;
    int64_t n, amount_minor;
};

struct fold_list { /* of one kind of row, with an index by key */
    void *rows;
    int n, cap;
    int *index; /* open addressing: row + 1; cap_index is a power of two */
    int cap_index;
};
struct fold {
    struct arena *arena;
    struct fold_list entries, views, facts, assignments, limits, slips, payouts, notices, paid, alarms;
    const struct policy *policy; /* NULL: every limit is ours */
    int64_t counts[EV_COUNT];
    int64_t missed; /* misses of ours */
};

/* One event or command as read. data: its decoded struct, or NULL when fold_needs said it is not needed. */
struct fold_input {
    enum event_type type;
    int64_t case_id, at_ms;
    const char *id, *cause;
    const char *json; /* NUL-terminated */
    const void *data;
};

/* Everything lives in the arena; strings of the inputs are kept by reference. */
void fold_init(struct fold *f, struct arena *a, const struct policy *policy);
/* Whether fold_apply wants the event's data decoded. */
bool fold_needs(enum event_type type);
void fold_apply(struct fold *f, const struct fold_input *in);

#endif
