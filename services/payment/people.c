/* What people decide about payouts (steps.h): who holds the right is the policy's and the organisation's data.
 * No decision that moves money past a stop is one person's: a ceiling is released by another than finance, a
 * changed account and a halted payout's end need a second person (AP-6), cash needs two signatures. */
#include <string.h>

#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/rights.h"

bool payment_may(const struct step *s, const struct actor *who, const enum role *roles, int n)
{
    return policy_role_among(who->role, roles, n) && rights_holds_role(s, who);
}

/* ---- a ceiling (PA-1) ---- */

enum verdict payment_on_release(struct step *s)
{
    const struct ev_command_release_payout *ev = s->in->data;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    struct payment_state *next = s->next;
    if (!payment_may(s, ev->actor, rules->release_roles, rules->n_release_roles)) {
        return step_refuse(s, "RO-1", "not_entitled_to_release", NULL);
    }
    struct ev_payment_released *out = decision_emit(s->out, EV_PAYMENT_RELEASED);
    *out = (struct ev_payment_released){
        .slip_no = next->slip->slip_no, .releaser_id = ev->actor->id, .reason = ev->reason};
    if (next->status == PAYMENT_STATUS_DAY_HELD)
        payment_ask_spending(s, true);
    else
        payment_begin(s, next->slip, true);
    return VERDICT_DONE;
}

/* ---- another account (AP-6) ---- */

/* The level that approved the slip approves its account too. */
static enum role approver_of(const struct step *s, const struct pay_slip *slip)
{
    const struct pol_unit *unit = policy_unit(s->policy, slip->approved_org);
    return policy_approver(s->policy, unit != NULL ? unit->level : ORG_LEVEL_HEAD_OFFICE);
}

static const char *approving_org(const struct step *s, const struct pay_slip *slip)
{
    bool known = policy_unit(s->policy, slip->approved_org) != NULL;
    return known ? slip->approved_org : policy_head_office(s->policy)->id;
}

static void set_payee(struct step *s, const char *payee)
{
    struct payment_state *next = s->next;
    struct pay_slip *slip = ARENA_NEW(s->out->arena, struct pay_slip);
    *slip = *next->slip;
    slip->payee = payee;
    next->slip = slip;
}

void payment_ask_payee(struct step *s, const char *reason)
{
    const struct payment_state *next = s->next;
    struct ev_payment_payee_proposed *out = decision_emit(s->out, EV_PAYMENT_PAYEE_PROPOSED);
    *out = (struct ev_payment_payee_proposed){.payout_no = next->payout_no,
                                              .payee = next->proposed_payee,
                                              .proposer_id = next->proposer_id,
                                              .approver_role = approver_of(s, next->slip),
                                              .org_id = approving_org(s, next->slip),
                                              .reason = reason};
}

/* PA-3: under a new number, since the bank refused the one before for good. */
enum verdict payment_on_retry(struct step *s)
{
    const struct ev_command_retry_payout *ev = s->in->data;
    struct payment_state *next = s->next;
    if (ev->actor->role != ROLE_FINANCE || !rights_holds_role(s, ev->actor)) {
        return step_refuse(s, "RO-1", "not_finance", "only finance corrects an account and pays again");
    }
    if (ev->payee[0] == '\0') return step_refuse(s, "PA-2", "payee_missing", NULL);
    if (strcmp(ev->payee, next->slip->payee) == 0) {
        payment_order_again(s);
        return VERDICT_DONE;
    }
    next->status = PAYMENT_STATUS_CORRECTING;
    next->proposed_payee = ev->payee;
    next->proposer_id = ev->actor->id;
    payment_ask_payee(s, ev->reason);
    return VERDICT_DONE;
}

enum verdict payment_on_decide_payee(struct step *s)
{
    const struct ev_command_decide_payee *ev = s->in->data;
    struct payment_state *next = s->next;
    const char *payee = next->proposed_payee, *org = approving_org(s, next->slip);
    if (strcmp(ev->actor->id, next->proposer_id) == 0) return step_refuse(s, "AP-6", "own_proposal", NULL);
    if (ev->actor->role != approver_of(s, next->slip) || !rights_at_unit(s, ev->actor, org)) {
        return step_refuse(s, "AP-4", "not_the_approver", org);
    }
    next->proposed_payee = next->proposer_id = NULL;
    if (!ev->approve) {
        next->status = PAYMENT_STATUS_FAILED;
        struct ev_payment_payee_denied *out = decision_emit(s->out, EV_PAYMENT_PAYEE_DENIED);
        *out = (struct ev_payment_payee_denied){.payee = payee, .approver_id = ev->actor->id, .comment = ev->comment};
        return VERDICT_DONE;
    }
    struct ev_payment_payee_approved *out = decision_emit(s->out, EV_PAYMENT_PAYEE_APPROVED);
    *out = (struct ev_payment_payee_approved){.payee = payee, .approver_id = ev->actor->id, .comment = ev->comment};
    set_payee(s, payee);
    payment_order_again(s);
    return VERDICT_DONE;
}

/* ---- a halted payout (PA-3) ---- */

enum verdict payment_on_resolve(struct step *s)
{
    const struct ev_command_resolve_payout *ev = s->in->data;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    struct payment_state *next = s->next;
    bool paid = ev->found == PAYOUT_FOUND_PAID;
    int64_t amount = !paid ? 0 : ev->has_amount_minor ? ev->amount_minor : next->payout_minor;
    if (!payment_may(s, ev->actor, rules->resolve_roles, rules->n_resolve_roles)) {
        return step_refuse(s, "RO-1", "not_entitled_to_resolve", NULL);
    }
    if (ev->bank_ref[0] == '\0') return step_refuse(s, "PA-3", "bank_ref_missing", "the bank's written word is needed");
    if (paid && amount <= 0) return step_refuse(s, "PA-3", "amount_not_positive", NULL);
    struct payout_resolution *r = ARENA_NEW(s->out->arena, struct payout_resolution);
    *r = (struct payout_resolution){
        .found = ev->found, .amount_minor = amount, .bank_ref = ev->bank_ref, .proposer_id = ev->actor->id};
    next->resolution = r;
    struct ev_payment_resolution_proposed *out = decision_emit(s->out, EV_PAYMENT_RESOLUTION_PROPOSED);
    *out = (struct ev_payment_resolution_proposed){.payout_no = next->payout_no,
                                                   .key = next->key,
                                                   .found = r->found,
                                                   .amount_minor = amount,
                                                   .bank_ref = r->bank_ref,
                                                   .proposer_id = r->proposer_id,
                                                   .reason = ev->reason};
    return VERDICT_DONE;
}

/* What really left, against what was to leave: the bank owes what was too much, the customer is owed the rest. */
static const struct entry *resolved_entries(const struct step *s, int64_t paid, int *n)
{
    const struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    struct arena *a = s->out->arena;
    struct entry *legs = ARENA_ARRAY(a, struct entry, 3);
    int64_t over = paid - next->payout_minor;
    legs[0] = (struct entry){account_clearing(slip, a), next->payout_minor, slip->currency};
    legs[1] = (struct entry){account_bank(slip, a), -paid, slip->currency};
    legs[2] = (struct entry){over > 0 ? account_bank_claim(slip, a) : account_expense(slip, a), over, slip->currency};
    *n = over == 0 ? 2 : 3;
    return legs;
}

/* The confirmed finding becomes true: paid (and the rest, if any, is paid after it), or never paid. */
static void resolve(struct step *s, const struct payout_resolution *r, const char *confirmer_id)
{
    struct payment_state *next = s->next;
    struct ev_payment_resolved *out = decision_emit(s->out, EV_PAYMENT_RESOLVED);
    *out = (struct ev_payment_resolved){.payout_no = next->payout_no,
                                        .key = next->key,
                                        .found = r->found,
                                        .amount_minor = r->amount_minor,
                                        .bank_ref = r->bank_ref,
                                        .proposer_id = r->proposer_id,
                                        .confirmer_id = confirmer_id};
    if (r->found == PAYOUT_FOUND_NOT_PAID) {
        payment_come_to_nothing(s, "resolved_not_paid");
        return;
    }
    out->entries = resolved_entries(s, r->amount_minor, &out->n_entries);
    if (r->amount_minor < next->payout_minor) {
        next->payout_minor -= r->amount_minor;
        payment_instruct(s);
    } else {
        payment_settle(s, &(struct payment_proof){.bank_ref = r->bank_ref});
    }
}

enum verdict payment_on_confirm(struct step *s)
{
    const struct ev_command_confirm_resolution *ev = s->in->data;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    struct payment_state *next = s->next;
    const struct payout_resolution *r = next->resolution;
    if (r == NULL) return step_refuse(s, "PA-3", "nothing_to_confirm", NULL);
    if (strcmp(ev->actor->id, r->proposer_id) == 0) return step_refuse(s, "AP-6", "own_proposal", NULL);
    if (!payment_may(s, ev->actor, rules->confirm_roles, rules->n_confirm_roles)) {
        return step_refuse(s, "RO-1", "not_entitled_to_confirm", NULL);
    }
    next->resolution = NULL;
    if (ev->agree) {
        resolve(s, r, ev->actor->id);
        return VERDICT_DONE;
    }
    struct ev_payment_resolution_rejected *out = decision_emit(s->out, EV_PAYMENT_RESOLUTION_REJECTED);
    *out = (struct ev_payment_resolution_rejected){
        .payout_no = next->payout_no, .key = next->key, .rejecter_id = ev->actor->id, .comment = ev->comment};
    return VERDICT_DONE;
}

/* ---- cash (PA-3) ---- */

/* Whether this person of the unit that pays holds a role that may hand out cash. */
static bool may_hand_out(const struct step *s, const char *person_id)
{
    const struct payment_state *next = s->next;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct pol_unit *unit = policy_unit(s->policy, next->slip->payer_org);
    const struct pol_person *person = unit != NULL ? policy_person_in(unit, person_id) : NULL;
    for (int i = 0; person != NULL && i < person->n_roles; i++) {
        if (policy_role_among(person->roles[i], rules->cash_roles, rules->n_cash_roles)) return true;
    }
    return false;
}

static void pay_cash(struct step *s)
{
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    struct arena *a = s->out->arena;
    struct movement m = {account_clearing(slip, a), account_cash(slip, a), next->payout_minor, slip->currency};
    struct payment_proof proof = {0};
    proof.entries = slip_entries(&m, a, &proof.n_entries);
    next->signer_id = NULL;
    payment_settle(s, &proof);
}

enum verdict payment_on_sign_cash(struct step *s)
{
    const struct ev_command_sign_cash *ev = s->in->data;
    struct payment_state *next = s->next;
    const char *id = ev->actor->id, *first = next->signer_id;
    if (strcmp(ev->voucher_no, payment_voucher(s)) != 0)
        return step_refuse(s, "PA-3", "another_voucher", payment_voucher(s));
    if (!rights_at_unit(s, ev->actor, next->slip->payer_org)) {
        return step_refuse(s, "RO-1", "not_of_the_paying_unit", next->slip->payer_org);
    }
    if (first != NULL && strcmp(first, id) == 0) return step_refuse(s, "AP-6", "signed_already", NULL);
    if (first != NULL && !may_hand_out(s, first) && !may_hand_out(s, id)) {
        return step_refuse(s, "RO-1", "nobody_entitled_to_cash", NULL);
    }
    struct ev_payment_cash_signed *out = decision_emit(s->out, EV_PAYMENT_CASH_SIGNED);
    *out = (struct ev_payment_cash_signed){.payout_no = next->payout_no, .voucher_no = ev->voucher_no, .signer_id = id};
    if (first == NULL)
        next->signer_id = id;
    else
        pay_cash(s);
    return VERDICT_DONE;
}
