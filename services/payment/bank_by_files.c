/* The bank reached by files (bank_way.h): an order is a pain.001 in the outbox, its answer what the bank's files in the
 * inbox have said of its key. Asking again looks: an order that has left is never written again, one that a crash
 * caught on the way leaves now. An order no message can say is refused here, before anything has left. */
#include <libxml/parser.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "payment/bank_folder.h"
#include "payment/bank_way.h"
#include "payment/files/answers.h"
#include "payment/files/inbox.h"
#include "payment/iso20022/pain001.h"

struct files {
    const struct bank_folder *settings;
    struct folder *folder;
    struct bank_call **done; /* asked, not taken yet */
    int n_done, look_ms;
    int64_t look_us; /* the inbox is looked into then */
    int wake_fd;
    bool told; /* that the inbox cannot be worked with */
};

static void *must(void *p)
{
    if (p == NULL) abort(); /* out of memory (base/arena.h) */
    return p;
}

static void files_close(void *way)
{
    struct files *w = way;
    folder_close(w->folder);
    if (w->wake_fd >= 0) close(w->wake_fd);
    free(w->done);
    free(w);
}

static void *files_open(const struct bank_client_settings *settings, struct err *e)
{
    struct files *w = must(calloc(1, sizeof *w));
    xmlInitParser(); /* before there are threads that parse */
    w->settings = settings->folder;
    w->look_ms = settings->retry_ms;
    w->done = must(calloc((size_t)settings->in_flight, sizeof(struct bank_call *)));
    w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    w->folder = folder_open(settings->folder->path, e);
    if (w->wake_fd >= 0 && w->folder != NULL) return w;
    err_set(e, ERR_IO, "bank_by_files", "the bank's folder cannot be used");
    files_close(w);
    return NULL;
}

/* ---- an order ---- */

static struct credit_transfer transfer_of(const struct files *w, const struct bank_order *o)
{
    struct credit_transfer t = {.key = o->key,
                                .payer = o->payer,
                                .payee = o->payee,
                                .payer_name = w->settings->name[0] != '\0' ? w->settings->name : NULL,
                                .payee_name = o->payee_name,
                                .payer_bic = w->settings->bic,
                                .day = o->day,
                                .created_ms = o->ordered_ms,
                                .amount = {.minor = o->amount_minor}};
    snprintf(t.amount.currency, sizeof t.amount.currency, "%s", o->currency);
    return t;
}

/* Whether what left under the key is this order. */
static bool is_same(const struct buf *sent, const struct credit_transfer *t)
{
    struct arena memory;
    struct iso_reader r;
    struct credit_transfer was;
    arena_init(&memory);
    iso_reader_init(&r, sent->bytes, sent->len, &memory);
    bool same = pain001_read(&r, &was) && strcmp(was.key, t->key) == 0 && strcmp(was.payee, t->payee) == 0 &&
                strcmp(was.payer, t->payer) == 0 && was.amount.minor == t->amount.minor &&
                strcmp(was.amount.currency, t->amount.currency) == 0;
    iso_reader_deinit(&r);
    arena_deinit(&memory);
    return same;
}

/* Sees to it that the order has left, and whether the bank has said something final. */
static enum bank_reply look(struct files *w, struct bank_order *o, const struct credit_transfer *t, struct err *e)
{
    struct buf order = BUF_INIT, sent = BUF_INIT;
    char name[FILE_NAME_SIZE];
    enum bank_reply reply = BANK_REPLY_NONE;
    pain001_write(t, &order);
    if (folder_send(w->folder, order_file(name, o->key), &order, &sent, e)) {
        bool final =
            is_same(&sent, t)
                ? answer_read(w->folder, o, e)
                : bank_answer_judge(o, &(struct bank_words){.key = o->key, .status = "settled", .key_reused = true});
        reply = final ? BANK_REPLY_FINAL : err_is_set(e) ? BANK_REPLY_NONE : BANK_REPLY_PENDING;
    }
    buf_deinit(&order);
    buf_deinit(&sent);
    return reply;
}

static void files_ask(void *way, struct bank_call *call)
{
    struct files *w = way;
    struct bank_order *o = &call->order;
    struct err e = ERR_INIT;
    struct credit_transfer t = transfer_of(w, o);
    const char *refusal = pain001_refusal(&t);
    if (refusal != NULL) {
        bank_answer_judge(o, &(struct bank_words){.key = o->key, .status = "refused", .reason = refusal});
        call->reply = BANK_REPLY_FINAL;
    } else {
        call->reply = look(w, o, &t, &e);
        snprintf(call->why, sizeof call->why, "%.*s", (int)sizeof call->why - 1, e.message);
    }
    w->done[w->n_done++] = call;
}

/* ---- the thread ---- */

static bool files_turn(void *way)
{
    struct files *w = way;
    struct err e = ERR_INIT;
    int taken = 0;
    if (clock_monotonic_us() < w->look_us) return false;
    bool well = inbox_take(w->folder, &taken, &e);
    if (!well && !w->told) log_warn("ALARM the bank's files cannot be taken in: %s", e.message);
    w->told = !well;
    w->look_us = clock_monotonic_us() + (int64_t)w->look_ms * 1000;
    return taken > 0;
}

static struct bank_call *files_take(void *way)
{
    struct files *w = way;
    return w->n_done > 0 ? w->done[--w->n_done] : NULL;
}

static void files_wait(void *way, int ms)
{
    struct files *w = way;
    struct pollfd woken = {.fd = w->wake_fd, .events = POLLIN};
    int64_t left_ms = (w->look_us - clock_monotonic_us()) / 1000 + 1;
    uint64_t times;
    if (left_ms < ms) ms = left_ms < 0 ? 0 : (int)left_ms;
    if (poll(&woken, 1, ms) > 0 && read(w->wake_fd, &times, sizeof times) < 0) return;
}

static void files_wake(void *way)
{
    uint64_t one = 1;
    if (write(((struct files *)way)->wake_fd, &one, sizeof one) < 0) return; /* it is awake already */
}

const struct bank_way bank_by_files = {.open = files_open,
                                       .close = files_close,
                                       .ask = files_ask,
                                       .turn = files_turn,
                                       .take = files_take,
                                       .wait = files_wait,
                                       .wake = files_wake};
