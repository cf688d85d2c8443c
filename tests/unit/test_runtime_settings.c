/* The command line and the settings every service shares. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/metrics.h"
#include "runtime/settings.h"

static enum settings_action run(const char *const args[], int n, struct config *config, struct err *e)
{
    int n_keys;
    const struct config_key *keys = settings_shared(&n_keys);
    char *copy[8] = {0};
    for (int i = 0; i < n; i++) copy[i] = strdup(args[i]);
    enum settings_action action = settings_command_line("A test.", keys, n_keys, n, copy, config, e);
    for (int i = 0; i < n; i++) free(copy[i]);
    return action;
}

static char *file_with(const char *text)
{
    char *path = strdup("/tmp/redress-settings.XXXXXX");
    FILE *f = fdopen(mkstemp(path), "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

Test(settings, file_then_environment)
{
    char *path = file_with("kafka.brokers = broker:9092\npartitions = 4\nconsole.token = hush\n");
    setenv("REDRESS_PARTITIONS", "8", 1);
    struct config config;
    struct err e = ERR_INIT;
    const char *args[] = {"test", "--config", path};
    cr_assert_eq(run(args, 3, &config, &e), SETTINGS_RUN);
    cr_assert_str_eq(config_text(&config, "kafka.brokers"), "broker:9092");
    cr_assert_eq(config_int(&config, "partitions"), 8);
    cr_assert_eq(config_int(&config, "intake.http.port"), 19011);
    config_deinit(&config);
    remove(path);
    free(path);
}

Test(settings, mistakes_are_named)
{
    struct config config = {0};
    struct err e = ERR_INIT;
    char *path = file_with("partitions = many\n");
    const char *args[] = {"test", "--config", path};
    cr_assert_eq(run(args, 3, &config, &e), SETTINGS_FAILED);
    cr_assert_not_null(strstr(e.message, "partitions"));
    e = ERR_INIT;
    const char *missing[] = {"test", "--config", "/nowhere/redress.conf"};
    cr_assert_eq(run(missing, 3, &config, &e), SETTINGS_FAILED);
    cr_assert_not_null(strstr(e.message, "/nowhere/redress.conf"));
    remove(path);
    free(path);
}

Test(settings, clock_is_the_systems_or_driven)
{
    struct config config;
    struct err e = ERR_INIT;
    struct clock clock;
    setenv("REDRESS_CLOCK", "2026-03-02T09:00:00+08:00@3600#1764000000000", 1);
    char *path = file_with("");
    const char *args[] = {"test", "--config", path};
    cr_assert_eq(run(args, 3, &config, &e), SETTINGS_RUN);
    cr_assert(settings_clock(&config, &clock, &e));
    cr_assert(clock.driven);
    config_deinit(&config);
    setenv("REDRESS_CLOCK", "tomorrow", 1);
    cr_assert_eq(run(args, 3, &config, &e), SETTINGS_RUN);
    cr_assert_not(settings_clock(&config, &clock, &e));
    cr_assert_eq(e.code, ERR_CONFIG);
    config_deinit(&config);
    remove(path);
    free(path);
}

Test(metrics, prometheus_text)
{
    struct metrics *m = metrics_new("intake");
    struct buf out = BUF_INIT;
    metrics_add(m, METRIC_EVENTS_IN, 3);
    metrics_set(m, METRIC_UNSENT, 7);
    metrics_observe(m, METRIC_COMMIT_US, 900);
    metrics_observe(m, METRIC_COMMIT_US, 9000000);
    metrics_lag(m, "sla", 12);
    metrics_own_add(m, metrics_own(m, "bank_calls_total", "Calls to the bank", "counter"), 2);
    metrics_write(m, &out);
    const char *const lines[] = {"redress_events_in_total{service=\"intake\"} 3\n",
                                 "redress_outbox_unsent{service=\"intake\"} 7\n",
                                 "redress_commit_seconds_bucket{service=\"intake\",le=\"0.0005\"} 0\n",
                                 "redress_commit_seconds_bucket{service=\"intake\",le=\"0.001\"} 1\n",
                                 "redress_commit_seconds_bucket{service=\"intake\",le=\"5\"} 1\n",
                                 "redress_commit_seconds_bucket{service=\"intake\",le=\"+Inf\"} 2\n",
                                 "redress_commit_seconds_count{service=\"intake\"} 2\n",
                                 "redress_lag_records{service=\"intake\",topic=\"sla\"} 12\n",
                                 "redress_bank_calls_total{service=\"intake\"} 2\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_assert_not_null(strstr(out.bytes, lines[i]), "%s", lines[i]);
    buf_deinit(&out);
    metrics_free(m);
}
