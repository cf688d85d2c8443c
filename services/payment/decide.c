/* The payment core (payment.h). */
#include <string.h>

#include "payment/payment.h"
#include "payment/steps.h"

static struct arena *arena_of(const struct step *s) { return s->out->arena; }

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
    bool booked = payment_book_beside(s);
    if (!ev->must_pay || is_known(s->state, ev->slip_no)) return booked ? VERDICT_DONE : VERDICT_IGNORED;
    const struct pay_slip *slip = slip_read(s->policy, ev, arena_of(s), &why);
    if (slip == NULL) return step_broken(s, why);
    payment_begin(s, slip, false);
    return VERDICT_DONE;
}

/* PA-3: a payout under way, refused or halted comes first; the customer is still owed it. */
static enum verdict on_slip_in_line(struct step *s)
{
    const struct ev_approval_slip_approved *ev = s->in->data;
    struct payment_state *next = s->next;
    const char *why = NULL;
    bool booked = payment_book_beside(s);
    if (!ev->must_pay || is_known(s->state, ev->slip_no)) return booked ? VERDICT_DONE : VERDICT_IGNORED;
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

/* What the answer says about the payout is not what was instructed; NULL when it agrees. */
static const char *contradiction(const struct payment_state *st, const struct ev_payment_bank_answer *ev)
{
    if (strcmp(ev->key, st->key) != 0) return "key_differs";
    if (ev->outcome == BANK_OUTCOME_CONTRADICTION) return ev->reason != NULL ? ev->reason : "contradiction";
    if (ev->outcome != BANK_OUTCOME_SETTLED) return NULL;
    if (ev->amount_minor != st->payout_minor) return "amount_differs";
    return strcmp(ev->currency, st->slip->currency) == 0 ? NULL : "currency_differs";
}

static void settle(struct step *s, const struct ev_payment_bank_answer *ev)
{
    const struct payment_state *next = s->next;
    struct arena *a = arena_of(s);
    struct movement m = {account_clearing(next->slip, a), account_bank(next->slip, a), next->payout_minor,
                         next->slip->currency};
    struct payment_proof proof = {.bank_ref = ev->bank_ref};
    proof.entries = slip_entries(&m, a, &proof.n_entries);
    payment_settle(s, &proof);
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
        payment_come_to_nothing(s, ev->reason != NULL ? ev->reason : "refused");
    } else {
        settle(s, ev);
    }
    return VERDICT_DONE;
}

/* ---- table ---- */

#define NONE PAYMENT_STATUS_NONE
#define INSTRUCTED PAYMENT_STATUS_INSTRUCTED
#define SETTLED PAYMENT_STATUS_SETTLED
#define FAILED PAYMENT_STATUS_FAILED
#define HALTED PAYMENT_STATUS_HALTED
#define HELD PAYMENT_STATUS_HELD
#define CORRECTING PAYMENT_STATUS_CORRECTING
#define CASH_DUE PAYMENT_STATUS_CASH_DUE
#define ACCOUNT PAYMENT_STATUS_ACCOUNT
#define STATEMENT PAYMENT_STATUS_STATEMENT
#define ASKING PAYMENT_STATUS_ASKING
#define DAY_HELD PAYMENT_STATUS_DAY_HELD
#define SPENDING PAYMENT_STATUS_SPENDING
/* A slip's turn comes, and those behind it as far as they get. */
#define BEGUN (TO(INSTRUCTED) | TO(SETTLED) | TO(HELD) | TO(CASH_DUE) | TO(ASKING))
/* The first order of a payout of head office's, or the question whether it may leave today. */
#define ORDERED (TO(INSTRUCTED) | TO(ASKING))

#define LATE_ADVANCE(at)                                                                                               \
    {                                                                                                                  \
        at, EV_EVIDENCE_ADVANCE_GRANTED, payment_on_late_advance, TO(at), "PA-5: the case was decided before"          \
    }

#define TRAVEL(at)                                                                                                     \
    {                                                                                                                  \
        at, EV_INTAKE_TRAVEL_ALLOWED, payment_on_travel_allowed, TO(at), "PA-9: to the visit's home"                   \
    }

static const struct transition TABLE[] = {
    {NONE, EV_APPROVAL_SLIP_APPROVED, on_slip, TO(NONE) | BEGUN, "PA-1, PA-2, AP-2"},
    {SETTLED, EV_APPROVAL_SLIP_APPROVED, on_slip, BEGUN, "PA-1: a further slip"},
    {INSTRUCTED, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(INSTRUCTED), "PA-3: one payout at a time"},
    {FAILED, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(FAILED), "PA-3: the refused payout comes first"},
    {HALTED, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(HALTED), "PA-3: a person must look first"},
    {HELD, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(HELD), "PA-1: the held slip comes first"},
    {CORRECTING, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(CORRECTING), "PA-3: the refused payout comes first"},
    {CASH_DUE, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(CASH_DUE), "PA-3: one payout at a time"},
    {ASKING, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(ASKING), "PA-3: one payout at a time"},
    {DAY_HELD, EV_APPROVAL_SLIP_APPROVED, on_slip_in_line, TO(DAY_HELD), "PA-1: the held slip comes first"},
    {INSTRUCTED, EV_PAYMENT_BANK_ANSWER, on_bank_answer, BEGUN | TO(FAILED) | TO(HALTED), "PA-3"},
    {HELD, EV_COMMAND_RELEASE_PAYOUT, payment_on_release, BEGUN, "PA-1: past a ceiling by a person's word"},
    {ASKING, EV_PAYMENT_SPENDING_ANSWERED, payment_on_spending_answered, TO(INSTRUCTED) | TO(CASH_DUE) | TO(DAY_HELD),
     "PA-1: whether it may leave today"},
    {DAY_HELD, EV_COMMAND_RELEASE_PAYOUT, payment_on_release, TO(ASKING), "PA-1: past the day's ceiling"},
    {FAILED, EV_COMMAND_RETRY_PAYOUT, payment_on_retry, ORDERED | TO(CORRECTING),
     "PA-3: a new number after the bank's refusal"},
    {CORRECTING, EV_COMMAND_DECIDE_PAYEE, payment_on_decide_payee, ORDERED | TO(FAILED),
     "AP-6: another account is approved again"},
    {HALTED, EV_COMMAND_RESOLVE_PAYOUT, payment_on_resolve, TO(HALTED), "PA-3: one finds out"},
    {HALTED, EV_COMMAND_CONFIRM_RESOLUTION, payment_on_confirm, BEGUN | TO(FAILED) | TO(HALTED),
     "AP-6: another confirms"},
    {FAILED, EV_SLA_BREACHED, payment_on_limit_missed, ORDERED, "PA-6: the outlet leaves it unpaid"},
    {CORRECTING, EV_SLA_BREACHED, payment_on_limit_missed, TO(CORRECTING), "PA-6: head office decides on the account"},
    {INSTRUCTED, EV_SLA_BREACHED, payment_on_miss_under_way, TO(INSTRUCTED), "PA-6: not beside what the bank may pay"},
    {HELD, EV_SLA_BREACHED, payment_on_miss_under_way, TO(HELD), "PA-6: not past the ceiling"},
    {HALTED, EV_SLA_BREACHED, payment_on_miss_under_way, TO(HALTED), "PA-6: not beside what the bank may have paid"},
    {CASH_DUE, EV_SLA_BREACHED, payment_on_limit_missed, ORDERED, "PA-6: the outlet leaves it unpaid"},
    {CASH_DUE, EV_COMMAND_SIGN_CASH, payment_on_sign_cash, BEGUN, "PA-3: voucher and two signatures"},
    {NONE, EV_EVIDENCE_ADVANCE_GRANTED, payment_on_advance, TO(NONE) | BEGUN,
     "PA-5: the reviewed application is paid first"},
    LATE_ADVANCE(INSTRUCTED),
    LATE_ADVANCE(SETTLED),
    LATE_ADVANCE(FAILED),
    LATE_ADVANCE(HALTED),
    LATE_ADVANCE(HELD),
    LATE_ADVANCE(CORRECTING),
    LATE_ADVANCE(CASH_DUE),
    LATE_ADVANCE(ASKING),
    LATE_ADVANCE(DAY_HELD),
    {NONE, EV_PAYMENT_RECOVERY_DUE, payment_on_recovery_due, TO(ACCOUNT), "PA-6, PA-7: an account at its home"},
    {ACCOUNT, EV_PAYMENT_RECOVERY_DUE, payment_on_recovery_due, TO(ACCOUNT), "PA-6, PA-7"},
    {NONE, EV_PAYMENT_SPENDING_ASKED, payment_on_spending_asked, TO(SPENDING), "PA-1: a currency's first day"},
    {SPENDING, EV_PAYMENT_SPENDING_ASKED, payment_on_spending_asked, TO(SPENDING), "PA-1: a day's payouts"},
    {NONE, EV_COMMAND_RECORD_RECEIPT, payment_on_receipt, TO(ACCOUNT), "PA-6: a first deposit"},
    {ACCOUNT, EV_COMMAND_RECORD_RECEIPT, payment_on_receipt, TO(ACCOUNT), "PA-6, PA-7: money comes in"},
    {ACCOUNT, EV_COMMAND_REVERSE_RECEIPT, payment_on_reverse_receipt, TO(ACCOUNT), "PA-4: corrected by a reversal"},
    TRAVEL(NONE),
    TRAVEL(INSTRUCTED),
    TRAVEL(SETTLED),
    TRAVEL(FAILED),
    TRAVEL(HALTED),
    TRAVEL(HELD),
    TRAVEL(CORRECTING),
    TRAVEL(CASH_DUE),
    TRAVEL(ASKING),
    TRAVEL(DAY_HELD),
    {NONE, EV_PAYMENT_TRAVEL_DUE, payment_on_travel_due, BEGUN, "PA-9: a visit, paid at its home once"},
    {NONE, EV_PAYMENT_STATEMENT_COMPARED, payment_on_compared, TO(STATEMENT), "PA-3: the bank's statement"},
    {STATEMENT, EV_PAYMENT_STATEMENT_COMPARED, payment_on_compared, TO(STATEMENT), "PA-3"},
    {NONE, EV_COMMAND_RECONCILE, payment_on_reconcile, TO(STATEMENT), "PA-3: compared when asked for"},
    {STATEMENT, EV_COMMAND_RECONCILE, payment_on_reconcile, TO(STATEMENT), "PA-3"},
    {STATEMENT, EV_COMMAND_CLOSE_DISCREPANCY, payment_on_close_discrepancy, TO(STATEMENT), "PA-3: a person found out"},
};

/* Every status there is but NONE, which has no slip yet, and those with a row for the command. */
#define ANY ((UINT64_C(1) << PAYMENT_STATUS_COUNT) - 1)
#define BUT(...) (ANY & ~(TO(NONE) | (__VA_ARGS__)))

/* Where no row takes a command: the rule that refuses it. */
static const struct guard GUARDS[] = {
    {EV_COMMAND_RETRY_PAYOUT, TO(NONE), "PA-1"},
    {EV_COMMAND_RETRY_PAYOUT, BUT(TO(FAILED)), "PA-3"},
    {EV_COMMAND_RELEASE_PAYOUT, TO(NONE), "PA-1"},
    {EV_COMMAND_RELEASE_PAYOUT, BUT(TO(HELD) | TO(DAY_HELD)), "PA-1"},
    {EV_COMMAND_DECIDE_PAYEE, TO(NONE), "PA-1"},
    {EV_COMMAND_DECIDE_PAYEE, BUT(TO(CORRECTING)), "AP-6"},
    {EV_COMMAND_RESOLVE_PAYOUT, TO(NONE), "PA-1"},
    {EV_COMMAND_RESOLVE_PAYOUT, BUT(TO(HALTED)), "PA-3"},
    {EV_COMMAND_CONFIRM_RESOLUTION, TO(NONE), "PA-1"},
    {EV_COMMAND_CONFIRM_RESOLUTION, BUT(TO(HALTED)), "PA-3"},
    {EV_COMMAND_SIGN_CASH, TO(NONE), "PA-1"},
    {EV_COMMAND_SIGN_CASH, BUT(TO(CASH_DUE)), "PA-3"},
    {EV_COMMAND_RECORD_RECEIPT, BUT(TO(ACCOUNT)), "PA-6"},
    {EV_COMMAND_REVERSE_RECEIPT, TO(NONE), "PA-4"},
    {EV_COMMAND_REVERSE_RECEIPT, BUT(TO(ACCOUNT)), "PA-4"},
    {EV_COMMAND_RECONCILE, BUT(TO(STATEMENT)), "PA-3"},
    {EV_COMMAND_CLOSE_DISCREPANCY, TO(NONE), "PA-3"},
    {EV_COMMAND_CLOSE_DISCREPANCY, BUT(TO(STATEMENT)), "PA-3"},
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
