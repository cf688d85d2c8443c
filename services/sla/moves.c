/* A cursor over the cases of a partition that have armed timers of an earlier revision (moves.h). */
#include "sla/moves.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "event/events.h"
#include "policy/policy.h"

enum { AT_ONCE = 64 };
/* Of all partitions together: what falls due meanwhile waits for a turn. So many more or half as many, as the last turn
 * with moves in it was short or long. */
enum { TURN_LEAST = 32, TURN_FIRST = 64, TURN_MOST = 128, TURN_MORE = 16, TURN_SHORT_US = 25000, TURN_LONG_US = 60000 };

struct move {
    int64_t case_id;
    struct ev_sla_policy_changed event;
    char id[64];
};

struct moves {
    int parts;
    int a_turn, left; /* how many a turn hands out; of this one, not yet */
    int last_part;    /* partitions are asked in order: one that is no higher begins a turn */
    int64_t turn_us;  /* monotonic: when this one began */
    struct cursor {
        int64_t revision; /* being looked through for, or done with */
        bool done;
        int64_t last; /* case */
        int n;        /* not yet committed */
        struct move pending[AT_ONCE];
    } * at;
};

struct moves *moves_new(int parts)
{
    struct moves *m = calloc(1, sizeof *m);
    if (m == NULL || (m->at = calloc((size_t)parts, sizeof *m->at)) == NULL) abort();
    m->parts = parts;
    m->a_turn = m->left = TURN_FIRST;
    m->last_part = parts;
    return m;
}

void moves_free(struct moves *m)
{
    if (m != NULL) free(m->at);
    free(m);
}

void moves_reset(struct moves *m, int part) { m->at[part] = (struct cursor){0}; }

/* The newest revision that moves deadlines; 0 = none did. */
static int64_t moving(const struct policy *p)
{
    while (p != NULL && !p->moves) p = p->earlier;
    return p != NULL ? p->revision : 0;
}

bool moves_pending(const struct moves *m, int part, const struct policy *p)
{
    const struct cursor *c = &m->at[part];
    int64_t revision = moving(p);
    return revision > 0 && !(c->done && c->revision == revision);
}

static bool read_more(struct host *h, struct cursor *c, int part, struct err *e)
{
    struct pg_rows *rows = NULL;
    struct arena arena;
    arena_init(&arena);
    struct pg_args args = PG_ARGS(&arena);
    pg_arg_int(&args, c->last > 0 ? c->last : case_id_make(part, 0));
    pg_arg_int(&args, case_id_make(part + 1, 0));
    pg_arg_int(&args, c->revision);
    bool well = pg_query(h->pg,
                         "SELECT DISTINCT case_id FROM timer WHERE case_id > $1 AND case_id < $2 "
                         "AND revision < $3 ORDER BY case_id LIMIT 64",
                         &args, &rows, e);
    arena_deinit(&arena);
    if (!well) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct move *v = &c->pending[c->n++];
        *v = (struct move){.case_id = pg_int(rows, i, 0), .event = {.revision = c->revision}};
        snprintf(v->id, sizeof v->id, "policy.%" PRId64 ".%" PRId64, v->case_id, c->revision);
        c->last = v->case_id;
    }
    c->done = c->n == 0;
    pg_rows_free(rows);
    return true;
}

static void begin_turn(struct moves *m, int part)
{
    bool first = part <= m->last_part;
    m->last_part = part;
    if (!first) return;
    int64_t now = clock_monotonic_us(), took = now - m->turn_us;
    if (m->left == 0 && took > TURN_LONG_US && m->a_turn > TURN_LEAST) m->a_turn /= 2;
    if (m->left == 0 && took < TURN_SHORT_US && m->a_turn < TURN_MOST) m->a_turn += TURN_MORE;
    m->turn_us = now;
    m->left = m->a_turn;
}

bool moves_inputs(struct host *h, struct moves *m, int part, struct moves_batch *out, struct err *e)
{
    struct cursor *c = &m->at[part];
    int64_t revision = moving(h->policy);
    if (!moves_pending(m, part, h->policy)) return true;
    begin_turn(m, part);
    if (c->revision != revision) *c = (struct cursor){.revision = revision};
    if (m->left == 0) return true;
    if (c->n == 0 && !read_more(h, c, part, e)) return false;
    for (int i = 0; i < c->n && out->n < out->max && m->left > 0; i++, m->left--) {
        struct move *v = &c->pending[i];
        out->inputs[out->n++] = (struct local_input){.part = part,
                                                     .case_id = v->case_id,
                                                     .type = EV_SLA_POLICY_CHANGED,
                                                     .data = &v->event,
                                                     .id = v->id,
                                                     .at_ms = out->now_ms};
    }
    return true;
}

void moves_taken(struct moves *m, const struct local_input *in)
{
    struct cursor *c = &m->at[in->part];
    for (int i = 0; i < c->n; i++) {
        if (c->pending[i].case_id != in->case_id) continue;
        c->pending[i] = c->pending[--c->n]; /* asked for again in any order */
        return;
    }
}
