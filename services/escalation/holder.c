/* Who had a case when a limit ran out (ES-1, ES-2). See steps.h.
 *
 * A miss is of the level that had the case at the limit's due, whatever has been read since: of limits that ran out in
 * one instant the first moves the case, and the others are misses of the same unit still. */
#include "escalation/steps.h"

/* The takeovers decided before a due. One in the very instant came after it: a miss is what it follows from. */
static int takeovers_before(const struct escalation_state *st, int64_t due_ms)
{
    int n = 0;
    while (n < st->n_takeovers && st->takeovers[n].at_ms < due_ms) n++;
    return n;
}

/* The last people dispatch named there; NULL = none that have been read. */
static const struct assignment *people_of(const struct escalation_state *st, const char *org_id)
{
    if (st->assignment != NULL && same_text(st->assignment->org_id, org_id)) return st->assignment;
    for (int i = st->n_former - 1; i >= 0; i--) {
        if (same_text(st->former[i].org_id, org_id)) return &st->former[i];
    }
    return NULL;
}

struct holder escalation_holder_at(const struct escalation_state *st, int64_t due_ms)
{
    int n = takeovers_before(st, due_ms);
    const char *org_id = n < st->n_takeovers ? st->takeovers[n].from_org : st->org_id;
    return (struct holder){.org_id = org_id, .people = people_of(st, org_id), .takeovers = n};
}

void escalation_note_takeover(struct step *s)
{
    struct escalation_state *next = s->next;
    struct takeover *all = ARENA_ARRAY(s->out->arena, struct takeover, next->n_takeovers + 1);
    for (int i = 0; i < next->n_takeovers; i++) all[i] = next->takeovers[i];
    all[next->n_takeovers++] = (struct takeover){.from_org = next->org_id, .at_ms = s->in->at_ms};
    next->takeovers = all;
}

void escalation_note_assignment(struct step *s, const struct assignment *a)
{
    struct escalation_state *next = s->next;
    const struct assignment *before = next->assignment;
    next->assignment = a;
    if (before == NULL || same_text(before->org_id, a->org_id)) return;
    struct assignment *all = ARENA_ARRAY(s->out->arena, struct assignment, next->n_former + 1);
    for (int i = 0; i < next->n_former; i++) all[i] = next->former[i];
    all[next->n_former++] = *before;
    next->former = all;
}
