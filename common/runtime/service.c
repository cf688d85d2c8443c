/* Start, the turn of the loop, stop. One thread: everything that can block for long (database, broker) is
 * bounded by time-outs, and a watchdog ends a stop that hangs: to be killed at any moment is harmless. */
#include "runtime/service.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "policy/policy_load.h"
#include "runtime/health.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"
#include "runtime/settings.h"

enum {
    STOP_SECONDS = 5,
    WAIT_US = 100000,
    UNSENT_WAIT_US = 2000,
    ENDS_FRESH_MS = 100,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000
};

volatile sig_atomic_t loop_stopping;
static volatile sig_atomic_t signal_fd = -1;

int64_t loop_mono_ms(void) { return clock_monotonic_us() / 1000; }

bool loop_is_sequenced(const struct loop *l, int topic)
{
    for (int i = 0; i < l->pspec.n_inputs; i++)
        if (l->inputs[i].topic == topic) return l->inputs[i].sequenced;
    return false;
}

void loop_failed(struct loop *l, const char *what, const struct err *e)
{
    metrics_add(l->host.metrics, METRIC_FAILURES, 1);
    if (!l->failing) log_err(LOG_ERROR, what, e);
    l->failing = true;
    l->backoff_ms = l->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * l->backoff_ms;
    if (l->backoff_ms > BACKOFF_LAST_MS) l->backoff_ms = BACKOFF_LAST_MS;
    l->backoff_until_ms = loop_mono_ms() + l->backoff_ms;
}

void loop_well(struct loop *l)
{
    if (l->failing) log_info("working again");
    l->failing = false;
    l->backoff_ms = 0;
    l->backoff_until_ms = 0;
}

void host_wake(struct host *h)
{
    const struct loop *l = h->loop;
    uint64_t one = 1;
    ssize_t written = write(l->wake_fd, &one, sizeof one);
    (void)written; /* a full counter wakes just as well */
}

/* ---- signals ---- */

static void on_signal(int number)
{
    if (number == SIGALRM) {
        static const char line[] = "{\"level\":\"warn\",\"msg\":\"the stop took too long; ended hard\"}\n";
        ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
        (void)written;
        _exit(0);
    }
    loop_stopping = 1;
    alarm(STOP_SECONDS);
    uint64_t one = 1;
    ssize_t written = write(signal_fd, &one, sizeof one);
    (void)written;
}

static void open_signals(int wake_fd)
{
    struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    signal_fd = wake_fd;
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGALRM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* ---- what the service reads and writes ---- */

static void add_input(struct loop *l, int topic, bool sequenced, bool exchange, uint64_t writers)
{
    if (l->n_topics == LOOP_MAX_TOPICS) abort();
    l->topics[l->n_topics] = topic;
    l->inputs[l->n_topics++] = (struct proto_input_spec){
        .topic = (uint16_t)topic, .sequenced = sequenced, .exchange = exchange, .writers = writers};
}

static void add_output(struct loop *l, int topic, bool own)
{
    if (l->pspec.n_outputs == 2 * LOOP_MAX_TOPICS) abort();
    l->outputs[l->pspec.n_outputs++] = (struct proto_output_spec){.topic = (uint16_t)topic, .own = own};
}

static uint64_t topics_of_core(struct loop *l)
{
    uint64_t topics = UINT64_C(1) << TOPIC_COMMAND; /* redrive, if nothing else */
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        l->handles[t] = core_handles(l->spec->core, (enum event_type)t);
        const char *name = event_topic((enum event_type)t);
        if (l->handles[t] && name != NULL && topic_parse(name) >= 0) topics |= UINT64_C(1) << topic_parse(name);
    }
    l->handles[EV_COMMAND_REDRIVE] = true;
    return topics;
}

/* The services that state an event of that topic. */
static uint64_t writers_of(int topic)
{
    uint64_t writers = 0;
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        const char *name = event_topic((enum event_type)t);
        if (name != NULL && topic_parse(name) == topic)
            writers |= UINT64_C(1) << service_parse(event_producer((enum event_type)t));
    }
    return writers;
}

static void plan_core(struct loop *l)
{
    uint64_t self = UINT64_C(1) << l->service, topics = topics_of_core(l);
    bool forwards = l->spec->store != NULL && l->spec->store->home != NULL;
    for (int t = 0; t < TOPIC_COUNT; t++) {
        if (!(topics >> t & 1) || t == l->service) continue;
        if (t < SERVICE_COUNT)
            add_input(l, t, true, false, UINT64_C(1) << t);
        else if (t == TOPIC_INBOUND || t == TOPIC_COMMAND)
            add_input(l, t, false, true, UINT64_C(1) << SERVICE_CONSOLE); /* the gateway writes with seq */
    }
    if (forwards || l->spec->exchange) add_input(l, TOPIC_EXCHANGE, true, true, self);
    add_output(l, TOPIC_OWN + l->service, true);
    if (writers_of(TOPIC_NOTICE) & self) add_output(l, TOPIC_NOTICE, false);
    add_output(l, TOPIC_EXCHANGE, false);
    for (int i = 0; i < l->n_topics; i++) add_output(l, TOPIC_DLQ + l->topics[i], false);
    add_output(l, TOPIC_DLQ + l->service, false); /* of local inputs */
}

/* Without a core: it reads what it projects. On the command topic stand its own posts, numbered, among those of
 * producers that do not number. */
static void plan_projector(struct loop *l)
{
    uint64_t self = UINT64_C(1) << l->service;
    for (int t = 0; t < TOPIC_COUNT; t++) {
        if (!(l->spec->topics >> t & 1)) continue;
        if (t < SERVICE_COUNT)
            add_input(l, t, true, false, UINT64_C(1) << t);
        else
            add_input(l, t, t != TOPIC_COMMAND, true, t == TOPIC_NOTICE ? writers_of(t) : self);
    }
    add_output(l, TOPIC_INBOUND, false);
    add_output(l, TOPIC_COMMAND, false);
    add_output(l, TOPIC_EXCHANGE, false);
}

static void plan(struct loop *l)
{
    if (l->spec->core != NULL)
        plan_core(l);
    else
        plan_projector(l);
    l->pspec.service = (uint16_t)l->service;
    l->pspec.partitions = l->host.partitions;
    l->pspec.inputs = l->inputs;
    l->pspec.n_inputs = l->n_topics;
    l->pspec.outputs = l->outputs;
    l->pspec.fetch_wait_ms = ENDS_FRESH_MS;
    l->pspec.chunks_kept = 256;
    l->pspec.clock_scale = l->clock.driven ? l->clock.scale : 1.0;
    for (int p = 0; p < l->host.partitions; p++)
        snprintf(l->source[p], sizeof l->source[p], "/redress/%s/%d", l->spec->name, p);
    char name[64];
    snprintf(name, sizeof name, "%s.redriven", l->spec->name);
    l->redriven = EV_NONE;
    event_parse_name(name, &l->redriven);
}

/* ---- start ---- */

static bool read_policy(struct loop *l, struct err *e)
{
    const char *dir = config_text(&l->config, "policy.dir"), *calendars = config_text(&l->config, "calendar.dir");
    if (*dir == '\0') return true;
    if (*calendars == '\0') return err_set(e, ERR_CONFIG, "service", "policy.dir is set but calendar.dir is not");
    const struct policy *policy;
    if (!policy_load(dir, calendars, &policy, e)) return false;
    l->host.policy = policy;
    return true;
}

static enum log_level level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0) return (enum log_level)i;
    return LOG_INFO;
}

/* Which topics it holds a place in (edges): nothing is dropped from an outbox before every service has said so. */
static bool write_subscriptions(struct loop *l, struct err *e)
{
    for (int i = 0; i < l->n_topics; i++) {
        if (l->inputs[i].writers == 0) continue;
        char name[TOPIC_NAME_SIZE];
        struct pg_args args = PG_ARGS(&l->attempt_arena);
        pg_arg_text(&args, l->spec->name);
        pg_arg_text(&args, topic_name(l->topics[i], l->service, name));
        if (!pg_query(l->pg, "INSERT INTO runtime.subscription (service, topic) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                      &args, NULL, e))
            return false;
    }
    return true;
}

static bool open_outside(struct loop *l, struct err *e)
{
    if (!pg_connect(l->pg, e) || !write_subscriptions(l, e)) return false;
    return send_open(l, e) && assign_join(l, e);
}

/* Database and broker may come up after us: tried again until they are there or we are told to stop. */
static bool open_outside_patiently(struct loop *l)
{
    while (!loop_stopping) {
        struct err e = ERR_INIT;
        if (open_outside(l, &e)) {
            loop_well(l);
            return true;
        }
        kafka_producer_free(l->producer);
        l->producer = NULL;
        loop_failed(l, "start: database or broker not there yet; trying again", &e);
        struct proto_health none = {.stopped = -1};
        health_set(l->health, false, &none);
        struct pollfd fd = {.fd = l->wake_fd, .events = POLLIN};
        poll(&fd, 1, (int)l->backoff_ms);
    }
    return false;
}

static bool open_service(struct loop *l, struct err *e)
{
    const struct service_spec *spec = l->spec;
    char port[64];
    snprintf(port, sizeof port, "%s.http.port", spec->name);
    bool own_http = spec->core == NULL; /* the console serves health among its own pages */
    l->health = health_open(config_text(&l->config, "http.host"), own_http ? 0 : (int)config_int(&l->config, port),
                            spec->name, l->host.metrics, e);
    if (l->health == NULL || !read_policy(l, e)) return false;
    l->proto = proto_new(&l->pspec);
    l->pg = l->host.pg = pg_new(&l->config, spec->name);
    if (spec->core != NULL) pg_plan_once(l->pg);
    size_t megabytes = (size_t)config_int(&l->config, "cache.megabytes");
    if (spec->core != NULL && megabytes > 0) l->cache = cache_new(spec->core->state, megabytes << 20);
    return true;
}

static bool open_hooks(struct loop *l, struct err *e)
{
    const struct service_spec *spec = l->spec;
    if (spec->store != NULL && spec->store->open != NULL && !spec->store->open(&l->host, e)) return false;
    return spec->adapter == NULL || spec->adapter->open == NULL || spec->adapter->open(&l->host, e);
}

static bool start(struct loop *l, const struct service_spec *spec, struct err *e)
{
    l->spec = spec;
    l->service = service_parse(spec->name);
    if (l->service < 0) return err_set(e, ERR_INTERNAL, "service", "'%s' is not in the table of services", spec->name);
    log_init(spec->name, level_of(config_text(&l->config, "log.level")));
    if (!settings_clock(&l->config, &l->clock, e)) return false;
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0) return err_set(e, ERR_IO, "service", "eventfd failed");
    open_signals(l->wake_fd);
    arena_init(&l->items_arena);
    arena_init(&l->attempt_arena);
    l->decision = calloc(1, sizeof *l->decision);
    if (l->decision == NULL) abort();
    l->host = (struct host){.service = spec->name,
                            .partitions = (int)config_int(&l->config, "partitions"),
                            .config = &l->config,
                            .clock = &l->clock,
                            .arena = &l->attempt_arena,
                            .metrics = metrics_new(spec->name),
                            .loop = l};
    plan(l);
    l->ends_client = kafka_ends_new(&l->config, l->service, l->wake_fd, e);
    return l->ends_client != NULL && open_service(l, e);
}

/* ---- the turn ---- */

static void look_at_clock(struct loop *l)
{
    struct proto_time t = proto_clock_observe(l->proto, clock_now_ms(&l->clock), loop_mono_ms());
    if (t.held && !l->held) log_error("ALARM the clock jumped forward by %lld ms; timers wait", (long long)t.jump_ms);
    l->held = t.held;
    l->now_ms = t.now_ms;
}

static void wait_for_something(struct loop *l)
{
    struct pollfd fd = {.fd = l->wake_fd, .events = POLLIN};
    int64_t wait = collect_wait_us(l, WAIT_US);
    if (proto_unsent(l->proto) > 0 && wait > UNSENT_WAIT_US) wait = UNSENT_WAIT_US;
    struct timespec ts = {.tv_nsec = wait * 1000};
    if (wait > 0) ppoll(&fd, 1, &ts, NULL);
    uint64_t n;
    ssize_t got = read(l->wake_fd, &n, sizeof n);
    (void)got;
}

static void turn(struct loop *l)
{
    look_at_clock(l);
    watch_take_ends(l);
    if (l->consumer == NULL) {
        if (loop_mono_ms() >= l->backoff_until_ms) assign_rejoin(l);
        wait_for_something(l);
        return;
    }
    if (loop_mono_ms() < l->backoff_until_ms) {
        collect_nothing(l);
        collect_drop(l);
        return;
    }
    bool more = watch(l);
    if (l->consumer == NULL) return;
    if (proto_next_assignment(l->proto, loop_mono_ms()) >= 0 || l->reading_stale) assign_due(l);
    bool some = collect(l);
    if (some) batch_run(l);
    send_pending(l);
    const struct adapter *adapter = l->spec->adapter;
    if (adapter != NULL && adapter->prepare != NULL && adapter->prepare(&l->host, l->now_ms)) more = true;
    if (!some && !more) wait_for_something(l);
}

/* ---- stop ---- */

static void stop(struct loop *l)
{
    log_info("stopping");
    collect_drop(l);
    if (l->producer != NULL && !l->replace_producer) kafka_producer_flush(l->producer, 1000);
    kafka_consumer_free(l->consumer); /* leaving the group revokes every partition: the adapter must still be there */
    l->consumer = NULL;
    kafka_producer_free(l->producer);
    if (l->spec->adapter != NULL && l->spec->adapter->close != NULL && l->hooks_open) l->spec->adapter->close(&l->host);
    if (l->spec->store != NULL && l->spec->store->close != NULL && l->hooks_open) l->spec->store->close(&l->host);
}

static void release(struct loop *l)
{
    kafka_ends_free(l->ends_client);
    health_close(l->health);
    if (l->proto != NULL) {
        for (int part = 0; part < l->host.partitions; part++) proto_revoked(l->proto, part);
        send_release(l);
        proto_free(l->proto);
    }
    cache_free(l->cache);
    pg_free(l->pg);
    if (l->host.policy != NULL) policy_unload(l->host.policy);
    metrics_free(l->host.metrics);
    arena_deinit(&l->items_arena);
    arena_deinit(&l->attempt_arena);
    buf_deinit(&l->json);
    buf_deinit(&l->packed);
    free(l->items);
    free(l->decision);
    config_deinit(&l->config);
    free(l->keys);
    if (l->wake_fd > 0) close(l->wake_fd);
    free(l);
}

static int run(struct loop *l)
{
    struct err e = ERR_INIT;
    int code = 0;
    if (open_outside_patiently(l)) {
        l->hooks_open = open_hooks(l, &e);
        if (!l->hooks_open) log_err(LOG_ERROR, "start", &e);
        log_info("started, %d partitions, %d topics", l->host.partitions, l->n_topics);
        while (l->hooks_open && !loop_stopping && !l->fatal) turn(l);
        code = l->hooks_open && !l->fatal ? 0 : 1;
    }
    alarm(STOP_SECONDS);
    stop(l);
    log_info("stopped");
    return code;
}

int service_main(const struct service_spec *spec, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct loop *l = calloc(1, sizeof *l);
    if (l == NULL) abort();
    int n_keys, code = 1;
    l->keys = settings_join(spec->keys, spec->n_keys, &n_keys);
    char what[128];
    snprintf(what, sizeof what, "The %s service of Redress.", spec->name);
    l->wake_fd = -1;
    log_init(spec->name, LOG_INFO);
    switch (settings_command_line(what, l->keys, n_keys, argc, argv, &l->config, &e)) {
    case SETTINGS_EXIT:
        free(l->keys);
        free(l);
        return 0;
    case SETTINGS_FAILED: break;
    case SETTINGS_RUN:
        if (start(l, spec, &e)) code = run(l);
        break;
    }
    if (err_is_set(&e)) log_err(LOG_ERROR, "start", &e);
    release(l);
    return code;
}
