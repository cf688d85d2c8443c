/* The parts of the approval machine (private to approval; the table is in decide.c). Pure.
 *
 * Functions that take a step change s->next and emit; they read what the case is from s->next, so
 * that one input may run several of them one after the other. */
#ifndef REDRESS_APPROVAL_STEPS_H
#define REDRESS_APPROVAL_STEPS_H

#include "event/core.h"
#include "policy/plan.h"
#include "policy/policy.h"

struct proposal {
    const struct plan *plan;
    const char *proposer_id;
    bool may_decide_alone; /* by role and place; the amount is judged here (AP-3) */
};

/* propose.c: false with *why filled when the plan breaks a rule on what the case stands on (plan.h, goodwill.h). */
bool approval_check_plan(const struct step *s, const struct plan *plan, struct refusal *why);
/* A plan comes on the table and is decided alone, or goes to the approver. */
void approval_put_plan(struct step *s, const struct proposal *proposal);
/* The unit that has the case owes a plan. */
void approval_start_planning(struct step *s);
/* The plan stands: offer it, or tell the rejection. */
void approval_offer_or_reject(struct step *s);
/* AP-4: true when every amount that counts is known and below its currency's threshold. */
bool approval_is_small(const struct policy *p, const struct approval_state *state, const struct plan *plan);

/* approve.c: asks the level that has the case, and who else must sign (again, after a takeover). */
void approval_request(struct step *s);

/* AP-2: what is granted in all could not be counted any more. */
bool approval_granted_would_overflow(const struct approval_state *state, const struct plan *plan);

/* customer.c */
void approval_offer(struct step *s);
/* The claim slip for the plan, the only thing finance pays on (PA-1). */
void approval_issue_slip(struct step *s);
/* AP-6: the account of the plan, or the one known now, is the one approved with it. */
void approval_fix_payee(struct approval_state *next);
/* Back to planning, with the objection said; `deadlocked` when a level up has to decide. */
struct objection {
    const char *reason;
    bool has_counter;
    int64_t counter_minor;
    const char *currency;
    bool counts; /* as a round of the negotiation (AP-8) */
    bool appeal; /* goes up at once (AP-9) */
};
void approval_negotiate_again(struct step *s, const struct objection *objection);

/* execution.c: the first step a record still lacks, in words for a person; NULL when the plan may be called done. */
const char *approval_step_missing(const struct step *s);

/* third_party.c: help was planned, and the customer's claim is not on record yet (PA-11). */
bool approval_claim_missing(const struct step *s);

/* review.c: planning waits for the file and for head office's decision on liability (ES-3, ES-5). A review is named by
 * its takeover; the decision may be read before the takeover's assignment, and the finding after both. */
/* A review is waited for, or its decision is known and nothing has been planned on it yet. */
bool approval_is_reviewed(const struct approval_state *next);
/* Told of every review, also when its decision is known already: what was owed without one is owed no more. */
void approval_await_review(struct step *s);
/* Plans by the decision's row, waits for it, or lets people plan. */
void approval_plan_or_wait(struct step *s);

/* The rows' functions. */
enum verdict approval_on_concluded(struct step *s);
enum verdict approval_on_propose(struct step *s);
enum verdict approval_on_routed(struct step *s);
enum verdict approval_on_routed_after(struct step *s);
enum verdict approval_on_contest_decided(struct step *s);
enum verdict approval_on_file_accepted(struct step *s);
enum verdict approval_on_propose_under_review(struct step *s);
enum verdict approval_on_early_propose(struct step *s);
enum verdict approval_on_approve(struct step *s);
enum verdict approval_on_deny(struct step *s);
enum verdict approval_on_accept(struct step *s);
enum verdict approval_on_object(struct step *s);
enum verdict approval_on_late_accept(struct step *s);
enum verdict approval_on_late_object(struct step *s);
enum verdict approval_on_appeal(struct step *s);
enum verdict approval_on_late_appeal(struct step *s);
enum verdict approval_on_breached(struct step *s);
enum verdict approval_on_reopened(struct step *s);
enum verdict approval_on_judgment(struct step *s);
enum verdict approval_on_record_execution(struct step *s);
enum verdict approval_on_third_party_claim(struct step *s);

#endif
