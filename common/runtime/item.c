/* What an input's headers say, and its body when it is needed. Headers of internal events are ours and read
 * directly; inbound messages and commands may be CloudEvents of either mode (event/cloudevents.h). */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/timefmt.h"
#include "event/cloudevents.h"
#include "event/codec.h"
#include "runtime/loop.h"

static int64_t number(const char *text)
{
    int64_t v;
    return number_parse(text, &v) && v >= 0 ? v : 0;
}

/* "/redress/intake/3" → the stream's writer. */
static bool parse_writer(const char *text, struct proto_stream *out)
{
    static const char prefix[] = "/redress/";
    if (strncmp(text, prefix, sizeof prefix - 1) != 0) return false;
    const char *name = text + sizeof prefix - 1, *slash = strchr(name, '/');
    char service[16];
    if (slash == NULL || slash == name || (size_t)(slash - name) >= sizeof service) return false;
    memcpy(service, name, (size_t)(slash - name));
    service[slash - name] = '\0';
    char *end;
    long part = strtol(slash + 1, &end, 10);
    int no = service_parse(service);
    if (no < 0 || *end != '\0' || part < 0 || part >= LOOP_PARTS) return false;
    out->service = (uint16_t)no;
    out->src = (uint16_t)part;
    return true;
}

static void read_header(struct item *it, const struct header *h)
{
    const char *name = h->name;
    if (strcmp(name, "seq") == 0)
        it->seq = number(h->value);
    else if (strcmp(name, "case_id") == 0)
        it->case_id = number(h->value);
    else if (strcmp(name, "ce_type") == 0)
        event_parse_type(h->value, &it->type);
    else if (strcmp(name, "ce_id") == 0)
        it->id = h->value;
    else if (strcmp(name, "ce_source") == 0)
        it->source = h->value;
    else if (strcmp(name, "correlation_id") == 0)
        it->correlation = h->value;
    else if (strcmp(name, "traceparent") == 0)
        it->traceparent = h->value;
    else if (strcmp(name, "policy") == 0)
        it->policy = number(h->value);
    else if (strcmp(name, "stream") == 0)
        it->has_stream = parse_writer(h->value, &it->stream);
}

static void read_time(struct item *it, const struct record *r)
{
    const char *time = record_header(r, "ce_time");
    if (time == NULL || !timefmt_parse(time, &it->at_ms)) it->at_ms = 0;
}

/* A CloudEvent from outside. */
static void read_external(struct loop *l, struct item *it, const struct record *r)
{
    struct ce event;
    struct err why = ERR_INIT;
    if (!record_read_ce(r, &l->items_arena, &event, &why)) {
        it->unreadable = arena_strdup(&l->items_arena, why.message);
        return;
    }
    it->id = event.id;
    it->source = event.source;
    it->at_ms = event.has_time ? event.time_ms : 0;
    it->json = event.data;
    it->json_len = event.n_data;
    it->type = EV_NONE;
    event_parse_type(event.type, &it->type);
}

static bool is_external(const struct loop *l, const struct item *it)
{
    if (l->spec->core == NULL) return it->topic == TOPIC_COMMAND;
    return it->topic == TOPIC_INBOUND || it->topic == TOPIC_COMMAND ||
           (it->topic == TOPIC_EXCHANGE && l->spec->store != NULL && l->spec->store->home != NULL);
}

void item_read(struct loop *l, struct item *it, const struct record *r)
{
    it->record = r;
    it->stream = (struct proto_stream){.topic = (uint16_t)it->topic, .dst = (uint16_t)it->part};
    for (int i = 0; i < r->n_headers; i++) read_header(it, &r->headers[i]);
    if (it->topic >= 0 && it->topic < SERVICE_COUNT) { /* a service's own topic: one writer, its partition is mine */
        it->stream.service = (uint16_t)it->topic;
        it->stream.src = (uint16_t)it->part;
        it->has_stream = true;
    }
    it->json = r->value;
    it->json_len = r->value_len;
    it->external = is_external(l, it);
    if (!it->external && it->policy > l->policy_told) l->policy_told = it->policy;
    if (it->external)
        read_external(l, it, r);
    else if (item_handled(l, it))
        read_time(it, r);
}

void item_read_local(struct item *it, const struct local_input *local)
{
    *it = (struct item){.local = local, .part = local->part, .topic = -1, .type = local->type};
    it->case_id = local->case_id;
    it->id = local->id;
    it->source = "local";
    it->at_ms = local->at_ms;
    it->data = local->data;
    it->decoded = true;
}

bool item_handled(const struct loop *l, const struct item *it)
{
    return l->spec->core == NULL || it->local != NULL || l->handles[it->type];
}

bool item_decode(struct loop *l, struct item *it)
{
    if (it->decoded || it->unreadable != NULL) return it->unreadable == NULL;
    const struct type_desc *d = event_desc(it->type);
    void *data = arena_alloc(&l->items_arena, d->size);
    struct err why = ERR_INIT;
    if (!codec_decode(d, it->json == NULL ? "" : it->json, it->json_len, &l->items_arena, data, &why)) {
        it->unreadable = arena_strdup(&l->items_arena, why.message);
        return false;
    }
    it->data = data;
    it->decoded = true;
    return true;
}
