/* redressctl ledger show | balance | verify | export | reconciliation: the books (PA-4) and what the bank says of them
 * (PA-3), read through the console's API. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/timefmt.h"
#include "calendar/days_file.h"
#include "cli/console.h"

struct words {
    const char *account, *of_case, *limit, *cursor, *at;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct words *w = state->input;
    switch (key) {
    case 'a': w->account = arg; return 0;
    case 'c': w->of_case = arg; return 0;
    case 'n':
        cli_number(state, "--limit", arg, 1, 1000);
        w->limit = arg;
        return 0;
    case 'C': w->cursor = arg; return 0;
    case 't': w->at = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option OF[] = {{"account", 'a', "ACCOUNT", 0, "movements that touch it, e.g. deposit:O-E1", 0},
                                        {"case", 'c', "CASE", 0, "of a case, or of an account's home (outlet:O-E1)", 0},
                                        {"limit", 'n', "N", 0, "movements on a page (default 100)", 0},
                                        {"cursor", 'C', "CURSOR", 0, "the page after", 0},
                                        {0}};

/* ---- show ---- */

static void add_leg(json_t *rows, json_t *movement, json_t *leg, bool first)
{
    static const char *const shared[] = {"at_ms", "event", "slip_no", "id"};
    json_t *row = json_deep_copy(leg);
    for (size_t i = 0; first && i < sizeof shared / sizeof *shared; i++)
        json_object_set(row, shared[i], json_object_get(movement, shared[i]));
    json_array_append_new(rows, row);
}

/* One line a leg; the movement itself stands beside the first. */
static void show_movements(json_t *body)
{
    static const struct cli_column columns[] = {{"at_ms", "WHEN"},      {"event", "WHAT"},          {"slip_no", "SLIP"},
                                                {"account", "ACCOUNT"}, {"amount_minor", "AMOUNT"}, {"id", "EVENT"}};
    json_t *rows = json_array(), *movement, *leg;
    size_t i, k;
    json_array_foreach(json_object_get(body, "items"), i, movement)
        json_array_foreach(json_object_get(movement, "entries"), k, leg) add_leg(rows, movement, leg, k == 0);
    cli_print_table(rows, columns, (int)(sizeof columns / sizeof *columns));
    json_decref(rows);
    const char *next = json_string_value(json_object_get(body, "next"));
    if (next != NULL) printf("more: --cursor %s\n", next);
}

static void page_path(struct buf *path, const struct words *w)
{
    buf_reset(path);
    buf_puts(path, "/v1/ledger/transactions");
    console_query(path, "account", w->account);
    console_query(path, "case", w->of_case);
    console_query(path, "limit", w->limit);
    console_query(path, "cursor", w->cursor);
}

static int ledger_show(struct cli *cli, int argc, char **argv)
{
    static const struct argp parser = {OF, parse, "", "Movements with their legs, newest first; debit is positive.",
                                       0,  0,     0};
    struct words w = {0};
    struct buf path = BUF_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &w) != 0) return CLI_USAGE;
    page_path(&path, &w);
    int rc = console_show(cli, path.bytes, show_movements);
    buf_deinit(&path);
    return rc;
}

/* ---- balance ---- */

static void show_balance(json_t *body)
{
    static const struct cli_column columns[] = {{"account", "ACCOUNT"},
                                                {"debit_minor", "DEBIT"},
                                                {"credit_minor", "CREDIT"},
                                                {"balance_minor", "BALANCE"},
                                                {"entries", "ENTRIES"}};
    static const struct cli_column totals[] = {
        {"currency", "TOTAL"}, {"debit_minor", "DEBIT"}, {"credit_minor", "CREDIT"}, {"balance_minor", "BALANCE"}};
    char text[64];
    printf("as of %s\n", cli_text(body, "at_ms", text, sizeof text));
    cli_print_table(json_object_get(body, "accounts"), columns, (int)(sizeof columns / sizeof *columns));
    printf("\n");
    cli_print_table(json_object_get(body, "totals"), totals, (int)(sizeof totals / sizeof *totals));
}

/* An instant; or a date, of which the console knows where it ends. */
static bool balance_path(struct buf *path, const char *at)
{
    int64_t at_ms;
    char ms[24];
    int32_t day;
    buf_puts(path, "/v1/ledger/balance");
    if (at == NULL) return true;
    if (strlen(at) == strlen("2026-03-31") && days_date_parse(at, &day)) {
        console_query(path, "date", at);
        return true;
    }
    if (!timefmt_parse(at, &at_ms)) return false;
    snprintf(ms, sizeof ms, "%" PRId64, at_ms);
    console_query(path, "at_ms", ms);
    return true;
}

static int ledger_balance(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"at", 't', "TIME", 0,
         "2026-03-31T18:00:00+08:00, or a date, for its end by the policy's calendar; default now", 0},
        {0}};
    static const struct argp parser = {options, parse, "", "Trial balance; the totals of a sound ledger are zero.",
                                       0,       0,     0};
    struct words w = {0};
    struct buf path = BUF_INIT;
    if (argp_parse(&parser, argc, argv, 0, NULL, &w) != 0) return CLI_USAGE;
    int rc = balance_path(&path, w.at) ? console_show(cli, path.bytes, show_balance)
                                       : cli_usage(cli, "'%s' is neither an instant nor a date", w.at);
    buf_deinit(&path);
    return rc;
}

/* ---- verify ---- */

static int ledger_verify(struct cli *cli, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct console_answer a;
    cli_word(argc, argv, "", "Whether the ledger is sound: every movement balances, every leg is of one.");
    if (!console_call(cli, &(struct console_request){.method = "GET", .path = "/v1/ledger/verify"}, &a, &e)) {
        return cli_fail(cli, &e);
    }
    json_t *offences = json_object_get(a.body, "offences"), *line;
    size_t i, n = json_array_size(offences);
    int rc = a.status >= 400 ? console_problem(cli, &a) : n == 0 ? CLI_OK : CLI_OFFENCE;
    if (a.status < 400 && cli->json) {
        cli_print_json(json_incref(a.body));
    } else if (a.status < 400) {
        json_array_foreach(offences, i, line) printf("OFFENCE %s\n", json_string_value(line));
        printf("%s: %" JSON_INTEGER_FORMAT " movements, %" JSON_INTEGER_FORMAT " legs\n",
               n == 0 ? "the ledger is sound" : "the ledger is NOT sound",
               json_integer_value(json_object_get(a.body, "transactions")),
               json_integer_value(json_object_get(a.body, "entries")));
    }
    console_answer_deinit(&a);
    return rc;
}

/* ---- export ---- */

/* Names hold what people outside wrote (a contract's number); each begins with a letter of ours, so that no cell can be
 * taken for a formula. */
static void print_cell(json_t *text)
{
    putchar('"');
    for (const char *p = json_string_value(text); p != NULL && *p != '\0'; p++) {
        if (*p == '"') putchar('"');
        putchar(*p);
    }
    putchar('"');
}

static void print_leg(json_t *movement, json_t *leg)
{
    char at[TIMEFMT_SIZE], amount[40];
    const char *currency = json_string_value(json_object_get(leg, "currency"));
    json_t *payout = json_object_get(movement, "payout_no"); /* NULL: no bank and no voucher in it */
    struct money m = {.minor = json_integer_value(json_object_get(leg, "amount_minor"))};
    snprintf(m.currency, sizeof m.currency, "%s", currency);
    money_format(m, amount, sizeof amount);
    amount[strcspn(amount, " ")] = '\0';
    printf("%s,%s,%s,%" JSON_INTEGER_FORMAT ",", json_string_value(json_object_get(movement, "id")),
           timefmt_utc(json_integer_value(json_object_get(movement, "at_ms")), at),
           json_string_value(json_object_get(movement, "event")),
           json_integer_value(json_object_get(movement, "case_id")));
    print_cell(json_object_get(movement, "slip_no"));
    putchar(',');
    if (payout != NULL) printf("%" JSON_INTEGER_FORMAT, json_integer_value(payout));
    putchar(',');
    print_cell(json_object_get(leg, "account"));
    printf(",%s,%s\n", currency, amount);
}

static void print_page(const struct cli *cli, json_t *items, json_t *all)
{
    json_t *movement, *leg;
    size_t i, k;
    if (cli->json) {
        json_array_extend(all, items);
        return;
    }
    json_array_foreach(items, i, movement) json_array_foreach(json_object_get(movement, "entries"), k, leg)
        print_leg(movement, leg);
}

/* Fetches one page and prints it; *cursor is the next one's, NULL after the last. Returns the exit code. */
static int export_page(struct cli *cli, struct words *w, char **cursor, json_t *all)
{
    struct err e = ERR_INIT;
    struct console_answer a;
    struct buf path = BUF_INIT;
    page_path(&path, w);
    bool answered = console_call(cli, &(struct console_request){.method = "GET", .path = path.bytes}, &a, &e);
    buf_deinit(&path);
    free(*cursor);
    *cursor = NULL;
    if (!answered) return cli_fail(cli, &e);
    int rc = a.status >= 400 ? console_problem(cli, &a) : CLI_OK;
    if (rc == CLI_OK) {
        const char *next = json_string_value(json_object_get(a.body, "next"));
        print_page(cli, json_object_get(a.body, "items"), all);
        if (next != NULL) *cursor = strdup(next);
    }
    console_answer_deinit(&a);
    return rc;
}

static int ledger_export(struct cli *cli, int argc, char **argv)
{
    static const struct argp parser = {OF, parse, "", "All movements as CSV, one line a leg, newest first.", 0, 0, 0};
    struct words w = {.limit = "1000"};
    char *cursor = NULL;
    json_t *all = json_array();
    int rc;
    if (argp_parse(&parser, argc, argv, 0, NULL, &w) != 0) return CLI_USAGE;
    if (!cli->json) printf("event_id,at,event,case_id,slip_no,payout_no,account,currency,amount\n");
    do {
        rc = export_page(cli, &w, &cursor, all);
        w.cursor = cursor;
    } while (rc == CLI_OK && cursor != NULL);
    if (rc == CLI_OK && cli->json) cli_print_json(json_incref(all));
    json_decref(all);
    free(cursor);
    return rc;
}

/* ---- reconciliation ---- */

static void show_reconciliation(json_t *body)
{
    static const struct cli_column columns[] = {
        {"found_ms", "FOUND"},     {"kind", "WHAT"},           {"key", "KEY"},
        {"ours_minor", "OURS"},    {"theirs_minor", "BANK'S"}, {"detail", "WHY"},
        {"bank_ref", "REFERENCE"}, {"owner_id", "OWNER"},      {"state", "STATE"},
        {"note", "NOTE"}};
    json_t *last = json_object_get(body, "last");
    if (last == NULL)
        printf("the bank's statement was never compared\n");
    else
        printf("statement of %s: %" JSON_INTEGER_FORMAT " new lines; %" JSON_INTEGER_FORMAT
               " payouts matched, %" JSON_INTEGER_FORMAT " missing, %" JSON_INTEGER_FORMAT
               " unknown, %" JSON_INTEGER_FORMAT " differing\n",
               json_string_value(json_object_get(last, "day")), json_integer_value(json_object_get(last, "lines")),
               json_integer_value(json_object_get(last, "matched")),
               json_integer_value(json_object_get(last, "missing")),
               json_integer_value(json_object_get(last, "unknown")),
               json_integer_value(json_object_get(last, "differing")));
    printf("%" JSON_INTEGER_FORMAT " work items open\n", json_integer_value(json_object_get(body, "open")));
    cli_print_table(json_object_get(body, "items"), columns, (int)(sizeof columns / sizeof *columns));
}

static error_t parse_reconciliation(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != 'a') return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

static int ledger_reconciliation(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {{"all", 'a', 0, 0, "also what ended or was closed", 0}, {0}};
    static const struct argp parser = {
        options, parse_reconciliation, "", "What the bank's statement and our payouts disagree about.", 0, 0, 0};
    bool all = false;
    if (argp_parse(&parser, argc, argv, 0, NULL, &all) != 0) return CLI_USAGE;
    return console_show(cli, all ? "/v1/ledger/reconciliation?all=true" : "/v1/ledger/reconciliation",
                        show_reconciliation);
}

const struct cli_command cli_ledger_commands[] = {
    {"ledger show", ledger_show, "movements of the ledger, of an account, of a case"},
    {"ledger balance", ledger_balance, "trial balance, now or as of any time"},
    {"ledger verify", ledger_verify, "whether the ledger is sound"},
    {"ledger export", ledger_export, "all movements as CSV"},
    {"ledger reconciliation", ledger_reconciliation, "payouts beside the bank's statement: the work items"},
    {0}};
