/* The SLA core against cases worked by hand: rules SL-1, SL-2, SL-3, SL-4, IN-6, IN-8, and the worked examples of
 * working time as limits of a case. Office hours 09:00-12:00, 13:30-18:00, Asia/Shanghai, the 2026 calendar. */
#include "golden_kit.h"
#include "policy/check.h"
#include "sla_kit.h"

static struct kit k;
static void set_up(void) { k = kit_open(&sla_core); }
static void tear_down(void) { kit_close(&k); }
TestSuite(sla, .init = set_up, .fini = tear_down);

/* SL-2: a fact without a row here would be accepted by a limit and never move it. */
Test(sla, SL_2_what_a_limit_may_name_is_what_sla_reads)
{
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        enum event_type type = (enum event_type)t;
        bool reads = core_handles(&sla_core, type) && strcmp(event_producer(type), "sla") != 0;
        cr_expect_eq(policy_moves_limits(type), reads, "%s: a limit may name it: %d, sla reads it: %d",
                     event_name(type), policy_moves_limits(type), reads);
    }
}

static const struct sla_state *state(void) { return k.state; }

static const struct limit *limit(const char *code) { return kit_limit(&k, code); }

#define expect_due(code, text)                                                                                         \
    cr_assert_eq(limit(code)->due_ms, kit_ms(text), "%s is due %+lld min off", code,                                   \
                 (long long)(limit(code)->due_ms - kit_ms(text)) / 60000)

static void registered(const char *kind, const char *when)
{
    char data[900];
    snprintf(data, sizeof(data),
             "{'brief':{'case_no':'RF2026-03-000017','kind':'%s','category':'workmanship','phase':'construction',"
             "'severity':'normal','channel':'web','customer':{},'consent':false,'direct':false,'history':false,"
             "'received_ms':%lld},'materials':'complete','matter':'m'}",
             kind, (long long)kit_ms(when));
    kit_feed(&k, "intake.registered", when, data);
    kit_check_encodable(&k);
}

/* A contact of the handler, read at some time after it. */
static void called(const char *at, const char *read)
{
    char data[100];
    snprintf(data, sizeof(data), "{'handler_id':'h','first':true,'at_ms':%lld,'channel':'c','result':'r'}",
             (long long)kit_ms(at));
    kit_feed_at(&k, "intake.responded", data, kit_ms(read), kit_ms(read));
    kit_check_encodable(&k);
}

static enum verdict fire(const char *code, int ver, bool warning, const char *due, const char *now)
{
    char data[200];
    snprintf(data, sizeof(data), "{'code':'%s','ver':%d,'warning':%s,'due_ms':%lld}", code, ver,
             warning ? "true" : "false", (long long)kit_ms(due));
    enum verdict v = kit_feed_at(&k, "sla.timer_fired", data, kit_ms(due), kit_ms(now));
    kit_check_encodable(&k);
    return v;
}

/* ---- SL-4, IN-8, IN-10: what runs from the receipt ---- */

Test(sla, SL_4_a_claim_starts_first_response_and_preliminary_review)
{
    registered("claim", "2026-02-13 16:00");
    cr_assert_str_eq(kit_said(&k), "sla.armed sla.armed");
    expect_due("first_response", "2026-02-14 16:00");     /* SL-1: elapsed, no rolling */
    expect_due("preliminary_review", "2026-02-24 18:00"); /* working-time rule 2 */
    cr_assert_eq(limit("first_response")->warn_ms, kit_ms("2026-02-14 11:12"));
    cr_assert_eq(limit("first_response")->calendar_version, 1);
}

Test(sla, SL_4_a_complaint_has_no_preliminary_review)
{
    registered("complaint", "2026-02-13 16:00");
    cr_assert_str_eq(kit_said(&k), "sla.armed");
    cr_assert_eq(state()->n_limits, 1);
}

/* SL-1, the worked examples for "2 working days": on a holiday, at night, on a make-up Saturday. */
Test(sla, SL_1_working_days_of_the_worked_examples)
{
    static const char *rows[][2] = {{"2026-02-13 16:00", "2026-02-24 18:00"},
                                    {"2026-02-16 10:00", "2026-02-25 18:00"},
                                    {"2026-03-02 23:30", "2026-03-04 18:00"},
                                    {"2026-02-28 10:00", "2026-03-03 18:00"}};
    for (int i = 0; i < 4; i++) {
        k.state = NULL;
        registered("claim", rows[i][0]);
        expect_due("preliminary_review", rows[i][1]);
    }
}

/* SL-1: limits that bind the customer end at 24:00; calendar days roll to a working date (rule 7). */
Test(sla, SL_1_the_customers_limit_in_calendar_days_ends_at_midnight)
{
    registered("claim", "2026-02-06 10:00");
    kit_expect(&k, "intake.materials_requested", "2026-02-06 10:00", "{'missing':['claimed_amount']}",
               "sla.paused sla.armed");
    expect_due("customer_material", "2026-02-14 00:00");
}

/* ---- SL-2: start, stop, restart, cancel ---- */

Test(sla, SL_2_an_answer_in_time_meets_the_limit_and_its_timers_are_dead)
{
    registered("complaint", "2026-03-02 10:00");
    called("2026-03-03 09:59", "2026-03-03 09:59");
    cr_assert_str_eq(kit_said(&k), "sla.met");
    cr_assert_eq(limit("first_response")->state, LIMIT_STATE_MET);
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00"), VERDICT_IGNORED);
    cr_assert_eq(fire("first_response", 1, true, "2026-03-03 05:12", "2026-03-03 10:00"), VERDICT_IGNORED);
    called("2026-03-03 11:00", "2026-03-03 11:00");
    cr_assert_str_eq(kit_said(&k), "ignored");
}

/* The instant of the due itself is in time. */
Test(sla, SL_2_an_answer_at_the_due_is_in_time)
{
    registered("complaint", "2026-03-02 10:00");
    called("2026-03-03 10:00", "2026-03-03 10:00");
    cr_assert_str_eq(kit_said(&k), "sla.met");
}

Test(sla, SL_2_a_new_start_begins_a_restarting_limit_anew)
{
    registered("complaint", "2026-03-02 10:00");
    kit_expect(&k, "evidence.visit_ordered", "2026-03-02 10:05", NULL, "sla.armed");
    kit_expect(&k, "evidence.visit_ordered", "2026-03-02 12:00", NULL, "sla.cancelled sla.armed");
    cr_assert_eq(limit("evidence")->ver, 2);
    expect_due("evidence", "2026-03-03 12:00");
    cr_assert_eq(fire("evidence", 1, false, "2026-03-03 10:05", "2026-03-03 10:05"), VERDICT_IGNORED);
    cr_assert_eq(fire("evidence", 2, false, "2026-03-03 12:00", "2026-03-03 12:00"), VERDICT_DONE);
}

Test(sla, SL_2_a_limit_runs_only_if_its_start_asks_for_it)
{
    const char *slip =
        "{'slip_no':'S1','brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" KIT_ASSIGNMENT(
            "1", "O-E1", "outlet", "") ",'plan':{'measures':[],'amount_minor':0,'currency':'CNY'},'liability':'outlet',"
                                       "'must_pay':false,'must_execute':true}";
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "approval.slip_approved", "2026-03-02 11:00", slip, "sla.armed");
    cr_assert_eq(limit("execution")->state, LIMIT_STATE_ARMED);
}

Test(sla, SL_2_the_end_of_the_case_cancels_what_runs)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "intake.closed", "2026-03-02 11:00", "{'outcome':'withdrawn'}", "sla.cancelled sla.cancelled");
    cr_assert_eq(state()->status, SLA_STATUS_ENDED);
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00"), VERDICT_IGNORED);
}

Test(sla, SL_2_reclassified_as_complaint_drops_the_claims_limit)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(
        &k, "intake.reclassified", "2026-03-02 11:00",
        "{'brief':" KIT_BRIEF("complaint", ",'received_ms':1772416800000,'version':2") ",'reason':'no money asked'}",
        "sla.cancelled");
    cr_assert_eq(limit("preliminary_review")->state, LIMIT_STATE_CANCELLED);
    cr_assert_eq(limit("first_response")->state, LIMIT_STATE_ARMED);
}

/* ---- SL-3: warning, miss, once, on time, annulled ---- */

Test(sla, SL_3_warning_once_then_the_miss_once)
{
    registered("complaint", "2026-03-02 10:00");
    cr_assert_eq(fire("first_response", 1, true, "2026-03-03 05:12", "2026-03-03 05:11:59"), VERDICT_IGNORED);
    cr_assert_eq(fire("first_response", 1, true, "2026-03-03 05:12", "2026-03-03 05:12"), VERDICT_DONE);
    cr_assert_str_eq(kit_said(&k), "sla.warned");
    cr_assert_eq(fire("first_response", 1, true, "2026-03-03 05:12", "2026-03-03 05:13"), VERDICT_IGNORED);
    /* never early, also when the clock went back */
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 09:59:59"), VERDICT_IGNORED);
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00:07"), VERDICT_DONE);
    const struct ev_sla_breached *b = kit_output(&k, EV_SLA_BREACHED, 0);
    cr_assert_eq(b->late_ms, 7000);
    cr_assert_eq(b->due_ms, kit_ms("2026-03-03 10:00"));
    cr_assert_eq(b->round, 1);
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:01"), VERDICT_IGNORED);
    cr_assert_eq(state()->misses, 1);
}

/* After days without service the miss may be read first: its warning is told before it, and not again. */
Test(sla, SL_3_a_miss_never_comes_before_its_warning)
{
    registered("complaint", "2026-03-02 10:00");
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-07 09:00"), VERDICT_DONE);
    cr_assert_str_eq(kit_said(&k), "sla.warned sla.breached sla.armed"); /* the last: it will be reminded again */
    const struct ev_sla_warned *w = kit_output(&k, EV_SLA_WARNED, 0);
    cr_assert_eq(w->warn_ms, kit_ms("2026-03-03 05:12"));
    cr_assert_eq(w->fired_ms, kit_ms("2026-03-07 09:00"));
    cr_assert_eq(fire("first_response", 1, true, "2026-03-03 05:12", "2026-03-07 09:00"), VERDICT_IGNORED);
}

Test(sla, SL_3_an_answer_after_the_miss_ends_it_and_says_how_late)
{
    registered("complaint", "2026-03-02 10:00");
    fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00");
    called("2026-03-03 11:00", "2026-03-03 11:00");
    cr_assert_str_eq(kit_said(&k), "sla.ended sla.cancelled");
    cr_assert_eq(((const struct ev_sla_ended *)kit_output(&k, EV_SLA_ENDED, 0))->late_ms, 3600000);
    called("2026-03-03 12:00", "2026-03-03 12:00");
    cr_assert_str_eq(kit_said(&k), "ignored");
}

/* Accepted at 09:59:59, read after the firing at 10:00: the miss is annulled, the record of it stays in the log. */
Test(sla, SL_3_an_answer_accepted_in_time_but_read_late_annuls_the_miss)
{
    registered("complaint", "2026-03-02 10:00");
    fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00");
    called("2026-03-03 09:59:59", "2026-03-03 10:00:01");
    cr_assert_str_eq(kit_said(&k), "sla.annulled sla.cancelled");
    cr_assert_eq(limit("first_response")->state, LIMIT_STATE_ANNULLED);
    cr_assert_eq(state()->misses, 0);
}

/* The earliest counts: a late contact was read first, then one accepted in time. */
Test(sla, SL_3_the_earliest_answer_counts_also_after_a_late_one)
{
    registered("complaint", "2026-03-02 10:00");
    fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00");
    called("2026-03-03 11:00", "2026-03-03 11:00");
    cr_assert_str_eq(kit_said(&k), "sla.ended sla.cancelled");
    called("2026-03-03 09:00", "2026-03-03 11:01");
    cr_assert_str_eq(kit_said(&k), "sla.annulled");
}

/* A late answer read before the timer fires makes the miss itself: recorded once, the timer finds nothing. */
Test(sla, SL_3_a_late_answer_read_before_the_firing_is_a_miss_once)
{
    registered("complaint", "2026-03-02 10:00");
    called("2026-03-03 10:00:01", "2026-03-03 10:00:01");
    cr_assert_str_eq(kit_said(&k), "sla.breached sla.ended");
    cr_assert_eq(fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00:02"), VERDICT_IGNORED);
    cr_assert_eq(state()->misses, 1);
}

Test(sla, SL_3_after_the_end_an_answer_in_time_still_annuls)
{
    registered("complaint", "2026-03-02 10:00");
    fire("first_response", 1, false, "2026-03-03 10:00", "2026-03-03 10:00");
    kit_expect(&k, "intake.closed", "2026-03-03 10:00:01", "{'outcome':'withdrawn'}", "sla.cancelled");
    called("2026-03-03 09:59:59", "2026-03-03 10:00:02");
    cr_assert_str_eq(kit_said(&k), "sla.annulled");
}

Test(sla, SL_3_rounds_count_the_misses_of_a_limit)
{
    registered("complaint", "2026-03-02 10:00");
    for (int round = 1; round <= 3; round++) {
        kit_feed(&k, "evidence.visit_ordered", "2026-03-02 10:05", NULL);
        fire("evidence", round, false, "2026-03-03 10:05", "2026-03-03 10:05");
        cr_assert_eq(((const struct ev_sla_breached *)kit_output(&k, EV_SLA_BREACHED, 0))->round, round);
    }
}

/* History: a limit already past is recorded as missed, no timer, no warning. */
Test(sla, SL_3_history_is_recorded_not_fired)
{
    kit_feed_at(&k, "intake.registered",
                "{'brief':{'case_no':'RF2009-03-000017','kind':'claim','category':'workmanship','phase':'construction',"
                "'severity':'normal','channel':'web','customer':{},'consent':false,'direct':false,'history':true,"
                "'received_ms':1236000000000},'materials':'complete','matter':'m'}",
                kit_ms("2026-03-02 10:00"), kit_ms("2026-03-02 10:00"));
    cr_assert_str_eq(kit_said(&k), "sla.armed sla.breached sla.armed sla.breached");
    const struct ev_sla_breached *b = kit_output(&k, EV_SLA_BREACHED, 0);
    cr_assert(b->history);
    cr_assert_not(limit("first_response")->has_warn_ms);
}

/* ---- pauses: IN-6, working-time rule 10 ---- */

/* Working-day due 03-04 18:00, paused 03-03 11:00 → 03-05 10:00 (14 working hours) → 03-06 17:00. */
Test(sla, IN_6_a_pause_moves_a_working_day_limit_by_the_working_time_that_passed)
{
    registered("claim", "2026-03-02 10:00");
    expect_due("preliminary_review", "2026-03-04 18:00");
    kit_expect(&k, "intake.materials_requested", "2026-03-03 11:00", "{'missing':['claimed_amount']}",
               "sla.paused sla.armed");
    cr_assert_eq(limit("first_response")->state, LIMIT_STATE_ARMED); /* never first response */
    cr_assert_eq(fire("preliminary_review", 1, false, "2026-03-04 18:00", "2026-03-04 18:00"), VERDICT_IGNORED);
    kit_expect(&k, "intake.materials_completed", "2026-03-05 10:00", "{'materials':'supplied'}", "sla.resumed sla.met");
    expect_due("preliminary_review", "2026-03-06 17:00");
    cr_assert_eq(limit("preliminary_review")->ver, 2);
    cr_assert_eq(fire("preliminary_review", 1, false, "2026-03-04 18:00", "2026-03-06 17:00"), VERDICT_IGNORED);
    cr_assert_eq(fire("preliminary_review", 2, false, "2026-03-06 17:00", "2026-03-06 17:00"), VERDICT_DONE);
}

/* Two pauses: each moves it; the same pause told twice counts once. */
Test(sla, IN_6_pauses_add_up_and_overlapping_ones_count_once)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "intake.materials_requested", "2026-03-03 09:00", "{'missing':['x']}", "sla.paused sla.armed");
    kit_expect(&k, "intake.materials_requested", "2026-03-03 09:30", "{'missing':['x']}", "sla.cancelled sla.armed");
    kit_expect(&k, "intake.materials_completed", "2026-03-03 10:00", "{'materials':'supplied'}", "sla.resumed sla.met");
    kit_expect(&k, "intake.materials_requested", "2026-03-03 14:00", "{'missing':['x']}", "sla.paused sla.armed");
    kit_expect(&k, "intake.materials_completed", "2026-03-03 15:00", "{'materials':'supplied'}", "sla.resumed sla.met");
    expect_due("preliminary_review", "2026-03-05 11:00"); /* 03-04 18:00 and 1 h and 1 h of office time */
    cr_assert_eq(limit("preliminary_review")->ver, 3);
}

/* A limit that starts while the customer is waited for stands still from its start. */
Test(sla, IN_6_a_limit_that_starts_in_a_pause_is_held_until_it_ends)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "intake.materials_requested", "2026-03-02 10:00", "{'missing':['x']}", "sla.paused sla.armed");
    kit_expect(&k, "evidence.investigation_started", "2026-03-02 16:00", NULL, "sla.armed");
    cr_assert_eq(limit("investigation")->state, LIMIT_STATE_PAUSED);
    kit_expect(&k, "intake.materials_completed", "2026-03-03 10:00", "{'materials':'lapsed'}",
               "sla.resumed sla.resumed sla.met");
    cr_assert_eq(limit("investigation")->state, LIMIT_STATE_ARMED);
    expect_due("investigation", "2026-03-06 12:00"); /* 03-05 18:00 and the 3 office hours it stood still */
}

Test(sla, SL_3_a_pause_after_the_due_saves_nothing)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "intake.materials_requested", "2026-03-05 09:00", "{'missing':['x']}", "sla.armed");
    cr_assert_eq(fire("preliminary_review", 1, false, "2026-03-04 18:00", "2026-03-05 09:00"), VERDICT_DONE);
}

Test(sla, SL_3_a_pause_accepted_in_time_but_read_late_annuls_the_miss)
{
    registered("claim", "2026-03-02 10:00");
    fire("preliminary_review", 1, false, "2026-03-04 18:00", "2026-03-04 18:00");
    kit_feed_at(&k, "intake.materials_requested", "{'missing':['x']}", kit_ms("2026-03-04 17:59:59"),
                kit_ms("2026-03-04 18:00:01"));
    cr_assert_str_eq(kit_said(&k), "sla.annulled sla.cancelled sla.paused sla.armed");
    cr_assert_eq(limit("preliminary_review")->state, LIMIT_STATE_PAUSED);
}

/* ---- any order across topics ---- */

#define SLIP                                                                                                           \
    "{'slip_no':'S1','brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" KIT_ASSIGNMENT(                 \
        "1", "O-E1", "outlet", "") ",'plan':{'measures':[],'amount_minor':5,'currency':'CNY'},'liability':'outlet',"   \
                                   "'must_pay':true,'must_execute':false}"
#define SETTLED "{'voucher_no':'V','amount_minor':5,'currency':'CNY'}"

Test(sla, SL_2_an_answer_read_before_its_question_meets_it)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "payment.settled", "2026-03-02 11:00:01", SETTLED, "sla.noted");
    kit_expect(&k, "approval.slip_approved", "2026-03-02 11:00", SLIP, "sla.armed sla.met");
    cr_assert_eq(limit("payment")->state, LIMIT_STATE_MET);
    cr_assert_eq(state()->n_early_stops, 0);
}

/* An answer of an earlier round is no answer to a later question. */
Test(sla, SL_2_an_old_answer_does_not_meet_a_new_question)
{
    registered("claim", "2026-03-02 10:00");
    kit_expect(&k, "payment.settled", "2026-03-02 11:00", SETTLED, "sla.noted");
    kit_expect(&k, "approval.slip_approved", "2026-03-04 11:00", SLIP, "sla.armed");
    cr_assert_eq(limit("payment")->state, LIMIT_STATE_ARMED);
    cr_assert_eq(state()->n_early_stops, 0);
}

Test(sla, SL_2_facts_read_before_the_registration)
{
    kit_expect(&k, "evidence.visit_ordered", "2026-03-02 10:05", NULL, "sla.armed");
    registered("complaint", "2026-03-02 10:00");
    cr_assert_str_eq(kit_said(&k), "sla.armed");
    cr_assert_eq(state()->n_limits, 2);
    cr_assert_eq(state()->status, SLA_STATUS_RUNNING);
}

/* The approval's question after a reopening is read before the reopening itself: it is not lost. */
Test(sla, SL_2_a_start_read_before_its_reopening_runs_after_it)
{
    registered("complaint", "2026-03-02 10:00");
    kit_feed(&k, "intake.closed", "2026-03-03 09:00", "{'outcome':'settled'}");
    kit_expect(&k, "approval.requested", "2026-03-04 10:00:01",
               "{'plan':{'measures':[],'amount_minor':0,'currency':'CNY'},'proposer_id':'p','org_id':'O-E1','level':"
               "'outlet','approver_role':'outlet_manager','round':2}",
               "sla.cancelled");
    kit_expect(&k, "intake.reopened", "2026-03-04 10:00", "{'reason':'not_satisfied'}", "sla.armed");
    cr_assert_eq(limit("approval")->state, LIMIT_STATE_ARMED);
    cr_assert_eq(limit("first_response")->state, LIMIT_STATE_CANCELLED);
}

/* In the very instant of the end: what something else has cancelled is not run by the reopening, in whatever order. */
Test(sla, SL_2_a_reopening_runs_nothing_that_was_cancelled)
{
    static const char question[] = "{'plan':{'measures':[],'amount_minor':0,'currency':'CNY'},'proposer_id':'p',"
                                   "'org_id':'O-E1','level':'outlet','approver_role':'outlet_manager','round':2}";
    for (int late = 0; late < 2; late++) {
        registered("complaint", "2026-03-02 10:00");
        kit_feed(&k, "approval.requested", "2026-03-04 10:00", question);
        if (!late) kit_feed(&k, "approval.ended", "2026-03-04 10:00", "{'reason':'rejected'}");
        kit_feed(&k, "intake.closed", "2026-03-04 10:00", "{'outcome':'rejected'}");
        if (late) kit_feed(&k, "approval.ended", "2026-03-04 10:00", "{'reason':'rejected'}");
        kit_feed(&k, "intake.reopened", "2026-03-04 10:00", "{'reason':'disputed'}");
        cr_assert_eq(limit("approval")->state, LIMIT_STATE_CANCELLED, "late %d", late);
        kit_close(&k);
        k = kit_open(&sla_core);
    }
}

/* A visit ordered by a service that had not read the end yet starts nothing. */
Test(sla, SL_2_a_straggler_after_the_end_starts_nothing)
{
    registered("complaint", "2026-03-02 10:00");
    kit_feed(&k, "intake.closed", "2026-03-03 09:00", "{'outcome':'withdrawn'}");
    kit_expect(&k, "evidence.visit_ordered", "2026-03-03 08:59", NULL, "ignored");
    kit_expect(&k, "evidence.visit_ordered", "2026-03-03 09:00:01", NULL, "sla.cancelled");
    kit_expect(&k, "intake.reopened", "2026-03-10 10:00", "{'reason':'r'}", "sla.noted");
    cr_assert_eq(limit("evidence")->state, LIMIT_STATE_CANCELLED);
}

/* Every event the shipped policy names has its rows. */
Test(sla, SL_2_the_core_handles_every_event_of_the_policy)
{
    for (int i = 0; i < k.policy->n_limits; i++) {
        for (int edge = 0; edge < POLICY_EDGES; edge++) {
            const struct policy_events *events = &k.policy->limits[i].edges[edge];
            for (int n = 0; n < events->n; n++) {
                cr_assert(core_handles(&sla_core, events->types[n]), "%s", event_name(events->types[n]));
            }
        }
    }
}

/* With the shipped policy; the timer is the first response's. */
Test(sla, golden_matrix)
{
    const char *reg = "{'brief':" KIT_BRIEF("claim", ",'received_ms':1772416800000") ",'materials':'complete','matter':"
                                                                                     "'m'}";
    const struct golden_way ways[] = {
        {"none", {{0}}},
        {"running", {{"intake.registered", reg}, {"intake.materials_requested", NULL}, {0}}},
        {"ended",
         {{"intake.registered", reg},
          {"evidence.visit_ordered", NULL},
          {"intake.closed", "{'outcome':'settled'}"},
          {0}}},
        {0},
    };
    const struct golden_feed samples[] = {
        {"intake.registered", reg},
        {"intake.reclassified",
         "{'brief':" KIT_BRIEF("complaint", ",'received_ms':1772416800000,'version':2") ",'reason':'r'}"},
        {"approval.slip_approved", SLIP},
        {"intake.responded", "{'handler_id':'h','first':true,'at_ms':1772589600000,'channel':'c','result':'r'}"},
        {"intake.satisfaction_called", "{'by':'h','at_ms':1772589600000,'channel':'c','result':'r'}"},
        {"sla.timer_fired", "{'code':'first_response','ver':1,'warning':false,'due_ms':1772503200000}"},
        {0}};
    golden_check(&k, ways, samples);
}
