/* redress-bank: a sandbox bank as a process of its own, with its own durable book and switchable faults (PA-3).
 * It pays nobody. A stop, or kill -9 at any moment, loses no payment it has answered. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/log.h"
#include "payment/bank/api.h"
#include "payment/bank/files.h"

static const struct config_key KEYS[] = {
    {"state.dir", CONFIG_TEXT, "/var/lib/redress", 0, 0, false, "state folder; the book is bank/journal in it"},
    {"http.host", CONFIG_TEXT, "127.0.0.1", 0, 0, false, "IPv4 address to listen on"},
    {"bank.http.port", CONFIG_INT, "19005", 1, 65535, false, "TCP port"},
    {"bank.token", CONFIG_TEXT, NULL, 0, 0, true, "bearer token every caller needs"},
    {"bank.files.dir", CONFIG_TEXT, "", 0, 0, false,
     "folder through which it is reached by ISO 20022 files; empty = none"},
    {"bank.files.statement.ms", CONFIG_INT, "5000", 0, 86400000, false,
     "ms between statements by files while there is something to state; 0 = only when asked for"},
    {"bank.refused_payee", CONFIG_TEXT, "CLOSED-", 0, 0, false, "accounts with this prefix are refused for good"},
};
enum { N_KEYS = sizeof(KEYS) / sizeof(KEYS[0]) };

static volatile sig_atomic_t stopping;
static void on_signal(int signal_no)
{
    (void)signal_no;
    stopping = 1;
}

static void run(const struct bank_settings *settings, struct teller *teller, struct bank_files *files, struct err *e)
{
    struct bank_api *api = bank_api_start(settings, teller, files, e);
    if (api == NULL) return;
    log_info("sandbox bank on %s:%d, %lld payments", settings->host, settings->port,
             (long long)book_last(teller->book));
    while (stopping == 0 && bank_api_turn(api, files != NULL ? 50 : 250, e)) continue;
    bank_api_stop(api);
}

static bool serve(const struct config *c, struct err *e)
{
    struct bank_settings settings = {.host = config_text(c, "http.host"),
                                     .port = (int)config_int(c, "bank.http.port"),
                                     .token = config_text(c, "bank.token")};
    struct teller teller = {.refused_payee = config_text(c, "bank.refused_payee")};
    struct bank_files *files = NULL;
    const char *folder = config_text(c, "bank.files.dir");
    struct buf path = BUF_INIT;
    buf_printf(&path, "%s/bank", config_text(c, "state.dir"));
    if (mkdir(path.bytes, 0700) != 0 && errno != EEXIST) log_warn("%s: %s", path.bytes, strerror(errno));
    struct buf own = BUF_INIT;
    buf_printf(&own, "%s/files", path.bytes);
    struct bank_files_settings files_settings = {
        .folder = folder, .own = own.bytes, .statement_ms = (int)config_int(c, "bank.files.statement.ms")};
    buf_puts(&path, "/journal");
    teller.book = book_open(path.bytes, e);
    if (teller.book != NULL && folder[0] != '\0') files = bank_files_new(&files_settings, &teller, e);
    if (!err_is_set(e)) run(&settings, &teller, files, e);
    bank_files_free(files);
    book_close(teller.book);
    buf_deinit(&own);
    buf_deinit(&path);
    return !err_is_set(e);
}

static int usage(FILE *to, int code)
{
    fputs("redress-bank [--config FILE] [--print-config] [--help]\n\nA sandbox bank with its own book. Settings:\n",
          to);
    config_help(KEYS, N_KEYS, to);
    return code;
}

int main(int argc, char **argv)
{
    const char *file = getenv("REDRESS_CONFIG");
    bool print = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) return usage(stdout, 0);
        if (strcmp(argv[i], "--print-config") == 0)
            print = true;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            file = argv[++i];
        else
            return usage(stderr, 2);
    }
    log_init("bank", LOG_INFO);
    struct err e = ERR_INIT;
    struct config config;
    if (!config_load(&config, KEYS, N_KEYS, file != NULL ? file : "/var/lib/redress/etc/redress.conf", &e)) {
        log_err(LOG_ERROR, "configuration", &e);
        return 2;
    }
    if (print) {
        config_print(&config, stdout);
        config_deinit(&config);
        return 0;
    }
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    bool well = serve(&config, &e);
    if (!well) log_err(LOG_ERROR, "bank", &e);
    config_deinit(&config);
    return well ? 0 : 1;
}
