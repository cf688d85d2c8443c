/* The reconciliation's core (PA-3): a disagreement is one work item until it ends or a person closes it. */
#include "base/id.h"
#include "feed_kit.h"
#include "payment/payment.h"

static struct kit k;
static void set_up(void)
{
    k = kit_open(&payment_core);
    k.case_id = id_account(PAYMENT_STATEMENT, 16);
}
static void tear_down(void) { kit_close(&k); }
TestSuite(reconcile, .init = set_up, .fini = tear_down, .timeout = 60);

#define BY(role, person) "{'actor':{'id':'" person "','role':'" role "','org_id':'HO'}"
#define ITEM(kind, key)                                                                                                \
    "{'kind':'" kind "','key':'" key "','ours_minor':5,'theirs_minor':6,'currency':'CNY','detail':'d'}"

static const struct payment_state *state(void) { return k.state; }

static void expect(const char *type, const char *data, const char *said)
{
    kit_feed(&k, type, "2026-03-02 10:00", data);
    cr_assert_str_eq(kit_said(&k), said);
}

static const char *compared(const char *found, const char *ended)
{
    return arena_printf(&k.arena,
                        "{'day':'2026-03-02','read_ms':1,'lines':3,'matched':2,'missing':1,'unknown':0,'differing':1,"
                        "'whole':true,'found':[%s],'ended':[%s]}",
                        found, ended);
}

Test(reconcile, PA_3_each_disagreement_is_one_work_item)
{
    expect("payment.statement_compared", compared("", ""), "payment.reconciled");
    expect("payment.statement_compared", compared(ITEM("missing", "a") "," ITEM("differing", "b"), ""),
           "payment.discrepancy_found payment.discrepancy_found payment.reconciled");
    const struct ev_payment_reconciled *r = kit_output(&k, EV_PAYMENT_RECONCILED, 0);
    cr_assert_eq(r->open, 2);
    cr_assert_eq(r->matched, 2);
    const struct ev_payment_discrepancy_found *found = kit_output(&k, EV_PAYMENT_DISCREPANCY_FOUND, 0);
    cr_assert_str_eq(found->owner_id, "HO-F1", "finance of head office sees to it");
    expect("payment.statement_compared", compared(ITEM("missing", "a"), ""), "payment.reconciled");
    expect("payment.statement_compared", compared("", "{'kind':'missing','key':'a'},{'kind':'missing','key':'b'}"),
           "payment.discrepancy_ended payment.reconciled");
    cr_assert_eq(state()->n_open_items, 1);
    cr_assert_str_eq(state()->open_items[0].key, "b");
}

Test(reconcile, PA_3_a_person_closes_what_he_found_out)
{
    expect("payment.statement_compared", compared(ITEM("unknown", "a"), ""),
           "payment.discrepancy_found payment.reconciled");
    expect("command.close_discrepancy", BY("finance", "HO-F1") ",'kind':'unknown','key':'a','note':''}",
           "refused PA-3 note_missing");
    expect("command.close_discrepancy", BY("finance", "HO-GM") ",'kind':'unknown','key':'a','note':'n'}",
           "refused RO-1 not_entitled_to_reconcile");
    expect("command.close_discrepancy", BY("finance", "HO-F1") ",'kind':'missing','key':'a','note':'n'}",
           "refused PA-3 no_such_item");
    expect("command.close_discrepancy", BY("finance", "HO-F1") ",'kind':'unknown','key':'a','note':'a fee'}",
           "payment.discrepancy_closed");
    cr_assert_eq(state()->n_open_items, 0);
}

Test(reconcile, PA_3_compared_when_finance_asks)
{
    expect("command.reconcile", BY("outlet_manager", "O-E1-M") "}", "refused RO-1 not_entitled_to_reconcile");
    expect("command.reconcile", BY("finance", "HO-F1") "}", "payment.reconciliation_asked");
    k.state = NULL;
    k.case_id = KIT_CASE;
    expect("command.reconcile", BY("finance", "HO-F1") "}", "refused PA-3 not_the_statement");
}
