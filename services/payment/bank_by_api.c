/* The bank's HTTP API behind curl's multi handle (bank_way.h): a request an order, POST with the key, which the bank
 * books once however often it comes. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "payment/bank_answer.h"
#include "payment/bank_http.h"
#include "payment/bank_way.h"

enum { STATUS_PENDING = 202 };

/* A request; without a call it is idle. */
struct request {
    CURL *handle;
    struct bank_call *call;
    struct buf body, answer;
    struct request *next; /* idle */
};

struct api {
    CURLM *multi;
    struct curl_slist *headers;
    char *url;
    struct request *requests, *idle;
    int n;
};

static void *must(void *p)
{
    if (p == NULL) abort(); /* out of memory (base/arena.h) */
    return p;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    return bank_http_take(user, bytes, size * n, BANK_ANSWER_MAX);
}

static bool request_init(struct request *r, const struct api *a, int timeout_ms)
{
    r->handle = bank_http_handle(a->headers, timeout_ms);
    if (r->handle == NULL) return false;
    curl_easy_setopt(r->handle, CURLOPT_URL, a->url);
    curl_easy_setopt(r->handle, CURLOPT_POST, 1L);
    curl_easy_setopt(r->handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->handle, CURLOPT_WRITEDATA, &r->answer);
    curl_easy_setopt(r->handle, CURLOPT_PRIVATE, r);
    return true;
}

static void make_idle(struct api *a, struct request *r)
{
    r->call = NULL;
    r->next = a->idle;
    a->idle = r;
}

static void api_close(void *way)
{
    struct api *a = way;
    for (int i = 0; i < a->n; i++) {
        struct request *r = &a->requests[i];
        if (r->call != NULL) curl_multi_remove_handle(a->multi, r->handle);
        curl_easy_cleanup(r->handle);
        buf_deinit(&r->body);
        buf_deinit(&r->answer);
    }
    free(a->requests);
    curl_slist_free_all(a->headers);
    curl_multi_cleanup(a->multi);
    free(a->url);
    free(a);
}

static void *api_open(const struct bank_client_settings *settings, struct err *e)
{
    struct api *a = must(calloc(1, sizeof *a));
    struct buf text = BUF_INIT;
    bool well = true;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    a->multi = must(curl_multi_init());
    buf_printf(&text, "%s/payments", settings->url);
    a->url = must(strdup(text.bytes));
    buf_deinit(&text);
    a->headers = must(curl_slist_append(NULL, "Content-Type: application/json"));
    a->headers = bank_http_authorised(a->headers, settings->token);
    a->headers = must(curl_slist_append(a->headers, "Expect:"));
    a->requests = must(calloc((size_t)settings->in_flight, sizeof *a->requests));
    for (; well && a->n < settings->in_flight; a->n++) {
        well = request_init(&a->requests[a->n], a, settings->timeout_ms);
        make_idle(a, &a->requests[a->n]);
    }
    if (well) return a;
    err_set(e, ERR_HTTP, "bank_by_api", "the bank's client cannot be made (libcurl)");
    api_close(a);
    return NULL;
}

static void api_ask(void *way, struct bank_call *call)
{
    struct api *a = way;
    struct request *r = a->idle;
    a->idle = r->next;
    r->call = call;
    buf_reset(&r->body);
    buf_reset(&r->answer);
    bank_order_write(&call->order, &r->body);
    curl_easy_setopt(r->handle, CURLOPT_POSTFIELDS, r->body.bytes);
    curl_easy_setopt(r->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    curl_multi_add_handle(a->multi, r->handle);
}

static bool api_turn(void *way)
{
    struct api *a = way;
    int running = 0;
    curl_multi_perform(a->multi, &running);
    return false;
}

static void judge(const struct request *r, CURLcode code)
{
    struct bank_call *call = r->call;
    long status = 0;
    curl_easy_getinfo(r->handle, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        call->reply = BANK_REPLY_NONE;
        snprintf(call->why, sizeof call->why, "%s", curl_easy_strerror(code));
    } else if (status == STATUS_PENDING) {
        call->reply = BANK_REPLY_PENDING;
    } else {
        bool final =
            bank_answer_read(&call->order, (int)status, r->answer.bytes, r->answer.len, call->why, sizeof call->why);
        call->reply = final ? BANK_REPLY_FINAL : BANK_REPLY_NONE;
    }
}

static struct bank_call *api_take(void *way)
{
    struct api *a = way;
    int left = 0;
    CURLMsg *m = curl_multi_info_read(a->multi, &left);
    if (m == NULL || m->msg != CURLMSG_DONE) return NULL;
    struct request *r = NULL;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r);
    curl_multi_remove_handle(a->multi, r->handle);
    judge(r, code);
    struct bank_call *call = r->call;
    make_idle(a, r);
    return call;
}

static void api_wait(void *way, int ms) { curl_multi_poll(((struct api *)way)->multi, NULL, 0, ms, NULL); }

static void api_wake(void *way) { curl_multi_wakeup(((struct api *)way)->multi); }

const struct bank_way bank_by_api = {.open = api_open,
                                     .close = api_close,
                                     .ask = api_ask,
                                     .turn = api_turn,
                                     .take = api_take,
                                     .wait = api_wait,
                                     .wake = api_wake};
