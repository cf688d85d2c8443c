/* The timers of a partition that are due or soon will be, in order of their due, each once (adapter.c). */
#ifndef REDRESS_SLA_TIMERLIST_H
#define REDRESS_SLA_TIMERLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "event/events.h"
#include "runtime/service.h"

struct timer_row {
    int64_t id, due, case_id, ver;
    const char *code;
    bool warning;
};

struct timer_entry; /* owned by the list */

struct timerlist {
    struct timer_entry **all,
        **rows; /* rows: by (due, id), somewhere in `all` of cap places: those before have fired */
    int n, cap;
};

/* Copies the row; one that is there already changes nothing. */
void timerlist_add(struct timerlist *l, const struct timer_row *row);
void timerlist_remove(struct timerlist *l, int64_t due, int64_t id);
void timerlist_clear(struct timerlist *l);
/* Due of the first; INT64_MAX when empty. */
int64_t timerlist_first(const struct timerlist *l);
/* How many are due. */
int timerlist_due(const struct timerlist *l, int64_t now_ms);
/* The due ones as inputs, at most max; they stay in the list. Their tag is for timerlist_taken. */
int timerlist_inputs(const struct timerlist *l, int part, int64_t now_ms, struct local_input *out, int max);
/* The id of an input's timer. */
int64_t timerlist_id(const struct timer_entry *entry);
/* An input of the list has committed: out of the list; its timer's id. */
int64_t timerlist_taken(struct timerlist *l, const struct timer_entry *entry);

#endif
