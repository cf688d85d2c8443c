/* Verbs to tell a case's history with (tests/scenario/test_*.c).
 *
 * One world and one case at a time; "the case" is the last one that arrived. People are looked up: the
 * handler is whoever dispatch named, the approver whoever the policy says on the level that has the case.
 * A verb sends, lets everybody read, and leaves the clock where it is. Every expectation that fails ends
 * the test with the case's events so far. */
#ifndef REDRESS_SCENARIO_STORY_H
#define REDRESS_SCENARIO_STORY_H

#include "world.h"

extern struct world *story_world;

/* For TestSuite .init and .fini. */
void story_begin(void);
void story_end(void);
/* Another policy from now on (before the first customer). */
void story_policy(const struct policy *p);
const struct policy *story_default_policy(void);

/* ---- What arrives ---- */

/* A form of the default customer (phone 138 0013 8000, contract RC-2026-001, workmanship), to be changed. */
struct ev_inbound_complaint *form(void);
/* The form arrives through a channel; returns the case. */
int64_t arrives(const char *channel, const struct ev_inbound_complaint *f);
int64_t customer_claims(int64_t fen);
int64_t customer_complains(enum category category);
void supplement_arrives(const char *channel, const char *case_no, const char *material);
int64_t the_case(void);
/* What follows is expected of another case, or of an account. */
void turn_to(int64_t case_id);

/* ---- What people do ---- */

/* Who acts, and any command of theirs about the case. */
const struct actor *somebody(const char *id, enum role role, const char *org);
void sends(enum event_type type, const void *data);

void handler_calls(void);
void calls(const char *who, enum role role, const char *org, int64_t at_ms);
void customer_supplies(const char *material);
void handler_classifies(enum kind kind, enum category category);
void handler_reviews(bool lawful, bool in_scope, const char *comment);
void handler_changes_to(const char *who, const char *by, enum role role);

struct finding the_finding(enum cause cause, enum liability liability);
struct visit_record full_record(void);
/* The visitor hands in a record; finding and plan may be NULL. */
void visitor_submits(const struct visit_record *r, const struct finding *f, const struct plan *p);
/* A complete package with a finding (workmanship, outlet) and no plan. */
void visit_done(void);
/* ES-3: a person of the unit the file is demanded of hands it over; record and finding may be NULL. */
void file_handed_over(const struct visit_record *r, const struct finding *f);
void file_handed_over_at(const struct visit_record *r, const struct finding *f, int64_t at_ms);
/* ES-4: whoever was sent to see instead hands in a whole record with that finding (NULL: none). */
void other_visits(const struct finding *f);
void investigator_concludes(const struct finding *f, const struct plan *p);

const struct plan *compensation(int64_t fen);
const struct plan *rework(void);
const struct plan *rejection(const char *reasons);
/* By the handler of the unit that has the case. */
void handler_proposes(const struct plan *p);
/* By whoever leads that unit. */
void manager_proposes(const struct plan *p);
void manager_approves(void);
/* AP-5: and those who sign beside the approver. */
void all_approve(void);
void manager_denies(void);
void approves(const char *who, enum role role, const char *org);
void customer_accepts(void);
void customer_accepts_at(int64_t at_ms);
void customer_objects(void);
void customer_objects_at(int64_t at_ms);
void handler_executes(void);
void customer_answers(enum satisfaction s);
void customer_answers_at(enum satisfaction s, int64_t at_ms);
void customer_withdraws(void);
void finance_retries(const char *payee);
void manager_decides_payee(bool approve);
/* Sent to the account, not to the case. */
void finance_receives(const char *account, enum receipt_purpose purpose, int64_t amount_minor);
void general_manager_releases(void);
void signs_cash(const char *id, enum role role, const char *org);

/* ---- Time ---- */

void advance_hours(int64_t hours);
void advance_days(int64_t days);
void advance_to(int64_t at_ms);

/* ---- What is expected ---- */

void expect_status(enum world_service s, const char *status);
/* At least once in this case. */
void expect_event(enum event_type type);
void expect_events(enum event_type type, int n);
void expect_no_event(enum event_type type);
/* The last command was refused by that rule for that reason. */
void expect_refused(const char *rule, const char *reason);
/* The case is with that unit. */
void expect_owner(const char *org);
void expect_sound(void);
/* The last event of a type in the case; fails when there is none. */
const void *last(enum event_type type);
/* The last reminder slip of that limit; NULL = none. */
const struct ev_escalation_slip_issued *slip_for(const char *code);
int count(enum event_type type);
const struct assignment *owner(void);
const struct limit *limit_of(const char *code);
void expect_limit(const char *code, enum limit_state state);

#endif
