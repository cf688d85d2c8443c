/* What the walker does about advance compensation (PA-5), the record of goods and repairs (PA-10), and what a ceiling
 * holds (PA-1), what outlets pay (PA-6), and travel allowances (PA-9). */
#include <string.h>

#include "base/timefmt.h"
#include "walker.h"

#define NEW(k, type) ((type *)arena_alloc(&(k)->w->arena, sizeof(type)))

static const struct actor *actor(struct walker *k, const char *id, enum role role, const char *org)
{
    struct actor *a = NEW(k, struct actor);
    *a = (struct actor){.id = id, .role = role, .org_id = org};
    return a;
}

static const struct actor *handler(struct walker *k, const struct assignment *at)
{
    return actor(k, at->handler_id, ROLE_HANDLER, at->org_id);
}

void walker_release(struct walker *k, int64_t case_id)
{
    struct ev_command_release_payout *c = NEW(k, struct ev_command_release_payout);
    *c = (struct ev_command_release_payout){.actor = actor(k, "HO-GM", ROLE_GENERAL_MANAGER, "HO"), .reason = "right"};
    world_command(k->w, EV_COMMAND_RELEASE_PAYOUT, c, case_id);
}

/* ---- goods and repairs ---- */

static const struct pol_execution_record *record_of(const struct policy *p, enum measure_kind kind)
{
    for (int i = 0; i < p->pack->n_execution; i++) {
        if (p->pack->execution[i].measure == kind) return &p->pack->execution[i];
    }
    return NULL;
}

static int steps_done(const struct approval_state *st, int64_t measure_no)
{
    int n = 0;
    for (int i = 0; i < st->n_execution; i++) n += st->execution[i].measure_no == measure_no;
    return n;
}

bool walker_take_step(struct walker *k, int64_t case_id, const struct approval_state *st)
{
    for (int i = 0; st->plan != NULL && i < st->plan->n_measures; i++) {
        const struct pol_execution_record *r = record_of(k->w->policy, st->plan->measures[i].kind);
        int done = steps_done(st, i + 1);
        if (r == NULL || done >= r->n_steps) continue;
        enum execution_step step = r->steps[done].step;
        struct ev_command_record_execution *c = NEW(k, struct ev_command_record_execution);
        *c = (struct ev_command_record_execution){
            .measure_no = i + 1, .step = step, .goods_no = "SN-1", .tracking_no = "SF1"};
        c->result = walker_draw(k, 5) == 0 ? INSPECTION_FAILED : INSPECTION_PASSED;
        if (step == EXECUTION_STEP_INSPECTED)
            c->actor = actor(k, "HO-Q1", ROLE_QUALITY, "HO");
        else if (step == EXECUTION_STEP_RECEIVED)
            c->actor = actor(k, "HO-W1", ROLE_WAREHOUSE, "HO");
        else
            c->actor = handler(k, st->assignment);
        world_command(k->w, EV_COMMAND_RECORD_EXECUTION, c, case_id);
        return true;
    }
    return false;
}

/* ---- advance compensation ---- */

static void apply(struct walker *k, int64_t case_id)
{
    struct ev_command_apply_advance *c = NEW(k, struct ev_command_apply_advance);
    *c = (struct ev_command_apply_advance){.actor = actor(k, "customer", ROLE_CUSTOMER, NULL),
                                           .amount_minor = 100 + walker_draw(k, 30000),
                                           .currency = "CNY"};
    world_command(k->w, EV_COMMAND_APPLY_ADVANCE, c, case_id);
}

static void file(struct walker *k, int64_t case_id, const struct assignment *at)
{
    static const struct document paper = {.title = "paper",
                                          .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"};
    struct ev_command_file_advance *c = NEW(k, struct ev_command_file_advance);
    *c = (struct ev_command_file_advance){.actor = handler(k, at),
                                          .inspector = "CTI",
                                          .surveyor_id = at->handler_id,
                                          .surveyed_ms = k->w->now_ms,
                                          .certificate = &paper,
                                          .site_report = &paper,
                                          .material_source = MATERIAL_SOURCE_HEAD_OFFICE};
    world_command(k->w, EV_COMMAND_FILE_ADVANCE, c, case_id);
}

static void review(struct walker *k, int64_t case_id)
{
    struct ev_command_review_advance *c = NEW(k, struct ev_command_review_advance);
    *c = (struct ev_command_review_advance){.actor = actor(k, "HO-M1", ROLE_HO_SERVICE_MANAGER, "HO"),
                                            .approve = walker_draw(k, 5) > 0};
    world_command(k->w, EV_COMMAND_REVIEW_ADVANCE, c, case_id);
}

void walker_advance(struct walker *k, int64_t case_id, const struct evidence_state *st)
{
    const struct advance *a = st->advance;
    if (st->assignment == NULL) return;
    if (a == NULL || a->stage == ADVANCE_STAGE_DENIED)
        apply(k, case_id);
    else if (a->stage == ADVANCE_STAGE_APPLIED)
        file(k, case_id, st->assignment);
    else
        review(k, case_id);
}

/* ---- travel allowances ---- */

void walker_travel(struct walker *k, int64_t case_id)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    static const char *const departments[] = {"design", "engineering"};
    struct ev_command_allow_travel *c = NEW(k, struct ev_command_allow_travel);
    char date[TIMEFMT_SIZE];
    timefmt_date_text(k->w->now_ms / DAY_MS - walker_draw(k, 3), date);
    *c = (struct ev_command_allow_travel){.actor = actor(k, "HO-F1", ROLE_FINANCE, "HO"),
                                          .visited_on = arena_strdup(&k->w->arena, date),
                                          .form_no = "F1",
                                          .signer_id = "HO-S1",
                                          .departments = departments,
                                          .n_departments = 2,
                                          .currency = "CNY",
                                          .payee = "6222-1"};
    world_command(k->w, EV_COMMAND_ALLOW_TRAVEL, c, case_id);
}

/* ---- what outlets pay ---- */

/* The account of some case's outlet, and the case's currency, so that what it owes later meets what it has paid in. */
static const char *outlet_account(struct walker *k, const char **currency)
{
    const struct world_case *c = &k->w->cases[walker_draw(k, k->w->n_cases)];
    const struct evidence_state *evidence = c->state[EVIDENCE];
    const struct dispatch_state *dispatch = c->state[DISPATCH];
    const struct assignment *at = dispatch != NULL ? dispatch->assignment : NULL;
    const struct brief *brief = evidence != NULL ? evidence->brief : NULL;
    const char *outlet = at == NULL ? NULL : at->outlet_id != NULL ? at->outlet_id : at->org_id;
    *currency = brief != NULL && brief->currency != NULL ? brief->currency : "CNY";
    return arena_printf(&k->w->arena, "outlet:%s", outlet != NULL ? outlet : "O-CN1");
}

static void take_back(struct walker *k, const char *account)
{
    struct ev_command_reverse_receipt *c = NEW(k, struct ev_command_reverse_receipt);
    *c = (struct ev_command_reverse_receipt){.actor = actor(k, "HO-GM", ROLE_GENERAL_MANAGER, "HO"),
                                             .account = account,
                                             .receipt_no =
                                                 arena_printf(&k->w->arena, "%s-R%d", account, 1 + walker_draw(k, 4)),
                                             .reason = "of another outlet"};
    world_command(k->w, EV_COMMAND_REVERSE_RECEIPT, c, world_account(k->w, account));
}

void walker_receive(struct walker *k)
{
    const char *currency, *account;
    if (k->w->n_cases == 0) return;
    account = outlet_account(k, &currency);
    if (walker_draw(k, 5) == 0) {
        take_back(k, account);
        return;
    }
    struct ev_command_record_receipt *c = NEW(k, struct ev_command_record_receipt);
    *c = (struct ev_command_record_receipt){
        .actor = actor(k, "HO-F1", ROLE_FINANCE, "HO"),
        .account = account,
        .purpose = walker_draw(k, 5) > 0 ? RECEIPT_PURPOSE_DEPOSIT : RECEIPT_PURPOSE_RECEIVABLE,
        .amount_minor = walker_draw(k, 50) == 0 ? INT64_MAX : 1 + walker_draw(k, 60000),
        .currency = currency,
        .reference = "b7"};
    world_command(k->w, EV_COMMAND_RECORD_RECEIPT, c, world_account(k->w, account));
}
