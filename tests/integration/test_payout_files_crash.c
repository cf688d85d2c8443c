/* As test_payout_crash.c does with the bank's API: a payout by file has eight moments at which a process can die, three
 * processes can (PA-3, PA-4). test_bank_files.c dies within the writing of an order's file. */
#include "crash_kit.h"

static void set_up_files(void)
{
    files_for = "CNY";
    set_up();
}

TestSuite(payout_files_crash, .init = set_up_files, .fini = tear_down, .timeout = 300);

Test(payout_files_crash, PA_3_each_process_dies_at_each_moment_of_a_payout_by_file)
{
    play_all(
        &(struct crash_way){.stops_booking = "{\"down\":true}", .leaving_us = 200000, .a_statement_makes_up = true});
}
