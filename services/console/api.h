/* The API's handlers (openapi.yaml); api.c has the table that maps them to paths. */
#ifndef REDRESS_CONSOLE_API_H
#define REDRESS_CONSOLE_API_H

#include "console/http.h"
#include "runtime/pg.h"

extern const struct route api_routes[];

void api_case_list(struct request *rq);
void api_case_show(struct request *rq);
void api_case_timeline(struct request *rq);
void api_case_deadlines(struct request *rq);
void api_case_deadline(struct request *rq);
void api_command(struct request *rq);
void api_command_show(struct request *rq);
void api_inbound(struct request *rq);
void api_notice_list(struct request *rq);
void api_notice_report(struct request *rq);
void api_channel_list(struct request *rq);
void api_channel_add(struct request *rq);
void api_dlq_list(struct request *rq);
void api_dlq_show(struct request *rq);
void api_dlq_redrive(struct request *rq);
void api_dlq_discard(struct request *rq);
void api_board(struct request *rq);
void api_status(struct request *rq);
void api_ledger_balance(struct request *rq);
void api_ledger_page(struct request *rq);
void api_ledger_verify(struct request *rq);
void api_ledger_reconciliation(struct request *rq);
void api_organisation(struct request *rq);
void api_stream(struct request *rq);
/* Names the console's own metrics; once, before the first request. */
void api_health_register(struct console *c);
void api_metrics(struct request *rq);
void api_healthz(struct request *rq);
void api_readyz(struct request *rq);
void api_sign_in(struct request *rq);
void api_sign_out(struct request *rq);

/* A cursor "A.B"; false: not one, and the reply says so. Absent gives *given = false. */
struct cursor {
    bool given;
    int64_t a, b;
};
bool api_cursor(struct request *rq, struct cursor *out);
/* Case id of a reference (id or number); false: the reply says 404. It need not exist in the read model. */
bool api_case_id(struct request *rq, const char *reference, int64_t *case_id);
/* Runs sql and replies with its one JSON value; without a value 404. what names it in the log and the title. */
void api_json(struct request *rq, const char *what, const char *sql, const struct pg_args *args);

/* The source of the channel whose key was sent; NULL for the operator. false: not a key, and the reply says so. */
bool api_channel_of(struct request *rq, const char **source);

/* A codec's complaint as a problem: its JSON path as pointer. */
void api_codec_problem(struct request *rq, int status, const char *title, const struct err *e);

/* Sends command.NAME for a case and leaves the request suspended until it is answered, or at most wait_ms. data is the
 * command's canonical JSON in the request's arena. With a key, its own or the request's Idempotency-Key, the id comes
 * from it. */
struct api_command {
    const char *name;
    int64_t case_id;
    int part; /* where it goes when case_id is 0 */
    const char *data;
    const char *key; /* NULL: the request's, if it has one */
    int64_t wait_ms;
};
void api_command_send(struct request *rq, const struct api_command *command);

#endif
