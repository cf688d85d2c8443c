/* Evidence, one event at a time: what comes late, early or twice (EV-3, IN-4, SL-3). */
#include "core_kit.h"
#include "evidence/evidence.h"

TestSuite(evidence, .init = kit_begin, .fini = kit_end);

static struct evidence_state next;

static enum verdict step_at(const struct evidence_state *s, enum event_type type, const void *data, int64_t at_ms)
{
    return kit_step_at(&evidence_core, s, type, data, at_ms, &next);
}

static enum verdict step(const struct evidence_state *s, enum event_type type, const void *data)
{
    return step_at(s, type, data, KIT_NOW_MS);
}

static struct evidence_state in_status(enum evidence_status status)
{
    return (struct evidence_state){.status = status, .brief = &kit_brief, .assignment = &kit_outlet, .round = 1};
}

/* ES-2: another unit sees for itself; the same unit, after a reopening, need not. */
Test(evidence, ES_2_only_another_unit_visits_again)
{
    struct evidence_state s = in_status(EVIDENCE_STATUS_INVESTIGATING);
    struct assignment a = kit_outlet;
    struct ev_dispatch_reassigned e = {.assignment = &a, .from_org = "O-CN1", .reason = "x"};
    a.version = 3;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_DONE);
    cr_assert_eq(next.round, 1, "no visit, but the assignment is known");
    cr_assert_eq(next.assignment->version, 3);
    a.org_id = "R-CN";
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_DONE);
    cr_assert_eq(next.round, 2);
    cr_assert_eq(next.status, EVIDENCE_STATUS_VISIT_ORDERED);
    a.version = 2;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_IGNORED, "an older assignment");
}

/* SL-3 ES-4: the case moves on because the file was missing, and the file had come in time: it is here, nobody waits
 * for it or for a visit. Without it the visit that stands in is waited for. */
Test(evidence, SL_3_a_file_that_came_in_time_is_here)
{
    struct evidence_state s = in_status(EVIDENCE_STATUS_INVESTIGATING);
    struct assignment top = {.version = 4, .org_id = "HO", .level = ORG_LEVEL_HEAD_OFFICE, .manager_id = "HO-M1"};
    struct ev_dispatch_reassigned e = {.assignment = &top,
                                       .from_org = "R-CN",
                                       .reason = "file_missing",
                                       .has_takeover_no = true,
                                       .takeover_no = 2,
                                       .review = true,
                                       .await_file = true};
    s.file_no = 1;
    s.file_done = true;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_DONE);
    cr_assert_eq(next.status, EVIDENCE_STATUS_INVESTIGATING);
    cr_assert_str_eq(next.assignment->org_id, "HO");
    s.file_done = false;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_DONE);
    cr_assert_eq(next.status, EVIDENCE_STATUS_AWAITING_FILE);
}

/* IN-4: a correction read before the assignment is kept, whatever the assignment says. */
Test(evidence, IN_4_a_correction_may_come_before_the_assignment)
{
    struct evidence_state none = {0}, s;
    struct brief corrected = kit_brief;
    corrected.category = CATEGORY_SERVICE_QUALITY;
    corrected.has_version = true;
    corrected.version = 2;
    struct ev_intake_reclassified r = {.brief = &corrected, .reason = "seen"};
    struct ev_dispatch_assigned a = {.brief = &kit_brief, .assignment = &kit_outlet, .reason = "region"};
    cr_assert_eq(step(&none, EV_INTAKE_RECLASSIFIED, &r), VERDICT_DONE);
    s = next;
    cr_assert_eq(step(&s, EV_INTAKE_RECLASSIFIED, &r), VERDICT_IGNORED, "said twice");
    cr_assert_eq(step(&s, EV_DISPATCH_ASSIGNED, &a), VERDICT_DONE);
    cr_assert_eq(next.brief->category, CATEGORY_SERVICE_QUALITY);
    cr_assert_eq(next.n_missing, 2, "people present and cause analysis");
}

/* SL-3 DI-2: the former unit's record counts when it was handed in while that unit had the case. */
Test(evidence, SL_3_the_former_units_record_counts_up_to_the_takeover)
{
    struct evidence_state s = in_status(EVIDENCE_STATUS_VISIT_ORDERED);
    struct assignment a = {.version = 3, .org_id = "R-CN", .visitor_id = "R-CN-H2"};
    struct visit_record r = {.cause_analysis = "no primer"};
    struct ev_command_submit_evidence c = {
        .actor = &kit_handler, .visitor_id = "O-CN1-H2", .visited_ms = 5, .record = &r};
    s.assignment = &a;
    s.former_org_id = "O-CN1";
    s.since_ms = KIT_NOW_MS;
    cr_assert_eq(step_at(&s, EV_COMMAND_SUBMIT_EVIDENCE, &c, KIT_NOW_MS), VERDICT_DONE);
    kit_refused(step_at(&s, EV_COMMAND_SUBMIT_EVIDENCE, &c, KIT_NOW_MS + 1), "DI-2", "not_your_case");
}

/* EV-6: what head office cannot show not to be ours is the company's. */
Test(evidence, EV_6_at_head_office_it_is_the_companys)
{
    struct evidence_state s = in_status(EVIDENCE_STATUS_INVESTIGATING);
    struct assignment a = {.version = 3, .org_id = "HO", .level = ORG_LEVEL_HEAD_OFFICE, .visitor_id = "HO-S1"};
    struct actor who = {.id = "HO-S1", .role = ROLE_HO_SERVICE, .org_id = "HO"};
    struct finding f = {.cause = CAUSE_UNKNOWN, .liability = LIABILITY_NONE};
    struct ev_command_conclude c = {.actor = &who, .finding = &f};
    s.assignment = &a;
    cr_assert_eq(step(&s, EV_COMMAND_CONCLUDE, &c), VERDICT_DONE);
    cr_assert_eq(next.finding->liability, LIABILITY_COMPANY);
    cr_assert(next.finding->justified);
}

/* AP-2: a finding's loss is an amount of a known currency. */
Test(evidence, AP_2_a_loss_is_an_amount)
{
    struct evidence_state s = in_status(EVIDENCE_STATUS_INVESTIGATING);
    struct finding f = {.cause = CAUSE_MATERIAL, .liability = LIABILITY_SUPPLIER, .has_loss_minor = true};
    struct ev_command_conclude c = {.actor = &kit_handler, .finding = &f};
    kit_refused(step(&s, EV_COMMAND_CONCLUDE, &c), "AP-2", "unknown_currency");
    f.currency = "CNY";
    f.loss_minor = -1;
    kit_refused(step(&s, EV_COMMAND_CONCLUDE, &c), "AP-2", "negative_amount");
    f.loss_minor = 0;
    cr_assert_eq(step(&s, EV_COMMAND_CONCLUDE, &c), VERDICT_DONE);
}

/* A case closed before its assignment was read is never visited. */
Test(evidence, EV_1_no_visit_for_a_closed_case)
{
    struct evidence_state none = {0}, s;
    struct ev_intake_closed closed = {.outcome = OUTCOME_WITHDRAWN};
    struct ev_dispatch_assigned a = {.brief = &kit_brief, .assignment = &kit_outlet, .reason = "region"};
    cr_assert_eq(step(&none, EV_INTAKE_CLOSED, &closed), VERDICT_DONE);
    s = next;
    cr_assert_eq(step(&s, EV_DISPATCH_ASSIGNED, &a), VERDICT_IGNORED);
}
