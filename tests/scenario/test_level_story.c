/* Organisations with more levels than three: regionals below regionals (DI-2, ES-2, ES-6). */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_load.h"
#include "story.h"

#define PACK REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise"
#define CALENDARS REDRESS_SOURCE_DIR "/schemas/calendar"

static const struct policy *deep;

/* A regional of that name above another one. */
static void add_level(json_t *units, const char *id, const char *above, bool staffed)
{
    char manager[32], handler[32];
    size_t i;
    json_t *u;
    snprintf(manager, sizeof manager, "%s-M", id);
    snprintf(handler, sizeof handler, "%s-H", id);
    json_t *people = json_array();
    if (staffed) {
        json_array_append_new(people,
                              json_pack("{s:s, s:s, s:[s]}", "id", manager, "name", id, "roles", "regional_manager"));
        json_array_append_new(people, json_pack("{s:s, s:s, s:[s, s]}", "id", handler, "name", id, "roles", "handler",
                                                "evidence_visitor"));
    }
    json_array_append_new(units, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "id", id, "name", id, "level", "regional",
                                           "parent", "HO", "bank_account", id, "people", people));
    json_array_foreach(units, i, u)
    {
        if (strcmp(json_string_value(json_object_get(u, "id")), above) == 0)
            json_object_set_new(u, "parent", json_string(id));
    }
}

/* The shipped pack with that organisation (taken over); NULL with why. */
static const struct policy *load_with(json_t *org, struct err *e)
{
    char dir[] = "/tmp/level-story.XXXXXX", path[80], target[80];
    const struct policy *p = NULL;
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/organisation.json", dir);
    cr_assert_eq(json_dump_file(org, path, 0), 0);
    json_decref(org);
    json_t *pack = json_load_file(PACK "/pack.json", 0, NULL);
    snprintf(target, sizeof target, "%s/pack.json", dir);
    cr_assert_eq(json_dump_file(pack, target, 0), 0);
    json_decref(pack);
    bool loaded = policy_load(dir, CALENDARS, &p, e);
    remove(path);
    remove(target);
    remove(dir);
    return loaded ? p : NULL;
}

/* R-CN (the regional of O-CN1) below a district, below a country where nobody works, below a continent. */
static json_t *deep_organisation(void)
{
    json_t *org = json_load_file(PACK "/organisation.json", 0, NULL), *units = json_object_get(org, "units");
    add_level(units, "D-CN", "R-CN", true);
    add_level(units, "C-CN", "D-CN", false);
    add_level(units, "K-ASIA", "C-CN", true);
    return org;
}

static void begin(void)
{
    struct err e = ERR_INIT;
    story_begin();
    deep = load_with(deep_organisation(), &e);
    cr_assert_not_null(deep, "%s", e.message);
    story_policy(deep);
}

static void end(void)
{
    story_policy(story_default_policy());
    policy_unload(deep);
    story_end();
}

TestSuite(level_story, .init = begin, .fini = end);

/* ES-2 ES-6: outlet, regional, district, (nobody), continent, head office: each only once. */
Test(level_story, ES_2_a_silence_climbs_every_level)
{
    static const char *const way[] = {"O-CN1", "R-CN", "D-CN", "K-ASIA", "HO"};
    customer_claims(80000);
    for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
        expect_owner(way[i]);
        if (i > 0) advance_hours(24);
        if (i == 0) advance_hours(25);
    }
    expect_events(EV_ESCALATION_TAKEN_OVER, 4);
    cr_assert_str_eq(owner()->outlet_id, "O-CN1", "who answers for it in the end");
    cr_assert_str_eq(((const struct ev_escalation_file_demanded *)last(EV_ESCALATION_FILE_DEMANDED))->of_org, "O-CN1");
    expect_sound();
}

/* ES-3: each level may refuse; the next one looks at it, and head office decides by rule. */
Test(level_story, ES_3_every_level_refuses)
{
    customer_claims(80000);
    struct finding found = the_finding(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    struct visit_record r = full_record();
    visitor_submits(&r, &found, NULL);
    handler_proposes(rejection("misuse"));
    manager_approves();
    expect_owner("R-CN");
    file_handed_over(&r, NULL);
    handler_proposes(rejection("we see it so, too"));
    manager_approves();
    expect_owner("D-CN");
    handler_proposes(rejection("and so do we"));
    manager_approves();
    expect_owner("K-ASIA");
    handler_proposes(rejection("no"));
    manager_approves();
    expect_owner("HO");
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_status(APPROVAL, "offered");
    expect_events(EV_ESCALATION_FILE_DEMANDED, 1);
    expect_sound();
}

/* PA-6: what an upper regional took over the outlet still pays. */
Test(level_story, PA_6_the_outlet_pays_below_head_office)
{
    customer_claims(80000);
    advance_hours(49);
    expect_owner("D-CN");
    visit_done();
    handler_proposes(compensation(80000));
    manager_approves();
    customer_accepts();
    cr_assert_str_eq(((const struct ev_payment_instructed *)last(EV_PAYMENT_INSTRUCTED))->payer_account, "O-CN1-6222");
    advance_hours(1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    expect_sound();
}

/* PA-6: a regional's own case: the regional answers for it, also to another regional. */
Test(level_story, PA_6_a_regional_answers_for_its_own_case)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 80000;
    f->outlet_id = "R-CN";
    arrives("/channels/phone", f);
    expect_owner("R-CN");
    advance_hours(25);
    expect_owner("D-CN");
    cr_assert_str_eq(owner()->outlet_id, "R-CN");
    expect_sound();
}

/* ES-6: a circle of regionals has no top, and is not loaded. */
Test(level_story, ES_6_a_circle_is_refused)
{
    struct err e = ERR_INIT;
    size_t i;
    json_t *org = deep_organisation(), *u;
    json_array_foreach(json_object_get(org, "units"), i, u)
    {
        if (strcmp(json_string_value(json_object_get(u, "id")), "K-ASIA") == 0)
            json_object_set_new(u, "parent", json_string("R-CN"));
    }
    cr_assert_null(load_with(org, &e));
    cr_assert(strstr(e.message, "is not on a level above"), "%s", e.message);
}
