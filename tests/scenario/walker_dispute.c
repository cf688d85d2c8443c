/* What the walker does beside the negotiation: disputes, contested liability, sanctions, cases handed up, liaison slips
 * answered, signatures beside the approver's (AP-5, EV-7, ES-7 to ES-9, RV-5). */
#include "walker.h"

enum { DAY_MS = 24 * 60 * 60000 };

#define NEW(k, type) ((type *)arena_alloc(&(k)->w->arena, sizeof(type)))

static const struct actor *actor(struct walker *k, const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(k, struct actor);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    return a;
}

static const struct actor *legal(struct walker *k)
{
    return walker_draw(k, 10) > 0 ? actor(k, "HO-L1", ROLE_LEGAL, "HO")
                                  : actor(k, "O-E1-M", ROLE_OUTLET_MANAGER, "O-E1");
}

static void open_dispute(struct walker *k, int64_t case_id)
{
    struct ev_command_dispute *c = NEW(k, struct ev_command_dispute);
    *c = (struct ev_command_dispute){.actor =
                                         walker_draw(k, 4) > 0 ? actor(k, "customer", ROLE_CUSTOMER, NULL) : legal(k),
                                     .step = (enum dispute_step)(1 + walker_draw(k, 3)),
                                     .forum = "the district court"};
    world_command(k->w, EV_COMMAND_DISPUTE, c, case_id);
}

static void note(struct walker *k, int64_t case_id)
{
    struct ev_command_note_dispute *c = NEW(k, struct ev_command_note_dispute);
    *c = (struct ev_command_note_dispute){.actor = legal(k), .note = "hearing held"};
    c->has_hearing_ms = walker_draw(k, 3) == 0;
    c->hearing_ms = k->w->now_ms + walker_draw(k, 20) * (int64_t)DAY_MS;
    world_command(k->w, EV_COMMAND_NOTE_DISPUTE, c, case_id);
}

static void end(struct walker *k, int64_t case_id)
{
    struct ev_command_end_dispute *c = NEW(k, struct ev_command_end_dispute);
    *c = (struct ev_command_end_dispute){.actor = legal(k), .end = (enum dispute_end)(1 + walker_draw(k, 4))};
    world_command(k->w, EV_COMMAND_END_DISPUTE, c, case_id);
}

static void judge(struct walker *k, int64_t case_id)
{
    struct ev_command_record_judgment *c = NEW(k, struct ev_command_record_judgment);
    *c = (struct ev_command_record_judgment){.actor = legal(k),
                                             .liability = (enum liability)(1 + walker_draw(k, 6)),
                                             .has_amount_minor = walker_draw(k, 4) > 0,
                                             .amount_minor = 1000 * walker_draw(k, 90),
                                             .currency = "CNY",
                                             .work = walker_draw(k, 2) > 0 ? MEASURE_KIND_REPAIR : MEASURE_KIND_ABSENT,
                                             .perform_by_ms = k->w->now_ms + walker_draw(k, 20) * (int64_t)DAY_MS,
                                             .words = "judged"};
    world_command(k->w, EV_COMMAND_RECORD_JUDGMENT, c, case_id);
}

static void hand_up(struct walker *k, int64_t case_id)
{
    const struct dispatch_state *dispatch = world_state(k->w, case_id, DISPATCH);
    const struct assignment *at = dispatch->assignment;
    struct ev_command_hand_up *c = NEW(k, struct ev_command_hand_up);
    if (at == NULL) return;
    *c = (struct ev_command_hand_up){.actor = actor(k, at->handler_id, ROLE_HANDLER, at->org_id), .reason = "special"};
    world_command(k->w, EV_COMMAND_HAND_UP, c, case_id);
}

static void answer_liaison(struct walker *k, int64_t case_id)
{
    const struct escalation_state *st = world_state(k->w, case_id, ESCALATION);
    int which = walker_draw(k, 12), person = walker_draw(k, 12); /* however many there are: the next draw is the same */
    if (st->n_liaisons == 0) return;
    const struct liaison *l = &st->liaisons[which % st->n_liaisons];
    const struct pol_unit *unit = policy_unit(k->w->policy, l->to_org);
    const struct pol_person *who = &unit->people[person % unit->n_people];
    struct ev_command_answer_liaison *c = NEW(k, struct ev_command_answer_liaison);
    *c = (struct ev_command_answer_liaison){
        .actor = actor(k, who->id, who->roles[0], unit->id), .slip_no = l->slip_no, .cause = "nobody was there"};
    world_command(k->w, EV_COMMAND_ANSWER_LIAISON, c, case_id);
}

/* EV-7: by the customer, the outlet or head office, with a report or without. */
static void contest(struct walker *k, int64_t case_id)
{
    const struct actor *who[] = {actor(k, "customer", ROLE_CUSTOMER, NULL),
                                 actor(k, "O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"),
                                 actor(k, "HO-D1", ROLE_DEPARTMENT_HEAD, "HO")};
    struct ev_command_contest_liability *c = NEW(k, struct ev_command_contest_liability);
    struct document *report = NEW(k, struct document);
    *report = (struct document){.title = "report", .sha256 = "9f86d0"};
    *c = (struct ev_command_contest_liability){.actor = who[walker_draw(k, 3)],
                                               .claimed = (enum liability)(1 + walker_draw(k, 6)),
                                               .reason = "another's fault",
                                               .inspector = "institute"};
    if (walker_draw(k, 4) == 0) c->inspection = report;
    world_command(k->w, EV_COMMAND_CONTEST_LIABILITY, c, case_id);
}

/* Whoever was asked last, mostly. */
static void decide_contest(struct walker *k, int64_t case_id)
{
    const struct contest *open = ((const struct escalation_state *)world_state(k->w, case_id, ESCALATION))->contest;
    const struct pol_unit *top = policy_head_office(k->w->policy);
    struct ev_command_decide_contest *c = NEW(k, struct ev_command_decide_contest);
    enum liability liability = (enum liability)(1 + walker_draw(k, 6));
    const struct pol_person *who = &top->people[walker_draw(k, top->n_people)];
    if (open != NULL) who = policy_person_in(top, open->asked[open->n_asked - 1]);
    *c = (struct ev_command_decide_contest){.actor = actor(k, who->id, who->roles[0], top->id),
                                            .contest_no = open != NULL ? open->contest_no : "none",
                                            .liability = liability,
                                            .words = "by the drawings"};
    world_command(k->w, EV_COMMAND_DECIDE_CONTEST, c, case_id);
}

/* RV-5: the last sanction's notice is approved, or appealed against, and the appeal decided. */
static void sanction(struct walker *k, int64_t case_id)
{
    const struct escalation_state *st = world_state(k->w, case_id, ESCALATION);
    bool appeals = walker_draw(k, 2) == 0, uphold = walker_draw(k, 2) == 0;
    const struct sanction *c = st->n_sanctioned > 0 ? &st->sanctioned[st->n_sanctioned - 1] : NULL;
    struct ev_command_appeal_sanction *appeal = NEW(k, struct ev_command_appeal_sanction);
    struct ev_command_decide_sanction *decide = NEW(k, struct ev_command_decide_sanction);
    if (c == NULL) return;
    const struct pol_unit *unit = policy_unit(k->w->policy, c->org_id);
    *appeal =
        (struct ev_command_appeal_sanction){.actor = actor(k, unit->people[0].id, unit->people[0].roles[0], unit->id),
                                            .sanction_no = c->sanction_no,
                                            .reason = "the door was shut"};
    *decide = (struct ev_command_decide_sanction){.actor = actor(k, "HO-GM", ROLE_GENERAL_MANAGER, "HO"),
                                                  .sanction_no = c->sanction_no,
                                                  .uphold = uphold,
                                                  .reason = "by the file"};
    if (appeals)
        world_command(k->w, EV_COMMAND_APPEAL_SANCTION, appeal, case_id);
    else
        world_command(k->w, EV_COMMAND_DECIDE_SANCTION, decide, case_id);
}

void walker_dispute(struct walker *k, int64_t case_id)
{
    typedef void (*deed)(struct walker *, int64_t);
    static const deed OUTSIDE[] = {open_dispute, hand_up, answer_liaison, note,    end,
                                   judge,        contest, decide_contest, sanction};
    static const deed INSIDE[] = {open_dispute, note, end, judge, judge, judge, contest, decide_contest, sanction};
    const struct escalation_state *st = world_state(k->w, case_id, ESCALATION);
    bool in_dispute = st->dispute != NULL && !st->dispute->judged;
    world_run_to(k->w, k->w->now_ms + 60000); /* nobody sues in the very instant a case closes */
    (in_dispute ? INSIDE : OUTSIDE)[walker_draw(k, 9)](k, case_id);
}

const struct actor *walker_signer(struct walker *k, const struct approval_state *st, enum org_level level)
{
    struct policy_moment now = {k->w->policy, k->w->now_ms};
    if (st->n_due_departments > 0 && walker_draw(k, 2) == 0) {
        const struct pol_person *head = policy_department_head(now, st->due_departments[0]);
        return head != NULL ? actor(k, head->id, head->roles[0], "HO") : NULL;
    }
    if (st->n_due_roles == 0) return NULL;
    enum role role = st->due_roles[walker_draw(k, st->n_due_roles)];
    const struct pol_person *who = policy_person_with(now, policy_head_office(k->w->policy), role, 0);
    if (who == NULL || role == policy_approver(k->w->policy, level)) return NULL;
    return actor(k, who->id, role, "HO");
}
