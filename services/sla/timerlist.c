#include "sla/timerlist.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct timer_entry {
    int64_t id, due, case_id;
    struct ev_sla_timer_fired data;
    char name[96]; /* the input's id */
    char code[];
};

/* Where (due, id) stands or would stand. */
static int place(const struct timerlist *l, int64_t due, int64_t id)
{
    int low = 0, high = l->n;
    while (low < high) {
        int mid = (low + high) / 2;
        const struct timer_entry *e = l->rows[mid];
        bool before = e->due < due || (e->due == due && e->id < id);
        if (before)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool stands_at(const struct timerlist *l, int at, int64_t due, int64_t id)
{
    return at < l->n && l->rows[at]->due == due && l->rows[at]->id == id;
}

static struct timer_entry *entry_of(const struct timer_row *row)
{
    size_t n = strlen(row->code) + 1;
    struct timer_entry *e = calloc(1, sizeof(*e) + n);
    if (e == NULL) abort(); /* out of memory (base/arena.h) */
    memcpy(e->code, row->code, n);
    e->id = row->id;
    e->due = row->due;
    e->case_id = row->case_id;
    e->data =
        (struct ev_sla_timer_fired){.code = e->code, .ver = row->ver, .warning = row->warning, .due_ms = row->due};
    snprintf(e->name, sizeof(e->name), "timer.%lld.%.40s.%lld%s", (long long)row->case_id, row->code,
             (long long)row->ver, row->warning ? ".w" : "");
    return e;
}

/* A place after the last: at the end, or won by moving all to the front. */
static void make_room(struct timerlist *l)
{
    ptrdiff_t gone = l->rows - l->all;
    if (l->n + gone < l->cap) return;
    if (2 * l->n >= l->cap) {
        l->cap = l->cap == 0 ? 64 : 2 * l->cap;
        l->all = realloc(l->all, (size_t)l->cap * sizeof(struct timer_entry *));
        if (l->all == NULL) abort(); /* out of memory (base/arena.h) */
    }
    memmove(l->all, l->all + gone, (size_t)l->n * sizeof(struct timer_entry *));
    l->rows = l->all;
}

void timerlist_add(struct timerlist *l, const struct timer_row *row)
{
    int at = place(l, row->due, row->id);
    if (stands_at(l, at, row->due, row->id)) return;
    make_room(l);
    memmove(&l->rows[at + 1], &l->rows[at], (size_t)(l->n - at) * sizeof(struct timer_entry *));
    l->rows[at] = entry_of(row);
    l->n++;
}

void timerlist_remove(struct timerlist *l, int64_t due, int64_t id)
{
    int at = place(l, due, id);
    if (!stands_at(l, at, due, id)) return;
    free(l->rows[at]);
    l->n--;
    if (at == 0)
        l->rows++; /* what fires is mostly the first */
    else
        memmove(&l->rows[at], &l->rows[at + 1], (size_t)(l->n - at) * sizeof(struct timer_entry *));
}

void timerlist_clear(struct timerlist *l)
{
    for (int i = 0; i < l->n; i++) free(l->rows[i]);
    free(l->all);
    *l = (struct timerlist){0};
}

int64_t timerlist_first(const struct timerlist *l) { return l->n == 0 ? INT64_MAX : l->rows[0]->due; }

int timerlist_due(const struct timerlist *l, int64_t now_ms)
{
    return now_ms == INT64_MAX ? l->n : place(l, now_ms + 1, INT64_MIN);
}

int timerlist_inputs(const struct timerlist *l, int part, int64_t now_ms, struct local_input *out, int max)
{
    int n = timerlist_due(l, now_ms);
    if (n > max) n = max;
    for (int i = 0; i < n; i++) {
        struct timer_entry *e = l->rows[i];
        out[i] = (struct local_input){.part = part,
                                      .case_id = e->case_id,
                                      .type = EV_SLA_TIMER_FIRED,
                                      .data = &e->data,
                                      .id = e->name,
                                      .at_ms = e->due,
                                      .tag = e};
    }
    return n;
}

int64_t timerlist_id(const struct timer_entry *entry) { return entry->id; }

int64_t timerlist_taken(struct timerlist *l, const struct timer_entry *entry)
{
    int64_t id = entry->id;
    timerlist_remove(l, entry->due, id);
    return id;
}
