#include "cli/actors_play.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"

enum { HALF_HOUR_MS = 30 * 60 * 1000 };

const struct temper temper_drill = {.silent_outlet = 9,
                                    .silent_customer = 6,
                                    .incomplete = 10,
                                    .on_the_spot = 60,
                                    .deny = 7,
                                    .object = 8,
                                    .reject = 10,
                                    .not_satisfied = 3,
                                    .sue = 10,
                                    .hand_up = 1};
const struct temper temper_prompt = {.on_the_spot = 100, .at_once = true};

static void meet(struct play *p, const struct assignment *a)
{
    snprintf(p->who->handler_id, sizeof p->who->handler_id, "%s", a->handler_id);
    snprintf(p->who->org_id, sizeof p->who->org_id, "%s", a->org_id);
    p->who->level = a->level;
}

static int64_t loss(const struct play *p)
{
    if (p->who->has_loss) return p->who->loss_minor;
    if (!p->who->has_claimed) return 8000 + play_draw(p, 40, 60000);
    return p->who->claimed_minor / 100 * (50 + play_draw(p, 41, 51));
}

static const char *currency(struct play *p) { return arena_strdup(p->arena, p->who->currency); }

/* Each round a little more as goodwill (AP-2), twice; never above what was claimed, and money only once. 0: nothing to
 * be paid, or too little to be parted. */
static int64_t offer(const struct play *p)
{
    if (p->who->kind != KIND_CLAIM || p->who->granted) return 0;
    int64_t amount = loss(p) / 100 * (100 + 10 * (p->who->rounds < 2 ? p->who->rounds : 2));
    return p->who->has_claimed && amount > p->who->claimed_minor ? p->who->claimed_minor : amount;
}

/* A claim is compensated, what asks for no money put right; some are rejected with reasons. */
static const struct plan *make_plan(struct play *p, bool may_reject)
{
    struct plan *plan = ARENA_NEW(p->arena, struct plan);
    struct measure *m = ARENA_NEW(p->arena, struct measure);
    *m = (struct measure){.executor = arena_strdup(p->arena, p->who->handler_id)};
    *plan = (struct plan){.measures = m, .n_measures = 1, .currency = currency(p)};
    if (may_reject && p->who->rounds == 0 && play_chance(p, 50, p->s->temper->reject)) {
        m->kind = MEASURE_KIND_REJECTION;
        plan->reasons = "the survey shows no fault of ours; see the on-site record";
    } else if (offer(p) > 0) {
        m->kind = MEASURE_KIND_COMPENSATION;
        plan->amount_minor = offer(p);
    } else {
        m->kind = play_chance(p, 51, 70) ? MEASURE_KIND_REWORK : MEASURE_KIND_APOLOGY;
    }
    return plan;
}

static const struct finding *make_finding(struct play *p)
{
    static const enum cause causes[] = {CAUSE_WORKMANSHIP, CAUSE_MATERIAL, CAUSE_PROCESS_FAILURE, CAUSE_TRANSPORT,
                                        CAUSE_SERVICE};
    struct finding *f = ARENA_NEW(p->arena, struct finding);
    *f = (struct finding){.cause = causes[play_draw(p, 60, 5)],
                          .liability = LIABILITY_OUTLET,
                          .justified = true,
                          .has_loss_minor = p->who->kind == KIND_CLAIM,
                          .loss_minor = p->who->kind == KIND_CLAIM ? loss(p) : 0,
                          .currency = currency(p)};
    return f;
}

static const struct visit_record *make_record(struct play *p, const char *taker, bool complete)
{
    static const char *const people[] = {"visitor", "customer"};
    static const char *const shots[] = {"front", "detail", "label", "room", "damage"};
    struct photo *photos = ARENA_ARRAY(p->arena, struct photo, 5);
    for (int i = 0; i < 5; i++) {
        const char *key = arena_printf(p->arena, "%s/%s", p->s->event_id, shots[i]);
        unsigned long long h[4];
        for (int k = 0; k < 4; k++) h[k] = id_hash(key, strlen(key) - (size_t)k);
        photos[i] =
            (struct photo){.sha256 = arena_printf(p->arena, "%016llx%016llx%016llx%016llx", h[0], h[1], h[2], h[3]),
                           .taken_ms = p->s->at_ms,
                           .taker = arena_strdup(p->arena, taker)};
    }
    struct visit_record *r = ARENA_NEW(p->arena, struct visit_record);
    *r = (struct visit_record){.photos = photos,
                               .n_photos = 5,
                               .people_present = people,
                               .n_people_present = 2,
                               .device = "phone camera",
                               .courtesy_checklist = true,
                               .cause_analysis = complete ? "traced to the handling on site" : NULL,
                               .agreed = "answer within two working days"};
    return r;
}

static void visit(struct play *p, const char *visitor, const char *org, bool complete)
{
    struct ev_command_submit_evidence *c = play_act(p, EV_COMMAND_SUBMIT_EVIDENCE, 2, 22);
    c->actor = play_person(p, ROLE_EVIDENCE_VISITOR, visitor, org);
    c->visitor_id = arena_strdup(p->arena, visitor);
    c->visited_ms = p->out[p->n - 1].at_ms - (p->s->temper->at_once ? 0 : HALF_HOUR_MS);
    c->record = make_record(p, visitor, complete);
    if (!complete || !play_chance(p, 20, p->s->temper->on_the_spot)) return;
    c->finding = make_finding(p);
    c->plan = make_plan(p, true);
}

/* The unit that had the case is as silent or sloppy about its file as about its visits. */
static void on_file_demanded(struct play *p, const struct ev_escalation_file_demanded *e)
{
    if (play_chance(p, 21, 3 * p->s->temper->silent_outlet)) return;
    const struct pol_unit *unit = policy_unit(p->s->policy, e->of_org);
    const struct pol_person *who = unit == NULL ? NULL : policy_person_in(unit, e->of_person);
    if (who == NULL) return;
    struct ev_command_hand_over_file *c = play_act(p, EV_COMMAND_HAND_OVER_FILE, 2, 22);
    c->actor = play_person(p, who->roles[0], who->id, unit->id);
    c->record = make_record(p, who->id, !play_chance(p, 22, 2 * p->s->temper->incomplete));
    if (play_chance(p, 23, p->s->temper->on_the_spot)) c->finding = make_finding(p);
}

static void on_registered(struct play *p, const struct ev_intake_registered *e)
{
    p->who->kind = e->brief->kind;
    p->who->has_claimed = e->brief->has_claimed_minor;
    p->who->claimed_minor = e->brief->claimed_minor;
    snprintf(p->who->currency, sizeof p->who->currency, "%s", e->brief->currency != NULL ? e->brief->currency : "CNY");
}

static void on_acknowledged(struct play *p, const struct ev_intake_acknowledged *e)
{
    if (p->s->temper->at_once || play_chance(p, 1, p->s->temper->silent_outlet)) return;
    struct ev_command_contact *c = play_act(p, EV_COMMAND_CONTACT, 1, 20);
    c->actor = play_person(p, ROLE_HANDLER, e->handler_id, e->org_id);
    c->channel = "phone";
    c->result = "spoke with the customer, explained the next steps";
    if (p->who->kind != KIND_CLAIM) return;
    struct ev_command_review *r = play_act(p, EV_COMMAND_REVIEW, 2, 36);
    *r = (struct ev_command_review){.actor = c->actor, .complete = true, .lawful = true, .in_scope = true};
}

static void on_materials_requested(struct play *p, const struct ev_intake_materials_requested *e)
{
    if (p->s->temper->at_once || play_chance(p, 2, 4 * p->s->temper->silent_customer)) return;
    struct ev_command_supplement *c = play_act(p, EV_COMMAND_SUPPLEMENT, 6, 120);
    const char **items = ARENA_ARRAY(p->arena, const char *, e->n_missing);
    for (int i = 0; i < e->n_missing; i++) items[i] = arena_strdup(p->arena, e->missing[i]);
    *c = (struct ev_command_supplement){.actor = play_customer(p), .materials = items, .n_materials = e->n_missing};
}

static void on_visit_ordered(struct play *p, const struct ev_evidence_visit_ordered *e)
{
    if (play_keeps_silent(p, 3)) return;
    visit(p, e->visitor_id, e->org_id, !play_chance(p, 4, p->s->temper->incomplete));
}

static void propose(struct play *p, int from_h, int to_h)
{
    if (play_keeps_silent(p, 5)) return;
    struct ev_command_propose *c = play_act(p, EV_COMMAND_PROPOSE, from_h, to_h);
    *c = (struct ev_command_propose){.actor = play_handler(p), .plan = make_plan(p, false)};
    p->who->rounds++;
}

static void on_concluded(struct play *p, const struct ev_evidence_investigation_concluded *e)
{
    meet(p, e->assignment);
    p->who->has_loss = e->finding->has_loss_minor;
    p->who->loss_minor = e->finding->loss_minor;
    if (e->plan == NULL) propose(p, 1, 10);
}

static void on_investigation(struct play *p)
{
    if (play_hands_up(p) || play_keeps_silent(p, 6)) return;
    struct ev_command_conclude *c = play_act(p, EV_COMMAND_CONCLUDE, 4, 40);
    *c = (struct ev_command_conclude){.actor = play_handler(p), .finding = make_finding(p)};
    if (play_chance(p, 7, 50)) c->plan = make_plan(p, true);
}

/* AP-5: head office's others sign beside the approver. */
static void sign_beside(struct play *p, const struct ev_approval_requested *e)
{
    const struct pol_unit *top = policy_head_office(p->s->policy);
    for (int i = 0; i < e->n_departments && p->n < ACTORS_MAX; i++) {
        const struct pol_person *head = policy_department_head(play_moment(p), e->departments[i]);
        if (head == NULL) continue;
        struct ev_command_approve *c = play_act(p, EV_COMMAND_APPROVE, 1, 8);
        c->actor = play_person(p, head->roles[0], head->id, top->id);
    }
    for (int i = 0; i < e->n_signers && p->n < ACTORS_MAX; i++) {
        const struct pol_person *signer = policy_person_with(play_moment(p), top, e->signers[i], p->dice);
        if (signer == NULL) continue;
        struct ev_command_approve *c = play_act(p, EV_COMMAND_APPROVE, 1, 8);
        c->actor = play_person(p, e->signers[i], signer->id, top->id);
    }
}

static void on_requested(struct play *p, const struct ev_approval_requested *e)
{
    const struct pol_unit *unit = policy_unit(p->s->policy, e->org_id);
    const struct pol_person *boss =
        unit == NULL ? NULL : policy_person_with(play_moment(p), unit, e->approver_role, p->dice);
    if (boss == NULL || play_keeps_silent(p, 8)) return;
    const struct actor *who = play_person(p, e->approver_role, boss->id, e->org_id);
    if (play_chance(p, 9, p->s->temper->deny)) {
        struct ev_command_deny *c = play_act(p, EV_COMMAND_DENY, 1, 8);
        *c = (struct ev_command_deny){.actor = who, .reason = "the amount is not borne out by the record"};
    } else {
        struct ev_command_approve *c = play_act(p, EV_COMMAND_APPROVE, 1, 8);
        *c = (struct ev_command_approve){.actor = who};
        sign_beside(p, e);
    }
}

static void on_offered(struct play *p, const struct ev_approval_offered *e)
{
    if (p->s->temper->at_once || play_chance(p, 10, p->s->temper->silent_customer)) return;
    if (play_chance(p, 11, p->s->temper->object)) {
        struct ev_command_object *c = play_act(p, EV_COMMAND_OBJECT, 2, 40);
        *c = (struct ev_command_object){.actor = play_customer(p), .reason = "that does not cover the damage"};
        c->has_counter_minor = e->plan->amount_minor > 0;
        c->counter_minor = e->plan->amount_minor / 10 * 12;
        c->currency = c->has_counter_minor ? currency(p) : NULL;
    } else {
        struct ev_command_accept *c = play_act(p, EV_COMMAND_ACCEPT, 2, 40);
        *c = (struct ev_command_accept){.actor = play_customer(p)};
    }
}

static void on_slip(struct play *p, const struct ev_approval_slip_approved *e)
{
    p->who->granted |= e->must_pay;
    if (!e->must_execute || play_keeps_silent(p, 12)) return;
    struct ev_command_execute *c = play_act(p, EV_COMMAND_EXECUTE, 4, 60);
    *c = (struct ev_command_execute){.actor = play_handler(p), .note = "done and shown to the customer"};
}

static void on_satisfaction(struct play *p)
{
    if (!play_keeps_silent(p, 24)) {
        struct ev_command_contact *call = play_act(p, EV_COMMAND_CONTACT, 2, 30);
        call->actor = play_handler(p);
        call->channel = "phone";
        call->result = "asked how satisfied the customer is";
    }
    if (play_chance(p, 13, 3 * p->s->temper->silent_customer)) return;
    struct ev_command_satisfaction *c = play_act(p, EV_COMMAND_SATISFACTION, 3, 50);
    c->actor = play_customer(p);
    c->answer = play_chance(p, 14, p->s->temper->not_satisfied) ? SATISFACTION_NOT_SATISFIED
                : play_chance(p, 15, 25)                        ? SATISFACTION_FAIRLY
                                                                : SATISFACTION_SATISFIED;
}

static void on_failed(struct play *p)
{
    const struct pol_unit *office = policy_head_office(p->s->policy);
    const struct pol_person *finance = policy_person_with(play_moment(p), office, ROLE_FINANCE, p->dice);
    if (finance == NULL) return;
    struct ev_command_retry_payout *c = play_act(p, EV_COMMAND_RETRY_PAYOUT, 2, 12);
    *c = (struct ev_command_retry_payout){.actor = play_person(p, ROLE_FINANCE, finance->id, office->id),
                                          .payee = arena_printf(p->arena, "corrected-%lld", (long long)p->s->case_id),
                                          .reason = "the customer gave another account"};
}

static void on_payee_proposed(struct play *p, const struct ev_payment_payee_proposed *e)
{
    const struct actor *who = play_somebody(p, e->org_id, e->approver_role);
    if (who == NULL) return;
    struct ev_command_decide_payee *c = play_act(p, EV_COMMAND_DECIDE_PAYEE, 1, 8);
    *c = (struct ev_command_decide_payee){.actor = who, .approve = true};
}

static void on_held(struct play *p)
{
    const struct pol_payment_rules *rules = p->s->policy->pack->payment;
    const struct actor *who = play_somebody(p, policy_head_office(p->s->policy)->id, rules->release_roles[0]);
    if (who == NULL) return;
    struct ev_command_release_payout *c = play_act(p, EV_COMMAND_RELEASE_PAYOUT, 2, 20);
    *c = (struct ev_command_release_payout){.actor = who, .reason = "looked into, the amount is right"};
}

static void on_assigned(struct play *p, const struct ev_dispatch_assigned *e) { meet(p, e->assignment); }

static void on_reassigned(struct play *p, const struct ev_dispatch_reassigned *e) { meet(p, e->assignment); }

static void on_incomplete(struct play *p)
{
    if (!play_keeps_silent(p, 16)) visit(p, p->who->handler_id, p->who->org_id, true);
}

/* A takeover wakes whoever has the case now: a plan the old unit owed is made. One that already waits for
 * approval stays; then the proposal is refused, as it would be for a person who did not look. */
static void on_authority_moved(struct play *p, const struct ev_approval_authority_moved *e)
{
    meet(p, e->assignment);
    propose(p, 1, 8);
}

/* The level that demanded the file has it, or the rule leaves the plan to people. */
static void on_file_accepted(struct play *p, const struct ev_escalation_file_accepted *e)
{
    if (e->plan_now) propose(p, 1, 10);
}

static void on_routed(struct play *p, const struct ev_escalation_liability_routed *e)
{
    if (e->settle == SETTLE_ASK) propose(p, 1, 10);
}

static void react(struct play *p)
{
    const void *data = p->s->data;
    switch ((int)p->s->type) {
    case EV_INTAKE_REGISTERED: on_registered(p, data); break;
    case EV_DISPATCH_ASSIGNED: on_assigned(p, data); break;
    case EV_DISPATCH_REASSIGNED: on_reassigned(p, data); break;
    case EV_INTAKE_ACKNOWLEDGED: on_acknowledged(p, data); break;
    case EV_INTAKE_MATERIALS_REQUESTED: on_materials_requested(p, data); break;
    case EV_EVIDENCE_VISIT_ORDERED: on_visit_ordered(p, data); break;
    case EV_EVIDENCE_PACKAGE_INCOMPLETE: on_incomplete(p); break;
    case EV_EVIDENCE_INVESTIGATION_STARTED: on_investigation(p); break;
    case EV_EVIDENCE_INVESTIGATION_CONCLUDED: on_concluded(p, data); break;
    case EV_APPROVAL_REQUESTED: on_requested(p, data); break;
    case EV_APPROVAL_DENIED:
    case EV_APPROVAL_CUSTOMER_OBJECTED: propose(p, 2, 12); break;
    case EV_APPROVAL_AUTHORITY_MOVED: on_authority_moved(p, data); break;
    case EV_ESCALATION_FILE_DEMANDED: on_file_demanded(p, data); break;
    case EV_ESCALATION_FILE_ACCEPTED: on_file_accepted(p, data); break;
    case EV_ESCALATION_LIABILITY_ROUTED: on_routed(p, data); break;
    case EV_APPROVAL_OFFERED: on_offered(p, data); break;
    case EV_APPROVAL_SLIP_APPROVED: on_slip(p, data); break;
    case EV_PAYMENT_FAILED: on_failed(p); break;
    case EV_PAYMENT_PAYEE_PROPOSED: on_payee_proposed(p, data); break;
    case EV_PAYMENT_HELD: on_held(p); break;
    case EV_INTAKE_SATISFACTION_REQUESTED: on_satisfaction(p); break;
    default: play_dispute(p); break;
    }
}

int actors_react(const struct scene *s, struct acquaintance *who, struct arena *a, struct action out[ACTORS_MAX])
{
    char key[160];
    snprintf(key, sizeof key, "%016llx/%s", (unsigned long long)s->seed, s->event_id);
    struct play p = {.s = s, .who = who, .arena = a, .out = out, .dice = id_hash(key, strlen(key))};
    react(&p);
    return p.n;
}
