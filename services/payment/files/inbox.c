#include "payment/files/inbox.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/number.h"
#include "payment/files/answers.h"
#include "payment/iso20022/camt053.h"
#include "payment/iso20022/pain002.h"

enum { WRITING_S = 60 }; /* so long a file may still be being written when it is no whole XML */

/* A file of the inbox while it is looked at. */
struct arrival {
    struct folder *folder;
    const char *name;
    struct iso_reader reader;
    struct err *err;
};

static bool is_ours(struct arrival *a, const char *key)
{
    struct buf order = BUF_INIT;
    char name[FILE_NAME_SIZE];
    bool ours = folder_read(a->folder, "sent", order_file(name, key), &order, a->err);
    buf_deinit(&order);
    return ours;
}

static bool move(struct arrival *a, const char *to, const char *as)
{
    return folder_move(a->folder, &(struct folder_move){a->name, "inbox", to, as}, a->err);
}

/* ---- a status report ---- */

static const char *outcome_of(const struct told_status *s)
{
    return s->progress == PROGRESS_SETTLED ? "settled" : "refused";
}

/* Nothing that contradicts what is known is taken in. */
static void check_status(struct arrival *a, const struct told_status *s)
{
    char known[OUTCOME_SIZE], what[96];
    if (!is_ours(a, s->key)) {
        if (!err_is_set(a->err)) iso_bad(&a->reader, s->at, "is of no order of ours");
    } else if (s->progress != PROGRESS_PENDING && answer_outcome(a->folder, s->key, known, a->err) &&
               strcmp(known, outcome_of(s)) != 0) {
        snprintf(what, sizeof what, "status %s of %.35s, which was %s before", s->code, s->key, known);
        iso_bad(&a->reader, s->at, what);
    }
}

static bool take_status(struct arrival *a, const struct told_status *s)
{
    char known[OUTCOME_SIZE];
    if (s->progress == PROGRESS_PENDING || answer_outcome(a->folder, s->key, known, a->err)) return !err_is_set(a->err);
    struct bank_words words = {.key = s->key,
                               .status = outcome_of(s),
                               .currency = s->amount.currency[0] != '\0' ? s->amount.currency : NULL,
                               .amount_minor = s->amount.minor,
                               .payee = s->payee,
                               .ref = s->ref,
                               .reason = s->progress == PROGRESS_REFUSED && s->reason == NULL ? s->code : s->reason};
    return !err_is_set(a->err) && answer_write(a->folder, &words, a->err);
}

static bool take_report(struct arrival *a)
{
    struct status_report report;
    char as[FILE_NAME_SIZE];
    if (!pain002_read(&a->reader, &report)) return false;
    for (int i = 0; i < report.n && !err_is_set(a->err); i++) check_status(a, &report.statuses[i]);
    if (a->reader.why[0] != '\0' || err_is_set(a->err)) return false;
    for (int i = 0; i < report.n; i++) {
        if (!take_status(a, &report.statuses[i])) return false;
    }
    folder_free_name(a->folder, "read", a->name, as);
    return move(a, "read", as);
}

/* ---- a statement ---- */

/* What is booked is settled, also when no report has said so; the first word stands. */
static bool take_booked(struct arrival *a, const struct booked_line *l)
{
    char known[OUTCOME_SIZE];
    if (!l->named || l->amount.minor <= 0 || !is_ours(a, l->key) || answer_outcome(a->folder, l->key, known, a->err))
        return !err_is_set(a->err);
    struct bank_words words = {.key = l->key,
                               .status = "settled",
                               .currency = l->amount.currency,
                               .amount_minor = l->amount.minor,
                               .payee = l->payee,
                               .ref = l->ref};
    return !err_is_set(a->err) && answer_write(a->folder, &words, a->err);
}

/* One more than the last statement's number. */
static bool next_number(struct arrival *a, int64_t *number)
{
    struct folder_names names;
    if (!folder_list(a->folder, "statements", "", &names, a->err)) return false;
    *number = 1;
    if (names.n > 0) {
        char digits[10];
        snprintf(digits, sizeof digits, "%.9s", names.name[names.n - 1]);
        if (number_parse(digits, number)) *number += 1;
    }
    folder_names_free(&names);
    return true;
}

static bool take_statement(struct arrival *a)
{
    struct bank_statement statement;
    char as[FILE_NAME_SIZE];
    int64_t number;
    if (!camt053_read(&a->reader, &statement)) return false;
    for (int i = 0; i < statement.n; i++) {
        if (!take_booked(a, &statement.lines[i])) return false;
    }
    if (!next_number(a, &number)) return false;
    snprintf(as, sizeof as, "%09lld-%.250s", (long long)number, a->name);
    return move(a, "statements", as);
}

/* ---- any file ---- */

/* The reason is there before its file, which is counted by whoever looks. */
static bool put_aside(struct arrival *a)
{
    struct buf why = BUF_INIT;
    char as[FILE_NAME_SIZE], name[FILE_NAME_SIZE + 8];
    log_warn("ALARM the bank's file %s is put aside: %s", a->name, a->reader.why);
    folder_free_name(a->folder, "bad", a->name, as);
    snprintf(name, sizeof name, "%s.why", as);
    buf_puts(&why, a->reader.why);
    bool well = folder_write(a->folder, "bad", name, &why, a->err) && move(a, "bad", as);
    buf_deinit(&why);
    return well;
}

static bool take_message(struct arrival *a, const char *message)
{
    if (message != NULL && strcmp(message, PAIN002) == 0) return take_report(a);
    if (message != NULL && strcmp(message, CAMT053) == 0) return take_statement(a);
    return message != NULL &&
           iso_bad(&a->reader, NULL, "the message is neither " PAIN002 " nor " CAMT053 ", which are read");
}

/* false with an error: the folder; without: it is left for later. */
static bool take_file(struct folder *f, const char *name, struct err *e)
{
    struct arrival a = {.folder = f, .name = name, .err = e};
    struct arena memory;
    struct buf bytes = BUF_INIT;
    arena_init(&memory);
    bool done = false;
    if (folder_read(f, "inbox", name, &bytes, e)) {
        const char *message = iso_reader_init(&a.reader, bytes.bytes, bytes.len, &memory);
        bool whole = a.reader.is_xml || folder_age_s(f, "inbox", name) >= WRITING_S;
        done = take_message(&a, message) || (whole && a.reader.why[0] != '\0' && !err_is_set(e) && put_aside(&a));
        iso_reader_deinit(&a.reader);
    }
    buf_deinit(&bytes);
    arena_deinit(&memory);
    return done;
}

bool inbox_take(struct folder *f, int *taken, struct err *e)
{
    struct folder_names names;
    *taken = 0;
    if (!folder_lock(f, e)) return false;
    if (folder_list(f, "inbox", "", &names, e)) {
        for (int i = 0; i < names.n && !err_is_set(e); i++) *taken += take_file(f, names.name[i], e);
        folder_names_free(&names);
    }
    folder_unlock(f);
    return !err_is_set(e);
}
