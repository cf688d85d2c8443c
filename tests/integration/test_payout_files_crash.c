/* A payout by file has seven moments at which a process can die, three processes can: each of the 21 pairs is played on
 * a payout of its own (as test_payout_crash.c does with the bank's API). Afterwards every payout is settled once, the
 * bank's book has it once, the ledger is at zero (PA-3, PA-4). */
#include "crash_kit.h"

static void set_up_files(void)
{
    files_for = "CNY";
    set_up();
}

TestSuite(payout_files_crash, .init = set_up_files, .fini = tear_down, .timeout = 300);

enum moment {
    BEFORE_INTENT,  /* decided, the transaction not begun */
    AFTER_INTENT,   /* committed, no order written (test_bank_files.c dies within the writing) */
    LEFT,           /* the order lies in the outbox */
    BOOKED,         /* the bank has booked it, its report is lost: a statement tells */
    REPORTED,       /* the report is there, nothing decided */
    BEFORE_SETTLED, /* decided, the transaction not begun */
    AFTER_SETTLED,  /* committed, the adapter not told */
    MOMENTS
};

static void play(int n, enum moment when, enum victim who)
{
    int64_t case_id = case_id_make(n % HOOKS_PARTS, n);
    int part = case_id_partition(case_id);
    feed_slip(n, "after_sales", PLAN);
    if (when == BEFORE_INTENT) {
        crash(who, case_id, NULL);
        feed_slip(n, "after_sales", PLAN); /* its position was not committed: read again */
    }
    if (when == LEFT) faults("{\"down\":true}");
    if (when == BOOKED) faults("{\"drop_percent\":100}");
    if (when == AFTER_INTENT)
        commit_untold();
    else
        hooks_must_commit(k);
    const void *intended = *hooks_state(k, case_id);
    if (when == LEFT || when == BOOKED) usleep(200000);
    if (when == AFTER_INTENT || when == LEFT || when == BOOKED) crash(who, case_id, intended);
    if (when == LEFT || when == BOOKED) faults("{}");
    if (when == BOOKED) keeper("-X POST", "/statement");
    until_answered(part);
    if (when == REPORTED) crash(who, case_id, intended);
    if (when == BEFORE_SETTLED) {
        decide_answer(part);
        crash(who, case_id, intended);
    }
    if (when == AFTER_SETTLED) {
        decide_answer(part);
        commit_untold();
        crash(who, case_id, *hooks_state(k, case_id));
    }
}

Test(payout_files_crash, PA_3_each_process_dies_at_each_moment_of_a_payout_by_file)
{
    int n = 0;
    hooks_adapter(k);
    hooks_assign(k, ++epoch);
    for (int when = 0; when < MOMENTS; when++) {
        for (int who = 0; who < VICTIMS; who++) {
            play(++n, (enum moment)when, (enum victim)who);
            expect_paid_once(n);
        }
    }
    fprintf(stderr, "%d payouts by file, each with a death of its own: 0 double, 0 lost\n", n);
    expect_books(n);
}
