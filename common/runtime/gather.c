/* First half of an attempt: what each input is to the protocol, which case it belongs to, and the states of
 * those cases. Everything here is read outside the transaction; the fence's txn makes it valid or void. */
#include <string.h>

#include "base/crc.h"
#include "base/id.h"
#include "event/codec.h"
#include "runtime/loop.h"

/* ---- what an input is ---- */

static void refuse(struct item *it, const char *cause)
{
    it->todo = ITEM_REFUSE;
    it->cause = cause;
    it->to_case = 0;
}

/* A command's case stands in its header, or is its key (structured mode has no headers of ours). */
static int64_t command_case(const struct item *it)
{
    if (it->case_id != 0 || it->record->key_len == 0 || it->record->key_len > 18) return it->case_id;
    int64_t id = 0;
    for (size_t i = 0; i < it->record->key_len; i++) {
        if (it->record->key[i] < '0' || it->record->key[i] > '9') return 0;
        id = id * 10 + (it->record->key[i] - '0');
    }
    return id;
}

static void classify_redrive(struct loop *l, struct item *it)
{
    const struct ev_command_redrive *data = it->data;
    if (strcmp(data->service, l->spec->name) != 0) return;
    if (!data->has_n && (it->case_id == 0 || data->discard != NULL))
        refuse(it, "no_case");
    else
        it->todo = ITEM_REDRIVE;
}

static void classify_command(struct loop *l, struct item *it)
{
    if (!item_handled(l, it)) return; /* another service's */
    it->case_id = command_case(it);
    if (!item_decode(l, it)) {
        refuse(it, "unreadable");
        return;
    }
    it->to_case = it->case_id;
    bool redrive = it->type == EV_COMMAND_REDRIVE;
    if (it->case_id == 0 && !redrive)
        refuse(it, "no_case");
    else if (it->case_id != 0 && case_id_partition(it->case_id) != it->part)
        refuse(it, "wrong_partition");
    else if (redrive)
        classify_redrive(l, it);
    else
        it->todo = ITEM_DECIDE;
}

static struct input as_input(const struct loop *l, const struct item *it)
{
    return (struct input){.type = it->type,
                          .data = it->data,
                          .id = it->id,
                          .source = it->source,
                          .now_ms = l->now_ms,
                          .at_ms = it->at_ms == 0 ? l->now_ms : it->at_ms};
}

static void classify_inbound(struct loop *l, struct item *it)
{
    if (!item_handled(l, it)) {
        refuse(it, "unknown_type");
        return;
    }
    if (!item_decode(l, it)) {
        refuse(it, "unreadable");
        return;
    }
    it->todo = ITEM_DECIDE;
    it->to_case = it->redrive == NULL ? 0 : it->redrive->case_id; /* a row parked with its case keeps it */
    if (it->to_case != 0 || it->topic == TOPIC_EXCHANGE) return;  /* at home: its forwarder computed that */
    struct input in = as_input(l, it);
    it->home = l->spec->store->home(&l->host, &in);
    if (proto_home(it->part, it->home) == PROTO_FORWARD) it->todo = ITEM_FORWARD;
}

/* A projector takes what its topics bring; of the commands those that reach a case, as its owner sees it: the others
 * are refused there. */
static void classify_projected(struct loop *l, struct item *it)
{
    it->todo = ITEM_DECIDE;
    if (!it->external) return;
    it->to_case = it->case_id = command_case(it);
    bool reaches = it->case_id != 0 && case_id_partition(it->case_id) == it->part;
    if (it->unreadable != NULL || !reaches || !event_is_command(it->type) || !item_decode(l, it))
        it->todo = ITEM_NOTHING;
}

static void classify(struct loop *l, struct item *it)
{
    it->todo = ITEM_NOTHING;
    it->cause = NULL;
    it->to_case = it->case_id;
    if (it->local != NULL) {
        it->todo = it->local->post != NULL ? ITEM_POST : ITEM_DECIDE;
    } else if (l->spec->core == NULL) {
        classify_projected(l, it);
    } else if (it->external && it->unreadable != NULL) {
        refuse(it, "unreadable");
    } else if (it->topic == TOPIC_COMMAND) {
        classify_command(l, it);
    } else if (it->external) {
        classify_inbound(l, it);
    } else if (item_handled(l, it)) {
        it->todo = ITEM_DECIDE;
        if (it->case_id == 0) refuse(it, "no_case");
    }
}

/* ---- the protocol's view ---- */

static bool receive(struct loop *l, struct item *it)
{
    if (it->local != NULL) return true;
    if (!loop_is_sequenced(l, it->topic)) {
        proto_receive_plain(l->proto, it->part, (uint16_t)it->topic, it->offset,
                            crc_of(it->record->value, it->record->value_len));
        if (!it->has_stream || it->seq <= 0) return true; /* a channel that does not number */
        enum proto_receive said = proto_receive(l->proto, it->part, it->stream, it->seq, it->offset);
        return said == PROTO_TAKE || said == PROTO_FOREIGN;
    }
    if (!it->has_stream || it->seq <= 0) {
        proto_receive_nothing(l->proto, it->part, (uint16_t)it->topic, it->offset);
        return false;
    }
    return proto_receive(l->proto, it->part, it->stream, it->seq, it->offset) == PROTO_TAKE;
}

static void add_work(struct loop *l, struct attempt *a, struct item *it)
{
    if (a->n_work == a->cap_work) {
        int cap = a->cap_work == 0 ? 256 : 2 * a->cap_work;
        struct item **grown = ARENA_ARRAY(&l->attempt_arena, struct item *, cap);
        if (a->n_work > 0) memcpy(grown, a->work, (size_t)a->n_work * sizeof(struct item *));
        a->work = grown;
        a->cap_work = cap;
    }
    a->work[a->n_work++] = it;
}

/* ---- redrive: the parked rows come before their command ---- */

static struct item *row_item(struct loop *l, struct item *redrive, struct pg_rows *rows, int i)
{
    size_t n, at = 0;
    const char *bytes = pg_bytea(rows, i, 2, &n);
    const char *kept = arena_strndup(&l->attempt_arena, bytes, n);
    struct record *r = ARENA_NEW(&l->attempt_arena, struct record);
    struct item *it = ARENA_NEW(&l->attempt_arena, struct item);
    const char *topic = pg_text(rows, i, 1);
    it->part = redrive->part;
    it->topic = *topic == '\0' ? -1 : topic_parse(topic);
    it->redrive = redrive;
    it->parked_n = pg_int(rows, i, 0);
    if (!record_decode(kept, n, &at, r)) {
        it->unreadable = "the parked row is damaged";
        it->record = r;
        return it;
    }
    item_read(l, it, r);
    return it;
}

static bool load_rows(struct loop *l, struct attempt *a, struct item *redrive, struct err *e)
{
    enum { ROWS_AT_ONCE = 1000 };
    const struct ev_command_redrive *data = redrive->data;
    int64_t limit = a->redrive_limit >= 0 ? a->redrive_limit : ROWS_AT_ONCE;
    struct pg_args args = PG_ARGS(&l->attempt_arena);
    pg_arg_int(&args, redrive->part);
    pg_arg_int(&args, redrive->case_id);
    pg_arg_int(&args, limit);
    pg_arg_int(&args, redrive->case_id == 0 || data->discard != NULL ? data->n : -1);
    struct pg_rows *rows;
    if (!pg_query(l->pg,
                  "SELECT n, topic, record FROM parked WHERE partition = $1 AND case_id = $2 AND $4 IN (-1, n) "
                  "ORDER BY n LIMIT $3",
                  &args, &rows, e))
        return false;
    redrive->row_failed = false;
    redrive->rows_done = 0;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct item *it = row_item(l, redrive, rows, i);
        if (data->discard == NULL) classify(l, it);
        if (data->discard == NULL && it->unreadable != NULL) refuse(it, "unreadable");
        add_work(l, a, it);
    }
    a->redrive_tried = pg_rows_count(rows);
    pg_rows_free(rows);
    return true;
}

/* A redrive tried with a few of its rows only: the command itself is received when no row is left behind it. */
static bool comes_again(struct loop *l, const struct attempt *a, const struct item *it)
{
    return a->redrive_limit > 0 && it->todo == ITEM_REDRIVE && it->case_id != 0 &&
           ((const struct ev_command_redrive *)it->data)->discard == NULL &&
           proto_parked_rows(l->proto, it->part, it->case_id) > a->redrive_limit;
}

static bool receive_one(struct loop *l, struct attempt *a, struct item *it, struct err *e)
{
    classify(l, it);
    it->again = comes_again(l, a, it);
    if (!it->again && !receive(l, it)) it->todo = ITEM_NOTHING;
    if (it->todo == ITEM_REDRIVE && !load_rows(l, a, it, e)) return false;
    if (it->todo != ITEM_NOTHING) add_work(l, a, it);
    return true;
}

static bool receive_all(struct loop *l, struct attempt *a, struct err *e)
{
    for (size_t i = a->lo; i < a->hi; i++) {
        struct item *it = &l->items[i];
        it->todo = ITEM_NOTHING;
        if (it->session != proto_session(l->proto, it->part)) continue; /* read under an assignment that is over */
        if (proto_batch_join(l->proto, &a->batch, it->part) && !receive_one(l, a, it, e)) return false;
    }
    return true;
}

/* ---- seen ---- */

static struct seen_key *seen_place(struct attempt *a, int part, const char *source, const char *id)
{
    uint64_t h = id_hash(id, strlen(id)) * 31 + id_hash(source, strlen(source)) + (uint64_t)part;
    for (size_t i = h & (uint64_t)(a->cap_seen - 1);; i = (i + 1) & (size_t)(a->cap_seen - 1)) {
        struct seen_key *k = &a->seen[i];
        if (k->id == NULL || (k->part == part && strcmp(k->id, id) == 0 && strcmp(k->source, source) == 0)) return k;
    }
}

/* Forwarded messages are asked for at home only; a row driven again was asked for when it came. */
static bool wants_seen(const struct item *it)
{
    return it->external && it->redrive == NULL && !it->again && it->id != NULL && it->source != NULL &&
           it->todo != ITEM_NOTHING && it->todo != ITEM_FORWARD;
}

static bool query_seen(struct loop *l, struct item **external, int n, bool *known, struct err *e)
{
    int64_t *parts = ARENA_ARRAY(&l->attempt_arena, int64_t, n);
    const char **sources = ARENA_ARRAY(&l->attempt_arena, const char *, n);
    const char **ids = ARENA_ARRAY(&l->attempt_arena, const char *, n);
    for (int i = 0; i < n; i++) {
        parts[i] = external[i]->part;
        sources[i] = external[i]->source;
        ids[i] = external[i]->id;
    }
    struct pg_args args = PG_ARGS(&l->attempt_arena);
    pg_arg_ints(&args, parts, n);
    pg_arg_texts(&args, sources, n);
    pg_arg_texts(&args, ids, n);
    struct pg_rows *rows;
    if (!pg_query(l->pg,
                  "SELECT k.i FROM unnest($1::int8[], $2::text[], $3::text[]) WITH ORDINALITY AS k(p, s, d, i) "
                  "WHERE EXISTS (SELECT FROM seen WHERE partition = k.p AND source = k.s AND id = k.d)",
                  &args, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) known[pg_int(rows, i, 0) - 1] = true;
    pg_rows_free(rows);
    return true;
}

static bool check_seen(struct loop *l, struct attempt *a, struct err *e)
{
    struct item **external = ARENA_ARRAY(&l->attempt_arena, struct item *, a->n_work + 1);
    int n = 0;
    for (int i = 0; i < a->n_work; i++)
        if (wants_seen(a->work[i])) external[n++] = a->work[i];
    if (n == 0) return true;
    bool *known = ARENA_ARRAY(&l->attempt_arena, bool, n);
    if (!query_seen(l, external, n, known, e)) return false;
    for (a->cap_seen = 16; a->cap_seen < 2 * n; a->cap_seen *= 2) continue;
    a->seen = ARENA_ARRAY(&l->attempt_arena, struct seen_key, a->cap_seen);
    for (int i = 0; i < n; i++) {
        struct item *it = external[i];
        struct seen_key *k = seen_place(a, it->part, it->source, it->id);
        bool again = k->id != NULL || known[i];
        if (k->id == NULL) *k = (struct seen_key){it->part, it->source, it->id, !known[i]};
        if (again) it->todo = ITEM_NOTHING;
    }
    return true;
}

/* ---- a case for each arrival ---- */

static bool resolve(struct loop *l, struct attempt *a, struct err *e)
{
    const struct store *store = l->spec->store;
    if (store == NULL || store->resolve == NULL) return true;
    struct arrival *arrivals = ARENA_ARRAY(&l->attempt_arena, struct arrival, a->n_work + 1);
    struct input *inputs = ARENA_ARRAY(&l->attempt_arena, struct input, a->n_work + 1);
    struct item **of = ARENA_ARRAY(&l->attempt_arena, struct item *, a->n_work + 1);
    int n = 0;
    for (int i = 0; i < a->n_work; i++) {
        struct item *it = a->work[i];
        if (it->todo != ITEM_DECIDE || !it->external || it->topic == TOPIC_COMMAND || it->to_case != 0) continue;
        inputs[n] = as_input(l, it);
        arrivals[n] = (struct arrival){.in = &inputs[n], .record = it->record, .part = it->part};
        of[n++] = it;
    }
    if (n == 0) return true;
    if (!store->resolve(&l->host, arrivals, n, e)) return false;
    for (int i = 0; i < n; i++) {
        if (arrivals[i].refuse != NULL)
            refuse(of[i], arrivals[i].refuse);
        else
            of[i]->to_case = arrivals[i].case_id;
    }
    return true;
}

/* ---- states ---- */

static struct slot *slot_place(struct slot *slots, int cap, int64_t case_id)
{
    uint64_t h = (uint64_t)case_id * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = (h >> 32) & (uint64_t)(cap - 1);; i = (i + 1) & (size_t)(cap - 1))
        if (slots[i].case_id == case_id || slots[i].case_id == 0) return &slots[i];
}

struct slot *slot_find(struct attempt *a, struct arena *arena, int64_t case_id, int part)
{
    if (2 * a->n_slots >= a->cap_slots) {
        int cap = a->cap_slots == 0 ? 256 : 2 * a->cap_slots;
        struct slot *grown = ARENA_ARRAY(arena, struct slot, cap);
        for (int i = 0; i < a->cap_slots; i++)
            if (a->slots[i].case_id != 0) *slot_place(grown, cap, a->slots[i].case_id) = a->slots[i];
        a->slots = grown;
        a->cap_slots = cap;
    }
    struct slot *s = slot_place(a->slots, a->cap_slots, case_id);
    if (s->case_id == 0) {
        *s = (struct slot){.case_id = case_id, .part = part};
        a->n_slots++;
    }
    return s;
}

/* A row nobody can read stops its case alone, until a person has repaired it and drives the case again. */
static void decode_state(struct loop *l, struct slot *s, const char *json)
{
    const struct type_desc *d = l->spec->core->state;
    void *state = arena_alloc(&l->attempt_arena, d->size);
    struct err why = ERR_INIT;
    if (codec_decode(d, json, strlen(json), &l->attempt_arena, state, &why))
        s->state = state;
    else
        s->damaged = arena_strdup(&l->attempt_arena, why.message);
}

static bool from_cache(struct loop *l, struct slot *s)
{
    if (l->cache != NULL) s->state = cache_get(l->cache, s->case_id, proto_session(l->proto, s->part), &s->rev);
    s->cached = s->state != NULL;
    return s->cached;
}

/* States of the cases in the attempt's slots: from the cache, the others from the database. */
static bool load_slots(struct loop *l, struct attempt *a, struct err *e)
{
    int64_t *ids = ARENA_ARRAY(&l->attempt_arena, int64_t, a->n_slots + 1);
    int n = 0;
    for (int i = 0; i < a->cap_slots; i++)
        if (a->slots[i].case_id != 0 && !from_cache(l, &a->slots[i])) ids[n++] = a->slots[i].case_id;
    if (n == 0) return true;
    struct pg_args args = PG_ARGS(&l->attempt_arena);
    pg_arg_ints(&args, ids, n);
    struct pg_rows *rows;
    if (!pg_query(l->pg, "SELECT case_id, rev, body::text FROM case_state WHERE case_id = ANY($1)", &args, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct slot *s = slot_place(a->slots, a->cap_slots, pg_int(rows, i, 0));
        s->rev = pg_int(rows, i, 1);
        decode_state(l, s, pg_text(rows, i, 2));
    }
    pg_rows_free(rows);
    return true;
}

static bool load_states(struct loop *l, struct attempt *a, struct err *e)
{
    for (int i = 0; i < a->n_work; i++) {
        const struct item *it = a->work[i];
        if (it->todo == ITEM_DECIDE && it->to_case != 0) slot_find(a, &l->attempt_arena, it->to_case, it->part);
    }
    return load_slots(l, a, e);
}

/* What the cache holds already may be in use by the batch that is ending, which puts what comes after it. */
void host_adopt(struct host *h, int64_t case_id, int64_t rev, const char *body)
{
    struct loop *l = h->loop;
    struct slot s = {.case_id = case_id, .part = case_id_partition(case_id), .rev = rev};
    int64_t held;
    if (l->cache == NULL) return;
    int64_t session = proto_session(l->proto, s.part);
    if (cache_get(l->cache, case_id, session, &held) != NULL) return;
    decode_state(l, &s, body);
    if (s.state != NULL) cache_put(l->cache, case_id, session, rev, s.state);
}

bool gather(struct loop *l, struct attempt *a, struct err *e)
{
    if (!receive_all(l, a, e) || !check_seen(l, a, e)) return false;
    return l->spec->core == NULL || (resolve(l, a, e) && load_states(l, a, e));
}
