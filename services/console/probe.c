/* Asking the services (probe.h): two requests each, in one libcurl multi handle. */
#include "console/probe.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { REQUESTS = 2 * PROBE_SERVICES, TIMEOUT_MS = 800 };

static const char *const names[PROBE_SERVICES] = {"intake",  "dispatch", "evidence",  "approval",
                                                  "payment", "sla",      "escalation"};

bool probe_metric(const char *text, const char *name, double *sum)
{
    size_t n = strlen(name);
    bool any = false;
    *sum = 0;
    for (const char *line = text; line != NULL && *line != '\0';
         line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
        if (strncmp(line, name, n) != 0 || (line[n] != ' ' && line[n] != '{')) continue;
        const char *value = line[n] == '{' ? strchr(line, '}') : line + n;
        if (value == NULL) continue;
        *sum += strtod(value + 1, NULL);
        any = true;
    }
    return any;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *to)
{
    buf_append(to, bytes, size * n);
    return size * n;
}

static CURL *request(CURLM *multi, const char *host, int port, const char *path, struct buf *body)
{
    char url[200];
    CURL *c = curl_easy_init();
    if (c == NULL) abort();
    snprintf(url, sizeof(url), "http://%s:%d%s", host, port, path);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_multi_add_handle(multi, c);
    return c;
}

static void run_all(CURLM *multi)
{
    int running = 1;
    while (running > 0 && curl_multi_perform(multi, &running) == CURLM_OK)
        if (running > 0) curl_multi_poll(multi, NULL, 0, 100, NULL);
}

static long code_of(CURL *c)
{
    long code = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

void probe_services(const struct config *config, struct arena *a, struct probe_answer out[PROBE_SERVICES])
{
    struct buf bodies[REQUESTS] = {0};
    CURL *handles[REQUESTS];
    CURLM *multi = curl_multi_init();
    if (multi == NULL) abort();
    for (int i = 0; i < PROBE_SERVICES; i++) {
        out[i] = (struct probe_answer){.name = names[i]};
        out[i].port = (int)config_int(config, arena_printf(a, "%s.http.port", names[i]));
        handles[2 * i] = request(multi, config_text(config, "http.host"), out[i].port, "/readyz", &bodies[2 * i]);
        handles[2 * i + 1] =
            request(multi, config_text(config, "http.host"), out[i].port, "/metrics", &bodies[2 * i + 1]);
    }
    run_all(multi);
    for (int i = 0; i < PROBE_SERVICES; i++) {
        long ready = code_of(handles[2 * i]);
        struct buf *said = &bodies[2 * i], *metrics = &bodies[2 * i + 1];
        out[i].up = ready != 0;
        out[i].ready = ready == 200;
        if (ready == 0)
            out[i].detail = "does not answer";
        else if (ready != 200)
            out[i].detail = arena_strndup(a, said->len > 0 ? said->bytes : "", said->len < 300 ? said->len : 300);
        if (metrics->len > 0) out[i].metrics = arena_strndup(a, metrics->bytes, metrics->len);
    }
    for (int i = 0; i < REQUESTS; i++) {
        curl_multi_remove_handle(multi, handles[i]);
        curl_easy_cleanup(handles[i]);
        buf_deinit(&bodies[i]);
    }
    curl_multi_cleanup(multi);
}
