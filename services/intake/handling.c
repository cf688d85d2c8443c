/* The case while it is worked on: who has it, first response, classification, review (IN-3 to IN-5,
 * IN-7, IN-8, IN-10). See steps.h. */
#include <string.h>

#include "intake/steps.h"
#include "policy/rights.h"

static const struct assignment *assignment_in(const struct input *in)
{
    if (in->type == EV_DISPATCH_ASSIGNED) return ((const struct ev_dispatch_assigned *)in->data)->assignment;
    if (in->type == EV_DISPATCH_REASSIGNED) return ((const struct ev_dispatch_reassigned *)in->data)->assignment;
    return ((const struct ev_dispatch_handler_changed *)in->data)->assignment;
}

static void tell_handler(struct step *s, const struct assignment *a, const struct ev_intake_acknowledged *e)
{
    const struct intake_state *state = s->state;
    bool first = state->assignment_version == 0;
    intake_tell(
        s, &(struct ev_intake_customer_notified){.kind = first ? NOTICE_KIND_ACKNOWLEDGED : NOTICE_KIND_HANDLER_CHANGED,
                                                 .handler_name = a->handler_name,
                                                 .org_name = a->org_name,
                                                 .next_steps = e->next_steps,
                                                 .has_due_ms = true,
                                                 .due_ms = e->expected_reply_ms});
}

/* IN-7: the customer is told who handles the case, and again when that changes. */
enum verdict intake_on_dispatched(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct assignment *a = assignment_in(s->in);
    struct intake_state *next = s->next;
    struct pol_length reply = {.unit = LIMIT_UNIT_WORKING_DAYS, .n = s->policy->pack->intake->reply_days};
    struct pol_limit_def in_days = {.length = &reply};
    if (a->version <= state->assignment_version) return VERDICT_IGNORED;
    next->assignment_version = a->version;
    next->former_handler_id = state->handler_id;
    next->handler_id = a->handler_id;
    next->handler_since_ms = s->in->at_ms;
    struct ev_intake_acknowledged *e = decision_emit(s->out, EV_INTAKE_ACKNOWLEDGED);
    *e = (struct ev_intake_acknowledged){.case_no = next->brief->case_no,
                                         .handler_id = a->handler_id,
                                         .handler_name = a->handler_name,
                                         .org_id = a->org_id,
                                         .next_steps = next->noticed ? "carry_out_the_result" : "visit_then_plan",
                                         .expected_reply_ms = intake_due(s, &in_days, s->in->at_ms)};
    tell_handler(s, a, e);
    return VERDICT_DONE;
}

/* The named one, or who acts for them while they are away. */
static bool acts_for(const struct step *s, const struct actor *who, const char *handler_id)
{
    const struct pol_unit *unit = policy_unit(s->policy, who->org_id);
    const struct pol_person *acting = policy_acting(moment_of(s), unit, policy_person_in(unit, handler_id));
    return strcmp(who->id, handler_id) == 0 || (acting != NULL && strcmp(who->id, acting->id) == 0);
}

bool intake_is_handler(const struct step *s, const struct actor *who)
{
    const struct intake_state *state = s->state;
    if (rights_head_office_service(s, who)) return true;
    if (!rights_holds_role(s, who)) return false;
    if (state->handler_id != NULL && acts_for(s, who, state->handler_id)) return true;
    return state->former_handler_id != NULL && strcmp(who->id, state->former_handler_id) == 0 &&
           s->in->at_ms <= state->handler_since_ms;
}

/* IN-8: with several contacts the earliest counts. */
enum verdict intake_on_contact(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_contact *in = s->in->data;
    struct intake_state *next = s->next;
    int64_t at_ms = in->has_at_ms ? in->at_ms : s->in->at_ms;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "IN-8", "not_the_named_handler", state->handler_id);
    if (at_ms > s->in->at_ms) return step_refuse(s, "IN-8", "contact_in_the_future", NULL);
    if (at_ms < state->brief->received_ms) return step_refuse(s, "IN-8", "contact_before_receipt", NULL);
    if (!state->has_responded_ms || at_ms < state->responded_ms) {
        next->has_responded_ms = true;
        next->responded_ms = at_ms;
    }
    struct ev_intake_responded *e = decision_emit(s->out, EV_INTAKE_RESPONDED);
    *e = (struct ev_intake_responded){.handler_id = in->actor->id,
                                      .first = !state->has_responded_ms,
                                      .at_ms = at_ms,
                                      .channel = in->channel,
                                      .result = in->result};
    intake_note_call(s, in, at_ms);
    return VERDICT_DONE;
}

enum verdict intake_on_classify(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_classify *in = s->in->data;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "IN-4", "not_the_named_handler", state->handler_id);
    struct brief *b = ARENA_NEW(s->out->arena, struct brief);
    *b = *state->brief;
    if (in->kind != KIND_ABSENT) b->kind = in->kind;
    if (in->category != CATEGORY_ABSENT) b->category = in->category;
    if (in->phase != PHASE_ABSENT) b->phase = in->phase;
    if (in->severity != SEVERITY_ABSENT) b->severity = in->severity;
    if (desc_equal(&brief_desc, b, state->brief)) return step_refuse(s, "IN-4", "nothing_to_correct", NULL);
    intake_correct_brief(s, b, in->reason);
    return VERDICT_DONE;
}

/* IN-10: what is unlawful or none of our business is rejected, with reasons (AP-7). */
enum verdict intake_on_review(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_review *in = s->in->data;
    struct intake_state *next = s->next;
    bool rejects = !in->lawful || !in->in_scope;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "IN-10", "not_the_named_handler", state->handler_id);
    if (rejects && (in->comment == NULL || in->comment[0] == '\0')) {
        return step_refuse(s, "AP-7", "rejection_without_reasons", NULL);
    }
    struct ev_intake_reviewed *e = decision_emit(s->out, EV_INTAKE_REVIEWED);
    *e = (struct ev_intake_reviewed){.reviewer_id = in->actor->id,
                                     .complete = in->complete,
                                     .lawful = in->lawful,
                                     .in_scope = in->in_scope,
                                     .comment = in->comment};
    if (!rejects) return VERDICT_DONE;
    next->final = true;
    intake_notice_rejection(s, &(struct ev_approval_rejected){.reasons = in->comment});
    intake_close(s, &(struct ending){OUTCOME_REJECTED, in->lawful ? "out_of_scope" : "unlawful", 0});
    return VERDICT_DONE;
}
