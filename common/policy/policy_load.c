/* Reads pack and organisation, resolves event names, checks. */
#include "policy/policy_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "calendar/calendar.h"
#include "calendar/load.h"
#include "event/codec.h"
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

static bool resolve_limit(struct loaded *l, int index, const char *file, struct policy_limit *out, struct err *e)
{
    out->def = &l->policy.pack->limits[index];
    for (int edge = 0; edge < POLICY_EDGES; edge++) {
        struct names names = edge_of(out->def, (enum policy_edge)edge);
        enum event_type *types = ARENA_ARRAY(&l->arena, enum event_type, names.n);
        for (int i = 0; i < names.n; i++) {
            if (event_parse_name(names.items[i], &types[i])) continue;
            return err_set(e, ERR_DATA, "policy_load", "%s: $.limits[%d].%s[%d]: there is no event \"%s\"", file, index,
                           edge_names[edge], i, names.items[i]);
        }
        out->edges[edge] = (struct policy_events){.n = names.n, .types = types};
    }
    return true;
}

static bool resolve(struct loaded *l, const char *file, struct err *e)
{
    int n = l->policy.pack->n_limits;
    struct policy_limit *limits = ARENA_ARRAY(&l->arena, struct policy_limit, n);
    for (int i = 0; i < n; i++) {
        if (!resolve_limit(l, i, file, &limits[i], e)) return false;
    }
    l->policy.n_limits = n;
    l->policy.limits = limits;
    return true;
}

struct sources {
    const char *pack_file, *organisation_file;
    struct text pack, organisation;
};

static bool build(struct loaded *l, const struct sources *s, struct err *e)
{
    struct pol_pack *pack = ARENA_NEW(&l->arena, struct pol_pack);
    struct pol_organisation *org = ARENA_NEW(&l->arena, struct pol_organisation);
    l->policy.pack = pack;
    l->policy.org = org;
    return decode(&pol_pack_desc, s->pack_file, s->pack, &l->arena, pack, e) &&
           decode(&pol_organisation_desc, s->organisation_file, s->organisation, &l->arena, org, e) &&
           resolve(l, s->pack_file, e) && policy_check_pack(&l->policy, s->pack_file, e) &&
           policy_check_organisation(&l->policy, s->organisation_file, e);
}

static bool attach_calendar(struct loaded *l, const char *dir, const char *pack_file, struct err *e)
{
    const struct pol_pack *pack = l->policy.pack;
    if (!calendar_load(dir, pack->calendar, &l->policy.calendar, e)) return false;
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
        policy_unload(&l->policy);
    return well;
}

bool policy_load(const char *dir, const char *calendar_dir, const struct policy **out, struct err *e)
{
    struct loaded *l = loaded_new();
    struct sources s = {.pack_file = arena_printf(&l->arena, "%s/pack.json", dir),
                        .organisation_file = arena_printf(&l->arena, "%s/organisation.json", dir)};
    bool well = read_file(s.pack_file, &l->arena, &s.pack, e) &&
                read_file(s.organisation_file, &l->arena, &s.organisation, e) && build(l, &s, e) &&
                (!calendar_dir || attach_calendar(l, calendar_dir, s.pack_file, e));
    return finish(l, well, out);
}

bool policy_parse(const char *pack_json, const char *organisation_json, const struct policy **out, struct err *e)
{
    struct loaded *l = loaded_new();
    struct sources s = {.pack_file = "pack.json", .organisation_file = "organisation.json"};
    s.pack = (struct text){arena_strdup(&l->arena, pack_json), strlen(pack_json)};
    s.organisation = (struct text){arena_strdup(&l->arena, organisation_json), strlen(organisation_json)};
    return finish(l, build(l, &s, e), out);
}

void policy_unload(const struct policy *p)
{
    if (!p) return;
    struct loaded *l = (struct loaded *)p;
    if (p->calendar) calendar_unload(p->calendar);
    arena_deinit(&l->arena);
    free(l);
}
