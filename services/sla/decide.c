/* The SLA core's table (sla.h). Every fact of a case that the other services state has its rows, since any policy may
 * name it. */
#include <string.h>

#include "base/id.h"
#include "policy/dates.h"
#include "sla/limits.h"
#include "sla/run.h"

/* ---- what only some events do ---- */

static bool same(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

/* A correction undone by another: what was dropped because it did not apply goes on from when it began. */
static void take_up_again(struct run *r, const struct limit_scope *old)
{
    for (int i = 0; old != NULL && r->next->status == SLA_STATUS_RUNNING && i < r->next->n_limits; i++) {
        struct limit *l = &r->limits[i];
        bool again = r->defs[i] != NULL && !policy_limit_applies(r->defs[i], old) &&
                     policy_limit_applies(r->defs[i], r->next->scope);
        if (again && l->state == LIMIT_STATE_CANCELLED) run_revive(r, l);
    }
}

/* A higher version of the brief wins; limits that do not apply to the case (any more) are dropped. An earlier contact
 * that became known later was the receipt: the limits of the registration run from there (IN-8). */
static void take_brief(struct run *r, const struct brief *b, const char *reason)
{
    const struct limit_scope *old = r->next->scope;
    int64_t version = b->has_version ? b->version : 1;
    if (old != NULL && version <= old->version) return;
    struct limit_scope *scope = ARENA_NEW(r->s->out->arena, struct limit_scope);
    *scope = (struct limit_scope){.kind = b->kind,
                                  .phase = b->phase,
                                  .category = b->category,
                                  .severity = b->severity,
                                  .region = b->region,
                                  .has_received_ms = true,
                                  .received_ms = b->received_ms,
                                  .history = b->history,
                                  .version = version};
    bool moved = !same(run_region(r), b->region); /* it may go by another calendar from now on (SL-1) */
    bool earlier = old != NULL && old->has_received_ms && b->received_ms < old->received_ms;
    r->next->scope = scope;
    r->noted = true;
    for (int i = 0; i < r->next->n_limits; i++) {
        struct limit *l = &r->limits[i];
        bool applies = r->defs[i] != NULL && policy_limit_applies(r->defs[i], scope);
        if (!limits_is_open(l)) continue;
        if (!applies)
            run_cancel(r, l, reason);
        else if (earlier && l->start_ms == old->received_ms &&
                 limits_has(r->defs[i], POLICY_START, EV_INTAKE_REGISTERED))
            run_begin_earlier(r, l, b->received_ms);
        else if (moved && l->state == LIMIT_STATE_ARMED)
            run_reschedule(r, l);
    }
    take_up_again(r, old);
}

static bool applies(const struct run *r, const struct policy_limit *def)
{
    const struct limit_scope *scope = r->next->scope;
    return scope == NULL || policy_limit_applies(def, scope);
}

/* ---- the edges an event has in the policy ---- */

/* NOLINTBEGIN(bugprone-macro-parentheses): it declares def */
#define EACH_LIMIT(r, edge, def)                                                                                       \
    for (const struct policy_limit *def = policy_next_limit((r)->s->policy, edge, (r)->event, NULL); def != NULL;      \
         def = policy_next_limit((r)->s->policy, edge, (r)->event, def))
/* NOLINTEND(bugprone-macro-parentheses) */

/* A limit the case has goes by the rules it runs under (SL-6), not by today's. */
static bool moves(const struct run *r, int i, enum policy_edge edge)
{
    return r->defs[i] != NULL && limits_has(r->defs[i], edge, r->event);
}

static bool in_policy(const struct run *r, enum policy_edge edge)
{
    bool any = policy_next_limit(r->s->policy, edge, r->event, NULL) != NULL;
    for (int i = 0; i < r->next->n_limits; i++) any |= moves(r, i, edge);
    return any;
}

/* "promise#visit" is stopped and cancelled by what names visit, or names nothing. */
static bool is_named(const struct run *r, int i)
{
    const char *name = dates_name(r->event, r->s->in->data, r->defs[i]->def->key);
    const char *own = strchr(r->limits[i].code, '#');
    if (name == NULL || own == NULL) return true;
    size_t n = strlen(name);
    return strncmp(own + 1, name, n) == 0 && (own[1 + n] == '\0' || own[1 + n] == '#');
}

static void stop_and_cancel(struct run *r)
{
    for (int i = 0; i < r->next->n_limits; i++) {
        if (moves(r, i, POLICY_STOP) && applies(r, r->defs[i]) && is_named(r, i)) run_stop(r, &r->limits[i]);
    }
    EACH_LIMIT(r, POLICY_STOP, def)
    {
        if (def->def->key == NULL && run_find(r, def->def->code) == NULL && applies(r, def)) run_remember(r, def);
    }
    EACH_LIMIT(r, POLICY_CANCEL, def)
    {
        if (limits_recurs(def) && run_find(r, def->def->code) == NULL) run_remember_end(r, def);
    }
    for (int i = 0; i < r->next->n_limits; i++) {
        struct limit *l = &r->limits[i];
        if (!moves(r, i, POLICY_CANCEL) || !is_named(r, i)) continue;
        if (limits_is_open(l))
            run_cancel(r, l, event_name(r->event));
        else if (limits_recurs(r->defs[i]))
            run_remember_end(r, r->defs[i]);
        r->noted |= l->waits;
        l->waits = false;
    }
}

static void pause_and_resume(struct run *r)
{
    if (in_policy(r, POLICY_RESUME)) pause_close(r);
    for (int i = 0; i < r->next->n_limits; i++) {
        if (moves(r, i, POLICY_RESUME)) run_resume(r, &r->limits[i]);
    }
    if (in_policy(r, POLICY_PAUSE)) pause_open(r);
    for (int i = 0; i < r->next->n_limits; i++) {
        if (moves(r, i, POLICY_PAUSE)) run_pause(r, &r->limits[i]);
    }
}

/* SL-7: one limit for each date the event promises. */
static void start_dated(struct run *r, const struct policy_limit *def, int64_t start_ms)
{
    struct promised_date dates[DATES_MAX];
    int n = dates_of(def, r->event, r->s->in->data, dates);
    if (n == 0 || run_answered_since(r, def, start_ms)) return;
    for (int i = 0; i < n; i++) {
        const char *code = def->def->code;
        const struct calendar *c = policy_calendar(r->s->policy, run_region(r));
        struct calendar_day day; /* nobody can promise a date beyond the calendar */
        if (calendar_day_at(c, calendar_date_of(c, dates[i].at_ms), &day) != CALENDAR_OK) continue;
        if (dates[i].name != NULL) code = arena_printf(r->s->out->arena, "%s#%s", code, dates[i].name);
        if (dates[i].nth > 0) code = arena_printf(r->s->out->arena, "%s#%d", code, dates[i].nth);
        run_start(
            r, def,
            &(struct run_begin){.code = code, .start_ms = start_ms, .dated = true, .promised_ms = dates[i].at_ms});
    }
}

static void start(struct run *r, int64_t start_ms)
{
    bool before_the_end = r->next->status == SLA_STATUS_ENDED && r->at_ms < r->next->closed_ms;
    EACH_LIMIT(r, POLICY_START, def)
    {
        if (!applies(r, def) || !policy_limit_wanted(def, r->event, r->s->in->data)) continue;
        if (before_the_end && !def->def->outlives) continue;
        const char *code = def->def->code, *name = dates_name(r->event, r->s->in->data, def->def->key);
        if (name != NULL) code = arena_printf(r->s->out->arena, "%s#%s", code, name);
        if (def->def->date != NULL)
            start_dated(r, def, start_ms);
        else
            run_start(r, def, &(struct run_begin){.code = code, .start_ms = start_ms});
    }
}

/* ---- inputs ---- */

/* A contact counts from when it took place, however late it was written down; with several the earliest (IN-8). */
static struct run begin_fact(struct step *s)
{
    struct run r = run_begin(s);
    if (s->in->type == EV_INTAKE_RESPONDED) r.at_ms = ((const struct ev_intake_responded *)s->in->data)->at_ms;
    if (s->in->type == EV_INTAKE_SATISFACTION_CALLED) {
        r.at_ms = ((const struct ev_intake_satisfaction_called *)s->in->data)->at_ms;
    }
    return r;
}

/* An account at its home has payments of its own (PA-9) and no limits. */
static enum verdict on_fact(struct step *s)
{
    if (id_is_account(s->in->case_id)) return VERDICT_IGNORED;
    struct run r = begin_fact(s);
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

/* PA-8: what is owed for the company's own sake does not end with the case. */
static bool outlives(const struct run *r, int i) { return r->defs[i] != NULL && r->defs[i]->def->outlives; }

static enum verdict on_closed(struct step *s)
{
    struct run r = run_begin(s);
    stop_and_cancel(&r);
    r.next->status = SLA_STATUS_ENDED;
    r.next->closed_ms = r.at_ms;
    for (int i = 0; i < r.next->n_limits; i++) {
        if (limits_is_open(&r.limits[i]) && !outlives(&r, i)) run_close(&r, &r.limits[i]);
    }
    r.next->n_open_pauses = 0;
    r.next->n_early_stops = 0;
    r.noted = true;
    return run_end(&r);
}

/* After the end: an answer in time still annuls a miss; a start waits for the reopening (sla.h). */
static enum verdict on_fact_after(struct step *s)
{
    struct run r = begin_fact(s);
    stop_and_cancel(&r);
    start(&r, r.at_ms);
    return run_end(&r);
}

static enum verdict on_reopened(struct step *s)
{
    struct run r = run_begin(s);
    r.next->status = SLA_STATUS_RUNNING;
    r.noted = true;
    for (int i = 0; i < r.next->n_limits; i++) {
        struct limit *l = &r.limits[i];
        bool belongs = l->waits && l->start_ms >= r.at_ms;
        l->waits = false;
        if (belongs) run_revive(&r, l);
    }
    stop_and_cancel(&r);
    start(&r, r.at_ms);
    return run_end(&r);
}

/* SL-3: only the standing version fires, only when due, only once; after days without service the miss may be read
 * before its warning, which is then told with it. */
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
        if (l->has_warn_ms && !l->has_warned_ms) run_warn(&r, l);
        run_miss(&r, l);
    }
    return run_end(&r);
}

/* SL-6: what runs is counted anew; what has fired, ended or stands still does not change now. */
static enum verdict on_policy_changed(struct step *s)
{
    const struct ev_sla_policy_changed *ev = s->in->data;
    struct run r = run_begin(s);
    if (ev->revision > s->policy->revision) return step_broken(s, "policy_not_there_yet");
    for (int i = 0; i < r.next->n_limits; i++) {
        struct limit *l = &r.limits[i];
        bool gone = r.defs[i] != NULL && !applies(&r, r.defs[i]);
        if (l->state != LIMIT_STATE_ARMED) continue;
        if (gone)
            run_cancel(&r, l, "not_applicable");
        else
            run_reschedule(&r, l);
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
    {RUNNING, EV_SLA_POLICY_CHANGED, on_policy_changed, TO(RUNNING), "SL-6"},
    {ENDED, EV_SLA_TIMER_FIRED, on_timer, TO(ENDED), "PA-8: what outlives the case"},
    {ENDED, EV_SLA_POLICY_CHANGED, on_policy_changed, TO(ENDED), "PA-8, SL-6"},
    /* clang-format off */
    FACT(EV_INTAKE_DISPUTE_NOTED) FACT(EV_INTAKE_DISPUTE_OVER)
    FACT(EV_INTAKE_ACKNOWLEDGED) FACT(EV_INTAKE_CONTACT_ADDED) FACT(EV_INTAKE_HANDLING_TIME_FIXED)
    FACT(EV_INTAKE_MATERIALS_COMPLETED) FACT(EV_INTAKE_MATERIALS_REQUESTED) FACT(EV_INTAKE_PROGRESSED)
    FACT(EV_INTAKE_MILESTONE_SET) FACT(EV_INTAKE_MILESTONE_REACHED)
    FACT(EV_INTAKE_PROMISED) FACT(EV_INTAKE_PROMISE_KEPT) FACT(EV_INTAKE_RESPONDED)
    FACT(EV_INTAKE_ISSUE_RAISED) FACT(EV_INTAKE_ISSUE_SIGNED) FACT(EV_INTAKE_ISSUE_ANSWERED)
    FACT(EV_INTAKE_ISSUE_SETTLED) FACT(EV_INTAKE_NOTICE_DELIVERED) FACT(EV_INTAKE_NOTICE_FAILED)
    FACT(EV_INTAKE_RESULT_NOTICED) FACT(EV_INTAKE_REVIEWED) FACT(EV_INTAKE_SATISFACTION_RECORDED)
    FACT(EV_INTAKE_SATISFACTION_REQUESTED) FACT(EV_INTAKE_SATISFACTION_CALLED)
    FACT(EV_DISPATCH_ASSIGNED) FACT(EV_DISPATCH_HANDLER_CHANGED) FACT(EV_DISPATCH_REASSIGNED)
    FACT(EV_DISPATCH_RELEASED) FACT(EV_DISPATCH_UNASSIGNABLE)
    FACT(EV_EVIDENCE_INVESTIGATION_CONCLUDED) FACT(EV_EVIDENCE_INVESTIGATION_STARTED)
    FACT(EV_EVIDENCE_PACKAGE_COMPLETE) FACT(EV_EVIDENCE_PACKAGE_INCOMPLETE) FACT(EV_EVIDENCE_PACKAGE_SUBMITTED)
    FACT(EV_EVIDENCE_ASSIGNMENT_NOTED) FACT(EV_EVIDENCE_FILE_AWAITED) FACT(EV_EVIDENCE_FILE_RECEIVED)
    FACT(EV_EVIDENCE_STOOD_DOWN) FACT(EV_EVIDENCE_VISIT_ORDERED)
    FACT(EV_EVIDENCE_INSPECTION_ORDERED) FACT(EV_EVIDENCE_INSPECTION_ENDED)
    FACT(EV_APPROVAL_AUTHORITY_MOVED) FACT(EV_APPROVAL_CUSTOMER_ACCEPTED) FACT(EV_APPROVAL_CUSTOMER_OBJECTED)
    FACT(EV_APPROVAL_CUSTOMER_REMINDED) FACT(EV_APPROVAL_DEADLOCKED) FACT(EV_APPROVAL_DECIDED_ALONE)
    FACT(EV_APPROVAL_DENIED) FACT(EV_APPROVAL_ENDED) FACT(EV_APPROVAL_GRANTED) FACT(EV_APPROVAL_LAPSED)
    FACT(EV_APPROVAL_OFFERED) FACT(EV_APPROVAL_PLAN_EXECUTED) FACT(EV_APPROVAL_PLAN_PROPOSED)
    FACT(EV_APPROVAL_PLANNING_STARTED) FACT(EV_APPROVAL_REJECTED) FACT(EV_APPROVAL_REQUESTED)
    FACT(EV_APPROVAL_SIGNED) FACT(EV_APPROVAL_SLIP_APPROVED) FACT(EV_APPROVAL_REFUSED) FACT(EV_APPROVAL_REVIEW_AWAITED)
    FACT(EV_APPROVAL_LIABILITY_TAKEN) FACT(EV_APPROVAL_DECIDED_BY_RULE) FACT(EV_APPROVAL_ASSIGNMENT_NOTED)
    FACT(EV_APPROVAL_FILE_NOTED) FACT(EV_APPROVAL_JUDGMENT_TAKEN)
    FACT(EV_PAYMENT_DEDUCTED) FACT(EV_PAYMENT_FAILED) FACT(EV_PAYMENT_HALTED) FACT(EV_PAYMENT_INSTRUCTED)
    FACT(EV_PAYMENT_QUEUED) FACT(EV_PAYMENT_SETTLED) FACT(EV_PAYMENT_RECOVERY_DUE)
    FACT(EV_PAYMENT_HELD) FACT(EV_PAYMENT_RELEASED) FACT(EV_PAYMENT_CASH_DUE) FACT(EV_PAYMENT_CASH_SIGNED)
    FACT(EV_PAYMENT_PAYEE_PROPOSED) FACT(EV_PAYMENT_PAYEE_APPROVED) FACT(EV_PAYMENT_PAYEE_DENIED)
    FACT(EV_PAYMENT_RESOLUTION_PROPOSED) FACT(EV_PAYMENT_RESOLUTION_REJECTED) FACT(EV_PAYMENT_RESOLVED)
    FACT(EV_PAYMENT_STEPPED_IN) FACT(EV_PAYMENT_MISS_NOTED) FACT(EV_PAYMENT_SPENDING_ASKED)
    FACT(EV_EVIDENCE_ADVANCE_APPLIED) FACT(EV_EVIDENCE_ADVANCE_DOCUMENTED) FACT(EV_EVIDENCE_ADVANCE_GRANTED)
    FACT(EV_EVIDENCE_ADVANCE_DENIED) FACT(EV_PAYMENT_ADVANCE_PAID) FACT(EV_PAYMENT_ADVANCE_REFUSED)
    FACT(EV_ESCALATION_CORRECTION_OPENED) FACT(EV_ESCALATION_CORRECTION_CLOSED)
    FACT(EV_ESCALATION_CORRECTION_REPORTED) FACT(EV_ESCALATION_CORRECTION_RETURNED)
    FACT(EV_PAYMENT_ADVANCE_SET_OFF) FACT(EV_APPROVAL_EXECUTION_RECORDED)
    FACT(EV_APPROVAL_THIRD_PARTY_CLAIM_RECORDED) FACT(EV_PAYMENT_GOODS_BOOKED)
    FACT(EV_ESCALATION_ENDED) FACT(EV_ESCALATION_SLIP_ISSUED) FACT(EV_ESCALATION_SUPERVISED)
    FACT(EV_ESCALATION_TAKEN_OVER) FACT(EV_ESCALATION_FILE_DEMANDED) FACT(EV_ESCALATION_FILE_ACCEPTED)
    FACT(EV_ESCALATION_VISIT_ASSIGNED) FACT(EV_ESCALATION_SANCTION_RECORDED)
    FACT(EV_ESCALATION_SANCTION_WITHDRAWN) FACT(EV_ESCALATION_PENALTY_NOTICE_ISSUED)
    FACT(EV_ESCALATION_SANCTION_APPEALED) FACT(EV_ESCALATION_SANCTION_UPHELD) FACT(EV_ESCALATION_LIABILITY_ROUTED)
    FACT(EV_APPROVAL_PLAN_WITHDRAWN) FACT(EV_ESCALATION_LIABILITY_CONTESTED) FACT(EV_ESCALATION_CONTEST_RAISED) FACT(EV_ESCALATION_CONTEST_DECIDED)
    FACT(EV_ESCALATION_DISPUTE_OPENED) FACT(EV_ESCALATION_DISPUTE_NOTED) FACT(EV_ESCALATION_HEARING_REPORTED) FACT(EV_ESCALATION_DISPUTE_ENDED)
    FACT(EV_ESCALATION_JUDGMENT_RECORDED) FACT(EV_ESCALATION_AGREEMENT_NOTED) FACT(EV_ESCALATION_LIAISON_ISSUED)
    FACT(EV_ESCALATION_LIAISON_ANSWERED) FACT(EV_ESCALATION_LIAISON_WITHDRAWN)
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
