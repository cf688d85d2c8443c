/* The ceiling on what head office lets leave on a day (PA-1): the case that asks, and the account that answers. */
#include "base/id.h"
#include "day_ceiling.h"
#include "recovery_kit.h"

static struct day_ceiling with;
static const struct policy *shipped;

static void begin(void)
{
    static const struct pol_amount ceiling = {"CNY", 1000};
    set_up();
    shipped = k.policy;
    k.policy = day_ceiling(&with, shipped, &ceiling, 1);
}

static void end(void)
{
    k.policy = shipped;
    tear_down();
}

TestSuite(spending, .init = begin, .fini = end);

#define RELEASE MANAGER ",'reason':'looked into'}"

static void expect(const char *type, const char *data, const char *said) { kit_expect(&k, type, WHEN, data, said); }

static const char *slip_to_pay(const char *no, long amount) { return slip(no, "HO", "outlet", amount); }

static const char *answered(const char *slip_no, bool granted)
{
    return arena_printf(&k.arena,
                        "{'account':'spending:CNY','asker_id':1,'slip_no':'%s','case_no':'R','amount_minor':400,"
                        "'currency':'CNY','granted':%s,'day':'2026-03-02','spent_minor':700,'ceiling_minor':1000}",
                        slip_no, granted ? "true" : "false");
}

static const char *asked_of(const char *account, const char *no, int64_t amount, bool released)
{
    return arena_printf(&k.arena,
                        "{'account':'%s','asker_id':7,'slip_no':'%s','case_no':'R','amount_minor':%lld,"
                        "'currency':'CNY','released':%s}",
                        account, no, (long long)amount, released ? "true" : "false");
}

/* ---- the case ---- */

/* PA-1: what head office pays is asked for first and ordered when it may leave; asked once, whatever the bank says. */
Test(spending, PA_1_head_office_asks_before_the_first_order_and_never_again)
{
    expect("approval.slip_approved", slip_to_pay("S1", 400), "payment.spending_asked");
    const struct ev_payment_spending_asked *ask = kit_output(&k, EV_PAYMENT_SPENDING_ASKED, 0);
    cr_assert_str_eq(ask->account, "spending:CNY");
    cr_assert_eq(ask->asker_id, k.case_id);
    cr_assert_eq(ask->amount_minor, 400);
    cr_assert_not(ask->released);
    expect("approval.slip_approved", slip_to_pay("S2", 5), "payment.queued");
    expect("payment.spending_answered", answered("S1", true), "payment.instructed");
    expect("payment.spending_answered", answered("S1", true), "ignored");
    expect("payment.bank_answer",
           arena_printf(&k.arena,
                        "{'key':'%s','payout_no':1,'outcome':'refused','amount_minor':400,'currency':'CNY','reason':"
                        "'no_cover'}",
                        state()->key),
           "payment.failed");
    expect("command.retry_payout", FINANCE ",'payee':'acc-1'}", "payment.instructed");
    expect("payment.bank_answer", paid(), "payment.settled payment.recovery_due payment.spending_asked");
}

/* Whose money is not head office's is not asked for, nor what is in a currency without a ceiling, nor without any. */
Test(spending, PA_1_nothing_is_asked_where_there_is_no_ceiling)
{
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", 5000), "payment.instructed");
    k.state = NULL;
    currency = "USD";
    expect("approval.slip_approved", slip_to_pay("S1", 5000), "payment.instructed");
    currency = "CNY";
    k.state = NULL;
    k.policy = shipped;
    expect("approval.slip_approved", slip_to_pay("S1", 5000), "payment.instructed");
}

/* What head office pays in an outlet's place is head office's spending, too (PA-6). */
Test(spending, PA_1_PA_6_paid_in_an_outlets_place_is_asked_for)
{
    expect("approval.slip_approved", cash_slip("S1", 500), "payment.cash_due");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"),
           "payment.failed payment.stepped_in payment.spending_asked");
    expect("payment.spending_answered", answered("S1", true), "payment.instructed");
}

/* Also where it had to wait for an account's approval first; a further number of it does not ask again. */
Test(spending, PA_1_PA_6_paid_to_another_account_is_asked_for_once)
{
    static const char refused[] = "{'key':'%s','payout_no':%d,'outcome':'refused','amount_minor':500,'currency':'CNY'}";
    expect("approval.slip_approved", slip("S1", "O-E1", "outlet", 500), "payment.instructed");
    expect("payment.bank_answer", arena_printf(&k.arena, refused, state()->key, 1), "payment.failed");
    expect("command.retry_payout", FINANCE ",'payee':'acc-2'}", "payment.payee_proposed");
    expect("sla.breached", missed("payment", "2026-03-05 18:00", "false"), "payment.stepped_in payment.payee_proposed");
    expect("command.decide_payee", "{'actor':{'id':'HO-M1','role':'ho_service_manager','org_id':'HO'},'approve':false}",
           "payment.payee_denied");
    expect("command.retry_payout", FINANCE ",'payee':'acc-1'}", "payment.spending_asked");
    expect("payment.spending_answered", answered("S1", true), "payment.instructed");
    expect("payment.bank_answer", arena_printf(&k.arena, refused, state()->key, 2), "payment.failed");
    expect("command.retry_payout", FINANCE ",'payee':'acc-1'}", "payment.instructed");
}

/* Held until somebody with the right lets it pass; then the account is told that it leaves. */
Test(spending, PA_1_over_the_ceiling_a_person_is_asked)
{
    expect("approval.slip_approved", slip_to_pay("S1", 400), "payment.spending_asked");
    expect("command.release_payout", RELEASE, "refused PA-1 not_in_this_state");
    expect("payment.spending_answered", answered("S1", false), "payment.held");
    const struct ev_payment_held *held = kit_output(&k, EV_PAYMENT_HELD, 0);
    cr_assert_str_eq(held->reason, "day_ceiling");
    cr_assert_eq(held->total_minor, 1100);
    cr_assert_eq(held->ceiling_minor, 1000);
    expect("command.release_payout", FINANCE ",'reason':'r'}", "refused RO-1 not_entitled_to_release");
    expect("command.release_payout", RELEASE, "payment.released payment.spending_asked");
    cr_assert(((const struct ev_payment_spending_asked *)kit_output(&k, EV_PAYMENT_SPENDING_ASKED, 0))->released);
    expect("payment.spending_answered", answered("S1", true), "payment.instructed");
}

/* The answer to another question would let the wrong slip pass. */
Test(spending, PA_1_an_answer_is_for_its_slip)
{
    expect("approval.slip_approved", slip_to_pay("S1", 400), "payment.spending_asked");
    kit_feed(&k, "payment.spending_answered", WHEN, answered("S2", true));
    cr_assert_str_eq(kit_said(&k), "broken answer_of_another_slip");
}

/* ---- the account ---- */

static const struct ev_payment_spending_answered *asks(const char *when, const char *no, int64_t amount, bool released)
{
    kit_expect(&k, "payment.spending_asked", when, asked_of("spending:CNY", no, amount, released),
               "payment.spending_answered");
    return kit_output(&k, EV_PAYMENT_SPENDING_ANSWERED, 0);
}

/* Exactly the ceiling passes, one fen above does not; of two who ask at once for the same room one gets it. */
Test(spending, PA_1_the_ceiling_itself_may_leave_and_no_more)
{
    k.case_id = id_account("spending:CNY", PARTITIONS);
    cr_assert(asks(WHEN, "S1", 400, false)->granted);
    cr_assert_not(asks(WHEN, "S2", 601, false)->granted);
    cr_assert_eq(state()->spending->spent_minor, 400);
    const struct ev_payment_spending_answered *e = asks(WHEN, "S3", 600, false);
    cr_assert(e->granted && e->spent_minor == 1000 && e->ceiling_minor == 1000);
    cr_assert_str_eq(e->day, "2026-03-02");
    cr_assert_eq(e->asker_id, 7);
    cr_assert_not(asks(WHEN, "S4", 1, false)->granted);
}

/* A date is the calendar's, in Shanghai, and never comes back. */
Test(spending, PA_1_each_local_date_has_its_own_room)
{
    k.case_id = id_account("spending:CNY", PARTITIONS);
    cr_assert(asks("2026-03-02 23:59:59", "S1", 1000, false)->granted);
    cr_assert_not(asks("2026-03-02 23:59:59", "S2", 1, false)->granted);
    cr_assert_str_eq(asks("2026-03-03 00:00", "S3", 1000, false)->day, "2026-03-03");
    cr_assert_not(asks("2026-03-02 23:59:59", "S4", 1, false)->granted);
}

/* What a person lets pass leaves, and takes the room of those who ask after it. */
Test(spending, PA_1_what_is_released_is_counted)
{
    k.case_id = id_account("spending:CNY", PARTITIONS);
    cr_assert_not(asks(WHEN, "S1", 1500, false)->granted);
    cr_assert(asks(WHEN, "S1", 1500, true)->granted);
    cr_assert_not(asks(WHEN, "S2", 1, false)->granted);
    cr_assert(asks(WHEN, "S3", INT64_MAX, true)->granted);
    cr_assert_eq(state()->spending->spent_minor, INT64_MAX);
    cr_assert_not(asks(WHEN, "S4", 1, false)->granted);
}

/* A ceiling that the policy no longer has stops nobody who had asked before. */
Test(spending, PA_1_without_a_ceiling_any_more_everything_passes)
{
    k.case_id = id_account("spending:CNY", PARTITIONS);
    k.policy = shipped;
    const struct ev_payment_spending_answered *e = asks(WHEN, "S1", 5000, false);
    cr_assert(e->granted && !e->has_ceiling_minor);
}

Test(spending, PA_1_an_account_answers_for_itself_alone)
{
    k.case_id = id_account("spending:CNY", PARTITIONS);
    kit_feed(&k, "payment.spending_asked", WHEN, asked_of("spending:USD", "S1", 1, false));
    cr_assert_str_eq(kit_said(&k), "broken another_account");
}
