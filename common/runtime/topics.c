#include "runtime/topics.h"

#include <stdio.h>
#include <string.h>

static const char *const services[SERVICE_COUNT] = {
    [SERVICE_INTAKE] = "intake",     [SERVICE_DISPATCH] = "dispatch", [SERVICE_EVIDENCE] = "evidence",
    [SERVICE_APPROVAL] = "approval", [SERVICE_PAYMENT] = "payment",   [SERVICE_ESCALATION] = "escalation",
    [SERVICE_SLA] = "sla",           [SERVICE_CONSOLE] = "console",
};

int service_parse(const char *name)
{
    for (int i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(services[i], name) == 0) return i;
    return -1;
}

const char *service_text(int service) { return services[service]; }

const char *topic_short(int topic)
{
    static const char *const rest[] = {"inbound", "command", "exchange", "notice"};
    if (topic >= TOPIC_DLQ) topic -= TOPIC_DLQ;
    return topic < TOPIC_INBOUND ? services[topic] : rest[topic - TOPIC_INBOUND];
}

const char *topic_name(int topic, int service, char *buf)
{
    if (topic >= TOPIC_DLQ)
        snprintf(buf, TOPIC_NAME_SIZE, "redress.%s.%s.dlq", topic_short(topic), services[service]);
    else
        snprintf(buf, TOPIC_NAME_SIZE, "redress.%s.v1", topic_short(topic));
    return buf;
}

static int parse_short(const char *s, size_t n)
{
    for (int t = 0; t < TOPIC_COUNT; t++)
        if (strlen(topic_short(t)) == n && memcmp(topic_short(t), s, n) == 0) return t;
    return -1;
}

int topic_parse(const char *name)
{
    if (strncmp(name, "redress.", 8) != 0) return -1;
    const char *middle = name + 8, *dot = strchr(middle, '.'), *end = strrchr(middle, '.');
    if (dot == NULL) return -1;
    int topic = parse_short(middle, (size_t)(dot - middle));
    if (topic < 0) return -1;
    if (strcmp(end, ".v1") == 0) return dot == end ? topic : -1;
    return strcmp(end, ".dlq") == 0 && dot != end ? TOPIC_DLQ + topic : -1;
}
