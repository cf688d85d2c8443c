/* Growing lists in an arena with an index by key (fold_rows.h). */
#include "console/fold_rows.h"

#include <string.h>

#include "base/id.h"

void *fold_list_add(struct fold *f, struct fold_list *l, size_t size)
{
    if (l->n == l->cap) {
        int cap = l->cap == 0 ? 64 : 2 * l->cap;
        void *rows = arena_alloc(f->arena, size * (size_t)cap);
        if (l->n > 0) memcpy(rows, l->rows, size * (size_t)l->n);
        l->rows = rows;
        l->cap = cap;
    }
    return (char *)l->rows + size * (size_t)l->n++;
}

static bool row_is(const void *row, const struct fold_key *k)
{
    int64_t number;
    const char *text;
    memcpy(&number, row, sizeof(number));
    if (number != k->number) return false;
    if (k->text == NULL) return true;
    memcpy(&text, (const char *)row + k->text_at, sizeof(text));
    return strcmp(text, k->text) == 0;
}

static uint64_t hash_of(int64_t number, const char *text)
{
    uint64_t h = id_hash((const char *)&number, sizeof(number));
    return text == NULL ? h : h ^ (id_hash(text, strlen(text)) * 31);
}

static void index_grow(struct fold *f, struct fold_list *l, const struct fold_key *k)
{
    l->cap_index = l->cap_index == 0 ? 256 : 2 * l->cap_index;
    l->index = ARENA_ARRAY(f->arena, int, l->cap_index);
    for (int row = 0; row < l->n; row++) {
        const char *at = (const char *)l->rows + k->size * (size_t)row, *text = NULL;
        int64_t number;
        memcpy(&number, at, sizeof(number));
        if (k->text != NULL) memcpy(&text, at + k->text_at, sizeof(text));
        uint64_t slot = hash_of(number, text) & (uint64_t)(l->cap_index - 1);
        while (l->index[slot] != 0) slot = (slot + 1) & (uint64_t)(l->cap_index - 1);
        l->index[slot] = row + 1;
    }
}

void *fold_list_row(struct fold *f, struct fold_list *l, const struct fold_key *k, bool *fresh)
{
    if (2 * (l->n + 1) > l->cap_index) index_grow(f, l, k);
    uint64_t slot = hash_of(k->number, k->text) & (uint64_t)(l->cap_index - 1);
    for (; l->index[slot] != 0; slot = (slot + 1) & (uint64_t)(l->cap_index - 1)) {
        void *row = (char *)l->rows + k->size * (size_t)(l->index[slot] - 1);
        if (row_is(row, k)) {
            *fresh = false;
            return row;
        }
    }
    void *row = fold_list_add(f, l, k->size);
    l->index[slot] = l->n;
    *fresh = true;
    return row;
}

struct fold_view *fold_view_of(struct fold *f, const struct fold_input *in)
{
    bool fresh;
    struct fold_key k = {.number = in->case_id, .size = sizeof(struct fold_view)};
    struct fold_view *v = fold_list_row(f, &f->views, &k, &fresh);
    if (fresh)
        *v = (struct fold_view){
            .case_id = in->case_id, .planned_minor = FOLD_NONE, .opened_ms = FOLD_NONE, .closed_ms = FOLD_NONE};
    if (in->at_ms > v->updated_ms) v->updated_ms = in->at_ms;
    return v;
}
