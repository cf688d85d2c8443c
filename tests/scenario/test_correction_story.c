/* The company's own fault (PA-8): full compensation without recourse, and a corrective investigation with its
 * department, its limit and its outcome, which does not end with the case. */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

static const struct actor head_of_design = {.id = "HO-D1", .role = ROLE_DEPARTMENT_HEAD, .org_id = "HO"};
static const struct actor general_manager = {.id = "HO-GM", .role = ROLE_GENERAL_MANAGER, .org_id = "HO"};
static const struct actor service_manager = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};
static const struct actor finance = {.id = "HO-F1", .role = ROLE_FINANCE, .org_id = "HO"};

static const struct ev_escalation_correction_opened *opened(void) { return last(EV_ESCALATION_CORRECTION_OPENED); }

static void closes_with(const struct actor *who, const char *found, const char *measures)
{
    struct ev_command_close_correction *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_close_correction){.actor = who,
                                              .correction_no = opened()->correction_no,
                                              .found = found,
                                              .measures = measures,
                                              .outcome = CORRECTION_OUTCOME_CORRECTED};
    world_command(story_world, EV_COMMAND_CLOSE_CORRECTION, c, the_case());
    world_drain(story_world);
}

static void closes(const struct actor *who, const char *measures)
{
    closes_with(who, "the drawing had no expansion joint", measures);
}

static void confirms(const struct actor *who, bool agree, const char *comment)
{
    struct ev_command_confirm_correction *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_confirm_correction){
        .actor = who, .correction_no = opened()->correction_no, .agree = agree, .comment = comment};
    world_command(story_world, EV_COMMAND_CONFIRM_CORRECTION, c, the_case());
    world_drain(story_world);
}

/* Compensated, paid and closed; the fault was ours by that cause. */
static void settled_case(enum cause cause)
{
    struct visit_record *record = arena_alloc(&story_world->arena, sizeof *record);
    struct finding *f = arena_alloc(&story_world->arena, sizeof *f);
    customer_claims(30000);
    *record = full_record();
    *f = the_finding(cause, LIABILITY_COMPANY);
    visitor_submits(record, f, compensation(30000));
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
}

Test(story, PA_8_the_companys_fault_opens_a_corrective_investigation)
{
    settled_case(CAUSE_DESIGN);
    expect_no_event(EV_PAYMENT_RECOVERY_DUE);
    expect_events(EV_ESCALATION_CORRECTION_OPENED, 1);
    cr_assert_str_eq(opened()->department, "design");
    cr_assert_str_eq(opened()->person_id, "HO-D1"); /* who heads it */
    expect_limit("correction", LIMIT_STATE_ARMED);
    closes(&finance, "joint added to the standard drawing");
    expect_refused("RO-1", "not_your_investigation");
    closes_with(&head_of_design, "", "joint added to the standard drawing");
    expect_refused("PA-8", "outcome_missing");
    closes(&head_of_design, "");
    expect_refused("PA-8", "outcome_missing");
    closes(&head_of_design, "joint added to the standard drawing");
    confirms(&general_manager, true, NULL);
    expect_events(EV_ESCALATION_CORRECTION_CLOSED, 1);
    expect_limit("correction", LIMIT_STATE_MET);
    closes(&head_of_design, "again");
    expect_refused("PA-8", "no_open_correction");
    confirms(&general_manager, true, NULL);
    expect_refused("PA-8", "no_open_correction");
    expect_sound();
}

/* What one reports another confirms; only then it has ended. */
Test(story, PA_8_AP_6_another_person_confirms_the_outcome)
{
    settled_case(CAUSE_DESIGN);
    confirms(&general_manager, true, NULL);
    expect_refused("PA-8", "nothing_to_confirm");
    closes(&head_of_design, "joint added to the standard drawing");
    expect_no_event(EV_ESCALATION_CORRECTION_CLOSED);
    expect_limit("correction", LIMIT_STATE_ARMED);
    closes(&head_of_design, "again");
    expect_refused("PA-8", "awaits_confirmation");
    confirms(&head_of_design, true, NULL);
    expect_refused("AP-6", "own_report");
    confirms(&finance, true, NULL);
    expect_refused("RO-1", "not_entitled_to_confirm");
    confirms(&general_manager, false, "");
    expect_refused("PA-8", "comment_missing");
    confirms(&general_manager, false, "what of the drawings that are out?");
    expect_events(EV_ESCALATION_CORRECTION_RETURNED, 1);
    closes(&head_of_design, "joint added, drawings called back");
    confirms(&service_manager, true, NULL);
    const struct ev_escalation_correction_closed *closed = last(EV_ESCALATION_CORRECTION_CLOSED);
    cr_assert_str_eq(closed->by, "HO-D1");
    cr_assert_str_eq(closed->confirmed_by, "HO-M1");
    cr_assert_str_eq(closed->measures, "joint added, drawings called back");
    expect_sound();
}

/* The general manager who reports it himself is not asked to confirm it; a missed limit reminds whoever is. */
Test(story, PA_8_AP_6_the_one_who_is_to_confirm_is_reminded)
{
    settled_case(CAUSE_DESIGN);
    closes(&general_manager, "joint added to the standard drawing");
    const struct ev_escalation_correction_reported *reported = last(EV_ESCALATION_CORRECTION_REPORTED);
    cr_assert_str_eq(reported->confirmer_id, "HO-M1");
    confirms(&general_manager, true, NULL);
    expect_refused("AP-6", "own_report");
    advance_days(20);
    cr_assert_str_eq(((const struct ev_escalation_slip_issued *)last(EV_ESCALATION_SLIP_ISSUED))->to_person, "HO-M1");
    confirms(&service_manager, true, NULL);
    expect_events(EV_ESCALATION_CORRECTION_CLOSED, 1);
    expect_sound();
}

/* The limit outlives the case: missed, whoever answers for the investigation is reminded, and it can still be closed.
 */
Test(story, PA_8_its_limit_outlives_the_case)
{
    settled_case(CAUSE_BATCH_DEFECT);
    cr_assert_str_eq(opened()->person_id, "HO-Q1");
    int slips = count(EV_ESCALATION_SLIP_ISSUED);
    advance_days(20);
    expect_events(EV_SLA_BREACHED, 1);
    cr_assert_eq(count(EV_ESCALATION_SLIP_ISSUED), slips + 1);
    cr_assert_str_eq(((const struct ev_escalation_slip_issued *)last(EV_ESCALATION_SLIP_ISSUED))->to_person, "HO-Q1");
    closes(&general_manager, "supplier audited");
    confirms(&service_manager, true, NULL);
    expect_events(EV_ESCALATION_CORRECTION_CLOSED, 1);
    expect_events(EV_SLA_ENDED, 1);
    expect_sound();
}

/* One at a time: an unsatisfied customer's second settlement finds the first investigation going on. */
Test(story, PA_8_one_investigation_at_a_time)
{
    customer_claims(30000);
    struct visit_record record = full_record();
    struct finding f = the_finding(CAUSE_PROCESS_FAILURE, LIABILITY_COMPANY);
    visitor_submits(&record, &f, compensation(10000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    handler_proposes(compensation(20000));
    customer_accepts();
    expect_events(EV_APPROVAL_SLIP_APPROVED, 2);
    expect_events(EV_ESCALATION_CORRECTION_OPENED, 1);
    cr_assert_str_eq(opened()->department, "customer_service");
}

/* The whole verified loss, whoever plans: nothing less, and no rejection; what was granted before counts. */
Test(story, PA_8_the_plan_makes_good_the_whole_loss)
{
    struct visit_record record = full_record();
    struct finding f = the_finding(CAUSE_DESIGN, LIABILITY_COMPANY);
    f.has_loss_minor = true;
    f.loss_minor = 30000;
    f.currency = "CNY";
    customer_claims(20000);
    visitor_submits(&record, &f, compensation(29999));
    expect_refused("PA-8", "less_than_the_loss");
    visitor_submits(&record, &f, NULL);
    handler_proposes(compensation(29999));
    expect_refused("PA-8", "less_than_the_loss");
    handler_proposes(rejection("too much is asked for"));
    expect_refused("PA-8", "less_than_the_loss");
    handler_proposes(compensation(30000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    handler_proposes(compensation(100));
    expect_events(EV_APPROVAL_PLAN_PROPOSED, 2);
    expect_sound();
}

/* Goods count at their worth; another's fault is not held to the loss. */
Test(story, PA_8_goods_make_good_and_an_outlets_plan_is_its_own)
{
    static const struct measure measures[] = {
        {.kind = MEASURE_KIND_COMPENSATION, .executor = "O-CN1-H1"},
        {.kind = MEASURE_KIND_EXCHANGE, .executor = "O-CN1-H1", .value_minor = 25000, .has_value_minor = true}};
    struct visit_record record = full_record();
    struct finding f = the_finding(CAUSE_DESIGN, LIABILITY_COMPANY);
    struct plan both = {.n_measures = 2, .measures = measures, .amount_minor = 5000, .currency = "CNY"};
    f.has_loss_minor = true;
    f.loss_minor = 30000;
    f.currency = "CNY";
    customer_claims(20000);
    visitor_submits(&record, &f, &both);
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
    story_end();
    story_begin();
    f.liability = LIABILITY_OUTLET;
    customer_claims(20000);
    visitor_submits(&record, &f, compensation(100));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* Nobody else's fault opens one. */
Test(story, PA_8_an_outlets_fault_opens_none)
{
    customer_claims(30000);
    visit_done();
    handler_proposes(compensation(30000));
    customer_accepts();
    expect_events(EV_APPROVAL_SLIP_APPROVED, 1);
    expect_no_event(EV_ESCALATION_CORRECTION_OPENED);
}
