/* The look-ups, on the pack that is shipped; and that a pack that cannot be right is refused with its place (SL-8). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack_kit.h"

static char *pack_text, *organisation_text;
static const struct policy *p;
#define whenever ((struct policy_moment){p, POLICY_LONG_RUN})

static void setup(void)
{
    struct err e = ERR_INIT;
    pack_text = pack_read(PACK_DIR "/pack.json");
    organisation_text = pack_read(PACK_DIR "/organisation.json");
    cr_assert(policy_load(PACK_DIR, NULL, &p, &e), "%s", e.message);
}

static void teardown(void)
{
    policy_unload(p);
    free(pack_text);
    free(organisation_text);
}

TestSuite(policy, .init = setup, .fini = teardown);

Test(policy, limits_by_code_and_by_event)
{
    cr_expect_null(policy_limit(p, "no_such"));
    cr_expect_null(policy_limit(p, NULL));
    const struct policy_limit *evidence = policy_limit(p, "evidence");
    cr_assert(evidence);
    cr_expect_eq(evidence->edges[POLICY_START].types[0], EV_EVIDENCE_VISIT_ORDERED);
    int offered = 0;
    const struct policy_limit *l = NULL;
    while ((l = policy_next_limit(p, POLICY_START, EV_APPROVAL_OFFERED, l))) {
        offered++;
        cr_expect(l->def->binds_customer);
    }
    cr_expect_eq(offered, 3, "two reminders and the lapse");
    cr_expect_null(policy_next_limit(p, POLICY_START, EV_PAYMENT_HALTED, NULL));
    cr_expect(policy_is_reminder(p, "customer_answer_day3") && !policy_is_reminder(p, "customer_answer"));
}

Test(policy, limits_apply_by_kind_and_are_wanted_by_the_start)
{
    const struct policy_limit *review = policy_limit(p, "preliminary_review");
    struct limit_scope scope = {.kind = KIND_CLAIM, .phase = PHASE_CONSTRUCTION};
    cr_expect(policy_limit_applies(review, &scope));
    scope.kind = KIND_COMPLAINT;
    cr_expect_not(policy_limit_applies(review, &scope));
    cr_expect(policy_limit_applies(policy_limit(p, "evidence"), &scope));
    const struct policy_limit *payment = policy_limit(p, "payment");
    struct ev_approval_slip_approved slip = {.must_pay = true};
    cr_expect(policy_limit_wanted(payment, EV_APPROVAL_SLIP_APPROVED, &slip));
    cr_expect_not(policy_limit_wanted(policy_limit(p, "execution"), EV_APPROVAL_SLIP_APPROVED, &slip));
    slip.must_pay = false;
    cr_expect_not(policy_limit_wanted(payment, EV_APPROVAL_SLIP_APPROVED, &slip));
}

/* AP-3, AP-4 */
Test(policy, AP_3_alone_below_is_per_currency)
{
    int64_t minor = -1;
    cr_expect(policy_alone_below(p, "CNY", &minor));
    cr_expect_eq(minor, 50000);
    cr_expect_not(policy_alone_below(p, "EUR", &minor));
    cr_expect_not(policy_alone_below(p, NULL, &minor));
    cr_expect(policy_may_decide_alone(p, ROLE_FOREMAN) && !policy_may_decide_alone(p, ROLE_OUTLET_MANAGER));
    cr_expect_eq(policy_approver(p, ORG_LEVEL_OUTLET), ROLE_OUTLET_MANAGER);
    cr_expect_eq(policy_approver(p, ORG_LEVEL_REGIONAL), ROLE_REGIONAL_MANAGER);
    cr_expect_eq(policy_approver(p, ORG_LEVEL_HEAD_OFFICE), ROLE_HO_SERVICE_MANAGER);
    cr_expect_eq(policy_approver(p, ORG_LEVEL_ABSENT), ROLE_ABSENT);
}

/* ES-2 */
Test(policy, ES_2_rungs_are_by_code_and_level)
{
    const struct pol_rung *r = policy_rung(p, "evidence", ORG_LEVEL_REGIONAL);
    cr_assert(r);
    cr_expect_eq(r->misses, 1);
    cr_expect_null(policy_rung(p, "evidence", ORG_LEVEL_HEAD_OFFICE));
    cr_expect_null(policy_rung(p, "payment", ORG_LEVEL_OUTLET));
}

/* EV-3, IN-6 */
Test(policy, EV_3_items_of_a_category_or_of_every_other)
{
    cr_expect_eq(policy_evidence(p, CATEGORY_SERVICE_QUALITY)->n_items, 2);
    cr_expect_eq(policy_evidence(p, CATEGORY_LOGISTICS)->category, CATEGORY_ABSENT);
    cr_expect_eq(policy_evidence(p, CATEGORY_ABSENT)->category, CATEGORY_ABSENT);
    cr_expect_eq(policy_materials(p, KIND_CLAIM)->n_items, 2);
    cr_expect_null(policy_materials(p, KIND_ABSENT));
}

Test(policy, units_and_their_parents)
{
    const struct pol_unit *outlet = policy_unit(p, "O-E1");
    cr_assert(outlet);
    cr_expect_str_eq(policy_parent(p, outlet)->id, "R-EAST");
    cr_expect_eq(policy_parent(p, policy_parent(p, outlet)), policy_head_office(p));
    cr_expect_null(policy_parent(p, policy_head_office(p)));
    cr_expect_null(policy_unit(p, NULL));
    cr_expect_str_eq(policy_person_in(outlet, "O-E1-H1")->name, "郑凯");
    cr_expect_null(policy_person_in(outlet, "O-E2-H1"));
    cr_expect_null(policy_person_in(outlet, NULL));
    cr_expect_null(policy_person_with(whenever, outlet, ROLE_FINANCE, 7));
}

Test(policy, people_are_chosen_evenly_and_stably)
{
    const struct pol_unit *ho = policy_head_office(p);
    int seen[64] = {0}, handlers = 0;
    cr_assert_leq(ho->n_people, 64);
    for (int i = 0; i < ho->n_people; i++) handlers += policy_has_role(&ho->people[i], ROLE_HANDLER);
    for (uint64_t salt = 0; salt < 100 * (uint64_t)handlers; salt++) {
        const struct pol_person *person = policy_person_with(whenever, ho, ROLE_HANDLER, salt);
        cr_assert(policy_has_role(person, ROLE_HANDLER));
        cr_expect_eq(person, policy_person_with(whenever, ho, ROLE_HANDLER, salt));
        seen[person - ho->people]++;
    }
    for (int i = 0; i < ho->n_people; i++) {
        cr_expect_eq(seen[i], policy_has_role(&ho->people[i], ROLE_HANDLER) ? 100 : 0);
    }
}

/* A pack whose limits are one line each, so that a fault can be planted by replacing text. */
#define LIMIT(code, start, stop, rest)                                                                                 \
    "{\"code\":\"" code "\",\"title\":\"t\",\"start\":[" start "],\"stop\":[" stop "],\"length\":{\"unit\":"           \
    "\"calendar_days\",\"n\":15},\"responsible\":\"handler\",\"on_miss\":\"slip\"" rest "}"

#define TOLD(kind)                                                                                                     \
    "{\"kind\":\"" kind "\",\"zh\":{\"title\":\"t\",\"body\":\"b\"},\"en\":{\"title\":\"t\",\"body\":\"b\"}}"

static const char small_pack[] =
    "{\"id\":\"p\",\"version\":1,\"owner\":\"o\",\"effective_from\":\"2026-01-01\",\"approved_by\":\"ho_service_"
    "manager\","
    "\"calendar\":\"cn\",\"timezone\":\"Asia/Shanghai\",\"currency\":\"CNY\",\"numbering\":{\"prefix\":\"RF\"},"
    "\"alone_below\":[{\"currency\":\"CNY\",\"minor\":1},{\"currency\":\"USD\",\"minor\":0}],\"alone_roles\":[],"
    "\"goodwill\":[{}],"
    "\"notices\":{\"language\":\"zh\",\"words\":[],\"texts\":[" TOLD("acknowledged") "," TOLD("material_requested") "," TOLD("rejected") "," TOLD("result") "," TOLD("deducted") "," TOLD("cash_due") "," TOLD(
        "paid") "," TOLD("advance_paid") "]},"
                                         "\"approver_outlet\":\"outlet_manager\",\"approver_regional\":\"regional_"
                                         "manager\","
                                         "\"approver_head_office\":\"ho_service_manager\",\"consent_honoured\":true,"
                                         "\"materials\":[{\"kind\":\"claim\",\"items\":[]},{\"kind\":\"other\","
                                         "\"items\":[]}],"
                                         "\"evidence\":[{\"items\":[]},{\"category\":\"other\",\"items\":[]}],"
                                         "\"limits\":[" LIMIT("one", "\"intake.registered\"", "\"intake.responded\"", ",\"warn_percent\":80") "," LIMIT(
                                             "two", "\"approval.slip_approved\"", "\"payment.settled\"",
                                             ",\"only_if\":\"must_pay\"") "," LIMIT("three", "\"approval.offered\"",
                                                                                    "\"approval.lapsed\"",
                                                                                    ",\"pause\":[\"intake.materials_"
                                                                                    "requested\"],\"resume\":[\"intake."
                                                                                    "materials_completed\"]") "],"
                                                                                                              "\"ladder"
                                                                                                              "\":"
                                                                                                              "[{"
                                                                                                              "\"code\""
                                                                                                              ":"
                                                                                                              "\"one\","
                                                                                                              "\"level"
                                                                                                              "\":"
                                                                                                              "\"outlet"
                                                                                                              "\","
                                                                                                              "\"misses"
                                                                                                              "\":"
                                                                                                              "1},{"
                                                                                                              "\"code\""
                                                                                                              ":"
                                                                                                              "\"one\","
                                                                                                              "\"level"
                                                                                                              "\":"
                                                                                                              "\"region"
                                                                                                              "al"
                                                                                                              "\","
                                                                                                              "\"misses"
                                                                                                              "\":"
                                                                                                              "2}],"
                                                                                                              "\"closin"
                                                                                                              "g\""
                                                                                                              ":{\"ask_"
                                                                                                              "satisfac"
                                                                                                              "tio"
                                                                                                              "n\":"
                                                                                                              "true},"
                                                                                                              "\"negoti"
                                                                                                              "ati"
                                                                                                              "on\":{"
                                                                                                              "\"rounds"
                                                                                                              "\":"
                                                                                                              "2,"
                                                                                                              "\"remind"
                                                                                                              "er_"
                                                                                                              "limits\""
                                                                                                              ":["
                                                                                                              "\"two\"]"
                                                                                                              ","
                                                                                                              "\"lapse_"
                                                                                                              "limit\":"
                                                                                                              "\"three"
                                                                                                              "\","
                                                                                                              "\"appeal"
                                                                                                              "_"
                                                                                                              "limit\":"
                                                                                                              "\"three"
                                                                                                              "\","
                                                                                                              "\"appeal"
                                                                                                              "_"
                                                                                                              "days\":"
                                                                                                              "15},"
                                                                                                              "\"intake"
                                                                                                              "\":"
                                                                                                              "{\"mater"
                                                                                                              "ial"
                                                                                                              "_limit\""
                                                                                                              ":"
                                                                                                              "\"one\","
                                                                                                              "\"satisf"
                                                                                                              "act"
                                                                                                              "ion_"
                                                                                                              "limit\":"
                                                                                                              "\"two\","
                                                                                                              "\"reply_"
                                                                                                              "days\":"
                                                                                                              "5},"
                                                                                                              "\"matter"
                                                                                                              "_"
                                                                                                              "days\":"
                                                                                                              "90,"
                                                                                                              "\"paymen"
                                                                                                              "t\""
                                                                                                              ":{"
                                                                                                              "\"case_"
                                                                                                              "ceiling"
                                                                                                              "\":["
                                                                                                              "{\"curre"
                                                                                                              "ncy"
                                                                                                              "\":"
                                                                                                              "\"CNY\","
                                                                                                              "\"minor"
                                                                                                              "\":"
                                                                                                              "7}],"
                                                                                                              "\"releas"
                                                                                                              "e_"
                                                                                                              "roles\":"
                                                                                                              "["
                                                                                                              "\"genera"
                                                                                                              "l_"
                                                                                                              "manager"
                                                                                                              "\"],"
                                                                                                              "\"resolv"
                                                                                                              "e_"
                                                                                                              "roles\":"
                                                                                                              "["
                                                                                                              "\"financ"
                                                                                                              "e\""
                                                                                                              "],"
                                                                                                              "\"confir"
                                                                                                              "m_"
                                                                                                              "roles\":"
                                                                                                              "["
                                                                                                              "\"genera"
                                                                                                              "l_"
                                                                                                              "manager"
                                                                                                              "\"],"
                                                                                                              "\"cash_"
                                                                                                              "roles\":"
                                                                                                              "["
                                                                                                              "\"financ"
                                                                                                              "e\""
                                                                                                              "],"
                                                                                                              "\"deposi"
                                                                                                              "t_"
                                                                                                              "required"
                                                                                                              "\":"
                                                                                                              "[]}}";

/* A small organisation in which each way of finding has one answer. */
static const char finding[] =
    "{\"version\":1,\"units\":["
    "{\"id\":\"HO\",\"name\":\"HO\",\"level\":\"head_office\",\"bank_account\":\"b\",\"people\":["
    "{\"id\":\"m\",\"name\":\"m\",\"roles\":[\"handler\",\"ho_service_manager\",\"finance\",\"legal\",\"general_"
    "manager\"]}]},"
    "{\"id\":\"any\",\"name\":\"any\",\"level\":\"outlet\",\"parent\":\"HO\",\"bank_account\":\"b\",\"people\":[],"
    "\"territories\":[\"*\"]},"
    "{\"id\":\"east\",\"name\":\"east\",\"level\":\"outlet\",\"parent\":\"HO\",\"bank_account\":\"b\",\"people\":[],"
    "\"territories\":[\"E*\",\"W1\",\"E15\"],\"contracts\":[\"HT-2025-\"]},"
    "{\"id\":\"e1\",\"name\":\"e1\",\"level\":\"outlet\",\"parent\":\"HO\",\"bank_account\":\"b\",\"people\":[],"
    "\"territories\":[\"E1\",\"E1*\"],\"contracts\":[\"HT-\"]},"
    "{\"id\":\"shut\",\"name\":\"shut\",\"level\":\"outlet\",\"parent\":\"HO\",\"bank_account\":\"b\",\"people\":[],"
    "\"suspended\":true,\"territories\":[\"E2\"],\"contracts\":[\"HT-2025-9\"]}]}";

static void expect_found(const struct policy *q, const char *contract, const char *region, const char *id)
{
    const struct pol_unit *u = policy_unit_for(q, contract, region);
    cr_assert(u, "%s %s", contract, region);
    cr_expect_str_eq(u->id, id, "%s %s -> %s", contract, region, u->id);
}

/* DI-1, DI-4 */
Test(policy, DI_1_contract_before_territory_before_the_rest)
{
    struct err e = ERR_INIT;
    const struct policy *q;
    cr_assert(policy_parse(small_pack, finding, &q, &e), "%s", e.message);
    expect_found(q, "HT-2024-1", "W1", "e1");
    expect_found(q, "HT-2025-1", "X", "east");
    expect_found(q, "HT-2025-99", NULL, "east"); /* its own holder is suspended */
    expect_found(q, "XX-1", "E1", "e1");
    expect_found(q, NULL, "E17", "e1");
    expect_found(q, NULL, "E15", "east"); /* a name before a pattern */
    expect_found(q, NULL, "E3", "east");
    expect_found(q, NULL, "E2", "east"); /* suspended */
    expect_found(q, NULL, "W1", "east");
    expect_found(q, NULL, "W12", "any");
    expect_found(q, NULL, NULL, "any");
    cr_expect(policy_is_staffed(whenever, policy_head_office(q)));
    cr_expect_not(policy_is_staffed(whenever, policy_unit(q, "any")) ||
                  policy_is_staffed(whenever, policy_unit(q, "shut")));
    policy_unload(q);
}

Test(policy, DI_4_nobody_serves_the_region)
{
    struct err e = ERR_INIT;
    const struct policy *q;
    char *text = strdup(finding);
    memcpy(strstr(text, "\"*\""), "\"Q\"", 3);
    cr_assert(policy_parse(small_pack, text, &q, &e), "%s", e.message);
    cr_expect_null(policy_unit_for(q, NULL, "Z9"));
    cr_expect_null(policy_unit_for(q, "K-1", NULL));
    policy_unload(q);
    free(text);
}

static bool has(const struct policy_limit *l, enum policy_edge edge, enum event_type type)
{
    for (int i = 0; i < l->edges[edge].n; i++) {
        if (l->edges[edge].types[i] == type) return true;
    }
    return false;
}

/* SL-4, IN-8, EV-1, IN-10, EV-4, AP-10, AP-9, ES-3, IN-6: every limit the rules name is in the shipped pack as they
 * say. */
Test(policy, SL_4_the_shipped_limits_are_those_of_the_rules)
{
    static const struct {
        const char *code;
        enum limit_unit unit;
        int64_t n;
        enum event_type start, stop;
        bool slip;
    } rules[] = {
        {"first_response", LIMIT_UNIT_HOURS, 24, EV_INTAKE_REGISTERED, EV_INTAKE_RESPONDED, true},
        {"evidence", LIMIT_UNIT_HOURS, 24, EV_EVIDENCE_VISIT_ORDERED, EV_EVIDENCE_PACKAGE_COMPLETE, true},
        {"preliminary_review", LIMIT_UNIT_WORKING_DAYS, 2, EV_INTAKE_REGISTERED, EV_INTAKE_REVIEWED, true},
        {"investigation", LIMIT_UNIT_WORKING_DAYS, 3, EV_EVIDENCE_INVESTIGATION_STARTED,
         EV_EVIDENCE_INVESTIGATION_CONCLUDED, true},
        {"approval", LIMIT_UNIT_WORKING_DAYS, 1, EV_APPROVAL_REQUESTED, EV_APPROVAL_GRANTED, true},
        {"payment", LIMIT_UNIT_WORKING_DAYS, 3, EV_APPROVAL_SLIP_APPROVED, EV_PAYMENT_SETTLED, true},
        {"satisfaction_call", LIMIT_UNIT_WORKING_DAYS, 3, EV_INTAKE_SATISFACTION_REQUESTED,
         EV_INTAKE_SATISFACTION_CALLED, true},
        {"satisfaction", LIMIT_UNIT_WORKING_DAYS, 3, EV_INTAKE_SATISFACTION_REQUESTED, EV_INTAKE_SATISFACTION_RECORDED,
         false},
        {"appeal", LIMIT_UNIT_CALENDAR_DAYS, 15, EV_APPROVAL_REJECTED, EV_APPROVAL_CUSTOMER_OBJECTED, false},
        {"customer_material", LIMIT_UNIT_CALENDAR_DAYS, 7, EV_INTAKE_MATERIALS_REQUESTED, EV_INTAKE_MATERIALS_COMPLETED,
         false},
        {"customer_answer", LIMIT_UNIT_CALENDAR_DAYS, 15, EV_APPROVAL_OFFERED, EV_APPROVAL_CUSTOMER_ACCEPTED, false},
        {"file_handover", LIMIT_UNIT_HOURS, 24, EV_ESCALATION_FILE_DEMANDED, EV_EVIDENCE_FILE_RECEIVED, true},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct policy_limit *l = policy_limit(p, rules[i].code);
        cr_assert_not_null(l, "%s", rules[i].code);
        cr_expect(l->def->length->unit == rules[i].unit && l->def->length->n == rules[i].n, "%s", rules[i].code);
        cr_expect(has(l, POLICY_START, rules[i].start) && has(l, POLICY_STOP, rules[i].stop), "%s", rules[i].code);
        cr_expect_eq(l->def->on_miss == ON_MISS_SLIP, rules[i].slip, "%s", rules[i].code);
        cr_expect(l->def->has_warn_percent && l->def->warn_percent == 80, "%s", rules[i].code);
    }
    static const char *const dated[] = {"visit_answer", "measure", "handling_time", "promise", "milestone"}; /* SL-7 */
    for (size_t i = 0; i < sizeof dated / sizeof dated[0]; i++) {
        const struct policy_limit *l = policy_limit(p, dated[i]);
        cr_expect(l != NULL && l->def->length->unit == LIMIT_UNIT_PROMISED_DATE && l->def->warn_percent == 80, "%s",
                  dated[i]);
    }
}

/* SL-2: kind, phase, category and severity choose; what a limit does not name, and what a case does not say, fits. */
Test(policy, SL_2_limits_by_kind_phase_category_and_severity)
{
    static const enum phase phases[] = {PHASE_CONSTRUCTION};
    static const enum category categories[] = {CATEGORY_ENVIRONMENTAL, CATEGORY_DELAY};
    static const enum severity severities[] = {SEVERITY_SERIOUS};
    struct pol_limit_def def = {.n_phases = 1,
                                .phases = phases,
                                .n_categories = 2,
                                .categories = categories,
                                .n_severities = 1,
                                .severities = severities};
    const struct policy_limit l = {.def = &def};
    struct limit_scope scope = {
        .kind = KIND_CLAIM, .phase = PHASE_CONSTRUCTION, .category = CATEGORY_DELAY, .severity = SEVERITY_SERIOUS};
    cr_expect(policy_limit_applies(&l, &scope));
    scope.category = CATEGORY_MATERIAL;
    cr_expect_not(policy_limit_applies(&l, &scope));
    scope.category = CATEGORY_ENVIRONMENTAL;
    scope.severity = SEVERITY_NORMAL;
    cr_expect_not(policy_limit_applies(&l, &scope));
    scope.severity = SEVERITY_ABSENT;
    cr_expect(policy_limit_applies(&l, &scope), "written before the state kept a severity");
    scope.phase = PHASE_AFTER_SALES;
    cr_expect_not(policy_limit_applies(&l, &scope));
}

struct fault {
    const char *from, *to, *message;
};

/* SL-8: limits are data, so wrong data must not start. */
Test(policy, SL_8_a_pack_that_cannot_be_right_is_refused)
{
    static const struct fault faults[] = {
        {"\"matter_days\":90", "\"matter_days\":\"90\"", "pack.json: $.matter_days: expected integer"},
        {"\"matter_days\":90", "\"matter_days\":0", "$.matter_days: must be at least 1"},
        {"\"id\":\"p\"", "\"id\":\"a/b\"", "$.id: letters"},
        {"\"version\":1", "\"version\":0", "$.version"},
        {"2026-01-01", "2026-02-30", "$.effective_from: not a date"},
        {"\"calendar\":\"cn\"", "\"calendar\":\"../cn\"", "$.calendar: letters"},
        {"\"calendar\":\"cn\"", "\"calendar\":\"cn\",\"calendars\":[{\"territory\":\"*\",\"calendar\":\"ny\"}]",
         "$.calendars[0].territory: every other region goes by $.calendar"},
        {"\"calendar\":\"cn\"", "\"calendar\":\"cn\",\"calendars\":[{\"territory\":\"US*\",\"calendar\":\"a b\"}]",
         "$.calendars[0].calendar: letters"},
        {"\"calendar\":\"cn\"",
         "\"calendar\":\"cn\",\"calendars\":[{\"territory\":\"U\",\"calendar\":\"a\"},{\"territory\":\"U\","
         "\"calendar\":\"b\"}]",
         "$.calendars[1].territory: \"U\" is listed twice"},
        {"\"currency\":\"CNY\",\"numbering\"", "\"currency\":\"RMB\",\"numbering\"", "$.currency: \"RMB\" is no ISO"},
        {"\"prefix\":\"RF\"", "\"prefix\":\"\"", "$.numbering.prefix"},
        {"\"USD\"", "\"US$\"", "$.alone_below[1].currency: \"US$\" is no ISO"},
        {"\"USD\"", "\"CNY\"", "$.alone_below[1].currency: CNY is listed twice"},
        {"\"minor\":0", "\"minor\":-1", "$.alone_below[1].minor"},
        {"\"kind\":\"other\"", "\"kind\":\"claim\"", "$.materials[1].kind: claim is listed twice"},
        {"\"category\":\"other\",", "", "$.evidence[1].category: \"\" is listed twice"},
        {"intake.responded", "intake.answered", "$.limits[0].stop[0]: there is no event \"intake.answered\""},
        {"\"intake.responded\"", "", "$.limits[0].stop: nothing stops it"},
        {"\"approval.offered\"", "", "$.limits[2].start: nothing starts it"},
        {"\"approval.offered\"", "\"approval.offered\",\"approval.denied\"", "$.limits[2].restart"},
        {"\"resume\":[\"intake.materials_completed\"]", "\"resume\":[]", "$.limits[2].resume"},
        {"[\"intake.materials_requested\"]", "[\"intake.materials_requested\",\"evidence.inspection_ordered\"]",
         "$.limits[2].resume: one event for each of pause"},
        {"\"warn_percent\":80", "\"pause\":[\"intake.materials_requested\"],\"resume\":[\"intake.result_noticed\"]",
         "$.limits[2].resume[0]: \"one\" goes on by another event after intake.materials_requested"},
        {"intake.responded", "intake.registered", "$.limits[0]: intake.registered is used twice"},
        {"intake.responded", "command.contact", "$.limits[0]: command.contact is no fact that moves limits"},
        {"intake.responded", "sla.timer_fired", "$.limits[0]: sla.timer_fired is no fact that moves limits"},
        {"intake.responded", "approval.brief_corrected", "$.limits[0]: approval.brief_corrected is no fact"},
        {"intake.responded", "intake.command_refused", "$.limits[0]: intake.command_refused is no fact"},
        {"intake.responded", "sla.breached", "$.limits[0]: sla.breached is no fact that moves limits"},
        {"intake.responded", "inbound.supplement", "$.limits[0]: inbound.supplement is no fact that moves limits"},
        {"\"only_if\":\"must_pay\"", "\"only_if\":\"amount_minor\"", "$.limits[1].only_if: approval.slip_approved has"},
        {"\"code\":\"two\"", "\"code\":\"one\"", "$.limits[1].code: \"one\" is used twice"},
        {"\"code\":\"two\"", "\"code\":\"t w\"", "$.limits[1].code: letters"},
        {"\"warn_percent\":80", "\"warn_percent\":100", "$.limits[0].warn_percent"},
        {"\"n\":15", "\"n\":0", "$.limits[0].length.n"},
        {"calendar_days", "fortnights", "$.limits[0].length.unit: \"fortnights\" is not a limit_unit"},
        {"\"unit\":\"calendar_days\",\"n\":15", "\"unit\":\"calendar_days\"", "$.limits[0].length.n"},
        {"calendar_days", "promised_date", "$.limits[0].length.n: a promised date has no number"},
        {"\"calendar_days\",\"n\":15", "\"promised_date\"", "$.limits[0].date: where"},
        {"\"warn_percent\":80", "\"date\":\"brief.received_ms\"", "$.limits[0].date: only of a promised_date"},
        {"\"misses\":2", "\"misses\":0", "$.ladder[1].misses"},
        {"\"level\":\"regional\"", "\"level\":\"head_office\"", "$.ladder[1].level: nobody is above"},
        {"\"level\":\"regional\"", "\"level\":\"outlet\"", "$.ladder[1]: \"one\" has two rungs"},
        {"{\"code\":\"one\",\"level\":\"outlet\"", "{\"code\":\"six\",\"level\":\"outlet\"",
         "$.ladder[0].code: there is"},
        {"\"on_miss\":\"slip\"", "\"on_miss\":\"none\"", "$.ladder[0].code: a miss of \"one\""},
        {"\"warn_percent\":80", "\"repeat\":{\"length\":{\"unit\":\"hours\",\"n\":6},\"times\":0}",
         "$.limits[0].repeat.times"},
        {"\"warn_percent\":80", "\"repeat\":{\"length\":{\"unit\":\"hours\"},\"times\":1}",
         "$.limits[0].repeat.length.n"},
        {"\"warn_percent\":80", "\"repeat\":{\"length\":{\"unit\":\"promised_date\"},\"times\":1}",
         "$.limits[0].repeat.length.unit"},
        {"[\"two\"]", "[\"ten\"]", "$.negotiation.reminder_limits[0]: there is no limit \"ten\""},
        {"\"lapse_limit\":\"three\"", "\"lapse_limit\":\"\"", "$.negotiation.lapse_limit: there is no limit"},
        {"\"appeal_limit\":\"three\"", "\"appeal_limit\":\"x\"", "$.negotiation.appeal_limit: there is no limit"},
        {"\"appeal_days\":15", "\"appeal_days\":14", "$.negotiation.appeal_days: differs"},
        {"\"rounds\":2", "\"rounds\":0", "$.negotiation.rounds"},
        {"\"material_limit\":\"one\"", "\"material_limit\":\"x\"", "$.intake.material_limit: there is no limit"},
        {"\"reply_days\":5", "\"reply_days\":0", "$.intake.reply_days"},
        {"{\"currency\":\"CNY\",\"minor\":7}", "{\"currency\":\"RMB\",\"minor\":7}", "$.payment.case_ceiling[0]"},
        {"\"release_roles\":[\"general_manager\"]", "\"release_roles\":[]", "$.payment.release_roles: nobody"},
        {"\"cash_roles\":[\"finance\"]", "\"cash_roles\":[]", "$.payment.cash_roles: nobody"},
    };
    struct err e = ERR_INIT;
    const struct policy *q;
    cr_assert(policy_parse(small_pack, organisation_text, &q, &e), "%s", e.message);
    policy_unload(q);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char *text = pack_replaced(small_pack, faults[i].from, faults[i].to);
        pack_expect_refused(text, organisation_text, faults[i].message);
        free(text);
    }
}

/* PA-5, PA-8, PA-10: what nobody could do, or what could not end. */
Test(policy, PA_8_remedies_that_cannot_be_right_are_refused)
{
    static const struct {
        const char *more, *message;
    } faults[] = {
        {"\"advance\":{\"grounds\":[],\"review_roles\":[]}", "$.advance.review_roles: nobody"},
        {"\"advance\":{\"grounds\":[{\"category\":\"other\"},{\"category\":\"other\"}],\"review_roles\":[\"finance\"]}",
         "$.advance.grounds[1].category: other is listed twice"},
        {"\"advance\":{\"grounds\":[],\"review_roles\":[\"finance\"],\"unclaimed_ceiling\":[{\"currency\":\"CNY\","
         "\"minor\":1},{\"currency\":\"CNY\",\"minor\":2}]}",
         "$.advance.unclaimed_ceiling[1].currency: CNY is listed twice"},
        {"\"correction\":{\"limit\":\"x\",\"confirm_roles\":[\"general_manager\",\"ho_service_manager\"],"
         "\"departments\":[]}",
         "$.correction.limit: there is no limit \"x\""},
        {"\"correction\":{\"limit\":\"one\",\"confirm_roles\":[\"general_manager\"],\"departments\":[]}",
         "$.correction.confirm_roles: fewer than two people"},
        {"\"correction\":{\"limit\":\"one\",\"confirm_roles\":[\"general_manager\",\"ho_service_manager\"],"
         "\"departments\":[]}",
         "$.correction.departments: nobody"},
        {"\"correction\":{\"limit\":\"one\",\"confirm_roles\":[\"general_manager\",\"ho_service_manager\"],"
         "\"departments\":[{\"department\":\"design\"},{"
         "\"department\":"
         "\"e\",\"role\":\"finance\"}]}",
         "$.correction.departments[0].causes: those after it"},
        {"\"correction\":{\"limit\":\"one\",\"confirm_roles\":[\"general_manager\",\"ho_service_manager\"],"
         "\"departments\":[{\"department\":\"design\",\"causes\":"
         "[\"design\"]}]}",
         "$.correction.departments[0].causes: the last takes every cause"},
        {"\"execution\":[{\"measure\":\"repair\",\"steps\":[]}]", "$.execution[0].steps: a record of nothing"},
        {"\"execution\":[{\"measure\":\"repair\",\"steps\":[{\"step\":\"inspected\"}]}]",
         "$.execution[0].steps[0]: there is nothing to inspect"},
        {"\"execution\":[{\"measure\":\"repair\",\"steps\":[{\"step\":\"shipped\"},{\"step\":\"shipped\"}]}]",
         "$.execution[0].steps[1]: shipped is listed twice"},
        {"\"execution\":[{\"measure\":\"repair\",\"steps\":[{\"step\":\"shipped\"}]},{\"measure\":\"repair\",\"steps\":"
         "["
         "{\"step\":\"shipped\"}]}]",
         "$.execution[1].measure: repair is listed twice"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char *with = NULL;
        cr_assert(asprintf(&with, "\"version\":1,%s", faults[i].more) >= 0);
        char *text = pack_replaced(small_pack, "\"version\":1", with);
        pack_expect_refused(text, organisation_text, faults[i].message);
        free(text);
        free(with);
    }
}

/* What the rules have the customer told cannot be left out; other kinds can. */
Test(policy, PA_3_IN_6_IN_7_AP_7_RV_2_a_pack_that_does_not_tell_is_refused)
{
    static const struct fault faults[] = {
        {TOLD("acknowledged"), TOLD("closed"), "$.notices.texts: customers are not told acknowledged (IN-7)"},
        {TOLD("material_requested"), TOLD("closed"),
         "$.notices.texts: customers are not told material_requested (IN-6)"},
        {TOLD("rejected"), TOLD("closed"), "$.notices.texts: customers are not told rejected (AP-7)"},
        {TOLD("result"), TOLD("closed"), "$.notices.texts: customers are not told result (RV-2)"},
        {TOLD("deducted"), TOLD("closed"), "$.notices.texts: customers are not told deducted (PA-3)"},
        {TOLD("cash_due"), TOLD("closed"), "$.notices.texts: customers are not told cash_due (PA-3)"},
        {TOLD("paid"), TOLD("closed"), "$.notices.texts: customers are not told paid (PA-3)"},
        {TOLD("advance_paid"), TOLD("closed"), "$.notices.texts: customers are not told advance_paid (PA-3)"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char *text = pack_replaced(small_pack, faults[i].from, faults[i].to);
        pack_expect_refused(text, organisation_text, faults[i].message);
        free(text);
    }
}

/* AP-2: each case has one standard of goodwill, each standard some case. */
Test(policy, AP_2_standards_that_cannot_be_right_are_refused)
{
    static const struct fault faults[] = {
        {"[{}]", "[]", "$.goodwill: no standard"},
        {"[{}]", "[{\"categories\":[\"other\"]}]", "$.goodwill[0]: the last must fit every case"},
        {"[{}]", "[{},{\"severities\":[\"minor\"]},{}]", "$.goodwill[0]: leaves no case to the next"},
        {"[{}]", "[{\"percent\":101}]", "$.goodwill[0].percent: not between 0 and 100"},
        {"[{}]", "[{\"percent\":-1}]", "$.goodwill[0].percent: not between 0 and 100"},
        {"[{}]", "[{\"amount\":[{\"currency\":\"CNY\",\"minor\":-1}]}]", "$.goodwill[0].amount[0]: an ISO 4217 code"},
        {"[{}]", "[{\"amount\":[{\"currency\":\"RMB\",\"minor\":1}]}]", "$.goodwill[0].amount[0]: an ISO 4217 code"},
        {"[{}]", "[{\"amount\":[{\"currency\":\"CNY\",\"minor\":1},{\"currency\":\"CNY\",\"minor\":2}]}]",
         "$.goodwill[0].amount[1]: CNY is listed twice"},
        {"\"goodwill\":[{}],", "", "$.goodwill: is required"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char *text = pack_replaced(small_pack, faults[i].from, faults[i].to);
        pack_expect_refused(text, organisation_text, faults[i].message);
        free(text);
    }
}

/* ES-6: a level nobody fills is allowed, an empty head office is not. */
Test(policy, ES_6_an_organisation_that_cannot_be_right_is_refused)
{
    static const struct fault faults[] = {
        {"\"level\":\"head_office\"", "\"level\":\"regional\",\"parent\":\"any\"", "$.units: there is no head office"},
        {"\"id\":\"any\"", "\"id\":\"HO\"", "$.units[1].id: \"HO\" is used twice"},
        {"\"id\":\"any\"", "\"id\":\"\"", "$.units[1].id: is empty"},
        {"\"level\":\"outlet\",\"parent\":\"HO\"", "\"level\":\"head_office\"", "$.units[1].level: there is one"},
        {"\"level\":\"outlet\",\"parent\":\"HO\"", "\"level\":\"outlet\"", "$.units[1].parent: \"any\" hangs"},
        {"\"parent\":\"HO\"", "\"parent\":\"any\"", "$.units[1].parent: \"any\" is not on a level above"},
        {"\"parent\":\"HO\"", "\"parent\":\"east\"", "$.units[1].parent: \"east\" is not on a level above"},
        {"\"level\":\"outlet\",\"parent\":\"HO\"", "\"level\":\"regional\",\"parent\":\"any\"",
         "$.units[1].parent: \"any\" is not on a level above"},
        {"\"parent\":\"HO\"", "\"parent\":\"gone\"", "$.units[1].parent: there is no unit \"gone\""},
        {"\"level\":\"head_office\"", "\"level\":\"head_office\",\"parent\":\"any\"", "$.units[0].parent: nobody"},
        {"{\"id\":\"m\",\"name\":\"m\",\"roles\":[\"handler\",\"ho_service_manager\",\"finance\",\"legal\",\"general_"
         "manager\"]}",
         "", "$.units[0].people: nobody works at head office"},
        {"\"handler\",", "", "$.units[0].people: head office has no handler"},
        {",\"ho_service_manager\"", "", "$.units[0].people: head office has no ho_service_manager"},
        {"\"handler\",", "\"handler\",\"customer\",", "$.units[0].people[0].roles"},
        {"\"people\":[],", "\"people\":[{\"id\":\"m\",\"name\":\"n\",\"roles\":[]}],",
         "$.units[1].people[0].id: \"m\" works at unit 0 already"},
        {"\"people\":[],",
         "\"people\":[{\"id\":\"n\",\"name\":\"n\",\"roles\":[]},{\"id\":\"n\",\"name\":\"n\",\"roles\":[]}],",
         "$.units[1].people[1].id: \"n\" is used twice"},
        {"\"W1\"", "\"*\"", "$.units[2].territories[1]: \"*\" is served twice"},
        {"\"W1\"", "\"E*\"", "$.units[2].territories[1]: \"E*\" is served twice"},
        {"\"W1\"", "\"*1\"", "$.units[2].territories[1]: a code, or"},
        {"\"W1\"", "\"\"", "$.units[2].territories[1]: a code, or"},
        {"\"HT-2025-\"", "\"HT-\"", "$.units[3].contracts[0]: \"HT-\" is held twice"},
        {"\"HT-2025-\"", "\"\"", "$.units[2].contracts[0]: is empty"},
        {"\"bank_account\":\"b\"", "\"bank_account\":\"\"", "$.units[0].bank_account: is empty"},
        {"\"version\":1", "\"version\":1.5", "organisation.json: $.version: expected integer"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char *text = pack_replaced(finding, faults[i].from, faults[i].to);
        pack_expect_refused(small_pack, text, faults[i].message);
        free(text);
    }
}

Test(policy, files_that_cannot_be_read_are_named)
{
    struct err e = ERR_INIT;
    const struct policy *q;
    cr_expect_not(policy_load("/nowhere", NULL, &q, &e));
    cr_expect_eq(e.code, ERR_IO);
    cr_expect(strstr(e.message, "/nowhere/pack.json: No such file"), "%s", e.message);
}

Test(policy, the_packs_calendar_comes_along)
{
    struct err e = ERR_INIT;
    const struct policy *q;
    cr_assert(policy_load(PACK_DIR, REDRESS_SOURCE_DIR "/schemas/calendar", &q, &e), "%s", e.message);
    cr_expect(q->calendar);
    policy_unload(q);
}
