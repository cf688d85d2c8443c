/* A bank reached by files (PA-3): an order leaves once whatever dies when, what the bank says is found again, what it
 * garbles is put aside. The steps of a sending are counted by the system calls it makes; each is once the last. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "iso_kit.h"
#include "payment/bank_folder.h"
#include "payment/bank_route.h"
#include "payment/bank_way.h"
#include "payment/files/answers.h"
#include "payment/files/inbox.h"
#include "payment/iso20022/pain001.h"
#include "payment/iso20022/pain002.h"

static char dir[64];
static struct folder *folder;

static void set_up(void)
{
    struct err e = ERR_INIT;
    strcpy(dir, "/tmp/redress-files-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    folder = folder_open(dir, &e);
    cr_assert_not_null(folder, "%s", e.message);
}

static void tear_down(void)
{
    char cmd[128];
    folder_close(folder);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    cr_assert_eq(system(cmd), 0);
}

TestSuite(bank_files, .init = set_up, .fini = tear_down, .timeout = 60);

/* ---- a process that dies after so many changes ---- */

static int changes_left = -1; /* -1: it lives */

static void change(void)
{
    if (changes_left > 0 && --changes_left == 0) _exit(9);
}

/* These stand before libc's. */

int fsync(int fd)
{
    int result = (int)syscall(SYS_fsync, fd);
    change();
    return result;
}

int renameat(int oldfd, const char *old, int newfd, const char *new) { return renameat2(oldfd, old, newfd, new, 0); }

int renameat2(int oldfd, const char *old, int newfd, const char *new, unsigned int flags)
{
    int result = (int)syscall(SYS_renameat2, oldfd, old, newfd, new, flags);
    change();
    return result;
}

/* A write that is the last is half of one. */
ssize_t write(int fd, const void *buf, size_t n)
{
    ssize_t result = syscall(SYS_write, fd, buf, changes_left == 1 ? n / 2 : n);
    change();
    return result;
}

/* Runs it in a process that dies at its n-th change; false: it came through. */
static bool dies_at(int n, bool (*work)(struct err *e))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct err e = ERR_INIT;
        changes_left = n;
        _exit(work(&e) ? 0 : 1);
    }
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9), "%d", status);
    return WEXITSTATUS(status) == 9;
}

/* ---- orders ---- */

enum { AMOUNT = 1234 };

static void order_text(struct buf *out)
{
    pain001_write(
        &(struct credit_transfer){
            .key = "K-1", .payer = "P", .payee = "acc-1", .day = "2026-03-02", .amount = {AMOUNT, "CNY"}},
        out);
}

static bool send_order(struct err *e)
{
    struct buf order = BUF_INIT, sent = BUF_INIT;
    order_text(&order);
    bool well = folder_send(folder, "K-1.xml", &order, &sent, e) && sent.len == order.len &&
                memcmp(sent.bytes, order.bytes, order.len) == 0;
    buf_deinit(&order);
    buf_deinit(&sent);
    return well;
}

static int files_in(const char *place)
{
    struct err e = ERR_INIT;
    struct folder_names names;
    cr_assert(folder_list(folder, place, "", &names, &e), "%s", e.message);
    int n = names.n;
    folder_names_free(&names);
    return n;
}

/* The bank takes whole files only; how many there were. */
static int bank_takes(void)
{
    struct err e = ERR_INIT;
    struct folder_names names;
    struct buf bytes = BUF_INIT;
    cr_assert(folder_list(folder, "outbox", "", &names, &e));
    int n = names.n;
    for (int i = 0; i < names.n; i++) {
        cr_assert(folder_read(folder, "outbox", names.name[i], &bytes, &e));
        iso_must_be_valid(PAIN001, bytes.bytes, bytes.len);
        cr_assert(folder_remove(folder, "outbox", names.name[i], &e));
    }
    folder_names_free(&names);
    buf_deinit(&bytes);
    return n;
}

/* PA-3: the bank takes the file away at once, or only when all is over; either way there has been one. */
Test(bank_files, PA_3_a_death_at_each_step_of_sending_sends_once)
{
    for (int eager = 0; eager < 2; eager++) {
        int deaths = 0;
        for (int n = 1;; n++) {
            int taken = 0;
            struct err e = ERR_INIT;
            tear_down();
            set_up();
            bool died = dies_at(n, send_order);
            if (eager) taken += bank_takes();
            cr_assert(send_order(&e), "step %d: %s", n, e.message);
            taken += bank_takes();
            cr_assert(send_order(&e));
            taken += bank_takes();
            cr_assert_eq(taken, 1, "step %d: %d orders have left", n, taken);
            cr_assert_eq(files_in("work"), 0);
            if (!died) break;
            deaths++;
        }
        cr_assert_gt(deaths, 8);
    }
}

Test(bank_files, PA_3_two_processes_at_once_send_once)
{
    for (int round = 0; round < 20; round++) {
        tear_down();
        set_up();
        pid_t children[4];
        int taken = 0, status;
        for (int i = 0; i < 4; i++) {
            children[i] = fork();
            if (children[i] != 0) continue;
            struct err e = ERR_INIT;
            folder = folder_open(dir, &e);
            _exit(send_order(&e) ? 0 : 1);
        }
        for (int i = 0; i < 4; i++) {
            taken += bank_takes();
            waitpid(children[i], &status, 0);
            cr_assert_eq(WEXITSTATUS(status), 0);
        }
        cr_assert_eq(taken + bank_takes(), 1);
    }
}

/* ---- what the bank says ---- */

static void arrives(const char *name, const char *text)
{
    struct err e = ERR_INIT;
    struct buf bytes = BUF_INIT;
    buf_puts(&bytes, text);
    cr_assert(folder_write(folder, "inbox", name, &bytes, &e), "%s", e.message);
    buf_deinit(&bytes);
}

static const char *report(const char *key, const char *status)
{
    static char text[1200];
    snprintf(text, sizeof text,
             "<Document xmlns='" ISO_NAMESPACE PAIN002 "'><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-03-02T"
             "10:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09"
             "</OrgnlMsgNmId><GrpSts>%s</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>",
             key, status);
    return text;
}

static int take(void)
{
    struct err e = ERR_INIT;
    int taken = 0;
    cr_assert(inbox_take(folder, &taken, &e), "%s", e.message);
    return taken;
}

static enum bank_outcome outcome(int64_t amount)
{
    struct err e = ERR_INIT;
    struct bank_order o = {.key = "K-1", .payee = "acc-1", .currency = "CNY", .amount_minor = amount};
    if (!answer_read(folder, &o, &e)) return BANK_OUTCOME_ABSENT;
    enum bank_outcome found = o.answer.outcome;
    bank_answer_deinit(&o.answer);
    return found;
}

static void expect_bad(const char *name, const char *want)
{
    struct err e = ERR_INIT;
    struct buf why = BUF_INIT;
    char file[100];
    snprintf(file, sizeof file, "%s.why", name);
    cr_assert(folder_read(folder, "bad", name, &why, &e), "%s is not put aside", name);
    cr_assert(folder_read(folder, "bad", file, &why, &e));
    cr_assert_not_null(strstr(why.bytes, want), "'%s' does not say '%s'", why.bytes, want);
    buf_deinit(&why);
}

Test(bank_files, PA_3_the_first_final_word_stands_and_another_is_put_aside)
{
    struct err e = ERR_INIT;
    cr_assert(send_order(&e));
    arrives("1.xml", report("K-1", "ACSP"));
    cr_assert_eq(take(), 1);
    cr_assert_eq(outcome(AMOUNT), BANK_OUTCOME_ABSENT, "on the way is not final");
    arrives("2.xml", report("K-1", "ACSC"));
    arrives("3.xml", report("K-1", "ACSC"));
    cr_assert_eq(take(), 2);
    cr_assert_eq(outcome(AMOUNT), BANK_OUTCOME_SETTLED);
    arrives("4.xml", report("K-1", "RJCT"));
    take();
    cr_assert_eq(outcome(AMOUNT), BANK_OUTCOME_SETTLED);
    expect_bad("4.xml", "status RJCT of K-1, which was settled before");
    cr_assert_eq(files_in("read"), 3);
}

Test(bank_files, PA_3_what_cannot_be_understood_is_put_aside_with_the_reason)
{
    struct err e = ERR_INIT;
    cr_assert(send_order(&e));
    arrives("other.xml", report("K-2", "ACSC"));
    arrives("empty.xml", report("K-1", ""));
    arrives("message.xml", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.08'/>");
    arrives("noxml.xml", "SETTLED K-1");
    cr_assert_eq(take(), 3);
    expect_bad("other.xml", "OrgnlGrpInfAndSts: is of no order of ours");
    expect_bad("empty.xml", "OrgnlGrpInfAndSts/GrpSts: is empty");
    expect_bad("message.xml", "neither pain.002.001.10 nor camt.053.001.08");
    cr_assert_eq(files_in("inbox"), 1, "it may still be written");
    char cmd[120];
    snprintf(cmd, sizeof cmd, "touch -d '2 minutes ago' %s/inbox/noxml.xml", dir);
    cr_assert_eq(system(cmd), 0);
    cr_assert_eq(take(), 1);
    expect_bad("noxml.xml", "line 1");
    arrives("other.xml", report("K-2", "ACSC"));
    take();
    expect_bad("other.xml.2", "no order of ours");
}

static bool take_all(struct err *e)
{
    int taken;
    return inbox_take(folder, &taken, e);
}

/* Each file is taken in or stays: nothing is lost, and doing it again changes nothing. */
Test(bank_files, PA_3_a_death_at_each_step_of_taking_in_loses_nothing)
{
    for (int n = 1;; n++) {
        struct err e = ERR_INIT;
        tear_down();
        set_up();
        cr_assert(send_order(&e));
        arrives("1.xml", report("K-1", "ACSC"));
        arrives("2.xml", report("K-7", "ACSC"));
        bool died = dies_at(n, take_all);
        take();
        cr_assert_eq(outcome(AMOUNT), BANK_OUTCOME_SETTLED, "step %d", n);
        cr_assert_eq(files_in("read"), 1);
        cr_assert_eq(files_in("inbox"), 0);
        struct buf bytes = BUF_INIT;
        cr_assert(folder_read(folder, "bad", "2.xml", &bytes, &e), "step %d", n);
        buf_deinit(&bytes);
        if (!died) break;
    }
}

/* ---- through the client ---- */

static void on_wake(void *user) { (void)user; }

static struct bank_order *answer_of(const struct bank_order *order)
{
    struct err e = ERR_INIT;
    struct bank_folder settings = {.path = dir, .name = "Redress", .bic = ""};
    struct bank_client_settings s = {
        .way = &bank_by_files, .folder = &settings, .in_flight = 4, .timeout_ms = 100, .retry_ms = 5, .wake = on_wake};
    struct bank_client *c = bank_client_new(&s, &e);
    struct bank_order *o = NULL;
    cr_assert_not_null(c, "%s", e.message);
    bank_client_ask(c, order);
    for (int i = 0; i < 400 && (o = bank_client_take(c)) == NULL; i++) usleep(2000);
    bank_client_free(c);
    return o;
}

static struct bank_order order_for(int64_t amount, const char *payee)
{
    return (struct bank_order){.key = "K-1",
                               .payer = "P",
                               .payee = payee,
                               .currency = "CNY",
                               .method = "transfer",
                               .day = "2026-03-02",
                               .amount_minor = amount};
}

Test(bank_files, PA_3_silence_is_no_answer_and_a_report_is_one)
{
    struct err e = ERR_INIT;
    struct bank_order order = order_for(AMOUNT, "acc-1");
    cr_assert_null(answer_of(&order));
    cr_assert_eq(bank_takes(), 1);
    cr_assert_null(answer_of(&order));
    cr_assert_eq(bank_takes(), 0, "it has left once");
    arrives("1.xml", report("K-1", "RJCT"));
    struct bank_order *o = answer_of(&order);
    cr_assert_not_null(o);
    cr_assert_eq(o->answer.outcome, BANK_OUTCOME_REFUSED);
    cr_assert_str_eq(o->answer.reason, "RJCT");
    bank_order_free(o);
    cr_assert(!err_is_set(&e));
}

Test(bank_files, PA_3_another_order_under_the_key_is_a_contradiction_and_never_leaves)
{
    struct bank_order order = order_for(AMOUNT, "acc-1"), other = order_for(AMOUNT, "acc-2");
    cr_assert_null(answer_of(&order));
    struct bank_order *o = answer_of(&other);
    cr_assert_not_null(o);
    cr_assert_eq(o->answer.outcome, BANK_OUTCOME_CONTRADICTION);
    cr_assert_str_eq(o->answer.reason, "key_reused");
    cr_assert_eq(bank_takes(), 1);
    bank_order_free(o);
}

Test(bank_files, PA_3_what_no_file_can_say_is_refused_before_it_leaves)
{
    struct bank_order order = order_for(AMOUNT, "an account number that is longer than any bank has");
    struct bank_order *o = answer_of(&order);
    cr_assert_not_null(o);
    cr_assert_eq(o->answer.outcome, BANK_OUTCOME_REFUSED);
    cr_assert_str_eq(o->answer.reason, "payee_not_an_account");
    cr_assert_eq(files_in("outbox") + files_in("sent"), 0);
    bank_order_free(o);
}

/* ---- which way ---- */

Test(bank_files, PA_3_the_way_is_chosen_by_currency_and_paying_account)
{
    static const char setting[] = "EUR  KWD@HO-1 *@O-E1-6222";
    cr_assert_null(bank_route_check(setting));
    cr_assert_eq(bank_route(setting, PAY_METHOD_TRANSFER, "EUR", "any"), BANK_FILES);
    cr_assert_eq(bank_route(setting, PAY_METHOD_TRANSFER, "KWD", "HO-1"), BANK_FILES);
    cr_assert_eq(bank_route(setting, PAY_METHOD_TRANSFER, "KWD", "HO-12"), BANK_API);
    cr_assert_eq(bank_route(setting, PAY_METHOD_TRANSFER, "CNY", "O-E1-6222"), BANK_FILES);
    cr_assert_eq(bank_route(setting, PAY_METHOD_TRANSFER, "CNY", "HO-1"), BANK_API);
    cr_assert_eq(bank_route(setting, PAY_METHOD_COUNTER, "EUR", "any"), BANK_API, "no file reaches a counter");
    cr_assert_eq(bank_route("", PAY_METHOD_TRANSFER, "EUR", "any"), BANK_API);
    cr_assert_str_eq(bank_route_check("EUR euro"), "euro");
    cr_assert_str_eq(bank_route_check("EUR@"), "EUR@");
    cr_assert_str_eq(bank_route_check("*"), "*");
}
