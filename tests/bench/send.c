/* The benchmarks' own end of Kafka: they play channels and people, and read what came of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "bench.h"
#include "runtime/topics.h"

static void on_delivered(void *user, int topic, int part, bool ok, int64_t offset)
{
    (void)user, (void)topic, (void)part, (void)ok, (void)offset;
}

struct kafka_producer *bench_producer(const struct config *config, struct err *e)
{
    struct kafka_producer_spec spec = {
        .config = config, .service = SERVICE_CONSOLE, .wake_fd = -1, .delivered = on_delivered};
    return kafka_producer_new(&spec, e);
}

void bench_send(struct kafka_producer *producer, const struct clock *clock, const struct bench_message *m)
{
    char time[TIMEFMT_SIZE];
    struct record r = {.timestamp_ms = clock_real_ms(), .value = m->json, .value_len = strlen(m->json)};
    r.key = m->case_id != NULL ? m->case_id : m->id;
    r.key_len = strlen(r.key);
    record_set_header(&r, "ce_specversion", "1.0");
    record_set_header(&r, "ce_id", m->id);
    record_set_header(&r, "ce_source", m->topic == TOPIC_INBOUND ? "/channels/bench" : "/redress/bench");
    record_set_header(&r, "ce_type", event_ce_type(m->type));
    record_set_header(&r, "ce_time", timefmt_utc(clock_now_ms(clock), time));
    record_set_header(&r, "content-type", "application/json");
    if (m->case_id != NULL) record_set_header(&r, "case_id", m->case_id);
    while (kafka_producer_send(producer, m->topic, m->part, &r) == KAFKA_QUEUE_FULL) kafka_producer_poll(producer);
}

bool bench_read_head(const struct record *r, struct bench_head *out)
{
    char type[96] = "", time[TIMEFMT_SIZE] = "";
    *out = (struct bench_head){0};
    for (int i = 0; i < r->n_headers; i++) {
        const struct header *h = &r->headers[i];
        if (strcmp(h->name, "ce_type") == 0) snprintf(type, sizeof type, "%.*s", (int)h->len, h->value);
        if (strcmp(h->name, "ce_id") == 0) snprintf(out->id, sizeof out->id, "%.*s", (int)h->len, h->value);
        if (strcmp(h->name, "ce_time") == 0) snprintf(time, sizeof time, "%.*s", (int)h->len, h->value);
        if (strcmp(h->name, "case_id") == 0) out->case_id = strtoll(h->value, NULL, 10);
    }
    return event_parse_type(type, &out->type) && timefmt_parse(time, &out->at_ms);
}
