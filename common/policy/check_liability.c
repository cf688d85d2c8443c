/* Whether head office's rules can decide every case (ES-3, ES-4, ES-5): no combination of facts without a row, none
 * with two. There are some 40,000 of them; each is tried. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "policy/check.h"
#include "policy/liability.h"

/* AP-2: of a case that rests on force majeure alone, a row that finds nobody else at fault may not make a rejection. */
static bool rejects_force_majeure(const struct pol_liability_row *row)
{
    bool meant = row->n_causes == 0;
    for (int i = 0; i < row->n_causes; i++) meant |= row->causes[i] == CAUSE_FORCE_MAJEURE;
    return meant && row->liability == LIABILITY_NONE && row->settle == SETTLE_REJECT;
}

static bool check_row(const struct check *c, const struct pol_liability_table *t, int index)
{
    const struct pol_liability_row *row = &t->rows[index];
    if (!*row->id) return policy_refuse(c, "$.liability.rows[%d].id: is empty", index);
    if (!*row->words) return policy_refuse(c, "$.liability.rows[%d].words: say why, for a person", index);
    for (int i = 0; i < index; i++) {
        if (strcmp(t->rows[i].id, row->id) != 0) continue;
        return policy_refuse(c, "$.liability.rows[%d].id: \"%s\" is used twice", index, row->id);
    }
    bool ours = row->liability == LIABILITY_OUTLET || row->liability == LIABILITY_SUPPLIER ||
                row->liability == LIABILITY_COMPANY;
    if (row->settle == SETTLE_COMPENSATE && !ours) {
        return policy_refuse(c, "$.liability.rows[%d].settle: we do not compensate for the fault of others", index);
    }
    if (row->settle == SETTLE_GOODWILL && ours) {
        return policy_refuse(c, "$.liability.rows[%d].settle: our own fault is compensated, not goodwill", index);
    }
    if (rejects_force_majeure(row)) {
        return policy_refuse(c, "$.liability.rows[%d].settle: force majeure is no ground to reject (AP-2)", index);
    }
    if (row->settle == SETTLE_REJECT && ours) {
        return policy_refuse(c, "$.liability.rows[%d].settle: our own fault is no ground to reject", index);
    }
    return true;
}

static const char *describe(const struct liability_facts *f, char *out, size_t size)
{
    snprintf(out, size, "category %s, cause %s, found %s, %s, report %s, material %s", category_name(f->category),
             cause_name(f->cause), liability_name(f->found), f->shown ? "shown" : "not shown",
             f->report == LIABILITY_ABSENT ? "none there" : liability_name(f->report),
             material_source_name(f->material_source));
    return out;
}

static bool check_facts(const struct check *c, const struct pol_liability_table *t, const struct liability_facts *f)
{
    char words[256];
    int first = -1;
    for (int i = 0; i < t->n_rows; i++) {
        if (!liability_row_fits(&t->rows[i], f)) continue;
        if (first >= 0) {
            return policy_refuse(c, "$.liability.rows[%d]: \"%s\" and \"%s\" (rows[%d]) both fit %s", i, t->rows[i].id,
                                 t->rows[first].id, first, describe(f, words, sizeof words));
        }
        first = i;
    }
    return first >= 0 || policy_refuse(c, "$.liability.rows: no row fits %s", describe(f, words, sizeof words));
}

/* The two facts that a finding may lack, below one combination of the others. */
static bool check_reports(const struct check *c, const struct pol_liability_table *t, struct liability_facts f)
{
    for (int report = LIABILITY_ABSENT; report < liability_enum.n; report++) {
        for (int source = 1; source < material_source_enum.n; source++) {
            f.report = (enum liability)report;
            f.material_source = (enum material_source)source;
            if (!check_facts(c, t, &f)) return false;
        }
    }
    return true;
}

static bool check_coverage(const struct check *c, const struct pol_liability_table *t)
{
    for (int category = 1; category < category_enum.n; category++) {
        for (int cause = 1; cause < cause_enum.n; cause++) {
            for (int found = 1; found < liability_enum.n; found++) {
                struct liability_facts f = {
                    .category = (enum category)category, .cause = (enum cause)cause, .found = (enum liability)found};
                if (!check_reports(c, t, f)) return false;
                f.shown = true;
                if (!check_reports(c, t, f)) return false;
            }
        }
    }
    return true;
}

/* ES-5, ES-9: each cause has one that decides, and says by which rule. */
static bool check_climb(const struct check *c, const struct pol_liability_table *t, int index)
{
    const struct pol_climb_rule *r = &t->climbs[index];
    if (r->rule[0] == '\0') return policy_refuse(c, "$.liability.climbs[%d].rule: names no rule", index);
    for (int i = 0; i < index; i++) {
        if (t->climbs[i].cause != r->cause) continue;
        return policy_refuse(c, "$.liability.climbs[%d].cause: %s is listed twice", index, climb_cause_name(r->cause));
    }
    bool asks_file = r->cause == CLIMB_CAUSE_HANDED_UP && r->by == CLIMB_BY_TABLE;
    return !asks_file || c->policy->pack->file != NULL ||
           policy_refuse(c, "$.file: what is handed up is the table's, and nobody demands the file");
}

static bool check_table(const struct check *c, const struct pol_liability_table *t)
{
    for (int i = 0; i < t->n_climbs; i++) {
        if (!check_climb(c, t, i)) return false;
    }
    for (int i = 0; i < t->n_rule_below; i++) {
        if (money_exponent(t->rule_below[i].currency) < 0 || t->rule_below[i].minor < 0) {
            return policy_refuse(c, "$.liability.rule_below[%d]: an ISO 4217 code and an amount", i);
        }
    }
    for (int i = 0; i < t->n_rows; i++) {
        if (!check_row(c, t, i)) return false;
    }
    return check_coverage(c, t);
}

/* A scale of sanctions, at `path`. */
struct scale {
    const char *path;
    int n;
    const struct pol_sanction_rule *rules;
};

static bool check_sanction(const struct check *c, const struct scale *scale, int index)
{
    const struct pol_sanction_rule *r = &scale->rules[index];
    for (int i = 0; i < index; i++) {
        if (scale->rules[i].offence != r->offence) continue;
        return policy_refuse(c, "%s[%d].offence: %s is listed twice", scale->path, index, offence_name(r->offence));
    }
    bool fine = r->has_fine_minor && r->fine_minor > 0 && r->currency != NULL && money_exponent(r->currency) >= 0;
    if ((r->sanction == SANCTION_KIND_DEPOSIT_FINE) == fine) return true;
    return policy_refuse(c, "%s[%d]: an amount and its currency belong to a deposit_fine", scale->path, index);
}

static bool check_scale(const struct check *c, const struct scale *scale)
{
    for (int i = 0; i < scale->n; i++) {
        if (!check_sanction(c, scale, i)) return false;
    }
    return true;
}

/* ES-3, ES-4: the demand has a limit that the demand starts, and a visit one that can be missed. */
static bool check_file(const struct check *c, const struct pol_file_demand *f)
{
    const struct policy_limit *limit = policy_limit(c->policy, f->limit);
    if (limit == NULL) return policy_refuse(c, "$.file.limit: there is no limit \"%s\"", f->limit);
    if (limit->def->on_miss != ON_MISS_SLIP) return policy_refuse(c, "$.file.limit: its miss must issue a slip");
    if (policy_limit(c->policy, f->visit_limit) == NULL) {
        return policy_refuse(c, "$.file.visit_limit: there is no limit \"%s\"", f->visit_limit);
    }
    for (int i = 0; i < f->n_codes; i++) {
        if (policy_limit(c->policy, f->codes[i]) != NULL) continue;
        return policy_refuse(c, "$.file.codes[%d]: there is no limit \"%s\"", i, f->codes[i]);
    }
    if (!check_scale(c, &(struct scale){"$.file.sanctions", f->n_sanctions, f->sanctions})) return false;
    return c->policy->pack->liability != NULL ||
           policy_refuse(c, "$.liability: head office demands the file and has no table to decide by");
}

/* ES-8: a judgment is performed within a limit whose miss somebody hears of. */
static bool check_dispute(const struct check *c, const struct pol_dispute_rules *d)
{
    const struct policy_limit *limit = policy_limit(c->policy, d->limit);
    if (limit == NULL) return policy_refuse(c, "$.dispute.limit: there is no limit \"%s\"", d->limit);
    if (limit->def->on_miss != ON_MISS_SLIP) return policy_refuse(c, "$.dispute.limit: its miss must issue a slip");
    return check_scale(c, &(struct scale){"$.dispute.sanctions", d->n_sanctions, d->sanctions});
}

static bool check_refusal(const struct check *c, const struct pol_pack *p, int index)
{
    enum org_level level = p->refusals[index].level;
    if (level == ORG_LEVEL_HEAD_OFFICE)
        return policy_refuse(c, "$.refusals[%d].level: nobody is above head office", index);
    for (int i = 0; i < index; i++) {
        if (p->refusals[i].level != level) continue;
        return policy_refuse(c, "$.refusals[%d].level: %s is listed twice", index, org_level_name(level));
    }
    return p->file != NULL || policy_refuse(c, "$.file: refusals climb, and nobody demands the file");
}

bool policy_check_liability(const struct check *c)
{
    const struct pol_pack *pack = c->policy->pack;
    bool well = pack->liability == NULL || check_table(c, pack->liability);
    for (int i = 0; i < pack->n_refusals; i++) well &= check_refusal(c, pack, i);
    well &= pack->dispute == NULL || check_dispute(c, pack->dispute);
    return (pack->file == NULL || check_file(c, pack->file)) && well;
}
