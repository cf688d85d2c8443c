/* Payouts through a bank that is reached by files, from end to end: orders written, reports and statements read (PA-3).
 * The sandbox bank is the other side of the folder. */
#include "money_kit.h"
#include "payment/files/folder.h"

static void set_up_files(void)
{
    files_for = "CNY JPY KWD";
    set_up();
}

TestSuite(payout_files, .init = set_up_files, .fini = tear_down, .timeout = 300);

static void begin(void)
{
    hooks_adapter(k);
    hooks_assign(k, 1);
}

static void pay(int from, int to)
{
    for (int i = from; i <= to; i++)
        feed_slip(i, "after_sales", "{'measures':[],'amount_minor':1000,'currency':'CNY','payee':'acc-1'}");
    hooks_must_commit(k);
}

/* The bank states all it has booked, and it is compared. */
static void next_day(void)
{
    int64_t before = k->counts[EV_PAYMENT_RECONCILED];
    keeper("-X POST", "/statement");
    usleep(100000); /* the client takes it in */
    k->now_ms += 86400000;
    for (int idle = 0; k->counts[EV_PAYMENT_RECONCILED] == before && idle < 1000; idle++) {
        spec.adapter->tick(&k->host, k->now_ms);
        if (hooks_locals(k, 1) == 0) usleep(5000);
    }
    cr_assert_gt(k->counts[EV_PAYMENT_RECONCILED], before, "never compared");
}

#define LAST(figure) hooks_ask(k, "SELECT " figure " FROM reconciliation ORDER BY read_ms DESC, seq DESC LIMIT 1")
#define ITEMS(of) hooks_ask(k, "SELECT count(*) FROM discrepancy WHERE " of)

static int files_in(const char *place)
{
    struct err e = ERR_INIT;
    struct folder_names names;
    char path[96];
    snprintf(path, sizeof path, "%s/exchange", state_dir);
    struct folder *f = folder_open(path, &e);
    cr_assert(f != NULL && folder_list(f, place, "", &names, &e), "%s", e.message);
    int n = names.n;
    folder_names_free(&names);
    folder_close(f);
    return n;
}

/* A command in which each %s is the state folder. */
static void shell(const char *format)
{
    char cmd[300];
    snprintf(cmd, sizeof cmd, format, state_dir, state_dir);
    cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static void arrives(const char *name, const char *text)
{
    struct err e = ERR_INIT;
    struct buf bytes = BUF_INIT;
    char path[96];
    snprintf(path, sizeof path, "%s/exchange", state_dir);
    struct folder *f = folder_open(path, &e);
    buf_puts(&bytes, text);
    cr_assert(f != NULL && folder_write(f, "inbox", name, &bytes, &e), "%s", e.message);
    folder_close(f);
    buf_deinit(&bytes);
}

Test(payout_files, PA_3_ordered_reported_and_stated)
{
    begin();
    pay(1, 40);
    answers(40);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 40);
    cr_assert_eq(files_in("sent"), 40);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE bank = 'files' AND bank_ref LIKE 'BK%'"), 40);
    next_day();
    cr_assert_eq(LAST("matched"), 40);
    cr_assert_eq(LAST("lines"), 40);
    next_day();
    cr_assert_eq(LAST("lines"), 40, "the same lines once more, in another file");
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM statement_line"), 40);
    cr_assert_eq(ITEMS("true"), 0);
}

/* Yen have no decimals, dinars three; dollars are not named and go to the API. */
Test(payout_files, PA_3_each_currency_with_its_decimals_and_its_way)
{
    begin();
    feed_slip(1, "after_sales", "{'measures':[],'amount_minor':1500,'currency':'JPY','payee':'acc-1'}");
    feed_slip(2, "after_sales", "{'measures':[],'amount_minor':1234,'currency':'KWD','payee':'acc-1'}");
    feed_slip(3, "after_sales", "{'measures':[],'amount_minor':99,'currency':'USD','payee':'acc-1'}");
    for (int i = 1; i <= 2; i++) /* no ceiling is set for them */
        hooks_feed(k, case_id_make(i, i), "command.release_payout",
                   "{'actor':{'id':'HO-GM','role':'general_manager','org_id':'HO'},'reason':'seen'}");
    hooks_must_commit(k);
    answers(3);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 3);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE bank = 'files'"), 2);
    next_day();
    cr_assert_eq(LAST("matched"), 3, "two by files, one by the API");
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor FROM statement_line WHERE currency = 'KWD'"), 1234);
    cr_assert_eq(hooks_ask(k, "SELECT amount_minor FROM statement_line WHERE currency = 'JPY'"), 1500);
}

Test(payout_files, PA_3_refused_wrong_and_on_the_way)
{
    begin();
    feed_slip(1, "after_sales", "{'measures':[],'amount_minor':1000,'currency':'CNY','payee':'CLOSED-7'}");
    hooks_must_commit(k);
    answers(1);
    cr_assert_eq(k->counts[EV_PAYMENT_FAILED], 1);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE reason = 'AC04'"), 1);
    faults("{\"wrong_amount_percent\":100}");
    pay(2, 2);
    answers(1);
    cr_assert_eq(k->counts[EV_PAYMENT_HALTED], 1);
    faults("{\"late_percent\":100,\"late_ms\":600}");
    pay(3, 3);
    usleep(300000);
    cr_assert_eq(hooks_locals(k, 1), 0, "accepted is not settled");
    answers(1);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 1);
    next_day();
    cr_assert_eq(ITEMS("kind = 'differing' AND detail = 'halted' AND theirs_minor = 1001"), 1);
    cr_assert_eq(LAST("matched"), 1);
}

/* A statement covers its period: what is not in it by then is missing, what it cannot hold yet is not. */
Test(payout_files, PA_3_missing_and_unknown_are_work_items)
{
    begin();
    pay(1, 2);
    answers(2);
    k->now_ms += 86400000;
    for (int i = 0; i < 200 && k->counts[EV_PAYMENT_RECONCILED] == 0; i++) {
        spec.adapter->tick(&k->host, k->now_ms);
        if (hooks_locals(k, 1) == 0) usleep(5000);
    }
    cr_assert_eq(LAST("missing"), 0, "no statement has come");
    faults("{\"omit_percent\":100}");
    next_day();
    cr_assert_eq(LAST("missing"), 2);
    cr_assert_eq(ITEMS("kind = 'missing' AND state = 'open' AND case_id IS NOT NULL"), 2);
    faults("{}");
    arrives(
        "fee.xml",
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>F</MsgId>"
        "<CreDtTm>2026-03-03T00:00:00Z</CreDtTm></GrpHdr><Stmt><Id>F1</Id><Ntry><Amt Ccy='CNY'>0.30</Amt><CdtDbtInd>"
        "DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry><Ntry><Amt Ccy='CNY'>10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        "<Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls><Refs><EndToEndId>redress-1099511627777-1</EndToEndId></Refs>"
        "</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>");
    next_day();
    cr_assert_eq(ITEMS("kind = 'missing' AND state = 'ended'"), 2);
    cr_assert_eq(ITEMS("kind = 'unknown' AND key = 'ref:F1/1' AND theirs_minor = 30"), 1);
    cr_assert_eq(ITEMS("kind = 'differing' AND detail = 'came_back' AND theirs_minor = 0 AND ours_minor = 1000"), 1);
}

/* A file nobody can read is a work item at once, and none any more when it is gone; payouts go on. */
Test(payout_files, PA_3_a_bad_file_is_a_work_item)
{
    begin();
    arrives("bad.xml", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt/></Document>");
    for (int i = 0; i < 1000 && k->counts[EV_PAYMENT_DISCREPANCY_FOUND] == 0; i++) {
        spec.adapter->tick(&k->host, k->now_ms);
        if (hooks_locals(k, 1) == 0) usleep(5000);
    }
    cr_assert_eq(
        ITEMS("kind = 'unreadable' AND key = 'bad.xml' AND detail = 'CstmrPmtStsRpt: OrgnlGrpInfAndSts is missing'"),
        1);
    pay(1, 1);
    for (int i = 0; i < 3000 && k->counts[EV_PAYMENT_SETTLED] == 0; i++) {
        if (hooks_locals(k, 1) == 0) usleep(5000);
    }
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 1);
    shell("rm %s/exchange/bad/bad.xml*");
    for (int i = 0; i < 1000 && k->counts[EV_PAYMENT_DISCREPANCY_ENDED] == 0; i++) {
        spec.adapter->tick(&k->host, k->now_ms);
        if (hooks_locals(k, 1) == 0) usleep(5000);
    }
    cr_assert_eq(ITEMS("kind = 'unreadable' AND state = 'ended'"), 1);
}

/* What went by files is asked by files, whatever the configuration says by now. */
Test(payout_files, PA_3_the_way_of_a_payout_never_changes)
{
    begin();
    faults("{\"down\":true}");
    pay(1, 1);
    usleep(50000);
    setenv("REDRESS_BANK_FILES_FOR", "", 1);
    spec.adapter->close(&k->host);
    struct err e = ERR_INIT;
    int n_keys = k->config.n;
    config_deinit(&k->config);
    cr_assert(config_load(&k->config, k->keys, n_keys, NULL, &e), "%s", e.message);
    shell("mv %s/exchange/outbox/*.xml %s"); /* on its way to the bank */
    faults("{}");
    begin();
    usleep(200000);
    cr_assert_eq(hooks_locals(k, 1), 0, "nothing but the file asks the bank");
    shell("mv %s/*.xml %s/exchange/outbox");
    pay(2, 2);
    answers(2);
    cr_assert_eq(k->counts[EV_PAYMENT_SETTLED], 2);
    cr_assert_eq(hooks_ask(k, "SELECT count(*) FROM payout WHERE bank = 'api' AND case_id & 255 = 2"), 1);
    cr_assert_eq(files_in("sent"), 1);
    cr_assert_eq(booked(), 2);
}
