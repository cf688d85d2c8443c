/* The case moves: another unit sees for itself, the file is demanded, another outlet is sent (ES-2, ES-3, ES-4).
 * See steps.h.
 *
 * A takeover and the visit that follows it come from different topics; both name the takeover, so that either may
 * be read first. */
#include <string.h>

#include "evidence/package.h"
#include "evidence/steps.h"
#include "policy/plan.h"
#include "policy/rights.h"

/* ---- the case moves ---- */

static void note_assignment(struct step *s, const struct assignment *a)
{
    struct evidence_state *next = s->next;
    next->assignment = a;
    struct ev_evidence_assignment_noted *e = decision_emit(s->out, EV_EVIDENCE_ASSIGNMENT_NOTED);
    e->assignment = a;
}

static void await_file(struct step *s, const struct ev_dispatch_reassigned *in)
{
    struct evidence_state *next = s->next;
    next->status = EVIDENCE_STATUS_AWAITING_FILE;
    package_store(next, 0, package_required(s->policy, next->brief->category), s->out->arena);
    if (in->file_of != NULL) {
        next->file_no = in->takeover_no;
        next->file_of = in->file_of;
    }
    struct ev_evidence_file_awaited *e = decision_emit(s->out, EV_EVIDENCE_FILE_AWAITED);
    *e = (struct ev_evidence_file_awaited){.takeover_no = in->takeover_no, .from_org = in->file_of};
}

static void tell_received(struct step *s, const char *org_id, const char *by)
{
    const struct evidence_state *next = s->next;
    struct ev_evidence_file_received *e = decision_emit(s->out, EV_EVIDENCE_FILE_RECEIVED);
    *e = (struct ev_evidence_file_received){.takeover_no = next->file_no,
                                            .from_org = org_id,
                                            .by = by,
                                            .complete = next->file_done,
                                            .n_missing = next->n_missing,
                                            .missing = next->missing};
}

/* ES-5: the file of a unit that has found the cause and then stayed silent about a plan or a signature, or handed the
 * case up, is here already. What a unit refused is asked for all the same. */
static bool is_here(const struct evidence_state *state, const struct ev_dispatch_reassigned *in)
{
    bool silent = strcmp(in->reason, "limit_missed") == 0 || strcmp(in->reason, "handed_up") == 0;
    return in->review && state->status == EVIDENCE_STATUS_CONCLUDED && silent;
}

static void tell_what_is_here(struct step *s, const struct ev_dispatch_reassigned *in)
{
    const struct evidence_state *state = s->state;
    struct evidence_state *next = s->next;
    const struct actor by = {.id = state->submitter_id};
    if (in->file_of != NULL) {
        next->file_no = in->takeover_no;
        next->file_of = in->file_of;
        next->file_done = true;
        tell_received(s, in->file_of, by.id);
    }
    evidence_conclude(s, &(struct conclusion){.by = &by, .finding = state->finding});
}

/* ES-2: another unit has to see for itself, unless the file is asked for, or somebody else is on the way already, or
 * all has been seen. The same unit (after a reopening) need not. */
enum verdict evidence_on_reassigned(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_dispatch_reassigned *in = s->in->data;
    struct evidence_state *next = s->next;
    if (in->assignment->version <= state->assignment->version) return VERDICT_IGNORED;
    bool moved = strcmp(in->assignment->org_id, state->assignment->org_id) != 0;
    bool on_the_way = state->visit_no > 0 && in->has_takeover_no && state->visit_no >= in->takeover_no;
    if (moved) {
        next->former_org_id = state->assignment->org_id;
        next->since_ms = s->in->at_ms;
    }
    next->assignment = in->assignment;
    bool settled = state->status == EVIDENCE_STATUS_CONCLUDED || state->status == EVIDENCE_STATUS_AWAITING_FILE;
    /* SL-3: the case moved because the file was missing, and the file had come in time: no visit stands in for it. */
    bool came = in->await_file && in->file_of == NULL && state->file_done;
    if (moved && is_here(state, in)) {
        tell_what_is_here(s, in);
    } else if (moved && in->await_file && !on_the_way && !came) {
        await_file(s, in);
    } else if (!moved || on_the_way || settled || came) {
        note_assignment(s, in->assignment);
    } else {
        evidence_order_visit(s);
    }
    return VERDICT_DONE;
}

enum verdict evidence_on_handler_changed(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_dispatch_handler_changed *in = s->in->data;
    if (in->assignment->version <= state->assignment->version) return VERDICT_IGNORED;
    note_assignment(s, in->assignment);
    return VERDICT_DONE;
}

bool evidence_is_former_in_time(const struct step *s, const struct actor *who)
{
    const struct evidence_state *state = s->state;
    return s->in->at_ms <= state->since_ms && rights_at_unit(s, who, state->former_org_id);
}

/* ---- another is sent to see ---- */

static void keep_visit(struct evidence_state *next, const struct ev_escalation_visit_assigned *in)
{
    next->visit_no = in->takeover_no;
    next->visit_org = in->org_id;
    next->visit_person = in->visitor_id;
    next->file_due_ms = in->file_due_ms;
}

/* A file that was in time after all has made the visit unnecessary. */
enum verdict evidence_on_visit_assigned(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_escalation_visit_assigned *in = s->in->data;
    if (in->takeover_no < state->visit_no || state->file_done) return VERDICT_IGNORED;
    keep_visit(s->next, in);
    evidence_order_visit(s);
    return VERDICT_DONE;
}

enum verdict evidence_on_early_visit(struct step *s)
{
    const struct ev_escalation_visit_assigned *in = s->in->data;
    keep_visit(s->next, in);
    struct ev_evidence_file_awaited *e = decision_emit(s->out, EV_EVIDENCE_FILE_AWAITED);
    e->takeover_no = in->takeover_no;
    return VERDICT_DONE;
}

/* ---- the file ---- */

bool evidence_is_whole(const struct step *s, const struct visit_record *record)
{
    const struct evidence_state *state = s->state;
    item_set held = record != NULL ? package_items(record) : 0;
    return (package_required(s->policy, state->brief->category) & ~held) == 0;
}

enum verdict evidence_take_file(struct step *s, const struct handed_over *file)
{
    const struct evidence_state *state = s->state;
    struct evidence_state *next = s->next;
    struct refusal why;
    const struct pol_unit *unit = policy_unit(s->policy, file->by->org_id);
    if (file->record != NULL && !package_check(file->record, unit, &why)) {
        return step_refuse(s, why.rule, why.reason, why.detail);
    }
    if (file->finding != NULL && !finding_check(s->policy, file->finding, &why)) {
        return step_refuse(s, why.rule, why.reason, why.detail);
    }
    item_set required = package_required(s->policy, next->brief->category);
    item_set held = file->record != NULL ? package_items(file->record) : 0;
    next->submitter_id = file->by->id;
    next->file_done = evidence_is_whole(s, file->record);
    if (next->file_done || state->status == EVIDENCE_STATUS_AWAITING_FILE) {
        package_store(next, held, required, s->out->arena);
    }
    if (!next->file_done) next->file_of = NULL;
    tell_received(s, file->by->org_id, file->by->id);
    if (!next->file_done) return VERDICT_DONE;
    const struct finding *finding = file->finding != NULL ? file->finding : state->finding;
    evidence_emit_complete(s);
    if (finding != NULL) {
        evidence_conclude(s, &(struct conclusion){.by = file->by, .finding = finding});
    } else {
        evidence_start_investigation(s);
    }
    return VERDICT_DONE;
}

static enum verdict take_handed_over(struct step *s)
{
    const struct ev_command_hand_over_file *in = s->in->data;
    return evidence_take_file(s, &(struct handed_over){in->actor, in->record, in->finding});
}

/* ES-3: by a person of the unit that owes it, once. */
enum verdict evidence_on_file(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_hand_over_file *in = s->in->data;
    if (state->file_of == NULL) return step_refuse(s, "ES-4", "another_is_sent", NULL);
    if (!rights_at_unit(s, in->actor, state->file_of)) {
        return step_refuse(s, "ES-3", "not_your_file", state->file_of);
    }
    return take_handed_over(s);
}

/* SL-3: a whole file accepted before the demand's limit was over counts, though the miss was read first. */
enum verdict evidence_on_late_file(struct step *s)
{
    const struct evidence_state *state = s->state;
    const struct ev_command_hand_over_file *in = s->in->data;
    if (state->file_no == 0) return step_refuse(s, "ES-3", "no_file_demanded", NULL);
    bool open = state->status == EVIDENCE_STATUS_VISIT_ORDERED || state->status == EVIDENCE_STATUS_INCOMPLETE;
    bool in_time = open && state->file_due_ms > 0 && s->in->at_ms <= state->file_due_ms;
    if (!in_time || state->file_of == NULL || !evidence_is_whole(s, in->record))
        return step_refuse(s, "ES-4", "another_is_sent", state->visit_org);
    if (!rights_at_unit(s, in->actor, state->file_of)) {
        return step_refuse(s, "ES-3", "not_your_file", state->file_of);
    }
    return take_handed_over(s);
}
