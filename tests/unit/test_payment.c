/* The payment core: rules PA-1, PA-2, PA-3, PA-4; the ledger's property over random histories. */
#include <stdlib.h>

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
        "'outlet','must_pay':%s,'must_execute':false}",
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
                        (long long)KIT_CASE, payout_no, payout_no, outcome, amount);
}

#define WHEN "2026-03-02 10:00"
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
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-2"), "payment.instructed");
    cr_assert_eq(instructed()->payout_no, 2);
    cr_assert_str_eq(instructed()->payee, "acc-2");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(1, "settled", 500), "ignored");
    kit_expect(&k, "payment.bank_answer", WHEN, answer(2, "settled", 500), "payment.settled");
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
    kit_expect(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-2"), "payment.instructed");
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
    int64_t sum, expense, clearing, approved, settled;
    int64_t last_payout_no;
};

static void post(struct ledger *l, const struct entry *entries, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        sum += entries[i].amount_minor;
        if (strncmp(entries[i].account, "expense:", 8) == 0) l->expense += entries[i].amount_minor;
        if (strncmp(entries[i].account, "clearing:", 9) == 0) l->clearing += entries[i].amount_minor;
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
    switch (rand_r(seed) % 4) {
    case 0: {
        char no[16];
        snprintf(no, sizeof(no), "S%d", rand_r(seed) % 5 == 0 ? n - 1 : n);
        struct slip s = {.no = no,
                         .phase = rand_r(seed) % 2 ? "construction" : "after_sales",
                         .org = "O-E1",
                         .level = "outlet",
                         .amount = amount,
                         .fee = 3000};
        kit_feed(&k, "approval.slip_approved", WHEN, slip_json(&s));
        if (k.verdict == VERDICT_DONE) l->approved += amount;
        break;
    }
    case 1: kit_feed(&k, "command.retry_payout", WHEN, RETRY("finance", "HO-F1", "acc-3")); break;
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
    for (unsigned int round = 1; round <= 400; round++) {
        unsigned int seed = round;
        struct ledger l = {0};
        tear_down();
        set_up();
        for (int i = 1; i <= 60; i++) random_input(&seed, &l, i);
        cr_assert_eq(l.sum, 0);
        cr_assert_leq(l.settled, l.approved, "seed %u", round);
        bool under_way = state() != NULL &&
                         (state()->status == PAYMENT_STATUS_INSTRUCTED || state()->status == PAYMENT_STATUS_HALTED);
        cr_assert_eq(l.clearing, under_way ? -state()->payout_minor : 0, "seed %u", round);
        cr_assert_geq(l.expense, l.settled, "seed %u", round);
    }
}

Test(payment, golden_matrix)
{
    const char *slip = slip_of("S1", 500), *other = slip_of("S2", 700);
    const char *settled = answer(1, "settled", 500), *refused = answer(1, "refused", 500);
    const char *wrong = answer(1, "settled", 501);
    const struct golden_way ways[] = {
        {"none", {{0}}},
        {"instructed", {{"approval.slip_approved", slip}, {0}}},
        {"settled", {{"approval.slip_approved", slip}, {"payment.bank_answer", settled}, {0}}},
        {"failed", {{"approval.slip_approved", slip}, {"payment.bank_answer", refused}, {0}}},
        {"halted", {{"approval.slip_approved", slip}, {"payment.bank_answer", wrong}, {0}}},
        {0},
    };
    const struct golden_feed samples[] = {{"approval.slip_approved", other},
                                          {"payment.bank_answer", settled},
                                          {"command.retry_payout", RETRY("finance", "HO-F1", "acc-2")},
                                          {0}};
    golden_check(&k, ways, samples);
}
