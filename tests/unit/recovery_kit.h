/* What the tests of head office's paying first and of the accounts share (test_recovery*.c, test_spending.c): slips,
 * answers and receipts as JSON, and the one kit they are fed to. */
#ifndef TESTS_UNIT_RECOVERY_KIT_H
#define TESTS_UNIT_RECOVERY_KIT_H

#include "feed_kit.h"
#include "payment/payment.h"

enum { PARTITIONS = 16 };

static const char *currency = "CNY"; /* of what the test feeds next */

static struct kit k;
static inline void set_up(void) { k = kit_open(&payment_core); }
static inline void tear_down(void) { kit_close(&k); }

#define WHEN "2026-03-02 10:00"
#define FINANCE "{'actor':{'id':'HO-F1','role':'finance','org_id':'HO'}"
#define MANAGER "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'}"

static inline const struct payment_state *state(void) { return k.state; }

static inline const char *slip(const char *no, const char *org, const char *liability, long amount)
{
    return arena_printf(
        &k.arena,
        "{'slip_no':'%s','brief':{'case_no':'RF-%s','kind':'claim','category':'workmanship','phase':'after_sales',"
        "'severity':'normal','channel':'web','customer':{'account':'acc-1'},'region':'AIR-JFK','currency':'CNY',"
        "'consent':false,'direct':false,'received_ms':1,'history':false},'assignment':{'version':1,'org_id':'%s',"
        "'org_name':'x','level':'head_office','handler_id':'h','handler_name':'h','manager_id':'m','visitor_id':'v',"
        "'outlet_id':'O-CN1'},'plan':{'measures':[],'amount_minor':%ld,'currency':'%s'},'liability':'%s','finding':{"
        "'cause':'material','liability':'%s','justified':true,'supplier_id':'Tiles'},'payee':'acc-1','must_pay':true,'"
        "must_execute':false}",
        no, no, org, amount, currency, liability, liability);
}

static inline const char *paid(void)
{
    return arena_printf(&k.arena,
                        "{'key':'%s','payout_no':%lld,'outcome':'settled','amount_minor':%lld,'currency':'%s',"
                        "'bank_ref':'B'}",
                        state()->key, (long long)state()->payout_no, (long long)state()->payout_minor, currency);
}

static inline const char *due(const char *account, long amount)
{
    return arena_printf(&k.arena,
                        "{'account':'%s','amount_minor':%ld,'currency':'%s','slip_no':'S%d','case_no':'R','entries':[]"
                        "}",
                        account, amount, currency, k.n);
}

static inline const char *receipt(const char *account, const char *purpose, long amount)
{
    return arena_printf(&k.arena,
                        FINANCE ",'account':'%s','purpose':'%s','amount_minor':%ld,'currency':'%s','reference':'b7'}",
                        account, purpose, amount, currency);
}

static inline const char *missed(const char *code, const char *due, const char *history)
{
    return arena_printf(&k.arena,
                        "{'code':'%s','ver':1,'round':1,'due_ms':%lld,'fired_ms':%lld,'late_ms':0,'history':%s}", code,
                        (long long)kit_ms(due), (long long)kit_ms(due), history);
}

static inline const char *cash_slip(const char *no, long amount)
{
    char *json = arena_strdup(&k.arena, slip(no, "O-E1", "outlet", amount));
    char *plan = strstr(json, "'measures':[],");
    return arena_printf(&k.arena, "%.*s'pay_method':'cash',%s", (int)(plan - json), json, plan);
}

static inline const char *reversal(const char *who, const char *account, int receipt)
{
    return arena_printf(&k.arena, "%s,'account':'%s','receipt_no':'%s-R%d','reason':'another outlet'}", who, account,
                        account, receipt);
}

#endif
