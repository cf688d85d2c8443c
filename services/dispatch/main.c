/* redress-dispatch: Kafka is its only input and case_state its only table. */
#include "dispatch/dispatch.h"
#include "runtime/service.h"

static const struct service_spec spec = {.name = "dispatch", .core = &dispatch_core};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
