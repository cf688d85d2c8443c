#include "payment/statement_reader.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "payment/bank_http.h"
#include "payment/files/statements.h"

enum { PAGE_LINES = 1000, MOST_PAGES = 40, PAGE_BYTES_MAX = 4 << 20 }; /* a line may be told twice */

struct statement_reader {
    struct statement_reader_settings settings;
    struct folder *folder; /* NULL: no bank by files */
    CURL *curl;
    struct curl_slist *headers;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t asked;
    bool stopping, wanted;
    struct statement_place after;
    int64_t began_ms;
    struct statement *read;
};

static void *must(void *p)
{
    if (p == NULL) abort(); /* out of memory (base/arena.h) */
    return p;
}

void statement_free(struct statement *s)
{
    if (s == NULL) return;
    arena_deinit(&s->memory);
    free(s);
}

static struct statement *statement_new(int64_t began_ms)
{
    struct statement *s = must(calloc(1, sizeof *s));
    struct arena *a = &s->memory;
    arena_init(a);
    s->began_ms = began_ms;
    s->seq = ARENA_ARRAY(a, int64_t, STATEMENT_MOST);
    s->amount = ARENA_ARRAY(a, int64_t, STATEMENT_MOST);
    s->settled = ARENA_ARRAY(a, int64_t, STATEMENT_MOST);
    s->bank = ARENA_ARRAY(a, const char *, STATEMENT_MOST);
    s->key = ARENA_ARRAY(a, const char *, STATEMENT_MOST);
    s->currency = ARENA_ARRAY(a, const char *, STATEMENT_MOST);
    s->payee = ARENA_ARRAY(a, const char *, STATEMENT_MOST);
    s->ref = ARENA_ARRAY(a, const char *, STATEMENT_MOST);
    return s;
}

void statement_add(struct statement *s, const struct statement_line *line)
{
    int i = s->n++;
    s->seq[i] = line->seq;
    s->amount[i] = line->amount_minor;
    s->settled[i] = line->settled;
    s->bank[i] = line->bank;
    s->key[i] = line->key;
    s->currency[i] = line->currency;
    s->payee[i] = line->payee;
    s->ref[i] = line->ref;
}

/* ---- a page ---- */

static bool take_line(struct statement *s, json_t *line)
{
    json_int_t seq = 0, amount = 0;
    const char *key, *status, *currency, *payee, *ref;
    if (json_unpack(line, "{s:I,s:s,s:s,s:I,s:s,s:s,s:s}", "seq", &seq, "key", &key, "status", &status, "amount_minor",
                    &amount, "currency", &currency, "payee", &payee, "bank_ref", &ref) != 0)
        return false;
    statement_add(s, &(struct statement_line){.seq = seq,
                                              .amount_minor = amount,
                                              .settled = strcmp(status, "settled") == 0,
                                              .bank = "api",
                                              .key = arena_strdup(&s->memory, key),
                                              .currency = arena_strdup(&s->memory, currency),
                                              .payee = arena_strdup(&s->memory, payee),
                                              .ref = arena_strdup(&s->memory, ref)});
    return true;
}

/* Lines of a page into the statement; *next is where the following page begins. */
static bool take_page(struct statement *s, const struct buf *body, int64_t *next)
{
    json_t *root = json_loadb(body->bytes == NULL ? "" : body->bytes, body->len, JSON_REJECT_DUPLICATES, NULL), *line;
    json_t *lines = json_object_get(root, "payments"), *goes_on = json_object_get(root, "next");
    size_t i;
    bool well = json_is_array(lines) && json_is_integer(goes_on) && json_array_size(lines) <= 2 * (size_t)PAGE_LINES;
    json_array_foreach(lines, i, line) well = well && take_line(s, line);
    if (well) *next = json_integer_value(goes_on);
    json_decref(root);
    return well;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    return bank_http_take(user, bytes, size * n, PAGE_BYTES_MAX);
}

/* NULL when the page was read; else why not. */
static const char *read_page(struct statement_reader *r, struct statement *s, int64_t *after)
{
    struct buf url = BUF_INIT, body = BUF_INIT;
    long status = 0;
    buf_printf(&url, "%s/payments?after=%lld&limit=%d", r->settings.url, (long long)*after, PAGE_LINES);
    curl_easy_setopt(r->curl, CURLOPT_URL, url.bytes);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &body);
    CURLcode code = curl_easy_perform(r->curl);
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    const char *why = code != CURLE_OK              ? curl_easy_strerror(code)
                      : status != 200               ? "the bank did not answer with status 200"
                      : !take_page(s, &body, after) ? "the statement cannot be read"
                                                    : NULL;
    buf_deinit(&url);
    buf_deinit(&body);
    return why;
}

/* ---- the thread ---- */

static void read_files(const struct statement_reader *r, struct statement *s, int64_t after)
{
    struct err e = ERR_INIT;
    if (r->folder == NULL || s->why != NULL) return;
    if (!statements_read(r->folder, after, s, &e)) s->why = arena_strdup(&s->memory, e.message);
}

static struct statement *read_all(struct statement_reader *r, struct statement_place after, int64_t began_ms)
{
    struct statement *s = statement_new(began_ms);
    for (int page = 0; page < MOST_PAGES && s->why == NULL && !s->whole; page++) {
        int64_t from = after.api;
        s->why = read_page(r, s, &after.api);
        s->whole = after.api == from;
    }
    read_files(r, s, after.files);
    if (s->why != NULL) s->n = 0;
    return s;
}

static void *run(void *user)
{
    struct statement_reader *r = user;
    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        if (!r->wanted) {
            pthread_cond_wait(&r->asked, &r->lock);
            continue;
        }
        struct statement_place after = r->after;
        int64_t began_ms = r->began_ms;
        pthread_mutex_unlock(&r->lock);
        struct statement *s = read_all(r, after, began_ms);
        pthread_mutex_lock(&r->lock);
        r->wanted = false;
        r->read = s;
        r->settings.wake(r->settings.user);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- the caller's side ---- */

struct statement_reader *statement_reader_new(const struct statement_reader_settings *settings, struct err *e)
{
    struct statement_reader *r = must(calloc(1, sizeof *r));
    r->settings = *settings;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->asked, NULL);
    r->headers = bank_http_authorised(NULL, settings->token);
    r->curl = must(bank_http_handle(r->headers, settings->timeout_ms));
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
    if (settings->folder[0] != '\0') r->folder = folder_open(settings->folder, e);
    r->has_thread = !err_is_set(e) && pthread_create(&r->thread, NULL, run, r) == 0;
    if (r->has_thread) return r;
    err_set(e, ERR_HTTP, "statement_reader_new", "the reader of the bank's statement cannot be made");
    statement_reader_free(r);
    return NULL;
}

void statement_reader_free(struct statement_reader *r)
{
    if (r == NULL) return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->asked);
    pthread_mutex_unlock(&r->lock);
    if (r->has_thread) pthread_join(r->thread, NULL);
    statement_free(r->read);
    folder_close(r->folder);
    curl_easy_cleanup(r->curl);
    curl_slist_free_all(r->headers);
    pthread_cond_destroy(&r->asked);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void statement_reader_begin(struct statement_reader *r, struct statement_place after, int64_t began_ms)
{
    pthread_mutex_lock(&r->lock);
    if (!r->wanted && r->read == NULL) {
        r->wanted = true;
        r->after = after;
        r->began_ms = began_ms;
        pthread_cond_signal(&r->asked);
    }
    pthread_mutex_unlock(&r->lock);
}

struct statement *statement_reader_take(struct statement_reader *r)
{
    pthread_mutex_lock(&r->lock);
    struct statement *s = r->read;
    r->read = NULL;
    pthread_mutex_unlock(&r->lock);
    return s;
}
