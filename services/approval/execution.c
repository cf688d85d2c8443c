/* What the goods and repairs of a plan went through, step by step (PA-10). See steps.h.
 *
 * The policy says for each kind of measure which steps there are, in which order and who may take them. Each is
 * recorded by who took it, and with which goods: a measure is about one number, its plan's or that of its first step.
 * The plan is carried out when every record is whole. A repair that fails its inspection begins again, with the same
 * goods. */
#include <string.h>

#include "approval/steps.h"
#include "policy/plan.h"
#include "policy/rights.h"

static const struct pol_execution_record *record_of(const struct policy *p, enum measure_kind kind)
{
    for (int i = 0; i < p->pack->n_execution; i++) {
        if (p->pack->execution[i].measure == kind) return &p->pack->execution[i];
    }
    return NULL;
}

/* How many steps the measure has behind it; *last is the latest of them, NULL when there is none. */
static int steps_done(const struct approval_state *state, int64_t measure_no, const struct execution_entry **last)
{
    int n = 0;
    *last = NULL;
    for (int i = 0; i < state->n_execution; i++) {
        if (state->execution[i].measure_no != measure_no) continue;
        *last = &state->execution[i];
        n++;
    }
    return n;
}

const char *approval_step_missing(const struct step *s)
{
    const struct approval_state *state = s->state;
    const struct execution_entry *last;
    for (int i = 0; i < state->plan->n_measures; i++) {
        const struct pol_execution_record *r = record_of(s->policy, state->plan->measures[i].kind);
        int done = steps_done(state, i + 1, &last);
        if (r == NULL || done >= r->n_steps) continue;
        return arena_printf(s->out->arena, "%d: %s", i + 1, execution_step_name(r->steps[done].step));
    }
    return NULL;
}

/* Of the unit that has the case, or of head office, whose quality and warehouse serve all; in one of the step's roles.
 */
static bool may_take(const struct step *s, const struct actor *who, const struct pol_execution_step *step)
{
    const struct approval_state *state = s->state;
    bool here = rights_at_unit(s, who, state->assignment->org_id);
    if (step->n_roles == 0) return here;
    here |= rights_at_unit(s, who, policy_head_office(s->policy)->id);
    return here && policy_role_among(who->role, step->roles, step->n_roles);
}

/* NULL when the step was taken with what its measure is about. */
static const struct refusal *other_goods(const struct step *s)
{
    static const struct refusal missing = {"PA-10", "goods_no_missing", "goods_no"};
    const struct ev_command_record_execution *in = s->in->data;
    const struct approval_state *state = s->state;
    const char *about = state->plan->measures[in->measure_no - 1].goods_no;
    if (in->goods_no[0] == '\0') return &missing;
    if (about == NULL || strcmp(about, in->goods_no) == 0) return NULL;
    struct refusal *other = ARENA_NEW(s->out->arena, struct refusal);
    *other = (struct refusal){"PA-10", "other_goods",
                              arena_printf(s->out->arena, "goods_no: the measure is about %s", about)};
    return other;
}

/* What the step must say; NULL when it does. Nobody inspects his own work. */
static const struct refusal *objection(const struct step *s, const struct execution_entry *last)
{
    static const struct refusal tracking = {"PA-10", "tracking_no_missing", NULL};
    static const struct refusal result = {"PA-10", "result_missing", NULL};
    static const struct refusal own = {"AP-6", "own_work", NULL};
    const struct ev_command_record_execution *in = s->in->data;
    const struct approval_state *state = s->state;
    const struct refusal *goods = other_goods(s);
    if (goods != NULL) return goods;
    switch (in->step) {
    case EXECUTION_STEP_SHIPPED: return in->tracking_no == NULL || in->tracking_no[0] == '\0' ? &tracking : NULL;
    case EXECUTION_STEP_INSPECTED:
        if (strcmp(in->actor->id, state->plan->measures[in->measure_no - 1].executor) == 0) return &own;
        if (last != NULL && strcmp(in->actor->id, last->by) == 0) return &own;
        return in->result != INSPECTION_ABSENT ? NULL : &result;
    case EXECUTION_STEP_REPAIRED:
    case EXECUTION_STEP_COLLECTED:
    case EXECUTION_STEP_RECEIVED:
    case EXECUTION_STEP_ABSENT: break;
    }
    return NULL;
}

/* The record with the step; without all of the measure's when its repair failed. */
static void keep(struct step *s, const struct execution_entry *entry, bool again)
{
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    struct execution_entry *all = ARENA_ARRAY(s->out->arena, struct execution_entry, state->n_execution + 1);
    next->n_execution = 0;
    for (int i = 0; i < state->n_execution; i++) {
        bool dropped = again && state->execution[i].measure_no == entry->measure_no;
        if (!dropped) all[next->n_execution++] = state->execution[i];
    }
    if (!again) all[next->n_execution++] = *entry;
    next->execution = all;
}

/* The measure is about these goods from now on, also after a repair that begins again. */
static void settle_on(struct step *s, int64_t measure_no, const char *goods_no)
{
    struct approval_state *next = s->next;
    if (next->plan->measures[measure_no - 1].goods_no != NULL) return;
    struct plan *plan = ARENA_NEW(s->out->arena, struct plan);
    struct measure *measures = ARENA_ARRAY(s->out->arena, struct measure, next->plan->n_measures);
    *plan = *next->plan;
    for (int i = 0; i < plan->n_measures; i++) measures[i] = plan->measures[i];
    measures[measure_no - 1].goods_no = goods_no;
    plan->measures = measures;
    next->plan = plan;
}

static void record(struct step *s, const struct pol_execution_record *r, int done)
{
    const struct ev_command_record_execution *in = s->in->data;
    bool failed = in->step == EXECUTION_STEP_INSPECTED && in->result == INSPECTION_FAILED;
    bool again = failed && r->measure == MEASURE_KIND_REPAIR;
    struct execution_entry *entry = ARENA_NEW(s->out->arena, struct execution_entry);
    *entry = (struct execution_entry){.measure_no = in->measure_no,
                                      .step = in->step,
                                      .by = in->actor->id,
                                      .at_ms = s->in->at_ms,
                                      .goods_no = in->goods_no,
                                      .tracking_no = in->tracking_no,
                                      .result = in->result,
                                      .note = in->note};
    keep(s, entry, again);
    settle_on(s, in->measure_no, in->goods_no);
    struct ev_approval_execution_recorded *e = decision_emit(s->out, EV_APPROVAL_EXECUTION_RECORDED);
    *e = (struct ev_approval_execution_recorded){
        .kind = r->measure, .entry = entry, .steps_left = again ? r->n_steps : r->n_steps - done - 1};
}

enum verdict approval_on_record_execution(struct step *s)
{
    const struct ev_command_record_execution *in = s->in->data;
    const struct approval_state *state = s->state;
    const struct execution_entry *last;
    if (in->measure_no < 1 || in->measure_no > state->plan->n_measures) {
        return step_refuse(s, "AP-1", "no_such_measure", NULL);
    }
    const struct pol_execution_record *r = record_of(s->policy, state->plan->measures[in->measure_no - 1].kind);
    if (r == NULL) return step_refuse(s, "PA-10", "no_record_asked_for", NULL);
    int done = steps_done(state, in->measure_no, &last);
    if (done >= r->n_steps) return step_refuse(s, "PA-10", "record_whole_already", NULL);
    const struct pol_execution_step *due = &r->steps[done];
    if (in->step != due->step) return step_refuse(s, "PA-10", "another_step_first", execution_step_name(due->step));
    if (!may_take(s, in->actor, due)) return step_refuse(s, "RO-1", "not_entitled_to_the_step", NULL);
    const struct refusal *why = objection(s, last);
    if (why != NULL) return step_refuse(s, why->rule, why->reason, why->detail);
    record(s, r, done);
    return VERDICT_DONE;
}
