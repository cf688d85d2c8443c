/* redressctl drill: plays the people of an installation (cli/actors.h) on its live topics.
 *
 * It reads every case's events from the start of the logs, keeps what somebody will do in a heap by time, and sends
 * each command when the installation's clock reaches it. Command ids derive from the event answered, and services
 * count a (source, id) once: a drill may be stopped and started at will. */
#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/timefmt.h"
#include "cli/actors.h"
#include "cli/cli.h"
#include "cli/feed.h"
#include "event/codec.h"
#include "policy/policy_load.h"
#include "runtime/kafka.h"
#include "runtime/settings.h"
#include "runtime/topics.h"

enum { DRILL_PARTITIONS = 256, DRILL_SECONDS_MAX = 366 * 86400 };

struct known {
    int64_t case_id;
    struct acquaintance who;
    bool closed;
    UT_hash_handle hh;
};

struct due {
    int64_t at_ms, case_id;
    enum event_type type;
    char *id, *json;
};

/* Which numbers of a stream have come: a topic may hold a record twice, and an earlier one behind a later one. */
struct come {
    unsigned char *bits;
    int64_t cap; /* numbers there is room for */
};

struct counts {
    int64_t events, sent, refused, registered, closed, missed, slips, takeovers, approvals, payouts;
};

struct drill {
    struct cli *cli;
    int64_t seconds, seed;
    bool prompt, until_idle;
    int64_t idle_s;
    struct clock clock;
    const struct policy *policy;
    struct feed *feed;
    struct kafka_producer *producer;
    struct known *cases;
    struct due *heap;
    int n_heap, cap_heap;
    struct arena arena;
    struct come come[SERVICE_COUNT][DRILL_PARTITIONS];
    struct counts counts;
    int64_t last_event_real_ms, shown_ms;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- the heap of what is going to be done, earliest first ---- */

static void swap(struct due *a, struct due *b)
{
    struct due t = *a;
    *a = *b;
    *b = t;
}

static void heap_push(struct drill *d, struct due item)
{
    if (d->n_heap == d->cap_heap) {
        d->cap_heap = d->cap_heap == 0 ? 1024 : 2 * d->cap_heap;
        d->heap = realloc(d->heap, sizeof *d->heap * (size_t)d->cap_heap);
        if (d->heap == NULL) abort();
    }
    int i = d->n_heap++;
    d->heap[i] = item;
    for (; i > 0 && d->heap[(i - 1) / 2].at_ms > d->heap[i].at_ms; i = (i - 1) / 2)
        swap(&d->heap[(i - 1) / 2], &d->heap[i]);
}

static struct due heap_pop(struct drill *d)
{
    struct due top = d->heap[0];
    d->heap[0] = d->heap[--d->n_heap];
    for (int i = 0;;) {
        int least = i;
        for (int c = 2 * i + 1; c <= 2 * i + 2 && c < d->n_heap; c++)
            if (d->heap[c].at_ms < d->heap[least].at_ms) least = c;
        if (least == i) return top;
        swap(&d->heap[i], &d->heap[least]);
        i = least;
    }
}

/* ---- events in ---- */

static struct known *know(struct drill *d, int64_t case_id)
{
    struct known *k;
    HASH_FIND(hh, d->cases, &case_id, sizeof case_id, k);
    if (k != NULL) return k;
    k = calloc(1, sizeof *k);
    if (k == NULL) abort();
    k->case_id = case_id;
    strcpy(k->who.currency, "CNY");
    HASH_ADD(hh, d->cases, case_id, sizeof k->case_id, k);
    return k;
}

static void count(struct drill *d, enum event_type type, struct known *k)
{
    struct counts *c = &d->counts;
    c->events++;
    c->registered += type == EV_INTAKE_REGISTERED;
    c->missed += type == EV_SLA_BREACHED;
    c->slips += type == EV_ESCALATION_SLIP_ISSUED;
    c->takeovers += type == EV_ESCALATION_TAKEN_OVER;
    c->approvals += type == EV_APPROVAL_GRANTED || type == EV_APPROVAL_DECIDED_ALONE;
    c->payouts += type == EV_PAYMENT_SETTLED;
    if (type == EV_INTAKE_CLOSED || type == EV_INTAKE_REOPENED) {
        bool closed = type == EV_INTAKE_CLOSED;
        c->closed += closed - k->closed;
        k->closed = closed;
    }
}

static void count_refusal(struct drill *d, enum event_type type)
{
    const char *name = event_name(type), *dot = strchr(name, '.');
    if (dot != NULL && strcmp(dot, ".command_refused") == 0) d->counts.refused++;
}

static void plan_actions(struct drill *d, const struct scene *s, struct known *k)
{
    struct action actions[ACTORS_MAX];
    int n = actors_react(s, &k->who, &d->arena, actions);
    for (int i = 0; i < n; i++) {
        struct buf json = BUF_INIT, id = BUF_INIT;
        if (!codec_encode(event_desc(actions[i].type), actions[i].data, &json)) abort();
        buf_printf(&id, "%s.%d", s->event_id, i);
        heap_push(d, (struct due){.at_ms = actions[i].at_ms,
                                  .case_id = s->case_id,
                                  .type = actions[i].type,
                                  .id = id.bytes,
                                  .json = json.bytes});
    }
}

static const char *header_text(struct drill *d, const struct record *r, const char *name)
{
    for (int i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return arena_strndup(&d->arena, r->headers[i].value, r->headers[i].len);
    return "";
}

static bool came_before(struct come *c, int64_t seq)
{
    if (seq >= c->cap) {
        int64_t bytes = seq / 4 + 1024; /* room for twice as many */
        c->bits = realloc(c->bits, (size_t)bytes);
        if (c->bits == NULL) abort();
        memset(c->bits + c->cap / 8, 0, (size_t)(bytes - c->cap / 8));
        c->cap = 8 * bytes;
    }
    bool before = (c->bits[seq / 8] >> (seq % 8)) & 1;
    c->bits[seq / 8] |= (unsigned char)(1 << (seq % 8));
    return before;
}

static void take(struct drill *d, int topic, const struct record *r)
{
    enum event_type type;
    struct scene s = {
        .policy = d->policy, .temper = d->prompt ? &temper_prompt : &temper_drill, .seed = (uint64_t)d->seed};
    struct err e = ERR_INIT;
    s.event_id = header_text(d, r, "ce_id");
    if (!event_parse_type(header_text(d, r, "ce_type"), &type)) return;
    s.case_id = strtoll(header_text(d, r, "case_id"), NULL, 10);
    if (s.case_id == 0 || !timefmt_parse(header_text(d, r, "ce_time"), &s.at_ms)) return;
    int64_t seq = strtoll(header_text(d, r, "seq"), NULL, 10);
    int part = case_id_partition(s.case_id);
    if (topic < SERVICE_COUNT && part < DRILL_PARTITIONS && came_before(&d->come[topic][part], seq)) return;
    struct known *k = know(d, s.case_id);
    count(d, type, k);
    count_refusal(d, type);
    s.type = type;
    void *data = arena_alloc(&d->arena, event_desc(type)->size);
    if (!codec_decode(event_desc(type), r->value, r->value_len, &d->arena, data, &e)) return;
    s.data = data;
    plan_actions(d, &s, k);
}

/* ---- commands out ---- */

static void send(struct drill *d, const struct due *a)
{
    char time[TIMEFMT_SIZE], key[24];
    snprintf(key, sizeof key, "%" PRId64, a->case_id);
    struct record r = {.timestamp_ms = clock_real_ms(),
                       .key = key,
                       .key_len = strlen(key),
                       .value = a->json,
                       .value_len = strlen(a->json)};
    record_set_header(&r, "ce_specversion", "1.0");
    record_set_header(&r, "ce_id", a->id);
    record_set_header(&r, "ce_source", "/redress/drill");
    record_set_header(&r, "ce_type", event_ce_type(a->type));
    record_set_header(&r, "ce_time", timefmt_utc(clock_now_ms(&d->clock), time));
    record_set_header(&r, "content-type", "application/json");
    record_set_header(&r, "case_id", key);
    while (kafka_producer_send(d->producer, TOPIC_COMMAND, case_id_partition(a->case_id), &r) == KAFKA_QUEUE_FULL)
        kafka_producer_poll(d->producer);
    d->counts.sent++;
}

static void send_due(struct drill *d)
{
    int64_t now = clock_now_ms(&d->clock);
    while (d->n_heap > 0 && d->heap[0].at_ms <= now) {
        struct due a = heap_pop(d);
        send(d, &a);
        free(a.id);
        free(a.json);
    }
    kafka_producer_poll(d->producer);
}

static void on_delivered(void *user, int topic, int part, bool ok, int64_t offset)
{
    (void)user, (void)topic, (void)part, (void)ok, (void)offset;
}

/* ---- the run ---- */

static void show(struct drill *d, bool last)
{
    int64_t now = clock_real_ms();
    if (!last && now - d->shown_ms < 5000) return;
    d->shown_ms = now;
    char time[TIMEFMT_SIZE];
    const struct counts *c = &d->counts;
    fprintf(stderr,
            "drill %s  cases %" PRId64 " (closed %" PRId64 ")  commands %" PRId64 " (refused %" PRId64
            ")  missed %" PRId64 "  slips %" PRId64 "  takeovers %" PRId64 "  payouts %" PRId64 "\n",
            timefmt_utc(clock_now_ms(&d->clock), time), c->registered, c->closed, c->sent, c->refused, c->missed,
            c->slips, c->takeovers, c->payouts);
}

static bool open_all(struct drill *d, struct err *e)
{
    static const int topics[] = {SERVICE_INTAKE,  SERVICE_DISPATCH,   SERVICE_EVIDENCE, SERVICE_APPROVAL,
                                 SERVICE_PAYMENT, SERVICE_ESCALATION, SERVICE_SLA};
    const struct config *config = &d->cli->config;
    struct kafka_producer_spec spec = {
        .config = config, .service = SERVICE_CONSOLE, .wake_fd = -1, .delivered = on_delivered};
    if (!settings_clock(config, &d->clock, e)) return false;
    if (!policy_load(config_text(config, "policy.dir"), config_text(config, "calendar.dir"), &d->policy, e))
        return false;
    d->feed = feed_open(config, topics, sizeof topics / sizeof *topics, true, e);
    d->producer = d->feed == NULL ? NULL : kafka_producer_new(&spec, e);
    return d->producer != NULL;
}

static bool idle(const struct drill *d)
{
    return d->until_idle && d->n_heap == 0 && clock_real_ms() - d->last_event_real_ms > d->idle_s * 1000;
}

static bool run(struct drill *d, struct err *e)
{
    if (!open_all(d, e)) return false;
    int64_t end = d->seconds > 0 ? clock_real_ms() + d->seconds * 1000 : INT64_MAX;
    d->last_event_real_ms = clock_real_ms();
    while (!stopped && clock_real_ms() < end && !idle(d)) {
        struct record r;
        int topic, taken = 0;
        while (taken < 500 && feed_next(d->feed, taken == 0 ? 10 : 0, &r, &topic, e)) {
            take(d, topic, &r);
            taken++;
        }
        if (err_is_set(e)) return false;
        if (taken > 0) d->last_event_real_ms = clock_real_ms();
        arena_reset(&d->arena);
        send_due(d);
        show(d, false);
    }
    kafka_producer_flush(d->producer, 10000);
    return true;
}

static void deinit(struct drill *d)
{
    struct known *k, *next;
    HASH_ITER(hh, d->cases, k, next)
    {
        HASH_DEL(d->cases, k); /* NOLINT(clang-analyzer-unix.Malloc): its neighbours are still there */
        free(k);
    }
    for (int i = 0; i < d->n_heap; i++) {
        free(d->heap[i].id);
        free(d->heap[i].json);
    }
    free(d->heap);
    for (int t = 0; t < SERVICE_COUNT; t++)
        for (int p = 0; p < DRILL_PARTITIONS; p++) free(d->come[t][p].bits);
    if (d->producer != NULL) kafka_producer_free(d->producer);
    if (d->feed != NULL) feed_close(d->feed);
    if (d->policy != NULL) policy_unload(d->policy);
    arena_deinit(&d->arena);
}

static void print_result(const struct drill *d)
{
    const struct counts *c = &d->counts;
    if (!d->cli->json) {
        show((struct drill *)d, true);
        return;
    }
    json_t *j = json_object();
    const struct {
        const char *name;
        int64_t n;
    } rows[] = {{"events", c->events},   {"cases", c->registered},    {"closed", c->closed},
                {"commands", c->sent},   {"refused", c->refused},     {"missed", c->missed},
                {"slips", c->slips},     {"takeovers", c->takeovers}, {"approvals", c->approvals},
                {"payouts", c->payouts}, {"still_to_do", d->n_heap}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(j, rows[i].name, json_integer(rows[i].n));
    cli_print_json(j);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct drill *d = state->input;
    switch (key) {
    case 's': d->seconds = cli_number(state, "--seconds", arg, 1, DRILL_SECONDS_MAX); return 0;
    case 'S': d->seed = cli_number(state, "--seed", arg, 0, INT64_MAX); return 0;
    case 'p': d->prompt = true; return 0;
    case 'i':
        d->until_idle = true;
        d->idle_s = cli_number(state, "--until-idle", arg, 0, DRILL_SECONDS_MAX);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int drill(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"seconds", 's', "N", 0, "stop after so many real seconds (default: until interrupted)", 0},
        {"seed", 'S', "N", 0, "another seed, other people (default 1)", 0},
        {"prompt", 'p', 0, 0, "nobody is late, silent or unwilling", 0},
        {"until-idle", 'i', "SECONDS", 0, "stop when nothing is to be done and no event came for so long", 0},
        {0}};
    static const struct argp parser = {options, parse, "", "Play customers, outlet staff and managers.", 0, 0, 0};
    struct drill d = {.cli = cli, .seed = 1};
    struct err e = ERR_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &d) != 0) return CLI_USAGE;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    bool well = run(&d, &e);
    if (well) print_result(&d);
    deinit(&d);
    return well ? CLI_OK : cli_fail(cli, &e);
}

const struct cli_command cli_drill_commands[] = {
    {"drill", drill, "play customers, staff and managers on the live topics"}, {0}};
