/* Check 7: the time index in Redis holds exactly the armed timers of the database, each with its due (SL-3).
 *
 * The index is written after the commit, so on a live installation the two differ for moments: only what still
 * differs after several looks is an offence, and a look that finds fewer differences earns further ones (an index that
 * was lost is being filled). A Redis that cannot be read, or an index nobody keeps since sla is stopped, is noted: the
 * rows decide, and sla rebuilds the index at its start. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "cli/audit.h"
#include "sla/timers.h"
#include "sla/timerview.h"

enum {
    LOOK_EVERY_S = 2,
    LOOKS = 3,       /* without fewer differences */
    LOOKS_LEASE = 8, /* a claim that came to nothing stands until its lease ends */
    OWNER = -1,      /* instead of a timer's id: the partition's index as a whole */
};

enum fault {
    FAULT_NONE,
    FAULT_ABSENT,  /* armed, not in the index */
    FAULT_DUE,     /* armed, in the index with another due */
    FAULT_LEASE,   /* armed, claimed for longer than any claim lasts */
    FAULT_SURPLUS, /* in the index, not armed */
    FAULT_CLAIMED, /* claimed, not armed */
    FAULT_OWNER,   /* the index is not the one of the partition's owner */
};

struct difference {
    int part;
    int64_t id;
    enum fault fault;
    int64_t armed_ms;      /* TS_NONE: not armed */
    struct tv_place place; /* for OWNER: due_ms is the index's epoch, armed_ms the owner's */
};

struct index_check {
    struct audit *a;
    struct tv *tv;
    int64_t lease_ms, grace_ms; /* ms of the installation's clock */
    struct difference *found;
    int n, cap;
};

static void differ(struct index_check *c, const struct difference *d)
{
    if (c->n == c->cap) {
        c->cap = c->cap == 0 ? 256 : 2 * c->cap;
        c->found = realloc(c->found, (size_t)c->cap * sizeof *c->found);
        if (c->found == NULL) abort(); /* out of memory (base/arena.h) */
    }
    c->found[c->n++] = *d;
}

/* What is past its due is claimed, given back with its lease's end, and claimed again: its place tells nothing. */
static enum fault judge(const struct index_check *c, const struct difference *d)
{
    int64_t now = clock_now_ms(&c->a->clock);
    bool due = d->place.due_ms != TS_NONE, leased = d->place.lease_ms != TS_NONE;
    if (d->armed_ms == TS_NONE) {
        if (due && d->place.due_ms > now) return FAULT_SURPLUS;
        if (due) return FAULT_NONE; /* the next claim finds no row and forgets it */
        return leased ? FAULT_CLAIMED : FAULT_NONE;
    }
    if (due && d->place.due_ms != d->armed_ms) {
        bool past = d->place.due_ms <= now && d->armed_ms <= now;
        return past ? FAULT_NONE : FAULT_DUE;
    }
    if (due) return FAULT_NONE;
    if (!leased) return FAULT_ABSENT;
    return d->place.lease_ms > now + c->lease_ms + c->grace_ms ? FAULT_LEASE : FAULT_NONE;
}

/* ---- the first look: all of a partition ---- */

static int by_id(const void *a, const void *b)
{
    const struct difference *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Both sets into `all`, by id; an id of both sets is one entry. */
static bool read_set(struct index_check *c, int part, enum tv_set set, struct index_check *all, struct err *e)
{
    struct tv_entry page[TV_PAGE];
    int n = TV_PAGE;
    for (int64_t from = 0; n == TV_PAGE; from += n) {
        if (!tv_page(c->tv, part, set, from, page, &n, e)) return false;
        for (int i = 0; i < n; i++) {
            struct difference d = {.part = part, .id = page[i].id, .armed_ms = TS_NONE, .place = {TS_NONE, TS_NONE}};
            if (set == TV_DUE)
                d.place.due_ms = page[i].at_ms;
            else
                d.place.lease_ms = page[i].at_ms;
            differ(all, &d);
        }
    }
    return true;
}

static bool read_index(struct index_check *c, int part, struct index_check *all, struct err *e)
{
    if (!read_set(c, part, TV_DUE, all, e) || !read_set(c, part, TV_LEASE, all, e)) return false;
    if (all->n > 0) qsort(all->found, (size_t)all->n, sizeof *all->found, by_id);
    int kept = 0;
    for (int i = 0; i < all->n; i++) {
        if (kept == 0 || all->found[kept - 1].id != all->found[i].id) {
            all->found[kept++] = all->found[i];
            continue;
        }
        struct tv_place *one = &all->found[kept - 1].place;
        const struct tv_place *other = &all->found[i].place;
        if (other->due_ms != TS_NONE) one->due_ms = other->due_ms;
        if (other->lease_ms != TS_NONE) one->lease_ms = other->lease_ms;
    }
    all->n = kept;
    return true;
}

static void note_fault(struct index_check *c, struct difference *d)
{
    d->fault = judge(c, d);
    if (d->fault != FAULT_NONE) differ(c, d);
}

/* Rows and index, both by id, side by side. */
static void compare(struct index_check *c, int part, const struct pg_rows *rows, const struct index_check *index)
{
    int k = 0;
    for (int i = 0; i < pg_rows_count(rows); i++) {
        int64_t id = pg_int(rows, i, 0);
        for (; k < index->n && index->found[k].id < id; k++) note_fault(c, &index->found[k]);
        struct difference d = {.part = part, .id = id, .place = {TS_NONE, TS_NONE}};
        if (k < index->n && index->found[k].id == id) d = index->found[k++];
        d.armed_ms = pg_int(rows, i, 1);
        note_fault(c, &d);
    }
    for (; k < index->n; k++) note_fault(c, &index->found[k]);
}

static bool look_at_timers(struct index_check *c, int part, struct err *e)
{
    struct index_check index = {0};
    struct pg_rows *rows = NULL;
    struct pg_args args = PG_ARGS(&c->a->arena);
    pg_arg_int(&args, part);
    bool well = read_index(c, part, &index, e) &&
                pg_query(c->a->pg, "SELECT id, due FROM sla.timer WHERE partition = $1 ORDER BY id", &args, &rows, e);
    if (well) {
        c->a->checks[AUDIT_INDEX - 1].examined += pg_rows_count(rows);
        compare(c, part, rows, &index);
        pg_rows_free(rows);
    }
    free(index.found);
    return well;
}

/* The index must be of the epoch that owns the partition; a partition nobody ever owned has none. */
static bool look_at_owner(struct index_check *c, int part, struct difference *d, struct err *e)
{
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&c->a->arena);
    pg_arg_int(&args, part);
    *d = (struct difference){.part = part, .id = OWNER};
    if (!pg_query(c->a->pg, "SELECT epoch FROM sla.fence WHERE partition = $1", &args, &rows, e)) return false;
    d->armed_ms = pg_rows_count(rows) > 0 ? pg_int(rows, 0, 0) : -1;
    pg_rows_free(rows);
    if (!tv_epoch(c->tv, part, &d->place.due_ms, e)) return false;
    d->fault = d->armed_ms == d->place.due_ms ? FAULT_NONE : FAULT_OWNER;
    return true;
}

static bool first_look(struct index_check *c, struct err *e)
{
    for (int part = 0; part < c->a->partitions; part++) {
        struct difference owner;
        if (!look_at_owner(c, part, &owner, e) || !look_at_timers(c, part, e)) return false;
        if (owner.fault != FAULT_NONE) differ(c, &owner);
    }
    return true;
}

/* ---- further looks: what differed ---- */

/* Timers of one partition, from..to: their rows by id into armed_ms. */
static bool read_rows(struct index_check *c, const int64_t *ids, int from, int to, struct err *e)
{
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&c->a->arena);
    pg_arg_ints(&args, ids, to - from);
    if (!pg_query(c->a->pg, "SELECT id, due FROM sla.timer WHERE id = ANY($1) ORDER BY id", &args, &rows, e))
        return false;
    for (int i = from, k = 0; i < to; i++) {
        while (k < pg_rows_count(rows) && pg_int(rows, k, 0) < c->found[i].id) k++;
        bool armed = k < pg_rows_count(rows) && pg_int(rows, k, 0) == c->found[i].id;
        c->found[i].armed_ms = armed ? pg_int(rows, k, 1) : TS_NONE;
    }
    pg_rows_free(rows);
    return true;
}

static bool look_again_at(struct index_check *c, int from, int to, struct err *e)
{
    int64_t ids[TV_PLACES];
    struct tv_place places[TV_PLACES];
    for (int i = from; i < to; i++) ids[i - from] = c->found[i].id;
    if (!tv_places(c->tv, c->found[from].part, ids, to - from, places, e) || !read_rows(c, ids, from, to, e))
        return false;
    for (int i = from; i < to; i++) {
        c->found[i].place = places[i - from];
        c->found[i].fault = judge(c, &c->found[i]);
    }
    return true;
}

/* Differences stand by partition, timers by id, the owner after its timers. */
static bool look_again(struct index_check *c, struct err *e)
{
    int to;
    for (int from = 0; from < c->n; from = to) {
        const struct difference *first = &c->found[from];
        if (first->id == OWNER) {
            to = from + 1;
            if (!look_at_owner(c, first->part, &c->found[from], e)) return false;
            continue;
        }
        for (to = from; to < c->n && to - from < TV_PLACES; to++)
            if (c->found[to].part != first->part || c->found[to].id == OWNER) break;
        if (!look_again_at(c, from, to, e)) return false;
    }
    int kept = 0;
    for (int i = 0; i < c->n; i++)
        if (c->found[i].fault != FAULT_NONE) c->found[kept++] = c->found[i];
    c->n = kept;
    return true;
}

static int patience(const struct index_check *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->found[i].fault == FAULT_CLAIMED) return LOOKS_LEASE;
    return LOOKS;
}

static bool settle(struct index_check *c, struct err *e)
{
    for (int looks = 0; c->n > 0 && looks < patience(c); looks++) {
        struct timespec pause = {.tv_sec = LOOK_EVERY_S};
        int before = c->n;
        nanosleep(&pause, NULL);
        if (!look_again(c, e)) return false;
        if (c->n < before) looks = -1;
    }
    return true;
}

/* ---- the verdict ---- */

static const char *what(enum fault f)
{
    switch (f) {
    case FAULT_NONE: return "as it should be";
    case FAULT_ABSENT: return "is armed and not in Redis";
    case FAULT_DUE: return "stands in Redis with another due";
    case FAULT_LEASE: return "is claimed in Redis for longer than any claim lasts";
    case FAULT_SURPLUS: return "stands in Redis and is not armed";
    case FAULT_CLAIMED: return "is claimed in Redis and is not armed";
    case FAULT_OWNER: return "is not its owner's";
    }
    return "?";
}

static void add_instant(char *text, size_t size, const char *label, int64_t ms)
{
    size_t n = strlen(text);
    if (ms != TS_NONE) snprintf(text + n, size - n, "; %s %" PRId64, label, ms);
}

static bool offend(struct index_check *c, const struct difference *d, struct err *e)
{
    if (d->fault == FAULT_OWNER) {
        audit_offend(c->a, AUDIT_INDEX, "the index of partition %d is of epoch %" PRId64 ", its owner has %" PRId64,
                     d->part, d->place.due_ms, d->armed_ms);
        return true;
    }
    if (c->a->checks[AUDIT_INDEX - 1].offences >= AUDIT_SHOWN) {
        audit_offend(c->a, AUDIT_INDEX, "%s", what(d->fault));
        return true;
    }
    struct pg_rows *rows;
    struct pg_args args = PG_ARGS(&c->a->arena);
    pg_arg_int(&args, d->part);
    pg_arg_int(&args, d->id);
    if (!pg_query(c->a->pg,
                  "SELECT format('timer %s of limit %s/%s/%s%s', id, case_id, code, ver, CASE WHEN warning THEN ' "
                  "(warning)' ELSE '' END) FROM sla.timer WHERE partition = $1 AND id = $2",
                  &args, &rows, e))
        return false;
    char name[160], when[160] = "";
    snprintf(name, sizeof name, "timer %" PRId64 " of partition %d", d->id, d->part);
    if (pg_rows_count(rows) > 0) snprintf(name, sizeof name, "%s", pg_text(rows, 0, 0));
    pg_rows_free(rows);
    add_instant(when, sizeof when, "due", d->armed_ms);
    add_instant(when, sizeof when, "in Redis", d->place.due_ms);
    add_instant(when, sizeof when, "claimed until", d->place.lease_ms);
    audit_offend(c->a, AUDIT_INDEX, "%s %s%s", name, what(d->fault), when);
    return true;
}

/* Does sla keep the index now? Without a port to ask it is taken to. */
static bool sla_runs(const struct audit *a)
{
    char url[160];
    int64_t port = config_int(&a->cli->config, "sla.http.port");
    if (port == 0) return true;
    snprintf(url, sizeof url, "http://%s:%" PRId64 "/healthz", config_text(&a->cli->config, "http.host"), port);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return rc == CURLE_OK;
}

static bool judge_all(struct index_check *c, struct err *e)
{
    if (!first_look(c, e)) return false;
    if (c->n > 0 && !sla_runs(c->a)) {
        audit_note(c->a, AUDIT_INDEX, "sla is not running: %d differences in an index that it rebuilds at its start",
                   c->n);
        return true;
    }
    if (!settle(c, e)) return false;
    for (int i = 0; i < c->n; i++)
        if (!offend(c, &c->found[i], e)) return false;
    return true;
}

bool audit_index(struct audit *a, struct err *e)
{
    const struct config *config = &a->cli->config;
    struct ts_config redis = {.host = config_text(config, "redis.host"),
                              .port = (int)config_int(config, "redis.port"),
                              .password = config_text(config, "redis.password")};
    double scale = a->clock.driven && a->clock.scale > 1 ? a->clock.scale : 1;
    struct index_check c = {
        .a = a, .lease_ms = (int64_t)(LEASE_MS * scale), .grace_ms = (int64_t)(AUDIT_GRACE_REAL_MS * scale)};
    struct err why = ERR_INIT;
    c.tv = tv_open(&redis, &why);
    bool well = c.tv != NULL && judge_all(&c, &why);
    tv_close(c.tv);
    free(c.found);
    if (!well && why.code == ERR_REDIS) {
        audit_note(a, AUDIT_INDEX, "not compared: %s (the rows of the database decide; sla rebuilds the index)",
                   why.message);
        return true;
    }
    if (!well) *e = why;
    return well;
}
