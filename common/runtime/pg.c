/* One connection. Invariants: a statement is prepared at most once a connection, before it is used in a
 * pipeline; after an error nothing of a pipeline's transaction is left open; a connection whose state is not
 * known is dropped. */
#include "runtime/pg.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libpq-fe.h>

#include "base/clock.h"

enum { PREPARED_SLOTS = 512, LONG_SECONDS = 3600 };

struct pg {
    PGconn *conn;
    const struct config *config;
    char *schema;
    bool generic;                         /* statements are planned once */
    int answer_seconds;                   /* how long an answer is waited for */
    bool silent;                          /* the last connection was given up because no answer came */
    const char *prepared[PREPARED_SLOTS]; /* open addressing by address; the slot's number names the statement */
    int n_prepared;
};

struct pg *pg_new(const struct config *config, const char *schema)
{
    struct pg *pg = calloc(1, sizeof *pg);
    if (pg == NULL || (pg->schema = strdup(schema)) == NULL) abort();
    pg->config = config;
    pg->answer_seconds = (int)config_int(config, "db.answer.seconds");
    return pg;
}

void pg_wait_long(struct pg *pg) { pg->answer_seconds = LONG_SECONDS; }

void pg_plan_once(struct pg *pg) { pg->generic = true; }

void pg_drop(struct pg *pg)
{
    PQfinish(pg->conn);
    pg->conn = NULL;
    memset(pg->prepared, 0, sizeof pg->prepared);
    pg->n_prepared = 0;
}

void pg_free(struct pg *pg)
{
    if (pg == NULL) return;
    pg_drop(pg);
    free(pg->schema);
    free(pg);
}

bool pg_is_up(const struct pg *pg) { return pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK; }

static void no_notice(void *unused, const PGresult *r)
{
    (void)unused;
    (void)r;
}

/* libpq's messages end in a line break and may hold several lines. */
static bool failed(struct err *e, enum err_code code, const char *what, const char *message)
{
    char line[400];
    snprintf(line, sizeof line, "%s", message);
    line[strcspn(line, "\n")] = '\0';
    return err_set_retry(e, code, what, "%s", line);
}

bool pg_connect(struct pg *pg, struct err *e)
{
    if (pg_is_up(pg)) return true;
    pg_drop(pg);
    pg->silent = false;
    char name[64], options[256];
    snprintf(name, sizeof name, "redress-%s", pg->schema);
    snprintf(options, sizeof options, "-c search_path=%s -c synchronous_commit=on -c jit=off%s", pg->schema,
             pg->generic ? " -c plan_cache_mode=force_generic_plan" : "");
    const char *const keys[] = {"host",
                                "port",
                                "dbname",
                                "user",
                                "password",
                                "application_name",
                                "options",
                                "connect_timeout",
                                "tcp_user_timeout",
                                "client_encoding",
                                NULL};
    const char *const values[] = {config_text(pg->config, "db.host"),
                                  config_text(pg->config, "db.port"),
                                  config_text(pg->config, "db.name"),
                                  config_text(pg->config, "db.user"),
                                  config_text(pg->config, "db.password"),
                                  name,
                                  options,
                                  "3",
                                  "10000",
                                  "UTF8",
                                  NULL};
    pg->conn = PQconnectdbParams(keys, values, 0);
    if (pg->conn == NULL || PQstatus(pg->conn) != CONNECTION_OK) {
        failed(e, ERR_DB, "pg_connect", pg->conn == NULL ? "out of memory" : PQerrorMessage(pg->conn));
        pg_drop(pg);
        return false;
    }
    PQsetNoticeReceiver(pg->conn, no_notice, NULL);
    return true;
}

/* ---- answers ---- */

/* A server that stands still keeps its connections open and says nothing. Past the limit the socket is shut, and libpq
 * reports what it would of any connection that broke. */
static void wait_for_answer(struct pg *pg)
{
    int64_t until = clock_monotonic_us() + INT64_C(1000000) * pg->answer_seconds;
    while (PQisBusy(pg->conn)) {
        struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
        int64_t left_ms = (until - clock_monotonic_us()) / 1000;
        int there = left_ms <= 0 ? 0 : poll(&fd, 1, (int)left_ms);
        if (there < 0 && errno == EINTR) continue;
        if (there == 0) {
            pg->silent = true;
            shutdown(fd.fd, SHUT_RDWR);
        }
        if (there <= 0 || !PQconsumeInput(pg->conn)) return;
    }
}

static PGresult *next_answer(struct pg *pg)
{
    wait_for_answer(pg);
    return PQgetResult(pg->conn);
}

/* The answer of a statement sent outside a pipeline: the last one, since what the commit refuses (a deferred
 * constraint) is said after the statement's own success. NULL: the connection is gone. */
static PGresult *only_answer(struct pg *pg, int sent)
{
    PGresult *answer = NULL, *next;
    while (sent == 1 && (next = next_answer(pg)) != NULL) {
        PQclear(answer);
        answer = next;
    }
    return answer;
}

static const char *why_lost(struct pg *pg, char *text, size_t size)
{
    if (pg->silent)
        snprintf(text, size, "PostgreSQL gave no answer for %d s (db.answer.seconds)", pg->answer_seconds);
    else
        snprintf(text, size, "%s", PQerrorMessage(pg->conn));
    return text;
}

/* ---- prepared statements ---- */

static int slot_of(const struct pg *pg, const char *sql)
{
    size_t i = ((uintptr_t)sql >> 4) * 2654435761u % PREPARED_SLOTS;
    while (pg->prepared[i] != NULL && pg->prepared[i] != sql) i = (i + 1) % PREPARED_SLOTS;
    return (int)i;
}

static const char *statement_name(int slot, char *buf, size_t size)
{
    snprintf(buf, size, "s%d", slot);
    return buf;
}

static enum err_code code_of(const char *sqlstate)
{
    if (sqlstate == NULL) return ERR_DB;
    if (strcmp(sqlstate, PROTO_SQLSTATE_FENCED) == 0) return ERR_FENCED;
    return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0 ? ERR_DB_DATA : ERR_DB;
}

static bool result_failed(struct pg *pg, const PGresult *r, const char *sql, struct err *e)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    char message[360], lost[256];
    snprintf(message, sizeof message, "%s %s (in: %.80s)", state == NULL ? "" : state,
             text == NULL ? why_lost(pg, lost, sizeof lost) : text, sql);
    return failed(e, code_of(state), "pg", message);
}

static bool prepare(struct pg *pg, const char *sql, const struct pg_args *args, struct err *e)
{
    int slot = slot_of(pg, sql);
    if (pg->prepared[slot] != NULL) return true;
    if (pg->n_prepared > PREPARED_SLOTS / 2) abort(); /* statements must be static texts */
    char name[16];
    PGresult *r = only_answer(pg, PQsendPrepare(pg->conn, statement_name(slot, name, sizeof name), sql,
                                                args == NULL ? 0 : args->n, args == NULL ? NULL : args->types));
    bool well = PQresultStatus(r) == PGRES_COMMAND_OK;
    if (well) {
        pg->prepared[slot] = sql;
        pg->n_prepared++;
    } else {
        result_failed(pg, r, sql, e);
    }
    PQclear(r);
    return well;
}

/* ---- one statement ---- */

static const int all_binary[PG_MAX_ARGS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

bool pg_query(struct pg *pg, const char *sql, const struct pg_args *args, struct pg_rows **rows, struct err *e)
{
    if (rows != NULL) *rows = NULL;
    if (!pg_connect(pg, e) || !prepare(pg, sql, args, e)) return false;
    char name[16];
    statement_name(slot_of(pg, sql), name, sizeof name);
    int sent = PQsendQueryPrepared(pg->conn, name, args == NULL ? 0 : args->n, args == NULL ? NULL : args->values,
                                   args == NULL ? NULL : args->lengths, all_binary, 1);
    PGresult *r = only_answer(pg, sent);
    ExecStatusType status = PQresultStatus(r);
    bool well = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (!well) result_failed(pg, r, sql, e);
    if (well && rows != NULL)
        *rows = (struct pg_rows *)r;
    else
        PQclear(r);
    return well;
}

/* ---- a transaction ---- */

void pg_tx_read(struct pg_tx *tx, const char *sql, const struct pg_args *args, struct pg_rows **rows)
{
    if (tx->n == tx->cap) {
        int cap = tx->cap == 0 ? 16 : 2 * tx->cap;
        struct pg_statement *grown = ARENA_ARRAY(tx->arena, struct pg_statement, cap);
        if (tx->n > 0) memcpy(grown, tx->statements, (size_t)tx->n * sizeof *grown);
        tx->statements = grown;
        tx->cap = cap;
    }
    if (rows != NULL) *rows = NULL;
    tx->statements[tx->n++] =
        (struct pg_statement){.sql = sql, .args = args == NULL ? PG_ARGS(tx->arena) : *args, .rows = rows};
}

void pg_tx_add(struct pg_tx *tx, const char *sql, const struct pg_args *args) { pg_tx_read(tx, sql, args, NULL); }

static bool prepare_all(struct pg *pg, const struct pg_tx *tx, struct err *e)
{
    for (int i = 0; i < tx->n; i++)
        if (!prepare(pg, tx->statements[i].sql, &tx->statements[i].args, e)) return false;
    return true;
}

static bool send_all(struct pg *pg, const struct pg_tx *tx)
{
    char name[16];
    for (int i = 0; i < tx->n; i++) {
        const struct pg_statement *s = &tx->statements[i];
        if (!PQsendQueryPrepared(pg->conn, statement_name(slot_of(pg, s->sql), name, sizeof name), s->args.n,
                                 s->args.values, s->args.lengths, all_binary, 1))
            return false;
    }
    return PQpipelineSync(pg->conn) == 1;
}

/* What the pipeline's answers said. */
struct outcome {
    struct proto_txn_result result;
    char sqlstate[6];
};

static void note_error(struct pg *pg, const PGresult *r, const char *sql, bool at_commit, struct outcome *o,
                       struct err *e)
{
    if (o->result.sqlstate != NULL) return;
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (state != NULL) {
        snprintf(o->sqlstate, sizeof o->sqlstate, "%s", state);
        o->result.sqlstate = o->sqlstate;
        o->result.at_commit = at_commit;
        o->result.severe = severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
    }
    result_failed(pg, r, sql, e);
}

/* Reads the answer of one statement; false: the connection is gone. */
static bool read_answer(struct pg *pg, struct pg_statement *s, bool last, struct outcome *o, struct err *e)
{
    PGresult *r = next_answer(pg);
    if (r == NULL) return PQstatus(pg->conn) == CONNECTION_OK;
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_FATAL_ERROR) note_error(pg, r, s->sql, last, o, e);
    if (last && status == PGRES_COMMAND_OK) o->result.commit_ok = strcmp(PQcmdStatus(r), "COMMIT") == 0;
    if (status == PGRES_TUPLES_OK && s->rows != NULL)
        *s->rows = (struct pg_rows *)r;
    else
        PQclear(r);
    while ((r = next_answer(pg)) != NULL) PQclear(r);
    return PQstatus(pg->conn) == CONNECTION_OK;
}

static bool read_all(struct pg *pg, struct pg_tx *tx, struct outcome *o, struct err *e)
{
    for (int i = 0; i < tx->n; i++)
        if (!read_answer(pg, &tx->statements[i], i == tx->n - 1, o, e)) return false;
    PGresult *sync = next_answer(pg);
    bool well = sync != NULL && PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    return well && PQexitPipelineMode(pg->conn) == 1;
}

static void free_rows(struct pg_tx *tx)
{
    for (int i = 0; i < tx->n; i++) {
        if (tx->statements[i].rows == NULL) continue;
        pg_rows_free(*tx->statements[i].rows);
        *tx->statements[i].rows = NULL;
    }
}

/* One round trip. The outcome's `connection_lost` is true when the answers could not all be read. */
static void run_pipeline(struct pg *pg, struct pg_tx *tx, struct outcome *o, struct err *e)
{
    *o = (struct outcome){.result.commit_sent = true};
    bool well = PQenterPipelineMode(pg->conn) == 1 && send_all(pg, tx) && read_all(pg, tx, o, e);
    o->result.connection_lost = !well && !o->result.commit_ok;
    if (!well) {
        char lost[256];
        failed(e, ERR_DB, "pg_pipeline", why_lost(pg, lost, sizeof lost));
        pg_drop(pg);
    } else if (PQtransactionStatus(pg->conn) != PQTRANS_IDLE) {
        PGresult *r = only_answer(pg, PQsendQuery(pg->conn, "ROLLBACK"));
        if (PQresultStatus(r) != PGRES_COMMAND_OK) pg_drop(pg);
        PQclear(r);
    }
}

enum proto_outcome pg_tx_run(struct pg *pg, struct pg_tx *tx, struct err *e)
{
    struct pg_tx whole = PG_TX(tx->arena);
    pg_tx_add(&whole, "BEGIN", NULL);
    for (int i = 0; i < tx->n; i++)
        pg_tx_read(&whole, tx->statements[i].sql, &tx->statements[i].args, tx->statements[i].rows);
    pg_tx_add(&whole, "COMMIT", NULL);
    if (!pg_connect(pg, e) || !prepare_all(pg, &whole, e)) return PROTO_INFRA;
    struct outcome o;
    run_pipeline(pg, &whole, &o, e);
    enum proto_outcome outcome = proto_classify(&o.result);
    if (outcome == PROTO_COMMITTED) return outcome;
    free_rows(&whole);
    if (!err_is_set(e)) err_set_retry(e, ERR_DB, "pg_tx_run", "the transaction was rolled back");
    if (outcome == PROTO_UNKNOWN) {
        e->code = ERR_UNKNOWN;
        pg_drop(pg);
    }
    return outcome;
}

bool pg_read(struct pg *pg, struct pg_tx *tx, struct err *e)
{
    if (!pg_connect(pg, e) || !prepare_all(pg, tx, e)) return false;
    struct outcome o;
    run_pipeline(pg, tx, &o, e);
    if (!err_is_set(e)) return true;
    free_rows(tx);
    return false;
}
