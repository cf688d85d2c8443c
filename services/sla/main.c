/* redress-sla: the service of time limits. */
#include "sla/sla.h"
#include "sla/sla_shell.h"

static const struct service_spec spec = {
    .name = "sla", .core = &sla_core, .store = &sla_store, .adapter = &sla_adapter};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
