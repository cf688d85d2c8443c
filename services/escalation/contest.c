/* A contested liability (EV-7). See steps.h.
 *
 * What head office's table decided may be disputed by whoever it falls on: the customer, the unit that had the case
 * first, a department of head office; until the customer has signed. An independent inspection's report decides at
 * once. Otherwise the head of the department whose matter the cause is decides in the policy's limit; where nobody
 * answers, those the policy names after them are asked, and after the last it stands as found. Whoever was asked may
 * decide as long as nobody has. One contest at a time, and one without a report in a case; what a report has
 * decided only a court decides anew. */
#include "base/text.h"
#include "escalation/steps.h"
#include "policy/liability.h"
#include "policy/plan.h"
#include "policy/rights.h"

/* ---- who, and when ---- */

static bool is_party(const struct step *s, const struct actor *who)
{
    const struct escalation_state *st = s->state;
    return who->role == ROLE_CUSTOMER || rights_at_unit(s, who, st->first_org) ||
           rights_at_unit(s, who, policy_head_office(s->policy)->id);
}

static bool check_papers(const struct ev_command_contest_liability *in, struct refusal *why)
{
    *why = (struct refusal){"EV-7", "report_without_inspector_or_hash", NULL};
    if (in->inspection == NULL) return true;
    return text_is_filled(in->inspector) && text_is_filled(in->inspection->sha256);
}

static bool check_contest(const struct step *s, const struct ev_command_contest_liability *in, struct refusal *why)
{
    const struct escalation_state *st = s->state;
    if (!is_party(s, in->actor)) {
        *why = (struct refusal){"DI-2", "not_your_case", st->org_id};
    } else if (st->routed_finding == NULL || st->brief == NULL || escalation_is_reviewing(st)) {
        *why = (struct refusal){"EV-7", "liability_not_decided", NULL};
    } else if (st->agreements > st->failed) {
        *why = (struct refusal){"EV-7", "settlement_signed", NULL};
    } else if (st->dispute != NULL && st->dispute->judged) {
        *why = (struct refusal){"EV-7", "already_judged", NULL};
    } else if (st->contest != NULL && in->inspection == NULL) {
        *why = (struct refusal){"EV-7", "contested_already", st->contest->contest_no};
    } else if (st->routed_finding->report != LIABILITY_ABSENT) {
        *why = (struct refusal){"EV-7", "a_report_has_decided", liability_name(st->routed_finding->report)};
    } else if (in->claimed == st->routed_finding->liability) {
        *why = (struct refusal){"EV-7", "it_is_found_so", liability_name(in->claimed)};
    } else if (in->inspection == NULL && st->contests > 0) {
        *why = (struct refusal){"EV-7", "decided_already", NULL};
    } else if (in->inspection == NULL && s->policy->pack->contest == NULL) {
        *why = (struct refusal){"EV-7", "only_a_report_decides", NULL};
    } else {
        return check_papers(in, why);
    }
    return false;
}

/* ---- the decision ---- */

struct ruling {
    enum contest_end end;
    enum liability liability;
    const char *by, *words;
};

/* What follows is what the table has for an inspection's report that says so. */
static const struct pol_liability_row *row_for(const struct step *s, enum liability liability, struct finding *f)
{
    const struct escalation_state *st = s->state;
    *f = *st->routed_finding;
    f->liability = liability;
    f->report = liability;
    struct liability_facts facts = liability_facts_of(st->brief, f);
    return liability_decide(s->policy, &facts);
}

static enum verdict decide(struct step *s, const char *contest_no, const struct ruling *r)
{
    struct escalation_state *next = s->next;
    const struct finding *found = next->routed_finding;
    struct finding *f = ARENA_NEW(s->out->arena, struct finding);
    const struct pol_liability_row *row = row_for(s, r->liability, f);
    if (row == NULL) return step_broken(s, "no_liability_table");
    if (r->end != CONTEST_END_REPORT) f->report = found->report;
    if (r->liability != found->liability) next->routed_finding = f;
    next->contest = NULL;
    struct ev_escalation_contest_decided *out = decision_emit(s->out, EV_ESCALATION_CONTEST_DECIDED);
    *out = (struct ev_escalation_contest_decided){.contest_no = contest_no,
                                                  .found = found->liability,
                                                  .liability = r->liability,
                                                  .end = r->end,
                                                  .by = r->by,
                                                  .words = r->words,
                                                  .row = row->id,
                                                  .settle = row->settle,
                                                  .liable_org = escalation_liable_org(s, r->liability),
                                                  .finding = next->routed_finding};
    return VERDICT_DONE;
}

/* ---- who is asked ---- */

/* Asks the first of those still to be asked who is another than the one who contests, from the head of the department
 * on. false = there is nobody left. */
static bool next_asked(const struct step *s, struct contest *c, struct addressee *to, enum role *role)
{
    const struct pol_contest_rules *rules = s->policy->pack->contest;
    for (; rules != NULL && c->raised <= rules->n_then; c->raised++) {
        *role = c->raised == 0 ? ROLE_DEPARTMENT_HEAD : rules->then[c->raised - 1];
        *to = c->raised == 0 ? escalation_department_head(s, c->department)
                             : escalation_find_person(s, policy_head_office(s->policy), *role);
        bool again = same_text(to->person_id, c->by);
        for (int i = 0; i < c->n_asked; i++) again |= same_text(c->asked[i], to->person_id);
        if (!again) return true;
    }
    return false;
}

static void add_asked(struct step *s, struct contest *c, const char *person_id)
{
    const char **all = ARENA_ARRAY(s->out->arena, const char *, c->n_asked + 1);
    for (int i = 0; i < c->n_asked; i++) all[i] = c->asked[i];
    all[c->n_asked++] = person_id;
    c->asked = all;
}

static struct ev_escalation_liability_contested *tell(struct step *s, const char *contest_no)
{
    const struct ev_command_contest_liability *in = s->in->data;
    const struct escalation_state *st = s->state;
    struct ev_escalation_liability_contested *out = decision_emit(s->out, EV_ESCALATION_LIABILITY_CONTESTED);
    *out = (struct ev_escalation_liability_contested){.contest_no = contest_no,
                                                      .found = st->routed_finding->liability,
                                                      .claimed = in->claimed,
                                                      .by = in->actor->id,
                                                      .by_org = in->actor->org_id,
                                                      .reason = in->reason,
                                                      .inspector = in->inspector,
                                                      .inspection = in->inspection};
    return out;
}

static enum verdict ask(struct step *s, const char *contest_no)
{
    const struct ev_command_contest_liability *in = s->in->data;
    const struct pol_contest_rules *rules = s->policy->pack->contest;
    struct escalation_state *next = s->next;
    struct contest *c = ARENA_NEW(s->out->arena, struct contest);
    struct addressee to;
    enum role role;
    *c = (struct contest){
        .contest_no = contest_no,
        .by = in->actor->id,
        .department = policy_department_for(rules->departments, rules->n_departments, next->routed_finding->cause)};
    if (!next_asked(s, c, &to, &role)) return step_refuse(s, "EV-7", "nobody_else_decides", NULL);
    add_asked(s, c, to.person_id);
    next->contest = c;
    struct ev_escalation_liability_contested *out = tell(s, contest_no);
    out->asked = true;
    out->department = c->department;
    out->to_org = to.unit->id;
    out->to_person = to.person_id;
    out->instead_of = to.instead_of;
    return VERDICT_DONE;
}

enum verdict escalation_on_contest(struct step *s)
{
    const struct ev_command_contest_liability *in = s->in->data;
    struct escalation_state *next = s->next;
    struct refusal why;
    if (!check_contest(s, in, &why)) return step_refuse(s, why.rule, why.reason, why.detail);
    next->contests++;
    const char *no = arena_printf(s->out->arena, "ZY-%lld-%lld", (long long)s->in->case_id, (long long)next->contests);
    if (in->inspection == NULL) return ask(s, no);
    if (next->contest != NULL) escalation_overtake_contest(s);
    tell(s, no);
    const struct ruling r = {CONTEST_END_REPORT, in->claimed, in->actor->id, in->reason};
    return decide(s, no, &r);
}

enum verdict escalation_on_decide_contest(struct step *s)
{
    const struct ev_command_decide_contest *in = s->in->data;
    const struct escalation_state *st = s->state;
    const struct contest *c = st->contest;
    bool asked = false;
    if (c == NULL || !same_text(c->contest_no, in->contest_no)) {
        return step_refuse(s, "EV-7", "no_open_contest", in->contest_no);
    }
    for (int i = 0; i < c->n_asked; i++) asked |= same_text(c->asked[i], in->actor->id);
    if (!asked || !rights_at_unit(s, in->actor, policy_head_office(s->policy)->id)) {
        return step_refuse(s, "EV-7", "not_asked", c->asked[c->n_asked - 1]);
    }
    if (!text_is_filled(in->words)) return step_refuse(s, "EV-7", "without_a_reason", NULL);
    const struct ruling r = {CONTEST_END_DECIDED, in->liability, in->actor->id, in->words};
    return decide(s, c->contest_no, &r);
}

/* ---- silence, and what overtakes it ---- */

bool escalation_contest_missed(struct step *s, const struct ev_sla_breached *ev)
{
    struct escalation_state *next = s->next;
    const struct pol_contest_rules *rules = policy_then(s->policy, ev->revision)->pack->contest;
    if (rules == NULL || next->contest == NULL || !same_text(ev->code, rules->limit)) return false;
    struct contest *c = ARENA_NEW(s->out->arena, struct contest);
    struct addressee to;
    enum role role;
    *c = *next->contest;
    next->contest = c;
    const char *silent = c->asked[c->n_asked - 1];
    escalation_issue_slip(s, &(struct matter){ev->code, ev->ver, ev->due_ms, ev->late_ms, true},
                          (struct addressee){policy_head_office(s->policy), silent, NULL});
    c->raised++;
    if (!next_asked(s, c, &to, &role)) {
        const enum liability stands = next->routed_finding->liability;
        const struct ruling r = {CONTEST_END_SILENCE, stands, NULL, "nobody who was asked has answered: it stands"};
        decide(s, c->contest_no, &r);
        return true;
    }
    add_asked(s, c, to.person_id);
    struct ev_escalation_contest_raised *out = decision_emit(s->out, EV_ESCALATION_CONTEST_RAISED);
    *out = (struct ev_escalation_contest_raised){.contest_no = c->contest_no,
                                                 .role = role,
                                                 .to_org = to.unit->id,
                                                 .to_person = to.person_id,
                                                 .instead_of = to.instead_of,
                                                 .silent = silent};
    return true;
}

void escalation_overtake_contest(struct step *s)
{
    struct escalation_state *next = s->next;
    if (next->contest == NULL) return;
    const enum liability stands = next->routed_finding->liability;
    struct ev_escalation_contest_decided *out = decision_emit(s->out, EV_ESCALATION_CONTEST_DECIDED);
    *out = (struct ev_escalation_contest_decided){.contest_no = next->contest->contest_no,
                                                  .found = stands,
                                                  .liability = stands,
                                                  .end = CONTEST_END_OVERTAKEN,
                                                  .words = "signed, judged, closed or settled by a report meanwhile"};
    next->contest = NULL;
}
