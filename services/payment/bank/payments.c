/* Orders and the statement by HTTP (api.h). */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "payment/bank/request.h"

enum { STATEMENT_MAX = 5000, LOST_HOLD_MS = 3000 };

static void put_payment(struct buf *out, const struct payment_record *p, bool pending)
{
    char ref[16];
    buf_printf(out, "{\"seq\":%lld,\"key\":", (long long)p->seq);
    buf_json_string(out, p->key);
    buf_printf(out, ",\"status\":\"%s\",\"amount_minor\":%lld,\"currency\":\"%s\",\"payee\":",
               pending      ? "pending"
               : p->refused ? "refused"
                            : "settled",
               (long long)p->amount_minor, p->currency);
    buf_json_string(out, p->payee);
    teller_ref(p, ref);
    buf_printf(out, ",\"bank_ref\":\"%s\",\"at_ms\":%lld", ref, (long long)p->at_ms);
    if (p->refused) {
        buf_puts(out, ",\"reason\":");
        buf_json_string(out, p->reason);
    }
    if (p->payer != NULL) {
        buf_puts(out, ",\"payer\":");
        buf_json_string(out, p->payer);
    }
    buf_printf(out, ",\"way\":\"%s\"}", p->file != NULL ? "files" : "api");
}

static void answer_payment(const struct call *c, unsigned int status, const struct payment_record *p)
{
    struct request *r = c->r;
    bool pending = teller_is_pending(c->teller, p);
    r->status = pending && status == MHD_HTTP_OK ? MHD_HTTP_ACCEPTED : status;
    r->needs = p->seq;
    put_payment(&r->answer, p, pending);
}

static void lose(struct request *r)
{
    r->drop = true;
    r->hold_us = clock_monotonic_us() + (int64_t)LOST_HOLD_MS * 1000;
}

static void pay(const struct call *c, struct payment_record *order)
{
    bool conflict;
    const struct payment_record *booked = teller_pay(c->teller, order, &conflict);
    if (booked == NULL) {
        lose(c->r);
        return;
    }
    answer_payment(c, conflict ? MHD_HTTP_CONFLICT : MHD_HTTP_OK, booked);
    if (conflict) return;
    if (teller_drops(c->teller, booked->key))
        lose(c->r);
    else
        c->r->hold_us = clock_monotonic_us() + (int64_t)teller_holds_ms(c->teller, booked->key) * 1000;
}

void payments_post(struct call *c)
{
    json_error_t why;
    json_t *root =
        json_loadb(c->r->body.len == 0 ? "" : c->r->body.bytes, c->r->body.len, JSON_REJECT_DUPLICATES, &why);
    const char *key = NULL, *payee = NULL, *currency = NULL;
    json_int_t amount = 0;
    if (root == NULL || json_unpack_ex(root, &why, 0, "{s:s,s:I,s:s,s:s}", "key", &key, "amount_minor", &amount,
                                       "currency", &currency, "payee", &payee) != 0) {
        request_problem(c->r, MHD_HTTP_BAD_REQUEST, why.text);
    } else if (key[0] == '\0' || strlen(key) > 128 || payee[0] == '\0' || amount <= 0 || strlen(currency) != 3) {
        request_problem(c->r, MHD_HTTP_BAD_REQUEST,
                        "key (1-128 bytes), payee, a positive amount and a currency are needed");
    } else {
        struct payment_record p = {.key = key, .payee = payee, .amount_minor = amount};
        memcpy(p.currency, currency, sizeof(p.currency));
        pay(c, &p);
    }
    json_decref(root);
}

static int64_t query_int(const struct call *c, const char *name, int64_t fallback)
{
    const char *text = MHD_lookup_connection_value(c->r->connection, MHD_GET_ARGUMENT_KIND, name);
    int64_t v;
    return text != NULL && number_parse(text, &v) && v >= 0 ? v : fallback;
}

/* What is pending ends the statement; what came by files stands in those of the files (bank/files.h). */
static bool waits(const struct teller *t, const struct payment_record *p)
{
    return p->file == NULL && teller_is_pending(t, p);
}

void payments_statement(struct call *c)
{
    int64_t seq = query_int(c, "after", 0), left = query_int(c, "limit", 1000);
    struct buf *out = &c->r->answer;
    const char *comma = "";
    const struct payment_record *p;
    if (left > STATEMENT_MAX) left = STATEMENT_MAX;
    c->r->status = MHD_HTTP_OK;
    buf_puts(out, "{\"payments\":[");
    for (; left > 0 && (p = book_at(c->teller->book, seq + 1)) != NULL && !waits(c->teller, p); left--) {
        for (int times = p->file != NULL ? 0 : teller_times_told(c->teller, p->key); times > 0; times--) {
            buf_puts(out, comma);
            put_payment(out, p, false);
            comma = ",";
        }
        seq = p->seq;
    }
    c->r->needs = seq <= book_last(c->teller->book) ? seq : 0;
    buf_printf(out, "],\"next\":%lld,\"last\":%lld}", (long long)seq, (long long)book_last(c->teller->book));
}

void payments_book(struct call *c)
{
    const struct teller *t = c->teller;
    int64_t seq = query_int(c, "after", 0), left = query_int(c, "limit", 1000);
    struct buf *out = &c->r->answer;
    const struct payment_record *p;
    if (left > STATEMENT_MAX) left = STATEMENT_MAX;
    c->r->status = MHD_HTTP_OK;
    buf_puts(out, "{\"payments\":[");
    for (const char *comma = ""; left > 0 && (p = book_at(t->book, seq + 1)) != NULL; left--, comma = ",") {
        buf_puts(out, comma);
        put_payment(out, p, teller_is_pending(t, p));
        seq = p->seq;
    }
    c->r->needs = seq <= book_last(t->book) ? seq : 0;
    buf_printf(out, "],\"next\":%lld,\"last\":%lld}", (long long)seq, (long long)book_last(t->book));
}

void payments_get(struct call *c)
{
    const struct payment_record *p = book_find(c->teller->book, c->path + strlen("/payments/"), NULL);
    if (p != NULL)
        answer_payment(c, MHD_HTTP_OK, p);
    else
        request_problem(c->r, MHD_HTTP_NOT_FOUND, "no payment was accepted under this key");
}
