/* Histories of plans, decisions, signatures, payment and closing (AP, PA, RV). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end);

static void claim_surveyed(int64_t fen)
{
    customer_claims(fen);
    visit_done();
}

/* What is refused of a complaint is told to the customer; a claim's refusal climbs by itself (ES-3). */
static void complaint_surveyed(void)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
}

static void expect_requested_at(enum org_level level)
{
    const struct ev_approval_requested *r = last(EV_APPROVAL_REQUESTED);
    cr_assert_eq(r->level, level);
    expect_status(APPROVAL, "awaiting_approval");
}

/* AP-3: 499 yuan: whoever investigates decides alone, the manager is informed. */
Test(story, AP_3_small_claim_decided_alone)
{
    claim_surveyed(49900);
    handler_proposes(compensation(30000));
    const struct ev_approval_decided_alone *d = last(EV_APPROVAL_DECIDED_ALONE);
    cr_assert_str_eq(d->decider_id, owner()->handler_id);
    cr_assert_str_eq(d->informed_id, "O-CN1-M");
    expect_no_event(EV_APPROVAL_REQUESTED);
    expect_status(APPROVAL, "offered");
    customer_accepts();
    expect_status(PAYMENT, "instructed");
    expect_sound();
}

/* AP-4: exactly 500 yuan needs approval. */
Test(story, AP_4_exactly_500_needs_approval)
{
    claim_surveyed(50000);
    handler_proposes(compensation(10000));
    expect_requested_at(ORG_LEVEL_OUTLET);
    expect_no_event(EV_APPROVAL_DECIDED_ALONE);
    expect_sound();
}

/* AP-4: the highest counts: a small claim with a big plan needs approval. */
Test(story, AP_4_the_planned_amount_counts_too)
{
    claim_surveyed(20000);
    handler_proposes(compensation(50000));
    expect_requested_at(ORG_LEVEL_OUTLET);
}

/* AP-4: an amount nobody knows needs approval. */
Test(story, AP_4_unknown_amount_needs_approval)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    visit_done();
    handler_proposes(compensation(100));
    expect_requested_at(ORG_LEVEL_OUTLET);
}

/* AP-4: a currency without a threshold needs approval. */
Test(story, AP_4_unknown_currency_needs_approval)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 100;
    f->currency = "EUR";
    arrives("/channels/web", f);
    visit_done();
    handler_proposes(compensation(100));
    expect_requested_at(ORG_LEVEL_OUTLET);
}

/* AP-4: money for a complaint nobody put a sum to is an unknown amount; rework without money is none. */
Test(story, AP_4_a_complaint_without_money_is_small_with_money_it_is_a_claim)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rework());
    expect_event(EV_APPROVAL_DECIDED_ALONE);
    customer_objects();
    handler_proposes(compensation(10000));
    expect_requested_at(ORG_LEVEL_OUTLET);
    manager_approves();
    customer_accepts();
    const struct ev_intake_reclassified *r = last(EV_INTAKE_RECLASSIFIED);
    cr_assert_eq(r->brief->kind, KIND_CLAIM, "IN-3");
    cr_assert_not(r->to_be_reviewed, "IN-10: nothing is left to review of it");
    expect_sound();
}

/* AP-4: what was granted before counts with the new plan: a matter in slices is one amount. */
Test(story, AP_4_already_paid_counts)
{
    claim_surveyed(40000);
    handler_proposes(compensation(30000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    expect_status(APPROVAL, "planning");
    handler_proposes(compensation(25000));
    expect_requested_at(ORG_LEVEL_OUTLET);
    expect_sound();
}

/* AP-6: nobody approves what they proposed, whatever their role. */
Test(story, AP_6_nobody_approves_their_own_plan)
{
    claim_surveyed(300000);
    manager_proposes(compensation(200000));
    expect_requested_at(ORG_LEVEL_OUTLET);
    manager_approves();
    expect_refused("AP-6", "own_plan");
    approves(owner()->handler_id, ROLE_HANDLER, "O-CN1");
    expect_refused("AP-4", "not_the_approver");
    approves("R-CN-M", ROLE_REGIONAL_MANAGER, "R-CN");
    expect_refused("AP-6", "not_the_deciding_level");
    approves("O-CN1-H1", ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-4", "not_the_approver");
    expect_status(APPROVAL, "awaiting_approval");
}

/* AP-4 AP-8 PA-1 RV-1: the whole way of a large claim. */
Test(story, AP_8_a_large_claim_from_plan_to_closing)
{
    claim_surveyed(300000);
    handler_proposes(compensation(250000));
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    customer_accepts();
    const struct ev_approval_slip_approved *slip = last(EV_APPROVAL_SLIP_APPROVED);
    cr_assert_str_eq(slip->slip_no, "RF2026-03-000001-S1");
    cr_assert(slip->must_pay && !slip->must_execute);
    expect_status(INTAKE, "answered");
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_status(INTAKE, "awaiting_satisfaction");
    customer_answers(SATISFACTION_FAIRLY);
    const struct ev_intake_closed *c = last(EV_INTAKE_CLOSED);
    cr_assert_eq(c->outcome, OUTCOME_SETTLED);
    cr_assert_eq(c->paid_minor, 250000);
    expect_status(DISPATCH, "released");
    expect_status(APPROVAL, "ended");
    expect_status(ESCALATION, "ended");
    expect_status(SLA, "ended");
    expect_sound();
}

/* AP-8: consent given beforehand stands for the signature, for a first plan within the claim. */
Test(story, AP_8_consent_beforehand)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 90000;
    f->consent = true;
    arrives("/channels/web", f);
    visit_done();
    handler_proposes(compensation(90000));
    manager_approves();
    cr_assert(((const struct ev_approval_customer_accepted *)last(EV_APPROVAL_CUSTOMER_ACCEPTED))->beforehand);
    expect_status(APPROVAL, "approved");
    advance_hours(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    handler_proposes(compensation(1000));
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_events(EV_APPROVAL_CUSTOMER_ACCEPTED, 1);
    expect_sound();
}

/* AP-8: consent does not cover more than was claimed. */
Test(story, AP_8_consent_does_not_cover_more_than_claimed)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 90000;
    f->consent = true;
    arrives("/channels/web", f);
    visit_done();
    handler_proposes(compensation(90001));
    manager_approves();
    expect_status(APPROVAL, "offered");
}

/* AP-8: only the customer signs. */
Test(story, AP_8_only_the_customer_signs)
{
    claim_surveyed(20000);
    handler_proposes(compensation(20000));
    struct ev_command_accept c = {.actor = &(struct actor){"O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1", NULL}};
    world_command(story_world, EV_COMMAND_ACCEPT, &c, the_case());
    world_drain(story_world);
    expect_refused("AP-8", "only_the_customer");
}

/* AP-8: two rounds without agreement: one level up, which decides from then on. */
Test(story, AP_8_two_objections_go_one_level_up)
{
    claim_surveyed(20000);
    handler_proposes(compensation(10000));
    customer_objects();
    expect_no_event(EV_APPROVAL_DEADLOCKED);
    handler_proposes(compensation(12000));
    customer_objects();
    expect_event(EV_APPROVAL_DEADLOCKED);
    expect_owner("R-CN");
    handler_proposes(compensation(20000));
    customer_accepts();
    cr_assert_eq(((const struct ev_approval_slip_approved *)last(EV_APPROVAL_SLIP_APPROVED))->assignment->level,
                 ORG_LEVEL_REGIONAL);
    expect_sound();
}

/* AP-4: a denied plan needs another. */
Test(story, AP_4_a_denied_plan_needs_another)
{
    claim_surveyed(300000);
    handler_proposes(compensation(250000));
    manager_denies();
    expect_status(APPROVAL, "planning");
    handler_proposes(compensation(200000));
    manager_approves();
    customer_accepts();
    cr_assert_str_eq(((const struct ev_approval_slip_approved *)last(EV_APPROVAL_SLIP_APPROVED))->slip_no,
                     "RF2026-03-000001-S2");
    expect_sound();
}

/* AP-7 AP-9: a rejection carries reasons; the appeal goes one level up. */
Test(story, AP_9_an_appeal_goes_to_the_next_level)
{
    complaint_surveyed();
    handler_proposes(rejection(NULL));
    expect_refused("AP-7", "rejection_without_reasons");
    handler_proposes(rejection("cleaned with acid against the manual"));
    expect_status(APPROVAL, "rejected");
    expect_status(INTAKE, "answered");
    cr_assert_eq(((const struct ev_approval_rejected *)last(EV_APPROVAL_REJECTED))->appeal_days, 15);
    const struct ev_intake_result_noticed *told = last(EV_INTAKE_RESULT_NOTICED);
    cr_assert_str_eq(told->solution, "cleaned with acid against the manual");
    cr_assert_eq(told->n_routes, 4);
    cr_assert_eq(told->cause, CAUSE_WORKMANSHIP);
    advance_days(3);
    customer_objects();
    expect_status(INTAKE, "open");
    expect_owner("R-CN");
    expect_event(EV_APPROVAL_DEADLOCKED);
    advance_days(1);
    handler_proposes(compensation(100000));
    manager_approves();
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    cr_assert_eq(((const struct ev_intake_closed *)last(EV_INTAKE_CLOSED))->outcome, OUTCOME_SETTLED);
    expect_sound();
}

/* AP-9: nobody appeals: closed as rejected when the period is over. */
Test(story, AP_9_no_appeal_closes_the_case)
{
    complaint_surveyed();
    handler_proposes(rejection("cleaned with acid against the manual"));
    advance_days(40);
    expect_status(INTAKE, "closed");
    cr_assert_eq(((const struct ev_intake_closed *)last(EV_INTAKE_CLOSED))->outcome, OUTCOME_REJECTED);
    customer_objects();
    expect_refused("AP-9", "appeal_period_over");
    expect_sound();
}

/* SL-3 AP-9: an appeal accepted in time counts, though the case was closed when it was read. */
Test(story, AP_9_an_appeal_in_time_reopens_the_case)
{
    complaint_surveyed();
    handler_proposes(rejection("cleaned with acid against the manual"));
    int64_t due = limit_of("appeal")->due_ms;
    advance_to(due + 5000);
    expect_status(INTAKE, "closed");
    customer_objects_at(due - 1);
    expect_status(INTAKE, "open");
    expect_status(APPROVAL, "planning");
    expect_limit("appeal", LIMIT_STATE_ANNULLED);
    expect_owner("R-CN");
    expect_sound();
}

/* AP-8: silence is never consent: reminded on day 3 and 7, lapsed on day 15, and reopened when they return. */
Test(story, AP_8_silence_lapses_and_the_customer_may_return)
{
    claim_surveyed(20000);
    handler_proposes(compensation(10000));
    advance_days(10);
    expect_events(EV_APPROVAL_CUSTOMER_REMINDED, 2);
    expect_status(APPROVAL, "offered");
    advance_days(20);
    expect_status(APPROVAL, "lapsed");
    expect_status(INTAKE, "closed");
    expect_no_event(EV_APPROVAL_SLIP_APPROVED);
    customer_accepts();
    expect_refused("AP-8", "offer_lapsed");
    expect_sound();
    customer_claims(20000);
    expect_events(EV_INTAKE_REGISTERED, 1);
    expect_status(INTAKE, "open");
    expect_status(APPROVAL, "planning");
    expect_status(DISPATCH, "assigned");
    handler_proposes(compensation(15000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* SL-3 AP-8: an answer accepted in time counts, though the lapse was read first. */
Test(story, SL_3_an_answer_in_time_undoes_the_lapse)
{
    claim_surveyed(20000);
    handler_proposes(compensation(10000));
    int64_t due = limit_of("customer_answer")->due_ms;
    advance_to(due + 1000);
    expect_status(INTAKE, "closed");
    customer_accepts_at(due - 1);
    expect_status(APPROVAL, "approved");
    expect_status(INTAKE, "answered");
    expect_status(DISPATCH, "assigned");
    expect_limit("customer_answer", LIMIT_STATE_ANNULLED);
    advance_hours(100);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_no_event(EV_ESCALATION_TAKEN_OVER);
    expect_sound();
}

/* AP-13: no plan before the facts are understood. */
Test(story, AP_13_no_plan_before_the_finding)
{
    customer_claims(20000);
    handler_proposes(compensation(10000));
    expect_refused("AP-13", "no_finding_yet");
    struct visit_record r = full_record();
    visitor_submits(&r, NULL, NULL);
    handler_proposes(compensation(10000));
    expect_refused("AP-13", "no_finding_yet");
}

/* AP-13 AP-3: a finding on the spot with a plan is decided at once. */
Test(story, AP_13_on_the_spot_finding_with_plan)
{
    customer_claims(20000);
    struct visit_record r = full_record();
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    visitor_submits(&r, &f, compensation(20000));
    expect_event(EV_APPROVAL_DECIDED_ALONE);
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-1 AP-2: a plan that cannot be is refused where it is handed in. */
Test(story, AP_1_an_impossible_plan_is_refused)
{
    claim_surveyed(20000);
    struct plan p = *compensation(10000);
    p.n_measures = 0;
    handler_proposes(&p);
    expect_refused("AP-1", "no_measures");
    p = *compensation(0);
    handler_proposes(&p);
    expect_refused("AP-1", "measure_without_money");
    p = *rework();
    p.amount_minor = 1;
    handler_proposes(&p);
    expect_refused("AP-1", "money_without_measure");
    p = *compensation(-5);
    handler_proposes(&p);
    expect_refused("AP-2", "negative_amount");
    p = *compensation(5);
    p.currency = "XXX";
    handler_proposes(&p);
    expect_refused("AP-2", "unknown_currency");
    expect_status(APPROVAL, "planning");
}

/* AP-2: amount = verified loss + goodwill, also at the ends of the number range. */
Test(story, AP_2_amount_is_loss_plus_goodwill)
{
    customer_claims(100000);
    struct visit_record r = full_record();
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    f.has_loss_minor = true;
    f.loss_minor = 60000;
    f.currency = "CNY";
    visitor_submits(&r, &f, NULL);
    struct plan p = *compensation(70000);
    p.has_goodwill_minor = true;
    p.goodwill_minor = 5000;
    handler_proposes(&p);
    expect_refused("AP-2", "not_loss_plus_goodwill");
    p.goodwill_minor = INT64_MAX;
    handler_proposes(&p);
    expect_refused("AP-2", "not_loss_plus_goodwill");
    p.goodwill_minor = 10000;
    handler_proposes(&p);
    expect_status(APPROVAL, "awaiting_approval");
}

/* PA-2: under construction what is owed is set off first; the rest is paid. */
Test(story, PA_2_deducted_from_the_fee_still_owed)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->phase = PHASE_CONSTRUCTION;
    f->has_claimed_minor = true;
    f->claimed_minor = 40000;
    f->has_fee_due_minor = true;
    f->fee_due_minor = 15000;
    arrives("/channels/web", f);
    visit_done();
    handler_proposes(compensation(40000));
    customer_accepts();
    cr_assert_eq(((const struct ev_payment_deducted *)last(EV_PAYMENT_DEDUCTED))->amount_minor, 15000);
    cr_assert_eq(((const struct ev_payment_instructed *)last(EV_PAYMENT_INSTRUCTED))->amount_minor, 25000);
    advance_hours(1);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

/* PA-3: a payout the bank refuses is paid again under a new number, to a corrected account. */
Test(story, PA_3_a_refused_payout_is_paid_under_a_new_number)
{
    claim_surveyed(20000);
    handler_proposes(compensation(20000));
    story_world->bank_next = BANK_OUTCOME_REFUSED;
    customer_accepts();
    advance_hours(1);
    expect_status(PAYMENT, "failed");
    expect_status(INTAKE, "answered");
    story_world->bank_next = BANK_OUTCOME_SETTLED;
    finance_retries("6222-9999");
    expect_status(PAYMENT, "correcting");
    manager_decides_payee(false);
    expect_status(PAYMENT, "failed");
    finance_retries("6222-9999");
    manager_decides_payee(true);
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    cr_assert_eq(((const struct ev_payment_settled *)last(EV_PAYMENT_SETTLED))->payout_no, 2);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

/* PA-1: a plan above the case's ceiling is approved, accepted, and still waits for the general manager's word. */
Test(story, PA_1_a_ceiling_stops_and_asks)
{
    claim_surveyed(90000000);
    handler_proposes(compensation(60000000));
    all_approve();
    customer_accepts();
    advance_hours(1);
    expect_status(PAYMENT, "held");
    expect_events(EV_PAYMENT_INSTRUCTED, 0);
    general_manager_releases();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

/* PA-3: the customer chose cash: two people of the outlet sign the voucher before the case goes on. */
Test(story, PA_3_cash_against_two_signatures)
{
    claim_surveyed(20000);
    struct plan p = *compensation(20000);
    p.pay_method = PAY_METHOD_CASH;
    handler_proposes(&p);
    customer_accepts();
    advance_hours(1);
    expect_status(PAYMENT, "cash_due");
    signs_cash("O-CN1-H1", ROLE_HANDLER, "O-CN1");
    expect_events(EV_PAYMENT_SETTLED, 0);
    signs_cash("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1");
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

/* AP-1 RV-1: money and work: closed only when both are done. */
Test(story, RV_1_paid_and_executed_before_the_customer_is_asked)
{
    claim_surveyed(20000);
    struct measure both[] = {{.kind = MEASURE_KIND_REWORK, .executor = "outlet"},
                             {.kind = MEASURE_KIND_COMPENSATION, .executor = "finance"}};
    struct plan p = {.n_measures = 2, .measures = both, .amount_minor = 5000, .currency = "CNY"};
    handler_proposes(&p);
    customer_accepts();
    advance_hours(1);
    expect_status(INTAKE, "answered");
    cr_assert(((const struct ev_intake_progressed *)last(EV_INTAKE_PROGRESSED))->paid);
    handler_executes();
    expect_status(INTAKE, "awaiting_satisfaction");
    handler_executes();
    expect_refused("AP-1", "not_in_this_state");
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* RV-2: the customer is told solution, compensation, cause and prevention. */
Test(story, RV_2_the_result_notice_says_all)
{
    customer_claims(20000);
    struct visit_record r = full_record();
    struct finding f = the_finding(CAUSE_PROCESS_FAILURE, LIABILITY_OUTLET);
    f.comment = "no primer was used";
    f.prevention = "primer is now on the checklist";
    visitor_submits(&r, &f, compensation(20000));
    customer_accepts();
    const struct ev_intake_result_noticed *told = last(EV_INTAKE_RESULT_NOTICED);
    cr_assert_str_eq(told->solution, "compensation");
    cr_assert_eq(told->amount_minor, 20000);
    cr_assert_eq(told->cause, CAUSE_PROCESS_FAILURE);
    cr_assert_str_eq(told->explanation, "no primer was used");
    cr_assert_str_eq(told->prevention, "primer is now on the checklist");
    expect_sound();
}

/* RV-1: not satisfied: negotiated again, and closed after the second result. */
Test(story, RV_1_not_satisfied_reopens_the_negotiation)
{
    claim_surveyed(20000);
    handler_proposes(rework());
    customer_accepts();
    handler_executes();
    customer_answers(SATISFACTION_NOT_SATISFIED);
    expect_status(INTAKE, "open");
    expect_status(APPROVAL, "planning");
    handler_proposes(rework());
    customer_accepts();
    handler_executes();
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_events(EV_APPROVAL_SLIP_APPROVED, 2);
    expect_sound();
}

/* RV-1: no answer to the call closes too; an answer that was in time still counts. */
Test(story, RV_1_no_answer_closes_and_an_answer_in_time_still_counts)
{
    claim_surveyed(20000);
    handler_proposes(rework());
    customer_accepts();
    handler_executes();
    int64_t due = limit_of("satisfaction")->due_ms;
    advance_to(due + 60000);
    expect_status(INTAKE, "closed");
    customer_answers(SATISFACTION_SATISFIED);
    expect_refused("RV-1", "answer_period_over");
    customer_answers_at(SATISFACTION_NOT_SATISFIED, due - 5);
    expect_status(INTAKE, "open");
    expect_status(APPROVAL, "planning");
    expect_status(DISPATCH, "assigned");
    expect_sound();
}

/* RV-1: the customer withdraws; nothing is waited for any more. */
Test(story, RV_1_the_customer_withdraws)
{
    customer_claims(20000);
    customer_withdraws();
    expect_status(INTAKE, "withdrawn");
    expect_status(EVIDENCE, "stood_down");
    expect_status(APPROVAL, "ended");
    advance_days(30);
    expect_no_event(EV_SLA_BREACHED);
    customer_withdraws();
    expect_refused("RV-3", "not_in_this_state");
    expect_sound();
}
