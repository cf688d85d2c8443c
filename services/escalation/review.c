/* Head office settles what a lower level refused or left undone (ES-3, ES-4, ES-5, RV-5). See steps.h.
 *
 * The file is demanded once a case, of the outlet that had it first. Missing or incomplete: a sanction, and another
 * local outlet goes to see; head office stays the owner. With the finding, the policy's table says whose
 * fault it is. Only a finding made after the demand decides: it names the takeover it followed. */
#include "escalation/steps.h"
#include "policy/liability.h"
#include "policy/nearby.h"
#include "policy/rights.h"

/* ---- the demand ---- */

static struct addressee file_owner(const struct step *s)
{
    const struct escalation_state *next = s->next;
    const struct pol_unit *unit = policy_unit(s->policy, next->demand_of);
    if (unit == NULL) return escalation_find_person(s, policy_head_office(s->policy), ROLE_HO_SERVICE_MANAGER);
    const struct assignment *a = next->assignment;
    if (a != NULL && same_text(a->org_id, unit->id)) return (struct addressee){unit, a->manager_id, NULL};
    return escalation_find_person(s, unit, policy_approver(s->policy, unit->level));
}

void escalation_demand_file(struct step *s, const char *cause)
{
    struct escalation_state *next = s->next;
    next->status = ESCALATION_STATUS_AWAITING_FILE;
    next->demand_no = next->n_takeovers;
    struct ev_escalation_file_demanded *out = decision_emit(s->out, EV_ESCALATION_FILE_DEMANDED);
    *out = (struct ev_escalation_file_demanded){.takeover_no = next->demand_no,
                                                .of_org = next->demand_of,
                                                .of_person = file_owner(s).person_id,
                                                .by_org = next->org_id,
                                                .cause = cause};
}

void escalation_decide_known(struct step *s)
{
    struct escalation_state *next = s->next;
    bool waits = next->status == ESCALATION_STATUS_WATCHING && next->file_complete;
    if (waits && escalation_is_at_top(s)) next->status = ESCALATION_STATUS_DECIDING;
}

/* ---- another's visit ---- */

struct visitor {
    const struct pol_unit *unit;
    const struct pol_person *person;
    int n_candidates;
    const char **candidates;
};

/* Fair by rotation: the same case always chooses the same, cases one after the other take turns. */
static struct visitor other_outlet(struct step *s)
{
    const struct escalation_state *next = s->next;
    const struct pol_unit **near = ARENA_ARRAY(s->out->arena, const struct pol_unit *, s->policy->org->n_units);
    struct nearby wanted = {.at_ms = s->in->at_ms,
                            .region = next->brief != NULL ? next->brief->region : NULL,
                            .of = policy_unit(s->policy, next->demand_of),
                            .without = next->refused_by,
                            .n_without = next->n_refused_by};
    struct visitor v = {.n_candidates = nearby_outlets(s->policy, &wanted, near)};
    uint64_t salt = (uint64_t)s->in->case_id;
    if (v.n_candidates == 0) return v;
    v.candidates = ARENA_ARRAY(s->out->arena, const char *, v.n_candidates);
    for (int i = 0; i < v.n_candidates; i++) v.candidates[i] = near[i]->id;
    v.unit = near[salt % (uint64_t)v.n_candidates];
    v.person = policy_person_with(moment_of(s), v.unit, ROLE_EVIDENCE_VISITOR, salt);
    return v;
}

static struct visitor inspector(const struct step *s)
{
    const struct pol_unit *top = policy_head_office(s->policy);
    uint64_t salt = (uint64_t)s->in->case_id;
    const struct pol_person *p = policy_person_with(moment_of(s), top, ROLE_EVIDENCE_VISITOR, salt);
    return (struct visitor){.unit = top,
                            .person = p != NULL ? p : policy_person_with(moment_of(s), top, ROLE_HANDLER, salt)};
}

static void assign_visit(struct step *s, const struct visitor *v, const char *reason)
{
    struct escalation_state *next = s->next;
    next->status = ESCALATION_STATUS_AWAITING_VISIT;
    next->visitor_org = v->unit->id;
    struct ev_escalation_visit_assigned *out = decision_emit(s->out, EV_ESCALATION_VISIT_ASSIGNED);
    *out = (struct ev_escalation_visit_assigned){.takeover_no = next->n_takeovers,
                                                 .org_id = v->unit->id,
                                                 .visitor_id = v->person->id,
                                                 .instead_of = next->demand_of,
                                                 .reason = reason,
                                                 .n_candidates = v->n_candidates,
                                                 .candidates = v->candidates,
                                                 .file_due_ms = next->file_due_ms};
}

/* ES-4: the regional has no other outlet to send; that is head office's. */
static void send_another(struct step *s, enum offence offence)
{
    struct escalation_state *next = s->next;
    const struct pol_file_demand *file = s->policy->pack->file;
    next->sanction_no =
        escalation_record_sanction(s, &(struct charge){offence, next->demand_of, file->n_sanctions, file->sanctions});
    if (!escalation_is_at_top(s)) escalation_take_over(s, &(struct climb){.cause = "file_missing", .settles = true});
    struct visitor v = other_outlet(s);
    if (v.unit == NULL) v = inspector(s);
    assign_visit(s, &v, offence_name(offence));
}

static void slip_to(struct step *s, const struct ev_sla_breached *ev, struct addressee to)
{
    escalation_issue_slip(s, &(struct matter){ev->code, ev->ver, ev->due_ms, ev->late_ms, true}, to);
}

bool escalation_review_missed(struct step *s, const struct ev_sla_breached *ev)
{
    struct escalation_state *next = s->next;
    const struct pol_file_demand *file = policy_then(s->policy, ev->revision)->pack->file;
    if (file == NULL) return false;
    if (same_text(ev->code, file->limit) && next->demand_of != NULL) {
        slip_to(s, ev, file_owner(s));
        if (next->status != ESCALATION_STATUS_AWAITING_FILE) return true;
        next->file_due_ms = ev->due_ms;
        send_another(s, OFFENCE_FILE_MISSING);
        return true;
    }
    if (next->status != ESCALATION_STATUS_AWAITING_VISIT || !same_text(ev->code, file->visit_limit)) return false;
    const struct pol_unit *unit = policy_unit(s->policy, next->visitor_org);
    slip_to(s, ev, escalation_find_person(s, unit, ROLE_EVIDENCE_VISITOR));
    if (unit == policy_head_office(s->policy)) return true;
    struct visitor own = inspector(s);
    assign_visit(s, &own, "visit_missed");
    return true;
}

void escalation_review_annulled(struct step *s, const char *code)
{
    struct escalation_state *next = s->next;
    const struct pol_file_demand *file = s->policy->pack->file;
    if (file == NULL || !same_text(code, file->limit) || next->sanction_no == NULL) return;
    escalation_withdraw_sanction(s, next->sanction_no, next->demand_of);
    next->sanction_no = NULL;
}

/* ---- whose fault ---- */

/* Who had the case first answers for its work (assignment.outlet_id is the same unit); for the company's fault head
 * office does. */
const char *escalation_liable_org(const struct step *s, enum liability liability)
{
    const struct escalation_state *next = s->next;
    switch (liability) {
    case LIABILITY_OUTLET: return next->demand_of != NULL ? next->demand_of : next->first_org;
    case LIABILITY_COMPANY: return policy_head_office(s->policy)->id;
    case LIABILITY_SUPPLIER:
    case LIABILITY_CUSTOMER:
    case LIABILITY_THIRD_PARTY:
    case LIABILITY_NONE:
    case LIABILITY_ABSENT: break;
    }
    return NULL;
}

bool escalation_route(struct step *s, const struct brief *brief, const struct finding *found)
{
    struct escalation_state *next = s->next;
    struct liability_facts *facts = ARENA_NEW(s->out->arena, struct liability_facts);
    *facts = liability_facts_of(brief, found);
    const struct pol_liability_row *row = liability_decide(s->policy, facts);
    if (row == NULL) return false;
    struct finding *decided = ARENA_NEW(s->out->arena, struct finding);
    *decided = *found;
    decided->liability = row->liability;
    if (escalation_is_reviewing(next)) next->status = ESCALATION_STATUS_WATCHING;
    next->routed_no = next->n_takeovers;
    next->routed_finding = decided;
    struct ev_escalation_liability_routed *out = decision_emit(s->out, EV_ESCALATION_LIABILITY_ROUTED);
    *out = (struct ev_escalation_liability_routed){.takeover_no = next->n_takeovers,
                                                   .facts = facts,
                                                   .row = row->id,
                                                   .words = row->words,
                                                   .liability = row->liability,
                                                   .settle = row->settle,
                                                   .liable_org = escalation_liable_org(s, row->liability),
                                                   .finding = decided,
                                                   .policy_id = s->policy->pack->id,
                                                   .policy_version = s->policy->pack->version};
    return true;
}

/* ---- inputs ---- */

/* ES-3: one level up at once. Told with the level that refused, so what has moved on meanwhile stays. */
enum verdict escalation_on_refused(struct step *s)
{
    const struct ev_approval_refused *ev = s->in->data;
    struct escalation_state *next = s->next;
    if (escalation_has_left(s, ev->org_id, ev->level)) return VERDICT_IGNORED;
    if (next->org_id == NULL) {
        next->org_id = ev->org_id;
        next->level = ev->level;
    }
    const char **all = ARENA_ARRAY(s->out->arena, const char *, next->n_refused_by + 1);
    for (int i = 0; i < next->n_refused_by; i++) all[i] = next->refused_by[i];
    all[next->n_refused_by++] = ev->org_id;
    next->refused_by = all;
    if (next->first_org == NULL) next->first_org = ev->org_id;
    if (next->brief == NULL) next->brief = ev->brief;
    if (next->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    if (!escalation_take_over(s, &(struct climb){.cause = "refused", .settles = true})) return VERDICT_IGNORED;
    bool known = next->file_complete && escalation_is_at_top(s) && !escalation_is_reviewing(next);
    if (known && !escalation_route(s, ev->brief, ev->finding)) return step_broken(s, "no_liability_table");
    return VERDICT_DONE;
}

enum verdict escalation_on_file_received(struct step *s)
{
    const struct ev_evidence_file_received *ev = s->in->data;
    const struct escalation_state *st = s->state;
    struct escalation_state *next = s->next;
    if (ev->takeover_no != st->demand_no || st->status == ESCALATION_STATUS_DECIDING) return VERDICT_IGNORED;
    if (!ev->complete) {
        if (st->status != ESCALATION_STATUS_AWAITING_FILE) return VERDICT_IGNORED;
        send_another(s, OFFENCE_FILE_INCOMPLETE);
        return VERDICT_DONE;
    }
    next->file_complete = true;
    next->status = escalation_is_at_top(s) ? ESCALATION_STATUS_DECIDING : ESCALATION_STATUS_WATCHING;
    struct ev_escalation_file_accepted *out = decision_emit(s->out, EV_ESCALATION_FILE_ACCEPTED);
    *out = (struct ev_escalation_file_accepted){
        .takeover_no = ev->takeover_no, .of_org = ev->from_org, .plan_now = !escalation_is_at_top(s)};
    return VERDICT_DONE;
}

enum verdict escalation_on_concluded(struct step *s)
{
    const struct ev_evidence_investigation_concluded *ev = s->in->data;
    const struct escalation_state *st = s->state;
    if (!escalation_is_at_top(s) || !ev->has_takeover_no || ev->takeover_no < st->demand_no) return VERDICT_IGNORED;
    return escalation_route(s, ev->brief, ev->finding) ? VERDICT_DONE : step_broken(s, "no_liability_table");
}
