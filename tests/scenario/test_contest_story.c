/* What head office decided of the liability is contested: department heads, their silence, and reports (EV-7). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(contest_story, .init = story_begin, .fini = story_end);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct ev_escalation_liability_contested *contested(void)
{
    return last(EV_ESCALATION_LIABILITY_CONTESTED);
}

static const struct ev_escalation_contest_decided *decided(void) { return last(EV_ESCALATION_CONTEST_DECIDED); }

static const struct actor *customer(void) { return somebody("customer", ROLE_CUSTOMER, NULL); }
static const struct actor *outlet(void) { return somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"); }

/* Head office has taken the case over from O-CN1 and decided by its table. */
static void head_office_decided(enum cause cause, enum liability liability)
{
    struct visit_record *r = NEW(struct visit_record);
    struct finding *f = NEW(struct finding);
    *r = full_record();
    *f = the_finding(cause, liability);
    f->shown = true;
    customer_claims(80000);
    handler_calls();
    advance_hours(50);
    expect_owner("HO");
    file_handed_over(r, f);
    expect_event(EV_ESCALATION_LIABILITY_ROUTED);
}

static void contests(const struct actor *who, enum liability claimed)
{
    struct ev_command_contest_liability *c = NEW(struct ev_command_contest_liability);
    *c = (struct ev_command_contest_liability){.actor = who, .claimed = claimed, .reason = "it was another's work"};
    sends(EV_COMMAND_CONTEST_LIABILITY, c);
}

static void brings_report(const struct actor *who, enum liability claimed, const char *sha256)
{
    struct document *d = NEW(struct document);
    struct ev_command_contest_liability *c = NEW(struct ev_command_contest_liability);
    *d = (struct document){.title = "inspection report", .sha256 = sha256};
    *c = (struct ev_command_contest_liability){.actor = who,
                                               .claimed = claimed,
                                               .reason = "the institute's report",
                                               .inspector = "Hunan building research institute",
                                               .inspection = d};
    sends(EV_COMMAND_CONTEST_LIABILITY, c);
}

static void rules(const char *who, enum role role, enum liability liability)
{
    struct ev_command_decide_contest *c = NEW(struct ev_command_decide_contest);
    *c = (struct ev_command_decide_contest){.actor = somebody(who, role, "HO"),
                                            .contest_no = contested()->contest_no,
                                            .liability = liability,
                                            .words = "the drawings show it"};
    sends(EV_COMMAND_DECIDE_CONTEST, c);
}

static const char sha[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/* EV-7: the outlet contests that its workmanship is at fault: the head of engineering is asked and finds against a
 * third party; the offer to the customer goes, and what the table has for a third party's fault takes its place. */
Test(contest_story, EV_7_the_departments_head_decides)
{
    head_office_decided(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    expect_status(APPROVAL, "offered");
    contests(outlet(), LIABILITY_THIRD_PARTY);
    cr_assert_str_eq(contested()->department, "engineering");
    cr_assert_str_eq(contested()->to_person, "HO-E1");
    expect_limit("liability_contest", LIMIT_STATE_ARMED);
    expect_status(APPROVAL, "offered"); /* the customer does not wait for it */
    rules("HO-D1", ROLE_DEPARTMENT_HEAD, LIABILITY_THIRD_PARTY);
    expect_refused("EV-7", "not_asked");
    rules("HO-E2", ROLE_DEPARTMENT_CONTACT, LIABILITY_THIRD_PARTY);
    expect_refused("EV-7", "not_asked");
    rules("HO-E1", ROLE_DEPARTMENT_HEAD, LIABILITY_THIRD_PARTY);
    cr_assert_eq(decided()->end, CONTEST_END_DECIDED);
    cr_assert_eq(decided()->liability, LIABILITY_THIRD_PARTY);
    expect_limit("liability_contest", LIMIT_STATE_MET);
    expect_status(APPROVAL, "rejected");
    expect_limit("customer_answer", LIMIT_STATE_CANCELLED);
    const struct ev_approval_rejected *told = last(EV_APPROVAL_REJECTED);
    cr_assert_str_eq(told->reasons, "the drawings show it");
    contests(outlet(), LIABILITY_SUPPLIER);
    expect_refused("EV-7", "decided_already");
    expect_sound();
}

/* EV-7: upheld, nothing changes for the customer. */
Test(contest_story, EV_7_what_is_upheld_stays_as_it_was)
{
    head_office_decided(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    int plans = count(EV_APPROVAL_PLAN_PROPOSED);
    contests(outlet(), LIABILITY_CUSTOMER);
    contests(customer(), LIABILITY_COMPANY);
    expect_refused("EV-7", "contested_already");
    rules("HO-E1", ROLE_DEPARTMENT_HEAD, LIABILITY_OUTLET);
    cr_assert_eq(decided()->liability, LIABILITY_OUTLET);
    expect_status(APPROVAL, "offered");
    cr_assert_eq(count(EV_APPROVAL_PLAN_PROPOSED), plans);
    customer_accepts();
    contests(outlet(), LIABILITY_CUSTOMER);
    expect_refused("EV-7", "settlement_signed");
    expect_sound();
}

/* EV-7 ES-1: the head is silent, then the service manager, then the general manager: each is reminded, the next asked;
 * after the last it stands as found. None of them is asked twice. */
Test(contest_story, EV_7_silence_asks_the_next_and_at_last_it_stands)
{
    head_office_decided(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    expect_status(APPROVAL, "rejected");
    contests(customer(), LIABILITY_OUTLET);
    cr_assert_str_eq(contested()->department, "customer_service");
    cr_assert_str_eq(contested()->to_person, "HO-M1");
    advance_days(6); /* three working days after Wednesday: Monday's close */
    const struct ev_escalation_slip_issued *slip = slip_for("liability_contest");
    cr_assert_str_eq(slip->to_person, "HO-M1");
    const struct ev_escalation_contest_raised *raised = last(EV_ESCALATION_CONTEST_RAISED);
    cr_assert_str_eq(raised->to_person, "HO-GM", "the service manager heads the department and was asked");
    cr_assert_str_eq(raised->silent, "HO-M1");
    expect_limit("liability_contest", LIMIT_STATE_ARMED);
    advance_days(5);
    expect_events(EV_ESCALATION_CONTEST_RAISED, 1);
    cr_assert_eq(decided()->end, CONTEST_END_SILENCE);
    cr_assert_eq(decided()->liability, LIABILITY_CUSTOMER);
    expect_status(APPROVAL, "rejected");
    expect_sound();
}

/* EV-7: who was asked first may still decide while nobody has. */
Test(contest_story, EV_7_a_late_head_decides_while_nobody_has)
{
    head_office_decided(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    contests(outlet(), LIABILITY_COMPANY);
    advance_days(6);
    expect_event(EV_ESCALATION_CONTEST_RAISED);
    rules("HO-E1", ROLE_DEPARTMENT_HEAD, LIABILITY_COMPANY);
    cr_assert_eq(decided()->liability, LIABILITY_COMPANY);
    cr_assert_str_eq(decided()->liable_org, "HO");
    expect_sound();
}

/* EV-7: a customer who was told a rejection brings an inspection's report: it decides at once, the case comes back and
 * is compensated; against a report there is no contest. */
Test(contest_story, EV_7_the_customers_report_decides_at_once)
{
    head_office_decided(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    expect_status(APPROVAL, "rejected");
    expect_status(INTAKE, "answered");
    brings_report(customer(), LIABILITY_OUTLET, "");
    expect_refused("EV-7", "report_without_inspector_or_hash");
    contests(customer(), LIABILITY_OUTLET); /* the department is asked meanwhile */
    brings_report(customer(), LIABILITY_OUTLET, sha);
    expect_events(EV_ESCALATION_CONTEST_DECIDED, 2);
    cr_assert_eq(decided()->end, CONTEST_END_REPORT);
    cr_assert_str_eq(decided()->row, "report-outlet");
    cr_assert_str_eq(decided()->liable_org, "O-CN1");
    expect_limit("liability_contest", LIMIT_STATE_MET);
    expect_status(INTAKE, "open");
    expect_status(APPROVAL, "offered");
    customer_accepts();
    advance_hours(1);
    expect_event(EV_PAYMENT_SETTLED);
    const struct ev_payment_recovery_due *due = last(EV_PAYMENT_RECOVERY_DUE);
    cr_assert_str_eq(due->account, "outlet:O-CN1");
    brings_report(outlet(), LIABILITY_CUSTOMER, sha);
    expect_refused("EV-7", "settlement_signed");
    expect_sound();
}

/* EV-7: what a report has decided is not contested any more. */
Test(contest_story, EV_7_against_a_report_there_is_no_contest)
{
    head_office_decided(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    brings_report(customer(), LIABILITY_OUTLET, sha);
    brings_report(outlet(), LIABILITY_CUSTOMER, sha);
    expect_refused("EV-7", "a_report_has_decided");
    contests(outlet(), LIABILITY_CUSTOMER);
    expect_refused("EV-7", "a_report_has_decided");
    expect_sound();
}

/* EV-7 DI-2: only after head office has decided, only by whom it concerns, and for another than is found already. */
Test(contest_story, EV_7_what_cannot_be_contested)
{
    customer_claims(80000);
    visit_done();
    contests(customer(), LIABILITY_COMPANY);
    expect_refused("EV-7", "liability_not_decided");
    story_end();
    story_begin();
    head_office_decided(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    contests(somebody("O-CN2-M", ROLE_OUTLET_MANAGER, "O-CN2"), LIABILITY_CUSTOMER);
    expect_refused("DI-2", "not_your_case");
    contests(outlet(), LIABILITY_OUTLET);
    expect_refused("EV-7", "it_is_found_so");
    expect_sound();
}

/* EV-7: the head who contests does not decide it. */
Test(contest_story, EV_7_nobody_decides_their_own_contest)
{
    head_office_decided(CAUSE_DESIGN, LIABILITY_COMPANY);
    contests(somebody("HO-D1", ROLE_DEPARTMENT_HEAD, "HO"), LIABILITY_OUTLET);
    cr_assert_str_eq(contested()->to_person, "HO-M1");
    rules("HO-D1", ROLE_DEPARTMENT_HEAD, LIABILITY_OUTLET);
    expect_refused("EV-7", "not_asked");
    expect_sound();
}

/* EV-7: the customer signs, the case closes: the contest has lost its matter. */
Test(contest_story, EV_7_a_signature_overtakes_the_contest)
{
    head_office_decided(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    contests(outlet(), LIABILITY_CUSTOMER);
    customer_accepts();
    cr_assert_eq(decided()->end, CONTEST_END_OVERTAKEN);
    expect_limit("liability_contest", LIMIT_STATE_MET);
    rules("HO-E1", ROLE_DEPARTMENT_HEAD, LIABILITY_CUSTOMER);
    expect_refused("EV-7", "no_open_contest");
    expect_sound();
}
