/* What a level could not settle itself goes up: no agreement after the rounds, an appeal, a special case handed up
 * (AP-8, AP-9, ES-5, ES-9). See steps.h.
 *
 * At head office the policy says for each of these whether the liability table decides or people do. A deadlock and an
 * appeal bring the finding along that was planned on, so that the table decides at once; what is handed up is looked
 * at as a silence is, by its file. Above head office there is only its general manager. */
#include "escalation/steps.h"
#include "policy/rights.h"

static struct addressee general_manager(const struct step *s)
{
    return escalation_find_person(s, policy_head_office(s->policy), ROLE_GENERAL_MANAGER);
}

/* Where the table decides; and at once, unless the file or a visit is waited for. */
static bool go_up(struct step *s, const struct ev_approval_deadlocked *ev)
{
    const struct escalation_state *next = s->next;
    enum climb_cause cause = ev->appeal ? CLIMB_CAUSE_APPEAL : CLIMB_CAUSE_DEADLOCK;
    bool by_table = ev->brief != NULL && ev->finding != NULL && policy_table_decides(s->policy, cause);
    const struct climb why = {.cause = climb_cause_name(cause), .settles = by_table, .has_finding = by_table};
    if (!escalation_take_over(s, &why)) return false;
    if (by_table && escalation_is_at_top(s) && !escalation_is_reviewing(next)) {
        escalation_route(s, ev->brief, ev->finding);
    }
    return true;
}

/* Told by approval with the level it was on, so what has moved on meanwhile stays where it is. A case that has ended
 * goes up for its reopening, which is still to be read. */
enum verdict escalation_on_deadlocked(struct step *s)
{
    const struct ev_approval_deadlocked *ev = s->in->data;
    struct escalation_state *next = s->next;
    if (escalation_has_left(s, ev->org_id, ev->level)) return VERDICT_IGNORED;
    if (next->org_id == NULL) {
        next->org_id = ev->org_id;
        next->level = ev->level;
    }
    if (next->brief == NULL) next->brief = ev->brief;
    if (next->status == ESCALATION_STATUS_NONE) next->status = ESCALATION_STATUS_WATCHING;
    if (go_up(s, ev)) return VERDICT_DONE;
    if (escalation_find_slip(next, "deadlock", ev->round) >= 0) return VERDICT_IGNORED;
    struct matter m = {.code = "deadlock", .ver = ev->round, .due_ms = s->in->at_ms};
    escalation_issue_slip(s, &m, general_manager(s));
    return VERDICT_DONE;
}

enum verdict escalation_on_hand_up(struct step *s)
{
    const struct ev_command_hand_up *in = s->in->data;
    struct escalation_state *next = s->next;
    bool by_table = policy_table_decides(s->policy, CLIMB_CAUSE_HANDED_UP);
    if (!rights_at_unit(s, in->actor, next->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", next->org_id);
    }
    if (escalation_take_over(s, &(struct climb){.cause = "handed_up", .settles = by_table})) {
        if (by_table) escalation_decide_known(s);
        return VERDICT_DONE;
    }
    struct matter m = {.code = "handed_up", .ver = next->slips + 1, .due_ms = s->in->at_ms};
    escalation_issue_slip(s, &m, general_manager(s));
    return VERDICT_DONE;
}
