/* What the audit looks at: a partition's snapshot of the database, and the topics up to it. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/id.h"
#include "base/timefmt.h"
#include "cli/audit.h"
#include "event/cloudevents.h"
#include "runtime/kafka.h"

static const char *copy(struct arena *a, const char *text) { return arena_strdup(a, text); }

/* The record's bytes outlive the message: everything is copied. */
static void fill(struct arena *arena, const struct record *r, struct logged *l)
{
    const char *type = record_header(r, "ce_type"), *time = record_header(r, "ce_time");
    struct buf bytes = BUF_INIT;
    record_encode(r, &bytes);
    l->crc = crc_of(bytes.bytes, bytes.len);
    buf_deinit(&bytes);
    l->id = copy(arena, record_header(r, "ce_id"));
    l->source = copy(arena, record_header(r, "ce_source"));
    l->cause = copy(arena, record_header(r, "causation_id"));
    l->cause_source = copy(arena, record_header(r, "causation_source"));
    l->local = copy(arena, record_header(r, "input"));
    l->type = EV_NONE;
    if (type != NULL) event_parse_type(type, &l->type);
    if (time == NULL || !timefmt_parse(time, &l->time_ms)) l->time_ms = 0;
    record_header_int(r, "case_id", &l->case_id);
    record_header_int(r, "seq", &l->seq);
    if (!record_header_int(r, "policy", &l->policy)) l->policy = 1;
    l->json = arena_strndup(arena, r->value == NULL ? "" : r->value, r->value_len);
    l->json_len = r->value_len;
}

/* Structured CloudEvents carry their attributes in the body. */
static void fill_external(struct arena *arena, const struct record *r, struct logged *l)
{
    struct ce event;
    struct err why = ERR_INIT;
    fill(arena, r, l);
    if (!record_read_ce(r, arena, &event, &why)) return;
    l->id = copy(arena, event.id);
    l->source = copy(arena, event.source);
    l->time_ms = event.has_time ? event.time_ms : 0;
    l->type = EV_NONE;
    event_parse_type(event.type, &l->type);
    l->json = arena_strndup(arena, event.data, event.n_data);
    l->json_len = event.n_data;
}

static void index_by_id(struct logged **index, struct logged *l)
{
    struct logged *known;
    if (l->id == NULL) return;
    HASH_FIND_STR(*index, l->id, known);
    if (known == NULL) {
        HASH_ADD_KEYPTR(hh, *index, l->id, strlen(l->id), l);
    } else {
        l->same_id = known->same_id;
        known->same_id = l;
    }
}

/* ---- inbound, all partitions ---- */

struct inbound_scan {
    struct audit *a;
    int part;
};

static bool on_inbound(void *user, int64_t offset, const struct record *r)
{
    struct inbound_scan *scan = user;
    if (offset >= scan->a->inbound_read[scan->part]) return false;
    struct logged *l = ARENA_NEW(&scan->a->arena, struct logged);
    fill_external(&scan->a->arena, r, l);
    index_by_id(&scan->a->inbound, l);
    return true;
}

bool audit_load_inbound(struct audit *a, struct err *e)
{
    struct pg_rows *rows;
    char topic[TOPIC_NAME_SIZE];
    topic_name(TOPIC_INBOUND, SERVICE_INTAKE, topic);
    if (!pg_query(a->pg, "SELECT partition, next_offset FROM intake.input WHERE topic LIKE '%inbound%'", NULL, &rows,
                  e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) a->inbound_read[pg_int(rows, i, 0)] = pg_int(rows, i, 1);
    pg_rows_free(rows);
    for (int p = 0; p < a->partitions; p++) {
        struct inbound_scan scan = {.a = a, .part = p};
        if (!kafka_scan_partition(&a->cli->config, topic, p, on_inbound, &scan, e)) return false;
    }
    return true;
}

/* ---- a partition ---- */

static int stream_of(const char *service, const char *topic)
{
    int s = service_parse(service);
    return s == SERVICE_INTAKE && topic_parse(topic) == TOPIC_NOTICE ? AUDIT_NOTICES : s;
}

static bool load_streams(struct audit *a, struct audit_part *p, struct err *e)
{
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&p->arena);
    pg_arg_int(&args, p->part);
    if (!pg_query(a->pg,
                  "SELECT service, topic, out_seq, floor FROM runtime.streams WHERE partition = $1 AND dst = $1 AND "
                  "topic IN ('redress.' || service || '.v1', 'redress.notice.v1')",
                  &args, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        int stream = stream_of(pg_text(rows, i, 0), pg_text(rows, i, 1));
        if (stream < 0 || stream >= AUDIT_STREAMS) continue;
        p->out_seq[stream] = pg_int(rows, i, 2);
        p->floor[stream] = pg_int(rows, i, 3);
    }
    pg_rows_free(rows);
    return true;
}

static bool load_states(struct audit *a, struct audit_part *p, int service, struct err *e)
{
    static const char *const sql[AUDIT_CORES] = {
        "SELECT case_id, status, body::text FROM intake.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1",
        "SELECT case_id, status, body::text FROM dispatch.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1",
        "SELECT case_id, status, body::text FROM evidence.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1",
        "SELECT case_id, status, body::text FROM approval.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1",
        "SELECT case_id, status, body::text FROM payment.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1",
        "SELECT case_id, status, body::text FROM escalation.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1",
        "SELECT case_id, status, body::text FROM sla.case_state WHERE case_id BETWEEN $1 AND $2 ORDER BY 1"};
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&p->arena);
    pg_arg_int(&args, case_id_make(p->part, 0));
    pg_arg_int(&args, case_id_make(p->part + 1, 0) - 1);
    if (!pg_query(a->pg, sql[service], &args, &rows, e)) return false;
    struct audit_states *s = &p->states[service];
    s->n = pg_rows_count(rows);
    s->rows = ARENA_ARRAY(&p->arena, struct audit_state, s->n + 1);
    for (int i = 0; i < s->n; i++)
        s->rows[i] =
            (struct audit_state){pg_int(rows, i, 0), (int)pg_int(rows, i, 1), copy(&p->arena, pg_text(rows, i, 2))};
    pg_rows_free(rows);
    return true;
}

struct own_scan {
    struct audit *a;
    struct audit_part *p;
    int stream;
};

static void keep_own(struct own_scan *scan, const struct record *r)
{
    struct audit_part *p = scan->p;
    int64_t seq;
    if (!record_header_int(r, "seq", &seq) || seq < 1 || seq > p->out_seq[scan->stream]) return;
    struct logged *l = &p->own[scan->stream].items[seq - 1];
    if (l->id == NULL) {
        fill(&p->arena, r, l);
        index_by_id(&p->by_id, l);
        return;
    }
    struct buf bytes = BUF_INIT;
    char name[AUDIT_STREAM_TEXT];
    record_encode(r, &bytes);
    if (crc_of(bytes.bytes, bytes.len) != l->crc)
        audit_offend(scan->a, 2, "%s.%lld stands in the topic twice with different bytes",
                     audit_stream_text(scan->stream, p->part, name), (long long)seq);
    buf_deinit(&bytes);
}

static bool on_own(void *user, int64_t offset, const struct record *r)
{
    (void)offset;
    keep_own(user, r);
    return true;
}

/* What the topic lacks but the outbox still holds is not lost; what both hold must be the same bytes. */
static bool load_outbox(struct audit *a, struct audit_part *p, int stream, struct err *e)
{
    static const char *const sql[AUDIT_STREAMS] = {
        "SELECT bytes FROM intake.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.intake.v1'",
        "SELECT bytes FROM dispatch.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.dispatch.v1'",
        "SELECT bytes FROM evidence.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.evidence.v1'",
        "SELECT bytes FROM approval.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.approval.v1'",
        "SELECT bytes FROM payment.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.payment.v1'",
        "SELECT bytes FROM escalation.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.escalation.v1'",
        "SELECT bytes FROM sla.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.sla.v1'",
        "SELECT bytes FROM intake.outbox WHERE partition = $1 AND dst = $1 AND topic = 'redress.notice.v1'"};
    struct own_scan scan = {.a = a, .p = p, .stream = stream};
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&p->arena);
    pg_arg_int(&args, p->part);
    if (!pg_query(a->pg, sql[stream], &args, &rows, e)) return false;
    bool well = true;
    for (int i = 0; well && i < pg_rows_count(rows); i++) {
        size_t n, raw_len, at = 0;
        const char *bytes = pg_bytea(rows, i, 0, &n), *raw;
        struct record r;
        well = chunk_unpack(bytes, n, &p->arena, &raw, &raw_len, e);
        while (well && at < raw_len && record_decode(raw, raw_len, &at, &r)) keep_own(&scan, &r);
    }
    pg_rows_free(rows);
    return well;
}

static bool on_command(void *user, int64_t offset, const struct record *r)
{
    (void)offset;
    struct audit_part *p = user;
    struct logged *l = ARENA_NEW(&p->arena, struct logged);
    fill_external(&p->arena, r, l);
    index_by_id(&p->by_id, l);
    return true;
}

/* Only what goes to the home of an account or back; the rest are inbound messages on their way. */
static bool on_exchanged(void *user, int64_t offset, const struct record *r)
{
    (void)offset;
    struct audit_part *p = user;
    struct logged *l = ARENA_NEW(&p->arena, struct logged);
    fill(&p->arena, r, l);
    if (event_has_home(l->type)) index_by_id(&p->by_id, l);
    return true;
}

static bool load_logs(struct audit *a, struct audit_part *p, struct err *e)
{
    char topic[TOPIC_NAME_SIZE];
    for (int s = 0; s < AUDIT_STREAMS; s++) {
        p->own[s].n = p->out_seq[s];
        p->own[s].items = ARENA_ARRAY(&p->arena, struct logged, p->out_seq[s] + 1);
        struct own_scan scan = {.a = a, .p = p, .stream = s};
        topic_name(s == AUDIT_NOTICES ? TOPIC_NOTICE : s, 0, topic);
        if (!kafka_scan_partition(&a->cli->config, topic, p->part, on_own, &scan, e)) return false;
        if (!load_outbox(a, p, s, e)) return false;
    }
    return kafka_scan_partition(&a->cli->config, topic_name(TOPIC_COMMAND, 0, topic), p->part, on_command, p, e) &&
           kafka_scan_partition(&a->cli->config, topic_name(TOPIC_EXCHANGE, 0, topic), p->part, on_exchanged, p, e);
}

bool audit_load_part(struct audit *a, struct audit_part *p, int part, struct err *e)
{
    *p = (struct audit_part){.part = part};
    arena_init(&p->arena);
    if (!pg_query(a->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, NULL, e)) return false;
    bool well = load_streams(a, p, e);
    for (int s = 0; well && s < AUDIT_CORES; s++) well = load_states(a, p, s, e);
    well = well && load_logs(a, p, e);
    struct err ended = ERR_INIT; /* what matters is the first error */
    return pg_query(a->pg, "ROLLBACK", NULL, NULL, well ? e : &ended) && well;
}

void audit_free_part(struct audit_part *p)
{
    HASH_CLEAR(hh, p->by_id);
    arena_deinit(&p->arena);
}
