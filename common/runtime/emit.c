/* Records made by a decision. All bytes are fixed here: number, id, times, trace; nothing is added at sending.
 * Ids are deterministic ("intake.3.1041" is the 1041st event of intake's partition 3), so a causation id
 * locates its event. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/timefmt.h"
#include "event/codec.h"
#include "policy/policy.h"
#include "runtime/loop.h"

/* ---- the streams of this attempt ---- */

static struct outgoing *stream_of(struct loop *l, struct attempt *a, int part, int topic, int dst)
{
    for (int i = 0; i < a->n_out; i++)
        if (a->out[i].part == part && a->out[i].topic == topic && a->out[i].dst == dst) return &a->out[i];
    if (a->n_out == a->cap_out) {
        int cap = a->cap_out == 0 ? 32 : 2 * a->cap_out;
        struct outgoing *grown = ARENA_ARRAY(&l->attempt_arena, struct outgoing, cap);
        if (a->n_out > 0) memcpy(grown, a->out, (size_t)a->n_out * sizeof *grown);
        a->out = grown;
        a->cap_out = cap;
    }
    struct outgoing *o = &a->out[a->n_out++];
    *o = (struct outgoing){.part = part, .topic = topic, .dst = dst};
    return o;
}

static int64_t next_number(struct loop *l, struct outgoing *o)
{
    int64_t seq = proto_number(l->proto, o->part, (uint16_t)o->topic, o->dst);
    if (o->n == 0) o->first = seq;
    return seq;
}

static void append(struct outgoing *o, const struct record *r)
{
    if (o->n == o->cap) {
        o->cap = o->cap == 0 ? 64 : 2 * o->cap;
        o->at = realloc(o->at, (size_t)o->cap * sizeof *o->at);
        if (o->at == NULL) abort();
    }
    o->at[o->n++] = (uint32_t)o->raw.len;
    record_encode(r, &o->raw);
}

/* ---- texts ---- */

static const char *int_text(struct arena *a, int64_t v)
{
    char digits[24];
    char *p = digits + sizeof digits;
    bool negative = v < 0;
    uint64_t u = negative ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u != 0);
    if (negative) *--p = '-';
    return arena_strndup(a, p, (size_t)(digits + sizeof digits - p));
}

static void put_hex(char *to, uint64_t v)
{
    for (int i = 15; i >= 0; i--, v >>= 4) to[i] = "0123456789abcdef"[v & 15];
}

/* The trace goes on with a span of this event; a trace without a beginning gets one from the correlation. */
static const char *trace(struct arena *a, const char *parent, const char *correlation, const char *id)
{
    char *t = arena_alloc(a, 56);
    memcpy(t, "00-", 3);
    if (parent != NULL && strlen(parent) == 55) {
        memcpy(t + 3, parent + 3, 32);
    } else {
        uint64_t h = id_hash(correlation, strlen(correlation));
        put_hex(t + 3, h);
        put_hex(t + 19, id_hash((const char *)&h, sizeof h));
    }
    t[35] = '-';
    put_hex(t + 36, id_hash(id, strlen(id)));
    memcpy(t + 52, "-01", 3);
    return t;
}

static const char *time_text(struct loop *l, int64_t ms)
{
    char text[TIMEFMT_SIZE];
    return arena_strdup(&l->attempt_arena, timefmt_utc(ms, text));
}

/* The local event that caused an output, so that a replay can feed it again. */
static const char *input_text(struct loop *l, const struct item *it)
{
    struct buf *b = &l->json;
    buf_reset(b);
    buf_puts(b, "{\"type\":");
    buf_json_string(b, event_ce_type(it->type));
    buf_puts(b, ",\"id\":");
    buf_json_string(b, it->id);
    buf_printf(b, ",\"at_ms\":%" PRId64 ",\"data\":", it->at_ms);
    if (!codec_encode(event_desc(it->type), it->data, b)) buf_puts(b, "null");
    buf_putc(b, '}');
    return arena_strndup(&l->attempt_arena, b->bytes, b->len);
}

/* ---- records ---- */

static void add_header(struct record *r, const char *name, const char *value)
{
    r->headers[r->n_headers++] = (struct header){name, value, strlen(value)};
}

static void add_cause(struct loop *l, struct record *r, const struct item *it, const char *id)
{
    const char *cause = it->id == NULL ? "unknown" : it->id;
    const char *correlation = it->correlation == NULL ? cause : it->correlation;
    add_header(r, "correlation_id", correlation);
    add_header(r, "causation_id", cause);
    if (it->external && it->source != NULL) add_header(r, "causation_source", it->source);
    add_header(r, "traceparent", trace(&l->attempt_arena, it->traceparent, correlation, id));
    if (it->topic < 0) add_header(r, "input", input_text(l, it));
    const struct policy *policy = l->host.policy;
    if (policy != NULL && policy->revision > 1)
        add_header(r, "policy", int_text(&l->attempt_arena, policy->revision)); /* by which it was decided (SL-6) */
}

/* What a person's command leads to is as old as its acceptance at the edge, however late it was read: an answer in
 * time counts as in time (SL-3). Everything else happens when it is decided. */
static int64_t own_time(const struct emission *m)
{
    const struct item *it = m->cause;
    bool accepted = event_is_command(it->type) && it->at_ms != 0 && it->at_ms < m->now_ms;
    return accepted ? it->at_ms : m->now_ms;
}

/* What concerns an account, or the one who asked it something, goes to its home as well: the same record on the
 * exchange, addressed to it. Both are in this transaction, each with the number of its own stream. */
static void send_home(struct loop *l, struct attempt *a, const struct emission *m, const struct record *r)
{
    int64_t id = event_home(m->type, m->data, l->host.partitions);
    struct record copy = *r;
    copy.key = int_text(&l->attempt_arena, id);
    copy.key_len = strlen(copy.key);
    record_set_header(&copy, "case_id", copy.key);
    emit_record(l, a, m->cause->part, TOPIC_EXCHANGE, case_id_partition(id), &copy);
}

void emit_event(struct loop *l, struct attempt *a, const struct emission *m, struct made *made)
{
    int part = m->cause->part;
    const char *topic_text = event_topic(m->type);
    int topic = topic_text == NULL ? l->service : topic_parse(topic_text);
    struct outgoing *o = stream_of(l, a, part, topic, part);
    int64_t seq = next_number(l, o);
    struct arena *arena = &l->attempt_arena;
    const char *seq_text = int_text(arena, seq), *key = int_text(arena, m->case_id);
    char id[64];
    snprintf(id, sizeof id, topic == l->service ? "%s.%d.%s" : "%s.%d.notice.%s", l->spec->name, part, seq_text);
    struct record r;
    r.n_headers = 0;
    r.timestamp_ms = clock_real_ms();
    r.key = key;
    r.key_len = strlen(key);
    r.value = m->json;
    r.value_len = strlen(m->json);
    *made = (struct made){.type = m->type, .data = m->data, .seq = seq, .id = arena_strdup(arena, id), .json = m->json};
    add_header(&r, "ce_specversion", "1.0");
    add_header(&r, "ce_id", made->id);
    add_header(&r, "ce_source", l->source[part]);
    add_header(&r, "ce_type", event_ce_type(m->type));
    add_header(&r, "ce_time", time_text(l, own_time(m)));
    add_header(&r, "content-type", "application/json");
    add_header(&r, "seq", seq_text);
    add_header(&r, "case_id", key);
    if (topic != l->service) add_header(&r, "stream", l->source[part]);
    add_cause(l, &r, m->cause, made->id);
    append(o, &r);
    if (event_has_home(m->type)) send_home(l, a, m, &r);
}

void emit_record(struct loop *l, struct attempt *a, int part, int topic, int dst, struct record *r)
{
    struct outgoing *o = stream_of(l, a, part, topic, dst);
    const char *seq = int_text(&l->attempt_arena, next_number(l, o));
    record_set_header(r, "seq", seq);
    if (topic == l->service) /* an event of ours: named as every other */
        record_set_header(r, "ce_id", arena_printf(&l->attempt_arena, "%s.%d.%s", l->spec->name, part, seq));
    else
        record_set_header(r, "stream", l->source[part]);
    append(o, r);
}

/* The record of a local input, so that it can be parked and dead-lettered like any other. */
static struct record local_record(struct loop *l, const struct item *it)
{
    struct record r = {.timestamp_ms = clock_real_ms()};
    buf_reset(&l->json);
    if (!codec_encode(event_desc(it->type), it->data, &l->json)) buf_puts(&l->json, "{}");
    r.value = arena_strndup(&l->attempt_arena, l->json.bytes, l->json.len);
    r.value_len = l->json.len;
    r.key = int_text(&l->attempt_arena, it->case_id);
    r.key_len = strlen(r.key);
    add_header(&r, "ce_type", event_ce_type(it->type));
    add_header(&r, "ce_id", it->id);
    add_header(&r, "ce_source", "local");
    add_header(&r, "ce_time", time_text(l, it->at_ms));
    add_header(&r, "case_id", r.key);
    return r;
}

struct record emit_original(struct loop *l, const struct item *it)
{
    return it->record != NULL ? *it->record : local_record(l, it);
}

void emit_dead_letter(struct loop *l, struct attempt *a, const struct item *it, const char *cause, const char *detail)
{
    struct record r = emit_original(l, it);
    struct arena *arena = &l->attempt_arena;
    int topic = it->topic < 0 ? l->service : it->topic;
    char name[TOPIC_NAME_SIZE];
    record_set_header(&r, "dlq_cause", cause);
    record_set_header(&r, "dlq_detail", detail == NULL ? "" : detail);
    record_set_header(&r, "dlq_topic", it->topic < 0 ? "local" : arena_strdup(arena, topic_name(topic, 0, name)));
    record_set_header(&r, "dlq_partition", int_text(arena, it->part));
    record_set_header(&r, "dlq_offset", int_text(arena, it->offset));
    if (it->seq > 0) record_set_header(&r, "dlq_seq", int_text(arena, it->seq));
    emit_record(l, a, it->part, TOPIC_DLQ + topic, 0, &r);
}
