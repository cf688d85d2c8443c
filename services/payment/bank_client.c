/* The thread around curl's multi handle.
 *
 * Lists: `arrived` (under the lock, from the caller) → `ready` (FIFO) or `later` (by next_try_us) → a curl
 * handle (`running`) → `answered` (under the lock), or back to `later`. Only the thread touches those between;
 * a dropped partition is a generation number, so nothing has to be searched. */
#include "payment/bank_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/clock.h"
#include "payment/bank_answer.h"
#include "payment/bank_http.h"

enum { MAX_PARTS = 8192, DOOR_AFTER = 3, BANK_PENDING = 202 };

struct bank_job {
    struct bank_order order; /* first: an order's address is its job's */
    TAILQ_ENTRY(bank_job) link;
    uint32_t generation;
    int attempts;
    int64_t next_try_us;
    CURL *handle; /* while its request is under way */
    struct buf body, answer;
};
TAILQ_HEAD(jobs, bank_job);

struct bank_client {
    const struct bank_client_settings *settings;
    struct bank_client_settings own;
    CURLM *multi;
    struct curl_slist *headers;
    char *url;
    CURL **idle; /* handles not in use, n_idle of settings.in_flight */
    int n_idle;
    struct jobs ready, later, running;
    int failures;    /* in a row, over all orders */
    int64_t door_us; /* while failing: nothing goes out before */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    struct jobs arrived;
    struct bank_order *answered, **answered_end;
    uint32_t generation[MAX_PARTS];
    struct bank_client_figures figures;
    bool stopping;
};

static void *must(void *p)
{
    if (p == NULL) abort(); /* out of memory (base/arena.h) */
    return p;
}

static bool is_void(const struct bank_client *c, const struct bank_job *job)
{
    return __atomic_load_n(&c->generation[job->order.part], __ATOMIC_RELAXED) != job->generation;
}

static void job_free(struct bank_job *job)
{
    free((void *)job->order.key);
    free((void *)job->order.payee);
    free((void *)job->order.currency);
    free((void *)job->order.method);
    bank_answer_deinit(&job->order.answer);
    buf_deinit(&job->body);
    buf_deinit(&job->answer);
    free(job);
}

void bank_order_free(struct bank_order *order) { job_free(order->job); }

/* ---- on the thread ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    return bank_http_take(user, bytes, size * n, BANK_ANSWER_MAX);
}

static void send_job(struct bank_client *c, struct bank_job *job)
{
    CURL *h = c->idle[--c->n_idle];
    buf_reset(&job->answer);
    job->attempts++;
    job->handle = h;
    TAILQ_INSERT_TAIL(&c->running, job, link);
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, job->body.bytes);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body.len);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &job->answer);
    curl_easy_setopt(h, CURLOPT_PRIVATE, job);
    curl_multi_add_handle(c->multi, h);
}

static void drop(struct bank_client *c, struct bank_job *job)
{
    pthread_mutex_lock(&c->lock);
    c->figures.open--;
    pthread_mutex_unlock(&c->lock);
    job_free(job);
}

/* Moves what is due to ready, then sends as much as may be in flight; one only while the bank fails. */
static void send_ready(struct bank_client *c)
{
    int64_t now = clock_monotonic_us();
    struct bank_job *job;
    while ((job = TAILQ_FIRST(&c->later)) != NULL && (job->next_try_us <= now || is_void(c, job))) {
        TAILQ_REMOVE(&c->later, job, link);
        TAILQ_INSERT_TAIL(&c->ready, job, link);
    }
    bool failing = c->failures >= DOOR_AFTER;
    if (failing && now < c->door_us) return;
    int floor = failing ? c->settings->in_flight - 1 : 0;
    while (c->n_idle > floor && (job = TAILQ_FIRST(&c->ready)) != NULL) {
        TAILQ_REMOVE(&c->ready, job, link);
        if (is_void(c, job))
            drop(c, job);
        else
            send_job(c, job);
    }
}

static int64_t backoff_us(const struct bank_client *c, int n)
{
    int64_t ms = c->settings->retry_ms;
    for (int i = 1; i < n && ms < (int64_t)c->settings->retry_ms * 100; i++) ms *= 2;
    return ms * 1000;
}

static void repeat_later(struct bank_client *c, struct bank_job *job)
{
    int64_t now = clock_monotonic_us();
    job->next_try_us = now + backoff_us(c, job->attempts);
    struct bank_job *at = TAILQ_LAST(&c->later, jobs);
    while (at != NULL && at->next_try_us > job->next_try_us) at = TAILQ_PREV(at, jobs, link);
    if (at == NULL)
        TAILQ_INSERT_HEAD(&c->later, job, link);
    else
        TAILQ_INSERT_AFTER(&c->later, at, job, link);
}

static void again(struct bank_client *c, struct bank_job *job, const char *why)
{
    c->failures++;
    c->door_us = clock_monotonic_us() + backoff_us(c, c->failures - DOOR_AFTER + 1);
    repeat_later(c, job);
    pthread_mutex_lock(&c->lock);
    c->figures.retried++;
    if (c->failures >= DOOR_AFTER && c->figures.down_since_ms == 0) c->figures.down_since_ms = clock_real_ms();
    snprintf(c->figures.why, sizeof(c->figures.why), "%s", why);
    pthread_mutex_unlock(&c->lock);
}

static void answered(struct bank_client *c, struct bank_job *job)
{
    c->failures = 0;
    pthread_mutex_lock(&c->lock);
    c->figures.answered++;
    c->figures.open--;
    c->figures.down_since_ms = 0;
    job->order.next = NULL;
    *c->answered_end = &job->order;
    c->answered_end = &job->order.next;
    pthread_mutex_unlock(&c->lock);
}

static bool finish(struct bank_client *c, CURL *h, CURLcode code)
{
    struct bank_job *job = NULL;
    long status = 0;
    char why[160];
    curl_easy_getinfo(h, CURLINFO_PRIVATE, &job);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(c->multi, h);
    TAILQ_REMOVE(&c->running, job, link);
    c->idle[c->n_idle++] = h;
    if (code != CURLE_OK) {
        again(c, job, curl_easy_strerror(code));
        return false;
    }
    if (status == BANK_PENDING) { /* the bank works: it has accepted the order and says so */
        c->failures = 0;
        repeat_later(c, job);
        return false;
    }
    if (!bank_answer_read(&job->order, (int)status, job->answer.bytes, job->answer.len, why, sizeof(why))) {
        again(c, job, why);
        return false;
    }
    answered(c, job);
    return true;
}

/* What the caller handed over, under one lock. False: the caller wants the thread to end. */
static bool take_arrived(struct bank_client *c)
{
    pthread_mutex_lock(&c->lock);
    TAILQ_CONCAT(&c->ready, &c->arrived, link);
    bool stopping = c->stopping;
    pthread_mutex_unlock(&c->lock);
    return !stopping;
}

static int wait_ms(const struct bank_client *c)
{
    int64_t now = clock_monotonic_us(), until = now + 1000000;
    const struct bank_job *job = TAILQ_FIRST(&c->later);
    if (job != NULL && job->next_try_us < until) until = job->next_try_us;
    if (!TAILQ_EMPTY(&c->ready) && c->failures >= DOOR_AFTER && c->door_us < until) until = c->door_us;
    return until <= now ? 1 : (int)((until - now) / 1000) + 1;
}

static void *run(void *user)
{
    struct bank_client *c = user;
    while (take_arrived(c)) {
        int running = 0, left = 0;
        bool news = false;
        send_ready(c);
        curl_multi_perform(c->multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left)) != NULL;) {
            if (m->msg == CURLMSG_DONE) news |= finish(c, m->easy_handle, m->data.result);
        }
        if (news)
            c->settings->wake(c->settings->user);
        else
            curl_multi_poll(c->multi, NULL, 0, wait_ms(c), NULL);
    }
    return NULL;
}

/* ---- on the caller's thread ---- */

static bool make_handles(struct bank_client *c)
{
    const struct bank_client_settings *s = c->settings;
    c->idle = must(calloc((size_t)s->in_flight, sizeof(*c->idle)));
    while (c->n_idle < s->in_flight) {
        CURL *h = bank_http_handle(c->headers, s->timeout_ms);
        if (h == NULL) return false;
        c->idle[c->n_idle++] = h;
        curl_easy_setopt(h, CURLOPT_URL, c->url);
        curl_easy_setopt(h, CURLOPT_POST, 1L);
        curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    }
    return true;
}

struct bank_client *bank_client_new(const struct bank_client_settings *settings, struct err *e)
{
    struct bank_client *c = must(calloc(1, sizeof(*c)));
    struct buf text = BUF_INIT;
    c->own = *settings;
    c->settings = &c->own;
    TAILQ_INIT(&c->ready);
    TAILQ_INIT(&c->later);
    TAILQ_INIT(&c->running);
    TAILQ_INIT(&c->arrived);
    c->answered_end = &c->answered;
    pthread_mutex_init(&c->lock, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    c->multi = curl_multi_init();
    buf_printf(&text, "%s/payments", settings->url);
    c->url = must(strdup(text.bytes));
    c->headers = must(curl_slist_append(NULL, "Content-Type: application/json"));
    c->headers = bank_http_authorised(c->headers, settings->token);
    c->headers = must(curl_slist_append(c->headers, "Expect:"));
    buf_deinit(&text);
    if (c->multi != NULL && make_handles(c) && pthread_create(&c->thread, NULL, run, c) == 0) return c;
    err_set(e, ERR_HTTP, "bank_client_new", "the bank's client cannot be made (libcurl, thread)");
    c->stopping = true; /* no thread to wait for */
    bank_client_free(c);
    return NULL;
}

static void free_jobs(struct jobs *list)
{
    struct bank_job *job;
    while ((job = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, job, link);
        job_free(job);
    }
}

/* Requests under way when the thread has ended. */
static void stop_running(struct bank_client *c)
{
    struct bank_job *job;
    TAILQ_FOREACH(job, &c->running, link)
    {
        curl_multi_remove_handle(c->multi, job->handle);
        curl_easy_cleanup(job->handle);
    }
    free_jobs(&c->running);
}

void bank_client_free(struct bank_client *c)
{
    if (c == NULL) return;
    pthread_mutex_lock(&c->lock);
    bool runs = !c->stopping;
    c->stopping = true;
    pthread_mutex_unlock(&c->lock);
    if (runs) {
        curl_multi_wakeup(c->multi);
        pthread_join(c->thread, NULL);
        stop_running(c);
    }
    free_jobs(&c->ready);
    free_jobs(&c->later);
    free_jobs(&c->arrived);
    for (struct bank_order *o = c->answered, *next; o != NULL; o = next) {
        next = o->next;
        bank_order_free(o);
    }
    for (int i = 0; i < c->n_idle; i++) curl_easy_cleanup(c->idle[i]);
    free(c->idle);
    curl_slist_free_all(c->headers);
    curl_multi_cleanup(c->multi);
    free(c->url);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void bank_client_ask(struct bank_client *c, const struct bank_order *order)
{
    struct bank_job *job = must(calloc(1, sizeof(*job)));
    job->order = *order;
    job->order.job = job;
    job->order.key = must(strdup(order->key));
    job->order.payee = must(strdup(order->payee));
    job->order.currency = must(strdup(order->currency));
    job->order.method = must(strdup(order->method));
    job->order.answer = (struct ev_payment_bank_answer){0};
    bank_order_write(&job->order, &job->body);
    pthread_mutex_lock(&c->lock);
    job->generation = c->generation[order->part];
    c->figures.open++;
    TAILQ_INSERT_TAIL(&c->arrived, job, link);
    pthread_mutex_unlock(&c->lock);
    curl_multi_wakeup(c->multi);
}

void bank_client_drop(struct bank_client *c, int part)
{
    __atomic_fetch_add(&c->generation[part], 1, __ATOMIC_RELAXED);
}

struct bank_order *bank_client_take(struct bank_client *c)
{
    pthread_mutex_lock(&c->lock);
    struct bank_order *list = c->answered;
    c->answered = NULL;
    c->answered_end = &c->answered;
    pthread_mutex_unlock(&c->lock);
    return list;
}

void bank_client_figures(struct bank_client *c, struct bank_client_figures *out)
{
    pthread_mutex_lock(&c->lock);
    *out = c->figures;
    pthread_mutex_unlock(&c->lock);
}
