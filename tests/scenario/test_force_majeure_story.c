/* Force majeure takes a path of its own: nothing is owed, and yet the customer is helped as far as the standard goes;
 * it is never a ground for rejection by itself (AP-2). The shipped pack's standard: the higher of 2,000.00 and half of
 * the verified loss. */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

static const struct visit_record *whole(void)
{
    struct visit_record *r = NEW(struct visit_record);
    *r = full_record();
    return r;
}

static struct finding *force_majeure(enum liability liability, bool shown)
{
    struct finding *f = NEW(struct finding);
    *f = the_finding(CAUSE_FORCE_MAJEURE, liability);
    f->shown = shown;
    f->currency = "CNY";
    return f;
}

static struct finding *with_loss(struct finding *f, int64_t fen)
{
    f->has_loss_minor = true;
    f->loss_minor = fen;
    return f;
}

static const struct plan *measure(enum measure_kind kind)
{
    struct plan *p = NEW(struct plan);
    struct measure *m = NEW(struct measure);
    *p = *rework();
    *m = p->measures[0];
    m->kind = kind;
    p->measures = m;
    return p;
}

/* The outlet has left the case undone until it is head office's, which has demanded the file. */
static void head_office_demands_the_file(int64_t fen)
{
    struct ev_inbound_complaint *f = form();
    f->kind = fen > 0 ? KIND_CLAIM : KIND_COMPLAINT;
    f->has_claimed_minor = fen > 0;
    f->claimed_minor = fen;
    arrives("web", f);
    advance_days(2);
    expect_owner("HO");
}

static const struct ev_escalation_liability_routed *routed(void) { return last(EV_ESCALATION_LIABILITY_ROUTED); }

static const struct plan *offered(void)
{
    return ((const struct ev_approval_offered *)last(EV_APPROVAL_OFFERED))->plan;
}

/* AP-2: neither on the spot nor afterwards, nor in the shape of mere regret; money, work or other terms are help. */
Test(story, AP_2_force_majeure_is_no_ground_for_rejection)
{
    const struct finding *f = with_loss(force_majeure(LIABILITY_NONE, true), 100000);
    customer_claims(100000);
    visitor_submits(whole(), f, rejection("the flood"));
    expect_refused("AP-2", "force_majeure_is_no_ground");
    visitor_submits(whole(), f, NULL);
    handler_proposes(rejection("the flood"));
    expect_refused("AP-2", "force_majeure_is_no_ground");
    handler_proposes(measure(MEASURE_KIND_APOLOGY));
    expect_refused("AP-2", "help_missing");
    handler_proposes(measure(MEASURE_KIND_CHANGED_TERMS));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
    manager_approves();
    customer_objects();
    handler_proposes(rework());
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-2: nothing is owed, so all that is given is goodwill; its standard is wider than that of other cases. */
Test(story, AP_2_force_majeure_has_a_standard_of_its_own)
{
    customer_claims(900000);
    visitor_submits(whole(), with_loss(force_majeure(LIABILITY_NONE, true), 800000), NULL);
    handler_proposes(compensation(400001));
    expect_refused("AP-2", "goodwill_above_standard");
    handler_proposes(compensation(400000));
    manager_approves();
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_sound();
}

/* AP-2 EV-6: what is said to be force majeure and cannot be shown is ours: the loss is owed, and there is no rejection.
 */
Test(story, AP_2_EV_6_force_majeure_that_is_not_shown_is_ours)
{
    customer_claims(900000);
    visitor_submits(whole(), with_loss(force_majeure(LIABILITY_NONE, false), 800000), NULL);
    const struct ev_evidence_investigation_concluded *e = last(EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    cr_assert_eq(e->finding->liability, LIABILITY_OUTLET);
    handler_proposes(rejection("the flood"));
    expect_refused("AP-2", "force_majeure_is_no_ground");
    handler_proposes(compensation(900000));
    expect_status(APPROVAL, "awaiting_approval");
}

/* AP-2 PA-11: beside force majeure the customer's own doing is shown: that may be a ground. */
Test(story, AP_2_PA_11_the_customers_own_doing_beside_it_is_one)
{
    customer_claims(900000);
    visitor_submits(whole(), force_majeure(LIABILITY_CUSTOMER, true), rejection("left the window open in the storm"));
    expect_event(EV_APPROVAL_PLAN_PROPOSED);
}

/* AP-2 ES-5: head office's table helps without a person: what was lost, up to the standard; payment is head office's.
 */
Test(story, AP_2_ES_5_the_table_gives_what_the_standard_allows)
{
    head_office_demands_the_file(900000);
    file_handed_over(whole(), with_loss(force_majeure(LIABILITY_NONE, true), 800000));
    cr_assert_str_eq(routed()->row, "force-majeure");
    cr_assert_eq(offered()->amount_minor, 400000);
    cr_assert_eq(offered()->goodwill_minor, 400000);
    expect_event(EV_APPROVAL_DECIDED_BY_RULE);
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_no_event(EV_PAYMENT_RECOVERY_DUE);
    expect_sound();
    story_end();
    story_begin();
    head_office_demands_the_file(60000);
    file_handed_over(whole(), with_loss(force_majeure(LIABILITY_NONE, true), 50000));
    cr_assert_eq(offered()->amount_minor, 50000);
}

/* AP-2 ES-5: who asks for no money has it put right at no charge. */
Test(story, AP_2_ES_5_a_complaint_is_put_right_at_no_charge)
{
    head_office_demands_the_file(0);
    file_handed_over(whole(), force_majeure(LIABILITY_NONE, true));
    cr_assert_eq(offered()->measures[0].kind, MEASURE_KIND_REWORK);
    cr_assert_not(offered()->measures[0].has_charge_minor);
    expect_sound();
}

/* AP-2 ES-5 EV-7: an inspection that finds nobody at fault does not make a rejection of it either. */
Test(story, AP_2_EV_7_a_report_that_clears_us_makes_no_rejection)
{
    struct finding *f = with_loss(force_majeure(LIABILITY_OUTLET, false), 50000);
    f->report = LIABILITY_NONE;
    head_office_demands_the_file(60000);
    file_handed_over(whole(), f);
    cr_assert_str_eq(routed()->row, "report-force-majeure");
    cr_assert_eq(offered()->amount_minor, 50000);
    expect_no_event(EV_APPROVAL_REJECTED);
}

/* AP-2 ES-5 EV-6: not shown, the outlet answers for it. */
Test(story, AP_2_ES_5_not_shown_the_outlet_answers)
{
    head_office_demands_the_file(60000);
    file_handed_over(whole(), with_loss(force_majeure(LIABILITY_NONE, false), 55000));
    cr_assert_str_eq(routed()->row, "force-majeure-not-shown");
    cr_assert_eq(routed()->liability, LIABILITY_OUTLET);
    cr_assert_eq(offered()->amount_minor, 55000);
}

/* AP-2 ES-5: where the standard allows nothing a person looks for help. */
Test(story, AP_2_ES_5_where_the_standard_allows_nothing_a_person_plans)
{
    struct finding *f = force_majeure(LIABILITY_NONE, true);
    struct ev_inbound_complaint *c = form();
    c->kind = KIND_CLAIM;
    c->has_claimed_minor = true;
    c->claimed_minor = 60000;
    c->currency = "EUR";
    arrives("web", c);
    advance_days(2);
    file_handed_over(whole(), f);
    cr_assert_str_eq(routed()->row, "force-majeure");
    expect_status(APPROVAL, "planning");
}
