#include "calendar/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "calendar/text.h"

enum { HOUR_MS = 3600000, MINUTE_MS = 60000, DAY_MS = 86400000, WORDS = 400, INSTANT = 64, DATE = 40 };

struct teller {
    const struct tell *t;
    struct buf *out;
    bool zh;
    enum calendar_err err; /* CALENDAR_OK or CALENDAR_PAUSED */
    struct calendar_due due;
};

static bool by_time(const struct teller *w)
{
    enum calendar_unit u = w->t->limit->span.unit;
    return u == CALENDAR_ELAPSED_MS || u == CALENDAR_WORKING_MS;
}

/* ---- Words ---- */

static const char *weekday(const struct teller *w, int64_t day)
{
    static const char *const en[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const zh[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
    int i = (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    return w->zh ? zh[i] : en[i];
}

static void date_words(const struct teller *w, int64_t day, char *out)
{
    int y, m, d;
    timefmt_date(day, &y, &m, &d);
    snprintf(out, DATE, w->zh ? "%1$04d-%2$02d-%3$02d %4$s" : "%4$s %1$04d-%2$02d-%3$02d", y, m, d, weekday(w, day));
}

/* "Tue 2026-02-24 18:00"; the end of a date is that date's 24:00. Seconds only where there are any. */
static void instant_words(const struct teller *w, int64_t at_ms, bool ends, char *out)
{
    char text[CALENDAR_TEXT_SIZE], date[DATE];
    const struct calendar *c = w->t->calendar;
    int32_t day = calendar_date_of(c, at_ms);
    bool midnight = ends && at_ms == calendar_day_end_ms(c, day - 1);
    calendar_text(c, at_ms, text);
    date_words(w, midnight ? day - 1 : day, date);
    bool whole = strncmp(text + 16, ":00", 3) == 0 && text[19] != '.';
    snprintf(out, INSTANT, "%s %.*s", date, midnight || whole ? 5 : 8, midnight ? "24:00" : text + 11);
}

/* "7:30 h", with seconds only where there are any. */
static void duration_words(const struct teller *w, int64_t ms, char *out)
{
    long long hours = ms / HOUR_MS;
    int minutes = (int)(ms / MINUTE_MS % 60), seconds = (int)(ms / 1000 % 60);
    const char *unit = w->zh ? " 小时" : " h";
    if (seconds == 0)
        snprintf(out, INSTANT, "%lld:%02d%s", hours, minutes, unit);
    else
        snprintf(out, INSTANT, "%lld:%02d:%02d%s", hours, minutes, seconds, unit);
}

static void amount_words(const struct teller *w, char *out)
{
    const struct calendar_span *s = &w->t->limit->span;
    long long n = (long long)s->amount;
    char time[INSTANT] = "";
    if (by_time(w)) duration_words(w, s->amount, time);
    if (s->unit == CALENDAR_FIXED_DATE) date_words(w, s->amount, time);
    const char *many = n == 1 ? "" : "s";
    switch (s->unit) {
    case CALENDAR_ELAPSED_MS: snprintf(out, INSTANT, w->zh ? "%s（自然时间）" : "%s by the wall clock", time); return;
    case CALENDAR_WORKING_MS: snprintf(out, INSTANT, w->zh ? "%s（工作时间）" : "%s of working time", time); return;
    case CALENDAR_WORKING_DAYS: snprintf(out, INSTANT, w->zh ? "%lld 个工作日" : "%lld working day%s", n, many); return;
    case CALENDAR_CALENDAR_DAYS:
        snprintf(out, INSTANT, w->zh ? "%lld 个自然日" : "%lld calendar day%s", n, many);
        return;
    case CALENDAR_FIXED_DATE: snprintf(out, INSTANT, w->zh ? "约定日期 %s" : "the date %s", time); return;
    case CALENDAR_EVERY_DAYS: snprintf(out, INSTANT, w->zh ? "每 %lld 天" : "every %lld day%s", n, many); return;
    case CALENDAR_EVERY_WEEKS: snprintf(out, INSTANT, w->zh ? "每 %lld 周" : "every %lld week%s", n, many); return;
    }
}

static void put_words(struct teller *w, bool *first, const char *words)
{
    if (!*first) buf_putc(w->out, ',');
    *first = false;
    buf_json_string(w->out, words);
}

static void intro(struct teller *w)
{
    const struct tell *t = w->t;
    char words[WORDS], from[INSTANT], until[INSTANT];
    bool first = true;
    amount_words(w, until);
    instant_words(w, t->run->start_ms, false, from);
    snprintf(
        words, sizeof words,
        w->zh ? "自 %2$s 起 %1$s；日历 %3$s 第 %4$d 版（%5$s）" : "%1$s from %2$s; calendar %3$s version %4$d (%5$s)",
        until, from, calendar_id(t->calendar), (int)calendar_version(t->calendar), calendar_zone_name(t->calendar));
    put_words(w, &first, words);
    if (w->due.start_ms != t->run->start_ms) {
        instant_words(w, w->due.start_ms, false, from);
        snprintf(words, sizeof words,
                 w->zh ? "起算点不在办公时间内，自下次上班 %s 起算"
                       : "the start is outside office hours: counted from %s",
                 from);
        put_words(w, &first, words);
    }
    for (int i = 0; i < t->run->n_pauses; i++) {
        const struct calendar_pause *p = &t->run->pauses[i];
        instant_words(w, p->from_ms, false, from);
        if (p->until_ms != CALENDAR_FOREVER) {
            instant_words(w, p->until_ms, false, until);
            snprintf(words, sizeof words, w->zh ? "%s 至 %s 暂停" : "paused from %s to %s", from, until);
        } else {
            snprintf(words, sizeof words, w->zh ? "自 %s 起暂停，尚未恢复" : "paused since %s, not resumed", from);
        }
        put_words(w, &first, words);
    }
}

static void conclusion(struct teller *w, bool provisional)
{
    char words[WORDS], at[INSTANT];
    bool first = true;
    if (w->err == CALENDAR_PAUSED) {
        put_words(w, &first, w->zh ? "暂停期间没有到期时间" : "no due time while it is paused");
    } else {
        instant_words(w, w->due.due_ms, true, at);
        snprintf(words, sizeof words, w->zh ? "到期：%s" : "due: %s", at);
        put_words(w, &first, words);
    }
    if (provisional)
        put_words(w, &first,
                  w->zh ? "暂定：涉及的年份尚未公布放假安排，按星期推算，公布后重新计算"
                        : "provisional: it reaches into a year whose holidays are not published; counted by the week");
}

/* ---- One date ---- */

static bool is_counted(const struct teller *w, const struct calendar_step *s)
{
    if (by_time(w)) return s->counted_ms > 0;
    return s->why == CALENDAR_WHY_COUNTED || s->why == CALENDAR_WHY_MAKEUP || s->why == CALENDAR_WHY_DATE ||
           s->why == CALENDAR_WHY_FIXED;
}

static void day_words(const struct teller *w, const struct calendar_step *s, char *out)
{
    char date[DATE], time[INSTANT];
    date_words(w, s->day, date);
    int n = snprintf(out, WORDS, w->zh ? "%s：%s" : "%s: %s", date, calendar_why_text(s->why, w->t->lang));
    if (!by_time(w) && is_counted(w, s) && s->nth > 0)
        n += snprintf(out + n, (size_t)(WORDS - n), w->zh ? "（第 %d 天）" : " (day %d)", s->nth);
    if (s->counted_ms > 0) {
        duration_words(w, s->counted_ms, time);
        n += snprintf(out + n, (size_t)(WORDS - n), w->zh ? "，计 %s" : "; counts %s", time);
    }
    if (s->paused_ms > 0) {
        duration_words(w, s->paused_ms, time);
        n += snprintf(out + n, (size_t)(WORDS - n), w->zh ? "，暂停 %s" : "; paused %s", time);
    }
    if (s->provisional) snprintf(out + n, (size_t)(WORDS - n), "%s", w->zh ? "，暂定" : "; provisional");
}

static void put_day(struct teller *w, const struct calendar_step *s)
{
    char words[WORDS];
    int y, m, d;
    timefmt_date(s->day, &y, &m, &d);
    buf_printf(w->out, "{\"date\":\"%04d-%02d-%02d\",\"kind\":\"%s\",\"why\":\"%s\",\"counted\":%s", y, m, d,
               calendar_day_kind_name(s->kind), calendar_why_name(s->why), is_counted(w, s) ? "true" : "false");
    if (!by_time(w)) buf_printf(w->out, ",\"nth\":%d", s->nth);
    if (by_time(w)) buf_printf(w->out, ",\"counted_ms\":%lld", (long long)s->counted_ms);
    if (s->paused_ms > 0) buf_printf(w->out, ",\"paused_ms\":%lld", (long long)s->paused_ms);
    if (s->provisional) buf_puts(w->out, ",\"provisional\":true");
    day_words(w, s, words);
    buf_puts(w->out, ",\"text\":");
    buf_json_string(w->out, words);
    buf_putc(w->out, '}');
}

/* ---- The object ---- */

static void put_instant(struct teller *w, const char *member, int64_t at_ms)
{
    char text[CALENDAR_TEXT_SIZE];
    calendar_text(w->t->calendar, at_ms, text);
    buf_printf(w->out, ",\"%s\":\"%s\",\"%s_ms\":%lld", member, text, member, (long long)at_ms);
}

/* The unit as a policy or a question names it: hours where they are whole, else minutes, else milliseconds. */
static void put_span(struct teller *w)
{
    const struct calendar_span *s = &w->t->limit->span;
    bool hours = s->amount % HOUR_MS == 0, minutes = s->amount % MINUTE_MS == 0;
    const char *prefix = s->unit == CALENDAR_WORKING_MS ? "working_" : "";
    if (by_time(w))
        buf_printf(w->out, ",\"unit\":\"%s%s\",\"n\":%lld", prefix,
                   hours     ? "hours"
                   : minutes ? "minutes"
                             : "ms",
                   (long long)(s->amount / (hours     ? HOUR_MS
                                            : minutes ? MINUTE_MS
                                                      : 1)));
    else if (s->unit != CALENDAR_FIXED_DATE)
        buf_printf(w->out, ",\"unit\":\"%s\",\"n\":%lld", calendar_unit_name(s->unit), (long long)s->amount);
    else
        put_instant(w, "date", calendar_local_ms(w->t->calendar, (int32_t)s->amount, 0));
    if (w->t->limit->deemed_next_open) buf_puts(w->out, ",\"deemed_next_open\":true");
    if (w->t->limit->binds_customer) buf_puts(w->out, ",\"binds_customer\":true");
    if (w->t->limit->roll == CALENDAR_ROLL_NEXT_OPEN) buf_puts(w->out, ",\"roll\":\"next_open\"");
    if (w->t->limit->roll == CALENDAR_ROLL_WORKDAY_BEFORE) buf_puts(w->out, ",\"roll\":\"workday_before\"");
}

static void put_pauses(struct teller *w)
{
    char text[CALENDAR_TEXT_SIZE];
    buf_puts(w->out, ",\"pauses\":[");
    for (int i = 0; i < w->t->run->n_pauses; i++) {
        const struct calendar_pause *p = &w->t->run->pauses[i];
        calendar_text(w->t->calendar, p->from_ms, text);
        buf_printf(w->out, "%s[\"%s\",", i > 0 ? "," : "", text);
        if (p->until_ms == CALENDAR_FOREVER) {
            buf_puts(w->out, "null]");
        } else {
            calendar_text(w->t->calendar, p->until_ms, text);
            buf_printf(w->out, "\"%s\"]", text);
        }
    }
    buf_putc(w->out, ']');
}

static void put_days(struct teller *w, const struct calendar_steps *steps)
{
    int shown = steps->n < steps->max ? steps->n : steps->max;
    buf_puts(w->out, ",\"days\":[");
    for (int i = 0; i < shown; i++) {
        if (i > 0) buf_putc(w->out, ',');
        put_day(w, &steps->rows[i]);
    }
    buf_putc(w->out, ']');
    if (shown < steps->n) buf_puts(w->out, ",\"truncated\":true");
}

static void put_all(struct teller *w, const struct calendar_steps *steps)
{
    const struct calendar *c = w->t->calendar;
    bool paused = w->err == CALENDAR_PAUSED, provisional = !paused && w->due.provisional;
    buf_puts(w->out, "{\"calendar\":{\"id\":");
    buf_json_string(w->out, calendar_id(c));
    buf_printf(w->out, ",\"version\":%d,\"zone\":\"%s\"}", (int)calendar_version(c), calendar_zone_name(c));
    put_span(w);
    put_instant(w, "start", w->t->run->start_ms);
    if (w->due.start_ms != w->t->run->start_ms) put_instant(w, "counted_from", w->due.start_ms);
    put_pauses(w);
    if (paused)
        buf_puts(w->out, ",\"due\":null,\"paused\":true");
    else
        put_instant(w, "due", w->due.due_ms);
    for (int i = 0; i < steps->n && i < steps->max; i++) provisional |= steps->rows[i].provisional;
    buf_printf(w->out, ",\"provisional\":%s", provisional ? "true" : "false");
    put_days(w, steps);
    buf_printf(w->out, ",\"lang\":\"%s\",\"intro\":[", w->zh ? "zh" : "en");
    intro(w);
    buf_puts(w->out, "],\"conclusion\":[");
    conclusion(w, provisional);
    buf_puts(w->out, "]}");
}

enum calendar_err calendar_tell(const struct tell *t, struct buf *out)
{
    struct teller w = {.t = t, .out = out, .zh = strncmp(t->lang, "zh", 2) == 0};
    w.due.start_ms = t->run->start_ms;
    w.err = calendar_due(t->calendar, t->limit, t->run, &w.due);
    if (w.err != CALENDAR_OK && w.err != CALENDAR_PAUSED) return w.err;
    struct calendar_steps steps = {.max = TELL_DAYS_MAX};
    steps.rows = calloc(TELL_DAYS_MAX, sizeof *steps.rows);
    if (steps.rows == NULL) abort();
    enum calendar_err err = calendar_explain(t->calendar, t->limit, t->run, &steps);
    if (err == CALENDAR_OK || err == CALENDAR_PAUSED) put_all(&w, &steps);
    free(steps.rows);
    return err;
}

const char *calendar_language(const char *accepted)
{
    double best = 0;
    const char *lang = "en";
    for (const char *p = accepted; p != NULL && *p != '\0';) {
        p += strspn(p, " ,\t");
        size_t length = strcspn(p, ",");
        const char *q = memchr(p, ';', length);
        double weight = q != NULL && strncmp(q + strspn(q, "; "), "q=", 2) == 0 ? atof(q + strspn(q, "; ") + 2) : 1;
        bool zh = strncmp(p, "zh", 2) == 0, en = strncmp(p, "en", 2) == 0;
        if ((zh || en) && weight > best) {
            best = weight;
            lang = zh ? "zh" : "en";
        }
        p += length;
    }
    return lang;
}
