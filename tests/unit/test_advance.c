/* Advance compensation (PA-5): paid first by head office on the reviewed application, taken off every later slip once,
 * and borne by whoever bears the slip (PA-6, PA-7). Amounts in fen. */
#include "feed_kit.h"
#include "payment/payment.h"

static struct kit k;
static void set_up(void) { k = kit_open(&payment_core); }
static void tear_down(void) { kit_close(&k); }
TestSuite(advance, .init = set_up, .fini = tear_down, .timeout = 60);

#define WHEN "2026-03-02 10:00"
#define BRIEF                                                                                                          \
    "'brief':{'case_no':'RF-7','kind':'claim','category':'environmental','phase':'%s','severity':'normal',"            \
    "'channel':'web','customer':{'account':'acc-1'},'region':'AIR-JFK','currency':'CNY','fee_due_minor':300,"          \
    "'consent':false,'direct':false,'received_ms':1,'history':false}"
#define GRANTED                                                                                                        \
    "{'application_no':'RF-7-A1'," BRIEF ",'amount_minor':%ld,'currency':'%s','payee':'acc-1','reviewer_id':'HO-M1'}"

static const struct payment_state *state(void) { return k.state; }

static const char *granted(long amount, const char *currency)
{
    return arena_printf(&k.arena, GRANTED, "after_sales", amount, currency);
}

static const char *slip(const char *no, const char *org, const char *liability, const char *phase, long amount)
{
    return arena_printf(&k.arena,
                        "{'slip_no':'%s'," BRIEF ",'assignment':{'version':1,'org_id':'%s','org_name':'x','level':"
                        "'outlet','handler_id':'h','handler_name':'h','manager_id':'m','visitor_id':'v','outlet_id':"
                        "'O-E1'},'plan':{'measures':[],'amount_minor':%ld,'currency':'CNY'},'liability':'%s',"
                        "'finding':{'cause':'material','liability':'%s','justified':true,'supplier_id':'Tiles'},"
                        "'must_pay':true,'must_execute':false}",
                        no, phase, org, amount, liability, liability);
}

static const char *answer(const char *outcome)
{
    return arena_printf(&k.arena,
                        "{'key':'%s','payout_no':%lld,'outcome':'%s','amount_minor':%lld,'currency':'%s','bank_ref':"
                        "'B','reason':'closed'}",
                        state()->key, (long long)state()->payout_no, outcome, (long long)state()->payout_minor,
                        state()->slip->currency);
}

static void expect(const char *type, const char *data, const char *said)
{
    kit_feed(&k, type, WHEN, data);
    cr_assert_str_eq(kit_said(&k), said);
}

static void expect_leg(const struct entry *leg, const char *account, int64_t amount)
{
    cr_assert_str_eq(leg->account, account);
    cr_assert_eq(leg->amount_minor, amount);
}

static void advance_of(long amount)
{
    expect("evidence.advance_granted", granted(amount, "CNY"), "payment.instructed");
    expect("payment.bank_answer", answer("settled"), "payment.advance_paid");
}

/* PA-1, PA-5: on the application's word, from head office's bank, booked as an expense of its own. */
Test(advance, PA_5_head_office_pays_first_on_the_reviewed_application)
{
    expect("evidence.advance_granted", granted(400, "CNY"), "payment.instructed");
    const struct ev_payment_instructed *i = kit_output(&k, EV_PAYMENT_INSTRUCTED, 0);
    cr_assert_str_eq(i->payer_account, "HO-6222-0001");
    cr_assert_str_eq(i->payee, "acc-1");
    cr_assert_str_eq(i->slip_no, "RF-7-A1");
    expect_leg(&i->entries[0], "expense:advance:HO", 400);
    expect("payment.bank_answer", answer("settled"), "payment.advance_paid");
    const struct ev_payment_advance_paid *p = kit_output(&k, EV_PAYMENT_ADVANCE_PAID, 0);
    cr_assert_eq(p->amount_minor, 400);
    cr_assert_str_eq(p->voucher_no, "RF-7-A1-P1");
    expect_leg(&p->entries[1], "bank:HO-6222-0001", -400);
    expect("evidence.advance_granted", granted(1, "CNY"), "payment.advance_refused");
}

/* PA-7: less what was advanced; the recourse is for all head office has paid, the advance in it once. */
Test(advance, PA_5_PA_7_taken_off_the_compensation_and_recovered_once)
{
    advance_of(400);
    expect("approval.slip_approved", slip("S1", "O-E1", "supplier", "after_sales", 1000),
           "payment.advance_set_off payment.instructed");
    const struct ev_payment_advance_set_off *off = kit_output(&k, EV_PAYMENT_ADVANCE_SET_OFF, 0);
    cr_assert_eq(off->amount_minor, 400);
    cr_assert_eq(off->left_minor, 0);
    expect_leg(&off->entries[0], "expense:compensation:HO", 400);
    expect_leg(&off->entries[1], "expense:advance:HO", -400);
    cr_assert_eq(state()->payout_minor, 600);
    expect("payment.bank_answer", answer("settled"), "payment.settled payment.recovery_due");
    const struct ev_payment_recovery_due *due = kit_output(&k, EV_PAYMENT_RECOVERY_DUE, 0);
    cr_assert_str_eq(due->account, "supplier:Tiles");
    cr_assert_eq(due->amount_minor, 1000);
    expect("approval.slip_approved", slip("S2", "O-E1", "supplier", "after_sales", 50), "payment.instructed");
}

/* PA-6: the outlet pays the rest itself; its account bears what head office advanced for it. */
Test(advance, PA_5_PA_6_the_outlets_account_bears_what_was_advanced_for_it)
{
    advance_of(400);
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", "construction", 1000),
           "payment.advance_set_off payment.recovery_due payment.deducted payment.instructed");
    const struct ev_payment_recovery_due *due = kit_output(&k, EV_PAYMENT_RECOVERY_DUE, 0);
    cr_assert_str_eq(due->account, "outlet:O-E1");
    cr_assert_str_eq(due->slip_no, "S1-A");
    cr_assert_eq(due->amount_minor, 400);
    expect_leg(&due->entries[0], "advanced:outlet:O-E1", 400);
    expect_leg(&due->entries[1], "expense:advance:HO", -400);
    cr_assert_eq(((const struct ev_payment_advance_set_off *)kit_output(&k, EV_PAYMENT_ADVANCE_SET_OFF, 0))->n_entries,
                 0);
    cr_assert_eq(state()->payout_minor, 300, "1000 less 400 advanced, less the fee of 300");
    expect("payment.bank_answer", answer("settled"), "payment.settled");
}

/* PA-3: the slip waits until it is known whether the advance has left. */
Test(advance, PA_5_a_slip_waits_behind_the_advance)
{
    expect("evidence.advance_granted", granted(400, "CNY"), "payment.instructed");
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", "after_sales", 1000), "payment.queued");
    expect("payment.bank_answer", answer("refused"), "payment.failed");
    expect("command.retry_payout", "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'},'payee':'acc-1'}",
           "payment.instructed");
    expect("payment.bank_answer", answer("settled"),
           "payment.advance_paid payment.advance_set_off payment.recovery_due payment.instructed");
    cr_assert_eq(state()->payout_minor, 600);
}

/* What is due was in the slip; an advance read after it would be paid beside it. */
Test(advance, PA_5_nothing_is_advanced_once_the_case_is_decided)
{
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", "after_sales", 1000), "payment.instructed");
    expect("evidence.advance_granted", granted(400, "CNY"), "payment.advance_refused");
    expect("payment.bank_answer", answer("settled"), "payment.settled");
    expect("evidence.advance_granted", granted(400, "CNY"), "payment.advance_refused");
    cr_assert_null(state()->advance);
}

/* More was advanced than is due: nothing is paid, and the next slip is less by the rest. */
Test(advance, PA_5_what_no_slip_has_taken_off_waits_for_the_next)
{
    advance_of(400);
    expect("approval.slip_approved", slip("S1", "O-E1", "company", "after_sales", 300),
           "payment.advance_set_off payment.settled");
    cr_assert_eq(state()->advance->left_minor, 100);
    cr_assert_not(((const struct ev_payment_settled *)kit_output(&k, EV_PAYMENT_SETTLED, 0))->has_payout_no);
    expect("approval.slip_approved", slip("S2", "O-E1", "company", "after_sales", 300),
           "payment.advance_set_off payment.instructed");
    cr_assert_eq(state()->payout_minor, 200);
    cr_assert_eq(state()->advance->left_minor, 0);
}

Test(advance, PA_5_another_currency_is_not_set_off)
{
    expect("evidence.advance_granted", granted(400, "USD"), "payment.instructed");
    expect("payment.bank_answer", answer("settled"), "payment.advance_paid");
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", "after_sales", 1000), "payment.held");
    expect("command.release_payout",
           "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'},'reason':'two currencies'}",
           "payment.released payment.instructed");
    cr_assert_eq(state()->payout_minor, 1000);
}

/* PA-1: the ceiling counts what leaves: the slip beside its advance only with the rest. */
Test(advance, PA_5_PA_1_the_ceiling_counts_what_leaves)
{
    advance_of(20000000);
    expect("approval.slip_approved", slip("S1", "O-E1", "company", "after_sales", 50000000),
           "payment.advance_set_off payment.instructed");
    expect("payment.bank_answer", answer("settled"), "payment.settled");
    expect("approval.slip_approved", slip("S2", "O-E1", "company", "after_sales", 1), "payment.held");
}
