/* See plan.h. */
#include "policy/plan.h"

#include <string.h>

#include "base/money.h"
#include "policy/policy.h"

enum measure_class { MONEY, WORK, WORDS, REFUSAL };

static enum measure_class class_of(enum measure_kind kind)
{
    switch (kind) {
    case MEASURE_KIND_REFUND:
    case MEASURE_KIND_DISCOUNT:
    case MEASURE_KIND_COMPENSATION: return MONEY;
    case MEASURE_KIND_REWORK:
    case MEASURE_KIND_REPAIR:
    case MEASURE_KIND_REPLACE:
    case MEASURE_KIND_RETURN:
    case MEASURE_KIND_EXCHANGE:
    case MEASURE_KIND_TECHNICAL_SUPPORT:
    case MEASURE_KIND_EXTRA_SERVICE: return WORK;
    case MEASURE_KIND_REJECTION: return REFUSAL;
    case MEASURE_KIND_ABSENT:
    case MEASURE_KIND_CHANGED_TERMS:
    case MEASURE_KIND_APOLOGY: break;
    }
    return WORDS;
}

static bool has_class(const struct plan *plan, enum measure_class wanted)
{
    for (int i = 0; i < plan->n_measures; i++) {
        if (class_of(plan->measures[i].kind) == wanted) return true;
    }
    return false;
}

bool plan_is_rejection(const struct plan *plan) { return has_class(plan, REFUSAL); }

bool plan_must_execute(const struct plan *plan) { return has_class(plan, WORK); }

int64_t plan_goods(const struct plan *plan)
{
    int64_t sum = 0;
    for (int i = 0; i < plan->n_measures; i++) sum += plan->measures[i].value_minor;
    return sum;
}

int64_t plan_charge(const struct plan *plan)
{
    int64_t sum = 0;
    for (int i = 0; i < plan->n_measures; i++) sum += plan->measures[i].charge_minor;
    return sum;
}

int64_t plan_worth(const struct plan *plan) { return plan->amount_minor + plan_goods(plan); }

static bool refuse(struct refusal *why, const char *rule, const char *reason)
{
    *why = (struct refusal){.rule = rule, .reason = reason};
    return false;
}

bool plan_knows_currency(const char *code) { return code != NULL && money_exponent(code) >= 0; }

static struct money money_of(int64_t minor, const char *currency)
{
    struct money m = {.minor = minor};
    memcpy(m.currency, currency, sizeof m.currency - 1);
    return m;
}

bool finding_clears_us(const struct finding *finding)
{
    if (!finding->shown && finding->report != finding->liability) return false;
    switch (finding->liability) {
    case LIABILITY_CUSTOMER:
    case LIABILITY_THIRD_PARTY:
    case LIABILITY_NONE: return true;
    case LIABILITY_ABSENT:
    case LIABILITY_OUTLET:
    case LIABILITY_SUPPLIER:
    case LIABILITY_COMPANY: break;
    }
    return false;
}

/* A verified loss is made good in its own currency. */
static bool in_its_currency(const struct plan *plan, const struct finding *finding, struct refusal *why)
{
    bool lost = finding != NULL && finding->has_loss_minor && plan_knows_currency(finding->currency);
    if (!lost || plan_worth(plan) == 0 || strcmp(plan->currency, finding->currency) == 0) return true;
    *why = (struct refusal){.rule = "AP-2", .reason = "other_currency", .detail = finding->currency};
    return false;
}

/* AP-2: amount = verified loss + goodwill. What is not declared as goodwill is implied by the amount; what is
 * declared has to add up. */
static bool adds_up(const struct plan *plan, const struct finding *finding)
{
    if (finding == NULL || !finding->has_loss_minor || !plan_knows_currency(finding->currency)) return true;
    if (!plan->has_goodwill_minor) return true;
    struct money sum = money_of(finding_clears_us(finding) ? 0 : finding->loss_minor, finding->currency);
    return money_add(sum, money_of(plan->goodwill_minor, plan->currency), &sum) && sum.minor == plan->amount_minor;
}

static bool is_about_goods(enum measure_kind kind)
{
    return kind == MEASURE_KIND_REPLACE || kind == MEASURE_KIND_EXCHANGE || kind == MEASURE_KIND_RETURN ||
           kind == MEASURE_KIND_REPAIR;
}

/* AP-2: what is given in goods counts like money, and adds up with it. */
static bool check_goods(const struct plan *plan, struct refusal *why)
{
    int64_t sum = plan->amount_minor;
    for (int i = 0; i < plan->n_measures; i++) {
        const struct measure *m = &plan->measures[i];
        bool exchange = m->kind == MEASURE_KIND_EXCHANGE;
        if (m->goods_no != NULL && m->goods_no[0] == '\0') return refuse(why, "PA-10", "goods_no_missing");
        if (m->goods_no != NULL && !is_about_goods(m->kind)) return refuse(why, "PA-10", "goods_no_without_goods");
        if (exchange && m->value_minor == 0) return refuse(why, "AP-2", "exchange_without_value");
        if (m->value_minor < 0) return refuse(why, "AP-2", "negative_amount");
        if (m->value_minor > 0 && !exchange && m->kind != MEASURE_KIND_REPLACE) {
            return refuse(why, "AP-1", "value_without_goods");
        }
        if (__builtin_add_overflow(sum, m->value_minor, &sum)) return refuse(why, "AP-2", "amount_overflow");
    }
    return true;
}

static bool is_chargeable(enum measure_kind kind)
{
    return kind == MEASURE_KIND_REWORK || kind == MEASURE_KIND_REPAIR || kind == MEASURE_KIND_REPLACE;
}

/* PA-11: what the customer's own doing calls for is charged to him, as a favour at nothing, but never unsaid. */
static bool check_charges(const struct plan *plan, bool customers, struct refusal *why)
{
    int64_t sum = 0;
    for (int i = 0; i < plan->n_measures; i++) {
        const struct measure *m = &plan->measures[i];
        if (m->has_charge_minor && (!customers || !is_chargeable(m->kind))) {
            return refuse(why, "PA-11", "charge_without_liability");
        }
        if (customers && is_chargeable(m->kind) && !m->has_charge_minor)
            return refuse(why, "PA-11", "work_not_charged");
        if (m->charge_minor < 0) return refuse(why, "AP-2", "negative_amount");
        if (__builtin_add_overflow(sum, m->charge_minor, &sum)) return refuse(why, "AP-2", "amount_overflow");
    }
    bool told = plan->terms != NULL && plan->terms[0] != '\0';
    return sum == 0 || told || refuse(why, "PA-11", "terms_missing");
}

static bool has_kind(const struct plan *plan, enum measure_kind kind)
{
    for (int i = 0; i < plan->n_measures; i++) {
        if (plan->measures[i].kind == kind) return true;
    }
    return false;
}

/* PA-11: where it is shown, or an inspection reports, that the customer or a third party is liable (EV-6, EV-7) no more
 * is paid than goodwill, and the customer of a third party is helped to claim there. */
static bool check_others_liability(const struct plan *plan, const struct finding *finding, struct refusal *why)
{
    bool proven = finding != NULL && finding_clears_us(finding);
    bool customers = proven && finding->liability == LIABILITY_CUSTOMER;
    bool third_partys = proven && finding->liability == LIABILITY_THIRD_PARTY;
    if (!check_charges(plan, customers, why)) return false;
    if ((customers || third_partys) && plan->amount_minor > plan->goodwill_minor) {
        return refuse(why, "PA-11", "nothing_is_owed");
    }
    bool helped = !third_partys || has_kind(plan, MEASURE_KIND_TECHNICAL_SUPPORT);
    return helped || refuse(why, "PA-11", "help_missing");
}

/* AP-2: what came about by force majeure, and is not shown to be the customer's or a third party's own doing. */
static bool is_force_majeure(const struct finding *finding)
{
    return finding != NULL && finding->cause == CAUSE_FORCE_MAJEURE &&
           (finding->liability == LIABILITY_NONE || !finding_clears_us(finding));
}

/* More than words of regret: money, work, or other terms. */
static bool helps(const struct plan *plan)
{
    return has_class(plan, MONEY) || has_class(plan, WORK) || has_kind(plan, MEASURE_KIND_CHANGED_TERMS);
}

static bool check_rejection(const struct plan *plan, const struct finding *finding, struct refusal *why)
{
    if (is_force_majeure(finding)) return refuse(why, "AP-2", "force_majeure_is_no_ground");
    if (plan->n_measures != 1) return refuse(why, "AP-1", "rejection_with_measures");
    if (plan->amount_minor != 0) return refuse(why, "AP-7", "rejection_with_money");
    if (plan->reasons == NULL || plan->reasons[0] == '\0') return refuse(why, "AP-7", "rejection_without_reasons");
    return true;
}

bool plan_check(const struct plan *plan, const struct finding *finding, struct refusal *why)
{
    if (plan->n_measures == 0) return refuse(why, "AP-1", "no_measures");
    if (plan->n_measures > PLAN_MEASURES_MAX) return refuse(why, "AP-1", "too_many_measures");
    if (plan->amount_minor < 0 || (plan->has_goodwill_minor && plan->goodwill_minor < 0)) {
        return refuse(why, "AP-2", "negative_amount");
    }
    if (!plan_knows_currency(plan->currency)) return refuse(why, "AP-2", "unknown_currency");
    if (!check_goods(plan, why)) return false;
    if (plan_is_rejection(plan)) return check_rejection(plan, finding, why);
    if (plan->amount_minor > 0 && !has_class(plan, MONEY)) return refuse(why, "AP-1", "money_without_measure");
    if (plan->amount_minor == 0 && has_class(plan, MONEY)) return refuse(why, "AP-1", "measure_without_money");
    if (is_force_majeure(finding) && !helps(plan)) return refuse(why, "AP-2", "help_missing");
    if (!check_others_liability(plan, finding, why) || !in_its_currency(plan, finding, why)) return false;
    return adds_up(plan, finding) || refuse(why, "AP-2", "not_loss_plus_goodwill");
}

bool plan_makes_good(const struct plan *plan, const struct finding *finding, int64_t granted_minor, struct refusal *why)
{
    bool owed = finding != NULL && finding->justified && finding->liability == LIABILITY_COMPANY &&
                finding->has_loss_minor && plan_knows_currency(finding->currency);
    int64_t sum = strcmp(plan->currency, owed ? finding->currency : "") == 0 ? plan_worth(plan) : 0;
    bool beyond = __builtin_add_overflow(sum, granted_minor, &sum);
    return !owed || beyond || sum >= finding->loss_minor || refuse(why, "PA-8", "less_than_the_loss");
}

bool finding_check(const struct policy *p, const struct finding *finding, struct refusal *why)
{
    if (finding->supplier_id != NULL && policy_supplier(p, finding->supplier_id) == NULL) {
        *why = (struct refusal){"PA-7", "unknown_supplier", finding->supplier_id};
        return false;
    }
    if (!finding->has_loss_minor) return true;
    if (finding->loss_minor < 0) return refuse(why, "AP-2", "negative_amount");
    if (!plan_knows_currency(finding->currency)) return refuse(why, "AP-2", "unknown_currency");
    return true;
}
