/* Histories of what customers are told (PA-3, IN-7, AP-7, RV-2, CF-5), and whether it reached them (CF-2). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end);

#define NEW(type) ARENA_NEW(&story_world->arena, type)

/* The only notice of a kind in the case. */
static const struct ev_intake_customer_notified *told(enum notice_kind kind)
{
    const struct ev_intake_customer_notified *found = NULL;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        const struct ev_intake_customer_notified *n = f->data;
        if (f->type != EV_INTAKE_CUSTOMER_NOTIFIED || f->case_id != the_case() || n->kind != kind) continue;
        cr_assert_null(found, "told twice: %s", notice_kind_name(kind));
        found = n;
    }
    cr_assert_not_null(found, "not told: %s", notice_kind_name(kind));
    return found;
}

static void expect_says(const char *text, const char *words)
{
    cr_assert(strstr(text, words) != NULL, "\"%s\" does not say \"%s\"", text, words);
}

/* The id of the only event of a type in the case. */
static const char *id_of(enum event_type type)
{
    const char *id = NULL;
    for (int i = 0; i < story_world->n_facts; i++) {
        const struct happening *f = &story_world->facts[i];
        if (f->type == type && f->case_id == the_case()) id = f->id;
    }
    return id;
}

/* IN-7: number, handler, next steps, expected reply; in the customer's language, with what the channel needs. */
Test(story, IN_7_the_acknowledgement_is_told_in_the_customers_language)
{
    struct ev_inbound_complaint *f = form();
    struct customer *who = NEW(struct customer);
    *who = *f->customer;
    who->language = LANGUAGE_EN;
    f->customer = who;
    f->external_ref = "T-17";
    arrives("/channels/shop", f);
    const struct ev_intake_customer_notified *n = told(NOTICE_KIND_ACKNOWLEDGED);
    const struct ev_intake_acknowledged *ack = last(EV_INTAKE_ACKNOWLEDGED);
    cr_assert_eq(n->notice_no, 1);
    cr_assert_str_eq(n->of, id_of(EV_DISPATCH_ASSIGNED));
    cr_assert_str_eq(n->recipient->channel, "/channels/shop");
    cr_assert_str_eq(n->recipient->external_ref, "T-17");
    cr_assert_str_eq(n->recipient->phone, who->phone);
    cr_assert_eq(n->due_ms, ack->expected_reply_ms);
    expect_says(n->title, ack->case_no);
    expect_says(n->body, ack->handler_name);
    expect_says(n->body, "a visit, then a plan");
    expect_sound();
}

/* IN-6: what is missing, and by when. */
Test(story, IN_6_the_customer_is_told_what_is_missing)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    arrives("/channels/web", f);
    const struct ev_intake_customer_notified *n = told(NOTICE_KIND_MATERIAL_REQUESTED);
    expect_says(n->body, "索赔金额");
    cr_assert_eq(n->due_ms,
                 ((const struct ev_intake_materials_requested *)last(EV_INTAKE_MATERIALS_REQUESTED))->reply_by_ms);
    expect_sound();
}

/* PA-3 RV-2: offered, signed, result, paid: each told once, with amount, plan and voucher; then asked, then closed. */
Test(story, PA_3_RV_2_amount_plan_and_voucher_are_told_once)
{
    customer_claims(30000);
    visit_done();
    handler_proposes(compensation(30000));
    const struct ev_intake_customer_notified *offered = told(NOTICE_KIND_OFFERED);
    cr_assert_eq(offered->amount_minor, 30000);
    cr_assert_eq(offered->measures[0], MEASURE_KIND_COMPENSATION);
    customer_accepts();
    const struct ev_intake_customer_notified *result = told(NOTICE_KIND_RESULT);
    expect_says(result->body, "300.00 CNY");
    cr_assert_eq(result->cause, CAUSE_WORKMANSHIP);
    advance_hours(1);
    const struct ev_payment_settled *settled = last(EV_PAYMENT_SETTLED);
    const struct ev_intake_customer_notified *paid = told(NOTICE_KIND_PAID);
    cr_assert_str_eq(paid->of, id_of(EV_PAYMENT_SETTLED));
    cr_assert_str_eq(paid->voucher_no, settled->voucher_no);
    cr_assert_eq(paid->amount_minor, 30000);
    cr_assert_eq(paid->paid_minor, 30000);
    cr_assert_eq(paid->n_measures, 1);
    expect_says(paid->body, settled->voucher_no);
    expect_says(paid->body, "赔偿");
    told(NOTICE_KIND_SATISFACTION_ASKED);
    customer_answers(SATISFACTION_SATISFIED);
    cr_assert_eq(told(NOTICE_KIND_CLOSED)->notice_no, count(EV_INTAKE_CUSTOMER_NOTIFIED));
    expect_sound();
}

/* PA-2 PA-3: what is set off tells of the rest that is paid out, and the payment of what was set off. */
Test(story, PA_2_PA_3_an_instalment_tells_of_the_rest)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->phase = PHASE_CONSTRUCTION;
    f->has_claimed_minor = f->has_fee_due_minor = true;
    f->claimed_minor = 30000;
    f->fee_due_minor = 10000;
    f->currency = "CNY";
    arrives("/channels/web", f);
    visit_done();
    handler_proposes(compensation(30000));
    customer_accepts();
    advance_hours(1);
    const struct ev_intake_customer_notified *part = told(NOTICE_KIND_DEDUCTED), *paid = told(NOTICE_KIND_PAID);
    cr_assert_eq(part->amount_minor, 10000);
    cr_assert_eq(part->rest_minor, 20000);
    expect_says(part->body, "200.00 CNY");
    cr_assert_eq(paid->amount_minor, 30000);
    cr_assert_eq(paid->paid_minor, 20000);
    cr_assert_eq(paid->before_minor, 10000);
    expect_sound();
}

/* PA-2 PA-3: cash: where to collect it, against which voucher. */
Test(story, PA_2_PA_3_cash_says_where_to_collect_it)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = 30000;
    f->currency = "CNY";
    f->pay_method = PAY_METHOD_CASH;
    arrives("/channels/walk-in", f);
    visit_done();
    handler_proposes(compensation(30000));
    customer_accepts();
    const struct ev_payment_cash_due *due = last(EV_PAYMENT_CASH_DUE);
    const struct ev_intake_customer_notified *n = told(NOTICE_KIND_CASH_DUE);
    cr_assert_str_eq(n->voucher_no, due->voucher_no);
    cr_assert_str_eq(n->org_name, policy_unit(story_world->policy, due->payer_org)->name);
    expect_says(n->body, n->org_name);
    expect_sound();
}

/* AP-7: reasons, and the routes still open. */
Test(story, AP_7_a_rejection_is_told_with_reasons_and_routes)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rejection("used on a wet floor"));
    const struct ev_intake_customer_notified *n = told(NOTICE_KIND_REJECTED);
    const struct ev_approval_rejected *why = last(EV_APPROVAL_REJECTED);
    cr_assert_str_eq(n->reasons, "used on a wet floor");
    cr_assert_eq(n->n_routes, why->n_routes);
    expect_says(n->body, "used on a wet floor");
    expect_says(n->body, "向法院起诉");
    expect_sound();
}

/* CF-2: the channel says that it arrived; the case knows, and a second word of it is refused. */
Test(story, CF_2_the_channel_says_that_a_notice_arrived)
{
    static const struct actor web = {.id = "/channels/web", .role = ROLE_CHANNEL};
    struct ev_inbound_complaint *f = form();
    arrives("/channels/web", f);
    struct ev_command_report_notice *c = NEW(struct ev_command_report_notice);
    *c = (struct ev_command_report_notice){
        .actor = &web, .notice_no = 1, .result = NOTICE_RESULT_DELIVERED, .how = "sms"};
    sends(EV_COMMAND_REPORT_NOTICE, c);
    expect_event(EV_INTAKE_NOTICE_DELIVERED);
    sends(EV_COMMAND_REPORT_NOTICE, c);
    expect_refused("CF-2", "already_delivered");
    expect_events(EV_INTAKE_NOTICE_DELIVERED, 1);
    expect_sound();
}

/* AP-8: while the customer says nothing he is reminded, and told the end; who comes back is told that it goes on. */
Test(story, AP_8_CF_5_reminded_closed_and_open_again)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    visit_done();
    handler_proposes(rework());
    advance_days(4);
    told(NOTICE_KIND_REMINDED);
    advance_days(12);
    expect_status(INTAKE, "closed");
    const struct ev_intake_customer_notified *closed = told(NOTICE_KIND_CLOSED);
    cr_assert_eq(closed->outcome, OUTCOME_LAPSED);
    expect_says(closed->body, "未收到对方案的答复");
    arrives("/channels/web", form());
    expect_status(INTAKE, "open");
    expect_says(told(NOTICE_KIND_REOPENED)->body, "客户再次联系");
    expect_sound();
}

/* SL-7: a date promised is told, a milestone of ours on the way to it is not. */
Test(story, SL_7_a_date_promised_is_told)
{
    customer_claims(20000);
    struct ev_command_promise *c = NEW(struct ev_command_promise);
    const struct actor *handler = somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id);
    *c = (struct ev_command_promise){.actor = handler,
                                     .promise = "answer",
                                     .due_ms = story_world->now_ms + INT64_C(5) * 86400000,
                                     .text = "we measure again"};
    sends(EV_COMMAND_PROMISE, c);
    struct ev_command_promise *step = NEW(struct ev_command_promise);
    *step = *c;
    step->promise = "tools";
    step->of = "answer";
    sends(EV_COMMAND_PROMISE, step);
    expect_event(EV_INTAKE_MILESTONE_SET);
    const struct ev_intake_customer_notified *n = told(NOTICE_KIND_PROMISED);
    cr_assert_eq(n->due_ms, c->due_ms);
    expect_says(n->body, "we measure again");
    expect_says(n->body, "2026-03-07 09:00");
    expect_sound();
}

/* IN-7: who has the case now is told when that changes, once each. */
Test(story, IN_7_another_handler_is_told)
{
    customer_claims(20000);
    handler_changes_to("O-CN1-H2", "O-CN1-M", ROLE_OUTLET_MANAGER);
    const struct ev_intake_customer_notified *n = told(NOTICE_KIND_HANDLER_CHANGED);
    cr_assert_str_eq(n->handler_name, owner()->handler_name);
    told(NOTICE_KIND_ACKNOWLEDGED);
    expect_sound();
}
