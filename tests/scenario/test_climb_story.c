/* Histories of refusals and silence that climb, and of what head office settles by its rules (ES-2 to ES-6). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end);

static const struct visit_record *whole(void)
{
    static struct visit_record r;
    r = full_record();
    return &r;
}

static const struct visit_record *without_photos(void)
{
    static struct visit_record r;
    r = full_record();
    r.n_photos = 0;
    return &r;
}

static const struct finding *found(enum cause cause, enum liability liability)
{
    static struct finding f;
    f = the_finding(cause, liability);
    return &f;
}

static const struct finding *found_and_shown(enum cause cause, enum liability liability)
{
    static struct finding f;
    f = the_finding(cause, liability);
    f.shown = true;
    return &f;
}

static const struct finding *found_loss(enum cause cause, enum liability liability, int64_t fen)
{
    static struct finding f;
    f = the_finding(cause, liability);
    f.has_loss_minor = true;
    f.loss_minor = fen;
    f.currency = "CNY";
    return &f;
}

static const struct ev_escalation_liability_routed *routed(void) { return last(EV_ESCALATION_LIABILITY_ROUTED); }
static const struct ev_escalation_visit_assigned *sent(void) { return last(EV_ESCALATION_VISIT_ASSIGNED); }
static const struct ev_escalation_sanction_recorded *sanction(void) { return last(EV_ESCALATION_SANCTION_RECORDED); }
static const struct ev_escalation_taken_over *takeover(void) { return last(EV_ESCALATION_TAKEN_OVER); }

/* The customer of outlet O-E2 (of R-EAST) claims, the outlet's file is whole, and it refuses. */
static void outlet_refuses(int64_t fen)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->contract_no = NULL;
    f->region = "AIR-EWR";
    f->has_claimed_minor = true;
    f->claimed_minor = fen;
    arrives("/channels/phone", f);
    visitor_submits(whole(), found(CAUSE_MISUSE, LIABILITY_CUSTOMER), NULL);
    handler_proposes(rejection("cleaned with acid against the manual"));
    if (count(EV_APPROVAL_REFUSED) == 0) manager_approves();
}

/* The same of an outlet that head office leads itself. */
static void single_outlet_refuses(int64_t fen)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->contract_no = NULL;
    f->region = "ZZZ";
    f->has_claimed_minor = true;
    f->claimed_minor = fen;
    arrives("/channels/phone", f);
    visitor_submits(whole(), found(CAUSE_MISUSE, LIABILITY_CUSTOMER), NULL);
    handler_proposes(rejection("cleaned with acid against the manual"));
    if (count(EV_APPROVAL_REFUSED) == 0) manager_approves();
}

/* ES-3: the refusal is no answer to the customer: it climbs at once, and the file is demanded within 24 hours. */
Test(story, ES_3_a_refusal_climbs_at_once_and_the_file_is_demanded)
{
    outlet_refuses(20000);
    expect_owner("R-EAST");
    expect_no_event(EV_APPROVAL_REJECTED);
    expect_no_event(EV_INTAKE_RESULT_NOTICED);
    cr_assert_str_eq(takeover()->cause, "refused");
    const struct ev_escalation_file_demanded *demand = last(EV_ESCALATION_FILE_DEMANDED);
    cr_assert_str_eq(demand->of_org, "O-E2");
    cr_assert_str_eq(demand->of_person, "O-E2-M");
    cr_assert_str_eq(demand->by_org, "R-EAST");
    cr_assert_eq(limit_of("file_handover")->due_ms, story_world->now_ms + 24 * 3600 * 1000);
    expect_status(EVIDENCE, "awaiting_file");
    expect_status(APPROVAL, "under_review");
    expect_sound();
}

/* ES-3: a single outlet has no regional; head office steps in. */
Test(story, ES_3_a_single_outlets_refusal_goes_to_head_office)
{
    single_outlet_refuses(20000);
    expect_owner("HO");
    cr_assert(takeover()->review);
    expect_status(APPROVAL, "under_review");
    handler_proposes(compensation(20000));
    expect_refused("ES-5", "liability_not_decided");
    expect_sound();
}

/* ES-3: a complaint's refusal is told to the customer, who may appeal (AP-9). */
Test(story, ES_3_a_refused_complaint_is_answered_and_may_be_appealed)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rejection("the tiles are as ordered"));
    expect_status(APPROVAL, "rejected");
    expect_no_event(EV_ESCALATION_TAKEN_OVER);
    customer_objects();
    expect_owner("R-CN");
    expect_sound();
}

/* ES-3: the regional has the whole file and plans; its people decide as on any case of theirs. */
Test(story, ES_3_the_regional_settles_with_the_file)
{
    outlet_refuses(20000);
    handler_proposes(compensation(15000));
    expect_refused("ES-5", "liability_not_decided");
    advance_hours(3);
    file_handed_over(whole(), NULL);
    expect_limit("file_handover", LIMIT_STATE_MET);
    expect_status(APPROVAL, "planning");
    expect_no_event(EV_ESCALATION_LIABILITY_ROUTED);
    handler_proposes(compensation(15000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* ES-3 ES-5: the regional refuses too; the file is there, so head office decides at once and asks nobody twice. */
Test(story, ES_5_after_the_regional_refuses_head_office_decides_at_once)
{
    outlet_refuses(20000);
    file_handed_over(whole(), NULL);
    handler_proposes(rejection("we see it as the outlet does"));
    expect_owner("HO");
    expect_events(EV_ESCALATION_FILE_DEMANDED, 1);
    expect_events(EV_ESCALATION_LIABILITY_ROUTED, 1);
    cr_assert_str_eq(routed()->row, "misuse-not-shown");
    cr_assert_eq(routed()->liability, LIABILITY_OUTLET);
    cr_assert_str_eq(routed()->liable_org, "O-E2");
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ES-3 DI-2: only the unit the file is demanded of hands it over, and the former outlet can do nothing else. */
Test(story, ES_3_the_file_is_the_outlets_to_hand_over)
{
    single_outlet_refuses(20000);
    struct actor stranger = {"O-E1-M", ROLE_OUTLET_MANAGER, "O-E1", NULL};
    struct ev_command_hand_over_file c = {.actor = &stranger, .record = whole()};
    world_command(story_world, EV_COMMAND_HAND_OVER_FILE, &c, the_case());
    world_drain(story_world);
    expect_refused("ES-3", "not_your_file");
    approves("O-GEN-M", ROLE_OUTLET_MANAGER, "O-GEN");
    expect_refused(NULL, "not_in_this_state");
    expect_status(EVIDENCE, "awaiting_file");
}

/* ES-4 RV-5: no file within the limit: a slip, a sanction by the policy's scale, another local outlet goes to see. Head
 * office stays the owner. */
Test(story, ES_4_no_file_sends_another_local_outlet)
{
    single_outlet_refuses(20000);
    advance_hours(25);
    const struct ev_escalation_slip_issued *slip = last(EV_ESCALATION_SLIP_ISSUED);
    cr_assert_str_eq(slip->code, "file_handover");
    cr_assert_str_eq(slip->to_person, "O-GEN-M");
    cr_assert_eq(sanction()->offence, OFFENCE_FILE_MISSING);
    cr_assert_eq(sanction()->sanction, SANCTION_KIND_DEPOSIT_FINE);
    cr_assert_eq(sanction()->fine_minor, 100000);
    cr_assert_str_eq(sanction()->org_id, "O-GEN");
    cr_assert_str_eq(sent()->org_id, "HO", "nobody is near a region that no outlet shares a letter with");
    expect_owner("HO");
    expect_status(EVIDENCE, "visit_ordered");
    expect_limit("evidence", LIMIT_STATE_ARMED);
    expect_sound();
}

/* ES-4: the regional's demand stays without answer: that is head office's, and nobody is asked for the file twice. */
Test(story, ES_4_the_regionals_demand_unanswered_climbs_to_head_office)
{
    outlet_refuses(20000);
    advance_hours(25);
    expect_owner("HO");
    expect_events(EV_ESCALATION_FILE_DEMANDED, 1);
    cr_assert_str_eq(takeover()->cause, "file_missing");
    cr_assert_str_eq(sent()->instead_of, "O-E2");
    cr_assert_eq(strncmp(sent()->org_id, "O-", 2), 0);
    cr_assert_str_neq(sent()->org_id, "O-E2");
    other_visits(found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET));
    expect_owner("HO");
    cr_assert_str_eq(routed()->row, "workmanship");
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ES-4 EV-3: an incomplete file is as good as none; the scale is milder. */
Test(story, ES_4_an_incomplete_file_is_a_warning_and_a_visit)
{
    single_outlet_refuses(20000);
    file_handed_over(without_photos(), NULL);
    const struct ev_evidence_file_received *file = last(EV_EVIDENCE_FILE_RECEIVED);
    cr_assert_not(file->complete);
    cr_assert_str_eq(file->missing[0], "photos");
    cr_assert_eq(sanction()->sanction, SANCTION_KIND_WARNING);
    expect_event(EV_ESCALATION_VISIT_ASSIGNED);
    file_handed_over(whole(), NULL);
    expect_refused("ES-4", "another_is_sent");
    expect_sound();
}

/* ES-4 DI-2: who is sent to see visits and nothing more; what it finds is not what it decides. */
Test(story, ES_4_the_other_outlet_only_visits)
{
    outlet_refuses(20000);
    advance_hours(25);
    other_visits(NULL);
    expect_status(EVIDENCE, "investigating");
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    struct actor visitor = {sent()->visitor_id, ROLE_EVIDENCE_VISITOR, sent()->org_id, NULL};
    struct ev_command_conclude c = {.actor = &visitor, .finding = &f};
    world_command(story_world, EV_COMMAND_CONCLUDE, &c, the_case());
    world_drain(story_world);
    expect_refused("DI-2", "not_your_case");
    investigator_concludes(&f, NULL);
    expect_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_sound();
}

/* ES-4: the other outlet does not come either: head office's own inspector goes. */
Test(story, ES_4_the_other_outlet_stays_away_and_the_inspector_goes)
{
    outlet_refuses(20000);
    advance_hours(25);
    const char *first = sent()->org_id;
    advance_hours(24);
    expect_events(EV_ESCALATION_VISIT_ASSIGNED, 2);
    cr_assert_str_eq(sent()->org_id, "HO");
    cr_assert_str_eq(slip_for("evidence")->to_org, first);
    other_visits(found(CAUSE_DESIGN, LIABILITY_COMPANY));
    cr_assert_str_eq(routed()->row, "system");
    expect_sound();
}

/* SL-3 ES-4: the file was accepted in time and read late: slip and sanction are withdrawn, the visit is called off. */
Test(story, SL_3_a_file_in_time_read_late_withdraws_the_sanction)
{
    single_outlet_refuses(20000);
    int64_t due = limit_of("file_handover")->due_ms;
    advance_to(due + 2000);
    expect_event(EV_ESCALATION_SANCTION_RECORDED);
    file_handed_over_at(whole(), NULL, due - 1000);
    expect_event(EV_ESCALATION_SLIP_WITHDRAWN);
    expect_event(EV_ESCALATION_SANCTION_WITHDRAWN);
    expect_status(EVIDENCE, "concluded");
    expect_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_sound();
}

/* ES-2 ES-3 ES-4 ES-5: the full climb: outlet silent, regional silent, head office, no file, another outlet's visit,
 * the outlet liable, offered by the rule, paid. */
Test(story, ES_5_the_full_climb_from_silence_to_payment)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->contract_no = NULL;
    f->region = "AIR-LAX";
    f->has_claimed_minor = true;
    f->claimed_minor = 250000;
    arrives("/channels/platform", f);
    expect_owner("O-E1");
    advance_hours(25);
    expect_owner("R-EAST");
    advance_hours(24);
    expect_owner("HO");
    cr_assert_str_eq(((const struct ev_escalation_file_demanded *)last(EV_ESCALATION_FILE_DEMANDED))->of_org, "O-E1");
    expect_events(EV_EVIDENCE_VISIT_ORDERED, 2);
    advance_hours(24);
    cr_assert_str_eq(sanction()->org_id, "O-E1");
    cr_assert_gt(sent()->n_candidates, 1);
    other_visits(found_loss(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 180000));
    cr_assert_str_eq(routed()->liable_org, "O-E1");
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_no_event(EV_APPROVAL_REQUESTED);
    cr_assert_eq(((const struct ev_approval_offered *)last(EV_APPROVAL_OFFERED))->plan->amount_minor, 180000);
    customer_accepts();
    advance_hours(1);
    expect_event(EV_PAYMENT_SETTLED);
    cr_assert_str_eq(owner()->outlet_id, "O-E1");
    cr_assert_str_eq(((const struct ev_payment_recovery_due *)last(EV_PAYMENT_RECOVERY_DUE))->account, "outlet:O-E1");
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* ES-5: the regional had the refused claim's file and makes no plan: head office decides by that file. */
Test(story, ES_5_after_the_regionals_silence_head_office_decides_by_its_file)
{
    struct visit_record r = full_record();
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    customer_claims(80000);
    visit_done();
    handler_proposes(rejection("the tiles were wet"));
    manager_approves();
    expect_owner("R-CN");
    file_handed_over(&r, &f);
    expect_status(APPROVAL, "planning");
    advance_days(4);
    expect_owner("HO");
    expect_events(EV_ESCALATION_FILE_DEMANDED, 1);
    expect_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_sound();
}

/* ES-5: found, but nobody below makes a plan: head office has the file and the finding, and the rule plans at once. */
Test(story, ES_5_a_plan_nobody_makes_is_made_by_the_rule)
{
    customer_claims(80000);
    visit_done();
    advance_days(4);
    expect_owner("R-CN");
    expect_no_event(EV_ESCALATION_FILE_DEMANDED);
    advance_days(4);
    expect_owner("HO");
    expect_events(EV_EVIDENCE_VISIT_ORDERED, 1);
    expect_limit("file_handover", LIMIT_STATE_MET);
    const struct ev_escalation_liability_routed *routed = last(EV_ESCALATION_LIABILITY_ROUTED);
    cr_assert_str_eq(routed->row, "workmanship");
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_no_event(EV_APPROVAL_REQUESTED);
    customer_accepts();
    advance_hours(1);
    expect_event(EV_PAYMENT_SETTLED);
    expect_sound();
}

/* ES-5: every automatic decision carries what it rests on. */
Test(story, ES_5_a_decision_carries_its_facts_its_row_and_the_policys_version)
{
    single_outlet_refuses(20000);
    struct finding f = the_finding(CAUSE_BATCH_DEFECT, LIABILITY_SUPPLIER);
    f.material_source = MATERIAL_SOURCE_HEAD_OFFICE;
    file_handed_over(whole(), &f);
    cr_assert_eq(routed()->facts->category, CATEGORY_WORKMANSHIP);
    cr_assert_eq(routed()->facts->cause, CAUSE_BATCH_DEFECT);
    cr_assert_eq(routed()->facts->found, LIABILITY_SUPPLIER);
    cr_assert_eq(routed()->facts->material_source, MATERIAL_SOURCE_HEAD_OFFICE);
    cr_assert_str_eq(routed()->row, "material-ho");
    cr_assert(strstr(routed()->words, "the supplier answers for it") != NULL);
    cr_assert_str_eq(routed()->policy_id, "renovation-franchise");
    cr_assert_eq(routed()->policy_version, story_world->policy->pack->version);
    cr_assert_eq(routed()->liability, LIABILITY_SUPPLIER);
    cr_assert_null(routed()->liable_org);
    expect_sound();
}

/* EV-6: material whose source nobody can name counts as the outlet's own. */
Test(story, EV_6_material_of_unknown_source_is_the_outlets)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), found(CAUSE_MATERIAL, LIABILITY_SUPPLIER));
    cr_assert_str_eq(routed()->row, "material-outlet");
    cr_assert_eq(routed()->liability, LIABILITY_OUTLET);
}

/* EV-6: misuse is easily said; what cannot be shown counts as ours. */
Test(story, EV_6_misuse_that_is_not_shown_is_ours)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), NULL);
    cr_assert_eq(routed()->liability, LIABILITY_OUTLET);
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_status(APPROVAL, "offered");
}

/* EV-6: an unknown cause, too. */
Test(story, EV_6_an_unknown_cause_is_ours)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), found(CAUSE_UNKNOWN, LIABILITY_CUSTOMER));
    cr_assert_str_eq(routed()->row, "unknown-ours");
    expect_status(APPROVAL, "offered");
}

/* ES-5 AP-7: misuse that is shown: rejected by the rule, with its words as the reasons. */
Test(story, ES_5_shown_misuse_is_rejected_with_the_rules_words)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), found_and_shown(CAUSE_MISUSE, LIABILITY_CUSTOMER));
    expect_status(APPROVAL, "rejected");
    const struct ev_approval_rejected *rejected = last(EV_APPROVAL_REJECTED);
    cr_assert_str_eq(rejected->reasons, routed()->words);
    cr_assert_eq(rejected->finding->liability, LIABILITY_CUSTOMER);
    expect_event(EV_INTAKE_RESULT_NOTICED);
    customer_objects();
    expect_refused("AP-9", "no_level_above");
    advance_days(20);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* EV-7: an independent inspection decides, whatever we found ourselves. */
Test(story, EV_7_the_inspection_report_overrides_our_finding)
{
    single_outlet_refuses(20000);
    struct finding f = the_finding(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    f.shown = true;
    f.report = LIABILITY_OUTLET;
    file_handed_over(whole(), &f);
    cr_assert_str_eq(routed()->row, "report-outlet");
    cr_assert_eq(routed()->liability, LIABILITY_OUTLET);
    expect_status(APPROVAL, "offered");
}

/* EV-7: in either direction. */
Test(story, EV_7_the_report_may_also_clear_us)
{
    single_outlet_refuses(20000);
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    f.report = LIABILITY_THIRD_PARTY;
    file_handed_over(whole(), &f);
    cr_assert_str_eq(routed()->row, "report-third-party");
    expect_status(APPROVAL, "rejected");
}

/* ES-5: a row that asks a person leaves the plan to head office's people. */
Test(story, ES_5_a_row_that_asks_leaves_the_plan_to_people)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), found_and_shown(CAUSE_UNKNOWN, LIABILITY_NONE));
    cr_assert_str_eq(routed()->row, "unknown-none");
    expect_status(APPROVAL, "planning");
    expect_no_event(EV_APPROVAL_DECIDED_BY_RULE);
    handler_proposes(rejection("nobody is at fault; see the report"));
    expect_status(APPROVAL, "rejected");
    expect_sound();
}

/* ES-5 AP-4: above the policy's amount the rule plans, and head office's approver decides. */
Test(story, ES_5_above_the_amount_a_person_approves_the_rules_plan)
{
    single_outlet_refuses(1000000);
    file_handed_over(whole(), NULL);
    expect_status(APPROVAL, "awaiting_approval");
    expect_no_event(EV_APPROVAL_DECIDED_BY_RULE);
    const struct ev_approval_requested *request = last(EV_APPROVAL_REQUESTED);
    cr_assert_str_eq(request->proposer_id, "rule:misuse-not-shown");
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-4: the highest amount counts, so a large claim with a small loss is a person's to decide, too. */
Test(story, ES_5_a_large_claim_with_a_small_loss_needs_a_person)
{
    single_outlet_refuses(1000000);
    file_handed_over(whole(), found_loss(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 5000));
    expect_no_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_status(APPROVAL, "awaiting_approval");
    expect_sound();
}

/* ES-5: the company's own fault is made good in full, not by the loss somebody verified. */
Test(story, ES_5_the_companys_fault_is_compensated_in_full)
{
    single_outlet_refuses(90000);
    file_handed_over(whole(), found_loss(CAUSE_DESIGN, LIABILITY_NONE, 30000));
    cr_assert_eq(routed()->liability, LIABILITY_COMPANY);
    cr_assert_str_eq(routed()->liable_org, "HO");
    cr_assert_eq(((const struct ev_approval_offered *)last(EV_APPROVAL_OFFERED))->plan->amount_minor, 90000);
}

/* ES-5 PA-8: a loss that is more than the customer knew to claim is made good as well. */
Test(story, ES_5_PA_8_the_companys_fault_is_the_whole_loss)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), found_loss(CAUSE_DESIGN, LIABILITY_NONE, 30000));
    cr_assert_eq(((const struct ev_approval_offered *)last(EV_APPROVAL_OFFERED))->plan->amount_minor, 30000);
}

/* ES-5: a claim whose amount nobody has said and no loss tells is planned by people. */
Test(story, ES_5_an_unknown_amount_is_planned_by_people)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->contract_no = NULL;
    f->region = "ZZZ";
    arrives("/channels/phone", f);
    visitor_submits(whole(), found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET), NULL);
    handler_proposes(rejection("not ours"));
    manager_approves();
    expect_event(EV_APPROVAL_REFUSED);
    file_handed_over(whole(), NULL);
    expect_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_status(APPROVAL, "planning");
    expect_sound();
}

/* ES-5: a complaint that silence brought up to head office is put right, by the rule. */
Test(story, ES_5_a_complaint_is_put_right_by_the_rule)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_COMPLAINT;
    f->contract_no = NULL;
    f->region = "AIR-SFO";
    arrives("/channels/phone", f);
    advance_hours(49);
    expect_owner("HO");
    file_handed_over(whole(), found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET));
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    const struct ev_approval_offered *offer = last(EV_APPROVAL_OFFERED);
    cr_assert_eq(offer->plan->measures[0].kind, MEASURE_KIND_REWORK);
    customer_accepts();
    handler_executes();
    customer_answers(SATISFACTION_FAIRLY);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* ES-4: turns are taken: cases one after the other are not all sent to the same neighbour. */
Test(story, ES_4_neighbours_take_turns)
{
    const char *first = NULL;
    bool another = false;
    for (int i = 0; i < 6; i++) {
        struct customer *who = arena_alloc(&story_world->arena, sizeof *who);
        struct ev_inbound_complaint *f = form();
        *who = (struct customer){.name = "李雷", .phone = arena_printf(&story_world->arena, "1390013800%d", i)};
        f->customer = who;
        f->kind = KIND_CLAIM;
        f->contract_no = NULL;
        f->region = "AIR-LAX";
        f->has_claimed_minor = true;
        f->claimed_minor = 20000;
        arrives("/channels/phone", f);
        visitor_submits(whole(), found(CAUSE_MISUSE, LIABILITY_CUSTOMER), NULL);
        handler_proposes(rejection("not ours"));
        file_handed_over(NULL, NULL);
        if (first == NULL) first = sent()->org_id;
        another |= strcmp(first, sent()->org_id) != 0;
        cr_assert_str_neq(sent()->org_id, "O-E1");
    }
    cr_assert(another);
}

/* DI-3 AP-6: another handler of the same unit: slips, plans and visits name the new one. */
Test(story, DI_3_a_changed_handler_is_known_everywhere)
{
    customer_claims(300000);
    visit_done();
    handler_changes_to("O-CN1-H2", "O-CN1-M", ROLE_OUTLET_MANAGER);
    const struct approval_state *approval = world_state(story_world, the_case(), APPROVAL);
    const struct evidence_state *evidence = world_state(story_world, the_case(), EVIDENCE);
    cr_assert_str_eq(approval->assignment->handler_id, "O-CN1-H2");
    cr_assert_str_eq(evidence->assignment->handler_id, "O-CN1-H2");
    expect_limit("plan", LIMIT_STATE_ARMED);
    expect_sound();
}

/* ES-3: the customer may withdraw while the case is reviewed; what runs ends. */
Test(story, ES_3_withdrawn_during_the_review)
{
    single_outlet_refuses(20000);
    customer_withdraws();
    expect_status(INTAKE, "withdrawn");
    expect_status(ESCALATION, "ended");
    advance_days(3);
    expect_no_event(EV_ESCALATION_SANCTION_RECORDED);
    expect_sound();
}

/* ES-5 AP-2: the rule pays the loss that was verified, and never more than was claimed. */
Test(story, ES_5_the_rule_pays_no_more_than_was_claimed)
{
    single_outlet_refuses(20000);
    file_handed_over(whole(), found_loss(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 25000));
    const struct ev_approval_offered *offer = last(EV_APPROVAL_OFFERED);
    cr_assert_eq(offer->plan->amount_minor, 20000);
    story_end();
    story_begin();
    single_outlet_refuses(20000);
    file_handed_over(whole(), found_loss(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 15000));
    offer = last(EV_APPROVAL_OFFERED);
    cr_assert_eq(offer->plan->amount_minor, 15000);
    expect_sound();
}
