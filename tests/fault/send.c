/* Puts one record on a topic with exactly these headers and the body from standard input: what a faulty sender does.
 *
 *   fault_send TOPIC PARTITION KEY [HEADER=VALUE…] <BODY   (KEY "-": none) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "runtime/kafka.h"
#include "runtime/settings.h"
#include "runtime/topics.h"

static bool delivered_well;

static void delivered(void *user, int topic, int part, bool ok, int64_t offset)
{
    (void)user, (void)topic, (void)part, (void)offset;
    delivered_well = ok;
}

static int failed(struct err *e)
{
    log_err(LOG_ERROR, "fault_send", e);
    return 1;
}

static int send(const struct config *config, int argc, char **argv)
{
    static char body[1 << 20];
    struct err e = ERR_INIT;
    struct record r = {.timestamp_ms = clock_real_ms(), .value = body};
    r.value_len = fread(body, 1, sizeof body, stdin);
    if (strcmp(argv[3], "-") != 0) {
        r.key = argv[3];
        r.key_len = strlen(argv[3]);
    }
    for (int i = 4; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL) return 2;
        *equals = '\0';
        record_set_header(&r, argv[i], equals + 1);
    }
    struct kafka_producer_spec spec = {.config = config, .wake_fd = -1, .delivered = delivered};
    struct kafka_producer *p = kafka_producer_new(&spec, &e);
    if (p == NULL) return failed(&e);
    bool taken = kafka_producer_send(p, topic_parse(argv[1]), atoi(argv[2]), &r) == KAFKA_PRODUCED;
    int left = kafka_producer_flush(p, 30000);
    kafka_producer_free(p);
    return taken && left == 0 && delivered_well ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct config config;
    struct err e = ERR_INIT;
    int n;
    const struct config_key *keys = settings_shared(&n);
    log_init("fault_send", LOG_WARN);
    if (argc < 4 || topic_parse(argv[1]) < 0) {
        fprintf(stderr, "usage: fault_send TOPIC PARTITION KEY [HEADER=VALUE...] <BODY\n");
        return 2;
    }
    if (!config_load(&config, keys, n, settings_default_file(), &e)) return failed(&e);
    int code = send(&config, argc, argv);
    config_deinit(&config);
    return code;
}
