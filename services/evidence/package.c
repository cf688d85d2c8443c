/* See package.h. */
#include "evidence/package.h"

#include <string.h>

#include "base/text.h"

enum { SHA256_HEX = 64 };

static item_set bit(enum evidence_item item) { return (item_set)1 << item; }

item_set package_items(const struct visit_record *r)
{
    item_set held = 0;
    if (r->n_photos > 0) held |= bit(EVIDENCE_ITEM_PHOTOS);
    if (r->n_people_present > 0) held |= bit(EVIDENCE_ITEM_PEOPLE_PRESENT);
    if (text_is_filled(r->device)) held |= bit(EVIDENCE_ITEM_DEVICE);
    if (r->courtesy_checklist) held |= bit(EVIDENCE_ITEM_COURTESY_CHECKLIST);
    if (text_is_filled(r->cause_analysis)) held |= bit(EVIDENCE_ITEM_CAUSE_ANALYSIS);
    if (text_is_filled(r->agreed)) held |= bit(EVIDENCE_ITEM_AGREED);
    return held;
}

static item_set set_of(const enum evidence_item *items, int n)
{
    item_set set = 0;
    for (int i = 0; i < n; i++) set |= bit(items[i]);
    return set;
}

item_set package_required(const struct policy *p, enum category category)
{
    const struct pol_category_items *asked = policy_evidence(p, category);
    return asked != NULL ? set_of(asked->items, asked->n_items) : 0;
}

item_set package_held(const struct evidence_state *state) { return set_of(state->items, state->n_items); }

void package_store(struct evidence_state *state, item_set held, item_set required, struct arena *a)
{
    enum evidence_item *items = ARENA_ARRAY(a, enum evidence_item, evidence_item_enum.n);
    const char **missing = ARENA_ARRAY(a, const char *, evidence_item_enum.n);
    int n_items = 0, n_missing = 0;
    for (int i = 1; i < evidence_item_enum.n; i++) {
        if (held & bit(i)) items[n_items++] = (enum evidence_item)i;
        if (required & ~held & bit(i)) missing[n_missing++] = evidence_item_name((enum evidence_item)i);
    }
    state->items = items;
    state->n_items = n_items;
    state->missing = missing;
    state->n_missing = n_missing;
}

static bool is_sha256(const char *sha)
{
    return strlen(sha) == SHA256_HEX && strspn(sha, "0123456789abcdefABCDEF") == SHA256_HEX;
}

static bool check_item(const struct file_item *item, const struct pol_unit *unit, struct refusal *why)
{
    bool marked = item->standing != STANDING_ABSENT && item->marked_by != NULL;
    if (!text_is_filled(item->title)) {
        *why = (struct refusal){"EV-8", "item_without_title", NULL};
    } else if (item->sha256 != NULL && !is_sha256(item->sha256)) {
        *why = (struct refusal){"EV-8", "item_without_hash", item->title};
    } else if (item->from_customer && !marked) {
        *why = (struct refusal){"EV-8", "neither_verified_nor_doubtful", item->title};
    } else if (item->marked_by != NULL && (unit == NULL || policy_person_in(unit, item->marked_by) == NULL)) {
        *why = (struct refusal){"EV-8", "marked_by_nobody_here", item->marked_by};
    } else {
        return true;
    }
    return false;
}

bool package_check(const struct visit_record *record, const struct pol_unit *unit, struct refusal *why)
{
    for (int i = 0; i < record->n_photos; i++) {
        *why = (struct refusal){"EV-2", "photo_without_hash", NULL};
        if (!is_sha256(record->photos[i].sha256)) return false;
    }
    for (int i = 0; i < record->n_items; i++) {
        if (!check_item(&record->items[i], unit, why)) return false;
    }
    return true;
}

const struct finding *finding_ours_unless_shown(const struct finding *found, const struct assignment *at,
                                                struct arena *a)
{
    bool to_be_shown = found->cause == CAUSE_UNKNOWN || found->cause == CAUSE_FORCE_MAJEURE;
    if (!to_be_shown || found->shown) return found;
    if (found->liability == LIABILITY_OUTLET || found->liability == LIABILITY_COMPANY) return found;
    struct finding *ours = ARENA_NEW(a, struct finding);
    *ours = *found;
    ours->liability = at->level == ORG_LEVEL_HEAD_OFFICE ? LIABILITY_COMPANY : LIABILITY_OUTLET;
    ours->justified = true;
    return ours;
}
