/* Why a closed case ran late: liaison slips, and the limit of their answer (ES-7). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(liaison_story, .init = story_begin, .fini = story_end);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static void cause_given(const char *slip_no, const struct actor *who)
{
    struct ev_command_answer_liaison *c = NEW(struct ev_command_answer_liaison);
    *c = (struct ev_command_answer_liaison){.actor = who, .slip_no = slip_no, .cause = "the visitor was ill"};
    sends(EV_COMMAND_ANSWER_LIAISON, c);
}

/* ES-7: a case that ran late and closed asks each unit that was reminded for the cause, once. */
Test(liaison_story, ES_7_a_closed_late_case_asks_for_the_cause)
{
    customer_claims(80000);
    advance_hours(25);
    expect_owner("R-CN");
    visit_done();
    handler_proposes(compensation(80000));
    manager_approves();
    customer_accepts();
    advance_hours(1);
    expect_no_event(EV_ESCALATION_LIAISON_ISSUED);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_events(EV_ESCALATION_LIAISON_ISSUED, 1);
    const struct ev_escalation_liaison_issued *slip = last(EV_ESCALATION_LIAISON_ISSUED);
    cr_assert_str_eq(slip->to_org, "O-CN1");
    cr_assert_str_eq(slip->to_person, "O-CN1-M");
    cr_assert_eq(slip->n_codes, 2, "the first response and the visit");
    cause_given(slip->slip_no, somebody("R-CN-M", ROLE_REGIONAL_MANAGER, "R-CN"));
    expect_refused("ES-7", "not_your_slip");
    cause_given("QH-0-0", somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    expect_refused("ES-7", "no_such_slip");
    cause_given(slip->slip_no, somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    expect_event(EV_ESCALATION_LIAISON_ANSWERED);
    cause_given(slip->slip_no, somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    expect_refused("ES-7", "already_answered");
    expect_sound();
}

static int fact_of_miss(const char *code)
{
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type != EV_SLA_BREACHED) continue;
        if (strcmp(((const struct ev_sla_breached *)f->data)->code, code) == 0) return i;
    }
    return -1;
}

/* The call and the visit run out in one instant, everything else is read in an order that is drawn. True: the visit's
 * miss, by which the regional takes over, was told first. */
static bool call_and_visit_late(int draw)
{
    story_end();
    story_begin();
    story_world->options.shuffle = true;
    while (draw-- > 0) world_draw(story_world, 2);
    customer_claims(80000);
    advance_hours(25);
    expect_owner("R-CN");
    customer_withdraws();
    cr_assert_str_eq(slip_for("first_response")->to_org, "O-CN1");
    cr_assert_str_eq(slip_for("evidence")->to_org, "O-CN1");
    expect_events(EV_ESCALATION_LIAISON_ISSUED, 1);
    const struct ev_escalation_liaison_issued *slip = last(EV_ESCALATION_LIAISON_ISSUED);
    cr_assert_str_eq(slip->to_org, "O-CN1");
    cr_assert_eq(slip->n_codes, 2, "the first response and the visit");
    expect_sound();
    return fact_of_miss("evidence") < fact_of_miss("first_response");
}

/* ES-7 ES-1 ES-2: whose limits ran out is asked about all of them; the regional, which took over in that instant, is
 * asked for nothing, whichever miss it was told of first. */
Test(liaison_story, ES_7_misses_of_one_instant_are_those_of_the_unit_that_had_the_case)
{
    int visit_first = 0, draws = 20;
    for (int i = 0; i < draws; i++) visit_first += call_and_visit_late(i);
    cr_assert(visit_first > 0 && visit_first < draws, "both orders were read");
}

/* ES-7: what was done in time asks nobody. */
Test(liaison_story, ES_7_a_case_in_time_asks_nobody)
{
    customer_claims(80000);
    handler_calls();
    visit_done();
    customer_withdraws();
    expect_no_event(EV_ESCALATION_LIAISON_ISSUED);
    expect_sound();
}

/* The visit was late and cost the outlet the case; it has closed since. */
static const struct ev_escalation_liaison_issued *late_case_closed(void)
{
    customer_claims(80000);
    handler_calls();
    advance_hours(25);
    visit_done();
    handler_proposes(compensation(80000));
    manager_approves();
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    return last(EV_ESCALATION_LIAISON_ISSUED);
}

static const char *limit_name(const struct ev_escalation_liaison_issued *slip, const char *suffix)
{
    return arena_printf(&story_world->arena, "liaison_answer#%s%s", slip->slip_no, suffix);
}

/* ES-7: the answer has a limit, which the closed case does not end. */
Test(liaison_story, ES_7_the_answers_limit_outlives_the_case)
{
    const struct ev_escalation_liaison_issued *slip = late_case_closed();
    expect_limit(limit_name(slip, ""), LIMIT_STATE_ARMED);
    advance_days(2);
    cause_given(slip->slip_no, somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    expect_limit(limit_name(slip, ""), LIMIT_STATE_MET);
    int slips = count(EV_ESCALATION_SLIP_ISSUED);
    advance_days(30);
    cr_assert_eq(count(EV_ESCALATION_SLIP_ISSUED), slips);
    expect_sound();
}

/* ES-7 ES-1: no answer: whoever was asked is reminded, and again, but is not asked for the cause of that. */
Test(liaison_story, ES_7_who_does_not_answer_is_reminded)
{
    const struct ev_escalation_liaison_issued *slip = late_case_closed();
    int slips = count(EV_ESCALATION_SLIP_ISSUED);
    advance_days(30);
    expect_limit(limit_name(slip, ""), LIMIT_STATE_MISSED);
    expect_limit(limit_name(slip, "#again2"), LIMIT_STATE_MISSED);
    cr_assert_eq(count(EV_ESCALATION_SLIP_ISSUED), slips + 3);
    const struct ev_escalation_slip_issued *reminder = slip_for(limit_name(slip, ""));
    cr_assert_str_eq(reminder->to_org, "O-CN1");
    cr_assert_str_eq(reminder->to_person, "O-CN1-M");
    expect_events(EV_ESCALATION_LIAISON_ISSUED, 1);
    cause_given(slip->slip_no, somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    expect_event(EV_ESCALATION_LIAISON_ANSWERED);
    expect_event(EV_SLA_ENDED);
    expect_sound();
}

/* ES-7: two units are asked about one case: the answer of one does not stop the other's limit. */
Test(liaison_story, ES_7_each_unit_has_its_own_limit)
{
    customer_claims(80000);
    handler_calls();
    advance_hours(50); /* the outlet's visit, then the regional's */
    expect_owner("HO");
    customer_withdraws();
    expect_events(EV_ESCALATION_LIAISON_ISSUED, 2);
    const struct ev_escalation_liaison_issued *second = last(EV_ESCALATION_LIAISON_ISSUED);
    cr_assert_str_eq(second->to_org, "R-CN");
    cause_given(second->slip_no, somebody("R-CN-M", ROLE_REGIONAL_MANAGER, "R-CN"));
    expect_limit(limit_name(second, ""), LIMIT_STATE_MET);
    const char *first = arena_printf(&story_world->arena, "liaison_answer#QH-%lld-1", (long long)the_case());
    expect_limit(first, LIMIT_STATE_ARMED);
    expect_sound();
}
