/* A case before a mediator, an arbitrator or a court does not end by silence (ES-8). See steps.h.
 *
 * What would close it as rejected or lapsed meanwhile, or had closed it before, is held: it closes so when the dispute
 * is over, unless something else has come of it. */
#include "intake/steps.h"

static void note(struct step *s)
{
    const struct intake_state *next = s->next;
    struct ev_intake_dispute_noted *e = decision_emit(s->out, EV_INTAKE_DISPUTE_NOTED);
    e->dispute_no = next->dispute_no;
}

void intake_hold_for_dispute(struct step *s, enum outcome outcome)
{
    struct intake_state *next = s->next;
    intake_reopen(s, "disputed");
    next->held_outcome = outcome;
    note(s);
}

enum verdict intake_on_dispute_opened(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_escalation_dispute_opened *in = s->in->data;
    struct intake_state *next = s->next;
    bool closed = state->status == INTAKE_STATUS_CLOSED;
    if (state->dispute_no == in->dispute_no) return VERDICT_IGNORED;
    if (closed && state->outcome != OUTCOME_REJECTED && state->outcome != OUTCOME_LAPSED) return VERDICT_IGNORED;
    next->dispute_no = in->dispute_no;
    if (closed) {
        intake_hold_for_dispute(s, state->outcome);
    } else {
        note(s);
    }
    return VERDICT_DONE;
}

enum verdict intake_on_dispute_ended(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_escalation_dispute_ended *in = s->in->data;
    struct intake_state *next = s->next;
    if (state->dispute_no != in->dispute_no) return VERDICT_IGNORED;
    next->dispute_no = 0;
    struct ev_intake_dispute_over *e = decision_emit(s->out, EV_INTAKE_DISPUTE_OVER);
    e->dispute_no = in->dispute_no;
    if (state->held_outcome != OUTCOME_ABSENT) {
        intake_close(s, &(struct ending){state->held_outcome, "dispute_over", 0});
    }
    return VERDICT_DONE;
}

/* The customer's answer was in time after all: the negotiation goes on beside the dispute. */
enum verdict intake_on_objected_in_dispute(struct step *s)
{
    const struct intake_state *state = s->state;
    struct intake_state *next = s->next;
    if (state->held_outcome == OUTCOME_ABSENT || state->final) return VERDICT_IGNORED;
    next->held_outcome = OUTCOME_ABSENT;
    note(s);
    return VERDICT_DONE;
}
