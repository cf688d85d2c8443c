/* redressctl's side of the console's HTTP API (schemas/http/openapi.yaml). */
#ifndef REDRESS_CLI_CONSOLE_H
#define REDRESS_CLI_CONSOLE_H

#include "base/buf.h"
#include "cli/cli.h"

struct console_answer {
    long status;      /* HTTP status */
    json_t *body;     /* NULL when the answer is not JSON; freed by console_answer_deinit */
    long retry_after; /* seconds, on 429 */
};

struct console_request {
    const char *method;
    const char *path;         /* "/v1/cases?status=open" */
    const char *body;         /* NULL = none */
    const char *content_type; /* NULL = application/json */
    const char *idempotency_key;
};

/* false when the console did not answer at all. */
bool console_call(struct cli *cli, const struct console_request *request, struct console_answer *out, struct err *e);
void console_answer_deinit(struct console_answer *a);
/* Prints a problem (RFC 9457) for people or as JSON; returns the exit code it means. */
int console_problem(const struct cli *cli, const struct console_answer *a);
/* GET, print as JSON or through `show`; the exit code. */
int console_show(struct cli *cli, const char *path, void (*show)(json_t *body));
/* "ROLE:ID[@UNIT]" as the member `actor` of a command; NULL when the text is no such thing. */
json_t *console_actor(const char *text);
/* Appends a value as a part of a path or query, percent-encoded. */
void console_escape(struct buf *path, const char *value);
/* Appends ?key=value or &key=value, percent-encoded; NULL values are left out. */
void console_query(struct buf *path, const char *key, const char *value);

#endif
