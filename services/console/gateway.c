/* One queue per partition between the HTTP threads and the loop (gateway.h).
 *
 * Invariant: a message is in its queue from submit until it is told. Polling does not take it out, so what a failed
 * batch did not commit is offered again; `committed` takes it out. The loop polls a partition only between batches. */
#include "console/gateway.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "event/events.h"

struct queue {
    struct message *head, *tail;
};

struct gateway {
    struct host *host;
    pthread_mutex_t lock;
    bool stopped;
    struct queue *queues; /* one per partition */
    atomic_llong waiting;
};

struct gateway *gateway_new(struct host *h)
{
    struct gateway *g = calloc(1, sizeof(*g));
    if (g == NULL || (g->queues = calloc((size_t)h->partitions, sizeof(*g->queues))) == NULL) abort();
    g->host = h;
    pthread_mutex_init(&g->lock, NULL);
    return g;
}

void gateway_free(struct gateway *g)
{
    if (g == NULL) return;
    pthread_mutex_destroy(&g->lock);
    free(g->queues);
    free(g);
}

int64_t gateway_waiting(const struct gateway *g) { return atomic_load(&g->waiting); }

void gateway_submit(struct gateway *g, struct message *m)
{
    m->next = NULL;
    pthread_mutex_lock(&g->lock);
    bool stopped = g->stopped;
    if (!stopped) {
        struct queue *q = &g->queues[m->part];
        if (q->tail == NULL)
            q->head = m;
        else
            q->tail->next = m;
        q->tail = m;
        atomic_fetch_add(&g->waiting, 1);
    }
    pthread_mutex_unlock(&g->lock);
    if (stopped)
        m->kept(m, false);
    else
        host_wake(g->host);
}

/* All of a queue, empty afterwards. */
static struct message *take_all(struct gateway *g, int part)
{
    struct message *all = g->queues[part].head;
    g->queues[part] = (struct queue){0};
    for (struct message *m = all; m != NULL; m = m->next) atomic_fetch_sub(&g->waiting, 1);
    return all;
}

static void tell_all(struct message *m, bool kept)
{
    while (m != NULL) {
        struct message *next = m->next; /* m is its owner's again once told */
        m->kept(m, kept);
        m = next;
    }
}

void gateway_revoked(struct gateway *g, int part)
{
    pthread_mutex_lock(&g->lock);
    struct message *all = take_all(g, part);
    pthread_mutex_unlock(&g->lock);
    tell_all(all, false);
}

void gateway_stop(struct gateway *g)
{
    pthread_mutex_lock(&g->lock);
    g->stopped = true;
    pthread_mutex_unlock(&g->lock);
    for (int part = 0; part < g->host->partitions; part++) gateway_revoked(g, part);
}

int64_t gateway_next(struct gateway *g, int part)
{
    pthread_mutex_lock(&g->lock);
    bool any = g->queues[part].head != NULL;
    pthread_mutex_unlock(&g->lock);
    return any ? 0 : ADAPTER_NEVER;
}

int gateway_poll(struct gateway *g, int part, int64_t now_ms, struct local_input *out, int max)
{
    int n = 0;
    pthread_mutex_lock(&g->lock);
    for (struct message *m = g->queues[part].head; m != NULL && n < max; m = m->next)
        out[n++] = (struct local_input){.part = part,
                                        .case_id = m->case_id,
                                        .type = EV_NONE,
                                        .id = m->id,
                                        .at_ms = now_ms,
                                        .post = &m->post,
                                        .tag = m};
    pthread_mutex_unlock(&g->lock);
    return n;
}

static void take_one(struct gateway *g, struct message *m)
{
    struct queue *q = &g->queues[m->part];
    struct message *before = NULL, *at = q->head;
    while (at != NULL && at != m) {
        before = at;
        at = at->next;
    }
    if (at == NULL) return; /* revoked meanwhile, and told */
    if (before == NULL)
        q->head = m->next;
    else
        before->next = m->next;
    if (q->tail == m) q->tail = before;
    m->next = NULL;
    atomic_fetch_sub(&g->waiting, 1);
}

void gateway_committed(struct gateway *g, const struct change *changes, int n)
{
    struct message *done = NULL, **end = &done;
    pthread_mutex_lock(&g->lock);
    for (int i = 0; i < n; i++) {
        if (changes[i].local == NULL || changes[i].local->post == NULL) continue;
        struct message *m = changes[i].local->tag;
        take_one(g, m);
        *end = m;
        end = &m->next;
    }
    pthread_mutex_unlock(&g->lock);
    tell_all(done, true);
}
