/* The options that the benchmarks through Kafka share. */
#include <limits.h>

#include "base/number.h"
#include "bench.h"

static int whole(const struct argp_state *state, const char *option, const char *text, int least)
{
    int64_t value = 0;
    if (!number_parse(text, &value) || value < least || value > INT_MAX)
        argp_error(state, "%s: '%s' is not a whole number of at least %d", option, text, least);
    return (int)value;
}

error_t bench_parse(int key, char *arg, struct argp_state *state)
{
    struct bench_load *load = state->input;
    switch (key) {
    case 'u': load->warm_up = whole(state, "--warm-up", arg, 0); return 0;
    case 'n': load->counted = whole(state, "-n", arg, 1); return 0;
    case 'w': load->window = whole(state, "--window", arg, 1); return 0;
    case 't': load->timeout_s = whole(state, "--timeout", arg, 1); return 0;
    case 'j': load->json = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}
