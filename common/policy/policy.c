/* Look-ups in an immutable policy. Lists are short (tens), so they are walked. */
#include "policy/policy.h"

#include <string.h>

const struct policy *policy_of(const struct policy *p, int64_t revision)
{
    while (p->revision > revision && !p->moves && p->earlier) p = p->earlier;
    return p;
}

const struct policy *policy_revision(const struct policy *p, int64_t revision)
{
    while (p && p->revision > revision) p = p->earlier;
    return p && p->revision == revision ? p : NULL;
}

const struct policy *policy_then(const struct policy *p, int64_t revision)
{
    const struct policy *then = policy_revision(p, revision > 0 ? revision : 1);
    return then ? then : p;
}

/* The code itself, or with the name of a date behind it. */
static bool is_code(const char *code, const char *defined)
{
    size_t n = strlen(defined);
    return strncmp(code, defined, n) == 0 && (code[n] == '\0' || code[n] == '#');
}

int policy_repeat(const char *code, size_t *base_len)
{
    static const char mark[] = "#again";
    const char *hash = strrchr(code, '#');
    bool is = hash != NULL && strncmp(hash, mark, sizeof mark - 1) == 0;
    int nth = 0;
    for (const char *c = is ? hash + sizeof mark - 1 : ""; *c >= '0' && *c <= '9'; c++) nth = 10 * nth + (*c - '0');
    if (base_len != NULL) *base_len = is ? (size_t)(hash - code) : strlen(code);
    return nth;
}

bool policy_same_limit(const char *code, const char *other)
{
    size_t n, m;
    policy_repeat(code, &n);
    policy_repeat(other, &m);
    return n == m && memcmp(code, other, n) == 0;
}

const struct policy_limit *policy_limit(const struct policy *p, const char *code)
{
    for (int i = 0; code && i < p->n_limits; i++) {
        if (is_code(code, p->limits[i].def->code)) return &p->limits[i];
    }
    return NULL;
}

static bool has_event(const struct policy_events *events, enum event_type event)
{
    for (int i = 0; i < events->n; i++) {
        if (events->types[i] == event) return true;
    }
    return false;
}

const struct policy_limit *policy_next_limit(const struct policy *p, enum policy_edge edge, enum event_type event,
                                             const struct policy_limit *after)
{
    const struct policy_limit *end = p->limits + p->n_limits;
    for (const struct policy_limit *l = after ? after + 1 : p->limits; l < end; l++) {
        if (has_event(&l->edges[edge], event)) return l;
    }
    return NULL;
}

bool policy_limit_applies(const struct policy_limit *l, const struct limit_scope *scope)
{
    const struct pol_limit_def *d = l->def;
    bool kind = d->n_kinds == 0 || scope->kind == KIND_ABSENT;
    bool phase = d->n_phases == 0 || scope->phase == PHASE_ABSENT;
    bool category = d->n_categories == 0 || scope->category == CATEGORY_ABSENT;
    bool severity = d->n_severities == 0 || scope->severity == SEVERITY_ABSENT;
    for (int i = 0; i < d->n_kinds; i++) kind |= d->kinds[i] == scope->kind;
    for (int i = 0; i < d->n_phases; i++) phase |= d->phases[i] == scope->phase;
    for (int i = 0; i < d->n_categories; i++) category |= d->categories[i] == scope->category;
    for (int i = 0; i < d->n_severities; i++) severity |= d->severities[i] == scope->severity;
    return kind && phase && category && severity;
}

bool policy_limit_wanted(const struct policy_limit *l, enum event_type event, const void *data)
{
    if (!l->def->only_if) return true;
    const struct field_desc *f = desc_field(event_desc(event), l->def->only_if);
    return !f || (f->kind == FIELD_BOOL && *(const bool *)((const char *)data + f->offset));
}

const struct pol_rung *policy_rung(const struct policy *p, const char *code, enum org_level level)
{
    for (int i = 0; i < p->pack->n_ladder; i++) {
        const struct pol_rung *r = &p->pack->ladder[i];
        if (r->level == level && is_code(code, r->code)) return r;
    }
    return NULL;
}

bool policy_refusal_climbs(const struct policy *p, enum org_level level, enum kind kind)
{
    for (int i = 0; i < p->pack->n_refusals; i++) {
        const struct pol_refusal *r = &p->pack->refusals[i];
        bool fits = r->n_kinds == 0;
        for (int k = 0; k < r->n_kinds; k++) fits |= r->kinds[k] == kind;
        if (r->level == level) return fits;
    }
    return false;
}

bool policy_demands_file(const struct policy *p, const char *code)
{
    const struct pol_file_demand *file = p->pack->file;
    for (int i = 0; file != NULL && code != NULL && i < file->n_codes; i++) {
        if (strcmp(file->codes[i], code) == 0) return true;
    }
    return false;
}

bool policy_table_decides(const struct policy *p, enum climb_cause cause)
{
    const struct pol_liability_table *table = p->pack->liability;
    for (int i = 0; table != NULL && i < table->n_climbs; i++) {
        if (table->climbs[i].cause == cause) return table->climbs[i].by == CLIMB_BY_TABLE;
    }
    return false;
}

bool policy_is_reminder(const struct policy *p, const char *code)
{
    const struct pol_negotiation *n = p->pack->negotiation;
    for (int i = 0; i < n->n_reminder_limits; i++) {
        if (is_code(code, n->reminder_limits[i])) return true;
    }
    return false;
}

const struct pol_unit *policy_unit(const struct policy *p, const char *id)
{
    for (int i = 0; id && i < p->org->n_units; i++) {
        if (strcmp(p->org->units[i].id, id) == 0) return &p->org->units[i];
    }
    return NULL;
}

const struct pol_unit *policy_unit_ever(const struct policy *p, const char *id)
{
    const struct pol_unit *unit = NULL;
    for (; p && !unit; p = p->earlier) unit = policy_unit(p, id);
    return unit;
}

const struct pol_unit *policy_parent(const struct policy *p, const struct pol_unit *unit)
{
    return policy_unit(p, unit->parent);
}

bool policy_leads(const struct policy *p, const char *upper, const char *lower)
{
    const struct pol_unit *top = policy_unit(p, upper), *at = policy_unit(p, lower);
    if (top == NULL || at == NULL) return false;
    while ((at = policy_parent(p, at)) != NULL) {
        if (at == top) return true;
    }
    return false;
}

const struct pol_unit *policy_head_office(const struct policy *p)
{
    for (int i = 0; i < p->org->n_units; i++) {
        if (p->org->units[i].level == ORG_LEVEL_HEAD_OFFICE) return &p->org->units[i];
    }
    return NULL;
}

/* How well a list of prefixes fits: length of the longest prefix that fits + 1, 0 = none does. */
static size_t prefix_fit(const char *const *prefixes, int n, const char *text)
{
    size_t best = 0;
    for (int i = 0; text && i < n; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(prefixes[i], text, length) == 0 && length + 1 > best) best = length + 1;
    }
    return best;
}

/* The same for one territory: a name, a name ending in "*", or "*", which also fits an unknown region. An exact name
 * beats a pattern of the same length. */
static size_t territory_fit(const char *territory, const char *region)
{
    size_t length = strlen(territory);
    if (strcmp(territory, "*") == 0) return 1;
    if (region && strcmp(territory, region) == 0) return 2 * length + 1;
    bool begins = region && territory[length - 1] == '*' && strncmp(territory, region, length - 1) == 0;
    return begins ? 2 * (length - 1) : 0;
}

static size_t unit_fit(const struct pol_unit *u, const char *region)
{
    size_t best = 0;
    for (int i = 0; i < u->n_territories; i++) {
        size_t fit = territory_fit(u->territories[i], region);
        if (fit > best) best = fit;
    }
    return best;
}

const struct pol_unit *policy_unit_for(const struct policy *p, const char *contract_no, const char *region)
{
    const struct pol_unit *holder = NULL, *local = NULL;
    size_t holder_fit = 0, local_fit = 0;
    for (int i = 0; i < p->org->n_units; i++) {
        const struct pol_unit *u = &p->org->units[i];
        if (u->suspended) continue;
        size_t fit = prefix_fit(u->contracts, u->n_contracts, contract_no);
        if (fit > holder_fit) {
            holder_fit = fit;
            holder = u;
        }
        fit = unit_fit(u, region);
        if (fit > local_fit) {
            local_fit = fit;
            local = u;
        }
    }
    return holder ? holder : local;
}

const struct calendar *policy_calendar(const struct policy *p, const char *region)
{
    const struct calendar *best = p->calendar;
    size_t best_fit = 0;
    for (int i = 0; region && p->others && i < p->pack->n_calendars; i++) {
        size_t fit = territory_fit(p->pack->calendars[i].territory, region);
        if (fit > best_fit) {
            best_fit = fit;
            best = p->others[i];
        }
    }
    return best;
}

const struct calendar *policy_calendar_named(const struct policy *p, const char *id)
{
    if (strcmp(p->pack->calendar, id) == 0) return p->calendar;
    for (int i = 0; p->others && i < p->pack->n_calendars; i++) {
        if (strcmp(p->pack->calendars[i].calendar, id) == 0) return p->others[i];
    }
    return NULL;
}

bool policy_role_among(enum role role, const enum role *roles, int n)
{
    for (int i = 0; i < n; i++) {
        if (roles[i] == role) return true;
    }
    return false;
}

const struct pol_amount *policy_amount(const struct pol_amount *list, int n, const char *currency)
{
    for (int i = 0; currency != NULL && i < n; i++) {
        if (strcmp(list[i].currency, currency) == 0) return &list[i];
    }
    return NULL;
}

bool policy_alone_below(const struct policy *p, const char *currency, int64_t *minor)
{
    const struct pol_amount *below = policy_amount(p->pack->alone_below, p->pack->n_alone_below, currency);
    if (below != NULL) *minor = below->minor;
    return below != NULL;
}

bool policy_may_decide_alone(const struct policy *p, enum role role)
{
    return policy_role_among(role, p->pack->alone_roles, p->pack->n_alone_roles);
}

enum role policy_approver(const struct policy *p, enum org_level level)
{
    switch (level) {
    case ORG_LEVEL_OUTLET: return p->pack->approver_outlet;
    case ORG_LEVEL_REGIONAL: return p->pack->approver_regional;
    case ORG_LEVEL_HEAD_OFFICE: return p->pack->approver_head_office;
    case ORG_LEVEL_ABSENT: break;
    }
    return ROLE_ABSENT;
}

const struct pol_kind_materials *policy_materials(const struct policy *p, enum kind kind)
{
    for (int i = 0; i < p->pack->n_materials; i++) {
        if (p->pack->materials[i].kind == kind) return &p->pack->materials[i];
    }
    return NULL;
}

const struct pol_category_items *policy_evidence(const struct policy *p, enum category category)
{
    const struct pol_category_items *other = NULL;
    for (int i = 0; i < p->pack->n_evidence; i++) {
        const struct pol_category_items *items = &p->pack->evidence[i];
        if (items->category == category && category != CATEGORY_ABSENT) return items;
        if (items->category == CATEGORY_ABSENT) other = items;
    }
    return other;
}
