/* The sandbox bank against the client that asks it, with every fault (PA-3): each order is answered in the end,
 * booked exactly once, refused only when the bank said so. The bank runs as the real process. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "payment/bank/book.h"
#include "payment/bank_way.h"

enum { ORDERS = 400, AMOUNT = 1234 };

static char state_dir[64];
static char url[64];
static int port;
static pid_t bank;

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void bank_start(void)
{
    char port_text[16];
    snprintf(port_text, sizeof(port_text), "%d", port);
    bank = fork();
    cr_assert_geq(bank, 0);
    if (bank == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("REDRESS_STATE_DIR", state_dir, 1);
        setenv("REDRESS_BANK_HTTP_PORT", port_text, 1);
        setenv("REDRESS_BANK_TOKEN", "secret-of-the-test", 1);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2);
        execl(REDRESS_BANK, "redress-bank", "--config", "/dev/null", (char *)NULL);
        _exit(127);
    }
}

static void bank_kill(int signal_no)
{
    kill(bank, signal_no);
    waitpid(bank, NULL, 0);
}

static int curl(const char *args)
{
    char cmd[768];
    snprintf(cmd, sizeof(cmd),
             "curl --noproxy '*' -fsS -m 2 -H 'Authorization: Bearer secret-of-the-test' %s >/dev/null 2>&1", args);
    return system(cmd);
}

static void faults(const char *json)
{
    char args[512];
    snprintf(args, sizeof(args), "-X PUT -d '%s' %s/faults", json, url);
    for (int i = 0; i < 1000 && curl(args) != 0; i++) usleep(20000); /* it is being started, the machine may be busy */
}

static void set_up(void)
{
    strcpy(state_dir, "/tmp/redress-bank-test-XXXXXX");
    cr_assert_not_null(mkdtemp(state_dir));
    port = free_port();
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    bank_start();
    faults("{}");
}

static void tear_down(void)
{
    bank_kill(SIGTERM);
    char cmd[128];
    snprintf(cmd, sizeof(cmd), "rm -rf %s", state_dir);
    cr_assert_eq(system(cmd), 0);
}

TestSuite(bank, .init = set_up, .fini = tear_down, .timeout = 250);

static void on_wake(void *user) { atomic_fetch_add((atomic_int *)user, 1); }

static atomic_int wakes;

static struct bank_client *client_new(const char *token)
{
    struct err e = ERR_INIT;
    struct bank_client_settings s = {.way = &bank_by_api,
                                     .url = url,
                                     .token = token,
                                     .in_flight = 16,
                                     .timeout_ms = 300,
                                     .retry_ms = 5,
                                     .wake = on_wake,
                                     .user = &wakes};
    struct bank_client *c = bank_client_new(&s, &e);
    cr_assert_not_null(c, "%s", e.message);
    return c;
}

static void ask(struct bank_client *c, int from, int to, const char *payee)
{
    for (int i = from; i < to; i++) {
        char key[32];
        snprintf(key, sizeof(key), "case-%d-1", i);
        bank_client_ask(c, &(struct bank_order){.part = i % 4,
                                                .case_id = i,
                                                .payout_no = 1,
                                                .amount_minor = AMOUNT,
                                                .key = key,
                                                .payee = payee,
                                                .currency = "CNY",
                                                .method = "transfer",
                                                .payer = "acc-0",
                                                .day = "2026-03-02"});
    }
}

struct count {
    int settled, refused, contradictions;
};

/* Waits until `n` answers have come, each for another case. */
static struct count collect(struct bank_client *c, int n)
{
    struct count count = {0};
    static bool seen[100000];
    memset(seen, 0, sizeof(seen));
    for (int got = 0; got < n; usleep(2000)) {
        struct bank_order *o = bank_client_take(c);
        for (struct bank_order *next; o != NULL; o = next, got++) {
            next = o->next;
            cr_assert(!seen[o->case_id], "case %lld answered twice", (long long)o->case_id);
            seen[o->case_id] = true;
            cr_assert_str_eq(o->answer.key, o->key);
            count.settled += o->answer.outcome == BANK_OUTCOME_SETTLED;
            count.refused += o->answer.outcome == BANK_OUTCOME_REFUSED;
            count.contradictions += o->answer.outcome == BANK_OUTCOME_CONTRADICTION;
            bank_order_free(o);
        }
    }
    return count;
}

/* The bank's own book, read after its end. */
static struct book *read_book(void)
{
    char path[96];
    struct err e = ERR_INIT;
    snprintf(path, sizeof(path), "%s/bank/journal", state_dir);
    struct book *b = book_open(path, &e);
    cr_assert_not_null(b, "%s", e.message);
    return b;
}

static int64_t booked(void)
{
    struct book *b = read_book();
    int64_t n = book_last(b);
    book_close(b);
    return n;
}

Test(bank, PA_3_each_order_is_settled_and_booked_once)
{
    struct bank_client *c = client_new("secret-of-the-test");
    ask(c, 0, ORDERS, "acc-1");
    struct count got = collect(c, ORDERS);
    cr_assert_eq(got.settled, ORDERS);
    cr_assert_eq(booked(), ORDERS);
    cr_assert_gt(atomic_load(&wakes), 0);
    bank_client_free(c);
}

/* PA-3: answers lost after and before booking, slow ones: asked again with the same key, never booked twice. */
Test(bank, PA_3_lost_and_late_answers_are_asked_again_with_the_same_key)
{
    faults("{\"drop_percent\":15,\"lose_percent\":15,\"slow_percent\":20,\"slow_ms\":400}");
    struct bank_client *c = client_new("secret-of-the-test");
    ask(c, 0, 60, "acc-1");
    struct bank_client_figures f = {0};
    for (int i = 0; i < 3000 && f.retried <= 10; i++, usleep(10000)) bank_client_figures(c, &f);
    cr_assert_gt(f.retried, 10);
    faults("{\"drop_percent\":10}");
    cr_assert_eq(collect(c, 60).settled, 60);
    bank_client_figures(c, &f);
    cr_assert_eq(f.open, 0);
    cr_assert_eq(booked(), 60);
    bank_client_free(c);
}

Test(bank, PA_3_refused_only_when_the_bank_says_so)
{
    faults("{\"refuse_percent\":30}");
    struct bank_client *c = client_new("secret-of-the-test");
    ask(c, 0, 200, "acc-1");
    struct count got = collect(c, 200);
    cr_assert_gt(got.refused, 20);
    cr_assert_eq(got.refused + got.settled, 200);
    ask(c, 200, 210, "CLOSED-1");
    cr_assert_eq(collect(c, 10).refused, 10);
    bank_client_free(c);
}

/* PA-3: nothing is final while the bank is down, killed, or refuses the token. */
Test(bank, PA_3_a_bank_that_is_down_is_no_refusal)
{
    faults("{\"down\":true}");
    struct bank_client *c = client_new("secret-of-the-test");
    ask(c, 0, 50, "acc-1");
    struct bank_client_figures f = {0};
    /* A busy machine may make it a time-out first. */
    for (int i = 0; i < 1000 && (f.down_since_ms == 0 || strstr(f.why, "503") == NULL); i++, usleep(10000))
        bank_client_figures(c, &f);
    cr_assert_eq(f.open, 50);
    cr_assert_gt(f.down_since_ms, 0);
    cr_assert(strstr(f.why, "503") != NULL, "%s", f.why);
    bank_kill(SIGKILL);
    usleep(300000);
    cr_assert_null(bank_client_take(c));
    bank_start();
    cr_assert_eq(collect(c, 50).settled, 50);
    bank_client_free(c);
    struct bank_client *stranger = client_new("not-the-token");
    ask(stranger, 60, 61, "acc-1");
    usleep(200000);
    cr_assert_null(bank_client_take(stranger));
    bank_client_free(stranger);
    cr_assert_eq(booked(), 50);
}

/* PA-3: kill -9 of the bank while it works; what it answered is in its book, nothing twice. */
Test(bank, PA_3_kill_of_the_bank_loses_and_doubles_nothing)
{
    struct bank_client *c = client_new("secret-of-the-test");
    for (int round = 0; round < 4; round++) {
        ask(c, round * 500, (round + 1) * 500, "acc-1");
        usleep(20000);
        bank_kill(SIGKILL);
        bank_start();
    }
    cr_assert_eq(collect(c, 2000).settled, 2000);
    bank_kill(SIGKILL);
    struct book *b = read_book();
    cr_assert_eq(book_last(b), 2000);
    for (int64_t seq = 1; seq <= 2000; seq++) cr_assert_eq(book_find(b, book_at(b, seq)->key, NULL)->seq, seq);
    book_close(b);
    bank_start();
    bank_client_free(c);
}

Test(bank, PA_3_another_amount_or_another_order_under_the_key_is_a_contradiction)
{
    struct bank_client *c = client_new("secret-of-the-test");
    faults("{\"wrong_amount_percent\":100}");
    ask(c, 0, 5, "acc-1");
    cr_assert_eq(collect(c, 5).contradictions, 5);
    faults("{}");
    ask(c, 10, 11, "acc-1");
    cr_assert_eq(collect(c, 1).settled, 1);
    ask(c, 10, 11, "acc-2");
    cr_assert_eq(collect(c, 1).contradictions, 1);
    bank_client_free(c);
}

Test(bank, a_dropped_partition_is_asked_no_more)
{
    struct bank_client *c = client_new("secret-of-the-test");
    struct bank_client_figures f;
    faults("{\"down\":true}");
    ask(c, 0, 40, "acc-1");
    bank_client_drop(c, 1);
    faults("{}");
    cr_assert_eq(collect(c, 30).settled, 30);
    for (int i = 0; i < 1000; i++, usleep(10000)) {
        bank_client_figures(c, &f);
        if (f.open == 0) break;
    }
    cr_assert_eq(f.open, 0);
    bank_client_free(c);
}

/* A torn last line (crash while writing) is cut off; damage before it is refused. */
Test(bank, a_torn_journal_is_mended_and_a_damaged_one_refused)
{
    struct bank_client *c = client_new("secret-of-the-test");
    ask(c, 0, 20, "acc-1");
    collect(c, 20);
    bank_client_free(c);
    bank_kill(SIGKILL);
    char path[96];
    snprintf(path, sizeof(path), "%s/bank/journal", state_dir);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(truncate(path, st.st_size - 7), 0);
    cr_assert_eq(booked(), 19);
    FILE *f = fopen(path, "r+");
    fseek(f, 20, SEEK_SET);
    fputc('#', f);
    fclose(f);
    struct err e = ERR_INIT;
    cr_assert_null(book_open(path, &e));
    cr_assert_eq(e.code, ERR_DATA);
    bank_start();
}

/* Not a test of speed, only a floor far below it, also on a machine that does ten other things. */
Test(bank, thousands_of_payouts_do_not_take_minutes)
{
    struct bank_client *c = client_new("secret-of-the-test");
    int64_t from = clock_monotonic_us();
    ask(c, 0, 5000, "acc-1");
    cr_assert_eq(collect(c, 5000).settled, 5000);
    double seconds = (double)(clock_monotonic_us() - from) / 1e6;
    fprintf(stderr, "bank: %.0f payouts/s\n", 5000 / seconds);
    cr_assert_lt(seconds, 200);
    bank_client_free(c);
}
