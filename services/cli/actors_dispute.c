/* Few customers go before a mediator, an arbitrator or a court; whoever does is answered by head office's legal
 * support. Few cases are handed up; the units that were late say why, most of them; the general manager decides on
 * sanctions, and few units appeal. */
#include "cli/actors_play.h"

enum { DAY_H = 24, DAY_MS = DAY_H * 3600 * 1000 };

/* ES-8: those whose claim was rejected, now and then. */
static void on_rejected(struct play *p)
{
    static const enum dispute_step steps[] = {DISPUTE_STEP_MEDIATION, DISPUTE_STEP_ARBITRATION, DISPUTE_STEP_COURT};
    static const char *const forums[] = {"consumer association", "arbitration commission", "district court"};
    if (!play_chance(p, 70, p->s->temper->sue)) return;
    int step = play_draw(p, 71, 3);
    struct ev_command_dispute *c = play_act(p, EV_COMMAND_DISPUTE, DAY_H, 10 * DAY_H);
    *c = (struct ev_command_dispute){.actor = play_customer(p), .step = steps[step], .forum = forums[step]};
}

static const struct actor *legal(struct play *p)
{
    return play_somebody(p, policy_head_office(p->s->policy)->id, ROLE_LEGAL);
}

/* A hearing is fixed at once; what comes of it is known days later. Most of those who sue are right. */
static void on_opened(struct play *p, const struct ev_escalation_dispute_opened *e)
{
    const struct actor *who = legal(p);
    if (who == NULL) return;
    struct ev_command_note_dispute *n = play_act(p, EV_COMMAND_NOTE_DISPUTE, 4, 2 * DAY_H);
    *n = (struct ev_command_note_dispute){.actor = who,
                                          .note = "a hearing is fixed",
                                          .has_hearing_ms = true,
                                          .hearing_ms = p->s->at_ms + 4 * (int64_t)DAY_MS};
    if (play_chance(p, 72, 30)) {
        struct ev_command_end_dispute *over = play_act(p, EV_COMMAND_END_DISPUTE, 5 * DAY_H, 9 * DAY_H);
        *over = (struct ev_command_end_dispute){.actor = who, .end = DISPUTE_END_DISMISSED, .note = "not made out"};
        return;
    }
    struct ev_command_record_judgment *c = play_act(p, EV_COMMAND_RECORD_JUDGMENT, 5 * DAY_H, 9 * DAY_H);
    bool money = p->who->kind == KIND_CLAIM && p->who->has_claimed && p->who->claimed_minor > 0;
    *c = (struct ev_command_record_judgment){.actor = who,
                                             .liability = LIABILITY_OUTLET,
                                             .has_amount_minor = money,
                                             .amount_minor = money ? (p->who->claimed_minor + 1) / 2 : 0,
                                             .currency = arena_strdup(p->arena, p->who->currency),
                                             .work = money ? MEASURE_KIND_ABSENT : MEASURE_KIND_REWORK,
                                             .perform_by_ms = p->s->at_ms + 20 * (int64_t)DAY_MS,
                                             .words = dispute_step_name(e->step)};
}

/* ES-7: the unit says why it was late, unless it is as silent about that as it was then. */
static void on_liaison(struct play *p, const struct ev_escalation_liaison_issued *e)
{
    const struct pol_unit *unit = policy_unit(p->s->policy, e->to_org);
    const struct pol_person *who = unit == NULL ? NULL : policy_person_in(unit, e->to_person);
    if (who == NULL || play_chance(p, 73, 3 * p->s->temper->silent_outlet)) return;
    struct ev_command_answer_liaison *c = play_act(p, EV_COMMAND_ANSWER_LIAISON, 4, 3 * DAY_H);
    *c = (struct ev_command_answer_liaison){.actor = play_person(p, who->roles[0], who->id, unit->id),
                                            .slip_no = arena_strdup(p->arena, e->slip_no),
                                            .cause = "nobody was free that week",
                                            .prevention = "a second visitor is named"};
}

static void decides_sanction(struct play *p, const char *sanction_no)
{
    const struct actor *who = play_somebody(p, policy_head_office(p->s->policy)->id, ROLE_GENERAL_MANAGER);
    if (who == NULL) return;
    struct ev_command_decide_sanction *c = play_act(p, EV_COMMAND_DECIDE_SANCTION, 4, 2 * DAY_H);
    *c = (struct ev_command_decide_sanction){.actor = who,
                                             .sanction_no = arena_strdup(p->arena, sanction_no),
                                             .uphold = !play_chance(p, 75, 20),
                                             .reason = "by the file"};
}

/* RV-5: few units appeal. */
static void on_notice(struct play *p, const struct ev_escalation_penalty_notice_issued *e)
{
    const struct pol_unit *unit = policy_unit(p->s->policy, e->to_org);
    const struct pol_person *who = unit == NULL ? NULL : policy_person_in(unit, e->to_person);
    if (who == NULL || !play_chance(p, 76, 20)) return;
    struct ev_command_appeal_sanction *c = play_act(p, EV_COMMAND_APPEAL_SANCTION, DAY_H, 6 * DAY_H);
    *c = (struct ev_command_appeal_sanction){.actor = play_person(p, who->roles[0], who->id, unit->id),
                                             .sanction_no = arena_strdup(p->arena, e->sanction_no),
                                             .reason = "the customer was not at home"};
}

static void on_sanction(struct play *p, const struct ev_escalation_sanction_recorded *e)
{
    if (e->to_be_approved) decides_sanction(p, e->sanction_no);
}

static void on_sanction_appealed(struct play *p, const struct ev_escalation_sanction_appealed *e)
{
    decides_sanction(p, e->sanction_no);
}

bool play_hands_up(struct play *p)
{
    if (p->who->level == ORG_LEVEL_HEAD_OFFICE || !play_chance(p, 74, p->s->temper->hand_up)) return false;
    struct ev_command_hand_up *c = play_act(p, EV_COMMAND_HAND_UP, 2, 20);
    *c = (struct ev_command_hand_up){.actor = play_handler(p), .reason = "beyond what we may settle here"};
    return true;
}

void play_dispute(struct play *p)
{
    const void *data = p->s->data;
    switch ((int)p->s->type) {
    case EV_APPROVAL_REJECTED: on_rejected(p); break;
    case EV_ESCALATION_DISPUTE_OPENED: on_opened(p, data); break;
    case EV_ESCALATION_LIAISON_ISSUED: on_liaison(p, data); break;
    case EV_ESCALATION_SANCTION_RECORDED: on_sanction(p, data); break;
    case EV_ESCALATION_PENALTY_NOTICE_ISSUED: on_notice(p, data); break;
    case EV_ESCALATION_SANCTION_APPEALED: on_sanction_appealed(p, data); break;
    default: break; /* events nobody has to act on */
    }
}
