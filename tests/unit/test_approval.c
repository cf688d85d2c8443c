/* Approval, one event at a time: amounts at the threshold, facts that come late (AP-3, AP-4, AP-6, AP-8, AP-9). */
#include "approval/approval.h"
#include "core_kit.h"

TestSuite(approval, .init = kit_begin, .fini = kit_end);

static struct approval_state next;
static const struct measure money = {.kind = MEASURE_KIND_COMPENSATION, .executor = "finance"};
static const struct finding finding = {.cause = CAUSE_WORKMANSHIP, .liability = LIABILITY_OUTLET, .justified = true};

static enum verdict step(const struct approval_state *s, enum event_type type, const void *data)
{
    return kit_step_at(&approval_core, s, type, data, KIT_NOW_MS, &next);
}

static struct approval_state in_status(enum approval_status status)
{
    return (struct approval_state){.status = status,
                                   .brief = &kit_brief,
                                   .assignment = &kit_outlet,
                                   .finding = &finding,
                                   .proposer_id = "O-CN1-H1",
                                   .round = 1};
}

struct amounts {
    enum kind kind;
    int64_t claimed; /* -1 = unknown */
    const char *claimed_in;
    int64_t planned;
    const char *planned_in;
    int64_t granted; /* 0 = nothing */
    const char *granted_in;
    bool alone;
};

/* AP-3 AP-4: one row a case; the highest of claimed, planned (with what was granted before) and paid counts. */
Test(approval, AP_4_the_threshold_exactly)
{
    static const struct amounts rows[] = {
        {KIND_CLAIM, 49999, "CNY", 49999, "CNY", 0, NULL, true},
        {KIND_CLAIM, 50000, "CNY", 1, "CNY", 0, NULL, false},
        {KIND_CLAIM, 1, "CNY", 50000, "CNY", 0, NULL, false},
        {KIND_CLAIM, 0, "CNY", 1, "CNY", 0, NULL, true},
        {KIND_CLAIM, -1, NULL, 1, "CNY", 0, NULL, false},
        {KIND_CLAIM, 1, NULL, 1, "CNY", 0, NULL, false},
        {KIND_CLAIM, 1, "EUR", 1, "CNY", 0, NULL, false},
        {KIND_CLAIM, 1, "CNY", 1, "EUR", 0, NULL, false},
        {KIND_CLAIM, 6999, "USD", 6999, "USD", 0, NULL, true},
        {KIND_CLAIM, 7000, "USD", 1, "USD", 0, NULL, false},
        {KIND_CLAIM, 6999, "USD", 49999, "CNY", 0, NULL, true},
        {KIND_CLAIM, 1, "CNY", 20000, "CNY", 29999, "CNY", true},
        {KIND_CLAIM, 1, "CNY", 20000, "CNY", 30000, "CNY", false},
        {KIND_CLAIM, 1, "CNY", 1, "USD", 1, "CNY", false},
        {KIND_CLAIM, 1, "CNY", 1, "CNY", 1, "mixed", false},
        {KIND_COMPLAINT, -1, NULL, 1, "CNY", 0, NULL, false},
        {KIND_COMPLAINT, 1, "CNY", 1, "CNY", 0, NULL, true},
        {KIND_CLAIM, INT64_MAX, "CNY", 1, "CNY", 0, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct amounts *r = &rows[i];
        struct brief brief = kit_brief;
        struct finding lost = finding;
        struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
        struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = r->planned, .currency = r->planned_in};
        struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
        brief.kind = r->kind;
        brief.has_claimed_minor = r->claimed >= 0;
        brief.claimed_minor = r->claimed >= 0 ? r->claimed : 0;
        brief.currency = r->claimed_in;
        lost.has_loss_minor = true; /* nothing of it is goodwill (AP-2) */
        lost.loss_minor = r->planned + r->granted;
        lost.currency = r->planned_in;
        s.brief = &brief;
        s.finding = &lost;
        s.granted_minor = r->granted;
        s.granted_currency = r->granted_in;
        cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
        kit_output(1, r->alone ? EV_APPROVAL_DECIDED_ALONE : EV_APPROVAL_REQUESTED);
    }
}

/* AP-4 AP-5: what head office has paid first counts as paid; in another currency it cannot be compared. */
Test(approval, AP_4_PA_5_an_advance_is_paid_already)
{
    static const struct {
        int64_t advanced;
        const char *in, *band;
        bool alone;
    } rows[] = {{49999, "CNY", NULL, true},
                {50000, "CNY", NULL, false},
                {1, "USD", NULL, false},
                {2000000, "CNY", "large", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
        struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 1, .currency = "CNY"};
        struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
        s.has_advanced_minor = true;
        s.advanced_minor = rows[i].advanced;
        s.advanced_currency = rows[i].in;
        cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
        const struct ev_approval_requested *e =
            kit_output(1, rows[i].alone ? EV_APPROVAL_DECIDED_ALONE : EV_APPROVAL_REQUESTED);
        if (rows[i].band != NULL) cr_assert_str_eq(e->band, rows[i].band);
    }
}

/* AP-2: what would not fit into an amount is refused, not wrapped. */
Test(approval, AP_2_the_sum_granted_does_not_wrap)
{
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 2, .currency = "CNY"};
    struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
    s.granted_minor = INT64_MAX - 1;
    s.granted_currency = "CNY";
    kit_refused(step(&s, EV_COMMAND_PROPOSE, &c), "AP-2", "amount_overflow");
}

/* AP-2: 600 lost in CNY are not made good with 650 in USD. */
Test(approval, AP_2_a_loss_is_made_good_in_its_own_currency)
{
    struct finding lost = finding;
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 65000, .currency = "USD"};
    struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
    lost.has_loss_minor = true;
    lost.loss_minor = 60000;
    lost.currency = "CNY";
    s.finding = &lost;
    kit_refused(step(&s, EV_COMMAND_PROPOSE, &c), "AP-2", "other_currency");
    p.currency = "CNY";
    cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
}

/* AP-2: the claim in another currency owes nothing in this one. */
Test(approval, AP_2_what_is_claimed_in_another_currency_owes_nothing_here)
{
    struct brief brief = kit_brief;
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 50001, .currency = "CNY"};
    struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
    brief.kind = KIND_CLAIM;
    brief.has_claimed_minor = true;
    brief.claimed_minor = 90000;
    brief.currency = "EUR";
    s.brief = &brief;
    kit_refused(step(&s, EV_COMMAND_PROPOSE, &c), "AP-2", "goodwill_above_standard");
    p.amount_minor = 50000;
    cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
}

/* AP-2: work that gives no money may always be planned, also after more was granted than the standard allows. */
Test(approval, AP_2_work_is_no_goodwill)
{
    struct finding lost = finding;
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct measure work = {.kind = MEASURE_KIND_REWORK, .executor = "O-CN1-H1"};
    struct plan p = {.n_measures = 1, .measures = &work, .currency = "CNY"};
    struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
    lost.has_loss_minor = true;
    lost.loss_minor = 100;
    lost.currency = "CNY";
    s.finding = &lost;
    s.granted_minor = 900000; /* by a judgment */
    s.granted_currency = "CNY";
    cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
}

/* AP-3: by role: a manager's own small plan still needs another person. */
Test(approval, AP_3_only_the_authorised_decide_alone)
{
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct actor manager = {.id = "O-CN1-M", .role = ROLE_OUTLET_MANAGER, .org_id = "O-CN1"};
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 2, .currency = "CNY"};
    struct ev_command_propose c = {.actor = &manager, .plan = &p};
    cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
    kit_output(1, EV_APPROVAL_REQUESTED);
}

/* AP-6: a takeover read before the finding: the new level decides, and the old unit's person not alone. */
Test(approval, AP_6_a_takeover_may_be_read_before_the_finding)
{
    struct approval_state none = {0}, s;
    struct assignment regional = {.version = 3, .org_id = "R-CN", .level = ORG_LEVEL_REGIONAL, .manager_id = "R-CN-M"};
    struct ev_dispatch_reassigned moved = {.assignment = &regional, .from_org = "O-CN1", .reason = "limit_missed"};
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 2, .currency = "CNY"};
    struct ev_evidence_investigation_concluded e = {
        .brief = &kit_brief, .assignment = &kit_outlet, .finding = &finding, .investigator_id = "O-CN1-H1", .plan = &p};
    cr_assert_eq(step(&none, EV_EVIDENCE_INVESTIGATION_CONCLUDED, &e), VERDICT_DONE);
    kit_output(1, EV_APPROVAL_DECIDED_ALONE);
    cr_assert_eq(step(&none, EV_DISPATCH_REASSIGNED, &moved), VERDICT_DONE);
    s = next;
    cr_assert_eq(step(&s, EV_EVIDENCE_INVESTIGATION_CONCLUDED, &e), VERDICT_DONE);
    const struct ev_approval_requested *r = kit_output(1, EV_APPROVAL_REQUESTED);
    cr_assert_str_eq(r->org_id, "R-CN");
    s = next;
    struct assignment older = regional;
    older.version = 2;
    moved.assignment = &older;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &moved), VERDICT_IGNORED);
}

/* AP-6: an account that the customer, or somebody in his name, brings after the approval is not the approved one. */
Test(approval, AP_6_an_account_named_after_the_approval_is_not_on_the_slip)
{
    static const char *const known[] = {NULL, "6222-1"};
    for (int i = 0; i < 2; i++) {
        struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
        struct customer before = {.account = known[i]}, after = {.account = "6222-9"};
        struct brief brief = kit_brief, later = kit_brief;
        struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 2, .currency = "CNY"};
        struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
        brief.consent = false;
        brief.customer = &before;
        brief.currency = "CNY";
        brief.has_claimed_minor = true;
        brief.claimed_minor = 2;
        later = brief;
        later.customer = &after;
        later.has_version = true;
        later.version = 9;
        s.brief = &brief;
        struct actor customer = {.id = "c", .role = ROLE_CUSTOMER};
        struct ev_intake_reclassified corrected = {.brief = &later};
        struct ev_command_accept yes = {.actor = &customer};
        cr_assert_eq(step(&s, EV_COMMAND_PROPOSE, &c), VERDICT_DONE);
        s = next;
        cr_assert_eq(s.status, APPROVAL_STATUS_OFFERED);
        cr_assert_eq(step(&s, EV_INTAKE_RECLASSIFIED, &corrected), VERDICT_DONE);
        s = next;
        cr_assert_eq(step(&s, EV_COMMAND_ACCEPT, &yes), VERDICT_DONE);
        const struct ev_approval_slip_approved *slip = kit_output(1, EV_APPROVAL_SLIP_APPROVED);
        cr_assert_str_eq(slip->brief->customer->account, "6222-9");
        if (known[i] == NULL)
            cr_assert_null(slip->payee);
        else
            cr_assert_str_eq(slip->payee, known[i]);
    }
}

/* AP-6 RV-1: given back to the same unit, nothing is asked or planned anew: that is said with the reopening itself,
 * which may be read before or after. */
Test(approval, AP_6_a_reopening_moves_nobodys_authority)
{
    static const enum approval_status statuses[] = {APPROVAL_STATUS_PLANNING, APPROVAL_STATUS_UNDER_REVIEW,
                                                    APPROVAL_STATUS_AWAITING_APPROVAL};
    struct assignment again = kit_outlet;
    again.version++;
    struct ev_dispatch_reassigned back = {.assignment = &again, .from_org = again.org_id, .reason = "reopened"};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct approval_state s = in_status(statuses[i]);
        cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, &back), VERDICT_DONE);
        kit_output(0, EV_APPROVAL_ASSIGNMENT_NOTED);
        cr_assert_eq(kit_out.n_outputs, 1);
        cr_assert_eq(next.status, statuses[i]);
        cr_assert_eq(next.assignment->version, again.version);
    }
}

/* AP-1: where only money was promised nothing is carried out. */
Test(approval, AP_1_nothing_to_execute)
{
    struct approval_state s = in_status(APPROVAL_STATUS_APPROVED);
    struct ev_command_execute c = {.actor = &kit_handler};
    kit_refused(step(&s, EV_COMMAND_EXECUTE, &c), "AP-1", "nothing_to_execute");
}

/* AP-8: the miss of an earlier offer does not lapse the present one. */
Test(approval, AP_8_a_stale_miss_lapses_nothing)
{
    struct approval_state s = in_status(APPROVAL_STATUS_OFFERED);
    struct ev_sla_breached miss = {.code = "customer_answer", .round = 1, .due_ms = KIT_NOW_MS};
    s.offered_ms = KIT_NOW_MS + 1;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_IGNORED);
    s.offered_ms = KIT_NOW_MS;
    cr_assert_eq(step(&s, EV_SLA_BREACHED, &miss), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_LAPSED);
    cr_assert_eq(next.lapse_due_ms, KIT_NOW_MS);
}

/* SL-3: closings whose cause the customer has undone meanwhile end nothing; others do. */
Test(approval, SL_3_an_overtaken_closing_ends_nothing)
{
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct ev_intake_closed closed = {.outcome = OUTCOME_LAPSED};
    cr_assert_eq(step(&s, EV_INTAKE_CLOSED, &closed), VERDICT_IGNORED);
    closed = (struct ev_intake_closed){.outcome = OUTCOME_REJECTED, .reason = "appeal_period_over"};
    cr_assert_eq(step(&s, EV_INTAKE_CLOSED, &closed), VERDICT_IGNORED);
    closed.reason = "out_of_scope";
    cr_assert_eq(step(&s, EV_INTAKE_CLOSED, &closed), VERDICT_DONE);
    s.status = APPROVAL_STATUS_REJECTED;
    closed.reason = "appeal_period_over";
    closed.has_due_ms = true;
    closed.due_ms = 77;
    cr_assert_eq(step(&s, EV_INTAKE_CLOSED, &closed), VERDICT_DONE);
    cr_assert_eq(next.lapse_due_ms, 77);
}

static struct ev_escalation_liability_routed routed_by(const char *row, int64_t takeover_no)
{
    return (struct ev_escalation_liability_routed){.takeover_no = takeover_no,
                                                   .row = row,
                                                   .words = "w",
                                                   .liability = LIABILITY_OUTLET,
                                                   .settle = SETTLE_COMPENSATE,
                                                   .finding = &finding};
}

/* AP-2 ES-5: the rule's plan is held to the standards of goodwill too: what was granted already is not granted again by
 * the table, a person looks at it. */
Test(approval, AP_2_ES_5_the_table_gives_no_goodwill_above_the_standard)
{
    struct finding lost = finding;
    struct brief brief = kit_brief;
    struct approval_state s = in_status(APPROVAL_STATUS_UNDER_REVIEW);
    struct ev_escalation_liability_routed routed = routed_by("workmanship", 1);
    brief.kind = KIND_CLAIM;
    brief.has_claimed_minor = true;
    brief.claimed_minor = 100000;
    brief.currency = "CNY";
    lost.has_loss_minor = true;
    lost.loss_minor = 90000;
    lost.currency = "CNY";
    routed.finding = &lost;
    s.brief = &brief;
    s.review_no = 1;
    s.granted_currency = "CNY";
    s.granted_minor = 50001;
    cr_assert_eq(step(&s, EV_ESCALATION_LIABILITY_ROUTED, &routed), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_PLANNING);
    cr_assert_null(next.plan);
    s.granted_minor = 50000;
    cr_assert_eq(step(&s, EV_ESCALATION_LIABILITY_ROUTED, &routed), VERDICT_DONE);
    cr_assert_eq(next.plan->amount_minor, 90000);
}

/* Head office takes the case over, with a review. */
static const struct ev_dispatch_reassigned *taken_over(void)
{
    static const struct assignment top = {
        .version = 4, .org_id = "HO", .level = ORG_LEVEL_HEAD_OFFICE, .manager_id = "HO-M1", .handler_id = "HO-S1"};
    static const struct ev_dispatch_reassigned taken = {.assignment = &top,
                                                        .from_org = "O-CN1",
                                                        .reason = "limit_missed",
                                                        .review = true,
                                                        .has_takeover_no = true,
                                                        .takeover_no = 1};
    return &taken;
}

/* ES-5 AP-10: a plan nobody signed waits for the table, and the rule signs it; whichever is read first. */
Test(approval, ES_5_a_plan_that_waits_is_judged_by_the_table)
{
    struct approval_state s = in_status(APPROVAL_STATUS_AWAITING_APPROVAL);
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 9000, .currency = "CNY"};
    struct ev_escalation_liability_routed routed = routed_by("workmanship", 1);
    struct actor manager = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};
    struct ev_command_approve approve = {.actor = &manager};
    struct brief brief = kit_brief;
    brief.has_claimed_minor = true;
    brief.claimed_minor = 9000;
    s.brief = &brief;
    s.plan = &p;
    const struct approval_state begin = s;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, taken_over()), VERDICT_DONE);
    kit_output(1, EV_APPROVAL_REVIEW_AWAITED);
    cr_assert_eq(next.status, APPROVAL_STATUS_UNDER_REVIEW);
    s = next;
    kit_refused(step(&s, EV_COMMAND_APPROVE, &approve), "ES-5", "not_in_this_state");
    cr_assert_eq(step(&s, EV_ESCALATION_LIABILITY_ROUTED, &routed), VERDICT_DONE);
    kit_output(1, EV_APPROVAL_DECIDED_BY_RULE);
    kit_output(2, EV_APPROVAL_OFFERED);
    const struct approval_state in_order = next;
    cr_assert_eq(step(&begin, EV_ESCALATION_LIABILITY_ROUTED, &routed), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_AWAITING_APPROVAL);
    s = next;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, taken_over()), VERDICT_DONE);
    kit_output(1, EV_APPROVAL_REVIEW_AWAITED);
    cr_assert(desc_equal(&approval_state_desc, &next, &in_order));
    cr_assert_str_eq(next.proposer_id, "O-CN1-H1");
    cr_assert_eq(next.plan->amount_minor, 9000);
}

/* ES-5 SL-3: signed before the takeover was read, the plan is the customer's to answer; an objection to it is answered
 * by what head office has decided meanwhile. */
Test(approval, ES_5_an_objection_is_answered_by_what_was_decided_meanwhile)
{
    struct approval_state s = in_status(APPROVAL_STATUS_OFFERED);
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 9000, .currency = "CNY"};
    struct ev_escalation_liability_routed routed = routed_by("workmanship", 1);
    struct ev_command_object no = {.actor = &kit_buyer, .reason = "too little"};
    s.plan = &p;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, taken_over()), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_OFFERED);
    s = next;
    cr_assert_eq(step(&s, EV_COMMAND_OBJECT, &no), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_UNDER_REVIEW);
    cr_assert_eq(step(&s, EV_ESCALATION_LIABILITY_ROUTED, &routed), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_OFFERED);
    s = next;
    cr_assert_eq(step(&s, EV_COMMAND_OBJECT, &no), VERDICT_DONE);
    kit_output(1, EV_APPROVAL_PLAN_PROPOSED);
    cr_assert_str_eq(next.proposer_id, "rule:workmanship");
}

/* ES-4: what is signed is not reviewed any more, so that no later plan waits for a review that will not come. */
Test(approval, ES_4_what_is_signed_waits_for_no_review)
{
    struct approval_state s = in_status(APPROVAL_STATUS_OFFERED);
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 9000, .currency = "CNY"};
    struct ev_escalation_liability_routed routed = routed_by("workmanship", 1);
    struct ev_command_accept yes = {.actor = &kit_buyer};
    struct ev_intake_reopened unsatisfied = {.reason = "not_satisfied"};
    s.plan = &p;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, taken_over()), VERDICT_DONE);
    struct approval_state reviewed = next;
    cr_assert_eq(step(&reviewed, EV_COMMAND_ACCEPT, &yes), VERDICT_DONE);
    struct approval_state read_first = next;
    cr_assert_eq(step(&s, EV_COMMAND_ACCEPT, &yes), VERDICT_DONE);
    s = next;
    cr_assert_eq(step(&s, EV_DISPATCH_REASSIGNED, taken_over()), VERDICT_DONE);
    s = next;
    cr_assert_eq(step(&s, EV_ESCALATION_LIABILITY_ROUTED, &routed), VERDICT_DONE);
    struct approval_state read_last = next;
    const struct approval_state *signed_plans[] = {&read_first, &read_last};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(step(signed_plans[i], EV_INTAKE_REOPENED, &unsatisfied), VERDICT_DONE);
        cr_assert_eq(next.status, APPROVAL_STATUS_PLANNING);
        cr_assert_eq(next.review_no > next.routed_no, false);
        cr_assert_eq(next.routed_settle, SETTLE_ABSENT);
    }
}

/* ES-5: denied before the table has decided: planning waits for it. */
Test(approval, ES_5_after_a_denial_planning_waits_for_the_review)
{
    struct approval_state s = in_status(APPROVAL_STATUS_AWAITING_APPROVAL);
    struct assignment top = {.version = 4, .org_id = "HO", .level = ORG_LEVEL_HEAD_OFFICE, .manager_id = "HO-M1"};
    struct plan p = {.n_measures = 1, .measures = &money, .amount_minor = 9000, .currency = "CNY"};
    struct actor manager = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};
    struct ev_command_deny deny = {.actor = &manager, .reason = "too much"};
    s.assignment = &top;
    s.plan = &p;
    s.review_no = 1;
    s.n_due_roles = 1;
    s.due_roles = &manager.role;
    cr_assert_eq(step(&s, EV_COMMAND_DENY, &deny), VERDICT_DONE);
    cr_assert_eq(next.status, APPROVAL_STATUS_UNDER_REVIEW);
}

/* AP-9: nobody is above head office; AP-7 says so in the routes. */
Test(approval, AP_9_head_offices_rejection_has_no_appeal)
{
    struct approval_state s = in_status(APPROVAL_STATUS_AWAITING_APPROVAL);
    struct assignment top = {.version = 4, .org_id = "HO", .level = ORG_LEVEL_HEAD_OFFICE, .manager_id = "HO-M1"};
    struct measure no = {.kind = MEASURE_KIND_REJECTION, .executor = "HO"};
    struct plan p = {.n_measures = 1, .measures = &no, .currency = "CNY", .reasons = "misuse"};
    struct actor manager = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};
    struct ev_command_approve approve = {.actor = &manager};
    struct ev_command_object appeal = {.actor = &kit_buyer, .reason = "no"};
    s.assignment = &top;
    s.plan = &p;
    s.n_due_roles = 1;
    s.due_roles = &manager.role;
    cr_assert_eq(step(&s, EV_COMMAND_APPROVE, &approve), VERDICT_DONE);
    const struct ev_approval_rejected *r = kit_output(1, EV_APPROVAL_REJECTED);
    cr_assert_eq(r->n_routes, 3);
    cr_assert_str_eq(r->routes[0], "mediation");
    s = next;
    kit_refused(step(&s, EV_COMMAND_OBJECT, &appeal), "AP-9", "no_level_above");
}

/* AP-7: a rejection stands alone, with reasons. */
Test(approval, AP_7_a_rejection_stands_alone)
{
    struct approval_state s = in_status(APPROVAL_STATUS_PLANNING);
    struct measure both[] = {{.kind = MEASURE_KIND_REJECTION, .executor = "o"},
                             {.kind = MEASURE_KIND_APOLOGY, .executor = "o"}};
    struct plan p = {.n_measures = 2, .measures = both, .currency = "CNY", .reasons = "misuse"};
    struct ev_command_propose c = {.actor = &kit_handler, .plan = &p};
    kit_refused(step(&s, EV_COMMAND_PROPOSE, &c), "AP-1", "rejection_with_measures");
    p.n_measures = 1;
    p.amount_minor = 5;
    kit_refused(step(&s, EV_COMMAND_PROPOSE, &c), "AP-7", "rejection_with_money");
    p.amount_minor = 0;
    p.reasons = "";
    kit_refused(step(&s, EV_COMMAND_PROPOSE, &c), "AP-7", "rejection_without_reasons");
}
