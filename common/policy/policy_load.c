/* Reads pack and organisation, resolves event names, checks. */
#include "policy/policy_load.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "calendar/calendar.h"
#include "calendar/load.h"
#include "event/codec.h"
#include "policy/change.h"
#include "policy/check.h"

/* A policy with the memory it stands on; `policy` first, so that a pointer to it is one to this. */
struct loaded {
    struct policy policy;
    struct arena arena;
};

struct text {
    char *bytes;
    size_t n;
};

static bool read_file(const char *path, struct arena *a, struct text *out, struct err *e)
{
    AUTO_FCLOSE FILE *f = fopen(path, "re");
    if (!f) return err_set(e, ERR_IO, "policy_load", "%s: %s", path, strerror(errno));
    out->bytes = arena_alloc(a, CODEC_MAX_BYTES + 1);
    out->n = fread(out->bytes, 1, CODEC_MAX_BYTES + 1, f);
    return !ferror(f) || err_set(e, ERR_IO, "policy_load", "%s: cannot be read", path);
}

/* The decoder names the path; the file is added here. */
static bool decode(const struct type_desc *d, const char *file, struct text text, struct arena *a, void *out,
                   struct err *e)
{
    struct err why = ERR_INIT;
    if (codec_decode(d, text.bytes, text.n, a, out, &why)) return true;
    return err_set(e, why.code, "policy_load", "%s: %s", file, why.message);
}

static const char *const edge_names[POLICY_EDGES] = {"start", "stop", "pause", "resume", "cancel"};

struct names {
    int n;
    const char *const *items;
};

static struct names edge_of(const struct pol_limit_def *d, enum policy_edge edge)
{
    switch (edge) {
    case POLICY_START: return (struct names){d->n_start, d->start};
    case POLICY_STOP: return (struct names){d->n_stop, d->stop};
    case POLICY_PAUSE: return (struct names){d->n_pause, d->pause};
    case POLICY_RESUME: return (struct names){d->n_resume, d->resume};
    case POLICY_CANCEL: return (struct names){d->n_cancel, d->cancel};
    }
    return (struct names){0};
}

static bool resolve_limit(struct loaded *l, int index, const struct check *c, struct policy_limit *out)
{
    bool well = true;
    out->def = &l->policy.pack->limits[index];
    for (int edge = 0; edge < POLICY_EDGES; edge++) {
        struct names names = edge_of(out->def, (enum policy_edge)edge);
        enum event_type *types = ARENA_ARRAY(&l->arena, enum event_type, names.n);
        for (int i = 0; i < names.n; i++) {
            if (event_parse_name(names.items[i], &types[i])) continue;
            well = policy_refuse(c, "$.limits[%d].%s[%d]: there is no event \"%s\"", index, edge_names[edge], i,
                                 names.items[i]);
        }
        out->edges[edge] = (struct policy_events){.n = names.n, .types = types};
    }
    return well;
}

static bool resolve(struct loaded *l, const struct check *c)
{
    int n = l->policy.pack->n_limits;
    bool well = true;
    struct policy_limit *limits = ARENA_ARRAY(&l->arena, struct policy_limit, n);
    for (int i = 0; i < n; i++) well &= resolve_limit(l, i, c, &limits[i]);
    l->policy.n_limits = n;
    l->policy.limits = limits;
    return well;
}

struct sources {
    const char *pack_file, *organisation_file;
    struct text pack, organisation;
};

/* What the file says must be readable before the rest can be looked at. */
static bool decode_both(struct loaded *l, const struct sources *s, const struct check *c)
{
    struct pol_pack *pack = ARENA_NEW(&l->arena, struct pol_pack);
    struct pol_organisation *org = ARENA_NEW(&l->arena, struct pol_organisation);
    struct err in_pack = ERR_INIT, in_org = ERR_INIT;
    l->policy.pack = pack;
    l->policy.org = org;
    bool well = decode(&pol_pack_desc, s->pack_file, s->pack, &l->arena, pack, &in_pack);
    if (!well && c->found) c->found(c->user, in_pack.message);
    bool org_well = decode(&pol_organisation_desc, s->organisation_file, s->organisation, &l->arena, org, &in_org);
    if (!org_well && c->found) c->found(c->user, in_org.message);
    if (!well) err_set(c->err, in_pack.code, in_pack.where, "%s", in_pack.message);
    if (!org_well) err_set(c->err, in_org.code, in_org.where, "%s", in_org.message);
    return well && org_well;
}

static bool build(struct loaded *l, const struct sources *s, struct check *c)
{
    c->policy = &l->policy;
    c->file = s->pack_file;
    if (!decode_both(l, s, c)) return false;
    bool well = resolve(l, c);
    if (!well && !c->found) return false;
    well = policy_check_pack(c) && well;
    well = policy_check_plans(c) && well;
    well = policy_check_remedies(c) && well;
    well = policy_check_notices(c) && well;
    well = policy_check_liability(c) && well;
    if (!well && !c->found) return false;
    c->file = s->organisation_file;
    well = policy_check_organisation(c) && well;
    return policy_check_departments(c) && well;
}

/* A calendar that several territories go by is loaded once: the first entry's. */
static bool attach_others(struct loaded *l, const char *dir, struct err *e)
{
    const struct pol_pack *pack = l->policy.pack;
    const struct calendar **others = ARENA_ARRAY(&l->arena, const struct calendar *, pack->n_calendars);
    for (int i = 0; i < pack->n_calendars; i++) others[i] = NULL;
    l->policy.others = others;
    for (int i = 0; i < pack->n_calendars; i++) {
        others[i] = policy_calendar_named(&l->policy, pack->calendars[i].calendar);
        if (!others[i] && !calendar_load(dir, pack->calendars[i].calendar, &others[i], e)) return false;
    }
    return true;
}

static bool attach_calendars(struct loaded *l, const char *dir, const char *pack_file, struct err *e)
{
    const struct pol_pack *pack = l->policy.pack;
    if (!calendar_load(dir, pack->calendar, &l->policy.calendar, e) || !attach_others(l, dir, e)) return false;
    const char *zone = calendar_zone_name(l->policy.calendar);
    if (strcmp(zone, pack->timezone) == 0) return true;
    return err_set(e, ERR_DATA, "policy_load", "%s: $.timezone: \"%s\" is not the calendar's, \"%s\"", pack_file,
                   pack->timezone, zone);
}

static struct loaded *loaded_new(void)
{
    struct loaded *l = calloc(1, sizeof *l);
    if (!l) abort();
    arena_init(&l->arena);
    return l;
}

/* Hands the policy over, or drops it. */
static bool finish(struct loaded *l, bool well, const struct policy **out)
{
    if (well)
        *out = &l->policy;
    else
        policy_drop(&l->policy);
    return well;
}

static bool load_pack(const char *dir, const char *calendar_dir, struct loaded *l, struct check *c)
{
    struct sources s = {.pack_file = arena_printf(&l->arena, "%s/pack.json", dir),
                        .organisation_file = arena_printf(&l->arena, "%s/organisation.json", dir)};
    return read_file(s.pack_file, &l->arena, &s.pack, c->err) &&
           read_file(s.organisation_file, &l->arena, &s.organisation, c->err) && build(l, &s, c) &&
           (!calendar_dir || attach_calendars(l, calendar_dir, s.pack_file, c->err));
}

struct tally {
    void (*found)(void *user, const char *fault);
    void *user;
    int n;
};

static void count_fault(void *user, const char *fault)
{
    struct tally *t = user;
    t->n++;
    t->found(t->user, fault);
}

int policy_faults(const char *dir, const char *calendar_dir, void (*found)(void *user, const char *fault), void *user)
{
    struct tally t = {.found = found, .user = user};
    struct err e = ERR_INIT;
    struct check c = {.err = &e, .found = count_fault, .user = &t};
    struct loaded *l = loaded_new();
    /* What stopped it without a finding of its own: a file that is not there, the calendar. */
    if (!load_pack(dir, calendar_dir, l, &c) && t.n == 0) count_fault(&t, e.message);
    policy_drop(&l->policy);
    return t.n;
}

/* ---- revisions ---- */

static bool is_there(const char *dir, const char *name)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path && access(path, F_OK) == 0;
}

/* SL-8: a folder made by hand is no revision. The first comes with the installation. */
static bool check_approval(const struct policy *earlier, const struct pol_applied *applied, const char *file,
                           struct err *e)
{
    if (!earlier) return true;
    if (!applied->proposed_by || !applied->approved_by)
        return err_set(e, ERR_DATA, "policy_load", "%s: nobody has approved it (SL-8)", file);
    struct policy_moment proposed = {earlier, applied->has_proposed_ms ? applied->proposed_ms : POLICY_LONG_RUN};
    struct policy_moment approved = {earlier, applied->has_approved_ms ? applied->approved_ms : POLICY_LONG_RUN};
    const char *why = change_approver_fault(approved, applied->proposed_by, applied->approved_by);
    if (!why) why = change_proposer_fault(proposed, applied->proposed_by);
    return !why || err_set(e, ERR_DATA, "policy_load", "%s: not approved (SL-8): %s", file, why);
}

static bool read_applied(struct loaded *l, const struct policy *earlier, const char *dir, struct err *e)
{
    struct pol_applied *applied = ARENA_NEW(&l->arena, struct pol_applied);
    struct text text;
    const char *file = arena_printf(&l->arena, "%s/applied.json", dir);
    if (!read_file(file, &l->arena, &text, e) || !decode(&pol_applied_desc, file, text, &l->arena, applied, e))
        return false;
    l->policy.moves = applied->open_deadlines == OPEN_DEADLINES_MOVE;
    if (applied->revision != l->policy.revision)
        return err_set(e, ERR_DATA, "policy_load", "%s: $.revision: the folder is another one's", file);
    return check_approval(earlier, applied, file, e);
}

bool policy_load_later(const char *dir, const struct policy **p, struct err *e)
{
    for (int64_t n = *p ? (*p)->revision + 1 : 1;; n++) {
        char revision[PATH_MAX], calendars[PATH_MAX + 16];
        snprintf(revision, sizeof revision, "%s/%lld", dir, (long long)n);
        snprintf(calendars, sizeof calendars, "%s/calendar", revision);
        if (!is_there(revision, "pack.json")) return true;
        struct loaded *l = loaded_new();
        l->policy.revision = n;
        const struct policy *made;
        struct check c = {.err = e};
        if (!finish(l, read_applied(l, *p, revision, e) && load_pack(revision, calendars, l, &c), &made)) return false;
        l->policy.earlier = *p;
        *p = made;
    }
}

bool policy_load_next(const char *dir, const char *calendar_dir, const struct policy *earlier, bool moves,
                      const struct policy **out, struct err *e)
{
    struct loaded *l = loaded_new();
    if (!finish(l, load_pack(dir, calendar_dir, l, &(struct check){.err = e}), out)) return false;
    l->policy.revision = earlier->revision + 1;
    l->policy.moves = moves;
    l->policy.earlier = earlier;
    return true;
}

bool policy_load(const char *dir, const char *calendar_dir, const struct policy **out, struct err *e)
{
    *out = NULL;
    if (is_there(dir, "1")) {
        if (policy_load_later(dir, out, e)) return true;
        policy_unload(*out);
        return false;
    }
    struct loaded *l = loaded_new();
    l->policy.revision = 1;
    return finish(l, load_pack(dir, calendar_dir, l, &(struct check){.err = e}), out);
}

bool policy_parse(const char *pack_json, const char *organisation_json, const struct policy **out, struct err *e)
{
    struct loaded *l = loaded_new();
    struct sources s = {.pack_file = "pack.json", .organisation_file = "organisation.json"};
    s.pack = (struct text){arena_strdup(&l->arena, pack_json), strlen(pack_json)};
    s.organisation = (struct text){arena_strdup(&l->arena, organisation_json), strlen(organisation_json)};
    l->policy.revision = 1;
    return finish(l, build(l, &s, &(struct check){.err = e}), out);
}

void policy_drop(const struct policy *p)
{
    if (!p) return;
    struct loaded *l = (struct loaded *)p;
    for (int i = 0; p->others && i < p->pack->n_calendars; i++) {
        const struct calendar *own = p->others[i];
        for (int j = 0; own && j < i; j++) own = p->others[j] == own ? NULL : own;
        if (own && own != p->calendar) calendar_unload(own);
    }
    if (p->calendar) calendar_unload(p->calendar);
    arena_deinit(&l->arena);
    free(l);
}

void policy_unload(const struct policy *p)
{
    while (p) {
        const struct policy *earlier = p->earlier;
        policy_drop(p);
        p = earlier;
    }
}
