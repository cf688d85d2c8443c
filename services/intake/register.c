/* Registration, and further messages of the same matter (IN-1 to IN-5, CH-4, CH-5). See steps.h. */
#include <string.h>

#include "base/timefmt.h"
#include "calendar/calendar.h"
#include "event/identity.h"
#include "intake/steps.h"

static const struct customer UNKNOWN_CUSTOMER = {0};

static enum kind kind_of(const struct ev_inbound_complaint *c, bool wants_money)
{
    if (c->kind == KIND_OTHER) return KIND_OTHER;
    return wants_money || c->kind == KIND_CLAIM ? KIND_CLAIM : KIND_COMPLAINT;
}

static enum phase phase_of(const struct ev_inbound_complaint *c)
{
    if (c->phase != PHASE_ABSENT) return c->phase;
    return c->has_fee_due_minor && c->fee_due_minor > 0 ? PHASE_CONSTRUCTION : PHASE_AFTER_SALES;
}

/* A channel's own time of receipt counts (IN-8), unless it lies ahead of us. */
static int64_t received_ms(const struct ev_inbound_complaint *c, const struct input *in)
{
    return c->has_received_at && c->received_at_ms < in->at_ms ? c->received_at_ms : in->at_ms;
}

static const char *number(const struct step *s, int64_t at_ms)
{
    int year, month, day;
    timefmt_date(calendar_date_of(s->policy->calendar, at_ms), &year, &month, &day);
    return case_no_format(s->policy->pack->numbering->prefix, year, s->in->case_id, s->out->arena);
}

/* A negative amount says nothing: it counts as unknown (AP-4). */
static struct brief *make_brief(struct step *s, const struct ev_inbound_complaint *c)
{
    bool has_claimed = c->has_claimed_minor && c->claimed_minor >= 0;
    struct brief *b = ARENA_NEW(s->out->arena, struct brief);
    int64_t received = received_ms(c, s->in);
    *b = (struct brief){
        .case_no = number(s, received),
        .kind = kind_of(c, has_claimed && c->claimed_minor > 0),
        .category = c->category != CATEGORY_ABSENT ? c->category : CATEGORY_OTHER,
        .phase = phase_of(c),
        .severity = c->severity != SEVERITY_ABSENT ? c->severity : SEVERITY_NORMAL,
        .channel = s->in->source,
        .customer = c->customer != NULL ? c->customer : &UNKNOWN_CUSTOMER,
        .contract_no = c->contract_no,
        .region = c->region,
        .has_claimed_minor = has_claimed,
        .claimed_minor = has_claimed ? c->claimed_minor : 0,
        .currency = c->currency,
        .has_fee_due_minor = c->has_fee_due_minor && c->fee_due_minor >= 0,
        .fee_due_minor = c->has_fee_due_minor && c->fee_due_minor >= 0 ? c->fee_due_minor : 0,
        .pay_method = c->pay_method,
        .consent = c->consent,
        .direct = c->outlet_id != NULL,
        .asked_outlet = c->asked_outlet,
        .received_ms = received,
        .history = c->history,
    };
    return b;
}

static void emit_registered(struct step *s, const struct ev_inbound_complaint *c, const char *matter)
{
    const struct intake_state *next = s->next;
    struct ev_intake_registered *e = decision_emit(s->out, EV_INTAKE_REGISTERED);
    *e = (struct ev_intake_registered){
        .brief = next->brief,
        .external_ref = c->external_ref,
        .description = c->description,
        .remedy_sought = c->remedy_sought,
        .has_occurred_ms = c->has_occurred_at,
        .occurred_ms = c->occurred_at_ms,
        .outlet_id = c->outlet_id,
        .materials = next->materials,
        .n_missing = next->n_missing,
        .missing = next->missing,
        .payee = c->payee,
        .matter = matter,
        .n_facts = c->n_facts,
        .facts = c->facts,
        .n_attachments = c->n_attachments,
        .attachments = c->attachments,
        .order_no = c->order_no,
        .product = c->product,
        .item_no = c->item_no,
        .has_quantity = c->has_quantity,
        .quantity = c->quantity,
        .has_delivered_ms = c->has_delivered_at,
        .delivered_ms = c->delivered_at_ms,
        .site = c->site,
        .area = c->area,
        .claim_reason = c->claim_reason,
        .basis = c->basis,
        .remedies_tried = c->remedies_tried,
        .evidence_offered = c->evidence_offered,
        .occasion = c->occasion,
        .receiver = c->receiver,
    };
}

static enum verdict register_case(struct step *s, const struct ev_inbound_complaint *c)
{
    struct intake_state *next = s->next;
    const char **missing;
    const char *matter = identity_matter(c, &(struct origin){.source = s->in->source, .id = s->in->id}, s->out->arena);
    struct brief *brief = make_brief(s, c);
    next->brief = brief;
    next->external_ref = c->external_ref;
    next->contacts = 1;
    next->n_missing = intake_missing(s->policy, brief, c, &missing, s->out->arena);
    next->missing = missing;
    next->materials = next->n_missing > 0 ? MATERIALS_MISSING : MATERIALS_COMPLETE;
    next->status = next->n_missing > 0 ? INTAKE_STATUS_AWAITING_MATERIAL : INTAKE_STATUS_OPEN;
    emit_registered(s, c, matter);
    if (next->n_missing > 0) intake_request_materials(s);
    return VERDICT_DONE;
}

enum verdict intake_on_complaint(struct step *s) { return register_case(s, s->in->data); }

/* Material for a case we do not know is still a message of a customer: registered, never lost. */
enum verdict intake_on_stray_supplement(struct step *s)
{
    const struct ev_inbound_supplement *in = s->in->data;
    struct ev_inbound_complaint *c = ARENA_NEW(s->out->arena, struct ev_inbound_complaint);
    *c = (struct ev_inbound_complaint){
        .kind = KIND_OTHER,
        .external_ref = in->case_no,
        .description = in->comment != NULL ? in->comment : "material for a case not known here",
        .n_attachments = in->n_attachments,
        .attachments = in->attachments,
    };
    return register_case(s, c);
}

static const char *or_else(const char *text, const char *other) { return text != NULL ? text : other; }

static const struct customer *merge_customer(const struct customer *had, const struct customer *got, struct arena *a)
{
    if (got == NULL) return had;
    struct customer *merged = ARENA_NEW(a, struct customer);
    *merged = (struct customer){.name = or_else(had->name, got->name),
                                .phone = or_else(had->phone, got->phone),
                                .email = or_else(had->email, got->email),
                                .account = or_else(had->account, got->account),
                                .language = had->language != LANGUAGE_ABSENT ? had->language : got->language};
    return desc_equal(&customer_desc, merged, had) ? had : merged;
}

/* What the brief lacked and this message says; what it says differently stays with the contact, but a contact received
 * before is when the matter was received (IN-8). NULL when it adds nothing. */
static struct brief *supplement_brief(struct step *s, const struct ev_inbound_complaint *c)
{
    const struct intake_state *state = s->state;
    struct brief *b = ARENA_NEW(s->out->arena, struct brief);
    *b = *state->brief;
    b->customer = merge_customer(b->customer, c->customer, s->out->arena);
    b->contract_no = or_else(b->contract_no, c->contract_no);
    if (c->has_received_at && c->received_at_ms < b->received_ms) b->received_ms = c->received_at_ms;
    if (!b->has_claimed_minor && c->has_claimed_minor && c->claimed_minor >= 0) {
        b->has_claimed_minor = true;
        b->claimed_minor = c->claimed_minor;
        b->currency = c->currency;
        if (c->claimed_minor > 0) b->kind = KIND_CLAIM;
    }
    return desc_equal(&brief_desc, b, state->brief) ? NULL : b;
}

/* CH-4: one more contact. It may bring what was missing (IN-6); after a lapse it brings the customer
 * back (AP-8). */
enum verdict intake_on_contact_message(struct step *s)
{
    const struct intake_state *state = s->state;
    const struct ev_inbound_complaint *in = s->in->data;
    struct intake_state *next = s->next;
    next->contacts++;
    struct ev_intake_contact_added *e = decision_emit(s->out, EV_INTAKE_CONTACT_ADDED);
    *e = (struct ev_intake_contact_added){.channel = s->in->source,
                                          .external_ref = in->external_ref,
                                          .n = next->contacts,
                                          .description = in->description,
                                          .n_facts = in->n_facts,
                                          .facts = in->facts,
                                          .n_attachments = in->n_attachments,
                                          .attachments = in->attachments};
    if (state->status == INTAKE_STATUS_CLOSED && state->outcome == OUTCOME_LAPSED) {
        intake_reopen(s, "customer_returned");
    }
    if (state->status == INTAKE_STATUS_CLOSED || state->status == INTAKE_STATUS_WITHDRAWN) return VERDICT_DONE;
    struct brief *supplemented = supplement_brief(s, in);
    if (supplemented != NULL) intake_correct_brief(s, supplemented, "supplemented");
    if (intake_waits_for_material(state)) intake_look_for_materials(s, in);
    return VERDICT_DONE;
}
