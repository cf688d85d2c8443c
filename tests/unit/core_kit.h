/* For tests that put one event to one core (tests/unit/test_{intake,dispatch,evidence,approval}.c): the shipped
 * policy, one case of outlet O-CN1, and a step whose outcome can be looked at. */
#ifndef REDRESS_TESTS_CORE_KIT_H
#define REDRESS_TESTS_CORE_KIT_H

#include <criterion/criterion.h>
#include <string.h>

#include "event/core.h"
#include "policy/policy_load.h"

#define KIT_NOW_MS (INT64_C(1772413200) * 1000) /* Monday 2026-03-02 09:00 in Shanghai */

static struct arena kit_arena;
static const struct policy *kit_policy;
static struct decision kit_out;

static const struct customer kit_customer = {.name = "王芳", .phone = "13800138000"};
static const struct brief kit_brief = {.case_no = "RF2026-03-000001",
                                       .kind = KIND_CLAIM,
                                       .category = CATEGORY_WORKMANSHIP,
                                       .phase = PHASE_AFTER_SALES,
                                       .severity = SEVERITY_NORMAL,
                                       .channel = "/channels/web",
                                       .customer = &kit_customer,
                                       .has_claimed_minor = true,
                                       .claimed_minor = 30000,
                                       .currency = "CNY",
                                       .received_ms = KIT_NOW_MS - 9000000};
static const struct assignment kit_outlet = {.version = 2,
                                             .org_id = "O-CN1",
                                             .org_name = "outlet",
                                             .level = ORG_LEVEL_OUTLET,
                                             .regional_id = "R-CN",
                                             .handler_id = "O-CN1-H1",
                                             .handler_name = "handler",
                                             .manager_id = "O-CN1-M",
                                             .visitor_id = "O-CN1-H2"};
static const struct actor kit_handler = {.id = "O-CN1-H1", .role = ROLE_HANDLER, .org_id = "O-CN1"};
static const struct actor kit_buyer = {.id = "customer", .role = ROLE_CUSTOMER};

static inline void kit_begin(void)
{
    struct err e = ERR_INIT;
    arena_init(&kit_arena);
    bool loaded = policy_load(REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise",
                              REDRESS_SOURCE_DIR "/schemas/calendar", &kit_policy, &e);
    cr_assert(loaded, "%s", e.message);
}

static inline void kit_end(void)
{
    policy_unload(kit_policy);
    arena_deinit(&kit_arena);
}

/* One event at at_ms; the verdict, with the next state in `next` and the rest in kit_out. */
static inline enum verdict kit_step_at(const struct core *core, const void *state, enum event_type type,
                                       const void *data, int64_t at_ms, void *next)
{
    struct input in = {.type = type,
                       .data = data,
                       .id = "id-1",
                       .source = "/channels/web",
                       .case_id = INT64_C(3) << 40 | 1,
                       .now_ms = KIT_NOW_MS,
                       .at_ms = at_ms};
    kit_out = (struct decision){.arena = &kit_arena};
    return core_step(core, kit_policy, state, &in, next, &kit_out);
}

/* The n-th output must be of that type; its data. */
static inline const void *kit_output(int n, enum event_type type)
{
    cr_assert(n < kit_out.n_outputs, "no output %d", n);
    cr_assert_eq(kit_out.outputs[n].type, type, "output %d is %s", n, event_name(kit_out.outputs[n].type));
    return kit_out.outputs[n].data;
}

static inline void kit_refused(enum verdict v, const char *rule, const char *reason)
{
    cr_assert_eq(v, VERDICT_REFUSED);
    cr_assert_str_eq(kit_out.rule, rule);
    cr_assert_str_eq(kit_out.reason, reason);
}

#endif
