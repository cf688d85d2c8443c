/* Histories of limits, misses and takeovers (SL, ES, IN-6, IN-8). */
#include <criterion/criterion.h>
#include <string.h>

#include "base/timefmt.h"
#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end);

enum { HOUR_MS = 3600 * 1000 };

static int misses_of(const char *code)
{
    int n = 0;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type == EV_SLA_BREACHED && f->case_id == the_case()) {
            n += strcmp(((const struct ev_sla_breached *)f->data)->code, code) == 0;
        }
    }
    return n;
}

/* IN-8: a call written down hours afterwards counts from when it was made: the miss fired meanwhile is withdrawn. */
Test(story, IN_8_a_call_in_time_written_down_after_the_miss)
{
    customer_claims(120000);
    int64_t received = story_world->now_ms, due = limit_of("first_response")->due_ms;
    advance_hours(26);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    calls(owner()->handler_id, ROLE_HANDLER, owner()->org_id, due + 3600000); /* by another, an hour too late */
    cr_assert_eq(((const struct ev_sla_ended *)last(EV_SLA_ENDED))->late_ms, 3600000);
    calls(owner()->handler_id, ROLE_HANDLER, owner()->org_id, received + 3600000); /* the earliest counts */
    expect_limit("first_response", LIMIT_STATE_ANNULLED);
    cr_assert_eq(((const struct ev_sla_annulled *)last(EV_SLA_ANNULLED))->at_ms, received + 3600000);
    cr_assert_eq(limit_of("first_response")->misses, 0);
    expect_events(EV_ESCALATION_SLIP_WITHDRAWN, 1);
    expect_sound();
}

/* IN-8: a complaint by telephone, written down five hours later: its limits run from when it was received. */
Test(story, IN_8_limits_run_from_receipt_not_from_acceptance)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 120000;
    f->has_received_at = true;
    f->received_at_ms = story_world->now_ms - 5 * 3600000; /* Monday at four in the morning */
    arrives("/channels/phone", f);
    cr_assert_eq(limit_of("first_response")->due_ms, story_world->now_ms + 19 * 3600000);
    advance_hours(19);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    const struct ev_sla_breached *b = last(EV_SLA_BREACHED);
    cr_assert_eq(b->late_ms, 0);
    expect_sound();
}

/* IN-8, CH-4: the web form came first, the call of the same customer before it is written down at noon: the earliest
 * contact was the receipt, and the limits of the registration run from there. */
Test(story, IN_8_an_earlier_contact_known_later_was_the_receipt)
{
    customer_claims(120000);
    int64_t due = limit_of("first_response")->due_ms, visit = limit_of("evidence")->due_ms;
    advance_hours(3);
    struct ev_inbound_complaint *f = form();
    f->has_received_at = true;
    f->received_at_ms = story_world->now_ms - 9 * HOUR_MS; /* six hours before the web form */
    int64_t first = the_case();
    cr_assert_eq(arrives("/channels/phone", f), first);
    cr_assert_eq(limit_of("first_response")->due_ms, due - 6 * HOUR_MS);
    cr_assert_eq(limit_of("first_response")->ver, 2);
    cr_assert_eq(limit_of("evidence")->due_ms, visit); /* EV-1: from acceptance */
    advance_to(due - 6 * HOUR_MS - 1);
    expect_limit("first_response", LIMIT_STATE_ARMED);
    advance_to(due - 6 * HOUR_MS);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    expect_sound();
}

/* IN-8: recorded more than a day later: the limit is missed at once, and by how much is recorded. */
Test(story, IN_8_what_was_received_a_day_ago_is_late_at_once)
{
    struct ev_inbound_complaint *f = form();
    f->has_received_at = true;
    f->received_at_ms = story_world->now_ms - 30 * 3600000;
    arrives("/channels/phone", f);
    advance_to(story_world->now_ms + 1);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    cr_assert_geq(((const struct ev_sla_breached *)last(EV_SLA_BREACHED))->late_ms, 6 * 3600000);
    expect_no_event(EV_SLA_WARNED);
    expect_sound();
}

/* IN-8 SL-3: 24 hours: warned at 80 %, missed once on time, the slip goes to the handler at once (ES-1). */
Test(story, IN_8_no_first_response_within_24_hours)
{
    customer_claims(300000);
    visit_done();
    advance_hours(20);
    expect_event(EV_SLA_WARNED);
    cr_assert_eq(misses_of("first_response"), 0);
    advance_hours(5);
    cr_assert_eq(misses_of("first_response"), 1);
    const struct ev_escalation_slip_issued *slip = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(slip->code, "first_response");
    cr_assert_str_eq(slip->to_person, owner()->handler_id);
    advance_days(3);
    cr_assert_eq(misses_of("first_response"), 1);
    expect_sound();
}

/* IN-8: a call in time meets it. */
Test(story, IN_8_a_call_in_time_meets_it)
{
    customer_claims(300000);
    advance_hours(23);
    handler_calls();
    expect_limit("first_response", LIMIT_STATE_MET);
    advance_hours(2);
    cr_assert_eq(misses_of("first_response"), 0);
}

/* EV-1 ES-2: no evidence within 24 hours: the regional takes over and visits, then head office, which demands the
 * file first (ES-3). */
Test(story, ES_2_missed_evidence_climbs_to_head_office)
{
    customer_claims(3000000);
    advance_hours(25);
    expect_owner("R-CN");
    cr_assert_eq(((const struct ev_evidence_visit_ordered *)last(EV_EVIDENCE_VISIT_ORDERED))->round, 2);
    advance_hours(24);
    expect_owner("HO");
    expect_status(EVIDENCE, "awaiting_file");
    expect_limit("file_handover", LIMIT_STATE_ARMED);
    advance_hours(24);
    expect_owner("HO");
    expect_events(EV_ESCALATION_TAKEN_OVER, 2);
    cr_assert_eq(misses_of("evidence"), 2);
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    other_visits(&f);
    approves("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-6", "not_the_deciding_level");
    all_approve();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* PA-6: nobody at the outlet signs the voucher: past the limit head office pays, and the deposit bears it. */
Test(story, PA_6_a_voucher_nobody_signs)
{
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_DEPOSIT, 60000);
    customer_claims(20000);
    visit_done();
    struct plan p = *compensation(20000);
    p.pay_method = PAY_METHOD_CASH;
    handler_proposes(&p);
    customer_accepts();
    advance_hours(1);
    expect_status(PAYMENT, "cash_due");
    advance_days(7);
    cr_assert_eq(misses_of("payment"), 1);
    expect_events(EV_PAYMENT_STEPPED_IN, 1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    turn_to(world_account(story_world, "outlet:O-CN1"));
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->deposit_minor, 20000);
    expect_sound();
}

/* PA-6: head office took the case over and pays first; the outlet's deposit bears it as far as it goes, the rest is
 * owed, and the deposit is to be filled up. */
Test(story, PA_6_head_office_pays_first_then_the_deposit_then_a_receivable)
{
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_DEPOSIT, 60000);
    customer_claims(300000);
    advance_hours(50);
    expect_owner("HO");
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    f.has_loss_minor = true;
    f.loss_minor = 100000;
    f.currency = "CNY";
    file_handed_over(NULL, NULL); /* nothing but words: another outlet goes to see (ES-4) */
    other_visits(&f);
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    cr_assert_str_eq(((const struct ev_payment_recovery_due *)last(EV_PAYMENT_RECOVERY_DUE))->account, "outlet:O-CN1");
    turn_to(world_account(story_world, "outlet:O-CN1"));
    const struct ev_payment_recharged *r = last(EV_PAYMENT_RECHARGED);
    cr_assert_eq(r->deposit_minor, 60000);
    cr_assert_eq(r->receivable_minor, 40000);
    cr_assert_eq(r->deposit_left_minor, 0);
    expect_events(EV_PAYMENT_TOP_UP_DEMANDED, 1);
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_RECEIVABLE, 25000);
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_RECEIVABLE, 15001);
    expect_refused("PA-6", "more_than_owed");
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_RECEIVABLE, 15000);
    cr_assert_eq(((const struct ev_payment_receipt_recorded *)last(EV_PAYMENT_RECEIPT_RECORDED))->owed_minor, 0);
    expect_sound();
}

/* DI-2 ES-2: the unit that lost the case has lost its rights on it. */
Test(story, DI_2_the_former_unit_has_no_rights_left)
{
    customer_claims(300000);
    struct actor visitor = {owner()->visitor_id, ROLE_EVIDENCE_VISITOR, "O-CN1", NULL};
    struct visit_record r = full_record();
    struct ev_command_submit_evidence c = {
        .actor = &visitor, .visitor_id = visitor.id, .visited_ms = story_world->now_ms, .record = &r};
    advance_hours(25);
    expect_owner("R-CN");
    world_command(story_world, EV_COMMAND_SUBMIT_EVIDENCE, &c, the_case());
    world_drain(story_world);
    expect_refused("DI-2", "not_your_case");
}

/* SL-3: evidence accepted in time and read late annuls the miss; the slip is withdrawn, the takeover stays. */
Test(story, SL_3_evidence_in_time_read_late_annuls_the_miss)
{
    customer_claims(300000);
    struct actor visitor = {owner()->visitor_id, ROLE_EVIDENCE_VISITOR, "O-CN1", NULL};
    struct visit_record r = full_record();
    struct ev_command_submit_evidence c = {
        .actor = &visitor, .visitor_id = visitor.id, .visited_ms = story_world->now_ms, .record = &r};
    int64_t due = limit_of("evidence")->due_ms;
    advance_to(due + 2000);
    expect_owner("R-CN");
    world_command_at(story_world, EV_COMMAND_SUBMIT_EVIDENCE, &c, the_case(), due - 1000);
    world_drain(story_world);
    expect_event(EV_EVIDENCE_PACKAGE_COMPLETE);
    expect_status(EVIDENCE, "investigating");
    expect_owner("R-CN");
    expect_sound();
}

/* AP-6 AP-10: an approval that stalls moves to the level above, with the plan still on the table. */
Test(story, AP_6_after_a_takeover_the_level_that_took_over_approves)
{
    customer_claims(300000);
    visit_done();
    handler_proposes(compensation(250000));
    advance_hours(36);
    expect_owner("R-CN");
    expect_events(EV_APPROVAL_REQUESTED, 2);
    cr_assert_eq(((const struct ev_approval_requested *)last(EV_APPROVAL_REQUESTED))->level, ORG_LEVEL_REGIONAL);
    approves("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-6", "not_the_deciding_level");
    approves("R-CN-M", ROLE_REGIONAL_MANAGER, "R-CN");
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ES-2: a plan nobody makes climbs too. */
Test(story, ES_2_a_missing_plan_climbs)
{
    customer_claims(300000);
    visit_done();
    advance_days(4);
    expect_owner("R-CN");
    expect_event(EV_APPROVAL_AUTHORITY_MOVED);
    expect_status(APPROVAL, "planning");
    handler_proposes(compensation(100000));
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* IN-6 SL-2: the review's clock pauses while the customer owes material, the first response's never. */
Test(story, IN_6_waiting_for_material_pauses_review_but_not_first_response)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    expect_limit("preliminary_review", LIMIT_STATE_PAUSED);
    expect_limit("first_response", LIMIT_STATE_ARMED);
    advance_hours(25);
    cr_assert_eq(misses_of("first_response"), 1);
    customer_supplies("claimed_amount");
    expect_limit("preliminary_review", LIMIT_STATE_ARMED);
    expect_sound();
}

/* IN-6: after seven calendar days the case goes on with what there is. */
Test(story, IN_6_after_seven_days_the_case_goes_on)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    const struct ev_intake_materials_requested *asked = last(EV_INTAKE_MATERIALS_REQUESTED);
    cr_assert_eq(asked->reply_by_ms, limit_of("customer_material")->due_ms, "told the date that counts, to its end");
    advance_days(9);
    expect_status(INTAKE, "open");
    cr_assert_eq(((const struct ev_intake_materials_completed *)last(EV_INTAKE_MATERIALS_COMPLETED))->materials,
                 MATERIALS_LAPSED);
    expect_sound();
}

/* EV-4 SL-4: the investigation has three working days; the weekend does not count. */
Test(story, EV_4_investigation_within_three_working_days)
{
    customer_claims(300000);
    struct visit_record r = full_record();
    advance_days(4); /* Friday, at head office by now */
    visitor_submits(&r, NULL, NULL);
    char due[TIMEFMT_SIZE];
    cr_assert_str_eq(timefmt_utc(limit_of("investigation")->due_ms, due), "2026-03-11T10:00:00.000Z");
    advance_days(3);
    cr_assert_eq(misses_of("investigation"), 0);
    advance_days(3);
    cr_assert_eq(misses_of("investigation"), 1);
    expect_sound();
}

/* SL-4: the money itself has a limit; the slip goes to finance. */
Test(story, SL_4_payment_has_three_working_days)
{
    customer_claims(20000);
    visit_done();
    handler_proposes(compensation(20000));
    story_world->bank_delay_ms = 240 * (int64_t)HOUR_MS;
    customer_accepts();
    advance_days(7);
    cr_assert_eq(misses_of("payment"), 1);
    cr_assert_not_null(slip_for("payment"));
    advance_days(7);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

static void expect_payment_from(int64_t start_ms, const char *due_utc)
{
    char due[TIMEFMT_SIZE];
    cr_assert_eq(limit_of("payment")->start_ms, start_ms);
    cr_assert_str_eq(timefmt_utc(limit_of("payment")->due_ms, due), due_utc);
}

/* SL-4: three working days from the later of the two: the approval on Tuesday, the signature on Wednesday. */
Test(story, SL_4_payment_counts_from_the_signature_that_follows_the_approval)
{
    customer_claims(300000);
    handler_calls();
    visit_done();
    handler_proposes(compensation(250000));
    story_world->bank_delay_ms = 240 * (int64_t)HOUR_MS;
    advance_hours(8);
    manager_approves();
    advance_hours(40);
    customer_accepts();
    expect_payment_from(story_world->now_ms, "2026-03-09T10:00:00.000Z"); /* Thursday, Friday, Monday */
    expect_sound();
}

/* SL-4: and from the approval where the customer has agreed beforehand to what was claimed. */
Test(story, SL_4_payment_counts_from_the_approval_that_follows_the_consent)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 80000;
    f->consent = true;
    arrives("/channels/web", f);
    handler_calls();
    visit_done();
    handler_proposes(compensation(80000));
    story_world->bank_delay_ms = 240 * (int64_t)HOUR_MS;
    advance_hours(24);
    manager_approves();
    expect_event(EV_APPROVAL_CUSTOMER_ACCEPTED);
    expect_payment_from(story_world->now_ms, "2026-03-06T10:00:00.000Z"); /* Wednesday to Friday */
    expect_sound();
}

/* A case of the past: its limits are recorded, nobody is reminded, and it can be closed like any other. */
Test(story, SL_3_history_records_what_was_missed_without_a_slip)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 20000;
    f->history = true;
    f->has_received_at = true;
    f->received_at_ms = story_world->now_ms - 4000 * (int64_t)HOUR_MS;
    arrives("/channels/import", f);
    cr_assert_eq(misses_of("first_response"), 1);
    cr_assert(((const struct ev_sla_breached *)last(EV_SLA_BREACHED))->history);
    expect_no_event(EV_ESCALATION_SLIP_ISSUED);
    visit_done();
    handler_proposes(compensation(20000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* CH-5 DI-2: the regional watches its outlet from the assignment on. */
Test(story, CH_5_the_regional_supervises)
{
    customer_claims(20000);
    cr_assert_str_eq(((const struct ev_escalation_supervised *)last(EV_ESCALATION_SUPERVISED))->org_id, "R-CN");
}
