/* The dates an event promises to the customer (SL-7). Pure.
 *
 * A limit whose length is a promised date says with a path where its start event holds the date: "due_ms",
 * "record.answer_promised_ms", or "plan.measures[].due_ms" for one date per measure. A date the event does not
 * carry is not promised. */
#ifndef REDRESS_POLICY_DATES_H
#define REDRESS_POLICY_DATES_H

#include "policy/policy.h"

enum { DATES_MAX = 16 }; /* of one event; a plan has no more measures (plan.h) */

struct promised_date {
    int64_t at_ms;    /* some time of the date */
    const char *name; /* what the limit's key field says; NULL = none */
    int nth;          /* 1, 2, … among the elements of a list; 0 = the path has no list */
};

/* Whether the path leads to an integer or a time in this event. */
bool dates_path_leads(enum event_type event, const char *path);
/* The dates that the event's data promises for this limit; how many, at most DATES_MAX. */
int dates_of(const struct policy_limit *l, enum event_type event, const void *data, struct promised_date *out);
/* A text field of the event; NULL when it has none of that name or it is absent. */
const char *dates_name(enum event_type event, const void *data, const char *field);

#endif
