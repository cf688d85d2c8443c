/* People who act at random, seeded: mostly what the case waits for, sometimes nonsense, sometimes late.
 *
 * What is done depends on the walker's own draws and on what people can see (states with nothing left to
 * read), so that two worlds with different schedules meet the same people. */
#ifndef REDRESS_SCENARIO_WALKER_H
#define REDRESS_SCENARIO_WALKER_H

#include "world.h"

struct walker {
    struct world *w;
    uint64_t rng;
    bool prompt; /* every command is read when it is accepted */
};

/* A customer arrives: a new matter, or one that may have arrived before. */
void walker_arrive(struct walker *k);
/* Somebody does something about some case. */
void walker_act(struct walker *k);
/* Somebody goes to court, hands a case up, answers a liaison slip. */
void walker_dispute(struct walker *k, int64_t case_id);
/* PA-10: the next step the record of the agreed plan lacks is taken; false when it lacks none. */
bool walker_take_step(struct walker *k, int64_t case_id, const struct approval_state *st);
/* PA-5: an advance is asked for, documented or reviewed, whichever is next. */
void walker_advance(struct walker *k, int64_t case_id, const struct evidence_state *st);
/* IN-6, EV-7: what makes limits stand still. */
void walker_hold(struct walker *k, int64_t case_id, const struct evidence_state *st);
/* IN-11: an issue is raised, or goes a step further. */
void walker_issue(struct walker *k, int64_t case_id, const struct assignment *at);
/* PA-9: a customer who came in person is allowed the travel, of today or a day before. */
void walker_travel(struct walker *k, int64_t case_id);
/* PA-1: what a day's ceiling holds is released. */
void walker_release(struct walker *k, int64_t case_id);
/* PA-6: an outlet pays in, or off what it owes, or such a receipt is taken back. */
void walker_receive(struct walker *k);
/* AP-5: one of those who sign beside the approver of that level and have not yet; NULL = the approver's turn. */
const struct actor *walker_signer(struct walker *k, const struct approval_state *st, enum org_level level);
/* Minutes to weeks pass. */
void walker_wait(struct walker *k);
int walker_draw(struct walker *k, int n);

#endif
