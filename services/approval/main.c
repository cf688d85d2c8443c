/* redress-approval: Kafka is its only input and case_state its only table. */
#include "approval/approval.h"
#include "runtime/service.h"

static const struct service_spec spec = {.name = "approval", .core = &approval_core};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
