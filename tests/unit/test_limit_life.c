/* The life of a limit in the SLA core, beyond what test_sla.c tells: any number of pauses (SL-2), calendars by region
 * with their own zones (SL-1), and a warning that is told once however often the limit is moved (SL-3). */
#include "calendar/load.h"
#include "golden_kit.h"
#include "sla_kit.h"

static struct kit k;
static void set_up(void) { k = kit_open(&sla_core); }
static void tear_down(void) { kit_close(&k); }
TestSuite(limit_life, .init = set_up, .fini = tear_down);

static const struct limit *limit(const char *code) { return kit_limit(&k, code); }

static void registered(const char *kind, const char *region, const char *when)
{
    char data[600];
    snprintf(data, sizeof data,
             "{'brief':{'case_no':'RF2026-03-000017','kind':'%s','category':'workmanship','phase':'construction',"
             "'severity':'normal','channel':'web','customer':{},'consent':false,'direct':false,'history':false,"
             "'region':'%s','received_ms':%lld},'materials':'complete','matter':'m'}",
             kind, region, (long long)kit_ms(when));
    kit_feed(&k, "intake.registered", when, data);
    kit_check_encodable(&k);
}

static const char *fire(const char *code, bool warning)
{
    char data[200];
    const struct limit *l = limit(code);
    int64_t at = warning ? l->warn_ms : l->due_ms;
    snprintf(data, sizeof data, "{'code':'%s','ver':%lld,'warning':%s,'due_ms':%lld}", code, (long long)l->ver,
             warning ? "true" : "false", (long long)at);
    kit_feed_at(&k, "sla.timer_fired", data, at, at);
    kit_check_encodable(&k);
    return kit_said(&k);
}

/* ---- reminded again ---- */

/* ES-1: the shipped pack reminds of the first response every 24 hours, three times more. */
Test(limit_life, ES_1_a_missed_limit_is_reminded_again_until_the_times_are_used_up)
{
    registered("complaint", "CN-A1", "2026-03-02 10:00");
    cr_assert_str_eq(fire("first_response", true), "sla.warned");
    cr_assert_str_eq(fire("first_response", false), "sla.breached sla.armed");
    cr_assert_eq(limit("first_response#again1")->due_ms, kit_ms("2026-03-04 10:00"));
    cr_assert_not(limit("first_response#again1")->has_warn_ms);
    cr_assert_str_eq(limit("first_response#again1")->start_id, limit("first_response")->start_id);
    cr_assert_str_eq(fire("first_response#again1", false), "sla.breached sla.armed");
    cr_assert_str_eq(fire("first_response#again2", false), "sla.breached sla.armed");
    cr_assert_eq(limit("first_response#again3")->due_ms, kit_ms("2026-03-06 10:00"));
    cr_assert_str_eq(fire("first_response#again3", false), "sla.breached");
    cr_assert_eq(((const struct sla_state *)k.state)->misses, 4);
    /* the answer ends all of them; none is a limit that was kept */
    kit_expect(&k, "intake.responded", "2026-03-06 12:00",
               "{'handler_id':'h','first':true,'at_ms':1772769600000,'channel':'c','result':'r'}",
               "sla.ended sla.ended sla.ended sla.ended");
}

static void liaison_issued(const char *slip_no)
{
    char data[200];
    snprintf(data, sizeof data, "{'slip_no':'%s','to_org':'O-E1','to_person':'m','codes':['evidence'],'reminders':1}",
             slip_no);
    kit_feed(&k, "escalation.liaison_issued", "2026-03-03 10:00", data);
}

/* ES-7: a limit with a key is one for each name: a stop and a cancellation mean theirs, and its repeats go with it. */
Test(limit_life, ES_7_each_slip_has_its_own_limit)
{
    registered("complaint", "CN-A1", "2026-03-02 10:00");
    liaison_issued("QH-1-1");
    liaison_issued("QH-1-11");
    liaison_issued("QH-1-2");
    fire("liaison_answer#QH-1-1", false);
    kit_feed(&k, "escalation.liaison_withdrawn", "2026-03-12 10:00", "{'slip_no':'QH-1-1','to_org':'O-E1'}");
    cr_assert_eq(limit("liaison_answer#QH-1-1#again1")->state, LIMIT_STATE_CANCELLED);
    cr_assert_eq(limit("liaison_answer#QH-1-11")->state, LIMIT_STATE_ARMED);
    kit_feed(&k, "escalation.liaison_answered", "2026-03-09 12:00",
             "{'slip_no':'QH-1-2','org_id':'O-E1','by':'m','cause':'ill'}");
    cr_assert_eq(limit("liaison_answer#QH-1-2")->state, LIMIT_STATE_MET);
    cr_assert_eq(limit("liaison_answer#QH-1-11")->state, LIMIT_STATE_ARMED);
}

/* ES-1 SL-3: what is answered, annulled or started anew reminds nobody. */
Test(limit_life, ES_1_a_repeat_goes_with_its_limit)
{
    registered("complaint", "CN-A1", "2026-03-02 10:00");
    fire("first_response", false);
    kit_feed_at(&k, "intake.responded",
                "{'handler_id':'h','first':true,'at_ms':1772502900000,'channel':'c','result':'r'}",
                kit_ms("2026-03-03 09:55"), kit_ms("2026-03-03 10:05"));
    cr_assert_str_eq(kit_said(&k), "sla.annulled sla.cancelled");
    cr_assert_eq(limit("first_response#again1")->state, LIMIT_STATE_CANCELLED);
    cr_assert_eq(((const struct sla_state *)k.state)->misses, 0);
    const char *slip =
        "{'slip_no':'S1','brief':" KIT_BRIEF("claim", ",'received_ms':1") ",'assignment':" KIT_ASSIGNMENT(
            "1", "O-E1", "outlet", "") ",'plan':{'measures':[],'amount_minor':0,'currency':'CNY'},'liability':'outlet',"
                                       "'must_pay':false,'must_execute':true}";
    kit_feed(&k, "approval.slip_approved", "2026-03-04 10:00", slip);
    fire("execution", false);
    cr_assert_eq(limit("execution#again1")->state, LIMIT_STATE_ARMED);
    kit_feed(&k, "approval.slip_approved", "2026-03-20 10:00", slip);
    cr_assert_eq(limit("execution#again1")->state, LIMIT_STATE_CANCELLED);
    cr_assert_eq(limit("execution")->state, LIMIT_STATE_ARMED);
}

/* ---- pauses ---- */

/* Two working days from Monday 10:00, waiting for material one minute of every working hour of a hundred: the due moves
 * by exactly those hundred minutes of working time, however many pauses they are. */
Test(limit_life, SL_2_paused_and_resumed_any_number_of_times)
{
    enum { PAUSES = 100, MINUTE = 60000 };
    registered("claim", "CN-A1", "2026-03-02 10:00");
    int64_t due = limit("preliminary_review")->due_ms, at = kit_ms("2026-03-02 14:00");
    cr_assert_eq(due, kit_ms("2026-03-04 18:00"));
    for (int i = 0; i < PAUSES; i++, at += 2 * MINUTE) {
        kit_feed_at(&k, "intake.materials_requested", NULL, at, at);
        cr_assert_eq(limit("preliminary_review")->state, LIMIT_STATE_PAUSED);
        kit_feed_at(&k, "intake.materials_completed", NULL, at + MINUTE, at + MINUTE);
        cr_assert_eq(limit("preliminary_review")->state, LIMIT_STATE_ARMED);
    }
    cr_assert_eq(limit("preliminary_review")->n_pauses, PAUSES);
    cr_assert_eq(limit("preliminary_review")->ver, PAUSES + 1);
    cr_assert_eq(limit("preliminary_review")->due_ms, kit_ms("2026-03-05 10:40")); /* 18:00 and 100 minutes of work */
    cr_assert_eq(limit("first_response")->due_ms, kit_ms("2026-03-03 10:00"));     /* IN-6: it never waits */
}

/* IN-8: received on Sunday night, written down on Tuesday, after the web form of Monday; the review was waiting for
 * material then. It goes on as one that began on Sunday and waited from Monday 10:00 to Tuesday 14:00. */
Test(limit_life, IN_8_a_paused_limit_that_began_earlier_is_counted_when_it_goes_on)
{
    char brief[600];
    registered("claim", "CN-A1", "2026-03-02 10:00");
    kit_expect(&k, "intake.materials_requested", "2026-03-02 10:00", NULL, "sla.paused sla.armed");
    snprintf(brief, sizeof brief, "{'brief':%s,'reason':'supplemented'}",
             KIT_BRIEF("claim", ",'region':'CN-A1','version':2,'received_ms':1772377200000")); /* Sunday 23:00 */
    kit_expect(&k, "intake.reclassified", "2026-03-03 11:00", brief, "sla.rescheduled");
    cr_assert_eq(limit("first_response")->due_ms, kit_ms("2026-03-02 23:00"));
    cr_assert_eq(limit("preliminary_review")->state, LIMIT_STATE_PAUSED);
    kit_expect(&k, "intake.materials_completed", "2026-03-03 14:00", NULL, "sla.resumed sla.met");
    cr_assert_eq(limit("preliminary_review")->n_pauses, 1);
    cr_assert_eq(limit("preliminary_review")->pauses[0].from_ms, kit_ms("2026-03-02 10:00"));
    /* Sunday and two working days: Tuesday 18:00; and the ten hours of work that it waited */
    cr_assert_eq(limit("preliminary_review")->due_ms, kit_ms("2026-03-05 11:30"));
}

/* SL-3: warned, then paused and resumed: the later due has no second warning; the miss comes once. */
Test(limit_life, SL_3_one_warning_over_pauses_then_the_miss_on_the_new_due)
{
    registered("claim", "CN-A1", "2026-03-02 10:00");
    cr_assert_str_eq(fire("preliminary_review", true), "sla.warned");
    const struct ev_sla_warned *w = kit_output(&k, EV_SLA_WARNED, 0);
    cr_assert_eq(w->late_ms, 0);
    kit_expect(&k, "intake.materials_requested", "2026-03-04 14:00", NULL, "sla.paused sla.armed");
    kit_expect(&k, "intake.materials_completed", "2026-03-05 14:00", NULL, "sla.resumed sla.met");
    cr_assert_not(limit("preliminary_review")->has_warn_ms);
    cr_assert_eq(limit("preliminary_review")->due_ms, kit_ms("2026-03-05 18:00"));
    cr_assert_str_eq(fire("preliminary_review", false), "sla.breached sla.armed");
    const struct ev_sla_breached *b = kit_output(&k, EV_SLA_BREACHED, 0);
    cr_assert(b->ver == 2 && b->due_ms == b->fired_ms && b->late_ms == 0);
    cr_assert_str_eq(fire("preliminary_review", false), "ignored");
}

/* A warning that fires late says by how much, as a miss does. */
Test(limit_life, SL_3_a_late_warning_says_how_late)
{
    registered("complaint", "CN-A1", "2026-03-02 10:00");
    const struct limit *l = limit("first_response");
    char data[200];
    snprintf(data, sizeof data, "{'code':'first_response','ver':1,'warning':true,'due_ms':%lld}",
             (long long)l->warn_ms);
    kit_feed_at(&k, "sla.timer_fired", data, l->warn_ms, l->warn_ms + 2500);
    cr_assert_str_eq(kit_said(&k), "sla.warned");
    cr_assert_eq(((const struct ev_sla_warned *)kit_output(&k, EV_SLA_WARNED, 0))->late_ms, 2500);
}

/* ---- calendars by region ---- */

/* The shipped policy, with New York's calendar (every day works, weekends by night) for the regions US-…. */
struct regions {
    struct policy policy;
    struct pol_pack pack;
    struct pol_territory_calendar row;
    const struct calendar *others[1];
};

static void with_new_york(struct regions *r)
{
    struct err e = ERR_INIT;
    r->policy = *k.policy;
    r->pack = *k.policy->pack;
    r->row = (struct pol_territory_calendar){.territory = "US-*", .calendar = "ny"};
    cr_assert(calendar_load(REDRESS_SOURCE_DIR "/tests/unit/calendar", "ny", &r->others[0], &e), "%s", e.message);
    r->pack.calendars = &r->row;
    r->pack.n_calendars = 1;
    r->policy.pack = &r->pack;
    r->policy.others = r->others;
    k.policy = &r->policy;
}

static void without(struct regions *r, const struct policy *shipped)
{
    k.policy = shipped;
    calendar_unload(r->others[0]);
}

/* Received on Friday 2026-03-06 at noon in New York, whose clocks go forward in the night to Sunday: the second working
 * day is that Sunday, whose office closes at 05:00 summer time. */
Test(limit_life, SL_1_a_case_goes_by_the_calendar_of_its_region)
{
    struct regions r;
    const struct policy *shipped = k.policy;
    with_new_york(&r);
    registered("claim", "US-NY", "2026-03-07 01:00"); /* in Shanghai */
    cr_assert_eq(limit("preliminary_review")->due_ms, kit_ms("2026-03-08 17:00"));
    cr_assert_str_eq(limit("preliminary_review")->calendar, "ny");
    cr_assert_eq(limit("preliminary_review")->calendar_version, 3);
    cr_assert_eq(limit("first_response")->due_ms, kit_ms("2026-03-08 01:00")); /* hours are hours everywhere */
    k.state = NULL;
    registered("claim", "CN-A1", "2026-03-07 01:00");
    cr_assert_eq(limit("preliminary_review")->due_ms, kit_ms("2026-03-10 18:00"));
    cr_assert_str_eq(limit("preliminary_review")->calendar, "cn");
    without(&r, shipped);
}

/* A limit that another service started before the registration was read is counted anew by the case's calendar. */
Test(limit_life, SL_1_a_limit_from_before_the_region_was_known_moves)
{
    struct regions r;
    const struct policy *shipped = k.policy;
    with_new_york(&r);
    kit_expect(&k, "approval.planning_started", "2026-03-07 01:00", NULL, "sla.armed");
    cr_assert_eq(limit("plan")->due_ms, kit_ms("2026-03-10 18:00"));
    registered("complaint", "US-NY", "2026-03-07 01:00");
    cr_assert_str_eq(kit_said(&k), "sla.rescheduled sla.armed");
    cr_assert_eq(limit("plan")->due_ms, kit_ms("2026-03-08 17:00"));
    cr_assert_eq(limit("plan")->ver, 2);
    without(&r, shipped);
}
