/* Asking for log ends beside the loop. The broker answers the requests of one connection in their order: behind a
 * fetch that waits for records the question would wait as long (100 ms). So it has a client of its own, which fetches
 * nothing, and a thread that waits for the answer. One question at a time. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/kafka_private.h"

enum { TIMEOUT_MS = 500, MOST = KAFKA_ENDS_MOST };

enum stage { IDLE, ASKED, ANSWERED, CLOSING };

struct kafka_ends {
    rd_kafka_t *rk;
    int service, wake_fd;
    pthread_t thread;
    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t changed;
    enum stage stage;
    struct kafka_place places[MOST];
    int n;
    bool well;
    struct err err;
};

bool kafka_log_ends(rd_kafka_t *rk, int service, struct kafka_place *places, int n, int timeout_ms, struct err *e)
{
    rd_kafka_topic_partition_list_t *list = kafka_list(places, n, service);
    for (int i = 0; i < n; i++) list->elems[i].offset = RD_KAFKA_OFFSET_END; /* as a timestamp: the latest */
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, timeout_ms);
    for (int i = 0; i < n; i++) {
        const rd_kafka_topic_partition_t *found = &list->elems[i];
        places[i].offset =
            code == RD_KAFKA_RESP_ERR_NO_ERROR && found->err == RD_KAFKA_RESP_ERR_NO_ERROR ? found->offset : -1;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || kafka_failed(e, "kafka_ends", code, "log ends");
}

/* Asks without the lock: nobody touches the question until it is answered. */
static void answer(struct kafka_ends *k)
{
    pthread_mutex_unlock(&k->lock);
    struct err e = ERR_INIT;
    bool well = kafka_log_ends(k->rk, k->service, k->places, k->n, TIMEOUT_MS, &e);
    pthread_mutex_lock(&k->lock);
    k->well = well;
    k->err = e;
    if (k->stage == ASKED) k->stage = ANSWERED;
    uint64_t one = 1;
    ssize_t written = write(k->wake_fd, &one, sizeof one);
    (void)written; /* a full counter wakes just as well */
}

static void *ask_for_ever(void *of)
{
    struct kafka_ends *k = of;
    pthread_mutex_lock(&k->lock);
    while (k->stage != CLOSING) {
        if (k->stage == ASKED)
            answer(k);
        else
            pthread_cond_wait(&k->changed, &k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

struct kafka_ends *kafka_ends_new(const struct config *config, int service, int wake_fd, struct err *e)
{
    struct kafka_ends *k = calloc(1, sizeof *k);
    if (k == NULL) abort();
    k->service = service;
    k->wake_fd = wake_fd;
    k->rk = kafka_client(RD_KAFKA_PRODUCER, kafka_conf(config, NULL, 0), e);
    if (k->rk == NULL) {
        free(k);
        return NULL;
    }
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->changed, NULL);
    if (pthread_create(&k->thread, NULL, ask_for_ever, k) != 0) abort(); /* no threads left: as no memory */
    return k;
}

void kafka_ends_free(struct kafka_ends *k)
{
    if (k == NULL) return;
    pthread_mutex_lock(&k->lock);
    k->stage = CLOSING;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL); /* an answer comes within its time limit */
    rd_kafka_destroy(k->rk);
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

bool kafka_ends_ask(struct kafka_ends *k, const struct kafka_place *places, int n)
{
    if (n > MOST) abort();
    pthread_mutex_lock(&k->lock);
    bool free_now = k->stage == IDLE;
    if (free_now) {
        memcpy(k->places, places, (size_t)n * sizeof *places);
        k->n = n;
        k->stage = ASKED;
        pthread_cond_signal(&k->changed);
    }
    pthread_mutex_unlock(&k->lock);
    return free_now;
}

enum kafka_ends_said kafka_ends_take(struct kafka_ends *k, struct kafka_place *places, struct err *e)
{
    enum kafka_ends_said said = KAFKA_ENDS_NOTHING;
    pthread_mutex_lock(&k->lock);
    if (k->stage == ANSWERED) {
        said = k->well ? KAFKA_ENDS_TOLD : KAFKA_ENDS_FAILED;
        memcpy(places, k->places, (size_t)k->n * sizeof *places);
        *e = k->err;
        k->stage = IDLE;
    }
    pthread_mutex_unlock(&k->lock);
    return said;
}
