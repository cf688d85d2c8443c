/* The parts of the intake machine (private to intake; the table is in decide.c). Pure. */
#ifndef REDRESS_INTAKE_STEPS_H
#define REDRESS_INTAKE_STEPS_H

#include "event/core.h"
#include "policy/policy.h"

/* register.c: what arrives from channels */
enum verdict intake_on_complaint(struct step *s);
enum verdict intake_on_stray_supplement(struct step *s);
enum verdict intake_on_contact_message(struct step *s);

/* material.c: what the customer still owes (IN-6) */
/* Names of the items the policy asks of that kind and the brief or message lacks. */
int intake_missing(const struct policy *p, const struct brief *b, const struct ev_inbound_complaint *c,
                   const char ***names, struct arena *a);
void intake_request_materials(struct step *s);
bool intake_waits_for_material(const struct intake_state *state);
/* What another message brings of it. */
void intake_look_for_materials(struct step *s, const struct ev_inbound_complaint *in);
/* Ends the waiting: supplied or lapsed. No-op unless the case waits for material. */
void intake_finish_materials(struct step *s, enum materials how);
enum verdict intake_on_supplement(struct step *s);
enum verdict intake_on_supplement_message(struct step *s);
enum verdict intake_on_request_material(struct step *s);

/* handling.c: people and the case while it is worked on */
enum verdict intake_on_dispatched(struct step *s);
enum verdict intake_on_contact(struct step *s);
enum verdict intake_on_classify(struct step *s);
enum verdict intake_on_review(struct step *s);
/* The named handler; the one before, for what they did before the change; head office's service. */
bool intake_is_handler(const struct step *s, const struct actor *who);

/* promise.c: dates given to the customer (SL-7) */
enum verdict intake_on_promise(struct step *s);
enum verdict intake_on_keep_promise(struct step *s);
/* NULL, or why no limit could come of a date given now. */
const char *intake_date_fault(const struct step *s, int64_t due_ms);

/* issue.c: several issues in one case (IN-11) */
enum verdict intake_on_raise_issue(struct step *s);
enum verdict intake_on_sign_issue(struct step *s);
enum verdict intake_on_answer_issue(struct step *s);
enum verdict intake_on_settle_issue(struct step *s);

/* notice.c: what the customer is told (PA-3, IN-7, AP-7, RV-2, CF-5) */
/* Makes a notice of that kind with those figures; number, recipient, language and words are added. False: the policy
 * tells nothing of that kind. Beside an event of the own topic only: a replay finds its inputs by those. */
bool intake_tell(struct step *s, const struct ev_intake_customer_notified *what);
void intake_put_measures(struct ev_intake_customer_notified *n, const struct plan *plan, struct arena *a);
/* The settlement just read. */
void intake_tell_paid(struct step *s);
enum verdict intake_on_offered(struct step *s);
enum verdict intake_on_reminded(struct step *s);
enum verdict intake_on_deducted(struct step *s);
enum verdict intake_on_cash_due(struct step *s);
enum verdict intake_on_advance_paid(struct step *s);
/* A settlement that ends nothing: of a slip beside the one the case is answered by. */
enum verdict intake_on_paid_again(struct step *s);
enum verdict intake_on_report_notice(struct step *s);

/* travel.c: the allowance of a customer who had to come in person (PA-9) */
enum verdict intake_on_allow_travel(struct step *s);

/* closing.c: result, execution, satisfaction, closing */
struct ending {
    enum outcome outcome;
    const char *reason;
    int64_t due_ms; /* of the limit whose miss it is; 0 = none */
};
void intake_close(struct step *s, const struct ending *how);
void intake_reopen(struct step *s, const char *reason);
/* The customer is told why, and what is still open to them (AP-7). */
void intake_notice_rejection(struct step *s, const struct ev_approval_rejected *why);
/* The brief corrected: next version, told to everybody (IN-4). A claim that was none is to be reviewed (IN-10). */
void intake_correct_brief(struct step *s, struct brief *corrected, const char *reason);
enum verdict intake_on_slip_approved(struct step *s);
enum verdict intake_on_rejected(struct step *s);
enum verdict intake_on_objected(struct step *s);
enum verdict intake_on_lapsed(struct step *s);
enum verdict intake_on_paid(struct step *s);
enum verdict intake_on_executed(struct step *s);
/* SL-4: a contact after everything is done is the satisfaction call, the first one of that time. */
void intake_note_call(struct step *s, const struct ev_command_contact *in, int64_t at_ms);
enum verdict intake_on_satisfaction(struct step *s);
enum verdict intake_on_late_satisfaction(struct step *s);
enum verdict intake_on_withdraw(struct step *s);

/* dispute.c: mediation, arbitration, court (ES-8) */
/* Reopens what has just closed, or had, to close again so when the dispute is over. */
void intake_hold_for_dispute(struct step *s, enum outcome outcome);
enum verdict intake_on_dispute_opened(struct step *s);
enum verdict intake_on_dispute_ended(struct step *s);
enum verdict intake_on_objected_in_dispute(struct step *s);

/* When a limit of that length that starts then is due, by the calendar of the case, and where it binds the customer; by
 * plain days where that calendar has no answer (a hint for people, never a limit). */
int64_t intake_due(const struct step *s, const struct pol_limit_def *def, int64_t start_ms);

#endif
