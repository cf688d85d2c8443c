/* Checks 2, 4 and 5, on one partition's logs: the streams themselves, the limits as their events tell them, and the
 * cases replayed through the very cores that decided them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/audit.h"
#include "event/codec.h"

/* ---- 2: topic = outbox, gapless, each effect once ---- */

const char *audit_stream_text(int stream, int part, char *buf)
{
    bool notices = stream == AUDIT_NOTICES;
    snprintf(buf, AUDIT_STREAM_TEXT, "%s.%d%s", service_text(notices ? SERVICE_INTAKE : stream), part,
             notices ? ".notice" : "");
    return buf;
}

void audit_streams(struct audit *a, const struct audit_part *p)
{
    for (int s = 0; s < AUDIT_STREAMS; s++)
        for (int64_t i = 0; i < p->own[s].n; i++) {
            const struct logged *l = &p->own[s].items[i];
            char id[AUDIT_STREAM_TEXT + 24], stream[AUDIT_STREAM_TEXT];
            a->checks[1].examined++;
            snprintf(id, sizeof id, "%s.%" PRId64, audit_stream_text(s, p->part, stream), i + 1);
            if (l->id == NULL)
                audit_offend(a, 2, "%s is neither in the topic nor in the outbox", id);
            else if (strcmp(l->id, id) != 0)
                audit_offend(a, 2, "%s carries the id %s", id, l->id);
        }
}

/* ---- 4: the limits, as the sla topic tells them ---- */

struct limit_story {
    char key[96]; /* case/code/ver */
    int armed, breached, annulled;
    bool history;
    int64_t due_ms;
    UT_hash_handle hh;
};

static struct limit_story *story(struct limit_story **all, struct arena *arena, int64_t case_id, const char *code,
                                 int64_t ver)
{
    char key[96];
    struct limit_story *s;
    snprintf(key, sizeof key, "%" PRId64 "/%s/%" PRId64, case_id, code, ver);
    HASH_FIND_STR(*all, key, s);
    if (s != NULL) return s;
    s = ARENA_NEW(arena, struct limit_story);
    memcpy(s->key, key, sizeof key);
    HASH_ADD_STR(*all, key, s);
    return s;
}

static void on_breached(struct audit *a, struct limit_story *s, const struct ev_sla_breached *e)
{
    if (++s->breached > 1) audit_offend(a, 4, "limit %s: missed twice", s->key);
    if (e->fired_ms < e->due_ms)
        audit_offend(a, 4, "limit %s: fired %" PRId64 " ms early", s->key, e->due_ms - e->fired_ms);
    if (s->armed == 0) audit_offend(a, 4, "limit %s: missed without having been armed", s->key);
}

/* A resumption and a rescheduling are versions of their own. NULL: the event begins none. */
static const struct limit *version_begun(enum event_type type, const void *data)
{
    if (type == EV_SLA_ARMED) return ((const struct ev_sla_armed *)data)->limit;
    if (type == EV_SLA_RESUMED) return ((const struct ev_sla_resumed *)data)->limit;
    if (type == EV_SLA_RESCHEDULED) return ((const struct ev_sla_rescheduled *)data)->limit;
    return NULL;
}

static void tell(struct audit *a, struct limit_story **all, struct arena *arena, const struct logged *l)
{
    if (l->type != EV_SLA_ARMED && l->type != EV_SLA_RESUMED && l->type != EV_SLA_RESCHEDULED &&
        l->type != EV_SLA_BREACHED && l->type != EV_SLA_ANNULLED && l->type != EV_SLA_ENDED)
        return;
    struct err e = ERR_INIT;
    void *data = arena_alloc(arena, event_desc(l->type)->size);
    if (!codec_decode(event_desc(l->type), l->json, l->json_len, arena, data, &e)) {
        audit_offend(a, 4, "%s cannot be read: %s", l->id, e.message);
        return;
    }
    const struct limit *limit = version_begun(l->type, data);
    if (limit != NULL) {
        a->checks[3].examined++;
        if (++story(all, arena, l->case_id, limit->code, limit->ver)->armed > 1)
            audit_offend(a, 4, "limit %" PRId64 "/%s/%" PRId64 ": armed twice", l->case_id, limit->code, limit->ver);
    } else if (l->type == EV_SLA_BREACHED) {
        const struct ev_sla_breached *b = data;
        on_breached(a, story(all, arena, l->case_id, b->code, b->ver), b);
    } else if (l->type == EV_SLA_ANNULLED) {
        const struct ev_sla_annulled *n = data;
        struct limit_story *s = story(all, arena, l->case_id, n->code, n->ver);
        if (++s->annulled > s->breached) audit_offend(a, 4, "limit %s: annulled without a miss", s->key);
    } else {
        const struct ev_sla_ended *n = data;
        if (n->at_ms <= n->due_ms)
            audit_offend(a, 4, "limit %" PRId64 "/%s/%" PRId64 ": the miss stands though the answer came in time",
                         l->case_id, n->code, n->ver);
    }
}

void audit_limits(struct audit *a, const struct audit_part *p)
{
    struct arena arena;
    struct limit_story *all = NULL;
    arena_init(&arena);
    const struct audit_log *log = &p->own[SERVICE_SLA];
    for (int64_t i = 0; i < log->n; i++)
        if (log->items[i].id != NULL) tell(a, &all, &arena, &log->items[i]);
    HASH_CLEAR(hh, all);
    arena_deinit(&arena);
}

/* ---- 5: replay ---- */

struct replayed {
    int64_t case_id;
    void *state;
    bool broken; /* reported once */
    UT_hash_handle hh;
};

struct replay {
    struct audit *a;
    const struct audit_part *p;
    const struct core *core;
    int service;
    struct arena arena;
    struct replayed *cases;
    int64_t notice; /* intake: the next of the partition's notices not yet found again */
};

/* What one input of one case led to, as the logs have it. */
struct effect {
    const struct logged *items[2 * DECISION_MAX_OUTPUTS]; /* on the own topic, then notices */
    int n_own, n;
};

static struct replayed *replayed_case(struct replay *r, int64_t case_id)
{
    struct replayed *c;
    HASH_FIND(hh, r->cases, &case_id, sizeof case_id, c);
    if (c != NULL) return c;
    c = ARENA_NEW(&r->arena, struct replayed);
    c->case_id = case_id;
    c->state = arena_alloc(&r->arena, r->core->state->size);
    HASH_ADD(hh, r->cases, case_id, sizeof c->case_id, c);
    return c;
}

static void complain(struct replay *r, struct replayed *c, const struct logged *out, const char *what)
{
    if (!c->broken)
        audit_offend(r->a, 5, "case %" PRId64 " in %s, at %s: %s", c->case_id, r->core->service, out->id, what);
    c->broken = true;
}

/* An absent one says nothing. */
static bool same_text(const char *a, const char *b) { return a == NULL || b == NULL || strcmp(a, b) == 0; }

/* The message behind an output: an event of this partition, a command, an inbound message, or what came over the
 * exchange. */
static const struct logged *cause_of(const struct replay *r, const struct logged *out)
{
    struct logged *found = NULL;
    if (out->cause == NULL) return NULL;
    HASH_FIND_STR(r->p->by_id, out->cause, found);
    if (found == NULL) HASH_FIND_STR(r->a->inbound, out->cause, found);
    for (; found != NULL; found = found->same_id)
        if (core_handles(r->core, found->type) && same_text(out->cause_source, found->source)) return found;
    return NULL;
}

/* What no topic brought travels whole in the header `input` of what it caused: {type, id, at_ms, data}. */
static bool local_input(struct replay *r, const struct logged *out, struct input *in, struct err *e)
{
    json_error_t where;
    json_t *envelope = json_loads(out->local, JSON_REJECT_DUPLICATES, &where);
    const char *type = json_string_value(json_object_get(envelope, "type"));
    char *data = json_dumps(json_object_get(envelope, "data"), JSON_COMPACT);
    in->source = "local";
    in->at_ms = json_integer_value(json_object_get(envelope, "at_ms"));
    bool well = type != NULL && data != NULL && event_parse_type(type, &in->type);
    if (well) {
        void *decoded = arena_alloc(&r->arena, event_desc(in->type)->size);
        in->data = decoded;
        well = codec_decode(event_desc(in->type), data, strlen(data), &r->arena, decoded, e);
    } else {
        err_set(e, ERR_DATA, "audit", "its header 'input' cannot be read: %s", where.text);
    }
    free(data);
    json_decref(envelope);
    return well;
}

static bool input_from(struct replay *r, const struct logged *out, struct input *in, struct err *e)
{
    *in = (struct input){.id = out->cause, .case_id = out->case_id, .now_ms = out->time_ms, .at_ms = out->time_ms};
    if (out->local != NULL) return local_input(r, out, in, e);
    const struct logged *cause = cause_of(r, out);
    if (cause == NULL)
        return err_set(e, ERR_DATA, "audit", "its cause %s is nowhere", out->cause == NULL ? "?" : out->cause);
    in->type = cause->type;
    in->source = cause->source;
    if (cause->time_ms != 0) in->at_ms = cause->time_ms;
    void *data = arena_alloc(&r->arena, event_desc(in->type)->size);
    in->data = data;
    return codec_decode(event_desc(in->type), cause->json, cause->json_len, &r->arena, data, e);
}

/* No decisions of the core: answers the runtime gives by itself (to a command of a parked case, to one that cannot be
 * read, to a redrive), and what sla says of its own timers. */
static bool is_runtimes_own(const struct replay *r, const struct logged *l)
{
    const char *name = event_name(l->type), *dot = strchr(name, '.');
    if (dot != NULL && strcmp(dot, ".redriven") == 0) return true;
    if (l->type == EV_SLA_ALARM_RAISED || l->type == EV_SLA_ALARM_ENDED) return true;
    return l->type == r->core->refused && (strstr(l->json, "\"reason\":\"case_parked\"") != NULL ||
                                           strstr(l->json, "\"reason\":\"unreadable\"") != NULL);
}

static bool is_notice(const struct output *made)
{
    const char *topic = event_topic(made->type);
    return topic != NULL && topic_parse(topic) == TOPIC_NOTICE;
}

static bool same_output(const struct output *made, const struct logged *l)
{
    struct buf json = BUF_INIT;
    bool same = made->type == l->type && codec_encode(event_desc(made->type), made->data, &json) &&
                json.len == l->json_len && memcmp(json.bytes, l->json, json.len) == 0;
    buf_deinit(&json);
    return same;
}

/* Each stream has its own events in the order they were decided in. */
static void compare_outputs(struct replay *r, struct replayed *c, const struct decision *d, const struct effect *of)
{
    int own = 0, notice = of->n_own;
    for (int i = 0; i < d->n_outputs; i++) {
        bool notices = is_notice(&d->outputs[i]);
        int at = notices ? notice++ : own++, end = notices ? of->n : of->n_own;
        if (at == end) {
            complain(r, c, of->items[0], "the core decides another number of events");
            return;
        }
        if (!same_output(&d->outputs[i], of->items[at])) {
            complain(r, c, of->items[at], "the core decides another event");
            return;
        }
    }
}

static void replay_input(struct replay *r, const struct effect *of)
{
    const struct logged *const *items = of->items;
    struct replayed *c = replayed_case(r, items[0]->case_id);
    struct err e = ERR_INIT;
    struct input in;
    r->a->checks[4].examined++;
    if (c->broken) return;
    if (!input_from(r, items[0], &in, &e)) {
        complain(r, c, items[0], e.message);
        return;
    }
    const struct policy *policy = policy_revision(r->a->policy, items[0]->policy);
    if (policy == NULL) {
        complain(r, c, items[0], "it was decided by a revision of the policy that is not there");
        return;
    }
    struct decision d = {.arena = &r->arena};
    void *next = arena_alloc(&r->arena, r->core->state->size);
    core_step(r->core, policy, c->state, &in, next, &d);
    if (d.n_outputs != of->n)
        complain(r, c, items[0], "the core decides another number of events");
    else
        compare_outputs(r, c, &d, of);
    c->state = next;
}

static void compare_states(struct replay *r)
{
    const struct audit_states *rows = &r->p->states[r->service];
    for (int i = 0; i < rows->n; i++) {
        struct replayed *c = replayed_case(r, rows->rows[i].case_id);
        struct err e = ERR_INIT;
        void *state = arena_alloc(&r->arena, r->core->state->size);
        if (c->broken) continue;
        if (!codec_decode(r->core->state, rows->rows[i].body, strlen(rows->rows[i].body), &r->arena, state, &e))
            audit_offend(r->a, 5, "case %" PRId64 " in %s: the state cannot be read: %s", c->case_id, r->core->service,
                         e.message);
        else if (!desc_equal(r->core->state, c->state, state))
            audit_offend(r->a, 5, "case %" PRId64 " in %s: the replayed state differs from the database", c->case_id,
                         r->core->service);
    }
}

static bool same_input(const struct logged *a, const struct logged *b)
{
    return a->case_id == b->case_id && a->cause != NULL && b->cause != NULL && strcmp(a->cause, b->cause) == 0 &&
           same_text(a->cause_source, b->cause_source);
}

/* The notices of the input whose other effects are complete: both streams are in the order of deciding. */
static void end_effect(struct replay *r, struct effect *of)
{
    const struct audit_log *notices = &r->p->own[AUDIT_NOTICES];
    of->n_own = of->n;
    if (of->n == 0) return;
    for (; r->service == SERVICE_INTAKE && r->notice < notices->n; r->notice++) {
        const struct logged *l = &notices->items[r->notice];
        if (l->id != NULL && !same_input(of->items[0], l)) break;
        if (l->id != NULL && of->n - of->n_own < DECISION_MAX_OUTPUTS) of->items[of->n++] = l;
    }
    replay_input(r, of);
    of->n = 0;
}

static void replay_service(struct replay *r)
{
    const struct audit_log *log = &r->p->own[r->service];
    struct effect of = {.n = 0};
    for (int64_t i = 0; i < log->n; i++) {
        const struct logged *l = &log->items[i];
        if (l->id == NULL || is_runtimes_own(r, l)) continue;
        if (of.n == DECISION_MAX_OUTPUTS || (of.n > 0 && !same_input(of.items[0], l))) end_effect(r, &of);
        of.items[of.n++] = l;
    }
    end_effect(r, &of);
    const struct audit_log *notices = &r->p->own[AUDIT_NOTICES];
    if (r->service == SERVICE_INTAKE && r->notice < notices->n)
        audit_offend(r->a, 5, "notice %s has no event of intake's own topic beside it", notices->items[r->notice].id);
    compare_states(r);
}

void audit_replay(struct audit *a, const struct audit_part *p)
{
    for (int s = 0; s < AUDIT_CORES; s++) {
        struct replay r = {.a = a, .p = p, .core = audit_cores[s], .service = s};
        arena_init(&r.arena);
        replay_service(&r);
        HASH_CLEAR(hh, r.cases);
        arena_deinit(&r.arena);
    }
}
