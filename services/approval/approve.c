/* Who signs a plan (AP-4 to AP-6). See steps.h.
 *
 * The approver of the level that has the case, and from the policy's bands on heads of departments and others of head
 * office beside them, in any order; the last signature grants, any of them denies. Nobody signs their own plan, or
 * twice. */
#include <string.h>

#include "approval/steps.h"
#include "policy/plan.h"
#include "policy/rights.h"

/* ---- who has to sign ---- */

static const struct pol_band *higher(const struct pol_band *a, const struct pol_band *b) { return a > b ? a : b; }

/* The highest of what is claimed, of what this plan and the granted before make together, and of what was advanced. */
static const struct pol_band *band_of(const struct policy *p, const struct approval_state *next)
{
    const struct brief *b = next->brief;
    int64_t total = plan_worth(next->plan);
    bool adds = next->granted_currency != NULL && strcmp(next->granted_currency, next->plan->currency) == 0;
    if (adds && __builtin_add_overflow(total, next->granted_minor, &total)) total = INT64_MAX;
    const struct pol_band *planned = policy_band(p, total, next->plan->currency);
    const struct pol_band *claimed = b->has_claimed_minor ? policy_band(p, b->claimed_minor, b->currency) : NULL;
    const struct pol_band *advanced = policy_band(p, next->advanced_minor, next->advanced_currency);
    return higher(higher(claimed, planned), advanced);
}

static bool somebody_else_is(const struct pol_unit *unit, enum role role, const char *proposer_id)
{
    for (int i = 0; i < unit->n_people; i++) {
        if (policy_has_role(&unit->people[i], role) && strcmp(unit->people[i].id, proposer_id) != 0) return true;
    }
    return false;
}

static void add_role(struct approval_state *next, enum role *due, enum role role)
{
    if (!policy_role_among(role, due, next->n_due_roles)) due[next->n_due_roles++] = role;
}

/* ES-6: where nobody but the proposer could sign, the general manager does. */
static void set_due(struct step *s, const struct pol_band *band)
{
    struct approval_state *next = s->next;
    const struct pol_unit *top = policy_head_office(s->policy);
    int n = band != NULL ? band->n_signers : 0, n_departments = band != NULL ? band->n_departments : 0;
    enum role *due = ARENA_ARRAY(s->out->arena, enum role, n + n_departments + 1);
    const char **departments = ARENA_ARRAY(s->out->arena, const char *, n_departments + 1);
    due[0] = policy_approver(s->policy, next->assignment->level);
    next->n_due_roles = 1;
    next->n_due_departments = 0;
    for (int i = 0; i < n; i++) {
        bool other = somebody_else_is(top, band->signers[i], next->proposer_id);
        add_role(next, due, other ? band->signers[i] : ROLE_GENERAL_MANAGER);
    }
    for (int i = 0; i < n_departments; i++) {
        const struct pol_person *head = policy_department_head(moment_of(s), band->departments[i]);
        if (head != NULL && strcmp(head->id, next->proposer_id) != 0)
            departments[next->n_due_departments++] = band->departments[i];
        else
            add_role(next, due, ROLE_GENERAL_MANAGER);
    }
    next->due_roles = due;
    next->due_departments = departments;
    next->n_signed_by = 0;
}

void approval_request(struct step *s)
{
    struct approval_state *next = s->next;
    const struct pol_band *band = band_of(s->policy, next);
    next->status = APPROVAL_STATUS_AWAITING_APPROVAL;
    set_due(s, band);
    struct ev_approval_requested *e = decision_emit(s->out, EV_APPROVAL_REQUESTED);
    *e = (struct ev_approval_requested){.plan = next->plan,
                                        .proposer_id = next->proposer_id,
                                        .org_id = next->assignment->org_id,
                                        .level = next->assignment->level,
                                        .approver_role = next->due_roles[0],
                                        .round = next->round,
                                        .band = band != NULL ? band->id : NULL,
                                        .n_signers = next->n_due_roles - 1,
                                        .signers = next->due_roles + 1,
                                        .n_departments = next->n_due_departments,
                                        .departments = next->due_departments};
}

/* ---- signing ---- */

static bool has_signed(const struct approval_state *state, const char *id)
{
    for (int i = 0; i < state->n_signed_by; i++) {
        if (strcmp(state->signed_by[i], id) == 0) return true;
    }
    return false;
}

static bool heads(const struct step *s, const struct actor *who, const char *department)
{
    const struct pol_person *head = policy_department_head(moment_of(s), department);
    return head != NULL && strcmp(head->id, who->id) == 0;
}

/* AP-5: somebody of head office whose signature is waited for beside the approver's. */
static bool is_signer(const struct step *s, const struct actor *who)
{
    const struct approval_state *state = s->state;
    bool due = who->role != policy_approver(s->policy, state->assignment->level) &&
               policy_role_among(who->role, state->due_roles, state->n_due_roles);
    for (int i = 0; i < state->n_due_departments; i++) due |= heads(s, who, state->due_departments[i]);
    return due && rights_at_unit(s, who, policy_head_office(s->policy)->id);
}

/* AP-6 before AP-4: who proposed may not decide, whatever their role. */
static const struct refusal *may_decide(const struct step *s, const struct actor *who)
{
    static const struct refusal own = {"AP-6", "own_plan", NULL};
    static const struct refusal twice = {"AP-6", "already_signed", NULL};
    static const struct refusal level = {"AP-6", "not_the_deciding_level", NULL};
    static const struct refusal role = {"AP-4", "not_the_approver", NULL};
    const struct approval_state *state = s->state;
    if (strcmp(who->id, state->proposer_id) == 0) return &own;
    if (has_signed(state, who->id)) return &twice;
    if (is_signer(s, who)) return NULL;
    if (who->org_id == NULL || strcmp(who->org_id, state->assignment->org_id) != 0) return &level;
    if (who->role != policy_approver(s->policy, state->assignment->level)) return &role;
    if (!policy_role_among(who->role, state->due_roles, state->n_due_roles)) return &twice;
    return rights_holds_role(s, who) ? NULL : &role;
}

static void sign(struct step *s, const struct actor *who)
{
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    enum role *left = ARENA_ARRAY(s->out->arena, enum role, state->n_due_roles);
    const char **all = ARENA_ARRAY(s->out->arena, const char *, state->n_signed_by + 1);
    const char **departments = ARENA_ARRAY(s->out->arena, const char *, state->n_due_departments + 1);
    next->n_due_roles = 0;
    next->n_due_departments = 0;
    for (int i = 0; i < state->n_due_roles; i++) {
        if (state->due_roles[i] != who->role) left[next->n_due_roles++] = state->due_roles[i];
    }
    for (int i = 0; i < state->n_due_departments; i++) {
        if (!heads(s, who, state->due_departments[i]))
            departments[next->n_due_departments++] = state->due_departments[i];
    }
    for (int i = 0; i < state->n_signed_by; i++) all[i] = state->signed_by[i];
    all[state->n_signed_by] = who->id;
    next->due_roles = left;
    next->due_departments = departments;
    next->signed_by = all;
    next->n_signed_by = state->n_signed_by + 1;
}

enum verdict approval_on_approve(struct step *s)
{
    const struct ev_command_approve *in = s->in->data;
    const struct approval_state *state = s->state;
    const struct approval_state *next = s->next;
    const struct refusal *why = may_decide(s, in->actor);
    if (why != NULL) return step_refuse(s, why->rule, why->reason, state->assignment->org_id);
    sign(s, in->actor);
    if (next->n_due_roles + next->n_due_departments > 0) {
        struct ev_approval_signed *e = decision_emit(s->out, EV_APPROVAL_SIGNED);
        *e = (struct ev_approval_signed){.by = in->actor->id,
                                         .role = in->actor->role,
                                         .round = state->round,
                                         .n_left = next->n_due_roles,
                                         .left = next->due_roles,
                                         .n_left_departments = next->n_due_departments,
                                         .left_departments = next->due_departments,
                                         .comment = in->comment};
        return VERDICT_DONE;
    }
    struct ev_approval_granted *e = decision_emit(s->out, EV_APPROVAL_GRANTED);
    *e = (struct ev_approval_granted){.approver_id = in->actor->id,
                                      .round = state->round,
                                      .amount_minor = state->plan->amount_minor,
                                      .currency = state->plan->currency,
                                      .comment = in->comment,
                                      .n_signed_by = next->n_signed_by,
                                      .signed_by = next->signed_by};
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
    if (approval_is_reviewed(next)) approval_plan_or_wait(s);
    return VERDICT_DONE;
}
