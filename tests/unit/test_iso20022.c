/* ISO 20022 messages: what we write keeps the published rules, what the bank writes is read or refused by its field
 * (PA-3). */
#include <stdlib.h>

#include "iso_kit.h"
#include "payment/bank/messages.h"
#include "payment/iso20022/camt053.h"
#include "payment/iso20022/out.h"
#include "payment/iso20022/pain001.h"
#include "payment/iso20022/pain002.h"

static struct arena memory;
static void set_up(void) { arena_init(&memory); }
static void tear_down(void) { arena_deinit(&memory); }
TestSuite(iso20022, .init = set_up, .fini = tear_down, .timeout = 50);

static struct credit_transfer transfer(int64_t minor, const char *currency)
{
    struct credit_transfer t = {.key = "redress-3298534883329-1",
                                .payer = "O-E1-6222",
                                .payee = "DE89370400440532013000",
                                .payer_name = "Head Office",
                                .payee_name = "Frau Müller & Söhne <GmbH>",
                                .payer_bic = "COBADEFFXXX",
                                .day = "2026-03-02",
                                .created_ms = 1772416800000,
                                .amount = {.minor = minor}};
    strcpy(t.amount.currency, currency);
    return t;
}

static void written(const struct credit_transfer *t, struct buf *out)
{
    buf_reset(out);
    cr_assert_null(pain001_refusal(t), "%s", pain001_refusal(t));
    pain001_write(t, out);
    iso_must_be_valid(PAIN001, out->bytes, out->len);
}

Test(iso20022, PA_3_an_order_keeps_the_published_rules_and_comes_back_as_it_was)
{
    static const struct {
        int64_t minor;
        const char *currency, *text;
    } cases[] = {{100000, "CNY", ">1000.00<"}, {1, "CNY", ">0.01<"},
                 {1500, "JPY", ">1500<"},      {1, "KWD", ">0.001<"},
                 {12345, "KWD", ">12.345<"},   {999999999999999999, "EUR", ">9999999999999999.99<"}};
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct credit_transfer t = transfer(cases[i].minor, cases[i].currency), back;
        struct iso_reader r;
        written(&t, &out);
        cr_assert_not_null(strstr(out.bytes, cases[i].text), "%s", out.bytes);
        cr_assert_str_eq(iso_reader_init(&r, out.bytes, out.len, &memory), PAIN001);
        cr_assert(pain001_read(&r, &back), "%s", r.why);
        cr_assert_eq(back.amount.minor, cases[i].minor);
        cr_assert_str_eq(back.amount.currency, cases[i].currency);
        cr_assert_str_eq(back.key, t.key);
        cr_assert_str_eq(back.payee, t.payee);
        cr_assert_str_eq(back.payer, t.payer);
        cr_assert_str_eq(back.payee_name, t.payee_name);
        iso_reader_deinit(&r);
    }
    buf_deinit(&out);
}

/* The same payout is the same message, whoever writes it when. */
Test(iso20022, PA_3_an_order_names_its_payout_everywhere)
{
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct credit_transfer t = transfer(5, "CNY");
    written(&t, &one);
    written(&t, &two);
    cr_assert_str_eq(one.bytes, two.bytes);
    static const char *const ids[] = {"MsgId", "PmtInfId", "InstrId", "EndToEndId"};
    for (int i = 0; i < 4; i++) {
        char want[80];
        snprintf(want, sizeof want, "<%s>redress-3298534883329-1</%s>", ids[i], ids[i]);
        cr_assert_not_null(strstr(one.bytes, want), "%s", want);
    }
    buf_deinit(&one);
    buf_deinit(&two);
}

/* Names are cut to what the rules allow, accounts are not: another account is nobody's. */
Test(iso20022, PA_3_what_no_order_can_say_is_refused)
{
    struct buf out = BUF_INIT;
    struct credit_transfer t = transfer(5, "CNY");
    char name[500] = "";
    for (int i = 0; i < 160; i++) strcat(name, "名");
    t.payee_name = name;
    t.payer_bic = "";
    t.payer_name = NULL;
    written(&t, &out);
    t.payee_name = "bad \x01 name";
    written(&t, &out);
    t.payee = "12345678901234567890123456789012345";
    cr_assert_str_eq(pain001_refusal(&t), "payee_not_an_account");
    t.payee = "1234567890123456789012345678901234";
    written(&t, &out);
    t.payee = "DE89 bad \xff";
    cr_assert_str_eq(pain001_refusal(&t), "payee_not_an_account");
    t.payee = "acc-1";
    t.payer = "";
    cr_assert_str_eq(pain001_refusal(&t), "payer_not_an_account");
    t.payer = "P";
    t.amount.minor = 1000000000000000000;
    cr_assert_str_eq(pain001_refusal(&t), "amount_not_writable");
    t.amount.minor = 1;
    t.key = "../outside";
    cr_assert_str_eq(pain001_refusal(&t), "key_not_writable");
    t.key = "redress-1234567890123456789-1234567890";
    cr_assert_str_eq(pain001_refusal(&t), "key_not_writable");
    buf_deinit(&out);
}

/* Only an IBAN whose digits are right is written as one. */
Test(iso20022, an_iban_is_known_by_its_check_digits)
{
    cr_assert(iban_is_valid("DE89370400440532013000"));
    cr_assert(iban_is_valid("GB82WEST12345698765432"));
    cr_assert(iban_is_valid("NO9386011117947"));
    cr_assert_not(iban_is_valid("DE89370400440532013001"));
    cr_assert_not(iban_is_valid("de89370400440532013000"));
    cr_assert_not(iban_is_valid("6222021234567890"));
    cr_assert_not(iban_is_valid(""));
    struct buf out = BUF_INIT;
    struct credit_transfer t = transfer(5, "EUR");
    t.payee = "DE89370400440532013001";
    written(&t, &out);
    cr_assert_not_null(strstr(out.bytes, "<Id>DE89370400440532013001</Id>"));
    buf_deinit(&out);
}

/* The kit itself must find faults: each of the published rules named here is broken once. */
Test(iso20022, the_rules_catch_what_they_say)
{
    static const struct {
        const char *from, *to, *fault;
    } breaks[] = {{"<PmtMtd>TRF", "<PmtMtd>ABC", "PmtMtd"},
                  {"<MsgId>", "<MsgId>1234567890123456789012345678901234", "MsgId"},
                  {"Ccy=\"CNY\"", "Ccy=\"cny\"", "Ccy"},
                  {">0.05</InstdAmt>", ">0.000001</InstdAmt>", "InstdAmt"},
                  {">0.05</InstdAmt>", ">-1</InstdAmt>", "InstdAmt"},
                  {"<NbOfTxs>1</NbOfTxs>\n   <CtrlSum>0.05</CtrlSum>",
                   "<CtrlSum>0.05</CtrlSum>\n   <NbOfTxs>1</NbOfTxs>", "NbOfTxs"},
                  {"<BICFI>COBADEFFXXX", "<BICFI>COBADEFFXX", "BICFI"}};
    struct buf out = BUF_INIT;
    struct credit_transfer t = transfer(5, "CNY");
    written(&t, &out);
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        const char *at = strstr(out.bytes, breaks[i].from);
        cr_assert_not_null(at, "%s\n%s", breaks[i].from, out.bytes);
        struct buf broken = BUF_INIT;
        buf_append(&broken, out.bytes, (size_t)(at - out.bytes));
        buf_puts(&broken, breaks[i].to);
        buf_puts(&broken, at + strlen(breaks[i].from));
        cr_assert_not(iso_is_valid(PAIN001, broken.bytes, broken.len), "%s", breaks[i].to);
        cr_assert_not_null(strstr(iso_fault, breaks[i].fault), "%s", iso_fault);
        buf_deinit(&broken);
    }
    buf_deinit(&out);
}

/* ---- what the bank writes ---- */

#define REPORT(group, payment)                                                                                         \
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>"       \
    "<CreDtTm>2026-03-02T10:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>K-1</OrgnlMsgId>"                  \
    "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>" group "</OrgnlGrpInfAndSts>" payment "</CstmrPmtStsRpt></Document>"
#define PAYMENT(status, transactions)                                                                                  \
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>K-1</OrgnlPmtInfId>" status transactions "</OrgnlPmtInfAndSts>"
#define TX(inside) "<TxInfAndSts><OrgnlEndToEndId>K-1</OrgnlEndToEndId>" inside "</TxInfAndSts>"

static bool report(const char *text, struct status_report *out, struct iso_reader *r)
{
    cr_assert_str_eq(iso_reader_init(r, text, strlen(text), &memory), PAIN002, "%s", r->why);
    bool well = pain002_read(r, out);
    if (well) iso_must_be_valid(PAIN002, text, strlen(text));
    return well;
}

static struct told_status only(const char *text)
{
    struct status_report out;
    struct iso_reader r;
    cr_assert(report(text, &out, &r), "%s", r.why);
    cr_assert_eq(out.n, 1);
    iso_reader_deinit(&r);
    return out.statuses[0];
}

Test(iso20022, PA_3_a_status_stands_at_transaction_payment_or_group)
{
    struct told_status s =
        only(REPORT("", PAYMENT("", TX("<TxSts>ACSC</TxSts><AcctSvcrRef>B7</AcctSvcrRef><OrgnlTxRef>"
                                       "<Amt><InstdAmt Ccy='KWD'>1.25</InstdAmt></Amt><CdtrAcct><Id>"
                                       "<Othr><Id>acc-1</Id></Othr></Id></CdtrAcct></OrgnlTxRef>"))));
    cr_assert_eq(s.progress, PROGRESS_SETTLED);
    cr_assert_eq(s.amount.minor, 1250);
    cr_assert_str_eq(s.payee, "acc-1");
    cr_assert_str_eq(s.ref, "B7");
    s = only(REPORT("<GrpSts>PART</GrpSts>", PAYMENT("<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>"
                                                     "</StsRsnInf>",
                                                     TX(""))));
    cr_assert_eq(s.progress, PROGRESS_REFUSED);
    cr_assert_str_eq(s.reason, "AC04");
    s = only(REPORT("<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Prtry>limit</Prtry></Rsn></StsRsnInf>", ""));
    cr_assert_eq(s.progress, PROGRESS_REFUSED);
    cr_assert_str_eq(s.key, "K-1");
    cr_assert_str_eq(s.reason, "limit");
    s = only(REPORT("<GrpSts>ACSC</GrpSts>", PAYMENT("<PmtInfSts>PDNG</PmtInfSts>", TX("<TxSts>ACSP</TxSts>"))));
    cr_assert_eq(s.progress, PROGRESS_PENDING, "the nearest counts");
    static const char *const on_the_way[] = {"ACTC", "ACCP", "ACSP", "ACWC", "PDNG", "RCVD", "PART"};
    for (size_t i = 0; i < sizeof on_the_way / sizeof on_the_way[0]; i++)
        cr_assert_eq(only(arena_printf(&memory, REPORT("<GrpSts>%s</GrpSts>", ""), on_the_way[i])).progress,
                     PROGRESS_PENDING);
    cr_assert_eq(only(REPORT("", PAYMENT("<PmtInfSts>ACCC</PmtInfSts>", TX("")))).progress, PROGRESS_SETTLED);
}

static void expect_fault(const char *text, const char *want)
{
    struct status_report out;
    struct bank_statement statement;
    struct iso_reader r;
    const char *message = iso_reader_init(&r, text, strlen(text), &memory);
    bool well =
        message != NULL && (strcmp(message, PAIN002) == 0 ? pain002_read(&r, &out) : camt053_read(&r, &statement));
    cr_assert_not(well, "%s", want);
    cr_assert_not_null(strstr(r.why, want), "'%s' does not say '%s'", r.why, want);
    iso_reader_deinit(&r);
}

Test(iso20022, PA_3_a_bad_report_is_refused_by_its_field)
{
    expect_fault("", "line");
    expect_fault("<Document", "line 1");
    expect_fault("<a/>", "no ISO 20022 Document");
    expect_fault("<!DOCTYPE a [<!ENTITY x 'y'>]><Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'/>",
                 "document type declaration");
    expect_fault("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'/>", "CstmrPmtStsRpt is missing");
    expect_fault(REPORT("", ""), "OrgnlGrpInfAndSts: GrpSts is missing");
    expect_fault(REPORT("", PAYMENT("", TX(""))), "OrgnlPmtInfAndSts/TxInfAndSts: no TxSts");
    expect_fault(REPORT("", PAYMENT("", TX("<TxSts>ACSC</TxSts>") "<TxInfAndSts><TxSts>ACSC</TxSts></TxInfAndSts>")),
                 "OrgnlPmtInfAndSts/TxInfAndSts[2]: OrgnlEndToEndId is missing");
    expect_fault(REPORT("", PAYMENT("", TX("<TxSts>SETTLED</TxSts>"))), "TxSts: is too long");
    expect_fault(REPORT("", PAYMENT("", TX("<TxSts>ACSC</TxSts><OrgnlTxRef><Amt><InstdAmt Ccy='XYZ'>1</InstdAmt></Amt>"
                                           "</OrgnlTxRef>"))),
                 "OrgnlTxRef/Amt/InstdAmt: its Ccy is no currency");
    static const char *const amounts[] = {"1.234", "-1", "1,00", "", "1e3", "12345678901234567890", "0.0000001"};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        expect_fault(arena_printf(&memory,
                                  REPORT("", PAYMENT("", TX("<TxSts>ACSC</TxSts><OrgnlTxRef><Amt><InstdAmt "
                                                            "Ccy='CNY'>%s</InstdAmt></Amt></OrgnlTxRef>"))),
                                  amounts[i]),
                     "InstdAmt: ");
}

#define STATEMENT(entries)                                                                                             \
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>S1</MsgId>"        \
    "<CreDtTm>2026-03-03T01:00:00Z</CreDtTm></GrpHdr><Stmt><Id>ST-1</Id><FrToDt><FrDtTm>2026-03-02T00:00:00Z</FrDtTm>" \
    "<ToDtTm>2026-03-03T00:00:00Z</ToDtTm></FrToDt><Acct><Id><Othr><Id>A</Id></Othr></Id></Acct><Bal><Tp><CdOrPrtry>"  \
    "<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt "                                                                              \
    "Ccy='CNY'>0</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>" entries                           \
    "</Stmt></BkToCstmrStmt></Document>"
#define ENTRY(amount, side, status, rest)                                                                              \
    "<Ntry><Amt Ccy='CNY'>" amount "</Amt><CdtDbtInd>" side "</CdtDbtInd><Sts><Cd>" status "</Cd></Sts>" rest "</"     \
    "Ntry>"
#define DETAILS(inside) "<BkTxCd/><NtryDtls>" inside "</NtryDtls>"
#define E2E(key) "<TxDtls><Refs><EndToEndId>" key "</EndToEndId></Refs></TxDtls>"

static struct bank_statement statement(const char *text)
{
    struct bank_statement out;
    struct iso_reader r;
    cr_assert_str_eq(iso_reader_init(&r, text, strlen(text), &memory), CAMT053, "%s", r.why);
    cr_assert(camt053_read(&r, &out), "%s", r.why);
    iso_must_be_valid(CAMT053, text, strlen(text));
    iso_reader_deinit(&r);
    return out;
}

Test(iso20022, PA_3_booked_debits_and_what_came_back_are_lines)
{
    struct bank_statement s =
        statement(STATEMENT(ENTRY("10.00", "DBIT", "BOOK", "<AcctSvcrRef>B1</AcctSvcrRef>" DETAILS(E2E("K-1")))
                                ENTRY("10.00", "DBIT", "PDNG", DETAILS(E2E("K-9")))
                                    ENTRY("5.00", "CRDT", "BOOK", "<AcctSvcrRef>B2</AcctSvcrRef>" DETAILS(E2E("K-1")))
                                        ENTRY("7.00", "CRDT", "BOOK", DETAILS(E2E("NOTPROVIDED")))
                                            ENTRY("0.50", "DBIT", "BOOK", "<BkTxCd/>")));
    cr_assert_eq(s.n, 3);
    cr_assert_str_eq(s.lines[0].key, "K-1");
    cr_assert_str_eq(s.lines[0].ref, "B1");
    cr_assert_eq(s.lines[0].amount.minor, 1000);
    cr_assert_eq(s.lines[1].amount.minor, -500, "it came back");
    cr_assert_not(s.lines[2].named);
    cr_assert_str_eq(s.lines[2].key, "ref:ST-1/5", "a fee has no name but the bank's");
    cr_assert_eq(s.until_ms, 1772496000000);
}

Test(iso20022, PA_3_an_entry_of_several_payments_is_as_many_lines)
{
#define PART(key, amount)                                                                                              \
    "<TxDtls><Refs><EndToEndId>" key "</EndToEndId></Refs><Amt Ccy='CNY'>" amount "</Amt></TxDtls>"
    struct bank_statement s = statement(STATEMENT(ENTRY(
        "3.00", "DBIT", "BOOK", "<AcctSvcrRef>B1</AcctSvcrRef>" DETAILS(PART("K-1", "1.00") PART("K-2", "2.00")))));
    cr_assert_eq(s.n, 2);
    cr_assert_str_eq(s.lines[1].ref, "B1#2");
    cr_assert_eq(s.lines[1].amount.minor, 200);
    expect_fault(STATEMENT(ENTRY("3.01", "DBIT", "BOOK", DETAILS(PART("K-1", "1.00") PART("K-2", "2.00")))),
                 "Stmt/Ntry: its transactions do not add up");
    expect_fault(STATEMENT(ENTRY("3.00", "DBIT", "BOOK", DETAILS(E2E("K-1") E2E("K-2")))),
                 "Stmt/Ntry/NtryDtls/TxDtls[1]: Amt is missing");
    expect_fault(STATEMENT(ENTRY("3.00", "DEBT", "BOOK", DETAILS(E2E("K-1")))), "CdtDbtInd: is neither CRDT nor DBIT");
    expect_fault(STATEMENT(ENTRY("1", "DBIT", "BOOK", "<BkTxCd/>") "<Ntry/>"), "Stmt/Ntry[2]: Amt is missing");
}

/* ---- the sandbox bank's own messages ---- */

Test(iso20022, what_the_sandbox_bank_writes_keeps_the_rules)
{
    struct teller t = {.refused_payee = ""};
    struct err e = ERR_INIT;
    struct buf out = BUF_INIT;
    char path[] = "/tmp/redress-iso-XXXXXX";
    cr_assert_geq(mkstemp(path), 0);
    t.book = book_open(path, &e);
    struct payment_record p = {.key = "K-1", .payee = "acc-1", .amount_minor = 1250, .currency = "KWD", .file = "1"};
    const struct payment_record *paid = book_add(t.book, &p);
    message_report(paid, false, "END-1", &out);
    cr_assert_eq(only(out.bytes).amount.minor, 1250);
    buf_reset(&out);
    message_report(paid, true, "WAY-1", &out);
    cr_assert_eq(only(out.bytes).progress, PROGRESS_PENDING);
    p.key = "K-2", p.refused = true, p.reason = "account_closed";
    buf_reset(&out);
    message_report(book_add(t.book, &p), false, "END-2", &out);
    cr_assert_str_eq(only(out.bytes).reason, "AC04");
    buf_reset(&out);
    cr_assert_eq(message_statement(&t, (struct message_span){0, 2}, 1772416800000, &out), 1);
    struct bank_statement s = statement(out.bytes);
    cr_assert_eq(s.n, 1);
    cr_assert_str_eq(s.lines[0].ref, "BK0000000001");
    cr_assert_str_eq(s.lines[0].payee, "acc-1");
    buf_deinit(&out);
    book_close(t.book);
    remove(path);
}
