/* The lists a fold is made of: rows in an arena, found again by key. Pure. */
#ifndef REDRESS_CONSOLE_FOLD_ROWS_H
#define REDRESS_CONSOLE_FOLD_ROWS_H

#include "console/fold.h"

/* Every indexed row begins with its case_id; `text` is a second part of the key, at text_at (NULL: none). */
struct fold_key {
    int64_t number;
    const char *text;
    size_t size, text_at;
};

/* A new zeroed row of this size at the end; rows move when the list grows. */
void *fold_list_add(struct fold *f, struct fold_list *l, size_t size);
/* The row of the key; *fresh says it was made now (then the caller fills it, the key's members too). */
void *fold_list_row(struct fold *f, struct fold_list *l, const struct fold_key *k, bool *fresh);

#endif
