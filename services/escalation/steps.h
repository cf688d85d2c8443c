/* The parts of the escalation machine (private to escalation; the table is in decide.c). Pure.
 *
 * Functions that take a step change s->next and emit; they read what the case is from s->next, so that one
 * input may run several of them one after the other. */
#ifndef REDRESS_ESCALATION_STEPS_H
#define REDRESS_ESCALATION_STEPS_H

#include <string.h>

#include "event/core.h"
#include "policy/policy.h"

static inline bool same_text(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

/* "liaison_answer#QH-1-1" and its repeats are of the slip QH-1-1. */
static inline bool escalation_is_named(const char *code, const char *name)
{
    const char *own = strchr(code, '#');
    size_t n = strlen(name);
    return own != NULL && strncmp(own + 1, name, n) == 0 && (own[1 + n] == '\0' || own[1 + n] == '#');
}

/* ---- holder.c: who had the case when ---- */

struct holder {
    const char *org_id;              /* NULL = nobody yet */
    const struct assignment *people; /* NULL = not read */
    int64_t takeovers;               /* before it */
};

struct holder escalation_holder_at(const struct escalation_state *st, int64_t due_ms);
/* Before the unit changes. */
void escalation_note_takeover(struct step *s);
/* The people named now; those of another unit are kept. */
void escalation_note_assignment(struct step *s, const struct assignment *a);

/* ---- people.c: who watches, who is told ---- */

struct addressee {
    const struct pol_unit *unit;
    const char *person_id;
    const char *instead_of; /* the absent one whose deputy it is; NULL = nobody */
};

/* DI-2, CH-5: says who watches the case from now on. */
void escalation_tell_supervised(struct step *s);
/* ES-1: the responsible party of a limit that ran out then: the named handler, visitor or manager of the unit that had
 * the case, else somebody in that role. An approver is the one of that level (AP-6). */
struct addressee escalation_responsible(const struct step *s, enum role role, int64_t due_ms);
/* Somebody with the role at the unit or above; at the top whoever leads it (ES-6). */
struct addressee escalation_find_person(const struct step *s, const struct pol_unit *unit, enum role role);

/* Who decides for a department of head office, or acts for them; where nobody does, as above at the top. */
struct addressee escalation_department_head(const struct step *s, const char *department);
/* Whose reminder the miss of a department's limit is (IN-11). false = the limit names no department. */
bool escalation_department_owes(const struct step *s, const char *code, enum role role, struct addressee *to);

/* ---- climb.c: slips, and the next level ---- */

/* What a slip is about. */
struct matter {
    const char *code;
    int64_t ver, due_ms, late_ms;
    bool of_limit; /* of the case was missed: closed, it will be one that ran late (ES-7) */
};

void escalation_issue_slip(struct step *s, const struct matter *m, struct addressee to);
/* Index of the open slip for a miss; -1 = none. */
int escalation_find_slip(const struct escalation_state *st, const char *code, int64_t ver);
void escalation_drop_slip(struct step *s, int index);
/* Open slips of a limit on the level that has the case; those of a level it has left do not count (ES-2). */
int64_t escalation_misses_on_level(const struct escalation_state *st, const char *code);
/* A takeover is decided and dispatch has not named the people yet. */
bool escalation_is_moving(const struct escalation_state *st);
/* The unit that has the case is above that one, so what is said of it is about the past. */
bool escalation_has_left(const struct step *s, const char *org_id, enum org_level level);
/* Head office has the case, or is taking it. */
bool escalation_is_at_top(const struct step *s);

/* Why a case climbs. */
struct climb {
    const char *cause; /* limit_missed, deadlock, appeal, refused, file_missing, judgment_missed, handed_up,
                          asked_in_vain */
    const char *code;  /* of the missed limit; NULL */
    bool settles;      /* head office settles it by rule (ES-3 to ES-5) */
    bool has_finding;  /* which came with the cause: no file is demanded to decide by */
    bool to_top;       /* to head office, whoever is between */
};

/* ES-2, ES-6: the next level with somebody. false when head office has the case already. */
bool escalation_take_over(struct step *s, const struct climb *why);

/* ---- review.c: the file, the other outlet, whose fault it is ---- */

/* The file, a visit or a finding is waited for. */
static inline bool escalation_is_reviewing(const struct escalation_state *st)
{
    return st->status == ESCALATION_STATUS_AWAITING_FILE || st->status == ESCALATION_STATUS_AWAITING_VISIT ||
           st->status == ESCALATION_STATUS_DECIDING;
}

/* ES-3: to be emitted right after the takeover that demands it. */
void escalation_demand_file(struct step *s, const char *cause);
/* ES-5: head office has taken over a case whose file is complete: with the finding it decides. */
void escalation_decide_known(struct step *s);
/* ES-5: the policy's table decides on that finding, at head office. false = the pack has no table. */
bool escalation_route(struct step *s, const struct brief *brief, const struct finding *found);
/* The miss of the demand's limit, or of the visit that stands in for the file. true = it was one of these. */
bool escalation_review_missed(struct step *s, const struct ev_sla_breached *ev);
/* Who answers for it: who had the case first, head office for the company's fault; NULL = no unit of the organisation.
 */
const char *escalation_liable_org(const struct step *s, enum liability liability);
/* SL-3: the demand was met in time after all. */
void escalation_review_annulled(struct step *s, const char *code);

/* ---- sanction.c ---- */

struct charge {
    enum offence offence;
    const char *org_id;
    int n_rules;
    const struct pol_sanction_rule *rules;
};

/* RV-5: by the policy's scale; returns the sanction's number, NULL when the scale has nothing for the offence. */
const char *escalation_record_sanction(struct step *s, const struct charge *charge);
void escalation_withdraw_sanction(struct step *s, const char *sanction_no, const char *org_id);
/* The miss of an appeal's limit makes a sanction final. false = the miss is of another limit. */
bool escalation_sanction_unappealed(struct step *s, const struct ev_sla_breached *ev);

/* ---- dispute.c: mediation, arbitration, court (ES-8) ---- */

/* Whether the case is before a forum that has not decided. */
static inline bool escalation_is_in_dispute(const struct escalation_state *st)
{
    return st->dispute != NULL && !st->dispute->judged;
}
/* A judgment's time is over: head office performs it. false = the miss is of another limit. */
bool escalation_judgment_missed(struct step *s, const struct ev_sla_breached *ev);
void escalation_judgment_annulled(struct step *s, const struct ev_sla_annulled *ev);
void escalation_end_dispute(struct step *s, enum dispute_end end);

/* ---- liaison.c: why a closed case ran late (ES-7) ---- */

void escalation_issue_liaisons(struct step *s);
/* The slip that asked about a withdrawn miss goes with it, when it asked about no other. */
void escalation_withdraw_liaison(struct step *s, const char *slip_no);
/* Whose reminder the miss of this limit is: the unit a slip asks for the cause. false = the limit of no slip. */
bool escalation_liaison_owed_by(const struct step *s, const char *code, struct addressee *to);

/* ---- correction.c: the company's own fault is investigated (PA-8) ---- */

/* Whose reminder the miss of this limit is: who answers for the open investigation, or is to confirm its outcome.
 * false = another limit. */
bool escalation_correction_led_by(const struct step *s, const char *code, struct addressee *to);

/* ---- contest.c: what head office decided of the liability is disputed (EV-7) ---- */

/* Whoever was asked is silent: the next, or nobody any more. false = the miss is of another limit. */
bool escalation_contest_missed(struct step *s, const struct ev_sla_breached *ev);
/* An open contest has lost its matter: signed, judged or closed. */
void escalation_overtake_contest(struct step *s);

/* ---- the rows' functions ---- */

enum verdict escalation_on_decide_sanction(struct step *s);
enum verdict escalation_on_appeal_sanction(struct step *s);
enum verdict escalation_on_contest(struct step *s);
enum verdict escalation_on_decide_contest(struct step *s);

enum verdict escalation_on_slip(struct step *s);
enum verdict escalation_on_close_correction(struct step *s);
enum verdict escalation_on_confirm_correction(struct step *s);

enum verdict escalation_on_dispute(struct step *s);
enum verdict escalation_on_dispute_note(struct step *s);
enum verdict escalation_on_dispute_end(struct step *s);
enum verdict escalation_on_judgment(struct step *s);
enum verdict escalation_on_agreement(struct step *s);
enum verdict escalation_on_failed_agreement(struct step *s);
enum verdict escalation_on_liaison_answer(struct step *s);
enum verdict escalation_on_deadlocked(struct step *s);
enum verdict escalation_on_hand_up(struct step *s);

enum verdict escalation_on_refused(struct step *s);
enum verdict escalation_on_file_received(struct step *s);
enum verdict escalation_on_concluded(struct step *s);

#endif
