/* Names and phrases of working time, and spans from policy data. */
#include <string.h>

#include "calendar/calendar.h"

static const struct {
    const char *name;
    enum calendar_unit unit;
    int64_t factor;
} units[] = {
    {"hours", CALENDAR_ELAPSED_MS, 3600000},         {"minutes", CALENDAR_ELAPSED_MS, 60000},
    {"working_hours", CALENDAR_WORKING_MS, 3600000}, {"working_minutes", CALENDAR_WORKING_MS, 60000},
    {"working_days", CALENDAR_WORKING_DAYS, 1},      {"calendar_days", CALENDAR_CALENDAR_DAYS, 1},
    {"every_days", CALENDAR_EVERY_DAYS, 1},          {"every_weeks", CALENDAR_EVERY_WEEKS, 1},
};

bool calendar_span_parse(const char *unit, int64_t n, struct calendar_span *out)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].name, unit) != 0) continue;
        int64_t amount;
        if (n < 0 || __builtin_mul_overflow(n, units[i].factor, &amount)) return false;
        *out = (struct calendar_span){.unit = units[i].unit, .amount = amount};
        return true;
    }
    return false;
}

const char *calendar_unit_name(enum calendar_unit u)
{
    switch (u) {
    case CALENDAR_ELAPSED_MS: return "hours";
    case CALENDAR_WORKING_MS: return "working_hours";
    case CALENDAR_WORKING_DAYS: return "working_days";
    case CALENDAR_CALENDAR_DAYS: return "calendar_days";
    case CALENDAR_FIXED_DATE: return "fixed_date";
    case CALENDAR_EVERY_DAYS: return "every_days";
    case CALENDAR_EVERY_WEEKS: return "every_weeks";
    }
    return "unknown";
}

const char *calendar_day_kind_name(enum calendar_day_kind k)
{
    switch (k) {
    case CALENDAR_DAY_WORK: return "work";
    case CALENDAR_DAY_MAKEUP: return "makeup";
    case CALENDAR_DAY_WEEKEND: return "weekend";
    case CALENDAR_DAY_HOLIDAY: return "holiday";
    case CALENDAR_DAY_MISSING: return "missing";
    }
    return "unknown";
}

static const struct {
    const char *name, *zh, *en;
} whys[] = {
    [CALENDAR_WHY_START_DATE] = {"start_date", "起算日，不计入", "the start's date is not counted"},
    [CALENDAR_WHY_COUNTED] = {"counted", "工作日，计入", "working day, counted"},
    [CALENDAR_WHY_MAKEUP] = {"makeup", "调休上班日，计入", "make-up working day, counted"},
    [CALENDAR_WHY_WEEKEND] = {"weekend", "周末，跳过", "weekend, skipped"},
    [CALENDAR_WHY_HOLIDAY] = {"holiday", "节假日，跳过", "public holiday, skipped"},
    [CALENDAR_WHY_MISSING] = {"missing", "该时区无此日期，跳过", "the time zone has no such date, skipped"},
    [CALENDAR_WHY_CLOSED] = {"closed", "当日无可计的办公时间",
                             "no office time of this date lies between start and due"},
    [CALENDAR_WHY_BEFORE_OPEN] = {"before_open", "办公时间以外，自下次上班起算",
                                  "outside office time: counted from the next opening"},
    [CALENDAR_WHY_ELAPSED] = {"elapsed", "按自然时间计入", "counted by the wall clock"},
    [CALENDAR_WHY_DATE] = {"date", "按自然日计入", "calendar date, counted"},
    [CALENDAR_WHY_PAUSED] = {"paused", "暂停，不计入", "paused, not counted"},
    [CALENDAR_WHY_ROLLED] = {"rolled", "期限顺延经过此日", "the due date rolls over this date"},
    [CALENDAR_WHY_MOVED] = {"moved", "因暂停而顺延", "runs because a pause moved the due time"},
    [CALENDAR_WHY_FIXED] = {"fixed", "约定日期", "the date itself"},
};

const char *calendar_why_name(enum calendar_why w) { return whys[w].name; }

const char *calendar_why_text(enum calendar_why w, const char *lang)
{
    return strncmp(lang, "zh", 2) == 0 ? whys[w].zh : whys[w].en;
}

const char *calendar_err_name(enum calendar_err e)
{
    switch (e) {
    case CALENDAR_OK: return "ok";
    case CALENDAR_NO_WORKING_DAY: return "no_working_day";
    case CALENDAR_OUT_OF_RANGE: return "out_of_range";
    case CALENDAR_BAD_AMOUNT: return "bad_amount";
    case CALENDAR_PAUSED: return "paused";
    case CALENDAR_NO_WARNING: return "no_warning";
    }
    return "unknown";
}
