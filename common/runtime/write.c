/* The statements of an attempt: fence and positions (write_rows.c) first, then states, outbox, seen, parked and what
 * the service's own store adds. */
#include <stdlib.h>
#include <string.h>

#include "event/codec.h"
#include "runtime/loop.h"

/* ---- states, seen, parked ---- */

struct state_rows {
    int n;
    int64_t *ids, *revs, *statuses;
    const char **bodies;
};

static struct state_rows open_states(struct arena *a, int cap)
{
    return (struct state_rows){.ids = ARENA_ARRAY(a, int64_t, cap),
                               .revs = ARENA_ARRAY(a, int64_t, cap),
                               .statuses = ARENA_ARRAY(a, int64_t, cap),
                               .bodies = ARENA_ARRAY(a, const char *, cap)};
}

static void add_states(const struct state_rows *rows, const char *sql, struct pg_tx *tx)
{
    struct pg_args args = PG_ARGS(tx->arena);
    if (rows->n == 0) return;
    pg_arg_ints(&args, rows->ids, rows->n);
    pg_arg_ints(&args, rows->revs, rows->n);
    pg_arg_ints(&args, rows->statuses, rows->n);
    pg_arg_texts(&args, rows->bodies, rows->n);
    pg_tx_add(tx, sql, &args);
}

/* Not one upsert for both: that locks a row before it changes it, a fifth of what the statement costs. */
static bool write_states(struct loop *l, struct attempt *a, struct pg_tx *tx, struct err *e)
{
    struct state_rows first = open_states(tx->arena, a->n_slots + 1), next = open_states(tx->arena, a->n_slots + 1);
    for (int i = 0; i < a->cap_slots; i++) {
        const struct slot *s = &a->slots[i];
        if (s->case_id == 0 || !s->changed) continue;
        buf_reset(&l->json);
        if (!codec_encode(l->spec->core->state, s->state, &l->json))
            return err_set(e, ERR_INTERNAL, "write", "the new state of a case cannot be encoded");
        struct state_rows *to = s->rev == 0 ? &first : &next;
        to->ids[to->n] = s->case_id;
        to->revs[to->n] = s->rev + 1;
        to->statuses[to->n] = *(const int *)s->state;
        to->bodies[to->n++] = arena_strndup(tx->arena, l->json.bytes, l->json.len);
    }
    add_states(&first,
               "INSERT INTO case_state (case_id, rev, status, body) SELECT i, r, s::int2, b::json "
               "FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[]) AS u(i, r, s, b)",
               tx);
    add_states(&next, "SELECT save_states($1, $2, $3, $4)", tx);
    return true;
}

static void write_seen(struct attempt *a, struct pg_tx *tx)
{
    int64_t *parts = ARENA_ARRAY(tx->arena, int64_t, a->n_work + 1);
    const char **sources = ARENA_ARRAY(tx->arena, const char *, a->n_work + 1);
    const char **ids = ARENA_ARRAY(tx->arena, const char *, a->n_work + 1);
    int n = 0;
    for (int i = 0; i < a->cap_seen; i++) {
        if (a->seen[i].id == NULL || !a->seen[i].fresh) continue;
        parts[n] = a->seen[i].part;
        sources[n] = a->seen[i].source;
        ids[n++] = a->seen[i].id;
    }
    if (n == 0) return;
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, parts, n);
    pg_arg_texts(&args, sources, n);
    pg_arg_texts(&args, ids, n);
    pg_arg_int(&args, clock_real_ms());
    pg_tx_add(tx,
              "INSERT INTO seen (partition, source, id, at_ms) "
              "SELECT p, s, i, $4 FROM unnest($1::int8[], $2::text[], $3::text[]) AS u(p, s, i) ON CONFLICT DO NOTHING",
              &args);
}

static void write_parked(struct loop *l, struct attempt *a, struct pg_tx *tx)
{
    char name[TOPIC_NAME_SIZE];
    for (int i = 0; i < a->n_parked; i++) {
        const struct parked_row *p = &a->parked[i];
        struct record r = emit_original(l, p->it);
        buf_reset(&l->packed);
        record_encode(&r, &l->packed);
        struct pg_args args = PG_ARGS(tx->arena);
        pg_arg_int(&args, p->part);
        pg_arg_int(&args, p->case_id);
        pg_arg_int(&args, p->n);
        pg_arg_text(&args, p->it->topic < 0 ? "" : arena_strdup(tx->arena, topic_name(p->it->topic, 0, name)));
        pg_arg_text(&args, p->cause);
        pg_arg_text(&args, p->detail == NULL ? "" : p->detail);
        pg_arg_int(&args, proto_now(l->proto, p->part, l->now_ms));
        pg_arg_bytes(&args, arena_strndup(tx->arena, l->packed.bytes, l->packed.len), l->packed.len);
        pg_tx_add(tx,
                  "INSERT INTO parked (partition, case_id, n, topic, cause, detail, at_ms, record) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                  &args);
    }
}

static void write_unparked(struct loop *l, struct attempt *a, struct pg_tx *tx)
{
    for (int i = 0; i < a->n_unparked; i++) {
        const struct parked_row *p = &a->unparked[i];
        const struct ev_command_redrive *by = p->it->data;
        struct pg_args args = PG_ARGS(tx->arena);
        pg_arg_int(&args, p->part);
        pg_arg_int(&args, p->case_id);
        pg_arg_int(&args, p->n);
        if (by->discard == NULL) {
            pg_tx_add(tx, "DELETE FROM parked WHERE partition = $1 AND case_id = $2 AND n = $3", &args);
            continue;
        }
        pg_arg_int(&args, proto_now(l->proto, p->part, l->now_ms));
        pg_arg_text(&args, by->actor->id);
        pg_arg_text(&args, by->discard);
        pg_tx_add(tx,
                  "WITH gone AS (DELETE FROM parked WHERE partition = $1 AND case_id = $2 AND n = $3 RETURNING *) "
                  "INSERT INTO discarded SELECT gone.*, $4, $5, $6 FROM gone",
                  &args);
    }
}

/* ---- outbox ---- */

static struct chunk *chunk_of(struct outgoing *o)
{
    struct chunk *c = malloc(sizeof *c + (size_t)o->n * sizeof c->at[0]);
    if (c == NULL) abort();
    *c = (struct chunk){.raw = o->raw.bytes, .len = o->raw.len, .first = o->first, .n = o->n};
    memcpy(c->at, o->at, (size_t)o->n * sizeof c->at[0]);
    o->raw = BUF_INIT; /* the chunk owns the bytes now */
    return c;
}

static void write_outbox(struct loop *l, struct attempt *a, struct pg_tx *tx)
{
    int n = a->n_out;
    if (n == 0) return;
    int64_t *parts = ARENA_ARRAY(tx->arena, int64_t, n), *dsts = ARENA_ARRAY(tx->arena, int64_t, n);
    int64_t *first = ARENA_ARRAY(tx->arena, int64_t, n), *last = ARENA_ARRAY(tx->arena, int64_t, n);
    const char **topics = ARENA_ARRAY(tx->arena, const char *, n);
    char name[TOPIC_NAME_SIZE];
    struct pg_bytes *bytes = ARENA_ARRAY(tx->arena, struct pg_bytes, n);
    for (int i = 0; i < n; i++) {
        struct outgoing *o = &a->out[i];
        buf_reset(&l->packed);
        chunk_pack(&o->raw, &l->packed);
        bytes[i] = (struct pg_bytes){arena_strndup(tx->arena, l->packed.bytes, l->packed.len), l->packed.len};
        parts[i] = o->part;
        topics[i] = arena_strdup(tx->arena, topic_name(o->topic, l->service, name));
        dsts[i] = o->dst;
        first[i] = o->first;
        last[i] = o->first + o->n - 1;
        proto_chunk(l->proto, o->part, (uint16_t)o->topic, o->dst, o->first, last[i], chunk_of(o));
    }
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_ints(&args, parts, n);
    pg_arg_texts(&args, topics, n);
    pg_arg_ints(&args, dsts, n);
    pg_arg_ints(&args, first, n);
    pg_arg_ints(&args, last, n);
    pg_arg_bytes_array(&args, bytes, n);
    pg_arg_int(&args, clock_real_ms());
    pg_tx_add(tx,
              "INSERT INTO outbox (partition, topic, dst, first_seq, last_seq, bytes, made_ms) "
              "SELECT ($1::int8[])[i], ($2::text[])[i], ($3::int8[])[i], ($4::int8[])[i], ($5::int8[])[i], b, $7 "
              "FROM unnest($6::bytea[]) WITH ORDINALITY AS u(b, i)",
              &args);
}

/* The protocol's own rows are asked for last, when nothing more can be pending, and stand first. */
bool write_attempt(struct loop *l, struct attempt *a, struct pg_tx *tx, struct err *e)
{
    struct pg_tx rest = PG_TX(tx->arena);
    const struct store *store = l->spec->store;
    if (l->spec->core != NULL && !write_states(l, a, &rest, e)) return false;
    write_parked(l, a, &rest);
    write_unparked(l, a, &rest);
    write_seen(a, &rest);
    write_outbox(l, a, &rest);
    if (store != NULL && store->save != NULL && !store->save(&l->host, &rest, a->changes, a->n_changes, e))
        return false;
    write_fenced(l, &a->batch, tx);
    for (int i = 0; i < rest.n; i++)
        pg_tx_read(tx, rest.statements[i].sql, &rest.statements[i].args, rest.statements[i].rows);
    return true;
}
