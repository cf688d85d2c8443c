/* The SLA core's table (sla.h). Every fact of the other services has its rows, since any policy may name it. */
#include <string.h>

#include "sla/limits.h"
#include "sla/run.h"

/* ---- what only some events do ---- */

/* A higher version of the brief wins; limits that do not apply to the case (any more) are dropped. */
static void take_brief(struct run *r, const struct brief *b, const char *reason)
{
    const struct limit_scope *old = r->next->scope;
    int64_t version = b->has_version ? b->version : 1;
    if (old != NULL && version <= old->version) return;
    struct limit_scope *scope = ARENA_NEW(r->s->out->arena, struct limit_scope);
    *scope = (struct limit_scope){.kind = b->kind, .phase = b->phase, .history = b->history, .version = version};
    r->next->scope = scope;
    r->noted = true;
    for (int i = 0; i < r->next->n_limits; i++) {
        struct limit *l = &r->limits[i];
        const struct policy_limit *def = policy_limit(r->s->policy, l->code);
        bool applies = def != NULL && policy_limit_applies(def, b->kind, b->phase);
        if (limits_is_open(l) && !applies) run_cancel(r, l, reason);
    }
}

static bool applies(const struct run *r, const struct policy_limit *def)
{
    const struct limit_scope *scope = r->next->scope;
    return scope == NULL || policy_limit_applies(def, scope->kind, scope->phase);
}

static void close_pauses(struct run *r)
{
    struct sla_state *n = r->next;
    struct open_pause *rest = ARENA_ARRAY(r->s->out->arena, struct open_pause, n->n_open_pauses + 1);
    int kept = 0;
    for (int i = 0; i < n->n_open_pauses; i++) {
        enum event_type pausing = EV_NONE;
        bool ends = false;
        event_parse_name(n->open_pauses[i].event, &pausing);
        for (int k = 0; k < r->s->policy->n_limits; k++) {
            const struct policy_limit *def = &r->s->policy->limits[k];
            ends |= limits_has(def, POLICY_PAUSE, pausing) && limits_has(def, POLICY_RESUME, r->event);
        }
        if (!ends) rest[kept++] = n->open_pauses[i];
    }
    r->noted |= kept < n->n_open_pauses;
    n->open_pauses = rest;
    n->n_open_pauses = kept;
}

/* Overlapping pauses count once: the event is open until what resumes from it. */
static void open_pause(struct run *r)
{
    struct sla_state *n = r->next;
    const char *name = event_name(r->event);
    for (int i = 0; i < n->n_open_pauses; i++) {
        if (strcmp(n->open_pauses[i].event, name) == 0) return;
    }
    struct open_pause *all = ARENA_ARRAY(r->s->out->arena, struct open_pause, n->n_open_pauses + 1);
    for (int i = 0; i < n->n_open_pauses; i++) all[i] = n->open_pauses[i];
    all[n->n_open_pauses++] = (struct open_pause){.event = name, .at_ms = r->at_ms};
    n->open_pauses = all;
    r->noted = true;
}

/* ---- the edges an event has in the policy ---- */

#define EACH_LIMIT(r, edge, def)                                                                                       \
    for (const struct policy_limit *def = policy_next_limit((r)->s->policy, edge, (r)->event, NULL); def != NULL;      \
         def = policy_next_limit((r)->s->policy, edge, (r)->event, def))

static void stop_and_cancel(struct run *r)
{
    EACH_LIMIT(r, POLICY_STOP, def)
    {
        if (applies(r, def)) run_stop(r, def);
    }
    EACH_LIMIT(r, POLICY_CANCEL, def)
    {
        struct limit *l = run_find(r, def->def->code);
        if (l != NULL && limits_is_open(l)) run_cancel(r, l, event_name(r->event));
    }
}

static void pause_and_resume(struct run *r)
{
    if (policy_next_limit(r->s->policy, POLICY_RESUME, r->event, NULL) != NULL) close_pauses(r);
    EACH_LIMIT(r, POLICY_RESUME, def) { run_resume(r, def); }
    if (policy_next_limit(r->s->policy, POLICY_PAUSE, r->event, NULL) != NULL) open_pause(r);
    EACH_LIMIT(r, POLICY_PAUSE, def) { run_pause(r, def); }
}

static void start(struct run *r, int64_t start_ms)
{
    EACH_LIMIT(r, POLICY_START, def)
    {
        if (applies(r, def) && policy_limit_wanted(def, r->event, r->s->in->data)) run_start(r, def, start_ms);
    }
}

/* ---- inputs ---- */

static enum verdict on_fact(struct step *s)
{
    struct run r = run_begin(s);
    pause_and_resume(&r);
    stop_and_cancel(&r);
    start(&r, r.at_ms);
    return run_end(&r);
}

/* The case's clocks run from its receipt (IN-8). */
static enum verdict on_registered(struct step *s)
{
    const struct ev_intake_registered *ev = s->in->data;
    struct run r = run_begin(s);
    take_brief(&r, ev->brief, "not_applicable");
    stop_and_cancel(&r);
    start(&r, ev->brief->received_ms);
    return run_end(&r);
}

static enum verdict on_reclassified(struct step *s)
{
    const struct ev_intake_reclassified *ev = s->in->data;
    struct run r = run_begin(s);
    take_brief(&r, ev->brief, "reclassified");
    if (r.next->status != SLA_STATUS_ENDED) {
        pause_and_resume(&r);
        stop_and_cancel(&r);
        start(&r, r.at_ms);
    }
    return run_end(&r);
}

static enum verdict on_closed(struct step *s)
{
    struct run r = run_begin(s);
    stop_and_cancel(&r);
    for (int i = 0; i < r.next->n_limits; i++) {
        if (limits_is_open(&r.limits[i])) run_cancel(&r, &r.limits[i], "case_closed");
    }
    r.next->status = SLA_STATUS_ENDED;
    r.next->closed_ms = r.at_ms;
    r.next->n_open_pauses = 0;
    r.next->n_early_stops = 0;
    r.noted = true;
    return run_end(&r);
}

/* After the end: an answer in time still annuls a miss; a start waits for the reopening (sla.h). */
static enum verdict on_fact_after(struct step *s)
{
    struct run r = run_begin(s);
    stop_and_cancel(&r);
    if (r.at_ms >= r.next->closed_ms) start(&r, r.at_ms);
    return run_end(&r);
}

static enum verdict on_reopened(struct step *s)
{
    struct run r = run_begin(s);
    r.next->status = SLA_STATUS_RUNNING;
    r.noted = true;
    for (int i = 0; i < r.next->n_limits; i++) {
        struct limit *l = &r.limits[i];
        if (l->state == LIMIT_STATE_CANCELLED && l->start_ms >= r.at_ms) run_revive(&r, l);
    }
    stop_and_cancel(&r);
    start(&r, r.at_ms);
    return run_end(&r);
}

/* SL-3: only the standing version fires, only when due, only once. */
static enum verdict on_timer(struct step *s)
{
    const struct ev_sla_timer_fired *ev = s->in->data;
    struct run r = run_begin(s);
    struct limit *l = run_find(&r, ev->code);
    if (l == NULL || l->ver != ev->ver || l->state != LIMIT_STATE_ARMED) return VERDICT_IGNORED;
    if (ev->warning) {
        if (!l->has_warn_ms || l->has_warned_ms || s->in->now_ms < l->warn_ms) return VERDICT_IGNORED;
        run_warn(&r, l);
    } else {
        if (s->in->now_ms < l->due_ms) return VERDICT_IGNORED;
        run_miss(&r, l);
    }
    return run_end(&r);
}

/* ---- table ---- */

#define NONE SLA_STATUS_NONE
#define RUNNING SLA_STATUS_RUNNING
#define ENDED SLA_STATUS_ENDED

#define FACT(event)                                                                                                    \
    {NONE, event, on_fact, TO(RUNNING), "SL-2: read before the registration"},                                         \
        {RUNNING, event, on_fact, TO(RUNNING), "SL-2"}, {ENDED, event, on_fact_after, TO(ENDED), "SL-3"},

static const struct transition TABLE[] = {
    {NONE, EV_INTAKE_REGISTERED, on_registered, TO(RUNNING), "SL-2, IN-8"},
    {RUNNING, EV_INTAKE_REGISTERED, on_registered, TO(RUNNING), "SL-2: after facts of the case"},
    {NONE, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(RUNNING), "IN-4"},
    {RUNNING, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(RUNNING), "IN-4"},
    {ENDED, EV_INTAKE_RECLASSIFIED, on_reclassified, TO(ENDED), "IN-4"},
    {NONE, EV_INTAKE_CLOSED, on_closed, TO(ENDED), "SL-2"},
    {RUNNING, EV_INTAKE_CLOSED, on_closed, TO(ENDED), "SL-2: what runs is cancelled"},
    {ENDED, EV_INTAKE_REOPENED, on_reopened, TO(RUNNING), "RV-1"},
    {RUNNING, EV_INTAKE_REOPENED, on_fact, TO(RUNNING), "RV-1"},
    {RUNNING, EV_SLA_TIMER_FIRED, on_timer, TO(RUNNING), "SL-3"},
    /* clang-format off */
    FACT(EV_INTAKE_ACKNOWLEDGED) FACT(EV_INTAKE_CONTACT_ADDED) FACT(EV_INTAKE_MATERIALS_COMPLETED)
    FACT(EV_INTAKE_MATERIALS_REQUESTED) FACT(EV_INTAKE_PROGRESSED) FACT(EV_INTAKE_RESPONDED)
    FACT(EV_INTAKE_RESULT_NOTICED) FACT(EV_INTAKE_REVIEWED) FACT(EV_INTAKE_SATISFACTION_RECORDED)
    FACT(EV_INTAKE_SATISFACTION_REQUESTED)
    FACT(EV_DISPATCH_ASSIGNED) FACT(EV_DISPATCH_HANDLER_CHANGED) FACT(EV_DISPATCH_REASSIGNED)
    FACT(EV_DISPATCH_RELEASED) FACT(EV_DISPATCH_UNASSIGNABLE)
    FACT(EV_EVIDENCE_INVESTIGATION_CONCLUDED) FACT(EV_EVIDENCE_INVESTIGATION_STARTED)
    FACT(EV_EVIDENCE_PACKAGE_COMPLETE) FACT(EV_EVIDENCE_PACKAGE_INCOMPLETE) FACT(EV_EVIDENCE_PACKAGE_SUBMITTED)
    FACT(EV_EVIDENCE_STOOD_DOWN) FACT(EV_EVIDENCE_VISIT_ORDERED)
    FACT(EV_APPROVAL_AUTHORITY_MOVED) FACT(EV_APPROVAL_CUSTOMER_ACCEPTED) FACT(EV_APPROVAL_CUSTOMER_OBJECTED)
    FACT(EV_APPROVAL_CUSTOMER_REMINDED) FACT(EV_APPROVAL_DEADLOCKED) FACT(EV_APPROVAL_DECIDED_ALONE)
    FACT(EV_APPROVAL_DENIED) FACT(EV_APPROVAL_ENDED) FACT(EV_APPROVAL_GRANTED) FACT(EV_APPROVAL_LAPSED)
    FACT(EV_APPROVAL_OFFERED) FACT(EV_APPROVAL_PLAN_EXECUTED) FACT(EV_APPROVAL_PLAN_PROPOSED)
    FACT(EV_APPROVAL_PLANNING_STARTED) FACT(EV_APPROVAL_REJECTED) FACT(EV_APPROVAL_REQUESTED)
    FACT(EV_APPROVAL_SLIP_APPROVED)
    FACT(EV_PAYMENT_DEDUCTED) FACT(EV_PAYMENT_FAILED) FACT(EV_PAYMENT_HALTED) FACT(EV_PAYMENT_INSTRUCTED)
    FACT(EV_PAYMENT_QUEUED) FACT(EV_PAYMENT_SETTLED)
    FACT(EV_ESCALATION_ENDED) FACT(EV_ESCALATION_SLIP_ISSUED) FACT(EV_ESCALATION_SUPERVISED)
    FACT(EV_ESCALATION_TAKEN_OVER)
    /* clang-format on */
};

const struct core sla_core = {
    .service = "sla",
    .state = &sla_state_desc,
    .status_names = sla_status_names,
    .n_statuses = SLA_STATUS_COUNT,
    .table = TABLE,
    .n_transitions = sizeof(TABLE) / sizeof(TABLE[0]),
    .refused = EV_SLA_COMMAND_REFUSED,
};
