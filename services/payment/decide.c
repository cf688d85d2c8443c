/* The payment core (payment.h). */
#include <string.h>

#include "payment/payment.h"
#include "payment/slip.h"
#include "policy/rights.h"

static struct arena *arena_of(const struct step *s) { return s->out->arena; }

/* ---- what happens to one slip ---- */

/* PA-3: intends the payout under a new number; the bank call follows the commit. */
static void instruct(struct step *s, struct payment_state *next)
{
    struct arena *a = arena_of(s);
    const struct pay_slip *slip = next->slip;
    next->payout_no++;
    next->key = arena_printf(a, "redress-%lld-%lld", (long long)s->in->case_id, (long long)next->payout_no);
    next->status = PAYMENT_STATUS_INSTRUCTED;
    struct ev_payment_instructed *out = decision_emit(s->out, EV_PAYMENT_INSTRUCTED);
    *out = (struct ev_payment_instructed){.payout_no = next->payout_no,
                                          .key = next->key,
                                          .amount_minor = next->payout_minor,
                                          .currency = slip->currency,
                                          .payee = slip->payee,
                                          .pay_method = slip->pay_method,
                                          .payer_account = slip->payer_account,
                                          .slip_no = slip->slip_no};
    struct movement m = {account_expense(slip, a), account_clearing(slip, a), next->payout_minor, slip->currency};
    out->entries = slip_entries(&m, a, &out->n_entries);
}

/* PA-2: sets off what is still owed; returns how much. */
static int64_t deduct(struct step *s, struct payment_state *next)
{
    const struct pay_slip *slip = next->slip;
    int64_t left = slip->fee_minor - next->fee_used_minor;
    int64_t amount = left < slip->amount_minor ? left : slip->amount_minor;
    if (amount <= 0) return 0;
    next->fee_used_minor += amount;
    struct ev_payment_deducted *out = decision_emit(s->out, EV_PAYMENT_DEDUCTED);
    *out = (struct ev_payment_deducted){.amount_minor = amount, .currency = slip->currency, .slip_no = slip->slip_no};
    struct movement m = {account_expense(slip, arena_of(s)), slip->fee_account, amount, slip->currency};
    out->entries = slip_entries(&m, arena_of(s), &out->n_entries);
    return amount;
}

/* The slip's whole amount has reached the customer. `answer` is NULL when all of it was set off. */
static void settle(struct step *s, struct payment_state *next, const struct ev_payment_bank_answer *answer)
{
    struct arena *a = arena_of(s);
    const struct pay_slip *slip = next->slip;
    next->status = PAYMENT_STATUS_SETTLED;
    struct ev_payment_settled *out = decision_emit(s->out, EV_PAYMENT_SETTLED);
    out->amount_minor = slip->amount_minor;
    out->currency = slip->currency;
    if (answer == NULL) {
        out->voucher_no = arena_printf(a, "%s-D", slip->slip_no);
        return;
    }
    out->has_payout_no = true;
    out->payout_no = next->payout_no;
    out->voucher_no = arena_printf(a, "%s-P%lld", slip->slip_no, (long long)next->payout_no);
    out->bank_ref = answer->bank_ref;
    struct movement m = {account_clearing(slip, a), account_bank(slip, a), next->payout_minor, slip->currency};
    out->entries = slip_entries(&m, a, &out->n_entries);
}

static void begin(struct step *s, struct payment_state *next, const struct pay_slip *slip)
{
    next->slip = slip;
    next->payout_minor = slip->amount_minor - deduct(s, next);
    if (next->payout_minor == 0)
        settle(s, next, NULL);
    else
        instruct(s, next);
}

/* Slips that waited, until one needs the bank. */
static void go_on(struct step *s, struct payment_state *next)
{
    while (next->n_queue > 0 && next->status == PAYMENT_STATUS_SETTLED) {
        const struct pay_slip *slip = next->queue;
        next->n_queue--;
        next->queue++;
        begin(s, next, slip);
    }
}

/* ---- inputs ---- */

static bool is_known(const struct payment_state *st, const char *slip_no)
{
    if (st->slip != NULL && strcmp(st->slip->slip_no, slip_no) == 0) return true;
    for (int i = 0; i < st->n_queue; i++) {
        if (strcmp(st->queue[i].slip_no, slip_no) == 0) return true;
    }
    return false;
}

static enum verdict on_slip(struct step *s)
{
    const struct ev_approval_slip_approved *ev = s->in->data;
    const char *why = NULL;
    if (!ev->must_pay || is_known(s->state, ev->slip_no)) return VERDICT_IGNORED;
    const struct pay_slip *slip = slip_read(s->policy, ev, arena_of(s), &why);
    if (slip == NULL) return step_broken(s, why);
    begin(s, s->next, slip);
    return VERDICT_DONE;
}

/* PA-3: a payout under way, refused or halted comes first; the customer is still owed it. */
static enum verdict on_slip_in_line(struct step *s)
{
    const struct ev_approval_slip_approved *ev = s->in->data;
    struct payment_state *next = s->next;
    const char *why = NULL;
    if (!ev->must_pay || is_known(s->state, ev->slip_no)) return VERDICT_IGNORED;
    const struct pay_slip *slip = slip_read(s->policy, ev, arena_of(s), &why);
    if (slip == NULL) return step_broken(s, why);
    struct pay_slip *queue = ARENA_ARRAY(arena_of(s), struct pay_slip, next->n_queue + 1);
    for (int i = 0; i < next->n_queue; i++) queue[i] = next->queue[i];
    queue[next->n_queue++] = *slip;
    next->queue = queue;
    struct ev_payment_queued *out = decision_emit(s->out, EV_PAYMENT_QUEUED);
    out->slip_no = slip->slip_no;
    out->behind_payout_no = next->payout_no;
    return VERDICT_DONE;
}

static void halt(struct step *s, const char *reason)
{
    struct payment_state *next = s->next;
    next->status = PAYMENT_STATUS_HALTED;
    struct ev_payment_halted *out = decision_emit(s->out, EV_PAYMENT_HALTED);
    *out = (struct ev_payment_halted){.payout_no = next->payout_no, .key = next->key, .reason = reason};
}

static void fail(struct step *s, const char *reason)
{
    struct arena *a = arena_of(s);
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    next->status = PAYMENT_STATUS_FAILED;
    struct ev_payment_failed *out = decision_emit(s->out, EV_PAYMENT_FAILED);
    *out = (struct ev_payment_failed){.payout_no = next->payout_no, .key = next->key, .reason = reason};
    struct movement m = {account_clearing(slip, a), account_expense(slip, a), next->payout_minor, slip->currency};
    out->entries = slip_entries(&m, a, &out->n_entries);
}

/* What the answer says about the payout is not what was instructed; NULL when it agrees. */
static const char *contradiction(const struct payment_state *st, const struct ev_payment_bank_answer *ev)
{
    if (strcmp(ev->key, st->key) != 0) return "key_differs";
    if (ev->outcome == BANK_OUTCOME_CONTRADICTION) return ev->reason != NULL ? ev->reason : "contradiction";
    if (ev->outcome != BANK_OUTCOME_SETTLED) return NULL;
    if (ev->amount_minor != st->payout_minor) return "amount_differs";
    return strcmp(ev->currency, st->slip->currency) == 0 ? NULL : "currency_differs";
}

static enum verdict on_bank_answer(struct step *s)
{
    const struct ev_payment_bank_answer *ev = s->in->data;
    const struct payment_state *st = s->state;
    if (ev->payout_no != st->payout_no) return VERDICT_IGNORED; /* of a payout answered before */
    const char *against = contradiction(st, ev);
    if (against != NULL) {
        halt(s, against);
    } else if (ev->outcome == BANK_OUTCOME_REFUSED) {
        fail(s, ev->reason != NULL ? ev->reason : "refused");
    } else {
        settle(s, s->next, ev);
        go_on(s, s->next);
    }
    return VERDICT_DONE;
}

static enum verdict on_retry(struct step *s)
{
    const struct ev_command_retry_payout *ev = s->in->data;
    struct payment_state *next = s->next;
    if (ev->actor->role != ROLE_FINANCE || !rights_holds_role(s->policy, ev->actor)) {
        return step_refuse(s, "RO-1", "not_finance", "only finance corrects an account and pays again");
    }
    if (ev->payee[0] == '\0') return step_refuse(s, "PA-2", "payee_missing", NULL);
    struct pay_slip *slip = ARENA_NEW(arena_of(s), struct pay_slip);
    *slip = *next->slip;
    slip->payee = ev->payee;
    next->slip = slip;
    instruct(s, next);
    return VERDICT_DONE;
}

/* ---- table ---- */

#define NONE PAYMENT_STATUS_NONE
#define INSTRUCTED PAYMENT_STATUS_INSTRUCTED
#define SETTLED PAYMENT_STATUS_SETTLED
#define FAILED PAYMENT_STATUS_FAILED
#define HALTED PAYMENT_STATUS_HALTED
#define ANSWERED (TO(SETTLED) | TO(INSTRUCTED) | TO(FAILED) | TO(HALTED))

static const struct transition TABLE[] = {
    {NONE, EV_APPROVAL_SLIP_APPROVED, on_slip, TO(INSTRUCTED) | TO(SETTLED), "PA-1, PA-2"},
    {SETTLED, EV_APPROVAL_SLIP_APPROVED, on_slip, TO(INSTRUCTED) | TO(SETTLED), "PA-1: a further slip"},
    {INSTRUCTED, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(INSTRUCTED), "PA-3: one payout at a time"},
    {FAILED, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(FAILED), "PA-3: the refused payout comes first"},
    {HALTED, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(HALTED), "PA-3: a person must look first"},
    {INSTRUCTED, EV_PAYMENT_BANK_ANSWER, on_bank_answer, ANSWERED, "PA-3"},
    {FAILED, EV_COMMAND_RETRY_PAYOUT, on_retry, TO(INSTRUCTED), "PA-3: a new number after the bank's refusal"},
};

/* Where no row takes a command: the rule that refuses it. */
static const struct guard GUARDS[] = {
    {EV_COMMAND_RETRY_PAYOUT, TO(NONE), "PA-1"},
    {EV_COMMAND_RETRY_PAYOUT, TO(INSTRUCTED) | TO(SETTLED) | TO(HALTED), "PA-3"},
};

const struct core payment_core = {
    .service = "payment",
    .state = &payment_state_desc,
    .status_names = payment_status_names,
    .n_statuses = PAYMENT_STATUS_COUNT,
    .table = TABLE,
    .n_transitions = sizeof(TABLE) / sizeof(TABLE[0]),
    .guards = GUARDS,
    .n_guards = sizeof(GUARDS) / sizeof(GUARDS[0]),
    .refused = EV_PAYMENT_COMMAND_REFUSED,
};
