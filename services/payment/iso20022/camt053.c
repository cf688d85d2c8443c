#include "payment/iso20022/camt053.h"

#include <string.h>

/* An entry as far as its transactions share it. */
struct entry_of {
    const xmlNode *node;
    const char *ref;
    struct money amount;
    bool credit;
    int n; /* transactions */
};

static bool is_credit(struct iso_reader *r, const xmlNode *node)
{
    const char *indicator = iso_text(r, node, 4);
    if (indicator == NULL) return false;
    bool credit = strcmp(indicator, "CRDT") == 0;
    if (!credit && strcmp(indicator, "DBIT") != 0) iso_bad(r, node, "is neither CRDT nor DBIT");
    return credit;
}

static bool is_booked(struct iso_reader *r, const xmlNode *entry)
{
    const char *status = iso_text(r, iso_need(r, entry, "Sts/Cd"), 4);
    return status != NULL && strcmp(status, "BOOK") == 0;
}

static int count_transactions(struct iso_reader *r, const xmlNode *entry)
{
    int n = 0;
    for (const xmlNode *d = iso_find(r, entry, "NtryDtls"); d != NULL; d = iso_next(d)) {
        for (const xmlNode *tx = iso_find(r, d, "TxDtls"); tx != NULL; tx = iso_next(tx)) n++;
    }
    return n;
}

/* What the bank calls the entry; else the statement's name and the entry's place, which do not change either. */
static const char *ref_of(struct iso_reader *r, const xmlNode *entry, const char *statement, int place)
{
    const char *own = iso_text(r, iso_find(r, entry, "AcctSvcrRef"), MAX35);
    if (own == NULL) own = iso_text(r, iso_find(r, entry, "NtryRef"), MAX35);
    return own != NULL ? own : arena_printf(r->memory, "%s/%d", statement, place);
}

static const char *payee_of(struct iso_reader *r, const xmlNode *tx)
{
    const xmlNode *account = iso_find(r, tx, "RltdPties/CdtrAcct/Id");
    if (account == NULL) return NULL;
    const xmlNode *iban = iso_find(r, account, "IBAN");
    return iso_text(r, iban != NULL ? iban : iso_find(r, account, "Othr/Id"), MAX35);
}

/* The line of a transaction (NULL: of an entry that has none), unless it is money that came in. */
static void take_line(struct iso_reader *r, const struct entry_of *e, const xmlNode *tx, int place,
                      struct bank_statement *out)
{
    struct booked_line line = {.amount = e->amount, .ref = e->ref};
    const char *named = NULL, *own = NULL;
    if (tx != NULL) {
        named = iso_text(r, iso_find(r, tx, "Refs/EndToEndId"), MAX35);
        own = iso_text(r, iso_find(r, tx, "Refs/AcctSvcrRef"), MAX35);
        line.payee = payee_of(r, tx);
        if (e->n > 1) iso_amount(r, iso_need(r, tx, "Amt"), &line.amount);
    }
    if (own != NULL)
        line.ref = own;
    else if (e->n > 1)
        line.ref = arena_printf(r->memory, "%s#%d", e->ref, place);
    line.named = named != NULL && strcmp(named, "NOTPROVIDED") != 0;
    line.key = line.named ? named : arena_printf(r->memory, "ref:%s", line.ref);
    if (e->credit && !line.named) return;
    if (e->credit) line.amount.minor = -line.amount.minor;
    out->lines[out->n++] = line;
}

static void take_entry(struct iso_reader *r, const xmlNode *entry, const char *ref, struct bank_statement *out)
{
    struct entry_of e = {.node = entry, .ref = ref, .n = count_transactions(r, entry)};
    struct money sum = {0};
    int first = out->n, place = 0;
    iso_amount(r, iso_need(r, entry, "Amt"), &e.amount);
    e.credit = is_credit(r, iso_need(r, entry, "CdtDbtInd"));
    if (!is_booked(r, entry)) return;
    if (e.n == 0) take_line(r, &e, NULL, 0, out);
    for (const xmlNode *d = iso_find(r, entry, "NtryDtls"); d != NULL; d = iso_next(d)) {
        for (const xmlNode *tx = iso_find(r, d, "TxDtls"); tx != NULL; tx = iso_next(tx))
            take_line(r, &e, tx, ++place, out);
    }
    if (e.credit || out->n == first) return;
    memcpy(sum.currency, e.amount.currency, sizeof sum.currency);
    for (int i = first; i < out->n; i++) {
        if (!money_add(sum, out->lines[i].amount, &sum)) sum.minor = -1;
    }
    if (sum.minor != e.amount.minor) iso_bad(r, entry, "its transactions do not add up to its Amt");
}

static int count_lines(struct iso_reader *r, const xmlNode *message)
{
    int n = 0;
    for (const xmlNode *s = iso_find(r, message, "Stmt"); s != NULL; s = iso_next(s)) {
        for (const xmlNode *entry = iso_find(r, s, "Ntry"); entry != NULL; entry = iso_next(entry))
            n += 1 + count_transactions(r, entry);
    }
    return n;
}

/* FrToDt says it; else the statement was made when it covered all before. */
static int64_t until_of(struct iso_reader *r, const xmlNode *statement, const xmlNode *message)
{
    int64_t ms = 0;
    const xmlNode *end = iso_find(r, statement, "FrToDt/ToDtTm");
    if (end == NULL) end = iso_find(r, statement, "CreDtTm");
    iso_time(r, end != NULL ? end : iso_need(r, message, "GrpHdr/CreDtTm"), &ms);
    return ms;
}

bool camt053_read(struct iso_reader *r, struct bank_statement *out)
{
    const xmlNode *message = iso_message(r, "BkToCstmrStmt");
    const xmlNode *first = iso_need(r, message, "Stmt");
    *out = (struct bank_statement){0};
    iso_text(r, iso_need(r, message, "GrpHdr/MsgId"), MAX35);
    if (first == NULL) return false;
    out->lines = ARENA_ARRAY(r->memory, struct booked_line, count_lines(r, message) + 1);
    for (const xmlNode *s = first; s != NULL; s = iso_next(s)) {
        const char *id = iso_text(r, iso_need(r, s, "Id"), MAX35);
        int64_t until_ms = until_of(r, s, message);
        int place = 0;
        if (until_ms > out->until_ms) out->until_ms = until_ms;
        for (const xmlNode *entry = iso_find(r, s, "Ntry"); entry != NULL; entry = iso_next(entry)) {
            place++;
            if (id != NULL) take_entry(r, entry, ref_of(r, entry, id, place), out);
        }
    }
    return r->why[0] == '\0';
}
