/* A service's core, store and adapter against a real database, without Kafka and without the loop: the test is the
 * loop. It composes batches, commits them in one transaction and calls the hooks as runtime/service.h says. The
 * clock is the test's. Run under with_postgres; every test has a database of its own. In JSON ' stands for ". */
#ifndef TESTS_INTEGRATION_HOOKS_KIT_H
#define TESTS_INTEGRATION_HOOKS_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/id.h"
#include "event/codec.h"
#include "policy/policy_load.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"
#include "runtime/service.h"
#include "runtime/settings.h"

enum { HOOKS_PARTS = 4, HOOKS_CASES = 20000, HOOKS_BATCH = 4096 };

struct hooks {
    const struct service_spec *spec;
    struct host host;
    struct config config;
    struct config_key *keys;
    struct clock clock;
    struct arena arena; /* of the whole test */
    int64_t now_ms;
    int64_t seq[HOOKS_PARTS];
    const void *states[HOOKS_PARTS][HOOKS_CASES + 1]; /* the last: the one account a partition may have here */
    struct change *changes;                           /* the batch being composed */
    int n;
    int64_t counts[EV_COUNT]; /* events emitted and committed */
};

static inline struct hooks *hooks_open(const struct service_spec *spec)
{
    struct hooks *k = calloc(1, sizeof *k);
    struct err e = ERR_INIT;
    char cmd[160], name[40];
    int n_keys;
    cr_assert(getenv("REDRESS_DB_PORT") != NULL, "run me under tests/integration/with_postgres");
    snprintf(name, sizeof name, "test_%d", (int)getpid());
    snprintf(cmd, sizeof cmd, "createdb -T redress %s", name);
    cr_assert_eq(system(cmd), 0);
    setenv("REDRESS_DB_NAME", name, 1);
    setenv("REDRESS_PARTITIONS", "4", 1);
    k->spec = spec;
    k->keys = settings_join(spec->keys, spec->n_keys, &n_keys);
    cr_assert(config_load(&k->config, k->keys, n_keys, NULL, &e), "%s", e.message);
    arena_init(&k->arena);
    k->clock = CLOCK_SYSTEM;
    k->host = (struct host){.service = spec->name,
                            .partitions = HOOKS_PARTS,
                            .config = &k->config,
                            .clock = &k->clock,
                            .arena = &k->arena,
                            .metrics = metrics_new(spec->name)};
    struct loop *wake = calloc(1, sizeof *wake); /* only what host_wake needs */
    wake->wake_fd = eventfd(0, EFD_NONBLOCK);
    k->host.loop = wake;
    k->host.pg = pg_new(&k->config, spec->name);
    cr_assert(pg_connect(k->host.pg, &e), "%s", e.message);
    const struct policy *policy;
    cr_assert(policy_load(REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise",
                          REDRESS_SOURCE_DIR "/schemas/calendar", &policy, &e),
              "%s", e.message);
    k->host.policy = policy;
    k->changes = calloc(HOOKS_BATCH, sizeof *k->changes);
    if (spec->store->open != NULL) cr_assert(spec->store->open(&k->host, &e));
    return k;
}

static inline void hooks_adapter(struct hooks *k)
{
    struct err e = ERR_INIT;
    cr_assert(k->spec->adapter->open(&k->host, &e), "%s", e.message);
}

static inline void hooks_assign(struct hooks *k, int64_t epoch)
{
    struct err e = ERR_INIT;
    for (int p = 0; p < HOOKS_PARTS; p++) {
        cr_assert(k->spec->adapter->assigned(&k->host, p, epoch, &e), "%s", e.message);
    }
}

static inline void hooks_close(struct hooks *k)
{
    if (k->host.adapter != NULL) k->spec->adapter->close(&k->host);
    if (k->spec->store->close != NULL) k->spec->store->close(&k->host);
    close(((struct loop *)k->host.loop)->wake_fd);
    free(k->host.loop);
    pg_free(k->host.pg);
    metrics_free(k->host.metrics);
    policy_unload(k->host.policy);
    arena_deinit(&k->arena);
    config_deinit(&k->config);
    free(k->keys);
    free(k->changes);
    free(k);
}

static inline const void **hooks_state(struct hooks *k, int64_t case_id)
{
    int64_t serial = id_is_account(case_id) ? HOOKS_CASES : case_id_serial(case_id);
    cr_assert_leq(serial, HOOKS_CASES);
    return &k->states[case_id_partition(case_id)][serial];
}

/* Decides one input into the batch; its state stands at once, as in a batch folded in memory. */
static inline struct change *hooks_decide(struct hooks *k, const struct input *in, const struct local_input *local)
{
    const struct core *core = k->spec->core;
    struct change *c = &k->changes[k->n++];
    struct decision *d = ARENA_NEW(&k->arena, struct decision);
    struct input *own = ARENA_NEW(&k->arena, struct input);
    const void **state = hooks_state(k, in->case_id);
    void *next = arena_alloc(&k->arena, core->state->size);
    cr_assert_lt(k->n, HOOKS_BATCH);
    if (*state == NULL) *state = arena_alloc(&k->arena, core->state->size);
    *own = *in;
    d->arena = &k->arena;
    *c = (struct change){
        .part = case_id_partition(in->case_id), .in = own, .topic = -1, .local = local, .before = *state};
    c->verdict = core_step(core, k->host.policy, *state, own, next, d);
    cr_assert_neq(c->verdict, VERDICT_BROKEN, "%s: %s", event_name(in->type), d->reason);
    c->after = c->verdict == VERDICT_DONE ? next : *state;
    *state = c->after;
    struct made *made = ARENA_ARRAY(&k->arena, struct made, d->n_outputs + 1);
    for (int i = 0; i < d->n_outputs; i++) {
        made[i] = (struct made){.type = d->outputs[i].type, .data = d->outputs[i].data, .seq = ++k->seq[c->part]};
    }
    c->made = made;
    c->n_made = d->n_outputs;
    return c;
}

static inline struct change *hooks_feed(struct hooks *k, int64_t case_id, const char *type, const char *json)
{
    enum event_type t = EV_NONE;
    struct err e = ERR_INIT;
    char *copy = arena_strdup(&k->arena, json == NULL ? "" : json);
    cr_assert(event_parse_name(type, &t), "%s", type);
    void *data = arena_alloc(&k->arena, event_desc(t)->size);
    for (char *c = copy; *c != '\0'; c++) *c = (char)(*c == '\'' ? '"' : *c);
    if (json != NULL) cr_assert(codec_decode(event_desc(t), copy, strlen(copy), &k->arena, data, &e), "%s", e.message);
    return hooks_decide(k,
                        &(struct input){.type = t,
                                        .data = data,
                                        .id = "e",
                                        .source = "/t",
                                        .case_id = case_id,
                                        .now_ms = k->now_ms,
                                        .at_ms = k->now_ms},
                        NULL);
}

/* One transaction for the whole batch. */
static inline enum proto_outcome hooks_commit(struct hooks *k, struct err *e)
{
    struct pg_tx tx = PG_TX(&k->arena);
    if (!k->spec->store->save(&k->host, &tx, k->changes, k->n, e)) return PROTO_INFRA;
    enum proto_outcome outcome = pg_tx_run(k->host.pg, &tx, e);
    int n = k->n;
    k->n = 0;
    if (outcome != PROTO_COMMITTED) return outcome;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < k->changes[i].n_made; j++) k->counts[k->changes[i].made[j].type]++;
    }
    if (k->spec->store->committed != NULL) k->spec->store->committed(&k->host, k->changes, n);
    if (k->host.adapter != NULL) k->spec->adapter->committed(&k->host, k->changes, n);
    return outcome;
}

static inline void hooks_must_commit(struct hooks *k)
{
    struct err e = ERR_INIT;
    cr_assert_eq(hooks_commit(k, &e), PROTO_COMMITTED, "%s", e.message);
}

/* The states of the kit outlive the batch, an input of the adapter does not. */
static inline const void *hooks_copy(struct hooks *k, enum event_type type, const void *data)
{
    struct buf json = BUF_INIT;
    struct err e = ERR_INIT;
    void *copy = arena_alloc(&k->arena, event_desc(type)->size);
    cr_assert(codec_encode(event_desc(type), data, &json));
    char *text = arena_strdup(&k->arena, json.bytes);
    cr_assert(codec_decode(event_desc(type), text, json.len, &k->arena, copy, &e), "%s", e.message);
    buf_deinit(&json);
    return copy;
}

/* Everything the adapter has for now, in batches; how many inputs there were. */
static inline int hooks_locals(struct hooks *k, int most)
{
    struct local_input in[256];
    int total = 0, n = 1;
    while (n > 0 && total < most) {
        n = 0;
        for (int p = 0; p < HOOKS_PARTS; p++) {
            int64_t due = k->spec->adapter->next(&k->host, p);
            if (due == ADAPTER_NEVER || due > k->now_ms) continue;
            int got = k->spec->adapter->poll(&k->host, p, k->now_ms, in, 256);
            for (int i = 0; i < got; i++) {
                struct local_input *own = ARENA_NEW(&k->arena, struct local_input);
                *own = in[i];
                hooks_decide(k,
                             &(struct input){.type = own->type,
                                             .data = hooks_copy(k, own->type, own->data),
                                             .id = own->id,
                                             .source = "local",
                                             .case_id = own->case_id,
                                             .now_ms = k->now_ms,
                                             .at_ms = own->at_ms},
                             own);
            }
            n += got;
        }
        if (n > 0) hooks_must_commit(k);
        total += n;
    }
    return total;
}

/* What the adapter tells by itself, committed as the loop would; how many, and *posts holds the last of them. */
static inline int hooks_posts(struct hooks *k, struct local_input *posts, int max)
{
    int n = 0;
    for (int p = 0; p < HOOKS_PARTS; p++) n += k->spec->adapter->posts(&k->host, p, k->now_ms, posts + n, max - n);
    for (int i = 0; i < n; i++) {
        struct input *in = ARENA_NEW(&k->arena, struct input);
        *in = (struct input){.id = posts[i].id, .now_ms = k->now_ms, .at_ms = k->now_ms};
        k->changes[k->n++] =
            (struct change){.part = posts[i].part, .in = in, .topic = -1, .local = &posts[i], .verdict = VERDICT_DONE};
    }
    if (n > 0) hooks_must_commit(k);
    return n;
}

/* One number from the database. */
static inline int64_t hooks_ask(struct hooks *k, const char *sql)
{
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    cr_assert(pg_query(k->host.pg, sql, NULL, &rows, &e), "%s: %s", sql, e.message);
    int64_t v = pg_int(rows, 0, 0);
    pg_rows_free(rows);
    return v;
}

static inline void hooks_as_owner(const char *sql)
{
    char cmd[300];
    snprintf(cmd, sizeof cmd, "psql -q -d test_%d -c '%s'", (int)getpid(), sql);
    cr_assert_eq(system(cmd), 0);
}

static inline bool hooks_refused(struct hooks *k, const char *sql)
{
    struct err e = ERR_INIT;
    return !pg_query(k->host.pg, sql, NULL, NULL, &e);
}

#endif
