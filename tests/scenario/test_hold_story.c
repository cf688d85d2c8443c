/* What holds a case's limits besides its first material: what a handler asks for later (IN-6), and a third party's
 * inspection (EV-7). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(hold_story, .init = story_begin, .fini = story_end);

enum { HOUR_MS = 3600 * 1000 };

static const struct actor *handler(void) { return somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id); }

static void asks_for(const char *material)
{
    const char **names = arena_alloc(&story_world->arena, sizeof *names);
    struct ev_command_request_material *c = arena_alloc(&story_world->arena, sizeof *c);
    *names = material;
    *c = (struct ev_command_request_material){.actor = handler(), .n_materials = 1, .materials = names};
    sends(EV_COMMAND_REQUEST_MATERIAL, c);
}

static void inspection_ordered(void)
{
    struct ev_command_order_inspection *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_order_inspection){.actor = handler(), .inspector = "building institute"};
    sends(EV_COMMAND_ORDER_INSPECTION, c);
}

static void inspection_ended(enum liability report, const struct document *paper)
{
    struct ev_command_end_inspection *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = (struct ev_command_end_inspection){.actor = handler(), .report = report, .document = paper};
    sends(EV_COMMAND_END_INSPECTION, c);
}

static void claim_seen(void)
{
    customer_claims(300000);
    handler_calls();
    struct visit_record *r = arena_alloc(&story_world->arena, sizeof *r);
    *r = full_record();
    visitor_submits(r, NULL, NULL);
}

/* EV-7 IN-6: the institute's report and the customer's material are both waited for: the investigation goes on when
 * the second of them is there, and what is paused for one of them only does not wait for the other. */
Test(hold_story, EV_7_two_things_waited_for_count_once)
{
    claim_seen();
    handler_reviews(true, true, NULL);
    int64_t due = limit_of("investigation")->due_ms;
    inspection_ordered();
    expect_limit("investigation", LIMIT_STATE_PAUSED);
    advance_days(1);
    asks_for("photos of the delivery");
    advance_days(1);
    inspection_ended(LIABILITY_ABSENT, NULL);
    expect_limit("investigation", LIMIT_STATE_PAUSED);
    advance_days(1);
    customer_supplies("photos of the delivery");
    expect_limit("investigation", LIMIT_STATE_ARMED);
    cr_assert_eq(limit_of("investigation")->n_pauses, 1);
    cr_assert_eq(limit_of("investigation")->due_ms, due + (24 * 5) * (int64_t)HOUR_MS); /* three days and a weekend */
    expect_sound();
}

/* EV-7: what the report says stands in the finding; without a paper there is no report, and one inspection at a time.
 * Concluded without waiting, the inspection is over. */
Test(hold_story, EV_7_the_report_stands_in_the_finding)
{
    static const struct document paper = {.title = "inspection report",
                                          .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"};
    struct finding f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    claim_seen();
    inspection_ended(LIABILITY_SUPPLIER, &paper);
    expect_refused("EV-7", "no_inspection");
    inspection_ordered();
    inspection_ordered();
    expect_refused("EV-7", "inspection_under_way");
    inspection_ended(LIABILITY_SUPPLIER, NULL);
    expect_refused("EV-7", "report_without_document");
    inspection_ended(LIABILITY_SUPPLIER, &paper);
    inspection_ordered();
    investigator_concludes(&f, NULL);
    const struct ev_evidence_investigation_concluded *e = last(EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    cr_assert_eq(e->finding->report, LIABILITY_SUPPLIER);
    cr_assert_eq(((const struct ev_evidence_inspection_ended *)last(EV_EVIDENCE_INSPECTION_ENDED))->end,
                 INSPECTION_END_OVERTAKEN);
    expect_limit("inspection", LIMIT_STATE_MET);
    expect_limit("investigation", LIMIT_STATE_MET);
    expect_sound();
}

/* IN-6: asked for while the case is paid: the payment waits for it, seven days at most, and not twice. */
Test(hold_story, IN_6_what_the_payment_lacks_is_asked_for_once)
{
    customer_claims(20000);
    handler_calls();
    visit_done();
    asks_for("account");
    expect_status(INTAKE, "awaiting_material");
    asks_for("account");
    expect_refused("IN-6", "already_asked_for");
    customer_supplies("account");
    expect_status(INTAKE, "open");
    handler_proposes(compensation(20000));
    story_world->bank_delay_ms = 400 * (int64_t)HOUR_MS;
    customer_accepts();
    asks_for("proof of the account");
    expect_status(INTAKE, "answered");
    expect_limit("payment", LIMIT_STATE_PAUSED);
    advance_days(9);
    expect_limit("payment", LIMIT_STATE_ARMED);
    cr_assert_eq(((const struct ev_intake_materials_completed *)last(EV_INTAKE_MATERIALS_COMPLETED))->materials,
                 MATERIALS_LAPSED);
    asks_for("proof of the account");
    expect_refused("IN-6", "already_asked_for");
    advance_days(9);
    expect_status(INTAKE, "awaiting_satisfaction");
    asks_for("a receipt");
    expect_refused("RV-1", "not_in_this_state");
    expect_sound();
}
