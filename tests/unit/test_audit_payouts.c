/* The audit's comparison of our payouts with the bank's own book (PA-3): each way the two can disagree is named once,
 * whichever way the payout went; what agrees, or is on its way, is not. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/audit_payouts.h"

static struct arena arena;
static struct audit_payouts *a;
static char told[1000];
static int offences;

static void tell(void *user, const char *text)
{
    (void)user;
    offences++;
    cr_assert_lt(strlen(told) + strlen(text) + 2, sizeof told);
    strcat(strcat(told, text), "\n");
}

static void set_up(void)
{
    arena_init(&arena);
    a = audit_payouts_new(&arena, (struct audit_offences){.tell = tell});
    told[0] = '\0';
    offences = 0;
}

static void tear_down(void)
{
    audit_payouts_free(a);
    arena_deinit(&arena);
}

TestSuite(audit_payouts, .init = set_up, .fini = tear_down);

/* A payout that went by file, and its line in the book. */
static struct audit_payout ours(const char *state)
{
    return (struct audit_payout){.key = "K-1",
                                 .currency = "CNY",
                                 .payee = "acc-1",
                                 .payer = "acc-0",
                                 .state = state,
                                 .way = "files",
                                 .amount_minor = 1000};
}

static struct audit_booked theirs(const char *status)
{
    return (struct audit_booked){.key = "K-1",
                                 .status = status,
                                 .currency = "CNY",
                                 .payee = "acc-1",
                                 .payer = "acc-0",
                                 .way = "files",
                                 .amount_minor = 1000};
}

/* One payout, so many lines of the book; what is told of it begins with this, NULL: nothing is. */
static void expect(struct audit_payout p, struct audit_booked line, int lines, const char *offence)
{
    tear_down();
    set_up();
    audit_payouts_ours(a, &p);
    for (int i = 0; i < lines; i++) audit_payouts_booked(a, &line);
    audit_payouts_end(a);
    cr_assert_eq(offences, offence != NULL, "%s", told);
    if (offence != NULL) cr_assert_str_eq(told, offence);
}

Test(audit_payouts, PA_3_what_agrees_or_is_on_its_way_is_no_offence)
{
    expect(ours("settled"), theirs("settled"), 1, NULL);
    expect(ours("failed"), theirs("refused"), 1, NULL);
    expect(ours("failed"), theirs("refused"), 0, NULL); /* refused before it left: no message can say it */
    expect(ours("instructed"), theirs("settled"), 1, NULL);
    expect(ours("instructed"), theirs("pending"), 1, NULL);
    expect(ours("instructed"), theirs("settled"), 0, NULL);
    struct audit_booked of_an_api = theirs("settled");
    of_an_api.payer = of_an_api.way = NULL;
    expect(ours("settled"), of_an_api, 1, NULL);
}

Test(audit_payouts, PA_3_paid_twice_is_found)
{
    expect(ours("settled"), theirs("settled"), 2, "payout K-1: the bank paid it 2 times\n");
    expect(ours("instructed"), theirs("settled"), 3, "payout K-1: the bank paid it 3 times\n");
    expect(ours("halted"), theirs("settled"), 2, "payout K-1: the bank paid it 2 times\n");
}

Test(audit_payouts, PA_3_lost_is_found)
{
    struct audit_payout gone = ours("instructed");
    gone.gone = true;
    expect(gone, theirs("settled"), 0, "payout K-1: lost, its order was taken and the bank's book has it not\n");
    expect(gone, theirs("pending"), 1, NULL);
    expect(gone, theirs("settled"), 1, NULL);
    expect(ours("settled"), theirs("settled"), 0, "payout K-1: we hold it settled, the bank's book has it not\n");
    expect(ours("resolved"), theirs("pending"), 1, "payout K-1: we hold it settled, the bank's book has it not\n");
}

Test(audit_payouts, PA_3_paid_on_one_side_alone_is_found)
{
    expect(ours("failed"), theirs("settled"), 1, "payout K-1: the bank paid it, we hold it failed\n");
    expect(ours("settled"), theirs("refused"), 1, "payout K-1: the bank refused it, we hold it settled\n");
    audit_payouts_booked(a, &(struct audit_booked){.key = "K-9", .status = "settled"});
    cr_assert(audit_payouts_has_unknown(a));
    told[0] = '\0';
    audit_payouts_end(a);
    cr_assert_str_eq(told, "payout K-1: the bank refused it, we hold it settled\n"
                           "the bank booked K-9, which was never instructed\n");
}

/* Both ways may have the same key: the bank then pays it by each. */
Test(audit_payouts, PA_3_sent_both_ways_is_found)
{
    struct audit_payout p = ours("settled");
    struct audit_booked by_api = theirs("settled"), by_file = theirs("settled");
    by_api.way = "api";
    audit_payouts_ours(a, &p);
    audit_payouts_booked(a, &by_file);
    audit_payouts_booked(a, &by_api);
    audit_payouts_end(a);
    cr_assert_str_eq(told, "payout K-1: it goes by files, the bank has it by api\n"
                           "payout K-1: the bank paid it 2 times\n");
}

Test(audit_payouts, PA_3_another_amount_currency_or_account_is_found)
{
    struct audit_booked b = theirs("settled");
    b.amount_minor = 1001;
    expect(ours("settled"), b, 1, "payout K-1: instructed 1000 CNY, the bank booked 1001 CNY\n");
    expect(ours("halted"), b, 1, NULL); /* known, and a person is at it */
    expect(ours("resolved"), b, 1, "payout K-1: instructed 1000 CNY, the bank booked 1001 CNY\n");
    b = theirs("settled");
    b.currency = "JPY";
    expect(ours("settled"), b, 1, "payout K-1: instructed 1000 CNY, the bank booked 1000 JPY\n");
    b = theirs("settled");
    b.payee = "acc-2";
    expect(ours("settled"), b, 1, "payout K-1: instructed to acc-1, the bank paid acc-2\n");
    expect(ours("resolved"), b, 1, NULL); /* two people have found it out */
    b = theirs("settled");
    b.payer = "acc-9";
    expect(ours("settled"), b, 1, "payout K-1: instructed from acc-0, the bank took it from acc-9\n");
}

/* On a live installation the book has what was instructed after ours were read. */
Test(audit_payouts, PA_3_made_while_the_book_was_read_is_no_offence)
{
    struct audit_booked line = theirs("settled");
    audit_payouts_booked(a, &line);
    audit_payouts_known_by_now(a, "K-1");
    audit_payouts_known_by_now(a, "K-2"); /* not in the book yet */
    audit_payouts_end(a);
    cr_assert_eq(offences, 0, "%s", told);
}
