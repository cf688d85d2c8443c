/* redress-payment: the payment service. */
#include "payment/payment.h"
#include "payment/payment_shell.h"

static const struct service_spec spec = {
    .name = "payment",
    .core = &payment_core,
    .store = &payment_store,
    .adapter = &payment_adapter,
    .keys = payment_keys,
    .n_keys = PAYMENT_KEYS,
    .exchange = true,
};

int main(int argc, char **argv) { return service_main(&spec, argc, argv); }
