/* See story.h. */
#include "story.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "policy/policy_load.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

static struct world world;
static const struct policy *policy;
static int64_t current;
struct world *story_world = &world;

#define NEW(type) ((type *)arena_alloc(&world.arena, sizeof(type)))

const struct policy *story_default_policy(void)
{
    struct err e = ERR_INIT;
    const char *pack = REDRESS_SOURCE_DIR "/schemas/policy/renovation-franchise";
    if (policy == NULL && !policy_load(pack, REDRESS_SOURCE_DIR "/schemas/calendar", &policy, &e)) {
        fprintf(stderr, "policy: %s\n", e.message);
        abort();
    }
    return policy;
}

void story_begin(void)
{
    world_init(&world, story_default_policy(), &(struct world_options){.seed = 1, .check_codec = true});
    current = 0;
}

void story_end(void)
{
    world_deinit(&world);
    policy_unload(policy);
    policy = NULL;
}

void story_policy(const struct policy *p) { world.policy = p; }

int64_t the_case(void) { return current; }

void turn_to(int64_t case_id) { current = case_id; }

static const struct happening *last_fact(enum event_type type)
{
    for (int i = world.n_facts - 1; i >= 0; i--) {
        if (world.facts[i].type == type && world.facts[i].case_id == current) return &world.facts[i];
    }
    return NULL;
}

static void print_history(void)
{
    for (int i = 0; i < world.n_facts; i++) {
        const struct happening *f = &world.facts[i];
        char at[TIMEFMT_SIZE];
        if (f->case_id != current) continue;
        fprintf(stderr, "  %s %s%s\n", timefmt_utc(f->now_ms, at), f->cause < 0 ? "" : "  ", event_name(f->type));
    }
}

#define EXPECT(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) print_history();                                                                             \
        cr_assert(condition, __VA_ARGS__);                                                                             \
    } while (0)

/* ---- What arrives ---- */

struct ev_inbound_complaint *form(void)
{
    struct customer *who = NEW(struct customer);
    struct ev_inbound_complaint *f = NEW(struct ev_inbound_complaint);
    *who = (struct customer){.name = "王芳", .phone = "138 0013 8000", .account = "6222-0001"};
    *f = (struct ev_inbound_complaint){.category = CATEGORY_WORKMANSHIP,
                                       .phase = PHASE_AFTER_SALES,
                                       .customer = who,
                                       .contract_no = "RC-2026-001",
                                       .description = "the new wall tiles come off",
                                       .currency = "CNY"};
    return f;
}

int64_t arrives(const char *channel, const struct ev_inbound_complaint *f)
{
    int index = world_send(&world, EV_INBOUND_COMPLAINT, f, channel);
    world_drain(&world);
    current = world.facts[index].case_id;
    return current;
}

int64_t customer_claims(int64_t fen)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_CLAIM;
    f->has_claimed_minor = true;
    f->claimed_minor = fen;
    return arrives("/channels/phone", f);
}

int64_t customer_complains(enum category category)
{
    struct ev_inbound_complaint *f = form();
    f->kind = KIND_COMPLAINT;
    f->category = category;
    return arrives("/channels/phone", f);
}

void supplement_arrives(const char *channel, const char *case_no, const char *material)
{
    const char **names = NEW(const char *);
    struct ev_inbound_supplement *s = NEW(struct ev_inbound_supplement);
    *names = material;
    *s = (struct ev_inbound_supplement){.case_no = case_no, .n_materials = 1, .materials = names};
    int index = world_send(&world, EV_INBOUND_SUPPLEMENT, s, channel);
    world_drain(&world);
    current = world.facts[index].case_id;
}

/* ---- What people do ---- */

static void command_at(enum event_type type, const void *data, int64_t at_ms)
{
    world_command_at(&world, type, data, current, at_ms);
    world_drain(&world);
}

void sends(enum event_type type, const void *data) { command_at(type, data, world.now_ms); }

const struct actor *somebody(const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(struct actor);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    return a;
}

static const struct actor *customer(void) { return somebody("customer", ROLE_CUSTOMER, NULL); }

static const struct actor *handler(void) { return somebody(owner()->handler_id, ROLE_HANDLER, owner()->org_id); }

static const struct actor *manager(void)
{
    return somebody(owner()->manager_id, policy_approver(world.policy, owner()->level), owner()->org_id);
}

void calls(const char *who, enum role role, const char *org, int64_t at_ms)
{
    struct ev_command_contact *c = NEW(struct ev_command_contact);
    *c = (struct ev_command_contact){.actor = somebody(who, role, org),
                                     .channel = "phone",
                                     .result = "explained the next steps",
                                     .has_at_ms = at_ms != 0,
                                     .at_ms = at_ms};
    sends(EV_COMMAND_CONTACT, c);
}

void handler_calls(void) { calls(owner()->handler_id, ROLE_HANDLER, owner()->org_id, 0); }

void customer_supplies(const char *material)
{
    const char **names = NEW(const char *);
    struct ev_command_supplement *c = NEW(struct ev_command_supplement);
    *names = material;
    *c = (struct ev_command_supplement){.actor = customer(), .n_materials = 1, .materials = names};
    sends(EV_COMMAND_SUPPLEMENT, c);
}

void handler_classifies(enum kind kind, enum category category)
{
    struct ev_command_classify *c = NEW(struct ev_command_classify);
    *c = (struct ev_command_classify){
        .actor = handler(), .kind = kind, .category = category, .reason = "as seen on site"};
    sends(EV_COMMAND_CLASSIFY, c);
}

void handler_reviews(bool lawful, bool in_scope, const char *comment)
{
    struct ev_command_review *c = NEW(struct ev_command_review);
    *c = (struct ev_command_review){
        .actor = handler(), .complete = true, .lawful = lawful, .in_scope = in_scope, .comment = comment};
    sends(EV_COMMAND_REVIEW, c);
}

void handler_changes_to(const char *who, const char *by, enum role role)
{
    struct ev_command_assign_handler *c = NEW(struct ev_command_assign_handler);
    *c = (struct ev_command_assign_handler){.actor = somebody(by, role, owner()->org_id), .handler_id = who};
    sends(EV_COMMAND_ASSIGN_HANDLER, c);
}

struct finding the_finding(enum cause cause, enum liability liability)
{
    return (struct finding){.cause = cause, .liability = liability, .justified = true};
}

struct visit_record full_record(void)
{
    static const char *const people[] = {"visitor", "customer"};
    static const struct photo photo = {.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                                       .taken_ms = 1,
                                       .taker = "visitor"};
    return (struct visit_record){.n_photos = 1,
                                 .photos = &photo,
                                 .n_people_present = 2,
                                 .people_present = people,
                                 .device = "phone",
                                 .courtesy_checklist = true,
                                 .cause_analysis = "no bonding layer under the tiles",
                                 .agreed = "answer within two days"};
}

void visitor_submits(const struct visit_record *r, const struct finding *f, const struct plan *p)
{
    struct ev_command_submit_evidence *c = NEW(struct ev_command_submit_evidence);
    const struct pol_unit *unit = policy_unit(world.policy, owner()->org_id);
    const struct pol_person *visitor = policy_person_in(unit, owner()->visitor_id);
    *c = (struct ev_command_submit_evidence){.actor = somebody(visitor->id, visitor->roles[0], unit->id),
                                             .visitor_id = visitor->id,
                                             .visited_ms = world.now_ms,
                                             .record = r,
                                             .finding = f,
                                             .plan = p};
    sends(EV_COMMAND_SUBMIT_EVIDENCE, c);
}

void visit_done(void)
{
    struct visit_record *r = NEW(struct visit_record);
    struct finding *f = NEW(struct finding);
    *r = full_record();
    *f = the_finding(CAUSE_WORKMANSHIP, LIABILITY_OUTLET);
    visitor_submits(r, f, NULL);
}

void file_handed_over_at(const struct visit_record *r, const struct finding *f, int64_t at_ms)
{
    const struct ev_escalation_file_demanded *demand = last(EV_ESCALATION_FILE_DEMANDED);
    const struct pol_unit *unit = policy_unit(world.policy, demand->of_org);
    const struct pol_person *who = policy_person_in(unit, demand->of_person);
    struct ev_command_hand_over_file *c = NEW(struct ev_command_hand_over_file);
    *c = (struct ev_command_hand_over_file){
        .actor = somebody(who->id, who->roles[0], unit->id), .record = r, .finding = f, .note = "as demanded"};
    command_at(EV_COMMAND_HAND_OVER_FILE, c, at_ms);
}

void file_handed_over(const struct visit_record *r, const struct finding *f)
{
    file_handed_over_at(r, f, world.now_ms);
}

void other_visits(const struct finding *f)
{
    const struct ev_evidence_visit_ordered *order = last(EV_EVIDENCE_VISIT_ORDERED);
    const struct pol_unit *unit = policy_unit(world.policy, order->org_id);
    const struct pol_person *who = policy_person_in(unit, order->visitor_id);
    struct visit_record *r = NEW(struct visit_record);
    struct ev_command_submit_evidence *c = NEW(struct ev_command_submit_evidence);
    *r = full_record();
    *c = (struct ev_command_submit_evidence){.actor = somebody(who->id, who->roles[0], unit->id),
                                             .visitor_id = who->id,
                                             .visited_ms = world.now_ms,
                                             .record = r,
                                             .finding = f};
    sends(EV_COMMAND_SUBMIT_EVIDENCE, c);
}

void investigator_concludes(const struct finding *f, const struct plan *p)
{
    struct ev_command_conclude *c = NEW(struct ev_command_conclude);
    *c = (struct ev_command_conclude){.actor = handler(), .finding = f, .plan = p};
    sends(EV_COMMAND_CONCLUDE, c);
}

static const struct plan *one_measure(enum measure_kind kind, int64_t fen, const char *reasons)
{
    struct measure *m = NEW(struct measure);
    struct plan *p = NEW(struct plan);
    *m = (struct measure){.kind = kind, .executor = "outlet"};
    *p = (struct plan){.n_measures = 1, .measures = m, .amount_minor = fen, .currency = "CNY", .reasons = reasons};
    return p;
}

const struct plan *compensation(int64_t fen) { return one_measure(MEASURE_KIND_COMPENSATION, fen, NULL); }

const struct plan *rework(void) { return one_measure(MEASURE_KIND_REWORK, 0, NULL); }

const struct plan *rejection(const char *reasons) { return one_measure(MEASURE_KIND_REJECTION, 0, reasons); }

static void proposes(const struct actor *who, const struct plan *p)
{
    struct ev_command_propose *c = NEW(struct ev_command_propose);
    *c = (struct ev_command_propose){.actor = who, .plan = p};
    sends(EV_COMMAND_PROPOSE, c);
}

void handler_proposes(const struct plan *p) { proposes(handler(), p); }

void manager_proposes(const struct plan *p) { proposes(manager(), p); }

static void approved_by(const struct actor *who)
{
    struct ev_command_approve *c = NEW(struct ev_command_approve);
    *c = (struct ev_command_approve){.actor = who};
    sends(EV_COMMAND_APPROVE, c);
}

void approves(const char *who, enum role role, const char *org) { approved_by(somebody(who, role, org)); }

void manager_approves(void) { approved_by(manager()); }

void all_approve(void)
{
    const struct ev_approval_requested *request = last(EV_APPROVAL_REQUESTED);
    const struct pol_unit *top = policy_head_office(world.policy);
    struct policy_moment now = {world.policy, world.now_ms};
    manager_approves();
    for (int i = 0; i < request->n_departments; i++) {
        const struct pol_person *head = policy_department_head(now, request->departments[i]);
        approves(head->id, head->roles[0], top->id);
    }
    for (int i = 0; i < request->n_signers; i++) {
        approves(policy_person_with(now, top, request->signers[i], 0)->id, request->signers[i], top->id);
    }
}

void manager_denies(void)
{
    struct ev_command_deny *c = NEW(struct ev_command_deny);
    *c = (struct ev_command_deny){.actor = manager(), .reason = "not borne out by the record"};
    sends(EV_COMMAND_DENY, c);
}

void customer_accepts_at(int64_t at_ms)
{
    struct ev_command_accept *c = NEW(struct ev_command_accept);
    *c = (struct ev_command_accept){.actor = customer()};
    command_at(EV_COMMAND_ACCEPT, c, at_ms);
}

void customer_accepts(void) { customer_accepts_at(world.now_ms); }

void customer_objects_at(int64_t at_ms)
{
    struct ev_command_object *c = NEW(struct ev_command_object);
    *c = (struct ev_command_object){.actor = customer(), .reason = "that does not cover the damage"};
    command_at(EV_COMMAND_OBJECT, c, at_ms);
}

void customer_objects(void) { customer_objects_at(world.now_ms); }

void handler_executes(void)
{
    struct ev_command_execute *c = NEW(struct ev_command_execute);
    *c = (struct ev_command_execute){.actor = handler(), .note = "done"};
    sends(EV_COMMAND_EXECUTE, c);
}

void customer_answers_at(enum satisfaction s, int64_t at_ms)
{
    struct ev_command_satisfaction *c = NEW(struct ev_command_satisfaction);
    *c = (struct ev_command_satisfaction){.actor = customer(), .answer = s};
    command_at(EV_COMMAND_SATISFACTION, c, at_ms);
}

void customer_answers(enum satisfaction s) { customer_answers_at(s, world.now_ms); }

void customer_withdraws(void)
{
    struct ev_command_withdraw *c = NEW(struct ev_command_withdraw);
    *c = (struct ev_command_withdraw){.actor = customer(), .reason = "settled between neighbours"};
    sends(EV_COMMAND_WITHDRAW, c);
}

void finance_retries(const char *payee)
{
    struct ev_command_retry_payout *c = NEW(struct ev_command_retry_payout);
    *c = (struct ev_command_retry_payout){.actor = somebody("HO-F1", ROLE_FINANCE, "HO"), .payee = payee};
    sends(EV_COMMAND_RETRY_PAYOUT, c);
}

void manager_decides_payee(bool approve)
{
    struct ev_command_decide_payee *c = NEW(struct ev_command_decide_payee);
    *c = (struct ev_command_decide_payee){.actor = somebody("O-CN1-M", ROLE_OUTLET_MANAGER, "O-CN1"),
                                          .approve = approve};
    sends(EV_COMMAND_DECIDE_PAYEE, c);
}

void finance_receives(const char *account, enum receipt_purpose purpose, int64_t amount_minor)
{
    struct ev_command_record_receipt *c = NEW(struct ev_command_record_receipt);
    *c = (struct ev_command_record_receipt){.actor = somebody("HO-F1", ROLE_FINANCE, "HO"),
                                            .account = account,
                                            .purpose = purpose,
                                            .amount_minor = amount_minor,
                                            .currency = "CNY",
                                            .reference = "statement 7"};
    world_command(&world, EV_COMMAND_RECORD_RECEIPT, c, world_account(&world, account));
    world_drain(&world);
}

void general_manager_releases(void)
{
    struct ev_command_release_payout *c = NEW(struct ev_command_release_payout);
    *c = (struct ev_command_release_payout){.actor = somebody("HO-GM", ROLE_GENERAL_MANAGER, "HO"), .reason = "right"};
    sends(EV_COMMAND_RELEASE_PAYOUT, c);
}

void signs_cash(const char *id, enum role role, const char *org)
{
    const struct payment_state *st = world_state(&world, the_case(), PAYMENT);
    struct ev_command_sign_cash *c = NEW(struct ev_command_sign_cash);
    *c = (struct ev_command_sign_cash){
        .actor = somebody(id, role, org),
        .voucher_no = arena_printf(&world.arena, "%s-P%lld", st->slip->slip_no, (long long)st->payout_no)};
    sends(EV_COMMAND_SIGN_CASH, c);
}

/* ---- Time ---- */

void advance_to(int64_t at_ms) { world_run_to(&world, at_ms); }

void advance_hours(int64_t hours) { advance_to(world.now_ms + hours * HOUR_MS); }

void advance_days(int64_t days) { advance_to(world.now_ms + days * DAY_MS); }

/* ---- What is expected ---- */

void expect_status(enum world_service s, const char *status)
{
    const char *is = world_status(&world, current, s);
    EXPECT(strcmp(is, status) == 0, "%s: expected %s, is %s", world_cores[s]->service, status, is);
}

int count(enum event_type type)
{
    int n = 0;
    for (int i = 0; i < world.n_facts; i++) n += world.facts[i].type == type && world.facts[i].case_id == current;
    return n;
}

void expect_events(enum event_type type, int n)
{
    EXPECT(count(type) == n, "expected %d of %s, got %d", n, event_name(type), count(type));
}

void expect_event(enum event_type type) { EXPECT(count(type) > 0, "expected %s", event_name(type)); }

void expect_no_event(enum event_type type) { expect_events(type, 0); }

const void *last(enum event_type type)
{
    const struct happening *f = last_fact(type);
    EXPECT(f != NULL, "expected %s", event_name(type));
    return f->data;
}

const struct ev_escalation_slip_issued *slip_for(const char *code)
{
    for (int i = world.n_facts - 1; i >= 0; i--) {
        const struct happening *f = &world.facts[i];
        const struct ev_escalation_slip_issued *slip = f->data;
        bool is_slip = f->case_id == the_case() && f->type == EV_ESCALATION_SLIP_ISSUED;
        if (is_slip && strcmp(slip->code, code) == 0) return slip;
    }
    return NULL;
}

/* The services' refusals have the same fields in the same places. */
void expect_refused(const char *rule, const char *reason)
{
    const struct happening *f = &world.facts[world.n_facts - 1];
    const char *dot = strchr(event_name(f->type), '.');
    EXPECT(dot != NULL && strcmp(dot, ".command_refused") == 0, "expected a refusal, got %s", event_name(f->type));
    const struct ev_intake_command_refused *e = f->data;
    EXPECT(strcmp(e->reason, reason) == 0, "expected reason %s, got %s", reason, e->reason);
    EXPECT(rule == NULL || (e->rule != NULL && strcmp(e->rule, rule) == 0), "expected rule %s, got %s", rule,
           e->rule != NULL ? e->rule : "none");
}

const struct assignment *owner(void)
{
    const struct dispatch_state *st = world_state(&world, current, DISPATCH);
    EXPECT(st->assignment != NULL, "the case has no owner");
    return st->assignment;
}

void expect_owner(const char *org)
{
    EXPECT(strcmp(owner()->org_id, org) == 0, "expected owner %s, is %s", org, owner()->org_id);
}

const struct limit *limit_of(const char *code)
{
    const struct sla_state *st = world_state(&world, current, SLA);
    for (int i = 0; i < st->n_limits; i++) {
        if (strcmp(st->limits[i].code, code) == 0) return &st->limits[i];
    }
    EXPECT(false, "no limit %s", code);
    return NULL;
}

void expect_limit(const char *code, enum limit_state state)
{
    const struct limit *l = limit_of(code);
    EXPECT(l->state == state, "limit %s: expected %s, is %s", code, limit_state_name(state),
           limit_state_name(l->state));
}

void expect_sound(void)
{
    const char *wrong = world_check(&world);
    EXPECT(wrong == NULL, "%s", wrong);
    wrong = world_replay_check(&world);
    EXPECT(wrong == NULL, "%s", wrong);
}
