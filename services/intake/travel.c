/* The travel allowance of a customer who had to come in person (PA-9): allowed here, where it is known that the case
 * exists and what its departments signed, and paid by payment. Once a visit: the dates allowed stay with the case. See
 * steps.h. */
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "intake/steps.h"
#include "policy/rights.h"

static const struct pol_amount *allowance_in(const struct policy *p, const char *currency)
{
    const struct pol_payment_rules *rules = p->pack->payment;
    return policy_amount(rules->travel_allowance, rules->n_travel_allowance, currency);
}

/* Whose issues are most; of equals the one named first. NULL: none is named. */
static const char *most_of(const char *const *departments, int n)
{
    const char *most = NULL;
    int most_issues = 0;
    for (int i = 0; i < n; i++) {
        int issues = 0;
        for (int k = 0; k < n; k++) issues += strcmp(departments[i], departments[k]) == 0;
        if (issues > most_issues) most = departments[i];
        if (issues > most_issues) most_issues = issues;
    }
    return most;
}

/* The department of most issues signed in the case (IN-11); where none is, of those on the form. */
static const char *main_department(const struct step *s)
{
    const struct ev_command_allow_travel *in = s->in->data;
    const struct intake_state *state = s->state;
    const char **signed_for = ARENA_ARRAY(s->out->arena, const char *, state->n_issues + 1);
    int n = 0;
    for (int i = 0; i < state->n_issues; i++) {
        if (state->issues[i].stage != ISSUE_STAGE_RAISED) signed_for[n++] = state->issues[i].department;
    }
    return n > 0 ? most_of(signed_for, n) : most_of(in->departments, in->n_departments);
}

static bool is_allowed_already(const struct intake_state *state, const char *date)
{
    for (int i = 0; i < state->n_visits_allowed; i++) {
        if (strcmp(state->visits_allowed[i], date) == 0) return true;
    }
    return false;
}

/* What the form lacks, or its date; NULL when it may stand in the place of a slip. */
static const char *objection(const struct step *s, const struct pol_unit *unit, const char *department)
{
    const struct ev_command_allow_travel *in = s->in->data;
    char today[TIMEFMT_SIZE];
    if (!timefmt_is_date(in->visited_on)) return "no_date";
    timefmt_date_text(calendar_date_of(s->policy->calendar, s->in->at_ms), today);
    if (strcmp(in->visited_on, today) > 0) return "not_yet_visited";
    if (is_allowed_already(s->state, in->visited_on)) return "visit_allowed_already";
    if (!text_is_filled(in->form_no)) return "form_missing";
    if (!text_is_filled(department)) return "department_missing";
    if (policy_department(s->policy, department) == NULL) return "no_such_department";
    if (!text_is_filled(in->payee)) return "payee_missing";
    if (allowance_in(s->policy, in->currency) == NULL) return "currency_without_allowance";
    return policy_person_in(unit, in->signer_id) == NULL ? "signer_unknown" : NULL;
}

static void remember_visit(struct step *s, const char *date)
{
    struct intake_state *next = s->next;
    const char **all = ARENA_ARRAY(s->out->arena, const char *, next->n_visits_allowed + 1);
    for (int i = 0; i < next->n_visits_allowed; i++) all[i] = next->visits_allowed[i];
    all[next->n_visits_allowed++] = date;
    next->visits_allowed = all;
}

enum verdict intake_on_allow_travel(struct step *s)
{
    const struct ev_command_allow_travel *in = s->in->data;
    const struct intake_state *state = s->state;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct actor *who = in->actor;
    const struct pol_unit *unit = policy_unit(s->policy, who->org_id);
    if (!policy_role_among(who->role, rules->cash_roles, rules->n_cash_roles) || !rights_holds_role(s, who)) {
        return step_refuse(s, "RO-1", "not_entitled_to_allow", NULL);
    }
    if (strcmp(in->signer_id, who->id) == 0) return step_refuse(s, "AP-6", "own_form", NULL);
    const char *department = main_department(s), *why = objection(s, unit, department);
    if (why != NULL) return step_refuse(s, "PA-9", why, NULL);
    remember_visit(s, in->visited_on);
    struct ev_intake_travel_allowed *e = decision_emit(s->out, EV_INTAKE_TRAVEL_ALLOWED);
    *e = (struct ev_intake_travel_allowed){.case_no = state->brief->case_no,
                                           .visited_on = in->visited_on,
                                           .form_no = in->form_no,
                                           .department = department,
                                           .amount_minor = allowance_in(s->policy, in->currency)->minor,
                                           .currency = in->currency,
                                           .payee = in->payee,
                                           .pay_method = in->pay_method,
                                           .org_id = unit->id,
                                           .allower_id = who->id,
                                           .signer_id = in->signer_id};
    return VERDICT_DONE;
}
