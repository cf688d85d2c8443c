/* An outlet's, a supplier's or a customer's account with head office (PA-6, PA-7, PA-11), at the home partition of its
 * key.
 *
 * What head office paid first is taken from the deposit as far as it goes, the rest is owed. No deposit falls
 * below zero. Only an outlet has a deposit. The ledger's accounts are deposit:UNIT (a liability, credit),
 * receivable:KEY, advanced:KEY and head office's bank; the state's figures are theirs. */
#include <string.h>

#include "base/id.h"
#include "base/money.h"
#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/rights.h"

/* Receipts that may still be reversed: a mistake is seen within the next ones, and the state stays small. */
enum { RECENT_RECEIPTS = 32 };

static const char OUTLET[] = "outlet:";

static bool has_deposit(const char *key) { return strncmp(key, OUTLET, sizeof OUTLET - 1) == 0; }

static bool is_key(const struct policy *p, const char *key)
{
    if (has_deposit(key)) return policy_unit_ever(p, key + sizeof OUTLET - 1) != NULL;
    static const char *const others[] = {"supplier:", "customer:"};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(others[i]);
        if (strncmp(key, others[i], n) == 0) return key[n] != '\0';
    }
    return false;
}

/* Two keys cannot share an id unnoticed. */
static bool is_mine(const struct step *s, const char *key)
{
    const struct payment_state *state = s->state;
    if (case_id_serial(s->in->case_id) != id_account_serial(key)) return false;
    return state->account == NULL || strcmp(state->account->key, key) == 0;
}

/* The account with room for one more currency, and the balance in `currency` (zero when new), to be changed. */
static struct account_balance *open_balance(struct step *s, const char *key, const char *currency,
                                            struct pay_account **account)
{
    struct payment_state *next = s->next;
    const struct pay_account *old = next->account;
    int n = old != NULL ? old->n_balances : 0;
    struct account_balance *balances = ARENA_ARRAY(s->out->arena, struct account_balance, n + 1), *found = NULL;
    for (int i = 0; i < n; i++) {
        balances[i] = old->balances[i];
        if (strcmp(balances[i].currency, currency) == 0) found = &balances[i];
    }
    if (found == NULL) {
        found = &balances[n++];
        *found = (struct account_balance){.currency = currency};
    }
    *account = ARENA_NEW(s->out->arena, struct pay_account);
    **account = (struct pay_account){.key = key, .n_balances = n, .balances = balances};
    if (old != NULL) {
        (*account)->receipts = old->receipts;
        (*account)->n_recent = old->n_recent;
        (*account)->recent = old->recent;
    }
    next->account = *account;
    next->status = PAYMENT_STATUS_ACCOUNT;
    return found;
}

static const char *deposit_account(const char *key, struct arena *a)
{
    return arena_printf(a, "deposit:%s", key + sizeof OUTLET - 1);
}

static const char *receivable_account(const char *key, struct arena *a)
{
    return arena_printf(a, "receivable:%s", key);
}

/* ---- what head office paid first ---- */

static void demand_top_up(struct step *s, const char *key, const struct account_balance *b)
{
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct pol_amount *required = policy_amount(rules->deposit_required, rules->n_deposit_required, b->currency);
    if (!has_deposit(key) || required == NULL || b->deposit_minor >= required->minor) return;
    struct ev_payment_top_up_demanded *out = decision_emit(s->out, EV_PAYMENT_TOP_UP_DEMANDED);
    *out = (struct ev_payment_top_up_demanded){.account = key,
                                               .currency = b->currency,
                                               .missing_minor = required->minor - b->deposit_minor,
                                               .required_minor = required->minor};
}

static const struct entry *recharge_entries(const struct step *s, const struct ev_payment_recharged *e, int *n)
{
    struct arena *a = s->out->arena;
    struct entry *legs = ARENA_ARRAY(a, struct entry, 3);
    *n = 0;
    if (e->deposit_minor > 0) {
        legs[(*n)++] = (struct entry){deposit_account(e->account, a), e->deposit_minor, e->currency};
    }
    if (e->receivable_minor > 0) {
        legs[(*n)++] = (struct entry){receivable_account(e->account, a), e->receivable_minor, e->currency};
    }
    legs[(*n)++] = (struct entry){account_advanced(e->account, a), -e->amount_minor, e->currency};
    return legs;
}

enum verdict payment_on_recovery_due(struct step *s)
{
    const struct ev_payment_recovery_due *ev = s->in->data;
    struct pay_account *account;
    int64_t owed;
    if (!is_mine(s, ev->account)) return step_broken(s, "another_account");
    struct account_balance *b = open_balance(s, ev->account, ev->currency, &account);
    int64_t taken = b->deposit_minor < ev->amount_minor ? b->deposit_minor : ev->amount_minor;
    if (__builtin_add_overflow(b->owed_minor, ev->amount_minor - taken, &owed)) return step_broken(s, "overflow");
    b->deposit_minor -= taken;
    b->owed_minor = owed;
    struct ev_payment_recharged *out = decision_emit(s->out, EV_PAYMENT_RECHARGED);
    *out = (struct ev_payment_recharged){.account = ev->account,
                                         .slip_no = ev->slip_no,
                                         .case_no = ev->case_no,
                                         .currency = ev->currency,
                                         .amount_minor = ev->amount_minor,
                                         .deposit_minor = taken,
                                         .receivable_minor = ev->amount_minor - taken,
                                         .deposit_left_minor = b->deposit_minor,
                                         .owed_minor = owed};
    out->entries = recharge_entries(s, out, &out->n_entries);
    demand_top_up(s, ev->account, b);
    return VERDICT_DONE;
}

/* ---- what comes in ---- */

/* NULL when it may be recorded; else the reason code. */
static const char *objection(const struct step *s, const struct ev_command_record_receipt *ev)
{
    if (!is_key(s->policy, ev->account) || !is_mine(s, ev->account)) return "not_this_account";
    if (ev->amount_minor <= 0) return "amount_not_positive";
    if (money_exponent(ev->currency) < 0) return "unknown_currency";
    if (ev->reference[0] == '\0') return "reference_missing";
    if (ev->purpose == RECEIPT_PURPOSE_DEPOSIT && !has_deposit(ev->account)) return "only_outlets_have_deposits";
    return NULL;
}

/* Into the deposit, or off what is owed; the reason code when it does not fit there, else NULL. */
static const char *add(struct account_balance *b, enum receipt_purpose purpose, int64_t amount)
{
    if (purpose == RECEIPT_PURPOSE_DEPOSIT) {
        return __builtin_add_overflow(b->deposit_minor, amount, &b->deposit_minor) ? "amount_overflow" : NULL;
    }
    if (amount > b->owed_minor) return "more_than_owed";
    b->owed_minor -= amount;
    return NULL;
}

/* Its number counts up; the oldest of those remembered gives way. */
static const char *remember(struct step *s, struct pay_account *account, const struct ev_command_record_receipt *ev)
{
    int kept = account->n_recent < RECENT_RECEIPTS ? account->n_recent : RECENT_RECEIPTS - 1;
    struct pay_receipt *recent = ARENA_ARRAY(s->out->arena, struct pay_receipt, kept + 1);
    for (int i = 0; i < kept; i++) recent[i] = account->recent[account->n_recent - kept + i];
    account->receipts++;
    recent[kept] = (struct pay_receipt){
        .receipt_no = arena_printf(s->out->arena, "%s-R%lld", account->key, (long long)account->receipts),
        .purpose = ev->purpose,
        .amount_minor = ev->amount_minor,
        .currency = ev->currency,
        .recorder_id = ev->actor->id};
    account->recent = recent;
    account->n_recent = kept + 1;
    return recent[kept].receipt_no;
}

static const char *bank_account(const struct step *s)
{
    return arena_printf(s->out->arena, "bank:%s", policy_head_office(s->policy)->bank_account);
}

enum verdict payment_on_receipt(struct step *s)
{
    const struct ev_command_record_receipt *ev = s->in->data;
    struct arena *a = s->out->arena;
    struct pay_account *account;
    if (ev->actor->role != ROLE_FINANCE || !rights_holds_role(s, ev->actor)) {
        return step_refuse(s, "RO-1", "not_finance", NULL);
    }
    const char *why = objection(s, ev);
    if (why != NULL) return step_refuse(s, "PA-6", why, ev->account);
    struct account_balance *b = open_balance(s, ev->account, ev->currency, &account);
    why = add(b, ev->purpose, ev->amount_minor);
    if (why != NULL) return step_refuse(s, "PA-6", why, arena_printf(a, "%lld", (long long)b->owed_minor));
    struct movement m = {
        .debit = bank_account(s),
        .credit = ev->purpose == RECEIPT_PURPOSE_DEPOSIT ? deposit_account(ev->account, a)
                                                         : receivable_account(ev->account, a),
        .amount_minor = ev->amount_minor,
        .currency = ev->currency,
    };
    struct ev_payment_receipt_recorded *out = decision_emit(s->out, EV_PAYMENT_RECEIPT_RECORDED);
    *out = (struct ev_payment_receipt_recorded){.account = ev->account,
                                                .receipt_no = remember(s, account, ev),
                                                .purpose = ev->purpose,
                                                .amount_minor = ev->amount_minor,
                                                .currency = ev->currency,
                                                .reference = ev->reference,
                                                .recorder_id = ev->actor->id,
                                                .deposit_left_minor = b->deposit_minor,
                                                .owed_minor = b->owed_minor};
    out->entries = slip_entries(&m, a, &out->n_entries);
    return VERDICT_DONE;
}

/* ---- what came in and did not (PA-4) ---- */

/* Out of the remembered ones: a receipt is reversed once. */
static void forget(struct step *s, struct pay_account *account, const struct pay_receipt *gone)
{
    struct pay_receipt *recent = ARENA_ARRAY(s->out->arena, struct pay_receipt, account->n_recent);
    int n = 0;
    for (int i = 0; i < account->n_recent; i++) {
        if (&account->recent[i] != gone) recent[n++] = account->recent[i];
    }
    account->recent = recent;
    account->n_recent = n;
}

static const struct pay_receipt *receipt_of(const struct pay_account *account, const char *receipt_no)
{
    for (int i = 0; account != NULL && i < account->n_recent; i++) {
        if (strcmp(account->recent[i].receipt_no, receipt_no) == 0) return &account->recent[i];
    }
    return NULL;
}

/* The legs of the receipt with their signs turned; what the deposit no longer has of it is owed instead. */
static const struct entry *reversal_entries(const struct step *s, const struct ev_payment_receipt_reversed *e,
                                            int64_t from_deposit, int *n)
{
    struct arena *a = s->out->arena;
    struct entry *legs = ARENA_ARRAY(a, struct entry, 3);
    int64_t owed = e->amount_minor - from_deposit;
    *n = 0;
    if (from_deposit > 0) legs[(*n)++] = (struct entry){deposit_account(e->account, a), from_deposit, e->currency};
    if (owed > 0) legs[(*n)++] = (struct entry){receivable_account(e->account, a), owed, e->currency};
    legs[(*n)++] = (struct entry){bank_account(s), -e->amount_minor, e->currency};
    return legs;
}

enum verdict payment_on_reverse_receipt(struct step *s)
{
    const struct ev_command_reverse_receipt *ev = s->in->data;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct payment_state *state = s->state;
    const struct pay_receipt *r = receipt_of(state->account, ev->receipt_no);
    struct pay_account *account;
    if (!payment_may(s, ev->actor, rules->confirm_roles, rules->n_confirm_roles)) {
        return step_refuse(s, "RO-1", "not_entitled_to_reverse", NULL);
    }
    if (r == NULL || !is_mine(s, ev->account)) return step_refuse(s, "PA-4", "no_such_receipt", ev->receipt_no);
    if (strcmp(ev->actor->id, r->recorder_id) == 0) return step_refuse(s, "AP-6", "own_receipt", NULL);
    struct account_balance *b = open_balance(s, ev->account, r->currency, &account);
    int64_t held = r->purpose == RECEIPT_PURPOSE_DEPOSIT ? b->deposit_minor : 0;
    int64_t from_deposit = held < r->amount_minor ? held : r->amount_minor;
    if (__builtin_add_overflow(b->owed_minor, r->amount_minor - from_deposit, &b->owed_minor)) {
        return step_refuse(s, "PA-4", "amount_overflow", NULL);
    }
    b->deposit_minor -= from_deposit;
    forget(s, account, r);
    struct ev_payment_receipt_reversed *out = decision_emit(s->out, EV_PAYMENT_RECEIPT_REVERSED);
    *out = (struct ev_payment_receipt_reversed){.account = ev->account,
                                                .receipt_no = r->receipt_no,
                                                .purpose = r->purpose,
                                                .amount_minor = r->amount_minor,
                                                .currency = r->currency,
                                                .reason = ev->reason,
                                                .reverser_id = ev->actor->id,
                                                .deposit_left_minor = b->deposit_minor,
                                                .owed_minor = b->owed_minor};
    out->entries = reversal_entries(s, out, from_deposit, &out->n_entries);
    return VERDICT_DONE;
}
