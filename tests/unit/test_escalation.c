/* The escalation core: rules ES-1, ES-2, ES-6, ES-9, DI-2, on the shipped organisation (O-E1 of R-EAST of HO). */
#include "escalation/escalation.h"
#include "golden_kit.h"

static struct kit k;
static void set_up(void) { k = kit_open(&escalation_core); }
static void tear_down(void) { kit_close(&k); }
TestSuite(escalation, .init = set_up, .fini = tear_down);

static const struct escalation_state *state(void) { return k.state; }

#define AT_OUTLET(version) KIT_ASSIGNMENT(version, "O-E1", "outlet", "'regional_id':'R-EAST',")
#define AT_REGIONAL(version) KIT_ASSIGNMENT(version, "R-EAST", "regional", "")
#define AT_HEAD(version) KIT_ASSIGNMENT(version, "HO", "head_office", "")
#define ASSIGNED(assignment)                                                                                           \
    "{'brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" assignment ",'reason':'territory'}"
#define REASSIGNED(assignment) "{'assignment':" assignment ",'from_org':'x','reason':'taken_over'}"
#define BREACHED(code, ver)                                                                                            \
    "{'code':'" code "','ver':" ver ",'round':1,'due_ms':1,'fired_ms':1,'late_ms':5,'history':false}"

/* A limit that ran out then, told at `when`. */
#define EXPECT_MISSED(code, ver, due, when, said)                                                                      \
    kit_expect(&k, "sla.breached", when,                                                                               \
               arena_printf(&k.arena,                                                                                  \
                            "{'code':'" code "','ver':" ver                                                            \
                            ",'round':1,'due_ms':%lld,'fired_ms':%lld,'late_ms':0,'history':false}",                   \
                            (long long)kit_ms(due), (long long)kit_ms(when)),                                          \
               said)

#define FINDING "{'cause':'misuse','liability':'customer','justified':false}"
#define REFUSED                                                                                                        \
    "{'reasons':'misuse','org_id':'O-E1','level':'outlet','round':1,'finding':" FINDING                                \
    ",'brief':" KIT_BRIEF("claim", ",'received_ms':1") "}"
#define FILE_RECEIVED(complete) "{'takeover_no':1,'from_org':'O-E1','by':'O-E1-M','complete':" complete "}"

static const struct ev_escalation_slip_issued *slip(void) { return kit_output(&k, EV_ESCALATION_SLIP_ISSUED, 0); }
static const struct ev_escalation_taken_over *takeover(void) { return kit_output(&k, EV_ESCALATION_TAKEN_OVER, 0); }

static void assigned_to_outlet(void)
{
    kit_expect(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(AT_OUTLET("1")), "escalation.supervised");
}

Test(escalation, DI_2_the_regional_watches_its_outlet)
{
    assigned_to_outlet();
    const struct ev_escalation_supervised *out = kit_output(&k, EV_ESCALATION_SUPERVISED, 0);
    cr_assert_str_eq(out->org_id, "R-EAST");
    cr_assert_eq(out->level, ORG_LEVEL_REGIONAL);
}

/* ES-1: at once, to the responsible party; without a rung nothing is taken over. */
Test(escalation, ES_1_a_missed_limit_issues_a_slip_to_the_named_handler)
{
    assigned_to_outlet();
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("first_response", "1"), "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_org, "O-E1");
    cr_assert_str_eq(slip()->to_person, "O-E1-H1");
    cr_assert_eq(slip()->late_ms, 5);
    cr_assert_eq(state()->slips, 1);
}

Test(escalation, ES_1_the_approvers_slip_goes_to_the_manager_and_finances_to_head_office)
{
    assigned_to_outlet();
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("payment", "1"), "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_org, "HO");
    cr_assert_str_eq(slip()->to_person, "HO-F1");
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("approval", "1"),
               "escalation.slip_issued escalation.taken_over");
    cr_assert_str_eq(slip()->to_person, "O-E1-M");
}

/* ES-2 as one path: outlet → its regional → head office, one level a miss on that level. */
Test(escalation, ES_2_missed_evidence_climbs_from_outlet_to_regional_to_head_office)
{
    assigned_to_outlet();
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("evidence", "1"),
               "escalation.slip_issued escalation.taken_over");
    cr_assert_str_eq(takeover()->from_org, "O-E1");
    cr_assert_str_eq(takeover()->to_org, "R-EAST");
    cr_assert_str_eq(takeover()->code, "evidence");
    kit_expect(&k, "dispatch.reassigned", "2026-03-03 10:00", REASSIGNED(AT_REGIONAL("2")), "escalation.supervised");
    EXPECT_MISSED("evidence", "2", "2026-03-04 10:00", "2026-03-04 10:00",
                  "escalation.slip_issued escalation.taken_over escalation.file_demanded");
    cr_assert_str_eq(slip()->to_person, "R-EAST-H1");
    cr_assert_str_eq(takeover()->to_org, "HO");
    cr_assert_eq(takeover()->to_level, ORG_LEVEL_HEAD_OFFICE);
    cr_assert_str_eq(takeover()->file_of, "O-E1");
    kit_expect(&k, "dispatch.reassigned", "2026-03-04 10:00", REASSIGNED(AT_HEAD("3")), "escalation.supervised");
    kit_expect(&k, "sla.breached", "2026-03-05 10:00", BREACHED("evidence", "3"), "escalation.slip_issued");
    cr_assert_eq(state()->n_takeovers, 2);
}

static void regional_named(const char *when)
{
    kit_expect(&k, "dispatch.reassigned", when, REASSIGNED(AT_REGIONAL("2")), "escalation.supervised");
}

/* ES-1 ES-2: two limits of the outlet run out in one instant. The first moves the case; the second is told to the
 * outlet's own people and moves it no further, whether the regional's have been read by then or not. */
static void expect_outlets_second_miss(bool named_first)
{
    kit_expect(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(AT_OUTLET("1")), "escalation.supervised");
    EXPECT_MISSED("evidence", "1", "2026-03-03 10:00", "2026-03-03 10:00",
                  "escalation.slip_issued escalation.taken_over");
    if (named_first) regional_named("2026-03-03 10:00");
    EXPECT_MISSED("plan", "1", "2026-03-03 10:00", "2026-03-03 10:00", "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_org, "O-E1");
    cr_assert_str_eq(slip()->to_person, "O-E1-H1");
    if (!named_first) regional_named("2026-03-03 10:00");
    EXPECT_MISSED("plan", "2", "2026-03-05 10:00", "2026-03-05 10:00",
                  "escalation.slip_issued escalation.taken_over escalation.file_demanded");
    cr_assert_str_eq(slip()->to_org, "R-EAST");
}

Test(escalation, ES_2_a_miss_during_a_takeover_is_told_but_moves_nothing) { expect_outlets_second_miss(false); }

Test(escalation, ES_1_ES_2_a_miss_of_the_takeovers_instant_is_the_former_units) { expect_outlets_second_miss(true); }

/* ES-2 SL-3: sla stood still for three hours, in which two limits of the outlet ran out: the regional takes over when
 * the first is told, and does not answer for the second. */
Test(escalation, ES_2_SL_3_what_ran_out_before_the_takeover_and_is_told_after_it)
{
    assigned_to_outlet();
    EXPECT_MISSED("evidence", "1", "2026-03-03 10:00", "2026-03-03 13:00",
                  "escalation.slip_issued escalation.taken_over");
    regional_named("2026-03-03 13:00");
    EXPECT_MISSED("plan", "1", "2026-03-03 12:00", "2026-03-03 13:01", "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_org, "O-E1");
    cr_assert_str_eq(state()->org_id, "R-EAST");
}

/* ES-2: the level that has taken over answers for what runs out from then on, named or not. */
Test(escalation, ES_2_what_runs_out_after_the_takeover_is_the_new_levels)
{
    assigned_to_outlet();
    EXPECT_MISSED("evidence", "1", "2026-03-03 10:00", "2026-03-03 10:00",
                  "escalation.slip_issued escalation.taken_over");
    EXPECT_MISSED("first_response", "1", "2026-03-03 10:30", "2026-03-03 10:30", "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_org, "R-EAST");
}

/* ES-6: an unstaffed regional is passed over, and named. */
/* CH-6: asked in vain, and withdrawn before the assignment was read: nobody takes anything over any more. */
Test(escalation, CH_6_a_closed_case_moves_nowhere)
{
    kit_expect(&k, "intake.closed", "2026-03-02 10:00", "{'outcome':'withdrawn'}", "escalation.ended");
    kit_expect(&k, "dispatch.assigned", "2026-03-02 10:00",
               "{'brief':" KIT_BRIEF("claim", ",'received_ms':1,'asked_outlet':true") ",'assignment':" AT_OUTLET(
                   "1") ","
                        "'reason':'territory'}",
               "escalation.supervised");
}

Test(escalation, ES_6_a_level_with_nobody_is_skipped)
{
    struct pol_organisation org = *k.policy->org;
    struct pol_unit *units = ARENA_ARRAY(&k.arena, struct pol_unit, org.n_units);
    for (int i = 0; i < org.n_units; i++) {
        units[i] = org.units[i];
        if (strcmp(units[i].id, "R-EAST") == 0) units[i].n_people = 0;
    }
    org.units = units;
    struct policy without = *k.policy;
    without.org = &org;
    const struct policy *whole = k.policy;
    assigned_to_outlet();
    k.policy = &without;
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("evidence", "1"),
               "escalation.slip_issued escalation.taken_over escalation.file_demanded");
    k.policy = whole;
    cr_assert_str_eq(takeover()->to_org, "HO");
    cr_assert_eq(takeover()->n_skipped, 1);
    cr_assert_str_eq(takeover()->skipped[0], "R-EAST");
}

/* ES-6: a miss of a case nobody has been found for yet is told to head office. */
Test(escalation, ES_6_a_miss_without_an_assignment_goes_to_head_office)
{
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("first_response", "1"), "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_org, "HO");
    kit_expect(&k, "dispatch.assigned", "2026-03-03 11:00", ASSIGNED(AT_OUTLET("1")), "escalation.supervised");
    cr_assert_str_eq(state()->org_id, "O-E1");
}

#define CONCLUDED(takeover)                                                                                            \
    "{'brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" AT_HEAD(                                       \
        "3") ",'finding':" FINDING ",'investigator_id':'HO-S1','on_the_spot':false" takeover "}"

/* ES-5: a finding the outlet made before the case climbed, read late, decides nothing. */
Test(escalation, ES_5_only_a_finding_after_the_demand_decides)
{
    kit_expect(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(KIT_ASSIGNMENT("1", "O-GEN", "outlet", "")),
               "escalation.supervised");
    kit_expect(&k, "approval.refused", "2026-03-02 11:00", REFUSED, "escalation.taken_over escalation.file_demanded");
    kit_expect(&k, "evidence.file_received", "2026-03-02 12:00", FILE_RECEIVED("true"), "escalation.file_accepted");
    kit_expect(&k, "evidence.investigation_concluded", "2026-03-02 12:01", CONCLUDED(""), "ignored");
    kit_expect(&k, "evidence.investigation_concluded", "2026-03-02 12:02", CONCLUDED(",'takeover_no':1"),
               "escalation.liability_routed");
}

#define SIGNED                                                                                                         \
    "{'slip_no':'S','brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" AT_OUTLET(                       \
        "1") ",'plan':{'measures':[],'amount_minor':1,'currency':'CNY'},'liability':'outlet','must_pay':true,"         \
             "'must_execute':false}"

/* ES-4: the customer has signed beside the demand for the file: the file is still owed, but nobody is sanctioned for it
 * and nobody else is sent to see. */
Test(escalation, ES_4_what_is_signed_is_not_reviewed_any_more)
{
    kit_feed(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(AT_OUTLET("1")));
    kit_expect(&k, "approval.refused", "2026-03-02 11:00", REFUSED, "escalation.taken_over escalation.file_demanded");
    kit_expect(&k, "approval.slip_approved", "2026-03-02 12:00", SIGNED, "escalation.agreement_noted");
    cr_assert_eq(state()->status, ESCALATION_STATUS_WATCHING);
    kit_expect(&k, "sla.breached", "2026-03-03 11:00", BREACHED("file_handover", "1"), "escalation.slip_issued");
    cr_assert_eq(state()->sanctions, 0);
    kit_expect(&k, "evidence.file_received", "2026-03-03 12:00", FILE_RECEIVED("false"), "ignored");
}

/* ES-9: deadlock climbs one level; on head office's own level its general manager is told. */
Test(escalation, ES_9_a_deadlock_goes_one_level_up_and_at_the_top_to_the_general_manager)
{
    assigned_to_outlet();
    kit_expect(&k, "approval.deadlocked", "2026-03-03 10:00", "{'round':2,'org_id':'O-E1','level':'outlet'}",
               "escalation.taken_over");
    cr_assert_str_eq(takeover()->cause, "deadlock");
    kit_expect(&k, "approval.deadlocked", "2026-03-03 10:00", "{'round':2,'org_id':'O-E1','level':'outlet'}",
               "ignored");
    kit_expect(&k, "dispatch.reassigned", "2026-03-03 10:00", REASSIGNED(AT_HEAD("2")), "escalation.supervised");
    kit_expect(&k, "approval.deadlocked", "2026-03-09 10:00", "{'round':4,'org_id':'HO','level':'head_office'}",
               "escalation.slip_issued");
    cr_assert_str_eq(slip()->to_person, "HO-GM");
}

/* ES-5 SL-3: an appeal in time goes up after the end too, and is decided for the reopening that is still to be read. */
Test(escalation, ES_5_SL_3_an_appeal_goes_up_before_its_reopening_is_read)
{
    kit_feed(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(AT_REGIONAL("1")));
    kit_expect(&k, "intake.closed", "2026-03-04 10:00", "{'outcome':'rejected'}", "escalation.ended");
    kit_expect(&k, "approval.deadlocked", "2026-03-04 09:00",
               "{'round':1,'org_id':'R-EAST','level':'regional','appeal':true,'finding':" FINDING
               ",'brief':" KIT_BRIEF("complaint", ",'received_ms':1") "}",
               "escalation.taken_over escalation.liability_routed");
    cr_assert_str_eq(takeover()->cause, "appeal");
    cr_assert(takeover()->review && takeover()->file_of == NULL);
    cr_assert_eq(state()->status, ESCALATION_STATUS_ENDED);
    kit_feed(&k, "intake.reopened", "2026-03-04 09:00", "{'reason':'appealed'}");
    cr_assert_eq(state()->status, ESCALATION_STATUS_WATCHING);
}

/* SL-3: the withdrawn miss withdraws its slip and no longer counts; the takeover stays. */
Test(escalation, ES_1_an_annulled_miss_withdraws_its_slip)
{
    assigned_to_outlet();
    kit_feed(&k, "sla.breached", "2026-03-03 10:00", BREACHED("evidence", "1"));
    const char *annulled = "{'code':'evidence','ver':1,'due_ms':1,'at_ms':1}";
    kit_expect(&k, "sla.annulled", "2026-03-03 10:00", annulled, "escalation.slip_withdrawn");
    kit_expect(&k, "sla.annulled", "2026-03-03 10:00", annulled, "ignored");
    cr_assert_eq(state()->n_open_slips, 0);
    cr_assert_str_eq(state()->org_id, "R-EAST");
}

/* ES-8 SL-3: performed in time after all, which is read before head office's people have been named: the sanction is
 * taken back from the unit that was to perform. */
Test(escalation, ES_8_SL_3_a_judgment_performed_in_time_takes_its_sanction_back)
{
    assigned_to_outlet();
    kit_expect(&k, "command.dispute", "2026-03-02 11:00",
               "{'actor':{'id':'c','role':'customer'},'step':'court','forum':'Yuhua district','reference':'17'}",
               "escalation.dispute_opened");
    kit_expect(&k, "command.record_judgment", "2026-03-02 12:00",
               "{'actor':{'id':'HO-L1','role':'legal','org_id':'HO'},'liability':'outlet','amount_minor':100,"
               "'currency':'CNY','perform_by_ms':1772704800000,'words':'as sued for'}",
               "escalation.judgment_recorded");
    EXPECT_MISSED("judgment", "1", "2026-03-05 18:00", "2026-03-05 18:00",
                  "escalation.slip_issued escalation.sanction_recorded escalation.taken_over");
    const char *annulled = arena_printf(&k.arena, "{'code':'judgment','ver':1,'due_ms':%lld,'at_ms':1}",
                                        (long long)kit_ms("2026-03-05 18:00"));
    kit_expect(&k, "sla.annulled", "2026-03-05 18:01", annulled,
               "escalation.slip_withdrawn escalation.sanction_withdrawn");
    const struct ev_escalation_sanction_withdrawn *back = kit_output(&k, EV_ESCALATION_SANCTION_WITHDRAWN, 0);
    cr_assert_str_eq(back->org_id, "O-E1");
}

Test(escalation, ES_1_history_and_the_customers_own_limits_issue_no_slip)
{
    assigned_to_outlet();
    kit_expect(&k, "sla.breached", "2026-03-03 10:00", BREACHED("customer_answer_day3", "1"), "ignored");
    kit_expect(&k, "sla.breached", "2026-03-03 10:00",
               "{'code':'evidence','ver':1,'round':1,'due_ms':1,'fired_ms':1,'late_ms':5,'history':true}", "ignored");
}

/* Assignments carry a version: an older one read later changes nothing. */
Test(escalation, DI_2_assignments_in_any_order)
{
    kit_expect(&k, "dispatch.reassigned", "2026-03-03 10:00", REASSIGNED(AT_REGIONAL("2")), "escalation.supervised");
    kit_expect(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(AT_OUTLET("1")), "escalation.supervised");
    cr_assert_str_eq(state()->org_id, "R-EAST");
    cr_assert_str_eq(state()->first_org, "O-E1", "whose file it will be, however late that is read");
    kit_expect(&k, "dispatch.assigned", "2026-03-02 10:00", ASSIGNED(AT_OUTLET("1")), "ignored");
}

/* ES-7: what closed the case was late itself, and sla says so after the end: the case moves no more, but the unit is
 * asked for the cause; what lay long in the past when it was imported is not asked about. */
Test(escalation, ES_7_a_miss_known_after_the_end_is_asked_about)
{
    assigned_to_outlet();
    kit_expect(&k, "intake.closed", "2026-03-04 10:00", "{'outcome':'rejected'}", "escalation.ended");
    kit_expect(&k, "sla.breached", "2026-03-04 10:00", BREACHED("plan", "1"),
               "escalation.slip_issued escalation.liaison_issued");
    const struct ev_escalation_liaison_issued *asked = kit_output(&k, EV_ESCALATION_LIAISON_ISSUED, 0);
    cr_assert_str_eq(asked->to_org, "O-E1");
    cr_assert_str_eq(asked->codes[0], "plan");
    kit_expect(&k, "sla.breached", "2026-03-04 10:00",
               "{'code':'approval','ver':1,'round':1,'due_ms':1,'fired_ms':1,'late_ms':5,'history':true}", "ignored");
}

Test(escalation, ES_2_supervision_ends_with_the_case_and_comes_back_with_it)
{
    assigned_to_outlet();
    kit_expect(&k, "intake.closed", "2026-03-04 10:00", "{'outcome':'settled'}", "escalation.ended");
    kit_expect(&k, "dispatch.reassigned", "2026-03-05 10:00", REASSIGNED(AT_REGIONAL("2")), "escalation.supervised");
    kit_expect(&k, "intake.reopened", "2026-03-05 10:00", "{'reason':'not_satisfied'}",
               "escalation.agreement_noted escalation.supervised");
    cr_assert_eq(state()->status, ESCALATION_STATUS_WATCHING);
    kit_expect(&k, "sla.breached", "2026-03-06 10:00", BREACHED("plan", "2"),
               "escalation.slip_issued escalation.taken_over escalation.file_demanded");
}

Test(escalation, golden_matrix)
{
    static const struct golden_way ways[] = {
        {"none", {{0}}},
        {"watching",
         {{"dispatch.assigned", ASSIGNED(AT_OUTLET("1"))}, {"sla.breached", BREACHED("first_response", "1")}, {0}}},
        {"awaiting_file", {{"dispatch.assigned", ASSIGNED(AT_OUTLET("1"))}, {"approval.refused", REFUSED}, {0}}},
        {"awaiting_visit",
         {{"dispatch.assigned", ASSIGNED(AT_OUTLET("1"))},
          {"approval.refused", REFUSED},
          {"evidence.file_received", FILE_RECEIVED("false")},
          {0}}},
        {"deciding",
         {{"dispatch.assigned", ASSIGNED(KIT_ASSIGNMENT("1", "O-GEN", "outlet", ""))},
          {"approval.refused", REFUSED},
          {"evidence.file_received", FILE_RECEIVED("true")},
          {0}}},
        {"ended",
         {{"dispatch.assigned", ASSIGNED(AT_OUTLET("1"))},
          {"sla.breached", BREACHED("first_response", "1")},
          {"intake.closed", "{'outcome':'settled'}"},
          {0}}},
        {0},
    };
    static const struct golden_feed samples[] = {
        {"dispatch.assigned", ASSIGNED(AT_OUTLET("2"))},
        {"dispatch.reassigned", REASSIGNED(AT_REGIONAL("2"))},
        {"dispatch.handler_changed", "{'assignment':" AT_OUTLET("2") "}"},
        {"sla.breached", BREACHED("evidence", "1")},
        {"approval.refused", REFUSED},
        {"evidence.file_received", FILE_RECEIVED("true")},
        {"evidence.investigation_concluded", CONCLUDED(",'takeover_no':2")},
        {"sla.annulled", "{'code':'first_response','ver':1,'due_ms':1,'at_ms':1}"},
        {"approval.deadlocked", "{'round':2,'org_id':'O-E1','level':'outlet'}"},
        {"intake.closed", "{'outcome':'settled'}"},
        {"intake.reopened", "{'reason':'not_satisfied'}"},
        {"approval.slip_approved",
         "{'slip_no':'S','brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" AT_OUTLET(
             "1") ",'plan':"
                  "{'measures':[],'amount_minor':1,'currency':'CNY'},'liability':'outlet','must_pay':true,"
                  "'must_execute':false}"},
        {"command.contest_liability",
         "{'actor':{'id':'customer','role':'customer'},'claimed':'outlet','reason':'bad work'}"},
        {"command.decide_contest",
         "{'actor':{'id':'HO-E1','role':'department_head','org_id':'HO'},'contest_no':'ZY-1-1','liability':'outlet',"
         "'words':'seen'}"},
        {"command.decide_sanction", "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'},"
                                    "'sanction_no':'JC-1-1','uphold':true,'reason':'by the file'}"},
        {"command.appeal_sanction", "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},"
                                    "'sanction_no':'JC-1-1','reason':'the door was shut'}"},
        {"command.dispute", "{'actor':{'id':'customer','role':'customer'},'step':'court','forum':'court'}"},
        {"command.note_dispute", "{'actor':{'id':'customer','role':'customer'},'note':'filed'}"},
        {"command.end_dispute", "{'actor':{'id':'customer','role':'customer'},'end':'withdrawn'}"},
        {"command.record_judgment", "{'actor':{'id':'HO-L1','role':'legal','org_id':'HO'},'liability':'outlet',"
                                    "'amount_minor':1,'perform_by_ms':9999999999999,'words':'pays'}"},
        {"command.answer_liaison", "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},"
                                   "'slip_no':'QH-1-1','cause':'forgotten'}"},
        {"command.hand_up", "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},'reason':'special'}"},
        {0}};
    golden_check(&k, ways, samples);
}
