/* Feeds inputs written as JSON to a pure core, one case, and keeps its state: what the tests of payment, sla and
 * escalation share. Times are wall-clock texts of Asia/Shanghai, "2026-02-13 16:00" or with seconds. In the JSON
 * ' stands for ". Everything lives in one arena until kit_close. */
#ifndef TESTS_UNIT_FEED_KIT_H
#define TESTS_UNIT_FEED_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/timefmt.h"
#include "event/codec.h"
#include "event/core.h"
#include "policy/policy_load.h"

#define KIT_CASE ((INT64_C(3) << 40) | 17)

struct kit {
    const struct core *core;
    const struct policy *policy;
    struct arena arena;
    const void *state;
    struct decision out; /* of the last input */
    enum verdict verdict;
    int n; /* inputs so far */
    int64_t case_id;
};

static inline struct kit kit_open(const struct core *core)
{
    struct kit k = {.core = core, .case_id = KIT_CASE};
    struct err e = ERR_INIT;
    cr_assert(policy_load(REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise",
                          REDRESS_SOURCE_DIR "/schemas/calendar", &k.policy, &e),
              "%s", e.message);
    arena_init(&k.arena);
    return k;
}

static inline void kit_close(struct kit *k)
{
    policy_unload(k->policy);
    arena_deinit(&k->arena);
}

/* An unknown case again, under the same policy: for tests of many histories. */
static inline void kit_renew(struct kit *k)
{
    arena_reset(&k->arena);
    *k = (struct kit){.core = k->core, .policy = k->policy, .arena = k->arena, .case_id = KIT_CASE};
}

static inline int64_t kit_ms(const char *text)
{
    char full[40];
    int64_t ms = 0;
    snprintf(full, sizeof(full), "%.10sT%s%s+08:00", text, text + 11, strlen(text) == 16 ? ":00" : "");
    cr_assert(timefmt_parse(full, &ms), "%s", text);
    return ms;
}

static inline const char *kit_json(struct kit *k, const char *text)
{
    char *copy = arena_strdup(&k->arena, text);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '\'') *c = '"';
    }
    return copy;
}

/* Runs one input; data NULL feeds a struct of zeros (for facts whose content does not matter). */
static inline enum verdict kit_feed_at(struct kit *k, const char *type, const char *data, int64_t at_ms, int64_t now_ms)
{
    enum event_type t = EV_NONE;
    struct err e = ERR_INIT;
    cr_assert(event_parse_name(type, &t), "no event %s", type);
    void *in = arena_alloc(&k->arena, event_desc(t)->size);
    if (data != NULL) {
        const char *json = kit_json(k, data);
        cr_assert(codec_decode(event_desc(t), json, strlen(json), &k->arena, in, &e), "%s: %s", type, e.message);
    }
    struct input input = {.type = t,
                          .data = in,
                          .source = "/test",
                          .case_id = k->case_id,
                          .now_ms = now_ms,
                          .at_ms = at_ms,
                          .id = arena_printf(&k->arena, "e%d", ++k->n)};
    void *next = arena_alloc(&k->arena, k->core->state->size);
    if (k->state == NULL) k->state = arena_alloc(&k->arena, k->core->state->size);
    k->out = (struct decision){.arena = &k->arena};
    k->verdict = core_step(k->core, k->policy, k->state, &input, next, &k->out);
    if (k->verdict == VERDICT_DONE) k->state = next;
    return k->verdict;
}

/* Accepted and read at the same moment. */
static inline enum verdict kit_feed(struct kit *k, const char *type, const char *when, const char *data)
{
    return kit_feed_at(k, type, data, kit_ms(when), kit_ms(when));
}

/* The outputs of the last input by name: "sla.armed sla.met"; a refusal or a broken input with its reason. */
static inline const char *kit_said(struct kit *k)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, "");
    if (k->verdict == VERDICT_REFUSED)
        buf_printf(&b, "refused %s %s", k->out.rule == NULL ? "-" : k->out.rule, k->out.reason);
    else if (k->verdict == VERDICT_BROKEN)
        buf_printf(&b, "broken %s", k->out.reason);
    else if (k->verdict == VERDICT_IGNORED)
        buf_puts(&b, "ignored");
    else {
        for (int i = 0; i < k->out.n_outputs; i++)
            buf_printf(&b, "%s%s", i == 0 ? "" : " ", event_name(k->out.outputs[i].type));
    }
    const char *said = arena_strdup(&k->arena, b.bytes);
    buf_deinit(&b);
    return said;
}

/* The nth output of a type (from 0), or NULL; each output must be encodable. */
static inline const void *kit_output(struct kit *k, enum event_type type, int nth)
{
    for (int i = 0; i < k->out.n_outputs; i++) {
        if (k->out.outputs[i].type == type && nth-- == 0) return k->out.outputs[i].data;
    }
    return NULL;
}

static inline void kit_check_encodable(struct kit *k)
{
    struct err e = ERR_INIT;
    for (int i = 0; i < k->out.n_outputs; i++) {
        const struct type_desc *d = event_desc(k->out.outputs[i].type);
        cr_assert(codec_explain(d, k->out.outputs[i].data, &e), "%s: %s", d->name, e.message);
    }
    cr_assert(codec_explain(k->core->state, k->state, &e), "state: %s", e.message);
}

/* Through JSON and back, as the database does between two inputs. */
static inline void kit_store(struct kit *k)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    void *again = arena_alloc(&k->arena, k->core->state->size);
    cr_assert(codec_encode(k->core->state, k->state, &b));
    cr_assert(codec_decode(k->core->state, b.bytes, b.len, &k->arena, again, &e), "%s", e.message);
    k->state = again;
    buf_deinit(&b);
}

#define kit_expect(k, type, when, data, said)                                                                          \
    do {                                                                                                               \
        kit_feed(k, type, when, data);                                                                                 \
        cr_assert_str_eq(kit_said(k), said, "%s at %s: %s", type, when, kit_said(k));                                  \
        kit_check_encodable(k);                                                                                        \
        kit_store(k);                                                                                                  \
    } while (0)

#define KIT_BRIEF(kind, more)                                                                                          \
    "{'case_no':'RF2026-03-000017','kind':'" kind                                                                      \
    "','category':'workmanship','phase':'construction','severity':'normal','channel':'web','customer':{'name':'Li',"   \
    "'account':'acc-1'},'currency':'CNY','consent':false,'direct':false,'history':false" more "}"
#define KIT_ASSIGNMENT(version, org, level, regional)                                                                  \
    "{'version':" version ",'org_id':'" org "','org_name':'" org "','level':'" level "'," regional                     \
    "'handler_id':'" org "-H1','handler_name':'H','manager_id':'" org "-M','visitor_id':'" org "-V1'}"

#endif
