/* Working time against a brute-force counter (SL-1, SL-2): random calendars in real zones, every
 * answer counted again minute by minute, and the properties that must hold for all of them.
 *
 * The counter knows nothing of prefix sums or of local → UTC: it walks UTC minutes, asks the zone what
 * the wall clock shows, and opens and closes the office by what it sees. REDRESS_LONG=1: 100,000 cases. */
#include <stdlib.h>

#include "calendar/zone.h"
#include "calendar_kit.h"

enum {
    SPAN_DAYS = 260,
    MINUTES = SPAN_DAYS * 1440,
    FIRST_USED = 20,
    MIN_MS = 60000,
    PAUSES = 4,
    CASES_PER_CALENDAR = 100
};

struct date_seen {
    int first, last; /* UTC minutes at which the wall clock shows the date; first > last: never */
    int close;       /* minute of its last close; of a date without work the ordinary one; -1 none */
    bool working;
};

/* A calendar, and the same laid out in minutes. */
struct world {
    struct calendar_def def;
    struct calendar_entry entries[SPAN_DAYS];
    int16_t published[1];
    struct zone zone;
    const struct calendar *c;
    int64_t base_ms; /* of minute 0 */
    int32_t day0;    /* local date of minute 0 */
    bool open[MINUTES];
    int16_t date[MINUTES]; /* local date minus day0 */
    struct date_seen seen[SPAN_DAYS + 2];
};

static struct world w;
static int64_t mem[400000];
static uint64_t seed;

static int roll_die(int n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 11) % (uint64_t)n);
}

/* ---- A random world ---- */

static struct calendar_hours random_hours(void)
{
    struct calendar_hours h = {0};
    int at = roll_die(4) == 0 ? 0 : roll_die(600);
    int want = 1 + roll_die(3);
    while (h.n < want && at < 1380) {
        int close = at + 15 + roll_die(420);
        if (close > 1440 || roll_die(12) == 0) close = 1440;
        h.seg[h.n++] = (struct calendar_segment){(int16_t)at, (int16_t)close};
        at = close + (roll_die(5) == 0 ? 0 : roll_die(120));
    }
    return h;
}

static void random_def(const char *zone_name, int year)
{
    struct err e = ERR_INIT;
    memset(&w, 0, sizeof w);
    cr_assert(zone_load(zone_name, year + 3, &w.zone, &e), "%s", e.message);
    w.def = (struct calendar_def){.id = "w", .version = 1, .zone_name = zone_name, .zone = w.zone};
    struct calendar_hours usual = random_hours();
    for (int i = 0; i < 7; i++)
        if (i == 0 || roll_die(7) < 5) w.def.week[i] = roll_die(3) == 0 ? random_hours() : usual;
    if (roll_die(2)) w.def.makeup = random_hours();
    w.day0 = (int32_t)timefmt_days(year, 1, 1) + roll_die(300);
    for (int d = 0; d < SPAN_DAYS; d++) {
        if (roll_die(9)) continue;
        struct calendar_entry *entry = &w.entries[w.def.n_entries++];
        *entry = (struct calendar_entry){.day = w.day0 + d, .working = roll_die(2)};
        if (entry->working && roll_die(3) == 0) entry->hours = random_hours();
    }
    w.published[0] = (int16_t)year;
    w.def.entries = w.entries;
    w.def.published = w.published;
    w.def.n_published = 1;
    w.def.first_year = year;
    w.def.last_year = year + 2;
}

/* ---- The same in minutes ---- */

static int64_t minute_ms(int m) { return w.base_ms + (int64_t)m * MIN_MS; }

static const struct calendar_hours *hours_of(int32_t day, bool *working)
{
    const struct calendar_hours *week = &w.def.week[((day + 3) % 7 + 7) % 7];
    *working = week->n > 0;
    for (int i = 0; i < w.def.n_entries; i++) {
        const struct calendar_entry *e = &w.entries[i];
        if (e->day != day) continue;
        *working = e->working;
        if (!e->working) break;
        if (e->hours.n > 0) return &e->hours;
        if (week->n > 0) return week;
        return w.def.makeup.n > 0 ? &w.def.makeup : &w.def.week[0];
    }
    return week;
}

static void lay_out(void)
{
    static int16_t wall[MINUTES];
    w.base_ms = (int64_t)w.day0 * 86400000;
    for (int d = 0; d < SPAN_DAYS + 2; d++) w.seen[d] = (struct date_seen){.first = 1, .last = 0, .close = -1};
    for (int m = 0; m < MINUTES; m++) {
        int64_t s = minute_ms(m) / 1000, local = s + zone_offset_s(&w.zone, s);
        int d = (int)(local / 86400 - w.day0);
        w.date[m] = (int16_t)d;
        wall[m] = (int16_t)(local % 86400 / 60);
        if (d < 0 || d > SPAN_DAYS) continue;
        if (w.seen[d].first > w.seen[d].last) w.seen[d].first = m;
        w.seen[d].last = m;
    }
    int ordinary = w.def.makeup.n > 0 ? w.def.makeup.seg[w.def.makeup.n - 1].close_min
                                      : w.def.week[0].seg[w.def.week[0].n - 1].close_min;
    for (int d = 0; d < SPAN_DAYS; d++) {
        struct date_seen *seen = &w.seen[d];
        if (seen->first > seen->last) continue;
        const struct calendar_hours *h = hours_of(w.day0 + d, &seen->working);
        for (int k = 0; k < (seen->working ? h->n : 1); k++) {
            int opens = seen->working ? h->seg[k].open_min : 0, closes = seen->working ? h->seg[k].close_min : ordinary;
            int from = seen->last + 1, until = seen->first;
            for (int m = seen->first; m <= seen->last; m++) {
                if (w.date[m] != d) continue;
                if (wall[m] >= opens && m < from) from = m;
                if (wall[m] < closes) until = m + 1;
            }
            for (int m = from; seen->working && m < until; m++) w.open[m] = true;
            seen->close = until > from ? until : from;
        }
    }
}

static void random_world(int n)
{
    static const char *const zones[] = {
        "Asia/Shanghai", "Europe/Berlin",    "America/New_York",  "America/St_Johns", "Australia/Lord_Howe",
        "Pacific/Apia",  "America/Santiago", "Africa/Casablanca", "Asia/Kathmandu",   "UTC"};
    const char *why;
    random_def(zones[n % 10], n % 10 == 5 ? 2011 : 2003 + roll_die(35));
    cr_assert_leq(calendar_bytes(&w.def), sizeof mem);
    w.c = calendar_build(&w.def, mem, &why);
    cr_assert_not_null(w.c, "%s", why);
    lay_out();
}

/* ---- The counter. A pause is minutes [from, until); all return a minute, or -1 beyond the world ---- */

struct question {
    struct calendar_limit limit;
    int start;
    int n_pauses;
    int from[PAUSES], until[PAUSES];
};

static bool paused(const struct question *q, int m)
{
    for (int i = 0; i < q->n_pauses; i++)
        if (m >= q->from[i] && m < q->until[i]) return true;
    return false;
}

static int count_next_open(int m)
{
    while (m < MINUTES && !w.open[m]) m++;
    return m < MINUTES ? m : -1;
}

/* Minutes on, open ones only or all, pauses (if any) not counting. */
static int count_on(int m, int64_t need, bool only_open, const struct question *q)
{
    for (; need > 0 && m < MINUTES; m++)
        if ((!only_open || w.open[m]) && (q == NULL || !paused(q, m))) need--;
    return need == 0 ? m : -1;
}

static bool at_office(int m) { return w.open[m] || (m > 0 && w.open[m - 1]); }

static int count_next_workday(int d)
{
    for (d++; d < SPAN_DAYS; d++)
        if (w.seen[d].working) return d;
    return -1;
}

/* The close the amount runs to without pauses. */
static int count_base(const struct question *q, int start)
{
    int d = w.date[start];
    int64_t n = q->limit.span.amount;
    if (q->limit.span.unit == CALENDAR_WORKING_DAYS) {
        if (n == 0 && (!w.seen[d].working || w.seen[d].close <= start)) n = 1;
        for (; n > 0 && d >= 0; n--) d = count_next_workday(d);
        return d < 0 ? -1 : w.seen[d].close;
    }
    d += (int)n;
    if (n == 0 && d < SPAN_DAYS && w.seen[d].close <= start) d++;
    return d < SPAN_DAYS ? w.seen[d].close : -1;
}

static int working_close(int m)
{
    int d = w.date[m - 1]; /* a close at 24:00 belongs to the date it closes */
    if (d < SPAN_DAYS && (!w.seen[d].working || w.seen[d].close < m)) d = count_next_workday(d);
    return d < 0 || d >= SPAN_DAYS ? -1 : w.seen[d].close;
}

static int count_settled(const struct question *q, int m, bool waiting)
{
    if (m < 1 || m >= MINUTES - 1440) return -1;
    switch (q->limit.span.unit) {
    case CALENDAR_ELAPSED_MS: return q->limit.roll == CALENDAR_ROLL_NONE || at_office(m) ? m : count_next_open(m);
    case CALENDAR_WORKING_DAYS:
        if (waiting) m = working_close(m);
        break;
    case CALENDAR_CALENDAR_DAYS:
        if (waiting || !at_office(m) || !w.seen[w.date[m - 1]].working) m = working_close(m);
        break;
    default: return m;
    }
    if (m < 0 || !q->limit.binds_customer) return m;
    int d = w.date[m - 1];
    return d < SPAN_DAYS ? w.seen[d].last + 1 : -1;
}

static int open_minutes(int from, int until)
{
    int n = 0;
    for (int m = from; m < until; m++) n += w.open[m];
    return n;
}

/* No working time at all: the next opening that no pause (begun before it) covers. */
static int count_zero(const struct question *q, int start)
{
    int m = start;
    while (m < MINUTES && (!w.open[m] || (m > start && paused(q, m) && paused(q, m - 1)))) m++;
    return m < MINUTES ? m : -1;
}

/* Where the amount runs out: the clock stands while it is paused. */
static int count_run_out(const struct question *q, int start)
{
    int64_t n = q->limit.span.amount / MIN_MS;
    int base;
    switch (q->limit.span.unit) {
    case CALENDAR_ELAPSED_MS: return count_on(start, n, false, q);
    case CALENDAR_WORKING_MS:
        if (n > 0) return count_on(start, n, true, q);
        return count_zero(q, start);
    case CALENDAR_WORKING_DAYS:
        base = count_base(q, start);
        return base < 0 ? -1 : count_on(start, open_minutes(start, base), true, q);
    default: base = count_base(q, start); return base < 0 ? -1 : count_on(start, base - start, false, q);
    }
}

static int count_due(const struct question *q)
{
    int start = q->limit.deemed_next_open ? count_next_open(q->start) : q->start;
    if (start < 0) return -1;
    int ran_out = count_run_out(q, start);
    if (ran_out < 0) return -1;
    int due = count_settled(q, ran_out, false);
    for (int m = ran_out; due >= 0 && m < due; m++) {
        if (!paused(q, m)) continue;
        while (m < MINUTES && paused(q, m)) m++;
        due = count_settled(q, m--, true);
    }
    return due;
}

/* ---- Questions ---- */

static struct question random_question(void)
{
    static const enum calendar_unit units[] = {CALENDAR_ELAPSED_MS, CALENDAR_WORKING_MS, CALENDAR_WORKING_DAYS,
                                               CALENDAR_CALENDAR_DAYS};
    struct question q = {.start = FIRST_USED * 1440 + roll_die(60 * 1440)};
    struct calendar_limit *l = &q.limit;
    l->span.unit = units[roll_die(4)];
    bool by_time = l->span.unit == CALENDAR_ELAPSED_MS || l->span.unit == CALENDAR_WORKING_MS;
    l->span.amount = by_time ? (int64_t)(roll_die(8) ? roll_die(4000) : 0) * MIN_MS : roll_die(9);
    l->deemed_next_open = roll_die(4) == 0;
    l->binds_customer = !by_time && roll_die(4) == 0;
    if (l->span.unit == CALENDAR_ELAPSED_MS && roll_die(2)) l->roll = CALENDAR_ROLL_NEXT_OPEN;
    if (roll_die(2)) q.n_pauses = roll_die(PAUSES + 1);
    for (int i = 0; i < q.n_pauses; i++) {
        q.from[i] = q.start - 600 + roll_die(9000);
        q.until[i] = q.from[i] + roll_die(4) * roll_die(1500);
    }
    return q;
}

static struct calendar_run run_of(const struct question *q, struct calendar_pause *pauses)
{
    for (int i = 0; i < q->n_pauses; i++)
        pauses[i] = (struct calendar_pause){minute_ms(q->from[i]), minute_ms(q->until[i])};
    return (struct calendar_run){.start_ms = minute_ms(q->start), .pauses = pauses, .n_pauses = q->n_pauses};
}

static const char *show(const struct question *q)
{
    static char text[400];
    char at[TIMEFMT_SIZE];
    int n = snprintf(text, sizeof text, "%s from %s (minute %d, date %d): %s %ld roll %d deemed %d binds %d",
                     w.def.zone_name, timefmt_utc(minute_ms(q->start), at), q->start, w.date[q->start],
                     calendar_unit_name(q->limit.span.unit), (long)q->limit.span.amount, q->limit.roll,
                     q->limit.deemed_next_open, q->limit.binds_customer);
    for (int i = 0; i < q->n_pauses; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " [%d,%d)", q->from[i], q->until[i]);
    return text;
}

static bool must_be_office_time(const struct calendar_limit *l)
{
    return !l->binds_customer && (l->span.unit != CALENDAR_ELAPSED_MS || l->roll == CALENDAR_ROLL_NEXT_OPEN);
}

static void check_warning(const struct question *q, const struct calendar_run *run, int64_t due_ms)
{
    struct calendar_warn warn = {.percent = 80};
    int64_t ms;
    enum calendar_err err = calendar_warn(w.c, &q->limit, run, &warn, &ms);
    cr_assert(err == CALENDAR_OK || err == CALENDAR_NO_WARNING, "%s", show(q));
    cr_assert(err != CALENDAR_OK || (ms > run->start_ms && ms <= due_ms), "%s", show(q));
    warn = (struct calendar_warn){.before = {CALENDAR_WORKING_MS, 90 * MIN_MS}};
    if (calendar_warn(w.c, &q->limit, run, &warn, &ms) != CALENDAR_OK) return;
    int due = (int)((due_ms - w.base_ms) / MIN_MS), m = due, need = 90;
    while (need > 0) need -= w.open[--m];
    cr_assert_eq(ms, minute_ms(m), "%s: 90 working minutes before %d are %d, not %ld", show(q), due, m,
                 (long)((ms - w.base_ms) / MIN_MS));
}

static void check_explanation(const struct question *q, const struct calendar_run *run)
{
    static struct calendar_step rows[SPAN_DAYS];
    struct calendar_steps steps = {.rows = rows, .max = SPAN_DAYS};
    cr_assert_eq(calendar_explain(w.c, &q->limit, run, &steps), CALENDAR_OK, "%s", show(q));
    int64_t counted = 0;
    for (int i = 0; i < steps.n && i < SPAN_DAYS; i++) counted += rows[i].counted_ms;
    bool by_time = q->limit.span.unit == CALENDAR_ELAPSED_MS || q->limit.span.unit == CALENDAR_WORKING_MS;
    if (by_time) cr_assert_eq(counted, q->limit.span.amount, "%s: rows add up to %ld", show(q), (long)counted);
    if (!by_time && q->limit.span.amount > 0)
        cr_assert_eq(rows[steps.n - 1].nth, q->limit.span.amount, "%s: rows count %d", show(q), rows[steps.n - 1].nth);
}

/* A pause of no length changes nothing, nor does one that is cut in two, at its middle or with an overlap. */
static void check_cut_pauses(const struct question *q, const struct calendar_run *run, int64_t due_ms)
{
    struct calendar_pause cut[PAUSES + 2];
    struct calendar_due due;
    int n = run->n_pauses;
    if (n == 0) return;
    memcpy(cut, run->pauses, sizeof cut[0] * (size_t)n);
    int64_t from = cut[0].from_ms, until = cut[0].until_ms, length = until > from ? until - from : 0;
    cut[0] = (struct calendar_pause){from + length / 2 - length / 7 * roll_die(3), until};
    cut[n] = (struct calendar_pause){from, from + length / 2};
    int64_t at = minute_ms(q->start + roll_die(9000));
    cut[n + 1] = (struct calendar_pause){at, at};
    struct calendar_run other = {.start_ms = run->start_ms, .pauses = cut, .n_pauses = n + 2};
    cr_assert_eq(calendar_due(w.c, &q->limit, &other, &due), CALENDAR_OK, "%s", show(q));
    cr_assert_eq(due.due_ms, due_ms, "%s: cut in two, the first pause moves it elsewhere", show(q));
}

static bool same_due(const struct calendar_due *a, const struct calendar_due *b)
{
    return a->due_ms == b->due_ms && a->start_ms == b->start_ms && a->first_day == b->first_day &&
           a->last_day == b->last_day && a->provisional == b->provisional;
}

static bool check_question(const struct question *q)
{
    struct calendar_pause pauses[PAUSES], turned[PAUSES];
    struct calendar_run run = run_of(q, pauses);
    struct calendar_due due, again;
    int expected = count_due(q);
    if (expected < 0 || expected > MINUTES - 2880) return false;
    enum calendar_err err = calendar_due(w.c, &q->limit, &run, &due);
    cr_assert_eq(err, CALENDAR_OK, "%s: %s", show(q), calendar_err_name(err));
    cr_assert_eq(due.due_ms, minute_ms(expected), "%s: due minute %ld, counted %d", show(q),
                 (long)((due.due_ms - w.base_ms) / MIN_MS), expected);
    if (must_be_office_time(&q->limit)) cr_assert(at_office(expected), "%s", show(q));
    for (int i = 0; i < q->n_pauses; i++) turned[i] = pauses[q->n_pauses - 1 - i];
    run.pauses = turned;
    calendar_due(w.c, &q->limit, &run, &again);
    cr_assert(same_due(&due, &again), "%s: the order of pauses matters", show(q));
    check_cut_pauses(q, &run, due.due_ms);
    check_warning(q, &run, due.due_ms);
    check_explanation(q, &run);
    return true;
}

/* Monotone in start and amount, for runs without pauses. */
static void check_monotone(const struct question *q)
{
    struct calendar_run run = {.start_ms = minute_ms(q->start)};
    struct calendar_limit more = q->limit;
    struct calendar_due due, later;
    more.span.amount +=
        q->limit.span.unit == CALENDAR_ELAPSED_MS || q->limit.span.unit == CALENDAR_WORKING_MS ? MIN_MS : 1;
    if (calendar_due(w.c, &q->limit, &run, &due) != CALENDAR_OK) return;
    if (calendar_due(w.c, &more, &run, &later) == CALENDAR_OK)
        cr_assert_leq(due.due_ms, later.due_ms, "%s: minute %ld, later %ld", show(q),
                      (long)((due.due_ms - w.base_ms) / MIN_MS), (long)((later.due_ms - w.base_ms) / MIN_MS));
    run.start_ms += roll_die(3000) * MIN_MS;
    if (calendar_due(w.c, &q->limit, &run, &later) == CALENDAR_OK)
        cr_assert_leq(due.due_ms, later.due_ms, "%s: minute %ld, later %ld", show(q),
                      (long)((due.due_ms - w.base_ms) / MIN_MS), (long)((later.due_ms - w.base_ms) / MIN_MS));
}

static void check_add_between(const struct question *q)
{
    int64_t x = (int64_t)roll_die(5000) * MIN_MS, at, back;
    if (calendar_add_working(w.c, minute_ms(q->start), x, &at) != CALENDAR_OK) return;
    cr_assert_eq(calendar_between(w.c, minute_ms(q->start), at, &back), CALENDAR_OK);
    cr_assert_eq(back, x, "%s: between(t, add(t, x)) is not x", show(q));
}

Test(calendar_property, SL_1_SL_2_every_answer_is_what_a_minute_counter_counts, .timeout = 600)
{
    int cases = getenv("REDRESS_LONG") != NULL ? 100000 : 4000, done = 0;
    seed = 88172645463325252u;
    for (int n = 0; done < cases; n++) {
        random_world(n);
        for (int i = 0; i < CASES_PER_CALENDAR; i++) {
            struct question q = random_question();
            done += check_question(&q);
            check_monotone(&q);
            check_add_between(&q);
        }
        zone_unload(&w.zone);
    }
}
