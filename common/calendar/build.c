/* From a definition to a calendar: every date of the range is resolved once, through the zone.
 *
 * Layout of the block: struct calendar, days (one more than the range has), office segments, gaps,
 * the zone's table. Dates without a change of offset share the segments of their hours; a date with
 * one gets its own (rule 15). Nothing allocates and nothing reads a clock. */
#include "calendar/build.h"

#include <string.h>

#include "base/timefmt.h"
#include "calendar/inside.h"

enum { MIN_MS = 60000, DAY_MIN = 1440, FIRST_YEAR_MIN = 1900, LAST_YEAR_MAX = 2400, SHARED_MAX = 8 };

/* ---- Refusals ---- */

static bool hours_ok(const struct calendar_hours *h)
{
    if (h->n < 0 || h->n > CALENDAR_SEGMENTS_MAX) return false;
    int last = 0;
    for (int i = 0; i < h->n; i++) {
        if (h->seg[i].open_min < last || h->seg[i].close_min <= h->seg[i].open_min) return false;
        last = h->seg[i].close_min;
    }
    return last <= DAY_MIN;
}

static const struct calendar_hours *makeup_of(const struct calendar_def *def)
{
    if (def->makeup.n > 0) return &def->makeup;
    for (int i = 0; i < 7; i++)
        if (def->week[i].n > 0) return &def->week[i];
    return &def->makeup;
}

static const char *def_fault(const struct calendar_def *d)
{
    if (d->id == NULL || d->id[0] == '\0' || strlen(d->id) >= CALENDAR_ID_SIZE) return "id is empty or too long";
    if (d->zone_name == NULL || strlen(d->zone_name) >= CALENDAR_ZONE_SIZE) return "zone is missing or too long";
    if (d->zone.n < 1) return "zone has no table";
    if (d->first_year < FIRST_YEAR_MIN || d->last_year > LAST_YEAR_MAX || d->first_year > d->last_year)
        return "years must lie between 1900 and 2400";
    for (int i = 0; i < 7; i++)
        if (!hours_ok(&d->week[i])) return "week: segments must ascend within the day and not overlap";
    if (!hours_ok(&d->makeup)) return "makeup: segments must ascend within the day and not overlap";
    for (int i = 0; i < d->n_entries; i++) {
        if (!hours_ok(&d->entries[i].hours)) return "days: segments must ascend within the day and not overlap";
        if (i > 0 && d->entries[i].day <= d->entries[i - 1].day) return "days must ascend, each once";
        if (d->entries[i].working && d->entries[i].hours.n == 0 && makeup_of(d)->n == 0)
            return "days: a working day has no hours, and the calendar has none to lend";
    }
    return NULL;
}

/* ---- Size and layout ---- */

struct layout {
    size_t days, office, gaps, at, offset, total;
    int32_t first_day, n_days, office_max, gaps_max;
};

static struct layout layout_of(const struct calendar_def *d)
{
    struct layout l = {.first_day = (int32_t)timefmt_days(d->first_year, 1, 1)};
    l.n_days = (int32_t)timefmt_days(d->last_year + 1, 1, 1) - l.first_day;
    /* A change of offset touches its own date, the one before (a close at 24:00) and the one after. */
    l.office_max = (SHARED_MAX + d->n_entries + 3 * d->zone.n) * CALENDAR_SEGMENTS_MAX;
    l.gaps_max = l.n_days / SEARCH_DAYS + 2;
    l.days = (sizeof(struct calendar) + 7) & ~(size_t)7;
    l.at = l.days + sizeof(struct day) * ((size_t)l.n_days + 1);
    l.office = l.at + sizeof(int64_t) * (size_t)d->zone.n;
    l.gaps = l.office + sizeof(struct office) * (size_t)l.office_max;
    l.offset = l.gaps + sizeof(struct gap) * (size_t)l.gaps_max;
    l.total = l.offset + sizeof(int32_t) * (size_t)d->zone.n;
    return l;
}

size_t calendar_bytes(const struct calendar_def *def) { return layout_of(def).total; }

static struct calendar *lay_out(const struct calendar_def *def, const struct layout *l, char *mem)
{
    memset(mem, 0, l->total);
    struct calendar *c = (struct calendar *)(void *)mem;
    c->days = (struct day *)(void *)(mem + l->days);
    c->office = (struct office *)(void *)(mem + l->office);
    c->gaps = (struct gap *)(void *)(mem + l->gaps);
    int64_t *at = (int64_t *)(void *)(mem + l->at);
    int32_t *offset = (int32_t *)(void *)(mem + l->offset);
    memcpy(at, def->zone.at_s, sizeof *at * (size_t)def->zone.n);
    memcpy(offset, def->zone.offset_s, sizeof *offset * (size_t)def->zone.n);
    at[0] = INT64_MIN;
    c->zone = (struct zone){.n = def->zone.n, .at_s = at, .offset_s = offset};
    memcpy(c->id, def->id, strlen(def->id));
    memcpy(c->zone_name, def->zone_name, strlen(def->zone_name));
    c->version = def->version;
    c->first_day = l->first_day;
    c->n_days = l->n_days;
    return c;
}

/* ---- One date after the other ---- */

struct builder {
    const struct calendar_def *def;
    struct calendar *c;
    const struct calendar_hours *makeup;
    int32_t shared[SHARED_MAX]; /* office index of the week's and the make-up's hours; -1 = not placed */
    int next_entry;
    int64_t last_close_ms; /* nothing may begin before it: overlaps at midnight count once */
    bool published[LAST_YEAR_MAX - FIRST_YEAR_MIN + 1];
};

/* Rule 1: an explicit entry wins, otherwise the week. */
static const struct calendar_hours *type_date(struct builder *b, int32_t date, struct day *day, int *shared)
{
    const struct calendar_def *def = b->def;
    int weekday = (int)(((date + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    const struct calendar_hours *hours = &def->week[weekday];
    *shared = weekday;
    day->kind = hours->n > 0 ? CALENDAR_DAY_WORK : CALENDAR_DAY_WEEKEND;
    while (b->next_entry < def->n_entries && def->entries[b->next_entry].day < date) b->next_entry++;
    if (b->next_entry == def->n_entries || def->entries[b->next_entry].day != date) return hours;
    const struct calendar_entry *e = &def->entries[b->next_entry];
    if (!e->working) {
        day->kind = CALENDAR_DAY_HOLIDAY;
        return hours;
    }
    if (e->hours.n > 0) {
        *shared = -1;
        hours = &e->hours;
    } else if (hours->n == 0) {
        *shared = 7;
        hours = b->makeup;
    }
    if (day->kind == CALENDAR_DAY_WEEKEND) day->kind = CALENDAR_DAY_MAKEUP;
    return hours;
}

static int32_t place_office(struct builder *b, const struct office *office, int n)
{
    int32_t at = b->c->n_office;
    memcpy(&b->c->office[at], office, sizeof *office * (size_t)n);
    b->c->n_office += n;
    return at;
}

/* Resolves the hours through the zone; true when they lie as on a date without a change of offset. */
static bool resolve_hours(struct builder *b, int32_t date, const struct calendar_hours *h, struct office *out)
{
    bool plain = true;
    int64_t midnight_s = (int64_t)date * (DAY_MS / 1000), start_ms = b->c->days[date - b->c->first_day].start_ms;
    for (int i = 0; i < h->n; i++) {
        int64_t open = zone_to_utc_s(&b->c->zone, midnight_s + h->seg[i].open_min * 60, ZONE_EARLIER) * 1000;
        int64_t close = zone_to_utc_s(&b->c->zone, midnight_s + h->seg[i].close_min * 60, ZONE_LATER) * 1000;
        if (open < b->last_close_ms) open = b->last_close_ms;
        if (close < open) close = open;
        b->last_close_ms = close;
        out[i] = (struct office){.open_ms = (int32_t)(open - start_ms), .close_ms = (int32_t)(close - start_ms)};
        plain =
            plain && out[i].open_ms == h->seg[i].open_min * MIN_MS && out[i].close_ms == h->seg[i].close_min * MIN_MS;
    }
    return plain;
}

static void build_date(struct builder *b, int32_t i)
{
    struct calendar *c = b->c;
    struct day *day = &c->days[i];
    int32_t date = c->first_day + i;
    int shared;
    const struct calendar_hours *hours = type_date(b, date, day, &shared);
    int64_t next_ms = zone_to_utc_s(&c->zone, ((int64_t)date + 1) * (DAY_MS / 1000), ZONE_EARLIER) * 1000;
    if (next_ms <= day->start_ms) day->kind = CALENDAR_DAY_MISSING;
    day->working = day->kind == CALENDAR_DAY_WORK || day->kind == CALENDAR_DAY_MAKEUP;
    if (day->working) {
        struct office office[CALENDAR_SEGMENTS_MAX];
        bool plain = resolve_hours(b, date, hours, office);
        day->n_office = (uint8_t)hours->n;
        if (plain && shared >= 0 && b->shared[shared] >= 0)
            day->office = b->shared[shared];
        else
            day->office = place_office(b, office, hours->n);
        if (plain && shared >= 0) b->shared[shared] = day->office;
    }
    int64_t work_ms = 0;
    for (int k = 0; k < day->n_office; k++)
        work_ms += c->office[day->office + k].close_ms - c->office[day->office + k].open_ms;
    day[1].start_ms = next_ms > b->last_close_ms ? next_ms : b->last_close_ms;
    if (day[1].start_ms < day->start_ms) day[1].start_ms = day->start_ms;
    day[1].work_before_ms = day->work_before_ms + work_ms;
    day[1].workdays_before = day->workdays_before + day->working;
}

/* Rule 16: remembers the stretches a search must not cross. */
static void find_gaps(struct calendar *c)
{
    int32_t from = 0;
    for (int32_t i = 0; i <= c->n_days; i++) {
        if (i < c->n_days && !c->days[i].working) continue;
        if (i - from >= SEARCH_DAYS) c->gaps[c->n_gaps++] = (struct gap){.from = from, .until = i};
        from = i + 1;
    }
}

static void mark_provisional(struct builder *b)
{
    for (int i = 0; i < b->def->n_published; i++) {
        int year = b->def->published[i];
        if (year >= FIRST_YEAR_MIN && year <= LAST_YEAR_MAX) b->published[year - FIRST_YEAR_MIN] = true;
    }
    int32_t i = 0;
    for (int year = b->def->first_year; year <= b->def->last_year; year++) {
        int32_t until = (int32_t)timefmt_days(year + 1, 1, 1) - b->c->first_day;
        for (; i < until; i++) b->c->days[i].provisional = !b->published[year - FIRST_YEAR_MIN];
    }
}

const struct calendar *calendar_build(const struct calendar_def *def, void *mem, const char **why)
{
    *why = def_fault(def);
    if (*why != NULL) return NULL;
    struct layout l = layout_of(def);
    struct builder b = {.def = def, .c = lay_out(def, &l, mem), .makeup = makeup_of(def)};
    for (int i = 0; i < SHARED_MAX; i++) b.shared[i] = -1;
    b.c->close_min = b.makeup->n > 0 ? b.makeup->seg[b.makeup->n - 1].close_min : DAY_MIN;
    int64_t midnight_s = (int64_t)b.c->first_day * (DAY_MS / 1000);
    b.c->days[0].start_ms = zone_to_utc_s(&b.c->zone, midnight_s, ZONE_EARLIER) * 1000;
    b.last_close_ms = b.c->days[0].start_ms;
    for (int32_t i = 0; i < b.c->n_days; i++) build_date(&b, i);
    find_gaps(b.c);
    mark_provisional(&b);
    return b.c;
}
