/* Whether a pack can be right: what the schema cannot say (SL-8). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/timefmt.h"
#include "policy/check.h"
#include "policy/dates.h"

bool policy_refuse(const struct check *c, const char *fmt, ...)
{
    char why[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (c->found) {
        char fault[600];
        snprintf(fault, sizeof fault, "%s: %s", c->file, why);
        c->found(c->user, fault);
    }
    return err_set(c->err, ERR_DATA, "policy_load", "%s: %s", c->file, why);
}

/* A file or database name may be made of it. */
static bool is_plain_name(const char *s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *s && strspn(s, allowed) == strlen(s);
}

static bool check_head(const struct check *c, const struct pol_pack *p)
{
    if (!is_plain_name(p->id)) return policy_refuse(c, "$.id: letters, digits, - and _ only");
    if (p->version < 1) return policy_refuse(c, "$.version: must be at least 1");
    if (!timefmt_is_date(p->effective_from)) return policy_refuse(c, "$.effective_from: not a date like 2026-01-31");
    if (!is_plain_name(p->calendar)) return policy_refuse(c, "$.calendar: letters, digits, - and _ only");
    if (money_exponent(p->currency) < 0) return policy_refuse(c, "$.currency: \"%s\" is no ISO 4217 code", p->currency);
    if (!is_plain_name(p->numbering->prefix) || strlen(p->numbering->prefix) > 8) {
        return policy_refuse(c, "$.numbering.prefix: 1 to 8 letters and digits");
    }
    if (p->matter_days < 1) return policy_refuse(c, "$.matter_days: must be at least 1");
    return true;
}

static bool check_calendars(const struct check *c, const struct pol_pack *p)
{
    bool well = true;
    for (int i = 0; i < p->n_calendars; i++) {
        const struct pol_territory_calendar *t = &p->calendars[i];
        if (*t->territory == '\0' || strcmp(t->territory, "*") == 0)
            well = policy_refuse(c, "$.calendars[%d].territory: every other region goes by $.calendar", i);
        if (!is_plain_name(t->calendar))
            well = policy_refuse(c, "$.calendars[%d].calendar: letters, digits, - and _ only", i);
        for (int j = 0; j < i; j++) {
            if (strcmp(p->calendars[j].territory, t->territory) != 0) continue;
            well = policy_refuse(c, "$.calendars[%d].territory: \"%s\" is listed twice", i, t->territory);
        }
    }
    return well;
}

/* Entry `index` of a list of amounts, one a currency. */
static bool check_amount(const struct check *c, const char *path, const struct pol_amount *list, int index)
{
    const struct pol_amount *a = &list[index];
    if (money_exponent(a->currency) < 0) {
        return policy_refuse(c, "%s[%d].currency: \"%s\" is no ISO 4217 code", path, index, a->currency);
    }
    if (a->minor < 0) return policy_refuse(c, "%s[%d].minor: must not be negative", path, index);
    for (int j = 0; j < index; j++) {
        if (strcmp(list[j].currency, a->currency) != 0) continue;
        return policy_refuse(c, "%s[%d].currency: %s is listed twice", path, index, a->currency);
    }
    return true;
}

bool policy_check_amounts(const struct check *c, const char *path, const struct pol_amount *list, int n)
{
    bool well = true;
    for (int i = 0; i < n; i++) well &= check_amount(c, path, list, i);
    return well;
}

/* What nobody may let go on would stand for ever. */
static bool check_payment(const struct check *c, const struct pol_payment_rules *r)
{
    const struct {
        const char *path;
        int n;
    } roles[] = {{"release_roles", r->n_release_roles},
                 {"resolve_roles", r->n_resolve_roles},
                 {"confirm_roles", r->n_confirm_roles},
                 {"cash_roles", r->n_cash_roles}};
    bool well = policy_check_amounts(c, "$.payment.case_ceiling", r->case_ceiling, r->n_case_ceiling);
    well &= policy_check_amounts(c, "$.payment.day_ceiling", r->day_ceiling, r->n_day_ceiling);
    well &= policy_check_amounts(c, "$.payment.travel_allowance", r->travel_allowance, r->n_travel_allowance);
    well &= policy_check_amounts(c, "$.payment.deposit_required", r->deposit_required, r->n_deposit_required);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (roles[i].n == 0) well = policy_refuse(c, "$.payment.%s: nobody would hold the right", roles[i].path);
    }
    return well;
}

static bool check_materials(const struct check *c, const struct pol_pack *p, int index)
{
    for (int j = 0; j < index; j++) {
        if (p->materials[j].kind != p->materials[index].kind) continue;
        return policy_refuse(c, "$.materials[%d].kind: %s is listed twice", index, kind_name(p->materials[index].kind));
    }
    return true;
}

static bool check_evidence(const struct check *c, const struct pol_pack *p, int index)
{
    for (int j = 0; j < index; j++) {
        if (p->evidence[j].category != p->evidence[index].category) continue;
        return policy_refuse(c, "$.evidence[%d].category: \"%s\" is listed twice", index,
                             category_name(p->evidence[index].category));
    }
    return true;
}

/* Facts that say nothing of a case's progress: a service's copy of the brief was corrected, a slip was withdrawn,
 * the customer was told of what other facts say (CF-5), or the money is an account's, a visit's or the bank
 * statement's, at whose home no case was ever registered (PA-3, PA-6, PA-9). */
static bool is_aside(enum event_type t)
{
    static const enum event_type asides[] = {EV_EVIDENCE_BRIEF_CORRECTED,
                                             EV_APPROVAL_BRIEF_CORRECTED,
                                             EV_ESCALATION_SLIP_WITHDRAWN,
                                             EV_PAYMENT_RECHARGED,
                                             EV_PAYMENT_TOP_UP_DEMANDED,
                                             EV_PAYMENT_RECEIPT_RECORDED,
                                             EV_PAYMENT_RECEIPT_REVERSED,
                                             EV_PAYMENT_RECONCILED,
                                             EV_PAYMENT_RECONCILIATION_ASKED,
                                             EV_PAYMENT_DISCREPANCY_FOUND,
                                             EV_PAYMENT_DISCREPANCY_ENDED,
                                             EV_PAYMENT_DISCREPANCY_CLOSED,
                                             EV_INTAKE_TRAVEL_ALLOWED,
                                             EV_PAYMENT_TRAVEL_DUE,
                                             EV_PAYMENT_SPENDING_ANSWERED,
                                             EV_INTAKE_CUSTOMER_NOTIFIED,
                                             EV_INTAKE_INFORMED};
    for (size_t i = 0; i < sizeof asides / sizeof asides[0]; i++)
        if (asides[i] == t) return true;
    return false;
}

bool policy_moves_limits(enum event_type t)
{
    const char *producer = event_producer(t), *what = strchr(event_name(t), '.');
    if (event_topic(t) == NULL || what == NULL || event_is_command(t) || is_aside(t)) return false;
    if (strcmp(producer, "channel") == 0 || strcmp(producer, "sla") == 0) return false;
    return strcmp(what, ".command_refused") != 0 && strcmp(what, ".redriven") != 0;
}

/* Start events that have the field have it as a boolean, and one of them does. */
static bool check_only_if(const struct check *c, int index, const struct policy_limit *l)
{
    const struct policy_events *starts = &l->edges[POLICY_START];
    const char *field = l->def->only_if;
    enum event_type at = starts->n > 0 ? starts->types[0] : EV_NONE;
    bool well = field == NULL;
    for (int i = 0; i < starts->n && field != NULL; i++) {
        const struct field_desc *f = desc_field(event_desc(starts->types[i]), field);
        if (f == NULL) continue;
        at = starts->types[i];
        well = f->kind == FIELD_BOOL && !f->array;
        if (!well) break;
    }
    return well || policy_refuse(c, "$.limits[%d].only_if: %s has no boolean \"%s\"", index, event_name(at), field);
}

static bool check_events(const struct check *c, int index, const struct policy_limit *l)
{
    bool seen[EV_COUNT] = {false};
    for (int edge = 0; edge < POLICY_EDGES; edge++) {
        for (int i = 0; i < l->edges[edge].n; i++) {
            enum event_type t = l->edges[edge].types[i];
            if (t == EV_NONE) continue; /* no such event: told of already */
            if (!policy_moves_limits(t))
                return policy_refuse(c, "$.limits[%d]: %s is no fact that moves limits", index, event_name(t));
            if (seen[t]) return policy_refuse(c, "$.limits[%d]: %s is used twice", index, event_name(t));
            seen[t] = true;
        }
    }
    return check_only_if(c, index, l);
}

/* SL-7: a promised date is where every start event says one, and is named by a text of it. */
static bool check_date(const struct check *c, int index, const struct policy_limit *l)
{
    const struct pol_limit_def *d = l->def;
    for (int i = 0; i < l->edges[POLICY_START].n; i++) {
        enum event_type t = l->edges[POLICY_START].types[i];
        if (!dates_path_leads(t, d->date)) {
            return policy_refuse(c, "$.limits[%d].date: %s has no date at \"%s\"", index, event_name(t), d->date);
        }
    }
    return true;
}

/* One limit a name: every start event says one. */
static bool check_key(const struct check *c, int index, const struct policy_limit *l)
{
    const struct pol_limit_def *d = l->def;
    for (int i = 0; d->key != NULL && i < l->edges[POLICY_START].n; i++) {
        enum event_type t = l->edges[POLICY_START].types[i];
        const struct field_desc *key = desc_field(event_desc(t), d->key);
        if (key && key->kind == FIELD_STRING && !key->array) continue;
        return policy_refuse(c, "$.limits[%d].key: %s has no text \"%s\"", index, event_name(t), d->key);
    }
    return true;
}

static bool is_countable(const struct pol_length *length)
{
    return length->has_n && length->n >= 1 && length->n <= 10000;
}

static bool check_length(const struct check *c, int index, const struct policy_limit *l)
{
    const struct pol_limit_def *d = l->def;
    if (d->length->unit == LIMIT_UNIT_PROMISED_DATE) {
        if (d->length->has_n) return policy_refuse(c, "$.limits[%d].length.n: a promised date has no number", index);
        if (!d->date) return policy_refuse(c, "$.limits[%d].date: where does the start event say it?", index);
        if (!d->restart) return policy_refuse(c, "$.limits[%d].restart: a new date replaces the old one", index);
        return check_date(c, index, l);
    }
    if (d->date) return policy_refuse(c, "$.limits[%d].date: only of a promised_date", index);
    if (is_countable(d->length)) return true;
    return policy_refuse(c, "$.limits[%d].length.n: 1 to 10000", index);
}

static bool recurs(const struct pol_length *length)
{
    return length->unit == LIMIT_UNIT_EVERY_DAYS || length->unit == LIMIT_UNIT_EVERY_WEEKS;
}

static bool check_repeat(const struct check *c, int index, const struct pol_limit_def *d)
{
    const struct pol_repeat *again = d->repeat;
    if (again == NULL) return true;
    if (d->on_miss != ON_MISS_SLIP)
        return policy_refuse(c, "$.limits[%d].repeat: a miss of it issues no slip (on_miss)", index);
    if (again->times < 1 || again->times > 99) return policy_refuse(c, "$.limits[%d].repeat.times: 1 to 99", index);
    if (recurs(d->length)) return policy_refuse(c, "$.limits[%d].repeat: a duty that recurs is reminded anyway", index);
    if (again->length->unit == LIMIT_UNIT_PROMISED_DATE || recurs(again->length))
        return policy_refuse(c, "$.limits[%d].repeat.length.unit: hours or days", index);
    if (is_countable(again->length)) return true;
    return policy_refuse(c, "$.limits[%d].repeat.length.n: 1 to 10000", index);
}

/* What holds a case's limits is over with one event, the same for all of them. */
static bool check_pauses(const struct check *c, int index, const struct policy_limit *l)
{
    const struct policy_events *pauses = &l->edges[POLICY_PAUSE], *resumes = &l->edges[POLICY_RESUME];
    if (pauses->n != resumes->n) {
        return policy_refuse(c, "$.limits[%d].resume: one event for each of pause, in its place", index);
    }
    for (int j = 0; j < index; j++) {
        const struct policy_limit *other = &c->policy->limits[j];
        for (int i = 0; i < other->edges[POLICY_PAUSE].n; i++) {
            for (int k = 0; k < pauses->n; k++) {
                bool same = other->edges[POLICY_PAUSE].types[i] == pauses->types[k];
                if (!same || other->edges[POLICY_RESUME].types[i] == resumes->types[k]) continue;
                return policy_refuse(c, "$.limits[%d].resume[%d]: \"%s\" goes on by another event after %s", index, k,
                                     other->def->code, event_name(pauses->types[k]));
            }
        }
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
    if (!check_pauses(c, index, l) || !check_length(c, index, l) || !check_repeat(c, index, d)) return false;
    if (d->has_warn_percent && (d->warn_percent < 1 || d->warn_percent > 99)) {
        return policy_refuse(c, "$.limits[%d].warn_percent: 1 to 99", index);
    }
    return check_key(c, index, l) && check_events(c, index, l);
}

static bool check_rung(const struct check *c, const struct pol_pack *p, int index)
{
    const struct pol_rung *r = &p->ladder[index];
    const struct policy_limit *l = policy_limit(c->policy, r->code);
    if (!l) return policy_refuse(c, "$.ladder[%d].code: there is no limit \"%s\"", index, r->code);
    if (l->def->on_miss != ON_MISS_SLIP) {
        return policy_refuse(c, "$.ladder[%d].code: a miss of \"%s\" is nobody's fault (on_miss)", index, r->code);
    }
    if (r->level == ORG_LEVEL_HEAD_OFFICE)
        return policy_refuse(c, "$.ladder[%d].level: nobody is above head office", index);
    if (r->misses < 1) return policy_refuse(c, "$.ladder[%d].misses: must be at least 1", index);
    if (policy_rung(c->policy, r->code, r->level) == r) return true;
    return policy_refuse(c, "$.ladder[%d]: \"%s\" has two rungs on this level", index, r->code);
}

static bool known(const struct check *c, const char *path, const char *code)
{
    return policy_limit(c->policy, code) || policy_refuse(c, "%s: there is no limit \"%s\"", path, code);
}

static bool check_negotiation(const struct check *c, const struct pol_negotiation *n)
{
    bool well = true;
    for (int i = 0; i < n->n_reminder_limits; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.negotiation.reminder_limits[%d]", i);
        well &= known(c, path, n->reminder_limits[i]);
    }
    well &= known(c, "$.negotiation.lapse_limit", n->lapse_limit);
    if (n->rounds < 1) well = policy_refuse(c, "$.negotiation.rounds: must be at least 1");
    if (!known(c, "$.negotiation.appeal_limit", n->appeal_limit)) return false;
    const struct pol_length *appeal = policy_limit(c->policy, n->appeal_limit)->def->length;
    if (appeal->unit == LIMIT_UNIT_CALENDAR_DAYS && appeal->n != n->appeal_days) {
        return policy_refuse(c, "$.negotiation.appeal_days: differs from the limit \"%s\"", n->appeal_limit);
    }
    return (n->appeal_days >= 1 || policy_refuse(c, "$.negotiation.appeal_days: must be at least 1")) && well;
}

static bool check_intake(const struct check *c, const struct pol_intake_rules *r)
{
    bool well = known(c, "$.intake.material_limit", r->material_limit);
    well &= known(c, "$.intake.satisfaction_limit", r->satisfaction_limit);
    return (r->reply_days >= 1 || policy_refuse(c, "$.intake.reply_days: must be at least 1")) && well;
}

bool policy_check_pack(const struct check *c)
{
    const struct pol_pack *p = c->policy->pack;
    bool well = check_head(c, p);
    well &= check_calendars(c, p);
    well &= policy_check_amounts(c, "$.alone_below", p->alone_below, p->n_alone_below);
    well &= check_payment(c, p->payment);
    if (p->payment->unpaid_limit != NULL) well &= known(c, "$.payment.unpaid_limit", p->payment->unpaid_limit);
    for (int i = 0; i < p->n_materials; i++) well &= check_materials(c, p, i);
    for (int i = 0; i < p->n_evidence; i++) well &= check_evidence(c, p, i);
    for (int i = 0; i < c->policy->n_limits; i++) well &= check_limit(c, i, &c->policy->limits[i]);
    for (int i = 0; i < p->n_ladder; i++) well &= check_rung(c, p, i);
    well &= check_negotiation(c, p->negotiation);
    return check_intake(c, p->intake) && well;
}
