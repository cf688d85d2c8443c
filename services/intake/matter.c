/* See matter.h. */
#include "intake/matter.h"

#include <stdbool.h>
#include <string.h>

static bool same_number(const struct matter_contact *c, const char *source, const char *ref)
{
    return c->ref != NULL && strcmp(c->source, source) == 0 && strcmp(c->ref, ref) == 0;
}

/* The channel has another number for that case. */
static bool known_by_another(const struct matter_contact *known, int n, int64_t case_id, const char *source)
{
    for (int i = 0; i < n; i++) {
        if (known[i].case_id == case_id && known[i].ref != NULL && strcmp(known[i].source, source) == 0) return true;
    }
    return false;
}

int64_t matter_choose(const struct matter_contact *known, int n, const char *source, const char *ref)
{
    int64_t newest = 0;
    for (int i = 0; i < n; i++) {
        if (ref != NULL && same_number(&known[i], source, ref)) return known[i].case_id;
    }
    for (int i = 0; i < n; i++) {
        bool other = ref != NULL && known_by_another(known, n, known[i].case_id, source);
        if (!other && known[i].case_id > newest) newest = known[i].case_id;
    }
    return newest;
}
