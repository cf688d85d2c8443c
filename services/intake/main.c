/* redress-intake: registration to closing. */
#include "intake/intake.h"
#include "intake/intake_shell.h"

static const struct service_spec spec = {
    .name = "intake",
    .core = &intake_core,
    .store = &intake_store,
    .exchange = true,
};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
