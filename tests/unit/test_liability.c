/* The liability table and who is near (ES-4, ES-5), on the shipped pack; and that rules which cannot decide every
 * case are refused with their place. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack_kit.h"
#include "policy/liability.h"
#include "policy/nearby.h"

static const struct policy *policy;
static char *pack_text, *organisation_text;

static void set_up(void)
{
    struct err e = ERR_INIT;
    pack_text = pack_read(PACK_DIR "/pack.json");
    organisation_text = pack_read(PACK_DIR "/organisation.json");
    cr_assert(policy_parse(pack_text, organisation_text, &policy, &e), "%s", e.message);
}

static void tear_down(void)
{
    policy_unload(policy);
    free(pack_text);
    free(organisation_text);
}

TestSuite(liability, .init = set_up, .fini = tear_down);

/* ES-5: the order of the rows says nothing: each case fits one row, from whichever end they are read. */
Test(liability, ES_5_every_combination_of_facts_has_one_row)
{
    const struct pol_liability_table *t = policy->pack->liability;
    int tried = 0;
    for (int i = 0; i < 16 * 10 * 6 * 7 * 3 * 2; i++) {
        struct liability_facts f = {.category = (enum category)(1 + i % 16),
                                    .cause = (enum cause)(1 + i / 16 % 10),
                                    .found = (enum liability)(1 + i / 160 % 6),
                                    .report = (enum liability)(i / 960 % 7),
                                    .material_source = (enum material_source)(1 + i / 6720 % 3),
                                    .shown = i / 20160 % 2};
        int fits = 0;
        for (int k = 0; k < t->n_rows; k++) fits += liability_row_fits(&t->rows[k], &f);
        cr_assert_eq(fits, 1);
        tried++;
    }
    cr_assert_eq(tried, 40320);
}

struct fault {
    const char *from, *to, *message;
};

static void expect_refused(const char *anchor, const struct fault *x)
{
    char *text = pack_replaced_after(pack_text, anchor, x->from, x->to);
    pack_expect_refused(text, organisation_text, x->message);
    free(text);
}

/* ES-5: a policy whose rules contradict each other, or leave a case open, does not start. */
Test(liability, ES_5_two_rows_for_one_case_or_none_are_refused)
{
    static const struct {
        const char *anchor;
        struct fault fault;
    } faults[] = {
        {"\"misuse-shown\"",
         {"\"misuse\"", "\"misuse\", \"design\"", "$.liability.rows[14]: \"misuse-shown\" and \"system\""}},
        {"\"misuse-shown\"",
         {"\"misuse\"", "\"misuse\", \"design\"", "both fit category workmanship, cause design, found"}},
        {"\"misuse-shown\"", {"\"yes\"", "\"no\"", "$.liability.rows"}},
        {"\"transport-ours\"",
         {"\"no\"", "\"yes\"", "no row fits category workmanship, cause transport, found outlet, not shown"}},
        {"\"service-campaign\"",
         {"\"promotion\",", "", "$.liability.rows: no row fits category promotion, cause service, found"}},
        {"\"report-none\"", {"\"report\": [\n          \"none\"", "\"report\": [\n          \"company\"", "both fit"}},
        {"\"misuse-shown\"", {"misuse-shown", "system", "$.liability.rows[14].id: \"system\" is used twice"}},
        {"\"misuse-shown\"", {"\"reject\"", "\"compensate\"", "$.liability.rows[14].settle: we do not compensate"}},
        {"\"force-majeure\"",
         {"\"goodwill\"", "\"reject\"", "$.liability.rows[22].settle: force majeure is no ground to reject (AP-2)"}},
        {"\"report-third-party\"",
         {"\"liability\": \"third_party\"", "\"liability\": \"none\"",
          "$.liability.rows[4].settle: force majeure is no ground to reject (AP-2)"}},
        {"\"force-majeure-admitted\"",
         {"\"compensate\"", "\"goodwill\"", "$.liability.rows[23].settle: our own fault is compensated"}},
        {"\"rule_below\"", {"\"CNY\"", "\"RMB\"", "$.liability.rule_below[0]"}},
        {"\"climbs\"", {"\"appeal\"", "\"deadlock\"", "$.liability.climbs[1].cause: deadlock is listed twice"}},
        {"\"handed_up\"", {"\"ES-9\"", "\"\"", "$.liability.climbs[2].rule: names no rule"}},
        {"\"file\"", {"\"file_handover\"", "\"file_takeover\"", "$.file.limit: there is no limit \"file_takeover\""}},
        {"\"visit_limit\"", {"\"evidence\"", "\"visits\"", "$.file.visit_limit: there is no limit \"visits\""}},
        {"\"sanctions\"",
         {"\"file_missing\"", "\"file_incomplete\"", "$.file.sanctions[1].offence: file_incomplete is"}},
        {"\"dispute\"", {"\"judgment\"", "\"verdict\"", "$.dispute.limit: there is no limit \"verdict\""}},
        {"\"dispute\"", {"200000", "0", "$.dispute.sanctions[0]: an amount and its currency"}},
        {"\"sanctions\"", {"\"deposit_fine\"", "\"warning\"", "$.file.sanctions[1]: an amount and its currency"}},
        {"\"refusals\"", {"\"regional\"", "\"outlet\"", "$.refusals[1].level: outlet is listed twice"}},
        {"\"refusals\"", {"\"regional\"", "\"head_office\"", "$.refusals[1].level: nobody is above head office"}},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        expect_refused(faults[i].anchor, &faults[i].fault);
    }
}

/* EV-6: what a finding does not say counts against us. */
Test(liability, EV_6_a_finding_without_answers)
{
    struct brief b = {.category = CATEGORY_MATERIAL};
    struct finding f = {.cause = CAUSE_MATERIAL, .liability = LIABILITY_SUPPLIER};
    struct liability_facts facts = liability_facts_of(&b, &f);
    cr_assert_not(facts.shown);
    cr_assert_eq(facts.material_source, MATERIAL_SOURCE_UNKNOWN);
    cr_assert_str_eq(liability_decide(policy, &facts)->id, "material-outlet");
}

Test(liability, ES_5_the_rules_power_ends_at_an_amount)
{
    cr_assert(liability_rule_may_decide(policy, 999999, "CNY"));
    cr_assert_not(liability_rule_may_decide(policy, 1000000, "CNY"));
    cr_assert_not(liability_rule_may_decide(policy, 1, "EUR"), "a currency not listed needs a person");
    cr_assert_not(liability_rule_may_decide(policy, 1, NULL));
}

static const struct pol_unit *near[64];

static bool is_near(int n, const char *id)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(near[i]->id, id) == 0) return true;
    }
    return false;
}

/* ES-4: the longest common beginning of territory and region; equals take turns. */
Test(liability, ES_4_the_nearest_outlets_by_territory)
{
    struct nearby wanted = {.region = "NYC-10301", .of = policy_unit(policy, "O-NY2")};
    int n = nearby_outlets(policy, &wanted, near);
    cr_assert_eq(n, 1, "NYC-100 shares more with it than any AIR code");
    cr_assert_str_eq(near[0]->id, "O-NY1");
    wanted = (struct nearby){.region = "AIR-LAX", .of = policy_unit(policy, "O-E1")};
    n = nearby_outlets(policy, &wanted, near);
    cr_assert_eq(n, 8, "all the others that serve AIR codes are equally near");
    cr_assert_not(is_near(n, "O-E1"), "not the one it is sought instead of");
    cr_assert_not(is_near(n, "O-NY1"));
}

/* ES-4: nobody who refused, nobody suspended; without a region the outlet's own territory says what is near. */
Test(liability, ES_4_refusers_and_suspended_outlets_do_not_go)
{
    static const char *const refused[] = {"O-CN2"};
    struct nearby wanted = {.of = policy_unit(policy, "O-CN1"), .without = refused, .n_without = 1};
    cr_assert_eq(nearby_outlets(policy, &wanted, near), 0);
    wanted.n_without = 0;
    cr_assert_eq(nearby_outlets(policy, &wanted, near), 1);
    cr_assert_str_eq(near[0]->id, "O-CN2");
    ((struct pol_unit *)policy_unit(policy, "O-CN2"))->suspended = true;
    cr_assert_eq(nearby_outlets(policy, &wanted, near), 0);
    wanted = (struct nearby){.region = "ZZZ"};
    cr_assert_eq(nearby_outlets(policy, &wanted, near), 0, "what shares nothing is not local");
}
