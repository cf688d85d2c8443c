/* The bank's statement beside our payouts, day by day (steps.h): every disagreement is a work item that stays open
 * until the two agree or a person has found out what it was. Its home is the account "bank:statement"; what is
 * compared is found in the tables (statement.c), and what is news of it decided here. */
#include <string.h>

#include "base/id.h"
#include "payment/payment.h"
#include "payment/steps.h"
#include "policy/policy.h"
#include "policy/rights.h"

static bool is_open(const struct payment_state *st, enum discrepancy kind, const char *key)
{
    for (int i = 0; i < st->n_open_items; i++) {
        if (st->open_items[i].kind == kind && strcmp(st->open_items[i].key, key) == 0) return true;
    }
    return false;
}

/* False when it was not open. */
static bool end_item(struct step *s, enum discrepancy kind, const char *key)
{
    struct payment_state *next = s->next;
    if (!is_open(next, kind, key)) return false;
    struct open_item *left = ARENA_ARRAY(s->out->arena, struct open_item, next->n_open_items);
    int n = 0;
    for (int i = 0; i < next->n_open_items; i++) {
        const struct open_item *at = &next->open_items[i];
        if (at->kind != kind || strcmp(at->key, key) != 0) left[n++] = *at;
    }
    next->open_items = left;
    next->n_open_items = n;
    return true;
}

/* Who of head office sees to it: one of those who may close it, the same for the same key. NULL: none of them is there.
 */
static const char *owner_of(const struct step *s, const char *key)
{
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    const struct pol_person *person = NULL;
    for (int i = 0; i < rules->n_resolve_roles && person == NULL; i++)
        person = policy_person_with(moment_of(s), policy_head_office(s->policy), rules->resolve_roles[i],
                                    id_hash(key, strlen(key)));
    return person != NULL ? person->id : NULL;
}

static void find_item(struct step *s, const struct statement_item *item)
{
    struct payment_state *next = s->next;
    if (is_open(next, item->kind, item->key)) return;
    struct open_item *open = ARENA_ARRAY(s->out->arena, struct open_item, next->n_open_items + 1);
    for (int i = 0; i < next->n_open_items; i++) open[i] = next->open_items[i];
    open[next->n_open_items++] = (struct open_item){.kind = item->kind, .key = item->key};
    next->open_items = open;
    struct ev_payment_discrepancy_found *out = decision_emit(s->out, EV_PAYMENT_DISCREPANCY_FOUND);
    *out = (struct ev_payment_discrepancy_found){.item = item, .owner_id = owner_of(s, item->key)};
}

enum verdict payment_on_compared(struct step *s)
{
    const struct ev_payment_statement_compared *ev = s->in->data;
    struct payment_state *next = s->next;
    next->status = PAYMENT_STATUS_STATEMENT;
    for (int i = 0; i < ev->n_ended; i++) {
        if (!end_item(s, ev->ended[i].kind, ev->ended[i].key)) continue;
        struct ev_payment_discrepancy_ended *out = decision_emit(s->out, EV_PAYMENT_DISCREPANCY_ENDED);
        *out = (struct ev_payment_discrepancy_ended){.kind = ev->ended[i].kind, .key = ev->ended[i].key};
    }
    for (int i = 0; i < ev->n_found; i++) find_item(s, &ev->found[i]);
    struct ev_payment_reconciled *out = decision_emit(s->out, EV_PAYMENT_RECONCILED);
    *out = (struct ev_payment_reconciled){.day = ev->day,
                                          .read_ms = ev->read_ms,
                                          .lines = ev->lines,
                                          .matched = ev->matched,
                                          .missing = ev->missing,
                                          .unknown = ev->unknown,
                                          .differing = ev->differing,
                                          .whole = ev->whole,
                                          .open = next->n_open_items};
    return VERDICT_DONE;
}

static bool may_look(const struct step *s, const struct actor *who)
{
    const struct pol_payment_rules *rules = s->policy->pack->payment;
    return payment_may(s, who, rules->resolve_roles, rules->n_resolve_roles);
}

enum verdict payment_on_reconcile(struct step *s)
{
    const struct ev_command_reconcile *ev = s->in->data;
    if (case_id_serial(s->in->case_id) != id_account_serial(PAYMENT_STATEMENT)) {
        return step_refuse(s, "PA-3", "not_the_statement", PAYMENT_STATEMENT);
    }
    if (!may_look(s, ev->actor)) return step_refuse(s, "RO-1", "not_entitled_to_reconcile", NULL);
    ((struct payment_state *)s->next)->status = PAYMENT_STATUS_STATEMENT;
    struct ev_payment_reconciliation_asked *out = decision_emit(s->out, EV_PAYMENT_RECONCILIATION_ASKED);
    out->asker_id = ev->actor->id;
    return VERDICT_DONE;
}

enum verdict payment_on_close_discrepancy(struct step *s)
{
    const struct ev_command_close_discrepancy *ev = s->in->data;
    if (!may_look(s, ev->actor)) return step_refuse(s, "RO-1", "not_entitled_to_reconcile", NULL);
    if (ev->note[0] == '\0') return step_refuse(s, "PA-3", "note_missing", NULL);
    if (!end_item(s, ev->kind, ev->key)) return step_refuse(s, "PA-3", "no_such_item", ev->key);
    struct ev_payment_discrepancy_closed *out = decision_emit(s->out, EV_PAYMENT_DISCREPANCY_CLOSED);
    *out = (struct ev_payment_discrepancy_closed){
        .kind = ev->kind, .key = ev->key, .closer_id = ev->actor->id, .note = ev->note};
    return VERDICT_DONE;
}
