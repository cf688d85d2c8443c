/* redress-escalation: the escalation service. */
#include "escalation/escalation.h"
#include "runtime/service.h"

static const struct service_spec spec = {.name = "escalation", .core = &escalation_core};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
