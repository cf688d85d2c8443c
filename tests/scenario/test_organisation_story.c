/* The organisation changes while cases run (SL-6, DI-1, ES-2, ES-6): a case says who had it then, by the organisation
 * as it was; what comes next is the new one's. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy_load.h"
#include "story.h"

#define PACK REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise"

static const struct policy *changed;
static json_t *organisation;

static void begin(void)
{
    story_begin();
    changed = NULL;
    organisation = json_load_file(PACK "/organisation.json", 0, NULL);
    cr_assert_not_null(organisation);
}

static void end(void)
{
    json_decref(organisation);
    story_policy(story_default_policy());
    if (changed != NULL) policy_drop(changed);
    story_end();
}

TestSuite(organisation_story, .init = begin, .fini = end);

static json_t *unit(const char *id, size_t *at)
{
    json_t *units = json_object_get(organisation, "units"), *u;
    size_t i;
    json_array_foreach(units, i, u)
    {
        *at = i;
        if (strcmp(json_string_value(json_object_get(u, "id")), id) == 0) return u;
    }
    cr_assert_fail("no unit %s", id);
    return NULL;
}

static void says(const char *id, const char *key, json_t *value)
{
    size_t at;
    json_object_set_new(unit(id, &at), key, value);
}

static void closes(const char *id)
{
    size_t at;
    unit(id, &at);
    json_array_remove(json_object_get(organisation, "units"), at);
}

/* The organisation as it is now comes into force, by the same pack. */
static void in_force(void)
{
    char dir[] = "/tmp/organisation-story.XXXXXX", pack[80], path[80];
    struct err e = ERR_INIT;
    cr_assert_not_null(mkdtemp(dir));
    snprintf(pack, sizeof pack, "%s/pack.json", dir);
    snprintf(path, sizeof path, "%s/organisation.json", dir);
    cr_assert_eq(symlink(PACK "/pack.json", pack), 0);
    cr_assert_eq(json_dump_file(organisation, path, 0), 0);
    cr_assert(policy_load_next(dir, REDRESS_SOURCE_DIR "/schemas/calendar", story_world->policy, true, &changed, &e),
              "%s", e.message);
    world_change_policy(story_world, changed);
    unlink(pack);
    unlink(path);
    rmdir(dir);
}

static const void *first(enum event_type type)
{
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type == type && f->case_id == the_case()) return f->data;
    }
    cr_assert_fail("no %s", event_name(type));
    return NULL;
}

/* ES-2 CH-5: the outlet goes to another regional. What was supervised was the former's; the takeover is the new one's.
 */
Test(organisation_story, ES_2_another_regional_takes_over_what_the_former_supervised)
{
    customer_claims(80000);
    handler_calls();
    cr_assert_str_eq(owner()->regional_id, "R-CN");
    says("O-CN1", "parent", json_string("R-EAST"));
    says("O-CN1", "name", json_string("长沙新店"));
    in_force();
    cr_assert_str_eq(owner()->regional_id, "R-CN", "as it was when the case was given to it");
    cr_assert_str_eq(owner()->org_name, "长沙一店");
    advance_hours(25);
    expect_owner("R-EAST");
    const struct ev_escalation_taken_over *taken = last(EV_ESCALATION_TAKEN_OVER);
    cr_assert_str_eq(taken->from_org, "O-CN1");
    cr_assert_str_eq(((const struct ev_escalation_supervised *)first(EV_ESCALATION_SUPERVISED))->org_id, "R-CN");
    cr_assert_str_eq(((const struct ev_dispatch_assigned *)first(EV_DISPATCH_ASSIGNED))->assignment->regional_id,
                     "R-CN");
    cr_assert_str_eq(owner()->outlet_id, "O-CN1");
    struct ev_inbound_complaint *another = form();
    another->contract_no = "RC-2026-002";
    arrives("/channels/phone", another);
    cr_assert_str_eq(owner()->regional_id, "R-EAST", "a new case knows the new organisation");
    cr_assert_str_eq(owner()->org_name, "长沙新店");
    expect_sound();
}

/* DI-1 ES-6: an outlet that is no more cannot go on with its case: its miss is head office's, and who had it is still
 * said by its name. */
Test(organisation_story, ES_6_a_closed_outlets_case_goes_to_head_office)
{
    customer_claims(80000);
    handler_calls();
    closes("O-CN1");
    in_force();
    calls(owner()->handler_id, ROLE_HANDLER, "O-CN1", story_world->now_ms);
    expect_refused("IN-8", "not_the_named_handler");
    expect_owner("O-CN1");
    advance_hours(25);
    expect_owner("HO");
    const struct ev_escalation_taken_over *taken = last(EV_ESCALATION_TAKEN_OVER);
    cr_assert_str_eq(taken->from_org, "O-CN1");
    expect_sound();
}

/* ES-4 ES-5 PA-6: the outlet closes while head office waits for its file: another local outlet of today's goes to see,
 * and it is still the closed one that is sanctioned, found liable and charged; its contracts' new cases are another's.
 */
Test(organisation_story, ES_5_liability_stays_with_the_outlet_that_had_the_case)
{
    struct visit_record record = full_record();
    struct finding found = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->region = "CN-A1";
    f->has_claimed_minor = true;
    f->claimed_minor = 80000;
    arrives("/channels/phone", f);
    handler_calls();
    advance_hours(50);
    expect_owner("HO");
    const char *regional_then =
        ((const struct ev_dispatch_assigned *)first(EV_DISPATCH_ASSIGNED))->assignment->regional_id;
    size_t at;
    json_t *territories = json_incref(json_object_get(unit("O-CN1", &at), "territories"));
    closes("O-CN1");
    json_array_extend(json_object_get(unit("O-CN2", &at), "territories"), territories);
    json_decref(territories);
    in_force();
    struct ev_command_hand_over_file file = {
        .actor = somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"), .record = &record, .finding = &found};
    sends(EV_COMMAND_HAND_OVER_FILE, &file);
    expect_refused("ES-3", "not_your_file");
    advance_hours(25);
    cr_assert_str_eq(((const struct ev_escalation_sanction_recorded *)last(EV_ESCALATION_SANCTION_RECORDED))->org_id,
                     "O-CN1");
    cr_assert_str_eq(((const struct ev_escalation_visit_assigned *)last(EV_ESCALATION_VISIT_ASSIGNED))->org_id,
                     "O-CN2");
    other_visits(&found);
    cr_assert_str_eq(((const struct ev_escalation_liability_routed *)last(EV_ESCALATION_LIABILITY_ROUTED))->liable_org,
                     "O-CN1");
    cr_assert_str_eq(regional_then, "R-CN");
    customer_accepts();
    advance_hours(1);
    cr_assert_str_eq(((const struct ev_payment_recovery_due *)last(EV_PAYMENT_RECOVERY_DUE))->account, "outlet:O-CN1");
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_RECEIVABLE, 20000); /* what it owes, it owes */
    turn_to(world_account(story_world, "outlet:O-CN1"));
    expect_event(EV_PAYMENT_RECEIPT_RECORDED);
    finance_receives("outlet:O-NEVER", RECEIPT_PURPOSE_RECEIVABLE, 20000);
    expect_refused("PA-6", "not_this_account");
    expect_sound();
}

/* AP-5: a plan waits for the head of finance; another heads finance now: they sign, the former does not. */
Test(organisation_story, AP_5_the_new_head_signs)
{
    customer_claims(2000000);
    visit_done();
    handler_proposes(compensation(2000000));
    manager_approves();
    json_t *departments = json_object_get(organisation, "departments"), *d;
    size_t i;
    json_array_foreach(departments, i, d)
    {
        if (strcmp(json_string_value(json_object_get(d, "id")), "finance") != 0) continue;
        json_object_set_new(d, "head", json_string("HO-A1"));
    }
    in_force();
    approves("HO-F1", ROLE_FINANCE, "HO");
    expect_refused("AP-6", "not_the_deciding_level");
    approves("HO-A1", ROLE_DEPARTMENT_CONTACT, "HO");
    expect_status(APPROVAL, "offered");
    expect_sound();
}
