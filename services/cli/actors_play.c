#include "cli/actors_play.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

int play_draw(const struct play *p, int salt, int n)
{
    char key[40];
    snprintf(key, sizeof key, "%016llx%d", (unsigned long long)p->dice, salt);
    return (int)(id_hash(key, strlen(key)) % (uint64_t)n);
}

bool play_chance(const struct play *p, int salt, int percent) { return play_draw(p, salt, 100) < percent; }

void *play_act(struct play *p, enum event_type type, int from_h, int to_h)
{
    struct action *a = &p->out[p->n];
    int64_t wait = p->s->temper->at_once
                       ? 0
                       : (int64_t)from_h * HOUR_MS + play_draw(p, 90 + p->n, (to_h - from_h) * 60) * (int64_t)MINUTE_MS;
    a->type = type;
    a->at_ms = p->s->at_ms + wait;
    a->data = arena_alloc(p->arena, event_desc(type)->size);
    p->n++;
    return (void *)a->data;
}

const struct actor *play_person(struct play *p, enum role role, const char *id, const char *org)
{
    struct actor *a = ARENA_NEW(p->arena, struct actor);
    *a = (struct actor){.role = role, .id = arena_strdup(p->arena, id), .org_id = arena_strdup(p->arena, org)};
    return a;
}

const struct actor *play_customer(struct play *p)
{
    struct actor *a = ARENA_NEW(p->arena, struct actor);
    *a = (struct actor){.role = ROLE_CUSTOMER, .id = "customer"};
    return a;
}

const struct actor *play_handler(struct play *p)
{
    return play_person(p, ROLE_HANDLER, p->who->handler_id, p->who->org_id);
}

bool play_keeps_silent(const struct play *p, int salt)
{
    return p->who->level != ORG_LEVEL_HEAD_OFFICE && play_chance(p, salt, p->s->temper->silent_outlet);
}

struct policy_moment play_moment(const struct play *p) { return (struct policy_moment){p->s->policy, p->s->at_ms}; }

const struct actor *play_somebody(struct play *p, const char *org, enum role role)
{
    const struct pol_unit *unit = policy_unit(p->s->policy, org);
    const struct pol_person *found = unit == NULL ? NULL : policy_person_with(play_moment(p), unit, role, p->dice);
    return found == NULL ? NULL : play_person(p, role, found->id, unit->id);
}
