/* Dispatch, one event at a time: who may have a case and who may say so (DI-1, DI-3, ES-6). */
#include "core_kit.h"
#include "dispatch/dispatch.h"

TestSuite(dispatch, .init = kit_begin, .fini = kit_end);

static struct dispatch_state next;

static enum verdict step(const struct policy *p, const struct dispatch_state *s, enum event_type type, const void *data)
{
    const struct policy *whole = kit_policy;
    kit_policy = p;
    enum verdict v = kit_step_at(&dispatch_core, s, type, data, KIT_NOW_MS, &next);
    kit_policy = whole;
    return v;
}

/* The shipped organisation with one unit changed. */
struct changed {
    struct policy policy;
    struct pol_organisation org;
    struct pol_unit units[64];
};

static struct pol_unit *change(struct changed *c, const char *unit)
{
    c->policy = *kit_policy;
    c->org = *kit_policy->org;
    memcpy(c->units, c->org.units, sizeof c->units[0] * (size_t)c->org.n_units);
    c->org.units = c->units;
    c->policy.org = &c->org;
    for (int i = 0; i < c->org.n_units; i++) {
        if (strcmp(c->units[i].id, unit) == 0) return &c->units[i];
    }
    cr_assert_fail("no unit %s", unit);
    return NULL;
}

/* CH-5: a suspended outlet does not keep what it received itself; the region decides. */
Test(dispatch, CH_5_a_suspended_outlet_has_no_direct_cases)
{
    struct changed c;
    struct dispatch_state none = {0};
    struct brief brief = kit_brief;
    brief.region = "AIR-LAX";
    struct ev_intake_registered r = {.brief = &brief, .outlet_id = "O-S2", .matter = "m"};
    change(&c, "O-S2")->suspended = true;
    cr_assert_eq(step(&c.policy, &none, EV_INTAKE_REGISTERED, &r), VERDICT_DONE);
    cr_assert_str_eq(next.assignment->org_id, "O-E1");
    cr_assert_eq(step(kit_policy, &none, EV_INTAKE_REGISTERED, &r), VERDICT_DONE);
    cr_assert_str_eq(next.assignment->org_id, "O-S2");
}

/* DI-4: nobody at head office either is a broken organisation: parked with its reason, never skipped. */
Test(dispatch, DI_4_an_organisation_without_people_is_parked)
{
    struct dispatch_state none = {0};
    struct ev_intake_registered r = {.brief = &kit_brief, .matter = "m"};
    struct pol_unit empty = {.id = "HO", .name = "HO", .level = ORG_LEVEL_HEAD_OFFICE, .bank_account = "x"};
    struct pol_organisation org = {.n_units = 1, .units = &empty};
    struct policy p = *kit_policy;
    p.org = &org;
    cr_assert_eq(step(&p, &none, EV_INTAKE_REGISTERED, &r), VERDICT_BROKEN);
    cr_assert_str_eq(kit_out.reason, "head_office_has_nobody");
}

/* DI-1: managers of this unit and of those above it name the handler; the neighbour's manager does not. */
Test(dispatch, DI_1_only_this_line_names_the_handler)
{
    struct dispatch_state s = {.status = DISPATCH_STATUS_ASSIGNED, .brief = &kit_brief, .assignment = &kit_outlet};
    struct actor who = {.id = "O-CN2-M", .role = ROLE_OUTLET_MANAGER, .org_id = "O-CN2"};
    struct ev_command_assign_handler c = {.actor = &who, .handler_id = "O-CN1-H2"};
    kit_refused(step(kit_policy, &s, EV_COMMAND_ASSIGN_HANDLER, &c), "DI-1", "not_yours_to_assign");
    who = (struct actor){.id = "R-EAST-M", .role = ROLE_REGIONAL_MANAGER, .org_id = "R-EAST"};
    kit_refused(step(kit_policy, &s, EV_COMMAND_ASSIGN_HANDLER, &c), "DI-1", "not_yours_to_assign");
    who = (struct actor){.id = "R-CN-M", .role = ROLE_REGIONAL_MANAGER, .org_id = "R-CN"};
    cr_assert_eq(step(kit_policy, &s, EV_COMMAND_ASSIGN_HANDLER, &c), VERDICT_DONE);
    cr_assert_str_eq(next.assignment->handler_id, "O-CN1-H2");
    cr_assert_eq(next.assignment->version, 3);
}

/* The same case gets the same people; different cases are spread over them. */
Test(dispatch, DI_3_people_are_chosen_evenly)
{
    struct dispatch_state none = {0};
    struct brief brief = kit_brief;
    brief.region = "CN-A1";
    struct ev_intake_registered r = {.brief = &brief, .matter = "m"};
    int first = 0;
    for (int64_t serial = 1; serial <= 200; serial++) {
        struct input in = {
            .type = EV_INTAKE_REGISTERED, .data = &r, .id = "x", .source = "s", .case_id = serial, .now_ms = 1};
        struct decision out = {.arena = &kit_arena};
        cr_assert_eq(core_step(&dispatch_core, kit_policy, &none, &in, &next, &out), VERDICT_DONE);
        first += strcmp(next.assignment->handler_id, "O-CN1-H1") == 0;
    }
    cr_assert(first > 60 && first < 140, "%d of 200", first);
}

/* ES-2: a takeover by the unit that has the case already is an echo. */
Test(dispatch, ES_2_an_echoed_takeover_changes_nothing)
{
    struct dispatch_state s = {.status = DISPATCH_STATUS_ASSIGNED, .brief = &kit_brief, .assignment = &kit_outlet};
    struct ev_escalation_taken_over t = {
        .from_org = "x", .to_org = "O-CN1", .to_level = ORG_LEVEL_OUTLET, .cause = "limit_missed"};
    cr_assert_eq(step(kit_policy, &s, EV_ESCALATION_TAKEN_OVER, &t), VERDICT_IGNORED);
}
