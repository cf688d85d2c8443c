/* Histories of dates promised to the customer (SL-7): each becomes a limit, due at the close of its date. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/timefmt.h"
#include "policy/plan.h"
#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end);

enum { DAY_MS = 24 * 3600 * 1000 };

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct actor *handler(void)
{
    struct actor *a = NEW(struct actor);
    *a = (struct actor){.id = owner()->handler_id, .role = ROLE_HANDLER, .org_id = owner()->org_id};
    return a;
}

static int64_t in_days(int n) { return story_world->now_ms + n * (int64_t)DAY_MS; }

static void sets_milestone(const char *what, const char *of, int64_t due_ms)
{
    struct ev_command_promise *c = NEW(struct ev_command_promise);
    *c = (struct ev_command_promise){
        .actor = handler(), .promise = what, .of = of, .due_ms = due_ms, .text = "we come by"};
    world_command(story_world, EV_COMMAND_PROMISE, c, the_case());
    world_drain(story_world);
}

static void promises(const char *what, int64_t due_ms) { sets_milestone(what, NULL, due_ms); }

static void keeps(const char *what)
{
    struct ev_command_keep_promise *c = NEW(struct ev_command_keep_promise);
    *c = (struct ev_command_keep_promise){.actor = handler(), .promise = what};
    world_command(story_world, EV_COMMAND_KEEP_PROMISE, c, the_case());
    world_drain(story_world);
}

static void expect_due(const char *code, const char *utc)
{
    char due[TIMEFMT_SIZE];
    cr_assert_str_eq(timefmt_utc(limit_of(code)->due_ms, due), utc);
}

static int misses_of(const char *code)
{
    const struct limit *l = limit_of(code);
    return l->has_misses ? (int)l->misses : 0;
}

/* SL-7 SL-3 ES-1: warned before, missed once at the close of the date, and the handler gets a slip. */
Test(story, SL_7_a_date_promised_and_not_kept_is_a_slip)
{
    customer_claims(300000);
    handler_calls();
    visit_done();
    promises("visit", in_days(1));
    expect_limit("promise#visit", LIMIT_STATE_ARMED);
    expect_due("promise#visit", "2026-03-03T10:00:00.000Z"); /* Tuesday 18:00 in Shanghai */
    int warned = count(EV_SLA_WARNED);
    advance_to(limit_of("promise#visit")->due_ms - 1);
    cr_assert_gt(count(EV_SLA_WARNED), warned);
    cr_assert_eq(misses_of("promise#visit"), 0);
    advance_to(limit_of("promise#visit")->due_ms);
    cr_assert_eq(misses_of("promise#visit"), 1);
    const struct ev_escalation_slip_issued *slip = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(slip->code, "promise#visit");
    cr_assert_str_eq(slip->to_person, owner()->handler_id);
    advance_days(1);
    cr_assert_eq(misses_of("promise#visit"), 1);
    expect_sound();
}

/* SL-7: a new date under the same name replaces the old one; both are on record. */
Test(story, SL_7_a_new_date_replaces_the_old_one)
{
    customer_claims(300000);
    int64_t first = in_days(1);
    promises("visit", first);
    promises("visit", in_days(3));
    const struct ev_intake_promised *said = last(EV_INTAKE_PROMISED);
    cr_assert_eq(said->replaces_ms, first);
    cr_assert_eq(limit_of("promise#visit")->ver, 2);
    expect_due("promise#visit", "2026-03-05T10:00:00.000Z");
    advance_days(2);
    cr_assert_eq(misses_of("promise#visit"), 0);
    expect_sound();
}

/* SL-7: several promises at once; each is kept, or missed, by its own name. */
Test(story, SL_7_each_promise_is_kept_by_its_own_name)
{
    customer_claims(300000);
    promises("visit", in_days(1));
    promises("issue-2", in_days(1));
    keeps("visit");
    expect_limit("promise#visit", LIMIT_STATE_MET);
    expect_limit("promise#issue-2", LIMIT_STATE_ARMED);
    advance_days(2);
    cr_assert_eq(misses_of("promise#visit"), 0);
    cr_assert_eq(misses_of("promise#issue-2"), 1);
    keeps("visit");
    expect_refused("SL-7", "no_such_promise");
    expect_sound();
}

/* PR-3: the unit's head is warned of a milestone at risk, and told of one missed, days before the promise is broken;
 * the dates agreed anew with the customer take their place. */
Test(story, PR_3_a_missed_milestone_warns_before_the_promise_is_broken)
{
    customer_claims(300000);
    handler_calls();
    visit_done();
    promises("floor", in_days(10));
    sets_milestone("tiles", "floor", in_days(1));
    sets_milestone("laid", "floor", in_days(8));
    expect_due("milestone#tiles", "2026-03-03T10:00:00.000Z");
    int warned = count(EV_SLA_WARNED);
    advance_to(limit_of("milestone#tiles")->warn_ms);
    cr_assert_gt(count(EV_SLA_WARNED), warned);
    cr_assert_eq(misses_of("milestone#tiles"), 0);
    advance_to(limit_of("milestone#tiles")->due_ms);
    const struct ev_escalation_slip_issued *slip = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(slip->code, "milestone#tiles");
    cr_assert_str_eq(slip->to_person, "O-CN1-M");
    expect_limit("promise#floor", LIMIT_STATE_ARMED);
    promises("floor", in_days(14));
    sets_milestone("tiles", "floor", in_days(3));
    expect_limit("milestone#tiles", LIMIT_STATE_ARMED);
    keeps("tiles");
    expect_limit("milestone#tiles", LIMIT_STATE_MET);
    expect_limit("milestone#laid", LIMIT_STATE_ARMED);
    keeps("floor");
    expect_limit("milestone#laid", LIMIT_STATE_MET);
    expect_limit("promise#floor", LIMIT_STATE_MET);
    expect_sound();
}

/* PR-3: a milestone leads to a promise of the case, by its date. */
Test(story, PR_3_a_milestone_of_nothing_is_refused)
{
    customer_claims(300000);
    sets_milestone("tiles", "floor", in_days(2));
    expect_refused("PR-3", "no_such_promise");
    promises("floor", in_days(10));
    sets_milestone("tiles", "floor", in_days(11));
    expect_refused("PR-3", "after_the_promise");
    sets_milestone("floor", "floor", in_days(9));
    expect_refused("PR-3", "name_is_taken");
    sets_milestone("tiles", "floor", in_days(10));
    promises("tiles", in_days(2));
    expect_refused("SL-7", "name_is_taken");
    sets_milestone("glue", "tiles", in_days(1));
    expect_refused("PR-3", "no_such_promise");
    expect_events(EV_INTAKE_MILESTONE_SET, 1);
    expect_sound();
}

/* SL-7: what no limit could come of is refused. */
Test(story, SL_7_an_impossible_promise_is_refused)
{
    customer_claims(300000);
    promises("visit", in_days(-1));
    expect_refused("SL-7", "date_in_the_past");
    promises("a visit", in_days(1));
    expect_refused("SL-7", "not_a_name");
    promises("visit", in_days(100000));
    expect_refused("SL-7", "date_out_of_range");
    expect_no_event(EV_INTAKE_PROMISED);
    for (char name[] = "a"; name[0] <= 'p'; name[0]++) promises(arena_strdup(&story_world->arena, name), in_days(9));
    expect_events(EV_INTAKE_PROMISED, 16);
    promises("one-more", in_days(9));
    expect_refused("SL-7", "too_many_promises");
    expect_sound();
}

/* SL-7: a promise to oneself for today is due at today's close; a promise ends with the case. */
Test(story, SL_7_a_promise_ends_with_the_case)
{
    customer_claims(300000);
    promises("visit", story_world->now_ms);
    expect_due("promise#visit", "2026-03-02T10:00:00.000Z");
    customer_withdraws();
    expect_limit("promise#visit", LIMIT_STATE_CANCELLED);
    expect_sound();
}

/* SL-7 EV-2: at the visit the customer is told when the answer will come; the plan offered is the answer. */
Test(story, SL_7_the_answer_promised_at_the_visit)
{
    customer_claims(20000);
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    struct visit_record r = full_record();
    r.has_answer_promised_ms = true;
    r.answer_promised_ms = in_days(2);
    visitor_submits(&r, &f, NULL);
    expect_limit("visit_answer", LIMIT_STATE_ARMED);
    expect_due("visit_answer", "2026-03-04T10:00:00.000Z");
    handler_proposes(compensation(20000));
    expect_limit("visit_answer", LIMIT_STATE_MET);
    expect_sound();
}

/* SL-7: no answer on that date is a miss; no date, no limit. */
Test(story, SL_7_no_answer_on_the_promised_date_is_a_miss)
{
    customer_claims(20000);
    struct visit_record r = full_record();
    r.has_answer_promised_ms = true;
    r.answer_promised_ms = in_days(1);
    visitor_submits(&r, NULL, NULL);
    advance_days(2);
    cr_assert_eq(misses_of("visit_answer"), 1);
    expect_sound();
}

/* SL-7 AP-1: each measure with a date has its own limit; carrying the plan out keeps them. */
Test(story, SL_7_each_measure_has_its_date)
{
    customer_claims(20000);
    visit_done();
    struct measure *m = arena_alloc(&story_world->arena, 3 * sizeof *m);
    m[0] = (struct measure){
        .kind = MEASURE_KIND_REWORK, .executor = owner()->handler_id, .has_due_ms = true, .due_ms = in_days(2)};
    m[1] = (struct measure){.kind = MEASURE_KIND_APOLOGY, .executor = owner()->handler_id};
    m[2] = (struct measure){
        .kind = MEASURE_KIND_REWORK, .executor = owner()->handler_id, .has_due_ms = true, .due_ms = in_days(4)};
    handler_proposes(&(struct plan){.measures = m, .n_measures = 3, .amount_minor = 0, .currency = "CNY"});
    customer_accepts();
    expect_due("measure#1", "2026-03-04T10:00:00.000Z");
    expect_due("measure#3", "2026-03-06T10:00:00.000Z");
    advance_days(3);
    cr_assert_eq(misses_of("measure#1"), 1);
    handler_executes();
    expect_limit("measure#3", LIMIT_STATE_MET);
    expect_sound();
}

/* AP-1: a plan has so many measures that each can have a limit. */
Test(story, AP_1_a_plan_has_a_bounded_number_of_measures)
{
    customer_claims(20000);
    visit_done();
    struct measure *m = arena_alloc(&story_world->arena, (PLAN_MEASURES_MAX + 1) * sizeof *m);
    for (int i = 0; i <= PLAN_MEASURES_MAX; i++)
        m[i] = (struct measure){
            .kind = MEASURE_KIND_REWORK, .executor = owner()->handler_id, .has_due_ms = true, .due_ms = in_days(2)};
    struct plan p = {.measures = m, .n_measures = PLAN_MEASURES_MAX + 1, .currency = "CNY"};
    handler_proposes(&p);
    expect_refused("AP-1", "too_many_measures");
    struct plan shorter = p;
    shorter.n_measures = PLAN_MEASURES_MAX;
    handler_proposes(&shorter);
    customer_accepts();
    expect_limit("measure#16", LIMIT_STATE_ARMED);
    expect_sound();
}

/* SL-7: the time fixed for the whole case is kept by its result. */
Test(story, SL_7_the_handling_time_is_kept_by_the_result)
{
    customer_claims(20000);
    promises("handling", in_days(2));
    expect_event(EV_INTAKE_HANDLING_TIME_FIXED);
    expect_limit("handling_time", LIMIT_STATE_ARMED);
    keeps("handling");
    expect_refused("SL-7", "kept_by_the_result");
    visit_done();
    handler_proposes(compensation(20000));
    customer_accepts();
    expect_limit("handling_time", LIMIT_STATE_MET);
    expect_sound();
}
