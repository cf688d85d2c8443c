/* What the runtime's tests need of the broker: make the topics, put inbound messages and commands, read a topic.
 *
 *   runtime_tool topics
 *   runtime_tool complaints FIRST COUNT SOURCE [PARTITION]   one message per number; PARTITION -1: at home
 *   runtime_tool send TOPIC PARTITION KEY TYPE ID SOURCE JSON
 *   runtime_tool read TOPIC          every record as "partition offset seq stream type case id value" */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "event/identity.h"
#include "runtime/kafka.h"
#include "runtime/settings.h"
#include "runtime/topics.h"

static int failed(struct err *e)
{
    log_err(LOG_ERROR, "runtime_tool", e);
    return 1;
}

static int lost;

static void delivered(void *user, int topic, int part, bool ok, int64_t offset)
{
    (void)user, (void)topic, (void)part, (void)offset;
    if (!ok) lost++;
}

static void put(struct kafka_producer *p, int topic, int part, const struct record *r)
{
    while (kafka_producer_send(p, topic, part, r) == KAFKA_QUEUE_FULL) kafka_producer_poll(p);
}

static struct record cloud_event(const char *type, const char *id, const char *source, const char *json)
{
    struct record r = {.timestamp_ms = clock_real_ms(), .key = id, .key_len = strlen(id), .value = json};
    r.value_len = strlen(json);
    record_set_header(&r, "ce_specversion", "1.0");
    record_set_header(&r, "ce_id", id);
    record_set_header(&r, "ce_source", source);
    record_set_header(&r, "ce_type", type);
    record_set_header(&r, "content-type", "application/json");
    return r;
}

static void complaint(struct kafka_producer *p, const struct config *config, int64_t no, const char *source, int part)
{
    char id[32], json[512], phone[32];
    struct arena arena;
    arena_init(&arena);
    snprintf(id, sizeof id, "m%" PRId64, no);
    snprintf(phone, sizeof phone, "139%08" PRId64, no);
    snprintf(json, sizeof json,
             "{\"kind\":\"complaint\",\"category\":\"workmanship\",\"phase\":\"construction\",\"severity\":\"normal\","
             "\"customer\":{\"name\":\"C%" PRId64 "\",\"phone\":\"%s\"},\"contract_no\":\"HT-%" PRId64
             "\",\"region\":\"shanghai\",\"description\":\"crack in the wall number %" PRId64 "\"}",
             no, phone, no, no);
    struct customer customer = {.phone = phone};
    struct ev_inbound_complaint c = {.customer = &customer};
    struct origin from = {.source = source, .id = id};
    if (part < 0) part = identity_home(EV_INBOUND_COMPLAINT, &c, &from, (int)config_int(config, "partitions"), &arena);
    struct record r = cloud_event("redress.inbound.complaint.v1", id, source, json);
    put(p, TOPIC_INBOUND, part, &r);
    arena_deinit(&arena);
}

static bool print(void *user, int64_t offset, const struct record *r)
{
    const char *names[] = {"seq", "stream", "ce_type", "case_id", "ce_id"};
    printf("%d %" PRId64, *(int *)user, offset);
    for (int i = 0; i < 5; i++) {
        const char *v = record_header(r, names[i]);
        printf(" %s", v == NULL ? "-" : v);
    }
    printf(" %.*s\n", (int)r->value_len, r->value);
    return true;
}

static int run(const struct config *config, int argc, char **argv)
{
    struct err e = ERR_INIT;
    if (strcmp(argv[1], "topics") == 0) return kafka_topics_create(config, &e) ? 0 : failed(&e);
    if (strcmp(argv[1], "read") == 0) {
        int partitions = strstr(argv[2], ".dlq") != NULL ? 1 : (int)config_int(config, "partitions");
        for (int p = 0; p < partitions; p++)
            if (!kafka_scan_partition(config, argv[2], p, print, &p, &e)) return failed(&e);
        return 0;
    }
    struct kafka_producer_spec spec = {.config = config, .wake_fd = -1, .delivered = delivered};
    struct kafka_producer *p = kafka_producer_new(&spec, &e);
    if (p == NULL) return failed(&e);
    if (strcmp(argv[1], "complaints") == 0) {
        int64_t first = atoll(argv[2]), count = atoll(argv[3]);
        for (int64_t no = first; no < first + count; no++) {
            complaint(p, config, no, argv[4], argc > 5 ? atoi(argv[5]) : -1);
            kafka_producer_poll(p);
        }
    } else {
        struct record r = cloud_event(argv[5], argv[6], argv[7], argv[8]);
        r.key = argv[4];
        r.key_len = strlen(argv[4]);
        record_set_header(&r, "case_id", argv[4]);
        put(p, topic_parse(argv[2]), atoi(argv[3]), &r);
    }
    int left = kafka_producer_flush(p, 30000);
    kafka_producer_free(p);
    return left == 0 && lost == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct config config;
    struct err e = ERR_INIT;
    int n;
    const struct config_key *keys = settings_shared(&n);
    log_init("runtime_tool", LOG_WARN);
    if (argc < 2 || !config_load(&config, keys, n, settings_default_file(), &e)) return failed(&e);
    int code = run(&config, argc, argv);
    config_deinit(&config);
    return code;
}
