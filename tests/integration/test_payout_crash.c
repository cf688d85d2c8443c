/* A payout's life has eight moments at which a process can die; three processes can. Each of the 24 pairs is played on
 * a payout of its own: afterwards every payout is settled once, the bank's book has it once, the ledger is at zero and
 * nothing is on the way (PA-3, PA-4). The test is the loop: what had not been committed is read again. */
#include "crash_kit.h"

TestSuite(payout_crash, .init = set_up, .fini = tear_down, .timeout = 300);

Test(payout_crash, PA_3_each_process_dies_at_each_moment_of_a_payout)
{
    play_all(&(struct crash_way){.stops_booking = "{\"lose_percent\":100}", .leaving_us = 100000});
}
