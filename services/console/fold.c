/* Events to rows of the read model (fold.h): one table row per event type says what it means, and a small function
 * where a status alone does not say it. */
#include "console/fold.h"

#include <string.h>

#include "console/fold_rows.h"
#include "event/desc.h"
#include "policy/policy.h"

static struct fold_view *view_of(struct fold *f, const struct fold_input *in)
{
    bool fresh;
    struct fold_key k = {.number = in->case_id, .size = sizeof(struct fold_view)};
    struct fold_view *v = fold_list_row(f, &f->views, &k, &fresh);
    if (fresh)
        *v = (struct fold_view){
            .case_id = in->case_id, .planned_minor = FOLD_NONE, .opened_ms = FOLD_NONE, .closed_ms = FOLD_NONE};
    if (in->at_ms > v->updated_ms) v->updated_ms = in->at_ms;
    return v;
}

static struct fold_limit *limit_of(struct fold *f, const struct fold_input *in, const char *code)
{
    bool fresh;
    struct fold_key k = {.number = in->case_id,
                         .text = code,
                         .size = sizeof(struct fold_limit),
                         .text_at = offsetof(struct fold_limit, code)};
    struct fold_limit *l = fold_list_row(f, &f->limits, &k, &fresh);
    if (fresh)
        *l = (struct fold_limit){.case_id = in->case_id,
                                 .code = code,
                                 .ver = FOLD_NONE,
                                 .start_ms = FOLD_NONE,
                                 .due_ms = FOLD_NONE,
                                 .warn_ms = FOLD_NONE,
                                 .warned_ms = FOLD_NONE,
                                 .fired_ms = FOLD_NONE,
                                 .ended_ms = FOLD_NONE,
                                 .late_ms = FOLD_NONE};
    return l;
}

static struct fold_payout *payout_of(struct fold *f, const struct fold_input *in, int64_t payout_no)
{
    struct fold_payout *rows = f->payouts.rows;
    for (int i = 0; i < f->payouts.n; i++)
        if (rows[i].case_id == in->case_id && rows[i].payout_no == payout_no) return &rows[i];
    struct fold_payout *p = fold_list_add(f, &f->payouts, sizeof(*p));
    *p = (struct fold_payout){.case_id = in->case_id,
                              .payout_no = payout_no,
                              .amount_minor = FOLD_NONE,
                              .instructed_ms = FOLD_NONE,
                              .ended_ms = FOLD_NONE};
    return p;
}

/* ---- what events mean beyond a status ---- */

static void take_facts(struct fold *f, const struct fold_input *in, const struct brief *brief, const char *external_ref)
{
    bool fresh;
    struct fold_key k = {.number = in->case_id, .size = sizeof(struct fold_facts)};
    struct fold_facts *x = fold_list_row(f, &f->facts, &k, &fresh);
    if (fresh) *x = (struct fold_facts){.case_id = in->case_id};
    x->brief = brief;
    if (external_ref != NULL) x->external_ref = external_ref;
}

static void on_registered(struct fold *f, const struct fold_input *in)
{
    const struct ev_intake_registered *e = in->data;
    view_of(f, in)->opened_ms = in->at_ms;
    if (e->materials == MATERIALS_MISSING) view_of(f, in)->status[FOLD_INTAKE] = "awaiting_material";
    take_facts(f, in, e->brief, e->external_ref);
}

static void on_reclassified(struct fold *f, const struct fold_input *in)
{
    const struct ev_intake_reclassified *e = in->data;
    take_facts(f, in, e->brief, NULL);
}

static void on_closed(struct fold *f, const struct fold_input *in)
{
    const struct ev_intake_closed *e = in->data;
    struct fold_view *v = view_of(f, in);
    v->closed_ms = in->at_ms;
    v->outcome = outcome_name(e->outcome);
    v->reopened = false;
}

static void on_reopened(struct fold *f, const struct fold_input *in)
{
    struct fold_view *v = view_of(f, in);
    v->closed_ms = FOLD_NONE;
    v->outcome = NULL;
    v->reopened = true;
}

static void take_assignment(struct fold *f, const struct fold_input *in, const struct assignment *assignment)
{
    bool fresh;
    struct fold_key k = {.number = in->case_id, .size = sizeof(struct fold_assignment)};
    struct fold_assignment *x = fold_list_row(f, &f->assignments, &k, &fresh);
    if (fresh || assignment->version >= x->assignment->version)
        *x = (struct fold_assignment){.case_id = in->case_id, .assignment = assignment};
}

static void on_assigned(struct fold *f, const struct fold_input *in)
{
    take_assignment(f, in, ((const struct ev_dispatch_assigned *)in->data)->assignment);
}

static void on_reassigned(struct fold *f, const struct fold_input *in)
{
    take_assignment(f, in, ((const struct ev_dispatch_reassigned *)in->data)->assignment);
}

static void on_handler_changed(struct fold *f, const struct fold_input *in)
{
    take_assignment(f, in, ((const struct ev_dispatch_handler_changed *)in->data)->assignment);
}

static void on_plan(struct fold *f, const struct fold_input *in)
{
    view_of(f, in)->planned_minor = ((const struct ev_approval_plan_proposed *)in->data)->plan->amount_minor;
}

static void on_slip(struct fold *f, const struct fold_input *in)
{
    const struct ev_escalation_slip_issued *e = in->data;
    struct fold_slip *s = fold_list_add(f, &f->slips, sizeof(*s));
    *s = (struct fold_slip){.case_id = in->case_id,
                            .ver = e->ver,
                            .issued_ms = in->at_ms,
                            .due_ms = e->due_ms,
                            .late_ms = e->late_ms,
                            .withdrawn_ms = FOLD_NONE,
                            .slip_no = e->slip_no,
                            .code = e->code,
                            .to_org = e->to_org,
                            .to_person = e->to_person};
    view_of(f, in)->slips++;
}

static void on_slip_withdrawn(struct fold *f, const struct fold_input *in)
{
    const struct ev_escalation_slip_withdrawn *e = in->data;
    struct fold_slip *rows = f->slips.rows;
    for (int i = 0; i < f->slips.n; i++)
        if (strcmp(rows[i].slip_no, e->slip_no) == 0) {
            rows[i].withdrawn_ms = in->at_ms;
            return;
        }
    struct fold_slip *s = fold_list_add(f, &f->slips, sizeof(*s));
    *s = (struct fold_slip){.case_id = in->case_id,
                            .ver = e->ver,
                            .issued_ms = FOLD_NONE,
                            .due_ms = FOLD_NONE,
                            .late_ms = FOLD_NONE,
                            .withdrawn_ms = in->at_ms,
                            .slip_no = e->slip_no,
                            .code = e->code};
}

static void on_taken_over(struct fold *f, const struct fold_input *in) { view_of(f, in)->takeovers++; }

/* ---- limits (SL-2, SL-3) ---- */

/* By the rules of the revision it runs under (SL-6). */
static bool is_ours(const struct fold *f, const char *code, int64_t revision)
{
    const struct policy_limit *l = f->policy == NULL ? NULL : policy_limit(policy_then(f->policy, revision), code);
    return l == NULL || l->def->on_miss != ON_MISS_NONE;
}

static void on_armed(struct fold *f, const struct fold_input *in)
{
    const struct limit *x = ((const struct ev_sla_armed *)in->data)->limit;
    struct fold_limit *l = limit_of(f, in, x->code);
    l->armed = true;
    l->ours = is_ours(f, x->code, x->revision);
    l->ver = x->ver;
    l->state = limit_state_name(x->state);
    l->start_ms = x->start_ms;
    l->due_ms = x->due_ms;
    l->warn_ms = x->has_warn_ms ? x->warn_ms : FOLD_NONE;
    l->warned_ms = l->fired_ms = l->ended_ms = l->late_ms = FOLD_NONE;
}

static void end_limit(struct fold *f, const struct fold_input *in, const char *code, const char *state, int64_t at_ms)
{
    struct fold_limit *l = limit_of(f, in, code);
    l->state = state;
    l->ended_ms = at_ms;
}

static void on_met(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_met *e = in->data;
    end_limit(f, in, e->code, "met", e->at_ms);
}

static void on_ended(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_ended *e = in->data;
    end_limit(f, in, e->code, "missed", e->at_ms);
    limit_of(f, in, e->code)->late_ms = e->late_ms;
}

static void on_annulled(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_annulled *e = in->data;
    end_limit(f, in, e->code, "annulled", e->at_ms);
}

static void on_cancelled(struct fold *f, const struct fold_input *in)
{
    end_limit(f, in, ((const struct ev_sla_cancelled *)in->data)->code, "cancelled", in->at_ms);
}

static void on_paused(struct fold *f, const struct fold_input *in)
{
    limit_of(f, in, ((const struct ev_sla_paused *)in->data)->code)->state = "paused";
}

/* The run goes on under a new version. */
static void go_on(struct fold *f, const struct fold_input *in, const struct limit *x)
{
    if (x == NULL) return; /* nothing is running */
    struct fold_limit *l = limit_of(f, in, x->code);
    l->state = "armed";
    l->ver = x->ver;
    l->due_ms = x->due_ms;
    l->warn_ms = x->has_warn_ms ? x->warn_ms : FOLD_NONE;
}

static void on_resumed(struct fold *f, const struct fold_input *in)
{
    go_on(f, in, ((const struct ev_sla_resumed *)in->data)->limit);
}

static void on_rescheduled(struct fold *f, const struct fold_input *in)
{
    go_on(f, in, ((const struct ev_sla_rescheduled *)in->data)->limit);
}

static void on_warned(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_warned *e = in->data;
    limit_of(f, in, e->code)->warned_ms = e->fired_ms;
}

static void on_breached(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_breached *e = in->data;
    struct fold_limit *l = limit_of(f, in, e->code);
    l->state = "missed";
    l->ver = e->ver;
    l->due_ms = e->due_ms;
    l->fired_ms = e->fired_ms;
    l->late_ms = e->late_ms;
    l->misses++;
    if (!is_ours(f, e->code, e->revision)) return;
    view_of(f, in)->missed++;
    f->missed++;
}

static void add_alarm(struct fold *f, const struct fold_alarm *a)
{
    *(struct fold_alarm *)fold_list_add(f, &f->alarms, sizeof(*a)) = *a;
}

static void on_alarm_raised(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_alarm_raised *e = in->data;
    add_alarm(f, &(struct fold_alarm){.partition = e->partition,
                                      .kind = timer_alarm_name(e->kind),
                                      .since_ms = e->since_ms,
                                      .ended_ms = FOLD_NONE,
                                      .late_ms = e->has_late_ms ? e->late_ms : FOLD_NONE});
}

static void on_alarm_ended(struct fold *f, const struct fold_input *in)
{
    const struct ev_sla_alarm_ended *e = in->data;
    add_alarm(f, &(struct fold_alarm){.partition = e->partition,
                                      .kind = timer_alarm_name(e->kind),
                                      .since_ms = e->since_ms,
                                      .ended_ms = e->ended_ms,
                                      .late_ms = e->has_late_ms ? e->late_ms : FOLD_NONE});
}

/* ---- money ---- */

static void add_paid(struct fold *f, const struct fold_input *in, const char *currency, int64_t amount_minor)
{
    struct fold_paid *rows = f->paid.rows, *p = NULL;
    for (int i = 0; i < f->paid.n && p == NULL; i++)
        if (strcmp(rows[i].currency, currency) == 0) p = &rows[i];
    if (p == NULL) {
        p = fold_list_add(f, &f->paid, sizeof(*p));
        *p = (struct fold_paid){.currency = currency};
    }
    p->n++;
    p->amount_minor += amount_minor;
    view_of(f, in)->paid_minor += amount_minor;
}

static void on_instructed(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_instructed *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "instructed";
    p->amount_minor = e->amount_minor;
    p->currency = e->currency;
    p->payee = e->payee;
    p->key = e->key;
    p->instructed_ms = in->at_ms;
}

static void on_cash_due(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_cash_due *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "cash_due";
    p->amount_minor = e->amount_minor;
    p->currency = e->currency;
    p->payee = e->payee;
    p->key = e->key;
    p->instructed_ms = in->at_ms;
}

static void on_deducted(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_deducted *e = in->data;
    struct fold_payout *p = payout_of(f, in, 0);
    p->state = "deducted";
    p->amount_minor = e->amount_minor;
    p->currency = e->currency;
    p->instructed_ms = p->ended_ms = in->at_ms;
    add_paid(f, in, e->currency, e->amount_minor);
}

static void on_settled(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_settled *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->has_payout_no ? e->payout_no : 0);
    p->voucher_no = e->voucher_no;
    p->bank_ref = e->bank_ref;
    p->ended_ms = in->at_ms;
    if (!e->has_payout_no) return; /* by deduction alone: counted when deducted */
    p->state = "settled";
    add_paid(f, in, e->currency, e->has_paid_minor ? e->paid_minor : e->amount_minor);
}

static void on_failed(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_failed *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "failed";
    p->reason = e->reason;
    p->ended_ms = in->at_ms;
}

static void on_halted(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_halted *e = in->data;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "halted";
    p->reason = e->reason;
}

/* Paid too little: the rest follows as a payout of its own, and is what is settled then. */
static void on_resolved(struct fold *f, const struct fold_input *in)
{
    const struct ev_payment_resolved *e = in->data;
    if (e->found != PAYOUT_FOUND_PAID) return;
    struct fold_payout *p = payout_of(f, in, e->payout_no);
    p->state = "resolved";
    p->bank_ref = e->bank_ref;
    p->ended_ms = in->at_ms;
}

/* ---- the table ---- */

struct meaning {
    const char *status; /* NULL: unchanged */
    void (*fn)(struct fold *f, const struct fold_input *in);
    const char *actor_field; /* member that names who acted */
    const char *actor_role;  /* when no member says it */
    enum fold_service service;
    bool touches; /* concerns the case as a whole: its row's updated_ms moves */
};

#define STATUS(s, text) .service = FOLD_##s, .status = (text), .touches = true

static const struct meaning meanings[EV_COUNT] = {
    [EV_INTAKE_REGISTERED] = {STATUS(INTAKE, "open"), .fn = on_registered},
    [EV_INTAKE_RECLASSIFIED] = {.fn = on_reclassified, .touches = true},
    [EV_INTAKE_MATERIALS_REQUESTED] = {STATUS(INTAKE, "awaiting_material")},
    [EV_INTAKE_MATERIALS_COMPLETED] = {STATUS(INTAKE, "open")},
    [EV_INTAKE_RESPONDED] = {.actor_field = "handler_id", .actor_role = "handler"},
    [EV_INTAKE_PROMISED] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_HANDLING_TIME_FIXED] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_PROMISE_KEPT] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_REVIEWED] = {.actor_field = "reviewer_id"},
    [EV_INTAKE_RESULT_NOTICED] = {STATUS(INTAKE, "answered")},
    [EV_INTAKE_SATISFACTION_REQUESTED] = {STATUS(INTAKE, "awaiting_satisfaction")},
    [EV_INTAKE_SATISFACTION_RECORDED] = {.actor_role = "customer"},
    [EV_INTAKE_CLOSED] = {STATUS(INTAKE, "closed"), .fn = on_closed},
    [EV_INTAKE_REOPENED] = {STATUS(INTAKE, "open"), .fn = on_reopened},
    [EV_DISPATCH_ASSIGNED] = {STATUS(DISPATCH, "assigned"), .fn = on_assigned},
    [EV_DISPATCH_REASSIGNED] = {STATUS(DISPATCH, "assigned"), .fn = on_reassigned},
    [EV_DISPATCH_HANDLER_CHANGED] = {STATUS(DISPATCH, "assigned"), .fn = on_handler_changed},
    [EV_DISPATCH_RELEASED] = {STATUS(DISPATCH, "released")},
    [EV_EVIDENCE_VISIT_ORDERED] = {STATUS(EVIDENCE, "visit_ordered")},
    [EV_EVIDENCE_PACKAGE_SUBMITTED] = {.actor_field = "visitor_id", .actor_role = "evidence_visitor"},
    [EV_EVIDENCE_PACKAGE_INCOMPLETE] = {STATUS(EVIDENCE, "incomplete")},
    [EV_EVIDENCE_INVESTIGATION_STARTED] = {STATUS(EVIDENCE, "investigating")},
    [EV_EVIDENCE_INVESTIGATION_CONCLUDED] = {STATUS(EVIDENCE, "concluded"), .actor_field = "investigator_id"},
    [EV_EVIDENCE_FILE_AWAITED] = {STATUS(EVIDENCE, "awaiting_file")},
    [EV_EVIDENCE_FILE_RECEIVED] = {.actor_field = "by"},
    [EV_EVIDENCE_STOOD_DOWN] = {STATUS(EVIDENCE, "stood_down")},
    [EV_APPROVAL_PLANNING_STARTED] = {STATUS(APPROVAL, "planning")},
    [EV_APPROVAL_REFUSED] = {STATUS(APPROVAL, "under_review")},
    [EV_APPROVAL_REVIEW_AWAITED] = {STATUS(APPROVAL, "under_review")},
    [EV_APPROVAL_PLAN_PROPOSED] = {STATUS(APPROVAL, "planning"), .fn = on_plan, .actor_field = "proposer_id"},
    [EV_APPROVAL_REQUESTED] = {STATUS(APPROVAL, "awaiting_approval")},
    [EV_APPROVAL_DECIDED_ALONE] = {.actor_field = "decider_id"},
    [EV_APPROVAL_GRANTED] = {.actor_field = "approver_id"},
    [EV_APPROVAL_DENIED] = {STATUS(APPROVAL, "planning"), .actor_field = "approver_id"},
    [EV_APPROVAL_OFFERED] = {STATUS(APPROVAL, "offered")},
    [EV_APPROVAL_CUSTOMER_ACCEPTED] = {.actor_role = "customer"},
    [EV_APPROVAL_CUSTOMER_OBJECTED] = {STATUS(APPROVAL, "planning"), .actor_role = "customer"},
    [EV_APPROVAL_SLIP_APPROVED] = {STATUS(APPROVAL, "approved")},
    [EV_APPROVAL_PLAN_EXECUTED] = {STATUS(APPROVAL, "executed"), .actor_field = "by"},
    [EV_APPROVAL_REJECTED] = {STATUS(APPROVAL, "rejected")},
    [EV_APPROVAL_LAPSED] = {STATUS(APPROVAL, "lapsed")},
    [EV_APPROVAL_ENDED] = {STATUS(APPROVAL, "ended")},
    [EV_PAYMENT_INSTRUCTED] = {STATUS(PAYMENT, "instructed"), .fn = on_instructed},
    [EV_PAYMENT_DEDUCTED] = {.fn = on_deducted},
    [EV_PAYMENT_SETTLED] = {STATUS(PAYMENT, "settled"), .fn = on_settled},
    [EV_PAYMENT_FAILED] = {STATUS(PAYMENT, "failed"), .fn = on_failed},
    [EV_PAYMENT_HALTED] = {STATUS(PAYMENT, "halted"), .fn = on_halted},
    [EV_PAYMENT_HELD] = {STATUS(PAYMENT, "held")},
    [EV_PAYMENT_RELEASED] = {.actor_field = "releaser_id", .touches = true},
    [EV_PAYMENT_PAYEE_PROPOSED] = {STATUS(PAYMENT, "correcting"), .actor_field = "proposer_id"},
    [EV_PAYMENT_PAYEE_APPROVED] = {.actor_field = "approver_id", .touches = true},
    [EV_PAYMENT_PAYEE_DENIED] = {STATUS(PAYMENT, "failed"), .actor_field = "approver_id"},
    [EV_PAYMENT_RESOLUTION_PROPOSED] = {.actor_field = "proposer_id", .touches = true},
    [EV_PAYMENT_RESOLUTION_REJECTED] = {.actor_field = "rejecter_id", .touches = true},
    [EV_PAYMENT_RESOLVED] = {.fn = on_resolved, .actor_field = "confirmer_id", .touches = true},
    [EV_PAYMENT_CASH_DUE] = {STATUS(PAYMENT, "cash_due"), .fn = on_cash_due},
    [EV_PAYMENT_STEPPED_IN] = {.touches = true},
    [EV_PAYMENT_CASH_SIGNED] = {.actor_field = "signer_id", .touches = true},
    [EV_ESCALATION_SUPERVISED] = {STATUS(ESCALATION, "watching")},
    [EV_ESCALATION_SLIP_ISSUED] = {.fn = on_slip},
    [EV_ESCALATION_SLIP_WITHDRAWN] = {.fn = on_slip_withdrawn},
    [EV_ESCALATION_TAKEN_OVER] = {.fn = on_taken_over},
    [EV_ESCALATION_ENDED] = {STATUS(ESCALATION, "ended")},
    [EV_SLA_ARMED] = {.fn = on_armed},
    [EV_SLA_MET] = {.fn = on_met},
    [EV_SLA_PAUSED] = {.fn = on_paused},
    [EV_SLA_RESUMED] = {.fn = on_resumed},
    [EV_SLA_RESCHEDULED] = {.fn = on_rescheduled},
    [EV_SLA_CANCELLED] = {.fn = on_cancelled},
    [EV_SLA_WARNED] = {.fn = on_warned},
    [EV_SLA_BREACHED] = {.fn = on_breached},
    [EV_SLA_ENDED] = {.fn = on_ended},
    [EV_SLA_ANNULLED] = {.fn = on_annulled},
    [EV_SLA_ALARM_RAISED] = {.fn = on_alarm_raised},
    [EV_SLA_ALARM_ENDED] = {.fn = on_alarm_ended},
};

void fold_init(struct fold *f, struct arena *a, const struct policy *policy)
{
    *f = (struct fold){.arena = a, .policy = policy};
}

bool fold_needs(enum event_type type)
{
    return event_is_command(type) || meanings[type].fn != NULL || meanings[type].actor_field != NULL;
}

static const void *member(enum event_type type, const void *data, const char *name)
{
    const struct field_desc *field = data == NULL ? NULL : desc_field(event_desc(type), name);
    const void *value = NULL;
    if (field != NULL) memcpy(&value, (const char *)data + field->offset, sizeof(value));
    return value;
}

static void put_actor(struct fold_entry *entry, const struct fold_input *in)
{
    const struct meaning *m = &meanings[in->type];
    const struct actor *actor = event_is_command(in->type) ? member(in->type, in->data, "actor") : NULL;
    if (actor != NULL) {
        entry->actor = actor->name != NULL ? actor->name : actor->id;
        entry->actor_role = role_name(actor->role);
    } else if (m->actor_field != NULL) {
        entry->actor = member(in->type, in->data, m->actor_field);
    }
    if (entry->actor_role == NULL) entry->actor_role = m->actor_role;
}

void fold_apply(struct fold *f, const struct fold_input *in)
{
    const struct meaning *m = &meanings[in->type];
    struct fold_entry *entry = fold_list_add(f, &f->entries, sizeof(*entry));
    *entry = (struct fold_entry){.case_id = in->case_id,
                                 .at_ms = in->at_ms,
                                 .type = event_name(in->type),
                                 .id = in->id,
                                 .cause = in->cause,
                                 .data = in->json};
    put_actor(entry, in);
    f->counts[in->type]++;
    if (m->touches) {
        struct fold_view *v = view_of(f, in);
        if (m->status != NULL) v->status[m->service] = m->status;
    }
    if (m->fn != NULL && in->data != NULL) m->fn(f, in);
}
