/* Whether a pack can be right: what the schema cannot say (SL-8). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/timefmt.h"
#include "policy/check.h"

bool policy_refuse(const struct check *c, const char *fmt, ...)
{
    char why[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return err_set(c->err, ERR_DATA, "policy_load", "%s: %s", c->file, why);
}

/* A file or database name may be made of it. */
static bool is_plain_name(const char *s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *s && strspn(s, allowed) == strlen(s);
}

static bool is_date(const char *s)
{
    char instant[40];
    int64_t ms;
    if (strlen(s) != 10) return false;
    snprintf(instant, sizeof instant, "%sT00:00:00Z", s);
    return timefmt_parse(instant, &ms);
}

static bool check_head(const struct check *c, const struct pol_pack *p)
{
    if (!is_plain_name(p->id)) return policy_refuse(c, "$.id: letters, digits, - and _ only");
    if (p->version < 1) return policy_refuse(c, "$.version: must be at least 1");
    if (!is_date(p->effective_from)) return policy_refuse(c, "$.effective_from: not a date like 2026-01-31");
    if (!is_plain_name(p->calendar)) return policy_refuse(c, "$.calendar: letters, digits, - and _ only");
    if (money_exponent(p->currency) < 0) return policy_refuse(c, "$.currency: \"%s\" is no ISO 4217 code", p->currency);
    if (!is_plain_name(p->numbering->prefix) || strlen(p->numbering->prefix) > 8) {
        return policy_refuse(c, "$.numbering.prefix: 1 to 8 letters and digits");
    }
    if (p->matter_days < 1) return policy_refuse(c, "$.matter_days: must be at least 1");
    return true;
}

static bool check_amounts(const struct check *c, const struct pol_pack *p)
{
    for (int i = 0; i < p->n_alone_below; i++) {
        const struct pol_amount *a = &p->alone_below[i];
        if (money_exponent(a->currency) < 0) {
            return policy_refuse(c, "$.alone_below[%d].currency: \"%s\" is no ISO 4217 code", i, a->currency);
        }
        if (a->minor < 0) return policy_refuse(c, "$.alone_below[%d].minor: must not be negative", i);
        for (int j = 0; j < i; j++) {
            if (strcmp(p->alone_below[j].currency, a->currency) != 0) continue;
            return policy_refuse(c, "$.alone_below[%d].currency: %s is listed twice", i, a->currency);
        }
    }
    return true;
}

static bool check_lists(const struct check *c, const struct pol_pack *p)
{
    for (int i = 0; i < p->n_materials; i++) {
        for (int j = 0; j < i; j++) {
            if (p->materials[j].kind != p->materials[i].kind) continue;
            return policy_refuse(c, "$.materials[%d].kind: %s is listed twice", i, kind_name(p->materials[i].kind));
        }
    }
    for (int i = 0; i < p->n_evidence; i++) {
        for (int j = 0; j < i; j++) {
            if (p->evidence[j].category != p->evidence[i].category) continue;
            return policy_refuse(c, "$.evidence[%d].category: \"%s\" is listed twice", i,
                                 category_name(p->evidence[i].category));
        }
    }
    return true;
}

/* Limits are moved by facts the seven services state; the SLA service does not read itself. */
static bool is_fact(enum event_type t)
{
    const char *producer = event_producer(t);
    return event_topic(t) && !event_is_command(t) && strcmp(producer, "channel") != 0 && strcmp(producer, "sla") != 0;
}

static bool check_events(const struct check *c, int index, const struct policy_limit *l)
{
    bool seen[EV_COUNT] = {false};
    for (int edge = 0; edge < POLICY_EDGES; edge++) {
        for (int i = 0; i < l->edges[edge].n; i++) {
            enum event_type t = l->edges[edge].types[i];
            if (!is_fact(t)) return policy_refuse(c, "$.limits[%d]: %s is no fact of a service", index, event_name(t));
            if (seen[t]) return policy_refuse(c, "$.limits[%d]: %s is used twice", index, event_name(t));
            seen[t] = true;
        }
    }
    for (int i = 0; i < l->edges[POLICY_START].n && l->def->only_if; i++) {
        enum event_type t = l->edges[POLICY_START].types[i];
        const struct field_desc *f = desc_field(event_desc(t), l->def->only_if);
        if (f && f->kind == FIELD_BOOL && !f->array) continue;
        return policy_refuse(c, "$.limits[%d].only_if: %s has no boolean \"%s\"", index, event_name(t),
                             l->def->only_if);
    }
    return true;
}

static bool check_limit(const struct check *c, int index, const struct policy_limit *l)
{
    const struct pol_limit_def *d = l->def;
    if (!is_plain_name(d->code)) return policy_refuse(c, "$.limits[%d].code: letters, digits, - and _ only", index);
    for (int j = 0; j < index; j++) {
        if (strcmp(c->policy->limits[j].def->code, d->code) != 0) continue;
        return policy_refuse(c, "$.limits[%d].code: \"%s\" is used twice", index, d->code);
    }
    if (d->n_start == 0) return policy_refuse(c, "$.limits[%d].start: nothing starts it", index);
    if (d->n_stop == 0) return policy_refuse(c, "$.limits[%d].stop: nothing stops it", index);
    if (d->n_start > 1 && !d->restart) {
        return policy_refuse(c, "$.limits[%d].restart: several events start it, so a new start must restart it", index);
    }
    if ((d->n_pause == 0) != (d->n_resume == 0)) {
        return policy_refuse(c, "$.limits[%d].resume: what is paused must be resumed, and the other way round", index);
    }
    if (d->length->n < 1 || d->length->n > 10000) return policy_refuse(c, "$.limits[%d].length.n: 1 to 10000", index);
    if (d->has_warn_percent && (d->warn_percent < 1 || d->warn_percent > 99)) {
        return policy_refuse(c, "$.limits[%d].warn_percent: 1 to 99", index);
    }
    return check_events(c, index, l);
}

static bool check_ladder(const struct check *c, const struct pol_pack *p)
{
    for (int i = 0; i < p->n_ladder; i++) {
        const struct pol_rung *r = &p->ladder[i];
        const struct policy_limit *l = policy_limit(c->policy, r->code);
        if (!l) return policy_refuse(c, "$.ladder[%d].code: there is no limit \"%s\"", i, r->code);
        if (l->def->on_miss != ON_MISS_SLIP) {
            return policy_refuse(c, "$.ladder[%d].code: a miss of \"%s\" is nobody's fault (on_miss)", i, r->code);
        }
        if (r->level == ORG_LEVEL_HEAD_OFFICE)
            return policy_refuse(c, "$.ladder[%d].level: nobody is above head office", i);
        if (r->misses < 1) return policy_refuse(c, "$.ladder[%d].misses: must be at least 1", i);
        if (policy_rung(c->policy, r->code, r->level) != r) {
            return policy_refuse(c, "$.ladder[%d]: \"%s\" has two rungs on this level", i, r->code);
        }
    }
    return true;
}

static bool known(const struct check *c, const char *path, const char *code)
{
    return policy_limit(c->policy, code) || policy_refuse(c, "%s: there is no limit \"%s\"", path, code);
}

static bool check_negotiation(const struct check *c, const struct pol_negotiation *n)
{
    for (int i = 0; i < n->n_reminder_limits; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.negotiation.reminder_limits[%d]", i);
        if (!known(c, path, n->reminder_limits[i])) return false;
    }
    if (!known(c, "$.negotiation.lapse_limit", n->lapse_limit)) return false;
    if (!known(c, "$.negotiation.appeal_limit", n->appeal_limit)) return false;
    if (n->rounds < 1) return policy_refuse(c, "$.negotiation.rounds: must be at least 1");
    const struct pol_length *appeal = policy_limit(c->policy, n->appeal_limit)->def->length;
    if (appeal->unit == LIMIT_UNIT_CALENDAR_DAYS && appeal->n != n->appeal_days) {
        return policy_refuse(c, "$.negotiation.appeal_days: differs from the limit \"%s\"", n->appeal_limit);
    }
    return n->appeal_days >= 1 || policy_refuse(c, "$.negotiation.appeal_days: must be at least 1");
}

static bool check_intake(const struct check *c, const struct pol_intake_rules *r)
{
    return known(c, "$.intake.material_limit", r->material_limit) &&
           known(c, "$.intake.satisfaction_limit", r->satisfaction_limit) &&
           known(c, "$.intake.first_response_limit", r->first_response_limit) &&
           (r->reply_days >= 1 || policy_refuse(c, "$.intake.reply_days: must be at least 1"));
}

bool policy_check_pack(const struct policy *p, const char *file, struct err *e)
{
    const struct check c = {.policy = p, .file = file, .err = e};
    if (!check_head(&c, p->pack) || !check_amounts(&c, p->pack) || !check_lists(&c, p->pack)) return false;
    for (int i = 0; i < p->n_limits; i++) {
        if (!check_limit(&c, i, &p->limits[i])) return false;
    }
    return check_ladder(&c, p->pack) && check_negotiation(&c, p->pack->negotiation) &&
           check_intake(&c, p->pack->intake);
}
