/* The payment service's hooks and the real bank process, for tests that play the loop (hooks_kit.h). */
#ifndef TESTS_INTEGRATION_MONEY_KIT_H
#define TESTS_INTEGRATION_MONEY_KIT_H

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "hooks_kit.h"
#include "payment/bank/book.h"
#include "payment/payment.h"
#include "payment/payment_shell.h"

static const struct service_spec spec = {.name = "payment",
                                         .core = &payment_core,
                                         .store = &payment_store,
                                         .adapter = &payment_adapter,
                                         .keys = payment_keys,
                                         .n_keys = PAYMENT_KEYS};

static struct hooks *k;
static char state_dir[64], url[64];
static const char *files_for = "";    /* set before set_up: what goes by files (bank_route.h) */
static const char *liable = "outlet"; /* for what the slips pay: with "company" head office pays */
static pid_t bank;

static inline void bank_start(void)
{
    bank = fork();
    cr_assert_geq(bank, 0);
    if (bank == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(REDRESS_BANK, "redress-bank", "--config", "/dev/null", (char *)NULL);
        _exit(127);
    }
}

static inline void bank_kill(void)
{
    kill(bank, SIGKILL);
    waitpid(bank, NULL, 0);
}

/* Payment and bank share a folder; statements come when they are asked for. */
static inline void by_files(void)
{
    char folder[96];
    snprintf(folder, sizeof folder, "%s/exchange", state_dir);
    setenv("REDRESS_BANK_FILES_DIR", folder, 1);
    setenv("REDRESS_BANK_FILES_FOR", files_for, 1);
    setenv("REDRESS_BANK_FILES_STATEMENT_MS", "0", 1);
}

static inline void set_up(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char port[16];
    cr_assert(bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    close(fd);
    strcpy(state_dir, "/tmp/redress-money-XXXXXX");
    cr_assert_not_null(mkdtemp(state_dir));
    snprintf(port, sizeof port, "%d", ntohs(a.sin_port));
    snprintf(url, sizeof url, "http://127.0.0.1:%s", port);
    setenv("REDRESS_STATE_DIR", state_dir, 1);
    setenv("REDRESS_BANK_HTTP_PORT", port, 1);
    setenv("REDRESS_BANK_URL", url, 1);
    setenv("REDRESS_BANK_TOKEN", "secret-of-the-test", 1);
    setenv("REDRESS_BANK_TIMEOUT_MS", "300", 1);
    setenv("REDRESS_BANK_RETRY_MS", "10", 1);
    if (files_for[0] != '\0') by_files();
    bank_start();
    k = hooks_open(&spec);
    k->now_ms = 1772416800000;
}

static inline void tear_down(void)
{
    char cmd[128];
    hooks_close(k);
    bank_kill();
    snprintf(cmd, sizeof cmd, "rm -rf %s", state_dir);
    cr_assert_eq(system(cmd), 0);
}

/* To the bank's keeper: "-X PUT -d ..." and a path. */
static inline void keeper(const char *options, const char *path)
{
    char cmd[600];
    snprintf(cmd, sizeof cmd,
             "curl -sf --retry 20 --retry-connrefused --retry-delay 0 -o /dev/null --noproxy '*' -H "
             "'Authorization: Bearer secret-of-the-test' %s %s%s",
             options, url, path);
    cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static inline void faults(const char *json)
{
    char options[400];
    snprintf(options, sizeof options, "-X PUT -d '%s'", json);
    keeper(options, "/faults");
}

static inline void feed_slip(int i, const char *phase, const char *plan)
{
    char json[900];
    snprintf(json, sizeof json,
             "{'slip_no':'S%d','brief':{'case_no':'RF-%d','kind':'claim','category':'workmanship','phase':'%s',"
             "'severity':'normal','channel':'web','customer':{},'currency':'CNY','fee_due_minor':300,'consent':false,"
             "'direct':false,'received_ms':1,'history':false},'assignment':{'version':1,'org_id':'O-E1','org_name':'x',"
             "'level':'outlet','handler_id':'h','handler_name':'h','manager_id':'m','visitor_id':'v'},'plan':%s,"
             "'liability':'%s','must_pay':true,'must_execute':false}",
             i, i, phase, plan, liable);
    hooks_feed(k, case_id_make(i % HOOKS_PARTS, i), "approval.slip_approved", json);
}

static inline void answers(int n)
{
    for (int got = 0, idle = 0; got < n && idle < 3000; idle++) {
        got += hooks_locals(k, n - got);
        if (got < n) usleep(5000);
    }
}

/* The bank's own book; the bank is dead afterwards. */
static inline struct book *bank_book(void)
{
    struct err e = ERR_INIT;
    char path[96];
    bank_kill();
    snprintf(path, sizeof path, "%s/bank/journal", state_dir);
    struct book *b = book_open(path, &e);
    cr_assert_not_null(b, "%s", e.message);
    return b;
}

static inline int64_t booked(void)
{
    struct book *b = bank_book();
    int64_t n = book_last(b);
    book_close(b);
    return n;
}

#endif
