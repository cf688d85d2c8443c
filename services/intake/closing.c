/* Result, execution, satisfaction, closing, reopening (RV-1, RV-2, CF-5). See steps.h.
 *
 * payment and approval write to different topics: `payment.settled` may be read before the slip it
 * pays. It is kept (paid), and counts as soon as the slip is known. A case reopens only after all of
 * a slip is done, so a payment never belongs to an earlier slip. */
#include <string.h>

#include "intake/steps.h"

static void correct_brief(struct step *s, struct brief *corrected, const char *reason, bool to_be_reviewed)
{
    struct intake_state *next = s->next;
    corrected->version = (next->brief->has_version ? next->brief->version : 1) + 1;
    corrected->has_version = true;
    next->brief = corrected;
    struct ev_intake_reclassified *e = decision_emit(s->out, EV_INTAKE_RECLASSIFIED);
    *e = (struct ev_intake_reclassified){.brief = corrected, .reason = reason, .to_be_reviewed = to_be_reviewed};
}

void intake_correct_brief(struct step *s, struct brief *corrected, const char *reason)
{
    const struct intake_state *next = s->next;
    correct_brief(s, corrected, reason, corrected->kind == KIND_CLAIM && next->brief->kind != KIND_CLAIM);
}

void intake_close(struct step *s, const struct ending *how)
{
    struct intake_state *next = s->next;
    next->status = how->outcome == OUTCOME_WITHDRAWN ? INTAKE_STATUS_WITHDRAWN : INTAKE_STATUS_CLOSED;
    next->outcome = how->outcome;
    next->held_outcome = OUTCOME_ABSENT;
    next->n_promises = 0;
    struct ev_intake_closed *e = decision_emit(s->out, EV_INTAKE_CLOSED);
    *e = (struct ev_intake_closed){.outcome = how->outcome,
                                   .has_paid_minor = next->paid_minor > 0,
                                   .paid_minor = next->paid_minor,
                                   .currency = next->paid_minor > 0 ? next->currency : NULL,
                                   .satisfaction = next->satisfaction,
                                   .reason = how->reason,
                                   .has_due_ms = how->due_ms != 0,
                                   .due_ms = how->due_ms};
    bool by_silence = how->outcome == OUTCOME_REJECTED || how->outcome == OUTCOME_LAPSED;
    if (next->dispute_no != 0 && by_silence) {
        intake_hold_for_dispute(s, how->outcome);
        return;
    }
    next->dispute_no = 0;
    intake_tell(s, &(struct ev_intake_customer_notified){
                       .kind = NOTICE_KIND_CLOSED, .outcome = how->outcome, .reasons = how->reason});
}

void intake_reopen(struct step *s, const char *reason)
{
    struct intake_state *next = s->next;
    next->status = INTAKE_STATUS_OPEN;
    if (next->materials == MATERIALS_MISSING) next->materials = MATERIALS_LAPSED;
    next->must_pay = next->must_execute = next->noticed = next->paid = next->executed = next->judged = false;
    next->amount_minor = 0;
    next->outcome = OUTCOME_ABSENT;
    next->satisfaction = SATISFACTION_ABSENT;
    next->answer_due_ms = 0;
    struct ev_intake_reopened *e = decision_emit(s->out, EV_INTAKE_REOPENED);
    e->reason = reason;
    intake_tell(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_REOPENED, .reasons = reason});
}

static bool is_over(const struct intake_state *state)
{
    return state->status == INTAKE_STATUS_CLOSED || state->status == INTAKE_STATUS_WITHDRAWN;
}

/* Everything told, paid and carried out: ask the customer, or close (RV-1). */
static void finish_if_done(struct step *s)
{
    struct intake_state *next = s->next;
    if (next->outcome != OUTCOME_SETTLED || !next->noticed || (next->must_pay && !next->paid) ||
        (next->must_execute && !next->executed))
        return;
    intake_finish_materials(s, MATERIALS_LAPSED);
    if (!s->policy->pack->closing->ask_satisfaction || next->judged) {
        intake_close(s, &(struct ending){OUTCOME_SETTLED, NULL, 0});
        return;
    }
    next->status = INTAKE_STATUS_AWAITING_SATISFACTION;
    next->asked_ms = s->in->at_ms;
    next->called = false;
    struct ev_intake_satisfaction_requested *e = decision_emit(s->out, EV_INTAKE_SATISFACTION_REQUESTED);
    e->case_no = next->brief->case_no;
    intake_tell(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_SATISFACTION_ASKED});
}

/* In the currency of the last slip; a change of currency starts the sum anew. */
static void count_paid(struct intake_state *next, const char *currency_before)
{
    bool same = currency_before != NULL && strcmp(currency_before, next->currency) == 0;
    if (!same || __builtin_add_overflow(next->paid_minor, next->amount_minor, &next->paid_minor)) {
        next->paid_minor = next->amount_minor;
    }
}

/* The plan's measures by name: "repair, compensation". */
static const char *solution_text(const struct plan *plan, struct arena *a)
{
    const char *text = "";
    for (int i = 0; i < plan->n_measures; i++) {
        text = arena_printf(a, "%s%s%s", text, i > 0 ? ", " : "", measure_kind_name(plan->measures[i].kind));
    }
    return text;
}

/* RV-2: cause and prevention, as far as the investigation says. */
static void explain(struct ev_intake_result_noticed *e, const struct finding *f)
{
    if (f == NULL) return;
    e->cause = f->cause;
    e->liability = f->liability;
    e->explanation = f->comment;
    e->prevention = f->prevention;
}

/* RV-2, in the customer's words: what stands in the event, and the measures. */
static void tell_result(struct step *s, const struct ev_intake_result_noticed *e,
                        const struct ev_approval_slip_approved *slip)
{
    struct intake_state *next = s->next;
    struct ev_intake_customer_notified n = {.kind = NOTICE_KIND_RESULT,
                                            .has_amount_minor = true,
                                            .amount_minor = e->amount_minor,
                                            .currency = e->currency,
                                            .slip_no = slip->slip_no,
                                            .cause = e->cause,
                                            .explanation = e->explanation,
                                            .prevention = e->prevention,
                                            .outcome = e->outcome};
    intake_put_measures(&n, slip->plan, s->out->arena);
    next->measures = n.measures;
    next->n_measures = n.n_measures;
    intake_tell(s, &n);
}

static void notice_slip(struct step *s, const struct ev_approval_slip_approved *slip)
{
    struct intake_state *next = s->next;
    const char *currency_before = next->currency;
    next->noticed = true;
    next->judged = slip->judgment;
    next->held_outcome = OUTCOME_ABSENT;
    next->must_pay = slip->must_pay;
    next->must_execute = slip->must_execute;
    next->amount_minor = slip->plan->amount_minor;
    next->currency = slip->plan->currency;
    struct ev_intake_result_noticed *e = decision_emit(s->out, EV_INTAKE_RESULT_NOTICED);
    *e = (struct ev_intake_result_noticed){.solution = solution_text(slip->plan, s->out->arena),
                                           .amount_minor = next->amount_minor,
                                           .currency = next->currency,
                                           .must_pay = next->must_pay,
                                           .must_execute = next->must_execute,
                                           .outcome = OUTCOME_SETTLED};
    explain(e, slip->finding);
    tell_result(s, e, slip);
    if (next->paid) count_paid(next, currency_before);
}

/* House default: a money measure turns a complaint into a claim (IN-3); there is nothing left to review of it. */
static void claim_if_money(struct step *s, const struct ev_approval_slip_approved *slip)
{
    const struct intake_state *next = s->next;
    if (!slip->must_pay || next->brief->kind == KIND_CLAIM) return;
    struct brief *b = ARENA_NEW(s->out->arena, struct brief);
    *b = *next->brief;
    b->kind = KIND_CLAIM;
    correct_brief(s, b, "money_measure", false);
}

/* A slip for a lapsed case means that the customer's answer was in time (SL-3): the case goes on.
 * So it does for what is judged, whichever is read first. For a case that ended otherwise the result is told, and what
 * is paid is recorded. */
enum verdict intake_on_slip_approved(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_approval_slip_approved *in = s->in->data;
    struct intake_state *next = s->next;
    bool silent = state->status == INTAKE_STATUS_CLOSED && state->outcome == OUTCOME_LAPSED;
    bool rejected = state->outcome == OUTCOME_REJECTED;
    if (state->status == INTAKE_STATUS_ANSWERED && !in->judgment) return VERDICT_IGNORED;
    if (in->judgment && (silent || rejected)) intake_reopen(s, "disputed");
    if (!in->judgment && silent) intake_reopen(s, "answer_in_time");
    next->paid = state->paid;
    if (is_over(next)) {
        notice_slip(s, in);
        return VERDICT_DONE;
    }
    intake_finish_materials(s, MATERIALS_LAPSED);
    claim_if_money(s, in);
    notice_slip(s, in);
    next->status = INTAKE_STATUS_ANSWERED;
    next->outcome = OUTCOME_SETTLED;
    finish_if_done(s);
    return VERDICT_DONE;
}

void intake_notice_rejection(struct step *s, const struct ev_approval_rejected *why)
{
    struct intake_state *next = s->next;
    next->noticed = true;
    next->held_outcome = OUTCOME_ABSENT;
    next->asked_ms = s->in->at_ms;
    struct ev_intake_result_noticed *e = decision_emit(s->out, EV_INTAKE_RESULT_NOTICED);
    *e = (struct ev_intake_result_noticed){
        .solution = why->reasons, .currency = s->policy->pack->currency, .outcome = OUTCOME_REJECTED};
    e->n_routes = why->n_routes;
    e->routes = why->routes;
    explain(e, why->finding);
    intake_tell(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_REJECTED,
                                                         .reasons = why->reasons,
                                                         .routes = why->routes,
                                                         .n_routes = why->n_routes,
                                                         .has_appeal_days = why->appeal_days > 0,
                                                         .appeal_days = why->appeal_days,
                                                         .cause = e->cause,
                                                         .explanation = e->explanation,
                                                         .prevention = e->prevention,
                                                         .outcome = OUTCOME_REJECTED});
}

enum verdict intake_on_rejected(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_approval_rejected *in = s->in->data;
    struct intake_state *next = s->next;
    next->rejections++;
    if (is_over(state)) {
        intake_notice_rejection(s, in);
        return VERDICT_DONE;
    }
    intake_finish_materials(s, MATERIALS_LAPSED);
    intake_notice_rejection(s, in);
    next->status = INTAKE_STATUS_ANSWERED;
    next->outcome = OUTCOME_REJECTED;
    return VERDICT_DONE;
}

/* An appeal (AP-9), or an objection to a lapsed offer that was in time, brings the case back. */
enum verdict intake_on_objected(struct step *s)
{
    const struct intake_state *state = s->state;
    if (state->final) return VERDICT_IGNORED;
    if (state->outcome == OUTCOME_LAPSED) {
        intake_reopen(s, "answer_in_time");
    } else if (state->outcome == OUTCOME_REJECTED) {
        intake_reopen(s, "appealed");
    } else {
        return VERDICT_IGNORED;
    }
    return VERDICT_DONE;
}

enum verdict intake_on_lapsed(struct step *s)
{
    intake_close(s, &(struct ending){OUTCOME_LAPSED, "no_answer_to_the_offer", 0});
    return VERDICT_DONE;
}

static void emit_progressed(struct step *s)
{
    const struct intake_state *next = s->next;
    struct ev_intake_progressed *e = decision_emit(s->out, EV_INTAKE_PROGRESSED);
    *e = (struct ev_intake_progressed){.paid = next->paid, .executed = next->executed};
}

enum verdict intake_on_paid(struct step *s)
{
    const struct intake_state *state = s->state;
    struct intake_state *next = s->next;
    if (state->paid) return intake_on_paid_again(s);
    next->paid = true;
    if (next->noticed) count_paid(next, next->currency);
    emit_progressed(s);
    intake_tell_paid(s);
    if (!is_over(state)) finish_if_done(s);
    return VERDICT_DONE;
}

enum verdict intake_on_executed(struct step *s)
{
    const struct intake_state *state = s->state;
    struct intake_state *next = s->next;
    next->executed = true;
    emit_progressed(s);
    intake_tell(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_EXECUTED});
    if (!is_over(state)) finish_if_done(s);
    return VERDICT_DONE;
}

void intake_note_call(struct step *s, const struct ev_command_contact *in, int64_t at_ms)
{
    const struct intake_state *state = s->state;
    struct intake_state *next = s->next;
    bool asking = state->status == INTAKE_STATUS_AWAITING_SATISFACTION;
    if (!asking || state->called || at_ms < state->asked_ms) return;
    next->called = true;
    struct ev_intake_satisfaction_called *e = decision_emit(s->out, EV_INTAKE_SATISFACTION_CALLED);
    *e = (struct ev_intake_satisfaction_called){
        .by = in->actor->id, .at_ms = at_ms, .channel = in->channel, .result = in->result};
}

static void record_satisfaction(struct step *s, const struct ev_command_satisfaction *in)
{
    struct intake_state *next = s->next;
    next->satisfaction = in->answer;
    struct ev_intake_satisfaction_recorded *e = decision_emit(s->out, EV_INTAKE_SATISFACTION_RECORDED);
    *e = (struct ev_intake_satisfaction_recorded){.answer = in->answer, .comment = in->comment};
}

enum verdict intake_on_satisfaction(struct step *s)
{
    const struct ev_command_satisfaction *in = s->in->data;
    if (in->actor->role != ROLE_CUSTOMER) return step_refuse(s, "RV-1", "only_the_customer", NULL);
    record_satisfaction(s, in);
    if (in->answer == SATISFACTION_NOT_SATISFIED) {
        intake_reopen(s, "not_satisfied");
    } else {
        intake_close(s, &(struct ending){OUTCOME_SETTLED, NULL, 0});
    }
    return VERDICT_DONE;
}

/* SL-3: an answer accepted in time, read after the miss closed the case. */
enum verdict intake_on_late_satisfaction(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_satisfaction *in = s->in->data;
    if (in->actor->role != ROLE_CUSTOMER) return step_refuse(s, "RV-1", "only_the_customer", NULL);
    if (s->in->at_ms > state->answer_due_ms) return step_refuse(s, "RV-1", "answer_period_over", NULL);
    if (state->satisfaction != SATISFACTION_ABSENT) return step_refuse(s, "RV-1", "already_answered", NULL);
    record_satisfaction(s, in);
    if (in->answer == SATISFACTION_NOT_SATISFIED) intake_reopen(s, "not_satisfied");
    return VERDICT_DONE;
}

enum verdict intake_on_withdraw(struct step *s)
{
    const struct ev_command_withdraw *in = s->in->data;
    if (in->actor->role != ROLE_CUSTOMER) return step_refuse(s, "RV-1", "only_the_customer", NULL);
    intake_close(s, &(struct ending){OUTCOME_WITHDRAWN, in->reason, 0});
    return VERDICT_DONE;
}
