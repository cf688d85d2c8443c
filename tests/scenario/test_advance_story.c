/* Advance compensation told from the customer's application to the recourse (PA-5, PA-7): who may ask, what head office
 * reviews by, and that nobody is paid twice. */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

static const char hash[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
static const struct actor customer = {.id = "customer", .role = ROLE_CUSTOMER};
static const struct actor outlet_handler = {.id = "O-CN1-H1", .role = ROLE_HANDLER, .org_id = "O-CN1"};
static const struct actor service_manager = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};

static void send(enum event_type type, const void *data)
{
    world_command(story_world, type, data, the_case());
    world_drain(story_world);
}

static void customer_asks_for(int64_t fen)
{
    struct ev_command_apply_advance *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_apply_advance){.actor = &customer, .amount_minor = fen, .currency = "CNY"};
    send(EV_COMMAND_APPLY_ADVANCE, c);
}

/* The third party was there with somebody of the outlet. */
static struct ev_command_file_advance papers(void)
{
    static const struct document certificate = {.title = "formaldehyde, bedroom", .sha256 = hash};
    static const struct document report = {.title = "site analysis report", .sha256 = hash};
    return (struct ev_command_file_advance){.actor = &outlet_handler,
                                            .inspector = "CTI",
                                            .surveyor_id = "O-CN1-H2",
                                            .surveyed_ms = story_world->now_ms - 1000,
                                            .certificate = &certificate,
                                            .site_report = &report};
}

static void outlet_files(const struct ev_command_file_advance *p)
{
    struct ev_command_file_advance *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = *p;
    send(EV_COMMAND_FILE_ADVANCE, c);
}

static void reviews(const struct actor *who, bool approve, int64_t fen)
{
    struct ev_command_review_advance *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_review_advance){
        .actor = who, .approve = approve, .has_amount_minor = fen > 0, .amount_minor = fen};
    send(EV_COMMAND_REVIEW_ADVANCE, c);
}

static int64_t claims(enum category category, int64_t fen)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->category = category;
    f->has_claimed_minor = true;
    f->claimed_minor = fen;
    return arrives("/channels/phone", f);
}

static void expect_said(const char *reason) { expect_refused("PA-5", reason); }

/* The whole of it: asked, surveyed together, reviewed, paid; then it is found that head office's material is at fault,
 * the compensation is paid less the advance, and the supplier bears both. */
Test(story, PA_5_PA_7_paid_first_and_recovered_from_the_supplier)
{
    claims(CATEGORY_MATERIAL, 200000);
    customer_asks_for(50000);
    struct ev_command_file_advance filed = papers();
    outlet_files(&filed);
    expect_said("material_of_another_source");
    filed.material_source = MATERIAL_SOURCE_HEAD_OFFICE;
    outlet_files(&filed);
    expect_limit("advance_review", LIMIT_STATE_ARMED);
    reviews(&service_manager, true, 40000);
    expect_limit("advance_review", LIMIT_STATE_MET);
    advance_hours(1);
    expect_events(EV_PAYMENT_ADVANCE_PAID, 1);
    cr_assert_eq(((const struct ev_payment_advance_paid *)last(EV_PAYMENT_ADVANCE_PAID))->amount_minor, 40000);
    expect_status(INTAKE, "open");

    struct visit_record record = full_record();
    struct finding f = the_finding(CAUSE_BATCH_DEFECT, LIABILITY_SUPPLIER);
    f.supplier_id = "Tiles";
    visitor_submits(&record, &f, compensation(100000));
    manager_approves();
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    cr_assert_eq(((const struct ev_payment_settled *)last(EV_PAYMENT_SETTLED))->paid_minor, 60000);
    const struct ev_payment_recovery_due *due = last(EV_PAYMENT_RECOVERY_DUE);
    cr_assert_str_eq(due->account, "supplier:Tiles");
    cr_assert_eq(due->amount_minor, 100000);
    turn_to(world_account(story_world, "supplier:Tiles"));
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->owed_minor, 100000);
    expect_sound();
}

/* AP-4: what head office has paid first counts as paid, when nobody has claimed an amount and the plan has none. */
Test(story, AP_4_PA_5_an_advance_counts_towards_who_decides)
{
    customer_complains(CATEGORY_ENVIRONMENTAL);
    customer_asks_for(60000);
    struct ev_command_file_advance filed = papers();
    outlet_files(&filed);
    reviews(&service_manager, true, 50000);
    visit_done();
    handler_proposes(rework());
    expect_events(EV_APPROVAL_DECIDED_ALONE, 0);
    expect_events(EV_APPROVAL_REQUESTED, 1);
    expect_sound();
}

/* Below the threshold the handler still decides alone. */
Test(story, AP_4_PA_5_a_small_advance_needs_no_approval)
{
    customer_complains(CATEGORY_ENVIRONMENTAL);
    customer_asks_for(60000);
    struct ev_command_file_advance filed = papers();
    outlet_files(&filed);
    reviews(&service_manager, true, 49999);
    visit_done();
    handler_proposes(rework());
    expect_events(EV_APPROVAL_DECIDED_ALONE, 1);
    expect_sound();
}

/* A complaint that silence brings up to head office, with an advance granted before; whether the rule decides it. */
static int decided_by_rule(int64_t advanced)
{
    static struct actor handler;
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_COMPLAINT;
    f->category = CATEGORY_ENVIRONMENTAL;
    f->contract_no = NULL;
    f->region = "AIR-SFO";
    arrives("/channels/phone", f);
    customer_asks_for(advanced);
    handler = (struct actor){.id = owner()->handler_id, .role = ROLE_HANDLER, .org_id = owner()->org_id};
    struct ev_command_file_advance filed = papers();
    filed.actor = &handler;
    filed.surveyor_id = owner()->visitor_id;
    outlet_files(&filed);
    reviews(&service_manager, true, 0);
    advance_hours(49);
    expect_owner("HO");
    struct visit_record record = full_record();
    struct finding found = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    file_handed_over(&record, &found);
    expect_events(EV_APPROVAL_PLAN_PROPOSED, 1);
    expect_sound();
    return count(EV_APPROVAL_DECIDED_BY_RULE);
}

/* ES-5: the rule decides below 10,000 yuan; what is paid already counts. */
Test(story, ES_5_PA_5_a_large_advance_leaves_the_decision_to_a_person)
{
    cr_assert_eq(decided_by_rule(999999), 1);
    story_end();
    story_begin();
    cr_assert_eq(decided_by_rule(1000000), 0);
}

Test(story, PA_5_what_may_not_be_asked_for)
{
    claims(CATEGORY_WORKMANSHIP, 200000);
    customer_asks_for(50000);
    expect_said("not_in_this_category");
    story_end();
    story_begin();
    claims(CATEGORY_ENVIRONMENTAL, 200000);
    customer_asks_for(200001);
    expect_said("more_than_claimed");
    customer_asks_for(0);
    expect_said("amount_not_positive");
    customer_asks_for(50000);
    customer_asks_for(50000);
    expect_said("applied_already");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
}

static void asks_in(const char *currency, int64_t minor)
{
    struct ev_command_apply_advance *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_apply_advance){.actor = &customer, .amount_minor = minor, .currency = currency};
    send(EV_COMMAND_APPLY_ADVANCE, c);
}

/* Where no claim is stated the policy says how far it goes, to the fen; in a currency it does not name, not at all. */
Test(story, PA_5_without_a_stated_claim_the_policy_is_the_ceiling)
{
    customer_complains(CATEGORY_ENVIRONMENTAL);
    customer_asks_for(1000001);
    expect_said("above_ceiling_without_claim");
    asks_in("USD", 150001);
    expect_said("above_ceiling_without_claim");
    asks_in("EUR", 1);
    expect_said("claim_to_be_stated");
    customer_asks_for(1000000);
    expect_events(EV_EVIDENCE_ADVANCE_APPLIED, 1);
    expect_sound();
}

/* A policy that names no currency gives nothing in advance where no claim is stated. */
Test(story, PA_5_without_a_ceiling_the_claim_must_be_stated)
{
    const struct policy *shipped = story_default_policy();
    struct pol_advance_rules rules = *shipped->pack->advance;
    struct pol_pack pack = *shipped->pack;
    struct policy policy = *shipped;
    rules.n_unclaimed_ceiling = 0;
    pack.advance = &rules;
    policy.pack = &pack;
    story_policy(&policy);
    customer_complains(CATEGORY_ENVIRONMENTAL);
    customer_asks_for(1);
    expect_said("claim_to_be_stated");
    story_policy(shipped);
}

/* A claim that is stated meanwhile is the measure of what is granted. */
Test(story, PA_5_a_claim_stated_later_bounds_what_is_granted)
{
    customer_complains(CATEGORY_ENVIRONMENTAL);
    int64_t first = the_case();
    customer_asks_for(50000);
    struct ev_command_file_advance filed = papers();
    outlet_files(&filed);
    cr_assert_eq(claims(CATEGORY_ENVIRONMENTAL, 40000), first);
    reviews(&service_manager, true, 0);
    expect_said("more_than_claimed");
    reviews(&service_manager, true, 40000);
    expect_events(EV_EVIDENCE_ADVANCE_GRANTED, 1);
    expect_sound();
}

/* Nothing is paid on the application alone: the survey was a common one, both papers are there, head office reviews. */
Test(story, PA_5_what_head_office_reviews_by)
{
    static const struct document empty = {.title = "certificate"};
    claims(CATEGORY_ENVIRONMENTAL, 200000);
    struct ev_command_file_advance filed = papers();
    outlet_files(&filed);
    expect_said("no_open_application");
    customer_asks_for(50000);
    reviews(&service_manager, true, 0);
    expect_said("nothing_to_review");
    filed.surveyor_id = "O-CN2-H1";
    outlet_files(&filed);
    expect_said("surveyor_not_of_the_outlet");
    filed = papers();
    filed.certificate = &empty;
    outlet_files(&filed);
    expect_said("certificate_missing");
    filed = papers();
    filed.site_report = &empty;
    outlet_files(&filed);
    expect_said("site_report_missing");
    filed = papers();
    filed.inspector = "";
    outlet_files(&filed);
    expect_said("inspector_missing");
    expect_no_event(EV_EVIDENCE_ADVANCE_DOCUMENTED);
    filed = papers();
    outlet_files(&filed);
    reviews(&outlet_handler, true, 0);
    expect_refused("RO-1", "not_entitled_to_review");
    reviews(&service_manager, true, 50001);
    expect_said("more_than_applied_for");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    reviews(&service_manager, false, 0);
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    customer_asks_for(30000);
    outlet_files(&filed);
    reviews(&service_manager, true, 0);
    advance_hours(1);
    cr_assert_eq(((const struct ev_payment_advance_paid *)last(EV_PAYMENT_ADVANCE_PAID))->amount_minor, 30000);
    customer_asks_for(1);
    expect_said("granted_already");
    expect_sound();
}

/* AP-6: nobody at head office reviews what he has asked for or surveyed himself. */
Test(story, PA_5_AP_6_nobody_reviews_his_own_application)
{
    static const struct actor specialist = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};
    claims(CATEGORY_ENVIRONMENTAL, 200000);
    advance_hours(50);
    expect_owner("HO");
    customer_asks_for(50000);
    struct ev_command_file_advance filed = papers();
    filed.actor = &specialist;
    outlet_files(&filed);
    expect_events(EV_EVIDENCE_ADVANCE_DOCUMENTED, 1);
    reviews(&service_manager, true, 0);
    expect_refused("AP-6", "own_application");
}

/* Before the decision: with the finding it is too late, and with the end of the case. */
Test(story, PA_5_only_before_it_is_known_who_is_liable)
{
    claims(CATEGORY_ENVIRONMENTAL, 200000);
    customer_asks_for(50000);
    struct ev_command_file_advance filed = papers();
    outlet_files(&filed);
    visit_done();
    expect_limit("advance_review", LIMIT_STATE_CANCELLED);
    reviews(&service_manager, true, 0);
    expect_said("not_in_this_state");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    story_end();
    story_begin();
    claims(CATEGORY_ENVIRONMENTAL, 200000);
    customer_asks_for(50000);
    outlet_files(&filed);
    customer_withdraws();
    reviews(&service_manager, true, 0);
    expect_refused("RV-3", "not_in_this_state");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    expect_sound();
}
