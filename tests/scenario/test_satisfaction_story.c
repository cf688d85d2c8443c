/* The satisfaction call: ours to make within three working days of the execution (SL-4), beside the customer's own time
 * to answer (RV-1). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(satisfaction_story, .init = story_begin, .fini = story_end);

enum { HOUR_MS = 3600 * 1000 };

/* On Monday 2026-03-02: the call is due on Thursday at 18:00, the customer's answer at the end of that day. */
static void executed(void)
{
    customer_claims(20000);
    handler_calls();
    visit_done();
    handler_proposes(rework());
    customer_accepts();
    handler_executes();
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_limit("satisfaction_call", LIMIT_STATE_ARMED);
}

static const struct ev_intake_satisfaction_called *call(void) { return last(EV_INTAKE_SATISFACTION_CALLED); }
static void called_at(int64_t at_ms) { calls(owner()->handler_id, ROLE_HANDLER, owner()->org_id, at_ms); }

/* SL-4 ES-1 ES-7: nobody calls: a slip, the case closes by the customer's limit all the same, and its unit is asked why
 * it ran late. */
Test(satisfaction_story, SL_4_a_call_nobody_makes_is_a_slip)
{
    executed();
    int64_t due = limit_of("satisfaction_call")->due_ms;
    cr_assert_lt(due, limit_of("satisfaction")->due_ms);
    advance_to(due);
    expect_limit("satisfaction_call", LIMIT_STATE_MISSED);
    cr_assert_str_eq(slip_for("satisfaction_call")->to_person, owner()->handler_id);
    expect_status(INTAKE, "awaiting_satisfaction");
    advance_hours(8);
    expect_status(INTAKE, "closed");
    expect_event(EV_ESCALATION_LIAISON_ISSUED);
    expect_sound();
}

/* SL-4 RV-1: the call meets it, and from it the customer has the same time again. */
Test(satisfaction_story, SL_4_the_call_gives_the_customer_time)
{
    executed();
    int64_t due = limit_of("satisfaction")->due_ms;
    advance_days(1);
    handler_calls();
    cr_assert_str_eq(call()->by, owner()->handler_id);
    expect_limit("satisfaction_call", LIMIT_STATE_MET);
    cr_assert_eq(limit_of("satisfaction")->due_ms, due + 24 * (int64_t)HOUR_MS);
    advance_days(1);
    handler_calls(); /* reached at last: recorded, and no other call */
    expect_events(EV_INTAKE_SATISFACTION_CALLED, 1);
    expect_events(EV_INTAKE_RESPONDED, 3);
    cr_assert_eq(limit_of("satisfaction")->due_ms, due + 24 * (int64_t)HOUR_MS);
    advance_days(5);
    expect_status(INTAKE, "closed");
    cr_assert_null(slip_for("satisfaction_call"));
    expect_sound();
}

/* RV-1: who answers by themselves need not be called. */
Test(satisfaction_story, SL_4_an_answer_needs_no_call)
{
    executed();
    customer_answers(SATISFACTION_FAIRLY);
    expect_limit("satisfaction_call", LIMIT_STATE_MET);
    expect_status(INTAKE, "closed");
    advance_days(30);
    cr_assert_null(slip_for("satisfaction_call"));
    expect_sound();
}

/* SL-3 SL-4: it counts from when it took place, however late it is written down; what was said before the work was done
 * is no satisfaction call. */
Test(satisfaction_story, SL_4_a_call_counts_from_when_it_took_place)
{
    int64_t before = story_world->now_ms;
    customer_claims(20000);
    advance_hours(1);
    visit_done();
    handler_proposes(rework());
    customer_accepts();
    handler_executes();
    called_at(before);
    expect_no_event(EV_INTAKE_SATISFACTION_CALLED);
    expect_limit("satisfaction_call", LIMIT_STATE_ARMED);
    int64_t due = limit_of("satisfaction_call")->due_ms;
    advance_to(due + HOUR_MS);
    cr_assert_not_null(slip_for("satisfaction_call"));
    called_at(due - HOUR_MS);
    cr_assert_eq(call()->at_ms, due - HOUR_MS);
    expect_limit("satisfaction_call", LIMIT_STATE_ANNULLED);
    expect_event(EV_ESCALATION_SLIP_WITHDRAWN);
    expect_sound();
}

/* RV-1: what is done again is asked about again. */
Test(satisfaction_story, SL_4_after_a_second_settlement_a_second_call_is_owed)
{
    executed();
    handler_calls();
    customer_answers(SATISFACTION_NOT_SATISFIED);
    expect_limit("satisfaction_call", LIMIT_STATE_MET);
    handler_proposes(rework());
    customer_accepts();
    handler_executes();
    expect_limit("satisfaction_call", LIMIT_STATE_ARMED);
    handler_calls();
    expect_events(EV_INTAKE_SATISFACTION_CALLED, 2);
    expect_limit("satisfaction_call", LIMIT_STATE_MET);
    expect_sound();
}
