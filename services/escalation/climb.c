/* Reminder slips, and the next level taking over (ES-1, ES-2, ES-6). See steps.h. */
#include "escalation/steps.h"
#include "policy/rights.h"

bool escalation_is_moving(const struct escalation_state *st)
{
    return st->org_id != NULL && (st->assignment == NULL || !same_text(st->assignment->org_id, st->org_id));
}

/* By the level where the organisation does not know a unit any more. */
bool escalation_has_left(const struct step *s, const char *org_id, enum org_level level)
{
    const struct escalation_state *next = s->next;
    if (next->org_id == NULL) return false;
    bool known = policy_unit(s->policy, next->org_id) != NULL && policy_unit(s->policy, org_id) != NULL;
    return known ? policy_leads(s->policy, next->org_id, org_id) : next->level > level;
}

bool escalation_is_at_top(const struct step *s)
{
    const struct escalation_state *next = s->next;
    return same_text(next->org_id, policy_head_office(s->policy)->id);
}

/* ---- slips ---- */

int escalation_find_slip(const struct escalation_state *st, const char *code, int64_t ver)
{
    for (int i = 0; i < st->n_open_slips; i++) {
        if (st->open_slips[i].ver == ver && same_text(st->open_slips[i].code, code)) return i;
    }
    return -1;
}

static void keep_slips(struct step *s, int without, const struct open_slip *more)
{
    struct escalation_state *next = s->next;
    struct open_slip *all = ARENA_ARRAY(s->out->arena, struct open_slip, next->n_open_slips + 1);
    int n = 0;
    for (int i = 0; i < next->n_open_slips; i++) {
        if (i != without) all[n++] = next->open_slips[i];
    }
    if (more != NULL) all[n++] = *more;
    next->open_slips = all;
    next->n_open_slips = n;
}

void escalation_drop_slip(struct step *s, int index) { keep_slips(s, index, NULL); }

void escalation_issue_slip(struct step *s, const struct matter *m, struct addressee to)
{
    struct escalation_state *next = s->next;
    next->slips++;
    struct open_slip slip = {
        .slip_no = arena_printf(s->out->arena, "CB-%lld-%lld", (long long)s->in->case_id, (long long)next->slips),
        .code = m->code,
        .ver = m->ver,
        .to_org = to.unit->id,
        .has_due_ms = m->of_limit,
        .due_ms = m->of_limit ? m->due_ms : 0,
        .takeovers = escalation_holder_at(next, m->due_ms).takeovers};
    keep_slips(s, -1, &slip);
    struct ev_escalation_slip_issued *out = decision_emit(s->out, EV_ESCALATION_SLIP_ISSUED);
    *out = (struct ev_escalation_slip_issued){.slip_no = slip.slip_no,
                                              .to_org = to.unit->id,
                                              .to_person = to.person_id,
                                              .instead_of = to.instead_of,
                                              .code = m->code,
                                              .ver = m->ver,
                                              .due_ms = m->due_ms,
                                              .late_ms = m->late_ms};
}

int64_t escalation_misses_on_level(const struct escalation_state *st, const char *code)
{
    int64_t n = 0;
    for (int i = 0; i < st->n_open_slips; i++) {
        n += st->open_slips[i].takeovers == st->n_takeovers && policy_same_limit(st->open_slips[i].code, code);
    }
    return n;
}

/* ---- takeover ---- */

/* The outlet that had the case first; without one whoever has it now. */
static const char *file_of(const struct escalation_state *st)
{
    return st->first_org != NULL ? st->first_org : st->org_id;
}

struct skipped {
    const char **ids;
    int n;
};

/* ES-6: the next unit above with somebody; head office at last. */
static const struct pol_unit *next_level(struct step *s, const struct pol_unit *from, struct skipped *skipped)
{
    const struct policy *p = s->policy;
    const struct pol_unit *top = policy_head_office(p), *to = from == NULL ? top : policy_parent(p, from);
    skipped->ids = ARENA_ARRAY(s->out->arena, const char *, p->org->n_units);
    while (to != NULL && to != top && !policy_is_staffed(moment_of(s), to) && skipped->n < p->org->n_units) {
        skipped->ids[skipped->n++] = to->id;
        to = policy_parent(p, to);
    }
    return to != NULL ? to : top;
}

/* ES-3: who refused hands its file over to whoever steps in; for a silence only head office asks for it. Once. */
static bool demands_file(const struct step *s, const struct climb *why, const struct pol_unit *to)
{
    const struct escalation_state *next = s->next;
    if (!why->settles || why->has_finding || next->demand_no != 0) return false;
    return to == policy_head_office(s->policy) || same_text(why->cause, "refused");
}

bool escalation_take_over(struct step *s, const struct climb *why)
{
    struct escalation_state *next = s->next;
    struct skipped skipped = {0};
    if (escalation_is_at_top(s)) return false;
    const struct pol_unit *from = why->to_top ? NULL : policy_unit(s->policy, next->org_id);
    const struct pol_unit *to = next_level(s, from, &skipped);
    bool demand = demands_file(s, why, to);
    bool missing = same_text(why->cause, "file_missing");
    bool top = to == policy_head_office(s->policy);
    struct ev_escalation_taken_over *out = decision_emit(s->out, EV_ESCALATION_TAKEN_OVER);
    *out =
        (struct ev_escalation_taken_over){.from_org = next->org_id,
                                          .to_org = to->id,
                                          .to_level = to->level,
                                          .n_skipped = skipped.n,
                                          .skipped = skipped.ids,
                                          .cause = why->cause,
                                          .code = why->code,
                                          .has_takeover_no = true,
                                          .takeover_no = next->n_takeovers + 1,
                                          .review = demand || (top && (why->settles || escalation_is_reviewing(next))),
                                          .await_file = demand || missing,
                                          .file_of = demand ? file_of(next) : NULL};
    if (demand) next->demand_of = out->file_of;
    escalation_note_takeover(s);
    next->org_id = to->id;
    next->level = to->level;
    if (demand) escalation_demand_file(s, why->cause);
    return true;
}
