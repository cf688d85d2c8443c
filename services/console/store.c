/* The read model's only writer: a batch's events, folded, as a handful of statements in the loop's transaction; and
 * what the gateway keeps beside its outbox row. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "console/answers.h"
#include "console/console.h"
#include "console/fold.h"
#include "console/gateway.h"
#include "console/hub.h"
#include "console/store_rows.h"
#include "event/codec.h"

/* ---- the gateway's own rows ---- */

static void write_request(struct pg_tx *tx, const struct message *m, int64_t now_ms)
{
    static const char sql[] =
        "INSERT INTO console.request (id, case_id, command, fingerprint, kept_ms) VALUES ($1, $2, $3, $4,"
        " $5) ON CONFLICT (id) DO NOTHING";
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_text(&args, m->id);
    pg_arg_int(&args, m->case_id);
    pg_arg_text(&args, m->command);
    pg_arg_int(&args, m->fingerprint);
    pg_arg_int(&args, now_ms);
    pg_tx_add(tx, sql, &args);
}

/* Messages of one channel stand together mostly: a run of them is one statement. */
static void write_received(struct pg_tx *tx, const char *channel, int64_t n, int64_t now_ms)
{
    static const char sql[] = "UPDATE console.channel SET received = received + $2, last_ms = $3 WHERE name = $1";
    struct pg_args args = PG_ARGS(tx->arena);
    if (n == 0) return;
    pg_arg_text(&args, arena_strdup(tx->arena, channel));
    pg_arg_int(&args, n);
    pg_arg_int(&args, now_ms);
    pg_tx_add(tx, sql, &args);
}

static void write_kept(struct host *h, struct pg_tx *tx, const struct change *changes, int n)
{
    int64_t now_ms = clock_now_ms(h->clock), run = 0;
    const char *channel = NULL;
    for (int i = 0; i < n; i++) {
        if (changes[i].local == NULL || changes[i].local->post == NULL) continue;
        const struct message *m = changes[i].local->tag;
        if (m->command != NULL) write_request(tx, m, now_ms);
        if (m->channel == NULL) continue;
        if (channel != NULL && strcmp(channel, m->channel) != 0) {
            write_received(tx, channel, run, now_ms);
            run = 0;
        }
        channel = m->channel;
        run++;
    }
    if (channel != NULL) write_received(tx, channel, run, now_ms);
}

/* ---- hooks ---- */

/* A command, whoever sent it and in whichever mode: its data anew, as its type has it. */
static bool read_command(struct fold_input *in, struct arena *a, const struct change *c)
{
    struct buf json = BUF_INIT;
    bool well = codec_encode(event_desc(in->type), c->in->data, &json);
    in->data = c->in->data;
    in->json = arena_strndup(a, well ? json.bytes : "", json.len);
    buf_deinit(&json);
    return well;
}

static void read_fact(struct fold_input *in, struct arena *a, const struct record *r)
{
    in->json = arena_strndup(a, r->value, r->value_len);
    if (!fold_needs(in->type)) return;
    const struct type_desc *desc = event_desc(in->type);
    struct err e = ERR_INIT;
    void *data = arena_alloc(a, desc->size);
    if (codec_decode(desc, r->value, r->value_len, a, data, &e))
        in->data = data;
    else
        log_err(LOG_WARN, "an event's data is not what its type says; its entry stays, its meaning is lost", &e);
}

/* An answer to a command (a redrive of what has no case), an alarm. */
static bool tells_without_case(enum event_type type, const char *cause)
{
    if (type == EV_SLA_ALARM_RAISED || type == EV_SLA_ALARM_ENDED) return true;
    return cause != NULL && strncmp(cause, ANSWERS_PREFIX, strlen(ANSWERS_PREFIX)) == 0;
}

/* What came from a topic and belongs to a case, or tells something without one; a fact whose body does not decode still
 * makes its entry. */
static void apply(struct fold *f, struct arena *a, const struct change *c)
{
    const struct record *r = c->record;
    if (r == NULL || c->parked || c->in->type == EV_NONE) return;
    const char *cause = record_header(r, "causation_id");
    if (c->in->case_id == 0 && !tells_without_case(c->in->type, cause)) return;
    struct fold_input in = {
        .type = c->in->type, .case_id = c->in->case_id, .at_ms = c->in->at_ms, .id = c->in->id, .cause = cause};
    if (!event_is_command(in.type))
        read_fact(&in, a, r);
    else if (!read_command(&in, a, c))
        return;
    fold_apply(f, &in);
}

static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    (void)e;
    struct fold *f = ARENA_NEW(tx->arena, struct fold);
    fold_init(f, tx->arena, h->policy);
    for (int i = 0; i < n; i++) apply(f, tx->arena, &changes[i]);
    store_cases(tx, f);
    store_rows(tx, f);
    write_kept(h, tx, changes, n);
    return true;
}

static void committed(struct host *h, const struct change *changes, int n)
{
    struct console *c = h->adapter;
    answers_committed(c->answers, changes, n);
    hub_wake(c->hub);
}

const struct store console_store = {.save = save, .committed = committed};
