/* How a case comes to have each limit of the shipped policy, and what its people do about it. See limit_stories.h. */
#include "limit_stories.h"

#include "story.h"

enum { DAY_MS = 24 * 3600 * 1000 };

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))
#define SEND(type, name, ...)                                                                                          \
    do {                                                                                                               \
        struct ev_command_##name *c = NEW(struct ev_command_##name);                                                   \
        *c = (struct ev_command_##name){__VA_ARGS__};                                                                  \
        sends(type, c);                                                                                                \
    } while (0)

static const char sha[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

static int64_t in_days(int n) { return story_world->now_ms + n * (int64_t)DAY_MS; }
static const struct actor *handler(void) { return somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id); }
static const struct actor *customer(void) { return somebody("customer", ROLE_CUSTOMER, NULL); }
static const struct actor *legal(void) { return somebody("HO-L1", ROLE_LEGAL, "HO"); }
static const struct actor *general_manager(void) { return somebody("HO-GM", ROLE_GENERAL_MANAGER, "HO"); }
static const struct actor *outlet(void) { return somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"); }

/* ---- how a case comes to have it, and what answers it ---- */

static void claim(void) { customer_claims(300000); }
static void small_claim(void) { customer_claims(20000); }
static void claim_without_amount(void)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
}
static void amount_supplied(void) { customer_supplies("claimed_amount"); }
static void reviewed(void) { handler_reviews(true, true, NULL); }

static void seen(void)
{
    struct visit_record *r = NEW(struct visit_record);
    *r = full_record();
    visitor_submits(r, NULL, NULL);
}
static void claim_seen(void) { claim(), seen(); }
static void claim_without_amount_seen(void) { claim_without_amount(), seen(); }
static void concluded(void)
{
    struct finding *f = NEW(struct finding);
    *f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    investigator_concludes(f, NULL);
}

static void claim_found(void) { claim(), visit_done(); }
static void claim_without_amount_found(void) { claim_without_amount(), visit_done(); }
static void planned(void) { handler_proposes(compensation(250000)); }
static void claim_planned(void) { claim_found(), planned(); }
static void claim_without_amount_planned(void) { claim_without_amount_found(), planned(); }
static void plan_offered(void) { claim_planned(), manager_approves(); }

static void complaint_rejected(void)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rejection("the tiles are as ordered"));
}

static void slip_approved_for(const struct plan *p)
{
    visit_done();
    handler_proposes(p);
    customer_accepts();
}
/* The bank answers when the story has looked. */
static void to_be_paid(void)
{
    small_claim();
    story_world->bank_delay_ms = 40 * (int64_t)DAY_MS;
    slip_approved_for(compensation(20000));
}
static void to_be_paid_soon(void)
{
    small_claim();
    slip_approved_for(compensation(20000));
}
static void account_asked_for(void)
{
    static const char *const account[] = {"account"};
    to_be_paid();
    SEND(EV_COMMAND_REQUEST_MATERIAL, request_material, .actor = handler(), .n_materials = 1, .materials = account);
}
static void account_supplied(void) { customer_supplies("account"); }
static void bank_answers(void) { advance_hours(1); }
static void to_be_executed(void) { small_claim(), slip_approved_for(rework()); }
static void executed(void) { to_be_executed(), handler_executes(); }
static void satisfied(void) { customer_answers(SATISFACTION_SATISFIED); }

/* ES-3, ES-4: silence climbs to head office, which demands the file. */
static void file_demanded(void)
{
    customer_claims(80000);
    handler_calls();
    advance_hours(50);
    expect_owner("HO");
}
static void whole_file_handed_over(void)
{
    struct visit_record *r = NEW(struct visit_record);
    struct finding *f = NEW(struct finding);
    *r = full_record();
    *f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    f->shown = true;
    file_handed_over(r, f);
}
static void half_a_file_handed_over(void)
{
    struct visit_record *r = NEW(struct visit_record);
    *r = full_record();
    r->n_photos = 0;
    file_handed_over(r, NULL);
}

static void inspection_ordered(void)
{
    claim_seen();
    SEND(EV_COMMAND_ORDER_INSPECTION, order_inspection, .actor = handler(), .inspector = "building institute");
}
static void inspection_reported(void)
{
    static const struct document report = {.title = "inspection report", .sha256 = sha};
    SEND(EV_COMMAND_END_INSPECTION, end_inspection, .actor = handler(), .report = LIABILITY_SUPPLIER,
         .document = &report);
}

/* ---- head office: contests, sanctions, corrections, slips ---- */

static void liability_contested(void)
{
    file_demanded();
    whole_file_handed_over();
    SEND(EV_COMMAND_CONTEST_LIABILITY, contest_liability, .actor = outlet(), .claimed = LIABILITY_THIRD_PARTY,
         .reason = "it was another's work");
}
static void contest_decided(void)
{
    const struct ev_escalation_liability_contested *asked = last(EV_ESCALATION_LIABILITY_CONTESTED);
    SEND(EV_COMMAND_DECIDE_CONTEST, decide_contest, .actor = somebody(asked->to_person, ROLE_DEPARTMENT_HEAD, "HO"),
         .contest_no = asked->contest_no, .liability = LIABILITY_OUTLET, .words = "the drawings show it");
}

static void fine_recorded(void) { file_demanded(), advance_hours(25); }
static const char *sanction_no(void)
{
    return ((const struct ev_escalation_sanction_recorded *)last(EV_ESCALATION_SANCTION_RECORDED))->sanction_no;
}
static void fine_approved(void)
{
    SEND(EV_COMMAND_DECIDE_SANCTION, decide_sanction, .actor = general_manager(), .sanction_no = sanction_no(),
         .uphold = true, .reason = "by the file");
}
static void outlet_warned(void) { file_demanded(), half_a_file_handed_over(); }
static void sanction_appealed(void)
{
    SEND(EV_COMMAND_APPEAL_SANCTION, appeal_sanction, .actor = outlet(), .sanction_no = sanction_no(),
         .reason = "the customer kept the door shut");
}

static void companys_fault_settled(void)
{
    struct visit_record *record = NEW(struct visit_record);
    struct finding *f = NEW(struct finding);
    customer_claims(30000);
    *record = full_record();
    *f = the_finding(CAUSE_DESIGN, LIABILITY_COMPANY);
    visitor_submits(record, f, compensation(30000));
    customer_accepts();
    bank_answers();
    satisfied();
}
static void correction_closed(void)
{
    const struct ev_escalation_correction_opened *opened = last(EV_ESCALATION_CORRECTION_OPENED);
    SEND(EV_COMMAND_CLOSE_CORRECTION, close_correction,
         .actor = somebody(opened->person_id, ROLE_DEPARTMENT_HEAD, "HO"), .correction_no = opened->correction_no,
         .found = "no expansion joint", .measures = "joint added", .outcome = CORRECTION_OUTCOME_CORRECTED);
    SEND(EV_COMMAND_CONFIRM_CORRECTION, confirm_correction, .actor = somebody("HO-GM", ROLE_GENERAL_MANAGER, "HO"),
         .correction_no = opened->correction_no, .agree = true);
}

static void late_case_closed(void)
{
    customer_claims(80000);
    handler_calls();
    advance_hours(25);
    customer_withdraws();
}
static void cause_given(void)
{
    const struct ev_escalation_liaison_issued *slip = last(EV_ESCALATION_LIAISON_ISSUED);
    SEND(EV_COMMAND_ANSWER_LIAISON, answer_liaison, .actor = outlet(), .slip_no = slip->slip_no,
         .cause = "the visitor was ill");
}

static void advance_applied_for(void)
{
    static const struct document certificate = {.title = "formaldehyde, bedroom", .sha256 = sha};
    static const struct document report = {.title = "site analysis report", .sha256 = sha};
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->category = CATEGORY_MATERIAL;
    f->has_claimed_minor = true;
    f->claimed_minor = 200000;
    arrives("/channels/phone", f);
    SEND(EV_COMMAND_APPLY_ADVANCE, apply_advance, .actor = customer(), .amount_minor = 50000, .currency = "CNY");
    SEND(EV_COMMAND_FILE_ADVANCE, file_advance, .actor = somebody("O-CN1-H1", ROLE_HANDLER, "O-CN1"),
         .inspector = "CTI", .surveyor_id = "O-CN1-H2", .surveyed_ms = story_world->now_ms - 1000,
         .certificate = &certificate, .site_report = &report, .material_source = MATERIAL_SOURCE_HEAD_OFFICE);
}
static void advance_granted(void)
{
    SEND(EV_COMMAND_REVIEW_ADVANCE, review_advance, .actor = somebody("HO-M1", ROLE_HO_SERVICE_MANAGER, "HO"),
         .approve = true, .has_amount_minor = true, .amount_minor = 40000);
}

/* ---- before a forum ---- */

static void goes_to_court(void)
{
    static const struct document writ = {.title = "statement of claim", .dated_ms = 1, .has_dated_ms = true};
    SEND(EV_COMMAND_DISPUTE, dispute, .actor = customer(), .step = DISPUTE_STEP_COURT, .forum = "Yuhua district",
         .n_documents = 1, .documents = &writ);
}
static void leaves_court(void)
{
    SEND(EV_COMMAND_END_DISPUTE, end_dispute, .actor = customer(), .end = DISPUTE_END_WITHDRAWN);
}
static void in_court(void) { customer_claims(80000), visit_done(), goes_to_court(); }
static void state_noted(void)
{
    SEND(EV_COMMAND_NOTE_DISPUTE, note_dispute, .actor = legal(), .note = "waiting for the expert");
}
static void hearing_fixed(void)
{
    in_court();
    SEND(EV_COMMAND_NOTE_DISPUTE, note_dispute, .actor = legal(), .note = "a hearing is fixed", .has_hearing_ms = true,
         .hearing_ms = in_days(9));
}
static void hearing_reported(void)
{
    advance_to(in_days(9));
    state_noted();
}
static void judged(void)
{
    in_court();
    SEND(EV_COMMAND_RECORD_JUDGMENT, record_judgment, .actor = legal(), .liability = LIABILITY_OUTLET,
         .work = MEASURE_KIND_REWORK, .perform_by_ms = in_days(10), .words = "the outlet does it again");
}
static void judgment_performed(void)
{
    handler_executes();
    advance_hours(1);
}

/* ---- promised dates (SL-7) ---- */

static void promises(const char *what, const char *of, int days)
{
    SEND(EV_COMMAND_PROMISE, promise, .actor = handler(), .promise = what, .of = of, .due_ms = in_days(days),
         .text = "we come by");
}
static void keeps(const char *what)
{
    SEND(EV_COMMAND_KEEP_PROMISE, keep_promise, .actor = handler(), .promise = what);
}
static void visit_promised(void) { claim_found(), promises("visit", NULL, 2); }
static void visit_kept(void) { keeps("visit"); }
static void milestone_set(void) { claim_found(), promises("floor", NULL, 20), promises("tiles", "floor", 2); }
static void milestone_reached(void) { keeps("tiles"); }
static void handling_time_fixed(void) { small_claim(), promises("handling", NULL, 2); }
static void result_told(void) { slip_approved_for(compensation(20000)); }
static void answer_promised(void)
{
    struct visit_record *r = NEW(struct visit_record);
    struct finding *f = NEW(struct finding);
    small_claim();
    *r = full_record();
    *f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    r->has_answer_promised_ms = true;
    r->answer_promised_ms = in_days(2);
    visitor_submits(r, f, NULL);
}
static void answered(void) { handler_proposes(compensation(20000)); }
static void measure_dated(void)
{
    struct measure *m = NEW(struct measure);
    struct plan *p = NEW(struct plan);
    small_claim();
    *m = (struct measure){
        .kind = MEASURE_KIND_REWORK, .executor = owner()->handler_id, .has_due_ms = true, .due_ms = in_days(2)};
    *p = (struct plan){.measures = m, .n_measures = 1, .currency = "CNY"};
    slip_approved_for(p);
}

/* ---- issues (IN-11) ---- */

static const struct actor *head_of_design(void) { return somebody("HO-D1", ROLE_DEPARTMENT_HEAD, "HO"); }
static void issue_raised(void)
{
    claim();
    SEND(EV_COMMAND_RAISE_ISSUE, raise_issue, .actor = handler(), .department = "design", .text = "the door");
}
static void issue_signed(void)
{
    SEND(EV_COMMAND_SIGN_ISSUE, sign_issue, .actor = head_of_design(), .issue_no = "design-1");
}
static void issue_answered(void)
{
    SEND(EV_COMMAND_ANSWER_ISSUE, answer_issue, .actor = head_of_design(), .issue_no = "design-1",
         .answer = "hung anew", .due_ms = in_days(2));
}
static void issue_dated(void) { issue_raised(), issue_answered(); }
static void issue_settled(void)
{
    SEND(EV_COMMAND_SETTLE_ISSUE, settle_issue, .actor = handler(), .issue_no = "design-1");
}

/* ---- all of them ---- */

static void offered_in_court(void) { plan_offered(), goes_to_court(); }
static void rejected_in_court(void) { complaint_rejected(), goes_to_court(); }

const struct limit_story limit_stories[] = {
    {"first_response", claim, handler_calls, NULL, NULL, NULL},
    {"preliminary_review", claim, reviewed, claim_without_amount, amount_supplied, NULL},
    {"evidence", claim, visit_done, NULL, NULL, NULL},
    {"investigation", claim_seen, concluded, claim_without_amount_seen, amount_supplied, NULL},
    {"inspection", inspection_ordered, inspection_reported, NULL, NULL, NULL},
    {"file_handover", file_demanded, whole_file_handed_over, NULL, NULL, NULL},
    {"plan", claim_found, planned, claim_without_amount_found, amount_supplied, NULL},
    {"approval", claim_planned, manager_approves, claim_without_amount_planned, amount_supplied, NULL},
    {"customer_answer_day3", plan_offered, customer_accepts, offered_in_court, leaves_court, NULL},
    {"customer_answer_day7", plan_offered, customer_accepts, offered_in_court, leaves_court, NULL},
    {"customer_answer", plan_offered, customer_objects, offered_in_court, leaves_court, NULL},
    {"appeal", complaint_rejected, customer_objects, rejected_in_court, leaves_court, NULL},
    {"proceedings", in_court, state_noted, NULL, NULL, NULL},
    {"hearing", hearing_fixed, hearing_reported, NULL, NULL, NULL},
    {"judgment", judged, judgment_performed, NULL, NULL, NULL},
    {"advance_review", advance_applied_for, advance_granted, NULL, NULL, NULL},
    {"payment", to_be_paid, bank_answers, account_asked_for, account_supplied, to_be_paid_soon},
    {"execution", to_be_executed, handler_executes, NULL, NULL, NULL},
    {"liability_contest", liability_contested, contest_decided, NULL, NULL, NULL},
    {"correction", companys_fault_settled, correction_closed, NULL, NULL, NULL},
    {"sanction_decision", fine_recorded, fine_approved, NULL, NULL, NULL},
    {"sanction_appeal", outlet_warned, sanction_appealed, NULL, NULL, NULL},
    {"liaison_answer", late_case_closed, cause_given, NULL, NULL, NULL},
    {"satisfaction_call", executed, handler_calls, NULL, NULL, NULL},
    {"satisfaction", executed, satisfied, NULL, NULL, NULL},
    {"customer_material", claim_without_amount, amount_supplied, NULL, NULL, NULL},
    {"visit_answer", answer_promised, answered, NULL, NULL, NULL},
    {"measure", measure_dated, handler_executes, NULL, NULL, NULL},
    {"handling_time", handling_time_fixed, result_told, NULL, NULL, NULL},
    {"promise", visit_promised, visit_kept, NULL, NULL, NULL},
    {"milestone", milestone_set, milestone_reached, NULL, NULL, NULL},
    {"issue_signature", issue_raised, issue_signed, NULL, NULL, NULL},
    {"issue_answer", issue_raised, issue_answered, NULL, NULL, NULL},
    {"issue", issue_dated, issue_settled, NULL, NULL, NULL},
};
const int limit_stories_n = sizeof limit_stories / sizeof limit_stories[0];
