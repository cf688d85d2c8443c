/* Sanctions against a unit, by the policy's scale (ES-4, ES-8, RV-5). See steps.h. */
#include "escalation/steps.h"

static const struct pol_sanction_rule *rule_for(const struct charge *charge)
{
    for (int i = 0; i < charge->n_rules; i++) {
        if (charge->rules[i].offence == charge->offence) return &charge->rules[i];
    }
    return NULL;
}

const char *escalation_record_sanction(struct step *s, const struct charge *charge)
{
    struct escalation_state *next = s->next;
    const struct pol_sanction_rule *rule = rule_for(charge);
    if (rule == NULL) return NULL;
    next->sanctions++;
    struct ev_escalation_sanction_recorded *out = decision_emit(s->out, EV_ESCALATION_SANCTION_RECORDED);
    *out = (struct ev_escalation_sanction_recorded){
        .sanction_no =
            arena_printf(s->out->arena, "JC-%lld-%lld", (long long)s->in->case_id, (long long)next->sanctions),
        .org_id = charge->org_id,
        .offence = charge->offence,
        .sanction = rule->sanction,
        .has_fine_minor = rule->has_fine_minor,
        .fine_minor = rule->fine_minor,
        .currency = rule->currency,
        .takeover_no = next->takeovers};
    return out->sanction_no;
}

void escalation_withdraw_sanction(struct step *s, const char *sanction_no, const char *org_id)
{
    struct ev_escalation_sanction_withdrawn *out = decision_emit(s->out, EV_ESCALATION_SANCTION_WITHDRAWN);
    *out = (struct ev_escalation_sanction_withdrawn){.sanction_no = sanction_no, .org_id = org_id};
}
