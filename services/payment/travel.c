/* The travel allowance (PA-9, steps.h). A visit is an account with a home of its own, "visit:CASE_NO@DATE", so a second
 * allowance for it finds the first. From there on it is paid as any slip is. */
#include <ctype.h>
#include <string.h>

#include "base/id.h"
#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "event/identity.h"
#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"

enum { DEPARTMENT_MAX = 40 };

static bool is_date(const char *text)
{
    static const char shape[] = "dddd-dd-dd";
    if (strlen(text) != sizeof shape - 1) return false;
    for (int i = 0; shape[i] != '\0'; i++) {
        if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i]) return false;
    }
    return true;
}

static const struct pol_amount *allowance_in(const struct policy *p, const char *currency)
{
    const struct pol_payment_rules *rules = p->pack->payment;
    return policy_amount(rules->travel_allowance, rules->n_travel_allowance, currency);
}

/* Whose issues are most; of equals the one named first. */
static const char *main_department(const struct ev_command_allow_travel *ev)
{
    const char *most = NULL;
    int most_issues = 0;
    for (int i = 0; i < ev->n_departments; i++) {
        int issues = 0;
        for (int k = 0; k < ev->n_departments; k++) issues += strcmp(ev->departments[i], ev->departments[k]) == 0;
        if (issues > most_issues) most = ev->departments[i];
        if (issues > most_issues) most_issues = issues;
    }
    return most;
}

/* NULL when the form may stand in the place of a slip; else the reason code. */
static const char *objection(const struct step *s, const struct ev_command_allow_travel *ev,
                             const struct pol_unit *unit)
{
    const char *visit = arena_printf(s->out->arena, "visit:%s@%s", ev->case_no, ev->visited_on);
    const char *department = main_department(ev);
    char today[TIMEFMT_SIZE];
    int64_t of_case;
    if (!case_no_parse(ev->case_no, &of_case)) return "no_case_number";
    if (!is_date(ev->visited_on)) return "no_date";
    timefmt_date_text(calendar_date_of(s->policy->calendar, s->in->at_ms), today);
    if (strcmp(ev->visited_on, today) > 0) return "not_yet_visited";
    if (case_id_serial(s->in->case_id) != id_account_serial(visit)) return "not_this_visit";
    if (ev->form_no[0] == '\0') return "form_missing";
    if (department == NULL || department[0] == '\0' || strlen(department) > DEPARTMENT_MAX) return "department_missing";
    if (ev->payee[0] == '\0') return "payee_missing";
    if (allowance_in(s->policy, ev->currency) == NULL) return "currency_without_allowance";
    return policy_person_in(unit, ev->signer_id) == NULL ? "signer_unknown" : NULL;
}

static const struct pay_slip *slip_of(const struct step *s, const struct ev_command_allow_travel *ev,
                                      const struct pol_unit *unit)
{
    struct arena *a = s->out->arena;
    struct pay_slip *slip = ARENA_NEW(a, struct pay_slip);
    *slip = (struct pay_slip){
        .slip_no = arena_printf(a, "%s-T%s", ev->case_no, ev->visited_on),
        .case_no = ev->case_no,
        .amount_minor = allowance_in(s->policy, ev->currency)->minor,
        .currency = ev->currency,
        .payee = ev->payee,
        .pay_method = ev->pay_method != PAY_METHOD_ABSENT && ev->pay_method != PAY_METHOD_DEDUCTION
                          ? ev->pay_method
                          : PAY_METHOD_TRANSFER,
        .payer_org = unit->id,
        .payer_account = unit->bank_account,
        .approved_org = unit->id,
        .expense = arena_printf(a, "travel:%s", main_department(ev)),
        .fee_account = "",
    };
    return slip;
}

enum verdict payment_on_allow_travel(struct step *s)
{
    const struct ev_command_allow_travel *ev = s->in->data;
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct pol_unit *unit = ev->actor->org_id != NULL ? policy_unit(s->policy, ev->actor->org_id) : NULL;
    if (unit == NULL || !payment_may(s, ev->actor, rules->cash_roles, rules->n_cash_roles)) {
        return step_refuse(s, "RO-1", "not_entitled_to_allow", NULL);
    }
    if (strcmp(ev->signer_id, ev->actor->id) == 0) return step_refuse(s, "AP-6", "own_form", NULL);
    const char *why = objection(s, ev, unit);
    if (why != NULL) return step_refuse(s, "PA-9", why, NULL);
    const struct pay_slip *slip = slip_of(s, ev, unit);
    struct ev_payment_travel_allowed *out = decision_emit(s->out, EV_PAYMENT_TRAVEL_ALLOWED);
    *out = (struct ev_payment_travel_allowed){.case_no = ev->case_no,
                                              .visited_on = ev->visited_on,
                                              .form_no = ev->form_no,
                                              .department = main_department(ev),
                                              .slip_no = slip->slip_no,
                                              .amount_minor = slip->amount_minor,
                                              .currency = slip->currency,
                                              .allower_id = ev->actor->id,
                                              .signer_id = ev->signer_id};
    payment_begin(s, slip, false);
    return VERDICT_DONE;
}
