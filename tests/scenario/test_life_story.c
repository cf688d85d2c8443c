/* A limit over the life of its case (SL-2, SL-3): another handler, another category, a re-opening, and what the
 * dates of all of them look like in the record. */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(life_story, .init = story_begin, .fini = story_end);

enum { HOUR_MS = 3600 * 1000 };

/* SL-2: the person changes, the clock does not; the slip goes to whoever is responsible when the limit is missed. */
Test(life_story, SL_2_a_limit_survives_another_handler)
{
    customer_claims(120000);
    struct limit before = *limit_of("first_response");
    const char *former = owner()->handler_id;
    const char *other = strcmp(former, "O-CN1-H1") == 0 ? "O-CN1-H2" : "O-CN1-H1";
    advance_hours(10);
    handler_changes_to(other, "O-CN1-M", ROLE_OUTLET_MANAGER);
    cr_assert_str_eq(owner()->handler_id, other);
    cr_assert_eq(limit_of("first_response")->ver, before.ver);
    cr_assert_eq(limit_of("first_response")->due_ms, before.due_ms);
    advance_hours(14);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    const struct ev_escalation_slip_issued *slip = NULL;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        const struct ev_escalation_slip_issued *s = f->data;
        if (f->type == EV_ESCALATION_SLIP_ISSUED && strcmp(s->code, "first_response") == 0) slip = s;
    }
    cr_assert_not_null(slip);
    cr_assert_str_eq(slip->to_person, other);
    expect_sound();
}

/* SL-2, IN-4: another category, severity or phase: what applies still runs on as it was, warnings and all. */
Test(life_story, SL_2_a_limit_survives_another_category)
{
    customer_claims(120000);
    struct limit first = *limit_of("first_response"), review = *limit_of("preliminary_review");
    advance_hours(20); /* past the warning of the first response */
    handler_classifies(KIND_CLAIM, CATEGORY_DELAY);
    cr_assert_eq(limit_of("first_response")->ver, first.ver);
    cr_assert_eq(limit_of("first_response")->due_ms, first.due_ms);
    cr_assert(limit_of("first_response")->has_warned_ms);
    cr_assert_eq(limit_of("preliminary_review")->ver, review.ver);
    cr_assert_eq(limit_of("preliminary_review")->due_ms, review.due_ms);
    handler_classifies(KIND_COMPLAINT, CATEGORY_DELAY); /* a complaint has no preliminary review (IN-10) */
    expect_limit("preliminary_review", LIMIT_STATE_CANCELLED);
    expect_limit("first_response", LIMIT_STATE_ARMED);
    advance_hours(4);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    cr_assert_eq(limit_of("first_response")->misses, 1);
    expect_sound();
}

/* SL-2, IN-10: taken for a complaint by mistake and corrected: the review of the claim is due when it always was, and a
 * review that was answered or cannot apply is not started again. */
Test(life_story, SL_2_a_correction_undone_takes_the_limit_up_again)
{
    customer_claims(120000);
    struct limit review = *limit_of("preliminary_review");
    handler_classifies(KIND_COMPLAINT, CATEGORY_DELAY);
    expect_limit("preliminary_review", LIMIT_STATE_CANCELLED);
    advance_hours(2);
    handler_classifies(KIND_CLAIM, CATEGORY_DELAY);
    expect_limit("preliminary_review", LIMIT_STATE_ARMED);
    cr_assert_eq(limit_of("preliminary_review")->due_ms, review.due_ms);
    cr_assert_eq(limit_of("preliminary_review")->ver, review.ver + 1);
    handler_reviews(true, true, NULL);
    expect_limit("preliminary_review", LIMIT_STATE_MET);
    handler_classifies(KIND_COMPLAINT, CATEGORY_DELAY);
    handler_classifies(KIND_CLAIM, CATEGORY_DELAY);
    expect_limit("preliminary_review", LIMIT_STATE_MET);
    expect_sound();
}

/* How often a limit of that code was armed, in the record. */
static int armed_runs(const char *code)
{
    int n = 0;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type == EV_SLA_ARMED && strcmp(((const struct ev_sla_armed *)f->data)->limit->code, code) == 0) n++;
    }
    return n;
}

/* IN-10: found to be a claim: its review has two working days from then on; a claim by its own result needs none. */
Test(life_story, IN_10_a_complaint_turned_claim_is_reviewed)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    cr_assert_eq(armed_runs("preliminary_review"), 0);
    advance_hours(3);
    handler_classifies(KIND_CLAIM, CATEGORY_WORKMANSHIP);
    expect_limit("preliminary_review", LIMIT_STATE_ARMED);
    cr_assert_eq(limit_of("preliminary_review")->start_ms - limit_of("first_response")->start_ms, 3 * 3600 * 1000);
    handler_reviews(true, true, NULL);
    expect_limit("preliminary_review", LIMIT_STATE_MET);
    handler_classifies(KIND_CLAIM, CATEGORY_DELAY);
    expect_limit("preliminary_review", LIMIT_STATE_MET);
    expect_sound();
}

/* RV-1: a re-opened case starts new limits under new versions; those of its first life stay in the record as they
 * ended, and none of them runs or fires again. */
Test(life_story, SL_2_a_reopened_case_starts_new_limits)
{
    customer_claims(40000);
    handler_calls();
    visit_done();
    handler_proposes(compensation(30000));
    customer_accepts();
    advance_hours(1);
    int64_t plan_ver = limit_of("plan")->ver, plan_due = limit_of("plan")->due_ms;
    expect_limit("plan", LIMIT_STATE_MET);
    expect_limit("first_response", LIMIT_STATE_MET);
    advance_days(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    expect_limit("plan", LIMIT_STATE_ARMED);
    cr_assert_gt(limit_of("plan")->ver, plan_ver);
    cr_assert_gt(limit_of("plan")->due_ms, plan_due);
    cr_assert_eq(limit_of("plan")->n_pauses, 0);
    expect_limit("first_response", LIMIT_STATE_MET); /* it was answered once, for good */
    cr_assert_eq(armed_runs("plan"), 2);
    cr_assert_eq(armed_runs("first_response"), 1);
    advance_days(4);
    cr_assert_geq(limit_of("plan")->misses, 1);
    expect_sound();
}

/* SL-3: what a warning and a miss say of themselves: when due, when fired, how late; and the warning comes first. */
Test(life_story, SL_3_warning_and_miss_say_due_fired_and_lateness)
{
    customer_claims(120000);
    int64_t start = story_world->now_ms;
    advance_hours(30);
    const struct ev_sla_warned *w = NULL;
    const struct ev_sla_breached *b = NULL;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type == EV_SLA_WARNED && strcmp(((const struct ev_sla_warned *)f->data)->code, "first_response") == 0) {
            cr_assert(w == NULL && b == NULL, "once, and before the miss");
            w = f->data;
        }
        if (f->type == EV_SLA_BREACHED &&
            strcmp(((const struct ev_sla_breached *)f->data)->code, "first_response") == 0) {
            cr_assert_null(b);
            b = f->data;
        }
    }
    cr_assert(w != NULL && b != NULL);
    cr_assert_eq(w->warn_ms, start + 24 * HOUR_MS * 8 / 10);
    cr_assert(w->fired_ms >= w->warn_ms && w->late_ms == w->fired_ms - w->warn_ms);
    cr_assert_eq(b->due_ms, start + 24 * HOUR_MS);
    cr_assert(b->fired_ms >= b->due_ms && b->late_ms == b->fired_ms - b->due_ms);
    expect_sound();
}
