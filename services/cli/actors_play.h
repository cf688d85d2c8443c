/* What the parts of the drill's people share (private to actors*.c). Pure: chance and people follow from the seed and
 * the event's id alone. */
#ifndef REDRESS_CLI_ACTORS_PLAY_H
#define REDRESS_CLI_ACTORS_PLAY_H

#include "cli/actors.h"

struct play {
    const struct scene *s;
    struct acquaintance *who;
    struct arena *arena;
    struct action *out;
    int n;
    uint64_t dice; /* of this event */
};

/* A draw of 0..n-1, another for every salt. */
int play_draw(const struct play *p, int salt, int n);
bool play_chance(const struct play *p, int salt, int percent);
/* A command somebody sends after from_h to to_h hours; the struct to fill. */
void *play_act(struct play *p, enum event_type type, int from_h, int to_h);

const struct actor *play_person(struct play *p, enum role role, const char *id, const char *org);
const struct actor *play_customer(struct play *p);
const struct actor *play_handler(struct play *p);
/* Who is there when the event takes place. */
struct policy_moment play_moment(const struct play *p);
/* Somebody of the unit with that role; NULL when nobody has it. */
const struct actor *play_somebody(struct play *p, const char *org, enum role role);
/* Head office answers; below it some let the limit pass. */
bool play_keeps_silent(const struct play *p, int salt);

/* actors_dispute.c: customers who sue, head office's legal support, cases handed up, causes given, sanctions decided
 * (ES-7 to ES-9, RV-5). */
void play_dispute(struct play *p);
/* ES-9: a special case goes up instead of being investigated here; true = it does. */
bool play_hands_up(struct play *p);

#endif
