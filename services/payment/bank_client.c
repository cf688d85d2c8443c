/* The thread around a way to the bank (bank_way.h).
 *
 * Lists: `arrived` (under the lock, from the caller) → `ready` (FIFO) or `later` (by next_try_us) → under way
 * (`running`) → `answered` (under the lock), or back to `later`. Only the thread touches those between;
 * a dropped partition is a generation number, so nothing has to be searched. */
#include "payment/bank_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "payment/bank_answer.h"
#include "payment/bank_way.h"

enum { MAX_PARTS = 8192, DOOR_AFTER = 3 };

struct bank_job {
    struct bank_call call; /* first: an order's address is its call's and its job's */
    TAILQ_ENTRY(bank_job) link;
    uint32_t generation;
    int attempts;
    int64_t next_try_us;
};
TAILQ_HEAD(jobs, bank_job);

struct bank_client {
    const struct bank_client_settings *settings;
    struct bank_client_settings own;
    void *way;
    struct jobs ready, later, running;
    int n_running;
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
    return __atomic_load_n(&c->generation[job->call.order.part], __ATOMIC_RELAXED) != job->generation;
}

static void job_free(struct bank_job *job)
{
    struct bank_order *o = &job->call.order;
    free((void *)o->key);
    free((void *)o->payee);
    free((void *)o->currency);
    free((void *)o->method);
    free((void *)o->payer);
    free((void *)o->payee_name);
    free((void *)o->day);
    bank_answer_deinit(&o->answer);
    free(job);
}

void bank_order_free(struct bank_order *order) { job_free(order->job); }

/* ---- on the thread ---- */

static void send_job(struct bank_client *c, struct bank_job *job)
{
    job->attempts++;
    c->n_running++;
    TAILQ_INSERT_TAIL(&c->running, job, link);
    c->settings->way->ask(c->way, &job->call);
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
    int most = failing ? 1 : c->settings->in_flight;
    while (c->n_running < most && (job = TAILQ_FIRST(&c->ready)) != NULL) {
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
    struct bank_order *order = &job->call.order;
    c->failures = 0;
    pthread_mutex_lock(&c->lock);
    c->figures.answered++;
    c->figures.open--;
    c->figures.down_since_ms = 0;
    order->next = NULL;
    *c->answered_end = order;
    c->answered_end = &order->next;
    pthread_mutex_unlock(&c->lock);
}

/* The bank works: it has accepted the order and says so. */
static void pending(struct bank_client *c, struct bank_job *job)
{
    c->failures = 0;
    repeat_later(c, job);
    pthread_mutex_lock(&c->lock);
    c->figures.down_since_ms = 0;
    pthread_mutex_unlock(&c->lock);
}

/* True when the order is answered for good. */
static bool finish(struct bank_client *c, struct bank_call *call)
{
    struct bank_job *job = call->order.job;
    TAILQ_REMOVE(&c->running, job, link);
    c->n_running--;
    switch (call->reply) {
    case BANK_REPLY_FINAL: answered(c, job); return true;
    case BANK_REPLY_PENDING: pending(c, job); break;
    case BANK_REPLY_NONE: again(c, job, call->why); break;
    }
    return false;
}

/* What comes in may be what the waiting orders wait for. */
static void ask_all_again(struct bank_client *c)
{
    struct bank_job *job;
    TAILQ_FOREACH(job, &c->later, link) job->next_try_us = 0;
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
    bool failing = c->failures >= DOOR_AFTER;
    if (!TAILQ_EMPTY(&c->ready) && !failing && c->n_running < c->settings->in_flight) return 0;
    if (job != NULL && job->next_try_us < until) until = job->next_try_us;
    if (!TAILQ_EMPTY(&c->ready) && failing && c->door_us < until) until = c->door_us;
    return until <= now ? 1 : (int)((until - now) / 1000) + 1;
}

static void *run(void *user)
{
    struct bank_client *c = user;
    const struct bank_way *way = c->settings->way;
    while (take_arrived(c)) {
        bool news = false;
        send_ready(c);
        if (way->turn(c->way)) ask_all_again(c);
        for (struct bank_call *call; (call = way->take(c->way)) != NULL;) news |= finish(c, call);
        if (news)
            c->settings->wake(c->settings->user);
        else
            way->wait(c->way, wait_ms(c));
    }
    return NULL;
}

/* ---- on the caller's thread ---- */

struct bank_client *bank_client_new(const struct bank_client_settings *settings, struct err *e)
{
    struct bank_client *c = must(calloc(1, sizeof(*c)));
    c->own = *settings;
    c->settings = &c->own;
    TAILQ_INIT(&c->ready);
    TAILQ_INIT(&c->later);
    TAILQ_INIT(&c->running);
    TAILQ_INIT(&c->arrived);
    c->answered_end = &c->answered;
    pthread_mutex_init(&c->lock, NULL);
    c->way = settings->way->open(&c->own, e);
    if (c->way != NULL && pthread_create(&c->thread, NULL, run, c) == 0) return c;
    err_set(e, ERR_INTERNAL, "bank_client_new", "the bank's thread cannot be made");
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

void bank_client_free(struct bank_client *c)
{
    if (c == NULL) return;
    pthread_mutex_lock(&c->lock);
    bool runs = !c->stopping;
    c->stopping = true;
    pthread_mutex_unlock(&c->lock);
    if (runs) {
        c->settings->way->wake(c->way);
        pthread_join(c->thread, NULL);
    }
    if (c->way != NULL) c->settings->way->close(c->way);
    free_jobs(&c->running);
    free_jobs(&c->ready);
    free_jobs(&c->later);
    free_jobs(&c->arrived);
    for (struct bank_order *o = c->answered, *next; o != NULL; o = next) {
        next = o->next;
        bank_order_free(o);
    }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void bank_client_ask(struct bank_client *c, const struct bank_order *order)
{
    struct bank_job *job = must(calloc(1, sizeof(*job)));
    struct bank_order *own = &job->call.order;
    *own = *order;
    own->job = job;
    own->key = must(strdup(order->key));
    own->payee = must(strdup(order->payee));
    own->currency = must(strdup(order->currency));
    own->method = must(strdup(order->method));
    own->payer = must(strdup(order->payer));
    own->payee_name = order->payee_name != NULL ? must(strdup(order->payee_name)) : NULL;
    own->day = must(strdup(order->day));
    own->answer = (struct ev_payment_bank_answer){0};
    pthread_mutex_lock(&c->lock);
    job->generation = c->generation[order->part];
    c->figures.open++;
    TAILQ_INSERT_TAIL(&c->arrived, job, link);
    pthread_mutex_unlock(&c->lock);
    c->settings->way->wake(c->way);
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
