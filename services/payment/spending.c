/* The ceiling on what head office lets leave on a day (PA-1, steps.h).
 *
 * In a currency for which the policy has a `day_ceiling`, head office's payouts are added up at an account with a home
 * of its own, "spending:CURRENCY", by local dates of the policy's calendar. Before a slip's first order its case asks
 * there, over the exchange, and waits for the answer: so the last room of a day is taken by one case alone, no
 * transaction spans two partitions, and the account takes in batches what is asked of it. What does not fit is held
 * until somebody with the right releases it; that is asked for once more, and counted whatever the ceiling says.
 *
 * A slip is counted once, on the day its first order was let pass. What the bank refuses afterwards, or sends back,
 * stays counted: the same slip is paid under further numbers, or by a person's decision, without asking again, so its
 * room is still its own. The account errs on the side of stopping, and never longer than to the end of its day. */
#include <string.h>

#include "base/id.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"

static struct arena *arena_of(const struct step *s) { return s->out->arena; }

/* ---- the case that asks ---- */

void payment_ask_spending(struct step *s, bool released)
{
    struct payment_state *next = s->next;
    const struct pay_slip *slip = next->slip;
    next->status = PAYMENT_STATUS_ASKING;
    struct ev_payment_spending_asked *out = decision_emit(s->out, EV_PAYMENT_SPENDING_ASKED);
    *out = (struct ev_payment_spending_asked){.account = arena_printf(arena_of(s), "spending:%s", slip->currency),
                                              .asker_id = s->in->case_id,
                                              .slip_no = slip->slip_no,
                                              .case_no = slip->case_no,
                                              .amount_minor = next->payout_minor,
                                              .currency = slip->currency,
                                              .released = released};
}

static void hold(struct step *s, const struct ev_payment_spending_answered *ev)
{
    struct payment_state *next = s->next;
    int64_t total;
    next->status = PAYMENT_STATUS_DAY_HELD;
    struct ev_payment_held *out = decision_emit(s->out, EV_PAYMENT_HELD);
    *out = (struct ev_payment_held){.slip_no = ev->slip_no,
                                    .reason = "day_ceiling",
                                    .amount_minor = ev->amount_minor,
                                    .currency = ev->currency,
                                    .has_ceiling_minor = ev->has_ceiling_minor,
                                    .ceiling_minor = ev->ceiling_minor};
    if (__builtin_add_overflow(ev->spent_minor, ev->amount_minor, &total)) return;
    out->has_total_minor = true;
    out->total_minor = total;
}

enum verdict payment_on_spending_answered(struct step *s)
{
    const struct ev_payment_spending_answered *ev = s->in->data;
    const struct payment_state *st = s->state;
    if (strcmp(ev->slip_no, st->slip->slip_no) != 0) return step_broken(s, "answer_of_another_slip");
    if (ev->granted)
        payment_instruct(s);
    else
        hold(s, ev);
    return VERDICT_DONE;
}

/* ---- the account that answers ---- */

/* The account as of today, nothing counted yet on a new date. An order leaves after the answer, so it is of the date
 * on which it is answered; a date never comes back. */
static struct pay_spending *open_today(struct step *s, const char *key)
{
    struct payment_state *next = s->next;
    const struct pay_spending *old = next->spending;
    int64_t today = calendar_date_of(s->policy->calendar, s->in->now_ms);
    struct pay_spending *account = ARENA_NEW(arena_of(s), struct pay_spending);
    *account = (struct pay_spending){.key = key, .day = today};
    if (old != NULL && old->day >= today) *account = *old;
    next->spending = account;
    next->status = PAYMENT_STATUS_SPENDING;
    return account;
}

/* Counts what fits, and what a person lets pass. */
static bool let_pass(struct pay_spending *account, const struct pol_amount *ceiling,
                     const struct ev_payment_spending_asked *ev)
{
    int64_t total;
    bool fits = !__builtin_add_overflow(account->spent_minor, ev->amount_minor, &total);
    if (!fits) total = INT64_MAX;
    if (!ev->released && (!fits || (ceiling != NULL && total > ceiling->minor))) return false;
    account->spent_minor = total;
    return true;
}

enum verdict payment_on_spending_asked(struct step *s)
{
    const struct ev_payment_spending_asked *ev = s->in->data;
    const struct payment_state *st = s->state;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct pol_amount *ceiling = policy_amount(rules->day_ceiling, rules->n_day_ceiling, ev->currency);
    bool mine = case_id_serial(s->in->case_id) == id_account_serial(ev->account);
    if (!mine || (st->spending != NULL && strcmp(st->spending->key, ev->account) != 0)) {
        return step_broken(s, "another_account");
    }
    struct pay_spending *account = open_today(s, ev->account);
    bool granted = let_pass(account, ceiling, ev);
    char day[TIMEFMT_SIZE];
    struct ev_payment_spending_answered *out = decision_emit(s->out, EV_PAYMENT_SPENDING_ANSWERED);
    *out = (struct ev_payment_spending_answered){.account = ev->account,
                                                 .asker_id = ev->asker_id,
                                                 .slip_no = ev->slip_no,
                                                 .case_no = ev->case_no,
                                                 .amount_minor = ev->amount_minor,
                                                 .currency = ev->currency,
                                                 .granted = granted,
                                                 .day = arena_strdup(arena_of(s), timefmt_date_text(account->day, day)),
                                                 .spent_minor = account->spent_minor,
                                                 .has_ceiling_minor = ceiling != NULL,
                                                 .ceiling_minor = ceiling != NULL ? ceiling->minor : 0};
    return VERDICT_DONE;
}
