/* The dispute ladder, cases handed up, and those asked in vain (CH-6, ES-8, ES-9). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

enum { DAY_MS = 24 * 3600 * 1000 };

TestSuite(dispute_story, .init = story_begin, .fini = story_end);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct actor *actor(const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(struct actor);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    return a;
}

static const struct actor *customer(void) { return actor("customer", ROLE_CUSTOMER, NULL); }

static const struct actor *legal(void) { return actor("HO-L1", ROLE_LEGAL, "HO"); }

static void command(enum event_type type, const void *data)
{
    world_command(story_world, type, data, the_case());
    world_drain(story_world);
}

static void goes_to(enum dispute_step step, const struct actor *who)
{
    static const struct document writ = {.title = "statement of claim", .dated_ms = 1, .has_dated_ms = true};
    struct ev_command_dispute *c = NEW(struct ev_command_dispute);
    *c = (struct ev_command_dispute){.actor = who,
                                     .step = step,
                                     .forum = "Yuhua district",
                                     .reference = "(2026) 0105-17",
                                     .n_documents = 1,
                                     .documents = &writ};
    command(EV_COMMAND_DISPUTE, c);
}

static void hearing_in(int64_t days)
{
    struct ev_command_note_dispute *c = NEW(struct ev_command_note_dispute);
    *c = (struct ev_command_note_dispute){.actor = legal(),
                                          .note = "a hearing is fixed",
                                          .has_hearing_ms = true,
                                          .hearing_ms = story_world->now_ms + days * (int64_t)DAY_MS};
    command(EV_COMMAND_NOTE_DISPUTE, c);
}

static void legal_notes(const char *what)
{
    struct ev_command_note_dispute *c = NEW(struct ev_command_note_dispute);
    *c = (struct ev_command_note_dispute){.actor = legal(), .note = what};
    command(EV_COMMAND_NOTE_DISPUTE, c);
}

static void dispute_ends(enum dispute_end end, const struct actor *who)
{
    struct ev_command_end_dispute *c = NEW(struct ev_command_end_dispute);
    *c = (struct ev_command_end_dispute){.actor = who, .end = end};
    command(EV_COMMAND_END_DISPUTE, c);
}

static void judged(int64_t fen, enum measure_kind work, int64_t days)
{
    struct ev_command_record_judgment *c = NEW(struct ev_command_record_judgment);
    *c = (struct ev_command_record_judgment){.actor = legal(),
                                             .liability = LIABILITY_OUTLET,
                                             .has_amount_minor = true,
                                             .amount_minor = fen,
                                             .currency = "CNY",
                                             .work = work,
                                             .perform_by_ms = story_world->now_ms + days * (int64_t)DAY_MS,
                                             .words = "the outlet answers for the tiles"};
    command(EV_COMMAND_RECORD_JUDGMENT, c);
}

static const struct ev_escalation_dispute_ended *ended(void) { return last(EV_ESCALATION_DISPUTE_ENDED); }

/* ---- ES-8 ---- */

/* ES-8: negotiation, mediation, court, a judgment the outlet performs in its time; nobody signs and nobody is asked. */
Test(dispute_story, ES_8_from_negotiation_to_a_judgment_performed)
{
    customer_claims(80000);
    visit_done();
    handler_proposes(compensation(30000));
    manager_approves();
    customer_objects();
    goes_to(DISPUTE_STEP_MEDIATION, customer());
    const struct ev_escalation_dispute_opened *opened = last(EV_ESCALATION_DISPUTE_OPENED);
    cr_assert_eq(opened->from_step, DISPUTE_STEP_ABSENT);
    cr_assert_str_eq(opened->support_id, "HO-L1", "head office gives legal support");
    cr_assert_eq(opened->n_documents, 1);
    expect_limit("proceedings", LIMIT_STATE_ARMED);
    advance_days(3);
    goes_to(DISPUTE_STEP_COURT, customer());
    opened = last(EV_ESCALATION_DISPUTE_OPENED);
    cr_assert_eq(opened->from_step, DISPUTE_STEP_MEDIATION);
    cr_assert_eq(opened->dispute_no, 1, "the same dispute, a step further");
    hearing_in(5);
    judged(60000, MEASURE_KIND_REWORK, 10);
    expect_no_event(EV_APPROVAL_CUSTOMER_ACCEPTED);
    cr_assert(((const struct ev_approval_slip_approved *)last(EV_APPROVAL_SLIP_APPROVED))->judgment);
    expect_limit("judgment", LIMIT_STATE_ARMED);
    expect_limit("proceedings", LIMIT_STATE_CANCELLED);
    advance_hours(1);
    expect_event(EV_PAYMENT_SETTLED);
    handler_executes();
    expect_no_event(EV_INTAKE_SATISFACTION_REQUESTED);
    expect_no_event(EV_ESCALATION_AGREEMENT_NOTED);
    expect_status(INTAKE, "closed");
    expect_limit("judgment", LIMIT_STATE_MET);
    expect_sound();
}

/* ES-8: at any step, also at once: before anybody has visited. What is judged needs no visit any more. */
Test(dispute_story, ES_8_the_customer_goes_to_court_at_once)
{
    customer_claims(80000);
    goes_to(DISPUTE_STEP_COURT, customer());
    expect_status(EVIDENCE, "visit_ordered");
    judged(80000, MEASURE_KIND_ABSENT, 10);
    expect_status(EVIDENCE, "stood_down");
    expect_limit("evidence", LIMIT_STATE_CANCELLED);
    advance_hours(1);
    expect_status(INTAKE, "closed");
    expect_no_event(EV_ESCALATION_TAKEN_OVER);
    expect_sound();
}

/* ES-8 PA-6: the outlet does not perform: head office does, whoever is between; a sanction against the outlet. */
Test(dispute_story, ES_8_a_judgment_not_performed_is_head_offices)
{
    customer_claims(80000);
    visit_done();
    goes_to(DISPUTE_STEP_COURT, actor("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    judged(0, MEASURE_KIND_REWORK, 5);
    advance_days(6);
    expect_limit("judgment", LIMIT_STATE_MISSED);
    expect_owner("HO");
    const struct ev_escalation_taken_over *moved = last(EV_ESCALATION_TAKEN_OVER);
    cr_assert_str_eq(moved->cause, "judgment_missed");
    const struct ev_escalation_sanction_recorded *fine = last(EV_ESCALATION_SANCTION_RECORDED);
    cr_assert_eq(fine->offence, OFFENCE_JUDGMENT_MISSED);
    cr_assert_str_eq(fine->org_id, "O-CN1");
    cr_assert_str_eq(owner()->outlet_id, "O-CN1", "who answers for it in the end");
    handler_executes();
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* ES-8 PA-6: head office has the case and pays what is judged; the outlet bears it. */
Test(dispute_story, ES_8_head_office_recovers_what_it_pays_by_judgment)
{
    customer_claims(80000);
    advance_days(2);
    expect_owner("HO");
    goes_to(DISPUTE_STEP_ARBITRATION, customer());
    judged(50000, MEASURE_KIND_ABSENT, 10);
    advance_hours(1);
    expect_event(EV_PAYMENT_SETTLED);
    cr_assert_str_eq(((const struct ev_payment_recovery_due *)last(EV_PAYMENT_RECOVERY_DUE))->account, "outlet:O-CN1");
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* A claim that is to be paid in cash, judged; two people of the outlet would have to sign the voucher. */
static void judged_in_cash(int64_t fen, int64_t days)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = fen;
    f->pay_method = PAY_METHOD_CASH;
    arrives("/channels/web", f);
    visit_done();
    goes_to(DISPUTE_STEP_COURT, customer());
    judged(fen, MEASURE_KIND_ABSENT, days);
    expect_status(PAYMENT, "cash_due");
}

/* Paid once by head office, borne by the outlet's deposit, then owed. */
static void expect_performed_by_head_office(int64_t fen)
{
    expect_events(EV_PAYMENT_STEPPED_IN, 1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_events(EV_PAYMENT_RECOVERY_DUE, 1);
    expect_status(INTAKE, "closed");
    expect_sound();
    turn_to(world_account(story_world, "outlet:O-CN1"));
    const struct ev_payment_recharged *charged = last(EV_PAYMENT_RECHARGED);
    cr_assert_eq(charged->amount_minor, fen);
    cr_assert_eq(charged->deposit_minor, 20000);
    cr_assert_eq(charged->owed_minor, fen - 20000);
}

/* ES-8 PA-6: the judgment's date comes before the payment's limit: head office pays at once, recovers and sanctions;
 * the limit that is missed afterwards finds it paid. */
Test(dispute_story, ES_8_PA_6_a_judgment_left_unpaid_is_head_offices_at_its_date)
{
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_DEPOSIT, 20000);
    judged_in_cash(50000, 1);
    advance_days(2);
    expect_limit("judgment", LIMIT_STATE_MISSED);
    expect_owner("HO");
    cr_assert_eq(((const struct ev_escalation_sanction_recorded *)last(EV_ESCALATION_SANCTION_RECORDED))->offence,
                 OFFENCE_JUDGMENT_MISSED);
    expect_events(EV_PAYMENT_SETTLED, 1);
    advance_days(10);
    expect_performed_by_head_office(50000);
}

/* The payment's limit comes first: what head office has paid then performs the judgment in its time. */
Test(dispute_story, ES_8_PA_6_a_judgment_paid_in_the_outlets_place_is_performed)
{
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_DEPOSIT, 20000);
    judged_in_cash(50000, 10);
    advance_days(15);
    expect_limit("judgment", LIMIT_STATE_MET);
    expect_no_event(EV_ESCALATION_SANCTION_RECORDED);
    expect_performed_by_head_office(50000);
}

/* ES-8 AP-8: nothing ends by silence while it is before a court; afterwards it goes on where it was. */
Test(dispute_story, ES_8_silence_ends_nothing_in_dispute)
{
    customer_claims(80000);
    visit_done();
    handler_proposes(compensation(30000));
    manager_approves();
    advance_days(5);
    goes_to(DISPUTE_STEP_COURT, customer());
    expect_limit("customer_answer", LIMIT_STATE_PAUSED);
    advance_days(25);
    expect_status(INTAKE, "open");
    dispute_ends(DISPUTE_END_DISMISSED, legal());
    expect_limit("customer_answer", LIMIT_STATE_ARMED);
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* ES-8 IN-10: even what the review throws out meanwhile stays before the court. */
Test(dispute_story, ES_8_a_rejection_ends_nothing_in_dispute)
{
    customer_claims(80000);
    goes_to(DISPUTE_STEP_COURT, customer());
    handler_reviews(false, true, "not ours");
    expect_event(EV_INTAKE_CLOSED);
    expect_status(INTAKE, "open");
    expect_status(ESCALATION, "watching");
    expect_sound();
    judged(80000, MEASURE_KIND_ABSENT, 10);
    advance_hours(1);
    expect_status(INTAKE, "closed");
    cr_assert_eq(((const struct ev_intake_closed *)last(EV_INTAKE_CLOSED))->outcome, OUTCOME_SETTLED);
    expect_sound();
}

/* ES-8: judged while an offer stands; the liability is the judgment's, whatever the investigation had found. */
Test(dispute_story, ES_8_a_judgment_takes_the_place_of_an_offer)
{
    customer_claims(80000);
    struct visit_record *r = NEW(struct visit_record);
    struct finding *found = NEW(struct finding);
    *r = full_record();
    *found = the_finding(CAUSE_DESIGN, LIABILITY_COMPANY);
    visitor_submits(r, found, compensation(20000));
    manager_approves();
    expect_status(APPROVAL, "offered");
    goes_to(DISPUTE_STEP_COURT, customer());
    judged(70000, MEASURE_KIND_ABSENT, 10);
    const struct ev_approval_slip_approved *slip = last(EV_APPROVAL_SLIP_APPROVED);
    cr_assert_eq(slip->plan->amount_minor, 70000);
    cr_assert_eq(slip->liability, LIABILITY_OUTLET);
    cr_assert_eq(slip->finding->cause, CAUSE_DESIGN);
    advance_hours(1);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* ES-8: signed beside the proceedings: they are over. And what is signed is not brought before a court, unless it
 * fails. */
Test(dispute_story, ES_8_an_agreement_ends_the_dispute)
{
    customer_claims(80000);
    visit_done();
    goes_to(DISPUTE_STEP_COURT, customer());
    handler_proposes(compensation(70000));
    manager_approves();
    customer_accepts();
    cr_assert_eq(ended()->end, DISPUTE_END_AGREED_OUTSIDE);
    goes_to(DISPUTE_STEP_COURT, customer());
    expect_refused("ES-8", "settlement_signed");
    advance_hours(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    goes_to(DISPUTE_STEP_COURT, customer());
    expect_event(EV_ESCALATION_DISPUTE_OPENED);
    cr_assert_eq(((const struct ev_escalation_dispute_opened *)last(EV_ESCALATION_DISPUTE_OPENED))->dispute_no, 2);
    expect_sound();
}

/* ES-8 AP-9: rejected and closed, then judged for the customer after all. */
Test(dispute_story, ES_8_a_closed_rejection_is_judged)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rejection("the tiles were wet"));
    manager_approves();
    advance_days(20);
    expect_status(INTAKE, "closed");
    goes_to(DISPUTE_STEP_COURT, customer());
    expect_status(INTAKE, "open");
    expect_limit("proceedings", LIMIT_STATE_ARMED);
    expect_sound();
    judged(10000, MEASURE_KIND_ABSENT, 10);
    advance_hours(1);
    expect_status(INTAKE, "closed");
    const struct ev_intake_closed *closed = last(EV_INTAKE_CLOSED);
    cr_assert_eq(closed->outcome, OUTCOME_SETTLED);
    expect_sound();
}

/* ES-8: the court dismisses it: the case closes as it had. */
Test(dispute_story, ES_8_a_dismissed_dispute_leaves_the_rejection)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rejection("the tiles were wet"));
    manager_approves();
    advance_days(20);
    goes_to(DISPUTE_STEP_COURT, customer());
    dispute_ends(DISPUTE_END_DISMISSED, legal());
    expect_status(INTAKE, "closed");
    const struct ev_intake_closed *closed = last(EV_INTAKE_CLOSED);
    cr_assert_eq(closed->outcome, OUTCOME_REJECTED);
    cr_assert_str_eq(closed->reason, "dispute_over");
    expect_sound();
}

/* ES-8 SL-7: a hearing's date is a limit: what is noted before it does not meet it, what came of it does. */
Test(dispute_story, ES_8_what_came_of_a_hearing_is_owed_by_the_end_of_its_day)
{
    customer_claims(80000);
    goes_to(DISPUTE_STEP_COURT, customer());
    hearing_in(-1);
    expect_refused("ES-8", "hearing_in_the_past");
    hearing_in(9);
    legal_notes("papers filed");
    expect_limit("hearing", LIMIT_STATE_ARMED);
    hearing_in(5);
    const int64_t fixed_ms =
        ((const struct ev_escalation_dispute_noted *)last(EV_ESCALATION_DISPUTE_NOTED))->hearing_ms;
    expect_no_event(EV_ESCALATION_HEARING_REPORTED);
    advance_to(fixed_ms + 60000);
    expect_limit("hearing", LIMIT_STATE_ARMED);
    legal_notes("heard; the judges will decide");
    cr_assert_eq(((const struct ev_escalation_hearing_reported *)last(EV_ESCALATION_HEARING_REPORTED))->hearing_ms,
                 fixed_ms);
    expect_limit("hearing", LIMIT_STATE_MET);
    hearing_in(3);
    advance_days(4);
    expect_limit("hearing", LIMIT_STATE_MISSED);
    const struct ev_escalation_slip_issued *slip = slip_for("hearing");
    cr_assert_not_null(slip);
    cr_assert_str_eq(slip->to_person, "HO-L1");
    dispute_ends(DISPUTE_END_DISMISSED, legal());
    expect_sound();
}

/* ES-8: who may do what, and no step twice or downwards. */
Test(dispute_story, ES_8_steps_only_lead_up_and_judgments_are_legal_supports_to_record)
{
    customer_claims(80000);
    goes_to(DISPUTE_STEP_MEDIATION, actor("O-E1-M", ROLE_OUTLET_MANAGER, "O-E1"));
    expect_refused("DI-2", "not_your_case");
    goes_to(DISPUTE_STEP_ARBITRATION, customer());
    goes_to(DISPUTE_STEP_MEDIATION, customer());
    expect_refused("ES-8", "not_a_higher_step");
    goes_to(DISPUTE_STEP_COURT, customer());
    expect_refused("ES-8", "not_a_higher_step");
    dispute_ends(DISPUTE_END_DISMISSED, customer());
    expect_refused("ES-8", "not_legal_support");
    dispute_ends(DISPUTE_END_AGREED_OUTSIDE, legal());
    expect_refused("ES-8", "not_for_people_to_say");
    judged(0, MEASURE_KIND_ABSENT, 10);
    expect_refused("ES-8", "nothing_to_perform");
    judged(100, MEASURE_KIND_ABSENT, -1);
    expect_refused("ES-8", "time_to_perform_is_over");
    dispute_ends(DISPUTE_END_WITHDRAWN, customer());
    cr_assert_eq(ended()->end, DISPUTE_END_WITHDRAWN);
    judged(100, MEASURE_KIND_ABSENT, 10);
    expect_refused("ES-8", "not_in_dispute");
    expect_sound();
}

/* ES-8, SL-1: nobody reports from the court for a month: head office's legal support is reminded, month after month. */
Test(dispute_story, ES_8_the_state_of_the_proceedings_is_owed)
{
    customer_claims(80000);
    visit_done();
    goes_to(DISPUTE_STEP_COURT, customer());
    advance_days(20);
    hearing_in(30);
    advance_days(29);
    expect_limit("proceedings", LIMIT_STATE_ARMED);
    advance_days(2);
    cr_assert_eq(limit_of("proceedings")->misses, 1);
    const struct ev_escalation_slip_issued *slip = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(slip->to_person, "HO-L1");
    expect_limit("proceedings", LIMIT_STATE_ARMED);
    advance_days(30);
    cr_assert_eq(limit_of("proceedings")->misses, 2);
    const struct ev_escalation_slip_issued *second = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(second->code, "proceedings");
    cr_assert_gt(second->ver, slip->ver, "each missed period has a slip of its own (ES-1)");
    cr_assert_eq(second->due_ms - slip->due_ms, 30 * (int64_t)DAY_MS);
    hearing_in(40);
    advance_days(28);
    cr_assert_eq(limit_of("proceedings")->misses, 2);
    judged(60000, MEASURE_KIND_ABSENT, 10);
    expect_limit("proceedings", LIMIT_STATE_CANCELLED);
    expect_sound();
}

/* ---- ES-9, CH-6 ---- */

static void handed_up(const struct actor *who)
{
    struct ev_command_hand_up *c = NEW(struct ev_command_hand_up);
    *c = (struct ev_command_hand_up){.actor = who, .reason = "a matter of the brand"};
    command(EV_COMMAND_HAND_UP, c);
}

/* ES-9: a special case goes up for a decision, step by step; above head office is its general manager. */
Test(dispute_story, ES_9_a_special_case_is_handed_up)
{
    customer_claims(80000);
    visit_done();
    handed_up(actor("O-E1-M", ROLE_OUTLET_MANAGER, "O-E1"));
    expect_refused("DI-2", "not_your_case");
    handed_up(actor("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"));
    expect_owner("R-CN");
    handed_up(actor("R-CN-M", ROLE_REGIONAL_MANAGER, "R-CN"));
    expect_owner("HO");
    handed_up(actor("HO-M1", ROLE_HO_SERVICE_MANAGER, "HO"));
    expect_owner("HO");
    const struct ev_escalation_slip_issued *slip = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(slip->to_person, "HO-GM");
    handler_proposes(compensation(80000));
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* CH-6: who has asked the outlet in vain is head office's from the beginning; the outlet owes its file, and the rule
 * decides. */
Test(dispute_story, CH_6_asked_in_vain_goes_to_head_office_at_once)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 80000;
    f->asked_outlet = true;
    arrives("/channels/phone", f);
    expect_owner("HO");
    cr_assert_str_eq(owner()->manager_id, "HO-M1");
    cr_assert_str_eq(owner()->outlet_id, "O-CN1");
    const struct ev_escalation_taken_over *moved = last(EV_ESCALATION_TAKEN_OVER);
    cr_assert_str_eq(moved->cause, "asked_in_vain");
    struct visit_record *r = NEW(struct visit_record);
    struct finding *found = NEW(struct finding);
    *r = full_record();
    *found = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    file_handed_over(r, found);
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}
