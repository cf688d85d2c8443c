/* The escalation core (escalation.h). */
#include <string.h>

#include "escalation/escalation.h"
#include "policy/policy.h"

static bool same(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

/* A takeover is decided and dispatch has not named the people yet. */
static bool is_moving(const struct escalation_state *st)
{
    return st->org_id != NULL && (st->assignment == NULL || !same(st->assignment->org_id, st->org_id));
}

/* ---- who watches, who is told ---- */

/* DI-2, CH-5: the regional watches its outlets, head office everything else. */
static const struct pol_unit *supervisor_of(const struct policy *p, const struct assignment *a)
{
    const struct pol_unit *unit = a == NULL ? NULL : policy_unit(p, a->org_id);
    const struct pol_unit *above = unit == NULL ? NULL : policy_parent(p, unit);
    return above != NULL ? above : policy_head_office(p);
}

static void tell_supervised(struct step *s, const struct escalation_state *st)
{
    const struct pol_unit *by = supervisor_of(s->policy, st->assignment);
    struct ev_escalation_supervised *out = decision_emit(s->out, EV_ESCALATION_SUPERVISED);
    *out = (struct ev_escalation_supervised){.org_id = by->id, .level = by->level, .assignment = st->assignment};
}

struct addressee {
    const struct pol_unit *unit;
    const char *person_id;
};

/* Somebody with the role at the unit or above; at the top whoever leads it (ES-6). */
static struct addressee find_person(const struct step *s, const struct pol_unit *unit, enum role role)
{
    const enum role leads[] = {role, ROLE_HO_SERVICE_MANAGER, ROLE_GENERAL_MANAGER, ROLE_HO_SERVICE};
    const struct pol_unit *top = policy_head_office(s->policy);
    uint64_t salt = (uint64_t)s->in->case_id;
    for (; unit != NULL && unit != top; unit = policy_parent(s->policy, unit)) {
        const struct pol_person *p = policy_is_staffed(unit) ? policy_person_with(unit, role, salt) : NULL;
        if (p != NULL) return (struct addressee){unit, p->id};
    }
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const struct pol_person *p = policy_person_with(top, leads[i], salt);
        if (p != NULL) return (struct addressee){top, p->id};
    }
    return (struct addressee){top, top->n_people > 0 ? top->people[0].id : top->id};
}

/* ES-1: the responsible party of a limit: the named handler, visitor or manager of the assigned unit, else
 * somebody in that role. An approver is the one of the level that has the case (AP-6). */
static struct addressee responsible(const struct step *s, const struct escalation_state *st, enum role role)
{
    const struct assignment *a = st->assignment;
    const struct pol_unit *unit = a == NULL ? NULL : policy_unit(s->policy, a->org_id);
    if (unit == NULL) return find_person(s, policy_head_office(s->policy), role);
    if (role == ROLE_HANDLER) return (struct addressee){unit, a->handler_id};
    if (role == ROLE_EVIDENCE_VISITOR) return (struct addressee){unit, a->visitor_id};
    if (role == policy_approver(s->policy, ORG_LEVEL_OUTLET)) return (struct addressee){unit, a->manager_id};
    return find_person(s, unit, role);
}

/* ---- slips ---- */

static int find_slip(const struct escalation_state *st, const char *code, int64_t ver)
{
    for (int i = 0; i < st->n_open_slips; i++) {
        if (st->open_slips[i].ver == ver && same(st->open_slips[i].code, code)) return i;
    }
    return -1;
}

static void keep_slips(struct step *s, struct escalation_state *next, int without, const struct open_slip *more)
{
    struct open_slip *all = ARENA_ARRAY(s->out->arena, struct open_slip, next->n_open_slips + 1);
    int n = 0;
    for (int i = 0; i < next->n_open_slips; i++) {
        if (i != without) all[n++] = next->open_slips[i];
    }
    if (more != NULL) all[n++] = *more;
    next->open_slips = all;
    next->n_open_slips = n;
}

/* What a slip is about. */
struct matter {
    const char *code;
    int64_t ver, due_ms, late_ms;
};

static void issue_slip(struct step *s, struct escalation_state *next, const struct matter *m, struct addressee to)
{
    next->slips++;
    struct open_slip slip = {
        .slip_no = arena_printf(s->out->arena, "CB-%lld-%lld", (long long)s->in->case_id, (long long)next->slips),
        .code = m->code,
        .ver = m->ver,
        .takeovers = next->takeovers - (is_moving(next) && next->takeovers > 0 ? 1 : 0)};
    keep_slips(s, next, -1, &slip);
    struct ev_escalation_slip_issued *out = decision_emit(s->out, EV_ESCALATION_SLIP_ISSUED);
    *out = (struct ev_escalation_slip_issued){.slip_no = slip.slip_no,
                                              .to_org = to.unit->id,
                                              .to_person = to.person_id,
                                              .code = m->code,
                                              .ver = m->ver,
                                              .due_ms = m->due_ms,
                                              .late_ms = m->late_ms};
}

/* ---- takeover ---- */

static int64_t misses_on_level(const struct escalation_state *st, const char *code)
{
    int64_t n = 0;
    for (int i = 0; i < st->n_open_slips; i++) {
        n += st->open_slips[i].takeovers == st->takeovers && same(st->open_slips[i].code, code);
    }
    return n;
}

/* ES-2, ES-6: the next level with somebody. false when head office has the case already. */
static bool take_over(struct step *s, struct escalation_state *next, const char *cause, const char *code)
{
    const struct policy *p = s->policy;
    const struct pol_unit *from = policy_unit(p, next->org_id), *top = policy_head_office(p);
    if (from == top) return false;
    const char **skipped = ARENA_ARRAY(s->out->arena, const char *, p->org->n_units);
    int n_skipped = 0;
    const struct pol_unit *to = from == NULL ? top : policy_parent(p, from);
    while (to != NULL && to != top && !policy_is_staffed(to) && n_skipped < p->org->n_units) {
        skipped[n_skipped++] = to->id;
        to = policy_parent(p, to);
    }
    if (to == NULL) to = top;
    struct ev_escalation_taken_over *out = decision_emit(s->out, EV_ESCALATION_TAKEN_OVER);
    *out = (struct ev_escalation_taken_over){.from_org = next->org_id,
                                             .to_org = to->id,
                                             .to_level = to->level,
                                             .n_skipped = n_skipped,
                                             .skipped = skipped,
                                             .cause = cause,
                                             .code = code};
    next->org_id = to->id;
    next->level = to->level;
    next->takeovers++;
    return true;
}

/* ---- inputs ---- */

/* Higher version wins. A takeover under way is not undone by an assignment decided before it. */
static enum verdict observe(struct step *s, const struct assignment *a)
{
    const struct escalation_state *st = s->state;
    struct escalation_state *next = s->next;
    if (st->assignment != NULL && a->version <= st->assignment->version) return VERDICT_IGNORED;
    next->assignment = a;
    if (!is_moving(st) || a->level > st->level) {
        next->org_id = a->org_id;
        next->level = a->level;
    }
    if (st->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    tell_supervised(s, next);
    return VERDICT_DONE;
}

static enum verdict on_assigned(struct step *s)
{
    return observe(s, ((const struct ev_dispatch_assigned *)s->in->data)->assignment);
}

static enum verdict on_reassigned(struct step *s)
{
    return observe(s, ((const struct ev_dispatch_reassigned *)s->in->data)->assignment);
}

static enum verdict on_handler_changed(struct step *s)
{
    return observe(s, ((const struct ev_dispatch_handler_changed *)s->in->data)->assignment);
}

/* Limits recorded from history are facts, nobody is reminded of them any more. What a miss leads to is said by the
 * rules the limit ran under, also where today's have no such limit (SL-6); the people are today's. */
static enum verdict on_breached(struct step *s)
{
    const struct ev_sla_breached *ev = s->in->data;
    struct escalation_state *next = s->next;
    const struct policy *rules = policy_then(s->policy, ev->revision);
    const struct policy_limit *def = policy_limit(rules, ev->code);
    if (ev->history || def == NULL || def->def->on_miss != ON_MISS_SLIP) return VERDICT_IGNORED;
    struct matter m = {.code = ev->code, .ver = ev->ver, .due_ms = ev->due_ms, .late_ms = ev->late_ms};
    issue_slip(s, next, &m, responsible(s, next, def->def->responsible));
    next->status = ESCALATION_STATUS_WATCHING;
    if (next->org_id == NULL || is_moving(next)) return VERDICT_DONE;
    const struct pol_rung *rung = policy_rung(rules, ev->code, next->level);
    if (rung != NULL && misses_on_level(next, ev->code) >= rung->misses) take_over(s, next, "limit_missed", ev->code);
    return VERDICT_DONE;
}

static enum verdict on_annulled(struct step *s)
{
    const struct ev_sla_annulled *ev = s->in->data;
    const struct escalation_state *st = s->state;
    int i = find_slip(st, ev->code, ev->ver);
    if (i < 0) return VERDICT_IGNORED;
    struct ev_escalation_slip_withdrawn *out = decision_emit(s->out, EV_ESCALATION_SLIP_WITHDRAWN);
    *out =
        (struct ev_escalation_slip_withdrawn){.slip_no = st->open_slips[i].slip_no, .code = ev->code, .ver = ev->ver};
    keep_slips(s, s->next, i, NULL);
    return VERDICT_DONE;
}

/* AP-8, ES-9: no agreement on this level. Told by approval with the level it was on, so what has moved on
 * meanwhile stays where it is. Above head office there is only its general manager. */
static enum verdict on_deadlocked(struct step *s)
{
    const struct ev_approval_deadlocked *ev = s->in->data;
    struct escalation_state *next = s->next;
    if (next->org_id != NULL && next->level > ev->level) return VERDICT_IGNORED;
    if (next->org_id == NULL) {
        next->org_id = ev->org_id;
        next->level = ev->level;
    }
    if (next->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    if (take_over(s, next, "deadlock", NULL)) return VERDICT_DONE;
    if (find_slip(next, "deadlock", ev->round) >= 0) return VERDICT_IGNORED;
    struct matter m = {.code = "deadlock", .ver = ev->round, .due_ms = s->in->at_ms};
    issue_slip(s, next, &m, find_person(s, policy_head_office(s->policy), ROLE_GENERAL_MANAGER));
    return VERDICT_DONE;
}

static enum verdict on_closed(struct step *s)
{
    const struct ev_intake_closed *ev = s->in->data;
    struct escalation_state *next = s->next;
    next->status = ESCALATION_STATUS_ENDED;
    struct ev_escalation_ended *out = decision_emit(s->out, EV_ESCALATION_ENDED);
    out->reason = outcome_name(ev->outcome);
    return VERDICT_DONE;
}

static enum verdict on_reopened(struct step *s)
{
    struct escalation_state *next = s->next;
    next->status = ESCALATION_STATUS_WATCHING;
    tell_supervised(s, next);
    return VERDICT_DONE;
}

/* ---- table ---- */

#define NONE ESCALATION_STATUS_NONE
#define WATCHING ESCALATION_STATUS_WATCHING
#define ENDED ESCALATION_STATUS_ENDED

static const struct transition TABLE[] = {
    {NONE, EV_DISPATCH_ASSIGNED, on_assigned, TO(WATCHING), "CH-5, DI-2"},
    {NONE, EV_DISPATCH_REASSIGNED, on_reassigned, TO(WATCHING), "DI-2: before the first assignment was read"},
    {NONE, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(WATCHING), "before the first assignment was read"},
    {NONE, EV_SLA_BREACHED, on_breached, TO(WATCHING), "ES-1, ES-6: nobody known yet, head office"},
    {NONE, EV_APPROVAL_DEADLOCKED, on_deadlocked, TO(WATCHING), "AP-8, ES-9"},
    {NONE, EV_INTAKE_CLOSED, on_closed, TO(ENDED), "closed before anybody was assigned"},
    {WATCHING, EV_DISPATCH_ASSIGNED, on_assigned, TO(WATCHING), "DI-2"},
    {WATCHING, EV_DISPATCH_REASSIGNED, on_reassigned, TO(WATCHING), "ES-2: the takeover has people"},
    {WATCHING, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(WATCHING), "ES-1: who gets the slips"},
    {WATCHING, EV_SLA_BREACHED, on_breached, TO(WATCHING), "ES-1, ES-2"},
    {WATCHING, EV_SLA_ANNULLED, on_annulled, TO(WATCHING), "SL-3"},
    {WATCHING, EV_APPROVAL_DEADLOCKED, on_deadlocked, TO(WATCHING), "AP-8, ES-9"},
    {WATCHING, EV_INTAKE_CLOSED, on_closed, TO(ENDED), "RV-1"},
    {ENDED, EV_DISPATCH_ASSIGNED, on_assigned, TO(ENDED), "for a reopening"},
    {ENDED, EV_DISPATCH_REASSIGNED, on_reassigned, TO(ENDED), "for a reopening"},
    {ENDED, EV_DISPATCH_HANDLER_CHANGED, on_handler_changed, TO(ENDED), "for a reopening"},
    {ENDED, EV_APPROVAL_DEADLOCKED, on_deadlocked, TO(ENDED), "for a reopening"},
    {ENDED, EV_SLA_ANNULLED, on_annulled, TO(ENDED), "SL-3"},
    {ENDED, EV_INTAKE_REOPENED, on_reopened, TO(WATCHING), "RV-1"},
};

const struct core escalation_core = {
    .service = "escalation",
    .state = &escalation_state_desc,
    .status_names = escalation_status_names,
    .n_statuses = ESCALATION_STATUS_COUNT,
    .table = TABLE,
    .n_transitions = sizeof(TABLE) / sizeof(TABLE[0]),
    .refused = EV_ESCALATION_COMMAND_REFUSED,
};
