/* Check 3: our payouts beside the bank's own book (audit_payouts.h), by whichever way they went; and the ledger (PA-3,
 * PA-4). On a live installation payouts are made while the book is read: what we hold settled before must be in it,
 * what is in it must be ours afterwards. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "cli/audit.h"
#include "cli/audit_payouts.h"

enum { AUDIT_PAGE = 1000, STATUS_OK = 200, STATUS_NOT_FOUND = 404 };

struct money_check {
    struct audit *audit;
    struct audit_payouts *payouts;
    const char *folder; /* of a bank by files; "" = none, or it cannot be looked into */
    bool statement;     /* the bank shows no book, only the statement of its API */
    int64_t by_files;
};

static void tell(void *user, const char *text) { audit_offend(user, 3, "%s", text); }

/* ---- ours ---- */

static bool lies_in(const struct money_check *m, const char *place, const char *key)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s/%s.xml", m->folder, place, key);
    return access(path, F_OK) == 0;
}

/* In this order (payment/files/folder.h): what is in sent/ and no longer in work/ has left, and what is then not in the
 * outbox was taken by the bank, which has it in its book by then. */
static bool is_gone(const struct money_check *m, const char *key)
{
    return m->folder[0] != '\0' && lies_in(m, "sent", key) && !lies_in(m, "work", key) && !lies_in(m, "outbox", key);
}

static void add_ours(struct money_check *m, const struct pg_rows *rows, int i)
{
    struct audit_check *check = &m->audit->checks[2];
    const char *state = pg_text(rows, i, 5), *way = pg_text(rows, i, 6), *key = pg_text(rows, i, 0);
    bool by_file = strcmp(way, "files") == 0, open = strcmp(state, "instructed") == 0;
    m->by_files += by_file;
    if (by_file && m->statement) return;
    check->examined++;
    check->waiting += open;
    audit_payouts_ours(m->payouts, &(struct audit_payout){.key = key,
                                                          .amount_minor = pg_int(rows, i, 1),
                                                          .currency = pg_text(rows, i, 2),
                                                          .payee = pg_text(rows, i, 3),
                                                          .payer = pg_text(rows, i, 4),
                                                          .state = state,
                                                          .way = way,
                                                          .gone = by_file && open && is_gone(m, key)});
}

static bool read_ours(struct money_check *m, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(m->audit->pg,
                  "SELECT key, coalesce(paid_minor, amount_minor), currency, payee, payer_account, state, bank FROM "
                  "payment.payout WHERE bank IS NOT NULL",
                  NULL, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) add_ours(m, rows, i);
    pg_rows_free(rows);
    return true;
}

static bool read_made_meanwhile(struct money_check *m, struct err *e)
{
    struct pg_rows *rows;
    if (!audit_payouts_has_unknown(m->payouts)) return true;
    if (!pg_query(m->audit->pg, "SELECT key FROM payment.payout", NULL, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) audit_payouts_known_by_now(m->payouts, pg_text(rows, i, 0));
    pg_rows_free(rows);
    return true;
}

/* ---- the bank's ---- */

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
    buf_append(user, bytes, size * n);
    return size * n;
}

/* The status of the answer; 0: there was none. */
static long ask_bank(struct audit *a, const char *path, int64_t after, struct buf *body)
{
    char url[256], token[160];
    long status = 0;
    CURL *curl = curl_easy_init();
    snprintf(url, sizeof url, "%s%s?after=%" PRId64 "&limit=%d", config_text(&a->cli->config, "bank.url"), path, after,
             AUDIT_PAGE);
    snprintf(token, sizeof token, "Authorization: Bearer %s", config_text(&a->cli->config, "bank.token"));
    struct curl_slist *headers = curl_slist_append(NULL, token);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

static bool take_line(struct money_check *m, json_t *line)
{
    struct audit_booked b = {0};
    json_int_t amount = 0;
    if (json_unpack(line, "{s:s,s:s,s:I,s:s,s:s,s?s,s?s}", "key", &b.key, "status", &b.status, "amount_minor", &amount,
                    "currency", &b.currency, "payee", &b.payee, "payer", &b.payer, "way", &b.way) != 0)
        return false;
    b.amount_minor = amount;
    audit_payouts_booked(m->payouts, &b);
    return true;
}

/* A page after *after, which becomes where the next one begins. */
static bool read_page(struct money_check *m, int64_t *after, struct err *e)
{
    struct buf body = BUF_INIT;
    const char *path = m->statement ? "/payments" : "/book";
    long status = ask_bank(m->audit, path, *after, &body);
    json_t *page = status == STATUS_OK ? json_loadb(body.bytes, body.len, 0, NULL) : NULL, *line;
    json_t *lines = json_object_get(page, "payments"), *next = json_object_get(page, "next");
    bool well = json_is_array(lines) && json_is_integer(next);
    size_t i;
    json_array_foreach(lines, i, line) well = well && take_line(m, line);
    if (well) *after = json_integer_value(next);
    json_decref(page);
    buf_deinit(&body);
    return well || err_set(e, ERR_HTTP, "audit", "the bank's book cannot be read from %s%s (status %ld)",
                           config_text(&m->audit->cli->config, "bank.url"), path, status);
}

static bool read_book(struct money_check *m, struct err *e)
{
    int64_t after = 0, from;
    do {
        from = after;
        if (!read_page(m, &after, e)) return false;
    } while (after > from);
    return true;
}

/* ---- what can be looked at ---- */

/* A bank that is not the sandbox has no book to show: what its API states is compared, files are not. */
static void find_book(struct money_check *m)
{
    struct buf body = BUF_INIT;
    m->statement = ask_bank(m->audit, "/book", 0, &body) == STATUS_NOT_FOUND;
    buf_deinit(&body);
}

static void find_folder(struct money_check *m)
{
    char sent[600];
    m->folder = config_text(&m->audit->cli->config, "bank.files.dir");
    snprintf(sent, sizeof sent, "%s/sent", m->folder);
    if (m->folder[0] == '\0' || access(sent, R_OK | X_OK) == 0) return;
    audit_note(m->audit, 3, "not looked for: orders by file that were lost (%s cannot be read)", sent);
    m->folder = "";
}

static void note_files(const struct money_check *m)
{
    if (m->statement && m->by_files > 0)
        audit_note(m->audit, 3,
                   "not compared: %" PRId64 " payouts by file, of which the bank shows no book; its statements are "
                   "judged by redressctl ledger reconciliation",
                   m->by_files);
}

/* ---- the ledger ---- */

static bool check_ledger(struct audit *a, struct err *e)
{
    return audit_rows(a, 3, "SELECT 'ledger: ' || offence FROM payment.ledger_offences()", e) &&
           audit_rows(
               a, 3,
               "SELECT format('payout %s of case %s is %s without its entry in the ledger', p.key, p.case_id, p.state) "
               "FROM payment.payout p WHERE NOT EXISTS (SELECT FROM payment.ledger_txn t WHERE t.case_id = p.case_id "
               "AND t.payout_no = p.payout_no AND t.event = CASE WHEN p.state IN ('halted', 'cash_due') THEN "
               "'instructed' ELSE p.state END)",
               e) &&
           audit_rows(a, 3,
                      "SELECT format('case %s: slip %s was paid %s times', case_id, slip_no, count(*)) FROM "
                      "payment.payout WHERE "
                      "state = 'settled' GROUP BY case_id, slip_no HAVING count(*) > 1",
                      e);
}

bool audit_money(struct audit *a, struct err *e)
{
    struct money_check m = {.audit = a,
                            .payouts = audit_payouts_new(&a->arena, (struct audit_offences){.tell = tell, .user = a})};
    find_book(&m);
    find_folder(&m);
    bool well = read_ours(&m, e) && read_book(&m, e) && read_made_meanwhile(&m, e) && check_ledger(a, e);
    if (well) audit_payouts_end(m.payouts);
    note_files(&m);
    audit_payouts_free(m.payouts);
    return well;
}
