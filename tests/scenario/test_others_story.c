/* Where others are liable (PA-11): the customer's own doing is put right at his charge, with the terms explained; with
 * a third party's he is helped to claim there. */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

static const struct actor handler = {.id = "O-CN1-H1", .role = ROLE_HANDLER, .org_id = "O-CN1"};

/* A complaint whose finding says so, and is shown. */
static void found(enum cause cause, enum liability liability)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    struct visit_record *record = arena_alloc(&story_world->arena, sizeof *record);
    struct finding *f = arena_alloc(&story_world->arena, sizeof *f);
    *record = full_record();
    *f = the_finding(cause, liability);
    f->shown = true;
    visitor_submits(record, f, NULL);
    expect_event(EV_APPROVAL_PLANNING_STARTED);
}

struct offer {
    enum measure_kind kind;
    bool charged;
    int64_t charge, amount, goodwill;
    const char *terms;
};

static void offers(struct offer o)
{
    struct measure *m = arena_alloc(&story_world->arena, 2 * sizeof *m);
    struct plan *p = arena_alloc(&story_world->arena, sizeof *p);
    m[0] = (struct measure){
        .kind = o.kind, .executor = "O-CN1-H1", .has_charge_minor = o.charged, .charge_minor = o.charge};
    m[1] = (struct measure){.kind = MEASURE_KIND_COMPENSATION, .executor = "O-CN1-H1"};
    *p = (struct plan){.n_measures = o.amount > 0 ? 2 : 1,
                       .measures = m,
                       .amount_minor = o.amount,
                       .currency = "CNY",
                       .has_goodwill_minor = o.goodwill > 0,
                       .goodwill_minor = o.goodwill,
                       .terms = o.terms};
    handler_proposes(p);
}

/* PA-11: charged, with the terms; nothing but goodwill is paid. What the customer owes stands on an account of his. */
Test(story, PA_11_the_customers_own_doing_is_put_right_at_his_charge)
{
    found(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    offers((struct offer){.kind = MEASURE_KIND_REWORK});
    expect_refused("PA-11", "work_not_charged");
    offers((struct offer){.kind = MEASURE_KIND_REWORK, .charged = true, .charge = 30000});
    expect_refused("PA-11", "terms_missing");
    offers(
        (struct offer){.kind = MEASURE_KIND_REWORK, .charged = true, .charge = 30000, .terms = "2 h", .amount = 500});
    expect_refused("PA-11", "nothing_is_owed");
    offers((struct offer){.kind = MEASURE_KIND_REWORK, .charged = true, .charge = 30000, .terms = "2 h of work"});
    cr_assert_str_eq(((const struct ev_approval_offered *)last(EV_APPROVAL_OFFERED))->plan->terms, "2 h of work");
    expect_no_event(EV_PAYMENT_RECOVERY_DUE);
    customer_accepts();
    const struct ev_payment_recovery_due *due = last(EV_PAYMENT_RECOVERY_DUE);
    cr_assert_eq(due->amount_minor, 30000);
    cr_assert_str_eq(due->entries[1].account, "income:repair:O-CN1");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    const char *account = due->account;
    const struct ev_intake_registered *registered = last(EV_INTAKE_REGISTERED);
    cr_assert_str_eq(account, arena_printf(&story_world->arena, "customer:%s", registered->brief->case_no));
    handler_executes();
    expect_sound();
    turn_to(world_account(story_world, account));
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->owed_minor, 30000);
    expect_no_event(EV_PAYMENT_TOP_UP_DEMANDED);
    finance_receives(account, RECEIPT_PURPOSE_DEPOSIT, 1);
    expect_refused("PA-6", "only_outlets_have_deposits");
    finance_receives(account, RECEIPT_PURPOSE_RECEIVABLE, 30001);
    expect_refused("PA-6", "more_than_owed");
    finance_receives(account, RECEIPT_PURPOSE_RECEIVABLE, 30000);
    cr_assert_eq(((const struct ev_payment_receipt_recorded *)last(EV_PAYMENT_RECEIPT_RECORDED))->owed_minor, 0);
}

/* Only the customer's own doing is charged; as a favour at nothing, with goodwill as far as it is called that. */
Test(story, PA_11_nobody_elses_fault_is_charged_to_the_customer)
{
    found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    offers((struct offer){.kind = MEASURE_KIND_REWORK, .charged = true, .charge = 30000, .terms = "2 h of work"});
    expect_refused("PA-11", "charge_without_liability");
    story_end();
    story_begin();
    found(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    offers((struct offer){.kind = MEASURE_KIND_APOLOGY, .charged = true, .charge = 5, .terms = "x"});
    expect_refused("PA-11", "charge_without_liability");
    offers((struct offer){.kind = MEASURE_KIND_REWORK, .charged = true, .amount = 500, .goodwill = 500});
    manager_approves(); /* nobody has claimed an amount (AP-4) */
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_no_event(EV_PAYMENT_RECOVERY_DUE);
}

static void claim_of(int64_t amount, const char *currency)
{
    struct ev_command_record_third_party_claim *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_record_third_party_claim){.actor = &handler,
                                                      .third_party = "the carrier",
                                                      .has_amount_minor = true,
                                                      .amount_minor = amount,
                                                      .currency = currency,
                                                      .support = "the damage report"};
    world_command(story_world, EV_COMMAND_RECORD_THIRD_PARTY_CLAIM, c, the_case());
    world_drain(story_world);
}

static void claim_recorded(const char *third_party, const char *support, enum claim_outcome outcome)
{
    struct ev_command_record_third_party_claim *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_record_third_party_claim){.actor = &handler,
                                                      .third_party = third_party,
                                                      .reference = "KD-7",
                                                      .has_amount_minor = true,
                                                      .amount_minor = 80000,
                                                      .currency = "CNY",
                                                      .support = support,
                                                      .outcome = outcome};
    world_command(story_world, EV_COMMAND_RECORD_THIRD_PARTY_CLAIM, c, the_case());
    world_drain(story_world);
}

/* PA-11: helped to claim there; the help is done when the claim is on record, and how it ends is recorded later. */
Test(story, PA_11_the_customer_is_helped_to_claim_from_a_third_party)
{
    found(CAUSE_TRANSPORT, LIABILITY_THIRD_PARTY);
    offers((struct offer){.kind = MEASURE_KIND_APOLOGY});
    expect_refused("PA-11", "help_missing");
    offers((struct offer){.kind = MEASURE_KIND_TECHNICAL_SUPPORT, .amount = 500});
    expect_refused("PA-11", "nothing_is_owed");
    offers((struct offer){.kind = MEASURE_KIND_TECHNICAL_SUPPORT});
    customer_accepts();
    handler_executes();
    expect_refused("PA-11", "claim_not_recorded");
    claim_recorded("", "the damage report", CLAIM_OUTCOME_ABSENT);
    expect_refused("PA-11", "third_party_missing");
    claim_recorded("the carrier", "", CLAIM_OUTCOME_ABSENT);
    expect_refused("PA-11", "support_missing");
    claim_of(0, "CNY");
    expect_refused("PA-11", "not_an_amount");
    claim_of(80000, NULL);
    expect_refused("PA-11", "not_an_amount");
    claim_recorded("the carrier", "the damage report", CLAIM_OUTCOME_ABSENT);
    const struct ev_approval_third_party_claim_recorded *c = last(EV_APPROVAL_THIRD_PARTY_CLAIM_RECORDED);
    cr_assert_eq(c->outcome, CLAIM_OUTCOME_OPEN);
    handler_executes();
    expect_events(EV_APPROVAL_PLAN_EXECUTED, 1);
    customer_answers(SATISFACTION_SATISFIED);
    expect_status(INTAKE, "closed");
    claim_recorded("the carrier", "came along to the hearing", CLAIM_OUTCOME_PAID);
    c = last(EV_APPROVAL_THIRD_PARTY_CLAIM_RECORDED);
    cr_assert_eq(c->entry_no, 2);
    cr_assert_eq(c->outcome, CLAIM_OUTCOME_PAID);
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    expect_sound();
}

/* EV-6: what is said and not shown counts as ours: nothing is charged, and what is owed is paid. */
Test(story, PA_11_EV_6_misuse_that_is_not_shown_is_not_the_customers)
{
    struct visit_record record = full_record();
    struct finding f = the_finding(CAUSE_MISUSE, LIABILITY_CUSTOMER);
    customer_claims(30000);
    visitor_submits(&record, &f, NULL);
    offers((struct offer){.kind = MEASURE_KIND_REWORK, .charged = true, .charge = 5, .terms = "x"});
    expect_refused("PA-11", "charge_without_liability");
    handler_proposes(compensation(30000));
    expect_event(EV_APPROVAL_OFFERED);
}

Test(story, PA_11_no_third_party_no_claim)
{
    found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    claim_recorded("the carrier", "the damage report", CLAIM_OUTCOME_ABSENT);
    expect_refused("PA-11", "no_third_party_liable");
}
