/* Check 1: every inbound event that intake has read is exactly one contact of exactly one case, or stands parked with
 * its reason, or set aside by a person, or is on its way to its home partition (CH-4). */
#include <inttypes.h>
#include <string.h>

#include "cli/audit.h"

struct contact {
    char *key; /* source, newline, id */
    int64_t case_id;
    int cases;     /* how many contacts it is */
    bool expected; /* an inbound record with this key was read */
    UT_hash_handle hh;
};

static struct contact *contact(struct audit *a, struct contact **all, const char *source, const char *id)
{
    char *key = arena_printf(&a->arena, "%s\n%s", source == NULL ? "" : source, id);
    struct contact *c;
    HASH_FIND_STR(*all, key, c);
    if (c != NULL) return c;
    c = ARENA_NEW(&a->arena, struct contact);
    c->key = key;
    HASH_ADD_KEYPTR(hh, *all, c->key, strlen(c->key), c);
    return c;
}

static bool load_contacts(struct audit *a, struct contact **all, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(a->pg, "SELECT source, event_id, case_id FROM intake.contact", NULL, &rows, e)) return false;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct contact *c = contact(a, all, pg_text(rows, i, 0), pg_text(rows, i, 1));
        c->case_id = pg_int(rows, i, 2);
        if (++c->cases > 1) audit_offend(a, 1, "%s is %d contacts", pg_text(rows, i, 1), c->cases);
    }
    pg_rows_free(rows);
    return true;
}

/* Parked messages and those the exchange has not brought home yet are not lost, only not yet contacts; what a person
 * set aside stands kept with his name and reason. */
static bool load_waiting(struct audit *a, int64_t *waiting, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(
            a->pg,
            "SELECT (SELECT count(*) FROM intake.parked WHERE topic LIKE '%inbound%' OR topic LIKE '%exchange%') + "
            "(SELECT count(*) FROM intake.discarded WHERE topic LIKE '%inbound%' OR topic LIKE '%exchange%') + "
            "(SELECT coalesce(sum(s.out_seq - coalesce(e.last_seq, 0)), 0) FROM runtime.streams s LEFT JOIN "
            "runtime.edges e "
            "ON e.consumer = 'intake' AND e.service = s.service AND e.topic = s.topic AND e.source = s.partition AND "
            "e.partition = s.dst WHERE s.service = 'intake' AND s.topic LIKE '%exchange%')::int8",
            NULL, &rows, e))
        return false;
    *waiting = pg_int(rows, 0, 0);
    pg_rows_free(rows);
    return true;
}

static bool is_message(const struct logged *l)
{
    return l->id != NULL && (l->type == EV_INBOUND_COMPLAINT || l->type == EV_INBOUND_SUPPLEMENT);
}

/* Supplements answer a request and make no contact; that they were read is what `seen` says. */
static bool makes_contact(const struct logged *l) { return l->type == EV_INBOUND_COMPLAINT; }

bool audit_inbound(struct audit *a, struct err *e)
{
    struct contact *all = NULL, *c, *next;
    int64_t waiting = 0, missing = 0;
    if (!load_contacts(a, &all, e) || !load_waiting(a, &waiting, e)) return false;
    for (struct logged *l = a->inbound; l != NULL; l = l->hh.next)
        for (struct logged *m = l; m != NULL; m = m->same_id) {
            if (!is_message(m) || !makes_contact(m)) continue;
            c = contact(a, &all, m->source, m->id);
            if (!c->expected) a->checks[0].examined++;
            if (!c->expected && c->cases == 0) missing++;
            c->expected = true;
        }
    a->checks[0].waiting = missing < waiting ? missing : waiting;
    HASH_ITER(hh, all, c, next)
    {
        if (c->expected && c->cases == 0 && missing > waiting)
            audit_offend(a, 1, "%s was read and is no contact of any case", strchr(c->key, '\n') + 1);
    }
    HASH_CLEAR(hh, all);
    return true;
}
