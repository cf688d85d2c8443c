/* Goodwill stays within the policy's standards, whoever makes the plan (AP-2). The shipped pack lets a case have the
 * higher of 500.00 and a fifth of the verified loss; a serious one of 2,000.00 and three tenths. */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct finding *found(enum cause cause, enum liability liability, int64_t loss)
{
    struct finding *f = NEW(struct finding);
    *f = the_finding(cause, liability);
    f->has_loss_minor = true;
    f->loss_minor = loss;
    f->currency = "CNY";
    return f;
}

static void surveyed(const struct finding *f)
{
    struct visit_record *record = NEW(struct visit_record);
    *record = full_record();
    visitor_submits(record, f, NULL);
    expect_status(APPROVAL, "planning");
}

static const struct plan *with_goodwill(int64_t fen, int64_t goodwill)
{
    struct plan *p = NEW(struct plan);
    *p = *compensation(fen);
    p->has_goodwill_minor = true;
    p->goodwill_minor = goodwill;
    return p;
}

static void expect_above_standard(const struct plan *p)
{
    handler_proposes(p);
    expect_refused("AP-2", "goodwill_above_standard");
}

/* AP-2: an amount of its own for every case, whatever was lost; declared or not. */
Test(story, AP_2_goodwill_up_to_the_standards_amount)
{
    customer_claims(500000);
    surveyed(found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 60000));
    expect_above_standard(compensation(110001));
    expect_above_standard(with_goodwill(110001, 50001));
    const struct ev_approval_command_refused *r = last(EV_APPROVAL_COMMAND_REFUSED);
    cr_assert_str_eq(r->detail, "plan.amount_minor: goodwill of 50001, the standard allows 50000 CNY");
    handler_proposes(with_goodwill(110000, 50000));
    expect_status(APPROVAL, "awaiting_approval");
    expect_sound();
}

/* AP-2: of a large loss a share. */
Test(story, AP_2_goodwill_up_to_a_share_of_the_loss)
{
    customer_claims(5000000);
    surveyed(found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 1000000));
    expect_above_standard(compensation(1200001));
    handler_proposes(compensation(1200000));
    expect_status(APPROVAL, "awaiting_approval");
}

/* AP-2: the first standard that fits the case. */
Test(story, AP_2_a_serious_case_has_a_standard_of_its_own)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->severity = SEVERITY_SERIOUS;
    f->has_claimed_minor = true;
    f->claimed_minor = 500000;
    f->currency = "CNY";
    arrives("web", f);
    surveyed(found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 60000));
    expect_above_standard(compensation(260001));
    handler_proposes(compensation(260000));
    expect_status(APPROVAL, "awaiting_approval");
}

/* AP-2 AP-3: who decides alone is held to it, on the spot and afterwards. */
Test(story, AP_2_AP_3_who_decides_alone_is_held_to_it)
{
    struct visit_record record = full_record();
    struct finding f = *found(CAUSE_WORKMANSHIP, LIABILITY_NONE, 0);
    f.shown = true;
    customer_complains(CATEGORY_SERVICE_QUALITY);
    visitor_submits(&record, &f, compensation(50001));
    expect_refused("AP-2", "goodwill_above_standard");
    visitor_submits(&record, &f, compensation(50000));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* AP-2 AP-11: the usual amount of a template is an amount like any other. */
Test(story, AP_2_AP_11_a_template_is_held_to_it)
{
    struct ev_command_propose *c = NEW(struct ev_command_propose);
    customer_complains(CATEGORY_DELAY);
    surveyed(found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 10000));
    *c = (struct ev_command_propose){.actor = somebody("O-CN1-H1", ROLE_HANDLER, "O-CN1"), .template = "late-handover"};
    c->has_amount_minor = true;
    c->amount_minor = 60001;
    sends(EV_COMMAND_PROPOSE, c);
    expect_refused("AP-2", "goodwill_above_standard");
    c->amount_minor = 60000;
    sends(EV_COMMAND_PROPOSE, c);
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* AP-2 PA-7: the material is replaced and the compensation beside it moderate: goods count at their worth. */
Test(story, AP_2_PA_7_a_moderate_compensation_beside_the_goods)
{
    struct finding *f = (struct finding *)found(CAUSE_BATCH_DEFECT, LIABILITY_SUPPLIER, 80000);
    struct plan *p = (struct plan *)compensation(50001);
    struct measure *both = arena_alloc(&story_world->arena, 2 * sizeof *both);
    f->supplier_id = "Tiles";
    both[0] = p->measures[0];
    both[1] = (struct measure){
        .kind = MEASURE_KIND_REPLACE, .executor = "O-CN1-H1", .has_value_minor = true, .value_minor = 80000};
    p->n_measures = 2;
    p->measures = both;
    customer_claims(200000);
    surveyed(f);
    expect_above_standard(p);
    p->amount_minor = 50000;
    handler_proposes(p);
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* AP-2 PA-8: the company's own fault is made good in full, and what is claimed of it is no goodwill. */
Test(story, AP_2_PA_8_full_compensation_is_no_goodwill)
{
    customer_claims(500000);
    surveyed(found(CAUSE_DESIGN, LIABILITY_COMPANY, 60000));
    expect_above_standard(compensation(550001));
    handler_proposes(compensation(500000));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* AP-2 PA-11: where it is shown that the fault is the customer's, everything is goodwill. */
Test(story, AP_2_PA_11_where_nothing_is_owed_all_is_goodwill)
{
    struct finding *f = (struct finding *)found(CAUSE_MISUSE, LIABILITY_CUSTOMER, 100000);
    f->shown = true;
    customer_claims(100000);
    surveyed(f);
    expect_above_standard(with_goodwill(50001, 50001));
    handler_proposes(with_goodwill(50000, 50000));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* AP-2: without a verified loss the claim is what is owed; without either, what the plan calls goodwill counts, and the
 * rest is for an approver (AP-4). */
Test(story, AP_2_without_a_verified_loss)
{
    customer_claims(100000);
    visit_done();
    expect_above_standard(compensation(150001));
    expect_above_standard(with_goodwill(90000, 50001));
    handler_proposes(compensation(150000));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
    story_end();
    story_begin();
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    expect_above_standard(with_goodwill(90000, 50001));
    handler_proposes(with_goodwill(90000, 50000));
    expect_status(APPROVAL, "awaiting_approval");
}

/* AP-2: slices of a matter are one amount: what was granted before counts, and what gives nothing always passes. */
Test(story, AP_2_goodwill_is_given_once)
{
    customer_claims(40000);
    surveyed(found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 10000));
    handler_proposes(compensation(40000));
    customer_accepts();
    advance_hours(1);
    customer_answers(SATISFACTION_NOT_SATISFIED);
    expect_above_standard(compensation(20001));
    handler_proposes(rework());
    customer_objects();
    handler_proposes(compensation(20000));
    expect_events(EV_APPROVAL_PLAN_PROPOSED, 3);
    expect_sound();
}

/* AP-2: in a currency without an amount of its own goodwill is a share of the loss, and no more. */
Test(story, AP_2_a_currency_without_an_amount)
{
    struct finding *f = (struct finding *)found(CAUSE_WORKMANSHIP, LIABILITY_OUTLET, 10000);
    struct plan *p = (struct plan *)compensation(12001);
    f->currency = p->currency = "EUR";
    customer_claims(40000);
    surveyed(f);
    expect_above_standard(p);
    p->amount_minor = 12000;
    handler_proposes(p);
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}
