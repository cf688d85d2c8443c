/* A case of several issues: each goes to a department of head office, whose contact signs it and whose head answers it
 * with a date of its own (IN-11, SL-7). See steps.h.
 *
 * An issue's number names its department, so that whoever hears of its limits alone knows whose it is. */
#include <string.h>

#include "base/text.h"
#include "intake/steps.h"
#include "policy/rights.h"

enum { ISSUES_MOST = 16 };

static int find(const struct intake_state *state, const char *issue_no)
{
    for (int i = 0; i < state->n_issues; i++) {
        if (strcmp(state->issues[i].issue_no, issue_no) == 0) return i;
    }
    return -1;
}

/* The issues with room for one more, to be changed. */
static struct issue *copy_issues(struct step *s)
{
    struct intake_state *next = s->next;
    struct issue *all = ARENA_ARRAY(s->out->arena, struct issue, next->n_issues + 1);
    for (int i = 0; i < next->n_issues; i++) all[i] = next->issues[i];
    next->issues = all;
    return all;
}

static bool is_person(const struct step *s, const struct actor *who, const struct pol_person *person)
{
    return person != NULL && strcmp(who->id, person->id) == 0 && rights_holds_role(s, who);
}

static bool is_head(const struct step *s, const struct actor *who, const char *department)
{
    return is_person(s, who, policy_department_head(moment_of(s), department));
}

static bool is_contact(const struct step *s, const struct actor *who, const char *department)
{
    return is_person(s, who, policy_department_contact(moment_of(s), department));
}

static const char *id_of(const struct pol_person *person) { return person != NULL ? person->id : NULL; }

enum verdict intake_on_raise_issue(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_raise_issue *in = s->in->data;
    struct intake_state *next = s->next;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "IN-11", "not_the_named_handler", state->handler_id);
    if (policy_department(s->policy, in->department) == NULL) {
        return step_refuse(s, "IN-11", "no_such_department", in->department);
    }
    if (!text_is_filled(in->text)) return step_refuse(s, "IN-11", "nothing_said", NULL);
    if (state->n_issues == ISSUES_MOST) return step_refuse(s, "IN-11", "too_many_issues", NULL);
    struct issue *raised = &copy_issues(s)[next->n_issues++];
    *raised = (struct issue){.issue_no = arena_printf(s->out->arena, "%s-%d", in->department, next->n_issues),
                             .department = in->department,
                             .stage = ISSUE_STAGE_RAISED};
    struct ev_intake_issue_raised *e = decision_emit(s->out, EV_INTAKE_ISSUE_RAISED);
    *e = (struct ev_intake_issue_raised){.issue_no = raised->issue_no,
                                         .department = raised->department,
                                         .contact_id = id_of(policy_department_contact(moment_of(s), in->department)),
                                         .head_id = id_of(policy_department_head(moment_of(s), in->department)),
                                         .text = in->text,
                                         .by = in->actor->id};
    return VERDICT_DONE;
}

enum verdict intake_on_sign_issue(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_sign_issue *in = s->in->data;
    int i = find(state, in->issue_no);
    if (i < 0) return step_refuse(s, "IN-11", "no_such_issue", in->issue_no);
    const char *department = state->issues[i].department;
    if (!is_contact(s, in->actor, department) && !is_head(s, in->actor, department)) {
        return step_refuse(s, "IN-11", "not_your_department", department);
    }
    if (state->issues[i].stage != ISSUE_STAGE_RAISED) return step_refuse(s, "IN-11", "signed_already", NULL);
    copy_issues(s)[i].stage = ISSUE_STAGE_SIGNED;
    struct ev_intake_issue_signed *e = decision_emit(s->out, EV_INTAKE_ISSUE_SIGNED);
    *e = (struct ev_intake_issue_signed){.issue_no = in->issue_no, .department = department, .by = in->actor->id};
    return VERDICT_DONE;
}

/* Another answer, with another date, takes the place of the one before. */
enum verdict intake_on_answer_issue(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_answer_issue *in = s->in->data;
    int i = find(state, in->issue_no);
    if (i < 0) return step_refuse(s, "IN-11", "no_such_issue", in->issue_no);
    const struct issue *old = &state->issues[i];
    if (!is_head(s, in->actor, old->department)) {
        return step_refuse(s, "IN-11", "not_your_department", old->department);
    }
    if (old->stage == ISSUE_STAGE_SETTLED) return step_refuse(s, "IN-11", "settled_already", NULL);
    if (!text_is_filled(in->answer)) return step_refuse(s, "IN-11", "nothing_said", NULL);
    const char *why = intake_date_fault(s, in->due_ms);
    if (why != NULL) return step_refuse(s, "SL-7", why, NULL);
    struct issue *answered = &copy_issues(s)[i];
    answered->stage = ISSUE_STAGE_ANSWERED;
    answered->has_due_ms = true;
    answered->due_ms = in->due_ms;
    struct ev_intake_issue_answered *e = decision_emit(s->out, EV_INTAKE_ISSUE_ANSWERED);
    *e = (struct ev_intake_issue_answered){.issue_no = in->issue_no,
                                           .department = old->department,
                                           .answer = in->answer,
                                           .due_ms = in->due_ms,
                                           .has_replaces_ms = old->has_due_ms,
                                           .replaces_ms = old->due_ms,
                                           .by = in->actor->id};
    intake_tell(
        s, &(struct ev_intake_customer_notified){
               .kind = NOTICE_KIND_ISSUE_ANSWERED, .has_due_ms = true, .due_ms = in->due_ms, .comment = in->answer});
    return VERDICT_DONE;
}

enum verdict intake_on_settle_issue(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_settle_issue *in = s->in->data;
    int i = find(state, in->issue_no);
    if (i < 0) return step_refuse(s, "IN-11", "no_such_issue", in->issue_no);
    const struct issue *open = &state->issues[i];
    bool theirs = is_contact(s, in->actor, open->department) || is_head(s, in->actor, open->department);
    if (!theirs && !intake_is_handler(s, in->actor)) {
        return step_refuse(s, "IN-11", "not_your_department", open->department);
    }
    if (open->stage != ISSUE_STAGE_ANSWERED) return step_refuse(s, "IN-11", "not_answered", NULL);
    copy_issues(s)[i].stage = ISSUE_STAGE_SETTLED;
    struct ev_intake_issue_settled *e = decision_emit(s->out, EV_INTAKE_ISSUE_SETTLED);
    *e = (struct ev_intake_issue_settled){.issue_no = in->issue_no,
                                          .department = open->department,
                                          .due_ms = open->due_ms,
                                          .by = in->actor->id,
                                          .note = in->note};
    return VERDICT_DONE;
}
