/* The dry run of a changed policy (policy_moves.h). */
#include "cli/policy_moves.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/timefmt.h"
#include "event/codec.h"
#include "sla/sla.h"

enum { CASES_AT_ONCE = 500, DAY_MS = 86400000, HOUR_MS = 3600000, MINUTE_MS = 60000 };

static void add(struct policy_moves *m, int64_t case_id, const char *code, int64_t old_due, json_t *new_due)
{
    json_t *delta = json_is_null(new_due) ? json_null() : json_integer(json_integer_value(new_due) - old_due);
    json_array_append_new(m->items,
                          json_pack("{s:I, s:s, s:I, s:o, s:o}", "case_id", (json_int_t)case_id, "code", code,
                                    "old_due_ms", (json_int_t)old_due, "new_due_ms", new_due, "delta_ms", delta));
}

static const struct limit *limit_in(const struct sla_state *s, const char *code)
{
    for (int i = 0; i < s->n_limits; i++)
        if (strcmp(s->limits[i].code, code) == 0) return &s->limits[i];
    return NULL;
}

static void take(struct policy_moves *m, const struct sla_state *s, int64_t case_id, const struct decision *d)
{
    for (int i = 0; i < s->n_limits; i++) m->deadlines += s->limits[i].state == LIMIT_STATE_ARMED;
    for (int i = 0; i < d->n_outputs; i++) {
        if (d->outputs[i].type == EV_SLA_RESCHEDULED) {
            const struct ev_sla_rescheduled *e = d->outputs[i].data;
            if (e->limit->due_ms == e->old_due_ms) continue; /* only its warning moves */
            add(m, case_id, e->limit->code, e->old_due_ms, json_integer(e->limit->due_ms));
        } else if (d->outputs[i].type == EV_SLA_CANCELLED) {
            const struct ev_sla_cancelled *e = d->outputs[i].data;
            const struct limit *l = limit_in(s, e->code);
            if (l != NULL) add(m, case_id, e->code, l->due_ms, json_null());
        }
    }
}

static bool ask(struct policy_moves *m, const struct policy *next, const struct input *in, const char *body,
                struct err *e)
{
    struct arena arena;
    arena_init(&arena);
    struct sla_state *state = ARENA_NEW(&arena, struct sla_state), *after = ARENA_NEW(&arena, struct sla_state);
    struct decision *d = ARENA_NEW(&arena, struct decision);
    d->arena = &arena;
    bool well = codec_decode(&sla_state_desc, body, strlen(body), &arena, state, e);
    if (well) {
        core_step(&sla_core, next, state, in, after, d);
        take(m, state, in->case_id, d);
    }
    arena_deinit(&arena);
    return well;
}

bool policy_moves_read(struct pg *pg, const struct policy *next, int64_t now_ms, struct policy_moves *out,
                       struct err *e)
{
    struct ev_sla_policy_changed event = {.revision = next->revision};
    struct input in = {
        .type = EV_SLA_POLICY_CHANGED, .data = &event, .id = "dry-run", .now_ms = now_ms, .at_ms = now_ms};
    int64_t last = 0;
    bool well = true;
    *out = (struct policy_moves){.items = json_array()};
    for (int n = CASES_AT_ONCE; well && n == CASES_AT_ONCE;) {
        struct arena arena;
        struct pg_rows *rows = NULL;
        arena_init(&arena);
        struct pg_args args = PG_ARGS(&arena);
        pg_arg_int(&args, last);
        well = pg_query(pg,
                        "SELECT s.case_id, s.body::text FROM sla.case_state s WHERE s.case_id > $1 AND EXISTS (SELECT "
                        "FROM sla.timer t WHERE t.case_id = s.case_id) ORDER BY 1 LIMIT 500",
                        &args, &rows, e);
        arena_deinit(&arena);
        if (!well) break;
        n = pg_rows_count(rows);
        for (int i = 0; i < n && well; i++) {
            last = in.case_id = pg_int(rows, i, 0);
            well = ask(out, next, &in, pg_text(rows, i, 1), e);
        }
        pg_rows_free(rows);
    }
    return well;
}

int64_t policy_moves_left(struct pg *pg, int64_t revision, struct err *e)
{
    struct arena arena;
    struct pg_rows *rows = NULL;
    int64_t left = -1;
    arena_init(&arena);
    struct pg_args args = PG_ARGS(&arena);
    pg_arg_int(&args, revision);
    if (pg_query(pg, "SELECT count(*) FROM sla.timer WHERE revision < $1", &args, &rows, e)) {
        left = pg_int(rows, 0, 0);
        pg_rows_free(rows);
    }
    arena_deinit(&arena);
    return left;
}

/* ---- words ---- */

static void print_delta(int64_t ms)
{
    const char *way = ms < 0 ? "earlier" : "later";
    int64_t left = ms < 0 ? -ms : ms;
    if (left >= DAY_MS) printf("%" PRId64 " d ", left / DAY_MS);
    printf("%" PRId64 " h %" PRId64 " min %s\n", left % DAY_MS / HOUR_MS, left % HOUR_MS / MINUTE_MS, way);
}

void policy_moves_print(const struct policy_moves *m)
{
    size_t i;
    json_t *item;
    char from[TIMEFMT_SIZE], to[TIMEFMT_SIZE];
    json_array_foreach(m->items, i, item)
    {
        json_t *due = json_object_get(item, "new_due_ms");
        printf("case %" JSON_INTEGER_FORMAT "  %-20s  %s -> ", json_integer_value(json_object_get(item, "case_id")),
               json_string_value(json_object_get(item, "code")),
               timefmt_utc(json_integer_value(json_object_get(item, "old_due_ms")), from));
        if (json_is_null(due)) {
            printf("no longer due\n");
            continue;
        }
        printf("%s  ", timefmt_utc(json_integer_value(due), to));
        print_delta(json_integer_value(json_object_get(item, "delta_ms")));
    }
    printf("%zu of %" PRId64 " running deadlines move\n", json_array_size(m->items), m->deadlines);
}
