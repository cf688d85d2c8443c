/* Bytes to structs and back: what is taken, what is refused and with which path, and that round trips keep all. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event/codec.h"
#include "event/events.h"

static struct arena arena;
static struct buf out;

static void setup(void)
{
    arena_init(&arena);
    out = BUF_INIT;
}

static void teardown(void)
{
    arena_deinit(&arena);
    buf_deinit(&out);
}

TestSuite(codec, .init = setup, .fini = teardown);

#define PLAN(amount)                                                                                                   \
    "{\"measures\":[{\"kind\":\"refund\",\"executor\":\"O-E1\"}],\"amount_minor\":" amount ",\"currency\":\"CNY\"}"
#define ACTOR "{\"id\":\"O-E1-H1\",\"role\":\"handler\",\"org_id\":\"O-E1\"}"
#define PROPOSE(plan) "{\"actor\":" ACTOR ",\"plan\":" plan "}"

static bool decode(enum event_type t, const char *json, void *v, struct err *e)
{
    return codec_decode(event_desc(t), json, strlen(json), &arena, v, e);
}

static void expect_refused_n(enum event_type t, const char *json, size_t n, const char *message)
{
    struct err e = ERR_INIT;
    cr_expect_not(codec_validate(event_desc(t), json, n, &e), "accepted: %.200s", json);
    cr_expect_eq(e.code, ERR_DATA);
    cr_expect(strstr(e.message, message), "\"%s\" does not say \"%s\"", e.message, message);
}

static void expect_refused(enum event_type t, const char *json, const char *message)
{
    expect_refused_n(t, json, strlen(json), message);
}

Test(codec, decodes_nested_values)
{
    struct ev_command_propose v;
    struct err e = ERR_INIT;
    cr_assert(decode(EV_COMMAND_PROPOSE, PROPOSE(PLAN("9007199254740993")), &v, &e), "%s", e.message);
    cr_expect_str_eq(v.actor->id, "O-E1-H1");
    cr_expect_eq(v.actor->role, ROLE_HANDLER);
    cr_expect_null(v.actor->name);
    cr_expect_eq(v.plan->amount_minor, INT64_C(9007199254740993), "beyond what a double holds");
    cr_assert_eq(v.plan->n_measures, 1);
    cr_expect_eq(v.plan->measures[0].kind, MEASURE_KIND_REFUND);
    cr_expect_not(v.plan->measures[0].has_due_ms);
    cr_expect_not(v.plan->has_goodwill_minor);
}

Test(codec, decodes_times_lists_and_flags)
{
    struct ev_inbound_complaint v;
    struct err e = ERR_INIT;
    const char *json = "{\"description\":\"漏水\",\"received_at\":\"2026-03-02T09:00:00+08:00\",\"consent\":true,"
                       "\"quantity\":0,\"facts\":[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b\",\"value\":\"\"}]}";
    cr_assert(decode(EV_INBOUND_COMPLAINT, json, &v, &e), "%s", e.message);
    cr_expect_str_eq(v.description, "漏水");
    cr_expect(v.has_received_at);
    cr_expect_eq(v.received_at_ms, INT64_C(1772413200000));
    cr_expect_not(v.has_occurred_at);
    cr_expect(v.consent);
    cr_expect(v.has_quantity, "zero is not absent");
    cr_expect_eq(v.n_facts, 2);
    cr_expect_str_eq(v.facts[1].value, "");
    cr_expect_eq(v.kind, KIND_ABSENT);
    cr_expect_null(v.customer);
}

Test(codec, tolerates_unknown_fields)
{
    struct ev_command_approve v;
    struct err e = ERR_INIT;
    cr_expect(decode(EV_COMMAND_APPROVE, "{\"new\":{\"x\":[1.5,null]},\"actor\":" ACTOR "}", &v, &e), "%s", e.message);
}

Test(codec, refusals_name_path_and_reason)
{
    static const struct {
        const char *json, *message;
    } cases[] = {
        {"[]", "$: expected object, got array"},
        {"{}", "$.actor: is required"},
        {"{\"actor\":null,\"plan\":" PLAN("1") "}", "$.actor: expected object, got null"},
        {"{\"plan\":" PLAN("1") "}", "$.actor: is required"},
        {PROPOSE(PLAN("\"1\"")), "$.plan.amount_minor: expected integer, got string"},
        {PROPOSE(PLAN("1.5")), "$.plan.amount_minor: expected integer, got a number with"},
        {PROPOSE(PLAN("1.0")), "$.plan.amount_minor: expected integer, got a number with"},
        {PROPOSE(PLAN("1e3")), "$.plan.amount_minor: expected integer, got a number with"},
        {PROPOSE(PLAN("null")), "$.plan.amount_minor: expected integer, got null"},
        {PROPOSE(PLAN("9223372036854775808")), "$: not JSON"},
        {PROPOSE("{\"measures\":{},\"amount_minor\":1,\"currency\":\"CNY\"}"), "$.plan.measures: expected array"},
        {PROPOSE("{\"measures\":[{\"kind\":\"refund\",\"executor\":\"x\"},{\"kind\":\"gift\"}],\"amount_minor\":1}"),
         "$.plan.measures[1].kind: \"gift\" is not a measure_kind"},
        {PROPOSE("{\"measures\":[{\"kind\":7}],\"amount_minor\":1}"), "$.plan.measures[0].kind: expected measure_kind"},
        {"{\"actor\":{\"id\":5,\"role\":\"handler\"}}", "$.actor.id: expected string, got integer"},
        {"{\"actor\":" ACTOR ",\"actor\":" ACTOR "}", "duplicate object key"},
        {"{\"actor\":" ACTOR "} x", "$: not JSON"},
        {"{\"actor\":", "$: not JSON"},
        {"", "$: not JSON"},
        {"\"text\"", "$: not JSON"},
        {"{\"actor\":{\"id\":\"a\\u0000b\"}}", "$: not JSON"},
        {"{\"actor\":{\"id\":\"\xff\"}}", "$: not JSON"},
        {"{\"actor\":{\"id\":\"\xed\xa0\x80\"}}", "$: not JSON"},
        {"{\"actor\":{\"id\":\"\\ud800\"}}", "$: not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_refused(EV_COMMAND_PROPOSE, cases[i].json, cases[i].message);
    }
    expect_refused_n(EV_COMMAND_APPROVE, "{\"a\0\":1}", 9, "$: not JSON");
    expect_refused(EV_INBOUND_COMPLAINT, "{\"description\":\"x\",\"received_at\":\"2026-03-02 09:00\"}",
                   "$.received_at: not an RFC 3339");
    expect_refused(EV_INBOUND_COMPLAINT, "{\"description\":\"x\",\"consent\":\"yes\"}", "$.consent: expected boolean");
}

static void repeat(struct buf *b, const char *text, int n)
{
    for (int i = 0; i < n; i++) buf_puts(b, text);
}

Test(codec, depth_is_bounded)
{
    struct err e = ERR_INIT;
    buf_puts(&out, "{\"description\":\"x [[[[ \\\" [[[[\",\"deep\":");
    size_t prefix = out.len;
    repeat(&out, "[", CODEC_MAX_DEPTH - 1);
    repeat(&out, "]", CODEC_MAX_DEPTH - 1);
    buf_puts(&out, "}");
    cr_expect(codec_validate(event_desc(EV_INBOUND_COMPLAINT), out.bytes, out.len, &e), "%s", e.message);
    out.len = prefix;
    repeat(&out, "[", 200000);
    expect_refused_n(EV_INBOUND_COMPLAINT, out.bytes, out.len, "$: is nested deeper than 32 levels");
}

Test(codec, size_is_bounded)
{
    struct err e = ERR_INIT;
    buf_puts(&out, "{\"description\":\"");
    repeat(&out, "x", CODEC_MAX_STRING);
    buf_puts(&out, "\"}");
    cr_expect(codec_validate(event_desc(EV_INBOUND_COMPLAINT), out.bytes, out.len, &e), "%s", e.message);
    out.len -= 2;
    buf_puts(&out, "x\"}");
    expect_refused_n(EV_INBOUND_COMPLAINT, out.bytes, out.len, "$.description: string is longer");
    repeat(&out, " ", CODEC_MAX_BYTES);
    expect_refused_n(EV_INBOUND_COMPLAINT, out.bytes, out.len, "$: is larger than 1 MiB");
}

Test(codec, items_are_bounded)
{
    buf_puts(&out, "{\"description\":\"x\",\"attachments\":[");
    repeat(&out, "{\"name\":\"a\"},", CODEC_MAX_ITEMS);
    buf_puts(&out, "{\"name\":\"a\"}]}");
    expect_refused_n(EV_INBOUND_COMPLAINT, out.bytes, out.len, "$.attachments: array has more than 10000 items");
}

Test(codec, encodes_in_the_schemas_order_without_absent_ones)
{
    const struct actor actor = {.id = "A \"q\"\n", .role = ROLE_CLERK};
    cr_assert(codec_encode(&actor_desc, &actor, &out));
    cr_expect_str_eq(out.bytes, "{\"id\":\"A \\\"q\\\"\\n\",\"role\":\"clerk\"}");
}

Test(codec, encode_refuses_what_decode_would)
{
    struct err e = ERR_INIT;
    struct plan plan = {.currency = "CNY"};
    buf_puts(&out, "kept");
    cr_expect(codec_encode(&plan_desc, &plan, &out), "an empty required list and zero are values");
    cr_expect_str_eq(out.bytes, "kept{\"measures\":[],\"amount_minor\":0,\"currency\":\"CNY\"}");
    out.len = 4;
    const struct measure measures[] = {{.kind = MEASURE_KIND_REPAIR, .executor = "x"}, {.executor = "x"}};
    plan.n_measures = 2;
    plan.measures = measures;
    cr_expect_not(codec_encode(&plan_desc, &plan, &out));
    cr_expect_str_eq(out.bytes, "kept", "nothing of a refused value stays");
    cr_expect_eq(out.len, 4);
    cr_expect_not(codec_explain(&plan_desc, &plan, &e));
    cr_expect(strstr(e.message, "$.measures[1].kind: enum is absent"), "%s", e.message);
    const struct ev_inbound_complaint far = {.description = "x", .has_received_at = true, .received_at_ms = INT64_MAX};
    cr_expect_not(codec_encode(event_desc(EV_INBOUND_COMPLAINT), &far, &out), "a year with six digits");
}

/* A value of every kind in every field of a type, from a counter: distinct, never absent. */
static void fill(const struct type_desc *d, char *v, int *counter);

static void fill_value(const struct field_desc *f, char *v, int *counter)
{
    int n = ++*counter;
    switch (f->kind) {
    case FIELD_STRING: *(char **)v = arena_printf(&arena, "s%d \"中\\\t", n); return;
    case FIELD_INT: *(int64_t *)v = n % 2 ? INT64_MIN + n : INT64_MAX - n; return;
    case FIELD_TIME: *(int64_t *)v = INT64_C(1772413200000) + n; return;
    case FIELD_BOOL: *(bool *)v = true; return;
    case FIELD_ENUM: *(int *)v = 1 + n % (f->values->n - 1); return;
    case FIELD_OBJECT:
        if (f->array) {
            fill(f->type, v, counter);
            return;
        }
        *(char **)v = arena_alloc(&arena, f->type->size);
        fill(f->type, *(char **)v, counter);
        return;
    }
}

static void fill(const struct type_desc *d, char *v, int *counter)
{
    for (int i = 0; i < d->n_fields; i++) {
        const struct field_desc *f = &d->fields[i];
        if (f->has_aux) *(bool *)(v + f->aux) = true;
        if (!f->array) {
            fill_value(f, v + f->offset, counter);
            continue;
        }
        size_t size = desc_element_size(f);
        char *items = arena_alloc(&arena, 3 * size);
        for (int k = 0; k < 3; k++) fill_value(f, items + (size_t)k * size, counter);
        *(int *)(v + f->aux) = 3;
        *(char **)(v + f->offset) = items;
    }
}

static void expect_round_trip(const struct type_desc *d, const void *v)
{
    struct err e = ERR_INIT;
    void *again = arena_alloc(&arena, d->size);
    struct buf second = BUF_INIT;
    out.len = 0;
    cr_assert(codec_encode(d, v, &out), "%s", d->name);
    cr_assert(codec_decode(d, out.bytes, out.len, &arena, again, &e), "%s: %s", d->name, e.message);
    cr_expect(desc_equal(d, v, again), "%s: %s", d->name, out.bytes);
    cr_assert(codec_encode(d, again, &second));
    cr_expect_str_eq(out.bytes, second.bytes, "equal values give equal bytes");
    buf_deinit(&second);
}

Test(codec, every_event_full_survives_a_round_trip)
{
    int counter = 0;
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        const struct type_desc *d = event_desc((enum event_type)t);
        char *v = arena_alloc(&arena, d->size);
        fill(d, v, &counter);
        expect_round_trip(d, v);
    }
}

/* Any one field changed must be seen by desc_equal, and must survive. */
Test(codec, desc_equal_sees_every_field)
{
    for (int t = EV_NONE + 1; t < EV_COUNT; t++) {
        const struct type_desc *d = event_desc((enum event_type)t);
        for (int i = 0; i < d->n_fields; i++) {
            int counter = 0;
            const struct field_desc *f = &d->fields[i];
            char *a = arena_alloc(&arena, d->size), *b = arena_alloc(&arena, d->size);
            fill(d, a, &counter);
            counter = 0;
            fill(d, b, &counter);
            cr_expect(desc_equal(d, a, b));
            if (f->array)
                *(int *)(b + f->aux) = 2;
            else if (f->has_aux)
                *(bool *)(b + f->aux) = false;
            else
                memset(b + f->offset, 0, desc_element_size(f));
            cr_expect_not(desc_equal(d, a, b), "%s.%s", d->name, f->name);
        }
    }
}

Test(codec, desc_equal_sees_every_item_and_nothing_hidden)
{
    const char *const first[] = {"a", "b"}, *const second[] = {"a", "c"};
    struct ev_intake_materials_requested x = {.n_missing = 2, .missing = first},
                                         y = {.n_missing = 2, .missing = second};
    const struct type_desc *d = event_desc(EV_INTAKE_MATERIALS_REQUESTED);
    cr_expect_not(desc_equal(d, &x, &y));
    y.n_missing = x.n_missing = 1;
    cr_expect(desc_equal(d, &x, &y));
    const struct plan plain = {.currency = "CNY"}, hidden = {.currency = "CNY", .goodwill_minor = 7};
    cr_expect(desc_equal(&plan_desc, &plain, &hidden), "a value that is absent says nothing");
}

Test(codec, states_begin_with_their_status)
{
    static const struct type_desc *const states[] = {&intake_state_desc,   &dispatch_state_desc, &evidence_state_desc,
                                                     &approval_state_desc, &payment_state_desc,  &escalation_state_desc,
                                                     &sla_state_desc};
    int counter = 0;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char *v = arena_alloc(&arena, states[i]->size);
        fill(states[i], v, &counter);
        expect_round_trip(states[i], v);
        *(int *)v = 0;
        expect_round_trip(states[i], v);
        cr_expect_eq(strncmp(out.bytes, "{\"status\":\"none\"", 16), 0, "%s", out.bytes);
    }
}

Test(codec, event_names_are_found)
{
    for (int i = EV_NONE + 1; i < EV_COUNT; i++) {
        enum event_type t = (enum event_type)i, found = EV_NONE;
        cr_expect(event_parse_name(event_name(t), &found) && found == t, "%s", event_name(t));
        cr_expect(event_parse_type(event_ce_type(t), &found) && found == t, "%s", event_ce_type(t));
        cr_expect_eq(event_topic(t) == NULL, event_is_local(t));
    }
    enum event_type t;
    static const char *const unknown[] = {
        "",           "intake.registered",          "redress..v1", "redress.intake.registered.v2", "x.v1",
        "redress.v1", "redress.intake.registere.v1"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) cr_expect_not(event_parse_type(unknown[i], &t));
    cr_expect_not(event_parse_type(NULL, &t));
    cr_expect(event_is_command(EV_COMMAND_APPROVE) && !event_is_command(EV_INTAKE_REGISTERED));
    cr_expect(event_is_local(EV_SLA_TIMER_FIRED) && !event_is_local(EV_SLA_BREACHED));
    cr_expect_str_eq(event_name(EV_NONE), "");
    enum role role;
    cr_expect(role_parse("general_manager", &role) && role == ROLE_GENERAL_MANAGER);
    cr_expect_not(role_parse("king", &role) || role_parse("", &role) || role_parse(NULL, &role));
    cr_expect_str_eq(role_name(ROLE_ABSENT), "");
}

/* xorshift: the same bytes on every machine. */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Damaged bytes are refused or mean something: what is taken can be written and read again. */
Test(codec, damaged_bytes_do_no_harm)
{
    static const char pieces[] = "{}[]\",:\\0123456789.eE-+nulltruefs\xff\x00\xc3";
    uint64_t random = 88172645463325252U;
    int counter = 0, taken = 0;
    for (int round = 0; round < 20000; round++) {
        arena_reset(&arena);
        out.len = 0;
        const struct type_desc *d = event_desc((enum event_type)(1 + round % (EV_COUNT - 1)));
        char *v = arena_alloc(&arena, d->size), *again = arena_alloc(&arena, d->size);
        fill(d, v, &counter);
        cr_assert(codec_encode(d, v, &out));
        char *json = arena_strndup(&arena, out.bytes, out.len);
        for (int hits = 1 + (int)(next_random(&random) % 3); hits > 0; hits--) {
            json[next_random(&random) % out.len] = pieces[next_random(&random) % sizeof pieces];
        }
        size_t n = next_random(&random) % 8 ? out.len : next_random(&random) % out.len;
        struct err e = ERR_INIT;
        if (!codec_decode(d, json, n, &arena, again, &e)) {
            cr_assert_eq(e.code, ERR_DATA);
            continue;
        }
        taken++;
        expect_round_trip(d, again);
    }
    cr_expect_gt(taken, 100, "the damage must not always be fatal");
}

static double elapsed_us(const struct timespec *from, int rounds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((double)(now.tv_sec - from->tv_sec) * 1e6 + (double)(now.tv_nsec - from->tv_nsec) / 1e3) / rounds;
}

/* A figure in the log, and a bound loose enough for any machine: a slip to milliseconds would show. */
Test(codec, is_fast_enough)
{
    enum { ROUNDS = 20000 };
    const char *json =
        "{\"brief\":{\"case_no\":\"RF2026-03-000041\",\"kind\":\"claim\",\"category\":\"workmanship\",\"phase\":"
        "\"after_sales\",\"severity\":\"normal\",\"channel\":\"web\",\"customer\":{\"name\":\"王女士\",\"phone\":"
        "\"13800000000\"},\"contract_no\":\"HT-2025-0117\",\"claimed_minor\":120000,\"currency\":\"CNY\",\"consent\":"
        "false,\"direct\":false,\"received_ms\":1772413200000,\"history\":false},\"description\":\"卫生间漏水\","
        "\"materials\":\"complete\",\"matter\":\"p:13800000000|HT-2025-0117|workmanship\"}";
    size_t n = strlen(json);
    struct ev_intake_registered v;
    struct err e = ERR_INIT;
    struct timespec from;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(&arena);
        cr_assert(codec_decode(event_desc(EV_INTAKE_REGISTERED), json, n, &arena, &v, &e), "%s", e.message);
    }
    double decode_us = elapsed_us(&from, ROUNDS);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < ROUNDS; i++) {
        out.len = 0;
        cr_assert(codec_encode(event_desc(EV_INTAKE_REGISTERED), &v, &out));
    }
    double encode_us = elapsed_us(&from, ROUNDS);
    cr_expect_str_eq(out.bytes, json);
    fprintf(stderr, "codec: %zu bytes: decode %.2f us, encode %.2f us\n", n, decode_us, encode_us);
    cr_expect(decode_us < 500 && encode_us < 500);
}
