/* Completeness (IN-6): what is missing, what is supplied, and the clocks' pause. See steps.h. */
#include <string.h>

#include "calendar/calendar.h"
#include "intake/steps.h"

enum { DAY_MS = 86400000 };

static bool is_filled(const char *text) { return text != NULL && text[0] != '\0'; }

static bool has_item(enum material_item item, const struct brief *b, const struct ev_inbound_complaint *c)
{
    const struct customer *who = b->customer;
    switch (item) {
    case MATERIAL_ITEM_CUSTOMER_NAME: return is_filled(who->name);
    case MATERIAL_ITEM_CUSTOMER_CONTACT:
        return is_filled(who->phone) || is_filled(who->email) || is_filled(who->account);
    case MATERIAL_ITEM_CONTRACT_NO: return is_filled(b->contract_no);
    case MATERIAL_ITEM_DESCRIPTION: return is_filled(c->description);
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

void intake_request_materials(struct step *s)
{
    const struct intake_state *next = s->next;
    const struct policy_limit *limit = policy_limit(s->policy, s->policy->pack->intake->material_limit);
    struct ev_intake_materials_requested *e = decision_emit(s->out, EV_INTAKE_MATERIALS_REQUESTED);
    *e = (struct ev_intake_materials_requested){.n_missing = next->n_missing, .missing = next->missing};
    if (limit != NULL) {
        e->has_reply_by_ms = true;
        e->reply_by_ms = intake_due(s, limit->def, s->in->at_ms);
    }
}

void intake_finish_materials(struct step *s, enum materials how)
{
    struct intake_state *next = s->next;
    if (next->status != INTAKE_STATUS_AWAITING_MATERIAL) return;
    next->status = INTAKE_STATUS_OPEN;
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
    if (state->status != INTAKE_STATUS_AWAITING_MATERIAL) return VERDICT_DONE;
    if (take_off(next, in->materials, in->n_materials, s->out->arena) > 0) complete_or_ask_again(s);
    return VERDICT_DONE;
}
