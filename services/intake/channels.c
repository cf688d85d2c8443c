#include "intake/channels.h"

#include <stdlib.h>
#include <string.h>

struct channels {
    char **sources;
    int n;
};

struct channels *channels_new(void)
{
    struct channels *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    return c;
}

static void forget(struct channels *c)
{
    for (int i = 0; i < c->n; i++) free(c->sources[i]);
    free(c->sources);
    c->sources = NULL;
    c->n = 0;
}

void channels_free(struct channels *c)
{
    forget(c);
    free(c);
}

bool channels_know(const struct channels *c, const char *source)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->sources[i], source) == 0) return true;
    return false;
}

bool channels_read(struct channels *c, struct pg *pg, struct err *e)
{
    struct pg_rows *rows;
    if (!pg_query(pg, "SELECT source FROM console.channel", NULL, &rows, e)) return false;
    forget(c);
    c->sources = calloc((size_t)pg_rows_count(rows) + 1, sizeof *c->sources);
    if (c->sources == NULL) abort();
    for (int i = 0; i < pg_rows_count(rows); i++) {
        c->sources[c->n] = strdup(pg_text(rows, i, 0));
        if (c->sources[c->n++] == NULL) abort();
    }
    pg_rows_free(rows);
    return true;
}
