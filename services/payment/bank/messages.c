#include "payment/bank/messages.h"

#include <stdio.h>
#include <string.h>

#include "payment/iso20022/camt053.h"
#include "payment/iso20022/out.h"
#include "payment/iso20022/pain001.h"
#include "payment/iso20022/pain002.h"

static struct money amount_of(const struct payment_record *p)
{
    struct money m = {.minor = p->amount_minor};
    memcpy(m.currency, p->currency, sizeof m.currency);
    return m;
}

static void put_reason(struct iso_out *o, const char *reason)
{
    iso_open(o, "StsRsnInf");
    iso_open(o, "Rsn");
    if (strcmp(reason, "account_closed") == 0)
        iso_put(o, "Cd", "AC04");
    else
        iso_put(o, "Prtry", reason);
    iso_close(o);
    iso_close(o);
}

static void put_original(struct iso_out *o, const struct payment_record *p)
{
    iso_open(o, "OrgnlTxRef");
    iso_open(o, "Amt");
    iso_put_amount(o, "InstdAmt", amount_of(p));
    iso_close(o);
    iso_put_account(o, "CdtrAcct", p->payee);
    iso_close(o);
}

void message_report(const struct payment_record *p, bool pending, const char *id, struct buf *out)
{
    struct iso_out *o = iso_out_new(PAIN002, "CstmrPmtStsRpt");
    char ref[16];
    teller_ref(p, ref);
    iso_open(o, "GrpHdr");
    iso_put(o, "MsgId", id);
    iso_put_time(o, "CreDtTm", p->at_ms);
    iso_close(o);
    iso_open(o, "OrgnlGrpInfAndSts");
    iso_put(o, "OrgnlMsgId", p->key);
    iso_put(o, "OrgnlMsgNmId", PAIN001);
    iso_close(o);
    iso_open(o, "OrgnlPmtInfAndSts");
    iso_put(o, "OrgnlPmtInfId", p->key);
    iso_open(o, "TxInfAndSts");
    iso_put(o, "OrgnlInstrId", p->key);
    iso_put(o, "OrgnlEndToEndId", p->key);
    iso_put(o, "TxSts", p->refused ? "RJCT" : pending ? "ACSP" : "ACSC");
    if (p->refused) put_reason(o, p->reason);
    iso_put(o, "AcctSvcrRef", ref);
    put_original(o, p);
    iso_close(o);
    iso_close(o);
    iso_out_finish(o, out);
}

/* ---- a statement ---- */

static void put_line(struct iso_out *o, const struct payment_record *p)
{
    char ref[16];
    teller_ref(p, ref);
    iso_open(o, "Ntry");
    iso_put_amount(o, "Amt", amount_of(p));
    iso_put(o, "CdtDbtInd", "DBIT");
    iso_open(o, "Sts");
    iso_put(o, "Cd", "BOOK");
    iso_close(o);
    iso_open(o, "BookgDt");
    iso_put_time(o, "DtTm", p->at_ms);
    iso_close(o);
    iso_put(o, "AcctSvcrRef", ref);
    iso_open(o, "BkTxCd");
    iso_open(o, "Prtry");
    iso_put(o, "Cd", "TRANSFER");
    iso_close(o);
    iso_close(o);
    iso_open(o, "NtryDtls");
    iso_open(o, "TxDtls");
    iso_open(o, "Refs");
    iso_put(o, "AcctSvcrRef", ref);
    iso_put(o, "EndToEndId", p->key);
    iso_close(o);
    iso_put_amount(o, "Amt", amount_of(p));
    iso_put(o, "CdtDbtInd", "DBIT");
    iso_open(o, "RltdPties");
    iso_put_account(o, "CdtrAcct", p->payee);
    iso_close(o);
    iso_close(o);
    iso_close(o);
    iso_close(o);
}

/* The lines, and a balance before them, as every statement has: this bank's customers always have nothing. */
static int put_lines(struct iso_out *o, const struct teller *t, struct message_span span)
{
    int n = 0;
    for (int64_t seq = span.after + 1; seq <= span.until; seq++) {
        const struct payment_record *p = book_at(t->book, seq);
        if (p->file == NULL || p->refused) continue;
        for (int times = teller_times_told(t, p->key); times > 0; times--, n++) put_line(o, p);
    }
    return n;
}

static void put_balance(struct iso_out *o, const char *code, int64_t now_ms)
{
    iso_open(o, "Bal");
    iso_open(o, "Tp");
    iso_open(o, "CdOrPrtry");
    iso_put(o, "Cd", code);
    iso_close(o);
    iso_close(o);
    iso_put_amount(o, "Amt", (struct money){.minor = 1, .currency = "CNY"});
    iso_put(o, "CdtDbtInd", "CRDT");
    iso_open(o, "Dt");
    iso_put_time(o, "DtTm", now_ms);
    iso_close(o);
    iso_close(o);
}

int message_statement(const struct teller *t, struct message_span span, int64_t now_ms, struct buf *out)
{
    struct iso_out *o = iso_out_new(CAMT053, "BkToCstmrStmt");
    char id[MAX35 + 1];
    snprintf(id, sizeof id, "ST%lld-%lld", (long long)now_ms, (long long)span.until);
    iso_open(o, "GrpHdr");
    iso_put(o, "MsgId", id);
    iso_put_time(o, "CreDtTm", now_ms);
    iso_close(o);
    iso_open(o, "Stmt");
    iso_put(o, "Id", id);
    iso_put_time(o, "CreDtTm", now_ms);
    iso_open(o, "FrToDt");
    iso_put_time(o, "FrDtTm", now_ms);
    iso_put_time(o, "ToDtTm", now_ms);
    iso_close(o);
    iso_put_account(o, "Acct", "SANDBOX");
    put_balance(o, "OPBD", now_ms);
    put_balance(o, "CLBD", now_ms);
    int n = put_lines(o, t, span);
    iso_close(o);
    iso_out_finish(o, out);
    return n;
}
