/* Look-ups in the table of event types (event/events.h). */
#include <string.h>

#include "base/id.h"
#include "event/events.h"

/* An unknown number reads as EV_NONE, whose row is empty. */
static const struct event_info *info(enum event_type t)
{
    return (unsigned)t < EV_COUNT ? &event_infos[t] : &event_infos[EV_NONE];
}

static const char *or_empty(const char *s) { return s ? s : ""; }

const struct type_desc *event_desc(enum event_type t) { return info(t)->desc; }
const char *event_name(enum event_type t) { return or_empty(info(t)->name); }
const char *event_ce_type(enum event_type t) { return or_empty(info(t)->ce_type); }
const char *event_topic(enum event_type t) { return info(t)->topic; }
const char *event_producer(enum event_type t) { return or_empty(info(t)->producer); }
bool event_is_command(enum event_type t) { return info(t)->command; }
bool event_is_local(enum event_type t) { return info(t)->local; }
bool event_has_home(enum event_type t) { return info(t)->home != NULL; }

int64_t event_home(enum event_type t, const void *data, int partitions)
{
    const struct field_desc *f = desc_field(event_desc(t), info(t)->home);
    const void *member = (const char *)data + f->offset;
    return f->kind == FIELD_STRING ? id_account(*(const char *const *)member, partitions) : *(const int64_t *)member;
}

/* The table is in the order of names. */
bool event_parse_name(const char *name, enum event_type *out)
{
    int low = EV_NONE + 1, high = EV_COUNT - 1;
    while (name && low <= high) {
        int mid = (low + high) / 2;
        int order = strcmp(name, event_infos[mid].name);
        if (order == 0) {
            *out = (enum event_type)mid;
            return true;
        }
        if (order < 0)
            high = mid - 1;
        else
            low = mid + 1;
    }
    return false;
}

bool event_parse_type(const char *ce_type, enum event_type *out)
{
    static const char prefix[] = "redress.", suffix[] = ".v1";
    const size_t head = sizeof prefix - 1, tail = sizeof suffix - 1;
    char name[64];
    size_t n = ce_type ? strlen(ce_type) : 0;
    if (n <= head + tail || n - head - tail >= sizeof name) return false;
    if (memcmp(ce_type, prefix, head) != 0 || strcmp(ce_type + n - tail, suffix) != 0) return false;
    memcpy(name, ce_type + head, n - head - tail);
    name[n - head - tail] = '\0';
    return event_parse_name(name, out);
}
