/* Names, numbers, randomness and the reset of the modelled world. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"

#define BIT(s) ((uint64_t)1 << (s))

static const struct proto_input_spec inputs_a[] = {
    {.topic = T_INBOUND},
    {.topic = T_COMMAND},
    {.topic = T_C, .sequenced = true, .writers = BIT(SVC_C)},
    {.topic = T_EXCHANGE, .sequenced = true, .exchange = true, .writers = BIT(SVC_A)},
};
static const struct proto_input_spec inputs_b[] = {
    {.topic = T_A, .sequenced = true, .writers = BIT(SVC_A)},
    {.topic = T_COMMAND, .writers = BIT(SVC_C)},
    {.topic = T_EXCHANGE, .sequenced = true, .exchange = true, .writers = BIT(SVC_C)},
};
static const struct proto_input_spec inputs_c[] = {
    {.topic = T_A, .sequenced = true, .writers = BIT(SVC_A)},
    {.topic = T_B, .sequenced = true, .writers = BIT(SVC_B)},
    {.topic = T_COMMAND},
};
static const struct proto_output_spec outputs_a[] = {
    {.topic = T_A, .own = true, .consumers = 2}, {.topic = T_EXCHANGE, .consumers = 1}, {.topic = T_DLQ}};
static const struct proto_output_spec outputs_b[] = {{.topic = T_B, .own = true, .consumers = 1}, {.topic = T_DLQ}};
static const struct proto_output_spec outputs_c[] = {{.topic = T_C, .own = true, .consumers = 1},
                                                     {.topic = T_EXCHANGE, .consumers = 1},
                                                     {.topic = T_COMMAND, .consumers = 1},
                                                     {.topic = T_DLQ}};

#define LEN(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define SPEC(letter, number)                                                                                           \
    {                                                                                                                  \
        .service = (number), .partitions = P, .inputs = inputs_##letter, .n_inputs = LEN(inputs_##letter),             \
        .outputs = outputs_##letter, .n_outputs = LEN(outputs_##letter), .fetch_wait_ms = FETCH_WAIT_MS,               \
        .chunks_kept = 2, .clock_scale = 1.0                                                                           \
    }
const struct proto_spec sim_specs[SERVICES] = {SPEC(a, SVC_A), SPEC(b, SVC_B), SPEC(c, SVC_C)};

uint64_t sim_random(struct world *w)
{
    uint64_t z = (w->rng += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int sim_below(struct world *w, int n) { return (int)(sim_random(w) % (uint64_t)n); }
bool sim_chance(struct world *w, int per_mille) { return sim_below(w, 1000) < per_mille; }

void sim_trace(struct world *w, const char *fmt, ...)
{
    if (!w->tracing) return;
    va_list ap;
    va_start(ap, fmt);
    printf("%10.3f  ", (double)w->now / 1000.0);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
}

void sim_violation(struct world *w, const char *fmt, ...)
{
    if (sim_failed(w)) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->violation, sizeof w->violation, fmt, ap);
    va_end(ap);
    sim_trace(w, "VIOLATION: %s", w->violation);
}

int sim_case(int x) { return x % CASES + 1; }
int sim_home(int x) { return x % CASES % P; }
int64_t sim_case_id(int x) { return case_id_make(sim_home(x), sim_case(x)); }

enum { EXCHANGE_AT = SERVICES * P, DLQ_AT = EXCHANGE_AT + 2 * P * P, NUDGE_AT = DLQ_AT + SERVICES * P };

int sim_stream(struct proto_stream s)
{
    switch ((enum topic)s.topic) {
    case T_A:
    case T_B:
    case T_C: return s.service * P + s.src;
    case T_EXCHANGE: return EXCHANGE_AT + (s.service == SVC_A ? 0 : P * P) + s.src * P + s.dst;
    case T_DLQ: return DLQ_AT + s.service * P + s.src;
    case T_COMMAND: return NUDGE_AT + s.src;
    case T_INBOUND:
    case TOPICS: break;
    }
    abort();
}

struct proto_stream sim_stream_at(int i)
{
    if (i < EXCHANGE_AT) {
        uint16_t svc = (uint16_t)(i / P), part = (uint16_t)(i % P);
        return (struct proto_stream){svc, part, (uint16_t)(T_A + svc), part};
    }
    if (i < DLQ_AT) {
        int k = i - EXCHANGE_AT;
        uint16_t svc = k < P * P ? SVC_A : SVC_C;
        k %= P * P;
        return (struct proto_stream){svc, (uint16_t)(k / P), T_EXCHANGE, (uint16_t)(k % P)};
    }
    int k = i - DLQ_AT;
    if (i >= NUDGE_AT) {
        uint16_t part = (uint16_t)(i - NUDGE_AT);
        return (struct proto_stream){SVC_C, part, T_COMMAND, part};
    }
    return (struct proto_stream){(uint16_t)(k / P), (uint16_t)(k % P), T_DLQ, (uint16_t)(k % P)};
}

const char *sim_type_name(enum type t)
{
    static const char *const names[EV_TYPES] = {
        "inbound", "forward", "registered", "armed", "met",  "missed", "annulled", "late", "waiting", "instructed",
        "payfail", "settled", "fact",       "dead",  "note", "answer", "redrive",  "fire", "bank"};
    return names[t];
}

void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->outbox = calloc(STREAMS, sizeof *w->outbox);
    if (w->outbox == NULL) abort();
    for (int t = 0; t < TOPICS; t++)
        for (int k = 0; k < P; k++) {
            w->broker.log[t][k].recs = calloc(LOG_MAX, sizeof(struct rec));
            if (w->broker.log[t][k].recs == NULL) abort();
        }
}

void world_reset(struct world *w, uint64_t seed)
{
    for (int i = 0; i < PROCS; i++)
        if (w->proc[i].alive) proc_kill(w, i);
    struct broker broker = w->broker;
    struct rec(*outbox)[SEQS + 1] = w->outbox;
    bool tracing = w->tracing;
    memset(w, 0, sizeof *w);
    w->broker = broker;
    w->outbox = outbox;
    w->tracing = tracing;
    w->rng = seed * 0x9e3779b97f4a7c15u + 1;
    w->seed = seed;
    w->now = 1000000;
    for (int t = 0; t < TOPICS; t++)
        for (int k = 0; k < P; k++) w->broker.log[t][k].start = w->broker.log[t][k].end = 0;
    w->broker.rebuilt = 0;
    snprintf(w->broker.cluster, sizeof w->broker.cluster, "cluster-0");
    for (int s = 0; s < SERVICES; s++)
        for (int k = 0; k < P; k++) {
            for (int t = 0; t < TOPICS; t++) w->db.part[s][k].inputs[t].topic = (uint16_t)t;
            for (int x = 0; x < EVENTS; x++) w->db.part[s][k].st.timer[x].answered_ms = -1;
            w->owner[s][k] = -1;
        }
    for (int x = 0; x < EVENTS; x++) w->answer_appended[x] = -1;
}

void world_close(struct world *w)
{
    world_reset(w, 0);
    free(w->outbox);
    for (int t = 0; t < TOPICS; t++)
        for (int k = 0; k < P; k++) free(w->broker.log[t][k].recs);
}
