/* The console's read model in memory: what events mean for a case's row, in any order of services. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/id.h"
#include "console/fold.h"

static struct arena arena;
static struct fold fold;

static void begin(void)
{
    arena_init(&arena);
    fold_init(&fold, &arena, NULL);
}
static void end(void) { arena_deinit(&arena); }

TestSuite(console_fold, .init = begin, .fini = end);

static void happen(enum event_type type, int64_t case_id, int64_t at_ms, const void *data)
{
    struct fold_input in = {
        .type = type, .case_id = case_id, .at_ms = at_ms, .id = "x.0.1", .json = "{}", .data = data};
    fold_apply(&fold, &in);
}

static struct brief brief = {
    .case_no = "RF2026-00-000001", .currency = "CNY", .customer = &(struct customer){.name = "Wang"}};

static const struct fold_view *view(int i) { return (const struct fold_view *)fold.views.rows + i; }
static const struct fold_limit *limit(int i) { return (const struct fold_limit *)fold.limits.rows + i; }
static const struct fold_payout *payout(int i) { return (const struct fold_payout *)fold.payouts.rows + i; }

Test(console_fold, one_row_a_case_and_one_entry_an_event)
{
    struct ev_intake_registered registered = {.brief = &brief, .materials = MATERIALS_COMPLETE};
    happen(EV_INTAKE_REGISTERED, 7, 100, &registered);
    happen(EV_EVIDENCE_VISIT_ORDERED, 7, 120, NULL);
    happen(EV_INTAKE_REGISTERED, 8, 110, &registered);
    cr_assert_eq(fold.entries.n, 3);
    cr_assert_eq(fold.views.n, 2);
    cr_assert_eq(view(0)->opened_ms, 100);
    cr_assert_eq(view(0)->updated_ms, 120);
    cr_assert_str_eq(view(0)->status[FOLD_INTAKE], "open");
    cr_assert_str_eq(view(0)->status[FOLD_EVIDENCE], "visit_ordered");
    cr_assert_null(view(1)->status[FOLD_EVIDENCE]);
    cr_assert_eq(fold.counts[EV_INTAKE_REGISTERED], 2);
}

/* PA-9: what is paid at the home of an account stands in its timeline and in no list of cases. */
Test(console_fold, PA_9_a_payment_of_an_account_makes_no_case)
{
    struct ev_payment_instructed instructed = {
        .payout_no = 1, .key = "k", .amount_minor = 5, .currency = "CNY", .payee = "p", .slip_no = "T"};
    happen(EV_PAYMENT_INSTRUCTED, id_account("visit:RF2026-00-000001@2026-03-02", 16), 100, &instructed);
    cr_assert_eq(fold.entries.n, 1);
    cr_assert_eq(fold.views.n, 0);
    cr_assert_eq(fold.payouts.n, 0);
    happen(EV_PAYMENT_INSTRUCTED, 7, 100, &instructed);
    cr_assert_eq(fold.payouts.n, 1);
}

/* Facts of different services commute: every service has a status of its own. */
Test(console_fold, order_of_services_does_not_matter)
{
    struct ev_payment_settled settled = {
        .has_payout_no = true, .payout_no = 1, .voucher_no = "V", .amount_minor = 5, .currency = "CNY"};
    struct ev_intake_closed closed = {.outcome = OUTCOME_SETTLED};
    happen(EV_INTAKE_CLOSED, 7, 300, &closed);
    happen(EV_PAYMENT_SETTLED, 7, 200, &settled);
    happen(EV_APPROVAL_SLIP_APPROVED, 7, 150, NULL);
    cr_assert_str_eq(view(0)->status[FOLD_INTAKE], "closed");
    cr_assert_str_eq(view(0)->status[FOLD_PAYMENT], "settled");
    cr_assert_str_eq(view(0)->status[FOLD_APPROVAL], "approved");
    cr_assert_eq(view(0)->updated_ms, 300, "time does not go back");
    cr_assert_eq(view(0)->paid_minor, 5);
}

Test(console_fold, a_reopened_case_has_no_outcome)
{
    struct ev_intake_closed closed = {.outcome = OUTCOME_REJECTED};
    happen(EV_INTAKE_CLOSED, 7, 300, &closed);
    happen(EV_INTAKE_REOPENED, 7, 400, &(struct ev_intake_reopened){.reason = "not_satisfied"});
    cr_assert(view(0)->reopened);
    cr_assert_null(view(0)->outcome);
    cr_assert_eq(view(0)->closed_ms, FOLD_NONE);
    happen(EV_INTAKE_CLOSED, 7, 500, &closed);
    cr_assert_not(view(0)->reopened);
    cr_assert_str_eq(view(0)->outcome, "rejected");
}

/* SL-3: a miss counts once; answered afterwards it stays a miss, with how late. */
Test(console_fold, SL_3_a_miss_answered_late_stays_a_miss)
{
    struct limit first = {.code = "evidence", .ver = 1, .state = LIMIT_STATE_ARMED, .start_ms = 0, .due_ms = 100};
    happen(EV_SLA_ARMED, 7, 0, &(struct ev_sla_armed){.limit = &first});
    happen(EV_SLA_BREACHED, 7, 101,
           &(struct ev_sla_breached){
               .code = "evidence", .ver = 1, .round = 1, .due_ms = 100, .fired_ms = 101, .late_ms = 1});
    cr_assert_str_eq(limit(0)->state, "missed");
    cr_assert_eq(limit(0)->ended_ms, FOLD_NONE, "still unanswered");
    cr_assert_eq(view(0)->missed, 1);
    happen(EV_SLA_ENDED, 7, 180,
           &(struct ev_sla_ended){.code = "evidence", .ver = 1, .due_ms = 100, .at_ms = 180, .late_ms = 80});
    cr_assert_str_eq(limit(0)->state, "missed");
    cr_assert_eq(limit(0)->ended_ms, 180);
    cr_assert_eq(limit(0)->late_ms, 80);
    cr_assert_eq(limit(0)->misses, 1);
    cr_assert_eq(fold.missed, 1);
}

/* SL-2: a new run of a limit begins anew; only how often it was missed is kept. */
Test(console_fold, SL_2_a_new_run_forgets_the_one_before)
{
    struct limit first = {.code = "evidence", .ver = 1, .state = LIMIT_STATE_ARMED, .due_ms = 100};
    struct limit second = {.code = "evidence", .ver = 2, .state = LIMIT_STATE_ARMED, .start_ms = 110, .due_ms = 200};
    happen(EV_SLA_ARMED, 7, 0, &(struct ev_sla_armed){.limit = &first});
    happen(EV_SLA_BREACHED, 7, 101,
           &(struct ev_sla_breached){.code = "evidence", .ver = 1, .due_ms = 100, .fired_ms = 101, .late_ms = 1});
    happen(EV_SLA_ARMED, 7, 110, &(struct ev_sla_armed){.limit = &second});
    cr_assert_eq(fold.limits.n, 1);
    cr_assert_str_eq(limit(0)->state, "armed");
    cr_assert_eq(limit(0)->ver, 2);
    cr_assert_eq(limit(0)->fired_ms, FOLD_NONE);
    cr_assert_eq(limit(0)->misses, 1);
    cr_assert(limit(0)->armed);
}

Test(console_fold, the_highest_assignment_wins)
{
    struct assignment one = {.version = 1, .org_id = "O-1"}, two = {.version = 2, .org_id = "R-1"};
    happen(EV_DISPATCH_REASSIGNED, 7, 20,
           &(struct ev_dispatch_reassigned){.assignment = &two, .from_org = "O-1", .reason = "taken_over"});
    happen(EV_DISPATCH_ASSIGNED, 7, 10,
           &(struct ev_dispatch_assigned){.brief = &brief, .assignment = &one, .reason = "territory"});
    const struct fold_assignment *x = fold.assignments.rows;
    cr_assert_eq(fold.assignments.n, 1);
    cr_assert_str_eq(x->assignment->org_id, "R-1");
}

/* PA-3: each payout counts once: deducted when deducted, transferred when settled. */
Test(console_fold, PA_3_money_counts_once)
{
    happen(EV_PAYMENT_DEDUCTED, 7, 10,
           &(struct ev_payment_deducted){.amount_minor = 300, .currency = "CNY", .slip_no = "S"});
    happen(EV_PAYMENT_SETTLED, 7, 11,
           &(struct ev_payment_settled){.voucher_no = "V1", .amount_minor = 300, .currency = "CNY"});
    happen(EV_PAYMENT_INSTRUCTED, 8, 10,
           &(struct ev_payment_instructed){
               .payout_no = 1, .key = "k", .amount_minor = 50, .currency = "CNY", .payee = "p"});
    happen(EV_PAYMENT_SETTLED, 8, 12,
           &(struct ev_payment_settled){
               .has_payout_no = true, .payout_no = 1, .voucher_no = "V2", .amount_minor = 50, .currency = "CNY"});
    happen(EV_PAYMENT_DEDUCTED, 9, 10,
           &(struct ev_payment_deducted){.amount_minor = 30, .currency = "CNY", .slip_no = "S"});
    happen(EV_PAYMENT_SETTLED, 9, 13, /* 30 of it set off before */
           &(struct ev_payment_settled){.has_payout_no = true,
                                        .payout_no = 1,
                                        .voucher_no = "V3",
                                        .amount_minor = 50,
                                        .has_paid_minor = true,
                                        .paid_minor = 20,
                                        .currency = "CNY"});
    const struct fold_paid *paid = fold.paid.rows;
    cr_assert_eq(fold.paid.n, 1);
    cr_assert_eq(paid->n, 4);
    cr_assert_eq(paid->amount_minor, 400);
    cr_assert_str_eq(payout(0)->state, "deducted");
    cr_assert_str_eq(payout(0)->voucher_no, "V1");
    cr_assert_str_eq(payout(1)->state, "settled");
}

Test(console_fold, who_acted_is_read_from_the_event)
{
    struct actor actor = {.id = "O-1-M", .role = ROLE_OUTLET_MANAGER, .name = "Li"};
    happen(EV_COMMAND_APPROVE, 7, 10, &(struct ev_command_approve){.actor = &actor});
    happen(EV_APPROVAL_GRANTED, 7, 11, &(struct ev_approval_granted){.approver_id = "O-1-M", .currency = "CNY"});
    happen(EV_APPROVAL_CUSTOMER_ACCEPTED, 7, 12, &(struct ev_approval_customer_accepted){.round = 1});
    const struct fold_entry *e = fold.entries.rows;
    cr_assert_str_eq(e[0].actor, "Li");
    cr_assert_str_eq(e[0].actor_role, "outlet_manager");
    cr_assert_str_eq(e[1].actor, "O-1-M");
    cr_assert_null(e[2].actor);
    cr_assert_str_eq(e[2].actor_role, "customer");
}

Test(console_fold, thousands_of_cases_keep_their_rows_apart)
{
    struct limit one = {.code = "first_response", .ver = 1, .state = LIMIT_STATE_ARMED, .due_ms = 1};
    struct limit two = {.code = "evidence", .ver = 1, .state = LIMIT_STATE_ARMED, .due_ms = 2};
    for (int round = 0; round < 2; round++)
        for (int64_t id = 1; id <= 3000; id++) {
            happen(EV_SLA_ARMED, id, id, &(struct ev_sla_armed){.limit = round == 0 ? &one : &two});
            happen(EV_DISPATCH_RELEASED, id, id, NULL);
        }
    cr_assert_eq(fold.views.n, 3000);
    cr_assert_eq(fold.limits.n, 6000);
    for (int i = 0; i < 3000; i++) cr_assert_eq(view(i)->case_id, i + 1);
    cr_assert_str_eq(limit(5999)->code, "evidence");
    cr_assert_eq(limit(5999)->case_id, 3000);
}

/* SL-3: an alarm of the timers belongs to no case: an entry, a row of its own kind, and no case's row. */
Test(console_fold, SL_3_an_alarm_of_the_timers)
{
    struct ev_sla_alarm_raised raised = {
        .kind = TIMER_ALARM_OVERDUE, .partition = 3, .since_ms = 100, .has_late_ms = true, .late_ms = 1500};
    struct ev_sla_alarm_ended ended = {.kind = TIMER_ALARM_OVERDUE, .partition = 3, .since_ms = 100, .ended_ms = 200};
    happen(EV_SLA_ALARM_RAISED, 0, 100, &raised);
    happen(EV_SLA_ALARM_ENDED, 0, 200, &ended);
    const struct fold_alarm *rows = fold.alarms.rows;
    cr_assert_eq(fold.alarms.n, 2);
    cr_assert_str_eq(rows[0].kind, "overdue");
    cr_assert_eq(rows[0].late_ms, 1500);
    cr_assert_eq(rows[0].ended_ms, FOLD_NONE);
    cr_assert_eq(rows[1].ended_ms, 200);
    cr_assert_eq(fold.entries.n, 2);
    cr_assert_eq(fold.views.n, 0);
}

/* CF-2: a notice and its fate stand on two topics: read in either order they come to the same row. */
Test(console_fold, CF_2_a_notice_and_its_fate_meet_in_one_row)
{
    struct recipient to = {.channel = "/channels/web"};
    struct ev_intake_customer_notified made = {.notice_no = 2, .kind = NOTICE_KIND_PAID, .recipient = &to};
    struct ev_intake_notice_failed failed = {
        .notice_no = 1, .how = "sms", .at_ms = 150, .by = "/channels/web", .reason = "no such number"};
    struct ev_intake_notice_delivered delivered = {.notice_no = 2, .how = "phone", .at_ms = 160, .by = "O-CN1-H1"};
    happen(EV_INTAKE_NOTICE_FAILED, 7, 151, &failed);
    happen(EV_INTAKE_NOTICE_DELIVERED, 7, 161, &delivered);
    happen(EV_INTAKE_CUSTOMER_NOTIFIED, 7, 100, &made);
    made.notice_no = 1;
    happen(EV_INTAKE_CUSTOMER_NOTIFIED, 7, 90, &made);
    happen(EV_INTAKE_CUSTOMER_NOTIFIED, 8, 95, &made);
    const struct fold_notice *n = fold.notices.rows;
    cr_assert_eq(fold.notices.n, 3);
    cr_assert_eq(n[0].notice_no, 1);
    cr_assert_str_eq(n[0].result, "failed");
    cr_assert_str_eq(n[0].reason, "no such number");
    cr_assert_eq(n[0].made_ms, 90);
    cr_assert_str_eq(n[1].result, "delivered");
    cr_assert_str_eq(n[1].kind, "paid");
    cr_assert_str_eq(n[1].channel, "/channels/web");
    cr_assert_eq(n[1].answered_ms, 160);
    cr_assert_null(n[2].result);
    delivered.notice_no = 1;
    happen(EV_INTAKE_NOTICE_DELIVERED, 7, 171, &delivered);
    cr_assert_str_eq(n[0].result, "delivered");
    cr_assert_null(n[0].reason, "of the attempt before");
}
