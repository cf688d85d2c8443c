/* The ceiling on what head office lets leave on a day (PA-1), over cases that know nothing of each other. */
#include <criterion/criterion.h>
#include <string.h>

#include "day_ceiling.h"
#include "story.h"

static struct day_ceiling with;

/* 500 yuan a day. */
static void begin(void)
{
    static const struct pol_amount ceiling = {"CNY", 50000};
    story_begin();
    story_policy(day_ceiling(&with, story_default_policy(), &ceiling, 1));
}

TestSuite(story, .init = begin, .fini = story_end, .timeout = 60);

/* A case that only waits for its customer's word; the fault is the company's own, so head office pays (PA-8). */
static int64_t offered(const char *phone, int64_t fen)
{
    struct visit_record *record = arena_alloc(&story_world->arena, sizeof *record);
    struct finding *finding = arena_alloc(&story_world->arena, sizeof *finding);
    struct customer *who = arena_alloc(&story_world->arena, sizeof *who);
    struct ev_inbound_complaint *f = form();
    *who = *f->customer;
    who->phone = phone;
    f->customer = who;
    f->contract_no = arena_printf(&story_world->arena, "RC-%s", phone);
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = fen;
    f->currency = "CNY";
    int64_t id = arrives("/channels/web", f);
    *record = full_record();
    *finding = the_finding(CAUSE_DESIGN, LIABILITY_COMPANY);
    visitor_submits(record, finding, compensation(fen));
    return id;
}

/* Both customers answer before anybody has read either answer. */
static void accept_at_once(int64_t one, int64_t other)
{
    static const struct actor customer = {.id = "customer", .role = ROLE_CUSTOMER};
    static const struct ev_command_accept accept = {.actor = &customer};
    world_command(story_world, EV_COMMAND_ACCEPT, &accept, one);
    world_command(story_world, EV_COMMAND_ACCEPT, &accept, other);
    world_drain(story_world);
}

static int settled(int64_t case_id)
{
    turn_to(case_id);
    return count(EV_PAYMENT_SETTLED);
}

/* Of two who ask for the same room one gets it; the other's payout waits for a person's word, and is paid by it. */
Test(story, PA_1_two_at_once_and_room_for_one)
{
    int64_t one = offered("13800138001", 30000), other = offered("13800138002", 30000);
    accept_at_once(one, other);
    advance_hours(1);
    cr_assert_eq(settled(one) + settled(other), 1);
    turn_to(settled(one) == 0 ? one : other);
    expect_status(PAYMENT, "day_held");
    cr_assert_str_eq(((const struct ev_payment_held *)last(EV_PAYMENT_HELD))->reason, "day_ceiling");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    general_manager_releases();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_events(EV_PAYMENT_SPENDING_ASKED, 2);
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

/* Both fit to the fen; the next date has room again. */
Test(story, PA_1_the_days_ceiling_is_filled_to_the_fen)
{
    int64_t one = offered("13800138001", 30000), other = offered("13800138002", 20000);
    int64_t third = offered("13800138003", 100), fourth = offered("13800138004", 45000);
    accept_at_once(one, other);
    advance_hours(1);
    cr_assert_eq(settled(one) + settled(other), 2);
    turn_to(third);
    customer_accepts();
    expect_status(PAYMENT, "day_held");
    advance_days(1);
    turn_to(fourth);
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    turn_to(third);
    expect_status(PAYMENT, "day_held");
    expect_sound();
}

/* What the bank refuses stays counted, and is paid again without asking. */
Test(story, PA_1_PA_3_a_refused_payout_keeps_its_room)
{
    int64_t one = offered("13800138001", 30000), other = offered("13800138002", 30000);
    turn_to(one);
    story_world->bank_next = BANK_OUTCOME_REFUSED;
    customer_accepts();
    advance_hours(1);
    expect_status(PAYMENT, "failed");
    story_world->bank_next = BANK_OUTCOME_SETTLED;
    turn_to(other);
    customer_accepts();
    expect_status(PAYMENT, "day_held");
    turn_to(one);
    finance_retries("6222-9");
    manager_decides_payee(true);
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_events(EV_PAYMENT_SPENDING_ASKED, 1);
    expect_sound();
}
