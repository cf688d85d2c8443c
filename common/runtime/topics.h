/* The topics and services of an installation, numbered the same in every process.
 *
 * A dead-letter topic belongs to the pair (topic, consuming service): number TOPIC_DLQ + topic; its name
 * needs the service. The names are the contract with everything outside; the numbers never leave a process. */
#ifndef REDRESS_RUNTIME_TOPICS_H
#define REDRESS_RUNTIME_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum service_no {
    SERVICE_INTAKE,
    SERVICE_DISPATCH,
    SERVICE_EVIDENCE,
    SERVICE_APPROVAL,
    SERVICE_PAYMENT,
    SERVICE_ESCALATION,
    SERVICE_SLA,
    SERVICE_CONSOLE,
    SERVICE_COUNT
};

enum topic_no {
    TOPIC_OWN = 0, /* TOPIC_OWN + service_no: the service's own topic */
    TOPIC_INBOUND = SERVICE_COUNT,
    TOPIC_COMMAND,
    TOPIC_EXCHANGE,
    TOPIC_NOTICE,
    TOPIC_COUNT,
    TOPIC_DLQ = 32
};

enum { TOPIC_NAME_SIZE = 64 };

/* "intake" → SERVICE_INTAKE; -1 for a name that is no service. */
int service_parse(const char *name);
const char *service_text(int service);
/* "redress.intake.v1" and so on into buf (TOPIC_NAME_SIZE bytes); `service` only matters for dead letters. */
const char *topic_name(int topic, int service, char *buf);
/* The number of a topic's name; -1 when it is none of ours. Dead-letter topics give TOPIC_DLQ + topic. */
int topic_parse(const char *name);
/* The short middle part: "intake", "inbound". */
const char *topic_short(int topic);

#endif
