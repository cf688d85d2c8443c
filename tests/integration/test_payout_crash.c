/* A payout's life has seven moments at which a process can die; three processes can. Each of the 21 pairs is played on
 * a payout of its own, not drawn: afterwards every payout is settled once, the bank's book has it once, the ledger is
 * at zero and nothing is on the way (PA-3, PA-4). The test is the loop: what had not been committed is read again. */
#include "crash_kit.h"

enum moment {
    BEFORE_INTENT,  /* decided, the transaction not begun */
    AFTER_INTENT,   /* committed, the bank not asked */
    ASKED,          /* the order has left, the bank has not booked it */
    BOOKED,         /* the bank has booked it, its answer is lost */
    ANSWERED,       /* the answer is here, nothing decided */
    BEFORE_SETTLED, /* decided, the transaction not begun */
    AFTER_SETTLED,  /* committed, the adapter not told */
    MOMENTS
};

TestSuite(payout_crash, .init = set_up, .fini = tear_down, .timeout = 300);

static void play(int n, enum moment when, enum victim who)
{
    int64_t case_id = case_id_make(n % HOOKS_PARTS, n);
    int part = case_id_partition(case_id);
    feed_slip(n, "after_sales", PLAN);
    if (when == BEFORE_INTENT) {
        crash(who, case_id, NULL);
        feed_slip(n, "after_sales", PLAN); /* its position was not committed: read again */
    }
    if (when == ASKED) faults("{\"lose_percent\":100}");
    if (when == BOOKED) faults("{\"drop_percent\":100}");
    if (when == AFTER_INTENT)
        commit_untold();
    else
        hooks_must_commit(k);
    const void *intended = *hooks_state(k, case_id);
    if (when == ASKED || when == BOOKED) usleep(100000);
    if (when == AFTER_INTENT || when == ASKED || when == BOOKED) crash(who, case_id, intended);
    if (when == ASKED || when == BOOKED) faults("{}");
    until_answered(part);
    if (when == ANSWERED) crash(who, case_id, intended);
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

Test(payout_crash, PA_3_each_process_dies_at_each_moment_of_a_payout)
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
    fprintf(stderr, "%d payouts, each with a death of its own: 0 double, 0 lost\n", n);
    expect_books(n);
}
