/* The bank's statement beside our payouts, with the real bank process and each of its fault switches: PA-3. */
#include "money_kit.h"

TestSuite(statement, .init = set_up, .fini = tear_down, .timeout = 120);

/* A payment that nobody of ours has ordered. */
static void book_foreign(const char *key)
{
    char options[300];
    snprintf(options, sizeof options, "-d '{\"key\":\"%s\",\"amount_minor\":7,\"currency\":\"CNY\",\"payee\":\"x\"}'",
             key);
    keeper(options, "/payments");
}

static void pay(int from, int to)
{
    for (int i = from; i <= to; i++)
        feed_slip(i, "after_sales", "{'measures':[],'amount_minor':1000,'currency':'CNY','payee':'acc-1'}");
    hooks_must_commit(k);
    answers(to - from + 1);
}

/* A day later the statement is read and compared. */
static void next_day(void)
{
    int64_t before = k->counts[EV_PAYMENT_RECONCILED];
    k->now_ms += 86400000;
    for (int idle = 0; k->counts[EV_PAYMENT_RECONCILED] == before && idle < 1000; idle++) {
        spec.adapter->tick(&k->host, k->now_ms);
        if (hooks_locals(k, 1) == 0) usleep(5000);
    }
    cr_assert_gt(k->counts[EV_PAYMENT_RECONCILED], before, "never compared");
}

#define LAST(figure) hooks_ask(k, "SELECT " figure " FROM reconciliation ORDER BY read_ms DESC, seq DESC LIMIT 1")
#define ITEMS(of) hooks_ask(k, "SELECT count(*) FROM discrepancy WHERE " of)

static void begin(void)
{
    hooks_adapter(k);
    hooks_assign(k, 1);
}

Test(statement, PA_3_what_agrees_is_matched_day_by_day)
{
    begin();
    pay(1, 40);
    next_day();
    cr_assert_eq(LAST("matched"), 40);
    cr_assert_eq(LAST("lines"), 40);
    pay(41, 50);
    next_day();
    cr_assert_eq(LAST("matched"), 50);
    cr_assert_eq(LAST("lines"), 10);
    cr_assert_eq(ITEMS("true"), 0);
    int64_t times = k->counts[EV_PAYMENT_RECONCILED];
    for (int i = 0; i < 20; i++) {
        spec.adapter->tick(&k->host, k->now_ms + 3600000);
        usleep(2000);
    }
    cr_assert_eq(hooks_locals(k, 1), 0);
    cr_assert_eq(k->counts[EV_PAYMENT_RECONCILED], times, "once a day");
}

Test(statement, PA_3_missing_unknown_and_differing_are_work_items)
{
    begin();
    faults("{\"omit_percent\":100}");
    pay(1, 3);
    book_foreign("not-ours");
    next_day();
    cr_assert_eq(ITEMS("kind = 'missing' AND state = 'open' AND case_id IS NOT NULL"), 3);
    cr_assert_eq(LAST("missing"), 3);
    faults("{\"wrong_amount_percent\":100}");
    pay(4, 5);
    cr_assert_eq(k->counts[EV_PAYMENT_HALTED], 2);
    book_foreign("not-ours-either");
    next_day();
    cr_assert_eq(ITEMS("kind = 'differing' AND detail = 'halted' AND theirs_minor = 1001"), 2);
    cr_assert_eq(ITEMS("kind = 'unknown' AND case_id IS NULL"), 2);
    cr_assert_eq(ITEMS("kind = 'missing' AND state = 'ended'"), 3, "the bank has told them by now");
    cr_assert_eq(LAST("matched"), 3);
    next_day();
    cr_assert_eq(ITEMS("true"), 7, "an item is found once");
    cr_assert_eq(ITEMS("owner_id = 'HO-F1'"), 7, "finance of head office sees to each");
}

/* Two people find out that the bank has paid a fen too much; then the books agree with the statement again. */
Test(statement, PA_3_an_item_ends_when_the_books_agree)
{
    begin();
    faults("{\"wrong_amount_percent\":100}");
    pay(1, 1);
    next_day();
    cr_assert_eq(ITEMS("kind = 'differing' AND state = 'open'"), 1);
    hooks_feed(k, case_id_make(1, 1), "command.resolve_payout",
               "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'},'found':'paid','amount_minor':1001,"
               "'bank_ref':'letter'}");
    hooks_feed(k, case_id_make(1, 1), "command.confirm_resolution",
               "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'},'agree':true}");
    hooks_must_commit(k);
    next_day();
    cr_assert_eq(ITEMS("state = 'ended'"), 1);
    cr_assert_eq(LAST("matched"), 1);
}

Test(statement, PA_3_what_a_person_closed_is_not_found_again)
{
    begin();
    book_foreign("a-fee");
    next_day();
    hooks_feed(k, id_account(PAYMENT_STATEMENT, HOOKS_PARTS), "command.close_discrepancy",
               "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'},'kind':'unknown','key':'a-fee','note':'a fee'}");
    hooks_must_commit(k);
    cr_assert_eq(ITEMS("state = 'closed' AND note = 'a fee'"), 1);
    next_day();
    cr_assert_eq(ITEMS("true"), 1);
}

/* A line told twice is one line; a slow bank, a lost answer and a refusal leave nothing to find. */
Test(statement, PA_3_duplicate_slow_lost_and_refused_agree)
{
    begin();
    faults("{\"duplicate_percent\":100,\"slow_percent\":50,\"slow_ms\":350,\"drop_percent\":20,"
           "\"refuse_percent\":20}");
    pay(1, 30);
    next_day();
    cr_assert_gt(k->counts[EV_PAYMENT_FAILED], 0);
    cr_assert_eq(LAST("matched"), k->counts[EV_PAYMENT_SETTLED]);
    cr_assert_gt(LAST("lines"), 30);
    cr_assert_eq(ITEMS("true"), 0);
}

/* Accepted, and settled much later: under way until then, neither failed nor missing, and no bank that is down. */
Test(statement, PA_3_late_settlement_is_under_way_until_it_settles)
{
    begin();
    faults("{\"late_percent\":100,\"late_ms\":1500}");
    feed_slip(1, "after_sales", "{'measures':[],'amount_minor':1000,'currency':'CNY','payee':'acc-1'}");
    hooks_must_commit(k);
    usleep(300000);
    next_day();
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 0);
    cr_assert_eq(LAST("lines"), 0);
    answers(1);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 1);
    next_day();
    cr_assert_eq(LAST("matched"), 1);
    cr_assert_eq(ITEMS("true"), 0);
}

/* A bank that is down: nothing is compared, and the next look finds everything. */
Test(statement, PA_3_a_statement_that_cannot_be_read_waits)
{
    begin();
    pay(1, 2);
    bank_kill();
    k->now_ms += 86400000;
    for (int i = 0; i < 30; i++) {
        spec.adapter->tick(&k->host, k->now_ms);
        cr_assert_eq(hooks_locals(k, 1), 0);
        usleep(5000);
    }
    bank_start();
    next_day();
    cr_assert_eq(LAST("matched"), 2);
}
