/* People who are away: their deputies decide, sign and get the slips, visibly (ES-1, ES-6, AP-6, RO-1). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(deputy_story, .init = story_begin, .fini = story_end);

static struct pol_person *person_of(struct pol_unit *unit, const char *id)
{
    struct pol_person *people = ARENA_ARRAY(&story_world->arena, struct pol_person, unit->n_people);
    memcpy(people, unit->people, sizeof *people * (size_t)unit->n_people);
    unit->people = people;
    for (int i = 0; i < unit->n_people; i++) {
        if (strcmp(people[i].id, id) == 0) return &people[i];
    }
    return NULL;
}

struct absence {
    const char *id, *from, *until, *deputy; /* until NULL: until further notice; deputy NULL: nobody acts for them */
};

static void is_away(const struct absence *a)
{
    const struct policy *now = story_world->policy;
    struct pol_unit *units = ARENA_ARRAY(&story_world->arena, struct pol_unit, now->org->n_units);
    memcpy(units, now->org->units, sizeof *units * (size_t)now->org->n_units);
    struct pol_organisation *organisation = ARENA_NEW(&story_world->arena, struct pol_organisation);
    struct policy *changed = ARENA_NEW(&story_world->arena, struct policy);
    *organisation = *now->org;
    organisation->units = units;
    *changed = *now;
    changed->org = organisation;
    for (int i = 0; i < organisation->n_units; i++) {
        if (strcmp(units[i].id, "O-CN1") != 0) continue;
        struct pol_person *away = person_of(&units[i], a->id);
        away->absent_from = a->from;
        away->absent_until = a->until;
        away->deputy = a->deputy;
    }
    story_policy(changed);
}

/* From the beginning of the story on the person of O-CN1 is away. */
static void goes_away(const char *id, const char *deputy)
{
    is_away(&(struct absence){.id = id, .from = "2026-03-02", .deputy = deputy});
}

static const struct ev_escalation_slip_issued *slip(void) { return last(EV_ESCALATION_SLIP_ISSUED); }

/* AP-4 AP-6: the manager is away: the deputy signs in their role, but not their own plan. */
Test(deputy_story, AP_6_a_deputy_signs_but_not_their_own_plan)
{
    customer_claims(120000);
    visit_done();
    const char *handler = owner()->handler_id;
    const char *other = strcmp(handler, "O-CN1-H1") == 0 ? "O-CN1-H2" : "O-CN1-H1";
    goes_away("O-CN1-M", handler);
    handler_proposes(compensation(100000));
    approves(handler, ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-6", "own_plan");
    approves(other, ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-4", "not_the_approver");
    goes_away("O-CN1-M", other);
    approves(other, ROLE_OUTLET_MANAGER, "O-CN1");
    expect_event(EV_APPROVAL_GRANTED);
    expect_sound();
}

/* IN-8: the deputy of the named handler speaks with the customer; somebody else of the unit does not. */
Test(deputy_story, IN_8_the_deputy_of_the_named_handler_responds)
{
    customer_claims(120000);
    goes_away(owner()->handler_id, "O-CN1-V1");
    calls("O-CN1-M", ROLE_HANDLER, "O-CN1", story_world->now_ms);
    expect_refused("IN-8", "not_the_named_handler");
    calls("O-CN1-V1", ROLE_HANDLER, "O-CN1", story_world->now_ms);
    expect_event(EV_INTAKE_RESPONDED);
    expect_sound();
}

/* ES-1: the named handler is away: the slip goes to the deputy and says for whom. */
Test(deputy_story, ES_1_a_slip_goes_to_the_deputy_visibly)
{
    customer_claims(120000);
    visit_done();
    const char *handler = owner()->handler_id;
    goes_away(handler, "O-CN1-V1");
    advance_hours(25);
    cr_assert_str_eq(slip()->code, "first_response");
    cr_assert_str_eq(slip()->to_person, "O-CN1-V1");
    cr_assert_str_eq(slip()->instead_of, handler);
    expect_sound();
}

/* ES-6: new cases go to those who are there, and a slip for one nobody acts for to another in that role. */
Test(deputy_story, ES_6_who_is_away_gets_nothing)
{
    goes_away("O-CN1-H1", NULL);
    for (int i = 0; i < 4; i++) {
        struct ev_inbound_complaint *f = form();
        f->contract_no = arena_printf(&story_world->arena, "RC-DEPUTY-%d", i);
        arrives("/channels/phone", f);
        cr_assert_str_eq(owner()->handler_id, "O-CN1-H2");
    }
    goes_away("O-CN1-H2", NULL);
    advance_hours(25);
    cr_assert_str_neq(slip()->to_person, "O-CN1-H1");
    cr_assert_str_neq(slip()->to_person, "O-CN1-H2");
    expect_sound();
}

/* RO-1: the deputy acts from the first date to the last, by the calendar's date and not by UTC's: not a minute before,
 * and not after. A command counts by when it was accepted. */
Test(deputy_story, RO_1_a_deputy_acts_on_the_dates_of_the_absence)
{
    customer_claims(120000); /* Monday 2026-03-02 09:00 */
    visit_done();
    const char *handler = owner()->handler_id;
    const char *other = strcmp(handler, "O-CN1-H1") == 0 ? "O-CN1-H2" : "O-CN1-H1";
    is_away(&(struct absence){"O-CN1-M", "2026-03-03", "2026-03-03", other});
    handler_proposes(compensation(100000));
    advance_hours(14); /* 23:00 */
    approves(other, ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-4", "not_the_approver");
    advance_hours(2); /* Tuesday 01:00, still Monday in UTC */
    approves(other, ROLE_OUTLET_MANAGER, "O-CN1");
    expect_event(EV_APPROVAL_GRANTED);
    customer_objects();
    handler_proposes(compensation(90000));
    advance_hours(24); /* Wednesday 01:00 */
    approves(other, ROLE_OUTLET_MANAGER, "O-CN1");
    expect_refused("AP-4", "not_the_approver");
    approves("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1");
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ES-1: back again, the named handler gets the slips themselves. */
Test(deputy_story, ES_1_after_the_absence_slips_go_to_the_one_named)
{
    customer_claims(120000);
    visit_done();
    const char *handler = owner()->handler_id;
    is_away(&(struct absence){handler, "2026-03-02", "2026-03-02", "O-CN1-V1"});
    advance_hours(25); /* Tuesday 10:00 */
    cr_assert_str_eq(slip()->to_person, handler);
    cr_assert_null(slip()->instead_of);
    expect_sound();
}
