#include "payment/iso20022/pain001.h"

#include <string.h>

#include "payment/iso20022/out.h"

enum { MAX34 = 34, AMOUNT_SIZE = 32 };

/* ---- what can be said ---- */

/* A key is also a file's name. */
static bool is_key(const char *key)
{
    return iso_is_text(key, MAX35) && key[0] != '.' &&
           key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")] == '\0';
}

/* White space at its ends would not come back. */
static bool is_account(const char *text)
{
    return iso_is_text(text, MAX34) && text[0] != ' ' && text[strlen(text) - 1] != ' ';
}

const char *pain001_refusal(const struct credit_transfer *t)
{
    char amount[AMOUNT_SIZE];
    if (!is_key(t->key)) return "key_not_writable";
    if (!is_account(t->payee)) return "payee_not_an_account";
    if (!is_account(t->payer)) return "payer_not_an_account";
    if (!iso_amount_format(t->amount, amount, sizeof amount)) return "amount_not_writable";
    return NULL;
}

/* ---- writing ---- */

static void put_header(struct iso_out *o, const struct credit_transfer *t, const char *amount)
{
    iso_open(o, "GrpHdr");
    iso_put(o, "MsgId", t->key);
    iso_put_time(o, "CreDtTm", t->created_ms);
    iso_put(o, "NbOfTxs", "1");
    iso_put(o, "CtrlSum", amount);
    iso_put_party(o, "InitgPty", t->payer_name);
    iso_close(o);
}

static void put_agent(struct iso_out *o, const char *bic)
{
    iso_open(o, "DbtrAgt");
    iso_open(o, "FinInstnId");
    if (bic != NULL && bic[0] != '\0') {
        iso_put(o, "BICFI", bic);
    } else {
        iso_open(o, "Othr");
        iso_put(o, "Id", "NOTPROVIDED");
        iso_close(o);
    }
    iso_close(o);
    iso_close(o);
}

static void put_transfer(struct iso_out *o, const struct credit_transfer *t)
{
    iso_open(o, "CdtTrfTxInf");
    iso_open(o, "PmtId");
    iso_put(o, "InstrId", t->key);
    iso_put(o, "EndToEndId", t->key);
    iso_close(o);
    iso_open(o, "Amt");
    iso_put_amount(o, "InstdAmt", t->amount);
    iso_close(o);
    iso_put_party(o, "Cdtr", t->payee_name);
    iso_put_account(o, "CdtrAcct", t->payee);
    iso_close(o);
}

void pain001_write(const struct credit_transfer *t, struct buf *out)
{
    char amount[AMOUNT_SIZE] = "";
    struct iso_out *o = iso_out_new(PAIN001, "CstmrCdtTrfInitn");
    iso_amount_format(t->amount, amount, sizeof amount);
    put_header(o, t, amount);
    iso_open(o, "PmtInf");
    iso_put(o, "PmtInfId", t->key);
    iso_put(o, "PmtMtd", "TRF");
    iso_put(o, "NbOfTxs", "1");
    iso_put(o, "CtrlSum", amount);
    iso_open(o, "ReqdExctnDt");
    iso_put(o, "Dt", t->day);
    iso_close(o);
    iso_put_party(o, "Dbtr", t->payer_name);
    iso_put_account(o, "DbtrAcct", t->payer);
    put_agent(o, t->payer_bic);
    put_transfer(o, t);
    iso_close(o);
    iso_out_finish(o, out);
}

/* ---- reading ---- */

static const char *account_of(struct iso_reader *r, const xmlNode *account)
{
    const xmlNode *iban = account != NULL ? iso_find(r, account, "Id/IBAN") : NULL;
    return iso_text(r, iban != NULL ? iban : iso_need(r, account, "Id/Othr/Id"), MAX34);
}

bool pain001_read(struct iso_reader *r, struct credit_transfer *out)
{
    const xmlNode *message = iso_message(r, "CstmrCdtTrfInitn");
    const xmlNode *header = iso_need(r, message, "GrpHdr"), *payment = iso_need(r, message, "PmtInf");
    const xmlNode *transfer = iso_need(r, payment, "CdtTrfTxInf");
    *out = (struct credit_transfer){0};
    if (transfer == NULL) return false;
    if (iso_next(payment) != NULL || iso_next(transfer) != NULL) return iso_bad(r, payment, "more than one transfer");
    out->key = iso_text(r, iso_need(r, transfer, "PmtId/EndToEndId"), MAX35);
    const char *message_id = iso_text(r, iso_need(r, header, "MsgId"), MAX35);
    iso_time(r, iso_need(r, header, "CreDtTm"), &out->created_ms);
    out->day = iso_text(r, iso_need(r, payment, "ReqdExctnDt/Dt"), MAX35);
    iso_amount(r, iso_need(r, transfer, "Amt/InstdAmt"), &out->amount);
    out->payer = account_of(r, iso_need(r, payment, "DbtrAcct"));
    out->payee = account_of(r, iso_need(r, transfer, "CdtrAcct"));
    out->payer_name = iso_text(r, iso_find(r, payment, "Dbtr/Nm"), MAX140);
    out->payee_name = iso_text(r, iso_find(r, transfer, "Cdtr/Nm"), MAX140);
    out->payer_bic = iso_text(r, iso_find(r, payment, "DbtrAgt/FinInstnId/BICFI"), MAX35);
    if (r->why[0] == '\0' && strcmp(message_id, out->key) != 0) iso_bad(r, header, "MsgId is not the EndToEndId");
    return r->why[0] == '\0';
}
