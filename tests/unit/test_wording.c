/* The words of notices (policy/wording.h): what templates may say, what becomes of what is not said, and that packs
 * whose texts cannot be right are refused with their place. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack_kit.h"
#include "policy/wording.h"

static const struct policy *policy;
static struct arena arena;

static void set_up(void)
{
    struct err e = ERR_INIT;
    arena_init(&arena);
    cr_assert(policy_load(PACK_DIR, REDRESS_SOURCE_DIR "/schemas/calendar", &policy, &e), "%s", e.message);
}

static void tear_down(void)
{
    policy_unload(policy);
    arena_deinit(&arena);
}

TestSuite(wording, .init = set_up, .fini = tear_down);

static const struct recipient somebody = {.name = "王芳", .phone = "13800138000", .channel = "/channels/web"};
static const struct recipient nobody = {.channel = "/channels/web"};

static void write_out(struct ev_intake_customer_notified *n, const struct pol_notice_text *text)
{
    struct wording w = {policy, policy->calendar, &arena};
    n->case_no = "RF2026-03-000001";
    if (n->recipient == NULL) n->recipient = &somebody;
    wording_write(&w, text, n);
}

static const char *body(struct ev_intake_customer_notified n, const char *template)
{
    struct pol_notice_template t = {.title = "-", .body = template};
    struct pol_notice_text text = {.kind = n.kind, .zh = &t, .en = &t};
    write_out(&n, &text);
    return n.body;
}

/* PA-3: amount, plan and voucher, in the customer's language. */
Test(wording, PA_3_paid_says_amount_plan_and_voucher)
{
    static const enum measure_kind measures[] = {MEASURE_KIND_REPAIR, MEASURE_KIND_COMPENSATION};
    struct ev_intake_customer_notified n = {.kind = NOTICE_KIND_PAID,
                                            .language = LANGUAGE_EN,
                                            .has_amount_minor = true,
                                            .amount_minor = 120000,
                                            .has_paid_minor = true,
                                            .paid_minor = 90000,
                                            .has_before_minor = true,
                                            .before_minor = 30000,
                                            .currency = "CNY",
                                            .voucher_no = "S-1-P1",
                                            .n_measures = 2,
                                            .measures = measures};
    write_out(&n, wording_of(policy, NOTICE_KIND_PAID));
    cr_assert_str_eq(n.title, "Case RF2026-03-000001: paid");
    cr_assert_str_eq(n.body, "1200.00 CNY for your case RF2026-03-000001 has been paid in full, voucher S-1-P1. Plan: "
                             "repair, compensation. Paid now: 900.00 CNY. Set off or paid before: 300.00 CNY.");
    n.language = LANGUAGE_ZH;
    n.has_before_minor = false;
    write_out(&n, wording_of(policy, NOTICE_KIND_PAID));
    cr_assert_str_eq(n.body, "您的案件 RF2026-03-000001 的赔付 1200.00 CNY 已全部完成，凭证号 S-1-P1。"
                             "方案：维修、赔偿。本次支付 900.00 CNY。");
}

/* What is not known is left out with all that stands beside it in brackets; outside of them it is just not there. */
Test(wording, CF_5_what_is_not_said_is_left_out)
{
    struct ev_intake_customer_notified n = {.kind = NOTICE_KIND_DEDUCTED, .language = LANGUAGE_EN, .currency = "CNY"};
    cr_assert_str_eq(body(n, "a[ b {rest}]{rest} c[ {slip} {rest}][d]"), "a cd");
    n.has_rest_minor = true;
    n.rest_minor = 5;
    n.slip_no = "{name}[";
    cr_assert_str_eq(body(n, "a[ b {rest}] c[ {slip} {rest}]"), "a b 0.05 CNY c {name}[ 0.05 CNY");
    n.recipient = &nobody;
    cr_assert_str_eq(body(n, "Hello[ {name}]!"), "Hello!");
}

/* SL-1: a time is told by the wall clock of the calendar, whichever day that is in UTC. */
Test(wording, SL_7_a_date_is_that_of_the_calendar)
{
    struct ev_intake_customer_notified n = {.kind = NOTICE_KIND_PROMISED, .has_due_ms = true};
    n.due_ms = INT64_C(1772640000000); /* 2026-03-04T16:00:00Z */
    cr_assert_str_eq(body(n, "{date}"), "2026-03-05 00:00");
    n.due_ms += INT64_C(64799999); /* a millisecond before 18:00 */
    cr_assert_str_eq(body(n, "{date}"), "2026-03-05 17:59");
}

/* A code the pack has no word for stands as it is: a person's own text is one. */
Test(wording, AP_7_reasons_and_routes_are_words_or_stand_as_they_are)
{
    static const char *const routes[] = {"appeal", "ombudsman"};
    struct ev_intake_customer_notified n = {.kind = NOTICE_KIND_REJECTED,
                                            .language = LANGUAGE_EN,
                                            .reasons = "used on a wet floor",
                                            .n_routes = 2,
                                            .routes = routes};
    cr_assert_str_eq(body(n, "{reasons}: {routes}"), "used on a wet floor: appeal to the next level, ombudsman");
}

Test(wording, PA_3_a_template_that_cannot_be_right_is_known)
{
    static const struct {
        const char *template, *why, *name;
    } faults[] = {
        {"", "says nothing", ""},
        {"{amuont}", "there is no such name", "amuont"},
        {"{}", "there is no such name", ""},
        {"{routes}", "a notice of this kind does not say it", "routes"},
        {"{amount", "{ without }", ""},
        {"{amount[", "{ without }", ""},
        {"amount}", "} without {", ""},
        {"[a[b]]", "[ inside [ ]", ""},
        {"a]", "] without [", ""},
        {"[{amount}", "[ without ]", ""},
    };
    char name[WORDING_NAME_SIZE];
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const char *why = wording_fault(NOTICE_KIND_PAID, faults[i].template, name);
        cr_assert(why != NULL, "accepted: %s", faults[i].template);
        cr_expect_str_eq(why, faults[i].why, "%s", faults[i].template);
        cr_expect_str_eq(name, faults[i].name, "%s", faults[i].template);
    }
    cr_assert_null(wording_fault(NOTICE_KIND_PAID, "{amount}[ {voucher}]{name}{case_no}", name));
}

/* ---- the pack as a whole ---- */

static void expect_refused(const char *from, const char *to, const char *message)
{
    char *pack = pack_read(PACK_DIR "/pack.json"), *organisation = pack_read(PACK_DIR "/organisation.json");
    char *with = pack_replaced(pack, from, to);
    pack_expect_refused(with, organisation, message);
    free(with);
    free(organisation);
    free(pack);
}

/* PA-3 IN-7 AP-7 RV-2: a name nobody knows, a language that is missing, a kind the rules ask for: refused with the
 * place. */
Test(wording, PA_3_IN_7_AP_7_RV_2_a_pack_that_cannot_tell_is_refused)
{
    expect_refused("赔付 {amount} 已全部", "赔付 {sum} 已全部",
                   "pack.json: $.notices.texts[9].zh.body: {sum}: there is no");
    expect_refused("Case {case_no}: paid", "{routes}", "$.notices.texts[9].en.title: {routes}: a notice of this kind");
    expect_refused("\"kind\": \"paid\"", "\"kind\": \"result\"", "$.notices.texts[9].kind: result is listed twice");
    expect_refused("\"kind\": \"paid\"", "\"kind\": \"payed\"", "$.notices.texts[9].kind");
    expect_refused("\"word\": \"repair\"", "\"word\": \"rework\"", "\"rework\" is listed twice");
    expect_refused("\"language\": \"zh\"", "\"language\": \"de\"", "$.notices.language");
}
