/* See walker.h. */
#include "walker.h"

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

#define NEW(k, type) ((type *)arena_alloc(&(k)->w->arena, sizeof(type)))

int walker_draw(struct walker *k, int n)
{
    k->rng ^= k->rng << 13;
    k->rng ^= k->rng >> 7;
    k->rng ^= k->rng << 17;
    return (int)((k->rng >> 11) % (uint64_t)n);
}

static bool chance(struct walker *k, int percent) { return walker_draw(k, 100) < percent; }

/* ---- Arrivals ---- */

static const char *const CHANNELS[] = {"/channels/phone", "/channels/web", "/channels/wechat"};
static const char *const REGIONS[] = {"AIR-LAX", "AIR-ATL", "CN-A1", "NYC-10001", "MOON", NULL};
/* With two decimals, with none, with three; the last two have no ceiling in the pack. */
static const char *const CURRENCIES[] = {"CNY", "CNY", "USD", "JPY", "KWD", NULL};
static const int64_t AMOUNTS[] = {0, 1, 49999, 50000, 50001, 2500000, 7000, 300000000000000, -5};

/* Material sent through a channel, for a case that waits for it or not, or for none. */
static void send_supplement(struct walker *k)
{
    struct ev_inbound_supplement *f = NEW(k, struct ev_inbound_supplement);
    const struct world_case *c = k->w->n_cases > 0 ? &k->w->cases[walker_draw(k, k->w->n_cases)] : NULL;
    const struct intake_state *st = c != NULL ? c->state[INTAKE] : NULL;
    f->case_no = "RF1999-01-000042";
    if (st != NULL && st->brief != NULL && chance(k, 90)) {
        f->case_no = st->brief->case_no;
        f->n_materials = st->n_missing;
        f->materials = st->missing;
    }
    world_send(k->w, EV_INBOUND_SUPPLEMENT, f, CHANNELS[walker_draw(k, 3)]);
}

static void send_complaint(struct walker *k)
{
    struct customer *who = NEW(k, struct customer);
    struct ev_inbound_complaint *f = NEW(k, struct ev_inbound_complaint);
    who->phone = arena_printf(&k->w->arena, "1380013800%d", walker_draw(k, 3));
    if (chance(k, 50)) who->name = "王芳";
    f->customer = who;
    f->description = "tiles come off";
    f->kind = (enum kind)walker_draw(k, 4);
    f->category = (enum category)walker_draw(k, 17);
    f->phase = (enum phase)walker_draw(k, 3);
    f->region = REGIONS[walker_draw(k, 6)];
    f->currency = CURRENCIES[walker_draw(k, 6)];
    f->has_claimed_minor = chance(k, 75);
    f->claimed_minor = AMOUNTS[walker_draw(k, 9)];
    f->consent = chance(k, 25);
    if (chance(k, 30)) f->contract_no = arena_printf(&k->w->arena, "RC-%d", walker_draw(k, 2));
    if (chance(k, 20)) f->outlet_id = chance(k, 80) ? "O-S2" : "O-NONE";
    f->asked_outlet = chance(k, 5);
    if (chance(k, 30)) f->external_ref = arena_printf(&k->w->arena, "X%d", walker_draw(k, 3));
    f->has_fee_due_minor = chance(k, 30);
    f->fee_due_minor = 10000 * walker_draw(k, 9);
    f->history = chance(k, 10);
    f->has_received_at = f->history || chance(k, 10);
    f->received_at_ms = k->w->now_ms - walker_draw(k, 3000) * (int64_t)HOUR_MS;
    world_send(k->w, EV_INBOUND_COMPLAINT, f, CHANNELS[walker_draw(k, 3)]);
}

void walker_arrive(struct walker *k)
{
    if (chance(k, 20)) {
        send_supplement(k);
    } else {
        send_complaint(k);
    }
}

/* ---- Acting ---- */

struct scene {
    int64_t case_id;
    const struct intake_state *intake;
    const struct evidence_state *evidence;
    const struct approval_state *approval;
    const struct payment_state *payment;
    const struct assignment *at; /* NULL: nobody has the case yet */
};

static struct scene look(struct walker *k, int64_t case_id)
{
    const struct dispatch_state *dispatch = world_state(k->w, case_id, DISPATCH);
    return (struct scene){.case_id = case_id,
                          .intake = world_state(k->w, case_id, INTAKE),
                          .evidence = world_state(k->w, case_id, EVIDENCE),
                          .approval = world_state(k->w, case_id, APPROVAL),
                          .payment = world_state(k->w, case_id, PAYMENT),
                          .at = dispatch->assignment};
}

/* Most commands are read when they are accepted, some were accepted a while ago. */
static void command(struct walker *k, const struct scene *s, enum event_type type, const void *data)
{
    int64_t ago = !k->prompt && chance(k, 15) ? walker_draw(k, 180) * (int64_t)MINUTE_MS : 0;
    world_command_at(k->w, type, data, s->case_id, k->w->now_ms - ago);
}

static const struct actor *someone(struct walker *k, const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(k, struct actor);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    return a;
}

static const struct actor *customer(struct walker *k)
{
    return chance(k, 97) ? someone(k, "customer", ROLE_CUSTOMER, NULL) : someone(k, "HO-S1", ROLE_HO_SERVICE, "HO");
}

static const struct actor *handler(struct walker *k, const struct scene *s)
{
    if (chance(k, 4)) return someone(k, "O-E1-H1", ROLE_HANDLER, "O-E1");
    return someone(k, s->at->handler_id, ROLE_HANDLER, s->at->org_id);
}

static const struct actor *manager(struct walker *k, const struct scene *s)
{
    if (chance(k, 4)) return someone(k, "HO-M1", ROLE_HO_SERVICE_MANAGER, "HO");
    return someone(k, s->at->manager_id, policy_approver(k->w->policy, s->at->level), s->at->org_id);
}

static const struct plan *a_plan(struct walker *k, const struct scene *s)
{
    static const enum measure_kind KINDS[] = {
        MEASURE_KIND_COMPENSATION, MEASURE_KIND_COMPENSATION, MEASURE_KIND_REFUND,   MEASURE_KIND_REWORK,
        MEASURE_KIND_REPAIR,       MEASURE_KIND_APOLOGY,      MEASURE_KIND_EXCHANGE, MEASURE_KIND_REJECTION};
    struct measure *m = ARENA_ARRAY(&k->w->arena, struct measure, 2);
    struct plan *p = NEW(k, struct plan);
    const char *currency = s->evidence->brief != NULL ? s->evidence->brief->currency : NULL;
    m[0] = (struct measure){.kind = KINDS[walker_draw(k, 8)], .executor = "outlet"};
    *p = (struct plan){.n_measures = 1, .measures = m, .currency = currency != NULL ? currency : "CNY"};
    if (m[0].kind <= MEASURE_KIND_COMPENSATION && m[0].kind >= MEASURE_KIND_REFUND) {
        p->amount_minor = 1000 + walker_draw(k, 80000);
        if (chance(k, 20)) m[p->n_measures++] = (struct measure){.kind = MEASURE_KIND_REPAIR, .executor = "outlet"};
    }
    if (m[0].kind == MEASURE_KIND_EXCHANGE)
        m[0].has_value_minor = true, m[0].value_minor = 1000 + walker_draw(k, 80000);
    if (m[0].kind == MEASURE_KIND_REJECTION && chance(k, 90)) p->reasons = "no fault of ours";
    return p;
}

static const struct finding *a_finding(struct walker *k)
{
    struct finding *f = NEW(k, struct finding);
    *f = (struct finding){.cause = (enum cause)(1 + walker_draw(k, 10)),
                          .liability = (enum liability)(1 + walker_draw(k, 6)),
                          .justified = chance(k, 80),
                          .shown = chance(k, 30),
                          .material_source = (enum material_source)walker_draw(k, 4)};
    if (chance(k, 15)) f->report = (enum liability)(1 + walker_draw(k, 6));
    return f;
}

static const struct visit_record *a_record(struct walker *k)
{
    static const char *const people[] = {"visitor", "customer"};
    static const struct photo photo = {
        .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", .taken_ms = 1, .taker = "v"};
    struct visit_record *r = NEW(k, struct visit_record);
    *r = (struct visit_record){.courtesy_checklist = true, .device = "phone", .agreed = "answer soon"};
    if (chance(k, 85)) r->cause_analysis = "no primer";
    if (chance(k, 90)) r->n_photos = 1, r->photos = &photo;
    if (chance(k, 90)) r->n_people_present = 2, r->people_present = people;
    return r;
}

/* The unit that owes the file, or (rarely) somebody else. */
static void hand_over(struct walker *k, const struct scene *s)
{
    const char *org = s->evidence->file_of != NULL && chance(k, 95) ? s->evidence->file_of : s->at->org_id;
    const struct pol_unit *unit = policy_unit(k->w->policy, org);
    struct ev_command_hand_over_file *c = NEW(k, struct ev_command_hand_over_file);
    c->actor = someone(k, unit->people[0].id, unit->people[0].roles[0], org);
    if (chance(k, 90)) c->record = a_record(k);
    if (chance(k, 50)) c->finding = a_finding(k);
    command(k, s, EV_COMMAND_HAND_OVER_FILE, c);
}

static void submit(struct walker *k, const struct scene *s)
{
    const struct evidence_state *e = s->evidence;
    bool sent = e->visit_org != NULL && chance(k, 90);
    const struct pol_unit *unit = policy_unit(k->w->policy, sent ? e->visit_org : s->at->org_id);
    const struct pol_person *visitor = policy_person_in(unit, sent ? e->visit_person : s->at->visitor_id);
    struct ev_command_submit_evidence *c = NEW(k, struct ev_command_submit_evidence);
    *c = (struct ev_command_submit_evidence){.actor = someone(k, visitor->id, visitor->roles[0], unit->id),
                                             .visitor_id = visitor->id,
                                             .visited_ms = k->w->now_ms - 200 * (int64_t)MINUTE_MS,
                                             .record = a_record(k)};
    if (chance(k, 60)) c->finding = a_finding(k);
    if (c->finding != NULL && chance(k, 50)) c->plan = a_plan(k, s);
    command(k, s, EV_COMMAND_SUBMIT_EVIDENCE, c);
}

static void conclude(struct walker *k, const struct scene *s)
{
    struct ev_command_conclude *c = NEW(k, struct ev_command_conclude);
    *c = (struct ev_command_conclude){.actor = handler(k, s), .finding = a_finding(k)};
    if (chance(k, 50)) c->plan = a_plan(k, s);
    command(k, s, EV_COMMAND_CONCLUDE, c);
}

static void propose(struct walker *k, const struct scene *s)
{
    struct ev_command_propose *c = NEW(k, struct ev_command_propose);
    *c = (struct ev_command_propose){.actor = chance(k, 85) ? handler(k, s) : manager(k, s), .plan = a_plan(k, s)};
    command(k, s, EV_COMMAND_PROPOSE, c);
}

static void approve_or_deny(struct walker *k, const struct scene *s)
{
    const struct actor *beside = walker_signer(k, s->approval, s->at->level);
    const struct actor *signer = beside != NULL ? beside : manager(k, s);
    if (chance(k, 15)) {
        struct ev_command_deny *c = NEW(k, struct ev_command_deny);
        *c = (struct ev_command_deny){.actor = signer, .reason = "too much"};
        command(k, s, EV_COMMAND_DENY, c);
        return;
    }
    struct ev_command_approve *c = NEW(k, struct ev_command_approve);
    c->actor = signer;
    command(k, s, EV_COMMAND_APPROVE, c);
}

static void accept_or_object(struct walker *k, const struct scene *s)
{
    if (chance(k, 30)) {
        struct ev_command_object *c = NEW(k, struct ev_command_object);
        *c = (struct ev_command_object){.actor = customer(k), .reason = "not enough"};
        command(k, s, EV_COMMAND_OBJECT, c);
        return;
    }
    struct ev_command_accept *c = NEW(k, struct ev_command_accept);
    c->actor = customer(k);
    command(k, s, EV_COMMAND_ACCEPT, c);
}

static void execute(struct walker *k, const struct scene *s)
{
    if (chance(k, 95) && walker_take_step(k, s->case_id, s->approval)) return;
    struct ev_command_execute *c = NEW(k, struct ev_command_execute);
    c->actor = handler(k, s);
    command(k, s, EV_COMMAND_EXECUTE, c);
}

static void answer_call(struct walker *k, const struct scene *s)
{
    struct ev_command_satisfaction *c = NEW(k, struct ev_command_satisfaction);
    *c = (struct ev_command_satisfaction){.actor = customer(k), .answer = (enum satisfaction)(1 + walker_draw(k, 3))};
    command(k, s, EV_COMMAND_SATISFACTION, c);
}

static void supplement(struct walker *k, const struct scene *s)
{
    struct ev_command_supplement *c = NEW(k, struct ev_command_supplement);
    *c = (struct ev_command_supplement){
        .actor = customer(k), .n_materials = s->intake->n_missing, .materials = s->intake->missing};
    command(k, s, EV_COMMAND_SUPPLEMENT, c);
}

static void contact(struct walker *k, const struct scene *s)
{
    struct ev_command_contact *c = NEW(k, struct ev_command_contact);
    *c = (struct ev_command_contact){.actor = handler(k, s), .channel = "phone", .result = "spoken"};
    command(k, s, EV_COMMAND_CONTACT, c);
}

static void classify(struct walker *k, const struct scene *s)
{
    struct ev_command_classify *c = NEW(k, struct ev_command_classify);
    *c = (struct ev_command_classify){.actor = handler(k, s),
                                      .kind = (enum kind)walker_draw(k, 4),
                                      .category = (enum category)walker_draw(k, 17),
                                      .reason = "as seen"};
    command(k, s, EV_COMMAND_CLASSIFY, c);
}

static void review(struct walker *k, const struct scene *s)
{
    struct ev_command_review *c = NEW(k, struct ev_command_review);
    *c = (struct ev_command_review){
        .actor = handler(k, s), .complete = true, .lawful = true, .in_scope = chance(k, 90), .comment = "looked at"};
    command(k, s, EV_COMMAND_REVIEW, c);
}

static void withdraw(struct walker *k, const struct scene *s)
{
    struct ev_command_withdraw *c = NEW(k, struct ev_command_withdraw);
    c->actor = customer(k);
    command(k, s, EV_COMMAND_WITHDRAW, c);
}

static void retry(struct walker *k, const struct scene *s)
{
    struct ev_command_retry_payout *c = NEW(k, struct ev_command_retry_payout);
    *c = (struct ev_command_retry_payout){.actor = someone(k, "HO-F1", ROLE_FINANCE, "HO"), .payee = "6222-9"};
    command(k, s, EV_COMMAND_RETRY_PAYOUT, c);
}

static void decide_payee(struct walker *k, const struct scene *s)
{
    const struct pay_slip *slip = s->payment->slip;
    const struct pol_unit *unit = policy_unit(k->w->policy, slip != NULL ? slip->approved_org : s->at->org_id);
    enum role role = policy_approver(k->w->policy, unit->level);
    const struct pol_person *boss =
        policy_person_with((struct policy_moment){k->w->policy, k->w->now_ms}, unit, role, 0);
    struct ev_command_decide_payee *c = NEW(k, struct ev_command_decide_payee);
    *c = (struct ev_command_decide_payee){.actor = someone(k, boss->id, role, unit->id), .approve = chance(k, 70)};
    command(k, s, EV_COMMAND_DECIDE_PAYEE, c);
}

/* A halted payout: found out by finance, confirmed (or not) by the general manager. */
static void resolve(struct walker *k, const struct scene *s)
{
    if (s->payment->resolution != NULL) {
        struct ev_command_confirm_resolution *yes = NEW(k, struct ev_command_confirm_resolution);
        *yes = (struct ev_command_confirm_resolution){.actor = someone(k, "HO-GM", ROLE_GENERAL_MANAGER, "HO"),
                                                      .agree = chance(k, 80)};
        command(k, s, EV_COMMAND_CONFIRM_RESOLUTION, yes);
        return;
    }
    struct ev_command_resolve_payout *c = NEW(k, struct ev_command_resolve_payout);
    *c = (struct ev_command_resolve_payout){.actor = someone(k, "HO-F1", ROLE_FINANCE, "HO"),
                                            .found = chance(k, 70) ? PAYOUT_FOUND_PAID : PAYOUT_FOUND_NOT_PAID,
                                            .has_amount_minor = chance(k, 50),
                                            .amount_minor = s->payment->payout_minor - 1 + walker_draw(k, 3),
                                            .bank_ref = "letter of the bank"};
    command(k, s, EV_COMMAND_RESOLVE_PAYOUT, c);
}

static void change_handler(struct walker *k, const struct scene *s)
{
    const struct pol_unit *unit = policy_unit(k->w->policy, s->at->org_id);
    struct ev_command_assign_handler *c = NEW(k, struct ev_command_assign_handler);
    *c = (struct ev_command_assign_handler){.actor = manager(k, s),
                                            .handler_id = unit->people[walker_draw(k, unit->n_people)].id};
    command(k, s, EV_COMMAND_ASSIGN_HANDLER, c);
}

static void release(struct walker *k, const struct scene *s) { walker_release(k, s->case_id); }

static void travel(struct walker *k, const struct scene *s) { walker_travel(k, s->case_id); }

typedef void (*deed)(struct walker *k, const struct scene *s);

/* What the case waits for; NULL = nothing a person does. */
static deed due_deed(const struct scene *s)
{
    if (s->intake->status == INTAKE_STATUS_AWAITING_SATISFACTION) return answer_call;
    if (s->payment->status == PAYMENT_STATUS_FAILED) return retry;
    if (s->payment->status == PAYMENT_STATUS_CORRECTING) return decide_payee;
    if (s->payment->status == PAYMENT_STATUS_HALTED) return resolve;
    if (s->payment->status == PAYMENT_STATUS_DAY_HELD) return release;
    if (s->evidence->status == EVIDENCE_STATUS_VISIT_ORDERED) return submit;
    if (s->evidence->status == EVIDENCE_STATUS_INCOMPLETE) return submit;
    if (s->evidence->status == EVIDENCE_STATUS_INVESTIGATING) return conclude;
    if (s->evidence->status == EVIDENCE_STATUS_AWAITING_FILE) return hand_over;
    switch (s->approval->status) {
    case APPROVAL_STATUS_PLANNING: return propose;
    case APPROVAL_STATUS_AWAITING_APPROVAL: return approve_or_deny;
    case APPROVAL_STATUS_LAPSED:
    case APPROVAL_STATUS_REJECTED:
    case APPROVAL_STATUS_OFFERED: return accept_or_object;
    case APPROVAL_STATUS_APPROVED: return s->approval->must_execute ? execute : NULL;
    case APPROVAL_STATUS_UNDER_REVIEW:
    case APPROVAL_STATUS_NONE:
    case APPROVAL_STATUS_EXECUTED:
    case APPROVAL_STATUS_ENDED: break;
    }
    return NULL;
}

void walker_act(struct walker *k)
{
    static const deed ANY[] = {submit,   conclude,       propose,    approve_or_deny, accept_or_object,
                               execute,  answer_call,    supplement, contact,         contact,
                               classify, review,         withdraw,   retry,           decide_payee,
                               resolve,  change_handler, hand_over,  travel};
    if (k->w->n_cases == 0) return;
    struct scene s = look(k, k->w->cases[walker_draw(k, k->w->n_cases)].case_id);
    if (s.at == NULL) return;
    if (chance(k, 8)) {
        walker_dispute(k, s.case_id);
        return;
    }
    if (chance(k, 4)) {
        walker_advance(k, s.case_id, s.evidence);
        return;
    }
    if (chance(k, 4)) {
        walker_issue(k, s.case_id, s.at);
        return;
    }
    if (chance(k, 6)) {
        walker_hold(k, s.case_id, s.evidence);
        return;
    }
    deed due = due_deed(&s);
    if (due != NULL && chance(k, 80)) {
        due(k, &s);
    } else {
        ANY[walker_draw(k, (int)(sizeof ANY / sizeof ANY[0]))](k, &s);
    }
}

void walker_wait(struct walker *k)
{
    static const int64_t MOST[] = {10, 120, 60 * 24, 60 * 24 * 4, 60 * 24 * 20};
    int64_t most = MOST[walker_draw(k, 5)];
    k->w->bank_next = chance(k, 85) ? BANK_OUTCOME_SETTLED : BANK_OUTCOME_REFUSED;
    if (chance(k, 2)) k->w->bank_next = BANK_OUTCOME_CONTRADICTION;
    world_run_to(k->w, k->w->now_ms + (1 + walker_draw(k, (int)most)) * (int64_t)MINUTE_MS);
}
