/* Which case an inbound message belongs to, and the tables that remember it. See intake_shell.h.
 *
 * resolve reads the open matters of the batch once, then decides message by message in order: what an earlier
 * message of the batch registers counts for the later ones. Serials are handed out from what the database says and
 * written back in save, so an attempt that did not commit leaves no trace but unused numbers of memory. */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/id.h"
#include "event/identity.h"
#include "intake/channels.h"
#include "intake/intake.h"
#include "intake/intake_shell.h"
#include "intake/matter.h"
#include "policy/policy.h"

static bool open_store(struct host *h, struct err *e)
{
    (void)e;
    h->store = channels_new();
    return true;
}

static void close_store(struct host *h) { channels_free(h->store); }

static int home(struct host *h, const struct input *in)
{
    struct origin from = {in->source, in->id};
    return identity_home(in->type, in->data, &from, h->partitions, h->arena);
}

/* ---- resolve ---- */

/* The contacts of the cases that have one matter key, oldest case first. */
struct candidates {
    const char *matter;
    struct matter_contact *contacts;
    int n, cap;
    UT_hash_handle hh;
};

struct resolving {
    struct host *h;
    struct candidates *all;
    int64_t *serials; /* last given, by partition; -1 = not read */
};

static struct candidates *candidates_of(struct resolving *r, const char *matter)
{
    struct candidates *c;
    HASH_FIND_STR(r->all, matter, c);
    if (c != NULL) return c;
    c = ARENA_NEW(r->h->arena, struct candidates);
    c->matter = matter;
    HASH_ADD_KEYPTR(hh, r->all, c->matter, strlen(c->matter), c);
    return c;
}

static void add_contact(struct resolving *r, struct candidates *c, struct matter_contact contact)
{
    if (c->n == c->cap) {
        int cap = c->cap == 0 ? 4 : 2 * c->cap;
        struct matter_contact *grown = ARENA_ARRAY(r->h->arena, struct matter_contact, cap);
        if (c->n > 0) memcpy(grown, c->contacts, sizeof *grown * (size_t)c->n);
        c->contacts = grown;
        c->cap = cap;
    }
    c->contacts[c->n++] = contact;
}

static const char *matter_of(struct resolving *r, const struct input *in)
{
    struct origin from = {in->source, in->id};
    return identity_matter(in->data, &from, r->h->arena);
}

static bool load_candidates(struct resolving *r, const struct arrival *arrivals, int n, struct err *e)
{
    struct arena *a = r->h->arena;
    const char **matters = ARENA_ARRAY(a, const char *, n);
    int k = 0;
    for (int i = 0; i < n; i++)
        if (arrivals[i].in->type == EV_INBOUND_COMPLAINT) matters[k++] = matter_of(r, arrivals[i].in);
    if (k == 0) return true;
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(a);
    int64_t days = r->h->policy->pack->matter_days;
    pg_arg_texts(&args, matters, k);
    pg_arg_int(&args, arrivals[0].in->now_ms - days * 86400000);
    if (!pg_query(r->h->pg,
                  "SELECT m.matter, c.case_id, c.source, c.ref FROM matter m JOIN contact c USING (case_id) WHERE "
                  "m.takes AND "
                  "m.matter = ANY ($1::text[]) AND m.opened_ms >= $2 ORDER BY c.case_id",
                  &args, &rows, e))
        return false;
    for (int i = 0; i < pg_rows_count(rows); i++)
        add_contact(r, candidates_of(r, arena_strdup(a, pg_text(rows, i, 0))),
                    (struct matter_contact){pg_int(rows, i, 1), arena_strdup(a, pg_text(rows, i, 2)),
                                            arena_strdup(a, pg_text(rows, i, 3))});
    pg_rows_free(rows);
    return true;
}

static bool load_serials(struct resolving *r, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(r->h->pg, "SELECT partition, last FROM serial", NULL, &rows, e)) return false;
    r->serials = ARENA_ARRAY(r->h->arena, int64_t, r->h->partitions);
    for (int i = 0; i < pg_rows_count(rows); i++)
        if (pg_int(rows, i, 0) < r->h->partitions) r->serials[pg_int(rows, i, 0)] = pg_int(rows, i, 1);
    pg_rows_free(rows);
    return true;
}

static int64_t new_case(struct resolving *r, int part) { return case_id_make(part, ++r->serials[part]); }

static void resolve_complaint(struct resolving *r, struct arrival *a)
{
    const struct ev_inbound_complaint *c = a->in->data;
    struct candidates *known = candidates_of(r, matter_of(r, a->in));
    a->case_id = matter_choose(known->contacts, known->n, a->in->source, c->external_ref);
    if (a->case_id == 0) a->case_id = new_case(r, a->part);
    add_contact(r, known, (struct matter_contact){a->case_id, a->in->source, c->external_ref});
}

/* Material names its case; for a number that is none of this partition's given ones the core registers it anew. */
static void resolve_supplement(struct resolving *r, struct arrival *a)
{
    const struct ev_inbound_supplement *s = a->in->data;
    int64_t case_id;
    bool known = case_no_parse(s->case_no, &case_id) && case_id_partition(case_id) == a->part &&
                 case_id_serial(case_id) <= r->serials[a->part];
    a->case_id = known ? case_id : new_case(r, a->part);
}

/* Once a batch at most, however many strangers send. */
static bool load_channels(struct host *h, const struct arrival *arrivals, int n, struct err *e)
{
    for (int i = 0; i < n; i++)
        if (!channels_know(h->store, arrivals[i].in->source)) return channels_read(h->store, h->pg, e);
    return true;
}

static bool resolve(struct host *h, struct arrival *arrivals, int n, struct err *e)
{
    struct resolving r = {.h = h};
    bool well = load_channels(h, arrivals, n, e) && load_serials(&r, e) && load_candidates(&r, arrivals, n, e);
    for (int i = 0; well && i < n; i++) {
        if (!channels_know(h->store, arrivals[i].in->source))
            arrivals[i].refuse = "unknown_channel";
        else if (arrivals[i].in->type == EV_INBOUND_SUPPLEMENT)
            resolve_supplement(&r, &arrivals[i]);
        else
            resolve_complaint(&r, &arrivals[i]);
    }
    HASH_CLEAR(hh, r.all);
    return well;
}

/* ---- save ---- */

struct saved {
    int n_contacts, n_matters, n_ended, n_serials;
    const char **source, **event_id, **ref, **matter;
    int64_t *case_id, *at_ms, *opened, *opened_ms, *ended, *part, *last;
    bool *takes;
};

static bool takes_contacts(const struct intake_state *s)
{
    return s->status != INTAKE_STATUS_WITHDRAWN && (s->status != INTAKE_STATUS_CLOSED || s->outcome == OUTCOME_LAPSED);
}

static bool is_inbound(const struct change *c)
{
    return c->in->type == EV_INBOUND_COMPLAINT || c->in->type == EV_INBOUND_SUPPLEMENT;
}

static void save_contact(struct saved *s, const struct change *c)
{
    if (!is_inbound(c) || c->parked || c->in->case_id == 0 || c->in->data == NULL) return;
    int i = s->n_contacts++;
    s->source[i] = c->in->source;
    s->event_id[i] = c->in->id;
    s->case_id[i] = c->in->case_id;
    s->at_ms[i] = c->in->now_ms;
    s->ref[i] =
        c->in->type == EV_INBOUND_COMPLAINT ? ((const struct ev_inbound_complaint *)c->in->data)->external_ref : NULL;
}

static void save_registered(struct saved *s, const struct change *c)
{
    for (int m = 0; m < c->n_made; m++) {
        if (c->made[m].type != EV_INTAKE_REGISTERED) continue;
        int i = s->n_matters++;
        s->opened[i] = c->in->case_id;
        s->opened_ms[i] = c->in->now_ms;
        s->matter[i] = ((const struct ev_intake_registered *)c->made[m].data)->matter;
        int k = 0;
        while (k < s->n_serials && s->part[k] != c->part) k++;
        if (k == s->n_serials) s->part[s->n_serials++] = c->part;
        if (case_id_serial(c->in->case_id) > s->last[k]) s->last[k] = case_id_serial(c->in->case_id);
    }
}

static void save_ending(struct saved *s, const struct change *c)
{
    if (c->before == NULL || c->after == NULL || c->before == c->after) return;
    bool takes = takes_contacts(c->after);
    if (takes == takes_contacts(c->before)) return;
    s->takes[s->n_ended] = takes;
    s->ended[s->n_ended++] = c->in->case_id;
}

static void write_contacts(struct pg_tx *tx, const struct saved *s)
{
    struct pg_args args = PG_ARGS(tx->arena);
    pg_arg_texts(&args, s->source, s->n_contacts);
    pg_arg_texts(&args, s->event_id, s->n_contacts);
    pg_arg_ints(&args, s->case_id, s->n_contacts);
    pg_arg_texts(&args, s->ref, s->n_contacts);
    pg_arg_ints(&args, s->at_ms, s->n_contacts);
    pg_tx_add(
        tx,
        "INSERT INTO contact (source, event_id, case_id, ref, at_ms) SELECT * FROM unnest($1::text[], $2::text[], "
        "$3::int8[], $4::text[], $5::int8[])",
        &args);
}

static void write_matters(struct pg_tx *tx, const struct saved *s)
{
    struct pg_args args = PG_ARGS(tx->arena), serials = PG_ARGS(tx->arena);
    pg_arg_ints(&args, s->opened, s->n_matters);
    pg_arg_texts(&args, s->matter, s->n_matters);
    pg_arg_ints(&args, s->opened_ms, s->n_matters);
    pg_tx_add(
        tx, "INSERT INTO matter (case_id, matter, opened_ms) SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[])",
        &args);
    pg_arg_ints(&serials, s->part, s->n_serials);
    pg_arg_ints(&serials, s->last, s->n_serials);
    pg_tx_add(tx,
              "INSERT INTO serial AS s (partition, last) SELECT * FROM unnest($1::int8[], $2::int8[]) ON CONFLICT "
              "(partition) DO "
              "UPDATE SET last = greatest(s.last, excluded.last)",
              &serials);
}

/* A case may end and be reopened within one batch: the last word of each case counts. */
static void write_endings(struct pg_tx *tx, const struct saved *s)
{
    struct arena *a = tx->arena;
    int64_t *cases = ARENA_ARRAY(a, int64_t, s->n_ended), *takes = ARENA_ARRAY(a, int64_t, s->n_ended);
    int n = 0;
    for (int i = 0; i < s->n_ended; i++) {
        bool later = false;
        for (int k = i + 1; k < s->n_ended && !later; k++) later = s->ended[k] == s->ended[i];
        if (later) continue;
        cases[n] = s->ended[i];
        takes[n++] = s->takes[i];
    }
    struct pg_args args = PG_ARGS(a);
    pg_arg_ints(&args, cases, n);
    pg_arg_ints(&args, takes, n);
    pg_tx_add(
        tx, "UPDATE matter m SET takes = u.t <> 0 FROM unnest($1::int8[], $2::int8[]) AS u(c, t) WHERE m.case_id = u.c",
        &args);
}

static bool save(struct host *h, struct pg_tx *tx, const struct change *changes, int n, struct err *e)
{
    (void)h, (void)e;
    struct arena *a = tx->arena;
    struct saved s = {.source = ARENA_ARRAY(a, const char *, n),
                      .event_id = ARENA_ARRAY(a, const char *, n),
                      .ref = ARENA_ARRAY(a, const char *, n),
                      .matter = ARENA_ARRAY(a, const char *, n),
                      .case_id = ARENA_ARRAY(a, int64_t, n),
                      .at_ms = ARENA_ARRAY(a, int64_t, n),
                      .opened = ARENA_ARRAY(a, int64_t, n),
                      .opened_ms = ARENA_ARRAY(a, int64_t, n),
                      .ended = ARENA_ARRAY(a, int64_t, n),
                      .part = ARENA_ARRAY(a, int64_t, n),
                      .last = ARENA_ARRAY(a, int64_t, n),
                      .takes = ARENA_ARRAY(a, bool, n)};
    for (int i = 0; i < n; i++) {
        save_contact(&s, &changes[i]);
        save_registered(&s, &changes[i]);
        save_ending(&s, &changes[i]);
    }
    if (s.n_contacts > 0) write_contacts(tx, &s);
    if (s.n_matters > 0) write_matters(tx, &s);
    if (s.n_ended > 0) write_endings(tx, &s);
    return true;
}

const struct store intake_store = {
    .open = open_store, .close = close_store, .home = home, .resolve = resolve, .save = save};
