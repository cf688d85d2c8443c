/* What every request to the bank is like: who asks, how long it may take, where it may go. */
#ifndef REDRESS_PAYMENT_BANK_HTTP_H
#define REDRESS_PAYMENT_BANK_HTTP_H

#include <curl/curl.h>
#include <stddef.h>

#include "base/buf.h"

/* A curl handle with these headers (the caller's, kept by reference): within timeout_ms, past every proxy, http and
 * https only. NULL: it cannot be made. */
CURL *bank_http_handle(struct curl_slist *headers, int timeout_ms);
/* The list with the bearer token's header behind it; aborts out of memory. */
struct curl_slist *bank_http_authorised(struct curl_slist *headers, const char *token);
/* For a CURLOPT_WRITEFUNCTION: takes n bytes of an answer; 0, which fails the request, above `most` in all. */
size_t bank_http_take(struct buf *answer, const char *bytes, size_t n, size_t most);

#endif
