/* Commands answer: an HTTP request waits for what its command caused (the event whose causation id is the command's),
 * and is told accepted, refused with its rule, or not yet. */
#ifndef REDRESS_CONSOLE_ANSWERS_H
#define REDRESS_CONSOLE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "console/http.h"
#include "runtime/service.h"

/* Prefix of the ids of commands made here; the read model's index of answers goes by it. */
#define ANSWERS_PREFIX "cmd."

struct answers;
struct answers *answers_new(struct console *c);
/* Everything still waiting is answered "not yet" and resumed. */
void answers_stop(struct answers *a);
void answers_free(struct answers *a);

/* Memory of the suspended request; the thread of answers fills its reply and resumes it. */
struct waiting {
    struct request *rq;
    const char *id; /* the command's */
    int64_t case_id;
    int64_t deadline_us; /* monotonic */
    bool ready;
    struct waiting *next;
};
void answers_wait(struct answers *a, struct waiting *w);
/* After a commit of the read model: wakes those whose command was answered in it. */
void answers_committed(struct answers *a, const struct change *changes, int n);

/* Fills the reply from what is known now: 200, 409, or 202 when nothing is. */
void answers_reply(struct request *rq, const char *id, int64_t case_id);
/* 202 without looking. */
void answers_reply_pending(struct request *rq, const char *id, int64_t case_id);

#endif
