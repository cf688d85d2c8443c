/* What the cores ask of the policy: limits, places, people, amounts (SL-8, DI-1, AP-3, ES-2).
 *
 * Pure: a policy is an immutable value made once by policy_load (policy/policy_load.h); nothing here allocates
 * or reads anything. The pack and the organisation are plain structs (policy/pack_types.h) and may be
 * read directly; the functions are for what needs a rule. */
#ifndef REDRESS_POLICY_POLICY_H
#define REDRESS_POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/pack_types.h"

struct calendar; /* calendar/calendar.h */

/* What an event can do to a limit. */
enum policy_edge { POLICY_START, POLICY_STOP, POLICY_PAUSE, POLICY_RESUME, POLICY_CANCEL };
enum { POLICY_EDGES = 5 };

struct policy_events {
    int n;
    const enum event_type *types;
};

/* A limit with its event names resolved. */
struct policy_limit {
    const struct pol_limit_def *def;
    struct policy_events edges[POLICY_EDGES]; /* by enum policy_edge */
};

/* One revision of an installation's policy (SL-6): pack, organisation and calendar as they were at one time. */
struct policy {
    int64_t revision;             /* 1, 2, …: counted per installation by what is applied */
    bool moves;                   /* deadlines that were running when it came are counted anew by it */
    const struct policy *earlier; /* the revision before; NULL for the first */
    const struct pol_pack *pack;
    const struct pol_organisation *org;
    const struct calendar *calendar;      /* the pack's */
    const struct calendar *const *others; /* of pack->calendars, in that order */
    int n_limits;
    const struct policy_limit *limits; /* in the pack's order */
};

/* ---- limits ---- */

/* By whose rules a limit counted under `revision` (0: not said, the first) runs today: those of the newest revision
 * since then that moves running deadlines, else its own (SL-6). Never NULL. */
const struct policy *policy_of(const struct policy *p, int64_t revision);
/* The revision of that number, as it was: what came later is not seen from it. NULL when there is none. */
const struct policy *policy_revision(const struct policy *p, int64_t revision);
/* The rules something was decided by that names its revision (0: not said, the first); p where that is not there.
 * Never NULL. What a miss leads to is asked of these: today's may have no such limit. */
const struct policy *policy_then(const struct policy *p, int64_t revision);
/* NULL when the pack has no such code. The code of a limit with a date's name ("promise#visit") finds its definition.
 */
const struct policy_limit *policy_limit(const struct policy *p, const char *code);
/* Walks the limits that `event` starts, stops, …: the first after `after` (NULL = from the beginning), or NULL. */
const struct policy_limit *policy_next_limit(const struct policy *p, enum policy_edge edge, enum event_type event,
                                             const struct policy_limit *after);
/* Whether a case of this kind, phase, category and severity has the limit at all; what the scope does not say fits. */
bool policy_limit_applies(const struct policy_limit *l, const struct limit_scope *scope);
/* `only_if`: whether the start event's data asks for the limit; one without that field always does. */
bool policy_limit_wanted(const struct policy_limit *l, enum event_type event, const void *data);
/* A limit that is reminded again has its repeats as limits of their own (ES-1): "payment#again2" is the second one of
 * "payment". The number; 0 = the limit itself. *base_len: the length of the code of the limit itself; may be NULL. */
int policy_repeat(const char *code, size_t *base_len);
/* Both are of the same limit: itself or any of its repeats. */
bool policy_same_limit(const char *code, const char *other);
/* The rung of a limit on a level (ES-2); NULL = its misses never take the case over. */
const struct pol_rung *policy_rung(const struct policy *p, const char *code, enum org_level level);
/* ES-3: a refusal on this level climbs at once instead of being told to the customer. */
bool policy_refusal_climbs(const struct policy *p, enum org_level level, enum kind kind);
/* ES-3: the miss of this limit, when it moves the case up to head office, demands the file. */
bool policy_demands_file(const struct policy *p, const char *code);
/* ES-5, ES-9: the liability table decides what reaches head office for that cause; else people do. */
bool policy_table_decides(const struct policy *p, enum climb_cause cause);
/* A limit whose miss only reminds the customer (AP-8). */
bool policy_is_reminder(const struct policy *p, const char *code);

/* By which the limits of a case in that region are counted (SL-1); NULL, or one that no territory names: the pack's. */
const struct calendar *policy_calendar(const struct policy *p, const char *region);
/* The calendar of that id; NULL = the policy counts by none such. */
const struct calendar *policy_calendar_named(const struct policy *p, const char *id);

/* ---- places and people ---- */

/* NULL for an unknown or NULL id. */
const struct pol_unit *policy_unit(const struct policy *p, const char *id);
/* Also one that is no more: as the newest revision has it that knows it. What it owes, it owes. */
const struct pol_unit *policy_unit_ever(const struct policy *p, const char *id);
/* The unit above; NULL for head office. */
const struct pol_unit *policy_parent(const struct policy *p, const struct pol_unit *unit);
/* Whether `upper` is above `lower`, over any number of levels. False for the same unit, or one that is not known. */
bool policy_leads(const struct policy *p, const char *upper, const char *lower);
/* Never NULL: a pack without one is not loaded. */
const struct pol_unit *policy_head_office(const struct policy *p);
/* Whose case it is (DI-1): the holder of the contract (longest prefix), else the territory (exact or "AIR-J*",
 * longest first), else "*". Suspended units are passed over; NULL = nobody (DI-4). Both may be NULL. */
const struct pol_unit *policy_unit_for(const struct policy *p, const char *contract_no, const char *region);
const struct pol_person *policy_person_in(const struct pol_unit *unit, const char *person_id);
/* The role is one of the list. */
bool policy_role_among(enum role role, const enum role *roles, int n);
bool policy_has_role(const struct pol_person *person, enum role role);

/* Who is there is a matter of the date (ES-6): that of an instant, in the policy's calendar. */
struct policy_moment {
    const struct policy *policy;
    int64_t at_ms; /* POLICY_LONG_RUN: only an absence without an end counts */
};

#define POLICY_LONG_RUN INT64_MAX

bool policy_is_away(struct policy_moment m, const struct pol_person *person);
/* Not suspended and somebody who works there is not away, or has a deputy (ES-6). */
bool policy_is_staffed(struct policy_moment m, const struct pol_unit *unit);
/* One of the unit's people with that role, the same for the same salt, evenly over salts; where all of them are away,
 * the deputy of one; NULL = nobody. */
const struct pol_person *policy_person_with(struct policy_moment m, const struct pol_unit *unit, enum role role,
                                            uint64_t salt);
/* Who acts for a person of the unit: themselves, or their deputy while they are away; NULL = nobody. */
const struct pol_person *policy_acting(struct policy_moment m, const struct pol_unit *unit,
                                       const struct pol_person *person);
/* The one away for whom the person acts in that role; NULL = nobody, or the role is their own. */
const struct pol_person *policy_instead_of(struct policy_moment m, const struct pol_unit *unit,
                                           const struct pol_person *person, enum role role);
/* By their own role or as a deputy. */
bool policy_acts_as(struct policy_moment m, const struct pol_unit *unit, const struct pol_person *person,
                    enum role role);

/* ---- head office's departments, suppliers ---- */

/* NULL for an unknown or NULL id. */
const struct pol_department *policy_department(const struct policy *p, const char *id);
const struct pol_supplier *policy_supplier(const struct policy *p, const char *id);
/* Who decides and signs for a department, or their deputy while they are away; NULL = nobody. */
const struct pol_person *policy_department_head(struct policy_moment m, const char *id);
/* Who is told; the head where the contact is away and nobody acts for them. */
const struct pol_person *policy_department_contact(struct policy_moment m, const char *id);
/* Whose matter a cause is: the first that has it; NULL = nobody's. */
const char *policy_department_for(const struct pol_cause_department *list, int n, enum cause cause);

/* ---- amounts and decisions ---- */

/* The amount of that currency in a list of the pack's; NULL = the list has none. `currency` may be NULL. */
const struct pol_amount *policy_amount(const struct pol_amount *list, int n, const char *currency);
/* Below *minor of that currency the authorised decide alone (AP-3); false: it always needs approval (AP-4). */
bool policy_alone_below(const struct policy *p, const char *currency, int64_t *minor);
bool policy_may_decide_alone(const struct policy *p, enum role role);
/* The band an amount reaches (AP-5); NULL = none, also for a currency no band has. */
const struct pol_band *policy_band(const struct policy *p, int64_t minor, const char *currency);
/* NULL = the pack has no such template (AP-11). */
const struct pol_template *policy_template(const struct policy *p, const char *id);
bool policy_template_fits(const struct pol_template *t, enum category category);
/* The role that approves on a level (AP-4). */
enum role policy_approver(const struct policy *p, enum org_level level);

/* ---- what a case must bring ---- */

/* NULL = nothing is asked (IN-6). */
const struct pol_kind_materials *policy_materials(const struct policy *p, enum kind kind);
/* The category's own list, else the one for every other category; NULL = nothing is asked (EV-3). */
const struct pol_category_items *policy_evidence(const struct policy *p, enum category category);

#endif
