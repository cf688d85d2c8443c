/* Sanctions against a unit, by the policy's scale: recorded, noticed, appealed against, final (ES-4, ES-8, RV-5). See
 * steps.h.
 *
 * Where the policy has notices, the unit gets one, at once or when the policy's approver has approved it, with copies
 * to the departments it names; a suspension is made known by one of them. The unit may appeal in a limit to the same
 * approver; unappealed the sanction is final. All of it goes on beside the case and after it. */
#include "escalation/steps.h"
#include "policy/rights.h"

static const struct pol_sanction_rule *rule_for(const struct charge *charge)
{
    for (int i = 0; i < charge->n_rules; i++) {
        if (charge->rules[i].offence == charge->offence) return &charge->rules[i];
    }
    return NULL;
}

static int find(const struct escalation_state *st, const char *sanction_no)
{
    for (int i = 0; i < st->n_sanctioned; i++) {
        if (same_text(st->sanctioned[i].sanction_no, sanction_no)) return i;
    }
    return -1;
}

/* The sanctions with room for one more, to be changed. */
static struct sanction *copy_sanctions(struct step *s)
{
    struct escalation_state *next = s->next;
    struct sanction *all = ARENA_ARRAY(s->out->arena, struct sanction, next->n_sanctioned + 1);
    for (int i = 0; i < next->n_sanctioned; i++) all[i] = next->sanctioned[i];
    next->sanctioned = all;
    return all;
}

static const char *number(struct step *s, const char *letters)
{
    const struct escalation_state *next = s->next;
    return arena_printf(s->out->arena, "%s-%lld-%lld", letters, (long long)s->in->case_id, (long long)next->sanctions);
}

/* ---- the notice ---- */

static bool is_approved_first(const struct pol_accountability *rules, enum sanction_kind kind)
{
    for (int i = 0; i < rules->n_approved; i++) {
        if (rules->approved[i] == kind) return true;
    }
    return false;
}

static void add_copy(struct step *s, struct ev_escalation_penalty_notice_issued *notice, struct notice_copy *all,
                     const char *department)
{
    const struct pol_person *contact = policy_department_contact(moment_of(s), department);
    if (contact == NULL) contact = policy_head_office(s->policy)->people;
    all[notice->n_copies++] = (struct notice_copy){.department = department, .person_id = contact->id};
    notice->copies = all;
}

static struct ev_escalation_penalty_notice_issued *issue_notice(struct step *s, struct sanction *c)
{
    const struct pol_accountability *rules = s->policy->pack->accountability;
    const struct pol_unit *unit = policy_unit(s->policy, c->org_id);
    if (unit == NULL) unit = policy_head_office(s->policy);
    struct addressee to = escalation_find_person(s, unit, policy_approver(s->policy, unit->level));
    struct notice_copy *copies = ARENA_ARRAY(s->out->arena, struct notice_copy, rules->n_copies + 1);
    struct ev_escalation_penalty_notice_issued *out = decision_emit(s->out, EV_ESCALATION_PENALTY_NOTICE_ISSUED);
    *out = (struct ev_escalation_penalty_notice_issued){
        .notice_no = arena_printf(s->out->arena, "JF%s", strchr(c->sanction_no, '-')),
        .sanction_no = c->sanction_no,
        .to_org = to.unit->id,
        .to_person = to.person_id,
        .instead_of = to.instead_of,
        .offence = c->offence,
        .sanction = c->sanction,
        .has_fine_minor = c->has_fine_minor,
        .fine_minor = c->fine_minor,
        .currency = c->currency};
    for (int i = 0; i < rules->n_copies; i++) add_copy(s, out, copies, rules->copies[i]);
    if (c->sanction == SANCTION_KIND_SUSPENSION && rules->publisher != NULL) {
        add_copy(s, out, copies, rules->publisher);
        copies[out->n_copies - 1].publishes = true;
    }
    c->stage = SANCTION_STAGE_NOTICED;
    return out;
}

const char *escalation_record_sanction(struct step *s, const struct charge *charge)
{
    struct escalation_state *next = s->next;
    const struct pol_sanction_rule *rule = rule_for(charge);
    const struct pol_accountability *rules = s->policy->pack->accountability;
    if (rule == NULL) return NULL;
    next->sanctions++;
    const char *sanction_no = number(s, "JC");
    bool first = rules != NULL && is_approved_first(rules, rule->sanction);
    struct ev_escalation_sanction_recorded *out = decision_emit(s->out, EV_ESCALATION_SANCTION_RECORDED);
    *out = (struct ev_escalation_sanction_recorded){.sanction_no = sanction_no,
                                                    .org_id = charge->org_id,
                                                    .offence = charge->offence,
                                                    .sanction = rule->sanction,
                                                    .has_fine_minor = rule->has_fine_minor,
                                                    .fine_minor = rule->fine_minor,
                                                    .currency = rule->currency,
                                                    .takeover_no = next->n_takeovers,
                                                    .to_be_approved = first};
    if (rules == NULL) return sanction_no;
    struct sanction *c = &copy_sanctions(s)[next->n_sanctioned++];
    *c = (struct sanction){.sanction_no = sanction_no,
                           .org_id = charge->org_id,
                           .offence = charge->offence,
                           .sanction = rule->sanction,
                           .has_fine_minor = rule->has_fine_minor,
                           .fine_minor = rule->fine_minor,
                           .currency = rule->currency,
                           .stage = SANCTION_STAGE_PROPOSED};
    if (!first) issue_notice(s, c);
    return sanction_no;
}

/* ---- taken back ---- */

static struct ev_escalation_sanction_withdrawn *take_back(struct step *s, const char *sanction_no, const char *org_id)
{
    const struct escalation_state *next = s->next;
    int at = find(next, sanction_no);
    if (at >= 0) copy_sanctions(s)[at].stage = SANCTION_STAGE_WITHDRAWN;
    struct ev_escalation_sanction_withdrawn *out = decision_emit(s->out, EV_ESCALATION_SANCTION_WITHDRAWN);
    *out = (struct ev_escalation_sanction_withdrawn){.sanction_no = sanction_no, .org_id = org_id};
    return out;
}

static bool is_withdrawn(const struct escalation_state *st, const char *sanction_no)
{
    int at = find(st, sanction_no);
    return at >= 0 && st->sanctioned[at].stage == SANCTION_STAGE_WITHDRAWN;
}

void escalation_withdraw_sanction(struct step *s, const char *sanction_no, const char *org_id)
{
    if (!is_withdrawn(s->next, sanction_no)) take_back(s, sanction_no, org_id);
}

/* ---- what people decide ---- */

enum verdict escalation_on_decide_sanction(struct step *s)
{
    const struct ev_command_decide_sanction *in = s->in->data;
    const struct escalation_state *st = s->state;
    const struct pol_accountability *rules = s->policy->pack->accountability;
    int at = find(st, in->sanction_no);
    enum sanction_stage stage = at >= 0 ? st->sanctioned[at].stage : SANCTION_STAGE_ABSENT;
    if (rules == NULL || (stage != SANCTION_STAGE_PROPOSED && stage != SANCTION_STAGE_APPEALED)) {
        return step_refuse(s, "RV-5", "nothing_to_decide", in->sanction_no);
    }
    if (in->actor->role != rules->approver || !rights_at_unit(s, in->actor, policy_head_office(s->policy)->id)) {
        return step_refuse(s, "RV-5", "not_the_approver", role_name(rules->approver));
    }
    struct sanction *c = &copy_sanctions(s)[at];
    if (!in->uphold) {
        struct ev_escalation_sanction_withdrawn *out = take_back(s, c->sanction_no, c->org_id);
        out->by = in->actor->id;
        out->reason = in->reason;
    } else if (stage == SANCTION_STAGE_PROPOSED) {
        struct ev_escalation_penalty_notice_issued *out = issue_notice(s, c);
        out->approved_by = in->actor->id;
        out->reason = in->reason;
    } else {
        c->stage = SANCTION_STAGE_FINAL;
        struct ev_escalation_sanction_upheld *out = decision_emit(s->out, EV_ESCALATION_SANCTION_UPHELD);
        *out = (struct ev_escalation_sanction_upheld){.sanction_no = c->sanction_no,
                                                      .org_id = c->org_id,
                                                      .appealed = true,
                                                      .by = in->actor->id,
                                                      .reason = in->reason};
    }
    return VERDICT_DONE;
}

/* Once; in time also where the miss was read first (SL-3). */
static bool may_appeal(const struct step *s, const struct sanction *c)
{
    if (c->stage == SANCTION_STAGE_NOTICED) return true;
    return c->stage == SANCTION_STAGE_FINAL && c->has_due_ms && s->in->at_ms <= c->due_ms;
}

enum verdict escalation_on_appeal_sanction(struct step *s)
{
    const struct ev_command_appeal_sanction *in = s->in->data;
    const struct escalation_state *st = s->state;
    const struct pol_accountability *rules = s->policy->pack->accountability;
    int at = find(st, in->sanction_no);
    if (rules == NULL || at < 0) return step_refuse(s, "RV-5", "no_such_sanction", in->sanction_no);
    if (!rights_at_unit(s, in->actor, st->sanctioned[at].org_id)) {
        return step_refuse(s, "RV-5", "not_your_sanction", st->sanctioned[at].org_id);
    }
    if (!may_appeal(s, &st->sanctioned[at])) {
        return step_refuse(s, "RV-5", "not_to_be_appealed", sanction_stage_name(st->sanctioned[at].stage));
    }
    struct sanction *c = &copy_sanctions(s)[at];
    c->stage = SANCTION_STAGE_APPEALED;
    c->has_due_ms = false;
    c->due_ms = 0;
    struct ev_escalation_sanction_appealed *out = decision_emit(s->out, EV_ESCALATION_SANCTION_APPEALED);
    *out = (struct ev_escalation_sanction_appealed){
        .sanction_no = c->sanction_no,
        .org_id = c->org_id,
        .by = in->actor->id,
        .reason = in->reason,
        .to_person = escalation_find_person(s, policy_head_office(s->policy), rules->approver).person_id};
    return VERDICT_DONE;
}

/* ---- nobody appeals ---- */

bool escalation_sanction_unappealed(struct step *s, const struct ev_sla_breached *ev)
{
    const struct escalation_state *next = s->next;
    const struct policy *then = policy_then(s->policy, ev->revision);
    const struct pol_accountability *rules = then->pack->accountability;
    const struct policy_limit *limit = policy_limit(then, ev->code);
    if (rules == NULL || limit == NULL || !same_text(limit->def->code, rules->appeal_limit)) return false;
    for (int i = 0; i < next->n_sanctioned; i++) {
        if (!escalation_is_named(ev->code, next->sanctioned[i].sanction_no)) continue;
        if (next->sanctioned[i].stage != SANCTION_STAGE_NOTICED) return false;
        struct sanction *c = &copy_sanctions(s)[i];
        c->stage = SANCTION_STAGE_FINAL;
        c->has_due_ms = true;
        c->due_ms = ev->due_ms;
        struct ev_escalation_sanction_upheld *out = decision_emit(s->out, EV_ESCALATION_SANCTION_UPHELD);
        *out = (struct ev_escalation_sanction_upheld){.sanction_no = c->sanction_no, .org_id = c->org_id};
        return true;
    }
    return false;
}
