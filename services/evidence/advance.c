/* Advance compensation up to head office's review (PA-5). See steps.h.
 *
 * The customer asks before it is known who is liable, in the categories the policy names. The third party surveys
 * together with the outlet; its certificate and the outlet's report are what head office reviews the application by.
 * What is granted is a fact payment pays on in the place of a slip (PA-1). One application at a time; after a denial
 * another may be made, after a grant none. */
#include "base/money.h"
#include "evidence/steps.h"
#include "policy/rights.h"

enum { SHA256_HEX = 64 };

static const struct pol_advance_ground *ground_of(const struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct pol_advance_rules *rules = s->policy->pack->advance;
    for (int i = 0; rules != NULL && i < rules->n_grounds; i++) {
        if (rules->grounds[i].category == state->brief->category) return &rules->grounds[i];
    }
    return NULL;
}

/* The application is changed as a whole: a copy, to be filled. */
static struct advance *open_application(struct step *s)
{
    const struct evidence_state *state = s->state;
    struct evidence_state *next = s->next;
    struct advance *a = ARENA_NEW(s->out->arena, struct advance);
    if (state->advance != NULL) *a = *state->advance;
    next->advance = a;
    return a;
}

/* ---- the application ---- */

/* Why that much may not be given; NULL when it may. Never more than is claimed; where no claim is stated, as far as the
 * policy goes. */
static const char *too_much(const struct step *s, int64_t amount, const char *currency)
{
    const struct evidence_state *state = s->state;
    const struct brief *b = state->brief;
    const struct pol_advance_rules *rules = s->policy->pack->advance;
    if (b->has_claimed_minor && b->currency != NULL) {
        if (strcmp(b->currency, currency) != 0) return "other_currency";
        return amount > b->claimed_minor ? "more_than_claimed" : NULL;
    }
    if (rules == NULL) return "claim_to_be_stated";
    const struct pol_amount *ceiling = policy_amount(rules->unclaimed_ceiling, rules->n_unclaimed_ceiling, currency);
    if (ceiling == NULL) return "claim_to_be_stated";
    return amount > ceiling->minor ? "above_ceiling_without_claim" : NULL;
}

/* NULL when it may be made; else the reason code. */
static const char *objection(const struct step *s, const struct ev_command_apply_advance *in)
{
    const struct evidence_state *state = s->state;
    if (ground_of(s) == NULL) return "not_in_this_category";
    if (state->advance != NULL && state->advance->stage == ADVANCE_STAGE_GRANTED) return "granted_already";
    if (state->advance != NULL && state->advance->stage != ADVANCE_STAGE_DENIED) return "applied_already";
    if (in->amount_minor <= 0) return "amount_not_positive";
    if (money_exponent(in->currency) < 0) return "unknown_currency";
    return too_much(s, in->amount_minor, in->currency);
}

enum verdict evidence_on_apply_advance(struct step *s)
{
    const struct ev_command_apply_advance *in = s->in->data;
    const struct evidence_state *state = s->state;
    if (in->actor->role != ROLE_CUSTOMER && !rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    const char *why = objection(s, in);
    if (why != NULL) return step_refuse(s, "PA-5", why, NULL);
    struct advance *a = open_application(s);
    struct evidence_state *next = s->next;
    next->has_advances = true;
    next->advances++;
    *a = (struct advance){.application_no =
                              arena_printf(s->out->arena, "%s-A%lld", state->brief->case_no, (long long)next->advances),
                          .stage = ADVANCE_STAGE_APPLIED,
                          .amount_minor = in->amount_minor,
                          .currency = in->currency,
                          .payee = in->payee,
                          .pay_method = in->pay_method,
                          .applicant_id = in->actor->id};
    struct ev_evidence_advance_applied *e = decision_emit(s->out, EV_EVIDENCE_ADVANCE_APPLIED);
    *e = (struct ev_evidence_advance_applied){.application_no = a->application_no,
                                              .amount_minor = a->amount_minor,
                                              .currency = a->currency,
                                              .applicant_id = a->applicant_id};
    return VERDICT_DONE;
}

/* ---- its papers ---- */

bool evidence_is_paper(const struct document *d)
{
    return d->title[0] != '\0' && d->sha256 != NULL && strlen(d->sha256) == SHA256_HEX;
}

/* Of the unit that has the case, or of the outlet that had it first. */
static bool is_of_the_outlet(const struct step *s, const char *person_id)
{
    const struct evidence_state *state = s->state;
    const char *const orgs[] = {state->assignment->org_id, state->assignment->outlet_id};
    for (int i = 0; i < 2; i++) {
        const struct pol_unit *unit = orgs[i] != NULL ? policy_unit(s->policy, orgs[i]) : NULL;
        if (unit != NULL && policy_person_in(unit, person_id) != NULL) return true;
    }
    return false;
}

static const char *paper_missing(const struct step *s, const struct ev_command_file_advance *in)
{
    const struct pol_advance_ground *ground = ground_of(s);
    if (ground == NULL) return "not_in_this_category";
    if (in->inspector[0] == '\0') return "inspector_missing";
    if (!evidence_is_paper(in->certificate)) return "certificate_missing";
    if (!evidence_is_paper(in->site_report)) return "site_report_missing";
    if (!is_of_the_outlet(s, in->surveyor_id)) return "surveyor_not_of_the_outlet";
    if (in->surveyed_ms > s->in->at_ms) return "surveyed_in_the_future";
    bool other_source =
        ground->material_source != MATERIAL_SOURCE_ABSENT && in->material_source != ground->material_source;
    return other_source ? "material_of_another_source" : NULL;
}

enum verdict evidence_on_file_advance(struct step *s)
{
    const struct ev_command_file_advance *in = s->in->data;
    const struct evidence_state *state = s->state;
    if (!rights_at_unit(s, in->actor, state->assignment->org_id)) {
        return step_refuse(s, "DI-2", "not_your_case", state->assignment->org_id);
    }
    if (state->advance == NULL || state->advance->stage != ADVANCE_STAGE_APPLIED) {
        return step_refuse(s, "PA-5", "no_open_application", NULL);
    }
    const char *why = paper_missing(s, in);
    if (why != NULL) return step_refuse(s, "PA-5", why, NULL);
    struct advance_papers *papers = ARENA_NEW(s->out->arena, struct advance_papers);
    *papers = (struct advance_papers){.inspector = in->inspector,
                                      .surveyor_id = in->surveyor_id,
                                      .surveyed_ms = in->surveyed_ms,
                                      .certificate = in->certificate,
                                      .site_report = in->site_report,
                                      .material_source = in->material_source,
                                      .filed_by = in->actor->id};
    struct advance *a = open_application(s);
    a->stage = ADVANCE_STAGE_DOCUMENTED;
    a->papers = papers;
    struct ev_evidence_advance_documented *e = decision_emit(s->out, EV_EVIDENCE_ADVANCE_DOCUMENTED);
    *e = (struct ev_evidence_advance_documented){.application_no = a->application_no, .papers = papers};
    return VERDICT_DONE;
}

/* ---- head office's review ---- */

static bool may_review(const struct step *s, const struct actor *who)
{
    const struct pol_advance_rules *rules = s->policy->pack->advance;
    return rules != NULL && policy_role_among(who->role, rules->review_roles, rules->n_review_roles) &&
           rights_at_unit(s, who, policy_head_office(s->policy)->id);
}

/* AP-6: nobody reviews what he asked for, saw or filed himself. */
static bool has_part(const struct advance *a, const char *id)
{
    return strcmp(id, a->applicant_id) == 0 || strcmp(id, a->papers->filed_by) == 0 ||
           strcmp(id, a->papers->surveyor_id) == 0;
}

static enum verdict deny(struct step *s, struct advance *a, const struct ev_command_review_advance *in)
{
    a->stage = ADVANCE_STAGE_DENIED;
    struct ev_evidence_advance_denied *e = decision_emit(s->out, EV_EVIDENCE_ADVANCE_DENIED);
    *e = (struct ev_evidence_advance_denied){
        .application_no = a->application_no, .reviewer_id = in->actor->id, .comment = in->comment};
    return VERDICT_DONE;
}

static enum verdict grant(struct step *s, struct advance *a, const struct ev_command_review_advance *in, int64_t amount)
{
    const struct evidence_state *state = s->state;
    a->stage = ADVANCE_STAGE_GRANTED;
    a->has_granted_minor = true;
    a->granted_minor = amount;
    struct ev_evidence_advance_granted *e = decision_emit(s->out, EV_EVIDENCE_ADVANCE_GRANTED);
    *e = (struct ev_evidence_advance_granted){.application_no = a->application_no,
                                              .brief = state->brief,
                                              .amount_minor = amount,
                                              .currency = a->currency,
                                              .payee = a->payee != NULL ? a->payee : state->payee,
                                              .pay_method = a->pay_method,
                                              .reviewer_id = in->actor->id,
                                              .comment = in->comment};
    return VERDICT_DONE;
}

enum verdict evidence_on_review_advance(struct step *s)
{
    const struct ev_command_review_advance *in = s->in->data;
    const struct evidence_state *state = s->state;
    const struct advance *asked = state->advance;
    if (!may_review(s, in->actor)) return step_refuse(s, "RO-1", "not_entitled_to_review", NULL);
    if (asked == NULL || asked->stage != ADVANCE_STAGE_DOCUMENTED) {
        return step_refuse(s, "PA-5", "nothing_to_review", NULL);
    }
    if (has_part(asked, in->actor->id)) return step_refuse(s, "AP-6", "own_application", NULL);
    if (!in->approve) return deny(s, open_application(s), in);
    int64_t amount = in->has_amount_minor ? in->amount_minor : asked->amount_minor;
    if (amount <= 0 || amount > asked->amount_minor) return step_refuse(s, "PA-5", "more_than_applied_for", NULL);
    const char *why = too_much(s, amount, asked->currency); /* a claim may have been stated since */
    if (why != NULL) return step_refuse(s, "PA-5", why, NULL);
    return grant(s, open_application(s), in, amount);
}
