/* For every limit of the shipped policy: a case that has it, its answer, and what makes it stand still (SL-2, SL-4).
 * All of it is done by people and the services they lead to, in the story's world (story.h). */
#ifndef REDRESS_SCENARIO_LIMIT_STORIES_H
#define REDRESS_SCENARIO_LIMIT_STORIES_H

struct limit_story {
    const char *code;
    void (*reach)(void);      /* the case has the limit, and it runs */
    void (*meet)(void);       /* its answer */
    void (*reach_held)(void); /* the case has it, and it stands still; NULL: it never does */
    void (*go_on)(void);      /* what held it is over */
    void (*reach_soon)(void); /* as reach, where the answer comes by itself; NULL: it does not */
};

extern const struct limit_story limit_stories[];
extern const int limit_stories_n;

#endif
