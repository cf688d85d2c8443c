/* Plans, and what one decides on alone (AP-1 to AP-3, AP-11, AP-13). See steps.h. */
#include <string.h>

#include "approval/steps.h"
#include "event/newest.h"
#include "policy/goodwill.h"
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
    if (state->granted_currency == NULL) return is_below(p, plan_worth(plan), plan->currency);
    if (strcmp(state->granted_currency, plan->currency) != 0) return false;
    return !__builtin_add_overflow(state->granted_minor, plan_worth(plan), &total) &&
           is_below(p, total, plan->currency);
}

/* What was granted before is in the planned; an advance is taken off it (PA-5), unless the currencies differ. */
static bool advanced_is_small(const struct policy *p, const struct approval_state *state, const struct plan *plan)
{
    if (state->advanced_currency == NULL) return true;
    return strcmp(state->advanced_currency, plan->currency) == 0 &&
           is_below(p, state->advanced_minor, state->advanced_currency);
}

bool approval_is_small(const struct policy *p, const struct approval_state *state, const struct plan *plan)
{
    return claimed_is_small(p, state->brief, plan) && planned_is_small(p, state, plan) &&
           advanced_is_small(p, state, plan);
}

/* PA-8: what earlier slips have granted towards the loss. */
static int64_t granted_towards(const struct approval_state *state, const struct finding *f)
{
    bool same = f != NULL && f->currency != NULL && state->granted_currency != NULL &&
                strcmp(f->currency, state->granted_currency) == 0;
    return same ? state->granted_minor : 0;
}

bool approval_check_plan(const struct step *s, const struct plan *plan, struct refusal *why)
{
    const struct approval_state *next = s->next;
    struct goodwill_basis basis = {.brief = next->brief,
                                   .finding = next->finding,
                                   .granted_minor = next->granted_minor,
                                   .granted_currency = next->granted_currency};
    if (!plan_check(plan, next->finding, why)) return false;
    if (approval_granted_would_overflow(next, plan)) {
        *why = (struct refusal){"AP-2", "amount_overflow", NULL};
        return false;
    }
    return plan_makes_good(plan, next->finding, granted_towards(next, next->finding), why) &&
           goodwill_check(s->policy, &basis, plan, s->out->arena, why);
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
    next->offer = NULL;
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
    next->has_advanced_minor = in->has_advanced_minor;
    next->advanced_minor = in->advanced_minor;
    next->advanced_currency = in->advanced_currency;
    if (approval_is_reviewed(next)) {
        approval_plan_or_wait(s);
        return VERDICT_DONE;
    }
    if (in->plan != NULL && approval_check_plan(s, in->plan, &why)) {
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
    return __builtin_add_overflow(state->granted_minor, plan_worth(plan), &total);
}

/* AP-11: by the usual people, for the usual amount unless another is said. NULL with *why filled. */
static const struct plan *plan_by_template(struct step *s, const struct ev_command_propose *in, struct refusal *why)
{
    const struct approval_state *state = s->state;
    const struct pol_template *t = policy_template(s->policy, in->template);
    if (t == NULL || !policy_template_fits(t, state->brief->category)) {
        *why = (struct refusal){"AP-11", t == NULL ? "no_such_template" : "template_of_another_category", in->template};
        return NULL;
    }
    const struct pol_unit *unit = policy_unit(s->policy, state->assignment->org_id);
    const struct pol_person *who =
        unit != NULL ? policy_person_with(moment_of(s), unit, t->executor, (uint64_t)s->in->case_id) : NULL;
    struct measure *measures = ARENA_ARRAY(s->out->arena, struct measure, t->n_measures);
    for (int i = 0; i < t->n_measures; i++) {
        measures[i] =
            (struct measure){.kind = t->measures[i], .executor = who != NULL ? who->id : state->assignment->handler_id};
    }
    struct plan *p = ARENA_NEW(s->out->arena, struct plan);
    *p = (struct plan){.n_measures = t->n_measures,
                       .measures = measures,
                       .amount_minor = in->has_amount_minor ? in->amount_minor : t->amount_minor,
                       .currency = t->currency != NULL ? t->currency : s->policy->pack->currency};
    return p;
}

static const struct plan *proposed_plan(struct step *s, const struct ev_command_propose *in, struct refusal *why)
{
    *why = (struct refusal){"AP-1", "plan_or_template", NULL};
    if ((in->plan != NULL) == (in->template != NULL)) return NULL;
    return in->plan != NULL ? in->plan : plan_by_template(s, in, why);
}

enum verdict approval_on_propose(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_command_propose *in = s->in->data;
    struct refusal why;
    if (!rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    const struct plan *plan = proposed_plan(s, in, &why);
    if (plan == NULL || !approval_check_plan(s, plan, &why)) {
        return step_refuse(s, why.rule, why.reason, why.detail);
    }
    bool alone = policy_may_decide_alone(s->policy, in->actor->role);
    approval_put_plan(s, &(struct proposal){plan, in->actor->id, alone});
    return VERDICT_DONE;
}

/* AP-13: nothing is promised before the facts are understood. */
enum verdict approval_on_early_propose(struct step *s) { return step_refuse(s, "AP-13", "no_finding_yet", NULL); }
