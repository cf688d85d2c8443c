/* What head office paid first and gets back: PA-6, PA-7; the accounts at their homes. */
#include "base/id.h"
#include "recovery_kit.h"

TestSuite(recovery, .init = set_up, .fini = tear_down, .timeout = 120);

static void expect(const char *type, const char *data, const char *said)
{
    kit_feed(&k, type, WHEN, data);
    cr_assert_str_eq(kit_said(&k), said);
}

/* PA-6, PA-7, PA-8: who pays, and whose account is charged when it is paid. */
static void expect_route(const char *org, const char *liability, const char *payer, const char *account)
{
    k.state = NULL;
    expect("approval.slip_approved", slip("S1", org, liability, 500), "payment.instructed");
    cr_assert_str_eq(state()->slip->payer_org, payer);
    expect("payment.bank_answer", paid(), account == NULL ? "payment.settled" : "payment.settled payment.recovery_due");
    if (account == NULL) return;
    const struct ev_payment_recovery_due *d = kit_output(&k, EV_PAYMENT_RECOVERY_DUE, 0);
    cr_assert_str_eq(d->account, account);
    cr_assert_eq(d->amount_minor, 500);
    cr_assert_eq(d->entries[0].amount_minor + d->entries[1].amount_minor, 0);
}

Test(recovery, PA_6_PA_7_PA_8_the_liability_decides_who_pays_and_who_bears_it)
{
    expect_route("HO", "outlet", "HO", "outlet:O-CN1");
    expect_route("O-E1", "outlet", "O-E1", NULL);
    expect_route("O-E1", "supplier", "HO", "supplier:Tiles");
    expect_route("O-E1", "company", "HO", NULL);
    expect_route("HO", "none", "HO", NULL);
}

/* PA-6: the deposit first, then a receivable; both filled up and paid off in parts. */
Test(recovery, PA_6_deposit_then_receivable_then_parts)
{
    k.case_id = id_account("outlet:O-E1", PARTITIONS);
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 300), "payment.receipt_recorded");
    expect("payment.recovery_due", due("outlet:O-E1", 200), "payment.recharged payment.top_up_demanded");
    cr_assert_eq(state()->account->balances[0].deposit_minor, 100);
    cr_assert_eq(
        ((const struct ev_payment_top_up_demanded *)kit_output(&k, EV_PAYMENT_TOP_UP_DEMANDED, 0))->missing_minor,
        4999900);
    expect("payment.recovery_due", due("outlet:O-E1", 250), "payment.recharged payment.top_up_demanded");
    const struct ev_payment_recharged *r = kit_output(&k, EV_PAYMENT_RECHARGED, 0);
    cr_assert_eq(r->deposit_minor, 100);
    cr_assert_eq(r->receivable_minor, 150);
    cr_assert_eq(r->n_entries, 3);
    expect("command.record_receipt", receipt("outlet:O-E1", "receivable", 151), "refused PA-6 more_than_owed");
    expect("command.record_receipt", receipt("outlet:O-E1", "receivable", 100), "payment.receipt_recorded");
    expect("command.record_receipt", receipt("outlet:O-E1", "receivable", 50), "payment.receipt_recorded");
    cr_assert_eq(state()->account->balances[0].owed_minor, 0);
    cr_assert_eq(state()->account->receipts, 3);
}

/* PA-4: no sum is ever wrong: what has no room in 64 bits is refused, or its account stands still for a person. */
Test(recovery, PA_4_what_would_overflow_is_never_booked)
{
    static const long most = INT64_MAX;
    static const char *const decimals[] = {"JPY", "CNY", "KWD"}; /* none, two, three */
    for (int i = 0; i < 3; i++) {
        currency = decimals[i];
        k.state = NULL;
        k.case_id = id_account("outlet:O-E1", PARTITIONS);
        kit_feed(&k, "command.record_receipt", WHEN, receipt("outlet:O-E1", "deposit", most));
        cr_assert_eq(k.verdict, VERDICT_DONE);
        expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 1), "refused PA-6 amount_overflow");
        cr_assert_eq(state()->account->balances[0].deposit_minor, most);
        kit_feed(&k, "payment.recovery_due", WHEN, due("outlet:O-E1", most));
        cr_assert_eq(state()->account->balances[0].deposit_minor, 0);
        expect("command.reverse_receipt", reversal(MANAGER, "outlet:O-E1", 1), "payment.receipt_reversed");
        cr_assert_eq(state()->account->balances[0].owed_minor, most, "the deposit has borne all of it");
        kit_feed(&k, "payment.recovery_due", WHEN, due("outlet:O-E1", 1));
        cr_assert_eq(k.verdict, VERDICT_BROKEN);
        cr_assert_eq(state()->account->balances[0].owed_minor, most);
    }
    currency = "CNY";
}

Test(recovery, PA_6_what_is_no_receipt_is_refused)
{
    k.case_id = id_account("outlet:O-E1", PARTITIONS);
    expect("command.record_receipt", receipt("outlet:O-E2", "deposit", 5), "refused PA-6 not_this_account");
    expect("command.record_receipt", receipt("outlet:nobody", "deposit", 5), "refused PA-6 not_this_account");
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 0), "refused PA-6 amount_not_positive");
    expect("command.record_receipt",
           "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},'account':'outlet:O-E1','purpose':"
           "'deposit','amount_minor':5,'currency':'CNY','reference':'x'}",
           "refused RO-1 not_finance");
    expect("payment.recovery_due", due("outlet:O-E2", 5), "broken another_account");
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", INT64_MAX), "payment.receipt_recorded");
    expect("command.record_receipt", receipt("outlet:O-E1", "deposit", 1), "refused PA-6 amount_overflow");
    k.state = NULL;
    k.case_id = id_account("supplier:Tiles", PARTITIONS);
    expect("command.record_receipt", receipt("supplier:Tiles", "deposit", 5),
           "refused PA-6 only_outlets_have_deposits");
}

/* ---- what an outlet leaves unpaid ---- */

/* PA-6: past the limit of the payment, and only where nothing may be under way, head office pays in the outlet's place:
 * the voucher is withdrawn, a further payout made, and the outlet's account bears just what it left unpaid. */
Test(recovery, PA_6_what_an_outlet_leaves_unpaid_head_office_pays_first)
{
    expect("approval.slip_approved", cash_slip("S1", 500), "payment.cash_due");
    expect("sla.breached", missed("approval", "2026-03-05 18:00", "false"), "ignored");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "true"), "ignored");
    expect("sla.breached", missed("payment", "2026-03-01 18:00", "false"), "ignored");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"),
           "payment.failed payment.stepped_in payment.instructed");
    const struct ev_payment_instructed *i = kit_output(&k, EV_PAYMENT_INSTRUCTED, 0);
    cr_assert_str_eq(i->payer_account, "HO-6222-0001");
    cr_assert_eq(i->pay_method, PAY_METHOD_TRANSFER);
    cr_assert_str_eq(i->payee, "acc-1");
    cr_assert_eq(i->payout_no, 2);
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"), "ignored");
    expect("payment.bank_answer", paid(), "payment.settled payment.recovery_due");
    const struct ev_payment_recovery_due *d = kit_output(&k, EV_PAYMENT_RECOVERY_DUE, 0);
    cr_assert_str_eq(d->account, "outlet:O-E1");
    cr_assert_eq(d->amount_minor, 500);
}

static const char *refused(void)
{
    return arena_printf(&k.arena,
                        "{'key':'%s','payout_no':%lld,'outcome':'refused','amount_minor':500,'currency':'CNY','reason':"
                        "'no_cover'}",
                        state()->key, (long long)state()->payout_no);
}

#define MISSED missed("payment", "2026-03-05 18:00", "false")
#define MANAGES(id, role, org) "{'actor':{'id':'" id "','role':'" role "','org_id':'" org "'},'approve':true}"

/* PA-6: refused before the limit is missed, or found refused after it; head office's own payouts are nobody else's. */
Test(recovery, PA_6_what_the_bank_may_be_paying_is_not_paid_beside_it)
{
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", 500), "payment.instructed");
    expect("payment.bank_answer", refused(), "payment.failed");
    expect("sla.breached", MISSED, "payment.stepped_in payment.instructed");
    k.state = NULL;
    expect("approval.slip_approved", slip("S2", "HO", "outlet", 500), "payment.instructed");
    expect("sla.breached", MISSED, "ignored");
    expect("payment.bank_answer", refused(), "payment.failed");
    expect("sla.breached", MISSED, "ignored");
}

/* PA-6 PA-3: missed while the bank has it: noted once, and paid by head office as soon as the bank has refused it, by
 * its answer or by what two people found out; what was paid after all is the outlet's. */
Test(recovery, PA_6_PA_3_a_miss_while_the_bank_has_it_is_remembered)
{
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", 500), "payment.instructed");
    expect("sla.breached", MISSED, "payment.miss_noted");
    expect("sla.breached", MISSED, "ignored");
    expect("payment.bank_answer", refused(), "payment.failed payment.stepped_in payment.instructed");
    cr_assert_str_eq(state()->slip->payer_org, "HO");
    expect("payment.bank_answer", refused(), "payment.failed");
    expect("command.retry_payout", FINANCE ",'payee':'acc-1'}", "payment.instructed");
    expect("payment.bank_answer", paid(), "payment.settled payment.recovery_due");
    k.state = NULL;
    expect("approval.slip_approved", slip("S2", "O-E1", "outlet", 500), "payment.instructed");
    expect("payment.bank_answer",
           arena_printf(&k.arena,
                        "{'key':'%s','payout_no':1,'outcome':'contradiction','amount_minor':0,'currency':'CNY'}",
                        state()->key),
           "payment.halted");
    expect("sla.breached", MISSED, "payment.miss_noted");
    expect("command.resolve_payout", FINANCE ",'found':'not_paid','bank_ref':'b'}", "payment.resolution_proposed");
    expect("command.confirm_resolution", MANAGER ",'agree':true}",
           "payment.resolved payment.failed payment.stepped_in payment.instructed");
    k.state = NULL;
    expect("approval.slip_approved", slip("S3", "O-E1", "outlet", 500), "payment.instructed");
    expect("sla.breached", MISSED, "payment.miss_noted");
    expect("payment.bank_answer", paid(), "payment.settled");
}

/* PA-6 PA-1: held by a ceiling past the limit, and let pass: no voucher begins to wait then, head office pays. */
Test(recovery, PA_6_PA_1_what_was_held_past_its_limit)
{
    expect("approval.slip_approved", cash_slip("S1", 50000001), "payment.held");
    expect("sla.breached", MISSED, "payment.miss_noted");
    expect("command.release_payout", MANAGER ",'reason':'looked into'}",
           "payment.released payment.stepped_in payment.instructed");
    cr_assert_str_eq(((const struct ev_payment_instructed *)kit_output(&k, EV_PAYMENT_INSTRUCTED, 0))->payer_account,
                     "HO-6222-0001");
    cr_assert_eq(state()->slip->recover_minor, 50000001);
}

/* PA-6 AP-6: another account waits for the outlet's approver when the limit is missed: head office pays as soon as its
 * own approver has said yes; nothing leaves for an account nobody approved. */
Test(recovery, PA_6_AP_6_head_office_decides_on_the_account_that_waits)
{
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", 500), "payment.instructed");
    expect("payment.bank_answer", refused(), "payment.failed");
    expect("command.retry_payout", FINANCE ",'payee':'acc-2'}", "payment.payee_proposed");
    expect("sla.breached", MISSED, "payment.stepped_in payment.payee_proposed");
    const struct ev_payment_payee_proposed *p = kit_output(&k, EV_PAYMENT_PAYEE_PROPOSED, 0);
    cr_assert_str_eq(p->org_id, "HO");
    cr_assert_str_eq(p->payee, "acc-2");
    cr_assert_eq(p->approver_role, ROLE_HO_SERVICE_MANAGER);
    expect("sla.breached", MISSED, "ignored");
    expect("command.decide_payee", MANAGES("O-E1-M", "outlet_manager", "O-E1"), "refused AP-4 not_the_approver");
    expect("command.decide_payee", MANAGES("HO-M1", "ho_service_manager", "HO"),
           "payment.payee_approved payment.instructed");
    const struct ev_payment_instructed *i = kit_output(&k, EV_PAYMENT_INSTRUCTED, 0);
    cr_assert_str_eq(i->payee, "acc-2");
    cr_assert_str_eq(i->payer_account, "HO-6222-0001");
    expect("payment.bank_answer", paid(), "payment.settled payment.recovery_due");
}

/* AP-2: goods leave the stock once, however often their slip is read. */
Test(recovery, AP_2_PA_3_goods_are_booked_once)
{
    char *json = arena_strdup(&k.arena, slip("S1", "O-E1", "outlet", 500));
    char *measures = strstr(json, "[]");
    const char *exchange = arena_printf(&k.arena, "%.*s[{'kind':'exchange','executor':'x','value_minor':700}]%s",
                                        (int)(measures - json), json, measures + 2);
    expect("approval.slip_approved", exchange, "payment.goods_booked payment.instructed");
    expect("approval.slip_approved", exchange, "ignored");
    expect("payment.bank_answer", paid(), "payment.settled");
    expect("approval.slip_approved", exchange, "ignored");
}

/* PA-7: a supplier has no deposit: all of it is owed. */
Test(recovery, PA_7_recourse_against_the_supplier)
{
    k.case_id = id_account("supplier:Tiles", PARTITIONS);
    expect("payment.recovery_due", due("supplier:Tiles", 200), "payment.recharged");
    cr_assert_eq(state()->account->balances[0].owed_minor, 200);
    expect("command.record_receipt", receipt("supplier:Tiles", "receivable", 200), "payment.receipt_recorded");
}

/* ---- corrections (PA-4) ---- */

/* A receipt that was none is taken back by the turned legs, by another than its recorder, once; what the deposit has
 * borne of it meanwhile is owed. */
Test(recovery, PA_4_a_correction_is_a_reversing_movement)
{
    const char *of = "outlet:O-E1";
    k.case_id = id_account(of, PARTITIONS);
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "refused PA-4 no_such_case");
    expect("command.record_receipt", receipt(of, "deposit", 300), "payment.receipt_recorded");
    expect("payment.recovery_due", due(of, 200), "payment.recharged payment.top_up_demanded");
    expect("command.reverse_receipt", reversal(FINANCE, of, 1), "refused RO-1 not_entitled_to_reverse");
    expect("command.reverse_receipt", reversal(MANAGER, of, 2), "refused PA-4 no_such_receipt");
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "payment.receipt_reversed");
    const struct ev_payment_receipt_reversed *r = kit_output(&k, EV_PAYMENT_RECEIPT_REVERSED, 0);
    cr_assert_eq(r->n_entries, 3);
    cr_assert_eq(r->entries[0].amount_minor, 100);
    cr_assert_eq(r->entries[1].amount_minor, 200);
    cr_assert_eq(r->entries[2].amount_minor, -300);
    cr_assert_eq(state()->account->balances[0].deposit_minor, 0);
    cr_assert_eq(state()->account->balances[0].owed_minor, 200);
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "refused PA-4 no_such_receipt");
    expect("command.record_receipt", receipt(of, "receivable", 150), "payment.receipt_recorded");
    expect("command.reverse_receipt", reversal(MANAGER, of, 2), "payment.receipt_reversed");
    cr_assert_eq(state()->account->balances[0].owed_minor, 200);
}

/* The last 32 receipts of an account can be reversed, so its state stays small. */
Test(recovery, PA_4_only_the_last_receipts_can_be_reversed)
{
    const char *of = "outlet:O-E1";
    k.case_id = id_account(of, PARTITIONS);
    for (int i = 0; i < 33; i++)
        expect("command.record_receipt", receipt(of, "deposit", 1), "payment.receipt_recorded");
    cr_assert_eq(state()->account->n_recent, 32);
    expect("command.reverse_receipt", reversal(MANAGER, of, 1), "refused PA-4 no_such_receipt");
    expect("command.reverse_receipt", reversal(MANAGER, of, 2), "payment.receipt_reversed");
}
