/* A judgment takes the place of plan, approval and signature (ES-8): it becomes a slip at once, whatever was under way.
 * See steps.h. */
#include "approval/steps.h"
#include "event/newest.h"

/* The liability is the judgment's; the rest of what is known about the case stays. */
static const struct finding *judged_finding(struct step *s, const struct finding *judged)
{
    const struct approval_state *state = s->state;
    if (state->finding == NULL) return judged;
    struct finding *f = ARENA_NEW(s->out->arena, struct finding);
    *f = *state->finding;
    f->liability = judged->liability;
    return f;
}

enum verdict approval_on_judgment(struct step *s)
{
    const struct approval_state *state = s->state;
    const struct ev_escalation_judgment_recorded *in = s->in->data;
    struct approval_state *next = s->next;
    if (approval_granted_would_overflow(state, in->plan)) return step_broken(s, "amount_overflow");
    next->brief = brief_newest(in->brief, state->brief);
    next->assignment = assignment_newest(in->assignment, state->assignment);
    next->finding = judged_finding(s, in->finding);
    next->plan = in->plan;
    next->proposer_id = in->by;
    next->judged = true;
    next->round++;
    struct ev_approval_judgment_taken *e = decision_emit(s->out, EV_APPROVAL_JUDGMENT_TAKEN);
    *e = (struct ev_approval_judgment_taken){.dispute_no = in->dispute_no, .plan = in->plan, .round = next->round};
    approval_fix_payee(next);
    approval_issue_slip(s);
    return VERDICT_DONE;
}
