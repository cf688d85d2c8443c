/* One case of several issues, each with its department, its answer and its date (IN-11, SL-7). */
#include <criterion/criterion.h>
#include <string.h>

#include "base/timefmt.h"
#include "story.h"

TestSuite(issue_story, .init = story_begin, .fini = story_end);

enum { DAY_MS = 24 * 3600 * 1000 };

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct actor *handler(void) { return somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id); }
static const struct actor *engineers_contact(void) { return somebody("HO-E2", ROLE_DEPARTMENT_CONTACT, "HO"); }
static const struct actor *head_of_engineering(void) { return somebody("HO-E1", ROLE_DEPARTMENT_HEAD, "HO"); }
static const struct actor *head_of_design(void) { return somebody("HO-D1", ROLE_DEPARTMENT_HEAD, "HO"); }

static void raises(const char *department, const char *text)
{
    struct ev_command_raise_issue *c = NEW(struct ev_command_raise_issue);
    *c = (struct ev_command_raise_issue){.actor = handler(), .department = department, .text = text};
    sends(EV_COMMAND_RAISE_ISSUE, c);
}

static void signs(const struct actor *who, const char *issue_no)
{
    struct ev_command_sign_issue *c = NEW(struct ev_command_sign_issue);
    *c = (struct ev_command_sign_issue){.actor = who, .issue_no = issue_no};
    sends(EV_COMMAND_SIGN_ISSUE, c);
}

static void answers(const struct actor *who, const char *issue_no, int days)
{
    struct ev_command_answer_issue *c = NEW(struct ev_command_answer_issue);
    *c = (struct ev_command_answer_issue){.actor = who,
                                          .issue_no = issue_no,
                                          .answer = "we lay it again",
                                          .due_ms = story_world->now_ms + days * (int64_t)DAY_MS};
    sends(EV_COMMAND_ANSWER_ISSUE, c);
}

static void settles(const struct actor *who, const char *issue_no)
{
    struct ev_command_settle_issue *c = NEW(struct ev_command_settle_issue);
    *c = (struct ev_command_settle_issue){.actor = who, .issue_no = issue_no};
    sends(EV_COMMAND_SETTLE_ISSUE, c);
}

static void expect_due(const char *code, const char *utc)
{
    char due[TIMEFMT_SIZE];
    cr_assert_str_eq(timefmt_utc(limit_of(code)->due_ms, due), utc);
}

/* Two issues of one customer go to two departments; each is signed, answered and kept by its own. */
Test(issue_story, IN_11_each_issue_has_its_department_its_answer_and_its_date)
{
    customer_claims(300000);
    handler_calls();
    visit_done();
    raises("engineering", "the tiles come off");
    raises("design", "the door opens into the cupboard");
    const struct ev_intake_issue_raised *second = last(EV_INTAKE_ISSUE_RAISED);
    cr_assert_str_eq(second->issue_no, "design-2");
    cr_assert_str_eq(second->head_id, "HO-D1");
    expect_limit("issue_signature#engineering-1", LIMIT_STATE_ARMED);
    expect_limit("issue_signature#design-2", LIMIT_STATE_ARMED);
    signs(engineers_contact(), "engineering-1");
    expect_limit("issue_signature#engineering-1", LIMIT_STATE_MET);
    expect_limit("issue_signature#design-2", LIMIT_STATE_ARMED);
    answers(head_of_engineering(), "engineering-1", 3);
    answers(head_of_design(), "design-2", 1);
    expect_limit("issue_signature#design-2", LIMIT_STATE_MET); /* who answers has acknowledged it */
    expect_limit("issue_answer#engineering-1", LIMIT_STATE_MET);
    expect_due("issue#engineering-1", "2026-03-05T10:00:00.000Z"); /* the close of Thursday */
    expect_due("issue#design-2", "2026-03-03T10:00:00.000Z");
    settles(handler(), "engineering-1");
    expect_limit("issue#engineering-1", LIMIT_STATE_MET);
    expect_limit("issue#design-2", LIMIT_STATE_ARMED);
    answers(head_of_design(), "design-2", 4);
    const struct ev_intake_issue_answered *again = last(EV_INTAKE_ISSUE_ANSWERED);
    cr_assert(again->has_replaces_ms);
    expect_due("issue#design-2", "2026-03-06T10:00:00.000Z");
    customer_withdraws();
    expect_limit("issue#design-2", LIMIT_STATE_CANCELLED);
    expect_sound();
}

/* IN-11 ES-1: the department is the responsible party: its contact is reminded of a signature, its head of an answer
 * and of the date that was promised. */
Test(issue_story, IN_11_the_department_is_reminded)
{
    customer_claims(300000);
    handler_calls();
    visit_done();
    raises("engineering", "the tiles come off");
    advance_to(limit_of("issue_signature#engineering-1")->due_ms);
    const struct ev_escalation_slip_issued *slip = slip_for("issue_signature#engineering-1");
    cr_assert(strcmp(slip->to_org, "HO") == 0 && strcmp(slip->to_person, "HO-E2") == 0);
    advance_to(limit_of("issue_answer#engineering-1")->due_ms);
    cr_assert_str_eq(slip_for("issue_answer#engineering-1")->to_person, "HO-E1");
    answers(head_of_engineering(), "engineering-1", 1);
    advance_to(limit_of("issue#engineering-1")->due_ms);
    cr_assert_str_eq(slip_for("issue#engineering-1")->to_person, "HO-E1");
    expect_limit("issue#engineering-1", LIMIT_STATE_MISSED);
    settles(engineers_contact(), "engineering-1");
    expect_sound();
}

Test(issue_story, IN_11_who_may_do_what)
{
    customer_claims(300000);
    raises("astrology", "the stars");
    expect_refused("IN-11", "no_such_department");
    raises("design", "");
    expect_refused("IN-11", "nothing_said");
    raises("design", "the door");
    signs(engineers_contact(), "design-1");
    expect_refused("IN-11", "not_your_department");
    signs(head_of_design(), "design-7");
    expect_refused("IN-11", "no_such_issue");
    settles(handler(), "design-1");
    expect_refused("IN-11", "not_answered");
    answers(handler(), "design-1", 2);
    expect_refused("IN-11", "not_your_department");
    answers(head_of_design(), "design-1", -2);
    expect_refused("SL-7", "date_in_the_past");
    answers(head_of_design(), "design-1", 2);
    signs(head_of_design(), "design-1");
    expect_refused("IN-11", "signed_already");
    settles(head_of_design(), "design-1");
    answers(head_of_design(), "design-1", 2);
    expect_refused("IN-11", "settled_already");
    for (int i = 0; i < 15; i++) raises("design", "and the window");
    raises("design", "one more");
    expect_refused("IN-11", "too_many_issues");
    customer_withdraws();
    raises("design", "too late");
    expect_refused("RV-3", "not_in_this_state");
    expect_sound();
}
