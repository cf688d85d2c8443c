/* redress-evidence: Kafka is its only input and case_state its only table. */
#include "evidence/evidence.h"
#include "runtime/service.h"

static const struct service_spec spec = {.name = "evidence", .core = &evidence_core};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
