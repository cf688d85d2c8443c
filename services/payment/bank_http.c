#include "payment/bank_http.h"

#include <stdlib.h>

CURL *bank_http_handle(struct curl_slist *headers, int timeout_ms)
{
    CURL *h = curl_easy_init();
    if (h == NULL) return NULL;
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    return h;
}

struct curl_slist *bank_http_authorised(struct curl_slist *headers, const char *token)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "Authorization: Bearer %s", token);
    struct curl_slist *longer = curl_slist_append(headers, text.bytes);
    if (longer == NULL) abort(); /* out of memory (base/arena.h) */
    buf_deinit(&text);
    return longer;
}

size_t bank_http_take(struct buf *answer, const char *bytes, size_t n, size_t most)
{
    if (answer->len + n > most) return 0;
    buf_append(answer, bytes, n);
    return n;
}
