/* Messages of channels (CH-2): one CloudEvent or a batch, checked whole, kept whole, answered 202 after the commit.
 *
 * A message keeps its own bytes as data: what a channel adds beyond the schema travels along. It is sent to the home of
 * the customer's identity, so that the same matter through two channels meets in one place (CH-4). */
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/money.h"
#include "base/timefmt.h"
#include "console/api.h"
#include "console/channels.h"
#include "console/console.h"
#include "console/db.h"
#include "console/form.h"
#include "console/gateway.h"
#include "event/cloudevents.h"
#include "event/codec.h"
#include "event/identity.h"

enum { INBOUND_BATCH_MAX = 500, INBOUND_WAITING_MAX = 20000 };

/* One request's messages. */
struct delivery {
    struct request *rq;
    struct ce *events;
    int n, duplicates;
    bool batch;
    char channel[CHANNEL_NAME_SIZE];
    struct message *messages;
    atomic_int left; /* messages not yet told */
    atomic_bool lost;
};

/* ---- reading ---- */

static bool refuse(struct delivery *d, int at, const char *path, const char *detail)
{
    struct arena *a = &d->rq->arena;
    const char *pointer = d->batch ? arena_printf(a, "$[%d]%s", at, path + 1) : path;
    reply_problem(d->rq, &(struct problem){.status = 400,
                                           .type = "invalid",
                                           .title = "Not a message Redress takes",
                                           .detail = detail,
                                           .pointer = pointer});
    return false;
}

/* "source: is required" → "$.source", "is required". */
static bool refuse_attribute(struct delivery *d, int at, const struct err *e)
{
    const char *colon = strstr(e->message, ": ");
    if (colon == NULL) return refuse(d, at, "$", e->message);
    return refuse(d, at, arena_printf(&d->rq->arena, "$.%.*s", (int)(colon - e->message), e->message), colon + 2);
}

static bool read_structured(struct delivery *d, int at, const char *json, size_t n)
{
    static const struct ce_header type = {"content-type", "application/cloudevents+json", 28};
    struct err e = ERR_INIT;
    struct ce_message m = {.headers = &type, .n_headers = 1, .value = json, .n_value = n};
    return ce_read(&m, &d->rq->arena, &d->events[at], &e) || refuse_attribute(d, at, &e);
}

/* HTTP's "ce-id" is Kafka's "ce_id". */
static bool read_binary(struct delivery *d, const char *content_type)
{
    static const char *const names[][2] = {{"ce-specversion", "ce_specversion"},
                                           {"ce-id", "ce_id"},
                                           {"ce-source", "ce_source"},
                                           {"ce-type", "ce_type"},
                                           {"ce-time", "ce_time"},
                                           {"ce-subject", "ce_subject"}};
    struct ce_header headers[7];
    struct err e = ERR_INIT;
    int n = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = request_header(d->rq, names[i][0]);
        if (value != NULL) headers[n++] = (struct ce_header){names[i][1], value, strlen(value)};
    }
    headers[n++] = (struct ce_header){"content-type", content_type, strlen(content_type)};
    struct ce_message m = {.headers = headers, .n_headers = n, .value = d->rq->body.bytes, .n_value = d->rq->body.len};
    return ce_read(&m, &d->rq->arena, &d->events[0], &e) || refuse_attribute(d, 0, &e);
}

static bool read_batch(struct delivery *d)
{
    const char **items;
    struct err e = ERR_INIT;
    d->batch = true;
    if (!form_split(&d->rq->body, INBOUND_BATCH_MAX, &d->rq->arena, &items, &d->n, &e))
        return refuse_attribute(d, 0, &e);
    d->events = ARENA_ARRAY(&d->rq->arena, struct ce, d->n + 1);
    for (int i = 0; i < d->n; i++)
        if (!read_structured(d, i, items[i], strlen(items[i]))) return false;
    return true;
}

static bool is_media(const char *type, const char *media) { return strncasecmp(type, media, strlen(media)) == 0; }

static bool read_events(struct delivery *d)
{
    const char *type = request_header(d->rq, "Content-Type");
    if (type == NULL) type = "";
    d->n = 1;
    d->events = ARENA_NEW(&d->rq->arena, struct ce);
    if (is_media(type, "application/cloudevents-batch+json")) return read_batch(d);
    if (is_media(type, "application/cloudevents+json"))
        return read_structured(d, 0, d->rq->body.bytes, d->rq->body.len);
    if (is_media(type, "application/json")) return read_binary(d, type);
    reply_problem(d->rq,
                  &(struct problem){.status = 415,
                                    .title = "Not a content type of CloudEvents",
                                    .detail = "application/cloudevents+json, application/cloudevents-batch+json, or "
                                              "application/json with ce-* headers"});
    return false;
}

/* ---- checking ---- */

static bool forbidden(struct request *rq, const char *detail)
{
    reply_problem(rq,
                  &(struct problem){
                      .status = 403, .type = "channel", .title = "Not from a registered channel", .detail = detail});
    return false;
}

/* The channel all messages come from. One request, one channel. */
static bool find_channel(struct delivery *d)
{
    struct channels *channels = d->rq->console->channels;
    const char *own;
    struct err e = ERR_INIT;
    const char *source = d->n > 0 ? d->events[0].source : "";
    for (int i = 1; i < d->n; i++)
        if (strcmp(d->events[i].source, source) != 0) return refuse(d, i, "$.source", "one request carries one source");
    if (!api_channel_of(d->rq, &own)) return false;
    if (own != NULL && d->n > 0 && strcmp(own, source) != 0)
        return forbidden(d->rq, "the key belongs to a channel with another source");
    if (d->n > 0 && channels_by_source(channels, source, d->channel, &e)) return true;
    if (err_is_set(&e)) {
        reply_unavailable(d->rq, "the channels cannot be read", &e);
        return false;
    }
    return d->n == 0 || forbidden(d->rq, arena_printf(&d->rq->arena, "no channel has the source %s", source));
}

/* A single message is a customer at the counter and is taken as long as there is room. A batch can wait, and must when
 * the services have not kept up with what was taken before: else every limit of its cases runs while they stand in
 * a queue. */
static bool is_behind(const struct delivery *d)
{
    const struct console *c = d->rq->console;
    if (gateway_waiting(c->gateway) > INBOUND_WAITING_MAX) return true;
    return d->n > 1 && atomic_load(&c->behind) > config_int(c->config, "inbound.behind.max");
}

static bool has_room(struct delivery *d)
{
    int64_t wait_s = channels_take(d->rq->console->channels, d->channel, d->n, clock_monotonic_us());
    const char *why = "above the channel's rate";
    if (is_behind(d)) {
        wait_s = wait_s > 1 ? wait_s : 1;
        why = "the installation is behind";
    }
    if (wait_s == 0) return true;
    reply_problem(d->rq, &(struct problem){.status = 429, .type = "slow-down", .title = "Slow down", .detail = why});
    reply_header(d->rq, "Retry-After", arena_printf(&d->rq->arena, "%lld", (long long)wait_s));
    return false;
}

/* Which of the messages intake has judged already, by its own record of (source, id). */
static bool find_known(struct delivery *d, bool *known)
{
    static const char sql[] = "SELECT s.id FROM unnest($2::int8[], $3::text[]) AS k (part, id) JOIN intake.seen s ON"
                              " s.partition = k.part AND s.source = $1 AND s.id = k.id";
    const char **ids = ARENA_ARRAY(&d->rq->arena, const char *, d->n);
    int64_t *parts = ARENA_ARRAY(&d->rq->arena, int64_t, d->n);
    struct pg_args args = PG_ARGS(&d->rq->arena);
    struct pg_rows *rows = NULL;
    struct err e = ERR_INIT;
    for (int i = 0; i < d->n; i++) {
        ids[i] = d->events[i].id;
        parts[i] = d->messages[i].part;
    }
    pg_arg_text(&args, d->events[0].source);
    pg_arg_ints(&args, parts, d->n);
    pg_arg_texts(&args, ids, d->n);
    if (!db_query(d->rq->console->db, sql, &args, &rows, &e)) {
        reply_unavailable(d->rq, "messages cannot be looked up", &e);
        return false;
    }
    for (int r = 0; r < pg_rows_count(rows); r++)
        for (int i = 0; i < d->n; i++)
            if (!known[i] && strcmp(ids[i], pg_text(rows, r, 0)) == 0) {
                known[i] = true;
                d->duplicates++;
            }
    pg_rows_free(rows);
    return true;
}

/* ---- sending ---- */

static void told(struct message *m, bool kept)
{
    struct delivery *d = m->context;
    struct request *rq = d->rq;
    if (!kept) atomic_store(&d->lost, true);
    if (atomic_fetch_sub(&d->left, 1) > 1) return;
    if (atomic_load(&d->lost)) {
        reply_problem(rq, &(struct problem){.status = 503, .title = "Not all could be kept; send the request again"});
    } else {
        buf_printf(&rq->reply.body, "{\"accepted\":%d,\"duplicates\":%d}", d->n - d->duplicates, d->duplicates);
        reply_json(rq, 202);
    }
    request_resume(rq);
}

/* What the schema cannot say of a complaint: intake would take a wrong amount as none (AP-4), and nobody would be told.
 */
static bool check_amounts(struct delivery *d, int at, const struct ev_inbound_complaint *c)
{
    if (c->has_claimed_minor && c->claimed_minor < 0)
        return refuse(d, at, "$.data.claimed_minor", "must not be negative");
    if (c->has_fee_due_minor && c->fee_due_minor < 0)
        return refuse(d, at, "$.data.fee_due_minor", "must not be negative");
    if (c->currency == NULL && (c->has_claimed_minor || c->has_fee_due_minor))
        return refuse(d, at, "$.data.currency", "is required beside an amount");
    if (c->currency != NULL && money_exponent(c->currency) < 0)
        return refuse(d, at, "$.data.currency", "not a currency of ISO 4217");
    return true;
}

static bool fill_message(struct delivery *d, int at, struct message *m)
{
    struct arena *a = &d->rq->arena;
    const struct ce *ce = &d->events[at];
    enum event_type type;
    struct err e = ERR_INIT;
    if (!event_parse_type(ce->type, &type) || strcmp(event_topic(type), "redress.inbound.v1") != 0)
        return refuse(d, at, "$.type", "not a type a channel sends");
    const struct type_desc *desc = event_desc(type);
    void *data = arena_alloc(a, desc->size);
    if (ce->data == NULL) return refuse(d, at, "$.data", "is required");
    if (!codec_decode(desc, ce->data, ce->n_data, a, data, &e)) {
        const char *colon = strstr(e.message, ": ");
        if (colon == NULL || e.message[0] != '$') return refuse(d, at, "$.data", e.message);
        return refuse(d, at, arena_printf(a, "$.data%.*s", (int)(colon - e.message - 1), e.message + 1), colon + 2);
    }
    if (type == EV_INBOUND_COMPLAINT && !check_amounts(d, at, data)) return false;
    struct origin from = {.source = ce->source, .id = ce->id};
    int home = identity_home(type, data, &from, d->rq->console->partitions, a);
    char *time = arena_alloc(a, TIMEFMT_SIZE);
    *m = (struct message){.part = home, .id = ce->id, .channel = d->channel, .kept = told, .context = d};
    m->post = (struct post){.topic = TOPIC_INBOUND, .dst = home};
    struct record *r = &m->post.record;
    *r = (struct record){.timestamp_ms = clock_real_ms(), .value = ce->data, .value_len = ce->n_data};
    record_set_header(r, "ce_specversion", "1.0");
    record_set_header(r, "ce_id", ce->id);
    record_set_header(r, "ce_source", ce->source);
    record_set_header(r, "ce_type", ce->type);
    /* accepted now, at this edge; when the channel received it is in the data (received_at), and limits run from there
     */
    record_set_header(r, "ce_time", timefmt_utc(clock_now_ms(&d->rq->console->clock), time));
    record_set_header(r, "content-type", "application/json");
    return true;
}

static void send(struct delivery *d, const bool *known)
{
    int n = d->n - d->duplicates;
    atomic_store(&d->left, n + 1); /* one for this function, so that nobody resumes before all are submitted */
    request_suspend(d->rq);
    struct gateway *g = d->rq->console->gateway;
    for (int i = 0; i < d->n; i++)
        if (!known[i]) gateway_submit(g, &d->messages[i]);
    told(&(struct message){.context = d}, true);
}

void api_inbound(struct request *rq)
{
    struct delivery *d = ARENA_NEW(&rq->arena, struct delivery);
    d->rq = rq;
    if (!read_events(d) || !find_channel(d)) return;
    d->messages = ARENA_ARRAY(&rq->arena, struct message, d->n + 1);
    bool *known = ARENA_ARRAY(&rq->arena, bool, d->n + 1);
    for (int i = 0; i < d->n; i++)
        if (!fill_message(d, i, &d->messages[i])) return;
    if (d->n == 0 || !has_room(d) || !find_known(d, known)) {
        if (rq->reply.status != 0) return;
        buf_puts(&rq->reply.body, "{\"accepted\":0,\"duplicates\":0}");
        reply_json(rq, 202);
        return;
    }
    send(d, known);
}
