#include "payment/bank/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "payment/bank/messages.h"
#include "payment/files/folder.h"
#include "payment/iso20022/pain001.h"

enum { LOOK_US = 50000 };

struct bank_files {
    struct bank_files_settings settings;
    struct teller *teller;
    struct folder *shared, *own;
    int64_t look_us, state_us; /* not before (monotonic) */
    int64_t stated;            /* the place of the book statements have come to */
    int64_t on_the_way;        /* up to here it was said what is pending */
    bool looked;               /* in this turn */
};

/* What is wrong is said and tried again. */
static void complain(struct err *e)
{
    if (err_is_set(e)) log_warn("the bank's files: %s", e->message);
    err_clear(e);
}

struct bank_files *bank_files_new(const struct bank_files_settings *settings, struct teller *teller, struct err *e)
{
    struct bank_files *f = calloc(1, sizeof *f);
    struct buf text = BUF_INIT;
    if (f == NULL) abort();
    f->settings = *settings;
    f->teller = teller;
    f->shared = folder_open(settings->folder, e);
    f->own = f->shared != NULL ? folder_open(settings->own, e) : NULL;
    if (f->own != NULL && folder_read(f->own, "work", "stated", &text, e)) number_parse(text.bytes, &f->stated);
    buf_deinit(&text);
    if (!err_is_set(e)) return f;
    bank_files_free(f);
    return NULL;
}

void bank_files_free(struct bank_files *f)
{
    if (f == NULL) return;
    folder_close(f->shared);
    folder_close(f->own);
    free(f);
}

/* ---- orders ---- */

struct file_order {
    const char *name;      /* of the file */
    char id[FILE_ID_SIZE]; /* what tells it from any other of that name */
    struct credit_transfer transfer;
};

/* Every order in the outbox, read; those nobody can read are left there. */
static void each_order(struct bank_files *f,
                       void (*fn)(struct bank_files *f, const struct file_order *order, struct err *e))
{
    struct folder_names names;
    struct err e = ERR_INIT;
    if (folder_list(f->shared, "outbox", ".xml", &names, &e)) {
        for (int i = 0; i < names.n; i++) {
            struct buf bytes = BUF_INIT;
            struct arena memory;
            struct iso_reader r;
            struct file_order order = {.name = names.name[i]};
            arena_init(&memory);
            if (folder_id(f->shared, "outbox", order.name, order.id) &&
                folder_read(f->shared, "outbox", order.name, &bytes, &e)) {
                iso_reader_init(&r, bytes.bytes, bytes.len, &memory);
                if (pain001_read(&r, &order.transfer))
                    fn(f, &order, &e);
                else
                    log_warn("the order %s cannot be read: %s", order.name, r.why);
                iso_reader_deinit(&r);
            }
            arena_deinit(&memory);
            buf_deinit(&bytes);
            complain(&e);
        }
        folder_names_free(&names);
    }
    complain(&e);
}

static void book_order(struct bank_files *f, const struct file_order *order, struct err *e)
{
    const struct credit_transfer *t = &order->transfer;
    struct payment_record p = {
        .key = t->key, .payee = t->payee, .payer = t->payer, .amount_minor = t->amount.minor, .file = order->id};
    bool conflict;
    (void)e;
    memcpy(p.currency, t->amount.currency, sizeof p.currency);
    if (book_find(f->teller->book, p.key, p.file) == NULL) teller_pay(f->teller, &p, &conflict);
}

void bank_files_take(struct bank_files *f)
{
    f->looked = clock_monotonic_us() >= f->look_us && !f->teller->faults.down;
    if (!f->looked) return;
    f->look_us = clock_monotonic_us() + LOOK_US;
    each_order(f, book_order);
}

/* ---- reports ---- */

/* Into the inbox by rename, under a name of its own. */
static bool report(struct bank_files *f, const struct payment_record *p, bool pending, struct err *e)
{
    struct buf bytes = BUF_INIT;
    char id[MAX35 + 1], name[FILE_NAME_SIZE];
    snprintf(id, sizeof id, "%s-%lld", pending ? "WAY" : "END", (long long)p->seq);
    snprintf(name, sizeof name, "pain002-%s.xml", id);
    message_report(p, pending, id, &bytes);
    bool well = folder_write(f->shared, "inbox", name, &bytes, e);
    buf_deinit(&bytes);
    return well;
}

/* The order leaves the outbox when all was said of it. */
static void report_order(struct bank_files *f, const struct file_order *order, struct err *e)
{
    const struct teller *t = f->teller;
    const struct payment_record *p = book_find(t->book, order->transfer.key, order->id);
    if (p == NULL || p->seq > book_durable(t->book)) return;
    bool pending = teller_is_pending(t, p);
    if (clock_real_ms() < p->at_ms + teller_holds_ms(t, p->key) || (pending && p->seq <= f->on_the_way)) return;
    if (!teller_drops(t, p->key) && !report(f, p, pending, e)) return;
    struct buf bytes = BUF_INIT;
    if (!pending && folder_read(f->shared, "outbox", order->name, &bytes, e) &&
        folder_write(f->own, "read", order->name, &bytes, e))
        folder_remove(f->shared, "outbox", order->name, e);
    buf_deinit(&bytes);
}

/* ---- statements ---- */

/* As far as everything has settled, or been refused. */
static int64_t last_settled(const struct bank_files *f)
{
    const struct teller *t = f->teller;
    int64_t seq = f->stated;
    const struct payment_record *p;
    while (seq < book_durable(t->book) && (p = book_at(t->book, seq + 1)) != NULL &&
           !(p->file != NULL && teller_is_pending(t, p)))
        seq++;
    return seq;
}

static bool state(struct bank_files *f, struct message_span span, bool always, struct err *e)
{
    struct buf bytes = BUF_INIT, place = BUF_INIT;
    char name[FILE_NAME_SIZE];
    int64_t now_ms = clock_real_ms();
    int n = message_statement(f->teller, span, now_ms, &bytes);
    snprintf(name, sizeof name, "camt053-%lld-%lld.xml", (long long)now_ms, (long long)span.until);
    buf_int(&place, span.until);
    bool well = ((n == 0 && !always) || folder_write(f->shared, "inbox", name, &bytes, e)) &&
                folder_write(f->own, "work", "stated", &place, e);
    if (well) f->stated = span.until;
    buf_deinit(&bytes);
    buf_deinit(&place);
    return well;
}

bool bank_files_state(struct bank_files *f, int64_t after, struct err *e)
{
    return state(f, (struct message_span){after, last_settled(f)}, true, e);
}

void bank_files_tell(struct bank_files *f)
{
    struct err e = ERR_INIT;
    int64_t now_us = clock_monotonic_us();
    if (!f->looked) return;
    each_order(f, report_order);
    f->on_the_way = book_durable(f->teller->book);
    if (f->settings.statement_ms == 0 || now_us < f->state_us) return;
    f->state_us = now_us + (int64_t)f->settings.statement_ms * 1000;
    int64_t until = last_settled(f);
    if (until > f->stated) state(f, (struct message_span){f->stated, until}, false, &e);
    complain(&e);
}
