/* Where a third party is liable, the customer is helped to claim there (PA-11). See steps.h.
 *
 * What he claims, with whom, and what help he was given is on record; support that was planned is done when that is. */
#include "approval/steps.h"
#include "policy/plan.h"
#include "policy/rights.h"

static bool is_third_partys(const struct approval_state *state)
{
    return state->finding != NULL && state->finding->liability == LIABILITY_THIRD_PARTY;
}

bool approval_claim_missing(const struct step *s)
{
    const struct approval_state *state = s->state;
    if (!is_third_partys(state) || state->third_party_entries > 0) return false;
    for (int i = 0; i < state->plan->n_measures; i++) {
        if (state->plan->measures[i].kind == MEASURE_KIND_TECHNICAL_SUPPORT) return true;
    }
    return false;
}

/* NULL when the entry may be made; else the reason code. */
static const char *objection(const struct approval_state *state, const struct ev_command_record_third_party_claim *in)
{
    if (!is_third_partys(state)) return "no_third_party_liable";
    if (in->third_party[0] == '\0') return "third_party_missing";
    if (in->support[0] == '\0') return "support_missing";
    bool money = in->has_amount_minor || in->currency != NULL;
    return money && (in->amount_minor <= 0 || !plan_knows_currency(in->currency)) ? "not_an_amount" : NULL;
}

enum verdict approval_on_third_party_claim(struct step *s)
{
    const struct ev_command_record_third_party_claim *in = s->in->data;
    const struct approval_state *state = s->state;
    struct approval_state *next = s->next;
    if (!rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    const char *why = objection(state, in);
    if (why != NULL) return step_refuse(s, "PA-11", why, NULL);
    next->has_third_party_entries = true;
    next->third_party_entries++;
    struct ev_approval_third_party_claim_recorded *e = decision_emit(s->out, EV_APPROVAL_THIRD_PARTY_CLAIM_RECORDED);
    *e = (struct ev_approval_third_party_claim_recorded){
        .entry_no = next->third_party_entries,
        .third_party = in->third_party,
        .reference = in->reference,
        .has_amount_minor = in->has_amount_minor,
        .amount_minor = in->amount_minor,
        .currency = in->currency,
        .support = in->support,
        .outcome = in->outcome != CLAIM_OUTCOME_ABSENT ? in->outcome : CLAIM_OUTCOME_OPEN,
        .by = in->actor->id};
    return VERDICT_DONE;
}
