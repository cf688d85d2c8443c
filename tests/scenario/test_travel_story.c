/* The travel allowance of a customer who had to come in person (PA-9). */
#include <criterion/criterion.h>
#include <string.h>

#include "base/id.h"
#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

/* The world's first day. */
#define TODAY "2026-03-02"

static const struct actor manager = {.id = "O-CN1-M", .role = ROLE_OUTLET_MANAGER, .org_id = "O-CN1"};
static const struct actor handler = {.id = "O-CN1-H1", .role = ROLE_HANDLER, .org_id = "O-CN1"};
static const char *const on_the_form[] = {"material", "engineering", "engineering"};
static const struct ev_command_allow_travel FORM = {.actor = &manager,
                                                    .visited_on = TODAY,
                                                    .form_no = "F1",
                                                    .signer_id = "O-CN1-H1",
                                                    .departments = on_the_form,
                                                    .n_departments = 3,
                                                    .currency = "CNY",
                                                    .payee = "6222-1"};

static void allows(struct ev_command_allow_travel form)
{
    struct ev_command_allow_travel *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = form;
    sends(EV_COMMAND_ALLOW_TRAVEL, c);
}

static int64_t visit_of(const char *date)
{
    const struct ev_intake_travel_allowed *e = last(EV_INTAKE_TRAVEL_ALLOWED);
    return world_account(story_world, arena_printf(&story_world->arena, "visit:%s@%s", e->case_no, date));
}

static void issue(const char *department, const char *issue_no, const struct actor *signer)
{
    struct ev_command_raise_issue *raise = arena_alloc(&story_world->arena, sizeof *raise);
    struct ev_command_sign_issue *sign = arena_alloc(&story_world->arena, sizeof *sign);
    const struct actor *named = somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id);
    *raise = (struct ev_command_raise_issue){.actor = named, .department = department, .text = "it creaks"};
    sends(EV_COMMAND_RAISE_ISSUE, raise);
    if (signer == NULL) return;
    *sign = (struct ev_command_sign_issue){.actor = signer, .issue_no = issue_no};
    sends(EV_COMMAND_SIGN_ISSUE, sign);
}

/* Once a visit: the same date is refused, another is another visit; each is paid at its own home. */
Test(story, PA_9_a_visit_has_one_allowance)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    allows(FORM);
    const struct ev_intake_travel_allowed *e = last(EV_INTAKE_TRAVEL_ALLOWED);
    cr_assert_eq(e->amount_minor, 10000);
    cr_assert_str_eq(e->department, "engineering");
    allows(FORM);
    expect_refused("PA-9", "visit_allowed_already");
    struct ev_command_allow_travel earlier = FORM;
    earlier.visited_on = "2026-03-01";
    allows(earlier);
    advance_hours(1);
    expect_events(EV_INTAKE_TRAVEL_ALLOWED, 2);
    expect_no_event(EV_PAYMENT_SETTLED);
    int64_t visits[] = {visit_of(TODAY), visit_of("2026-03-01")};
    for (int i = 0; i < 2; i++) {
        turn_to(visits[i]);
        expect_events(EV_PAYMENT_SETTLED, 1);
        const struct ev_payment_instructed *paid = last(EV_PAYMENT_INSTRUCTED);
        cr_assert_eq(paid->amount_minor, 10000);
        cr_assert_str_eq(paid->entries[0].account, "expense:travel:engineering:O-CN1");
    }
    expect_sound();
}

/* A case nobody has registered has no visits. */
Test(story, PA_9_a_case_that_does_not_exist_is_refused)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    int64_t known = the_case();
    turn_to(case_id_make(case_id_partition(known), case_id_serial(known) + 7));
    allows(FORM);
    expect_refused("PA-9", "no_such_case");
    expect_no_event(EV_INTAKE_TRAVEL_ALLOWED);
    expect_status(INTAKE, "none");
}

Test(story, PA_9_what_the_form_must_say)
{
    static const char *const nobodys[] = {"astrology"};
    struct {
        struct ev_command_allow_travel form;
        const char *rule, *reason;
    } wrong[] = {{FORM, "RO-1", "not_entitled_to_allow"},
                 {FORM, "RO-1", "not_entitled_to_allow"},
                 {FORM, "AP-6", "own_form"},
                 {FORM, "PA-9", "no_date"},
                 {FORM, "PA-9", "not_yet_visited"},
                 {FORM, "PA-9", "form_missing"},
                 {FORM, "PA-9", "department_missing"},
                 {FORM, "PA-9", "no_such_department"},
                 {FORM, "PA-9", "payee_missing"},
                 {FORM, "PA-9", "currency_without_allowance"},
                 {FORM, "PA-9", "signer_unknown"},
                 {FORM, "PA-9", "no_date"}};
    static const struct actor elsewhere = {.id = "O-CN1-M", .role = ROLE_OUTLET_MANAGER, .org_id = "O-CN2"};
    wrong[0].form.actor = &handler;
    wrong[1].form.actor = &elsewhere;
    wrong[2].form.signer_id = "O-CN1-M";
    wrong[3].form.visited_on = "yesterday";
    wrong[4].form.visited_on = "2026-03-03";
    wrong[5].form.form_no = "";
    wrong[6].form.n_departments = 0;
    wrong[7].form.departments = nobodys;
    wrong[7].form.n_departments = 1;
    wrong[8].form.payee = "";
    wrong[9].form.currency = "USD";
    wrong[10].form.signer_id = "HO-F1";
    wrong[11].form.visited_on = "2026-02-29";
    customer_complains(CATEGORY_WORKMANSHIP);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        allows(wrong[i].form);
        expect_refused(wrong[i].rule, wrong[i].reason);
    }
    expect_no_event(EV_INTAKE_TRAVEL_ALLOWED);
    expect_sound();
}

/* The department that signed most of the case's issues bears it, whatever the form says; raised is not signed. */
Test(story, PA_9_IN_11_the_department_that_signed_most_issues_bears_it)
{
    static const struct actor design = {.id = "HO-D1", .role = ROLE_DEPARTMENT_HEAD, .org_id = "HO"};
    customer_complains(CATEGORY_WORKMANSHIP);
    issue("quality", "quality-1", NULL);
    issue("quality", "quality-2", NULL);
    issue("design", "design-3", &design);
    allows(FORM);
    cr_assert_str_eq(((const struct ev_intake_travel_allowed *)last(EV_INTAKE_TRAVEL_ALLOWED))->department, "design");
    expect_sound();
}

/* Whatever the case's own payout stands at: the visit is paid beside it. */
Test(story, PA_9_PA_3_a_refused_payout_does_not_hold_it_up)
{
    customer_claims(30000);
    visit_done();
    handler_proposes(compensation(30000));
    story_world->bank_next = BANK_OUTCOME_REFUSED;
    customer_accepts();
    advance_hours(1);
    expect_status(PAYMENT, "failed");
    story_world->bank_next = BANK_OUTCOME_SETTLED;
    allows(FORM);
    advance_hours(1);
    expect_status(PAYMENT, "failed");
    turn_to(visit_of(TODAY));
    expect_events(EV_PAYMENT_SETTLED, 1);
    expect_sound();
}
