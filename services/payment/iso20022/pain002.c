#include "payment/iso20022/pain002.h"

#include <string.h>

/* What holds for all that has no status of its own. */
struct inherited {
    const xmlNode *status, *reasons; /* the status, and the element its StsRsnInf stand in */
};

static enum payment_progress progress_of(const char *code)
{
    if (strcmp(code, "ACSC") == 0 || strcmp(code, "ACCC") == 0) return PROGRESS_SETTLED;
    return strcmp(code, "RJCT") == 0 ? PROGRESS_REFUSED : PROGRESS_PENDING;
}

static const char *reason_of(struct iso_reader *r, const xmlNode *in)
{
    const xmlNode *code = iso_find(r, in, "StsRsnInf/Rsn/Cd");
    return iso_text(r, code != NULL ? code : iso_find(r, in, "StsRsnInf/Rsn/Prtry"), MAX35);
}

static struct inherited inherit(struct iso_reader *r, const xmlNode *in, const char *name, struct inherited above)
{
    const xmlNode *own = iso_find(r, in, name);
    return own != NULL ? (struct inherited){own, in} : above;
}

static void take_status(struct iso_reader *r, struct told_status *to, struct inherited by)
{
    to->code = iso_text(r, by.status, 4);
    if (to->code == NULL) return;
    to->progress = progress_of(to->code);
    if (to->progress == PROGRESS_REFUSED) to->reason = reason_of(r, by.reasons);
}

static void take_transaction(struct iso_reader *r, const xmlNode *tx, struct inherited by, struct status_report *out)
{
    struct told_status *to = &out->statuses[out->n++];
    by = inherit(r, tx, "TxSts", by);
    to->at = tx;
    to->key = iso_text(r, iso_need(r, tx, "OrgnlEndToEndId"), MAX35);
    if (by.status == NULL) iso_bad(r, tx, "no TxSts, PmtInfSts or GrpSts");
    take_status(r, to, by);
    to->ref = iso_text(r, iso_find(r, tx, "AcctSvcrRef"), MAX35);
    const xmlNode *original = iso_find(r, tx, "OrgnlTxRef");
    if (original == NULL) return;
    iso_amount(r, iso_find(r, original, "Amt/InstdAmt"), &to->amount);
    const xmlNode *iban = iso_find(r, original, "CdtrAcct/Id/IBAN");
    to->payee = iso_text(r, iban != NULL ? iban : iso_find(r, original, "CdtrAcct/Id/Othr/Id"), MAX35);
}

/* Without transactions the status is of all there was: of the one transfer the message had. */
static void take_whole(struct iso_reader *r, const xmlNode *group, struct inherited by, struct status_report *out)
{
    struct told_status *to = &out->statuses[out->n++];
    to->at = group;
    to->key = iso_text(r, iso_need(r, group, "OrgnlMsgId"), MAX35);
    if (by.status == NULL) iso_bad(r, group, "GrpSts is missing, and there is no transaction");
    take_status(r, to, by);
}

static int count(struct iso_reader *r, const xmlNode *message)
{
    int n = 1;
    for (const xmlNode *p = iso_find(r, message, "OrgnlPmtInfAndSts"); p != NULL; p = iso_next(p)) {
        for (const xmlNode *tx = iso_find(r, p, "TxInfAndSts"); tx != NULL; tx = iso_next(tx)) n++;
    }
    return n;
}

bool pain002_read(struct iso_reader *r, struct status_report *out)
{
    const xmlNode *message = iso_message(r, "CstmrPmtStsRpt");
    const xmlNode *group = iso_need(r, message, "OrgnlGrpInfAndSts");
    *out = (struct status_report){0};
    iso_text(r, iso_need(r, message, "GrpHdr/MsgId"), MAX35);
    if (group == NULL) return false;
    out->statuses = ARENA_ARRAY(r->memory, struct told_status, count(r, message));
    struct inherited of_group = inherit(r, group, "GrpSts", (struct inherited){0}), of_all = of_group;
    for (const xmlNode *p = iso_find(r, message, "OrgnlPmtInfAndSts"); p != NULL; p = iso_next(p)) {
        struct inherited of_payment = of_all = inherit(r, p, "PmtInfSts", of_group);
        for (const xmlNode *tx = iso_find(r, p, "TxInfAndSts"); tx != NULL; tx = iso_next(tx))
            take_transaction(r, tx, of_payment, out);
    }
    if (out->n == 0) take_whole(r, group, of_all, out);
    return r->why[0] == '\0';
}
