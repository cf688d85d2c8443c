/* Goods replaced, returned and exchanged, and repairs: their record step by step (PA-10), what they are worth in the
 * books (AP-1, AP-2) and who bears it (PA-7). */
#include <criterion/criterion.h>
#include <string.h>

#include "story.h"

TestSuite(story, .init = story_begin, .fini = story_end, .timeout = 60);

static const struct actor handler = {.id = "O-CN1-H1", .role = ROLE_HANDLER, .org_id = "O-CN1"};
static const struct actor colleague = {.id = "O-CN1-H2", .role = ROLE_HANDLER, .org_id = "O-CN1"};
static const struct actor quality = {.id = "HO-Q1", .role = ROLE_QUALITY, .org_id = "HO"};
static const struct actor warehouse = {.id = "HO-W1", .role = ROLE_WAREHOUSE, .org_id = "HO"};
static const struct actor stranger = {.id = "O-CN2-H1", .role = ROLE_HANDLER, .org_id = "O-CN2"};

/* With the goods SN-1, where the step does not say otherwise. */
static void take(const struct ev_command_record_execution *step)
{
    struct ev_command_record_execution *c = arena_alloc(&story_world->arena, sizeof *c);
    *c = *step;
    if (c->goods_no == NULL) c->goods_no = "SN-1";
    world_command(story_world, EV_COMMAND_RECORD_EXECUTION, c, the_case());
    world_drain(story_world);
}

static void step(const struct actor *who, enum execution_step step)
{
    take(&(struct ev_command_record_execution){.actor = who, .measure_no = 1, .step = step});
}

static void shipped(const struct actor *who, const char *tracking_no)
{
    take(&(struct ev_command_record_execution){
        .actor = who, .measure_no = 1, .step = EXECUTION_STEP_SHIPPED, .tracking_no = tracking_no});
}

static void inspected(const struct actor *who, enum inspection result)
{
    take(&(struct ev_command_record_execution){
        .actor = who, .measure_no = 1, .step = EXECUTION_STEP_INSPECTED, .result = result});
}

static const struct plan *goods(enum measure_kind kind, int64_t value)
{
    struct measure *m = arena_alloc(&story_world->arena, sizeof *m);
    struct plan *p = arena_alloc(&story_world->arena, sizeof *p);
    *m = (struct measure){.kind = kind, .executor = "O-CN1-H1", .has_value_minor = value != 0, .value_minor = value};
    *p = (struct plan){.n_measures = 1, .measures = m, .currency = "CNY"};
    return p;
}

/* A complaint whose plan stands, agreed with the customer. */
static void agreed_on(const struct plan *p)
{
    customer_complains(CATEGORY_PRODUCT_QUALITY);
    visit_done();
    handler_proposes(p);
    customer_accepts();
    expect_event(EV_APPROVAL_SLIP_APPROVED);
}

/* PA-10: each step in its order, by those who may take it; only a whole record lets the plan be called done. */
Test(story, PA_10_a_replacement_has_its_own_record)
{
    agreed_on(goods(MEASURE_KIND_REPLACE, 0));
    expect_no_event(EV_PAYMENT_GOODS_BOOKED);
    handler_executes();
    expect_refused("PA-10", "record_not_whole");
    step(&handler, EXECUTION_STEP_COLLECTED);
    expect_refused("PA-10", "another_step_first");
    shipped(&handler, NULL);
    expect_refused("PA-10", "tracking_no_missing");
    shipped(&stranger, "SF1");
    expect_refused("RO-1", "not_entitled_to_the_step");
    shipped(&handler, "SF1");
    step(&colleague, EXECUTION_STEP_COLLECTED);
    inspected(&colleague, INSPECTION_PASSED);
    expect_refused("RO-1", "not_entitled_to_the_step");
    inspected(&quality, INSPECTION_ABSENT);
    expect_refused("PA-10", "result_missing");
    inspected(&quality, INSPECTION_FAILED);
    handler_executes();
    expect_refused("PA-10", "record_not_whole");
    step(&warehouse, EXECUTION_STEP_RECEIVED);
    cr_assert_eq(((const struct ev_approval_execution_recorded *)last(EV_APPROVAL_EXECUTION_RECORDED))->steps_left, 0);
    step(&warehouse, EXECUTION_STEP_RECEIVED);
    expect_refused("PA-10", "record_whole_already");
    handler_executes();
    const struct ev_approval_plan_executed *done = last(EV_APPROVAL_PLAN_EXECUTED);
    cr_assert_eq(done->n_record, 4);
    cr_assert_str_eq(done->record[0].tracking_no, "SF1");
    cr_assert_str_eq(done->record[2].by, "HO-Q1");
    expect_status(INTAKE, "awaiting_satisfaction");
    expect_sound();
}

/* A repair that fails its inspection is made again; nobody inspects his own work (AP-6). */
Test(story, PA_10_a_repair_that_fails_its_inspection_begins_again)
{
    static const struct actor supervisor = {.id = "O-CN1-H2", .role = ROLE_SITE_SUPERVISOR, .org_id = "O-CN1"};
    agreed_on(goods(MEASURE_KIND_REPAIR, 0));
    step(&colleague, EXECUTION_STEP_REPAIRED);
    inspected(&supervisor, INSPECTION_PASSED);
    expect_refused("AP-6", "own_work");
    inspected(&quality, INSPECTION_FAILED);
    inspected(&quality, INSPECTION_PASSED);
    expect_refused("PA-10", "another_step_first");
    handler_executes();
    expect_refused("PA-10", "record_not_whole");
    step(&handler, EXECUTION_STEP_REPAIRED);
    inspected(&quality, INSPECTION_PASSED);
    handler_executes();
    expect_events(EV_APPROVAL_PLAN_EXECUTED, 1);
    expect_sound();
}

/* AP-6: nor what the plan names him for, whoever did it in the end. */
Test(story, PA_10_who_was_to_do_it_does_not_inspect_it)
{
    struct measure own = {.kind = MEASURE_KIND_REPAIR, .executor = "HO-Q1"};
    agreed_on(&(struct plan){.n_measures = 1, .measures = &own, .currency = "CNY"});
    step(&colleague, EXECUTION_STEP_REPAIRED);
    inspected(&quality, INSPECTION_PASSED);
    expect_refused("AP-6", "own_work");
}

static void step_with(const struct actor *who, enum execution_step step, const char *goods_no)
{
    take(&(struct ev_command_record_execution){.actor = who,
                                               .measure_no = 1,
                                               .step = step,
                                               .goods_no = goods_no,
                                               .tracking_no = "SF1",
                                               .result = INSPECTION_PASSED});
}

/* Every step names the goods its plan is about; another number is refused with the field and the right one. */
Test(story, PA_10_each_step_is_taken_with_the_goods_of_the_plan)
{
    static const struct {
        const struct actor *who;
        enum execution_step step;
    } steps[] = {{&handler, EXECUTION_STEP_SHIPPED},
                 {&handler, EXECUTION_STEP_COLLECTED},
                 {&quality, EXECUTION_STEP_INSPECTED},
                 {&warehouse, EXECUTION_STEP_RECEIVED}};
    struct measure lamp = {.kind = MEASURE_KIND_REPLACE, .executor = "O-CN1-H1", .goods_no = "LOT-7"};
    agreed_on(&(struct plan){.n_measures = 1, .measures = &lamp, .currency = "CNY"});
    for (int i = 0; i < 4; i++) {
        step_with(steps[i].who, steps[i].step, "");
        expect_refused("PA-10", "goods_no_missing");
        step_with(steps[i].who, steps[i].step, "LOT-8");
        expect_refused("PA-10", "other_goods");
        step_with(steps[i].who, steps[i].step, "LOT-7");
        expect_events(EV_APPROVAL_EXECUTION_RECORDED, i + 1);
    }
    handler_executes();
    const struct ev_approval_plan_executed *done = last(EV_APPROVAL_PLAN_EXECUTED);
    for (int i = 0; i < 4; i++) cr_assert_str_eq(done->record[i].goods_no, "LOT-7");
    expect_sound();
}

/* Where the plan names none, the first step does, also for the repair that begins again. */
Test(story, PA_10_the_first_step_settles_which_goods_it_is_about)
{
    agreed_on(goods(MEASURE_KIND_REPAIR, 0));
    step_with(&colleague, EXECUTION_STEP_REPAIRED, "SN-1");
    take(&(struct ev_command_record_execution){.actor = &quality,
                                               .measure_no = 1,
                                               .step = EXECUTION_STEP_INSPECTED,
                                               .goods_no = "SN-2",
                                               .result = INSPECTION_PASSED});
    expect_refused("PA-10", "other_goods");
    inspected(&quality, INSPECTION_FAILED);
    step_with(&colleague, EXECUTION_STEP_REPAIRED, "SN-2");
    expect_refused("PA-10", "other_goods");
    step_with(&colleague, EXECUTION_STEP_REPAIRED, "SN-1");
    inspected(&quality, INSPECTION_PASSED);
    handler_executes();
    expect_events(EV_APPROVAL_PLAN_EXECUTED, 1);
    expect_sound();
}

/* A number belongs to goods. */
Test(story, PA_10_a_number_without_goods_is_no_plan)
{
    struct measure number = {.kind = MEASURE_KIND_REWORK, .executor = "O-CN1-H1", .goods_no = "SN-1"};
    customer_complains(CATEGORY_PRODUCT_QUALITY);
    visit_done();
    handler_proposes(&(struct plan){.n_measures = 1, .measures = &number, .currency = "CNY"});
    expect_refused("PA-10", "goods_no_without_goods");
    number = (struct measure){.kind = MEASURE_KIND_REPLACE, .executor = "O-CN1-H1", .goods_no = ""};
    handler_proposes(&(struct plan){.n_measures = 1, .measures = &number, .currency = "CNY"});
    expect_refused("PA-10", "goods_no_missing");
}

/* Each measure has a record of its own: a repair that fails sends nothing back that was shipped. */
Test(story, PA_10_a_failed_repair_leaves_the_other_record_alone)
{
    struct measure both[] = {{.kind = MEASURE_KIND_REPLACE, .executor = "O-CN1-H1"},
                             {.kind = MEASURE_KIND_REPAIR, .executor = "O-CN1-H1"}};
    agreed_on(&(struct plan){.n_measures = 2, .measures = both, .currency = "CNY"});
    shipped(&handler, "SF1");
    take(&(struct ev_command_record_execution){.actor = &handler, .measure_no = 2, .step = EXECUTION_STEP_REPAIRED});
    take(&(struct ev_command_record_execution){
        .actor = &quality, .measure_no = 2, .step = EXECUTION_STEP_INSPECTED, .result = INSPECTION_FAILED});
    shipped(&handler, "SF2");
    expect_refused("PA-10", "another_step_first");
    step(&handler, EXECUTION_STEP_COLLECTED);
    expect_events(EV_APPROVAL_EXECUTION_RECORDED, 4);
}

/* What a plan's work is not asked a record of is done by one word; and no record without an agreed plan. */
Test(story, PA_10_no_record_where_none_is_asked_for)
{
    customer_complains(CATEGORY_WORKMANSHIP);
    shipped(&handler, "SF1");
    expect_refused("PA-10", "no_such_case");
    visit_done();
    shipped(&handler, "SF1");
    expect_refused("PA-10", "not_in_this_state");
    handler_proposes(rework());
    customer_accepts();
    shipped(&handler, "SF1");
    expect_refused("PA-10", "no_record_asked_for");
    take(&(struct ev_command_record_execution){.actor = &handler, .measure_no = 2, .step = EXECUTION_STEP_SHIPPED});
    expect_refused("AP-1", "no_such_measure");
    handler_executes();
    expect_events(EV_APPROVAL_PLAN_EXECUTED, 1);
    expect_sound();
}

/* AP-2: goods given in exchange count as money does towards who may decide (AP-4), and stand in the books once. */
Test(story, AP_2_goods_in_exchange_are_booked_and_counted)
{
    customer_complains(CATEGORY_PRODUCT_QUALITY);
    visit_done();
    handler_proposes(goods(MEASURE_KIND_EXCHANGE, 0));
    expect_refused("AP-2", "exchange_without_value");
    handler_proposes(goods(MEASURE_KIND_REWORK, 5));
    expect_refused("AP-1", "value_without_goods");
    handler_proposes(goods(MEASURE_KIND_EXCHANGE, 49999));
    expect_events(EV_APPROVAL_DECIDED_ALONE, 1);
    customer_objects();
    handler_proposes(goods(MEASURE_KIND_EXCHANGE, 50000));
    expect_events(EV_APPROVAL_REQUESTED, 1);
    manager_approves();
    customer_accepts();
    const struct ev_payment_goods_booked *g = last(EV_PAYMENT_GOODS_BOOKED);
    cr_assert_eq(g->amount_minor, 50000);
    cr_assert_str_eq(g->entries[0].account, "expense:goods:O-CN1");
    cr_assert_eq(g->entries[0].amount_minor, 50000);
    cr_assert_str_eq(g->entries[1].account, "goods:O-CN1");
    expect_no_event(EV_PAYMENT_INSTRUCTED);
    expect_no_event(EV_PAYMENT_RECOVERY_DUE);
    expect_sound();
}

/* PA-7: the material is replaced and a moderate compensation paid; the supplier bears both, each once. */
Test(story, PA_7_the_supplier_bears_the_material_and_the_compensation)
{
    customer_claims(200000);
    struct visit_record record = full_record();
    struct finding f = the_finding(CAUSE_BATCH_DEFECT, LIABILITY_SUPPLIER);
    f.supplier_id = "Tiles";
    struct plan p = *compensation(30000);
    struct measure both[] = {
        p.measures[0],
        {.kind = MEASURE_KIND_REPLACE, .executor = "O-CN1-H1", .has_value_minor = true, .value_minor = 80000}};
    p.n_measures = 2;
    p.measures = both;
    visitor_submits(&record, &f, &p);
    manager_approves();
    customer_accepts();
    advance_hours(1);
    expect_events(EV_PAYMENT_RECOVERY_DUE, 2);
    turn_to(world_account(story_world, "supplier:Tiles"));
    cr_assert_eq(((const struct ev_payment_recharged *)last(EV_PAYMENT_RECHARGED))->owed_minor, 110000);
    expect_sound();
}

/* PA-7: the recourse must have somebody it is against: a supplier the organisation does not know is refused by name, on
 * the spot and afterwards. */
Test(story, PA_7_a_supplier_nobody_knows_is_refused)
{
    customer_claims(200000);
    struct visit_record record = full_record();
    struct finding misspelt = the_finding(CAUSE_BATCH_DEFECT, LIABILITY_SUPPLIER), f = misspelt;
    misspelt.supplier_id = "Tyles";
    f.supplier_id = "Tiles";
    visitor_submits(&record, &misspelt, NULL);
    expect_refused("PA-7", "unknown_supplier");
    visitor_submits(&record, NULL, NULL);
    investigator_concludes(&misspelt, NULL);
    expect_refused("PA-7", "unknown_supplier");
    investigator_concludes(&f, NULL);
    expect_event(EV_EVIDENCE_INVESTIGATION_CONCLUDED);
    expect_sound();
}
