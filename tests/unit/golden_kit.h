/* Every status × every event type of a core against a matrix kept as text, so that a change of one pair shows.
 * REDRESS_GOLDEN=write writes the file anew. */
#ifndef TESTS_UNIT_GOLDEN_KIT_H
#define TESTS_UNIT_GOLDEN_KIT_H

#include <stdlib.h>

#include "feed_kit.h"

struct golden_feed {
    const char *type, *data;
};

/* How a status is reached: inputs from an unknown case on, ended by {0}. */
struct golden_way {
    const char *status;
    struct golden_feed feeds[6];
};

static inline const char *golden_sample(const struct golden_feed *samples, const char *type)
{
    for (; samples->type != NULL; samples++) {
        if (strcmp(samples->type, type) == 0) return samples->data;
    }
    return NULL;
}

/* One line a pair that does something; the rest of a status in one line each: ignored, refused. */
static inline void golden_row(struct kit *k, const struct golden_feed *samples, enum event_type type, struct buf *out)
{
    const void *before = k->state;
    int from = before == NULL ? 0 : *(const int *)before;
    int n = k->n;
    kit_feed(k, event_name(type), "2026-03-04 10:00", golden_sample(samples, event_name(type)));
    int to = k->state == NULL ? 0 : *(const int *)k->state;
    if (k->verdict != VERDICT_IGNORED) {
        buf_printf(out, "%-10s %-32s %s", k->core->status_names[from], event_name(type), kit_said(k));
        if (k->verdict == VERDICT_DONE) buf_printf(out, " -> %s", k->core->status_names[to]);
        buf_putc(out, '\n');
    }
    k->state = before;
    k->n = n;
}

static inline void golden_check(struct kit *k, const struct golden_way *ways, const struct golden_feed *samples)
{
    struct buf out = BUF_INIT;
    char path[256];
    buf_puts(&out, "# status, event, what follows; pairs not listed are ignored\n");
    for (const struct golden_way *w = ways; w->status != NULL; w++) {
        k->state = NULL;
        for (const struct golden_feed *f = w->feeds; f->type != NULL; f++)
            kit_feed(k, f->type, "2026-03-02 10:00", f->data);
        cr_assert_str_eq(k->core->status_names[k->state == NULL ? 0 : *(const int *)k->state], w->status);
        for (int type = 1; type < EV_COUNT; type++) golden_row(k, samples, (enum event_type)type, &out);
    }
    snprintf(path, sizeof(path), "%s/tests/unit/golden/%s.txt", REDRESS_SOURCE_DIR, k->core->service);
    bool write = getenv("REDRESS_GOLDEN") != NULL;
    FILE *f = fopen(path, write ? "w" : "r");
    cr_assert_not_null(f, "%s", path);
    if (write) {
        fwrite(out.bytes, 1, out.len, f);
    } else {
        char *text = calloc(1, out.len + 4096);
        size_t n = fread(text, 1, out.len + 4095, f);
        cr_assert(n == out.len && memcmp(text, out.bytes, n) == 0, "%s differs; as it is now:\n%s", path, out.bytes);
        free(text);
    }
    fclose(f);
    buf_deinit(&out);
}

#endif
