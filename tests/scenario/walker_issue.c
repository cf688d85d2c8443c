/* What the walker does about a case's issues (IN-11): raised, signed, answered and settled by their departments. */
#include "walker.h"

#define NEW(k, type) ((type *)arena_alloc(&(k)->w->arena, sizeof(type)))

static const struct actor *actor(struct walker *k, const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(k, struct actor);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    return a;
}

static void raise(struct walker *k, int64_t case_id, const struct assignment *at)
{
    struct ev_command_raise_issue *c = NEW(k, struct ev_command_raise_issue);
    *c = (struct ev_command_raise_issue){.actor = actor(k, at->handler_id, ROLE_HANDLER, at->org_id),
                                         .department = walker_draw(k, 2) == 0 ? "design" : "soft_furnishing",
                                         .text = "it creaks"};
    world_command(k->w, EV_COMMAND_RAISE_ISSUE, c, case_id);
}

static void sign(struct walker *k, int64_t case_id, const struct actor *head, const struct issue *i)
{
    struct ev_command_sign_issue *c = NEW(k, struct ev_command_sign_issue);
    *c = (struct ev_command_sign_issue){.actor = head, .issue_no = i->issue_no};
    world_command(k->w, EV_COMMAND_SIGN_ISSUE, c, case_id);
}

static void answer(struct walker *k, int64_t case_id, const struct actor *head, const struct issue *i)
{
    struct ev_command_answer_issue *c = NEW(k, struct ev_command_answer_issue);
    *c = (struct ev_command_answer_issue){.actor = head,
                                          .issue_no = i->issue_no,
                                          .answer = "oiled",
                                          .due_ms = k->w->now_ms + walker_draw(k, 20) * INT64_C(86400000)};
    world_command(k->w, EV_COMMAND_ANSWER_ISSUE, c, case_id);
}

static void settle(struct walker *k, int64_t case_id, const struct actor *head, const struct issue *i)
{
    struct ev_command_settle_issue *c = NEW(k, struct ev_command_settle_issue);
    *c = (struct ev_command_settle_issue){.actor = head, .issue_no = i->issue_no};
    world_command(k->w, EV_COMMAND_SETTLE_ISSUE, c, case_id);
}

void walker_issue(struct walker *k, int64_t case_id, const struct assignment *at)
{
    const struct intake_state *st = world_state(k->w, case_id, INTAKE);
    if (st->n_issues == 0 || walker_draw(k, 3) == 0) {
        raise(k, case_id, at);
        return;
    }
    const struct issue *i = &st->issues[walker_draw(k, st->n_issues)];
    const struct pol_department *d = policy_department(k->w->policy, i->department);
    const struct actor *head = actor(k, d->head, ROLE_DEPARTMENT_HEAD, "HO");
    int what = walker_draw(k, 3);
    if (what == 0)
        sign(k, case_id, head, i);
    else if (what == 1)
        answer(k, case_id, head, i);
    else
        settle(k, case_id, head, i);
}
