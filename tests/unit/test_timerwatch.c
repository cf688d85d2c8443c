/* SL-3: the watch on the watch: what is an alarm, and that each is told once, with its end. No database. */
#include <criterion/criterion.h>
#include <string.h>

#include "sla/timerwatch.h"

static const struct watch_facts well = {.unswept_ms = 1000};

static int told(struct watch *w, int64_t now_ms, struct local_input *out)
{
    int n = watch_posts(w, 3, now_ms, out, 8);
    for (int i = 0; i < n; i++) watch_told(out[i].tag);
    return n;
}

Test(timerwatch, SL_3_what_is_an_alarm)
{
    struct watch_facts f = well;
    for (enum timer_alarm k = TIMER_ALARM_OVERDUE; (int)k < TIMER_ALARMS; k++) cr_assert_not(watch_is(&f, k));
    f.overdue_ms = 1000;
    cr_assert_not(watch_is(&f, TIMER_ALARM_OVERDUE));
    f.overdue_ms = 1001;
    cr_assert(watch_is(&f, TIMER_ALARM_OVERDUE));
    f.unswept_ms = 5000;
    cr_assert_not(watch_is(&f, TIMER_ALARM_NOT_SWEPT));
    f.unswept_ms = 5001;
    cr_assert(watch_is(&f, TIMER_ALARM_NOT_SWEPT));
    f.index_away = f.index_differs = true;
    cr_assert(watch_is(&f, TIMER_ALARM_INDEX_AWAY));
    cr_assert(watch_is(&f, TIMER_ALARM_INDEX_DIFFERS));
}

Test(timerwatch, SL_3_an_alarm_is_told_once_and_its_end_once)
{
    struct watch w = {0};
    struct local_input out[8];
    struct watch_facts late = {.overdue_ms = 2500};
    watch_look(&w, &well, 100);
    cr_assert_eq(told(&w, 100, out), 0);
    watch_look(&w, &late, 200);
    cr_assert_eq(told(&w, 200, out), 1);
    cr_assert_eq(out[0].part, 3);
    cr_assert_eq(out[0].post->topic, TOPIC_OWN + SERVICE_SLA);
    cr_assert_str_eq(record_header(&out[0].post->record, "ce_type"), "redress.sla.alarm_raised.v1");
    cr_assert_str_eq(out[0].post->record.value,
                     "{\"kind\":\"overdue\",\"partition\":3,\"since_ms\":200,\"late_ms\":2500}");
    late.overdue_ms = 9000;
    watch_look(&w, &late, 300);
    cr_assert_eq(told(&w, 300, out), 0);
    watch_look(&w, &well, 400);
    cr_assert_eq(told(&w, 400, out), 1);
    cr_assert_str_eq(record_header(&out[0].post->record, "ce_type"), "redress.sla.alarm_ended.v1");
    cr_assert_str_eq(out[0].post->record.value,
                     "{\"kind\":\"overdue\",\"partition\":3,\"since_ms\":200,\"ended_ms\":400,\"late_ms\":9000}");
    watch_look(&w, &well, 500);
    cr_assert_eq(told(&w, 500, out), 0);
    watch_deinit(&w);
}

/* Over before its event was committed: told all the same. And what was not committed is told again. */
Test(timerwatch, SL_3_an_alarm_over_before_it_was_told_is_told)
{
    struct watch w = {0};
    struct local_input out[8];
    const struct watch_facts unswept = {.unswept_ms = 7000};
    watch_look(&w, &unswept, 200);
    cr_assert_eq(watch_posts(&w, 3, 200, out, 8), 1);
    watch_look(&w, &well, 300);
    cr_assert_eq(told(&w, 300, out), 1);
    cr_assert_str_eq(record_header(&out[0].post->record, "ce_type"), "redress.sla.alarm_raised.v1");
    watch_look(&w, &well, 400);
    cr_assert_eq(told(&w, 400, out), 1);
    cr_assert_str_eq(record_header(&out[0].post->record, "ce_type"), "redress.sla.alarm_ended.v1");
    watch_deinit(&w);
}

/* The next owner of a partition ends what the last one told. */
Test(timerwatch, SL_3_an_alarm_outlives_its_owner)
{
    struct watch w = {0};
    struct local_input out[8];
    watch_restore(&w, TIMER_ALARM_INDEX_AWAY, 50);
    watch_look(&w, &well, 100);
    cr_assert_eq(told(&w, 100, out), 1);
    cr_assert_str_eq(out[0].id, "sla.3.alarm.index_away.50.end");
    watch_deinit(&w);
    w = (struct watch){0};
    watch_restore(&w, TIMER_ALARM_INDEX_AWAY, 50);
    watch_look(&w, &(struct watch_facts){.index_away = true}, 100);
    cr_assert_eq(told(&w, 100, out), 0);
    watch_deinit(&w);
}
