/* Events to rows of the read model (fold.h): one table row per event type says what it means, and a small function
 * where a status alone does not say it. */
#include "console/fold.h"

#include <string.h>

#include "base/id.h"
#include "console/fold_rows.h"
#include "event/desc.h"
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
    fold_view_of(f, in)->opened_ms = in->at_ms;
    if (e->materials == MATERIALS_MISSING) fold_view_of(f, in)->status[FOLD_INTAKE] = "awaiting_material";
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
    struct fold_view *v = fold_view_of(f, in);
    v->closed_ms = in->at_ms;
    v->outcome = outcome_name(e->outcome);
    v->reopened = false;
}

static void on_reopened(struct fold *f, const struct fold_input *in)
{
    struct fold_view *v = fold_view_of(f, in);
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
    fold_view_of(f, in)->planned_minor = ((const struct ev_approval_plan_proposed *)in->data)->plan->amount_minor;
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
    fold_view_of(f, in)->slips++;
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

static void on_taken_over(struct fold *f, const struct fold_input *in) { fold_view_of(f, in)->takeovers++; }

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
    [EV_INTAKE_SATISFACTION_CALLED] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_PROMISED] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_HANDLING_TIME_FIXED] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_MILESTONE_SET] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_MILESTONE_REACHED] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_PROMISE_KEPT] = {.actor_field = "by", .actor_role = "handler"},
    [EV_INTAKE_REVIEWED] = {.actor_field = "reviewer_id"},
    [EV_INTAKE_RESULT_NOTICED] = {STATUS(INTAKE, "answered")},
    [EV_INTAKE_SATISFACTION_REQUESTED] = {STATUS(INTAKE, "awaiting_satisfaction")},
    [EV_INTAKE_SATISFACTION_RECORDED] = {.actor_role = "customer"},
    [EV_INTAKE_CUSTOMER_NOTIFIED] = {.fn = fold_on_notified},
    [EV_INTAKE_NOTICE_DELIVERED] = {.fn = fold_on_notice_delivered, .actor_field = "by"},
    [EV_INTAKE_NOTICE_FAILED] = {.fn = fold_on_notice_failed, .actor_field = "by"},
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
    [EV_PAYMENT_INSTRUCTED] = {STATUS(PAYMENT, "instructed"), .fn = fold_on_instructed},
    [EV_PAYMENT_DEDUCTED] = {.fn = fold_on_deducted},
    [EV_PAYMENT_SETTLED] = {STATUS(PAYMENT, "settled"), .fn = fold_on_settled},
    [EV_PAYMENT_FAILED] = {STATUS(PAYMENT, "failed"), .fn = fold_on_failed},
    [EV_PAYMENT_HALTED] = {STATUS(PAYMENT, "halted"), .fn = fold_on_halted},
    [EV_PAYMENT_HELD] = {STATUS(PAYMENT, "held")},
    [EV_PAYMENT_SPENDING_ASKED] = {.touches = true},
    [EV_PAYMENT_RELEASED] = {.actor_field = "releaser_id", .touches = true},
    [EV_PAYMENT_PAYEE_PROPOSED] = {STATUS(PAYMENT, "correcting"), .actor_field = "proposer_id"},
    [EV_PAYMENT_PAYEE_APPROVED] = {.actor_field = "approver_id", .touches = true},
    [EV_PAYMENT_PAYEE_DENIED] = {STATUS(PAYMENT, "failed"), .actor_field = "approver_id"},
    [EV_PAYMENT_RESOLUTION_PROPOSED] = {.actor_field = "proposer_id", .touches = true},
    [EV_PAYMENT_RESOLUTION_REJECTED] = {.actor_field = "rejecter_id", .touches = true},
    [EV_PAYMENT_RESOLVED] = {.fn = fold_on_resolved, .actor_field = "confirmer_id", .touches = true},
    [EV_PAYMENT_CASH_DUE] = {STATUS(PAYMENT, "cash_due"), .fn = fold_on_cash_due},
    [EV_PAYMENT_STEPPED_IN] = {.touches = true},
    [EV_PAYMENT_MISS_NOTED] = {.touches = true},
    [EV_EVIDENCE_ADVANCE_APPLIED] = {.actor_field = "applicant_id", .touches = true},
    [EV_EVIDENCE_ADVANCE_DOCUMENTED] = {.touches = true},
    [EV_EVIDENCE_ADVANCE_GRANTED] = {.actor_field = "reviewer_id", .touches = true},
    [EV_EVIDENCE_ADVANCE_DENIED] = {.actor_field = "reviewer_id", .touches = true},
    [EV_PAYMENT_ADVANCE_PAID] = {STATUS(PAYMENT, "settled"), .fn = fold_on_advance_paid},
    [EV_PAYMENT_ADVANCE_SET_OFF] = {.touches = true},
    [EV_PAYMENT_GOODS_BOOKED] = {.touches = true},
    [EV_APPROVAL_EXECUTION_RECORDED] = {.touches = true},
    [EV_APPROVAL_THIRD_PARTY_CLAIM_RECORDED] = {.actor_field = "by", .touches = true},
    [EV_PAYMENT_ADVANCE_REFUSED] = {.touches = true},
    [EV_PAYMENT_CASH_SIGNED] = {.actor_field = "signer_id", .touches = true},
    [EV_ESCALATION_SUPERVISED] = {STATUS(ESCALATION, "watching")},
    [EV_ESCALATION_SLIP_ISSUED] = {.fn = on_slip},
    [EV_ESCALATION_SLIP_WITHDRAWN] = {.fn = on_slip_withdrawn},
    [EV_ESCALATION_TAKEN_OVER] = {.fn = on_taken_over},
    [EV_ESCALATION_CORRECTION_OPENED] = {.touches = true},
    [EV_ESCALATION_CORRECTION_REPORTED] = {.actor_field = "by", .touches = true},
    [EV_ESCALATION_CORRECTION_RETURNED] = {.actor_field = "by", .touches = true},
    [EV_ESCALATION_CORRECTION_CLOSED] = {.actor_field = "confirmed_by", .touches = true},
    [EV_ESCALATION_ENDED] = {STATUS(ESCALATION, "ended")},
    [EV_SLA_ARMED] = {.fn = fold_on_armed},
    [EV_SLA_MET] = {.fn = fold_on_met},
    [EV_SLA_PAUSED] = {.fn = fold_on_paused},
    [EV_SLA_RESUMED] = {.fn = fold_on_resumed},
    [EV_SLA_RESCHEDULED] = {.fn = fold_on_rescheduled},
    [EV_SLA_CANCELLED] = {.fn = fold_on_cancelled},
    [EV_SLA_WARNED] = {.fn = fold_on_warned},
    [EV_SLA_BREACHED] = {.fn = fold_on_breached},
    [EV_SLA_ENDED] = {.fn = fold_on_ended},
    [EV_SLA_ANNULLED] = {.fn = fold_on_annulled},
    [EV_SLA_ALARM_RAISED] = {.fn = fold_on_alarm_raised},
    [EV_SLA_ALARM_ENDED] = {.fn = fold_on_alarm_ended},
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
    if (id_is_account(in->case_id)) return; /* an account at its home is no case to be listed */
    if (m->touches) {
        struct fold_view *v = fold_view_of(f, in);
        if (m->status != NULL) v->status[m->service] = m->status;
    }
    if (m->fn != NULL && in->data != NULL) m->fn(f, in);
}
