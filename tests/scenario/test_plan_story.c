/* Large plans need several signatures, in any order (AP-5); common problems have templates (AP-11). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(plan_story, .init = story_begin, .fini = story_end);

#define NEW(type) ((type *)arena_alloc(&story_world->arena, sizeof(type)))

/* A claim of so much, visited and planned in full. */
static void planned(int64_t fen)
{
    customer_claims(fen);
    visit_done();
    handler_proposes(compensation(fen));
}

static const struct ev_approval_requested *request(void) { return last(EV_APPROVAL_REQUESTED); }

static void denied_by(const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(struct actor);
    struct ev_command_deny *c = NEW(struct ev_command_deny);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    *c = (struct ev_command_deny){.actor = a, .reason = "not borne out"};
    world_command(story_world, EV_COMMAND_DENY, c, the_case());
    world_drain(story_world);
}

static void proposes_template(const char *id, int64_t fen)
{
    struct actor *a = NEW(struct actor);
    struct ev_command_propose *c = NEW(struct ev_command_propose);
    *a = (struct actor){.id = owner()->handler_id, .role = ROLE_HANDLER, .org_id = owner()->org_id};
    *c = (struct ev_command_propose){.actor = a, .template = id, .has_amount_minor = fen > 0, .amount_minor = fen};
    world_command(story_world, EV_COMMAND_PROPOSE, c, the_case());
    world_drain(story_world);
}

/* AP-5: a fen below the band the manager alone approves; at the band finance signs, too. */
Test(plan_story, AP_5_the_band_begins_exactly)
{
    planned(1999999);
    cr_assert_null(request()->band);
    cr_assert_eq(request()->n_signers + request()->n_departments, 0);
    manager_approves();
    expect_status(APPROVAL, "offered");
    customer_withdraws();
    planned(2000000);
    cr_assert_str_eq(request()->band, "large");
    cr_assert_eq(request()->n_signers, 0);
    cr_assert_eq(request()->n_departments, 1);
    cr_assert_str_eq(request()->departments[0], "finance");
    manager_approves();
    expect_status(APPROVAL, "awaiting_approval");
    approves("HO-F1", ROLE_FINANCE, "HO");
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-5: in any order, each once; only the last grants. */
Test(plan_story, AP_5_departments_sign_in_parallel)
{
    planned(10000000);
    cr_assert_str_eq(request()->band, "very-large");
    approves("HO-GM", ROLE_GENERAL_MANAGER, "HO");
    approves("HO-L1", ROLE_LEGAL, "HO");
    approves("HO-L1", ROLE_LEGAL, "HO");
    expect_refused("AP-6", "already_signed");
    manager_approves();
    expect_no_event(EV_APPROVAL_GRANTED);
    const struct ev_approval_signed *signature = last(EV_APPROVAL_SIGNED);
    cr_assert_eq(signature->n_left, 0);
    cr_assert_eq(signature->n_left_departments, 1);
    cr_assert_str_eq(signature->left_departments[0], "finance");
    approves("HO-A1", ROLE_DEPARTMENT_CONTACT, "HO"); /* a contact is told, the head signs */
    expect_refused("AP-6", "not_the_deciding_level");
    approves("HO-M1", ROLE_HO_SERVICE_MANAGER, "HO");
    expect_refused("AP-6", "not_the_deciding_level");
    approves("O-CN1-H2", ROLE_FINANCE, "HO");
    expect_status(APPROVAL, "awaiting_approval");
    approves("HO-F1", ROLE_FINANCE, "HO");
    const struct ev_approval_granted *granted = last(EV_APPROVAL_GRANTED);
    cr_assert_eq(granted->n_signed_by, 4);
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-5: any of them denies; the next plan is signed anew by all. */
Test(plan_story, AP_5_one_of_them_denies)
{
    planned(10000000);
    manager_approves();
    denied_by("HO-L1", ROLE_LEGAL, "HO");
    expect_status(APPROVAL, "planning");
    handler_proposes(compensation(9000000));
    cr_assert_str_eq(request()->band, "very-large", "the claim is still as large");
    cr_assert_eq(request()->n_signers + request()->n_departments, 3);
    expect_sound();
}

/* AP-5 AP-10: somebody does not sign: the next level asks again, and the signatures count anew. */
Test(plan_story, AP_5_a_stalled_signature_climbs)
{
    planned(2000000);
    approves("HO-F1", ROLE_FINANCE, "HO");
    advance_days(3);
    expect_owner("HO");
    cr_assert_eq(request()->approver_role, ROLE_HO_SERVICE_MANAGER);
    approves("HO-F1", ROLE_FINANCE, "HO");
    expect_status(APPROVAL, "awaiting_approval");
    manager_approves();
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-5 ES-6: who would sign has proposed the plan: the general manager signs instead. */
Test(plan_story, AP_5_nobody_signs_their_own_plan)
{
    customer_claims(2000000);
    advance_days(2);
    expect_owner("HO");
    struct visit_record *r = NEW(struct visit_record);
    struct finding *found = NEW(struct finding);
    *r = full_record();
    *found = the_finding(CAUSE_UNKNOWN, LIABILITY_CUSTOMER);
    found->shown = true;
    found->has_loss_minor = true;
    found->loss_minor = 10000000;
    found->currency = "CNY";
    file_handed_over(r, found);
    expect_status(APPROVAL, "planning");
    struct actor *a = NEW(struct actor);
    struct ev_command_propose *c = NEW(struct ev_command_propose);
    struct plan *goodwill = NEW(struct plan);
    *goodwill = *compensation(2000000); /* a fifth of the loss (AP-2): nothing is owed (PA-11) */
    goodwill->has_goodwill_minor = true;
    goodwill->goodwill_minor = 2000000;
    *a = (struct actor){.id = "HO-F1", .role = ROLE_FINANCE, .org_id = "HO"};
    *c = (struct ev_command_propose){.actor = a, .plan = goodwill};
    world_command(story_world, EV_COMMAND_PROPOSE, c, the_case());
    world_drain(story_world);
    cr_assert_eq(request()->signers[0], ROLE_GENERAL_MANAGER);
    approves("HO-F1", ROLE_FINANCE, "HO");
    expect_refused("AP-6", "own_plan");
    manager_approves();
    approves("HO-GM", ROLE_GENERAL_MANAGER, "HO");
    expect_status(APPROVAL, "offered");
    expect_sound();
}

/* AP-11: the usual measures by the usual people. */
Test(plan_story, AP_11_a_plan_starts_from_a_template)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    proposes_template("panel-swapped", 0);
    expect_refused("AP-11", "template_of_another_category");
    proposes_template("magic", 0);
    expect_refused("AP-11", "no_such_template");
    proposes_template(NULL, 0);
    expect_refused("AP-1", "plan_or_template");
    proposes_template("tiles-loose", 0);
    const struct plan *p = ((const struct ev_approval_plan_proposed *)last(EV_APPROVAL_PLAN_PROPOSED))->plan;
    cr_assert_eq(p->n_measures, 1);
    cr_assert_eq(p->measures[0].kind, MEASURE_KIND_REWORK);
    cr_assert_eq(p->amount_minor, 0);
    expect_sound();
}

/* AP-11: with its usual amount, unless another is said. */
Test(plan_story, AP_11_a_template_has_a_usual_amount)
{
    customer_complains(CATEGORY_DELAY);
    visit_done();
    proposes_template("late-handover", 0);
    const struct plan *p = ((const struct ev_approval_plan_proposed *)last(EV_APPROVAL_PLAN_PROPOSED))->plan;
    cr_assert_eq(p->amount_minor, 30000);
    manager_denies();
    proposes_template("late-handover", 20000);
    p = ((const struct ev_approval_plan_proposed *)last(EV_APPROVAL_PLAN_PROPOSED))->plan;
    cr_assert_eq(p->amount_minor, 20000);
    expect_sound();
}
