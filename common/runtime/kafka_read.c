/* Reading without a group: single records at given offsets, and whole partitions for tools. */
#include "runtime/kafka_private.h"

#include <stdlib.h>

#include "base/clock.h"

enum { READ_WAIT_MS = 10000 };

static rd_kafka_t *open_reader(const struct config *config, struct err *e)
{
    /* group.id only satisfies the library: nothing subscribes, nothing is committed. */
    const struct kafka_setting settings[] = {{"group.id", "redress-read"},           {"enable.auto.commit", "false"},
                                             {"enable.auto.offset.store", "false"},  {"auto.offset.reset", "error"},
                                             {"enable.partition.eof", "true"},       {"fetch.wait.max.ms", "10"},
                                             {"queued.max.messages.kbytes", "16384"}};
    rd_kafka_conf_t *conf = kafka_conf(config, settings, (int)(sizeof settings / sizeof settings[0]));
    rd_kafka_t *rk = kafka_client(RD_KAFKA_CONSUMER, conf, e);
    if (rk != NULL) rd_kafka_poll_set_consumer(rk);
    return rk;
}

static int index_of(const struct kafka_place *places, int n, const rd_kafka_message_t *m)
{
    int topic = topic_parse(rd_kafka_topic_name(m->rkt));
    for (int i = 0; i < n; i++)
        if (places[i].topic == topic && places[i].part == m->partition) return i;
    return -1;
}

/* One answer per place: its first record (wanted only at exactly that offset), its end, or an error there. */
static bool look_all(rd_kafka_t *rk, const struct kafka_place *places, int n, kafka_found_fn found, void *user,
                     struct err *e)
{
    bool *done = calloc((size_t)n, 1);
    if (done == NULL) abort();
    int left = n;
    int64_t until = clock_monotonic_us() / 1000 + READ_WAIT_MS;
    while (left > 0 && clock_monotonic_us() / 1000 < until) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);
        if (m == NULL) continue;
        bool about_place =
            m->rkt != NULL && (m->err == RD_KAFKA_RESP_ERR_NO_ERROR || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
                               m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
        int i = about_place ? index_of(places, n, m) : -1;
        if (i >= 0 && !done[i]) {
            done[i] = true;
            left--;
            if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR && m->offset == places[i].offset) {
                struct record r;
                kafka_record(m, &r);
                found(user, i, &places[i], &r);
            }
        }
        rd_kafka_message_destroy(m);
    }
    free(done);
    return left == 0 || err_set_retry(e, ERR_KAFKA, "kafka_look", "%d of %d partitions did not answer in %d ms", left,
                                      n, READ_WAIT_MS);
}

bool kafka_look(const struct config *config, int service, const struct kafka_place *places, int n, kafka_found_fn found,
                void *user, struct err *e)
{
    if (n == 0) return true;
    rd_kafka_t *rk = open_reader(config, e);
    if (rk == NULL) return false;
    rd_kafka_topic_partition_list_t *list = kafka_list(places, n, service);
    rd_kafka_resp_err_t code = rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    bool well = code == RD_KAFKA_RESP_ERR_NO_ERROR ? look_all(rk, places, n, found, user, e)
                                                   : kafka_failed(e, "kafka_look", code, "assign");
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return well;
}

static bool scan(rd_kafka_t *rk, int64_t end, kafka_each_fn each, void *user, struct err *e)
{
    int64_t quiet_since = clock_monotonic_us() / 1000;
    for (;;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 200);
        if (m == NULL) {
            if (clock_monotonic_us() / 1000 - quiet_since > READ_WAIT_MS)
                return err_set_retry(e, ERR_KAFKA, "kafka_scan", "the broker sends nothing");
            continue;
        }
        quiet_since = clock_monotonic_us() / 1000;
        bool more = m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            struct record r;
            kafka_record(m, &r);
            more = each(user, m->offset, &r) && m->offset + 1 < end;
        } else if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
            kafka_failed(e, "kafka_scan", m->err, rd_kafka_message_errstr(m));
            more = false;
        }
        rd_kafka_message_destroy(m);
        if (!more) return !err_is_set(e);
    }
}

bool kafka_scan_partition(const struct config *config, const char *topic, int part, kafka_each_fn each, void *user,
                          struct err *e)
{
    rd_kafka_t *rk = open_reader(config, e);
    if (rk == NULL) return false;
    int64_t start = 0, end = 0;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, topic, part, &start, &end, READ_WAIT_MS);
    bool well = code == RD_KAFKA_RESP_ERR_NO_ERROR || kafka_failed(e, "kafka_scan", code, topic);
    if (well && end > start) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic, part)->offset = start;
        rd_kafka_assign(rk, list);
        rd_kafka_topic_partition_list_destroy(list);
        well = scan(rk, end, each, user, e);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return well;
}
