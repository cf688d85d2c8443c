/* redress-console: the page, the API, the gateway of the channels. */
#include "console/console.h"

#define OWN(service) (UINT64_C(1) << (TOPIC_OWN + SERVICE_##service))

int main(int argc, char **argv)
{
    const struct service_spec spec = {
        .name = "console",
        .store = &console_store,
        .adapter = &console_adapter,
        .keys = console_keys,
        .n_keys = console_n_keys,
        .topics = OWN(INTAKE) | OWN(DISPATCH) | OWN(EVIDENCE) | OWN(APPROVAL) | OWN(PAYMENT) | OWN(ESCALATION) |
                  OWN(SLA) | UINT64_C(1) << TOPIC_COMMAND | UINT64_C(1) << TOPIC_NOTICE,
    };
    return service_main(&spec, argc, argv);
}
