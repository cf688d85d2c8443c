/* Corrective investigations: a case settled as the company's own fault opens one (PA-8). See steps.h.
 *
 * One at a time in a case. The policy says by the cause which department of head office it is, whose head answers for
 * it. The outcome is reported, and ends the investigation when another person has confirmed it (AP-6). Its limit runs
 * until then, also when the case closes; the reminder of a missed one goes to whoever's turn it is. */
#include "escalation/steps.h"
#include "policy/rights.h"

/* ---- opened ---- */

static const struct correction *find_open(const struct escalation_state *st)
{
    for (int i = 0; i < st->n_corrections; i++) {
        if (st->corrections[i].outcome == CORRECTION_OUTCOME_ABSENT) return &st->corrections[i];
    }
    return NULL;
}

static const char *department_for(const struct policy *p, enum cause cause)
{
    const struct pol_correction_rules *rules = p->pack->correction;
    return rules != NULL ? policy_department_for(rules->departments, rules->n_departments, cause) : NULL;
}

/* The corrections with room for one more, to be changed. */
static struct correction *copy_corrections(struct step *s)
{
    struct escalation_state *next = s->next;
    struct correction *all = ARENA_ARRAY(s->out->arena, struct correction, next->n_corrections + 1);
    for (int i = 0; i < next->n_corrections; i++) all[i] = next->corrections[i];
    next->corrections = all;
    return all;
}

static bool open_correction(struct step *s, const struct ev_approval_slip_approved *in)
{
    struct escalation_state *next = s->next;
    enum cause cause = in->finding != NULL ? in->finding->cause : CAUSE_UNKNOWN;
    const char *department = department_for(s->policy, cause);
    if (in->liability != LIABILITY_COMPANY || department == NULL || find_open(next) != NULL) return false;
    struct addressee to = escalation_department_head(s, department);
    struct correction *all = copy_corrections(s);
    int n = ++next->n_corrections;
    all[n - 1] =
        (struct correction){.correction_no = arena_printf(s->out->arena, "JZ-%lld-%d", (long long)s->in->case_id, n),
                            .department = department,
                            .org_id = to.unit->id,
                            .person_id = to.person_id};
    if (next->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    struct ev_escalation_correction_opened *out = decision_emit(s->out, EV_ESCALATION_CORRECTION_OPENED);
    *out = (struct ev_escalation_correction_opened){.correction_no = all[n - 1].correction_no,
                                                    .slip_no = in->slip_no,
                                                    .department = department,
                                                    .org_id = to.unit->id,
                                                    .person_id = to.person_id,
                                                    .cause = cause};
    return true;
}

enum verdict escalation_on_slip(struct step *s)
{
    bool opened = open_correction(s, s->in->data);
    enum verdict v = escalation_on_agreement(s);
    return opened ? VERDICT_DONE : v;
}

/* ---- its limit ---- */

/* The first of those who may confirm it that has not reported it himself. */
static struct addressee confirmer_of(const struct step *s, const char *reporter_id)
{
    const struct pol_correction_rules *rules = s->policy->pack->correction;
    const struct pol_unit *top = policy_head_office(s->policy);
    for (int i = 0; rules != NULL && i < rules->n_confirm_roles; i++) {
        struct addressee to = escalation_find_person(s, top, rules->confirm_roles[i]);
        if (!same_text(to.person_id, reporter_id)) return to;
    }
    return escalation_find_person(s, top, ROLE_GENERAL_MANAGER);
}

bool escalation_correction_led_by(const struct step *s, const char *code, struct addressee *to)
{
    const struct escalation_state *st = s->state;
    const struct pol_correction_rules *rules = s->policy->pack->correction;
    const struct correction *c = find_open(st);
    if (rules == NULL || c == NULL || !same_text(code, rules->limit)) return false;
    const struct pol_unit *unit = policy_unit(s->policy, c->org_id);
    *to = (struct addressee){.unit = unit != NULL ? unit : policy_head_office(s->policy), .person_id = c->person_id};
    if (c->report != NULL) *to = confirmer_of(s, c->report->by);
    return true;
}

/* ---- reported, and confirmed by another ---- */

/* The open one of that number; NULL = none. */
static const struct correction *find_named(const struct step *s, const char *correction_no)
{
    const struct correction *open = find_open(s->state);
    return open != NULL && same_text(open->correction_no, correction_no) ? open : NULL;
}

static struct correction *change(struct step *s, const struct correction *open)
{
    const struct escalation_state *st = s->state;
    return &copy_corrections(s)[open - st->corrections];
}

enum verdict escalation_on_close_correction(struct step *s)
{
    const struct ev_command_close_correction *in = s->in->data;
    const struct correction *open = find_named(s, in->correction_no);
    if (open == NULL) return step_refuse(s, "PA-8", "no_open_correction", in->correction_no);
    bool leads = same_text(in->actor->id, open->person_id) || in->actor->role == ROLE_GENERAL_MANAGER;
    if (!leads || !rights_at_unit(s, in->actor, open->org_id)) {
        return step_refuse(s, "RO-1", "not_your_investigation", open->person_id);
    }
    if (open->report != NULL) return step_refuse(s, "PA-8", "awaits_confirmation", open->report->by);
    if (in->found[0] == '\0' || in->measures[0] == '\0') return step_refuse(s, "PA-8", "outcome_missing", NULL);
    struct correction_report *report = ARENA_NEW(s->out->arena, struct correction_report);
    *report = (struct correction_report){
        .by = in->actor->id, .found = in->found, .measures = in->measures, .outcome = in->outcome};
    change(s, open)->report = report;
    struct ev_escalation_correction_reported *out = decision_emit(s->out, EV_ESCALATION_CORRECTION_REPORTED);
    *out = (struct ev_escalation_correction_reported){.correction_no = open->correction_no,
                                                      .department = open->department,
                                                      .by = report->by,
                                                      .found = report->found,
                                                      .measures = report->measures,
                                                      .outcome = report->outcome,
                                                      .confirmer_id = confirmer_of(s, report->by).person_id};
    return VERDICT_DONE;
}

static void close_confirmed(struct step *s, const struct correction *open, const char *confirmer_id)
{
    const struct correction_report *report = open->report;
    change(s, open)->outcome = report->outcome;
    struct ev_escalation_correction_closed *out = decision_emit(s->out, EV_ESCALATION_CORRECTION_CLOSED);
    *out = (struct ev_escalation_correction_closed){.correction_no = open->correction_no,
                                                    .department = open->department,
                                                    .by = report->by,
                                                    .confirmed_by = confirmer_id,
                                                    .found = report->found,
                                                    .measures = report->measures,
                                                    .outcome = report->outcome};
}

static void hand_back(struct step *s, const struct correction *open, const struct ev_command_confirm_correction *in)
{
    change(s, open)->report = NULL;
    struct ev_escalation_correction_returned *out = decision_emit(s->out, EV_ESCALATION_CORRECTION_RETURNED);
    *out = (struct ev_escalation_correction_returned){.correction_no = open->correction_no,
                                                      .department = open->department,
                                                      .by = in->actor->id,
                                                      .comment = in->comment};
}

enum verdict escalation_on_confirm_correction(struct step *s)
{
    const struct ev_command_confirm_correction *in = s->in->data;
    const struct pol_correction_rules *rules = s->policy->pack->correction;
    const struct correction *open = find_named(s, in->correction_no);
    if (open == NULL) return step_refuse(s, "PA-8", "no_open_correction", in->correction_no);
    if (open->report == NULL) return step_refuse(s, "PA-8", "nothing_to_confirm", open->person_id);
    if (same_text(in->actor->id, open->report->by)) return step_refuse(s, "AP-6", "own_report", NULL);
    bool may = rules != NULL && policy_role_among(in->actor->role, rules->confirm_roles, rules->n_confirm_roles);
    if (!may || !rights_at_unit(s, in->actor, policy_head_office(s->policy)->id)) {
        return step_refuse(s, "RO-1", "not_entitled_to_confirm", NULL);
    }
    bool said = in->comment != NULL && in->comment[0] != '\0';
    if (!in->agree && !said) return step_refuse(s, "PA-8", "comment_missing", NULL);
    if (in->agree)
        close_confirmed(s, open, in->actor->id);
    else
        hand_back(s, open, in);
    return VERDICT_DONE;
}
