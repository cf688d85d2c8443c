/* Plans and who decides on them (AP-1 to AP-4, AP-6, AP-13). See steps.h. */
#include <string.h>

#include "approval/steps.h"
#include "event/newest.h"
#include "policy/plan.h"
#include "policy/rights.h"

static bool is_below(const struct policy *p, int64_t minor, const char *currency)
{
    int64_t threshold;
    return minor >= 0 && currency != NULL && policy_alone_below(p, currency, &threshold) && minor < threshold;
}

/* A complaint demands no money, so there is none unknown; a money plan turns it into a claim (IN-3)
 * whose amount nobody has said. */
static bool claimed_is_small(const struct policy *p, const struct brief *brief, const struct plan *plan)
{
    if (brief->has_claimed_minor) return is_below(p, brief->claimed_minor, brief->currency);
    return brief->kind != KIND_CLAIM && plan->amount_minor == 0;
}

/* What was granted before and this plan together, so that a matter cut into slices is one amount. */
static bool planned_is_small(const struct policy *p, const struct approval_state *state, const struct plan *plan)
{
    int64_t total;
    if (state->granted_currency == NULL) return is_below(p, plan->amount_minor, plan->currency);
    if (strcmp(state->granted_currency, plan->currency) != 0) return false;
    return !__builtin_add_overflow(state->granted_minor, plan->amount_minor, &total) &&
           is_below(p, total, plan->currency);
}

bool approval_is_small(const struct policy *p, const struct approval_state *state, const struct plan *plan)
{
    return claimed_is_small(p, state->brief, plan) && planned_is_small(p, state, plan);
}

void approval_request(struct step *s)
{
    struct approval_state *next = s->next;
    next->status = APPROVAL_STATUS_AWAITING_APPROVAL;
    struct ev_approval_requested *e = decision_emit(s->out, EV_APPROVAL_REQUESTED);
    *e = (struct ev_approval_requested){.plan = next->plan,
                                        .proposer_id = next->proposer_id,
                                        .org_id = next->assignment->org_id,
                                        .level = next->assignment->level,
                                        .approver_role = policy_approver(s->policy, next->assignment->level),
                                        .round = next->round};
}

/* ES-3: not told as the answer; the next level looks at it first. */
static void refuse_claim(struct step *s)
{
    struct approval_state *next = s->next;
    next->status = APPROVAL_STATUS_UNDER_REVIEW;
    struct ev_approval_refused *e = decision_emit(s->out, EV_APPROVAL_REFUSED);
    *e = (struct ev_approval_refused){.reasons = next->plan->reasons,
                                      .org_id = next->assignment->org_id,
                                      .level = next->assignment->level,
                                      .round = next->round,
                                      .finding = next->finding,
                                      .brief = next->brief};
    next->plan = NULL;
}

/* AP-7: with the reasons, the finding and the ways open; above head office nobody hears an appeal (AP-9). */
static void reject(struct step *s)
{
    static const char *const routes[] = {"appeal", "mediation", "arbitration", "court"};
    struct approval_state *next = s->next;
    bool top = next->assignment->level == ORG_LEVEL_HEAD_OFFICE;
    next->status = APPROVAL_STATUS_REJECTED;
    struct ev_approval_rejected *e = decision_emit(s->out, EV_APPROVAL_REJECTED);
    *e = (struct ev_approval_rejected){.reasons = next->plan->reasons,
                                       .appeal_days = s->policy->pack->negotiation->appeal_days,
                                       .finding = next->finding,
                                       .n_routes = (int)(sizeof routes / sizeof routes[0]) - top,
                                       .routes = routes + top};
}

void approval_offer_or_reject(struct step *s)
{
    const struct approval_state *next = s->next;
    bool rejection = plan_is_rejection(next->plan);
    if (rejection && policy_refusal_climbs(s->policy, next->assignment->level, next->brief->kind)) {
        refuse_claim(s);
    } else if (rejection) {
        reject(s);
    } else {
        approval_offer(s);
    }
}

static void decide_alone(struct step *s)
{
    const struct approval_state *next = s->next;
    struct ev_approval_decided_alone *e = decision_emit(s->out, EV_APPROVAL_DECIDED_ALONE);
    *e = (struct ev_approval_decided_alone){.decider_id = next->proposer_id,
                                            .informed_id = next->assignment->manager_id,
                                            .amount_minor = next->plan->amount_minor,
                                            .currency = next->plan->currency,
                                            .round = next->round};
    approval_offer_or_reject(s);
}

void approval_put_plan(struct step *s, const struct proposal *proposal)
{
    struct approval_state *next = s->next;
    next->round++;
    next->plan = proposal->plan;
    next->proposer_id = proposal->proposer_id;
    struct ev_approval_plan_proposed *e = decision_emit(s->out, EV_APPROVAL_PLAN_PROPOSED);
    *e = (struct ev_approval_plan_proposed){.plan = next->plan, .proposer_id = next->proposer_id, .round = next->round};
    if (proposal->may_decide_alone && approval_is_small(s->policy, next, next->plan)) {
        decide_alone(s);
    } else {
        approval_request(s);
    }
}

void approval_start_planning(struct step *s)
{
    struct approval_state *next = s->next;
    next->status = APPROVAL_STATUS_PLANNING;
    struct ev_approval_planning_started *e = decision_emit(s->out, EV_APPROVAL_PLANNING_STARTED);
    e->org_id = next->assignment->org_id;
}

/* An investigator decides alone by a role the organisation gives them at the unit that has the case now. */
static bool investigator_may_decide(const struct policy *p, const struct ev_evidence_investigation_concluded *in,
                                    const struct assignment *now)
{
    const struct pol_unit *unit = policy_unit(p, now->org_id);
    const struct pol_person *person = unit != NULL ? policy_person_in(unit, in->investigator_id) : NULL;
    for (int i = 0; person != NULL && i < person->n_roles; i++) {
        if (policy_may_decide_alone(p, person->roles[i])) return true;
    }
    return false;
}

enum verdict approval_on_concluded(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_evidence_investigation_concluded *in = s->in->data;
    struct approval_state *next = s->next;
    struct refusal why;
    next->brief = brief_newest(in->brief, state->brief);
    next->assignment = assignment_newest(in->assignment, state->assignment);
    next->finding = in->finding;
    next->investigator_id = in->investigator_id;
    next->payee = in->payee;
    if (approval_is_reviewed(next)) {
        approval_plan_or_wait(s);
        return VERDICT_DONE;
    }
    if (in->plan != NULL && plan_check(in->plan, in->finding, &why)) {
        bool alone = investigator_may_decide(s->policy, in, next->assignment);
        approval_put_plan(s, &(struct proposal){in->plan, in->investigator_id, alone});
        return VERDICT_DONE;
    }
    approval_start_planning(s);
    return VERDICT_DONE;
}

bool approval_granted_would_overflow(const struct approval_state *state, const struct plan *plan)
{
    int64_t total;
    return __builtin_add_overflow(state->granted_minor, plan->amount_minor, &total);
}

enum verdict approval_on_propose(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_command_propose *in = s->in->data;
    struct refusal why;
    if (!rights_at_unit(s->policy, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    if (!plan_check(in->plan, state->finding, &why)) return step_refuse(s, why.rule, why.reason, why.detail);
    if (approval_granted_would_overflow(state, in->plan)) return step_refuse(s, "AP-2", "amount_overflow", NULL);
    bool alone = policy_may_decide_alone(s->policy, in->actor->role);
    approval_put_plan(s, &(struct proposal){in->plan, in->actor->id, alone});
    return VERDICT_DONE;
}

/* AP-13: nothing is promised before the facts are understood. */
enum verdict approval_on_early_propose(struct step *s) { return step_refuse(s, "AP-13", "no_finding_yet", NULL); }

/* AP-6 before AP-4: who proposed may not decide, whatever their role. */
static const struct refusal *may_decide(const struct step *s, const struct actor *who)
{
    static const struct refusal own = {"AP-6", "own_plan", NULL};
    static const struct refusal level = {"AP-6", "not_the_deciding_level", NULL};
    static const struct refusal role = {"AP-4", "not_the_approver", NULL};
    const struct approval_state *state = s->state;
    if (strcmp(who->id, state->proposer_id) == 0) return &own;
    if (who->org_id == NULL || strcmp(who->org_id, state->assignment->org_id) != 0) return &level;
    if (who->role != policy_approver(s->policy, state->assignment->level)) return &role;
    return rights_holds_role(s->policy, who) ? NULL : &role;
}

enum verdict approval_on_approve(struct step *s)
{
    const struct ev_command_approve *in = s->in->data;
    const struct approval_state *state = s->state;
    const struct refusal *why = may_decide(s, in->actor);
    if (why != NULL) return step_refuse(s, why->rule, why->reason, state->assignment->org_id);
    struct ev_approval_granted *e = decision_emit(s->out, EV_APPROVAL_GRANTED);
    *e = (struct ev_approval_granted){.approver_id = in->actor->id,
                                      .round = state->round,
                                      .amount_minor = state->plan->amount_minor,
                                      .currency = state->plan->currency,
                                      .comment = in->comment};
    approval_offer_or_reject(s);
    return VERDICT_DONE;
}

enum verdict approval_on_deny(struct step *s)
{
    const struct ev_command_deny *in = s->in->data;
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    const struct refusal *why = may_decide(s, in->actor);
    if (why != NULL) return step_refuse(s, why->rule, why->reason, state->assignment->org_id);
    next->status = APPROVAL_STATUS_PLANNING;
    next->plan = NULL;
    struct ev_approval_denied *e = decision_emit(s->out, EV_APPROVAL_DENIED);
    *e = (struct ev_approval_denied){.approver_id = in->actor->id, .round = state->round, .reason = in->reason};
    return VERDICT_DONE;
}
