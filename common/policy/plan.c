/* See plan.h. */
#include "policy/plan.h"

#include <string.h>

#include "base/money.h"

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
    case MEASURE_KIND_RETURN: return WORK;
    case MEASURE_KIND_REJECTION: return REFUSAL;
    case MEASURE_KIND_ABSENT:
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

static bool refuse(struct refusal *why, const char *rule, const char *reason)
{
    *why = (struct refusal){.rule = rule, .reason = reason};
    return false;
}

static bool known_currency(const char *code) { return code != NULL && money_exponent(code) >= 0; }

static struct money money_of(int64_t minor, const char *currency)
{
    struct money m = {.minor = minor};
    memcpy(m.currency, currency, sizeof m.currency - 1);
    return m;
}

/* A verified loss is made good in its own currency. */
static bool in_its_currency(const struct plan *plan, const struct finding *finding, struct refusal *why)
{
    bool lost = finding != NULL && finding->has_loss_minor && known_currency(finding->currency);
    if (!lost || plan->amount_minor == 0 || strcmp(plan->currency, finding->currency) == 0) return true;
    *why = (struct refusal){.rule = "AP-2", .reason = "other_currency", .detail = finding->currency};
    return false;
}

/* AP-2: amount = verified loss + goodwill. What is not declared as goodwill is implied by the amount; what is
 * declared has to add up. */
static bool adds_up(const struct plan *plan, const struct finding *finding)
{
    if (finding == NULL || !finding->has_loss_minor || !known_currency(finding->currency)) return true;
    if (!plan->has_goodwill_minor) return true;
    struct money sum = money_of(finding->loss_minor, finding->currency);
    return money_add(sum, money_of(plan->goodwill_minor, plan->currency), &sum) && sum.minor == plan->amount_minor;
}

static bool check_rejection(const struct plan *plan, struct refusal *why)
{
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
    if (!known_currency(plan->currency)) return refuse(why, "AP-2", "unknown_currency");
    if (plan_is_rejection(plan)) return check_rejection(plan, why);
    if (plan->amount_minor > 0 && !has_class(plan, MONEY)) return refuse(why, "AP-1", "money_without_measure");
    if (plan->amount_minor == 0 && has_class(plan, MONEY)) return refuse(why, "AP-1", "measure_without_money");
    if (!in_its_currency(plan, finding, why)) return false;
    return adds_up(plan, finding) || refuse(why, "AP-2", "not_loss_plus_goodwill");
}

bool finding_check(const struct finding *finding, struct refusal *why)
{
    if (!finding->has_loss_minor) return true;
    if (finding->loss_minor < 0) return refuse(why, "AP-2", "negative_amount");
    if (!known_currency(finding->currency)) return refuse(why, "AP-2", "unknown_currency");
    return true;
}
