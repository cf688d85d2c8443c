/* What must hold of a world when nobody has anything to read, and that its past explains its present. */
#include <string.h>

#include "event/codec.h"
#include "world.h"

static const char *differs(struct world *w, const char *what, int64_t case_id, const char *detail)
{
    return arena_printf(&w->arena, "%s: case %lld %s", what, (long long)case_id, detail);
}

/* ---- Replay ---- */

struct replay {
    struct world *w;
    enum world_service s;
    int64_t case_id;
    void *state;
    const char *wrong;
};

/* Feeds one input again; its outputs must be those that stand from `first` on in the topic. Returns how many. */
static int feed(struct replay *r, int cause, int first)
{
    const struct core *core = world_cores[r->s];
    const struct happening *f = &r->w->facts[cause];
    const int *topic = r->w->topics[r->s];
    struct decision out = {.arena = &r->w->arena};
    struct input in = {.type = f->type,
                       .data = f->data,
                       .id = f->id,
                       .source = f->source,
                       .case_id = f->case_id,
                       .now_ms = r->w->facts[topic[first]].now_ms,
                       .at_ms = f->at_ms};
    void *next = arena_alloc(&r->w->arena, core->state->size);
    core_step(core, r->w->facts[topic[first]].policy, r->state, &in, next, &out);
    for (int i = 0; i < out.n_outputs; i++) {
        const struct happening *was = first + i < r->w->n_topic[r->s] ? &r->w->facts[topic[first + i]] : NULL;
        if (was == NULL || was->cause != cause || was->type != out.outputs[i].type ||
            !desc_equal(event_desc(was->type), was->data, out.outputs[i].data)) {
            r->wrong = differs(r->w, "replayed output differs", r->case_id, event_name(out.outputs[i].type));
        }
    }
    if (out.n_outputs == 0) r->wrong = differs(r->w, "replay has no output", r->case_id, event_name(f->type));
    r->state = next;
    return out.n_outputs;
}

static const char *replay(struct world *w, enum world_service s, const struct world_case *c)
{
    struct replay r = {.w = w, .s = s, .case_id = c->case_id};
    r.state = arena_alloc(&w->arena, world_cores[s]->state->size);
    for (int i = 0; i < w->n_topic[s] && r.wrong == NULL;) {
        const struct happening *f = &w->facts[w->topics[s][i]];
        i += f->case_id == c->case_id ? feed(&r, f->cause, i) : 1;
    }
    if (r.wrong == NULL && !desc_equal(world_cores[s]->state, r.state, c->state[s])) {
        return differs(w, "replayed state differs", c->case_id, world_cores[s]->service);
    }
    return r.wrong;
}

const char *world_replay_check(struct world *w)
{
    for (int s = 0; s < WORLD_SERVICES; s++) {
        for (int i = 0; world_cores[s] != NULL && i < w->n_cases; i++) {
            const char *wrong = replay(w, (enum world_service)s, &w->cases[i]);
            if (wrong != NULL) return wrong;
        }
    }
    return NULL;
}

/* ---- Invariants ---- */

static bool is_over(const struct intake_state *st)
{
    return st->status == INTAKE_STATUS_CLOSED || st->status == INTAKE_STATUS_WITHDRAWN;
}

/* What outlives the case (PA-8) says nothing of whose turn it is. */
static bool has_running_limit(const struct world *w, const struct world_case *c)
{
    const struct sla_state *sla = c->state[SLA];
    for (int i = 0; sla != NULL && i < sla->n_limits; i++) {
        const struct limit *l = &sla->limits[i];
        const struct policy_limit *def = policy_limit(w->policy, l->code);
        bool of_the_case = def == NULL || !def->def->outlives;
        if (of_the_case && (l->state == LIMIT_STATE_ARMED || l->state == LIMIT_STATE_PAUSED)) return true;
    }
    return false;
}

/* Whose turn it is when no limit runs: somebody owes the next step and its limit has been missed, or the bank
 * must be looked at. NULL: nobody, which would be a case forgotten. */
static const char *waits_for(const struct world_case *c)
{
    const struct intake_state *intake = c->state[INTAKE];
    const struct evidence_state *evidence = c->state[EVIDENCE];
    const struct approval_state *approval = c->state[APPROVAL];
    const struct payment_state *payment = c->state[PAYMENT];
    const struct escalation_state *escalation = c->state[ESCALATION];
    if (escalation != NULL && escalation->dispute != NULL && !escalation->dispute->judged) return "the forum";
    if (payment != NULL && payment->status == PAYMENT_STATUS_INSTRUCTED) return "the bank";
    if (payment != NULL && payment->status == PAYMENT_STATUS_FAILED) return "a corrected account";
    if (payment != NULL && payment->status == PAYMENT_STATUS_HALTED) return "a person to look at the payout";
    if (payment != NULL && payment->status == PAYMENT_STATUS_HELD) return "a release";
    if (payment != NULL && payment->status == PAYMENT_STATUS_DAY_HELD) return "a release";
    if (payment != NULL && payment->status == PAYMENT_STATUS_CORRECTING) return "the approval of an account";
    if (payment != NULL && payment->status == PAYMENT_STATUS_CASH_DUE) return "signatures under a voucher";
    switch (evidence->status) {
    case EVIDENCE_STATUS_VISIT_ORDERED: return "the visit";
    case EVIDENCE_STATUS_INCOMPLETE: return "the rest of the package";
    case EVIDENCE_STATUS_INVESTIGATING: return "the investigation";
    case EVIDENCE_STATUS_AWAITING_FILE:
        /* The demand's limit runs, or another is sent; unless a file that was read late has led to a plan already. */
        if (approval->status == APPROVAL_STATUS_UNDER_REVIEW) return NULL;
        break;
    case EVIDENCE_STATUS_CONCLUDED: break;
    case EVIDENCE_STATUS_STOOD_DOWN:
    case EVIDENCE_STATUS_NONE:
        if (!approval->judged) return NULL;
        break;
    }
    switch (approval->status) {
    case APPROVAL_STATUS_PLANNING: return "a plan";
    case APPROVAL_STATUS_UNDER_REVIEW: return NULL; /* decided as soon as the finding is there */
    case APPROVAL_STATUS_AWAITING_APPROVAL: return "the approver";
    case APPROVAL_STATUS_OFFERED: return "the customer's answer";
    case APPROVAL_STATUS_REJECTED: return "an appeal";
    case APPROVAL_STATUS_APPROVED:
        if (approval->must_execute) return "the execution";
        break;
    case APPROVAL_STATUS_EXECUTED: break;
    case APPROVAL_STATUS_LAPSED:
    case APPROVAL_STATUS_ENDED:
    case APPROVAL_STATUS_NONE: return NULL;
    }
    return intake->status == INTAKE_STATUS_AWAITING_SATISFACTION ? "the satisfaction call" : NULL;
}

/* EV-7: who is asked for a contested liability is owed an answer by a date. */
static bool contest_stands_still(const struct world_case *c)
{
    const struct escalation_state *escalation = c->state[ESCALATION];
    const struct sla_state *sla = c->state[SLA];
    if (escalation == NULL || escalation->contest == NULL) return false;
    for (int i = 0; sla != NULL && i < sla->n_limits; i++) {
        if (strcmp(sla->limits[i].code, "liability_contest") == 0) return sla->limits[i].state != LIMIT_STATE_ARMED;
    }
    return true;
}

static const char *check_case(struct world *w, const struct world_case *c)
{
    const struct intake_state *intake = c->state[INTAKE];
    const struct dispatch_state *dispatch = c->state[DISPATCH];
    bool limits = world_cores[SLA] != NULL;
    if (is_over(intake)) {
        if (has_running_limit(w, c)) return differs(w, "closed, but a limit runs", c->case_id, c->matter);
        if (dispatch->status != DISPATCH_STATUS_RELEASED) return differs(w, "closed, not released", c->case_id, "");
        return NULL;
    }
    if (dispatch->status != DISPATCH_STATUS_ASSIGNED || dispatch->assignment->handler_id == NULL) {
        return differs(w, "open without an owner", c->case_id, "");
    }
    if (intake->assignment_version != dispatch->assignment->version) {
        return differs(w, "intake has another assignment than dispatch", c->case_id, "");
    }
    if (limits && contest_stands_still(c)) return differs(w, "contested, nobody is to answer", c->case_id, "");
    if (limits && !has_running_limit(w, c) && waits_for(c) == NULL) {
        return differs(w, "open, no limit runs, nobody is waited for", c->case_id,
                       world_status(w, c->case_id, APPROVAL));
    }
    return NULL;
}

/* PA-1, PA-3: what was settled per case is never more than its slips, and all of them before the customer is asked;
 * each payout is settled once. */
static const char *check_money(struct world *w, const struct world_case *c)
{
    int64_t settled = 0;
    for (int i = 0; i < w->n_topic[PAYMENT]; i++) {
        const struct happening *f = &w->facts[w->topics[PAYMENT][i]];
        if (f->case_id != c->case_id || f->type != EV_PAYMENT_SETTLED) continue;
        const struct ev_payment_settled *e = f->data;
        settled += e->amount_minor;
        for (int k = 0; k < i && e->has_payout_no; k++) {
            const struct happening *g = &w->facts[w->topics[PAYMENT][k]];
            const struct ev_payment_settled *other = g->data;
            if (g->case_id == c->case_id && g->type == EV_PAYMENT_SETTLED && other->has_payout_no &&
                other->payout_no == e->payout_no) {
                return differs(w, "a payout settled twice", c->case_id, "");
            }
        }
    }
    const struct payment_state *payment = c->state[PAYMENT];
    if (payment->status == PAYMENT_STATUS_ASKING) return differs(w, "its question was never answered", c->case_id, "");
    const struct intake_state *intake = c->state[INTAKE];
    bool all_done = intake->status == INTAKE_STATUS_AWAITING_SATISFACTION ||
                    (intake->status == INTAKE_STATUS_CLOSED && intake->outcome == OUTCOME_SETTLED);
    if (all_done && settled != c->approved_minor) return differs(w, "done, but not all is paid", c->case_id, "");
    return settled <= c->approved_minor ? NULL : differs(w, "paid more than approved", c->case_id, "");
}

/* ES-2: a case only climbs, so no level sees it twice, for whatever cause. */
static const char *check_climb(struct world *w, const struct world_case *c)
{
    const char *at = NULL;
    for (int i = 0; i < w->n_topic[ESCALATION]; i++) {
        const struct happening *f = &w->facts[w->topics[ESCALATION][i]];
        if (f->case_id != c->case_id || f->type != EV_ESCALATION_TAKEN_OVER) continue;
        const struct ev_escalation_taken_over *e = f->data;
        if (at != NULL && !policy_leads(w->policy, e->to_org, at)) {
            return differs(w, "came to a level again", c->case_id, e->to_org);
        }
        at = e->to_org;
    }
    return NULL;
}

const char *world_check(struct world *w)
{
    if (w->broken != NULL) return w->broken;
    for (int i = 0; i < w->n_cases; i++) {
        const char *wrong = w->cases[i].is_account ? NULL : check_case(w, &w->cases[i]);
        if (wrong == NULL && !w->cases[i].is_account) wrong = check_money(w, &w->cases[i]);
        if (wrong == NULL) wrong = check_climb(w, &w->cases[i]);
        if (wrong != NULL) return wrong;
    }
    return world_books_check(w);
}
