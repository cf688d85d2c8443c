/* Liaison slips: the units a closed case had to remind are asked why it ran late (ES-7). See steps.h.
 *
 * One slip a unit and closing, and one for what becomes known later; a case that is reopened and closes late again asks
 * about the new misses only. The answer has a limit of its own, which the end of the case does not end; who misses it
 * is reminded, and is not asked for the cause of that. */
#include "escalation/steps.h"
#include "policy/rights.h"

/* A missed limit nobody has been asked about yet. */
static bool is_unasked(const struct open_slip *slip)
{
    return slip->has_due_ms && slip->to_org != NULL && slip->liaison_no == NULL;
}

static void add_liaison(struct step *s, const struct liaison *more)
{
    struct escalation_state *next = s->next;
    struct liaison *all = ARENA_ARRAY(s->out->arena, struct liaison, next->n_liaisons + 1);
    for (int i = 0; i < next->n_liaisons; i++) all[i] = next->liaisons[i];
    all[next->n_liaisons++] = *more;
    next->liaisons = all;
}

static bool has_code(const char *const *codes, int n, const char *code)
{
    for (int i = 0; i < n; i++) {
        if (same_text(codes[i], code)) return true;
    }
    return false;
}

/* Asks a unit about all its misses in `slips`, which are marked. */
static void ask(struct step *s, struct open_slip *slips, const char *org_id)
{
    struct escalation_state *next = s->next;
    const struct pol_unit *unit = policy_unit(s->policy, org_id);
    if (unit == NULL) unit = policy_head_office(s->policy);
    struct addressee to = escalation_find_person(s, unit, policy_approver(s->policy, unit->level));
    struct liaison asked = {.to_org = to.unit->id};
    asked.slip_no =
        arena_printf(s->out->arena, "QH-%lld-%lld", (long long)s->in->case_id, (long long)next->n_liaisons + 1);
    const char **codes = ARENA_ARRAY(s->out->arena, const char *, next->n_open_slips);
    int n_codes = 0;
    int64_t reminders = 0;
    for (int i = 0; i < next->n_open_slips; i++) {
        if (!is_unasked(&slips[i]) || !same_text(slips[i].to_org, org_id)) continue;
        slips[i].liaison_no = asked.slip_no;
        reminders++;
        if (!has_code(codes, n_codes, slips[i].code)) codes[n_codes++] = slips[i].code;
    }
    add_liaison(s, &asked);
    struct ev_escalation_liaison_issued *out = decision_emit(s->out, EV_ESCALATION_LIAISON_ISSUED);
    *out = (struct ev_escalation_liaison_issued){.slip_no = asked.slip_no,
                                                 .to_org = asked.to_org,
                                                 .to_person = to.person_id,
                                                 .n_codes = n_codes,
                                                 .codes = codes,
                                                 .reminders = reminders};
}

void escalation_issue_liaisons(struct step *s)
{
    struct escalation_state *next = s->next;
    struct open_slip *slips = ARENA_ARRAY(s->out->arena, struct open_slip, next->n_open_slips);
    for (int i = 0; i < next->n_open_slips; i++) slips[i] = next->open_slips[i];
    for (int i = 0; i < next->n_open_slips; i++) {
        if (is_unasked(&slips[i])) ask(s, slips, slips[i].to_org);
    }
    next->open_slips = slips;
}

bool escalation_liaison_owed_by(const struct step *s, const char *code, struct addressee *to)
{
    const struct escalation_state *next = s->next;
    for (int i = 0; i < next->n_liaisons; i++) {
        if (!escalation_is_named(code, next->liaisons[i].slip_no)) continue;
        const struct pol_unit *unit = policy_unit(s->policy, next->liaisons[i].to_org);
        if (unit == NULL) unit = policy_head_office(s->policy);
        *to = escalation_find_person(s, unit, policy_approver(s->policy, unit->level));
        return true;
    }
    return false;
}

static int find_liaison(const struct escalation_state *st, const char *slip_no)
{
    for (int i = 0; i < st->n_liaisons; i++) {
        if (same_text(st->liaisons[i].slip_no, slip_no)) return i;
    }
    return -1;
}

void escalation_withdraw_liaison(struct step *s, const char *slip_no)
{
    const struct escalation_state *next = s->next;
    int at = find_liaison(next, slip_no);
    for (int i = 0; i < next->n_open_slips; i++) {
        if (same_text(next->open_slips[i].liaison_no, slip_no)) return;
    }
    if (at < 0) return;
    struct ev_escalation_liaison_withdrawn *out = decision_emit(s->out, EV_ESCALATION_LIAISON_WITHDRAWN);
    *out = (struct ev_escalation_liaison_withdrawn){.slip_no = slip_no, .to_org = next->liaisons[at].to_org};
}

enum verdict escalation_on_liaison_answer(struct step *s)
{
    const struct ev_command_answer_liaison *in = s->in->data;
    struct escalation_state *next = s->next;
    int at = find_liaison(next, in->slip_no);
    if (at < 0) return step_refuse(s, "ES-7", "no_such_slip", in->slip_no);
    if (!rights_at_unit(s, in->actor, next->liaisons[at].to_org)) {
        return step_refuse(s, "ES-7", "not_your_slip", next->liaisons[at].to_org);
    }
    if (next->liaisons[at].answered) return step_refuse(s, "ES-7", "already_answered", in->slip_no);
    struct liaison *all = ARENA_ARRAY(s->out->arena, struct liaison, next->n_liaisons);
    for (int i = 0; i < next->n_liaisons; i++) all[i] = next->liaisons[i];
    all[at].answered = true;
    next->liaisons = all;
    struct ev_escalation_liaison_answered *out = decision_emit(s->out, EV_ESCALATION_LIAISON_ANSWERED);
    *out = (struct ev_escalation_liaison_answered){.slip_no = in->slip_no,
                                                   .org_id = all[at].to_org,
                                                   .by = in->actor->id,
                                                   .cause = in->cause,
                                                   .prevention = in->prevention};
    return VERDICT_DONE;
}
