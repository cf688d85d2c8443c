/* Histories over a change of the policy or its calendar (SL-6): what runs moves or is pinned, what was decided is
 * replayed by the revision that decided it. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/timefmt.h"
#include "policy/policy_load.h"
#include "story.h"

#define PACK REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise"
#define CALENDARS REDRESS_SOURCE_DIR "/schemas/calendar"

static const struct policy *revisions[4];
static int n_revisions;
static json_t *pack;

static void begin(void)
{
    story_begin();
    n_revisions = 0;
    pack = json_load_file(PACK "/pack.json", 0, NULL);
    cr_assert_not_null(pack);
}

static void end(void)
{
    json_decref(pack);
    story_policy(story_default_policy());
    while (n_revisions > 0) policy_drop(revisions[--n_revisions]);
    story_end();
}

TestSuite(policy_story, .init = begin, .fini = end);

static json_t *limit_def(const char *code, size_t *at)
{
    json_t *limits = json_object_get(pack, "limits"), *l;
    size_t i;
    json_array_foreach(limits, i, l)
    {
        *at = i;
        if (strcmp(json_string_value(json_object_get(l, "code")), code) == 0) return l;
    }
    cr_assert_fail("no limit %s", code);
    return NULL;
}

static void take_out(const char *code)
{
    size_t at;
    limit_def(code, &at);
    json_array_remove(json_object_get(pack, "limits"), at);
}

static void set_length(const char *code, int n)
{
    size_t at;
    json_object_set_new(json_object_get(limit_def(code, &at), "length"), "n", json_integer(n));
}

/* The pack as it is now comes into force. */
static void applied(bool moves, const char *calendars)
{
    char dir[] = "/tmp/policy-story.XXXXXX", path[80];
    struct err e = ERR_INIT;
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/pack.json", dir);
    cr_assert_eq(json_dump_file(pack, path, 0), 0);
    json_t *org = json_load_file(PACK "/organisation.json", 0, NULL);
    snprintf(path, sizeof path, "%s/organisation.json", dir);
    cr_assert_eq(json_dump_file(org, path, 0), 0);
    json_decref(org);
    const struct policy *p;
    cr_assert(policy_load_next(dir, calendars, story_world->policy, moves, &p, &e), "%s", e.message);
    revisions[n_revisions++] = p;
    world_change_policy(story_world, p);
    remove(path);
    snprintf(path, sizeof path, "%s/pack.json", dir);
    remove(path);
    remove(dir);
}

static void expect_due(const char *code, const char *utc)
{
    char due[TIMEFMT_SIZE];
    cr_assert_str_eq(timefmt_utc(limit_of(code)->due_ms, due), utc);
}

/* SL-6: a moving revision counts what runs anew, under a new version; the miss comes on the new date, once. */
Test(policy_story, SL_6_a_changed_length_moves_what_runs)
{
    customer_claims(300000); /* Monday 09:00 in Shanghai */
    visit_done();
    expect_due("first_response", "2026-03-03T01:00:00.000Z");
    set_length("first_response", 48);
    applied(true, CALENDARS);
    expect_due("first_response", "2026-03-04T01:00:00.000Z");
    cr_assert_eq(limit_of("first_response")->ver, 2);
    cr_assert_eq(limit_of("first_response")->revision, 2);
    const struct ev_sla_rescheduled *e = last(EV_SLA_RESCHEDULED);
    cr_assert_eq(e->limit->due_ms - e->old_due_ms, 24 * 3600 * 1000);
    expect_events(EV_SLA_RESCHEDULED, 1); /* nothing else moves */
    advance_hours(47);
    expect_limit("first_response", LIMIT_STATE_ARMED);
    advance_hours(1);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    cr_assert_eq(limit_of("first_response")->misses, 1);
    expect_sound();
}

/* SL-6: pinned, a deadline stays, also over a pause; what starts now goes by the new rules. */
Test(policy_story, SL_6_pinned_deadlines_keep_their_rules)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f); /* lacks the amount: the review is paused */
    expect_limit("preliminary_review", LIMIT_STATE_PAUSED);
    set_length("preliminary_review", 9);
    set_length("evidence", 48);
    applied(false, CALENDARS);
    expect_no_event(EV_SLA_RESCHEDULED);
    customer_supplies("claimed_amount");
    expect_due("preliminary_review", "2026-03-04T10:00:00.000Z"); /* still two working days */
    expect_due("evidence", "2026-03-03T01:00:00.000Z");
    struct ev_inbound_complaint *other = form();
    other->contract_no = "RC-2026-777";
    other->customer = &(struct customer){.name = "李", .phone = "139 0013 8000"};
    arrives("/channels/web", other);
    expect_due("evidence", "2026-03-04T01:00:00.000Z");
    expect_sound();
}

/* SL-6: a paused deadline under a moving revision is counted by it when it runs again. */
Test(policy_story, SL_6_what_stands_still_moves_when_it_runs_again)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    set_length("preliminary_review", 3);
    applied(true, CALENDARS);
    expect_limit("preliminary_review", LIMIT_STATE_PAUSED);
    expect_no_event(EV_SLA_RESCHEDULED);
    customer_supplies("claimed_amount");
    expect_due("preliminary_review", "2026-03-05T10:00:00.000Z");
    expect_sound();
}

/* SL-6: what has fired stays fired; a new due that has passed fires at once. */
Test(policy_story, SL_6_what_has_fired_stays_and_what_is_past_fires_now)
{
    customer_claims(300000);
    visit_done();
    advance_hours(25);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    expect_limit("plan", LIMIT_STATE_ARMED);
    set_length("first_response", 48);
    set_length("plan", 1);
    advance_hours(10); /* Tuesday evening: one working day is over */
    const struct limit before = *limit_of("first_response");
    applied(true, CALENDARS);
    expect_limit("first_response", LIMIT_STATE_MISSED);
    cr_assert_eq(limit_of("first_response")->due_ms, before.due_ms);
    cr_assert_eq(limit_of("first_response")->ver, before.ver);
    advance_to(story_world->now_ms + 1);
    cr_assert_eq(limit_of("first_response")->misses, 1);
    cr_assert_eq(limit_of("plan")->misses, 1); /* and runs anew with the regional, who took over */
    expect_owner("R-CN");
    expect_sound();
}

/* SL-6: a limit that is no longer in the policy ends; pinned, it goes on and is stopped as it always was. */
Test(policy_story, SL_6_a_limit_taken_out_of_the_policy)
{
    customer_claims(300000);
    take_out("preliminary_review");
    applied(false, CALENDARS);
    expect_limit("preliminary_review", LIMIT_STATE_ARMED);
    handler_reviews(true, true, NULL);
    expect_limit("preliminary_review", LIMIT_STATE_MET);
    customer_claims(300000);
    expect_sound();
}

/* SL-6, ES-1: what the miss of a pinned limit leads to is said by its own rules, though today's have no such limit. */
Test(policy_story, SL_6_the_miss_of_a_limit_taken_out_is_answered_for)
{
    customer_claims(300000);
    take_out("evidence");
    json_t *ladder = json_object_get(pack, "ladder"), *rung;
    for (size_t i = json_array_size(ladder); i-- > 0;) {
        rung = json_array_get(ladder, i);
        if (strcmp(json_string_value(json_object_get(rung, "code")), "evidence") == 0) json_array_remove(ladder, i);
    }
    json_t *file = json_object_get(pack, "file");
    json_object_set_new(file, "visit_limit", json_string("investigation"));
    json_object_set_new(file, "codes", json_pack("[s]", "investigation"));
    applied(false, CALENDARS);
    advance_hours(24);
    expect_limit("evidence", LIMIT_STATE_MISSED);
    cr_assert_str_eq(((const struct ev_escalation_slip_issued *)last(EV_ESCALATION_SLIP_ISSUED))->code, "evidence");
    expect_owner("R-CN"); /* ES-2: as its ladder said */
    expect_sound();
}

/* SL-6, AP-8: the same for a limit that means something to a service: the customer's silence closes the offer. */
Test(policy_story, SL_6_a_limit_of_another_name_is_known_by_its_own_rules)
{
    customer_claims(300000);
    visit_done();
    handler_proposes(compensation(250000));
    manager_approves();
    expect_limit("customer_answer", LIMIT_STATE_ARMED);
    size_t at;
    json_object_set_new(limit_def("customer_answer", &at), "code", json_string("customer_silence"));
    json_object_set_new(json_object_get(pack, "negotiation"), "lapse_limit", json_string("customer_silence"));
    applied(false, CALENDARS);
    advance_days(16);
    expect_limit("customer_answer", LIMIT_STATE_MISSED);
    expect_events(EV_APPROVAL_LAPSED, 1);
    expect_sound();
}

Test(policy_story, SL_6_a_limit_taken_out_ends_where_deadlines_move)
{
    customer_claims(300000);
    take_out("preliminary_review");
    applied(true, CALENDARS);
    expect_limit("preliminary_review", LIMIT_STATE_CANCELLED);
    cr_assert_str_eq(((const struct ev_sla_cancelled *)last(EV_SLA_CANCELLED))->reason, "not_in_policy");
    expect_sound();
}

/* ES-1 ES-2: the pack says how often a unit is reminded before the next level takes over: here at the third slip. */
Test(policy_story, ES_2_the_regional_takes_over_after_as_many_slips_as_the_pack_says)
{
    size_t at;
    json_t *rung = json_array_get(json_object_get(pack, "ladder"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(rung, "code")), "evidence");
    json_object_set_new(rung, "misses", json_integer(3));
    json_object_set_new(limit_def("evidence", &at), "repeat",
                        json_pack("{s:{s:s, s:i}, s:i}", "length", "unit", "hours", "n", 6, "times", 5));
    applied(true, CALENDARS);
    customer_claims(300000);
    const char *outlet = owner()->org_id;
    advance_hours(25);
    cr_assert_not_null(slip_for("evidence"));
    expect_owner(outlet);
    advance_hours(6);
    cr_assert_str_eq(slip_for("evidence#again1")->to_org, outlet);
    expect_owner(outlet);
    advance_hours(6);
    cr_assert_not_null(slip_for("evidence#again2"));
    expect_owner("R-CN");
    expect_limit("evidence", LIMIT_STATE_ARMED);
    expect_limit("evidence#again3", LIMIT_STATE_CANCELLED);
    expect_sound();
}

/* A folder of calendars with the shipped one under a new version: another year is the last published, and one more line
 * of days. */
static const char *calendars_changed(int version, int last_published, const char *day)
{
    static char dir[64];
    char path[80], command[300];
    size_t i;
    json_t *cn = json_load_file(CALENDARS "/cn.json", 0, NULL), *year, *years = json_array();
    json_object_set_new(cn, "version", json_integer(version));
    json_array_foreach(json_object_get(cn, "published"), i, year)
    {
        if (json_integer_value(year) <= last_published) json_array_append(years, year);
    }
    json_object_set_new(cn, "published", years);
    snprintf(dir, sizeof dir, "/tmp/policy-calendar.XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/cn.json", dir);
    cr_assert_eq(json_dump_file(cn, path, 0), 0);
    json_decref(cn);
    snprintf(command, sizeof command, "(cat " CALENDARS "/cn.csv; echo %s) > %s/cn.csv", day, dir);
    cr_assert_eq(system(command), 0);
    return dir;
}

static void applied_calendars(const char *dir)
{
    char command[100];
    applied(true, dir);
    snprintf(command, sizeof command, "rm -r %s", dir);
    cr_assert_eq(system(command), 0);
}

/* SL-6, working-time rule 12: a calendar as it was before a day became a holiday, and after. */
Test(policy_story, SL_6_a_changed_calendar_moves_what_touches_it)
{
    customer_claims(300000); /* Monday */
    visit_done();
    expect_due("plan", "2026-03-04T10:00:00.000Z");
    applied_calendars(calendars_changed(2, 2026, "2026-03-03,holiday"));
    expect_due("plan", "2026-03-05T10:00:00.000Z");
    cr_assert_eq(limit_of("plan")->calendar_version, 2);
    expect_due("first_response", "2026-03-03T01:00:00.000Z"); /* hours do not ask the calendar */
    expect_sound();
}

/* SL-6, working-time rule 13: in a year not yet published a due is provisional; on publication it is counted anew,
 * and says that it is certain also where it stays as it was. */
Test(policy_story, SL_6_a_provisional_due_is_counted_anew_on_publication)
{
    applied_calendars(calendars_changed(2, 2025, ""));
    customer_claims(300000); /* Monday */
    visit_done();
    expect_due("plan", "2026-03-04T10:00:00.000Z");
    cr_assert(limit_of("plan")->provisional);
    cr_assert_not(limit_of("first_response")->provisional); /* hours are hours in any year */
    applied_calendars(calendars_changed(3, 2026, "2026-03-03,holiday"));
    cr_assert_not(limit_of("plan")->provisional);
    expect_due("plan", "2026-03-05T10:00:00.000Z");
    expect_sound();
}

Test(policy_story, SL_6_a_due_that_publication_confirms_is_told)
{
    applied_calendars(calendars_changed(2, 2025, ""));
    customer_claims(300000);
    cr_assert(limit_of("preliminary_review")->provisional);
    int64_t due = limit_of("preliminary_review")->due_ms;
    applied_calendars(calendars_changed(3, 2026, ""));
    const struct ev_sla_rescheduled *e = last(EV_SLA_RESCHEDULED);
    cr_assert_str_eq(e->limit->code, "preliminary_review");
    cr_assert(!e->limit->provisional && e->limit->due_ms == due && e->old_due_ms == due);
    expect_sound();
}

/* SL-6: two changes, the first moving, the second pinning: the deadline goes by the first. */
Test(policy_story, SL_6_pinned_after_moved)
{
    customer_claims(300000);
    visit_done();
    set_length("first_response", 48);
    applied(true, CALENDARS);
    set_length("first_response", 72);
    applied(false, CALENDARS);
    expect_due("first_response", "2026-03-04T01:00:00.000Z");
    set_length("first_response", 96);
    applied(true, CALENDARS);
    expect_due("first_response", "2026-03-06T01:00:00.000Z");
    cr_assert_eq(limit_of("first_response")->ver, 3);
    expect_sound();
}
