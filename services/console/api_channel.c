/* Channels: list, registration, and whose key it is (CH-2). A channel's key is made here, shown once, and kept only as
 * a hash. */
#include <string.h>

#include "console/api.h"
#include "console/channels.h"
#include "console/console.h"
#include "console/db.h"
#include "console/form.h"
#include "event/events.h"

void api_channel_list(struct request *rq)
{
    static const char sql[] =
        "SELECT json_build_object('items', coalesce(json_agg(json_strip_nulls(json_build_object('name',"
        " name, 'kind', kind,'source', source, 'rate_per_min', rate_per_min, 'created_ms', created_ms,"
        " 'received', received, 'last_ms', last_ms)) ORDER BY name), '[]')) FROM console.channel";
    api_json(rq, "the channels", sql, NULL);
}

static bool name_usable(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return n > 0 && n < CHANNEL_NAME_SIZE && name[n] == '\0' && name[0] != '-' && name[0] != '_';
}

bool api_channel_of(struct request *rq, const char **source)
{
    char own[CHANNEL_SOURCE_SIZE];
    struct err e = ERR_INIT;
    *source = NULL;
    if (rq->channel_key == NULL) return true;
    if (channels_by_key(rq->console->channels, rq->channel_key, own, &e)) {
        *source = arena_strdup(&rq->arena, own);
        return true;
    }
    if (err_is_set(&e))
        reply_unavailable(rq, "the channels cannot be read", &e);
    else
        reply_problem(rq, &(struct problem){.status = 401, .title = "A token is needed, and this is not it"});
    return false;
}

struct new_channel {
    const char *name, *kind, *source;
    int64_t rate_per_min;
};

static bool wrong(struct request *rq, const char *pointer, const char *detail)
{
    reply_problem(
        rq, &(struct problem){
                .status = 422, .type = "invalid", .title = "A field is wrong", .detail = detail, .pointer = pointer});
    return false;
}

/* false: the reply says what is wrong. */
static bool read_new(struct request *rq, struct new_channel *c)
{
    struct form form;
    struct err e = ERR_INIT;
    enum channel_kind kind;
    if (!form_read(&form, &rq->body, &rq->arena, &e)) return wrong(rq, "$", e.message);
    c->name = form_text(&form, "name");
    c->kind = form_text(&form, "kind");
    c->source = form_text(&form, "source");
    bool rate_well = form_int(&form, "rate_per_min", 6000, &c->rate_per_min);
    form_close(&form);
    if (c->name == NULL || !name_usable(c->name))
        return wrong(rq, "$.name", "1 to 40 of a-z, 0-9, _ and -, beginning with a letter or digit");
    if (c->kind == NULL || !channel_kind_parse(c->kind, &kind))
        return wrong(rq, "$.kind", "not a kind of channel (CH-1)");
    if (c->source == NULL) c->source = arena_printf(&rq->arena, "/channels/%s", c->name);
    if (strlen(c->source) >= CHANNEL_SOURCE_SIZE) return wrong(rq, "$.source", "at most 200 bytes");
    if (!rate_well || c->rate_per_min < 1 || c->rate_per_min > 6000000)
        return wrong(rq, "$.rate_per_min", "expected an integer from 1 to 6000000");
    return true;
}

void api_channel_add(struct request *rq)
{
    static const char sql[] =
        "INSERT INTO console.channel AS c (name, kind, source, rate_per_min, key_hash, created_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING json_build_object('name',"
        " c.name, 'kind', c.kind, 'source', c.source, 'rate_per_min', c.rate_per_min, 'created_ms',"
        " c.created_ms, 'received', 0, 'key', $7::text)";
    struct new_channel c;
    char key[AUTH_KEY_TEXT];
    unsigned char hash[AUTH_HASH_SIZE];
    if (!read_new(rq, &c)) return;
    auth_key_make(key, hash);
    struct pg_args args = PG_ARGS(&rq->arena);
    pg_arg_text(&args, c.name);
    pg_arg_text(&args, c.kind);
    pg_arg_text(&args, c.source);
    pg_arg_int(&args, c.rate_per_min);
    pg_arg_bytes(&args, hash, sizeof(hash));
    pg_arg_int(&args, clock_now_ms(&rq->console->clock));
    pg_arg_text(&args, key);
    struct err e = ERR_INIT;
    bool made = false;
    if (!db_value(rq->console->db, sql, &args, &rq->reply.body, &made, &e)) {
        reply_unavailable(rq, "a channel cannot be registered", &e);
    } else if (!made) {
        reply_problem(rq,
                      &(struct problem){.status = 409, .type = "taken", .title = "The name or the source is taken"});
    } else {
        channels_changed(rq->console->channels);
        reply_json(rq, 201);
    }
}
