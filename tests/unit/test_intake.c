/* Intake, one event at a time: what the order of topics does to a case, and the edges of amounts and times. */
#include "core_kit.h"
#include "intake/intake.h"

TestSuite(intake, .init = kit_begin, .fini = kit_end);

static struct intake_state next;

static enum verdict step(const struct intake_state *s, enum event_type type, const void *data)
{
    return kit_step_at(&intake_core, s, type, data, KIT_NOW_MS, &next);
}

static struct intake_state in_status(enum intake_status status)
{
    return (struct intake_state){.status = status,
                                 .brief = &kit_brief,
                                 .contacts = 1,
                                 .handler_id = "O-CN1-H1",
                                 .assignment_version = 2,
                                 .handler_since_ms = KIT_NOW_MS - 1000};
}

static const struct brief *registered(const struct ev_inbound_complaint *c)
{
    struct intake_state none = {0};
    cr_assert_eq(step(&none, EV_INBOUND_COMPLAINT, c), VERDICT_DONE);
    return ((const struct ev_intake_registered *)kit_output(0, EV_INTAKE_REGISTERED))->brief;
}

/* IN-8: a channel's own time of receipt counts, but nothing is received in the future. */
Test(intake, IN_8_receipt_is_the_channels_time_and_never_ahead)
{
    struct ev_inbound_complaint c = {.description = "x", .has_received_at = true, .received_at_ms = KIT_NOW_MS - 7};
    cr_assert_eq(registered(&c)->received_ms, KIT_NOW_MS - 7);
    c.received_at_ms = KIT_NOW_MS + 7;
    cr_assert_eq(registered(&c)->received_ms, KIT_NOW_MS);
}

/* AP-4: a negative amount says nothing. IN-3: nobody claims nothing. */
Test(intake, AP_4_a_negative_amount_is_unknown)
{
    struct ev_inbound_complaint c = {
        .description = "x", .has_claimed_minor = true, .claimed_minor = -1, .currency = "CNY"};
    const struct brief *b = registered(&c);
    cr_assert(!b->has_claimed_minor);
    cr_assert_eq(b->kind, KIND_COMPLAINT);
    c.claimed_minor = 0;
    cr_assert(registered(&c)->has_claimed_minor);
    cr_assert_eq(registered(&c)->kind, KIND_COMPLAINT);
    c.claimed_minor = 1;
    cr_assert_eq(registered(&c)->kind, KIND_CLAIM);
    c.kind = KIND_OTHER;
    cr_assert_eq(registered(&c)->kind, KIND_OTHER, "a request stays a request");
}

/* IN-7: assignments are told once each; an older one that comes late says nothing. */
Test(intake, IN_7_an_older_assignment_changes_nothing)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    struct assignment a = kit_outlet;
    struct ev_dispatch_reassigned e = {.assignment = &a, .from_org = "x", .reason = "y"};
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_IGNORED);
    a.version = 3;
    a.handler_id = "R-CN-H1";
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &e), VERDICT_DONE);
    cr_assert_str_eq(next.handler_id, "R-CN-H1");
    cr_assert_str_eq(next.former_handler_id, "O-CN1-H1");
}

/* IN-8: with several contacts the earliest counts, in whatever order they are told. */
Test(intake, IN_8_a_later_contact_does_not_move_the_first_response)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    s.has_responded_ms = true;
    s.responded_ms = KIT_NOW_MS - 500;
    struct ev_command_contact c = {.actor = &kit_handler, .channel = "phone", .result = "spoken"};
    cr_assert_eq(step(&s, EV_COMMAND_CONTACT, &c), VERDICT_DONE);
    cr_assert_eq(next.responded_ms, KIT_NOW_MS - 500);
    c.has_at_ms = true;
    c.at_ms = KIT_NOW_MS - 600;
    cr_assert_eq(step(&s, EV_COMMAND_CONTACT, &c), VERDICT_DONE);
    cr_assert_eq(next.responded_ms, KIT_NOW_MS - 600);
}

/* SL-3: what the former handler did before the change counts, and nothing after it. */
Test(intake, SL_3_the_former_handlers_call_counts_up_to_the_change)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    s.handler_id = "O-CN1-H2";
    s.former_handler_id = "O-CN1-H1";
    struct ev_command_contact c = {.actor = &kit_handler, .channel = "phone", .result = "spoken"};
    cr_assert_eq(kit_step_at(&intake_core, &s, EV_COMMAND_CONTACT, &c, s.handler_since_ms, &next), VERDICT_DONE);
    kit_refused(kit_step_at(&intake_core, &s, EV_COMMAND_CONTACT, &c, s.handler_since_ms + 1, &next), "IN-8",
                "not_the_named_handler");
}

static const struct measure money = {.kind = MEASURE_KIND_COMPENSATION, .executor = "finance"};
static const struct plan plan = {.n_measures = 1, .measures = &money, .amount_minor = 30000, .currency = "CNY"};
static const struct ev_approval_slip_approved slip = {.slip_no = "S",
                                                      .brief = &kit_brief,
                                                      .assignment = &kit_outlet,
                                                      .plan = &plan,
                                                      .liability = LIABILITY_OUTLET,
                                                      .must_pay = true};
static const struct ev_payment_settled settled = {.voucher_no = "V", .amount_minor = 30000, .currency = "CNY"};

/* CF-5: paid before the slip was read, or after: the same case in the end, and paid once. */
Test(intake, CF_5_payment_and_slip_commute)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN), a, b;
    cr_assert_eq(step(&s, EV_PAYMENT_SETTLED, &settled), VERDICT_DONE);
    a = next;
    cr_assert_eq(step(&a, EV_APPROVAL_SLIP_APPROVED, &slip), VERDICT_DONE);
    a = next;
    cr_assert_eq(step(&s, EV_APPROVAL_SLIP_APPROVED, &slip), VERDICT_DONE);
    b = next;
    cr_assert_eq(step(&b, EV_PAYMENT_SETTLED, &settled), VERDICT_DONE);
    b = next;
    cr_assert(desc_equal(&intake_state_desc, &a, &b));
    cr_assert_eq(a.status, INTAKE_STATUS_AWAITING_SATISFACTION);
    cr_assert_eq(a.paid_minor, 30000);
}

/* ES-8: of a closed case, what is judged counts, and its payment, before the dispute itself has been read. */
Test(intake, ES_8_a_judgment_brings_a_closed_case_back)
{
    struct intake_state s = in_status(INTAKE_STATUS_CLOSED);
    struct ev_approval_slip_approved judged = slip;
    judged.judgment = true;
    s.outcome = OUTCOME_REJECTED;
    cr_assert_eq(step(&s, EV_APPROVAL_SLIP_APPROVED, &slip), VERDICT_DONE);
    cr_assert_eq(next.status, INTAKE_STATUS_CLOSED, "a signature does not");
    cr_assert_eq(step(&s, EV_APPROVAL_SLIP_APPROVED, &judged), VERDICT_DONE);
    cr_assert_eq(next.status, INTAKE_STATUS_ANSWERED);
    cr_assert_eq(step(&s, EV_PAYMENT_SETTLED, &settled), VERDICT_DONE);
    s = next;
    cr_assert_eq(step(&s, EV_APPROVAL_SLIP_APPROVED, &judged), VERDICT_DONE);
    cr_assert_eq(next.status, INTAKE_STATUS_CLOSED);
    cr_assert_eq(next.outcome, OUTCOME_SETTLED);
}

/* Sums of money do not wrap: at the end of the range the last slip stands. */
Test(intake, PA_4_the_sum_paid_does_not_wrap)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    s.paid = true;
    s.paid_minor = INT64_MAX;
    s.currency = "CNY";
    cr_assert_eq(step(&s, EV_APPROVAL_SLIP_APPROVED, &slip), VERDICT_DONE);
    cr_assert_eq(next.paid_minor, 30000);
}

/* AP-9: a miss of the appeal period closes only what was rejected, and only a rejection it can belong to. */
Test(intake, AP_9_a_stale_miss_of_the_appeal_closes_nothing)
{
    struct intake_state s = in_status(INTAKE_STATUS_ANSWERED);
    struct ev_sla_breached miss = {.code = "appeal", .round = 1, .due_ms = KIT_NOW_MS};
    s.noticed = true;
    s.outcome = OUTCOME_SETTLED;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_IGNORED);
    s.outcome = OUTCOME_REJECTED;
    s.asked_ms = KIT_NOW_MS + 1;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_IGNORED);
    s.asked_ms = KIT_NOW_MS;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_DONE);
    cr_assert_eq(next.status, INTAKE_STATUS_CLOSED);
}

/* AP-9: the miss may be read before its rejection; the rejection is then told after the closing. */
Test(intake, AP_9_the_miss_may_be_read_before_its_rejection)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    struct ev_sla_breached miss = {.code = "appeal", .round = 1, .due_ms = KIT_NOW_MS};
    struct ev_approval_rejected rejected = {.reasons = "misuse"};
    s.rejections = 1;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_IGNORED, "it belongs to the one appealed against");
    s.rejections = 0;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_DONE);
    cr_assert_eq(next.status, INTAKE_STATUS_CLOSED);
    s = next;
    cr_assert_eq(step(&s, EV_APPROVAL_REJECTED, &rejected), VERDICT_DONE);
    kit_output(0, EV_INTAKE_RESULT_NOTICED);
    cr_assert_eq(next.status, INTAKE_STATUS_CLOSED);
}

/* RV-1: the miss of an earlier call does not close the present one. */
Test(intake, RV_1_a_stale_miss_of_the_call_closes_nothing)
{
    struct intake_state s = in_status(INTAKE_STATUS_AWAITING_SATISFACTION);
    struct ev_sla_breached miss = {.code = "satisfaction", .round = 1, .due_ms = KIT_NOW_MS};
    s.asked_ms = KIT_NOW_MS + 1;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_IGNORED);
    s.asked_ms = KIT_NOW_MS;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_DONE);
    cr_assert_eq(next.answer_due_ms, KIT_NOW_MS);
}

/* IN-10: what the review rejected is not brought back by an answer to an offer made meanwhile. */
Test(intake, IN_10_a_review_is_final)
{
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    struct ev_command_review review = {.actor = &kit_handler, .in_scope = true, .comment = "a bribe is asked for"};
    struct ev_approval_customer_objected objected = {.round = 1, .reason = "x"};
    cr_assert_eq(step(&s, EV_COMMAND_REVIEW, &review), VERDICT_DONE);
    s = next;
    cr_assert_eq(s.status, INTAKE_STATUS_CLOSED);
    cr_assert_eq(step(&s, EV_APPROVAL_CUSTOMER_OBJECTED, &objected), VERDICT_IGNORED);
}

/* ---- notices (PA-3, CF-2) ---- */

static int notices(void)
{
    int n = 0;
    for (int i = 0; i < kit_out.n_outputs; i++) n += kit_out.outputs[i].type == EV_INTAKE_CUSTOMER_NOTIFIED;
    return n;
}

/* PA-3: each settlement is told once, and ends the case once, however the case stands when it is read. */
Test(intake, PA_3_each_settlement_is_told_once_in_every_status)
{
    for (int status = INTAKE_STATUS_AWAITING_MATERIAL; status < INTAKE_STATUS_COUNT; status++) {
        struct intake_state s = in_status((enum intake_status)status);
        cr_assert_eq(step(&s, EV_PAYMENT_SETTLED, &settled), VERDICT_DONE, "status %d", status);
        cr_assert_eq(notices(), 1, "status %d", status);
        s = next;
        cr_assert_eq(step(&s, EV_PAYMENT_SETTLED, &settled), VERDICT_DONE, "status %d", status);
        cr_assert_eq(notices(), 1, "of another slip, status %d", status);
        cr_assert_eq(next.notices, s.notices + 1);
        cr_assert_eq(next.paid_minor, s.paid_minor);
    }
}

static enum verdict report(const struct intake_state *s, const struct actor *who, int64_t notice_no,
                           enum notice_result result)
{
    struct ev_command_report_notice c = {.actor = who, .notice_no = notice_no, .result = result, .how = "sms"};
    return step(s, EV_COMMAND_REPORT_NOTICE, &c);
}

/* CF-2: a notice that failed may be tried again; one that arrived has arrived; only its own channel or who speaks with
 * the customer says so. */
Test(intake, CF_2_whether_a_notice_arrived_is_recorded)
{
    static const struct actor web = {.id = "/channels/web", .role = ROLE_CHANNEL};
    static const struct actor shop = {.id = "/channels/shop", .role = ROLE_CHANNEL};
    struct intake_state s = in_status(INTAKE_STATUS_CLOSED);
    s.notices = 2;
    kit_refused(report(&s, &web, 0, NOTICE_RESULT_DELIVERED), "CF-2", "no_such_notice");
    kit_refused(report(&s, &web, 3, NOTICE_RESULT_DELIVERED), "CF-2", "no_such_notice");
    kit_refused(report(&s, &shop, 1, NOTICE_RESULT_DELIVERED), "CF-2", "another_channel");
    kit_refused(report(&s, &kit_buyer, 1, NOTICE_RESULT_DELIVERED), "CF-2", "not_the_named_handler");
    cr_assert_eq(report(&s, &web, 1, NOTICE_RESULT_FAILED), VERDICT_DONE);
    kit_output(0, EV_INTAKE_NOTICE_FAILED);
    s = next;
    cr_assert_eq(report(&s, &kit_handler, 1, NOTICE_RESULT_DELIVERED), VERDICT_DONE);
    const struct ev_intake_notice_delivered *e = kit_output(0, EV_INTAKE_NOTICE_DELIVERED);
    cr_assert_eq(e->at_ms, KIT_NOW_MS);
    cr_assert_str_eq(e->by, "O-CN1-H1");
    s = next;
    kit_refused(report(&s, &web, 1, NOTICE_RESULT_DELIVERED), "CF-2", "already_delivered");
    cr_assert_eq(report(&s, &web, 2, NOTICE_RESULT_DELIVERED), VERDICT_DONE);
    cr_assert_eq(next.n_delivered, 2);
}

/* A policy that tells nothing of a step leaves no trace of it. */
Test(intake, CF_5_what_the_policy_does_not_tell_changes_nothing)
{
    struct policy mute = *kit_policy;
    struct pol_pack pack = *kit_policy->pack;
    struct pol_notices none = *kit_policy->pack->notices;
    const struct policy *shipped = kit_policy;
    static const struct ev_approval_offered offered = {.plan = &plan, .round = 1};
    struct intake_state s = in_status(INTAKE_STATUS_OPEN);
    cr_assert_eq(step(&s, EV_APPROVAL_OFFERED, &offered), VERDICT_DONE);
    cr_assert_eq(notices(), 1);
    kit_output(1, EV_INTAKE_INFORMED);
    none.n_texts = 0;
    pack.notices = &none;
    mute.pack = &pack;
    kit_policy = &mute;
    cr_assert_eq(step(&s, EV_APPROVAL_OFFERED, &offered), VERDICT_IGNORED);
    cr_assert_eq(step(&s, EV_PAYMENT_SETTLED, &settled), VERDICT_DONE);
    cr_assert_eq(notices(), 0);
    kit_policy = shipped;
}
