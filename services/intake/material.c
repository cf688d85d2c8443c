/* Completeness (IN-6): what is missing, what is supplied, and the clocks' pause. See steps.h. */
#include <string.h>

#include "base/text.h"
#include "calendar/calendar.h"
#include "intake/steps.h"

enum { DAY_MS = 86400000 };

static bool has_item(enum material_item item, const struct brief *b, const struct ev_inbound_complaint *c)
{
    const struct customer *who = b->customer;
    switch (item) {
    case MATERIAL_ITEM_CUSTOMER_NAME: return text_is_filled(who->name);
    case MATERIAL_ITEM_CUSTOMER_CONTACT:
        return text_is_filled(who->phone) || text_is_filled(who->email) || text_is_filled(who->account);
    case MATERIAL_ITEM_CONTRACT_NO: return text_is_filled(b->contract_no);
    case MATERIAL_ITEM_DESCRIPTION: return text_is_filled(c->description);
    case MATERIAL_ITEM_CLAIMED_AMOUNT: return b->has_claimed_minor;
    case MATERIAL_ITEM_ATTACHMENTS: return c->n_attachments > 0;
    case MATERIAL_ITEM_ABSENT: break;
    }
    return true;
}

int intake_missing(const struct policy *p, const struct brief *b, const struct ev_inbound_complaint *c,
                   const char ***names, struct arena *a)
{
    const struct pol_kind_materials *asked = policy_materials(p, b->kind);
    int n = 0;
    *names = NULL;
    if (asked == NULL) return 0;
    *names = ARENA_ARRAY(a, const char *, asked->n_items);
    for (int i = 0; i < asked->n_items; i++) {
        if (!has_item(asked->items[i], b, c)) (*names)[n++] = material_item_name(asked->items[i]);
    }
    return n;
}

int64_t intake_due(const struct step *s, const struct pol_limit_def *def, int64_t start_ms)
{
    const struct pol_length *length = def->length;
    const struct calendar *c = policy_calendar(s->policy, ((const struct intake_state *)s->next)->brief->region);
    struct calendar_limit limit = {.deemed_next_open = def->deemed_next_open, .binds_customer = def->binds_customer};
    struct calendar_run run = {.start_ms = start_ms};
    struct calendar_due due;
    if (calendar_span_parse(limit_unit_name(length->unit), length->n, &limit.span) &&
        calendar_due(c, &limit, &run, &due) == CALENDAR_OK) {
        return due.due_ms;
    }
    return start_ms + length->n * DAY_MS;
}

static void request(struct step *s, const char *comment)
{
    const struct intake_state *next = s->next;
    const struct policy_limit *limit = policy_limit(s->policy, s->policy->pack->intake->material_limit);
    struct ev_intake_materials_requested *e = decision_emit(s->out, EV_INTAKE_MATERIALS_REQUESTED);
    *e = (struct ev_intake_materials_requested){
        .n_missing = next->n_missing, .missing = next->missing, .comment = comment};
    if (limit != NULL) {
        e->has_reply_by_ms = true;
        e->reply_by_ms = intake_due(s, limit->def, s->in->at_ms);
    }
    intake_tell(s, &(struct ev_intake_customer_notified){.kind = NOTICE_KIND_MATERIAL_REQUESTED,
                                                         .missing = next->missing,
                                                         .n_missing = next->n_missing,
                                                         .comment = comment,
                                                         .has_due_ms = e->has_reply_by_ms,
                                                         .due_ms = e->reply_by_ms});
}

void intake_request_materials(struct step *s) { request(s, NULL); }

/* The result may be there already: what is asked for then holds the payment up, not the case. */
bool intake_waits_for_material(const struct intake_state *state)
{
    return state->materials == MATERIALS_MISSING &&
           (state->status == INTAKE_STATUS_AWAITING_MATERIAL || state->status == INTAKE_STATUS_ANSWERED);
}

void intake_finish_materials(struct step *s, enum materials how)
{
    struct intake_state *next = s->next;
    if (!intake_waits_for_material(next)) return;
    if (next->status == INTAKE_STATUS_AWAITING_MATERIAL) next->status = INTAKE_STATUS_OPEN;
    next->materials = how;
    struct ev_intake_materials_completed *e = decision_emit(s->out, EV_INTAKE_MATERIALS_COMPLETED);
    *e = (struct ev_intake_materials_completed){
        .materials = how, .n_still_missing = next->n_missing, .still_missing = next->missing};
}

static bool is_among(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) return true;
    }
    return false;
}

/* Takes the supplied names off the list; how many they were. */
static int take_off(struct intake_state *next, const char *const *names, int n, struct arena *a)
{
    const char **left = ARENA_ARRAY(a, const char *, next->n_missing);
    int n_left = 0;
    for (int i = 0; i < next->n_missing; i++) {
        if (!is_among(next->missing[i], names, n)) left[n_left++] = next->missing[i];
    }
    int taken = next->n_missing - n_left;
    next->missing = left;
    next->n_missing = n_left;
    return taken;
}

/* The rest is asked for again, with its own time: the customer is answering. */
static void complete_or_ask_again(struct step *s)
{
    const struct intake_state *next = s->next;
    if (next->n_missing == 0) {
        intake_finish_materials(s, MATERIALS_SUPPLIED);
    } else {
        intake_request_materials(s);
    }
}

enum verdict intake_on_supplement(struct step *s)
{
    const struct ev_command_supplement *in = s->in->data;
    if (!intake_waits_for_material(s->state)) return step_refuse(s, "IN-6", "not_asked_for", NULL);
    if (take_off(s->next, in->materials, in->n_materials, s->out->arena) == 0) {
        return step_refuse(s, "IN-6", "not_asked_for", NULL);
    }
    complete_or_ask_again(s);
    return VERDICT_DONE;
}

enum verdict intake_on_supplement_message(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_inbound_supplement *in = s->in->data;
    struct intake_state *next = s->next;
    next->contacts++;
    struct ev_intake_contact_added *e = decision_emit(s->out, EV_INTAKE_CONTACT_ADDED);
    *e = (struct ev_intake_contact_added){.channel = s->in->source,
                                          .n = next->contacts,
                                          .description = in->comment,
                                          .n_attachments = in->n_attachments,
                                          .attachments = in->attachments};
    if (!intake_waits_for_material(state)) return VERDICT_DONE;
    if (take_off(next, in->materials, in->n_materials, s->out->arena) > 0) complete_or_ask_again(s);
    return VERDICT_DONE;
}

/* ---- asked for by the handler ---- */

enum { ASKED_MAX = 16 };

/* NULL when it may be asked for; else the reason code. */
static const char *objection(const struct intake_state *state, const struct ev_command_request_material *in)
{
    if (state->status == INTAKE_STATUS_ANSWERED && state->outcome != OUTCOME_SETTLED) return "nothing_waits_for_it";
    if (in->n_materials == 0) return "nothing_asked_for";
    if (in->n_materials + state->n_missing > ASKED_MAX) return "too_much_asked_for";
    for (int i = 0; i < in->n_materials; i++) {
        if (!text_is_filled(in->materials[i])) return "nothing_asked_for";
        if (is_among(in->materials[i], state->missing, state->n_missing)) return "already_asked_for";
        if (is_among(in->materials[i], in->materials, i)) return "already_asked_for";
    }
    return NULL;
}

/* What the customer did not bring in time is not asked for again: the clocks would stand still for ever. */
enum verdict intake_on_request_material(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_command_request_material *in = s->in->data;
    struct intake_state *next = s->next;
    if (!intake_is_handler(s, in->actor)) return step_refuse(s, "IN-6", "not_the_named_handler", state->handler_id);
    const char *why = objection(state, in);
    if (why != NULL) return step_refuse(s, "IN-6", why, NULL);
    const char **all = ARENA_ARRAY(s->out->arena, const char *, ASKED_MAX);
    int n = 0;
    for (int i = 0; i < state->n_missing; i++) all[n++] = state->missing[i];
    for (int i = 0; i < in->n_materials; i++) all[n++] = in->materials[i];
    next->missing = all;
    next->n_missing = n;
    next->materials = MATERIALS_MISSING;
    if (next->status == INTAKE_STATUS_OPEN) next->status = INTAKE_STATUS_AWAITING_MATERIAL;
    request(s, in->comment);
    return VERDICT_DONE;
}

/* A message may bring what the policy asks for; what a handler has asked for is supplied by its name. */
void intake_look_for_materials(struct step *s, const struct ev_inbound_complaint *in)
{
    struct intake_state *next = s->next;
    const char **asked;
    int n_asked = intake_missing(s->policy, next->brief, in, &asked, s->out->arena), n = 0;
    const char **all = ARENA_ARRAY(s->out->arena, const char *, n_asked + next->n_missing);
    for (int i = 0; i < n_asked; i++) all[n++] = asked[i];
    for (int i = 0; i < next->n_missing; i++) {
        enum material_item item;
        bool brought = material_item_parse(next->missing[i], &item) && has_item(item, next->brief, in);
        if (!brought && !is_among(next->missing[i], asked, n_asked)) all[n++] = next->missing[i];
    }
    next->missing = all;
    next->n_missing = n;
    if (n == 0) intake_finish_materials(s, MATERIALS_SUPPLIED);
}
