/* Second half of an attempt: every input in order through the core, several of one case in memory. What cannot
 * be handled is parked with its case; what is behind it parks too. Nothing here touches the database. */
#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "event/codec.h"
#include "policy/plan.h"
#include "runtime/loop.h"

/* ---- growing lists of the attempt ---- */

static void *grow(struct arena *arena, void *list, int n, int *cap, size_t size)
{
    if (n < *cap) return list;
    int more = *cap == 0 ? 64 : 2 * *cap;
    void *grown = arena_alloc(arena, (size_t)more * size);
    if (n > 0) memcpy(grown, list, (size_t)n * size);
    *cap = more;
    return grown;
}

static struct change *add_change(struct loop *l, struct attempt *a, const struct item *it)
{
    a->changes = grow(&l->attempt_arena, a->changes, a->n_changes, &a->cap_changes, sizeof *a->changes);
    struct change *c = &a->changes[a->n_changes++];
    struct input *in = ARENA_NEW(&l->attempt_arena, struct input);
    int64_t now_ms = proto_now(l->proto, it->part, l->now_ms);
    *in = (struct input){.type = it->type,
                         .data = it->data,
                         .id = it->id,
                         .source = it->source,
                         .case_id = it->to_case,
                         .now_ms = now_ms,
                         .at_ms = it->at_ms == 0 ? now_ms : it->at_ms};
    *c = (struct change){.part = it->part,
                         .in = in,
                         .record = it->record,
                         .topic = it->topic,
                         .seq = it->external ? 0 : it->seq,
                         .correlation_id = it->correlation,
                         .local = it->local,
                         .verdict = VERDICT_IGNORED};
    return c;
}

static void add_made(struct loop *l, struct attempt *a, struct change *c, const struct emission *m)
{
    struct made *made = ARENA_ARRAY(&l->attempt_arena, struct made, c->n_made + 1);
    if (c->n_made > 0) memcpy(made, c->made, (size_t)c->n_made * sizeof *made);
    emit_event(l, a, m, &made[c->n_made++]);
    c->made = made;
}

/* ---- what the runtime itself answers ---- */

/* A command nobody can read breaks the contract of producers (CH-2); one whose case is parked waits for a person's
 * decision about what stands before it (ES-9). */
static void answer_refused(struct loop *l, struct attempt *a, struct change *c, const struct item *it,
                           const struct refusal *why)
{
    buf_reset(&l->json);
    buf_puts(&l->json, "{\"command_id\":");
    buf_json_string(&l->json, it->id);
    buf_puts(&l->json, ",\"command\":");
    buf_json_string(&l->json, event_name(it->type));
    buf_puts(&l->json, ",\"rule\":");
    buf_json_string(&l->json, why->rule);
    buf_puts(&l->json, ",\"reason\":");
    buf_json_string(&l->json, why->reason);
    if (why->detail != NULL) {
        buf_puts(&l->json, ",\"detail\":");
        buf_json_string(&l->json, why->detail);
    }
    buf_putc(&l->json, '}');
    struct emission m = {.cause = it,
                         .case_id = it->case_id,
                         .type = l->spec->core->refused,
                         .json = arena_strndup(&l->attempt_arena, l->json.bytes, l->json.len),
                         .now_ms = c->in->now_ms};
    add_made(l, a, c, &m);
}

static void answer_redriven(struct loop *l, struct attempt *a, struct item *it)
{
    struct change *c = add_change(l, a, it);
    bool discard = ((const struct ev_command_redrive *)it->data)->discard != NULL;
    int64_t left = it->case_id == 0 ? 1 - it->rows_done : proto_parked_rows(l->proto, it->part, it->case_id);
    a->redrive_left = left;
    if (it->again) return; /* the rest follows in the next transaction, and the answer with it */
    struct emission m = {.cause = it,
                         .case_id = it->case_id,
                         .type = l->redriven,
                         .json = arena_printf(&l->attempt_arena,
                                              "{\"command_id\":\"%s\",\"handled\":%" PRId64 ",\"left\":%" PRId64
                                              ",\"discarded\":%" PRId64 "}",
                                              it->id, discard ? 0 : it->rows_done, left, discard ? it->rows_done : 0),
                         .now_ms = c->in->now_ms};
    add_made(l, a, c, &m);
    c->verdict = VERDICT_DONE;
}

/* ---- parking ---- */

static void park(struct loop *l, struct attempt *a, struct item *it, const char *cause, const char *detail)
{
    a->parked = grow(&l->attempt_arena, a->parked, a->n_parked, &a->cap_parked, sizeof *a->parked);
    a->parked[a->n_parked++] = (struct parked_row){.part = it->part,
                                                   .case_id = it->to_case,
                                                   .n = proto_park(l->proto, it->part, it->to_case),
                                                   .it = it,
                                                   .cause = cause,
                                                   .detail = detail};
}

/* The input cannot be handled. A row driven again stays where it is, and so do those behind it. */
static void fail(struct loop *l, struct attempt *a, struct item *it, struct change *c, const char *cause,
                 const char *detail)
{
    c->parked = true;
    if (it->redrive != NULL) {
        it->redrive->row_failed = true;
        return;
    }
    park(l, a, it, cause, detail);
    emit_dead_letter(l, a, it, cause, detail);
}

static void row_done(struct loop *l, struct attempt *a, struct item *it)
{
    if (it->redrive == NULL) return;
    proto_unpark(l->proto, it->part, it->redrive->case_id);
    a->unparked = grow(&l->attempt_arena, a->unparked, a->n_unparked, &a->cap_unparked, sizeof *a->unparked);
    a->unparked[a->n_unparked++] =
        (struct parked_row){.part = it->part, .case_id = it->redrive->case_id, .n = it->parked_n, .it = it->redrive};
    it->redrive->rows_done++;
}

/* ---- deciding ---- */

/* Outputs are encoded before any is numbered: one that cannot be encoded parks the input and leaves no trace. */
static bool encode_outputs(struct loop *l, const struct decision *d, const char **texts)
{
    for (int i = 0; i < d->n_outputs; i++) {
        buf_reset(&l->json);
        if (!codec_encode(event_desc(d->outputs[i].type), d->outputs[i].data, &l->json)) return false;
        texts[i] = arena_strndup(&l->attempt_arena, l->json.bytes, l->json.len);
    }
    return true;
}

static void emit_outputs(struct loop *l, struct attempt *a, struct item *it, struct change *c, const char **texts)
{
    const struct decision *d = l->decision;
    struct made *made = ARENA_ARRAY(&l->attempt_arena, struct made, d->n_outputs + 1);
    for (int i = 0; i < d->n_outputs; i++) {
        struct emission m = {.cause = it,
                             .case_id = it->to_case,
                             .type = d->outputs[i].type,
                             .data = d->outputs[i].data,
                             .json = texts[i],
                             .now_ms = c->in->now_ms};
        emit_event(l, a, &m, &made[i]);
    }
    c->made = made;
    c->n_made = d->n_outputs;
}

static const void *state_of(struct loop *l, struct slot *s)
{
    if (s->state == NULL) s->state = arena_alloc(&l->attempt_arena, l->spec->core->state->size);
    return s->state;
}

static void decide(struct loop *l, struct attempt *a, struct item *it, struct change *c)
{
    const struct core *core = l->spec->core;
    struct slot *s = slot_find(a, &l->attempt_arena, it->to_case, it->part);
    struct decision *d = l->decision;
    if (s->damaged != NULL) {
        fail(l, a, it, c, "state_unreadable", s->damaged);
        return;
    }
    d->arena = &l->attempt_arena;
    d->n_outputs = 0;
    c->before = c->after = state_of(l, s);
    void *next = arena_alloc(&l->attempt_arena, core->state->size);
    c->verdict = core_step(core, l->host.policy, s->state, c->in, next, d);
    const char *texts[DECISION_MAX_OUTPUTS];
    if (c->verdict == VERDICT_BROKEN) {
        fail(l, a, it, c, d->reason, d->detail);
    } else if (!encode_outputs(l, d, texts)) {
        fail(l, a, it, c, "output_not_encodable", NULL);
    } else {
        emit_outputs(l, a, it, c, texts);
        if (c->verdict == VERDICT_DONE) {
            s->state = c->after = next;
            s->changed = true;
        }
        row_done(l, a, it);
    }
}

static enum proto_kind kind_of(const struct item *it)
{
    if (it->redrive != NULL && it->redrive->case_id != 0) return PROTO_REDRIVE;
    return it->topic == TOPIC_COMMAND ? PROTO_COMMAND : PROTO_EVENT;
}

static void decide_or_park(struct loop *l, struct attempt *a, struct item *it)
{
    struct change *c = add_change(l, a, it);
    enum proto_lane lane = proto_lane(l->proto, it->part, it->to_case, kind_of(it));
    if (a->park) {
        fail(l, a, it, c, "database_refused", a->park_detail);
    } else if (lane != PROTO_FREE) {
        if (lane == PROTO_PARK_REPLY)
            answer_refused(l, a, c, it, &(struct refusal){"ES-9", "case_parked", "waiting: case parked"});
        c->parked = true;
        park(l, a, it, "behind", NULL);
        row_done(l, a, it); /* it had no case and has found one, which is parked */
    } else if (!item_decode(l, it)) {
        fail(l, a, it, c, "unreadable", it->unreadable);
    } else {
        struct input *in = (struct input *)c->in;
        in->data = it->data;
        decide(l, a, it, c);
    }
}

/* ---- everything that is not decided ---- */

static void refuse(struct loop *l, struct attempt *a, struct item *it)
{
    struct change *c = add_change(l, a, it);
    bool answerable = it->topic == TOPIC_COMMAND && it->id != NULL && it->redrive == NULL && it->case_id != 0 &&
                      case_id_partition(it->case_id) == it->part;
    if (answerable) answer_refused(l, a, c, it, &(struct refusal){"CH-2", it->cause, it->unreadable});
    fail(l, a, it, c, it->cause, it->unreadable);
}

static void post(struct loop *l, struct attempt *a, struct item *it)
{
    struct record r = it->local->post->record;
    emit_record(l, a, it->part, it->local->post->topic, it->local->post->dst, &r);
    add_change(l, a, it)->verdict = VERDICT_DONE;
}

static void forward(struct loop *l, struct attempt *a, struct item *it)
{
    struct record r = *it->record;
    emit_record(l, a, it->part, TOPIC_EXCHANGE, it->home, &r);
    row_done(l, a, it);
}

static void handle(struct loop *l, struct attempt *a, struct item *it)
{
    switch (it->todo) {
    case ITEM_NOTHING: row_done(l, a, it); return;
    case ITEM_POST: post(l, a, it); return;
    case ITEM_FORWARD: forward(l, a, it); return;
    case ITEM_REFUSE: refuse(l, a, it); return;
    case ITEM_REDRIVE: answer_redriven(l, a, it); return;
    case ITEM_DECIDE:
        if (l->spec->core == NULL)
            add_change(l, a, it);
        else
            decide_or_park(l, a, it);
        return;
    }
}

void fold(struct loop *l, struct attempt *a)
{
    for (int i = 0; i < a->n_work; i++) {
        struct item *it = a->work[i];
        if (it->redrive == NULL || !it->redrive->row_failed) handle(l, a, it);
    }
}
