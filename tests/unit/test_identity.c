/* Who a customer is, what a matter is, how a case is called (CH-4, IN-2), and which case a message belongs to. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/id.h"
#include "event/identity.h"
#include "intake/matter.h"

static struct arena arena;
static struct customer who;
static struct ev_inbound_complaint form;
static const struct origin from = {"/channels/web", "m-1"};

static void setup(void)
{
    arena_init(&arena);
    who = (struct customer){0};
    form = (struct ev_inbound_complaint){.customer = &who, .description = "x"};
}

static void teardown(void) { arena_deinit(&arena); }

TestSuite(identity, .init = setup, .fini = teardown);

static const char *id(void) { return identity_of(&form, &from, &arena); }

/* CH-4: however a number is written. */
Test(identity, CH_4_a_phone_is_its_digits)
{
    static const char *const same[] = {"13800138000",       "138 0013 8000",   "138-0013-8000",
                                       "+86 138 0013 8000", "008613800138000", "(138) 0013.8000"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        who.phone = same[i];
        cr_assert_str_eq(id(), "tel:13800138000", "%s gives %s", same[i], id());
    }
    who.phone = "021-6666 7777";
    cr_assert_str_eq(id(), "tel:02166667777");
    who.phone = "86 1234567890";
    cr_assert_str_eq(id(), "tel:861234567890", "too short for a mobile number with its country");
}

Test(identity, CH_4_the_first_that_applies)
{
    cr_assert_str_eq(id(), "msg:/channels/web:m-1");
    form.external_ref = " a-7 ";
    cr_assert_str_eq(id(), "ref:/channels/web:A-7");
    who.email = " Ann@Example.org";
    cr_assert_str_eq(id(), "mail:ann@example.org");
    who.account = "WX_Ann";
    cr_assert_str_eq(id(), "acc:/channels/web:wx_ann");
    form.contract_no = " ht-2024 / 08 ";
    cr_assert_str_eq(id(), "con:HT-2024/08");
    who.phone = "12345";
    cr_assert_str_eq(id(), "con:HT-2024/08", "too few digits tell nobody apart");
    who.phone = "1234567";
    cr_assert_str_eq(id(), "tel:1234567");
    form.customer = NULL;
    cr_assert_str_eq(id(), "con:HT-2024/08");
}

Test(identity, CH_4_a_matter_is_contract_order_or_category)
{
    who.phone = "13800138000";
    cr_assert_str_eq(identity_matter(&form, &from, &arena), "tel:13800138000|cat:other");
    form.category = CATEGORY_DELAY;
    cr_assert_str_eq(identity_matter(&form, &from, &arena), "tel:13800138000|cat:delay");
    form.order_no = "o 1";
    cr_assert_str_eq(identity_matter(&form, &from, &arena), "tel:13800138000|ord:O1");
    form.contract_no = "c-1";
    cr_assert_str_eq(identity_matter(&form, &from, &arena), "tel:13800138000|con:C-1");
    form = (struct ev_inbound_complaint){.external_ref = "7", .order_no = "o"};
    cr_assert_str_eq(identity_matter(&form, &from, &arena), "ref:/channels/web:7");
}

/* The same customer is at home in one place, whatever the channel. */
Test(identity, CH_4_home_is_by_identity)
{
    static const struct origin other = {"/channels/phone", "z"};
    who.phone = "13800138000";
    int home = identity_home(EV_INBOUND_COMPLAINT, &form, &from, 16, &arena);
    who.phone = "+86 13800138000";
    form.contract_no = "elsewhere";
    cr_assert_eq(identity_home(EV_INBOUND_COMPLAINT, &form, &other, 16, &arena), home);
    struct ev_inbound_supplement s = {.case_no = "RF2026-13-000005"};
    cr_assert_eq(identity_home(EV_INBOUND_SUPPLEMENT, &s, &from, 16, &arena), 13);
    s.case_no = "RF2026-77-000005";
    int stray = identity_home(EV_INBOUND_SUPPLEMENT, &s, &from, 16, &arena);
    cr_assert(stray >= 0 && stray < 16, "a number of another installation still has a home");
}

/* IN-2: there and back; nothing else is taken for a case number. */
Test(identity, IN_2_a_case_number_is_its_case)
{
    int64_t ids[] = {case_id_make(0, 1), case_id_make(3, 41), case_id_make(15, 999999), case_id_make(200, 12345678)};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        int64_t back = 0;
        const char *no = case_no_format("RF", 2026, ids[i], &arena);
        cr_assert(case_no_parse(no, &back) && back == ids[i], "%s", no);
    }
    cr_assert_str_eq(case_no_format("RF", 2026, ids[1], &arena), "RF2026-03-000041");
    static const char *const not_one[] = {"",
                                          "RF",
                                          "RF2026-03",
                                          "-03-000041",
                                          "RF2026--41",
                                          "RF2026-03-",
                                          "RF2026-x-41",
                                          "RF2026-03-4 1",
                                          "RF2026-03-000000",
                                          "RF2026-99999-1",
                                          "RF2026-03-9999999999999"};
    for (size_t i = 0; i < sizeof not_one / sizeof not_one[0]; i++) {
        int64_t back;
        cr_assert(!case_no_parse(not_one[i], &back), "%s", not_one[i]);
    }
    int64_t back;
    cr_assert(!case_no_parse(NULL, &back));
}

/* CH-4: a channel that numbers says what is the same; one that does not is taken at its word: the newest. */
Test(identity, CH_4_which_case_a_message_belongs_to)
{
    static const struct matter_contact known[] = {
        {1, "web", "A"}, {1, "phone", NULL}, {2, "web", "B"}, {3, "phone", NULL}};
    cr_assert_eq(matter_choose(known, 4, "web", "A"), 1);
    cr_assert_eq(matter_choose(known, 4, "web", "B"), 2);
    cr_assert_eq(matter_choose(known, 4, "web", "C"), 3, "case 3 has no number of that channel");
    cr_assert_eq(matter_choose(known, 3, "web", "C"), 0);
    cr_assert_eq(matter_choose(known, 4, "chat", NULL), 3);
    cr_assert_eq(matter_choose(known, 3, "chat", "C"), 2);
    cr_assert_eq(matter_choose(known, 0, "chat", NULL), 0);
}
