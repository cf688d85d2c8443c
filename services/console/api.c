/* The API's paths, and the handlers that only pass on: stream, sign-in, sign-out. */
#include "console/api.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/console.h"
#include "console/hub.h"
#include "event/codec.h"
#include "policy/policy.h"

const struct route api_routes[] = {
    {"GET", "/v1/status", ACCESS_OPERATOR, api_status},
    {"GET", "/v1/board", ACCESS_OPERATOR, api_board},
    {"GET", "/v1/cases", ACCESS_OPERATOR, api_case_list},
    {"GET", "/v1/cases/{}", ACCESS_OPERATOR, api_case_show},
    {"GET", "/v1/cases/{}/timeline", ACCESS_OPERATOR, api_case_timeline},
    {"GET", "/v1/cases/{}/deadlines", ACCESS_OPERATOR, api_case_deadlines},
    {"GET", "/v1/cases/{}/deadlines/{}", ACCESS_OPERATOR, api_case_deadline},
    {"POST", "/v1/cases/{}/commands/{}", ACCESS_OPERATOR, api_command},
    {"GET", "/v1/commands/{}", ACCESS_OPERATOR, api_command_show},
    {"POST", "/v1/inbound", ACCESS_CHANNEL, api_inbound},
    {"GET", "/v1/notices", ACCESS_CHANNEL, api_notice_list},
    {"POST", "/v1/notices/{}", ACCESS_CHANNEL, api_notice_report},
    {"GET", "/v1/channels", ACCESS_OPERATOR, api_channel_list},
    {"POST", "/v1/channels", ACCESS_OPERATOR, api_channel_add},
    {"GET", "/v1/dlq", ACCESS_OPERATOR, api_dlq_list},
    {"GET", "/v1/dlq/{}", ACCESS_OPERATOR, api_dlq_show},
    {"POST", "/v1/dlq/{}/redrive", ACCESS_OPERATOR, api_dlq_redrive},
    {"POST", "/v1/dlq/{}/discard", ACCESS_OPERATOR, api_dlq_discard},
    {"GET", "/v1/ledger/balance", ACCESS_OPERATOR, api_ledger_balance},
    {"GET", "/v1/ledger/transactions", ACCESS_OPERATOR, api_ledger_page},
    {"GET", "/v1/ledger/verify", ACCESS_OPERATOR, api_ledger_verify},
    {"GET", "/v1/ledger/reconciliation", ACCESS_OPERATOR, api_ledger_reconciliation},
    {"GET", "/v1/organisation", ACCESS_OPERATOR, api_organisation},
    {"GET", "/v1/stream", ACCESS_OPERATOR, api_stream},
    {"POST", "/v1/session", ACCESS_PUBLIC, api_sign_in},
    {"DELETE", "/v1/session", ACCESS_OPERATOR, api_sign_out},
    {"GET", "/metrics", ACCESS_PUBLIC, api_metrics},
    {"GET", "/healthz", ACCESS_PUBLIC, api_healthz},
    {"GET", "/readyz", ACCESS_PUBLIC, api_readyz},
    {0},
};

/* ---- organisation ---- */

/* Units and people of the policy pack, so that ids can be shown as names (RO-1). */
void api_organisation(struct request *rq)
{
    const struct policy *policy = rq->console->host->policy;
    if (policy != NULL && codec_encode(&pol_organisation_desc, policy->org, &rq->reply.body))
        reply_json(rq, 200);
    else
        reply_problem(rq, &(struct problem){.status = 404, .title = "This installation has no organisation"});
}

/* ---- stream ---- */

void api_stream(struct request *rq)
{
    struct hub_subscription s = {.types = request_query(rq, "type")};
    struct err e = ERR_INIT;
    int64_t rate;
    const char *case_ref = request_query(rq, "case"), *last = request_header(rq, "Last-Event-ID");
    if (!request_int(rq, &(struct int_param){"rate", 1, 1000, 0}, &rate) ||
        !request_int(rq, &(struct int_param){"after", 0, INT64_MAX, -1}, &s.after) ||
        (case_ref != NULL && !api_case_id(rq, case_ref, &s.case_id)))
        return;
    s.rate = (int)rate;
    /* the browser's own resume wins over the address it first asked for */
    if (last != NULL && strtoll(last, NULL, 10) > 0) s.after = strtoll(last, NULL, 10);
    if (!hub_subscribe(rq->console->hub, rq, &s, &e)) reply_unavailable(rq, "a live stream cannot begin", &e);
}

/* ---- session ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The form's field, decoded in place; NULL when absent. */
static char *form_field(char *form, const char *name)
{
    size_t n = strlen(name);
    for (char *at = form; at != NULL && *at != '\0'; at = strchr(at, '&') == NULL ? NULL : strchr(at, '&') + 1) {
        if (strncmp(at, name, n) != 0 || at[n] != '=') continue;
        char *value = at + n + 1, *to = value;
        for (const char *p = value; *p != '\0' && *p != '&'; p++) {
            bool escaped = p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0;
            *to++ = (char)(escaped ? hex(p[1]) * 16 + hex(p[2]) : *p == '+' ? ' ' : *p);
            if (escaped) p += 2;
        }
        *to = '\0';
        return value;
    }
    return NULL;
}

static void cookie(struct request *rq, const char *value, int seconds)
{
    reply_header(
        rq, "Set-Cookie",
        arena_printf(&rq->arena, "redress_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d", value, seconds));
}

void api_sign_in(struct request *rq)
{
    char *form = arena_strndup(&rq->arena, rq->body.len == 0 ? "" : rq->body.bytes, rq->body.len);
    const char *token = form_field(form, "token");
    const char *origin = request_header(rq, "Origin");
    bool foreign = origin != NULL && !auth_same_origin(origin, request_header(rq, "Host"));
    if (!foreign && auth_token(&rq->console->auth, token)) {
        char value[AUTH_COOKIE_SIZE];
        auth_session_make(&rq->console->auth, time(NULL), value);
        cookie(rq, value, AUTH_SESSION_S);
        reply_header(rq, "Location", "/");
    } else {
        nanosleep(&(struct timespec){.tv_nsec = 300000000L}, NULL); /* guessing is slow */
        reply_header(rq, "Location", "/?signin=refused");
    }
    rq->reply.status = 303;
}

void api_sign_out(struct request *rq)
{
    cookie(rq, "", 0);
    rq->reply.status = 204;
}
