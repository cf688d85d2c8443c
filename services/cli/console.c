#include "cli/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum { CONSOLE_TIMEOUT_S = 40 };

/* One connection for the life of the process: an import makes thousands of calls. */
static CURL *handle;

static void close_handle(void)
{
    curl_easy_cleanup(handle);
    curl_global_cleanup();
}

static CURL *open_handle(void)
{
    if (handle == NULL) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        handle = curl_easy_init();
        if (handle == NULL) abort();
        atexit(close_handle);
    }
    curl_easy_reset(handle);
    return handle;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
    buf_append(user, bytes, size * n);
    return size * n;
}

static struct curl_slist *headers(struct cli *cli, const struct console_request *r)
{
    struct buf line = BUF_INIT;
    buf_printf(&line, "Authorization: Bearer %s", config_text(&cli->config, "console.token"));
    struct curl_slist *list = curl_slist_append(NULL, line.bytes);
    buf_reset(&line);
    buf_printf(&line, "Content-Type: %s", r->content_type == NULL ? "application/json" : r->content_type);
    list = curl_slist_append(list, line.bytes);
    list = curl_slist_append(list, "Expect:");
    if (r->idempotency_key != NULL) {
        buf_reset(&line);
        buf_printf(&line, "Idempotency-Key: %s", r->idempotency_key);
        list = curl_slist_append(list, line.bytes);
    }
    buf_deinit(&line);
    return list;
}

bool console_call(struct cli *cli, const struct console_request *r, struct console_answer *out, struct err *e)
{
    *out = (struct console_answer){0};
    CURL *curl = open_handle();
    struct buf url = BUF_INIT, body = BUF_INIT;
    buf_printf(&url, "http://%s:%s%s", config_text(&cli->config, "http.host"),
               config_text(&cli->config, "console.http.port"), r->path);
    struct curl_slist *list = headers(cli, r);
    curl_easy_setopt(curl, CURLOPT_URL, url.bytes);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CONSOLE_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (r->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(r->body));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body);
    }
    CURLcode rc = curl_easy_perform(curl);
    if (rc == CURLE_OK) {
        curl_off_t wait = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
        curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
        out->retry_after = (long)wait;
        if (body.len > 0) out->body = json_loads(body.bytes, JSON_DECODE_ANY, NULL);
    } else {
        err_set_retry(e, ERR_HTTP, "console",
                      "the console at %s does not answer (%s); is the installation up? deploy/up starts it", url.bytes,
                      curl_easy_strerror(rc));
    }
    curl_slist_free_all(list);
    buf_deinit(&url);
    buf_deinit(&body);
    return rc == CURLE_OK;
}

void console_answer_deinit(struct console_answer *a)
{
    json_decref(a->body);
    a->body = NULL;
}

static enum cli_exit exit_of(long status)
{
    switch (status) {
    case 404: return CLI_NOT_FOUND;
    case 409: return CLI_REFUSED;
    case 400:
    case 422: return CLI_USAGE;
    case 503: return CLI_UNREACHABLE;
    default: return CLI_FAILED;
    }
}

int console_problem(const struct cli *cli, const struct console_answer *a)
{
    if (cli->json && a->body != NULL) {
        cli_print_json(json_incref(a->body));
        return exit_of(a->status);
    }
    static const char *const keys[] = {"rule", "reason", "title", "pointer", "detail"};
    fprintf(stderr, "%s: %ld", cli->program, a->status);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = json_string_value(json_object_get(a->body, keys[i]));
        if (text != NULL) fprintf(stderr, "%s%s", i == 0 ? " refused by rule " : ": ", text);
    }
    fputc('\n', stderr);
    return exit_of(a->status);
}

int console_show(struct cli *cli, const char *path, void (*show)(json_t *body))
{
    struct err e = ERR_INIT;
    struct console_answer a;
    if (!console_call(cli, &(struct console_request){.method = "GET", .path = path}, &a, &e)) return cli_fail(cli, &e);
    int rc = CLI_OK;
    if (a.status >= 400)
        rc = console_problem(cli, &a);
    else if (cli->json)
        cli_print_json(json_incref(a.body));
    else
        show(a.body);
    console_answer_deinit(&a);
    return rc;
}

void console_escape(struct buf *path, const char *value)
{
    char *escaped = curl_easy_escape(open_handle(), value, 0);
    buf_puts(path, escaped);
    curl_free(escaped);
}

void console_query(struct buf *path, const char *key, const char *value)
{
    if (value == NULL) return;
    buf_printf(path, "%c%s=", strchr(path->bytes, '?') == NULL ? '?' : '&', key);
    console_escape(path, value);
}

json_t *console_actor(const char *text)
{
    char role[64], id[64], unit[64];
    int n = sscanf(text, "%63[^:]:%63[^@]@%63s", role, id, unit);
    if (n < 2) return NULL;
    json_t *actor = json_pack("{s:s, s:s}", "id", id, "role", role);
    if (n == 3) json_object_set_new(actor, "org_id", json_string(unit));
    return actor;
}
