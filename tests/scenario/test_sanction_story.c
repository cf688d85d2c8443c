/* What a sanctioned unit is told, by whose approval, and its appeal (ES-4, RV-5). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(sanction_story, .init = story_begin, .fini = story_end);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct ev_escalation_sanction_recorded *sanction(void) { return last(EV_ESCALATION_SANCTION_RECORDED); }
static const struct ev_escalation_penalty_notice_issued *notice(void)
{
    return last(EV_ESCALATION_PENALTY_NOTICE_ISSUED);
}

static const struct actor *general_manager(void) { return somebody("HO-GM", ROLE_GENERAL_MANAGER, "HO"); }
static const struct actor *outlet(void) { return somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"); }

static const char *limit_name(const char *code)
{
    return arena_printf(&story_world->arena, "%s#%s", code, sanction()->sanction_no);
}

/* Head office demands the file of O-CN1, which does not hand it over, or half of it. */
static void file_is(bool missing)
{
    customer_claims(80000);
    handler_calls();
    advance_hours(50);
    expect_owner("HO");
    expect_event(EV_ESCALATION_FILE_DEMANDED);
    if (missing) {
        advance_hours(25);
    } else {
        struct visit_record *r = NEW(struct visit_record);
        *r = full_record();
        r->n_photos = 0;
        file_handed_over(r, NULL);
    }
    cr_assert_str_eq(sanction()->org_id, "O-CN1");
}

static void decides(const struct actor *who, bool uphold)
{
    struct ev_command_decide_sanction *c = NEW(struct ev_command_decide_sanction);
    *c = (struct ev_command_decide_sanction){
        .actor = who, .sanction_no = sanction()->sanction_no, .uphold = uphold, .reason = "by the file"};
    sends(EV_COMMAND_DECIDE_SANCTION, c);
}

static struct ev_command_appeal_sanction *appeal(const struct actor *who)
{
    struct ev_command_appeal_sanction *c = NEW(struct ev_command_appeal_sanction);
    *c = (struct ev_command_appeal_sanction){
        .actor = who, .sanction_no = sanction()->sanction_no, .reason = "the customer kept the door shut"};
    return c;
}

static void appeals(const struct actor *who) { sends(EV_COMMAND_APPEAL_SANCTION, appeal(who)); }

/* RV-5: the policy asks nobody for a warning: the notice goes out at once, with its copies; nobody appeals, it is
 * final. */
Test(sanction_story, RV_5_a_warning_is_noticed_at_once)
{
    file_is(false);
    cr_assert_eq(sanction()->sanction, SANCTION_KIND_WARNING);
    cr_assert_not(sanction()->to_be_approved);
    cr_assert_str_eq(notice()->to_person, "O-CN1-M");
    cr_assert_null(notice()->approved_by);
    cr_assert_eq(notice()->n_copies, 2);
    cr_assert_str_eq(notice()->copies[0].department, "accounting");
    cr_assert_str_eq(notice()->copies[0].person_id, "HO-A1");
    cr_assert_not(notice()->copies[0].publishes);
    decides(general_manager(), false);
    expect_refused("RV-5", "nothing_to_decide");
    advance_days(13); /* ten days end on a Saturday, so on Monday */
    const struct ev_escalation_sanction_upheld *final = last(EV_ESCALATION_SANCTION_UPHELD);
    cr_assert_not(final->appealed);
    appeals(outlet());
    expect_refused("RV-5", "not_to_be_appealed");
    expect_sound();
}

/* RV-5: a fine is the general manager's to approve, in a limit; only then is the unit told. */
Test(sanction_story, RV_5_a_fine_needs_the_general_manager)
{
    file_is(true);
    cr_assert_eq(sanction()->sanction, SANCTION_KIND_DEPOSIT_FINE);
    cr_assert(sanction()->to_be_approved);
    expect_no_event(EV_ESCALATION_PENALTY_NOTICE_ISSUED);
    expect_limit(limit_name("sanction_decision"), LIMIT_STATE_ARMED);
    appeals(outlet());
    expect_refused("RV-5", "not_to_be_appealed");
    decides(somebody("HO-M1", ROLE_HO_SERVICE_MANAGER, "HO"), true);
    expect_refused("RV-5", "not_the_approver");
    decides(general_manager(), true);
    cr_assert_str_eq(notice()->approved_by, "HO-GM");
    cr_assert_eq(notice()->fine_minor, 100000);
    expect_limit(limit_name("sanction_decision"), LIMIT_STATE_MET);
    expect_limit(limit_name("sanction_appeal"), LIMIT_STATE_ARMED);
    expect_sound();
}

/* RV-5: not approved: it is taken back, and the unit is told nothing. */
Test(sanction_story, RV_5_what_is_not_approved_is_taken_back)
{
    file_is(true);
    decides(general_manager(), false);
    const struct ev_escalation_sanction_withdrawn *back = last(EV_ESCALATION_SANCTION_WITHDRAWN);
    cr_assert_str_eq(back->by, "HO-GM");
    expect_no_event(EV_ESCALATION_PENALTY_NOTICE_ISSUED);
    expect_limit(limit_name("sanction_decision"), LIMIT_STATE_CANCELLED);
    expect_sound();
}

/* RV-5 ES-1: the general manager is silent: reminded. */
Test(sanction_story, RV_5_a_silent_approver_is_reminded)
{
    file_is(true);
    advance_days(8);
    cr_assert_str_eq(slip_for(limit_name("sanction_decision"))->to_person, "HO-GM");
    expect_no_event(EV_ESCALATION_PENALTY_NOTICE_ISSUED);
    expect_sound();
}

/* RV-5: the unit appeals, once; the approver takes it back or lets it stand. */
Test(sanction_story, RV_5_an_appeal_is_decided)
{
    file_is(false);
    appeals(somebody("R-CN-M", ROLE_REGIONAL_MANAGER, "R-CN"));
    expect_refused("RV-5", "not_your_sanction");
    appeals(outlet());
    expect_limit(limit_name("sanction_appeal"), LIMIT_STATE_MET);
    expect_limit(limit_name("sanction_decision"), LIMIT_STATE_ARMED);
    decides(general_manager(), true);
    const struct ev_escalation_sanction_upheld *final = last(EV_ESCALATION_SANCTION_UPHELD);
    cr_assert(final->appealed);
    expect_limit(limit_name("sanction_decision"), LIMIT_STATE_MET);
    appeals(outlet());
    expect_refused("RV-5", "not_to_be_appealed");
    expect_events(EV_ESCALATION_PENALTY_NOTICE_ISSUED, 1);
    expect_sound();
}

Test(sanction_story, RV_5_an_appeal_that_is_heard_takes_it_back)
{
    file_is(false);
    appeals(outlet());
    decides(general_manager(), false);
    expect_event(EV_ESCALATION_SANCTION_WITHDRAWN);
    expect_no_event(EV_ESCALATION_SANCTION_UPHELD);
    expect_sound();
}

/* RV-5: all of it goes on after the case. */
Test(sanction_story, RV_5_the_end_of_the_case_ends_no_appeal)
{
    file_is(false);
    customer_withdraws();
    expect_status(INTAKE, "withdrawn");
    expect_limit(limit_name("sanction_appeal"), LIMIT_STATE_ARMED);
    appeals(outlet());
    expect_event(EV_ESCALATION_SANCTION_APPEALED);
    decides(general_manager(), true);
    expect_event(EV_ESCALATION_SANCTION_UPHELD);
    expect_sound();
}

/* SL-3 RV-5: an appeal accepted in time and read after the miss counts. */
Test(sanction_story, RV_5_an_appeal_in_time_read_late)
{
    file_is(false);
    int64_t in_time = story_world->now_ms + 3600 * 1000;
    advance_days(13); /* ten days end on a Saturday, so on Monday */
    expect_event(EV_ESCALATION_SANCTION_UPHELD);
    world_command_at(story_world, EV_COMMAND_APPEAL_SANCTION, appeal(outlet()), the_case(), in_time);
    world_drain(story_world);
    expect_event(EV_ESCALATION_SANCTION_APPEALED);
    expect_limit(limit_name("sanction_appeal"), LIMIT_STATE_ANNULLED);
    decides(general_manager(), false);
    expect_event(EV_ESCALATION_SANCTION_WITHDRAWN);
    expect_sound();
}
