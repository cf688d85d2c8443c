/* The people of a drill: given an event, what somebody does about it, and when. Pure and seeded.
 *
 * Customers, outlet staff and managers are played through the public interfaces only: they see events and send
 * commands. Who is late, silent, sloppy or unwilling follows from the seed and the event's id alone, so a drill
 * that is started again decides the same and repeats no command (its id derives from the event's id). */
#ifndef REDRESS_CLI_ACTORS_H
#define REDRESS_CLI_ACTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/events.h"
#include "policy/policy.h"

/* Shares in percent. */
struct temper {
    int silent_outlet;   /* outlets and regionals that let a limit pass */
    int silent_customer; /* customers who never answer */
    int incomplete;      /* first evidence packages that lack something */
    int on_the_spot;     /* visits that bring finding and plan along */
    int deny;            /* plans managers deny */
    int object;          /* offers customers object to */
    int reject;          /* findings that end in a rejection */
    int not_satisfied;   /* answers after execution */
    int sue;             /* rejected customers who go before a mediator, an arbitrator or a court (ES-8) */
    int hand_up;         /* investigations handed up for a decision instead (ES-9) */
    bool at_once;        /* nobody waits (benchmark) */
};

extern const struct temper temper_drill, temper_prompt;

/* What a drill remembers of a case, from its events. */
struct acquaintance {
    enum kind kind;
    int64_t claimed_minor;
    bool has_claimed;
    char currency[4];
    char handler_id[48], org_id[48];
    enum org_level level;
    int rounds; /* plans proposed so far */
    bool has_loss, granted;
    int64_t loss_minor; /* verified */
};

struct scene {
    const struct policy *policy;
    const struct temper *temper;
    uint64_t seed;
    int64_t case_id;
    enum event_type type;
    const void *data;
    const char *event_id;
    int64_t at_ms; /* the event's own time */
};

struct action {
    enum event_type type; /* a command */
    const void *data;     /* in the arena */
    int64_t at_ms;        /* installation clock */
};

enum { ACTORS_MAX = 6 };

/* Takes the event in and fills `out`; how many actions follow. */
int actors_react(const struct scene *s, struct acquaintance *who, struct arena *a, struct action out[ACTORS_MAX]);

#endif
