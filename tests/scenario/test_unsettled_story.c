/* What those below could not settle: rounds without agreement, an appeal, a signature nobody gives, a special case. At
 * head office the table decides all of these but the last, which is a person's (ES-5, ES-9, AP-8 to AP-10). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(unsettled_story, .init = story_begin, .fini = story_end);

static const struct finding *found(enum cause cause, enum liability liability, bool shown, int64_t loss)
{
    static struct finding f;
    f = the_finding(cause, liability);
    f.shown = shown;
    f.has_loss_minor = loss > 0;
    f.loss_minor = loss;
    f.currency = loss > 0 ? "CNY" : NULL;
    return &f;
}

static void surveyed(const struct finding *f)
{
    static struct visit_record r;
    r = full_record();
    visitor_submits(&r, f, NULL);
}

static const struct finding *our_work(int64_t loss) { return found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, false, loss); }
static const struct finding *their_use(int64_t loss) { return found(CAUSE_MISUSE, LIABILITY_CUSTOMER, true, loss); }

static const struct plan *with_goodwill(int64_t fen, int64_t goodwill)
{
    static struct plan p;
    p = *compensation(fen);
    p.has_goodwill_minor = true;
    p.goodwill_minor = goodwill;
    return &p;
}

/* Of an outlet that head office leads itself: what climbs is head office's at once. */
static void single_outlet_has(enum kind kind, int64_t fen)
{
    struct ev_inbound_complaint *f = form();
    f->kind = kind;
    f->contract_no = NULL;
    f->region = "ZZZ";
    f->has_claimed_minor = fen > 0;
    f->claimed_minor = fen;
    arrives("/channels/phone", f);
}

static void offered(const struct plan *p)
{
    handler_proposes(p);
    if (strcmp(world_status(story_world, the_case(), APPROVAL), "awaiting_approval") == 0) manager_approves();
    expect_status(APPROVAL, "offered");
}

/* The policy's rounds. */
static void refused_twice(const struct plan *p)
{
    for (int i = 0; i < 2; i++) {
        offered(p);
        customer_objects();
    }
}

static const struct ev_escalation_liability_routed *routed(void) { return last(EV_ESCALATION_LIABILITY_ROUTED); }
static const struct ev_escalation_taken_over *takeover(void) { return last(EV_ESCALATION_TAKEN_OVER); }
static const struct ev_approval_decided_by_rule *ruled(void) { return last(EV_APPROVAL_DECIDED_BY_RULE); }
static const struct ev_approval_plan_proposed *proposed(void) { return last(EV_APPROVAL_PLAN_PROPOSED); }

/* ---- no agreement after the rounds ---- */

/* ES-5 AP-8: the regional's people try again; at head office the table decides on the finding that is known, and
 * nobody is asked for a file or a signature. Head office pays first and recovers it (PA-6). */
Test(unsettled_story, ES_5_AP_8_a_deadlock_is_decided_by_the_table)
{
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_DEPOSIT, 50000);
    customer_claims(80000);
    surveyed(our_work(70000));
    refused_twice(compensation(70000));
    expect_owner("R-CN");
    expect_no_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_status(APPROVAL, "planning");
    refused_twice(compensation(70000));
    expect_owner("HO");
    cr_assert_str_eq(takeover()->cause, "deadlock");
    expect_no_event(EV_ESCALATION_FILE_DEMANDED);
    cr_assert_str_eq(routed()->row, "workmanship");
    cr_assert_str_eq(routed()->liable_org, "O-CN1");
    cr_assert_str_eq(ruled()->row, "workmanship");
    cr_assert_eq(ruled()->amount_minor, 70000);
    expect_status(APPROVAL, "offered");
    expect_limit("plan", LIMIT_STATE_CANCELLED);
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    turn_to(world_account(story_world, "outlet:O-CN1"));
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->deposit_minor, 50000);
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->receivable_minor, 20000);
    expect_sound();
}

/* ES-5: what a level below had offered is not taken back by a rule that gives less. */
Test(unsettled_story, ES_5_what_was_offered_is_not_taken_back)
{
    single_outlet_has(KIND_CLAIM, 80000);
    surveyed(our_work(50000));
    refused_twice(with_goodwill(60000, 10000));
    expect_owner("HO");
    cr_assert_eq(ruled()->amount_minor, 60000);
    cr_assert_str_eq(proposed()->proposer_id, "rule:workmanship");
    customer_accepts();
    advance_hours(1);
    expect_event(EV_PAYMENT_SETTLED);
    expect_sound();
}

/* ES-5: and a rule that gives more gives more. */
Test(unsettled_story, ES_5_less_than_the_loss_is_made_up)
{
    single_outlet_has(KIND_CLAIM, 80000);
    surveyed(our_work(0));
    refused_twice(compensation(30000));
    cr_assert_eq(ruled()->amount_minor, 80000);
    expect_sound();
}

/* ES-5 AP-2: nothing is owed, and what was offered as goodwill within the standard stays. */
Test(unsettled_story, ES_5_AP_2_goodwill_that_was_offered_stays)
{
    single_outlet_has(KIND_CLAIM, 80000);
    surveyed(their_use(80000));
    refused_twice(with_goodwill(16000, 16000));
    cr_assert_eq(routed()->liability, LIABILITY_CUSTOMER);
    cr_assert_eq(ruled()->amount_minor, 16000);
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ES-9 AP-8: against the rule's plan people negotiate, and above head office is its general manager. */
Test(unsettled_story, ES_9_who_does_not_agree_with_head_office_is_for_people)
{
    single_outlet_has(KIND_CLAIM, 20000);
    surveyed(our_work(0));
    refused_twice(compensation(10000));
    expect_status(APPROVAL, "offered");
    customer_objects();
    expect_status(APPROVAL, "planning");
    offered(compensation(20000));
    customer_objects();
    expect_owner("HO");
    cr_assert_str_eq(slip_for("deadlock")->to_person, "HO-GM");
    expect_events(EV_ESCALATION_LIABILITY_ROUTED, 1);
    offered(with_goodwill(22000, 2000));
    customer_accepts();
    expect_sound();
}

/* ---- an appeal ---- */

/* ES-5 AP-9: a refused complaint is put right by the table where the fault is ours. */
Test(unsettled_story, ES_5_AP_9_an_appeal_is_decided_by_the_table)
{
    single_outlet_has(KIND_COMPLAINT, 0);
    surveyed(our_work(0));
    handler_proposes(rejection("the joints are as ordered"));
    expect_status(APPROVAL, "rejected");
    advance_days(3);
    customer_objects();
    expect_owner("HO");
    cr_assert_str_eq(takeover()->cause, "appeal");
    cr_assert_str_eq(ruled()->row, "workmanship");
    cr_assert_eq(proposed()->plan->measures[0].kind, MEASURE_KIND_REWORK);
    expect_status(INTAKE, "open");
    customer_accepts();
    expect_sound();
}

/* ES-5 AP-9: what the table finds as the outlet did stays rejected, and above head office are the forums (ES-8). */
Test(unsettled_story, ES_5_AP_9_a_rejection_that_the_table_confirms)
{
    single_outlet_has(KIND_COMPLAINT, 0);
    surveyed(their_use(0));
    handler_proposes(rejection("cleaned with acid against the manual"));
    customer_objects();
    expect_events(EV_APPROVAL_REJECTED, 2);
    cr_assert_eq(((const struct ev_approval_rejected *)last(EV_APPROVAL_REJECTED))->n_routes, 3);
    customer_objects();
    expect_refused("AP-9", "no_level_above");
    expect_sound();
}

/* SL-3: the same for an appeal that was in time, read after its period's miss closed the case. */
Test(unsettled_story, ES_5_SL_3_an_appeal_in_time_read_late)
{
    single_outlet_has(KIND_COMPLAINT, 0);
    surveyed(our_work(0));
    handler_proposes(rejection("the joints are as ordered"));
    int64_t due = limit_of("appeal")->due_ms;
    advance_to(due + 5000);
    expect_status(INTAKE, "closed");
    customer_objects_at(due - 1);
    expect_status(INTAKE, "open");
    expect_owner("HO");
    cr_assert_str_eq(ruled()->row, "workmanship");
    expect_status(APPROVAL, "offered");
    expect_limit("customer_answer", LIMIT_STATE_ARMED);
    expect_status(ESCALATION, "watching");
    expect_sound();
}

/* ---- a signature nobody gives ---- */

/* ES-5 AP-10 AP-6: no level has signed the plan; head office's table finds the outlet liable, and a plan that gives as
 * much as its row does is signed by the rule. */
Test(unsettled_story, ES_5_AP_10_a_signature_nobody_gives_is_given_by_the_rule)
{
    finance_receives("outlet:O-CN1", RECEIPT_PURPOSE_DEPOSIT, 90000);
    customer_claims(80000);
    surveyed(our_work(80000));
    handler_proposes(with_goodwill(90000, 10000));
    expect_events(EV_APPROVAL_REQUESTED, 1);
    advance_days(2);
    expect_owner("R-CN");
    expect_events(EV_APPROVAL_REQUESTED, 2);
    advance_days(2);
    expect_owner("HO");
    expect_events(EV_APPROVAL_REQUESTED, 2);
    expect_events(EV_APPROVAL_PLAN_PROPOSED, 1);
    expect_events(EV_EVIDENCE_VISIT_ORDERED, 1);
    cr_assert_eq(ruled()->amount_minor, 90000);
    cr_assert_str_eq(((const struct ev_approval_offered *)last(EV_APPROVAL_OFFERED))->plan->currency, "CNY");
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    turn_to(world_account(story_world, "outlet:O-CN1"));
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->deposit_minor, 90000);
    expect_sound();
}

/* ES-5: a plan that gives less than what the table decides gives way to the row's. */
Test(unsettled_story, ES_5_an_unsigned_plan_that_gives_less_gives_way)
{
    customer_claims(80000);
    surveyed(our_work(0));
    handler_proposes(compensation(60000));
    advance_days(4);
    expect_owner("HO");
    expect_events(EV_APPROVAL_PLAN_PROPOSED, 2);
    cr_assert_str_eq(proposed()->proposer_id, "rule:workmanship");
    cr_assert_eq(ruled()->amount_minor, 80000);
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ES-5: a rejection nobody has signed is none: the table decides whose fault it is. */
Test(unsettled_story, ES_5_an_unsigned_rejection_gives_way)
{
    customer_claims(80000);
    surveyed(our_work(0));
    handler_proposes(rejection("worn by use"));
    expect_status(APPROVAL, "awaiting_approval");
    advance_days(4);
    expect_owner("HO");
    cr_assert_eq(ruled()->amount_minor, 80000);
    expect_sound();
}

/* ES-5: where the table asks, and above the amount it may decide, head office's approver signs the plan that waits. */
Test(unsettled_story, ES_5_a_row_that_asks_leaves_the_signature_to_people)
{
    customer_claims(80000);
    surveyed(found(CAUSE_UNKNOWN, LIABILITY_NONE, true, 80000));
    handler_proposes(with_goodwill(16000, 16000));
    advance_days(3);
    expect_owner("HO");
    cr_assert_eq(routed()->settle, SETTLE_ASK);
    expect_no_event(EV_APPROVAL_DECIDED_BY_RULE);
    expect_status(APPROVAL, "awaiting_approval");
    expect_limit("approval", LIMIT_STATE_ARMED);
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* ---- who decides is policy ---- */

static void decided_by(enum climb_cause cause, enum climb_by by)
{
    const struct policy *now = story_world->policy;
    const struct pol_liability_table *table = now->pack->liability;
    struct pol_climb_rule *climbs = ARENA_ARRAY(&story_world->arena, struct pol_climb_rule, table->n_climbs);
    struct pol_liability_table *changed = ARENA_NEW(&story_world->arena, struct pol_liability_table);
    struct pol_pack *pack = ARENA_NEW(&story_world->arena, struct pol_pack);
    struct policy *p = ARENA_NEW(&story_world->arena, struct policy);
    for (int i = 0; i < table->n_climbs; i++) {
        climbs[i] = table->climbs[i];
        if (climbs[i].cause == cause) climbs[i].by = by;
    }
    *changed = *table;
    changed->climbs = climbs;
    *pack = *now->pack;
    pack->liability = changed;
    *p = *now;
    p->pack = pack;
    story_policy(p);
}

/* ES-9: where the policy asks a person, nothing is decided before they plan. */
Test(unsettled_story, ES_9_the_policy_may_leave_a_deadlock_to_people)
{
    decided_by(CLIMB_CAUSE_DEADLOCK, CLIMB_BY_PEOPLE);
    single_outlet_has(KIND_CLAIM, 20000);
    surveyed(our_work(0));
    refused_twice(compensation(10000));
    expect_owner("HO");
    expect_no_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_status(APPROVAL, "planning");
    expect_sound();
}

static void handed_up(void)
{
    static struct ev_command_hand_up c;
    c = (struct ev_command_hand_up){.actor = somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id),
                                    .reason = "a matter of the brand"};
    sends(EV_COMMAND_HAND_UP, &c);
}

/* ES-9: what is special is a person's to decide; all else that reaches head office is the table's. */
Test(unsettled_story, ES_9_only_what_is_special_asks_a_person)
{
    const struct pol_liability_table *table = story_world->policy->pack->liability;
    cr_assert_eq(table->n_climbs, climb_cause_enum.n - 1);
    for (int i = 0; i < table->n_climbs; i++) {
        bool special = table->climbs[i].cause == CLIMB_CAUSE_HANDED_UP;
        cr_assert_eq(table->climbs[i].by, special ? CLIMB_BY_PEOPLE : CLIMB_BY_TABLE);
        cr_assert_str_eq(table->climbs[i].rule, special ? "ES-9" : "ES-5");
    }
    const struct pol_pack *pack = story_world->policy->pack;
    for (int i = 0; i < pack->n_ladder; i++) {
        cr_assert(policy_demands_file(story_world->policy, pack->ladder[i].code), "%s", pack->ladder[i].code);
    }
    single_outlet_has(KIND_CLAIM, 20000);
    surveyed(our_work(0));
    handed_up();
    expect_owner("HO");
    expect_no_event(EV_ESCALATION_LIABILITY_ROUTED);
    expect_status(APPROVAL, "planning");
    expect_sound();
}

/* ES-5: a policy may leave that to the table, too: it decides by the file, which is here once the cause is found. */
Test(unsettled_story, ES_5_what_is_handed_up_may_be_the_tables)
{
    decided_by(CLIMB_CAUSE_HANDED_UP, CLIMB_BY_TABLE);
    single_outlet_has(KIND_CLAIM, 20000);
    surveyed(our_work(0));
    handed_up();
    expect_owner("HO");
    cr_assert_eq(ruled()->amount_minor, 20000);
    expect_status(APPROVAL, "offered");
    expect_sound();
}
