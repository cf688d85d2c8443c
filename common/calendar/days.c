/* Finding one's way in a calendar: prefix sums over dates, then a look at one date (O(log days)). */
#include "calendar/calendar.h"

#include <string.h>

#include "base/timefmt.h"
#include "calendar/inside.h"

bool inside_index(const struct calendar *c, int64_t at_ms, int32_t *index)
{
    if (at_ms < c->days[0].start_ms || at_ms >= c->days[c->n_days].start_ms) return false;
    /* Dates are 24 h but for changes of offset, which do not add up: the guess is off by one at most. */
    int32_t i = (int32_t)((at_ms - c->days[0].start_ms) / DAY_MS);
    if (i >= c->n_days) i = c->n_days - 1;
    while (at_ms < c->days[i].start_ms) i--;
    while (at_ms >= c->days[i + 1].start_ms) i++;
    *index = i;
    return true;
}

enum calendar_err inside_work_before(const struct calendar *c, int64_t at_ms, int64_t *work_ms)
{
    int32_t i;
    if (!inside_index(c, at_ms, &i)) return CALENDAR_OUT_OF_RANGE;
    const struct day *day = &c->days[i];
    int64_t into = at_ms - day->start_ms, work = day->work_before_ms;
    for (int k = 0; k < day->n_office; k++) {
        const struct office *o = &c->office[day->office + k];
        if (into <= o->open_ms) break;
        work += (into < o->close_ms ? into : o->close_ms) - o->open_ms;
    }
    *work_ms = work;
    return CALENDAR_OK;
}

/* Rule 16: a search standing at index `from` may not go on to `to` through a gap. */
static enum calendar_err check_gaps(const struct calendar *c, int32_t from, int32_t to)
{
    for (int32_t k = 0; k < c->n_gaps; k++) {
        const struct gap *g = &c->gaps[k];
        int32_t stand = from > g->from - 1 ? from : g->from - 1;
        if (from < g->until && to >= g->until && g->until - stand > SEARCH_DAYS) return CALENDAR_NO_WORKING_DAY;
    }
    return to < c->n_days ? CALENDAR_OK : CALENDAR_OUT_OF_RANGE;
}

enum calendar_err inside_at_work(const struct calendar *c, int32_t from, int64_t work_ms, int64_t *at_ms)
{
    /* The last date that begins with less than work_ms done. */
    int32_t low = 0, high = c->n_days;
    while (low < high) {
        int32_t mid = low + (high - low + 1) / 2;
        if (c->days[mid].work_before_ms < work_ms)
            low = mid;
        else
            high = mid - 1;
    }
    enum calendar_err err = check_gaps(c, from, low);
    if (err != CALENDAR_OK) return err;
    const struct day *day = &c->days[low];
    int64_t left = work_ms - day->work_before_ms;
    int64_t at = day->start_ms;
    for (int k = 0; k < day->n_office && left > 0; k++) {
        const struct office *o = &c->office[day->office + k];
        int64_t here = o->close_ms - o->open_ms;
        if (left <= here) at = day->start_ms + o->open_ms + left;
        left -= here;
    }
    *at_ms = at;
    return CALENDAR_OK;
}

enum calendar_err inside_nth_workday(const struct calendar *c, int32_t from, int64_t nth, int32_t *index)
{
    int64_t target = c->days[from + 1].workdays_before + nth;
    /* The first date that ends with `target` working dates done. */
    int32_t low = from + 1, high = c->n_days;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        if (c->days[mid + 1].workdays_before >= target)
            high = mid;
        else
            low = mid + 1;
    }
    *index = low;
    return check_gaps(c, from, low);
}

int64_t inside_close_ms(const struct calendar *c, int32_t index)
{
    const struct day *day = &c->days[index];
    if (day->working) return day->start_ms + c->office[day->office + day->n_office - 1].close_ms;
    int64_t local_s = ((int64_t)c->first_day + index) * (DAY_MS / 1000) + (int64_t)c->close_min * 60;
    return zone_to_utc_s(&c->zone, local_s, ZONE_LATER) * 1000;
}

bool inside_office_time(const struct calendar *c, int32_t index, int64_t at_ms)
{
    const struct day *day = &c->days[index];
    int64_t into = at_ms - day->start_ms;
    for (int k = 0; k < day->n_office; k++) {
        const struct office *o = &c->office[day->office + k];
        if (into >= o->open_ms && into <= o->close_ms) return true;
    }
    /* A close at 24:00 is the first instant of the date after. */
    return into == 0 && index > 0 && day[-1].working && inside_close_ms(c, index - 1) == at_ms;
}

enum calendar_err calendar_between(const struct calendar *c, int64_t from_ms, int64_t until_ms, int64_t *work_ms)
{
    *work_ms = 0;
    if (until_ms <= from_ms) return CALENDAR_OK;
    int64_t a, b;
    if (inside_work_before(c, from_ms, &a) != CALENDAR_OK) return CALENDAR_OUT_OF_RANGE;
    if (inside_work_before(c, until_ms, &b) != CALENDAR_OK) return CALENDAR_OUT_OF_RANGE;
    *work_ms = b - a;
    return CALENDAR_OK;
}

static bool open_on(const struct calendar *c, int32_t index, int64_t at_ms, int64_t *open_ms)
{
    const struct day *day = &c->days[index];
    int64_t into = at_ms - day->start_ms;
    for (int k = 0; k < day->n_office; k++) {
        const struct office *o = &c->office[day->office + k];
        if (o->open_ms == o->close_ms || into >= o->close_ms) continue; /* half-open (rule 8) */
        *open_ms = into > o->open_ms ? at_ms : day->start_ms + o->open_ms;
        return true;
    }
    return false;
}

enum calendar_err calendar_next_open(const struct calendar *c, int64_t at_ms, int64_t *open_ms)
{
    int32_t i;
    if (!inside_index(c, at_ms, &i)) return CALENDAR_OUT_OF_RANGE;
    while (!open_on(c, i, at_ms, open_ms)) {
        enum calendar_err err = inside_nth_workday(c, i, 1, &i);
        if (err != CALENDAR_OK) return err;
    }
    return CALENDAR_OK;
}

enum calendar_err calendar_add_working(const struct calendar *c, int64_t from_ms, int64_t work_ms, int64_t *at_ms)
{
    if (work_ms < 0) return CALENDAR_BAD_AMOUNT;
    if (work_ms == 0) return calendar_next_open(c, from_ms, at_ms);
    int32_t from;
    int64_t before, target;
    if (!inside_index(c, from_ms, &from)) return CALENDAR_OUT_OF_RANGE;
    inside_work_before(c, from_ms, &before);
    if (__builtin_add_overflow(before, work_ms, &target)) return CALENDAR_BAD_AMOUNT;
    return inside_at_work(c, from, target, at_ms);
}

enum calendar_err calendar_day_at(const struct calendar *c, int32_t day, struct calendar_day *out)
{
    if (!inside_has_day(c, day)) return CALENDAR_OUT_OF_RANGE;
    const struct day *d = &c->days[day - c->first_day];
    *out = (struct calendar_day){.day = day,
                                 .kind = (enum calendar_day_kind)d->kind,
                                 .working = d->working,
                                 .provisional = d->provisional,
                                 .work_ms = d[1].work_before_ms - d->work_before_ms};
    if (!d->working) return CALENDAR_OK;
    out->open_ms = d->start_ms + c->office[d->office].open_ms;
    out->close_ms = d->start_ms + c->office[d->office + d->n_office - 1].close_ms;
    return CALENDAR_OK;
}

int32_t calendar_date_of(const struct calendar *c, int64_t at_ms) { return (int32_t)zone_local_day(&c->zone, at_ms); }

int64_t calendar_local_ms(const struct calendar *c, int32_t day, int32_t ms_of_day)
{
    int64_t local_s = (int64_t)day * (DAY_MS / 1000) + ms_of_day / 1000;
    return zone_to_utc_s(&c->zone, local_s, ZONE_EARLIER) * 1000 + ms_of_day % 1000;
}

int64_t calendar_day_end_ms(const struct calendar *c, int32_t day)
{
    return zone_to_utc_s(&c->zone, ((int64_t)day + 1) * (DAY_MS / 1000), ZONE_LATER) * 1000;
}

int32_t calendar_offset_s(const struct calendar *c, int64_t at_ms)
{
    return zone_offset_s(&c->zone, at_ms / 1000 - (at_ms % 1000 < 0));
}

const char *calendar_id(const struct calendar *c) { return c->id; }
int32_t calendar_version(const struct calendar *c) { return c->version; }
const char *calendar_zone_name(const struct calendar *c) { return c->zone_name; }

bool calendar_year_published(const struct calendar *c, int year)
{
    int64_t day = timefmt_days(year, 1, 1);
    return inside_has_day(c, day) && !c->days[day - c->first_day].provisional;
}

static bool same_date(const struct calendar *a, const struct calendar *b, int32_t day)
{
    if (!inside_has_day(a, day) || !inside_has_day(b, day)) return inside_has_day(a, day) == inside_has_day(b, day);
    const struct day *x = &a->days[day - a->first_day], *y = &b->days[day - b->first_day];
    if (x->start_ms != y->start_ms || x->working != y->working || x->n_office != y->n_office) return false;
    if (x->provisional != y->provisional ||
        inside_close_ms(a, day - a->first_day) != inside_close_ms(b, day - b->first_day))
        return false;
    return memcmp(&a->office[x->office], &b->office[y->office], sizeof(struct office) * x->n_office) == 0;
}

bool calendar_first_change(const struct calendar *a, const struct calendar *b, int32_t first, int32_t last,
                           int32_t *day)
{
    for (int64_t d = first; d <= last; d++) {
        if (same_date(a, b, (int32_t)d)) continue;
        *day = (int32_t)d;
        return true;
    }
    return false;
}

const struct calendar *calendar_find(const struct calendar_set *set, const char *id)
{
    for (int i = 0; i < set->n; i++)
        if (strcmp(set->items[i]->id, id) == 0) return set->items[i];
    return NULL;
}
