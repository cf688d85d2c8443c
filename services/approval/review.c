/* Planning after a review (ES-3, ES-5, EV-7, PA-6 to PA-8, PA-11). See steps.h.
 *
 * What the liability table decides is planned by its row without a person: money for a claim, work for a complaint, or
 * a rejection with the row's words; a plan of the levels below that gives no less stays. What the row leaves to people,
 * an amount nobody knows, or what a person might not propose either, is planned by the level that has the case; what is
 * above the policy's amount goes to its approver. */
#include <string.h>

#include "approval/steps.h"
#include "policy/goodwill.h"
#include "policy/liability.h"

bool approval_is_reviewed(const struct approval_state *next)
{
    return next->review_no > next->routed_no || next->routed_settle != SETTLE_ABSENT;
}

void approval_await_review(struct step *s)
{
    struct approval_state *next = s->next;
    next->status = APPROVAL_STATUS_UNDER_REVIEW;
    struct ev_approval_review_awaited *e = decision_emit(s->out, EV_APPROVAL_REVIEW_AWAITED);
    *e = (struct ev_approval_review_awaited){.takeover_no = next->review_no, .org_id = next->assignment->org_id};
}

/* ---- the plan a row makes ---- */

static bool same_currency(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

/* The verified loss, never more than was claimed; without a loss what was claimed; for the company's own fault (PA-8)
 * the higher of the two. false when neither is known. */
static bool amount_of(const struct approval_state *next, int64_t *minor, const char **currency)
{
    const struct brief *b = next->brief;
    const struct finding *f = next->finding;
    bool claimed = b->has_claimed_minor && b->claimed_minor > 0 && b->currency != NULL;
    bool lost = f->has_loss_minor && f->loss_minor > 0 && f->currency != NULL;
    if (claimed && lost && !same_currency(b->currency, f->currency)) return false;
    bool highest = f->liability == LIABILITY_COMPANY;
    if (claimed && (!lost || (f->loss_minor > b->claimed_minor) != highest)) {
        *minor = b->claimed_minor;
        *currency = b->currency;
    } else if (lost) {
        *minor = f->loss_minor;
        *currency = f->currency;
    } else {
        return false;
    }
    return true;
}

static struct plan *one_measure(struct step *s, enum measure_kind kind)
{
    const struct approval_state *next = s->next;
    struct measure *m = ARENA_NEW(s->out->arena, struct measure);
    struct plan *p = ARENA_NEW(s->out->arena, struct plan);
    *m = (struct measure){.kind = kind, .executor = next->assignment->handler_id};
    *p = (struct plan){.n_measures = 1, .measures = m, .currency = s->policy->pack->currency};
    return p;
}

static enum measure_kind remedy_of(const struct step *s, const char *row_id)
{
    const struct pol_liability_table *table = s->policy->pack->liability;
    for (int i = 0; table != NULL && i < table->n_rows; i++) {
        const struct pol_liability_row *row = &table->rows[i];
        if (strcmp(row->id, row_id) == 0 && row->remedy != MEASURE_KIND_ABSENT) return row->remedy;
    }
    return MEASURE_KIND_REWORK;
}

/* AP-2: as much of what was lost as the standard of goodwill allows, though nothing of it is owed. NULL when
 * nobody has said what was lost. */
static const struct plan *goodwill_plan(struct step *s)
{
    const struct approval_state *next = s->next;
    struct plan *p = one_measure(s, MEASURE_KIND_COMPENSATION);
    if (!amount_of(next, &p->amount_minor, &p->currency)) return NULL;
    int64_t allowed = goodwill_allowed(
        s->policy, &(struct goodwill_basis){.brief = next->brief, .finding = next->finding}, p->currency);
    if (p->amount_minor > allowed) p->amount_minor = allowed;
    p->has_goodwill_minor = true;
    p->goodwill_minor = p->amount_minor;
    return p;
}

/* NULL: people have to plan. */
static const struct plan *plan_by_row(struct step *s, enum settle settle)
{
    const struct approval_state *next = s->next;
    struct plan *p;
    switch (settle) {
    case SETTLE_REJECT:
        p = one_measure(s, MEASURE_KIND_REJECTION);
        p->reasons = next->routed_words;
        return p;
    case SETTLE_COMPENSATE:
        if (next->brief->kind != KIND_CLAIM) return one_measure(s, remedy_of(s, next->routed_row));
        p = one_measure(s, MEASURE_KIND_COMPENSATION);
        return amount_of(next, &p->amount_minor, &p->currency) ? p : NULL;
    case SETTLE_GOODWILL:
        if (next->brief->kind != KIND_CLAIM) return one_measure(s, remedy_of(s, next->routed_row));
        return goodwill_plan(s);
    case SETTLE_ASK:
    case SETTLE_ABSENT: break;
    }
    return NULL;
}

/* The highest of claimed, planned and advanced counts (AP-4); what nobody has said needs a person. */
static bool rule_decides(const struct policy *p, const struct approval_state *next)
{
    const struct brief *b = next->brief;
    if (next->granted_currency != NULL) return false;
    if (b->kind == KIND_CLAIM && !b->has_claimed_minor) return false;
    if (b->has_claimed_minor && !liability_rule_may_decide(p, b->claimed_minor, b->currency)) return false;
    if (next->advanced_currency != NULL &&
        !liability_rule_may_decide(p, next->advanced_minor, next->advanced_currency)) {
        return false;
    }
    return liability_rule_may_decide(p, next->plan->amount_minor, next->plan->currency);
}

static void decide_by_rule(struct step *s)
{
    const struct approval_state *next = s->next;
    if (!rule_decides(s->policy, next)) {
        approval_request(s);
        return;
    }
    struct ev_approval_decided_by_rule *d = decision_emit(s->out, EV_APPROVAL_DECIDED_BY_RULE);
    *d = (struct ev_approval_decided_by_rule){.row = next->routed_row,
                                              .amount_minor = next->plan->amount_minor,
                                              .currency = next->plan->currency,
                                              .round = next->round,
                                              .policy_id = s->policy->pack->id,
                                              .policy_version = s->policy->pack->version};
    approval_offer_or_reject(s);
}

static void put_rule_plan(struct step *s, const struct plan *plan)
{
    struct approval_state *next = s->next;
    next->round++;
    next->plan = plan;
    next->proposer_id = arena_printf(s->out->arena, "rule:%s", next->routed_row);
    struct ev_approval_plan_proposed *e = decision_emit(s->out, EV_APPROVAL_PLAN_PROPOSED);
    *e = (struct ev_approval_plan_proposed){.plan = plan, .proposer_id = next->proposer_id, .round = next->round};
    decide_by_rule(s);
}

/* ---- what lies on the table already ---- */

/* Head office takes nothing back from the customer by a rule: a plan of the levels below that is worth no less than
 * the row's, and that the rules still let a person propose on this finding, stays. */
static bool holds_beside(struct step *s, const struct plan *lies, const struct plan *by_row)
{
    struct refusal why;
    if (lies == NULL || plan_is_rejection(lies) || !approval_check_plan(s, lies, &why)) return false;
    if (plan_is_rejection(by_row) || plan_worth(by_row) == 0) return true;
    return same_currency(lies->currency, by_row->currency) && plan_worth(lies) >= plan_worth(by_row);
}

static const struct plan *no_less_than_offered(struct step *s, const struct plan *by_row)
{
    const struct approval_state *next = s->next;
    return holds_beside(s, next->offer, by_row) ? next->offer : by_row;
}

/* A plan that nobody signed waits for this decision: it is signed by the rule, gives way to the row's, or where people
 * have to decide goes to head office's approver. */
static void judge_waiting(struct step *s, const struct plan *by_row)
{
    struct approval_state *next = s->next;
    if (by_row == NULL) {
        approval_request(s);
    } else if (holds_beside(s, next->plan, by_row)) {
        decide_by_rule(s);
    } else {
        put_rule_plan(s, no_less_than_offered(s, by_row));
    }
}

void approval_plan_or_wait(struct step *s)
{
    struct approval_state *next = s->next;
    if (next->review_no > next->routed_no) {
        if (next->status != APPROVAL_STATUS_UNDER_REVIEW) approval_await_review(s);
        return;
    }
    enum settle settle = next->routed_settle;
    if (settle != SETTLE_ABSENT) next->finding = next->routed_finding != NULL ? next->routed_finding : next->finding;
    next->routed_settle = SETTLE_ABSENT;
    const struct plan *plan = plan_by_row(s, settle);
    struct refusal why;
    if (plan != NULL && !approval_check_plan(s, plan, &why)) plan = NULL;
    if (next->plan != NULL) {
        judge_waiting(s, plan);
    } else if (plan != NULL) {
        put_rule_plan(s, no_less_than_offered(s, plan));
    } else {
        approval_start_planning(s);
    }
}

/* ---- inputs ---- */

/* Planned on at once where a plan is waited for and the level that decided has the case here, too. */
static void go_on(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct approval_state *next = s->next;
    bool waits = state->status == APPROVAL_STATUS_UNDER_REVIEW || state->status == APPROVAL_STATUS_PLANNING;
    if (waits && next->review_no == next->routed_no) approval_plan_or_wait(s);
}

static bool take(struct step *s, int64_t takeover_no, const char *row, enum liability liability)
{
    struct approval_state *next = s->next;
    if (takeover_no <= next->routed_no) return false;
    next->routed_no = takeover_no;
    struct ev_approval_liability_taken *e = decision_emit(s->out, EV_APPROVAL_LIABILITY_TAKEN);
    *e = (struct ev_approval_liability_taken){.takeover_no = takeover_no, .liability = liability, .row = row};
    return true;
}

enum verdict approval_on_routed(struct step *s)
{
    const struct ev_escalation_liability_routed *in = s->in->data;
    struct approval_state *next = s->next;
    if (!take(s, in->takeover_no, in->row, in->liability)) return VERDICT_IGNORED;
    next->routed_finding = in->finding;
    next->routed_row = in->row;
    next->routed_words = in->words;
    next->routed_settle = in->settle;
    go_on(s);
    return VERDICT_DONE;
}

/* ES-4: what is signed is not reviewed any more. */
enum verdict approval_on_routed_after(struct step *s)
{
    const struct ev_escalation_liability_routed *in = s->in->data;
    return take(s, in->takeover_no, in->row, in->liability) ? VERDICT_DONE : VERDICT_IGNORED;
}

/* EV-7: what rested on the liability as it was found is planned anew. To a customer who was told a rejection it is as
 * an appeal that was heard; nothing is taken back that they have signed. */
enum verdict approval_on_contest_decided(struct step *s)
{
    const struct ev_escalation_contest_decided *in = s->in->data;
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    if (in->liability == in->found) return VERDICT_IGNORED;
    next->routed_finding = in->finding;
    next->routed_row = in->row;
    next->routed_words = in->words;
    next->routed_settle = in->settle;
    struct ev_approval_liability_taken *e = decision_emit(s->out, EV_APPROVAL_LIABILITY_TAKEN);
    *e = (struct ev_approval_liability_taken){
        .takeover_no = state->routed_no, .liability = in->liability, .row = in->row, .contest_no = in->contest_no};
    if (state->status == APPROVAL_STATUS_NONE || state->status == APPROVAL_STATUS_UNDER_REVIEW) return VERDICT_DONE;
    if (state->status == APPROVAL_STATUS_AWAITING_APPROVAL || state->status == APPROVAL_STATUS_OFFERED) {
        struct ev_approval_plan_withdrawn *w = decision_emit(s->out, EV_APPROVAL_PLAN_WITHDRAWN);
        *w = (struct ev_approval_plan_withdrawn){.round = state->round, .contest_no = in->contest_no};
    }
    if (state->status == APPROVAL_STATUS_REJECTED) {
        approval_negotiate_again(s, &(struct objection){.reason = "liability_contested"});
    }
    next->plan = next->offer = NULL; /* they rested on what was found before */
    approval_plan_or_wait(s);
    return VERDICT_DONE;
}

/* ES-3: the level that demanded the file has it, and plans itself; head office decides liability first. */
enum verdict approval_on_file_accepted(struct step *s)
{
    const struct ev_escalation_file_accepted *in = s->in->data;
    struct approval_state *next = s->next;
    if (!in->plan_now || in->takeover_no <= next->routed_no) return VERDICT_IGNORED;
    next->routed_no = in->takeover_no;
    next->routed_settle = SETTLE_ASK;
    struct ev_approval_file_noted *e = decision_emit(s->out, EV_APPROVAL_FILE_NOTED);
    *e = (struct ev_approval_file_noted){.takeover_no = in->takeover_no};
    go_on(s);
    return VERDICT_DONE;
}

enum verdict approval_on_propose_under_review(struct step *s)
{
    return step_refuse(s, "ES-5", "liability_not_decided", NULL);
}
