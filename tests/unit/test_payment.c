/* The payment core: rules PA-1, PA-2, PA-3, PA-4; the ledger's property over random histories. */
#include <stdlib.h>

#include "base/id.h"
#include "day_ceiling.h"
#include "golden_kit.h"
#include "payment/payment.h"

static struct kit k;
static void set_up(void) { k = kit_open(&payment_core); }
static void tear_down(void) { kit_close(&k); }
TestSuite(payment, .init = set_up, .fini = tear_down, .timeout = 60);

static const struct payment_state *state(void) { return k.state; }
static const struct ev_payment_instructed *instructed(void) { return kit_output(&k, EV_PAYMENT_INSTRUCTED, 0); }

struct slip {
    const char *no, *phase, *org, *level, *plan; /* plan: further members of the plan */
    long amount, fee;
};

static const char *slip_json(const struct slip *s)
{
    return arena_printf(
        &k.arena,
        "{'slip_no':'%s','brief':{'case_no':'RF2026-03-000017','kind':'claim','category':'workmanship','phase':'%s',"
        "'severity':'normal','channel':'web','customer':{'name':'Li','account':'acc-1'},'contract_no':'HT-1','region':"
        "'AIR-JFK','currency':'CNY','fee_due_minor':%ld,'consent':false,'direct':false,'received_ms':1,'history':false}"
        ","
        "'assignment':{'version':1,'org_id':'%s','org_name':'x','level':'%s','handler_id':'h','handler_name':'h',"
        "'manager_id':'m','visitor_id':'v'},'plan':{'measures':[],'amount_minor':%ld,'currency':'CNY'%s},'liability':"
        "'outlet','payee':'acc-1','must_pay':%s,'must_execute':false}",
        s->no, s->phase, s->fee, s->org, s->level, s->amount, s->plan == NULL ? "" : s->plan,
        s->amount > 0 ? "true" : "false");
}

static const char *slip_of(const char *no, long amount)
{
    return slip_json(
        &(struct slip){.no = no, .phase = "after_sales", .org = "O-E1", .level = "outlet", .amount = amount});
}

static const char *answer(int payout_no, const char *outcome, long amount)
{
    return arena_printf(&k.arena,
                        "{'key':'redress-%lld-%d','payout_no':%d,'outcome':'%s','amount_minor':%ld,'currency':'CNY',"
                        "'bank_ref':'BK1','reason':'account_closed'}",
                        (long long)k.case_id, payout_no, payout_no, outcome, amount);
}

#define WHEN "2026-03-02 10:00"
#define BY(role, person, org) "{'actor':{'id':'" person "','role':'" role "','org_id':'" org "'}"
#define DECIDE(person, yes) BY("outlet_manager", person, "O-E1") ",'approve':" yes "}"
#define RELEASE(role, person) BY(role, person, "HO") ",'reason':'looked into'}"
#define RESOLVE(role, person, more) BY(role, person, "HO") ",'bank_ref':'letter 7'," more "}"
#define CONFIRM(role, person, yes) BY(role, person, "HO") ",'agree':" yes "}"
#define SIGN(role, person, org, no) BY(role, person, org) ",'voucher_no':'" no "'}"
#define RETRY(role, person, payee) "{'actor':{'id':'" person "','role':'" role "','org_id':'HO'},'payee':'" payee "'}"

/* PA-1, PA-3, PA-4: one instruction for the approved slip, with the outlet's account and balanced entries. */
Test(payment, PA_1_the_approved_slip_is_instructed_once)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 120000), "payment.instructed");
    const struct ev_payment_instructed *i = instructed();
    cr_assert_eq(i->amount_minor, 120000);
    cr_assert_str_eq(i->payer_account, "O-E1-6222");
    cr_assert_str_eq(i->payee, "acc-1");
    cr_assert_eq(i->pay_method, PAY_METHOD_TRANSFER);
    cr_assert_eq(i->n_entries, 2);
    cr_assert_eq(i->entries[0].amount_minor + i->entries[1].amount_minor, 0);
    cr_assert_str_eq(i->entries[0].account, "expense:compensation:O-E1");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 120000), "ignored");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 120000), "payment.settled");
    const struct ev_payment_settled *s = kit_output(&k, EV_PAYMENT_SETTLED, 0);
    cr_assert_str_eq(s->voucher_no, "S1-P1");
    cr_assert_str_eq(s->bank_ref, "BK1");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 120000), "ignored");
}

Test(payment, PA_1_a_slip_without_money_pays_nothing)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 0), "ignored");
}

/* PA-2: during construction what is still owed is set off first, the remainder is paid. */
Test(payment, PA_2_deduction_first_then_the_remainder)
{
    struct slip s = {
        .no = "S1", .phase = "construction", .org = "O-E1", .level = "outlet", .amount = 100000, .fee = 30000};
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.deducted payment.instructed");
    cr_assert_eq(((const struct ev_payment_deducted *)kit_output(&k, EV_PAYMENT_DEDUCTED, 0))->amount_minor, 30000);
    cr_assert_eq(instructed()->amount_minor, 70000);
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 70000), "payment.settled");
    cr_assert_eq(((const struct ev_payment_settled *)kit_output(&k, EV_PAYMENT_SETTLED, 0))->amount_minor, 100000);
    s.no = "S2"; /* the fee is used up */
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.instructed");
    cr_assert_eq(instructed()->payout_no, 2);
}

Test(payment, PA_2_all_of_it_set_off_needs_no_bank)
{
    struct slip s = {
        .no = "S1", .phase = "construction", .org = "O-E1", .level = "outlet", .amount = 20000, .fee = 30000};
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.deducted payment.settled");
    cr_assert_not(((const struct ev_payment_settled *)kit_output(&k, EV_PAYMENT_SETTLED, 0))->has_payout_no);
    s.no = "S2"; /* 10000 of the fee are left */
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.deducted payment.instructed");
    cr_assert_eq(instructed()->amount_minor, 10000);
}

/* PA-2: only where the outlet pays itself; after a regional's takeover it still does, not after head office's. */
Test(payment, PA_2_deduction_only_where_the_outlet_pays)
{
    struct slip s = {
        .no = "S1", .phase = "construction", .org = "HO", .level = "head_office", .amount = 100, .fee = 50};
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.instructed");
    cr_assert_str_eq(instructed()->payer_account, "HO-6222-0001");
    k.state = NULL;
    s.org = "R-EAST", s.level = "regional";
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.deducted payment.instructed");
    cr_assert_str_eq(instructed()->payer_account, "O-E1-6222");
    k.state = NULL;
    s.org = "O-E1", s.level = "outlet", s.phase = "after_sales";
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.instructed");
}

/* PA-2: the customer's choice: plan, then case; without an account, cash against the case number. */
Test(payment, PA_2_payee_and_method_of_the_customers_choice)
{
    struct slip s = {.no = "S1",
                     .phase = "after_sales",
                     .org = "O-E1",
                     .level = "outlet",
                     .amount = 100,
                     .plan = ",'payee':'acc-9','pay_method':'electronic'"};
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.instructed");
    cr_assert_str_eq(instructed()->payee, "acc-9");
    cr_assert_eq(instructed()->pay_method, PAY_METHOD_ELECTRONIC);
}

/* AP-6: the customer's account that became known after the approval is not the approved one: the bank's counter pays.
 */
Test(payment, AP_6_an_account_that_was_not_approved_is_not_paid_to)
{
    struct slip s = {.no = "S1", .phase = "after_sales", .org = "O-E1", .level = "outlet", .amount = 100};
    char *json = arena_strdup(&k.arena, slip_json(&s)), *payee = strstr(json, "'payee':'acc-1',");
    cr_assert_not_null(payee);
    memset(payee, ' ', strlen("'payee':'acc-1',"));
    kit_expect(&k, "approval.slip_approved", WHEN, json, "payment.instructed");
    cr_assert_str_eq(instructed()->payee, "RF2026-03-000017");
    cr_assert_eq(instructed()->pay_method, PAY_METHOD_COUNTER);
}

/* AP-2: money given back or taken off stands in the books as what it is; a mixed plan is compensation. */
static const char *booked_as(const char *measures)
{
    k.state = NULL;
    struct slip s = {.no = "S1", .phase = "after_sales", .org = "O-E1", .level = "outlet", .amount = 100};
    const char *json = slip_json(&s), *at = strstr(json, "'measures':[]");
    int before = (int)(at - json) + (int)strlen("'measures':[");
    json = arena_printf(&k.arena, "%.*s%s%s", before, json, measures, json + before);
    kit_expect(&k, "approval.slip_approved", WHEN, json, "payment.instructed");
    return instructed()->entries[0].account;
}

Test(payment, AP_2_refund_and_discount_have_entries_of_their_own)
{
    cr_assert_str_eq(booked_as("{'kind':'refund','executor':'x'}"), "expense:refund:O-E1");
    cr_assert_str_eq(booked_as("{'kind':'repair','executor':'x'},{'kind':'discount','executor':'x'}"),
                     "expense:discount:O-E1");
    cr_assert_str_eq(booked_as("{'kind':'replace','executor':'x'}"), "expense:compensation:O-E1");
    cr_assert_str_eq(booked_as("{'kind':'refund','executor':'x'},{'kind':'discount','executor':'x'}"),
                     "expense:compensation:O-E1");
    cr_assert_str_eq(booked_as("{'kind':'refund','executor':'x'},{'kind':'compensation','executor':'x'}"),
                     "expense:compensation:O-E1");
}

/* PA-9: the signed reply form stands in the place of the slip: once a visit, charged to the department that signed for
 * most of the issues, by another than the one who signed. */
static const char ALLOWED[] = "{'case_no':'RF2026-03-000017','visited_on':'2026-03-02','form_no':'F7','department':"
                              "'design','amount_minor':10000,'currency':'CNY','payee':'acc-1','org_id':'O-E1',"
                              "'allower_id':'O-E1-M','signer_id':'O-E1-H1'}";
static const char TRAVEL_DUE[] = "{'visit':'visit:RF2026-03-000017@2026-03-02','case_no':'RF2026-03-000017',"
                                 "'visited_on':'2026-03-02','department':'design','amount_minor':10000,'currency':"
                                 "'CNY','payee':'acc-1','org_id':'O-E1'}";

/* The case passes it on and stays as it is; the visit pays it once, however often it is told. */
Test(payment, PA_9_a_visit_is_paid_once_at_its_home)
{
    kit_expect(&k, "intake.travel_allowed", WHEN, ALLOWED, "payment.travel_due");
    cr_assert_eq(state()->status, PAYMENT_STATUS_NONE);
    const struct ev_payment_travel_due *due = kit_output(&k, EV_PAYMENT_TRAVEL_DUE, 0);
    cr_assert_str_eq(due->visit, "visit:RF2026-03-000017@2026-03-02");
    kit_expect(&k, "payment.travel_due", WHEN, TRAVEL_DUE, "broken another_account");
    k.case_id = id_account(due->visit, 16);
    kit_expect(&k, "payment.travel_due", WHEN, TRAVEL_DUE, "payment.instructed");
    cr_assert_eq(instructed()->amount_minor, 10000);
    cr_assert_str_eq(instructed()->entries[0].account, "expense:travel:design:O-E1");
    cr_assert_str_eq(instructed()->slip_no, "RF2026-03-000017-T2026-03-02");
    kit_expect(&k, "payment.travel_due", WHEN, TRAVEL_DUE, "ignored");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 10000), "payment.settled");
    kit_expect(&k, "payment.travel_due", WHEN, TRAVEL_DUE, "ignored");
}

/* PA-3: only the bank's refusal allows another number, only finance asks for it; the ledger goes back. */
Test(payment, PA_3_after_a_definite_refusal_finance_pays_again_under_a_new_number)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 500), "payment.instructed");
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-2"), "refused PA-3 not_in_this_state");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "refused", 500), "payment.failed");
    cr_assert_str_eq(((const struct ev_payment_failed *)kit_output(&k, EV_PAYMENT_FAILED, 0))->reason,
                     "account_closed");
    kit_feed(&k, "command.retry_payout", WHEN, RETRY("ho_service", "HO-S1", "acc-2"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 not_finance");
    kit_feed(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-S1", "acc-2"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 not_finance");
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-1"), "payment.instructed");
    cr_assert_eq(instructed()->payout_no, 2);
    cr_assert_str_eq(instructed()->payee, "acc-1");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 500), "ignored");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(2, "settled", 500), "payment.settled");
}

/* AP-6: an account that nobody approved is approved first, by the level that approved the slip, by another. */
Test(payment, AP_6_another_account_is_approved_again)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 500), "payment.instructed");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "refused", 500), "payment.failed");
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-2"), "payment.payee_proposed");
    const struct ev_payment_payee_proposed *p = kit_output(&k, EV_PAYMENT_PAYEE_PROPOSED, 0);
    cr_assert_eq(p->approver_role, ROLE_OUTLET_MANAGER);
    cr_assert_str_eq(p->org_id, "O-E1");
    kit_feed(&k, "command.decide_payee", WHEN, BY("outlet_manager", "HO-F1", "O-E1") ",'approve':true}");
    cr_assert_str_eq(kit_said(&k), "refused AP-6 own_proposal");
    kit_feed(&k, "command.decide_payee", WHEN, BY("handler", "O-E1-H1", "O-E1") ",'approve':true}");
    cr_assert_str_eq(kit_said(&k), "refused AP-4 not_the_approver");
    kit_expect(&k, "command.decide_payee", WHEN, DECIDE("O-E1-M", "false"), "payment.payee_denied");
    cr_assert_eq(state()->status, PAYMENT_STATUS_FAILED);
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-2"), "payment.payee_proposed");
    kit_expect(&k, "command.decide_payee", WHEN, DECIDE("O-E1-M", "true"), "payment.payee_approved payment.instructed");
    cr_assert_str_eq(instructed()->payee, "acc-2");
    cr_assert_eq(instructed()->payout_no, 2);
}

/* PA-1: all slips of a case count; above the ceiling, or in a currency without one, nothing leaves before the
 * general manager says so, and the release counts for that slip alone. */
Test(payment, PA_1_a_ceiling_of_the_case_stops_and_asks)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 50000000), "payment.instructed");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 50000000), "payment.settled");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S2", 1), "payment.held");
    const struct ev_payment_held *h = kit_output(&k, EV_PAYMENT_HELD, 0);
    cr_assert_str_eq(h->reason, "case_ceiling");
    cr_assert_eq(h->total_minor, 50000001);
    kit_feed(&k, "command.release_payout", WHEN, RELEASE("finance", "HO-F1"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 not_entitled_to_release");
    kit_feed(&k, "command.release_payout", WHEN, RELEASE("general_manager", "HO-F1"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 not_entitled_to_release");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S3", 1), "payment.queued");
    kit_expect(&k, "command.release_payout", WHEN, RELEASE("general_manager", "HO-GM"),
               "payment.released payment.instructed");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(2, "settled", 1), "payment.settled payment.held");
}

Test(payment, PA_1_no_ceiling_no_passing)
{
    const char *json = slip_of("S1", 100);
    char *copy = arena_strdup(&k.arena, json);
    memcpy(strstr(copy, "'amount_minor':100,'currency':'CNY'") + 31, "JPY", 3);
    kit_expect(&k, "approval.slip_approved", WHEN, copy, "payment.held");
    cr_assert_str_eq(((const struct ev_payment_held *)kit_output(&k, EV_PAYMENT_HELD, 0))->reason,
                     "currency_without_ceiling");
    k.state = NULL;
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", INT64_MAX), "payment.held");
}

/* PA-3: a halted payout ends by two people's finding: paid as it was, too much, too little, or never. */
static void halted_at(long amount)
{
    k.state = NULL;
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 500), "payment.instructed");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", amount), "payment.halted");
}

Test(payment, PA_3_two_people_resolve_a_halted_payout)
{
    halted_at(501);
    kit_feed(&k, "command.confirm_resolution", WHEN, CONFIRM("general_manager", "HO-GM", "true"));
    cr_assert_str_eq(kit_said(&k), "refused PA-3 nothing_to_confirm");
    kit_feed(&k, "command.resolve_payout", WHEN, RESOLVE("general_manager", "HO-GM", "'found':'paid'"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 not_entitled_to_resolve");
    kit_feed(&k, "command.resolve_payout", WHEN, RESOLVE("finance", "HO-F1", "'found':'paid','amount_minor':-5"));
    cr_assert_str_eq(kit_said(&k), "refused PA-3 amount_not_positive");
    kit_expect(&k, "command.resolve_payout", WHEN, RESOLVE("finance", "HO-F1", "'found':'paid','amount_minor':501"),
               "payment.resolution_proposed");
    kit_feed(&k, "command.confirm_resolution", WHEN, CONFIRM("finance", "HO-F1", "true"));
    cr_assert_str_eq(kit_said(&k), "refused AP-6 own_proposal");
    kit_expect(&k, "command.confirm_resolution", WHEN, CONFIRM("general_manager", "HO-GM", "false"),
               "payment.resolution_rejected");
    kit_expect(&k, "command.resolve_payout", WHEN, RESOLVE("finance", "HO-F1", "'found':'paid','amount_minor':501"),
               "payment.resolution_proposed");
    kit_expect(&k, "command.confirm_resolution", WHEN, CONFIRM("general_manager", "HO-GM", "true"),
               "payment.resolved payment.settled");
    const struct ev_payment_resolved *r = kit_output(&k, EV_PAYMENT_RESOLVED, 0);
    cr_assert_eq(r->n_entries, 3);
    cr_assert_str_eq(r->entries[2].account, "receivable:bank:O-E1-6222");
    cr_assert_eq(r->entries[2].amount_minor, 1);
    cr_assert_eq(((const struct ev_payment_settled *)kit_output(&k, EV_PAYMENT_SETTLED, 0))->n_entries, 0);
}

Test(payment, PA_3_paid_too_little_the_rest_follows_once)
{
    halted_at(200);
    kit_feed(&k, "command.resolve_payout", WHEN, RESOLVE("finance", "HO-F1", "'found':'paid','amount_minor':200"));
    kit_expect(&k, "command.confirm_resolution", WHEN, CONFIRM("general_manager", "HO-GM", "true"),
               "payment.resolved payment.instructed");
    cr_assert_eq(instructed()->amount_minor, 300);
    cr_assert_eq(instructed()->payout_no, 2);
    kit_expect(&k, "payment.bank_answer", WHEN, answer(2, "settled", 300), "payment.settled");
    const struct ev_payment_settled *s = kit_output(&k, EV_PAYMENT_SETTLED, 0);
    cr_assert_eq(s->amount_minor, 500);
    cr_assert_eq(s->paid_minor, 300);
}

Test(payment, PA_3_found_never_paid_it_is_as_refused)
{
    halted_at(501);
    kit_feed(&k, "command.resolve_payout", WHEN, RESOLVE("finance", "HO-F1", "'found':'not_paid'"));
    kit_expect(&k, "command.confirm_resolution", WHEN, CONFIRM("general_manager", "HO-GM", "true"),
               "payment.resolved payment.failed");
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-1"), "payment.instructed");
    cr_assert_eq(instructed()->amount_minor, 500);
}

/* PA-3: cash leaves against a voucher that two people of the paying unit sign, one of them entitled to cash. */
Test(payment, PA_3_cash_needs_two_signatures)
{
    struct slip s = {.no = "S1",
                     .phase = "after_sales",
                     .org = "O-E1",
                     .level = "outlet",
                     .amount = 100,
                     .plan = ",'pay_method':'cash'"};
    kit_expect(&k, "approval.slip_approved", WHEN, slip_json(&s), "payment.cash_due");
    const struct ev_payment_cash_due *due = kit_output(&k, EV_PAYMENT_CASH_DUE, 0);
    cr_assert_str_eq(due->voucher_no, "S1-P1");
    cr_assert_eq(due->n_entries, 2);
    kit_feed(&k, "command.sign_cash", WHEN, SIGN("handler", "O-E1-H1", "O-E1", "S1-P2"));
    cr_assert_str_eq(kit_said(&k), "refused PA-3 another_voucher");
    kit_feed(&k, "command.sign_cash", WHEN, SIGN("finance", "HO-F1", "HO", "S1-P1"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 not_of_the_paying_unit");
    kit_expect(&k, "command.sign_cash", WHEN, SIGN("handler", "O-E1-H1", "O-E1", "S1-P1"), "payment.cash_signed");
    kit_feed(&k, "command.sign_cash", WHEN, SIGN("handler", "O-E1-H1", "O-E1", "S1-P1"));
    cr_assert_str_eq(kit_said(&k), "refused AP-6 signed_already");
    kit_feed(&k, "command.sign_cash", WHEN, SIGN("handler", "O-E1-H2", "O-E1", "S1-P1"));
    cr_assert_str_eq(kit_said(&k), "refused RO-1 nobody_entitled_to_cash");
    kit_expect(&k, "command.sign_cash", WHEN, SIGN("outlet_manager", "O-E1-M", "O-E1", "S1-P1"),
               "payment.cash_signed payment.settled");
    const struct ev_payment_settled *done = kit_output(&k, EV_PAYMENT_SETTLED, 0);
    cr_assert_str_eq(done->entries[1].account, "cash:O-E1");
    cr_assert_eq(done->entries[1].amount_minor, -100);
}

/* PA-3: an answer that contradicts the instruction halts; nothing is paid again. */
Test(payment, PA_3_a_contradiction_halts_the_payout)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 500), "payment.instructed");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 501), "payment.halted");
    cr_assert_str_eq(((const struct ev_payment_halted *)kit_output(&k, EV_PAYMENT_HALTED, 0))->reason,
                     "amount_differs");
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-2"), "refused PA-3 not_in_this_state");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 500), "ignored");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S2", 700), "payment.queued");
}

/* PA-3: one payout at a time; a later slip follows when the one before it is settled. */
Test(payment, PA_3_a_further_slip_waits_in_line)
{
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S1", 500), "payment.instructed");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S2", 700), "payment.queued");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S2", 700), "ignored");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "refused", 500), "payment.failed");
    kit_expect(&k, "approval.slip_approved", WHEN, slip_of("S3", 900), "payment.queued");
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-1"), "payment.instructed");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(2, "settled", 500), "payment.settled payment.instructed");
    cr_assert_eq(instructed()->amount_minor, 700);
    kit_expect(&k, "payment.bank_answer", WHEN, answer(3, "settled", 700), "payment.settled payment.instructed");
    cr_assert_eq(instructed()->amount_minor, 900);
    cr_assert_eq(state()->n_queue, 0);
}

Test(payment, PA_4_an_amount_in_no_currency_is_not_paid)
{
    struct slip s = {.no = "S1", .phase = "after_sales", .org = "O-E1", .level = "outlet", .amount = 100};
    const char *json = slip_json(&s);
    char *copy = arena_strdup(&k.arena, json);
    memcpy(strstr(copy, "'amount_minor':100,'currency':'CNY'") + 31, "XXQ", 3);
    kit_feed(&k, "approval.slip_approved", WHEN, copy);
    cr_assert_str_eq(kit_said(&k), "broken slip_in_unknown_currency");
}

/* ---- PA-4 as a property: whatever happens, in any order and repeated, each currency's ledger adds up to zero, no
 * number is instructed twice, and what reached the customer is never more than was approved. ---- */

struct ledger {
    int64_t sum, expense, clearing, approved, settled, left; /* left: with our knowledge, cash or bank */
    int64_t last_payout_no;
};

static void post(struct ledger *l, const struct entry *entries, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        sum += entries[i].amount_minor;
        if (strncmp(entries[i].account, "expense:", 8) == 0) l->expense += entries[i].amount_minor;
        if (strncmp(entries[i].account, "clearing:", 9) == 0) l->clearing += entries[i].amount_minor;
        if (strncmp(entries[i].account, "bank:", 5) == 0 || strncmp(entries[i].account, "cash:", 5) == 0 ||
            strncmp(entries[i].account, "receivable:", 11) == 0) {
            l->left -= entries[i].amount_minor;
        }
    }
    cr_assert_eq(sum, 0, "a transaction does not balance");
    l->sum += sum;
}

static void book(struct ledger *l)
{
    for (int i = 0; k.verdict == VERDICT_DONE && i < k.out.n_outputs; i++) {
        const void *data = k.out.outputs[i].data;
        if (k.out.outputs[i].type == EV_PAYMENT_INSTRUCTED) {
            const struct ev_payment_instructed *e = data;
            cr_assert_eq(e->payout_no, l->last_payout_no + 1);
            l->last_payout_no = e->payout_no;
            post(l, e->entries, e->n_entries);
        } else if (k.out.outputs[i].type == EV_PAYMENT_CASH_DUE) {
            const struct ev_payment_cash_due *e = data;
            cr_assert_eq(e->payout_no, l->last_payout_no + 1);
            l->last_payout_no = e->payout_no;
            post(l, e->entries, e->n_entries);
        } else if (k.out.outputs[i].type == EV_PAYMENT_RESOLVED) {
            const struct ev_payment_resolved *e = data;
            post(l, e->entries, e->n_entries);
        } else if (k.out.outputs[i].type == EV_PAYMENT_DEDUCTED) {
            const struct ev_payment_deducted *e = data;
            post(l, e->entries, e->n_entries);
        } else if (k.out.outputs[i].type == EV_PAYMENT_FAILED) {
            const struct ev_payment_failed *e = data;
            post(l, e->entries, e->n_entries);
        } else if (k.out.outputs[i].type == EV_PAYMENT_SETTLED) {
            const struct ev_payment_settled *e = data;
            post(l, e->entries, e->n_entries);
            l->settled += e->amount_minor;
        }
    }
}

static void random_input(unsigned int *seed, struct ledger *l, int n)
{
    static const char *outcomes[] = {"settled", "refused", "contradiction"};
    long amount = 1 + (long)(rand_r(seed) % 5000);
    int payout = state() == NULL ? 1 : (int)state()->payout_no + (rand_r(seed) % 4 == 0 ? -1 : 0);
    bool right = rand_r(seed) % 12 != 0;
    switch (rand_r(seed) % 10) {
    case 0:
    case 1: {
        char no[16];
        snprintf(no, sizeof(no), "S%d", rand_r(seed) % 5 == 0 ? n - 1 : n);
        struct slip s = {.no = no,
                         .phase = rand_r(seed) % 2 ? "construction" : "after_sales",
                         .org = "O-E1",
                         .level = "outlet",
                         .amount = amount,
                         .fee = 3000,
                         .plan = rand_r(seed) % 6 == 0 ? ",'pay_method':'cash'" : NULL};
        if (rand_r(seed) % 20 == 0) s.amount += 50000000;
        amount = s.amount;
        kit_feed(&k, "approval.slip_approved", WHEN, slip_json(&s));
        if (k.verdict == VERDICT_DONE) l->approved += amount;
        break;
    }
    case 2: kit_feed(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-3")); break;
    case 3: kit_feed(&k, "command.decide_payee", WHEN, DECIDE("O-E1-M", "true")); break;
    case 4: kit_feed(&k, "command.release_payout", WHEN, RELEASE("general_manager", "HO-GM")); break;
    case 5: {
        static const char *const found[] = {"'found':'paid'", "'found':'paid','amount_minor':2", "'found':'not_paid'",
                                            "'found':'paid','amount_minor':900000"};
        kit_feed(
            &k, "command.resolve_payout", WHEN,
            arena_printf(&k.arena, "%s,'bank_ref':'b',%s}", BY("finance", "HO-F1", "HO"), found[rand_r(seed) % 4]));
        break;
    }
    case 6: kit_feed(&k, "command.confirm_resolution", WHEN, CONFIRM("general_manager", "HO-GM", "true")); break;
    case 7:
        kit_feed(
            &k, "command.sign_cash", WHEN,
            arena_printf(&k.arena, "%s,'voucher_no':'%s-P%d'}",
                         rand_r(seed) % 2 ? BY("handler", "O-E1-H1", "O-E1") : BY("outlet_manager", "O-E1-M", "O-E1"),
                         state() == NULL || state()->slip == NULL ? "S" : state()->slip->slip_no, payout));
        break;
    default:
        kit_feed(&k, "payment.bank_answer", WHEN,
                 answer(payout, outcomes[right ? rand_r(seed) % 2 : 2],
                        state() == NULL ? 1 : (long)state()->payout_minor + (right ? 0 : 1)));
        break;
    }
    book(l);
}

Test(payment, PA_4_any_history_leaves_each_currency_at_zero)
{
    int settled_any = 0, been[PAYMENT_STATUS_COUNT] = {0};
    for (unsigned int round = 1; round <= 400; round++) {
        unsigned int seed = round;
        struct ledger l = {0};
        kit_renew(&k);
        for (int i = 1; i <= 60; i++) {
            random_input(&seed, &l, i);
            been[state() == NULL ? 0 : state()->status]++;
        }
        cr_assert_eq(l.sum, 0);
        cr_assert_leq(l.settled, l.approved, "seed %u", round);
        bool under_way =
            state() != NULL && (state()->status == PAYMENT_STATUS_INSTRUCTED ||
                                state()->status == PAYMENT_STATUS_HALTED || state()->status == PAYMENT_STATUS_CASH_DUE);
        cr_assert_eq(l.clearing, under_way ? -state()->payout_minor : 0, "seed %u", round);
        cr_assert_geq(l.expense, l.settled, "seed %u", round);
        cr_assert_leq(l.expense, l.approved, "seed %u", round);
        cr_assert_eq(l.left, l.expense + l.clearing, "seed %u", round);
        settled_any += l.settled > 0;
    }
    cr_assert_gt(settled_any, 200);
    for (int i = 1; i < PAYMENT_STATUS_ACCOUNT; i++) {
        cr_assert_gt(been[i], 0, "never %s", payment_status_names[i]);
    }
}

Test(payment, golden_matrix)
{
    static const struct pol_amount ceiling = {"CNY", 1000};
    struct day_ceiling with;
    const struct policy *shipped = k.policy;
    k.case_id = id_account("outlet:O-E1", 16); /* so that it may be an account as well */
    const char *due =
        "{'account':'outlet:O-E1','amount_minor':5,'currency':'CNY','slip_no':'S9','case_no':'R','entries':"
        "[]}";
    const char *slip = slip_of("S1", 500), *other = slip_of("S2", 700);
    const char *settled = answer(1, "settled", 500), *refused = answer(1, "refused", 500);
    const char *wrong = answer(1, "settled", 501);
    const char *retry = RETRY("finance", "HO-F1", "acc-2"), *much = slip_of("S1", 50000001);
    struct slip in_cash = {.no = "S1",
                           .phase = "after_sales",
                           .org = "O-E1",
                           .level = "outlet",
                           .amount = 500,
                           .plan = ",'pay_method':'cash'"};
    const char *cash = slip_json(&in_cash);
    const char *compared = "{'day':'2026-03-02','read_ms':1,'lines':1,'matched':0,'missing':0,'unknown':1,'differing':"
                           "0,'whole':true,'found':[{'kind':'unknown','key':'x','ours_minor':0,'theirs_minor':1,"
                           "'currency':'CNY','detail':'unknown'}],'ended':[]}";
    struct slip of_head_office = {
        .no = "S1", .phase = "after_sales", .org = "HO", .level = "head_office", .amount = 500};
    const char *asked = "{'account':'outlet:O-E1','asker_id':7,'slip_no':'S1','case_no':'R','amount_minor':500,"
                        "'currency':'CNY','released':false}";
    const char *too_much = "{'account':'outlet:O-E1','asker_id':7,'slip_no':'S1','case_no':'R','amount_minor':500,"
                           "'currency':'CNY','granted':false,'day':'2026-03-02','spent_minor':600}";
    const char *granted = "{'account':'outlet:O-E1','asker_id':7,'slip_no':'S1','case_no':'R','amount_minor':500,"
                          "'currency':'CNY','granted':true,'day':'2026-03-02','spent_minor':600}";
    const struct golden_way ways[] = {
        {"none", {{0}}},
        {"instructed", {{"approval.slip_approved", slip}, {0}}},
        {"settled", {{"approval.slip_approved", slip}, {"payment.bank_answer", settled}, {0}}},
        {"failed", {{"approval.slip_approved", slip}, {"payment.bank_answer", refused}, {0}}},
        {"halted", {{"approval.slip_approved", slip}, {"payment.bank_answer", wrong}, {0}}},
        {"held", {{"approval.slip_approved", much}, {0}}},
        {"correcting",
         {{"approval.slip_approved", slip}, {"payment.bank_answer", refused}, {"command.retry_payout", retry}, {0}}},
        {"cash_due", {{"approval.slip_approved", cash}, {0}}},
        {"account", {{"payment.recovery_due", due}, {0}}},
        {"statement", {{"payment.statement_compared", compared}, {0}}},
        {"asking", {{"approval.slip_approved", slip_json(&of_head_office)}, {0}}},
        {"day_held",
         {{"approval.slip_approved", slip_json(&of_head_office)}, {"payment.spending_answered", too_much}, {0}}},
        {"spending", {{"payment.spending_asked", asked}, {0}}},
        {0},
    };
    const struct golden_feed samples[] = {
        {"approval.slip_approved", other},
        {"payment.recovery_due", due},
        {"command.record_receipt", BY("finance", "HO-F1", "HO") ",'account':'outlet:O-E1','purpose':'deposit',"
                                                                "'amount_minor':5,'currency':'CNY',"
                                                                "'reference':'r'}"},
        {"command.reverse_receipt", BY("general_manager", "HO-GM", "HO") ",'account':'outlet:O-E1',"
                                                                         "'receipt_no':'outlet:O-E1-R1',"
                                                                         "'reason':'r'}"},
        {"sla.breached",
         "{'code':'payment','ver':1,'round':1,'due_ms':1900000000000,'fired_ms':1900000000000,'late_ms':"
         "0,'history':false}"},
        {"evidence.advance_granted",
         "{'application_no':'A1','brief':{'case_no':'R','kind':'claim','category':'environmental','phase':'after_sales'"
         ",'severity':'normal','channel':'web','customer':{},'consent':false,'direct':false,'received_ms':1,'history':"
         "false},'amount_minor':5,'currency':'CNY','reviewer_id':'HO-M1'}"},
        {"intake.travel_allowed", ALLOWED},
        {"payment.travel_due", TRAVEL_DUE},
        {"payment.statement_compared", compared},
        {"command.reconcile", BY("finance", "HO-F1", "HO") "}"},
        {"command.close_discrepancy", BY("finance", "HO-F1", "HO") ",'kind':'unknown','key':'x','note':'n'}"},
        {"payment.spending_asked", asked},
        {"payment.spending_answered", granted},
        {"payment.bank_answer", settled},
        {"command.retry_payout", retry},
        {"command.decide_payee", DECIDE("O-E1-M", "true")},
        {"command.release_payout", RELEASE("general_manager", "HO-GM")},
        {"command.resolve_payout", RESOLVE("finance", "HO-F1", "'found':'paid'")},
        {"command.confirm_resolution", CONFIRM("general_manager", "HO-GM", "true")},
        {"command.sign_cash", SIGN("handler", "O-E1-H1", "O-E1", "S1-P1")},
        {0}};
    k.policy = day_ceiling(&with, shipped, &ceiling, 1);
    golden_check(&k, ways, samples);
    k.policy = shipped;
}
