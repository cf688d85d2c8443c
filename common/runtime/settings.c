#include "runtime/settings.h"

#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const struct config_key shared[] = {
    {"kafka.brokers", CONFIG_TEXT, "127.0.0.1:19001", 0, 0, false, "host:port[,host:port] of the brokers"},
    {"kafka.linger.ms", CONFIG_INT, "20", 0, 1000, false, "ms the producer waits to fill a request"},
    {"kafka.fetch.wait.ms", CONFIG_INT, "100", 1, 10000, false,
     "ms the broker waits to fill a fetch answer; less: quicker, costlier"},
    {"db.host", CONFIG_TEXT, "127.0.0.1", 0, 0, false, "PostgreSQL host or socket folder"},
    {"db.port", CONFIG_INT, "19003", 1, 65535, false, "PostgreSQL port"},
    {"db.name", CONFIG_TEXT, "redress", 0, 0, false, "PostgreSQL database"},
    {"db.user", CONFIG_TEXT, "redress_app", 0, 0, false, "PostgreSQL role"},
    {"db.answer.seconds", CONFIG_INT, "60", 1, 3600, false, "how long PostgreSQL may take over one statement"},
    {"db.password", CONFIG_TEXT, "", 0, 0, true, "PostgreSQL password"},
    {"redis.host", CONFIG_TEXT, "127.0.0.1", 0, 0, false, "Redis host"},
    {"redis.port", CONFIG_INT, "19004", 1, 65535, false, "Redis port"},
    {"redis.password", CONFIG_TEXT, "", 0, 0, true, "Redis password"},
    {"partitions", CONFIG_INT, "16", 1, 64, false, "partitions of every topic; fixed at installation"},
    {"policy.dir", CONFIG_TEXT, "", 0, 0, false, "folder of the policy pack; empty = none"},
    {"calendar.dir", CONFIG_TEXT, "", 0, 0, false, "folder of the calendars; empty = none"},
    {"clock", CONFIG_TEXT, "system", 0, 0, false, "system, or START@SCALE#ANCHOR for drills"},
    {"log.level", CONFIG_TEXT, "info", 0, 0, false, "debug, info, warn or error"},
    {"http.host", CONFIG_TEXT, "127.0.0.1", 0, 0, false, "address health and metrics listen on"},
    {"intake.http.port", CONFIG_INT, "19011", 0, 65535, false, "health and metrics of intake; 0 = none"},
    {"dispatch.http.port", CONFIG_INT, "19012", 0, 65535, false, "health and metrics of dispatch; 0 = none"},
    {"evidence.http.port", CONFIG_INT, "19013", 0, 65535, false, "health and metrics of evidence; 0 = none"},
    {"approval.http.port", CONFIG_INT, "19014", 0, 65535, false, "health and metrics of approval; 0 = none"},
    {"payment.http.port", CONFIG_INT, "19015", 0, 65535, false, "health and metrics of payment; 0 = none"},
    {"sla.http.port", CONFIG_INT, "19016", 0, 65535, false, "health and metrics of sla; 0 = none"},
    {"escalation.http.port", CONFIG_INT, "19017", 0, 65535, false, "health and metrics of escalation; 0 = none"},
    {"console.http.port", CONFIG_INT, "19010", 0, 65535, false, "the console's page and API"},
    {"console.token", CONFIG_TEXT, "", 0, 0, true, "token of the console's API"},
    {"bank.url", CONFIG_TEXT, "http://127.0.0.1:19005", 0, 0, false, "the bank's address"},
    {"bank.token", CONFIG_TEXT, "", 0, 0, true, "token towards the bank"},
    {"bank.files.dir", CONFIG_TEXT, "", 0, 0, false,
     "folder of a bank that is reached by ISO 20022 files; empty = none"},
    {"instance", CONFIG_TEXT, "0", 0, 0, false, "name of this process among those of its service"},
    {"state.dir", CONFIG_TEXT, "/var/lib/redress", 0, 0, false, "state folder of the installation"},
    {"batch.messages", CONFIG_INT, "1000", 1, 10000, false, "inputs a transaction takes at most"},
    {"retain.every.ms", CONFIG_INT, "60000", 100, 86400000, false, "ms between looks for outbox rows nobody needs"},
    {"cache.megabytes", CONFIG_INT, "32", 0, 4096, false, "memory for states of recent cases; 0 = none"},
    {"batch.wait.ms", CONFIG_INT, "5", 0, 1000, false, "ms a batch waits for more inputs under load"},
};

const struct config_key *settings_shared(int *n)
{
    *n = (int)(sizeof shared / sizeof shared[0]);
    return shared;
}

struct config_key *settings_join(const struct config_key *extra, int n_extra, int *n)
{
    int own;
    const struct config_key *base = settings_shared(&own);
    struct config_key *keys = calloc((size_t)(own + n_extra), sizeof *keys);
    if (keys == NULL) abort();
    memcpy(keys, base, (size_t)own * sizeof *keys);
    if (n_extra > 0) memcpy(keys + own, extra, (size_t)n_extra * sizeof *keys);
    *n = own + n_extra;
    return keys;
}

/* STATE/etc/redress.conf for a program started as STATE/bin/NAME; NULL: there is none. */
static const char *own_file(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return NULL;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    size_t room = sizeof path - (size_t)(slash - path);
    if ((size_t)snprintf(slash, room, "/../etc/redress.conf") >= room) return NULL;
    return access(path, R_OK) == 0 ? path : NULL;
}

const char *settings_default_file(void)
{
    static const char installed[] = "/var/lib/redress/etc/redress.conf";
    const char *named = getenv("REDRESS_CONFIG");
    if (named != NULL && *named != '\0') return named;
    const char *own = own_file();
    if (own != NULL) return own;
    return access(installed, R_OK) == 0 ? installed : NULL;
}

struct line {
    const char *file;
    bool print, help;
};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
    struct line *line = state->input;
    switch (key) {
    case 'c': line->file = arg; return 0;
    case 'p': line->print = true; return 0;
    case 'h': line->help = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print_help(const char *what, const char *program, const struct config_key *keys, int n)
{
    printf("%s [--config FILE] [--print-config] [--help]\n%s\n\n"
           "  --config FILE    settings, lines 'key = value' (default: $REDRESS_CONFIG, else\n"
           "                   /var/lib/redress/etc/redress.conf)\n"
           "  --print-config   print the settings in force and exit; secrets show as (set)\n"
           "  --help           this text\n\n"
           "Settings; the environment variable REDRESS_<KEY> (dots as _) goes before the file:\n",
           program, what);
    config_help(keys, n, stdout);
}

enum settings_action settings_command_line(const char *what, const struct config_key *keys, int n_keys, int argc,
                                           char **argv, struct config *config, struct err *e)
{
    static const struct argp_option options[] = {{"config", 'c', "FILE", 0, NULL, 0},
                                                 {"print-config", 'p', NULL, 0, NULL, 0},
                                                 {"help", 'h', NULL, 0, NULL, 0},
                                                 {0}};
    struct argp argp = {.options = options, .parser = on_option};
    struct line line = {.file = settings_default_file()};
    if (argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &line) != 0) {
        err_set(e, ERR_CONFIG, "settings", "the command line cannot be read; see --help");
        return SETTINGS_FAILED;
    }
    if (line.help) {
        print_help(what, argv[0], keys, n_keys);
        return SETTINGS_EXIT;
    }
    if (!config_load(config, keys, n_keys, line.file, e)) return SETTINGS_FAILED;
    if (!line.print) return SETTINGS_RUN;
    config_print(config, stdout);
    config_deinit(config);
    return SETTINGS_EXIT;
}

bool settings_clock(const struct config *config, struct clock *out, struct err *e)
{
    const char *text = config_text(config, "clock");
    if (clock_parse(text, out)) return true;
    return err_set(e, ERR_CONFIG, "settings", "clock: '%s' is neither 'system' nor START@SCALE#ANCHOR", text);
}
