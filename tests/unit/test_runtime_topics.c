/* Topic and service names are a contract; numbers never leave a process. */
#include <criterion/criterion.h>

#include "runtime/topics.h"

Test(topics, names_and_numbers_agree)
{
    char name[TOPIC_NAME_SIZE];
    for (int t = 0; t < TOPIC_COUNT; t++) {
        cr_assert_eq(topic_parse(topic_name(t, 0, name)), t, "%s", name);
        for (int s = 0; s < SERVICE_COUNT; s++)
            cr_assert_eq(topic_parse(topic_name(TOPIC_DLQ + t, s, name)), TOPIC_DLQ + t, "%s", name);
    }
    for (int s = 0; s < SERVICE_COUNT; s++) cr_assert_eq(service_parse(service_text(s)), s);
    cr_assert_str_eq(topic_name(TOPIC_INBOUND, 0, name), "redress.inbound.v1");
    cr_assert_str_eq(topic_name(TOPIC_OWN + SERVICE_SLA, 0, name), "redress.sla.v1");
    cr_assert_str_eq(topic_name(TOPIC_DLQ + TOPIC_COMMAND, SERVICE_APPROVAL, name), "redress.command.approval.dlq");
}

Test(topics, foreign_names_are_refused)
{
    const char *const foreign[] = {"",           "redress",          "redress.",          "redress.intake",
                                   "intake.v1",  "redress.intak.v1", "redress.song.v1",   "redress.intake.v2",
                                   "redress.v1", "redress.dlq",      "redress.intake.dlq"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        cr_assert_eq(topic_parse(foreign[i]), -1, "%s", foreign[i]);
    cr_assert_eq(service_parse("bank"), -1);
}
