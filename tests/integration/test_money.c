/* The payment service's tables and its bank against a real PostgreSQL and the real bank process: PA-3 (each payout
 * exactly once, across lost answers and changes of owner), PA-4 (the ledger balances and cannot be changed). */
#include "money_kit.h"

TestSuite(money, .init = set_up, .fini = tear_down, .timeout = 60);

/* A slip of `amount` for each case; in construction the customer still owes 300. */
static void slips(int from, int to, int amount, const char *phase, const char *payee)
{
    for (int i = from; i <= to; i++) {
        char plan[200];
        snprintf(plan, sizeof plan, "{'measures':[],'amount_minor':%d,'currency':'CNY','payee':'%s'}", amount, payee);
        feed_slip(i, phase, plan);
        if (k->n >= 500) hooks_must_commit(k);
    }
    if (k->n > 0) hooks_must_commit(k);
}

Test(money, PA_3_instructed_asked_settled_and_booked_once)
{
    hooks_adapter(k);
    hooks_assign(k, 1);
    slips(1, 300, 1000, "construction", "acc-1");
    cr_assert_eq(k->counts[EV_PAYMENT_DEDUCTED], 300);
    answers(300);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 300);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'settled' AND amount_minor = 700"), 300);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM ledger_txn"), 900);
    cr_assert_eq(hooks_ask(k, "SELECT sum(amount_minor)::int8 FROM ledger_entry"), 0);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account = 'bank:O-E1-6222'"), -210000);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account = 'expense:compensation:O-E1'"),
                 300000);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account = 'clearing:payout:O-E1'"), 0);
    cr_assert_eq(booked(), 300);
}

/* A crash between the commit of the intent and the call: the next owner asks from the table. And a crash after the
 * bank has booked, before the answer is committed: asked again with the same key, booked once. */
Test(money, PA_3_a_new_owner_asks_again_and_nothing_is_paid_twice)
{
    slips(1, 40, 1000, "after_sales", "acc-1"); /* no adapter yet: committed, never asked */
    hooks_adapter(k);
    hooks_assign(k, 1);
    usleep(400000); /* booked by the bank, the answers wait uncommitted */
    for (int p = 0; p < HOOKS_PARTS; p++) spec.adapter->revoked(&k->host, p);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'instructed'"), 40);
    hooks_assign(k, 2);
    answers(40);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 40);
    usleep(100000);
    hooks_locals(k, 100); /* answers to the former owner's calls change nothing */
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 40);
    cr_assert_eq(booked(), 40);
}

Test(money, PA_3_the_bank_killed_while_it_pays)
{
    hooks_adapter(k);
    hooks_assign(k, 1);
    for (int round = 0; round < 4; round++) {
        slips(round * 250 + 1, (round + 1) * 250, 1000, "after_sales", "acc-1");
        bank_kill();
        bank_start();
    }
    answers(1000);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 1000);
    cr_assert_eq(booked(), 1000);
}

Test(money, PA_3_a_refusal_goes_back_in_the_ledger_and_is_paid_under_a_new_number)
{
    hooks_adapter(k);
    hooks_assign(k, 1);
    slips(1, 1, 1000, "after_sales", "CLOSED-7");
    answers(1);
    cr_assert_eq(k->counts[EV_PAYMENT_FAILED], 1);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account LIKE 'expense:%'"), 0);
    hooks_feed(k, case_id_make(1, 1), "command.retry_payout",
               "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'},'payee':'acc-9'}");
    hooks_feed(k, case_id_make(1, 1), "command.decide_payee",
               "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},'approve':true}");
    hooks_must_commit(k);
    answers(1);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'settled' AND payout_no = 2"), 1);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account LIKE 'expense:%'"), 1000);
}

/* PA-4: the database itself refuses what does not balance, and any change of what stands. */
Test(money, PA_4_the_ledger_balances_and_cannot_be_changed)
{
    slips(1, 1, 1000, "after_sales", "acc-1");
    cr_assert(hooks_refused(k, "INSERT INTO ledger_txn VALUES (0, 900, 5, 'instructed', 'S', 1, 1)"), "no legs");
    cr_assert(
        hooks_refused(k, "WITH t AS (INSERT INTO ledger_txn VALUES (0, 901, 5, 'instructed', 'S', 1, 1) RETURNING 1) "
                         "INSERT INTO ledger_entry VALUES (0, 901, 1, 'bank:a', 'CNY', 5), (0, 901, 2, 'bank:b', "
                         "'CNY', -4)"),
        "does not balance");
    cr_assert(
        hooks_refused(k, "WITH t AS (INSERT INTO ledger_txn VALUES (0, 902, 5, 'instructed', 'S', 1, 1) RETURNING 1) "
                         "INSERT INTO ledger_entry VALUES (0, 902, 1, 'bank:a', 'CNY', 5), (0, 902, 2, 'bank:b', "
                         "'USD', -5)"),
        "balances only over currencies");
    cr_assert(hooks_refused(k, "INSERT INTO ledger_entry SELECT partition, seq, 3, 'bank:a', 'CNY', 7 FROM ledger_txn"),
              "a leg added later");
    cr_assert(hooks_refused(k, "UPDATE ledger_entry SET amount_minor = 1"), "update");
    cr_assert(hooks_refused(k, "DELETE FROM ledger_txn"), "delete");
    cr_assert(hooks_refused(k, "TRUNCATE ledger_entry"), "truncate");
    cr_assert(hooks_refused(k, "UPDATE payout SET amount_minor = 1"), "a payout's amount");
    cr_assert_not(hooks_refused(k, "WITH t AS (INSERT INTO ledger_txn VALUES (0, 903, 5, 'instructed', 'S', 1, 1) "
                                   "RETURNING 1) INSERT INTO ledger_entry VALUES (0, 903, 1, 'bank:a', 'CNY', 5), "
                                   "(0, 903, 2, 'bank:b', 'CNY', -5)"));
    cr_assert(hooks_refused(k, "INSERT INTO ledger_txn VALUES (0, 904, 5, 'instructed', 'S', 1, 1)"), "posted twice");
    cr_assert(system("psql -q -d $REDRESS_DB_NAME -c 'DELETE FROM payment.ledger_entry' 2>/dev/null") != 0,
              "not even the superuser, by mistake");
}

/* What the accounts that look like this stood at. */
static int64_t balance_of(const char *account, int64_t at_ms)
{
    return hooks_ask(k, arena_printf(&k->arena,
                                     "SELECT coalesce(sum((a ->> 'balance_minor')::int8), 0)::int8 FROM "
                                     "json_array_elements(trial_balance(%lld) -> 'accounts') a WHERE a ->> 'account' "
                                     "LIKE '%s'",
                                     (long long)at_ms, account));
}

/* PA-4: as of an instant there is what had been booked by then, to the millisecond, and each currency is at zero. */
Test(money, PA_4_the_trial_balance_of_any_time)
{
    int64_t first = k->now_ms;
    slips(1, 1, 1000, "after_sales", "acc-1");
    k->now_ms += 86400000;
    slips(2, 2, 500, "after_sales", "acc-1");
    cr_assert_eq(balance_of("expense:%", first - 1), 0);
    cr_assert_eq(balance_of("expense:%", first), 1000);
    cr_assert_eq(balance_of("expense:%", k->now_ms - 1), 1000);
    cr_assert_eq(balance_of("expense:%", k->now_ms), 1500);
    cr_assert_eq(balance_of("%", k->now_ms), 0);
    cr_assert_eq(hooks_ask(k, arena_printf(&k->arena, "SELECT (trial_balance(%lld) #>> '{totals,0,debit_minor}')::int8",
                                           (long long)first)),
                 1000);
}

/* Past the constraints, as nobody but a superuser with a purpose can. */
static void plant(const char *sql)
{
    char cmd[600];
    snprintf(cmd, sizeof cmd, "psql -q -d $REDRESS_DB_NAME -c \"SET session_replication_role = replica; %s\"", sql);
    cr_assert_eq(system(cmd), 0);
}

#define OFFENCES(like) hooks_ask(k, "SELECT count(*) FROM ledger_offences() WHERE offence LIKE '" like "'")

/* PA-4, PA-6: should the constraints ever fail, the ledger's check names what is wrong. */
Test(money, PA_4_what_is_wrong_with_the_ledger_is_named)
{
    slips(1, 1, 1000, "after_sales", "acc-1");
    cr_assert_eq(OFFENCES("%"), 0);
    plant("INSERT INTO payment.ledger_txn VALUES (0, 900, 5, 'receipt', 'R', NULL, 1); INSERT INTO "
          "payment.ledger_entry VALUES (0, 900, 1, 'deposit:O-X', 'JPY', 5), (0, 900, 2, 'bank:b', 'JPY', -5)");
    cr_assert_eq(OFFENCES("deposit:O-X is below zero: -5 JPY"), 1);
    plant("INSERT INTO payment.ledger_entry VALUES (0, 900, 3, 'bank:b', 'KWD', 7)");
    cr_assert_eq(OFFENCES("KWD does not add up to zero: 7"), 1);
    cr_assert_eq(OFFENCES("payment.0.900 does not balance in KWD: 7"), 1);
    plant("INSERT INTO payment.ledger_txn VALUES (0, 901, 6, 'receipt', 'R', NULL, 1)");
    cr_assert_eq(OFFENCES("payment.0.901 has no legs"), 1);
    plant("UPDATE payment.payout SET amount_minor = 999");
    cr_assert_eq(OFFENCES("clearing is 1000 CNY, the open payouts are 999"), 1);
    cr_assert_eq(OFFENCES("%"), 5);
}

/* PA-3: an answer to a payout that is not open takes its transaction with it. */
Test(money, PA_3_a_payout_is_answered_once)
{
    slips(1, 1, 1000, "after_sales", "acc-1");
    const char *once = "SELECT payment.answer(array[(1::int8<<40)+1], array[1::int8], array['instructed'], "
                       "array['settled'], array['r'], array[null], array[-1::int8], array[1::int8])";
    cr_assert_not(hooks_refused(k, once));
    cr_assert(hooks_refused(k, once));
}

/* PA-3: the database itself allows one open or paid payout a slip. */
Test(money, PA_3_a_slip_has_one_open_payout)
{
    slips(1, 1, 1000, "after_sales", "acc-1");
    const char *second = "INSERT INTO payout SELECT case_id, 2, partition, 'another', slip_no, amount_minor, currency, "
                         "payee, pay_method, payer_account, 'instructed' FROM payout";
    cr_assert(hooks_refused(k, second));
    cr_assert_not(hooks_refused(k, "SELECT payment.answer(array[(1::int8<<40)+1], array[1::int8], array['instructed'], "
                                   "array['failed'], array[null], array['r'], array[-1::int8], array[1::int8])"));
}

/* PA-3: the bank books one fen too much: halted, found out by finance, confirmed by the general manager; the ledger
 * says what really left and who owes the fen. */
Test(money, PA_3_a_halted_payout_is_resolved_in_the_tables)
{
    feed_slip(1, "after_sales", "{'measures':[],'amount_minor':1000,'currency':'CNY','payee':'acc-1'}");
    hooks_feed(k, case_id_make(1, 1), "payment.bank_answer",
               "{'key':'redress-1099511627777-1','payout_no':1,'outcome':'contradiction','amount_minor':1001,"
               "'currency':'CNY','reason':'amount_differs'}");
    hooks_must_commit(k);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'halted'"), 1);
    hooks_feed(k, case_id_make(1, 1), "command.resolve_payout",
               "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'},'found':'paid','amount_minor':1001,"
               "'bank_ref':'letter'}");
    hooks_feed(k, case_id_make(1, 1), "command.confirm_resolution",
               "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'},'agree':true}");
    hooks_must_commit(k);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'resolved' AND paid_minor = 1001"), 1);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account = 'bank:O-E1-6222'"), -1001);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account LIKE 'receivable:bank:%'"), 1);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account LIKE 'clearing:%'"), 0);
}

/* PA-3: a voucher and its two signatures in one batch: a payout no bank is asked for. */
Test(money, PA_3_cash_in_the_tables)
{
    feed_slip(1, "after_sales", "{'measures':[],'amount_minor':1000,'currency':'CNY','pay_method':'cash'}");
    hooks_feed(k, case_id_make(1, 1), "command.sign_cash",
               "{'actor':{'id':'O-E1-H1','role':'handler','org_id':'O-E1'},'voucher_no':'S1-P1'}");
    hooks_feed(k, case_id_make(1, 1), "command.sign_cash",
               "{'actor':{'id':'O-E1-M','role':'outlet_manager','org_id':'O-E1'},'voucher_no':'S1-P1'}");
    hooks_must_commit(k);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE state = 'settled' AND pay_method = 'cash'"), 1);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor::int8 FROM balance WHERE account = 'cash:O-E1'"), -1000);
}

/* Instructed, paid, settled and posted, all durable (PostgreSQL's fsync is off here): a floor far below it. */
Test(money, PA_3_hundreds_of_payouts_a_second)
{
    hooks_adapter(k);
    hooks_assign(k, 1);
    int64_t from = clock_monotonic_us();
    slips(1, 4000, 1000, "after_sales", "acc-1");
    answers(4000);
    double seconds = (double)(clock_monotonic_us() - from) / 1e6;
    fprintf(stderr, "payment: %.0f payouts/s instructed, paid and settled\n", 4000 / seconds);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 4000);
    cr_assert_lt(seconds, 40);
}
