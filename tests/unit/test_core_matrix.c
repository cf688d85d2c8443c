/* Every status × every event type of intake, dispatch, evidence and approval, against the committed table in
 * tests/unit/golden/<service>.txt. One sample a status and an event; pairs that change nothing and answer nothing
 * because no row is there are left out of the file, so a new row shows up as a new line.
 *
 * REDRESS_GOLDEN=write writes the files anew; the difference is then read by a person. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approval/approval.h"
#include "base/buf.h"
#include "dispatch/dispatch.h"
#include "evidence/evidence.h"
#include "intake/intake.h"
#include "policy/policy_load.h"

enum { NOW = 1772413200, S = 1000 };
static const int64_t NOW_MS = (int64_t)NOW * S;

/* ---- Samples: one case of outlet O-CN1, a claim of 300 yuan ---- */

static const struct customer customer = {.name = "王芳", .phone = "13800138000"};
static const struct brief brief = {.case_no = "RF2026-03-000001",
                                   .kind = KIND_CLAIM,
                                   .category = CATEGORY_WORKMANSHIP,
                                   .phase = PHASE_AFTER_SALES,
                                   .severity = SEVERITY_NORMAL,
                                   .channel = "/channels/web",
                                   .customer = &customer,
                                   .contract_no = "RC-1",
                                   .has_claimed_minor = true,
                                   .claimed_minor = 30000,
                                   .currency = "CNY",
                                   .received_ms = NOW_MS - 9000000};
static struct brief newer_brief;
static const struct assignment outlet = {.version = 2,
                                         .org_id = "O-CN1",
                                         .org_name = "华南一店",
                                         .level = ORG_LEVEL_OUTLET,
                                         .regional_id = "R-CN",
                                         .handler_id = "O-CN1-H1",
                                         .handler_name = "handler",
                                         .manager_id = "O-CN1-M",
                                         .visitor_id = "O-CN1-H2"};
static const struct assignment regional = {.version = 3,
                                           .org_id = "R-CN",
                                           .org_name = "华南区域",
                                           .level = ORG_LEVEL_REGIONAL,
                                           .handler_id = "R-CN-H1",
                                           .handler_name = "handler",
                                           .manager_id = "R-CN-M",
                                           .visitor_id = "R-CN-H2"};
static const struct actor handler = {.id = "O-CN1-H1", .role = ROLE_HANDLER, .org_id = "O-CN1"};
static const struct actor manager = {.id = "O-CN1-M", .role = ROLE_OUTLET_MANAGER, .org_id = "O-CN1"};
static const struct actor buyer = {.id = "customer", .role = ROLE_CUSTOMER};
static const struct finding finding = {.cause = CAUSE_WORKMANSHIP, .liability = LIABILITY_OUTLET, .justified = true};
static const struct measure money = {.kind = MEASURE_KIND_COMPENSATION, .executor = "finance"};
static const struct measure work = {.kind = MEASURE_KIND_REPAIR, .executor = "outlet"};
static const struct plan plan = {.n_measures = 1, .measures = &money, .amount_minor = 30000, .currency = "CNY"};
static const struct plan repair = {.n_measures = 1, .measures = &work, .currency = "CNY"};
static const char *const people[] = {"visitor", "customer"};
static const char *const amount_missing[] = {"claimed_amount"};
static const struct photo photo = {
    .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", .taken_ms = 1, .taker = "v"};
static const struct visit_record record = {.n_photos = 1,
                                           .photos = &photo,
                                           .n_people_present = 2,
                                           .people_present = people,
                                           .device = "phone",
                                           .courtesy_checklist = true,
                                           .cause_analysis = "no primer"};

/* A zeroed struct for an event no core here has a row for: it is never looked at. */
static const void *sample(enum event_type type) /* NOLINT(readability-function-size): a table of values */
{
    static const struct ev_inbound_complaint complaint = {.customer = &customer,
                                                          .description = "tiles",
                                                          .has_claimed_minor = true,
                                                          .claimed_minor = 1,
                                                          .currency = "CNY"};
    static const struct ev_inbound_supplement material = {
        .case_no = "RF2026-03-000001", .n_materials = 1, .materials = amount_missing};
    static const struct ev_command_supplement supplement = {
        .actor = &buyer, .n_materials = 1, .materials = amount_missing};
    static const struct ev_sla_breached breached = {
        .code = "customer_answer", .ver = 1, .round = 1, .due_ms = NOW_MS, .fired_ms = NOW_MS};
    static const struct ev_dispatch_assigned assigned = {.brief = &brief, .assignment = &outlet, .reason = "contract"};
    static const struct ev_dispatch_reassigned reassigned = {
        .assignment = &regional, .from_org = "O-CN1", .reason = "limit_missed"};
    static const struct ev_dispatch_handler_changed changed = {.assignment = &regional};
    static const struct ev_command_contact contact = {.actor = &handler, .channel = "phone", .result = "spoken"};
    static const struct ev_command_classify classify = {
        .actor = &handler, .category = CATEGORY_MATERIAL, .reason = "seen"};
    static const struct ev_command_review review = {
        .actor = &handler, .complete = true, .lawful = true, .comment = "not ours"};
    static const struct ev_command_promise promise = {.actor = &handler, .promise = "visit", .due_ms = NOW_MS};
    static const struct ev_command_keep_promise keep = {.actor = &handler, .promise = "visit"};
    static const struct ev_approval_slip_approved slip = {.slip_no = "RF2026-03-000001-S1",
                                                          .brief = &brief,
                                                          .assignment = &outlet,
                                                          .plan = &plan,
                                                          .liability = LIABILITY_OUTLET,
                                                          .must_pay = true};
    static const struct ev_approval_rejected rejected = {.reasons = "misuse", .appeal_days = 15};
    static const struct ev_approval_lapsed lapsed = {.round = 1};
    static const struct ev_payment_settled settled = {.voucher_no = "V", .amount_minor = 30000, .currency = "CNY"};
    static const struct ev_approval_offered offered = {.plan = &plan, .round = 1};
    static const struct ev_approval_customer_reminded reminded = {.day = 3};
    static const struct ev_payment_deducted deducted = {.amount_minor = 1, .currency = "CNY", .slip_no = "S"};
    static const struct ev_payment_cash_due cash_due = {
        .voucher_no = "V", .amount_minor = 30000, .currency = "CNY", .payer_org = "O-CN1", .slip_no = "S"};
    static const struct ev_payment_advance_paid advance_paid = {.application_no = "A",
                                                                .amount_minor = 1,
                                                                .currency = "CNY",
                                                                .voucher_no = "V",
                                                                .payout_no = 1,
                                                                .paid_minor = 1};
    static const struct ev_command_report_notice arrived = {
        .actor = &handler, .notice_no = 1, .result = NOTICE_RESULT_DELIVERED, .how = "phone"};
    static const struct ev_command_withdraw withdraw = {.actor = &buyer};
    static const struct ev_approval_plan_executed executed = {.by = "O-CN1-H1"};
    static const struct ev_approval_customer_objected objected = {.round = 1, .reason = "not enough"};
    static const struct ev_command_satisfaction satisfaction = {.actor = &buyer, .answer = SATISFACTION_NOT_SATISFIED};
    static const struct ev_intake_registered registered = {
        .brief = &brief, .materials = MATERIALS_COMPLETE, .matter = "tel:1|con:RC-1"};
    static const struct ev_escalation_taken_over taken_over = {
        .from_org = "O-CN1", .to_org = "R-CN", .to_level = ORG_LEVEL_REGIONAL, .cause = "limit_missed"};
    static const struct ev_command_assign_handler assign = {.actor = &manager, .handler_id = "O-CN1-H2"};
    static const struct ev_intake_closed closed = {.outcome = OUTCOME_WITHDRAWN};
    static const struct ev_intake_reopened reopened = {.reason = "not_satisfied"};
    static const struct ev_command_submit_evidence submit = {
        .actor = &handler, .visitor_id = "O-CN1-H2", .visited_ms = NOW_MS - 5, .record = &record, .finding = &finding};
    static const struct ev_command_conclude conclude = {.actor = &handler, .finding = &finding};
    static const struct ev_intake_reclassified reclassified = {.brief = &newer_brief, .reason = "seen"};
    static const struct ev_evidence_investigation_concluded concluded = {
        .brief = &brief, .assignment = &outlet, .finding = &finding, .investigator_id = "O-CN1-H1", .plan = &plan};
    static const struct ev_command_propose propose = {.actor = &handler, .plan = &plan};
    static const struct ev_command_approve approve = {.actor = &manager};
    static const struct ev_command_deny deny = {.actor = &manager, .reason = "too much"};
    static const struct ev_command_accept accept = {.actor = &buyer};
    static const struct ev_command_object object = {.actor = &buyer, .reason = "not enough"};
    static const struct ev_command_execute execute = {.actor = &handler};
    static const struct ev_command_hand_over_file file = {.actor = &manager, .record = &record};
    static const struct ev_escalation_visit_assigned visit = {
        .takeover_no = 2, .org_id = "O-CN2", .visitor_id = "O-CN2-V1", .reason = "file_missing"};
    static const struct liability_facts facts = {.category = CATEGORY_WORKMANSHIP, .cause = CAUSE_WORKMANSHIP};
    static const struct ev_escalation_liability_routed routed = {.takeover_no = 2,
                                                                 .facts = &facts,
                                                                 .row = "workmanship",
                                                                 .words = "w",
                                                                 .liability = LIABILITY_OUTLET,
                                                                 .settle = SETTLE_COMPENSATE,
                                                                 .finding = &finding};
    static const struct ev_escalation_contest_decided recast = {.contest_no = "ZY-1-1",
                                                                .found = LIABILITY_CUSTOMER,
                                                                .liability = LIABILITY_OUTLET,
                                                                .end = CONTEST_END_DECIDED,
                                                                .words = "w",
                                                                .row = "report-outlet",
                                                                .settle = SETTLE_COMPENSATE,
                                                                .finding = &finding};
    static const struct ev_command_apply_advance apply = {.actor = &buyer, .amount_minor = 1, .currency = "CNY"};
    static const struct ev_command_order_inspection inspect = {.actor = &handler, .inspector = "CTI"};
    static const struct ev_command_end_inspection inspected = {.actor = &handler, .reason = "not needed"};
    static const char *const account[] = {"account"};
    static const struct ev_command_request_material ask = {.actor = &handler, .n_materials = 1, .materials = account};
    static const struct actor head = {.id = "HO-D1", .role = ROLE_DEPARTMENT_HEAD, .org_id = "HO"};
    static const struct ev_command_raise_issue raise = {.actor = &handler, .department = "design", .text = "the door"};
    static const struct ev_command_sign_issue sign = {.actor = &head, .issue_no = "design-1"};
    static const struct ev_command_answer_issue answer = {
        .actor = &head, .issue_no = "design-1", .answer = "hung anew", .due_ms = NOW_MS};
    static const struct ev_command_settle_issue settle = {.actor = &head, .issue_no = "design-1"};
    static const char *const form_departments[] = {"design"};
    static const struct ev_command_allow_travel travel = {.actor = &manager,
                                                          .visited_on = "2026-03-02",
                                                          .form_no = "F1",
                                                          .signer_id = "O-CN1-H1",
                                                          .departments = form_departments,
                                                          .n_departments = 1,
                                                          .currency = "CNY",
                                                          .payee = "6222-1"};
    static const struct ev_command_record_execution taken = {
        .actor = &handler, .measure_no = 1, .step = EXECUTION_STEP_REPAIRED, .goods_no = "SN-1"};
    static const struct ev_command_record_third_party_claim claimed = {
        .actor = &handler, .third_party = "the carrier", .support = "a report"};
    static const struct document paper = {.title = "certificate"};
    static const struct ev_command_file_advance filed = {
        .actor = &handler, .inspector = "CTI", .surveyor_id = "O-CN1-H2", .certificate = &paper, .site_report = &paper};
    static const struct actor reviewer = {.id = "HO-M1", .role = ROLE_HO_SERVICE_MANAGER, .org_id = "HO"};
    static const struct ev_command_review_advance advanced = {.actor = &reviewer, .approve = true};
    static const struct ev_escalation_file_accepted accepted_file = {
        .takeover_no = 2, .of_org = "O-CN1", .plan_now = true};
    static const struct ev_escalation_dispute_opened disputed = {
        .dispute_no = 1, .step = DISPUTE_STEP_COURT, .forum = "court", .by = "customer"};
    static const struct ev_escalation_dispute_ended undisputed = {.dispute_no = 0, .step = DISPUTE_STEP_COURT};
    static const struct ev_escalation_judgment_recorded judged = {.dispute_no = 1,
                                                                  .step = DISPUTE_STEP_COURT,
                                                                  .brief = &brief,
                                                                  .assignment = &outlet,
                                                                  .finding = &finding,
                                                                  .plan = &plan,
                                                                  .perform_by_ms = NOW_MS,
                                                                  .words = "judged",
                                                                  .by = "HO-L1"};
    static const void *const samples[EV_COUNT] = {
        [EV_ESCALATION_DISPUTE_OPENED] = &disputed,
        [EV_ESCALATION_DISPUTE_ENDED] = &undisputed,
        [EV_ESCALATION_JUDGMENT_RECORDED] = &judged,
        [EV_COMMAND_RECORD_EXECUTION] = &taken,
        [EV_COMMAND_RECORD_THIRD_PARTY_CLAIM] = &claimed,
        [EV_COMMAND_ORDER_INSPECTION] = &inspect,
        [EV_COMMAND_END_INSPECTION] = &inspected,
        [EV_COMMAND_REQUEST_MATERIAL] = &ask,
        [EV_COMMAND_RAISE_ISSUE] = &raise,
        [EV_COMMAND_SIGN_ISSUE] = &sign,
        [EV_COMMAND_ANSWER_ISSUE] = &answer,
        [EV_COMMAND_SETTLE_ISSUE] = &settle,
        [EV_COMMAND_ALLOW_TRAVEL] = &travel,
        [EV_COMMAND_APPLY_ADVANCE] = &apply,
        [EV_COMMAND_FILE_ADVANCE] = &filed,
        [EV_COMMAND_REVIEW_ADVANCE] = &advanced,
        [EV_COMMAND_HAND_OVER_FILE] = &file,
        [EV_ESCALATION_VISIT_ASSIGNED] = &visit,
        [EV_ESCALATION_LIABILITY_ROUTED] = &routed,
        [EV_ESCALATION_CONTEST_DECIDED] = &recast,
        [EV_ESCALATION_FILE_ACCEPTED] = &accepted_file,
        [EV_INBOUND_COMPLAINT] = &complaint,
        [EV_INBOUND_SUPPLEMENT] = &material,
        [EV_COMMAND_SUPPLEMENT] = &supplement,
        [EV_SLA_BREACHED] = &breached,
        [EV_DISPATCH_ASSIGNED] = &assigned,
        [EV_DISPATCH_REASSIGNED] = &reassigned,
        [EV_DISPATCH_HANDLER_CHANGED] = &changed,
        [EV_COMMAND_CONTACT] = &contact,
        [EV_COMMAND_CLASSIFY] = &classify,
        [EV_COMMAND_PROMISE] = &promise,
        [EV_COMMAND_KEEP_PROMISE] = &keep,
        [EV_COMMAND_REVIEW] = &review,
        [EV_APPROVAL_SLIP_APPROVED] = &slip,
        [EV_APPROVAL_REJECTED] = &rejected,
        [EV_APPROVAL_LAPSED] = &lapsed,
        [EV_PAYMENT_SETTLED] = &settled,
        [EV_APPROVAL_OFFERED] = &offered,
        [EV_APPROVAL_CUSTOMER_REMINDED] = &reminded,
        [EV_PAYMENT_DEDUCTED] = &deducted,
        [EV_PAYMENT_CASH_DUE] = &cash_due,
        [EV_PAYMENT_ADVANCE_PAID] = &advance_paid,
        [EV_COMMAND_REPORT_NOTICE] = &arrived,
        [EV_COMMAND_WITHDRAW] = &withdraw,
        [EV_APPROVAL_PLAN_EXECUTED] = &executed,
        [EV_APPROVAL_CUSTOMER_OBJECTED] = &objected,
        [EV_COMMAND_SATISFACTION] = &satisfaction,
        [EV_INTAKE_REGISTERED] = &registered,
        [EV_ESCALATION_TAKEN_OVER] = &taken_over,
        [EV_COMMAND_ASSIGN_HANDLER] = &assign,
        [EV_INTAKE_CLOSED] = &closed,
        [EV_INTAKE_REOPENED] = &reopened,
        [EV_COMMAND_SUBMIT_EVIDENCE] = &submit,
        [EV_COMMAND_CONCLUDE] = &conclude,
        [EV_INTAKE_RECLASSIFIED] = &reclassified,
        [EV_EVIDENCE_INVESTIGATION_CONCLUDED] = &concluded,
        [EV_COMMAND_PROPOSE] = &propose,
        [EV_COMMAND_APPROVE] = &approve,
        [EV_COMMAND_DENY] = &deny,
        [EV_COMMAND_ACCEPT] = &accept,
        [EV_COMMAND_OBJECT] = &object,
        [EV_COMMAND_EXECUTE] = &execute,
    };
    newer_brief = brief;
    newer_brief.has_version = true;
    newer_brief.version = 2;
    return samples[type];
}

static void intake_sample(int status, void *out)
{
    struct intake_state *s = out;
    static const struct promise promised = {.promise = "visit", .due_ms = NOW_MS};
    static const struct issue raised = {.issue_no = "design-1", .department = "design", .stage = ISSUE_STAGE_RAISED};
    *s = (struct intake_state){.status = (enum intake_status)status,
                               .n_promises = 1,
                               .promises = &promised,
                               .n_issues = 1,
                               .issues = &raised,
                               .brief = &brief,
                               .materials = MATERIALS_COMPLETE,
                               .contacts = 1,
                               .handler_id = "O-CN1-H1",
                               .assignment_version = 1,
                               .notices = 1};
    if (status == INTAKE_STATUS_AWAITING_MATERIAL) {
        s->materials = MATERIALS_MISSING;
        s->n_missing = 1;
        s->missing = amount_missing;
    }
    if (status >= INTAKE_STATUS_ANSWERED) {
        s->noticed = s->must_pay = true;
        s->amount_minor = 30000;
        s->currency = "CNY";
        s->outcome = OUTCOME_SETTLED;
    }
    if (status == INTAKE_STATUS_CLOSED) s->outcome = OUTCOME_LAPSED;
}

static void dispatch_sample(int status, void *out)
{
    *(struct dispatch_state *)out =
        (struct dispatch_state){.status = (enum dispatch_status)status, .brief = &brief, .assignment = &outlet};
}

static void evidence_sample(int status, void *out)
{
    *(struct evidence_state *)out = (struct evidence_state){
        .status = (enum evidence_status)status, .brief = &brief, .assignment = &outlet, .round = 1};
    if (status != EVIDENCE_STATUS_AWAITING_FILE) return;
    ((struct evidence_state *)out)->file_no = 1;
    ((struct evidence_state *)out)->file_of = "O-CN1";
}

static void approval_sample(int status, void *out)
{
    struct approval_state *s = out;
    *s = (struct approval_state){.status = (enum approval_status)status,
                                 .brief = &brief,
                                 .assignment = &outlet,
                                 .finding = &finding,
                                 .investigator_id = "O-CN1-H1",
                                 .proposer_id = "O-CN1-H1",
                                 .round = 1};
    static const enum role approver[] = {ROLE_OUTLET_MANAGER};
    s->n_due_roles = status == APPROVAL_STATUS_AWAITING_APPROVAL;
    s->due_roles = approver;
    if (status >= APPROVAL_STATUS_AWAITING_APPROVAL) s->plan = &plan;
    if (status == APPROVAL_STATUS_UNDER_REVIEW) s->review_no = 2;
    if (status == APPROVAL_STATUS_APPROVED) s->plan = &repair, s->must_execute = true;
    if (status == APPROVAL_STATUS_LAPSED) s->lapse_due_ms = NOW_MS;
}

/* ---- The walk ---- */

static struct arena arena;
static const struct policy *policy;

static void setup(void)
{
    struct err e = ERR_INIT;
    arena_init(&arena);
    bool loaded = policy_load(REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise",
                              REDRESS_SOURCE_DIR "/schemas/calendar", &policy, &e);
    cr_assert(loaded, "%s", e.message);
}

static void teardown(void)
{
    policy_unload(policy);
    arena_deinit(&arena);
}

TestSuite(matrix, .init = setup, .fini = teardown);

struct subject {
    const struct core *core;
    void (*sample)(int status, void *out);
};

static const struct subject subjects[] = {{&intake_core, intake_sample},
                                          {&dispatch_core, dispatch_sample},
                                          {&evidence_core, evidence_sample},
                                          {&approval_core, approval_sample}};

struct result {
    enum verdict verdict;
    int status;
    struct decision out;
};

static struct result try_pair(const struct subject *of, int status, enum event_type type)
{
    const struct core *core = of->core;
    void *state = arena_alloc(&arena, core->state->size), *next = arena_alloc(&arena, core->state->size);
    if (status != 0) of->sample(status, state);
    struct result r = {.out = {.arena = &arena}};
    struct input in = {.type = type,
                       .data = sample(type),
                       .id = "id-1",
                       .source = "/channels/web",
                       .case_id = INT64_C(3) << 40 | 1,
                       .now_ms = NOW_MS,
                       .at_ms = NOW_MS};
    r.verdict = core_step(core, policy, state, &in, next, &r.out);
    r.status = *(const int *)next;
    return r;
}

static bool has_row(const struct core *core, int status, enum event_type type)
{
    for (int i = 0; i < core->n_transitions; i++) {
        if (core->table[i].from == status && core->table[i].event == type) return true;
    }
    return false;
}

static void write_line(struct buf *b, const struct subject *of, int status, enum event_type type)
{
    static const char *const verdicts[] = {"ignored", "done", "refused", "BROKEN"};
    const struct core *core = of->core;
    struct result r = try_pair(of, status, type);
    if (r.verdict == VERDICT_IGNORED && !has_row(core, status, type)) return;
    buf_printf(b, "%s + %s: %s", core->status_names[status], event_name(type), verdicts[r.verdict]);
    if (r.verdict == VERDICT_DONE) {
        buf_printf(b, " -> %s:", core->status_names[r.status]);
        for (int i = 0; i < r.out.n_outputs; i++)
            buf_printf(b, " %s", strchr(event_name(r.out.outputs[i].type), '.') + 1);
    } else if (r.verdict != VERDICT_IGNORED) {
        buf_printf(b, " %s %s", r.out.rule != NULL ? r.out.rule : "-", r.out.reason);
    }
    buf_putc(b, '\n');
}

static void read_file(const char *path, struct buf *out)
{
    char chunk[4096];
    FILE *f = fopen(path, "r");
    cr_assert(f != NULL, "%s is missing", path);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;) buf_append(out, chunk, n);
    fclose(f);
}

static void write_file(const char *path, const struct buf *text)
{
    FILE *f = fopen(path, "w");
    cr_assert(f != NULL, "%s cannot be written", path);
    fwrite(text->bytes, 1, text->len, f);
    fclose(f);
}

/* The first line in which two texts differ. */
static const char *first_difference(const char *a, const char *b)
{
    const char *line = a;
    for (; *a != '\0' && *a == *b; a++, b++) {
        if (*a == '\n') line = a + 1;
    }
    return arena_strndup(&arena, line, strcspn(line, "\n"));
}

static void check(const struct subject *of)
{
    struct buf is = BUF_INIT, should = BUF_INIT;
    char path[512];
    snprintf(path, sizeof path, "%s/tests/unit/golden/%s.txt", REDRESS_SOURCE_DIR, of->core->service);
    for (int status = 0; status < of->core->n_statuses; status++) {
        for (int t = EV_NONE + 1; t < EV_COUNT; t++) write_line(&is, of, status, (enum event_type)t);
    }
    if (getenv("REDRESS_GOLDEN") != NULL) write_file(path, &is);
    read_file(path, &should);
    cr_assert(strcmp(is.bytes, should.bytes) == 0, "%s differs at: %s", path, first_difference(is.bytes, should.bytes));
    buf_deinit(&is);
    buf_deinit(&should);
}

Test(matrix, intake_is_as_committed) { check(&subjects[0]); }
Test(matrix, dispatch_is_as_committed) { check(&subjects[1]); }
Test(matrix, evidence_is_as_committed) { check(&subjects[2]); }
Test(matrix, approval_is_as_committed) { check(&subjects[3]); }

/* Whatever a row does to its sample ends in a status the row allows, and breaks nothing. */
Test(matrix, every_row_ends_where_it_may)
{
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        const struct core *core = subjects[i].core;
        for (int k = 0; k < core->n_transitions; k++) {
            const struct transition *row = &core->table[k];
            cr_assert(sample(row->event) != NULL, "%s: no sample of %s", core->service, event_name(row->event));
            struct result r = try_pair(&subjects[i], row->from, row->event);
            cr_assert_neq(r.verdict, VERDICT_BROKEN, "%s in %s: %s", event_name(row->event),
                          core->status_names[row->from], r.out.reason);
            cr_assert(r.verdict != VERDICT_DONE || (row->allowed_to & TO(r.status)), "%s in %s", event_name(row->event),
                      core->status_names[row->from]);
        }
    }
}
